//! When an operation must stop before its end: its time is up, or somebody killed it by its id.
//!
//! Loops that may be long call [`Interrupt::step`] for each key or document, which counts, and looks at clock and kill
//! flag once for much work. So do the expressions of the operation, which are given its [`Stop`]: one of them alone may go through
//! millions of elements. The same place reports progress. A cursor's time runs only while the engine works for it
//! (`resume`, `pause`), as in MongoDB
//! ([cursor.maxTimeMS](https://www.mongodb.com/docs/manual/reference/method/cursor.maxTimeMS/)).
//!
//! Ids are made beforehand, so that an operation can be killed from another thread as soon as, or before, it runs. An id
//! serves any number of operations until it is freed; once killed it stops all of them, those to come too.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use parking_lot::{Mutex, ReentrantMutex};

use super::options::Common;
use super::{Database, Entered, Shared};
use crate::error::{Code, Error, Result, Status};
use crate::query::Stop;
use crate::storage::engine::WriteTxn;
use crate::storage::{self, ErrorKind};

/// Work between two looks at the clock: so many keys or documents, or so many KiB of them.
const INTERVAL: u64 = 256;
/// Between two reports of progress.
const REPORT_EVERY: Duration = Duration::from_millis(100);
/// How long a writer waits for the commit lock before it looks whether it must stop.
const LOCK_PATIENCE: Duration = Duration::from_millis(20);

/// What a progress callback is told: how much is done, and of how much (0: not known). `false` stops the operation.
pub type ProgressFn = dyn FnMut(u64, u64) -> bool + Send;

/// An id's state, shared by its owner and the operations that name it.
#[derive(Default)]
pub(super) struct Operation {
    killed: AtomicBool,
    has_progress: AtomicBool,
    /// Held during the callback, so that replacing it waits for a call under way. The cell tells the callback that tries to
    /// replace itself from another thread.
    progress: ReentrantMutex<RefCell<Option<Box<ProgressFn>>>>,
}

impl Operation {
    fn set_progress(&self, progress: Option<Box<ProgressFn>>) -> Result<()> {
        let held = self.progress.lock();
        let Ok(mut current) = held.try_borrow_mut() else {
            let message = "a progress callback cannot replace itself, nor free its operation's id";
            return Err(Error::argument(message));
        };
        self.has_progress
            .store(progress.is_some(), Ordering::Release);
        *current = progress;
        Ok(())
    }

    fn report(&self, done: u64, total: u64) {
        if !self.has_progress.load(Ordering::Acquire) {
            return;
        }
        let held = self.progress.lock();
        // A callback that runs an operation under its own id is not called out of itself.
        if let Ok(mut progress) = held.try_borrow_mut()
            && let Some(progress) = &mut *progress
            && !progress(done, total)
        {
            self.killed.store(true, Ordering::Release);
        }
    }
}

/// The ids that were handed out and not freed.
#[derive(Default)]
pub(super) struct Operations {
    newest: AtomicU64,
    live: Mutex<HashMap<u64, Arc<Operation>>>,
}

impl Operations {
    fn get(&self, id: u64) -> Result<Arc<Operation>> {
        self.live.lock().get(&id).cloned().ok_or_else(|| {
            let message = format!("there is no operation id {id}: it was never made, or freed");
            Error::new(Status::Argument, Code::BAD_VALUE, message)
        })
    }
}

impl Database {
    /// Makes an id by which operations that name it in their options (`opId`) can be killed and watched, until
    /// [`op_free`](Database::op_free). Never 0.
    pub fn op_new(&self) -> u64 {
        let operations = &self.0.operations;
        let id = operations.newest.fetch_add(1, Ordering::Relaxed) + 1;
        operations.live.lock().insert(id, Arc::default());
        id
    }

    /// Stops the operations that run under an id, and those that will: they fail with `Interrupted` (11601).
    pub fn op_kill(&self, id: u64) -> Result<()> {
        let operation = self.0.operations.get(id)?;
        operation.killed.store(true, Ordering::Release);
        Ok(())
    }

    /// Has `progress` called now and then by the operations that run under an id, on their threads.
    ///
    /// When this returns, the callback set before is not running and will not be called again.
    pub fn op_set_progress(&self, id: u64, progress: Option<Box<ProgressFn>>) -> Result<()> {
        self.0.operations.get(id)?.set_progress(progress)
    }

    /// Forgets an id, and its progress callback as `op_set_progress` does. What runs under it goes on.
    pub fn op_free(&self, id: u64) -> Result<()> {
        let operation = self.0.operations.get(id)?;
        operation.set_progress(None)?;
        self.0.operations.live.lock().remove(&id);
        Ok(())
    }
}

/// What an operation must keep to; shared with its expressions.
struct Limits {
    operation: Option<Arc<Operation>>,
    deadline: Mutex<Option<Instant>>,
    /// Counted by the expressions.
    steps: AtomicU64,
}

