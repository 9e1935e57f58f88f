//! Applying the log at open, as one transaction.
//!
//! Changes of documents are gathered in stretches, sorted by collection and key, and each document is changed once for all that the
//! stretch says of it; then each index's entries, sorted likewise. So a page is visited once for a stretch, where one change after
//! the other would visit it for each, and would find it made thin or written out in between when the log is long. Operations that change
//! collections or indexes end the stretch.
//!
//! Invariants: what one key goes through keeps its order; between keys none is kept, and unique keys are not looked up: one that moved
//! from a document to another may be there twice within a stretch, and the log holds only what was allowed. A stretch takes a bounded
//! amount of memory.

use std::ops::Range;

use super::Engine;
use super::write::{WriteTxn, each_difference, index_entry};
use crate::storage::catalog::{Collection, Index};
use crate::storage::derive::KeySet;
use crate::storage::difference;
use crate::storage::error::{Error, ErrorKind, Result};
use crate::storage::page::{Lsn, TreeId};
use crate::storage::wal::operation::{Operation, Operations};
use crate::storage::wal::reader::Log;

/// Bytes of a stretch, whatever the memory: places in it are 32-bit.
const MOST_STRETCH: usize = 256 << 20;
/// Bytes of index entries that are gathered before they are applied.
const MOST_ENTRIES: usize = 8 << 20;
/// Entries that are changed before memory is looked at.
const ENTRIES_AT_ONCE: usize = 256;

impl Engine {
    /// Applies the log behind the checkpoint as one transaction. `step` is called with the bytes of each commit; its error ends it.
    pub(super) fn replay(
        &self,
        log: &Log,
        checkpoint: Lsn,
        step: &dyn Fn(usize) -> Result<()>,
    ) -> Result<()> {
        if log.last == checkpoint {
            return Ok(());
        }
        let mut txn = self.begin_replay(log.last);
        let mut replay = Replay {
            txn: &mut txn,
            most: (self.options.cache_bytes / 2).min(MOST_STRETCH),
            operations: Vec::new(),
            changes: Vec::new(),
            documents: Documents::default(),
        };
        log.replay(checkpoint, |lsn, operations| {
            step(operations.len())?;
            replay.add(lsn, operations)
        })?;
        replay.apply()?;
        txn.commit();
        log::info!(
            "{}: recovered commits {} to {}",
            self.shown(),
            checkpoint + 1,
            log.last
        );
        Ok(())
    }
}

/// A change of a document.
struct Change {
    tree: TreeId,
    /// The key's first bytes, which order most keys.
    prefix: u64,
    /// Where the encoded operation and the key in it are in `Replay::operations`.
    at: u32,
    key: u32,
    key_len: u32,
    lsn: Lsn,
}

impl Change {
    fn key<'o>(&self, operations: &'o [u8]) -> &'o [u8] {
        &operations[self.key as usize..][..self.key_len as usize]
    }

    /// Compares keys that begin alike.
    fn rest_cmp(&self, other: &Change, operations: &[u8]) -> std::cmp::Ordering {
        // Padded to the same bytes, the shorter one is the lower.
        match self.key_len.max(other.key_len) as usize <= size_of_val(&self.prefix) {
            true => self.key_len.cmp(&other.key_len),
            false => self.key(operations).cmp(other.key(operations)),
        }
    }
}

struct Replay<'t, 'e> {
    txn: &'t mut WriteTxn<'e>,
    /// Bytes that a stretch may take.
    most: usize,
    /// Of the stretch, encoded.
    operations: Vec<u8>,
    changes: Vec<Change>,
    documents: Documents,
}

impl Replay<'_, '_> {
    /// Takes a commit's operations in.
    fn add(&mut self, lsn: Lsn, operations: &[u8]) -> Result<()> {
        let mut rest = Operations(operations);
        loop {
            let encoded = rest.0;
            let Some(operation) = rest.next() else {
                return Ok(());
            };
            let operation =
                operation.map_err(|reason| cannot(lsn, Error::new(ErrorKind::Corrupt, reason)))?;
            let encoded = &encoded[..encoded.len() - rest.0.len()];
            match operation {
                Operation::Put { tree, key, .. }
                | Operation::Patch { tree, key, .. }
                | Operation::Delete { tree, key } => self.gather(lsn, tree, key, encoded)?,
                _ => {
                    self.apply()?;
                    change_schema(self.txn, &operation).map_err(|e| cannot(lsn, e))?;
                }
            }
        }
    }

