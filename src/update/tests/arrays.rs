//! Operators on arrays.

use super::*;
use crate::bson::Collation;

#[test]
fn push_appends() {
    check_all(&[
        ("{'a': [1]}", "{'$push': {'a': 2}}", "{'a': [1, 2]}"),
        ("{}", "{'$push': {'a.b': 2}}", "{'a': {'b': [2]}}"),
        (
            "{'a': [1]}",
            "{'$push': {'a': [2, 3]}}",
            "{'a': [1, [2, 3]]}",
        ),
        ("{'a': [[1]]}", "{'$push': {'a.0': 2}}", "{'a': [[1, 2]]}"),
        (
            "{'a': []}",
            "{'$push': {'a': {'b': 1}}}",
            "{'a': [{'b': 1}]}",
        ),
        (
            "{'a': [0, 1, 2, 3, 4, 5, 6, 7, 8]}",
            "{'$push': {'a': {'$each': [9, 10]}}}",
            "{'a': [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]}",
        ),
        (
            "{'a': [1]}",
            "{'$push': {'a': {'$each': []}}}",
            "{'a': [1]}",
        ),
        ("{}", "{'$push': {'a': {'$each': []}}}", "{'a': []}"),
    ]);
    refuse_all(&[
        (
            "{'_id': 1, 'tags': 'red'}",
            "{'$push': {'tags': 1}}",
            Code::BAD_VALUE,
            "The field 'tags' must be an array but is of type string in document {_id: 1}: $push \
             found a string (\"red\")",
        ),
        (
            "{'a': {'b': null}}",
            "{'$push': {'a.b': 1}}",
            Code::BAD_VALUE,
            "The field 'a.b' must be an array but is of type null",
        ),
        (
            "{'a': 5}",
            "{'$push': {'a.b': 1}}",
            Code::PATH_NOT_VIABLE,
            "Cannot create field 'b' in element {a: 5}",
        ),
    ]);
}

#[test]
fn push_inserts_at_a_position_counted_from_either_end() {
    let cases = [
        (0, "[8, 9, 1, 2, 3]"),
        (1, "[1, 8, 9, 2, 3]"),
        (3, "[1, 2, 3, 8, 9]"),
        (4, "[1, 2, 3, 8, 9]"),
        (i64::MAX, "[1, 2, 3, 8, 9]"),
        (-1, "[1, 2, 8, 9, 3]"),
        (-2, "[1, 8, 9, 2, 3]"),
        (-3, "[8, 9, 1, 2, 3]"),
        (-9, "[8, 9, 1, 2, 3]"),
        (i64::MIN, "[8, 9, 1, 2, 3]"),
    ];
    for (position, expected) in cases {
        check(
            doc! { "a": [1, 2, 3] },
            doc! { "$push": { "a": { "$each": [8, 9], "$position": position } } },
            json(&format!("{{'a': {expected}}}")),
        );
    }
    check_all(&[
        (
            "{'a': []}",
            "{'$push': {'a': {'$each': [1], '$position': -1}}}",
            "{'a': [1]}",
        ),
        (
            "{}",
            "{'$push': {'a': {'$each': [1], '$position': 5.0}}}",
            "{'a': [1]}",
        ),
    ]);
}

#[test]
fn push_cuts_to_the_first_or_the_last() {
    let cases = [
        (0, "[]"),
        (2, "[1, 2]"),
        (4, "[1, 2, 3, 8]"),
        (9, "[1, 2, 3, 8, 9]"),
        (-2, "[8, 9]"),
        (-4, "[2, 3, 8, 9]"),
        (-9, "[1, 2, 3, 8, 9]"),
        (i64::MIN, "[1, 2, 3, 8, 9]"),
    ];
    for (slice, expected) in cases {
        check(
            doc! { "a": [1, 2, 3] },
            doc! { "$push": { "a": { "$each": [8, 9], "$slice": slice } } },
            json(&format!("{{'a': {expected}}}")),
        );
    }
    check_all(&[
        (
            "{'a': [1, 2, 3]}",
            "{'$push': {'a': {'$each': [], '$slice': -2}}}",
            "{'a': [2, 3]}",
        ),
        (
            "{'a': [1, 2, 3]}",
            "{'$push': {'a': {'$each': [], '$slice': 3}}}",
            "{'a': [1, 2, 3]}",
        ),
    ]);
}

