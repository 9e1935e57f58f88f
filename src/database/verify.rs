//! Looking for damage: in an open database, in one collection of it, or in a directory that need not be one that opens.
//!
//! Storage walks pages, trees, free maps and log (`storage/verify`); here it is told what a sound document is.

use std::cell::Cell;
use std::path::Path;
use std::sync::Arc;

use super::errors::{self, from_storage};
use super::interrupt::Interrupt;
use super::options::{VerifyOptions, create};
use super::select::spec_of;
use super::{Database, ProgressFn, listing, names};
use crate::bson::{Document, RawDoc, RawValue, Value, doc, validate};
use crate::error::{Error, Result};
use crate::index::{Deriver, ID_INDEX, key};
use crate::query::explain::shell_text;
use crate::storage::catalog::Collection;
use crate::storage::engine::{self, Engine};
use crate::storage::verify::{
    CollectionFindings, Examiner, Findings, IndexFindings, Problem, ProblemKind,
};
use crate::storage::vfs::Vfs;
use crate::storage::vfs::os::OsVfs;
use crate::storage::{self, ErrorKind};

/// Memory for pages while a directory is looked at.
const CACHE_BYTES: usize = 64 << 20;

/// What was found in one collection.
pub struct Validated {
    /// The problems, and what was counted.
    pub findings: Findings,
    /// Its documents and indexes, that on `_id` first.
    pub collection: CollectionFindings,
    /// Documents that the collection's validator would not allow.
    pub non_compliant: u64,
}

impl Validated {
    /// The index on `_id` of a collection that is ordered by it: its documents themselves.
    fn add_id_index(&mut self, collection: &Collection) {
        if collection.index(ID_INDEX).is_some() {
            return;
        }
        let of_documents = |problem: &Problem| problem.index.is_none();
        let id_index = IndexFindings {
            name: ID_INDEX.to_string(),
            entries: self.collection.documents,
            is_valid: !self.findings.problems.iter().any(of_documents),
        };
        self.collection.indexes.insert(0, id_index);
    }
}

impl Database {
    /// Looks for damage: reads every page, and compares trees, indexes, free maps, catalog and log. Readers and writers go on.
    /// Gives `{valid, collections, documents, indexEntries, pages, freePages, leakedPages, errorCount, errors, warnings,
    /// durationMs}`.
    ///
    /// Errors are those that ended the work; damage is in the result.
    pub fn verify(&self, options: &VerifyOptions) -> Result<Document> {
        let engine = self.0.enter()?;
        let interrupt = Interrupt::new(&self.0, &options.common)?;
        let report = Report::begin(&interrupt, options);
        report.end(|examiner, findings| verify_engine(&engine, examiner, findings))
    }

    /// The same for one collection, for the `validate` command.
    ///
    /// Errors: `NamespaceNotFound` (26).
    pub fn validate(&self, name: &str, options: &VerifyOptions) -> Result<Validated> {
        let engine = self.0.enter()?;
        names::check_collection(name)?;
        let interrupt = Interrupt::new(&self.0, &options.common)?;
        let version = engine.snapshot();
        let Some(collection) = version.catalog.get(name).cloned() else {
            return Err(listing::no_collection(&version.catalog, name));
        };
        expect(&interrupt, &version, std::iter::once(&*collection));
        drop(version);
        let examiner = Documents::new(&interrupt);
        let mut findings = Findings::new(options.max_errors);
        let found = engine.verify_collection(collection.id, &examiner, &mut findings);
        let Some(found) = found.map_err(from_storage)? else {
            return Err(listing::no_collection(&engine.snapshot().catalog, name));
        };
        interrupt.finish();
        let mut validated = Validated {
            findings,
            collection: found,
            non_compliant: examiner.non_compliant.get(),
        };
        validated.add_id_index(&collection);
        Ok(validated)
    }