    fn gather(&mut self, lsn: Lsn, tree: TreeId, key: &[u8], encoded: &[u8]) -> Result<()> {
        let size = self.operations.len() + self.changes.len() * size_of::<Change>();
        if size + encoded.len() > self.most {
            self.apply()?;
        }
        let at = self.operations.len();
        self.operations.extend_from_slice(encoded);
        // The key is a part of the encoded operation.
        let key_at = key.as_ptr() as usize - encoded.as_ptr() as usize;
        let mut prefix = [0; 8];
        let known = key.len().min(prefix.len());
        prefix[..known].copy_from_slice(&key[..known]);
        self.changes.push(Change {
            tree,
            prefix: u64::from_be_bytes(prefix),
            at: at as u32,
            key: (at + key_at) as u32,
            key_len: key.len() as u32,
            lsn,
        });
        Ok(())
    }

    /// Does what was gathered.
    fn apply(&mut self) -> Result<()> {
        let operations = &self.operations;
        self.changes.sort_unstable_by(|a, b| {
            let by_key = (a.tree, a.prefix)
                .cmp(&(b.tree, b.prefix))
                .then_with(|| a.rest_cmp(b, operations));
            by_key.then(a.at.cmp(&b.at))
        });
        for of_tree in self.changes.chunk_by(|a, b| a.tree == b.tree) {
            let first = &of_tree[0];
            let collection = find(self.txn, first.tree).map_err(|e| cannot(first.lsn, e))?;
            let is_same =
                |a: &Change, b: &Change| a.prefix == b.prefix && a.rest_cmp(b, operations).is_eq();
            for changes in of_tree.chunk_by(is_same) {
                let done = self
                    .documents
                    .change(self.txn, &collection, operations, changes);
                done.and_then(|()| self.txn.relieve_own())
                    .map_err(|e| cannot(changes[0].lsn, e))?;
            }
            self.documents.finish(self.txn, &collection)?;
        }
        self.operations.clear();
        self.operations.shrink_to(self.most);
        self.changes.clear();
        Ok(())
    }
}

fn cannot(lsn: Lsn, error: Error) -> Error {
    let message = format!("commit {lsn} of the log cannot be replayed");
    Error::new(error.kind(), message).with_source(error)
}

/// The documents of one collection being changed.
#[derive(Default)]
struct Documents {
    value: Vec<u8>,
    next: Vec<u8>,
    before: KeySet,
    after: KeySet,
    /// For each index, what becomes of its entries.
    entries: Vec<Entries>,
    entry: Vec<u8>,
    /// Bytes of all entries.
    bytes: usize,
}

impl Documents {
    /// Does what was done to one document.
    fn change(
        &mut self,
        txn: &mut WriteTxn<'_>,
        collection: &Collection,
        operations: &[u8],
        changes: &[Change],
    ) -> Result<()> {
        let key = changes[0].key(operations);
        let pin = crossbeam_epoch::pin();
        let before = txn.view(collection.id, &collection.file, &pin).get(key)?;
        let mut is_there = before.is_some();
        self.value.clear();
        // Only what a difference builds on is copied.
        let mut untouched = before;
        for change in changes {
            match Operations(&operations[change.at as usize..]).next() {
                Some(Ok(Operation::Put { value, .. })) => {
                    self.value.clear();
                    self.value.extend_from_slice(value);
                    is_there = true;
                }
                Some(Ok(Operation::Patch {
                    checksum, steps, ..
                })) => {
                    self.next.clear();
                    let old = untouched.unwrap_or(&self.value);
                    let made = difference::apply(old, steps, &mut self.next);
                    if !is_there || made.is_none() || crc32c::crc32c(&self.next) != checksum {
                        return Err(misfit(collection));
                    }
                    std::mem::swap(&mut self.value, &mut self.next);
                }
                _ => is_there = false,
            }
            untouched = None;
        }
        if before.is_none() && !is_there {
            return Ok(());
        }
        self.gather_entries(txn, collection, key, before, is_there)?;
        txn.set_document(collection, key, is_there.then_some(&self.value[..]))?;
        self.value.shrink_to(1 << 20);
        self.next.shrink_to(1 << 20);
        if self.bytes > MOST_ENTRIES {
            self.finish(txn, collection)?;
        }
        Ok(())
    }

    /// Notes what the change means for the collection's indexes.
    fn gather_entries(
        &mut self,
        txn: &WriteTxn<'_>,
        collection: &Collection,
        key: &[u8],
        before: Option<&[u8]>,
        is_there: bool,
    ) -> Result<()> {
        let count = collection.indexes.len().max(self.entries.len());
        self.entries.resize_with(count, Entries::default);
        let after = is_there.then_some(&self.value[..]);
        for (index, entries) in collection.indexes.iter().zip(&mut self.entries) {
            let keys = (&mut self.before, &mut self.after);
            txn.derive_both(index, (before, after), keys)?;
            entries.flags |= self.after.flags();
            let start = entries.bytes.len();
            each_difference(&self.before, &self.after, |is_new, index_key| {
                index_entry(&mut self.entry, index_key, key);
                entries.push(&self.entry, is_new, key.len());
                Ok(())
            })?;
            self.bytes += entries.bytes.len() - start;
        }
        Ok(())
    }