#[test]
fn push_sorts_by_value_or_by_fields() {
    check_all(&[
        (
            "{'a': [3, 1]}",
            "{'$push': {'a': {'$each': [2], '$sort': 1}}}",
            "{'a': [1, 2, 3]}",
        ),
        (
            "{'a': [3, 1]}",
            "{'$push': {'a': {'$each': [2], '$sort': -1}}}",
            "{'a': [3, 2, 1]}",
        ),
        (
            "{'a': ['x', 5, null, {'b': 1}, 2.5]}",
            "{'$push': {'a': {'$each': [], '$sort': 1}}}",
            "{'a': [null, 2.5, 5, 'x', {'b': 1}]}",
        ),
        // Sorted, then cut, whatever the order of the clauses; equal ones keep their order.
        (
            "{'a': [{'s': 8, 'n': 1}, {'s': 6, 'n': 2}]}",
            "{'$push': {'a': {'$slice': 3, '$sort': {'s': -1}, '$each': [{'s': 8, 'n': 3},
                {'s': 9, 'n': 4}]}}}",
            "{'a': [{'s': 9, 'n': 4}, {'s': 8, 'n': 1}, {'s': 8, 'n': 3}]}",
        ),
        (
            "{'a': [{'s': 1, 'n': 1}, {'s': 0, 'n': 5}, {'s': 1, 'n': 0}]}",
            "{'$push': {'a': {'$each': [], '$sort': {'s': 1, 'n': -1}}}}",
            "{'a': [{'s': 0, 'n': 5}, {'s': 1, 'n': 1}, {'s': 1, 'n': 0}]}",
        ),
        // A dotted field, a missing one, an element that is no document: null.
        (
            "{'a': [{'b': {'c': 2}}, {'b': {'c': 1}}, {'x': 1}, 7]}",
            "{'$push': {'a': {'$each': [], '$sort': {'b.c': 1}}}}",
            "{'a': [{'x': 1}, 7, {'b': {'c': 1}}, {'b': {'c': 2}}]}",
        ),
        (
            "{'a': [{'b': [3, 1]}, {'b': [2, 9]}]}",
            "{'$push': {'a': {'$each': [], '$sort': {'b.0': 1}}}}",
            "{'a': [{'b': [2, 9]}, {'b': [3, 1]}]}",
        ),
    ]);
    // A sort counts as a change though nothing moved, as in MongoDB.
    let update = json("{'$push': {'a': {'$each': [], '$sort': 1}}}");
    let (found, modified) = apply(&doc! { "a": [1, 2] }, &update).unwrap();
    assert_eq!((found, modified), (doc! { "a": [1, 2] }, true));
}

