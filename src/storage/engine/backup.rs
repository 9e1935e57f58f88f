//! What a backup needs of an open database: its newest checkpoint, held so that none of its pages is used again, and the log from
//! there on, kept from being removed.

use std::sync::Arc;
use std::time::Duration;

use parking_lot::{Mutex, MutexGuard};

use super::Engine;
use crate::storage::backup::{Base, BaseFile, Watcher, catalog_pages};
use crate::storage::btree::TreeRef;
use crate::storage::btree::walk::Walk;
use crate::storage::catalog::Entry;
use crate::storage::error::{Error, Result};
use crate::storage::roots::Roots;
use crate::storage::snapshot::Version;
use crate::storage::verify::collection;
use crate::storage::vfs::Vfs;

/// How long a lock is waited for before it is asked whether to go on.
const PATIENCE: Duration = Duration::from_millis(20);

impl Engine {
    pub fn vfs(&self) -> &Arc<dyn Vfs> {
        &self.vfs
    }

    pub fn database_id(&self) -> [u8; 16] {
        self.shared.database_id
    }

    /// Holds the newest checkpoint. Checkpoints wait for it, but for no more than the reading of the catalog.
    pub fn backup_base(&self, watcher: &dyn Watcher) -> Result<Base<'_>> {
        // ORDER: without the lock, so that the maps of files that nobody has written to are not read under it.
        for collection in self.snapshot().catalog.collections() {
            for file in collection::files(collection) {
                file.prepare()?;
                watcher.step(0)?;
            }
        }
        let state = lock_patiently(&self.checkpoint, || watcher.step(0))?;
        if !self.options.read_only {
            // What is on disk then is not known.
            self.check_writable()?;
        }
        let superblock = state.superblock.clone();
        let mut files = Vec::new();
        {
            let pin = crossbeam_epoch::pin();
            let mut walk = Walk::new(TreeRef {
                file: &state.catalog_file,
                tree: superblock.catalog,
                pin: &pin,
            });
            let (mut key, mut more) = (Vec::new(), walk.first()?);
            while more {
                walk.key_into(&mut key);
                let known = Entry::decode(&key, walk.value()?).and_then(|entry| {
                    let file = self.files.read().get(entry.id).cloned()?;
                    Some((entry, file))
                });
                let shown = || state.catalog_file.shown();
                let Some((entry, file)) = known else {
                    let reason = format!("catalog entry {key:02x?}");
                    return Err(Error::corrupt_file(&shown(), reason));
                };
                let map = file.durable_map()?;
                if map.root() != entry.free_map {
                    let reason = format!("the free map of {} is another", entry.file);
                    return Err(Error::corrupt_file(&shown(), reason));
                }
                if map.is_on_disk() {
                    files.push(BaseFile { file, map });
                }
                more = walk.next()?;
            }
        }
        let (roots, catalog) = (Roots::default(), Default::default());
        Ok(Base {
            catalog: catalog_pages(&state.catalog_file)?,
            files,
            held: Version::new(superblock.checkpoint_lsn, roots, catalog, &self.registry),
            log: self.pin_log(superblock.log.segment),
            superblock,
        })
    }
}

/// Takes a lock, and asks now and then whether to go on waiting for it.
pub(super) fn lock_patiently<'m, T>(
    mutex: &'m Mutex<T>,
    ask: impl Fn() -> Result<()>,
) -> Result<MutexGuard<'m, T>> {
    loop {
        if let Some(guard) = mutex.try_lock_for(PATIENCE) {
            return Ok(guard);
        }
        ask()?;
    }
}
