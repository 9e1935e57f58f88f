//! The writer: BSON to Extended JSON text, compact, without a tree and without recursion, so that
//! no nesting overflows the stack.
//!
//! One loop goes over the bytes of a whole document, into documents and out of them again; it ends
//! each at its zero byte. The commonest types are written here, into a buffer that is kept larger than what is in
//! it: pieces of fixed size are stored whole and the place behind them moved on by as much as counts. All other
//! types are `scalar`'s.
//!
//! Damaged bytes end the text early; they never panic.

use super::number::{plain_double, put_integer};
use super::scalar::Scalar;
use super::scan::{has_special, is_special, masked_plain, masked_plain_word};
use crate::bson::{RawDoc, RawValue, Text, nul_at, value_len};

/// The forms of Extended JSON v2: its two, and one between them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// Numbers and dates as people write them; an int and a long look alike.
    #[default]
    Relaxed,
    /// Every value with its type.
    Canonical,
    /// As relaxed, but a long that a double cannot hold exactly keeps its type: readers whose numbers are all doubles,
    /// such as JavaScript's, would round it without noticing.
    JavaScript,
}

/// The largest integer up to which a double holds every integer: JavaScript's `Number.MAX_SAFE_INTEGER`.
const MAX_SAFE_INTEGER: u64 = (1 << 53) - 1;

impl Mode {
    /// Whether a long is written as a bare number.
    pub(super) fn long_is_bare(self, value: i64) -> bool {
        match self {
            Mode::Relaxed => true,
            Mode::Canonical => false,
            Mode::JavaScript => value.unsigned_abs() <= MAX_SAFE_INTEGER,
        }
    }
}

/// Appends a document as text.
pub fn write_document(out: &mut Vec<u8>, document: RawDoc<'_>, mode: Mode) {
    write_nested(out, document.as_bytes(), Level::Document, mode);
}

/// Appends any value as text.
pub fn write_value(out: &mut Vec<u8>, value: RawValue<'_>, mode: Mode) {
    match value {
        RawValue::Document(document) => write_document(out, document, mode),
        RawValue::Array(array) => write_nested(out, array.as_bytes(), Level::Array, mode),
        _ => {
            Scalar { out, mode }.value(value);
            if let RawValue::JavaScriptWithScope { scope, .. } = value {
                write_document(out, scope, mode);
                out.push(b'}');
            }
        }
    }
}

/// What is being written into.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Level {
    Document,
    Array,
    /// The scope of code, which ends the code's own wrapper with it.
    Scope,
}

fn write_nested(out: &mut Vec<u8>, bytes: &[u8], level: Level, mode: Mode) {
    let at = out.len();
    out.resize(at + (bytes.len() * 2).min(4 * STEP) + ROOM, 0);
    let mut writer = Writer {
        bytes,
        next: 4,
        sink: Sink { out, at },
        mode,
    };
    writer.run(level);
    let at = writer.sink.at;
    out.truncate(at);
}

struct Writer<'a, 'o> {
    bytes: &'a [u8],
    /// Where the next element starts.
    next: usize,
    sink: Sink<'o>,
    mode: Mode,
}

impl Writer<'_, '_> {
    fn run(&mut self, outermost: Level) {
        let mut level = outermost;
        let mut outer: Vec<Level> = Vec::new();
        self.open(level);
        let mut first = true;
        loop {
            self.sink.make_room(ROOM);
            match self.bytes.get(self.next) {
                None | Some(0) => {
                    self.next += 1;
                    self.close(level);
                    match outer.pop() {
                        None => return,
                        Some(previous) => level = previous,
                    }
                    first = false;
                }
                Some(&kind) => {
                    self.next += 1;
                    let inner = self.element(kind, level, first);
                    first = false;
                    match inner {
                        Step::Next => {}
                        Step::Into(inner) => {
                            self.open(inner);
                            outer.push(std::mem::replace(&mut level, inner));
                            first = true;
                        }
                        Step::Damaged => self.next = self.bytes.len(),
                    }
                }
            }
        }
    }

    fn open(&mut self, level: Level) {
        self.sink
            .byte(if level == Level::Array { b'[' } else { b'{' });
    }

    fn close(&mut self, level: Level) {
        match level {
            Level::Document => self.sink.byte(b'}'),
            Level::Array => self.sink.byte(b']'),
            Level::Scope => self.sink.slice(b"}}"),
        }
    }

