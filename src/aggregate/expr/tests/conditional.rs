//! `$cond`, `$ifNull`, `$switch`.

use super::{check, check_refused};

#[test]
fn only_the_branch_taken_is_evaluated() {
    check(
        r#"{"a": 1, "z": 0, "n": null}"#,
        &[
            (
                r#"{"$cond": ["$a", "yes", {"$divide": [1, "$z"]}]}"#,
                r#""yes""#,
            ),
            (
                r#"{"$cond": [false, {"$divide": [1, 0]}, "no"]}"#,
                r#""no""#,
            ),
            (
                r#"{"$cond": {"if": "$z", "then": 1, "else": "$none"}}"#,
                "missing",
            ),
            (
                r#"{"$ifNull": ["$n", "$none", 5, {"$divide": [1, "$z"]}]}"#,
                "5",
            ),
            (r#"{"$ifNull": ["$n", "$none"]}"#, "missing"),
            (r#"{"$ifNull": ["$n", null]}"#, "null"),
            (r#"{"$ifNull": ["$z", 1]}"#, "0"),
            (
                r#"{"$switch": {"branches": [{"case": "$z", "then": 1}, {"case": "$a", "then": 2}]}}"#,
                "2",
            ),
            (
                r#"{"$switch": {"branches": [{"case": "$z", "then": 1}], "default": "d"}}"#,
                r#""d""#,
            ),
        ],
    );
}

#[test]
fn malformed_choices_are_refused() {
    check_refused(
        r#"{"z": 0}"#,
        &[
            (r#"{"$cond": [1, 2]}"#, 16020, "exactly 3"),
            (r#"{"$cond": {"then": 1, "else": 2}}"#, 17080, "'if'"),
            (r#"{"$cond": {"if": 1, "else": 2}}"#, 17081, "'then'"),
            (r#"{"$cond": {"if": 1, "then": 2}}"#, 17082, "'else'"),
            (r#"{"$cond": {"if": 1, "then": 2, "els": 3}}"#, 17083, "els"),
            (
                r#"{"$ifNull": [1]}"#,
                1257300,
                "at least two arguments, had: 1",
            ),
            (r#"{"$switch": 1}"#, 40060, "$switch"),
            (
                r#"{"$switch": {"branches": 1}}"#,
                40061,
                "array for 'branches'",
            ),
            (r#"{"$switch": {"branches": [1]}}"#, 40062, "branch"),
            (
                r#"{"$switch": {"branches": [{"case": 1, "then": 1, "x": 1}]}}"#,
                40063,
                "x",
            ),
            (
                r#"{"$switch": {"branches": [{"then": 1}]}}"#,
                40064,
                "'case'",
            ),
            (
                r#"{"$switch": {"branches": [{"case": 1}]}}"#,
                40065,
                "'then'",
            ),
            (
                r#"{"$switch": {"branches": [{"case": "$z", "then": 1}]}}"#,
                40066,
                "no default",
            ),
            (
                r#"{"$switch": {"branches": [{"case": 1, "then": 1}], "x": 1}}"#,
                40067,
                "x",
            ),
            (
                r#"{"$switch": {"branches": []}}"#,
                40068,
                "at least one branch",
            ),
        ],
    );
}
