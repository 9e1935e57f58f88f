//! The update language as tables: a document, an update, the document after it or the refusal.

mod arrays;
mod fields;
mod positions;

use super::*;
use crate::bson::{Decimal128, Document, Value, doc};
use crate::json;

/// A document from JSON with single quotes.
fn json(text: &str) -> Document {
    let mut bytes = Vec::new();
    let parsed = json::parse_document(text.replace('\'', "\"").as_bytes(), &mut bytes);
    parsed.unwrap_or_else(|error| panic!("{text}: {error}"));
    read(&bytes)
}

/// Each case: a document, an update, the document after it.
fn check_all(cases: &[(&str, &str, &str)]) {
    for (document, update, expected) in cases {
        check(json(document), json(update), json(expected));
    }
}

/// Each case: a document, an update, the error's code and a part of its message.
fn refuse_all(cases: &[(&str, &str, Code, &str)]) {
    for (document, update, code, message) in cases {
        refused(json(document), json(update), *code, message);
    }
}

fn compile(update: &Document) -> Result<Update> {
    let update = update.to_bytes();
    Update::compile(RawDoc::trusted(&update), None, &Context::default())
}

fn read(bytes: &[u8]) -> Document {
    Document::from_raw(RawDoc::new(bytes).unwrap()).unwrap()
}

fn apply(document: &Document, update: &Document) -> Result<(Document, bool)> {
    let mut out = vec![7];
    let document = document.to_bytes();
    let applied = compile(update)?.apply(RawDoc::trusted(&document), &filter(doc! {}), &mut out)?;
    assert_eq!(out[0], 7, "appends");
    Ok((read(&out[1..]), applied.modified))
}

fn check(document: Document, update: Document, expected: Document) {
    let (found, modified) = apply(&document, &update)
        .unwrap_or_else(|error| panic!("{update:?} on {document:?}: {error}"));
    assert_eq!(
        found.to_bytes(),
        expected.to_bytes(),
        "{update:?} on {document:?}: {found:?}"
    );
    assert_eq!(
        modified,
        document.to_bytes() != expected.to_bytes(),
        "{update:?} on {document:?}"
    );
}

fn refused(document: Document, update: Document, code: Code, message: &str) {
    match apply(&document, &update) {
        Ok((found, _)) => panic!("{update:?} on {document:?} gave {found:?}"),
        Err(error) => {
            assert_eq!(error.code(), code, "{update:?} on {document:?}: {error}");
            assert!(
                error.message().contains(message),
                "{update:?} on {document:?}: {error}"
            );
        }
    }
}

#[test]
fn set_replaces_in_place_and_adds_at_the_end_in_order() {
    check(
        doc! { "_id": 1, "a": 1, "b": 2 },
        doc! { "$set": { "a": "x" } },
        doc! { "_id": 1, "a": "x", "b": 2 },
    );
    check(
        doc! { "b": 1 },
        doc! { "$set": { "z": 1, "c": 2, "a": 3 } },
        doc! { "b": 1, "a": 3, "c": 2, "z": 1 },
    );
    check(
        doc! {},
        doc! { "$set": { "10": 1, "9": 2, "a": 3 } },
        doc! { "9": 2, "10": 1, "a": 3 },
    );
    check(
        doc! { "a": 1 },
        doc! { "$set": { "a": 1 } },
        doc! { "a": 1 },
    );
    check(
        doc! { "a": 1 },
        doc! { "$set": { "a": 1.0 } },
        doc! { "a": 1.0 },
    );
    check(doc! { "a": 1 }, doc! { "$set": {} }, doc! { "a": 1 });
    check(
        doc! { "a": { "b": 1 } },
        doc! { "$set": { "a": { "c": 2 } } },
        doc! { "a": { "c": 2 } },
    );
}

#[test]
fn set_makes_the_documents_on_its_path() {
    check(
        doc! {},
        doc! { "$set": { "a.b.c": 1 } },
        doc! { "a": { "b": { "c": 1 } } },
    );
    check(
        doc! { "a": { "x": 1 } },
        doc! { "$set": { "a.b": 1, "a.c": 2 } },
        doc! { "a": { "x": 1, "b": 1, "c": 2 } },
    );
    check(
        doc! {},
        doc! { "$set": { "a.0": 1 } },
        doc! { "a": { "0": 1 } },
    );
}

