//! The documents of one collection: by its tree, and where that is broken by the leaves that are left.
//!
//! The free map tells which leaves are those of the last checkpoint. Where it cannot be read either, all leaves on disk are looked
//! at, from the newest on: a key is taken from the newest leaf that has it, and not at all if a newer leaf spans it without having
//! it, since then it was deleted. What was deleted or changed in a leaf that is lost comes back in its older form; it is counted
//! as uncertain.

use std::collections::BTreeMap;
use std::ops::Bound::{Included, Unbounded};

use super::source::{Found, RawFile, Source, visit_leaf};
use super::target::{Put, Target};
use super::{LostRange, RANGES, Rescuer};
use crate::storage::btree::node::Node;
use crate::storage::error::Result;
use crate::storage::page::{self, HEADER, Kind, Lsn, PagePtr};
use crate::storage::pager::free_map::FreeMapRoot;
use crate::storage::pager::space::Bitmap;
use crate::storage::verify::tree::{Pages, Range, Visitor, walk};

/// Bytes of keys kept to tell which ranges newer leaves span.
const SPANS_BYTES: usize = 64 << 20;

pub fn rescue(
    source: &Source,
    found: &Found,
    target: &mut Target<'_>,
    rescuer: &dyn Rescuer,
) -> Result<()> {
    let Some(file) = source.open_file(found)? else {
        target.count_lost(found);
        return Ok(());
    };
    let mut lost = vec![(Vec::new(), None)];
    let mut reached = Bitmap::default();
    if let Some(entry) = found.entry.as_ref().filter(|_| found.is_current) {
        let mut walked = Walked {
            found,
            target,
            rescuer,
            lost: Vec::new(),
        };
        let limits = (source.newest(), file.pages);
        walk(&file, &entry.tree, limits, &mut reached, &mut walked)?;
        lost = walked.lost;
    }
    if !lost.is_empty() {
        let leaves = Leaves {
            file: &file,
            found,
            newest: source.newest(),
            lost: &lost,
        };
        leaves.rescue(&reached, target, rescuer)?;
    }
    target.count_lost(found);
    Ok(())
}

/// Keys from the first on, below the second.
type LostKeys = (Vec<u8>, Option<Vec<u8>>);

/// What the tree still leads to.
struct Walked<'a, 'e> {
    found: &'a Found,
    target: &'a mut Target<'e>,
    rescuer: &'a dyn Rescuer,
    lost: Vec<LostKeys>,
}

impl Visitor for Walked<'_, '_> {
    fn entry(&mut self, key: &[u8], value: &[u8]) -> Result<()> {
        self.rescuer.step(value.len())?;
        self.target.put(self.found.id, key, value, Put::Newest)
    }

    fn damage(&mut self, page: u32, reason: String, (low, high): Range<'_>) -> Result<()> {
        let report = self.target.report(self.found.id);
        report.damaged_pages += 1;
        if report.lost_ranges.len() < RANGES {
            report.lost_ranges.push(LostRange {
                page,
                reason,
                low: low.to_vec(),
                high: high.map(<[u8]>::to_vec),
            });
        }
        // Ranges come in order; those that touch are one.
        match self.lost.last_mut() {
            Some((_, end)) if end.as_deref() == Some(low) => *end = high.map(<[u8]>::to_vec),
            _ => self.lost.push((low.to_vec(), high.map(<[u8]>::to_vec))),
        }
        Ok(())
    }
}

/// A leaf that can be read. The order is that of their ages.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct LeafAt {
    first_version: Lsn,
    birth: Lsn,
    number: u32,
}

/// The leaves of a file that the tree does not lead to.
struct Leaves<'a> {
    file: &'a RawFile,
    found: &'a Found,
    newest: Lsn,
    /// Only keys in these ranges are wanted, which are in order.
    lost: &'a [LostKeys],
}

