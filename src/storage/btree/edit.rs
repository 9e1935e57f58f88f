//! Changing a tree: copy the path, put the entry in, split what is full.
//!
//! Only pages that no reader can know are changed in place: those born in the running transaction and, where it allows that,
//! in the commits before it that belong to no version yet. Every other page on the path is copied first and the copy
//! entered in its parent, because a reader may take the root of any version at any instant.
//!
//! Invariant: `Changes` lists every page number taken and every page given up, so that a transaction can be
//! rolled back exactly and the pages that died can be freed when no snapshot needs them.

use std::collections::BTreeMap;

use crossbeam_epoch::Guard;

use super::node::{self, Entries, Node, NodeMut, Stored, common_prefix};
use super::{Tree, TreeRef};
use crate::storage::error::{Error, ErrorKind, Result};
use crate::storage::page::{self, HEADER, Kind, Lsn, PagePtr, TreeId};
use crate::storage::pager::file::PageFile;
use crate::storage::pager::table::PageBox;

/// Pages that left the newest state, and when they were born.
#[derive(Clone, Copy, Debug)]
pub struct Death {
    pub tree: TreeId,
    pub number: u32,
    pub pages: u32,
    pub born: Lsn,
}

/// What a transaction did to page files.
#[derive(Default)]
pub struct Changes {
    /// Tree, first page, pages; of a transaction that runs beside others they are in `private`.
    pub born: Vec<(TreeId, u32, u32)>,
    pub died: Vec<Death>,
    /// Set for a transaction that runs beside others: the files are told of its deaths only when it commits.
    pub private: Option<PrivatePages>,
    /// A page of an earlier commit was changed in place: there is no way back.
    pub changed_shared: bool,
}

impl Changes {
    fn add_born(&mut self, tree: TreeId, number: u32, pages: u32) {
        match &mut self.private {
            Some(private) => private.add(tree, number, pages),
            None => self.born.push((tree, number, pages)),
        }
    }
}

/// The pages that a transaction beside others has made and not given up.
///
/// It lends versions of its state to those who read in it. A page that such a version may show is not changed in place
/// any more, and not released before the version is gone.
#[derive(Default)]
pub struct PrivatePages {
    pages: BTreeMap<(TreeId, u32), Owned>,
    generation: u64,
    /// Pages of generations before this one may be shown by a version that is lent out.
    frozen: u64,
    /// Given up, but perhaps still shown.
    lingering: Vec<(TreeId, u32, u32)>,
    /// Whoever gives up everything gives up whole files: no list is needed.
    is_unlisted: bool,
}

struct Owned {
    pages: u32,
    generation: u64,
}

impl PrivatePages {
    /// Those of files that are all private, and of which no version is lent out.
    pub fn unlisted() -> PrivatePages {
        PrivatePages {
            is_unlisted: true,
            ..PrivatePages::default()
        }
    }

    fn add(&mut self, tree: TreeId, number: u32, pages: u32) {
        if self.is_unlisted {
            return;
        }
        let generation = self.generation;
        self.pages
            .insert((tree, number), Owned { pages, generation });
    }

    fn may_change(&self, tree: TreeId, number: u32) -> bool {
        // While no version is lent out nothing needs to be looked up.
        let owned = || self.pages.get(&(tree, number));
        self.frozen == 0 || owned().is_some_and(|owned| owned.generation >= self.frozen)
    }

    /// Takes a page off the list. Whether its number is free at once.
    fn give_up(&mut self, tree: TreeId, number: u32, pages: u32) -> bool {
        let owned = self.pages.remove(&(tree, number));
        let unseen = owned.is_none_or(|owned| owned.generation >= self.frozen);
        if !unseen {
            self.lingering.push((tree, number, pages));
        }
        unseen
    }

    /// A version has been lent out: what it shows must stay.
    pub fn freeze(&mut self) {
        self.generation += 1;
        self.frozen = self.generation;
    }

    /// No version is lent out any more. Gives the pages that only those needed.
    pub fn thaw(&mut self) -> Vec<(TreeId, u32, u32)> {
        self.frozen = 0;
        std::mem::take(&mut self.lingering)
    }

