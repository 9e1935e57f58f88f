//! Memory for pages: blocks of one size each, cut from chunks of 2 MiB that the system may back by one huge page.
//!
//! A point read touches a few cache lines of a few pages in a large memory; with pages of 4 KiB most of its time goes into
//! translating their addresses. General allocators mix pages with everything else, so the chunks are ours.
//!
//! Invariants: a chunk is aligned to its size, so that a block's address tells its chunk; a chunk is listed in `partial` exactly
//! while it has a block to give; a chunk without a block in use goes back to the system, but for one of each size. The first
//! chunks are not asked to be huge: a process that holds little takes little.

use std::alloc::{Layout, alloc, dealloc, handle_alloc_error};
use std::collections::BTreeSet;
use std::ptr::{NonNull, null_mut};

use parking_lot::Mutex;

const CHUNK: usize = 2 << 20;
/// Blocks start behind the chunk's own header.
const CHUNK_HEADER: usize = 128;
/// Two cache lines, which processors like to load together.
const ALIGN: usize = 128;
/// Chunks of one size before huge pages are asked for.
const MODEST: usize = 4;
/// The largest block that comes from a chunk: a page of 32 KiB with what stands before it.
const LARGEST: usize = (32 << 10) + ALIGN;
/// Less is no page.
const SMALLEST: usize = 4096;
/// Page sizes are powers of two from 4 KiB on.
const CLASSES: usize = 4;

static CLASS: [Mutex<Class>; CLASSES] = [const { Mutex::new(Class::new()) }; CLASSES];

/// Memory of at least `bytes` bytes, not initialised, aligned to 128, or to 16 if it is too little for a page. To be given back to `free` with the same `bytes`.
pub(super) fn allocate(bytes: usize) -> NonNull<u8> {
    match class_of(bytes) {
        Some((class, size)) => CLASS[class].lock().allocate(size),
        None => {
            let layout = layout(bytes);
            // SAFETY: the layout is not empty: `layout` adds to it.
            NonNull::new(unsafe { alloc(layout) }).unwrap_or_else(|| handle_alloc_error(layout))
        }
    }
}

/// Gives memory back.
///
/// # Safety
/// `block` came from `allocate` with the same `bytes`, is not used any more and was not given back yet.
pub(super) unsafe fn free(block: NonNull<u8>, bytes: usize) {
    match class_of(bytes) {
        // SAFETY: passed on; a block of this size came from this class.
        Some((class, size)) => unsafe { CLASS[class].lock().free(block, size) },
        // SAFETY: `allocate` took it from there with the same layout.
        None => unsafe { dealloc(block.as_ptr(), layout(bytes)) },
    }
}

fn layout(bytes: usize) -> Layout {
    // What is no page is searched by nobody and needs no more than its header does.
    let align = if bytes < SMALLEST { 16 } else { ALIGN };
    Layout::from_size_align(bytes.next_multiple_of(align).max(align), align)
        .expect("pages and extents are far smaller than the address space")
}

/// The class that serves blocks of this size, and the size of its blocks; `None`: the general allocator's.
fn class_of(bytes: usize) -> Option<(usize, usize)> {
    if !(SMALLEST..=LARGEST).contains(&bytes) {
        return None;
    }
    let page = bytes.saturating_sub(ALIGN).next_power_of_two().max(4096);
    Some(((page / 4096).ilog2() as usize, page + ALIGN))
}

/// What stands at a chunk's start.
struct Chunk {
    /// Blocks given back, each holding the address of the next.
    free: *mut u8,
    /// Blocks in use.
    used: usize,
    /// Blocks behind this many were never given out.
    fresh: usize,
}

/// The chunks of one block size.
struct Class {
    /// Those that have a block to give, by address.
    partial: BTreeSet<NonNull<Chunk>>,
    chunks: usize,
    /// Those among them without a block in use: at most one.
    empty: usize,
}

// SAFETY: chunks are reached only through the class, under its lock.
unsafe impl Send for Class {}

