//! Reading the log at open: which commits there are, and whether its end is a torn tail or damage.
//!
//! A torn tail is the end of the last write before a power cut: nobody was told that it is durable. If behind the first
//! thing that cannot be read there is a whole group or segment that says a later LSN was durable, then acknowledged commits are
//! gone: the database must not open as if nothing had happened.

use std::collections::HashMap;
use std::sync::Arc;

use super::group::{self, ALIGN, Frame, Group, MAGIC, PartsNumber, Place};
use super::writer::{SEGMENT_HEADER, SegmentHeader};
use super::{DIRECTORY, segment_number, segment_path};
use crate::storage::error::{Error, ErrorKind, Result};
use crate::storage::page::Lsn;
use crate::storage::superblock::LogPosition;
use crate::storage::vfs::Vfs;

/// The log behind a checkpoint.
pub struct Log {
    vfs: Arc<dyn Vfs>,
    database_id: [u8; 16],
    /// Segment numbers to replay, in order, and where reading starts and stops in each.
    parts: Vec<(u64, u64, u64)>,
    /// The newest whole commit; the checkpoint's when there is none behind it.
    pub last: Lsn,
    /// Where the next group goes.
    pub end: LogPosition,
    /// Whether something unreadable follows `end` that must be cut off first.
    pub torn: bool,
    /// Bytes of groups to replay.
    pub bytes: u64,
    /// The newest time that it tells; 0: none.
    pub time: u64,
}

impl Log {
    /// A log that nobody reads.
    pub fn unread(
        vfs: &Arc<dyn Vfs>,
        database_id: [u8; 16],
        from: LogPosition,
        checkpoint: Lsn,
    ) -> Log {
        Log {
            vfs: vfs.clone(),
            database_id,
            parts: Vec::new(),
            last: checkpoint,
            end: from,
            torn: false,
            bytes: 0,
            time: 0,
        }
    }

    /// Finds the end of the log that starts at `from`, with `checkpoint` the last commit before.
    pub fn scan(
        vfs: &Arc<dyn Vfs>,
        database_id: [u8; 16],
        from: LogPosition,
        checkpoint: Lsn,
    ) -> Result<Log> {
        let numbers = segments(vfs, from.segment)?;
        if numbers.first() != Some(&from.segment) {
            let path = vfs.display(&segment_path(from.segment));
            let reason = "the checkpoint names it, but it is missing";
            return Err(Error::corrupt_file(&path, reason));
        }
        let mut log = Log::unread(vfs, database_id, from, checkpoint);
        // A segment's header is durable before the first group is written to it, and the segment before is durable before the
        // header is made. So only the last segment can be without a header or end with half a group.
        for (index, &number) in numbers.iter().enumerate() {
            let start = if index == 0 {
                from.offset
            } else {
                SEGMENT_HEADER as u64
            };
            let bytes = read_segment_from(vfs, number, start)?;
            let place = Place::new(&database_id, number);
            let path = vfs.display(&segment_path(number));
            let header = SegmentHeader::decode(&bytes, &path)?;
            if let Some(header) = &header
                && (header.database_id != database_id || header.number != number)
            {
                let reason = "it belongs to another database or place";
                return Err(Error::corrupt_file(&path, reason));
            }
            if numbers[0] + index as u64 != number {
                let missing = vfs.display(&segment_path(numbers[0] + index as u64));
                let reason = format!("it is missing, but there is {path}");
                return Err(Error::corrupt_file(&missing, reason));
            }
            let is_last = index + 1 == numbers.len();
            let Some(header) = header else {
                if index == 0 || !is_last || find_group(&bytes, 0, place, |_| true).is_some() {
                    return Err(Error::corrupt_file(&path, "its header is damaged"));
                }
                log.torn = true;
                break;
            };
            // With `index` 0 reading starts in the midst of the segment.
            if index > 0 && header.first > log.last + 1 {
                return Err(log.damaged(header.first - 1, &path));
            }
            if start > bytes.len() as u64 {
                let reason = format!("it ends before byte {start}, from which to replay");
                return Err(Error::corrupt_file(&path, reason));
            }
            let end = log.read_groups(&bytes, start, place);
            log.parts.push((number, start, end));
            log.end = LogPosition {
                segment: number,
                offset: end,
            };
            let rest = &bytes[(end as usize).min(bytes.len())..];
            if is_last && rest.iter().any(|&byte| byte != 0) {
                log.torn = true;
                let beyond = |group: &Group<'_>| group.durable > log.last;
                if let Some((_, group)) = find_group(&bytes, end as usize, place, beyond) {
                    return Err(log.damaged(group.durable, &path));
                }
            }
        }
        Ok(log)
    }

    /// Goes over the groups that follow each other from `start` on; gives where they end.
    fn read_groups(&mut self, bytes: &[u8], start: u64, place: Place) -> u64 {
        let mut offset = start as usize;
        while let Some(group) = Group::read(bytes, offset, place) {
            // Commits up to the checkpoint may come again; a gap may not.
            if group.first > self.last + 1 {
                break;
            }
            self.last = self.last.max(group.last);
            self.time = self.time.max(group.time().unwrap_or(0));
            offset += group.length();
            self.bytes += group.length() as u64;
        }
        offset as u64
    }

