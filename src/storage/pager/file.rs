//! One page file: reading a page wherever it is, making new ones, writing them out.
//!
//! A page is in memory (not on disk yet, or cached where there are no maps) or it is read through the map. Pages are
//! written out to their own places and then dropped from memory; nothing that the durable
//! manifest refers to is ever overwritten, because page numbers come from `Space`, which keeps them back.
//!
//! Invariants: at most one thread writes pages of a file out at a time (`flushing`); a page is dropped from memory
//! only after its bytes and the new length are visible through the file.

mod copy;
mod inspect;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock, Weak};

use crossbeam_epoch::Guard;
use parking_lot::Mutex;

use super::free_map::FreeMap;
use super::maps::{Maps, Verified, in_one_map};
use super::open_files::OpenFiles;
use super::raw;
use super::space::Space;
use super::table::{Base, PageBox, PageRef, PageTable};
use super::thin::Unwritten;
use crate::storage::btree::node::Node;
use crate::storage::error::{Error, Result};
use crate::storage::page::{self, HEADER, Kind, Lsn, PagePtr, TreeId};
use crate::storage::superblock::{FILE_MAGIC, FORMAT_VERSION};
use crate::storage::vfs::VfsFile;

/// Bytes gathered before one write call.
const WRITE_BATCH: usize = 1 << 20;

/// What all files of a database share.
pub struct Shared {
    pub files: OpenFiles,
    pub database_id: [u8; 16],
    /// Whether pages are read through maps; else they are read into the cache.
    pub mapped: bool,
    /// Bytes of pages in memory that are not on disk.
    pub dirty_bytes: AtomicI64,
    pub cache: Cache,
    /// The commit of the checkpoint that is being made; 0 for none.
    pub capturing: AtomicU64,
    /// A page file was made since the directory was last synced.
    pub created_file: AtomicBool,
    /// The trees whose files have pages not on disk. In order, so that a run follows from its input alone.
    pub waiting: Mutex<BTreeSet<TreeId>>,
}

/// The clean pages held in memory where there are no maps: first in, first out, with a second chance.
///
/// Entries of pages that were released meanwhile stay until they come to the front; the sum counts them, so
/// that it errs to the safe side.
pub struct Cache {
    limit: usize,
    queue: Mutex<CacheQueue>,
}

#[derive(Default)]
struct CacheQueue {
    entries: VecDeque<(Weak<PageFile>, u32, usize)>,
    bytes: usize,
}

impl Cache {
    pub fn new(limit: usize) -> Cache {
        Cache {
            limit,
            queue: Mutex::default(),
        }
    }

    fn admit(&self, file: &Arc<PageFile>, number: u32, length: usize, pin: &Guard) {
        let mut queue = self.queue.lock();
        queue
            .entries
            .push_back((Arc::downgrade(file), number, length));
        queue.bytes += length;
        while queue.bytes > self.limit {
            let Some((file, number, length)) = queue.entries.pop_front() else {
                break;
            };
            queue.bytes -= length;
            let Some(owner) = file.upgrade() else {
                continue;
            };
            let Some(page) = owner.table.get(number, pin).filter(|page| !page.is_dirty()) else {
                continue;
            };
            if page.take_used() {
                queue.entries.push_back((file, number, length));
                queue.bytes += length;
            } else {
                owner.table.replace(number, page, None, pin);
            }
        }
    }
}

/// A file of pages, and so the home of one tree.
pub struct PageFile {
    pub tree: TreeId,
    pub name: Arc<str>,
    pub page_size: usize,
    pub(super) shared: Arc<Shared>,
    this: Weak<PageFile>,
    pub(super) table: PageTable,
    maps: Maps,
    verified: Verified,
    /// The file's known length; zero until it is first opened.
    length: AtomicU64,
    opened: OnceLock<()>,
    space: Mutex<Option<Space>>,
    free_map: Mutex<FreeMap>,
    pub(super) unwritten: Mutex<Unwritten>,
    /// The same for each transaction that runs beside others, by the birth of its pages: nobody else may write these, since they
    /// still change.
    private: Mutex<BTreeMap<Lsn, Vec<u32>>>,
    /// Held while pages are written out or made thin.
    pub(super) flushing: Mutex<()>,
    /// Written since the last sync.
    unsynced: AtomicBool,
}

