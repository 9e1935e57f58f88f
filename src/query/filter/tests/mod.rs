//! MongoDB's matching rules as tables: a filter, documents it selects, documents it does not.

mod operators;
mod oracle;

use super::*;
use crate::bson::{Decimal128, Document, ObjectId, Value, doc};
use crate::error::Code;

fn compile(filter: &Document) -> Result<Filter> {
    Filter::compile(RawDoc::trusted(&filter.to_bytes()), &Context::default())
}

fn check(filter: Document, selected: Vec<Document>, others: Vec<Document>) {
    let compiled = compile(&filter).unwrap_or_else(|error| panic!("{filter:?}: {error}"));
    for (documents, expected) in [(selected, true), (others, false)] {
        for document in documents {
            let found = compiled
                .matches(RawDoc::trusted(&document.to_bytes()))
                .unwrap();
            assert_eq!(found, expected, "{filter:?} on {document:?}");
        }
    }
}

fn regex(pattern: &str, options: &str) -> Value {
    Value::Regex {
        pattern: pattern.to_string(),
        options: options.to_string(),
    }
}

fn decimal(text: &str) -> Value {
    Value::Decimal128(Decimal128::parse(text).unwrap())
}

#[test]
fn the_empty_filter_selects_everything() {
    check(doc! {}, vec![doc! {}, doc! { "a": 1 }], vec![]);
    check(doc! { "$comment": "why" }, vec![doc! {}], vec![]);
    assert!(compile(&doc! { "$comment": "why" }).unwrap().is_empty());
}

#[test]
fn equality_compares_numbers_by_value() {
    for one in [
        Value::Int32(1),
        Value::Int64(1),
        Value::Double(1.0),
        decimal("1.00"),
    ] {
        check(
            doc! { "a": one },
            vec![
                doc! { "a": 1 },
                doc! { "a": 1i64 },
                doc! { "a": 1.0 },
                doc! { "a": decimal("1") },
            ],
            vec![
                doc! { "a": 1.5 },
                doc! { "a": "1" },
                doc! { "a": true },
                doc! { "b": 1 },
            ],
        );
    }
    check(
        doc! { "a": 0 },
        vec![doc! { "a": -0.0 }, doc! { "a": decimal("-0") }],
        vec![],
    );
    let two_to_53 = 1i64 << 53;
    check(
        doc! { "a": (two_to_53 + 1) },
        vec![doc! { "a": (two_to_53 + 1) }],
        vec![doc! { "a": two_to_53 }, doc! { "a": (two_to_53 as f64) }],
    );
    check(
        doc! { "a": 0.1 },
        vec![doc! { "a": 0.1 }],
        vec![doc! { "a": decimal("0.1") }],
    );
}

#[test]
fn nan_equals_nan_and_has_no_other_order() {
    let nan = || vec![doc! { "a": f64::NAN }, doc! { "a": decimal("NaN") }];
    let numbers = || vec![doc! { "a": 1 }, doc! { "a": f64::NEG_INFINITY }];
    for operator in ["$eq", "$gte", "$lte"] {
        check(doc! { "a": { operator: f64::NAN } }, nan(), numbers());
    }
    for operator in ["$gt", "$lt"] {
        check(
            doc! { "a": { operator: f64::NAN } },
            vec![],
            [nan(), numbers()].concat(),
        );
    }
    check(doc! { "a": { "$lt": 5 } }, numbers(), nan());
    check(doc! { "a": { "$ne": f64::NAN } }, numbers(), nan());
    check(doc! { "a": { "$in": [f64::NAN, 7] } }, nan(), numbers());
}

