//! Buffers that a call needs for its own length only, kept by the thread for its next call.
//!
//! A point read needs one for its filter and one for its result; with these it allocates neither.
//! Buffers are taken out and put back rather than borrowed, so a call made from within a call (out
//! of a log callback, say) simply gets others.

use std::cell::RefCell;
use std::ops::{Deref, DerefMut};

/// No call holds more buffers than this at once: filter, update, options, result.
const KEPT: usize = 4;
/// Larger buffers go back to the allocator, so that one big document is not paid for ever after.
const KEPT_BYTES: usize = 64 * 1024;

thread_local! {
    static POOL: RefCell<Vec<Vec<u8>>> = const { RefCell::new(Vec::new()) };
}

/// An empty buffer that returns to its thread when dropped.
pub(super) struct Scratch(Vec<u8>);

impl Scratch {
    pub(super) fn take() -> Scratch {
        // `try_with` fails only while the thread ends; a buffer of our own does then.
        let pooled = POOL.try_with(|pool| pool.borrow_mut().pop());
        Scratch(pooled.ok().flatten().unwrap_or_default())
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let mut buffer = std::mem::take(&mut self.0);
        if buffer.capacity() == 0 || buffer.capacity() > KEPT_BYTES {
            return;
        }
        buffer.clear();
        let _ = POOL.try_with(|pool| {
            let mut pool = pool.borrow_mut();
            if pool.len() < KEPT {
                pool.push(buffer);
            }
        });
    }
}

impl Deref for Scratch {
    type Target = Vec<u8>;

    fn deref(&self) -> &Vec<u8> {
        &self.0
    }
}

impl DerefMut for Scratch {
    fn deref_mut(&mut self) -> &mut Vec<u8> {
        &mut self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_buffer_comes_back_empty_with_its_memory() {
        let mut first = Scratch::take();
        first.extend_from_slice(&[7; 1000]);
        let (address, capacity) = (first.as_ptr(), first.capacity());
        drop(first);
        let again = Scratch::take();
        assert_eq!(
            (again.as_ptr(), again.capacity(), again.len()),
            (address, capacity, 0)
        );
    }

    #[test]
    fn a_large_buffer_is_given_back() {
        let mut large = Scratch::take();
        large.reserve(KEPT_BYTES + 1);
        drop(large);
        assert!(Scratch::take().capacity() <= KEPT_BYTES);
    }
}
