//! The new database: documents go in as they are found, in commits of bounded size; indexes are made at the end, when all is there.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::source::Found;
use super::{Rescuer, SalvagedCollection, SalvagedIndex};
use crate::storage::catalog::Collection;
use crate::storage::difference;
use crate::storage::engine::{Engine, WriteTxn};
use crate::storage::error::{Error, ErrorKind, Result};
use crate::storage::page::TreeId;

/// Bytes of documents in one commit.
const COMMIT_BYTES: usize = 1 << 20;

/// How certain it is that a document is the newest of its key.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Put {
    Newest,
    Uncertain,
}

/// A collection of the new database.
struct Made {
    name: String,
    /// Whether the catalog told of it, so that its documents stay under the keys they have.
    is_known: bool,
    /// Documents that the last checkpoint counted.
    expected: Option<u64>,
    /// Put there from the files, before the log was applied.
    found: u64,
    indexes: Vec<Planned>,
    report: SalvagedCollection,
}

/// An index to be made.
struct Planned {
    id: TreeId,
    name: String,
    unique: bool,
    spec: Vec<u8>,
}

pub struct Target<'e> {
    engine: &'e Engine,
    rescuer: &'e dyn Rescuer,
    /// By the tree's id in the damaged database.
    collections: BTreeMap<TreeId, Made>,
    /// Indexes of collections that are not there; they may come with the log.
    owners: HashMap<TreeId, TreeId>,
    txn: Option<WriteTxn<'e>>,
    bytes: usize,
}

