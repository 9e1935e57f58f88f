//! The checkpoint: one version of all files made durable at once.
//!
//! Write the pages of a version to free places, sync the files, then overwrite the older superblock slot. Until that last
//! sector is written the superblock before describes the database, and nothing that it refers to was touched. So a
//! checkpoint is atomic across files, and opening is reading one sector and the log behind it.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::{Engine, PoisonOnPanic};
use crate::storage::btree::Tree;
use crate::storage::btree::edit::{Changes, Edit};
use crate::storage::catalog::{CATALOG_TREE, Entry, METADATA_FILE};
use crate::storage::error::{Error, ErrorKind, Result};
use crate::storage::page::{Lsn, TreeId};
use crate::storage::pager::file::PageFile;
use crate::storage::pager::space::Space;
use crate::storage::snapshot::Version;
use crate::storage::superblock::{LogPosition, Superblock};

/// Bytes of a file written between two syncs of it: a larger sync would hold up the log's own.
const SYNC_STEP: usize = 16 << 20;

/// Syncs for which a further thread is started, and threads at most.
const SYNCS_WORTH_A_THREAD: usize = 2;
const MOST_SYNC_THREADS: usize = 64;

/// While a reader holds an older version the next checkpoint comes when so many pages of the newest one have been replaced since: this
/// part of the trees that it changed, by their size. The files then hold what that reader sees, what is there now, and little more.
const SPARE_PART: u64 = 12;
/// Fewer pages than this are not worth a checkpoint.
const FEW_PAGES: u64 = 256;

pub(super) struct CheckpointState {
    /// What the newer slot says.
    pub superblock: Superblock,
    pub catalog_file: Arc<PageFile>,
    /// Dropped trees whose files are still there.
    pub to_remove: BTreeSet<TreeId>,
}

/// What a checkpoint will make durable, taken at one instant.
struct Capture {
    version: Arc<Version>,
    log: LogPosition,
    log_bytes: u64,
    next_tree: TreeId,
    dirty: Vec<(TreeId, Arc<PageFile>, Space)>,
    dropped: BTreeSet<TreeId>,
}

impl Engine {
    /// The catalog's tree and file as the newest checkpoint left them.
    pub fn durable_catalog(&self) -> (Arc<PageFile>, Tree) {
        let state = self.checkpoint.lock();
        (state.catalog_file.clone(), state.superblock.catalog)
    }

    /// Makes everything committed so far durable in the page files and shortens the log.
    pub fn checkpoint(&self) -> Result<()> {
        self.check_writable()?;
        let _poison = PoisonOnPanic::new(self, "making a checkpoint");
        let mut state = self.checkpoint.lock();
        // Once more: the one that held the lock may have failed half-way.
        self.check_writable()?;
        let result = self.run_checkpoint(&mut state);
        if let Err(error) = &result {
            self.poison(error);
        }
        result
    }

