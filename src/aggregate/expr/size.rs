//! `$binarySize` and `$bsonSize`: how many bytes a value has.

use super::{Entry, int, is_nullish, refuse, type_name};
use crate::bson::RawValue;

pub(super) const OPERATORS: &[Entry] = &[
    Entry::fixed("$binarySize", 1, |name, values, _| match values[0] {
        Some(RawValue::String(text)) => Ok(Some(int(text.len() as i64))),
        Some(RawValue::Binary { bytes, .. }) => Ok(Some(int(bytes.len() as i64))),
        value if is_nullish(value) => Ok(Some(RawValue::Null)),
        value => {
            let found = type_name(value);
            let message = format!("{name} requires a string or BinData argument, found: {found}");
            refuse(51276, message)
        }
    }),
    Entry::fixed("$bsonSize", 1, |name, values, _| match values[0] {
        Some(RawValue::Document(document)) => Ok(Some(int(document.as_bytes().len() as i64))),
        value if is_nullish(value) => Ok(Some(RawValue::Null)),
        value => {
            let found = type_name(value);
            refuse(
                31393,
                format!("{name} requires a document input, found: {found}"),
            )
        }
    }),
];

#[cfg(test)]
mod tests {
    use crate::aggregate::expr::tests::{check, check_refused};

    #[test]
    fn sizes() {
        let document = r#"{"s": "é€", "b": {"$binary": {"base64": "AAEC", "subType": "00"}}, "n": null,
            "old": {"$binary": {"base64": "AAEC", "subType": "02"}}, "o": {"a": 1}}"#;
        check(
            document,
            &[
                (r#"{"$binarySize": "$s"}"#, "5"),
                (r#"{"$binarySize": "$b"}"#, "3"),
                (r#"{"$binarySize": "$old"}"#, "3"),
                (r#"{"$binarySize": "$n"}"#, "null"),
                (r#"{"$bsonSize": "$o"}"#, "12"),
                (r#"{"$bsonSize": {}}"#, "5"),
                (r#"{"$bsonSize": "$none"}"#, "null"),
            ],
        );
        check_refused(
            document,
            &[
                (r#"{"$binarySize": "$o"}"#, 51276, "found: object"),
                (r#"{"$bsonSize": "$s"}"#, 31393, "found: string"),
                (r#"{"$bsonSize": [[1]]}"#, 31393, "array"),
            ],
        );
    }
}
