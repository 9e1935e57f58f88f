//! Inserting documents, one or many.
//!
//! Many are committed a batch at a time: documents of a batch are prepared outside the commit lock and share one commit, so one
//! sync. A document that is refused takes no other with it.

use serde_json::json;

use super::collection::Collection;
use super::errors::{duplicate_key, from_storage};
use super::execute::Source;
use super::select::spec_of;
use crate::bson::{RawDoc, RawValueBuf, Value, ensure_id_first};
use crate::error::{Code, Error, Result};
use crate::index::key;
use crate::storage;
use crate::storage::engine::{Duplicate, WriteTxn};

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

pub fn one(collection: &Collection, document: &[u8]) -> Result<Value> {
    let mut bytes = Vec::with_capacity(document.len() + 17);
    let id = ensure_id_first(RawDoc::trusted(document), &mut bytes)?;
    let key = key::encode_id(id.as_raw());
    let engine = collection.database.enter()?;
    let mut txn = engine.begin_write().map_err(from_storage)?;
    let target = find_or_create(&mut txn, collection)?;
    let duplicate = txn.insert(&target, &key, &bytes).map_err(from_storage)?;
    if let Some(duplicate) = duplicate {
        return Err(refusal(&txn, &target, &duplicate, &bytes));
    }
    let lsn = txn.commit();
    engine.wait(lsn).map_err(from_storage)?;
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
    ordered: bool,
) -> Result<InsertManyResult> {
    let mut result = InsertManyResult::default();
    let mut failures = Failures::default();
    let mut batch = Batch::default();
    let mut index = 0;
    loop {
        let more = batch.fill(next, &mut index);
        if index == 0 && more.is_ok() {
            let message = "insert_many needs at least one document, found none";
            return Err(Error::query(Code::INVALID_LENGTH, message));
        }
        let is_last = !matches!(more, Ok(true));
        insert_batch(
            collection,
            &batch,
            ordered,
            is_last,
            &mut result,
            &mut failures,
        )?;
        let stopped = ordered && !failures.list.is_empty();
        match more {
            Err(error) => return Err(failures.join(error, &result)),
            Ok(true) if !stopped => {}
            Ok(_) => break,
        }
    }
    if failures.list.is_empty() {
        Ok(result)
    } else {
        Err(failures.into_error(&result))
    }
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
    ) -> Result<bool> {
        self.first = *index;
        self.bytes.clear();
        self.documents.clear();
        while self.documents.len() < BATCH_DOCUMENTS && self.bytes.len() < BATCH_BYTES {
            self.incoming.clear();
            if !next(&mut self.incoming)? {
                return Ok(false);
            }
            *index += 1;
            let start = self.bytes.len();
            let prepared = ensure_id_first(RawDoc::trusted(&self.incoming), &mut self.bytes);
            if prepared.is_err() {
                self.bytes.truncate(start);
            }
            self.documents.push(prepared.map(|id| Prepared {
                key: key::encode_id(id.as_raw()),
                id,
                end: self.bytes.len(),
            }));
        }
        Ok(true)
    }
}

/// Inserts a batch as one commit.
fn insert_batch(
    collection: &Collection,
    batch: &Batch,
    ordered: bool,
    is_last: bool,
    result: &mut InsertManyResult,
    failures: &mut Failures,
) -> Result<()> {
    let engine = collection.database.enter()?;
    let mut txn = engine.begin_write().map_err(from_storage)?;
    if batch.documents.is_empty() {
        // The batches before were not waited for.
        let lsn = txn.commit();
        return engine.wait(lsn).map_err(from_storage);
    }
    let target = find_or_create(&mut txn, collection)?;
    let (mut start, mut stopped) = (0, false);
    for (offset, prepared) in batch.documents.iter().enumerate() {
        let index = batch.first + offset;
        let refused = match prepared {
            Err(error) => {
                failures.describe(index, error);
                true
            }
            Ok(prepared) => {
                let document = &batch.bytes[start..prepared.end];
                start = prepared.end;
                match insert_prepared(&mut txn, &target, prepared, document)? {
                    None => {
                        result
                            .inserted_ids
                            .push((index, Value::from_raw(prepared.id.as_raw())?));
                        false
                    }
                    Some(error) => {
                        failures.describe(index, &error);
                        true
                    }
                }
            }
        };
        stopped = refused && ordered;
        if stopped {
            break;
        }
    }
    let lsn = txn.commit();
    if is_last || stopped {
        engine.wait(lsn)
    } else {
        engine.pace(lsn)
    }
    .map_err(from_storage)
}

/// Inserts one document; gives the reason if it alone was refused.
fn insert_prepared(
    txn: &mut WriteTxn<'_>,
    target: &storage::catalog::Collection,
    prepared: &Prepared,
    document: &[u8],
) -> Result<Option<Error>> {
    match txn.insert(target, &prepared.key, document) {
        Ok(None) => Ok(None),
        Ok(Some(duplicate)) => Ok(Some(refusal(txn, target, &duplicate, document))),
        // A document that an index cannot hold is refused before anything has changed.
        Err(error) if error.kind() == storage::ErrorKind::Derive => Ok(Some(from_storage(error))),
        Err(error) => Err(from_storage(error)),
    }
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
        for key in ["keyPattern", "keyValue"] {
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
