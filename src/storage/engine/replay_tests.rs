//! Replaying a log gives what was there, in whatever stretches it is done.

use std::sync::Arc;

use super::Options;
use super::tests::{dump, index, open, put};
use super::*;
use crate::storage::vfs::memory::MemoryVfs;

/// Opens the database again as a crash leaves it.
fn after_crash(vfs: &Arc<MemoryVfs>, engine: Arc<Engine>, options: &Options) -> Arc<Engine> {
    drop(engine);
    open(vfs, options.clone()).expect("opens")
}

#[test]
fn a_unique_key_may_have_moved_against_the_order_of_keys() {
    let (vfs, options) = (Arc::new(MemoryVfs::new()), Options::default());
    let engine = open(&vfs, options.clone()).expect("new");
    put(&engine, "c", "2", "ape");
    index(&engine, "c", "a", true);
    put(&engine, "c", "2", "ant");
    put(&engine, "c", "1", "ape");
    put(&engine, "c", "2", "bee");
    put(&engine, "c", "0", "ant");
    let expected = dump(&engine.snapshot(), "c");
    let engine = after_crash(&vfs, engine, &options);
    assert_eq!(dump(&engine.snapshot(), "c"), expected);
    assert!(put(&engine, "c", "3", "ape").is_some());
}

#[test]
fn random_histories_are_replayed_to_the_same_state() {
    let seed = std::env::var("IRONBASE_SEED").map_or(1, |seed| seed.parse().expect("a number"));
    for seed in seed..seed + 20 {
        let mut state: u64 = seed;
        let mut below = |n: u64| {
            state = state
                .wrapping_mul(6364136223846793005)
                .wrapping_add(1442695040888963407);
            (state >> 33) % n
        };
        let vfs = Arc::new(MemoryVfs::new());
        // Stretches from a few operations to all.
        let options = Options {
            cache_bytes: 1 << (10 + below(14)),
            ..Options::default()
        };
        let engine = open(&vfs, options.clone()).expect("new");
        for collection in ["c", "d"] {
            put(&engine, collection, "first", "ape bee");
        }
        index(&engine, "c", "a", true);
        index(&engine, "c", "b", false);
        for step in 0..1500 {
            let collection = if below(3) == 0 { "d" } else { "c" };
            let key = format!("{}", below(200));
            match below(100) {
                0..15 => {
                    let mut txn = engine.begin_write().expect("writable");
                    if let Some(found) = txn.collection(collection) {
                        txn.delete(&found, key.as_bytes()).expect("deleted");
                    }
                    let lsn = txn.commit();
                    engine.wait(lsn).expect("durable");
                }
                // Long enough to be logged as differences.
                15..90 => {
                    let word = below(300);
                    let text = "x ".repeat(100);
                    let document = format!("a{word} {text} b{}", below(20));
                    put(&engine, collection, &key, &document);
                }
                90..94 if collection == "d" => {
                    let mut txn = engine.begin_write().expect("writable");
                    if let Some(found) = txn.collection("d") {
                        txn.drop_collection(&found);
                    }
                    let lsn = txn.commit();
                    engine.wait(lsn).expect("durable");
                }
                94..97 => {
                    let there = engine.snapshot().catalog.get("d").cloned();
                    if there.is_some_and(|found| found.index("b").is_none()) {
                        index(&engine, "d", "b", false);
                    }
                }
                97 => engine.checkpoint().expect("made"),
                _ => {}
            }
            if step % 500 == 250 {
                put(&engine, "c", "long", &"a-very-long ".repeat(1 + step));
            }
        }
        let seen = |engine: &Engine| {
            let version = engine.snapshot();
            let sizes: Vec<_> = version
                .catalog
                .collections()
                .map(|found| version.tree(found.id))
                .map(|tree| (tree.entries, tree.bytes))
                .collect();
            (dump(&version, "c"), dump(&version, "d"), sizes)
        };
        let expected = seen(&engine);
        let engine = after_crash(&vfs, engine, &options);
        assert!(seen(&engine) == expected, "IRONBASE_SEED={seed}");
        engine.close().expect("closed");
        let engine = after_crash(&vfs, engine, &options);
        assert!(seen(&engine) == expected, "IRONBASE_SEED={seed}, closed");
    }
}
