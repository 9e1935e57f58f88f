//! Accumulators as expressions.

use super::{check, check_refused};

const DOCUMENT: &str = r#"{"a": [1, 2, 3, "x", null], "d": [0.1, 0.2, 0.3], "n": null, "i": 5, "s": "x",
    "m": [1, {"$numberDecimal": "0.10"}], "big": [{"$numberLong": "9223372036854775807"}, 1]}"#;

#[test]
fn over_an_array_or_over_operands() {
    check(
        DOCUMENT,
        &[
            (r#"{"$sum": "$a"}"#, "6"),
            (r#"{"$sum": ["$a", "$i", "$s"]}"#, "5"),
            (r#"{"$sum": "$none"}"#, "0"),
            (r#"{"$sum": "$d"}"#, "0.6"),
            (r#"{"$sum": "$m"}"#, r#"{"$numberDecimal": "1.10"}"#),
            (r#"{"$sum": "$big"}"#, "9.223372036854775808E18"),
            (
                r#"{"$sum": [2147483647, 1]}"#,
                r#"{"$numberLong": "2147483648"}"#,
            ),
            (r#"{"$avg": "$a"}"#, "2.0"),
            (r#"{"$avg": ["$i", 6]}"#, "5.5"),
            (r#"{"$avg": "$m"}"#, r#"{"$numberDecimal": "0.55"}"#),
            (r#"{"$avg": "$s"}"#, "null"),
            (r#"{"$min": "$a"}"#, "1"),
            (r#"{"$max": "$a"}"#, r#""x""#),
            (r#"{"$min": ["$n", "$none"]}"#, "null"),
            (r#"{"$max": ["$i", "$n", 7.5]}"#, "7.5"),
            (r#"{"$stdDevPop": [1, 3]}"#, "1.0"),
            (r#"{"$stdDevPop": "$s"}"#, "null"),
            (r#"{"$stdDevSamp": [2, 4, 4, 4, 5, 5, 7, 9, 5]}"#, "2.0"),
            (r#"{"$stdDevSamp": [1]}"#, "null"),
            (
                r#"{"$median": {"input": "$a", "method": "approximate"}}"#,
                "2.0",
            ),
            (
                r#"{"$median": {"input": [1, 2, 3, 4], "method": "approximate"}}"#,
                "2.0",
            ),
            (
                r#"{"$median": {"input": "$i", "method": "approximate"}}"#,
                "5.0",
            ),
            (
                r#"{"$median": {"input": "$s", "method": "approximate"}}"#,
                "null",
            ),
            (
                r#"{"$percentile": {"input": "$a", "p": [0, 0.5, 1], "method": "approximate"}}"#,
                "[1.0, 2.0, 3.0]",
            ),
            (
                r#"{"$percentile": {"input": "$n", "p": [0.5], "method": "approximate"}}"#,
                "[null]",
            ),
        ],
    );
    check_refused(
        DOCUMENT,
        &[
            (r#"{"$median": {"method": "approximate"}}"#, 40414, "input"),
            (
                r#"{"$median": {"input": "$a", "method": "exact"}}"#,
                2,
                "'approximate'",
            ),
            (
                r#"{"$median": {"input": "$a", "method": "approximate", "x": 1}}"#,
                40415,
                "x",
            ),
            (
                r#"{"$percentile": {"input": "$a", "p": [], "method": "approximate"}}"#,
                7750301,
                "array",
            ),
            (
                r#"{"$percentile": {"input": "$a", "p": ["x"], "method": "approximate"}}"#,
                7750302,
                "string",
            ),
            (
                r#"{"$percentile": {"input": "$a", "p": [1.5], "method": "approximate"}}"#,
                7750303,
                "1.5",
            ),
            (
                r#"{"$percentile": {"input": "$a", "p": "$a", "method": "approximate"}}"#,
                7750300,
                "constant",
            ),
        ],
    );
}
