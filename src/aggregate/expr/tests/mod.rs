//! Tables of cases in JSON, for all families; and the core's own.

mod accumulators;
mod arithmetic;
mod array;
mod collation;
mod conditional;
mod families;
mod object;
mod random;
mod sets;

use super::*;
use crate::bson::{Document, RawValueBuf};
use crate::json;

/// Evaluates each expression for `document` (JSON) and compares with the value expected, types included;
/// `missing` stands for no value.
pub(crate) fn check(document: &str, cases: &[(&str, &str)]) {
    let document = bytes(document);
    for (expression, expected) in cases {
        let found = match evaluate(expression, &document, &Context::default()) {
            Ok(value) => value,
            Err(error) => panic!("{expression}: {error}"),
        };
        let expected = match *expected {
            "missing" => None,
            text => Some(value(text)),
        };
        assert_eq!(found, expected, "{expression}");
    }
}

/// Each expression is refused, at the latest for `document`, with the code and a message that has
/// the fragment.
pub(crate) fn check_refused(document: &str, cases: &[(&str, i32, &str)]) {
    let document = bytes(document);
    for (expression, code, fragment) in cases {
        match evaluate(expression, &document, &Context::default()) {
            Ok(value) => panic!("{expression} is {value:?}, should be refused with {code}"),
            Err(error) => {
                assert_eq!(error.code(), Code(*code), "{expression}: {error}");
                assert!(error.message().contains(fragment), "{expression}: {error}");
            }
        }
    }
}

/// The BSON of a JSON document.
pub(crate) fn bytes(text: &str) -> Vec<u8> {
    let mut out = Vec::new();
    json::parse_document(text.as_bytes(), &mut out).unwrap_or_else(|e| panic!("{text}: {e}"));
    out
}

/// The value of a JSON value.
pub(crate) fn value(text: &str) -> RawValueBuf {
    let document = bytes(&format!("{{\"v\": {text}}}"));
    RawDoc::trusted(&document).get("v").unwrap().into()
}

/// The value of an expression that needs no document.
pub(crate) fn evaluated(expression: &str) -> Result<Option<RawValueBuf>> {
    evaluate(expression, &bytes("{}"), &Context::default())
}

fn evaluate(expression: &str, document: &[u8], context: &Context) -> Result<Option<RawValueBuf>> {
    let expression = Expr::compile(value(expression).as_raw(), context)?;
    let arena = Arena::default();
    let value = expression.evaluate(RawDoc::trusted(document), &arena)?;
    Ok(value.map(RawValueBuf::new))
}

