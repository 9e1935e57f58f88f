//! Inserting documents, one or many.
//!
//! Many are committed a batch at a time: documents of a batch are prepared outside the commit lock and share one commit, so one
//! sync. A document that is refused takes no other with it.

use serde_json::json;

use super::capped;
use super::collection::Collection;
use super::durability;
use super::errors::{duplicate_key, from_storage};
use super::execute::Source;
use super::interrupt::Interrupt;
use super::options::{InsertManyOptions, WriteOptions};
use super::scope::Entered;
use super::select::spec_of;
use super::validation;
use crate::bson::{RawDoc, RawValueBuf, Value, ensure_id_first};
use crate::error::{Code, Error, Result, Status};
use crate::index::key;
use crate::storage;
use crate::storage::engine::{Duplicate, WriteTxn};
use crate::storage::page::Lsn;

/// A batch ends with the document that reaches one of these.
const BATCH_BYTES: usize = 2 << 20;
const BATCH_DOCUMENTS: usize = 5000;

/// What `insert_many` did.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct InsertManyResult {
    /// For each document added its place among those given, and its `_id`.
    pub inserted_ids: Vec<(usize, Value)>,
}

/// A document ready to be stored.
struct Prepared {
    id: RawValueBuf,
    key: Vec<u8>,
    /// Where its bytes end in the batch's buffer.
    end: usize,
}

pub fn one(collection: &Collection, document: &[u8], options: &WriteOptions) -> Result<Value> {
    let mut bytes = Vec::with_capacity(document.len() + 17);
    let id = ensure_id_first(RawDoc::trusted(document), &mut bytes)?;
    let key = key::encode_id(id.as_raw(), None);
    let engine = collection.database.enter()?;
    let interrupt = Interrupt::new(&collection.database, &options.common)?;
    let mut txn = engine.begin_write_until(&interrupt)?;
    let target = find_or_create(&mut txn, collection)?;
    txn.share_pages();
    let duplicate = store(&mut txn, &target, &key, &bytes, options)?;
    if let Some(duplicate) = duplicate {
        return Err(refusal(&txn, &target, &duplicate, &bytes));
    }
    let lsn = txn.commit();
    durability::wait(&engine, lsn, options)?;
    Value::from_raw(id.as_raw())
}

/// The collection, made when it is first written to.
pub fn find_or_create(
    txn: &mut WriteTxn<'_>,
    collection: &Collection,
) -> Result<std::sync::Arc<storage::catalog::Collection>> {
    match txn.collection(&collection.name) {
        Some(found) => Ok(found),
        None => txn
            .create_collection(&collection.name, &[])
            .map_err(from_storage),
    }
}

/// Stores a new document; `key` is that of its `_id`. The validator, a duplicate, and an index that cannot hold the
/// document refuse it before anything has changed.
pub fn store(
    txn: &mut WriteTxn<'_>,
    target: &storage::catalog::Collection,
    key: &[u8],
    document: &[u8],
    options: &WriteOptions,
) -> Result<Option<Duplicate>> {
    validation::check_new(target, document, options)?;
    match capped::limits(target)? {
        None => txn.insert(target, key, document).map_err(from_storage),
        Some(limits) => capped::insert(txn, target, limits, document),
    }
}

/// The error for a document whose key another one has.
pub fn refusal(
    txn: &WriteTxn<'_>,
    collection: &storage::catalog::Collection,
    duplicate: &Duplicate,
    document: &[u8],
) -> Error {
    let spec = match &duplicate.index {
        None => Ok(None),
        Some(index) => spec_of(index).map(Some),
    };
    let source = Source {
        collection,
        roots: txn.roots(),
    };
    let error = spec.and_then(|spec| {
        let document = RawDoc::trusted(document);
        let built = source.with_document(&duplicate.holder, |holder| {
            duplicate_key(&collection.name, spec, document, Some(holder))
        })?;
        Ok(built.unwrap_or_else(|| duplicate_key(&collection.name, spec, document, None)))
    });
    error.unwrap_or_else(|error| error)
}

pub fn many(
    collection: &Collection,
    next: &mut dyn FnMut(&mut Vec<u8>) -> Result<bool>,
    options: &InsertManyOptions,
) -> Result<InsertManyResult> {
    let interrupt = Interrupt::new(&collection.database, &options.write.common)?;
    let mut run = Run {
        collection,
        options,
        interrupt,
        result: InsertManyResult::default(),
        failures: Failures::default(),
        last: None,
    };
    let mut batch = Batch::default();
    let mut index = 0;
    loop {
        let more = batch.fill(next, &mut index, &run.interrupt);
        if index == 0 && more.is_ok() {
            let message = "insert_many needs at least one document, found none";
            return Err(Error::query(Code::INVALID_LENGTH, message));
        }
        let is_last = !matches!(more, Ok(true));
        if let Err(error) = run.insert_batch(&batch, is_last) {
            return Err(run.failures.join(error, &run.result));
        }
        let stopped = run.options.ordered && !run.failures.list.is_empty();
        match more {
            Err(error) => return Err(run.failures.join(error, &run.result)),
            Ok(true) if !stopped => {}
            Ok(_) => break,
        }
    }
    run.interrupt.finish();
    if run.failures.list.is_empty() {
        Ok(run.result)
    } else {
        Err(run.failures.into_error(&run.result))
    }
}

/// An `insert_many` in progress.
struct Run<'c> {
    collection: &'c Collection,
    options: &'c InsertManyOptions,
    interrupt: Interrupt,
    result: InsertManyResult,
    failures: Failures,
    /// The newest batch's commit.
    last: Option<Lsn>,
}