#[test]
fn set_addresses_arrays_by_position_and_pads_with_null() {
    check(
        doc! { "a": [1, 2, 3] },
        doc! { "$set": { "a.1": 9 } },
        doc! { "a": [1, 9, 3] },
    );
    check(
        doc! { "a": [1] },
        doc! { "$set": { "a.3": 9, "a.2": 8 } },
        doc! { "a": [1, null, 8, 9] },
    );
    check(
        doc! { "a": [] },
        doc! { "$set": { "a.1.b": 9 } },
        doc! { "a": [null, { "b": 9 }] },
    );
    check(
        doc! { "a": [{ "b": 1 }] },
        doc! { "$set": { "a.0.b": 2, "a.0.c": 3 } },
        doc! { "a": [{ "b": 2, "c": 3 }] },
    );
    check(
        doc! { "a": [[1, 2]] },
        doc! { "$set": { "a.0.1": 5 } },
        doc! { "a": [[1, 5]] },
    );
    check(
        doc! { "a": [0, 0, 0, 0, 0, 0, 0, 0, 0, 0] },
        doc! { "$set": { "a.11": 1 } },
        doc! { "a": [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, null, 1] },
    );
    refused(
        doc! { "a": [1] },
        doc! { "$set": { "a.b": 1 } },
        Code::PATH_NOT_VIABLE,
        "Cannot create field 'b' in element {a: [ 1 ]}",
    );
    refused(
        doc! { "a": [] },
        doc! { "$set": { "a.1500001": 1 } },
        Code::CANNOT_BACKFILL_ARRAY,
        "can't backfill more than 1500000 elements",
    );
}

#[test]
fn a_path_into_a_scalar_is_not_viable() {
    refused(
        doc! { "a": 5 },
        doc! { "$set": { "a.b": 1 } },
        Code::PATH_NOT_VIABLE,
        "Cannot create field 'b' in element {a: 5}",
    );
    refused(
        doc! { "a": null },
        doc! { "$inc": { "a.b.c": 1 } },
        Code::PATH_NOT_VIABLE,
        "Cannot create field 'b' in element {a: null}",
    );
}

#[test]
fn unset_removes_fields_and_leaves_null_in_arrays() {
    check(
        doc! { "a": 1, "b": 2 },
        doc! { "$unset": { "a": "" } },
        doc! { "b": 2 },
    );
    check(
        doc! { "a": { "b": 1, "c": 2 } },
        doc! { "$unset": { "a.b": 1 } },
        doc! { "a": { "c": 2 } },
    );
    check(
        doc! { "a": [1, 2] },
        doc! { "$unset": { "a.0": 1 } },
        doc! { "a": [null, 2] },
    );
    check(
        doc! { "a": [null, 2] },
        doc! { "$unset": { "a.0": 1 } },
        doc! { "a": [null, 2] },
    );
    // What is not there is not an error.
    for path in ["x", "a.x", "b.x", "c.5", "c.x", "x.y.z"] {
        let document = doc! { "a": { "b": 1 }, "b": 5, "c": [1] };
        check(document.clone(), doc! { "$unset": { path: 1 } }, document);
    }
}

#[test]
fn inc_adds_in_the_wider_type() {
    let max = i64::MAX;
    let decimal = |text: &str| Value::Decimal128(Decimal128::parse(text).unwrap());
    let cases: Vec<(Value, Value, Value)> = vec![
        (1.into(), 2.into(), 3.into()),
        (1.into(), (-5).into(), (-4).into()),
        (i32::MAX.into(), 1.into(), (i64::from(i32::MAX) + 1).into()),
        (1.into(), 2i64.into(), 3i64.into()),
        (1i64.into(), 2.into(), 3i64.into()),
        (1.into(), 0.5.into(), 1.5.into()),
        (max.into(), 1.0.into(), 9223372036854775808.0.into()),
        (1.into(), decimal("0.1"), decimal("1.1")),
    ];
    for (current, amount, expected) in cases {
        check(
            doc! { "a": current },
            doc! { "$inc": { "a": amount } },
            doc! { "a": expected },
        );
    }
    check(
        doc! { "b": 1 },
        doc! { "$inc": { "a.b": 5 } },
        doc! { "b": 1, "a": { "b": 5 } },
    );
    check(
        doc! { "a": [1, 2] },
        doc! { "$inc": { "a.1": 5 } },
        doc! { "a": [1, 7] },
    );
    check(
        doc! { "a": 1 },
        doc! { "$inc": { "a": 0 } },
        doc! { "a": 1 },
    );
    check(
        doc! { "a": 1 },
        doc! { "$inc": { "a": 0i64 } },
        doc! { "a": 1i64 },
    );
    refused(
        doc! { "a": max },
        doc! { "$inc": { "a": 1 } },
        Code::BAD_VALUE,
        "Failed to apply $inc operations to current value 9223372036854775807 at \"a\"",
    );
    refused(
        doc! { "a": i64::MIN },
        doc! { "$inc": { "a": (-1i64) } },
        Code::BAD_VALUE,
        "overflows",
    );
    refused(
        doc! { "tags": "red" },
        doc! { "$inc": { "tags": 1 } },
        Code::TYPE_MISMATCH,
        "$inc needs a number at \"tags\", found a string (\"red\")",
    );
    refused(
        doc! { "a": null },
        doc! { "$inc": { "a": 1 } },
        Code::TYPE_MISMATCH,
        "found a null",
    );
    refused(
        doc! {},
        doc! { "$inc": { "a": "x" } },
        Code::TYPE_MISMATCH,
        "Cannot increment with non-numeric argument",
    );
}

