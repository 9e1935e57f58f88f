//! Cursors: results one at a time, or many in one text.
//!
//! A batch is written straight into its buffer. The document that would make it too large is cut
//! off again and held back for the next call, so that the limit holds without reading ahead twice.
//!
//! Invariant: no document is lost. An error in the middle of a batch ends the batch, and is
//! returned by the next call.

use std::ffi::c_char;
use std::ptr::null;

use parking_lot::{Mutex, MutexGuard};

use super::error::ironbase_error_t;
use super::guard::{guard, guard_quiet};
use super::handle::{self, Opaque, borrow};
use super::output::Output;
use super::status::ironbase_status_t;
use crate::bson::RawDoc;
use crate::database::Cursor;
use crate::error::{Error, Result, Status};
use crate::json::{self, Mode};

/// A batch is one JSON array.
pub const IRONBASE_FORMAT_ARRAY: i32 = 0;
/// A batch is one document a line, each line ended by `'\n'`.
pub const IRONBASE_FORMAT_LINES: i32 = 1;

/// The size of a batch when the caller sets no limit at all.
const DEFAULT_BATCH_BYTES: usize = 1 << 20;

/// A place in the results of a query. For one thread at a time.
///
/// @ingroup cursor
pub struct ironbase_cursor_t {
    _opaque: [u8; 0],
}

impl Opaque for ironbase_cursor_t {
    type Value = Mutex<Reading>;
    const MAGIC: u64 = u64::from_le_bytes(*b"a cursor");
    const TYPE: &'static str = "ironbase_cursor_t";
}

/// A cursor and the texts it lends out.
pub struct Reading {
    cursor: Cursor,
    mode: Mode,
    batch_size: u32,
    /// The document that `next` lends out, and a NUL; or the one held back.
    document: Vec<u8>,
    /// `document` did not fit into the last batch and is the next to be returned.
    held_back: bool,
    /// Came up behind the last batch, which was returned without it.
    error: Option<Error>,
    /// The batch being written; kept for its memory.
    batch: Vec<u8>,
}

impl Reading {
    pub(super) fn new(cursor: Cursor, mode: Mode, batch_size: u32) -> Mutex<Reading> {
        Mutex::new(Reading {
            cursor,
            mode,
            batch_size,
            document: Vec::new(),
            held_back: false,
            error: None,
            batch: Vec::new(),
        })
    }

    /// Puts the next document into `self.document`; `false` at the end.
    fn advance(&mut self) -> Result<bool> {
        if std::mem::take(&mut self.held_back) {
            return Ok(true);
        }
        if let Some(error) = self.error.take() {
            return Err(error);
        }
        self.document.clear();
        let Some(document) = self.cursor.next()? else {
            return Ok(false);
        };
        json::write_document(&mut self.document, RawDoc::trusted(document), self.mode);
        self.document.push(0);
        Ok(true)
    }

    /// Adds the next document to the batch; `false` at the end.
    fn advance_batch(&mut self) -> Result<bool> {
        if std::mem::take(&mut self.held_back) {
            self.batch
                .extend_from_slice(&self.document[..self.document.len() - 1]);
            return Ok(true);
        }
        if let Some(error) = self.error.take() {
            return Err(error);
        }
        let Some(document) = self.cursor.next()? else {
            return Ok(false);
        };
        json::write_document(&mut self.batch, RawDoc::trusted(document), self.mode);
        Ok(true)
    }

    /// What it means that there is no document.
    fn end(&self) -> Status {
        match self.cursor.awaits_data() {
            true => Status::Timeout,
            false => Status::Done,
        }
    }

    /// Fills the batch; returns how many documents it has.
    fn fill_batch(&mut self, max_docs: u32, max_bytes: usize, lines: bool) -> Result<u32> {
        // The array's brackets, and what stands behind a document, count like the rest.
        let (opening, closing) = if lines { (0, 1) } else { (1, 1) };
        self.batch.clear();
        self.batch.extend_from_slice(&b"["[..opening]);
        let mut count = 0;
        while count < max_docs && (count == 0 || !self.cursor.may_wait()) {
            let start = self.batch.len();
            match self.advance_batch() {
                Ok(true) => {}
                Ok(false) => break,
                Err(error) if count == 0 => return Err(error),
                Err(error) => {
                    self.error = Some(error);
                    break;
                }
            }
            if count > 0 && self.batch.len() + closing > max_bytes {
                self.hold_back(start);
                break;
            }
            self.batch.push(if lines { b'\n' } else { b',' });
            count += 1;
        }
        if !lines && count > 0 {
            // The comma behind the last document.
            let last = self.batch.len() - 1;
            self.batch[last] = b']';
        }
        Ok(count)
    }

    /// Takes the last document, which starts at `start`, out of the batch again.
    fn hold_back(&mut self, start: usize) {
        self.document.clear();
        self.document.extend_from_slice(&self.batch[start..]);
        self.document.push(0);
        self.batch.truncate(start);
        self.held_back = true;
    }
}

