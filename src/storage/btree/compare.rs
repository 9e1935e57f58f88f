//! What two versions of a tree differ in, without looking at what they share.
//!
//! A change copies the pages from the root to its leaf and nothing else, so wherever two versions have the same page, all
//! below it is the same. Both are gone through in key order side by side; where both stand before the same page, both pass over
//! it. What it costs is the number of changed leaves, not the size of the tree.
//!
//! Invariant: a page's low key is not above any of its keys, so that a key below the low key of the page that the other side
//! stands before is not there.

use std::cmp::Ordering;

use super::TreeRef;
use super::node::{Node, Stored};
use crate::storage::error::Result;
use crate::storage::page::PagePtr;

/// Leaves read for one answer, at most.
pub const MOST_LEAVES: usize = 16;

/// Two versions of one tree, gone through side by side under one guard. Both must be held.
pub struct Comparison<'a> {
    before: Side<'a>,
    after: Side<'a>,
}

/// What a comparison comes across.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found<'a> {
    /// The key has another value, or has one in one version only.
    Change {
        before: Option<&'a [u8]>,
        after: Option<&'a [u8]>,
    },
    /// Nothing below the key, though leaves were read.
    Nothing,
    End,
}

impl<'a> Comparison<'a> {
    /// Starts with the first key that is not less than `from`.
    pub fn new(before: TreeRef<'a>, after: TreeRef<'a>, from: &[u8]) -> Result<Comparison<'a>> {
        Ok(Comparison {
            before: Side::new(before, from)?,
            after: Side::new(after, from)?,
        })
    }

    /// Goes on to the next difference, but not too far at once. `key` learns where it is.
    pub fn next(&mut self, key: &mut Vec<u8>) -> Result<Found<'a>> {
        let Comparison { before, after } = self;
        let mut leaves = 0;
        loop {
            match (before.height, after.height) {
                (Height::End, Height::End) => return Ok(Found::End),
                (Height::Entry, Height::End) => return before.only(key, true),
                (Height::End, Height::Entry) => return after.only(key, false),
                (Height::Entry, Height::Page(_)) if before.key < after.key => {
                    return before.only(key, true);
                }
                (Height::Page(_), Height::Entry) if after.key < before.key => {
                    return after.only(key, false);
                }
                (Height::Entry, Height::Entry) => match before.key.cmp(&after.key) {
                    Ordering::Less => return before.only(key, true),
                    Ordering::Greater => return after.only(key, false),
                    Ordering::Equal => {
                        let is_same = before.stored() == after.stored();
                        let (old, new) = match is_same {
                            true => (None, None),
                            false => (before.value()?, after.value()?),
                        };
                        key.clone_from(&before.key);
                        before.pass();
                        after.pass();
                        // An extent may have moved.
                        if old != new {
                            let (before, after) = (old, new);
                            return Ok(Found::Change { before, after });
                        }
                    }
                },
                (old, new) if old == new && before.page() == after.page() => {
                    before.pass();
                    after.pass();
                }
                (old, new) => {
                    if leaves >= MOST_LEAVES {
                        let least = match (old, new) {
                            (Height::End, _) => &after.key,
                            (_, Height::End) => &before.key,
                            _ => (&before.key).min(&after.key),
                        };
                        key.clone_from(least);
                        return Ok(Found::Nothing);
                    }
                    // The higher page first, so that both sides come to pages of one level; of these the one that starts first.
                    let first = old.cmp(&new).then_with(|| after.key.cmp(&before.key));
                    if first.is_ge() {
                        leaves += usize::from(old == Height::Page(0));
                        before.enter()?;
                    }
                    if first.is_le() {
                        leaves += usize::from(new == Height::Page(0));
                        after.enter()?;
                    }
                }
            }
        }
    }
}

/// What a side stands before. In order: what is higher is entered first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Height {
    End,
    Entry,
    /// A page of that level.
    Page(u8),
}

/// A place in one version.
struct Side<'a> {
    tree: TreeRef<'a>,
    height: Height,
    /// The nodes from the root down, and the slot in each. Empty: before the root, or at the end.
    path: Vec<(Node<'a>, usize)>,
    /// The key of the entry, or the low key of the page.
    key: Vec<u8>,
}

impl<'a> Side<'a> {
    fn new(tree: TreeRef<'a>, from: &[u8]) -> Result<Side<'a>> {
        let mut side = Side {
            tree,
            height: match tree.tree.root.is_null() {
                true => Height::End,
                false => Height::Page(tree.tree.level),
            },
            path: Vec::new(),
            key: Vec::new(),
        };
        while !from.is_empty()
            && let Height::Page(level) = side.height
        {
            side.enter_at(|node| match level {
                0 => node.search(from).unwrap_or_else(|index| index),
                _ => node.child_index(from),
            })?;
            // A leaf that has nothing from there on; what comes behind it is not looked for.
            if level == 0 {
                break;
            }
        }
        Ok(side)
    }

    /// The page that it stands before.
    fn page(&self) -> Option<PagePtr> {
        match (self.height, self.path.last()) {
            (Height::Page(_), Some((node, index))) => Some(node.child(*index)),
            (Height::Page(_), None) => Some(self.tree.tree.root),
            _ => None,
        }
    }

    fn stored(&self) -> Option<Stored<'a>> {
        match (self.height, self.path.last()) {
            (Height::Entry, Some((leaf, index))) => Some(leaf.value(*index)),
            _ => None,
        }
    }

    fn value(&self) -> Result<Option<&'a [u8]>> {
        let stored = self.stored();
        stored.map(|stored| self.tree.resolve(stored)).transpose()
    }

    /// The entry here, which the other side does not have.
    fn only(&mut self, key: &mut Vec<u8>, is_before: bool) -> Result<Found<'a>> {
        let value = self.value()?;
        key.clone_from(&self.key);
        self.pass();
        Ok(match is_before {
            true => Found::Change {
                before: value,
                after: None,
            },
            false => Found::Change {
                before: None,
                after: value,
            },
        })
    }

    /// Goes into the page.
    fn enter(&mut self) -> Result<()> {
        self.enter_at(|_| 0)
    }

    fn enter_at(&mut self, choose: impl FnOnce(Node<'a>) -> usize) -> Result<()> {
        if let (Height::Page(level), Some(at)) = (self.height, self.page()) {
            let node = self.tree.file.node(at, level, self.tree.pin)?;
            self.path.push((node, choose(node)));
            self.arrive();
        }
        Ok(())
    }

    /// Goes on to what comes behind the entry or page.
    fn pass(&mut self) {
        match self.path.last_mut() {
            Some((_, index)) => *index += 1,
            None => self.height = Height::End,
        }
        self.arrive();
    }

    /// Sets height and key for the slot that was chosen, or the next one there is.
    fn arrive(&mut self) {
        while let Some((node, index)) = self.path.last_mut() {
            if *index < node.count() {
                break;
            }
            self.path.pop();
            match self.path.last_mut() {
                Some((_, above)) => *above += 1,
                None => self.height = Height::End,
            }
        }
        let Some(&(node, index)) = self.path.last() else {
            return;
        };
        if node.is_leaf() {
            self.height = Height::Entry;
            node.key_into(index, &mut self.key);
            return;
        }
        self.height = Height::Page(node.level() - 1);
        // The first child starts where its parent does.
        let named = self.path.iter().rev().find(|(_, index)| *index > 0);
        match named {
            Some((node, index)) => node.key_into(*index, &mut self.key),
            None => self.key.clear(),
        }
    }
}