    fn damaged(&self, durable: Lsn, path: &str) -> Error {
        let readable = self.last;
        let at = self.vfs.display(&segment_path(self.end.segment));
        let offset = self.end.offset;
        Error::new(
            ErrorKind::Corrupt,
            format!(
                "the log is damaged at byte {offset} of {at}: commits up to {durable} were acknowledged (says {path}), only those up to \
                 {readable} can be read"
            ),
        )
    }

    /// Makes a commit the last one that is replayed, which the log told the time `time` before.
    pub fn end_with(&mut self, last: Lsn, time: u64) {
        self.last = last;
        self.time = time;
    }

    /// The last commit up to `last` before the log tells a time behind `until`, `checkpoint` if there is none; and the time told
    /// before it, 0 if there is none.
    pub fn find(&self, checkpoint: Lsn, last: Lsn, until: u64) -> Result<(Lsn, u64)> {
        let (mut found, mut time) = (checkpoint, 0);
        for &(number, start, end) in &self.parts {
            let bytes = read_segment(&self.vfs, number)?;
            let place = Place::new(&self.database_id, number);
            let mut offset = start;
            while offset < end
                && let Some(group) = Group::read(&bytes, offset as usize, place)
            {
                if group.time().is_some_and(|time| time > until) || group.first > last {
                    return Ok((found, time));
                }
                time = time.max(group.time().unwrap_or(0));
                found = found.max(group.last).min(last);
                offset += group.length() as u64;
            }
        }
        Ok((found, time))
    }

    /// Gives every commit after `checkpoint` to `apply`, in order.
    pub fn replay(
        &self,
        checkpoint: Lsn,
        mut apply: impl FnMut(Lsn, &[u8]) -> Result<()>,
    ) -> Result<()> {
        let mut parts: HashMap<PartsNumber, Vec<LogPosition>> = HashMap::new();
        let wanted = checkpoint + 1..=self.last;
        for &(number, start, end) in &self.parts {
            if start == end {
                continue;
            }
            let bytes = read_segment_from(&self.vfs, number, start)?;
            let place = Place::new(&self.database_id, number);
            let malformed =
                |reason| Error::corrupt_file(&self.vfs.display(&segment_path(number)), reason);
            let mut offset = start;
            while offset < end {
                let group = Group::read(&bytes, offset as usize, place)
                    .ok_or_else(|| malformed(format!("byte {offset} reads differently now")))?;
                if group.first > self.last {
                    return Ok(());
                }
                let position = LogPosition {
                    segment: number,
                    offset,
                };
                for frame in group.frames() {
                    match frame.map_err(malformed)? {
                        Frame::Part {
                            number,
                            is_first: true,
                            ..
                        } => {
                            parts.insert(number, vec![position]);
                        }
                        // Without a first part its transaction came to nothing before the checkpoint.
                        Frame::Part { number, .. } => {
                            if let Some(parts) = parts.get_mut(&number) {
                                parts.push(position);
                            }
                        }
                        Frame::Commit { lsn, operations } if wanted.contains(&lsn) => {
                            apply(lsn, operations)?;
                        }
                        Frame::End {
                            lsn,
                            number,
                            operations,
                        } if wanted.contains(&lsn) => {
                            let parts = parts.remove(&number);
                            let parts = parts.ok_or_else(|| {
                                malformed(format!("commit {lsn} has no parts in the log"))
                            })?;
                            for part in parts {
                                self.with_part(part, |operations| apply(lsn, operations))?;
                            }
                            apply(lsn, operations)?;
                        }
                        Frame::Commit { .. } | Frame::End { .. } | Frame::Time(_) => {}
                    }
                }
                offset += group.length() as u64;
            }
        }
        Ok(())
    }

    fn with_part(&self, at: LogPosition, visit: impl FnOnce(&[u8]) -> Result<()>) -> Result<()> {
        with_part(&self.vfs, &self.database_id, at, visit)
    }

    /// Makes what was read durable, and cuts off what follows the end so that it can never be read as part of the log
    /// again. Only the last segment needs it: those before were synced before it was made.
    pub fn settle(&self) -> Result<()> {
        let path = segment_path(self.end.segment);
        let failed = |e| {
            let shown = self.vfs.display(&path);
            Error::io(format!("cannot recover log segment {shown}"), e)
        };
        let Some(&(number, start, end)) = self.parts.last() else {
            return Ok(());
        };
        debug_assert_eq!(number, self.end.segment);
        let bytes = read_segment_from(&self.vfs, number, start)?;
        let file = self.vfs.open(&path, false).map_err(failed)?;
        // The last group's padding may be cut off.
        let read_to = (end as usize).min(bytes.len());
        for part in [0..SEGMENT_HEADER, start as usize..read_to] {
            if !part.is_empty() {
                let offset = part.start as u64;
                file.write_at(&bytes[part], offset).map_err(failed)?;
            }
        }
        if self.torn {
            file.set_length(end).map_err(failed)?;
        }
        file.sync().map_err(failed)
    }

