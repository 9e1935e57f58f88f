//! Going through a tree in key order, both ways, under one guard.
//!
//! Pages have no sibling links (copying one would mean copying all), so a walk keeps its path from the root. A walk that must
//! outlive its guard remembers the last key instead and seeks again.

use super::TreeRef;
use super::node::Node;
use crate::failpoint::{Point, hit};
use crate::storage::error::Result;

/// A place in a tree: on an entry, or past either end.
pub struct Walk<'a> {
    tree: TreeRef<'a>,
    /// The branches above the leaf and the slot taken in each.
    path: Vec<(Node<'a>, usize)>,
    leaf: Option<Node<'a>>,
    index: usize,
}

impl<'a> Walk<'a> {
    /// A walk that is nowhere yet.
    pub fn new(tree: TreeRef<'a>) -> Walk<'a> {
        Walk {
            tree,
            path: Vec::new(),
            leaf: None,
            index: 0,
        }
    }

    /// Goes to the first entry whose key is not less than `key`. Whether there is one.
    pub fn seek(&mut self, key: &[u8]) -> Result<bool> {
        hit(Point::Reading);
        self.descend(|node| node.child_index(key))?;
        let Some(leaf) = self.leaf else {
            return Ok(false);
        };
        self.index = leaf.search(key).unwrap_or_else(|index| index);
        if self.index < leaf.count() {
            Ok(true)
        } else {
            self.next_leaf()
        }
    }

    /// Goes to the last entry whose key is less than `key`. Whether there is one.
    pub fn seek_below(&mut self, key: &[u8]) -> Result<bool> {
        self.descend(|node| node.child_index(key))?;
        let Some(leaf) = self.leaf else {
            return Ok(false);
        };
        let index = leaf.search(key).unwrap_or_else(|index| index);
        self.index = index;
        self.prev()
    }

    /// Goes to the first entry. Whether there is one.
    pub fn first(&mut self) -> Result<bool> {
        self.seek(&[])
    }

    /// Goes to the last entry. Whether there is one.
    pub fn last(&mut self) -> Result<bool> {
        self.descend(|node| node.count() - 1)?;
        let Some(leaf) = self.leaf else {
            return Ok(false);
        };
        self.index = leaf.count();
        self.prev()
    }

    /// Goes to the next entry. Whether there is one.
    #[inline]
    #[allow(clippy::should_implement_trait)] // fallible, and it has a way back
    pub fn next(&mut self) -> Result<bool> {
        let Some(leaf) = self.leaf else {
            return Ok(false);
        };
        self.index += 1;
        if self.index < leaf.count() {
            Ok(true)
        } else {
            self.next_leaf()
        }
    }

    /// Goes to the entry before. Whether there is one.
    #[inline]
    pub fn prev(&mut self) -> Result<bool> {
        if self.leaf.is_none() {
            return Ok(false);
        }
        if self.index > 0 {
            self.index -= 1;
            return Ok(true);
        }
        self.prev_leaf()
    }

    /// The entries of this leaf from here on whose keys are less than `high`: their number.
    pub fn count_below(&self, high: &[u8]) -> usize {
        let Some(leaf) = self.leaf else { return 0 };
        let end = leaf.search(high).unwrap_or_else(|index| index);
        end.saturating_sub(self.index)
    }

    /// The entries of this leaf from here back whose keys are not less than `low`: their number.
    pub fn count_from(&self, low: &[u8]) -> usize {
        let Some(leaf) = self.leaf else { return 0 };
        let start = leaf.search(low).unwrap_or_else(|index| index);
        (self.index + 1).saturating_sub(start)
    }

    /// Loads this leaf's cache lines side by side, for one who will read most of it: entry by entry each line would be waited
    /// for.
    pub fn load_leaf(&self) {
        const LINE: usize = 64;
        let lines = self.leaf.map_or(&[][..], Node::page).chunks(LINE);
        lines.for_each(|line| {
            std::hint::black_box(line[0]);
        });
    }

    /// Replaces `out` by the key here. The walk must be on an entry.
    pub fn key_into(&self, out: &mut Vec<u8>) {
        match self.leaf {
            Some(leaf) => leaf.key_into(self.index, out),
            None => out.clear(),
        }
    }

    /// The value here. The walk must be on an entry.
    pub fn value(&self) -> Result<&'a [u8]> {
        match self.leaf {
            Some(leaf) => self.tree.resolve(leaf.value(self.index)),
            None => Ok(&[]),
        }
    }

    fn descend(&mut self, choose: impl Fn(Node<'a>) -> usize) -> Result<()> {
        self.path.clear();
        self.leaf = None;
        if self.tree.tree.root.is_null() {
            return Ok(());
        }
        let TreeRef { file, tree, pin } = self.tree;
        let mut node = file.node(tree.root, tree.level, pin)?;
        for level in (0..tree.level).rev() {
            let index = choose(node);
            self.path.push((node, index));
            node = file.node(node.child(index), level, pin)?;
        }
        self.leaf = Some(node);
        Ok(())
    }

    fn next_leaf(&mut self) -> Result<bool> {
        while let Some((node, index)) = self.path.pop() {
            if index + 1 < node.count() {
                self.path.push((node, index + 1));
                self.enter(|_| 0)?;
                self.index = 0;
                return Ok(true);
            }
        }
        self.leaf = None;
        Ok(false)
    }

    fn prev_leaf(&mut self) -> Result<bool> {
        while let Some((node, index)) = self.path.pop() {
            if index > 0 {
                self.path.push((node, index - 1));
                self.enter(|node| node.count() - 1)?;
                self.index = self.leaf.map_or(0, |leaf| leaf.count().saturating_sub(1));
                return Ok(true);
            }
        }
        self.leaf = None;
        Ok(false)
    }

    /// Goes down from the last branch of the path to a leaf. Only an empty tree has an empty leaf.
    fn enter(&mut self, choose: impl Fn(Node<'a>) -> usize) -> Result<()> {
        let TreeRef { file, pin, .. } = self.tree;
        let Some(&(mut node, mut index)) = self.path.last() else {
            return Ok(());
        };
        for level in (0..node.level()).rev() {
            node = file.node(node.child(index), level, pin)?;
            if level == 0 {
                self.leaf = Some(node);
            } else {
                index = choose(node);
                self.path.push((node, index));
            }
        }
        Ok(())
    }
}