    /// Looks only whether a collection's options and its indexes' specifications can be read.
    ///
    /// Errors: `NamespaceNotFound` (26).
    pub fn validate_metadata(&self, name: &str) -> Result<Validated> {
        let engine = self.0.enter()?;
        names::check_collection(name)?;
        let version = engine.snapshot();
        let Some(collection) = version.catalog.get(name) else {
            return Err(listing::no_collection(&version.catalog, name));
        };
        let mut validated = Validated {
            findings: Findings::new(usize::MAX),
            collection: CollectionFindings::default(),
            non_compliant: 0,
        };
        let mut add = |index: Option<&str>, error: Error| {
            let problem = Problem {
                collection: Some(name.to_string()),
                index: index.map(str::to_string),
                ..Problem::new(
                    ProblemKind::Catalog,
                    &collection.file.shown(),
                    error.message(),
                )
            };
            validated.findings.add(problem);
        };
        if let Err(error) = create::stored(collection) {
            add(None, error);
        }
        for index in &collection.indexes {
            let read = spec_of(index);
            let is_valid = read.is_ok();
            if let Err(error) = read {
                add(Some(&index.name), error);
            }
            validated.collection.indexes.push(IndexFindings {
                name: index.name.clone(),
                entries: 0,
                is_valid,
            });
        }
        validated.add_id_index(collection);
        Ok(validated)
    }

    /// Looks for damage in a directory where nobody has a database open for writing. What cannot be opened is looked at as far as that
    /// goes. Nothing is written, not even what recovery would.
    ///
    /// Errors: `NotFound` when there is no database, `Locked` when it is open for writing.
    pub fn verify_path(
        path: &str,
        options: &VerifyOptions,
        progress: Option<Box<ProgressFn>>,
    ) -> Result<Document> {
        let vfs = OsVfs::open(Path::new(path), true, false)
            .map_err(|error| errors::from_opening(path, error))?;
        verify_on(Arc::new(vfs), options, progress)
    }
}

/// [`Database::verify_path`] on any file system.
pub fn verify_on(
    vfs: Arc<dyn Vfs>,
    options: &VerifyOptions,
    progress: Option<Box<ProgressFn>>,
) -> Result<Document> {
    if options.common.op_id.is_some() {
        let message =
            "opId belongs to an open database; a path is verified with a progress function";
        return Err(Error::argument(message));
    }
    let interrupt = Interrupt::watched(progress, options.common.max_time_ms)?;
    let report = Report::begin(&interrupt, options);
    report.end(|examiner, findings| {
        let mut told: Vec<String> = Vec::new();
        // Without its log if need be: what the checkpoint holds can be looked at all the same.
        for replay in [true, false] {
            match open_to_look(&vfs, replay) {
                Ok(engine) => {
                    verify_engine(&engine, examiner, findings)?;
                    break;
                }
                Err(error) if is_damage(&error) => {
                    let text = format!("{:#}", anyhow::Error::from(error));
                    if !told.contains(&text) {
                        let shown = vfs.display("");
                        findings.add(Problem::new(ProblemKind::File, &shown, text.clone()));
                        told.push(text);
                    }
                }
                Err(error) => return Err(error),
            }
        }
        Ok(())
    })
}

fn open_to_look(vfs: &Arc<dyn Vfs>, replay: bool) -> storage::Result<Arc<Engine>> {
    let options = engine::Options {
        create: false,
        read_only: true,
        replay,
        background: false,
        // A disk that fails under a map would end the program.
        mapped: false,
        cache_bytes: CACHE_BYTES,
        ..engine::Options::default()
    };
    Engine::open(vfs.clone(), options, Arc::new(Deriver))
}

/// Whether a database cannot be opened because of what is in its files.
fn is_damage(error: &storage::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::Corrupt | ErrorKind::Io | ErrorKind::Derive
    )
}

fn verify_engine(
    engine: &Engine,
    examiner: &Documents<'_>,
    findings: &mut Findings,
) -> storage::Result<()> {
    let version = engine.snapshot();
    let collections = version.catalog.collections().map(|found| &**found);
    expect(examiner.interrupt, &version, collections);
    drop(version);
    examiner.begin()?;
    engine.verify(examiner, findings)
}

/// Says how much there is to look at: documents and index entries.
fn expect<'c>(
    interrupt: &Interrupt,
    version: &storage::snapshot::Version,
    collections: impl Iterator<Item = &'c Collection>,
) {
    let entries = |collection: &Collection| {
        let indexes = collection.indexes.iter().map(|index| index.id);
        let trees = indexes.chain(std::iter::once(collection.id));
        trees.map(|id| version.tree(id).entries).sum::<u64>()
    };
    interrupt.expect(collections.map(entries).sum());
}

/// The work of one call, and the document that it gives.
struct Report<'i> {
    interrupt: &'i Interrupt,
    findings: Findings,
    started: std::time::Instant,
}

