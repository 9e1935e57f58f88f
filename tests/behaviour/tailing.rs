//! Tailable cursors: open at the end of a capped collection, lost when their place is.

use std::thread;
use std::time::{Duration, Instant};

use ironbase::bson::{Document, RawDoc, Value, doc};
use ironbase::database::{Collection, Cursor, Database};

use crate::capped::create;
use crate::shell::{Shell, code, in_memory};

fn tailed(options: Document) -> (Database, Collection, Cursor) {
    let database = in_memory();
    let log = create(
        &database,
        "log",
        doc! { "capped": true, "size": 1 << 20, "max": 100 },
    )
    .unwrap();
    log.add_all((0..3).map(|n| doc! { "_id": n, "even": (n % 2 == 0) }));
    let cursor = log.cursor(doc! { "even": true }, options).unwrap();
    (database, log, cursor)
}

/// The `_id`s that there are for now.
fn now(cursor: &mut Cursor) -> Vec<i64> {
    let mut ids = Vec::new();
    while let Some(found) = cursor.next().unwrap() {
        let id = RawDoc::new(found).unwrap().get("_id");
        ids.push(id.and_then(|id| id.as_integer()).unwrap());
    }
    ids
}

#[test]
fn a_tailable_cursor_goes_on_behind_what_it_saw() {
    let (database, log, mut cursor) = tailed(doc! { "tailable": true });
    assert!(cursor.is_tailing() && !cursor.awaits_data());
    assert_eq!(now(&mut cursor), [0, 2]);
    assert_eq!(now(&mut cursor), [0i64; 0]);
    log.add_all((3..7).map(|n| doc! { "_id": n, "even": (n % 2 == 0) }));
    assert_eq!(now(&mut cursor), [4, 6]);
    // What it did not look for moves it on as well; other collections do not disturb it.
    log.add(doc! { "_id": 7, "even": false }).unwrap();
    database.collection("other").unwrap().add(doc! {}).unwrap();
    assert_eq!(now(&mut cursor), [0i64; 0]);
    log.add_all((8..90).map(|n| doc! { "_id": n, "even": (n == 80) }));
    assert_eq!(now(&mut cursor), [80]);
    // It stays empty when all is deleted but the last it saw, and goes on.
    log.delete_all(doc! { "_id": { "$lt": 89 } });
    assert_eq!(now(&mut cursor), [0i64; 0]);
    log.add(doc! { "_id": 200, "even": true }).unwrap();
    assert_eq!(now(&mut cursor), [200]);
    let mut limited = log
        .cursor(doc! {}, doc! { "tailable": true, "limit": 2 })
        .unwrap();
    assert_eq!(now(&mut limited), [89, 200]);
    log.add(doc! { "_id": 201 }).unwrap();
    assert_eq!(now(&mut limited), [0i64; 0]);
}

#[test]
fn an_empty_collection_can_be_tailed() {
    let database = in_memory();
    let log = create(&database, "log", doc! { "capped": true, "size": 4096 }).unwrap();
    let mut cursor = log.cursor(doc! {}, doc! { "tailable": true }).unwrap();
    assert_eq!(now(&mut cursor), [0i64; 0]);
    log.add(doc! { "_id": 1 }).unwrap();
    assert_eq!(now(&mut cursor), [1]);
}

#[test]
fn a_cursor_whose_place_is_gone_says_so() {
    let (database, log, mut cursor) = tailed(doc! { "tailable": true });
    assert_eq!(now(&mut cursor), [0, 2]);
    log.add_all((1000..1100).map(|n| doc! { "_id": n }));
    assert_eq!(code(cursor.next().map(|_| ())), 136);
    assert_eq!(code(cursor.next().map(|_| ())), 136);

    let mut cursor = log.cursor(doc! {}, doc! { "tailable": true }).unwrap();
    assert_eq!(now(&mut cursor).len(), 100);
    database.rename_collection("log", "moved", false).unwrap();
    assert_eq!(code(cursor.next().map(|_| ())), 175);

    let moved = database.collection("moved").unwrap();
    let mut cursor = moved.cursor(doc! {}, doc! { "tailable": true }).unwrap();
    assert_eq!(now(&mut cursor).len(), 100);
    moved.drop().unwrap();
    assert_eq!(code(cursor.next().map(|_| ())), 175);
}

