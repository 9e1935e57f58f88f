//! Full validation of BSON that comes from outside: the gate that lets readers trust their bytes.
//!
//! Checked: lengths, terminators and types; UTF-8 of keys and strings; booleans; no duplicate keys;
//! depth and size. Two liberties that the BSON specification leaves to writers are accepted and
//! reported, so that ingest can rewrite them: array keys that are not 0, 1, 2, ..., and options of
//! a regex that are out of order.

use super::element_type::{ElementType, length_at, nul_at};
use super::fault::{Fault, Walked};
use super::key_set::KeySet;
use super::{Document, MAX_DEPTH, MAX_DOCUMENT_SIZE, RawDoc, builder::push_index};
use crate::error::{Code, Error, Result};

/// Checks that `bytes` are one well-formed document within the limits. The error says what is
/// wrong, at which byte (`position.offset` of its details) and in which field (`path`).
pub fn validate(bytes: &[u8]) -> Result<()> {
    check(bytes).map(drop)
}

/// Validates, and writes the document to `out` in the one form that is stored: array keys in
/// order, regex options sorted. The bytes are copied as they are if they have that form already.
pub fn canonicalize(bytes: &[u8], out: &mut Vec<u8>) -> Result<()> {
    if check(bytes)? {
        out.extend_from_slice(bytes);
    } else {
        // The owned tree numbers array elements and sorts options as it is made.
        Document::from_raw(RawDoc::trusted(bytes))?.write_to(out);
    }
    Ok(())
}

/// Validates; true if the document has the form that is stored.
fn check(bytes: &[u8]) -> Result<bool> {
    let mut validator = Validator {
        bytes,
        keys: KeySet::new(),
        index: Vec::new(),
        canonical: true,
    };
    let refused = match bytes.len() {
        0..=MAX_DOCUMENT_SIZE => validator.document(0, bytes.len(), 1, false),
        size => Err(Fault::new(
            Code::BSON_OBJECT_TOO_LARGE,
            0,
            format!("the document has {size} bytes, more than the limit of {MAX_DOCUMENT_SIZE}"),
        )),
    };
    match refused {
        Ok(()) => Ok(validator.canonical),
        Err(fault) => Err(to_error(*fault)),
    }
}

fn to_error(fault: Fault) -> Error {
    let offset = fault.offset();
    let position = serde_json::json!({ "offset": offset });
    fault.into_error("invalid BSON", &format!("byte {offset}"), position)
}

struct Validator<'a> {
    bytes: &'a [u8],
    keys: KeySet,
    /// Scratch for the key that an array's element should have.
    index: Vec<u8>,
    canonical: bool,
}

fn fault(offset: usize, message: impl Into<String>) -> Box<Fault> {
    Fault::new(Code::INVALID_BSON, offset, message)
}

impl<'a> Validator<'a> {
    /// Checks the document that must fill `start..end`. Recursion is bounded by `MAX_DEPTH`.
    fn document(&mut self, start: usize, end: usize, depth: usize, array: bool) -> Walked<()> {
        if depth > MAX_DEPTH {
            let message = format!("documents nest deeper than {MAX_DEPTH} levels");
            return Err(Fault::new(Code::OVERFLOW, start, message));
        }
        let room = end - start;
        match self.length(start) {
            Some(length) if length == room && room >= 5 => {}
            Some(length) => {
                return Err(fault(
                    start,
                    format!("a length of {length}, where {room} bytes are"),
                ));
            }
            None => {
                return Err(fault(
                    start,
                    format!("no document in the {room} bytes there are"),
                ));
            }
        }
        let last = end - 1;
        if self.bytes[last] != 0 {
            return Err(fault(last, "the document does not end in a zero byte"));
        }
        let mut scope = self.keys.open();
        let mut at = start + 4;
        let mut index = 0;
        while at < last {
            let kind = self.bytes[at];
            let Some(key_len) = nul_at(&self.bytes[at + 1..last]) else {
                return Err(fault(
                    at + 1,
                    "the field's name does not end before the document",
                ));
            };
            let (key_start, value) = (at + 1, at + 2 + key_len);
            let key = &self.bytes[key_start..key_start + key_len];
            if array {
                self.array_key(key, index);
                index += 1;
            } else if !self.keys.insert(&mut scope, self.bytes, key_start, key_len) {
                let name = String::from_utf8_lossy(key);
                return Err(fault(at, "the field is there already").within(name));
            }
            let checked = self
                .utf8(key_start, key_len, "the field's name")
                .and_then(|()| self.value(kind, at, value, last, depth));
            at = checked.map_err(|fault| fault.within(String::from_utf8_lossy(key)))?;
        }
        self.keys.close(scope);
        Ok(())
    }

