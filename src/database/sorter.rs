//! Sorting in memory: documents are remembered by sort key and primary key, and fetched again in order.
//!
//! With a limit only the best so many are kept. Without one, memory is bounded as in MongoDB: beyond 100 MB the operation
//! fails ([manual: Sort and memory](https://www.mongodb.com/docs/manual/reference/limits/#sort-operations)).

use std::collections::BinaryHeap;

use crate::bson::RawDoc;
use crate::error::{Code, Error, Result};
use crate::query::Sort;

const MAX_BYTES: usize = 100 << 20;
/// MongoDB's QueryExceededMemoryLimitNoDiskUseAllowed.
const MEMORY_LIMIT: Code = Code(292);

/// One document: its sort key, when it came (equal keys keep their order), its primary key.
type Item = (Vec<u8>, u64, Vec<u8>);

pub struct Sorter<'s> {
    sort: &'s Sort,
    /// Keep so many; `usize::MAX` for all.
    keep: usize,
    /// The last of those kept is on top.
    heap: BinaryHeap<Item>,
    came: u64,
    bytes: usize,
}

impl<'s> Sorter<'s> {
    /// Keeps the first `keep` documents in the order of `sort`.
    pub fn new(sort: &'s Sort, keep: usize) -> Sorter<'s> {
        Sorter {
            sort,
            keep,
            heap: BinaryHeap::new(),
            came: 0,
            bytes: 0,
        }
    }

    pub fn add(&mut self, primary: &[u8], document: RawDoc<'_>) -> Result<()> {
        let mut key = Vec::new();
        self.sort.write_key(document, &mut key)?;
        self.came += 1;
        if self.heap.len() >= self.keep {
            match self.heap.peek() {
                Some(last) if key < last.0 => {}
                _ => return Ok(()),
            }
            if let Some(last) = self.heap.pop() {
                self.bytes -= weight(&last);
            }
        }
        let item = (key, self.came, primary.to_vec());
        self.bytes += weight(&item);
        if self.bytes > MAX_BYTES {
            let message = format!(
                "Sort exceeded memory limit of {MAX_BYTES} bytes; add an index on the sort, a limit, or a narrower filter"
            );
            return Err(Error::query(MEMORY_LIMIT, message));
        }
        self.heap.push(item);
        Ok(())
    }

    /// The primary keys in order.
    pub fn finish(self) -> Vec<Vec<u8>> {
        self.heap
            .into_sorted_vec()
            .into_iter()
            .map(|(_, _, primary)| primary)
            .collect()
    }
}

fn weight(item: &Item) -> usize {
    item.0.len() + item.2.len() + std::mem::size_of::<Item>()
}
