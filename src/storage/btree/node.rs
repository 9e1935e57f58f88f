//! One page of a tree as a sorted list of entries: the prefix that all keys share and the slots at the front, where a search
//! touches few cache lines, cells at the back (docs/format.md draws it).
//!
//! An entry is a key and an opaque payload; leaves and branches differ only in what they put into the
//! payload and in that a branch's slot 0 stands for "lower than every key".
//!
//! Invariants: slots are in strict key order; cells lie between `cell_start` and the page's end;
//! `garbage` counts the cell bytes no slot refers to. `check` proves them for a page that came
//! from disk; after that, reading cannot go out of bounds.

use std::cmp::Ordering;

use crate::storage::page::{self, HEADER, Kind, PagePtr, get_u16, get_u32, put_u16, put_u32};

const CELL_START: usize = 24;
const GARBAGE: usize = 26;
const PREFIX_LEN: usize = 28;
const SLOT: usize = 8;

/// Top bit of a leaf's value word: the value is in an extent.
const IN_EXTENT: u32 = 1 << 31;
/// Payload of a leaf entry whose value is in an extent: value word, page pointer, two zeros.
const EXTENT_PAYLOAD: usize = 12;

/// The largest cell that a leaf keeps whole; a larger value goes to an extent.
pub fn max_cell(page_size: usize) -> usize {
    page_size / 4
}

/// The longest key that a tree takes.
pub fn max_key(page_size: usize) -> usize {
    page_size * 3 / 16
}

/// A leaf's value as it stands in the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stored<'a> {
    Inline(&'a [u8]),
    Extent { at: PagePtr, length: u32 },
}

/// The payload that stores `value` in the leaf itself: its value word, to be followed by the value.
pub fn inline_word(length: usize) -> [u8; 4] {
    (length as u32).to_le_bytes()
}

/// The payload that refers to an extent.
pub fn extent_payload(at: PagePtr, length: u32) -> [u8; EXTENT_PAYLOAD] {
    let mut payload = [0; EXTENT_PAYLOAD];
    put_u32(&mut payload, 0, length | IN_EXTENT);
    payload[4..10].copy_from_slice(&at.to_bytes());
    payload
}

/// Reads a leaf payload.
pub fn stored(payload: &[u8]) -> Stored<'_> {
    let word = get_u32(payload, 0);
    if word & IN_EXTENT != 0 {
        Stored::Extent {
            at: PagePtr::read(&payload[4..]),
            length: word & !IN_EXTENT,
        }
    } else {
        Stored::Inline(&payload[4..4 + word as usize])
    }
}

/// Where the slots start behind a prefix of so many bytes: at a multiple of eight.
#[inline]
fn slots_start(prefix_len: usize) -> usize {
    HEADER + prefix_len.next_multiple_of(8)
}

/// The first four bytes of a suffix as a number that sorts alike.
#[inline]
fn head(suffix: &[u8]) -> u32 {
    match suffix.first_chunk::<4>() {
        Some(bytes) => u32::from_be_bytes(*bytes),
        None => {
            let mut bytes = [0; 4];
            bytes[..suffix.len()].copy_from_slice(suffix);
            u32::from_be_bytes(bytes)
        }
    }
}

/// The length of what two keys share at their start.
pub fn common_prefix(a: &[u8], b: &[u8]) -> usize {
    a.iter().zip(b).take_while(|(x, y)| x == y).count()
}

/// A page read as a node.
#[derive(Clone, Copy)]
pub struct Node<'a>(&'a [u8]);

impl<'a> Node<'a> {
    pub fn new(page: &'a [u8]) -> Node<'a> {
        Node(page)
    }

    pub fn page(self) -> &'a [u8] {
        self.0
    }

    pub fn is_leaf(self) -> bool {
        self.0[12] == Kind::Leaf as u8
    }

    pub fn level(self) -> u8 {
        page::level(self.0)
    }

    pub fn count(self) -> usize {
        page::count(self.0)
    }

    fn cell_start(self) -> usize {
        get_u16(self.0, CELL_START) as usize
    }

