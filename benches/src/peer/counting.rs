//! A file system that passes everything on and counts the bytes written by what they are: groups of the log, zeros written
//! ahead of it, pages of each kind, superblocks.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use ironbase::storage::page::{self, Kind};
use ironbase::storage::vfs::{Counters, Map, Vfs, VfsFile};
use ironbase::storage::wal::group;

/// Bytes written of each sort.
#[derive(Default)]
pub struct Written {
    log: AtomicU64,
    ahead: AtomicU64,
    leaves: AtomicU64,
    branches: AtomicU64,
    rest: AtomicU64,
}

/// The counts at one moment.
#[derive(Clone, Copy, Debug, Default)]
pub struct Bytes {
    /// Groups of the log.
    pub log: u64,
    /// Zeros ahead of them, and headers of segments.
    pub ahead: u64,
    /// Leaves and extents.
    pub leaves: u64,
    /// Branches.
    pub branches: u64,
    /// Free maps, file headers, the catalog, superblocks.
    pub rest: u64,
}

impl Bytes {
    /// All of them.
    pub fn total(&self) -> u64 {
        self.log + self.ahead + self.leaves + self.branches + self.rest
    }

    /// What came since `earlier`.
    pub fn since(&self, earlier: &Bytes) -> Bytes {
        Bytes {
            log: self.log - earlier.log,
            ahead: self.ahead - earlier.ahead,
            leaves: self.leaves - earlier.leaves,
            branches: self.branches - earlier.branches,
            rest: self.rest - earlier.rest,
        }
    }
}

impl Written {
    /// The counts now.
    pub fn now(&self) -> Bytes {
        let read = |count: &AtomicU64| count.load(Ordering::Relaxed);
        Bytes {
            log: read(&self.log),
            ahead: read(&self.ahead),
            leaves: read(&self.leaves),
            branches: read(&self.branches),
            rest: read(&self.rest),
        }
    }

    fn count(&self, path: &str, bytes: &[u8]) {
        let add = |count: &AtomicU64, length: usize| {
            count.fetch_add(length as u64, Ordering::Relaxed);
        };
        if path.ends_with(".wal") {
            let is_group = bytes.starts_with(group::MAGIC);
            let length = match is_group {
                true => group::whole_length(bytes).next_multiple_of(group::ALIGN as usize),
                false => 0,
            };
            add(&self.log, length);
            return add(&self.ahead, bytes.len() - length);
        }
        if path == "metadata.mlite" || path == "metadata.new" {
            return add(&self.rest, bytes.len());
        }
        for page in bytes.chunks(PAGE_SIZE) {
            add(
                match page::kind(page) {
                    Some(Kind::Branch) => &self.branches,
                    Some(Kind::FreeMap | Kind::FileHeader) => &self.rest,
                    _ => &self.leaves,
                },
                page.len(),
            );
        }
    }
}

/// The default, which the cases keep.
const PAGE_SIZE: usize = 8192;

/// Counts what goes to another file system.
pub struct Counting<V> {
    inner: V,
    written: Arc<Written>,
}

impl<V: Vfs> Counting<V> {
    /// Counts into `written`.
    pub fn new(inner: V, written: &Arc<Written>) -> Counting<V> {
        Counting {
            inner,
            written: written.clone(),
        }
    }
}

impl<V: Vfs> Vfs for Counting<V> {
    fn open(&self, path: &str, create: bool) -> io::Result<Arc<dyn VfsFile>> {
        Ok(Arc::new(File {
            inner: self.inner.open(path, create)?,
            path: path.to_string(),
            written: self.written.clone(),
        }))
    }

    fn exists(&self, path: &str) -> io::Result<bool> {
        self.inner.exists(path)
    }

    fn list(&self, directory: &str) -> io::Result<Vec<String>> {
        self.inner.list(directory)
    }

    fn create_directory(&self, path: &str) -> io::Result<()> {
        self.inner.create_directory(path)
    }

    fn remove(&self, path: &str) -> io::Result<()> {
        self.inner.remove(path)
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        self.inner.rename(from, to)
    }

    fn sync_directory(&self, directory: &str) -> io::Result<()> {
        self.inner.sync_directory(directory)
    }

    fn lock(&self, path: &str) -> io::Result<Box<dyn Send + Sync>> {
        self.inner.lock(path)
    }

    fn counters(&self) -> &Counters {
        self.inner.counters()
    }

    fn display(&self, path: &str) -> String {
        self.inner.display(path)
    }
}

struct File {
    inner: Arc<dyn VfsFile>,
    path: String,
    written: Arc<Written>,
}

impl VfsFile for File {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        self.inner.read_at(buffer, offset)
    }

    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        self.written.count(&self.path, bytes);
        self.inner.write_at(bytes, offset)
    }

    fn sync(&self) -> io::Result<()> {
        self.inner.sync()
    }

    fn length(&self) -> io::Result<u64> {
        self.inner.length()
    }

    fn set_length(&self, length: u64) -> io::Result<()> {
        self.inner.set_length(length)
    }

    fn map(&self, offset: u64, length: usize) -> io::Result<Option<Map>> {
        self.inner.map(offset, length)
    }
}
