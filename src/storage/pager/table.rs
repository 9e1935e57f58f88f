//! The page table of one file: page number -> page in memory, or null for "read the file".
//!
//! Chunks double in size, so that a lookup is two loads whatever the size of the file, and a small
//! file costs little. Pages are freed through epochs: a reader that found a page under a guard may use it
//! until the guard is dropped, whatever becomes of the entry (that is the *pin*; that the number is not
//! given to another page meanwhile is the business of snapshots).
//!
//! Invariants: an entry is changed only by the running transaction (a page born in it), by the one flusher
//! (non-null -> null or clean, by compare-and-swap), by reclaiming (any -> null, when no snapshot needs the
//! page), by a reader that caches a clean page (null -> clean) or makes a thin page whole. A page's bytes change only while
//! it is reached by the holder of the commit lock alone: no version shows it, so that no other thread can learn its number.

use std::marker::PhantomData;
use std::ops::{Deref, DerefMut};
use std::ptr::NonNull;
use std::sync::atomic::AtomicBool;

use super::arena;
use crate::storage::page::{self, Lsn};
use crate::storage::sync::atomic::{AtomicPtr, Ordering};
use crate::storage::sync::epoch::Guard;
use crate::storage::sync::{OnceLock, null_pointers};

/// Entries in the first chunk; each further chunk has twice as many as the one before.
const FIRST_CHUNK: usize = 64;
/// 64 * (2^27 - 1) entries reach past the last 32-bit page number.
const CHUNKS: usize = 27;

/// What stands before a page's bytes in memory.
struct Header {
    /// Not on disk yet: memory holds the only copy.
    dirty: bool,
    /// What follows is the difference to `base`.
    thin: bool,
    /// Read since the cache last looked; gives a clean page a second chance.
    used: AtomicBool,
    length: u32,
    base: Base,
    /// Of a thin page.
    birth: Lsn,
}

/// The page on disk that a page in memory goes back to, and the versions [born, died) in which it lives. Number 0: none is known.
#[derive(Clone, Copy, Debug, Default)]
pub struct Base {
    pub number: u32,
    pub born: Lsn,
    pub died: Lsn,
}

impl Base {
    /// Whether the page is there in that version, and stays for as long as it is held.
    pub fn is_in(self, version: Lsn) -> bool {
        self.number != 0 && (self.born..self.died).contains(&version)
    }
}

/// The bytes are in the next cache line, which is loaded along with the header's: finding a page costs one wait, not two.
const BYTES_AT: usize = 64;

/// A page (or a whole extent) in memory, not shared yet.
pub struct PageBox(NonNull<Header>);

// SAFETY: it owns its memory, as a box does.
unsafe impl Send for PageBox {}

impl PageBox {
    /// # Safety
    /// The caller initialises the bytes before anything reads them.
    unsafe fn uninit(length: usize) -> PageBox {
        let block = arena::allocate(BYTES_AT + length).cast::<Header>();
        // SAFETY: the block is large enough, aligned, and ours.
        unsafe {
            block.write(Header {
                dirty: true,
                thin: false,
                used: AtomicBool::new(true),
                length: length as u32,
                base: Base::default(),
                birth: 0,
            });
        }
        PageBox(block)
    }

    /// A page full of zeros, dirty.
    pub fn zeroed(length: usize) -> PageBox {
        // SAFETY: the bytes are written at once, and lie in the block.
        unsafe {
            let page = PageBox::uninit(length);
            bytes_of(page.0).write_bytes(0, length);
            page
        }
    }

    /// A copy, dirty.
    pub fn copy_of(bytes: &[u8]) -> PageBox {
        // SAFETY: as in `zeroed`; the block is new, so that it does not overlap `bytes`.
        unsafe {
            let page = PageBox::uninit(bytes.len());
            bytes_of(page.0).copy_from_nonoverlapping(bytes.as_ptr(), bytes.len());
            page
        }
    }

    /// The same page, known to go back to `base`.
    pub fn based_on(mut self, base: Base) -> PageBox {
        // SAFETY: live and owned.
        unsafe { self.0.as_mut() }.base = base;
        self
    }

    /// A page born at `birth`, as the steps that make it from its base.
    pub fn thin(steps: &[u8], base: Base, birth: Lsn) -> PageBox {
        let mut page = PageBox::copy_of(steps).based_on(base);
        // SAFETY: live and owned.
        let header = unsafe { page.0.as_mut() };
        (header.thin, header.birth) = (true, birth);
        page
    }

    /// The same page as it is once it is on disk.
    pub fn clean(mut self) -> PageBox {
        // SAFETY: live and owned.
        unsafe { self.0.as_mut() }.dirty = false;
        self
    }

    fn into_raw(self) -> *mut Header {
        let block = self.0.as_ptr();
        std::mem::forget(self);
        block
    }

