//! `$cmp` and the comparisons, over values of all types in MongoDB's order, strings by the operation's collation.
//! Missing compares as undefined does: above MinKey, below null.

use std::cmp::Ordering;

use super::{Computed, Entry, Frame};
use crate::bson::RawValue;
use crate::error::Result;

pub(super) const OPERATORS: &[Entry] = &[
    Entry::fixed("$cmp", 2, |_, values, frame| {
        let order = compare(values[0], values[1], frame);
        Ok(Some(RawValue::Int32(order as i32)))
    }),
    Entry::fixed("$eq", 2, |_, values, frame| {
        answer(values, frame, Ordering::is_eq)
    }),
    Entry::fixed("$ne", 2, |_, values, frame| {
        answer(values, frame, Ordering::is_ne)
    }),
    Entry::fixed("$gt", 2, |_, values, frame| {
        answer(values, frame, Ordering::is_gt)
    }),
    Entry::fixed("$gte", 2, |_, values, frame| {
        answer(values, frame, Ordering::is_ge)
    }),
    Entry::fixed("$lt", 2, |_, values, frame| {
        answer(values, frame, Ordering::is_lt)
    }),
    Entry::fixed("$lte", 2, |_, values, frame| {
        answer(values, frame, Ordering::is_le)
    }),
];

fn answer<'a>(
    values: &[Computed<'a>],
    frame: Frame<'a>,
    holds: fn(Ordering) -> bool,
) -> Result<Computed<'a>> {
    let order = compare(values[0], values[1], frame);
    Ok(Some(RawValue::Boolean(holds(order))))
}

/// Compares two values, either of which may be missing.
pub(crate) fn compare(a: Computed<'_>, b: Computed<'_>, frame: Frame<'_>) -> Ordering {
    frame.compare(
        a.unwrap_or(RawValue::Undefined),
        b.unwrap_or(RawValue::Undefined),
    )
}
