//! One life of a database: it is opened, random operations run on it and on the model side by side, it ends in whatever way
//! the test chooses. Everything follows from the seed.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use ironbase::storage::engine::{Durability, Engine, Options, WriteTxn};
use ironbase::storage::page::Lsn;
use ironbase::storage::snapshot::Version;
use ironbase::storage::vfs::sim::{Random, SimVfs};
use ironbase::storage::wal::writer::LogSizes;
use ironbase::storage::{Error, ErrorKind, Result};

use crate::check::version_is;
use crate::model::{Collection, Model, State};
use crate::words::{Words, document, key};

/// What a check says when a call failed while it was reading.
const FAILED_CALL: [&str; 2] = ["os error", "the power is cut"];
const COLLECTIONS: [&str; 3] = ["alpha", "Beta 2", "gamma"];
const INDEXES: [(&str, bool); 3] = [("a", false), ("b", false), ("u", true)];

/// Sizes so small that within some hundred operations segments fill, checkpoints run and pages are written ahead.
pub fn options(seed: u64) -> Options {
    let mut random = Random::new(seed ^ 0x0b71);
    let mut choose = |from: &[u64]| random.choose(from).expect("not empty");
    Options {
        page_size: 4096,
        cache_bytes: choose(&[48 << 10, 96 << 10, 512 << 10]) as usize,
        log: LogSizes {
            segment: choose(&[8 << 10, 16 << 10, 64 << 10]),
            ahead: choose(&[4096, 8192]),
        },
        checkpoint_log_bytes: choose(&[12 << 10, 24 << 10, 48 << 10]),
        max_open_files: choose(&[2, 64]) as usize,
        background: false,
        mapped: false,
        ..Options::default()
    }
}

/// Opens the database on a disk as a new process would.
pub fn open(disk: &SimVfs, options: &Options) -> Result<Arc<Engine>> {
    Engine::open(Arc::new(disk.clone()), options.clone(), Arc::new(Words))
}

/// How far a life has come; a hook reads it in the midst of a call.
#[derive(Default)]
pub struct Progress {
    /// Commits up to here are promised to survive a power cut.
    pub acked: AtomicU64,
    /// Commits up to here are promised to survive the process.
    pub written: AtomicU64,
    /// Commits up to here were issued.
    pub issued: AtomicU64,
}

impl Progress {
    pub fn get(&self) -> (Lsn, Lsn) {
        let acked = self.acked.load(Ordering::SeqCst);
        (acked, self.issued.load(Ordering::SeqCst))
    }
}

/// Opens the database as a new process would.
pub type Opener = Box<dyn Fn(&Options) -> Result<Arc<Engine>>>;

pub struct Life {
    opener: Opener,
    /// `None` after opening failed.
    engine: Option<Arc<Engine>>,
    pub options: Options,
    pub model: Model,
    pub progress: Arc<Progress>,
    random: Random,
    /// Versions kept for a while, with what they must go on showing.
    held: Vec<(Arc<Version>, State)>,
    /// Keys of a collection.
    keys: u64,
}

impl Life {
    /// Opens the disk; `model` ends with what must be found there.
    pub fn begin(
        disk: &SimVfs,
        options: &Options,
        seed: u64,
        model: Model,
        progress: Arc<Progress>,
    ) -> Result<Life> {
        let disk = disk.clone();
        let opener: Opener = Box::new(move |options| open(&disk, options));
        Life::begin_with(opener, options, seed, model, progress)
    }

    /// As `begin`, on whatever `opener` opens.
    pub fn begin_with(
        opener: Opener,
        options: &Options,
        seed: u64,
        model: Model,
        progress: Arc<Progress>,
    ) -> Result<Life> {
        let last = model.last();
        progress.acked.store(last, Ordering::SeqCst);
        progress.written.store(last, Ordering::SeqCst);
        progress.issued.store(last, Ordering::SeqCst);
        let engine = opener(options)?;
        assert_eq!(engine.snapshot().lsn, last, "the commit found");
        Ok(Life {
            opener,
            engine: Some(engine),
            options: options.clone(),
            model,
            progress,
            random: Random::new(seed),
            held: Vec::new(),
            keys: 90,
        })
    }

