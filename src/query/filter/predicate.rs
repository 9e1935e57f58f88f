//! Predicates on one value: equality, order, membership, pattern, existence.
//!
//! Order compares only within a type: `{ $lt: 5 }` selects numbers, never strings. The exceptions
//! are MinKey and MaxKey, which compare with everything. NaN equals NaN and has no other order.
//! A missing field equals null; null does not equal undefined (MongoDB 8).

use std::cmp::Ordering;

use super::{Alternatives, BitTest, ElemMatch, Modulo, Pattern, TypeSet, may_hold_strings};
use crate::bson::compare::{canonical_type, compare_values_in};
use crate::bson::{Collation, RawValue, RawValueBuf};
use crate::query::regex::Verdict;

/// What a filter asks of a value.
#[derive(Clone, Debug)]
pub(crate) enum Predicate {
    Equal(Operand),
    Order(Comparison, Operand),
    In(Alternatives),
    Regex(Pattern),
    Exists,
    Type(TypeSet),
    Size(u32),
    Modulo(Modulo),
    Bits(BitTest),
    ElemMatch(Box<ElemMatch>),
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
    /// Set where it makes a difference.
    collation: Option<Collation>,
}

impl Operand {
    pub(super) fn new(value: RawValue<'_>) -> Operand {
        Operand {
            value: value.into(),
            canonical_type: canonical_type(value),
            is_nan: is_nan(value),
            collation: None,
        }
    }

    pub(super) fn collate(&mut self, collation: &Collation) {
        if may_hold_strings(self.value()) {
            self.collation = Some(collation.clone());
        }
    }

    #[inline]
    fn compare(&self, value: RawValue<'_>) -> Ordering {
        compare_values_in(self.collation.as_ref(), value, self.value())
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
            Some(value) => self.compare(value) == Ordering::Equal,
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
        !matches!(
            self,
            Predicate::Exists | Predicate::Size(_) | Predicate::ElemMatch(_)
        )
    }

    /// Whether the predicate holds for a value, or for its absence. Fails only where a regular
    /// expression backtracks too long.
    #[inline]
    pub(super) fn test(&self, value: Option<RawValue<'_>>) -> Verdict {
        Ok(match self {
            Predicate::Equal(operand) => operand.equals(value),
            Predicate::Order(comparison, operand) => test_order(*comparison, operand, value),
            _ => return self.test_other(value),
        })
    }

    /// Apart, so that the commonest two stay small where they are inlined.
    fn test_other(&self, value: Option<RawValue<'_>>) -> Verdict {
        Ok(match self {
            Predicate::Equal(_) | Predicate::Order(..) => return self.test(value),
            Predicate::In(alternatives) => return alternatives.test(value),
            Predicate::Regex(pattern) => {
                return value.map_or(Ok(false), |value| pattern.matches(value));
            }
            Predicate::Exists => value.is_some(),
            Predicate::Type(types) => {
                value.is_some_and(|value| types.contains(value.element_type()))
            }
            Predicate::Size(size) => {
                let array = value.and_then(|value| value.as_array());
                array.is_some_and(|array| array.elements().count() == *size as usize)
            }
            Predicate::Modulo(modulo) => value.is_some_and(|value| modulo.matches(value)),
            Predicate::Bits(bits) => value.is_some_and(|value| bits.matches(value)),
            Predicate::ElemMatch(conditions) => return conditions.matches(value),
        })
    }

    /// Its regular expressions.
    pub(super) fn patterns<'p>(&'p self, visit: &mut dyn FnMut(&'p Pattern)) {
        match self {
            Predicate::Regex(pattern) => visit(pattern),
            Predicate::In(alternatives) => alternatives.patterns().iter().for_each(visit),
            Predicate::ElemMatch(conditions) => conditions.conditions().patterns(visit),
            _ => {}
        }
    }

    /// Whether an absent field satisfies it, and so a document without an index key of its own.
    pub(crate) fn matches_missing(&self) -> bool {
        match self {
            Predicate::Equal(operand) => operand.equals(None),
            Predicate::Order(comparison, operand) => test_order(*comparison, operand, None),
            Predicate::In(alternatives) => alternatives.has_null(),
            _ => false,
        }
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
    let order = operand.compare(value);
    match comparison {
        Comparison::Less => order == Ordering::Less,
        Comparison::LessOrEqual => order != Ordering::Greater,
        Comparison::Greater => order == Ordering::Greater,
        Comparison::GreaterOrEqual => order != Ordering::Less,
    }
}
