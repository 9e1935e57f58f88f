//! Building indexes while everybody works on.
//!
//! The indexes are filled from a version, into files that no catalog names and of which no log tells, so that whatever ends the build
//! leaves nothing but files to remove. Then they follow the documents: what has changed since that version is what the
//! collection's tree and its newer version differ in, and these share all pages that did not change (`btree/compare.rs`). So
//! writers need not know of the build, and what was rolled back is never seen. Each round has less to do than the one
//! before; the later ones hold writers up while they work, a batch at a time. The last round is one batch under the commit lock, and
//! the commit that it belongs to makes the indexes known. Replaying that commit builds them of the documents that it finds.
//!
//! A unique index refuses nobody before it is there. Keys that two documents had at some time are remembered, and looked at
//! once more at the end.
//!
//! Invariants: between two rounds every target holds exactly the entries of the documents of `base`; the pages of a target are
//! private (`PrivatePages::unlisted`) until `publish` gives them to the newest state, all at once.

use std::cell::Cell;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::MutexGuard;

use super::Engine;
use super::fill::{Load, Repeated};
use super::schema::StepFn;
use super::write::{Duplicate, Ground, WriteTxn, index_entry};
use crate::storage::btree::compare::{Comparison, Found, MOST_LEAVES};
use crate::storage::btree::edit::{Changes, Edit, PrivatePages};
use crate::storage::btree::walk::Walk;
use crate::storage::btree::{Tree, TreeRef};
use crate::storage::catalog::{Collection, Index};
use crate::storage::derive::KeySet;
use crate::storage::error::{Error, ErrorKind, Result};
use crate::storage::page::{self, Lsn, TreeId};
use crate::storage::snapshot::Version;
use crate::storage::wal::operation::Operation;

/// Pages made are written to their places when they have so many bytes, fewer where the page cache is small.
const WRITE_BYTES: usize = 4 << 20;
/// Changed documents dealt with at a time; what writers wait for when they are held up.
const BATCH: usize = 256;
/// The last round begins when the one before had no more changes than this.
const FEW: u64 = BATCH as u64;
/// Rounds that hold nobody up, and rounds at most before the last.
const FREE_ROUNDS: u32 = 4;
const MOST_ROUNDS: u32 = 64;
/// Times that the last round is begun; in the last of them writers wait for whatever there is to do.
const MOST_ATTEMPTS: u32 = 8;
/// Steps between two looks whether the collection is still there.
const LOOK_EVERY: u32 = 256;
/// How often one who waits for another build looks whether to go on waiting.
const PATIENCE: Duration = Duration::from_millis(20);

/// An index to be made.
pub struct NewIndex {
    pub name: String,
    pub unique: bool,
    pub spec: Vec<u8>,
}

/// What a build did.
#[derive(Clone, Copy, Debug, Default)]
pub struct BuildFigures {
    /// Entries that the version it began with has.
    pub entries: u64,
    /// Rounds that followed the documents, the last included.
    pub rounds: u32,
    /// Changed documents in them ...
    pub followed: u64,
    /// ... and the most for which writers had to wait at a time.
    pub most_under_lock: u64,
}

/// Indexes of one collection that are being built. Dropped, it removes what was made.
pub struct IndexBuild<'e> {
    engine: &'e Engine,
    collection: TreeId,
    /// What the targets are the indexes of.
    base: Arc<Version>,
    /// Of their pages.
    birth: Lsn,
    targets: Vec<Target>,
    /// The version that the last round was on its way to, and from where on it is not there.
    rest: Option<(Arc<Version>, Vec<u8>)>,
    /// Times that the last round was begun.
    attempts: u32,
    figures: BuildFigures,
}

/// What came of the last round, under the commit lock.
pub enum Settled {
    /// The indexes are what the documents say: `publish` them.
    Ready,
    /// Two documents share a key of a unique index: the build is to be dropped.
    Refused(Duplicate),
    /// There is more to do than writers should wait for: let go of the transaction, `go_on`, and try again.
    Behind,
}

struct Target {
    index: Arc<Index>,
    tree: Tree,
    repeated: Repeated,
    is_published: bool,
}

impl Engine {
    /// Waits for the one who builds indexes. `step` is called now and then; its error ends the waiting.
    pub fn begin_builds(&self, step: &StepFn<'_>) -> Result<MutexGuard<'_, ()>> {
        loop {
            if let Some(guard) = self.builds.try_lock_for(PATIENCE) {
                return Ok(guard);
            }
            step(0)?;
        }
    }
}

impl<'e> WriteTxn<'e> {
    /// Whether indexes of the collection are to be built beside the writers.
    pub fn builds_online(&self, collection: &Collection) -> bool {
        let most = self.engine.options.online_build_bytes;
        !self.is_statement() && self.roots.get(collection.id).bytes > most
    }

