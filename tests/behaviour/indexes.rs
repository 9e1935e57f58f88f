//! Creating, listing and dropping indexes; unique ones; keys too long for a page.

use ironbase::bson::{RawDoc, Value, doc};
use ironbase::database::options::WriteOptions;
use ironbase::error::Status;
use serde_json::json;

use crate::shell::{Shell, TempDir, at, code, collection, detail, documents, open};

#[test]
fn indexes_are_listed_as_they_were_made() {
    let directory = TempDir::new();
    let database = open(&directory);
    let things = database.collection("things").unwrap();
    assert_eq!(code(things.list_indexes()), 26);
    let names = things
        .create_indexes(
            RawDoc::new(
                &doc! {
                    "0": { "key": { "a": 1 } },
                    "1": { "key": { "b.c": -1 }, "unique": true },
                    "2": { "key": { "d": 1 }, "name": "mine" },
                    "3": { "key": { "_id": 1 } },
                }
                .to_bytes(),
            )
            .unwrap(),
            &WriteOptions::default(),
        )
        .unwrap();
    assert_eq!(names, ["a_1", "b.c_-1", "mine", "_id_"]);
    let expected = [
        doc! { "v": 2, "key": { "_id": 1 }, "name": "_id_" },
        doc! { "v": 2, "key": { "a": 1 }, "name": "a_1" },
        doc! { "v": 2, "key": { "b.c": (-1) }, "name": "b.c_-1", "unique": true },
        doc! { "v": 2, "key": { "d": 1 }, "name": "mine" },
    ];
    assert_eq!(documents(&things.list_indexes().unwrap()), expected);
    database.close().unwrap();
    let things = open(&directory).collection("things").unwrap();
    assert_eq!(documents(&things.list_indexes().unwrap()), expected);
}

#[test]
fn the_same_index_again_is_fine_and_a_conflicting_one_is_refused() {
    let things = collection();
    things.index(doc! { "key": { "a": 1 } }).unwrap();
    assert_eq!(things.index(doc! { "key": { "a": 1 } }).unwrap(), ["a_1"]);
    for (spec, expected) in [
        (doc! { "key": { "a": 1 }, "name": "other" }, 85),
        (doc! { "key": { "a": 1 }, "unique": true }, 86),
        (doc! { "key": { "b": 1 }, "name": "a_1" }, 86),
        (doc! { "key": { "b": 1 }, "name": "_id_" }, 2),
        (doc! { "key": { "b": 1 }, "uniqe": true }, 197),
        (doc! { "key": {} }, 67),
        (doc! { "key": { "a": 1, "b": 1 } }, 67),
    ] {
        assert_eq!(code(things.index(spec.clone())), expected, "{spec:?}");
    }
    things.index(doc! { "key": { "a": -1 } }).unwrap();
    assert_eq!(things.index_names(), ["_id_", "a_1", "a_-1"]);
}

#[test]
fn compound_indexes_say_that_they_are_not_supported_yet() {
    let error = collection()
        .index(doc! { "key": { "a": 1, "b": -1 } })
        .unwrap_err();
    assert!(error.message().contains("not supported yet"), "{error}");
}

#[test]
fn several_indexes_are_made_all_or_none() {
    let things = collection();
    things.add_all([
        doc! { "_id": 1, "a": 1, "b": 5 },
        doc! { "_id": 2, "a": 2, "b": 5 },
    ]);
    let specs = doc! { "0": { "key": { "a": 1 } }, "1": { "key": { "b": 1 }, "unique": true } };
    assert_eq!(
        code(things.create_indexes(
            RawDoc::new(&specs.to_bytes()).unwrap(),
            &WriteOptions::default()
        )),
        11000
    );
    assert_eq!(things.index_names(), ["_id_"]);
    let none = things.create_indexes(RawDoc::EMPTY, &WriteOptions::default());
    assert_eq!(code(none), 2);
    things.add(doc! { "_id": 3, "b": 5 }).unwrap();
    things.index(doc! { "key": { "a": 1 } }).unwrap();
    assert_eq!(things.ids(doc! { "a": { "$gte": 1 } }, doc! {}), [1, 2]);
}