    pub fn prefix(self) -> &'a [u8] {
        &self.0[HEADER..HEADER + get_u16(self.0, PREFIX_LEN) as usize]
    }

    /// Where slot `index` is.
    #[inline]
    fn slot_at(self, index: usize) -> usize {
        slots_start(get_u16(self.0, PREFIX_LEN) as usize) + index * SLOT
    }

    #[inline]
    fn slot(self, index: usize) -> (usize, usize) {
        let at = self.slot_at(index);
        (
            get_u16(self.0, at) as usize,
            get_u16(self.0, at + 2) as usize,
        )
    }

    /// The key without the page's prefix.
    pub fn suffix(self, index: usize) -> &'a [u8] {
        let (offset, length) = self.slot(index);
        &self.0[offset..offset + length]
    }

    /// Replaces `out` by the whole key.
    pub fn key_into(self, index: usize, out: &mut Vec<u8>) {
        out.clear();
        if !self.is_leaf() && index == 0 {
            return;
        }
        out.extend_from_slice(self.prefix());
        out.extend_from_slice(self.suffix(index));
    }

    #[inline]
    fn payload_len(self, at: usize) -> usize {
        if !self.is_leaf() {
            return PagePtr::SIZE;
        }
        let word = get_u32(self.0, at);
        if word & IN_EXTENT != 0 {
            EXTENT_PAYLOAD
        } else {
            4 + word as usize
        }
    }

    #[inline]
    pub fn payload(self, index: usize) -> &'a [u8] {
        let (offset, length) = self.slot(index);
        let at = offset + length;
        &self.0[at..at + self.payload_len(at)]
    }

    /// A leaf entry's value.
    pub fn value(self, index: usize) -> Stored<'a> {
        stored(self.payload(index))
    }

    /// A branch entry's child.
    pub fn child(self, index: usize) -> PagePtr {
        let (offset, length) = self.slot(index);
        PagePtr::read(&self.0[offset + length..])
    }

    /// Where `key` is, or the place at which it would be inserted.
    pub fn search(self, key: &[u8]) -> Result<usize, usize> {
        let prefix = self.prefix();
        let first = usize::from(!self.is_leaf());
        let suffix = if prefix.is_empty() {
            key
        } else {
            match key.get(..prefix.len()).unwrap_or(key).cmp(prefix) {
                Ordering::Less => return Err(first.min(self.count())),
                Ordering::Greater => return Err(self.count()),
                Ordering::Equal => &key[prefix.len()..],
            }
        };
        let (wanted, slots) = (head(suffix), self.slot_at(0));
        let (mut low, mut high) = (first, self.count());
        while low < high {
            let middle = (low + high) / 2;
            let order = get_u32(self.0, slots + middle * SLOT + 4)
                .cmp(&wanted)
                .then_with(|| self.suffix(middle).cmp(suffix));
            match order {
                Ordering::Less => low = middle + 1,
                Ordering::Greater => high = middle,
                Ordering::Equal => return Ok(middle),
            }
        }
        Err(low)
    }

    /// The branch slot whose child holds `key`.
    pub fn child_index(self, key: &[u8]) -> usize {
        match self.search(key) {
            Ok(index) => index,
            Err(index) => index.saturating_sub(1),
        }
    }

    /// Free bytes between slots and cells.
    fn gap(self) -> usize {
        self.cell_start().saturating_sub(self.slot_at(self.count()))
    }

    /// Bytes in use beside the header: slots, living cells and the prefix.
    pub fn used(self) -> usize {
        self.0.len() - HEADER - self.gap() - get_u16(self.0, GARBAGE) as usize
    }

    /// Bytes that entries may use.
    pub fn capacity(self) -> usize {
        self.0.len() - HEADER
    }

    /// Proves the structure of a page whose checksum was right; a wrong one can only have been made by a fault of
    /// ours or by malice, and must not lead to a panic.
    pub fn check(self) -> Result<(), String> {
        let (size, count) = (self.0.len(), self.count());
        let prefix_len = get_u16(self.0, PREFIX_LEN) as usize;
        if self.slot_at(count) > self.cell_start() || self.cell_start() > size {
            let cells = self.cell_start();
            return Err(format!(
                "prefix of {prefix_len} bytes, {count} slots, cells from {cells}"
            ));
        }
        if self.is_leaf() != (self.level() == 0) {
            return Err(format!("kind {} at level {}", self.0[12], self.level()));
        }
        if !self.is_leaf() && count == 0 {
            return Err("a branch without children".into());
        }
        for index in 0..count {
            let (offset, length) = self.slot(index);
            let payload_at = offset + length;
            let fixed = if self.is_leaf() { 4 } else { PagePtr::SIZE };
            if offset < self.cell_start()
                || payload_at + fixed > size
                || payload_at + self.payload_len(payload_at) > size
            {
                return Err(format!("cell {index} reaches out of the page"));
            }
            if head(self.suffix(index)) != get_u32(self.0, self.slot_at(index) + 4) {
                return Err(format!("slot {index} does not match its cell"));
            }
            let first = usize::from(!self.is_leaf());
            if index > first && self.suffix(index - 1) >= self.suffix(index) {
                return Err(format!("key {index} is not above the one before"));
            }
        }
        Ok(())
    }
}

