//! Publishing a transaction: what it did in private becomes the newest state, unless someone else was quicker.
//!
//! Trees of a collection in which nothing was committed since the transaction began are taken over as they are, pages and all. What it
//! did in other collections is done once more on the newest state. Both under the commit lock, in one commit.
//!
//! Invariant: whatever can be refused is refused before the first page is taken over.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::Engine;
use super::transaction::Fork;
use super::write::WriteTxn;
use crate::storage::btree::TreeRef;
use crate::storage::catalog::Collection;
use crate::storage::error::{Error, ErrorKind, Result};
use crate::storage::page::{Lsn, TreeId};
use crate::storage::wal::operation::{Operation, Operations};
use crate::storage::wal::reader;

/// The error for a transaction that another one was quicker than.
pub(super) fn conflict(what: impl std::fmt::Display) -> Error {
    Error::new(ErrorKind::Conflict, format!("Write conflict: {what}"))
}

impl Engine {
    /// Publishes the private state as one commit. What is taken over is no longer the fork's when it returns.
    pub(super) fn publish_fork(&self, fork: &mut Fork) -> Result<Lsn> {
        let mut txn = self.begin_write()?;
        let adopted = trees_to_adopt(&txn, fork)?;
        let is_whole = fork.touched.iter().all(|tree| adopted.contains(tree));
        if !is_whole {
            self.each_part(fork, &mut |operations| {
                self.check_conflicts(&txn, fork, &adopted, operations)
            })?;
        }
        let parts = fork.parts.as_ref().map(|parts| parts.number);
        txn.log_all(parts, &fork.operations);
        if !is_whole {
            self.each_part(fork, &mut |operations| {
                txn.apply_again(operations, &adopted)
            })?;
        }
        self.record_writes(&txn, fork)?;
        if let Err(error) = txn.adopt(fork, &adopted) {
            // Half of the pages may have been taken over.
            self.poison(&error);
            return Err(error);
        }
        // Only now can a checkpoint make the log shorter by the parts.
        let bytes = fork.parts.as_ref().map_or(0, |parts| parts.bytes);
        self.log_bytes.fetch_add(bytes, Ordering::Relaxed);
        Ok(txn.commit())
    }

    /// Calls `visit` for all that the transaction did, in the order in which it did it, some of it at a time.
    fn each_part(&self, fork: &Fork, visit: &mut dyn FnMut(&[u8]) -> Result<()>) -> Result<()> {
        if let Some(parts) = &fork.parts {
            for &at in &parts.positions {
                reader::with_part(&self.vfs, &self.shared.database_id, at, &mut *visit)?;
            }
        }
        visit(&fork.operations)
    }

    /// Tells other transactions what this one writes: those that are open, and those that begin before it is visible.
    fn record_writes(&self, txn: &WriteTxn<'_>, fork: &Fork) -> Result<()> {
        if fork.parts.is_some() {
            self.recent.give_up(txn.lsn);
            return Ok(());
        }
        for_each_key(&fork.operations, |tree, key| {
            self.recent.enter(txn.lsn, self.recent.hash(tree, key));
            Ok(())
        })
    }

    /// Refuses a transaction that wrote a document which someone else has written since it began. In the trees that it takes
    /// over nobody has written anything.
    fn check_conflicts(
        &self,
        txn: &WriteTxn<'_>,
        fork: &Fork,
        adopted: &BTreeSet<TreeId>,
        operations: &[u8],
    ) -> Result<()> {
        let base = fork.base.lsn;
        for_each_key(operations, |tree, key| {
            if adopted.contains(&tree) {
                return Ok(());
            }
            let written = match self.recent.is_written_since(base, tree, key) {
                Some(written) => written,
                None => is_different(txn, fork, tree, key)?,
            };
            match written {
                true => Err(conflict("a document was changed by another operation")),
                false => Ok(()),
            }
        })
    }
}

/// Calls `visit` for each document written.
fn for_each_key(
    operations: &[u8],
    mut visit: impl FnMut(TreeId, &[u8]) -> Result<()>,
) -> Result<()> {
    for operation in Operations(operations) {
        match operation.map_err(malformed)? {
            Operation::Put { tree, key, .. }
            | Operation::Patch { tree, key, .. }
            | Operation::Delete { tree, key } => visit(tree, key)?,
            _ => {}
        }
    }
    Ok(())
}

fn malformed(reason: String) -> Error {
    Error::new(ErrorKind::Corrupt, reason)
}

