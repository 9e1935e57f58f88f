//! IronBase through its C ABI. Every write is durable when it returns, unless a case asks for less.
//!
//! The functions are declared by hand and called as C calls them: JSON text in, JSON text out.

use std::ffi::{CStr, CString, c_char, c_void};
use std::path::Path;
use std::ptr::{null, null_mut};

use anyhow::{Result, bail};

const OK: i32 = 0;

unsafe extern "C" {
    fn ironbase_string_free(text: *mut c_char);
    fn ironbase_error_message(error: *const c_void) -> *const c_char;
    fn ironbase_error_free(error: *mut c_void);
    fn ironbase_open(
        path: *const c_char,
        options: *const c_char,
        options_len: usize,
        out: *mut *mut c_void,
        err: *mut *mut c_void,
    ) -> i32;
    fn ironbase_db_close(db: *mut c_void, err: *mut *mut c_void) -> i32;
    fn ironbase_db_free(db: *mut c_void);
    fn ironbase_db_collection(
        db: *mut c_void,
        name: *const c_char,
        name_len: usize,
        out: *mut *mut c_void,
        err: *mut *mut c_void,
    ) -> i32;
    fn ironbase_collection_free(collection: *mut c_void);
    fn ironbase_collection_insert_one(
        collection: *mut c_void,
        document: *const c_char,
        document_len: usize,
        options: *const c_char,
        options_len: usize,
        out: *mut *mut c_char,
        out_len: *mut usize,
        err: *mut *mut c_void,
    ) -> i32;
    fn ironbase_collection_insert_many(
        collection: *mut c_void,
        documents: *const c_char,
        documents_len: usize,
        options: *const c_char,
        options_len: usize,
        out: *mut *mut c_char,
        out_len: *mut usize,
        err: *mut *mut c_void,
    ) -> i32;
    fn ironbase_collection_create_indexes(
        collection: *mut c_void,
        specs: *const c_char,
        specs_len: usize,
        options: *const c_char,
        options_len: usize,
        out: *mut *mut c_char,
        out_len: *mut usize,
        err: *mut *mut c_void,
    ) -> i32;
    fn ironbase_collection_find_one(
        collection: *mut c_void,
        filter: *const c_char,
        filter_len: usize,
        options: *const c_char,
        options_len: usize,
        out: *mut *mut c_char,
        out_len: *mut usize,
        err: *mut *mut c_void,
    ) -> i32;
    fn ironbase_collection_count_documents(
        collection: *mut c_void,
        filter: *const c_char,
        filter_len: usize,
        options: *const c_char,
        options_len: usize,
        out: *mut i64,
        err: *mut *mut c_void,
    ) -> i32;
    fn ironbase_collection_update_one(
        collection: *mut c_void,
        filter: *const c_char,
        filter_len: usize,
        update: *const c_char,
        update_len: usize,
        options: *const c_char,
        options_len: usize,
        out: *mut *mut c_char,
        out_len: *mut usize,
        err: *mut *mut c_void,
    ) -> i32;
}

/// A text that the library returned; freed when dropped.
pub struct Text {
    start: *mut c_char,
    length: usize,
}

impl Text {
    /// The text's bytes.
    pub fn bytes(&self) -> &[u8] {
        if self.start.is_null() {
            return &[];
        }
        // SAFETY: the library returned this pointer with this length, and it is not freed yet.
        unsafe { std::slice::from_raw_parts(self.start.cast(), self.length) }
    }
}

impl Drop for Text {
    fn drop(&mut self) {
        // SAFETY: the library's own string, freed once; NULL is allowed.
        unsafe { ironbase_string_free(self.start) };
    }
}

/// A database with the one collection that a case works on.
pub struct Database {
    db: *mut c_void,
    collection: *mut c_void,
}

// SAFETY: the C ABI says that databases and collections may be used from any thread.
unsafe impl Send for Database {}
// SAFETY: as above, also from several at once.
unsafe impl Sync for Database {}

/// As much memory as SQLite's page cache is given.
const OPTIONS: &str = r#"{"cacheSize": 268435456}"#;
/// The same, and writes return before they are on the medium.
const UNSYNCED: &str = r#"{"cacheSize": 268435456, "durability": "none"}"#;

impl Database {
    /// Opens, or creates, a database in `directory`.
    pub fn open(directory: &Path) -> Result<Database> {
        Database::open_with(directory, OPTIONS)
    }

    /// The same, for writes that a crash of the program does not lose, but a power cut may.
    pub fn open_unsynced(directory: &Path) -> Result<Database> {
        Database::open_with(directory, UNSYNCED)
    }

