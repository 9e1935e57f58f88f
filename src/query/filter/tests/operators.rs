//! The element, array, bitwise and sampling operators, by example.

use super::{check, compile, regex};
use crate::bson::{Decimal128, Document, RawDoc, Value, doc};
use crate::error::Code;

fn decimal(text: &str) -> Value {
    Value::Decimal128(Decimal128::parse(text).unwrap())
}

fn binary(bytes: &[u8]) -> Value {
    Value::Binary {
        subtype: 0,
        bytes: bytes.into(),
    }
}

#[test]
fn type_takes_aliases_numbers_and_lists_of_them() {
    check(
        doc! { "a": { "$type": "string" } },
        vec![doc! { "a": "x" }, doc! { "a": [1, "x"] }],
        vec![
            doc! { "a": 1 },
            doc! {},
            doc! { "a": [["x"]] },
            doc! { "a": Value::Symbol("x".into()) },
        ],
    );
    for number in [
        Value::Int32(2),
        Value::Int64(2),
        Value::Double(2.0),
        decimal("2.0"),
    ] {
        check(
            doc! { "a": { "$type": number } },
            vec![doc! { "a": "x" }],
            vec![doc! { "a": 1 }],
        );
    }
    check(
        doc! { "a": { "$type": "number" } },
        vec![
            doc! { "a": 1 },
            doc! { "a": 1i64 },
            doc! { "a": f64::NAN },
            doc! { "a": decimal("1") },
        ],
        vec![doc! { "a": "1" }, doc! { "a": null }, doc! { "a": true }],
    );
    check(
        doc! { "a": { "$type": ["string", 8, "null"] } },
        vec![doc! { "a": "x" }, doc! { "a": true }, doc! { "a": null }],
        vec![doc! { "a": 1 }, doc! {}],
    );
    check(
        doc! { "a": { "$type": "array" } },
        vec![doc! { "a": [] }, doc! { "a": [1] }, doc! { "a": [[]] }],
        vec![doc! { "a": 1 }, doc! {}],
    );
    check(
        doc! { "a": { "$type": -1 } },
        vec![doc! { "a": Value::MinKey }],
        vec![doc! { "a": Value::MaxKey }],
    );
    check(
        doc! { "a": { "$type": 127 } },
        vec![doc! { "a": Value::MaxKey }],
        vec![doc! { "a": Value::MinKey }],
    );
    check(
        doc! { "a.b": { "$type": "int" } },
        vec![doc! { "a": [{ "b": "x" }, { "b": 1 }] }],
        vec![doc! { "a": [{ "b": "x" }] }],
    );
}

#[test]
fn size_counts_the_elements_of_the_array_itself() {
    check(
        doc! { "a": { "$size": 2 } },
        vec![doc! { "a": [1, 2] }, doc! { "a": [[], []] }],
        vec![
            doc! { "a": [1] },
            doc! { "a": [[1, 2]] },
            doc! { "a": 2 },
            doc! {},
        ],
    );
    check(
        doc! { "a": { "$size": 0.0 } },
        vec![doc! { "a": [] }],
        vec![doc! { "a": [1] }, doc! {}, doc! { "a": null }],
    );
    check(
        doc! { "a.b": { "$size": 1 } },
        vec![doc! { "a": [{ "b": [] }, { "b": [1] }] }],
        vec![doc! { "a": [{ "b": [] }] }],
    );
    check(
        doc! { "a.0": { "$size": 1 } },
        vec![doc! { "a": [[7]] }],
        vec![doc! { "a": [7] }],
    );
}

#[test]
fn mod_divides_what_is_left_without_the_fraction() {
    check(
        doc! { "a": { "$mod": [4, 1] } },
        vec![
            doc! { "a": 5 },
            doc! { "a": 5.9 },
            doc! { "a": 9i64 },
            doc! { "a": decimal("13.7") },
            doc! { "a": ["x", 1] },
        ],
        vec![
            doc! { "a": 4 },
            doc! { "a": -5 },
            doc! { "a": "5" },
            doc! { "a": f64::NAN },
            doc! { "a": f64::INFINITY },
            doc! { "a": 1e19 },
            doc! { "a": decimal("NaN") },
            doc! {},
        ],
    );
    // The rest has the sign of the dividend; operands are cut, too.
    check(
        doc! { "a": { "$mod": [4.9, -1.5] } },
        vec![doc! { "a": -5 }],
        vec![doc! { "a": 5 }, doc! { "a": -4 }],
    );
    check(
        doc! { "a": { "$mod": [-1, 0] } },
        vec![doc! { "a": i64::MIN }, doc! { "a": 0.5 }],
        vec![],
    );
}

