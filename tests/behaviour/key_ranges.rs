//! `min`, `max` and `returnKey`: what find does with the keys of an index.

use ironbase::bson::{Document, Value, doc};
use ironbase::database::Collection;

use crate::shell::{Shell, at, code, collection};

/// Ten documents `{_id: n, a: 10 * n, w: "w<n>"}`, one whose `a` is an array and one without.
fn things() -> Collection {
    let things = collection();
    things.add_all((0..10).map(|n| doc! { "_id": n, "a": (10 * n), "w": (format!("w{n}")) }));
    things.add_all([
        doc! { "_id": 10, "a": [25, 95] },
        doc! { "_id": 11, "w": "x" },
    ]);
    things.index(doc! { "key": { "a": 1 } }).unwrap();
    things.index(doc! { "key": { "w": -1 } }).unwrap();
    things
}

fn ids(things: &Collection, filter: Document, options: Document) -> Vec<i64> {
    let found = things.found_with(filter, options).unwrap();
    let id = |found: &Document| match found.get("_id") {
        Some(Value::Int32(id)) => i64::from(*id),
        other => panic!("{other:?}"),
    };
    found.iter().map(id).collect()
}

#[test]
fn keys_from_min_up_to_but_without_max_are_gone_through() {
    let things = things();
    let a = || doc! { "a": 1 };
    let cases: [(Document, Document, &[i64]); 12] = [
        // filter, options, _ids
        (
            doc! {},
            doc! { "min": { "a": 20 }, "max": { "a": 40 }, "hint": (a()) },
            &[2, 10, 3],
        ),
        (
            doc! {},
            doc! { "min": { "a": 80.0 }, "hint": "a_1" },
            &[8, 9, 10],
        ),
        // No key is the same as null, and that is less than numbers.
        (
            doc! {},
            doc! { "max": { "a": 10 }, "hint": (a()) },
            &[11, 0],
        ),
        (
            doc! {},
            doc! { "min": {}, "max": { "a": 10 }, "hint": (a()) },
            &[11, 0],
        ),
        (doc! {}, doc! { "min": { "a": "x" }, "hint": (a()) }, &[]),
        // The filter holds as ever, and sets no bounds.
        (
            doc! { "a": { "$gt": 20 } },
            doc! { "min": { "a": 20 }, "max": { "a": 40 }, "hint": (a()) },
            &[10, 3],
        ),
        (
            doc! { "a": 5 },
            doc! { "min": { "a": 20 }, "hint": (a()) },
            &[],
        ),
        // A descending index: min is the greater value.
        (
            doc! {},
            doc! { "min": { "w": "w8" }, "max": { "w": "w6" }, "hint": { "w": -1 } },
            &[8, 7],
        ),
        (
            doc! {},
            doc! { "min": { "_id": 9 }, "hint": { "_id": 1 } },
            &[9, 10, 11],
        ),
        (
            doc! {},
            doc! { "min": { "_id": 3 }, "max": { "_id": 6 }, "hint": "_id_", "sort": { "_id": -1 } },
            &[5, 4, 3],
        ),
        (
            doc! {},
            doc! { "min": { "w": "w9" }, "max": { "w": "w7" }, "hint": { "w": -1 }, "sort": { "w": 1 } },
            &[8, 9],
        ),
        (
            doc! {},
            doc! { "min": { "a": 20 }, "max": { "a": 50 }, "hint": (a()), "sort": { "_id": -1 }, "skip": 1, "limit": 2 },
            &[4, 3],
        ),
    ];
    for (filter, options, expected) in cases {
        let shown = format!("{filter:?} {options:?}");
        assert_eq!(ids(&things, filter, options), expected, "{shown}");
    }
}

