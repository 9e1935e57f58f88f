//! Reads the projection language into a tree and decides whether it is an inclusion or an
//! exclusion.
//!
//! The first field that is named with true or false decides; `_id` has no say unless nothing else
//! has. `$slice` alone makes an exclusion, and a computed field an inclusion.
//!
//! What is neither true nor false is an expression. In a pipeline's stage so is every operator.

use super::slice::Slice;
use super::tree::{Leaf, Node, Tree};
use crate::aggregate::expr::Expr;
use crate::aggregate::fields::ComputedFields;
use crate::bson::{Path, RawDoc, RawValue};
use crate::error::{Code, Error, Result};
use crate::query::Context;

/// What a projection says.
pub(super) struct Parsed {
    pub(super) inclusion: bool,
    pub(super) root: Tree,
    pub(super) computed: ComputedFields,
}

pub(super) struct Parser<'c> {
    context: &'c Context,
    /// Whether this is a stage of a pipeline rather than a projection of find.
    in_pipeline: bool,
    computed: ComputedFields,
    root: Tree,
    /// Set by the first field that decides it.
    inclusion: Option<bool>,
    /// What was said about `_id` itself.
    id: Option<bool>,
    has_slice: bool,
}

impl Parser<'_> {
    /// Reads a projection.
    pub(super) fn parse(
        projection: RawDoc<'_>,
        in_pipeline: bool,
        context: &Context,
    ) -> Result<Parsed> {
        let mut parser = Parser {
            context,
            in_pipeline,
            computed: ComputedFields::default(),
            root: Tree::default(),
            inclusion: None,
            id: None,
            has_slice: false,
        };
        parser.fields(projection, &mut Vec::new())?;
        let inclusion = parser.is_inclusion();
        let mut root = parser.root;
        match (inclusion, parser.id) {
            // What is not in the tree an inclusion drops and an exclusion keeps.
            (true, Some(false)) | (false, Some(true)) => root.remove(b"_id"),
            (true, None) if root.get(b"_id").is_none() => {
                root.add(&["_id"], Node::Leaf(Leaf::Plain))?;
            }
            _ => {}
        }
        Ok(Parsed {
            inclusion,
            root,
            computed: parser.computed,
        })
    }

    fn is_inclusion(&self) -> bool {
        self.inclusion.unwrap_or(self.id == Some(true))
    }

    /// Reads the fields of a projection, or of a document within one, whose path is `outer`.
    fn fields<'a>(&mut self, fields: RawDoc<'a>, outer: &mut Vec<&'a str>) -> Result<()> {
        for (name, value) in fields {
            let name = name.as_str();
            let depth = outer.len();
            outer.extend(name.split('.'));
            check_path(&outer[depth..], &outer.join("."))?;
            match value {
                RawValue::Document(inner) => self.nested(inner, outer)?,
                _ if value.is_number() || matches!(value, RawValue::Boolean(_)) => {
                    self.flag(outer, value.truthy())?;
                }
                _ => self.compute(outer, value)?,
            }
            outer.truncate(depth);
        }
        Ok(())
    }

    fn nested<'a>(&mut self, inner: RawDoc<'a>, outer: &mut Vec<&'a str>) -> Result<()> {
        let mut fields = inner.iter();
        match (fields.next(), fields.next()) {
            (None, _) => Err(Error::query(
                Code(51270),
                format!(
                    "An empty sub-projection is not a valid value. Found empty object at path '{}'",
                    outer.join(".")
                ),
            )),
            (Some((name, argument)), None) if name.as_bytes().starts_with(b"$") => {
                match name.as_str() {
                    name if is_find_operator(name) && !self.in_pipeline => {
                        self.operator(name, argument, outer)
                    }
                    _ => self.compute(outer, RawValue::Document(inner)),
                }
            }
            _ => {
                self.root.add(outer, Node::Tree(Tree::default()))?;
                self.fields(inner, outer)
            }
        }
    }

    /// Reads `{ $name: argument }`.
    fn operator(&mut self, name: &str, argument: RawValue<'_>, path: &[&str]) -> Result<()> {
        let leaf = match name {
            "$slice" => {
                self.has_slice = true;
                Leaf::Slice(Slice::compile(argument).map_err(|error| {
                    let message = format!("Invalid $slice syntax at '{}'", path.join("."));
                    error.context(message)
                })?)
            }
            _ => return Err(no_expression(path, name)),
        };
        self.root.add(path, Node::Leaf(leaf))
    }

    /// Reads a field that is to be computed.
    fn compute(&mut self, path: &[&str], value: RawValue<'_>) -> Result<()> {
        let expression = Expr::compile(value, self.context).map_err(|error| {
            let message = format!("Invalid expression at '{}'", path.join("."));
            error.context(message)
        })?;
        if !*self.inclusion.get_or_insert(true) {
            return Err(Error::query(
                Code(31252),
                format!(
                    "Cannot use an expression in an exclusion projection (at '{}')",
                    path.join(".")
                ),
            ));
        }
        self.root.add(path, Node::Leaf(Leaf::Computed))?;
        self.computed.add(path, expression)
    }

    /// Reads a field that is to be kept or dropped.
    fn flag(&mut self, path: &[&str], include: bool) -> Result<()> {
        self.root.add(path, Node::Leaf(Leaf::Plain))?;
        if path == ["_id"] {
            self.id = Some(include);
            return Ok(());
        }
        if *self.inclusion.get_or_insert(include) == include {
            return Ok(());
        }
        let path = path.join(".");
        Err(match include {
            true => Error::query(
                Code(31253),
                format!("Cannot do inclusion on field {path} in exclusion projection"),
            ),
            false => Error::query(
                Code(31254),
                format!("Cannot do exclusion on field {path} in inclusion projection"),
            ),
        })
    }
}

/// Whether an operator belongs to the projections of find rather than to expressions.
fn is_find_operator(name: &str) -> bool {
    matches!(name, "$slice" | "$elemMatch" | "$meta")
}

fn check_path(components: &[&str], path: &str) -> Result<()> {
    let refuse = |code, message: String| Err(Error::query(Code(code), message));
    if path.is_empty() {
        return refuse(
            40352,
            "FieldPath cannot be constructed with empty string".to_string(),
        );
    }
    if components.len() > Path::MAX_LEN {
        return refuse(
            Code::OVERFLOW.0,
            format!(
                "FieldPath is too long: it has more than {} components",
                Path::MAX_LEN
            ),
        );
    }
    if components.last() == Some(&"") {
        return refuse(
            40353,
            format!("FieldPath must not end with a '.': '{path}'"),
        );
    }
    if components.contains(&"") {
        return refuse(
            15998,
            format!("FieldPath field names may not be empty strings: '{path}'"),
        );
    }
    if components.last() == Some(&"$") {
        return Err(not_yet(&format!("the positional projection '{path}'")));
    }
    // The fields of a DBRef are data.
    let dollar = |name: &&&str| name.starts_with('$') && !["$id", "$ref", "$db"].contains(*name);
    if components.iter().find(dollar).is_some() {
        return refuse(
            16410,
            format!("FieldPath field names may not start with '$': '{path}'"),
        );
    }
    Ok(())
}

fn no_expression(path: &[&str], found: &str) -> Error {
    let path = path.join(".");
    not_yet(&format!(
        "a projection to an expression or a literal (at '{path}': {found})"
    ))
}

fn not_yet(feature: &str) -> Error {
    Error::query(Code::BAD_VALUE, format!("{feature} is not supported yet"))
}