#[test]
fn order_compares_within_a_type_only() {
    check(
        doc! { "a": { "$gt": 1 } },
        vec![
            doc! { "a": 1.5 },
            doc! { "a": 2i64 },
            doc! { "a": decimal("1.01") },
            doc! { "a": f64::INFINITY },
        ],
        vec![
            doc! { "a": 1 },
            doc! { "a": "2" },
            doc! { "a": Value::DateTime(5) },
            doc! { "a": true },
            doc! { "a": null },
            doc! {},
            doc! { "a": { "b": 2 } },
        ],
    );
    check(
        doc! { "a": { "$lt": "b" } },
        vec![
            doc! { "a": "" },
            doc! { "a": "azz" },
            doc! { "a": Value::Symbol("a".into()) },
        ],
        vec![doc! { "a": "b" }, doc! { "a": 1 }, doc! { "a": null }],
    );
    check(
        doc! { "a": { "$gte": Value::DateTime(-1) } },
        vec![
            doc! { "a": Value::DateTime(-1) },
            doc! { "a": Value::DateTime(0) },
        ],
        vec![
            doc! { "a": Value::DateTime(-2) },
            doc! { "a": Value::Timestamp { time: 1, increment: 1 } },
            doc! { "a": 5 },
        ],
    );
    check(
        doc! { "a": { "$gt": false } },
        vec![doc! { "a": true }],
        vec![doc! { "a": false }, doc! { "a": 1 }],
    );
    check(
        doc! { "a": { "$gt": { "b": 1 } } },
        vec![
            doc! { "a": { "b": 2 } },
            doc! { "a": { "b": 1, "c": 0 } },
            doc! { "a": { "c": 0 } },
        ],
        vec![doc! { "a": { "b": 1 } }, doc! { "a": {} }, doc! { "a": 5 }],
    );
    let id = |byte| ObjectId([byte; 12]);
    check(
        doc! { "a": { "$lte": id(5) } },
        vec![doc! { "a": id(5) }, doc! { "a": id(1) }],
        vec![doc! { "a": id(6) }],
    );
}

#[test]
fn min_key_and_max_key_compare_with_every_type() {
    let others = || {
        vec![
            doc! { "a": 1 },
            doc! { "a": "x" },
            doc! { "a": null },
            doc! {},
        ]
    };
    let min = || vec![doc! { "a": Value::MinKey }];
    let max = || vec![doc! { "a": Value::MaxKey }];
    check(
        doc! { "a": { "$gt": Value::MinKey } },
        [others(), max()].concat(),
        min(),
    );
    check(
        doc! { "a": { "$gte": Value::MinKey } },
        [others(), max(), min()].concat(),
        vec![],
    );
    check(
        doc! { "a": { "$lt": Value::MaxKey } },
        [others(), min()].concat(),
        max(),
    );
    check(
        doc! { "a": { "$lte": Value::MinKey } },
        min(),
        [others(), max()].concat(),
    );
    check(
        doc! { "a": { "$gt": Value::MaxKey } },
        vec![],
        [others(), max(), min()].concat(),
    );
    check(
        doc! { "a": Value::MinKey },
        min(),
        [others(), max()].concat(),
    );
}

#[test]
fn null_matches_missing_but_not_undefined() {
    for filter in [
        doc! { "a": null },
        doc! { "a": { "$eq": null } },
        doc! { "a": { "$in": [null, 7] } },
        doc! { "a": { "$gte": null } },
        doc! { "a": { "$lte": null } },
    ] {
        check(
            filter,
            vec![
                doc! {},
                doc! { "a": null },
                doc! { "a": [1, null] },
                doc! { "b": 1 },
            ],
            vec![
                doc! { "a": Value::Undefined },
                doc! { "a": 0 },
                doc! { "a": "" },
                doc! { "a": [] },
                doc! { "a": [Value::Undefined] },
            ],
        );
    }
    check(
        doc! { "a": { "$gt": null } },
        vec![],
        vec![doc! {}, doc! { "a": null }, doc! { "a": 1 }],
    );
    check(
        doc! { "a": { "$ne": null } },
        vec![
            doc! { "a": 1 },
            doc! { "a": [] },
            doc! { "a": Value::Undefined },
        ],
        vec![doc! {}, doc! { "a": null }, doc! { "a": [1, null] }],
    );
}

