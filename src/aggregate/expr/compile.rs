//! From BSON to the compiled tree: operands, field paths, literals, and the arguments of operators.
//! Every refusal that is not an operator's own is here
//! ([manual: expressions](https://www.mongodb.com/docs/manual/reference/aggregation-quick-reference/#expressions)).

use super::node::{Base, Call, Function, Node, Operator, follow_value};
use super::registry::{self, Compile};
use super::{Arena, Frame, error, refuse};
use crate::bson::{MAX_DEPTH, Path, RawDoc, RawValue};
use crate::error::{Code, Error, Result};
use crate::query::Context;
use crate::query::explain::shell_text;

/// Compiles one expression.
pub(crate) struct Compiler<'c> {
    context: &'c Context,
    /// The variables bound around the place that is being compiled, the innermost last.
    variables: Vec<String>,
    depth: usize,
}

impl<'c> Compiler<'c> {
    pub(crate) fn new(context: &'c Context) -> Compiler<'c> {
        Compiler {
            context,
            variables: Vec::new(),
            depth: 0,
        }
    }

    /// What the operation brings along.
    pub(crate) fn context(&self) -> &'c Context {
        self.context
    }

    /// Compiles an operand: a field path, an operator, a document or an array of operands, or a
    /// constant.
    pub(crate) fn operand(&mut self, operand: RawValue<'_>) -> Result<Node> {
        match operand {
            RawValue::String(text) if text.as_bytes().starts_with(b"$") => {
                self.field_path(text.as_str())
            }
            RawValue::Document(document) => self.deeper(|compiler| compiler.document(document)),
            RawValue::Array(array) => self.deeper(|compiler| {
                let nodes = array.iter().map(|(_, operand)| compiler.operand(operand));
                let nodes = Node::Array(nodes.collect::<Result<_>>()?);
                Ok(nodes.folded(compiler.context.surroundings()))
            }),
            _ => Ok(Node::constant(operand)),
        }
    }

    /// Compiles something in which more variables are bound, one after the other.
    pub(crate) fn with_variables<T>(
        &mut self,
        names: &[&str],
        compile: impl FnOnce(&mut Self) -> Result<T>,
    ) -> Result<T> {
        let outer = self.variables.len();
        self.variables
            .extend(names.iter().map(|name| name.to_string()));
        let compiled = compile(self);
        self.variables.truncate(outer);
        compiled
    }

    /// Compiles an operator's arguments: the elements of an array, or else one operand.
    pub(crate) fn arguments(&mut self, operand: RawValue<'_>) -> Result<Vec<Node>> {
        match operand {
            RawValue::Array(array) => array
                .iter()
                .map(|(_, operand)| self.operand(operand))
                .collect(),
            _ => Ok(vec![self.operand(operand)?]),
        }
    }

    /// Compiles arguments of which there must be between `least` and `most`.
    pub(crate) fn counted_arguments(
        &mut self,
        name: &str,
        least: usize,
        most: usize,
        operand: RawValue<'_>,
    ) -> Result<Vec<Node>> {
        let arguments = self.arguments(operand)?;
        let count = arguments.len();
        if (least..=most).contains(&count) {
            return Ok(arguments);
        }
        if least == most {
            return refuse(
                16020,
                format!(
                    "Expression {name} takes exactly {least} arguments. {count} were passed in."
                ),
            );
        }
        refuse(
            28667,
            format!(
                "Expression {name} takes at least {least} arguments, and at most {most}, but \
                 {count} were passed in."
            ),
        )
    }

    /// An operator that is a function of its operands' values.
    pub(crate) fn call(&self, name: &'static str, function: Function, operands: Vec<Node>) -> Node {
        self.operator(Call {
            name,
            function,
            operands: operands.into(),
        })
    }

    /// An operator, or the constant that it comes to.
    pub(crate) fn operator(&self, operator: impl Operator + 'static) -> Node {
        Node::Operator(Box::new(operator)).folded(self.context.surroundings())
    }

    fn deeper(&mut self, compile: impl FnOnce(&mut Self) -> Result<Node>) -> Result<Node> {
        if self.depth == MAX_DEPTH {
            return Err(Error::query(
                Code::OVERFLOW,
                format!("an expression may be nested {MAX_DEPTH} levels deep at most"),
            ));
        }
        self.depth += 1;
        let compiled = compile(self);
        self.depth -= 1;
        compiled
    }

