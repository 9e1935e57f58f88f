//! What the parser accepts, what it refuses and where, and the ways in.

use super::{Documents, Mode, parse_array, parse_document, parse_value, write_document};
use crate::bson::{Document, MAX_DEPTH, MAX_DOCUMENT_SIZE, RawDoc, Value, doc};
use crate::error::{Code, Error, Result, Status};

fn parse(text: impl AsRef<[u8]>) -> Result<Vec<u8>> {
    let mut out = b"before".to_vec();
    let parsed = parse_document(text.as_ref(), &mut out);
    assert_eq!(&out[..6], b"before");
    match parsed {
        Ok(()) => Ok(out.split_off(6)),
        Err(error) => {
            assert_eq!(out, b"before", "a failed parse leaves the output alone");
            Err(error)
        }
    }
}

fn canonical(bson: &[u8]) -> String {
    let mut out = Vec::new();
    write_document(&mut out, RawDoc::new(bson).unwrap(), Mode::Canonical);
    String::from_utf8(out).unwrap()
}

#[test]
fn javascript_keeps_the_type_of_longs_that_a_double_would_round() {
    let text = r#"{"small":{"$numberLong":"5"},"last":{"$numberLong":"9007199254740991"},"first":9007199254740992,"lowest":-9007199254740992,"min":-9223372036854775808,"double":9007199254740993.0,"in":[9223372036854775807]}"#;
    let mut out = Vec::new();
    let bson = parse(text).unwrap();
    write_document(&mut out, RawDoc::new(&bson).unwrap(), Mode::JavaScript);
    assert_eq!(
        String::from_utf8(out).unwrap(),
        r#"{"small":5,"last":9007199254740991,"first":{"$numberLong":"9007199254740992"},"lowest":{"$numberLong":"-9007199254740992"},"min":{"$numberLong":"-9223372036854775808"},"double":9007199254740992.0,"in":[{"$numberLong":"9223372036854775807"}]}"#
    );
}