#[test]
fn paths_lead_into_documents_and_through_arrays() {
    let document = r#"{"a": 1, "b": {"c": {"d": 2}}, "0": 5, "n": null,
        "l": [{"x": 1, "y": {"z": 1}}, 7, {"x": 2}, [{"x": 3}], {"w": 4}], "m": [1, 2]}"#;
    check(
        document,
        &[
            (r#""$a""#, "1"),
            (r#""$b.c""#, r#"{"d": 2}"#),
            (r#""$b.c.d""#, "2"),
            (r#""$b.x.d""#, "missing"),
            (r#""$a.b""#, "missing"),
            (r#""$n""#, "null"),
            (r#""$n.x""#, "missing"),
            (r#""$l.x""#, "[1, 2]"),
            (r#""$l.y.z""#, "[1]"),
            (r#""$l.none""#, "[]"),
            (r#""$m.0""#, "[]"),
            (r#""$0""#, "5"),
            (r#""$$ROOT.a""#, "1"),
            (r#""$$CURRENT.a""#, "1"),
            (r#""$$REMOVE""#, "missing"),
            (r#""a""#, r#""a""#),
        ],
    );
}

#[test]
fn literals_leave_out_what_is_missing() {
    check(
        r#"{"a": 1}"#,
        &[
            (
                r#"{"x": "$a", "y": "$none", "z": {}}"#,
                r#"{"x": 1, "z": {}}"#,
            ),
            (r#"["$a", "$none", 2]"#, "[1, null, 2]"),
            (r#"{"$literal": "$a"}"#, r#""$a""#),
            (r#"{"$literal": {"$add": [1]}}"#, r#"{"$add": [1]}"#),
            (r#"{}"#, "{}"),
        ],
    );
}

#[test]
fn variables_are_seen_inside_and_not_beside() {
    check(
        r#"{"a": 1, "d": {"e": [{"f": 1}, {"f": 2}]}}"#,
        &[
            (r#"{"$let": {"vars": {"x": "$a"}, "in": "$$x"}}"#, "1"),
            (
                r#"{"$let": {"vars": {"x": "$d"}, "in": "$$x.e.f"}}"#,
                "[1, 2]",
            ),
            (
                r#"{"$let": {"vars": {"x": 1}, "in": {"$let": {"vars": {"x": 2, "y": "$$x"},
                    "in": ["$$x", "$$y"]}}}}"#,
                "[2, 1]",
            ),
            (
                r#"{"$let": {"vars": {"CURRENT": "$d"}, "in": "$e.f"}}"#,
                "[1, 2]",
            ),
            (
                r#"{"$let": {"vars": {"CURRENT": "$d"}, "in": "$$ROOT.a"}}"#,
                "1",
            ),
            (
                r#"{"$let": {"vars": {"x": "$none"}, "in": {"v": "$$x"}}}"#,
                "{}",
            ),
        ],
    );
    check_refused(
        "{}",
        &[
            (r#""$$x""#, 17276, "undefined variable: x"),
            (
                r#"{"$let": {"vars": {"x": 1, "y": "$$x"}, "in": 1}}"#,
                17276,
                "x",
            ),
            (r#"{"$let": 1}"#, 16874, "only supports an object"),
            (r#"{"$let": {"vars": {}, "in": 1, "out": 2}}"#, 16875, "out"),
            (r#"{"$let": {"in": 1}}"#, 16876, "'vars'"),
            (r#"{"$let": {"vars": {}}}"#, 16877, "'in'"),
            (r#"{"$let": {"vars": {"X": 1}, "in": 1}}"#, 16867, "'X'"),
            (r#"{"$let": {"vars": {"x-": 1}, "in": 1}}"#, 16868, "'-'"),
            (r#"{"$let": {"vars": {"": 1}, "in": 1}}"#, 16866, "empty"),
            (r#""$$CLUSTER_TIME""#, 51144, "CLUSTER_TIME"),
        ],
    );
}

#[test]
fn the_operations_variables_and_time_are_constants() {
    let mut context = Context::default();
    context.set_variable("limit", Some(RawValue::Int32(5)));
    let inner = bytes(r#"{"a": [{"b": 1}, {"b": 2}]}"#);
    context.set_variable("doc", Some(RawValue::Document(RawDoc::trusted(&inner))));
    let find = |text: &str| evaluate(text, RawDoc::EMPTY.as_bytes(), &context).unwrap();
    assert_eq!(find(r#""$$limit""#), Some(value("5")));
    assert_eq!(find(r#""$$doc.a.b""#), Some(value("[1, 2]")));
    assert_eq!(find(r#""$$doc.c""#), None);
    let now = RawValue::DateTime(context.now_ms());
    assert_eq!(find(r#""$$NOW""#), Some(now.into()));
    let shadowed = r#"{"$let": {"vars": {"limit": 6}, "in": "$$limit"}}"#;
    assert_eq!(find(shadowed), Some(value("6")));
}

#[test]
fn constant_parts_are_computed_once() {
    let folds = |text: &str| {
        let expression = Expr::compile(value(text).as_raw(), &Context::default()).unwrap();
        expression.node().as_constant().is_some()
    };
    assert!(folds(
        r#"{"$and": [1, {"$eq": [{"a": [1, {"$not": 0}]}, 2]}]}"#
    ));
    assert!(!folds(r#"{"$and": [1, "$a"]}"#));
}

#[test]
fn comparison_has_one_order_for_all_types() {
    check(
        r#"{"a": 1, "n": null}"#,
        &[
            (r#"{"$eq": ["$a", 1.0]}"#, "true"),
            (r#"{"$eq": ["$n", "$none"]}"#, "false"),
            (r#"{"$lt": ["$none", "$n"]}"#, "true"),
            (
                r#"{"$gt": ["$none", {"$literal": {"$minKey": 1}}]}"#,
                "true",
            ),
            (r#"{"$eq": ["$none", {"$undefined": true}]}"#, "true"),
            (r#"{"$cmp": ["$a", "x"]}"#, "-1"),
            (r#"{"$cmp": [[1, 2], [1]]}"#, "1"),
            (r#"{"$gte": ["$a", 1]}"#, "true"),
            (r#"{"$lte": ["$a", 0]}"#, "false"),
            (r#"{"$ne": ["$a", 1]}"#, "false"),
        ],
    );
    check_refused(
        "{}",
        &[
            (
                r#"{"$eq": [1]}"#,
                16020,
                "takes exactly 2 arguments. 1 were",
            ),
            (r#"{"$cmp": 1}"#, 16020, "$cmp"),
        ],
    );
}

#[test]
fn logic_stops_at_the_answer() {
    check(
        r#"{"a": 0}"#,
        &[
            (r#"{"$and": []}"#, "true"),
            (r#"{"$or": []}"#, "false"),
            (r#"{"$and": ["$a", "$none"]}"#, "false"),
            (r#"{"$and": [1, "x", [], {}]}"#, "true"),
            (r#"{"$or": ["$a", null, "$none", 0.0]}"#, "false"),
            (r#"{"$or": ["$a", 5]}"#, "true"),
            (r#"{"$not": ["$a"]}"#, "true"),
            (r#"{"$not": "$a"}"#, "true"),
            (r#"{"$not": [[false]]}"#, "false"),
        ],
    );
    check_refused("{}", &[(r#"{"$not": [1, 2]}"#, 16020, "exactly 1")]);
}

#[test]
fn what_is_no_expression_is_refused() {
    check_refused(
        "{}",
        &[
            (r#"{"$nope": 1}"#, 168, "Unrecognized expression '$nope'"),
            (r#"{"$eq": [1, 1], "$ne": [1, 1]}"#, 15983, "Found 2 fields"),
            (r#"{"a": 1, "$eq": [1, 1]}"#, 16410, "'$eq'"),
            (r#"{"a.b": 1}"#, 16412, "'a.b'"),
            (r#"{"": 1}"#, 15998, "empty"),
            (r#""$""#, 16872, "by itself"),
            (r#""$$""#, 16869, "empty variable"),
            (r#""$$1a""#, 16870, "'1a'"),
            (r#""$$a-b""#, 16871, "'-'"),
            (r#""$a.""#, 40353, "must not end"),
            (r#""$a..b""#, 15998, "empty"),
            (r#""$a.$b""#, 16410, "$b"),
            (r#"{"$function": {}}"#, 2, "JavaScript"),
        ],
    );
    let long = format!("\"${}\"", vec!["a"; 201].join("."));
    check_refused("{}", &[(&long, 15, "too long")]);
}

#[test]
fn depth_is_bounded() {
    let mut document = Document::new();
    for _ in 0..150 {
        document = crate::bson::doc! { "$not": document };
    }
    let bytes = document.to_bytes();
    let expression = RawValue::Document(RawDoc::trusted(&bytes));
    let refused = Expr::compile(expression, &Context::default()).unwrap_err();
    assert_eq!(refused.code(), Code::OVERFLOW);
}

#[test]
fn names_come_once() {
    let mut all: Vec<_> = names().collect();
    all.sort();
    let count = all.len();
    all.dedup();
    assert_eq!(all.len(), count);
}

#[test]
fn ids_are_new_each_time_and_take_no_arguments() {
    let first = evaluated(r#"{"$createObjectId": {}}"#).unwrap();
    assert!(matches!(
        first.as_ref().map(RawValueBuf::as_raw),
        Some(RawValue::ObjectId(_))
    ));
    assert_ne!(first, evaluated(r#"{"$createObjectId": {}}"#).unwrap());
    check_refused(
        "{}",
        &[
            (r#"{"$createObjectId": 1}"#, 9, "empty object, found int"),
            (r#"{"$createObjectId": {"a": 1}}"#, 9, "empty object"),
        ],
    );
}
