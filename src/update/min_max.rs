//! `$min` and `$max`: set a value if it is less, or greater, than the one there, in the comparison
//! order of all types; or where there was none.

use std::cmp::Ordering;
use std::sync::Arc;

use super::comparison::Comparison;
use super::operator::{At, Operand, Operator, Outcome, Slot};
use super::set::check_depth;
use crate::bson::{Element, RawValueBuf};
use crate::error::Result;

#[derive(Debug)]
pub(super) struct MinMax {
    value: RawValueBuf,
    /// How the value must compare with the one there to take its place.
    wins: Ordering,
    comparison: Comparison,
}

impl MinMax {
    pub(super) fn compile(operand: &Operand<'_>) -> Result<Arc<dyn Operator>> {
        check_depth(operand.path, 0, operand.value)?;
        Ok(Arc::new(MinMax {
            value: operand.value.into(),
            wins: match operand.operator {
                "$min" => Ordering::Less,
                _ => Ordering::Greater,
            },
            comparison: Comparison::of(operand.context),
        }))
    }
}

impl Operator for MinMax {
    fn change(
        &self,
        current: Option<Element<'_>>,
        slot: Slot<'_, '_>,
        _at: &At<'_>,
    ) -> Result<Outcome> {
        let value = self.value.as_raw();
        match current.and_then(Element::value) {
            Some(current) if self.comparison.compare(value, current) != self.wins => {
                Ok(Outcome::Kept)
            }
            _ => Ok(slot.write(value)),
        }
    }
}
