//! Operators on one field: arithmetic, comparison, bits, dates, renaming.

use super::*;
use crate::bson::RawValue;

#[test]
fn mul_multiplies_in_the_wider_type_and_makes_zero_of_nothing() {
    check_all(&[
        ("{'a': 3}", "{'$mul': {'a': 4}}", "{'a': 12}"),
        ("{'a': 3}", "{'$mul': {'a': 1}}", "{'a': 3}"),
        (
            "{'a': 2147483647}",
            "{'$mul': {'a': 2}}",
            "{'a': {'$numberLong': '4294967294'}}",
        ),
        ("{'a': 3}", "{'$mul': {'a': 0.5}}", "{'a': 1.5}"),
        (
            "{'a': 3}",
            "{'$mul': {'a': {'$numberDecimal': '1.10'}}}",
            "{'a': {'$numberDecimal': '3.30'}}",
        ),
        ("{}", "{'$mul': {'a.b': 5}}", "{'a': {'b': 0}}"),
        ("{}", "{'$mul': {'a': 2.5}}", "{'a': 0.0}"),
        (
            "{}",
            "{'$mul': {'a': {'$numberLong': '2'}}}",
            "{'a': {'$numberLong': '0'}}",
        ),
        (
            "{}",
            "{'$mul': {'a': {'$numberDecimal': '2'}}}",
            "{'a': {'$numberDecimal': '0'}}",
        ),
    ]);
    refuse_all(&[
        (
            "{'_id': 1, 'a': {'$numberLong': '9223372036854775807'}}",
            "{'$mul': {'a': 2}}",
            Code::BAD_VALUE,
            "Failed to apply $mul operations to current value 9223372036854775807 at \"a\" for \
             document {_id: 1}: multiplying by 2 overflows",
        ),
        (
            "{'_id': 1, 'a': 'x'}",
            "{'$mul': {'a': 2}}",
            Code::TYPE_MISMATCH,
            "Cannot apply $mul to a value of non-numeric type. {_id: 1} has the field 'a' of \
             non-numeric type string",
        ),
        (
            "{}",
            "{'$mul': {'a': 'x'}}",
            Code::TYPE_MISMATCH,
            "Cannot multiply with non-numeric argument",
        ),
    ]);
}

#[test]
fn min_and_max_compare_across_types() {
    check_all(&[
        ("{'a': 5}", "{'$min': {'a': 3}}", "{'a': 3}"),
        ("{'a': 5}", "{'$min': {'a': 7}}", "{'a': 5}"),
        ("{'a': 5}", "{'$max': {'a': 3}}", "{'a': 5}"),
        ("{'a': 5}", "{'$max': {'a': 7}}", "{'a': 7}"),
        // An equal value of another type does not take its place.
        ("{'a': 5}", "{'$min': {'a': 5.0}}", "{'a': 5}"),
        ("{'a': 5}", "{'$max': {'a': 5.0}}", "{'a': 5}"),
        ("{'a': 5}", "{'$max': {'a': 'x'}}", "{'a': 'x'}"),
        ("{'a': 5}", "{'$min': {'a': null}}", "{'a': null}"),
        ("{'a': [3, 9]}", "{'$min': {'a': 5}}", "{'a': 5}"),
        ("{'a': [3, 9]}", "{'$max': {'a.0': 5}}", "{'a': [5, 9]}"),
        ("{}", "{'$min': {'a.b': 5}}", "{'a': {'b': 5}}"),
        ("{}", "{'$max': {'a': null}}", "{'a': null}"),
    ]);
}

