//! The running transaction: documents in, index entries kept in step, all or nothing.
//!
//! As a rule it holds the commit lock, so there is one at a time, and works on a private value of the roots; dropping it without `commit`
//! undoes everything (but see `share_pages`). Within a transaction that runs beside others (`transaction.rs`) it is one statement: it works on that one's
//! state, which keeps what it did even when it is dropped. Every refusal (duplicate key, document that cannot be indexed) comes
//! before the first change, so that a caller may go on with the next document.
//!
//! Invariant: data and index change in the same transaction, here as in replay (`replay.rs`).

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use parking_lot::{MappedMutexGuard, MutexGuard};

use super::publish::conflict;
use super::transaction::{Fork, Transaction};
use super::{Core, Durability, Engine};
use crate::failpoint::{Point, hit};
use crate::storage::btree::edit::{Changes, Edit};
use crate::storage::btree::walk::Walk;
use crate::storage::btree::{Tree, TreeRef};
use crate::storage::catalog::{Catalog, Collection, Index};
use crate::storage::derive::KeySet;
use crate::storage::difference;
use crate::storage::error::{Error, ErrorKind, Result};
use crate::storage::page::{Lsn, TreeId};
use crate::storage::pager::file::PageFile;
use crate::storage::roots::Roots;
use crate::storage::snapshot::Version;
use crate::storage::wal::group::{Mark, PartsNumber};
use crate::storage::wal::operation::Operation;

/// Bytes that a patch takes in the log beyond a put: its checksum. Less saved is not worth what replaying it costs.
const PATCH_OVERHEAD: usize = 16;

const SPINS: u32 = 100;
const YIELDS: u32 = 4;

/// Why a document was refused: another one has the key.
#[derive(Clone)]
pub struct Duplicate {
    /// The unique index; `None`: the primary key.
    pub index: Option<Arc<Index>>,
    /// The primary key of the document that has it.
    pub holder: Vec<u8>,
    /// The primary key of the document that was refused.
    pub other: Vec<u8>,
}

/// Buffers that are used again from commit to commit.
#[derive(Default)]
pub(super) struct Scratch {
    /// For each index, the keys of the document before and after.
    before: Vec<KeySet>,
    after: Vec<KeySet>,
    entry: Vec<u8>,
    /// What a document's new value differs in.
    steps: Vec<u8>,
}

/// What a transaction works on.
pub(super) enum Ground<'e> {
    /// The newest commit.
    Newest(MutexGuard<'e, Core>),
    /// The state of a transaction that runs beside others.
    Fork(MappedMutexGuard<'e, Fork>),
}

/// The running transaction, or a statement of an open one.
pub struct WriteTxn<'e> {
    pub(super) engine: &'e Engine,
    pub(super) ground: Ground<'e>,
    /// The commit that it will be; of a statement, the version that its transaction began with.
    pub(super) lsn: Lsn,
    /// Of its pages.
    birth: Lsn,
    /// As in `Edit`.
    floor: Lsn,
    pub(super) roots: Roots,
    pub(super) catalog: Catalog,
    pub(super) changes: Changes,
    pub(super) touched: BTreeSet<TreeId>,
    pub(super) created: BTreeSet<TreeId>,
    pub(super) dropped: Vec<TreeId>,
    pub(super) next_tree: TreeId,
    /// Where this commit's record starts; `None` in replay and in statements, which do not write to the log.
    mark: Option<Mark>,
    /// The log has been told already what is being done.
    pub(super) is_logged: bool,
    finished: bool,
    /// A change failed half-way; nothing of the transaction may be committed.
    broken: bool,
    /// The documents written, for `RecentWrites`.
    claimed: Vec<u64>,
}

