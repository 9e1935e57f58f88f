//! Places at which a test can make the engine panic, to see that an error comes of it and nothing worse.
//!
//! Only in a library built with the feature `failpoints`, for tests; in every other `hit` is nothing and nobody can set one. They
//! are set by the command that MongoDB's own tests have for it, `configureFailPoint` (`command/failpoint.rs`), and count for the
//! whole process. Used by all layers, and uses none.

/// Where the engine may be made to panic.
#[derive(Clone, Copy, Debug)]
pub enum Point {
    /// Looking for a key in a tree.
    Reading,
    /// Between a document and its index entries, with the commit lock held.
    Writing,
}

#[cfg(feature = "failpoints")]
impl Point {
    /// Its name in commands.
    pub fn named(name: &str) -> Option<Point> {
        match name {
            "panicWhileReading" => Some(Point::Reading),
            "panicWhileWriting" => Some(Point::Writing),
            _ => None,
        }
    }
}

#[cfg(not(feature = "failpoints"))]
#[inline(always)]
pub fn hit(_: Point) {}

#[cfg(feature = "failpoints")]
pub use armed::{hit, set};

#[cfg(feature = "failpoints")]
mod armed {
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::Point;

    /// How often each point is still to panic.
    static TIMES: [AtomicU64; 2] = [AtomicU64::new(0), AtomicU64::new(0)];

    /// Has a point panic the next so many times that something comes to it.
    pub fn set(point: Point, times: u64) {
        TIMES[point as usize].store(times, Ordering::SeqCst);
    }

    /// Panics if the point was set.
    pub fn hit(point: Point) {
        let times = &TIMES[point as usize];
        let one_less = |left: u64| left.checked_sub(1);
        if times
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, one_less)
            .is_ok()
        {
            panic!("failpoint {point:?}");
        }
    }
}
