//! Running a plan: going through keys, fetching documents, checking the filter again.
//!
//! A scan may stop after any document and go on later from a remembered key; between two stretches of it no guard is held, so that
//! a long scan does not keep pages in memory.
//!
//! Invariants: every document is visited once, in the order of the access; a document with several keys in a multikey index counts
//! at its first key within the bounds, which is found from the document itself, so that no set of visited documents grows.

use std::ops::ControlFlow;

use super::errors::from_storage;
use super::interrupt::Interrupt;
use super::select::spec_of;
use crate::bson::RawDoc;
use crate::error::{Code, Error, Result, Status};
use crate::index::key;
use crate::query::bounds::Interval;
use crate::query::{Access, Filter, Plan};
use crate::storage::btree::TreeRef;
use crate::storage::btree::walk::Walk;
use crate::storage::catalog::{Collection, Index};
use crate::storage::derive::{CompiledIndex, KeySet};
use crate::storage::roots::Roots;

/// Keys examined under one guard.
const STRETCH: u64 = 2048;

/// A leaf is loaded as a whole when so many of its entries are about to be read.
const WHOLE_LEAF: usize = 8;

/// A collection to read from: at a visible version, or as a running transaction sees it.
#[derive(Clone, Copy)]
pub struct Source<'a> {
    pub collection: &'a Collection,
    pub roots: &'a Roots,
}

impl<'a> Source<'a> {
    fn documents<'p>(self, pin: &'p crossbeam_epoch::Guard) -> TreeRef<'p>
    where
        'a: 'p,
    {
        let collection = self.collection;
        TreeRef {
            file: &collection.file,
            tree: self.roots.get(collection.id),
            pin,
        }
    }

    fn entries<'p>(self, index: &'p Index, pin: &'p crossbeam_epoch::Guard) -> TreeRef<'p> {
        TreeRef {
            file: &index.file,
            tree: self.roots.get(index.id),
            pin,
        }
    }

    /// Gives the document of a primary key to `visit`.
    pub fn with_document<T>(
        self,
        key: &[u8],
        visit: impl FnOnce(RawDoc<'_>) -> T,
    ) -> Result<Option<T>> {
        let pin = crossbeam_epoch::pin();
        let document = self.documents(&pin).get(key).map_err(from_storage)?;
        Ok(document.map(|bytes| visit(RawDoc::trusted(bytes))))
    }
}

/// What is looked for, where, by which way, and until when.
#[derive(Clone, Copy)]
pub struct Search<'a> {
    pub source: Source<'a>,
    pub plan: &'a Plan,
    pub filter: &'a Filter,
    pub interrupt: &'a Interrupt,
}

/// What is done with a matching document and its primary key; breaks when it wants no more for now.
pub type Visit<'v> = dyn FnMut(&[u8], RawDoc<'_>) -> Result<ControlFlow<()>> + 'v;

/// What running a plan cost.
#[derive(Clone, Copy, Debug, Default)]
pub struct Examined {
    /// Entries of an index, and single `_id`s looked up. A scan of documents reads no keys but theirs.
    pub keys: u64,
    pub documents: u64,
}

/// Where a scan is.
#[derive(Debug, Default)]
pub struct Position {
    /// The interval or point that is next or being gone through.
    step: usize,
    /// The last key examined in it.
    last: Option<Vec<u8>>,
    pub examined: Examined,
}

impl Position {
    /// Behind a key of the only interval.
    pub fn resume_behind(&mut self, key: Vec<u8>) {
        (self.step, self.last) = (0, Some(key));
    }
}

/// The last primary key of a collection.
pub fn last_key(source: Source<'_>) -> Result<Option<Vec<u8>>> {
    let pin = crossbeam_epoch::pin();
    let mut walk = Walk::new(source.documents(&pin));
    let mut key = Vec::new();
    if !walk.last().map_err(from_storage)? {
        return Ok(None);
    }
    walk.key_into(&mut key);
    Ok(Some(key))
}

/// Gives the matching documents, with their primary keys, to `visit` until it breaks. Called again with the same position it goes on behind
/// the document at which it broke. Whether the scan has come to its end.
pub fn run(search: Search<'_>, position: &mut Position, visit: &mut Visit<'_>) -> Result<bool> {
    loop {
        match stretch(search, position, visit)? {
            Stretch::End => return Ok(true),
            Stretch::Broken => return Ok(false),
            Stretch::Paused => {}
        }
    }
}

/// Runs a plan for as long as one guard should be held.
pub fn stretch(
    search: Search<'_>,
    position: &mut Position,
    visit: &mut Visit<'_>,
) -> Result<Stretch> {
    match &search.plan.access {
        Access::Empty => Ok(Stretch::End),
        Access::IdPoints(keys) => visit_points(search, keys, position, visit),
        Access::CollectionScan { id_bounds, reverse } => {
            let scan = Scan {
                bounds: id_bounds,
                reverse: *reverse,
            };
            scan_documents(search, &scan, position, visit)
        }
        Access::IndexScan {
            position: index,
            intervals,
            reverse,
            multikey,
        } => {
            let scan = Scan {
                bounds: intervals,
                reverse: *reverse,
            };
            let index = &search.source.collection.indexes[*index];
            scan_index(search, index, *multikey, &scan, position, visit)
        }
    }
}

