//! Data that the library carries with it, compressed: the rules of languages and of time zones.
//!
//! A pack is a list of names and a stretch of bytes for each; names may share theirs. The files are made by
//! `tests/packed_data.rs`, which also says whether they are what they should be.
//!
//! ```text
//! 2    number of names
//! then for each name, in ascending order:
//! 1    its length
//! n    the name
//! 4+4  where its bytes begin and end, counted from the end of this list
//! ```
//!
//! All numbers are little-endian.

/// A list of names with the bytes that belong to them.
pub(crate) struct Pack<'d>(&'d [u8]);

impl<'d> Pack<'d> {
    pub(crate) fn new(bytes: &'d [u8]) -> Pack<'d> {
        Pack(bytes)
    }

    /// The name as the pack has it, and its bytes.
    pub(crate) fn find(&self, name: &str) -> Option<(&'d str, &'d [u8])> {
        let (count, mut rest) = self.0.split_first_chunk::<2>()?;
        let mut found = None;
        for _ in 0..u16::from_le_bytes(*count) {
            let (length, after) = rest.split_first()?;
            let (entry, after) = after.split_at_checked(usize::from(*length))?;
            let (start, after) = after.split_first_chunk::<4>()?;
            let (end, after) = after.split_first_chunk::<4>()?;
            if entry == name.as_bytes() {
                let at = |bytes: &[u8; 4]| u32::from_le_bytes(*bytes) as usize;
                found = Some((std::str::from_utf8(entry).ok()?, at(start)..at(end)));
            }
            rest = after;
        }
        let (name, range) = found?;
        Some((name, rest.get(range)?))
    }
}

/// What was compressed. `None`: it is no such thing, or becomes larger than 1 MiB.
pub(crate) fn inflate(bytes: &[u8]) -> Option<Vec<u8>> {
    miniz_oxide::inflate::decompress_to_vec_with_limit(bytes, 1 << 20).ok()
}
