//! Reads the projection language into a tree and decides whether it is an inclusion or an
//! exclusion.
//!
//! The first field that is named with true or false, or computed, decides. Where there is none, what
//! was said about `_id` and which operators of find there are does (`is_inclusion`).
//!
//! What is neither true nor false is an expression. In a pipeline's stage so is every operator.

use super::positional::Positional;
use super::slice::Slice;
use super::tree::{Leaf, Node, Tree};
use super::{Projection, elem_match};
use crate::aggregate::expr::{Arena, Expr, is_operator};
use crate::aggregate::fields::ComputedFields;
use crate::bson::{Path, RawDoc, RawValue};
use crate::error::{Code, Error, Result};
use crate::query::explain::shell_text;
use crate::query::{Context, Filter};

/// Whose projection it is.
#[derive(Clone, Copy)]
pub(super) enum Place<'p> {
    /// That of a find whose documents the filter selects.
    Find(&'p Filter),
    /// A stage of a pipeline.
    Stage,
}

pub(super) struct Parser<'p> {
    context: &'p Context,
    place: Place<'p>,
    computed: ComputedFields,
    root: Tree,
    /// Set by the first field that decides it.
    inclusion: Option<bool>,
    /// What was said about `_id` itself.
    id: Option<bool>,
    positional: Option<Positional>,
    has_slice: bool,
    has_elem_match: bool,
    has_meta: bool,
}

impl<'p> Parser<'p> {
    /// Reads a projection.
    pub(super) fn parse(
        projection: RawDoc<'_>,
        place: Place<'p>,
        context: &'p Context,
    ) -> Result<Projection> {
        let mut parser = Parser {
            context,
            place,
            computed: ComputedFields::default(),
            root: Tree::default(),
            inclusion: None,
            id: None,
            positional: None,
            has_slice: false,
            has_elem_match: false,
            has_meta: false,
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
        Ok(Projection {
            inclusion,
            root,
            computed: parser.computed,
            positional: parser.positional,
        })
    }

    fn is_inclusion(&self) -> bool {
        let keeps_id = self.id == Some(true);
        match self.inclusion {
            Some(inclusion) => inclusion,
            None if self.has_slice => keeps_id,
            None if self.has_elem_match => true,
            None if self.has_meta && matches!(self.place, Place::Stage) => true,
            None => keeps_id,
        }
    }

    /// Reads the fields of a projection, or of a document within one, whose path is `outer`.
    fn fields<'a>(&mut self, fields: RawDoc<'a>, outer: &mut Vec<&'a str>) -> Result<()> {
        for (name, value) in fields {
            let name = name.as_str();
            let depth = outer.len();
            match name.strip_suffix(".$") {
                Some(before) => {
                    self.check_positional(name, value)?;
                    self.extend(outer, before)?;
                    self.position(outer, name)?;
                }
                None => {
                    check_middle(name)?;
                    self.extend(outer, name)?;
                    self.field(outer, value)?;
                }
            }
            outer.truncate(depth);
        }
        Ok(())
    }

