//! Predicates on one value: equality, order, membership, pattern, existence.
//!
//! Order compares only within a type: `{ $lt: 5 }` selects numbers, never strings. The exceptions
//! are MinKey and MaxKey, which compare with everything. NaN equals NaN and has no other order.
//! A missing field equals null; null does not equal undefined (MongoDB 8).

use std::cmp::Ordering;

use super::{Alternatives, Pattern};
use crate::bson::compare::{canonical_type, compare_values};
use crate::bson::{RawValue, RawValueBuf};

/// What a filter asks of a value.
#[derive(Clone, Debug)]
pub(crate) enum Predicate {
    Equal(Operand),
    Order(Comparison, Operand),
    In(Alternatives),
    Regex(Pattern),
    Exists,
}

/// The order operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Comparison {
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Comparison {
    /// Whether equal values satisfy it.
    pub(crate) fn is_inclusive(self) -> bool {
        matches!(self, Comparison::LessOrEqual | Comparison::GreaterOrEqual)
    }

    /// Whether it selects what is above its operand.
    pub(crate) fn is_lower_bound(self) -> bool {
        matches!(self, Comparison::Greater | Comparison::GreaterOrEqual)
    }
}

/// The value that a predicate compares with.
#[derive(Clone, Debug)]
pub(crate) struct Operand {
    value: RawValueBuf,
    canonical_type: u8,
    is_nan: bool,
}

impl Operand {
    pub(super) fn new(value: RawValue<'_>) -> Operand {
        Operand {
            value: value.into(),
            canonical_type: canonical_type(value),
            is_nan: is_nan(value),
        }
    }

    #[inline]
    pub(crate) fn value(&self) -> RawValue<'_> {
        self.value.as_raw()
    }

    pub(crate) fn is_nan(&self) -> bool {
        self.is_nan
    }

    #[inline]
    fn equals(&self, value: Option<RawValue<'_>>) -> bool {
        match value {
            Some(value) => compare_values(value, self.value()) == Ordering::Equal,
            None => matches!(self.value(), RawValue::Null),
        }
    }
}

/// Whether a number is not one.
pub(super) fn is_nan(value: RawValue<'_>) -> bool {
    match value {
        RawValue::Double(value) => value.is_nan(),
        RawValue::Decimal128(value) => value.is_nan(),
        _ => false,
    }
}

impl Predicate {
    /// Whether an array at the end of the path is looked into.
    #[inline]
    pub(super) fn expands_arrays(&self) -> bool {
        !matches!(self, Predicate::Exists)
    }

    /// Whether the predicate holds for a value, or for its absence.
    #[inline]
    pub(super) fn test(&self, value: Option<RawValue<'_>>) -> bool {
        match self {
            Predicate::Equal(operand) => operand.equals(value),
            Predicate::Order(comparison, operand) => test_order(*comparison, operand, value),
            Predicate::In(alternatives) => alternatives.test(value),
            Predicate::Regex(pattern) => value.is_some_and(|value| pattern.matches(value)),
            Predicate::Exists => value.is_some(),
        }
    }

    /// Whether an absent field satisfies it, and so a document without an index key of its own.
    pub(crate) fn matches_missing(&self) -> bool {
        self.test(None)
    }
}

#[inline]
fn test_order(comparison: Comparison, operand: &Operand, value: Option<RawValue<'_>>) -> bool {
    let same_type = value.filter(|value| canonical_type(*value) == operand.canonical_type);
    let Some(value) = same_type else {
        return match operand.value() {
            RawValue::Null => value.is_none() && comparison.is_inclusive(),
            RawValue::MinKey => comparison.is_lower_bound(),
            RawValue::MaxKey => !comparison.is_lower_bound(),
            _ => false,
        };
    };
    if operand.is_nan || is_nan(value) {
        return operand.is_nan && is_nan(value) && comparison.is_inclusive();
    }
    let order = compare_values(value, operand.value());
    match comparison {
        Comparison::Less => order == Ordering::Less,
        Comparison::LessOrEqual => order != Ordering::Greater,
        Comparison::Greater => order == Ordering::Greater,
        Comparison::GreaterOrEqual => order != Ordering::Less,
    }
}
