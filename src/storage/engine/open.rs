//! Opening and closing: make a new database, or read the superblock, load the catalog, replay the log.
//!
//! What opening costs depends on the number of collections and the length of the log, not on the size of the data; only an index
//! whose creation is still in the log is built again.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64};

use parking_lot::{Mutex, RwLock};

use super::arrivals::Arrivals;
use super::background::Bell;
use super::checkpoint::CheckpointState;
use super::commit::GroupCommit;
use super::files::Files;
use super::recent::RecentWrites;
use super::retention::LogPins;
use super::write::Scratch;
use super::{Core, Engine, Options};
use crate::storage::backup::half_restored;
use crate::storage::btree::TreeRef;
use crate::storage::btree::walk::Walk;
use crate::storage::catalog::{
    self, CATALOG_TREE, Catalog, Collection, Entry, FIRST_TREE, Index, METADATA_FILE,
};
use crate::storage::derive::IndexDeriver;
use crate::storage::error::{Error, ErrorKind, Result};
use crate::storage::page::{self, Lsn, TreeId};
use crate::storage::pager::file::{Cache, PageFile, Shared};
use crate::storage::pager::free_map::FreeMap;
use crate::storage::pager::open_files::OpenFiles;
use crate::storage::roots::Roots;
use crate::storage::snapshot::{Registry, Version};
use crate::storage::superblock::{FILE_MAGIC, LogPosition, RESERVED, Superblock};
use crate::storage::vfs::Vfs;
use crate::storage::wal::group::Pending;
use crate::storage::wal::reader::{self, Log};
use crate::storage::wal::writer::{LogWriter, SEGMENT_HEADER};
use crate::storage::wal::{self};

const LOCK_FILE: &str = "lock";
pub(in crate::storage) const NEW_METADATA: &str = "metadata.new";

/// The log that a restored database recovers from, which is a backup's.
pub struct Restoring<'a> {
    pub log: Log,
    /// Called with the bytes of each commit; its error ends the work.
    pub step: &'a dyn Fn(usize) -> Result<()>,
}

/// A database as its checkpoint describes it.
struct Loaded {
    roots: Roots,
    catalog: Catalog,
    files: Files,
}

impl Engine {
    /// Opens the database in the directory that `vfs` stands for, making a new one if there is none and `create` is set.
    pub fn open(
        vfs: Arc<dyn Vfs>,
        options: Options,
        deriver: Arc<dyn IndexDeriver>,
    ) -> Result<Arc<Engine>> {
        Engine::open_with(vfs, options, deriver, None)
    }

    /// Opens a database that is being restored. It is one that opens by itself when this engine has been closed.
    pub fn open_restoring(
        vfs: Arc<dyn Vfs>,
        options: Options,
        deriver: Arc<dyn IndexDeriver>,
        restoring: Restoring<'_>,
    ) -> Result<Arc<Engine>> {
        Engine::open_with(vfs, options, deriver, Some(restoring))
    }

