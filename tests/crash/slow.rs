//! A simulated disk that takes its time: each change waits a random while first, outside all locks, so that threads meet in
//! orders that a fast disk hardly ever shows.

use std::cell::Cell;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use ironbase::storage::vfs::sim::{Random, SimVfs};
use ironbase::storage::vfs::{Counters, Map, Vfs, VfsFile};

pub struct Slow(pub SimVfs);

struct SlowFile(Arc<dyn VfsFile>);

thread_local! {
    static TURN: Cell<u64> = const { Cell::new(0) };
}

fn dawdle() {
    let turn = TURN.get() + 1;
    TURN.set(turn);
    match Random::new(turn).below(8) {
        0 => std::thread::sleep(Duration::from_micros(300)),
        1..=3 => std::thread::yield_now(),
        _ => {}
    }
}

impl Vfs for Slow {
    fn open(&self, path: &str, create: bool) -> io::Result<Arc<dyn VfsFile>> {
        dawdle();
        Ok(Arc::new(SlowFile(self.0.open(path, create)?)))
    }

    fn exists(&self, path: &str) -> io::Result<bool> {
        let found = self.0.exists(path);
        dawdle();
        found
    }

    fn list(&self, directory: &str) -> io::Result<Vec<String>> {
        self.0.list(directory)
    }

    fn create_directory(&self, path: &str) -> io::Result<()> {
        self.0.create_directory(path)
    }

    fn remove(&self, path: &str) -> io::Result<()> {
        dawdle();
        self.0.remove(path)
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        self.0.rename(from, to)
    }

    fn sync_directory(&self, directory: &str) -> io::Result<()> {
        dawdle();
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
        dawdle();
        self.0.write_at(bytes, offset)
    }

    fn sync(&self) -> io::Result<()> {
        dawdle();
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
