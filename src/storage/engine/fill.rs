//! Filling new indexes: one walk over the documents, a sort of each index's entries in bounded memory, a tree built of them in
//! bulk. The same for indexes built under the commit lock and for those built beside the writers; who loads them decides where
//! the pages go.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::Engine;
use super::schema::StepFn;
use super::write::{Duplicate, index_entry};
use crate::storage::btree::bulk::Bulk;
use crate::storage::btree::edit::Edit;
use crate::storage::btree::walk::Walk;
use crate::storage::btree::{Tree, TreeRef};
use crate::storage::catalog::Index;
use crate::storage::derive::KeySet;
use crate::storage::error::{Error, ErrorKind, Result};
use crate::storage::pager::file::PageFile;
use crate::storage::sort::{ExternalSort, SortedEntries};

/// Memory for sorting, of all indexes that are built together; less where the page cache is small.
const SORT_BYTES: usize = 64 << 20;
/// Documents read under one guard.
const SCAN_BATCH: usize = 1024;
/// Entries loaded under one guard.
const LOAD_BATCH: usize = 2048;
/// Bytes of keys that two documents share which are remembered.
const REPEATED_BYTES: usize = 1 << 20;

/// The entries of an index, to be taken out in order.
pub(super) struct Sorting {
    sort: ExternalSort,
    flags: u8,
}

impl Engine {
    /// The keys of a document in an index.
    pub(super) fn derive(
        &self,
        index: &Index,
        document: Option<&[u8]>,
        out: &mut KeySet,
    ) -> Result<()> {
        out.clear();
        let Some(document) = document else {
            return Ok(());
        };
        index
            .compiled(&*self.deriver)?
            .derive(document, out)
            .map_err(|e| {
                let message = format!("index {:?} cannot hold the document", index.name);
                Error::new(ErrorKind::Derive, message).with_source(e)
            })
    }

    /// Derives the entries of some indexes from all documents of a tree, to be sorted. `step` is called for each document, with
    /// its size.
    pub(super) fn sort_entries(
        &self,
        (file, tree): (&PageFile, Tree),
        indexes: &[Arc<Index>],
        step: &StepFn<'_>,
    ) -> Result<Vec<Sorting>> {
        let memory = SORT_BYTES.min(self.options.cache_bytes / 4) / indexes.len().max(1);
        let begin = |_: &Arc<Index>| Sorting {
            sort: ExternalSort::new(&self.vfs, memory),
            flags: 0,
        };
        let mut sortings: Vec<Sorting> = indexes.iter().map(begin).collect();
        let (mut keys, mut entry) = (KeySet::default(), Vec::new());
        let mut from = Some(Vec::new());
        while let Some(mut primary) = from.take() {
            let pin = crossbeam_epoch::pin();
            let mut walk = Walk::new(TreeRef {
                file,
                tree,
                pin: &pin,
            });
            let mut more = walk.seek(&primary)?;
            let mut left = SCAN_BATCH;
            while more {
                walk.key_into(&mut primary);
                if left == 0 {
                    from = Some(primary);
                    break;
                }
                left -= 1;
                let document = walk.value()?;
                step(document.len())?;
                for (index, sorting) in indexes.iter().zip(&mut sortings) {
                    self.derive(index, Some(document), &mut keys)?;
                    sorting.flags |= keys.flags();
                    for key in keys.iter() {
                        index_entry(&mut entry, key, &primary);
                        sorting
                            .sort
                            .add(&entry, &(primary.len() as u16).to_le_bytes())?;
                    }
                }
                more = walk.next()?;
            }
        }
        Ok(sortings)
    }
}

/// An index that is being loaded with its sorted entries.
pub(super) struct Load {
    sorted: SortedEntries,
    flags: u8,
    bulk: Bulk,
    index: Arc<Index>,
    repeated: Repeated,
    entry: Vec<u8>,
    /// The entry before, and the length of its index key.
    last: (Vec<u8>, usize),
}

impl Load {
    pub fn new(sorting: Sorting, index: &Arc<Index>) -> Result<Load> {
        Ok(Load {
            sorted: sorting.sort.finish()?,
            flags: sorting.flags,
            bulk: Bulk::default(),
            index: index.clone(),
            repeated: Repeated::default(),
            entry: Vec::new(),
            last: (Vec::new(), 0),
        })
    }

    /// Loads some entries. Gives their number; 0: there were no more.
    pub fn some(&mut self, edit: &mut Edit<'_>) -> Result<usize> {
        let mut length = Vec::new();
        for count in 0..LOAD_BATCH {
            if !self.sorted.next(&mut self.entry, &mut length)? {
                return Ok(count);
            }
            self.bulk.push(edit, &self.entry, &length)?;
            if self.index.unique {
                self.note_repeated(&length);
            }
        }
        Ok(LOAD_BATCH)
    }

    fn note_repeated(&mut self, length: &[u8]) {
        let primary = length
            .first_chunk()
            .map_or(0, |bytes| u16::from_le_bytes(*bytes));
        let (key, primary) = self.entry.split_at(self.entry.len() - primary as usize);
        let (last, holder) = self.last.0.split_at(self.last.1);
        if !holder.is_empty() && last == key {
            self.repeated.add(key, holder, primary);
        }
        self.last.1 = key.len();
        std::mem::swap(&mut self.last.0, &mut self.entry);
    }

    /// Two documents that share a key of the unique index, if any were met.
    pub fn duplicate(&self) -> Option<Duplicate> {
        self.repeated.duplicate(&self.index)
    }

    /// Whether so many keys are shared that they are not remembered any more.
    pub fn is_hopeless(&self) -> bool {
        self.repeated.is_full()
    }

    /// Entries there are in all.
    pub fn count(&self) -> u64 {
        self.sorted.count()
    }

    /// The tree, and the keys that documents shared.
    pub fn finish(self, edit: &mut Edit<'_>) -> Result<(Tree, Repeated)> {
        let mut tree = self.bulk.finish(edit)?;
        tree.flags = self.flags;
        Ok((tree, self.repeated))
    }
}

/// Keys of a unique index that two documents had at some time.
#[derive(Default)]
pub(super) struct Repeated {
    keys: BTreeSet<Vec<u8>>,
    bytes: usize,
    /// The primary keys of the first two.
    first: Option<(Vec<u8>, Vec<u8>)>,
}

impl Repeated {
    pub fn add(&mut self, key: &[u8], holder: &[u8], other: &[u8]) {
        self.first
            .get_or_insert_with(|| (holder.to_vec(), other.to_vec()));
        if !self.is_full() && self.keys.insert(key.to_vec()) {
            self.bytes += key.len() + size_of::<Vec<u8>>();
        }
    }

    pub fn keys(&self) -> impl Iterator<Item = &[u8]> {
        self.keys.iter().map(Vec::as_slice)
    }

    pub fn is_full(&self) -> bool {
        self.bytes > REPEATED_BYTES
    }

    /// The first two documents.
    pub fn duplicate(&self, index: &Arc<Index>) -> Option<Duplicate> {
        let (holder, other) = self.first.clone()?;
        let index = Some(index.clone());
        Some(Duplicate {
            index,
            holder,
            other,
        })
    }
}
