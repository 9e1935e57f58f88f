//! What a simulated disk holds, twice over: what running programs see (the page cache) and what
//! would still be there after a power loss, with every change between the two.
//!
//! The durable state advances by syncs alone. In between, each change is kept with the tick of the
//! call that made it: every version of every 512-byte sector, every length, every change of a name.
//! `crash` picks from these. A sector is the unit that the medium writes whole or not at all.
//!
//! A clone shares all bytes with the original until one of them writes.

use std::collections::BTreeMap;
use std::io::{self, ErrorKind};
use std::sync::Arc;

use super::super::chunks::{CHUNK_BYTES, Chunks};
use super::super::names::Names;
use super::super::parent;

/// What a disk writes whole or not at all.
pub(super) const SECTOR_BYTES: u64 = 512;

/// Names a file whatever it is called.
pub(super) type FileId = u64;

/// When a change was made: later changes have greater ticks.
pub(super) type Tick = u64;

/// The contents of a simulated disk.
#[derive(Clone, Default)]
pub(super) struct Disk {
    pub files: BTreeMap<FileId, Arc<FileState>>,
    /// The names that programs see.
    pub names: Names<FileId>,
    pub durable_names: Names<FileId>,
    /// What lies between the two, in the order of the calls.
    pub name_changes: Vec<(Tick, NameChange)>,
    /// How many bytes of chunks fit, if not any number.
    pub capacity: Option<u64>,
    /// How many times each file is open. Such a file outlives its last name.
    handles: BTreeMap<FileId, usize>,
    next_file: FileId,
    tick: Tick,
}

/// A change of one name (or of two that change together) in a directory.
#[derive(Clone)]
pub(super) enum NameChange {
    Create {
        path: String,
        file: FileId,
    },
    CreateDirectory {
        path: String,
    },
    Remove {
        path: String,
    },
    Rename {
        from: String,
        to: String,
        file: FileId,
    },
}

impl NameChange {
    /// The directory whose sync makes the change durable.
    fn directory(&self) -> &str {
        match self {
            NameChange::Create { path, .. }
            | NameChange::CreateDirectory { path }
            | NameChange::Remove { path }
            | NameChange::Rename { to: path, .. } => parent(path),
        }
    }

    /// Makes the change on names that may lack some of the changes before it: a rename carries its
    /// file along even if the creation got lost, and a file never has two names.
    pub fn apply(&self, names: &mut Names<FileId>) {
        match self {
            NameChange::Create { path, file } => {
                names.files.insert(path.clone(), *file);
            }
            NameChange::CreateDirectory { path } => {
                names.directories.insert(path.clone());
            }
            NameChange::Remove { path } => {
                names.files.remove(path);
            }
            NameChange::Rename { from, to, file } => {
                names.files.remove(from);
                names.files.retain(|_, other| other != file);
                names.files.insert(to.clone(), *file);
            }
        }
    }
}

impl Disk {
    /// A disk on which everything is durable.
    pub fn settled(files: BTreeMap<FileId, Arc<FileState>>, names: Names<FileId>) -> Disk {
        let next_file = files.keys().next_back().map_or(0, |last| last + 1);
        Disk {
            files,
            durable_names: names.clone(),
            names,
            next_file,
            ..Disk::default()
        }
    }

    /// The same contents with no file open.
    pub fn fork(&self) -> Disk {
        let mut fork = Disk {
            handles: BTreeMap::new(),
            ..self.clone()
        };
        fork.forget_unreachable();
        fork
    }

    /// Whether `open` would make the file.
    pub fn would_create(&self, path: &str) -> bool {
        self.names.is_directory(parent(path)) && !self.names.exists(path)
    }

    /// Looks up or makes a file and counts it as open until `close`.
    pub fn open(&mut self, path: &str, create: bool) -> io::Result<FileId> {
        let new = self.next_file;
        let file = self.names.open(path, create.then_some(|| new))?;
        if file == new {
            self.next_file += 1;
            self.files.insert(file, Arc::default());
            self.push_name_change(NameChange::Create {
                path: path.to_string(),
                file,
            });
        }
        *self.handles.entry(file).or_default() += 1;
        Ok(file)
    }

