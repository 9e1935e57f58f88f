//! `distinct`.

use super::call::Call;
use super::registry::Command;
use crate::bson::{Builder, RawDoc, RawValue};
use crate::database::options::DistinctOptions;
use crate::error::Result;

pub const DISTINCT: Command = Command {
    name: "distinct",
    aliases: &[],
    fields: &["key", "query"],
    options: &["hint", "collation", "maxTimeMS", "opId"],
    in_transaction: true,
    run,
};

fn run(call: &Call<'_>, reply: &mut Builder<'_>) -> Result<()> {
    let fields = &call.fields;
    let key = fields.required("key", fields.text("key")?)?;
    let query = fields.document("query")?.unwrap_or(RawDoc::EMPTY);
    let options = DistinctOptions::from_bson(RawDoc::trusted(&call.options()))?;
    let values = call
        .collection()?
        .distinct(key, query.as_bytes(), &options)?;
    reply.append("values", RawValue::Array(RawDoc::trusted(&values)));
    Ok(())
}
