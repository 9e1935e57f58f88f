//! Documents as values.

use super::{check, check_refused};

const DOCUMENT: &str = r#"{"d": {"a": 1, "b.c": 2, "$x": 3}, "n": null, "i": 5, "name": "a",
    "pairs": [["a", 1], ["b", 2], ["a", 3]], "docs": [{"k": "a", "v": 1}, {"v": 2, "k": "b"}]}"#;

#[test]
fn fields_are_read_set_and_removed_by_any_name() {
    check(
        DOCUMENT,
        &[
            (r#"{"$getField": "i"}"#, "5"),
            (r#"{"$getField": {"field": "b.c", "input": "$d"}}"#, "2"),
            (
                r#"{"$getField": {"field": {"$literal": "$x"}, "input": "$d"}}"#,
                "3",
            ),
            (r#"{"$getField": {"field": "$name", "input": "$d"}}"#, "1"),
            (r#"{"$getField": {"field": "a", "input": "$i"}}"#, "missing"),
            (r#"{"$getField": {"field": "a", "input": "$n"}}"#, "null"),
            (
                r#"{"$getField": {"field": "a", "input": "$none"}}"#,
                "missing",
            ),
            (
                r#"{"$setField": {"field": "b.c", "input": "$d", "value": "$i"}}"#,
                r#"{"a": 1, "b.c": 5, "$x": 3}"#,
            ),
            (
                r#"{"$setField": {"field": "new", "input": {"a": 1}, "value": 2}}"#,
                r#"{"a": 1, "new": 2}"#,
            ),
            (
                r#"{"$setField": {"field": "a", "input": "$d", "value": "$$REMOVE"}}"#,
                r#"{"b.c": 2, "$x": 3}"#,
            ),
            (
                r#"{"$setField": {"field": "a", "input": "$n", "value": 1}}"#,
                "null",
            ),
            (
                r#"{"$unsetField": {"field": "a", "input": "$d"}}"#,
                r#"{"b.c": 2, "$x": 3}"#,
            ),
        ],
    );
    check_refused(
        DOCUMENT,
        &[
            (
                r#"{"$getField": {"field": "a", "input": "$d", "x": 1}}"#,
                3041701,
                "x",
            ),
            (r#"{"$getField": {"input": "$d"}}"#, 3041702, "'field'"),
            (r#"{"$getField": {"field": "a"}}"#, 3041703, "'input'"),
            (r#"{"$getField": 1}"#, 3041704, "int"),
            (r#"{"$setField": 1}"#, 4161100, "$setField"),
            (
                r#"{"$setField": {"field": "a", "value": 1, "input": {}, "x": 1}}"#,
                4161101,
                "x",
            ),
            (
                r#"{"$setField": {"value": 1, "input": {}}}"#,
                4161102,
                "'field'",
            ),
            (
                r#"{"$setField": {"field": "a", "input": {}}}"#,
                4161103,
                "'value'",
            ),
            (
                r#"{"$setField": {"field": "a", "value": 1}}"#,
                4161109,
                "'input'",
            ),
            (
                r#"{"$setField": {"field": "a", "value": 1, "input": "$i"}}"#,
                4161105,
                "int",
            ),
            (
                r#"{"$setField": {"field": {"$cond": ["$i", "a", "b"]}, "value": 1, "input": {}}}"#,
                4161106,
                "constant",
            ),
            (
                r#"{"$setField": {"field": 1, "value": 1, "input": {}}}"#,
                4161107,
                "int",
            ),
            (
                r#"{"$setField": {"field": "$name", "value": 1, "input": {}}}"#,
                4161108,
                "$literal: '$name'",
            ),
        ],
    );
}

#[test]
fn merging_keeps_places_and_takes_later_values() {
    check(
        DOCUMENT,
        &[
            (r#"{"$mergeObjects": []}"#, "{}"),
            (
                r#"{"$mergeObjects": [{"a": 1, "b": 2}, "$n", {"a": 3, "c": 4}]}"#,
                r#"{"a": 3, "b": 2, "c": 4}"#,
            ),
            (r#"{"$mergeObjects": "$docs"}"#, r#"{"k": "b", "v": 2}"#),
            (r#"{"$mergeObjects": "$none"}"#, "{}"),
        ],
    );
    check_refused(
        DOCUMENT,
        &[(
            r#"{"$mergeObjects": ["$d", "$i"]}"#,
            40400,
            "input 5 is of type int",
        )],
    );
}

#[test]
fn documents_are_arrays_of_pairs() {
    check(
        DOCUMENT,
        &[
            (
                r#"{"$objectToArray": {"a": 1, "b": [2]}}"#,
                r#"[{"k": "a", "v": 1}, {"k": "b", "v": [2]}]"#,
            ),
            (r#"{"$objectToArray": "$n"}"#, "null"),
            (r#"{"$arrayToObject": "$pairs"}"#, r#"{"a": 3, "b": 2}"#),
            (r#"{"$arrayToObject": "$docs"}"#, r#"{"a": 1, "b": 2}"#),
            (r#"{"$arrayToObject": [[]]}"#, "{}"),
            (r#"{"$arrayToObject": "$none"}"#, "null"),
        ],
    );
    check_refused(
        DOCUMENT,
        &[
            (r#"{"$objectToArray": "$i"}"#, 40390, "int"),
            (r#"{"$arrayToObject": "$i"}"#, 40386, "int"),
            (r#"{"$arrayToObject": [[1]]}"#, 40398, "int"),
            (
                r#"{"$arrayToObject": [[["a", 1], 2]]}"#,
                40396,
                "Array was detected, now found: int",
            ),
            (
                r#"{"$arrayToObject": [[{"k": "a", "v": 1}, []]]}"#,
                40391,
                "Object was detected",
            ),
            (r#"{"$arrayToObject": [[["a"]]]}"#, 40397, "size: 1"),
            (r#"{"$arrayToObject": [[[1, 2]]]}"#, 40395, "int"),
            (r#"{"$arrayToObject": [[{"k": "a"}]]}"#, 40392, "1"),
            (
                r#"{"$arrayToObject": [[{"k": "a", "x": 1}]]}"#,
                40393,
                "Missing either",
            ),
            (r#"{"$arrayToObject": [[{"k": 1, "v": 1}]]}"#, 40394, "int"),
            (
                r#"{"$arrayToObject": [[["a\u0000b", 1]]]}"#,
                4940400,
                "null byte",
            ),
        ],
    );
}
