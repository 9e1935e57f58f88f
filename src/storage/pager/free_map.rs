//! The free map on disk: copy-on-write bitmap pages that a checkpoint writes and opening reads.
//!
//! The map describes the pages alive in the checkpoint, its own included. Writing it takes pages, which changes the map:
//! the set of bitmap pages to write is grown until it no longer changes. So no crash can leak a page.

use std::collections::BTreeMap;

use super::file::PageFile;
use super::space::{Bitmap, Space};
use crate::storage::error::{Error, Result};
use crate::storage::page::{self, HEADER, Kind, Lsn, PagePtr, TreeId};

/// Where a free map starts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FreeMapRoot {
    pub root: PagePtr,
    pub level: u8,
    /// Pages of the file that it describes.
    pub pages: u32,
}

/// The free map of one file as it is on disk.
#[derive(Clone)]
pub struct FreeMap {
    at: FreeMapRoot,
    /// Page numbers that are never given out.
    reserved: u32,
    /// The map's own pages by level and position; empty until loaded.
    nodes: Vec<BTreeMap<usize, PagePtr>>,
    written: Bitmap,
    /// Pages of the map from this number on are written anew by the next checkpoint, so that the end of the file can be cut.
    move_from: u32,
}

/// Bytes of a pointer in a map page.
const ENTRY: usize = 8;

impl FreeMap {
    pub fn new(at: FreeMapRoot, reserved: u32) -> FreeMap {
        FreeMap {
            at,
            reserved,
            nodes: Vec::new(),
            written: Bitmap::default(),
            move_from: u32::MAX,
        }
    }

    /// Has the map's own pages from `number` on written anew, to lower places if there are any.
    pub fn move_from(&mut self, number: u32) {
        self.move_from = number;
    }

    /// Pages of the file when it was last written.
    pub fn described_pages(&self) -> u32 {
        self.at.pages
    }

    /// Reads the whole map: one bit for each page of the file.
    pub fn load(&mut self, file: &PageFile) -> Result<Space> {
        if self.at.root.is_null() {
            return Ok(Space::new(self.reserved));
        }
        let words_per_page = (file.page_size - HEADER) / 8;
        let mut nodes = vec![BTreeMap::new(); usize::from(self.at.level) + 1];
        let mut words = Vec::new();
        nodes[usize::from(self.at.level)].insert(0, self.at.root);
        for level in (0..=self.at.level).rev() {
            let mut below = BTreeMap::new();
            for (&position, &at) in &nodes[usize::from(level)] {
                let bytes = file.read_plain(at, Kind::FreeMap)?;
                if page::level(&bytes) != level {
                    return Err(Error::corrupt(
                        &file.shown(),
                        at.number,
                        "free map: wrong level",
                    ));
                }
                if level == 0 {
                    words.resize(position * words_per_page, 0);
                    words.extend(
                        bytes[HEADER..]
                            .chunks_exact(8)
                            .map(|word| page::get_u64(word, 0)),
                    );
                    continue;
                }
                let fanout = words_per_page;
                let count = page::count(&bytes).min(fanout);
                for index in 0..count {
                    let child = PagePtr::read(&bytes[HEADER + index * ENTRY..]);
                    below.insert(position * fanout + index, child);
                }
            }
            if level > 0 {
                nodes[usize::from(level) - 1] = below;
            }
        }
        let alive = Bitmap::from_words(words);
        self.nodes = nodes;
        self.written = alive.clone();
        Ok(Space::restore(alive, self.at.pages.max(self.reserved)))
    }

    /// Whether a checkpoint has written the map.
    pub fn is_on_disk(&self) -> bool {
        !self.at.root.is_null()
    }

    /// Reads the map, which is loaded, from the disk once more.
    pub fn inspect(&self, file: &PageFile) -> Result<()> {
        let mut again = FreeMap::new(self.at, self.reserved);
        again.load(file)?;
        let words = (self.at.pages as usize).div_ceil(64);
        if again.nodes != self.nodes || !again.written.same_words(&self.written, 0, words) {
            let reason = "the free map on disk is another than the one in use";
            return Err(Error::corrupt(&file.shown(), self.at.root.number, reason));
        }
        Ok(())
    }

    /// The map's own pages, once it is loaded.
    pub fn pages(&self) -> impl Iterator<Item = u32> {
        self.nodes.iter().flatten().map(|(_, at)| at.number)
    }

    /// Where it starts.
    pub fn root(&self) -> FreeMapRoot {
        self.at
    }

    /// The pages in use as of the checkpoint, those of the map itself left out if they are not wanted.
    pub fn in_use(&self, with_own: bool) -> Bitmap {
        let mut pages = self.written.clone();
        if !with_own {
            self.pages().for_each(|number| {
                pages.set(number, false);
            });
        }
        pages
    }

