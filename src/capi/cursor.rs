//! Cursors: results one at a time, or many in one text.
//!
//! A batch is written straight into its buffer. The document that would make it too large is cut
//! off again and held back, as BSON, for the next call, which may want it in another form.
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
/// A batch is BSON: one document after another, each beginning with its length as BSON does.
pub const IRONBASE_FORMAT_BSON: i32 = 2;

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
    source: Source,
    mode: Mode,
    batch_size: u32,
    /// The text that `ironbase_cursor_next` lends out, and a NUL.
    lent: Vec<u8>,
    /// The batch being written; kept for its memory.
    batch: Vec<u8>,
}

/// The documents that are still to be returned.
struct Source {
    cursor: Cursor,
    /// Did not fit into the last batch and is the next to be returned.
    held_back: Option<Vec<u8>>,
    /// What was held back, while it is lent out.
    lent: Vec<u8>,
    /// Came up behind the last batch, which was returned without it.
    error: Option<Error>,
}

impl Source {
    /// The next document as BSON, lent until the next call; `None` at the end.
    fn next(&mut self) -> Result<Option<&[u8]>> {
        if let Some(document) = self.held_back.take() {
            self.lent = document;
            return Ok(Some(&self.lent));
        }
        match self.error.take() {
            Some(error) => Err(error),
            None => self.cursor.next(),
        }
    }
}

/// How the documents of a batch stand in it.
#[derive(Clone, Copy, PartialEq)]
enum Format {
    Array,
    Lines,
    Bson,
}

impl Format {
    fn read(format: i32) -> Result<Format> {
        match format {
            IRONBASE_FORMAT_ARRAY => Ok(Format::Array),
            IRONBASE_FORMAT_LINES => Ok(Format::Lines),
            IRONBASE_FORMAT_BSON => Ok(Format::Bson),
            _ => Err(Error::argument(format!(
                "format needs IRONBASE_FORMAT_ARRAY (0), IRONBASE_FORMAT_LINES (1) or \
                 IRONBASE_FORMAT_BSON (2), found {format}"
            ))),
        }
    }

    /// What stands before the documents, behind each, and in place of that behind the last.
    fn frame(self) -> [&'static [u8]; 3] {
        match self {
            Format::Array => [b"[", b",", b"]"],
            Format::Lines => [b"", b"\n", b"\n"],
            Format::Bson => [b"", b"", b""],
        }
    }
}

impl Reading {
    pub(super) fn new(cursor: Cursor, mode: Mode, batch_size: u32) -> Mutex<Reading> {
        Mutex::new(Reading {
            source: Source {
                cursor,
                held_back: None,
                lent: Vec::new(),
                error: None,
            },
            mode,
            batch_size,
            lent: Vec::new(),
            batch: Vec::new(),
        })
    }

    /// Puts the text of the next document into `self.lent`; `false` at the end.
    fn advance(&mut self) -> Result<bool> {
        self.lent.clear();
        let Some(document) = self.source.next()? else {
            return Ok(false);
        };
        json::write_document(&mut self.lent, RawDoc::trusted(document), self.mode);
        self.lent.push(0);
        Ok(true)
    }

    /// The next document as BSON, lent until the next call; `None` at the end.
    pub(super) fn next_bson(&mut self) -> Result<Option<&[u8]>> {
        self.source.next()
    }

    /// What it means that there is no document.
    pub(super) fn end(&self) -> Status {
        match self.source.cursor.awaits_data() {
            true => Status::Timeout,
            false => Status::Done,
        }
    }

    /// Fills the batch; returns how many documents it has.
    fn fill_batch(&mut self, max_docs: u32, max_bytes: usize, format: Format) -> Result<u32> {
        let Reading { source, batch, .. } = self;
        let [opening, between, closing] = format.frame();
        batch.clear();
        batch.extend_from_slice(opening);
        let mut count = 0;
        while count < max_docs && (count == 0 || !source.cursor.may_wait()) {
            let start = batch.len();
            let document = match source.next() {
                Ok(Some(document)) => document,
                Ok(None) => break,
                Err(error) if count == 0 => return Err(error),
                Err(error) => {
                    source.error = Some(error);
                    break;
                }
            };
            match format {
                Format::Bson => batch.extend_from_slice(document),
                _ => json::write_document(batch, RawDoc::trusted(document), self.mode),
            }
            if count > 0 && batch.len() + closing.len() > max_bytes {
                source.held_back = Some(document.to_vec());
                batch.truncate(start);
                break;
            }
            batch.extend_from_slice(between);
            count += 1;
        }
        if count > 0 {
            batch.truncate(batch.len() - between.len());
            batch.extend_from_slice(closing);
        }
        Ok(count)
    }
}

/// The cursor behind the handle, for this call alone.
pub(super) fn exclusive(cursor: &Mutex<Reading>) -> Result<MutexGuard<'_, Reading>> {
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
            document.write(reading.lent.as_ptr().cast());
            if !document_len.is_null() {
                document_len.write(reading.lent.len() - 1);
            }
            Ok(Status::Ok)
        })
    }
}

/// Reads the next documents, many in one text: faster than one by one, above all from other
/// languages. With #IRONBASE_FORMAT_BSON the text is bytes, which may hold NULs.
///
/// @param cursor The cursor.
/// @param max_docs Documents at most; 0 for no limit.
/// @param max_bytes Bytes of text at most, except that one document is always returned; 0 for no
///        limit. With both 0, batches have the `batchSize` that `find` was given, and 1 MiB at
///        most.
/// @param format #IRONBASE_FORMAT_ARRAY, #IRONBASE_FORMAT_LINES or #IRONBASE_FORMAT_BSON.
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
            let format = Format::read(format)?;
            let (max_docs, max_bytes) = match (max_docs, max_bytes) {
                (0, 0) => (unlimited(reading.batch_size, u32::MAX), DEFAULT_BATCH_BYTES),
                (docs, bytes) => (unlimited(docs, u32::MAX), unlimited(bytes, usize::MAX)),
            };
            let documents = reading.fill_batch(max_docs, max_bytes, format)?;
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
