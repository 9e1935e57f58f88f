//! What explain says of a query, and which way a hint makes it take.

use ironbase::bson::{Document, RawDoc, Value, doc};
use ironbase::database::Collection;
use ironbase::database::options::Verbosity;

use crate::queries::ten;
use crate::shell::{Shell, at, code, document, in_memory};

#[test]
fn explain_says_what_is_done_and_what_it_costs() {
    let things = ten();
    let cases: [(Document, &[&str], i64, i64, i64); 18] = [
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
            &["COUNT", "FETCH", "IXSCAN"],
            3,
            3,
            0,
        ),
        (
            doc! { "count": "things" },
            &["RECORD_STORE_FAST_COUNT"],
            0,
            0,
            0,
        ),
        (
            doc! { "distinct": "things", "key": "b", "query": { "a": 50 } },
            &["FETCH", "IXSCAN"],
            1,
            1,
            1,
        ),
        (
            doc! { "update": "things", "updates": [{ "q": { "a": { "$gt": 65 } }, "u": { "$set": { "c": 1 } }, "multi": true }] },
            &["UPDATE", "FETCH", "IXSCAN"],
            3,
            3,
            0,
        ),
        (
            doc! { "delete": "things", "deletes": [{ "q": { "a": { "$gt": 65 } }, "limit": 1 }] },
            &["DELETE", "FETCH", "IXSCAN"],
            1,
            1,
            0,
        ),
        (
            doc! { "delete": "things", "deletes": [{ "q": { "b": { "$gt": 0 } }, "limit": 0 }] },
            &["BATCHED_DELETE", "COLLSCAN"],
            0,
            10,
            0,
        ),
        (
            doc! { "findAndModify": "things", "query": { "a": { "$gt": 65 } }, "sort": { "b": 1 }, "remove": true, "fields": { "a": 1 } },
            &["DELETE", "SORT", "FETCH", "IXSCAN"],
            3,
            3,
            0,
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
fn each_stage_says_what_it_did() {
    let things = ten();
    let figures = |command: Document, stage: &str, expected: Document| {
        let explained = things.explained(command.clone());
        let path = format!("executionStats.executionStages{stage}");
        let Some(Value::Document(shown)) = at(&explained, &path) else {
            panic!("{command:?}: no {path}")
        };
        for (name, value) in expected.iter() {
            assert_eq!(
                shown.get(name),
                Some(value),
                "{command:?} {stage} {name}: {shown:?}"
            );
        }
    };
    let find = doc! { "find": "", "filter": { "a": { "$gte": 50 }, "c": 0 }, "sort": { "b": 1 }, "skip": 1, "limit": 5 };
    figures(
        find.clone(),
        "",
        doc! { "stage": "LIMIT", "nReturned": 1i64 },
    );
    figures(
        find.clone(),
        ".inputStage",
        doc! { "stage": "SKIP", "nReturned": 1i64 },
    );
    figures(
        find.clone(),
        ".inputStage.inputStage",
        doc! { "stage": "SORT", "nReturned": 2i64 },
    );
    figures(
        find.clone(),
        ".inputStage.inputStage.inputStage",
        doc! { "stage": "FETCH", "nReturned": 2i64, "docsExamined": 5i64 },
    );
    figures(
        find,
        ".inputStage.inputStage.inputStage.inputStage",
        doc! { "stage": "IXSCAN", "nReturned": 5i64, "keysExamined": 5i64 },
    );
    figures(
        doc! { "count": "", "query": { "a": { "$gt": 65 } }, "skip": 1, "limit": 5 },
        "",
        doc! { "stage": "COUNT", "nCounted": 2i64, "nSkipped": 1i64 },
    );
    figures(
        doc! { "update": "", "updates": [{ "q": { "a": 12345 }, "u": { "$set": { "a": 1 } }, "upsert": true }] },
        "",
        doc! { "stage": "UPDATE", "nMatched": 0i64, "nWouldUpsert": 1i64 },
    );
    figures(
        doc! { "delete": "", "deletes": [{ "q": { "a": { "$gt": 65 } }, "limit": 0 }] },
        "",
        doc! { "stage": "BATCHED_DELETE", "nWouldDelete": 3i64 },
    );
    assert_eq!(things.count(doc! {}), 10);
}

#[test]
fn plans_that_lost_are_shown_with_what_they_did_in_their_trial() {
    let things = ten();
    things.index(doc! { "key": { "b": 1 } }).unwrap();
    let command =
        doc! { "find": "", "filter": { "a": { "$gt": 65 }, "b": { "$gt": 0 } } }.to_bytes();
    let explain = |verbosity| {
        let raw = RawDoc::new(&command).unwrap();
        document(&Collection::explain(&things, raw, verbosity).unwrap())
    };
    let all = explain(Verbosity::AllPlansExecution);
    let Some(Value::Array(rejected)) = at(&all, "queryPlanner.rejectedPlans") else {
        panic!("{all:?}")
    };
    let Some(Value::Array(tried)) = at(&all, "executionStats.allPlansExecution") else {
        panic!("{all:?}")
    };
    assert!(!rejected.is_empty());
    assert_eq!(tried.len(), rejected.len() + 1);
    assert_eq!(
        at(&all, "executionStats.allPlansExecution.0.totalKeysExamined"),
        Some(Value::Int64(3))
    );
    assert_eq!(
        at(&all, "executionStats.allPlansExecution.0.nReturned"),
        Some(Value::Int64(3))
    );
    let stats = explain(Verbosity::ExecutionStats);
    assert!(at(&stats, "executionStats.allPlansExecution").is_none());
    assert!(at(&explain(Verbosity::QueryPlanner), "executionStats").is_none());
    assert_eq!(at(&all, "command.find"), Some("".into()));
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
