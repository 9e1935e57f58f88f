//! Ten thousand collections with an index each: making and opening them, what they take in memory, the files held open, a checkpoint of
//! a hundred changed files on a device that takes 4 ms for a sync.

use std::io;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use ironbase::database::Database;
use ironbase::database::options::{Durability, OpenOptions};
use ironbase::storage::vfs::os::OsVfs;
use ironbase::storage::vfs::{Counters, Map, Vfs, VfsFile};

use super::alone::{create_indexes, get, insert};
use crate::process::{TASK, cpu_ms, own_memory};
use crate::settings::Settings;

const COLLECTIONS: u32 = 10_000;
/// Files changed before a checkpoint: two of each collection.
const CHANGED: u32 = 100;
const SYNC: Duration = Duration::from_millis(4);

/// Runs the case.
pub fn run(settings: &Settings) -> Result<()> {
    let task = std::env::var_os(TASK);
    let is_child = task.is_some();
    let directory = match task {
        Some(directory) => directory.into(),
        None => settings.empty_directory("many-collections")?.join("db"),
    };
    let open = |slow: bool| -> Result<Database> {
        let options = OpenOptions {
            durability: Durability::None,
            ..OpenOptions::default()
        };
        let vfs = OsVfs::open(&directory, false, true)?;
        let vfs: Arc<dyn Vfs> = match slow {
            true => Arc::new(SlowSync(vfs)),
            false => Arc::new(vfs),
        };
        Ok(Database::open_on(vfs, "db", options, true)?)
    };
    let name = |number: u32| format!("c{number}");
    let row = |what: &str, figure: String| println!("| {what} | {figure} |");
    let since = |started: Instant| format!("{:.1} ms", started.elapsed().as_secs_f64() * 1e3);
    if is_child {
        let (before, started, cpu) = (own_memory(), Instant::now(), cpu_ms());
        let database = open(false)?;
        get(&database.collection(&name(77))?, 5)?;
        row("opening and a read", since(started));
        row("of processors", format!("{:.1} ms", cpu_ms() - cpu));
        let each = (own_memory() - before) / u64::from(COLLECTIONS);
        row("own memory, for each collection", format!("{each} bytes"));
        return database.close().map_err(Into::into);
    }
    let database = open(false)?;
    let started = Instant::now();
    for number in 0..COLLECTIONS {
        let collection = database.collection(&name(number))?;
        create_indexes(&collection, &["age"])?;
        insert(&collection, 1..=10)?;
    }
    println!("\n### {COLLECTIONS} collections with an index each\n\n| | |\n|---|---:|");
    let rate = f64::from(COLLECTIONS) / started.elapsed().as_secs_f64();
    row(
        "made, with ten documents each",
        format!("{rate:.0} a second"),
    );
    let started = Instant::now();
    database.close()?;
    drop(database);
    row("closing", since(started));
    for _ in 0..5 {
        // In a process of its own, which has no memory yet to use again.
        let status = Command::new(std::env::current_exe()?)
            .arg("many-collections")
            .env(TASK, &directory)
            .status()?;
        ensure!(status.success(), "opening: {status}");
    }
    let database = open(true)?;
    for number in 0..COLLECTIONS {
        get(&database.collection(&name(number))?, 5)?;
    }
    row("files open when all were read", open_files().to_string());
    for round in 0..3 {
        for number in 0..CHANGED / 2 {
            let first = 1000 + round * 1000;
            insert(&database.collection(&name(number))?, first..first + 10)?;
        }
        let started = Instant::now();
        database.checkpoint()?;
        row("checkpoint of 100 changed files", since(started));
        row(
            "one sync beside it",
            format!("{:.1} ms", one_sync(&directory)?),
        );
    }
    database.close()?;
    std::fs::remove_dir_all(&directory)?;
    Ok(())
}

/// Milliseconds that the device takes for a changed page.
fn one_sync(directory: &std::path::Path) -> Result<f64> {
    let vfs = SlowSync(OsVfs::open(directory, false, true)?);
    let file = vfs.open("one", true)?;
    file.write_at(&[1; 8192], 0)?;
    file.sync()?;
    file.write_at(&[2; 8192], 0)?;
    let started = Instant::now();
    file.sync()?;
    let elapsed = started.elapsed().as_secs_f64() * 1e3;
    vfs.remove("one")?;
    Ok(elapsed)
}

fn open_files() -> usize {
    std::fs::read_dir("/proc/self/fd").map_or(0, Iterator::count)
}

/// Passes everything on, and takes its time for syncs.
struct SlowSync(OsVfs);

struct SlowFile(Arc<dyn VfsFile>);

impl Vfs for SlowSync {
    fn open(&self, path: &str, create: bool) -> io::Result<Arc<dyn VfsFile>> {
        Ok(Arc::new(SlowFile(self.0.open(path, create)?)))
    }

    fn exists(&self, path: &str) -> io::Result<bool> {
        self.0.exists(path)
    }

    fn list(&self, directory: &str) -> io::Result<Vec<String>> {
        self.0.list(directory)
    }

    fn create_directory(&self, path: &str) -> io::Result<()> {
        self.0.create_directory(path)
    }

    fn remove(&self, path: &str) -> io::Result<()> {
        self.0.remove(path)
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        self.0.rename(from, to)
    }

    fn sync_directory(&self, directory: &str) -> io::Result<()> {
        self.0.sync_directory(directory)
    }

    fn lock(&self, path: &str) -> io::Result<Box<dyn Send + Sync>> {
        self.0.lock(path)
    }

    fn counters(&self) -> &Counters {
        self.0.counters()
    }

    fn display(&self, path: &str) -> String {
        self.0.display(path)
    }
}

impl VfsFile for SlowFile {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        self.0.read_at(buffer, offset)
    }

    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        self.0.write_at(bytes, offset)
    }

    fn sync(&self) -> io::Result<()> {
        std::thread::sleep(SYNC);
        self.0.sync()
    }

    fn length(&self) -> io::Result<u64> {
        self.0.length()
    }

    fn set_length(&self, length: u64) -> io::Result<()> {
        self.0.set_length(length)
    }

    fn map(&self, offset: u64, length: usize) -> io::Result<Option<Map>> {
        self.0.map(offset, length)
    }
}
