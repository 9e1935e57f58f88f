//! The database as Rust sees it: opening, collections, cursors, upkeep.
//!
//! Handles are cheap clones that share one open database. Closing waits for the calls in progress; whatever is called
//! afterwards answers "closed".
//!
//! Invariant: every public operation passes the gate first (`Shared::enter`), so that no page is read and no log written
//! once the lock on the directory has been released.

#![warn(missing_docs)]

mod backup;
mod bulk_write;
mod capped;
mod change;
mod collection;
mod compact;
mod context;
mod cursor;
mod delete;
mod distinct;
mod durability;
mod errors;
mod execute;
mod explain;
mod find;
mod find_and_modify;
mod indexes;
mod insert;
mod interrupt;
mod listing;
mod metadata;
mod names;
pub mod options;
mod record_id;
mod return_key;
mod salvage;
mod scope;
mod select;
mod sorter;
mod stats;
mod tail;
mod transaction;
mod trial;
mod update;
mod validation;
mod verify;
mod write_errors;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use parking_lot::RwLock;

pub use backup::restore_on;
pub use bulk_write::BulkWriteResult;
pub use collection::Collection;
pub use cursor::Cursor;
pub use find_and_modify::FindAndModifyResult;
pub use insert::InsertManyResult;
pub use interrupt::ProgressFn;
pub use salvage::salvage_on;
pub use transaction::Transaction;
pub use update::UpdateResult;
pub use verify::{Validated, problem, verify_on};

use crate::bson::RawDoc;
use crate::error::{Code, Error, Result, Status};
use crate::index::Deriver;
use crate::json;
use crate::query::plan_cache::PlanCache;
use crate::storage::engine::{self, Engine, WriteTxn};
use crate::storage::vfs::Vfs;
use crate::storage::vfs::memory::MemoryVfs;
use crate::storage::vfs::os::OsVfs;
use errors::from_storage;
use options::{OpenOptions, ReadMode, WriteOptions};
use scope::{Entered, Scope};

/// The path of a database that lives in memory and goes with its last handle.
pub const MEMORY_PATH: &str = ":memory:";

/// An open database.
#[derive(Clone)]
pub struct Database(Arc<Shared>);

/// What all handles of one database share.
struct Shared {
    engine: RwLock<Option<Arc<Engine>>>,
    /// Set before `close` waits for the calls in progress, so that no stream of new calls keeps it waiting.
    is_closing: AtomicBool,
    options: OpenOptions,
    plans: PlanCache,
    operations: interrupt::Operations,
    path: String,
}

impl Shared {
    fn enter(&self) -> Result<Entered<'_>> {
        // Recursive: a caller's callback may use the database while a call is in progress.
        let engine = self.engine.read_recursive();
        if self.is_closing.load(Ordering::Relaxed) || engine.is_none() {
            let message = format!("the database {} is closed", self.path);
            return Err(Error::new(Status::Closed, Code::NONE, message));
        }
        Ok(Entered::new(engine))
    }
}

impl Shared {
    /// Whether the database is being closed: calls under way should end.
    fn is_closing(&self) -> bool {
        self.is_closing.load(Ordering::Relaxed)
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        if let Some(engine) = self.engine.get_mut().take()
            && let Err(error) = engine.close()
        {
            log::error!("closing {}: {error}", self.path);
        }
    }
}

impl Database {
    /// Opens the database directory `path`, making it if there is none and `create` is set; `":memory:"` opens one in
    /// memory.
    ///
    /// Errors: `Locked` when it is open already, in this process or another; `NotFound` when there is none and `create` is not
    /// set; `Corrupt` and `Unsupported` when its files are damaged or newer; `Io`.
    pub fn open(path: &str, options: OpenOptions) -> Result<Database> {
        if path == MEMORY_PATH {
            return Database::open_on(Arc::new(MemoryVfs::new()), path, options, false);
        }
        let vfs = OsVfs::open(Path::new(path), options.read_only, options.create)
            .map_err(|error| errors::from_opening(path, error))?;
        let mapped = options.read_mode == ReadMode::Mmap;
        Database::open_on(Arc::new(vfs), path, options, mapped)
    }

