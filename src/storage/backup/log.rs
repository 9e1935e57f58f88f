//! The log of a backup: whole groups, checked on the way, at the same places of segments of the same numbers.
//!
//! A backup that is continued gets its last segment anew, longer, and those that follow. They are written under other names and
//! take their places, oldest first, when all are durable, so that at any instant the log that is there can be read to its end.

use std::ops::RangeInclusive;
use std::sync::Arc;

use super::{Watcher, failed, sync_log};
use crate::storage::error::{Error, Result};
use crate::storage::page::Lsn;
use crate::storage::superblock::{LogPosition, Superblock};
use crate::storage::verify::log::LogCheck;
use crate::storage::vfs::Vfs;
use crate::storage::wal::group::Place;
use crate::storage::wal::reader::{find_group, read_segment};
use crate::storage::wal::writer::{SEGMENT_HEADER, SegmentHeader};
use crate::storage::wal::{DIRECTORY, segment_path};

/// Bytes written at a time.
const PIECE: usize = 1 << 20;

const NEW: &str = ".new";

pub struct Copy<'a> {
    pub from: &'a Arc<dyn Vfs>,
    pub to: &'a Arc<dyn Vfs>,
    /// Of the backup.
    pub superblock: &'a Superblock,
    /// Where the segment that is continued ends; none: the log begins here.
    pub continues: Option<u64>,
}

#[derive(Default)]
pub struct Copied {
    pub last: Lsn,
    pub time: u64,
    pub bytes: u64,
}

impl Copy<'_> {
    /// Copies the log behind commit `last`, which lies at `from`, up to `end`. `before`: bytes that were copied already.
    pub fn run(
        &self,
        (from, last): (LogPosition, Lsn),
        end: LogPosition,
        before: u64,
        watcher: &dyn Watcher,
    ) -> Result<Copied> {
        let mut check = LogCheck::new(self.superblock.database_id, last);
        check.begins_anywhere = self.continues.is_some();
        let mut copied = Copied::default();
        for number in from.segment..=end.segment {
            let path = self.from.display(&segment_path(number));
            let mut bytes = read_segment(self.from, number)?;
            let start = match number == from.segment {
                true => from.offset,
                false => SEGMENT_HEADER as u64,
            };
            let limit = (number == end.segment).then_some(end.offset);
            if let Some(limit) = limit {
                bytes.truncate(limit as usize);
                watcher.expect(before + copied.bytes + limit.saturating_sub(start));
            }
            let read = check.segment(&bytes, number, start, limit, &path);
            let stop = read.map_err(|reason| Error::corrupt_file(&path, reason))?;
            bytes.resize(stop as usize, 0);
            self.write(number, &bytes, start as usize, watcher)?;
            copied.bytes += stop - start;
        }
        (copied.last, copied.time) = (check.last, check.time);
        sync_log(self.to)?;
        Ok(copied)
    }

    fn write(&self, number: u64, bytes: &[u8], start: usize, watcher: &dyn Watcher) -> Result<()> {
        let mut path = segment_path(number);
        let mut head = bytes[..SEGMENT_HEADER].to_vec();
        if start > SEGMENT_HEADER {
            head = match self.continues {
                Some(end) => read_segment(self.to, number)?[..end as usize].to_vec(),
                // What comes before is left out.
                None => SegmentHeader {
                    database_id: self.superblock.database_id,
                    number,
                    first: self.superblock.checkpoint_lsn + 1,
                }
                .encode()
                .to_vec(),
            };
        }
        if self.continues.is_some() {
            path += NEW;
        }
        let failed = failed(self.to, &path);
        let file = self.to.open(&path, true).map_err(&failed)?;
        file.set_length(0).map_err(&failed)?;
        file.write_at(&head, 0).map_err(&failed)?;
        for (index, piece) in bytes[start..].chunks(PIECE).enumerate() {
            file.write_at(piece, (start + index * PIECE) as u64)
                .map_err(&failed)?;
            watcher.step(piece.len())?;
        }
        file.set_length(bytes.len() as u64).map_err(&failed)?;
        file.sync().map_err(&failed)
    }
}

/// Whether two databases have the same groups in a segment, up to `end`, where one of them ends.
pub fn is_same(
    from: &Arc<dyn Vfs>,
    to: &Arc<dyn Vfs>,
    database_id: &[u8; 16],
    end: LogPosition,
) -> Result<bool> {
    let (theirs, own) = (
        read_segment(from, end.segment)?,
        read_segment(to, end.segment)?,
    );
    let end_offset = end.offset as usize;
    let (Some(theirs), Some(own)) = (theirs.get(..end_offset), own.get(..end_offset)) else {
        return Ok(false);
    };
    let place = Place::new(database_id, end.segment);
    let first = find_group(own, SEGMENT_HEADER, place, |_| true);
    let first = first.map_or(end_offset, |(at, _)| at);
    Ok(theirs[first..] == own[first..])
}

/// Puts the segments that continue a backup in their places.
pub fn take_over(to: &Arc<dyn Vfs>, numbers: RangeInclusive<u64>) -> Result<()> {
    for number in numbers {
        let path = segment_path(number);
        to.rename(&format!("{path}{NEW}"), &path)
            .map_err(failed(to, &path))?;
        // ORDER: a segment is there before the next one, which says that it was durable.
        sync_log(to)?;
    }
    Ok(())
}

/// Removes those that did not come to their places. What cannot be removed does no harm.
pub fn remove_new(to: &Arc<dyn Vfs>) {
    for name in to.list(DIRECTORY).unwrap_or_default() {
        if name.ends_with(NEW) {
            let _ = to.remove(&format!("{DIRECTORY}/{name}"));
        }
    }
}
