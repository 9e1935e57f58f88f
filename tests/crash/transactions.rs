//! Transactions that run beside others, among the operations of a life and large ones by themselves: whatever is cut or fails,
//! each is there as a whole or not at all, and none is published over a document that someone else has written meanwhile.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use ironbase::storage::engine::{Options, Transaction};
use ironbase::storage::page::{Lsn, TreeId};
use ironbase::storage::wal::writer::LogSizes;
use ironbase::storage::{Error, ErrorKind, Result};

use crate::check::told;
use crate::figures::figure;
use crate::life::{Life, Progress, options};
use crate::model::{Collection, Model, State};
use crate::power_cut::{lives_on, record, recovers};
use crate::runs::{amount, for_each, mix, seeds};
use crate::script::{COLLECTIONS, delete, put};

type Document = Option<Arc<Vec<u8>>>;

/// An open transaction and what it must come to.
pub struct Open {
    transaction: Arc<Transaction>,
    base: Lsn,
    /// What it sees.
    state: State,
    /// The documents it wrote, by the collection's id.
    writes: BTreeMap<(TreeId, Vec<u8>), Document>,
}

impl Life {
    /// Begins a transaction, does something in one, or ends one.
    pub fn transaction(&mut self) -> Result<()> {
        if self.open.is_empty() || (self.open.len() < 3 && self.random.chance(30)) {
            return self.begin_transaction();
        }
        let index = self.random.below(self.open.len() as u64) as usize;
        if self.random.chance(70) {
            let statements = 1 + self.random.below(12);
            let mut open = self.open.swap_remove(index);
            for _ in 0..statements {
                match self.statement(&mut open) {
                    Ok(()) => {}
                    // Someone else was quicker.
                    Err(error) if error.kind() == ErrorKind::Conflict => {
                        assert!(self.model.last() > open.base, "nobody else wrote anything");
                        return self.engine().abort_transaction(&open.transaction);
                    }
                    Err(error) => return Err(error),
                }
            }
            self.open.push(open);
            return Ok(());
        }
        let open = self.open.swap_remove(index);
        if self.random.chance(25) {
            return self.engine().abort_transaction(&open.transaction);
        }
        self.commit_transaction(open)
    }

    /// Forgets the states that nothing will be compared with any more.
    pub fn forget_old_states(&mut self) {
        let needed = self.open.iter().map(|open| open.base).min();
        let visible = self.engine().snapshot().lsn;
        self.model
            .forget_before(needed.unwrap_or(visible).min(visible));
    }

    fn begin_transaction(&mut self) -> Result<()> {
        let transaction = self.engine().begin_transaction(None)?;
        let base = self.engine().snapshot().lsn;
        let state = self.model.at(base).expect("a state of this life").clone();
        let writes = BTreeMap::new();
        self.open.push(Open {
            transaction,
            base,
            state,
            writes,
        });
        Ok(())
    }

    fn statement(&mut self, open: &mut Open) -> Result<()> {
        let engine = self.engine().clone();
        let _inside = engine.enter_transaction(&open.transaction)?;
        let mut txn = engine.write_in(&open.transaction)?;
        let there = |name: &&str| open.state.collections.contains_key(*name);
        let existing: Vec<&'static str> = COLLECTIONS.into_iter().filter(there).collect();
        let name = match self.random.choose(&existing) {
            Some(name) if existing.len() >= 2 || self.random.chance(80) => name,
            _ => self.random.choose(&COLLECTIONS).expect("not empty"),
        };
        if !open.state.collections.contains_key(name) {
            txn.create_collection(name, b"")?;
            let made = Collection::default();
            open.state.collections.insert(name.to_string(), made);
        }
        let before = open.state.collections[name].documents.clone();
        if self.random.chance(75) {
            put(&mut txn, &mut open.state, &mut self.random, self.keys, name)?;
        } else {
            delete(&mut txn, &mut open.state, &mut self.random, self.keys, name)?;
        }
        let tree = txn.collection(name).expect("the model has it").id;
        let after = &open.state.collections[name].documents;
        for key in before.keys().chain(after.keys()) {
            let same = match (before.get(key), after.get(key)) {
                (Some(before), Some(after)) => Arc::ptr_eq(before, after),
                (None, None) => true,
                _ => false,
            };
            if !same {
                open.writes
                    .insert((tree, key.clone()), after.get(key).cloned());
            }
        }
        txn.commit();
        Ok(())
    }

