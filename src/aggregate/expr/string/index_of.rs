//! `$indexOfBytes` and `$indexOfCP`
//! ([manual](https://www.mongodb.com/docs/manual/reference/operator/aggregation/indexOfBytes/)).

use crate::aggregate::expr::{Computed, Entry, Frame, int, is_nullish, refuse, type_name};
use crate::bson::RawValue;
use crate::error::Result;
use crate::query::explain::shell_text;

pub(in crate::aggregate::expr) const OPERATORS: &[Entry] = &[
    Entry::range("$indexOfBytes", 2, 4, by_bytes),
    Entry::range("$indexOfCP", 2, 4, by_code_points),
];

const NOT_FOUND: Computed<'static> = Some(RawValue::Int32(-1));

/// What is searched, for what, from which index on, and before which; none if the text is nullish.
type Search<'a> = (&'a str, &'a str, usize, Option<usize>);

fn arguments<'a>(
    name: &str,
    values: &[Computed<'a>],
    codes: [i32; 2],
) -> Result<Option<Search<'a>>> {
    if is_nullish(values[0]) {
        return Ok(None);
    }
    let string = |value: Computed<'a>, which: &str, code: i32| match value {
        Some(RawValue::String(text)) => Ok(text.as_str()),
        other => {
            let found = type_name(other);
            let message =
                format!("{name} requires a string as the {which} argument, found: {found}");
            refuse(code, message)
        }
    };
    let text = string(values[0], "first", codes[0])?;
    let token = string(values[1], "second", codes[1])?;
    let index = |value: &Computed<'a>, what: &str| index(name, what, *value);
    let start = values.get(2).map(|value| index(value, "starting index"));
    let end = values.get(3).map(|value| index(value, "ending index"));
    Ok(Some((
        text,
        token,
        start.transpose()?.unwrap_or(0),
        end.transpose()?,
    )))
}

fn index(name: &str, what: &str, value: Computed<'_>) -> Result<usize> {
    let text = || value.map_or(String::from("missing"), shell_text);
    let integer = value.and_then(|value| value.as_integer());
    let Some(index) = integer.and_then(|value| i32::try_from(value).ok()) else {
        let message = format!(
            "{name} requires an integral {what}, found a value of type: {}, with value: {}",
            type_name(value),
            text()
        );
        return refuse(40096, message);
    };
    match usize::try_from(index) {
        Ok(index) => Ok(index),
        Err(_) => {
            let text = text();
            refuse(
                40097,
                format!("{name} requires a nonnegative {what}, found: {text}"),
            )
        }
    }
}

fn by_bytes<'a>(name: &'static str, values: &[Computed<'a>], _: Frame<'a>) -> Result<Computed<'a>> {
    let Some((text, token, start, end)) = arguments(name, values, [40091, 40092])? else {
        return Ok(Some(RawValue::Null));
    };
    let text = text.as_bytes();
    let end = end.unwrap_or(text.len()).min(text.len());
    // None if the range is empty the wrong way round.
    let Some(searched) = text.get(start..end) else {
        return Ok(NOT_FOUND);
    };
    let found = memchr::memmem::find(searched, token.as_bytes());
    Ok(found.map_or(NOT_FOUND, |at| Some(int((start + at) as i64))))
}

/// The token must begin before the end; it may go on beyond it.
fn by_code_points<'a>(
    name: &'static str,
    values: &[Computed<'a>],
    _: Frame<'a>,
) -> Result<Computed<'a>> {
    let Some((text, token, start, end)) = arguments(name, values, [40093, 40094])? else {
        return Ok(Some(RawValue::Null));
    };
    if text.is_empty() && token.is_empty() && start == 0 {
        return Ok(Some(RawValue::Int32(0)));
    }
    let count = end.map_or(usize::MAX, |end| end.saturating_sub(start));
    let places = text
        .char_indices()
        .map(|(at, _)| at)
        .skip(start)
        .take(count);
    for (distance, at) in places.enumerate() {
        if text[at..].starts_with(token) {
            return Ok(Some(int((start + distance) as i64)));
        }
    }
    Ok(NOT_FOUND)
}
