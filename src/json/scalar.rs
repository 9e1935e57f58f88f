//! Single values as Extended JSON: every type that is not a document or an array.

use super::number::{write_finite, write_integer};
use super::write::Mode;
use super::{date, scan};
use crate::bson::{ObjectId, RawValue, Text, base64};

/// Appends values to a text.
pub(super) struct Scalar<'o> {
    pub(super) out: &'o mut Vec<u8>,
    pub(super) mode: Mode,
}

impl Scalar<'_> {
    /// Writes a value; of code with a scope only what comes before the scope, of a document or array nothing.
    pub(super) fn value(&mut self, value: RawValue<'_>) {
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
            RawValue::Document(_) | RawValue::Array(_) => {}
            RawValue::Binary { subtype, bytes } => self.binary(subtype, bytes),
            RawValue::Decimal128(value) => {
                self.raw(format!("{{\"$numberDecimal\":\"{value}\"}}").as_bytes());
            }
            RawValue::Timestamp { time, increment } => self.timestamp(time, increment),
            RawValue::Regex { pattern, options } => self.regex(pattern, options),
            RawValue::DbPointer { namespace, id } => self.db_pointer(namespace, id),
            RawValue::JavaScript(code) => self.wrapped_text(b"{\"$code\":", code),
            RawValue::Symbol(text) => self.wrapped_text(b"{\"$symbol\":", text),
            RawValue::JavaScriptWithScope { code, .. } => {
                self.raw(b"{\"$code\":");
                self.text(code);
                self.raw(b",\"$scope\":");
            }
            RawValue::Undefined => self.raw(b"{\"$undefined\":true}"),
            RawValue::MinKey => self.raw(b"{\"$minKey\":1}"),
            RawValue::MaxKey => self.raw(b"{\"$maxKey\":1}"),
        }
    }

    #[inline]
    fn raw(&mut self, text: &[u8]) {
        self.out.extend_from_slice(text);
    }

    /// Writes a string literal.
    pub(super) fn text(&mut self, text: Text<'_>) {
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
            Mode::Canonical => self.wrapped_integer(b"{\"$numberInt\":\"", value.into()),
            Mode::Relaxed | Mode::JavaScript => write_integer(value.into(), self.out),
        }
    }

    fn int64(&mut self, value: i64) {
        if self.mode.long_is_bare(value) {
            write_integer(value, self.out);
        } else {
            self.wrapped_integer(b"{\"$numberLong\":\"", value);
        }
    }

    fn wrapped_integer(&mut self, open: &[u8], value: i64) {
        self.raw(open);
        write_integer(value, self.out);
        self.raw(b"\"}");
    }

    fn double(&mut self, value: f64) {
        if self.mode != Mode::Canonical && value.is_finite() {
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
        if self.mode != Mode::Canonical {
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
