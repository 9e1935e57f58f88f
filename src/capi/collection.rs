//! Collections: the handle, and what concerns a collection as a whole.

use std::ffi::c_char;

use super::arguments::{document, options};
use super::error::ironbase_error_t;
use super::guard::{guard, guard_quiet, writing};
use super::handle::{self, Opaque, borrow};
use super::output::Output;
use super::results::document_text;
use super::status::ironbase_status_t;
use crate::bson::RawDoc;
use crate::database::options::Verbosity;
use crate::database::{Collection, Database};
use crate::error::{Result, Status};
use crate::json::Mode;

/// A collection of an open database. Thread-safe.
///
/// @ingroup collection
pub struct ironbase_collection_t {
    _opaque: [u8; 0],
}

impl Opaque for ironbase_collection_t {
    type Value = OpenCollection;
    const MAGIC: u64 = u64::from_le_bytes(*b"collectn");
    const TYPE: &'static str = "ironbase_collection_t";
}

/// What a collection's handle holds: beside the collection, what each call on it needs.
pub struct OpenCollection {
    pub(super) collection: Collection,
    pub(super) database: Database,
    pub(super) mode: Mode,
}

impl OpenCollection {
    pub(super) fn new(database: &Database, name: &str) -> Result<OpenCollection> {
        Ok(OpenCollection {
            collection: database.collection(name)?,
            database: database.clone(),
            mode: database.json_mode(),
        })
    }

    /// A collection within a transaction.
    pub(super) fn within(database: &Database, collection: Collection) -> OpenCollection {
        OpenCollection {
            collection,
            database: database.clone(),
            mode: database.json_mode(),
        }
    }

    /// Runs a write on the collection; see `guard::writing`.
    pub(super) fn writing<T>(&self, write: impl FnOnce(&Collection) -> Result<T>) -> Result<T> {
        writing(&self.database, || write(&self.collection))
    }
}

/// Frees a collection's handle; the collection stays.
///
/// @param collection May be NULL.
/// @ingroup collection
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ironbase_collection_free(collection: *mut ironbase_collection_t) {
    // SAFETY: the caller keeps the header's conventions.
    guard_quiet(|| drop(unsafe { handle::release(collection) }));
}

/// Deletes a collection with its documents and indexes. One that does not exist is fine.
///
/// The handle goes on: the next insert makes the collection anew.
///
/// @param collection The collection.
/// @param[out] err See @ref conventions.
/// @return #IRONBASE_OK; those of writing (see @ref conventions).
/// @ingroup collection
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ironbase_collection_drop(
    collection: *mut ironbase_collection_t,
    err: *mut *mut ironbase_error_t,
) -> ironbase_status_t {
    // SAFETY: the caller keeps the header's conventions.
    unsafe {
        guard(err, || {
            borrow("collection", collection)?.writing(|collection| collection.drop())?;
            Ok(Status::Ok)
        })
    }
}

/// Tells how an operation would be, or was, carried out: which index, how many keys and documents
/// looked at.
///
/// Options: `verbosity`: `"queryPlanner"` plans only; `"executionStats"` and `"allPlansExecution"`
/// (the default) also run the operation and add its figures.
///
/// @param collection The collection.
/// @param command JSON document: MongoDB's command `find`, `count`, `update` or `delete`, whose
///        collection is not looked at, e.g. `{"find": "", "filter": {"age": {"$gt": 30}}}`.
/// @param command_len Bytes, or #IRONBASE_NUL.
/// @param options JSON document; `(NULL, 0)` for the defaults.
/// @param options_len Bytes, or #IRONBASE_NUL.
/// @param[out] out JSON document like MongoDB's: `queryPlanner.winningPlan`, `executionStats`; free
///             it with ironbase_string_free().
/// @param[out] out_len Its length in bytes; may be NULL.
/// @param[out] err See @ref conventions.
/// @return #IRONBASE_OK; #IRONBASE_ERROR_QUERY for what the operation itself would be refused for.
/// @ingroup collection
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ironbase_collection_explain(
    collection: *mut ironbase_collection_t,
    command: *const c_char,
    command_len: usize,
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
            let command = document("command", command, command_len)?;
            let verbosity = self::options(options, options_len, Verbosity::from_bson)?;
            let explained = collection.explain(RawDoc::trusted(&command), verbosity)?;
            out.set(&document_text(&explained, *mode))?;
            Ok(Status::Ok)
        })
    }
}
