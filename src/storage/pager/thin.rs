//! Thin pages: a page that waits to be written, kept in memory as its difference to the page on disk that it goes back to.
//!
//! Updates at random change a few bytes each in many pages. Kept whole, these soon fill the memory that pages may take and have to
//! be written, again and again between two checkpoints, each for a single update. As differences a whole database of changed leaves
//! fits, and a page is written once for all the updates since the last checkpoint. Whoever reads a thin page makes it whole
//! again; so does writing it out.
//!
//! Invariants: a base is a page of the durable checkpoint, which holds it; it is used only while that checkpoint
//! is the durable one: when another takes its place, all pages born before that one are on disk, and pages born since are made thin
//! while it is being made only if it has their base, too, or has written it. Only pages that do not change any more are made thin.

use std::collections::VecDeque;
use std::sync::atomic::Ordering;

use crossbeam_epoch::Guard;

use super::file::PageFile;
use super::table::{Base, PageBox, PageRef};
use crate::storage::difference;
use crate::storage::error::Result;
use crate::storage::page::{self, Kind, Lsn, PagePtr};

/// A difference of more than this part of a page is not worth it.
const MOST: usize = 4;
/// Pages looked at under one lock.
const STRETCH: usize = 64;
/// Dead entries are left in the list until there are so many.
const FEW_DEAD: usize = 4096;

/// Pages not on disk, in the order of their birth; some may have died since.
#[derive(Default)]
pub struct Unwritten {
    pub pages: VecDeque<(u32, Lsn)>,
    /// How many at the front have been made thin, or cannot be.
    looked_at: usize,
    /// Pages released since the list was last tidied.
    pub died: usize,
    /// Whether the file is among `Shared::waiting`: it is while there are pages.
    is_listed: bool,
}

impl Unwritten {
    pub fn take_first(&mut self) -> Option<(u32, Lsn)> {
        self.looked_at = self.looked_at.saturating_sub(1);
        self.pages.pop_front()
    }

    pub fn put_first(&mut self, page: (u32, Lsn)) {
        self.looked_at += 1;
        self.pages.push_front(page);
    }

    /// The next pages born up to `limit` that were not looked at yet.
    fn next_stretch(&mut self, limit: Lsn) -> Vec<(u32, Lsn)> {
        let rest = self.pages.range(self.looked_at..).take(STRETCH);
        let stretch: Vec<_> = rest
            .take_while(|&&(_, birth)| page::first_version(birth) <= limit)
            .copied()
            .collect();
        self.looked_at += stretch.len();
        stretch
    }
}

/// What a base must belong to: the durable checkpoint, and the one that is being made.
#[derive(Clone, Copy)]
pub struct Checkpoints {
    pub durable: Lsn,
    pub coming: Option<Lsn>,
}

impl PageFile {
    /// Notes pages that have come into memory and are not on disk.
    pub(super) fn wait_for_writing(&self, pages: impl IntoIterator<Item = (u32, Lsn)>) {
        let mut unwritten = self.unwritten.lock();
        unwritten.pages.extend(pages);
        self.list(&mut unwritten);
    }

    /// Enters the file in the list of those that have pages to be written, or takes it off. Called whenever that may have changed,
    /// before the lock is let go.
    pub(super) fn list(&self, unwritten: &mut Unwritten) {
        if unwritten.is_listed != unwritten.pages.is_empty() {
            return;
        }
        let mut waiting = self.shared.waiting.lock();
        unwritten.is_listed = !unwritten.is_listed;
        match unwritten.is_listed {
            true => waiting.insert(self.tree),
            false => waiting.remove(&self.tree),
        };
    }

    /// Makes pages born up to `limit` thin until `wanted` bytes are saved. `again`: also those that were looked at before and are whole
    /// since they were read. Gives the bytes saved.
    pub fn make_thin(
        &self,
        limit: Lsn,
        checkpoints: Checkpoints,
        wanted: usize,
        again: bool,
    ) -> Result<usize> {
        let _flushing = self.flushing.lock();
        if again {
            self.unwritten.lock().looked_at = 0;
        }
        let (mut saved, mut steps) = (0, Vec::new());
        while saved < wanted {
            let stretch = self.unwritten.lock().next_stretch(limit);
            if stretch.is_empty() {
                break;
            }
            // For a stretch only: what others replace meanwhile is not freed before this is let go.
            let pin = crossbeam_epoch::pin();
            for (number, birth) in stretch {
                if let Some(page) = self.unwritten_page(number, birth, &pin) {
                    saved += self.thin_out((number, page), checkpoints, &mut steps, &pin)?;
                }
            }
        }
        Ok(saved)
    }