    fn open_with(
        vfs: Arc<dyn Vfs>,
        options: Options,
        deriver: Arc<dyn IndexDeriver>,
        restoring: Option<Restoring<'_>>,
    ) -> Result<Arc<Engine>> {
        check_options(&options)?;
        let lock = vfs
            .lock(LOCK_FILE)
            .map_err(|e| Error::io(format!("cannot lock {}", vfs.display("")), e))?;
        let superblock = match read_superblock(&vfs)? {
            Some(superblock) => superblock,
            None if options.create && !options.read_only => create(&vfs, &options)?,
            None => {
                let message = format!("there is no database in {}", vfs.display(""));
                return Err(Error::new(ErrorKind::NotFound, message));
            }
        };
        if superblock.is_restoring && restoring.is_none() {
            return Err(half_restored(&vfs));
        }
        let checkpoint = superblock.checkpoint_lsn;
        let database_id = superblock.database_id;
        let time = superblock.time;
        let shared = Arc::new(Shared {
            files: OpenFiles::new(vfs.clone(), options.max_open_files),
            database_id,
            mapped: options.mapped,
            dirty_bytes: AtomicI64::new(0),
            cache: Cache::new(options.cache_bytes / 2),
            capturing: AtomicU64::new(0),
            created_file: AtomicBool::new(false),
            waiting: Default::default(),
        });
        let (catalog_file, loaded) = load(&shared, &superblock)?;
        let log = match options.replay && restoring.is_none() {
            true => Log::scan(&vfs, database_id, superblock.log, checkpoint)?,
            false => Log::unread(&vfs, database_id, superblock.log, checkpoint),
        };
        if !options.read_only {
            settle(&vfs, &superblock, &log)?;
            // ORDER: only what is durable decides which files nobody needs.
            remove_orphans(&vfs, database_id, &loaded.files)?;
        }

        let registry = Arc::new(Registry::default());
        registry.hold(checkpoint);
        let Loaded {
            roots,
            catalog,
            files,
        } = loaded;
        let visible = Version::new(checkpoint, roots.clone(), catalog.clone(), &registry);
        let core = Core {
            lsn: checkpoint,
            roots,
            catalog,
            next_tree: superblock.next_tree,
            pending: Pending::default(),
            dirty: Default::default(),
            dropped: Default::default(),
            scratch: Scratch::default(),
        };
        let state = CheckpointState {
            superblock,
            catalog_file,
            to_remove: Default::default(),
        };
        let mut engine = Engine {
            vfs,
            deriver,
            shared,
            core: Mutex::new(core),
            group: GroupCommit::new(None, checkpoint, log.end, 0),
            visible: RwLock::new(visible),
            registry,
            checkpoint: Mutex::new(state),
            compactions: Default::default(),
            builds: Mutex::default(),
            transactions: Mutex::default(),
            log_pins: LogPins::default(),
            recent: RecentWrites::default(),
            parts: AtomicU64::new(1),
            files: RwLock::new(files),
            committed: AtomicU64::new(checkpoint),
            settled: AtomicU64::new(checkpoint),
            checkpointed: AtomicU64::new(checkpoint),
            spare_pages: AtomicU64::new(u64::MAX),
            keeps_much: AtomicBool::new(false),
            log_bytes: AtomicU64::new(log.bytes),
            poisoned: AtomicBool::new(false),
            poison: Mutex::new(None),
            bell: Arc::new(Bell::default()),
            compaction_bell: Arc::new(Bell::default()),
            arrivals: Arrivals::default(),
            options,
            _lock: lock,
        };
        let last = match restoring {
            None => {
                engine.replay(&log, checkpoint, &|_| Ok(()))?;
                engine.group = engine.start_log(&log, database_id, time)?;
                log.last
            }
            Some(Restoring { log, step }) => {
                engine.replay(&log, checkpoint, step)?;
                let (vfs, sizes) = (&engine.vfs, engine.options.log);
                let writer = LogWriter::create(vfs, sizes, database_id, 1, log.last + 1)?;
                let end = writer.position();
                engine.group = GroupCommit::new(Some(writer), log.last, end, log.time);
                log.last
            }
        };
        engine.publish_recovered(last);
        let engine = Arc::new(engine);
        engine.start_background();
        Ok(engine)
    }

    /// Makes the log ready for the next group. What it holds is durable already (`settle`).
    fn start_log(&self, log: &Log, database_id: [u8; 16], time: u64) -> Result<GroupCommit> {
        let time = log.time.max(time);
        if self.options.read_only {
            return Ok(GroupCommit::new(None, log.last, log.end, time));
        }
        let (sizes, end) = (self.options.log, log.end);
        let writer = if log.torn {
            log::warn!(
                "{}: cut off the torn end of the log behind commit {}; nobody was told that it was durable",
                self.shown(),
                log.last
            );
            log.remove_later_segments()?;
            LogWriter::create(&self.vfs, sizes, database_id, end.segment + 1, log.last + 1)?
        } else {
            LogWriter::resume(&self.vfs, sizes, database_id, end)?
        };
        let end = writer.position();
        Ok(GroupCommit::new(Some(writer), log.last, end, time))
    }

    fn publish_recovered(&self, last: Lsn) {
        let core = self.core.lock();
        debug_assert_eq!(core.lsn, last);
        self.settle_pages(&core);
        let (roots, catalog) = (core.roots.clone(), core.catalog.clone());
        self.publish(Version::new(last, roots, catalog, &self.registry));
    }

    /// Makes everything durable in the page files and ends the background thread. The lock is released when the
    /// last reference to the engine goes.
    pub fn close(&self) -> Result<()> {
        self.stop_background();
        self.abort_transactions();
        if self.options.read_only {
            return Ok(());
        }
        // A poisoned database says so: with a durability that does not wait, nobody may have heard yet.
        self.checkpoint()
    }
}

