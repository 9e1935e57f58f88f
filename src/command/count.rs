//! `count`.

use super::call::Call;
use super::registry::Command;
use crate::bson::{Builder, RawDoc, RawValue};
use crate::database::options::CountOptions;
use crate::error::Result;

pub const COUNT: Command = Command {
    name: "count",
    aliases: &[],
    fields: &["query", "limit", "fields"],
    options: &["skip", "hint", "collation", "maxTimeMS", "opId"],
    in_transaction: false,
    run,
};

fn run(call: &Call<'_>, reply: &mut Builder<'_>) -> Result<()> {
    let fields = &call.fields;
    let query = fields.document("query")?.unwrap_or(RawDoc::EMPTY);
    let mut options = CountOptions::from_bson(RawDoc::trusted(&call.options()))?;
    // A negative limit means the same as a positive one.
    options.limit = fields.whole("limit")?.unwrap_or(0).unsigned_abs();
    let n = call
        .collection()?
        .count_documents(query.as_bytes(), &options)?;
    reply.append("n", number(n));
    Ok(())
}

/// A count as replies have it: an int while it fits.
pub fn number(n: i64) -> RawValue<'static> {
    i32::try_from(n).map_or(RawValue::Int64(n), RawValue::Int32)
}
