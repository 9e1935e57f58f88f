//! `find`: the first batch, and a cursor if there is more.

use super::call::Call;
use super::cursors::{FIRST_BATCH, OpenCursor, reply_first_batch};
use super::registry::Command;
use crate::bson::{Builder, RawDoc};
use crate::database::options::FindOptions;
use crate::error::Result;

pub const FIND: Command = Command {
    name: "find",
    aliases: &[],
    fields: &[
        "filter",
        "batchSize",
        "singleBatch",
        "allowPartialResults",
        "oplogReplay",
    ],
    options: &[
        "projection",
        "sort",
        "hint",
        "skip",
        "limit",
        "maxTimeMS",
        "opId",
        "max",
        "min",
        "returnKey",
        "showRecordId",
        "tailable",
        "awaitData",
        "noCursorTimeout",
        "collation",
        "allowDiskUse",
        "let",
    ],
    in_transaction: true,
    run,
};

fn run(call: &Call<'_>, reply: &mut Builder<'_>) -> Result<()> {
    let fields = &call.fields;
    let collection = call.collection()?;
    let filter = fields.document("filter")?.unwrap_or(RawDoc::EMPTY);
    let batch_size = fields.count("batchSize")?.unwrap_or(FIRST_BATCH);
    let is_single = fields.flag("singleBatch")?;
    let options = FindOptions::from_bson(RawDoc::trusted(&call.options()))?;
    let cursor = OpenCursor::query(collection.find(filter.as_bytes(), options)?);
    let namespace = call.namespace(collection.name());
    reply_first_batch(call, namespace, cursor, batch_size, is_single, reply)
}