    /// Begins to build indexes of a collection as it is now. The transaction must have changed nothing, and ends.
    pub fn begin_build(
        mut self,
        collection: &Collection,
        new: Vec<NewIndex>,
    ) -> Result<IndexBuild<'e>> {
        debug_assert!(self.touched.is_empty() && self.dropped.is_empty());
        let engine = self.engine;
        let Ground::Newest(core) = &self.ground else {
            let message = "an index is built beside writers, not in a transaction";
            return Err(Error::new(ErrorKind::Argument, message));
        };
        let base = engine.hold_newest(core);
        let mut build = IndexBuild {
            engine,
            collection: collection.id,
            birth: page::private_birth(0, base.lsn),
            base,
            targets: Vec::new(),
            rest: None,
            attempts: 0,
            figures: BuildFigures::default(),
        };
        for NewIndex { name, unique, spec } in new {
            let id = self.new_tree();
            if let Ground::Newest(core) = &mut self.ground {
                // For good, whatever becomes of the build.
                core.next_tree = self.next_tree;
            }
            let file = self.new_file(id, &collection.name, Some(&name));
            let file =
                engine.files.read().get(id).cloned().ok_or_else(|| {
                    Error::new(ErrorKind::NotFound, format!("{file} is not there"))
                })?;
            build.targets.push(Target {
                index: Index::new(id, name, unique, spec, file),
                tree: Tree::default(),
                repeated: Repeated::default(),
                is_published: false,
            });
        }
        Ok(build)
    }
}

impl<'e> IndexBuild<'e> {
    pub fn figures(&self) -> BuildFigures {
        self.figures
    }

    /// Fills the indexes, and has them follow the documents until they are close behind. `step` is called for each document, with its
    /// size, for each entry, with 1, and for each document that has changed, with 0; never while anyone is held up. Its error ends the
    /// build. `Some`: so many documents share keys of a unique index that there is no hope.
    pub fn fill(&mut self, step: &StepFn<'_>) -> Result<Option<Duplicate>> {
        let (engine, base, id) = (self.engine, self.base.clone(), self.collection);
        let (steps, first) = (Cell::new(0), base.lsn);
        let step = &|bytes| {
            steps.set(steps.get() + 1);
            if steps.get() % LOOK_EVERY == 0 {
                let visible = engine.visible.read();
                if visible.lsn >= first && visible.catalog.by_id(id).is_none() {
                    return Err(gone());
                }
            }
            step(bytes)
        };
        let indexes: Vec<_> = self.targets.iter().map(|t| t.index.clone()).collect();
        let collection = base.catalog.by_id(id).ok_or_else(gone)?;
        let documents = (&*collection.file, base.tree(id));
        let sorted = engine.sort_entries(documents, &indexes, step)?;
        for (target, sorted) in self.targets.iter_mut().zip(sorted) {
            let mut load = Load::new(sorted, &target.index)?;
            self.figures.entries += load.count();
            let mut count = usize::MAX;
            while count > 0 {
                count = target.edit(self.birth, |edit, _| load.some(edit))?;
                if load.is_hopeless() {
                    return Ok(load.duplicate());
                }
                target.write(engine, self.birth)?;
                (0..count).try_for_each(|_| step(1))?;
            }
            target.repeated = target.edit(self.birth, |edit, tree| {
                let (built, repeated) = load.finish(edit)?;
                *tree = built;
                Ok(repeated)
            })?;
        }
        drop(base);
        self.catch_up(step)
    }

    /// Follows the documents once more, when `settle` found the indexes behind. As `fill` otherwise.
    pub fn go_on(&mut self, step: &StepFn<'_>) -> Result<Option<Duplicate>> {
        self.catch_up(step)
    }

    /// Follows the documents, round by round, until a round finds little to do. Goes on where `settle` has stopped.
    fn catch_up(&mut self, step: &StepFn<'_>) -> Result<Option<Duplicate>> {
        if let Some((newest, from)) = self.rest.take() {
            self.follow(newest, from, step)?;
        }
        let most = self.figures.rounds + MOST_ROUNDS;
        while self.figures.rounds < most {
            let newest = self.engine.hold_newest(&self.engine.core.lock());
            newest.catalog.by_id(self.collection).ok_or_else(gone)?;
            let before = self.figures.followed;
            self.follow(newest, Vec::new(), step)?;
            if let Some(target) = self.targets.iter().find(|t| t.repeated.is_full()) {
                return Ok(target.repeated.duplicate(&target.index));
            }
            if self.figures.followed - before <= FEW {
                break;
            }
        }
        Ok(None)
    }

