//! What one who copies a page file as the newest checkpoint describes it needs of it.

use std::sync::Arc;

use super::PageFile;
use crate::storage::error::Result;
use crate::storage::page::{self, Kind};
use crate::storage::pager::free_map::FreeMap;
use crate::storage::superblock::{FILE_MAGIC, FORMAT_VERSION};
use crate::storage::vfs::VfsFile;

impl PageFile {
    /// The free map of the newest checkpoint. The caller keeps checkpoints away.
    pub fn durable_map(&self) -> Result<FreeMap> {
        self.prepare()?;
        Ok(self.free_map.lock().clone())
    }

    /// The file itself.
    pub fn on_disk(&self) -> Result<Arc<dyn VfsFile>> {
        self.open()
    }

    /// Page 0, as it is in a database of that id.
    pub fn header(&self, database_id: &[u8; 16]) -> Vec<u8> {
        let mut header = vec![0; self.page_size];
        page::init(&mut header, Kind::FileHeader, 0, 0, self.tree, 0);
        header[24..32].copy_from_slice(FILE_MAGIC);
        header[32..48].copy_from_slice(database_id);
        page::put_u32(&mut header, 48, self.page_size as u32);
        page::put_u32(&mut header, 52, FORMAT_VERSION);
        page::seal(&mut header);
        header
    }
}
