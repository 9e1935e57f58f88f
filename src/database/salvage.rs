//! Saving what is left of a damaged database into a new one. Storage does it (`storage/salvage`); here it is told what a document
//! is, and where the two databases are.

use std::path::Path;
use std::sync::Arc;

use super::errors::{self, from_storage};
use super::interrupt::Interrupt;
use super::options::SalvageOptions;
use super::verify::{hex, sound};
use super::{Database, ProgressFn};
use crate::bson::{Document, Value, doc};
use crate::error::{Error, Result};
use crate::index::{Deriver, key};
use crate::storage;
use crate::storage::engine::{self, Durability, Engine};
use crate::storage::salvage::{LostRange, Rescuer, Salvaged, SalvagedCollection, salvage};
use crate::storage::vfs::Vfs;
use crate::storage::vfs::os::OsVfs;
use crate::storage::wal;

/// Memory for pages of the new database.
pub(super) const CACHE_BYTES: usize = 64 << 20;

impl Database {
    /// Saves every document that can be read of a damaged database into a new one in the directory `into`, with its collections
    /// and indexes as far as the catalog can be read. The damaged one is not changed. Gives `{documents, lostDocuments, collections,
    /// lostCommits, lastCommit, notes, durationMs}`.
    ///
    /// Errors: `NotFound` when there is nothing to save, `Locked` when the damaged one is open for writing, `Argument` when there is
    /// a database in `into`; `Full` and `Io` of writing, after which `into` is as empty as it was.
    pub fn salvage(
        damaged: &str,
        into: &str,
        options: &SalvageOptions,
        progress: Option<Box<ProgressFn>>,
    ) -> Result<Document> {
        let from = OsVfs::open(Path::new(damaged), true, false)
            .map_err(|error| errors::from_opening(damaged, error))?;
        let to = OsVfs::open(Path::new(into), false, true)
            .map_err(|error| errors::from_opening(into, error))?;
        salvage_on(Arc::new(from), Arc::new(to), options, progress)
    }
}

/// [`Database::salvage`] on any file systems.
pub fn salvage_on(
    from: Arc<dyn Vfs>,
    to: Arc<dyn Vfs>,
    options: &SalvageOptions,
    progress: Option<Box<ProgressFn>>,
) -> Result<Document> {
    let started = std::time::Instant::now();
    if options.common.op_id.is_some() {
        let message = "opId belongs to an open database; salvage has a progress function";
        return Err(Error::argument(message));
    }
    let interrupt = Interrupt::watched(progress, options.common.max_time_ms)?;
    let _lock = from.lock("lock").map_err(|error| {
        let what = format!("cannot lock {}", from.display(""));
        from_storage(storage::Error::io(what, error))
    })?;
    refuse_if_used("into", &to)?;
    interrupt.advance(0)?;
    let saved = save(from, &to, options, &interrupt);
    if saved.is_err() {
        remove_all(&to);
    }
    let saved = saved?;
    interrupt.finish();
    Ok(report(&saved, started))
}

fn save(
    from: Arc<dyn Vfs>,
    to: &Arc<dyn Vfs>,
    options: &SalvageOptions,
    interrupt: &Interrupt,
) -> Result<Salvaged> {
    let options = engine::Options {
        // Nobody is told of anything before the checkpoint at the end.
        durability: Durability::None,
        page_size: options.page_size,
        mapped: false,
        cache_bytes: CACHE_BYTES,
        ..engine::Options::default()
    };
    let engine = Engine::open(to.clone(), options, Arc::new(Deriver)).map_err(from_storage)?;
    let saved = salvage(from, &engine, &Documents(interrupt)).map_err(from_storage);
    let closed = engine.close().map_err(from_storage);
    let saved = saved?;
    closed.map(|()| saved)
}

/// Refuses a directory in which there is anything of a database: nothing of it may be lost, now or by `remove_all`.
pub(super) fn refuse_if_used(argument: &str, to: &Arc<dyn Vfs>) -> Result<()> {
    match files_of(to).map_err(from_storage)?.first() {
        None => Ok(()),
        Some(name) => {
            let message = format!("{argument}: {} is not empty, it has {name}", to.display(""));
            Err(Error::argument(message))
        }
    }
}

