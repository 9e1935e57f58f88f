//! The guard around every function's body: no panic and no half-written error leaves the library.
//!
//! Locks do not poison here, so a panic in the middle of a write could leave shared state half
//! changed with nobody the wiser. `writing` therefore marks the database on the way out: from then
//! on it answers with errors until it is opened anew.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr::null_mut;

use super::error::{ironbase_error_t, new_error};
use super::status::ironbase_status_t;
use crate::database::Database;
use crate::error::{Code, Error, Result, Status};

/// Runs the body of a fallible function; what it returns, or what became of it, is the status.
/// `*err` is set for an error and NULL otherwise.
///
/// # Safety
/// `err` is NULL or may be written.
pub(super) unsafe fn guard(
    err: *mut *mut ironbase_error_t,
    body: impl FnOnce() -> Result<Status>,
) -> ironbase_status_t {
    if !err.is_null() {
        // SAFETY: not NULL, so the caller vouches for it.
        unsafe { err.write(null_mut()) };
    }
    let error = match catch_unwind(AssertUnwindSafe(body)) {
        Ok(Ok(status)) => return status as ironbase_status_t,
        Ok(Err(error)) => error,
        Err(panic) => panic_error(panic),
    };
    if !err.is_null() {
        // SAFETY: as above.
        unsafe { err.write(new_error(&error)) };
    }
    error.status() as ironbase_status_t
}

/// Runs the body of a function that cannot report an error. A panic is logged; the result is then
/// the type's default.
pub(super) fn guard_quiet<T: Default>(body: impl FnOnce() -> T) -> T {
    catch_unwind(AssertUnwindSafe(body)).unwrap_or_else(|panic| {
        panic_error(panic);
        T::default()
    })
}

/// Runs a part of a body that writes to `database`. A panic on the way marks the database.
pub(super) fn writing<T>(database: &Database, write: impl FnOnce() -> Result<T>) -> Result<T> {
    struct MarkOnUnwind<'a>(&'a Database);
    impl Drop for MarkOnUnwind<'_> {
        fn drop(&mut self) {
            self.0.mark_panicked();
        }
    }
    let mark = MarkOnUnwind(database);
    let result = write();
    std::mem::forget(mark);
    result
}

fn panic_error(panic: Box<dyn Any + Send>) -> Error {
    let text = match (panic.downcast_ref::<&str>(), panic.downcast_ref::<String>()) {
        (Some(text), _) => text.to_string(),
        (_, Some(text)) => text.clone(),
        _ => "of unknown type".to_string(),
    };
    // A payload that panics when dropped would unwind into the caller.
    if let Err(another) = catch_unwind(AssertUnwindSafe(|| drop(panic))) {
        std::mem::forget(another);
    }
    log::error!("caught a panic: {text}");
    Error::new(
        Status::Internal,
        Code::INTERNAL_ERROR,
        format!("a bug in IronBase: {text}"),
    )
}

#[cfg(test)]
mod tests {
    use super::super::error::{ironbase_error_free, ironbase_error_message};
    use super::super::status::*;
    use super::*;
    use std::ffi::CStr;

    fn run(body: impl FnOnce() -> Result<Status>) -> (ironbase_status_t, Option<String>) {
        let mut err = std::ptr::dangling_mut();
        // SAFETY: `err` is a local; the error is read before it is freed.
        unsafe {
            let status = guard(&mut err, body);
            if err.is_null() {
                return (status, None);
            }
            let message = CStr::from_ptr(ironbase_error_message(err));
            let message = message.to_str().unwrap().to_string();
            ironbase_error_free(err);
            (status, Some(message))
        }
    }

    #[test]
    fn outcomes_pass_and_clear_the_error() {
        assert_eq!(run(|| Ok(Status::Ok)), (IRONBASE_OK, None));
        assert_eq!(run(|| Ok(Status::Done)), (IRONBASE_DONE, None));
    }

    #[test]
    fn errors_and_panics_become_statuses_with_a_message() {
        let (status, message) = run(|| Err(Error::argument("filter is NULL")));
        assert_eq!(
            (status, message.as_deref()),
            (IRONBASE_ERROR_ARGUMENT, Some("filter is NULL"))
        );
        let (status, message) = run(|| panic!("page {} is not there", 3));
        assert_eq!(status, IRONBASE_ERROR_INTERNAL);
        assert_eq!(
            message.as_deref(),
            Some("a bug in IronBase: page 3 is not there")
        );
        let (status, _) = run(|| std::panic::panic_any(5));
        assert_eq!(status, IRONBASE_ERROR_INTERNAL);
    }

    #[test]
    fn the_error_may_be_unwanted() {
        // SAFETY: NULL is allowed.
        let status = unsafe { guard(null_mut(), || Err(Error::argument("no"))) };
        assert_eq!(status, IRONBASE_ERROR_ARGUMENT);
        assert_eq!(guard_quiet::<i32>(|| panic!("no")), 0);
    }
}
