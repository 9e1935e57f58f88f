//! An engine of one tree of one page, around the library's group commit: as much of the real one as its interleavings need.
//!
//! Each commit changes the page to hold its LSN, in a new page or, as the real one does, in place if no version can show the
//! old. So what a reader must find follows from its version.

#[path = "../../../../../src/storage/engine/arrivals.rs"]
mod arrivals;
#[path = "../../../../../src/storage/engine/commit.rs"]
mod commit;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use loom::cell::UnsafeCell;

use super::btree::Tree;
use super::btree::edit::Death;
use super::catalog::Catalog;
use super::error::{Error, ErrorKind, Result};
use super::page::Lsn;
use super::pager::arena;
use super::pager::table::{PageBox, PageTable};
use super::roots::Roots;
use super::snapshot::{Registry, Version};
use super::superblock::LogPosition;
use super::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use super::sync::epoch::{self, Guard};
use super::sync::{Fault, Mutex, RwLock, has};
use super::wal::group::Pending;
use super::wal::writer::{LogWriter, Medium};
use arrivals::Arrivals;
use commit::GroupCommit;

const TREE: u32 = 2;
/// Pages of the file: as many as a model can use.
const PAGES: usize = 6;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    Full,
    Interval,
    None,
}

pub struct Options {
    pub durability: Durability,
    pub background: bool,
    pub sync_interval_ms: u64,
}

struct Core {
    lsn: Lsn,
    roots: Roots,
    catalog: Catalog,
    pending: Pending,
}

/// Rings for nobody.
struct Bell;

impl Bell {
    fn set_alarm(&self, _: Duration) {}
}

/// A clock that stands still: no group is stamped with the time, which takes no part in the order of things.
struct Clock;

impl Clock {
    fn now(&self) -> u64 {
        0
    }
}

/// The page file's bytes, in cells that see accesses which nothing orders.
struct File([UnsafeCell<[u8; CONTENT]>; PAGES]);

// SAFETY: the checker's cells are there to find out.
unsafe impl Sync for File {}

/// What a page holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Content {
    pub number: u32,
    pub born: Lsn,
    pub lsn: Lsn,
}

const CONTENT: usize = 20;

impl Content {
    fn encode(self) -> [u8; CONTENT] {
        let mut bytes = [0; CONTENT];
        bytes[..4].copy_from_slice(&self.number.to_le_bytes());
        bytes[4..12].copy_from_slice(&self.born.to_le_bytes());
        bytes[12..].copy_from_slice(&self.lsn.to_le_bytes());
        bytes
    }

    fn decode(bytes: &[u8]) -> Content {
        Content {
            number: u32::from_le_bytes(bytes[..4].try_into().expect("4 bytes")),
            born: Lsn::from_le_bytes(bytes[4..12].try_into().expect("8 bytes")),
            lsn: Lsn::from_le_bytes(bytes[12..20].try_into().expect("8 bytes")),
        }
    }
}

pub struct Engine {
    options: Options,
    vfs: Clock,
    core: Mutex<Core>,
    group: GroupCommit,
    visible: RwLock<Arc<Version>>,
    registry: Arc<Registry>,
    committed: AtomicU64,
    settled: AtomicU64,
    log_bytes: AtomicU64,
    poisoned: AtomicBool,
    poison: Mutex<Option<Error>>,
    bell: Bell,
    arrivals: Arrivals,
    medium: Medium,
    /// `None`: commits change no page.
    pages: Option<Pages>,
}

struct Pages {
    table: PageTable,
    file: File,
    free: Mutex<Vec<u32>>,
    flushing: Mutex<()>,
    unwritten: Mutex<VecDeque<(u32, Lsn)>>,
}

