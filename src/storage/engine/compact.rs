//! Compaction: giving the space that deleted and changed documents have left back to the file system, while everybody works on.
//!
//! It goes through a tree in key order and packs its leaves, a run at a time, in ordinary small commits that change no document
//! and so write nothing to the log but that they happened. What it writes goes to the lowest free places, as all pages
//! do. Every so often a checkpoint makes what was replaced free for the next runs. Then what still lies behind the end that the
//! file could have is moved to its beginning, and the free end of the file is cut off. So memory is
//! constant, it may stop at any moment, and crash safety, snapshots and concurrent writers are those of all commits.
//!
//! Invariant: pages that a version or the durable checkpoint has are in use, so never cut off; a file does not grow by more than
//! a stretch or two on the way.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use parking_lot::Mutex;

use super::schema::StepFn;
use super::{Engine, PoisonOnPanic};
use crate::storage::btree::TreeRef;
use crate::storage::btree::compact::Run;
use crate::storage::catalog::Collection;
use crate::storage::error::Result;
use crate::storage::page::TreeId;
use crate::storage::pager::file::PageFile;

/// Goings through a tree: the first packs, the second moves what the first had no place for, the others what those were in the way
/// of.
const MOST_ROUNDS: usize = 5;
/// Pages in memory that have not been written, of whatever tree, before compaction writes what it has made.
const WRITE_FROM: i64 = 4 << 20;
/// Bytes that an entry takes beside its key and value.
const ENTRY_OVERHEAD: u64 = 12;
/// Bytes cut off at a time; writers wait meanwhile.
const CUT_STEP: usize = 64 << 20;
/// How often one who waits for another compaction looks whether to go on waiting.
const PATIENCE: Duration = Duration::from_millis(20);

/// The sizes of its steps.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// Leaves of a commit.
    pub leaves: usize,
    /// Pages written between two checkpoints; more in a file more than sixteen times as large.
    pub stretch: u32,
}

impl Default for Pace {
    fn default() -> Pace {
        Pace {
            leaves: 64,
            stretch: 2048,
        }
    }
}

/// What a compaction did.
#[derive(Clone, Copy, Debug, Default)]
pub struct Compacted {
    /// Documents that it has gone over.
    pub documents_scanned: u64,
    /// Documents that there are now.
    pub documents_kept: u64,
    /// Leaves that it has gone over, of the collection and its indexes.
    pub pages_scanned: u64,
    pub pages_written: u64,
    /// Pages of the files, before and now.
    pub pages_before: u64,
    pub pages_kept: u64,
    /// The files' sizes on disk.
    pub bytes_before: u64,
    pub bytes_after: u64,
    /// Versions that somebody reads keep pages that would be free.
    pub is_held_back: bool,
    pub duration: Duration,
}

/// Who compacts, and what was done since the database was opened.
#[derive(Default)]
pub(super) struct Compactions {
    /// Held by the one who compacts.
    pub running: Mutex<()>,
    /// Calls that wait for it, to which the thread in the background gives way.
    pub waiting: AtomicUsize,
    pub finished: AtomicU64,
    pub total: Mutex<Compacted>,
}

impl Compacted {
    /// Adds what another compaction did.
    pub fn add(&mut self, other: &Compacted) {
        self.documents_scanned += other.documents_scanned;
        self.documents_kept += other.documents_kept;
        self.pages_scanned += other.pages_scanned;
        self.pages_written += other.pages_written;
        self.pages_before += other.pages_before;
        self.pages_kept += other.pages_kept;
        self.bytes_before += other.bytes_before;
        self.bytes_after += other.bytes_after;
        self.is_held_back |= other.is_held_back;
        self.duration += other.duration;
    }
}

/// What there may be to gain, by the counts alone: nothing is read for it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Prospect {
    /// Pages of the collection's file and those of its indexes.
    pub pages: u64,
    pub bytes: u64,
    /// Bytes that are more than a packed file would have.
    pub gain: u64,
}

/// A tree on its way.
struct Target {
    tree: TreeId,
    file: Arc<PageFile>,
    pace: Pace,
}

impl Engine {
    /// Compactions that came to their end since the database was opened, and what they did together.
    pub fn compactions(&self) -> (u64, Compacted) {
        let finished = self.compactions.finished.load(Ordering::Relaxed);
        (finished, *self.compactions.total.lock())
    }

