//! Writing a document straight into a byte vector: the length is filled in when it is finished.

use super::{Element, RawDoc, RawValue, Value};

/// Appends one document or array to a vector. Embedded documents are builders of their own that
/// borrow their parent. Dropping a builder finishes it, so a document is never left open.
pub struct Builder<'o> {
    out: &'o mut Vec<u8>,
    start: usize,
    next_index: u32,
}

impl<'o> Builder<'o> {
    /// Starts a document (or an array: use [`Builder::push`] for its values) at the end of `out`.
    pub fn new(out: &'o mut Vec<u8>) -> Builder<'o> {
        let start = out.len();
        out.extend_from_slice(&[0; 4]);
        Builder {
            out,
            start,
            next_index: 0,
        }
    }

    /// Appends a field.
    #[inline]
    pub fn append(&mut self, key: impl AsRef<[u8]>, value: RawValue<'_>) {
        self.header(value.element_type() as u8, key.as_ref());
        value.write_to(self.out);
    }

    /// Appends a field whose value is an owned tree.
    pub fn append_value(&mut self, key: impl AsRef<[u8]>, value: &Value) {
        self.header(value.element_type() as u8, key.as_ref());
        value.write_to(self.out);
    }

    /// Appends a field of another document, under its own name.
    #[inline]
    pub fn append_element(&mut self, element: Element<'_>) {
        self.out.extend_from_slice(element.as_bytes());
    }

    /// Appends a field of another document under a new name.
    pub fn append_renamed(&mut self, key: impl AsRef<[u8]>, element: Element<'_>) {
        self.header(element.type_byte(), key.as_ref());
        self.out.extend_from_slice(element.value_bytes());
    }

    /// Appends fields of another document, as they lie in it.
    #[inline]
    pub fn append_elements(&mut self, elements: &[u8]) {
        self.out.extend_from_slice(elements);
    }

    /// Appends the values of an array; [`Builder::push`] goes on behind them.
    pub fn extend_array(&mut self, array: RawDoc<'_>) {
        let bytes = array.as_bytes();
        self.append_elements(
            bytes
                .get(4..bytes.len().saturating_sub(1))
                .unwrap_or_default(),
        );
        self.next_index += array.elements().count() as u32;
    }

    /// Says that an array has `len` values by now, appended in another way than pushing.
    pub fn continue_at(&mut self, len: u32) {
        self.next_index = len;
    }

    /// Appends an array's next value from another array.
    pub fn push_element(&mut self, element: Element<'_>) {
        self.index_header(element.type_byte());
        self.out.extend_from_slice(element.value_bytes());
    }

    /// Appends an array's next value.
    pub fn push(&mut self, value: RawValue<'_>) {
        self.index_header(value.element_type() as u8);
        value.write_to(self.out);
    }

    /// Appends an array's next value from an owned tree.
    pub fn push_value(&mut self, value: &Value) {
        self.index_header(value.element_type() as u8);
        value.write_to(self.out);
    }

    /// Starts an embedded document.
    pub fn start_document(&mut self, key: impl AsRef<[u8]>) -> Builder<'_> {
        self.header(0x03, key.as_ref());
        Builder::new(self.out)
    }

    /// Starts an embedded array.
    pub fn start_array(&mut self, key: impl AsRef<[u8]>) -> Builder<'_> {
        self.header(0x04, key.as_ref());
        Builder::new(self.out)
    }

    /// Starts a document as the array's next value.
    pub fn push_document(&mut self) -> Builder<'_> {
        self.index_header(0x03);
        Builder::new(self.out)
    }

    /// Starts an array as the array's next value.
    pub fn push_array(&mut self) -> Builder<'_> {
        self.index_header(0x04);
        Builder::new(self.out)
    }

    /// The bytes so far, counted from the document's start.
    pub fn len(&self) -> usize {
        self.out.len() - self.start
    }

    /// Whether nothing was appended yet.
    pub fn is_empty(&self) -> bool {
        self.len() == 4
    }

    /// Writes terminator and length. The same as dropping the builder, said aloud.
    pub fn finish(self) {}

    #[inline]
    fn header(&mut self, kind: u8, key: &[u8]) {
        debug_assert!(
            !key.contains(&0),
            "a key cannot contain NUL: ingest refuses it"
        );
        self.out.push(kind);
        self.out.extend_from_slice(key);
        self.out.push(0);
    }

    fn index_header(&mut self, kind: u8) {
        self.out.push(kind);
        push_index(self.out, self.next_index);
        self.out.push(0);
        self.next_index += 1;
    }
}

impl Drop for Builder<'_> {
    fn drop(&mut self) {
        self.out.push(0);
        patch_length(self.out, self.start);
    }
}

/// Fills in the length of what was started at `start` and ends at the vector's end.
#[inline]
pub(crate) fn patch_length(out: &mut [u8], start: usize) {
    let length = (out.len() - start) as u32;
    if let Some(prefix) = out.get_mut(start..start + 4) {
        prefix.copy_from_slice(&length.to_le_bytes());
    }
}

/// Appends an array index in decimal: the key of an array's element.
#[inline]
pub(crate) fn push_index(out: &mut Vec<u8>, index: u32) {
    if index < 10 {
        out.push(b'0' + index as u8);
        return;
    }
    let mut digits = [0; 10];
    let mut at = digits.len();
    let mut rest = index;
    while rest > 0 {
        at -= 1;
        digits[at] = b'0' + (rest % 10) as u8;
        rest /= 10;
    }
    out.extend_from_slice(&digits[at..]);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bson::doc;

    #[test]
    fn builds_nested_documents_and_arrays() {
        let mut out = Vec::new();
        let mut builder = Builder::new(&mut out);
        builder.append("a", RawValue::Int32(1));
        let mut inner = builder.start_document("b");
        inner.append("c", RawValue::Null);
        inner.finish();
        let mut array = builder.start_array("d");
        for i in 0..12 {
            array.push(RawValue::Int64(i));
        }
        array.finish();
        builder.finish();

        let d: Vec<Value> = (0..12).map(Value::Int64).collect();
        let expected = doc! { "a": 1, "b": { "c": null }, "d": d };
        assert_eq!(out, expected.to_bytes());
        let array = RawDoc::new(&out)
            .unwrap()
            .get("d")
            .unwrap()
            .as_array()
            .unwrap();
        assert_eq!(array.get("11"), Some(RawValue::Int64(11)));
    }
}
