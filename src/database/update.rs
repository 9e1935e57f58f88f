//! Updating and replacing documents, and inserting when none is there to be updated.

use super::change;
use super::collection::Collection;
use super::errors::from_storage;
use super::insert::{find_or_create, refusal, store};
use super::interrupt::Interrupt;
use super::options::{UpdateOptions, WriteOptions};
use super::select::Selection;
use super::validation;
use crate::bson::{RawDoc, Value, ensure_id_first};
use crate::error::Result;
use crate::index::key;
use crate::storage::catalog;
use crate::storage::engine::WriteTxn;
use crate::update::{Update, replacement};

/// What an update did.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct UpdateResult {
    /// Documents selected.
    pub matched_count: u64,
    /// Those that are different now.
    pub modified_count: u64,
    /// The `_id` of the document that was inserted because none was selected.
    pub upserted_id: Option<Value>,
}

pub fn update_one(
    collection: &Collection,
    filter: &[u8],
    update: &[u8],
    options: &UpdateOptions,
) -> Result<UpdateResult> {
    let interrupt = Interrupt::new(&collection.database, &options.write.common)?;
    let context = options.language.context()?;
    let selection = Selection::compile(filter, None, options.hint.as_ref(), &context)?;
    let update = Update::compile(RawDoc::trusted(update), &context)?;
    let mut edit = |old: RawDoc<'_>, out: &mut Vec<u8>| Ok(update.apply(old, out)?.modified);
    let mut insert = || update.new_document(&selection.filter);
    change_one(
        collection,
        &selection,
        &interrupt,
        &options.write,
        &mut edit,
        options.upsert.then_some(&mut insert),
    )
}

pub fn replace_one(
    collection: &Collection,
    filter: &[u8],
    replacement: &[u8],
    options: &UpdateOptions,
) -> Result<UpdateResult> {
    let interrupt = Interrupt::new(&collection.database, &options.write.common)?;
    let context = options.language.context()?;
    let selection = Selection::compile(filter, None, options.hint.as_ref(), &context)?;
    let replacement = RawDoc::trusted(replacement);
    replacement::check(replacement)?;
    let mut edit = |old: RawDoc<'_>, out: &mut Vec<u8>| {
        Ok(replacement::build(old, replacement, out)?.modified)
    };
    let mut insert = || replacement::new_document(&selection.filter, replacement);
    change_one(
        collection,
        &selection,
        &interrupt,
        &options.write,
        &mut edit,
        options.upsert.then_some(&mut insert),
    )
}

pub fn update_many(
    collection: &Collection,
    filter: &[u8],
    update: &[u8],
    options: &UpdateOptions,
) -> Result<UpdateResult> {
    let interrupt = Interrupt::new(&collection.database, &options.write.common)?;
    let context = options.language.context()?;
    let selection = Selection::compile(filter, None, options.hint.as_ref(), &context)?;
    let compiled = Update::compile(RawDoc::trusted(update), &context)?;
    let mut result = UpdateResult::default();
    let mut edit = |old: RawDoc<'_>, out: &mut Vec<u8>| Ok(compiled.apply(old, out)?.modified);
    change::many(
        collection,
        &selection,
        &interrupt,
        &options.write,
        &mut |txn, target, key, document| {
            result.matched_count += 1;
            result.modified_count += u64::from(edit_one(
                txn,
                target,
                key,
                document,
                &options.write,
                &mut edit,
            )?);
            Ok(())
        },
    )?;
    if result.matched_count == 0 && options.upsert {
        // Looks once more, under the lock: another upsert may have been quicker.
        return update_one(collection, filter, update, options);
    }
    Ok(result)
}

/// Writes the new form of a document; gives whether it differs.
type EditFn<'e> = dyn FnMut(RawDoc<'_>, &mut Vec<u8>) -> Result<bool> + 'e;
/// Makes the document to insert.
type InsertFn<'e> = dyn FnMut() -> Result<Vec<u8>> + 'e;

fn change_one(
    collection: &Collection,
    selection: &Selection,
    interrupt: &Interrupt,
    options: &WriteOptions,
    edit: &mut EditFn<'_>,
    insert: Option<&mut InsertFn<'_>>,
) -> Result<UpdateResult> {
    let mut result = UpdateResult::default();
    let mut upserted = None;
    change::one(
        collection,
        selection,
        interrupt,
        options,
        &mut |txn, target, key, document| {
            result.matched_count = 1;
            result.modified_count = u64::from(edit_one(txn, target, key, document, options, edit)?);
            Ok(())
        },
        &mut {
            let mut insert = insert;
            let upserted = &mut upserted;
            move |txn: &mut WriteTxn<'_>| {
                if let Some(insert) = &mut insert {
                    *upserted = Some(upsert(txn, collection, &insert()?, options)?);
                }
                Ok(())
            }
        },
    )?;
    result.upserted_id = upserted;
    Ok(result)
}

fn edit_one(
    txn: &mut WriteTxn<'_>,
    target: &catalog::Collection,
    key: &[u8],
    document: &[u8],
    options: &WriteOptions,
    edit: &mut EditFn<'_>,
) -> Result<bool> {
    let mut new = Vec::with_capacity(document.len() + 64);
    if !edit(RawDoc::trusted(document), &mut new)? {
        return Ok(false);
    }
    validation::check_change(target, document, &new, options)?;
    match txn.put(target, key, &new).map_err(from_storage)? {
        None => Ok(true),
        Some(duplicate) => Err(refusal(txn, target, &duplicate, &new)),
    }
}

fn upsert(
    txn: &mut WriteTxn<'_>,
    collection: &Collection,
    document: &[u8],
    options: &WriteOptions,
) -> Result<Value> {
    let mut bytes = Vec::with_capacity(document.len() + 17);
    let id = ensure_id_first(RawDoc::trusted(document), &mut bytes)?;
    let target = find_or_create(txn, collection)?;
    let key = key::encode_id(id.as_raw(), None);
    match store(txn, &target, &key, &bytes, options)? {
        None => Value::from_raw(id.as_raw()),
        Some(duplicate) => Err(refusal(txn, &target, &duplicate, &bytes)),
    }
}
