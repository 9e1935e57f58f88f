//! Packing leaves that lie next to each other, and moving pages towards the beginning of their file: what compaction does to
//! a tree, a run of leaves at a time.
//!
//! A run is looked at on a version first, without a lock (`TreeRef::run`); only when that promises a gain is it done on
//! the newest state (`Edit::compact_run`), where others may have changed it meanwhile. New pages come from the lowest free
//! places, as all pages do; a page that has no free place below it stays.
//!
//! Invariant: entries, their order and the tree's counts stay as they are.

use super::edit::Edit;
use super::node::{Entries, Node, Stored, common_prefix, extent_payload};
use super::{Tree, TreeRef};
use crate::storage::error::Result;
use crate::storage::page::PagePtr;

/// Packing must free at least one leaf of so many: what is nearly full already is not written again.
const WORTHWHILE: usize = 20;

/// Some leaves next to each other under one branch.
#[derive(Default)]
pub struct Run {
    pub leaves: usize,
    pub entries: usize,
    /// Whether packing them would free pages, or one of them lies at or beyond the limit.
    pub is_worthwhile: bool,
    /// Where the next run starts; `None`: this is the last.
    pub next: Option<Vec<u8>>,
}

impl TreeRef<'_> {
    /// The run of at most `most` leaves that starts with the leaf for `from`. Pages from `limit` on should move.
    pub fn run(self, from: &[u8], most: usize, limit: u32) -> Result<Run> {
        let TreeRef { file, tree, pin } = self;
        let mut run = Run::default();
        if tree.root.is_null() {
            return Ok(run);
        }
        let mut entries = Entries::default();
        let mut beyond = tree.root.number >= limit;
        let mut node = file.node(tree.root, tree.level, pin)?;
        if tree.level == 0 {
            beyond |= self.take_leaf(node, limit, &mut entries);
            run.leaves = 1;
        }
        for level in (0..tree.level).rev() {
            let index = node.child_index(from);
            let mut end = index + 1;
            if level == 0 {
                end = (index + most).min(node.count());
                for child in (index..end).map(|index| node.child(index)) {
                    let leaf = file.node(child, 0, pin)?;
                    beyond |= child.number >= limit;
                    beyond |= self.take_leaf(leaf, limit, &mut entries);
                }
                run.leaves = end - index;
            }
            if end < node.count() {
                let next = run.next.get_or_insert_default();
                node.key_into(end, next);
            }
            if level > 0 {
                let child = node.child(index);
                beyond |= child.number >= limit;
                node = file.node(child, level, pin)?;
            }
        }
        run.entries = entries.count();
        let capacity = node.capacity();
        run.is_worthwhile = is_worthwhile(run.leaves, boundaries(&entries, capacity).len())
            || (beyond && file.has_free_below(limit)?);
        Ok(run)
    }

    /// Adds a leaf's entries. Whether one of its extents lies beyond the limit.
    fn take_leaf(self, leaf: Node<'_>, limit: u32, entries: &mut Entries) -> bool {
        entries.take(leaf, 0..leaf.count(), b"");
        extents(leaf).any(|(_, at, _)| at.number >= limit)
    }
}

fn is_worthwhile(before: usize, after: usize) -> bool {
    before > after && (before - after) * WORTHWHILE >= before
}

/// Where the leaves begin when entries are packed.
fn boundaries(entries: &Entries, capacity: usize) -> Vec<usize> {
    let mut starts = Vec::new();
    let mut start = 0;
    while start < entries.count() {
        starts.push(start);
        // One entry always fits: it came out of a leaf.
        start += entries.fitting(start, true, capacity).max(1);
    }
    starts
}

/// The extents of a leaf, by the positions of their entries.
fn extents(leaf: Node<'_>) -> impl Iterator<Item = (usize, PagePtr, u32)> {
    (0..leaf.count()).filter_map(move |index| match leaf.value(index) {
        Stored::Extent { at, length } => Some((index, at, length)),
        Stored::Inline(_) => None,
    })
}