    fn document(&mut self, document: RawDoc<'_>) -> Result<Node> {
        let first = document.iter().next();
        match first {
            Some((name, operand)) if name.as_bytes().starts_with(b"$") => {
                self.named_operator(document, name.as_str(), operand)
            }
            _ => self.document_literal(document),
        }
    }

    fn named_operator(
        &mut self,
        document: RawDoc<'_>,
        name: &str,
        operand: RawValue<'_>,
    ) -> Result<Node> {
        let fields = document.elements().count();
        if fields != 1 {
            return refuse(
                15983,
                format!(
                    "an expression specification must contain exactly one field, the name of the \
                     expression. Found {fields} fields in {}",
                    shell_text(RawValue::Document(document))
                ),
            );
        }
        let Some(entry) = registry::find(name) else {
            return refuse(168, format!("Unrecognized expression '{name}'"));
        };
        match entry.compile {
            Compile::Function(least, most, function) => {
                let operands = self.counted_arguments(entry.name, least, most, operand)?;
                Ok(self.call(entry.name, function, operands))
            }
            Compile::Special(compile) => compile(self, entry.name, operand),
        }
    }

    fn document_literal(&mut self, document: RawDoc<'_>) -> Result<Node> {
        let mut fields: Vec<(Box<str>, Node)> = Vec::new();
        for (name, operand) in document {
            let name = name.as_str();
            check_field_name(name)?;
            // Names do not come twice: every document that enters is checked for that.
            fields.push((name.into(), self.operand(operand)?));
        }
        Ok(Node::Document(fields).folded(self.context.surroundings()))
    }

    /// Compiles `"$a.b"` or `"$$name.b"`.
    pub(crate) fn field_path(&self, text: &str) -> Result<Node> {
        let Some(path) = text.strip_prefix('$') else {
            return refuse(16873, format!("FieldPath '{text}' doesn't start with $"));
        };
        if path.is_empty() {
            return refuse(16872, "'$' by itself is not a valid FieldPath");
        }
        match path.strip_prefix('$') {
            Some(variable) => match variable.split_once('.') {
                None => self.variable(variable, None),
                Some((name, path)) => self.variable(name, Some(checked_path(path)?)),
            },
            None => self.variable("CURRENT", Some(checked_path(path)?)),
        }
    }

    fn variable(&self, name: &str, path: Option<Path>) -> Result<Node> {
        check_variable(name)?;
        let bound = self.variables.iter().rev().position(|own| own == name);
        if let Some(distance) = bound {
            let base = Base::Variable(distance);
            return Ok(Node::Path { base, path });
        }
        match name {
            "CURRENT" | "ROOT" => {
                let base = Base::Root;
                return Ok(Node::Path { base, path });
            }
            "REMOVE" => return Ok(Node::Constant(None)),
            // The operation's time is no document, so nothing lies below it.
            "NOW" if path.is_some() => return Ok(Node::Constant(None)),
            "NOW" => return Ok(Node::constant(RawValue::DateTime(self.context.now_ms()))),
            "CLUSTER_TIME" | "USER_ROLES" | "SEARCH_META" | "JS_SCOPE" | "IS_MR" => {
                return refuse(
                    51144,
                    format!("Builtin variable '$${name}' is not available"),
                );
            }
            _ => {}
        }
        let Some(value) = self.context.variable(name) else {
            return refuse(17276, format!("Use of undefined variable: {name}"));
        };
        let arena = Arena::default();
        let frame = Frame::new(RawDoc::EMPTY.into(), &arena, self.context.surroundings());
        let value = match path {
            None => value,
            Some(path) => value.and_then(|value| follow_value(value, &path, 0, frame)),
        };
        Ok(Node::Constant(value.map(Into::into)))
    }
}

/// A document of named arguments, such as `{ input: .., as: .. }`: the value of each name in
/// `known`, in that order. `not_document` and `unknown` are the codes of the two refusals.
pub(crate) fn named_arguments<'v, const N: usize>(
    operator: &str,
    operand: RawValue<'v>,
    known: [&str; N],
    not_document: i32,
    unknown: i32,
) -> Result<[Option<RawValue<'v>>; N]> {
    named(
        operand,
        known,
        |found| {
            let message =
                format!("{operator} only supports an object as its argument, found {found}");
            error(not_document, message)
        },
        |name| {
            let known = known.join(", ");
            let message =
                format!("Unrecognized parameter to {operator}: {name} (it takes {known})");
            error(unknown, message)
        },
    )
}

