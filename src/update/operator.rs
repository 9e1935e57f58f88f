//! What every update operator is: something at the end of a path that sees the value there, or
//! its absence, and says what becomes of it.

use super::inc::Inc;
use super::set::Set;
use super::unset::Unset;
use crate::bson::{Element, Path, RawValue};
use crate::error::Result;

/// An operator with its operand.
#[derive(Clone, Debug)]
pub(super) enum Operator {
    Set(Set),
    Unset(Unset),
    Inc(Inc),
}

/// What becomes of a value.
#[derive(Clone, Copy, Debug)]
pub(super) enum Change<'a> {
    /// It stays as it is: absent, if it is.
    Keep,
    Write(RawValue<'a>),
    Remove,
}

impl Operator {
    pub(super) fn is_known(name: &str) -> bool {
        matches!(name, "$set" | "$unset" | "$inc")
    }

    /// Compiles the operator `name`, which must be known, for `path`.
    pub(super) fn compile(name: &str, path: &Path, operand: RawValue<'_>) -> Result<Operator> {
        match name {
            "$unset" => Ok(Operator::Unset(Unset)),
            "$inc" => Inc::compile(path, operand).map(Operator::Inc),
            _ => Set::compile(path, operand).map(Operator::Set),
        }
    }

    /// Whether it makes a field that is not there, and so the path to it.
    pub(super) fn creates(&self) -> bool {
        !matches!(self, Operator::Unset(_))
    }

    pub(super) fn change(&self, current: Option<Element<'_>>) -> Result<Change<'_>> {
        match self {
            Operator::Set(set) => Ok(set.change(current)),
            Operator::Unset(unset) => Ok(unset.change(current)),
            Operator::Inc(inc) => inc.change(current),
        }
    }
}
