//! Every system call that storage makes goes through this trait, so that the same engine runs on
//! the operating system (`os`), in memory (`memory`) and on a simulated disk (`sim`) that loses
//! power and fails calls at will.
//!
//! Invariants: nothing in storage touches `std::fs`, `libc` or `memmap2` except through here. No
//! path leaves the database directory, whatever a damaged catalog asks for. Every error of a real
//! file names the file, and its errno stays reachable through [`os_error`].

mod chunks;
mod locks;
pub mod memory;
mod names;
pub mod os;
pub mod sim;

use std::error::Error;
use std::fmt;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// A file system, or something that behaves like one. Paths are relative to the database directory
/// (`"users.mlite"`, `"database.wal/0000000000000001.wal"`), with `/` between their parts.
pub trait Vfs: Send + Sync {
    /// Opens a file for reading and writing; `create` makes it when absent (mode 0644), else an
    /// absent file is `NotFound`. A Vfs opened read-only refuses `create` and all writes.
    fn open(&self, path: &str, create: bool) -> io::Result<Arc<dyn VfsFile>>;
    /// Whether a file or directory of that name exists.
    fn exists(&self, path: &str) -> io::Result<bool>;
    /// The names in a directory (`""` is the database directory itself), unsorted.
    fn list(&self, directory: &str) -> io::Result<Vec<String>>;
    /// Makes a directory; one that exists is fine. Not durable before `sync_directory` of its parent.
    fn create_directory(&self, path: &str) -> io::Result<()>;
    /// Removes a file. Not durable before `sync_directory`.
    fn remove(&self, path: &str) -> io::Result<()>;
    /// Renames a file, over another if there is one, within one directory. Not durable before
    /// `sync_directory`.
    fn rename(&self, from: &str, to: &str) -> io::Result<()>;
    /// Makes creations, removals and renames in this directory durable.
    fn sync_directory(&self, directory: &str) -> io::Result<()>;
    /// Takes the lock of the database (`"lock"`, a file that is made when absent and never
    /// removed), or fails with `WouldBlock` when another holder, in this process or another, has
    /// it. Exclusive, or shared with other readers on a Vfs opened read-only. Held until the
    /// returned value is dropped.
    fn lock(&self, path: &str) -> io::Result<Box<dyn Send + Sync>>;
    /// Makes a file without a name, gone with its handle: scratch space beyond memory, of which nothing outlives the process.
    fn temporary(&self) -> io::Result<std::fs::File> {
        tempfile::tempfile()
    }
    /// The time, in milliseconds since 1970, as far as the host knows it: it may go backwards.
    fn now(&self) -> u64 {
        let since = std::time::SystemTime::UNIX_EPOCH.elapsed();
        since.map_or(0, |since| since.as_millis() as u64)
    }
    /// Counters of the calls made so far.
    fn counters(&self) -> &Counters;
    /// The name to show in messages for `path` (the full path on a real disk).
    fn display(&self, path: &str) -> String;
}

/// An open file. All methods take `&self`: positions are explicit, calls may overlap.
pub trait VfsFile: Send + Sync {
    /// Reads exactly `buffer.len()` bytes, or fails with `UnexpectedEof`.
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()>;
    /// Writes all of `bytes`, extending the file as needed. A short write is an error.
    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()>;
    /// Makes the file's data and length durable (`fdatasync`). Never retried: after a failure the
    /// unsynced data may be gone even though reads still show it.
    fn sync(&self) -> io::Result<()>;
    /// The present length in bytes.
    fn length(&self) -> io::Result<u64>;
    /// Sets the length, cutting or extending with zeros.
    fn set_length(&self, length: u64) -> io::Result<()>;
    /// Maps `length` bytes at `offset` (a multiple of 64 KiB) for reading, beyond the end of the
    /// file too (touching such bytes is the caller's fault). `None`: this file system has no maps;
    /// use `read_at`.
    fn map(&self, offset: u64, length: usize) -> io::Result<Option<Map>>;
}

/// A read-only view of a part of a file. The address range stays mapped for as long as this value
/// lives, but a byte is there to be read only while the file reaches that far: touching a page
/// beyond its end raises SIGBUS. The bytes change when the file is written, hence no slice.
#[derive(Debug)]
pub struct Map {
    raw: memmap2::MmapRaw,
}

impl Map {
    /// The address of the first byte.
    pub fn base(&self) -> *const u8 {
        self.raw.as_ptr()
    }

    /// The number of bytes mapped.
    pub fn len(&self) -> usize {
        self.raw.len()
    }

    /// Whether nothing is mapped.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Tells the system that reads will jump about, so that it does not read ahead.
    pub fn advise_random(&self) -> io::Result<()> {
        self.raw.advise(memmap2::Advice::Random)
    }

    /// Tells the system to read ahead.
    pub fn advise_sequential(&self) -> io::Result<()> {
        self.raw.advise(memmap2::Advice::Sequential)
    }
}

/// Calls made through a `Vfs` so far, for tests that count system calls and for write
/// amplification. A call that fails counts too.
#[derive(Default, Debug)]
pub struct Counters {
    /// `read_at` calls.
    pub reads: AtomicU64,
    /// Bytes asked of them.
    pub bytes_read: AtomicU64,
    /// `write_at` calls.
    pub writes: AtomicU64,
    /// Bytes given to them.
    pub bytes_written: AtomicU64,
    /// File syncs.
    pub syncs: AtomicU64,
    /// Directory syncs.
    pub directory_syncs: AtomicU64,
    /// All other calls that reach the file system: opens, lengths, maps, names, locks.
    pub others: AtomicU64,
}

