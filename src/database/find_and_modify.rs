//! Changing or deleting one document and giving it back, as it was or as it is now: MongoDB's findAndModify
//! ([manual](https://www.mongodb.com/docs/manual/reference/command/findAndModify/)).
//!
//! Everything happens under the commit lock, the projection too: what fails changes nothing.

use super::change::{self, Wait};
use super::collection::Collection;
use super::errors::from_storage;
use super::interrupt::Interrupt;
use super::metadata;
use super::options::{FindOneAndDeleteOptions, FindOneAndUpdateOptions, ReturnDocument};
use super::select::Selection;
use super::update::OneUpdate;
use crate::bson::{RawDoc, Value};
use crate::error::{Code, Error, Result};
use crate::query::{Context, Projection};
use crate::update::Update;

/// What a findAndModify did.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FindAndModifyResult {
    /// The document asked for, as BSON: none if there was none, or none before an upsert.
    pub document: Option<Vec<u8>>,
    /// Whether a document was there to be updated or deleted.
    pub found: bool,
    /// The `_id` of the document that was inserted because none was there.
    pub upserted_id: Option<Value>,
}

pub fn update(
    collection: &Collection,
    filter: &[u8],
    update: &[u8],
    options: &FindOneAndUpdateOptions,
) -> Result<FindAndModifyResult> {
    let interrupt = Interrupt::new(&collection.database, &options.update.write.common)?;
    let context = collection.context(&options.update.language, &interrupt)?;
    let update = options.update.compile(update, &context)?;
    modify(collection, filter, &update, options, &context, &interrupt)
}

pub fn replace(
    collection: &Collection,
    filter: &[u8],
    replacement: &[u8],
    options: &FindOneAndUpdateOptions,
) -> Result<FindAndModifyResult> {
    let interrupt = Interrupt::new(&collection.database, &options.update.write.common)?;
    let update = options.update.replacement(replacement)?;
    let context = collection.context(&options.update.language, &interrupt)?;
    modify(collection, filter, &update, options, &context, &interrupt)
}

fn modify(
    collection: &Collection,
    filter: &[u8],
    update: &Update,
    options: &FindOneAndUpdateOptions,
    context: &Context,
    interrupt: &Interrupt,
) -> Result<FindAndModifyResult> {
    let selection = options.update.selection(filter, context)?;
    let projection = selection.projection(options.projection.as_deref(), context)?;
    let is_positional = projection.as_ref().is_some_and(Projection::is_positional);
    if is_positional && options.return_document == ReturnDocument::After {
        let message = "cannot use a positional projection and return the new document.";
        return Err(Error::query(Code::BAD_VALUE, message));
    }
    let mut document = None;
    let one = OneUpdate {
        collection,
        selection: &selection,
        interrupt,
        update,
        upsert: options.update.upsert,
        write: &options.update.write,
        wait: Wait::ForCommit,
    };
    let (result, _) = one.run(&mut |before, after| {
        let wanted = match options.return_document {
            ReturnDocument::Before => before,
            ReturnDocument::After => Some(after),
        };
        document = match wanted {
            Some(wanted) => Some(project(projection.as_ref(), &selection, before, wanted)?),
            None => None,
        };
        Ok(())
    })?;
    Ok(FindAndModifyResult {
        document,
        found: result.matched_count > 0,
        upserted_id: result.upserted_id,
    })
}

pub fn delete(
    collection: &Collection,
    filter: &[u8],
    options: &FindOneAndDeleteOptions,
) -> Result<FindAndModifyResult> {
    let interrupt = Interrupt::new(&collection.database, &options.write.common)?;
    let context = collection.context(&options.language, &interrupt)?;
    let selection = Selection::compile(
        filter,
        options.sort.as_deref(),
        options.hint.as_ref(),
        &context,
    )?;
    let projection = selection.projection(options.projection.as_deref(), &context)?;
    let mut document = None;
    change::one(
        collection,
        &selection,
        &interrupt,
        &options.write,
        Wait::ForCommit,
        &mut |txn, target, key, found| {
            let found = RawDoc::trusted(found);
            document = Some(project(
                projection.as_ref(),
                &selection,
                Some(found),
                found,
            )?);
            txn.delete(target, key).map(drop).map_err(from_storage)
        },
        &mut |_| Ok(()),
    )?;
    Ok(FindAndModifyResult {
        found: document.is_some(),
        document,
        upserted_id: None,
    })
}

fn project(
    projection: Option<&Projection>,
    selection: &Selection,
    before: Option<RawDoc<'_>>,
    document: RawDoc<'_>,
) -> Result<Vec<u8>> {
    let Some(projection) = projection else {
        return Ok(document.as_bytes().to_vec());
    };
    let mut out = Vec::new();
    metadata::project_sorted(projection, selection, before, document, &mut out)?;
    Ok(out)
}
