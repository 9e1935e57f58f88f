//! A simulated disk that loses power and fails calls at will, for tests of crash safety.
//!
//! It knows what a program sees apart from what is durable (`disk`), and builds from the two any
//! disk that a power loss could leave (`crash`). All that happens follows from the calls made and
//! the seeds given, so every failure replays.
//!
//! Two ways to crash a scripted run:
//! * [`SimVfs::set_power_cut`] stops the world at a chosen call; [`SimVfs::crash`] then gives the
//!   disk as found afterwards.
//! * [`SimVfs::set_hook`] is told of every change before it is made, and may [`SimVfs::fork`] the
//!   disk and crash the fork, so that the script runs only once for all its crash points.
//!
//! Calls have two numberings, both from 1: all of them (for [`SimVfs::fail_call`]), and the changes
//! alone (for power cuts and the hook): write, sync, set_length, remove, rename, sync_directory, and
//! open, lock or create_directory when they make a name.

mod crash;
mod disk;
mod random;

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;

use parking_lot::{Mutex, MutexGuard};

pub use crash::PowerLoss;
pub use random::Random;

use super::locks::{LockKind, Locks};
use super::{
    Counters, Map, Vfs, VfsFile, check_directory, check_path, check_rename, name_file,
    read_only_error,
};
use disk::{Disk, FileId};

/// How a call fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// With EIO, and without effect.
    Eio,
    /// With ENOSPC, and without effect.
    Enospc,
    /// A write: a part of it is made, then ENOSPC. Other calls: as `Eio`.
    ShortWrite,
    /// A sync: EIO, and the unsynced sectors of the file are dropped as Linux does. Reads still
    /// show them, no later sync writes them, and after a crash they are gone. Other calls: as `Eio`.
    SyncFailureDropsDirty,
}

impl Fault {
    fn error(self) -> io::Error {
        io::Error::from_raw_os_error(match self {
            Fault::Enospc | Fault::ShortWrite => libc::ENOSPC,
            Fault::Eio | Fault::SyncFailureDropsDirty => libc::EIO,
        })
    }
}

/// Called before each change with the disk, the number of the change and what it is
/// (`"write users.mlite 8192@0"`).
pub type Hook = Box<dyn FnMut(&SimVfs, u64, &str) + Send>;

/// A simulated disk. A clone is another handle on the same disk; [`SimVfs::fork`] makes another.
#[derive(Clone, Default)]
pub struct SimVfs {
    shared: Arc<Shared>,
    read_only: bool,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    hook: Mutex<Option<Hook>>,
    locks: Locks,
    counters: Counters,
}

#[derive(Default)]
struct State {
    disk: Disk,
    calls: u64,
    changes: u64,
    /// The change at which the power goes.
    power_cut: Option<u64>,
    power_is_cut: bool,
    faults: BTreeMap<u64, Fault>,
    /// What the clock showed last.
    clock: u64,
}

/// What is to happen to a call.
enum Turn {
    Normal,
    /// The power goes during this call.
    PowerCut,
    Fail(Fault),
}

impl SimVfs {
    /// Milliseconds.
    pub const TICK: u64 = 40;

    /// An empty disk.
    pub fn new() -> SimVfs {
        SimVfs::default()
    }

    fn with_disk(disk: Disk, clock: u64) -> SimVfs {
        let shared = Shared {
            state: Mutex::new(State {
                disk,
                clock,
                ..State::default()
            }),
            ..Shared::default()
        };
        SimVfs {
            shared: Arc::new(shared),
            read_only: false,
        }
    }

    /// The same disk as a reader opens it: changes are refused and the lock is shared.
    pub fn reader(&self) -> SimVfs {
        SimVfs {
            shared: self.shared.clone(),
            read_only: true,
        }
    }

    /// Another disk with the same contents, unsynced changes included. Its calls are counted from
    /// the start; it has no locks, faults, hook or power cut. Bytes are shared until written.
    pub fn fork(&self) -> SimVfs {
        let state = self.state();
        SimVfs::with_disk(state.disk.fork(), state.clock)
    }

    /// Another disk, as this one would be found after a power loss now. The seed decides about
    /// everything unsynced; this disk is left as it is.
    pub fn crash(&self, seed: u64) -> SimVfs {
        let mut random = Random::new(seed);
        let loss = PowerLoss::pick(&mut random);
        let state = self.state();
        SimVfs::with_disk(crash::crash(&state.disk, loss, random), state.clock)
    }

