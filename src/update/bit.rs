//! `$bit`: `and`, `or`, `xor` with an integer; where there was none, with zero.

use std::sync::Arc;

use super::describe::{abbreviated, describe};
use super::operator::{At, Operand, Operator, Outcome, Slot};
use crate::bson::{Element, RawValue};
use crate::error::{Code, Error, Result};

#[derive(Debug)]
pub(super) struct Bit(Vec<Step>);

/// One operation; the bits of an int are extended to those of a long.
#[derive(Debug)]
struct Step {
    operation: fn(i64, i64) -> i64,
    bits: i64,
    is_long: bool,
}

impl Bit {
    pub(super) fn compile(operand: &Operand<'_>) -> Result<Arc<dyn Operator>> {
        let RawValue::Document(operations) = operand.value else {
            return Err(bad_value(format!(
                "The $bit modifier is not compatible with a {}. You must pass in an embedded \
                 document: {{$bit: {{field: {{and/or/xor: #}}}}}}, found {} at \"{}\"",
                operand.value.type_name(),
                abbreviated(operand.value),
                operand.path
            )));
        };
        let steps = operations
            .iter()
            .map(|(name, bits)| step(name.as_str(), bits));
        let steps = steps.collect::<Result<Vec<_>>>()?;
        if steps.is_empty() {
            return Err(bad_value(format!(
                "You must pass in at least one bitwise operation at \"{}\". The format is: {{$bit: \
                 {{field: {{and/or/xor: #}}}}}}",
                operand.path
            )));
        }
        Ok(Arc::new(Bit(steps)))
    }

    /// The result, and whether it is a long.
    fn compute(&self, bits: i64, is_long: bool) -> (i64, bool) {
        let step = |(bits, is_long): (i64, bool), step: &Step| {
            ((step.operation)(bits, step.bits), is_long || step.is_long)
        };
        self.0.iter().fold((bits, is_long), step)
    }
}

fn step(name: &str, operand: RawValue<'_>) -> Result<Step> {
    let operation: fn(i64, i64) -> i64 = match name {
        "and" => |a, b| a & b,
        "or" => |a, b| a | b,
        "xor" => |a, b| a ^ b,
        _ => {
            return Err(bad_value(format!(
                "The $bit modifier only supports 'and', 'or', and 'xor', not '{name}' which is an \
                 unknown operator: {{{name}: {}}}",
                abbreviated(operand)
            )));
        }
    };
    let (bits, is_long) = match operand {
        RawValue::Int32(bits) => (bits.into(), false),
        RawValue::Int64(bits) => (bits, true),
        _ => {
            return Err(bad_value(format!(
                "The $bit modifier field must be an Integer(32/64 bit); a '{}' is not supported \
                 here: {{{name}: {}}}",
                operand.type_name(),
                abbreviated(operand)
            )));
        }
    };
    Ok(Step {
        operation,
        bits,
        is_long,
    })
}

impl Operator for Bit {
    fn change(
        &self,
        current: Option<Element<'_>>,
        slot: Slot<'_, '_>,
        at: &At<'_>,
    ) -> Result<Outcome> {
        let current = current.and_then(Element::value);
        let (bits, is_long) = match current {
            None => (0, false),
            Some(RawValue::Int32(bits)) => (bits.into(), false),
            Some(RawValue::Int64(bits)) => (bits, true),
            Some(other) => {
                return Err(bad_value(format!(
                    "Cannot apply $bit to a value of non-integral type. {{{}}} has the field \
                     \"{}\" of non-integer type {}: found {}",
                    at.document_id(),
                    at.path(),
                    other.type_name(),
                    describe(other)
                )));
            }
        };
        let result = self.compute(bits, is_long);
        if current.is_some() && result == (bits, is_long) {
            return Ok(Outcome::Kept);
        }
        Ok(slot.write(match result {
            (bits, true) => RawValue::Int64(bits),
            (bits, false) => RawValue::Int32(bits as i32),
        }))
    }
}

fn bad_value(message: String) -> Error {
    Error::query(Code::BAD_VALUE, message)
}
