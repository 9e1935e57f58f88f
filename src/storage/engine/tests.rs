//! The engine on a file system in memory: what is committed is there, what is refused leaves no trace.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::*;
use crate::storage::btree::walk::Walk;
use crate::storage::derive::{CompiledIndex, KeySet};
use crate::storage::vfs::memory::MemoryVfs;

/// A document is a list of words; an index has the words that start with its specification.
pub(super) struct Words;

impl IndexDeriver for Words {
    fn compile(&self, spec: &[u8]) -> anyhow::Result<Arc<dyn CompiledIndex>> {
        Ok(Arc::new(WordIndex(spec.to_vec())))
    }
}

struct WordIndex(Vec<u8>);

impl CompiledIndex for WordIndex {
    fn derive(&self, document: &[u8], out: &mut KeySet) -> anyhow::Result<()> {
        for word in document
            .split(|&byte| byte == b' ')
            .filter(|word| word.starts_with(&self.0))
        {
            anyhow::ensure!(!word.ends_with(b"!"), "no shouting");
            out.push(&[word, b"\0"].concat());
        }
        out.sort_dedup();
        Ok(())
    }
}

pub(super) fn open(vfs: &Arc<MemoryVfs>, options: Options) -> Result<Arc<Engine>> {
    let options = Options {
        mapped: false,
        background: false,
        page_size: 4096,
        ..options
    };
    Engine::open(vfs.clone(), options, Arc::new(Words))
}

pub(super) fn put(
    engine: &Engine,
    collection: &str,
    key: &str,
    document: &str,
) -> Option<Duplicate> {
    let mut txn = engine.begin_write().expect("writable");
    let found = match txn.collection(collection) {
        Some(found) => found,
        None => txn.create_collection(collection, b"").expect("made"),
    };
    let duplicate = txn
        .put(&found, key.as_bytes(), document.as_bytes())
        .expect("put");
    if duplicate.is_none() {
        let lsn = txn.commit();
        engine.wait(lsn).expect("durable");
    }
    duplicate
}

pub(super) fn index(
    engine: &Engine,
    collection: &str,
    name: &str,
    unique: bool,
) -> Option<Duplicate> {
    let mut txn = engine.begin_write().expect("writable");
    let found = txn.collection(collection).expect("there");
    let duplicate = txn
        .create_index(&found, name, unique, name.as_bytes(), &|_| Ok(()))
        .expect("built");
    if duplicate.is_none() {
        let lsn = txn.commit();
        engine.wait(lsn).expect("durable");
    }
    duplicate
}

pub(super) fn dump(version: &Version, collection: &str) -> Vec<String> {
    let Some(collection) = version.catalog.get(collection) else {
        return vec!["none".into()];
    };
    let pin = crossbeam_epoch::pin();
    let mut out = Vec::new();
    let mut lines = |name: &str, tree| {
        let mut walk = Walk::new(tree);
        let mut key = Vec::new();
        let mut more = walk.first().expect("readable");
        while more {
            walk.key_into(&mut key);
            let value = walk.value().expect("readable");
            let (key, value) = (
                String::from_utf8_lossy(&key),
                String::from_utf8_lossy(value),
            );
            let key = key.replace('\0', "/");
            out.push(if name.is_empty() {
                format!("{key}={value}")
            } else {
                format!("{name}:{key}")
            });
            more = walk.next().expect("readable");
        }
    };
    lines("", documents(version, collection, &pin));
    for index in &collection.indexes {
        lines(&index.name, entries(version, index, &pin));
    }
    out
}

#[test]
fn commits_survive_closing_and_not_closing() {
    for close in [true, false] {
        let vfs = Arc::new(MemoryVfs::new());
        let engine = open(&vfs, Options::default()).expect("new");
        put(&engine, "c", "1", "ape bee");
        put(&engine, "c", "2", "ant bat");
        index(&engine, "c", "a", true);
        put(&engine, "c", "3", "asp");
        put(&engine, "c", "1", "axe");
        let expected = [
            "1=axe",
            "2=ant bat",
            "3=asp",
            "a:ant/2",
            "a:asp/3",
            "a:axe/1",
        ]
        .map(String::from);
        assert_eq!(dump(&engine.snapshot(), "c"), expected);
        if close {
            engine.close().expect("closed");
        }
        drop(engine);
        let engine = open(&vfs, Options::default()).expect("opens");
        assert_eq!(dump(&engine.snapshot(), "c"), expected);
        put(&engine, "c", "2", "");
        engine.close().expect("closed");
        drop(engine);
        let engine = open(
            &vfs,
            Options {
                create: false,
                ..Options::default()
            },
        )
        .expect("opens");
        assert_eq!(
            dump(&engine.snapshot(), "c"),
            ["1=axe", "2=", "3=asp", "a:asp/3", "a:axe/1"]
        );
    }
}

