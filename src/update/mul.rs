//! `$mul`: multiplies a number. Where there was none it sets zero, of the operand's type.

use std::sync::Arc;

use super::arithmetic::{self, Words};
use super::operator::{At, Operand, Operator, Outcome, Slot};
use crate::bson::Element;
use crate::bson::number::Number;
use crate::error::Result;

const WORDS: Words = Words {
    operator: "$mul",
    verb: "multiply",
    doing: "multiplying by",
};

#[derive(Debug)]
pub(super) struct Mul(Number);

impl Mul {
    pub(super) fn compile(operand: &Operand<'_>) -> Result<Arc<dyn Operator>> {
        let factor = arithmetic::number_given(&WORDS, operand)?;
        Ok(Arc::new(Mul(factor)))
    }
}

impl Operator for Mul {
    fn change(
        &self,
        current: Option<Element<'_>>,
        slot: Slot<'_, '_>,
        at: &At<'_>,
    ) -> Result<Outcome> {
        match current {
            None => {
                let zero = self.0.checked_mul(Number::Int32(0));
                Ok(slot.write(zero.unwrap_or(Number::Int64(0)).to_raw()))
            }
            Some(current) => {
                arithmetic::change(&WORDS, self.0, current, slot, at, Number::checked_mul)
            }
        }
    }
}