impl PageFile {
    /// A file that the catalog describes; nothing is opened or read before it is needed.
    pub fn new(
        shared: &Arc<Shared>,
        tree: TreeId,
        name: &str,
        page_size: usize,
        free_map: FreeMap,
    ) -> Arc<PageFile> {
        Arc::new_cyclic(|this| PageFile {
            tree,
            name: name.into(),
            page_size,
            shared: shared.clone(),
            this: this.clone(),
            table: PageTable::default(),
            maps: Maps::default(),
            verified: Verified::default(),
            length: AtomicU64::new(0),
            opened: OnceLock::new(),
            space: Mutex::new(None),
            free_map: Mutex::new(free_map),
            unwritten: Mutex::default(),
            private: Mutex::default(),
            flushing: Mutex::new(()),
            unsynced: AtomicBool::new(false),
        })
    }

    /// The name to show in messages.
    pub fn shown(&self) -> String {
        self.shared.files.vfs().display(&self.name)
    }

    pub(super) fn corrupt(&self, number: u32, reason: impl std::fmt::Display) -> Error {
        Error::corrupt(&self.shown(), number, reason)
    }

    /// Reads a page of a tree. The slice is good while the guard and the snapshot that led to `at` live.
    #[inline]
    pub fn read<'a>(&'a self, at: PagePtr, pin: &'a Guard) -> Result<&'a [u8]> {
        let page = match self.table.get(at.number, pin) {
            Some(page) if page.is_thin() => self.read_thin(at.number, pin)?,
            Some(page) => {
                page.touch();
                page.bytes()
            }
            None => self.read_from_disk(at.number, pin)?,
        };
        // A search will look at these lines one after the other; loaded side by side they cost one wait.
        std::hint::black_box((page[64], page[128], page[192]));
        if page::get_u16(page, 16) != at.birth {
            return Err(self.corrupt(
                at.number,
                format!(
                    "born at {}, its parent says ..{:04x}",
                    page::birth(page),
                    at.birth
                ),
            ));
        }
        Ok(page)
    }

    /// Reads a node of a tree at the level where it must be.
    #[inline]
    pub fn node<'a>(&'a self, at: PagePtr, level: u8, pin: &'a Guard) -> Result<Node<'a>> {
        let page = self.read(at, pin)?;
        if page::level(page) != level || page[12] > Kind::Branch as u8 {
            return Err(self.corrupt(at.number, format!("not a node of level {level}")));
        }
        Ok(Node::new(page))
    }

    /// Reads the content of an extent.
    pub fn extent<'a>(&'a self, at: PagePtr, length: u32, pin: &'a Guard) -> Result<&'a [u8]> {
        let page = self.read(at, pin)?;
        if page[12] != Kind::Extent as u8 || page::get_u32(page, 24) != length {
            return Err(self.corrupt(at.number, format!("not an extent of {length} bytes")));
        }
        let end = HEADER + length as usize;
        if page.len() >= end {
            return Ok(&page[HEADER..end]);
        }
        // Only the first page was handed out; the header has told how far to go.
        let bytes = self.mapped(at.number, self.extent_pages(length), pin)?;
        Ok(&bytes[HEADER..end])
    }

    /// Pages of an extent with so much content.
    pub fn extent_pages(&self, length: u32) -> u32 {
        (HEADER + length as usize).div_ceil(self.page_size) as u32
    }

    #[cold]
    fn check(&self, page: &[u8], number: u32) -> Result<()> {
        raw::check_page(page, number, self.tree).map_err(|reason| self.corrupt(number, reason))
    }

    /// The mapped bytes of pages known to be on disk.
    fn mapped<'a>(&'a self, number: u32, pages: u32, _pin: &'a Guard) -> Result<&'a [u8]> {
        let offset = u64::from(number) * self.page_size as u64;
        let length = pages as usize * self.page_size;
        self.check_reach(number, offset + length as u64)?;
        if !in_one_map(offset, length as u64) {
            return Err(self.corrupt(number, "an extent lies across two maps"));
        }
        match self.maps.bytes(offset, length, || self.open())? {
            Some(bytes) => Ok(bytes),
            None => Err(self.corrupt(number, "the file cannot be mapped")),
        }
    }

    /// A page beyond the end must not be touched: that would raise SIGBUS.
    fn check_reach(&self, number: u32, end: u64) -> Result<()> {
        if self.opened.get().is_none() {
            self.open()?;
        }
        let length = self.length.load(Ordering::Acquire);
        if end > length {
            return Err(self.corrupt(number, format!("the file ends at byte {length}")));
        }
        Ok(())
    }

