//! What `$inc` and `$mul` have in common: a number there, a number given, and their result.
//!
//! The result has the wider of the two types. An int that overflows becomes a long; a long that
//! overflows is an error, never a wrapped number.

use super::describe::{abbreviated, describe};
use super::operator::{At, Operand, Outcome, Slot};
use crate::bson::number::Number;
use crate::bson::{Element, RawValue};
use crate::error::{Code, Error, Result};

/// How an operator's errors speak of it.
pub(super) struct Words {
    pub(super) operator: &'static str,
    /// `increment`
    pub(super) verb: &'static str,
    /// `adding`
    pub(super) doing: &'static str,
}

pub(super) fn number_given(words: &Words, operand: &Operand<'_>) -> Result<Number> {
    Number::from_raw(operand.value).ok_or_else(|| {
        Error::query(
            Code::TYPE_MISMATCH,
            format!(
                "Cannot {} with non-numeric argument: {} of \"{}\" needs a number, found {}",
                words.verb,
                words.operator,
                operand.path,
                describe(operand.value)
            ),
        )
    })
}

/// Writes what `compute` makes of the number there, `None` being an overflow.
pub(super) fn change(
    words: &Words,
    given: Number,
    current: Element<'_>,
    slot: Slot<'_, '_>,
    at: &At<'_>,
    compute: fn(Number, Number) -> Option<Number>,
) -> Result<Outcome> {
    let current = current.value().unwrap_or(RawValue::Null);
    let Some(number) = Number::from_raw(current) else {
        return Err(Error::query(
            Code::TYPE_MISMATCH,
            format!(
                "{0} needs a number at \"{1}\", found {2} (Cannot apply {0} to a value of \
                 non-numeric type. {{{3}}} has the field '{4}' of non-numeric type {5})",
                words.operator,
                at.path(),
                describe(current),
                at.document_id(),
                at.name,
                current.type_name()
            ),
        ));
    };
    let Some(result) = compute(number, given) else {
        return Err(Error::query(
            Code::BAD_VALUE,
            format!(
                "Failed to apply {} operations to current value {} at \"{}\" for document {{{}}}: \
                 {} {} overflows a 64-bit integer",
                words.operator,
                abbreviated(current),
                at.path(),
                at.document_id(),
                words.doing,
                abbreviated(given.to_raw())
            ),
        ));
    };
    let result = result.to_raw();
    let same = result == current && result.element_type() == current.element_type();
    Ok(if same {
        Outcome::Kept
    } else {
        slot.write(result)
    })
}
