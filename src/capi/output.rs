//! Texts handed out: a `char *` from `malloc` with a NUL behind it, and its length.
//!
//! `malloc` rather than Rust's allocator, so that tools and languages that wrap the library see
//! ordinary C memory. Results are written to a scratch buffer first and copied once into an
//! allocation of their exact size.

use std::ffi::c_char;
use std::ptr::null_mut;

use crate::error::{Code, Error, Result, Status};

/// The pair `out`, `out_len` of a function.
#[derive(Clone, Copy)]
pub(super) struct Output {
    out: *mut *mut c_char,
    out_len: *mut usize,
}

impl Output {
    /// Clears both, whatever happens next.
    ///
    /// # Safety
    /// Each is NULL or may be written until the call is over.
    pub(super) unsafe fn cleared(out: *mut *mut c_char, out_len: *mut usize) -> Output {
        // SAFETY: the caller vouches for what is not NULL.
        unsafe {
            if !out.is_null() {
                out.write(null_mut());
            }
            if !out_len.is_null() {
                out_len.write(0);
            }
        }
        Output { out, out_len }
    }

    /// Refuses an absent `out`, for functions that are called for their result alone.
    pub(super) fn required(self) -> Result<Output> {
        match self.out.is_null() {
            true => Err(Error::argument("out is NULL")),
            false => Ok(self),
        }
    }

    /// Whether the caller wants the text at all.
    pub(super) fn is_wanted(self) -> bool {
        !self.out.is_null() || !self.out_len.is_null()
    }

    /// Hands out a copy of `text`.
    pub(super) fn set(self, text: &[u8]) -> Result<()> {
        // SAFETY: `cleared` was promised that both may be written.
        unsafe {
            if !self.out.is_null() {
                self.out.write(malloc_copy(text)?);
            }
            if !self.out_len.is_null() {
                self.out_len.write(text.len());
            }
        }
        Ok(())
    }
}

fn malloc_copy(text: &[u8]) -> Result<*mut c_char> {
    // SAFETY: the allocation has room for the text and the NUL.
    unsafe {
        let copy = libc::malloc(text.len() + 1).cast::<u8>();
        if copy.is_null() {
            let message = format!("no memory for a result of {} bytes", text.len());
            return Err(Error::new(Status::NoMemory, Code::NONE, message));
        }
        copy.copy_from_nonoverlapping(text.as_ptr(), text.len());
        copy.add(text.len()).write(0);
        Ok(copy.cast())
    }
}

#[cfg(test)]
mod tests {
    use super::super::library::ironbase_string_free;
    use super::*;
    use std::ffi::CStr;

    #[test]
    fn a_text_comes_with_its_length_and_a_nul() {
        let (mut out, mut out_len) = (std::ptr::dangling_mut(), 99);
        // SAFETY: both are locals; the text is freed once.
        unsafe {
            let output = Output::cleared(&mut out, &mut out_len);
            assert_eq!((out, out_len), (null_mut(), 0));
            output.set(b"{}").unwrap();
            assert_eq!((CStr::from_ptr(out), out_len), (c"{}", 2));
            ironbase_string_free(out);
        }
    }

    #[test]
    fn each_half_may_be_null() {
        let mut out_len = 99;
        // SAFETY: NULL, and a local.
        unsafe {
            assert!(!Output::cleared(null_mut(), null_mut()).is_wanted());
            assert!(Output::cleared(null_mut(), null_mut()).required().is_err());
            Output::cleared(null_mut(), &mut out_len)
                .set(b"abc")
                .unwrap();
        }
        assert_eq!(out_len, 3);
    }
}