    /// Removes segments behind the one where the log ends: nothing in them was ever acknowledged.
    pub fn remove_later_segments(&self) -> Result<()> {
        let failed = |e| Error::io("cannot remove the torn end of the log", e);
        for number in segments(&self.vfs, self.end.segment + 1)? {
            self.vfs.remove(&segment_path(number)).map_err(failed)?;
        }
        self.vfs.sync_directory(DIRECTORY).map_err(failed)
    }
}

/// Reads the part of a large commit that is at a place, for nothing but its operations.
pub fn with_part(
    vfs: &Arc<dyn Vfs>,
    database_id: &[u8; 16],
    at: LogPosition,
    visit: impl FnOnce(&[u8]) -> Result<()>,
) -> Result<()> {
    let path = segment_path(at.segment);
    let failed = |e| Error::io(format!("cannot read log segment {}", vfs.display(&path)), e);
    let file = vfs.open(&path, false).map_err(failed)?;
    let mut bytes = vec![0; group::HEADER];
    file.read_at(&mut bytes, at.offset).map_err(failed)?;
    let length = group::whole_length(&bytes);
    // A damaged length must not ask for more memory than there is file.
    if at.offset.saturating_add(length as u64) <= file.length().map_err(failed)? {
        bytes.resize(length, 0);
        file.read_at(&mut bytes, at.offset).map_err(failed)?;
    }
    let group = Group::read(&bytes, 0, Place::new(database_id, at.segment));
    match group.and_then(|group| group.frames().next()) {
        Some(Ok(Frame::Part { operations, .. })) => visit(operations),
        _ => {
            let reason = format!("byte {} reads differently now", at.offset);
            Err(Error::corrupt_file(&vfs.display(&path), reason))
        }
    }
}

/// Looks for a whole group at `from` or anywhere behind it, and gives where it is.
pub fn find_group<'a>(
    bytes: &'a [u8],
    from: usize,
    place: Place,
    is_wanted: impl Fn(&Group<'a>) -> bool,
) -> Option<(usize, Group<'a>)> {
    let mut offset = from.next_multiple_of(ALIGN as usize);
    loop {
        let rest = bytes.get(offset..)?;
        offset +=
            memchr::memmem::find_iter(rest, MAGIC).find(|at| at.is_multiple_of(ALIGN as usize))?;
        match Group::read(bytes, offset, place) {
            Some(group) if is_wanted(&group) => return Some((offset, group)),
            Some(group) => offset += group.length(),
            None => offset += ALIGN as usize,
        }
    }
}

/// The numbers of the segments from `first` on, in order.
pub fn segments(vfs: &Arc<dyn Vfs>, first: u64) -> Result<Vec<u64>> {
    let names = vfs
        .list(DIRECTORY)
        .map_err(|e| Error::io(format!("cannot list {}", vfs.display(DIRECTORY)), e))?;
    let mut numbers: Vec<u64> = names
        .iter()
        .filter_map(|name| segment_number(name))
        .filter(|&n| n >= first)
        .collect();
    numbers.sort_unstable();
    Ok(numbers)
}

/// The header of a segment; `None`: it has no whole one.
pub fn read_header(vfs: &Arc<dyn Vfs>, number: u64) -> Result<Option<SegmentHeader>> {
    let path = segment_path(number);
    let failed = |e| Error::io(format!("cannot read log segment {}", vfs.display(&path)), e);
    let file = vfs.open(&path, false).map_err(failed)?;
    let mut bytes = [0; SEGMENT_HEADER];
    match file.read_at(&mut bytes, 0) {
        Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => Ok(None),
        read => read
            .map_err(failed)
            .and_then(|()| SegmentHeader::decode(&bytes, &vfs.display(&path))),
    }
}

/// All bytes of a segment.
pub fn read_segment(vfs: &Arc<dyn Vfs>, number: u64) -> Result<Vec<u8>> {
    read_segment_from(vfs, number, SEGMENT_HEADER as u64)
}

/// A segment's header and its bytes from `start` on; between them are zeros.
fn read_segment_from(vfs: &Arc<dyn Vfs>, number: u64, start: u64) -> Result<Vec<u8>> {
    let path = segment_path(number);
    let failed = |e| Error::io(format!("cannot read log segment {}", vfs.display(&path)), e);
    let file = vfs.open(&path, false).map_err(failed)?;
    let mut bytes = vec![0; file.length().map_err(failed)? as usize];
    // What is not read is not touched, and so takes no memory.
    let header = SEGMENT_HEADER.min(bytes.len());
    let start = (start as usize).clamp(header, bytes.len());
    if start > header {
        file.read_at(&mut bytes[..header], 0).map_err(failed)?;
        file.read_at(&mut bytes[start..], start as u64)
    } else {
        file.read_at(&mut bytes, 0)
    }
    .map_err(failed)?;
    Ok(bytes)
}
