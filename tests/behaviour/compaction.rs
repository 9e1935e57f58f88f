//! Compaction gives back the space of what was deleted and changed, whoever reads and writes meanwhile; stopped anywhere it
//! loses nothing.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use ironbase::bson::{Document, RawDoc, Value, doc};
use ironbase::command::Commands;
use ironbase::database::options::{
    Common, CompactOptions, DeleteOptions, OpenOptions, TransactionOptions,
};
use ironbase::database::{Collection, Database};
use ironbase::error::{Code, Result};
use ironbase::storage::vfs::sim::Random;

use crate::shell::{Shell, TempDir, anonymous_kib, figure, open};

/// Of the documents' bytes that a compacted file may take.
const MOST: f64 = 1.15;
/// Memory that compaction may take, whatever the size of the database.
const MOST_KIB: i64 = 32 << 10;

/// `IRONBASE_DOCUMENTS`, or a million when soaking: then other tests must not run beside it, for its memory is measured.
fn documents(usual: i64) -> i64 {
    if let Ok(number) = std::env::var("IRONBASE_DOCUMENTS") {
        return number.parse().expect("IRONBASE_DOCUMENTS is a number");
    }
    match std::env::var("IRONBASE_SOAK") {
        Ok(_) => 1_000_000,
        Err(_) => usual,
    }
}

/// Runs `work`, and gives what memory it took beyond what there was.
fn growth_of_memory<T>(work: impl FnOnce() -> T) -> (T, i64) {
    let (before, done) = (anonymous_kib(), AtomicBool::new(false));
    thread::scope(|scope| {
        let most = scope.spawn(|| {
            let mut most = before;
            while !done.load(Ordering::Relaxed) {
                most = most.max(anonymous_kib());
                thread::sleep(Duration::from_millis(2));
            }
            most - before
        });
        let result = work();
        done.store(true, Ordering::Relaxed);
        (result, most.join().expect("it only looks"))
    })
}

/// About 450 bytes.
fn document(id: i64) -> Vec<u8> {
    let text = format!("{id:08} ").repeat(44);
    doc! { "_id": id, "n": (id % 1000), "text": (text.as_str()) }.to_bytes()
}

fn fill(things: &Collection, count: i64) {
    let mut next = 0;
    let mut each = |out: &mut Vec<u8>| {
        if next == count {
            return Ok(false);
        }
        out.extend_from_slice(&document(next));
        next += 1;
        Ok(true)
    };
    things.insert_many(&mut each, &Default::default()).unwrap();
}

fn delete(things: &Collection, ids: &[i64]) {
    for some in ids.chunks(5000) {
        let ids: Vec<_> = some.iter().map(|&id| Value::Int64(id)).collect();
        let filter = doc! { "_id": { "$in": ids } }.to_bytes();
        let deleted = things.delete_many(&filter, &DeleteOptions::default());
        assert_eq!(deleted.unwrap(), some.len() as u64);
    }
}

fn compact(database: &Database, common: Common) -> Result<Document> {
    let options = CompactOptions {
        common,
        ..CompactOptions::default()
    };
    let done = database.compact(&options)?;
    Document::from_raw(RawDoc::trusted(&done))
}

fn number(document: &Document, name: &str) -> i64 {
    match document.get(name) {
        Some(Value::Int32(number)) => i64::from(*number),
        Some(Value::Int64(number)) => *number,
        other => panic!("{name} is {other:?}"),
    }
}

fn file_bytes(directory: &TempDir, name: &str) -> u64 {
    let path = std::path::Path::new(&directory.database()).join(name);
    std::fs::metadata(path).unwrap().len()
}

