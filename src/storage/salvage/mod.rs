//! Saving what can be read of a damaged database into a new one.
//!
//! `source` finds out what there is: the database's id, its catalog, its files. For each collection `documents` walks the tree, and
//! where that is broken looks through all pages for leaves that belong there. Then `log` applies the commits behind the checkpoint,
//! as far as they can be read. `target` writes all of it into the new database, in commits of bounded size, and makes the indexes at
//! the end.
//!
//! The damaged database is only read. Memory is bounded: pages of a tree's depth, a bitmap of a file's pages, and 16 bytes for
//! each leaf of a file whose tree is broken.

mod documents;
mod log;
mod source;
mod target;

use std::collections::BTreeMap;
use std::sync::Arc;

use super::engine::Engine;
use super::error::Result;
use super::page::{Lsn, TreeId};
use super::vfs::Vfs;
use source::Source;
use target::Target;

/// Lost ranges that are told of each collection.
const RANGES: usize = 100;

/// What the layer above knows and storage does not.
pub trait Rescuer {
    /// Called for every document and page looked at, with its size; an error ends the work.
    fn step(&self, bytes: usize) -> Result<()>;
    /// How many documents there should be, for progress.
    fn expect(&self, total: u64);
    /// The key for a document in a collection of which nothing is known, where it was stored under the key given. `Err`: why the
    /// bytes are no document.
    fn key(&self, stored: &[u8], document: &[u8]) -> std::result::Result<Vec<u8>, String>;
}

/// What was saved and what was lost.
#[derive(Default)]
pub struct Salvaged {
    /// In the order of their tree ids.
    pub collections: Vec<SalvagedCollection>,
    /// What was found out about the whole: superblock, catalog, log, files.
    pub notes: Vec<String>,
    /// The last commit of the log that was applied; none: nothing of the log was.
    pub last_commit: Option<Lsn>,
    /// Commits of the log that could not be read, as far as their numbers tell.
    pub lost_commits: u64,
}

#[derive(Default)]
pub struct SalvagedCollection {
    pub name: String,
    /// The file that its documents came from.
    pub file: String,
    /// In the new database.
    pub documents: u64,
    /// Documents of the last checkpoint that were not found; none: how many there were is not known.
    pub lost_documents: Option<u64>,
    /// Older forms of documents that were passed over for newer ones.
    pub older: u64,
    /// Documents from leaves of which it is not known whether they were the newest: some may be deleted or older than they were.
    pub uncertain: u64,
    /// Values that are no documents.
    pub invalid: u64,
    /// Pages that could not be read or were not what they should be.
    pub damaged_pages: u64,
    /// The first of them, with the keys that were lost with them.
    pub lost_ranges: Vec<LostRange>,
    pub indexes: Vec<SalvagedIndex>,
}

pub struct LostRange {
    pub page: u32,
    pub reason: String,
    pub low: Vec<u8>,
    pub high: Option<Vec<u8>>,
}

pub struct SalvagedIndex {
    pub name: String,
    /// Why it was not made again.
    pub problem: Option<String>,
}

/// Saves what can be read of the database on `from` into the empty database `into`.
///
/// Errors are those of the new database and those that end the work, and `NotFound` when there is nothing to save.
pub fn salvage(from: Arc<dyn Vfs>, into: &Engine, rescuer: &dyn Rescuer) -> Result<Salvaged> {
    let mut source = Source::open(from)?;
    if !source.is_catalog_whole {
        // Files that the catalog does not name may be those of collections that it has forgotten.
        for found in source.orphans()? {
            source.collections.entry(found.id).or_insert(found);
        }
    }
    let mut salvaged = Salvaged {
        notes: source.notes.clone(),
        ..Salvaged::default()
    };
    rescuer.expect(source.expected_documents());
    let mut target = Target::new(into, rescuer);
    for found in source.collections.values() {
        target.create(found)?;
    }
    for index in &source.indexes {
        target.plan_index(
            index.owner,
            index.id,
            &index.name,
            index.unique,
            &index.spec,
        );
    }
    for found in source.collections.values() {
        documents::rescue(&source, found, &mut target, rescuer)?;
    }
    log::apply(&source, &mut target, &mut salvaged, rescuer)?;
    if salvaged.lost_commits > 0 {
        // ... or of those whose making was lost.
        for found in source.orphans()? {
            if target.has(found.id) {
                continue;
            }
            target.create(&found)?;
            documents::rescue(&source, &found, &mut target, rescuer)?;
        }
    }
    target.make_indexes()?;
    let reports: BTreeMap<TreeId, SalvagedCollection> = target.finish()?;
    salvaged.collections = reports.into_values().collect();
    Ok(salvaged)
}
