//! The pages of a checkpoint, copied into an empty directory while the database goes on.
//!
//! What later checkpoints give up or write over was taken beforehand: the catalog's pages, and the free maps, which are made
//! anew from their bitmaps. All other pages stay as they are for as long as the version is held.

use std::sync::Arc;

use super::{Watcher, failed};
use crate::storage::catalog::METADATA_FILE;
use crate::storage::engine::{NEW_METADATA, PinnedLog};
use crate::storage::error::{Error, ErrorKind, Result};
use crate::storage::pager::file::PageFile;
use crate::storage::pager::free_map::FreeMap;
use crate::storage::pager::raw;
use crate::storage::snapshot::Version;
use crate::storage::superblock::{RESERVED, Superblock};
use crate::storage::vfs::{Vfs, VfsFile};
use crate::storage::wal;

/// Is there until a directory holds a whole database. To one who opens it this is a page file, so that a directory without a
/// metadata file is refused, and a leftover beside one. No collection's file has such a name.
const UNFINISHED: &str = "backup.unfinished.mlite";

/// A checkpoint that is held, and with it the log behind it.
pub struct Base<'e> {
    pub superblock: Superblock,
    /// Pages of the metadata file, and where they are in it.
    pub catalog: Vec<(u64, Vec<u8>)>,
    pub files: Vec<BaseFile>,
    pub held: Arc<Version>,
    pub log: PinnedLog<'e>,
}

pub struct BaseFile {
    pub file: Arc<PageFile>,
    pub map: FreeMap,
}

impl Base<'_> {
    /// Bytes of all pages in use.
    pub fn bytes(&self) -> u64 {
        let files = self.files.iter();
        let pages = files.map(|of| of.map.in_use(true).count() * of.file.page_size as u64);
        let catalog = self.catalog.iter().map(|(_, bytes)| bytes.len() as u64);
        pages.sum::<u64>() + catalog.sum::<u64>()
    }

    /// Writes everything but the log. `superblock` is what the metadata file is to say; it is not in its place before `finish`.
    pub fn write(
        &self,
        superblock: &Superblock,
        to: &Arc<dyn Vfs>,
        watcher: &dyn Watcher,
    ) -> Result<()> {
        for of in &self.files {
            let newest = self.superblock.checkpoint_lsn;
            of.write(&superblock.database_id, newest, to, watcher)?;
        }
        let failed = failed(to, NEW_METADATA);
        let file = to.open(NEW_METADATA, true).map_err(&failed)?;
        file.set_length(RESERVED as u64).map_err(&failed)?;
        for (offset, bytes) in &self.catalog {
            file.write_at(bytes, *offset).map_err(&failed)?;
            watcher.step(bytes.len())?;
        }
        file.write_at(&superblock.encode(), superblock.offset())
            .map_err(&failed)?;
        file.sync().map_err(&failed)
    }
}

impl BaseFile {
    fn write(
        &self,
        database_id: &[u8; 16],
        newest: u64,
        to: &Arc<dyn Vfs>,
        watcher: &dyn Watcher,
    ) -> Result<()> {
        let (file, map) = (&self.file, &self.map);
        let failed = failed(to, &file.name);
        let out = to.open(&file.name, true).map_err(&failed)?;
        let form = (file.tree, file.page_size);
        let mut write = |number: u32, bytes: &[u8]| {
            let offset = u64::from(number) * file.page_size as u64;
            out.write_at(bytes, offset).map_err(&failed)?;
            watcher.step(bytes.len())
        };
        write(0, &file.header(database_id))?;
        let (disk, shown) = (file.on_disk()?, file.shown());
        raw::each_run((&*disk, &shown), form, &map.in_use(false), 1, &mut write)?;
        map.each_page(form, newest, &mut write)?;
        out.sync().map_err(&failed)
    }
}

/// Reads the pages of the metadata file that the checkpoint uses.
pub fn catalog_pages(file: &PageFile) -> Result<Vec<(u64, Vec<u8>)>> {
    let mut pages = Vec::new();
    let map = file.durable_map()?;
    if !map.is_on_disk() {
        return Ok(pages);
    }
    let first = (RESERVED / file.page_size) as u32;
    let (disk, shown): (Arc<dyn VfsFile>, _) = (file.on_disk()?, file.shown());
    let form = (file.tree, file.page_size);
    let mut keep = |number: u32, bytes: &[u8]| {
        pages.push((u64::from(number) * file.page_size as u64, bytes.to_vec()));
        Ok(())
    };
    raw::each_run((&*disk, &shown), form, &map.in_use(true), first, &mut keep)?;
    Ok(pages)
}

/// Marks a directory as one that does not hold a whole database yet.
pub fn begin(to: &Arc<dyn Vfs>) -> Result<()> {
    let failed = failed(to, UNFINISHED);
    to.open(UNFINISHED, true).map_err(&failed)?;
    to.create_directory(wal::DIRECTORY).map_err(&failed)?;
    to.sync_directory("").map_err(&failed)
}

/// The metadata file comes to its place: the directory holds a database.
pub fn finish(to: &Arc<dyn Vfs>) -> Result<()> {
    let failed = failed(to, METADATA_FILE);
    // ORDER: every name is durable before the one with which the database is there.
    to.sync_directory("").map_err(&failed)?;
    to.rename(NEW_METADATA, METADATA_FILE).map_err(&failed)?;
    to.sync_directory("").map_err(&failed)?;
    to.remove(UNFINISHED).map_err(&failed)?;
    to.sync_directory("").map_err(&failed)
}

/// The error for a directory that a restoration has not finished.
pub fn half_restored(vfs: &Arc<dyn Vfs>) -> Error {
    let message = format!(
        "restoring into {} was broken off: remove it, and restore again",
        vfs.display("")
    );
    Error::new(ErrorKind::Corrupt, message)
}
