//! Indexes built beside writers: how long these wait, what is in memory, and what a failure leaves.

use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::tests::{Words, dump};
use super::*;
use crate::storage::catalog;
use crate::storage::verify::{Examiner, Findings};
use crate::storage::vfs::memory::MemoryVfs;
use crate::storage::vfs::sim::{Random, SimVfs};

const DOCUMENTS: u64 = 5000;

fn open(vfs: Arc<dyn Vfs>, options: Options) -> Arc<Engine> {
    let options = Options {
        mapped: false,
        background: false,
        page_size: 4096,
        durability: Durability::None,
        ..options
    };
    Engine::open(vfs, options, Arc::new(Words)).expect("opened")
}

fn document(random: &mut Random) -> Vec<u8> {
    let words: Vec<String> = (0..random.below(4))
        .map(|_| {
            format!(
                "a{:04}{}",
                random.below(5000),
                "w".repeat(random.below(40) as usize)
            )
        })
        .collect();
    format!(
        "{} b{} {}",
        words.join(" "),
        random.below(9),
        "X".repeat(100)
    )
    .into_bytes()
}

fn key(number: u64) -> [u8; 8] {
    number.to_be_bytes()
}

fn put(engine: &Engine, number: u64, document: &[u8]) {
    let mut txn = engine.begin_write().expect("writable");
    let things = txn.collection("things").expect("there");
    assert!(
        txn.put(&things, &key(number), document)
            .expect("put")
            .is_none()
    );
    engine.pace(txn.commit()).expect("written");
}

fn fill(engine: &Engine) {
    let mut random = Random::new(1);
    let mut txn = engine.begin_write().expect("writable");
    let things = txn.create_collection("things", b"").expect("made");
    for number in 0..DOCUMENTS {
        let document = document(&mut random);
        txn.put(&things, &key(number), &document).expect("put");
    }
    engine.wait(txn.commit()).expect("durable");
}

fn begin<'e>(engine: &'e Engine, names: &[&str]) -> IndexBuild<'e> {
    let txn = engine.begin_write().expect("writable");
    let things = txn.collection("things").expect("there");
    let new = names.iter().map(|name| NewIndex {
        name: name.to_string(),
        unique: false,
        spec: name.as_bytes().to_vec(),
    });
    txn.begin_build(&things, new.collect()).expect("begun")
}

fn finish(engine: &Engine, mut build: IndexBuild<'_>) -> (Result<Lsn>, BuildFigures) {
    let txn = loop {
        let txn = engine.begin_write().expect("writable");
        match build.settle(&txn).expect("settled") {
            Settled::Ready => break txn,
            Settled::Refused(_) => panic!("not unique"),
            Settled::Behind => {
                drop(txn);
                assert!(build.go_on(&|_| Ok(())).expect("followed").is_none());
            }
        }
    };
    let (figures, wanted) = (build.figures(), [true; 4]);
    let published = build.publish(txn, &wanted);
    if let Ok(lsn) = &published {
        engine.wait(*lsn).expect("durable");
    }
    (published, figures)
}

/// Ends the threads of a scope, also when a test fails.
struct SetAtEnd<'a>(&'a AtomicBool);

impl Drop for SetAtEnd<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

struct Anything;

impl Examiner for Anything {
    fn step(&self, _: usize) -> Result<()> {
        Ok(())
    }

    fn document(&self, _: &catalog::Collection, _: &[u8], _: &[u8]) -> Option<String> {
        None
    }

    fn shown(&self, document: &[u8]) -> String {
        String::from_utf8_lossy(document).into_owned()
    }
}

fn assert_sound(engine: &Engine) {
    let mut findings = Findings::new(3);
    engine.verify(&Anything, &mut findings).expect("verified");
    assert!(findings.problems.is_empty(), "{:?}", findings.problems);
}

