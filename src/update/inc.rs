//! `$inc`: adds to a number, or sets it where there was none.
//!
//! The sum has the wider of the two types. An int that overflows becomes a long; a long that
//! overflows is an error, never a wrapped number.

use super::operator::Change;
use crate::bson::number::Number;
use crate::bson::{Element, Path, RawValue};
use crate::error::{Code, Error, Result};
use crate::query::explain::shell_text;

#[derive(Clone, Debug)]
pub(super) struct Inc {
    path: Path,
    amount: Number,
}

impl Inc {
    pub(super) fn compile(path: &Path, operand: RawValue<'_>) -> Result<Inc> {
        let Some(amount) = Number::from_raw(operand) else {
            return Err(Error::query(
                Code::TYPE_MISMATCH,
                format!(
                    "Cannot increment with non-numeric argument: $inc of \"{path}\" needs a \
                     number, found {}",
                    super::apply::describe(operand)
                ),
            ));
        };
        Ok(Inc {
            path: path.clone(),
            amount,
        })
    }

    pub(super) fn change(&self, current: Option<Element<'_>>) -> Result<Change<'static>> {
        let Some(current) = current.and_then(Element::value) else {
            return Ok(Change::Write(self.amount.to_raw()));
        };
        let Some(number) = Number::from_raw(current) else {
            return Err(Error::query(
                Code::TYPE_MISMATCH,
                format!(
                    "$inc needs a number at \"{}\", found {} (Cannot apply $inc to a value of \
                     non-numeric type)",
                    self.path,
                    super::apply::describe(current)
                ),
            ));
        };
        let Some(sum) = number.checked_add(self.amount) else {
            return Err(Error::query(
                Code::BAD_VALUE,
                format!(
                    "Failed to apply $inc operations to current value {} at \"{}\": adding {} \
                     overflows a 64-bit integer",
                    shell_text(current),
                    self.path,
                    shell_text(self.amount.to_raw())
                ),
            ));
        };
        let sum = sum.to_raw();
        let same = sum == current && sum.element_type() == current.element_type();
        Ok(if same {
            Change::Keep
        } else {
            Change::Write(sum)
        })
    }
}