    fn as_ref(&self) -> PageRef<'_> {
        PageRef(self.0, PhantomData)
    }
}

/// Where a page's bytes start.
///
/// # Safety
/// `block` came from `PageBox::uninit` and was not freed.
unsafe fn bytes_of(block: NonNull<Header>) -> *mut u8 {
    // SAFETY: the block is larger than that.
    unsafe { block.as_ptr().cast::<u8>().add(BYTES_AT) }
}

impl Deref for PageBox {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        self.as_ref().bytes()
    }
}

impl DerefMut for PageBox {
    fn deref_mut(&mut self) -> &mut [u8] {
        // SAFETY: live and initialised; `&mut self` is the only way to it.
        unsafe { std::slice::from_raw_parts_mut(bytes_of(self.0), self.as_ref().size()) }
    }
}

impl Drop for PageBox {
    fn drop(&mut self) {
        let length = self.as_ref().size();
        // SAFETY: owned, and allocated with this size.
        unsafe { arena::free(self.0.cast(), BYTES_AT + length) };
    }
}

/// A page in the table, to be read.
#[derive(Clone, Copy)]
pub struct PageRef<'a>(NonNull<Header>, PhantomData<&'a PageBox>);

impl<'a> PageRef<'a> {
    #[inline]
    fn header(self) -> &'a Header {
        // SAFETY: whoever made the reference knew that the page lives for 'a. A shared page's header does not change but
        // for its atomic.
        unsafe { self.0.as_ref() }
    }

    pub fn is_dirty(self) -> bool {
        self.header().dirty
    }

    /// Whether the bytes are not the page's, but the steps that make it from its base.
    #[inline]
    pub fn is_thin(self) -> bool {
        self.header().thin
    }

    /// Whether both are the same page in the same memory.
    pub fn is(self, other: PageRef<'_>) -> bool {
        self.0 == other.0
    }

    pub fn base(self) -> Base {
        self.header().base
    }

    /// The birth of the page.
    pub fn birth(self) -> Lsn {
        match self.is_thin() {
            true => self.header().birth,
            false => page::birth(self.bytes()),
        }
    }

    /// Bytes in memory: one page's, an extent's, or a thin page's steps.
    #[inline]
    pub fn size(self) -> usize {
        self.header().length as usize
    }

    #[inline]
    pub fn bytes(self) -> &'a [u8] {
        // SAFETY: live for 'a and initialised; the bytes change only while one transaction owns the page alone (table
        // invariant).
        unsafe { std::slice::from_raw_parts(bytes_of(self.0), self.size()) }
    }

    /// Marks the page as used; a plain store only when needed keeps the line shared between readers.
    #[inline]
    pub fn touch(self) {
        let header = self.header();
        if !header.dirty && !header.used.load(Ordering::Relaxed) {
            header.used.store(true, Ordering::Relaxed);
        }
    }

    /// Whether it was used since the last call.
    pub fn take_used(self) -> bool {
        self.header().used.swap(false, Ordering::Relaxed)
    }
}

type Chunk = Box<[AtomicPtr<Header>]>;

/// The table.
#[derive(Default)]
pub struct PageTable {
    /// None before the first page: most of ten thousand files are not in use.
    chunks: std::sync::OnceLock<Box<[OnceLock<Chunk>; CHUNKS]>>,
}

fn locate(number: u32) -> (usize, usize) {
    let block = number as usize / FIRST_CHUNK + 1;
    let chunk = block.ilog2() as usize;
    (chunk, number as usize - FIRST_CHUNK * ((1 << chunk) - 1))
}

impl PageTable {
    fn entry(&self, number: u32) -> &AtomicPtr<Header> {
        let (chunk, index) = locate(number);
        let chunks = self
            .chunks
            .get_or_init(|| Box::new(std::array::from_fn(|_| OnceLock::new())));
        let entries = chunks[chunk].get_or_init(|| null_pointers(FIRST_CHUNK << chunk));
        &entries[index]
    }

    #[inline]
    fn chunk(&self, chunk: usize) -> Option<&[AtomicPtr<Header>]> {
        self.chunks.get()?[chunk].get().map(|entries| &**entries)
    }

    /// The page in memory, if it is there.
    #[inline]
    pub fn get<'a>(&'a self, number: u32, _pin: &'a Guard) -> Option<PageRef<'a>> {
        let (chunk, index) = locate(number);
        let pointer = self.chunk(chunk)?[index].load(Ordering::Acquire);
        // Entries are null or point to live pages; one taken out of the table is freed through the epoch, so not before
        // the guard, which was pinned before this load, is dropped.
        NonNull::new(pointer).map(|page| PageRef(page, PhantomData))
    }

