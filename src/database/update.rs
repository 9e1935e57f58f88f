//! Updating and replacing documents, and inserting when none is there to be updated.

use std::cell::RefCell;

use super::change::{self, Wait};
use super::collection::Collection;
use super::errors::from_storage;
use super::insert::{find_or_create, refusal, store};
use super::interrupt::Interrupt;
use super::options::{UpdateOptions, WriteOptions};
use super::select::Selection;
use super::validation;
use crate::aggregate::expr::check_user_variable;
use crate::bson::{RawDoc, RawValue, Value};
use crate::error::{Code, Error, Result};
use crate::index::key;
use crate::query::Context;
use crate::storage::catalog;
use crate::storage::engine::WriteTxn;
use crate::storage::page::Lsn;
use crate::update::{Update, is_pipeline};

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
    let context = collection.context(&options.language, &interrupt)?;
    let update = options.compile(update, &context)?;
    first(collection, filter, &update, options, &context, &interrupt)
}

pub fn replace_one(
    collection: &Collection,
    filter: &[u8],
    replacement: &[u8],
    options: &UpdateOptions,
) -> Result<UpdateResult> {
    let interrupt = Interrupt::new(&collection.database, &options.write.common)?;
    let update = options.replacement(replacement)?;
    let context = collection.context(&options.language, &interrupt)?;
    first(collection, filter, &update, options, &context, &interrupt)
}

fn first(
    collection: &Collection,
    filter: &[u8],
    update: &Update,
    options: &UpdateOptions,
    context: &Context,
    interrupt: &Interrupt,
) -> Result<UpdateResult> {
    let one = OneUpdate {
        collection,
        selection: &options.selection(filter, context)?,
        interrupt,
        update,
        upsert: options.upsert,
        write: &options.write,
        wait: Wait::ForCommit,
    };
    let (result, _) = one.run(&mut |_, _| Ok(()))?;
    Ok(result)
}

pub fn update_many(
    collection: &Collection,
    filter: &[u8],
    update: &[u8],
    options: &UpdateOptions,
) -> Result<UpdateResult> {
    let interrupt = Interrupt::new(&collection.database, &options.write.common)?;
    all(collection, filter, update, options, &interrupt)
}

/// Updates every document selected.
pub fn all(
    collection: &Collection,
    filter: &[u8],
    update: &[u8],
    options: &UpdateOptions,
    interrupt: &Interrupt,
) -> Result<UpdateResult> {
    if options.sort.is_some() {
        let message = "Cannot specify sort with multi=true: update_many updates in no order";
        return Err(Error::query(Code::FAILED_TO_PARSE, message));
    }
    let context = collection.context(&options.language, interrupt)?;
    let one = OneUpdate {
        collection,
        selection: &options.selection(filter, &context)?,
        interrupt,
        update: &options.compile(update, &context)?,
        upsert: options.upsert,
        write: &options.write,
        wait: Wait::ForCommit,
    };
    let mut result = UpdateResult::default();
    change::many(
        collection,
        one.selection,
        interrupt,
        &options.write,
        &mut |txn, target, key, document| {
            let modified = one.edit(txn, target, key, document, &mut |_, _| Ok(()))?;
            result.matched_count += 1;
            result.modified_count += u64::from(modified);
            Ok(())
        },
    )?;
    if result.matched_count == 0 && options.upsert {
        // Looks once more, under the lock: another upsert may have been quicker.
        return Ok(one.run(&mut |_, _| Ok(()))?.0);
    }
    Ok(result)
}

impl UpdateOptions {
    /// What the operation selects.
    pub fn selection(&self, filter: &[u8], context: &Context) -> Result<Selection> {
        Selection::compile(filter, self.sort.as_deref(), self.hint.as_ref(), context)
    }