#[test]
fn a_refused_change_leaves_no_trace() {
    let vfs = Arc::new(MemoryVfs::new());
    let engine = open(&vfs, Options::default()).expect("new");
    put(&engine, "c", "1", "ape bee");
    index(&engine, "c", "a", true);
    let before = dump(&engine.snapshot(), "c");
    let duplicate = put(&engine, "c", "2", "ant ape").expect("refused");
    assert_eq!(
        (duplicate.holder, duplicate.index.map(|i| i.name.clone())),
        (b"1".to_vec(), Some("a".into()))
    );
    {
        let mut txn = engine.begin_write().expect("writable");
        let collection = txn.collection("c").expect("there");
        assert!(txn.put(&collection, b"7", b"awe!").is_err());
        txn.put(&collection, b"8", b"arm").expect("put");
        txn.create_collection("d", b"").expect("made");
    }
    assert_eq!(dump(&engine.snapshot(), "c"), before);
    put(&engine, "c", "3", "bee");
    assert!(
        index(&engine, "c", "b", true).is_some(),
        "two documents have bee"
    );
    assert!(engine.snapshot().catalog.get("d").is_none());
    engine.close().expect("closed");
    drop(engine);
    let engine = open(&vfs, Options::default()).expect("opens");
    assert_eq!(
        dump(&engine.snapshot(), "c"),
        ["1=ape bee", "3=bee", "a:ape/1"]
    );
}

#[test]
fn a_snapshot_keeps_its_time() {
    let vfs = Arc::new(MemoryVfs::new());
    let engine = open(&vfs, Options::default()).expect("new");
    put(&engine, "c", "1", "old");
    let snapshot = engine.snapshot();
    for round in 0..300 {
        put(&engine, "c", "1", &format!("new{round}"));
        put(&engine, "c", &format!("k{round}"), "x");
        if round % 50 == 0 {
            engine.checkpoint().expect("done");
        }
    }
    assert_eq!(dump(&snapshot, "c"), ["1=old"]);
    drop(snapshot);
    engine.checkpoint().expect("done");
    assert_eq!(
        engine.registry.counts().1,
        0,
        "no dead page is kept when nobody looks"
    );
}

#[test]
fn a_lone_durable_commit_is_one_sync_and_a_read_is_none() {
    let vfs = Arc::new(MemoryVfs::new());
    let engine = open(&vfs, Options::default()).expect("new");
    put(&engine, "c", "1", "a");
    let syncs = || vfs.counters().syncs.load(Ordering::Relaxed);
    let before = syncs();
    for n in 0..100 {
        put(&engine, "c", "1", &format!("{n}"));
    }
    assert_eq!(syncs() - before, 100);
    let total = vfs.counters().total();
    dump(&engine.snapshot(), "c");
    assert_eq!(vfs.counters().total(), total, "a read makes no call");
}

#[test]
fn memory_for_pages_stays_bounded() {
    let vfs = Arc::new(MemoryVfs::new());
    let options = Options {
        cache_bytes: 1 << 20,
        ..Options::default()
    };
    let engine = open(&vfs, options.clone()).expect("new");
    let text = "w".repeat(600);
    for n in 0..6000u32 {
        put(
            &engine,
            "c",
            &format!("{:x}", n.wrapping_mul(2_654_435_761)),
            &text,
        );
        assert!(engine.stats().dirty_bytes < 1 << 20);
    }
    index(&engine, "c", "w", false);
    assert!(engine.stats().dirty_bytes < 3 << 19);
    drop(engine);
    let engine = open(&vfs, options).expect("replays");
    assert_eq!(dump(&engine.snapshot(), "c").len(), 12_000);
}

