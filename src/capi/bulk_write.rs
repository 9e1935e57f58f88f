//! Many writes in one call.

use std::ffi::c_char;

use super::arguments::{in_parameter, options, required_text};
use super::collection::ironbase_collection_t;
use super::error::ironbase_error_t;
use super::guard::guard;
use super::handle::borrow;
use super::output::Output;
use super::results;
use super::scratch::Scratch;
use super::status::ironbase_status_t;
use crate::database::options::BulkWriteOptions;
use crate::error::Status;
use crate::json;

/// Makes many writes of different kinds, in order. They become durable together, which is much
/// faster than one by one.
///
/// Options: `ordered` (true): stop at the first write that is refused; false: make all others.
/// `comment` is ignored.
///
/// @param collection The collection.
/// @param models JSON: one array of models, or models one after another, such as one a line. A model
///         is `{"insertOne": {"document"}}`, `{"updateOne": {"filter", "update"}}`, `updateMany`,
///         `{"replaceOne": {"filter", "replacement"}}`, `{"deleteOne": {"filter"}}` or
///         `deleteMany`; updates and replacements take `upsert`, `hint`, `arrayFilters` and `sort`
///         too, deletes `hint`.
/// @param models_len Bytes, or #IRONBASE_NUL.
/// @param options JSON document; `(NULL, 0)` for the defaults.
/// @param options_len Bytes, or #IRONBASE_NUL.
/// @param[out] out JSON document with `insertedCount`, `matchedCount`, `modifiedCount`,
///         `deletedCount`, `upsertedCount`, and `insertedIds` and `upsertedIds` by the models'
///         positions; free it with ironbase_string_free(). May be NULL.
/// @param[out] out_len Its length in bytes; may be NULL.
/// @param[out] err See @ref conventions. Its details give `writeErrors` (`index`, `code`, `errmsg`,
///         `keyPattern`, `keyValue`), and in `result` what was written: it stays.
/// @return #IRONBASE_OK; for writes refused, the status of the first as from the function for it
///         alone; #IRONBASE_ERROR_ARGUMENT or #IRONBASE_ERROR_JSON for a malformed model, behind
///         which nothing is read; those of writing (see @ref conventions).
/// @ingroup collection
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ironbase_collection_bulk_write(
    collection: *mut ironbase_collection_t,
    models: *const c_char,
    models_len: usize,
    options: *const c_char,
    options_len: usize,
    out: *mut *mut c_char,
    out_len: *mut usize,
    err: *mut *mut ironbase_error_t,
) -> ironbase_status_t {
    // SAFETY: the caller keeps the header's conventions.
    unsafe {
        guard(err, || {
            let out = Output::cleared(out, out_len);
            let collection = borrow("collection", collection)?;
            let models = required_text("models", models, models_len)?;
            let options = self::options(options, options_len, BulkWriteOptions::from_bson)?;
            let mut models = json::Documents::new(models);
            let mut next =
                |model: &mut Vec<u8>| in_parameter("models", models.next_document(model));
            let result =
                collection.writing(|collection| collection.bulk_write(&mut next, &options))?;
            if out.is_wanted() {
                let mut text = Scratch::take();
                results::bulk_write(&mut text, &result, collection.mode);
                out.set(&text)?;
            }
            Ok(Status::Ok)
        })
    }
}