    pub fn close(&mut self, file: FileId) {
        if let Some(count) = self.handles.get_mut(&file) {
            *count -= 1;
            if *count == 0 {
                self.handles.remove(&file);
                self.forget_unreachable();
            }
        }
    }

    pub fn create_directory(&mut self, path: &str) -> io::Result<()> {
        let is_new = !self.names.exists(path);
        self.names.create_directory(path)?;
        if is_new {
            self.push_name_change(NameChange::CreateDirectory {
                path: path.to_string(),
            });
        }
        Ok(())
    }

    pub fn remove(&mut self, path: &str) -> io::Result<()> {
        self.names.remove(path)?;
        self.push_name_change(NameChange::Remove {
            path: path.to_string(),
        });
        Ok(())
    }

    pub fn rename(&mut self, from: &str, to: &str) -> io::Result<()> {
        let file = *self.names.file(from)?;
        self.names.rename(from, to)?;
        let change = NameChange::Rename {
            from: from.to_string(),
            to: to.to_string(),
            file,
        };
        self.push_name_change(change);
        Ok(())
    }

    pub fn sync_directory(&mut self, directory: &str) -> io::Result<()> {
        self.names.directory(directory)?;
        let changes = std::mem::take(&mut self.name_changes);
        for (tick, change) in changes {
            if change.directory() == directory {
                change.apply(&mut self.durable_names);
            } else {
                self.name_changes.push((tick, change));
            }
        }
        self.forget_unreachable();
        Ok(())
    }

    /// The state of a file that is open or has a name.
    pub fn file(&self, file: FileId) -> io::Result<&FileState> {
        self.files
            .get(&file)
            .map(Arc::as_ref)
            .ok_or_else(|| ErrorKind::NotFound.into())
    }

    /// As [`Disk::file`], to change it.
    pub fn file_mut(&mut self, file: FileId) -> io::Result<&mut FileState> {
        self.files
            .get_mut(&file)
            .map(Arc::make_mut)
            .ok_or_else(|| ErrorKind::NotFound.into())
    }

    /// Writes to the page cache. When the disk is full, what still fits is written before the call
    /// fails, as a real one does.
    pub fn write(&mut self, file: FileId, bytes: &[u8], offset: u64) -> io::Result<()> {
        let fits = self.fitting(file, bytes.len(), offset)?;
        let tick = self.next_tick();
        self.file_mut(file)?.write(tick, &bytes[..fits], offset)?;
        if fits < bytes.len() {
            return Err(io::Error::from_raw_os_error(libc::ENOSPC));
        }
        Ok(())
    }

    pub fn set_length(&mut self, file: FileId, length: u64) -> io::Result<()> {
        let tick = self.next_tick();
        self.file_mut(file)?.set_length(tick, length)
    }

    /// How many of the bytes to be written the disk has room for. Space is given out in chunks, and
    /// holes take none.
    fn fitting(&self, file: FileId, length: usize, offset: u64) -> io::Result<usize> {
        let Some(capacity) = self.capacity else {
            return Ok(length);
        };
        let in_use: u64 = self
            .files
            .values()
            .map(|file| file.cached.allocated_bytes())
            .sum();
        let mut room = capacity.saturating_sub(in_use) / CHUNK_BYTES as u64;
        let cached = &self.file(file)?.cached;
        let mut done = 0;
        while done < length {
            let position = offset.saturating_add(done as u64);
            if !cached.is_allocated(position) {
                if room == 0 {
                    break;
                }
                room -= 1;
            }
            done += CHUNK_BYTES - (position % CHUNK_BYTES as u64) as usize;
        }
        Ok(done.min(length))
    }

    fn push_name_change(&mut self, change: NameChange) {
        let tick = self.next_tick();
        self.name_changes.push((tick, change));
    }

    fn next_tick(&mut self) -> Tick {
        self.tick += 1;
        self.tick
    }

