//! Which segments of the log stay although no replay will need them: those that a backup is copying, and as many more as the
//! options ask for, so that a backup made earlier can be continued.
//!
//! Invariant: segments are removed oldest first, so that those that stay follow each other without a gap.

use std::collections::BTreeMap;

use parking_lot::Mutex;

use super::Engine;
use crate::storage::error::{Error, Result};
use crate::storage::page::Lsn;
use crate::storage::wal::reader::{self, read_header};
use crate::storage::wal::{self, segment_path};

/// Segments from which on the log must stay, and for how many.
#[derive(Default)]
pub(super) struct LogPins(Mutex<BTreeMap<u64, u32>>);

/// Keeps the log from a segment on for as long as it lives.
pub struct PinnedLog<'e> {
    pins: &'e LogPins,
    segment: u64,
}

impl Drop for PinnedLog<'_> {
    fn drop(&mut self) {
        let mut pins = self.pins.0.lock();
        if let Some(count) = pins.get_mut(&self.segment) {
            *count -= 1;
            if *count == 0 {
                pins.remove(&self.segment);
            }
        }
    }
}

impl Engine {
    /// Keeps the log from a segment on, as far as it is still there.
    pub fn pin_log(&self, segment: u64) -> PinnedLog<'_> {
        let pins = &self.log_pins;
        *pins.0.lock().entry(segment).or_insert(0) += 1;
        PinnedLog { pins, segment }
    }

    /// The oldest commit whose log is still there, and the bytes of all segments.
    pub fn kept_log(&self) -> Result<(Lsn, u64)> {
        // Nothing is removed meanwhile.
        let _pins = self.log_pins.0.lock();
        let segments = reader::segments(&self.vfs, 0)?;
        let oldest = match segments.first() {
            Some(&first) => read_header(&self.vfs, first)?.map_or(0, |header| header.first),
            None => 0,
        };
        let lengths = segments.iter().map(|&number| self.segment_length(number));
        Ok((oldest, lengths.sum::<Result<u64>>()?))
    }

    fn segment_length(&self, number: u64) -> Result<u64> {
        let path = segment_path(number);
        let file = self.vfs.open(&path, false);
        file.and_then(|file| file.length())
            .map_err(|e| Error::io(format!("cannot size {}", self.vfs.display(&path)), e))
    }

    /// Removes the segments before the first one that replay needs, but for those that are to stay.
    pub(super) fn remove_segments(&self, first_needed: u64) -> Result<()> {
        // Whoever pins a segment from here on finds out what is left.
        let pins = self.log_pins.0.lock();
        let first = pins.keys().next().copied().unwrap_or(first_needed);
        let mut old = reader::segments(&self.vfs, 0)?;
        old.retain(|&number| number < first_needed);
        let mut kept = 0;
        while let Some(&number) = old.last()
            && (number >= first || kept < self.options.log_retention_bytes)
        {
            kept += self.segment_length(number)?;
            old.pop();
        }
        for &number in &old {
            let path = segment_path(number);
            self.vfs
                .remove(&path)
                .map_err(|e| Error::io(format!("cannot remove {}", self.vfs.display(&path)), e))?;
        }
        if old.is_empty() {
            return Ok(());
        }
        self.vfs.sync_directory(wal::DIRECTORY).map_err(|e| {
            Error::io(
                format!("cannot sync {}", self.vfs.display(wal::DIRECTORY)),
                e,
            )
        })
    }
}
