//! The writer: BSON to Extended JSON text, compact, without a tree and without recursion, so that
//! no nesting overflows the stack.

use super::number::{write_finite, write_integer};
use super::{base64, date, scan};
use crate::bson::{Elements, ObjectId, RawDoc, RawValue, Text};

/// The two forms of Extended JSON v2.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// Numbers and dates as people write them; an int and a long look alike.
    #[default]
    Relaxed,
    /// Every value with its type.
    Canonical,
}

/// Appends a document as text.
pub fn write_document(out: &mut Vec<u8>, document: RawDoc<'_>, mode: Mode) {
    Writer { out, mode }.nested(Level::document(document));
}

/// Appends any value as text.
pub fn write_value(out: &mut Vec<u8>, value: RawValue<'_>, mode: Mode) {
    let mut writer = Writer { out, mode };
    if let Some(level) = writer.scalar(value) {
        writer.nested(level);
    }
}

struct Writer<'o> {
    out: &'o mut Vec<u8>,
    mode: Mode,
}

/// A document that is being written.
struct Level<'a> {
    rest: Elements<'a>,
    open: &'static [u8],
    close: &'static [u8],
    keyed: bool,
}

impl<'a> Level<'a> {
    fn document(document: RawDoc<'a>) -> Level<'a> {
        Level {
            rest: document.elements(),
            open: b"{",
            close: b"}",
            keyed: true,
        }
    }

    fn array(array: RawDoc<'a>) -> Level<'a> {
        Level {
            rest: array.elements(),
            open: b"[",
            close: b"]",
            keyed: false,
        }
    }

    /// The scope of code, which ends the code's own wrapper with it.
    fn scope(scope: RawDoc<'a>) -> Level<'a> {
        Level {
            rest: scope.elements(),
            open: b"{",
            close: b"}}",
            keyed: true,
        }
    }
}

impl Writer<'_> {
    fn nested<'a>(&mut self, outermost: Level<'a>) {
        self.out.extend_from_slice(outermost.open);
        let mut level = outermost;
        let mut first = true;
        let mut outer: Vec<Level<'a>> = Vec::new();
        loop {
            let next = level
                .rest
                .next()
                .and_then(|element| Some((element, element.value()?)));
            let Some((element, value)) = next else {
                self.out.extend_from_slice(level.close);
                match outer.pop() {
                    None => return,
                    Some(previous) => level = previous,
                }
                first = false;
                continue;
            };
            if !first {
                self.out.push(b',');
            }
            first = false;
            if level.keyed {
                self.text(element.key());
                self.out.push(b':');
            }
            if let Some(inner) = self.scalar(value) {
                self.out.extend_from_slice(inner.open);
                outer.push(std::mem::replace(&mut level, inner));
                first = true;
            }
        }
    }

    /// Writes a value up to the document in it, if there is one.
    #[inline]
    fn scalar<'a>(&mut self, value: RawValue<'a>) -> Option<Level<'a>> {
        match value {
            RawValue::String(text) => self.text(text),
            RawValue::Int32(value) => self.int32(value),
            RawValue::Int64(value) => self.int64(value),
            RawValue::Double(value) => self.double(value),
            RawValue::Boolean(true) => self.raw(b"true"),
            RawValue::Boolean(false) => self.raw(b"false"),
            RawValue::Null => self.raw(b"null"),
            RawValue::ObjectId(id) => self.object_id(id),
            RawValue::DateTime(ms) => self.date(ms),
            RawValue::Document(document) => return Some(Level::document(document)),
            RawValue::Array(array) => return Some(Level::array(array)),
            RawValue::Binary { subtype, bytes } => self.binary(subtype, bytes),
            RawValue::Decimal128(value) => {
                self.raw(format!("{{\"$numberDecimal\":\"{value}\"}}").as_bytes());
            }
            RawValue::Timestamp { time, increment } => self.timestamp(time, increment),
            RawValue::Regex { pattern, options } => self.regex(pattern, options),
            RawValue::DbPointer { namespace, id } => self.db_pointer(namespace, id),
            RawValue::JavaScript(code) => self.wrapped_text(b"{\"$code\":", code),
            RawValue::Symbol(text) => self.wrapped_text(b"{\"$symbol\":", text),
            RawValue::JavaScriptWithScope { code, scope } => {
                self.raw(b"{\"$code\":");
                self.text(code);
                self.raw(b",\"$scope\":");
                return Some(Level::scope(scope));
            }
            RawValue::Undefined => self.raw(b"{\"$undefined\":true}"),
            RawValue::MinKey => self.raw(b"{\"$minKey\":1}"),
            RawValue::MaxKey => self.raw(b"{\"$maxKey\":1}"),
        }
        None
    }

    #[inline]
    fn raw(&mut self, text: &[u8]) {
        self.out.extend_from_slice(text);
    }

    /// Writes a string literal.
    #[inline]
    fn text(&mut self, text: Text<'_>) {
        self.out.push(b'"');
        let mut rest = text.as_bytes();
        loop {
            let (plain, special) = rest.split_at(scan::plain(rest).len);
            self.out.extend_from_slice(plain);
            let Some((&byte, after)) = special.split_first() else {
                break;
            };
            self.escape(byte);
            rest = after;
        }
        self.out.push(b'"');
    }

    fn escape(&mut self, byte: u8) {
        let short = match byte {
            b'"' | b'\\' => byte,
            0x08 => b'b',
            0x0c => b'f',
            b'\n' => b'n',
            b'\r' => b'r',
            b'\t' => b't',
            _ => {
                let digit = |value: u8| b"0123456789abcdef"[usize::from(value & 15)];
                self.raw(&[b'\\', b'u', b'0', b'0', digit(byte >> 4), digit(byte)]);
                return;
            }
        };
        self.raw(&[b'\\', short]);
    }

    fn wrapped_text(&mut self, open: &[u8], text: Text<'_>) {
        self.raw(open);
        self.text(text);
        self.raw(b"}");
    }

    fn int32(&mut self, value: i32) {
        match self.mode {
            Mode::Relaxed => write_integer(value.into(), self.out),
            Mode::Canonical => self.wrapped_integer(b"{\"$numberInt\":\"", value.into()),
        }
    }

    fn int64(&mut self, value: i64) {
        match self.mode {
            Mode::Relaxed => write_integer(value, self.out),
            Mode::Canonical => self.wrapped_integer(b"{\"$numberLong\":\"", value),
        }
    }

    fn wrapped_integer(&mut self, open: &[u8], value: i64) {
        self.raw(open);
        write_integer(value, self.out);
        self.raw(b"\"}");
    }

    fn double(&mut self, value: f64) {
        if self.mode == Mode::Relaxed && value.is_finite() {
            return write_finite(value, self.out);
        }
        self.raw(b"{\"$numberDouble\":\"");
        if value.is_nan() {
            self.raw(b"NaN");
        } else if value.is_infinite() {
            self.raw(if value < 0.0 {
                b"-Infinity"
            } else {
                b"Infinity"
            });
        } else {
            write_finite(value, self.out);
        }
        self.raw(b"\"}");
    }

    fn object_id(&mut self, id: ObjectId) {
        const TEMPLATE: [u8; 35] = *b"{\"$oid\":\"000000000000000000000000\"}";
        let mut text = TEMPLATE;
        text[9..33].copy_from_slice(&id.to_hex());
        self.raw(&text);
    }

    fn date(&mut self, ms: i64) {
        let start = self.out.len();
        if self.mode == Mode::Relaxed {
            self.raw(b"{\"$date\":\"");
            if date::write(ms, self.out) {
                return self.raw(b"\"}");
            }
            self.out.truncate(start);
        }
        self.wrapped_integer(b"{\"$date\":{\"$numberLong\":\"", ms);
        self.raw(b"}");
    }

    fn timestamp(&mut self, time: u32, increment: u32) {
        self.raw(b"{\"$timestamp\":{\"t\":");
        write_integer(time.into(), self.out);
        self.raw(b",\"i\":");
        write_integer(increment.into(), self.out);
        self.raw(b"}}");
    }

    fn regex(&mut self, pattern: Text<'_>, options: Text<'_>) {
        let mut sorted = options.as_bytes().to_vec();
        // Sorting bytes would tear other characters apart; real options are all ASCII.
        if sorted.is_ascii() {
            sorted.sort_unstable();
        }
        self.raw(b"{\"$regularExpression\":{\"pattern\":");
        self.text(pattern);
        self.raw(b",\"options\":");
        self.text(Text::from_bytes(&sorted));
        self.raw(b"}}");
    }

    fn db_pointer(&mut self, namespace: Text<'_>, id: ObjectId) {
        self.raw(b"{\"$dbPointer\":{\"$ref\":");
        self.text(namespace);
        self.raw(b",\"$id\":");
        self.object_id(id);
        self.raw(b"}}");
    }

    fn binary(&mut self, subtype: u8, bytes: &[u8]) {
        self.raw(b"{\"$binary\":{\"base64\":\"");
        base64::encode(bytes, self.out);
        self.raw(format!("\",\"subType\":\"{subtype:02x}\"}}}}").as_bytes());
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
