//! The write-ahead log: what a commit did, written and synced once for all who wait.

pub mod group;
pub mod operation;
pub mod reader;
pub mod writer;

/// The directory of the segments.
pub const DIRECTORY: &str = "database.wal";

/// The path of a segment.
pub fn segment_path(number: u64) -> String {
    format!("{DIRECTORY}/{number:016}.wal")
}

/// The number of a segment's file name.
pub fn segment_number(name: &str) -> Option<u64> {
    let digits = name.strip_suffix(".wal")?;
    (digits.len() == 16).then(|| digits.parse().ok()).flatten()
}
