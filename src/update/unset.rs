//! `$unset`: removes a field. In an array it leaves null, so that the other elements keep their
//! positions; that is for the array to do, see `apply`.

use std::sync::Arc;

use super::operator::{Absent, Applying, At, Operand, Operator, Outcome, Slot};
use crate::bson::Element;
use crate::error::Result;

#[derive(Debug)]
pub(super) struct Unset;

impl Unset {
    pub(super) fn compile(_operand: &Operand<'_>) -> Result<Arc<dyn Operator>> {
        Ok(Arc::new(Unset))
    }
}

impl Operator for Unset {
    fn change(
        &self,
        _current: Option<Element<'_>>,
        _slot: Slot<'_, '_>,
        _at: &At<'_>,
    ) -> Result<Outcome> {
        Ok(Outcome::Removed)
    }

    fn absent(&self, _applying: &Applying<'_>) -> Absent {
        Absent::Ignore
    }
}
