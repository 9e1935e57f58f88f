//! Reading a document in place: from its bytes to its elements, nothing allocated or copied.
//!
//! A reader steps over values by their lengths, so looking up one field costs the same whatever
//! lies inside the others. Every access is bounds-checked; where the bytes are damaged the
//! iteration just ends.

use std::fmt;

use super::element_type::{ElementType, length_at, nul_at, value_len};
use super::{RawValue, Text};
use crate::error::{Code, Error, Result, Status};

/// A whole document (or array: the same bytes, with the indexes as keys).
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct RawDoc<'a>(&'a [u8]);

impl<'a> RawDoc<'a> {
    /// The document without fields.
    pub const EMPTY: RawDoc<'static> = RawDoc(&[5, 0, 0, 0, 0]);

    /// The document in `bytes`, which it must fill. Checks length and terminator only; see
    /// [`validate()`](super::validate()) for the rest.
    pub fn new(bytes: &'a [u8]) -> Result<RawDoc<'a>> {
        let refuse = |message: String| Err(Error::new(Status::Json, Code::INVALID_BSON, message));
        let Some(length) = length_at(bytes).filter(|_| bytes.len() >= 5) else {
            return refuse(format!(
                "a BSON document needs a length and at least 5 bytes, found {} bytes",
                bytes.len()
            ));
        };
        if length != bytes.len() {
            let found = bytes.len();
            return refuse(format!(
                "the BSON document claims {length} bytes, found {found}"
            ));
        }
        if bytes.last() != Some(&0) {
            return refuse("the BSON document does not end in a zero byte".to_string());
        }
        Ok(RawDoc(bytes))
    }

    /// The document in bytes that were validated when they came in.
    pub const fn trusted(bytes: &'a [u8]) -> RawDoc<'a> {
        RawDoc(bytes)
    }

    /// The document's bytes, length and terminator included.
    pub const fn as_bytes(self) -> &'a [u8] {
        self.0
    }

    /// The fields in order, decoded.
    #[inline]
    pub fn iter(self) -> Iter<'a> {
        Iter(self.elements())
    }

    /// The fields in order, as undecoded elements: for copying and for looking at keys only.
    #[inline]
    pub fn elements(self) -> Elements<'a> {
        Elements {
            rest: self.0.get(4..).unwrap_or_default(),
        }
    }

    /// The value of the field `key`.
    #[inline]
    pub fn get(self, key: impl AsRef<[u8]>) -> Option<RawValue<'a>> {
        self.get_element(key)?.value()
    }

    /// The element of the field `key`.
    pub fn get_element(self, key: impl AsRef<[u8]>) -> Option<Element<'a>> {
        let key = key.as_ref();
        self.elements()
            .find(|element| element.key().as_bytes() == key)
    }

    /// Whether there are no fields.
    pub fn is_empty(self) -> bool {
        self.0.len() <= 5
    }
}

impl<'a> IntoIterator for RawDoc<'a> {
    type Item = (Text<'a>, RawValue<'a>);
    type IntoIter = Iter<'a>;

    fn into_iter(self) -> Iter<'a> {
        self.iter()
    }
}

impl fmt::Debug for RawDoc<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

/// One field as it lies in the document: type byte, key, NUL, value.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Element<'a> {
    bytes: &'a [u8],
    key_len: usize,
}

