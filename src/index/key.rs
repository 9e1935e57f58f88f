//! Index keys: BSON values as bytes that `memcmp` orders as MongoDB orders the values.
//!
//! A value is a type byte in comparison order and a payload that ends itself, so no key is a
//! prefix of another and the components of a compound key just follow each other. A descending
//! component has every byte inverted. Equal values of different types (the int 1, the double 1.0,
//! the decimal 1.00; a string and a symbol) have equal keys.
//!
//! Keys of unlimited length do not fit a page. A key that reaches its limit is cut to exactly the
//! limit: its beginning and a hash of the rest. So a cut key is known by its length, equality
//! still works, and order holds up to the cut.

use std::hash::Hasher;

use siphasher::sip128::{Hasher128, SipHasher24};

use super::number;
use crate::bson::{MAX_DEPTH, RawDoc, RawValue};

/// Keys of the primary tree are cut to this length.
pub const MAX_ID_KEY: usize = 512;
/// Keys of an index, all components together, are cut to this length.
pub const MAX_INDEX_KEY: usize = 1024;

const HASH_LEN: usize = 16;
/// Part of the file format: another hash key would orphan every cut key.
const HASH_KEY: (u64, u64) = (0x6972_6f6e_6261_7365, 0x6b65_795f_6861_7368);

const MIN_KEY: u8 = 0x08;
const UNDEFINED: u8 = 0x10;
const NULL: u8 = 0x18;
const NUMBER: u8 = number::NAN;
const STRING: u8 = 0x30;
const DOCUMENT: u8 = 0x38;
const ARRAY: u8 = 0x40;
const BINARY: u8 = 0x48;
const OBJECT_ID: u8 = 0x50;
const BOOLEAN: u8 = 0x58;
const DATE_TIME: u8 = 0x60;
const TIMESTAMP: u8 = 0x68;
const REGEX: u8 = 0x70;
const DB_POINTER: u8 = 0x78;
const JAVASCRIPT: u8 = 0x80;
const JAVASCRIPT_WITH_SCOPE: u8 = 0x88;
const MAX_KEY: u8 = 0xf0;

/// Ends text, documents and arrays. Below every type byte and every byte of escaped text.
const END: u8 = 0x00;

/// The first byte string of all, and one after all keys.
pub const LOWEST: &[u8] = &[0x01];
/// See [`LOWEST`].
pub const HIGHEST: &[u8] = &[0xff];

/// Appends the key component of `value`.
pub fn encode_value(out: &mut Vec<u8>, value: RawValue<'_>, descending: bool) {
    let start = out.len();
    encode(out, value, 0);
    if descending {
        invert(&mut out[start..]);
    }
}

/// The key of a document in its collection's primary tree.
pub fn encode_id(id: RawValue<'_>) -> Vec<u8> {
    let mut key = Vec::with_capacity(16);
    encode_value(&mut key, id, false);
    cut(&mut key, MAX_ID_KEY);
    key
}

/// Cuts a key that reaches `limit`; says whether it did.
pub fn cut(key: &mut Vec<u8>, limit: usize) -> bool {
    if key.len() < limit {
        return false;
    }
    let mut hasher = SipHasher24::new_with_keys(HASH_KEY.0, HASH_KEY.1);
    hasher.write(&key[limit - HASH_LEN..]);
    key.truncate(limit - HASH_LEN);
    key.extend_from_slice(&hasher.finish128().as_bytes());
    true
}

/// Whether a key was cut: keys that were not are shorter.
pub fn is_cut(key: &[u8], limit: usize) -> bool {
    key.len() >= limit
}

/// The part of a range bound that is comparable with cut keys, which have a hash behind it.
pub fn comparable_prefix(bound: &[u8], limit: usize) -> &[u8] {
    &bound[..bound.len().min(limit - HASH_LEN)]
}

/// The least byte string above every one that starts with `prefix`.
pub fn after_prefix(prefix: &[u8]) -> Vec<u8> {
    let mut after = prefix.to_vec();
    while let Some(last) = after.pop() {
        if last < u8::MAX {
            after.push(last + 1);
            return after;
        }
    }
    HIGHEST.to_vec()
}

/// Turns the bytes of an ascending component into those of a descending one.
pub fn invert(component: &mut [u8]) {
    component.iter_mut().for_each(|byte| *byte = !*byte);
}

/// The half-open range of ascending keys that hold the values a range operator with operand
/// `value` can match: those of its type. NaN is outside the numbers' range.
pub fn type_bracket(value: RawValue<'_>) -> (Vec<u8>, Vec<u8>) {
    if value.is_number() {
        return (vec![number::NEGATIVE_INFINITY], vec![number::POSITIVE_INFINITY + 1]);
    }
    let kind = type_byte(value);
    (vec![kind], vec![kind + 1])
}

