//! Reading documents: find, find_one, count, distinct.

use std::ffi::c_char;

use super::arguments::{document_or_empty, name, options};
use super::collection::{OpenCollection, ironbase_collection_t};
use super::cursor::{Reading, ironbase_cursor_t};
use super::database::clear_handle;
use super::error::ironbase_error_t;
use super::guard::guard;
use super::handle::{self, borrow};
use super::output::Output;
use super::scratch::Scratch;
use super::status::ironbase_status_t;
use crate::bson::{RawDoc, RawValue};
use crate::database::options::{Common, CountOptions, DistinctOptions, FindOptions};
use crate::error::{Error, Status};
use crate::json;

/// Starts reading the documents that match a filter. The cursor sees the database as it is now,
/// whatever is written later. No document is read before the first is asked for.
///
/// Options: `projection`, `sort`, `skip`, `limit` (0: no limit), `batchSize` (for
/// ironbase_cursor_next_batch() without limits of its own), `singleBatch` (only so many, or 101),
/// `collation` (`{"locale": "en", "strength": 2}`: how strings compare),
/// `hint` (an index's name or key pattern, or `{"$natural": 1}`), `min`, `max` (the keys of that
/// index to go through), `returnKey`, `showRecordId`,
/// `allowDiskUse` (false: a sort beyond 100 MiB fails); of capped
/// collections `tailable`, `awaitData` and `maxAwaitTimeMS` (1000), see ironbase_cursor_next();
/// `maxTimeMS`, `opId`; `comment`, `noCursorTimeout`, `readConcern`, `readPreference` (ignored).
///
/// @param collection The collection; one that does not exist is empty, unless opened with
///         `strictCollections`.
/// @param filter JSON document; `(NULL, 0)` for all documents.
/// @param filter_len Bytes, or #IRONBASE_NUL.
/// @param options JSON document; `(NULL, 0)` for the defaults.
/// @param options_len Bytes, or #IRONBASE_NUL.
/// @param[out] out The cursor; free it with ironbase_cursor_free().
/// @param[out] err See @ref conventions.
/// @return #IRONBASE_OK; #IRONBASE_ERROR_QUERY for a bad filter, projection, sort or hint;
///         #IRONBASE_ERROR_NOT_FOUND (26, NamespaceNotFound) under `strictCollections`.
/// @ingroup collection
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ironbase_collection_find(
    collection: *mut ironbase_collection_t,
    filter: *const c_char,
    filter_len: usize,
    options: *const c_char,
    options_len: usize,
    out: *mut *mut ironbase_cursor_t,
    err: *mut *mut ironbase_error_t,
) -> ironbase_status_t {
    // SAFETY: the caller keeps the header's conventions.
    unsafe {
        guard(err, || {
            clear_handle(out)?;
            let OpenCollection {
                collection, mode, ..
            } = borrow("collection", collection)?;
            let filter = document_or_empty("filter", filter, filter_len)?;
            let options = self::options(options, options_len, FindOptions::from_bson)?;
            let batch_size = options.batch_size;
            let cursor = collection.find(&filter, options)?;
            out.write(handle::create(Reading::new(cursor, *mode, batch_size)));
            Ok(Status::Ok)
        })
    }
}

/// Reads the first document that matches a filter.
///
/// Options: as for ironbase_collection_find().
///
/// @param collection The collection; one that does not exist is empty, unless opened with
///         `strictCollections`.
/// @param filter JSON document; `(NULL, 0)` for any document.
/// @param filter_len Bytes, or #IRONBASE_NUL.
/// @param options JSON document; `(NULL, 0)` for the defaults.
/// @param options_len Bytes, or #IRONBASE_NUL.
/// @param[out] out The document as JSON, NULL if there is none; free it with
///         ironbase_string_free().
/// @param[out] out_len Its length in bytes; may be NULL.
/// @param[out] err See @ref conventions.
/// @return #IRONBASE_OK; #IRONBASE_DONE if no document matches; otherwise as
///         ironbase_collection_find().
/// @ingroup collection
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ironbase_collection_find_one(
    collection: *mut ironbase_collection_t,
    filter: *const c_char,
    filter_len: usize,
    options: *const c_char,
    options_len: usize,
    out: *mut *mut c_char,
    out_len: *mut usize,
    err: *mut *mut ironbase_error_t,
) -> ironbase_status_t {
    // SAFETY: the caller keeps the header's conventions.
    unsafe {
        guard(err, || {
            let out = Output::cleared(out, out_len).required()?;
            let OpenCollection {
                collection, mode, ..
            } = borrow("collection", collection)?;
            let filter = document_or_empty("filter", filter, filter_len)?;
            let options = self::options(options, options_len, FindOptions::from_bson)?;
            let mut text = Scratch::take();
            let found = collection.find_one_with(&filter, &options, &mut |document| {
                json::write_document(&mut text, document, *mode);
            })?;
            if found.is_none() {
                return Ok(Status::Done);
            }
            out.set(&text)?;
            Ok(Status::Ok)
        })
    }
}

