//! A collection as Rust sees it: a name in a database. What each operation does is in the file of its name.

use std::sync::Arc;

use super::cursor::Cursor;
use super::durability;
use super::errors::from_storage;
use super::interrupt::Interrupt;
use super::options::{
    self, BulkWriteOptions, Common, CountOptions, DeleteOptions, DistinctOptions,
    FindOneAndDeleteOptions, FindOneAndUpdateOptions, FindOptions, InsertManyOptions,
    UpdateOptions, Verbosity, WriteOptions,
};
use super::scope::Scope;
use super::{
    BulkWriteResult, FindAndModifyResult, InsertManyResult, UpdateResult, bulk_write, capped,
    delete, distinct, explain, find, find_and_modify, indexes, insert, listing, names, update,
};
use crate::bson::{RawDoc, Value};
use crate::error::Result;

/// A handle on a collection. Cheap to clone, safe to share between threads.
///
/// Documents, filters and the like are BSON that came from the JSON parser, from [`Builder`](crate::bson::Builder) or through
/// [`validate`](crate::bson::validate()): they are not checked again.
#[derive(Clone)]
pub struct Collection {
    pub(super) database: Scope,
    pub(super) name: Arc<str>,
}

impl Collection {
    pub(super) fn new(database: Scope, name: &str) -> Collection {
        Collection {
            database,
            name: name.into(),
        }
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Adds a document, with an ObjectId as `_id` if it has none. Gives its `_id`.
    pub fn insert_one(&self, document: &[u8], options: &WriteOptions) -> Result<Value> {
        self.database.settle(insert::one(self, document, options))
    }

    /// Adds documents that `next` appends to the buffer given, one a call, until it returns false. They are committed many
    /// at a time; when the call returns all are durable.
    ///
    /// With `ordered` the first that cannot be added ends the operation; else the others are still added. Those that could not
    /// be are in the error's details: `writeErrors` (`index`, `code`, `errmsg`, `keyPattern`, `keyValue`) and `result`.
    pub fn insert_many(
        &self,
        next: &mut dyn FnMut(&mut Vec<u8>) -> Result<bool>,
        options: &InsertManyOptions,
    ) -> Result<InsertManyResult> {
        self.database.settle(insert::many(self, next, options))
    }

    /// The documents that `filter` selects. Reads nothing before the first `Cursor::next`, but sees the database as of now.
    pub fn find(&self, filter: &[u8], options: FindOptions) -> Result<Cursor> {
        self.database.settle(find::many(self, filter, &options))
    }

    /// Gives the first document that `filter` selects to `visit`, straight from its page if there is no projection.
    pub fn find_one_with<R>(
        &self,
        filter: &[u8],
        options: &FindOptions,
        visit: &mut dyn FnMut(RawDoc<'_>) -> R,
    ) -> Result<Option<R>> {
        self.database
            .settle(find::one_with(self, filter, options, visit))
    }

    /// How many documents `filter` selects.
    pub fn count_documents(&self, filter: &[u8], options: &CountOptions) -> Result<i64> {
        self.database.settle(find::count(self, filter, options))
    }

    /// The distinct values of a field among the documents that `filter` selects, as a BSON array. Of an array each element
    /// counts.
    ///
    /// Errors: 17217 if the array would be larger than a document may be.
    pub fn distinct(
        &self,
        field: &str,
        filter: &[u8],
        options: &DistinctOptions,
    ) -> Result<Vec<u8>> {
        self.database
            .settle(distinct::distinct(self, field, filter, options))
    }

    /// How many documents there are. Looks at none, and is exact nevertheless.
    pub fn estimated_document_count(&self, options: &Common) -> Result<i64> {
        self.database.settle(find::estimated_count(self, options))
    }

    /// Changes the first document that `filter` selects.
    pub fn update_one(
        &self,
        filter: &[u8],
        update: &[u8],
        options: &UpdateOptions,
    ) -> Result<UpdateResult> {
        self.database
            .settle(update::update_one(self, filter, update, options))
    }

    /// Changes every document that `filter` selects. Each document changes as a whole; the operation does not, as in MongoDB.
    pub fn update_many(
        &self,
        filter: &[u8],
        update: &[u8],
        options: &UpdateOptions,
    ) -> Result<UpdateResult> {
        self.database
            .settle(update::update_many(self, filter, update, options))
    }

    /// Replaces all but the `_id` of the first document that `filter` selects.
    pub fn replace_one(
        &self,
        filter: &[u8],
        replacement: &[u8],
        options: &UpdateOptions,
    ) -> Result<UpdateResult> {
        self.database
            .settle(update::replace_one(self, filter, replacement, options))
    }

    /// Changes the first document that `filter` selects, and gives it as it was or as it is now.
    pub fn find_one_and_update(
        &self,
        filter: &[u8],
        update: &[u8],
        options: &FindOneAndUpdateOptions,
    ) -> Result<FindAndModifyResult> {
        self.database
            .settle(find_and_modify::update(self, filter, update, options))
    }

    /// Replaces all but the `_id` of the first document that `filter` selects, and gives it as it was or as it is now.
    pub fn find_one_and_replace(
        &self,
        filter: &[u8],
        replacement: &[u8],
        options: &FindOneAndUpdateOptions,
    ) -> Result<FindAndModifyResult> {
        self.database
            .settle(find_and_modify::replace(self, filter, replacement, options))
    }

    /// Removes the first document that `filter` selects, and gives it.
    pub fn find_one_and_delete(
        &self,
        filter: &[u8],
        options: &FindOneAndDeleteOptions,
    ) -> Result<FindAndModifyResult> {
        self.database
            .settle(find_and_modify::delete(self, filter, options))
    }

    /// Makes many writes of different kinds, in order. `next` appends their models to the buffer given, one a call
    /// (`{updateOne: {filter, update}}`, see [`options::WriteModel`](super::options::WriteModel)), until it returns false.
    /// When the call returns all are durable.
    ///
    /// With `ordered` the first write that is refused ends the operation; else the others are still made. Those refused are in
    /// the error's details: `writeErrors` (`index`, `code`, `errmsg`, `keyPattern`, `keyValue`), and in `result` what was done.
    pub fn bulk_write(
        &self,
        next: &mut dyn FnMut(&mut Vec<u8>) -> Result<bool>,
        options: &BulkWriteOptions,
    ) -> Result<BulkWriteResult> {
        self.database
            .settle(bulk_write::bulk_write(self, next, options))
    }

    /// Removes the first document that `filter` selects. Gives how many were removed.
    pub fn delete_one(&self, filter: &[u8], options: &DeleteOptions) -> Result<u64> {
        self.database.settle(delete::one(self, filter, options))
    }

    /// Removes every document that `filter` selects. Gives how many were removed.
    pub fn delete_many(&self, filter: &[u8], options: &DeleteOptions) -> Result<u64> {
        self.database.settle(delete::many(self, filter, options))
    }

    /// Removes the collection, its documents and indexes. One that does not exist is fine, as in MongoDB 7 and later.
    pub fn drop(&self) -> Result<()> {
        self.database.settle(listing::drop_collection(self))
    }

    /// Makes the indexes that are not there yet; all or none. Gives their names.
    pub fn create_indexes(&self, specs: RawDoc<'_>, options: &WriteOptions) -> Result<Vec<String>> {
        self.database.settle(indexes::create(self, specs, options))
    }

    /// Removes an index by name; `"*"` removes all but that on `_id`.
    pub fn drop_index(&self, name: &str) -> Result<()> {
        self.database.settle(indexes::drop_index(self, name))
    }

    /// The indexes' specifications, as a BSON array.
    pub fn list_indexes(&self) -> Result<Vec<u8>> {
        self.database.settle(indexes::list(self))
    }

    /// How `{find|count|update|delete|..: .., filter, ..}` would be carried out, in MongoDB's form.
    pub fn explain(&self, command: RawDoc<'_>, verbosity: Verbosity) -> Result<Vec<u8>> {
        self.database
            .settle(explain::explain(self, command, verbosity))
    }
}

/// Makes a collection.
pub(super) fn create(scope: &Scope, name: &str, options: RawDoc<'_>) -> Result<()> {
    let engine = scope.enter()?;
    names::check_collection(name)?;
    let options = options::CreateOptions::from_bson(options)?;
    let interrupt = Interrupt::new(scope, &options.write.common)?;
    let mut txn = engine.begin_write_until(&interrupt)?;
    let bytes = options.to_bytes();
    if let Some(there) = txn.collection(name) {
        if there.options.bytes() == bytes {
            return Ok(());
        }
        return Err(listing::other_options(&there)?);
    }
    let made = txn.create_collection(name, &bytes).map_err(from_storage)?;
    if !options.is_clustered() {
        let collation = options.collation.as_ref();
        capped::add_id_index(&mut txn, &made, collation).map_err(from_storage)?;
    }
    durability::wait(&engine, txn.commit(), &options.write)
}