#[test]
fn all_is_met_by_several_elements_or_by_the_whole_array() {
    check(
        doc! { "a": { "$all": [1, 2] } },
        vec![doc! { "a": [2, 1] }, doc! { "a": [1, 2, 3] }],
        vec![
            doc! { "a": [1] },
            doc! { "a": 1 },
            doc! { "a": [[1, 2]] },
            doc! {},
        ],
    );
    check(
        doc! { "a": { "$all": [1] } },
        vec![doc! { "a": 1 }, doc! { "a": [1] }],
        vec![doc! { "a": [[1]] }],
    );
    check(
        doc! { "a": { "$all": [[1, 2]] } },
        vec![doc! { "a": [1, 2] }, doc! { "a": [[1, 2], 3] }],
        vec![doc! { "a": [2, 1] }],
    );
    check(
        doc! { "a": { "$all": [null] } },
        vec![doc! {}, doc! { "a": null }, doc! { "a": [1, null] }],
        vec![doc! { "a": 1 }],
    );
    check(
        doc! { "a": { "$all": [regex("^x", ""), "y"] } },
        vec![doc! { "a": ["y", "xy"] }],
        vec![doc! { "a": ["y"] }, doc! { "a": ["xy"] }],
    );
    check(
        doc! { "a": { "$all": [{ "b": 1 }, {}] } },
        vec![doc! { "a": [{}, { "b": 1 }] }],
        vec![doc! { "a": [{ "b": 1 }] }],
    );
    check(
        doc! { "a": { "$all": [] } },
        vec![],
        vec![doc! {}, doc! { "a": [] }, doc! { "a": [1] }],
    );
    check(
        doc! { "a": { "$all": [{ "$elemMatch": { "b": 1 } }, { "$elemMatch": { "b": 2 } }] } },
        vec![doc! { "a": [{ "b": 2 }, { "b": 1 }] }],
        vec![doc! { "a": [{ "b": 1 }] }, doc! { "a": { "b": [1, 2] } }],
    );
}

#[test]
fn elem_match_wants_one_element_for_all_conditions() {
    check(
        doc! { "a": { "$elemMatch": { "$gt": 1, "$lt": 5 } } },
        vec![doc! { "a": [9, 3] }],
        vec![
            doc! { "a": [0, 9] },
            doc! { "a": 3 },
            doc! { "a": [[3]] },
            doc! { "a": [] },
            doc! {},
        ],
    );
    check(
        doc! { "a": { "$elemMatch": { "b": 1, "c": { "$gt": 1 } } } },
        vec![doc! { "a": [{ "b": 0, "c": 2 }, { "b": [0, 1], "c": 2 }] }],
        vec![
            doc! { "a": [{ "b": 1, "c": 1 }, { "b": 0, "c": 2 }] },
            doc! { "a": { "b": 1, "c": 2 } },
            doc! { "a": [[{ "b": 1, "c": 2 }]] },
        ],
    );
    check(
        doc! { "a": { "$elemMatch": { "$ne": 1 } } },
        vec![doc! { "a": [1, 2] }],
        vec![doc! { "a": [1] }, doc! { "a": [] }, doc! { "a": 2 }],
    );
    check(
        doc! { "a": { "$elemMatch": { "$not": { "$gt": 1 } } } },
        vec![doc! { "a": [1, 2] }, doc! { "a": ["x"] }],
        vec![doc! { "a": [2] }],
    );
    check(
        doc! { "a": { "$elemMatch": { "$in": [null, regex("^x", "")] } } },
        vec![doc! { "a": [null] }, doc! { "a": ["xy"] }],
        vec![doc! { "a": null }, doc! {}, doc! { "a": ["y"] }],
    );
    check(
        doc! { "a": { "$elemMatch": { "$elemMatch": { "$eq": 1 } } } },
        vec![doc! { "a": [[0, 1]] }],
        vec![doc! { "a": [1] }, doc! { "a": [[[1]]] }],
    );
    check(
        doc! { "a": { "$elemMatch": { "$size": 1 } } },
        vec![doc! { "a": [[7]] }],
        vec![doc! { "a": [7] }],
    );
    // An array as an element is a document of positions.
    check(
        doc! { "a": { "$elemMatch": { "0": 5 } } },
        vec![doc! { "a": [[1], [5]] }, doc! { "a": [{ "0": 5 }] }],
        vec![doc! { "a": [5] }],
    );
    check(
        doc! { "a": { "$elemMatch": {} } },
        vec![doc! { "a": [{}] }, doc! { "a": [[]] }],
        vec![doc! { "a": [1] }, doc! { "a": {} }],
    );
    check(
        doc! { "a": { "$elemMatch": { "$or": [{ "b": 1 }, { "c": 1 }], "$comment": "x" } } },
        vec![doc! { "a": [{ "c": 1 }] }],
        vec![doc! { "a": [{ "b": 2 }] }],
    );
    check(
        doc! { "a": { "$elemMatch": { "$id": 5 } } },
        vec![doc! { "a": [{ "$ref": "x", "$id": 5 }] }],
        vec![doc! { "a": [{ "$ref": "x", "$id": 6 }] }],
    );
    check(
        doc! { "a": { "$not": { "$elemMatch": { "$gt": 1 } } } },
        vec![doc! {}, doc! { "a": 5 }, doc! { "a": [1] }],
        vec![doc! { "a": [1, 2] }],
    );
    check(
        doc! { "a.b": { "$elemMatch": { "$gt": 1, "$lt": 3 } } },
        vec![doc! { "a": [{ "b": [5] }, { "b": [2] }] }],
        vec![
            doc! { "a": [{ "b": 2 }] },
            doc! { "a": [{ "b": [0] }, { "b": [5] }] },
        ],
    );
}