#[test]
fn bad_clauses_of_push_are_refused() {
    let cases = [
        (
            "{'$each': 1}",
            "The argument to $each in $push must be an array but it was of type: int",
        ),
        (
            "{'$each': [1], '$foo': 1}",
            "Unrecognized clause in $push: $foo",
        ),
        ("{'$each': [1], 'b': 1}", "Unrecognized clause in $push: b"),
        (
            "{'$each': [1], '$slice': 'x'}",
            "The value for $slice must be an integer value",
        ),
        (
            "{'$each': [1], '$slice': 1.5}",
            "The value for $slice must be an integer value",
        ),
        ("{'$each': [1], '$position': null}", "not of type: null"),
        (
            "{'$each': [1], '$position': 0.5}",
            "The value for $position must be an integer",
        ),
        ("{'$each': [1], '$sort': 2}", "must be either 1 or -1"),
        (
            "{'$each': [1], '$sort': 'a'}",
            "The $sort is invalid: use 1/-1",
        ),
        ("{'$each': [1], '$sort': {}}", "The $sort pattern is empty"),
        (
            "{'$each': [1], '$sort': {'a': 0}}",
            "must be either 1 or -1",
        ),
        (
            "{'$each': [1], '$sort': {'': 1}}",
            "The $sort field cannot be empty",
        ),
        (
            "{'$each': [1], '$sort': {'a..b': 1}}",
            "has an empty part: a..b",
        ),
    ];
    for (clauses, message) in cases {
        let update = json(&format!("{{'$push': {{'a': {clauses}}}}}"));
        refused(doc! {}, update, Code::BAD_VALUE, message);
    }
    let deep = (0..98).fold(doc! {}, |inner, _| doc! { "a": inner });
    refused(
        doc! {},
        doc! { "$push": { "a": deep } },
        Code::OVERFLOW,
        "deeper than 100 levels",
    );
}

#[test]
fn add_to_set_appends_what_is_not_there() {
    check_all(&[
        ("{'a': [1]}", "{'$addToSet': {'a': 2}}", "{'a': [1, 2]}"),
        ("{'a': [1]}", "{'$addToSet': {'a': 1.0}}", "{'a': [1]}"),
        ("{'a': [1, 1]}", "{'$addToSet': {'a': 1}}", "{'a': [1, 1]}"),
        ("{}", "{'$addToSet': {'a.b': 1}}", "{'a': {'b': [1]}}"),
        ("{'a': [1]}", "{'$addToSet': {'a': [1]}}", "{'a': [1, [1]]}"),
        (
            "{'a': [3, 1]}",
            "{'$addToSet': {'a': {'$each': [1, 2, 2.0, 4, 3]}}}",
            "{'a': [3, 1, 2, 4]}",
        ),
        (
            "{'a': [1]}",
            "{'$addToSet': {'a': {'$each': []}}}",
            "{'a': [1]}",
        ),
        ("{}", "{'$addToSet': {'a': {'$each': []}}}", "{'a': []}"),
        // The order of fields counts.
        (
            "{'a': [{'x': 1, 'y': 2}]}",
            "{'$addToSet': {'a': {'$each': [{'x': 1.0, 'y': 2}, {'y': 2, 'x': 1}]}}}",
            "{'a': [{'x': 1, 'y': 2}, {'y': 2, 'x': 1}]}",
        ),
    ]);
    let many: Vec<Value> = (0..150).map(Value::Int32).collect();
    let (even, odd): (Vec<Value>, Vec<Value>) =
        (many.clone().into_iter()).partition(|n| matches!(n, Value::Int32(n) if n % 2 == 0));
    check(
        doc! { "a": (even.clone()) },
        doc! { "$addToSet": { "a": { "$each": many } } },
        doc! { "a": (even.into_iter().chain(odd).collect::<Vec<_>>()) },
    );
    refuse_all(&[
        (
            "{'a': 'red'}",
            "{'$addToSet': {'a': 1}}",
            Code::BAD_VALUE,
            "Cannot apply $addToSet to non-array field. Field named 'a' has non-array type string",
        ),
        (
            "{}",
            "{'$addToSet': {'a': {'$each': 1}}}",
            Code::TYPE_MISMATCH,
            "The argument to $each in $addToSet must be an array but it was of type int",
        ),
        (
            "{}",
            "{'$addToSet': {'a': {'$each': [1], '$slice': 1}}}",
            Code::BAD_VALUE,
            "Found unexpected fields after $each in $addToSet",
        ),
    ]);
}