#[test]
fn operators_combine_but_not_on_one_path() {
    check(
        doc! { "_id": 1, "a": 1, "b": 1, "c": 1 },
        doc! { "$set": { "a": 2 }, "$unset": { "b": 1 }, "$inc": { "c": 1, "d": 1 } },
        doc! { "_id": 1, "a": 2, "c": 2, "d": 1 },
    );
    let conflict = Code::CONFLICTING_UPDATE_OPERATORS;
    refused(
        doc! {},
        doc! { "$set": { "a": 1 }, "$inc": { "a": 1 } },
        conflict,
        "Updating the path 'a' would create a conflict at 'a'",
    );
    refused(
        doc! {},
        doc! { "$set": { "a": 1, "a.b": 2 } },
        conflict,
        "Updating the path 'a.b' would create a conflict at 'a'",
    );
    refused(
        doc! {},
        doc! { "$set": { "a.b.c": 1, "a.b": 2 } },
        conflict,
        "Updating the path 'a.b' would create a conflict at 'a.b'",
    );
}

#[test]
fn the_id_is_immutable() {
    check(
        doc! { "_id": 1, "a": 1 },
        doc! { "$set": { "_id": 1, "a": 2 } },
        doc! { "_id": 1, "a": 2 },
    );
    for update in [
        doc! { "$set": { "_id": 2 } },
        doc! { "$unset": { "_id": 1 } },
        doc! { "$inc": { "_id": 1 } },
    ] {
        refused(
            doc! { "_id": 1 },
            update,
            Code::IMMUTABLE_FIELD,
            "immutable field '_id'",
        );
    }
    refused(
        doc! { "_id": { "a": 1 } },
        doc! { "$set": { "_id.a": 2 } },
        Code::IMMUTABLE_FIELD,
        "_id",
    );
}

#[test]
fn bad_updates_are_refused() {
    let parse = Code::FAILED_TO_PARSE;
    let cases = [
        (doc! {}, parse, "requires atomic operators"),
        (doc! { "a": 1 }, parse, "requires atomic operators"),
        (
            doc! { "$set": { "a": 1 }, "b": 1 },
            parse,
            "Unknown modifier: b.",
        ),
        (
            doc! { "$foo": { "a": 1 } },
            parse,
            "Unknown modifier: $foo. Expected a valid update modifier or pipeline-style update \
             specified as an array",
        ),
        (
            doc! { "$set": 5 },
            parse,
            "Modifiers operate on fields but we found type int instead",
        ),
        (
            doc! { "$set": { "": 1 } },
            Code::EMPTY_FIELD_NAME,
            "An empty update path",
        ),
        (
            doc! { "$set": { "a..b": 1 } },
            Code::EMPTY_FIELD_NAME,
            "'a..b'",
        ),
        (doc! { "$set": { "a.": 1 } }, Code::EMPTY_FIELD_NAME, "'a.'"),
        (
            doc! { "$set": { "$a": 1 } },
            Code::DOLLAR_PREFIXED_FIELD_NAME,
            "'$a'",
        ),
        (
            doc! { "$set": { "a.$b.$[].c": 1 } },
            Code::DOLLAR_PREFIXED_FIELD_NAME,
            "'$b'",
        ),
        (
            doc! { "$set": { (vec!["a"; 101].join(".").as_str()): 1 } },
            Code::OVERFLOW,
            "101",
        ),
    ];
    for (update, code, message) in cases {
        let message = if code == Code::OVERFLOW {
            "deeper than 100 levels"
        } else {
            message
        };
        refused(doc! {}, update, code, message);
    }
}

