//! Arrays as sets.

use super::{check, check_refused};

const DOCUMENT: &str = r#"{"a": [3, 1, 2, 1], "b": [2.0, 5], "n": null, "i": 1}"#;

#[test]
fn neither_order_nor_repetition_counts() {
    check(
        DOCUMENT,
        &[
            (r#"{"$setUnion": ["$a", "$b"]}"#, "[1, 2, 3, 5]"),
            (r#"{"$setUnion": []}"#, "[]"),
            (r#"{"$setUnion": ["$a", "$n"]}"#, "null"),
            (r#"{"$setIntersection": ["$a", "$b"]}"#, "[2]"),
            (r#"{"$setIntersection": []}"#, "[]"),
            (r#"{"$setIntersection": ["$a", "$none"]}"#, "null"),
            (r#"{"$setDifference": ["$a", "$b"]}"#, "[3, 1]"),
            (r#"{"$setDifference": ["$a", "$n"]}"#, "null"),
            (r#"{"$setEquals": ["$a", [1, 2, 3]]}"#, "true"),
            (r#"{"$setEquals": ["$a", [1, 2], "$i"]}"#, "false"),
            (r#"{"$setIsSubset": [[1, 1.0], "$a"]}"#, "true"),
            (r#"{"$setIsSubset": ["$a", "$b"]}"#, "false"),
            (r#"{"$allElementsTrue": [["$i", "x"]]}"#, "true"),
            (r#"{"$allElementsTrue": [[]]}"#, "true"),
            (r#"{"$allElementsTrue": [[1, 0]]}"#, "false"),
            (r#"{"$anyElementTrue": [[0, null, 1]]}"#, "true"),
            (r#"{"$anyElementTrue": [[]]}"#, "false"),
        ],
    );
}

#[test]
fn what_is_no_array_is_refused() {
    check_refused(
        DOCUMENT,
        &[
            (r#"{"$setUnion": ["$i"]}"#, 17043, "int"),
            (r#"{"$setIntersection": ["$i"]}"#, 17047, "int"),
            (r#"{"$setDifference": ["$i", "$a"]}"#, 17048, "First"),
            (r#"{"$setDifference": ["$a", "$i"]}"#, 17049, "Second"),
            (r#"{"$setEquals": ["$a"]}"#, 17045, "had: 1"),
            (
                r#"{"$setEquals": ["$a", "$n"]}"#,
                17044,
                "2-th argument is of type: null",
            ),
            (r#"{"$setIsSubset": ["$i", "$a"]}"#, 17046, "First"),
            (r#"{"$setIsSubset": ["$a", "$i"]}"#, 17042, "Second"),
            (r#"{"$allElementsTrue": ["$i"]}"#, 17040, "int"),
            (r#"{"$anyElementTrue": ["$n"]}"#, 17041, "null"),
        ],
    );
}
