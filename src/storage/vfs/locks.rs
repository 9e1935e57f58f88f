//! Database locks for file systems that live inside this process, where there is no `flock`.

use std::collections::BTreeMap;
use std::io::{self, ErrorKind};
use std::sync::Arc;

use parking_lot::Mutex;

/// Who may hold a lock beside oneself.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum LockKind {
    /// Nobody.
    Exclusive,
    /// Other readers.
    Shared,
}

/// The locks of one file system, by path.
#[derive(Clone, Default)]
pub(super) struct Locks(Arc<Mutex<BTreeMap<String, Holders>>>);

struct Holders {
    kind: LockKind,
    count: usize,
}

/// One lock, held until it is dropped.
pub(super) struct HeldLock {
    locks: Locks,
    path: String,
}

impl Locks {
    /// Takes a lock, or fails with `WouldBlock` as the real one does.
    pub fn take(&self, path: &str, kind: LockKind) -> io::Result<HeldLock> {
        let mut locks = self.0.lock();
        let holders = locks
            .entry(path.to_string())
            .or_insert(Holders { kind, count: 0 });
        if holders.count > 0 && (kind, holders.kind) != (LockKind::Shared, LockKind::Shared) {
            let message = format!("locked by process {}", std::process::id());
            return Err(io::Error::new(ErrorKind::WouldBlock, message));
        }
        holders.count += 1;
        Ok(HeldLock {
            locks: self.clone(),
            path: path.to_string(),
        })
    }
}

impl Drop for HeldLock {
    fn drop(&mut self) {
        let mut locks = self.locks.0.lock();
        if let Some(holders) = locks.get_mut(&self.path) {
            holders.count -= 1;
            if holders.count == 0 {
                locks.remove(&self.path);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::LockKind::{Exclusive, Shared};
    use super::*;

    #[test]
    fn only_readers_share_a_lock() {
        for (first, second, fits) in [
            (Exclusive, Exclusive, false),
            (Exclusive, Shared, false),
            (Shared, Exclusive, false),
            (Shared, Shared, true),
        ] {
            let locks = Locks::default();
            let held = locks.take("lock", first).expect("the first holder");
            locks.take("other", Exclusive).expect("another path");
            assert_eq!(locks.take("lock", second).is_ok(), fits);
            drop(held);
            locks.take("lock", Exclusive).expect("all holders are gone");
        }
    }
}
