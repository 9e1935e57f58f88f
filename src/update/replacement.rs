//! Replacing a whole document: everything changes but its `_id`.

use super::describe::abbreviated;
use super::path::{dollar_prefixed, is_dollar_prefixed};
use super::upsert::write_with_id;
use super::{Applied, check_size};
use crate::bson::compare::values_equal;
use crate::bson::{RawDoc, RawValue};
use crate::error::{Code, Error, Result};
use crate::query::Filter;

/// A document for the place of another.
#[derive(Clone, Debug)]
pub struct Replacement(Box<[u8]>);

impl Replacement {
    pub(super) fn new(replacement: RawDoc<'_>) -> Result<Replacement> {
        for element in replacement.elements() {
            let name = element.key().as_str();
            if is_dollar_prefixed(name) {
                return Err(dollar_prefixed(name, name));
            }
        }
        Ok(Replacement(replacement.as_bytes().into()))
    }

    fn document(&self) -> RawDoc<'_> {
        RawDoc::trusted(&self.0)
    }

    /// Appends what takes the place of `old`: its `_id`, then the replacement's fields. The
    /// replacement may name the same `_id` or none.
    pub(super) fn apply(&self, old: RawDoc<'_>, out: &mut Vec<u8>) -> Result<Applied> {
        let start = out.len();
        match old.get("_id") {
            Some(id) => {
                self.check_id(id)?;
                write_with_id(id, self.document(), out);
            }
            None => out.extend_from_slice(&self.0),
        }
        let new = out.get(start..).unwrap_or_default();
        check_size(new)?;
        Ok(Applied {
            modified: new != old.as_bytes(),
        })
    }

    /// The document that an upsert inserts when `filter` selects none: the replacement, with its own
    /// `_id`, else the one that the filter requires, else none yet.
    pub(super) fn new_document(&self, filter: &Filter) -> Result<Vec<u8>> {
        let required = filter.required_id();
        if let Some(id) = required {
            self.check_id(id)?;
        }
        let mut out = Vec::with_capacity(self.0.len());
        match required.filter(|_| self.document().get_element("_id").is_none()) {
            Some(id) => write_with_id(id, self.document(), &mut out),
            None => out.extend_from_slice(&self.0),
        }
        check_size(&out)?;
        Ok(out)
    }

    fn check_id(&self, id: RawValue<'_>) -> Result<()> {
        match self.document().get("_id") {
            Some(new) if !values_equal(id, new) => Err(Error::query(
                Code::IMMUTABLE_FIELD,
                format!(
                    "After applying the update, the (immutable) field '_id' was found to have been \
                     altered to _id: {} (it is {})",
                    abbreviated(new),
                    abbreviated(id)
                ),
            )),
            _ => Ok(()),
        }
    }
}