    fn extend<'a>(&self, outer: &mut Vec<&'a str>, name: &'a str) -> Result<()> {
        let depth = outer.len();
        outer.extend(name.split('.'));
        check_path(&outer[depth..], outer.len(), &outer.join("."))
    }

    fn field<'a>(&mut self, path: &mut Vec<&'a str>, value: RawValue<'a>) -> Result<()> {
        match value {
            RawValue::Document(inner) => self.nested(inner, path),
            _ if is_flag(value) => self.flag(path, value.truthy()),
            _ => self.literal(path, value),
        }
    }

    /// Refuses a field `name` whose path ends with `.$`, where that cannot be.
    fn check_positional(&self, name: &str, value: RawValue<'_>) -> Result<()> {
        let refuse = |code, message: String| Err(Error::query(Code(code), message));
        if let Place::Stage = self.place {
            let message = "Cannot use positional projection in aggregation projection";
            return refuse(31324, format!("{message} ('{name}')"));
        }
        check_middle(name)?;
        let cannot = |with: &str| format!("positional projection cannot be used with {with}");
        match value {
            RawValue::Document(_) => refuse(31271, cannot("an expression or sub object")),
            _ if !is_flag(value) => refuse(31308, cannot("a literal")),
            _ if !value.truthy() => refuse(31395, cannot("exclusion")),
            _ if self.positional.is_some() => {
                let message = "Cannot specify more than one positional projection per query.";
                refuse(31276, message.to_string())
            }
            _ if self.has_elem_match => {
                let message = "Cannot specify positional operator and $elemMatch.";
                refuse(31256, message.to_string())
            }
            _ if name == ".$" => refuse(5392900, format!("Projection on field {name} is invalid")),
            _ => Ok(()),
        }
    }

    /// Reads `"path.$": 1`, written as `name`.
    fn position(&mut self, path: &[&str], name: &str) -> Result<()> {
        let Place::Find(filter) = self.place else {
            return Ok(());
        };
        self.root.add(path, Node::Leaf(Leaf::Plain))?;
        self.positional = Some(Positional::new(path, filter));
        self.decide(true, name)
    }

    fn nested<'a>(&mut self, inner: RawDoc<'a>, outer: &mut Vec<&'a str>) -> Result<()> {
        let mut fields = inner.iter();
        match (fields.next(), fields.next()) {
            (None, _) => Err(Error::query(
                Code(51270),
                format!("Invalid empty sub-projection: {}", outer.join(".")),
            )),
            (Some((name, _)), None) if is_operator_name(name.as_str()) => {
                self.operator(name.as_str(), inner, outer)
            }
            _ => {
                self.root.add(outer, Node::Tree(Tree::default()))?;
                self.fields(inner, outer)
            }
        }
    }

    /// Reads `{ $name: argument }`.
    fn operator(&mut self, name: &str, operator: RawDoc<'_>, path: &[&str]) -> Result<()> {
        let expression = RawValue::Document(operator);
        match (name, self.place) {
            ("$slice", Place::Find(_)) => self.slice(operator, path),
            ("$elemMatch", Place::Find(_)) => self.elem_match(operator, path),
            ("$elemMatch", Place::Stage) => Err(Error::query(
                Code(168),
                format!(
                    "Cannot use $elemMatch in this context (at '{}')",
                    path.join(".")
                ),
            )),
            _ if !is_operator(name) => Err(Error::query(
                Code(31325),
                format!("Unknown expression {name} (at '{}')", path.join(".")),
            )),
            ("$meta", _) => {
                self.has_meta = true;
                let expression = self.compile(path, expression)?;
                self.add_computed(path, expression)
            }
            _ => {
                let path_text = path.join(".");
                if self.inclusion == Some(false) {
                    return Err(Error::query(
                        Code(31252),
                        format!(
                            "Cannot use expression other than $meta in exclusion projection (at \
                             '{path_text}')"
                        ),
                    ));
                }
                self.inclusion = Some(true);
                let expression = self.compile(path, expression)?;
                self.add_computed(path, expression)
            }
        }
    }

    /// Reads find's `$slice`, or else that of expressions.
    fn slice(&mut self, operator: RawDoc<'_>, path: &[&str]) -> Result<()> {
        let argument = operator.get("$slice").unwrap_or(RawValue::Null);
        let refusal = match Slice::compile(argument) {
            Ok(slice) => {
                self.has_slice = true;
                return self.root.add(path, Node::Leaf(Leaf::Slice(slice)));
            }
            Err(refusal) => refusal,
        };
        let expression = RawValue::Document(operator);
        let expression = Expr::compile(expression, self.context).and_then(|expression| {
            if !expression.reads_document() {
                expression.evaluate(RawDoc::EMPTY, &Arena::default())?;
            }
            Ok(expression)
        });
        let expression = expression.map_err(|error| {
            error.context(format!(
                "Invalid $slice syntax at '{}'. The given syntax {} did not match the find() syntax \
                 because :: {refusal} :: The given syntax did not match the expression $slice syntax",
                path.join("."),
                shell_text(RawValue::Document(operator)),
            ))
        })?;
        self.decide(true, &path.join("."))?;
        self.add_computed(path, expression)
    }

    fn elem_match(&mut self, operator: RawDoc<'_>, path: &[&str]) -> Result<()> {
        let argument = operator.get("$elemMatch").unwrap_or(RawValue::Null);
        if !matches!(argument, RawValue::Document(_)) {
            return Err(Error::query(
                Code(31274),
                format!(
                    "elemMatch: Invalid argument, object required, but got {} (at '{}')",
                    argument.type_name(),
                    path.join(".")
                ),
            ));
        }
        if self.positional.is_some() {
            let message = "Cannot specify positional operator and $elemMatch.";
            return Err(Error::query(Code(31255), message));
        }
        let element = elem_match::compile(path, operator, self.context)?;
        self.has_elem_match = true;
        self.add_computed(path, element)
    }

    /// Reads a constant, or the path of a field to copy.
    fn literal(&mut self, path: &[&str], value: RawValue<'_>) -> Result<()> {
        let expression = self.compile(path, value)?;
        self.add_computed(path, expression)?;
        if self.inclusion == Some(false) {
            return Err(Error::query(
                Code(31310),
                format!(
                    "Cannot use an expression {}: {} in an exclusion projection",
                    path.join("."),
                    shell_text(value)
                ),
            ));
        }
        self.inclusion = Some(true);
        Ok(())
    }

    fn compile(&self, path: &[&str], value: RawValue<'_>) -> Result<Expr> {
        Expr::compile(value, self.context).map_err(|error| {
            let message = format!("Invalid expression at '{}'", path.join("."));
            error.context(message)
        })
    }

    fn add_computed(&mut self, path: &[&str], value: Expr) -> Result<()> {
        self.root.add(path, Node::Leaf(Leaf::Computed))?;
        self.computed.add(path, value)
    }

    /// Reads a field that is to be kept or dropped.
    fn flag(&mut self, path: &[&str], include: bool) -> Result<()> {
        self.root.add(path, Node::Leaf(Leaf::Plain))?;
        if path == ["_id"] {
            self.id = Some(include);
            return Ok(());
        }
        self.decide(include, &path.join("."))
    }

    /// A field makes it an inclusion or an exclusion, or agrees with those before it.
    fn decide(&mut self, include: bool, path: &str) -> Result<()> {
        if *self.inclusion.get_or_insert(include) == include {
            return Ok(());
        }
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

/// Whether a value says that a field is kept or dropped.
fn is_flag(value: RawValue<'_>) -> bool {
    value.is_number() || matches!(value, RawValue::Boolean(_))
}

/// Whether a name is an operator's rather than a field's; the fields of a DBRef are data.
fn is_operator_name(name: &str) -> bool {
    name.starts_with('$') && !["$id", "$ref", "$db"].contains(&name)
}

/// Refuses a `$` in the middle of a path.
fn check_middle(name: &str) -> Result<()> {
    if !name.contains(".$.") {
        return Ok(());
    }
    Err(Error::query(
        Code(31394),
        format!(
            "As of 4.4, it's illegal to specify positional operator in the middle of a path. \
             Positional projection may only be used at the end, for example: a.b.$. If the query \
             previously used a form like a.b.$.d, remove the parts following the '$' and the results \
             will be equivalent. (at '{name}')"
        ),
    ))
}

/// Refuses `components` at the end of `path` that cannot be field names, and a path of too many.
fn check_path(components: &[&str], depth: usize, path: &str) -> Result<()> {
    let refuse = |code, message: String| Err(Error::query(Code(code), message));
    if components == [""] {
        return refuse(
            40352,
            "FieldPath cannot be constructed with empty string".to_string(),
        );
    }
    if depth > Path::MAX_LEN {
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
