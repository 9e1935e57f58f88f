//! `$in`: sorted values for binary search, and patterns beside them.

use super::{Operand, Pattern};
use crate::bson::RawValue;
use crate::bson::compare::compare_values;

/// Values and patterns of which one must match.
#[derive(Clone, Debug)]
pub(crate) struct Alternatives {
    /// In comparison order, without repetition.
    values: Vec<Operand>,
    patterns: Vec<Pattern>,
    has_null: bool,
}

impl Alternatives {
    pub(super) fn new(mut values: Vec<Operand>, patterns: Vec<Pattern>) -> Alternatives {
        values.sort_by(|a, b| compare_values(a.value(), b.value()));
        values.dedup_by(|a, b| compare_values(a.value(), b.value()).is_eq());
        let has_null = values
            .iter()
            .any(|value| matches!(value.value(), RawValue::Null));
        Alternatives {
            values,
            patterns,
            has_null,
        }
    }

    pub(crate) fn values(&self) -> &[Operand] {
        &self.values
    }

    pub(crate) fn patterns(&self) -> &[Pattern] {
        &self.patterns
    }

    pub(super) fn test(&self, value: Option<RawValue<'_>>) -> bool {
        let Some(value) = value else {
            return self.has_null;
        };
        let found = self
            .values
            .binary_search_by(|other| compare_values(other.value(), value));
        found.is_ok() || self.patterns.iter().any(|pattern| pattern.matches(value))
    }
}
