//! Strings in expressions compare by the operation's collation, wherever values are compared; what looks into strings does not know it.

use super::*;
use crate::bson::Collation;

fn secondary() -> Context {
    let mut context = Context::default();
    let collation = bytes(r#"{"locale": "en", "strength": 2}"#);
    context.set_collation(Collation::parse("collation", RawDoc::trusted(&collation)).unwrap());
    context
}

fn check_both(document: &str, cases: &[(&str, &str, &str)]) {
    let document = bytes(document);
    let (collated, plain) = (secondary(), Context::default());
    for (expression, with, without) in cases {
        for (context, expected) in [(&collated, with), (&plain, without)] {
            let found = evaluate(expression, &document, context).unwrap();
            assert_eq!(found, Some(value(expected)), "{expression}");
        }
    }
}

#[test]
fn values_compare_by_the_collation() {
    check_both(
        r#"{"a": "a", "A": "A", "B": "B", "l": ["b", "A", "C", "a"], "d": [{"k": "b"}, {"k": "A"}, {"k": "C"}]}"#,
        &[
            (r#"{"$eq": ["$a", "$A"]}"#, "true", "false"),
            (r#"{"$eq": ["a", "A"]}"#, "true", "false"),
            (r#"{"$ne": ["$a", "$A"]}"#, "false", "true"),
            (r#"{"$cmp": ["$a", "$B"]}"#, "-1", "1"),
            (r#"{"$lt": ["$a", "$B"]}"#, "true", "false"),
            (r#"{"$lte": ["$a", "$B"]}"#, "true", "false"),
            (r#"{"$gt": ["$a", "$B"]}"#, "false", "true"),
            (r#"{"$gte": ["$a", "$B"]}"#, "false", "true"),
            (
                r#"{"$eq": [{"x": ["$a"]}, {"x": ["$A"]}]}"#,
                "true",
                "false",
            ),
            (r#"{"$eq": [{"a": 1}, {"A": 1}]}"#, "false", "false"),
            (r#"{"$in": ["c", "$l"]}"#, "true", "false"),
            (r#"{"$indexOfArray": ["$l", "c"]}"#, "2", "-1"),
            (r#"{"$max": ["$a", "$B"]}"#, r#""B""#, r#""a""#),
            (r#"{"$min": ["$a", "$B"]}"#, r#""a""#, r#""B""#),
            (
                r#"{"$maxN": {"n": 1, "input": "$l"}}"#,
                r#"["C"]"#,
                r#"["b"]"#,
            ),
            (
                r#"{"$minN": {"n": 2, "input": "$l"}}"#,
                r#"["A", "a"]"#,
                r#"["A", "C"]"#,
            ),
            (
                r#"{"$sortArray": {"input": "$l", "sortBy": 1}}"#,
                r#"["A", "a", "b", "C"]"#,
                r#"["A", "C", "a", "b"]"#,
            ),
            (
                r#"{"$sortArray": {"input": "$l", "sortBy": -1}}"#,
                r#"["C", "b", "A", "a"]"#,
                r#"["b", "a", "C", "A"]"#,
            ),
            (
                r#"{"$sortArray": {"input": "$d", "sortBy": {"k": 1}}}"#,
                r#"[{"k": "A"}, {"k": "b"}, {"k": "C"}]"#,
                r#"[{"k": "A"}, {"k": "C"}, {"k": "b"}]"#,
            ),
            (
                r#"{"$setUnion": [["a", "B"], ["A", "b"]]}"#,
                r#"["a", "B"]"#,
                r#"["A", "B", "a", "b"]"#,
            ),
            (
                r#"{"$setIntersection": [["a", "B"], ["A"]]}"#,
                r#"["a"]"#,
                "[]",
            ),
            (
                r#"{"$setDifference": [["a", "B"], ["A"]]}"#,
                r#"["B"]"#,
                r#"["a", "B"]"#,
            ),
            (
                r#"{"$setDifference": [["a", "A"], []]}"#,
                r#"["a"]"#,
                r#"["a", "A"]"#,
            ),
            (
                r#"{"$setEquals": [["a", "B"], ["b", "A"]]}"#,
                "true",
                "false",
            ),
            (r#"{"$setIsSubset": [["a"], ["A"]]}"#, "true", "false"),
            (
                r#"{"$filter": {"input": "$l", "cond": {"$eq": ["$$this", "a"]}}}"#,
                r#"["A", "a"]"#,
                r#"["a"]"#,
            ),
            (
                r#"{"$switch": {"branches": [{"case": {"$eq": ["$A", "a"]}, "then": 1}], "default": 2}}"#,
                "1",
                "2",
            ),
        ],
    );
}

#[test]
fn what_looks_into_strings_does_not_know_it() {
    let cases: Vec<_> = [
        (r#"{"$indexOfCP": ["aBc", "b"]}"#, "-1"),
        (r#"{"$indexOfBytes": ["aBc", "b"]}"#, "-1"),
        (r#"{"$split": ["aXb", "x"]}"#, r#"["aXb"]"#),
        (
            r#"{"$replaceAll": {"input": "aXb", "find": "x", "replacement": "-"}}"#,
            r#""aXb""#,
        ),
        (r#"{"$trim": {"input": "xaX", "chars": "x"}}"#, r#""aX""#),
        (r#"{"$regexMatch": {"input": "A", "regex": "a"}}"#, "false"),
        (
            r#"{"$getField": {"field": "A", "input": {"a": 1, "A": 2}}}"#,
            "2",
        ),
    ]
    .into_iter()
    .map(|(expression, value)| (expression, value, value))
    .collect();
    check_both("{}", &cases);
}
