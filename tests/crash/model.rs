//! What the database must hold: one plain map for each collection, and its state after every commit.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use ironbase::storage::page::Lsn;

use crate::words::words;

/// The documents of a collection and its indexes: name (which is also the specification) and whether it is unique.
#[derive(Clone, Default, PartialEq)]
pub struct Collection {
    pub documents: Arc<BTreeMap<Vec<u8>, Arc<Vec<u8>>>>,
    pub indexes: BTreeMap<String, bool>,
}

/// The whole database after some commit.
#[derive(Clone, Default, PartialEq)]
pub struct State {
    pub collections: BTreeMap<String, Collection>,
}

impl Collection {
    /// The entries that an index of this collection must have, in order: index key and primary key, one after the other.
    pub fn entries(&self, spec: &str) -> BTreeSet<(Vec<u8>, Vec<u8>)> {
        let mut entries = BTreeSet::new();
        for (key, document) in &*self.documents {
            for word in words(document, spec.as_bytes()) {
                entries.insert((word.to_vec(), key.clone()));
            }
        }
        entries
    }

    /// Whether some document gives an index several keys.
    pub fn is_multikey(&self, spec: &str) -> bool {
        let several = |document: &Vec<u8>| {
            words(document, spec.as_bytes())
                .collect::<BTreeSet<_>>()
                .len()
                > 1
        };
        self.documents.values().any(|document| several(document))
    }

    /// Whether a unique index refuses the document, because another one has one of its words.
    pub fn refuses(&self, key: &[u8], document: &[u8]) -> bool {
        let unique = self.indexes.iter().filter(|(_, unique)| **unique);
        unique.into_iter().any(|(spec, _)| {
            let own: BTreeSet<&[u8]> = words(document, spec.as_bytes()).collect();
            !own.is_empty()
                && self.documents.iter().any(|(other, there)| {
                    other != key && words(there, spec.as_bytes()).any(|word| own.contains(word))
                })
        })
    }

    /// Whether two documents share a word of an index, so that it cannot be unique.
    pub fn has_repeated(&self, spec: &str) -> bool {
        let words: Vec<Vec<u8>> = self.entries(spec).into_iter().map(|(w, _)| w).collect();
        words.windows(2).any(|pair| pair[0] == pair[1])
    }

    pub fn put(&mut self, key: &[u8], document: &[u8]) {
        Arc::make_mut(&mut self.documents).insert(key.to_vec(), Arc::new(document.to_vec()));
    }

    pub fn delete(&mut self, key: &[u8]) -> bool {
        self.documents.contains_key(key) && Arc::make_mut(&mut self.documents).remove(key).is_some()
    }
}

/// The states after the commits `base`, `base` + 1, ...
#[derive(Clone)]
pub struct Model {
    base: Lsn,
    states: Vec<State>,
}

impl Model {
    pub fn new(base: Lsn, state: State) -> Model {
        Model {
            base,
            states: vec![state],
        }
    }

    /// The newest commit.
    pub fn last(&self) -> Lsn {
        self.base + self.states.len() as Lsn - 1
    }

    pub fn newest(&self) -> &State {
        self.states.last().expect("there is always the base")
    }

    pub fn push(&mut self, state: State) {
        self.states.push(state);
    }

    /// Forgets the states before a commit.
    pub fn forget_before(&mut self, lsn: Lsn) {
        let gone = lsn
            .saturating_sub(self.base)
            .min(self.states.len() as Lsn - 1);
        self.states.drain(..gone as usize);
        self.base += gone;
    }

    /// The state after a commit, if it is one of this model.
    pub fn at(&self, lsn: Lsn) -> Option<&State> {
        let index = lsn.checked_sub(self.base)?;
        self.states.get(index as usize)
    }
}