    pub fn engine(&self) -> &Arc<Engine> {
        self.engine.as_ref().expect("the database is open")
    }

    /// Lets go of the database.
    pub fn end(self) -> (Opener, Model) {
        (self.opener, self.model)
    }

    pub fn is_open(&self) -> bool {
        self.engine.is_some()
    }

    /// Runs some operations.
    pub fn run(&mut self, operations: usize) -> Result<()> {
        (0..operations).try_for_each(|_| self.step())
    }

    /// One operation, chosen at random. An error has left the model as the database must be: the commit in doubt is in it, but
    /// not acknowledged.
    pub fn step(&mut self) -> Result<()> {
        match self.random.below(100) {
            0..=39 => self.write_one(),
            40..=52 => self.write_many(),
            53..=67 => self.delete_one(),
            68..=73 => self.change_indexes(),
            74..=78 => self.change_collections(),
            79..=81 => self.checkpoint(),
            82..=83 => self.reopen(),
            84..=87 => self.roll_back(),
            88..=91 => self.commit_ahead(),
            92..=95 => self.look_back(),
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
                    txn.create_index(&with, spec, unique, spec.as_bytes())?;
                    with = txn.collection(name).expect("just made");
                    model.indexes.insert(spec.to_string(), unique);
                }
                state.collections.insert(name.to_string(), model);
                Ok(true)
            })?;
        }
        (0..documents).try_for_each(|_| self.write_one())
    }

    /// Runs a transaction on both sides and waits for it.
    pub fn commit(
        &mut self,
        change: impl FnOnce(&mut WriteTxn<'_>, &mut State, &mut Random, u64) -> Result<bool>,
    ) -> Result<()> {
        let lsn = self.issue(change)?;
        self.wait(lsn)
    }

    /// Runs a transaction on both sides; does not wait. `change` says whether to commit.
    fn issue(
        &mut self,
        change: impl FnOnce(&mut WriteTxn<'_>, &mut State, &mut Random, u64) -> Result<bool>,
    ) -> Result<Lsn> {
        let mut state = self.model.newest().clone();
        let last = self.model.last();
        let engine = self.engine().clone();
        let mut txn = engine.begin_write()?;
        if !change(&mut txn, &mut state, &mut self.random, self.keys)? {
            return Ok(last);
        }
        let lsn = txn.commit();
        if lsn == last {
            assert!(
                state == *self.model.newest(),
                "a commit without a number changed something"
            );
            return Ok(lsn);
        }
        assert_eq!(lsn, last + 1);
        self.model.push(state);
        self.progress.issued.store(lsn, Ordering::SeqCst);
        Ok(lsn)
    }

    fn wait(&mut self, lsn: Lsn) -> Result<()> {
        let waited = self.engine().wait(lsn);
        if waited.is_err() && self.options.durability == Durability::Full {
            let visible = self.engine().snapshot().lsn;
            assert!(visible < lsn, "a commit is visible, yet called failed");
        }
        waited?;
        self.progress.written.fetch_max(lsn, Ordering::SeqCst);
        if self.options.durability == Durability::Full {
            self.promise(lsn);
            assert!(
                self.engine().snapshot().lsn >= lsn,
                "an acknowledged commit is visible"
            );
        }
        Ok(())
    }

    /// Whatever the durability, a checkpoint makes all before it durable.
    fn checkpoint(&mut self) -> Result<()> {
        self.engine().checkpoint()?;
        self.promise(self.model.last());
        Ok(())
    }

    fn promise(&self, lsn: Lsn) {
        self.progress.acked.fetch_max(lsn, Ordering::SeqCst);
    }

    fn write_one(&mut self) -> Result<()> {
        self.commit(|txn, state, random, keys| {
            let name = ensure_collection(txn, state, random)?;
            put(txn, state, random, keys, name)?;
            Ok(true)
        })
    }

    fn write_many(&mut self) -> Result<()> {
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

    fn delete_one(&mut self) -> Result<()> {
        self.commit(|txn, state, random, keys| {
            let name = ensure_collection(txn, state, random)?;
            delete(txn, state, random, keys, name)?;
            Ok(true)
        })
    }

    fn change_indexes(&mut self) -> Result<()> {
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
            let duplicate = txn.create_index(&collection, spec, unique, spec.as_bytes())?;
            let expected = unique && model.has_repeated(spec);
            assert_eq!(duplicate.is_some(), expected, "a unique index was built");
            model.indexes.insert(spec.to_string(), unique);
            Ok(duplicate.is_none())
        })
    }

    fn change_collections(&mut self) -> Result<()> {
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

    /// Closes the database or just lets go of it, and opens it again.
    fn reopen(&mut self) -> Result<()> {
        self.held.clear();
        // An operation that failed between its commits may have left some for which nobody waited.
        self.wait(self.model.last())?;
        if self.random.chance(60) {
            self.engine().close()?;
            self.promise(self.model.last());
        }
        let lsn = self.engine().snapshot().lsn;
        assert_eq!(lsn, self.model.last());
        // The lock goes with the last reference.
        self.engine = None;
        self.engine = Some((self.opener)(&self.options)?);
        assert_eq!(
            self.engine().snapshot().lsn,
            lsn,
            "the commit found after opening again"
        );
        Ok(())
    }

    fn roll_back(&mut self) -> Result<()> {
        self.issue(|txn, state, random, keys| {
            for _ in 0..1 + random.below(6) {
                let name = ensure_collection(txn, state, random)?;
                put(txn, state, random, keys, name)?;
            }
            if random.chance(30) {
                let name = ensure_collection(txn, state, random)?;
                let collection = txn.collection(name).expect("the model has it");
                txn.create_index(&collection, "zz", false, b"a")?;
            }
            Ok(false)
        })
        .map(|_| ())
    }

    /// Several commits in one group; sometimes a checkpoint comes before anyone waits for them.
    fn commit_ahead(&mut self) -> Result<()> {
        let mut last = self.model.last();
        for _ in 0..2 + self.random.below(4) {
            last = self.issue(|txn, state, random, keys| {
                let name = ensure_collection(txn, state, random)?;
                put(txn, state, random, keys, name)?;
                Ok(true)
            })?;
        }
        if self.random.chance(40) {
            self.checkpoint()?;
        }
        self.wait(last)
    }

    /// Keeps the present version for later, or compares one kept with what it was.
    fn look_back(&mut self) -> Result<()> {
        if self.held.len() < 3 && self.random.chance(60) {
            let version = self.engine().snapshot();
            let state = self.model.at(version.lsn).expect("a state of this life");
            self.held.push((version.clone(), state.clone()));
        } else if !self.held.is_empty() {
            let index = self.random.below(self.held.len() as u64) as usize;
            let (version, state) = self.held.swap_remove(index);
            if let Err(reason) = version_is(&version, &state) {
                if FAILED_CALL.iter().any(|said| reason.contains(said)) {
                    return Err(Error::new(ErrorKind::Io, reason));
                }
                panic!("the version kept since {} changed: {reason}", version.lsn);
            }
        }
        Ok(())
    }

    /// Many changes of few documents, so that pages die young; then the whole collection goes and comes.
    fn churn(&mut self) -> Result<()> {
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

fn put(
    txn: &mut WriteTxn<'_>,
    state: &mut State,
    random: &mut Random,
    keys: u64,
    name: &str,
) -> Result<()> {
    let collection = txn.collection(name).expect("the model has it");
    let model = state.collections.get_mut(name).expect("the model has it");
    let (key, document) = (key(random, keys), document(random));
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

fn delete(
    txn: &mut WriteTxn<'_>,
    state: &mut State,
    random: &mut Random,
    keys: u64,
    name: &str,
) -> Result<()> {
    let collection = txn.collection(name).expect("the model has it");
    let model = state.collections.get_mut(name).expect("the model has it");
    let key = key(random, keys);
    let found = txn.delete(&collection, &key)?;
    assert_eq!(found, model.delete(&key), "a document was removed");
    Ok(())
}