/// The cursor behind the handle, for this call alone.
fn exclusive(cursor: &Mutex<Reading>) -> Result<MutexGuard<'_, Reading>> {
    cursor.try_lock().ok_or_else(|| {
        Error::argument("cursor is in use by another thread; a cursor serves one at a time")
    })
}

/// Moves to the next document.
///
/// @param cursor The cursor.
/// @param[out] document The document as NUL-terminated JSON, borrowed until the next call with this
///             cursor; NULL at the end.
/// @param[out] document_len Its length in bytes, without the NUL; may be NULL.
/// @param[out] err See @ref conventions.
/// @return #IRONBASE_OK; #IRONBASE_DONE behind the last document. A cursor found with `tailable` may
///         be asked again then; with `awaitData` it waits for a document first, and returns
///         #IRONBASE_TIMEOUT if none came. #IRONBASE_ERROR_QUERY if its place was lost: (136,
///         CappedPositionLost) removed to make room, (175, QueryPlanKilled) dropped or renamed.
/// @ingroup cursor
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ironbase_cursor_next(
    cursor: *mut ironbase_cursor_t,
    document: *mut *const c_char,
    document_len: *mut usize,
    err: *mut *mut ironbase_error_t,
) -> ironbase_status_t {
    // SAFETY: the caller keeps the header's conventions.
    unsafe {
        guard(err, || {
            if !document_len.is_null() {
                document_len.write(0);
            }
            if document.is_null() {
                return Err(Error::argument("document is NULL"));
            }
            document.write(null());
            let mut reading = exclusive(borrow("cursor", cursor)?)?;
            if !reading.advance()? {
                return Ok(reading.end());
            }
            document.write(reading.document.as_ptr().cast());
            if !document_len.is_null() {
                document_len.write(reading.document.len() - 1);
            }
            Ok(Status::Ok)
        })
    }
}

/// Reads the next documents, many in one text: faster than one by one, above all from other
/// languages.
///
/// @param cursor The cursor.
/// @param max_docs Documents at most; 0 for no limit.
/// @param max_bytes Bytes of text at most, except that one document is always returned; 0 for no
///        limit. With both 0, batches have the `batchSize` that `find` was given, and 1 MiB at
///        most.
/// @param format #IRONBASE_FORMAT_ARRAY or #IRONBASE_FORMAT_LINES.
/// @param[out] out The documents; NULL at the end. Free it with ironbase_string_free().
/// @param[out] out_len Its length in bytes; may be NULL.
/// @param[out] count The number of documents in it; may be NULL.
/// @param[out] err See @ref conventions. An error behind the first documents of a batch is returned
///         by the next call.
/// @return #IRONBASE_OK; #IRONBASE_DONE if there are no more documents; for tailable cursors as
///         ironbase_cursor_next().
/// @ingroup cursor
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ironbase_cursor_next_batch(
    cursor: *mut ironbase_cursor_t,
    max_docs: u32,
    max_bytes: usize,
    format: i32,
    out: *mut *mut c_char,
    out_len: *mut usize,
    count: *mut u32,
    err: *mut *mut ironbase_error_t,
) -> ironbase_status_t {
    // SAFETY: the caller keeps the header's conventions.
    unsafe {
        guard(err, || {
            let out = Output::cleared(out, out_len);
            if !count.is_null() {
                count.write(0);
            }
            out.required()?;
            let mut reading = exclusive(borrow("cursor", cursor)?)?;
            let lines = match format {
                IRONBASE_FORMAT_ARRAY => false,
                IRONBASE_FORMAT_LINES => true,
                _ => {
                    return Err(Error::argument(format!(
                        "format needs IRONBASE_FORMAT_ARRAY (0) or IRONBASE_FORMAT_LINES (1), \
                         found {format}"
                    )));
                }
            };
            let (max_docs, max_bytes) = match (max_docs, max_bytes) {
                (0, 0) => (unlimited(reading.batch_size, u32::MAX), DEFAULT_BATCH_BYTES),
                (docs, bytes) => (unlimited(docs, u32::MAX), unlimited(bytes, usize::MAX)),
            };
            let documents = reading.fill_batch(max_docs, max_bytes, lines)?;
            if documents == 0 {
                return Ok(reading.end());
            }
            out.set(&reading.batch)?;
            if !count.is_null() {
                count.write(documents);
            }
            Ok(Status::Ok)
        })
    }
}

/// Frees a cursor and the document borrowed from it.
///
/// @param cursor May be NULL.
/// @ingroup cursor
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ironbase_cursor_free(cursor: *mut ironbase_cursor_t) {
    // SAFETY: the caller keeps the header's conventions.
    guard_quiet(|| drop(unsafe { handle::release(cursor) }));
}

/// A limit in which 0 stands for none.
fn unlimited<T: Default + PartialEq>(limit: T, most: T) -> T {
    if limit == T::default() { most } else { limit }
}
