//! `$pull`: removes from an array the elements that equal a value or match a condition
//! ([manual](https://www.mongodb.com/docs/manual/reference/operator/update/pull/)).
//!
//! A document without operators is a filter for elements that are documents; one with operators, or
//! a regular expression, is a condition on the element itself; anything else must be equal to it, an
//! array in the same order.

use std::sync::Arc;

use super::comparison::Comparison;
use super::cull::cull;
use super::operator::{Absent, Applying, At, Operand, Operator, Outcome, Slot};
use crate::bson::{Builder, Element, RawDoc, RawValue, RawValueBuf};
use crate::error::Result;
use crate::query::Filter;

#[derive(Debug)]
pub(super) enum Pull {
    Fields(Filter),
    /// The element is the field "" of the document that the filter sees.
    Condition(Filter),
    Equal(RawValueBuf, Comparison),
}

impl Pull {
    pub(super) fn compile(operand: &Operand<'_>) -> Result<Arc<dyn Operator>> {
        let context = operand.context;
        let pull = match operand.value {
            RawValue::Document(fields) if !starts_with_operator(fields) => {
                Pull::Fields(Filter::compile(fields, context)?)
            }
            condition @ (RawValue::Document(_) | RawValue::Regex { .. }) => {
                let mut filter = Vec::new();
                Builder::new(&mut filter).append("", condition);
                Pull::Condition(Filter::compile(RawDoc::trusted(&filter), context)?)
            }
            value => Pull::Equal(value.into(), Comparison::of(context)),
        };
        Ok(Arc::new(pull))
    }

    fn removes(&self, element: Element<'_>, at: &At<'_>) -> Result<bool> {
        match self {
            Pull::Fields(filter) => match element.value() {
                Some(RawValue::Document(document)) => filter.matches(document),
                _ => Ok(false),
            },
            Pull::Condition(filter) => {
                let mut document = at.applying.scratch.take();
                document.clear();
                Builder::new(&mut document).append_renamed("", element);
                let matches = filter.matches(RawDoc::trusted(&document));
                at.applying.scratch.set(document);
                matches
            }
            Pull::Equal(value, comparison) => {
                let equal = |element| comparison.equal(element, value.as_raw());
                Ok(element.value().is_some_and(equal))
            }
        }
    }
}

/// Whether a document's first field is an operator on a value, so not `$and` and its like.
fn starts_with_operator(document: RawDoc<'_>) -> bool {
    let first = document.elements().next();
    first.is_some_and(|first| {
        let name = first.key().as_str();
        name.starts_with('$')
            && ![
                "$and",
                "$or",
                "$nor",
                "$expr",
                "$where",
                "$text",
                "$comment",
                "$jsonSchema",
                "$ref",
                "$id",
                "$db",
                "$not",
                "$sampleRate",
            ]
            .contains(&name)
    })
}

impl Operator for Pull {
    fn change(
        &self,
        current: Option<Element<'_>>,
        slot: Slot<'_, '_>,
        at: &At<'_>,
    ) -> Result<Outcome> {
        cull("$pull", current, slot, at, &mut |element| {
            self.removes(element, at)
        })
    }

    fn absent(&self, _applying: &Applying<'_>) -> Absent {
        Absent::Check
    }
}
