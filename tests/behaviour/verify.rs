//! Verifying finds nothing wrong with a sound database, whoever works on it meanwhile, and says what is wrong with a damaged one.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use crate::figures::figure;
use ironbase::bson::{Document, RawDoc, Value, doc};
use ironbase::command::Commands;
use ironbase::database::options::{
    FindOptions, InsertManyOptions, OpenOptions, UpdateOptions, VerifyOptions, WriteOptions,
};
use ironbase::database::{Database, verify_on};
use ironbase::error::{Code, Status};
use ironbase::storage::vfs::sim::SimVfs;

fn open(disk: &SimVfs) -> Database {
    let options = OpenOptions {
        page_size: 4096,
        ..OpenOptions::default()
    };
    Database::open_on(Arc::new(disk.clone()), "sim", options, false).unwrap()
}

fn fill(database: &Database, name: &str, documents: i32) {
    let collection = database.collection(name).unwrap();
    let specs = doc! { "0": { "key": { "n": 1 } }, "1": { "key": { "tags": 1 } } };
    collection
        .create_indexes(RawDoc::trusted(&specs.to_bytes()), &WriteOptions::default())
        .unwrap();
    let mut n = 0;
    let mut next = |out: &mut Vec<u8>| {
        n += 1;
        let tags: Vec<Value> = (0..n % 4).map(|tag| Value::Int32(tag * n)).collect();
        let text = "x".repeat(if n % 50 == 0 { 5000 } else { 40 });
        let document = doc! { "_id": n, "n": (n % 7), "tags": tags, "text": text };
        out.extend_from_slice(&document.to_bytes());
        Ok(n <= documents)
    };
    collection
        .insert_many(&mut next, &InsertManyOptions::default())
        .unwrap();
}

fn verified(database: &Database) -> Document {
    database.verify(&VerifyOptions::default()).unwrap()
}

fn number(result: &Document, field: &str) -> i64 {
    match result.get(field) {
        Some(Value::Int64(number)) => *number,
        Some(Value::Int32(number)) => (*number).into(),
        other => panic!("{field}: {other:?} of {result:?}"),
    }
}

#[track_caller]
fn assert_sound(result: &Document) {
    assert_eq!(
        result.get("valid"),
        Some(&Value::Boolean(true)),
        "{result:?}"
    );
    assert_eq!(number(result, "errorCount"), 0);
    assert_eq!(number(result, "leakedPages"), 0);
}

#[test]
fn a_sound_database_is_valid_before_and_after_it_is_opened_anew() {
    let disk = SimVfs::new();
    let database = open(&disk);
    assert_sound(&verified(&database));
    fill(&database, "things", 600);
    database
        .create_collection(
            "log",
            RawDoc::trusted(&doc! { "capped": true, "size": 8192 }.to_bytes()),
        )
        .unwrap();
    fill(&database, "log", 300);
    let result = verified(&database);
    assert_sound(&result);
    assert_eq!(number(&result, "collections"), 2);
    assert!(number(&result, "documents") > 600);
    assert!(number(&result, "indexEntries") > 1200);
    assert!(number(&result, "pages") > 30);
    database.checkpoint().unwrap();
    assert_sound(&verified(&database));
    fill(&database, "after", 50);
    database.close().unwrap();
    let database = open(&disk);
    assert_sound(&verified(&database));
    database.close().unwrap();
    let offline = verify_on(Arc::new(disk.reader()), &VerifyOptions::default(), None).unwrap();
    assert_sound(&offline);
    assert_eq!(number(&offline, "collections"), 3);
}

