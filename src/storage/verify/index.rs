//! Documents against index entries, both ways, by look-ups.
//!
//! While the documents are walked each key that one gives is looked up. The entries found are all different; if there are as many as
//! the index has, there are no others. Only if there are more is the index walked again, to say which are too many.

use super::tree::{Range, Visitor};
use super::{CollectionFindings, Examiner, Findings, IndexFindings, Problem, ProblemKind, told};
use crate::storage::btree::{Tree, TreeRef};
use crate::storage::catalog::{Collection, Index};
use crate::storage::derive::{IndexDeriver, KeySet};
use crate::storage::error::Result;
use std::sync::Arc;

/// An index while the documents are walked.
pub struct Compared {
    pub index: Arc<Index>,
    pub tree: Tree,
    /// Entries that documents give and that are there.
    pub found: u64,
    /// Look-ups can be relied on.
    pub is_readable: bool,
    /// What results say of it.
    pub told: IndexFindings,
    is_flag_told: bool,
}

impl Compared {
    pub fn new(index: &Arc<Index>, tree: Tree) -> Compared {
        Compared {
            index: index.clone(),
            tree,
            found: 0,
            is_readable: true,
            told: IndexFindings {
                name: index.name.clone(),
                entries: 0,
                is_valid: true,
            },
            is_flag_told: false,
        }
    }

    fn get(&self, entry: &[u8]) -> Result<Option<u16>> {
        let pin = crossbeam_epoch::pin();
        let tree = TreeRef {
            file: &self.index.file,
            tree: self.tree,
            pin: &pin,
        };
        Ok(tree.get(entry)?.map(primary_length))
    }

    fn problem(&mut self, collection: &Collection, kind: ProblemKind, text: String) -> Problem {
        self.told.is_valid = false;
        Problem {
            collection: Some(collection.name.clone()),
            index: Some(self.index.name.clone()),
            ..Problem::new(kind, &self.index.file.shown(), text)
        }
    }
}

/// What an entry says of the length of its primary key; none that is as long as the number that stands for "malformed".
fn primary_length(value: &[u8]) -> u16 {
    value.try_into().map_or(u16::MAX, u16::from_le_bytes)
}

/// Walks the documents of a collection.
pub struct Documents<'a> {
    pub collection: &'a Collection,
    pub tree: Tree,
    pub deriver: &'a dyn IndexDeriver,
    pub examiner: &'a dyn Examiner,
    pub indexes: &'a mut [Compared],
    pub findings: &'a mut Findings,
    pub told: &'a mut CollectionFindings,
    pub keys: KeySet,
    pub entry: Vec<u8>,
    pub are_flags_told: bool,
}

impl Documents<'_> {
    fn problem(&self, kind: ProblemKind, text: String) -> Problem {
        Problem {
            collection: Some(self.collection.name.clone()),
            ..Problem::new(kind, &self.collection.file.shown(), text)
        }
    }

    fn compare(&mut self, at: usize, key: &[u8], document: &[u8]) -> Result<()> {
        let under = &mut self.indexes[at];
        self.keys.clear();
        let compiled = under.index.compiled(self.deriver);
        let derived = match compiled {
            Ok(compiled) => compiled
                .derive(document, &mut self.keys)
                .map_err(|error| format!("{error:#}")),
            Err(error) => Err(told(error)),
        };
        if let Err(reason) = derived {
            let text = format!(
                "{} cannot be indexed: {reason}",
                self.examiner.shown(document)
            );
            let problem = under.problem(self.collection, ProblemKind::Document, text);
            self.findings.add(problem.at_key(key));
            return Ok(());
        }
        for derived in self.keys.iter() {
            self.entry.clear();
            self.entry.extend_from_slice(derived);
            self.entry.extend_from_slice(key);
            let text = match under.get(&self.entry) {
                Ok(Some(length)) if usize::from(length) == key.len() => {
                    under.found += 1;
                    continue;
                }
                Ok(Some(length)) => {
                    under.found += 1;
                    format!(
                        "the entry says that its primary key has {length} bytes, not {}",
                        key.len()
                    )
                }
                Ok(None) => format!("{} has no entry", self.examiner.shown(document)),
                Err(error) => {
                    under.is_readable = false;
                    let problem = under.problem(self.collection, ProblemKind::Page, told(error));
                    self.findings.add(problem);
                    return Ok(());
                }
            };
            let problem = under.problem(self.collection, ProblemKind::MissingIndexEntry, text);
            self.findings.add(problem.at_key(&self.entry));
        }
        let missing = self.keys.flags() & !under.tree.flags;
        if missing != 0 && !under.is_flag_told {
            under.is_flag_told = true;
            let text = format!(
                "{} gives flags {:02x}, of which the index has {:02x} only",
                self.examiner.shown(document),
                self.keys.flags(),
                under.tree.flags
            );
            let problem = under.problem(self.collection, ProblemKind::Tree, text);
            self.findings.add(problem.at_key(key));
        }
        Ok(())
    }
}

