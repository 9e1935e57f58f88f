//! `$tsSecond` and `$tsIncrement`: the two parts of a timestamp
//! ([manual](https://www.mongodb.com/docs/manual/reference/operator/aggregation/tsSecond/)).

use super::{Computed, Entry, is_nullish, refuse, type_name};
use crate::bson::RawValue;
use crate::error::Result;

pub(super) const OPERATORS: &[Entry] = &[
    Entry::fixed("$tsSecond", 1, |name, values, _| {
        part(name, values[0], 5687301, |time, _| time)
    }),
    Entry::fixed("$tsIncrement", 1, |name, values, _| {
        part(name, values[0], 5687302, |_, increment| increment)
    }),
];

fn part<'a>(
    name: &str,
    value: Computed<'a>,
    code: i32,
    of: fn(u32, u32) -> u32,
) -> Result<Computed<'a>> {
    match value {
        Some(RawValue::Timestamp { time, increment }) => {
            Ok(Some(RawValue::Int64(of(time, increment).into())))
        }
        value if is_nullish(value) => Ok(Some(RawValue::Null)),
        value => {
            let found = type_name(value);
            refuse(
                code,
                format!("Argument to {name} must be a timestamp, but is {found}"),
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::aggregate::expr::tests::{check, check_refused};

    #[test]
    fn parts_of_timestamps() {
        let document = r#"{"t": {"$timestamp": {"t": 4294967295, "i": 7}}, "n": null, "d": {"$date": "2024-01-01T00:00:00Z"}}"#;
        check(
            document,
            &[
                (r#"{"$tsSecond": "$t"}"#, r#"{"$numberLong": "4294967295"}"#),
                (r#"{"$tsIncrement": "$t"}"#, r#"{"$numberLong": "7"}"#),
                (r#"{"$tsSecond": "$n"}"#, "null"),
                (r#"{"$tsIncrement": "$none"}"#, "null"),
            ],
        );
        check_refused(
            document,
            &[
                (
                    r#"{"$tsSecond": "$d"}"#,
                    5687301,
                    "$tsSecond must be a timestamp, but is date",
                ),
                (r#"{"$tsIncrement": 5}"#, 5687302, "int"),
            ],
        );
    }
}
