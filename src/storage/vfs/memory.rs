//! A file system in RAM, for databases that need not outlive their process (`":memory:"`).
//!
//! It behaves as a disk that never fails: a removed or replaced file lives on for those who have it
//! open, and syncs are counted but have nothing to do. There are no maps.

use std::io;
use std::sync::Arc;

use parking_lot::{Mutex, RwLock};

use super::chunks::Chunks;
use super::locks::{LockKind, Locks};
use super::names::Names;
use super::{Counters, Map, Vfs, VfsFile, check_directory, check_path, check_rename, name_file};

/// A database directory in RAM, private to whoever holds this value.
#[derive(Default)]
pub struct MemoryVfs {
    names: Mutex<Names<Arc<RwLock<Chunks>>>>,
    locks: Locks,
    counters: Arc<Counters>,
}

impl MemoryVfs {
    /// An empty directory.
    pub fn new() -> MemoryVfs {
        MemoryVfs::default()
    }

    /// Runs one call on the names: counts it, and names the file if it fails.
    fn call<T>(
        &self,
        path: &str,
        call: impl FnOnce(&mut Names<Arc<RwLock<Chunks>>>) -> io::Result<T>,
    ) -> io::Result<T> {
        self.counters.count_other();
        call(&mut self.names.lock()).map_err(|error| name_file(error, self.display(path)))
    }
}

impl Vfs for MemoryVfs {
    fn open(&self, path: &str, create: bool) -> io::Result<Arc<dyn VfsFile>> {
        check_path(path)?;
        let bytes = self.call(path, |names| {
            names.open(path, create.then_some(Arc::default))
        })?;
        let path = self.display(path);
        Ok(Arc::new(MemoryFile {
            bytes,
            path,
            counters: self.counters.clone(),
        }))
    }

    fn exists(&self, path: &str) -> io::Result<bool> {
        check_directory(path)?;
        self.call(path, |names| Ok(names.exists(path)))
    }

    fn list(&self, directory: &str) -> io::Result<Vec<String>> {
        check_directory(directory)?;
        self.call(directory, |names| names.list(directory))
    }

    fn create_directory(&self, path: &str) -> io::Result<()> {
        check_path(path)?;
        self.call(path, |names| names.create_directory(path))
    }

    fn remove(&self, path: &str) -> io::Result<()> {
        check_path(path)?;
        self.call(path, |names| names.remove(path))
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        check_rename(from, to)?;
        self.call(from, |names| names.rename(from, to))
    }

    fn sync_directory(&self, directory: &str) -> io::Result<()> {
        check_directory(directory)?;
        self.counters.count_directory_sync();
        let result = self.names.lock().directory(directory);
        result.map_err(|error| name_file(error, self.display(directory)))
    }

    fn lock(&self, path: &str) -> io::Result<Box<dyn Send + Sync>> {
        check_path(path)?;
        let lock = self.call(path, |names| {
            names.open(path, Some(Arc::default))?;
            self.locks.take(path, LockKind::Exclusive)
        })?;
        Ok(Box::new(lock))
    }

    fn counters(&self) -> &Counters {
        &self.counters
    }

    fn display(&self, path: &str) -> String {
        format!(":memory:/{path}")
    }
}

struct MemoryFile {
    bytes: Arc<RwLock<Chunks>>,
    path: String,
    counters: Arc<Counters>,
}

impl VfsFile for MemoryFile {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        self.counters.count_read(buffer.len());
        self.bytes
            .read()
            .read(buffer, offset)
            .map_err(|error| name_file(error, &self.path))
    }

    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        self.counters.count_write(bytes.len());
        self.bytes
            .write()
            .write(bytes, offset)
            .map_err(|error| name_file(error, &self.path))
    }

    fn sync(&self) -> io::Result<()> {
        self.counters.count_sync();
        Ok(())
    }

    fn length(&self) -> io::Result<u64> {
        self.counters.count_other();
        Ok(self.bytes.read().length())
    }

    fn set_length(&self, length: u64) -> io::Result<()> {
        self.counters.count_other();
        self.bytes
            .write()
            .set_length(length)
            .map_err(|error| name_file(error, &self.path))
    }

    fn map(&self, _offset: u64, _length: usize) -> io::Result<Option<Map>> {
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::ErrorKind;
    use std::sync::atomic::Ordering;

    fn kind<T>(result: io::Result<T>) -> ErrorKind {
        result.err().expect("an error").kind()
    }

    #[test]
    fn files_and_names_behave_as_on_a_disk() {
        let vfs = MemoryVfs::new();
        assert_eq!(kind(vfs.open("a", false)), ErrorKind::NotFound);
        assert_eq!(kind(vfs.open("d/a", true)), ErrorKind::NotFound);
        let old = vfs.open("a", true).unwrap();
        old.write_at(b"old", 0).unwrap();
        let new = vfs.open("b", true).unwrap();
        new.write_at(b"newer", 0).unwrap();
        vfs.rename("b", "a").unwrap();
        assert_eq!(old.length().unwrap(), 3, "an open file outlives its name");
        assert_eq!(vfs.open("a", false).unwrap().length().unwrap(), 5);
        assert_eq!(kind(vfs.remove("b")), ErrorKind::NotFound);

        vfs.create_directory("d").unwrap();
        vfs.create_directory("d").unwrap();
        vfs.open("d/x", true).unwrap();
        assert_eq!(vfs.list("d").unwrap(), ["x"]);
        assert_eq!(vfs.list("").unwrap(), ["a", "d"]);
        assert!(vfs.exists("d").unwrap() && vfs.exists("d/x").unwrap());
        vfs.remove("d/x").unwrap();
        assert!(!vfs.exists("d/x").unwrap());
        vfs.sync_directory("d").unwrap();
        assert_eq!(kind(vfs.sync_directory("e")), ErrorKind::NotFound);
        assert_eq!(kind(vfs.open("d", true)), ErrorKind::IsADirectory);
        assert_eq!(kind(vfs.create_directory("a")), ErrorKind::AlreadyExists);
        let error = vfs
            .open("a", false)
            .unwrap()
            .read_at(&mut [0; 9], 0)
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::UnexpectedEof);
        assert!(error.to_string().starts_with(":memory:/a: "), "{error}");
        assert!(new.map(0, 8192).unwrap().is_none());
    }

    #[test]
    fn one_holder_of_the_lock_at_a_time() {
        let vfs = MemoryVfs::new();
        let held = vfs.lock("lock").unwrap();
        assert_eq!(kind(vfs.lock("lock")), ErrorKind::WouldBlock);
        drop(held);
        vfs.lock("lock").unwrap();
        assert_eq!(vfs.list("").unwrap(), ["lock"]);
    }

    #[test]
    fn threads_share_a_file() {
        let vfs = MemoryVfs::new();
        std::thread::scope(|scope| {
            for thread in 0..4_u8 {
                let file = vfs.open("a", true).unwrap();
                scope.spawn(move || {
                    for page in 0..100_u64 {
                        let offset = (page * 4 + u64::from(thread)) * 8192;
                        file.write_at(&[thread; 8192], offset).unwrap();
                        let mut back = [9; 8192];
                        file.read_at(&mut back, offset).unwrap();
                        assert_eq!(back, [thread; 8192]);
                    }
                });
            }
        });
        assert_eq!(vfs.open("a", false).unwrap().length().unwrap(), 400 * 8192);
        assert_eq!(vfs.counters().writes.load(Ordering::Relaxed), 400);
        assert_eq!(
            vfs.counters().bytes_read.load(Ordering::Relaxed),
            400 * 8192
        );
    }
}
