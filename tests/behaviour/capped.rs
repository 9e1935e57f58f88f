//! Capped collections: bounded size, insertion order, the oldest gone first.

use ironbase::bson::{Document, RawDoc, Value, doc};
use ironbase::database::{Collection, Database};
use ironbase::error::Result;

use crate::shell::{Shell, TempDir, at, code, documents, in_memory, open};

pub fn create(database: &Database, name: &str, options: Document) -> Result<Collection> {
    database.create_collection(name, RawDoc::new(&options.to_bytes())?)?;
    database.collection(name)
}

fn capped(options: Document) -> (Database, Collection) {
    let database = in_memory();
    let things = create(&database, "things", options).unwrap();
    (database, things)
}

#[test]
fn documents_are_in_the_order_of_insertion_both_ways() {
    let (_database, things) = capped(doc! { "capped": true, "size": 100_000 });
    things.index(doc! { "key": { "a": 1 } }).unwrap();
    let order = [5, 3, 9, 1, 7];
    things
        .add_many(
            order[..3]
                .iter()
                .map(|n| doc! { "_id": (*n), "a": (10 - n) })
                .collect(),
            true,
        )
        .unwrap();
    for n in &order[3..] {
        things.add(doc! { "_id": (*n), "a": (10 - n) }).unwrap();
    }
    let reversed: Vec<i32> = order.iter().rev().copied().collect();
    for (options, expected) in [
        (doc! {}, order.to_vec()),
        (doc! { "sort": { "$natural": 1 } }, order.to_vec()),
        (doc! { "sort": { "$natural": -1 } }, reversed.clone()),
        (doc! { "hint": { "$natural": -1 } }, reversed.clone()),
        (
            doc! { "hint": { "$natural": -1 }, "skip": 1, "limit": 2 },
            vec![1, 9],
        ),
        (doc! { "sort": { "_id": 1 } }, vec![1, 3, 5, 7, 9]),
        (doc! { "sort": { "_id": -1 } }, vec![9, 7, 5, 3, 1]),
        (doc! { "sort": { "a": 1 } }, vec![9, 7, 5, 3, 1]),
        (doc! { "hint": "_id_" }, vec![1, 3, 5, 7, 9]),
        (
            doc! { "hint": { "_id": 1 }, "sort": { "_id": 1 } },
            vec![1, 3, 5, 7, 9],
        ),
    ] {
        assert_eq!(
            things.ids(doc! {}, options.clone()),
            expected,
            "{options:?}"
        );
    }
    assert_eq!(
        things.ids(
            doc! { "a": { "$gt": 3 } },
            doc! { "hint": { "$natural": 1 } }
        ),
        [5, 3, 1]
    );
    // An update keeps the place.
    things
        .update(
            doc! { "_id": 3 },
            doc! { "$set": { "text": "longer than it was before" } },
        )
        .unwrap();
    assert_eq!(things.ids(doc! {}, doc! {}), order);
}

#[test]
fn the_id_is_unique_and_found_by_its_index() {
    let (_database, things) = capped(doc! { "capped": true, "size": 100_000 });
    things.add_all((0..500).map(|n| doc! { "_id": n, "n": (n % 7) }));
    assert_eq!(code(things.add(doc! { "_id": 77 })), 11000);
    let error = things.add(doc! { "_id": 77 }).unwrap_err();
    assert!(
        error.message().contains("index: _id_ dup key: { _id: 77 }"),
        "{error}"
    );
    assert_eq!(
        things.found(doc! { "_id": 77 }),
        [doc! { "_id": 77, "n": 0 }]
    );
    assert_eq!(
        things.ids(doc! { "_id": { "$gte": 490, "$lt": 493 } }, doc! {}),
        [490, 491, 492]
    );
    assert_eq!(
        things.ids(doc! { "_id": { "$in": [3, 1, 600] } }, doc! {}),
        [1, 3]
    );
    let explained = things.explained(doc! { "find": "", "filter": { "_id": 77 } });
    assert_eq!(
        at(&explained, "executionStats.totalDocsExamined"),
        Some(Value::Int64(1))
    );
    assert_eq!(
        things
            .upsert(doc! { "_id": 900 }, doc! { "$set": { "n": 1 } })
            .unwrap()
            .upserted_id,
        Some(Value::Int32(900))
    );
    assert_eq!(
        things
            .update(doc! { "_id": 900 }, doc! { "$inc": { "n": 1 } })
            .unwrap()
            .modified_count,
        1
    );
    assert_eq!(
        things
            .replace(doc! { "_id": 900 }, doc! { "n": 5 }, false)
            .unwrap()
            .modified_count,
        1
    );
    assert_eq!(things.delete(doc! { "_id": 900 }), 1);
    assert_eq!(things.index_names(), ["_id_"]);
    things.index(doc! { "key": { "n": 1 } }).unwrap();
    things.index(doc! { "key": { "_id": 1 } }).unwrap();
    assert_eq!(things.index_names(), ["_id_", "n_1"]);
    assert_eq!(code(things.drop_index("_id_")), 72);
    things.drop_index("*").unwrap();
    assert_eq!(things.index_names(), ["_id_"]);
    assert_eq!(things.ids(doc! { "_id": 77 }, doc! {}), [77]);
}