    /// Changes the indexes.
    fn finish(&mut self, txn: &mut WriteTxn<'_>, collection: &Collection) -> Result<()> {
        for (index, entries) in collection.indexes.iter().zip(&mut self.entries) {
            entries.apply(txn, index)?;
        }
        self.bytes = 0;
        Ok(())
    }
}

/// What becomes of an index's entries. Each is there once at most: its document is changed once.
#[derive(Default)]
struct Entries {
    bytes: Vec<u8>,
    list: Vec<EntryChange>,
    flags: u8,
}

struct EntryChange {
    range: Range<usize>,
    is_new: bool,
    /// Of the primary key, in which the entry ends.
    key_len: u16,
}

impl Entries {
    fn push(&mut self, entry: &[u8], is_new: bool, key_len: usize) {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(entry);
        self.list.push(EntryChange {
            range: start..self.bytes.len(),
            is_new,
            key_len: key_len as u16,
        });
    }

    fn apply(&mut self, txn: &mut WriteTxn<'_>, index: &Index) -> Result<()> {
        let bytes = &self.bytes;
        self.list
            .sort_unstable_by(|a, b| bytes[a.range.clone()].cmp(&bytes[b.range.clone()]));
        for (number, changes) in self.list.chunks(ENTRIES_AT_ONCE).enumerate() {
            let flags = if number == 0 { self.flags } else { 0 };
            txn.edit(index.id, &index.file, |edit, tree| {
                tree.flags |= flags;
                changes.iter().try_for_each(|change| {
                    let entry = &bytes[change.range.clone()];
                    match change.is_new {
                        true => edit.put(tree, entry, &change.key_len.to_le_bytes()),
                        false => edit.delete(tree, entry).map(|_| ()),
                    }
                })
            })?;
            txn.relieve_own()?;
        }
        self.bytes.clear();
        self.list.clear();
        self.flags = 0;
        Ok(())
    }
}

fn misfit(collection: &Collection) -> Error {
    let name = &collection.name;
    let message = format!("a change of a document in {name:?} does not fit what is there");
    Error::new(ErrorKind::Corrupt, message)
}

fn find(txn: &WriteTxn<'_>, id: TreeId) -> Result<std::sync::Arc<Collection>> {
    txn.catalog().by_id(id).cloned().ok_or_else(|| {
        let message = format!("collection {id} does not exist");
        Error::new(ErrorKind::Corrupt, message)
    })
}

/// Does anything but a change of a document.
fn change_schema(txn: &mut WriteTxn<'_>, operation: &Operation<'_>) -> Result<()> {
    let duplicate = match *operation {
        Operation::Put { .. } | Operation::Patch { .. } | Operation::Delete { .. } => {
            unreachable!("changes of documents are gathered")
        }
        Operation::CreateCollection {
            tree,
            name,
            file,
            page_size,
            options,
        } => {
            txn.apply_create_collection(tree, name, file, page_size, options);
            None
        }
        Operation::DropCollection { tree } => {
            let collection = find(txn, tree)?;
            txn.drop_collection(&collection);
            None
        }
        Operation::RenameCollection { tree, name } => {
            let collection = find(txn, tree)?;
            txn.rename_collection(&collection, name)?;
            None
        }
        Operation::SetOptions { tree, options } => {
            let collection = find(txn, tree)?;
            txn.set_options(&collection, options);
            None
        }
        Operation::CreateIndex {
            tree,
            collection,
            unique,
            name,
            file,
            page_size,
            spec,
        } => {
            let collection = find(txn, collection)?;
            txn.apply_create_index(
                &collection,
                tree,
                unique,
                name,
                file,
                page_size,
                spec,
                &|_| Ok(()),
            )?
        }
        Operation::DropIndex { tree } => {
            let owner = txn.catalog().owner(tree).cloned();
            let found = owner.as_ref().and_then(|collection| {
                let index = collection.indexes.iter().find(|index| index.id == tree)?;
                Some((collection, index))
            });
            let Some((collection, index)) = found else {
                return Err(Error::new(
                    ErrorKind::Corrupt,
                    format!("index {tree} does not exist"),
                ));
            };
            txn.drop_index(collection, index);
            None
        }
    };
    match duplicate {
        None => Ok(()),
        Some(_) => Err(Error::new(
            ErrorKind::Corrupt,
            "a unique key is there twice",
        )),
    }
}
