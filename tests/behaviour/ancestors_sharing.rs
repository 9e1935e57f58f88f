//! What the ancestor of this database got wrong between processes, threads and handles.

use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use ironbase::bson::doc;
use ironbase::database::Database;
use ironbase::database::options::{Durability, FindOptions, InsertManyOptions, OpenOptions};
use ironbase::error::Status;

use crate::child;
use crate::shell::{Shell, TempDir, anonymous_kib, collection, in_memory, open};

#[test]
fn a_second_opener_in_this_process_or_another_is_told_that_the_database_is_locked() {
    if let Some(path) = child::path() {
        let second = Database::open(&path, OpenOptions::default());
        println!(
            "opening gives {:?}",
            second.err().map(|error| error.status())
        );
        return;
    }
    let directory = TempDir::new();
    let database = open(&directory);
    let second = Database::open(&directory.database(), OpenOptions::default());
    assert_eq!(
        second.err().map(|error| error.status()),
        Some(Status::Locked)
    );
    let name = "ancestors_sharing::a_second_opener_in_this_process_or_another_is_told_that_the_database_is_locked";
    let printed = child::run(name, &directory);
    assert!(printed.contains("opening gives Some(Locked)"), "{printed}");
    database
        .collection("things")
        .unwrap()
        .add(doc! { "_id": 1 })
        .unwrap();
    database.close().unwrap();
    let printed = child::run(name, &directory);
    assert!(printed.contains("opening gives None"), "{printed}");
    assert_eq!(
        open(&directory)
            .collection("things")
            .unwrap()
            .count(doc! {}),
        1
    );
}

#[test]
fn a_cursor_holds_one_batch_not_the_result() {
    const DOCUMENTS: i32 = 200_000;
    const MOST_KIB: i64 = 4 << 10;
    let Some(path) = child::path() else {
        let directory = TempDir::new();
        child::run(
            "ancestors_sharing::a_cursor_holds_one_batch_not_the_result",
            &directory,
        );
        return;
    };
    let options = OpenOptions {
        durability: Durability::None,
        background: false,
        ..OpenOptions::default()
    };
    let database = Database::open(&path, options.clone()).unwrap();
    let text = "x".repeat(200);
    let things = database.collection("things").unwrap();
    things.add_all((0..DOCUMENTS).map(|n| doc! { "_id": n, "text": (text.as_str()) }));
    database.close().unwrap();
    let database = Database::open(&path, options).unwrap();
    let things = database.collection("things").unwrap();
    assert_eq!(things.count(doc! { "_id": { "$lt": 5 } }), 5);
    let before = anonymous_kib();
    let mut cursor = things.cursor(doc! {}, doc! {}).unwrap();
    assert!(cursor.next().unwrap().is_some());
    let growth = anonymous_kib() - before;
    assert!(growth < MOST_KIB, "the first document took {growth} KiB");
    let mut seen = 1;
    while cursor.next().unwrap().is_some() {
        seen += 1;
    }
    let growth = anonymous_kib() - before;
    assert!(
        seen == DOCUMENTS && growth < MOST_KIB,
        "{seen} documents took {growth} KiB"
    );
}

#[test]
fn reading_and_writing_go_on_while_documents_of_an_insert_are_still_coming() {
    let things = collection();
    things.add(doc! { "_id": -1 }).unwrap();
    let (started, start) = mpsc::channel();
    let (release, released) = mpsc::channel::<()>();
    let writer = things.clone();
    let writing = thread::spawn(move || {
        let mut count = 0;
        let mut next = |out: &mut Vec<u8>| {
            // Beyond the first batch, so that part of the operation is committed when it comes to a halt.
            if count == 1500 {
                started.send(()).unwrap();
                released.recv().unwrap();
                return Ok(false);
            }
            doc! { "_id": count }.write_to(out);
            count += 1;
            Ok(true)
        };
        writer
            .insert_many(&mut next, &InsertManyOptions::default())
            .unwrap()
            .inserted_ids
            .len()
    });
    start.recv_timeout(Duration::from_secs(60)).unwrap();
    assert_eq!(things.ids(doc! { "_id": -1 }, doc! {}), [-1]);
    assert!(things.count(doc! {}) >= 1);
    things
        .update(doc! { "_id": -1 }, doc! { "$set": { "a": 1 } })
        .unwrap();
    assert_eq!(things.count(doc! { "a": 1 }), 1);
    release.send(()).unwrap();
    assert_eq!(writing.join().unwrap(), 1500);
    assert_eq!(things.count(doc! {}), 1501);
}

#[test]
fn reading_goes_on_while_an_index_is_built_under_the_lock_of_writers() {
    let things = collection();
    things
        .add_all((0..40_000).map(
            |n| doc! { "_id": n, "age": (n % 90), "email": (format!("user{n}@example.org")) },
        ));
    let before = things.count(doc! {});
    let writer = things.clone();
    let building = thread::spawn(move || writer.index(doc! { "key": { "email": 1 } }).unwrap());
    let mut reads_meanwhile = 0;
    while !building.is_finished() {
        let id = doc! { "_id": 77 }.to_bytes();
        let age = things.find_one_with(&id, &FindOptions::default(), &mut |found| {
            found.get("age").and_then(|age| age.as_integer())
        });
        assert_eq!(age.unwrap(), Some(Some(77)));
        assert_eq!(things.count(doc! {}), before);
        reads_meanwhile += 1;
    }
    building.join().unwrap();
    assert!(
        reads_meanwhile > 10,
        "only {reads_meanwhile} reads while the index was built"
    );
}

#[test]
fn handles_that_outlive_their_database_answer_closed() {
    let database = in_memory();
    let things = database.collection("things").unwrap();
    things.add_all(
        (0..5000).map(|n| doc! { "_id": n, "text": "some text to fill more than one batch" }),
    );
    let mut cursor = things.cursor(doc! {}, doc! {}).unwrap();
    assert!(cursor.next().unwrap().is_some());
    let same = database.clone();
    database.close().unwrap();
    database.close().unwrap();
    assert!(same.is_closed());
    let empty = doc! {}.to_bytes();
    let raw = ironbase::bson::RawDoc::new(&empty).unwrap();
    let answers = [
        cursor.next().map(drop),
        things.add(doc! {}).map(drop),
        things.add_many(vec![doc! {}], false).map(drop),
        things.cursor(doc! {}, doc! {}).map(drop),
        things
            .find_one_with(&empty, &FindOptions::default(), &mut |_| ())
            .map(drop),
        things
            .count_documents(&empty, &Default::default())
            .map(drop),
        things
            .update(doc! {}, doc! { "$set": { "a": 1 } })
            .map(drop),
        things
            .update_all(doc! {}, doc! { "$set": { "a": 1 } })
            .map(drop),
        things.replace(doc! {}, doc! {}, true).map(drop),
        things.delete_one(&empty, &Default::default()).map(drop),
        things.delete_many(&empty, &Default::default()).map(drop),
        things.index(doc! { "key": { "a": 1 } }).map(drop),
        things.drop_index("a_1"),
        things.list_indexes().map(drop),
        things.explain(raw, Default::default()).map(drop),
        things.drop(),
        same.collection("other").map(drop),
        same.create_collection("other", raw),
        same.rename_collection("things", "other", false),
        same.list_collections(raw).map(drop),
        same.stats().map(drop),
        same.checkpoint(),
    ];
    for (number, answer) in answers.into_iter().enumerate() {
        let status = answer.map_err(|error| error.status());
        assert_eq!(status, Err(Status::Closed), "answer {number}");
    }
}
