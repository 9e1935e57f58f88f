//! One collection at one instant: its files, its trees, its indexes, its free maps.

use std::sync::Arc;

use super::index::{Compared, Documents, Entries, Extra};
use super::space::{self, Account};
use super::tree::{Range, Visitor, Walked, walk};
use super::{CollectionFindings, Examiner, Findings, Problem, ProblemKind, told};
use crate::storage::btree::Tree;
use crate::storage::catalog::Collection;
use crate::storage::derive::{IndexDeriver, KeySet};
use crate::storage::error::{Error, Result};
use crate::storage::page::Lsn;
use crate::storage::pager::file::PageFile;
use crate::storage::pager::space::Bitmap;
use crate::storage::snapshot::Version;

/// A collection as it was at one instant, and the pages of its files then: those of the documents first, then those of the
/// indexes in their order. `Err`: the free map cannot be read; none: it cannot be compared.
pub struct Frozen {
    pub version: Arc<Version>,
    pub collection: Arc<Collection>,
    pub accounts: Vec<std::result::Result<Option<Account>, Error>>,
}

/// Looks at all of a collection.
pub fn verify(
    frozen: Frozen,
    deriver: &dyn IndexDeriver,
    examiner: &dyn Examiner,
    findings: &mut Findings,
) -> Result<CollectionFindings> {
    let Frozen {
        version,
        collection,
        accounts,
    } = frozen;
    let mut accounts = accounts.into_iter();
    let mut own = || accounts.next().unwrap_or(Ok(None));
    findings.collections += 1;
    findings.lsn = findings.lsn.max(version.lsn);
    let before = findings.count;
    let documents_account = own();
    let mut indexes = Vec::new();
    for index in &collection.indexes {
        let mut under = Compared::new(index, version.tree(index.id));
        let mut entries = Entries {
            collection: &collection,
            under: &mut under,
            examiner,
            findings,
            before: Vec::new(),
            has_before: false,
        };
        let mut checked = Checked {
            file: &index.file,
            tree: entries.under.tree,
            lsn: version.lsn,
            collection: &collection.name,
            index: Some(&index.name),
        };
        let count = entries.findings.count;
        let walked = checked.all(own(), &mut entries, |entries| &mut *entries.findings)?;
        under.is_readable &= !walked.is_damaged;
        under.told.is_valid &= findings.count == count;
        indexes.push(under);
    }
    let tree = version.tree(collection.id);
    let mut told = CollectionFindings::default();
    let mut documents = Documents {
        collection: &collection,
        tree,
        deriver,
        examiner,
        indexes: &mut indexes,
        findings,
        told: &mut told,
        keys: KeySet::default(),
        entry: Vec::new(),
        are_flags_told: false,
    };
    let mut checked = Checked {
        file: &collection.file,
        tree,
        lsn: version.lsn,
        collection: &collection.name,
        index: None,
    };
    checked.all(documents_account, &mut documents, |documents| {
        &mut *documents.findings
    })?;
    for under in &mut indexes {
        if under.is_readable && under.found != under.told.entries {
            find_extra(&collection, &version, under, deriver, examiner, findings)?;
        }
    }
    if findings.count > before {
        log::warn!(
            "collection {:?}: {} problems found",
            collection.name,
            findings.count - before
        );
    }
    told.indexes = indexes.into_iter().map(|under| under.told).collect();
    Ok(told)
}

fn find_extra(
    collection: &Collection,
    version: &Version,
    under: &mut Compared,
    deriver: &dyn IndexDeriver,
    examiner: &dyn Examiner,
    findings: &mut Findings,
) -> Result<()> {
    let index = under.index.clone();
    let tree = under.tree;
    let mut extra = Extra {
        collection,
        documents: version.tree(collection.id),
        under,
        deriver,
        examiner,
        findings,
        keys: KeySet::default(),
    };
    let mut reached = Bitmap::default();
    walk(
        &*index.file,
        &tree,
        (version.lsn, u32::MAX),
        &mut reached,
        &mut extra,
    )?;
    Ok(())
}

/// A tree and its file.
struct Checked<'a> {
    file: &'a PageFile,
    tree: Tree,
    lsn: Lsn,
    collection: &'a str,
    index: Option<&'a str>,
}

impl Checked<'_> {
    fn problem(&self, kind: ProblemKind, text: impl Into<String>) -> Problem {
        Problem {
            collection: Some(self.collection.to_string()),
            index: self.index.map(str::to_string),
            ..Problem::new(kind, &self.file.shown(), text)
        }
    }

    /// Walks the tree, and compares its counts with what it has and its pages with the account.
    fn all<V: Visitor>(
        &mut self,
        account: std::result::Result<Option<Account>, Error>,
        visitor: &mut V,
        findings: impl Fn(&mut V) -> &mut Findings,
    ) -> Result<Walked> {
        if self.file.is_in_use()
            && let Err(error) = self.file.inspect_header()
        {
            findings(visitor).add(self.problem(ProblemKind::File, told(error)).at_page(0));
            let walked = Walked {
                is_damaged: true,
                ..Walked::default()
            };
            return Ok(walked);
        }
        let mut reached = Bitmap::default();
        let end = match &account {
            Ok(Some(account)) => account.space.pages(),
            _ => u32::MAX,
        };
        let walked = walk(
            self.file,
            &self.tree,
            (self.lsn, end),
            &mut reached,
            visitor,
        )?;
        let counted = (self.tree.entries, self.tree.bytes);
        if !walked.is_damaged && counted != (walked.entries, walked.bytes) {
            let text = format!(
                "the tree counts {} entries of {} bytes, and has {} of {}",
                counted.0, counted.1, walked.entries, walked.bytes
            );
            findings(visitor).add(self.problem(ProblemKind::Tree, text));
        }
        match account {
            Ok(Some(account)) => {
                let shown = self.file.shown();
                space::compare(
                    &account,
                    reached,
                    !walked.is_damaged,
                    &shown,
                    findings(visitor),
                );
            }
            Ok(None) => {}
            Err(error) => {
                let problem = self.problem(ProblemKind::FreeMap, told(error));
                findings(visitor).add(problem);
            }
        }
        Ok(walked)
    }
}

/// Visits entries and takes damage as problems of the catalog's file.
pub struct Plain<'a, F: FnMut(&[u8], &[u8], &mut Findings)> {
    pub file: &'a str,
    pub findings: &'a mut Findings,
    pub visit: F,
}

impl<F: FnMut(&[u8], &[u8], &mut Findings)> Visitor for Plain<'_, F> {
    fn entry(&mut self, key: &[u8], value: &[u8]) -> Result<()> {
        (self.visit)(key, value, self.findings);
        Ok(())
    }

    fn damage(&mut self, page: u32, reason: String, _: Range<'_>) -> Result<()> {
        let problem = Problem::new(ProblemKind::Page, self.file, reason);
        self.findings.add(problem.at_page(page));
        Ok(())
    }
}

/// The files of a collection and of its indexes, in the order of `Frozen::accounts`.
pub fn files(collection: &Collection) -> impl Iterator<Item = &Arc<PageFile>> {
    let indexes = collection.indexes.iter().map(|index| &index.file);
    std::iter::once(&collection.file).chain(indexes)
}
