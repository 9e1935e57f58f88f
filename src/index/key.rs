//! Index keys: BSON values as bytes that `memcmp` orders as MongoDB orders the values.
//!
//! A value is a type byte in comparison order and a payload that ends itself, so no key is a
//! prefix of another and the components of a compound key just follow each other. A descending
//! component has every byte inverted. Equal values of different types (the int 1, the double 1.0,
//! the decimal 1.00; a string and a symbol) have equal keys.
//!
//! Under a collation a string's payload is the key that the collation gives it.
//!
//! Keys of unlimited length do not fit a page. A key that reaches its limit is cut to exactly the
//! limit: its beginning and a hash of the rest. So a cut key is known by its length, equality
//! still works, and order holds up to the cut.

use std::hash::Hasher;

use siphasher::sip128::{Hasher128, SipHasher24};

use super::number;
use crate::bson::{Collation, ElementType, MAX_DEPTH, RawDoc, RawValue};

/// Keys of the primary tree are cut to this length. Both limits together are what a tree of the smallest pages takes.
pub const MAX_ID_KEY: usize = 256;
/// Keys of an index, all components together, are cut to this length.
pub const MAX_INDEX_KEY: usize = 512;

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
pub fn encode_value(
    out: &mut Vec<u8>,
    value: RawValue<'_>,
    descending: bool,
    collation: Option<&Collation>,
) {
    let start = out.len();
    encode(out, value, collation, 0);
    if descending {
        invert(&mut out[start..]);
    }
}

/// The key of a document in its collection's primary tree; the collation is the collection's own.
pub fn encode_id(id: RawValue<'_>, collation: Option<&Collation>) -> Vec<u8> {
    let mut key = Vec::with_capacity(16);
    encode_value(&mut key, id, false, collation);
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
        return (
            vec![number::NEGATIVE_INFINITY],
            vec![number::POSITIVE_INFINITY + 1],
        );
    }
    let kind = type_byte(value.element_type());
    (vec![kind], vec![kind + 1])
}

/// The half-open range of ascending keys of a type's values; types of one order share it.
pub fn type_range(kind: ElementType) -> (Vec<u8>, Vec<u8>) {
    match type_byte(kind) {
        NUMBER => (vec![NUMBER], vec![number::POSITIVE_INFINITY + 1]),
        other => (vec![other], vec![other + 1]),
    }
}

/// Appends what the keys of all strings that start with `prefix` start with.
pub fn encode_string_prefix(out: &mut Vec<u8>, prefix: &[u8]) {
    out.push(STRING);
    escape(out, prefix);
}

fn type_byte(kind: ElementType) -> u8 {
    match kind {
        ElementType::MinKey => MIN_KEY,
        ElementType::Undefined => UNDEFINED,
        ElementType::Null => NULL,
        ElementType::Int32 | ElementType::Int64 | ElementType::Double | ElementType::Decimal128 => {
            NUMBER
        }
        ElementType::String | ElementType::Symbol => STRING,
        ElementType::Document => DOCUMENT,
        ElementType::Array => ARRAY,
        ElementType::Binary => BINARY,
        ElementType::ObjectId => OBJECT_ID,
        ElementType::Boolean => BOOLEAN,
        ElementType::DateTime => DATE_TIME,
        ElementType::Timestamp => TIMESTAMP,
        ElementType::Regex => REGEX,
        ElementType::DbPointer => DB_POINTER,
        ElementType::JavaScript => JAVASCRIPT,
        ElementType::JavaScriptWithScope => JAVASCRIPT_WITH_SCOPE,
        ElementType::MaxKey => MAX_KEY,
    }
}

