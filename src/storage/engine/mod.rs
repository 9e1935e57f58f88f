//! The engine: one database directory, its trees, its log, and the two states that everyone works on.
//!
//! `latest` (in `Core`, under the commit lock) is what the next commit builds on; `visible` is what readers see. With full
//! durability a commit becomes visible only when the log that holds it is synced, so that no reader sees what a power cut can
//! take back.
//!
//! Locks, in the order in which they may be taken: checkpoint, log writer (the group leader's), core, group state; then the
//! file list, those inside page files, and the registry. Readers take none of the first four.

mod arrivals;
mod background;
mod backup;
#[cfg(test)]
mod build_tests;
mod checkpoint;
mod commit;
mod compact;
mod compact_idle;
mod files;
mod fill;
mod index_build;
mod open;
mod publish;
mod recent;
mod replay;
#[cfg(test)]
mod replay_tests;
mod retention;
mod schema;
#[cfg(test)]
mod tests;
mod transaction;
mod verify;
mod write;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use parking_lot::{Mutex, RwLock};

use super::btree::TreeRef;
use super::catalog::{Catalog, Collection, Index};
use super::derive::IndexDeriver;
use super::error::{Error, ErrorKind, Result};
use super::page::{Lsn, TreeId};
use super::pager::file::{PageFile, Shared};
use super::pager::thin::Checkpoints;
use super::roots::Roots;
use super::snapshot::{Registry, Version};
use super::vfs::Vfs;
use super::wal::group::Pending;
use super::wal::writer::LogSizes;
use arrivals::Arrivals;
use background::Bell;
use checkpoint::CheckpointState;
use commit::GroupCommit;
use compact::Compactions;
pub use compact::{Compacted, Pace, Prospect};
pub use compact_idle::IdleCompaction;
use files::Files;
pub use index_build::{BuildFigures, IndexBuild, NewIndex, Settled};
pub use open::Restoring;
pub(super) use open::{NEW_METADATA, page_files, random_id, read_superblock};
use recent::RecentWrites;
use retention::LogPins;
pub use retention::PinnedLog;
pub use schema::StepFn;
pub use transaction::{InTransaction, Transaction};
pub use write::{Duplicate, WriteTxn};

/// When a commit counts as done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Durability {
    /// When it is on the medium.
    #[default]
    Full,
    /// When the operating system has it; synced every so many milliseconds.
    Interval,
    /// When the operating system has it; synced by checkpoints only.
    None,
}

/// How an engine is opened.
#[derive(Clone, Debug)]
pub struct Options {
    pub create: bool,
    pub read_only: bool,
    /// Whether the log is read; else the database is as its checkpoint left it. Only for looking at a damaged one.
    pub replay: bool,
    pub durability: Durability,
    pub sync_interval_ms: u64,
    /// For new databases and new files.
    pub page_size: u32,
    /// Read pages through maps; else into a cache of `cache_bytes`.
    pub mapped: bool,
    /// Memory for pages: half of it for pages not yet written, and the cache when there are no maps.
    pub cache_bytes: usize,
    pub max_open_files: usize,
    /// Whether a thread does checkpoints and writes pages ahead; else committers do.
    pub background: bool,
    /// When another thread compacts; it runs only if `background` is set, too.
    pub compaction: Option<IdleCompaction>,
    pub log: LogSizes,
    /// A checkpoint is made when the log has grown by so much.
    pub checkpoint_log_bytes: u64,
    /// An index of a collection with more bytes of documents is built beside the writers.
    pub online_build_bytes: u64,
    /// Bytes of log that are kept behind what recovery needs, rounded up to segments.
    pub log_retention_bytes: u64,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            create: true,
            read_only: false,
            replay: true,
            durability: Durability::Full,
            sync_interval_ms: 100,
            page_size: 8192,
            mapped: true,
            cache_bytes: 256 << 20,
            max_open_files: 256,
            background: true,
            compaction: None,
            log: LogSizes::default(),
            checkpoint_log_bytes: 64 << 20,
            online_build_bytes: 4 << 20,
            log_retention_bytes: 0,
        }
    }
}

