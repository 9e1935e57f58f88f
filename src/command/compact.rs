//! `compact`.

use super::call::Call;
use super::registry::Command;
use crate::bson::{Builder, RawDoc};
use crate::database::options::CompactOptions;
use crate::error::Result;

pub const COMPACT: Command = Command {
    name: "compact",
    aliases: &[],
    fields: &["force"],
    options: &["dryRun", "freeSpaceTargetMB", "maxTimeMS", "opId"],
    in_transaction: false,
    run: compact,
};

/// Replies with MongoDB's `bytesFreed` and the other figures.
fn compact(call: &Call<'_>, reply: &mut Builder<'_>) -> Result<()> {
    let options = call.options();
    let mut options = CompactOptions::from_bson(RawDoc::trusted(&options))?;
    options.collection = Some(call.collection_name()?.to_string());
    let done = call.commands.database.compact(&options)?;
    for element in RawDoc::trusted(&done).elements() {
        if element.key() != "collections" {
            reply.append_element(element);
        }
    }
    Ok(())
}
