//! One life of a database: it is opened, random operations run on it and on the model side by side, it ends in whatever way
//! the test chooses. Everything follows from the seed.

use std::cell::{Cell, RefCell};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use ironbase::storage::engine::{Durability, Engine, Options, Pace, WriteTxn};
use ironbase::storage::page::Lsn;
use ironbase::storage::snapshot::Version;
use ironbase::storage::vfs::sim::{Random, SimVfs};
use ironbase::storage::wal::writer::LogSizes;
use ironbase::storage::{Error, ErrorKind, Result};

use crate::check::version_is;
use crate::model::{Model, State};
use crate::transactions::Open;
use crate::words::Words;

/// What a check says when a call failed while it was reading.
const FAILED_CALL: [&str; 2] = ["os error", "the power is cut"];

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
            part: choose(&[300, 3000, 1 << 20]) as usize,
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
    pub random: Random,
    /// Versions kept for a while, with what they must go on showing.
    held: Vec<(Arc<Version>, State)>,
    /// It is not closed and opened among its operations.
    pub stays_open: bool,
    /// Keys of a collection.
    pub keys: u64,
    /// Transactions that run beside the others.
    pub open: Vec<Open>,
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
            stays_open: false,
            keys: 90,
            open: Vec::new(),
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

    /// Runs a transaction on both sides and waits for it.
    pub fn commit(
        &mut self,
        change: impl FnOnce(&mut WriteTxn<'_>, &mut State, &mut Random, u64) -> Result<bool>,
    ) -> Result<()> {
        let lsn = self.issue(change)?;
        self.wait(lsn)
    }

    /// Runs a transaction on both sides; does not wait. `change` says whether to commit.
    pub fn issue(
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
        self.made(state);
        Ok(lsn)
    }

    /// The next commit has been made.
    pub fn made(&mut self, state: State) {
        self.model.push(state);
        self.progress
            .issued
            .store(self.model.last(), Ordering::SeqCst);
    }

    pub fn wait(&mut self, lsn: Lsn) -> Result<()> {
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
    pub fn checkpoint(&mut self) -> Result<()> {
        self.engine().checkpoint()?;
        self.promise(self.model.last());
        Ok(())
    }

    /// Compacts a collection and its indexes in steps as small as they can be. Half of the time it is stopped somewhere.
    pub fn compact(&mut self) -> Result<()> {
        let engine = self.engine().clone();
        let version = engine.snapshot();
        let ids: Vec<_> = version.catalog.collections().map(|c| c.id).collect();
        drop(version);
        let Some(id) = self.random.choose(&ids) else {
            return Ok(());
        };
        let steps = Cell::new(self.random.chance(50).then(|| self.random.below(40)));
        let pace = Pace {
            leaves: 1 + self.random.below(8) as usize,
            stretch: 1 + self.random.below(20) as u32,
        };
        let model = RefCell::new(&mut self.model);
        let issued = &self.progress.issued;
        let compacted = engine.compact(id, pace, &|_| {
            // Its commits change no document.
            let lsn = engine.stats().lsn;
            let mut model = model.borrow_mut();
            while model.last() < lsn {
                let state = model.newest().clone();
                model.push(state);
            }
            issued.store(lsn, Ordering::SeqCst);
            match steps.get() {
                Some(0) => Err(Error::new(ErrorKind::Interrupted, "stopped")),
                Some(left) => {
                    steps.set(Some(left - 1));
                    Ok(())
                }
                None => Ok(()),
            }
        });
        match compacted {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            other => drop(other?),
        }
        self.wait(self.model.last())
    }

    fn promise(&self, lsn: Lsn) {
        self.progress.acked.fetch_max(lsn, Ordering::SeqCst);
    }

    /// Closes the database or just lets go of it, and opens it again.
    pub fn reopen(&mut self) -> Result<()> {
        if self.stays_open {
            return Ok(());
        }
        self.held.clear();
        self.open.clear();
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

    /// Keeps the present version for later, or compares one kept with what it was.
    pub fn look_back(&mut self) -> Result<()> {
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
}
