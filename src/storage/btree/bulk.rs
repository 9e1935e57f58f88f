//! Building a tree out of entries that come in order: leaves are filled one after the other, and the branches above them on the
//! way. No page is touched again once it is full, so that it may be written to its place and dropped from memory at any time.
//!
//! Pages are not filled quite: the first changes that come find room, instead of splitting every page they meet.
//!
//! Invariants: keys come in strict order; only the entries of one page of each level are in memory. Branches at the right edge
//! may have a single child, as deleting leaves them, too.

use super::Tree;
use super::edit::Edit;
use super::node::{self, Entries, Fill, common_prefix};
use crate::storage::error::{Error, ErrorKind, Result};
use crate::storage::page::HEADER;

/// One part of so many of a page stays free.
const SLACK: usize = 16;

/// A tree in the making.
#[derive(Default)]
pub struct Bulk {
    /// What the next page of each level will have, leaves first.
    levels: Vec<Open>,
    last: Vec<u8>,
    entries: u64,
    bytes: u64,
}

/// A page of which not all entries are known yet.
#[derive(Default)]
struct Open {
    entries: Entries,
    fill: Fill,
    /// Not above any key of the page, and above all before it.
    low: Vec<u8>,
}

impl Bulk {
    /// Adds an entry; its key must be above all before it. `edit` must always be of the same file and birth.
    pub fn push(&mut self, edit: &mut Edit<'_>, key: &[u8], value: &[u8]) -> Result<()> {
        let page_size = edit.file.page_size;
        if key.len() > node::max_key(page_size)
            || key.len() + 4 + value.len() > node::max_cell(page_size)
        {
            let message = format!(
                "a key of {} bytes; at most {} fit",
                key.len(),
                node::max_key(page_size)
            );
            return Err(Error::new(ErrorKind::TooLarge, message));
        }
        if self.entries > 0 && self.last.as_slice() >= key {
            let message = "an index is built of entries that are not in order";
            return Err(Error::new(ErrorKind::Argument, message));
        }
        let low = match self.entries {
            0 => 0,
            _ => common_prefix(&self.last, key) + 1,
        };
        let word = node::inline_word(value.len());
        self.add(edit, 0, (&key[..low], key), &[&word, value])?;
        self.last.clear();
        self.last.extend_from_slice(key);
        self.entries += 1;
        self.bytes += (key.len() + value.len()) as u64;
        Ok(())
    }

    /// Adds an entry to a level. `low` is what its page's low key would be if it were the page's first.
    fn add(
        &mut self,
        edit: &mut Edit<'_>,
        level: usize,
        (low, key): (&[u8], &[u8]),
        payload: &[&[u8]],
    ) -> Result<()> {
        if level == self.levels.len() {
            self.levels.push(Open::default());
        }
        let capacity = edit.file.page_size - HEADER;
        let length = payload.iter().map(|part| part.len()).sum();
        let open = &self.levels[level];
        let size = open
            .fill
            .with(&open.entries, level == 0, key, length)
            .size();
        if open.entries.count() > 0 && size > capacity - capacity / SLACK {
            self.flush(edit, level)?;
        }
        let open = &mut self.levels[level];
        if open.entries.count() == 0 {
            open.low.clear();
            open.low.extend_from_slice(low);
        }
        open.fill = open.fill.with(&open.entries, level == 0, key, length);
        open.entries.push(&[key], payload);
        Ok(())
    }

    /// Makes the page of a level and enters it in the level above.
    fn flush(&mut self, edit: &mut Edit<'_>, level: usize) -> Result<()> {
        let open = std::mem::take(&mut self.levels[level]);
        let at = edit.new_node(level as u8)?;
        edit.pack(&open.entries, at)?;
        self.add(edit, level + 1, (&open.low, &open.low), &[&at.to_bytes()])
    }

    /// Makes what is left of pages, and gives the tree. Its flags are the caller's.
    pub fn finish(mut self, edit: &mut Edit<'_>) -> Result<Tree> {
        let mut tree = Tree {
            entries: self.entries,
            bytes: self.bytes,
            ..Tree::default()
        };
        if self.entries == 0 {
            return Ok(tree);
        }
        let mut level = 0;
        while level + 1 < self.levels.len() {
            self.flush(edit, level)?;
            level += 1;
        }
        tree.level = level as u8;
        tree.root = edit.new_node(tree.level)?;
        edit.pack(&self.levels[level].entries, tree.root)?;
        Ok(tree)
    }
}
