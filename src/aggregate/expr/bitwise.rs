//! `$bitAnd`, `$bitOr`, `$bitXor`, `$bitNot` over ints and longs
//! ([manual](https://www.mongodb.com/docs/manual/reference/operator/aggregation/bitAnd/)).

use super::{Computed, Entry, is_nullish, refuse, type_name};
use crate::bson::RawValue;
use crate::error::{Code, Error, Result};

pub(super) const OPERATORS: &[Entry] = &[
    Entry::variadic("$bitAnd", |name, values, _| {
        fold(name, values, -1, |a, b| a & b)
    }),
    Entry::variadic("$bitOr", |name, values, _| {
        fold(name, values, 0, |a, b| a | b)
    }),
    Entry::variadic("$bitXor", |name, values, _| {
        fold(name, values, 0, |a, b| a ^ b)
    }),
    Entry::fixed("$bitNot", 1, |name, values, _| match values[0] {
        Some(RawValue::Int32(bits)) => Ok(Some(RawValue::Int32(!bits))),
        Some(RawValue::Int64(bits)) => Ok(Some(RawValue::Int64(!bits))),
        value if is_nullish(value) => Ok(Some(RawValue::Null)),
        Some(RawValue::Double(_) | RawValue::Decimal128(_)) => {
            let found = type_name(values[0]);
            let message = format!("{name} only supports int and long, not: {found}.");
            Err(Error::query(Code::TYPE_MISMATCH, message))
        }
        value => {
            let found = type_name(value);
            refuse(
                28765,
                format!("{name} only supports numeric types, not {found}"),
            )
        }
    }),
];

/// Ints make an int; one long makes a long, and ints are widened with their sign.
fn fold<'a>(
    name: &str,
    values: &[Computed<'a>],
    neutral: i64,
    of: fn(i64, i64) -> i64,
) -> Result<Computed<'a>> {
    let (mut bits, mut long) = (neutral, false);
    for value in values {
        let operand = match value {
            Some(RawValue::Int32(operand)) => i64::from(*operand),
            Some(RawValue::Int64(operand)) => {
                long = true;
                *operand
            }
            value if is_nullish(*value) => return Ok(Some(RawValue::Null)),
            value => {
                let found = type_name(*value);
                let message = format!("{name} only supports int and long operands, not {found}.");
                return Err(Error::query(Code::TYPE_MISMATCH, message));
            }
        };
        bits = of(bits, operand);
    }
    Ok(Some(if long {
        RawValue::Int64(bits)
    } else {
        // Of ints widened with their sign, and so the sign of an int.
        RawValue::Int32(bits as i32)
    }))
}

#[cfg(test)]
mod tests {
    use crate::aggregate::expr::tests::{check, check_refused};

    #[test]
    fn bits() {
        let document = r#"{"i": 12, "m": -1, "l": {"$numberLong": "8589934595"}, "n": null}"#;
        check(
            document,
            &[
                (r#"{"$bitAnd": ["$i", 10]}"#, "8"),
                (r#"{"$bitOr": ["$i", 3]}"#, "15"),
                (r#"{"$bitXor": ["$i", "$m"]}"#, "-13"),
                (
                    r#"{"$bitAnd": ["$l", "$m"]}"#,
                    r#"{"$numberLong": "8589934595"}"#,
                ),
                (r#"{"$bitAnd": ["$l", 1]}"#, r#"{"$numberLong": "1"}"#),
                (
                    r#"{"$bitOr": ["$l", {"$numberLong": "-1"}]}"#,
                    r#"{"$numberLong": "-1"}"#,
                ),
                (r#"{"$bitAnd": []}"#, "-1"),
                (r#"{"$bitOr": []}"#, "0"),
                (r#"{"$bitXor": []}"#, "0"),
                (r#"{"$bitAnd": "$i"}"#, "12"),
                (r#"{"$bitAnd": ["$i", "$n"]}"#, "null"),
                (r#"{"$bitXor": ["$none", "text"]}"#, "null"),
                (r#"{"$bitNot": "$i"}"#, "-13"),
                (r#"{"$bitNot": "$l"}"#, r#"{"$numberLong": "-8589934596"}"#),
                (r#"{"$bitNot": "$n"}"#, "null"),
            ],
        );
        check_refused(
            document,
            &[
                (
                    r#"{"$bitAnd": ["$i", 1.0]}"#,
                    14,
                    "$bitAnd only supports int and long operands, not double",
                ),
                (r#"{"$bitOr": [{"$numberDecimal": "1"}]}"#, 14, "decimal"),
                (r#"{"$bitXor": "a"}"#, 14, "string"),
                (r#"{"$bitNot": 1.5}"#, 14, "double"),
                (r#"{"$bitNot": "a"}"#, 28765, "string"),
                (r#"{"$bitNot": [1, 2]}"#, 16020, "$bitNot"),
            ],
        );
    }
}
