//! `$type` and `$isNumber`.

use super::{Entry, type_name};
use crate::bson::RawValue;

pub(super) const OPERATORS: &[Entry] = &[
    Entry::fixed("$type", 1, |_, values, _| {
        Ok(Some(type_name(values[0]).into()))
    }),
    Entry::fixed("$isNumber", 1, |_, values, _| {
        let is_number = values[0].is_some_and(|value| value.is_number());
        Ok(Some(RawValue::Boolean(is_number)))
    }),
];

#[cfg(test)]
mod tests {
    use crate::aggregate::expr::tests::{check, check_refused};

    #[test]
    fn types() {
        let document = r#"{"i": 1, "l": {"$numberLong": "1"}, "d": 1.5, "dec": {"$numberDecimal": "1"}, "s": "a", "n": null,
            "u": {"$undefined": true}, "a": [], "o": {}, "k": {"$minKey": 1}, "r": {"$regularExpression": {"pattern": "a", "options": ""}}}"#;
        check(
            document,
            &[
                (r#"{"$type": "$i"}"#, r#""int""#),
                (r#"{"$type": "$l"}"#, r#""long""#),
                (r#"{"$type": "$d"}"#, r#""double""#),
                (r#"{"$type": "$dec"}"#, r#""decimal""#),
                (r#"{"$type": "$n"}"#, r#""null""#),
                (r#"{"$type": "$u"}"#, r#""undefined""#),
                (r#"{"$type": "$none"}"#, r#""missing""#),
                (r#"{"$type": ["$a"]}"#, r#""array""#),
                (r#"{"$type": [[1]]}"#, r#""array""#),
                (r#"{"$type": "$k"}"#, r#""minKey""#),
                (r#"{"$type": "$r"}"#, r#""regex""#),
                (r#"{"$isNumber": "$i"}"#, "true"),
                (r#"{"$isNumber": "$dec"}"#, "true"),
                (r#"{"$isNumber": "$s"}"#, "false"),
                (r#"{"$isNumber": "$n"}"#, "false"),
                (r#"{"$isNumber": "$none"}"#, "false"),
            ],
        );
        check_refused(
            document,
            &[(
                r#"{"$type": [1, 2]}"#,
                16020,
                "$type takes exactly 1 arguments",
            )],
        );
    }
}
