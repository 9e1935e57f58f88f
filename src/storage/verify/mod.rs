//! Looking for damage: whether what is on disk and in memory is exactly what it should be, and if not, where.
//!
//! `tree` walks a tree page by page, reading each from the disk; `space` holds the pages reached against the free map; `index` holds
//! documents and index entries against each other, both ways; `catalog` looks at superblock, catalog and files, `log` at the log.
//! `engine/verify.rs` takes the instants that they look at, so that readers and writers go on.
//!
//! Memory is bounded: a page of each level, a bitmap of a file's pages, and a limited number of findings; no set of keys.

pub mod catalog;
pub mod collection;
pub mod index;
pub mod log;
pub mod space;
#[cfg(test)]
mod tests;
pub mod tree;

use super::catalog::Collection;
use super::error::Result;
use super::page::Lsn;

/// What the layer above knows and storage does not.
pub trait Examiner {
    /// Called for every document and index entry, with its size; an error ends the work.
    fn step(&self, bytes: usize) -> Result<()>;
    /// What is wrong with a document that is stored under this primary key.
    fn document(&self, collection: &Collection, key: &[u8], document: &[u8]) -> Option<String>;
    /// How a message names a sound document.
    fn shown(&self, document: &[u8]) -> String;
}

/// What is wrong with what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProblemKind {
    /// A page cannot be read, or is not the page that it must be.
    Page,
    /// A tree's counts or flags are not what its entries say.
    Tree,
    /// A page is in use and counted as free, or the other way round.
    FreeMap,
    /// A document is not one, or not the one that its key stands for.
    Document,
    /// A document has no entry in an index.
    MissingIndexEntry,
    /// An index has an entry that no document gives.
    ExtraIndexEntry,
    /// Two documents share a key of a unique index.
    Duplicate,
    /// The catalog or the superblock.
    Catalog,
    /// A file is missing, or another's.
    File,
    /// The log.
    Log,
}

impl ProblemKind {
    /// As results name it.
    pub fn name(self) -> &'static str {
        match self {
            ProblemKind::Page => "page",
            ProblemKind::Tree => "tree",
            ProblemKind::FreeMap => "freeMap",
            ProblemKind::Document => "document",
            ProblemKind::MissingIndexEntry => "missingIndexEntry",
            ProblemKind::ExtraIndexEntry => "extraIndexEntry",
            ProblemKind::Duplicate => "duplicate",
            ProblemKind::Catalog => "catalog",
            ProblemKind::File => "file",
            ProblemKind::Log => "log",
        }
    }
}

/// One thing that is wrong, and where.
#[derive(Clone, Debug)]
pub struct Problem {
    pub kind: ProblemKind,
    pub file: String,
    pub page: Option<u32>,
    pub collection: Option<String>,
    pub index: Option<String>,
    /// A document's primary key, or an index entry.
    pub key: Option<Vec<u8>>,
    pub text: String,
}

impl Problem {
    pub fn new(kind: ProblemKind, file: &str, text: impl Into<String>) -> Problem {
        Problem {
            kind,
            file: file.to_string(),
            page: None,
            collection: None,
            index: None,
            key: None,
            text: text.into(),
        }
    }

    pub fn at_page(mut self, page: u32) -> Problem {
        self.page = Some(page);
        self
    }

    pub fn at_key(mut self, key: &[u8]) -> Problem {
        self.key = Some(key.to_vec());
        self
    }
}

/// What was found so far.
#[derive(Default)]
pub struct Findings {
    /// The first of the problems, as many as were asked for ...
    pub problems: Vec<Problem>,
    /// ... of so many.
    pub count: u64,
    /// What is odd, but harmless.
    pub warnings: Vec<String>,
    pub collections: u64,
    pub documents: u64,
    pub index_entries: u64,
    pub pages: u64,
    pub free_pages: u64,
    pub leaked_pages: u64,
    /// The newest commit looked at.
    pub lsn: Lsn,
    limit: usize,
}

impl Findings {
    /// Keeps so many problems; the others are only counted.
    pub fn new(limit: usize) -> Findings {
        Findings {
            limit,
            ..Findings::default()
        }
    }

    pub fn add(&mut self, problem: Problem) {
        self.count += 1;
        if self.problems.len() < self.limit {
            self.problems.push(problem);
        }
    }

    pub fn warn(&mut self, text: impl Into<String>) {
        if self.warnings.len() < self.limit {
            self.warnings.push(text.into());
        }
    }

    /// Whether nothing is wrong.
    pub fn is_valid(&self) -> bool {
        self.count == 0
    }
}

/// One collection's part of what was found.
#[derive(Default)]
pub struct CollectionFindings {
    pub documents: u64,
    pub invalid_documents: u64,
    pub indexes: Vec<IndexFindings>,
}

pub struct IndexFindings {
    pub name: String,
    pub entries: u64,
    /// Nothing is wrong with it.
    pub is_valid: bool,
}

/// An error with its causes, as one line.
pub(in crate::storage) fn told(error: super::Error) -> String {
    format!("{:#}", anyhow::Error::from(error))
}