#[test]
fn bounds_that_do_not_fit_the_index_are_refused() {
    let things = things();
    let long = "x".repeat(600);
    for (options, expected) in [
        (doc! { "min": { "a": 1 } }, 291),
        (doc! { "max": { "a": 1 }, "hint": { "$natural": 1 } }, 291),
        (doc! { "max": { "a": 1 }, "hint": { "b": 1 } }, 2),
        (
            doc! { "min": { "a": 1 }, "max": { "b": 1 }, "hint": { "a": 1 } },
            51176,
        ),
        (
            doc! { "min": { "a": 1 }, "max": { "a": 1, "b": 1 }, "hint": { "a": 1 } },
            51176,
        ),
        (doc! { "min": { "b": 1 }, "hint": { "a": 1 } }, 51174),
        (
            doc! { "min": { "a": 1, "b": 1 }, "hint": { "a": 1 } },
            51174,
        ),
        (
            doc! { "min": { "a": 5 }, "max": { "a": 5 }, "hint": { "a": 1 } },
            51175,
        ),
        (
            doc! { "min": { "w": "a" }, "max": { "w": "b" }, "hint": { "w": -1 } },
            51175,
        ),
        // The index orders strings otherwise than the operation does.
        (
            doc! { "min": { "a": "x" }, "hint": { "a": 1 }, "collation": { "locale": "en" } },
            51174,
        ),
        (doc! { "min": { "a": long }, "hint": { "a": 1 } }, 2),
        (doc! { "min": 1, "hint": { "a": 1 } }, 14),
        (doc! { "returnKey": 1 }, 14),
    ] {
        let shown = format!("{options:?}");
        assert_eq!(
            code(things.found_with(doc! {}, options)),
            expected,
            "{shown}"
        );
    }
}

#[test]
fn long_keys_are_bounded_where_they_differ() {
    let things = collection();
    let long = |end: &str| format!("{}{end}", "x".repeat(600));
    things.add_all([
        doc! { "_id": 1, "a": (long("1")) },
        doc! { "_id": 2, "a": "y" },
        doc! { "_id": 3, "a": "w" },
    ]);
    things.index(doc! { "key": { "a": 1 } }).unwrap();
    let options = doc! { "min": { "a": "x" }, "max": { "a": "y" }, "hint": { "a": 1 } };
    assert_eq!(ids(&things, doc! {}, options), [1]);
}

#[test]
fn return_key_gives_the_keys_that_led_to_the_documents() {
    let things = things();
    let keys = |filter: Document, options: Document| {
        let mut options = options;
        options.insert("returnKey", true);
        things.found_with(filter, options).unwrap()
    };
    let cases = [
        (
            doc! { "a": { "$gte": 90 } },
            doc! { "projection": { "_id": 1 } },
            vec![doc! { "a": 90 }, doc! { "a": 95 }],
        ),
        // Of an array the element at which the document came up.
        (
            doc! {},
            doc! { "min": { "a": 21 }, "max": { "a": 40 }, "hint": { "a": 1 } },
            vec![doc! { "a": 25 }, doc! { "a": 30 }],
        ),
        (
            doc! { "_id": { "$gte": 9 } },
            doc! { "hint": { "a": 1 }, "sort": { "a": -1 } },
            vec![doc! { "a": 95 }, doc! { "a": 90 }, doc! { "a": null }],
        ),
        (doc! { "_id": 3 }, doc! {}, vec![doc! { "_id": 3 }]),
        (
            doc! {},
            doc! { "sort": { "_id": -1 }, "limit": 1 },
            vec![doc! { "_id": 11 }],
        ),
        (
            doc! {},
            doc! { "hint": { "_id": 1 }, "limit": 1 },
            vec![doc! { "_id": 0 }],
        ),
        // Nothing led to them.
        (doc! {}, doc! { "limit": 1 }, vec![doc! {}]),
        (
            doc! {},
            doc! { "hint": { "$natural": 1 }, "limit": 2 },
            vec![doc! {}, doc! {}],
        ),
    ];
    for (filter, options, expected) in cases {
        let shown = format!("{filter:?} {options:?}");
        assert_eq!(keys(filter, options), expected, "{shown}");
    }
}

#[test]
fn explain_shows_the_bounds() {
    let things = things();
    let explained = things.explained(doc! {
        "find": "", "filter": { "a": { "$gt": 0 } }, "min": { "a": 20 }, "max": { "a": 40 }, "hint": { "a": 1 },
        "returnKey": true,
    });
    let plan = "queryPlanner.winningPlan";
    let stage = |path: &str| at(&explained, &format!("{plan}.{path}"));
    assert_eq!(stage("stage"), Some(Value::from("RETURN_KEY")));
    assert_eq!(stage("inputStage.stage"), Some(Value::from("FETCH")));
    assert_eq!(
        stage("inputStage.inputStage.stage"),
        Some(Value::from("IXSCAN"))
    );
    let bounds = stage("inputStage.inputStage.indexBounds.a");
    assert_eq!(bounds, Some(Value::Array(vec![Value::from("[20, 40)")])));
    assert_eq!(
        at(&explained, "executionStats.totalKeysExamined"),
        Some(Value::Int64(3))
    );
}