fn check_options(options: &Options) -> Result<()> {
    let size = options.page_size;
    if !page::PAGE_SIZES.contains(&size) || !size.is_power_of_two() {
        let message = format!("page size {size}: must be 4096, 8192, 16384 or 32768");
        return Err(Error::new(ErrorKind::Argument, message));
    }
    if !options.replay && !options.read_only {
        let message = "without its log a database is opened for reading only";
        return Err(Error::new(ErrorKind::Argument, message));
    }
    Ok(())
}

/// The newer superblock that is whole; none: there is no database.
pub(in crate::storage) fn read_superblock(vfs: &Arc<dyn Vfs>) -> Result<Option<Superblock>> {
    let shown = vfs.display(METADATA_FILE);
    let failed = |e| Error::io(format!("cannot read {shown}"), e);
    if !vfs.exists(METADATA_FILE).map_err(failed)? {
        return Ok(None);
    }
    let file = vfs.open(METADATA_FILE, false).map_err(failed)?;
    let length = file.length().map_err(failed)?.min(RESERVED as u64);
    let mut bytes = vec![0; length as usize];
    file.read_at(&mut bytes, 0).map_err(failed)?;
    Superblock::choose(&bytes, &shown).map(Some)
}

/// Makes what was read durable. The process before may have been killed, or given up after a failed sync, so that the system
/// shows bytes and names that are not on the medium, and that no sync alone would bring there: they are written again.
fn settle(vfs: &Arc<dyn Vfs>, superblock: &Superblock, log: &Log) -> Result<()> {
    let failed = |e| Error::io(format!("cannot recover {}", vfs.display("")), e);
    let file = vfs.open(METADATA_FILE, false).map_err(failed)?;
    file.write_at(&superblock.encode(), superblock.offset())
        .map_err(failed)?;
    file.sync().map_err(failed)?;
    log.settle()?;
    vfs.sync_directory(wal::DIRECTORY).map_err(failed)?;
    vfs.sync_directory("").map_err(failed)
}

/// Makes a new database. The metadata file comes last and by renaming: with it the database exists.
fn create(vfs: &Arc<dyn Vfs>, options: &Options) -> Result<Superblock> {
    let shown = vfs.display("");
    let failed = |e| Error::io(format!("cannot create a database in {shown}"), e);
    refuse_remains(vfs)?;
    let database_id = random_id();
    vfs.create_directory(wal::DIRECTORY).map_err(failed)?;
    LogWriter::create(vfs, options.log, database_id, 1, 1)?;
    vfs.sync_directory("").map_err(failed)?;
    let superblock = Superblock {
        page_size: options.page_size,
        database_id,
        generation: 1,
        checkpoint_lsn: 0,
        log: LogPosition {
            segment: 1,
            offset: SEGMENT_HEADER as u64,
        },
        catalog: Default::default(),
        catalog_map: Default::default(),
        next_tree: FIRST_TREE,
        time: 0,
        is_restoring: false,
    };
    let file = vfs.open(NEW_METADATA, true).map_err(failed)?;
    file.set_length(RESERVED as u64).map_err(failed)?;
    file.write_at(&superblock.encode(), superblock.offset())
        .map_err(failed)?;
    file.sync().map_err(failed)?;
    vfs.rename(NEW_METADATA, METADATA_FILE).map_err(failed)?;
    vfs.sync_directory("").map_err(failed)?;
    Ok(superblock)
}

/// A directory that holds data but no metadata file has lost it: a new database there would bury the rest.
fn refuse_remains(vfs: &Arc<dyn Vfs>) -> Result<()> {
    let shown = vfs.display("");
    let failed = |e| Error::io(format!("cannot list {shown}"), e);
    let mut remains = page_files(vfs)?;
    if vfs.exists(wal::DIRECTORY).map_err(failed)? {
        // A crash while creating leaves one empty segment, never more.
        let segments = reader::segments(vfs, 0)?;
        if segments.iter().any(|&number| number > 1) {
            remains.push(wal::DIRECTORY.to_string());
        }
    }
    if remains.is_empty() {
        return Ok(());
    }
    let reason = format!(
        "{METADATA_FILE} is missing, but there is {}",
        remains.join(", ")
    );
    Err(Error::corrupt_file(&shown, reason))
}

/// The names of the files that look like a collection's or an index's.
pub(in crate::storage) fn page_files(vfs: &Arc<dyn Vfs>) -> Result<Vec<String>> {
    let names = vfs
        .list("")
        .map_err(|e| Error::io(format!("cannot list {}", vfs.display("")), e))?;
    Ok(names
        .into_iter()
        .filter(|name| is_page_file(name))
        .collect())
}