impl Limits {
    fn check(&self) -> Result<()> {
        let killed = |operation: &Arc<Operation>| operation.killed.load(Ordering::Acquire);
        if self.operation.as_ref().is_some_and(killed) {
            let message = "operation was interrupted";
            return Err(Error::new(Status::Interrupted, Code::INTERRUPTED, message));
        }
        match *self.deadline.lock() {
            Some(deadline) if Instant::now() >= deadline => {
                let message = "operation exceeded time limit";
                let code = Code::MAX_TIME_MS_EXPIRED;
                Err(Error::new(Status::Interrupted, code, message))
            }
            _ => Ok(()),
        }
    }
}

impl Stop for Limits {
    fn step(&self) -> Result<()> {
        match self.steps.fetch_add(1, Ordering::Relaxed) % INTERVAL {
            0 => self.check(),
            _ => Ok(()),
        }
    }
}

impl fmt::Debug for Limits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Limits")
    }
}

/// What may stop one operation. For one thread at a time.
#[derive(Default)]
pub struct Interrupt {
    /// None: nothing can stop it.
    limits: Option<Arc<Limits>>,
    /// What is left of `maxTimeMS` while the clock stands still.
    allowance: Cell<Option<Duration>>,
    /// Work since the last look.
    work: Cell<u64>,
    /// For progress.
    done: Cell<u64>,
    total: Cell<u64>,
    reported: Cell<Option<Instant>>,
}

impl Interrupt {
    /// Never stops anything.
    pub fn none() -> Interrupt {
        Interrupt::default()
    }

    /// From an operation's options; the clock runs. Fails if the id is not known, or killed already.
    pub(super) fn new(database: &Shared, options: &Common) -> Result<Interrupt> {
        let operation = match options.op_id {
            None => None,
            Some(id) => Some(database.operations.get(id)?),
        };
        let allowance = match options.max_time_ms {
            0 => None,
            limit => Some(Duration::from_millis(limit)),
        };
        let interrupt = Interrupt::limited(operation, allowance);
        interrupt.check()?;
        Ok(interrupt)
    }

    /// The clock runs.
    fn limited(operation: Option<Arc<Operation>>, allowance: Option<Duration>) -> Interrupt {
        let is_limited = operation.is_some() || allowance.is_some();
        let limits = is_limited.then(|| {
            Arc::new(Limits {
                operation,
                deadline: Mutex::new(None),
                steps: AtomicU64::new(0),
            })
        });
        let interrupt = Interrupt {
            limits,
            allowance: Cell::new(allowance),
            ..Interrupt::default()
        };
        interrupt.resume();
        interrupt
    }

    /// For work that belongs to no open database, and so has no id: `progress` is told, and may stop it.
    pub fn watched(progress: Option<Box<ProgressFn>>, max_time_ms: u64) -> Result<Interrupt> {
        let operation = Operation::default();
        operation.set_progress(progress)?;
        let limit = Some(max_time_ms).filter(|&limit| limit > 0);
        let allowance = limit.map(Duration::from_millis);
        Ok(Interrupt::limited(Some(Arc::new(operation)), allowance))
    }

    /// Lets the clock run.
    pub fn resume(&self) {
        if let (Some(limits), Some(allowance)) = (&self.limits, self.allowance.get()) {
            *limits.deadline.lock() = Instant::now().checked_add(allowance);
        }
    }

    /// Stops the clock until `resume`: the caller is not in the engine.
    pub fn pause(&self) {
        let deadline = self
            .limits
            .as_ref()
            .and_then(|limits| limits.deadline.lock().take());
        if let Some(deadline) = deadline {
            let left = deadline.saturating_duration_since(Instant::now());
            self.allowance.set(Some(left));
        }
    }

    /// Says how much there will be to do, for progress.
    pub fn expect(&self, total: u64) {
        self.total.set(total);
    }

    /// One key or document of so many bytes was dealt with. Looks now and then whether to stop.
    #[inline]
    pub fn step(&self, bytes: usize) -> Result<()> {
        let work = self.work.get() + 1 + (bytes as u64 >> 10);
        self.work.set(work);
        self.count(1);
        if work < INTERVAL {
            return Ok(());
        }
        self.work.set(0);
        self.report();
        self.check()
    }

    /// So many keys or documents were dealt with. Looks at once whether to stop.
    pub fn advance(&self, count: u64) -> Result<()> {
        self.count(count);
        self.report();
        self.check()
    }

    fn count(&self, count: u64) {
        let done = self.done.get() + count;
        // Others may have added to the work meanwhile, or it was estimated.
        self.done.set(match self.total.get() {
            0 => done,
            total => done.min(total),
        });
    }

    /// What was expected is done, with less work.
    pub fn complete(&self) {
        self.done.set(self.done.get().max(self.total.get()));
        self.finish();
    }

    /// Reports progress: with the first work, and then by the clock.
    fn report(&self) {
        let Some(operation) = self.operation() else {
            return;
        };
        let now = Instant::now();
        let due = |last: Instant| now.duration_since(last) >= REPORT_EVERY;
        if self.reported.get().is_none_or(due) {
            self.reported.set(Some(now));
            operation.report(self.done.get(), self.total.get());
        }
    }

    /// Looks whether to stop: `MaxTimeMSExpired` (50), `Interrupted` (11601).
    pub fn check(&self) -> Result<()> {
        self.limits.as_ref().map_or(Ok(()), |limits| limits.check())
    }

