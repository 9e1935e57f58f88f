//! The owned document: fields in order, looked up one after another. For small documents.

use super::builder::patch_length;
use super::{RawDoc, Value};
use crate::error::Result;

/// Fields in the order in which they were inserted.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Document(Vec<(String, Value)>);

impl Document {
    /// A document without fields.
    pub const fn new() -> Document {
        Document(Vec::new())
    }

    /// The tree of a raw document. Fails only if it is nested deeper than any valid document.
    pub fn from_raw(raw: RawDoc<'_>) -> Result<Document> {
        Document::from_raw_at(raw, 1)
    }

    pub(super) fn from_raw_at(raw: RawDoc<'_>, depth: usize) -> Result<Document> {
        let fields = raw
            .iter()
            .map(|(key, value)| Ok((key.to_string(), Value::from_raw_at(value, depth)?)));
        Ok(Document(fields.collect::<Result<_>>()?))
    }

    /// The document's BSON.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::new();
        self.write_to(&mut out);
        out
    }

    /// Appends the document's BSON.
    pub fn write_to(&self, out: &mut Vec<u8>) {
        let start = out.len();
        out.extend_from_slice(&[0; 4]);
        for (key, value) in &self.0 {
            out.push(value.element_type() as u8);
            out.extend_from_slice(key.as_bytes());
            out.push(0);
            value.write_to(out);
        }
        out.push(0);
        patch_length(out, start);
    }

    /// The value of a field.
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.0
            .iter()
            .find(|(name, _)| name == key)
            .map(|(_, value)| value)
    }

    /// The value of a field, to be changed.
    pub fn get_mut(&mut self, key: &str) -> Option<&mut Value> {
        self.0
            .iter_mut()
            .find(|(name, _)| name == key)
            .map(|(_, value)| value)
    }

    /// Sets a field: where it is if it exists, else at the end. Returns the value it had.
    pub fn insert(&mut self, key: impl Into<String>, value: impl Into<Value>) -> Option<Value> {
        let (key, value) = (key.into(), value.into());
        if let Some(old) = self.get_mut(&key) {
            return Some(std::mem::replace(old, value));
        }
        self.0.push((key, value));
        None
    }

    /// Removes a field; the others keep their order.
    pub fn remove(&mut self, key: &str) -> Option<Value> {
        let index = self.0.iter().position(|(name, _)| name == key)?;
        Some(self.0.remove(index).1)
    }

    /// The fields in order.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (&str, &Value)> + ExactSizeIterator {
        self.0.iter().map(|(key, value)| (key.as_str(), value))
    }

    /// Whether the field exists.
    pub fn contains_key(&self, key: &str) -> bool {
        self.get(key).is_some()
    }

    /// The number of fields.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are no fields.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl IntoIterator for Document {
    type Item = (String, Value);
    type IntoIter = std::vec::IntoIter<(String, Value)>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl FromIterator<(String, Value)> for Document {
    fn from_iter<I: IntoIterator<Item = (String, Value)>>(fields: I) -> Document {
        let mut document = Document::new();
        for (key, value) in fields {
            document.insert(key, value);
        }
        document
    }
}

#[cfg(test)]
mod tests {
    use crate::bson::{Document, RawDoc, Value, doc};

    #[test]
    fn edits_keep_the_order() {
        let mut document = doc! { "a": 1, "b": { "c": [1, "x", null, { "d": 2.5 }] }, "e": true };
        assert_eq!(document.insert("a", 2), Some(Value::Int32(1)));
        assert_eq!(document.insert("f", "new"), None);
        assert_eq!(document.remove("b").map(|b| b.type_name()), Some("object"));
        assert_eq!(document, doc! { "a": 2, "e": true, "f": "new" });
    }

    #[test]
    fn survives_its_bytes() {
        let document = doc! { "a": 1, "b": { "c": [1, "x", null, { "d": 2.5 }] }, "e": [] };
        let bytes = document.to_bytes();
        assert_eq!(
            Document::from_raw(RawDoc::new(&bytes).unwrap()).unwrap(),
            document
        );
    }

    #[test]
    fn too_deep_a_tree_is_refused_not_a_stack_overflow() {
        let mut bytes = vec![5, 0, 0, 0, 0];
        while bytes.len() < 4000 {
            let mut outer = ((bytes.len() + 8) as u32).to_le_bytes().to_vec();
            outer.extend_from_slice(b"\x03a\0");
            outer.extend_from_slice(&bytes);
            outer.push(0);
            bytes = outer;
        }
        assert!(Document::from_raw(RawDoc::new(&bytes).unwrap()).is_err());
    }
}