    fn open_with(directory: &Path, options: &str) -> Result<Database> {
        let path = CString::new(
            directory
                .join("bench.mlite")
                .into_os_string()
                .into_encoded_bytes(),
        )?;
        let mut database = Database {
            db: null_mut(),
            collection: null_mut(),
        };
        let name = "documents";
        call(|error| {
            // SAFETY: the path is NUL-terminated, the out-parameter valid, options and length belong together.
            unsafe {
                ironbase_open(
                    path.as_ptr(),
                    options.as_ptr().cast(),
                    options.len(),
                    &mut database.db,
                    error,
                )
            }
        })?;
        call(|error| {
            // SAFETY: the handle was just opened; name and length belong together.
            unsafe {
                ironbase_db_collection(
                    database.db,
                    name.as_ptr().cast(),
                    name.len(),
                    &mut database.collection,
                    error,
                )
            }
        })?;
        Ok(database)
    }

    /// Closes, which brings everything to its final place.
    pub fn close(self) -> Result<()> {
        // SAFETY: the handle is open; closing twice, as dropping does, is allowed.
        call(|error| unsafe { ironbase_db_close(self.db, error) })
    }

    /// Inserts one document.
    pub fn insert_one(&self, json: &str) -> Result<()> {
        self.run(ironbase_collection_insert_one, json).map(drop)
    }

    /// Inserts documents, one a line.
    pub fn insert_many(&self, lines: &str) -> Result<()> {
        self.run(ironbase_collection_insert_many, lines).map(drop)
    }

    /// Creates indexes from an array of specifications.
    pub fn create_indexes(&self, specs: &str) -> Result<()> {
        self.run(ironbase_collection_create_indexes, specs)
            .map(drop)
    }

    /// Finds the first document that matches; an empty text if there is none.
    pub fn find_one(&self, filter: &str) -> Result<Text> {
        self.run(ironbase_collection_find_one, filter)
    }

    /// Counts the documents that match.
    pub fn count(&self, filter: &str) -> Result<i64> {
        let mut count = 0;
        call(|error| {
            // SAFETY: the collection is open, text and length belong together, the out-parameters
            // are valid, no options are given.
            unsafe {
                ironbase_collection_count_documents(
                    self.collection,
                    filter.as_ptr().cast(),
                    filter.len(),
                    null(),
                    0,
                    &mut count,
                    error,
                )
            }
        })?;
        Ok(count)
    }

    /// Changes the first document that matches.
    pub fn update_one(&self, filter: &str, update: &str) -> Result<Text> {
        let mut out = Text {
            start: null_mut(),
            length: 0,
        };
        call(|error| {
            // SAFETY: as in `count`.
            unsafe {
                ironbase_collection_update_one(
                    self.collection,
                    filter.as_ptr().cast(),
                    filter.len(),
                    update.as_ptr().cast(),
                    update.len(),
                    null(),
                    0,
                    &mut out.start,
                    &mut out.length,
                    error,
                )
            }
        })?;
        Ok(out)
    }

    /// Calls one of the functions that take a text and return one.
    fn run(&self, function: TextFunction, text: &str) -> Result<Text> {
        let mut out = Text {
            start: null_mut(),
            length: 0,
        };
        call(|error| {
            // SAFETY: the collection is open, text and length belong together, the out-parameters
            // are valid, no options are given.
            unsafe {
                function(
                    self.collection,
                    text.as_ptr().cast(),
                    text.len(),
                    null(),
                    0,
                    &mut out.start,
                    &mut out.length,
                    error,
                )
            }
        })?;
        Ok(out)
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        // SAFETY: both handles are ours and freed once; NULL is allowed.
        unsafe {
            ironbase_collection_free(self.collection);
            ironbase_db_free(self.db);
        }
    }
}

type TextFunction = unsafe extern "C" fn(
    *mut c_void,
    *const c_char,
    usize,
    *const c_char,
    usize,
    *mut *mut c_char,
    *mut usize,
    *mut *mut c_void,
) -> i32;

/// Runs a call and makes its error, if any, ours. A positive status (no more documents) is success.
fn call(function: impl FnOnce(*mut *mut c_void) -> i32) -> Result<()> {
    let mut error = null_mut();
    if function(&mut error) >= OK {
        return Ok(());
    }
    // SAFETY: after a failure the library has set the error; its message lives until it is freed.
    let message = unsafe {
        let message = CStr::from_ptr(ironbase_error_message(error))
            .to_string_lossy()
            .into_owned();
        ironbase_error_free(error);
        message
    };
    bail!("IronBase: {message}")
}
