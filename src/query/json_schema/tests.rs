//! Schemas as tables: a schema, documents that keep it, documents that do not.

use super::*;
use crate::bson::{Decimal128, Document, Value, doc};
use crate::error::Code;

fn parse(schema: &Document) -> Result<Schema> {
    Schema::parse(RawValue::Document(RawDoc::trusted(&schema.to_bytes())))
}

fn check(schema: Document, keeping: Vec<Document>, breaking: Vec<Document>) {
    let compiled = parse(&schema).unwrap_or_else(|error| panic!("{schema:?}: {error}"));
    for (documents, expected) in [(keeping, true), (breaking, false)] {
        for document in documents {
            let bytes = document.to_bytes();
            let found = compiled.matches(RawDoc::trusted(&bytes)).unwrap();
            assert_eq!(found, expected, "{schema:?} on {document:?}");
            let told = compiled.mismatch(RawDoc::trusted(&bytes)).unwrap();
            let rules = told
                .get("schemaRulesNotSatisfied")
                .and_then(Value::as_array);
            assert_eq!(rules.unwrap().is_empty(), expected, "{schema:?} {told:?}");
        }
    }
}

/// A schema for the field `a`.
fn field(schema: Document) -> Document {
    doc! { "properties": { "a": schema } }
}

fn decimal(text: &str) -> Value {
    Value::Decimal128(Decimal128::parse(text).unwrap())
}

#[test]
fn types_are_of_the_field_itself() {
    check(
        field(doc! { "bsonType": "int" }),
        vec![doc! { "a": 1 }, doc! {}],
        vec![doc! { "a": 1i64 }, doc! { "a": [1] }, doc! { "a": null }],
    );
    check(
        field(doc! { "type": ["number", "null"] }),
        vec![
            doc! { "a": 1 },
            doc! { "a": decimal("1") },
            doc! { "a": null },
        ],
        vec![doc! { "a": "1" }],
    );
    check(doc! { "bsonType": "object" }, vec![doc! {}], vec![]);
    check(doc! { "type": "array" }, vec![], vec![doc! {}]);
}

#[test]
fn a_rule_about_one_type_lets_the_others_be() {
    check(
        field(doc! { "minimum": 2, "maximum": 5, "exclusiveMaximum": true }),
        vec![
            doc! { "a": 2 },
            doc! { "a": 4.9 },
            doc! { "a": "x" },
            doc! {},
            doc! { "a": [9] },
        ],
        vec![doc! { "a": 1 }, doc! { "a": 5 }, doc! { "a": f64::NAN }],
    );
    check(
        field(doc! { "multipleOf": decimal("0.5") }),
        vec![doc! { "a": 1.5 }, doc! { "a": 3i64 }, doc! { "a": "x" }],
        vec![doc! { "a": 1.25 }, doc! { "a": f64::INFINITY }],
    );
    check(
        field(doc! { "minLength": 2, "maxLength": 3 }),
        vec![doc! { "a": "éé" }, doc! { "a": 1 }],
        vec![doc! { "a": "é" }, doc! { "a": "abcd" }],
    );
    check(
        field(doc! { "pattern": "^a(?=b)" }),
        vec![doc! { "a": "ab" }, doc! { "a": 1 }, doc! { "a": ["x"] }],
        vec![doc! { "a": "ac" }],
    );
    // At the top there are only objects.
    check(
        doc! { "minimum": 5, "minLength": 3, "minItems": 2 },
        vec![doc! {}],
        vec![],
    );
}

#[test]
fn equality_ignores_the_order_of_fields() {
    check(
        field(doc! { "enum": [1, "x", { "b": 1, "c": [2] }, null] }),
        vec![
            doc! { "a": 1.0 },
            doc! { "a": { "c": [2.0], "b": 1i64 } },
            doc! { "a": null },
            doc! {},
        ],
        vec![
            doc! { "a": [1] },
            doc! { "a": { "b": 1 } },
            doc! { "a": "y" },
        ],
    );
    check(
        field(doc! { "uniqueItems": true }),
        vec![
            doc! { "a": [1, "1", [1]] },
            doc! { "a": [] },
            doc! { "a": 1 },
        ],
        vec![
            doc! { "a": [1, 1.0] },
            doc! { "a": [{ "b": 1, "c": 2 }, { "c": 2, "b": 1 }] },
        ],
    );
    check(
        doc! { "enum": [{ "a": 1, "b": 2 }, 5] },
        vec![doc! { "b": 2, "a": 1 }],
        vec![doc! {}],
    );
}

