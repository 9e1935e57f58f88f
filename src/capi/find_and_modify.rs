//! Changing or deleting a document and giving it back.

use std::ffi::c_char;

use super::arguments::{document, options};
use super::collection::{OpenCollection, ironbase_collection_t};
use super::error::ironbase_error_t;
use super::guard::guard;
use super::handle::borrow;
use super::output::Output;
use super::results::document_text;
use super::status::ironbase_status_t;
use super::update::update_document;
use crate::database::options::{FindOneAndDeleteOptions, FindOneAndUpdateOptions};
use crate::database::{Collection, FindAndModifyResult};
use crate::error::{Result, Status};

/// Updates the first document that matches a filter, and returns it. Nobody sees or changes it in
/// between.
///
/// Options: those of ironbase_collection_update_one(); `projection`: which fields to return;
/// `returnDocument`: `"before"` (the default) or `"after"` the update.
///
/// @param collection The collection.
/// @param filter JSON document; `{}` for any document.
/// @param filter_len Bytes, or #IRONBASE_NUL.
/// @param update JSON document of update operators, e.g. `{"$inc": {"seq": 1}}`.
/// @param update_len Bytes, or #IRONBASE_NUL.
/// @param options JSON document; `(NULL, 0)` for the defaults.
/// @param options_len Bytes, or #IRONBASE_NUL.
/// @param[out] out The document as JSON, NULL if there is none; free it with
///         ironbase_string_free(). May be NULL.
/// @param[out] out_len Its length in bytes; may be NULL.
/// @param[out] err See @ref conventions.
/// @return #IRONBASE_OK; #IRONBASE_DONE if there is no document to return: none matched, or one was
///         inserted and `"before"` is asked for; otherwise as ironbase_collection_update_one().
/// @ingroup collection
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ironbase_collection_find_one_and_update(
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
            let options = self::options(options, options_len, FindOneAndUpdateOptions::from_bson)?;
            modify(collection, out, |collection| {
                collection.find_one_and_update(&filter, &update, &options)
            })
        })
    }
}

/// Replaces the first document that matches a filter by another, which keeps the `_id`, and returns
/// it.
///
/// Options, result and statuses: as ironbase_collection_find_one_and_update(); there are no
/// `arrayFilters`.
///
/// @param collection The collection.
/// @param filter JSON document; `{}` for any document.
/// @param filter_len Bytes, or #IRONBASE_NUL.
/// @param replacement JSON document without update operators; an `_id` in it must be the present
///         one.
/// @param replacement_len Bytes, or #IRONBASE_NUL.
/// @param options JSON document; `(NULL, 0)` for the defaults.
/// @param options_len Bytes, or #IRONBASE_NUL.
/// @param[out] out As ironbase_collection_find_one_and_update(). May be NULL.
/// @param[out] out_len Its length in bytes; may be NULL.
/// @param[out] err See @ref conventions.
/// @return As ironbase_collection_find_one_and_update().
/// @ingroup collection
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ironbase_collection_find_one_and_replace(
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
            let options = self::options(options, options_len, FindOneAndUpdateOptions::from_bson)?;
            modify(collection, out, |collection| {
                collection.find_one_and_replace(&filter, &replacement, &options)
            })
        })
    }
}

/// Deletes the first document that matches a filter, and returns it.
///
/// Options: `projection`: which fields to return; `sort`: which document is the first; `hint` (an
/// index's name or key pattern); `comment` (ignored).
///
/// @param collection The collection.
/// @param filter JSON document; `{}` for any document.
/// @param filter_len Bytes, or #IRONBASE_NUL.
/// @param options JSON document; `(NULL, 0)` for the defaults.
/// @param options_len Bytes, or #IRONBASE_NUL.
/// @param[out] out The document as JSON, NULL if there is none; free it with
///         ironbase_string_free(). May be NULL.
/// @param[out] out_len Its length in bytes; may be NULL.
/// @param[out] err See @ref conventions.
/// @return #IRONBASE_OK; #IRONBASE_DONE if no document matched; otherwise as
///         ironbase_collection_delete_one().
/// @ingroup collection
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ironbase_collection_find_one_and_delete(
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
            let options = self::options(options, options_len, FindOneAndDeleteOptions::from_bson)?;
            modify(collection, out, |collection| {
                collection.find_one_and_delete(&filter, &options)
            })
        })
    }
}

fn modify(
    collection: &OpenCollection,
    out: Output,
    write: impl FnOnce(&Collection) -> Result<FindAndModifyResult>,
) -> Result<Status> {
    let result = collection.writing(write)?;
    let Some(document) = result.document else {
        return Ok(Status::Done);
    };
    if out.is_wanted() {
        out.set(&document_text(&document, collection.mode))?;
    }
    Ok(Status::Ok)
}