/// Appends what the keys of all strings that start with `prefix` start with.
pub fn encode_string_prefix(out: &mut Vec<u8>, prefix: &[u8]) {
    out.push(STRING);
    escape(out, prefix);
}

fn type_byte(value: RawValue<'_>) -> u8 {
    match value {
        RawValue::MinKey => MIN_KEY,
        RawValue::Undefined => UNDEFINED,
        RawValue::Null => NULL,
        RawValue::Int32(_)
        | RawValue::Int64(_)
        | RawValue::Double(_)
        | RawValue::Decimal128(_) => NUMBER,
        RawValue::String(_) | RawValue::Symbol(_) => STRING,
        RawValue::Document(_) => DOCUMENT,
        RawValue::Array(_) => ARRAY,
        RawValue::Binary { .. } => BINARY,
        RawValue::ObjectId(_) => OBJECT_ID,
        RawValue::Boolean(_) => BOOLEAN,
        RawValue::DateTime(_) => DATE_TIME,
        RawValue::Timestamp { .. } => TIMESTAMP,
        RawValue::Regex { .. } => REGEX,
        RawValue::DbPointer { .. } => DB_POINTER,
        RawValue::JavaScript(_) => JAVASCRIPT,
        RawValue::JavaScriptWithScope { .. } => JAVASCRIPT_WITH_SCOPE,
        RawValue::MaxKey => MAX_KEY,
    }
}

fn encode(out: &mut Vec<u8>, value: RawValue<'_>, depth: usize) {
    match value {
        RawValue::Int32(value) => return number::encode_i64(out, value.into()),
        RawValue::Int64(value) => return number::encode_i64(out, value),
        RawValue::Double(value) => return number::encode_f64(out, value),
        RawValue::Decimal128(value) => return number::encode_decimal(out, value),
        _ => out.push(type_byte(value)),
    }
    match value {
        RawValue::String(text) | RawValue::Symbol(text) | RawValue::JavaScript(text) => {
            encode_text(out, text.as_bytes());
        }
        RawValue::Document(document) => encode_document(out, document, depth),
        RawValue::Array(array) => encode_array(out, array, depth),
        RawValue::Binary { subtype, bytes } => {
            out.extend_from_slice(&(bytes.len() as u32).to_be_bytes());
            out.push(subtype);
            out.extend_from_slice(bytes);
        }
        RawValue::ObjectId(id) => out.extend_from_slice(&id.0),
        RawValue::Boolean(value) => out.push(value.into()),
        // The sign bit flipped: two's complement in unsigned order.
        RawValue::DateTime(ms) => out.extend_from_slice(&(ms ^ i64::MIN).to_be_bytes()),
        RawValue::Timestamp { time, increment } => {
            out.extend_from_slice(&time.to_be_bytes());
            out.extend_from_slice(&increment.to_be_bytes());
        }
        RawValue::Regex { pattern, options } => {
            encode_text(out, pattern.as_bytes());
            encode_text(out, options.as_bytes());
        }
        RawValue::DbPointer { namespace, id } => {
            out.extend_from_slice(&(namespace.len() as u32).to_be_bytes());
            out.extend_from_slice(namespace.as_bytes());
            out.extend_from_slice(&id.0);
        }
        RawValue::JavaScriptWithScope { code, scope } => {
            encode_text(out, code.as_bytes());
            encode_document(out, scope, depth);
        }
        _ => {}
    }
}

/// Fields compare by type, then by name, then by value: hence the type byte before the name.
fn encode_document(out: &mut Vec<u8>, document: RawDoc<'_>, depth: usize) {
    if depth < MAX_DEPTH {
        for (name, value) in document {
            out.push(type_byte(value));
            out.extend_from_slice(name.as_bytes());
            out.push(END);
            encode(out, value, depth + 1);
        }
    }
    out.push(END);
}

fn encode_array(out: &mut Vec<u8>, array: RawDoc<'_>, depth: usize) {
    if depth < MAX_DEPTH {
        for (_, value) in array {
            encode(out, value, depth + 1);
        }
    }
    out.push(END);
}

fn encode_text(out: &mut Vec<u8>, text: &[u8]) {
    escape(out, text);
    out.push(END);
}

/// Keeps [`END`] out of text: 0x00 becomes 0x01 0x01, and 0x01 becomes 0x01 0x02.
fn escape(out: &mut Vec<u8>, text: &[u8]) {
    let mut rest = text;
    while let Some(at) = memchr::memchr2(0x00, 0x01, rest) {
        out.extend_from_slice(&rest[..at]);
        out.extend_from_slice(&[0x01, rest[at] + 1]);
        rest = &rest[at + 1..];
    }
    out.extend_from_slice(rest);
}
