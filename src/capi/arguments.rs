//! Reading what C passes: texts with lengths, names, JSON documents, options.
//!
//! Every refusal names the parameter. JSON becomes BSON here, straight into a scratch buffer;
//! nothing but BSON goes further down.

use std::ffi::{CStr, c_char};
use std::slice;

use super::scratch::Scratch;
use crate::bson::RawDoc;
use crate::error::{Error, Result};
use crate::json;

/// As a length: the text ends at its NUL. (`IRONBASE_NUL` in the header.)
const NUL_TERMINATED: usize = usize::MAX;

/// The BSON of `{}`.
const EMPTY_DOCUMENT: [u8; 5] = [5, 0, 0, 0, 0];

/// The bytes of a text; `None` for `(NULL, 0)`.
///
/// # Safety
/// The pointer, if not NULL, is to `length` readable bytes that stay as they are during `'a`.
pub(super) unsafe fn optional_text<'a>(
    parameter: &str,
    pointer: *const c_char,
    length: usize,
) -> Result<Option<&'a [u8]>> {
    if pointer.is_null() {
        return match length {
            0 => Ok(None),
            NUL_TERMINATED => Err(Error::argument(format!(
                "{parameter} is NULL with the length IRONBASE_NUL; (NULL, 0) stands for none"
            ))),
            _ => Err(Error::argument(format!(
                "{parameter} is NULL, its length is {length}"
            ))),
        };
    }
    if length == NUL_TERMINATED {
        // SAFETY: the caller says that there is a NUL.
        return Ok(Some(unsafe { CStr::from_ptr(pointer) }.to_bytes()));
    }
    let end = pointer.addr().checked_add(length);
    if length > isize::MAX as usize || end.is_none() {
        return Err(Error::argument(format!(
            "{parameter} cannot be {length} bytes long"
        )));
    }
    // SAFETY: the caller vouches for the bytes, and their number is one that memory can have.
    Ok(Some(unsafe {
        slice::from_raw_parts(pointer.cast(), length)
    }))
}

/// The bytes of a text that must be given.
///
/// # Safety
/// As for `optional_text`.
pub(super) unsafe fn required_text<'a>(
    parameter: &str,
    pointer: *const c_char,
    length: usize,
) -> Result<&'a [u8]> {
    // SAFETY: as promised to this function.
    match unsafe { optional_text(parameter, pointer, length)? } {
        Some(text) => Ok(text),
        None => Err(Error::argument(format!("{parameter} is NULL"))),
    }
}

/// A name, or another text that is not JSON.
///
/// # Safety
/// As for `optional_text`.
pub(super) unsafe fn name<'a>(
    parameter: &str,
    pointer: *const c_char,
    length: usize,
) -> Result<&'a str> {
    // SAFETY: as promised to this function.
    utf8(parameter, unsafe {
        required_text(parameter, pointer, length)?
    })
}

/// A text that always ends at its NUL and has something before it.
///
/// # Safety
/// The pointer is NULL or to NUL-terminated text that stays as it is during `'a`.
pub(super) unsafe fn nul_terminated<'a>(
    parameter: &str,
    pointer: *const c_char,
) -> Result<&'a str> {
    if pointer.is_null() {
        return Err(Error::argument(format!("{parameter} is NULL")));
    }
    // SAFETY: the caller says that there is a NUL.
    let text = unsafe { CStr::from_ptr(pointer) };
    if text.is_empty() {
        return Err(Error::argument(format!("{parameter} is empty")));
    }
    utf8(parameter, text.to_bytes())
}

/// The text as UTF-8.
fn utf8<'a>(parameter: &str, text: &'a [u8]) -> Result<&'a str> {
    std::str::from_utf8(text).map_err(|error| {
        let offset = error.valid_up_to();
        Error::argument(format!(
            "{parameter} is not UTF-8: byte 0x{:02X} at offset {offset}",
            text[offset]
        ))
        .with_detail("parameter", parameter)
        .with_detail("position", serde_json::json!({ "offset": offset }))
    })
}

/// The BSON of a JSON document that must be given.
///
/// # Safety
/// As for `optional_text`.
pub(super) unsafe fn document(
    parameter: &str,
    pointer: *const c_char,
    length: usize,
) -> Result<Scratch> {
    // SAFETY: as promised to this function.
    let text = unsafe { required_text(parameter, pointer, length)? };
    let mut document = Scratch::take();
    in_parameter(parameter, json::parse_document(text, &mut document))?;
    Ok(document)
}

