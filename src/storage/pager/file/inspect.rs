//! Looking at a page file for damage: every page is read from the disk once more, whatever was found out about it before.

use super::PageFile;
use crate::storage::error::Result;
use crate::storage::page;
use crate::storage::pager::raw;

impl PageFile {
    /// Copies a page, or a whole extent, as it is now: from the disk, or from memory if that has the only copy. `Err`: what is wrong
    /// with it; readers will be told as well from then on. The caller holds a version that has the page.
    pub fn inspect(&self, number: u32, out: &mut Vec<u8>) -> std::result::Result<(), String> {
        let pin = crossbeam_epoch::pin();
        while let Some(page) = self.table.get(number, &pin)
            && page.is_dirty()
        {
            out.clear();
            if !page.is_thin() {
                out.extend_from_slice(page.bytes());
            } else if let Err(error) = self.make_whole(number, page, out) {
                match self.table.get(number, &pin) {
                    Some(now) if now.is(page) => return Err(error.message().to_string()),
                    // Written or made whole meanwhile.
                    _ => continue,
                }
            }
            // It has no checksum yet.
            page::seal(out);
            return raw::check_page(out, number, self.tree);
        }
        let file = self.open().map_err(|error| error.message().to_string())?;
        let read = raw::read_page(&*file, self.page_size, self.tree, number, out);
        if read.is_err() {
            self.verified.clear(number);
        }
        read
    }

    /// Reads the file's header once more.
    pub fn inspect_header(&self) -> Result<()> {
        self.open()?;
        self.check_header()
    }

    /// Whether a file must be there: the checkpoint describes it, or it has been used since. Else there may be what a crash left
    /// under its name, which a reader leaves alone.
    pub fn is_in_use(&self) -> bool {
        self.opened.get().is_some() || self.free_map.lock().is_on_disk()
    }

    /// Reads the free map once more and compares it with what is known of it. Gives its own pages. The caller keeps checkpoints
    /// away.
    pub fn inspect_free_map(&self) -> Result<Vec<u32>> {
        self.prepare()?;
        let map = self.free_map.lock();
        map.inspect(self)?;
        Ok(map.pages().collect())
    }
}
