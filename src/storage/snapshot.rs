//! Versions, who is looking at them, and which dead pages that keeps from being used again.
//!
//! A page lives in the versions [born, died). It is free when no version that somebody holds lies inside: a
//! reader's, the newest visible one, the running checkpoint's, or the one that the durable manifest describes. (Freeing
//! only what died before the *oldest* held version would let one idle reader keep everything since.)
//!
//! Each dead page waits in the bucket of one version that keeps it; it is looked at again only when that version is
//! let go.
//!
//! Invariants: a version is held (counted in `held`) before anyone can obtain it; pages that died in a version not yet
//! visible wait in `fresh`, since the versions before it may still become visible.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Weak};

use super::btree::Tree;
use super::btree::edit::Death;
use super::catalog::Catalog;
use super::page::{Lsn, TreeId};
use super::roots::Roots;
use super::sync::Mutex;

/// The whole content of the database after one commit.
pub struct Version {
    pub lsn: Lsn,
    pub roots: Roots,
    pub catalog: Catalog,
    /// Set when the version became visible: who to tell when the last holder lets go.
    registry: Weak<Registry>,
}

impl Version {
    pub fn new(lsn: Lsn, roots: Roots, catalog: Catalog, registry: &Arc<Registry>) -> Arc<Version> {
        registry.hold(lsn);
        Arc::new(Version {
            lsn,
            roots,
            catalog,
            registry: Arc::downgrade(registry),
        })
    }

    pub fn tree(&self, id: TreeId) -> Tree {
        self.roots.get(id)
    }
}

impl Drop for Version {
    fn drop(&mut self) {
        if let Some(registry) = self.registry.upgrade() {
            registry.let_go(self.lsn);
        }
    }
}

/// A dead page and when it died.
#[derive(Clone, Copy)]
struct Dead {
    page: Death,
    died: Lsn,
}

/// The dead pages that wait for one version.
#[derive(Default)]
struct Bucket {
    dead: Vec<Dead>,
    /// An extent is several.
    pages: u64,
}

#[derive(Default)]
struct State {
    held: BTreeMap<Lsn, u32>,
    fresh: VecDeque<Dead>,
    waiting: BTreeMap<Lsn, Bucket>,
    waiting_count: usize,
    /// Versions let go whose buckets were not looked at yet.
    let_go: Vec<Lsn>,
}

/// The held versions and the dead pages.
#[derive(Default)]
pub struct Registry {
    state: Mutex<State>,
}

impl Registry {
    /// Keeps a version's pages; each call is undone by one `let_go`.
    pub fn hold(&self, lsn: Lsn) {
        *self.state.lock().held.entry(lsn).or_insert(0) += 1;
    }

    /// Undoes one `hold`. Cheap: freeing pages is left to the next `collect`, so that readers never do it.
    pub fn let_go(&self, lsn: Lsn) {
        let mut state = self.state.lock();
        let count = state.held.get_mut(&lsn).expect("held before it is let go");
        *count -= 1;
        if *count == 0 {
            state.held.remove(&lsn);
            state.let_go.push(lsn);
        }
    }

    /// Takes the pages that died in commit `died`. Commits call in order.
    pub fn add(&self, died: Lsn, pages: Vec<Death>) {
        let dead = pages.into_iter().map(|page| Dead { page, died });
        self.state.lock().fresh.extend(dead);
    }

    /// The pages that nobody needs any more, given that `visible` is the newest visible version.
    pub fn collect(&self, visible: Lsn) -> Vec<Death> {
        let mut state = self.state.lock();
        let mut candidates = Vec::new();
        for lsn in std::mem::take(&mut state.let_go) {
            if !state.held.contains_key(&lsn)
                && let Some(bucket) = state.waiting.remove(&lsn)
            {
                state.waiting_count -= bucket.dead.len();
                candidates.extend(bucket.dead);
            }
        }
        while state.fresh.front().is_some_and(|dead| dead.died <= visible) {
            candidates.extend(state.fresh.pop_front());
        }
        let mut free = Vec::new();
        for dead in candidates {
            let keeper = state
                .held
                .range(dead.page.born..dead.died)
                .next()
                .map(|(&lsn, _)| lsn);
            match keeper {
                Some(lsn) => {
                    let bucket = state.waiting.entry(lsn).or_default();
                    bucket.dead.push(dead);
                    bucket.pages += u64::from(dead.page.pages);
                    state.waiting_count += 1;
                }
                None => free.push(dead.page),
            }
        }
        free
    }

    /// Held versions, and dead pages that wait for one of them.
    pub fn counts(&self) -> (usize, usize) {
        let state = self.state.lock();
        (state.held.len(), state.waiting_count + state.fresh.len())
    }

    /// Dead pages that wait for version `lsn` while an older one is held, which does not need them.
    pub fn kept_beside_older(&self, lsn: Lsn) -> u64 {
        let state = self.state.lock();
        let has_older = state.held.keys().next().is_some_and(|&oldest| oldest < lsn);
        let bucket = state.waiting.get(&lsn).filter(|_| has_older);
        bucket.map_or(0, |bucket| bucket.pages)
    }

    /// The oldest held version.
    pub fn oldest(&self) -> Option<Lsn> {
        self.state.lock().held.keys().next().copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(number: u32, born: Lsn) -> Death {
        Death {
            tree: 2,
            number,
            pages: 1,
            born,
        }
    }

    fn numbers(freed: Vec<Death>) -> Vec<u32> {
        let mut numbers: Vec<u32> = freed.iter().map(|death| death.number).collect();
        numbers.sort_unstable();
        numbers
    }

    #[test]
    fn only_versions_inside_a_pages_life_keep_it() {
        let registry = Registry::default();
        registry.hold(3);
        registry.hold(10);
        registry.add(5, vec![page(1, 1), page(2, 4)]);
        registry.add(9, vec![page(3, 3), page(4, 5), page(5, 9)]);
        assert_eq!(numbers(registry.collect(10)), [2, 4, 5]);
        assert_eq!(registry.counts(), (2, 2));
        registry.add(12, vec![page(6, 3), page(7, 8), page(8, 10)]);
        assert_eq!(numbers(registry.collect(12)), [0u32; 0]);
        assert_eq!(registry.kept_beside_older(10), 2);
        assert_eq!(registry.kept_beside_older(3), 0);
        registry.let_go(10);
        assert_eq!(numbers(registry.collect(12)), [7, 8]);
        registry.let_go(3);
        assert_eq!(numbers(registry.collect(10)), [1, 3, 6]);
    }

    #[test]
    fn a_page_moves_from_keeper_to_keeper() {
        let registry = Registry::default();
        for lsn in [3, 4, 9] {
            registry.hold(lsn);
        }
        registry.add(8, vec![page(1, 2)]);
        assert_eq!(numbers(registry.collect(9)), [0u32; 0]);
        registry.let_go(3);
        assert_eq!(numbers(registry.collect(9)), [0u32; 0]);
        registry.let_go(4);
        assert_eq!(numbers(registry.collect(9)), [1]);
    }

    #[test]
    fn what_died_in_an_invisible_commit_waits() {
        let registry = Registry::default();
        registry.hold(3);
        registry.add(5, vec![page(1, 4)]);
        assert_eq!(numbers(registry.collect(4)), [0u32; 0]);
        assert_eq!(numbers(registry.collect(5)), [1]);
    }
}
