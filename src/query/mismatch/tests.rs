//! Reports by example: a filter, a document that it does not select, and why.

use super::*;
use crate::bson::{Document, Value, doc};

fn explained(filter: Document, document: Document) -> Document {
    let bytes = filter.to_bytes();
    let filter = Filter::compile(RawDoc::trusted(&bytes), &Context::default()).unwrap();
    let document = document.to_bytes();
    let document = RawDoc::trusted(&document);
    assert!(!filter.matches(document).unwrap(), "{filter:?}");
    explain(&filter, document, &Context::default()).unwrap()
}

#[test]
fn an_operator_tells_what_it_wanted_and_what_it_found() {
    let cases = [
        (
            doc! { "a": { "$gt": 5 } },
            doc! { "a": 3 },
            doc! { "operatorName": "$gt", "specifiedAs": { "a": { "$gt": 5 } },
            "reason": "comparison failed", "consideredValue": 3 },
        ),
        (
            doc! { "a": 5 },
            doc! {},
            doc! { "operatorName": "$eq", "specifiedAs": { "a": 5 }, "reason": "field was missing" },
        ),
        (
            doc! { "a.b": { "$lt": 0 } },
            doc! { "a": [{ "b": 1 }, { "b": [2, 3] }] },
            doc! { "operatorName": "$lt", "specifiedAs": { "a.b": { "$lt": 0 } },
            "reason": "comparison failed", "consideredValues": [1, 2, 3] },
        ),
        (
            doc! { "a": { "$ne": 5 } },
            doc! { "a": 5 },
            doc! { "operatorName": "$ne", "specifiedAs": { "a": { "$ne": 5 } },
            "reason": "comparison succeeded", "consideredValue": 5 },
        ),
        (
            doc! { "a": { "$nin": [1, 2] } },
            doc! { "a": 2 },
            doc! { "operatorName": "$nin", "specifiedAs": { "a": { "$nin": [1, 2] } },
            "reason": "matching value found in array", "consideredValue": 2 },
        ),
        (
            doc! { "a": { "$exists": true } },
            doc! {},
            doc! { "operatorName": "$exists", "specifiedAs": { "a": { "$exists": true } },
            "reason": "path does not exist" },
        ),
        (
            doc! { "a": { "$exists": false } },
            doc! { "a": 1 },
            doc! { "operatorName": "$exists", "specifiedAs": { "a": { "$exists": false } },
            "reason": "path does exist" },
        ),
        (
            doc! { "a": { "$type": "string" } },
            doc! { "a": [1, true] },
            doc! { "operatorName": "$type", "specifiedAs": { "a": { "$type": "string" } },
            "reason": "type did not match", "consideredValues": [1, true],
            "consideredTypes": ["bool", "int"] },
        ),
        (
            doc! { "a": { "$regex": "^x", "$options": "i" } },
            doc! { "a": 1 },
            doc! { "operatorName": "$regex", "specifiedAs": { "a": { "$regex": "^x", "$options": "i" } },
            "reason": "type did not match", "consideredType": "int",
            "expectedTypes": ["string", "regex", "symbol"], "consideredValue": 1 },
        ),
        (
            doc! { "a": { "$size": 2 } },
            doc! { "a": [1] },
            doc! { "operatorName": "$size", "specifiedAs": { "a": { "$size": 2 } },
            "reason": "array length was not equal to given size", "consideredValue": [1] },
        ),
        (
            doc! { "a": { "$elemMatch": { "$gt": 1 } } },
            doc! { "a": 5 },
            doc! { "operatorName": "$elemMatch", "specifiedAs": { "a": { "$elemMatch": { "$gt": 1 } } },
            "reason": "type did not match", "consideredType": "int", "expectedType": "array",
            "consideredValue": 5 },
        ),
        (
            doc! { "$alwaysFalse": 1 },
            doc! {},
            doc! { "operatorName": "$alwaysFalse", "specifiedAs": { "$alwaysFalse": 1 },
            "reason": "expression always evaluates to false" },
        ),
    ];
    for (filter, document, expected) in cases {
        assert_eq!(explained(filter.clone(), document), expected, "{filter:?}");
    }
}

#[test]
fn several_conditions_are_told_with_their_places() {
    let gt = doc! { "operatorName": "$gt", "specifiedAs": { "a": { "$gt": 5 } },
    "reason": "comparison failed", "consideredValue": 3 };
    let eq =
        doc! { "operatorName": "$eq", "specifiedAs": { "c": 1 }, "reason": "field was missing" };
    let cases = [
        (
            doc! { "a": { "$gt": 5 }, "b": 1, "c": 1, "$comment": "x" },
            doc! { "operatorName": "$and", "clausesNotSatisfied": [
                { "index": 0i64, "details": (gt.clone()) }, { "index": 2i64, "details": (eq.clone()) },
            ] },
        ),
        (
            doc! { "$or": [{ "a": { "$gt": 5 } }, { "c": 1 }] },
            doc! { "operatorName": "$or", "clausesNotSatisfied": [
                { "index": 0i64, "details": (gt.clone()) }, { "index": 1i64, "details": (eq.clone()) },
            ] },
        ),
        (
            doc! { "$nor": [{ "c": 1 }, { "a": { "$lt": 5 } }] },
            doc! { "operatorName": "$nor", "clausesSatisfied": [{ "index": 1i64, "details": {
                "operatorName": "$lt", "specifiedAs": { "a": { "$lt": 5 } },
                "reason": "comparison succeeded", "consideredValue": 3,
            } }] },
        ),
        (
            doc! { "a": { "$not": { "$lt": 5, "$gt": 1 } } },
            doc! { "operatorName": "$not", "details": { "operatorName": "$and", "clausesSatisfied": [
                { "index": 0i64, "details": {
                    "operatorName": "$lt", "specifiedAs": { "a": { "$lt": 5 } },
                    "reason": "comparison succeeded", "consideredValue": 3,
                } },
                { "index": 1i64, "details": {
                    "operatorName": "$gt", "specifiedAs": { "a": { "$gt": 1 } },
                    "reason": "comparison succeeded", "consideredValue": 3,
                } },
            ] } },
        ),
        (
            doc! { "$nor": [{ "$jsonSchema": { "required": ["a"] } }] },
            doc! { "operatorName": "$nor", "clausesSatisfied": [{ "index": 0i64, "details": {
                "operatorName": "$jsonSchema", "reason": "schema matched",
            } }] },
        ),
    ];
    for (filter, expected) in cases {
        let told = explained(filter.clone(), doc! { "a": 3, "b": 1 });
        assert_eq!(told, expected, "{filter:?}");
    }
}

#[test]
fn many_values_are_cut() {
    let values: Vec<Value> = (0..20).map(Value::Int32).collect();
    let told = explained(doc! { "a": { "$gt": 50 } }, doc! { "a": values });
    let shown = told
        .get("consideredValues")
        .and_then(Value::as_array)
        .unwrap();
    assert_eq!(shown.len(), 10);
    assert_eq!(
        told.get("consideredValuesTruncated"),
        Some(&Value::Boolean(true))
    );
}
