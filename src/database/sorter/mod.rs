//! Sorting what no index has in order: documents are remembered by sort key and primary key, and fetched again in order.
//!
//! Documents with equal sort keys stay in the order in which they came, that of the scan; so two runs of one query over one
//! version give the same order, and paging with `skip` neither repeats nor misses a document.
//!
//! With a limit only the best so many are kept. Memory is bounded as in MongoDB
//! ([manual: Sort and memory](https://www.mongodb.com/docs/manual/reference/limits/#sort-operations)): beyond 100 MiB sorted
//! runs go to a temporary file and are merged (`storage/sort`), or the operation fails if it may not use the disk.

use std::path::Path;

use crate::bson::RawDoc;
use crate::database::errors::from_storage;
use crate::error::{Code, Error, Result};
use crate::query::Sort;
use crate::storage::sort::chunk::Chunk;
use crate::storage::sort::spill::{Merge, Runs};

/// MongoDB's default of internalQueryMaxBlockingSortMemoryUsageBytes.
const MAX_BYTES: usize = 100 << 20;
/// MongoDB's QueryExceededMemoryLimitNoDiskUseAllowed.
const MEMORY_LIMIT: Code = Code(292);
/// Entries beyond those to be kept that are collected before they are weeded out.
const SLACK: usize = 1024;

/// Where runs that do not fit memory may go.
#[derive(Clone, Copy)]
pub enum Overflow<'p> {
    /// Nowhere: the sort fails.
    Refuse,
    /// To a file without a name in this directory, or else in the system's.
    File(&'p Path),
}

pub struct Sorter<'s> {
    sort: &'s Sort,
    /// Keep so many; `usize::MAX` for all.
    keep: usize,
    overflow: Overflow<'s>,
    max_bytes: usize,
    chunk: Chunk,
    runs: Option<Runs>,
    /// So many entries lie below this key that none at or above it will be kept.
    cutoff: Option<Vec<u8>>,
}

impl<'s> Sorter<'s> {
    /// Keeps the first `keep` documents in the order of `sort`.
    pub fn new(sort: &'s Sort, keep: usize, overflow: Overflow<'s>) -> Sorter<'s> {
        Sorter::with_memory(sort, keep, overflow, MAX_BYTES)
    }

    fn with_memory(
        sort: &'s Sort,
        keep: usize,
        overflow: Overflow<'s>,
        max_bytes: usize,
    ) -> Sorter<'s> {
        Sorter {
            sort,
            keep,
            overflow,
            max_bytes,
            chunk: Chunk::default(),
            runs: None,
            cutoff: None,
        }
    }

    pub fn add(&mut self, primary: &[u8], document: RawDoc<'_>) -> Result<()> {
        let sort = self.sort;
        let cutoff = self.cutoff.as_deref();
        let write = |out: &mut Vec<u8>| sort.write_key(document, out);
        self.chunk.push(write, primary, |key| {
            cutoff.is_some_and(|cutoff| key >= cutoff)
        })?;
        if self.chunk.len() >= self.keep.saturating_mul(2).saturating_add(SLACK) {
            self.weed();
        }
        if self.chunk.bytes() > self.max_bytes {
            self.weed();
        }
        if self.chunk.bytes() > self.max_bytes {
            self.spill()?;
        }
        Ok(())
    }

    /// Drops what is not among the first `keep` of the chunk.
    fn weed(&mut self) {
        if self.chunk.len() > self.keep {
            self.cutoff = Some(self.chunk.keep_least(self.keep));
        }
    }

    fn spill(&mut self) -> Result<()> {
        let Overflow::File(directory) = self.overflow else {
            let message = format!(
                "Sort exceeded memory limit of {} bytes, but did not opt in to external sorting; allow it with \
                 allowDiskUse, or add an index on the sort, a limit or a narrower filter",
                self.max_bytes
            );
            return Err(Error::query(MEMORY_LIMIT, message));
        };
        self.chunk.sort();
        let runs = match &mut self.runs {
            Some(runs) => runs,
            none => {
                let make = || tempfile::tempfile_in(directory).or_else(|_| tempfile::tempfile());
                none.insert(Runs::create(make).map_err(from_storage)?)
            }
        };
        runs.write(&self.chunk).map_err(from_storage)?;
        self.chunk.clear();
        Ok(())
    }

    /// The primary keys in order.
    pub fn finish(mut self) -> Result<Sorted> {
        self.weed();
        self.chunk.sort();
        let Some(mut runs) = self.runs else {
            return Ok(Sorted {
                left: self.keep,
                source: Source::Memory(self.chunk, 0),
                key: Vec::new(),
            });
        };
        runs.write(&self.chunk).map_err(from_storage)?;
        Ok(Sorted {
            left: self.keep,
            source: Source::File(runs.merge().map_err(from_storage)?),
            key: Vec::new(),
        })
    }
}

/// The sorted primary keys, given one by one.
pub struct Sorted {
    left: usize,
    source: Source,
    /// The newest sort key, which nobody asks for.
    key: Vec<u8>,
}

enum Source {
    /// A chunk and how many of its entries were given.
    Memory(Chunk, usize),
    File(Merge),
}

impl Sorted {
    /// Gives the next primary key to `primary`; `false` at the end.
    pub fn next(&mut self, primary: &mut Vec<u8>) -> Result<bool> {
        if self.left == 0 {
            return Ok(false);
        }
        self.left -= 1;
        match &mut self.source {
            Source::File(merge) => merge.next(&mut self.key, primary).map_err(from_storage),
            Source::Memory(chunk, given) => {
                let Some((_, next)) = chunk.get(*given) else {
                    return Ok(false);
                };
                *given += 1;
                primary.clear();
                primary.extend_from_slice(next);
                Ok(true)
            }
        }
    }

    /// Whether the sort went beyond memory.
    #[cfg(test)]
    fn used_disk(&self) -> bool {
        matches!(self.source, Source::File(_))
    }
}

#[cfg(test)]
mod tests;