    /// Checks the value at `at`, which must end at or before `end`; returns where it ends.
    fn value(
        &mut self,
        kind: u8,
        type_at: usize,
        at: usize,
        end: usize,
        depth: usize,
    ) -> Walked<usize> {
        let Some(kind) = ElementType::from_byte(kind) else {
            return Err(fault(type_at, format!("0x{kind:02x} is not a BSON type")));
        };
        let fixed = |len: usize| match end - at >= len {
            true => Ok(at + len),
            false => Err(fault(at, format!("the {} is cut off", kind.name()))),
        };
        match kind {
            ElementType::Double
            | ElementType::DateTime
            | ElementType::Timestamp
            | ElementType::Int64 => fixed(8),
            ElementType::Int32 => fixed(4),
            ElementType::ObjectId => fixed(12),
            ElementType::Decimal128 => fixed(16),
            ElementType::Undefined
            | ElementType::Null
            | ElementType::MinKey
            | ElementType::MaxKey => fixed(0),
            ElementType::Boolean => {
                let next = fixed(1)?;
                match self.bytes[at] {
                    0 | 1 => Ok(next),
                    byte => Err(fault(at, format!("{byte} is not a boolean: 0 or 1"))),
                }
            }
            ElementType::String | ElementType::JavaScript | ElementType::Symbol => {
                self.string(at, end)
            }
            ElementType::DbPointer => {
                let id = self.string(at, end)?;
                match end - id >= 12 {
                    true => Ok(id + 12),
                    false => Err(fault(id, "the dbPointer is cut off")),
                }
            }
            ElementType::Document | ElementType::Array => {
                let next = self.prefixed(at, end, 0)?;
                self.document(at, next, depth + 1, kind == ElementType::Array)?;
                Ok(next)
            }
            ElementType::Binary => self.binary(at, end),
            ElementType::Regex => self.regex(at, end),
            ElementType::JavaScriptWithScope => {
                let next = self.prefixed(at, end, 0)?;
                if next < at + 14 {
                    return Err(fault(at, "the length leaves no room for code and scope"));
                }
                let scope = self.string(at + 4, next)?;
                self.document(scope, next, depth + 1, false)?;
                Ok(next)
            }
        }
    }

    fn length(&self, at: usize) -> Option<usize> {
        length_at(self.bytes.get(at..)?)
    }

    /// Where the value ends whose length is at `at`, not counting `extra` bytes before its data.
    fn prefixed(&self, at: usize, end: usize, extra: usize) -> Walked<usize> {
        let room = end - at;
        let length = if room < 4 { None } else { self.length(at) };
        match length.and_then(|length| length.checked_add(extra)) {
            Some(whole) if whole <= room => Ok(at + whole),
            _ => Err(fault(
                at,
                format!("a length that does not fit into {room} bytes"),
            )),
        }
    }

    fn string(&self, at: usize, end: usize) -> Walked<usize> {
        let next = self.prefixed(at, end, 4)?;
        if next == at + 4 {
            return Err(fault(at, "a string's length counts its zero byte, found 0"));
        }
        if self.bytes[next - 1] != 0 {
            return Err(fault(next - 1, "the string does not end in a zero byte"));
        }
        self.utf8(at + 4, next - at - 5, "the string")?;
        Ok(next)
    }

    fn utf8(&self, start: usize, len: usize, what: &str) -> Walked<()> {
        match std::str::from_utf8(&self.bytes[start..start + len]) {
            Ok(_) => Ok(()),
            Err(error) => Err(fault(
                start + error.valid_up_to(),
                format!("{what} is not valid UTF-8"),
            )),
        }
    }

    fn binary(&self, at: usize, end: usize) -> Walked<usize> {
        let next = self.prefixed(at, end, 5)?;
        let length = next - at - 5;
        const OLD_BINARY: u8 = 2;
        if self.bytes[at + 4] == OLD_BINARY {
            let inner = if length < 4 {
                None
            } else {
                self.length(at + 5)
            };
            if inner.is_none_or(|inner| inner + 4 != length) {
                return Err(fault(at + 5, "the inner length of an old binary disagrees"));
            }
        }
        Ok(next)
    }

    fn regex(&mut self, at: usize, end: usize) -> Walked<usize> {
        let mut from = at;
        for what in ["the pattern", "the options"] {
            let Some(len) = nul_at(&self.bytes[from..end]) else {
                return Err(fault(from, format!("{what} of the regex do not end")));
            };
            self.utf8(from, len, what)?;
            if what == "the options" {
                self.canonical &= self.bytes[from..from + len].is_sorted();
            }
            from += len + 1;
        }
        Ok(from)
    }

