//! What a deriver that changes its mind, and trees changed behind its back, make of a database: verify says what and where.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use super::*;
use crate::storage::btree::edit::{Changes, Edit};
use crate::storage::catalog::Index;
use crate::storage::derive::{CompiledIndex, IndexDeriver, KeySet, MULTIKEY};
use crate::storage::engine::{Engine, Options};
use crate::storage::vfs::memory::MemoryVfs;

/// The first bytes of a document are its key; how many can be changed.
struct Prefixes(Arc<AtomicU8>);

struct Prefix(Arc<AtomicU8>);

impl IndexDeriver for Prefixes {
    fn compile(&self, _: &[u8]) -> anyhow::Result<Arc<dyn CompiledIndex>> {
        Ok(Arc::new(Prefix(self.0.clone())))
    }
}

impl CompiledIndex for Prefix {
    fn derive(&self, document: &[u8], out: &mut KeySet) -> anyhow::Result<()> {
        let length = usize::from(self.0.load(Ordering::Relaxed));
        out.push(&document[..length.min(document.len())]);
        if length > 4 {
            out.set_flags(MULTIKEY);
        }
        Ok(())
    }
}

struct Plain;

impl Examiner for Plain {
    fn step(&self, _: usize) -> Result<()> {
        Ok(())
    }

    fn document(&self, _: &Collection, _: &[u8], document: &[u8]) -> Option<String> {
        document.ends_with(b"bad").then(|| "it is bad".into())
    }

    fn shown(&self, document: &[u8]) -> String {
        String::from_utf8_lossy(document).into_owned()
    }
}

fn engine(length: &Arc<AtomicU8>) -> Arc<Engine> {
    let options = Options {
        page_size: 4096,
        background: false,
        mapped: false,
        ..Options::default()
    };
    Engine::open(
        Arc::new(MemoryVfs::new()),
        options,
        Arc::new(Prefixes(length.clone())),
    )
    .unwrap()
}

/// A hundred documents, the first of which is short.
fn fill(engine: &Engine, unique: bool) {
    let mut txn = engine.begin_write().unwrap();
    let things = txn.create_collection("things", &[]).unwrap();
    let never = &|_| Ok(());
    assert!(
        txn.create_index(&things, "i", unique, b"", never)
            .unwrap()
            .is_none()
    );
    let things = txn.collection("things").unwrap();
    for n in 100..200 {
        let document = format!("{n}-document");
        txn.put(&things, format!("k{n}").as_bytes(), document.as_bytes())
            .unwrap();
    }
    let lsn = txn.commit();
    engine.wait(lsn).unwrap();
}

fn kinds(engine: &Engine) -> Vec<(ProblemKind, u64)> {
    let mut findings = Findings::new(1000);
    engine.verify(&Plain, &mut findings).unwrap();
    let mut kinds: Vec<(ProblemKind, u64)> = Vec::new();
    for problem in &findings.problems {
        match kinds.iter_mut().find(|(kind, _)| *kind == problem.kind) {
            Some((_, count)) => *count += 1,
            None => kinds.push((problem.kind, 1)),
        }
    }
    assert_eq!(findings.problems.len() as u64, findings.count);
    kinds
}

#[test]
fn indexes_that_are_not_what_the_documents_say_are_told_both_ways() {
    let length = Arc::new(AtomicU8::new(3));
    let engine = engine(&length);
    fill(&engine, false);
    assert_eq!(kinds(&engine), []);
    length.store(2, Ordering::Relaxed);
    let both = [
        (ProblemKind::MissingIndexEntry, 100),
        (ProblemKind::ExtraIndexEntry, 100),
    ];
    assert_eq!(kinds(&engine), both);
    length.store(5, Ordering::Relaxed);
    let flag = (ProblemKind::Tree, 1);
    assert_eq!(kinds(&engine), [both[0], flag, both[1]]);
    length.store(3, Ordering::Relaxed);
    let mut few = Findings::new(1);
    engine.verify(&Plain, &mut few).unwrap();
    assert!(few.is_valid());
}

#[test]
fn bad_documents_and_broken_uniqueness_are_told() {
    let length = Arc::new(AtomicU8::new(3));
    let engine = engine(&length);
    fill(&engine, true);
    let mut txn = engine.begin_write().unwrap();
    let things = txn.collection("things").unwrap();
    txn.put(&things, b"k300", b"300 is bad").unwrap();
    engine.wait(txn.commit()).unwrap();
    // Its index entry is not taken for one too many: nobody knows what a bad document gives.
    assert_eq!(kinds(&engine), [(ProblemKind::Document, 1)]);

    let other = super::super::engine::Engine::snapshot(&engine);
    let index: Arc<Index> = other.catalog.get("things").unwrap().indexes[0].clone();
    drop(other);
    change(&engine, &index, b"100k999");
    assert_eq!(
        kinds(&engine),
        [
            (ProblemKind::Duplicate, 1),
            (ProblemKind::Tree, 1),
            (ProblemKind::Document, 1),
            (ProblemKind::ExtraIndexEntry, 1),
        ]
    );
}

/// Puts an entry into an index in place, which no operation does; the tree's counts stay as they were.
fn change(engine: &Engine, index: &Index, entry: &[u8]) {
    let version = engine.snapshot();
    let mut tree = version.tree(index.id);
    assert_eq!(tree.level, 0, "a change in place, so that the root stays");
    let pin = crossbeam_epoch::pin();
    let mut changes = Changes::default();
    let mut edit = Edit {
        file: &index.file,
        birth: version.lsn,
        floor: 0,
        pin: &pin,
        changes: &mut changes,
    };
    let root = tree.root;
    edit.put(&mut tree, entry, &4u16.to_le_bytes()).unwrap();
    assert_eq!(tree.root, root);
}
