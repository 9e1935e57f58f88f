//! Locks, atomics, epochs and the clock of those files whose interleavings are checked one by one: the commit group, the page table,
//! the versions.
//!
//! Here they are what they say. The package `tests/model` compiles the same files with a module of this name of its own, in which every one of
//! them is a point where the checker may let another thread go on. What is not named here (reference counts, the hint that a page
//! was used) is no such point.

pub use parking_lot::{Condvar, Mutex};
pub use std::sync::OnceLock;
pub use std::sync::atomic;
pub use std::thread::yield_now;
pub use std::time::Instant;

/// The standard library's lock and condition.
pub mod system {
    pub use std::sync::{Condvar, Mutex, MutexGuard};
}

/// Memory that is freed when nobody can be reading it.
pub mod epoch {
    pub use crossbeam_epoch::Guard;
    #[cfg(test)]
    pub use crossbeam_epoch::pin;
}

/// So many null pointers. Memory fresh from the system is not touched before use.
pub fn null_pointers<T>(count: usize) -> Box<[atomic::AtomicPtr<T>]> {
    // SAFETY: all-zero bytes are null pointers.
    unsafe { Box::new_zeroed_slice(count).assume_init() }
}