#[test]
fn bit_computes_on_integers() {
    check_all(&[
        ("{'a': 13}", "{'$bit': {'a': {'and': 10}}}", "{'a': 8}"),
        ("{'a': 3}", "{'$bit': {'a': {'or': 5}}}", "{'a': 7}"),
        ("{'a': 1}", "{'$bit': {'a': {'xor': 5}}}", "{'a': 4}"),
        ("{'a': 1}", "{'$bit': {'a': {'or': 1}}}", "{'a': 1}"),
        (
            "{'a': 12}",
            "{'$bit': {'a': {'and': 8, 'or': 3}}}",
            "{'a': 11}",
        ),
        (
            "{'a': -1}",
            "{'$bit': {'a': {'and': {'$numberLong': '4294967295'}}}}",
            "{'a': {'$numberLong': '4294967295'}}",
        ),
        (
            "{'a': {'$numberLong': '6'}}",
            "{'$bit': {'a': {'and': 3}}}",
            "{'a': {'$numberLong': '2'}}",
        ),
        // Wider, though equal: a change.
        (
            "{'a': 2}",
            "{'$bit': {'a': {'or': {'$numberLong': '2'}}}}",
            "{'a': {'$numberLong': '2'}}",
        ),
        ("{}", "{'$bit': {'a': {'or': 5}}}", "{'a': 5}"),
        ("{}", "{'$bit': {'a': {'and': 5}}}", "{'a': 0}"),
    ]);
    let bad = Code::BAD_VALUE;
    refuse_all(&[
        (
            "{'_id': 1, 'a': 1.0}",
            "{'$bit': {'a': {'and': 1}}}",
            bad,
            "Cannot apply $bit to a value of non-integral type. {_id: 1} has the field \"a\" of \
             non-integer type double",
        ),
        ("{}", "{'$bit': {'a': 1}}", bad, "not compatible with a int"),
        (
            "{}",
            "{'$bit': {'a': {}}}",
            bad,
            "at least one bitwise operation",
        ),
        (
            "{}",
            "{'$bit': {'a': {'not': 1}}}",
            bad,
            "only supports 'and', 'or', and 'xor', not 'not'",
        ),
        (
            "{}",
            "{'$bit': {'a': {'and': 1.0}}}",
            bad,
            "must be an Integer(32/64 bit); a 'double' is not supported",
        ),
    ]);
}

#[test]
fn current_date_sets_the_operations_time() {
    let context = Context::default();
    let update = json(
        "{'$currentDate': {'a': true, 'b.c': {'$type': 'date'}, 'd': {'$type': 'timestamp'},
          'e': {'$type': 'timestamp'}, 'f': false}}",
    );
    let update = update.to_bytes();
    let compiled = Update::compile(RawDoc::trusted(&update), None, &context).unwrap();
    let mut out = Vec::new();
    let applied = compiled.apply(RawDoc::EMPTY, &filter(doc! {}), &mut out);
    assert!(applied.unwrap().modified);
    let now = Value::DateTime(context.now_ms());
    let found = read(&out);
    assert_eq!(found.get("a"), Some(&now));
    assert_eq!(found.get("f"), Some(&now));
    assert_eq!(found.get("b"), Some(&doc! { "c": now }.into()));
    let timestamp = |name: &str| match RawDoc::trusted(&out).get(name) {
        Some(RawValue::Timestamp { time, increment }) => (time, increment),
        other => panic!("{name}: {other:?}"),
    };
    assert!(i64::from(timestamp("d").0) >= context.now_ms() / 1000);
    assert!(timestamp("d") < timestamp("e"), "each is given once");
    let bad = Code::BAD_VALUE;
    refuse_all(&[
        (
            "{}",
            "{'$currentDate': {'a': 1}}",
            bad,
            "int is not valid type for $currentDate",
        ),
        (
            "{}",
            "{'$currentDate': {'a': {'$type': 'time'}}}",
            bad,
            "required to be 'date' or 'timestamp'",
        ),
        ("{}", "{'$currentDate': {'a': {}}}", bad, "required to be"),
        (
            "{}",
            "{'$currentDate': {'a': {'type': 'date'}}}",
            bad,
            "Unrecognized $currentDate option: type",
        ),
    ]);
}