impl Engine {
    pub fn new(durability: Durability, medium: Medium, with_pages: bool) -> Arc<Engine> {
        let registry = Arc::new(Registry::default());
        let roots = Roots(Tree { number: 0, born: 0 });
        let visible = Version::new(0, roots.clone(), Catalog, &registry);
        let pages = with_pages.then(|| Pages {
            table: PageTable::default(),
            file: File([const { [0; CONTENT] }; PAGES].map(UnsafeCell::new)),
            free: Mutex::new((1..PAGES as u32).rev().collect()),
            flushing: Mutex::default(),
            unwritten: Mutex::default(),
        });
        Arc::new(Engine {
            options: Options {
                durability,
                background: true,
                sync_interval_ms: 100,
            },
            vfs: Clock,
            core: Mutex::new(Core {
                lsn: 0,
                roots,
                catalog: Catalog,
                pending: Pending::default(),
            }),
            group: GroupCommit::new(
                Some(LogWriter::new(medium.clone())),
                0,
                LogPosition::default(),
                0,
            ),
            visible: RwLock::new(visible),
            registry,
            committed: AtomicU64::new(0),
            settled: AtomicU64::new(0),
            log_bytes: AtomicU64::new(0),
            poisoned: AtomicBool::new(false),
            poison: Mutex::new(None),
            bell: Bell,
            arrivals: Arrivals::default(),
            medium,
            pages,
        })
    }

    pub fn medium(&self) -> &Medium {
        &self.medium
    }

    pub fn snapshot(&self) -> Arc<Version> {
        self.visible.read().clone()
    }

    /// Whether commits are visible before they are durable.
    pub fn is_unsynced(&self) -> bool {
        self.options.durability != Durability::Full
    }

    fn shown(&self) -> &'static str {
        "the model"
    }

    /// Commits and waits, and holds what the caller is told against the medium.
    pub fn commit_and_wait(&self, durability: Durability) -> Result<Lsn> {
        let lsn = self.commit();
        self.wait_for(lsn, durability)?;
        match durability {
            Durability::Full => assert!(self.medium.synced() >= lsn, "acknowledged, not durable"),
            _ => assert!(self.medium.written() >= lsn, "acknowledged, not written"),
        }
        assert!(self.snapshot().lsn >= lsn, "acknowledged, not visible");
        Ok(lsn)
    }

    /// Changes the page, as `WriteTxn` does it.
    pub fn commit(&self) -> Lsn {
        let mut core = self.core.lock();
        let lsn = core.lsn + 1;
        let mark = core.pending.begin();
        let operations = core.pending.operations();
        operations.extend_from_slice(&lsn.to_le_bytes());
        core.pending.finish(mark, lsn);
        let mut died = Vec::new();
        if let Some(pages) = &self.pages {
            let floor = self.settled.load(Ordering::Relaxed) + 1;
            let old = core.roots.0;
            core.roots.0 = pages.change(old, lsn, floor, &mut died);
        }
        core.lsn = lsn;
        let publishes = self.is_unsynced();
        if publishes {
            self.settle_pages(&core);
        }
        self.registry.add(lsn, died);
        self.committed.store(lsn, Ordering::Release);
        if publishes || has(Fault::PublishesEarly) {
            let roots = core.roots.clone();
            self.publish(Version::new(lsn, roots, Catalog, &self.registry));
        }
        lsn
    }

    /// Writes a part of a transaction that does not end.
    pub fn write_unfinished(&self) -> Result<()> {
        let (before, mut promised) = (self.group.end(), None);
        self.write_part((1, true), b"part", |at| promised = Some(at))?;
        assert!(promised.expect("told where it will be") >= before);
        Ok(())
    }

    /// The page at a version.
    pub fn read(&self, version: &Version) -> Content {
        let pages = self.pages.as_ref().expect("a model with pages");
        pages.read(version.tree(TREE).number, &epoch::pin())
    }

    /// Writes out pages that are settled.
    pub fn flush(&self) {
        let limit = self.settled.load(Ordering::Acquire);
        if let Some(pages) = &self.pages {
            pages.flush(limit);
        }
    }

    fn relieve(&self) -> Result<()> {
        Ok(())
    }

    pub fn poison(&self, cause: &Error) {
        self.poison.lock().get_or_insert_with(|| cause.again());
        self.poisoned.store(true, Ordering::Release);
    }

    fn poison_by_panic(&self, doing: &str) {
        self.poison(&Error::new(
            ErrorKind::Poisoned,
            format!("a panic while {doing}"),
        ));
    }

    fn check_writable(&self) -> Result<()> {
        match self.poisoned.load(Ordering::Acquire) {
            true => Err(Error::new(ErrorKind::Poisoned, "an earlier write failed")),
            false => Ok(()),
        }
    }

    pub fn reclaim(&self) -> Result<()> {
        let visible = match has(Fault::FreesInvisible) {
            true => self.committed.load(Ordering::Acquire),
            false => self.visible.read().lsn,
        };
        for death in self.registry.collect(visible) {
            let pages = self.pages.as_ref().expect("only pages die");
            pages.table.take(death.number, &epoch::pin());
            pages.free.lock().push(death.number);
        }
        Ok(())
    }

    /// Behind a run without failures: one version is held, and every page but its own is free.
    pub fn check_end(&self) {
        let (synced, visible) = (self.medium.synced(), self.snapshot().lsn);
        if !self.is_unsynced() {
            assert!(visible <= synced, "visible, not durable");
        }
        assert_eq!(visible, self.core.lock().lsn);
        if let Some(pages) = &self.pages {
            self.reclaim().expect("no I/O");
            self.flush();
            assert_eq!(self.read(&self.snapshot()).lsn, visible);
            assert_eq!(self.registry.counts(), (1, 0), "versions held, pages dead");
            assert_eq!(pages.free.lock().len(), PAGES - 1, "pages free");
            assert_eq!(arena::in_use(), 0, "all pages are on the medium");
        }
    }
}

