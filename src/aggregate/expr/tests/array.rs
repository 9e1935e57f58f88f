//! Arrays: elements, parts, orders, and expressions for each element.

use super::{check, check_refused};

const DOCUMENT: &str = r#"{"a": [1, 2, 3], "e": [], "n": null, "s": "x", "i": 5,
    "docs": [{"k": 2, "v": "b"}, {"k": 1, "v": "a"}, {"k": 2, "v": "a"}, 7], "mixed": [3, null, "x", 1.5, {"a": 1}]}"#;

#[test]
fn elements_and_parts() {
    check(
        DOCUMENT,
        &[
            (r#"{"$arrayElemAt": ["$a", 0]}"#, "1"),
            (r#"{"$arrayElemAt": ["$a", -1]}"#, "3"),
            (r#"{"$arrayElemAt": ["$a", 2.0]}"#, "3"),
            (r#"{"$arrayElemAt": ["$a", 3]}"#, "missing"),
            (r#"{"$arrayElemAt": ["$a", -4]}"#, "missing"),
            (r#"{"$arrayElemAt": ["$n", 0]}"#, "null"),
            (r#"{"$first": "$a"}"#, "1"),
            (r#"{"$first": "$e"}"#, "missing"),
            (r#"{"$last": "$a"}"#, "3"),
            (r#"{"$last": "$none"}"#, "null"),
            (r#"{"$slice": ["$a", 2]}"#, "[1, 2]"),
            (r#"{"$slice": ["$a", -2]}"#, "[2, 3]"),
            (r#"{"$slice": ["$a", 0]}"#, "[]"),
            (r#"{"$slice": ["$a", 1, 5]}"#, "[2, 3]"),
            (r#"{"$slice": ["$a", -9, 1]}"#, "[1]"),
            (r#"{"$slice": ["$a", 9, 1]}"#, "[]"),
            (r#"{"$slice": ["$n", 1]}"#, "null"),
            (r#"{"$size": "$a"}"#, "3"),
            (r#"{"$size": [["x"]]}"#, "1"),
            (r#"{"$isArray": ["$a"]}"#, "true"),
            (r#"{"$isArray": "$none"}"#, "false"),
            (r#"{"$reverseArray": "$a"}"#, "[3, 2, 1]"),
            (r#"{"$reverseArray": "$n"}"#, "null"),
            (
                r#"{"$concatArrays": ["$a", [], ["x", null]]}"#,
                r#"[1, 2, 3, "x", null]"#,
            ),
            (r#"{"$concatArrays": []}"#, "[]"),
            (r#"{"$concatArrays": ["$a", "$none"]}"#, "null"),
            (r#"{"$in": [2.0, "$a"]}"#, "true"),
            (r#"{"$in": [9, "$a"]}"#, "false"),
            (r#"{"$indexOfArray": ["$a", 2]}"#, "1"),
            (r#"{"$indexOfArray": ["$a", 2, 2]}"#, "-1"),
            (r#"{"$indexOfArray": ["$a", 3, 0, 2]}"#, "-1"),
            (r#"{"$indexOfArray": ["$none", 3]}"#, "null"),
            (r#"{"$range": [0, 10, 4]}"#, "[0, 4, 8]"),
            (r#"{"$range": [3, 0, -1]}"#, "[3, 2, 1]"),
            (r#"{"$range": [0, -2]}"#, "[]"),
            (r#"{"$range": [2147483645, 2147483647, 5]}"#, "[2147483645]"),
            (
                r#"{"$zip": {"inputs": ["$a", ["x", "y"]]}}"#,
                r#"[[1, "x"], [2, "y"]]"#,
            ),
            (
                r#"{"$zip": {"inputs": ["$a", ["x"]], "useLongestLength": true, "defaults": [0, "-"]}}"#,
                r#"[[1, "x"], [2, "-"], [3, "-"]]"#,
            ),
            (
                r#"{"$zip": {"inputs": [[1], []], "useLongestLength": true}}"#,
                "[[1, null]]",
            ),
            (r#"{"$zip": {"inputs": ["$a", "$n"]}}"#, "null"),
        ],
    );
}

#[test]
fn what_is_no_array_or_index_is_refused() {
    check_refused(
        DOCUMENT,
        &[
            (
                r#"{"$arrayElemAt": ["$i", 0]}"#,
                28689,
                "$arrayElemAt's first argument must be an array, but is int",
            ),
            (
                r#"{"$arrayElemAt": ["$a", "$s"]}"#,
                28690,
                "numeric value, but is string",
            ),
            (
                r#"{"$arrayElemAt": ["$a", 1.5]}"#,
                28691,
                "32-bit integer: 1.5",
            ),
            (
                r#"{"$first": "$i"}"#,
                28689,
                "$first's argument must be an array",
            ),
            (r#"{"$slice": ["$i", 1]}"#, 28724, "First argument"),
            (r#"{"$slice": ["$a", "$s"]}"#, 28725, "Second argument"),
            (r#"{"$slice": ["$a", 1.5]}"#, 28726, "Second argument"),
            (r#"{"$slice": ["$a", 1, "$s"]}"#, 28727, "Third argument"),
            (r#"{"$slice": ["$a", 1, 1.5]}"#, 28728, "Third argument"),
            (r#"{"$slice": ["$a", 1, 0]}"#, 28729, "must be positive: 0"),
            (r#"{"$size": "$none"}"#, 17124, "but was of type: missing"),
            (r#"{"$reverseArray": "$i"}"#, 34435, "int"),
            (
                r#"{"$concatArrays": ["$a", 1]}"#,
                28664,
                "$concatArrays only supports arrays, not int",
            ),
            (r#"{"$in": [1, "$i"]}"#, 40081, "found: int"),
            (r#"{"$indexOfArray": ["$i", 1]}"#, 40090, "found: int"),
            (
                r#"{"$indexOfArray": ["$a", 1, "$s"]}"#,
                9711600,
                "starting index",
            ),
            (
                r#"{"$indexOfArray": ["$a", 1, 0, -1]}"#,
                9711601,
                "ending index, found: -1",
            ),
            (r#"{"$range": ["$s", 1]}"#, 34443, "numeric starting value"),
            (r#"{"$range": [1.5, 1]}"#, 34444, "32-bit integer"),
            (r#"{"$range": [1, "$s"]}"#, 34445, "numeric ending value"),
            (r#"{"$range": [1, 1.5]}"#, 34446, "32-bit integer"),
            (r#"{"$range": [1, 2, "$s"]}"#, 34447, "numeric step value"),
            (r#"{"$range": [1, 2, 1.5]}"#, 34448, "32-bit integer"),
            (r#"{"$range": [1, 2, 0]}"#, 34449, "non-zero step"),
            (r#"{"$range": [0, 2000000000]}"#, 146, "more than"),
            (r#"{"$zip": 1}"#, 34460, "$zip"),
            (
                r#"{"$zip": {"inputs": 1}}"#,
                34461,
                "inputs must be an array",
            ),
            (
                r#"{"$zip": {"inputs": ["$a"], "defaults": 1}}"#,
                34462,
                "defaults",
            ),
            (
                r#"{"$zip": {"inputs": ["$a"], "useLongestLength": 1}}"#,
                34463,
                "bool",
            ),
            (r#"{"$zip": {"inputs": ["$a"], "x": 1}}"#, 34464, "x"),
            (r#"{"$zip": {"inputs": []}}"#, 34465, "at least one input"),
            (
                r#"{"$zip": {"inputs": ["$a"], "defaults": [1]}}"#,
                34466,
                "useLongestLength",
            ),
            (
                r#"{"$zip": {"inputs": ["$a"], "defaults": [1, 2], "useLongestLength": true}}"#,
                34467,
                "same length",
            ),
            (r#"{"$zip": {"inputs": ["$i"]}}"#, 34468, "non-array"),
        ],
    );
}

#[test]
fn an_expression_for_each_element() {
    check(
        DOCUMENT,
        &[
            (
                r#"{"$map": {"input": "$a", "in": {"$multiply": ["$$this", "$i"]}}}"#,
                "[5, 10, 15]",
            ),
            (
                r#"{"$map": {"input": "$a", "as": "x", "in": {"v": "$$x"}}}"#,
                r#"[{"v": 1}, {"v": 2}, {"v": 3}]"#,
            ),
            (
                r#"{"$map": {"input": "$a", "in": "$none"}}"#,
                "[null, null, null]",
            ),
            (
                r#"{"$map": {"input": "$docs", "as": "d", "in": "$$d.k"}}"#,
                "[2, 1, 2, null]",
            ),
            (
                r#"{"$map": {"input": [7, 8], "in": ["$$IDX", "$$this"]}}"#,
                "[[0, 7], [1, 8]]",
            ),
            (
                r#"{"$map": {"input": [7, 8], "as": "x", "arrayIndexAs": "i", "in": {"$multiply": ["$$x", "$$i"]}}}"#,
                "[0, 8]",
            ),
            (
                r#"{"$map": {"input": [[1], [2]], "arrayIndexAs": "i", "in": {"$map": {"input": "$$this", "in": ["$$i", "$$IDX"]}}}}"#,
                "[[[0, 0]], [[1, 0]]]",
            ),
            (
                r#"{"$filter": {"input": [5, 6, 7, 8], "arrayIndexAs": "i", "cond": {"$mod": ["$$i", 2]}}}"#,
                "[6, 8]",
            ),
            (
                r#"{"$filter": {"input": [5, 6, 7], "cond": {"$gte": ["$$IDX", 1]}}}"#,
                "[6, 7]",
            ),
            (
                r#"{"$reduce": {"input": [5, 6, 7], "initialValue": 0, "arrayIndexAs": "i", "in": {"$add": ["$$value", {"$multiply": ["$$this", "$$i"]}]}}}"#,
                "20",
            ),
            (
                r#"{"$reduce": {"input": [5, 6], "initialValue": [], "as": "e", "valueAs": "v", "in": {"$concatArrays": ["$$v", [["$$IDX", "$$e"]]]}}}"#,
                "[[0, 5], [1, 6]]",
            ),
            (r#"{"$map": {"input": "$n", "in": 1}}"#, "null"),
            (
                r#"{"$map": {"input": "$a", "as": "x", "in": {"$map": {"input": "$a", "as": "y", "in":
                    {"$add": ["$$x", "$$y"]}}}}}"#,
                "[[2, 3, 4], [3, 4, 5], [4, 5, 6]]",
            ),
            (
                r#"{"$filter": {"input": "$a", "cond": {"$gt": ["$$this", 1]}}}"#,
                "[2, 3]",
            ),
            (
                r#"{"$filter": {"input": "$a", "as": "x", "cond": {"$gt": ["$$x", 1]}, "limit": 1}}"#,
                "[2]",
            ),
            (
                r#"{"$filter": {"input": "$a", "cond": true, "limit": "$n"}}"#,
                "[1, 2, 3]",
            ),
            (r#"{"$filter": {"input": "$none", "cond": true}}"#, "null"),
            (
                r#"{"$reduce": {"input": "$a", "initialValue": 10, "in": {"$subtract": ["$$value", "$$this"]}}}"#,
                "4",
            ),
            (
                r#"{"$reduce": {"input": [[1], [2, 3]], "initialValue": [], "in": {"$concatArrays": ["$$value", "$$this"]}}}"#,
                "[1, 2, 3]",
            ),
            (
                r#"{"$reduce": {"input": "$e", "initialValue": "$s", "in": 1}}"#,
                r#""x""#,
            ),
            (
                r#"{"$reduce": {"input": "$n", "initialValue": 1, "in": 1}}"#,
                "null",
            ),
        ],
    );
    check_refused(
        DOCUMENT,
        &[
            (r#"{"$map": 1}"#, 16878, "$map"),
            (r#"{"$map": {"input": "$a", "in": 1, "x": 1}}"#, 16879, "x"),
            (r#"{"$map": {"in": 1}}"#, 16880, "'input'"),
            (r#"{"$map": {"input": "$a"}}"#, 16882, "'in'"),
            (
                r#"{"$map": {"input": "$i", "in": 1}}"#,
                16883,
                "must be an array not int",
            ),
            (
                r#"{"$map": {"input": "$a", "as": "X", "in": 1}}"#,
                16867,
                "'X'",
            ),
            (r#"{"$map": {"input": "$$this", "in": 1}}"#, 17276, "this"),
            (r#"{"$filter": 1}"#, 28646, "$filter"),
            (
                r#"{"$filter": {"input": "$a", "cond": 1, "x": 1}}"#,
                28647,
                "x",
            ),
            (r#"{"$filter": {"cond": 1}}"#, 28648, "'input'"),
            (r#"{"$filter": {"input": "$a"}}"#, 28650, "'cond'"),
            (r#"{"$filter": {"input": "$i", "cond": 1}}"#, 28651, "int"),
            (
                r#"{"$filter": {"input": "$a", "cond": 1, "limit": 1.5}}"#,
                327391,
                "1.5",
            ),
            (
                r#"{"$filter": {"input": "$a", "cond": 1, "limit": 0}}"#,
                327392,
                "greater than 0",
            ),
            (r#"{"$reduce": 1}"#, 40075, "$reduce"),
            (
                r#"{"$reduce": {"input": "$a", "initialValue": 1, "in": 1, "x": 1}}"#,
                40076,
                "x",
            ),
            (
                r#"{"$reduce": {"initialValue": 1, "in": 1}}"#,
                40077,
                "'input'",
            ),
            (
                r#"{"$reduce": {"input": "$a", "in": 1}}"#,
                40078,
                "'initialValue'",
            ),
            (
                r#"{"$reduce": {"input": "$a", "initialValue": 1}}"#,
                40079,
                "'in'",
            ),
            (
                r#"{"$reduce": {"input": "$i", "initialValue": 1, "in": 1}}"#,
                40080,
                "found: 5",
            ),
            (
                r#"{"$reduce": {"input": {"$range": [0, 1000]}, "initialValue": {}, "in": {"a": "$$value"}}}"#,
                15,
                "depth",
            ),
        ],
    );
}

#[test]
fn parts_by_order() {
    check(
        DOCUMENT,
        &[
            (r#"{"$firstN": {"n": 2, "input": "$a"}}"#, "[1, 2]"),
            (r#"{"$lastN": {"n": 2, "input": "$a"}}"#, "[2, 3]"),
            (r#"{"$lastN": {"n": 9, "input": "$a"}}"#, "[1, 2, 3]"),
            (r#"{"$minN": {"n": 2, "input": "$mixed"}}"#, "[1.5, 3]"),
            (
                r#"{"$maxN": {"n": 2, "input": "$mixed"}}"#,
                r#"[{"a": 1}, "x"]"#,
            ),
            (
                r#"{"$sortArray": {"input": "$mixed", "sortBy": 1}}"#,
                r#"[null, 1.5, 3, "x", {"a": 1}]"#,
            ),
            (
                r#"{"$sortArray": {"input": "$a", "sortBy": -1}}"#,
                "[3, 2, 1]",
            ),
            (
                r#"{"$sortArray": {"input": "$docs", "sortBy": {"k": -1, "v": 1}}}"#,
                r#"[{"k": 2, "v": "a"}, {"k": 2, "v": "b"}, {"k": 1, "v": "a"}, 7]"#,
            ),
            (r#"{"$sortArray": {"input": "$n", "sortBy": 1}}"#, "null"),
        ],
    );
    check_refused(
        DOCUMENT,
        &[
            (r#"{"$firstN": 1}"#, 5787900, "$firstN"),
            (
                r#"{"$firstN": {"n": 1, "input": "$a", "x": 1}}"#,
                5787901,
                "x",
            ),
            (
                r#"{"$firstN": {"n": "$s", "input": "$a"}}"#,
                5787902,
                "integral",
            ),
            (r#"{"$minN": {"input": "$a"}}"#, 5787906, "'n'"),
            (r#"{"$minN": {"n": 1}}"#, 5787907, "'input'"),
            (
                r#"{"$minN": {"n": 0, "input": "$a"}}"#,
                5787908,
                "greater than 0",
            ),
            (
                r#"{"$minN": {"n": 1, "input": "$none"}}"#,
                5788200,
                "missing",
            ),
            (
                r#"{"$sortArray": {"input": "$i", "sortBy": 1}}"#,
                2942504,
                "int",
            ),
            (r#"{"$sortArray": {"input": "$a"}}"#, 2942503, "'sortBy'"),
            (
                r#"{"$sortArray": {"input": "$a", "sortBy": 2}}"#,
                2942506,
                "1 or -1",
            ),
        ],
    );
}
