//! Expressions: `{ $add: ["$price", 1] }`, compiled once and evaluated against raw documents.
//!
//! [`Expr::compile`] turns BSON into a tree in which constant parts are computed already;
//! [`Expr::evaluate`] gives a value that borrows from the document, or from an [`Arena`] what had to be
//! computed. Missing is not null: it is no value at all, and leaves a field out.
//!
//! **To add a family of operators**: a file with a table
//!
//! ```text
//! pub(super) const OPERATORS: &[Entry] = &[
//!     Entry::fixed("$strLenBytes", 1, str_len_bytes),
//!     Entry::variadic("$concat", concat),
//!     Entry::special("$trim", compile_trim),
//! ];
//!
//! fn str_len_bytes<'a>(name: &'static str, values: &[Computed<'a>], _: Frame<'a>) -> Result<Computed<'a>> {
//!     match values[0] {
//!         Some(RawValue::String(text)) => Ok(Some(int(text.len() as i64))),
//!         other => refuse(34473, format!("{name} requires a string argument, found: {}", type_name(other))),
//!     }
//! }
//! ```
//!
//! and its line in `FAMILIES` of `registry.rs`. A function is given the values of all its operands (as many
//! as its entry says) and puts what it computes into the frame: `frame.string(..)`, [`ArrayWriter`],
//! [`DocumentWriter`]; numbers, dates and the like need no place. Where there are named arguments, an optional
//! operand, an operand that is not always evaluated or a variable, `compile_trim` reads what stands behind the
//! name (`named_arguments`, `required`), compiles operands (`compiler.operand`, within `compiler.with_variables` if it binds
//! any) and gives `compiler.call(name, function, operands)`, or `compiler.operator(..)` of a type
//! that implements [`Operator`]. Values are compared by `frame.compare`, which knows the operation's collation, and loops over
//! elements call `frame.step`, by which the operation can be stopped. Folding of constants comes with both. Tests are tables for [`tests::check`].

mod accumulators;
mod arithmetic;
mod array;
mod bitwise;
mod boolean;
mod compare;
mod compile;
mod conditional;
mod convert;
mod date;
mod each;
mod frame;
mod hash;
mod meta;
mod node;
mod number_text;
mod object;
mod ordered;
mod power;
mod random;
mod registry;
mod rounding;
mod sets;
mod size;
mod string;
mod timestamp;
mod trigonometry;
mod types;
mod variable;

#[cfg(test)]
pub(crate) mod tests;

pub use frame::Arena;
pub use meta::{Found, Metadata, MetadataNeeds};
pub use registry::{is_operator, names};
pub use variable::define_variables;

pub(crate) use compile::{
    Compiler, check_field_name, check_user_variable, checked_path, named, named_arguments, required,
};
pub(crate) use frame::{ArrayWriter, Computed, DocumentWriter, Frame, collect, elements};
pub(crate) use meta::refuse_keyword as refuse_metadata;
pub(crate) use node::{Function, Node, Operator};
pub(crate) use registry::Entry;

use std::sync::Arc;

use crate::bson::{RawDoc, RawValue};
use crate::error::{Code, Error, Result};
use crate::query::{Context, Surroundings};

/// A compiled expression. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Expr(Arc<Compiled>);

#[derive(Debug)]
struct Compiled {
    node: Node,
    surroundings: Surroundings,
}

impl Expr {
    /// Compiles an operator, a field path, a literal, or documents and arrays of them. Refused with
    /// MongoDB's codes are operators that do not exist (168), wrong arguments, variables that
    /// are not bound (17276).
    pub fn compile(expression: RawValue<'_>, context: &Context) -> Result<Expr> {
        let node = Compiler::new(context).operand(expression)?;
        let surroundings = context.surroundings().clone();
        Ok(Expr(Arc::new(Compiled { node, surroundings })))
    }

    /// The value for `document`; none if it is missing. What is computed lives in `arena`.
    pub fn evaluate<'a>(
        &'a self,
        found: impl Into<Found<'a>>,
        arena: &'a Arena,
    ) -> Result<Option<RawValue<'a>>> {
        let frame = Frame::new(found.into(), arena, &self.0.surroundings);
        self.0.node.evaluate(frame)
    }

    /// Whether the value for `document` counts as true.
    pub fn is_true(&self, document: RawDoc<'_>) -> Result<bool> {
        let arena = Arena::default();
        Ok(is_true(self.evaluate(document, &arena)?))
    }

    /// Whether the value depends on the document.
    pub fn reads_document(&self) -> bool {
        self.0.node.reads_document()
    }

    /// Whether the same document always gives the same value.
    pub fn is_deterministic(&self) -> bool {
        self.0.node.is_deterministic()
    }

    /// The metadata that it computes with.
    pub fn metadata_needs(&self) -> MetadataNeeds {
        self.0.node.metadata_needs()
    }

    /// What an operator computes that is no part of the language.
    pub(crate) fn of(operator: impl Operator + 'static) -> Expr {
        Expr(Arc::new(Compiled {
            node: Node::Operator(Box::new(operator)),
            surroundings: Surroundings::default(),
        }))
    }

    /// The tree.
    #[cfg(test)]
    pub(crate) fn node(&self) -> &Node {
        &self.0.node
    }
}

/// Whether a condition holds: missing, null, undefined, false and zeros do not.
pub(crate) fn is_true(value: Computed<'_>) -> bool {
    value.is_some_and(|value| value.truthy())
}

/// Whether a value is missing, null or undefined.
pub(crate) fn is_nullish(value: Computed<'_>) -> bool {
    matches!(value, None | Some(RawValue::Null | RawValue::Undefined))
}

/// A value's type for an error message.
pub(crate) fn type_name(value: Computed<'_>) -> &'static str {
    value.map_or("missing", |value| value.type_name())
}

/// An integer that is an int if it fits into one, else a long.
pub(crate) fn int(value: i64) -> RawValue<'static> {
    match i32::try_from(value) {
        Ok(value) => RawValue::Int32(value),
        Err(_) => RawValue::Int64(value),
    }
}

/// The error with MongoDB's code.
pub(crate) fn error(code: i32, message: impl Into<String>) -> Error {
    Error::query(Code(code), message)
}

/// Refuses with MongoDB's code.
pub(crate) fn refuse<T>(code: i32, message: impl Into<String>) -> Result<T> {
    Err(error(code, message))
}