    /// Writes one element, whose type byte has been read.
    #[inline]
    fn element(&mut self, kind: u8, level: Level, first: bool) -> Step {
        if !first {
            self.sink.byte(b',');
        }
        if !self.key(level) {
            return Step::Damaged;
        }
        let Some(rest) = self.bytes.get(self.next..) else {
            return Step::Damaged;
        };
        let is_relaxed = self.mode != Mode::Canonical;
        let length = match kind {
            0x02 => self.string(rest),
            0x10 if is_relaxed => rest.first_chunk::<4>().map(|bytes| {
                self.integer(i32::from_le_bytes(*bytes).into());
                4
            }),
            0x12 if is_relaxed => rest.first_chunk::<8>().map(|bytes| {
                self.long(i64::from_le_bytes(*bytes));
                8
            }),
            0x01 if is_relaxed => rest.first_chunk::<8>().map(|bytes| {
                self.double(f64::from_le_bytes(*bytes));
                8
            }),
            0x03 | 0x04 => {
                self.next += 4;
                return Step::Into(if kind == 0x03 {
                    Level::Document
                } else {
                    Level::Array
                });
            }
            _ => return self.other(kind, rest.len()),
        };
        match length {
            Some(length) => {
                self.next += length;
                Step::Next
            }
            None => Step::Damaged,
        }
    }

    /// Writes the key that is next, unless it is an array's index, and goes behind it.
    #[inline]
    fn key(&mut self, level: Level) -> bool {
        let Some(rest) = self.bytes.get(self.next..) else {
            return false;
        };
        let Some(length) = nul_at(rest) else {
            return false;
        };
        self.next += length + 1;
        if level == Level::Array {
            return true;
        }
        if let Some(word) = masked_plain_word(rest, length) {
            self.sink.short_literal(word, length);
        } else if let Some([low, high]) = masked_plain(rest, length) {
            self.sink.literal(low, high, length);
        } else {
            self.scalar(|scalar| scalar.text(Text::from_bytes(&rest[..length])));
        }
        self.sink.byte(b':');
        true
    }

    /// Writes the string that starts with its length at `rest`; gives the bytes that it takes there.
    #[inline]
    fn string(&mut self, rest: &[u8]) -> Option<usize> {
        let length = i32::from_le_bytes(*rest.first_chunk::<4>()?);
        let length = usize::try_from(length).ok()?.checked_sub(1)?;
        let text = rest.get(4..)?;
        if let Some(word) = masked_plain_word(text, length) {
            self.sink.short_literal(word, length);
        } else if let Some([low, high]) = masked_plain(text, length) {
            self.sink.literal(low, high, length);
        } else {
            let text = text.get(..length)?;
            self.sink.make_room(length + ROOM);
            if !self.sink.long_literal(text) {
                self.scalar(|scalar| scalar.text(Text::from_bytes(text)));
            }
        }
        Some(length + 5)
    }

    #[inline]
    fn integer(&mut self, value: i64) {
        let length = put_integer(value, self.sink.place());
        self.sink.at += length;
    }

    #[inline]
    fn long(&mut self, value: i64) {
        if self.mode.long_is_bare(value) {
            self.integer(value);
        } else {
            self.scalar(|scalar| scalar.value(RawValue::Int64(value)));
        }
    }

    #[inline]
    fn double(&mut self, value: f64) {
        match plain_double(value, &mut zmij::Buffer::new()) {
            Some(text) => self.sink.slice(text),
            None => self.scalar(|scalar| scalar.value(RawValue::Double(value))),
        }
    }

    /// Writes a value of a rarer type, `available` bytes of which are there at most.
    fn other(&mut self, kind: u8, available: usize) -> Step {
        let start = self.next;
        let Some(rest) = self.bytes.get(start..start + available) else {
            return Step::Damaged;
        };
        let Some(length) = value_len(kind, rest) else {
            return Step::Damaged;
        };
        let Some(value) = RawValue::decode(kind, &rest[..length]) else {
            return Step::Damaged;
        };
        self.scalar(|scalar| scalar.value(value));
        if let RawValue::JavaScriptWithScope { code, .. } = value {
            // Behind the length of the whole, the code with its length and zero, and the scope's own length.
            self.next += 4 + 4 + code.len() + 1 + 4;
            return Step::Into(Level::Scope);
        }
        self.next += length;
        Step::Next
    }

    /// Lets `write` append to the text itself.
    fn scalar(&mut self, write: impl FnOnce(&mut Scalar<'_>)) {
        let Sink { out, at } = &mut self.sink;
        out.truncate(*at);
        write(&mut Scalar {
            out,
            mode: self.mode,
        });
        *at = out.len();
        self.sink.make_room(ROOM);
    }
}

enum Step {
    Next,
    Into(Level),
    Damaged,
}

/// Free bytes that every element finds: a comma, a key of 16 bytes with its quotes and colon, a string of 16 bytes with
/// its quotes or a number, a bracket, and what storing whole pieces writes beyond them.
const ROOM: usize = 96;

/// Bytes that the text grows by at a time.
const STEP: usize = 1024;

/// The text being written: `out` up to `at`; what is behind is scratch.
struct Sink<'o> {
    out: &'o mut Vec<u8>,
    at: usize,
}