impl Class {
    const fn new() -> Class {
        Class {
            partial: BTreeSet::new(),
            chunks: 0,
            empty: 0,
        }
    }

    fn allocate(&mut self, size: usize) -> NonNull<u8> {
        // Always the lowest one: so the upper ones run empty when less is needed, rather than all keeping a few blocks.
        let at = match self.partial.first() {
            Some(&chunk) => chunk,
            None => self.add_chunk(),
        };
        // SAFETY: listed chunks are live and reached under the lock only.
        let chunk = unsafe { &mut *at.as_ptr() };
        if chunk.used == 0 {
            self.empty -= 1;
        }
        chunk.used += 1;
        let block = if chunk.free.is_null() {
            let offset = CHUNK_HEADER + chunk.fresh * size;
            chunk.fresh += 1;
            // SAFETY: a chunk that is listed with no block given back has a fresh one, which lies inside it.
            unsafe { at.as_ptr().cast::<u8>().add(offset) }
        } else {
            let block = chunk.free;
            // SAFETY: a block given back starts with the address of the next one.
            chunk.free = unsafe { block.cast::<*mut u8>().read() };
            block
        };
        if chunk.used == blocks(size) {
            self.partial.pop_first();
        }
        NonNull::new(block).expect("inside a chunk")
    }

    /// # Safety
    /// `block` is one of this class's, in use until now.
    unsafe fn free(&mut self, block: NonNull<u8>, size: usize) {
        let base = block.as_ptr().map_addr(|address| address & !(CHUNK - 1));
        let at = NonNull::new(base.cast::<Chunk>()).expect("chunks are not at address zero");
        // SAFETY: chunks are aligned to their size, so this is the live chunk that the block lies in; the block is the
        // caller's to give, and is large enough and aligned for an address.
        let chunk = unsafe {
            let chunk = &mut *at.as_ptr();
            block.cast::<*mut u8>().write(chunk.free);
            chunk
        };
        chunk.free = block.as_ptr();
        if chunk.used == blocks(size) {
            self.partial.insert(at);
        }
        chunk.used -= 1;
        if chunk.used > 0 {
            return;
        }
        if self.empty == 0 {
            self.empty = 1;
            return;
        }
        self.partial.remove(&at);
        self.chunks -= 1;
        // SAFETY: no block of the chunk is in use, and it is not listed any more.
        unsafe { unmap(at.cast()) };
    }

    fn add_chunk(&mut self) -> NonNull<Chunk> {
        let chunk = map_chunk().cast::<Chunk>();
        if self.chunks >= MODEST {
            // SAFETY: the chunk is a whole mapping of ours. A refusal (a system without huge pages) does no harm.
            unsafe { libc::madvise(chunk.as_ptr().cast(), CHUNK, libc::MADV_HUGEPAGE) };
        }
        // SAFETY: fresh memory, large enough and aligned.
        unsafe {
            chunk.write(Chunk {
                free: null_mut(),
                used: 0,
                fresh: 0,
            });
        }
        self.partial.insert(chunk);
        self.chunks += 1;
        self.empty += 1;
        chunk
    }
}

/// Blocks of a chunk.
fn blocks(size: usize) -> usize {
    (CHUNK - CHUNK_HEADER) / size
}

/// Fresh zeroed memory for a chunk, aligned to its size.
fn map_chunk() -> NonNull<u8> {
    let failed = || -> ! { handle_alloc_error(Layout::new::<[u8; CHUNK]>()) };
    // SAFETY: a new private mapping, of which only the unaligned ends are given back before anybody knows of it.
    unsafe {
        let whole = libc::mmap(
            null_mut(),
            2 * CHUNK,
            libc::PROT_READ | libc::PROT_WRITE,
            libc::MAP_PRIVATE | libc::MAP_ANONYMOUS,
            -1,
            0,
        );
        if whole == libc::MAP_FAILED {
            failed();
        }
        let whole = whole.cast::<u8>();
        let before = whole.align_offset(CHUNK);
        if before > 0 {
            libc::munmap(whole.cast(), before);
        }
        libc::munmap(whole.add(before + CHUNK).cast(), CHUNK - before);
        NonNull::new(whole.add(before)).unwrap_or_else(|| failed())
    }
}