impl Node<'_> {
    /// Whether the bytes of the cells, living and dead, are those that the page counts. Holds for every node that was written;
    /// nothing relies on it but room.
    pub fn check_account(self) -> Result<(), String> {
        let cells: usize = (0..self.count())
            .map(|index| self.suffix(index).len() + self.payload(index).len())
            .sum();
        let garbage = get_u16(self.0, GARBAGE) as usize;
        match cells + garbage == self.0.len() - self.cell_start() {
            true => Ok(()),
            false => Err(format!(
                "cells of {cells} bytes and {garbage} of garbage from {} on",
                self.cell_start()
            )),
        }
    }
}

/// A page that the running transaction owns, changed as a node.
pub struct NodeMut<'a>(&'a mut [u8]);

impl<'a> NodeMut<'a> {
    pub fn new(page: &'a mut [u8]) -> NodeMut<'a> {
        NodeMut(page)
    }

    fn read(&self) -> Node<'_> {
        Node(self.0)
    }

    /// Empties the node and sets the prefix of the keys to come.
    pub fn clear(&mut self, prefix: &[u8]) {
        let size = self.0.len();
        page::set_count(self.0, 0);
        self.0[HEADER..HEADER + prefix.len()].copy_from_slice(prefix);
        put_u16(self.0, CELL_START, size as u16);
        put_u16(self.0, GARBAGE, 0);
        put_u16(self.0, PREFIX_LEN, prefix.len() as u16);
    }

    /// Inserts an entry at `index`; its key must begin with the page's prefix. `false`: no room.
    pub fn insert(&mut self, index: usize, key: &[u8], payload: &[&[u8]]) -> bool {
        let prefix_len = self.read().prefix().len();
        let slot_zero_of_branch = !self.read().is_leaf() && index == 0;
        let suffix = if slot_zero_of_branch {
            &[][..]
        } else {
            &key[prefix_len..]
        };
        let cell = suffix.len() + payload.iter().map(|part| part.len()).sum::<usize>();
        if self.read().gap() < cell + SLOT {
            let garbage = get_u16(self.0, GARBAGE) as usize;
            if self.read().gap() + garbage < cell + SLOT {
                return false;
            }
            self.compact();
        }
        let count = self.read().count();
        let mut at = self.read().cell_start() - cell;
        put_u16(self.0, CELL_START, at as u16);
        let (slot, end) = (self.read().slot_at(index), self.read().slot_at(count));
        self.0.copy_within(slot..end, slot + SLOT);
        put_u16(self.0, slot, at as u16);
        put_u16(self.0, slot + 2, suffix.len() as u16);
        put_u32(self.0, slot + 4, head(suffix));
        for part in std::iter::once(&suffix).chain(payload) {
            self.0[at..at + part.len()].copy_from_slice(part);
            at += part.len();
        }
        page::set_count(self.0, count + 1);
        true
    }

    /// Removes the entry at `index`.
    pub fn remove(&mut self, index: usize) {
        let node = self.read();
        let count = node.count();
        let cell = node.suffix(index).len() + node.payload(index).len();
        let garbage = get_u16(self.0, GARBAGE) as usize + cell;
        put_u16(self.0, GARBAGE, garbage as u16);
        let (slot, end) = (self.read().slot_at(index), self.read().slot_at(count));
        self.0.copy_within(slot + SLOT..end, slot);
        page::set_count(self.0, count - 1);
    }

    /// Overwrites a payload by one of the same or a smaller length. `false`: it is longer.
    pub fn replace(&mut self, index: usize, payload: &[&[u8]]) -> bool {
        let (offset, length) = self.read().slot(index);
        let old = self.read().payload(index).len();
        let new: usize = payload.iter().map(|part| part.len()).sum();
        if new > old {
            return false;
        }
        let mut at = offset + length;
        for part in payload {
            self.0[at..at + part.len()].copy_from_slice(part);
            at += part.len();
        }
        let garbage = get_u16(self.0, GARBAGE) as usize + (old - new);
        put_u16(self.0, GARBAGE, garbage as u16);
        true
    }