    /// What compacting a collection may gain.
    pub fn prospect(&self, collection: &Collection) -> Prospect {
        let version = self.snapshot();
        let indexes = collection
            .indexes
            .iter()
            .map(|index| (index.id, &index.file));
        let mut prospect = Prospect::default();
        for (id, file) in std::iter::once((collection.id, &collection.file)).chain(indexes) {
            let (tree, pages) = (version.tree(id), u64::from(file.pages()));
            let bytes = pages * file.page_size as u64;
            let content = tree.bytes + tree.entries * ENTRY_OVERHEAD;
            let packed = content + content / 20 + 4 * file.page_size as u64;
            prospect.pages += pages;
            prospect.bytes += bytes;
            prospect.gain += bytes.saturating_sub(packed);
        }
        prospect
    }

    /// Compacts a collection and its indexes. `step` is called for each run of leaves with their number, and with 0 behind each
    /// commit; its error ends the work, and what was done so far stays. `None`: there is no such collection.
    pub fn compact(
        &self,
        collection: TreeId,
        pace: Pace,
        step: &StepFn<'_>,
    ) -> Result<Option<Compacted>> {
        self.compactions.waiting.fetch_add(1, Ordering::AcqRel);
        let alone = loop {
            match self.compactions.running.try_lock_for(PATIENCE) {
                Some(lock) => break Ok(lock),
                None => match step(0) {
                    Ok(()) => {}
                    Err(error) => break Err(error),
                },
            }
        };
        self.compactions.waiting.fetch_sub(1, Ordering::AcqRel);
        let _alone = alone?;
        self.compact_alone(collection, pace, step)
    }

    /// The same for one who holds `running`.
    pub(super) fn compact_alone(
        &self,
        collection: TreeId,
        pace: Pace,
        step: &StepFn<'_>,
    ) -> Result<Option<Compacted>> {
        self.check_writable()?;
        let started = Instant::now();
        let _poison = PoisonOnPanic::new(self, "compacting");
        // What is dead becomes free, and every file is there.
        self.checkpoint()?;
        let Some(found) = self.snapshot().catalog.by_id(collection).cloned() else {
            return Ok(None);
        };
        let mut done = Compacted::default();
        let indexes = found.indexes.iter().map(|index| (index.id, &index.file));
        for (tree, file) in std::iter::once((found.id, &found.file)).chain(indexes) {
            let file = file.clone();
            let target = Target { tree, file, pace };
            self.compact_tree(&target, tree == collection, &mut done, step)?;
        }
        done.documents_kept = self.snapshot().tree(collection).entries;
        done.duration = started.elapsed();
        self.compactions.total.lock().add(&done);
        self.compactions.finished.fetch_add(1, Ordering::Relaxed);
        Ok(Some(done))
    }

    fn compact_tree(
        &self,
        target: &Target,
        has_documents: bool,
        done: &mut Compacted,
        step: &StepFn<'_>,
    ) -> Result<()> {
        let file = &target.file;
        let (pages, bytes) = (file.pages(), file.size()?);
        done.pages_before += u64::from(pages);
        done.bytes_before += bytes;
        if bytes == 0 {
            return Ok(());
        }
        let result = self.pack_and_move(target, pages, has_documents, done, step);
        file.move_map_from(u32::MAX);
        result?;
        self.cut(file)?;
        let (pages, bytes) = (file.pages(), file.size()?);
        done.pages_kept += u64::from(pages);
        done.bytes_after += bytes;
        Ok(())
    }

    fn pack_and_move(
        &self,
        target: &Target,
        pages: u32,
        has_documents: bool,
        done: &mut Compacted,
        step: &StepFn<'_>,
    ) -> Result<()> {
        let stretch = target.pace.stretch.max(pages / 16);
        let most = pages.saturating_add(stretch.saturating_mul(2));
        let mut end_before = u32::MAX;
        for round in 0..MOST_ROUNDS {
            let (alive, end) = target.file.alive_and_end()?;
            // Some room, for the branches that are copied on the way.
            let limit = alive.saturating_add((alive / 64).max(8));
            if round > 0 && end <= limit {
                return Ok(());
            }
            if round > 1 && end >= end_before {
                break;
            }
            end_before = end;
            target.file.move_map_from(limit);
            let mut seen = Compacted::default();
            let swept = self.sweep(target, limit, (stretch, most), round < 2, &mut seen, step);
            done.pages_written += seen.pages_written;
            if round == 0 {
                done.pages_scanned += seen.pages_scanned;
                if has_documents {
                    done.documents_scanned += seen.documents_scanned;
                }
            }
            swept?;
            if seen.is_held_back {
                break;
            }
            if seen.pages_written == 0 {
                if end <= limit {
                    return Ok(());
                }
                self.touch(target, step)?;
            }
            self.checkpoint()?;
        }
        let (alive, end) = target.file.alive_and_end()?;
        done.is_held_back |= end > alive.saturating_add((alive / 64).max(8));
        Ok(())
    }

