//! Figures: `collStats`, `dbStats`.

use super::call::Call;
use super::registry::Command;
use crate::bson::{Builder, RawDoc, RawValue};
use crate::error::{Code, Error, Result};

pub const COLL_STATS: Command = Command {
    name: "collStats",
    aliases: &["collstats"],
    fields: &["scale"],
    options: &[],
    in_transaction: false,
    run: coll_stats,
};

pub const DB_STATS: Command = Command {
    name: "dbStats",
    aliases: &["dbstats"],
    fields: &["scale", "freeStorage"],
    options: &[],
    in_transaction: false,
    run: db_stats,
};

/// Bytes that sizes are given in multiples of.
fn scale(call: &Call<'_>) -> Result<u64> {
    let scale = call.fields.whole("scale")?.unwrap_or(1);
    match u64::try_from(scale) {
        Ok(scale) if scale > 0 => Ok(scale),
        _ => {
            let message = format!("BSON field 'scale' value must be >= 1, actual value '{scale}'");
            Err(Error::query(Code(51024), message))
        }
    }
}

fn coll_stats(call: &Call<'_>, reply: &mut Builder<'_>) -> Result<()> {
    let collection = call.collection()?;
    let stats = collection.stats(scale(call)?)?;
    let namespace = call.namespace(collection.name());
    reply.append("ns", RawValue::from(namespace.as_str()));
    for (name, value) in stats.iter() {
        reply.append_value(name, value);
    }
    Ok(())
}

fn db_stats(call: &Call<'_>, reply: &mut Builder<'_>) -> Result<()> {
    let database = &call.commands.database;
    let free = call.fields.flag("freeStorage")?;
    reply.append("db", RawValue::from(call.commands.name.as_str()));
    for (name, value) in database.scaled_stats(scale(call)?, free)?.iter() {
        reply.append_value(name, value);
    }
    let own = database.stats()?;
    if let Some(storage) = RawDoc::trusted(&own).get("storage") {
        reply.append("storage", storage);
    }
    Ok(())
}
