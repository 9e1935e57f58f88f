//! What the ancestor of this database got wrong in documents and indexes, each with the test that keeps it right here.
//! `ancestors_sharing` has the rest.

use ironbase::bson::{Decimal128, Document, Value, doc};
use ironbase::database::Database;
use ironbase::database::options::{Durability, OpenOptions};

use crate::shell::{Shell, TempDir, at, code, collection, figure, open};

fn person(number: i32) -> Document {
    let scattered = (i64::from(number) * 7919) % 1_000_003;
    doc! { "_id": number, "email": (format!("user{scattered}@example.org")), "age": (number % 90),
    "tags": [(format!("t{}", number % 50)), (format!("s{}", number % 7))] }
}

#[test]
fn an_insert_costs_the_same_however_large_the_collection_and_its_indexes_are() {
    const INSERTS: i32 = 50;
    const TREES: i64 = 4;
    // A leaf and its ancestors in each tree, and the log; a rebuilt index would be megabytes.
    const MOST_BYTES: i64 = TREES * 4 * 8192 + 4096;
    let directory = TempDir::new();
    let options = OpenOptions {
        durability: Durability::None,
        background: false,
        ..OpenOptions::default()
    };
    let database = Database::open(&directory.database(), options).unwrap();
    let people = database.collection("people").unwrap();
    for (key, unique) in [("email", true), ("age", false), ("tags", false)] {
        people
            .index(doc! { "key": { key: 1 }, "unique": unique })
            .unwrap();
    }
    let mut next = 0;
    for size in [1000, 40_000] {
        people.add_all((next..size).map(person));
        database.checkpoint().unwrap();
        let cost =
            || figure(&database, "storage.bytesWritten") + figure(&database, "storage.dirtyBytes");
        let before = cost();
        for number in size..size + INSERTS {
            people.add(person(number)).unwrap();
        }
        let bytes = (cost() - before) / i64::from(INSERTS);
        assert!(
            bytes <= MOST_BYTES,
            "{bytes} bytes an insert at {size} documents"
        );
        next = size + INSERTS;
    }
}

#[test]
fn an_index_is_chosen_by_its_key_whatever_its_name_says() {
    let things = collection();
    things
        .index(doc! { "key": { "a": 1 }, "name": "by_b" })
        .unwrap();
    things
        .index(doc! { "key": { "b": 1 }, "name": "by_a" })
        .unwrap();
    things
        .index(doc! { "key": { "x.b": 1 }, "name": "b_1" })
        .unwrap();
    things.add_all((0..50).map(|n| doc! { "_id": n, "a": n, "b": (-n), "x": { "b": (n + 100) } }));
    for (filter, index, id) in [
        (doc! { "a": 7 }, "by_b", 7),
        (doc! { "b": (-8) }, "by_a", 8),
        (doc! { "x.b": 109 }, "b_1", 9),
    ] {
        let plan = things.explained(doc! { "find": "things", "filter": (filter.clone()) });
        let used = at(&plan, "queryPlanner.winningPlan.inputStage.indexName");
        assert_eq!(used, Some(index.into()), "{filter:?}");
        assert_eq!(things.ids(filter, doc! {}), [id]);
    }
}

#[test]
fn arrays_are_indexed_element_by_element() {
    let things = collection();
    things.index(doc! { "key": { "tags": 1 } }).unwrap();
    things.add_all([
        doc! { "_id": 1, "tags": ["red", "round"] },
        doc! { "_id": 2, "tags": "red" },
        doc! { "_id": 3, "tags": [] },
        doc! { "_id": 4, "tags": [["red"]] },
        doc! { "_id": 5, "tags": ["round", "red", "red"] },
    ]);
    for (filter, expected) in [
        (doc! { "tags": "red" }, vec![1, 2, 5]),
        (doc! { "tags": "round" }, vec![1, 5]),
        (doc! { "tags": [] }, vec![3]),
        (doc! { "tags": ["red"] }, vec![4]),
        (doc! { "tags": { "$gte": "r", "$lt": "s" } }, vec![1, 2, 5]),
    ] {
        let plan = things.explained(doc! { "find": "things", "filter": (filter.clone()) });
        let stage = at(&plan, "queryPlanner.winningPlan.inputStage.stage");
        assert_eq!(stage, Some("IXSCAN".into()), "{filter:?}");
        let mut ids = things.ids(filter.clone(), doc! {});
        ids.sort_unstable();
        assert_eq!(ids, expected, "{filter:?}");
    }
}