impl Sink<'_> {
    #[inline]
    fn make_room(&mut self, bytes: usize) {
        if self.out.len() - self.at < bytes {
            // In steps: a buffer kept from a larger text must not be filled with zeros to its end.
            self.out.resize(self.at + bytes.max(STEP), 0);
        }
    }

    #[inline]
    fn byte(&mut self, byte: u8) {
        self.out[self.at] = byte;
        self.at += 1;
    }

    /// The place that is next, of less than the room there is. Pieces are written to it directly: put together elsewhere and
    /// copied as a whole, they would be loaded before the processor has stored them, which makes it wait.
    #[inline]
    fn place<const N: usize>(&mut self) -> &mut [u8; N] {
        let place = self.out[self.at..].first_chunk_mut();
        place.expect("every element finds room")
    }

    /// Stores less than the room there is.
    #[inline]
    fn slice(&mut self, bytes: &[u8]) {
        self.out[self.at..self.at + bytes.len()].copy_from_slice(bytes);
        self.at += bytes.len();
    }

    /// Stores a string literal of any length, copying and looking at eight bytes at a time. `false`: something in it must
    /// be escaped, and nothing was stored.
    #[inline]
    fn long_literal(&mut self, text: &[u8]) -> bool {
        let Some(place) = self.out.get_mut(self.at..self.at + text.len() + 2) else {
            return false;
        };
        let (quote, rest) = place.split_at_mut(1);
        let (words, tail) = text.as_chunks::<8>();
        for (word, place) in words.iter().zip(rest.as_chunks_mut::<8>().0) {
            if has_special(word) {
                return false;
            }
            *place = *word;
        }
        let Some(end) = rest.get_mut(text.len() - tail.len()..) else {
            return false;
        };
        for (place, &byte) in end.iter_mut().zip(tail) {
            if is_special(byte) {
                return false;
            }
            *place = byte;
        }
        quote[0] = b'"';
        end[tail.len()] = b'"';
        self.at += text.len() + 2;
        true
    }

    /// Stores a string literal of at most 8 plain bytes.
    #[inline]
    fn short_literal(&mut self, word: u64, length: usize) {
        let place = self.place::<16>();
        place[0] = b'"';
        place[1..9].copy_from_slice(&word.to_le_bytes());
        place[(length + 1) % 16] = b'"';
        self.at += length + 2;
    }

    /// Stores a string literal of at most 16 plain bytes, given as two words.
    #[inline]
    fn literal(&mut self, low: u64, high: u64, length: usize) {
        let place = self.place::<32>();
        place[0] = b'"';
        place[1..9].copy_from_slice(&low.to_le_bytes());
        place[9..17].copy_from_slice(&high.to_le_bytes());
        place[(length + 1) % 32] = b'"';
        self.at += length + 2;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bson::{Value, doc};

    fn relaxed(value: impl Into<Value>) -> String {
        let (value, mut out) = (value.into().to_raw(), Vec::new());
        write_value(&mut out, value.as_raw(), Mode::Relaxed);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn is_compact_and_keeps_the_order() {
        let document = doc! { "b": [1, [], {}, [[true]]], "a": { "x": null, "y": { "z": "" } } };
        let expected = r#"{"b":[1,[],{},[[true]]],"a":{"x":null,"y":{"z":""}}}"#;
        assert_eq!(relaxed(document), expected);
        assert_eq!(relaxed(doc! {}), "{}");
    }

    #[test]
    fn escapes_what_json_demands_and_no_more() {
        let text = "\"\\/\u{8}\u{c}\n\r\t\0\u{1f}\u{7f}é☆😀";
        assert_eq!(
            relaxed(text),
            "\"\\\"\\\\/\\b\\f\\n\\r\\t\\u0000\\u001f\u{7f}é☆😀\""
        );
    }

    #[test]
    fn numbers_read_back_with_their_kind() {
        let cases = [
            (Value::Int32(-7), "-7"),
            (Value::Int64(1 << 60), "1152921504606846976"),
            (Value::Double(1.0), "1.0"),
            (Value::Double(1e21), "1E+21"),
            (
                Value::Double(f64::NEG_INFINITY),
                r#"{"$numberDouble":"-Infinity"}"#,
            ),
        ];
        for (value, expected) in cases {
            assert_eq!(relaxed(value), expected);
        }
    }

    #[test]
    fn deep_nesting_does_not_overflow_the_stack() {
        let levels = 100_000;
        let mut nested = Vec::with_capacity(levels * 8 + 5);
        for level in (1..=levels).rev() {
            nested.extend_from_slice(&(level as u32 * 8 + 5).to_le_bytes());
            nested.extend_from_slice(b"\x03a\0");
        }
        nested.extend_from_slice(&[5, 0, 0, 0]);
        nested.resize(levels * 8 + 5, 0);
        let mut out = Vec::new();
        write_document(&mut out, RawDoc::new(&nested).unwrap(), Mode::Relaxed);
        assert_eq!(out.len(), levels * 6 + 2);
    }
}