#[test]
fn half_deleted_comes_down_to_little_more_than_its_live_bytes() {
    let count = documents(20_000);
    let mut random = Random::new(5);
    let half: Vec<i64> = (0..count).filter(|_| random.chance(50)).collect();
    let second: Vec<i64> = (0..count).filter(|id| id % 2 == 1).collect();
    let range: Vec<i64> = (0..count / 2).collect();
    for (what, deleted) in [
        ("random", half),
        ("every second", second),
        ("the first", range),
    ] {
        let directory = TempDir::new();
        let database = open(&directory);
        let things = database.collection("things").unwrap();
        fill(&things, count);
        delete(&things, &deleted);
        database.checkpoint().unwrap();
        let before = file_bytes(&directory, "things.mlite");
        let (done, grown) = growth_of_memory(|| compact(&database, Common::default()).unwrap());
        let after = file_bytes(&directory, "things.mlite");
        let stats = database.stats().unwrap();
        let live = RawDoc::trusted(&stats)
            .get("dataSize")
            .and_then(|n| n.as_integer());
        let live = live.unwrap() as f64;
        println!(
            "half deleted ({what}) of {count}: {before} bytes, then {after}: {:.3} of the live bytes, {} ms, {grown} KiB of memory",
            after as f64 / live,
            number(&done, "durationMs")
        );
        assert!(grown <= MOST_KIB || count <= 20_000, "{grown} KiB");
        assert!(after as f64 <= live * MOST, "{what}: {after} for {live}");
        assert_eq!(number(&done, "bytesAfter"), after as i64, "{done:?}");
        assert_eq!(number(&done, "documentsKept"), count - deleted.len() as i64);
        assert!(number(&done, "bytesFreed") > 0 && number(&done, "pagesScanned") > 0);
        for id in [0, 1, count / 2, count - 1] {
            let there = !deleted.contains(&id);
            assert_eq!(things.count(doc! { "_id": id }), i64::from(there));
        }
        // A second one has nothing to do, and the file is the same opened again.
        let again = compact(&database, Common::default()).unwrap();
        assert_eq!(number(&again, "pagesWritten"), 0, "{again:?}");
        database.close().unwrap();
        let database = open(&directory);
        let things = database.collection("things").unwrap();
        assert_eq!(things.count(doc! {}), count - deleted.len() as i64);
        let kept = (0..count).rev().find(|id| !deleted.contains(id));
        delete(&things, &[kept.expect("half of them")]);
    }
}

#[test]
fn a_cursor_keeps_what_it_has_begun_to_read() {
    let directory = TempDir::new();
    let database = open(&directory);
    let things = database.collection("things").unwrap();
    fill(&things, 4000);
    let mut cursor = things.find(&[5, 0, 0, 0, 0], Default::default()).unwrap();
    let mut next = || cursor.next().unwrap().map(|document| document.to_vec());
    assert_eq!(next().unwrap(), document(0));
    delete(&things, &(0..3900).collect::<Vec<_>>());
    let held = compact(&database, Common::default()).unwrap();
    assert_eq!(held.get("heldBack"), Some(&true.into()), "{held:?}");
    for id in 1..4000 {
        assert_eq!(next().unwrap(), document(id));
    }
    assert!(next().is_none());
    let done = compact(&database, Common::default()).unwrap();
    assert_eq!(done.get("heldBack"), Some(&false.into()), "{done:?}");
    assert!(number(&done, "bytesAfter") < 100 * 450 * 2, "{done:?}");
    assert_eq!(things.count(doc! {}), 100);
}

