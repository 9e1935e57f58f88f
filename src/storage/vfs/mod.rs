//! Every system call that storage makes goes through this trait, so that the same engine runs on
//! the operating system (`os`), in memory (`memory`) and on a simulated disk (`sim`) that loses
//! power and fails calls at will.
//!
//! Invariant: nothing in storage touches `std::fs`, `libc` or `memmap2` except through here.

use std::io;
use std::sync::Arc;

/// A file system, or something that behaves like one. Paths are relative to the database directory
/// (`"users.mlite"`, `"database.wal/00000001.wal"`).
pub trait Vfs: Send + Sync {
    /// Opens a file for reading and writing; `create` makes it when absent (mode 0644), else an
    /// absent file is `NotFound`. A Vfs opened read-only refuses `create` and all writes.
    fn open(&self, path: &str, create: bool) -> io::Result<Arc<dyn VfsFile>>;
    /// Whether a file or directory of that name exists.
    fn exists(&self, path: &str) -> io::Result<bool>;
    /// The names in a directory (`""` is the database directory itself), unsorted.
    fn list(&self, directory: &str) -> io::Result<Vec<String>>;
    /// Makes a directory; one that exists is fine.
    fn create_directory(&self, path: &str) -> io::Result<()>;
    /// Removes a file. Not durable before `sync_directory`.
    fn remove(&self, path: &str) -> io::Result<()>;
    /// Renames a file over another. Not durable before `sync_directory`.
    fn rename(&self, from: &str, to: &str) -> io::Result<()>;
    /// Makes creations, removals and renames in this directory durable.
    fn sync_directory(&self, directory: &str) -> io::Result<()>;
    /// Takes the exclusive lock of the database (`"lock"`), or fails with `WouldBlock` when another
    /// holder, in this process or another, has it. Held until the returned value is dropped.
    fn lock(&self, path: &str) -> io::Result<Box<dyn Send + Sync>>;
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
    /// Makes the file's data and length durable (`fdatasync`).
    fn sync(&self) -> io::Result<()>;
    /// The present length in bytes.
    fn length(&self) -> io::Result<u64>;
    /// Sets the length, cutting or extending with zeros.
    fn set_length(&self, length: u64) -> io::Result<()>;
    /// Maps `length` bytes at `offset` (a multiple of 64 KiB) for reading, beyond the end of the file too (touching
    /// such bytes is the caller's fault). `None`: this file system has no maps; use `read_at`.
    fn map(&self, offset: u64, length: usize) -> io::Result<Option<Map>>;
}

/// A read-only view of a part of a file that stays valid for as long as this value lives.
pub struct Map {
    // To be completed in os.rs: base pointer, length and the owner that keeps it mapped.
    base: *const u8,
    length: usize,
    _owner: Box<dyn Send + Sync>,
}

/// Calls made through a `Vfs` so far, for tests that count system calls and for write amplification.
#[derive(Default, Debug)]
pub struct Counters {
    /// `read_at` calls.
    pub reads: std::sync::atomic::AtomicU64,
    /// `write_at` calls.
    pub writes: std::sync::atomic::AtomicU64,
    /// Bytes written by them.
    pub bytes_written: std::sync::atomic::AtomicU64,
    /// File syncs.
    pub syncs: std::sync::atomic::AtomicU64,
    /// Directory syncs.
    pub directory_syncs: std::sync::atomic::AtomicU64,
}
