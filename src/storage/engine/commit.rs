//! Group commit: many waiting committers, one write, one `fdatasync`.
//!
//! A committer has applied its change to `latest` and appended it to the pending group under the commit lock. It then waits
//! for its LSN here. The first to find no leader becomes it: takes the pending group, writes, syncs, publishes,
//! and wakes everyone. Those who arrive meanwhile form the next group.
//!
//! Invariants: LSNs are handed out in the order of the log; `synced` never passes a commit whose bytes were not synced; after a
//! failed write or sync nothing is published and nothing is written again.

use std::sync::{Arc, PoisonError};
use std::time::Duration;

use super::{Core, Durability, Engine};
use crate::storage::error::{Error, ErrorKind, Result};
use crate::storage::page::Lsn;
use crate::storage::snapshot::Version;
use crate::storage::superblock::LogPosition;
use crate::storage::sync::atomic::{AtomicU64, Ordering};
use crate::storage::sync::system::{Condvar, MutexGuard};
use crate::storage::sync::{Instant, Mutex, system, yield_now};
use crate::storage::wal::group::{PartsNumber, Pending};
use crate::storage::wal::writer::LogWriter;

/// A long operation waits for a sync when so many bytes of log are not on the medium.
const MAX_UNSYNCED: u64 = 8 << 20;

/// A leader waits for others at most as long as the last sync took, and never longer than this.
const MAX_PATIENCE: Duration = Duration::from_millis(1);

/// The log tells the time when so many milliseconds have passed since it last did.
const STAMP_EVERY: u64 = 100;

pub(super) struct GroupCommit {
    /// The standard library's lock and condition, unlike those used everywhere else: they wake all waiters by one system
    /// call, where others pass the lock from sleeper to sleeper.
    state: system::Mutex<State>,
    /// `State::synced`, for those who look without the lock.
    synced: AtomicU64,
    /// The newest time in the log, in milliseconds since 1970. It never goes back, whatever the clock does.
    stamped: AtomicU64,
    /// Where committers wait, by the parity of their group's number: those whose group is being written are all
    /// woken at its end, of those behind only the one that will lead them.
    done: [Condvar; 2],
    /// Used by the leader only. `None`: the database is open for reading.
    log: Mutex<Log>,
}

struct State {
    /// Commits up to here were given to the operating system ...
    written: Lsn,
    /// ... and up to here are on the medium.
    synced: Lsn,
    has_leader: bool,
    /// Groups taken by a leader so far, and the last commit of the newest of them.
    groups: usize,
    taken: Lsn,
    /// Commits of the newest group and those that had come behind it at its end: about as many committers are at work.
    crowd: u64,
    /// How long the newest sync took.
    sync_time: Duration,
    /// Bytes written since the last sync, and when that was.
    unsynced: u64,
    last_sync: Instant,
    /// The log's end behind the last group written.
    end: LogPosition,
}

struct Log {
    writer: Option<LogWriter>,
    /// The buffer that is not collecting commits at the moment.
    spare: Pending,
}

impl GroupCommit {
    pub fn new(writer: Option<LogWriter>, lsn: Lsn, end: LogPosition, stamped: u64) -> GroupCommit {
        GroupCommit {
            state: system::Mutex::new(State {
                written: lsn,
                synced: lsn,
                has_leader: false,
                groups: 0,
                taken: lsn,
                crowd: 1,
                sync_time: Duration::ZERO,
                unsynced: 0,
                last_sync: Instant::now(),
                end,
            }),
            synced: AtomicU64::new(lsn),
            stamped: AtomicU64::new(stamped),
            done: [Condvar::new(), Condvar::new()],
            log: Mutex::new(Log {
                writer,
                spare: Pending::default(),
            }),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // A panic while it is held has poisoned the database itself.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until a group of that number, or another of the same parity, is done.
    fn wait<'g>(&self, group: usize, state: MutexGuard<'g, State>) -> MutexGuard<'g, State> {
        let waited = self.done[group % 2].wait(state);
        waited.unwrap_or_else(PoisonError::into_inner)
    }

    fn wake_everyone(&self) {
        self.done.iter().for_each(|done| {
            done.notify_all();
        });
    }

    /// The newest time that the log tells.
    pub fn stamped(&self) -> u64 {
        self.stamped.load(Ordering::Acquire)
    }

    /// A place in the log before which there are only commits up to the newest one. The caller holds the commit lock.
    pub fn end(&self) -> LogPosition {
        self.lock().end
    }
}

/// Lets the waiters fail instead of waiting for ever for a leader that panicked.
struct ResignOnPanic<'e>(&'e Engine);