    fn run_checkpoint(&self, state: &mut CheckpointState) -> Result<()> {
        let Some(capture) = self.capture(state)? else {
            return Ok(());
        };
        let lsn = capture.version.lsn;
        // ORDER: the log first: the page files must never be ahead of what the log can tell.
        self.flush_log(lsn, true)?;
        // Before any commit that is not of this checkpoint, or little behind.
        let time = self.group.stamped();

        let mut pages_of_trees = 0;
        let mut old_map_pages: Vec<(Arc<PageFile>, Vec<u32>)> = Vec::new();
        let mut entries = Vec::new();
        for (id, file, space) in capture.dirty {
            self.write_file(&file, lsn)?;
            let mut replaced = Vec::new();
            let free_map = file.write_free_map(space, lsn, &mut replaced)?;
            old_map_pages.push((file.clone(), replaced));
            let tree = capture.version.tree(id);
            pages_of_trees += tree.bytes / file.page_size as u64;
            let owner = capture.version.catalog.owner(id);
            let entry = owner.and_then(|c| Entry::describe(c, id, tree, free_map));
            entries.push(entry.expect("a dirty tree that is not dropped has an owner"));
        }
        self.write_dropped_in_use(state, &capture.dropped, lsn)?;
        self.sync_files(old_map_pages.iter().map(|(file, _)| &**file).collect())?;
        if self.shared.created_file.swap(false, Ordering::AcqRel) {
            self.sync_directory()?;
        }

        let mut superblock = Superblock {
            generation: state.superblock.generation + 1,
            checkpoint_lsn: lsn,
            log: capture.log,
            next_tree: capture.next_tree,
            time,
            is_restoring: false,
            ..state.superblock.clone()
        };
        let died = self.write_catalog(state, &mut superblock, &entries, &capture.dropped)?;
        let mut replaced = Vec::new();
        let catalog_file = state.catalog_file.clone();
        self.write_file(&catalog_file, lsn)?;
        superblock.catalog_map =
            catalog_file.write_free_map(catalog_file.capture_space()?, lsn, &mut replaced)?;
        // ORDER: the page files must be on disk before the slot that names them.
        catalog_file.sync()?;
        self.check_writable()?;
        self.write_superblock(&superblock)?;

        // From here on the new superblock is the durable one: what only the old one needed is free.
        self.registry.hold(lsn);
        self.registry.let_go(state.superblock.checkpoint_lsn);
        self.spare_pages.store(
            FEW_PAGES.max(pages_of_trees / SPARE_PART),
            Ordering::Relaxed,
        );
        // ORDER: only what this checkpoint holds may be a base before the one before lets go, below.
        self.checkpointed.store(lsn, Ordering::Release);
        self.shared.capturing.store(0, Ordering::Release);
        state.superblock = superblock;
        old_map_pages.push((catalog_file.clone(), replaced));
        for (file, pages) in &old_map_pages {
            file.release_map_pages(pages)?;
        }
        let pin = crossbeam_epoch::pin();
        for (number, pages) in died {
            catalog_file.release(number, pages, &pin)?;
        }
        drop(pin);
        self.log_bytes
            .fetch_sub(capture.log_bytes, Ordering::Relaxed);
        state.to_remove.extend(capture.dropped);
        drop(capture.version);
        self.remove_dropped_files(state)?;
        self.remove_segments(capture.log.segment)?;
        self.reclaim()
    }

    /// Writes what versions still held see of dropped trees: the checkpoint does not know it, and its bases go with the one before.
    fn write_dropped_in_use(
        &self,
        state: &CheckpointState,
        dropped: &BTreeSet<TreeId>,
        lsn: Lsn,
    ) -> Result<()> {
        for id in dropped.union(&state.to_remove) {
            let file = self.files.read().get(*id).cloned();
            // Beside this one and the engine's own.
            if let Some(file) = file.filter(|file| Arc::strong_count(file) > 2) {
                self.write_file(&file, lsn)?;
            }
        }
        Ok(())
    }

