//! The raw face: BSON in and out, for programs that have BSON of their own and want no JSON between.
//!
//! What comes in is validated and brought to the form that is stored, as everything from outside is;
//! what goes out is the stored bytes.

use std::ffi::c_char;
use std::ptr::null;

use super::arguments::in_parameter;
use super::collection::{OpenCollection, ironbase_collection_t};
use super::cursor::{Reading, exclusive, ironbase_cursor_t};
use super::database::{clear_handle, ironbase_db_t};
use super::error::ironbase_error_t;
use super::guard::{guard, writing};
use super::handle::{self, borrow};
use super::output::Output;
use super::scratch::Scratch;
use super::status::ironbase_status_t;
use super::transaction::ironbase_txn_t;
use crate::bson::{Builder, RawDoc, canonicalize};
use crate::database::options::{FindOptions, InsertManyOptions, WriteOptions};
use crate::error::{Error, Result, Status};

/// Frees BSON that a function of this library returned through an `out` parameter.
///
/// @param bson May be NULL.
/// @ingroup bson
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ironbase_bson_free(bson: *mut u8) {
    // SAFETY: it is allocated with malloc, and the caller keeps the header's conventions.
    unsafe { libc::free(bson.cast()) };
}

/// ironbase_collection_insert_one() without JSON.
///
/// @param collection The collection.
/// @param document BSON document.
/// @param document_len Its length in bytes.
/// @param options BSON document; `(NULL, 0)` for none.
/// @param options_len Its length in bytes.
/// @param[out] out BSON document `{"insertedId": ..}`; free it with ironbase_bson_free(). May be NULL.
/// @param[out] out_len Its length in bytes; may be NULL.
/// @param[out] err See @ref conventions.
/// @return As ironbase_collection_insert_one().
/// @ingroup bson
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ironbase_collection_insert_one_bson(
    collection: *mut ironbase_collection_t,
    document: *const u8,
    document_len: usize,
    options: *const u8,
    options_len: usize,
    out: *mut *mut u8,
    out_len: *mut usize,
    err: *mut *mut ironbase_error_t,
) -> ironbase_status_t {
    // SAFETY: the caller keeps the header's conventions.
    unsafe {
        guard(err, || {
            let out = Output::cleared(out.cast(), out_len);
            let collection = borrow("collection", collection)?;
            let document = required("document", document, document_len)?;
            let options = self::options(options, options_len, |options| {
                WriteOptions::from_bson("insert", options)
            })?;
            let id = collection.writing(|collection| collection.insert_one(&document, &options))?;
            if out.is_wanted() {
                let mut result = Scratch::take();
                Builder::new(&mut result).append_value("insertedId", &id);
                out.set(&result)?;
            }
            Ok(Status::Ok)
        })
    }
}

/// ironbase_collection_insert_many() without JSON.
///
/// @param collection The collection.
/// @param documents BSON documents, one after another.
/// @param documents_len Their length in bytes.
/// @param options BSON document; `(NULL, 0)` for the defaults.
/// @param options_len Its length in bytes.
/// @param[out] inserted The number of documents inserted; may be NULL.
/// @param[out] err See @ref conventions. Its details are those of ironbase_collection_insert_many():
///             `writeErrors`, and in `result` the `insertedCount`.
/// @return As ironbase_collection_insert_many(); #IRONBASE_ERROR_JSON for a malformed document, behind
///         which nothing is read.
/// @ingroup bson
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ironbase_collection_insert_many_bson(
    collection: *mut ironbase_collection_t,
    documents: *const u8,
    documents_len: usize,
    options: *const u8,
    options_len: usize,
    inserted: *mut u64,
    err: *mut *mut ironbase_error_t,
) -> ironbase_status_t {
    // SAFETY: the caller keeps the header's conventions.
    unsafe {
        guard(err, || {
            if !inserted.is_null() {
                inserted.write(0);
            }
            let collection = borrow("collection", collection)?;
            let mut rest = bytes("documents", documents, documents_len)?
                .ok_or_else(|| Error::argument("documents is NULL"))?;
            let options = self::options(options, options_len, InsertManyOptions::from_bson)?;
            let mut index = 0;
            let mut next = |document: &mut Vec<u8>| {
                if rest.is_empty() {
                    return Ok(false);
                }
                let (first, others) = split_first(rest);
                in_parameter("documents", canonicalize(first, document))
                    .map_err(|error| error.with_detail("index", index))?;
                rest = others;
                index += 1;
                Ok(true)
            };
            let result =
                collection.writing(|collection| collection.insert_many(&mut next, &options))?;
            if !inserted.is_null() {
                inserted.write(result.inserted_ids.len() as u64);
            }
            Ok(Status::Ok)
        })
    }
}