impl Drop for ResignOnPanic<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.poison_by_panic("writing the log");
            self.0.group.lock().has_leader = false;
            self.0.group.wake_everyone();
        }
    }
}

impl Engine {
    /// Waits until the commit is as safe as the database's durability promises.
    pub fn wait(&self, lsn: Lsn) -> Result<()> {
        self.wait_for(lsn, self.options.durability)
    }

    /// Waits until the commit is as safe as `durability` says, whatever the database's own. A commit that does not wait for
    /// the medium is visible nevertheless when this returns, and with it those made before it.
    pub fn wait_for(&self, lsn: Lsn, durability: Durability) -> Result<()> {
        let sync = match durability {
            Durability::Full => true,
            // Without a thread that syncs, the first commit behind each interval does.
            Durability::Interval if !self.options.background => {
                let interval = Duration::from_millis(self.options.sync_interval_ms);
                self.group.lock().last_sync.elapsed() >= interval
            }
            Durability::Interval | Durability::None => false,
        };
        self.flush_log(lsn, sync)?;
        if !sync && self.options.durability == Durability::Full {
            self.publish_newest();
        }
        if durability == Durability::Interval && self.options.durability != Durability::Interval {
            self.bell
                .set_alarm(Duration::from_millis(self.options.sync_interval_ms));
        }
        // The commit is as safe as promised. What fails from here on refuses the writes to come; calling this one failed
        // would have it made twice.
        if let Err(error) = self.relieve() {
            log::error!("upkeep of {} failed: {error}", self.shown());
        }
        Ok(())
    }

    /// Between two commits of one long operation: bounds what waits in memory, but waits for the medium only now and
    /// then. The operation ends with `wait`.
    pub fn pace(&self, lsn: Lsn) -> Result<()> {
        if self.group.lock().unsynced > MAX_UNSYNCED {
            return self.wait(lsn);
        }
        self.flush_log(lsn, false)?;
        self.relieve()
    }

    /// Waits until the log up to `lsn` is written, and synced if `sync`.
    pub(super) fn flush_log(&self, lsn: Lsn, sync: bool) -> Result<()> {
        if sync && lsn <= self.group.synced.load(Ordering::Acquire) {
            return Ok(());
        }
        let mut state = self.group.lock();
        loop {
            if lsn <= if sync { state.synced } else { state.written } {
                return Ok(());
            }
            if self.poisoned.load(Ordering::Acquire) {
                drop(state);
                return self.check_writable();
            }
            if state.has_leader {
                let group = state.groups + usize::from(lsn > state.taken);
                state = self.group.wait(group, state);
                continue;
            }
            state.has_leader = true;
            let (synced, taken) = (state.synced, state.taken);
            let (crowd, patience) = (state.crowd, state.sync_time.min(MAX_PATIENCE));
            drop(state);
            let outcome = {
                let _resign = ResignOnPanic(self);
                if sync {
                    self.gather(taken + crowd, patience);
                }
                self.lead(sync, synced)
            };
            state = self.group.lock();
            state.has_leader = false;
            // A group that was written but not synced leaves commits behind whose waiters belong to no group any more.
            let all_were_synced = sync && state.unsynced == 0;
            match &outcome {
                Ok((last, end)) => {
                    state.unsynced += end.offset.saturating_sub(state.end.offset);
                    state.written = *last;
                    state.end = *end;
                    state.crowd = self.committed.load(Ordering::Acquire).saturating_sub(taken);
                    if sync {
                        state.synced = *last;
                        self.group.synced.store(*last, Ordering::Release);
                        state.unsynced = 0;
                        state.last_sync = Instant::now();
                    }
                }
                Err(error) => self.poison(error),
            }
            if outcome.is_err() {
                self.group.wake_everyone();
                return outcome.map(|_| ());
            }
            let group = state.groups;
            drop(state);
            if all_were_synced {
                self.group.done[group % 2].notify_all();
                self.group.done[(group + 1) % 2].notify_one();
            } else {
                self.group.wake_everyone();
            }
            // Behind the wake-up: nobody waits for pages to be freed.
            if let Err(error) = self.reclaim() {
                self.poison(&error);
            }
            state = self.group.lock();
        }
    }

    /// Waits for the committers that the last group has just let go: one sync for all of them is quicker than two.
    /// A lone committer never waits: its crowd is one.
    fn gather(&self, until: Lsn, patience: Duration) {
        let started = Instant::now();
        while self.committed.load(Ordering::Acquire) < until && started.elapsed() < patience {
            yield_now();
        }
    }

