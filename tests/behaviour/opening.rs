//! Opening and closing.

use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use ironbase::bson::{RawDoc, doc};
use ironbase::database::Database;
use ironbase::database::options::OpenOptions;
use ironbase::error::Status;
use serde_json::json;

use crate::shell::{Shell, TempDir, detail, in_memory, open};

#[test]
fn opening_says_what_is_wrong() {
    let directory = TempDir::new();
    let must_exist = || OpenOptions {
        create: false,
        ..OpenOptions::default()
    };
    let missing = Database::open(&directory.database(), must_exist())
        .err()
        .unwrap();
    assert_eq!(missing.status(), Status::NotFound, "{missing}");
    assert!(missing.message().contains("app.mlite"), "{missing}");
    std::fs::write(directory.path().join("file"), "text").unwrap();
    let file = directory.path().join("file").to_string_lossy().into_owned();
    let not_a_directory = Database::open(&file, OpenOptions::default()).err().unwrap();
    assert_eq!(not_a_directory.status(), Status::Io, "{not_a_directory}");
    assert!(detail(&not_a_directory, "errno") != &json!(0));
}

#[test]
fn a_database_opened_for_reading_answers_and_refuses_to_change() {
    let directory = TempDir::new();
    let database = open(&directory);
    let things = database.collection("things").unwrap();
    things.index(doc! { "key": { "a": 1 } }).unwrap();
    things.add_all((0..100).map(|n| doc! { "_id": n, "a": n }));
    database.close().unwrap();
    let options = OpenOptions {
        read_only: true,
        ..OpenOptions::default()
    };
    let database = Database::open(&directory.database(), options).unwrap();
    let things = database.collection("things").unwrap();
    assert_eq!(things.ids(doc! { "a": { "$gt": 97 } }, doc! {}), [98, 99]);
    let all = RawDoc::EMPTY.as_bytes();
    for (number, answer) in [
        things.add(doc! {}).map(drop),
        things.add_many(vec![doc! {}], true).map(drop),
        things
            .update(doc! {}, doc! { "$set": { "b": 1 } })
            .map(drop),
        things
            .update_all(doc! {}, doc! { "$set": { "b": 1 } })
            .map(drop),
        things.replace(doc! {}, doc! {}, false).map(drop),
        things.delete_one(all, &Default::default()).map(drop),
        things.delete_many(all, &Default::default()).map(drop),
        things.index(doc! { "key": { "b": 1 } }).map(drop),
        things.drop_index("a_1"),
        things.drop(),
        database.create_collection("more", RawDoc::EMPTY),
        database.rename_collection("things", "more", false),
    ]
    .into_iter()
    .enumerate()
    {
        let status = answer.map_err(|error| error.status());
        assert_eq!(status, Err(Status::ReadOnly), "answer {number}");
    }
    assert_eq!(things.count(doc! {}), 100);
}

#[test]
fn a_database_closes_with_its_last_handle() {
    let directory = TempDir::new();
    let database = Database::open(&directory.database(), OpenOptions::default()).unwrap();
    let things = database.collection("things").unwrap();
    things.add(doc! { "_id": 1 }).unwrap();
    let cursor = things.cursor(doc! {}, doc! {}).unwrap();
    drop(database);
    things.add(doc! { "_id": 2 }).unwrap();
    drop(things);
    let locked = Database::open(&directory.database(), OpenOptions::default());
    assert_eq!(
        locked.err().map(|error| error.status()),
        Some(Status::Locked)
    );
    drop(cursor);
    assert_eq!(
        open(&directory)
            .collection("things")
            .unwrap()
            .ids(doc! {}, doc! {}),
        [1, 2]
    );
}

#[test]
fn a_database_closes_however_busy_its_readers_are() {
    let database = in_memory();
    let things = database.collection("things").unwrap();
    things.add_all((0..100).map(|n| doc! { "_id": n, "age": n }));
    let readers: Vec<_> = (0..8)
        .map(|_| {
            let things = things.clone();
            thread::spawn(move || {
                let filter = doc! { "age": { "$gte": 0 } }.to_bytes();
                let status = loop {
                    if let Err(error) = things.count_documents(&filter, &Default::default()) {
                        break error.status();
                    }
                };
                assert_eq!(status, Status::Closed);
            })
        })
        .collect();
    thread::sleep(Duration::from_millis(20));
    let (closed, closing) = mpsc::channel();
    let closer = thread::spawn(move || closed.send(database.close().is_ok()));
    let answer = closing.recv_timeout(Duration::from_secs(10));
    assert_eq!(
        answer,
        Ok(true),
        "close waits for readers that came after it"
    );
    closer.join().unwrap().unwrap();
    readers
        .into_iter()
        .for_each(|reader| reader.join().unwrap());
}
