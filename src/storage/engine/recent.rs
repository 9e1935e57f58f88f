//! Which documents were written by recent commits: how an open transaction learns that another was quicker.
//!
//! While transactions are open every commit enters the documents it writes, by a hash of 64 bits: one that meets another by chance
//! makes a transaction be tried again, no more. When none is open nothing is entered, and commits pay one look at a flag.
//!
//! Invariant: every write of a commit later than `complete_since` is in the table.

use std::collections::HashMap;
use std::hash::{BuildHasher, BuildHasherDefault, Hasher, RandomState};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use parking_lot::Mutex;

use super::Core;
use crate::storage::page::{Lsn, TreeId};

/// Documents remembered at most: while transactions are open, and when none is.
const MOST: usize = 1 << 20;
const MOST_IDLE: usize = 1 << 16;

#[derive(Default)]
pub(super) struct RecentWrites {
    /// Transactions open or about to be.
    open: AtomicUsize,
    /// As in the table; changed only under the commit lock.
    is_on: AtomicBool,
    table: Mutex<Table>,
    hashing: RandomState,
}

#[derive(Default)]
struct Table {
    is_on: bool,
    written: HashMap<u64, Lsn, BuildHasherDefault<Hashed>>,
    complete_since: Lsn,
}

/// The keys are hashes already.
#[derive(Default)]
struct Hashed(u64);

impl Hasher for Hashed {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        self.0 = bytes
            .iter()
            .fold(self.0, |hash, &byte| hash << 8 | u64::from(byte));
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }
}

impl RecentWrites {
    /// A transaction is about to begin. Gives the commit that its version must not be older than for the table to be of use.
    pub fn open(&self, core: &Mutex<Core>) -> Lsn {
        self.open.fetch_add(1, Ordering::SeqCst);
        {
            let table = self.table.lock();
            if table.is_on {
                return table.complete_since;
            }
        }
        let core = core.lock();
        let mut table = self.table.lock();
        if !table.is_on {
            table.is_on = true;
            table.complete_since = core.lsn;
            self.is_on.store(true, Ordering::Relaxed);
        }
        table.complete_since
    }

    /// A transaction has ended.
    pub fn close(&self) {
        self.open.fetch_sub(1, Ordering::SeqCst);
    }

    /// Whether writes are to be entered. The caller holds the commit lock.
    #[inline]
    pub fn is_on(&self) -> bool {
        self.is_on.load(Ordering::Relaxed)
    }

    /// Enters a write of the commit `lsn`, by its `hash`. The caller holds the commit lock.
    pub fn enter(&self, lsn: Lsn, hash: u64) {
        let mut table = self.table.lock();
        let is_idle = self.open.load(Ordering::SeqCst) == 0;
        if table.written.len() >= if is_idle { MOST_IDLE } else { MOST } {
            table.written = HashMap::default();
            table.complete_since = lsn;
            table.is_on = !is_idle;
            self.is_on.store(!is_idle, Ordering::Relaxed);
        }
        if table.is_on {
            table.written.insert(hash, lsn);
        }
    }

    /// A commit has written more than can be entered. The caller holds the commit lock.
    pub fn give_up(&self, lsn: Lsn) {
        let mut table = self.table.lock();
        table.written = HashMap::default();
        table.complete_since = lsn;
    }

    /// Whether a document was written by a commit after `base`; `None`: the table does not reach back so far.
    pub fn is_written_since(&self, base: Lsn, tree: TreeId, key: &[u8]) -> Option<bool> {
        let hash = self.hash(tree, key);
        let table = self.table.lock();
        (base >= table.complete_since)
            .then(|| table.written.get(&hash).is_some_and(|&lsn| lsn > base))
    }

    pub fn hash(&self, tree: TreeId, key: &[u8]) -> u64 {
        self.hashing.hash_one((tree, key))
    }
}