#[test]
fn a_document_cannot_outgrow_its_limit() {
    let half = "x".repeat(MAX_DOCUMENT_SIZE / 2);
    refused(
        doc! { "a": (half.as_str()) },
        doc! { "$set": { "b": (half.as_str()) } },
        Code::BSON_OBJECT_TOO_LARGE,
        "larger than 16777216",
    );
}

fn filter(filter: Document) -> Filter {
    Filter::compile(RawDoc::trusted(&filter.to_bytes()), &Context::default()).unwrap()
}

fn upsert(by: Document, update: Document) -> Result<Document> {
    Ok(read(&compile(&update)?.new_document(&filter(by))?))
}

#[test]
fn an_upsert_starts_from_what_the_filter_requires() {
    let cases = [
        (
            doc! { "_id": 1, "b": 2, "a": 3 },
            doc! { "$set": { "c": 4 } },
            doc! { "_id": 1, "a": 3, "b": 2, "c": 4 },
        ),
        (
            doc! { "a": 3, "_id": 1 },
            doc! { "$inc": { "a": 4 } },
            doc! { "_id": 1, "a": 7 },
        ),
        (
            doc! { "_id": { "$eq": 1 }, "a": { "$in": [5] } },
            doc! { "$set": { "z": 1 } },
            doc! { "_id": 1, "a": 5, "z": 1 },
        ),
        (
            doc! { "$and": [{ "_id": 1 }, { "a.b": 2 }, { "a.c": 3 }] },
            doc! { "$set": { "z": 1 } },
            doc! { "_id": 1, "a": { "b": 2, "c": 3 }, "z": 1 },
        ),
        (
            doc! { "$or": [{ "_id": 1 }] },
            doc! { "$set": { "z": 1 } },
            doc! { "_id": 1, "z": 1 },
        ),
        (
            doc! { "_id": 1, "a": { "$gt": 5 }, "b": { "$ne": 1 }, "c": { "$in": [1, 2] } },
            doc! { "$set": { "z": 1 } },
            doc! { "_id": 1, "z": 1 },
        ),
        (
            doc! { "a": 1 },
            doc! { "$set": { "_id": 9 } },
            doc! { "_id": 9, "a": 1 },
        ),
        (
            doc! { "_id": 1, "a.0": 5 },
            doc! { "$set": { "z": 1 } },
            doc! { "_id": 1, "a": { "0": 5 }, "z": 1 },
        ),
    ];
    for (by, update, expected) in cases {
        assert_eq!(upsert(by.clone(), update).unwrap(), expected, "{by:?}");
    }
}

#[test]
fn set_on_insert_acts_only_on_an_upsert() {
    let update = doc! { "$set": { "a": 1 }, "$setOnInsert": { "b": 2, "a2.c": 3 } };
    check(
        doc! { "_id": 1, "a2": 5 },
        update.clone(),
        doc! { "_id": 1, "a2": 5, "a": 1 },
    );
    assert_eq!(
        upsert(doc! { "_id": 1 }, update).unwrap(),
        doc! { "_id": 1, "a": 1, "a2": { "c": 3 }, "b": 2 }
    );
    let only = doc! { "$setOnInsert": { "_id": 7 } };
    check(doc! { "_id": 1 }, only.clone(), doc! { "_id": 1 });
    assert_eq!(upsert(doc! {}, only).unwrap(), doc! { "_id": 7 });
    refused(
        doc! {},
        doc! { "$set": { "a": 1 }, "$setOnInsert": { "a.b": 2 } },
        Code::CONFLICTING_UPDATE_OPERATORS,
        "Updating the path 'a.b' would create a conflict at 'a'",
    );
}

#[test]
fn an_upsert_applies_every_operator_to_what_the_filter_requires() {
    let cases = [
        ("{'$inc': {'n': 2}}", "{'_id': 1, 'n': 5, 's': [1]}"),
        (
            "{'$mul': {'n': 2, 'm': 4}}",
            "{'_id': 1, 'n': 6, 's': [1], 'm': 0}",
        ),
        ("{'$min': {'n': 2}}", "{'_id': 1, 'n': 2, 's': [1]}"),
        ("{'$rename': {'n': 'm'}}", "{'_id': 1, 's': [1], 'm': 3}"),
        ("{'$unset': {'n': ''}}", "{'_id': 1, 's': [1]}"),
        ("{'$push': {'s': 2}}", "{'_id': 1, 'n': 3, 's': [1, 2]}"),
        ("{'$pull': {'s': 1}}", "{'_id': 1, 'n': 3, 's': []}"),
        ("{'$set': {'s.$[]': 7}}", "{'_id': 1, 'n': 3, 's': [7]}"),
    ];
    for (update, expected) in cases {
        let by = json("{'_id': 1, 'n': 3, 's': [1]}");
        assert_eq!(
            upsert(by, json(update)).unwrap(),
            json(expected),
            "{update}"
        );
    }
}

