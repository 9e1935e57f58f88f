//! Figures: `dbStats`.

use super::call::Call;
use super::registry::Command;
use crate::bson::{Builder, RawDoc, RawValue};
use crate::error::Result;

pub const DB_STATS: Command = Command {
    name: "dbStats",
    aliases: &["dbstats"],
    fields: &["scale", "freeStorage"],
    options: &[],
    in_transaction: false,
    run: db_stats,
};

fn db_stats(call: &Call<'_>, reply: &mut Builder<'_>) -> Result<()> {
    let stats = call.commands.database.stats()?;
    reply.append("db", RawValue::from(call.commands.name.as_str()));
    for element in RawDoc::trusted(&stats).elements() {
        if element.key() != "db" {
            reply.append_element(element);
        }
    }
    Ok(())
}