#[test]
fn a_dropped_index_is_used_no_more() {
    let things = collection();
    assert_eq!(code(things.drop_index("a_1")), 26);
    things.add_all((0..100).map(|n| doc! { "_id": n, "a": n, "b": n }));
    for key in ["a", "b", "c"] {
        things.index(doc! { "key": { key: 1 } }).unwrap();
    }
    // Queries of the same shape before and after: a remembered plan must not outlive its index.
    for _ in 0..3 {
        assert_eq!(things.ids(doc! { "a": 5, "b": 5 }, doc! {}), [5]);
    }
    things.drop_index("a_1").unwrap();
    assert_eq!(things.ids(doc! { "a": 5, "b": 5 }, doc! {}), [5]);
    assert_eq!(code(things.found_with(doc! {}, doc! { "hint": "a_1" })), 2);
    let error = things.drop_index("a_1").unwrap_err();
    assert_eq!((error.status(), error.code().0), (Status::NotFound, 27));
    assert_eq!(detail(&error, "availableIndexes"), &json!(["b_1", "c_1"]));
    assert_eq!(code(things.drop_index("_id_")), 72);
    things.drop_index("*").unwrap();
    assert_eq!(things.index_names(), ["_id_"]);
    things.drop_index("*").unwrap();
    assert_eq!(things.ids(doc! { "b": 7 }, doc! {}), [7]);
}

#[test]
fn an_index_that_was_dropped_and_made_again_holds_what_is_there_now() {
    let directory = TempDir::new();
    let database = open(&directory);
    let things = database.collection("things").unwrap();
    for round in 0..4 {
        things.index(doc! { "key": { "a": 1 } }).unwrap();
        things.add_all((0..50).map(|n| doc! { "_id": (round * 100 + n), "a": round }));
        assert_eq!(
            things.count(doc! { "a": { "$lte": round } }),
            i64::from(round + 1) * 50
        );
        things.drop_index("a_1").unwrap();
        things
            .update_all(doc! { "a": round }, doc! { "$set": { "b": 1 } })
            .unwrap();
        if round % 2 == 0 {
            database.checkpoint().unwrap();
        }
    }
    things.index(doc! { "key": { "a": 1 } }).unwrap();
    database.close().unwrap();
    let things = open(&directory).collection("things").unwrap();
    let plan = things.explained(doc! { "find": "things", "filter": { "a": 2 } });
    assert_eq!(
        at(&plan, "executionStats.totalKeysExamined"),
        Some(Value::Int64(50))
    );
    assert_eq!(things.count(doc! { "a": 2 }), 50);
}

#[test]
fn a_document_that_an_index_cannot_hold_is_refused_with_the_reason() {
    let things = collection();
    things.index(doc! { "key": { "a.0": 1 } }).unwrap();
    let ambiguous = || doc! { "_id": 1, "a": [{ "0": 1 }] };
    let error = things.add(ambiguous()).unwrap_err();
    assert_eq!(error.code().0, 16746);
    assert!(error.message().contains("a.0_1"), "{error}");
    let error = things
        .add_many(
            vec![doc! { "_id": 5 }, ambiguous(), doc! { "_id": 6 }],
            false,
        )
        .unwrap_err();
    assert_eq!(detail(&error, "writeErrors")[0]["index"], json!(1));
    assert_eq!(things.ids(doc! {}, doc! {}), [5, 6]);
    let set = doc! { "$set": { "a": [{ "0": 1 }], "b": 1 } };
    assert_eq!(code(things.update(doc! { "_id": 5 }, set)), 16746);
    assert_eq!(things.found(doc! { "_id": 5 }), [doc! { "_id": 5 }]);
    things.drop_index("a.0_1").unwrap();
    things.add(ambiguous()).unwrap();
    assert_eq!(code(things.index(doc! { "key": { "a.0": 1 } })), 16746);
    assert_eq!(things.index_names(), ["_id_"]);
}

#[test]
fn queries_made_while_an_index_is_built_do_not_keep_later_ones_from_using_it() {
    let things = collection();
    things.index(doc! { "key": { "a": 1 } }).unwrap();
    things.index(doc! { "key": { "c": 1 } }).unwrap();
    things.add_all((0..20_000).map(|n| doc! { "_id": n, "a": n, "b": n, "c": 1 }));
    let filter = || doc! { "a": { "$gt": 100 }, "b": 15_000 };
    let find = || assert_eq!(things.ids(filter(), doc! { "limit": 1 }), [15_000]);
    let cost = || {
        let explained = things.explained(doc! { "find": "things", "filter": (filter()) });
        at(&explained, "executionStats.totalDocsExamined")
    };
    find();
    assert_eq!(cost(), Some(Value::Int64(19_899)));
    std::thread::scope(|scope| {
        let building = scope.spawn(|| things.index(doc! { "key": { "b": 1 } }).unwrap());
        while !building.is_finished() {
            find();
        }
    });
    assert_eq!(cost(), Some(Value::Int64(1)));
}