    fn commit_transaction(&mut self, open: Open) -> Result<()> {
        let engine = self.engine().clone();
        let last = self.model.last();
        let lsn = match engine.commit_transaction(&open.transaction) {
            Ok(Some(lsn)) => lsn,
            Ok(None) => return Ok(()),
            Err(error) if error.kind() == ErrorKind::Conflict => {
                assert!(last > open.base, "nobody else wrote anything");
                assert_eq!(
                    engine.stats().lsn,
                    last,
                    "a refused transaction is a commit"
                );
                return Ok(());
            }
            Err(error) => return Err(error),
        };
        assert_eq!(lsn, last + 1);
        let mut state = self.model.newest().clone();
        let base = self.model.at(open.base).expect("a state of this life");
        let catalog = &engine.snapshot().catalog;
        for ((tree, key), document) in open.writes {
            let made = || {
                open.state
                    .collections
                    .keys()
                    .find(|name| !base.collections.contains_key(*name))
            };
            let now = catalog.by_id(tree).map(|found| found.name.clone());
            let Some(name) = now.or_else(|| made().cloned()) else {
                return Err(Error::new(
                    ErrorKind::Corrupt,
                    "published into a dropped collection",
                ));
            };
            let collection = state.collections.entry(name).or_default();
            match document {
                Some(document) => collection.put(&key, &document),
                None => {
                    collection.delete(&key);
                }
            }
        }
        for (name, made) in &open.state.collections {
            if !base.collections.contains_key(name) {
                state.collections.insert(name.clone(), made.clone());
            }
        }
        self.model.push(state);
        self.progress.issued.store(lsn, Ordering::SeqCst);
        self.wait(lsn)
    }

    /// A transaction of many documents in several collections, with single commits of others in between.
    fn large_transaction(&mut self, statements: usize) -> Result<()> {
        self.begin_transaction()?;
        let mut open = self.open.pop().expect("just begun");
        for number in 0..statements {
            self.statement(&mut open)?;
            if number % 40 == 20 {
                // Into a collection that the transaction does not know.
                self.commit(|txn, state, _, _| {
                    let collection = match txn.collection("delta") {
                        Some(found) => found,
                        None => txn.create_collection("delta", b"")?,
                    };
                    let (key, text) = (number.to_string(), format!("a{number}"));
                    txn.put(&collection, key.as_bytes(), text.as_bytes())?;
                    let model = state.collections.entry("delta".to_string()).or_default();
                    model.put(key.as_bytes(), text.as_bytes());
                    Ok(true)
                })?;
            }
            if number % 70 == 35 {
                self.checkpoint()?;
            }
        }
        self.commit_transaction(open)
    }
}

/// Parts of the log after a few documents, pages written out before the commit, segments that fill up in between.
fn small(seed: u64) -> Options {
    Options {
        cache_bytes: 48 << 10,
        log: LogSizes {
            segment: 8 << 10,
            ahead: 4096,
            part: 700,
        },
        ..options(seed)
    }
}

#[test]
fn a_large_transaction_is_cut_at_every_change() {
    let count = AtomicU64::new(0);
    let (mut changes, mut transactions) = (0, 0);
    let seeds = seeds(3);
    for &seed in &seeds {
        let (disk, options) = (ironbase::storage::vfs::sim::SimVfs::new(), small(seed));
        let progress: Arc<Progress> = Arc::default();
        let model = Model::new(0, Default::default());
        let mut life = Life::begin(&disk, &options, seed, model, progress.clone()).expect("new");
        life.grow(40).expect("grown");
        let points = record(&disk, &progress);
        for _ in 0..2 {
            life.large_transaction(220)
                .unwrap_or_else(|error| panic!("seed {seed}: {}", told(error)));
            transactions += 1;
        }
        disk.clear_hook();
        let model = life.model.clone();
        drop(life);
        let points = std::mem::take(&mut *points.lock().expect("not poisoned"));
        changes += points.len();
        for_each(
            &points,
            |point| {
                format!(
                    "a_large_transaction_is_cut: seed {seed}, power cut before change {} ({}); {} acknowledged, {} made.\n\
                     Replay: IRONBASE_SEED={seed} cargo test --test crash a_large_transaction",
                    point.number, point.what, point.acked, point.issued
                )
            },
            |point| {
                for round in 0..2 {
                    let crash_seed = mix(seed, point.number * 8 + round);
                    let crashed = point.disk.crash(crash_seed);
                    let range = (point.acked, point.issued);
                    let lsn = recovers(&crashed, &options, &model, range)?;
                    count.fetch_add(1, Ordering::Relaxed);
                    lives_on(&crashed, &options, &model, lsn, 3, crash_seed)?;
                }
                // The process is killed instead: the next one finds all that was written.
                recovers(
                    &point.disk.fork(),
                    &options,
                    &model,
                    (point.acked, point.issued),
                )
                .map(|_| ())
            },
        );
    }
    let count = count.into_inner();
    figure(
        "power cut before each change of the disk that large transactions make",
        format!("{count} points, {changes} changes, {transactions} transactions"),
        "0 acknowledged, 0 partial",
    );
    assert!(seeds.len() < 2 || count >= amount(1000), "{count} points");
}