#[test]
fn readers_and_writers_go_on_while_a_database_is_verified() {
    let disk = SimVfs::new();
    let database = open(&disk);
    fill(&database, "things", 400);
    let (stop, writes) = (AtomicBool::new(false), AtomicU64::new(0));
    std::thread::scope(|scope| {
        for seed in 0..2 {
            let (database, stop, writes) = (&database, &stop, &writes);
            scope.spawn(move || {
                let things = database.collection("things").unwrap();
                let mut n = seed;
                while !stop.load(Ordering::Relaxed) {
                    n = (n * 31 + 7) % 400;
                    let filter = doc! { "_id": n }.to_bytes();
                    let update = doc! { "$inc": { "n": 1 }, "$set": { "text": ("y".repeat(n as usize * 9)) } };
                    let options = UpdateOptions::default();
                    things.update_one(&filter, &update.to_bytes(), &options).unwrap();
                    if n % 50 == 0 {
                        database.checkpoint().unwrap();
                    }
                    writes.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        for _ in 0..30 {
            assert_sound(&verified(&database));
        }
        stop.store(true, Ordering::Relaxed);
    });
    let writes = writes.load(Ordering::Relaxed);
    figure(
        "verification beside writers",
        format!("30 times, {writes} writes meanwhile"),
        "nothing found",
    );
    assert!(writes > 30);
    assert_sound(&verified(&database));
}

#[test]
fn a_damaged_page_is_named_with_its_collection() {
    let disk = SimVfs::new();
    let database = open(&disk);
    fill(&database, "things", 400);
    database.close().unwrap();
    let mut named = 0;
    for page in 1..20u64 {
        let damaged = disk.fork();
        damaged
            .flip_byte("things.mlite", page * 4096 + 700, 8)
            .unwrap();
        let database = open(&damaged);
        let result = verified(&database);
        database.close().unwrap();
        // It is found without opening for writing as well.
        let offline = verify_on(Arc::new(damaged.reader()), &VerifyOptions::default(), None);
        assert_eq!(offline.unwrap().get("valid"), result.get("valid"));
        let Some(Value::Array(errors)) = result.get("errors") else {
            panic!("{result:?}")
        };
        // The page may be free.
        let Some(Value::Document(error)) = errors.first() else {
            continue;
        };
        let text = |field| error.get(field).and_then(Value::as_str).unwrap_or_default();
        assert!(text("file").ends_with("things.mlite"), "{error:?}");
        assert_eq!((text("kind"), text("collection")), ("page", "things"));
        assert!(text("problem").contains("checksum"), "{error:?}");
        named += u64::from(number(error, "page") == page as i64);
    }
    assert!(named > 5, "{named}");
}

#[test]
fn a_database_that_does_not_open_is_verified_without_its_log() {
    let disk = SimVfs::new();
    let database = open(&disk);
    fill(&database, "things", 100);
    database.checkpoint().unwrap();
    fill(&database, "more", 100);
    fill(&database, "again", 100);
    let damaged = disk.fork();
    let log = disk
        .paths()
        .into_iter()
        .rfind(|path| path.ends_with(".wal"))
        .unwrap();
    let bytes = disk.contents(&log).unwrap();
    let first = bytes
        .windows(4)
        .rposition(|bytes| bytes == b"GRP1")
        .unwrap();
    let before = bytes[..first]
        .windows(4)
        .rposition(|bytes| bytes == b"GRP1")
        .unwrap();
    damaged.flip_byte(&log, before as u64 + 50, 1).unwrap();
    let result = verify_on(Arc::new(damaged.reader()), &VerifyOptions::default(), None).unwrap();
    assert_eq!(number(&result, "errorCount"), 1, "{result:?}");
    assert_eq!(number(&result, "collections"), 1);
    assert_eq!(number(&result, "documents"), 100);
}

#[test]
fn progress_is_told_and_may_stop_it() {
    let disk = SimVfs::new();
    let database = open(&disk);
    fill(&database, "things", 2000);
    let op = database.op_new();
    let seen = Arc::new(AtomicU64::new(0));
    let sink = seen.clone();
    let watch = move |done, total| {
        assert!(done <= total);
        sink.store(done, Ordering::Relaxed);
        true
    };
    database.op_set_progress(op, Some(Box::new(watch))).unwrap();
    let options = doc! { "opId": (op as i64), "maxErrors": 3 }.to_bytes();
    let options = VerifyOptions::from_bson("verify", RawDoc::trusted(&options)).unwrap();
    let result = database.verify(&options).unwrap();
    let entries = number(&result, "documents") + number(&result, "indexEntries");
    assert_eq!(seen.load(Ordering::Relaxed) as i64, entries);
    database.op_kill(op).unwrap();
    assert_eq!(
        database.verify(&options).unwrap_err().code(),
        Code::INTERRUPTED
    );
    let stop = Some(Box::new(|_, _| false) as Box<dyn FnMut(u64, u64) -> bool + Send>);
    database.close().unwrap();
    let stopped = verify_on(Arc::new(disk.reader()), &VerifyOptions::default(), stop);
    assert_eq!(stopped.unwrap_err().status(), Status::Interrupted);
}

#[test]
fn the_command_validate_answers_as_the_server_does() {
    let disk = SimVfs::new();
    let database = open(&disk);
    fill(&database, "things", 300);
    let run = |command: Document| {
        let reply = Commands::new(database.clone()).run(RawDoc::trusted(&command.to_bytes()))?;
        Document::from_raw(RawDoc::trusted(&reply))
    };
    let reply = run(doc! { "validate": "things", "full": true }).unwrap();
    assert_eq!(reply.get("ns"), Some(&Value::from("sim.things")));
    let fields: Vec<&str> = reply.iter().map(|(name, _)| name).collect();
    let expected = [
        "ns",
        "nInvalidDocuments",
        "nNonCompliantDocuments",
        "nrecords",
        "nIndexes",
        "keysPerIndex",
        "indexDetails",
        "valid",
        "repaired",
        "warnings",
        "errors",
        "extraIndexEntries",
        "missingIndexEntries",
        "corruptRecords",
        "ok",
    ];
    assert_eq!(fields, expected);
    assert_eq!(number(&reply, "nrecords"), 300);
    assert_eq!(number(&reply, "nIndexes"), 3);
    let Some(Value::Document(keys)) = reply.get("keysPerIndex") else {
        panic!("{reply:?}")
    };
    assert_eq!((number(keys, "_id_"), number(keys, "n_1")), (300, 300));
    let details = doc! {
        "_id_": { "valid": true },
        "n_1": { "valid": true },
        "tags_1": { "valid": true },
    };
    assert_eq!(reply.get("indexDetails"), Some(&Value::Document(details)));

    // Documents that the validator would refuse today do not make a collection invalid.
    run(doc! { "collMod": "things", "validator": { "n": { "$lt": 3 } } }).unwrap();
    let reply = run(doc! { "validate": "things" }).unwrap();
    assert_eq!(reply.get("valid"), Some(&Value::Boolean(true)));
    let things = database.collection("things").unwrap();
    let filter = doc! { "n": { "$gte": 3 } }.to_bytes();
    let mut cursor = things.find(&filter, FindOptions::default()).unwrap();
    let mut count = 0;
    while cursor.next().unwrap().is_some() {
        count += 1;
    }
    assert_eq!(number(&reply, "nNonCompliantDocuments"), count);

    let reply = run(doc! { "validate": "things", "metadata": true }).unwrap();
    assert_eq!(number(&reply, "nIndexes"), 3);
    assert_eq!(reply.get("nrecords"), None);
    for (command, code) in [
        (doc! { "validate": "none" }, Code::NAMESPACE_NOT_FOUND),
        (
            doc! { "validate": "things", "full": true, "background": true },
            Code::INVALID_OPTIONS,
        ),
        (
            doc! { "validate": "things", "full": true, "metadata": true },
            Code::INVALID_OPTIONS,
        ),
        (
            doc! { "validate": "things", "repair": true },
            Code::COMMAND_NOT_SUPPORTED,
        ),
        (
            doc! { "validate": "things", "fully": true },
            Code::IDL_UNKNOWN_FIELD,
        ),
    ] {
        assert_eq!(
            run(command.clone()).unwrap_err().code(),
            code,
            "{command:?}"
        );
    }
}
