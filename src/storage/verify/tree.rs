//! Walking a tree page by page, trusting nothing: every page is read anew, must be the page that its parent means, and may hold
//! only keys between the separators around it. What cannot be read is passed over, with the range of keys that goes with it.
//!
//! Invariant: no page is visited twice, so that the walk ends whatever the pointers say.

use crate::storage::btree::Tree;
use crate::storage::btree::node::{Node, Stored};
use crate::storage::error::Result;
use crate::storage::page::{self, HEADER, Kind, Lsn, PagePtr};
use crate::storage::pager::file::PageFile;
use crate::storage::pager::maps::in_one_map;
use crate::storage::pager::space::Bitmap;

/// Where pages come from.
pub trait Pages {
    fn page_size(&self) -> usize;
    /// Reads a page, or a whole extent, into `out`, and checks what it says of itself. `Err`: what is wrong with it.
    fn read(&self, number: u32, out: &mut Vec<u8>) -> std::result::Result<(), String>;
}

impl Pages for PageFile {
    fn page_size(&self) -> usize {
        self.page_size
    }

    fn read(&self, number: u32, out: &mut Vec<u8>) -> std::result::Result<(), String> {
        self.inspect(number, out)
    }
}

/// Learns what is in a tree.
pub trait Visitor {
    /// An entry, in order of the keys.
    fn entry(&mut self, key: &[u8], value: &[u8]) -> Result<()>;
    /// A page that is not as it must be; of the keys in the range some or all are lost (no upper end: all from there on).
    fn damage(&mut self, page: u32, reason: String, range: Range<'_>) -> Result<()>;
}

/// Keys from the first on, below the second.
pub type Range<'k> = (&'k [u8], Option<&'k [u8]>);

/// What a walk counted.
#[derive(Clone, Copy, Debug, Default)]
pub struct Walked {
    pub entries: u64,
    /// Bytes of keys and values.
    pub bytes: u64,
    /// Whether some page was not as it must be.
    pub is_damaged: bool,
}

/// Walks a tree. No page of it may be younger than `lsn`, or have a number from `end` on. Pages are entered in `reached`.
pub fn walk(
    pages: &dyn Pages,
    tree: &Tree,
    (lsn, end): (Lsn, u32),
    reached: &mut Bitmap,
    visitor: &mut dyn Visitor,
) -> Result<Walked> {
    let mut walk = TreeWalk {
        pages,
        lsn,
        end,
        reached,
        visitor,
        buffers: Vec::new(),
        extent: Vec::new(),
        walked: Walked::default(),
    };
    if !tree.root.is_null() {
        walk.visit(tree.root, tree.level, (&[], None))?;
    }
    Ok(walk.walked)
}

struct TreeWalk<'a> {
    pages: &'a dyn Pages,
    lsn: Lsn,
    end: u32,
    reached: &'a mut Bitmap,
    visitor: &'a mut dyn Visitor,
    /// Those not in use, to be used again.
    buffers: Vec<Vec<u8>>,
    extent: Vec<u8>,
    walked: Walked,
}

