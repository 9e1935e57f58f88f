//! Inserting, updating, replacing, deleting: what is counted, what is stored, what is refused.

use ironbase::bson::{Value, doc};
use ironbase::database::UpdateResult;
use serde_json::json;

use crate::shell::{Shell, code, collection, detail};

fn counts(result: &UpdateResult) -> (u64, u64, bool) {
    (
        result.matched_count,
        result.modified_count,
        result.upserted_id.is_some(),
    )
}

#[test]
fn an_update_counts_what_it_matched_and_what_it_changed() {
    let things = collection();
    things.add_all((0..5).map(|n| doc! { "_id": n, "a": (n % 2), "b": 1 }));
    for (filter, update, expected) in [
        (doc! { "a": 1 }, doc! { "$set": { "c": 1 } }, (2, 2, false)),
        (doc! { "a": 1 }, doc! { "$set": { "c": 1 } }, (2, 0, false)),
        (
            doc! { "a": 1 },
            doc! { "$set": { "c": 1.0 } },
            (2, 2, false),
        ),
        (
            doc! { "a": 0 },
            doc! { "$unset": { "c": 1 } },
            (3, 0, false),
        ),
        (doc! {}, doc! { "$inc": { "b": 0 } }, (5, 0, false)),
        (doc! { "a": 7 }, doc! { "$inc": { "b": 1 } }, (0, 0, false)),
        (
            doc! { "_id": { "$gte": 3 } },
            doc! { "$inc": { "b": 1 } },
            (2, 2, false),
        ),
    ] {
        let result = things.update_all(filter.clone(), update.clone()).unwrap();
        assert_eq!(counts(&result), expected, "{filter:?} {update:?}");
    }
    let result = things
        .update(doc! { "a": 0 }, doc! { "$set": { "a": 5 } })
        .unwrap();
    assert_eq!(counts(&result), (1, 1, false));
    let result = things
        .replace(doc! { "_id": 1 }, doc! { "a": 1, "b": 1, "c": 1.0 }, false)
        .unwrap();
    assert_eq!(counts(&result), (1, 0, false));
}

#[test]
fn an_upsert_inserts_what_filter_and_update_say() {
    let cases = [
        (
            doc! { "_id": 1 },
            doc! { "$set": { "a": 2 } },
            doc! { "_id": 1, "a": 2 },
        ),
        (
            doc! { "a": 1, "_id": 2 },
            doc! { "$inc": { "n": 3 } },
            doc! { "_id": 2, "a": 1, "n": 3 },
        ),
        (
            doc! { "_id": 3, "a": { "$gt": 1 }, "b": { "$eq": "x" } },
            doc! { "$set": { "c": 1 } },
            doc! { "_id": 3, "b": "x", "c": 1 },
        ),
        (
            doc! { "$and": [{ "_id": 4 }, { "a.b": 5 }] },
            doc! { "$set": { "a.c": 6 } },
            doc! { "_id": 4, "a": { "b": 5, "c": 6 } },
        ),
        (
            doc! { "_id": 5, "n": 1 },
            doc! { "$inc": { "n": 1 } },
            doc! { "_id": 5, "n": 2 },
        ),
        (
            doc! { "k": 6 },
            doc! { "$set": { "_id": 6 } },
            doc! { "_id": 6, "k": 6 },
        ),
    ];
    for (filter, update, expected) in cases {
        let things = collection();
        let result = things.upsert(filter.clone(), update.clone()).unwrap();
        assert_eq!(counts(&result), (0, 0, true), "{filter:?}");
        assert_eq!(result.upserted_id.as_ref(), expected.get("_id"));
        assert_eq!(things.only(), expected);
        let again = things.upsert(
            doc! { "_id": (expected.get("_id").unwrap().clone()) },
            doc! { "$set": { "z": 1 } },
        );
        assert_eq!(counts(&again.unwrap()), (1, 1, false));
        assert_eq!(things.count(doc! { "z": 1 }), 1);
    }
    let things = collection();
    let result = things
        .upsert(doc! { "a": 1 }, doc! { "$set": { "b": 1 } })
        .unwrap();
    assert!(matches!(result.upserted_id, Some(Value::ObjectId(_))));
    let refused = things.upsert(
        doc! { "$and": [{ "a": 5 }, { "a": 6 }] },
        doc! { "$set": { "b": 1 } },
    );
    assert_eq!(code(refused), 54);
    let refused = things.upsert(doc! { "_id": 5 }, doc! { "$set": { "_id": 6 } });
    assert_eq!(code(refused), 66);
    assert_eq!(things.count(doc! {}), 1);
}

#[test]
fn a_replacement_changes_everything_but_the_id() {
    let things = collection();
    things
        .add(doc! { "_id": 1, "a": 1, "b": { "c": 2 } })
        .unwrap();
    let result = things
        .replace(doc! { "a": 1 }, doc! { "z": 1, "y": 2 }, false)
        .unwrap();
    assert_eq!(counts(&result), (1, 1, false));
    assert_eq!(things.only(), doc! { "_id": 1, "z": 1, "y": 2 });
    things
        .replace(doc! { "z": 1 }, doc! { "x": 1, "_id": 1 }, false)
        .unwrap();
    assert_eq!(things.only(), doc! { "_id": 1, "x": 1 });
    assert_eq!(code(things.replace(doc! {}, doc! { "_id": 2 }, false)), 66);
    assert_eq!(
        code(things.replace(doc! {}, doc! { "$set": { "a": 1 } }, false)),
        52
    );
    assert_eq!(
        counts(&things.replace(doc! { "no": 1 }, doc! {}, false).unwrap()),
        (0, 0, false)
    );
    let result = things
        .replace(doc! { "_id": 9 }, doc! { "a": 1 }, true)
        .unwrap();
    assert_eq!(result.upserted_id, Some(9.into()));
    assert_eq!(things.found(doc! { "_id": 9 }), [doc! { "_id": 9, "a": 1 }]);
}