#[test]
fn items_of_arrays() {
    check(
        field(doc! { "items": { "bsonType": "int" }, "minItems": 1, "maxItems": 2 }),
        vec![doc! { "a": [1] }, doc! { "a": "x" }],
        vec![
            doc! { "a": [] },
            doc! { "a": [1, 2, 3] },
            doc! { "a": [1, "x"] },
        ],
    );
    check(
        field(
            doc! { "items": [{ "type": "string" }, { "type": "number" }], "additionalItems": false },
        ),
        vec![
            doc! { "a": ["x"] },
            doc! { "a": ["x", 1] },
            doc! { "a": [] },
        ],
        vec![doc! { "a": [1] }, doc! { "a": ["x", 1, 2] }],
    );
    check(
        field(doc! { "items": [{}], "additionalItems": { "type": "string" } }),
        vec![doc! { "a": [1, "x"] }],
        vec![doc! { "a": [1, 2] }],
    );
    // Without a list of items there are no additional ones.
    check(
        field(doc! { "additionalItems": false }),
        vec![doc! { "a": [1] }],
        vec![],
    );
}

#[test]
fn properties_of_objects() {
    check(
        doc! { "required": ["a", "b"] },
        vec![doc! { "a": null, "b": 1 }],
        vec![doc! { "a": 1 }, doc! {}],
    );
    check(
        doc! {
            "properties": { "_id": {}, "a": { "type": "number" } },
            "patternProperties": { "^s": { "type": "string" }, "x$": { "minLength": 2 } },
            "additionalProperties": false,
        },
        vec![doc! { "_id": 1, "a": 1, "s1": "t", "sx": "tt" }],
        vec![
            doc! { "b": 1 },
            doc! { "s": 1 },
            doc! { "sx": "t" },
            doc! { "a": "x" },
        ],
    );
    check(
        doc! { "properties": { "a": {} }, "additionalProperties": { "type": "number" } },
        vec![doc! { "a": "x", "b": 1 }],
        vec![doc! { "b": "x" }],
    );
    check(
        doc! { "minProperties": 1, "maxProperties": 2 },
        vec![doc! { "a": 1 }],
        vec![doc! {}, doc! { "a": 1, "b": 1, "c": 1 }],
    );
    check(
        doc! { "dependencies": { "a": ["b", "c"], "d": { "required": ["e"] } } },
        vec![
            doc! {},
            doc! { "a": 1, "b": 1, "c": 1 },
            doc! { "d": 1, "e": 1 },
            doc! { "b": 1 },
        ],
        vec![doc! { "a": 1, "b": 1 }, doc! { "d": 1 }],
    );
    check(
        field(doc! { "required": ["b"], "properties": { "b": { "type": "number" } } }),
        vec![doc! { "a": { "b": 1 } }, doc! { "a": 1 }],
        vec![doc! { "a": {} }, doc! { "a": { "b": "x" } }],
    );
}

#[test]
fn schemas_combine() {
    let (number, short) = (
        doc! { "type": "number" },
        doc! { "type": "string", "maxLength": 1 },
    );
    let (low, even) = (doc! { "maximum": 10 }, doc! { "multipleOf": 2 });
    check(
        field(doc! { "anyOf": [(number.clone()), (short.clone())] }),
        vec![doc! { "a": 1 }, doc! { "a": "x" }],
        vec![doc! { "a": "xy" }, doc! { "a": null }],
    );
    check(
        field(doc! { "allOf": [(low.clone()), (even.clone())] }),
        vec![doc! { "a": 4 }],
        vec![doc! { "a": 5 }, doc! { "a": 12 }],
    );
    check(
        field(doc! { "oneOf": [low, even] }),
        vec![doc! { "a": 5 }, doc! { "a": 12 }],
        vec![doc! { "a": 4 }, doc! { "a": 13 }],
    );
    check(
        field(doc! { "not": number }),
        vec![doc! { "a": "x" }, doc! {}],
        vec![doc! { "a": 1 }],
    );
}