impl Engine {
    /// Starts a transaction; waits for the one that is running.
    pub fn begin_write(&self) -> Result<WriteTxn<'_>> {
        self.check_writable()?;
        let core = self.lock_core();
        self.begin_with(core)
    }

    fn begin_with<'e>(&'e self, mut core: MutexGuard<'e, Core>) -> Result<WriteTxn<'e>> {
        // A write may have failed while this one waited.
        self.check_writable()?;
        let mark = core.pending.begin();
        let lsn = core.lsn + 1;
        Ok(WriteTxn::new(self, core, lsn, Some(mark)))
    }

    /// The same, but does not wait longer than `patience` for the one that is running; `None` if it still is.
    pub fn begin_write_within(&self, patience: Duration) -> Result<Option<WriteTxn<'_>>> {
        self.check_writable()?;
        match self.core.try_lock_for(patience) {
            Some(core) => self.begin_with(core).map(Some),
            None => Ok(None),
        }
    }

    /// Takes the commit lock. It is held for a few microseconds as a rule, less than it takes to put a thread to sleep and
    /// wake it: so wait awake first, and let others run next.
    fn lock_core(&self) -> MutexGuard<'_, Core> {
        for attempt in 0..SPINS + YIELDS {
            if let Some(core) = self.core.try_lock() {
                return core;
            }
            if attempt < SPINS {
                std::hint::spin_loop()
            } else {
                std::thread::yield_now()
            }
        }
        self.core.lock()
    }

    /// Starts a statement of an open transaction; waits for the one that is running. The transaction must be entered.
    pub fn write_in<'e>(&'e self, transaction: &'e Transaction) -> Result<WriteTxn<'e>> {
        self.check_writable()?;
        let mut fork = self.fork_for_writing(transaction)?;
        let (lsn, birth) = (fork.base.lsn, fork.birth);
        let (roots, catalog) = (fork.roots.clone(), fork.catalog.clone());
        Ok(WriteTxn {
            engine: self,
            lsn,
            birth,
            floor: birth,
            roots,
            catalog,
            changes: std::mem::take(&mut fork.changes),
            touched: std::mem::take(&mut fork.touched),
            created: std::mem::take(&mut fork.created),
            dropped: Vec::new(),
            next_tree: 0,
            mark: None,
            is_logged: false,
            finished: false,
            broken: false,
            claimed: Vec::new(),
            ground: Ground::Fork(fork),
        })
    }

    /// The transaction that replays the log up to `last`.
    pub(super) fn begin_replay(&self, last: Lsn) -> WriteTxn<'_> {
        WriteTxn::new(self, self.core.lock(), last, None)
    }
}