impl<'a> Element<'a> {
    /// The field's name.
    #[inline]
    pub fn key(self) -> Text<'a> {
        Text::from_bytes(self.bytes.get(1..1 + self.key_len).unwrap_or_default())
    }

    /// The type byte.
    #[inline]
    pub fn type_byte(self) -> u8 {
        self.bytes.first().copied().unwrap_or_default()
    }

    /// The type; none for a byte that BSON does not know, which no iterator yields.
    pub fn element_type(self) -> Option<ElementType> {
        ElementType::from_byte(self.type_byte())
    }

    /// Whether the value is a document or an array.
    #[inline]
    pub fn is_nested(self) -> bool {
        matches!(self.type_byte(), 0x03 | 0x04)
    }

    /// The bytes of the value alone.
    #[inline]
    pub fn value_bytes(self) -> &'a [u8] {
        self.bytes.get(self.key_len + 2..).unwrap_or_default()
    }

    /// The value, decoded; none if its bytes are damaged.
    #[inline]
    pub fn value(self) -> Option<RawValue<'a>> {
        RawValue::decode(self.type_byte(), self.value_bytes())
    }

    /// The whole element, ready to be copied into another document.
    #[inline]
    pub fn as_bytes(self) -> &'a [u8] {
        self.bytes
    }
}

/// The elements of a document; see [`RawDoc::elements`].
#[derive(Clone)]
pub struct Elements<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for Elements<'a> {
    type Item = Element<'a>;

    #[inline]
    fn next(&mut self) -> Option<Element<'a>> {
        let (&kind, after_type) = self.rest.split_first()?;
        if kind == 0 {
            self.rest = &[];
            return None;
        }
        let whole_len = nul_at(after_type).and_then(|key_len| {
            let value = after_type.get(key_len + 1..)?;
            Some((key_len, key_len + 2 + value_len(kind, value)?))
        });
        let Some((key_len, whole_len)) = whole_len else {
            self.rest = &[];
            return None;
        };
        let (bytes, rest) = self.rest.split_at_checked(whole_len)?;
        self.rest = rest;
        Some(Element { bytes, key_len })
    }
}

/// The fields of a document; see [`RawDoc::iter`].
#[derive(Clone)]
pub struct Iter<'a>(Elements<'a>);

impl<'a> Iterator for Iter<'a> {
    type Item = (Text<'a>, RawValue<'a>);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        let element = self.0.next()?;
        match element.value() {
            Some(value) => Some((element.key(), value)),
            None => {
                self.0.rest = &[];
                None
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bson::doc;

    #[test]
    fn reads_fields_in_order_and_by_name() {
        let bytes = doc! { "a": 1, "bb": "x", "a_rather_long_name": [true], "": null }.to_bytes();
        let document = RawDoc::new(&bytes).unwrap();
        let keys: Vec<_> = document.iter().map(|(key, _)| key.as_str()).collect();
        assert_eq!(keys, ["a", "bb", "a_rather_long_name", ""]);
        assert_eq!(document.get("a"), Some(RawValue::Int32(1)));
        assert_eq!(document.get("bb"), Some(RawValue::from("x")));
        assert_eq!(document.get(""), Some(RawValue::Null));
        assert_eq!(document.get("b"), None);
        assert!(!document.is_empty() && RawDoc::EMPTY.is_empty());
        let copied: Vec<u8> = document
            .elements()
            .flat_map(|e| e.as_bytes().to_vec())
            .collect();
        assert_eq!(copied, bytes[4..bytes.len() - 1]);
    }

    #[test]
    fn the_frame_is_checked() {
        let cases: [&[u8]; 6] = [
            &[],
            &[5, 0, 0, 0],
            &[4, 0, 0, 0],
            &[6, 0, 0, 0, 0],
            &[5, 0, 0, 0, 1],
            &[255; 5],
        ];
        for bytes in cases {
            assert!(RawDoc::new(bytes).is_err(), "{bytes:?}");
        }
    }

    #[test]
    fn damaged_bytes_end_the_iteration() {
        let bytes = doc! { "a": 1, "b": "text", "c": { "d": [1, 2] }, "e": 2.5 }.to_bytes();
        for place in 0..bytes.len() {
            for byte in 0..=255 {
                let mut damaged = bytes.clone();
                damaged[place] = byte;
                for cut in [damaged.len(), place] {
                    let document = RawDoc::trusted(&damaged[..cut]);
                    assert!(document.iter().count() <= bytes.len());
                    let _ = format!("{document:?}");
                }
            }
        }
    }
}
