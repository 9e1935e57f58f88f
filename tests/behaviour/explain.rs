//! What explain says of a query, and which way a hint makes it take.

use ironbase::bson::{Document, Value, doc};

use crate::queries::ten;
use crate::shell::{Shell, at, code, in_memory};

#[test]
fn explain_says_what_is_done_and_what_it_costs() {
    let things = ten();
    let cases: [(Document, &[&str], i64, i64, i64); 12] = [
        // command, stages from the outermost, keys, documents, returned
        (doc! { "find": "things" }, &["COLLSCAN"], 0, 10, 10),
        (
            doc! { "find": "things", "filter": { "b": 95 } },
            &["COLLSCAN"],
            0,
            10,
            1,
        ),
        (
            doc! { "find": "things", "filter": { "_id": 5 } },
            &["IDHACK"],
            1,
            1,
            1,
        ),
        (
            doc! { "find": "things", "filter": { "a": 50 } },
            &["FETCH", "IXSCAN"],
            1,
            1,
            1,
        ),
        (
            doc! { "find": "things", "filter": { "a": { "$gt": 65 } } },
            &["FETCH", "IXSCAN"],
            3,
            3,
            3,
        ),
        (
            doc! { "find": "things", "filter": { "a": { "$in": [10, 20, 25] } } },
            &["FETCH", "IXSCAN"],
            2,
            2,
            2,
        ),
        (
            doc! { "find": "things", "filter": { "a": { "$gte": 50 }, "c": 0 } },
            &["FETCH", "IXSCAN"],
            5,
            5,
            2,
        ),
        (
            doc! { "find": "things", "sort": { "a": 1 }, "limit": 2 },
            &["LIMIT", "FETCH", "IXSCAN"],
            2,
            2,
            2,
        ),
        (
            doc! { "find": "things", "sort": { "b": 1 } },
            &["SORT", "COLLSCAN"],
            0,
            10,
            10,
        ),
        (
            doc! { "find": "things", "filter": { "a": { "$lt": 40 } }, "sort": { "b": 1 }, "skip": 1,
            "projection": { "b": 1 } },
            &["PROJECTION_SIMPLE", "SKIP", "SORT", "FETCH", "IXSCAN"],
            4,
            4,
            3,
        ),
        (
            doc! { "count": "things", "query": { "a": { "$gt": 65 } } },
            &["FETCH", "IXSCAN"],
            3,
            3,
            3,
        ),
        (
            doc! { "find": "things", "filter": { "a": { "$gt": 5, "$lt": 4 } } },
            &["EOF"],
            0,
            0,
            0,
        ),
    ];
    for (command, stages, keys, documents, returned) in cases {
        let explained = things.explained(command.clone());
        let mut stage = at(&explained, "queryPlanner.winningPlan");
        for expected in stages {
            let Some(Value::Document(plan)) = stage else {
                panic!("{command:?}: no {expected}")
            };
            assert_eq!(
                plan.get("stage"),
                Some(&Value::from(*expected)),
                "{command:?}"
            );
            stage = plan.get("inputStage").cloned();
        }
        assert_eq!(stage, None, "{command:?}");
        for (name, expected) in [
            ("executionStats.totalKeysExamined", keys),
            ("executionStats.totalDocsExamined", documents),
            ("executionStats.nReturned", returned),
        ] {
            assert_eq!(
                at(&explained, name),
                Some(Value::Int64(expected)),
                "{command:?} {name}"
            );
        }
    }
}

#[test]
fn explain_shows_bounds_direction_and_index() {
    let things = ten();
    let command = doc! { "find": "things", "filter": { "a": { "$gte": 10, "$lt": 50.5 } }, "sort": { "a": -1 } };
    let plan = at(
        &things.explained(command),
        "queryPlanner.winningPlan.inputStage",
    );
    let Some(Value::Document(scan)) = plan else {
        panic!("{plan:?}")
    };
    assert_eq!(scan.get("indexName"), Some(&"a_1".into()));
    assert_eq!(scan.get("keyPattern"), Some(&doc! { "a": 1 }.into()));
    assert_eq!(scan.get("direction"), Some(&"backward".into()));
    assert_eq!(scan.get("isMultiKey"), Some(&false.into()));
    assert_eq!(at(&scan, "indexBounds.a.0"), Some("[10, 50.5)".into()));
    let missing = in_memory()
        .collection("nothing")
        .unwrap()
        .explained(doc! { "find": "nothing" });
    assert_eq!(
        at(&missing, "queryPlanner.winningPlan.stage"),
        Some("EOF".into())
    );
}

#[test]
fn a_hint_is_followed_or_refused() {
    let things = ten();
    let filter = || doc! { "b": { "$gt": 96 } };
    for hint in [
        Value::from("a_1"),
        doc! { "a": 1 }.into(),
        "_id_".into(),
        doc! { "$natural": 1 }.into(),
    ] {
        let found = things.ids(filter(), doc! { "hint": (hint.clone()) });
        assert_eq!(found, [0, 1, 2, 3], "{hint:?}");
    }
    assert_eq!(
        things.ids(filter(), doc! { "hint": { "$natural": -1 } }),
        [3, 2, 1, 0]
    );
    for hint in [Value::from("b_1"), doc! { "a": -1 }.into()] {
        assert_eq!(code(things.found_with(filter(), doc! { "hint": hint })), 2);
    }
}