impl<'e> Target<'e> {
    pub fn new(engine: &'e Engine, rescuer: &'e dyn Rescuer) -> Target<'e> {
        Target {
            engine,
            rescuer,
            collections: BTreeMap::new(),
            owners: HashMap::new(),
            txn: None,
            bytes: 0,
        }
    }

    pub fn has(&self, tree: TreeId) -> bool {
        self.collections.contains_key(&tree)
    }

    /// Whether the catalog told of a collection. None: it is not there.
    pub fn is_known(&self, tree: TreeId) -> Option<bool> {
        self.collections.get(&tree).map(|made| made.is_known)
    }

    /// Makes a collection that was found.
    pub fn create(&mut self, found: &Found) -> Result<()> {
        let options = found.entry.as_ref().map_or(&[][..], |entry| &entry.spec);
        self.create_as(
            found.id,
            &found.name,
            &found.file,
            options,
            found.entry.is_some(),
        )?;
        if let (Some(made), Some(entry)) = (self.collections.get_mut(&found.id), &found.entry)
            && found.is_current
        {
            made.expected = Some(entry.tree.entries);
        }
        Ok(())
    }

    /// Makes a collection under its name, or one like it if that is taken.
    pub fn create_as(
        &mut self,
        tree: TreeId,
        name: &str,
        file: &str,
        options: &[u8],
        is_known: bool,
    ) -> Result<()> {
        let name = self.free_name(name)?;
        self.txn()?.create_collection(&name, options)?;
        let made = Made {
            report: SalvagedCollection {
                name: name.clone(),
                file: file.to_string(),
                ..SalvagedCollection::default()
            },
            name,
            is_known,
            expected: None,
            found: 0,
            indexes: Vec::new(),
        };
        self.collections.insert(tree, made);
        Ok(())
    }

    fn free_name(&mut self, name: &str) -> Result<String> {
        let txn = self.txn()?;
        let mut free = name.to_string();
        let mut number = 1;
        while txn.collection(&free).is_some() {
            number += 1;
            free = format!("{name}_{number}");
        }
        Ok(free)
    }

    pub fn report(&mut self, tree: TreeId) -> &mut SalvagedCollection {
        &mut self.made(tree).report
    }

    fn made(&mut self, tree: TreeId) -> &mut Made {
        self.collections
            .get_mut(&tree)
            .expect("made before its documents come")
    }

    /// Says that the files have given all there is of a collection.
    pub fn count_lost(&mut self, found: &Found) {
        let made = self.made(found.id);
        let lost = |expected: u64| expected.saturating_sub(made.found);
        made.report.lost_documents = made.expected.map(lost);
    }

    /// The commit that is being put together.
    fn txn(&mut self) -> Result<&mut WriteTxn<'e>> {
        if self.txn.is_none() {
            self.txn = Some(self.engine.begin_write()?);
        }
        Ok(self.txn.as_mut().expect("begun above"))
    }

    fn collection(&mut self, tree: TreeId) -> Result<Arc<Collection>> {
        let name = self.made(tree).name.clone();
        let there = self.txn()?.collection(&name);
        Ok(there.expect("made before its documents come"))
    }

    /// Commits what has come together.
    fn commit(&mut self) -> Result<()> {
        if let Some(txn) = self.txn.take() {
            let lsn = txn.commit();
            self.engine.pace(lsn)?;
        }
        self.bytes = 0;
        Ok(())
    }

    fn count(&mut self, bytes: usize) -> Result<()> {
        self.bytes += bytes;
        match self.bytes >= COMMIT_BYTES {
            true => self.commit(),
            false => Ok(()),
        }
    }

    /// The key for a document of that collection. None: it is no document, which is counted.
    fn key(&mut self, tree: TreeId, key: &[u8], document: &[u8]) -> Option<Vec<u8>> {
        match self.rescuer.key(key, document) {
            Ok(own) => Some(if self.made(tree).is_known {
                key.to_vec()
            } else {
                own
            }),
            Err(_) => {
                self.made(tree).report.invalid += 1;
                None
            }
        }
    }

    /// Stores a document, over one that has its key.
    pub fn put(&mut self, tree: TreeId, key: &[u8], document: &[u8], how: Put) -> Result<()> {
        let Some(key) = self.key(tree, key, document) else {
            return Ok(());
        };
        let collection = self.collection(tree)?;
        self.txn()?.put(&collection, &key, document)?;
        let made = self.made(tree);
        made.found += 1;
        made.report.uncertain += u64::from(how == Put::Uncertain);
        self.count(key.len() + document.len())
    }

    /// Stores a document unless there is a newer one with its key.
    pub fn put_if_absent(
        &mut self,
        tree: TreeId,
        key: &[u8],
        document: &[u8],
        how: Put,
    ) -> Result<()> {
        let Some(own) = self.key(tree, key, document) else {
            return Ok(());
        };
        if self.is_there(tree, &own)? {
            self.made(tree).report.older += 1;
            return Ok(());
        }
        self.put(tree, key, document, how)
    }

    /// Changes a document that is there as the log says. One that the change was not made for stays as it is, and counts as uncertain.
    pub fn patch(&mut self, tree: TreeId, key: &[u8], checksum: u32, steps: &[u8]) -> Result<()> {
        let collection = self.collection(tree)?;
        let mut after = Vec::new();
        let fits = {
            let pin = crossbeam_epoch::pin();
            let txn = self.txn()?;
            let view = txn.view(collection.id, &collection.file, &pin);
            let Some(before) = view.get(key)? else {
                return Ok(());
            };
            if crc32c::crc32c(before) == checksum {
                // From a page younger than the checkpoint.
                return Ok(());
            }
            difference::apply(before, steps, &mut after).is_some()
                && crc32c::crc32c(&after) == checksum
        };
        if !fits {
            self.made(tree).report.uncertain += 1;
            return Ok(());
        }
        self.put(tree, key, &after, Put::Newest)
    }

    fn is_there(&mut self, tree: TreeId, key: &[u8]) -> Result<bool> {
        let collection = self.collection(tree)?;
        let pin = crossbeam_epoch::pin();
        let txn = self.txn()?;
        let view = txn.view(collection.id, &collection.file, &pin);
        Ok(view.get(key)?.is_some())
    }

    pub fn delete(&mut self, tree: TreeId, key: &[u8]) -> Result<()> {
        let collection = self.collection(tree)?;
        self.txn()?.delete(&collection, key)?;
        self.count(key.len())
    }

    pub fn drop_collection(&mut self, tree: TreeId) -> Result<()> {
        let collection = self.collection(tree)?;
        self.txn()?.drop_collection(&collection);
        self.collections.remove(&tree);
        self.owners.retain(|_, owner| *owner != tree);
        Ok(())
    }

    pub fn rename_collection(&mut self, tree: TreeId, name: &str) -> Result<()> {
        if self.made(tree).name == name {
            return Ok(());
        }
        let name = self.free_name(name)?;
        let collection = self.collection(tree)?;
        self.txn()?.rename_collection(&collection, &name)?;
        let made = self.made(tree);
        made.report.name.clone_from(&name);
        made.name = name;
        Ok(())
    }

    pub fn set_options(&mut self, tree: TreeId, options: &[u8]) -> Result<()> {
        let collection = self.collection(tree)?;
        self.txn()?.set_options(&collection, options);
        Ok(())
    }

    /// An index that is to be made when all documents are there.
    pub fn plan_index(&mut self, owner: TreeId, id: TreeId, name: &str, unique: bool, spec: &[u8]) {
        let Some(made) = self.collections.get_mut(&owner) else {
            return;
        };
        if self.owners.insert(id, owner).is_none() {
            made.indexes.push(Planned {
                id,
                name: name.to_string(),
                unique,
                spec: spec.to_vec(),
            });
        }
    }

    pub fn drop_index(&mut self, id: TreeId) {
        let owner = self.owners.remove(&id);
        if let Some(made) = owner.and_then(|owner| self.collections.get_mut(&owner)) {
            made.indexes.retain(|index| index.id != id);
        }
    }

    pub fn make_indexes(&mut self) -> Result<()> {
        self.commit()?;
        let trees: Vec<TreeId> = self.collections.keys().copied().collect();
        for tree in trees {
            for index in std::mem::take(&mut self.made(tree).indexes) {
                let problem = self.make_index(tree, &index)?;
                let name = index.name;
                self.report(tree)
                    .indexes
                    .push(SalvagedIndex { name, problem });
            }
        }
        Ok(())
    }

    /// Makes an index. `Some`: why it cannot be made of what was found.
    fn make_index(&mut self, tree: TreeId, index: &Planned) -> Result<Option<String>> {
        let collection = self.collection(tree)?;
        let rescuer = self.rescuer;
        let step = &|bytes| rescuer.step(bytes);
        let mut txn = self
            .txn
            .take()
            .expect("begun by the look at the collection");
        match txn.create_index(&collection, &index.name, index.unique, &index.spec, step) {
            Ok(None) => {
                self.engine.pace(txn.commit())?;
                Ok(None)
            }
            Ok(Some(_)) => Ok(Some("two of the documents share a key".into())),
            Err(error) if is_of_documents(&error) => {
                Ok(Some(format!("{:#}", anyhow::Error::from(error))))
            }
            Err(error) => Err(error),
        }
    }

    /// Makes all durable, and gives what there is now.
    pub fn finish(mut self) -> Result<BTreeMap<TreeId, SalvagedCollection>> {
        self.commit()?;
        self.engine.checkpoint()?;
        let version = self.engine.snapshot();
        let reports = self.collections.into_iter().map(|(tree, mut made)| {
            let there = version.catalog.get(&made.name);
            let count = there.map(|there| version.tree(there.id).entries);
            made.report.documents = count.unwrap_or(0);
            (tree, made.report)
        });
        Ok(reports.collect())
    }
}

/// Whether an index cannot be made because of its specification or its documents.
fn is_of_documents(error: &Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::Derive | ErrorKind::Exists | ErrorKind::TooLarge
    )
}