    /// Writes the pending group. Gives the last LSN written and the log's new end.
    fn lead(&self, sync: bool, synced: Lsn) -> Result<(Lsn, LogPosition)> {
        let mut log = self.group.log.lock();
        let Log { writer, spare } = &mut *log;
        let Some(writer) = writer else {
            return Err(Error::new(
                ErrorKind::ReadOnly,
                "the log is open for reading only",
            ));
        };
        let (last, roots, catalog) = {
            let mut core = self.core.lock();
            std::mem::swap(&mut core.pending, spare);
            self.settle_pages(&core);
            let mut state = self.group.lock();
            state.groups += 1;
            state.taken = core.lsn;
            drop(state);
            (core.lsn, core.roots.clone(), core.catalog.clone())
        };
        if !spare.is_empty() {
            debug_assert_eq!(spare.last(), last);
            if writer.is_full() {
                writer.roll(last + 1 - spare.commits())?;
            }
            let now = self.vfs.now();
            if now >= self.group.stamped().saturating_add(STAMP_EVERY) {
                self.group.stamped.store(now, Ordering::Release);
                spare.stamp(now);
            }
            let group = spare.seal(synced, writer.place());
            writer.append(group)?;
            self.log_bytes
                .fetch_add(group.len() as u64, Ordering::Relaxed);
            spare.reset();
        }
        if sync {
            let started = Instant::now();
            writer.sync()?;
            self.group.lock().sync_time = started.elapsed();
            // ORDER: readers may see the commits only now that no power cut can take them back.
            if self.options.durability == Durability::Full {
                self.publish(Version::new(last, roots, catalog, &self.registry));
            }
        }
        let end = writer.position();
        Ok((last, end))
    }

    /// The newest state is about to be shown: none of its pages changes any more. Called before its roots are taken.
    pub(super) fn settle_pages(&self, core: &Core) {
        self.settled.store(core.lsn, Ordering::Release);
    }

    /// Lets readers see the newest commit, durable or not.
    fn publish_newest(&self) {
        let core = self.core.lock();
        self.settle_pages(&core);
        let (roots, catalog) = (core.roots.clone(), core.catalog.clone());
        self.publish(Version::new(core.lsn, roots, catalog, &self.registry));
    }

    /// Writes a part of a commit that is not complete, which needs not be on the medium before its end is. `before` learns where it
    /// will be, before it is there. Gives its length.
    pub(super) fn write_part(
        &self,
        (number, is_first): (PartsNumber, bool),
        operations: &[u8],
        before: impl FnOnce(LogPosition),
    ) -> Result<u64> {
        let mut log = self.group.log.lock();
        // Behind a write that failed nothing may stand.
        self.check_writable()?;
        let Some(writer) = &mut log.writer else {
            return self.check_writable().map(|()| 0);
        };
        let write = || {
            // Perhaps more are written, but these are for certain.
            let written = self.group.lock().written;
            if writer.is_full() {
                writer.roll(written + 1)?;
            }
            // ORDER: a checkpoint that finds the log's end behind the part must find the transaction's claim on it, too.
            before(writer.position());
            let mut part = Pending::part(number, is_first, operations, written);
            let synced = self.group.synced.load(Ordering::Acquire);
            let group = part.seal(synced, writer.place());
            writer.append(group)?;
            Ok(group.len() as u64)
        };
        let written = write();
        if let Err(error) = &written {
            self.poison(error);
        }
        written
    }

    /// Makes everything committed so far durable and has the log tell the time behind it. Gives the log's end behind that, all of
    /// which is on the medium.
    pub fn mark_time(&self) -> Result<LogPosition> {
        self.flush_log(self.committed.load(Ordering::Acquire), true)?;
        let mut log = self.group.log.lock();
        let Some(writer) = &mut log.writer else {
            return Ok(self.group.end());
        };
        self.check_writable()?;
        let mut mark = || {
            let written = self.group.lock().written;
            if writer.is_full() {
                writer.roll(written + 1)?;
            }
            let now = self.vfs.now().max(self.group.stamped());
            self.group.stamped.store(now, Ordering::Release);
            let mut group = Pending::time(now, written);
            let synced = self.group.synced.load(Ordering::Acquire);
            writer.append(group.seal(synced, writer.place()))?;
            writer.sync()?;
            Ok(writer.position())
        };
        let end = mark();
        if let Err(error) = &end {
            self.poison(error);
        }
        end
    }

    /// Makes a version the one that readers get. Versions become visible in order.
    pub(super) fn publish(&self, version: Arc<Version>) {
        let mut visible = self.visible.write();
        if visible.lsn < version.lsn {
            let before = std::mem::replace(&mut *visible, version);
            drop(visible);
            drop(before);
            self.arrivals.announce();
        }
    }
}
