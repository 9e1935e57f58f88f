//! The unit that one write and one sync make durable: a header and some commits.
//!
//! A commit too large for one group comes in parts, each a group of its own that holds no commit, in the order in which they
//! were made and with other groups between them; its end is what makes it a commit. Parts without an end count for nothing.
//!
//! Now and then a group begins with the time at which it was written (`stamp`), by which a state of the past is found again.
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
const FIRST_PART: u8 = 2;
const PART: u8 = 3;
const END: u8 = 4;
const TIME: u8 = 5;
const FRAME_HEADER: usize = 5;

/// Tells the parts of one large commit from those of others. Numbers begin anew with each process; the first part of a number
/// makes what an earlier process wrote under it forgotten.
pub type PartsNumber = u64;

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
    /// A group that is a part of a large commit. `last`: the last commit in the log, or one before it.
    pub fn part(number: PartsNumber, is_first: bool, operations: &[u8], last: Lsn) -> Pending {
        let mut pending = Pending {
            last,
            ..Pending::default()
        };
        let length = (std::mem::size_of::<PartsNumber>() + operations.len()) as u32;
        pending.bytes.push(if is_first { FIRST_PART } else { PART });
        pending.bytes.extend_from_slice(&length.to_le_bytes());
        pending.bytes.extend_from_slice(&number.to_le_bytes());
        pending.bytes.extend_from_slice(operations);
        pending
    }

    /// A group that tells the time and nothing else. `last`: as for `part`.
    pub fn time(millis: u64, last: Lsn) -> Pending {
        let mut pending = Pending {
            last,
            ..Pending::default()
        };
        pending.stamp(millis);
        pending
    }

    /// Puts the time of writing, in milliseconds since 1970, before everything else. No commit is in progress.
    pub fn stamp(&mut self, millis: u64) {
        let length = (std::mem::size_of_val(&millis) as u32).to_le_bytes();
        let frame = std::iter::once(TIME)
            .chain(length)
            .chain(millis.to_le_bytes());
        self.bytes.splice(HEADER..HEADER, frame);
    }

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

    /// Makes the commit in progress, which has no operations yet, the end of one that has parts in the log.
    pub fn ends_parts(&mut self, mark: Mark, number: PartsNumber) {
        debug_assert_eq!(self.len_since(mark), FRAME_HEADER);
        self.bytes[mark.0] = END;
        self.bytes.extend_from_slice(&number.to_le_bytes());
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
        let length = self.bytes.len() - mark.0 - FRAME_HEADER;
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
    pub fn seal(&mut self, durable: Lsn, place: Place) -> &[u8] {
        let length = self.bytes.len() - HEADER;
        self.bytes[..4].copy_from_slice(MAGIC);
        put_u32(&mut self.bytes, 8, length as u32);
        put_u32(&mut self.bytes, 12, self.commits);
        put_u64(&mut self.bytes, 16, self.last + 1 - u64::from(self.commits));
        put_u64(&mut self.bytes, 24, self.last);
        put_u64(&mut self.bytes, 32, durable);
        let sum = place.checksum(&self.bytes[8..]);
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

/// The database and segment that a group belongs to, as its checksum begins: a group copied to another place, by the medium
/// or by a document that holds its bytes, is none there.
#[derive(Clone, Copy)]
pub struct Place(u32);

impl Place {
    pub fn new(database_id: &[u8; 16], segment: u64) -> Place {
        Place(crc32c::crc32c_append(
            crc32c::crc32c(database_id),
            &segment.to_le_bytes(),
        ))
    }

    fn checksum(self, bytes: &[u8]) -> u32 {
        crc32c::crc32c_append(self.0, bytes)
    }
}

/// The bytes of a group without its padding, as its header says.
pub fn whole_length(header: &[u8]) -> usize {
    HEADER + get_u32(header, 8) as usize
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
    pub fn read(segment: &'a [u8], offset: usize, place: Place) -> Option<Group<'a>> {
        let bytes = segment.get(offset..)?;
        if bytes.len() < HEADER || bytes[..4] != *MAGIC {
            return None;
        }
        let end = HEADER.checked_add(get_u32(bytes, 8) as usize)?;
        if place.checksum(bytes.get(8..end)?) != get_u32(bytes, 4) {
            return None;
        }
        let group = Group {
            first: get_u64(bytes, 16),
            last: get_u64(bytes, 24),
            durable: get_u64(bytes, 32),
            payload: &bytes[HEADER..end],
        };
        let commits = u64::from(get_u32(bytes, 12));
        (group.last.checked_add(1)?.checked_sub(group.first)? == commits).then_some(group)
    }

    /// Bytes from this group's start to the next one's.
    pub fn length(&self) -> usize {
        (HEADER + self.payload.len()).next_multiple_of(ALIGN as usize)
    }

    /// When the group was written, if it says.
    pub fn time(&self) -> Option<u64> {
        match read_frame(&mut &*self.payload, self.first) {
            Some(Frame::Time(millis)) => Some(millis),
            _ => None,
        }
    }

    /// What is in the group. `Err`: the payload is malformed though its checksum is right.
    pub fn frames(&self) -> impl Iterator<Item = std::result::Result<Frame<'a>, String>> {
        let mut rest = self.payload;
        let (mut lsn, last) = (self.first, self.last);
        std::iter::from_fn(move || {
            if rest.is_empty() {
                let missing = lsn <= last;
                lsn = last + 1;
                return missing.then(|| Err(format!("commit {last} is missing")));
            }
            let frame = read_frame(&mut rest, lsn);
            match &frame {
                Some(Frame::Part { .. } | Frame::Time(_)) => {}
                Some(_) => lsn += 1,
                None => {
                    rest = &[];
                    let at = lsn;
                    lsn = last + 1;
                    return Some(Err(format!("commit {at} is malformed")));
                }
            }
            frame.map(Ok)
        })
    }
}

/// Takes a frame off the front.
fn read_frame<'a>(rest: &mut &'a [u8], lsn: Lsn) -> Option<Frame<'a>> {
    let (header, after) = rest.split_at_checked(FRAME_HEADER)?;
    let (body, after) = after.split_at_checked(get_u32(header, 1) as usize)?;
    *rest = after;
    let numbered = || {
        let (number, operations) = body.split_at_checked(std::mem::size_of::<PartsNumber>())?;
        Some((get_u64(number, 0), operations))
    };
    Some(match header[0] {
        WHOLE_COMMIT => Frame::Commit {
            lsn,
            operations: body,
        },
        kind @ (FIRST_PART | PART) => {
            let (number, operations) = numbered()?;
            Frame::Part {
                number,
                is_first: kind == FIRST_PART,
                operations,
            }
        }
        END => {
            let (number, operations) = numbered()?;
            Frame::End {
                lsn,
                number,
                operations,
            }
        }
        TIME => Frame::Time(u64::from_le_bytes(body.try_into().ok()?)),
        _ => return None,
    })
}

