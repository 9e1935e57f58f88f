//! The page table of one file: page number -> page in memory, or null for "read the file".
//!
//! Chunks double in size, so that a lookup is two loads whatever the size of the file, and a small
//! file costs little. Pages are freed through epochs: a reader that found a page under a guard may use it
//! until the guard is dropped, whatever becomes of the entry (that is the *pin*; that the number is not
//! given to another page meanwhile is the business of snapshots).
//!
//! Invariants: an entry is changed only by the running transaction (a page born in it), by the one flusher
//! (non-null -> null or clean, by compare-and-swap), by reclaiming (any -> null, when no snapshot needs the
//! page) or by a reader that caches a clean page (null -> clean). A page's bytes change only while
//! the running transaction owns it, before any other thread can learn its number.

use std::cell::UnsafeCell;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicPtr, Ordering};

use crossbeam_epoch::Guard;

/// Entries in the first chunk; each further chunk has twice as many as the one before.
const FIRST_CHUNK: usize = 64;
/// 64 * (2^27 - 1) entries reach past the last 32-bit page number.
const CHUNKS: usize = 27;

/// A page (or a whole extent) in memory.
pub struct PageBuffer {
    /// Not on disk yet: memory holds the only copy.
    dirty: bool,
    /// Read since the cache last looked; gives a clean page a second chance.
    used: AtomicBool,
    bytes: UnsafeCell<Box<[u8]>>,
}

// SAFETY: `bytes` is changed only through `PageTable::own_mut`, whose caller guarantees that no other thread
// can reach the page; everything else is read-only or atomic.
unsafe impl Sync for PageBuffer {}

impl PageBuffer {
    pub fn dirty(bytes: Box<[u8]>) -> Box<PageBuffer> {
        Box::new(PageBuffer {
            dirty: true,
            used: AtomicBool::new(true),
            bytes: UnsafeCell::new(bytes),
        })
    }

    pub fn clean(bytes: Box<[u8]>) -> Box<PageBuffer> {
        Box::new(PageBuffer {
            dirty: false,
            used: AtomicBool::new(true),
            bytes: UnsafeCell::new(bytes),
        })
    }

    pub fn is_dirty(&self) -> bool {
        self.dirty
    }

    /// Bytes: one page's, or an extent's.
    pub fn size(&self) -> usize {
        self.bytes().len()
    }

    pub fn bytes(&self) -> &[u8] {
        // SAFETY: the bytes change only while one transaction owns the page alone (table invariant).
        unsafe { &*self.bytes.get() }
    }

    /// Marks the page as used; a plain store only when needed keeps the line shared between readers.
    pub fn touch(&self) {
        if !self.dirty && !self.used.load(Ordering::Relaxed) {
            self.used.store(true, Ordering::Relaxed);
        }
    }

    /// Whether it was used since the last call.
    pub fn take_used(&self) -> bool {
        self.used.swap(false, Ordering::Relaxed)
    }
}

type Chunk = Box<[AtomicPtr<PageBuffer>]>;

/// The table.
pub struct PageTable {
    chunks: [OnceLock<Chunk>; CHUNKS],
}

fn locate(number: u32) -> (usize, usize) {
    let block = number as usize / FIRST_CHUNK + 1;
    let chunk = block.ilog2() as usize;
    (chunk, number as usize - FIRST_CHUNK * ((1 << chunk) - 1))
}

impl Default for PageTable {
    fn default() -> PageTable {
        PageTable {
            chunks: [const { OnceLock::new() }; CHUNKS],
        }
    }
}

impl PageTable {
    fn entry(&self, number: u32) -> &AtomicPtr<PageBuffer> {
        let (chunk, index) = locate(number);
        let entries = self.chunks[chunk].get_or_init(|| {
            // SAFETY: all-zero bytes are null pointers. Zeroed memory from the system is not touched before use.
            unsafe { Box::new_zeroed_slice(FIRST_CHUNK << chunk).assume_init() }
        });
        &entries[index]
    }

    /// The page in memory, if it is there.
    #[inline]
    pub fn get<'a>(&'a self, number: u32, _pin: &'a Guard) -> Option<&'a PageBuffer> {
        let (chunk, index) = locate(number);
        let pointer = self.chunks[chunk].get()?[index].load(Ordering::Acquire);
        // SAFETY: entries are null or point to live boxes; a box taken out of the table is freed through the epoch,
        // so not before the guard, which was pinned before this load, is dropped.
        unsafe { pointer.as_ref() }
    }