    /// As [`SimVfs::crash`], with a chosen kind of loss.
    pub fn crash_as(&self, loss: PowerLoss, seed: u64) -> SimVfs {
        let state = self.state();
        let crashed = crash::crash(&state.disk, loss, Random::new(seed));
        SimVfs::with_disk(crashed, state.clock)
    }

    /// Cuts the power at the change of this number. That call fails, though what it wrote may reach
    /// the medium like everything unsynced; every call after it fails without effect.
    pub fn set_power_cut(&self, at_change: u64) {
        let mut state = self.state();
        state.power_is_cut = at_change <= state.changes;
        state.power_cut = Some(at_change);
    }

    /// Whether the power has been cut.
    pub fn power_is_cut(&self) -> bool {
        self.state().power_is_cut
    }

    /// Has every later change announced before it is made. The hook may read, fork and crash this
    /// disk but not change it: that would wait for the hook itself.
    pub fn set_hook(&self, hook: impl FnMut(&SimVfs, u64, &str) + Send + 'static) {
        *self.shared.hook.lock() = Some(Box::new(hook));
    }

    /// Ends [`SimVfs::set_hook`].
    pub fn clear_hook(&self) {
        *self.shared.hook.lock() = None;
    }

    /// Makes one call fail, by its number among all calls; several may be set.
    pub fn fail_call(&self, number: u64, fault: Fault) {
        self.state().faults.insert(number, fault);
    }

    /// The calls of every kind made so far.
    pub fn calls(&self) -> u64 {
        self.state().calls
    }

    /// The changes made so far.
    pub fn changes(&self) -> u64 {
        self.state().changes
    }

    /// Limits the disk to this many bytes, given out in blocks of 8 KiB: a write that needs more
    /// fails with ENOSPC after writing what fits. Holes take no space.
    pub fn set_capacity(&self, bytes: Option<u64>) {
        self.state().disk.capacity = bytes;
    }

    /// Sets the clock. It goes on by [`SimVfs::TICK`] whenever somebody looks at it.
    pub fn set_clock(&self, millis: u64) {
        self.state().clock = millis;
    }

    /// All files, by path. No call is counted, and the power does not matter.
    pub fn paths(&self) -> Vec<String> {
        self.state().disk.names.files.keys().cloned().collect()
    }

    /// The bytes of a file as programs see them. No call is counted, and the power does not matter.
    pub fn contents(&self, path: &str) -> io::Result<Vec<u8>> {
        let state = self.state();
        let file = state.disk.file(*state.disk.names.file(path)?)?;
        let mut bytes = vec![0; file.cached.length() as usize];
        file.cached.read(&mut bytes, 0)?;
        Ok(bytes)
    }

    /// Damage: changes the bits of one byte that are set in `mask`. As with all damage, no call is
    /// counted, and the file counts as synced afterwards.
    pub fn flip_byte(&self, path: &str, offset: u64, mask: u8) -> io::Result<()> {
        self.damage(path, |bytes| {
            let mut byte = [0];
            bytes.read(&mut byte, offset)?;
            bytes.write(&[byte[0] ^ mask], offset)
        })
    }

    /// Damage: zeros a part of a file.
    pub fn zero_range(&self, path: &str, offset: u64, length: usize) -> io::Result<()> {
        self.damage(path, |bytes| bytes.write(&vec![0; length], offset))
    }

    /// Damage: copies a part of a file over another part, as a stale or misdirected write does.
    pub fn copy_range(&self, from: (&str, u64), to: (&str, u64), length: usize) -> io::Result<()> {
        let mut part = vec![0; length];
        {
            let state = self.state();
            let file = state.disk.file(*state.disk.names.file(from.0)?)?;
            file.cached.read(&mut part, from.1)?;
        }
        self.damage(to.0, |bytes| bytes.write(&part, to.1))
    }

    /// Damage: cuts a file.
    pub fn truncate(&self, path: &str, length: u64) -> io::Result<()> {
        self.damage(path, |bytes| bytes.set_length(length))
    }

    fn damage(
        &self,
        path: &str,
        change: impl FnOnce(&mut super::chunks::Chunks) -> io::Result<()>,
    ) -> io::Result<()> {
        let mut state = self.state();
        let file = *state.disk.names.file(path)?;
        state.disk.file_mut(file)?.damage(change)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.shared.state.lock()
    }