/// Stops all writing when it is dropped by a panic. Held by work that leaves things half done in between.
struct PoisonOnPanic<'e>(&'e Engine, &'static str);

impl<'e> PoisonOnPanic<'e> {
    fn new(engine: &'e Engine, doing: &'static str) -> PoisonOnPanic<'e> {
        PoisonOnPanic(engine, doing)
    }
}

impl Drop for PoisonOnPanic<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.poison_by_panic(self.1);
        }
    }
}

/// What the commit lock protects.
struct Core {
    /// The newest commit, visible or not.
    lsn: Lsn,
    roots: Roots,
    catalog: Catalog,
    next_tree: TreeId,
    pending: Pending,
    /// Trees changed since the last checkpoint captured them.
    dirty: BTreeSet<TreeId>,
    /// Trees dropped since then.
    dropped: BTreeSet<TreeId>,
    scratch: write::Scratch,
}

/// An open database.
pub struct Engine {
    vfs: Arc<dyn Vfs>,
    options: Options,
    deriver: Arc<dyn IndexDeriver>,
    shared: Arc<Shared>,
    core: Mutex<Core>,
    group: GroupCommit,
    visible: RwLock<Arc<Version>>,
    registry: Arc<Registry>,
    checkpoint: Mutex<CheckpointState>,
    compactions: Compactions,
    /// Held by the one who builds indexes beside the writers, so that the memory for it is bounded.
    builds: Mutex<()>,
    /// Open transactions by their numbers.
    transactions: Mutex<BTreeMap<u16, Arc<Transaction>>>,
    recent: RecentWrites,
    log_pins: LogPins,
    /// The number of the next commit that is written in parts.
    parts: AtomicU64,
    files: RwLock<Files>,
    /// The newest commit.
    committed: AtomicU64,
    /// The newest commit that a version shows, or will: pages born up to here never change again. Moved on under the commit
    /// lock, before the version's roots are taken.
    settled: AtomicU64,
    /// The newest durable checkpoint's commit.
    checkpointed: AtomicU64,
    /// Pages that it alone may keep, while an older version is held, before the next one comes ...
    spare_pages: AtomicU64,
    /// ... and whether it keeps more.
    keeps_much: AtomicBool,
    /// Bytes of log since the last checkpoint.
    log_bytes: AtomicU64,
    poisoned: AtomicBool,
    poison: Mutex<Option<Error>>,
    bell: Arc<Bell>,
    /// That of the thread that compacts.
    compaction_bell: Arc<Bell>,
    arrivals: Arrivals,
    /// Released when the engine is gone.
    _lock: Box<dyn Send + Sync>,
}

/// Figures for `stats`.
#[derive(Clone, Copy, Debug, Default)]
pub struct EngineStats {
    pub lsn: Lsn,
    pub visible_lsn: Lsn,
    pub checkpoint_lsn: Lsn,
    pub held_versions: usize,
    pub oldest_version: Lsn,
    pub transactions: usize,
    pub dead_pages: usize,
    pub dirty_bytes: i64,
    pub log_bytes: u64,
    pub syncs: u64,
    pub writes: u64,
    pub bytes_written: u64,
    pub reads: u64,
}

impl Engine {
    /// The newest visible version. Its pages stay for as long as the value lives.
    #[inline]
    pub fn snapshot(&self) -> Arc<Version> {
        self.visible.read().clone()
    }

    pub fn options(&self) -> &Options {
        &self.options
    }

    /// The name to show for this database.
    pub fn shown(&self) -> String {
        self.vfs.display("")
    }

