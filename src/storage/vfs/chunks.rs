//! The bytes of a file in RAM, for the two file systems that have no disk below them.
//!
//! A file is a row of equal chunks, so that growth copies nothing and a hole takes no memory. A
//! clone shares all chunks with the original, and a chunk is copied only when one of them changes
//! it: that makes it cheap to keep many versions of a simulated disk.
//!
//! Invariant: every byte beyond the length is zero, so that growing needs no clearing.

use std::io;
use std::sync::Arc;

use super::beyond_end;

/// The size of a chunk, that of the usual page.
pub(super) const CHUNK_BYTES: usize = 8192;

/// No file grows longer (1 TiB): its row of chunks must itself fit in memory.
const MAX_LENGTH: u64 = 1 << 40;

type Chunk = Arc<[u8; CHUNK_BYTES]>;

/// A sparse array of bytes.
#[derive(Clone, Default)]
pub(super) struct Chunks {
    length: u64,
    chunks: Vec<Option<Chunk>>,
}

impl Chunks {
    pub fn length(&self) -> u64 {
        self.length
    }

    /// The bytes that chunks take in memory, if no clone shares them.
    pub fn allocated_bytes(&self) -> u64 {
        self.chunks.iter().flatten().count() as u64 * CHUNK_BYTES as u64
    }

    /// Whether the chunk at this offset takes memory.
    pub fn is_allocated(&self, offset: u64) -> bool {
        let index = (offset / CHUNK_BYTES as u64) as usize;
        self.chunks.get(index).is_some_and(Option::is_some)
    }

    /// Fills the buffer, or fails with `UnexpectedEof`.
    pub fn read(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        match offset.checked_add(buffer.len() as u64) {
            Some(end) if end <= self.length => self.read_padded(buffer, offset),
            _ => return Err(beyond_end(buffer.len(), offset)),
        }
        Ok(())
    }

    /// Fills the buffer with what there is, and with zeros beyond the end.
    pub fn read_padded(&self, buffer: &mut [u8], offset: u64) {
        for (part, index, start) in pieces(buffer.len(), offset) {
            let out = &mut buffer[part];
            match self.chunks.get(index) {
                Some(Some(chunk)) => out.copy_from_slice(&chunk[start..start + out.len()]),
                _ => out.fill(0),
            }
        }
    }

    /// Writes all bytes, growing the file if it must; nothing is written when it cannot grow.
    pub fn write(&mut self, bytes: &[u8], offset: u64) -> io::Result<()> {
        let end = offset.saturating_add(bytes.len() as u64);
        if end > self.length && !bytes.is_empty() {
            self.set_length(end)?;
        }
        for (part, index, start) in pieces(bytes.len(), offset) {
            let input = &bytes[part];
            let chunk = self.chunks[index].get_or_insert_with(|| Arc::new([0; CHUNK_BYTES]));
            Arc::make_mut(chunk)[start..start + input.len()].copy_from_slice(input);
        }
        Ok(())
    }

    /// Cuts the file, or extends it with a hole.
    pub fn set_length(&mut self, length: u64) -> io::Result<()> {
        if length > MAX_LENGTH {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        let count = length.div_ceil(CHUNK_BYTES as u64) as usize;
        self.chunks
            .try_reserve(count.saturating_sub(self.chunks.len()))?;
        self.chunks.resize(count, None);
        let tail = (length % CHUNK_BYTES as u64) as usize;
        if length < self.length
            && tail != 0
            && let Some(Some(last)) = self.chunks.last_mut()
        {
            Arc::make_mut(last)[tail..].fill(0);
        }
        self.length = length;
        Ok(())
    }
}

/// Cuts `length` bytes at `offset` where chunks meet: for each piece its range in the buffer, the
/// number of its chunk and its start there.
fn pieces(
    length: usize,
    offset: u64,
) -> impl Iterator<Item = (std::ops::Range<usize>, usize, usize)> {
    let mut done = 0;
    std::iter::from_fn(move || {
        if done == length {
            return None;
        }
        let position = offset + done as u64;
        let (index, start) = (position / CHUNK_BYTES as u64, position % CHUNK_BYTES as u64);
        let count = (CHUNK_BYTES - start as usize).min(length - done);
        let part = done..done + count;
        done += count;
        Some((part, index as usize, start as usize))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(chunks: &Chunks) -> Vec<u8> {
        let mut bytes = vec![1; chunks.length() as usize];
        chunks.read(&mut bytes, 0).expect("within the length");
        bytes
    }

    #[test]
    fn agrees_with_a_plain_vector() {
        let mut chunks = Chunks::default();
        let mut model: Vec<u8> = Vec::new();
        let mut seed = 1_u64;
        let mut next = |below: u64| {
            seed = seed
                .wrapping_mul(6364136223846793005)
                .wrapping_add(1442695040888963407);
            (seed >> 33) % below
        };
        for round in 0..2000 {
            let at = next(50_000) as usize;
            if next(4) == 0 {
                chunks.set_length(at as u64).unwrap();
                model.resize(at, 0);
            } else {
                let bytes = vec![round as u8; next(20_000) as usize];
                chunks.write(&bytes, at as u64).unwrap();
                if !bytes.is_empty() {
                    model.resize(model.len().max(at + bytes.len()), 0);
                    model[at..at + bytes.len()].copy_from_slice(&bytes);
                }
            }
            assert!(all(&chunks) == model, "round {round}");
        }
    }

    #[test]
    fn holes_take_no_memory_and_clones_are_apart() {
        let mut first = Chunks::default();
        first.set_length(1 << 36).unwrap();
        first.write(b"x", 1 << 20).unwrap();
        assert_eq!(first.allocated_bytes(), CHUNK_BYTES as u64);
        assert!(first.is_allocated(1 << 20) && !first.is_allocated(0));
        first.set_length(1 << 21).unwrap();
        let second = first.clone();
        first.write(b"y", 1 << 20).unwrap();
        let mut byte = [0];
        second.read(&mut byte, 1 << 20).unwrap();
        assert_eq!(&byte, b"x");
    }

    #[test]
    fn lengths_are_respected() {
        let mut chunks = Chunks::default();
        chunks.write(b"abc", 0).unwrap();
        let mut buffer = [9; 4];
        for (buffer, offset) in [
            (&mut buffer[..], 0),
            (&mut [0][..], 3),
            (&mut [0][..], u64::MAX),
        ] {
            let error = chunks.read(buffer, offset).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof);
        }
        for offset in [MAX_LENGTH, u64::MAX] {
            let error = chunks.write(b"x", offset).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::FileTooLarge);
        }
        chunks.read_padded(&mut buffer, 1);
        assert_eq!(&buffer, b"bc\0\0");
    }
}
