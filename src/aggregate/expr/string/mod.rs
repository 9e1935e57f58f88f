//! Strings: one file for each kind of operator. MongoDB counts in bytes or in code points, and knows
//! upper and lower case of ASCII letters only.

pub(super) mod basic;
pub(super) mod index_of;
pub(super) mod regex;
pub(super) mod replace;
pub(super) mod split;
pub(super) mod substring;
#[cfg(test)]
mod tests;
pub(super) mod trim;

use super::{Computed, error, number_text};
use crate::bson::RawValue;
use crate::error::Result;
use std::borrow::Cow;

/// The text of a value, as `$toLower`, `$substrBytes` and a few others take it: of strings, numbers and
/// dates; nullish values are empty.
fn text_of(value: Computed<'_>) -> Result<Cow<'_, str>> {
    let Some(value) = value else {
        return Ok("".into());
    };
    Ok(match value {
        RawValue::Null | RawValue::Undefined => "".into(),
        RawValue::String(text) | RawValue::Symbol(text) | RawValue::JavaScript(text) => {
            text.as_str().into()
        }
        RawValue::Int32(number) => number.to_string().into(),
        RawValue::Int64(number) => number.to_string().into(),
        RawValue::Double(number) => number_text::sixteen_digits(number).into(),
        RawValue::Decimal128(number) => number.to_string().into(),
        RawValue::DateTime(ms) => super::date::to_text(ms)?.into(),
        other => {
            let found = other.type_name();
            let message = format!("can't convert from BSON type {found} to String");
            return Err(error(16007, message));
        }
    })
}
