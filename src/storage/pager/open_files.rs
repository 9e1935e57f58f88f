//! The file descriptors in use: at most so many, the least recently used closed first.
//!
//! Closing a file with unsynced writes loses nothing: the kernel keeps them with the inode, and the checkpoint's sync,
//! made through a descriptor opened later, writes them and reports their errors.

use std::num::NonZeroUsize;
use std::sync::Arc;

use lru::LruCache;
use parking_lot::Mutex;

use crate::storage::error::{Error, Result};
use crate::storage::page::TreeId;
use crate::storage::vfs::{Vfs, VfsFile};

pub struct OpenFiles {
    vfs: Arc<dyn Vfs>,
    files: Mutex<LruCache<TreeId, Arc<dyn VfsFile>>>,
}

impl OpenFiles {
    /// Keeps at most `limit` files open (beside those that calls are using).
    pub fn new(vfs: Arc<dyn Vfs>, limit: usize) -> OpenFiles {
        let limit = NonZeroUsize::new(limit).unwrap_or(NonZeroUsize::MIN);
        OpenFiles {
            vfs,
            files: Mutex::new(LruCache::new(limit)),
        }
    }

    pub fn vfs(&self) -> &Arc<dyn Vfs> {
        &self.vfs
    }

    /// The file of a tree; `create` makes it when absent.
    pub fn get(&self, tree: TreeId, name: &str, create: bool) -> Result<Arc<dyn VfsFile>> {
        let mut files = self.files.lock();
        if let Some(file) = files.get(&tree) {
            return Ok(file.clone());
        }
        let what = if create {
            "cannot create"
        } else {
            "cannot open"
        };
        let file = self
            .vfs
            .open(name, create)
            .map_err(|e| Error::io(format!("{what} {}", self.vfs.display(name)), e))?;
        files.put(tree, file.clone());
        Ok(file)
    }

    /// Forgets a file that is about to be removed.
    pub fn forget(&self, tree: TreeId) {
        self.files.lock().pop(&tree);
    }
}