    fn thin_out(
        &self,
        (number, page): (u32, PageRef<'_>),
        checkpoints: Checkpoints,
        steps: &mut Vec<u8>,
        pin: &Guard,
    ) -> Result<usize> {
        let base = page.base();
        let may = !page.is_thin()
            && page.size() == self.page_size
            && page::kind(page.bytes()) == Some(Kind::Leaf)
            && self.is_held(base, checkpoints, pin);
        if !may {
            return Ok(0);
        }
        steps.clear();
        difference::write(&self.base_page(base)?, page.bytes(), steps);
        if steps.len() > self.page_size / MOST {
            return Ok(0);
        }
        let thin = PageBox::thin(steps, base, page.birth());
        let saved = page.size() - steps.len();
        if !self.table.replace(number, page, Some(thin), pin) {
            return Ok(0);
        }
        self.count_dirty(-(saved as i64));
        Ok(saved)
    }

    /// Whether the base is on disk, in a checkpoint, and in the one that will take its place.
    fn is_held(&self, base: Base, checkpoints: Checkpoints, pin: &Guard) -> bool {
        let written = || {
            self.table
                .get(base.number, pin)
                .is_none_or(|page| !page.is_dirty())
        };
        match checkpoints.coming {
            None => base.is_in(checkpoints.durable),
            Some(coming) => base.is_in(coming) && (base.is_in(checkpoints.durable) || written()),
        }
    }

    /// Read past the cache, where there is one: when the base is given away its number must not be found there. And not through a map:
    /// whoever reads a thin page while it is written does not keep its base from being cut off, and touching a map there would
    /// end the process.
    fn base_page(&self, base: Base) -> Result<Vec<u8>> {
        self.read_plain(PagePtr::new(base.number, base.born), Kind::Leaf)
    }

    /// Appends the page that a thin one stands for.
    pub(super) fn make_whole(
        &self,
        number: u32,
        page: PageRef<'_>,
        out: &mut Vec<u8>,
    ) -> Result<()> {
        let (base, start) = (page.base(), out.len());
        let old = self.base_page(base)?;
        let made = difference::apply(&old, page.bytes(), out);
        let whole = &out[start..];
        let is_right = made.is_some()
            && page::birth(&old) == base.born
            && whole.len() == self.page_size
            && page::get_u32(whole, 4) == number
            && page::birth(whole) == page.birth();
        if is_right {
            return Ok(());
        }
        out.truncate(start);
        let reason = format!("page {number}, which goes back to it, cannot be made from it");
        Err(self.corrupt(base.number, reason))
    }

    /// Makes a thin page whole and gives its bytes, whatever became of it meanwhile.
    #[cold]
    pub(super) fn read_thin<'a>(&'a self, number: u32, pin: &'a Guard) -> Result<&'a [u8]> {
        loop {
            let Some(page) = self.table.get(number, pin) else {
                return self.read_from_disk(number, pin);
            };
            if !page.is_thin() {
                return Ok(page.bytes());
            }
            let mut bytes = Vec::with_capacity(self.page_size);
            if let Err(error) = self.make_whole(number, page, &mut bytes) {
                // Written meanwhile, so that its base may have been given away?
                match self.table.get(number, pin) {
                    Some(now) if now.is(page) => return Err(error),
                    _ => continue,
                }
            }
            // What a base just given away has made is not put in: the page has left the table before that.
            let whole = PageBox::copy_of(&bytes).based_on(page.base());
            if self.table.replace(number, page, Some(whole), pin) {
                self.count_dirty((self.page_size - page.size()) as i64);
            }
        }
    }

    /// Bytes that the pages not on disk take when they are whole.
    pub fn unwritten_bytes(&self) -> usize {
        let unwritten = self.unwritten.lock();
        unwritten.pages.len().saturating_sub(unwritten.died) * self.page_size
    }

    /// Takes entries of pages that died off the list of those to be written when there are many.
    pub fn tidy_unwritten(&self, pin: &Guard) {
        let mut unwritten = self.unwritten.lock();
        if unwritten.died < FEW_DEAD.max(unwritten.pages.len() / 2) {
            return;
        }
        let (looked_at, mut index, mut kept) = (unwritten.looked_at, 0, 0);
        unwritten.pages.retain(|&(number, birth)| {
            let is_there = self.unwritten_page(number, birth, pin).is_some();
            kept += usize::from(is_there && index < looked_at);
            index += 1;
            is_there
        });
        (unwritten.looked_at, unwritten.died) = (kept, 0);
        self.list(&mut unwritten);
    }

    fn count_dirty(&self, bytes: i64) {
        self.shared.dirty_bytes.fetch_add(bytes, Ordering::Relaxed);
    }
}