#[test]
fn bits_are_tested_in_integers_and_binary_data() {
    let positions = Value::Array(vec![0.into(), 2i64.into()]);
    for mask in [
        Value::Int32(0b101),
        Value::Double(5.0),
        binary(&[5]),
        positions,
    ] {
        check(
            doc! { "a": { "$bitsAllSet": (mask.clone()) } },
            vec![
                doc! { "a": 5 },
                doc! { "a": 7.0 },
                doc! { "a": -1i64 },
                doc! { "a": binary(&[13, 1]) },
            ],
            vec![
                doc! { "a": 4 },
                doc! { "a": 5.5 },
                doc! { "a": "5" },
                doc! { "a": binary(&[]) },
                doc! {},
            ],
        );
        check(
            doc! { "a": { "$bitsAllClear": (mask.clone()) } },
            vec![doc! { "a": 2 }, doc! { "a": 0 }, doc! { "a": binary(&[]) }],
            vec![doc! { "a": 1 }, doc! { "a": f64::NAN }, doc! { "a": 1e19 }],
        );
        check(
            doc! { "a": { "$bitsAnySet": (mask.clone()) } },
            vec![doc! { "a": 4 }, doc! { "a": [2, decimal("1")] }],
            vec![doc! { "a": 2 }],
        );
        check(
            doc! { "a": { "$bitsAnyClear": mask } },
            vec![doc! { "a": 4 }, doc! { "a": 0 }],
            vec![doc! { "a": 5 }],
        );
    }
    // The sign goes on beyond the last bit of a number, and nothing beyond the end of binary data.
    let far = || Value::Array(vec![200.into()]);
    check(
        doc! { "a": { "$bitsAllSet": (far()) } },
        vec![doc! { "a": -1 }, doc! { "a": (i64::MIN) }],
        vec![doc! { "a": i64::MAX }, doc! { "a": binary(&[255]) }],
    );
    check(
        doc! { "a": { "$bitsAnyClear": (far()) } },
        vec![doc! { "a": 1 }, doc! { "a": binary(&[255]) }],
        vec![doc! { "a": -1 }],
    );
    check(
        doc! { "a": { "$bitsAllSet": [] } },
        vec![doc! { "a": 0 }],
        vec![doc! { "a": "x" }, doc! {}],
    );
}

#[test]
fn constant_filters_and_samples() {
    check(doc! { "$alwaysTrue": 1 }, vec![doc! {}], vec![]);
    check(doc! { "$alwaysFalse": 1.0 }, vec![], vec![doc! {}]);
    check(
        doc! { "$nor": [{ "$alwaysFalse": 1 }] },
        vec![doc! {}],
        vec![],
    );
    check(doc! { "$sampleRate": 1 }, vec![doc! {}], vec![]);
    check(doc! { "$sampleRate": 0.0 }, vec![], vec![doc! {}]);
    let sample = compile(&doc! { "$sampleRate": 0.25 }).unwrap();
    let chosen = (0..10_000).filter(|_| sample.matches(RawDoc::EMPTY).unwrap());
    // Twelve standard deviations either way.
    let chosen = chosen.count();
    assert!((2000..3000).contains(&chosen), "{chosen}");
}

