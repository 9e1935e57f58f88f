//! `min` and `max` of find: bounds on an index's keys that no filter could set
//! ([min](https://www.mongodb.com/docs/manual/reference/method/cursor.min/),
//! [max](https://www.mongodb.com/docs/manual/reference/method/cursor.max/)).
//!
//! They name the fields of the index that is hinted at, each with a value. Keys from `min` on and below `max` are gone
//! through, whatever the filter says; it is checked as ever.

use super::bounds::Interval;
use super::explain::shell_text;
use super::filter::may_hold_strings;
use crate::bson::{Collation, RawDoc, RawValue};
use crate::error::{Code, Error, Result};
use crate::index::{IndexSpec, key};

/// The two bounds, at least one of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyRange {
    min: Option<Vec<u8>>,
    max: Option<Vec<u8>>,
}

impl KeyRange {
    /// None if neither says anything. Refused are two with different fields.
    pub fn new(min: Option<&[u8]>, max: Option<&[u8]>) -> Result<Option<KeyRange>> {
        let given = |bound: &[u8]| {
            let bound = RawDoc::trusted(bound);
            (!bound.is_empty()).then(|| bound.as_bytes().to_vec())
        };
        let (min, max) = (min.and_then(given), max.and_then(given));
        if let (Some(min), Some(max)) = (&min, &max) {
            let names = |bound| RawDoc::trusted(bound).iter().map(|(name, _)| name);
            if !names(min).eq(names(max)) {
                let message = "min and max must have the same field names";
                return Err(Error::query(Code(51176), message));
            }
        }
        let is_given = min.is_some() || max.is_some();
        Ok(is_given.then_some(KeyRange { min, max }))
    }

    /// The keys of an index, which are cut at `limit`, for an operation with this collation.
    pub(super) fn interval(
        &self,
        spec: &IndexSpec,
        collation: Option<&Collation>,
        limit: usize,
    ) -> Result<Interval> {
        let mut interval = Interval::everything();
        if let Some(min) = &self.min {
            interval.low = bound(min, spec, collation, limit)?;
        }
        if let Some(max) = &self.max {
            interval.high = bound(max, spec, collation, limit)?;
        }
        if interval.low < interval.high {
            return Ok(interval);
        }
        let message = "The value provided for min() does not come before the value provided for \
                       max() in the hinted index";
        Err(planner_error(Code(51175), message))
    }

    /// The range of the index's first field as explain shows it.
    pub(super) fn label(&self, spec: &IndexSpec) -> String {
        let descending = spec.fields.first().is_some_and(|field| field.descending);
        let first = |bound: &Option<Vec<u8>>| {
            let (_, value) = RawDoc::trusted(bound.as_deref()?).iter().next()?;
            Some(shell_text(value))
        };
        let ends = match descending {
            false => ["MinKey", "MaxKey"],
            true => ["MaxKey", "MinKey"],
        };
        let low = first(&self.min).unwrap_or_else(|| ends[0].to_string());
        match first(&self.max) {
            // Of several fields the last is open, the others are not.
            Some(high) if spec.fields.len() == 1 => format!("[{low}, {high})"),
            Some(high) => format!("[{low}, {high}]"),
            None => format!("[{low}, {}]", ends[1]),
        }
    }
}

/// What the planner refuses, in the server's words.
pub(super) fn planner_error(code: Code, message: &str) -> Error {
    let message =
        format!("error processing query: planner returned error :: caused by :: {message}");
    Error::query(code, message)
}

/// The key that a bound stands for.
fn bound(
    bound: &[u8],
    spec: &IndexSpec,
    collation: Option<&Collation>,
    limit: usize,
) -> Result<Vec<u8>> {
    let bound = RawDoc::trusted(bound);
    let same_collation = collation == spec.collation.as_ref();
    let fits = |(name, value): (crate::bson::Text<'_>, RawValue<'_>), path: &str| {
        name.as_str() == path && (same_collation || !may_hold_strings(value))
    };
    let mut values = bound.iter();
    let mut paths = spec.fields.iter().map(|field| field.path.as_str());
    let is_compatible = paths.all(|path| values.next().is_some_and(|value| fits(value, path)));
    if !is_compatible || values.next().is_some() {
        let message = "The index chosen is not compatible with min/max";
        return Err(planner_error(Code(51174), message));
    }
    let mut out = Vec::new();
    for ((_, value), field) in bound.iter().zip(&spec.fields) {
        key::encode_value(&mut out, value, field.descending, spec.collation.as_ref());
    }
    // What is cut has a hash behind it, which is in no order.
    if out.len() > key::comparable_prefix(&out, limit).len() {
        let message = format!(
            "a bound of min/max is too long: its key has {} bytes, of at most {}",
            out.len(),
            key::comparable_prefix(&out, limit).len()
        );
        return Err(Error::query(Code::BAD_VALUE, message));
    }
    Ok(out)
}
