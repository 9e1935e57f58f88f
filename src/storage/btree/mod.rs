//! Copy-on-write B+trees over page files.
//!
//! A tree is a value: the pointer to its root and a few counts. Changing a tree gives a new value; the old one goes on
//! describing the old content for as long as a snapshot keeps its pages.

pub mod bulk;
pub mod compact;
pub mod compare;
pub mod delete;
pub mod edit;
pub mod node;
pub mod walk;

use crossbeam_epoch::Guard;

use crate::failpoint::{Point, hit};
use crate::storage::error::Result;
use crate::storage::page::PagePtr;
use crate::storage::pager::file::PageFile;
use node::Stored;

/// One version of a tree.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tree {
    /// Null when the tree is empty.
    pub root: PagePtr,
    pub level: u8,
    /// `derive::MULTIKEY` and `derive::TRUNCATED`, once set never cleared.
    pub flags: u8,
    pub entries: u64,
    /// Bytes of keys and values.
    pub bytes: u64,
}

/// A tree to read from, under a guard.
#[derive(Clone, Copy)]
pub struct TreeRef<'a> {
    pub file: &'a PageFile,
    pub tree: Tree,
    pub pin: &'a Guard,
}

impl<'a> TreeRef<'a> {
    /// The value of `key`.
    pub fn get(self, key: &[u8]) -> Result<Option<&'a [u8]>> {
        if self.tree.root.is_null() {
            return Ok(None);
        }
        hit(Point::Reading);
        let mut node = self.file.node(self.tree.root, self.tree.level, self.pin)?;
        for level in (0..self.tree.level).rev() {
            node = self
                .file
                .node(node.child(node.child_index(key)), level, self.pin)?;
        }
        match node.search(key) {
            Ok(index) => self.resolve(node.value(index)).map(Some),
            Err(_) => Ok(None),
        }
    }

    /// The bytes of a stored value.
    pub fn resolve(self, value: Stored<'a>) -> Result<&'a [u8]> {
        match value {
            Stored::Inline(bytes) => Ok(bytes),
            Stored::Extent { at, length } => self.file.extent(at, length, self.pin),
        }
    }
}

#[cfg(test)]
mod tests;
