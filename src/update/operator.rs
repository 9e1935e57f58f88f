//! What every update operator is: something at the end of a path that sees the value there, or its
//! absence, and says what becomes of it.

use std::cell::Cell;
use std::fmt;
use std::sync::Arc;

use super::add_to_set::AddToSet;
use super::array_filters::ArrayFilters;
use super::bit::Bit;
use super::current_date;
use super::describe::abbreviated;
use super::inc::Inc;
use super::min_max::MinMax;
use super::mul::Mul;
use super::pop::Pop;
use super::pull::Pull;
use super::pull_all::PullAll;
use super::push::Push;
use super::set::Set;
use super::unset::Unset;
use crate::bson::{Builder, Element, Path, RawDoc, RawValue};
use crate::error::Result;
use crate::query::Context;

/// An operator with its operand.
pub(super) trait Operator: fmt::Debug + Send + Sync {
    /// Decides what becomes of the value at the end of the path, or of its absence. The new value
    /// goes into the slot, which is left alone if the outcome is another than `Written`.
    fn change(
        &self,
        current: Option<Element<'_>>,
        slot: Slot<'_, '_>,
        at: &At<'_>,
    ) -> Result<Outcome>;

    /// What is done where there is no value.
    fn absent(&self, _applying: &Applying<'_>) -> Absent {
        Absent::Make
    }
}

/// What becomes of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// It stays as it is: absent, if it is.
    Kept,
    Written,
    Removed,
}

/// What an operator does where its path leads nowhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Absent {
    /// Makes the value, and the path to it.
    Make,
    /// Nothing, but the path must be one that could be made.
    Check,
    /// Nothing.
    Ignore,
}

/// An operand as it was written, with what it takes to compile it.
pub(super) struct Operand<'a> {
    pub(super) operator: &'a str,
    pub(super) path: &'a Path,
    pub(super) value: RawValue<'a>,
    pub(super) context: &'a Context,
}

/// Turns an operand into an operator.
pub(super) type Compile = fn(&Operand<'_>) -> Result<Arc<dyn Operator>>;

/// The compiler of an operator, if there is one of that name. `$rename` has two ends and is
/// compiled apart.
pub(super) fn compiler(name: &str) -> Option<Compile> {
    Some(match name {
        "$set" | "$setOnInsert" => Set::compile,
        "$unset" => Unset::compile,
        "$inc" => Inc::compile,
        "$mul" => Mul::compile,
        "$min" | "$max" => MinMax::compile,
        "$bit" => Bit::compile,
        "$currentDate" => current_date::compile,
        "$push" => Push::compile,
        "$addToSet" => AddToSet::compile,
        "$pop" => Pop::compile,
        "$pull" => Pull::compile,
        "$pullAll" => PullAll::compile,
        _ => return None,
    })
}

/// Where an operator writes.
pub(super) struct Slot<'b, 'o> {
    builder: &'b mut Builder<'o>,
    key: &'b [u8],
}

impl<'b, 'o> Slot<'b, 'o> {
    pub(super) fn new(builder: &'b mut Builder<'o>, key: &'b [u8]) -> Slot<'b, 'o> {
        Slot { builder, key }
    }

    pub(super) fn write(self, value: RawValue<'_>) -> Outcome {
        self.builder.append(self.key, value);
        Outcome::Written
    }

    /// Writes the value of an element of another name.
    pub(super) fn copy(self, element: Element<'_>) -> Outcome {
        self.builder.append_renamed(self.key, element);
        Outcome::Written
    }

    pub(super) fn array(self) -> Builder<'b> {
        self.builder.start_array(self.key)
    }
}

/// One application of an update to one document.
pub(super) struct Applying<'a> {
    /// The document as it was.
    pub(super) document: RawDoc<'a>,
    pub(super) array_filters: &'a ArrayFilters,
    /// For each `$rename` what it moves, if that is there.
    pub(super) sources: Vec<Option<Element<'a>>>,
    /// A buffer for whoever needs one for a moment.
    pub(super) scratch: Cell<Vec<u8>>,
}

/// A place in the document, as the path from its root: for error messages, which name it whole.
pub(super) struct At<'w> {
    pub(super) applying: &'w Applying<'w>,
    above: Option<&'w At<'w>>,
    pub(super) name: &'w str,
}

impl<'w> At<'w> {
    pub(super) fn root(applying: &'w Applying<'w>) -> At<'w> {
        At {
            applying,
            above: None,
            name: "",
        }
    }

    #[inline]
    pub(super) fn below<'s>(&'s self, name: &'s str) -> At<'s> {
        At {
            applying: self.applying,
            above: Some(self),
            name,
        }
    }

    /// The dotted path, positions resolved.
    pub(super) fn path(&self) -> String {
        match self.above {
            Some(above) if above.above.is_some() => format!("{}.{}", above.path(), self.name),
            _ => self.name.to_string(),
        }
    }

    /// The document's `_id` for a message: `_id: 1`.
    pub(super) fn document_id(&self) -> String {
        match self.applying.document.get("_id") {
            Some(id) => format!("_id: {}", abbreviated(id)),
            None => "no id".to_string(),
        }
    }
}
