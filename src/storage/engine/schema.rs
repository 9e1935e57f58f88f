//! Creating, dropping and renaming collections and indexes.
//!
//! Files come into being when their first page is written out; a dropped tree's file is removed by the checkpoint that
//! forgets it, once no snapshot uses it.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::write::{Duplicate, Ground, WriteTxn, index_entry};
use crate::storage::btree::walk::Walk;
use crate::storage::catalog::{self, Collection, Index, Options};
use crate::storage::derive::KeySet;
use crate::storage::error::{Error, ErrorKind, Result};
use crate::storage::page::TreeId;
use crate::storage::pager::file::PageFile;
use crate::storage::pager::free_map::{FreeMap, FreeMapRoot};
use crate::storage::wal::operation::Operation;

/// Asked at each step of long work whether to go on.
pub type StepFn<'s> = dyn Fn(usize) -> Result<()> + 's;

/// Keys gathered and sorted at a time while an index is built.
const BUILD_BATCH_BYTES: usize = 16 << 20;

impl WriteTxn<'_> {
    fn new_tree(&mut self) -> TreeId {
        let next = match &mut self.ground {
            Ground::Newest(_) => &mut self.next_tree,
            // For good, whatever becomes of the transaction: others take ids meanwhile.
            Ground::Fork(_) => &mut self.engine.core.lock().next_tree,
        };
        *next += 1;
        *next - 1
    }

    /// Chooses a name, and takes it at once.
    fn new_file(&self, id: TreeId, collection: &str, index: Option<&str>) -> String {
        let mut files = self.engine.files.write();
        // A file that is not ours may have the name too.
        let exists = |name: &str| self.engine.vfs.exists(name).unwrap_or(true);
        let taken = |name: &str| files.values().any(|file| file.name == name) || exists(name);
        let name = catalog::file_name(id, collection, index, taken);
        files.insert(id, self.page_file(id, &name, self.engine.options.page_size));
        name
    }

    fn page_file(&self, id: TreeId, name: &str, page_size: u32) -> Arc<PageFile> {
        let free_map = FreeMap::new(FreeMapRoot::default(), 1);
        PageFile::new(&self.engine.shared, id, name, page_size as usize, free_map)
    }

    fn add_file(&mut self, id: TreeId, name: &str, page_size: u32) -> Arc<PageFile> {
        let mut files = self.engine.files.write();
        let file = files
            .entry(id)
            .or_insert_with(|| self.page_file(id, name, page_size));
        let file = file.clone();
        drop(files);
        self.created.push(id);
        self.next_tree = self.next_tree.max(id + 1);
        self.touched.push(id);
        file
    }

    /// Makes a collection. `options` are kept for the layer above.
    pub fn create_collection(&mut self, name: &str, options: &[u8]) -> Result<Arc<Collection>> {
        if self.catalog.get(name).is_some() {
            let message = format!("collection {name:?} exists already");
            return Err(Error::new(ErrorKind::Exists, message));
        }
        let tree = self.new_tree();
        let file = self.new_file(tree, name, None);
        self.apply_create_collection(tree, name, &file, self.engine.options.page_size, options);
        Ok(self.collection(name).expect("just made"))
    }

    pub(super) fn apply_create_collection(
        &mut self,
        tree: TreeId,
        name: &str,
        file: &str,
        page_size: u32,
        options: &[u8],
    ) {
        self.log(&Operation::CreateCollection {
            tree,
            name,
            file,
            page_size,
            options,
        });
        let file = self.add_file(tree, file, page_size);
        self.catalog.put(Collection {
            id: tree,
            name: name.to_string(),
            options: Options::new(options),
            file,
            indexes: Vec::new(),
        });
    }

    /// Removes a collection and its indexes.
    pub fn drop_collection(&mut self, collection: &Collection) {
        self.log(&Operation::DropCollection {
            tree: collection.id,
        });
        self.catalog.remove(collection.id);
        self.dropped.push(collection.id);
        self.dropped
            .extend(collection.indexes.iter().map(|index| index.id));
    }

    /// Gives a collection another name. The target must not exist.
    pub fn rename_collection(&mut self, collection: &Collection, name: &str) -> Result<()> {
        if self.catalog.get(name).is_some() {
            let message = format!("collection {name:?} exists already");
            return Err(Error::new(ErrorKind::Exists, message));
        }
        self.log(&Operation::RenameCollection {
            tree: collection.id,
            name,
        });
        self.touched.push(collection.id);
        let mut renamed = collection.clone();
        renamed.name = name.to_string();
        self.catalog.put(renamed);
        Ok(())
    }

    /// Changes what is kept with a collection for the layer above.
    pub fn set_options(&mut self, collection: &Collection, options: &[u8]) {
        self.log(&Operation::SetOptions {
            tree: collection.id,
            options,
        });
        self.touched.push(collection.id);
        let mut changed = collection.clone();
        changed.options = Options::new(options);
        self.catalog.put(changed);
    }

    /// Makes an index and fills it from the collection's documents. With `Some` the transaction must be dropped.
    /// `step` is called for each document, with its size; its error ends the work.
    pub fn create_index(
        &mut self,
        collection: &Collection,
        name: &str,
        unique: bool,
        spec: &[u8],
        step: &StepFn<'_>,
    ) -> Result<Option<Duplicate>> {
        if collection.index(name).is_some() {
            let message = format!("index {name:?} exists already on {:?}", collection.name);
            return Err(Error::new(ErrorKind::Exists, message));
        }
        let tree = self.new_tree();
        let file = self.new_file(tree, &collection.name, Some(name));
        let page_size = self.engine.options.page_size;
        self.apply_create_index(collection, tree, unique, name, &file, page_size, spec, step)
    }

    #[allow(clippy::too_many_arguments)] // the fields of one log operation
    pub(super) fn apply_create_index(
        &mut self,
        collection: &Collection,
        tree: TreeId,
        unique: bool,
        name: &str,
        file: &str,
        page_size: u32,
        spec: &[u8],
        step: &StepFn<'_>,
    ) -> Result<Option<Duplicate>> {
        let operation = Operation::CreateIndex {
            tree,
            collection: collection.id,
            unique,
            name,
            file,
            page_size,
            spec,
        };
        self.log(&operation);
        let file = self.add_file(tree, file, page_size);
        let index = Index::new(tree, name, unique, spec, file);
        if let Some(duplicate) = self.build(collection, &index, step)? {
            return Ok(Some(duplicate));
        }
        let mut with_index = collection.clone();
        with_index.indexes.push(index);
        self.catalog.put(with_index);
        Ok(None)
    }

    /// Fills an index in sorted batches, each under a guard of its own, so that memory stays bounded.
    fn build(
        &mut self,
        collection: &Collection,
        index: &Arc<Index>,
        step: &StepFn<'_>,
    ) -> Result<Option<Duplicate>> {
        let mut from = Some(Vec::new());
        while let Some(start) = from {
            let mut batch: Vec<(Vec<u8>, u16)> = Vec::new();
            let flags;
            (from, flags) = self.gather(collection, index, start, &mut batch, step)?;
            batch.sort_unstable();
            if index.unique
                && let Some(duplicate) = self.find_duplicate_in_batch(index, &batch)?
            {
                return Ok(Some(duplicate));
            }
            self.edit(index.id, &index.file, |edit, tree| {
                tree.flags |= flags;
                batch
                    .iter()
                    .try_for_each(|(entry, key_len)| edit.put(tree, entry, &key_len.to_le_bytes()))
            })?;
            self.relieve_own()?;
        }
        Ok(None)
    }

    /// Derives entries from documents, from key `start` on, until the batch is full. Gives where to go on.
    fn gather(
        &self,
        collection: &Collection,
        index: &Index,
        start: Vec<u8>,
        batch: &mut Vec<(Vec<u8>, u16)>,
        step: &StepFn<'_>,
    ) -> Result<(Option<Vec<u8>>, u8)> {
        let pin = crossbeam_epoch::pin();
        let mut walk = Walk::new(self.view(collection.id, &collection.file, &pin));
        let (mut keys, mut primary, mut bytes, mut flags) = (KeySet::default(), start, 0, 0);
        let mut more = walk.seek(&primary)?;
        while more {
            walk.key_into(&mut primary);
            if bytes >= BUILD_BATCH_BYTES {
                return Ok((Some(primary), flags));
            }
            keys.clear();
            let document = walk.value()?;
            step(document.len())?;
            self.derive(index, Some(document), &mut keys)?;
            flags |= keys.flags();
            for key in keys.iter() {
                let mut entry = Vec::with_capacity(key.len() + primary.len());
                index_entry(&mut entry, key, &primary);
                bytes += entry.len() + std::mem::size_of::<(Vec<u8>, u16)>();
                batch.push((entry, primary.len() as u16));
            }
            more = walk.next()?;
        }
        Ok((None, flags))
    }

    /// Looks for two documents with one key, both in the batch or one of an earlier batch.
    fn find_duplicate_in_batch(
        &self,
        index: &Arc<Index>,
        batch: &[(Vec<u8>, u16)],
    ) -> Result<Option<Duplicate>> {
        let parts = |(entry, primary_len): &(Vec<u8>, u16)| {
            let (key, primary) = entry.split_at(entry.len() - *primary_len as usize);
            (key.to_vec(), primary.to_vec())
        };
        for pair in batch.windows(2) {
            let ((key, holder), (same, other)) = (parts(&pair[0]), parts(&pair[1]));
            if key == same {
                return Ok(Some(Duplicate {
                    index: Some(index.clone()),
                    holder,
                    other,
                }));
            }
        }
        if self.roots.get(index.id).root.is_null() {
            return Ok(None);
        }
        let none = KeySet::default();
        for item in batch {
            let (key, primary) = parts(item);
            let mut keys = KeySet::default();
            keys.push(&key);
            if let Some(duplicate) = self.find_duplicate(index, &none, &keys, &primary)? {
                return Ok(Some(duplicate));
            }
        }
        Ok(None)
    }

    /// Removes an index.
    pub fn drop_index(&mut self, collection: &Collection, index: &Index) {
        self.log(&Operation::DropIndex { tree: index.id });
        self.dropped.push(index.id);
        let mut without = collection.clone();
        without.indexes.retain(|other| other.id != index.id);
        self.catalog.put(without);
    }

    /// Writes out pages of this very transaction when it has filled the memory for pages. No page is being changed
    /// or read by it at this moment.
    pub(super) fn relieve_own(&self) -> Result<()> {
        let engine = self.engine;
        let dirty = engine.shared.dirty_bytes.load(Ordering::Relaxed);
        if dirty <= (engine.options.cache_bytes / 2) as i64 {
            return Ok(());
        }
        if let Ground::Fork(fork) = &self.ground {
            engine.write_private(fork.birth, &self.touched)?;
        }
        let limit = match self.ground {
            Ground::Newest(_) => self.lsn,
            Ground::Fork(_) => engine.settled.load(Ordering::Acquire),
        };
        match engine.make_room(limit, engine.options.cache_bytes / 2)? {
            true => engine.write_ahead(limit, engine.options.cache_bytes / 4),
            false => Ok(()),
        }
    }
}