#[test]
fn bad_schemas_are_refused_with_mongodbs_codes() {
    let (bad, parsing, kind) = (Code::BAD_VALUE, Code::FAILED_TO_PARSE, Code::TYPE_MISMATCH);
    let cases = [
        (
            doc! { "foo": 1 },
            parsing,
            "Unknown $jsonSchema keyword: foo",
        ),
        (
            doc! { "$ref": "x" },
            parsing,
            "'$ref' is not currently supported",
        ),
        (
            doc! { "format": "date" },
            parsing,
            "'format' is not currently supported",
        ),
        (
            doc! { "type": "integer" },
            parsing,
            "'integer' is not currently supported",
        ),
        (doc! { "type": "int" }, bad, "Unknown type name alias: int"),
        (
            doc! { "bsonType": "foo" },
            bad,
            "Unknown type name alias: foo",
        ),
        (
            doc! { "type": 1 },
            kind,
            "either a string or an array of strings",
        ),
        (
            doc! { "type": ["string", "string"] },
            parsing,
            "duplicate value",
        ),
        (
            doc! { "bsonType": [] },
            parsing,
            "must name at least one type",
        ),
        (
            doc! { "type": "string", "bsonType": "string" },
            parsing,
            "Cannot specify both",
        ),
        (doc! { "enum": [] }, parsing, "cannot be an empty array"),
        (doc! { "enum": [1, 1.0] }, parsing, "duplicate values"),
        (doc! { "maximum": "x" }, kind, "'maximum' must be a number"),
        (
            doc! { "exclusiveMaximum": true },
            parsing,
            "'maximum' must be a present",
        ),
        (
            doc! { "maximum": 1, "exclusiveMaximum": 1 },
            kind,
            "must be a boolean",
        ),
        (
            doc! { "multipleOf": 0 },
            parsing,
            "must have a positive value",
        ),
        (
            doc! { "minLength": -1 },
            parsing,
            "a non-negative number in: minLength",
        ),
        (doc! { "minItems": 1.5 }, parsing, "an integer in: minItems"),
        (doc! { "pattern": 1 }, kind, "'pattern' must be a string"),
        (
            doc! { "pattern": "(" },
            Code(51091),
            "Regular expression is invalid",
        ),
        (doc! { "uniqueItems": 1 }, kind, "must be a boolean"),
        (doc! { "items": 1 }, kind, "must be an array or an object"),
        (doc! { "items": [1] }, kind, "array of objects"),
        (
            doc! { "additionalItems": 1 },
            kind,
            "an object or a boolean",
        ),
        (doc! { "required": [] }, parsing, "cannot be an empty array"),
        (doc! { "required": ["a", "a"] }, parsing, "duplicate values"),
        (doc! { "required": [1] }, kind, "array of strings"),
        (
            doc! { "properties": { "a": 1 } },
            kind,
            "property 'a' must be an object",
        ),
        (
            doc! { "patternProperties": { "a": 1 } },
            kind,
            "'a' which is not an object",
        ),
        (
            doc! { "additionalProperties": 1 },
            kind,
            "an object or a boolean",
        ),
        (
            doc! { "dependencies": { "a": 1 } },
            kind,
            "either an object or an array",
        ),
        (
            doc! { "dependencies": { "a": [] } },
            parsing,
            "cannot be an empty array",
        ),
        (doc! { "allOf": [] }, bad, "must be a non-empty array"),
        (doc! { "anyOf": [1] }, kind, "array of objects"),
        (doc! { "not": 1 }, kind, "'not' must be an object"),
        (doc! { "title": 1 }, kind, "'title' must be a string"),
        (
            field(doc! { "foo": 1 }),
            parsing,
            "Unknown $jsonSchema keyword: foo",
        ),
    ];
    for (schema, code, message) in cases {
        let error = parse(&schema).unwrap_err();
        assert_eq!(error.code(), code, "{schema:?}: {error}");
        assert!(error.message().contains(message), "{schema:?}: {error}");
    }
    let error = Schema::parse(RawValue::Int32(1)).unwrap_err();
    assert_eq!(
        (error.code(), error.message()),
        (kind, "$jsonSchema must be an object, found int")
    );
}

