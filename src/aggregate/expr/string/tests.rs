//! The string operators.

use crate::aggregate::expr::tests::{check, check_refused};

const DOCUMENT: &str = r#"{"s": "Hello, World", "u": "héllo €uro", "e": "", "n": null, "i": 5, "d": 2.5,
    "date": {"$date": "2024-02-03T04:05:06.007Z"}, "o": {}}"#;

#[test]
fn joining_case_and_length() {
    check(
        DOCUMENT,
        &[
            (r#"{"$concat": ["$s", "!", ""]}"#, r#""Hello, World!""#),
            (r#"{"$concat": []}"#, r#""""#),
            (r#"{"$concat": "$s"}"#, r#""Hello, World""#),
            (r#"{"$concat": ["$s", "$none", 5]}"#, "null"),
            (r#"{"$concat": ["$s", null]}"#, "null"),
            (r#"{"$toLower": "$s"}"#, r#""hello, world""#),
            (r#"{"$toUpper": "$u"}"#, r#""HéLLO €URO""#),
            (r#"{"$toUpper": "$n"}"#, r#""""#),
            (r#"{"$toUpper": "$none"}"#, r#""""#),
            (r#"{"$toLower": "$d"}"#, r#""2.5""#),
            (r#"{"$toLower": "$date"}"#, r#""2024-02-03t04:05:06.007z""#),
            (r#"{"$toLower": {"$numberDecimal": "1E+3"}}"#, r#""1e+3""#),
            (r#"{"$strcasecmp": ["$s", "HELLO, WORLD"]}"#, "0"),
            (r#"{"$strcasecmp": ["a", "B"]}"#, "-1"),
            (r#"{"$strcasecmp": ["$n", ""]}"#, "0"),
            (r#"{"$strcasecmp": ["b", "$none"]}"#, "1"),
            (r#"{"$strcasecmp": [10, "1"]}"#, "1"),
            (r#"{"$strLenBytes": "$u"}"#, "13"),
            (r#"{"$strLenCP": "$u"}"#, "10"),
            (r#"{"$strLenCP": "$e"}"#, "0"),
        ],
    );
    check_refused(
        DOCUMENT,
        &[
            (
                r#"{"$concat": ["$s", "$i"]}"#,
                16702,
                "$concat only supports strings, not int",
            ),
            (
                r#"{"$toLower": "$o"}"#,
                16007,
                "can't convert from BSON type object to String",
            ),
            (r#"{"$toUpper": [["a"]]}"#, 16007, "array"),
            (
                r#"{"$toUpper": ["a", "b"]}"#,
                16020,
                "$toUpper takes exactly 1 arguments",
            ),
            (r#"{"$strcasecmp": ["a"]}"#, 16020, "2 arguments"),
            (r#"{"$strLenBytes": "$n"}"#, 34473, "found: null"),
            (r#"{"$strLenCP": "$none"}"#, 34471, "found: missing"),
            (r#"{"$strLenCP": 5}"#, 34471, "found: int"),
        ],
    );
}

#[test]
fn substrings() {
    check(
        DOCUMENT,
        &[
            (r#"{"$substrBytes": ["$s", 0, 5]}"#, r#""Hello""#),
            (r#"{"$substr": ["$s", 7, -1]}"#, r#""World""#),
            (r#"{"$substrBytes": ["$s", 7, 100]}"#, r#""World""#),
            (r#"{"$substrBytes": ["$s", 50, 1]}"#, r#""""#),
            (
                r#"{"$substrBytes": ["$s", 1.9, {"$numberDecimal": "2.9"}]}"#,
                r#""el""#,
            ),
            (r#"{"$substrBytes": ["$u", 1, 2]}"#, r#""é""#),
            (r#"{"$substrBytes": [12345, 1, 2]}"#, r#""23""#),
            (r#"{"$substrBytes": ["$n", 0, 1]}"#, r#""""#),
            (
                r#"{"$substrBytes": ["$s", 0, {"$numberLong": "9223372036854775807"}]}"#,
                r#""Hello, World""#,
            ),
            (
                r#"{"$substrBytes": ["$s", {"$numberDouble": "Infinity"}, 1]}"#,
                r#""""#,
            ),
            (r#"{"$substrCP": ["$u", 1, 3]}"#, r#""éll""#),
            (r#"{"$substrCP": ["$u", 6, 100]}"#, r#""€uro""#),
            (r#"{"$substrCP": ["$u", 10, 1]}"#, r#""""#),
            (r#"{"$substrCP": ["$u", 0, 0]}"#, r#""""#),
            (r#"{"$substrCP": ["$none", 0, 2]}"#, r#""""#),
        ],
    );
    check_refused(
        DOCUMENT,
        &[
            (
                r#"{"$substrBytes": ["$s", "0", 5]}"#,
                16034,
                "starting index must be a numeric type (is BSON type string)",
            ),
            (
                r#"{"$substrBytes": ["$s", 0, null]}"#,
                16035,
                "length must be a numeric type (is BSON type null)",
            ),
            (
                r#"{"$substr": ["$s", -1, 5]}"#,
                50752,
                "non-negative (got: -1)",
            ),
            (
                r#"{"$substrBytes": ["$u", 2, 1]}"#,
                28656,
                "starting index is a UTF-8 continuation byte",
            ),
            (
                r#"{"$substrBytes": ["$u", 0, 2]}"#,
                28657,
                "middle of a UTF-8 character",
            ),
            (r#"{"$substrBytes": ["$o", 0, 2]}"#, 16007, "object"),
            (r#"{"$substrCP": ["$s", "$n", 1]}"#, 34450, "null"),
            (r#"{"$substrCP": ["$s", 1.5, 1]}"#, 34451, "1.5"),
            (r#"{"$substrCP": ["$s", 0, "$s"]}"#, 34452, "string"),
            (
                r#"{"$substrCP": ["$s", 0, {"$numberLong": "2147483648"}]}"#,
                34453,
                "2147483648",
            ),
            (r#"{"$substrCP": ["$s", 0, -1]}"#, 34454, "nonnegative"),
            (r#"{"$substrCP": ["$s", -1, 1]}"#, 34455, "nonnegative"),
        ],
    );
}

#[test]
fn searching() {
    check(
        DOCUMENT,
        &[
            (r#"{"$indexOfBytes": ["$s", "o"]}"#, "4"),
            (r#"{"$indexOfBytes": ["$s", "o", 5]}"#, "8"),
            (r#"{"$indexOfBytes": ["$s", "o", 5, 8]}"#, "-1"),
            (r#"{"$indexOfBytes": ["$s", "World", 0, 10]}"#, "-1"),
            (r#"{"$indexOfBytes": ["$s", "x"]}"#, "-1"),
            (r#"{"$indexOfBytes": ["$s", "o", 50]}"#, "-1"),
            (r#"{"$indexOfBytes": ["$s", "o", 9, 3]}"#, "-1"),
            (r#"{"$indexOfBytes": ["$s", "", 12]}"#, "12"),
            (r#"{"$indexOfBytes": ["$u", "€"]}"#, "7"),
            (r#"{"$indexOfBytes": ["$n", "a"]}"#, "null"),
            (r#"{"$indexOfBytes": ["$none", 5]}"#, "null"),
            (r#"{"$indexOfCP": ["$u", "€"]}"#, "6"),
            (r#"{"$indexOfCP": ["$u", "l", 3.0]}"#, "3"),
            (r#"{"$indexOfCP": ["$u", "l", 4]}"#, "-1"),
            (r#"{"$indexOfCP": ["$u", "o", 0, 4]}"#, "-1"),
            (r#"{"$indexOfCP": ["$u", "o", 9, 4]}"#, "-1"),
            (r#"{"$indexOfCP": ["$e", ""]}"#, "0"),
            (r#"{"$indexOfCP": ["$n", ""]}"#, "null"),
        ],
    );
    check_refused(
        DOCUMENT,
        &[
            (
                r#"{"$indexOfBytes": ["$i", "a"]}"#,
                40091,
                "first argument, found: int",
            ),
            (
                r#"{"$indexOfBytes": ["$s", "$n"]}"#,
                40092,
                "second argument, found: null",
            ),
            (r#"{"$indexOfCP": ["$i", "a"]}"#, 40093, "int"),
            (r#"{"$indexOfCP": ["$s", "$none"]}"#, 40094, "missing"),
            (
                r#"{"$indexOfBytes": ["$s", "a", 1.5]}"#,
                40096,
                "integral starting index",
            ),
            (r#"{"$indexOfBytes": ["$s", "a", "$n"]}"#, 40096, "null"),
            (
                r#"{"$indexOfCP": ["$s", "a", 0, {"$numberLong": "4294967296"}]}"#,
                40096,
                "integral ending index",
            ),
            (
                r#"{"$indexOfCP": ["$s", "a", -1]}"#,
                40097,
                "nonnegative starting index, found: -1",
            ),
            (
                r#"{"$indexOfCP": ["$s"]}"#,
                28667,
                "at least 2 arguments, and at most 4",
            ),
        ],
    );
}

#[test]
fn splitting_and_replacing() {
    check(
        DOCUMENT,
        &[
            (r#"{"$split": ["$s", ", "]}"#, r#"["Hello", "World"]"#),
            (r#"{"$split": ["$s", "x"]}"#, r#"["Hello, World"]"#),
            (r#"{"$split": ["aXbXX", "X"]}"#, r#"["a", "b", "", ""]"#),
            (r#"{"$split": ["", "X"]}"#, r#"[""]"#),
            (r#"{"$split": ["$n", "X"]}"#, "null"),
            (r#"{"$split": ["a", "$none"]}"#, "null"),
            (
                r#"{"$replaceOne": {"input": "aXbX", "find": "X", "replacement": "--"}}"#,
                r#""a--bX""#,
            ),
            (
                r#"{"$replaceAll": {"input": "aXbX", "find": "X", "replacement": ""}}"#,
                r#""ab""#,
            ),
            (
                r#"{"$replaceAll": {"input": "aXbX", "find": "y", "replacement": "z"}}"#,
                r#""aXbX""#,
            ),
            (
                r#"{"$replaceOne": {"input": "ab", "find": "", "replacement": "-"}}"#,
                r#""-ab""#,
            ),
            (
                r#"{"$replaceAll": {"input": "aé", "find": "", "replacement": "-"}}"#,
                r#""-a-é-""#,
            ),
            (
                r#"{"$replaceAll": {"input": "$n", "find": "a", "replacement": "b"}}"#,
                "null",
            ),
            (
                r#"{"$replaceOne": {"input": "a", "find": "$none", "replacement": "b"}}"#,
                "null",
            ),
            (
                r#"{"$replaceOne": {"input": "a", "find": "a", "replacement": null}}"#,
                "null",
            ),
        ],
    );
    check_refused(
        DOCUMENT,
        &[
            (
                r#"{"$split": [5, "a"]}"#,
                40085,
                "first argument, found: int",
            ),
            (
                r#"{"$split": ["a", 5]}"#,
                10503900,
                "second argument, found: int",
            ),
            (r#"{"$split": ["a", ""]}"#, 40087, "non-empty separator"),
            (r#"{"$replaceOne": "a"}"#, 51751, "found: string"),
            (r#"{"$replaceOne": {"in": 1}}"#, 51750, "in"),
            (
                r#"{"$replaceAll": {"find": "a", "replacement": "b"}}"#,
                51749,
                "'input'",
            ),
            (
                r#"{"$replaceAll": {"input": "a", "replacement": "b"}}"#,
                51748,
                "'find'",
            ),
            (
                r#"{"$replaceAll": {"input": "a", "find": "b"}}"#,
                51747,
                "'replacement'",
            ),
            (
                r#"{"$replaceOne": {"input": 5, "find": null, "replacement": "b"}}"#,
                10503904,
                "found: 5",
            ),
            (
                r#"{"$replaceOne": {"input": "a", "find": 5, "replacement": "b"}}"#,
                10503901,
                "'find'",
            ),
            (
                r#"{"$replaceAll": {"input": null, "find": "a", "replacement": 5}}"#,
                10503902,
                "'replacement'",
            ),
        ],
    );
}

#[test]
fn what_grows_too_large_is_refused() {
    let long = "x".repeat(20_000);
    let expression =
        format!(r#"{{"$replaceAll": {{"input": "{long}", "find": "", "replacement": "{long}"}}}}"#);
    check_refused("{}", &[(&expression, 146, "more than")]);
}

#[test]
fn trimming() {
    check(
        DOCUMENT,
        &[
            (r#"{"$trim": {"input": " \t a b \n "}}"#, r#""a b""#),
            (r#"{"$ltrim": {"input": "\u00a0\u2003 a "}}"#, r#""a ""#),
            (r#"{"$rtrim": {"input": " a \u0000"}}"#, r#"" a""#),
            (
                r#"{"$trim": {"input": "xyéaéyx", "chars": "yxé"}}"#,
                r#""a""#,
            ),
            (r#"{"$trim": {"input": " a ", "chars": ""}}"#, r#"" a ""#),
            (r#"{"$trim": {"input": "xxx", "chars": "x"}}"#, r#""""#),
            (r#"{"$trim": {"input": "$n"}}"#, "null"),
            (r#"{"$trim": {"input": "a", "chars": "$none"}}"#, "null"),
        ],
    );
    check_refused(
        DOCUMENT,
        &[
            (
                r#"{"$trim": "a"}"#,
                50696,
                "$trim only supports an object as an argument, found string",
            ),
            (r#"{"$ltrim": {"input": "a", "char": "b"}}"#, 50694, "char"),
            (r#"{"$rtrim": {"chars": "b"}}"#, 50695, "'input'"),
            (r#"{"$trim": {"input": 5}}"#, 50699, "got 5 (of type int)"),
            (
                r#"{"$trim": {"input": "a", "chars": ["b"]}}"#,
                50700,
                "of type array",
            ),
        ],
    );
}