/// ironbase_collection_find() without JSON. The cursor is one like any other.
///
/// @param collection The collection.
/// @param filter BSON document; `(NULL, 0)` for all documents.
/// @param filter_len Its length in bytes.
/// @param options BSON document; `(NULL, 0)` for the defaults.
/// @param options_len Its length in bytes.
/// @param[out] out The cursor; free it with ironbase_cursor_free().
/// @param[out] err See @ref conventions.
/// @return As ironbase_collection_find().
/// @ingroup bson
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ironbase_collection_find_bson(
    collection: *mut ironbase_collection_t,
    filter: *const u8,
    filter_len: usize,
    options: *const u8,
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
            let filter = optional("filter", filter, filter_len)?;
            let options = self::options(options, options_len, FindOptions::from_bson)?;
            let batch_size = options.batch_size;
            let cursor = collection.find(&filter, options)?;
            out.write(handle::create(Reading::new(cursor, *mode, batch_size)));
            Ok(Status::Ok)
        })
    }
}

/// ironbase_collection_find_one() without JSON.
///
/// @param collection The collection.
/// @param filter BSON document; `(NULL, 0)` for any document.
/// @param filter_len Its length in bytes.
/// @param options BSON document; `(NULL, 0)` for the defaults.
/// @param options_len Its length in bytes.
/// @param[out] out The document, NULL if there is none; free it with ironbase_bson_free().
/// @param[out] out_len Its length in bytes; may be NULL.
/// @param[out] err See @ref conventions.
/// @return As ironbase_collection_find_one().
/// @ingroup bson
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ironbase_collection_find_one_bson(
    collection: *mut ironbase_collection_t,
    filter: *const u8,
    filter_len: usize,
    options: *const u8,
    options_len: usize,
    out: *mut *mut u8,
    out_len: *mut usize,
    err: *mut *mut ironbase_error_t,
) -> ironbase_status_t {
    // SAFETY: the caller keeps the header's conventions.
    unsafe {
        guard(err, || {
            let out = Output::cleared(out.cast(), out_len).required()?;
            let collection = &borrow("collection", collection)?.collection;
            let filter = optional("filter", filter, filter_len)?;
            let options = self::options(options, options_len, FindOptions::from_bson)?;
            let found = collection.find_one_with(&filter, &options, &mut |document| {
                out.set(document.as_bytes())
            })?;
            match found {
                None => Ok(Status::Done),
                Some(set) => set.map(|()| Status::Ok),
            }
        })
    }
}

/// Moves to the next document, which is lent as it is stored: no copy, no JSON. May be mixed with the
/// other functions of a cursor.
///
/// @param cursor The cursor.
/// @param[out] document The document as BSON, borrowed until the next call with this cursor; NULL at the end.
/// @param[out] document_len Its length in bytes; may be NULL.
/// @param[out] err See @ref conventions.
/// @return As ironbase_cursor_next().
/// @ingroup bson
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ironbase_cursor_next_bson(
    cursor: *mut ironbase_cursor_t,
    document: *mut *const u8,
    document_len: *mut usize,
    err: *mut *mut ironbase_error_t,
) -> ironbase_status_t {
    // SAFETY: the caller keeps the header's conventions.
    unsafe {
        guard(err, || {
            if !document_len.is_null() {
                document_len.write(0);
            }
            if document.is_null() {
                return Err(Error::argument("document is NULL"));
            }
            document.write(null());
            let mut reading = exclusive(borrow("cursor", cursor)?)?;
            let Some(found) = reading.next_bson()? else {
                return Ok(reading.end());
            };
            document.write(found.as_ptr());
            if !document_len.is_null() {
                document_len.write(found.len());
            }
            Ok(Status::Ok)
        })
    }
}

