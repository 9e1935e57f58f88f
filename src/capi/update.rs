//! Changing and deleting documents: update, replace, delete.

use std::ffi::c_char;

use super::arguments::{array, document, options, required_text};
use super::collection::{OpenCollection, ironbase_collection_t};
use super::error::ironbase_error_t;
use super::guard::guard;
use super::handle::borrow;
use super::output::Output;
use super::results;
use super::scratch::Scratch;
use super::status::ironbase_status_t;
use crate::database::options::{DeleteOptions, UpdateOptions};
use crate::database::{Collection, UpdateResult};
use crate::error::{Result, Status};

/// Updates the first document that matches a filter.
///
/// Options: `upsert` (false): insert a document made of filter and update if none matches;
/// `arrayFilters`: which elements each `$[identifier]` of the update stands for; `sort`: which
/// document is the first; `collation`; `hint` (an index's name or key pattern); `let`, and for
/// pipelines `constants` (variables: expressions, and plain values); `maxTimeMS`, `opId`; `comment`
/// (ignored).
///
/// @param collection The collection.
/// @param filter JSON document; `{}` for any document.
/// @param filter_len Bytes, or #IRONBASE_NUL.
/// @param update JSON document of update operators, e.g. `{"$set": {"age": 41}}`, or JSON array of
///               the stages of a pipeline, e.g. `[{"$set": {"sum": {"$add": ["$a", "$b"]}}}]`.
/// @param update_len Bytes, or #IRONBASE_NUL.
/// @param options JSON document; `(NULL, 0)` for the defaults.
/// @param options_len Bytes, or #IRONBASE_NUL.
/// @param[out] out JSON document `{"matchedCount": n, "modifiedCount": n, "upsertedCount": n}`,
///             with `"upsertedId"` if a document was inserted; free it with ironbase_string_free().
///             May be NULL.
/// @param[out] out_len Its length in bytes; may be NULL.
/// @param[out] err See @ref conventions.
/// @return #IRONBASE_OK, also if nothing matched; #IRONBASE_ERROR_QUERY for a bad filter or update,
///         or an update that a document does not allow; #IRONBASE_ERROR_DUPLICATE_KEY (11000);
///         those of writing (see @ref conventions).
/// @ingroup collection
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ironbase_collection_update_one(
    collection: *mut ironbase_collection_t,
    filter: *const c_char,
    filter_len: usize,
    update: *const c_char,
    update_len: usize,
    options: *const c_char,
    options_len: usize,
    out: *mut *mut c_char,
    out_len: *mut usize,
    err: *mut *mut ironbase_error_t,
) -> ironbase_status_t {
    // SAFETY: the caller keeps the header's conventions.
    unsafe {
        guard(err, || {
            let out = Output::cleared(out, out_len);
            let collection = borrow("collection", collection)?;
            let filter = document("filter", filter, filter_len)?;
            let update = update_document(update, update_len)?;
            let options = self::options(options, options_len, UpdateOptions::from_bson)?;
            change(collection, out, |collection| {
                collection.update_one(&filter, &update, &options)
            })
        })
    }
}

/// Updates every document that matches a filter. On an error, what was updated before stays.
///
/// Parameters, options, result and statuses: as ironbase_collection_update_one(); there is no `sort`.
///
/// @ingroup collection
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ironbase_collection_update_many(
    collection: *mut ironbase_collection_t,
    filter: *const c_char,
    filter_len: usize,
    update: *const c_char,
    update_len: usize,
    options: *const c_char,
    options_len: usize,
    out: *mut *mut c_char,
    out_len: *mut usize,
    err: *mut *mut ironbase_error_t,
) -> ironbase_status_t {
    // SAFETY: the caller keeps the header's conventions.
    unsafe {
        guard(err, || {
            let out = Output::cleared(out, out_len);
            let collection = borrow("collection", collection)?;
            let filter = document("filter", filter, filter_len)?;
            let update = update_document(update, update_len)?;
            let options = self::options(options, options_len, UpdateOptions::from_bson)?;
            change(collection, out, |collection| {
                collection.update_many(&filter, &update, &options)
            })
        })
    }
}