    /// Brings the targets from `base` to a newer version, from a key on.
    fn follow(&mut self, newest: Arc<Version>, from: Vec<u8>, step: &StepFn<'_>) -> Result<()> {
        let holds = self.figures.rounds >= FREE_ROUNDS;
        self.figures.rounds += 1;
        let mut from = Some(from);
        while let Some(start) = from {
            let held = holds.then(|| self.engine.core.lock());
            let count;
            (from, count) = self.follow_some(newest.tree(self.collection), &start)?;
            drop(held);
            if holds {
                self.count_under_lock(count);
            }
            self.write()?;
            (0..count).try_for_each(|_| step(0))?;
        }
        self.base = newest;
        Ok(())
    }

    /// The same for some of the documents that have changed. Gives where to go on, and their number.
    fn follow_some(&mut self, newer: Tree, from: &[u8]) -> Result<(Option<Vec<u8>>, usize)> {
        let base = self.base.clone();
        let collection = base.catalog.by_id(self.collection).ok_or_else(gone)?;
        let pin = crossbeam_epoch::pin();
        let view = |tree| TreeRef {
            file: &collection.file,
            tree,
            pin: &pin,
        };
        let older = base.tree(self.collection);
        let mut comparison = Comparison::new(view(older), view(newer), from)?;
        let (mut primary, mut keys) = (Vec::new(), (KeySet::default(), KeySet::default()));
        let (mut count, mut next) = (0, None);
        let mut work = 0;
        while work < BATCH {
            match comparison.next(&mut primary)? {
                Found::End => {
                    next = None;
                    break;
                }
                Found::Nothing => {
                    work += MOST_LEAVES;
                    next = Some(primary.clone());
                }
                Found::Change { before, after } => {
                    for target in &mut self.targets {
                        self.engine.derive(&target.index, before, &mut keys.0)?;
                        self.engine.derive(&target.index, after, &mut keys.1)?;
                        target.change(self.birth, (&keys.0, &keys.1), &primary)?;
                    }
                    (work, count) = (work + 1, count + 1);
                    // The first key behind this one.
                    let next = next.get_or_insert_default();
                    next.clone_from(&primary);
                    next.push(0);
                }
            }
        }
        self.figures.followed += count as u64;
        Ok((next, count))
    }

    fn write(&self) -> Result<()> {
        let mut targets = self.targets.iter();
        targets.try_for_each(|target| target.write(self.engine, self.birth))
    }

    fn count_under_lock(&mut self, count: usize) {
        let figures = &mut self.figures;
        figures.most_under_lock = figures.most_under_lock.max(count as u64);
    }

    /// Brings the indexes to what the transaction has, which must have changed nothing, and keeps others from changing anything.
    pub fn settle(&mut self, txn: &WriteTxn<'_>) -> Result<Settled> {
        let Ground::Newest(core) = &txn.ground else {
            let message = "an index is built beside writers, not in a transaction";
            return Err(Error::new(ErrorKind::Argument, message));
        };
        debug_assert!(txn.touched.is_empty());
        txn.catalog().by_id(self.collection).ok_or_else(gone)?;
        if self.rest.is_some() {
            return Ok(Settled::Behind);
        }
        self.attempts += 1;
        let newest = self.engine.hold_newest(core);
        let mut from = Vec::new();
        let mut all = 0;
        loop {
            let (next, count) = self.follow_some(newest.tree(self.collection), &from)?;
            all += count;
            self.count_under_lock(all);
            match next {
                None => break,
                Some(next) if self.attempts < MOST_ATTEMPTS => {
                    self.rest = Some((newest, next));
                    return Ok(Settled::Behind);
                }
                Some(next) => from = next,
            }
            self.write()?;
        }
        self.figures.rounds += 1;
        self.base = newest;
        for target in self.targets.iter().filter(|target| target.index.unique) {
            for key in target.repeated.keys() {
                let holders = target.holders(key)?;
                if let Some((holder, other)) = holders {
                    let index = Some(target.index.clone());
                    return Ok(Settled::Refused(Duplicate {
                        index,
                        holder,
                        other,
                    }));
                }
            }
        }
        Ok(Settled::Ready)
    }