    pub fn stats(&self) -> EngineStats {
        let lsn = self.committed.load(Ordering::Acquire);
        let checkpoint_lsn = self.checkpointed.load(Ordering::Acquire);
        let (held_versions, dead_pages) = self.registry.counts();
        let counters = self.vfs.counters();
        EngineStats {
            lsn,
            visible_lsn: self.snapshot().lsn,
            checkpoint_lsn,
            held_versions,
            oldest_version: self.registry.oldest().unwrap_or(lsn),
            transactions: self.transactions.lock().len(),
            dead_pages,
            dirty_bytes: self.shared.dirty_bytes.load(Ordering::Relaxed),
            log_bytes: self.log_bytes.load(Ordering::Relaxed),
            syncs: counters.syncs.load(Ordering::Relaxed),
            writes: counters.writes.load(Ordering::Relaxed),
            bytes_written: counters.bytes_written.load(Ordering::Relaxed),
            reads: counters.reads.load(Ordering::Relaxed),
        }
    }

    /// Refuses writes after a failed write or sync: what the device then holds is unknown until recovery has read it.
    fn check_writable(&self) -> Result<()> {
        if self.options.read_only {
            let message = format!("{} is open for reading only", self.shown());
            return Err(Error::new(ErrorKind::ReadOnly, message));
        }
        if self.poisoned.load(Ordering::Acquire) {
            let message = format!(
                "an earlier write to {} failed; close it and open it again to recover",
                self.shown()
            );
            let error = Error::new(ErrorKind::Poisoned, message);
            return Err(match &*self.poison.lock() {
                Some(cause) => error.with_source(cause.again()),
                None => error,
            });
        }
        Ok(())
    }

    /// Stops all writing for good; reads go on at the last visible version.
    pub fn poison(&self, cause: &Error) {
        self.poison.lock().get_or_insert_with(|| cause.again());
        self.poisoned.store(true, Ordering::Release);
    }

    /// Stops all writing after a panic: what it left half done in memory must never reach a checkpoint.
    pub fn poison_by_panic(&self, doing: &str) {
        self.poison(&Error::new(
            ErrorKind::Poisoned,
            format!("a panic while {doing}"),
        ));
    }

    /// Frees the pages that no version needs any more.
    fn reclaim(&self) -> Result<()> {
        let free = self.registry.collect(self.visible.read().lsn);
        let durable = self.checkpointed.load(Ordering::Acquire);
        let kept = self.registry.kept_beside_older(durable);
        let is_much = kept > self.spare_pages.load(Ordering::Relaxed);
        self.keeps_much.store(is_much, Ordering::Relaxed);
        if free.is_empty() {
            return Ok(());
        }
        let pin = crossbeam_epoch::pin();
        let files = self.files.read();
        for death in &free {
            if let Some(file) = files.get(death.tree) {
                file.release(death.number, death.pages, &pin)?;
            }
        }
        for of_tree in free.chunk_by(|a, b| a.tree == b.tree) {
            if let Some(file) = files.get(of_tree[0].tree) {
                file.tidy_unwritten(&pin);
            }
        }
        Ok(())
    }

    /// Whether the log is long, or what the durable checkpoint alone keeps from being used again is much.
    fn is_checkpoint_due(&self) -> bool {
        self.log_bytes.load(Ordering::Relaxed) > self.options.checkpoint_log_bytes
            || self.keeps_much.load(Ordering::Relaxed)
    }

    /// Writes pages out when too many wait in memory. Committers call this after their commit, and so pay for the
    /// memory they use. Pages of a transaction still running are left alone.
    fn relieve(&self) -> Result<()> {
        let dirty = self.shared.dirty_bytes.load(Ordering::Relaxed).max(0) as usize;
        let hard = self.options.cache_bytes / 2;
        if dirty > hard {
            let settled = self.settled.load(Ordering::Acquire);
            self.bell.ring();
            return match self.make_room(settled, hard)? {
                // Without the storage thread it is for committers to do what it would.
                true if !self.options.background && self.is_mostly_thin() => self.checkpoint(),
                true => self.write_ahead(settled, hard / 2),
                false => Ok(()),
            };
        }
        let is_due = self.is_checkpoint_due();
        if is_due && !self.options.background {
            return self.checkpoint();
        }
        if is_due || dirty > hard / 2 {
            self.bell.ring();
        }
        Ok(())
    }