    /// Points a branch entry to another child.
    pub fn set_child(&mut self, index: usize, child: PagePtr) {
        let (offset, length) = self.read().slot(index);
        let at = offset + length;
        self.0[at..at + PagePtr::SIZE].copy_from_slice(&child.to_bytes());
    }

    /// Removes a branch's first child: the second becomes "lower than every key".
    pub fn remove_first_child(&mut self) {
        let second = self.read().child(1);
        self.set_child(0, second);
        self.remove(1);
    }

    /// Moves the cells together.
    fn compact(&mut self) {
        let old = self.0.to_vec();
        let from = Node(&old);
        let mut at = old.len();
        for index in 0..from.count() {
            let (offset, length) = from.slot(index);
            let cell = length + from.payload(index).len();
            at -= cell;
            self.0[at..at + cell].copy_from_slice(&old[offset..offset + cell]);
            let slot = self.read().slot_at(index);
            put_u16(self.0, slot, at as u16);
        }
        put_u16(self.0, CELL_START, at as u16);
        put_u16(self.0, GARBAGE, 0);
    }
}

/// The entries of a node with whole keys, taken out to be packed anew (splits, merges, a shrinking
/// prefix).
#[derive(Default)]
pub struct Entries {
    bytes: Vec<u8>,
    /// End of the key and end of the payload, each entry starting where the one before ended.
    ends: Vec<(u32, u32)>,
}

impl Entries {
    pub fn count(&self) -> usize {
        self.ends.len()
    }

    fn start(&self, index: usize) -> usize {
        if index == 0 {
            0
        } else {
            self.ends[index - 1].1 as usize
        }
    }

    pub fn key(&self, index: usize) -> &[u8] {
        &self.bytes[self.start(index)..self.ends[index].0 as usize]
    }

    pub fn payload(&self, index: usize) -> &[u8] {
        &self.bytes[self.ends[index].0 as usize..self.ends[index].1 as usize]
    }

    pub fn push(&mut self, key: &[&[u8]], payload: &[&[u8]]) {
        for part in key {
            self.bytes.extend_from_slice(part);
        }
        let key_end = self.bytes.len() as u32;
        for part in payload {
            self.bytes.extend_from_slice(part);
        }
        self.ends.push((key_end, self.bytes.len() as u32));
    }

    /// Adds entries `range` of a node. A branch's slot 0 gets the key `low`, its separator in the
    /// parent, so that it can stand anywhere in the list.
    pub fn take(&mut self, node: Node<'_>, range: std::ops::Range<usize>, low: &[u8]) {
        for index in range {
            if !node.is_leaf() && index == 0 {
                self.push(&[low], &[node.payload(index)]);
            } else {
                self.push(&[node.prefix(), node.suffix(index)], &[node.payload(index)]);
            }
        }
    }

    /// The prefix that a node of these entries may cut off.
    fn prefix(&self, range: &std::ops::Range<usize>, leaf: bool) -> &[u8] {
        let first = range.start + usize::from(!leaf);
        if first >= range.end {
            return &[];
        }
        let (low, high) = (self.key(first), self.key(range.end - 1));
        &low[..common_prefix(low, high)]
    }

    /// Bytes that a node of these entries uses beside its header.
    pub fn size(&self, range: std::ops::Range<usize>, leaf: bool) -> usize {
        let prefix = self.prefix(&range, leaf).len();
        let mut size = slots_start(prefix) - HEADER;
        for index in range.clone() {
            let first_of_branch = !leaf && index == range.start;
            let suffix = if first_of_branch {
                0
            } else {
                self.key(index).len() - prefix
            };
            size += SLOT + suffix + self.payload(index).len();
        }
        size
    }

    /// How many entries from `start` on fit into a node of so many bytes.
    pub fn fitting(&self, start: usize, leaf: bool, capacity: usize) -> usize {
        let mut fill = Fill::default();
        for index in start..self.count() {
            let first = start + usize::from(!leaf);
            let first = (index > first).then(|| self.key(first));
            fill = fill.and(leaf, first, self.key(index), self.payload(index).len());
            if fill.size() > capacity {
                return index - start;
            }
        }
        self.count() - start
    }

