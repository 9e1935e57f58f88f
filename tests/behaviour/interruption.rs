//! Time limits, killing by id, progress: what runs too long ends in time, and leaves what it had done.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use ironbase::bson::{Document, RawDoc, doc};
use ironbase::database::options::{
    CountOptions, DeleteOptions, FindOptions, InsertManyOptions, UpdateOptions, WriteOptions,
};
use ironbase::database::{Collection, Database};
use ironbase::error::{Result, Status};

use crate::shell::{Shell, code, detail, in_memory};

/// Documents that take a while to go through.
fn many() -> (Database, Collection) {
    let database = in_memory();
    let things = database.collection("things").unwrap();
    let text = "x".repeat(2000);
    things.add_all((0..20_000).map(|n| doc! { "_id": n, "text": (text.as_str()) }));
    (database, things)
}

/// Every operation that may take long, with its options.
fn run(things: &Collection, operation: &str, options: &Document) -> Result<u64> {
    let filter = doc! { "text": { "$regex": "y$" } }.to_bytes();
    let update = doc! { "$inc": { "n": 1 } }.to_bytes();
    let bytes = options.to_bytes();
    let raw = RawDoc::new(&bytes)?;
    match operation {
        "find" => {
            let mut cursor = things.find(&filter, FindOptions::from_bson(raw)?)?;
            Ok(u64::from(cursor.next()?.is_some()))
        }
        "sorted find" => {
            let mut options = FindOptions::from_bson(raw)?;
            options.sort = Some(doc! { "text": 1 }.to_bytes());
            options.limit = 1;
            things.find(&[5, 0, 0, 0, 0], options)?.next()?;
            Ok(1)
        }
        "find_one" => {
            let options = FindOptions::from_bson(raw)?;
            let found = things.find_one_with(&filter, &options, &mut |_| ())?;
            Ok(u64::from(found.is_some()))
        }
        "count" => {
            let options = CountOptions::from_bson(raw)?;
            Ok(things.count_documents(&filter, &options)? as u64)
        }
        "update_one" => {
            let options = UpdateOptions::from_bson(raw)?;
            Ok(things.update_one(&filter, &update, &options)?.matched_count)
        }
        "update_many" => {
            let options = UpdateOptions::from_bson(raw)?;
            Ok(things
                .update_many(&filter, &update, &options)?
                .matched_count)
        }
        "delete_one" => things.delete_one(&filter, &DeleteOptions::from_bson(raw)?),
        "delete_many" => things.delete_many(&filter, &DeleteOptions::from_bson(raw)?),
        "create_indexes" => {
            let specs = doc! { "0": { "key": { "text": 1 } } }.to_bytes();
            let options = WriteOptions::from_bson("createIndexes", raw)?;
            things.create_indexes(RawDoc::new(&specs)?, &options)?;
            Ok(1)
        }
        other => panic!("{other}"),
    }
}

const OPERATIONS: [&str; 9] = [
    "find",
    "sorted find",
    "find_one",
    "count",
    "update_one",
    "update_many",
    "delete_one",
    "delete_many",
    "create_indexes",
];

#[test]
fn every_long_operation_ends_when_its_time_is_up() {
    let (_database, things) = many();
    for operation in OPERATIONS {
        let error = run(&things, operation, &doc! { "maxTimeMS": 1 }).unwrap_err();
        assert_eq!(error.code().0, 50, "{operation}: {error}");
        assert_eq!(error.status(), Status::Interrupted, "{operation}");
        run(
            &things,
            operation,
            &doc! { "maxTimeMS": 600_000, "comment": "x" },
        )
        .unwrap();
        if operation == "create_indexes" {
            assert_eq!(things.index_names(), ["_id_", "text_1"]);
        }
    }
}

#[test]
fn a_killed_operation_ends_soon() {
    let (database, things) = many();
    for operation in OPERATIONS {
        let id = database.op_new();
        let options = doc! { "opId": (id as i64) };
        let seen = Arc::new(AtomicU64::new(0));
        let progress = {
            let seen = seen.clone();
            move |_, _| {
                seen.fetch_add(1, Ordering::Relaxed);
                true
            }
        };
        database
            .op_set_progress(id, Some(Box::new(progress)))
            .unwrap();
        let (killer, started) = (database.clone(), Instant::now());
        let killing = thread::spawn(move || {
            thread::sleep(Duration::from_millis(2));
            killer.op_kill(id).unwrap();
        });
        // Some are quick enough to come to their end before.
        while run(&things, operation, &options).is_ok() {
            if operation == "create_indexes" {
                things.drop_index("text_1").unwrap();
            }
            assert!(started.elapsed() < Duration::from_secs(60), "{operation}");
        }
        killing.join().unwrap();
        assert_eq!(
            code(run(&things, operation, &options)),
            11601,
            "{operation}"
        );
        database.op_free(id).unwrap();
        assert_eq!(code(run(&things, operation, &options)), 2, "{operation}");
    }
    assert_eq!(things.count(doc! {}), 20_000);
}

#[test]
fn a_cursors_time_runs_only_inside_the_engine() {
    let (_database, things) = many();
    let mut cursor = things.cursor(doc! {}, doc! { "maxTimeMS": 500 }).unwrap();
    cursor.next().unwrap();
    thread::sleep(Duration::from_millis(600));
    let mut count = 1;
    while cursor.next().unwrap().is_some() {
        count += 1;
    }
    assert_eq!(count, 20_000);
}