#[test]
fn writers_wait_for_one_batch_at_a_time() {
    let engine = open(Arc::new(MemoryVfs::new()), Options::default());
    fill(&engine);
    let done = AtomicBool::new(false);
    let figures = std::thread::scope(|scope| {
        let _end = SetAtEnd(&done);
        for writer in 0..4 {
            let (engine, done) = (&engine, &done);
            scope.spawn(move || {
                let mut random = Random::new(writer);
                while !done.load(Ordering::Relaxed) {
                    let number = random.below(DOCUMENTS * 2);
                    put(engine, number, &document(&mut random));
                }
            });
        }
        let mut build = begin(&engine, &["a", "b"]);
        build.fill(&|_| Ok(())).expect("filled");
        let (published, figures) = finish(&engine, build);
        published.expect("published");
        figures
    });
    println!("{figures:?}");
    assert!(figures.most_under_lock <= 256, "{figures:?}");
    assert!(figures.followed > 0, "nobody wrote");
    assert_sound(&engine);
}

#[test]
fn more_than_a_batch_behind_the_last_round_is_begun_again() {
    let engine = open(Arc::new(MemoryVfs::new()), Options::default());
    fill(&engine);
    let mut random = Random::new(3);
    let mut build = begin(&engine, &["a"]);
    build.fill(&|_| Ok(())).expect("filled");
    (0..900).for_each(|_| put(&engine, random.below(DOCUMENTS * 2), &document(&mut random)));
    let txn = engine.begin_write().expect("writable");
    assert!(matches!(build.settle(&txn), Ok(Settled::Behind)));
    drop(txn);
    // What comes now lies before and behind the place where it stopped.
    (0..900).for_each(|_| put(&engine, random.below(DOCUMENTS * 2), &document(&mut random)));
    let (published, figures) = finish(&engine, build);
    published.expect("published");
    assert!(figures.most_under_lock <= 256, "{figures:?}");
    assert_sound(&engine);

    // Somebody who never lets it come near waits for it in the end.
    let mut build = begin(&engine, &["b"]);
    build.fill(&|_| Ok(())).expect("filled");
    for attempt in 0.. {
        (0..300).for_each(|_| put(&engine, random.below(DOCUMENTS), &document(&mut random)));
        let txn = engine.begin_write().expect("writable");
        let settled = build.settle(&txn).expect("settled");
        if matches!(settled, Settled::Ready) {
            let lsn = build.publish(txn, &[true]).expect("published");
            engine.wait(lsn).expect("durable");
            break;
        }
        drop(txn);
        assert!(build.go_on(&|_| Ok(())).expect("followed").is_none());
        assert!(attempt < 10);
    }
    assert_sound(&engine);
}

#[test]
fn memory_is_bounded_and_the_same_index_comes_of_it() {
    let options = Options {
        cache_bytes: 256 << 10,
        ..Options::default()
    };
    let vfs = Arc::new(MemoryVfs::new());
    let engine = open(vfs.clone(), options);
    fill(&engine);
    engine.checkpoint().expect("done");
    let most = Cell::new(0);
    let mut build = begin(&engine, &["a", "X"]);
    build
        .fill(&|_| {
            most.set(most.get().max(engine.stats().dirty_bytes));
            Ok(())
        })
        .expect("filled");
    // A sixteenth of the cache, and what a batch of entries makes.
    assert!((1..400 << 10).contains(&most.get()), "{}", most.get());
    let (published, _) = finish(&engine, build);
    published.expect("published");
    assert_sound(&engine);
    let online = dump(&engine.snapshot(), "things");
    // Under the commit lock.
    let mut txn = engine.begin_write().expect("writable");
    for name in ["a", "X"] {
        let things = txn.collection("things").expect("there");
        txn.drop_index(&things, things.index(name).expect("there"));
        let things = txn.collection("things").expect("there");
        let made = txn.create_index(&things, name, false, name.as_bytes(), &|_| Ok(()));
        assert!(made.expect("built").is_none());
    }
    engine.wait(txn.commit()).expect("durable");
    assert!(dump(&engine.snapshot(), "things") == online);
    assert_sound(&engine);
    // And of the log.
    drop(engine);
    let engine = open(vfs, Options::default());
    assert!(dump(&engine.snapshot(), "things") == online);
    assert_sound(&engine);
}

