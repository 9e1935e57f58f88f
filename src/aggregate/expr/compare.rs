//! `$cmp` and the comparisons, over values of all types in MongoDB's order. Missing compares
//! as undefined does: above MinKey, below null.

use std::cmp::Ordering;

use super::{Computed, Entry};
use crate::bson::RawValue;
use crate::bson::compare::compare_values;
use crate::error::Result;

pub(super) const OPERATORS: &[Entry] = &[
    Entry::fixed("$cmp", 2, |_, values, _| {
        Ok(Some(RawValue::Int32(compare(values[0], values[1]) as i32)))
    }),
    Entry::fixed("$eq", 2, |_, values, _| answer(values, Ordering::is_eq)),
    Entry::fixed("$ne", 2, |_, values, _| answer(values, Ordering::is_ne)),
    Entry::fixed("$gt", 2, |_, values, _| answer(values, Ordering::is_gt)),
    Entry::fixed("$gte", 2, |_, values, _| answer(values, Ordering::is_ge)),
    Entry::fixed("$lt", 2, |_, values, _| answer(values, Ordering::is_lt)),
    Entry::fixed("$lte", 2, |_, values, _| answer(values, Ordering::is_le)),
];

fn answer<'a>(values: &[Computed<'a>], holds: fn(Ordering) -> bool) -> Result<Computed<'a>> {
    Ok(Some(RawValue::Boolean(holds(compare(
        values[0], values[1],
    )))))
}

/// Compares two values, either of which may be missing.
pub(crate) fn compare(a: Computed<'_>, b: Computed<'_>) -> Ordering {
    compare_values(
        a.unwrap_or(RawValue::Undefined),
        b.unwrap_or(RawValue::Undefined),
    )
}