/// Whether a document is another one now than when the transaction began: what remains to be asked when too many were
/// written to remember them all. That one was changed and changed back cannot be seen so.
fn is_different(txn: &WriteTxn<'_>, fork: &Fork, tree: TreeId, key: &[u8]) -> Result<bool> {
    let (Some(before), Some(now)) = (fork.base.catalog.by_id(tree), txn.catalog().by_id(tree))
    else {
        // Made by the transaction itself, or dropped, which `trees_to_adopt` notices.
        return Ok(false);
    };
    let pin = crossbeam_epoch::pin();
    let base = TreeRef {
        file: &before.file,
        tree: fork.base.tree(tree),
        pin: &pin,
    };
    let newest = txn.view(tree, &now.file, &pin);
    Ok(base.tree != newest.tree && base.get(key)? != newest.get(key)?)
}

/// The trees that the transaction changed and nobody else did; a collection's all or none.
fn trees_to_adopt(txn: &WriteTxn<'_>, fork: &Fork) -> Result<BTreeSet<TreeId>> {
    let mut adopted = BTreeSet::new();
    for &id in &fork.touched {
        let Some(collection) = fork.catalog.by_id(id) else {
            continue;
        };
        if fork.created.contains(&id) {
            if txn.catalog().get(&collection.name).is_some() {
                let name = &collection.name;
                return Err(conflict(format!(
                    "collection {name:?} was created meanwhile"
                )));
            }
            adopted.extend(trees(collection));
            continue;
        }
        let Some(now) = txn.catalog().by_id(id) else {
            let name = &collection.name;
            return Err(conflict(format!(
                "collection {name:?} was dropped meanwhile"
            )));
        };
        let is_same = |tree| fork.base.tree(tree) == txn.roots().get(tree);
        if Arc::ptr_eq(now, collection) && trees(collection).all(is_same) {
            adopted.extend(trees(collection));
        }
    }
    Ok(adopted)
}

fn trees(collection: &Collection) -> impl Iterator<Item = TreeId> {
    let indexes = collection.indexes.iter().map(|index| index.id);
    std::iter::once(collection.id).chain(indexes)
}

impl WriteTxn<'_> {
    /// Does what the transaction did in collections that others have changed, too, on the newest state.
    fn apply_again(&mut self, operations: &[u8], adopted: &BTreeSet<TreeId>) -> Result<()> {
        for operation in Operations(operations) {
            let operation = operation.map_err(malformed)?;
            let tree = match operation {
                Operation::Put { tree, .. }
                | Operation::Patch { tree, .. }
                | Operation::Delete { tree, .. } => tree,
                // Collections and indexes made by the transaction are taken over.
                _ => continue,
            };
            if adopted.contains(&tree) {
                continue;
            }
            let collection = self.catalog.by_id(tree).cloned();
            let collection = collection.ok_or_else(|| conflict("a collection was dropped"))?;
            let refused = match operation {
                Operation::Put { key, value, .. } => self.put(&collection, key, value)?,
                // Nobody has written the document meanwhile: it is what it was.
                Operation::Patch {
                    key,
                    checksum,
                    steps,
                    ..
                } => self.patch(&collection, key, checksum, steps)?,
                Operation::Delete { key, .. } => {
                    self.delete(&collection, key)?;
                    None
                }
                _ => None,
            };
            if refused.is_some() {
                return Err(conflict("a unique key was taken by another operation"));
            }
            self.relieve_own()?;
        }
        Ok(())
    }

    /// Takes over the private pages of some trees, and the collections that the transaction made.
    fn adopt(&mut self, fork: &mut Fork, adopted: &BTreeSet<TreeId>) -> Result<()> {
        let mut pages: Vec<(TreeId, u32, u32)> = Vec::new();
        fork.private()
            .take(|tree| adopted.contains(&tree), &mut pages);
        for &tree in adopted {
            self.roots.set(tree, fork.roots.get(tree));
            self.touched.insert(tree);
        }
        let files = self.engine.files.read();
        for of_tree in pages.chunk_by(|(a, ..), (b, ..)| a == b) {
            let numbers: Vec<(u32, u32)> =
                of_tree.iter().map(|&(_, n, count)| (n, count)).collect();
            if let Some(file) = files.get(of_tree[0].0) {
                file.adopt(fork.birth, &numbers)?;
            }
        }
        for death in fork
            .changes
            .died
            .iter()
            .filter(|death| adopted.contains(&death.tree))
        {
            if let Some(file) = files.get(death.tree) {
                file.die(death.number, death.pages)?;
            }
            self.changes.died.push(*death);
        }
        drop(files);
        for id in std::mem::take(&mut fork.created) {
            if let Some(made) = fork.catalog.by_id(id) {
                self.catalog.put(Collection::clone(made));
            }
        }
        Ok(())
    }
}