#[test]
fn a_cursor_that_awaits_data_is_woken_by_it() {
    let (_database, log, mut cursor) =
        tailed(doc! { "tailable": true, "awaitData": true, "maxAwaitTimeMS": 60_000 });
    assert!(cursor.awaits_data());
    assert!(cursor.next().unwrap().is_some() && cursor.next().unwrap().is_some());
    let writer = log.clone();
    let writing = thread::spawn(move || {
        thread::sleep(Duration::from_millis(50));
        writer.add(doc! { "_id": 11, "even": false }).unwrap();
        thread::sleep(Duration::from_millis(50));
        writer.add(doc! { "_id": 12, "even": true }).unwrap();
    });
    let started = Instant::now();
    let found = cursor
        .next()
        .unwrap()
        .map(|found| RawDoc::new(found).unwrap().get("_id").unwrap().as_integer());
    assert_eq!(found, Some(Some(12)));
    assert!(started.elapsed() < Duration::from_secs(30));
    writing.join().unwrap();
}

#[test]
fn a_cursor_that_awaits_data_gives_up_in_time() {
    let (database, log, mut cursor) =
        tailed(doc! { "tailable": true, "awaitData": true, "maxAwaitTimeMS": 60, "maxTimeMS": 40 });
    assert!(cursor.next().unwrap().is_some() && cursor.next().unwrap().is_some());
    let started = Instant::now();
    // Waiting is not working: it does not count for maxTimeMS.
    assert!(cursor.next().unwrap().is_none());
    assert!(started.elapsed() >= Duration::from_millis(60));

    let id = database.op_new();
    let options = doc! { "tailable": true, "awaitData": true, "maxAwaitTimeMS": 600_000, "opId": (id as i64) };
    let mut killed = log.cursor(doc! { "none": 1 }, options).unwrap();
    let (killer, closer) = (database.clone(), database.clone());
    let killing = thread::spawn(move || {
        thread::sleep(Duration::from_millis(30));
        killer.op_kill(id).unwrap();
    });
    assert_eq!(code(killed.next().map(|_| ())), 11601);
    killing.join().unwrap();

    // Closing does not wait for it.
    let options = doc! { "tailable": true, "awaitData": true, "maxAwaitTimeMS": 600_000 };
    let mut waiting = log.cursor(doc! { "none": 1 }, options).unwrap();
    let closing = thread::spawn(move || {
        thread::sleep(Duration::from_millis(30));
        closer.close().unwrap();
    });
    assert!(waiting.next().unwrap().is_none());
    closing.join().unwrap();
    assert!(waiting.next().is_err());
}

#[test]
fn what_cannot_be_tailed_is_refused() {
    let (database, log, _) = tailed(doc! {});
    let plain = database.collection("plain").unwrap();
    plain.add(doc! {}).unwrap();
    assert_eq!(
        code(plain.cursor(doc! {}, doc! { "tailable": true }).map(|_| ())),
        2
    );
    for (options, expected) in [
        (doc! { "awaitData": true }, 9),
        (doc! { "tailable": true, "sort": { "_id": 1 } }, 2),
        (doc! { "tailable": true, "sort": { "$natural": -1 } }, 2),
        (doc! { "tailable": true, "singleBatch": true }, 2),
        (doc! { "tailable": 1 }, 14),
    ] {
        assert_eq!(
            code(log.cursor(doc! {}, options.clone()).map(|_| ())),
            expected,
            "{options:?}"
        );
    }
    log.cursor(
        doc! {},
        doc! { "tailable": true, "sort": { "$natural": 1 } },
    )
    .unwrap();
    // There is no collection yet: an empty result, as in MongoDB.
    let none = database.collection("none").unwrap();
    let mut cursor = none.cursor(doc! {}, doc! { "tailable": true }).unwrap();
    assert!(cursor.next().unwrap().is_none() && !cursor.is_tailing());
}

#[test]
fn record_ids_are_the_order_of_insertion() {
    let (database, log, _) = tailed(doc! {});
    let shown = log
        .found_with(
            doc! {},
            doc! { "showRecordId": true, "projection": { "even": 0 } },
        )
        .unwrap();
    let ids: Vec<i64> = shown
        .iter()
        .map(|found| match found.get("$recordId") {
            Some(Value::Int64(id)) => *id,
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(ids.len(), 3);
    assert!(ids.windows(2).all(|pair| pair[0] < pair[1]), "{ids:?}");
    let plain = database.collection("plain").unwrap();
    plain.add(doc! { "_id": 5 }).unwrap();
    let shown = plain
        .found_with(doc! {}, doc! { "showRecordId": true })
        .unwrap();
    assert!(
        matches!(shown[0].get("$recordId"), Some(Value::Binary { .. })),
        "{shown:?}"
    );
}
