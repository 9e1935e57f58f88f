//! Finding a repeated key among the fields of a document while the document is being walked.
//!
//! Documents nest, so the keys seen so far form a stack: a nested document's keys lie above its
//! parent's and are dropped when it ends. A narrow document is searched linearly, by fingerprints;
//! a wide one through a hash table, whose hash is seeded, so that no choice of keys makes the
//! search quadratic. Keys are ranges of the caller's buffer: nothing is copied.

use std::hash::{BuildHasher, Hasher, RandomState};

/// Up to here, comparing fingerprints one by one is faster than hashing.
const LINEAR: usize = 16;

/// The keys of all open documents.
pub(crate) struct KeySet {
    entries: Vec<Entry>,
    seed: Option<RandomState>,
}

struct Entry {
    /// Of a narrow document, part of the key; of a wide one, its hash. Equal keys have equal ones.
    fingerprint: u64,
    start: usize,
    len: usize,
}

/// One open document: where its keys start on the stack, and its table once it is wide.
pub(crate) struct Scope {
    base: usize,
    /// Open addressing over a power of two of slots; a slot holds an entry's number plus one.
    table: Vec<u32>,
}

impl KeySet {
    pub(crate) fn new() -> KeySet {
        // Most documents have fewer keys, nested ones included, and so cost one allocation.
        KeySet {
            entries: Vec::with_capacity(32),
            seed: None,
        }
    }

    /// Starts a document.
    #[inline]
    pub(crate) fn open(&self) -> Scope {
        Scope {
            base: self.entries.len(),
            table: Vec::new(),
        }
    }

    /// Ends the document, and with it any that was left open inside.
    #[inline]
    pub(crate) fn close(&mut self, scope: Scope) {
        self.entries.truncate(scope.base);
    }

    /// Forgets all documents, as after an error.
    pub(crate) fn clear(&mut self) {
        self.entries.clear();
    }

    /// Adds the key at `start..start + len` of `buffer`; false if the document has it already.
    #[inline]
    pub(crate) fn insert(
        &mut self,
        scope: &mut Scope,
        buffer: &[u8],
        start: usize,
        len: usize,
    ) -> bool {
        let key = &buffer[start..start + len];
        if self.entries.len() - scope.base >= LINEAR {
            return self.insert_hashed(scope, buffer, start, len);
        }
        let fingerprint = fingerprint(key);
        let repeated = self.entries[scope.base..]
            .iter()
            .any(|entry| entry.fingerprint == fingerprint && entry.key(buffer) == key);
        self.entries.push(Entry {
            fingerprint,
            start,
            len,
        });
        !repeated
    }

    fn insert_hashed(
        &mut self,
        scope: &mut Scope,
        buffer: &[u8],
        start: usize,
        len: usize,
    ) -> bool {
        let seed = self.seed.get_or_insert_with(RandomState::new);
        let hash = |key: &[u8]| {
            let mut hasher = seed.build_hasher();
            hasher.write(key);
            hasher.finish()
        };
        let entries = &mut self.entries[scope.base..];
        if scope.table.is_empty() {
            for entry in entries.iter_mut() {
                entry.fingerprint = hash(entry.key(buffer));
            }
        }
        if scope.table.len() < 2 * (entries.len() + 1) {
            scope.rebuild(entries);
        }
        let key = &buffer[start..start + len];
        let fingerprint = hash(key);
        let slot = match scope.find(entries, fingerprint, |entry| entry.key(buffer) == key) {
            Ok(_) => return false,
            Err(slot) => slot,
        };
        scope.table[slot] = entries.len() as u32 + 1;
        self.entries.push(Entry {
            fingerprint,
            start,
            len,
        });
        true
    }
}

impl Entry {
    #[inline]
    fn key<'b>(&self, buffer: &'b [u8]) -> &'b [u8] {
        &buffer[self.start..self.start + self.len]
    }
}

impl Scope {
    /// The slot of the entry that `is_equal` accepts, or the free slot where it belongs.
    fn find(
        &self,
        entries: &[Entry],
        fingerprint: u64,
        is_equal: impl Fn(&Entry) -> bool,
    ) -> Result<usize, usize> {
        let mask = self.table.len() - 1;
        let mut slot = fingerprint as usize & mask;
        loop {
            match self.table[slot] {
                0 => return Err(slot),
                number => {
                    let entry = &entries[number as usize - 1];
                    if entry.fingerprint == fingerprint && is_equal(entry) {
                        return Ok(slot);
                    }
                }
            }
            slot = (slot + 1) & mask;
        }
    }

    fn rebuild(&mut self, entries: &[Entry]) {
        self.table.clear();
        self.table
            .resize((4 * (entries.len() + 1)).next_power_of_two(), 0);
        for (index, entry) in entries.iter().enumerate() {
            let free = self.find(entries, entry.fingerprint, |_| false);
            let (Ok(slot) | Err(slot)) = free;
            self.table[slot] = index as u32 + 1;
        }
    }
}

/// The length and up to twelve bytes of the key.
#[inline]
fn fingerprint(key: &[u8]) -> u64 {
    let len = key.len();
    let ends = match (key.first_chunk::<8>(), key.last_chunk::<4>()) {
        (Some(first), Some(last)) => {
            u64::from_le_bytes(*first) ^ u64::from(u32::from_le_bytes(*last)).rotate_left(20)
        }
        (None, Some(last)) => {
            let first = key
                .first_chunk::<4>()
                .map_or(0, |first| u32::from_le_bytes(*first));
            u64::from(first) | u64::from(u32::from_le_bytes(*last)) << 32
        }
        _ => key
            .iter()
            .fold(0, |bits, &byte| bits << 8 | u64::from(byte)),
    };
    ends ^ (len as u64) << 56
}

#[cfg(test)]
mod tests {
    use super::*;

    fn insert(set: &mut KeySet, scope: &mut Scope, buffer: &mut Vec<u8>, key: &str) -> bool {
        let start = buffer.len();
        buffer.extend_from_slice(key.as_bytes());
        set.insert(scope, buffer, start, key.len())
    }

    #[test]
    fn finds_repeats_in_narrow_and_wide_documents() {
        for count in [1, 2, LINEAR - 1, LINEAR, LINEAR + 1, 1000] {
            for prefix in ["", "k", "key", "a_longer_key_"] {
                let (mut set, mut buffer) = (KeySet::new(), Vec::new());
                let mut scope = set.open();
                for i in 0..count {
                    assert!(insert(
                        &mut set,
                        &mut scope,
                        &mut buffer,
                        &format!("{prefix}{i}")
                    ));
                }
                for i in [0, count / 2, count - 1] {
                    let key = format!("{prefix}{i}");
                    assert!(
                        !insert(&mut set, &mut scope, &mut buffer, &key),
                        "{key} of {count}"
                    );
                }
            }
        }
    }

    #[test]
    fn nested_documents_have_their_own_keys() {
        let (mut set, mut buffer) = (KeySet::new(), Vec::new());
        let mut outer = set.open();
        for i in 0..40 {
            assert!(insert(&mut set, &mut outer, &mut buffer, &format!("k{i}")));
            let mut inner = set.open();
            assert!(insert(&mut set, &mut inner, &mut buffer, "k0"));
            assert!(!insert(&mut set, &mut inner, &mut buffer, "k0"));
            set.close(inner);
        }
        assert!(!insert(&mut set, &mut outer, &mut buffer, "k0"));
    }
}
