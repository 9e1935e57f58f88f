//! `$addToSet`: appends to an array the values that it does not have
//! ([manual](https://www.mongodb.com/docs/manual/reference/operator/update/addToSet/)).
//!
//! Values are the same if they compare equal: `1` and `1.0` are, documents only if their fields come
//! in the same order.

use std::sync::Arc;

use super::comparison::Comparison;
use super::describe::{abbreviated, describe};
use super::marks::Marks;
use super::operator::{At, Operand, Operator, Outcome, Slot};
use super::set::check_depth;
use crate::bson::{Element, RawValue, RawValueBuf};
use crate::error::{Code, Error, Result};

#[derive(Debug)]
pub(super) struct AddToSet {
    /// Without repetition.
    values: Vec<RawValueBuf>,
    comparison: Comparison,
}

impl AddToSet {
    pub(super) fn compile(operand: &Operand<'_>) -> Result<Arc<dyn Operator>> {
        let comparison = Comparison::of(operand.context);
        let mut values: Vec<RawValueBuf> = Vec::new();
        for value in given(operand)? {
            check_depth(operand.path, 1, value)?;
            let same = |other: &RawValueBuf| comparison.equal(other.as_raw(), value);
            if !values.iter().any(same) {
                values.push(value.into());
            }
        }
        Ok(Arc::new(AddToSet { values, comparison }))
    }
}

/// The value, or those of `$each`.
fn given<'a>(operand: &Operand<'a>) -> Result<Vec<RawValue<'a>>> {
    let RawValue::Document(modifiers) = operand.value else {
        return Ok(vec![operand.value]);
    };
    let mut fields = modifiers.iter();
    match fields.next() {
        Some((name, each)) if name == "$each" => {
            let RawValue::Array(values) = each else {
                return Err(Error::query(
                    Code::TYPE_MISMATCH,
                    format!(
                        "The argument to $each in $addToSet must be an array but it was of type \
                         {}: found {} at \"{}\"",
                        each.type_name(),
                        abbreviated(each),
                        operand.path
                    ),
                ));
            };
            if fields.next().is_some() {
                return Err(Error::query(
                    Code::BAD_VALUE,
                    format!(
                        "Found unexpected fields after $each in $addToSet: {}",
                        abbreviated(operand.value)
                    ),
                ));
            }
            Ok(values.iter().map(|(_, value)| value).collect())
        }
        _ => Ok(vec![operand.value]),
    }
}

impl Operator for AddToSet {
    fn change(
        &self,
        current: Option<Element<'_>>,
        slot: Slot<'_, '_>,
        at: &At<'_>,
    ) -> Result<Outcome> {
        let mut there = Marks::new(self.values.len());
        let array = match current.and_then(Element::value) {
            None => None,
            Some(RawValue::Array(array)) => Some(array),
            Some(other) => {
                return Err(Error::query(
                    Code::BAD_VALUE,
                    format!(
                        "Cannot apply $addToSet to non-array field. Field named '{}' has non-array \
                         type {}: found {} at \"{}\"",
                        at.name,
                        other.type_name(),
                        describe(other),
                        at.path()
                    ),
                ));
            }
        };
        for (_, element) in array.into_iter().flatten() {
            for (place, value) in self.values.iter().enumerate() {
                if !there.contains(place) && self.comparison.equal(element, value.as_raw()) {
                    there.insert(place);
                }
            }
            if there.is_full() {
                break;
            }
        }
        if array.is_some() && there.is_full() {
            return Ok(Outcome::Kept);
        }
        let mut builder = slot.array();
        if let Some(array) = array {
            builder.extend_array(array);
        }
        for (place, value) in self.values.iter().enumerate() {
            if !there.contains(place) {
                builder.push(value.as_raw());
            }
        }
        Ok(Outcome::Written)
    }
}
