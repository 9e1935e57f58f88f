//! Databases: opening, closing, and the collections in them.

use std::ffi::c_char;
use std::ptr::null_mut;

use super::arguments::{document_or_empty, name, nul_terminated, options};
use super::collection::{OpenCollection, ironbase_collection_t};
use super::error::ironbase_error_t;
use super::guard::{guard, guard_quiet, writing};
use super::handle::{self, Opaque, borrow};
use super::output::Output;
use super::results::{array_text, document_text};
use super::status::ironbase_status_t;
use crate::bson::RawDoc;
use crate::command::Commands;
use crate::database::Database;
use crate::database::options::{OpenOptions, RenameOptions, only_comment};
use crate::error::{Error, Result, Status};

/// An open database. Thread-safe.
///
/// @ingroup database
pub struct ironbase_db_t {
    _opaque: [u8; 0],
}

impl Opaque for ironbase_db_t {
    type Value = OpenDatabase;
    const MAGIC: u64 = u64::from_le_bytes(*b"database");
    const TYPE: &'static str = "ironbase_db_t";
}

/// What a database's handle holds: the database, and what its commands leave open.
pub struct OpenDatabase {
    database: Database,
    pub(super) commands: Commands,
}

impl std::ops::Deref for OpenDatabase {
    type Target = Database;

    fn deref(&self) -> &Database {
        &self.database
    }
}

impl OpenDatabase {
    fn new(database: Database) -> OpenDatabase {
        OpenDatabase {
            commands: Commands::new(database.clone()),
            database,
        }
    }

    fn close(&self) -> Result<()> {
        self.commands.clear();
        self.database.close()
    }
}

/// Opens a database: a directory, made unless it exists.
///
/// Options:
/// - `create` (true): make the database if there is none.
/// - `readOnly` (false): refuse all writes.
/// - `durability` (`"full"`): what a power cut can take. `"full"`: nothing that a call returned
///   #IRONBASE_OK for; `"interval"`: the last `syncIntervalMs`; `"none"`: what the system has not
///   written yet. A crash of the program alone takes nothing.
/// - `syncIntervalMs` (100): see `durability`.
/// - `cacheSize` (67108864): bytes of memory for pages.
/// - `pageSize` (8192): of files made from now on; 4096, 8192, 16384 or 32768.
/// - `readMode` (`"mmap"`): `"pread"` reads without memory maps.
/// - `strictCollections` (false): reading a collection that does not exist is an error.
/// - `jsonMode` (`"relaxed"`): the form of all results; `"canonical"` shows every type;
///   `"javascript"` is relaxed but for longs beyond 2^53 - 1, which show theirs.
/// - `transactionLifetimeLimitSeconds` (60): a transaction that is open for longer is aborted.
/// - `logRetentionBytes` (0): so much log stays behind what recovery needs, for incremental backups: see
///   ironbase_db_backup().
/// - `maxOpenFiles` (256), `queryCacheSize` (1000 shapes of queries).
/// - `background` (true): upkeep on threads of its own; false: in the calls that make it necessary, and no
///   compaction. `{"compaction": false}` leaves out compaction alone, `{"compaction": {"freePercent":
///   50, "freeBytes": 16777216, "idleMs": 10000}}` says when it begins: so much of a collection's files would
///   be given back, and nobody has written for so long.
///
/// @param path NUL-terminated; `":memory:"` opens an empty database that lives in memory only.
/// @param options JSON document; `(NULL, 0)` for the defaults.
/// @param options_len Bytes, or #IRONBASE_NUL.
/// @param[out] out The database; free it with ironbase_db_free().
/// @param[out] err See @ref conventions.
/// @return #IRONBASE_OK; #IRONBASE_ERROR_ARGUMENT for an unknown option or a bad value;
///         #IRONBASE_ERROR_LOCKED if it is open already, here or in another process;
///         #IRONBASE_ERROR_NOT_FOUND if there is none and `create` is false, or if the directory
///         that it would lie in does not exist; #IRONBASE_ERROR_IO and
///         #IRONBASE_ERROR_FULL from the system; #IRONBASE_ERROR_CORRUPT for damaged files;
///         #IRONBASE_ERROR_UNSUPPORTED for files of a newer version.
/// @ingroup database
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ironbase_open(
    path: *const c_char,
    options: *const c_char,
    options_len: usize,
    out: *mut *mut ironbase_db_t,
    err: *mut *mut ironbase_error_t,
) -> ironbase_status_t {
    // SAFETY: the caller keeps the header's conventions.
    unsafe {
        guard(err, || {
            clear_handle(out)?;
            let path = nul_terminated("path", path)?;
            let options = self::options(options, options_len, OpenOptions::from_bson)?;
            let database = Database::open(path, options)?;
            log::info!("opened {path}");
            out.write(handle::create(OpenDatabase::new(database)));
            Ok(Status::Ok)
        })
    }
}