#[test]
fn a_document_that_an_index_cannot_hold_ends_its_build() {
    let engine = open(Arc::new(MemoryVfs::new()), Options::default());
    fill(&engine);
    let mut build = begin(&engine, &["a"]);
    build.fill(&|_| Ok(())).expect("filled");
    put(&engine, 7, b"a! b");
    let txn = engine.begin_write().expect("writable");
    let error = build.settle(&txn).err().expect("refused");
    assert_eq!(error.kind(), ErrorKind::Derive);
    drop((txn, build));
    let mut build = begin(&engine, &["b"]);
    build.fill(&|_| Ok(())).expect("filled");
    finish(&engine, build).0.expect("published");
    let build = begin(&engine, &["a"]).fill(&|_| Ok(())).err();
    assert_eq!(build.map(|error| error.kind()), Some(ErrorKind::Derive));
    assert_sound(&engine);
}

#[test]
fn a_full_disk_ends_the_build_and_nothing_else() {
    let disk = SimVfs::new();
    let options = Options {
        cache_bytes: 256 << 10,
        ..Options::default()
    };
    let engine = open(Arc::new(disk.clone()), options);
    fill(&engine);
    engine.checkpoint().expect("done");
    let used: usize = disk
        .paths()
        .iter()
        .map(|path| disk.contents(path).map_or(0, |bytes| bytes.len()))
        .sum();
    disk.set_capacity(Some(used as u64 + (64 << 10)));
    let mut build = begin(&engine, &["a"]);
    let error = build.fill(&|_| Ok(())).err().expect("the disk is full");
    assert_eq!(error.kind(), ErrorKind::Full);
    drop(build);
    assert!(disk.paths().iter().all(|path| !path.ends_with(".idx")));
    disk.set_capacity(None);
    put(&engine, 1, b"a1");
    engine.checkpoint().expect("done");
    let mut build = begin(&engine, &["a"]);
    build.fill(&|_| Ok(())).expect("filled");
    finish(&engine, build).0.expect("published");
    assert_sound(&engine);
}

#[test]
fn a_build_that_is_given_up_leaves_the_account_of_memory_as_it_was() {
    let engine = open(Arc::new(MemoryVfs::new()), Options::default());
    fill(&engine);
    engine.checkpoint().expect("done");
    let before = engine.stats().dirty_bytes;
    for steps in [10, 6000, 9000] {
        let left = Cell::new(steps);
        let mut build = begin(&engine, &["a"]);
        let filled = build.fill(&|_| {
            left.set(left.get() - 1);
            match left.get() {
                0 => Err(Error::new(ErrorKind::Interrupted, "stopped")),
                _ => Ok(()),
            }
        });
        assert!(filled.is_err());
        drop(build);
        assert_eq!(engine.stats().dirty_bytes, before);
        assert_eq!(engine.files.read().len(), 1);
    }
    // Somebody else was quicker.
    let mut build = begin(&engine, &["a"]);
    build.fill(&|_| Ok(())).expect("filled");
    let mut txn = engine.begin_write().expect("writable");
    let things = txn.collection("things").expect("there");
    let made = txn.create_index(&things, "a", false, b"a", &|_| Ok(()));
    assert!(made.expect("built").is_none());
    engine.wait(txn.commit()).expect("durable");
    let (published, _) = finish(&engine, build);
    assert_eq!(
        published.err().map(|error| error.kind()),
        Some(ErrorKind::Exists)
    );
    assert_eq!(engine.files.read().len(), 2);
    assert_sound(&engine);
}