#[test]
fn null_on_a_path_through_arrays_and_scalars() {
    check(
        doc! { "a.b": null },
        vec![
            doc! {},
            doc! { "a": 5 },
            doc! { "a": null },
            doc! { "a": {} },
            doc! { "a": { "b": null } },
            doc! { "a": [{}] },
            doc! { "a": [{ "b": 1 }, { "c": 1 }] },
        ],
        vec![
            doc! { "a": [] },
            doc! { "a": [1, 2] },
            doc! { "a": { "b": 0 } },
            doc! { "a": [{ "b": 1 }] },
        ],
    );
}

#[test]
fn an_array_stands_for_its_elements_and_itself() {
    check(
        doc! { "a": 1 },
        vec![doc! { "a": [1] }, doc! { "a": [0, 1, 2] }],
        vec![
            doc! { "a": [] },
            doc! { "a": [[1]] },
            doc! { "a": [{ "b": 1 }] },
        ],
    );
    check(
        doc! { "a": [1, 2] },
        vec![
            doc! { "a": [1, 2] },
            doc! { "a": [1.0, 2i64] },
            doc! { "a": [[1, 2], 3] },
        ],
        vec![
            doc! { "a": [2, 1] },
            doc! { "a": [1, 2, 3] },
            doc! { "a": 1 },
            doc! { "a": [[[1, 2]]] },
        ],
    );
    check(
        doc! { "a": [] },
        vec![doc! { "a": [] }, doc! { "a": [[]] }],
        vec![doc! { "a": [1] }, doc! { "a": null }, doc! {}],
    );
    // Each operator may be satisfied by another element.
    check(
        doc! { "a": { "$gt": 10, "$lt": 5 } },
        vec![doc! { "a": [1, 20] }],
        vec![doc! { "a": [7] }, doc! { "a": 7 }, doc! { "a": [1, 2] }],
    );
    check(
        doc! { "a": { "$gt": [1] } },
        vec![doc! { "a": [2] }, doc! { "a": [1, 0] }, doc! { "a": [[2]] }],
        vec![doc! { "a": [1] }, doc! { "a": 5 }, doc! { "a": [0, 9] }],
    );
}

#[test]
fn whole_documents_are_equal_in_field_order() {
    check(
        doc! { "a": { "b": 1, "c": 2 } },
        vec![
            doc! { "a": { "b": 1.0, "c": 2 } },
            doc! { "a": [5, { "b": 1, "c": 2 }] },
        ],
        vec![
            doc! { "a": { "c": 2, "b": 1 } },
            doc! { "a": { "b": 1 } },
            doc! { "a": { "b": 1, "c": 2, "d": 3 } },
        ],
    );
    check(
        doc! { "a": {} },
        vec![doc! { "a": {} }],
        vec![doc! { "a": { "b": 1 } }, doc! {}],
    );
    let reference = || doc! { "$ref": "c", "$id": 5 };
    check(
        doc! { "a": (reference()) },
        vec![doc! { "a": (reference()) }],
        vec![doc! { "a": 5 }],
    );
}

#[test]
fn dotted_paths_go_through_documents_and_arrays_of_documents() {
    check(
        doc! { "a.b": 1 },
        vec![
            doc! { "a": { "b": 1 } },
            doc! { "a": [{ "b": 2 }, { "b": 1 }] },
            doc! { "a": { "b": [2, 1] } },
            doc! { "a": [{ "b": [1] }] },
        ],
        vec![
            doc! { "a": [[{ "b": 1 }]] },
            doc! { "a.b": 1 },
            doc! { "a": 1 },
            doc! { "b": 1 },
        ],
    );
    check(
        doc! { "a.b.c": { "$gt": 1 } },
        vec![doc! { "a": [{ "b": [{ "c": 0 }, { "c": 2 }] }] }],
        vec![doc! { "a": [{ "b": [{ "c": 0 }] }] }],
    );
}

