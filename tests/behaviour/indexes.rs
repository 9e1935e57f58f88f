//! Creating, listing and dropping indexes; unique ones; keys too long for a page.

use ironbase::bson::{Document, RawDoc, Value, doc};
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
        code(things.create_indexes(RawDoc::new(&specs.to_bytes()).unwrap())),
        11000
    );
    assert_eq!(things.index_names(), ["_id_"]);
    let none = things.create_indexes(RawDoc::EMPTY);
    assert_eq!(code(none), 2);
    things.add(doc! { "_id": 3, "b": 5 }).unwrap();
    things.index(doc! { "key": { "a": 1 } }).unwrap();
    assert_eq!(things.ids(doc! { "a": { "$gte": 1 } }, doc! {}), [1, 2]);
}

#[test]
fn a_unique_index_over_duplicates_is_not_built_and_both_documents_are_named() {
    let things = collection();
    things.add_all((0..3000).map(|n| doc! { "_id": n, "email": (format!("{n}@x")) }));
    things
        .update(doc! { "_id": 2500 }, doc! { "$set": { "email": "17@x" } })
        .unwrap();
    let error = things
        .index(doc! { "key": { "email": 1 }, "unique": true })
        .unwrap_err();
    assert_eq!(
        (error.status(), error.code().0),
        (Status::DuplicateKey, 11000)
    );
    assert!(
        error
            .message()
            .contains("index: email_1 dup key: { email: \"17@x\" }"),
        "{error}"
    );
    assert_eq!(detail(&error, "keyPattern"), &json!({ "email": 1 }));
    assert_eq!(detail(&error, "keyValue"), &json!({ "email": "17@x" }));
    let mut ids =
        [detail(&error, "existingId"), detail(&error, "documentId")].map(|id| id.as_i64().unwrap());
    ids.sort_unstable();
    assert_eq!(ids, [17, 2500]);
    assert_eq!(things.index_names(), ["_id_"]);
    things
        .update(doc! { "_id": 2500 }, doc! { "$set": { "email": "new" } })
        .unwrap();
    things
        .index(doc! { "key": { "email": 1 }, "unique": true })
        .unwrap();
}

#[test]
fn a_duplicate_key_says_collection_index_and_value() {
    let things = collection();
    things
        .index(doc! { "key": { "a.b": 1 }, "unique": true, "name": "mine" })
        .unwrap();
    things
        .add(doc! { "_id": 1, "a": [{ "b": 1 }, { "b": "x" }] })
        .unwrap();
    things.add(doc! { "_id": 2, "a": { "b": 7 } }).unwrap();
    let add = things
        .add(doc! { "_id": 3, "a": { "b": ["y", "x"] } })
        .map(drop);
    let update = things
        .update(doc! { "_id": 2 }, doc! { "$set": { "a.b": "x" } })
        .map(drop);
    let upsert = things
        .upsert(doc! { "_id": 4 }, doc! { "$set": { "a.b": "x" } })
        .map(drop);
    let replace = things
        .replace(doc! { "_id": 2 }, doc! { "a": { "b": "x" } }, false)
        .map(drop);
    for (answer, id) in [(add, 3), (update, 2), (upsert, 4), (replace, 2)] {
        let error = answer.unwrap_err();
        let message =
            "E11000 duplicate key error collection: things index: mine dup key: { a.b: \"x\" }";
        assert_eq!((error.code().0, error.message()), (11000, message));
        assert_eq!(detail(&error, "keyPattern"), &json!({ "a.b": 1 }));
        assert_eq!(detail(&error, "keyValue"), &json!({ "a.b": "x" }));
        assert_eq!(detail(&error, "existingId"), &json!(1));
        assert_eq!(detail(&error, "documentId"), &json!(id));
    }
    assert_eq!(things.count(doc! {}), 2);
    assert_eq!(
        things.found(doc! { "_id": 2 }),
        [doc! { "_id": 2, "a": { "b": 7 } }]
    );
}

