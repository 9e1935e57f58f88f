//! `$concat`, `$toLower`, `$toUpper`, `$strcasecmp`, `$strLenBytes`, `$strLenCP`.

use super::text_of;
use crate::aggregate::expr::frame::check_size;
use crate::aggregate::expr::{Computed, Entry, Frame, int, is_nullish, refuse, type_name};
use crate::bson::RawValue;
use crate::error::Result;

pub(in crate::aggregate::expr) const OPERATORS: &[Entry] = &[
    Entry::variadic("$concat", concat),
    Entry::fixed("$toLower", 1, |_, values, frame| {
        Ok(Some(frame.string(text_of(values[0])?.to_ascii_lowercase())))
    }),
    Entry::fixed("$toUpper", 1, |_, values, frame| {
        Ok(Some(frame.string(text_of(values[0])?.to_ascii_uppercase())))
    }),
    Entry::fixed("$strcasecmp", 2, |_, values, _| {
        let [a, b] = [text_of(values[0])?, text_of(values[1])?];
        let order = a.to_ascii_uppercase().cmp(&b.to_ascii_uppercase());
        Ok(Some(RawValue::Int32(order as i32)))
    }),
    Entry::fixed("$strLenBytes", 1, |name, values, _| match values[0] {
        Some(RawValue::String(text)) => Ok(Some(int(text.len() as i64))),
        other => not_a_string(34473, name, other),
    }),
    Entry::fixed("$strLenCP", 1, |name, values, _| match values[0] {
        Some(RawValue::String(text)) => Ok(Some(int(text.as_str().chars().count() as i64))),
        other => not_a_string(34471, name, other),
    }),
];

fn not_a_string<T>(code: i32, name: &str, value: Computed<'_>) -> Result<T> {
    let found = type_name(value);
    refuse(
        code,
        format!("{name} requires a string argument, found: {found}"),
    )
}

/// The first operand that is nullish makes null, whatever follows.
fn concat<'a>(
    name: &'static str,
    values: &[Computed<'a>],
    frame: Frame<'a>,
) -> Result<Computed<'a>> {
    let mut whole = Vec::new();
    for value in values {
        match value {
            Some(RawValue::String(text)) => whole.extend_from_slice(text.as_bytes()),
            value if is_nullish(*value) => return Ok(Some(RawValue::Null)),
            value => {
                let found = type_name(*value);
                return refuse(16702, format!("{name} only supports strings, not {found}"));
            }
        }
        check_size(whole.len())?;
    }
    Ok(Some(frame.string(whole)))
}