impl<'e> WriteTxn<'e> {
    fn new(
        engine: &'e Engine,
        core: MutexGuard<'e, Core>,
        lsn: Lsn,
        mark: Option<Mark>,
    ) -> WriteTxn<'e> {
        WriteTxn {
            engine,
            lsn,
            birth: lsn,
            floor: lsn,
            roots: core.roots.clone(),
            catalog: core.catalog.clone(),
            changes: Changes::default(),
            touched: BTreeSet::new(),
            created: BTreeSet::new(),
            dropped: Vec::new(),
            next_tree: core.next_tree,
            mark,
            is_logged: mark.is_none(),
            finished: false,
            broken: false,
            claimed: Vec::new(),
            ground: Ground::Newest(core),
        }
    }

    /// For a transaction that changes one document: pages of the commits that wait to be synced together are changed in place
    /// rather than copied for each. Such a change cannot be undone: if it fails half-way, where a page turns out to be
    /// unreadable, the database is poisoned. Damage on the way to the document and its index entries is found before.
    pub fn share_pages(&mut self) {
        if let Ground::Newest(_) = self.ground {
            self.floor = self.engine.settled.load(Ordering::Relaxed) + 1;
        }
    }

    fn shares_pages(&self) -> bool {
        self.floor < self.birth
    }

    /// The collection of that name, as this transaction sees it.
    pub fn collection(&self, name: &str) -> Option<Arc<Collection>> {
        self.catalog.get(name).cloned()
    }

    pub fn catalog(&self) -> &Catalog {
        &self.catalog
    }

    /// The commit that this transaction builds on.
    pub fn base(&self) -> Lsn {
        match &self.ground {
            Ground::Newest(_) => self.lsn - 1,
            Ground::Fork(_) => self.lsn,
        }
    }

    /// Whether it is a statement of an open transaction.
    pub fn is_statement(&self) -> bool {
        matches!(self.ground, Ground::Fork(_))
    }

    /// Whether the tree was made in this transaction.
    pub fn has_made(&self, tree: TreeId) -> bool {
        self.created.contains(&tree)
    }

    /// Bytes that the commit will take in the log, by which long operations end one commit and begin the next. A statement ends
    /// none.
    pub fn logged_bytes(&self) -> usize {
        match (&self.ground, self.mark) {
            (Ground::Newest(core), Some(mark)) => core.pending.len_since(mark),
            _ => 0,
        }
    }

    /// Whether a change failed half-way, so that the transaction must be dropped. A document that was refused does not break it.
    pub fn is_broken(&self) -> bool {
        self.broken
    }

    /// The trees as this transaction sees them.
    pub fn roots(&self) -> &Roots {
        &self.roots
    }

    /// A tree as this transaction sees it. Must not be kept over a change.
    pub fn view<'a>(
        &self,
        id: TreeId,
        file: &'a PageFile,
        pin: &'a crossbeam_epoch::Guard,
    ) -> TreeRef<'a> {
        TreeRef {
            file,
            tree: self.roots.get(id),
            pin,
        }
    }

    pub(super) fn log(&mut self, operation: &Operation<'_>) {
        if self.is_logged {
            return;
        }
        operation.encode(match &mut self.ground {
            Ground::Newest(core) => core.pending.operations(),
            Ground::Fork(fork) => &mut fork.operations,
        });
    }

    /// Writes operations to the log, which are then to be done; they are not written once more. Before them come the parts
    /// that are in the log already.
    pub(super) fn log_all(&mut self, parts: Option<PartsNumber>, operations: &[u8]) {
        if let (Ground::Newest(core), Some(mark)) = (&mut self.ground, self.mark) {
            if let Some(number) = parts {
                core.pending.ends_parts(mark, number);
            }
            core.pending.operations().extend_from_slice(operations);
        }
        self.is_logged = true;
    }

    /// Adds a document that must be new.
    pub fn insert(
        &mut self,
        collection: &Collection,
        key: &[u8],
        document: &[u8],
    ) -> Result<Option<Duplicate>> {
        let pin = crossbeam_epoch::pin();
        if self
            .view(collection.id, &collection.file, &pin)
            .get(key)?
            .is_some()
        {
            let (holder, other) = (key.to_vec(), key.to_vec());
            return Ok(Some(Duplicate {
                index: None,
                holder,
                other,
            }));
        }
        self.apply(collection, key, None, Some(document))
    }

    /// Sets the document of `key`, whether or not there is one.
    pub fn put(
        &mut self,
        collection: &Collection,
        key: &[u8],
        document: &[u8],
    ) -> Result<Option<Duplicate>> {
        let pin = crossbeam_epoch::pin();
        let before = self.view(collection.id, &collection.file, &pin).get(key)?;
        self.apply(collection, key, before, Some(document))
    }

    /// Sets a document that is there as a difference to what it was; fails if it is not the one that the difference was made for.
    pub(super) fn patch(
        &mut self,
        collection: &Collection,
        key: &[u8],
        checksum: u32,
        steps: &[u8],
    ) -> Result<Option<Duplicate>> {
        let pin = crossbeam_epoch::pin();
        let before = self.view(collection.id, &collection.file, &pin).get(key)?;
        let mut after = Vec::new();
        let fits = before
            .and_then(|before| difference::apply(before, steps, &mut after))
            .is_some_and(|()| crc32c::crc32c(&after) == checksum);
        if !fits {
            let name = &collection.name;
            let message = format!("a change of a document in {name:?} does not fit what is there");
            return Err(Error::new(ErrorKind::Corrupt, message));
        }
        self.apply(collection, key, before, Some(&after))
    }

    /// Removes a document. Whether it was there.
    pub fn delete(&mut self, collection: &Collection, key: &[u8]) -> Result<bool> {
        let pin = crossbeam_epoch::pin();
        let before = self.view(collection.id, &collection.file, &pin).get(key)?;
        if before.is_some() {
            self.apply(collection, key, before, None)?;
        }
        Ok(before.is_some())
    }

    /// The one place where documents and index entries change.
    fn apply(
        &mut self,
        collection: &Collection,
        key: &[u8],
        before: Option<&[u8]>,
        after: Option<&[u8]>,
    ) -> Result<Option<Duplicate>> {
        let mut scratch = std::mem::take(self.scratch());
        let result = self.apply_with(&mut scratch, collection, key, before, after);
        *self.scratch() = scratch;
        if let Ground::Fork(fork) = &mut self.ground {
            let relieved = self.engine.relieve_operations(fork);
            relieved.and_then(|()| self.relieve_own())?;
        }
        result
    }

    fn scratch(&mut self) -> &mut Scratch {
        match &mut self.ground {
            Ground::Newest(core) => &mut core.scratch,
            Ground::Fork(fork) => &mut fork.scratch,
        }
    }

    /// Tells open transactions of a document that is about to be written; refuses a statement that comes too late for it.
    #[inline]
    fn claim(&mut self, tree: TreeId, key: &[u8]) -> Result<()> {
        let recent = &self.engine.recent;
        match &self.ground {
            Ground::Newest(_) if recent.is_on() => self.claimed.push(recent.hash(tree, key)),
            Ground::Newest(_) => {}
            Ground::Fork(fork) => {
                if recent.is_written_since(fork.base.lsn, tree, key) == Some(true) {
                    return Err(conflict("the document was changed by another operation"));
                }
            }
        }
        Ok(())
    }

    fn apply_with(
        &mut self,
        scratch: &mut Scratch,
        collection: &Collection,
        key: &[u8],
        before: Option<&[u8]>,
        after: Option<&[u8]>,
    ) -> Result<Option<Duplicate>> {
        self.claim(collection.id, key)?;
        let count = collection.indexes.len();
        if scratch.before.len() < count {
            scratch.before.resize_with(count, KeySet::default);
            scratch.after.resize_with(count, KeySet::default);
        }
        for (position, index) in collection.indexes.iter().enumerate() {
            let keys = (&mut scratch.before[position], &mut scratch.after[position]);
            self.derive_both(index, (before, after), keys)?;
            if index.unique
                && let Some(duplicate) = self.find_duplicate(
                    index,
                    &scratch.before[position],
                    &scratch.after[position],
                    key,
                )?
            {
                return Ok(Some(duplicate));
            }
        }
        if self.shares_pages() {
            self.look_ahead(scratch, collection, key)?;
        }
        match after {
            Some(value) => {
                self.log_value(&mut scratch.steps, collection.id, key, before, value);
            }
            None => self.log(&Operation::Delete {
                tree: collection.id,
                key,
            }),
        }
        self.set_document(collection, key, after)?;
        hit(Point::Writing);
        for (position, index) in collection.indexes.iter().enumerate() {
            let (before, after) = (&scratch.before[position], &scratch.after[position]);
            if before.is_empty() && after.is_empty() && after.flags() == 0 {
                continue;
            }
            let entry = &mut scratch.entry;
            self.edit(index.id, &index.file, |edit, tree| {
                tree.flags |= after.flags();
                each_difference(before, after, |is_new, index_key| {
                    index_entry(entry, index_key, key);
                    match is_new {
                        true => edit.put(tree, entry, &(key.len() as u16).to_le_bytes()),
                        false => edit.delete(tree, entry).map(|_| ()),
                    }
                })
            })?;
        }
        Ok(None)
    }

    /// Sets or removes a document. Its index entries are the caller's business.
    pub(super) fn set_document(
        &mut self,
        collection: &Collection,
        key: &[u8],
        document: Option<&[u8]>,
    ) -> Result<()> {
        let flags = self.engine.deriver.primary_flags(key);
        self.edit(
            collection.id,
            &collection.file,
            |edit, tree| match document {
                Some(value) => {
                    tree.flags |= flags;
                    edit.put(tree, key, value)
                }
                None => edit.delete(tree, key).map(|_| ()),
            },
        )
    }

    /// Logs what becomes of a document: as a difference to what it was, if that is shorter.
    fn log_value(
        &mut self,
        steps: &mut Vec<u8>,
        tree: TreeId,
        key: &[u8],
        before: Option<&[u8]>,
        value: &[u8],
    ) {
        if self.is_logged {
            return;
        }
        steps.clear();
        steps.shrink_to(1 << 16);
        if let Some(before) = before {
            difference::write(before, value, steps);
            if steps.len() + PATCH_OVERHEAD < value.len() {
                let checksum = crc32c::crc32c(value);
                return self.log(&Operation::Patch {
                    tree,
                    key,
                    checksum,
                    steps,
                });
            }
        }
        self.log(&Operation::Put { tree, key, value });
    }

    /// Reads the pages that a change of a document will change, while refusing it is still possible. The way to the document
    /// itself has been gone already.
    fn look_ahead(&self, scratch: &mut Scratch, collection: &Collection, key: &[u8]) -> Result<()> {
        let pin = crossbeam_epoch::pin();
        collection.file.prepare()?;
        for (position, index) in collection.indexes.iter().enumerate() {
            index.file.prepare()?;
            let entries = self.view(index.id, &index.file, &pin);
            let (before, after) = (&scratch.before[position], &scratch.after[position]);
            for changed in before.iter().chain(after.iter()) {
                index_entry(&mut scratch.entry, changed, key);
                entries.get(&scratch.entry)?;
            }
        }
        Ok(())
    }

    /// The keys of a document before and after; none where they are the same in any case.
    pub(super) fn derive_both(
        &self,
        index: &Index,
        (before, after): (Option<&[u8]>, Option<&[u8]>),
        (keys_before, keys_after): (&mut KeySet, &mut KeySet),
    ) -> Result<()> {
        if let (Some(before), Some(after)) = (before, after)
            && index
                .compiled(&*self.engine.deriver)?
                .has_same_keys(before, after)
        {
            keys_before.clear();
            keys_after.clear();
            return Ok(());
        }
        self.engine.derive(index, before, keys_before)?;
        self.engine.derive(index, after, keys_after)
    }

    /// Looks for another document that has one of the keys that are new.
    fn find_duplicate(
        &self,
        index: &Arc<Index>,
        before: &KeySet,
        after: &KeySet,
        key: &[u8],
    ) -> Result<Option<Duplicate>> {
        let pin = crossbeam_epoch::pin();
        let mut walk = Walk::new(self.view(index.id, &index.file, &pin));
        let mut found = Vec::new();
        for new in after.iter().filter(|new| !before.contains(new)) {
            let mut more = walk.seek(new)?;
            while more {
                walk.key_into(&mut found);
                let Some(holder) = found.strip_prefix(new) else {
                    break;
                };
                if holder != key {
                    let holder = holder.to_vec();
                    let index = Some(index.clone());
                    return Ok(Some(Duplicate {
                        index,
                        holder,
                        other: key.to_vec(),
                    }));
                }
                more = walk.next()?;
            }
        }
        Ok(None)
    }

    /// Changes one tree. On an error the transaction must be dropped.
    pub(super) fn edit(
        &mut self,
        id: TreeId,
        file: &PageFile,
        change: impl FnOnce(&mut Edit<'_>, &mut Tree) -> Result<()>,
    ) -> Result<()> {
        let pin = crossbeam_epoch::pin();
        let before = self.roots.get(id);
        let mut tree = before;
        let mut edit = Edit {
            file,
            birth: self.birth,
            floor: self.floor,
            pin: &pin,
            changes: &mut self.changes,
        };
        let result = change(&mut edit, &mut tree);
        self.broken |= result.is_err();
        result?;
        if tree != before {
            self.roots.set(id, tree);
        }
        self.touched.insert(id);
        Ok(())
    }

    /// Ends the transaction; its effect is in `latest`. Gives the LSN to `Engine::wait` for. Ends a statement, the effect of which is
    /// seen in its transaction.
    pub fn commit(mut self) -> Lsn {
        debug_assert!(
            !self.broken,
            "a broken transaction is dropped, not committed"
        );
        let engine = self.engine;
        let lsn = self.lsn;
        let Ground::Newest(core) = &mut self.ground else {
            // The version that the transaction began with is as safe as can be; there is nothing else to wait for yet.
            return lsn;
        };
        self.finished = true;
        if let Some(mark) = self.mark {
            if self.touched.is_empty() && self.dropped.is_empty() {
                core.pending.abandon(mark);
                return lsn - 1;
            }
            core.pending.finish(mark, lsn);
        }
        core.lsn = lsn;
        let publishes = self.mark.is_some() && engine.options.durability != Durability::Full;
        if publishes {
            engine.settle_pages(core);
        }
        for hash in self.claimed.drain(..) {
            engine.recent.enter(lsn, hash);
        }
        core.roots = self.roots.clone();
        core.catalog = self.catalog.clone();
        core.next_tree = self.next_tree;
        core.dirty.extend(&self.touched);
        for id in self.dropped.drain(..) {
            core.dirty.remove(&id);
            core.dropped.insert(id);
        }
        engine
            .registry
            .add(lsn, std::mem::take(&mut self.changes.died));
        engine.committed.store(lsn, Ordering::Release);
        if publishes {
            let roots = core.roots.clone();
            engine.publish(Version::new(
                lsn,
                roots,
                core.catalog.clone(),
                &engine.registry,
            ));
        }
        lsn
    }

    /// Undoes what the transaction did to the page files.
    fn roll_back(&mut self) -> Result<()> {
        let pin = crossbeam_epoch::pin();
        let files = self.engine.files.read();
        for death in self
            .changes
            .died
            .iter()
            .filter(|death| death.born != self.lsn)
        {
            if let Some(file) = files.get(death.tree) {
                file.revive(death.number, death.pages)?;
            }
        }
        for &(tree, number, pages) in &self.changes.born {
            if let Some(file) = files.get(tree) {
                file.release(number, pages, &pin)?;
            }
        }
        drop(files);
        for id in std::mem::take(&mut self.created) {
            self.engine.forget_file(id);
        }
        Ok(())
    }
}