/// Named arguments of operators that word their refusals in their own way: `not_document` is given
/// the operand's type, `unknown` the name.
pub(crate) fn named<'v, const N: usize>(
    operand: RawValue<'v>,
    known: [&str; N],
    not_document: impl FnOnce(&str) -> Error,
    unknown: impl FnOnce(&str) -> Error,
) -> Result<[Option<RawValue<'v>>; N]> {
    let RawValue::Document(document) = operand else {
        return Err(not_document(operand.type_name()));
    };
    let mut values = [None; N];
    for (name, value) in document {
        match known.iter().position(|known| name == *known) {
            Some(at) => values[at] = Some(value),
            None => return Err(unknown(name.as_str())),
        }
    }
    Ok(values)
}

/// An argument that must be given.
pub(crate) fn required<'v>(
    operator: &str,
    name: &str,
    value: Option<RawValue<'v>>,
    code: i32,
) -> Result<RawValue<'v>> {
    match value {
        Some(value) => Ok(value),
        None => refuse(code, format!("Missing '{name}' parameter to {operator}")),
    }
}

/// Refuses what cannot be a field's name in a document literal.
pub(crate) fn check_field_name(name: &str) -> Result<()> {
    if name.is_empty() {
        return refuse(15998, "FieldPath field names may not be empty strings.");
    }
    if name.starts_with('$') {
        return refuse(
            16410,
            format!(
                "FieldPath field names may not start with '$', found '{name}'. Consider using \
                 $getField or $setField."
            ),
        );
    }
    if name.contains('.') {
        return refuse(
            16412,
            format!(
                "FieldPath field names may not contain '.', found '{name}'. Consider using \
                 $getField or $setField."
            ),
        );
    }
    Ok(())
}

/// A dotted path of which every component may be a field's name.
pub(crate) fn checked_path(text: &str) -> Result<Path> {
    if text.is_empty() {
        return refuse(40352, "FieldPath cannot be constructed with empty string");
    }
    if text.ends_with('.') {
        return refuse(
            40353,
            format!("FieldPath must not end with a '.': '{text}'"),
        );
    }
    if text.contains('\0') {
        return refuse(16411, "FieldPath field names may not contain '\\0'.");
    }
    let path = Path::new(text);
    for name in path.components() {
        // The fields of a DBRef are data.
        if !["$id", "$ref", "$db"].contains(&name) {
            check_field_name(name)?;
        }
    }
    if path.len() > Path::MAX_LEN {
        return Err(Error::query(
            Code::OVERFLOW,
            format!(
                "FieldPath is too long: it has more than {} components",
                Path::MAX_LEN
            ),
        ));
    }
    Ok(path)
}

/// Refuses what is not the name of a variable that can be read.
fn check_variable(name: &str) -> Result<()> {
    let Some(first) = name.chars().next() else {
        return refuse(16869, "empty variable names are not allowed");
    };
    if !first.is_ascii_alphabetic() && first.is_ascii() {
        return refuse(
            16870,
            format!("'{name}' starts with an invalid character for a variable name"),
        );
    }
    check_characters(name, 16871)
}

/// Refuses what cannot be the name of a variable that a user binds.
pub(crate) fn check_user_variable(name: &str) -> Result<()> {
    let Some(first) = name.chars().next() else {
        return refuse(16866, "empty variable names are not allowed");
    };
    // The one variable of the system that may be bound anew.
    if name == "CURRENT" {
        return Ok(());
    }
    if !first.is_ascii_lowercase() && first.is_ascii() {
        return refuse(
            16867,
            format!("'{name}' starts with an invalid character for a user variable name"),
        );
    }
    check_characters(name, 16868)
}

fn check_characters(name: &str, code: i32) -> Result<()> {
    let allowed = |c: &char| c.is_ascii_alphanumeric() || *c == '_' || !c.is_ascii();
    match name.chars().find(|c| !allowed(c)) {
        None => Ok(()),
        Some(c) => refuse(
            code,
            format!("'{name}' contains an invalid character for a variable name: '{c}'"),
        ),
    }
}
