//! The roots of all trees at one version.

use super::btree::Tree;
use super::page::TreeId;
use super::persistent::Array;

/// The roots; a tree that was never set is empty.
#[derive(Clone, Default)]
pub struct Roots(Array<Tree>);

impl Roots {
    /// The tree at this version.
    #[inline]
    pub fn get(&self, id: TreeId) -> Tree {
        self.0.get(id).copied().unwrap_or_default()
    }

    /// Sets the tree in this version; clones of the roots keep theirs.
    pub fn set(&mut self, id: TreeId, tree: Tree) {
        self.0.set(id, tree);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clone_keeps_its_roots() {
        let mut roots = Roots::default();
        let tree = |entries| Tree {
            entries,
            ..Tree::default()
        };
        let ids = [0, 1, 31, 32, 1000, 1024, 40_000, u32::MAX];
        for (n, &id) in ids.iter().enumerate() {
            roots.set(id, tree(n as u64 + 1));
        }
        let before = roots.clone();
        for &id in &ids {
            roots.set(id, tree(99));
        }
        for (n, &id) in ids.iter().enumerate() {
            assert_eq!(before.get(id), tree(n as u64 + 1));
            assert_eq!(roots.get(id), tree(99));
        }
        assert_eq!(roots.get(77), Tree::default());
    }
}