    /// Makes all pages of the map, which is loaded, as they are on disk or were.
    pub fn each_page(
        &self,
        (tree, page_size): (TreeId, usize),
        newest: Lsn,
        write: &mut dyn FnMut(u32, &[u8]) -> Result<()>,
    ) -> Result<()> {
        let levels = self.nodes.iter().enumerate();
        let places = levels.flat_map(|(level, nodes)| nodes.keys().map(move |&at| (level, at)));
        let places: Vec<_> = places.collect();
        let form = (tree, page_size, newest);
        write_nodes(form, &self.nodes, &places, &self.written, write)
    }

    /// Writes the pages of the map that differ from what is on disk.
    pub fn write(
        &mut self,
        file: &PageFile,
        space: Space,
        born: Lsn,
        replaced: &mut Vec<u32>,
    ) -> Result<FreeMapRoot> {
        let words_per_page = (file.page_size - HEADER) / 8;
        let bits_per_page = words_per_page * 64;
        let mut alive = space.alive().clone();
        let mut pages = space.pages();
        let mut nodes = self.nodes.clone();
        let mut fresh: Vec<(usize, usize)> = Vec::new();
        let beyond = Self::take_beyond(&mut nodes, pages as usize, words_per_page);
        // What is left of the map must no longer refer to them.
        let must_write = (!beyond.is_empty())
            .then(|| (pages as usize).div_ceil(bits_per_page).saturating_sub(1));
        for old in beyond {
            alive.set(old, false);
            replaced.push(old);
        }
        loop {
            let leaves = (pages as usize).div_ceil(bits_per_page);
            let levels = levels_for(leaves, words_per_page);
            nodes.resize(levels.max(nodes.len()), BTreeMap::new());
            let mut grew = false;
            for position in 0..leaves {
                let start = position * words_per_page;
                let stays = |level: usize| {
                    let at = nodes[level].get(&(position / words_per_page.pow(level as u32)));
                    at.is_some_and(|at| at.number < self.move_from)
                };
                let unchanged = (0..levels).all(stays)
                    && must_write != Some(position)
                    && self.written.same_words(&alive, start, words_per_page);
                if unchanged || fresh.contains(&(0, position)) {
                    continue;
                }
                // The page and all its ancestors are written anew.
                for level in 0..levels {
                    let place = (level, position / words_per_page.pow(level as u32));
                    if fresh.contains(&place) {
                        continue;
                    }
                    fresh.push(place);
                    grew = true;
                    let number = file.allocate(1, born)?;
                    alive.set(number, true);
                    pages = pages.max(number + 1);
                    let new = PagePtr::new(number, born);
                    if let Some(old) = nodes[place.0].insert(place.1, new) {
                        alive.set(old.number, false);
                        replaced.push(old.number);
                    }
                }
            }
            if !grew {
                let form = (file.tree, file.page_size, born);
                write_nodes(
                    form,
                    &nodes[..levels],
                    &fresh,
                    &alive,
                    &mut |number, page| file.write_at(number, page),
                )?;
                let root = nodes[levels - 1][&0];
                nodes.truncate(levels);
                self.nodes = nodes;
                self.written = alive;
                self.at = FreeMapRoot {
                    root,
                    level: levels as u8 - 1,
                    pages,
                };
                for &number in replaced.iter() {
                    file.die(number, 1)?;
                }
                return Ok(self.at);
            }
        }
    }

    /// Takes the pages off the map that a file of so many pages does not need any more: it was cut.
    fn take_beyond(
        nodes: &mut [BTreeMap<usize, PagePtr>],
        pages: usize,
        words_per_page: usize,
    ) -> Vec<u32> {
        let leaves = pages.div_ceil(words_per_page * 64);
        let levels = levels_for(leaves, words_per_page);
        let mut taken = Vec::new();
        for (level, nodes) in nodes.iter_mut().enumerate() {
            let width = match level < levels {
                true => leaves.div_ceil(words_per_page.pow(level as u32)),
                false => 0,
            };
            let beyond = nodes.split_off(&width);
            taken.extend(beyond.values().map(|at| at.number));
        }
        taken
    }
}

