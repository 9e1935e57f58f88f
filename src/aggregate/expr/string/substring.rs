//! `$substrBytes`, its old name `$substr`, and `$substrCP`
//! ([manual](https://www.mongodb.com/docs/manual/reference/operator/aggregation/substrBytes/)).

use std::borrow::Cow;

use super::text_of;
use crate::aggregate::expr::{Computed, Entry, Frame, error, refuse, type_name};
use crate::bson::RawValue;
use crate::bson::number::Number;
use crate::error::Result;
use crate::query::explain::shell_text;

pub(in crate::aggregate::expr) const OPERATORS: &[Entry] = &[
    Entry::fixed("$substr", 3, by_bytes),
    Entry::fixed("$substrBytes", 3, by_bytes),
    Entry::fixed("$substrCP", 3, by_code_points),
];

/// The part of a text. A part of a string that is there already is not copied.
fn part<'a>(
    frame: Frame<'a>,
    whole: Computed<'a>,
    text: &str,
    range: std::ops::Range<usize>,
) -> RawValue<'a> {
    match whole {
        Some(RawValue::String(whole)) if whole.len() == text.len() => {
            RawValue::String(crate::bson::Text::from_bytes(&whole.as_bytes()[range]))
        }
        _ => frame.string(&text[range]),
    }
}

/// A negative length means the rest of the text. Neither end may cut a character apart.
fn by_bytes<'a>(
    _: &'static str,
    values: &[Computed<'a>],
    frame: Frame<'a>,
) -> Result<Computed<'a>> {
    let name = "$substrBytes";
    let text: Cow<'a, str> = text_of(values[0])?;
    let start = number(values[1]).ok_or_else(|| {
        let found = type_name(values[1]);
        let message =
            format!("{name}:  starting index must be a numeric type (is BSON type {found})");
        error(16034, message)
    })?;
    let length = number(values[2]).ok_or_else(|| {
        let found = type_name(values[2]);
        error(
            16035,
            format!("{name}:  length must be a numeric type (is BSON type {found})"),
        )
    })?;
    let Ok(start) = usize::try_from(start) else {
        let message = format!("{name}:  starting index must be non-negative (got: {start})");
        return refuse(50752, message);
    };
    let end = match usize::try_from(length) {
        Ok(length) => start.saturating_add(length).min(text.len()),
        Err(_) => text.len(),
    };
    if start >= text.len() {
        return Ok(Some(frame.string("")));
    }
    if !text.is_char_boundary(start) {
        let message =
            format!("{name}:  Invalid range, starting index is a UTF-8 continuation byte.");
        return refuse(28656, message);
    }
    if !text.is_char_boundary(end) {
        let message =
            format!("{name}:  Invalid range, ending index is in the middle of a UTF-8 character.");
        return refuse(28657, message);
    }
    Ok(Some(part(frame, values[0], &text, start..end)))
}

/// The integer of a number, its fraction cut off.
fn number(value: Computed<'_>) -> Option<i64> {
    Some(match Number::from_raw(value?)? {
        Number::Int32(number) => number.into(),
        Number::Int64(number) => number,
        // Saturates.
        number => number.to_f64() as i64,
    })
}

fn by_code_points<'a>(
    name: &'static str,
    values: &[Computed<'a>],
    frame: Frame<'a>,
) -> Result<Computed<'a>> {
    let text = text_of(values[0])?;
    let start = small(name, "starting index", values[1], [34450, 34451])?;
    let length = small(name, "length", values[2], [34452, 34453])?;
    let Ok(length) = usize::try_from(length) else {
        return refuse(
            34454,
            format!("{name}: length must be a nonnegative integer."),
        );
    };
    let Ok(start) = usize::try_from(start) else {
        return refuse(
            34455,
            format!("{name}: the starting index must be nonnegative integer."),
        );
    };
    let mut places = text.char_indices().map(|(at, _)| at);
    let from = places.nth(start).unwrap_or(text.len());
    let mut places = text[from..].char_indices().map(|(at, _)| from + at);
    let to = places.nth(length).unwrap_or(text.len());
    Ok(Some(part(frame, values[0], &text, from..to)))
}

/// An integer of 32 bits; `codes` are those of what is no number and of what does not fit.
fn small(name: &str, what: &str, value: Computed<'_>, codes: [i32; 2]) -> Result<i32> {
    let Some(value) = value.filter(|value| value.is_number()) else {
        let found = type_name(value);
        let message = format!("{name}: {what} must be a numeric type (is BSON type {found})");
        return refuse(codes[0], message);
    };
    let integer = value
        .as_integer()
        .and_then(|value| i32::try_from(value).ok());
    integer.ok_or_else(|| {
        let value = shell_text(value);
        let message =
            format!("{name}: {what} cannot be represented as a 32-bit integral value: {value}");
        error(codes[1], message)
    })
}
