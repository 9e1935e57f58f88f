//! The error object: everything there is to know of a failure, as C texts made when it happened.
//!
//! An error belongs to the caller and is bound to no handle and no thread, so it may travel: to
//! another goroutine, into an exception, past the closing of the database.

use std::ffi::{CStr, CString, c_char};

use serde_json::{Map, Number, Value, json};

use super::guard::guard_quiet;
use super::handle::{self, Opaque};
use super::status::{IRONBASE_OK, ironbase_status_t};
use crate::error::Error;

/// What went wrong, and everything known about it. Made by the function that failed, freed by the
/// caller with ironbase_error_free().
///
/// @ingroup error
pub struct ironbase_error_t {
    _opaque: [u8; 0],
}

impl Opaque for ironbase_error_t {
    type Value = Texts;
    const MAGIC: u64 = u64::from_le_bytes(*b"ib_error");
    const TYPE: &'static str = "ironbase_error_t";
    const IS_KEPT: bool = false;
}

/// An error in the form in which C reads it.
pub struct Texts {
    status: ironbase_status_t,
    code: i32,
    code_name: CString,
    message: CString,
    details: CString,
    labels: Vec<&'static str>,
}

/// Makes the C face of an error.
pub(super) fn new_error(error: &Error) -> *mut ironbase_error_t {
    handle::create(Texts {
        status: error.status() as ironbase_status_t,
        code: error.code().0,
        code_name: c_text(&error.code().name()),
        message: c_text(error.message()),
        details: c_text(&details(error)),
        labels: error.labels().to_vec(),
    })
}

/// The details document: the causes and labels, then whatever the failing layer knew.
fn details(error: &Error) -> String {
    let mut details = Map::new();
    details.insert("causes".to_string(), error.causes().into());
    details.insert("labels".to_string(), error.labels().to_vec().into());
    details.extend(error.details().clone());
    let mut details = Value::Object(details);
    keep_longs(&mut details);
    details.to_string()
}

/// The largest whole number up to which a double has every one.
const LARGEST_SAFE: u64 = (1 << 53) - 1;

fn is_rounded(number: &Number) -> bool {
    number
        .as_i64()
        .is_some_and(|long| long.unsigned_abs() > LARGEST_SAFE)
}

/// Gives longs that a double would round their type. The one text serves all readers, those too whose numbers are all doubles.
fn keep_longs(value: &mut Value) {
    match value {
        Value::Number(number) if is_rounded(number) => {
            *value = json!({ "$numberLong": number.to_string() });
        }
        Value::Array(values) => values.iter_mut().for_each(keep_longs),
        Value::Object(fields) => fields.values_mut().for_each(keep_longs),
        _ => {}
    }
}

/// One line without NUL: control characters, which may come from the caller's own input, are
/// written as escapes.
fn c_text(text: &str) -> CString {
    let mut line = String::with_capacity(text.len());
    for character in text.chars() {
        match character.is_control() {
            true => line.extend(character.escape_default()),
            false => line.push(character),
        }
    }
    CString::new(line).unwrap_or_default()
}

/// Reads from an error; NULL, and what is no error, read as `otherwise`.
///
/// # Safety
/// `error` is NULL or an error that lives during `'a`.
unsafe fn read<'a, T>(
    error: *const ironbase_error_t,
    otherwise: T,
    read: impl FnOnce(&'a Texts) -> T,
) -> T {
    // SAFETY: as promised to this function.
    unsafe { handle::borrow("error", error) }.map_or(otherwise, read)
}

/// Returns an error's status, the same that the failed call returned.
///
/// @param error May be NULL.
/// @return The status; #IRONBASE_OK for NULL.
/// @ingroup error
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ironbase_error_status(
    error: *const ironbase_error_t,
) -> ironbase_status_t {
    // SAFETY: the caller keeps the header's conventions.
    unsafe { read(error, IRONBASE_OK, |error| error.status) }
}

/// Returns MongoDB's number for an error, such as 11000 (DuplicateKey) or 2 (BadValue).
///
/// @param error May be NULL.
/// @return The number; 0 where MongoDB has none, and for NULL.
/// @ingroup error
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ironbase_error_code(error: *const ironbase_error_t) -> i32 {
    // SAFETY: the caller keeps the header's conventions.
    unsafe { read(error, 0, |error| error.code) }
}

/// Returns MongoDB's name for an error, such as `"DuplicateKey"`.
///
/// @param error May be NULL.
/// @return The name; empty where MongoDB has none, and for NULL. Borrowed until the error is freed.
/// @ingroup error
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ironbase_error_code_name(error: *const ironbase_error_t) -> *const c_char {
    // SAFETY: the caller keeps the header's conventions.
    unsafe { read(error, c"".as_ptr(), |error| error.code_name.as_ptr()) }
}

/// Returns an error's message: one line for people, which names the operator, field, file or
/// parameter concerned.
///
/// @param error May be NULL.
/// @return The message, without the code; empty for NULL. Borrowed until the error is freed.
/// @ingroup error
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ironbase_error_message(error: *const ironbase_error_t) -> *const c_char {
    // SAFETY: the caller keeps the header's conventions.
    unsafe { read(error, c"".as_ptr(), |error| error.message.as_ptr()) }
}

