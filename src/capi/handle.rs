//! Handles: what the opaque pointers of the C ABI point to.
//!
//! A handle is one heap allocation: a magic word, then a value that shares ownership of whatever it
//! needs (so handles may be freed in any order). The magic word tells the kinds of handles apart
//! and is struck out when a handle is freed, by whoever comes first. The memory of the handles freed
//! last is kept for a while, so that a stale pointer among them is an error and never a crash. Beyond
//! that nothing is promised: memory that was given back may have been given to someone else.
//!
//! A handle knows in how many forks it was made. In a child those of the parent answer "closed" and
//! freeing them does nothing: the locks, threads and files behind them are the parent's.

use std::alloc::{Layout, dealloc};
use std::collections::VecDeque;
use std::mem::ManuallyDrop;
use std::sync::Once;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use parking_lot::Mutex;

use crate::error::{Code, Error, Result, Status};

/// The type behind a pointer in the header, and what such a handle holds.
pub(super) trait Opaque {
    /// Shared by all threads that use the handle.
    type Value: Send + Sync;
    /// Eight bytes that no other kind of handle has.
    const MAGIC: u64;
    /// The type's name in C.
    const TYPE: &'static str;
    /// Whether its memory is kept for a while when it is freed; not for what is made and freed all the time.
    const IS_KEPT: bool = true;
}

#[repr(C)]
struct Handle<T> {
    magic: AtomicU64,
    /// How often the process that made it was forked off.
    forks: u32,
    value: ManuallyDrop<T>,
}

/// How many handles there are, of all kinds.
static LIVE: AtomicU64 = AtomicU64::new(0);

/// How many handles there are, of all kinds: made and not freed.
pub(super) fn live() -> u64 {
    LIVE.load(Ordering::Relaxed)
}

const FREED: u64 = u64::from_le_bytes(*b"(freed!)");

/// Moves `value` to the heap and returns the handle to it.
pub(super) fn create<H: Opaque>(value: H::Value) -> *mut H {
    LIVE.fetch_add(1, Ordering::Relaxed);
    Box::into_raw(Box::new(Handle {
        magic: AtomicU64::new(H::MAGIC),
        forks: forks(),
        value: ManuallyDrop::new(value),
    }))
    .cast()
}

/// The value of a handle; `parameter` names it in the error if there is none.
///
/// # Safety
/// The pointer is NULL, a handle, or at least readable memory; the handle is not freed during `'a`.
pub(super) unsafe fn borrow<'a, H: Opaque>(
    parameter: &str,
    handle: *const H,
) -> Result<&'a H::Value> {
    if handle.is_null() {
        return Err(Error::argument(format!("{parameter} is NULL")));
    }
    // SAFETY: not NULL, so the caller vouches for it.
    if !unsafe { has_magic(handle) } {
        return Err(Error::argument(format!(
            "{parameter} is not a {}: it was freed, or is a handle of another kind",
            H::TYPE
        )));
    }
    // SAFETY: the magic word says that this is a live allocation of `create`.
    let handle = unsafe { &*handle.cast::<Handle<H::Value>>() };
    if handle.forks != forks() {
        let message = format!("{parameter} was made before fork(), and belongs to the parent");
        return Err(Error::new(Status::Closed, Code::NONE, message));
    }
    Ok(&handle.value)
}

/// Takes the value back and frees the handle. NULL gives `None`; so does a pointer that is no
/// handle, which is logged because there is nobody to return an error to, and a handle of the parent.
///
/// # Safety
/// As for `borrow`, and nobody else uses the handle now or later.
pub(super) unsafe fn release<H: Opaque>(handle: *mut H) -> Option<H::Value> {
    if handle.is_null() {
        return None;
    }
    // SAFETY: not NULL, so the caller vouches for it.
    if !unsafe { has_magic(handle) } {
        log::error!(
            "a pointer to be freed is not a {}, or was freed before",
            H::TYPE
        );
        return None;
    }
    let handle = handle.cast::<Handle<H::Value>>();
    // SAFETY: the magic word says that this is a live allocation of `create`. Of two threads that free it
    // at once the exchange lets one go on: the value is taken once.
    unsafe {
        if (*handle).forks != forks()
            || (*handle)
                .magic
                .compare_exchange(H::MAGIC, FREED, Ordering::AcqRel, Ordering::Relaxed)
                .is_err()
        {
            return None;
        }
        let value = ManuallyDrop::take(&mut (*handle).value);
        LIVE.fetch_sub(1, Ordering::Relaxed);
        let memory = Freed {
            address: handle.cast(),
            layout: Layout::new::<Handle<H::Value>>(),
        };
        match H::IS_KEPT {
            true => keep(memory),
            false => drop(memory),
        }
        Some(value)
    }
}