#[test]
fn dropped_and_renamed_collections_keep_to_their_files() {
    let vfs = Arc::new(MemoryVfs::new());
    let engine = open(&vfs, Options::default()).expect("new");
    let change = |f: &dyn Fn(&mut WriteTxn<'_>)| {
        let mut txn = engine.begin_write().expect("writable");
        f(&mut txn);
        engine.wait(txn.commit()).expect("durable");
    };
    put(&engine, "a", "1", "first");
    engine.checkpoint().expect("done");
    change(&|txn| {
        let collection = txn.collection("a").expect("there");
        txn.rename_collection(&collection, "b").expect("renamed");
    });
    put(&engine, "a", "2", "second");
    engine.checkpoint().expect("done");
    change(&|txn| {
        let collection = txn.collection("b").expect("there");
        txn.drop_collection(&collection);
    });
    put(&engine, "b", "3", "third");
    drop(engine);
    let engine = open(&vfs, Options::default()).expect("opens");
    assert_eq!(dump(&engine.snapshot(), "a"), ["2=second"]);
    assert_eq!(dump(&engine.snapshot(), "b"), ["3=third"]);
    engine.close().expect("closed");
    let mut names = vfs.list("").expect("listed");
    names.sort();
    assert_eq!(
        names,
        [
            "a.3.mlite",
            "b.mlite",
            "database.wal",
            "lock",
            "metadata.mlite"
        ]
    );
}

/// Commits a change of one document without waiting for it.
fn put_unsynced(engine: &Engine, key: &str, document: Option<&str>) -> (Lsn, bool) {
    let mut txn = engine.begin_write().expect("writable");
    let collection = txn.collection("c").expect("there");
    txn.share_pages();
    let refused = match document {
        Some(document) => txn
            .put(&collection, key.as_bytes(), document.as_bytes())
            .expect("put")
            .is_some(),
        None => {
            txn.delete(&collection, key.as_bytes()).expect("deleted");
            false
        }
    };
    if refused {
        return (txn.base(), true);
    }
    (txn.commit(), false)
}

#[test]
fn commits_that_wait_together_share_pages_and_no_reader_sees_one_change() {
    let vfs = Arc::new(MemoryVfs::new());
    let engine = open(&vfs, Options::default()).expect("new");
    put(&engine, "c", "000", "seed");
    index(&engine, "c", "a", true);
    index(&engine, "c", "b", false);
    let mut random = 88_172_645_463_325_252u64;
    let mut next = |limit: u64| {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        random % limit
    };
    let mut held = Vec::new();
    let mut last = 0;
    for round in 0..4000 {
        let key = format!("{:03}", next(400));
        let document = format!(
            "a{} b{} {}",
            next(2000),
            next(50),
            "x".repeat(next(300) as usize)
        );
        let before = (round % 97 == 0).then(|| dump(&engine.snapshot(), "c"));
        let (lsn, _refused) = put_unsynced(&engine, &key, (next(5) > 0).then_some(&*document));
        last = lsn;
        if let Some(before) = before {
            assert_eq!(
                dump(&engine.snapshot(), "c"),
                before,
                "not visible before its sync"
            );
        }
        match next(40) {
            0..=4 => engine.wait(lsn).expect("durable"),
            5 => engine.checkpoint().expect("done"),
            6 if held.len() < 8 => {
                let version = engine.snapshot();
                let seen = dump(&version, "c");
                held.push((version, seen));
            }
            7 if !held.is_empty() => {
                let (version, seen) = held.swap_remove(next(held.len() as u64) as usize);
                assert_eq!(dump(&version, "c"), seen, "a held version does not change");
            }
            _ => {}
        }
    }
    for (version, seen) in held.drain(..) {
        assert_eq!(dump(&version, "c"), seen, "a held version does not change");
    }
    engine.wait(last).expect("durable");
    let expected = dump(&engine.snapshot(), "c");
    assert!(expected.len() > 300, "{} lines", expected.len());
    drop(engine);
    let engine = open(&vfs, Options::default()).expect("replays");
    assert_eq!(dump(&engine.snapshot(), "c"), expected);
    engine.checkpoint().expect("done");
    assert_eq!(engine.registry.counts().1, 0, "no dead page is kept");
}

#[test]
fn a_group_of_commits_copies_a_page_once() {
    let vfs = Arc::new(MemoryVfs::new());
    let engine = open(&vfs, Options::default()).expect("new");
    put(&engine, "c", "0", "seed");
    engine.checkpoint().expect("done");
    let before = engine.stats().dirty_bytes;
    for n in 1..=16 {
        put_unsynced(&engine, &n.to_string(), Some("x"));
    }
    assert_eq!(engine.stats().dirty_bytes - before, 4096);
}

