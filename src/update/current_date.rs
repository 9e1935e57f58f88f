//! `$currentDate`: sets the operation's time, as a date or a timestamp. Once that is known it is a
//! `$set`.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::describe::abbreviated;
use super::operator::{Operand, Operator};
use super::set::Set;
use crate::bson::{RawDoc, RawValue};
use crate::error::{Code, Error, Result};

pub(super) fn compile(operand: &Operand<'_>) -> Result<Arc<dyn Operator>> {
    let now_ms = operand.context.now_ms();
    let is_date = match operand.value {
        RawValue::Boolean(_) => true,
        RawValue::Document(options) => is_date(options)?,
        other => {
            return Err(bad_value(format!(
                "{} is not valid type for $currentDate. Please use a boolean ('true') or a $type \
                 expression ({{$type: 'timestamp/date'}}): found {} at \"{}\"",
                other.type_name(),
                abbreviated(other),
                operand.path
            )));
        }
    };
    Ok(Set::to(match is_date {
        true => RawValue::DateTime(now_ms),
        false => next_timestamp(now_ms),
    }))
}

fn is_date(options: RawDoc<'_>) -> Result<bool> {
    let mut found = None;
    for (name, value) in options {
        if name != "$type" {
            return Err(bad_value(format!(
                "Unrecognized $currentDate option: {name}"
            )));
        }
        found = match value.as_str() {
            Some("date") => Some(true),
            Some("timestamp") => Some(false),
            _ => None,
        };
    }
    found.ok_or_else(|| {
        bad_value(format!(
            "The '$type' string field is required to be 'date' or 'timestamp': {{$currentDate: \
             {{field : {{$type: 'date'}}}}}}, found {}",
            abbreviated(RawValue::Document(options))
        ))
    })
}

/// A timestamp that this process gives only once: its increment counts on within a second.
fn next_timestamp(now_ms: i64) -> RawValue<'static> {
    static LAST: AtomicU64 = AtomicU64::new(0);
    let seconds = u32::try_from(now_ms / 1000).unwrap_or(0);
    let earliest = u64::from(seconds) << 32 | 1;
    let next = |last: u64| Some(earliest.max(last + 1));
    let last = LAST.fetch_update(Ordering::Relaxed, Ordering::Relaxed, next);
    let bits = earliest.max(last.unwrap_or(0) + 1);
    RawValue::Timestamp {
        time: (bits >> 32) as u32,
        increment: bits as u32,
    }
}

fn bad_value(message: String) -> Error {
    Error::query(Code::BAD_VALUE, message)
}