#[test]
fn accepts_both_forms_mixed() {
    let cases = [
        ("{}", "{}"),
        ("\u{feff} { } \r\n", "{}"),
        (
            r#"{"b":1,"a":2}"#,
            r#"{"b":{"$numberInt":"1"},"a":{"$numberInt":"2"}}"#,
        ),
        (
            "{ \"a\" : [ 1 , 2.0 , [ ] , { } , null , true , false ] }",
            r#"{"a":[{"$numberInt":"1"},{"$numberDouble":"2.0"},[],{},null,true,false]}"#,
        ),
        (
            r#"{"a":{"$numberLong":"5"},"b":5}"#,
            r#"{"a":{"$numberLong":"5"},"b":{"$numberInt":"5"}}"#,
        ),
        (
            r#"{"a":"\u00e9\u0041\ud83d\ude00\/\b\f\n\r\t\\\""}"#,
            r#"{"a":"éA😀/\b\f\n\r\t\\\""}"#,
        ),
        (r#"{"a":"x\u0000y"}"#, r#"{"a":"x\u0000y"}"#),
        (r#"{"\u0061":true,"":false}"#, r#"{"a":true,"":false}"#),
        (
            r#"{"a":{"\u0024oid":"0123456789abcdef01234567"}}"#,
            r#"{"a":{"$oid":"0123456789abcdef01234567"}}"#,
        ),
        (
            r#"{"a":{ "$oid" : "0123456789ABCDEF01234567" } }"#,
            r#"{"a":{"$oid":"0123456789abcdef01234567"}}"#,
        ),
        (
            r#"{"a":{"$date":"1960-01-01T00:00:00Z"}}"#,
            r#"{"a":{"$date":{"$numberLong":"-315619200000"}}}"#,
        ),
        (
            r#"{"a":{"$scope":{"x":true},"$code":"f"}}"#,
            r#"{"a":{"$code":"f","$scope":{"x":true}}}"#,
        ),
        (
            r#"{"a":{"$scope":{},"$code":"f","b":null}}"#,
            r#"{"a":{"$scope":{},"$code":"f","b":null}}"#,
        ),
        (r#"{"a":{"$scope":true}}"#, r#"{"a":{"$scope":true}}"#),
        (
            r#"{"a":{"$regex":"^a","$options":"i"}}"#,
            r#"{"a":{"$regex":"^a","$options":"i"}}"#,
        ),
        (r#"{"a":{"$type":"string"}}"#, r#"{"a":{"$type":"string"}}"#),
        (
            r#"{"a":{"$gt":{"$minKey":1}}}"#,
            r#"{"a":{"$gt":{"$minKey":1}}}"#,
        ),
        (
            r#"{"a":{"b":1,"$oid":2}}"#,
            r#"{"a":{"b":{"$numberInt":"1"},"$oid":{"$numberInt":"2"}}}"#,
        ),
    ];
    for (text, expected) in cases {
        let bson = parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(canonical(&bson), expected, "{text}");
        crate::bson::validate(&bson).unwrap();
        assert_eq!(parse(expected).unwrap(), bson, "{expected}");
    }
}

/// Offset, line, column and path.
type Place<'e> = (u64, u64, u64, &'e str);

fn placed(error: &Error) -> Place<'_> {
    let position = &error.details()["position"];
    let number = |key: &str| position[key].as_u64().unwrap();
    let path = error.details()["path"].as_str().unwrap();
    (number("offset"), number("line"), number("column"), path)
}

#[test]
fn refuses_the_rest_and_says_where() {
    let cases: &[(&[u8], Place, &str)] = &[
        (b"", (0, 1, 1, ""), "found the end of the input"),
        (b"  ", (2, 1, 3, ""), "found the end of the input"),
        (b"[]", (0, 1, 1, ""), "expected a document"),
        (b"null", (0, 1, 1, ""), "expected a document"),
        (
            b"{} x",
            (3, 1, 4, ""),
            "expected the end of the input, found 'x'",
        ),
        (b"{}{}", (2, 1, 3, ""), "expected the end of the input"),
        (b"{", (1, 1, 2, ""), "a field name in quotes"),
        (b"{a:1}", (1, 1, 2, ""), "a field name in quotes, found 'a'"),
        (b"{'a':1}", (1, 1, 2, ""), "a field name in quotes"),
        (b"{\"a\"}", (4, 1, 5, "a"), "expected ':'"),
        (b"{\"a\":}", (5, 1, 6, "a"), "expected a value, found '}'"),
        (b"{\"a\":1,}", (7, 1, 8, ""), "a field name in quotes"),
        (b"{\"a\":1 \"b\":2}", (7, 1, 8, ""), "',' or '}'"),
        (b"{\"a\":[1,]}", (8, 1, 9, "a.1"), "expected a value"),
        (b"{\"a\":[1", (7, 1, 8, "a"), "',' or ']'"),
        (b"{\"a\":tru}", (5, 1, 6, "a"), "expected a value"),
        (b"{\"a\":truex}", (9, 1, 10, ""), "',' or '}'"),
        (b"{\"a\":01}", (5, 1, 6, "a"), "not a number"),
        (b"{\"a\":NaN}", (5, 1, 6, "a"), "expected a value"),
        (b"{\"a\":1e999}", (5, 1, 6, "a"), "a double can hold"),
        (b"{\"a\":\"x}", (5, 1, 6, "a"), "does not end"),
        (b"{\"a\":\"x\ny\"}", (7, 1, 8, "a"), "\\u000a"),
        (b"{\"a\":\"\\x\"}", (6, 1, 7, "a"), "escape"),
        (
            b"{\"a\":\"\\u12g4\"}",
            (6, 1, 7, "a"),
            "four hexadecimal digits",
        ),
        (
            b"{\"a\":\"\\u+123\"}",
            (6, 1, 7, "a"),
            "four hexadecimal digits",
        ),
        (b"{\"a\":\"\\u12", (6, 1, 7, "a"), "four hexadecimal digits"),
        (b"{\"a\":\"\\ud800\"}", (6, 1, 7, "a"), "surrogate"),
        (b"{\"a\":\"\\ud800\\ud800\"}", (6, 1, 7, "a"), "surrogate"),
        (b"{\"a\":\"\\udc00\"}", (6, 1, 7, "a"), "surrogate"),
        (b"{\"a\":\"ab\xffc\"}", (8, 1, 9, "a"), "UTF-8"),
        (b"{\"a\":\"\xed\xa0\x80\"}", (6, 1, 7, "a"), "UTF-8"),
        (b"{\"a\xff\":1}", (3, 1, 4, ""), "UTF-8"),
        (b"{\"a\\u0000\":1}", (1, 1, 2, "a\0"), "NUL"),
        (
            b"{\"a\":1,\"b\":2,\"a\":3}",
            (13, 1, 14, "a"),
            "there already",
        ),
        (b"{\"a\":1,\"\\u0061\":2}", (7, 1, 8, "a"), "there already"),
        (
            b"{\n  \"a\": {\n    \"b\": [0, {\"c\": ?}]\n  }\n}",
            (30, 3, 20, "a.b.1.c"),
            "a value, found '?'",
        ),
        ("{\"é\":\"é\" x}".as_bytes(), (11, 1, 10, ""), "',' or '}'"),
        (
            b"{\"a\":{\"$oid\":\"xyz\"}}",
            (13, 1, 14, "a.$oid"),
            "24 hexadecimal digits, found \"xyz\"",
        ),
        (b"{\"a\":{\"$oid\":1}}", (13, 1, 14, "a.$oid"), "a string"),
        (
            b"{\"$oid\":\"0123456789abcdef01234567\"}",
            (0, 1, 1, ""),
            "expected a document, found a value of type objectId",
        ),
        (
            b"{\"a\":{\"$numberInt\":\"2147483648\"}}",
            (19, 1, 20, "a.$numberInt"),
            "32-bit",
        ),
        (
            b"{\"a\":{\"$numberDouble\":\"inf\"}}",
            (22, 1, 23, "a.$numberDouble"),
            "a double",
        ),
        (
            b"{\"a\":{\"$date\":\"yesterday\"}}",
            (14, 1, 15, "a.$date"),
            "a date such as",
        ),
        (
            b"{\"a\":{\"$binary\":{\"base64\":\"a\",\"subType\":\"0\"}}}",
            (26, 1, 27, "a.$binary.base64"),
            "base64",
        ),
        (
            b"{\"a\":{\"$binary\":{\"base64\":\"\",\"subType\":\"100\"}}}",
            (39, 1, 40, "a.$binary.subType"),
            "subtype",
        ),
        (
            b"{\"a\":{\"$timestamp\":{\"t\":1,\"t\":2}}}",
            (26, 1, 27, "a.$timestamp"),
            "\"t\" and \"i\"",
        ),
        (
            b"{\"a\":{\"$timestamp\":{\"t\":-1,\"i\":2}}}",
            (24, 1, 25, "a.$timestamp.t"),
            "4294967295",
        ),
        (
            b"{\"a\":{\"$undefined\":false}}",
            (19, 1, 20, "a.$undefined"),
            "expected true",
        ),
        (
            b"{\"a\":{\"$code\":\"\",\"$scope\":{\"b\":?}}}",
            (31, 1, 32, "a.$code.b"),
            "a value",
        ),
    ];
    for (text, place, message) in cases {
        let shown = String::from_utf8_lossy(text);
        let error = parse(text).expect_err(&shown);
        assert_eq!(
            (error.status(), error.code()),
            (Status::Json, Code::FAILED_TO_PARSE)
        );
        assert_eq!(placed(&error), *place, "{shown}: {error}");
        assert!(error.message().contains(message), "{shown}: {error}");
    }
}

#[test]
fn the_message_is_one_line_that_says_all() {
    let error = parse("{\"a\": {\"b\": [1, x]}}").unwrap_err();
    let expected = "invalid JSON at line 1, column 17, in \"a.b.1\": expected a value, found 'x'";
    assert_eq!(error.message(), expected);
}

#[test]
fn every_beginning_of_a_document_is_refused() {
    let text = r#"{"a":{"$oid":"0123456789abcdef01234567"},"b":[-1.5e+3,true,{"$date":{"$numberLong":"1"}}],
        "c":"\u00e9\ud83d\ude00","d":{"$binary":{"base64":"AQ==","subType":"80"}},"e":{"$code":"x","$scope":{}},
        "f":{"$timestamp":{"t":1,"i":2}},"g":{"$dbPointer":{"$ref":"n","$id":{"$oid":"0123456789abcdef01234567"}}}}"#;
    assert!(parse(text).is_ok());
    for end in 0..text.len() {
        assert!(parse(&text.as_bytes()[..end]).is_err(), "{}", &text[..end]);
    }
}

fn nested(open: &str, inner: &str, close: &str, levels: usize) -> String {
    format!("{}{inner}{}", open.repeat(levels), close.repeat(levels))
}

#[test]
fn depth_is_limited_without_using_up_the_stack() {
    let deepest = nested("{\"a\":", "{}", "}", MAX_DEPTH - 1);
    let shapes = [
        nested("{\"a\":", "{}", "}", MAX_DEPTH),
        format!("{{\"a\":{}}}", nested("[", "", "]", MAX_DEPTH)),
        nested("{\"a\":", "", "", 1_000_000),
        format!("{{\"a\":{}", nested("[", "", "", 1_000_000)),
        format!(
            "{{\"a\":{}",
            nested("{\"$code\":\"\",\"$scope\":{\"a\":", "", "", 1_000_000)
        ),
        format!("{{\"a\":{}", nested("{\"$scope\":", "", "", 1_000_000)),
        format!(
            "{{\"a\":{}",
            nested("{\"$dbPointer\":{\"$id\":", "", "", 1_000_000)
        ),
        format!("{{\"a\":{}", nested("{\"$date\":", "", "", 1_000_000)),
    ];
    let run = move || {
        let bson = parse(&deepest).unwrap();
        crate::bson::validate(&bson).unwrap();
        assert!(canonical(&bson).len() >= deepest.len());
        for shape in shapes {
            assert!(parse(&shape).is_err());
        }
    };
    let thread = std::thread::Builder::new()
        .stack_size(256 * 1024)
        .spawn(run);
    thread.unwrap().join().unwrap();
}

#[test]
fn size_is_limited_as_bson() {
    // Length, type, "a", NUL, length, text, NUL, terminator.
    let text = |size: usize| format!("{{\"a\":\"{}\"}}", "x".repeat(size - 13));
    assert_eq!(
        parse(text(MAX_DOCUMENT_SIZE)).unwrap().len(),
        MAX_DOCUMENT_SIZE
    );
    let error = parse(text(MAX_DOCUMENT_SIZE + 1)).unwrap_err();
    assert_eq!(error.code(), Code::BSON_OBJECT_TOO_LARGE);
    let many = format!("{{\"a\":[{}0]}}", "0,".repeat(3_000_000));
    assert_eq!(parse(many).unwrap_err().code(), Code::BSON_OBJECT_TOO_LARGE);
}

fn all(text: &str) -> Result<Vec<Document>> {
    let (mut documents, mut found) = (Documents::new(text.as_bytes()), Vec::new());
    let mut out = Vec::new();
    while documents.next_document(&mut out)? {
        found.push(Document::from_raw(RawDoc::new(&out)?)?);
        out.clear();
    }
    assert!(!documents.next_document(&mut out)?, "the end stays the end");
    Ok(found)
}

#[test]
fn many_documents_come_as_an_array_or_one_after_another() {
    let (a, b) = (doc! { "a": 1 }, doc! { "b": [{ "c": 2 }] });
    let texts = [
        r#"[{"a":1},{"b":[{"c":2}]}]"#,
        " [ {\"a\":1} , {\"b\":[{\"c\":2}]} ] \n",
        "{\"a\":1}\n{\"b\":[{\"c\":2}]}\n",
        "{\"a\":1}\r\n\r\n{\"b\":\n[{\"c\":2}]}",
        r#"{"a":1}{"b":[{"c":2}]}"#,
    ];
    for text in texts {
        assert_eq!(all(text).unwrap(), [a.clone(), b.clone()], "{text}");
    }
    for text in ["", " \n ", "[]", " [ ] "] {
        assert_eq!(all(text).unwrap(), [], "{text}");
    }
}

#[test]
fn a_fault_among_many_documents_is_placed_and_final() {
    let cases = [
        ("[{\"a\":1},{\"b\":x}]", 1, 14),
        ("{\"a\":1}\n{\"b\":x}", 1, 13),
        ("[{\"a\":1} {\"b\":1}]", 1, 9),
        ("[{\"a\":1},]", 1, 9),
        ("[{\"a\":1}] x", 1, 10),
        ("[{\"a\":1}", 1, 8),
        ("{\"a\":1},{\"b\":1}", 1, 7),
        ("[1]", 0, 1),
    ];
    for (text, index, offset) in cases {
        let mut documents = Documents::new(text.as_bytes());
        let mut out = Vec::new();
        for _ in 0..index {
            assert!(documents.next_document(&mut out).unwrap(), "{text}");
        }
        let len = out.len();
        let error = documents.next_document(&mut out).expect_err(text);
        assert_eq!(error.details()["index"], index, "{text}");
        let found = error.details()["position"]["offset"].as_u64().unwrap();
        assert_eq!(found, offset, "{text}: {error}");
        assert_eq!(out.len(), len);
        assert!(!documents.next_document(&mut out).unwrap());
    }
}

#[test]
fn arrays_and_values_can_stand_alone() {
    let mut out = Vec::new();
    parse_array(b" [ {\"$match\": {}}, 1 ] ", &mut out).unwrap();
    let array = RawDoc::new(&out).unwrap();
    assert_eq!(
        array
            .iter()
            .map(|(key, _)| key.to_string())
            .collect::<Vec<_>>(),
        ["0", "1"]
    );
    assert!(parse_array(b"{}", &mut out).is_err());
    assert!(parse_array(b"[] []", &mut out).is_err());
    let cases = [
        ("\"a_1\"", Value::from("a_1")),
        (" {\"a\": 1} ", Value::from(doc! { "a": 1 })),
        ("{\"$numberLong\": \"7\"}", Value::Int64(7)),
        ("null", Value::Null),
    ];
    for (text, expected) in cases {
        let value = parse_value(text.as_bytes()).unwrap();
        assert_eq!(Value::from_raw(value.as_raw()).unwrap(), expected, "{text}");
    }
    assert!(parse_value(b"1 2").is_err());
}
