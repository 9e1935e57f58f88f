//! `$inc`: adds to a number, or sets it where there was none.

use std::sync::Arc;

use super::arithmetic::{self, Words};
use super::operator::{At, Operand, Operator, Outcome, Slot};
use crate::bson::Element;
use crate::bson::number::Number;
use crate::error::Result;

const WORDS: Words = Words {
    operator: "$inc",
    verb: "increment",
    doing: "adding",
};

#[derive(Debug)]
pub(super) struct Inc(Number);

impl Inc {
    pub(super) fn compile(operand: &Operand<'_>) -> Result<Arc<dyn Operator>> {
        let amount = arithmetic::number_given(&WORDS, operand)?;
        Ok(Arc::new(Inc(amount)))
    }
}

impl Operator for Inc {
    fn change(
        &self,
        current: Option<Element<'_>>,
        slot: Slot<'_, '_>,
        at: &At<'_>,
    ) -> Result<Outcome> {
        match current {
            None => Ok(slot.write(self.0.to_raw())),
            Some(current) => {
                arithmetic::change(&WORDS, self.0, current, slot, at, Number::checked_add)
            }
        }
    }
}
