//! Verifying an open database: the instants at which its parts are looked at. What is looked at is in `storage/verify`.
//!
//! A collection is held as it is under the commit lock, with its pages in use; then readers and writers go on. The catalog on disk
//! and the log change with checkpoints only, which wait meanwhile.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use parking_lot::MutexGuard;

use super::backup::lock_patiently;
use super::checkpoint::CheckpointState;
use super::{Core, Engine};
use crate::storage::error::Result;
use crate::storage::page::TreeId;
use crate::storage::pager::file::PageFile;
use crate::storage::pager::space::Space;
use crate::storage::snapshot::Version;
use crate::storage::verify::collection::{self, Frozen};
use crate::storage::verify::space::Account;
use crate::storage::verify::{CollectionFindings, Examiner, Findings, catalog, log};

impl Engine {
    /// Looks for damage in everything: catalog, log, and each collection at an instant of its own.
    ///
    /// Errors are those that ended the work; what is wrong is in `findings`.
    pub fn verify(&self, examiner: &dyn Examiner, findings: &mut Findings) -> Result<()> {
        self.verify_catalog(examiner, findings)?;
        let ids: Vec<TreeId> = {
            let version = self.snapshot();
            version
                .catalog
                .collections()
                .map(|found| found.id)
                .collect()
        };
        for id in ids {
            self.verify_collection(id, examiner, findings)?;
        }
        Ok(())
    }

    /// Looks for damage in one collection. None: there is none with that id any more.
    pub fn verify_collection(
        &self,
        id: TreeId,
        examiner: &dyn Examiner,
        findings: &mut Findings,
    ) -> Result<Option<CollectionFindings>> {
        match self.freeze(id, examiner, findings)? {
            Some(frozen) => {
                collection::verify(frozen, &*self.deriver, examiner, findings).map(Some)
            }
            None => Ok(None),
        }
    }

    fn verify_catalog(&self, examiner: &dyn Examiner, findings: &mut Findings) -> Result<()> {
        let state = self.keep_checkpoints_away(examiner)?;
        let file = state.catalog_file.clone();
        let account = match self.is_account_known(findings) {
            true => account(&file, file.capture_space(), catalog::reserved(&file)).map(Some),
            false => Ok(None),
        };
        catalog::verify(&self.vfs, &state.superblock, &file, account, findings)?;
        let from = (state.superblock.log, state.superblock.checkpoint_lsn);
        let end = self.group.end();
        if self.options.replay {
            log::verify(&self.vfs, self.shared.database_id, from, end, findings);
        }
        self.warn_of_orphans(findings)
    }

    /// Takes a collection as it is in the newest commit.
    fn freeze(
        &self,
        id: TreeId,
        examiner: &dyn Examiner,
        findings: &mut Findings,
    ) -> Result<Option<Frozen>> {
        let Some(collection) = self.snapshot().catalog.by_id(id).cloned() else {
            return Ok(None);
        };
        if !self.is_account_known(findings) {
            return Ok(Some(Frozen {
                version: self.snapshot(),
                collection,
                accounts: Vec::new(),
            }));
        }
        // ORDER: first without the commit lock: the maps of files that nobody has written to yet are read now.
        for file in collection::files(&collection) {
            let _ = file.prepare();
        }
        let state = self.keep_checkpoints_away(examiner)?;
        let core = lock_patiently(&self.core, || examiner.step(0))?;
        let Some(collection) = core.catalog.by_id(id).cloned() else {
            return Ok(None);
        };
        let spaces = collection::files(&collection).map(|file| file.capture_space());
        let spaces: Vec<_> = spaces.collect();
        let version = self.hold_newest(&core);
        drop(core);
        let accounts = collection::files(&collection)
            .zip(spaces)
            .map(|(file, space)| account(file, space, 1).map(Some))
            .collect();
        drop(state);
        Ok(Some(Frozen {
            version,
            collection,
            accounts,
        }))
    }

    /// The newest commit's version, visible or not: none of its pages changes any more.
    pub(super) fn hold_newest(&self, core: &Core) -> Arc<Version> {
        self.settle_pages(core);
        let (roots, catalog) = (core.roots.clone(), core.catalog.clone());
        Version::new(core.lsn, roots, catalog, &self.registry)
    }

    /// After a failed write the pages in use in memory may be neither those of the disk nor those of a version.
    fn is_account_known(&self, findings: &mut Findings) -> bool {
        let is_known = !self.poisoned.load(Ordering::Acquire);
        if !is_known && findings.warnings.is_empty() {
            findings.warn("an earlier write failed: free maps were not compared");
        }
        is_known
    }

    fn keep_checkpoints_away(
        &self,
        examiner: &dyn Examiner,
    ) -> Result<MutexGuard<'_, CheckpointState>> {
        lock_patiently(&self.checkpoint, || examiner.step(0))
    }

    fn warn_of_orphans(&self, findings: &mut Findings) -> Result<()> {
        for name in super::page_files(&self.vfs)? {
            if !self.files.read().has_name(&name) {
                let shown = self.vfs.display(&name);
                findings.warn(format!("{shown} belongs to no collection of this database"));
            }
        }
        Ok(())
    }
}

/// The pages in use, and those of the free map, which is read from the disk once more.
fn account(file: &PageFile, space: Result<Space>, reserved: u32) -> Result<Account> {
    Ok(Account {
        space: space?,
        map_pages: file.inspect_free_map()?,
        reserved,
    })
}