#[test]
fn what_an_interrupted_insert_has_added_is_told_and_stays() {
    let (database, things) = many();
    let id = database.op_new();
    let mut next = 100_000;
    let killer = database.clone();
    let mut give = |out: &mut Vec<u8>| {
        doc! { "_id": next }.write_to(out);
        next += 1;
        if next == 120_000 {
            killer.op_kill(id)?;
        }
        Ok(true)
    };
    let mut options = InsertManyOptions::default();
    options.write.common.op_id = Some(id);
    let error = things.insert_many(&mut give, &options).unwrap_err();
    assert_eq!(error.code().0, 11601, "{error}");
    let told = detail(&error, "result")["insertedCount"].as_i64().unwrap();
    assert!((10_000..=20_256).contains(&told), "{told}");
    assert_eq!(things.count(doc! { "_id": { "$gte": 100_000 } }), told);
}

#[test]
fn a_writer_that_waits_for_another_is_interrupted_too() {
    let (database, things) = many();
    let id = database.op_new();
    // The index build of a small collection holds writers up for as long as its progress callback does.
    let few = database.collection("few").unwrap();
    few.add_all((0..1000).map(|n| doc! { "_id": n }));
    let (tell, told) = std::sync::mpsc::channel();
    let mut tell = Some(tell);
    let hold = move |_, _| {
        if let Some(tell) = tell.take() {
            tell.send(()).unwrap();
            thread::sleep(Duration::from_millis(300));
        }
        true
    };
    database.op_set_progress(id, Some(Box::new(hold))).unwrap();
    let building =
        thread::spawn(move || run(&few, "create_indexes", &doc! { "opId": (id as i64) }));
    told.recv().unwrap();
    let started = Instant::now();
    let refused = things.insert_one(
        &doc! { "_id": (-1) }.to_bytes(),
        &WriteOptions::from_bson(
            "insert",
            RawDoc::new(&doc! { "maxTimeMS": 50 }.to_bytes()).unwrap(),
        )
        .unwrap(),
    );
    assert_eq!(code(refused), 50);
    assert!(started.elapsed() < Duration::from_millis(250));
    assert_eq!(things.count(doc! { "_id": (-1) }), 0);
    building.join().unwrap().unwrap();
}

#[test]
fn progress_ends_with_all_that_there_was_to_do() {
    let (database, things) = many();
    for operation in ["count", "update_many", "delete_many", "create_indexes"] {
        let id = database.op_new();
        let last = Arc::new(AtomicU64::new(0));
        let sink = last.clone();
        let progress = move |done, total| {
            assert!(done <= total, "{done} of {total}");
            sink.store(done, Ordering::Relaxed);
            true
        };
        database
            .op_set_progress(id, Some(Box::new(progress)))
            .unwrap();
        run(&things, operation, &doc! { "opId": (id as i64) }).unwrap();
        // Each document is read, and written as an entry.
        let passes = if operation == "create_indexes" { 2 } else { 1 };
        assert_eq!(last.load(Ordering::Relaxed), passes * 20_000, "{operation}");
    }
}

#[test]
fn bad_limits_are_refused() {
    let (_database, things) = (in_memory(), crate::shell::collection());
    for (options, expected) in [
        (doc! { "maxTimeMS": (-1) }, 51024),
        (doc! { "maxTimeMS": 3_000_000_000i64 }, 51024),
        (doc! { "maxTimeMS": "1" }, 14),
        (doc! { "opId": 0 }, 51024),
        (doc! { "opId": 77 }, 2),
    ] {
        assert_eq!(
            code(run(&things, "count", &options)),
            expected,
            "{options:?}"
        );
    }
}

/// Expressions that take long by themselves, whatever the document.
fn endless() -> [(Document, Document); 4] {
    let numbers = || doc! { "$range": [0, 3_000_000] };
    let rounds = |operator: &str, body: Document| {
        let mut arguments = body;
        arguments.insert("input", numbers());
        doc! { operator: arguments }
    };
    let nested = rounds(
        "$map",
        doc! { "in": { "$size": (rounds("$filter", doc! { "cond": true })) } },
    );
    let sum = rounds(
        "$reduce",
        doc! { "initialValue": 0, "in": { "$size": (numbers()) } },
    );
    [
        (doc! { "$expr": (nested.clone()) }, doc! {}),
        (doc! {}, doc! { "projection": { "x": (sum.clone()) } }),
        (doc! {}, doc! { "let": { "x": sum } }),
        (doc! { "$expr": { "$setEquals": [(nested), []] } }, doc! {}),
    ]
}

#[test]
fn a_long_expression_ends_when_its_time_is_up_or_it_is_killed() {
    let database = in_memory();
    let things = database.collection("things").unwrap();
    things.add(doc! { "_id": 1 }).unwrap();
    for (filter, options) in endless() {
        let started = Instant::now();
        let mut limited = options.clone();
        limited.insert("maxTimeMS", 20);
        let result = things.found_with(filter.clone(), limited);
        assert_eq!(code(result), 50, "{filter:?} {options:?}");

        let id = database.op_new();
        let killer = database.clone();
        let killing = thread::spawn(move || {
            thread::sleep(Duration::from_millis(20));
            killer.op_kill(id).unwrap();
        });
        let mut killable = options.clone();
        killable.insert("opId", id as i64);
        let result = things.found_with(filter.clone(), killable);
        killing.join().unwrap();
        assert_eq!(code(result), 11601, "{filter:?} {options:?}");
        assert!(
            started.elapsed() < Duration::from_secs(20),
            "{filter:?} {options:?}"
        );
    }
    let long = endless()[1].1.get("projection").cloned().unwrap();
    let stages = doc! { "0": { "$set": long } }.to_bytes();
    let options = doc! { "maxTimeMS": 20 }.to_bytes();
    let options = UpdateOptions::from_bson(RawDoc::trusted(&options)).unwrap();
    let result = things.update_one(&doc! {}.to_bytes(), &stages, &options);
    assert_eq!(code(result), 50);
    assert_eq!(things.only(), doc! { "_id": 1 });
}
