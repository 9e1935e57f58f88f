//! `$in`: sorted values for binary search, and patterns beside them.

use super::{Operand, Pattern};
use crate::bson::compare::compare_values_in;
use crate::bson::{Collation, RawValue};
use crate::query::regex::Verdict;

/// Values and patterns of which one must match.
#[derive(Clone, Debug)]
pub(crate) struct Alternatives {
    /// In comparison order, without repetition.
    values: Vec<Operand>,
    patterns: Vec<Pattern>,
    has_null: bool,
    collation: Option<Collation>,
}

impl Alternatives {
    pub(super) fn new(values: Vec<Operand>, patterns: Vec<Pattern>) -> Alternatives {
        let has_null = values
            .iter()
            .any(|value| matches!(value.value(), RawValue::Null));
        let mut alternatives = Alternatives {
            values,
            patterns,
            has_null,
            collation: None,
        };
        alternatives.sort();
        alternatives
    }

    pub(super) fn collate(&mut self, collation: &Collation) {
        self.collation = Some(collation.clone());
        self.sort();
    }

    fn sort(&mut self) {
        let collation = self.collation.as_ref();
        let compare = |a: &Operand, b: &Operand| compare_values_in(collation, a.value(), b.value());
        self.values.sort_by(compare);
        self.values.dedup_by(|a, b| compare(a, b).is_eq());
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
        let collation = self.collation.as_ref();
        let found = self
            .values
            .binary_search_by(|other| compare_values_in(collation, other.value(), value));
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