/// What is done with an entry within the bounds, where the walk is, and its value. The key is put together by those who need it.
type EntryFn<'f, 'p> =
    dyn FnMut(&Walk<'p>, &'p [u8], &mut Examined) -> Result<ControlFlow<()>> + 'f;

/// How a stretch of a scan ended.
pub enum Stretch {
    /// There is nothing more.
    End,
    /// The visitor wants no more for now.
    Broken,
    /// Enough under one guard; go on with the next.
    Paused,
}

impl Stretch {
    pub fn is_end(&self) -> bool {
        matches!(self, Stretch::End)
    }
}

struct Scan<'a> {
    bounds: &'a [Interval],
    reverse: bool,
}

fn visit_points(
    search: Search<'_>,
    keys: &[Vec<u8>],
    position: &mut Position,
    visit: &mut Visit<'_>,
) -> Result<Stretch> {
    let pin = crossbeam_epoch::pin();
    let documents = search.source.documents(&pin);
    let last = keys.len().min(position.step + STRETCH as usize);
    while position.step < last {
        let key = &keys[position.step];
        position.step += 1;
        position.examined.keys += 1;
        let Some(bytes) = documents.get(key).map_err(from_storage)? else {
            continue;
        };
        position.examined.documents += 1;
        search.interrupt.step(bytes.len())?;
        let document = RawDoc::trusted(bytes);
        if search.filter.matches(document)? && visit(key, document)?.is_break() {
            return Ok(Stretch::Broken);
        }
    }
    Ok(if last == keys.len() {
        Stretch::End
    } else {
        Stretch::Paused
    })
}

/// Goes through the entries within the bounds, behind the position, for one stretch.
fn walk_bounds<'p>(
    tree: TreeRef<'p>,
    scan: &Scan<'_>,
    position: &mut Position,
    entry: &mut EntryFn<'_, 'p>,
) -> Result<Stretch> {
    let mut walk = Walk::new(tree);
    let mut key = Vec::new();
    let mut budget = STRETCH;
    while position.step < scan.bounds.len() {
        let bounds = match scan.reverse {
            false => &scan.bounds[position.step],
            true => &scan.bounds[scan.bounds.len() - 1 - position.step],
        };
        let mut more = match (&position.last, scan.reverse) {
            (None, false) => walk.seek(&bounds.low),
            (None, true) => walk.seek_below(&bounds.high),
            (Some(last), true) => walk.seek_below(last),
            (Some(last), false) => seek_behind(&mut walk, last, &mut key),
        }
        .map_err(from_storage)?;
        while more {
            // The bound is looked for once a leaf, not once an entry.
            let inside = match scan.reverse {
                false => walk.count_below(&bounds.high),
                true => walk.count_from(&bounds.low),
            };
            if inside == 0 {
                break;
            }
            if inside >= WHOLE_LEAF {
                walk.load_leaf();
            }
            for _ in 0..inside {
                let value = walk.value().map_err(from_storage)?;
                let flow = entry(&walk, value, &mut position.examined)?;
                budget -= 1;
                if flow.is_break() || budget == 0 {
                    walk.key_into(&mut key);
                    position.last = Some(key);
                    return Ok(if flow.is_break() {
                        Stretch::Broken
                    } else {
                        Stretch::Paused
                    });
                }
                more = if scan.reverse {
                    walk.prev()
                } else {
                    walk.next()
                }
                .map_err(from_storage)?;
            }
        }
        position.step += 1;
        position.last = None;
    }
    Ok(Stretch::End)
}

fn seek_behind(
    walk: &mut Walk<'_>,
    last: &[u8],
    key: &mut Vec<u8>,
) -> crate::storage::Result<bool> {
    if !walk.seek(last)? {
        return Ok(false);
    }
    walk.key_into(key);
    if key == last { walk.next() } else { Ok(true) }
}

fn scan_documents(
    search: Search<'_>,
    scan: &Scan<'_>,
    position: &mut Position,
    visit: &mut Visit<'_>,
) -> Result<Stretch> {
    let pin = crossbeam_epoch::pin();
    let mut key = Vec::new();
    walk_bounds(
        search.source.documents(&pin),
        scan,
        position,
        &mut |walk, bytes, examined| {
            examined.documents += 1;
            search.interrupt.step(bytes.len())?;
            let document = RawDoc::trusted(bytes);
            if search.filter.matches(document)? {
                walk.key_into(&mut key);
                visit(&key, document)
            } else {
                Ok(ControlFlow::Continue(()))
            }
        },
    )
}

