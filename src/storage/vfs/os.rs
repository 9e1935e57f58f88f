//! The file system of the operating system (Linux, macOS and other Unixes).
//!
//! Invariants: a positioned read or write is repeated until complete or failed, and continues
//! after EINTR; a sync is called once and whatever it says is final; descriptors are closed on
//! exec; maps are shared and read-only; the lock belongs to the open file and not to the process,
//! so that a second opener in the same process is refused as well.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, ErrorKind};
use std::os::fd::AsRawFd;
use std::os::unix::fs::{DirBuilderExt, FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{
    Counters, Map, Vfs, VfsFile, beyond_end, check_directory, check_path, check_rename, name_file,
    read_only_error,
};

/// One database directory on a real disk.
#[derive(Debug)]
pub struct OsVfs {
    /// Absolute, so that a later change of the working directory does not matter.
    directory: PathBuf,
    read_only: bool,
    counters: Arc<Counters>,
}

impl OsVfs {
    /// Opens a database directory; `create` makes it when absent (its parent must exist).
    pub fn open(directory: &Path, read_only: bool, create: bool) -> io::Result<OsVfs> {
        let named = |error| name_file(error, directory.display());
        if create && !read_only && !directory.try_exists().map_err(named)? {
            make_directory(directory).map_err(named)?;
            let full = fs::canonicalize(directory).map_err(named)?;
            // ORDER: the directory's own name must be durable before any file in it counts.
            sync_directory_at(full.parent().unwrap_or(&full)).map_err(named)?;
        }
        if !fs::metadata(directory).map_err(named)?.is_dir() {
            let error = io::Error::from_raw_os_error(libc::ENOTDIR);
            return Err(named(error));
        }
        Ok(OsVfs {
            directory: fs::canonicalize(directory).map_err(named)?,
            read_only,
            counters: Arc::default(),
        })
    }

    fn full_path(&self, path: &str) -> io::Result<PathBuf> {
        check_directory(path)?;
        Ok(if path.is_empty() {
            self.directory.clone()
        } else {
            self.directory.join(path)
        })
    }

    /// Runs one call on a path: counts it, and names the file if it fails.
    fn call<T>(&self, path: &str, call: impl FnOnce(&Path) -> io::Result<T>) -> io::Result<T> {
        self.counters.count_other();
        let full = self.full_path(path)?;
        call(&full).map_err(|error| name_file(error, full.display()))
    }

    fn refuse_if_read_only(&self, path: &str) -> io::Result<()> {
        if self.read_only {
            Err(name_file(read_only_error(), self.display(path)))
        } else {
            Ok(())
        }
    }
}

impl Vfs for OsVfs {
    fn open(&self, path: &str, create: bool) -> io::Result<Arc<dyn VfsFile>> {
        check_path(path)?;
        if create {
            self.refuse_if_read_only(path)?;
        }
        let file = self.call(path, |full| {
            OpenOptions::new()
                .read(true)
                .write(!self.read_only)
                .create(create)
                .mode(0o644)
                .open(full)
        })?;
        Ok(Arc::new(OsFile {
            file,
            path: self.directory.join(path),
            read_only: self.read_only,
            counters: self.counters.clone(),
        }))
    }

    fn exists(&self, path: &str) -> io::Result<bool> {
        self.call(path, |full| match full.try_exists() {
            // Nothing is below a file.
            Err(error) if error.kind() == ErrorKind::NotADirectory => Ok(false),
            result => result,
        })
    }

    fn list(&self, directory: &str) -> io::Result<Vec<String>> {
        self.call(directory, |full| {
            let mut names = Vec::new();
            for entry in fs::read_dir(full)? {
                // A name that is not UTF-8 is none of ours.
                names.extend(entry?.file_name().into_string().ok());
            }
            Ok(names)
        })
    }

    fn create_directory(&self, path: &str) -> io::Result<()> {
        check_path(path)?;
        self.refuse_if_read_only(path)?;
        self.call(path, make_directory)
    }

    fn remove(&self, path: &str) -> io::Result<()> {
        check_path(path)?;
        self.refuse_if_read_only(path)?;
        self.call(path, |full| fs::remove_file(full))
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        check_rename(from, to)?;
        self.refuse_if_read_only(from)?;
        self.call(from, |full| fs::rename(full, self.directory.join(to)))
    }

    fn sync_directory(&self, directory: &str) -> io::Result<()> {
        let full = self.full_path(directory)?;
        self.counters.count_directory_sync();
        sync_directory_at(&full).map_err(|error| name_file(error, full.display()))
    }

    fn lock(&self, path: &str) -> io::Result<Box<dyn Send + Sync>> {
        check_path(path)?;
        let lock = self.call(path, |full| {
            if self.read_only {
                lock_shared(full)
            } else {
                lock_exclusive(full).map(Some)
            }
        })?;
        Ok(Box::new(lock))
    }

    fn temporary(&self) -> io::Result<fs::File> {
        self.counters.count_other();
        tempfile::tempfile_in(&self.directory).or_else(|_| tempfile::tempfile())
    }

    fn counters(&self) -> &Counters {
        &self.counters
    }

    fn display(&self, path: &str) -> String {
        let full = if path.is_empty() {
            self.directory.clone()
        } else {
            self.directory.join(path)
        };
        full.display().to_string()
    }
}

struct OsFile {
    file: File,
    path: PathBuf,
    read_only: bool,
    counters: Arc<Counters>,
}

impl OsFile {
    fn named(&self, error: io::Error) -> io::Error {
        name_file(error, self.path.display())
    }

    fn refuse_if_read_only(&self) -> io::Result<()> {
        if self.read_only {
            Err(self.named(read_only_error()))
        } else {
            Ok(())
        }
    }
}

impl VfsFile for OsFile {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        self.counters.count_read(buffer.len());
        let mut done = 0;
        while done < buffer.len() {
            match self.file.read_at(&mut buffer[done..], offset + done as u64) {
                Ok(0) => return Err(self.named(beyond_end(buffer.len(), offset))),
                Ok(count) => done += count,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(self.named(error)),
            }
        }
        Ok(())
    }

    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        self.refuse_if_read_only()?;
        self.counters.count_write(bytes.len());
        let mut done = 0;
        while done < bytes.len() {
            match self.file.write_at(&bytes[done..], offset + done as u64) {
                Ok(0) => {
                    let error = io::Error::new(
                        ErrorKind::WriteZero,
                        format!(
                            "only {done} of {} bytes at {offset} were written",
                            bytes.len()
                        ),
                    );
                    return Err(self.named(error));
                }
                // After a short write the next call tells its reason, such as ENOSPC.
                Ok(count) => done += count,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(self.named(error)),
            }
        }
        Ok(())
    }

    fn sync(&self) -> io::Result<()> {
        self.refuse_if_read_only()?;
        self.counters.count_sync();
        sync_data_once(&self.file).map_err(|error| self.named(error))
    }

    fn length(&self) -> io::Result<u64> {
        self.counters.count_other();
        self.file
            .metadata()
            .map(|metadata| metadata.len())
            .map_err(|error| self.named(error))
    }

    fn set_length(&self, length: u64) -> io::Result<()> {
        self.refuse_if_read_only()?;
        self.counters.count_other();
        self.file.set_len(length).map_err(|error| self.named(error))
    }

    fn map(&self, offset: u64, length: usize) -> io::Result<Option<Map>> {
        debug_assert!(
            offset.is_multiple_of(64 << 10),
            "maps start at multiples of 64 KiB"
        );
        self.counters.count_other();
        // With the length given, memmap2 does not compare it with the file's.
        let raw = memmap2::MmapOptions::new()
            .offset(offset)
            .len(length)
            .map_raw_read_only(&self.file)
            .map_err(|error| self.named(error))?;
        Ok(Some(Map { raw }))
    }
}