impl<'i> Report<'i> {
    fn begin(interrupt: &'i Interrupt, options: &VerifyOptions) -> Report<'i> {
        Report {
            interrupt,
            findings: Findings::new(options.max_errors),
            started: std::time::Instant::now(),
        }
    }

    fn end(
        mut self,
        work: impl FnOnce(&Documents<'_>, &mut Findings) -> storage::Result<()>,
    ) -> Result<Document> {
        let examiner = Documents::new(self.interrupt);
        work(&examiner, &mut self.findings).map_err(from_storage)?;
        self.interrupt.finish();
        let found = &self.findings;
        let errors: Vec<Value> = found.problems.iter().map(problem).collect();
        let warnings: Vec<Value> = found
            .warnings
            .iter()
            .map(|text| text.as_str().into())
            .collect();
        Ok(doc! {
            "valid": (found.is_valid()),
            "collections": (found.collections as i64),
            "documents": (found.documents as i64),
            "indexEntries": (found.index_entries as i64),
            "pages": (found.pages as i64),
            "freePages": (found.free_pages as i64),
            "leakedPages": (found.leaked_pages as i64),
            "errorCount": (found.count as i64),
            "errors": errors,
            "warnings": warnings,
            "durationMs": (self.started.elapsed().as_millis() as i64),
        })
    }
}

/// A problem as results show it.
pub fn problem(problem: &Problem) -> Value {
    let mut out = doc! {
        "kind": (problem.kind.name()),
        "file": (problem.file.as_str()),
    };
    if let Some(page) = problem.page {
        out.insert("page", i64::from(page));
    }
    if let Some(collection) = &problem.collection {
        out.insert("collection", collection.as_str());
    }
    if let Some(index) = &problem.index {
        out.insert("index", index.as_str());
    }
    if let Some(key) = &problem.key {
        out.insert("key", hex(key));
    }
    out.insert("problem", problem.text.as_str());
    out.into()
}

/// A key as storage has it (docs/format.md says how to read it).
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What storage is told of documents.
pub(super) struct Documents<'i> {
    interrupt: &'i Interrupt,
    non_compliant: Cell<u64>,
}

impl<'i> Documents<'i> {
    /// Tells that it begins, which is where a small database can still be stopped.
    fn begin(&self) -> storage::Result<()> {
        self.interrupt.storage_advance(0)
    }

    fn new(interrupt: &'i Interrupt) -> Documents<'i> {
        Documents {
            interrupt,
            non_compliant: Cell::new(0),
        }
    }

    fn check(
        &self,
        collection: &Collection,
        key: &[u8],
        document: &[u8],
    ) -> std::result::Result<(), String> {
        let id = sound(document)?;
        let stored = create::stored(collection).map_err(|error| error.message().to_string())?;
        let is_by_id = stored.is_none_or(|stored| stored.options.capped.is_none());
        if is_by_id && key::encode_id(id, None) != key {
            return Err(format!(
                "_id {} is stored under the key of another",
                shell_text(id)
            ));
        }
        let validator = stored.and_then(|stored| stored.validator.as_ref());
        if let Some(validator) = validator
            && !validator.allows(RawDoc::trusted(document)).unwrap_or(false)
        {
            self.non_compliant.set(self.non_compliant.get() + 1);
        }
        Ok(())
    }
}

/// The `_id` of bytes that are a document as it is stored. `Err`: why they are none.
pub(super) fn sound(document: &[u8]) -> std::result::Result<RawValue<'_>, String> {
    let invalid = |error: Error| format!("not a document: {}", error.message());
    validate(document).map_err(invalid)?;
    match RawDoc::trusted(document).iter().next() {
        Some((name, id)) if name == "_id" => Ok(id),
        _ => Err("a document that does not begin with _id".into()),
    }
}

impl Examiner for Documents<'_> {
    fn step(&self, bytes: usize) -> storage::Result<()> {
        self.interrupt.storage_step(bytes)
    }

    fn document(&self, collection: &Collection, key: &[u8], document: &[u8]) -> Option<String> {
        self.check(collection, key, document).err()
    }

    fn shown(&self, document: &[u8]) -> String {
        match RawDoc::trusted(document).get("_id") {
            Some(id) => format!("the document with _id {}", shell_text(id)),
            None => "a document".into(),
        }
    }
}