impl Leaves<'_> {
    fn rescue(
        &self,
        reached: &Bitmap,
        target: &mut Target<'_>,
        rescuer: &dyn Rescuer,
    ) -> Result<()> {
        let alive = self.alive();
        let is_wanted =
            |number| !reached.get(number) && alive.as_ref().is_none_or(|map| map.get(number));
        let (mut leaves, damaged) = self.find(&is_wanted, rescuer)?;
        if alive.is_some() {
            target.report(self.found.id).damaged_pages += damaged;
        }
        // The newest first. A private birth tells the version that its transaction began with.
        leaves.sort_unstable_by(|a, b| b.cmp(a));
        let mut spans = Spans::default();
        let mut bytes = Vec::new();
        for LeafAt { number, .. } in leaves {
            if self.file.read(number, &mut bytes).is_err() {
                continue;
            }
            visit_leaf(self.file, &bytes, self.newest, &mut |key, value| {
                rescuer.step(value.map_or(0, <[u8]>::len))?;
                if !self.is_lost(key) || spans.has(key) {
                    return Ok(());
                }
                let how = if alive.is_some() {
                    Put::Newest
                } else {
                    Put::Uncertain
                };
                match value {
                    Some(value) => target.put_if_absent(self.found.id, key, value, how),
                    None => Ok(()),
                }
            })?;
            if alive.is_none() {
                spans.add(Node::new(&bytes));
            }
        }
        Ok(())
    }

    /// The leaves that can be read; and how many pages cannot.
    fn find(
        &self,
        is_wanted: &dyn Fn(u32) -> bool,
        rescuer: &dyn Rescuer,
    ) -> Result<(Vec<LeafAt>, u64)> {
        let (mut leaves, mut damaged) = (Vec::new(), 0);
        let mut bytes = Vec::new();
        let mut number = 1;
        while number < self.file.pages {
            let mut pages = 1;
            if is_wanted(number) {
                rescuer.step(self.file.page_size())?;
                match self.file.read(number, &mut bytes) {
                    Ok(()) => pages = (bytes.len() / self.file.page_size()) as u32,
                    Err(_) => {
                        // Those in the midst of an extent that is lost are no pages of their own.
                        let header = bytes.get(..HEADER).unwrap_or_default();
                        let is_zero = header.iter().all(|&byte| byte == 0);
                        let is_own = is_zero
                            || (page::get_u32(header, 4), page::get_u32(header, 8))
                                == (number, self.found.id);
                        damaged += u64::from(is_own);
                        bytes.clear();
                    }
                }
                let is_leaf = !bytes.is_empty() && page::kind(&bytes) == Some(Kind::Leaf);
                let birth = if is_leaf { page::birth(&bytes) } else { 0 };
                if is_leaf && page::first_version(birth) <= self.newest {
                    leaves.push(LeafAt {
                        first_version: page::first_version(birth),
                        birth,
                        number,
                    });
                }
            }
            number += pages.max(1);
        }
        Ok((leaves, damaged))
    }

    fn is_lost(&self, key: &[u8]) -> bool {
        let next = self.lost.partition_point(|(low, _)| low.as_slice() <= key);
        next.checked_sub(1).is_some_and(|index| {
            let end = &self.lost[index].1;
            end.as_deref().is_none_or(|end| key < end)
        })
    }

    /// The pages of the last checkpoint, if all of the free map can be read.
    fn alive(&self) -> Option<Bitmap> {
        let entry = self
            .found
            .entry
            .as_ref()
            .filter(|_| self.found.is_current)?;
        let FreeMapRoot { root, level, .. } = entry.free_map;
        let mut words = BTreeMap::new();
        if root.is_null() || !self.read_map(root, level, 0, &mut words) {
            return None;
        }
        Some(Bitmap::from_words(words.into_values().flatten().collect()))
    }

    /// Reads a page of the free map and those below it. Whether all can be read. The depth is the map's, which has few levels.
    fn read_map(
        &self,
        at: PagePtr,
        level: u8,
        position: usize,
        words: &mut BTreeMap<usize, Vec<u64>>,
    ) -> bool {
        let mut bytes = Vec::new();
        let is_right = self.file.read(at.number, &mut bytes).is_ok()
            && page::kind(&bytes) == Some(Kind::FreeMap)
            && page::level(&bytes) == level
            && page::birth(&bytes) as u16 == at.birth;
        if !is_right {
            return false;
        }
        let entries = bytes[HEADER..].chunks_exact(8);
        if level == 0 {
            words.insert(
                position,
                entries.map(|word| page::get_u64(word, 0)).collect(),
            );
            return true;
        }
        let fanout = (self.file.page_size() - HEADER) / 8;
        let children = entries.take(page::count(&bytes)).enumerate();
        children.into_iter().all(|(index, child)| {
            self.read_map(
                PagePtr::read(child),
                level - 1,
                position * fanout + index,
                words,
            )
        })
    }
}

/// The ranges of keys that newer leaves span, from their first key to their last. Those that overlap are one.
#[derive(Default)]
struct Spans {
    ends: BTreeMap<Vec<u8>, Vec<u8>>,
    bytes: usize,
}

impl Spans {
    fn has(&self, key: &[u8]) -> bool {
        let below = self
            .ends
            .range::<[u8], _>((Unbounded, Included(key)))
            .next_back();
        below.is_some_and(|(_, end)| key <= end.as_slice())
    }

    fn add(&mut self, leaf: Node<'_>) {
        let Some(last) = leaf.count().checked_sub(1) else {
            return;
        };
        let (mut low, mut high) = (Vec::new(), Vec::new());
        leaf.key_into(0, &mut low);
        leaf.key_into(last, &mut high);
        // Beyond the limit of memory more comes back than should.
        if self.bytes > SPANS_BYTES {
            return;
        }
        let bounds = (Unbounded, Included(low.as_slice()));
        let before = self.ends.range::<[u8], _>(bounds).next_back();
        if let Some((start, end)) = before.filter(|(_, end)| **end >= low) {
            low.clone_from(start);
            high = high.max(end.clone());
        }
        while let Some((start, end)) = self.ends.range(low.clone()..).next()
            && *start <= high
        {
            let start = start.clone();
            high = high.max(end.clone());
            self.ends.remove(&start);
        }
        self.bytes += low.len() + high.len() + 64;
        self.ends.insert(low, high);
    }
}