    /// Drops the files that no program and no crash can find again.
    fn forget_unreachable(&mut self) {
        let Disk {
            files,
            names,
            durable_names,
            name_changes,
            handles,
            ..
        } = self;
        let named = names
            .files
            .values()
            .chain(durable_names.files.values())
            .copied();
        let changed = name_changes.iter().filter_map(|(_, change)| match change {
            NameChange::Create { file, .. } | NameChange::Rename { file, .. } => Some(*file),
            NameChange::CreateDirectory { .. } | NameChange::Remove { .. } => None,
        });
        let reachable: std::collections::BTreeSet<FileId> = named
            .chain(changed)
            .chain(handles.keys().copied())
            .collect();
        files.retain(|file, _| reachable.contains(file));
    }
}

/// One version of a sector.
#[derive(Clone)]
pub(super) struct Version {
    pub tick: Tick,
    pub bytes: Arc<[u8; SECTOR_BYTES as usize]>,
}

/// The contents of one file.
#[derive(Clone, Default)]
pub(super) struct FileState {
    /// What programs see.
    pub cached: Chunks,
    pub durable: Chunks,
    /// The unsynced versions of each sector, the oldest first.
    pub sectors: BTreeMap<u64, Vec<Version>>,
    /// The unsynced lengths, the oldest first.
    pub lengths: Vec<(Tick, u64)>,
    /// A failed sync has dropped sectors: the cache shows bytes that no sync will ever write.
    lost_writes: bool,
}

impl FileState {
    /// A file that is all durable.
    pub fn settled(bytes: Chunks) -> FileState {
        FileState {
            cached: bytes.clone(),
            durable: bytes,
            ..FileState::default()
        }
    }

    fn write(&mut self, tick: Tick, bytes: &[u8], offset: u64) -> io::Result<()> {
        if bytes.is_empty() {
            return Ok(());
        }
        let old_length = self.cached.length();
        self.cached.write(bytes, offset)?;
        if self.cached.length() != old_length {
            self.lengths.push((tick, self.cached.length()));
        }
        let end = offset + bytes.len() as u64;
        for sector in offset / SECTOR_BYTES..end.div_ceil(SECTOR_BYTES) {
            self.push_version(tick, sector);
        }
        Ok(())
    }

    fn set_length(&mut self, tick: Tick, length: u64) -> io::Result<()> {
        let old_length = self.cached.length();
        self.cached.set_length(length)?;
        self.lengths.push((tick, length));
        // If the file grows again the cut part reads as zeros, on the medium too: a new version.
        for sector in length / SECTOR_BYTES..old_length.div_ceil(SECTOR_BYTES) {
            let has_bytes = self.durable.is_allocated(sector * SECTOR_BYTES);
            if has_bytes || self.sectors.contains_key(&sector) {
                self.push_version(tick, sector);
            }
        }
        Ok(())
    }

    /// Notes what a sector is in the cache now.
    fn push_version(&mut self, tick: Tick, sector: u64) {
        let mut bytes = [0; SECTOR_BYTES as usize];
        self.cached.read_padded(&mut bytes, sector * SECTOR_BYTES);
        let version = Version {
            tick,
            bytes: Arc::new(bytes),
        };
        self.sectors.entry(sector).or_default().push(version);
    }

    /// Makes data and length durable.
    pub fn sync(&mut self) -> io::Result<()> {
        if self.lost_writes {
            for (sector, versions) in std::mem::take(&mut self.sectors) {
                if let Some(last) = versions.last() {
                    self.durable
                        .write(last.bytes.as_slice(), sector * SECTOR_BYTES)?;
                }
            }
            self.durable.set_length(self.cached.length())?;
        } else {
            self.durable = self.cached.clone();
            self.sectors.clear();
        }
        self.lengths.clear();
        Ok(())
    }

    /// What Linux does when a sync fails: the dirty pages are marked clean and so never written,
    /// yet the cache shows them until the machine restarts.
    pub fn drop_dirty(&mut self) {
        self.sectors.clear();
        self.lost_writes = true;
    }

    /// Changes the bytes in the cache and on the medium alike, whatever was unsynced.
    pub fn damage(&mut self, change: impl FnOnce(&mut Chunks) -> io::Result<()>) -> io::Result<()> {
        let mut bytes = self.cached.clone();
        change(&mut bytes)?;
        *self = FileState::settled(bytes);
        Ok(())
    }
}
