//! Indexes of a collection.

use std::ffi::c_char;

use super::arguments::{array, name, options};
use super::collection::ironbase_collection_t;
use super::error::ironbase_error_t;
use super::guard::guard;
use super::handle::borrow;
use super::output::Output;
use super::results::array_text;
use super::status::ironbase_status_t;
use crate::bson::RawDoc;
use crate::database::options::WriteOptions;
use crate::error::Status;

/// Makes indexes, all or none, and the collection if it does not exist. An index that exists already is fine.
///
/// On a collection with more than 4 MiB of documents others go on reading and writing meanwhile; a unique index counts what
/// is there at the end. One such call works at a time, others wait for it. Whatever ends it early leaves nothing of the indexes.
///
/// Options: `comment`, which is ignored.
///
/// @param collection The collection.
/// @param specs JSON array of `{"key": {"age": 1}, "name": "age_1", "unique": false}`; 1 sorts up
///        and -1 down, the name may be left out.
/// @param specs_len Bytes, or #IRONBASE_NUL.
/// @param options JSON document; `(NULL, 0)` for none.
/// @param options_len Bytes, or #IRONBASE_NUL.
/// @param[out] out JSON array of the indexes' names, in the order of `specs`; free it with
///             ironbase_string_free(). May be NULL.
/// @param[out] out_len Its length in bytes; may be NULL.
/// @param[out] err See @ref conventions.
/// @return #IRONBASE_OK; #IRONBASE_ERROR_QUERY (67, CannotCreateIndex) for a bad specification,
///         (85, IndexOptionsConflict) or (86, IndexKeySpecsConflict) if another index has the key
///         or the name, (276, IndexBuildAborted) if the collection is dropped meanwhile;
///         #IRONBASE_ERROR_DUPLICATE_KEY (11000) if documents violate a unique index: the details name the key and
///         both `_id`s; those of writing (see @ref conventions).
/// @ingroup collection
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ironbase_collection_create_indexes(
    collection: *mut ironbase_collection_t,
    specs: *const c_char,
    specs_len: usize,
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
            let specs = array("specs", specs, specs_len)?;
            let options = self::options(options, options_len, |options| {
                WriteOptions::from_bson("createIndexes", options)
            })?;
            let names = collection.writing(|collection| {
                collection.create_indexes(RawDoc::trusted(&specs), &options)
            })?;
            if out.is_wanted() {
                out.set(serde_json::Value::from(names).to_string().as_bytes())?;
            }
            Ok(Status::Ok)
        })
    }
}

/// Deletes an index.
///
/// @param collection The collection.
/// @param name The index's name.
/// @param name_len Bytes, or #IRONBASE_NUL.
/// @param[out] err See @ref conventions.
/// @return #IRONBASE_OK; #IRONBASE_ERROR_NOT_FOUND (27, IndexNotFound); #IRONBASE_ERROR_QUERY (72,
///         InvalidOptions) for `_id_`; those of writing (see @ref conventions).
/// @ingroup collection
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ironbase_collection_drop_index(
    collection: *mut ironbase_collection_t,
    name: *const c_char,
    name_len: usize,
    err: *mut *mut ironbase_error_t,
) -> ironbase_status_t {
    // SAFETY: the caller keeps the header's conventions.
    unsafe {
        guard(err, || {
            let collection = borrow("collection", collection)?;
            let name = self::name("name", name, name_len)?;
            collection.writing(|collection| collection.drop_index(name))?;
            Ok(Status::Ok)
        })
    }
}

/// Lists the indexes.
///
/// @param collection The collection.
/// @param[out] out JSON array of the indexes' specifications, the one on `_id` first; free it with
///             ironbase_string_free().
/// @param[out] out_len Its length in bytes; may be NULL.
/// @param[out] err See @ref conventions.
/// @return #IRONBASE_OK; #IRONBASE_ERROR_NOT_FOUND (26, NamespaceNotFound) if the collection does
///         not exist.
/// @ingroup collection
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ironbase_collection_list_indexes(
    collection: *mut ironbase_collection_t,
    out: *mut *mut c_char,
    out_len: *mut usize,
    err: *mut *mut ironbase_error_t,
) -> ironbase_status_t {
    // SAFETY: the caller keeps the header's conventions.
    unsafe {
        guard(err, || {
            let out = Output::cleared(out, out_len).required()?;
            let collection = borrow("collection", collection)?;
            out.set(&array_text(
                &collection.collection.list_indexes()?,
                collection.mode,
            ))?;
            Ok(Status::Ok)
        })
    }
}
