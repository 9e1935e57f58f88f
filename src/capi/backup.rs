//! Backups, and databases made of them.

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
use crate::database::options::{BackupOptions, RestoreOptions};
use crate::error::Status;
use crate::json::Mode;

/// Makes a backup of an open database in another directory, or continues one. Readers and writers go on meanwhile.
///
/// A backup is a database directory: the pages as of the last checkpoint and the log since, up to the commits that there are at its
/// end. It opens as any other database; ironbase_restore() makes another one of it, of any commit from `baseLsn` to `lsn`, and
/// leaves it as it is. Every page and every commit is checked on the way: where the database is damaged the backup fails and says
/// where.
///
/// An incremental backup adds the log since the end of the one that is there. The database must still have it: open the
/// database with `logRetentionBytes`. It leaves alone what another database, or this one in a state that went another way, cannot continue.
///
/// Options: `incremental` (false): continue the backup in `destination`. `sinceLsn`: the same, and it must end with this commit.
/// `maxTimeMS`, `opId`, `comment`. Progress counts bytes.
///
/// @param db The database, also one open for reading or in memory.
/// @param destination A directory, NUL-terminated: made if it is not there, with nothing of a database in it; for an
///             incremental backup that of the backup.
/// @param options JSON document; `(NULL, 0)` for the defaults.
/// @param options_len Bytes, or #IRONBASE_NUL.
/// @param[out] out `{"incremental": .., "lsn": n, "time": .., "baseLsn": n, "previousLsn": n, "bytes": n, "pageBytes": n,
///             "logBytes": n, "durationMs": n}`: `lsn` is the backup's last commit, `previousLsn` the one before it was
///             continued, `time` when the last was written. Free it with ironbase_string_free(). May be NULL.
/// @param[out] out_len Its length in bytes; may be NULL.
/// @param[out] err See @ref conventions.
/// @return #IRONBASE_OK; #IRONBASE_ERROR_ARGUMENT if `destination` holds something, or a backup that this database does not
///         continue; #IRONBASE_ERROR_NOT_FOUND if there is none to continue, or the log for it is gone: make a full one;
///         #IRONBASE_ERROR_LOCKED if somebody has `destination` open; #IRONBASE_ERROR_CORRUPT for damage;
///         #IRONBASE_ERROR_FULL, #IRONBASE_ERROR_IO, #IRONBASE_ERROR_INTERRUPTED. After an error `destination` is as it was
///         before, and the database goes on.
/// @ingroup maintenance
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ironbase_db_backup(
    db: *mut ironbase_db_t,
    destination: *const c_char,
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
            let destination = nul_terminated("destination", destination)?;
            let options = self::options(options, options_len, BackupOptions::from_bson)?;
            let done = database.backup(destination, &options)?;
            if out.is_wanted() {
                out.set(&document_text(&done.to_bytes(), database.json_mode()))?;
            }
            Ok(Status::Ok)
        })
    }
}

/// Makes a new database of a backup: as it was at the backup's end, after a certain commit, or at a time. The backup is only read.
///
/// The log tells the time to a tenth of a second, by the host's clock: `toTime` takes the commits before the first that the log
/// says is younger. If the clock was set back, the time stands still in the log until the clock has caught up.
///
/// The new database has an id of its own, so that it needs a full backup of its own.
///
/// Options: `toLsn`, a commit from the backup's `baseLsn` to its `lsn`; or `toTime`, a date (`{"$date": ..}`) or milliseconds since
/// 1970. `maxTimeMS`, `comment`. Progress counts bytes.
///
/// @param backup The backup's directory, NUL-terminated.
/// @param destination A directory for the new database, made if it is not there; there must be nothing of a database in it.
///             NUL-terminated.
/// @param options JSON document; `(NULL, 0)` for the backup's end.
/// @param options_len Bytes, or #IRONBASE_NUL.
/// @param progress Told how far it is; false stops it. NULL for none.
/// @param user Handed to the function; may be NULL.
/// @param[out] out `{"lsn": n, "time": .., "baseLsn": n, "documents": n, "bytes": n, "durationMs": n}`: `lsn` is the last
///             commit restored, `time` when the log says it was made. Free it with ironbase_string_free(). May be NULL.
/// @param[out] out_len Its length in bytes; may be NULL.
/// @param[out] err See @ref conventions.
/// @return #IRONBASE_OK; #IRONBASE_ERROR_NOT_FOUND if there is no backup; #IRONBASE_ERROR_LOCKED if somebody has it open for writing,
///         or `destination` open; #IRONBASE_ERROR_ARGUMENT if `destination` holds something, or for a commit or time that
///         the backup does not have (the message says which it has); #IRONBASE_ERROR_CORRUPT for damage;
///         #IRONBASE_ERROR_UNSUPPORTED for a newer format; #IRONBASE_ERROR_FULL, #IRONBASE_ERROR_IO,
///         #IRONBASE_ERROR_INTERRUPTED. After an error the new database's files have been removed again.
/// @ingroup maintenance
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ironbase_restore(
    backup: *const c_char,
    destination: *const c_char,
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
            let out = Output::cleared(out, out_len);
            let backup = nul_terminated("backup", backup)?;
            let destination = nul_terminated("destination", destination)?;
            let options = self::options(options, options_len, RestoreOptions::from_bson)?;
            let progress = progress_of(progress, user);
            let done = Database::restore(backup, destination, &options, progress)?;
            if out.is_wanted() {
                out.set(&document_text(&done.to_bytes(), Mode::Relaxed))?;
            }
            Ok(Status::Ok)
        })
    }
}