    pub(super) fn read_from_disk<'a>(&'a self, number: u32, pin: &'a Guard) -> Result<&'a [u8]> {
        if !self.shared.mapped {
            return self.read_into_cache(number, pin);
        }
        let page = self.mapped(number, 1, pin)?;
        if !self.verified.get(number) {
            let mut whole = page;
            if page[12] == Kind::Extent as u8 {
                whole = self.mapped(number, self.extent_pages(page::get_u32(page, 24)), pin)?;
            }
            self.check(whole, number)?;
            self.verified.set(number);
        }
        Ok(page)
    }

    #[cold]
    fn read_into_cache<'a>(&'a self, number: u32, pin: &'a Guard) -> Result<&'a [u8]> {
        let offset = u64::from(number) * self.page_size as u64;
        self.check_reach(number, offset + self.page_size as u64)?;
        let file = self.open()?;
        let mut bytes = PageBox::zeroed(self.page_size);
        let read = |bytes: &mut [u8], offset| {
            file.read_at(bytes, offset)
                .map_err(|e| Error::io(format!("cannot read page {number} of {}", self.shown()), e))
        };
        read(&mut bytes, offset)?;
        if bytes[12] == Kind::Extent as u8 {
            let pages = self.extent_pages(page::get_u32(&bytes, 24)) as usize;
            self.check_reach(number, offset + (pages * self.page_size) as u64)?;
            bytes = PageBox::zeroed(pages * self.page_size);
            read(&mut bytes, offset)?;
        }
        self.check(&bytes, number)?;
        let length = bytes.len();
        let (page, is_ours) = self.table.put_if_absent(number, bytes.clean(), pin);
        if is_ours && let Some(this) = self.this.upgrade() {
            self.shared.cache.admit(&this, number, length, pin);
        }
        Ok(page.bytes())
    }

    // --- the running transaction's side ---

    fn with_space<T>(&self, f: impl FnOnce(&mut Space) -> T) -> Result<T> {
        let mut space = self.space.lock();
        if space.is_none() {
            *space = Some(self.free_map.lock().load(self)?);
        }
        Ok(f(space.as_mut().expect("loaded above")))
    }

    /// Takes page numbers for a page or an extent.
    pub fn allocate(&self, pages: u32, birth: Lsn) -> Result<u32> {
        let size = self.page_size as u64;
        let fits = |first| in_one_map(u64::from(first) * size, u64::from(pages) * size);
        let allocated = self.with_space(|space| match page::is_private(birth) {
            true => space.reserve(pages, fits),
            false => space.allocate(pages, fits),
        });
        allocated?.ok_or_else(|| {
            Error::new(
                crate::storage::ErrorKind::Full,
                format!("{} has no page numbers left", self.shown()),
            )
        })
    }

    /// Puts a page born in the running transaction into memory.
    pub fn put_new(&self, number: u32, page: PageBox, birth: Lsn, pin: &Guard) {
        self.shared
            .dirty_bytes
            .fetch_add(page.len() as i64, Ordering::Relaxed);
        self.table.put(number, page, pin);
        if page::is_private(birth) {
            let mut private = self.private.lock();
            private.entry(birth).or_default().push(number);
        } else {
            self.wait_for_writing([(number, birth)]);
        }
    }

    /// A copy of a page for the commit `birth`, which gives the page up.
    pub fn copy(&self, at: PagePtr, birth: Lsn, pin: &Guard) -> Result<PageBox> {
        let bytes = self.read(at, pin)?;
        let base = match self.table.get(at.number, pin) {
            // A checkpoint that is being made writes the page, and does not know the one that it goes back to.
            Some(page)
                if page.is_dirty()
                    && page.birth() > self.shared.capturing.load(Ordering::Acquire) =>
            {
                page.base()
            }
            _ => Base {
                number: at.number,
                born: page::birth(bytes),
                died: birth,
            },
        };
        // The versions of a page with a private birth are not known exactly.
        let is_known = !page::is_private(base.born) && !page::is_private(birth);
        let copy = PageBox::copy_of(bytes);
        Ok(if is_known { copy.based_on(base) } else { copy })
    }