    /// Gives away the pages of some trees, in order.
    pub fn take(&mut self, is_taken: impl Fn(TreeId) -> bool, out: &mut Vec<(TreeId, u32, u32)>) {
        out.extend(self.iter().filter(|&(tree, ..)| is_taken(tree)));
        self.pages.retain(|&(tree, _), _| !is_taken(tree));
    }

    /// Tree, first page, pages.
    pub fn iter(&self) -> impl Iterator<Item = (TreeId, u32, u32)> {
        self.pages
            .iter()
            .map(|(&(tree, number), owned)| (tree, number, owned.pages))
    }
}

/// One tree being changed by the running transaction.
pub struct Edit<'a> {
    pub file: &'a PageFile,
    /// The birth of the transaction's pages: the LSN that it will commit as, or a private one.
    pub birth: Lsn,
    /// Pages born from here on are changed in place: this transaction's alone, or those of commits that no version shows.
    pub floor: Lsn,
    pub pin: &'a Guard,
    pub changes: &'a mut Changes,
}

/// The branches from the root to a node, with the slot taken in each.
pub(super) type Path = Vec<(PagePtr, usize)>;

impl<'a> Edit<'a> {
    #[inline]
    pub(super) fn node(&self, at: PagePtr, level: u8) -> Result<Node<'a>> {
        self.file.node(at, level, self.pin)
    }

    /// A page of this transaction, to be changed. The slice must not be kept over another call for the same page.
    pub(super) fn node_mut(&self, at: PagePtr) -> Result<NodeMut<'a>> {
        Ok(NodeMut::new(self.page_mut(at)?))
    }

    fn page_mut(&self, at: PagePtr) -> Result<&'a mut [u8]> {
        // SAFETY: `at` came from `own` or `new_node`: it was born in this transaction, which runs on this thread under the
        // commit lock, or in a commit that no version shows, whose pages are reached under that lock only. No caller keeps
        // an earlier slice of the page.
        unsafe { self.file.own_mut(at, self.pin) }
    }

    pub(super) fn new_page(&mut self, page: PageBox, number: u32) -> PagePtr {
        let pages = (page.len() / self.file.page_size) as u32;
        self.file.put_new(number, page, self.birth, self.pin);
        self.changes.add_born(self.file.tree, number, pages);
        PagePtr::new(number, self.birth)
    }

    /// An empty node.
    pub(super) fn new_node(&mut self, level: u8) -> Result<PagePtr> {
        let number = self.file.allocate(1, self.birth)?;
        let mut bytes = PageBox::zeroed(self.file.page_size);
        let kind = if level == 0 { Kind::Leaf } else { Kind::Branch };
        page::init(&mut bytes, kind, level, number, self.file.tree, self.birth);
        NodeMut::new(&mut bytes).clear(b"");
        Ok(self.new_page(bytes, number))
    }

    /// The node itself if it may be changed in place, else a copy that takes its place.
    pub(super) fn own(&mut self, at: PagePtr, level: u8) -> Result<PagePtr> {
        let birth = page::birth(self.node(at, level)?.page());
        if (self.floor..=self.birth).contains(&birth) && self.may_change(at) {
            self.changes.changed_shared |= birth != self.birth;
            return Ok(at);
        }
        let mut bytes = self.file.copy(at, self.birth, self.pin)?;
        self.kill(at, 1)?;
        // Nothing may fail between taking the number and noting it in `changes`.
        let number = self.file.allocate(1, self.birth)?;
        page::adopt(&mut bytes, number, self.birth);
        Ok(self.new_page(bytes, number))
    }

    fn may_change(&self, at: PagePtr) -> bool {
        let private = self.changes.private.as_ref();
        private.is_none_or(|private| private.may_change(self.file.tree, at.number))
    }

    /// Gives up a page or extent.
    pub(super) fn kill(&mut self, at: PagePtr, pages: u32) -> Result<()> {
        let birth = page::birth(self.file.read(at, self.pin)?);
        let tree = self.file.tree;
        match &mut self.changes.private {
            Some(private) if birth == self.birth => {
                if private.give_up(tree, at.number, pages) {
                    self.file.release(at.number, pages, self.pin)?;
                }
                return Ok(());
            }
            Some(_) => {}
            None => self.file.die(at.number, pages)?,
        }
        self.changes.died.push(Death {
            tree,
            number: at.number,
            pages,
            born: page::first_version(birth),
        });
        Ok(())
    }

    /// Gives up the extent of a stored value, if it has one.
    pub(super) fn kill_value(&mut self, value: Stored<'_>) -> Result<()> {
        match value {
            Stored::Inline(_) => Ok(()),
            Stored::Extent { at, length } => self.kill(at, self.file.extent_pages(length)),
        }
    }

    /// Goes down to the leaf for `key`, making every page on the way this transaction's own.
    pub(super) fn own_path(&mut self, tree: &mut Tree, key: &[u8]) -> Result<(Path, PagePtr)> {
        self.own_path_down_to(0, tree, key)
    }

    /// As `own_path`, but ends at a higher level.
    pub(super) fn own_path_down_to(
        &mut self,
        bottom: u8,
        tree: &mut Tree,
        key: &[u8],
    ) -> Result<(Path, PagePtr)> {
        let mut path = Path::with_capacity(usize::from(tree.level));
        tree.root = self.own(tree.root, tree.level)?;
        let mut at = tree.root;
        for level in (bottom..tree.level).rev() {
            let node = self.node(at, level + 1)?;
            let index = node.child_index(key);
            let child = node.child(index);
            let owned = self.own(child, level)?;
            if owned != child {
                self.node_mut(at)?.set_child(index, owned);
            }
            path.push((at, index));
            at = owned;
        }
        Ok((path, at))
    }

    /// Sets the value of `key`, whether or not it has one.
    pub fn put(&mut self, tree: &mut Tree, key: &[u8], value: &[u8]) -> Result<()> {
        if key.len() > node::max_key(self.file.page_size) {
            let limit = node::max_key(self.file.page_size);
            let message = format!("a key of {} bytes; at most {limit} fit", key.len());
            return Err(Error::new(ErrorKind::TooLarge, message));
        }
        if tree.root.is_null() {
            tree.root = self.new_node(0)?;
        }
        let (mut path, leaf) = self.own_path(tree, key)?;
        let (word, extent);
        let payload: &[&[u8]] = if key.len() + 4 + value.len() > node::max_cell(self.file.page_size)
        {
            extent = node::extent_payload(self.new_extent(value)?, value.len() as u32);
            &[&extent]
        } else {
            word = node::inline_word(value.len());
            &[&word, value]
        };
        tree.bytes += (key.len() + value.len()) as u64;
        let index = match self.node(leaf, 0)?.search(key) {
            Err(index) => {
                tree.entries += 1;
                index
            }
            Ok(index) => {
                let old = self.node(leaf, 0)?.value(index);
                tree.bytes -= (key.len() + value_len(old)) as u64;
                self.kill_value(old)?;
                let mut leaf = self.node_mut(leaf)?;
                if leaf.replace(index, payload) {
                    return Ok(());
                }
                leaf.remove(index);
                index
            }
        };
        self.insert(tree, &mut path, leaf, index, key, payload)
    }

    fn new_extent(&mut self, value: &[u8]) -> Result<PagePtr> {
        let pages = self.file.extent_pages(value.len() as u32);
        let number = self.file.allocate(pages, self.birth)?;
        Ok(self.put_extent(number, pages, value))
    }

    /// Puts an extent into pages that were taken for it.
    pub(super) fn put_extent(&mut self, number: u32, pages: u32, value: &[u8]) -> PagePtr {
        let mut bytes = PageBox::zeroed(pages as usize * self.file.page_size);
        page::init(
            &mut bytes,
            Kind::Extent,
            0,
            number,
            self.file.tree,
            self.birth,
        );
        page::put_u32(&mut bytes, 24, value.len() as u32);
        bytes[HEADER..HEADER + value.len()].copy_from_slice(value);
        self.new_page(bytes, number)
    }

    /// Puts an entry into a node, repacking or splitting it when there is no room.
    fn insert(
        &mut self,
        tree: &mut Tree,
        path: &mut Path,
        at: PagePtr,
        index: usize,
        key: &[u8],
        payload: &[&[u8]],
    ) -> Result<()> {
        let level = tree.level - path.len() as u8;
        let node = self.node(at, level)?;
        if key.starts_with(node.prefix()) && self.node_mut(at)?.insert(index, key, payload) {
            return Ok(());
        }
        let node = self.node(at, level)?;
        let mut entries = Entries::default();
        entries.take(node, 0..index, b"");
        entries.push(&[key], payload);
        entries.take(node, index..node.count(), b"");
        let (count, leaf, capacity) = (entries.count(), level == 0, node.capacity());
        if entries.size(0..count, leaf) <= capacity {
            entries.pack(0..count, self.page_mut(at)?);
            return Ok(());
        }

        let middle = self.split_point(&entries, index, path, leaf, capacity)?;
        let separator: Vec<u8> = if leaf {
            let (low, high) = (entries.key(middle - 1), entries.key(middle));
            high[..common_prefix(low, high) + 1].to_vec()
        } else {
            entries.key(middle).to_vec()
        };
        let right = self.new_node(level)?;
        entries.pack(middle..count, self.page_mut(right)?);
        entries.pack(0..middle, self.page_mut(at)?);

        match path.pop() {
            Some((parent, slot)) => self.insert(
                tree,
                path,
                parent,
                slot + 1,
                &separator,
                &[&right.to_bytes()],
            ),
            None => {
                let root = self.new_node(level + 1)?;
                let mut node = self.node_mut(root)?;
                let fits = node.insert(0, b"", &[&at.to_bytes()])
                    && node.insert(1, &separator, &[&right.to_bytes()]);
                assert!(fits, "an empty page holds two children");
                tree.root = root;
                tree.level += 1;
                Ok(())
            }
        }
    }

    /// Where to cut. An entry put at the very end (or start) of the tree leaves the other half full, so that ascending
    /// keys fill their pages; else the halves are about equal in bytes.
    fn split_point(
        &self,
        entries: &Entries,
        inserted: usize,
        path: &Path,
        leaf: bool,
        capacity: usize,
    ) -> Result<usize> {
        let count = entries.count();
        let fits = |middle: usize| {
            entries.size(0..middle, leaf) <= capacity
                && entries.size(middle..count, leaf) <= capacity
        };
        let mut last = inserted == count - 1;
        let mut first = inserted == 0;
        for &(at, index) in path {
            let parent = Node::new(self.file.read(at, self.pin)?);
            last &= index == parent.count() - 1;
            first &= index == 0;
        }
        if last && fits(count - 1) {
            return Ok(count - 1);
        }
        if first && fits(1) {
            return Ok(1);
        }
        let total: usize = (0..count)
            .map(|i| entries.key(i).len() + entries.payload(i).len())
            .sum();
        let (mut middle, mut before) = (0, 0);
        while before < total / 2 {
            before += entries.key(middle).len() + entries.payload(middle).len();
            middle += 1;
        }
        // A new key that breaks a long common prefix stands first or last; cutting it off always fits.
        (0..count)
            .flat_map(|distance| [middle.checked_sub(distance), Some(middle + distance)])
            .flatten()
            .find(|&middle| (1..count).contains(&middle) && fits(middle))
            .ok_or_else(|| Error::corrupt(&self.file.shown(), 0, "a node that cannot be split"))
    }

    /// Fills a node of this transaction with some entries.
    pub(super) fn pack_part(
        &self,
        entries: &Entries,
        part: std::ops::Range<usize>,
        at: PagePtr,
    ) -> Result<()> {
        entries.pack(part, self.page_mut(at)?);
        Ok(())
    }

    /// Fills a node of this transaction anew.
    pub(super) fn pack(&self, entries: &Entries, at: PagePtr) -> Result<()> {
        self.pack_part(entries, 0..entries.count(), at)
    }

    /// The tree as this transaction sees it.
    pub fn view(&self, tree: &Tree) -> TreeRef<'a> {
        TreeRef {
            file: self.file,
            tree: *tree,
            pin: self.pin,
        }
    }
}

pub(super) fn value_len(value: Stored<'_>) -> usize {
    match value {
        Stored::Inline(bytes) => bytes.len(),
        Stored::Extent { length, .. } => length as usize,
    }
}
