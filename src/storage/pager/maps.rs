//! The read-only maps of one file, and which of its pages were verified.
//!
//! Maps double in size and reach beyond the end of the file, so that they never move as the file grows.
//!
//! Invariants: a byte of a map is touched only below the file's known length; a page handed out as a slice is
//! not written while its snapshot lives, because its number is not given out anew before.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::storage::error::{Error, Result};
use crate::storage::vfs::{Map, VfsFile};

/// Bytes of the first map and of the second; each further one doubles the total.
const FIRST_MAP: u64 = 64 << 20;
/// 64 MiB * 2^21 = 128 TiB: more than 2^32 pages of 32 KiB.
const MAPS: usize = 22;

/// The map that holds byte `offset`, and where that map starts and ends.
fn locate(offset: u64) -> (usize, u64, u64) {
    match offset / FIRST_MAP {
        0 => (0, 0, FIRST_MAP),
        blocks => {
            let start = FIRST_MAP << blocks.ilog2();
            (blocks.ilog2() as usize + 1, start, start * 2)
        }
    }
}

/// Whether `length` bytes from `offset` on lie in one map.
pub fn in_one_map(offset: u64, length: u64) -> bool {
    offset + length <= locate(offset).2
}

#[derive(Default)]
pub struct Maps {
    /// None before the first page is read: most of ten thousand files are not in use.
    maps: OnceLock<Box<[OnceLock<Map>; MAPS]>>,
}

impl Maps {
    /// The bytes at `offset`, mapping that part of the file when it is first asked for. `None`: this file system has
    /// no maps. The caller has checked that the file reaches that far.
    pub fn bytes(
        &self,
        offset: u64,
        length: usize,
        open: impl FnOnce() -> Result<std::sync::Arc<dyn VfsFile>>,
    ) -> Result<Option<&[u8]>> {
        let (index, start, end) = locate(offset);
        debug_assert!(
            offset + length as u64 <= end,
            "extents do not straddle maps"
        );
        let slot = &self.maps.get_or_init(Box::default)[index];
        let map = match slot.get() {
            Some(map) => map,
            None => {
                let made = open()?
                    .map(start, (end - start) as usize)
                    .map_err(|e| Error::io("cannot map the file", e))?;
                match made {
                    // A racing reader may have made the same map; the second is dropped unused.
                    Some(made) => slot.get_or_init(|| made),
                    None => return Ok(None),
                }
            }
        };
        // SAFETY: the range lies in the map (asserted above, and `locate` is exact) and below the file's length (the
        // caller's check), so it can be read. The map lives as long as `self`, to which the slice is bound. The
        // bytes do not change while the slice lives (module invariant).
        Ok(Some(unsafe {
            std::slice::from_raw_parts(map.base().add((offset - start) as usize), length)
        }))
    }
}

/// First bitmap chunk: 64 words, so 4096 pages; each further one is twice as large.
const FIRST_WORDS: usize = 64;
const WORD_CHUNKS: usize = 21;

/// One bit a page, set once its checksum was found right (or was computed by us).
#[derive(Default)]
pub struct Verified {
    chunks: OnceLock<Box<WordChunks>>,
}

type WordChunks = [OnceLock<Box<[AtomicU64]>>; WORD_CHUNKS];

impl Verified {
    fn locate(number: u32) -> (usize, usize, u64) {
        let word = number as usize / 64;
        let chunk = (word / FIRST_WORDS + 1).ilog2() as usize;
        let index = word - FIRST_WORDS * ((1 << chunk) - 1);
        (chunk, index, 1 << (number % 64))
    }

    #[inline]
    fn chunk(&self, chunk: usize) -> Option<&[AtomicU64]> {
        self.chunks.get()?[chunk].get().map(|words| &**words)
    }

    #[inline]
    pub fn get(&self, number: u32) -> bool {
        let (chunk, index, mask) = Self::locate(number);
        match self.chunk(chunk) {
            Some(words) => words[index].load(Ordering::Acquire) & mask != 0,
            None => false,
        }
    }

    pub fn set(&self, number: u32) {
        let (chunk, index, mask) = Self::locate(number);
        let words = self.chunks.get_or_init(Box::default)[chunk].get_or_init(|| {
            (0..FIRST_WORDS << chunk)
                .map(|_| AtomicU64::new(0))
                .collect()
        });
        words[index].fetch_or(mask, Ordering::Release);
    }

    /// The page must be verified again before its next use.
    pub fn clear(&self, number: u32) {
        let (chunk, index, mask) = Self::locate(number);
        if let Some(words) = self.chunk(chunk) {
            words[index].fetch_and(!mask, Ordering::Release);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn maps_follow_each_other_without_gaps() {
        let mut next = 0;
        for index in 0..MAPS {
            let (found, start, end) = locate(next);
            assert_eq!((found, start), (index, next));
            assert_eq!(locate(end - 1), (index, start, end));
            next = end;
        }
        assert!(in_one_map(FIRST_MAP - 8192, 8192));
        assert!(!in_one_map(FIRST_MAP - 8192, 8193));
    }

    #[test]
    fn bits_do_not_share_places() {
        let verified = Verified::default();
        for number in (0..300_000).step_by(7) {
            assert!(!verified.get(number));
            verified.set(number);
        }
        assert!((0..300_000).all(|number| verified.get(number) == (number % 7 == 0)));
        Verified::locate(u32::MAX);
        assert!(Verified::locate(u32::MAX).0 < WORD_CHUNKS);
    }
}
