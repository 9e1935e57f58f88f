//! Whether the log behind the checkpoint can be read from end to end: segments and groups that follow each other, commits that decode.

use std::collections::HashSet;
use std::sync::Arc;

use super::{Findings, Problem, ProblemKind, told};
use crate::storage::page::Lsn;
use crate::storage::superblock::LogPosition;
use crate::storage::vfs::Vfs;
use crate::storage::wal::group::{Frame, Group, Place};
use crate::storage::wal::operation::Operations;
use crate::storage::wal::reader::read_segment;
use crate::storage::wal::segment_path;
use crate::storage::wal::writer::{SEGMENT_HEADER, SegmentHeader};

/// Reads the log from a checkpoint's position up to `end`, before which all is written. The caller keeps checkpoints away.
pub fn verify(
    vfs: &Arc<dyn Vfs>,
    database_id: [u8; 16],
    (from, checkpoint): (LogPosition, Lsn),
    end: LogPosition,
    findings: &mut Findings,
) {
    let mut check = LogCheck::new(database_id, checkpoint);
    for number in from.segment..=end.segment {
        let path = vfs.display(&segment_path(number));
        let start = match number == from.segment {
            true => from.offset,
            false => SEGMENT_HEADER as u64,
        };
        let limit = (number == end.segment).then_some(end.offset);
        let read = read_segment(vfs, number).map_err(told);
        let checked = read.and_then(|bytes| check.segment(&bytes, number, start, limit, &path));
        if let Err(reason) = checked {
            findings.add(Problem::new(ProblemKind::Log, &path, reason));
            return;
        }
    }
}

/// Reads a log segment by segment.
pub struct LogCheck {
    database_id: [u8; 16],
    /// The last commit read.
    pub last: Lsn,
    /// The newest time told.
    pub time: u64,
    /// Parts may have come before.
    pub begins_anywhere: bool,
    /// Large commits whose first part was read.
    parts: HashSet<u64>,
}

impl LogCheck {
    pub fn new(database_id: [u8; 16], last: Lsn) -> LogCheck {
        LogCheck {
            database_id,
            last,
            time: 0,
            begins_anywhere: false,
            parts: HashSet::new(),
        }
    }

    /// Checks a segment's groups from `start` on, up to `limit` at least. Gives where they end.
    pub fn segment(
        &mut self,
        bytes: &[u8],
        number: u64,
        start: u64,
        limit: Option<u64>,
        path: &str,
    ) -> Result<u64, String> {
        let header = SegmentHeader::decode(bytes, path).map_err(told)?;
        let header = header.ok_or("its header is damaged")?;
        if header.database_id != self.database_id || header.number != number {
            return Err("it belongs to another database or place".into());
        }
        if start == SEGMENT_HEADER as u64 && header.first > self.last + 1 {
            let (first, last) = (header.first, self.last);
            return Err(format!(
                "it begins with commit {first}, the one before ends with {last}"
            ));
        }
        let place = Place::new(&self.database_id, number);
        let mut offset = start as usize;
        while let Some(group) = Group::read(bytes, offset, place) {
            if limit.is_some_and(|limit| offset as u64 >= limit) {
                break;
            }
            if group.first > self.last + 1 {
                let (first, last) = (group.first, self.last);
                return Err(format!("byte {offset}: commit {first} follows on {last}"));
            }
            self.frames(&group)
                .map_err(|reason| format!("byte {offset}: {reason}"))?;
            self.last = self.last.max(group.last);
            offset += group.length();
        }
        match limit {
            Some(limit) if (offset as u64) < limit => Err(format!(
                "it cannot be read from byte {offset} on; it was written up to {limit}"
            )),
            _ => Ok(offset as u64),
        }
    }

    fn frames(&mut self, group: &Group<'_>) -> Result<(), String> {
        for frame in group.frames() {
            let operations = match frame? {
                Frame::Part {
                    number,
                    is_first,
                    operations,
                } => {
                    if is_first {
                        self.parts.insert(number);
                    }
                    operations
                }
                Frame::Time(millis) => {
                    self.time = self.time.max(millis);
                    continue;
                }
                Frame::Commit { operations, .. } => operations,
                Frame::End {
                    lsn,
                    number,
                    operations,
                } => {
                    let is_known = self.parts.remove(&number) || self.begins_anywhere;
                    if !is_known && lsn > self.last {
                        return Err(format!("commit {lsn} has no parts in the log"));
                    }
                    operations
                }
            };
            for operation in Operations(operations) {
                operation?;
            }
        }
        Ok(())
    }
}