#[test]
fn numbers_in_paths_are_positions_and_names() {
    check(
        doc! { "a.1": 7 },
        vec![
            doc! { "a": [5, 7] },
            doc! { "a": { "1": 7 } },
            doc! { "a": [{ "1": 7 }] },
        ],
        // An element picked by position is not looked into.
        vec![
            doc! { "a": [7, 5] },
            doc! { "a": [7] },
            doc! { "a": [5, [7]] },
        ],
    );
    check(
        doc! { "a.1": [7] },
        vec![doc! { "a": [5, [7]] }],
        vec![doc! { "a": [[7], 5] }],
    );
    check(
        doc! { "a.1.b": 4 },
        vec![
            doc! { "a": [5, { "b": 4 }] },
            doc! { "a": [5, [{ "b": 4 }]] },
            doc! { "a": [{ "1": { "b": 4 } }] },
        ],
        vec![doc! { "a": [{ "b": 4 }, 5] }],
    );
    check(
        doc! { "a.0.0": 7 },
        vec![doc! { "a": [[7]] }],
        vec![doc! { "a": [7] }],
    );
    check(
        doc! { "a.01": 7 },
        vec![doc! { "a": { "01": 7 } }],
        vec![doc! { "a": [5, 7] }],
    );
}

#[test]
fn ne_and_nin_select_what_eq_and_in_do_not() {
    check(
        doc! { "a": { "$ne": 1 } },
        vec![
            doc! {},
            doc! { "a": 2 },
            doc! { "a": [2, 3] },
            doc! { "a": null },
        ],
        vec![doc! { "a": 1 }, doc! { "a": [1, 2] }, doc! { "a": 1.0 }],
    );
    check(
        doc! { "a": { "$nin": [1, null] } },
        vec![doc! { "a": 2 }, doc! { "a": [] }],
        vec![doc! {}, doc! { "a": [2, 1] }, doc! { "a": null }],
    );
    check(
        doc! { "a": { "$nin": [] } },
        vec![doc! {}, doc! { "a": 1 }],
        vec![],
    );
}

#[test]
fn in_takes_values_of_all_types_and_patterns() {
    check(
        doc! { "a": { "$in": [3, "x", 1, [9], { "b": 1 }, regex("^s", "")] } },
        vec![
            doc! { "a": 1i64 },
            doc! { "a": 3.0 },
            doc! { "a": "x" },
            doc! { "a": [5, "x"] },
            doc! { "a": [9] },
            doc! { "a": { "b": 1 } },
            doc! { "a": "sun" },
            doc! { "a": regex("^s", "") },
        ],
        vec![
            doc! { "a": 2 },
            doc! { "a": 9 },
            doc! { "a": "y" },
            doc! { "a": "xs" },
            doc! {},
        ],
    );
    check(
        doc! { "a": { "$in": [] } },
        vec![],
        vec![doc! {}, doc! { "a": [] }, doc! { "a": null }],
    );
}

#[test]
fn exists_asks_about_the_field_not_its_elements() {
    let with = || {
        vec![
            doc! { "a": null },
            doc! { "a": [] },
            doc! { "a": 1 },
            doc! { "a": [[]] },
        ]
    };
    check(doc! { "a": { "$exists": true } }, with(), vec![doc! {}]);
    check(doc! { "a": { "$exists": 1 } }, with(), vec![doc! {}]);
    check(doc! { "a": { "$exists": false } }, vec![doc! {}], with());
    check(doc! { "a": { "$exists": 0.0 } }, vec![doc! {}], with());
    check(
        doc! { "a.b": { "$exists": true } },
        vec![doc! { "a": [{}, { "b": null }] }, doc! { "a": { "b": [] } }],
        vec![
            doc! { "a": [] },
            doc! { "a": [1] },
            doc! { "a": { "c": 1 } },
            doc! {},
        ],
    );
    check(
        doc! { "a.0": { "$exists": true } },
        vec![doc! { "a": [1] }],
        vec![doc! { "a": [] }],
    );
}

