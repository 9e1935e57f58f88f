//! The superblock's slots, the catalog on disk, and the files that it names.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::collection::Plain;
use super::space::{self, Account};
use super::tree::walk;
use super::{Findings, Problem, ProblemKind, told};
use crate::storage::catalog::{CATALOG_TREE, Entry, FIRST_TREE};
use crate::storage::error::{Error, Result};
use crate::storage::page::TreeId;
use crate::storage::pager::file::PageFile;
use crate::storage::pager::space::Bitmap;
use crate::storage::superblock::{RESERVED, Superblock};
use crate::storage::vfs::Vfs;

/// Looks at the durable catalog. The caller keeps checkpoints away.
pub fn verify(
    vfs: &Arc<dyn Vfs>,
    superblock: &Superblock,
    file: &PageFile,
    account: std::result::Result<Option<Account>, Error>,
    findings: &mut Findings,
) -> Result<()> {
    let shown = file.shown();
    verify_slots(vfs, superblock, file, findings);
    let (mut ids, mut names, mut owners) = (HashSet::new(), HashSet::new(), HashMap::new());
    let visit = |key: &[u8], value: &[u8], findings: &mut Findings| {
        let problem = match Entry::decode(key, value) {
            None => Some("an entry that cannot be read".to_string()),
            Some(entry) => {
                let reason = entry_problem(&entry, superblock.next_tree, &mut names);
                if entry.owner == 0 {
                    ids.insert(entry.id);
                } else {
                    owners.insert(entry.id, entry.owner);
                }
                let missing = missing_file(vfs, &entry);
                if let Some(text) = missing {
                    let problem = Problem::new(ProblemKind::File, &vfs.display(&entry.file), text);
                    findings.add(problem);
                }
                reason
            }
        };
        if let Some(text) = problem {
            findings.add(Problem::new(ProblemKind::Catalog, &shown, text).at_key(key));
        }
    };
    let mut plain = Plain {
        file: &shown,
        findings,
        visit,
    };
    let tree = superblock.catalog;
    let mut reached = Bitmap::default();
    let end = match &account {
        Ok(Some(account)) => account.space.pages(),
        _ => u32::MAX,
    };
    let walked = walk(
        file,
        &tree,
        (superblock.checkpoint_lsn, end),
        &mut reached,
        &mut plain,
    )?;
    let mut add = |text: String| findings.add(Problem::new(ProblemKind::Catalog, &shown, text));
    if !walked.is_damaged {
        if (tree.entries, tree.bytes) != (walked.entries, walked.bytes) {
            add(format!(
                "the superblock counts {} entries, the catalog has {}",
                tree.entries, walked.entries
            ));
        }
        for (index, owner) in owners {
            if !ids.contains(&owner) {
                add(format!(
                    "index {index} belongs to collection {owner}, which there is not"
                ));
            }
        }
    }
    match account {
        Ok(Some(account)) => {
            space::compare(&account, reached, !walked.is_damaged, &shown, findings);
        }
        Ok(None) => {}
        Err(error) => findings.add(Problem::new(ProblemKind::FreeMap, &shown, told(error))),
    }
    Ok(())
}

/// Pages of the catalog's file that are never given out.
pub fn reserved(file: &PageFile) -> u32 {
    (RESERVED / file.page_size) as u32
}

fn verify_slots(
    vfs: &Arc<dyn Vfs>,
    superblock: &Superblock,
    file: &PageFile,
    findings: &mut Findings,
) {
    let mut bytes = vec![0; RESERVED];
    let read = vfs
        .open(&file.name, false)
        .and_then(|file| file.read_at(&mut bytes, 0));
    if let Err(error) = read {
        let text = format!("it cannot be read: {error}");
        findings.add(Problem::new(ProblemKind::File, &file.shown(), text));
        return;
    }
    let current = (superblock.generation % 2) as usize;
    for (index, slot) in Superblock::slots(&bytes).into_iter().enumerate() {
        let reason = match slot {
            Err(reason) => reason,
            Ok(slot) if index == current && slot.as_ref() != Some(superblock) => {
                "it is not the one in use".into()
            }
            Ok(Some(other)) if other.database_id != superblock.database_id => {
                "it is another database's".into()
            }
            Ok(_) => continue,
        };
        let text = format!("superblock slot {index}: {reason}");
        findings.add(Problem::new(ProblemKind::Catalog, &file.shown(), text));
    }
}

fn entry_problem(
    entry: &Entry,
    next_tree: TreeId,
    names: &mut HashSet<(TreeId, String)>,
) -> Option<String> {
    let Entry { id, name, file, .. } = entry;
    if !(FIRST_TREE..next_tree).contains(id) {
        return Some(format!(
            "tree {id} ({name:?}): ids go from {FIRST_TREE} to {next_tree}"
        ));
    }
    if !names.insert((entry.owner, name.clone())) {
        return Some(format!("the name {name:?} is there twice"));
    }
    // No collection has this id.
    if !names.insert((CATALOG_TREE, file.clone())) {
        return Some(format!("two trees have the file {file:?}"));
    }
    None
}

fn missing_file(vfs: &Arc<dyn Vfs>, entry: &Entry) -> Option<String> {
    if entry.tree.root.is_null() && entry.free_map.root.is_null() {
        return None;
    }
    match vfs.exists(&entry.file) {
        Ok(true) => None,
        Ok(false) => Some("it is missing".into()),
        Err(error) => Some(format!("it cannot be looked up: {error}")),
    }
}