/// Leaves nothing behind of a database that was not finished. What cannot be removed stays: it is no worse than before.
pub(super) fn remove_all(to: &Arc<dyn Vfs>) {
    for path in files_of(to).unwrap_or_default() {
        let _ = to.remove(&path);
    }
}

/// The files in a directory that look like a database's.
fn files_of(vfs: &Arc<dyn Vfs>) -> storage::Result<Vec<String>> {
    let failed = |error| storage::Error::io(format!("cannot list {}", vfs.display("")), error);
    let mut files = Vec::new();
    for name in vfs.list("").map_err(failed)? {
        if name == wal::DIRECTORY {
            let segments = vfs.list(&name).map_err(failed)?;
            files.extend(
                segments
                    .into_iter()
                    .map(|segment| format!("{name}/{segment}")),
            );
        } else if [".mlite", ".idx", ".new"]
            .iter()
            .any(|end| name.ends_with(end))
        {
            files.push(name);
        }
    }
    Ok(files)
}

/// What storage is told of documents.
struct Documents<'i>(&'i Interrupt);

impl Rescuer for Documents<'_> {
    fn step(&self, bytes: usize) -> storage::Result<()> {
        self.0.storage_step(bytes)
    }

    fn expect(&self, total: u64) {
        self.0.expect(total);
    }

    fn key(&self, _: &[u8], document: &[u8]) -> std::result::Result<Vec<u8>, String> {
        sound(document).map(|id| key::encode_id(id, None))
    }
}

fn report(saved: &Salvaged, started: std::time::Instant) -> Document {
    let count = |number: u64| Value::Int64(number as i64);
    let documents = saved.collections.iter().map(|found| found.documents).sum();
    let lost = saved
        .collections
        .iter()
        .filter_map(|found| found.lost_documents)
        .sum();
    let collections: Vec<Value> = saved.collections.iter().map(collection).collect();
    let notes: Vec<Value> = saved
        .notes
        .iter()
        .map(|text| text.as_str().into())
        .collect();
    doc! {
        "documents": (count(documents)),
        "lostDocuments": (count(lost)),
        "collections": collections,
        "lastCommit": (saved.last_commit.map_or(Value::Null, count)),
        "lostCommits": (count(saved.lost_commits)),
        "notes": notes,
        "durationMs": (started.elapsed().as_millis() as i64),
    }
}

fn collection(saved: &SalvagedCollection) -> Value {
    let count = |number: u64| Value::Int64(number as i64);
    let indexes = saved.indexes.iter().map(|index| {
        let mut told = doc! { "name": (index.name.as_str()), "created": (index.problem.is_none()) };
        if let Some(problem) = &index.problem {
            told.insert("problem", problem.as_str());
        }
        Value::from(told)
    });
    let indexes: Vec<Value> = indexes.collect();
    let lost: Vec<Value> = saved.lost_ranges.iter().map(range).collect();
    doc! {
        "name": (saved.name.as_str()),
        "file": (saved.file.as_str()),
        "documents": (count(saved.documents)),
        "lostDocuments": (saved.lost_documents.map_or(Value::Null, count)),
        "olderVersions": (count(saved.older)),
        "uncertain": (count(saved.uncertain)),
        "invalid": (count(saved.invalid)),
        "damagedPages": (count(saved.damaged_pages)),
        "lostRanges": lost,
        "indexes": indexes,
    }
    .into()
}

/// A page that was lost, with the keys from `from` on and below `to` (docs/format.md says how to read them).
fn range(lost: &LostRange) -> Value {
    let high = lost
        .high
        .as_ref()
        .map_or(Value::Null, |high| hex(high).into());
    doc! {
        "page": (i64::from(lost.page)),
        "from": (hex(&lost.low)),
        "to": high,
        "problem": (lost.reason.as_str()),
    }
    .into()
}