    /// Makes a call that changes nothing.
    fn query<T>(&self, path: &str, run: impl FnOnce(&Disk) -> io::Result<T>) -> io::Result<T> {
        self.call(path, |_| None, |disk, turn| turn.unsynced(|| run(disk)))
    }

    /// Makes a call that is a change if `what` says so; a reader's is refused.
    fn change<T>(
        &self,
        path: &str,
        what: impl FnOnce(&Disk) -> Option<String>,
        run: impl FnOnce(&mut Disk, Turn) -> io::Result<T>,
    ) -> io::Result<T> {
        if self.read_only {
            return Err(name_file(read_only_error(), path));
        }
        self.call(path, what, run)
    }

    /// Makes a call: `run` does it, in the way of its turn.
    fn call<T>(
        &self,
        path: &str,
        what: impl FnOnce(&Disk) -> Option<String>,
        run: impl FnOnce(&mut Disk, Turn) -> io::Result<T>,
    ) -> io::Result<T> {
        let result = self
            .begin(what)
            .and_then(|(mut state, turn)| run(&mut state.disk, turn));
        result.map_err(|error| name_file(error, path))
    }

    /// Numbers a call, announces it if it is a change, and says what is to happen to it.
    fn begin(
        &self,
        what: impl FnOnce(&Disk) -> Option<String>,
    ) -> io::Result<(MutexGuard<'_, State>, Turn)> {
        let mut state = self.state();
        state.calls += 1;
        if state.power_is_cut {
            return Err(power_error());
        }
        let fault = {
            let call = state.calls;
            state.faults.remove(&call)
        };
        if let Some(what) = what(&state.disk) {
            state.changes += 1;
            let number = state.changes;
            drop(state);
            if let Some(hook) = self.shared.hook.lock().as_mut() {
                hook(self, number, &what);
            }
            state = self.state();
            if state.power_is_cut {
                return Err(power_error());
            }
            if state.power_cut.is_some_and(|cut| number >= cut) {
                state.power_is_cut = true;
                return Ok((state, Turn::PowerCut));
            }
        }
        Ok((state, fault.map_or(Turn::Normal, Turn::Fail)))
    }
}

impl Turn {
    /// Runs a change that stays unsynced: at a power cut it may yet reach the medium.
    fn unsynced<T>(self, run: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
        match self {
            Turn::Normal => run(),
            Turn::PowerCut => {
                // Whatever came of it, the program does not live to see.
                let _ = run();
                Err(power_error())
            }
            Turn::Fail(fault) => Err(fault.error()),
        }
    }

    /// Runs a sync: at a power cut it has not happened.
    fn sync(self, run: impl FnOnce() -> io::Result<()>) -> io::Result<()> {
        match self {
            Turn::Normal => run(),
            Turn::PowerCut => Err(power_error()),
            Turn::Fail(fault) => Err(fault.error()),
        }
    }
}

fn power_error() -> io::Error {
    io::Error::other("the power is cut")
}

impl Vfs for SimVfs {
    fn open(&self, path: &str, create: bool) -> io::Result<Arc<dyn VfsFile>> {
        check_path(path)?;
        self.shared.counters.count_other();
        let what =
            |disk: &Disk| (create && disk.would_create(path)).then(|| format!("create {path}"));
        let open = |disk: &mut Disk, turn: Turn| turn.unsynced(|| disk.open(path, create));
        let file = if create {
            self.change(path, what, open)
        } else {
            self.call(path, what, open)
        }?;
        Ok(Arc::new(SimFile {
            vfs: self.clone(),
            file,
            path: path.to_string(),
        }))
    }

    fn exists(&self, path: &str) -> io::Result<bool> {
        check_directory(path)?;
        self.shared.counters.count_other();
        self.query(path, |disk| Ok(disk.names.exists(path)))
    }

    fn list(&self, directory: &str) -> io::Result<Vec<String>> {
        check_directory(directory)?;
        self.shared.counters.count_other();
        self.query(directory, |disk| disk.names.list(directory))
    }

