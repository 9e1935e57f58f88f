//! `$elemMatch`: arrays with one element that meets all conditions
//! ([manual](https://www.mongodb.com/docs/manual/reference/operator/query/elemMatch/)).
//!
//! Only an array can match, and it is not looked into any deeper: the conditions are about its own
//! elements. Operators as the operand are about an element as a value; anything else is a filter on
//! the elements that are documents. An array as an element is, to that filter, a document whose
//! fields are its positions. Nothing in it computes, so that only regular expressions can fail.

use super::Conjunction;
use crate::bson::{RawDoc, RawValue};
use crate::query::regex::{GaveUp, Verdict};

/// What one element must meet.
#[derive(Clone, Debug)]
pub(crate) enum ElemMatch {
    /// `{ $elemMatch: { $gt: 1, $lt: 5 } }`. The paths of the tests are empty.
    Value(Conjunction),
    /// `{ $elemMatch: { a: 1, b: { $gt: 2 } } }`.
    Document(Conjunction),
}

impl ElemMatch {
    pub(super) fn matches(&self, value: Option<RawValue<'_>>) -> Verdict {
        let Some(RawValue::Array(array)) = value else {
            return Ok(false);
        };
        Ok(self.position(array)?.is_some())
    }

    pub(crate) fn conditions(&self) -> &Conjunction {
        let (ElemMatch::Value(conditions) | ElemMatch::Document(conditions)) = self;
        conditions
    }

    /// The position of the first element that meets the conditions.
    pub(crate) fn position(&self, array: RawDoc<'_>) -> Result<Option<u32>, GaveUp> {
        for (position, (_, element)) in (0..).zip(array) {
            if self.element_matches(element)? {
                return Ok(Some(position));
            }
        }
        Ok(None)
    }

    fn element_matches(&self, element: RawValue<'_>) -> Verdict {
        match (self, element) {
            (ElemMatch::Value(conditions), _) => conditions.value_matches(element),
            (
                ElemMatch::Document(filter),
                RawValue::Document(document) | RawValue::Array(document),
            ) => filter.matches(document).map_err(|_| GaveUp),
            _ => Ok(false),
        }
    }
}
