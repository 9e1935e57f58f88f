//! Memory that knows whether it may be read: each block has a cell in which the checker sees reads and writes that nothing
//! orders, and one that was freed is not given out again before the next run.

use std::alloc::{Layout, alloc_zeroed, dealloc};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ptr::NonNull;
use std::rc::Rc;

use loom::cell::UnsafeCell;

struct Block {
    bytes: usize,
    is_freed: bool,
    accesses: Rc<UnsafeCell<()>>,
}

thread_local! {
    static BLOCKS: RefCell<BTreeMap<usize, Block>> = const { RefCell::new(BTreeMap::new()) };
}

fn layout(bytes: usize) -> Layout {
    Layout::from_size_align(bytes, 128).expect("small")
}

pub(super) fn allocate(bytes: usize) -> NonNull<u8> {
    // SAFETY: not empty, with a header in it.
    let block = NonNull::new(unsafe { alloc_zeroed(layout(bytes)) }).expect("memory");
    let accesses = Rc::new(UnsafeCell::new(()));
    let known = Block {
        bytes,
        is_freed: false,
        accesses,
    };
    BLOCKS.with_borrow_mut(|blocks| blocks.insert(block.as_ptr() as usize, known));
    block
}

/// # Safety
/// As the original's.
pub(super) unsafe fn free(block: NonNull<u8>, _: usize) {
    BLOCKS.with_borrow_mut(|blocks| {
        let known = blocks.get_mut(&(block.as_ptr() as usize)).expect("a block");
        assert!(!known.is_freed, "freed twice");
        known.is_freed = true;
    });
}

fn accesses(bytes: &[u8]) -> Rc<UnsafeCell<()>> {
    BLOCKS.with_borrow(|blocks| {
        let before = blocks.range(..=bytes.as_ptr() as usize).next_back();
        let (_, known) = before.expect("inside a block");
        assert!(!known.is_freed, "memory is used that was freed");
        known.accesses.clone()
    })
}

/// Somebody reads these bytes.
pub fn read(bytes: &[u8]) {
    accesses(bytes).with(|_| ());
}

/// Somebody changes these bytes.
pub fn write(bytes: &[u8]) {
    accesses(bytes).with_mut(|_| ());
}

/// Blocks in use.
pub fn in_use() -> usize {
    BLOCKS.with_borrow(|blocks| blocks.values().filter(|block| !block.is_freed).count())
}

/// Before a run: gives the memory of the one before back.
pub fn begin() {
    for (address, block) in BLOCKS.take() {
        // SAFETY: allocated with this layout; the run that used it is over.
        unsafe { dealloc(address as *mut u8, layout(block.bytes)) };
    }
}