/// ironbase_db_run_command() without JSON: whatever the library can do, for programs that speak BSON.
///
/// @param db The database.
/// @param txn The transaction that the command works in; NULL for none.
/// @param command BSON document.
/// @param command_len Its length in bytes.
/// @param[out] out The reply; free it with ironbase_bson_free(). May be NULL.
/// @param[out] out_len Its length in bytes; may be NULL.
/// @param[out] err See @ref conventions.
/// @return As ironbase_db_run_command().
/// @ingroup bson
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ironbase_db_run_command_bson(
    db: *mut ironbase_db_t,
    txn: *mut ironbase_txn_t,
    command: *const u8,
    command_len: usize,
    out: *mut *mut u8,
    out_len: *mut usize,
    err: *mut *mut ironbase_error_t,
) -> ironbase_status_t {
    // SAFETY: the caller keeps the header's conventions.
    unsafe {
        guard(err, || {
            let out = Output::cleared(out.cast(), out_len);
            let database = borrow("db", db)?;
            let txn = match txn.is_null() {
                true => None,
                false => Some(&borrow("txn", txn)?.transaction),
            };
            let command = required("command", command, command_len)?;
            let reply = writing(database, || {
                database.commands.run_in(txn, RawDoc::trusted(&command))
            })?;
            out.set(&reply)?;
            Ok(Status::Ok)
        })
    }
}

/// The bytes of BSON; `None` for `(NULL, 0)`.
///
/// # Safety
/// As for `arguments::optional_text`.
unsafe fn bytes<'a>(
    parameter: &str,
    pointer: *const u8,
    length: usize,
) -> Result<Option<&'a [u8]>> {
    if length == usize::MAX {
        return Err(Error::argument(format!(
            "{parameter} is BSON, which needs its length; found IRONBASE_NUL"
        )));
    }
    // SAFETY: as promised to this function.
    unsafe { super::arguments::optional_text(parameter, pointer.cast::<c_char>(), length) }
}

/// A document that must be given, in the form that is stored.
///
/// # Safety
/// As for `bytes`.
unsafe fn required(parameter: &str, pointer: *const u8, length: usize) -> Result<Scratch> {
    // SAFETY: as promised to this function.
    let Some(bytes) = (unsafe { bytes(parameter, pointer, length)? }) else {
        return Err(Error::argument(format!("{parameter} is NULL")));
    };
    let mut document = Scratch::take();
    in_parameter(parameter, canonicalize(bytes, &mut document))?;
    Ok(document)
}

/// A document in the form that is stored; `{}` if none is given.
///
/// # Safety
/// As for `bytes`.
unsafe fn optional(parameter: &str, pointer: *const u8, length: usize) -> Result<Scratch> {
    if pointer.is_null() && length == 0 {
        let mut document = Scratch::take();
        Builder::new(&mut document).finish();
        return Ok(document);
    }
    // SAFETY: as promised to this function.
    unsafe { required(parameter, pointer, length) }
}

/// The parameter `options`, read by `parse`; the defaults if none are given.
///
/// # Safety
/// As for `bytes`.
unsafe fn options<T: Default>(
    pointer: *const u8,
    length: usize,
    parse: impl FnOnce(RawDoc) -> Result<T>,
) -> Result<T> {
    if pointer.is_null() && length == 0 {
        return Ok(T::default());
    }
    // SAFETY: as promised to this function.
    parse(RawDoc::trusted(&unsafe {
        required("options", pointer, length)?
    }))
}

/// The first of several documents, by the length that it says it has, and the others. All of the bytes if
/// they have no such length: validation says what is wrong with them.
fn split_first(documents: &[u8]) -> (&[u8], &[u8]) {
    let length = documents
        .first_chunk()
        .map(|length| i32::from_le_bytes(*length));
    let length = length.and_then(|length| usize::try_from(length).ok());
    match length {
        Some(length) if length > 0 && length <= documents.len() => documents.split_at(length),
        _ => (documents, &[]),
    }
}