    /// Writes the pages of an open transaction to their places.
    fn write_private(&self, birth: Lsn, trees: &BTreeSet<TreeId>) -> Result<()> {
        for tree in trees {
            let file = self.files.read().get(*tree).cloned();
            let written = file.map_or(Ok(()), |file| file.write_private(birth));
            written.inspect_err(|error| self.poison(error))?;
        }
        Ok(())
    }

    /// Brings the bytes of pages that wait in memory well below `most`. Those born up to `limit` are kept as differences to what is on
    /// disk. Whether that was not enough.
    fn make_room(&self, limit: Lsn, most: usize) -> Result<bool> {
        if self.options.read_only || self.poisoned.load(Ordering::Acquire) {
            return Ok(false);
        }
        let target = most / 2;
        for again in [false, true] {
            let is_done = self
                .make_thin(limit, target, again)
                .inspect_err(|e| self.poison(e))?;
            let dirty = self.shared.dirty_bytes.load(Ordering::Relaxed);
            // What others add meanwhile is for the next time.
            if is_done || dirty <= (most / 4 * 3) as i64 {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// The files of collections and indexes that have pages not on disk. The catalog's is the running checkpoint's alone, and a file
    /// that has been removed must not come back.
    fn waiting_files(&self) -> Vec<Arc<PageFile>> {
        let files = self.files.read();
        let waiting = self.shared.waiting.lock();
        let found = waiting.iter().filter_map(|&tree| files.get(tree));
        found.cloned().collect()
    }

    /// Whether the pages that wait in memory are differences for the most part: writing them frees little.
    fn is_mostly_thin(&self) -> bool {
        let waiting = self.waiting_files();
        let whole: usize = waiting.iter().map(|file| file.unwritten_bytes()).sum();
        let dirty = self.shared.dirty_bytes.load(Ordering::Relaxed).max(0);
        whole as u64 > 4 * dirty as u64
    }

    /// Whether as many bytes were saved as there were above `target`.
    fn make_thin(&self, limit: Lsn, target: usize, again: bool) -> Result<bool> {
        // ORDER: `limit` is known before these: a checkpoint that begins behind it writes every page born up to it.
        let coming = self.shared.capturing.load(Ordering::Acquire);
        let checkpoints = Checkpoints {
            coming: (coming != 0).then_some(coming),
            durable: self.checkpointed.load(Ordering::Acquire),
        };
        let dirty = self.shared.dirty_bytes.load(Ordering::Relaxed).max(0) as usize;
        let (wanted, mut saved) = (dirty.saturating_sub(target), 0);
        for file in self.waiting_files() {
            if saved >= wanted {
                break;
            }
            saved += file.make_thin(limit, checkpoints, wanted - saved, again)?;
        }
        Ok(saved >= wanted)
    }

    /// Writes pages born up to `limit` to their places until no more than `target` bytes wait.
    fn write_ahead(&self, limit: Lsn, target: usize) -> Result<()> {
        for file in self.waiting_files() {
            let excess = self.shared.dirty_bytes.load(Ordering::Relaxed) - target as i64;
            if excess <= 0 {
                break;
            }
            let written = file.write_out(limit, excess as usize);
            written.inspect_err(|error| self.poison(error))?;
        }
        Ok(())
    }
}

/// A collection's documents at a version.
pub fn documents<'a>(
    version: &Version,
    collection: &'a Collection,
    pin: &'a crossbeam_epoch::Guard,
) -> TreeRef<'a> {
    TreeRef {
        file: &collection.file,
        tree: version.tree(collection.id),
        pin,
    }
}

/// An index's entries at a version.
pub fn entries<'a>(
    version: &Version,
    index: &'a Index,
    pin: &'a crossbeam_epoch::Guard,
) -> TreeRef<'a> {
    TreeRef {
        file: &index.file,
        tree: version.tree(index.id),
        pin,
    }
}
