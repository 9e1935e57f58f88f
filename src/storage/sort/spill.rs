//! Sorted runs in a temporary file, and merging them.
//!
//! The file has no name from the moment it exists, so it is gone with its handle whatever happens to the process. All runs
//! are in one file, one behind the other. An entry is its key's and its value's lengths (u32 each), then both.
//!
//! Runs are written in the order in which their entries came, and of equal keys the merge takes the earlier run's first.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fs::File;
use std::io::{self, Read};
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::sync::Arc;

use super::chunk::Chunk;
use crate::storage::error::{Error, Result};

/// Runs merged at a time: more are merged to fewer first, so that their buffers stay small together.
const FAN_IN: usize = 128;
const BUFFER_BYTES: usize = 64 << 10;

/// A temporary file that cannot be made, written or read.
fn failed(what: &str, error: io::Error) -> Error {
    let message = format!("a temporary file for sorting cannot be {what}: {error}");
    Error::io(message, error)
}

pub struct Runs {
    file: Arc<File>,
    end: u64,
    runs: Vec<Range<u64>>,
}

impl Runs {
    /// No runs yet, in a file that `make` makes.
    pub fn create(make: impl FnOnce() -> io::Result<File>) -> Result<Runs> {
        let file = make().map_err(|error| failed("made", error))?;
        Ok(Runs {
            file: Arc::new(file),
            end: 0,
            runs: Vec::new(),
        })
    }

    /// Adds a run: the entries of a sorted chunk.
    pub fn write(&mut self, chunk: &Chunk) -> Result<()> {
        let mut writer = self.writer();
        for (key, value) in (0..chunk.len()).filter_map(|position| chunk.get(position)) {
            writer.entry(key, value)?;
        }
        let run = writer.finish()?;
        self.push(run);
        if self.runs.len() == FAN_IN {
            let runs = std::mem::take(&mut self.runs);
            let merged = self.merge_to_one(runs)?;
            self.push(merged);
        }
        Ok(())
    }

    fn push(&mut self, run: Range<u64>) {
        self.end = run.end;
        self.runs.push(run);
    }

    fn writer(&self) -> RunWriter<'_> {
        RunWriter {
            file: &self.file,
            start: self.end,
            end: self.end,
            buffer: Vec::with_capacity(BUFFER_BYTES),
        }
    }

    fn merge_to_one(&mut self, runs: Vec<Range<u64>>) -> Result<Range<u64>> {
        let mut merge = Merge::new(&self.file, runs)?;
        let mut writer = self.writer();
        while let Some(entry) = merge.next_entry()? {
            writer.entry(&entry.key, &entry.value)?;
        }
        writer.finish()
    }

    /// All entries in order.
    pub fn merge(self) -> Result<Merge> {
        Merge::new(&self.file, self.runs)
    }
}

struct RunWriter<'f> {
    file: &'f File,
    start: u64,
    end: u64,
    buffer: Vec<u8>,
}

impl RunWriter<'_> {
    fn entry(&mut self, key: &[u8], value: &[u8]) -> Result<()> {
        for part in [key, value] {
            self.buffer
                .extend_from_slice(&(part.len() as u32).to_le_bytes());
        }
        self.buffer.extend_from_slice(key);
        self.buffer.extend_from_slice(value);
        if self.buffer.len() >= BUFFER_BYTES {
            self.flush()?;
        }
        Ok(())
    }

    fn flush(&mut self) -> Result<()> {
        self.file
            .write_all_at(&self.buffer, self.end)
            .map_err(|error| failed("written", error))?;
        self.end += self.buffer.len() as u64;
        self.buffer.clear();
        Ok(())
    }

    fn finish(mut self) -> Result<Range<u64>> {
        self.flush()?;
        Ok(self.start..self.end)
    }
}

/// An entry that a run is at. Ordered by key, then by run.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Entry {
    key: Vec<u8>,
    run: usize,
    value: Vec<u8>,
}

/// Several runs gone through at once.
pub struct Merge {
    readers: Vec<io::BufReader<RunReader>>,
    /// The next entry of each run that has one.
    heads: BinaryHeap<Reverse<Entry>>,
}

impl Merge {
    fn new(file: &Arc<File>, runs: Vec<Range<u64>>) -> Result<Merge> {
        let reader = |run| {
            let file = Arc::clone(file);
            io::BufReader::with_capacity(BUFFER_BYTES, RunReader { file, rest: run })
        };
        let mut merge = Merge {
            readers: runs.into_iter().map(reader).collect(),
            heads: BinaryHeap::new(),
        };
        for run in 0..merge.readers.len() {
            merge.advance(run)?;
        }
        Ok(merge)
    }

    fn advance(&mut self, run: usize) -> Result<()> {
        let head = read_entry(&mut self.readers[run], run);
        let head = head.map_err(|error| failed("read", error))?;
        self.heads.extend(head.map(Reverse));
        Ok(())
    }

    fn next_entry(&mut self) -> Result<Option<Entry>> {
        let Some(Reverse(least)) = self.heads.pop() else {
            return Ok(None);
        };
        self.advance(least.run)?;
        Ok(Some(least))
    }

    /// Gives the next entry to `key` and `value`; `false` at the end.
    pub fn next(&mut self, key: &mut Vec<u8>, value: &mut Vec<u8>) -> Result<bool> {
        let Some(entry) = self.next_entry()? else {
            return Ok(false);
        };
        (*key, *value) = (entry.key, entry.value);
        Ok(true)
    }
}

fn read_entry(reader: &mut impl Read, run: usize) -> io::Result<Option<Entry>> {
    let mut lengths = [0; 8];
    if reader.read(&mut lengths[..1])? == 0 {
        return Ok(None);
    }
    reader.read_exact(&mut lengths[1..])?;
    let [a, b, c, d, e, f, g, h] = lengths;
    let mut part = |length: [u8; 4]| {
        let mut part = vec![0; u32::from_le_bytes(length) as usize];
        reader.read_exact(&mut part).map(|()| part)
    };
    Ok(Some(Entry {
        key: part([a, b, c, d])?,
        run,
        value: part([e, f, g, h])?,
    }))
}

/// The bytes of one run.
struct RunReader {
    file: Arc<File>,
    rest: Range<u64>,
}

impl Read for RunReader {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let wanted = out.len().min((self.rest.end - self.rest.start) as usize);
        let read = self.file.read_at(&mut out[..wanted], self.rest.start)?;
        self.rest.start += read as u64;
        Ok(read)
    }
}
