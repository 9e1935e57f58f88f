//! A log whose medium remembers how far it was written and synced, and whose every call may let another thread go on.

use std::sync::Arc;

use super::group::{Frame, Group, Place};
use crate::storage::error::{Error, Result};
use crate::storage::page::Lsn;
use crate::storage::superblock::LogPosition;
use crate::storage::sync::{Fault, Mutex, MutexGuard, has, pass_time};

/// What is on the medium.
#[derive(Clone, Default)]
pub struct Medium(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    written: Lsn,
    synced: Lsn,
    syncs: usize,
    calls: usize,
    fails_at: Option<usize>,
    has_failed: bool,
}

impl Medium {
    /// The call of that number, from 1 on, will fail.
    pub fn failing_at(call: usize) -> Medium {
        let medium = Medium::default();
        medium.0.lock().fails_at = Some(call);
        medium
    }

    pub fn written(&self) -> Lsn {
        self.0.lock().written
    }

    pub fn synced(&self) -> Lsn {
        self.0.lock().synced
    }

    pub fn syncs(&self) -> usize {
        self.0.lock().syncs
    }

    /// A call that comes to `done`, unless it fails; then nothing may be called any more.
    fn call(&self, done: impl FnOnce(MutexGuard<'_, State>)) -> Result<()> {
        let mut state = self.0.lock();
        assert!(!state.has_failed, "called again behind a failure");
        state.calls += 1;
        if state.fails_at != Some(state.calls) {
            done(state);
            return Ok(());
        }
        state.has_failed = true;
        match has(Fault::IgnoresFailure) {
            true => Ok(()),
            false => Err(Error::io("failed", std::io::Error::other("the device"))),
        }
    }
}

pub struct LogWriter {
    medium: Medium,
    offset: u64,
}

impl LogWriter {
    pub fn new(medium: Medium) -> LogWriter {
        LogWriter { medium, offset: 0 }
    }

    pub fn place(&self) -> Place {
        Place::new(&[1; 16], 1)
    }

    pub fn position(&self) -> LogPosition {
        LogPosition {
            segment: 1,
            offset: self.offset,
        }
    }

    pub fn is_full(&self) -> bool {
        false
    }

    pub fn roll(&mut self, _: Lsn) -> Result<()> {
        unreachable!("never full")
    }

    pub fn append(&mut self, bytes: &[u8]) -> Result<()> {
        let group = Group::read(bytes, 0, self.place()).expect("a whole group");
        self.medium.call(|mut state| {
            assert!(group.durable <= state.synced, "claims what is not durable");
            for frame in group.frames() {
                match frame.expect("well formed") {
                    Frame::Commit { lsn, operations } => {
                        assert_eq!(lsn, state.written + 1, "commits are in order");
                        assert_eq!(operations, lsn.to_le_bytes(), "the commit's own operations");
                        state.written = lsn;
                    }
                    _ => assert!(group.last <= state.written),
                }
            }
        })?;
        self.offset += bytes.len() as u64;
        Ok(())
    }

    /// Only what was written when it began is sure to be on the medium at its end.
    pub fn sync(&self) -> Result<()> {
        let written = self.medium.written();
        pass_time(2);
        self.medium.call(|mut state| {
            state.synced = written;
            state.syncs += 1;
        })
    }
}
