//! Backups and restorations: where they are, how they are stopped, what is told of them. How they are made is in `storage/backup`.

use std::path::Path;
use std::sync::Arc;

use super::errors::{self, from_storage};
use super::interrupt::Interrupt;
use super::options::{BackupOptions, RestoreOptions};
use super::salvage::{CACHE_BYTES, refuse_if_used, remove_all};
use super::{Database, ProgressFn};
use crate::bson::{Document, RawValue, Value, doc};
use crate::error::{Error, Result};
use crate::index::Deriver;
use crate::storage;
use crate::storage::backup::{self, Watcher};
use crate::storage::engine::{self, Durability};
use crate::storage::vfs::Vfs;
use crate::storage::vfs::os::OsVfs;

impl Database {
    /// Makes a backup in the directory `destination`, or continues the one that is there with what has been committed since. Readers
    /// and writers go on. Gives `{incremental, lsn, time, baseLsn, previousLsn, bytes, pageBytes, logBytes, durationMs}`.
    ///
    /// Errors: `Argument` when there is something in `destination`, or when it is no backup that this database continues;
    /// `NotFound` when there is nothing to continue, or the log for it is gone; those of reading and writing files, after which
    /// `destination` is as it was.
    pub fn backup(&self, destination: &str, options: &BackupOptions) -> Result<Document> {
        self.check_open()?;
        let to = open_directory(destination, false, !options.incremental)?;
        self.backup_on(to, options)
    }

    /// [`Database::backup`] on any file system.
    pub fn backup_on(&self, to: Arc<dyn Vfs>, options: &BackupOptions) -> Result<Document> {
        let started = std::time::Instant::now();
        let engine = self.0.enter()?;
        let interrupt = Interrupt::new(&self.0, &options.common)?;
        let _lock = lock(&to)?;
        let watcher = &Copying(&interrupt);
        let done = if options.incremental {
            let done = backup::incremental(&engine, &to, options.since, watcher);
            done.inspect_err(|_| backup::forget_continuation(&to))
        } else {
            refuse_if_used("destination", &to)?;
            backup::full(&engine, &to, watcher).inspect_err(|_| remove_all(&to))
        };
        let done = done.map_err(from_storage)?;
        interrupt.complete();
        Ok(doc! {
            "incremental": (options.incremental),
            "lsn": (done.end as i64),
            "time": (time(done.time)),
            "baseLsn": (done.base as i64),
            "previousLsn": (done.before.map_or(Value::Null, |lsn| Value::Int64(lsn as i64))),
            "bytes": ((done.pages + done.log) as i64),
            "pageBytes": (done.pages as i64),
            "logBytes": (done.log as i64),
            "durationMs": (started.elapsed().as_millis() as i64),
        })
    }

    /// Makes a database in the directory `destination` of what the backup in `backup` holds: at its end, or at a commit or a
    /// time before. The backup is only read. Gives `{lsn, time, baseLsn, documents, bytes, durationMs}`.
    ///
    /// Errors: `NotFound` when there is no backup; `Locked` when somebody has it open for writing; `Argument` when there is
    /// something in `destination`, or for a state that the backup does not have; those of reading and writing files, after
    /// which `destination` is as empty as it was.
    pub fn restore(
        backup: &str,
        destination: &str,
        options: &RestoreOptions,
        progress: Option<Box<ProgressFn>>,
    ) -> Result<Document> {
        let from = open_directory(backup, true, false)?;
        let to = open_directory(destination, false, true)?;
        restore_on(from, to, options, progress)
    }
}

/// [`Database::restore`] on any file systems.
pub fn restore_on(
    from: Arc<dyn Vfs>,
    to: Arc<dyn Vfs>,
    options: &RestoreOptions,
    progress: Option<Box<ProgressFn>>,
) -> Result<Document> {
    let started = std::time::Instant::now();
    if options.common.op_id.is_some() {
        let message = "opId belongs to an open database; restore has a progress function";
        return Err(Error::argument(message));
    }
    let interrupt = Interrupt::watched(progress, options.common.max_time_ms)?;
    // The database that is made there takes the lock itself.
    drop(lock(&to)?);
    refuse_if_used("destination", &to)?;
    let engine = engine::Options {
        // Nobody is told of anything before the checkpoint at the end.
        durability: Durability::None,
        mapped: false,
        cache_bytes: CACHE_BYTES,
        ..engine::Options::default()
    };
    let (target, deriver) = (options.target, Arc::new(Deriver));
    let watcher = &Copying(&interrupt);
    let done = backup::restore(from, to.clone(), target, &engine, deriver, watcher);
    let done = done
        .inspect_err(|_| remove_all(&to))
        .map_err(from_storage)?;
    interrupt.complete();
    Ok(doc! {
        "lsn": (done.lsn as i64),
        "time": (time(done.time)),
        "baseLsn": (done.base as i64),
        "documents": (done.documents as i64),
        "bytes": (done.pages as i64),
        "durationMs": (started.elapsed().as_millis() as i64),
    })
}

fn open_directory(path: &str, read_only: bool, create: bool) -> Result<Arc<dyn Vfs>> {
    let vfs = OsVfs::open(Path::new(path), read_only, create);
    let vfs = vfs.map_err(|error| errors::from_opening(path, error))?;
    Ok(Arc::new(vfs))
}

fn lock(vfs: &Arc<dyn Vfs>) -> Result<Box<dyn Send + Sync>> {
    vfs.lock("lock").map_err(|error| {
        let what = format!("cannot lock {}", vfs.display(""));
        from_storage(storage::Error::io(what, error))
    })
}

fn time(millis: u64) -> Value {
    match millis {
        0 => Value::Null,
        millis => Value::DateTime(millis as i64),
    }
}

struct Copying<'i>(&'i Interrupt);

impl Watcher for Copying<'_> {
    fn step(&self, bytes: usize) -> storage::Result<()> {
        self.0.storage_advance(bytes as u64)
    }

    fn expect(&self, bytes: u64) {
        self.0.expect(bytes);
    }

    fn shown(&self, millis: u64) -> String {
        let shown = errors::json_of(RawValue::DateTime(millis as i64));
        shown["$date"].as_str().unwrap_or("?").to_string()
    }
}