/// # Safety
/// `chunk` came from `map_chunk` and nothing in it is used any more.
unsafe fn unmap(chunk: NonNull<u8>) {
    // SAFETY: the caller's promise.
    unsafe { libc::munmap(chunk.as_ptr().cast(), CHUNK) };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_page_size_has_its_class() {
        for (class, page) in [4096, 8192, 16384, 32768].into_iter().enumerate() {
            assert_eq!(class_of(page + 64), Some((class, page + ALIGN)));
            assert_eq!(class_of(page + ALIGN), Some((class, page + ALIGN)));
        }
        assert_eq!(class_of(4095), None);
        assert_eq!(class_of(LARGEST + 1), None);
    }

    #[test]
    fn blocks_do_not_overlap_and_chunks_are_given_back() {
        let mut class = Class::new();
        let size = 8192 + ALIGN;
        let count = blocks(size) * 3 + 1;
        let fill = |class: &mut Class| -> Vec<NonNull<u8>> {
            let taken: Vec<_> = (0..count).map(|_| class.allocate(size)).collect();
            for (index, block) in taken.iter().enumerate() {
                assert_eq!(block.as_ptr().addr() % ALIGN, 0);
                // SAFETY: a block of this size, in use.
                unsafe { block.as_ptr().write_bytes(index as u8, size) };
            }
            for (index, block) in taken.iter().enumerate() {
                // SAFETY: as above.
                let bytes = unsafe { std::slice::from_raw_parts(block.as_ptr(), size) };
                assert!(bytes.iter().all(|&byte| byte == index as u8));
            }
            taken
        };
        for round in 0..3 {
            let mut taken = fill(&mut class);
            assert_eq!(class.chunks, 4);
            // In other orders than they were taken.
            taken.rotate_left(count / (round + 2));
            if round == 1 {
                taken.reverse();
            }
            for block in taken {
                // SAFETY: taken above, given back once.
                unsafe { class.free(block, size) };
            }
            assert_eq!((class.chunks, class.empty, class.partial.len()), (1, 1, 1));
        }
        end(class);
    }

    /// Unmaps the one chunk that is left of a class without blocks in use.
    fn end(mut class: Class) {
        let last = class.partial.pop_first().expect("one chunk is kept");
        assert!(class.partial.is_empty());
        // SAFETY: no block is in use; the class ends here.
        unsafe { unmap(last.cast()) };
    }

    #[test]
    fn the_lowest_chunk_is_filled_first() {
        let mut class = Class::new();
        let size = 8192 + ALIGN;
        let chunk = |block: NonNull<u8>| block.addr().get() & !(CHUNK - 1);
        let mut taken: Vec<_> = (0..blocks(size) * 4)
            .map(|_| class.allocate(size))
            .collect();
        taken.sort_unstable();
        // One block stays in each.
        let mut kept: Vec<_> = taken.iter().step_by(blocks(size)).copied().collect();
        for block in taken.iter().filter(|block| !kept.contains(block)) {
            // SAFETY: taken above, given back once.
            unsafe { class.free(*block, size) };
        }
        assert_eq!(class.chunks, 4);
        let lowest = chunk(kept[0]);
        for _ in 1..blocks(size) {
            let block = class.allocate(size);
            assert_eq!(chunk(block), lowest);
            kept.push(block);
        }
        for block in kept {
            // SAFETY: as above.
            unsafe { class.free(block, size) };
        }
        assert_eq!((class.chunks, class.empty), (1, 1));
        end(class);
    }

    #[test]
    fn extents_come_from_the_general_allocator() {
        let bytes = 1 << 20;
        let block = allocate(bytes);
        // SAFETY: as large as asked for; given back once.
        unsafe {
            block.as_ptr().write_bytes(7, bytes);
            free(block, bytes);
        }
    }
}