    /// The bytes of a page that may be changed in place, read back if it was written out meanwhile.
    ///
    /// # Safety
    /// As `PageTable::own_mut`.
    #[allow(clippy::mut_from_ref)]
    pub unsafe fn own_mut<'a>(&'a self, at: PagePtr, pin: &'a Guard) -> Result<&'a mut [u8]> {
        match self.table.get(at.number, pin) {
            // Nobody but this thread knows the page, and so makes it thin again.
            Some(page) if page.is_thin() => {
                self.read_thin(at.number, pin)?;
            }
            Some(page) if page.is_dirty() => {}
            _ => {
                let copy = PageBox::copy_of(self.read(at, pin)?);
                let birth = page::birth(&copy);
                self.put_new(at.number, copy, birth, pin);
            }
        }
        // SAFETY: passed on to the caller.
        let page = unsafe { self.table.own_mut(at.number, pin) };
        Ok(page.expect("dirty pages that no version shows stay in memory"))
    }

    /// Reads what changing the file will need, so that a damaged file is noticed before anything has changed.
    pub fn prepare(&self) -> Result<()> {
        self.with_space(|_| ())
    }

    /// The newest state no longer has these pages.
    pub fn die(&self, number: u32, pages: u32) -> Result<()> {
        self.with_space(|space| space.die(number, pages))
    }

    /// Takes back `die`.
    pub fn revive(&self, number: u32, pages: u32) -> Result<()> {
        self.with_space(|space| space.revive(number, pages))
    }

    /// No snapshot needs these pages: frees their memory and their numbers.
    pub fn release(&self, number: u32, pages: u32, pin: &Guard) -> Result<()> {
        if let Some((length, true)) = self.table.take(number, pin) {
            self.shared
                .dirty_bytes
                .fetch_sub(length as i64, Ordering::Relaxed);
            self.unwritten.lock().died += 1;
        }
        self.with_space(|space| space.release(number, pages))
    }

    /// Pages of the file and how many of them are free; zeros for a file not written to since it was opened.
    pub fn pages_and_free(&self) -> (u32, u32) {
        self.space
            .lock()
            .as_ref()
            .map_or((0, 0), |space| (space.pages(), space.free()))
    }

    /// Pages of the file and how many of them are free; reads which, if need be.
    pub fn usage(&self) -> Result<(u32, u32)> {
        self.with_space(|space| (space.pages(), space.free()))
    }

    /// Pages of the file. Reads nothing.
    pub fn pages(&self) -> u32 {
        let known = self.space.lock().as_ref().map(Space::pages);
        known.unwrap_or_else(|| self.free_map.lock().described_pages())
    }

    /// The bytes that the file takes on disk; 0: there is none yet.
    pub fn size(&self) -> Result<u64> {
        let vfs = self.shared.files.vfs();
        let exists = vfs
            .exists(&self.name)
            .map_err(|e| Error::io(format!("cannot look up {}", self.shown()), e))?;
        if exists {
            self.open()?;
        }
        Ok(self.length.load(Ordering::Acquire))
    }

    // --- compaction ---

    /// Pages of the newest state, and the last one that anyone needs.
    pub fn alive_and_end(&self) -> Result<(u32, u32)> {
        self.with_space(|space| (space.alive().count() as u32, space.in_use().end()))
    }

    /// Whether a page could move to a place below `number`.
    pub fn has_free_below(&self, number: u32) -> Result<bool> {
        self.with_space(|space| space.has_free_below(number))
    }

    /// As `allocate`, but only below `limit`.
    pub fn allocate_below(&self, limit: u32, pages: u32) -> Result<Option<u32>> {
        let size = self.page_size as u64;
        let fits = |first| in_one_map(u64::from(first) * size, u64::from(pages) * size);
        self.with_space(|space| space.allocate_below(limit, pages, fits))
    }

    /// Has the free map's own pages from `number` on moved by the next checkpoint; `u32::MAX`: none.
    pub fn move_map_from(&self, number: u32) {
        self.free_map.lock().move_from(number);
    }

    /// Cuts off free pages at the end of the file, `most` at most. Whether there were any. What was cut nobody refers to: no
    /// version that anyone holds, and not the durable checkpoint, which holds its pages, too.
    pub fn cut_tail(&self, most: u32) -> Result<bool> {
        // Whoever writes pages out may still have one in hand that has been released.
        let _flushing = self.flushing.lock();
        self.with_space(|space| {
            let Some(pages) = space.cut(most) else {
                return Ok(false);
            };
            let end = u64::from(pages) * self.page_size as u64;
            if self.length.load(Ordering::Acquire) > end {
                let file = self.open()?;
                // ORDER: before the file, so that nobody touches what is no longer there. And all of it under the lock: a
                // page given out from here on may be written only to the file as it is then.
                self.length.store(end, Ordering::Release);
                file.set_length(end)
                    .map_err(|e| Error::io(format!("cannot cut {}", self.shown()), e))?;
            }
            Ok(true)
        })?
    }