    /// What stops the operation's expressions.
    pub fn stop(&self) -> Option<Arc<dyn Stop>> {
        let limits = self.limits.clone()?;
        Some(limits)
    }

    fn operation(&self) -> Option<&Arc<Operation>> {
        self.limits.as_ref()?.operation.as_ref()
    }

    /// Reports the last of the progress: the operation is at its end.
    pub fn finish(&self) {
        if let Some(operation) = self.operation() {
            operation.report(self.done.get(), self.done.get().max(self.total.get()));
        }
    }

    /// `step` for loops within storage.
    pub fn storage_step(&self, bytes: usize) -> storage::Result<()> {
        self.step(bytes).map_err(into_storage)
    }

    /// `advance` for loops within storage.
    pub fn storage_advance(&self, count: u64) -> storage::Result<()> {
        self.advance(count).map_err(into_storage)
    }

    fn is_unlimited(&self) -> bool {
        self.limits.is_none()
    }
}

/// Storage hands it back unchanged (`errors::from_storage`).
fn into_storage(error: Error) -> storage::Error {
    storage::Error::new(ErrorKind::Interrupted, "interrupted").with_source(error)
}

impl Entered<'_> {
    /// Starts a transaction; waits for the one that is running, but not beyond the operation's end.
    pub fn begin_write_until(&self, interrupt: &Interrupt) -> Result<WriteTxn<'_>> {
        if interrupt.is_unlimited() || self.transaction().is_some() {
            return self.begin_write();
        }
        loop {
            interrupt.check()?;
            let txn = self.begin_write_within(LOCK_PATIENCE);
            if let Some(txn) = txn.map_err(super::from_storage)? {
                return Ok(txn);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::database::options::OpenOptions;

    fn limits(max_time_ms: u64, op_id: Option<u64>) -> Common {
        Common { max_time_ms, op_id }
    }

    fn database() -> Database {
        Database::open(":memory:", OpenOptions::default()).unwrap()
    }

    #[test]
    fn time_counts_only_while_the_clock_runs() {
        let database = database();
        let interrupt = Interrupt::new(&database.0, &limits(30, None)).unwrap();
        interrupt.pause();
        std::thread::sleep(Duration::from_millis(60));
        interrupt.resume();
        interrupt.check().unwrap();
        std::thread::sleep(Duration::from_millis(40));
        let error = interrupt.check().unwrap_err();
        assert_eq!(
            (error.status(), error.code()),
            (Status::Interrupted, Code::MAX_TIME_MS_EXPIRED)
        );
        // And stays so.
        interrupt.pause();
        interrupt.resume();
        assert!(interrupt.check().is_err());
    }

    #[test]
    fn a_killed_id_stops_what_runs_and_what_comes() {
        let database = database();
        let id = database.op_new();
        let interrupt = Interrupt::new(&database.0, &limits(0, Some(id))).unwrap();
        (0..1000).for_each(|_| interrupt.step(10).unwrap());
        database.op_kill(id).unwrap();
        let steps = (0..1000).take_while(|_| interrupt.step(10).is_ok()).count() as u64;
        assert!(steps <= INTERVAL, "{steps}");
        let error = interrupt.check().unwrap_err();
        assert_eq!(
            (error.status(), error.code()),
            (Status::Interrupted, Code::INTERRUPTED)
        );
        assert!(Interrupt::new(&database.0, &limits(0, Some(id))).is_err());
        database.op_free(id).unwrap();
        for refused in [
            database.op_kill(id),
            database.op_free(id),
            database.op_set_progress(id, None),
            Interrupt::new(&database.0, &limits(0, Some(id))).map(drop),
        ] {
            assert_eq!(refused.unwrap_err().code(), Code::BAD_VALUE);
        }
    }

    #[test]
    fn large_documents_are_looked_at_more_often() {
        let database = database();
        let id = database.op_new();
        let interrupt = Interrupt::new(&database.0, &limits(0, Some(id))).unwrap();
        database.op_kill(id).unwrap();
        assert!(interrupt.step(1 << 20).is_err());
    }

    #[test]
    fn progress_is_reported_and_may_stop_the_operation() {
        let database = database();
        let id = database.op_new();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let (sink, inner) = (seen.clone(), database.clone());
        let callback = move |done, total| {
            // Neither may hang.
            assert!(inner.op_free(id).is_err());
            assert!(inner.op_set_progress(id, None).is_err());
            sink.lock().push((done, total));
            done < 600
        };
        database
            .op_set_progress(id, Some(Box::new(callback)))
            .unwrap();
        let interrupt = Interrupt::new(&database.0, &limits(0, Some(id))).unwrap();
        interrupt.expect(1000);
        let mut steps = 0;
        while interrupt.step(0).is_ok() {
            steps += 1;
            if steps % 100 == 0 {
                std::thread::sleep(REPORT_EVERY);
            }
            assert!(steps < 1000);
        }
        assert_eq!(*seen.lock(), [(256, 1000), (512, 1000), (768, 1000)]);
        database.op_free(id).unwrap();
    }
}
