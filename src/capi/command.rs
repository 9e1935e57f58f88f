//! MongoDB's command documents: one function for all that has no function of its own.

use std::ffi::c_char;

use super::arguments::document;
use super::database::ironbase_db_t;
use super::error::ironbase_error_t;
use super::guard::{guard, writing};
use super::handle::borrow;
use super::output::Output;
use super::results::document_text;
use super::status::ironbase_status_t;
use super::transaction::ironbase_txn_t;
use crate::bson::RawDoc;
use crate::error::Status;

/// Runs one of MongoDB's commands, e.g. `{"find": "users", "filter": {"age": {"$gt": 30}}}`, and gives
/// its reply, e.g. `{"cursor": {"firstBatch": [..], "id": 0, "ns": "app.users"}, "ok": 1.0}`.
///
/// The first field names the command; fields, replies and codes are those of MongoDB's manual. Which
/// commands there are is in docs/compatibility.md. A command that fails is an error, never a reply with
/// `"ok": 0`. Documents and statements that a write refuses are not a failure: they are in the reply's
/// `writeErrors`.
///
/// In namespaces the database is called by its directory's name without the extension: `app` for
/// `/data/app.mlite`. A cursor whose `id` is not 0 is read on with `getMore` and given up with
/// `killCursors`; one that nobody reads for ten minutes is given up by itself.
///
/// @param db The database.
/// @param txn The transaction that the command works in; NULL for none. A command may also name one of
///            its own by `lsid`, `txnNumber`, `startTransaction` and `autocommit`.
/// @param command JSON document.
/// @param command_len Bytes, or #IRONBASE_NUL.
/// @param[out] out The reply as a JSON document; free it with ironbase_string_free(). May be NULL.
/// @param[out] out_len Its length in bytes; may be NULL.
/// @param[out] err See @ref conventions.
/// @return #IRONBASE_OK; #IRONBASE_ERROR_QUERY (59, CommandNotFound) for a command that there is not;
///         #IRONBASE_ERROR_ARGUMENT (40415, IDLUnknownField) for a field that it does not have; those of
///         the command.
/// @ingroup database
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ironbase_db_run_command(
    db: *mut ironbase_db_t,
    txn: *mut ironbase_txn_t,
    command: *const c_char,
    command_len: usize,
    out: *mut *mut c_char,
    out_len: *mut usize,
    err: *mut *mut ironbase_error_t,
) -> ironbase_status_t {
    // SAFETY: the caller keeps the header's conventions.
    unsafe {
        guard(err, || {
            let out = Output::cleared(out, out_len);
            let database = borrow("db", db)?;
            let txn = match txn.is_null() {
                true => None,
                false => Some(&borrow("txn", txn)?.transaction),
            };
            let command = document("command", command, command_len)?;
            let reply = writing(database, || {
                database.commands.run_in(txn, RawDoc::trusted(&command))
            })?;
            if out.is_wanted() {
                out.set(&document_text(&reply, database.json_mode()))?;
            }
            Ok(Status::Ok)
        })
    }
}
