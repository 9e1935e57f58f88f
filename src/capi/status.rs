//! The status values as C sees them: the numbers of `crate::error::Status`, named.
//!
//! Invariant: never renumbered; both lists hold the same numbers (tested below).

use std::ffi::{CStr, c_char};

/// What a function returns: `IRONBASE_OK` or another of the `IRONBASE_` statuses. 0 and above are
/// outcomes, below 0 are errors.
///
/// @ingroup status
pub type ironbase_status_t = i32;

/// The call did what it says.
pub const IRONBASE_OK: i32 = 0;
/// There is nothing (more) to return: no document matched, or the cursor is at its end.
pub const IRONBASE_DONE: i32 = 1;
/// A wait ended without an event.
pub const IRONBASE_TIMEOUT: i32 = 2;
/// A wrong argument: NULL, a bad length, bad UTF-8, an unknown option or an option's bad value.
pub const IRONBASE_ERROR_ARGUMENT: i32 = -1;
/// A text that is not valid (Extended) JSON; the details give its `position`.
pub const IRONBASE_ERROR_JSON: i32 = -2;
/// A filter, update, projection, sort or index that MongoDB would refuse too.
pub const IRONBASE_ERROR_QUERY: i32 = -3;
/// A unique index, or `_id`, already has the key; the details give `keyPattern` and `keyValue`.
pub const IRONBASE_ERROR_DUPLICATE_KEY: i32 = -4;
/// A collection, index or directory that does not exist.
pub const IRONBASE_ERROR_NOT_FOUND: i32 = -5;
/// Another transaction changed the same document first.
pub const IRONBASE_ERROR_CONFLICT: i32 = -6;
/// A document that the collection's validator refuses.
pub const IRONBASE_ERROR_VALIDATION: i32 = -7;
/// Someone else, in this process or another, has the database open.
pub const IRONBASE_ERROR_LOCKED: i32 = -8;
/// The database behind the handle is closed.
pub const IRONBASE_ERROR_CLOSED: i32 = -9;
/// The operation was cancelled, or ran out of its time.
pub const IRONBASE_ERROR_INTERRUPTED: i32 = -10;
/// A write to a database that was opened for reading.
pub const IRONBASE_ERROR_READ_ONLY: i32 = -11;
/// The operating system refused a file operation; the details give its `errno`.
pub const IRONBASE_ERROR_IO: i32 = -12;
/// The disk, or a size limit, is full.
pub const IRONBASE_ERROR_FULL: i32 = -13;
/// The database's files are damaged.
pub const IRONBASE_ERROR_CORRUPT: i32 = -14;
/// A file format or a feature that this version does not know.
pub const IRONBASE_ERROR_UNSUPPORTED: i32 = -15;
/// Memory could not be had.
pub const IRONBASE_ERROR_NO_MEMORY: i32 = -16;
/// A bug in IronBase; please report it with the error's message.
pub const IRONBASE_ERROR_INTERNAL: i32 = -17;

const NAMES: &[(i32, &CStr)] = &[
    (IRONBASE_OK, c"IRONBASE_OK"),
    (IRONBASE_DONE, c"IRONBASE_DONE"),
    (IRONBASE_TIMEOUT, c"IRONBASE_TIMEOUT"),
    (IRONBASE_ERROR_ARGUMENT, c"IRONBASE_ERROR_ARGUMENT"),
    (IRONBASE_ERROR_JSON, c"IRONBASE_ERROR_JSON"),
    (IRONBASE_ERROR_QUERY, c"IRONBASE_ERROR_QUERY"),
    (
        IRONBASE_ERROR_DUPLICATE_KEY,
        c"IRONBASE_ERROR_DUPLICATE_KEY",
    ),
    (IRONBASE_ERROR_NOT_FOUND, c"IRONBASE_ERROR_NOT_FOUND"),
    (IRONBASE_ERROR_CONFLICT, c"IRONBASE_ERROR_CONFLICT"),
    (IRONBASE_ERROR_VALIDATION, c"IRONBASE_ERROR_VALIDATION"),
    (IRONBASE_ERROR_LOCKED, c"IRONBASE_ERROR_LOCKED"),
    (IRONBASE_ERROR_CLOSED, c"IRONBASE_ERROR_CLOSED"),
    (IRONBASE_ERROR_INTERRUPTED, c"IRONBASE_ERROR_INTERRUPTED"),
    (IRONBASE_ERROR_READ_ONLY, c"IRONBASE_ERROR_READ_ONLY"),
    (IRONBASE_ERROR_IO, c"IRONBASE_ERROR_IO"),
    (IRONBASE_ERROR_FULL, c"IRONBASE_ERROR_FULL"),
    (IRONBASE_ERROR_CORRUPT, c"IRONBASE_ERROR_CORRUPT"),
    (IRONBASE_ERROR_UNSUPPORTED, c"IRONBASE_ERROR_UNSUPPORTED"),
    (IRONBASE_ERROR_NO_MEMORY, c"IRONBASE_ERROR_NO_MEMORY"),
    (IRONBASE_ERROR_INTERNAL, c"IRONBASE_ERROR_INTERNAL"),
];

/// Names a status, for messages and logs.
///
/// @param status Any number.
/// @return The name as in this header, e.g. `"IRONBASE_ERROR_LOCKED"`; `"unknown status"` for a
///         number that is none. Lives as long as the program.
/// @ingroup status
/// @since 0.1.0
#[unsafe(no_mangle)]
pub extern "C" fn ironbase_status_name(status: ironbase_status_t) -> *const c_char {
    let named = NAMES.iter().find(|(number, _)| *number == status);
    named.map_or(c"unknown status", |(_, name)| name).as_ptr()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Status;

    #[test]
    fn names_and_numbers_are_those_of_the_error_type() {
        let statuses = [
            Status::Ok,
            Status::Done,
            Status::Timeout,
            Status::Argument,
            Status::Json,
            Status::Query,
            Status::DuplicateKey,
            Status::NotFound,
            Status::Conflict,
            Status::Validation,
            Status::Locked,
            Status::Closed,
            Status::Interrupted,
            Status::ReadOnly,
            Status::Io,
            Status::Full,
            Status::Corrupt,
            Status::Unsupported,
            Status::NoMemory,
            Status::Internal,
        ];
        assert_eq!(statuses.len(), NAMES.len());
        for (status, (number, name)) in statuses.iter().zip(NAMES) {
            assert_eq!(*status as i32, *number);
            let plain = name
                .to_str()
                .unwrap()
                .replace("IRONBASE_", "")
                .replace("ERROR_", "");
            assert_eq!(plain.replace('_', ""), format!("{status:?}").to_uppercase());
        }
    }

    #[test]
    fn an_unknown_number_has_a_name_too() {
        // SAFETY: the function returns static text.
        let name = unsafe { CStr::from_ptr(ironbase_status_name(-4711)) };
        assert_eq!(name, c"unknown status");
    }
}
