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

    fn has_same_keys(&self, before: &[u8], after: &[u8]) -> bool {
        let (before, after) = (RawDoc::trusted(before), RawDoc::trusted(after));
        self.fields.iter().all(|field| {
            let first = field.path.component(0);
            match (before.get_element(first), after.get_element(first)) {
                (Some(before), Some(after)) => before.as_bytes() == after.as_bytes(),
                (None, None) => true,
                _ => false,
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_said_to_have_the_same_keys_have_them() {
        let doc = |text: &str| {
            let mut out = Vec::new();
            crate::json::parse_document(text.as_bytes(), &mut out).expect("JSON");
            out
        };
        let spec = doc(r#"{"key":{"a.b":1},"name":"i"}"#);
        let spec = IndexSpec::parse(RawDoc::trusted(&spec)).expect("a specification");
        let documents = [
            r#"{"_id":1,"a":{"b":1},"c":2}"#,
            r#"{"_id":1,"x":7,"c":2,"a":{"b":1}}"#,
            r#"{"_id":1,"a":{"b":1,"d":1},"c":2}"#,
            r#"{"_id":1,"a":[{"b":1}],"c":2}"#,
            r#"{"_id":1,"a":{"b":1}}"#,
            r#"{"_id":1,"c":2}"#,
            r#"{"_id":1,"c":2.0,"a":{"b":1}}"#,
            r#"{"_id":1,"c":3,"a":{"b":1}}"#,
            r#"{"_id":1}"#,
        ]
        .map(doc);
        let keys = |document: &Vec<u8>| {
            let mut keys = KeySet::default();
            spec.derive(document, &mut keys).expect("keys");
            let all: Vec<Vec<u8>> = keys.iter().map(<[u8]>::to_vec).collect();
            (all, keys.flags())
        };
        let mut same = 0;
        for before in &documents {
            for after in &documents {
                if spec.has_same_keys(before, after) {
                    assert_eq!(keys(before), keys(after));
                    same += 1;
                }
            }
        }
        // Five, one, one and two have the same `a`.
        assert_eq!(same, 25 + 1 + 1 + 4);
    }
}
