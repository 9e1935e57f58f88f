//! The operations of a life, chosen at random: documents one by one and many at a time, indexes (`builds.rs`: beside all of this, too) and
//! collections that come and go, transactions undone, commits that nobody waits for, checkpoints, closing and opening.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::sync::Arc;

use ironbase::storage::Result;
use ironbase::storage::engine::WriteTxn;
use ironbase::storage::vfs::sim::Random;

use crate::life::Life;
use crate::model::{Collection, State};
use crate::words::{changed, document, key};

pub const COLLECTIONS: [&str; 3] = ["alpha", "Beta 2", "gamma"];
pub const INDEXES: [(&str, bool); 3] = [("a", false), ("b", false), ("u", true)];

thread_local! {
    static CHANGED: Cell<u64> = const { Cell::new(0) };
}

/// Documents written and deleted, or tried to, by this thread so far.
pub fn documents_changed() -> u64 {
    CHANGED.get()
}

impl Life {
    /// One operation, chosen at random. An error has left the model as the database must be: the commit in doubt is in it, but
    /// not acknowledged.
    pub fn step(&mut self) -> Result<()> {
        match self.random.below(100) {
            0..=27 => self.write_one(),
            28..=39 => self.transaction(),
            40..=52 => self.write_many(),
            53..=67 => self.delete_one(),
            68..=73 => self.change_indexes(),
            74..=78 => self.change_collections(),
            79..=81 => self.checkpoint(),
            82..=83 => self.reopen(),
            84..=87 => self.roll_back(),
            88..=91 => self.commit_ahead(),
            92..=93 => self.look_back(),
            94..=95 => self.compact(),
            96..=97 => self.build_indexes(),
            _ => self.churn(),
        }
    }

    /// Two collections with all indexes, and so many documents more.
    pub fn grow(&mut self, documents: usize) -> Result<()> {
        for name in &COLLECTIONS[..2] {
            self.commit(|txn, state, _, _| {
                if state.collections.contains_key(*name) {
                    return Ok(false);
                }
                let collection = txn.create_collection(name, b"")?;
                let mut model = Collection::default();
                let mut with = collection;
                for (spec, unique) in INDEXES {
                    txn.create_index(&with, spec, unique, spec.as_bytes(), &|_| Ok(()))?;
                    with = txn.collection(name).expect("just made");
                    model.indexes.insert(spec.to_string(), unique);
                }
                state.collections.insert(name.to_string(), model);
                Ok(true)
            })?;
        }
        (0..documents).try_for_each(|_| self.write_one())
    }

    pub fn write_one(&mut self) -> Result<()> {
        self.commit(|txn, state, random, keys| {
            let name = ensure_collection(txn, state, random)?;
            put(txn, state, random, keys, name)?;
            Ok(true)
        })
    }

    pub fn write_many(&mut self) -> Result<()> {
        self.commit(|txn, state, random, keys| {
            for _ in 0..2 + random.below(8) {
                let name = ensure_collection(txn, state, random)?;
                if random.chance(75) {
                    put(txn, state, random, keys, name)?;
                } else {
                    delete(txn, state, random, keys, name)?;
                }
            }
            Ok(true)
        })
    }

    pub fn delete_one(&mut self) -> Result<()> {
        self.commit(|txn, state, random, keys| {
            let name = ensure_collection(txn, state, random)?;
            delete(txn, state, random, keys, name)?;
            Ok(true)
        })
    }

    pub fn change_indexes(&mut self) -> Result<()> {
        self.commit(|txn, state, random, _| {
            let name = ensure_collection(txn, state, random)?;
            let collection = txn.collection(name).expect("the model has it");
            let model = state.collections.get_mut(name).expect("just looked up");
            let (spec, unique) = random.choose(&INDEXES).expect("not empty");
            if model.indexes.contains_key(spec) {
                if random.chance(60) {
                    return Ok(false);
                }
                let index = collection.index(spec).expect("the model has it");
                txn.drop_index(&collection, index);
                model.indexes.remove(spec);
                return Ok(true);
            }
            let duplicate =
                txn.create_index(&collection, spec, unique, spec.as_bytes(), &|_| Ok(()))?;
            let expected = unique && model.has_repeated(spec);
            assert_eq!(duplicate.is_some(), expected, "a unique index was built");
            model.indexes.insert(spec.to_string(), unique);
            Ok(duplicate.is_none())
        })
    }

    pub fn change_collections(&mut self) -> Result<()> {
        self.commit(|txn, state, random, keys| {
            let name = ensure_collection(txn, state, random)?;
            let collection = txn.collection(name).expect("the model has it");
            let free: Vec<&'static str> = COLLECTIONS
                .into_iter()
                .filter(|name| !state.collections.contains_key(*name))
                .collect();
            match (random.choose(&free), random.below(3)) {
                (Some(other), 0) => {
                    txn.rename_collection(&collection, other)?;
                    let moved = state.collections.remove(name).expect("just looked up");
                    state.collections.insert(other.to_string(), moved);
                }
                (_, 1) => {
                    txn.drop_collection(&collection);
                    state.collections.remove(name);
                    if random.chance(50) {
                        // The same name again, at once.
                        txn.create_collection(name, b"options")?;
                        state.collections.insert(name.into(), Collection::default());
                        put(txn, state, random, keys, name)?;
                    }
                }
                _ => {}
            }
            Ok(true)
        })
    }