/// Whether the pointer has the alignment and the magic word of its kind.
///
/// # Safety
/// The pointer is to readable memory.
unsafe fn has_magic<H: Opaque>(handle: *const H) -> bool {
    let handle = handle.cast::<Handle<H::Value>>();
    // SAFETY: aligned and readable, and an atomic may hold anything.
    handle.is_aligned() && unsafe { (*handle).magic.load(Ordering::Acquire) } == H::MAGIC
}

/// So many freed handles keep their memory.
const KEPT: usize = 256;

/// The memory of a handle without its value.
struct Freed {
    address: *mut u8,
    layout: Layout,
}

// SAFETY: it is memory that nobody uses, and no thread's own.
unsafe impl Send for Freed {}

impl Drop for Freed {
    fn drop(&mut self) {
        // SAFETY: a `Box` made it with this layout, and gave it up.
        unsafe { dealloc(self.address, self.layout) };
    }
}

/// Keeps the memory of a freed handle, and gives back that of the oldest one.
fn keep(memory: Freed) {
    static KEPT_LAST: Mutex<VecDeque<Freed>> = Mutex::new(VecDeque::new());
    let mut kept = KEPT_LAST.lock();
    kept.push_back(memory);
    let oldest = match kept.len() > KEPT {
        true => kept.pop_front(),
        false => None,
    };
    drop(kept);
    drop(oldest);
}

/// How often this process was forked off since the library was first used.
fn forks() -> u32 {
    static FORKS: AtomicU32 = AtomicU32::new(0);
    static WATCHED: Once = Once::new();

    extern "C" fn count() {
        FORKS.fetch_add(1, Ordering::Relaxed);
    }
    WATCHED.call_once(|| {
        // SAFETY: the handler does nothing that a child of a program with threads must not do. Should there be
        // no memory for it, forks go unnoticed, as the header allows.
        unsafe { libc::pthread_atfork(None, None, Some(count)) };
    });
    FORKS.load(Ordering::Relaxed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ptr::{null, null_mut};
    use std::sync::Arc;

    struct counter_t;
    struct other_t;

    impl Opaque for counter_t {
        type Value = Arc<u32>;
        const MAGIC: u64 = 1;
        const TYPE: &'static str = "counter_t";
    }

    impl Opaque for other_t {
        type Value = u32;
        const MAGIC: u64 = 2;
        const TYPE: &'static str = "other_t";
    }

    #[test]
    fn a_handle_holds_its_value_until_it_is_freed() {
        let value = Arc::new(7);
        let handle = create::<counter_t>(value.clone());
        // SAFETY: the handle was just made and is freed once.
        unsafe {
            assert_eq!(**borrow("counter", handle).unwrap(), 7);
            assert_eq!(Arc::strong_count(&value), 2);
            release(handle);
            release(null_mut::<counter_t>());
        }
        assert_eq!(Arc::strong_count(&value), 1);
    }

    #[test]
    fn null_other_kinds_and_odd_addresses_are_refused_by_parameter_name() {
        let handle = create::<other_t>(7);
        // SAFETY: all pointers but NULL are into the allocation of `handle`.
        unsafe {
            let error = borrow("counter", null::<counter_t>()).unwrap_err();
            assert_eq!(error.message(), "counter is NULL");
            let error = borrow("counter", handle.cast::<counter_t>()).unwrap_err();
            assert!(error.message().starts_with("counter is not a counter_t"));
            let odd = handle.cast::<u8>().add(1).cast::<other_t>();
            assert!(borrow("other", odd).is_err());
            assert!(release(handle.cast::<counter_t>()).is_none());
            assert_eq!(release(handle), Some(7));
        }
    }

    #[test]
    fn a_handle_that_was_freed_not_long_ago_is_refused() {
        let value = Arc::new(7);
        let handle = create::<counter_t>(value.clone());
        // SAFETY: the memory of a freed handle is kept.
        unsafe {
            assert!(release(handle).is_some());
            assert!(release(handle).is_none());
            assert!(borrow("counter", handle).is_err());
        }
        assert_eq!(Arc::strong_count(&value), 1);
    }

    #[test]
    fn of_many_threads_that_free_a_handle_one_does() {
        let value = Arc::new(7);
        let handle = create::<counter_t>(value.clone()).expose_provenance();
        let freed: usize = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..8)
                .map(|_| {
                    // SAFETY: the memory of a freed handle is kept.
                    scope.spawn(move || unsafe {
                        release(std::ptr::with_exposed_provenance_mut::<counter_t>(handle))
                            .is_some()
                    })
                })
                .collect();
            threads
                .into_iter()
                .map(|thread| usize::from(thread.join().unwrap()))
                .sum()
        });
        assert_eq!((freed, Arc::strong_count(&value)), (1, 1));
    }
}
