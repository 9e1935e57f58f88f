//! What a commit and a read cost in system calls.

use std::sync::atomic::Ordering;

use ironbase::storage::engine::{Engine, Options, documents, entries};
use ironbase::storage::vfs::Vfs;
use ironbase::storage::vfs::sim::SimVfs;

use crate::figures::figure;
use crate::life::{open, options};

/// Writes, file syncs, directory syncs, and all calls.
fn calls(disk: &SimVfs) -> [u64; 4] {
    let counters = disk.counters();
    [
        counters.writes.load(Ordering::Relaxed),
        counters.syncs.load(Ordering::Relaxed),
        counters.directory_syncs.load(Ordering::Relaxed),
        counters.total(),
    ]
}

fn put(engine: &Engine, number: u64) {
    let mut txn = engine.begin_write().expect("writable");
    let collection = txn.collection("c").expect("there");
    let document = format!("a{number} b{} u{number}", number % 7);
    let duplicate = txn.put(&collection, &number.to_be_bytes(), document.as_bytes());
    assert!(duplicate.expect("put").is_none());
    engine.wait(txn.commit()).expect("durable");
}

fn database(disk: &SimVfs, options: &Options) -> std::sync::Arc<Engine> {
    let engine = open(disk, options).expect("new");
    let mut txn = engine.begin_write().expect("writable");
    let mut collection = txn.create_collection("c", b"").expect("made");
    for (spec, unique) in [("a", false), ("b", false), ("u", true)] {
        let duplicate = txn.create_index(&collection, spec, unique, spec.as_bytes(), &|_| Ok(()));
        assert!(duplicate.expect("made").is_none());
        collection = txn.collection("c").expect("there");
    }
    engine.wait(txn.commit()).expect("durable");
    engine
}

#[test]
fn a_lone_durable_commit_is_one_write_and_one_sync() {
    let disk = SimVfs::new();
    let options = Options {
        cache_bytes: 4 << 20,
        checkpoint_log_bytes: 1 << 30,
        log: Default::default(),
        ..options(1)
    };
    let engine = database(&disk, &options);
    for number in 0..1000 {
        let before = calls(&disk);
        put(&engine, number);
        let after = calls(&disk);
        let cost: Vec<u64> = after.iter().zip(before).map(|(a, b)| a - b).collect();
        assert_eq!(cost, [1, 1, 0, 2], "commit {number}");
    }
    figure(
        "calls of the system for a lone durable commit",
        "1000 commits",
        "1 write and 1 sync each",
    );
}

#[test]
fn a_read_of_a_warm_database_is_no_call() {
    let disk = SimVfs::new();
    let options = Options {
        cache_bytes: 16 << 20,
        ..options(1)
    };
    let engine = database(&disk, &options);
    (0..500).for_each(|number| put(&engine, number));
    engine.close().expect("closed");
    drop(engine);
    let engine = open(&disk, &options).expect("opens");
    let read = || {
        let version = engine.snapshot();
        let collection = version.catalog.get("c").expect("there");
        let pin = crossbeam_epoch::pin();
        for number in 0..500u64 {
            let found = documents(&version, collection, &pin).get(&number.to_be_bytes());
            assert!(found.expect("read").is_some());
        }
        for index in &collection.indexes {
            let tree = entries(&version, index, &pin);
            let mut walk = ironbase::storage::btree::walk::Walk::new(tree);
            let mut more = walk.first().expect("read");
            while more {
                more = walk.next().expect("read");
            }
        }
    };
    read();
    let before = disk.calls();
    read();
    assert_eq!(disk.calls(), before);
    figure(
        "calls of the system for reading a warm database",
        "500 look-ups, 3 scans of indexes",
        "none",
    );
}