#[test]
fn an_upsert_without_an_id_gets_a_new_one_in_front() {
    let document = upsert(doc! { "a": 1 }, doc! { "$set": { "b": 2 } }).unwrap();
    let names: Vec<_> = document.iter().map(|(name, _)| name.to_string()).collect();
    assert_eq!(names, ["_id", "a", "b"]);
    assert!(matches!(document.get("_id"), Some(Value::ObjectId(_))));
}

#[test]
fn an_upsert_refuses_contradictions() {
    let error = upsert(doc! { "_id": 1 }, doc! { "$set": { "_id": 2 } }).unwrap_err();
    assert_eq!(error.code(), Code::IMMUTABLE_FIELD);
    for (by, message) in [
        (
            doc! { "$and": [{ "a": 1 }, { "a": 2 }] },
            "path 'a' is matched twice",
        ),
        (
            doc! { "a": 1, "a.b": 2 },
            "both paths 'a.b' and 'a' are matched",
        ),
    ] {
        let error = upsert(by, doc! { "$set": { "z": 1 } }).unwrap_err();
        assert_eq!(error.code(), Code::NOT_SINGLE_VALUE_FIELD);
        assert!(error.message().contains(message), "{error}");
    }
    let error = upsert(doc! { "a": 1 }, doc! { "$set": { "a.$": 1 } }).unwrap_err();
    assert!(
        error.message().contains("did not find the match"),
        "{error}"
    );
}

fn replace(old: Document, replacement: Document) -> Result<(Document, bool)> {
    let (old, replacement) = (old.to_bytes(), replacement.to_bytes());
    let mut out = Vec::new();
    let update = Update::replacement(RawDoc::trusted(&replacement))?;
    let applied = update.apply(RawDoc::trusted(&old), &filter(doc! {}), &mut out)?;
    Ok((read(&out), applied.modified))
}

#[test]
fn a_replacement_keeps_the_id_and_nothing_else() {
    let old = || doc! { "_id": 1, "a": 2 };
    let cases = [
        (doc! { "b": 3 }, doc! { "_id": 1, "b": 3 }, true),
        (doc! {}, doc! { "_id": 1 }, true),
        (doc! { "b": 3, "_id": 1 }, doc! { "_id": 1, "b": 3 }, true),
        (doc! { "a": 2 }, doc! { "_id": 1, "a": 2 }, false),
        (
            doc! { "_id": 1.0, "a": 2 },
            doc! { "_id": 1, "a": 2 },
            false,
        ),
        (doc! { "a.b": 1 }, doc! { "_id": 1, "a.b": 1 }, true),
    ];
    for (replacement, expected, modified) in cases {
        assert_eq!(replace(old(), replacement).unwrap(), (expected, modified));
    }
    assert_eq!(
        replace(old(), doc! { "_id": 2 }).unwrap_err().code(),
        Code::IMMUTABLE_FIELD
    );
    let error = replace(old(), doc! { "$set": { "a": 1 } }).unwrap_err();
    assert_eq!(error.code(), Code::DOLLAR_PREFIXED_FIELD_NAME);
}

#[test]
fn a_replacing_upsert_takes_only_the_id_from_the_filter() {
    let new = |by: Document, replacement: Document| -> Result<Document> {
        let replacement = replacement.to_bytes();
        let update = Update::replacement(RawDoc::trusted(&replacement))?;
        Ok(read(&update.new_document(&filter(by))?))
    };
    assert_eq!(
        new(doc! { "_id": 5, "a": 1 }, doc! { "b": 2 }).unwrap(),
        doc! { "_id": 5, "b": 2 }
    );
    assert_eq!(
        new(doc! { "a": 1 }, doc! { "b": 2, "_id": 7 }).unwrap(),
        doc! { "_id": 7, "b": 2 }
    );
    let generated = new(doc! { "a": 1 }, doc! { "b": 2 }).unwrap();
    assert!(matches!(generated.get("_id"), Some(Value::ObjectId(_))));
    let error = new(doc! { "_id": 5 }, doc! { "_id": 6 }).unwrap_err();
    assert_eq!(error.code(), Code::IMMUTABLE_FIELD);
}