/// Counts the documents that match a filter.
///
/// Options: `skip`, `limit` (0: no limit), `collation`, `hint`, `let`; `maxTimeMS`, `opId`; `comment` (ignored).
///
/// @param collection The collection; one that does not exist is empty, unless opened with
///         `strictCollections`.
/// @param filter JSON document; `(NULL, 0)` for all documents.
/// @param filter_len Bytes, or #IRONBASE_NUL.
/// @param options JSON document; `(NULL, 0)` for the defaults.
/// @param options_len Bytes, or #IRONBASE_NUL.
/// @param[out] out The number of documents.
/// @param[out] err See @ref conventions.
/// @return #IRONBASE_OK; otherwise as ironbase_collection_find().
/// @ingroup collection
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ironbase_collection_count_documents(
    collection: *mut ironbase_collection_t,
    filter: *const c_char,
    filter_len: usize,
    options: *const c_char,
    options_len: usize,
    out: *mut i64,
    err: *mut *mut ironbase_error_t,
) -> ironbase_status_t {
    // SAFETY: the caller keeps the header's conventions.
    unsafe {
        guard(err, || {
            if out.is_null() {
                return Err(Error::argument("out is NULL"));
            }
            out.write(0);
            let collection = &borrow("collection", collection)?.collection;
            let filter = document_or_empty("filter", filter, filter_len)?;
            let options = self::options(options, options_len, CountOptions::from_bson)?;
            out.write(collection.count_documents(&filter, &options)?);
            Ok(Status::Ok)
        })
    }
}

/// Gives the number of documents in a collection without looking at any. It is exact.
///
/// Options: `maxTimeMS`, `opId`; `comment` (ignored).
///
/// @param collection The collection; one that does not exist is empty, unless opened with
///         `strictCollections`.
/// @param options JSON document; `(NULL, 0)` for the defaults.
/// @param options_len Bytes, or #IRONBASE_NUL.
/// @param[out] out The number of documents.
/// @param[out] err See @ref conventions.
/// @return #IRONBASE_OK; #IRONBASE_ERROR_QUERY (263, OperationNotSupportedInTransaction) in a
///         transaction; #IRONBASE_ERROR_NOT_FOUND (26, NamespaceNotFound) under `strictCollections`.
/// @ingroup collection
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ironbase_collection_estimated_document_count(
    collection: *mut ironbase_collection_t,
    options: *const c_char,
    options_len: usize,
    out: *mut i64,
    err: *mut *mut ironbase_error_t,
) -> ironbase_status_t {
    // SAFETY: the caller keeps the header's conventions.
    unsafe {
        guard(err, || {
            if out.is_null() {
                return Err(Error::argument("out is NULL"));
            }
            out.write(0);
            let collection = &borrow("collection", collection)?.collection;
            let options = self::options(options, options_len, |given| {
                Common::from_bson("count", given)
            })?;
            out.write(collection.estimated_document_count(&options)?);
            Ok(Status::Ok)
        })
    }
}

/// Gives the distinct values of a field among the documents that match a filter, as a JSON array in
/// the order in which they are met. Of an array each element counts.
///
/// Options: `collation`, `hint`, `let`; `maxTimeMS`, `opId`; `comment`, `readConcern`,
/// `readPreference` (ignored).
///
/// @param collection The collection; one that does not exist is empty, unless opened with
///         `strictCollections`.
/// @param field The field's name, a path as in `address.city`.
/// @param field_len Bytes, or #IRONBASE_NUL.
/// @param filter JSON document; `(NULL, 0)` for all documents.
/// @param filter_len Bytes, or #IRONBASE_NUL.
/// @param options JSON document; `(NULL, 0)` for the defaults.
/// @param options_len Bytes, or #IRONBASE_NUL.
/// @param[out] out The array; free it with ironbase_string_free().
/// @param[out] out_len Its length in bytes; may be NULL.
/// @param[out] err See @ref conventions.
/// @return #IRONBASE_OK; #IRONBASE_ERROR_QUERY for a field that is no path (40352, 40353, 16410),
///         or for more than 16 MiB of values (17217); otherwise as ironbase_collection_find().
/// @ingroup collection
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ironbase_collection_distinct(
    collection: *mut ironbase_collection_t,
    field: *const c_char,
    field_len: usize,
    filter: *const c_char,
    filter_len: usize,
    options: *const c_char,
    options_len: usize,
    out: *mut *mut c_char,
    out_len: *mut usize,
    err: *mut *mut ironbase_error_t,
) -> ironbase_status_t {
    // SAFETY: the caller keeps the header's conventions.
    unsafe {
        guard(err, || {
            let out = Output::cleared(out, out_len).required()?;
            let OpenCollection {
                collection, mode, ..
            } = borrow("collection", collection)?;
            let field = name("field", field, field_len)?;
            let filter = document_or_empty("filter", filter, filter_len)?;
            let options = self::options(options, options_len, DistinctOptions::from_bson)?;
            let values = collection.distinct(field, &filter, &options)?;
            let mut text = Scratch::take();
            let values = RawValue::Array(RawDoc::trusted(&values));
            json::write_value(&mut text, values, *mode);
            out.set(&text)?;
            Ok(Status::Ok)
        })
    }
}