    fn create_directory(&self, path: &str) -> io::Result<()> {
        check_path(path)?;
        self.shared.counters.count_other();
        let what = |disk: &Disk| {
            disk.would_create(path)
                .then(|| format!("create_directory {path}"))
        };
        self.change(path, what, |disk, turn| {
            turn.unsynced(|| disk.create_directory(path))
        })
    }

    fn remove(&self, path: &str) -> io::Result<()> {
        check_path(path)?;
        self.shared.counters.count_other();
        let what = |_: &Disk| Some(format!("remove {path}"));
        self.change(path, what, |disk, turn| turn.unsynced(|| disk.remove(path)))
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        check_rename(from, to)?;
        self.shared.counters.count_other();
        let what = |_: &Disk| Some(format!("rename {from} {to}"));
        self.change(from, what, |disk, turn| {
            turn.unsynced(|| disk.rename(from, to))
        })
    }

    fn sync_directory(&self, directory: &str) -> io::Result<()> {
        check_directory(directory)?;
        self.shared.counters.count_directory_sync();
        let what = |_: &Disk| Some(format!("sync_directory {directory}"));
        self.change(directory, what, |disk, turn| {
            turn.sync(|| disk.sync_directory(directory))
        })
    }

    fn lock(&self, path: &str) -> io::Result<Box<dyn Send + Sync>> {
        check_path(path)?;
        self.shared.counters.count_other();
        let kind = if self.read_only {
            LockKind::Shared
        } else {
            LockKind::Exclusive
        };
        if self.read_only {
            self.query(path, |_| Ok(()))?;
        } else {
            let what = |disk: &Disk| disk.would_create(path).then(|| format!("create {path}"));
            self.change(path, what, |disk, turn| {
                let file = turn.unsynced(|| disk.open(path, true))?;
                disk.close(file);
                Ok(())
            })?;
        }
        let lock = self
            .shared
            .locks
            .take(path, kind)
            .map_err(|error| name_file(error, path))?;
        Ok(Box::new(lock))
    }

    fn now(&self) -> u64 {
        let mut state = self.state();
        state.clock += SimVfs::TICK;
        state.clock
    }

    fn counters(&self) -> &Counters {
        &self.shared.counters
    }

    fn display(&self, path: &str) -> String {
        path.to_string()
    }
}

struct SimFile {
    vfs: SimVfs,
    file: FileId,
    path: String,
}

impl VfsFile for SimFile {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        self.vfs.shared.counters.count_read(buffer.len());
        self.vfs.query(&self.path, |disk| {
            disk.file(self.file)?.cached.read(buffer, offset)
        })
    }

    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        self.vfs.shared.counters.count_write(bytes.len());
        let what = |_: &Disk| Some(format!("write {} {}@{offset}", self.path, bytes.len()));
        self.vfs.change(&self.path, what, |disk, turn| {
            if let Turn::Fail(Fault::ShortWrite) = turn {
                let mut random = Random::new(offset ^ bytes.len() as u64);
                let part = random.below(bytes.len() as u64) as usize;
                disk.write(self.file, &bytes[..part], offset)?;
            }
            turn.unsynced(|| disk.write(self.file, bytes, offset))
        })
    }

    fn sync(&self) -> io::Result<()> {
        self.vfs.shared.counters.count_sync();
        let what = |_: &Disk| Some(format!("sync {}", self.path));
        self.vfs.change(&self.path, what, |disk, turn| {
            let file = disk.file_mut(self.file)?;
            if let Turn::Fail(Fault::SyncFailureDropsDirty) = turn {
                file.drop_dirty();
            }
            turn.sync(|| file.sync())
        })
    }

    fn length(&self) -> io::Result<u64> {
        self.vfs.shared.counters.count_other();
        self.vfs
            .query(&self.path, |disk| Ok(disk.file(self.file)?.cached.length()))
    }

    fn set_length(&self, length: u64) -> io::Result<()> {
        self.vfs.shared.counters.count_other();
        let what = |_: &Disk| Some(format!("set_length {} {length}", self.path));
        self.vfs.change(&self.path, what, |disk, turn| {
            turn.unsynced(|| disk.set_length(self.file, length))
        })
    }

    fn map(&self, _offset: u64, _length: usize) -> io::Result<Option<Map>> {
        Ok(None)
    }
}

impl Drop for SimFile {
    fn drop(&mut self) {
        self.vfs.state().disk.close(self.file);
    }
}

#[cfg(test)]
mod tests;