fn is_page_file(name: &str) -> bool {
    name != METADATA_FILE && (name.ends_with(".mlite") || name.ends_with(".idx"))
}

pub(in crate::storage) fn random_id() -> [u8; 16] {
    use std::hash::{BuildHasher, Hasher};
    let mut id = [0; 16];
    for half in id.chunks_exact_mut(8) {
        // The standard library seeds each state from the operating system's random numbers.
        let hasher = std::collections::hash_map::RandomState::new().build_hasher();
        half.copy_from_slice(&hasher.finish().to_le_bytes());
    }
    id
}

/// Removes page files that the catalog does not know: what a crash left of trees whose creation is only in the log,
/// or whose removal was interrupted. Files of another database are left alone.
fn remove_orphans(vfs: &Arc<dyn Vfs>, database_id: [u8; 16], files: &Files) -> Result<()> {
    let failed = |e| Error::io(format!("cannot tidy {}", vfs.display("")), e);
    let mut removed = false;
    for name in vfs.list("").map_err(failed)? {
        let orphan = is_page_file(&name) && !files.has_name(&name);
        if name == NEW_METADATA || (orphan && !is_foreign(vfs, &name, database_id)) {
            vfs.remove(&name).map_err(failed)?;
            removed = true;
        }
    }
    if removed {
        vfs.sync_directory("").map_err(failed)
    } else {
        Ok(())
    }
}

fn is_foreign(vfs: &Arc<dyn Vfs>, name: &str, database_id: [u8; 16]) -> bool {
    let mut header = [0; 48];
    let read = vfs
        .open(name, false)
        .and_then(|file| file.read_at(&mut header, 0));
    match read {
        // Too short or all zeros: a file of ours that a crash cut.
        Err(error) => error.kind() != std::io::ErrorKind::UnexpectedEof,
        Ok(()) if header[24..32] == *FILE_MAGIC => header[32..48] != database_id,
        Ok(()) => header.iter().any(|&byte| byte != 0),
    }
}

fn load(shared: &Arc<Shared>, superblock: &Superblock) -> Result<(Arc<PageFile>, Loaded)> {
    let page_size = superblock.page_size as usize;
    let map = FreeMap::new(superblock.catalog_map, (RESERVED / page_size) as u32);
    let catalog_file = PageFile::new(shared, CATALOG_TREE, METADATA_FILE, page_size, map);
    let mut loaded = Loaded {
        roots: Roots::default(),
        catalog: Catalog::default(),
        files: Files::with_capacity(superblock.catalog.entries as usize),
    };
    // In order of their ids, as the tree has them.
    let mut collections: Vec<Collection> = Vec::new();
    let mut indexes: Vec<(TreeId, Arc<Index>)> = Vec::new();
    {
        let pin = crossbeam_epoch::pin();
        let view = TreeRef {
            file: &catalog_file,
            tree: superblock.catalog,
            pin: &pin,
        };
        let mut walk = Walk::new(view);
        let mut key = Vec::new();
        let mut more = walk.first()?;
        while more {
            walk.key_into(&mut key);
            let entry = Entry::decode(&key, walk.value()?).ok_or_else(|| {
                Error::corrupt_file(&catalog_file.shown(), format!("catalog entry {key:02x?}"))
            })?;
            let map = FreeMap::new(entry.free_map, 1);
            let size = entry.page_size as usize;
            let file = PageFile::new(shared, entry.id, &entry.file, size, map);
            loaded.files.insert(file.clone());
            loaded.roots.set(entry.id, entry.tree);
            if entry.owner == 0 {
                let Entry {
                    id,
                    name,
                    spec: options,
                    ..
                } = entry;
                collections.push(Collection {
                    id,
                    name,
                    options: catalog::Options::new(options),
                    file,
                    indexes: Vec::new(),
                });
            } else {
                let Entry {
                    id,
                    owner,
                    unique,
                    name,
                    spec,
                    ..
                } = entry;
                indexes.push((owner, Index::new(id, name, unique, spec, file)));
            }
            more = walk.next()?;
        }
    }
    for (owner, index) in indexes {
        let Ok(at) = collections.binary_search_by_key(&owner, |collection| collection.id) else {
            let reason = format!("index {:?} belongs to no collection", index.name);
            return Err(Error::corrupt_file(&catalog_file.shown(), reason));
        };
        collections[at].indexes.push(index);
    }
    for collection in collections {
        loaded.catalog.put(collection);
    }
    Ok((catalog_file, loaded))
}