    // --- writing out ---

    /// Writes the pages born up to `limit` to their places and drops them from memory; stops after about
    /// `budget` bytes. Gives the bytes written.
    pub fn write_out(&self, limit: Lsn, budget: usize) -> Result<usize> {
        let _flushing = self.flushing.lock();
        let mut numbers = Vec::new();
        let mut bytes = 0;
        {
            let pin = crossbeam_epoch::pin();
            let mut unwritten = self.unwritten.lock();
            while bytes < budget {
                match unwritten.pages.front() {
                    Some(&(_, birth)) if page::first_version(birth) <= limit => {}
                    _ => break,
                }
                let (number, birth) = unwritten.take_first().expect("looked at above");
                if let Some(page) = self.unwritten_page(number, birth, &pin) {
                    bytes += page.size().max(self.page_size);
                    numbers.push((number, birth));
                }
            }
            self.list(&mut unwritten);
        }
        numbers.sort_unstable();
        numbers.dedup();
        let result = self.write_pages(&numbers);
        if result.is_err() {
            // The pages stay readable in memory, and stand first in line: a checkpoint that is running must not believe
            // that they were written.
            numbers.sort_unstable_by_key(|&(_, birth)| birth);
            let mut unwritten = self.unwritten.lock();
            numbers
                .into_iter()
                .rev()
                .for_each(|page| unwritten.put_first(page));
            self.list(&mut unwritten);
        }
        result.map(|()| bytes)
    }

    /// Writes pages that an open transaction made to their places and drops them from memory. The caller is that transaction.
    pub fn write_private(&self, birth: Lsn) -> Result<()> {
        let _flushing = self.flushing.lock();
        let Some(mut numbers) = self.private.lock().remove(&birth) else {
            return Ok(());
        };
        numbers.sort_unstable();
        numbers.dedup();
        let pages: Vec<(u32, Lsn)> = numbers.iter().map(|&number| (number, birth)).collect();
        let written = self.write_pages(&pages);
        if written.is_err() {
            // They stay in memory, and in the account of it.
            self.private
                .lock()
                .entry(birth)
                .or_default()
                .extend(numbers);
        }
        written
    }

    /// Bytes of pages with that private birth that wait in memory; about, for some may have gone.
    pub fn private_bytes(&self, birth: Lsn) -> usize {
        let pages = self.private.lock().get(&birth).map_or(0, Vec::len);
        pages * self.page_size
    }

    /// A tree that was built in private becomes part of the newest state, with all pages of the file. The caller holds the commit
    /// lock.
    pub fn adopt_all(&self, birth: Lsn) -> Result<()> {
        self.with_space(Space::adopt_all)?;
        self.adopt(birth, &[])
    }

    /// Forgets a tree that was built in private, and with it the file.
    pub fn discard_private(&self, birth: Lsn, pin: &Guard) {
        for number in self.private.lock().remove(&birth).unwrap_or_default() {
            if let Some((length, true)) = self.table.take(number, pin) {
                self.shared
                    .dirty_bytes
                    .fetch_sub(length as i64, Ordering::Relaxed);
            }
        }
    }

    /// An open transaction has committed: its pages belong to the newest state, and wait to be written like all others. The
    /// caller holds the commit lock.
    pub fn adopt(&self, birth: Lsn, pages: &[(u32, u32)]) -> Result<()> {
        self.with_space(|space| {
            pages
                .iter()
                .for_each(|&(number, count)| space.adopt(number, count))
        })?;
        let waiting = self.private.lock().remove(&birth).unwrap_or_default();
        self.wait_for_writing(waiting.into_iter().map(|number| (number, birth)));
        Ok(())
    }

    /// An open transaction has come to nothing; its pages were released.
    pub fn forget_private(&self, birth: Lsn) {
        self.private.lock().remove(&birth);
    }