/// Closes a database: waits for calls under way, makes everything durable, gives up the lock.
///
/// Every handle that came from it answers #IRONBASE_ERROR_CLOSED from then on, and must still be
/// freed. Safe from any thread; closing again does nothing and succeeds.
///
/// @param db The database.
/// @param[out] err See @ref conventions.
/// @return #IRONBASE_OK; #IRONBASE_ERROR_IO or #IRONBASE_ERROR_FULL for what writing met. It is
///         closed then too.
/// @ingroup database
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ironbase_db_close(
    db: *mut ironbase_db_t,
    err: *mut *mut ironbase_error_t,
) -> ironbase_status_t {
    // SAFETY: the caller keeps the header's conventions.
    unsafe {
        guard(err, || {
            borrow("db", db)?.close()?;
            Ok(Status::Ok)
        })
    }
}

/// Closes a database if it is open, and frees its handle.
///
/// What closing met is only logged: call ironbase_db_close() first to learn of it. Handles that
/// came from the database may be freed before or after.
///
/// @param db May be NULL.
/// @ingroup database
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ironbase_db_free(db: *mut ironbase_db_t) {
    guard_quiet(|| {
        // SAFETY: the caller keeps the header's conventions.
        let Some(database) = (unsafe { handle::release(db) }) else {
            return;
        };
        if let Err(error) = database.close() {
            log::error!("closing a database that was freed: {error}");
        }
    });
}

/// Gets a handle to a collection, which need not exist: the first document inserted makes it.
///
/// @param db The database.
/// @param name The collection's name.
/// @param name_len Bytes, or #IRONBASE_NUL.
/// @param[out] out The collection; free it with ironbase_collection_free().
/// @param[out] err See @ref conventions.
/// @return #IRONBASE_OK; #IRONBASE_ERROR_QUERY (73, InvalidNamespace) for a name that no collection
///         can have.
/// @ingroup database
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ironbase_db_collection(
    db: *mut ironbase_db_t,
    name: *const c_char,
    name_len: usize,
    out: *mut *mut ironbase_collection_t,
    err: *mut *mut ironbase_error_t,
) -> ironbase_status_t {
    // SAFETY: the caller keeps the header's conventions.
    unsafe {
        guard(err, || {
            clear_handle(out)?;
            let database = borrow("db", db)?;
            let name = self::name("name", name, name_len)?;
            let collection = OpenCollection::new(database, name)?;
            out.write(handle::create(collection));
            Ok(Status::Ok)
        })
    }
}

/// Makes an empty collection. One that exists already with the same options is fine.
///
/// Options: `capped` (false): the oldest documents make room for new ones; then `size`, the most
/// bytes of documents, is needed, and `max` limits their number. `collation`: how
/// strings compare where an operation does not say. `clusteredIndex`, which every
/// collection has: `{"key": {"_id": 1}, "unique": true}`. `validator`, a filter (often
/// `{"$jsonSchema": ..}`) that documents must match, with `validationLevel` ("strict", "moderate",
/// "off") and `validationAction` ("error", "warn", "errorAndLog"). `maxTimeMS`, `opId`, `comment`.
///
/// @param db The database.
/// @param name The collection's name.
/// @param name_len Bytes, or #IRONBASE_NUL.
/// @param options JSON document; `(NULL, 0)` for none.
/// @param options_len Bytes, or #IRONBASE_NUL.
/// @param[out] err See @ref conventions.
/// @return #IRONBASE_OK; #IRONBASE_ERROR_QUERY (73, InvalidNamespace) for a name that no collection
///         can have, (48, NamespaceExists) if there is one with other options, (72, InvalidOptions)
///         for options that do not fit together; those of writing (see @ref conventions).
/// @ingroup database
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ironbase_db_create_collection(
    db: *mut ironbase_db_t,
    name: *const c_char,
    name_len: usize,
    options: *const c_char,
    options_len: usize,
    err: *mut *mut ironbase_error_t,
) -> ironbase_status_t {
    // SAFETY: the caller keeps the header's conventions.
    unsafe {
        guard(err, || {
            let database = borrow("db", db)?;
            let name = self::name("name", name, name_len)?;
            let options = document_or_empty("options", options, options_len)?;
            writing(database, || {
                database.create_collection(name, RawDoc::trusted(&options))
            })?;
            Ok(Status::Ok)
        })
    }
}