fn scan_index(
    search: Search<'_>,
    index: &Index,
    multikey: bool,
    scan: &Scan<'_>,
    position: &mut Position,
    visit: &mut Visit<'_>,
) -> Result<Stretch> {
    let pin = crossbeam_epoch::pin();
    let documents = search.source.documents(&pin);
    let spec = spec_of(index)?;
    let (mut entry, mut keys) = (Vec::new(), KeySet::default());
    walk_bounds(
        search.source.entries(index, &pin),
        scan,
        position,
        &mut |walk, value, examined| {
            examined.keys += 1;
            walk.key_into(&mut entry);
            let (key, primary) = split_entry(index, &entry, value)?;
            let Some(bytes) = documents.get(primary).map_err(from_storage)? else {
                return Err(dangling(index, "leads to no document"));
            };
            examined.documents += 1;
            search.interrupt.step(bytes.len())?;
            let document = RawDoc::trusted(bytes);
            if !search.filter.matches(document)? {
                return Ok(ControlFlow::Continue(()));
            }
            if multikey {
                keys.clear();
                spec.derive(bytes, &mut keys)
                    .map_err(|e| dangling(index, &e.to_string()))?;
                if first_inside(&keys, scan) != Some(key) {
                    return Ok(ControlFlow::Continue(()));
                }
            }
            visit(primary, document)
        },
    )
}

/// Goes through a plan's index by leaps: gives each matching document with the key of its entry to `visit`, and passes over the
/// other entries of that key once `visit` says that it has what it looked for there. A document comes up at each of its keys.
pub fn leap(
    search: Search<'_>,
    visit: &mut dyn FnMut(&[u8], RawDoc<'_>) -> Result<bool>,
) -> Result<Examined> {
    let mut examined = Examined::default();
    let Access::IndexScan {
        position,
        intervals,
        ..
    } = &search.plan.access
    else {
        return Ok(examined);
    };
    let index = &search.source.collection.indexes[*position];
    for bounds in intervals {
        let mut from = bounds.low.clone();
        while leap_stretch(search, index, &bounds.high, &mut from, &mut examined, visit)? {}
    }
    Ok(examined)
}

/// Leaps from `from` towards `high` for as long as one guard should be held. Whether there is more, behind the new `from`.
fn leap_stretch(
    search: Search<'_>,
    index: &Index,
    high: &[u8],
    from: &mut Vec<u8>,
    examined: &mut Examined,
    visit: &mut dyn FnMut(&[u8], RawDoc<'_>) -> Result<bool>,
) -> Result<bool> {
    let pin = crossbeam_epoch::pin();
    let documents = search.source.documents(&pin);
    let mut walk = Walk::new(search.source.entries(index, &pin));
    let mut entry = Vec::new();
    let mut more = walk.seek(from).map_err(from_storage)?;
    for _ in 0..STRETCH {
        if !more {
            return Ok(false);
        }
        walk.key_into(&mut entry);
        if entry.as_slice() >= high {
            return Ok(false);
        }
        examined.keys += 1;
        let value = walk.value().map_err(from_storage)?;
        let (key, primary) = split_entry(index, &entry, value)?;
        let Some(bytes) = documents.get(primary).map_err(from_storage)? else {
            return Err(dangling(index, "leads to no document"));
        };
        examined.documents += 1;
        search.interrupt.step(bytes.len())?;
        let document = RawDoc::trusted(bytes);
        let found = search.filter.matches(document)? && visit(key, document)?;
        *from = match found {
            true => key::after_prefix(key),
            false => after_entry(&entry),
        };
        more = walk.next().map_err(from_storage)?;
        // The next entry is at hand; only a key with several entries is worth going down the tree again.
        if found && more {
            walk.key_into(&mut entry);
            if entry < *from {
                more = walk.seek(from).map_err(from_storage)?;
            }
        }
    }
    Ok(more)
}

/// The least byte string behind an entry.
fn after_entry(entry: &[u8]) -> Vec<u8> {
    [entry, &[0]].concat()
}

/// The key at which a document with these keys comes up first.
fn first_inside<'k>(keys: &'k KeySet, scan: &Scan<'_>) -> Option<&'k [u8]> {
    let inside = |key: &&[u8]| scan.bounds.iter().any(|bounds| bounds.contains(key));
    if scan.reverse {
        keys.iter().filter(inside).last()
    } else {
        keys.iter().find(inside)
    }
}

/// An index entry's key and primary key.
fn split_entry<'e>(index: &Index, entry: &'e [u8], value: &[u8]) -> Result<(&'e [u8], &'e [u8])> {
    let primary = value
        .try_into()
        .map(u16::from_le_bytes)
        .ok()
        .map(usize::from);
    primary
        .and_then(|length| entry.len().checked_sub(length))
        .map(|at| entry.split_at(at))
        .ok_or_else(|| dangling(index, "is malformed"))
}

fn dangling(index: &Index, what: &str) -> Error {
    let message = format!("an entry of index {:?} {what}", index.name);
    Error::new(Status::Corrupt, Code::NONE, message)
}
