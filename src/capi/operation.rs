//! Operations by id: killing one that runs on another thread, and watching how far it is.

use std::ffi::c_void;

use super::database::ironbase_db_t;
use super::error::ironbase_error_t;
use super::guard::{guard, guard_quiet};
use super::handle::borrow;
use super::status::ironbase_status_t;
use crate::database::ProgressFn;
use crate::error::Status;

/// Learns how far an operation is; decides whether it goes on.
///
/// Called on the operation's thread, at its beginning, about ten times a second, and once at its end. It may call other functions of
/// this library, but neither ironbase_db_op_set_progress() nor ironbase_db_op_free() for the same
/// id, nor ironbase_db_close(): an operation is under way. Locks may be held meanwhile, so that a
/// write from within it may wait for ever, if the operation builds an index of a small collection.
///
/// @param user The pointer given to ironbase_db_op_set_progress().
/// @param done Documents, keys or bytes dealt with.
/// @param total How many there will be, at most; 0 if that is not known.
/// @return false kills the id as ironbase_db_op_kill() does.
/// @ingroup operation
pub type ironbase_progress_fn =
    Option<unsafe extern "C" fn(user: *mut c_void, done: u64, total: u64) -> bool>;

/// Makes an id. Operations run under it if their option `opId` names it; any number of them, one
/// after another or at once.
///
/// @param db The database.
/// @return The id, never used before; 0 if `db` is not a database. Give it back with
///         ironbase_db_op_free().
/// @ingroup operation
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ironbase_db_op_new(db: *mut ironbase_db_t) -> u64 {
    // SAFETY: the caller keeps the header's conventions.
    guard_quiet(|| unsafe { borrow("db", db) }.map_or(0, |database| database.op_new()))
}

/// Stops what runs under an id, and what will: those calls return #IRONBASE_ERROR_INTERRUPTED
/// (11601, Interrupted) when they are through with what they are at: some hundred documents or entries, a commit, a file's sync.
///
/// What an insert, update or delete of many documents has done so far stays done. A call that
/// already waits for the disk returns its result.
///
/// @param db The database.
/// @param op_id An id from ironbase_db_op_new().
/// @param[out] err See @ref conventions.
/// @return #IRONBASE_OK, also if nothing runs; #IRONBASE_ERROR_ARGUMENT (2, BadValue) for an id
///         that does not exist.
/// @ingroup operation
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ironbase_db_op_kill(
    db: *mut ironbase_db_t,
    op_id: u64,
    err: *mut *mut ironbase_error_t,
) -> ironbase_status_t {
    // SAFETY: the caller keeps the header's conventions.
    unsafe {
        guard(err, || {
            borrow("db", db)?.op_kill(op_id)?;
            Ok(Status::Ok)
        })
    }
}

/// Has a function told how far the operations under an id are.
///
/// Counting, reading, updating, deleting, inserting many, building indexes, verifying, compacting and backing up tell it. When this
/// returns, the function set before is not running any more and will not be called again, so what
/// its `user` pointed to may go.
///
/// @param db The database.
/// @param op_id An id from ironbase_db_op_new().
/// @param progress NULL for none.
/// @param user Handed to the function; may be NULL.
/// @param[out] err See @ref conventions.
/// @return #IRONBASE_OK; #IRONBASE_ERROR_ARGUMENT for an id that does not exist (2, BadValue), or
///         out of the function itself.
/// @ingroup operation
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ironbase_db_op_set_progress(
    db: *mut ironbase_db_t,
    op_id: u64,
    progress: ironbase_progress_fn,
    user: *mut c_void,
    err: *mut *mut ironbase_error_t,
) -> ironbase_status_t {
    // SAFETY: the caller keeps the header's conventions.
    unsafe {
        guard(err, || {
            borrow("db", db)?.op_set_progress(op_id, progress_of(progress, user))?;
            Ok(Status::Ok)
        })
    }
}

/// Gives an id back. Its progress function is not called any more when this returns; operations
/// that still run under it go on, and cannot be killed.
///
/// @param db The database.
/// @param op_id An id from ironbase_db_op_new().
/// @param[out] err See @ref conventions.
/// @return #IRONBASE_OK; #IRONBASE_ERROR_ARGUMENT for an id that does not exist (2, BadValue), or
///         out of its progress function.
/// @ingroup operation
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ironbase_db_op_free(
    db: *mut ironbase_db_t,
    op_id: u64,
    err: *mut *mut ironbase_error_t,
) -> ironbase_status_t {
    // SAFETY: the caller keeps the header's conventions.
    unsafe {
        guard(err, || {
            borrow("db", db)?.op_free(op_id)?;
            Ok(Status::Ok)
        })
    }
}

/// The callback as the database takes it.
pub(super) fn progress_of(
    progress: ironbase_progress_fn,
    user: *mut c_void,
) -> Option<Box<ProgressFn>> {
    progress.map(|function| {
        let callback = Callback { function, user };
        Box::new(move |done, total| callback.call(done, total)) as Box<ProgressFn>
    })
}

struct Callback {
    function: unsafe extern "C" fn(*mut c_void, u64, u64) -> bool,
    user: *mut c_void,
}

// SAFETY: the header says that the function runs on the operation's thread.
unsafe impl Send for Callback {}

impl Callback {
    fn call(&self, done: u64, total: u64) -> bool {
        // SAFETY: whoever set the callback promised that it may be called so.
        unsafe { (self.function)(self.user, done, total) }
    }
}