/// Makes pages of a map; they were born at `newest` or before.
fn write_nodes(
    (tree, page_size, newest): (TreeId, usize, Lsn),
    nodes: &[BTreeMap<usize, PagePtr>],
    places: &[(usize, usize)],
    alive: &Bitmap,
    write: &mut dyn FnMut(u32, &[u8]) -> Result<()>,
) -> Result<()> {
    let words_per_page = (page_size - HEADER) / 8;
    let mut bytes = vec![0; page_size];
    for &(level, position) in places {
        let at = nodes[level][&position];
        bytes.fill(0);
        // What pointers tell of a birth is all that matters of it.
        let born = newest.wrapping_sub((newest as u16).wrapping_sub(at.birth).into());
        let kind = Kind::FreeMap;
        page::init(&mut bytes, kind, level as u8, at.number, tree, born);
        if level == 0 {
            alive.write_words(position * words_per_page, &mut bytes[HEADER..]);
        } else {
            let first = position * words_per_page;
            let children = nodes[level - 1].range(first..first + words_per_page);
            let mut count = 0;
            for (&child, pointer) in children {
                let entry = HEADER + (child - first) * ENTRY;
                bytes[entry..entry + PagePtr::SIZE].copy_from_slice(&pointer.to_bytes());
                count = child - first + 1;
            }
            page::set_count(&mut bytes, count);
        }
        page::seal(&mut bytes);
        write(at.number, &bytes)?;
    }
    Ok(())
}

/// Levels of a map with so many bitmap pages.
fn levels_for(leaves: usize, fanout: usize) -> usize {
    let mut levels = 1;
    let mut width = leaves;
    while width > 1 {
        width = width.div_ceil(fanout);
        levels += 1;
    }
    levels
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64};

    use super::*;
    use crate::storage::pager::file::{Cache, Shared};
    use crate::storage::pager::open_files::OpenFiles;
    use crate::storage::vfs::memory::MemoryVfs;

    /// More pages of 4 KiB than one page of the map has bits.
    const MANY: u32 = 40_000;
    const RUN: u32 = 100;

    fn file(vfs: &Arc<MemoryVfs>, at: FreeMapRoot) -> Arc<PageFile> {
        let shared = Arc::new(Shared {
            files: OpenFiles::new(vfs.clone(), 4),
            database_id: [1; 16],
            mapped: false,
            dirty_bytes: AtomicI64::new(0),
            cache: Cache::new(64 << 10),
            capturing: AtomicU64::new(0),
            created_file: AtomicBool::new(false),
            waiting: Default::default(),
        });
        PageFile::new(&shared, 2, "t.mlite", 4096, FreeMap::new(at, 1))
    }

    /// As a checkpoint does it: what the map replaces is free when it is durable.
    fn write(file: &PageFile, born: Lsn) -> FreeMapRoot {
        let mut replaced = Vec::new();
        let space = file.capture_space().expect("loaded");
        let at = file.write_free_map(space, born, &mut replaced);
        file.release_map_pages(&replaced).expect("released");
        at.expect("written")
    }

    fn allocate(file: &PageFile, pages: u32, born: Lsn) -> Vec<u32> {
        let runs = 0..pages / RUN;
        runs.map(|_| file.allocate(RUN, born).expect("there is space"))
            .collect()
    }

    #[test]
    fn a_map_of_two_levels_shrinks_to_one_and_grows_again() {
        let vfs = Arc::new(MemoryVfs::new());
        let first = file(&vfs, FreeMapRoot::default());
        let mut born = 1;
        for _ in 0..2 {
            let runs = allocate(&first, MANY, born);
            let at = write(&first, born);
            assert_eq!(at.level, 1);
            assert!(at.pages > MANY);

            let pin = crossbeam_epoch::pin();
            for &number in &runs[2..] {
                first.die(number, RUN).expect("known");
                first.release(number, RUN, &pin).expect("known");
            }
            // The map's own pages are at the end of the file; the next ones go below.
            first.move_map_from(3 * RUN);
            assert_eq!(write(&first, born + 1).level, 1);
            first.move_map_from(u32::MAX);
            while first.cut_tail(u32::MAX).expect("cut") {}
            let at = write(&first, born + 2);
            assert_eq!(at.level, 0, "{at:?}");
            assert!(at.pages < 4 * RUN, "{at:?}");

            let again = file(&vfs, at);
            let state = |file: &PageFile| {
                let mut map: Vec<u32> = file.free_map_pages().expect("loaded");
                map.sort_unstable();
                (file.alive_and_end().expect("loaded"), map)
            };
            // The one open remembers pages of the map before, which are free but not yet cut off.
            let ((alive, _), map) = state(&first);
            let ((read, end), pages) = state(&again);
            assert_eq!((read, &pages), (alive, &map));
            assert!(end <= at.pages);
            // The header, two runs, and one page of the map.
            assert_eq!((alive, map.len()), (1 + 2 * RUN + 1, 1));
            for &number in &runs[..2] {
                first.die(number, RUN).expect("known");
                first.release(number, RUN, &pin).expect("known");
            }
            born += 10;
        }
    }
}
