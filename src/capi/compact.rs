//! Compaction.

use std::ffi::c_char;

use super::arguments::options;
use super::database::ironbase_db_t;
use super::error::ironbase_error_t;
use super::guard::{guard, writing};
use super::handle::borrow;
use super::output::Output;
use super::results::document_text;
use super::status::ironbase_status_t;
use crate::database::options::CompactOptions;
use crate::error::Status;

/// Gives the space that deleted and changed documents have left back to the file system: packs the
/// files of collections and indexes, one after the other, and cuts off their ends.
///
/// Others read and write meanwhile. It takes a few megabytes of memory, and a file grows by an
/// eighth or 32 MiB at most on the way. Nothing is lost when it is killed (`opId`) or the program ends; what
/// was done so far stays done. What a long read still needs is kept: then `heldBack` is true, and
/// another compaction later gives back more.
///
/// Options: `collection` (all): the name of the one to compact. `dryRun` (false): only estimate.
/// `freeSpaceTargetMB` (0): leave alone what would give back less. `maxTimeMS`, `opId`, `comment`.
///
/// @param db The database.
/// @param options JSON document; `(NULL, 0)` for none.
/// @param options_len Bytes, or #IRONBASE_NUL.
/// @param[out] out JSON document: `bytesBefore`, `bytesAfter`, `bytesFreed`, `documentsScanned`,
///             `documentsKept`, `pagesScanned`, `pagesWritten`, `pagesBefore`, `pagesKept`,
///             `heldBack`, `durationMs`, and `collections`, an array of the same for each; with
///             `dryRun` `{"estimatedBytesFreed": ..}`. Free it with ironbase_string_free(). May be
///             NULL.
/// @param[out] out_len Its length in bytes; may be NULL.
/// @param[out] err See @ref conventions.
/// @return #IRONBASE_OK; #IRONBASE_ERROR_NOT_FOUND (26, NamespaceNotFound) if there is no such
///         collection; #IRONBASE_ERROR_INTERRUPTED; those of writing (see @ref conventions).
/// @ingroup database
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ironbase_db_compact(
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
            let out = Output::cleared(out, out_len);
            let database = borrow("db", db)?;
            let options = self::options(options, options_len, CompactOptions::from_bson)?;
            let done = writing(database, || database.compact(&options))?;
            if out.is_wanted() {
                out.set(&document_text(&done, database.json_mode()))?;
            }
            Ok(Status::Ok)
        })
    }
}