/// Makes a directory unless there is one.
fn make_directory(path: &Path) -> io::Result<()> {
    match DirBuilder::new().mode(0o755).create(path) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists && path.is_dir() => Ok(()),
        result => result,
    }
}

fn sync_directory_at(path: &Path) -> io::Result<()> {
    let directory = OpenOptions::new()
        .read(true)
        .custom_flags(libc::O_DIRECTORY)
        .open(path)?;
    sync_all_once(&directory)
}

/// `fdatasync`, called once. The standard library's `sync_data` is not used because it repeats the
/// call after EINTR, and a second call may report success for data that the first one lost.
#[cfg(not(target_vendor = "apple"))]
fn sync_data_once(file: &File) -> io::Result<()> {
    // SAFETY: fdatasync touches no memory of ours, and the descriptor is open: `file` owns it and
    // is borrowed for the length of the call.
    check(unsafe { libc::fdatasync(file.as_raw_fd()) })
}

/// macOS has no `fdatasync` that reaches the medium.
#[cfg(target_vendor = "apple")]
fn sync_data_once(file: &File) -> io::Result<()> {
    sync_all_once(file)
}

/// `fsync`, called once, as [`sync_data_once`].
#[cfg(not(target_vendor = "apple"))]
fn sync_all_once(file: &File) -> io::Result<()> {
    // SAFETY: fsync touches no memory of ours, and the descriptor is open: `file` owns it and is
    // borrowed for the length of the call.
    check(unsafe { libc::fsync(file.as_raw_fd()) })
}