#[test]
fn numbers_of_all_types_are_in_one_order_in_an_index() {
    let things = collection();
    things.index(doc! { "key": { "x": 1 } }).unwrap();
    let decimal = |text: &str| Value::Decimal128(Decimal128::parse(text).unwrap());
    let values = [
        Value::Double(5.5),
        Value::Int32(6),
        Value::Int64(5),
        decimal("5.75"),
        Value::Double(6.5),
        Value::Int64(1 << 60),
    ];
    things.add_all((0..).zip(values).map(|(id, x)| doc! { "_id": id, "x": x }));
    let by_x = || doc! { "sort": { "x": 1 } };
    assert_eq!(things.ids(doc! { "x": { "$lt": 6 } }, by_x()), [2, 0, 3]);
    assert_eq!(things.ids(doc! { "x": 6.0 }, by_x()), [1]);
    assert_eq!(things.ids(doc! {}, by_x()), [2, 0, 3, 1, 4, 5]);
    let command = doc! { "find": "things", "filter": { "x": { "$lt": 6 } } };
    let keys = at(
        &things.explained(command),
        "executionStats.totalKeysExamined",
    );
    assert_eq!(keys, Some(Value::Int64(3)));
}

#[test]
fn inc_widens_an_int_and_refuses_to_wrap_a_long() {
    let things = collection();
    let near = i64::MAX - 1;
    things
        .add(doc! { "_id": 1, "int": (i32::MAX), "long": near, "other": 0 })
        .unwrap();
    things
        .update(doc! { "_id": 1 }, doc! { "$inc": { "int": 1 } })
        .unwrap();
    assert_eq!(things.only().get("int"), Some(&Value::Int64(1 << 31)));
    let before = things.only();
    let overflow = doc! { "$inc": { "long": 2 }, "$set": { "other": 5 } };
    assert_eq!(code(things.update(doc! { "_id": 1 }, overflow)), 2);
    assert_eq!(things.only(), before);
    things
        .update(doc! { "_id": 1 }, doc! { "$inc": { "long": 1 } })
        .unwrap();
    assert_eq!(things.only().get("long"), Some(&Value::Int64(i64::MAX)));
}

#[test]
fn fields_keep_their_order_through_storage_updates_and_reopening() {
    let names = |document: &Document| {
        document
            .iter()
            .map(|(name, _)| name.to_string())
            .collect::<Vec<_>>()
    };
    let directory = TempDir::new();
    let database = open(&directory);
    let things = database.collection("things").unwrap();
    things
        .add(doc! { "zoo": 1, "_id": 1, "apple": { "y": 1, "b": 2 }, "middle": 3 })
        .unwrap();
    assert_eq!(names(&things.only()), ["_id", "zoo", "apple", "middle"]);
    let update =
        doc! { "$set": { "zoo": "longer than before", "new": 1 }, "$unset": { "middle": 1 } };
    things.update(doc! {}, update).unwrap();
    database.close().unwrap();
    let found = open(&directory).collection("things").unwrap().only();
    assert_eq!(names(&found), ["_id", "zoo", "apple", "new"]);
    assert_eq!(found.get("apple"), Some(&doc! { "y": 1, "b": 2 }.into()));
}

#[test]
fn a_unique_index_refuses_a_second_null_and_a_missing_field_is_null() {
    let things = collection();
    things
        .index(doc! { "key": { "a": 1 }, "unique": true })
        .unwrap();
    things.add(doc! { "_id": 1 }).unwrap();
    assert_eq!(code(things.add(doc! { "_id": 2, "a": null })), 11000);
    assert_eq!(code(things.add(doc! { "_id": 3, "b": 1 })), 11000);
    things.add(doc! { "_id": 4, "a": 0 }).unwrap();
    assert_eq!(
        code(things.update(doc! { "_id": 4 }, doc! { "$unset": { "a": 1 } })),
        11000
    );
    assert_eq!(things.count(doc! { "a": null }), 1);
}

#[test]
fn a_unique_index_holds_every_element_of_an_array() {
    let things = collection();
    things
        .index(doc! { "key": { "a": 1 }, "unique": true })
        .unwrap();
    things.add(doc! { "_id": 1, "a": [1, 2, 2, 1] }).unwrap();
    for (number, refused) in [
        doc! { "a": 2 },
        doc! { "a": [3, 1.0] },
        doc! { "a": [2, 9] },
    ]
    .into_iter()
    .enumerate()
    {
        assert_eq!(code(things.add(refused)), 11000, "{number}");
    }
    things.add(doc! { "_id": 2, "a": [3, [1, 2]] }).unwrap();
    assert_eq!(
        code(things.update(doc! { "_id": 2 }, doc! { "$set": { "a.0": 1 } })),
        11000
    );
    assert_eq!(
        code(things.replace(doc! { "_id": 2 }, doc! { "a": [7, 2] }, false)),
        11000
    );
    things
        .update(doc! { "_id": 1 }, doc! { "$set": { "a": [1] } })
        .unwrap();
    things
        .replace(doc! { "_id": 2 }, doc! { "a": [7, 2] }, false)
        .unwrap();
    assert_eq!(things.count(doc! { "a": 2 }), 1);
}
