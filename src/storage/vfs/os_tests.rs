//! What the real file system promises to storage, checked on a directory of its own.

use super::*;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::storage::vfs::os_error;

/// A directory that is removed when the test ends.
pub(in crate::storage::vfs) struct Scratch(PathBuf);

impl Scratch {
    pub fn new() -> Scratch {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("ironbase-os-{}-{number}", std::process::id());
        let path = std::env::temp_dir().join(name);
        fs::create_dir(&path).expect("a scratch directory");
        Scratch(path)
    }

    pub fn vfs(&self) -> OsVfs {
        OsVfs::open(&self.0.join("db"), false, true).expect("open")
    }

    fn reader(&self) -> OsVfs {
        OsVfs::open(&self.0.join("db"), true, false).expect("open for reading")
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn kind<T>(result: io::Result<T>) -> ErrorKind {
    result.err().expect("an error").kind()
}

#[test]
fn files_read_back_what_was_written() {
    let scratch = Scratch::new();
    let vfs = scratch.vfs();
    assert_eq!(kind(vfs.open("users.mlite", false)), ErrorKind::NotFound);
    let file = vfs.open("users.mlite", true).unwrap();
    file.write_at(b"hello", 8192).unwrap();
    assert_eq!(file.length().unwrap(), 8197);
    let mut buffer = [1; 6];
    file.read_at(&mut buffer, 8191).unwrap();
    assert_eq!(&buffer, b"\0hello");
    let error = file.read_at(&mut buffer, 8195).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UnexpectedEof);
    assert!(error.to_string().contains("users.mlite"), "{error}");
    file.set_length(3).unwrap();
    file.set_length(10).unwrap();
    file.read_at(&mut buffer, 4).unwrap();
    assert_eq!(buffer, [0; 6]);
    file.sync().unwrap();
}

#[test]
fn names_change_as_asked() {
    let scratch = Scratch::new();
    let vfs = scratch.vfs();
    vfs.create_directory("database.wal").unwrap();
    vfs.create_directory("database.wal").unwrap();
    vfs.open("database.wal/1", true)
        .unwrap()
        .write_at(b"one", 0)
        .unwrap();
    vfs.open("database.wal/2", true).unwrap();
    vfs.rename("database.wal/1", "database.wal/2").unwrap();
    vfs.sync_directory("database.wal").unwrap();
    vfs.sync_directory("").unwrap();
    assert_eq!(vfs.list("database.wal").unwrap(), ["2"]);
    assert_eq!(
        vfs.open("database.wal/2", false).unwrap().length().unwrap(),
        3
    );
    vfs.remove("database.wal/2").unwrap();
    assert!(!vfs.exists("database.wal/2").unwrap());
    assert!(vfs.exists("database.wal").unwrap());
    assert_eq!(vfs.list("").unwrap(), ["database.wal"]);
    assert_eq!(kind(vfs.open("../escape", true)), ErrorKind::InvalidInput);
    vfs.open("file", true).unwrap();
    assert_eq!(kind(vfs.create_directory("file")), ErrorKind::AlreadyExists);
}

#[test]
fn opening_says_what_is_wrong_with_the_directory() {
    let scratch = Scratch::new();
    let file = scratch.0.join("file");
    fs::write(&file, "").unwrap();
    let cases = [
        (
            scratch.0.join("absent"),
            false,
            ErrorKind::NotFound,
            libc::ENOENT,
        ),
        (
            scratch.0.join("no/parent"),
            true,
            ErrorKind::NotFound,
            libc::ENOENT,
        ),
        (file.clone(), true, ErrorKind::NotADirectory, libc::ENOTDIR),
        (
            file.join("below"),
            true,
            ErrorKind::NotADirectory,
            libc::ENOTDIR,
        ),
    ];
    for (path, create, kind, errno) in cases {
        let error = OsVfs::open(&path, false, create).unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
        assert_eq!(os_error(&error), Some(errno), "{error}");
        assert!(
            error.to_string().contains(&path.display().to_string()),
            "{error}"
        );
    }
    assert_eq!(
        kind(OsVfs::open(&scratch.0.join("absent"), true, true)),
        ErrorKind::NotFound
    );
}

#[test]
fn a_map_sees_what_is_written_later_even_where_the_file_did_not_reach() {
    let scratch = Scratch::new();
    let file = scratch.vfs().open("users.mlite", true).unwrap();
    let map = file
        .map(64 << 10, 1 << 20)
        .unwrap()
        .expect("a real disk has maps");
    assert_eq!(map.len(), 1 << 20);
    map.advise_random().unwrap();
    for (position, byte) in [(0_usize, 7_u8), (8192, 8), ((1 << 20) - 1, 9), (0, 10)] {
        file.write_at(&[byte], (64 << 10) + position as u64)
            .unwrap();
        // SAFETY: the position lies inside the map, and the write above made the file reach it.
        // Volatile, as the byte is changed behind the compiler's back.
        let seen = unsafe { map.base().add(position).read_volatile() };
        assert_eq!(seen, byte, "at {position}");
    }
    drop(file);
    // SAFETY: the map outlives the descriptor, and the file still reaches its last byte.
    assert_eq!(unsafe { map.base().add((1 << 20) - 1).read_volatile() }, 9);
}

#[test]
fn a_read_only_database_refuses_every_change() {
    let scratch = Scratch::new();
    scratch
        .vfs()
        .open("users.mlite", true)
        .unwrap()
        .write_at(b"data", 0)
        .unwrap();
    let vfs = scratch.reader();
    let file = vfs.open("users.mlite", false).unwrap();
    let mut buffer = [0; 4];
    file.read_at(&mut buffer, 0).unwrap();
    assert_eq!(&buffer, b"data");
    assert!(file.map(0, 4096).unwrap().is_some());
    let refused = [
        vfs.open("users.mlite", true).map(drop),
        file.write_at(b"x", 0),
        file.set_length(0),
        file.sync(),
        vfs.remove("users.mlite"),
        vfs.rename("users.mlite", "x"),
        vfs.create_directory("x"),
    ];
    for result in refused {
        assert_eq!(kind(result), ErrorKind::ReadOnlyFilesystem);
    }
}

#[test]
fn two_openers_in_one_process_conflict() {
    let scratch = Scratch::new();
    let (first, second) = (scratch.vfs(), scratch.vfs());
    let held = first.lock("lock").unwrap();
    for other in [&first, &second, &scratch.reader()] {
        let error = other.lock("lock").err().expect("a conflict");
        assert_eq!(error.kind(), ErrorKind::WouldBlock);
        let holder = format!("lock: locked by process {}", std::process::id());
        assert!(error.to_string().ends_with(&holder), "{error}");
    }
    drop(held);
    drop(second.lock("lock").unwrap());

    let (one, two) = (
        scratch.reader().lock("lock").unwrap(),
        scratch.reader().lock("lock"),
    );
    let two = two.expect("readers share the lock");
    drop(one);
    let error = first.lock("lock").err().expect("a conflict with a reader");
    assert!(
        error.to_string().ends_with("locked by another process"),
        "{error}"
    );
    drop(two);
    first.lock("lock").unwrap();
}

/// The other process is this test binary again, told by its environment which directory to lock.
#[test]
fn two_processes_conflict() {
    const DIRECTORY: &str = "IRONBASE_TEST_LOCK_DIRECTORY";
    const TAKEN: i32 = 40;
    const REFUSED: i32 = 41;
    if let Some(directory) = std::env::var_os(DIRECTORY) {
        let vfs = OsVfs::open(Path::new(&directory), false, false).expect("open in the child");
        std::process::exit(match vfs.lock("lock") {
            Ok(_) => TAKEN,
            Err(error) if error.kind() == ErrorKind::WouldBlock => REFUSED,
            Err(error) => panic!("{error}"),
        });
    }
    let scratch = Scratch::new();
    let vfs = scratch.vfs();
    let child = || {
        let name = concat!(module_path!(), "::two_processes_conflict");
        let name = name
            .split_once("::")
            .expect("the crate's name comes first")
            .1;
        let mut command = Command::new(std::env::current_exe().expect("the path of this binary"));
        let command = command
            .args(["--exact", name])
            .env(DIRECTORY, scratch.0.join("db"));
        command.output().expect("the child runs").status.code()
    };
    let held = vfs.lock("lock").unwrap();
    assert_eq!(child(), Some(REFUSED));
    drop(held);
    assert_eq!(child(), Some(TAKEN));
    vfs.lock("lock").expect("the child's lock ended with it");
}

#[test]
fn counters_are_exact() {
    let scratch = Scratch::new();
    let vfs = scratch.vfs();
    let file = vfs.open("a", true).unwrap();
    file.write_at(&[1; 100], 0).unwrap();
    file.write_at(&[2; 50], 100).unwrap();
    file.read_at(&mut [0; 30], 0).unwrap();
    file.sync().unwrap();
    vfs.sync_directory("").unwrap();
    file.length().unwrap();
    let counters = vfs.counters();
    let seen = [
        &counters.reads,
        &counters.bytes_read,
        &counters.writes,
        &counters.bytes_written,
        &counters.syncs,
        &counters.directory_syncs,
        &counters.others,
    ]
    .map(|counter| counter.load(Ordering::Relaxed));
    assert_eq!(seen, [1, 30, 2, 150, 1, 1, 2]);
    assert_eq!(counters.total(), 7);
}
