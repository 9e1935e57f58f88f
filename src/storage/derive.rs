//! How storage learns the index keys of a document without knowing what a document is.
//!
//! The layer above compiles an index specification once and derives keys from document bytes.
//! Storage calls it in the one place where documents are applied to trees, in normal running and
//! in replay alike. Deriving must therefore be a pure function of specification and document.

use std::sync::Arc;

/// Some document gave more than one key.
pub const MULTIKEY: u8 = 1;
/// Some key was cut to the size limit, so that the index no longer orders by value.
pub const TRUNCATED: u8 = 2;

/// The index keys of one document, in one growing buffer that is used again for the next.
#[derive(Default)]
pub struct KeySet {
    bytes: Vec<u8>,
    ranges: Vec<(u32, u32)>,
    flags: u8,
}

impl KeySet {
    /// Forgets keys and flags; keeps the memory.
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.ranges.clear();
        self.flags = 0;
    }

    /// Adds a key.
    pub fn push(&mut self, key: &[u8]) {
        let start = self.bytes.len() as u32;
        self.bytes.extend_from_slice(key);
        self.ranges.push((start, self.bytes.len() as u32));
    }

    /// Adds `MULTIKEY` or `TRUNCATED`.
    pub fn set_flags(&mut self, flags: u8) {
        self.flags |= flags;
    }

    /// The flags set so far.
    pub fn flags(&self) -> u8 {
        self.flags
    }

    /// The number of keys.
    pub fn len(&self) -> usize {
        self.ranges.len()
    }

    /// Whether there is no key.
    pub fn is_empty(&self) -> bool {
        self.ranges.is_empty()
    }

    /// The keys; in order after `sort_dedup`.
    pub fn iter(&self) -> impl Iterator<Item = &[u8]> {
        self.ranges
            .iter()
            .map(|&(start, end)| &self.bytes[start as usize..end as usize])
    }

    /// The key at `position`.
    pub fn get(&self, position: usize) -> &[u8] {
        let (start, end) = self.ranges[position];
        &self.bytes[start as usize..end as usize]
    }

    /// Whether the key is in the set. The set must be sorted.
    pub fn contains(&self, key: &[u8]) -> bool {
        self.ranges
            .binary_search_by(|&(start, end)| self.bytes[start as usize..end as usize].cmp(key))
            .is_ok()
    }

    /// Sorts the keys and drops repeated ones.
    pub fn sort_dedup(&mut self) {
        if self.ranges.len() < 2 {
            return;
        }
        let bytes = &self.bytes;
        let key = |range: &(u32, u32)| &bytes[range.0 as usize..range.1 as usize];
        self.ranges.sort_unstable_by(|a, b| key(a).cmp(key(b)));
        self.ranges.dedup_by(|a, b| key(a) == key(b));
    }
}

/// An index specification made ready for use.
///
/// The layer above gets its own type back through `Any`.
pub trait CompiledIndex: std::any::Any + Send + Sync {
    /// Adds the index keys of `document` to `out`, sorted and without repetition.
    fn derive(&self, document: &[u8], out: &mut KeySet) -> anyhow::Result<()>;

    /// Whether both documents are certain to give the same keys and flags. Quicker than deriving them.
    fn has_same_keys(&self, _before: &[u8], _after: &[u8]) -> bool {
        false
    }
}

/// Makes specifications ready for use.
pub trait IndexDeriver: Send + Sync {
    /// Compiles a specification that was given to `create_index`, now or in an earlier run.
    fn compile(&self, spec: &[u8]) -> anyhow::Result<Arc<dyn CompiledIndex>>;

    /// The flags that a primary key gives its tree (`TRUNCATED`).
    fn primary_flags(&self, _key: &[u8]) -> u8 {
        0
    }
}
