//! Filters: compiled once, then matched against raw documents.
//!
//! A compiled filter is a tree of conjunctions, disjunctions and negations over predicates on
//! fields. A conjunction keeps its predicates grouped by their first path component, so that one
//! pass over a document serves them all. Matching allocates nothing.
//!
//! - `compile` reads the language and reports its errors, `collate` gives it its collation
//! - `predicate` tests one value; larger operators are in files of their own: `all`, `alternatives`
//!   (`$in`), `bits`, `elem_match`, `modulo`, `pattern` (regular expressions), `type_set` (`$type`)
//! - `path_match` finds the values that a dotted path leads to
//! - `position` tells at which element of an array a document matched
//! - `shape` reduces a filter to what plans depend on

mod all;
mod alternatives;
mod bits;
mod collate;
mod compile;
mod elem_match;
mod modulo;
mod path_match;
mod pattern;
mod position;
mod predicate;
mod shape;
mod type_set;

pub(crate) use alternatives::Alternatives;
pub(crate) use bits::BitTest;
pub(crate) use collate::may_hold_strings;
pub(crate) use compile::holds_operators;
pub(crate) use elem_match::ElemMatch;
pub(crate) use modulo::Modulo;
pub(crate) use pattern::Pattern;
pub(crate) use predicate::{Comparison, Operand, Predicate};
pub(crate) use type_set::TypeSet;

use crate::aggregate::expr::Expr;
use crate::bson::{Collation, Path, RawDoc, RawValue};
use crate::error::{Error, Result};
use crate::query::json_schema::Schema;
use crate::query::regex::{self, GaveUp, Verdict};
use crate::query::{Context, random};

/// A compiled filter.
#[derive(Clone, Debug)]
pub struct Filter {
    root: Conjunction,
    source: Box<[u8]>,
    collation: Option<Collation>,
}

impl Filter {
    /// Compiles `{ a: 1, b: { $gt: 2 }, $or: [..] }`.
    pub fn compile(filter: RawDoc<'_>, context: &Context) -> Result<Filter> {
        let place = compile::Place {
            context,
            in_element: false,
        };
        let mut root = compile::compile(filter, place)?;
        let collation = context.collation().cloned();
        if let Some(collation) = &collation {
            root.collate(collation);
        }
        Ok(Filter {
            root,
            source: filter.as_bytes().into(),
            collation,
        })
    }

    /// Whether `document` is selected. What computes can fail, and so can a regular expression that
    /// backtracks.
    #[inline]
    pub fn matches(&self, document: RawDoc<'_>) -> Result<bool> {
        self.root.matches(document)
    }

    /// Whether every document is selected.
    pub fn is_empty(&self) -> bool {
        self.root.groups.is_empty() && self.root.rest.is_empty()
    }

    /// The filter as it was written.
    pub fn source(&self) -> RawDoc<'_> {
        RawDoc::trusted(&self.source)
    }

    /// The `_id` that a document must have to be selected, if the filter names one.
    pub fn required_id(&self) -> Option<RawValue<'_>> {
        self.root.tests().find_map(|test| match &test.predicate {
            Predicate::Equal(operand) if test.path.as_str() == "_id" => Some(operand.value()),
            _ => None,
        })
    }

    /// Whether chance has a say in it: asked again about the same document it may answer otherwise.
    pub fn draws(&self) -> bool {
        self.root.draws()
    }

    /// What strings are compared by.
    pub fn collation(&self) -> Option<&Collation> {
        self.collation.as_ref()
    }

    pub(crate) fn root(&self) -> &Conjunction {
        &self.root
    }
}

/// A part of a filter.
#[derive(Clone, Debug)]
pub(crate) enum Node {
    All(Conjunction),
    /// Without any, nothing matches.
    Any(Vec<Node>),
    Not(Box<Node>),
    /// `$jsonSchema`.
    Schema(Box<Schema>),
    /// `$sampleRate`: true with this probability.
    Sample(f64),
    /// `$expr`: whether a computed value counts as true.
    Expression(Expr),
}

/// Predicates and other nodes that must all match. Without any, everything does.
#[derive(Clone, Debug, Default)]
pub(crate) struct Conjunction {
    groups: Vec<Group>,
    rest: Vec<Node>,
}

/// The predicates whose paths start with the same field.
#[derive(Clone, Debug)]
struct Group {
    name: Box<[u8]>,
    tests: Vec<FieldTest>,
}

/// A predicate on what a path leads to.
#[derive(Clone, Debug)]
pub(crate) struct FieldTest {
    pub(crate) path: Path,
    pub(crate) predicate: Predicate,
}