    pub(super) fn unwritten_page<'a>(
        &'a self,
        number: u32,
        birth: Lsn,
        pin: &'a Guard,
    ) -> Option<PageRef<'a>> {
        let page = self.table.get(number, pin)?;
        (page.is_dirty() && page.birth() == birth).then_some(page)
    }

    fn write_pages(&self, numbers: &[(u32, Lsn)]) -> Result<()> {
        let mut batch = Vec::with_capacity(WRITE_BATCH.min(numbers.len() * self.page_size));
        let mut pages: Vec<(u32, Lsn, usize)> = Vec::new();
        let mut next = 0;
        // Never for longer than one write, unless the caller has pinned: what others replace meanwhile is not freed before this is
        // let go.
        let mut pin = crossbeam_epoch::pin();
        for &(number, birth) in numbers {
            if number != next || batch.len() + self.page_size > WRITE_BATCH {
                self.write_batch(&mut batch, &mut pages, &pin)?;
                pin.repin();
            }
            let Some(page) = self.unwritten_page(number, birth, &pin) else {
                continue;
            };
            let size = page.size().max(self.page_size);
            let start = batch.len();
            match page.is_thin() {
                true => self.make_whole(number, page, &mut batch)?,
                false => batch.extend_from_slice(page.bytes()),
            }
            page::seal(&mut batch[start..]);
            pages.push((number, birth, size));
            next = number + (size / self.page_size) as u32;
        }
        self.write_batch(&mut batch, &mut pages, &pin)?;
        pin.flush();
        Ok(())
    }

    fn write_batch(
        &self,
        batch: &mut Vec<u8>,
        pages: &mut Vec<(u32, Lsn, usize)>,
        pin: &Guard,
    ) -> Result<()> {
        let Some(&(first, ..)) = pages.first() else {
            return Ok(());
        };
        self.write_at(first, batch)?;
        let mut copies = batch.as_slice();
        for (number, birth, size) in pages.drain(..) {
            let (copy, rest) = copies.split_at(size);
            copies = rest;
            // ORDER: the bytes and the length are in the file before the page leaves memory.
            self.verified.set(number);
            self.drop_written(number, birth, copy, pin);
        }
        batch.clear();
        Ok(())
    }

    /// Drops a page that is on disk now from memory, or keeps a clean `copy` where there are no maps.
    fn drop_written(&self, number: u32, birth: Lsn, copy: &[u8], pin: &Guard) {
        // A page may be made whole by a reader meanwhile.
        while let Some(page) = self.unwritten_page(number, birth, pin) {
            let clean = (!self.shared.mapped).then(|| PageBox::copy_of(copy).clean());
            if !self.table.replace(number, page, clean, pin) {
                continue;
            }
            self.shared
                .dirty_bytes
                .fetch_sub(page.size() as i64, Ordering::Relaxed);
            if !self.shared.mapped
                && let Some(this) = self.this.upgrade()
            {
                self.shared.cache.admit(&this, number, copy.len(), pin);
            }
            return;
        }
    }

    /// Writes sealed pages to their place.
    pub fn write_at(&self, first: u32, bytes: &[u8]) -> Result<()> {
        let file = self.open_or_create()?;
        let offset = u64::from(first) * self.page_size as u64;
        file.write_at(bytes, offset)
            .map_err(|e| Error::io(format!("cannot write page {first} of {}", self.shown()), e))?;
        // ORDER: after the write, so that a sync that clears the mark has covered it.
        self.unsynced.store(true, Ordering::Release);
        self.length
            .fetch_max(offset + bytes.len() as u64, Ordering::AcqRel);
        Ok(())
    }

    /// Makes what was written durable; nothing to do when nothing was.
    pub fn sync(&self) -> Result<()> {
        if !self.unsynced.swap(false, Ordering::AcqRel) {
            return Ok(());
        }
        self.open()?
            .sync()
            .map_err(|e| Error::io(format!("cannot sync {}", self.shown()), e))
    }

    /// The newest pages of the file, for the free map that a checkpoint writes. Call while no transaction runs.
    pub fn capture_space(&self) -> Result<Space> {
        self.with_space(|space| space.clone())
    }

    /// The pages that the free map itself takes.
    pub fn free_map_pages(&self) -> Result<Vec<u32>> {
        self.with_space(|_| ())?;
        Ok(self.free_map.lock().pages().collect())
    }

    /// Writes the free map that describes `space`; `born` is the checkpoint's LSN. The pages of the map before it are
    /// given back through `replaced`, to be released when the new superblock is durable.
    pub fn write_free_map(
        &self,
        space: Space,
        born: Lsn,
        replaced: &mut Vec<u32>,
    ) -> Result<FreeMapRoot> {
        // A page just released may still be in the hands of one who writes it out; the map that takes its number
        // must come after.
        let _flushing = self.flushing.lock();
        self.free_map.lock().write(self, space, born, replaced)
    }

    /// Releases pages that belong to no tree: those of an old free map.
    pub fn release_map_pages(&self, numbers: &[u32]) -> Result<()> {
        self.with_space(|space| numbers.iter().for_each(|&number| space.release(number, 1)))
    }

    /// Reads and checks a page that no tree knows (free map, file header).
    pub fn read_plain(&self, at: PagePtr, kind: Kind) -> Result<Vec<u8>> {
        let offset = u64::from(at.number) * self.page_size as u64;
        self.check_reach(at.number, offset + self.page_size as u64)?;
        let mut bytes = vec![0; self.page_size];
        self.open()?.read_at(&mut bytes, offset).map_err(|e| {
            Error::io(
                format!("cannot read page {} of {}", at.number, self.shown()),
                e,
            )
        })?;
        self.check(&bytes, at.number)?;
        if page::kind(&bytes) != Some(kind) || page::get_u16(&bytes, 16) != at.birth {
            return Err(self.corrupt(at.number, format!("not the {kind:?} page expected")));
        }
        Ok(bytes)
    }

    // --- the file itself ---

    fn open(&self) -> Result<Arc<dyn VfsFile>> {
        let file = self.shared.files.get(self.tree, &self.name, false)?;
        if self.opened.get().is_none() {
            let length = file
                .length()
                .map_err(|e| Error::io(format!("cannot size {}", self.shown()), e))?;
            self.length.fetch_max(length, Ordering::AcqRel);
            let _ = self.opened.set(());
            if self.tree != super::super::catalog::CATALOG_TREE {
                self.check_header()?;
            }
        }
        Ok(file)
    }

    fn open_or_create(&self) -> Result<Arc<dyn VfsFile>> {
        if self.opened.get().is_some() {
            return self.shared.files.get(self.tree, &self.name, false);
        }
        let vfs = self.shared.files.vfs();
        let exists = vfs
            .exists(&self.name)
            .map_err(|e| Error::io(format!("cannot look up {}", self.shown()), e))?;
        if exists {
            return self.open();
        }
        let file = self.shared.files.get(self.tree, &self.name, true)?;
        self.shared.created_file.store(true, Ordering::Release);
        let header = self.header(&self.shared.database_id);
        file.write_at(&header, 0)
            .map_err(|e| Error::io(format!("cannot write {}", self.shown()), e))?;
        self.unsynced.store(true, Ordering::Release);
        self.length.fetch_max(header.len() as u64, Ordering::AcqRel);
        let _ = self.opened.set(());
        Ok(file)
    }

    fn check_header(&self) -> Result<()> {
        let header = self.read_plain(
            PagePtr {
                number: 0,
                birth: 0,
            },
            Kind::FileHeader,
        )?;
        if header[24..32] != *FILE_MAGIC {
            return Err(self.corrupt(0, "not a page file"));
        }
        if header[32..48] != self.shared.database_id {
            return Err(self.corrupt(0, "the file belongs to another database"));
        }
        if page::get_u32(&header, 48) as usize != self.page_size {
            let size = page::get_u32(&header, 48);
            return Err(self.corrupt(
                0,
                format!("pages of {size} bytes, the catalog says {}", self.page_size),
            ));
        }
        let version = page::get_u32(&header, 52);
        if version != FORMAT_VERSION {
            return Err(Error::new(
                crate::storage::ErrorKind::Unsupported,
                format!("{} has format version {version}", self.shown()),
            ));
        }
        Ok(())
    }
}

impl Drop for PageFile {
    fn drop(&mut self) {
        // A dropped collection's unwritten pages no longer count against the dirty limit.
        let pin = crossbeam_epoch::pin();
        let mut unwritten = self.unwritten.lock();
        for (number, birth) in std::mem::take(&mut unwritten.pages) {
            if let Some(page) = self.unwritten_page(number, birth, &pin) {
                self.shared
                    .dirty_bytes
                    .fetch_sub(page.size() as i64, Ordering::Relaxed);
            }
        }
        self.list(&mut unwritten);
    }
}

pub use super::free_map::FreeMapRoot;