#[test]
fn pop_removes_at_either_end() {
    check_all(&[
        ("{'a': [1, 2, 3]}", "{'$pop': {'a': 1}}", "{'a': [1, 2]}"),
        ("{'a': [1, 2, 3]}", "{'$pop': {'a': -1.0}}", "{'a': [2, 3]}"),
        ("{'a': [1]}", "{'$pop': {'a': 1}}", "{'a': []}"),
        ("{'a': []}", "{'$pop': {'a': 1}}", "{'a': []}"),
        ("{}", "{'$pop': {'a': 1}}", "{}"),
        ("{'a': {}}", "{'$pop': {'a.b.c': 1}}", "{'a': {}}"),
        ("{'a': [[1, 2]]}", "{'$pop': {'a.0': 1}}", "{'a': [[1]]}"),
        ("{'a': [[1, 2]]}", "{'$pop': {'a.3': 1}}", "{'a': [[1, 2]]}"),
    ]);
    refuse_all(&[
        (
            "{}",
            "{'$pop': {'a': 2}}",
            Code::FAILED_TO_PARSE,
            "$pop expects 1 or -1, found: 2",
        ),
        (
            "{}",
            "{'$pop': {'a': 'x'}}",
            Code::FAILED_TO_PARSE,
            "$pop expects 1 or -1",
        ),
        (
            "{'a': {'b': 5}}",
            "{'$pop': {'a.b': 1}}",
            Code::TYPE_MISMATCH,
            "Path 'a.b' contains an element of non-array type 'int'",
        ),
        (
            "{'a': 'foo'}",
            "{'$pop': {'a.b': 1}}",
            Code::PATH_NOT_VIABLE,
            "Cannot use the part (b) of (a.b) to traverse the element ({a: \"foo\"})",
        ),
        (
            "{'a': [1]}",
            "{'$pop': {'a.b.c': 1}}",
            Code::PATH_NOT_VIABLE,
            "Cannot use the part (b) of (a.b.c) to traverse the element ({a: [ 1 ]})",
        ),
    ]);
}

#[test]
fn pull_removes_what_is_equal_or_matches() {
    check_all(&[
        ("{'a': [1, 2, 1]}", "{'$pull': {'a': 1}}", "{'a': [2]}"),
        ("{'a': [1, 2.0]}", "{'$pull': {'a': 2}}", "{'a': [1]}"),
        ("{'a': [1]}", "{'$pull': {'a': 2}}", "{'a': [1]}"),
        ("{'a': []}", "{'$pull': {'a': 2}}", "{'a': []}"),
        ("{}", "{'$pull': {'a': 2}}", "{}"),
        ("{'a': [null, 1]}", "{'$pull': {'a': null}}", "{'a': [1]}"),
        (
            "{'a': [1, 5, 9]}",
            "{'$pull': {'a': {'$gte': 5}}}",
            "{'a': [1]}",
        ),
        (
            "{'a': [1, 5, 9]}",
            "{'$pull': {'a': {'$in': [1, 9]}}}",
            "{'a': [5]}",
        ),
        (
            "{'a': [1, 5, 9]}",
            "{'$pull': {'a': {'$ne': 5}}}",
            "{'a': [5]}",
        ),
        (
            "{'a': ['red', 'blue', 7]}",
            "{'$pull': {'a': {'$regularExpression': {'pattern': '^r', 'options': ''}}}}",
            "{'a': ['blue', 7]}",
        ),
        (
            "{'a': ['red', 'blue']}",
            "{'$pull': {'a': {'$regex': 'e$'}}}",
            "{'a': ['red']}",
        ),
        // An array must be equal, in order; a condition looks into it.
        (
            "{'a': [[1, 2], [2, 1], 1]}",
            "{'$pull': {'a': [1, 2]}}",
            "{'a': [[2, 1], 1]}",
        ),
        (
            "{'a': [[1, 9], [2], 1]}",
            "{'$pull': {'a': {'$gt': 5}}}",
            "{'a': [[2], 1]}",
        ),
        // A document is a filter on the elements' fields.
        (
            "{'a': [{'b': 1, 'c': 2}, {'b': 2}, 1]}",
            "{'$pull': {'a': {'b': 1}}}",
            "{'a': [{'b': 2}, 1]}",
        ),
        (
            "{'a': [{'b': [1, 5]}, {'b': [2]}]}",
            "{'$pull': {'a': {'b': {'$gte': 4}}}}",
            "{'a': [{'b': [2]}]}",
        ),
        (
            "{'a': [{'b': 1}, {'c': 2}, {'d': 3}]}",
            "{'$pull': {'a': {'$or': [{'b': 1}, {'c': 2}]}}}",
            "{'a': [{'d': 3}]}",
        ),
        ("{'a': [{'b': 1}, 5]}", "{'$pull': {'a': {}}}", "{'a': [5]}"),
    ]);
    refuse_all(&[
        (
            "{'a': 5}",
            "{'$pull': {'a': 5}}",
            Code::BAD_VALUE,
            "Cannot apply $pull to a non-array value: $pull found an int (5) at \"a\"",
        ),
        (
            "{'a': 1}",
            "{'$pull': {'a.b': 5}}",
            Code::PATH_NOT_VIABLE,
            "Cannot use the part (b) of (a.b) to traverse the element ({a: 1})",
        ),
        (
            "{}",
            "{'$pull': {'a': {'$foo': 1}}}",
            Code::BAD_VALUE,
            "unknown operator: $foo",
        ),
    ]);
}