    /// The bytes of a page, to be changed.
    ///
    /// # Safety
    /// The caller is the running transaction, the page was born in it or in a commit that no version shows (so no other
    /// thread knows the page), and no other reference to its bytes is in use.
    #[allow(clippy::mut_from_ref)]
    pub unsafe fn own_mut<'a>(&'a self, number: u32, pin: &'a Guard) -> Option<&'a mut [u8]> {
        let page = self.get(number, pin)?;
        debug_assert!(
            page.is_dirty() && !page.is_thin(),
            "only whole dirty pages change"
        );
        // SAFETY: the caller's promise: this thread alone reaches the page.
        Some(unsafe { std::slice::from_raw_parts_mut(bytes_of(page.0), page.size()) })
    }

    /// Puts a page in, whatever was there before.
    pub fn put(&self, number: u32, page: PageBox, pin: &Guard) {
        let old = self.entry(number).swap(page.into_raw(), Ordering::AcqRel);
        retire(old, pin);
    }

    /// Puts a page in where there is none; else gives back the one that is there.
    pub fn put_if_absent<'a>(
        &'a self,
        number: u32,
        page: PageBox,
        _pin: &'a Guard,
    ) -> (PageRef<'a>, bool) {
        let new = page.0;
        match self.entry(number).compare_exchange(
            std::ptr::null_mut(),
            new.as_ptr(),
            Ordering::AcqRel,
            Ordering::Acquire,
        ) {
            // The table owns it now; pinned by the guard from before that.
            Ok(_) => {
                std::mem::forget(page);
                (PageRef(new, PhantomData), true)
            }
            // What is there is live under the guard as in `get`, and not null; `page` was never shared.
            Err(there) => {
                let there = NonNull::new(there).unwrap_or(new);
                (PageRef(there, PhantomData), false)
            }
        }
    }

    /// Takes a page out if it is still `page`; `with` may take its place. Whether it was.
    pub fn replace(
        &self,
        number: u32,
        page: PageRef<'_>,
        with: Option<PageBox>,
        pin: &Guard,
    ) -> bool {
        let expected = page.0.as_ptr();
        let new = with
            .as_ref()
            .map_or(std::ptr::null_mut(), |with| with.0.as_ptr());
        // No ABA: `page` is referenced under a guard, so its memory is not given to another page.
        let swapped = self
            .entry(number)
            .compare_exchange(expected, new, Ordering::AcqRel, Ordering::Acquire)
            .is_ok();
        if swapped {
            // The table owns it now.
            std::mem::forget(with);
            retire(expected, pin);
        }
        swapped
    }

    /// Takes the page out. Gives its length and whether it was dirty, if there was one.
    pub fn take(&self, number: u32, pin: &Guard) -> Option<(usize, bool)> {
        let (chunk, index) = locate(number);
        let old = self.chunk(chunk)?[index].swap(std::ptr::null_mut(), Ordering::AcqRel);
        // Live as in `get`.
        let page = NonNull::new(old).map(|page| PageRef(page, PhantomData));
        let found = page.map(|page| (page.size(), page.is_dirty()));
        retire(old, pin);
        found
    }
}

/// Frees a page that was taken out of the table once nobody can be reading it.
fn retire(page: *mut Header, pin: &Guard) {
    if let Some(page) = NonNull::new(page).map(PageBox) {
        // SAFETY: the page is no longer in the table, and only the one who took it out retires it: it is owned here, and
        // may be dropped by any thread.
        unsafe { pin.defer_unchecked(move || drop(page)) };
    }
}

impl Drop for PageTable {
    fn drop(&mut self) {
        for chunk in self
            .chunks
            .get_mut()
            .into_iter()
            .flat_map(|chunks| chunks.iter_mut())
        {
            for entry in chunk.get_mut().into_iter().flatten() {
                // `&mut self`: no reader is left, and each page is in one entry only.
                drop(NonNull::new(entry.load(Ordering::Relaxed)).map(PageBox));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::sync::epoch::pin;

    #[test]
    fn every_page_number_has_its_own_place() {
        let mut expected = (0, 0);
        for number in 0..100_000u32 {
            assert_eq!(locate(number), expected);
            expected.1 += 1;
            if expected.1 == FIRST_CHUNK << expected.0 {
                expected = (expected.0 + 1, 0);
            }
        }
        let (chunk, index) = locate(u32::MAX);
        assert!(chunk < CHUNKS && index < FIRST_CHUNK << chunk);
    }

    #[test]
    fn a_page_taken_out_stays_readable_under_its_guard() {
        let table = PageTable::default();
        let pin = pin();
        table.put(5, PageBox::copy_of(&[7; 16]), &pin);
        let page = table.get(5, &pin).expect("there");
        assert_eq!(table.take(5, &pin), Some((16, true)));
        assert!(table.get(5, &pin).is_none());
        assert_eq!(page.bytes(), [7; 16]);
    }
}