#[test]
fn a_document_may_keep_or_swap_its_own_unique_keys() {
    let things = collection();
    things
        .index(doc! { "key": { "a": 1 }, "unique": true })
        .unwrap();
    things.add_all([doc! { "_id": 1, "a": [1, 2] }, doc! { "_id": 2, "a": 3 }]);
    for set in [
        doc! { "a": [2, 1] },
        doc! { "a": 2 },
        doc! { "a": [2, 4], "b": 1 },
    ] {
        things
            .update(doc! { "_id": 1 }, doc! { "$set": set })
            .unwrap();
    }
    things
        .update(doc! { "_id": 2 }, doc! { "$set": { "a": [1, 3] } })
        .unwrap();
    things.delete(doc! { "_id": 1 });
    things.add(doc! { "_id": 5, "a": [4, 2] }).unwrap();
    assert_eq!(things.count(doc! { "a": { "$gte": 0 } }), 2);
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

/// Texts around the lengths at which the keys of `_id`s (256) and of indexes (512) are cut: alike up to their ends.
fn long_texts() -> Vec<String> {
    let lengths = [
        200, 230, 238, 239, 240, 253, 254, 255, 256, 257, 300, 480, 494, 495, 496, 497, 509, 510,
        511, 512, 600, 5000,
    ];
    let ends =
        |length| ["", "a", "b", "\0", "zz"].map(|end| format!("{}{end}", "x".repeat(length)));
    let mut all: Vec<String> = lengths.into_iter().flat_map(ends).collect();
    all.sort_unstable();
    all.dedup();
    all
}

#[test]
fn long_keys_are_found_ordered_and_unique() {
    for (name, field, spec) in [
        ("by _id", "_id", None),
        (
            "ascending",
            "k",
            Some(doc! { "key": { "k": 1 }, "unique": true }),
        ),
        (
            "descending",
            "k",
            Some(doc! { "key": { "k": -1 }, "unique": true }),
        ),
    ] {
        let things = collection();
        if let Some(spec) = spec {
            things.index(spec).unwrap();
        }
        let texts = long_texts();
        let with = |field: &str, text: &str, n: i32| -> Document {
            doc! { field: text, "n": n }
        };
        things.add_all(
            (0..)
                .zip(&texts)
                .map(|(n, text)| with(field, text, n))
                .collect::<Vec<_>>()
                .into_iter()
                .rev(),
        );
        let places = |filter: Document, options: Document| -> Vec<i64> {
            let found = things.found_with(filter, options).unwrap();
            let n = |found: &Document| {
                found
                    .get("n")
                    .map(|n| n.to_raw().as_raw().as_integer().unwrap())
            };
            found.iter().map(|found| n(found).expect("n")).collect()
        };
        for (n, text) in (0..).zip(&texts) {
            let text = text.as_str();
            assert_eq!(
                places(doc! { field: text }, doc! {}),
                [n],
                "{name}: equal to text {n}"
            );
            assert_eq!(
                code(things.add(with(field, text, -1))),
                11000,
                "{name}: text {n} again"
            );
            let sorted = || doc! { "sort": { field: 1 } };
            let below = places(doc! { field: { "$lt": text } }, sorted());
            assert_eq!(below, (0..n).collect::<Vec<_>>(), "{name}: below text {n}");
            let above = places(doc! { field: { "$gte": text } }, sorted());
            assert_eq!(
                above,
                (n..texts.len() as i64).collect::<Vec<_>>(),
                "{name}: from text {n}"
            );
        }
        let absent = "x".repeat(700);
        assert_eq!(places(doc! { field: (absent.as_str()) }, doc! {}), [0; 0]);
        let some = doc! { field: { "$in": [(texts[3].as_str()), (texts[40].as_str()), absent] } };
        assert_eq!(
            places(some, doc! { "sort": { field: -1 } }),
            [40, 3],
            "{name}"
        );
        assert_eq!(
            things.delete_all(doc! { field: { "$gt": (texts[9].as_str()) } }),
            texts.len() as u64 - 10
        );
        assert_eq!(things.count(doc! { field: { "$gt": "" } }), 10, "{name}");
    }
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
