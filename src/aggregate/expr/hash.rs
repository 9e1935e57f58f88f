//! `$toHashedIndexKey`: the hash that MongoDB's hashed indexes and hashed sharding use
//! ([manual](https://www.mongodb.com/docs/manual/reference/operator/aggregation/toHashedIndexKey/)).
//!
//! It is the beginning of an MD5 over a seed of zero, the place of the value's type in the comparison order,
//! and its bytes; numbers count as longs, documents and arrays as all of their fields, with names.

use super::{Computed, Entry};
use crate::bson::number::Number;
use crate::bson::{RawDoc, RawValue};

pub(super) const OPERATORS: &[Entry] = &[Entry::special(
    "$toHashedIndexKey",
    |compiler, name, operand| {
        // The operand is one value, an array too.
        let operand = compiler.operand(operand)?;
        let function: super::Function = |_, values, _| Ok(Some(RawValue::Int64(hash(values[0]))));
        Ok(compiler.call(name, function, vec![operand]))
    },
)];

/// The hash of a value; missing counts as null.
fn hash(value: Computed<'_>) -> i64 {
    let mut hasher = md5::Context::new();
    hasher.consume([0; 4]);
    add(&mut hasher, value.unwrap_or(RawValue::Null), None);
    let md5::Digest(digest) = hasher.finalize();
    let [a, b, c, d, e, f, g, h, ..] = digest;
    i64::from_le_bytes([a, b, c, d, e, f, g, h])
}

fn add(hasher: &mut md5::Context, value: RawValue<'_>, name: Option<&[u8]>) {
    hasher.consume(type_place(value).to_le_bytes());
    if let Some(name) = name {
        hasher.consume(name);
        hasher.consume([0]);
    }
    match value {
        RawValue::Document(document) | RawValue::Array(document) => add_fields(hasher, document),
        RawValue::JavaScriptWithScope { code, scope } => {
            hasher.consume(code.as_bytes());
            hasher.consume([0]);
            add_fields(hasher, scope);
        }
        value => match Number::from_raw(value) {
            Some(number) => hasher.consume(as_long(number).to_le_bytes()),
            None => {
                let mut bytes = Vec::new();
                value.write_to(&mut bytes);
                hasher.consume(bytes);
            }
        },
    }
}

/// Documents are no deeper than a stored one, or one that an expression of limited depth computed.
fn add_fields(hasher: &mut md5::Context, document: RawDoc<'_>) {
    for (name, value) in document {
        add(hasher, value, Some(name.as_bytes()));
    }
    // The end of a document counts as an element of type 0 without a name.
    hasher.consume(0i32.to_le_bytes());
}

/// The type's place as the server numbers it, which for two types is not that of the order.
fn type_place(value: RawValue<'_>) -> i32 {
    match value {
        RawValue::MinKey => -1,
        RawValue::Undefined => 0,
        value => crate::bson::compare::canonical_type(value).into(),
    }
}

/// A number without its fraction, the nearest long if it lies beyond them, NaN as 0. 2^63 itself is the
/// lowest, as it was on the processors the hash was first made on.
fn as_long(number: Number) -> i64 {
    const TWO_POW_63: f64 = 9_223_372_036_854_775_808.0;
    match number {
        Number::Int32(number) => number.into(),
        Number::Int64(number) => number,
        Number::Double(number) if number == TWO_POW_63 => i64::MIN,
        Number::Double(number) => number as i64,
        Number::Decimal128(number) => {
            let exact = number.to_i64_rounded(crate::bson::Rounding::TowardZero);
            exact.unwrap_or_else(|| number.to_f64() as i64)
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::aggregate::expr::tests::check;

    /// The first is the manual's, the second is known from hashed sharding.
    #[test]
    fn hashes_are_the_servers() {
        let one = r#"{"$numberLong": "5902408780260971510"}"#;
        let null = r#"{"$numberLong": "2338878944348059895"}"#;
        check(
            r#"{"s": "string to hash", "n": null}"#,
            &[
                (
                    r#"{"$toHashedIndexKey": "$s"}"#,
                    r#"{"$numberLong": "763543691661428748"}"#,
                ),
                (r#"{"$toHashedIndexKey": 1}"#, one),
                (r#"{"$toHashedIndexKey": 1.9}"#, one),
                (r#"{"$toHashedIndexKey": {"$numberLong": "1"}}"#, one),
                (r#"{"$toHashedIndexKey": {"$numberDecimal": "1.5"}}"#, one),
                (r#"{"$toHashedIndexKey": "$n"}"#, null),
                (r#"{"$toHashedIndexKey": "$none"}"#, null),
            ],
        );
        check(
            "{}",
            &[
                (
                    r#"{"$eq": [{"$toHashedIndexKey": [[1]]}, {"$toHashedIndexKey": [[1.5]]}]}"#,
                    "true",
                ),
                (
                    r#"{"$eq": [{"$toHashedIndexKey": {"a": 1}}, {"$toHashedIndexKey": {"b": 1}}]}"#,
                    "false",
                ),
            ],
        );
    }
}