impl Visitor for Documents<'_> {
    fn entry(&mut self, key: &[u8], document: &[u8]) -> Result<()> {
        self.examiner.step(document.len())?;
        self.told.documents += 1;
        self.findings.documents += 1;
        if let Some(reason) = self.examiner.document(self.collection, key, document) {
            self.told.invalid_documents += 1;
            let problem = self.problem(ProblemKind::Document, reason);
            self.findings.add(problem.at_key(key));
            return Ok(());
        }
        let missing = self.deriver.primary_flags(key) & !self.tree.flags;
        if missing != 0 && !self.are_flags_told {
            self.are_flags_told = true;
            let text = format!(
                "{} has a key that was cut, which the tree does not say",
                self.examiner.shown(document)
            );
            let problem = self.problem(ProblemKind::Tree, text);
            self.findings.add(problem.at_key(key));
        }
        for at in 0..self.indexes.len() {
            if self.indexes[at].is_readable {
                self.compare(at, key, document)?;
            }
        }
        Ok(())
    }

    fn damage(&mut self, page: u32, reason: String, range: Range<'_>) -> Result<()> {
        let problem = self.problem(ProblemKind::Page, reason);
        self.findings.add(problem.at_page(page).at_key(range.0));
        Ok(())
    }
}

/// Walks the entries of an index: their form, and that a unique index has no key twice.
pub struct Entries<'a> {
    pub collection: &'a Collection,
    pub under: &'a mut Compared,
    pub examiner: &'a dyn Examiner,
    pub findings: &'a mut Findings,
    /// The key of the entry before, without its primary key.
    pub before: Vec<u8>,
    pub has_before: bool,
}

impl Visitor for Entries<'_> {
    fn entry(&mut self, entry: &[u8], value: &[u8]) -> Result<()> {
        self.examiner.step(entry.len())?;
        self.under.told.entries += 1;
        self.findings.index_entries += 1;
        let length = usize::from(primary_length(value));
        let Some(end) = entry.len().checked_sub(length) else {
            let text = format!(
                "an entry with a value of {} bytes, not the length of its primary key",
                value.len()
            );
            let problem = self.under.problem(self.collection, ProblemKind::Tree, text);
            self.findings.add(problem.at_key(entry));
            return Ok(());
        };
        if !self.under.index.unique {
            return Ok(());
        }
        let key = &entry[..end];
        if self.has_before && self.before == key {
            let text = "two documents share a key of a unique index".to_string();
            let problem = self
                .under
                .problem(self.collection, ProblemKind::Duplicate, text);
            self.findings.add(problem.at_key(entry));
        }
        self.before.clear();
        self.before.extend_from_slice(key);
        self.has_before = true;
        Ok(())
    }

    fn damage(&mut self, page: u32, reason: String, range: Range<'_>) -> Result<()> {
        self.under.is_readable = false;
        let problem = self
            .under
            .problem(self.collection, ProblemKind::Page, reason);
        self.findings.add(problem.at_page(page).at_key(range.0));
        Ok(())
    }
}

/// Walks the entries of an index that has too many.
pub struct Extra<'a> {
    pub collection: &'a Collection,
    /// The documents' tree.
    pub documents: Tree,
    pub under: &'a mut Compared,
    pub deriver: &'a dyn IndexDeriver,
    pub examiner: &'a dyn Examiner,
    pub findings: &'a mut Findings,
    pub keys: KeySet,
}

impl Extra<'_> {
    /// Why no document gives the entry. None: one does, or what there is cannot tell.
    fn reason(&mut self, entry: &[u8], value: &[u8]) -> Option<String> {
        let end = entry
            .len()
            .checked_sub(usize::from(primary_length(value)))?;
        let (key, primary) = entry.split_at(end);
        let pin = crossbeam_epoch::pin();
        let documents = TreeRef {
            file: &self.collection.file,
            tree: self.documents,
            pin: &pin,
        };
        let Some(document) = documents.get(primary).ok()? else {
            return Some("its document does not exist".into());
        };
        // A document that is none was told of already.
        if self
            .examiner
            .document(self.collection, primary, document)
            .is_some()
        {
            return None;
        }
        self.keys.clear();
        let compiled = self.under.index.compiled(self.deriver).ok()?;
        compiled.derive(document, &mut self.keys).ok()?;
        let is_given = self.keys.contains(key);
        (!is_given).then(|| format!("{} does not give this key", self.examiner.shown(document)))
    }
}

impl Visitor for Extra<'_> {
    fn entry(&mut self, entry: &[u8], value: &[u8]) -> Result<()> {
        self.examiner.step(entry.len())?;
        if let Some(reason) = self.reason(entry, value) {
            let text = format!("an entry that should not be there: {reason}");
            let problem = self
                .under
                .problem(self.collection, ProblemKind::ExtraIndexEntry, text);
            self.findings.add(problem.at_key(entry));
        }
        Ok(())
    }

    fn damage(&mut self, _: u32, _: String, _: Range<'_>) -> Result<()> {
        Ok(())
    }
}