    pub fn roll_back(&mut self) -> Result<()> {
        self.issue(|txn, state, random, keys| {
            for _ in 0..1 + random.below(6) {
                let name = ensure_collection(txn, state, random)?;
                put(txn, state, random, keys, name)?;
            }
            if random.chance(30) {
                let name = ensure_collection(txn, state, random)?;
                let collection = txn.collection(name).expect("the model has it");
                txn.create_index(&collection, "zz", false, b"a", &|_| Ok(()))?;
            }
            Ok(false)
        })
        .map(|_| ())
    }

    /// Several commits before anyone waits for them: in one group, or in groups that are written but not synced; sometimes a
    /// checkpoint comes first.
    pub fn commit_ahead(&mut self) -> Result<()> {
        let mut last = self.model.last();
        let paced = self.random.chance(50);
        for _ in 0..2 + self.random.below(4) {
            last = self.issue(|txn, state, random, keys| {
                let name = ensure_collection(txn, state, random)?;
                put(txn, state, random, keys, name)?;
                Ok(true)
            })?;
            if paced {
                self.engine().pace(last)?;
            }
        }
        if self.random.chance(40) {
            self.checkpoint()?;
        }
        self.wait(last)
    }

    /// Many changes of few documents, so that pages die young; then the whole collection goes and comes.
    pub fn churn(&mut self) -> Result<()> {
        for _ in 0..6 {
            self.commit(|txn, state, random, _| {
                let name = ensure_collection(txn, state, random)?;
                put(txn, state, random, 5, name)?;
                Ok(true)
            })?;
        }
        if self.random.chance(20) {
            return self.commit(|txn, state, random, _| {
                let name = ensure_collection(txn, state, random)?;
                let collection = txn.collection(name).expect("the model has it");
                let model = state.collections.get_mut(name).expect("just looked up");
                for key in model.documents.keys() {
                    CHANGED.set(CHANGED.get() + 1);
                    assert!(txn.delete(&collection, key)?, "the model has it");
                }
                model.documents = Arc::new(BTreeMap::new());
                Ok(true)
            });
        }
        Ok(())
    }
}

/// The name of a collection that there is, made if need be; at most two are there at a time.
fn ensure_collection(
    txn: &mut WriteTxn<'_>,
    state: &mut State,
    random: &mut Random,
) -> Result<&'static str> {
    let there = |name: &&str| state.collections.contains_key(*name);
    let existing: Vec<&'static str> = COLLECTIONS.into_iter().filter(there).collect();
    if existing.len() >= 2 {
        return Ok(random.choose(&existing).expect("not empty"));
    }
    let name = random.choose(&COLLECTIONS).expect("not empty");
    if !state.collections.contains_key(name) {
        txn.create_collection(name, b"")?;
        let collection = Collection::default();
        state.collections.insert(name.to_string(), collection);
    }
    Ok(name)
}

pub fn put(
    txn: &mut WriteTxn<'_>,
    state: &mut State,
    random: &mut Random,
    keys: u64,
    name: &str,
) -> Result<()> {
    CHANGED.set(CHANGED.get() + 1);
    let collection = txn.collection(name).expect("the model has it");
    let model = state.collections.get_mut(name).expect("the model has it");
    let key = key(random, keys);
    // The log tells a small change as a difference.
    let document = match model.documents.get(&key) {
        Some(before) if random.chance(50) => changed(random, before),
        _ => document(random),
    };
    let (duplicate, refused) = if random.chance(25) {
        let there = model.documents.contains_key(&key);
        let duplicate = txn.insert(&collection, &key, &document)?;
        (duplicate, there || model.refuses(&key, &document))
    } else {
        let duplicate = txn.put(&collection, &key, &document)?;
        (duplicate, model.refuses(&key, &document))
    };
    assert_eq!(duplicate.is_some(), refused, "a document was refused");
    if !refused {
        model.put(&key, &document);
    }
    Ok(())
}

pub fn delete(
    txn: &mut WriteTxn<'_>,
    state: &mut State,
    random: &mut Random,
    keys: u64,
    name: &str,
) -> Result<()> {
    CHANGED.set(CHANGED.get() + 1);
    let collection = txn.collection(name).expect("the model has it");
    let model = state.collections.get_mut(name).expect("the model has it");
    let key = key(random, keys);
    let found = txn.delete(&collection, &key)?;
    assert_eq!(found, model.delete(&key), "a document was removed");
    Ok(())
}
