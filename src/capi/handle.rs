//! Handles: what the opaque pointers of the C ABI point to.
//!
//! A handle is one heap allocation: a magic word, then a value that shares ownership of whatever it
//! needs (so handles may be freed in any order). The magic word tells the kinds of handles apart
//! and is struck out when a handle is freed, which turns most mixed-up and stale pointers into an
//! error instead of a crash. Most, not all: memory that was freed may have been given to someone
//! else.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::error::{Error, Result};

/// The type behind a pointer in the header, and what such a handle holds.
pub(super) trait Opaque {
    /// Shared by all threads that use the handle.
    type Value: Send + Sync;
    /// Eight bytes that no other kind of handle has.
    const MAGIC: u64;
    /// The type's name in C.
    const TYPE: &'static str;
}

#[repr(C)]
struct Handle<T> {
    magic: u64,
    value: T,
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
        magic: H::MAGIC,
        value,
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
    match unsafe { check(handle) } {
        // SAFETY: the magic word says that this is a live allocation of `create`.
        true => Ok(unsafe { &(*handle.cast::<Handle<H::Value>>()).value }),
        false => Err(Error::argument(format!(
            "{parameter} is not a {}: it was freed, or is a handle of another kind",
            H::TYPE
        ))),
    }
}

/// Takes the value back and frees the handle. NULL gives `None`; so does a pointer that is no
/// handle, which is logged because there is nobody to return an error to.
///
/// # Safety
/// As for `borrow`, and nobody else uses the handle now or later.
pub(super) unsafe fn release<H: Opaque>(handle: *mut H) -> Option<H::Value> {
    if handle.is_null() {
        return None;
    }
    // SAFETY: not NULL, so the caller vouches for it.
    if !unsafe { check(handle) } {
        log::error!(
            "a pointer to be freed is not a {}, or was freed before",
            H::TYPE
        );
        return None;
    }
    let handle = handle.cast::<Handle<H::Value>>();
    // SAFETY: the magic word says that this is a live allocation of `create`, and the caller gives
    // it up. The write is volatile because nothing in this program reads it again legally.
    let handle = unsafe {
        (&raw mut (*handle).magic).write_volatile(FREED);
        Box::from_raw(handle)
    };
    LIVE.fetch_sub(1, Ordering::Relaxed);
    Some(handle.value)
}

/// Whether the pointer has the alignment and the magic word of its kind.
///
/// # Safety
/// The pointer is to readable memory.
unsafe fn check<H: Opaque>(handle: *const H) -> bool {
    let handle = handle.cast::<Handle<H::Value>>();
    // SAFETY: aligned and readable. Volatile: nothing may be assumed of what a stale handle holds.
    handle.is_aligned() && unsafe { (&raw const (*handle).magic).read_volatile() } == H::MAGIC
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
}