#[test]
fn the_oldest_make_room_by_number_and_by_size() {
    let (_database, things) = capped(doc! { "capped": true, "size": 1 << 20, "max": 3 });
    things
        .index(doc! { "key": { "n": 1 }, "unique": true })
        .unwrap();
    things.add_all((0..10).map(|n| doc! { "_id": n, "n": n }));
    assert_eq!(things.ids(doc! {}, doc! {}), [7, 8, 9]);
    assert_eq!(things.ids(doc! { "n": { "$gte": 0 } }, doc! {}), [7, 8, 9]);
    // What is gone may come back, behind all others.
    things.add(doc! { "_id": 2, "n": 2 }).unwrap();
    assert_eq!(things.ids(doc! {}, doc! {}), [8, 9, 2]);
    things.delete(doc! { "_id": 9 });
    things.add(doc! { "_id": 9, "n": 9 }).unwrap();
    assert_eq!(things.ids(doc! {}, doc! {}), [8, 2, 9]);

    // 1000 bytes become 1024.
    let (_database, things) = capped(doc! { "capped": true, "size": 1000 });
    let of_bytes = |id: i32, bytes: usize| {
        let document = doc! { "_id": id, "t": "" };
        let text = "x".repeat(bytes - document.to_bytes().len());
        doc! { "_id": id, "t": (text.as_str()) }
    };
    things.add_all((0..4).map(|id| of_bytes(id, 256)));
    assert_eq!(things.ids(doc! {}, doc! {}), [0, 1, 2, 3]);
    things.add(of_bytes(4, 257)).unwrap();
    assert_eq!(things.ids(doc! {}, doc! {}), [2, 3, 4]);
    things.add(of_bytes(5, 1024)).unwrap();
    assert_eq!(things.ids(doc! {}, doc! {}), [5]);
    assert_eq!(code(things.add(of_bytes(6, 1025))), 2);
    let error = things
        .add_many(
            vec![of_bytes(7, 40), of_bytes(8, 1025), of_bytes(9, 40)],
            false,
        )
        .unwrap_err();
    assert_eq!(error.code().0, 2, "{error}");
    assert_eq!(things.ids(doc! {}, doc! {}), [7, 9]);
    // A document may grow; the next insert makes room.
    things
        .update(
            doc! { "_id": 9 },
            doc! { "$set": { "t": ("y".repeat(1000)) } },
        )
        .unwrap();
    assert_eq!(things.ids(doc! {}, doc! {}), [7, 9]);
    things.add(of_bytes(10, 40)).unwrap();
    assert_eq!(things.ids(doc! {}, doc! {}), [10]);
    assert_eq!(things.delete_all(doc! {}), 1);
    things.add(of_bytes(11, 40)).unwrap();
    assert_eq!(things.ids(doc! {}, doc! {}), [11]);
}

#[test]
fn capped_collections_are_the_same_after_opening_again_and_renaming() {
    let directory = TempDir::new();
    let options = doc! { "capped": true, "size": 4096, "max": 5 };
    {
        let database = open(&directory);
        let things = create(&database, "things", options.clone()).unwrap();
        things.add_all((0..7).rev().map(|n| doc! { "_id": n }));
        database
            .rename_collection("things", "others", false)
            .unwrap();
        database.checkpoint().unwrap();
        database
            .collection("others")
            .unwrap()
            .add(doc! { "_id": 100 })
            .unwrap();
        database.close().unwrap();
    }
    let database = open(&directory);
    let others = database.collection("others").unwrap();
    assert_eq!(others.ids(doc! {}, doc! {}), [3, 2, 1, 0, 100]);
    others.add(doc! { "_id": 50 }).unwrap();
    assert_eq!(others.ids(doc! {}, doc! {}), [2, 1, 0, 100, 50]);
    let listed = documents(&database.list_collections(RawDoc::EMPTY).unwrap());
    assert_eq!(listed.len(), 1);
    let expected = doc! { "capped": true, "size": 4096i64, "max": 5i64 };
    assert_eq!(listed[0].get("options"), Some(&Value::Document(expected)));
    create(&database, "others", options).unwrap();
    for other in [doc! {}, doc! { "capped": true, "size": 8192, "max": 5 }] {
        assert_eq!(code(create(&database, "others", other).map(drop)), 48);
    }
    create(&database, "plain", doc! {}).unwrap();
    assert_eq!(
        code(create(&database, "plain", doc! { "capped": true, "size": 8192 }).map(drop)),
        48
    );
}