#[test]
fn regular_expressions_match_strings_and_symbols() {
    let matching = || {
        vec![
            doc! { "a": "xabc" },
            doc! { "a": ["z", "abc"] },
            doc! { "a": Value::Symbol("abc".into()) },
            doc! { "a": regex("ab", "") },
        ]
    };
    let others = || {
        vec![
            doc! { "a": "xAB" },
            doc! { "a": 5 },
            doc! {},
            doc! { "a": regex("ab", "i") },
        ]
    };
    check(doc! { "a": regex("ab", "") }, matching(), others());
    check(doc! { "a": { "$regex": "ab" } }, matching(), others());
    check(
        doc! { "a": { "$regex": regex("ab", "") } },
        matching(),
        others(),
    );
    check(
        doc! { "a": { "$not": regex("ab", "") } },
        others(),
        matching(),
    );
    check(
        doc! { "a": { "$not": { "$regex": "ab" } } },
        others(),
        matching(),
    );
    check(
        doc! { "a": { "$regex": "AB", "$options": "i" } },
        vec![doc! { "a": "ab" }],
        vec![],
    );
    check(
        doc! { "a": { "$options": "i", "$regex": "AB" } },
        vec![doc! { "a": "ab" }],
        vec![],
    );
    check(
        doc! { "a": { "$regex": regex("AB", ""), "$options": "i" } },
        vec![doc! { "a": "ab" }],
        vec![],
    );
    check(
        doc! { "a": regex("^b$", "m") },
        vec![doc! { "a": "a\nb" }],
        vec![doc! { "a": "ab" }],
    );
    check(
        doc! { "a": regex("a.b", "s") },
        vec![doc! { "a": "a\nb" }],
        vec![],
    );
    check(
        doc! { "a": regex("a.b", "") },
        vec![doc! { "a": "axb" }],
        vec![doc! { "a": "a\nb" }],
    );
    check(
        doc! { "a": regex("a b # c", "x") },
        vec![doc! { "a": "ab" }],
        vec![doc! { "a": "a b" }],
    );
    // Equality with a regular expression wants that very value.
    check(
        doc! { "a": { "$eq": regex("ab", "") } },
        vec![doc! { "a": regex("ab", "") }],
        vec![doc! { "a": "ab" }],
    );
}

#[test]
fn not_negates_the_whole_of_its_operators() {
    check(
        doc! { "a": { "$not": { "$gt": 1, "$lt": 5 } } },
        vec![doc! { "a": 0 }, doc! { "a": 7 }, doc! {}, doc! { "a": "x" }],
        vec![doc! { "a": 3 }, doc! { "a": [0, 7] }],
    );
    check(
        doc! { "a": { "$not": { "$not": { "$gt": 1 } } } },
        vec![doc! { "a": 2 }],
        vec![doc! { "a": 1 }, doc! {}],
    );
}

#[test]
fn logical_operators_combine() {
    check(
        doc! { "$or": [{ "a": 1 }, { "b": { "$gt": 5 } }] },
        vec![doc! { "a": 1 }, doc! { "b": 6 }],
        vec![doc! { "a": 2, "b": 5 }, doc! {}],
    );
    check(
        doc! { "$or": [{ "a": 1 }] },
        vec![doc! { "a": 1 }],
        vec![doc! { "a": 2 }],
    );
    check(
        doc! { "$and": [{ "a": { "$gt": 1 } }, { "a": { "$lt": 5 }, "b": 1 }] },
        vec![doc! { "a": 3, "b": 1 }],
        vec![doc! { "a": 3 }, doc! { "a": 5, "b": 1 }],
    );
    check(
        doc! { "$nor": [{ "a": 1 }, { "b": 1 }] },
        vec![doc! {}, doc! { "a": 2, "b": 2 }],
        vec![doc! { "a": 1 }, doc! { "b": 1 }],
    );
    check(doc! { "$or": [{}, { "a": 1 }] }, vec![doc! {}], vec![]);
    check(
        doc! { "c": 1, "$or": [{ "a": 1 }, { "$and": [{ "b": 1 }, { "$nor": [{ "d": 1 }] }] }] },
        vec![doc! { "c": 1, "a": 1 }, doc! { "c": 1, "b": 1 }],
        vec![doc! { "c": 1, "b": 1, "d": 1 }, doc! { "a": 1 }],
    );
}

