//! Sorting more than fits memory: chunks are sorted in memory (`chunk`), written to a temporary file as runs, and merged
//! (`spill`).
//!
//! Indexes are built with it; the sorts of queries use its two parts.

pub mod chunk;
pub mod spill;

use std::sync::Arc;

use super::error::Result;
use super::vfs::Vfs;
use chunk::Chunk;
use spill::{Merge, Runs};

/// Entries given in any order, and taken out in that of their keys.
pub struct ExternalSort {
    vfs: Arc<dyn Vfs>,
    max_bytes: usize,
    chunk: Chunk,
    runs: Option<Runs>,
    count: u64,
}

impl ExternalSort {
    /// Keeps about so many bytes in memory.
    pub fn new(vfs: &Arc<dyn Vfs>, max_bytes: usize) -> ExternalSort {
        ExternalSort {
            vfs: vfs.clone(),
            max_bytes,
            chunk: Chunk::default(),
            runs: None,
            count: 0,
        }
    }

    pub fn add(&mut self, key: &[u8], value: &[u8]) -> Result<()> {
        let write = |out: &mut Vec<u8>| {
            out.extend_from_slice(key);
            Ok(())
        };
        self.chunk.push(write, value, |_| false)?;
        self.count += 1;
        match self.chunk.bytes() > self.max_bytes {
            true => self.spill(),
            false => Ok(()),
        }
    }

    fn spill(&mut self) -> Result<()> {
        self.chunk.sort();
        let runs = match &mut self.runs {
            Some(runs) => runs,
            none => none.insert(Runs::create(|| self.vfs.temporary())?),
        };
        runs.write(&self.chunk)?;
        self.chunk.clear();
        Ok(())
    }

    /// The entries in order.
    pub fn finish(mut self) -> Result<SortedEntries> {
        let count = self.count;
        if self.runs.is_some() && !self.chunk.is_empty() {
            self.spill()?;
        }
        let source = match self.runs {
            Some(runs) => Source::File(runs.merge()?),
            None => {
                self.chunk.sort();
                Source::Memory(self.chunk, 0)
            }
        };
        Ok(SortedEntries { source, count })
    }
}

/// The sorted entries, given one by one.
pub struct SortedEntries {
    source: Source,
    count: u64,
}

enum Source {
    /// A chunk and how many of its entries were given.
    Memory(Chunk, usize),
    File(Merge),
}

impl SortedEntries {
    /// How many there were in all.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Gives the next entry to `key` and `value`; `false` at the end.
    pub fn next(&mut self, key: &mut Vec<u8>, value: &mut Vec<u8>) -> Result<bool> {
        match &mut self.source {
            Source::File(merge) => merge.next(key, value),
            Source::Memory(chunk, given) => {
                let Some(entry) = chunk.get(*given) else {
                    return Ok(false);
                };
                *given += 1;
                for (out, bytes) in [(key, entry.0), (value, entry.1)] {
                    out.clear();
                    out.extend_from_slice(bytes);
                }
                Ok(true)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::storage::vfs::memory::MemoryVfs;
    use crate::storage::vfs::sim::Random;

    #[test]
    fn entries_come_out_in_order_whatever_the_memory() {
        let vfs: Arc<dyn Vfs> = Arc::new(MemoryVfs::new());
        for memory in [200, 5000, 1 << 20] {
            let mut random = Random::new(memory as u64);
            let mut sort = ExternalSort::new(&vfs, memory);
            let mut expected = BTreeMap::new();
            for number in 0..3000u32 {
                let key = format!("{:x}", random.next_u64() >> random.below(60)).into_bytes();
                let key = [&key[..], &number.to_be_bytes()].concat();
                let value = vec![number as u8; random.below(20) as usize];
                sort.add(&key, &value).unwrap();
                expected.insert(key, value);
            }
            assert_eq!(sort.runs.is_some(), memory < 1 << 20);
            let mut sorted = sort.finish().unwrap();
            assert_eq!(sorted.count(), 3000);
            let (mut key, mut value) = (Vec::new(), Vec::new());
            for entry in expected {
                assert!(sorted.next(&mut key, &mut value).unwrap());
                assert_eq!((&key, &value), (&entry.0, &entry.1));
            }
            assert!(!sorted.next(&mut key, &mut value).unwrap());
        }
    }
}
