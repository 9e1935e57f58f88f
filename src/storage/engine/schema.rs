//! Creating, dropping and renaming collections and indexes.
//!
//! Files come into being when their first page is written out; a dropped tree's file is removed by the checkpoint that
//! forgets it, once no snapshot uses it.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::fill::Load;
use super::write::{Duplicate, Ground, WriteTxn};
use crate::storage::catalog::{self, Collection, Index, Options};
use crate::storage::error::{Error, ErrorKind, Result};
use crate::storage::page::TreeId;
use crate::storage::pager::file::PageFile;
use crate::storage::pager::free_map::{FreeMap, FreeMapRoot};
use crate::storage::wal::operation::Operation;

/// Asked at each step of long work whether to go on.
pub type StepFn<'s> = dyn Fn(usize) -> Result<()> + 's;

impl WriteTxn<'_> {
    pub(super) fn new_tree(&mut self) -> TreeId {
        let next = match &mut self.ground {
            Ground::Newest(_) => &mut self.next_tree,
            // For good, whatever becomes of the transaction: others take ids meanwhile.
            Ground::Fork(_) => &mut self.engine.core.lock().next_tree,
        };
        *next += 1;
        *next - 1
    }

    /// Chooses a name, and takes it at once.
    pub(super) fn new_file(&self, id: TreeId, collection: &str, index: Option<&str>) -> String {
        let mut files = self.engine.files.write();
        // A file that is not ours may have the name too.
        let exists = |name: &str| self.engine.vfs.exists(name).unwrap_or(true);
        let taken = |name: &str| files.has_name(name) || exists(name);
        let name = catalog::file_name(id, collection, index, taken);
        files.insert(self.page_file(id, &name, self.engine.options.page_size));
        name
    }

    fn page_file(&self, id: TreeId, name: &str, page_size: u32) -> Arc<PageFile> {
        let free_map = FreeMap::new(FreeMapRoot::default(), 1);
        PageFile::new(&self.engine.shared, id, name, page_size as usize, free_map)
    }

    fn add_file(&mut self, id: TreeId, name: &str, page_size: u32) -> Arc<PageFile> {
        let mut files = self.engine.files.write();
        let file = match files.get(id) {
            Some(file) => file.clone(),
            // A log that goes over several checkpoints gives a name again to which a dropped tree's file has not been removed yet.
            None if files.has_name(name) => {
                let name = catalog::other_name(id, name);
                files.insert(self.page_file(id, &name, page_size))
            }
            None => files.insert(self.page_file(id, name, page_size)),
        };
        drop(files);
        self.created.insert(id);
        self.next_tree = self.next_tree.max(id + 1);
        self.touched.insert(id);
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
            options: Options::new(options.to_vec()),
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
        self.touched.insert(collection.id);
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
        self.touched.insert(collection.id);
        let mut changed = collection.clone();
        changed.options = Options::new(options.to_vec());
        self.catalog.put(changed);
    }

    /// Makes an index and fills it from the collection's documents. With `Some` the transaction must be dropped.
    /// `step` is called for each document, with its size, and for each entry, with 1; its error ends the work.
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
        let index = Index::new(tree, name.into(), unique, spec.into(), file);
        if let Some(duplicate) = self.build(collection, &index, step)? {
            return Ok(Some(duplicate));
        }
        let mut with_index = collection.clone();
        with_index.indexes.push(index);
        self.catalog.put(with_index);
        Ok(None)
    }

    /// Fills an index from the documents that there are.
    fn build(
        &mut self,
        collection: &Collection,
        index: &Arc<Index>,
        step: &StepFn<'_>,
    ) -> Result<Option<Duplicate>> {
        let documents = (&*collection.file, self.roots.get(collection.id));
        let indexes = std::slice::from_ref(index);
        for sorted in self.engine.sort_entries(documents, indexes, step)? {
            let mut load = Load::new(sorted, index)?;
            let mut count = usize::MAX;
            while count > 0 {
                self.edit(index.id, &index.file, |edit, _| {
                    count = load.some(edit)?;
                    Ok(())
                })?;
                if let Some(duplicate) = load.duplicate() {
                    return Ok(Some(duplicate));
                }
                (0..count).try_for_each(|_| step(1))?;
                self.relieve_own()?;
            }
            self.edit(index.id, &index.file, |edit, tree| {
                (*tree, _) = load.finish(edit)?;
                Ok(())
            })?;
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
