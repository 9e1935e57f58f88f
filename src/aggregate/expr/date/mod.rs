//! Dates: the operators are in `accessors`, `compose`, `arithmetic` and `text`; what they are made of
//! in the other files, which know nothing of expressions.
//!
//! All instants are milliseconds since 1970, as BSON has them, over the whole of its range.

pub(super) mod accessors;
mod arguments;
pub(super) mod arithmetic;
pub(super) mod compose;
mod format;
mod math;
mod parts;
mod read;
#[cfg(test)]
mod tests;
pub(super) mod text;
mod unit;
mod zone;

pub(super) use arguments::as_date;

use crate::error::Result;

/// The instant as `2024-02-03T04:05:06.007Z`; years outside of 0 to 9999 are refused.
pub(super) fn to_text(ms: i64) -> Result<String> {
    format::write(ms, format::ISO_UTC, &zone::Zone::UTC)
}

/// The instant that a text says, in any form that `$dateFromString` takes.
pub(super) fn from_text(text: &str) -> Result<i64> {
    read::read_freely(text, &zone::Zone::UTC)
}