    /// Has the next checkpoint write the file's free map: perhaps only that is in the way.
    fn touch(&self, target: &Target, step: &StepFn<'_>) -> Result<()> {
        let mut txn = self.begin_write()?;
        if txn.catalog().owner(target.tree).is_some() {
            txn.edit(target.tree, &target.file, |_, _| Ok(()))?;
            txn.commit();
            step(0)?;
        }
        Ok(())
    }

    /// Goes through the tree once.
    fn sweep(
        &self,
        target: &Target,
        limit: u32,
        (stretch, most): (u32, u32),
        counts: bool,
        seen: &mut Compacted,
        step: &StepFn<'_>,
    ) -> Result<()> {
        let mut from = Some(Vec::new());
        let mut written = 0;
        while let Some(start) = from {
            let Some(run) = self.look_at(target, &start, limit)? else {
                return Ok(());
            };
            seen.documents_scanned += run.entries as u64;
            seen.pages_scanned += run.leaves as u64;
            step(if counts { run.leaves } else { 0 })?;
            if run.is_worthwhile {
                let pages = self.compact_run(target, (&start, run.next.as_deref()), limit, step)?;
                seen.pages_written += pages as u64;
                written += pages as u32;
            }
            if written >= stretch {
                written = 0;
                self.checkpoint()?;
                if target.file.pages() > most {
                    seen.is_held_back = true;
                    return Ok(());
                }
            }
            from = run.next;
        }
        Ok(())
    }

    /// Reads a run on the visible version. `None`: the tree is no more.
    fn look_at(&self, target: &Target, start: &[u8], limit: u32) -> Result<Option<Run>> {
        let version = self.snapshot();
        if version.catalog.owner(target.tree).is_none() {
            return Ok(None);
        }
        let pin = crossbeam_epoch::pin();
        let view = TreeRef {
            file: &target.file,
            tree: version.tree(target.tree),
            pin: &pin,
        };
        view.run(start, target.pace.leaves, limit).map(Some)
    }

    /// Compacts a run on the newest state, as a commit. Gives the pages written.
    fn compact_run(
        &self,
        target: &Target,
        range: (&[u8], Option<&[u8]>),
        limit: u32,
        step: &StepFn<'_>,
    ) -> Result<usize> {
        let mut txn = self.begin_write()?;
        if txn.catalog().owner(target.tree).is_none() {
            return Ok(0);
        }
        let mut pages = 0;
        // Others may have split leaves since the run was looked at.
        let most = target.pace.leaves * 2;
        txn.edit(target.tree, &target.file, |edit, tree| {
            pages = edit.compact_run(tree, range, most, limit)?;
            Ok(())
        })?;
        if pages == 0 {
            return Ok(0);
        }
        let lsn = txn.commit();
        step(0)?;
        self.pace(lsn)?;
        if self.shared.dirty_bytes.load(Ordering::Relaxed) > WRITE_FROM {
            let settled = self.settled.load(Ordering::Acquire);
            let budget = 2 * pages * target.file.page_size;
            let written = target.file.write_out(settled, budget);
            written.inspect_err(|error| self.poison(error))?;
        }
        Ok(pages)
    }

    /// Cuts the free end of a file off.
    fn cut(&self, file: &PageFile) -> Result<()> {
        self.check_writable()?;
        let most = (CUT_STEP / file.page_size) as u32;
        loop {
            match file.cut_tail(most) {
                Ok(true) => {}
                Ok(false) => return Ok(()),
                Err(error) => {
                    self.poison(&error);
                    return Err(error);
                }
            }
        }
    }
}
