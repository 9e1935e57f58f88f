//! Cursors: one version of the database from the first document to the last, however long that takes.

use ironbase::bson::doc;

use crate::shell::{Shell, TempDir, collection, open};

#[test]
fn a_cursor_sees_the_collection_as_it_was_whatever_happens_to_it() {
    let directory = TempDir::new();
    let database = open(&directory);
    let things = database.collection("things").unwrap();
    let text = "x".repeat(100);
    things.index(doc! { "key": { "a": 1 } }).unwrap();
    things.add_all((0..5000).map(|n| doc! { "_id": n, "a": (n % 100), "text": (text.as_str()) }));
    let mut cursors = vec![
        things.cursor(doc! {}, doc! {}).unwrap(),
        things
            .cursor(doc! { "a": { "$gte": 0 } }, doc! { "hint": "a_1" })
            .unwrap(),
        things
            .cursor(doc! {}, doc! { "sort": { "text": 1, "_id": -1 } })
            .unwrap(),
    ];
    for cursor in &mut cursors {
        assert!(cursor.next().unwrap().is_some());
    }
    things
        .update_all(doc! {}, doc! { "$inc": { "a": 1000 } })
        .unwrap();
    things.delete_all(doc! { "_id": { "$gte": 100 } });
    things.drop_index("a_1").unwrap();
    database.checkpoint().unwrap();
    database
        .rename_collection("things", "others", false)
        .unwrap();
    database.collection("others").unwrap().drop().unwrap();
    database.checkpoint().unwrap();
    things.add_all((0..3000).map(|n| doc! { "_id": n, "new": (text.as_str()) }));
    database.checkpoint().unwrap();
    for (number, cursor) in cursors.iter_mut().enumerate() {
        let mut rest = 0;
        while let Some(found) = cursor.next().unwrap() {
            let a = ironbase::bson::RawDoc::new(found).unwrap().get("a");
            assert!(
                a.and_then(|a| a.as_integer()).is_some_and(|a| a < 100),
                "cursor {number}"
            );
            rest += 1;
        }
        assert_eq!(rest, 4999, "cursor {number}");
        assert!(cursor.next().unwrap().is_none(), "cursor {number} ended");
    }
}

#[test]
fn batches_do_not_show() {
    let things = collection();
    let text = "x".repeat(1000);
    things.index(doc! { "key": { "a": -1 } }).unwrap();
    things.add_all((0..3000).map(|n| doc! { "_id": n, "a": (n / 7), "text": (text.as_str()) }));
    let all: Vec<i32> = (0..3000).collect();
    let backward: Vec<i32> = all.iter().rev().copied().collect();
    for (options, expected) in [
        (doc! {}, &all[..]),
        (doc! { "sort": { "a": 1, "_id": 1 } }, &all[..]),
        (doc! { "sort": { "a": -1, "_id": -1 } }, &backward[..]),
        (
            doc! { "sort": { "_id": -1 }, "skip": 100, "limit": 2000 },
            &backward[100..2100],
        ),
        (doc! { "skip": 2990 }, &all[2990..]),
    ] {
        assert_eq!(
            things.ids(doc! {}, options.clone()),
            expected,
            "{options:?}"
        );
    }
}