    fn array_key(&mut self, key: &[u8], index: u32) {
        self.index.clear();
        push_index(&mut self.index, index);
        self.canonical &= self.index == key;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bson::{Value, doc};

    fn nested(levels: usize) -> Vec<u8> {
        let mut value = doc! {};
        for _ in 1..levels {
            value = doc! { "a": value };
        }
        value.to_bytes()
    }

    fn of_size(size: usize) -> Vec<u8> {
        // Length, type, "a", NUL, length, text, NUL, terminator.
        doc! { "a": ("x".repeat(size - 13)) }.to_bytes()
    }

    #[test]
    fn the_limits_hold_exactly() {
        assert_eq!(of_size(100).len(), 100);
        assert!(validate(&of_size(MAX_DOCUMENT_SIZE)).is_ok());
        let error = validate(&of_size(MAX_DOCUMENT_SIZE + 1)).unwrap_err();
        assert_eq!(error.code(), Code::BSON_OBJECT_TOO_LARGE);
        assert!(validate(&nested(MAX_DEPTH)).is_ok());
        let error = validate(&nested(MAX_DEPTH + 1)).unwrap_err();
        assert_eq!(error.code(), Code::OVERFLOW);
        assert_eq!(error.details()["path"], vec!["a"; MAX_DEPTH].join("."));
    }

    #[test]
    fn faults_are_placed() {
        let good = doc! { "a": 1, "b": { "c": ["x", true] } }.to_bytes();
        assert!(validate(&good).is_ok());
        let change = |place: usize, byte: u8| {
            let mut bytes = good.clone();
            assert_ne!(bytes[place], byte);
            bytes[place] = byte;
            bytes
        };
        let at = |needle: &[u8]| {
            good.windows(needle.len())
                .position(|w| w == needle)
                .unwrap()
        };
        let (text, truth, key) = (at(b"x\0"), at(b"\x081\0") + 3, at(b"\x03b\0") + 1);
        let cases = [
            (change(text, 0xff), text, "b.c.0", "UTF-8"),
            (change(text + 1, b'x'), text + 1, "b.c.0", "zero byte"),
            (change(truth, 2), truth, "b.c.1", "boolean"),
            (change(key, b'a'), key - 1, "a", "there already"),
            (change(key, 0xc3), key, "\u{fffd}", "UTF-8"),
            (change(key - 1, 0x20), key - 1, "b", "not a BSON type"),
            (change(good.len() - 1, 1), good.len() - 1, "", "zero byte"),
            (good[..good.len() - 1].to_vec(), 0, "", "length"),
        ];
        for (bytes, offset, path, text) in cases {
            let error = validate(&bytes).unwrap_err();
            assert_eq!(error.details()["position"]["offset"], offset, "{error}");
            assert_eq!(error.details()["path"], path, "{error}");
            assert!(error.message().contains(text), "{error}");
        }
    }

    #[test]
    fn repeated_fields_are_refused_at_every_width() {
        for width in [2, 15, 16, 17, 18, 100] {
            let mut document: Document = (0..width)
                .map(|i| (format!("field{i:03}"), Value::Int32(i)))
                .collect();
            assert!(validate(&document.to_bytes()).is_ok());
            document.insert("other001", 1);
            let mut bytes = document.to_bytes();
            let place = bytes
                .windows(5)
                .rposition(|window| window == b"other")
                .unwrap();
            bytes[place..place + 5].copy_from_slice(b"field");
            assert!(
                validate(&bytes)
                    .unwrap_err()
                    .message()
                    .contains("there already"),
                "{width}"
            );
        }
    }

    #[test]
    fn liberties_of_writers_are_straightened() {
        let mut document = doc! { "a": [1, 2], "r": "" };
        document.insert(
            "r",
            Value::Regex {
                pattern: "p".into(),
                options: "imx".into(),
            },
        );
        let straight = document.to_bytes();
        let mut crooked = straight.clone();
        let options = crooked
            .windows(3)
            .position(|window| window == b"imx")
            .unwrap();
        crooked[options..options + 3].copy_from_slice(b"xmi");
        let index = crooked
            .windows(3)
            .position(|window| window == b"\x101\0")
            .unwrap();
        crooked[index + 1] = b'7';
        let mut out = Vec::new();
        canonicalize(&crooked, &mut out).unwrap();
        assert_eq!(out, straight);
    }
}
