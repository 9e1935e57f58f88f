//! `$split` ([manual](https://www.mongodb.com/docs/manual/reference/operator/aggregation/split/)).

use crate::aggregate::expr::{ArrayWriter, Computed, Entry, Frame, is_nullish, refuse, type_name};
use crate::bson::RawValue;
use crate::error::Result;

pub(in crate::aggregate::expr) const OPERATORS: &[Entry] = &[Entry::fixed("$split", 2, split)];

fn split<'a>(
    name: &'static str,
    values: &[Computed<'a>],
    frame: Frame<'a>,
) -> Result<Computed<'a>> {
    if is_nullish(values[0]) || is_nullish(values[1]) {
        return Ok(Some(RawValue::Null));
    }
    let string = |value: Computed<'a>, which: &str, code: i32| match value {
        Some(RawValue::String(text)) => Ok(text.as_str()),
        other => {
            let found = type_name(other);
            let message = format!(
                "{name} requires an expression that evaluates to a string as a {which} argument, \
                 found: {found}"
            );
            refuse(code, message)
        }
    };
    let text = string(values[0], "first", 40085)?;
    let separator = string(values[1], "second", 10503900)?;
    if separator.is_empty() {
        return refuse(40087, format!("{name} requires a non-empty separator"));
    }
    let mut parts = ArrayWriter::new();
    for part in text.split(separator) {
        parts.push(part.into())?;
    }
    Ok(Some(parts.finish(frame)))
}
