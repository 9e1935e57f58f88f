//! The database's own thread: checkpoints when the log has grown, pages written ahead when many wait, the
//! periodic sync of interval durability.

use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use parking_lot::{Condvar, Mutex};

use super::{Durability, Engine, PoisonOnPanic};
use crate::storage::error::Result;

/// Wakes the thread; tells it to end.
#[derive(Default)]
pub(super) struct Bell {
    state: Mutex<BellState>,
    rung: Condvar,
    thread: Mutex<Option<std::thread::JoinHandle<()>>>,
}

#[derive(Default)]
struct BellState {
    work: bool,
    end: bool,
    /// When the log is to be synced, for a write that asked for it.
    alarm: Option<Instant>,
}

impl Bell {
    pub fn ring(&self) {
        let mut state = self.state.lock();
        if !state.work {
            state.work = true;
            self.rung.notify_one();
        }
    }

    /// Has the log synced after `delay`, or before.
    pub fn set_alarm(&self, delay: Duration) {
        let mut state = self.state.lock();
        if state.alarm.is_none() {
            state.alarm = Some(Instant::now() + delay);
            self.rung.notify_one();
        }
    }

    /// Starts the thread that the bell is for.
    pub fn start(&self, name: &str, run: impl FnOnce() + Send + 'static) {
        match std::thread::Builder::new().name(name.into()).spawn(run) {
            Ok(handle) => *self.thread.lock() = Some(handle),
            Err(error) => log::warn!("cannot start the thread {name}: {error}"),
        }
    }

    /// Ends the thread and waits for it.
    fn stop(&self) {
        self.state.lock().end = true;
        self.rung.notify_one();
        let handle = self.thread.lock().take();
        if let Some(handle) = handle
            && handle.join().is_err()
        {
            log::error!("a thread in the background panicked");
        }
    }

    /// Whether the log is to be synced now.
    fn take_alarm(&self) -> bool {
        let mut state = self.state.lock();
        let is_due = state.alarm.is_some_and(|alarm| alarm <= Instant::now());
        if is_due {
            state.alarm = None;
        }
        is_due
    }

    /// Waits until the thread is to end, or until `timeout`. Whether to go on.
    pub fn sleep(&self, timeout: Duration) -> bool {
        let mut state = self.state.lock();
        let end = Instant::now() + timeout;
        while !state.end && !self.rung.wait_until(&mut state, end).timed_out() {}
        !state.end
    }

    /// Waits for work, the alarm, or until `timeout`. Whether to go on.
    fn wait(&self, timeout: Duration) -> bool {
        let mut state = self.state.lock();
        let end = Instant::now() + timeout;
        while !state.work && !state.end {
            let until = state.alarm.map_or(end, |alarm| alarm.min(end));
            if self.rung.wait_until(&mut state, until).timed_out() {
                break;
            }
        }
        state.work = false;
        !state.end
    }
}

impl Engine {
    pub(super) fn start_background(self: &Arc<Engine>) {
        if !self.options.background || self.options.read_only {
            return;
        }
        self.start_compaction();
        let (weak, bell) = (Arc::downgrade(self), self.bell.clone());
        let timeout = match self.options.durability {
            Durability::Interval => Duration::from_millis(self.options.sync_interval_ms.max(1)),
            _ => Duration::from_secs(1),
        };
        // Without the thread committers meet the hard limits and do the work themselves.
        self.bell
            .start("ironbase-storage", move || run(&weak, &bell, timeout));
    }

    /// Ends the threads and waits for them.
    pub(super) fn stop_background(&self) {
        self.compaction_bell.stop();
        self.bell.stop();
    }

    fn background_step(&self) -> Result<()> {
        use std::sync::atomic::Ordering::{Acquire, Relaxed};
        self.expire_transactions();
        if self.poisoned.load(Acquire) {
            return Ok(());
        }
        if self.is_checkpoint_due() {
            self.checkpoint()?;
        }
        let most = self.options.cache_bytes / 4;
        if self.shared.dirty_bytes.load(Relaxed) > most as i64 {
            let settled = self.settled.load(Acquire);
            // One page written for all its changes since the last checkpoint, rather than again for the next ones.
            match self.make_room(settled, most)? {
                true if self.is_mostly_thin() => self.checkpoint()?,
                true => self.write_ahead(settled, most / 2)?,
                false => {}
            }
        }
        if self.options.durability == Durability::Interval || self.bell.take_alarm() {
            self.flush_log(self.committed.load(Acquire), true)?;
        }
        self.reclaim()
    }
}

/// The thread holds the engine only while it works, so that a forgotten database can go.
fn run(weak: &Weak<Engine>, bell: &Bell, timeout: Duration) {
    while bell.wait(timeout) {
        let Some(engine) = weak.upgrade() else { return };
        let _poison = PoisonOnPanic::new(&engine, "doing background work");
        if let Err(error) = engine.background_step() {
            log::error!("background work on {} failed: {error}", engine.shown());
        }
    }
}
