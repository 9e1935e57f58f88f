//! `insert`.

use super::call::Call;
use super::registry::Command;
use super::write_errors::{append_json, is_of_statement};
use crate::bson::{Builder, RawDoc, RawValue};
use crate::database::options::InsertManyOptions;
use crate::error::{Code, Error, Result};

pub const INSERT: Command = Command {
    name: "insert",
    aliases: &[],
    fields: &["documents", "stmtId", "stmtIds"],
    options: &["ordered", "bypassDocumentValidation", "maxTimeMS", "opId"],
    in_transaction: true,
    run,
};

/// Statements of one command.
const MOST_STATEMENTS: usize = 100_000;

fn run(call: &Call<'_>, reply: &mut Builder<'_>) -> Result<()> {
    let fields = &call.fields;
    let collection = call.collection()?;
    let documents = fields.required("documents", fields.array("documents")?)?;
    check_size(documents)?;
    let options = InsertManyOptions::from_bson(RawDoc::trusted(&call.options()))?;
    for (_, value) in documents.iter() {
        if value.as_document().is_none() {
            return Err(fields.wrong_type("documents", value, "object"));
        }
    }
    let mut rest = documents.iter();
    let mut next = |out: &mut Vec<u8>| {
        let document = rest.next().and_then(|(_, value)| value.as_document());
        if let Some(document) = document {
            out.extend_from_slice(document.as_bytes());
        }
        Ok(document.is_some())
    };
    match collection.insert_many(&mut next, &options) {
        Ok(result) => {
            reply.append("n", RawValue::Int32(result.inserted_ids.len() as i32));
            Ok(())
        }
        Err(error) if is_of_statement(&error) && error.details().contains_key("writeErrors") => {
            let inserted = error.details()["result"]["insertedCount"].as_i64();
            reply.append("n", RawValue::Int32(inserted.unwrap_or(0) as i32));
            append_json("writeErrors", &error.details()["writeErrors"], reply);
            Ok(())
        }
        Err(error) => Err(error),
    }
}

/// Refuses a write with no or too many statements.
pub fn check_size(statements: RawDoc<'_>) -> Result<()> {
    let count = statements.elements().count();
    if (1..=MOST_STATEMENTS).contains(&count) {
        return Ok(());
    }
    let message = format!(
        "Write batch sizes must be between 1 and {MOST_STATEMENTS}. Got {count} operations."
    );
    Err(Error::query(Code::INVALID_LENGTH, message))
}