impl Edit<'_> {
    /// Packs the leaves from that for `from` to that before `to`, at most `most`, if that is worthwhile, or else moves those of
    /// their pages that lie beyond `limit`. Gives the number of pages written.
    pub fn compact_run(
        &mut self,
        tree: &mut Tree,
        (from, to): (&[u8], Option<&[u8]>),
        most: usize,
        limit: u32,
    ) -> Result<usize> {
        if tree.root.is_null() {
            return Ok(0);
        }
        let before = self.changes.born.len();
        if tree.level == 0 {
            let leaf = self.move_extents(tree.root, limit)?;
            tree.root = self.moved_leaf(leaf, limit)?;
            return Ok(self.changes.born.len() - before);
        }
        let (mut path, at) = self.own_path_down_to(1, tree, from)?;
        let branch = self.node(at, 1)?;
        let first = branch.child_index(from);
        let mut end = first + 1;
        let mut separator = Vec::new();
        while end < branch.count() && end - first < most {
            branch.key_into(end, &mut separator);
            if to.is_some_and(|to| separator.as_slice() >= to) {
                break;
            }
            end += 1;
        }
        self.for_each_child(at, first..end, |edit, leaf| edit.move_extents(leaf, limit))?;
        if !self.pack_leaves(at, first..end)? {
            self.for_each_child(at, first..end, |edit, leaf| edit.moved_leaf(leaf, limit))?;
        }
        self.shrink(tree, &mut path, at)?;
        Ok(self.changes.born.len() - before)
    }

    /// Gives some children of a branch that is this transaction's own other pages.
    fn for_each_child(
        &mut self,
        parent: PagePtr,
        children: std::ops::Range<usize>,
        mut change: impl FnMut(&mut Self, PagePtr) -> Result<PagePtr>,
    ) -> Result<()> {
        for index in children {
            let child = self.node(parent, 1)?.child(index);
            let changed = change(self, child)?;
            if changed != child {
                self.node_mut(parent)?.set_child(index, changed);
            }
        }
        Ok(())
    }

    /// Packs some children of a branch that is this transaction's own, if that is worthwhile. Whether it was.
    fn pack_leaves(&mut self, parent: PagePtr, children: std::ops::Range<usize>) -> Result<bool> {
        let branch = self.node(parent, 1)?;
        let mut entries = Entries::default();
        for index in children.clone() {
            let leaf = self.node(branch.child(index), 0)?;
            entries.take(leaf, 0..leaf.count(), b"");
        }
        let starts = boundaries(&entries, branch.capacity());
        if !is_worthwhile(children.len(), starts.len()) {
            return Ok(false);
        }
        // The separators first: they may be longer than the old ones, and then not fit.
        let mut packed = Entries::default();
        packed.take(branch, 0..children.start, b"");
        for (nth, &start) in starts.iter().enumerate() {
            let mut separator = Vec::new();
            match nth {
                0 => branch.key_into(children.start, &mut separator),
                _ => {
                    let (low, high) = (entries.key(start - 1), entries.key(start));
                    separator.extend_from_slice(&high[..common_prefix(low, high) + 1]);
                }
            }
            packed.push(&[&separator], &[&PagePtr::NULL.to_bytes()]);
        }
        packed.take(branch, children.end..branch.count(), b"");
        if packed.size(0..packed.count(), false) > branch.capacity() {
            return Ok(false);
        }
        for index in children.clone() {
            let child = self.node(parent, 1)?.child(index);
            self.kill(child, 1)?;
        }
        self.pack(&packed, parent)?;
        for (nth, &start) in starts.iter().enumerate() {
            let end = starts.get(nth + 1).copied().unwrap_or(entries.count());
            let leaf = self.new_node(0)?;
            self.pack_part(&entries, start..end, leaf)?;
            self.node_mut(parent)?.set_child(children.start + nth, leaf);
        }
        Ok(true)
    }

    /// The leaf, or the copy of it that lies lower.
    fn moved_leaf(&mut self, at: PagePtr, limit: u32) -> Result<PagePtr> {
        if at.number < limit || !self.file.has_free_below(at.number)? {
            return Ok(at);
        }
        self.own(at, 0)
    }

    /// Moves the extents of a leaf that lie beyond the limit to lower places. Gives the leaf that then has them.
    fn move_extents(&mut self, leaf: PagePtr, limit: u32) -> Result<PagePtr> {
        let node = self.node(leaf, 0)?;
        let beyond: Vec<_> = extents(node)
            .filter(|(_, at, _)| at.number >= limit)
            .collect();
        let mut owned = leaf;
        for (index, at, length) in beyond {
            let content = self.file.extent(at, length, self.pin)?;
            let pages = self.file.extent_pages(length);
            let Some(number) = self.file.allocate_below(at.number, pages)? else {
                continue;
            };
            let moved = self.put_extent(number, pages, content);
            owned = self.own(owned, 0)?;
            let replaced = self
                .node_mut(owned)?
                .replace(index, &[&extent_payload(moved, length)]);
            debug_assert!(replaced, "a pointer is as long as another");
            self.kill(at, pages)?;
        }
        Ok(owned)
    }
}
