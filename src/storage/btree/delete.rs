//! Removing an entry, and folding nodes that have become nearly empty.
//!
//! A node that falls below a quarter of its page joins a neighbour under the same parent when both fit into seven
//! eighths of a page: enough slack that a tree which shrinks and grows by turns does not split and merge at every step.

use super::Tree;
use super::edit::{Edit, Path, value_len};
use super::node::Entries;
use crate::storage::error::Result;
use crate::storage::page::PagePtr;

impl Edit<'_> {
    /// Removes `key`. Whether it was there.
    pub fn delete(&mut self, tree: &mut Tree, key: &[u8]) -> Result<bool> {
        if self.view(tree).get(key)?.is_none() {
            return Ok(false);
        }
        let (mut path, at) = self.own_path(tree, key)?;
        let leaf = self.node(at, 0)?;
        let index = leaf.search(key).expect("found by the look-up above");
        let value = leaf.value(index);
        tree.entries -= 1;
        tree.bytes -= (key.len() + value_len(value)) as u64;
        self.kill_value(value)?;
        self.node_mut(at)?.remove(index);
        self.shrink(tree, &mut path, at)?;
        Ok(true)
    }

    /// Restores the size rules after something was removed from `at`.
    pub(super) fn shrink(&mut self, tree: &mut Tree, path: &mut Path, at: PagePtr) -> Result<()> {
        let level = tree.level - path.len() as u8;
        let node = self.node(at, level)?;
        let Some((parent, index)) = path.pop() else {
            return self.shrink_root(tree);
        };
        if node.count() == 0 {
            self.kill(at, 1)?;
            self.remove_child(parent, level + 1, index)?;
            return self.shrink(tree, path, parent);
        }
        if node.used() >= node.capacity() / 4 {
            return Ok(());
        }
        let siblings = self.node(parent, level + 1)?.count();
        let merged = (index + 1 < siblings && self.merge(parent, level + 1, index)?)
            || (index > 0 && self.merge(parent, level + 1, index - 1)?);
        if merged {
            self.shrink(tree, path, parent)
        } else {
            Ok(())
        }
    }

    /// Joins child `left` of a branch and the one after it, if they fit. Whether they did.
    fn merge(&mut self, parent: PagePtr, level: u8, left: usize) -> Result<bool> {
        let branch = self.node(parent, level)?;
        let (left_at, right_at) = (branch.child(left), branch.child(left + 1));
        let (left_node, right_node) = (
            self.node(left_at, level - 1)?,
            self.node(right_at, level - 1)?,
        );
        let mut separator = Vec::new();
        branch.key_into(left + 1, &mut separator);
        let mut entries = Entries::default();
        entries.take(left_node, 0..left_node.count(), b"");
        entries.take(right_node, 0..right_node.count(), &separator);
        let count = entries.count();
        if entries.size(0..count, level == 1) > left_node.capacity() / 8 * 7 {
            return Ok(false);
        }
        let owned = self.own(left_at, level - 1)?;
        self.node_mut(parent)?.set_child(left, owned);
        self.pack(&entries, owned)?;
        self.kill(right_at, 1)?;
        self.node_mut(parent)?.remove(left + 1);
        Ok(true)
    }

    fn remove_child(&mut self, parent: PagePtr, level: u8, index: usize) -> Result<()> {
        let count = self.node(parent, level)?.count();
        let mut node = self.node_mut(parent)?;
        if index == 0 && count > 1 {
            node.remove_first_child();
        } else {
            node.remove(index);
        }
        Ok(())
    }

    /// A root without entries is no root; a branch root with one child gives way to it.
    fn shrink_root(&mut self, tree: &mut Tree) -> Result<()> {
        loop {
            let root = self.node(tree.root, tree.level)?;
            match (root.count(), tree.level) {
                (0, _) => {
                    self.kill(tree.root, 1)?;
                    tree.root = PagePtr::NULL;
                    tree.level = 0;
                    return Ok(());
                }
                (1, level) if level > 0 => {
                    let child = root.child(0);
                    self.kill(tree.root, 1)?;
                    tree.root = child;
                    tree.level -= 1;
                }
                _ => return Ok(()),
            }
        }
    }
}
