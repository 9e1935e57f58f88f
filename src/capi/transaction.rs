//! Transactions: the handle, and the collections within.

use std::ffi::c_char;

use super::arguments::{name, options};
use super::collection::{OpenCollection, ironbase_collection_t};
use super::database::{clear_handle, ironbase_db_t};
use super::error::ironbase_error_t;
use super::guard::{guard, guard_quiet, writing};
use super::handle::{self, Opaque, borrow, create};
use super::status::ironbase_status_t;
use crate::database::options::TransactionOptions;
use crate::database::{Database, Transaction};
use crate::error::Status;

/// A transaction. Thread-safe; calls of several threads in one transaction are carried out one after
/// the other.
///
/// @ingroup transaction
pub struct ironbase_txn_t {
    _opaque: [u8; 0],
}

impl Opaque for ironbase_txn_t {
    type Value = OpenTransaction;
    const MAGIC: u64 = u64::from_le_bytes(*b"transact");
    const TYPE: &'static str = "ironbase_txn_t";
}

/// What a transaction's handle holds.
pub struct OpenTransaction {
    pub(super) transaction: Transaction,
    database: Database,
}

/// Begins a transaction.
///
/// It sees the database as it is now, and beyond that only its own writes.
///
/// Options: `transactionLifetimeLimitSeconds`: it is aborted when it has been open for so long (the
/// database's, 60 if nothing else was said); `durability` or `writeConcern`: how safe its commit is
/// when it returns, as for a single write (the database's `durability`); `readConcern`:
/// `{"level": ..}` with `"local"`, `"majority"` or `"snapshot"`, which all mean the same here.
///
/// @param db The database.
/// @param options JSON document; `(NULL, 0)` for the defaults.
/// @param options_len Bytes, or #IRONBASE_NUL.
/// @param[out] out The transaction; free it with ironbase_txn_free().
/// @param[out] err See @ref conventions.
/// @return #IRONBASE_OK; #IRONBASE_ERROR_CLOSED; #IRONBASE_ERROR_FULL when 32,768 are open.
/// @ingroup transaction
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ironbase_txn_begin(
    db: *mut ironbase_db_t,
    options: *const c_char,
    options_len: usize,
    out: *mut *mut ironbase_txn_t,
    err: *mut *mut ironbase_error_t,
) -> ironbase_status_t {
    // SAFETY: the caller keeps the header's conventions.
    unsafe {
        guard(err, || {
            clear_handle(out)?;
            let database = borrow("db", db)?;
            let options = self::options(options, options_len, TransactionOptions::from_bson)?;
            let transaction = database.begin(&options)?;
            out.write(create(OpenTransaction {
                transaction,
                database: Database::clone(database),
            }));
            Ok(Status::Ok)
        })
    }
}

/// Gives a handle on a collection within the transaction, which need not exist.
///
/// All calls on it work in the transaction: they see what it sees, and what they write belongs to it.
/// A call that fails aborts the transaction. When the transaction has ended they answer
/// `NoSuchTransaction` (251) or `TransactionCommitted` (256).
///
/// @param txn The transaction.
/// @param name The collection's name.
/// @param name_len Bytes, or #IRONBASE_NUL.
/// @param[out] out The handle; free it with ironbase_collection_free(), before or after the
///             transaction.
/// @param[out] err See @ref conventions.
/// @return #IRONBASE_OK; #IRONBASE_ERROR_QUERY for a name that MongoDB refuses;
///         #IRONBASE_ERROR_NOT_FOUND or #IRONBASE_ERROR_CLOSED when the transaction has ended.
/// @ingroup transaction
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ironbase_txn_collection(
    txn: *mut ironbase_txn_t,
    name: *const c_char,
    name_len: usize,
    out: *mut *mut ironbase_collection_t,
    err: *mut *mut ironbase_error_t,
) -> ironbase_status_t {
    // SAFETY: the caller keeps the header's conventions.
    unsafe {
        guard(err, || {
            clear_handle(out)?;
            let OpenTransaction {
                transaction,
                database,
            } = borrow("txn", txn)?;
            let name = self::name("name", name, name_len)?;
            let collection = transaction.collection(name)?;
            out.write(create(OpenCollection::within(database, collection)));
            Ok(Status::Ok)
        })
    }
}

/// Makes the transaction's changes visible and, at the database's durability, safe: all or none.
///
/// Committing once more what has been committed is fine.
///
/// @param txn The transaction.
/// @param[out] err See @ref conventions. With the label `TransientTransactionError` the whole
///             transaction may be tried again from its beginning.
/// @return #IRONBASE_OK; #IRONBASE_ERROR_CONFLICT (`WriteConflict`, 112) when a document that it wrote
///         was changed by someone else since it began, or a unique key was taken; then, as after
///         every other error, it is aborted. #IRONBASE_ERROR_NOT_FOUND (`NoSuchTransaction`, 251) when
///         it was aborted before; those of writing (see @ref conventions).
/// @ingroup transaction
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ironbase_txn_commit(
    txn: *mut ironbase_txn_t,
    err: *mut *mut ironbase_error_t,
) -> ironbase_status_t {
    // SAFETY: the caller keeps the header's conventions.
    unsafe {
        guard(err, || {
            let txn = borrow("txn", txn)?;
            writing(&txn.database, || txn.transaction.commit())?;
            Ok(Status::Ok)
        })
    }
}

/// Undoes what the transaction has done. Aborting once more is fine.
///
/// @param txn The transaction.
/// @param[out] err See @ref conventions.
/// @return #IRONBASE_OK; #IRONBASE_ERROR_CLOSED (`TransactionCommitted`, 256) when it has been
///         committed.
/// @ingroup transaction
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ironbase_txn_abort(
    txn: *mut ironbase_txn_t,
    err: *mut *mut ironbase_error_t,
) -> ironbase_status_t {
    // SAFETY: the caller keeps the header's conventions.
    unsafe {
        guard(err, || {
            borrow("txn", txn)?.transaction.abort()?;
            Ok(Status::Ok)
        })
    }
}

/// Frees a transaction's handle, and aborts it unless it has ended.
///
/// @param txn May be NULL.
/// @ingroup transaction
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ironbase_txn_free(txn: *mut ironbase_txn_t) {
    // SAFETY: the caller keeps the header's conventions.
    guard_quiet(|| drop(unsafe { handle::release(txn) }));
}