#[test]
fn a_mismatch_says_which_rules_are_broken_where() {
    let schema = doc! {
        "title": "Student", "bsonType": "object", "required": ["name", "year"],
        "properties": {
            "year": { "bsonType": "int", "minimum": 2017, "description": "a year" },
            "tags": { "items": { "bsonType": "string" }, "uniqueItems": true },
            "kind": { "enum": ["a", "b"] },
        },
        "patternProperties": { "^n_": { "type": "number" } },
        "additionalProperties": false,
        "not": { "required": ["bad"] },
    };
    let document = doc! { "year": 2000, "tags": ["x", "x", 1], "kind": "c", "n_1": "x", "bad": 1 };
    let told = parse(&schema)
        .unwrap()
        .mismatch(RawDoc::trusted(&document.to_bytes()))
        .unwrap();
    let expected = doc! {
        "operatorName": "$jsonSchema", "title": "Student",
        "schemaRulesNotSatisfied": [
            {
                "operatorName": "required", "specifiedAs": { "required": ["name", "year"] },
                "missingProperties": ["name"],
            },
            { "operatorName": "properties", "propertiesNotSatisfied": [
                { "propertyName": "year", "description": "a year", "details": [{
                    "operatorName": "minimum", "specifiedAs": { "minimum": 2017 },
                    "reason": "comparison failed", "consideredValue": 2000,
                }] },
                { "propertyName": "tags", "details": [
                    {
                        "operatorName": "items",
                        "reason": "At least one item did not match the sub-schema", "itemIndex": 2i64,
                        "details": [{
                            "operatorName": "bsonType", "specifiedAs": { "bsonType": "string" },
                            "reason": "type did not match", "consideredValue": 1,
                            "consideredType": "int",
                        }],
                    },
                    {
                        "operatorName": "uniqueItems", "specifiedAs": { "uniqueItems": true },
                        "reason": "found a duplicate item", "consideredValue": ["x", "x", 1],
                        "duplicatedValue": "x",
                    },
                ] },
                { "propertyName": "kind", "details": [{
                    "operatorName": "enum", "specifiedAs": { "enum": ["a", "b"] },
                    "reason": "value was not found in enum", "consideredValue": "c",
                }] },
            ] },
            { "operatorName": "not", "reason": "child expression matched" },
            {
                "operatorName": "additionalProperties",
                "specifiedAs": { "additionalProperties": false }, "additionalProperties": ["bad"],
            },
            { "operatorName": "patternProperties", "details": [{
                "propertyName": "n_1", "regexMatched": "^n_", "details": [{
                    "operatorName": "type", "specifiedAs": { "type": "number" },
                    "reason": "type did not match", "consideredValue": "x", "consideredType": "string",
                }],
            }] },
        ],
    };
    assert_eq!(told, expected);
}

#[test]
fn a_mismatch_of_alternatives_says_why_none_or_which_too_many() {
    let told = |schema: Document, document: Document| {
        let schema = parse(&field(schema)).unwrap();
        let told = schema
            .mismatch(RawDoc::trusted(&document.to_bytes()))
            .unwrap();
        format!("{told:?}")
    };
    let two = || doc! { "oneOf": [{ "type": "number" }, { "maximum": 5 }, { "type": "string" }] };
    let many = told(two(), doc! { "a": 1 });
    assert!(many.contains("more than one subschema matched"), "{many}");
    assert!(many.contains("matchingSchemaIndexes"), "{many}");
    let none = told(doc! { "anyOf": [{ "type": "number" }] }, doc! { "a": "x" });
    assert!(none.contains("schemasNotSatisfied"), "{none}");
    let count = told(doc! { "minItems": 2 }, doc! { "a": [1] });
    assert!(count.contains("numberOfItems"), "{count}");
    let more = told(
        doc! { "items": [{}], "additionalItems": false },
        doc! { "a": [1, 2] },
    );
    assert!(more.contains("found additional items"), "{more}");
    let depends = told(
        doc! { "dependencies": { "b": ["c"] } },
        doc! { "a": { "b": 1 } },
    );
    assert!(depends.contains("conditionalProperty") && depends.contains("missingProperties"));
}