/// The BSON of a JSON document; `{}` if none is given.
///
/// # Safety
/// As for `optional_text`.
pub(super) unsafe fn document_or_empty(
    parameter: &str,
    pointer: *const c_char,
    length: usize,
) -> Result<Scratch> {
    let mut document = Scratch::take();
    // SAFETY: as promised to this function.
    match unsafe { optional_text(parameter, pointer, length)? } {
        Some(text) => in_parameter(parameter, json::parse_document(text, &mut document))?,
        None => document.extend_from_slice(&EMPTY_DOCUMENT),
    }
    Ok(document)
}

/// The BSON of a JSON array that must be given.
///
/// # Safety
/// As for `optional_text`.
pub(super) unsafe fn array(
    parameter: &str,
    pointer: *const c_char,
    length: usize,
) -> Result<Scratch> {
    // SAFETY: as promised to this function.
    let text = unsafe { required_text(parameter, pointer, length)? };
    let mut array = Scratch::take();
    in_parameter(parameter, json::parse_array(text, &mut array))?;
    Ok(array)
}

/// The parameter `options`, read by `parse`; the defaults if none are given.
///
/// # Safety
/// As for `optional_text`.
pub(super) unsafe fn options<T: Default>(
    pointer: *const c_char,
    length: usize,
    parse: impl FnOnce(RawDoc) -> Result<T>,
) -> Result<T> {
    // SAFETY: as promised to this function.
    match unsafe { optional_text("options", pointer, length)? } {
        None => Ok(T::default()),
        Some(_) => {
            // SAFETY: as above.
            let document = unsafe { document("options", pointer, length)? };
            parse(RawDoc::trusted(&document))
        }
    }
}

/// Says in which parameter a text was wrong.
pub(super) fn in_parameter<T>(parameter: &str, result: Result<T>) -> Result<T> {
    result.map_err(|error| error.context(parameter).with_detail("parameter", parameter))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Status;
    use std::ptr::null;

    #[test]
    fn a_text_has_a_length_or_a_nul() {
        let text = c"abc\xFF".as_ptr();
        // SAFETY: the text is as long as said, or has its NUL; odd lengths are refused unread.
        unsafe {
            assert_eq!(optional_text("t", text, 2).unwrap(), Some(&b"ab"[..]));
            assert_eq!(
                optional_text("t", text, NUL_TERMINATED).unwrap(),
                Some(&b"abc\xFF"[..])
            );
            assert_eq!(optional_text("t", text, 0).unwrap(), Some(&b""[..]));
            assert_eq!(optional_text("t", null(), 0).unwrap(), None);
            for (pointer, length, message) in [
                (null(), 3, "t is NULL, its length is 3"),
                (
                    null(),
                    NUL_TERMINATED,
                    "t is NULL with the length IRONBASE_NUL",
                ),
                (
                    text,
                    usize::MAX - 1,
                    "t cannot be 18446744073709551614 bytes long",
                ),
                (
                    text,
                    usize::MAX / 2 + 1,
                    "t cannot be 9223372036854775808 bytes long",
                ),
            ] {
                let error = optional_text("t", pointer, length).unwrap_err();
                assert_eq!(error.status(), Status::Argument);
                assert!(error.message().starts_with(message), "{error}");
            }
        }
    }

    #[test]
    fn a_name_is_given_and_is_utf8() {
        // SAFETY: the text has its NUL.
        unsafe {
            assert_eq!(
                name("name", c"abc".as_ptr(), NUL_TERMINATED).unwrap(),
                "abc"
            );
            assert_eq!(
                name("name", null(), 0).unwrap_err().message(),
                "name is NULL"
            );
            let error = name("name", c"abc\xFF".as_ptr(), NUL_TERMINATED).unwrap_err();
            assert_eq!(error.message(), "name is not UTF-8: byte 0xFF at offset 3");
            assert_eq!(error.details()["position"]["offset"], 3);
            assert_eq!(
                nul_terminated("path", null()).unwrap_err().message(),
                "path is NULL"
            );
        }
    }

    #[test]
    fn bad_json_is_reported_with_its_parameter_and_position() {
        let text = c"{\"a\": 1,\n \"b\" 2}";
        // SAFETY: the text has its NUL.
        let error = unsafe { document("filter", text.as_ptr(), NUL_TERMINATED) };
        let Err(error) = error else {
            panic!("must be refused")
        };
        assert_eq!(error.status(), Status::Json);
        assert!(error.message().starts_with("filter: "), "{error}");
        assert_eq!(error.details()["parameter"], "filter");
        assert_eq!(error.details()["position"]["line"], 2);
    }

    #[test]
    fn a_document_that_is_not_given_is_empty() {
        // SAFETY: (NULL, 0) is allowed.
        let empty = unsafe { document_or_empty("filter", null(), 0).unwrap() };
        assert_eq!(**empty, EMPTY_DOCUMENT);
    }
}