    /// The bytes of a page that the running transaction was the one to make, to be changed.
    ///
    /// # Safety
    /// The caller is the running transaction, the page was born in it (so no other thread knows the page), and no
    /// other reference to its bytes is in use.
    #[allow(clippy::mut_from_ref)]
    pub unsafe fn own_mut<'a>(&'a self, number: u32, pin: &'a Guard) -> Option<&'a mut [u8]> {
        let buffer = self.get(number, pin)?;
        debug_assert!(buffer.dirty, "only dirty pages change");
        // SAFETY: the caller's promise: this thread alone reaches the page.
        Some(unsafe { &mut *buffer.bytes.get() })
    }

    /// Puts a page in, whatever was there before.
    pub fn put(&self, number: u32, page: Box<PageBuffer>, pin: &Guard) {
        let old = self
            .entry(number)
            .swap(Box::into_raw(page), Ordering::AcqRel);
        retire(old, pin);
    }

    /// Puts a page in where there is none; else gives back the one that is there.
    pub fn put_if_absent<'a>(
        &'a self,
        number: u32,
        page: Box<PageBuffer>,
        _pin: &'a Guard,
    ) -> (&'a PageBuffer, bool) {
        let new = Box::into_raw(page);
        match self.entry(number).compare_exchange(
            std::ptr::null_mut(),
            new,
            Ordering::AcqRel,
            Ordering::Acquire,
        ) {
            // SAFETY: just put in, and pinned by the guard from before that.
            Ok(_) => (unsafe { &*new }, true),
            Err(there) => {
                // SAFETY: `new` was never shared; `there` is live under the guard as in `get`.
                unsafe {
                    drop(Box::from_raw(new));
                    (&*there, false)
                }
            }
        }
    }

    /// Takes a page out if it is still `page`; `with` may take its place. Whether it was.
    pub fn replace(
        &self,
        number: u32,
        page: &PageBuffer,
        with: Option<Box<PageBuffer>>,
        pin: &Guard,
    ) -> bool {
        let expected = std::ptr::from_ref(page).cast_mut();
        let new = with.map_or(std::ptr::null_mut(), Box::into_raw);
        // No ABA: `page` is referenced under a guard, so its memory is not given to another page.
        let swapped = self
            .entry(number)
            .compare_exchange(expected, new, Ordering::AcqRel, Ordering::Acquire)
            .is_ok();
        if swapped {
            retire(expected, pin);
        } else if !new.is_null() {
            // SAFETY: never shared.
            drop(unsafe { Box::from_raw(new) });
        }
        swapped
    }

    /// Takes the page out. Gives its length and whether it was dirty, if there was one.
    pub fn take(&self, number: u32, pin: &Guard) -> Option<(usize, bool)> {
        let (chunk, index) = locate(number);
        let old = self.chunks[chunk].get()?[index].swap(std::ptr::null_mut(), Ordering::AcqRel);
        // SAFETY: as in `get`.
        let found = unsafe { old.as_ref() }.map(|page| (page.size(), page.dirty));
        retire(old, pin);
        found
    }
}

/// Frees a page that was taken out of the table once nobody can be reading it.
fn retire(page: *mut PageBuffer, pin: &Guard) {
    if !page.is_null() {
        // SAFETY: the pointer came from `Box::into_raw`, is no longer in the table, and only the one who
        // took it out retires it.
        unsafe { pin.defer_unchecked(move || drop(Box::from_raw(page))) };
    }
}

impl Drop for PageTable {
    fn drop(&mut self) {
        for chunk in &mut self.chunks {
            for entry in chunk.get_mut().into_iter().flatten() {
                let page = *entry.get_mut();
                if !page.is_null() {
                    // SAFETY: `&mut self`: no reader is left, and each box is in one entry only.
                    drop(unsafe { Box::from_raw(page) });
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
        let pin = crossbeam_epoch::pin();
        table.put(5, PageBuffer::dirty(vec![7; 16].into()), &pin);
        let page = table.get(5, &pin).expect("there");
        assert_eq!(table.take(5, &pin), Some((16, true)));
        assert!(table.get(5, &pin).is_none());
        assert_eq!(page.bytes(), [7; 16]);
    }
}