impl Counters {
    /// All calls of every kind.
    pub fn total(&self) -> u64 {
        [
            &self.reads,
            &self.writes,
            &self.syncs,
            &self.directory_syncs,
            &self.others,
        ]
        .iter()
        .map(|counter| counter.load(Ordering::Relaxed))
        .sum()
    }

    fn count_read(&self, bytes: usize) {
        self.reads.fetch_add(1, Ordering::Relaxed);
        self.bytes_read.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    fn count_write(&self, bytes: usize) {
        self.writes.fetch_add(1, Ordering::Relaxed);
        self.bytes_written
            .fetch_add(bytes as u64, Ordering::Relaxed);
    }

    fn count_sync(&self) {
        self.syncs.fetch_add(1, Ordering::Relaxed);
    }

    fn count_directory_sync(&self) {
        self.directory_syncs.fetch_add(1, Ordering::Relaxed);
    }

    fn count_other(&self) {
        self.others.fetch_add(1, Ordering::Relaxed);
    }
}

/// The errno at the root of an error that a `Vfs` returned, if the operating system caused it.
pub fn os_error(error: &io::Error) -> Option<i32> {
    if let Some(errno) = error.raw_os_error() {
        return Some(errno);
    }
    let mut cause = error.source();
    while let Some(inner) = cause {
        if let Some(errno) = inner
            .downcast_ref::<io::Error>()
            .and_then(io::Error::raw_os_error)
        {
            return Some(errno);
        }
        cause = inner.source();
    }
    None
}

/// An I/O error with the name of its file in front; the bare error is its source.
#[derive(Debug)]
struct PathError {
    path: String,
    source: io::Error,
}

impl fmt::Display for PathError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path, self.source)
    }
}

impl Error for PathError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.source)
    }
}

/// Puts the name of the file before the message, keeping the kind.
fn name_file(error: io::Error, path: impl fmt::Display) -> io::Error {
    io::Error::new(
        error.kind(),
        PathError {
            path: path.to_string(),
            source: error,
        },
    )
}

/// Refuses any path that could leave the database directory. File names come from the catalog,
/// hence from disk, and so are not to be trusted.
fn check_path(path: &str) -> io::Result<()> {
    let odd = |part: &str| part.is_empty() || part == "." || part == ".." || part.contains('\0');
    if path.split('/').any(odd) {
        return Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            format!("{path:?} is not a path inside the database directory"),
        ));
    }
    Ok(())
}

/// As [`check_path`], for calls where `""` stands for the database directory itself.
fn check_directory(path: &str) -> io::Result<()> {
    if path.is_empty() {
        Ok(())
    } else {
        check_path(path)
    }
}

/// Checks both paths of a rename. One directory sync must suffice to make it durable, so both lie
/// in the same directory.
fn check_rename(from: &str, to: &str) -> io::Result<()> {
    check_path(from)?;
    check_path(to)?;
    if parent(from) != parent(to) {
        return Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            format!("cannot rename {from:?} to {to:?}: they are in different directories"),
        ));
    }
    Ok(())
}

/// The directory that a path lies in; `""` for the database directory.
fn parent(path: &str) -> &str {
    path.rfind('/').map_or("", |slash| &path[..slash])
}

/// The error of a change to a database that was opened for reading.
fn read_only_error() -> io::Error {
    io::Error::new(
        io::ErrorKind::ReadOnlyFilesystem,
        "the database is open for reading only",
    )
}

/// The error of a read that reaches beyond the end of a file.
fn beyond_end(wanted: usize, offset: u64) -> io::Error {
    io::Error::new(
        io::ErrorKind::UnexpectedEof,
        format!("the file ends before the {wanted} bytes at {offset}"),
    )
}

#[cfg(test)]
mod agreement_tests;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_stay_inside_the_directory() {
        for path in [
            "users.mlite",
            "database.wal/00000001.wal",
            "a b",
            "..c",
            "é.idx",
        ] {
            check_path(path).expect(path);
        }
        for path in [
            "",
            "/etc/passwd",
            "..",
            "../x",
            "a/../../x",
            "a//b",
            "a/",
            ".",
            "a\0b",
        ] {
            let error = check_path(path).expect_err(path);
            assert_eq!(error.kind(), io::ErrorKind::InvalidInput, "{path:?}");
        }
        check_directory("").expect("the database directory itself");
        check_rename("a/b", "a/c").expect("one directory");
        check_rename("a/b", "c").expect_err("two directories");
    }

    #[test]
    fn errno_stays_reachable_behind_the_file_name() {
        let named = name_file(io::Error::from_raw_os_error(libc::ENOSPC), "db/users.mlite");
        assert_eq!(named.kind(), io::ErrorKind::StorageFull);
        assert!(named.to_string().starts_with("db/users.mlite: "), "{named}");
        assert_eq!(os_error(&named), Some(libc::ENOSPC));
        assert_eq!(os_error(&name_file(named, "twice")), Some(libc::ENOSPC));
        assert_eq!(os_error(&io::Error::other("no errno")), None);
    }
}
