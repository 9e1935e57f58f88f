//! `explain` of another command.

use super::call::Call;
use super::registry::Command;
use crate::bson::{Builder, RawDoc, RawValue};
use crate::database::options::Verbosity;
use crate::error::{Code, Error, Result};

pub const EXPLAIN: Command = Command {
    name: "explain",
    aliases: &[],
    fields: &[],
    options: &["verbosity"],
    in_transaction: false,
    run,
};

fn run(call: &Call<'_>, reply: &mut Builder<'_>) -> Result<()> {
    let fields = &call.fields;
    let command = fields.required("explain", fields.document("explain")?)?;
    let verbosity = Verbosity::from_bson(RawDoc::trusted(&call.options()))?;
    let collection = match command.iter().next() {
        Some((_, RawValue::String(name))) => call.collection_named(name.as_str())?,
        _ => {
            let message = "explain needs a command that names a collection in its first field";
            return Err(Error::query(Code::FAILED_TO_PARSE, message));
        }
    };
    let explained = collection.explain(command, verbosity)?;
    for element in RawDoc::trusted(&explained).elements() {
        reply.append_element(element);
    }
    Ok(())
}