#[test]
fn refused_updates_change_nothing() {
    let things = collection();
    let document = || doc! { "_id": 1, "a": 1, "s": "text", "list": [1, 2] };
    things.add(document()).unwrap();
    for (update, expected) in [
        (doc! { "$set": { "_id": 2 } }, 66),
        (doc! { "$unset": { "_id": 1 } }, 66),
        (doc! { "$inc": { "_id": 1 } }, 66),
        (doc! { "$set": { "a": 5 }, "$inc": { "s": 1 } }, 14),
        (doc! { "$inc": { "a": "x" } }, 14),
        (doc! { "$set": { "a.b": 1 } }, 28),
        (doc! { "$set": { "list.x": 1 } }, 28),
        (doc! { "$set": { "a": 1 }, "$inc": { "a": 1 } }, 40),
        (doc! { "$set": { "a": 1, "a.b": 1 } }, 40),
        (doc! { "$foo": { "a": 1 } }, 9),
        (doc! { "a": 1 }, 9),
        (doc! {}, 9),
        (doc! { "$set": 5 }, 9),
        (doc! { "$set": { "a..b": 1 } }, 56),
        (doc! { "$set": { "a.$x": 1 } }, 52),
    ] {
        assert_eq!(
            code(things.update(doc! {}, update.clone())),
            expected,
            "{update:?}"
        );
        assert_eq!(
            code(things.update_all(doc! {}, update.clone())),
            expected,
            "{update:?}"
        );
        assert_eq!(things.only(), document(), "{update:?}");
    }
}

#[test]
fn an_update_of_many_meets_each_document_once_though_it_moves_in_the_index_being_scanned() {
    let things = collection();
    things.index(doc! { "key": { "a": 1 } }).unwrap();
    things.add_all((0..3000).map(|n| doc! { "_id": n, "a": n }));
    let hint = ironbase::database::options::Hint::Name("a_1".to_string());
    let options = ironbase::database::options::UpdateOptions {
        upsert: false,
        hint: Some(hint),
        ..Default::default()
    };
    let filter = doc! { "a": { "$gte": 0 } }.to_bytes();
    let result = things
        .update_many(&filter, &doc! { "$inc": { "a": 700 } }.to_bytes(), &options)
        .unwrap();
    assert_eq!(counts(&result), (3000, 3000, false));
    let expected: Vec<i32> = (0..3000).collect();
    assert_eq!(
        things.ids(
            doc! { "a": { "$gte": 700, "$lt": 3700 } },
            doc! { "sort": { "a": 1 } }
        ),
        expected
    );
    assert_eq!(things.count(doc! { "a": { "$lt": 700 } }), 0);
}

#[test]
fn an_update_of_many_that_fails_has_changed_the_documents_before_and_not_the_one_it_names() {
    let things = collection();
    things
        .index(doc! { "key": { "a": 1 }, "unique": true })
        .unwrap();
    things.add_all((0..1200).map(|n| doc! { "_id": n, "a": (n * 2) }));
    things.add(doc! { "_id": 5000, "a": 1801 }).unwrap();
    let update = doc! { "$inc": { "a": 1 }, "$set": { "changed": true } };
    let error = things
        .update_all(doc! { "_id": { "$lt": 5000 } }, update)
        .unwrap_err();
    assert_eq!(error.code().0, 11000);
    assert_eq!(detail(&error, "keyValue"), &json!({ "a": 1801 }));
    assert_eq!(detail(&error, "documentId"), &json!(900));
    let changed = things.ids(doc! { "changed": true }, doc! { "sort": { "_id": 1 } });
    assert_eq!(changed, (0..900).collect::<Vec<_>>());
    assert_eq!(
        things.found(doc! { "_id": 900 }),
        [doc! { "_id": 900, "a": 1800 }]
    );
}

#[test]
fn deletes_remove_one_or_all_and_their_index_entries() {
    let things = collection();
    things.index(doc! { "key": { "a": 1 } }).unwrap();
    things.add_all((0..2000).map(|n| doc! { "_id": n, "a": [(n % 10), "all"] }));
    assert_eq!(things.delete(doc! { "a": 3 }), 1);
    assert_eq!(things.count(doc! { "a": 3 }), 199);
    assert_eq!(things.delete_all(doc! { "a": { "$in": [3, 4] } }), 399);
    assert_eq!(things.count(doc! { "a": "all" }), 1600);
    assert_eq!(things.delete_all(doc! { "a": 3 }), 0);
    assert_eq!(things.delete_all(doc! {}), 1600);
    assert_eq!(things.count(doc! { "a": { "$gte": 0 } }), 0);
    assert_eq!(things.delete(doc! {}), 0);
}

#[test]
fn a_filter_that_draws_lots_is_asked_once_about_a_document() {
    let rates = [
        doc! { "$sampleRate": 0.5 },
        doc! { "$expr": { "$lt": [{ "$rand": {} }, 0.5] } },
    ];
    for rate in rates {
        let things = collection();
        things.add_all((0..4000).map(|n| doc! { "_id": n }));
        let update = doc! { "$set": { "drawn": true } };
        let drawn = things.update_all(rate.clone(), update).unwrap();
        // Asked twice it would be a quarter.
        assert!(
            (1700..2300).contains(&drawn.matched_count),
            "{rate:?}: {drawn:?}"
        );
        assert_eq!(
            things.count(doc! { "drawn": true }) as u64,
            drawn.modified_count
        );
        let deleted = things.delete_all(rate.clone());
        assert!((1700..2300).contains(&deleted), "{rate:?}: {deleted}");
    }
}