#[test]
fn many_fields_are_matched_in_one_pass() {
    let names: Vec<String> = (0..70).map(|i| format!("f{i}")).collect();
    for count in [2, 63, 64, 65, 70] {
        let mut filter = doc! {};
        let mut document = doc! { "other": 1 };
        for (i, name) in names.iter().take(count).enumerate() {
            filter.insert(name.as_str(), i as i32);
            document.insert(name.as_str(), i as i32);
        }
        let mut missing = document.clone();
        missing.remove("f1");
        let mut wrong = document.clone();
        wrong.insert("f0", 9);
        check(
            filter.clone(),
            vec![document.clone()],
            vec![missing.clone(), wrong],
        );
        filter.insert("f1", Value::Null);
        check(filter, vec![missing], vec![document]);
    }
}

#[test]
fn bad_filters_are_refused_with_mongodbs_codes() {
    let bad = Code::BAD_VALUE;
    let cases = [
        (
            doc! { "$and": [] },
            bad,
            "$and/$or/$nor must be a nonempty array",
        ),
        (doc! { "$or": {} }, bad, "$or must be an array"),
        (
            doc! { "$nor": [1] },
            bad,
            "$or/$and/$nor entries need to be full objects",
        ),
        (doc! { "$foo": 1 }, bad, "unknown top level operator: $foo"),
        (doc! { "$not": {} }, bad, "unknown top level operator: $not"),
        (
            doc! { "$where": "1" },
            bad,
            "$where is not supported: there is no JavaScript",
        ),
        (
            doc! { "a": { "$where": "1" } },
            bad,
            "$where cannot be applied to a field",
        ),
        (
            doc! { "$text": {} },
            bad,
            "the query operator $text is not supported yet",
        ),
        (
            doc! { "a": { "$near": [1, 2] } },
            bad,
            "the query operator $near is not supported yet",
        ),
        (
            doc! { "a": { "$geoWithin": {} } },
            bad,
            "$geoWithin is not supported yet",
        ),
        (
            doc! { "a": { "$comment": "x" } },
            bad,
            "unknown operator: $comment",
        ),
        (doc! { "a": { "$foo": 1 } }, bad, "unknown operator: $foo"),
        (
            doc! { "a": { "$gt": 1, "b": 1 } },
            bad,
            "unknown operator: b",
        ),
        (
            doc! { "a": { "$not": 5 } },
            bad,
            "$not needs a regex or a document",
        ),
        (doc! { "a": { "$not": {} } }, bad, "$not cannot be empty"),
        (doc! { "a": { "$in": 5 } }, bad, "$in needs an array"),
        (doc! { "a": { "$nin": null } }, bad, "$nin needs an array"),
        (
            doc! { "a": { "$in": [{ "$gt": 1 }] } },
            bad,
            "cannot nest $ under $in",
        ),
        (
            doc! { "a": { "$ne": regex("a", "") } },
            bad,
            "Can't have regex as arg to $ne.",
        ),
        (
            doc! { "a": { "$gt": regex("a", "") } },
            bad,
            "Can't have RegEx as arg to predicate",
        ),
        (
            doc! { "a": Value::Undefined },
            bad,
            "cannot compare to undefined",
        ),
        (
            doc! { "a": { "$regex": 5 } },
            bad,
            "$regex has to be a string",
        ),
        (
            doc! { "a": { "$regex": "a", "$options": 5 } },
            bad,
            "$options has to be a string",
        ),
        (
            doc! { "a": { "$options": "i" } },
            bad,
            "$options needs a $regex",
        ),
        (
            doc! { "a": { "$regex": regex("a", "i"), "$options": "m" } },
            Code(51075),
            "options set in both",
        ),
        (
            doc! { "a": { "$regex": "a", "$options": "g" } },
            Code(51108),
            "invalid flag in regex options: g",
        ),
        (
            doc! { "a": { "$regex": "(a" } },
            Code(51091),
            "Regular expression is invalid",
        ),
        (doc! { "a": { "$regex": "(a)(?1)" } }, bad, "recursion"),
    ];
    for (filter, code, message) in cases {
        let error = compile(&filter).unwrap_err();
        assert_eq!(error.code(), code, "{filter:?}: {error}");
        assert!(error.message().contains(message), "{filter:?}: {error}");
    }
}