impl TreeWalk<'_> {
    fn damage(&mut self, page: u32, reason: impl Into<String>, range: Range<'_>) -> Result<()> {
        self.walked.is_damaged = true;
        self.visitor.damage(page, reason.into(), range)
    }

    /// A node and all below it. The depth of the recursion is the tree's, which has 8 bits.
    fn visit(&mut self, at: PagePtr, level: u8, range: Range<'_>) -> Result<()> {
        if at.number >= self.end {
            let reason = format!("the file has {} pages", self.end);
            return self.damage(at.number, reason, range);
        }
        if self.reached.set(at.number, true) {
            return self.damage(at.number, "it is used twice", range);
        }
        let mut bytes = self.buffers.pop().unwrap_or_default();
        let read = self.pages.read(at.number, &mut bytes);
        let checked = read.and_then(|()| self.check_node(&bytes, at, level));
        let visited = match checked {
            Ok(()) if level == 0 => self.leaf(Node::new(&bytes), at.number, range),
            Ok(()) => self.branch(Node::new(&bytes), at.number, range),
            Err(reason) => self.damage(at.number, reason, range),
        };
        self.buffers.push(bytes);
        visited
    }

    fn check_node(&self, bytes: &[u8], at: PagePtr, level: u8) -> std::result::Result<(), String> {
        check_birth(bytes, at, self.lsn)?;
        let kind = if level == 0 { Kind::Leaf } else { Kind::Branch };
        if page::kind(bytes) != Some(kind) || page::level(bytes) != level {
            let found = (bytes[12], page::level(bytes));
            return Err(format!(
                "kind {} of level {}, where a node of level {level} must be",
                found.0, found.1
            ));
        }
        Node::new(bytes).check_account()?;
        match page::count(bytes) {
            0 => Err("a node without entries".into()),
            _ => Ok(()),
        }
    }

    fn branch(&mut self, node: Node<'_>, number: u32, range: Range<'_>) -> Result<()> {
        let (mut low, mut high) = (Vec::new(), Vec::new());
        let is_inside = |key: &[u8]| key >= range.0 && range.1.is_none_or(|end| key < end);
        for index in 0..node.count() {
            if index + 1 < node.count() {
                node.key_into(index + 1, &mut high);
                if !is_inside(&high) {
                    let reason = "a separator is outside the range that its parent gives";
                    return self.damage(number, reason, range);
                }
            }
            let from = if index == 0 { range.0 } else { &low };
            let to = match index + 1 < node.count() {
                true => Some(high.as_slice()),
                false => range.1,
            };
            self.visit(node.child(index), node.level() - 1, (from, to))?;
            std::mem::swap(&mut low, &mut high);
        }
        Ok(())
    }

    fn leaf(&mut self, node: Node<'_>, number: u32, range: Range<'_>) -> Result<()> {
        let mut key = Vec::new();
        for index in 0..node.count() {
            node.key_into(index, &mut key);
            if key.as_slice() < range.0 || range.1.is_some_and(|end| key.as_slice() >= end) {
                self.damage(
                    number,
                    "a key is outside the range that its parent gives",
                    range,
                )?;
                continue;
            }
            let length = match node.value(index) {
                Stored::Inline(value) => {
                    self.visitor.entry(&key, value)?;
                    value.len()
                }
                Stored::Extent { at, length } => {
                    if !self.extent(at, length, &key)? {
                        continue;
                    }
                    length as usize
                }
            };
            self.walked.entries += 1;
            self.walked.bytes += (key.len() + length) as u64;
        }
        Ok(())
    }

    /// A value in an extent. Whether it is there.
    fn extent(&mut self, at: PagePtr, length: u32, key: &[u8]) -> Result<bool> {
        let page_size = self.pages.page_size();
        // Its pages are in use, whatever is in them.
        let pages = (HEADER + length as usize).div_ceil(page_size) as u32;
        let mut after = key.to_vec();
        after.push(0);
        let range = (key, Some(after.as_slice()));
        if at.number.saturating_add(pages) > self.end {
            let reason = format!("{pages} pages from here on; the file has {}", self.end);
            return self.damage(at.number, reason, range).map(|()| false);
        }
        let mut is_twice = false;
        for number in at.number..at.number + pages {
            is_twice |= self.reached.set(number, true);
        }
        if is_twice {
            self.damage(at.number, "it is used twice", range)?;
            return Ok(false);
        }
        let mut bytes = std::mem::take(&mut self.extent);
        let checked = read_extent(self.pages, at, length, self.lsn, &mut bytes);
        let visited = match checked {
            Ok(()) => {
                let end = HEADER + length as usize;
                self.visitor.entry(key, &bytes[HEADER..end]).map(|()| true)
            }
            Err(reason) => self.damage(at.number, reason, range).map(|()| false),
        };
        self.extent = bytes;
        visited
    }
}

/// Reads an extent of that length into `out`, its header included. `Err`: what is wrong with it.
pub fn read_extent(
    pages: &dyn Pages,
    at: PagePtr,
    length: u32,
    lsn: Lsn,
    out: &mut Vec<u8>,
) -> std::result::Result<(), String> {
    pages.read(at.number, out)?;
    check_birth(out, at, lsn)?;
    if page::kind(out) != Some(Kind::Extent) || page::get_u32(out, 24) != length {
        return Err(format!("not an extent of {length} bytes"));
    }
    let offset = u64::from(at.number) * pages.page_size() as u64;
    match in_one_map(offset, out.len() as u64) {
        true => Ok(()),
        false => Err("an extent lies across two maps".into()),
    }
}

fn check_birth(bytes: &[u8], at: PagePtr, lsn: Lsn) -> std::result::Result<(), String> {
    let birth = page::birth(bytes);
    if birth as u16 != at.birth {
        return Err(format!(
            "born at {birth}, its parent says ..{:04x}",
            at.birth
        ));
    }
    let first = page::first_version(birth);
    match first > lsn {
        true => Err(format!("born at {first}, after commit {lsn} that has it")),
        false => Ok(()),
    }
}
