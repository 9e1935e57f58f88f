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
use super::write_errors::WriteErrors;
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
    let mut result = InsertManyResult::default();
    let mut errors = WriteErrors::default();
    let mut last = None;
    let mut inserting = Inserting {
        collection,
        ordered: options.ordered,
        write: &options.write,
        interrupt: &interrupt,
        inserted_ids: &mut result.inserted_ids,
        errors: &mut errors,
        last: &mut last,
    };
    let ended = inserting.all(next);
    let inserted = json!({ "insertedCount": result.inserted_ids.len() });
    if let Err(error) = ended {
        return Err(errors.join(error, inserted));
    }
    interrupt.finish();
    match errors.is_empty() {
        true => Ok(result),
        false => Err(errors.into_error(inserted)),
    }
}

/// Documents that are inserted as one commit.
#[derive(Default)]
pub struct Batch {
    /// The place of the first document among those given.
    first: usize,
    bytes: Vec<u8>,
    documents: Vec<std::result::Result<Prepared, Error>>,
}

impl Batch {
    /// Takes in the document at `index` of those given, which follows the one before.
    pub fn add(&mut self, index: usize, document: RawDoc<'_>) {
        if self.documents.is_empty() {
            self.first = index;
        }
        let start = self.bytes.len();
        let prepared = ensure_id_first(document, &mut self.bytes);
        if prepared.is_err() {
            self.bytes.truncate(start);
        }
        self.documents.push(prepared.map(|id| Prepared {
            key: key::encode_id(id.as_raw(), None),
            id,
            end: self.bytes.len(),
        }));
    }

    pub fn is_empty(&self) -> bool {
        self.documents.is_empty()
    }

    pub fn is_full(&self) -> bool {
        self.documents.len() >= BATCH_DOCUMENTS || self.bytes.len() >= BATCH_BYTES
    }

    pub fn clear(&mut self) {
        self.bytes.clear();
        self.documents.clear();
    }
}

/// The inserting of documents, batch by batch.
pub struct Inserting<'i> {
    pub collection: &'i Collection,
    /// Stop at the first that is refused.
    pub ordered: bool,
    pub write: &'i WriteOptions,
    pub interrupt: &'i Interrupt,
    pub inserted_ids: &'i mut Vec<(usize, Value)>,
    pub errors: &'i mut WriteErrors,
    /// The newest batch's commit.
    pub last: &'i mut Option<Lsn>,
}

impl Inserting<'_> {
    /// Inserts what `next` gives. Whatever ends the operation, what was inserted is waited for.
    fn all(&mut self, next: &mut dyn FnMut(&mut Vec<u8>) -> Result<bool>) -> Result<()> {
        let mut batch = Batch::default();
        let mut index = 0;
        loop {
            let more = self.fill(&mut batch, next, &mut index);
            if index == 0 && more.is_ok() {
                let message = "insert_many needs at least one document, found none";
                return Err(Error::query(Code::INVALID_LENGTH, message));
            }
            let engine = self.collection.database.enter()?;
            let inserted = self.insert(&engine, &batch);
            batch.clear();
            let stopped = inserted.is_err() || (self.ordered && !self.errors.is_empty());
            let is_last = stopped || !matches!(more, Ok(true));
            if let Some(last) = *self.last {
                match is_last {
                    true => durability::wait(&engine, last, self.write)?,
                    false => engine.pace(last).map_err(from_storage)?,
                }
            }
            inserted?;
            more?;
            if is_last {
                return Ok(());
            }
        }
    }

    /// Takes in documents until the batch is full. Whether there may be more.
    fn fill(
        &self,
        batch: &mut Batch,
        next: &mut dyn FnMut(&mut Vec<u8>) -> Result<bool>,
        index: &mut usize,
    ) -> Result<bool> {
        let mut incoming = Vec::new();
        while !batch.is_full() {
            incoming.clear();
            if !next(&mut incoming)? {
                return Ok(false);
            }
            self.interrupt.step(incoming.len())?;
            batch.add(*index, RawDoc::trusted(&incoming));
            *index += 1;
        }
        Ok(true)
    }

    /// Inserts a batch as one commit, which is not waited for. If it fails as a whole, nothing of it is inserted.
    pub fn insert(&mut self, engine: &Entered<'_>, batch: &Batch) -> Result<()> {
        let before = self.inserted_ids.len();
        let inserted = self.insert_documents(engine, batch);
        if inserted.is_err() {
            self.inserted_ids.truncate(before);
        }
        inserted
    }

    fn insert_documents(&mut self, engine: &Entered<'_>, batch: &Batch) -> Result<()> {
        if batch.is_empty() {
            return Ok(());
        }
        let mut txn = engine.begin_write_until(self.interrupt)?;
        let target = find_or_create(&mut txn, self.collection)?;
        let write = self.write;
        let mut start = 0;
        for (offset, prepared) in batch.documents.iter().enumerate() {
            let index = batch.first + offset;
            let refused = match prepared {
                Err(error) => {
                    self.errors.add(index, error);
                    true
                }
                Ok(prepared) => {
                    let document = &batch.bytes[start..prepared.end];
                    start = prepared.end;
                    match insert_prepared(&mut txn, &target, prepared, document, write)? {
                        None => {
                            let id = Value::from_raw(prepared.id.as_raw())?;
                            self.inserted_ids.push((index, id));
                            false
                        }
                        Some(error) => {
                            self.errors.add(index, &error);
                            true
                        }
                    }
                }
            };
            if refused && self.ordered {
                break;
            }
        }
        *self.last = Some(txn.commit());
        Ok(())
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