fn encode(out: &mut Vec<u8>, value: RawValue<'_>, collation: Option<&Collation>, depth: usize) {
    match value {
        RawValue::Int32(value) => return number::encode_i64(out, value.into()),
        RawValue::Int64(value) => return number::encode_i64(out, value),
        RawValue::Double(value) => return number::encode_f64(out, value),
        RawValue::Decimal128(value) => return number::encode_decimal(out, value),
        _ => out.push(type_byte(value.element_type())),
    }
    match value {
        RawValue::String(text) | RawValue::Symbol(text) => match collation {
            None => encode_text(out, text.as_bytes()),
            Some(collation) => {
                let mut key = Vec::with_capacity(2 * text.len() + 8);
                collation.write_key(text.as_bytes(), &mut key);
                encode_text(out, &key);
            }
        },
        RawValue::JavaScript(code) => encode_text(out, code.as_bytes()),
        RawValue::Document(document) => encode_document(out, document, collation, depth),
        RawValue::Array(array) => encode_array(out, array, collation, depth),
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
            encode_document(out, scope, collation, depth);
        }
        _ => {}
    }
}

/// Fields compare by type, then by name, then by value: hence the type byte before the name.
fn encode_document(
    out: &mut Vec<u8>,
    document: RawDoc<'_>,
    collation: Option<&Collation>,
    depth: usize,
) {
    if depth < MAX_DEPTH {
        for (name, value) in document {
            out.push(type_byte(value.element_type()));
            out.extend_from_slice(name.as_bytes());
            out.push(END);
            encode(out, value, collation, depth + 1);
        }
    }
    out.push(END);
}