    /// Makes the indexes known, as the commit that `txn` becomes; those not `wanted` any more are left out. They must have been settled
    /// in it. Gives the commit to wait for.
    pub fn publish(mut self, mut txn: WriteTxn<'e>, wanted: &[bool]) -> Result<Lsn> {
        let found = txn.catalog().by_id(self.collection).cloned();
        let mut collection = Collection::clone(&*found.ok_or_else(gone)?);
        let targets = self.targets.iter().zip(wanted);
        for target in targets.filter_map(|(target, wanted)| wanted.then_some(target)) {
            let name = &target.index.name;
            if collection.index(name).is_some() {
                let message = format!("index {name:?} exists already on {:?}", collection.name);
                return Err(Error::new(ErrorKind::Exists, message));
            }
            collection.indexes.push(target.index.clone());
        }
        let targets = self.targets.iter_mut().zip(wanted);
        for target in targets.filter_map(|(target, wanted)| wanted.then_some(target)) {
            let index = &target.index;
            txn.log(&Operation::CreateIndex {
                tree: index.id,
                collection: self.collection,
                unique: index.unique,
                name: &index.name,
                file: &index.file.name,
                page_size: index.file.page_size as u32,
                spec: &index.spec,
            });
            // There is no way back from here on.
            target.is_published = true;
            if let Err(error) = index.file.adopt_all(self.birth) {
                self.engine.poison(&error);
                return Err(error);
            }
            txn.roots.set(index.id, target.tree);
            txn.touched.insert(index.id);
        }
        txn.catalog.put(collection);
        Ok(txn.commit())
    }
}

impl Drop for IndexBuild<'_> {
    fn drop(&mut self) {
        let pin = crossbeam_epoch::pin();
        for target in self.targets.iter().filter(|target| !target.is_published) {
            target.index.file.discard_private(self.birth, &pin);
            self.engine.forget_file(target.index.id);
        }
    }
}

impl Target {
    fn edit<T>(
        &mut self,
        birth: Lsn,
        change: impl FnOnce(&mut Edit<'_>, &mut Tree) -> Result<T>,
    ) -> Result<T> {
        let pin = crossbeam_epoch::pin();
        let mut changes = Changes {
            private: Some(PrivatePages::unlisted()),
            ..Changes::default()
        };
        let mut edit = Edit {
            file: &self.index.file,
            birth,
            floor: birth,
            pin: &pin,
            changes: &mut changes,
        };
        change(&mut edit, &mut self.tree)
    }

    /// Writes the pages made to their places when they are many. What fails is the build: nothing refers to the file.
    fn write(&self, engine: &Engine, birth: Lsn) -> Result<()> {
        let file = &self.index.file;
        if file.private_bytes(birth) < WRITE_BYTES.min(engine.options.cache_bytes / 16) {
            return Ok(());
        }
        file.write_private(birth)
    }

    /// A document has other keys.
    fn change(
        &mut self,
        birth: Lsn,
        (before, after): (&KeySet, &KeySet),
        primary: &[u8],
    ) -> Result<()> {
        let mut entry = Vec::new();
        if self.index.unique {
            for new in after.iter().filter(|new| !before.contains(new)) {
                if let Some(holder) = self.first_holders(new)?.into_iter().find(|h| h != primary) {
                    self.repeated.add(new, &holder, primary);
                }
            }
        }
        self.edit(birth, |edit, tree| {
            for old in before.iter().filter(|old| !after.contains(old)) {
                index_entry(&mut entry, old, primary);
                edit.delete(tree, &entry)?;
            }
            for new in after.iter().filter(|new| !before.contains(new)) {
                index_entry(&mut entry, new, primary);
                edit.put(tree, &entry, &(primary.len() as u16).to_le_bytes())?;
            }
            tree.flags |= after.flags();
            Ok(())
        })
    }

    /// The primary keys of two documents that have a key.
    fn holders(&self, key: &[u8]) -> Result<Option<(Vec<u8>, Vec<u8>)>> {
        let mut holders = self.first_holders(key)?.into_iter();
        Ok(holders.next().zip(holders.next()))
    }

    /// The primary keys of the first two documents that have a key.
    fn first_holders(&self, key: &[u8]) -> Result<Vec<Vec<u8>>> {
        let pin = crossbeam_epoch::pin();
        let mut walk = Walk::new(TreeRef {
            file: &self.index.file,
            tree: self.tree,
            pin: &pin,
        });
        let (mut holders, mut entry) = (Vec::new(), Vec::new());
        let mut more = walk.seek(key)?;
        while more && holders.len() < 2 {
            walk.key_into(&mut entry);
            match entry.strip_prefix(key) {
                Some(primary) => holders.push(primary.to_vec()),
                None => break,
            }
            more = walk.next()?;
        }
        Ok(holders)
    }
}

fn gone() -> Error {
    Error::new(ErrorKind::BuildAborted, "collection dropped")
}