#[test]
fn pull_all_removes_what_equals_one_of_a_list() {
    check_all(&[
        (
            "{'a': [1, 2, 3, 1.0]}",
            "{'$pullAll': {'a': [1, 3]}}",
            "{'a': [2]}",
        ),
        ("{'a': [1]}", "{'$pullAll': {'a': [2]}}", "{'a': [1]}"),
        ("{'a': [1]}", "{'$pullAll': {'a': []}}", "{'a': [1]}"),
        ("{}", "{'$pullAll': {'a': [1]}}", "{}"),
        (
            "{'a': [{'b': 1}, {'b': 1, 'c': 2}, [1]]}",
            "{'$pullAll': {'a': [{'b': 1}, [1]]}}",
            "{'a': [{'b': 1, 'c': 2}]}",
        ),
    ]);
    refuse_all(&[
        (
            "{}",
            "{'$pullAll': {'a': 1}}",
            Code::BAD_VALUE,
            "$pullAll requires an array argument but was given a int",
        ),
        (
            "{'a': 5}",
            "{'$pullAll': {'a': [5]}}",
            Code::BAD_VALUE,
            "to a non-array value",
        ),
    ]);
}

#[test]
fn the_operations_collation_decides_what_is_equal() {
    let mut context = Context::default();
    let collation = json("{'locale': 'en', 'strength': 2}").to_bytes();
    let collation = Collation::parse("collation", RawDoc::trusted(&collation)).unwrap();
    context.set_collation(collation);
    let cases = [
        (
            "{'a': ['Red']}",
            "{'$addToSet': {'a': 'red'}}",
            "{'a': ['Red']}",
        ),
        (
            "{'a': ['Red', 'blue']}",
            "{'$pull': {'a': 'RED'}}",
            "{'a': ['blue']}",
        ),
        (
            "{'a': ['Red', 'b']}",
            "{'$pullAll': {'a': ['B', 'rED']}}",
            "{'a': []}",
        ),
        (
            "{'a': ['b', 'C']}",
            "{'$push': {'a': {'$each': ['A'], '$sort': 1}}}",
            "{'a': ['A', 'b', 'C']}",
        ),
        ("{'a': 'b'}", "{'$max': {'a': 'C'}}", "{'a': 'C'}"),
        ("{'a': 'b'}", "{'$min': {'a': 'C'}}", "{'a': 'b'}"),
    ];
    for (document, update, expected) in cases {
        let (document, bytes) = (json(document).to_bytes(), json(update).to_bytes());
        let update = Update::compile(RawDoc::trusted(&bytes), None, &context).unwrap();
        let mut out = Vec::new();
        update
            .apply(RawDoc::trusted(&document), &filter(doc! {}), &mut out)
            .unwrap();
        assert_eq!(read(&out), json(expected), "{update:?}");
    }
}