#[test]
fn others_read_and_write_while_it_runs() {
    const COUNT: i64 = 6000;
    let directory = TempDir::new();
    let database = open(&directory);
    let things = database.collection("things").unwrap();
    things.index(doc! { "key": { "n": 1 } }).unwrap();
    fill(&things, COUNT);
    let transaction = database.begin(&TransactionOptions::default()).unwrap();
    let inside = transaction.collection("things").unwrap();
    inside
        .update(doc! { "_id": 1 }, doc! { "$set": { "mine": 1 } })
        .unwrap();
    let (done, incremented) = (AtomicBool::new(false), AtomicU64::new(0));
    thread::scope(|scope| {
        for thread in 0..2 {
            let (things, done, incremented) = (things.clone(), &done, &incremented);
            scope.spawn(move || {
                let mut random = Random::new(thread);
                while !done.load(Ordering::Relaxed) {
                    let id = 2 + random.below(COUNT as u64 - 2) as i64;
                    let change = doc! { "$inc": { "n": 1000, "count": 1 } };
                    things.update(doc! { "_id": id }, change).unwrap();
                    incremented.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        let (things, done) = (things.clone(), &done);
        scope.spawn(move || {
            while !done.load(Ordering::Relaxed) {
                assert_eq!(things.count(doc! { "n": { "$gte": 0 } }), COUNT);
            }
        });
        for _ in 0..6 {
            let figures = compact(&database, Common::default()).unwrap();
            assert_eq!(number(&figures, "documentsKept"), COUNT);
        }
        done.store(true, Ordering::Relaxed);
    });
    transaction.commit().unwrap();
    assert_eq!(things.count(doc! { "mine": 1 }), 1);
    let counted: i64 = things
        .found(doc! { "count": { "$gt": 0 } })
        .iter()
        .map(|document| number(document, "count"))
        .sum();
    assert_eq!(counted, incremented.into_inner() as i64);
    assert_eq!(things.count(doc! { "n": { "$gte": 0 } }), COUNT);
}

#[test]
fn stopped_anywhere_it_has_lost_nothing() {
    let directory = TempDir::new();
    let database = open(&directory);
    let things = database.collection("things").unwrap();
    things.index(doc! { "key": { "n": 1 } }).unwrap();
    fill(&things, 8000);
    delete(
        &things,
        &(0..8000).filter(|id| id % 2 == 0).collect::<Vec<_>>(),
    );
    let mut stops = 0;
    for stop_after in 0.. {
        let id = database.op_new();
        let mut calls = 0;
        let progress = move |done, total| {
            assert!(done <= total, "{done} of {total}");
            calls += 1;
            calls <= stop_after
        };
        database
            .op_set_progress(id, Some(Box::new(progress)))
            .unwrap();
        let common = Common {
            op_id: Some(id),
            ..Common::default()
        };
        let ended = compact(&database, common);
        database.op_free(id).unwrap();
        assert_eq!(things.count(doc! {}), 4000);
        assert_eq!(things.count(doc! { "n": { "$gte": 0 } }), 4000);
        match ended {
            Ok(_) => break,
            Err(error) => assert_eq!(error.code(), Code::INTERRUPTED, "{error}"),
        }
        stops += 1;
    }
    assert!(stops > 0);
    let live = 4000.0 * document(1).len() as f64;
    assert!(file_bytes(&directory, "things.mlite") as f64 <= live * MOST);
}

#[test]
fn the_command_replies_as_mongodb_does() {
    let directory = TempDir::new();
    let database = open(&directory);
    let things = database.collection("things").unwrap();
    fill(&things, 3000);
    delete(&things, &(0..2900).collect::<Vec<_>>());
    database.checkpoint().unwrap();
    let commands = Commands::new(database.clone());
    let run = |command: Document| {
        let reply = commands.run(RawDoc::trusted(&command.to_bytes()))?;
        Document::from_raw(RawDoc::trusted(&reply))
    };
    let estimate = run(doc! { "compact": "things", "dryRun": true }).unwrap();
    assert!(number(&estimate, "estimatedBytesFreed") > 1 << 20);
    let spared = run(doc! { "compact": "things", "freeSpaceTargetMB": 20 }).unwrap();
    assert_eq!(number(&spared, "bytesFreed"), 0);
    let done = run(doc! { "compact": "things", "force": true, "comment": "x" }).unwrap();
    assert!(number(&done, "bytesFreed") > 1 << 20, "{done:?}");
    let error = run(doc! { "compact": "nothing" }).unwrap_err();
    assert_eq!(error.code(), Code::NAMESPACE_NOT_FOUND);
    let error = run(doc! { "compact": "things", "freeSpaceTargetMB": (-1) }).unwrap_err();
    assert_eq!(error.code(), Code(51024));
}

#[test]
fn it_runs_by_itself_when_nobody_writes() {
    let directory = TempDir::new();
    let limits = r#"{"background": {"compaction": {"freePercent": 30, "freeBytes": 500000, "idleMs": 50}}, "durability": "none"}"#;
    let options = OpenOptions::from_json(limits).unwrap();
    let database = Database::open(&directory.database(), options.clone()).unwrap();
    let (things, others) = (
        database.collection("things").unwrap(),
        database.collection("others").unwrap(),
    );
    fill(&things, 5000);
    fill(&others, 5000);
    database.checkpoint().unwrap();
    let before = file_bytes(&directory, "things.mlite");
    delete(
        &things,
        &(0..5000).filter(|id| id % 2 == 0).collect::<Vec<_>>(),
    );
    let until = Instant::now() + Duration::from_secs(60);
    while figure(&database, "compaction.runs") == 0 {
        assert!(Instant::now() < until, "no compaction has come to its end");
        thread::sleep(Duration::from_millis(20));
    }
    assert!(file_bytes(&directory, "things.mlite") < before * 2 / 3);
    assert_eq!(things.count(doc! {}), 2500);
    // Neither the one that is full nor the one that was compacted again.
    thread::sleep(Duration::from_millis(400));
    assert_eq!(figure(&database, "compaction.runs"), 1);
    assert_eq!(figure(&database, "compaction.documentsKept"), 2500);
    // Closing does not wait for one that runs.
    delete(
        &others,
        &(0..5000).filter(|id| id % 3 != 0).collect::<Vec<_>>(),
    );
    thread::sleep(Duration::from_millis(80));
    database.close().unwrap();
    let database = Database::open(&directory.database(), options).unwrap();
    assert_eq!(database.collection("others").unwrap().count(doc! {}), 1667);
    for refused in [
        r#"{"background": {"compaction": {"freePercent": 0}}}"#,
        r#"{"background": {"compaction": {"percent": 1}}}"#,
        r#"{"background": {"ttl": true}}"#,
        r#"{"background": 1}"#,
    ] {
        assert!(OpenOptions::from_json(refused).is_err(), "{refused}");
    }
}
