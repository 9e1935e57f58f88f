//! Inserting documents.

use std::ffi::c_char;

use super::arguments::{in_parameter, options, required_text};
use super::collection::ironbase_collection_t;
use super::error::ironbase_error_t;
use super::guard::guard;
use super::handle::borrow;
use super::output::Output;
use super::results;
use super::scratch::Scratch;
use super::status::ironbase_status_t;
use crate::bson::MAX_DOCUMENT_SIZE;
use crate::database::options::{InsertManyOptions, WriteOptions};
use crate::error::Status;
use crate::json;

/// Room for an `_id` that the database adds: type, key and ObjectId.
const ID_BYTES: usize = 17;

/// Inserts a document. One without `_id` gets an ObjectId.
///
/// Options: `bypassDocumentValidation` (false): the validator is not asked; `comment`, which is ignored.
///
/// @param collection The collection.
/// @param document JSON document.
/// @param document_len Bytes, or #IRONBASE_NUL.
/// @param options JSON document; `(NULL, 0)` for none.
/// @param options_len Bytes, or #IRONBASE_NUL.
/// @param[out] out JSON document `{"insertedId": ..}`; free it with ironbase_string_free(). May be
///         NULL.
/// @param[out] out_len Its length in bytes; may be NULL.
/// @param[out] err See @ref conventions.
/// @return #IRONBASE_OK; #IRONBASE_ERROR_DUPLICATE_KEY (11000); #IRONBASE_ERROR_QUERY for a
///         document that cannot be stored; those of writing (see @ref conventions).
/// @ingroup collection
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ironbase_collection_insert_one(
    collection: *mut ironbase_collection_t,
    document: *const c_char,
    document_len: usize,
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
            let text = required_text("document", document, document_len)?;
            // The database keeps these bytes, so they get a buffer of their own. BSON is about as
            // long as its text; a length that is not true must not ask for all of memory.
            let capacity = text.len().min(MAX_DOCUMENT_SIZE) + ID_BYTES;
            let mut document = Vec::with_capacity(capacity);
            in_parameter("document", json::parse_document(text, &mut document))?;
            let options = self::options(options, options_len, |options| {
                WriteOptions::from_bson("insert", options)
            })?;
            let id = collection.writing(|collection| collection.insert_one(&document, &options))?;
            if out.is_wanted() {
                let mut text = Scratch::take();
                results::insert_one(&mut text, &id, collection.mode);
                out.set(&text)?;
            }
            Ok(Status::Ok)
        })
    }
}

/// Inserts many documents, read from the text one by one.
///
/// Options: `ordered` (true): stop at the first document that cannot be inserted; false: insert all
/// others. `comment` is ignored.
///
/// @param collection The collection.
/// @param documents JSON: one array of documents, or documents one after another, such as one a
///         line.
/// @param documents_len Bytes, or #IRONBASE_NUL.
/// @param options JSON document; `(NULL, 0)` for the defaults.
/// @param options_len Bytes, or #IRONBASE_NUL.
/// @param[out] out JSON document `{"insertedIds": {"0": ..}, "insertedCount": n}`, the keys being
///             positions in `documents`; free it with ironbase_string_free(). May be NULL.
/// @param[out] out_len Its length in bytes; may be NULL.
/// @param[out] err See @ref conventions. Its details give `writeErrors`, and in `result` the
///         `insertedCount`: what was inserted before stays.
/// @return #IRONBASE_OK; for documents refused, the status of the first as from
///         ironbase_collection_insert_one(); #IRONBASE_ERROR_JSON for a malformed document, behind
///         which nothing is read; those of writing (see @ref conventions).
/// @ingroup collection
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ironbase_collection_insert_many(
    collection: *mut ironbase_collection_t,
    documents: *const c_char,
    documents_len: usize,
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
            let documents = required_text("documents", documents, documents_len)?;
            let options = self::options(options, options_len, InsertManyOptions::from_bson)?;
            let mut documents = json::Documents::new(documents);
            let mut next = |document: &mut Vec<u8>| {
                in_parameter("documents", documents.next_document(document))
            };
            let result =
                collection.writing(|collection| collection.insert_many(&mut next, &options))?;
            if out.is_wanted() {
                let mut text = Scratch::take();
                results::insert_many(&mut text, &result, collection.mode);
                out.set(&text)?;
            }
            Ok(Status::Ok)
        })
    }
}
