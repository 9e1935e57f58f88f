//! Appending groups to the newest segment and going on to the next.
//!
//! The file is filled with zeros some way ahead, so that most syncs change no file length and are as cheap as the device
//! allows.
//!
//! Invariants: one thread at a time (the group leader); a new segment is made only after the one before is synced, so
//! that its header may claim all earlier commits durable.

use std::sync::Arc;

use super::group::{ALIGN, Place};
use super::{DIRECTORY, segment_path};
use crate::storage::error::{Error, ErrorKind, Result};
use crate::storage::page::{self, Lsn};
use crate::storage::superblock::{FORMAT_VERSION, LogPosition};
use crate::storage::vfs::{Vfs, VfsFile};

/// Bytes of a segment's header.
pub const SEGMENT_HEADER: usize = 64;
const MAGIC: &[u8; 8] = b"IRONWAL1";

/// Sizes, smaller in tests.
#[derive(Clone, Copy, Debug)]
pub struct LogSizes {
    /// A segment that has reached this many bytes is followed by a new one.
    pub segment: u64,
    /// Zeros are written this many bytes ahead.
    pub ahead: u64,
    /// A transaction writes its operations to the log before its end when so many bytes have come together.
    pub part: usize,
}

impl Default for LogSizes {
    fn default() -> LogSizes {
        LogSizes {
            segment: 16 << 20,
            ahead: 1 << 20,
            part: 1 << 20,
        }
    }
}

/// The header of a segment.
pub struct SegmentHeader {
    pub database_id: [u8; 16],
    pub number: u64,
    /// All commits before this one were durable when the segment was made.
    pub first: Lsn,
}

impl SegmentHeader {
    pub fn encode(&self) -> [u8; SEGMENT_HEADER] {
        let mut bytes = [0; SEGMENT_HEADER];
        bytes[..8].copy_from_slice(MAGIC);
        page::put_u32(&mut bytes, 12, FORMAT_VERSION);
        bytes[16..32].copy_from_slice(&self.database_id);
        page::put_u64(&mut bytes, 32, self.number);
        page::put_u64(&mut bytes, 40, self.first);
        let sum = crc32c::crc32c(&bytes[12..]);
        page::put_u32(&mut bytes, 8, sum);
        bytes
    }

    /// The header of a segment file; `None`: not a whole one.
    pub fn decode(bytes: &[u8], path: &str) -> Result<Option<SegmentHeader>> {
        let Some(bytes) = bytes.get(..SEGMENT_HEADER) else {
            return Ok(None);
        };
        if bytes[..8] != *MAGIC || crc32c::crc32c(&bytes[12..]) != page::get_u32(bytes, 8) {
            return Ok(None);
        }
        let version = page::get_u32(bytes, 12);
        if version != FORMAT_VERSION {
            let message = format!("{path} has format version {version}");
            return Err(Error::new(ErrorKind::Unsupported, message));
        }
        Ok(Some(SegmentHeader {
            database_id: bytes[16..32].try_into().expect("16 bytes"),
            number: page::get_u64(bytes, 32),
            first: page::get_u64(bytes, 40),
        }))
    }
}

pub struct LogWriter {
    vfs: Arc<dyn Vfs>,
    sizes: LogSizes,
    database_id: [u8; 16],
    number: u64,
    file: Arc<dyn VfsFile>,
    offset: u64,
    /// Bytes of the file that are written, as groups or as zeros ahead.
    filled: u64,
}

impl LogWriter {
    /// Makes segment `number`, durably. `first`: all commits before it are durable.
    pub fn create(
        vfs: &Arc<dyn Vfs>,
        sizes: LogSizes,
        database_id: [u8; 16],
        number: u64,
        first: Lsn,
    ) -> Result<LogWriter> {
        let path = segment_path(number);
        let failed = |e| {
            Error::io(
                format!("cannot create log segment {}", vfs.display(&path)),
                e,
            )
        };
        // A segment of this number can only be what a crash left of an earlier attempt.
        if vfs.exists(&path).map_err(failed)? {
            vfs.remove(&path).map_err(failed)?;
        }
        let file = vfs.open(&path, true).map_err(failed)?;
        let filled = sizes.ahead.min(64 << 10).max(SEGMENT_HEADER as u64);
        let mut bytes = vec![0; filled as usize];
        let header = SegmentHeader {
            database_id,
            number,
            first,
        };
        bytes[..SEGMENT_HEADER].copy_from_slice(&header.encode());
        file.write_at(&bytes, 0).map_err(failed)?;
        // ORDER: the segment and its name are durable before a group in it can be acknowledged.
        file.sync().map_err(failed)?;
        vfs.sync_directory(DIRECTORY).map_err(failed)?;
        let offset = SEGMENT_HEADER as u64;
        Ok(LogWriter {
            vfs: vfs.clone(),
            sizes,
            database_id,
            number,
            file,
            offset,
            filled,
        })
    }

    /// Goes on behind the last group of an existing segment.
    pub fn resume(
        vfs: &Arc<dyn Vfs>,
        sizes: LogSizes,
        database_id: [u8; 16],
        at: LogPosition,
    ) -> Result<LogWriter> {
        let path = segment_path(at.segment);
        let failed = |e| Error::io(format!("cannot open log segment {}", vfs.display(&path)), e);
        let file = vfs.open(&path, false).map_err(failed)?;
        let filled = file.length().map_err(failed)?;
        let (number, offset) = (at.segment, at.offset);
        Ok(LogWriter {
            vfs: vfs.clone(),
            sizes,
            database_id,
            number,
            file,
            offset,
            filled,
        })
    }

    /// Where the next group will begin.
    pub fn position(&self) -> LogPosition {
        LogPosition {
            segment: self.number,
            offset: self.offset,
        }
    }

    /// What the next group's checksum begins with.
    pub fn place(&self) -> Place {
        Place::new(&self.database_id, self.number)
    }

    fn failed(&self, what: &str, e: std::io::Error) -> Error {
        let path = self.vfs.display(&segment_path(self.number));
        Error::io(format!("cannot {what} log segment {path}"), e)
    }

    /// Whether the segment is full, so that `roll` should come before the next group.
    pub fn is_full(&self) -> bool {
        self.offset >= self.sizes.segment
    }

    /// Goes on to a new segment. `first`: the LSN of the next commit.
    pub fn roll(&mut self, first: Lsn) -> Result<()> {
        // ORDER: what the new segment's header claims must be true before the header exists.
        self.sync()?;
        *self = LogWriter::create(
            &self.vfs,
            self.sizes,
            self.database_id,
            self.number + 1,
            first,
        )?;
        Ok(())
    }

    /// Writes a sealed group behind the last one.
    pub fn append(&mut self, group: &[u8]) -> Result<()> {
        debug_assert_eq!(self.offset % ALIGN, 0);
        let end = self.offset + group.len() as u64;
        if end > self.filled {
            let filled = (end + self.sizes.ahead).next_multiple_of(4096);
            let mut bytes = Vec::with_capacity((filled - self.offset) as usize);
            bytes.extend_from_slice(group);
            bytes.resize((filled - self.offset) as usize, 0);
            let written = self.file.write_at(&bytes, self.offset);
            written.map_err(|e| self.failed("write to", e))?;
            self.filled = filled;
        } else {
            self.file
                .write_at(group, self.offset)
                .map_err(|e| self.failed("write to", e))?;
        }
        self.offset = end;
        Ok(())
    }

    /// Makes everything appended durable.
    pub fn sync(&self) -> Result<()> {
        self.file.sync().map_err(|e| self.failed("sync", e))
    }
}