/// On macOS `fsync` stops at the drive's own cache; `F_FULLFSYNC` goes through it.
#[cfg(target_vendor = "apple")]
fn sync_all_once(file: &File) -> io::Result<()> {
    // SAFETY: F_FULLFSYNC takes no argument and touches no memory of ours, and the descriptor is
    // open: `file` owns it and is borrowed for the length of the call.
    check(unsafe { libc::fcntl(file.as_raw_fd(), libc::F_FULLFSYNC) })
}

fn check(result: libc::c_int) -> io::Result<()> {
    if result == -1 {
        Err(io::Error::last_os_error())
    } else {
        Ok(())
    }
}

/// A lock on a file by `flock`. It belongs to the open file, so it also stands between two openers
/// in one process, and the system drops it when its holder dies.
struct OsLock {
    file: File,
    exclusive: bool,
}

impl Drop for OsLock {
    fn drop(&mut self) {
        // Failures leave only a stale number in the file, or a lock that ends at the close below.
        if self.exclusive {
            let _ = self.file.set_len(0);
        }
        // Said explicitly, since a child forked meanwhile holds the same open file.
        let _ = flock(&self.file, libc::LOCK_UN);
    }
}

/// Takes the lock of a writer and leaves this process's number in the file for those it refuses.
fn lock_exclusive(path: &Path) -> io::Result<OsLock> {
    let file = open_lock_file(path, true)?;
    try_lock(&file, libc::LOCK_EX)?;
    let lock = OsLock {
        file,
        exclusive: true,
    };
    let number = std::process::id().to_string();
    lock.file.set_len(0)?;
    lock.file.write_all_at(number.as_bytes(), 0)?;
    Ok(lock)
}

/// Takes the lock of a reader. `None`: the medium cannot be written and holds no lock file, so
/// there is nothing to lock.
fn lock_shared(path: &Path) -> io::Result<Option<OsLock>> {
    let unwritable = |error: &io::Error| {
        matches!(
            error.kind(),
            ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem
        )
    };
    let (file, writable) = match open_lock_file(path, true) {
        Ok(file) => (file, true),
        Err(error) if unwritable(&error) => match open_lock_file(path, false) {
            Ok(file) => (file, false),
            Err(missing) if missing.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        },
        Err(error) => return Err(error),
    };
    try_lock(&file, libc::LOCK_SH)?;
    if writable {
        // The number of a writer that died would accuse the wrong process.
        file.set_len(0)?;
    }
    Ok(Some(OsLock {
        file,
        exclusive: false,
    }))
}

fn open_lock_file(path: &Path, write: bool) -> io::Result<File> {
    OpenOptions::new()
        .read(true)
        .write(write)
        .create(write)
        .truncate(false)
        .mode(0o644)
        .open(path)
}

/// Takes a lock at once or says who has it.
fn try_lock(file: &File, kind: libc::c_int) -> io::Result<()> {
    match flock(file, kind | libc::LOCK_NB) {
        Err(error) if error.kind() == ErrorKind::WouldBlock => {
            let holder = match lock_holder(file) {
                Some(number) => format!("process {number}"),
                None => "another process".to_string(),
            };
            Err(io::Error::new(
                ErrorKind::WouldBlock,
                format!("locked by {holder}"),
            ))
        }
        result => result,
    }
}

/// The number that an exclusive holder wrote; none while readers hold the lock.
fn lock_holder(file: &File) -> Option<u32> {
    let mut buffer = [0; 16];
    let count = file.read_at(&mut buffer, 0).ok()?;
    std::str::from_utf8(&buffer[..count])
        .ok()?
        .trim()
        .parse()
        .ok()
}

fn flock(file: &File, operation: libc::c_int) -> io::Result<()> {
    // SAFETY: flock touches no memory of ours, and the descriptor is open: `file` owns it and is
    // borrowed for the length of the call.
    check(unsafe { libc::flock(file.as_raw_fd(), operation) })
}

#[cfg(test)]
#[path = "os_tests.rs"]
pub(super) mod tests;