impl Node {
    fn matches(&self, document: RawDoc<'_>) -> Result<bool> {
        match self {
            Node::All(all) => all.matches(document),
            Node::Any(nodes) => {
                for node in nodes {
                    if node.matches(document)? {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
            Node::Not(node) => Ok(!node.matches(document)?),
            Node::Schema(schema) => schema
                .matches(document)
                .map_err(|GaveUp| regex::gave_up(&[])),
            Node::Sample(rate) => Ok(random::unit() < *rate),
            Node::Expression(expression) => expression.is_true(document),
        }
    }

    fn draws(&self) -> bool {
        match self {
            Node::All(all) => all.draws(),
            Node::Any(nodes) => nodes.iter().any(Node::draws),
            Node::Not(node) => node.draws(),
            Node::Schema(_) => false,
            Node::Sample(_) => true,
            Node::Expression(expression) => !expression.is_deterministic(),
        }
    }

    fn patterns<'p>(&'p self, visit: &mut dyn FnMut(&'p Pattern)) {
        match self {
            Node::All(all) => all.patterns(visit),
            Node::Any(nodes) => nodes.iter().for_each(|node| node.patterns(visit)),
            Node::Not(node) => node.patterns(visit),
            Node::Schema(_) | Node::Sample(_) | Node::Expression(_) => {}
        }
    }

    /// Whether a value matches: the tests below have empty paths.
    fn value_matches(&self, value: RawValue<'_>) -> Verdict {
        match self {
            Node::All(all) => all.value_matches(value),
            Node::Any(nodes) => {
                for node in nodes {
                    if node.value_matches(value)? {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
            Node::Not(node) => Ok(!node.value_matches(value)?),
            // Stands in the place of a field, where there is no value by itself.
            Node::Schema(_) => Ok(false),
            Node::Sample(rate) => Ok(random::unit() < *rate),
            // Refused where there is no document to be about.
            Node::Expression(_) => Ok(false),
        }
    }
}

impl Conjunction {
    /// Adds a predicate.
    fn push_test(&mut self, path: Path, predicate: Predicate) {
        let name = path.first().as_bytes();
        let test = |path| FieldTest { path, predicate };
        match self.groups.iter_mut().find(|group| *group.name == *name) {
            Some(group) => group.tests.push(test(path)),
            None => self.groups.push(Group {
                name: name.into(),
                tests: vec![test(path)],
            }),
        }
    }

    /// Adds a node; what it requires of fields joins the groups here.
    fn push(&mut self, node: Node) {
        let Node::All(all) = node else {
            return self.rest.push(node);
        };
        for test in all.groups.into_iter().flat_map(|group| group.tests) {
            self.push_test(test.path, test.predicate);
        }
        self.rest.extend(all.rest);
    }

    /// The predicates on fields.
    pub(crate) fn tests(&self) -> impl Iterator<Item = &FieldTest> {
        self.groups.iter().flat_map(|group| &group.tests)
    }

    /// The disjunctions and negations.
    pub(crate) fn rest(&self) -> &[Node] {
        &self.rest
    }

    #[inline]
    pub(crate) fn matches(&self, document: RawDoc<'_>) -> Result<bool> {
        match self.fields_match(document) {
            Ok(true) => {}
            Ok(false) => return Ok(false),
            Err(GaveUp) => return Err(self.gave_up()),
        }
        for node in &self.rest {
            if !node.matches(document)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn draws(&self) -> bool {
        let draws = |test: &FieldTest| match &test.predicate {
            Predicate::ElemMatch(conditions) => conditions.conditions().draws(),
            _ => false,
        };
        self.tests().any(draws) || self.rest.iter().any(Node::draws)
    }

    /// The regular expressions in it.
    fn patterns<'p>(&'p self, visit: &mut dyn FnMut(&'p Pattern)) {
        for test in self.tests() {
            test.predicate.patterns(visit);
        }
        for node in &self.rest {
            node.patterns(visit);
        }
    }

    #[cold]
    fn gave_up(&self) -> Error {
        let mut names = Vec::new();
        self.patterns(&mut |pattern| names.extend(pattern.name_if_backtracking()));
        regex::gave_up(&names)
    }

    #[inline]
    fn fields_match(&self, document: RawDoc<'_>) -> Verdict {
        match self.groups.as_slice() {
            [] => Ok(true),
            [group] => group.matches(document.get(&group.name)),
            groups if groups.len() <= u64::BITS as usize => match_in_one_pass(groups, document),
            groups => {
                for group in groups {
                    if !group.matches(document.get(&group.name))? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
        }
    }

    /// Whether a value matches: the tests below have empty paths.
    fn value_matches(&self, value: RawValue<'_>) -> Verdict {
        for test in self.tests() {
            if !test.predicate.test(Some(value))? {
                return Ok(false);
            }
        }
        for node in &self.rest {
            if !node.value_matches(value)? {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

fn match_in_one_pass(groups: &[Group], document: RawDoc<'_>) -> Verdict {
    let mut pending = u64::MAX >> (u64::BITS as usize - groups.len());
    for element in document.elements() {
        let key = element.key().as_bytes();
        let wanted = |&(at, group): &(usize, &Group)| pending >> at & 1 == 1 && *group.name == *key;
        let Some((at, group)) = groups.iter().enumerate().find(wanted) else {
            continue;
        };
        if !group.matches(element.value())? {
            return Ok(false);
        }
        pending &= !(1 << at);
        if pending == 0 {
            return Ok(true);
        }
    }
    for (at, group) in groups.iter().enumerate() {
        if pending >> at & 1 == 1 && !group.matches(None)? {
            return Ok(false);
        }
    }
    Ok(true)
}

impl Group {
    #[inline]
    fn matches(&self, value: Option<RawValue<'_>>) -> Verdict {
        for test in &self.tests {
            if !path_match::any(value, &test.path, 1, &test.predicate)? {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

#[cfg(test)]
mod tests;