/// What a group consists of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Frame<'a> {
    Commit {
        lsn: Lsn,
        operations: &'a [u8],
    },
    /// Operations of a commit that is not complete.
    Part {
        number: PartsNumber,
        is_first: bool,
        operations: &'a [u8],
    },
    /// The last operations of a commit, to be done behind those of its parts.
    End {
        lsn: Lsn,
        number: PartsNumber,
        operations: &'a [u8],
    },
    /// When what follows was written, in milliseconds since 1970.
    Time(u64),
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place() -> Place {
        Place::new(&[7; 16], 3)
    }

    fn frames(bytes: &[u8]) -> Vec<std::result::Result<Frame<'_>, String>> {
        let group = Group::read(bytes, 0, place()).expect("whole");
        assert_eq!(group.length(), bytes.len());
        group.frames().collect()
    }

    #[test]
    fn whole_commits_parts_and_ends_are_read_back() {
        let mut pending = Pending::default();
        for (lsn, operations) in [(5, &b"one"[..]), (6, b"")] {
            let mark = pending.begin();
            pending.operations().extend_from_slice(operations);
            pending.finish(mark, lsn);
        }
        let mark = pending.begin();
        pending.ends_parts(mark, 9);
        pending.operations().extend_from_slice(b"rest");
        pending.finish(mark, 7);
        let bytes = pending.seal(4, place()).to_vec();
        let (operations, number) = (&b"rest"[..], 9);
        assert_eq!(
            frames(&bytes),
            [
                Ok(Frame::Commit {
                    lsn: 5,
                    operations: b"one"
                }),
                Ok(Frame::Commit {
                    lsn: 6,
                    operations: b""
                }),
                Ok(Frame::End {
                    lsn: 7,
                    number,
                    operations
                }),
            ]
        );

        for is_first in [true, false] {
            let bytes = Pending::part(9, is_first, b"much", 7)
                .seal(7, place())
                .to_vec();
            let group = Group::read(&bytes, 0, place()).expect("whole");
            assert_eq!((group.first, group.last, group.durable), (8, 7, 7));
            let operations = &b"much"[..];
            assert_eq!(
                frames(&bytes),
                [Ok(Frame::Part {
                    number,
                    is_first,
                    operations
                })]
            );
        }
    }

    #[test]
    fn the_time_comes_first_and_is_no_commit() {
        let mut pending = Pending::default();
        let mark = pending.begin();
        pending.operations().extend_from_slice(b"one");
        pending.finish(mark, 5);
        pending.stamp(1234);
        let bytes = pending.seal(4, place()).to_vec();
        let operations = &b"one"[..];
        let commit = Ok(Frame::Commit { lsn: 5, operations });
        assert_eq!(frames(&bytes), [Ok(Frame::Time(1234)), commit]);
        let group = Group::read(&bytes, 0, place()).expect("whole");
        assert_eq!(group.time(), Some(1234));

        let bytes = Pending::time(1235, 5).seal(5, place()).to_vec();
        assert_eq!(frames(&bytes), [Ok(Frame::Time(1235))]);
        let group = Group::read(&bytes, 0, place()).expect("whole");
        assert_eq!((group.first, group.last, group.time()), (6, 5, Some(1235)));
    }

    #[test]
    fn a_malformed_payload_is_an_error() {
        for bad in [
            &[9, 0, 0, 0, 0][..],
            &[1, 9, 0, 0, 0],
            &[4, 3, 0, 0, 0, 1, 2, 3],
            &[1],
        ] {
            let mut pending = Pending::default();
            pending.operations().extend_from_slice(bad);
            (pending.commits, pending.last) = (1, 5);
            let bytes = pending.seal(4, place()).to_vec();
            let read = frames(&bytes);
            assert!(read.len() == 1 && read[0].is_err(), "{bad:?}: {read:?}");
        }
    }
}
