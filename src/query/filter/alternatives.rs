//! `$in`: sorted values for binary search, and patterns beside them.

use super::{Operand, Pattern};
use crate::bson::RawValue;
use crate::bson::compare::compare_values;
use crate::query::regex::Verdict;

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

    /// Whether an absent field is among them.
    pub(super) fn has_null(&self) -> bool {
        self.has_null
    }

    pub(super) fn test(&self, value: Option<RawValue<'_>>) -> Verdict {
        let Some(value) = value else {
            return Ok(self.has_null);
        };
        let found = self
            .values
            .binary_search_by(|other| compare_values(other.value(), value));
        if found.is_ok() {
            return Ok(true);
        }
        for pattern in &self.patterns {
            if pattern.matches(value)? {
                return Ok(true);
            }
        }
        Ok(false)
    }
}