/// Renames a collection, its indexes with it. Handles to the old name then see no collection.
///
/// Options: `dropTarget` (false): drop a collection that has the new name.
///
/// @param db The database.
/// @param from The present name.
/// @param from_len Bytes, or #IRONBASE_NUL.
/// @param to The new name.
/// @param to_len Bytes, or #IRONBASE_NUL.
/// @param options JSON document; `(NULL, 0)` for the defaults.
/// @param options_len Bytes, or #IRONBASE_NUL.
/// @param[out] err See @ref conventions.
/// @return #IRONBASE_OK; #IRONBASE_ERROR_NOT_FOUND (26, NamespaceNotFound) if `from` does not
///         exist; #IRONBASE_ERROR_QUERY (48, NamespaceExists) if `to` does; those of writing (see
///         @ref conventions).
/// @ingroup database
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ironbase_db_rename_collection(
    db: *mut ironbase_db_t,
    from: *const c_char,
    from_len: usize,
    to: *const c_char,
    to_len: usize,
    options: *const c_char,
    options_len: usize,
    err: *mut *mut ironbase_error_t,
) -> ironbase_status_t {
    // SAFETY: the caller keeps the header's conventions.
    unsafe {
        guard(err, || {
            let database = borrow("db", db)?;
            let from = name("from", from, from_len)?;
            let to = name("to", to, to_len)?;
            let options = self::options(options, options_len, RenameOptions::from_bson)?;
            writing(database, || {
                database.rename_collection(from, to, options.drop_target)
            })?;
            Ok(Status::Ok)
        })
    }
}

/// Lists the collections.
///
/// @param db The database.
/// @param filter JSON document that the listed documents must match, e.g. `{"name": "users"}`;
///         `(NULL, 0)` for all.
/// @param filter_len Bytes, or #IRONBASE_NUL.
/// @param[out] out JSON array of `{"name": .., "type": "collection", "options": {..}, "info":
///             {..}}`; free it with ironbase_string_free().
/// @param[out] out_len Its length in bytes; may be NULL.
/// @param[out] err See @ref conventions.
/// @return #IRONBASE_OK; #IRONBASE_ERROR_QUERY for a bad filter.
/// @ingroup database
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ironbase_db_list_collections(
    db: *mut ironbase_db_t,
    filter: *const c_char,
    filter_len: usize,
    out: *mut *mut c_char,
    out_len: *mut usize,
    err: *mut *mut ironbase_error_t,
) -> ironbase_status_t {
    // SAFETY: the caller keeps the header's conventions.
    unsafe {
        guard(err, || {
            let out = Output::cleared(out, out_len).required()?;
            let database = borrow("db", db)?;
            let filter = document_or_empty("filter", filter, filter_len)?;
            let list = database.list_collections(RawDoc::trusted(&filter))?;
            out.set(&array_text(&list, database.json_mode()))?;
            Ok(Status::Ok)
        })
    }
}

/// Writes everything to its place in the page files and shortens the log. Goes on by itself in the
/// background; calling it makes the next opening fast and the log small now.
///
/// @param db The database.
/// @param[out] err See @ref conventions.
/// @return #IRONBASE_OK; those of writing (see @ref conventions).
/// @ingroup database
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ironbase_db_checkpoint(
    db: *mut ironbase_db_t,
    err: *mut *mut ironbase_error_t,
) -> ironbase_status_t {
    // SAFETY: the caller keeps the header's conventions.
    unsafe {
        guard(err, || {
            let database = borrow("db", db)?;
            writing(database, || database.checkpoint())?;
            Ok(Status::Ok)
        })
    }
}

/// Reports figures of the database: sizes, counts, the state of log and cache.
///
/// @param db The database.
/// @param options JSON document, none defined yet; `(NULL, 0)` for none.
/// @param options_len Bytes, or #IRONBASE_NUL.
/// @param[out] out JSON document; free it with ironbase_string_free().
/// @param[out] out_len Its length in bytes; may be NULL.
/// @param[out] err See @ref conventions.
/// @return #IRONBASE_OK.
/// @ingroup database
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ironbase_db_stats(
    db: *mut ironbase_db_t,
    options: *const c_char,
    options_len: usize,
    out: *mut *mut c_char,
    out_len: *mut usize,
    err: *mut *mut ironbase_error_t,
) -> ironbase_status_t {
    // SAFETY: the caller keeps the header's conventions.
    unsafe {
        guard(err, || {
            let out = Output::cleared(out, out_len).required()?;
            let database = borrow("db", db)?;
            self::options(options, options_len, |options| {
                only_comment("stats", options)
            })?;
            out.set(&document_text(&database.stats()?, database.json_mode()))?;
            Ok(Status::Ok)
        })
    }
}

/// Clears a handle's out-parameter, which must be there.
///
/// # Safety
/// `out` is NULL or may be written.
pub(super) unsafe fn clear_handle<H>(out: *mut *mut H) -> Result<()> {
    if out.is_null() {
        return Err(Error::argument("out is NULL"));
    }
    // SAFETY: not NULL, so the caller vouches for it.
    unsafe { out.write(null_mut()) };
    Ok(())
}