    /// Fills an initialised page with entries `range`, which must fit.
    pub fn pack(&self, range: std::ops::Range<usize>, page: &mut [u8]) {
        let leaf = Node(page).is_leaf();
        let mut node = NodeMut(page);
        node.clear(self.prefix(&range, leaf));
        for (index, entry) in range.enumerate() {
            let fits = node.insert(index, self.key(entry), &[self.payload(entry)]);
            assert!(fits, "packed entries were measured before");
        }
    }
}

/// How full a node is, entry by entry.
#[derive(Clone, Copy, Default)]
pub struct Fill {
    entries: usize,
    /// Of slots, payloads and whole keys.
    bytes: usize,
    /// Those with a key, and what these share.
    keys: usize,
    prefix: usize,
}

impl Fill {
    /// With one more entry behind `entries`, which are all there are so far.
    pub fn with(self, entries: &Entries, leaf: bool, key: &[u8], payload: usize) -> Fill {
        let first = (self.keys > 0).then(|| entries.key(usize::from(!leaf)));
        self.and(leaf, first, key, payload)
    }

    /// With one more entry. `first_key` is the first that counts: the slot 0 of a branch has none.
    fn and(self, leaf: bool, first_key: Option<&[u8]>, key: &[u8], payload: usize) -> Fill {
        let mut fill = self;
        fill.entries += 1;
        fill.bytes += SLOT + payload;
        if leaf || fill.entries > 1 {
            fill.bytes += key.len();
            fill.keys += 1;
            fill.prefix = match first_key {
                None => key.len(),
                Some(first) => common_prefix(&first[..fill.prefix.min(key.len())], key),
            };
        }
        fill
    }

    /// Bytes beside the page's header.
    pub fn size(self) -> usize {
        slots_start(self.prefix) - HEADER + self.bytes - self.keys * self.prefix
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leaf() -> Vec<u8> {
        let mut page = vec![0; 4096];
        page::init(&mut page, Kind::Leaf, 0, 1, 2, 3);
        NodeMut::new(&mut page).clear(b"");
        page
    }

    fn put(page: &mut [u8], key: &[u8], value: &[u8]) -> bool {
        let at = Node::new(page).search(key).expect_err("a new key");
        NodeMut::new(page).insert(at, key, &[&inline_word(value.len()), value])
    }

    #[test]
    fn keys_stay_ordered_and_values_found() {
        let mut page = leaf();
        let keys: [&[u8]; 7] = [b"m", b"a", b"zz", b"mm", b"", b"z", b"m\0"];
        for key in keys {
            assert!(put(&mut page, key, key));
        }
        let node = Node::new(&page);
        node.check().expect("sound");
        for key in keys {
            let at = node.search(key).expect("found");
            assert_eq!(node.value(at), Stored::Inline(key));
        }
    }

    #[test]
    fn repacking_cuts_the_common_prefix_and_keeps_the_keys() {
        let mut page = leaf();
        for n in 0..40u32 {
            assert!(put(
                &mut page,
                format!("common/{n:04}").as_bytes(),
                b"value"
            ));
        }
        let before = Node::new(&page).used();
        let mut entries = Entries::default();
        entries.take(Node::new(&page), 0..40, b"");
        // 9 bytes less in each of 40 cells; 16 for the prefix and its padding.
        assert_eq!(entries.size(0..40, true) + 40 * 9 - 16, before);
        entries.pack(0..40, &mut page);
        let node = Node::new(&page);
        node.check().expect("sound");
        assert_eq!(node.prefix(), b"common/00");
        assert!(node.search(b"common/0007").is_ok());
        assert_eq!(node.search(b"a"), Err(0));
        assert_eq!(node.search(b"common/"), Err(0));
        assert_eq!(node.search(b"d"), Err(40));
    }

    #[test]
    fn removed_cells_are_used_again() {
        let mut page = leaf();
        for round in 0..50u32 {
            assert!(put(&mut page, &round.to_be_bytes(), &[1; 900]));
            assert_eq!(Node::new(&page).count(), 1);
            NodeMut::new(&mut page).remove(0);
        }
    }

    #[test]
    fn a_full_page_refuses_and_stays_sound() {
        let mut page = leaf();
        let mut n = 0u32;
        while put(&mut page, &n.to_be_bytes(), &[0; 100]) {
            n += 1;
        }
        assert!(n > 30);
        Node::new(&page).check().expect("sound");
        assert!(NodeMut::new(&mut page).replace(0, &[&inline_word(3), b"abc"]));
        assert_eq!(Node::new(&page).value(0), Stored::Inline(b"abc"));
    }
}