impl Drop for WriteTxn<'_> {
    fn drop(&mut self) {
        if self.finished {
            return;
        }
        match &mut self.ground {
            Ground::Newest(core) => {
                if let Some(mark) = self.mark {
                    core.pending.abandon(mark);
                }
            }
            Ground::Fork(fork) => {
                fork.roots = self.roots.clone();
                fork.catalog = self.catalog.clone();
                fork.changes = std::mem::take(&mut self.changes);
                fork.touched = std::mem::take(&mut self.touched);
                fork.created = std::mem::take(&mut self.created);
                fork.is_broken |= self.broken;
                return;
            }
        }
        if self.changes.changed_shared {
            let message = "a change failed half-way, after earlier commits' pages had been changed";
            return self
                .engine
                .poison(&Error::new(ErrorKind::Poisoned, message));
        }
        if let Err(error) = self.roll_back() {
            self.engine.poison(&error);
        }
    }
}

/// The index keys that go and those that come, with whether they come.
pub(super) fn each_difference(
    before: &KeySet,
    after: &KeySet,
    mut visit: impl FnMut(bool, &[u8]) -> Result<()>,
) -> Result<()> {
    for old in before.iter().filter(|old| !after.contains(old)) {
        visit(false, old)?;
    }
    for new in after.iter().filter(|new| !before.contains(new)) {
        visit(true, new)?;
    }
    Ok(())
}

/// The key of an index entry: index key, then primary key.
pub(super) fn index_entry(out: &mut Vec<u8>, index_key: &[u8], primary: &[u8]) {
    out.clear();
    out.extend_from_slice(index_key);
    out.extend_from_slice(primary);
}