    /// The update of operators.
    pub fn compile(&self, update: &[u8], context: &Context) -> Result<Update> {
        let update = RawDoc::trusted(update);
        let array_filters = self.array_filters.as_deref().map(RawDoc::trusted);
        let Some(constants) = &self.constants else {
            return Update::compile(update, array_filters, context);
        };
        if !is_pipeline(update) {
            return Err(constants_without_pipeline());
        }
        // Only the pipeline sees them, not the filter.
        let mut context = context.clone();
        for (name, value) in RawDoc::trusted(constants).iter() {
            check_user_variable(name.as_str())?;
            context.set_variable(name.as_str(), Some(value));
        }
        Update::compile(update, array_filters, &context)
    }

    /// The replacement.
    pub fn replacement(&self, replacement: &[u8]) -> Result<Update> {
        if self.array_filters.is_some() {
            let message = "arrayFilters may not be specified for a replacement";
            return Err(Error::query(Code::FAILED_TO_PARSE, message));
        }
        if self.constants.is_some() {
            return Err(constants_without_pipeline());
        }
        Update::replacement(RawDoc::trusted(replacement))
    }
}

fn constants_without_pipeline() -> Error {
    let message = "Constant values may only be specified for pipeline updates";
    Error::query(Code(51198), message)
}

/// An update of one document, ready to be made.
pub struct OneUpdate<'o> {
    pub collection: &'o Collection,
    pub selection: &'o Selection,
    pub interrupt: &'o Interrupt,
    pub update: &'o Update,
    pub upsert: bool,
    pub write: &'o WriteOptions,
    pub wait: Wait,
}

/// What is shown the document as it was, if there was one, and as it will be. Its error undoes the update.
pub type Seen<'s> = dyn FnMut(Option<RawDoc<'_>>, RawDoc<'_>) -> Result<()> + 's;

impl OneUpdate<'_> {
    /// Updates the first document selected, or inserts one. Gives the commit too.
    pub fn run(&self, seen: &mut Seen<'_>) -> Result<(UpdateResult, Lsn)> {
        let mut result = UpdateResult::default();
        let mut upserted = None;
        // Only one of the two is called.
        let seen = RefCell::new(seen);
        let lsn = change::one(
            self.collection,
            self.selection,
            self.interrupt,
            self.write,
            self.wait,
            &mut |txn, target, key, document| {
                let modified = self.edit(txn, target, key, document, &mut **seen.borrow_mut())?;
                result.matched_count = 1;
                result.modified_count = u64::from(modified);
                Ok(())
            },
            &mut |txn| {
                if self.upsert {
                    let document = self.update.new_document(&self.selection.filter)?;
                    // Before anything changes, so that its error leaves nothing behind.
                    (seen.borrow_mut())(None, RawDoc::trusted(&document))?;
                    upserted = Some(insert(txn, self.collection, &document, self.write)?);
                }
                Ok(())
            },
        )?;
        result.upserted_id = upserted;
        Ok((result, lsn))
    }

    /// Updates a document in its place. Whether it is different now.
    fn edit(
        &self,
        txn: &mut WriteTxn<'_>,
        target: &catalog::Collection,
        key: &[u8],
        document: &[u8],
        seen: &mut Seen<'_>,
    ) -> Result<bool> {
        let old = RawDoc::trusted(document);
        let mut new = Vec::with_capacity(document.len() + 64);
        let applied = self.update.apply(old, &self.selection.filter, &mut new)?;
        seen(Some(old), RawDoc::trusted(&new))?;
        if !applied.modified {
            return Ok(false);
        }
        validation::check_change(target, document, &new, self.write)?;
        match txn.put(target, key, &new).map_err(from_storage)? {
            None => Ok(true),
            Some(duplicate) => Err(refusal(txn, target, &duplicate, &new)),
        }
    }
}

/// Inserts the document of an upsert.
fn insert(
    txn: &mut WriteTxn<'_>,
    collection: &Collection,
    document: &[u8],
    options: &WriteOptions,
) -> Result<Value> {
    let id = RawDoc::trusted(document).get("_id");
    let id = id.unwrap_or(RawValue::Null);
    let target = find_or_create(txn, collection)?;
    let key = key::encode_id(id, None);
    match store(txn, &target, &key, document, options)? {
        None => Value::from_raw(id),
        Some(duplicate) => Err(refusal(txn, &target, &duplicate, document)),
    }
}