#[test]
fn a_regular_expression_that_backtracks_too_long_is_an_error_that_names_it() {
    let pattern = || regex(r"^(a|aa)+(?=c)\1$", "");
    let filters = [
        doc! { "a": (pattern()) },
        doc! { "a": { "$in": [1, (pattern())] } },
        doc! { "a": { "$not": (pattern()) } },
        doc! { "$or": [{ "b": 1 }, { "a": (pattern()) }] },
        doc! { "a": { "$all": [(pattern())] } },
        doc! { "c": { "$elemMatch": { "a": (pattern()) } } },
    ];
    let text = "a".repeat(50);
    let document = doc! { "a": (text.as_str()), "c": [{ "a": (text.as_str()) }] }.to_bytes();
    for filter in filters {
        let error = compile(&filter)
            .unwrap()
            .matches(RawDoc::trusted(&document))
            .unwrap_err();
        assert_eq!(error.code(), Code(51156), "{filter:?}");
        assert!(error.message().contains("(?=c)"), "{filter:?}: {error}");
    }
    let compiled = compile(&doc! { "a": (pattern()) }).unwrap();
    let short = doc! { "a": "aab" }.to_bytes();
    assert!(!compiled.matches(RawDoc::trusted(&short)).unwrap());
}

#[test]
fn shapes_differ_by_structure_and_not_by_values() {
    let shape = |filter: Document| {
        let mut shape = Vec::new();
        compile(&filter).unwrap().write_shape(&mut shape);
        shape
    };
    assert_eq!(shape(doc! { "a": 1 }), shape(doc! { "a": 2.5 }));
    assert_eq!(
        shape(doc! { "a": { "$gt": 1 } }),
        shape(doc! { "$and": [{ "a": { "$gt": 7 } }] })
    );
    let different = [
        doc! { "a": 1 },
        doc! { "a": "x" },
        doc! { "b": 1 },
        doc! { "a": { "$gt": 1 } },
        doc! { "a": { "$gte": 1 } },
        doc! { "a": { "$ne": 1 } },
        doc! { "a": 1, "b": 1 },
        doc! { "$or": [{ "a": 1 }, { "b": 1 }] },
        doc! { "a": regex("^a", "") },
        doc! { "a": regex("a", "") },
        doc! { "a": { "$type": "int" } },
        doc! { "a": { "$type": ["int", "string"] } },
        doc! { "a": { "$size": 1 } },
        doc! { "a": { "$mod": [2, 1] } },
        doc! { "a": { "$bitsAllSet": 1 } },
        doc! { "a": { "$bitsAnySet": 1 } },
        doc! { "a": { "$elemMatch": { "$gt": 1 } } },
        doc! { "a": { "$elemMatch": { "b": 1 } } },
        doc! { "$sampleRate": 0.5 },
        doc! { "$alwaysFalse": 1 },
    ];
    for (i, a) in different.iter().enumerate() {
        for b in &different[..i] {
            assert_ne!(shape(a.clone()), shape(b.clone()), "{a:?} {b:?}");
        }
    }
}
