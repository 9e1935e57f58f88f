//! Upkeep of databases: looking for damage, and saving what is left.

use std::ffi::{c_char, c_void};

use super::arguments::{nul_terminated, options};
use super::database::ironbase_db_t;
use super::error::ironbase_error_t;
use super::guard::guard;
use super::handle::borrow;
use super::operation::{ironbase_progress_fn, progress_of};
use super::output::Output;
use super::results::document_text;
use super::status::ironbase_status_t;
use crate::database::Database;
use crate::database::options::{SalvageOptions, VerifyOptions};
use crate::error::Status;
use crate::json::Mode;

/// Looks for damage in an open database: reads every page anew, and holds trees, indexes and documents, free pages, catalog and
/// log against each other. Readers and writers go on meanwhile; each collection is looked at as it is at one instant.
///
/// Damage is no error of this function: `valid` is then false, and `errors` says what is wrong with which `file`, `page`,
/// `collection`, `index` and `key` (as docs/format.md describes keys). What to do then is in docs/maintenance.md.
///
/// Options: `maxErrors` (100): so many are named, the others only counted; `maxTimeMS`, `opId`,
/// `comment`. Progress counts documents and index entries.
///
/// @param db The database.
/// @param options JSON document; `(NULL, 0)` for the defaults.
/// @param options_len Bytes, or #IRONBASE_NUL.
/// @param[out] out `{"valid": .., "collections": n, "documents": n, "indexEntries": n, "pages": n, "freePages": n,
///             "leakedPages": n, "errorCount": n, "errors": [..], "warnings": [..], "durationMs": n}`; free it with
///             ironbase_string_free().
/// @param[out] out_len Its length in bytes; may be NULL.
/// @param[out] err See @ref conventions.
/// @return #IRONBASE_OK, whether or not there is damage; #IRONBASE_ERROR_INTERRUPTED.
/// @ingroup maintenance
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ironbase_db_verify(
    db: *mut ironbase_db_t,
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
            let database = borrow("db", db)?;
            let read = |options: crate::bson::RawDoc| VerifyOptions::from_bson("verify", options);
            let options = self::options(options, options_len, read)?;
            let result = database.verify(&options)?.to_bytes();
            out.set(&document_text(&result, database.json_mode()))?;
            Ok(Status::Ok)
        })
    }
}

/// Looks for damage in a database that nobody has open for writing, whether or not it can be opened. Writes nothing: what a
/// crash left is recovered in memory only.
///
/// @param path The database's directory, NUL-terminated.
/// @param options As for ironbase_db_verify(), without `opId`; `(NULL, 0)` for the defaults.
/// @param options_len Bytes, or #IRONBASE_NUL.
/// @param progress Told how far it is; false stops it. NULL for none.
/// @param user Handed to the function; may be NULL.
/// @param[out] out As for ironbase_db_verify().
/// @param[out] out_len Its length in bytes; may be NULL.
/// @param[out] err See @ref conventions.
/// @return #IRONBASE_OK, whether or not there is damage; #IRONBASE_ERROR_NOT_FOUND if there is no database;
///         #IRONBASE_ERROR_LOCKED if it is open for writing; #IRONBASE_ERROR_UNSUPPORTED for one of a newer format;
///         #IRONBASE_ERROR_INTERRUPTED.
/// @ingroup maintenance
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ironbase_verify(
    path: *const c_char,
    options: *const c_char,
    options_len: usize,
    progress: ironbase_progress_fn,
    user: *mut c_void,
    out: *mut *mut c_char,
    out_len: *mut usize,
    err: *mut *mut ironbase_error_t,
) -> ironbase_status_t {
    // SAFETY: the caller keeps the header's conventions.
    unsafe {
        guard(err, || {
            let out = Output::cleared(out, out_len).required()?;
            let path = nul_terminated("path", path)?;
            let read = |options: crate::bson::RawDoc| VerifyOptions::from_bson("verify", options);
            let options = self::options(options, options_len, read)?;
            let result = Database::verify_path(path, &options, progress_of(progress, user))?;
            out.set(&document_text(&result.to_bytes(), Mode::Relaxed))?;
            Ok(Status::Ok)
        })
    }
}

/// Saves every document that can be read of a damaged database into a new one, whatever is damaged: pages, the catalog, the
/// superblock, the log; files that are cut, missing or another database's. Collections keep their names and options and get
/// their indexes again as far as the catalog can be read. The damaged database is only read.
///
/// What was lost, and what could not be told apart, is in the result: for each collection `documents` (in the new database),
/// `lostDocuments` (of those that the last checkpoint counted; null if that is not known), `uncertain` (from pages that may
/// not have been the newest, so that deleted documents and old forms may be among them), `olderVersions` (passed over),
/// `invalid`, `damagedPages`, `lostRanges`, and whether each index was made again. docs/maintenance.md explains them.
///
/// Options: `pageSize` (8192) of the new database, `maxTimeMS`, `comment`. Progress counts documents and pages.
///
/// @param damaged The damaged database's directory, NUL-terminated.
/// @param into A directory for the new database, made if it is not there; there must be nothing of a database in it.
///             NUL-terminated.
/// @param options JSON document; `(NULL, 0)` for the defaults.
/// @param options_len Bytes, or #IRONBASE_NUL.
/// @param progress Told how far it is; false stops it. NULL for none.
/// @param user Handed to the function; may be NULL.
/// @param[out] out `{"documents": n, "lostDocuments": n, "collections": [..], "lastCommit": n, "lostCommits": n, "notes": [..],
///             "durationMs": n}`; free it with ironbase_string_free().
/// @param[out] out_len Its length in bytes; may be NULL.
/// @param[out] err See @ref conventions.
/// @return #IRONBASE_OK, whatever was lost; #IRONBASE_ERROR_NOT_FOUND if nothing of a database is there;
///         #IRONBASE_ERROR_LOCKED if it is open for writing; #IRONBASE_ERROR_ARGUMENT if `into` holds something;
///         #IRONBASE_ERROR_UNSUPPORTED for a newer format; #IRONBASE_ERROR_FULL, #IRONBASE_ERROR_IO,
///         #IRONBASE_ERROR_INTERRUPTED: the new database's files have been removed again.
/// @ingroup maintenance
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ironbase_salvage(
    damaged: *const c_char,
    into: *const c_char,
    options: *const c_char,
    options_len: usize,
    progress: ironbase_progress_fn,
    user: *mut c_void,
    out: *mut *mut c_char,
    out_len: *mut usize,
    err: *mut *mut ironbase_error_t,
) -> ironbase_status_t {
    // SAFETY: the caller keeps the header's conventions.
    unsafe {
        guard(err, || {
            let out = Output::cleared(out, out_len).required()?;
            let damaged = nul_terminated("damaged", damaged)?;
            let into = nul_terminated("into", into)?;
            let options = self::options(options, options_len, SalvageOptions::from_bson)?;
            let progress = progress_of(progress, user);
            let result = Database::salvage(damaged, into, &options, progress)?;
            out.set(&document_text(&result.to_bytes(), Mode::Relaxed))?;
            Ok(Status::Ok)
        })
    }
}