fn encode_array(out: &mut Vec<u8>, array: RawDoc<'_>, collation: Option<&Collation>, depth: usize) {
    if depth < MAX_DEPTH {
        for (_, value) in array {
            encode(out, value, collation, depth + 1);
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

#[cfg(test)]
mod tests {
    use std::cmp::Ordering;

    use super::*;
    use crate::bson::compare::compare_values;
    use crate::bson::{Decimal128, Value};
    use crate::index::random::Random;

    fn key(value: &Value, descending: bool) -> Vec<u8> {
        let mut key = Vec::new();
        encode_value(&mut key, value.to_raw().as_raw(), descending, None);
        key
    }

    fn decimal(text: &str) -> Value {
        Value::Decimal128(Decimal128::parse(text).unwrap())
    }

    fn assert_ordered_as_values(a: &Value, b: &Value) {
        let expected = compare_values(a.to_raw().as_raw(), b.to_raw().as_raw());
        let (key_a, key_b) = (key(a, false), key(b, false));
        assert_eq!(
            key_a.cmp(&key_b),
            expected,
            "{a:?} {b:?}\n{key_a:x?}\n{key_b:x?}"
        );
        let descending = key(a, true).cmp(&key(b, true));
        assert_eq!(descending, expected.reverse(), "descending: {a:?} {b:?}");
        if expected != Ordering::Equal {
            assert!(
                !key_a.starts_with(&key_b) && !key_b.starts_with(&key_a),
                "{a:?} {b:?}"
            );
        }
    }

    #[test]
    fn keys_are_ordered_as_their_values() {
        let mut random = Random::new("keys_are_ordered_as_their_values");
        for _ in 0..Random::rounds(60_000) {
            let (a, b) = (random.value(3), random.value(3));
            assert_ordered_as_values(&a, &b);
        }
    }

    #[test]
    fn numbers_of_all_types_are_in_one_order() {
        let mut random = Random::new("numbers_of_all_types_are_in_one_order");
        for _ in 0..Random::rounds(20_000) {
            let (a, b) = (random.number(), random.number());
            assert_ordered_as_values(&a, &b);
        }
    }

    #[test]
    fn neighbouring_doubles_and_longs_are_told_apart() {
        let mut random = Random::new("neighbouring_doubles_and_longs_are_told_apart");
        for _ in 0..Random::rounds(20_000) {
            let double = f64::from_bits(random.bits());
            let next = f64::from_bits(double.to_bits().wrapping_add(1));
            assert_ordered_as_values(&Value::Double(double), &Value::Double(next));
            let long = random.bits() as i64 >> random.below(63);
            assert_ordered_as_values(&Value::Int64(long), &Value::Int64(long.wrapping_add(1)));
            assert_ordered_as_values(&Value::Int64(long), &Value::Double(long as f64));
        }
    }

    #[test]
    fn decimals_that_differ_in_the_last_of_34_digits_are_told_apart() {
        let cases = [
            (
                "1.000000000000000000000000000000000",
                "1.000000000000000000000000000000001",
            ),
            (
                "9.999999999999999999999999999999998",
                "9.999999999999999999999999999999999",
            ),
            (
                "9.999999999999999999999999999999998E-6000",
                "9.999999999999999999999999999999999E-6000",
            ),
            (
                "9.999999999999999999999999999999998E6000",
                "9.999999999999999999999999999999999E6000",
            ),
            ("1E-6176", "2E-6176"),
            (
                "1.797693134862315708145274237317043E308",
                "1.797693134862315708145274237317044E308",
            ),
        ];
        for (a, b) in cases {
            assert_eq!(
                key(&decimal(a), false).cmp(&key(&decimal(b), false)),
                Ordering::Less,
                "{a} {b}"
            );
        }
    }

    #[test]
    fn equal_numbers_of_different_types_share_a_key() {
        let cases = [
            (Value::Int32(1), Value::Double(1.0)),
            (Value::Int64(1), decimal("1.000")),
            (Value::Int32(0), Value::Double(-0.0)),
            (Value::Double(0.0), decimal("-0E+3")),
            (Value::Double(0.5), decimal("0.5")),
            (Value::Double(f64::NAN), decimal("NaN")),
            (Value::Double(f64::INFINITY), decimal("Infinity")),
            (
                Value::Double(9223372036854775808.0),
                decimal("9223372036854775808"),
            ),
            (Value::Int64(100), decimal("1E2")),
        ];
        for (a, b) in cases {
            assert_eq!(key(&a, false), key(&b, false), "{a:?} {b:?}");
        }
        assert_ne!(key(&Value::Double(0.1), false), key(&decimal("0.1"), false));
    }

    #[test]
    fn small_integers_have_short_keys() {
        for (value, len) in [
            (0, 1),
            (1, 3),
            (127, 3),
            (1000, 4),
            (1_000_000, 4),
            (1 << 40, 3),
        ] {
            assert!(key(&Value::Int64(value), false).len() <= len + 1, "{value}");
        }
    }

    #[test]
    fn long_keys_are_cut_to_the_limit_and_stay_distinct() {
        let long = |last: &str| Value::String("x".repeat(2000) + last);
        let (mut a, mut b) = (key(&long("a"), false), key(&long("b"), false));
        assert!(cut(&mut a, MAX_INDEX_KEY) && cut(&mut b, MAX_INDEX_KEY));
        assert_eq!((a.len(), b.len()), (MAX_INDEX_KEY, MAX_INDEX_KEY));
        assert!(a != b && is_cut(&a, MAX_INDEX_KEY));
        assert_eq!(
            encode_id(long("a").to_raw().as_raw(), None).len(),
            MAX_ID_KEY
        );
        let mut short = key(&Value::String("x".repeat(500)), false);
        assert!(!cut(&mut short, MAX_INDEX_KEY) && !is_cut(&short, MAX_INDEX_KEY));
    }

    #[test]
    fn the_hash_of_cut_keys_never_changes() {
        let key = encode_id(Value::String("x".repeat(600)).to_raw().as_raw(), None);
        assert_eq!(key[MAX_ID_KEY - HASH_LEN..], PINNED_HASH);
    }

    /// On disk in every database with such an `_id`.
    const PINNED_HASH: [u8; 16] = [
        252, 139, 115, 160, 45, 233, 248, 32, 28, 58, 197, 1, 103, 25, 19, 56,
    ];

    #[test]
    fn after_prefix_is_the_least_string_above_the_prefix() {
        let cases: [(&[u8], &[u8]); 3] = [(b"ab", b"ac"), (b"a\xff\xff", b"b"), (b"\xff", HIGHEST)];
        for (prefix, after) in cases {
            assert_eq!(after_prefix(prefix), after);
        }
    }
}