#[test]
fn bad_operands_are_refused_with_mongodbs_codes() {
    let (bad, parse, kind) = (Code::BAD_VALUE, Code::FAILED_TO_PARSE, Code::TYPE_MISMATCH);
    let on_field = |operators: Document| doc! { "f": operators };
    let cases = [
        (
            on_field(doc! { "$type": "strin" }),
            bad,
            "Unknown type name alias: strin",
        ),
        (
            on_field(doc! { "$type": 0 }),
            bad,
            "Instead use {$exists:false}",
        ),
        (
            on_field(doc! { "$type": 20 }),
            bad,
            "Invalid numerical type code: 20",
        ),
        (
            on_field(doc! { "$type": 2.5 }),
            bad,
            "Invalid numerical type code: 2.5",
        ),
        (
            on_field(doc! { "$type": [] }),
            parse,
            "f must match at least one type",
        ),
        (
            on_field(doc! { "$type": [null] }),
            kind,
            "must be represented as a number or a string",
        ),
        (
            on_field(doc! { "$size": "x" }),
            bad,
            "Failed to parse $size. Expected a number",
        ),
        (
            on_field(doc! { "$size": -1 }),
            bad,
            "Expected a non-negative number",
        ),
        (on_field(doc! { "$size": 1.5 }), bad, "Expected an integer"),
        (
            on_field(doc! { "$size": (1i64 << 40) }),
            bad,
            "Expected a 32-bit integer",
        ),
        (
            on_field(doc! { "$mod": 5 }),
            bad,
            "malformed mod, needs to be an array",
        ),
        (
            on_field(doc! { "$mod": [5] }),
            bad,
            "malformed mod, not enough elements",
        ),
        (
            on_field(doc! { "$mod": [] }),
            bad,
            "malformed mod, not enough elements",
        ),
        (
            on_field(doc! { "$mod": [5, 1, 2] }),
            bad,
            "malformed mod, too many elements",
        ),
        (
            on_field(doc! { "$mod": ["x", 1] }),
            bad,
            "divisor not a number",
        ),
        (
            on_field(doc! { "$mod": [5, "x"] }),
            bad,
            "remainder not a number",
        ),
        (
            on_field(doc! { "$mod": [0.5, 1] }),
            bad,
            "divisor cannot be 0",
        ),
        (
            on_field(doc! { "$mod": [f64::NAN, 1] }),
            bad,
            "divisor value is invalid",
        ),
        (
            on_field(doc! { "$mod": [5, 1e300] }),
            bad,
            "remainder value is invalid",
        ),
        (on_field(doc! { "$all": 5 }), bad, "$all needs an array"),
        (
            on_field(doc! { "$all": [{ "$gt": 1 }] }),
            bad,
            "no $ expressions in $all",
        ),
        (
            on_field(doc! { "$all": [1, { "$elemMatch": {} }] }),
            bad,
            "no $ expressions in $all",
        ),
        (
            on_field(doc! { "$all": [{ "$elemMatch": {} }, 1] }),
            bad,
            "$all/$elemMatch has to be consistent",
        ),
        (
            on_field(doc! { "$elemMatch": 5 }),
            bad,
            "$elemMatch needs an Object",
        ),
        (
            on_field(doc! { "$elemMatch": { "$foo": 1 } }),
            bad,
            "unknown operator: $foo",
        ),
        (
            on_field(doc! { "$elemMatch": { "$expr": true } }),
            bad,
            "$expr can only be applied to the top-level document",
        ),
        (
            on_field(doc! { "$elemMatch": { "$and": [{ "$text": {} }] } }),
            bad,
            "$text can only be applied to the top-level document",
        ),
        (
            on_field(doc! { "$elemMatch": { "$where": "x" } }),
            bad,
            "$elemMatch cannot contain $where expression",
        ),
        (
            on_field(doc! { "$bitsAllSet": "x" }),
            bad,
            "takes an Array, a number, or a BinData",
        ),
        (on_field(doc! { "$bitsAllSet": -1 }), parse, "not negative"),
        (
            on_field(doc! { "$bitsAllSet": 1.5 }),
            parse,
            "takes a 64-bit integer",
        ),
        (
            on_field(doc! { "$bitsAnySet": [-1] }),
            bad,
            "bit positions must be >= 0",
        ),
        (
            on_field(doc! { "$bitsAnySet": [1e10] }),
            bad,
            "must be a 32-bit integer",
        ),
        (
            on_field(doc! { "$bitsAnySet": ["x"] }),
            bad,
            "must be a 32-bit integer",
        ),
        (
            doc! { "$alwaysTrue": 2 },
            parse,
            "$alwaysTrue must be an integer value of 1",
        ),
        (
            doc! { "$alwaysFalse": "1" },
            parse,
            "$alwaysFalse must be an integer value of 1",
        ),
        (doc! { "$sampleRate": "x" }, bad, "must be a numeric type"),
        (doc! { "$sampleRate": 1.5 }, bad, "must be in [0, 1]"),
        (doc! { "$sampleRate": f64::NAN }, bad, "must be in [0, 1]"),
    ];
    for (filter, code, message) in cases {
        let error = compile(&filter).unwrap_err();
        assert_eq!(error.code(), code, "{filter:?}: {error}");
        assert!(error.message().contains(message), "{filter:?}: {error}");
    }
}
