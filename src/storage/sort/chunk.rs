//! As many keys and values as fit memory: all bytes in one vector, and small entries to sort.

use std::cmp::Ordering;

#[derive(Default)]
pub struct Chunk {
    bytes: Vec<u8>,
    entries: Vec<Entry>,
}

#[derive(Clone, Copy)]
struct Entry {
    /// The first bytes of the key: most comparisons end here, without a look at `bytes`.
    prefix: u64,
    /// Where the key begins; the value follows. Greater: came later.
    at: usize,
    key_len: u32,
    value_len: u32,
}

impl Entry {
    fn key(self, bytes: &[u8]) -> &[u8] {
        &bytes[self.at..self.at + self.key_len as usize]
    }

    fn value(self, bytes: &[u8]) -> &[u8] {
        let at = self.at + self.key_len as usize;
        &bytes[at..at + self.value_len as usize]
    }

    fn compare(self, other: Entry, bytes: &[u8]) -> Ordering {
        let prefixes = self.prefix.cmp(&other.prefix);
        let keys = prefixes.then_with(|| self.key(bytes).cmp(other.key(bytes)));
        keys.then(self.at.cmp(&other.at))
    }
}

impl Chunk {
    /// Adds an entry whose key `write` appends, unless `is_unwanted` says so of the key.
    pub fn push<E>(
        &mut self,
        write: impl FnOnce(&mut Vec<u8>) -> Result<(), E>,
        value: &[u8],
        is_unwanted: impl FnOnce(&[u8]) -> bool,
    ) -> Result<(), E> {
        let at = self.bytes.len();
        write(&mut self.bytes)?;
        let key = &self.bytes[at..];
        if is_unwanted(key) {
            self.bytes.truncate(at);
            return Ok(());
        }
        let (prefix, key_len) = (prefix(key), key.len() as u32);
        self.bytes.extend_from_slice(value);
        self.entries.push(Entry {
            prefix,
            at,
            key_len,
            value_len: value.len() as u32,
        });
        Ok(())
    }

    pub fn len(&self) -> usize {
        self.entries.len()
    }

    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The memory that it needs.
    pub fn bytes(&self) -> usize {
        self.bytes.len() + self.entries.len() * size_of::<Entry>()
    }

    /// The key and value of an entry.
    pub fn get(&self, position: usize) -> Option<(&[u8], &[u8])> {
        let entry = self.entries.get(position)?;
        Some((entry.key(&self.bytes), entry.value(&self.bytes)))
    }

    pub fn sort(&mut self) {
        let bytes = &self.bytes;
        self.entries.sort_unstable_by(|a, b| a.compare(*b, bytes));
    }

    pub fn clear(&mut self) {
        self.bytes.clear();
        self.entries.clear();
    }

    /// Keeps the `count` least entries, in the order in which they came; there must be more. Gives the greatest key kept.
    pub fn keep_least(&mut self, count: usize) -> Vec<u8> {
        let bytes = &self.bytes;
        let last = count.saturating_sub(1);
        let (_, greatest, _) = self
            .entries
            .select_nth_unstable_by(last, |a, b| a.compare(*b, bytes));
        let cutoff = greatest.key(bytes).to_vec();
        self.entries.truncate(count);
        self.entries.sort_unstable_by_key(|entry| entry.at);
        // Each entry moves towards the front, over bytes that no later one has.
        let mut end = 0;
        for entry in &mut self.entries {
            let length = entry.key_len as usize + entry.value_len as usize;
            self.bytes.copy_within(entry.at..entry.at + length, end);
            entry.at = end;
            end += length;
        }
        self.bytes.truncate(end);
        cutoff
    }
}

fn prefix(key: &[u8]) -> u64 {
    let mut first = [0; 8];
    let length = key.len().min(8);
    first[..length].copy_from_slice(&key[..length]);
    u64::from_be_bytes(first)
}