#[test]
fn a_transaction_that_lost_is_told_so_when_the_winner_is_visible() {
    let vfs = Arc::new(MemoryVfs::new());
    let engine = open(&vfs, Options::default()).expect("new");
    put(&engine, "c", "000", "seed");
    let transaction = engine.begin_transaction(None).expect("begun");
    let mut statement = engine.write_in(&transaction).expect("open");
    let collection = statement.collection("c").expect("there");
    statement.put(&collection, b"000", b"loser").expect("put");
    statement.commit();

    let (winner, _) = put_unsynced(&engine, "000", Some("winner"));
    assert!(engine.snapshot().lsn < winner, "nobody has waited for it");
    let refused = engine.commit_transaction(&transaction).expect_err("lost");
    assert_eq!(refused.kind(), ErrorKind::Conflict);
    assert_eq!(
        engine.snapshot().lsn,
        winner,
        "what begins now must see it, or it would lose again"
    );
}

/// A database of so many documents, all in its checkpoint.
fn filled(vfs: &Arc<MemoryVfs>, options: &Options, documents: u32) -> Arc<Engine> {
    let engine = open(vfs, options.clone()).expect("new");
    let text = "w".repeat(400);
    for n in 0..documents {
        put(&engine, "c", &format!("{n:06}"), &text);
    }
    engine.checkpoint().expect("done");
    engine
}

#[test]
fn updates_at_random_write_pages_once_for_each_checkpoint() {
    let vfs = Arc::new(MemoryVfs::new());
    let options = Options {
        cache_bytes: 512 << 10,
        ..Options::default()
    };
    let engine = filled(&vfs, &options, 4000);
    let written = |engine: &Engine| engine.stats().bytes_written;
    let before = written(&engine);
    let mut bytes = 0;
    let mut expected = dump(&engine.snapshot(), "c");
    for round in 0..20_000u32 {
        let n = round.wrapping_mul(2_654_435_761) % 4000;
        let document = format!("{}{round:08}", "w".repeat(392));
        bytes += document.len() as u64;
        put(&engine, "c", &format!("{n:06}"), &document);
        expected[n as usize] = format!("{n:06}={document}");
        assert!(engine.stats().dirty_bytes < 512 << 10);
    }
    // A page of 4 KiB written for each of them would be ten times as much.
    let written = written(&engine) - before;
    assert!(written < 2 * bytes, "{written} for {bytes}");
    assert_eq!(dump(&engine.snapshot(), "c"), expected);
    engine.close().expect("closed");
    drop(engine);
    let engine = open(&vfs, options).expect("opens");
    assert_eq!(dump(&engine.snapshot(), "c"), expected);
}

#[test]
fn beside_a_held_version_files_grow_by_little_more_than_it() {
    let vfs = Arc::new(MemoryVfs::new());
    let options = Options {
        cache_bytes: 4 << 20,
        ..Options::default()
    };
    let documents = 20_000;
    let engine = filled(&vfs, &options, documents);
    let length = || {
        let file = vfs.open("c.mlite", false).expect("there");
        file.length().expect("known")
    };
    let (held, before) = (engine.snapshot(), length());
    let expected = dump(&held, "c");
    for round in 0..3u32 {
        for step in 0..documents {
            let n = step.wrapping_mul(7919) % documents;
            let document = format!("{}{round:08}", "w".repeat(392));
            put(&engine, "c", &format!("{n:06}"), &document);
        }
        engine.checkpoint().expect("done");
    }
    // What the reader sees, what is there now, and some between two checkpoints; three times as much if these were far apart.
    let grown = length() as f64 / before as f64;
    assert!(grown < 2.4, "{grown}");
    assert_eq!(dump(&held, "c"), expected);
    drop(held);
    engine.close().expect("closed");
}

#[test]
fn an_update_is_logged_as_what_it_changes() {
    let vfs = Arc::new(MemoryVfs::new());
    let engine = filled(&vfs, &Options::default(), 2);
    let before = engine.stats().log_bytes;
    let changed = format!("{}x{}", "w".repeat(200), "w".repeat(250));
    put(&engine, "c", "000001", &changed);
    let logged = engine.stats().log_bytes - before;
    assert!(logged < 200, "{logged} bytes of log");
    let expected = dump(&engine.snapshot(), "c");
    drop(engine);
    let engine = open(&vfs, Options::default()).expect("replays");
    assert_eq!(dump(&engine.snapshot(), "c"), expected);
}
