//! The unit that one write and one sync make durable: a header and some commits.
//!
//! A group says which LSN was durable when it was written. That is how a torn tail (nobody was told of it) is told from
//! damage to acknowledged commits: see `reader`.

use crate::storage::page::{Lsn, get_u32, get_u64, put_u32, put_u64};

pub const MAGIC: &[u8; 4] = b"GRP1";
/// Bytes of the header.
pub const HEADER: usize = 40;
/// Groups start at multiples of this.
pub const ALIGN: u64 = 8;

/// The lengths of commits and groups are 32-bit. Writers wait for their group before they begin another commit, so this many bytes in
/// one commit, and the number of threads, keep the group far below that.
const MAX_COMMIT: usize = 256 << 20;

const WHOLE_COMMIT: u8 = 1;
const COMMIT_HEADER: usize = 5;

/// Commits that wait for the next write. The buffer begins with room for the group's header.
pub struct Pending {
    bytes: Vec<u8>,
    commits: u32,
    last: Lsn,
}

impl Default for Pending {
    fn default() -> Pending {
        Pending {
            bytes: vec![0; HEADER],
            commits: 0,
            last: 0,
        }
    }
}

impl Pending {
    pub fn is_empty(&self) -> bool {
        self.commits == 0
    }

    /// The number of commits.
    pub fn commits(&self) -> Lsn {
        self.commits.into()
    }

    /// The LSN of the last commit.
    pub fn last(&self) -> Lsn {
        self.last
    }

    /// Starts a commit; its operations are appended to the buffer given.
    pub fn begin(&mut self) -> Mark {
        let mark = Mark(self.bytes.len());
        self.bytes.extend_from_slice(&[WHOLE_COMMIT, 0, 0, 0, 0]);
        mark
    }

    /// Where the operations of the commit in progress go.
    pub fn operations(&mut self) -> &mut Vec<u8> {
        &mut self.bytes
    }

    /// Bytes waiting.
    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Bytes of the commit in progress.
    pub fn len_since(&self, mark: Mark) -> usize {
        self.bytes.len() - mark.0
    }

    pub fn finish(&mut self, mark: Mark, lsn: Lsn) {
        let length = self.bytes.len() - mark.0 - COMMIT_HEADER;
        assert!(
            length <= MAX_COMMIT,
            "a commit of {length} bytes: the layers above bound them"
        );
        put_u32(&mut self.bytes, mark.0 + 1, length as u32);
        self.commits += 1;
        self.last = lsn;
    }

    pub fn abandon(&mut self, mark: Mark) {
        self.bytes.truncate(mark.0);
    }

    /// Completes the header and gives the group's bytes, padded to its alignment.
    pub fn seal(&mut self, durable: Lsn, segment: u64) -> &[u8] {
        let length = self.bytes.len() - HEADER;
        self.bytes[..4].copy_from_slice(MAGIC);
        put_u32(&mut self.bytes, 8, length as u32);
        put_u32(&mut self.bytes, 12, self.commits);
        put_u64(&mut self.bytes, 16, self.last + 1 - u64::from(self.commits));
        put_u64(&mut self.bytes, 24, self.last);
        put_u64(&mut self.bytes, 32, durable);
        let sum = checksum(&self.bytes[8..], segment);
        put_u32(&mut self.bytes, 4, sum);
        self.bytes
            .resize(self.bytes.len().next_multiple_of(ALIGN as usize), 0);
        &self.bytes
    }

    /// Empties the buffer, keeping its memory unless it had grown large.
    pub fn reset(&mut self) {
        self.bytes.truncate(HEADER);
        self.bytes.shrink_to(1 << 20);
        self.commits = 0;
    }
}

/// The start of a commit in the buffer.
#[derive(Clone, Copy)]
pub struct Mark(usize);

fn checksum(bytes: &[u8], segment: u64) -> u32 {
    crc32c::crc32c_append(crc32c::crc32c(bytes), &segment.to_le_bytes())
}

/// A whole group found in a segment.
#[derive(Clone, Copy, Debug)]
pub struct Group<'a> {
    pub first: Lsn,
    pub last: Lsn,
    pub durable: Lsn,
    payload: &'a [u8],
}

impl<'a> Group<'a> {
    /// The group that starts at `offset` of a segment, if a whole one does.
    pub fn read(segment: &'a [u8], offset: usize, number: u64) -> Option<Group<'a>> {
        let bytes = segment.get(offset..)?;
        if bytes.len() < HEADER || bytes[..4] != *MAGIC {
            return None;
        }
        let end = HEADER.checked_add(get_u32(bytes, 8) as usize)?;
        if checksum(bytes.get(8..end)?, number) != get_u32(bytes, 4) {
            return None;
        }
        let group = Group {
            first: get_u64(bytes, 16),
            last: get_u64(bytes, 24),
            durable: get_u64(bytes, 32),
            payload: &bytes[HEADER..end],
        };
        let commits = u64::from(get_u32(bytes, 12));
        (commits > 0 && group.last.checked_sub(group.first)? + 1 == commits).then_some(group)
    }

    /// Bytes from this group's start to the next one's.
    pub fn length(&self) -> usize {
        (HEADER + self.payload.len()).next_multiple_of(ALIGN as usize)
    }

    /// The commits: LSN and operations. `Err`: the payload is malformed though its checksum is right.
    pub fn commits(&self) -> impl Iterator<Item = std::result::Result<(Lsn, &'a [u8]), String>> {
        let mut rest = self.payload;
        (self.first..=self.last).map(move |lsn| {
            let malformed = || format!("commit {lsn} is malformed");
            let (header, after) = rest.split_at_checked(COMMIT_HEADER).ok_or_else(malformed)?;
            if header[0] != WHOLE_COMMIT {
                return Err(format!("commit {lsn} is of unknown kind {}", header[0]));
            }
            let length = get_u32(header, 1) as usize;
            let (operations, after) = after.split_at_checked(length).ok_or_else(malformed)?;
            rest = after;
            Ok((lsn, operations))
        })
    }
}
