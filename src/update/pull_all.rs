//! `$pullAll`: removes from an array all elements that equal one of a list of values.

use std::sync::Arc;

use super::comparison::Comparison;
use super::cull::cull;
use super::describe::abbreviated;
use super::operator::{Absent, Applying, At, Operand, Operator, Outcome, Slot};
use crate::bson::{Element, RawValue, RawValueBuf};
use crate::error::{Code, Error, Result};

#[derive(Debug)]
pub(super) struct PullAll {
    /// In comparison order.
    values: Vec<RawValueBuf>,
    comparison: Comparison,
}

impl PullAll {
    pub(super) fn compile(operand: &Operand<'_>) -> Result<Arc<dyn Operator>> {
        let RawValue::Array(values) = operand.value else {
            return Err(Error::query(
                Code::BAD_VALUE,
                format!(
                    "$pullAll requires an array argument but was given a {}: found {} at \"{}\"",
                    operand.value.type_name(),
                    abbreviated(operand.value),
                    operand.path
                ),
            ));
        };
        let comparison = Comparison::of(operand.context);
        let mut values: Vec<RawValueBuf> = values.iter().map(|(_, value)| value.into()).collect();
        values.sort_by(|a, b| comparison.compare(a.as_raw(), b.as_raw()));
        Ok(Arc::new(PullAll { values, comparison }))
    }
}

impl Operator for PullAll {
    fn change(
        &self,
        current: Option<Element<'_>>,
        slot: Slot<'_, '_>,
        at: &At<'_>,
    ) -> Result<Outcome> {
        cull("$pullAll", current, slot, at, &mut |element| {
            let element = element.value().unwrap_or(RawValue::Null);
            let compare = |value: &RawValueBuf| self.comparison.compare(value.as_raw(), element);
            Ok(self.values.binary_search_by(compare).is_ok())
        })
    }

    fn absent(&self, _applying: &Applying<'_>) -> Absent {
        Absent::Check
    }
}