impl Pages {
    /// Enters the LSN in the page, in place if it was born at `floor` or later.
    fn change(&self, old: Tree, lsn: Lsn, floor: Lsn, died: &mut Vec<Death>) -> Tree {
        let pin = epoch::pin();
        if old.born >= floor || (has(Fault::ChangesShared) && old.born > 0) {
            // SAFETY: as in the library: this thread holds the commit lock, and no version shows the page.
            let bytes = unsafe { self.table.own_mut(old.number, &pin) }.expect("in memory");
            arena::write(bytes);
            let Tree { number, born } = old;
            bytes.copy_from_slice(&Content { number, born, lsn }.encode());
            return old;
        }
        let number = self.free.lock().pop().expect("a free page");
        let born = lsn;
        let page = PageBox::copy_of(&Content { number, born, lsn }.encode());
        self.table.put(number, page, &pin);
        self.unwritten.lock().push_back((number, lsn));
        died.push(Death {
            tree: TREE,
            number: old.number,
            pages: 1,
            born: old.born,
        });
        Tree { number, born }
    }

    fn read(&self, number: u32, pin: &Guard) -> Content {
        if let Some(page) = self.table.get(number, pin) {
            let bytes = page.bytes();
            arena::read(bytes);
            return Content::decode(bytes);
        }
        // SAFETY: the checker sees whoever writes at the same time.
        self.file.0[number as usize].with(|bytes| Content::decode(unsafe { &*bytes }))
    }

    fn flush(&self, limit: Lsn) {
        let _flushing = self.flushing.lock();
        let pin = epoch::pin();
        loop {
            let next = {
                let mut unwritten = self.unwritten.lock();
                let is_due = unwritten.front().is_some_and(|&(_, born)| born <= limit);
                is_due.then(|| unwritten.pop_front()).flatten()
            };
            let Some((number, born)) = next else {
                return;
            };
            // Released since, perhaps given out again.
            let Some(page) = self.table.get(number, &pin) else {
                continue;
            };
            let write = || {
                arena::read(page.bytes());
                self.file.0[number as usize].with_mut(|bytes| {
                    // SAFETY: the checker sees whoever reads at the same time.
                    unsafe { (*bytes).copy_from_slice(page.bytes()) };
                });
            };
            if Content::decode(page.bytes()).born != born {
                continue;
            }
            if has(Fault::DropsUnwritten) {
                self.table.replace(number, page, None, &pin);
                write();
                continue;
            }
            write();
            self.table.replace(number, page, None, &pin);
        }
    }
}