#[test]
fn rename_moves_values() {
    check_all(&[
        (
            "{'a': 1, 'b': 2}",
            "{'$rename': {'a': 'c'}}",
            "{'b': 2, 'c': 1}",
        ),
        ("{'a': 1, 'b': 2}", "{'$rename': {'a': 'b'}}", "{'b': 1}"),
        ("{'a': 1, 'b': 1}", "{'$rename': {'a': 'b'}}", "{'b': 1}"),
        ("{'b': 2}", "{'$rename': {'a': 'b'}}", "{'b': 2}"),
        ("{'b': 2}", "{'$rename': {'a': 'b.c'}}", "{'b': 2}"),
        (
            "{'a': {'b': {'c': [1]}}}",
            "{'$rename': {'a.b': 'd.e.f'}}",
            "{'a': {}, 'd': {'e': {'f': {'c': [1]}}}}",
        ),
        (
            "{'a': {'b': 1, 'c': 2}}",
            "{'$rename': {'a.b': 'a.d'}}",
            "{'a': {'c': 2, 'd': 1}}",
        ),
        (
            "{'a': 1, 'b': 2}",
            "{'$rename': {'a': 'x', 'b': 'w'}, '$set': {'y': 3}}",
            "{'w': 2, 'x': 1, 'y': 3}",
        ),
        // The array moved may be one; only the way may not lead through one.
        ("{'a': [1]}", "{'$rename': {'a': 'b'}}", "{'b': [1]}"),
        ("{'a': 1, 'b': [1]}", "{'$rename': {'a': 'b'}}", "{'b': 1}"),
        ("{'a': [1]}", "{'$rename': {'a.5': 'b'}}", "{'a': [1]}"),
    ]);
    let bad = Code::BAD_VALUE;
    refuse_all(&[
        (
            "{'_id': 1, 'a': [{'b': 1}]}",
            "{'$rename': {'a.0.b': 'c'}}",
            bad,
            "The source field cannot be an array element, 'a.0.b' in doc with _id: 1 has an array \
             field called 'a'",
        ),
        (
            "{'a': [1], 'b': 1}",
            "{'$rename': {'b': 'a.0'}}",
            bad,
            "The destination field cannot be an array element, 'a.0' in doc with no id has an \
             array field called 'a'",
        ),
        (
            "{'a': 5}",
            "{'$rename': {'a.b': 'c'}}",
            Code::PATH_NOT_VIABLE,
            "cannot use the part (a of a.b) to traverse the element ({a: 5})",
        ),
        (
            "{'a': [{'b': 1}]}",
            "{'$rename': {'a.b': 'c'}}",
            Code::PATH_NOT_VIABLE,
            "cannot use the part (a of a.b) to traverse the element ({a: [ { b: 1 } ]})",
        ),
        (
            "{'a': 5, 'b': 1}",
            "{'$rename': {'b': 'a.b'}}",
            Code::PATH_NOT_VIABLE,
            "Cannot create field 'b' in element {a: 5}",
        ),
        ("{}", "{'$rename': {'a': 1}}", bad, "must be a string"),
        (
            "{}",
            "{'$rename': {'a': 'a'}}",
            bad,
            "source and target field for $rename must differ",
        ),
        (
            "{}",
            "{'$rename': {'a': 'a.b'}}",
            bad,
            "must not be on the same path",
        ),
        (
            "{}",
            "{'$rename': {'a.b': 'a'}}",
            bad,
            "must not be on the same path",
        ),
        (
            "{}",
            "{'$rename': {'a.$': 'b'}}",
            bad,
            "source field for $rename may not be dynamic",
        ),
        (
            "{}",
            "{'$rename': {'a': 'b.$[]'}}",
            bad,
            "destination field for $rename may not be dynamic",
        ),
        (
            "{}",
            "{'$rename': {'a': ''}}",
            Code::EMPTY_FIELD_NAME,
            "empty update path",
        ),
        (
            "{}",
            "{'$rename': {'a': 'b'}, '$set': {'b': 1}}",
            Code::CONFLICTING_UPDATE_OPERATORS,
            "conflict at 'b'",
        ),
        (
            "{}",
            "{'$rename': {'a': 'b'}, '$set': {'a.c': 1}}",
            Code::CONFLICTING_UPDATE_OPERATORS,
            "conflict at 'a'",
        ),
        (
            "{'_id': 1}",
            "{'$rename': {'_id': 'a'}}",
            Code::IMMUTABLE_FIELD,
            "'_id'",
        ),
    ]);
    let levels = vec!["a"; 99].join(".");
    refused(
        doc! { "b": { "c": { "d": 1 } } },
        doc! { "$rename": { "b": (levels.as_str()) } },
        Code::OVERFLOW,
        "deeper than 100 levels",
    );
}