    /// Opens a database on any file system; `path` serves messages only.
    pub fn open_on(
        vfs: Arc<dyn Vfs>,
        path: &str,
        options: OpenOptions,
        mapped: bool,
    ) -> Result<Database> {
        let storage = engine::Options {
            create: options.create,
            read_only: options.read_only,
            durability: options.durability.into(),
            sync_interval_ms: options.sync_interval_ms,
            page_size: options.page_size,
            mapped,
            cache_bytes: (options.cache_bytes as usize).max(1 << 20),
            max_open_files: options.max_open_files,
            background: options.background,
            compaction: options.compaction,
            log_retention_bytes: options.log_retention_bytes,
            ..engine::Options::default()
        };
        let engine = Engine::open(vfs, storage, Arc::new(Deriver))
            .map_err(|error| from_storage(error).context(format!("cannot open {path}")))?;
        Ok(Database(Arc::new(Shared {
            engine: RwLock::new(Some(engine)),
            is_closing: AtomicBool::new(false),
            plans: PlanCache::new(options.query_cache_size),
            operations: interrupt::Operations::default(),
            options,
            path: path.to_string(),
        })))
    }

    /// Waits for the calls in progress, makes everything durable, releases the directory. Closing again does nothing.
    pub fn close(&self) -> Result<()> {
        self.0.is_closing.store(true, Ordering::Relaxed);
        let Some(engine) = self.0.engine.write().take() else {
            return Ok(());
        };
        engine.close().map_err(from_storage)?;
        log::info!("closed {}", self.0.path);
        Ok(())
    }

    /// Whether `close` was called.
    pub fn is_closed(&self) -> bool {
        self.0.is_closing.load(Ordering::Relaxed)
    }

    /// Refuses to go on after `close`, for what needs nothing of the database but that it is open.
    pub(crate) fn check_open(&self) -> Result<()> {
        self.0.enter().map(drop)
    }

    /// What the database is called in namespaces (`name.collection`): its directory's name without the extension.
    pub fn name(&self) -> &str {
        let stem = Path::new(&self.0.path).file_stem();
        match stem.and_then(|stem| stem.to_str()) {
            Some(stem) if self.0.path != MEMORY_PATH => stem,
            _ => "memory",
        }
    }

    /// Whether it was opened for reading.
    pub fn is_read_only(&self) -> bool {
        self.0.options.read_only
    }

    /// The JSON that results are written in.
    pub fn json_mode(&self) -> json::Mode {
        self.0.options.json_mode
    }

    /// Makes everything committed durable in the page files, and the log short.
    pub fn checkpoint(&self) -> Result<()> {
        self.0.enter()?.checkpoint().map_err(from_storage)
    }

    /// Refuses all further writes, after a panic in one: what it left in memory cannot be trusted. Opening anew recovers.
    pub fn mark_panicked(&self) {
        // Also while it is being closed.
        if let Some(engine) = &*self.0.engine.read_recursive() {
            engine.poison_by_panic("writing");
        }
    }

    /// A handle on a collection, which need not exist.
    pub fn collection(&self, name: &str) -> Result<Collection> {
        self.0.enter()?;
        names::check_collection(name)?;
        Ok(Collection::new(self.scope(), name))
    }

    /// Makes a collection; `options` are those of [`CreateOptions`](options::CreateOptions). One that exists already with the
    /// same options is fine, as in MongoDB 7 and later.
    ///
    /// Errors: `NamespaceExists` (48) if there is one with other options.
    pub fn create_collection(&self, name: &str, options: RawDoc<'_>) -> Result<()> {
        collection::create(&self.scope(), name, options)
    }

    fn scope(&self) -> Scope {
        Scope {
            shared: self.0.clone(),
            transaction: None,
        }
    }

    /// Gives a collection another name, dropping one that has it already if `drop_target`.
    ///
    /// Errors: `NamespaceNotFound` (26), `NamespaceExists` (48), `IllegalOperation` (20) for the same name
    /// ([renameCollection](https://www.mongodb.com/docs/manual/reference/command/renameCollection/)).
    pub fn rename_collection(&self, from: &str, to: &str, drop_target: bool) -> Result<()> {
        let engine = self.0.enter()?;
        names::check_collection(to)?;
        if from == to {
            let message = "can't rename a collection to itself";
            return Err(Error::query(Code::ILLEGAL_OPERATION, message));
        }
        let mut txn = engine.begin_write()?;
        let Some(source) = txn.collection(from) else {
            return Err(listing::no_collection(txn.catalog(), from));
        };
        if let Some(target) = txn.collection(to) {
            if !drop_target {
                let message = format!("target collection {to:?} exists");
                return Err(Error::query(Code::NAMESPACE_EXISTS, message));
            }
            txn.drop_collection(&target);
        }
        txn.rename_collection(&source, to).map_err(from_storage)?;
        finish(&engine, txn)
    }
}

/// Commits and waits.
fn finish(engine: &Engine, txn: WriteTxn<'_>) -> Result<()> {
    durability::wait(engine, txn.commit(), &WriteOptions::default())
}