    /// Syncs files, many at a time: a device takes little longer for many syncs side by side than for one.
    fn sync_files(&self, files: Vec<&PageFile>) -> Result<()> {
        let threads = match self.options.background {
            true => (files.len() / SYNCS_WORTH_A_THREAD).min(MOST_SYNC_THREADS),
            false => 0,
        };
        let next = AtomicUsize::new(0);
        let sync_some = || -> Result<()> {
            while let Some(file) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
                file.sync()?;
            }
            Ok(())
        };
        std::thread::scope(|scope| {
            // A thread that cannot be had leaves its share to the others.
            let helpers: Vec<_> = (0..threads)
                .filter_map(|_| {
                    let builder = std::thread::Builder::new().name("ironbase-sync".into());
                    builder.spawn_scoped(scope, sync_some).ok()
                })
                .collect();
            let own = sync_some();
            let ends = helpers.into_iter().map(|helper| helper.join());
            ends.fold(own, |all, end| {
                let panicked = |_| Err(Error::new(ErrorKind::Poisoned, "a panic while syncing"));
                all.and(end.unwrap_or_else(panicked))
            })
        })
    }

    /// Takes the newest commit and the page maps that belong to it. `None`: nothing has changed.
    fn capture(&self, state: &CheckpointState) -> Result<Option<Capture>> {
        let mut core = self.core.lock();
        if core.lsn == state.superblock.checkpoint_lsn && !state.superblock.is_restoring {
            return Ok(None);
        }
        let log_bytes = self.log_bytes.load(Ordering::Relaxed);
        // ORDER: the log's end before the claims: see `write_part`.
        let end = self.group.end();
        let claims = self.transactions.lock();
        let log = claims
            .values()
            .filter_map(|transaction| transaction.first_part())
            .fold(end, LogPosition::min);
        drop(claims);
        let files = self.files.read();
        let mut dirty = Vec::new();
        for &id in &core.dirty {
            if let Some(file) = files.get(id) {
                dirty.push((id, file.clone(), file.capture_space()?));
            }
        }
        core.dirty.clear();
        let dropped = std::mem::take(&mut core.dropped);
        // ORDER: before any page born behind it may be made thin: see `pager/thin.rs`.
        self.shared.capturing.store(core.lsn, Ordering::Release);
        self.settle_pages(&core);
        let (roots, catalog) = (core.roots.clone(), core.catalog.clone());
        let version = Version::new(core.lsn, roots, catalog, &self.registry);
        Ok(Some(Capture {
            version,
            log,
            log_bytes,
            next_tree: core.next_tree,
            dirty,
            dropped,
        }))
    }

    /// Writes a file's pages born up to `lsn`, syncing now and then.
    fn write_file(&self, file: &PageFile, lsn: Lsn) -> Result<()> {
        loop {
            let written = file.write_out(lsn, SYNC_STEP)?;
            if written == 0 {
                return Ok(());
            }
            if written >= SYNC_STEP {
                file.sync()?;
            }
        }
    }

    /// Enters the trees' new roots in the catalog. Gives the catalog pages that died.
    fn write_catalog(
        &self,
        state: &CheckpointState,
        superblock: &mut Superblock,
        entries: &[Entry],
        dropped: &BTreeSet<TreeId>,
    ) -> Result<Vec<(u32, u32)>> {
        let pin = crossbeam_epoch::pin();
        let mut changes = Changes::default();
        let mut edit = Edit {
            file: &state.catalog_file,
            birth: superblock.checkpoint_lsn,
            floor: superblock.checkpoint_lsn,
            pin: &pin,
            changes: &mut changes,
        };
        for entry in entries {
            edit.put(
                &mut superblock.catalog,
                &Entry::key(entry.id),
                &entry.encode(),
            )?;
        }
        for &id in dropped {
            edit.delete(&mut superblock.catalog, &Entry::key(id))?;
        }
        Ok(changes
            .died
            .iter()
            .map(|death| (death.number, death.pages))
            .collect())
    }

    fn write_superblock(&self, superblock: &Superblock) -> Result<()> {
        let failed = |e| {
            Error::io(
                format!("cannot write {}", self.vfs.display(METADATA_FILE)),
                e,
            )
        };
        let file = self.shared.files.get(CATALOG_TREE, METADATA_FILE, false)?;
        file.write_at(&superblock.encode(), superblock.offset())
            .map_err(failed)?;
        file.sync().map_err(failed)
    }

    fn sync_directory(&self) -> Result<()> {
        self.vfs
            .sync_directory("")
            .map_err(|e| Error::io(format!("cannot sync {}", self.vfs.display("")), e))
    }

    /// Removes the files of dropped trees that no snapshot uses any more.
    fn remove_dropped_files(&self, state: &mut CheckpointState) -> Result<()> {
        let mut removed = false;
        for id in state.to_remove.clone() {
            if let Some(was_there) = self.remove_file(id, |file| Arc::strong_count(file) > 1)? {
                state.to_remove.remove(&id);
                removed |= was_there;
            }
        }
        if removed {
            self.sync_directory()
        } else {
            Ok(())
        }
    }

    /// Removes a tree's file and forgets it. Whether it was on disk; `None`: it is in use.
    fn remove_file(
        &self,
        id: TreeId,
        in_use: impl FnOnce(&Arc<PageFile>) -> bool,
    ) -> Result<Option<bool>> {
        // Under the lock until the file is gone: nobody may come to use it, or its name, meanwhile.
        let mut files = self.files.write();
        let Some(file) = files.get(id) else {
            return Ok(Some(false));
        };
        if in_use(file) {
            return Ok(None);
        }
        self.shared.files.forget(id);
        let failed = |e| Error::io(format!("cannot remove {}", file.shown()), e);
        let exists = self.vfs.exists(&file.name).map_err(failed)?;
        if exists {
            self.vfs.remove(&file.name).map_err(failed)?;
        }
        files.remove(id);
        Ok(Some(exists))
    }

    /// Drops the file of a tree whose creation was rolled back. What cannot be removed now is an orphan, which the next open
    /// removes.
    pub(super) fn forget_file(&self, id: TreeId) {
        if let Err(error) = self.remove_file(id, |_| false) {
            self.poison(&error);
        }
    }
}
