//! `$pop`: removes an array's last element (1) or its first (-1).

use std::sync::Arc;

use super::describe::{abbreviated, describe};
use super::operator::{Absent, Applying, At, Operand, Operator, Outcome, Slot};
use crate::bson::{Element, RawValue};
use crate::error::{Code, Error, Result};

#[derive(Debug)]
pub(super) struct Pop {
    first: bool,
}

impl Pop {
    pub(super) fn compile(operand: &Operand<'_>) -> Result<Arc<dyn Operator>> {
        let first = match operand.value.as_integer() {
            Some(1) => false,
            Some(-1) => true,
            _ => {
                return Err(Error::query(
                    Code::FAILED_TO_PARSE,
                    format!(
                        "$pop expects 1 or -1, found: {} at \"{}\"",
                        abbreviated(operand.value),
                        operand.path
                    ),
                ));
            }
        };
        Ok(Arc::new(Pop { first }))
    }
}

impl Operator for Pop {
    fn change(
        &self,
        current: Option<Element<'_>>,
        slot: Slot<'_, '_>,
        at: &At<'_>,
    ) -> Result<Outcome> {
        let current = current.and_then(Element::value).unwrap_or(RawValue::Null);
        let RawValue::Array(array) = current else {
            return Err(Error::query(
                Code::TYPE_MISMATCH,
                format!(
                    "Path '{}' contains an element of non-array type '{}': $pop found {}",
                    at.path(),
                    current.type_name(),
                    describe(current)
                ),
            ));
        };
        if array.is_empty() {
            return Ok(Outcome::Kept);
        }
        let mut elements = array.elements().peekable();
        let mut builder = slot.array();
        if self.first {
            elements.next();
        }
        while let Some(element) = elements.next() {
            if self.first || elements.peek().is_some() {
                builder.push_element(element);
            }
        }
        Ok(Outcome::Written)
    }

    fn absent(&self, _applying: &Applying<'_>) -> Absent {
        Absent::Check
    }
}
