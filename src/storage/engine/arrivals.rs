//! Waiting for a version newer than the one that a reader has seen.
//!
//! Commits pay one load of a counter for it as long as nobody waits.

use std::time::Duration;

use super::Engine;
use crate::storage::page::Lsn;
use crate::storage::sync::atomic::{AtomicUsize, Ordering, fence};
use crate::storage::sync::{Condvar, Instant, Mutex};

#[derive(Default)]
pub(super) struct Arrivals {
    waiting: AtomicUsize,
    lock: Mutex<()>,
    arrived: Condvar,
}

impl Arrivals {
    /// A version was published.
    pub fn announce(&self) {
        // ORDER: the version was stored before this load, and whoever counts himself looks at the version afterwards: one of
        // the two sees the other.
        fence(Ordering::SeqCst);
        if self.waiting.load(Ordering::SeqCst) > 0 {
            drop(self.lock.lock());
            self.arrived.notify_all();
        }
    }
}

impl Engine {
    /// Waits until a version behind `seen` is visible. Whether there is one.
    pub fn wait_for_newer(&self, seen: Lsn, timeout: Duration) -> bool {
        let end = Instant::now() + timeout;
        let arrivals = &self.arrivals;
        arrivals.waiting.fetch_add(1, Ordering::SeqCst);
        fence(Ordering::SeqCst);
        let mut held = arrivals.lock.lock();
        let mut newer = self.snapshot().lsn > seen;
        while !newer && !arrivals.arrived.wait_until(&mut held, end).timed_out() {
            newer = self.snapshot().lsn > seen;
        }
        arrivals.waiting.fetch_sub(1, Ordering::SeqCst);
        newer || self.snapshot().lsn > seen
    }
}