#[derive(Default)]
struct Batch {
    /// The place of the first document among those given.
    first: usize,
    bytes: Vec<u8>,
    documents: Vec<std::result::Result<Prepared, Error>>,
    incoming: Vec<u8>,
}

impl Batch {
    /// Takes in documents until the batch is full. Whether there may be more.
    fn fill(
        &mut self,
        next: &mut dyn FnMut(&mut Vec<u8>) -> Result<bool>,
        index: &mut usize,
        interrupt: &Interrupt,
    ) -> Result<bool> {
        self.first = *index;
        self.bytes.clear();
        self.documents.clear();
        while self.documents.len() < BATCH_DOCUMENTS && self.bytes.len() < BATCH_BYTES {
            self.incoming.clear();
            if !next(&mut self.incoming)? {
                return Ok(false);
            }
            interrupt.step(self.incoming.len())?;
            *index += 1;
            let start = self.bytes.len();
            let prepared = ensure_id_first(RawDoc::trusted(&self.incoming), &mut self.bytes);
            if prepared.is_err() {
                self.bytes.truncate(start);
            }
            self.documents.push(prepared.map(|id| Prepared {
                key: key::encode_id(id.as_raw(), None),
                id,
                end: self.bytes.len(),
            }));
        }
        Ok(true)
    }
}

impl Run<'_> {
    /// Inserts a batch as one commit. Whatever ends the operation, what was inserted is waited for.
    fn insert_batch(&mut self, batch: &Batch, is_last: bool) -> Result<()> {
        let engine = self.collection.database.enter()?;
        let inserted = match batch.documents.is_empty() {
            true => Ok(false),
            false => self.insert_documents(&engine, batch),
        };
        let stopped = !matches!(inserted, Ok(false));
        if let Some(last) = self.last {
            match is_last || stopped {
                true => durability::wait(&engine, last, &self.options.write)?,
                false => engine.pace(last).map_err(from_storage)?,
            }
        }
        inserted.map(|_| ())
    }

    /// Whether a refused document ends the operation.
    fn insert_documents(&mut self, engine: &Entered<'_>, batch: &Batch) -> Result<bool> {
        let mut txn = engine.begin_write_until(&self.interrupt)?;
        let target = find_or_create(&mut txn, self.collection)?;
        let write = &self.options.write;
        let (mut start, mut stopped) = (0, false);
        for (offset, prepared) in batch.documents.iter().enumerate() {
            let index = batch.first + offset;
            let refused = match prepared {
                Err(error) => {
                    self.failures.describe(index, error);
                    true
                }
                Ok(prepared) => {
                    let document = &batch.bytes[start..prepared.end];
                    start = prepared.end;
                    match insert_prepared(&mut txn, &target, prepared, document, write)? {
                        None => {
                            let id = Value::from_raw(prepared.id.as_raw())?;
                            self.result.inserted_ids.push((index, id));
                            false
                        }
                        Some(error) => {
                            self.failures.describe(index, &error);
                            true
                        }
                    }
                }
            };
            stopped = refused && self.options.ordered;
            if stopped {
                break;
            }
        }
        self.last = Some(txn.commit());
        Ok(stopped)
    }
}

/// Inserts one document; gives the reason if it alone was refused.
fn insert_prepared(
    txn: &mut WriteTxn<'_>,
    target: &storage::catalog::Collection,
    prepared: &Prepared,
    document: &[u8],
    options: &WriteOptions,
) -> Result<Option<Error>> {
    match store(txn, target, &prepared.key, document, options) {
        Ok(None) => Ok(None),
        Ok(Some(duplicate)) => Ok(Some(refusal(txn, target, &duplicate, document))),
        // A document that the collection or an index cannot hold is refused before anything has changed.
        Err(error) if is_of_document(&error) && !txn.is_broken() => Ok(Some(error)),
        Err(error) => Err(error),
    }
}

fn is_of_document(error: &Error) -> bool {
    matches!(error.status(), Status::Query | Status::Validation)
}

/// The documents that could not be inserted.
#[derive(Default)]
struct Failures {
    list: Vec<serde_json::Value>,
    first: Option<(crate::error::Status, Code, String)>,
}

impl Failures {
    fn describe(&mut self, index: usize, error: &Error) {
        let mut entry = json!({
            "index": index,
            "code": error.code().0,
            "errmsg": error.message(),
        });
        for key in ["keyPattern", "keyValue", "errInfo"] {
            if let Some(value) = error.details().get(key) {
                entry[key] = value.clone();
            }
        }
        self.list.push(entry);
        let first = || (error.status(), error.code(), error.message().to_string());
        self.first.get_or_insert_with(first);
    }

    fn details(self, error: Error, result: &InsertManyResult) -> Error {
        let inserted = json!({ "insertedCount": result.inserted_ids.len() });
        error
            .with_detail("writeErrors", self.list)
            .with_detail("result", inserted)
    }

    /// The error of the whole operation: that of the first document refused.
    fn into_error(mut self, result: &InsertManyResult) -> Error {
        let count = self.list.len();
        let (status, code, message) = self.first.take().unwrap_or_else(|| {
            (
                crate::error::Status::Internal,
                Code::INTERNAL_ERROR,
                String::new(),
            )
        });
        let message = match count {
            1 => message,
            _ => format!("{message} (and {} more write errors)", count - 1),
        };
        self.details(Error::new(status, code, message), result)
    }

    /// The documents given could not be read to their end.
    fn join(self, error: Error, result: &InsertManyResult) -> Error {
        self.details(error, result)
    }
}