/// Replaces the first document that matches a filter by another, which keeps the `_id`.
///
/// Options, result and statuses: as ironbase_collection_update_one(); there are no `arrayFilters`.
///
/// @param collection The collection.
/// @param filter JSON document; `{}` for any document.
/// @param filter_len Bytes, or #IRONBASE_NUL.
/// @param replacement JSON document without update operators; an `_id` in it must be the present
///         one.
/// @param replacement_len Bytes, or #IRONBASE_NUL.
/// @param options JSON document; `(NULL, 0)` for the defaults.
/// @param options_len Bytes, or #IRONBASE_NUL.
/// @param[out] out As ironbase_collection_update_one(). May be NULL.
/// @param[out] out_len Its length in bytes; may be NULL.
/// @param[out] err See @ref conventions.
/// @return As ironbase_collection_update_one(); #IRONBASE_ERROR_QUERY (66, ImmutableField) for
///         another `_id`.
/// @ingroup collection
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ironbase_collection_replace_one(
    collection: *mut ironbase_collection_t,
    filter: *const c_char,
    filter_len: usize,
    replacement: *const c_char,
    replacement_len: usize,
    options: *const c_char,
    options_len: usize,
    out: *mut *mut c_char,
    out_len: *mut usize,
    err: *mut *mut ironbase_error_t,
) -> ironbase_status_t {
    // SAFETY: the caller keeps the header's conventions.
    unsafe {
        guard(err, || {
            let out = Output::cleared(out, out_len);
            let collection = borrow("collection", collection)?;
            let filter = document("filter", filter, filter_len)?;
            let replacement = document("replacement", replacement, replacement_len)?;
            let options = self::options(options, options_len, UpdateOptions::from_bson)?;
            change(collection, out, |collection| {
                collection.replace_one(&filter, &replacement, &options)
            })
        })
    }
}

/// Deletes the first document that matches a filter.
///
/// Options: `collation`, `hint` (an index's name or key pattern), `comment` (ignored).
///
/// @param collection The collection.
/// @param filter JSON document; `{}` for any document.
/// @param filter_len Bytes, or #IRONBASE_NUL.
/// @param options JSON document; `(NULL, 0)` for the defaults.
/// @param options_len Bytes, or #IRONBASE_NUL.
/// @param[out] out JSON document `{"deletedCount": n}`; free it with ironbase_string_free(). May be
///         NULL.
/// @param[out] out_len Its length in bytes; may be NULL.
/// @param[out] err See @ref conventions.
/// @return #IRONBASE_OK, also if nothing matched; #IRONBASE_ERROR_QUERY for a bad filter; those of
///         writing (see @ref conventions).
/// @ingroup collection
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ironbase_collection_delete_one(
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
            let out = Output::cleared(out, out_len);
            let collection = borrow("collection", collection)?;
            let filter = document("filter", filter, filter_len)?;
            let options = self::options(options, options_len, DeleteOptions::from_bson)?;
            delete(collection, out, |collection| {
                collection.delete_one(&filter, &options)
            })
        })
    }
}

/// Deletes every document that matches a filter. On an error, what was deleted before stays.
///
/// Parameters, options, result and statuses: as ironbase_collection_delete_one().
///
/// @ingroup collection
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ironbase_collection_delete_many(
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
            let out = Output::cleared(out, out_len);
            let collection = borrow("collection", collection)?;
            let filter = document("filter", filter, filter_len)?;
            let options = self::options(options, options_len, DeleteOptions::from_bson)?;
            delete(collection, out, |collection| {
                collection.delete_many(&filter, &options)
            })
        })
    }
}

/// The parameter `update`: a document of operators, or an array, a pipeline.
///
/// # Safety
/// As for `arguments::optional_text`.
pub(super) unsafe fn update_document(update: *const c_char, update_len: usize) -> Result<Scratch> {
    // SAFETY: as promised to this function.
    unsafe {
        let text = required_text("update", update, update_len)?;
        if text.trim_ascii_start().starts_with(b"[") {
            return array("update", update, update_len);
        }
        document("update", update, update_len)
    }
}

fn change(
    collection: &OpenCollection,
    out: Output,
    write: impl FnOnce(&Collection) -> Result<UpdateResult>,
) -> Result<Status> {
    let result = collection.writing(write)?;
    if out.is_wanted() {
        let mut text = Scratch::take();
        results::update(&mut text, &result, collection.mode);
        out.set(&text)?;
    }
    Ok(Status::Ok)
}

fn delete(
    collection: &OpenCollection,
    out: Output,
    write: impl FnOnce(&Collection) -> Result<u64>,
) -> Result<Status> {
    let deleted = collection.writing(write)?;
    if out.is_wanted() {
        let mut text = Scratch::take();
        results::delete(&mut text, deleted);
        out.set(&text)?;
    }
    Ok(Status::Ok)
}
