//! Compaction in the background: when nobody writes for a while and much of a collection's files is free, a thread compacts it, one
//! collection at a time and slowly.
//!
//! Invariant: closing the database, and a compaction that somebody calls for, stop it within a step.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use super::background::Bell;
use super::compact::{Pace, Prospect};
use super::{Engine, PoisonOnPanic};
use crate::storage::error::{Error, ErrorKind, Result};
use crate::storage::page::{Lsn, TreeId};

/// Time asleep for each unit of time at work, and the longest sleep at a time.
const REST: u32 = 3;
const LONGEST_REST: Duration = Duration::from_millis(200);

/// When the thread compacts a collection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IdleCompaction {
    /// So much of its files, in hundredths, would be given back ...
    pub free_percent: u64,
    /// ... and at least so many bytes ...
    pub free_bytes: u64,
    /// ... and nobody has written to the database for so long.
    pub idle: Duration,
}

impl Default for IdleCompaction {
    fn default() -> IdleCompaction {
        IdleCompaction {
            free_percent: 50,
            free_bytes: 16 << 20,
            idle: Duration::from_secs(10),
        }
    }
}

impl IdleCompaction {
    fn is_met_by(&self, prospect: &Prospect) -> bool {
        prospect.gain >= self.free_bytes.max(1)
            && prospect.gain.saturating_mul(100) >= prospect.bytes.saturating_mul(self.free_percent)
    }
}

/// What the thread remembers.
#[derive(Default)]
struct Memory {
    /// The newest commit that it has seen, and when that was new.
    newest: Option<(Lsn, Instant)>,
    /// What could not be gained, by collection: estimates err.
    remains: BTreeMap<TreeId, u64>,
}

impl Engine {
    pub(super) fn start_compaction(self: &Arc<Engine>) {
        let Some(when) = self.options.compaction else {
            return;
        };
        let (weak, bell) = (Arc::downgrade(self), self.compaction_bell.clone());
        self.compaction_bell
            .start("ironbase-compaction", move || run(&weak, &bell, when));
    }

    /// Compacts what is worth it, if nobody writes.
    fn compact_if_idle(
        &self,
        when: IdleCompaction,
        bell: &Bell,
        memory: &mut Memory,
    ) -> Result<()> {
        if self.poisoned.load(Ordering::Acquire) || !self.is_idle(when, memory) {
            return Ok(());
        }
        let collections: Vec<_> = self.snapshot().catalog.collections().cloned().collect();
        for collection in collections {
            let prospect = self.prospect(&collection);
            let remains = memory.remains.get(&collection.id).copied().unwrap_or(0);
            let is_more = prospect.gain >= remains.saturating_add(when.free_bytes);
            if !when.is_met_by(&prospect) || !is_more {
                continue;
            }
            let Some(_alone) = self.compactions.running.try_lock() else {
                return Ok(());
            };
            let resting = std::cell::Cell::new(Instant::now());
            let done = self.compact_alone(collection.id, Pace::default(), &|_| {
                let rest = (resting.get().elapsed() * REST).min(LONGEST_REST);
                let is_wanted = self.compactions.waiting.load(Ordering::Acquire) > 0;
                if is_wanted || !bell.sleep(rest) {
                    return Err(Error::new(ErrorKind::Interrupted, "others come first"));
                }
                resting.set(Instant::now());
                Ok(())
            });
            // Its own commits are not somebody's writes.
            memory.newest = memory
                .newest
                .map(|(_, since)| (self.committed.load(Ordering::Acquire), since));
            match done {
                Err(error) if error.kind() == ErrorKind::Interrupted => return Ok(()),
                done => done?,
            };
            let remains = self.prospect(&collection).gain;
            memory.remains.insert(collection.id, remains);
            log::info!("compacted collection {:?}", collection.name);
        }
        Ok(())
    }

    fn is_idle(&self, when: IdleCompaction, memory: &mut Memory) -> bool {
        let newest = self.committed.load(Ordering::Acquire);
        match memory.newest {
            Some((lsn, since)) if lsn == newest => since.elapsed() >= when.idle,
            _ => {
                memory.newest = Some((newest, Instant::now()));
                when.idle.is_zero()
            }
        }
    }
}

/// The thread holds the engine only while it works, so that a forgotten database can go.
fn run(weak: &Weak<Engine>, bell: &Bell, when: IdleCompaction) {
    let look_every = (when.idle / 4).clamp(Duration::from_millis(10), Duration::from_secs(1));
    let mut memory = Memory::default();
    while bell.sleep(look_every) {
        let Some(engine) = weak.upgrade() else { return };
        let _poison = PoisonOnPanic::new(&engine, "compacting in the background");
        if let Err(error) = engine.compact_if_idle(when, bell, &mut memory) {
            log::error!("compaction of {} failed: {error}", engine.shown());
        }
    }
}
