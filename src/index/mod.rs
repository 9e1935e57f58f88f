//! Indexes: what their keys are, how a specification is written, which keys a document has.
//!
//! [`key`] orders values as bytes; [`spec`] reads specifications; [`extract`] follows paths.
//! [`Deriver`] joins the three and hands them to storage, which applies them to every document it
//! writes.

pub mod extract;
pub mod key;
mod number;
#[cfg(test)]
pub(crate) mod random;
pub mod spec;

use std::sync::Arc;

pub use spec::{ID_INDEX, IndexSpec, KeyField, Relation};

use crate::bson::RawDoc;
use crate::storage::derive::{CompiledIndex, IndexDeriver, KeySet, MULTIKEY, TRUNCATED};

/// Compiles index specifications for storage.
pub struct Deriver;

impl IndexDeriver for Deriver {
    fn compile(&self, spec: &[u8]) -> anyhow::Result<Arc<dyn CompiledIndex>> {
        Ok(Arc::new(IndexSpec::parse(RawDoc::new(spec)?)?))
    }

    fn primary_flags(&self, key: &[u8]) -> u8 {
        if key::is_cut(key, key::MAX_ID_KEY) {
            TRUNCATED
        } else {
            0
        }
    }
}

impl CompiledIndex for IndexSpec {
    fn derive(&self, document: &[u8], out: &mut KeySet) -> anyhow::Result<()> {
        let mut buffer = Vec::with_capacity(64);
        let multikey = extract::each_key(&self.fields, RawDoc::trusted(document), &mut |values| {
            buffer.clear();
            for (field, value) in self.fields.iter().zip(values) {
                key::encode_value(
                    &mut buffer,
                    *value,
                    field.descending,
                    self.collation.as_ref(),
                );
            }
            if key::cut(&mut buffer, key::MAX_INDEX_KEY) {
                out.set_flags(TRUNCATED);
            }
            out.push(&buffer);
        })?;
        if multikey {
            out.set_flags(MULTIKEY);
        }
        out.sort_dedup();
        Ok(())
    }
}
