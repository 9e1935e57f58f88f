//! Random numbers for `$sampleRate` and the like. Not for secrets.

use std::cell::Cell;
use std::hash::{BuildHasher, RandomState};

thread_local! {
    /// Seeded by the operating system, once a thread.
    static STATE: Cell<u64> = Cell::new(RandomState::new().hash_one(std::thread::current().id()));
}

/// A number from 0 up to but not including 1.
pub(crate) fn unit() -> f64 {
    let mut mixed = STATE.with(|state| {
        // splitmix64
        state.set(state.get().wrapping_add(0x9e37_79b9_7f4a_7c15));
        state.get()
    });
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^= mixed >> 31;
    // As many bits as a double's fraction holds.
    (mixed >> 11) as f64 / (1u64 << 53) as f64
}