/// Returns what programs may want to know of an error, as a JSON document.
///
/// Always there: `causes` (messages, the nearest first) and `labels`. Where they apply: `position`
/// (`offset`, `line`, `column` in a text), `path` and `parameter` of what was wrong there;
/// `keyPattern` and `keyValue` of a duplicate key; `writeErrors` (`index`, `code`, `errmsg` ...)
/// and `result` of ironbase_collection_insert_many(); `errInfo` (`failingDocumentId`, `details`) of
/// a document that a validator refused; `errno` of a refused file operation.
///
/// It is relaxed Extended JSON, but whole numbers beyond 2^53 - 1 are `{"$numberLong": ..}`.
///
/// @param error May be NULL.
/// @return The document; `"{}"` for NULL. Borrowed until the error is freed.
/// @ingroup error
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ironbase_error_details(error: *const ironbase_error_t) -> *const c_char {
    // SAFETY: the caller keeps the header's conventions.
    unsafe { read(error, c"{}".as_ptr(), |error| error.details.as_ptr()) }
}

/// Tells whether an error has a label, such as `"TransientTransactionError"`.
///
/// @param error May be NULL.
/// @param label NUL-terminated; may be NULL.
/// @return `true` if it has; `false` if not, and for NULL.
/// @ingroup error
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ironbase_error_has_label(
    error: *const ironbase_error_t,
    label: *const c_char,
) -> bool {
    if label.is_null() {
        return false;
    }
    // SAFETY: the caller keeps the header's conventions.
    unsafe {
        let label = CStr::from_ptr(label).to_bytes();
        read(error, false, |error| {
            error.labels.iter().any(|known| known.as_bytes() == label)
        })
    }
}

/// Frees an error and the texts borrowed from it.
///
/// @param error May be NULL.
/// @ingroup error
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ironbase_error_free(error: *mut ironbase_error_t) {
    // SAFETY: the caller keeps the header's conventions.
    guard_quiet(|| drop(unsafe { handle::release(error) }));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::{Code, Status};
    use std::ptr::{null, null_mut};

    unsafe fn text<'a>(text: *const c_char) -> &'a str {
        // SAFETY: the caller passes a text borrowed from a live error.
        unsafe { CStr::from_ptr(text) }.to_str().unwrap()
    }

    #[test]
    fn an_error_shows_all_it_knows() {
        let cause = anyhow::Error::new(std::io::Error::from_raw_os_error(libc::ENOSPC))
            .context("users.mlite");
        let error = Error::new(Status::Full, Code::DUPLICATE_KEY, "the disk is full\n\0")
            .with_detail("errno", libc::ENOSPC)
            .with_detail("keyValue", serde_json::json!({"a": "\0"}))
            .with_label("Some")
            .with_source(cause);
        let error = new_error(&error);
        // SAFETY: the error lives until the last line.
        unsafe {
            assert_eq!(ironbase_error_status(error), Status::Full as i32);
            assert_eq!(ironbase_error_code(error), 11000);
            assert_eq!(text(ironbase_error_code_name(error)), "DuplicateKey");
            assert_eq!(
                text(ironbase_error_message(error)),
                "the disk is full\\n\\u{0}"
            );
            assert_eq!(
                text(ironbase_error_details(error)),
                "{\"causes\":[\"users.mlite\",\"No space left on device (os error 28)\"],\
                 \"labels\":[\"Some\"],\"errno\":28,\"keyValue\":{\"a\":\"\\u0000\"}}"
            );
            assert!(ironbase_error_has_label(error, c"Some".as_ptr()));
            assert!(!ironbase_error_has_label(error, c"Other".as_ptr()));
            assert!(!ironbase_error_has_label(error, null()));
            ironbase_error_free(error);
        }
    }

    #[test]
    fn longs_that_a_double_would_round_keep_their_type() {
        let error = Error::new(Status::Query, Code::BAD_VALUE, "x").with_detail(
            "keyValue",
            json!({"a": [9007199254740993i64, i64::MIN], "b": 9007199254740991i64, "c": 0.5}),
        );
        assert_eq!(
            details(&error),
            "{\"causes\":[],\"labels\":[],\"keyValue\":{\"a\":[{\"$numberLong\":\"9007199254740993\"},\
             {\"$numberLong\":\"-9223372036854775808\"}],\"b\":9007199254740991,\"c\":0.5}}"
        );
    }

    #[test]
    fn null_reads_as_no_error() {
        // SAFETY: NULL is allowed.
        unsafe {
            assert_eq!(ironbase_error_status(null()), IRONBASE_OK);
            assert_eq!(ironbase_error_code(null()), 0);
            assert_eq!(text(ironbase_error_code_name(null())), "");
            assert_eq!(text(ironbase_error_message(null())), "");
            assert_eq!(text(ironbase_error_details(null())), "{}");
            assert!(!ironbase_error_has_label(null(), c"Some".as_ptr()));
            ironbase_error_free(null_mut());
        }
    }
}
