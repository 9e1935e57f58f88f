//! `findAndModify`: one document changed or removed, and given back.

use super::call::Call;
use super::registry::Command;
use super::update::is_replacement;
use crate::bson::{Builder, RawDoc, RawValue};
use crate::database::options::{FindOneAndDeleteOptions, FindOneAndUpdateOptions, ReturnDocument};
use crate::error::{Code, Error, Result};

pub const FIND_AND_MODIFY: Command = Command {
    name: "findAndModify",
    aliases: &["findandmodify"],
    fields: &["query", "update", "remove", "new", "fields", "stmtId"],
    options: &[
        "sort",
        "upsert",
        "bypassDocumentValidation",
        "arrayFilters",
        "hint",
        "collation",
        "let",
        "maxTimeMS",
        "opId",
    ],
    in_transaction: true,
    run,
};

fn run(call: &Call<'_>, reply: &mut Builder<'_>) -> Result<()> {
    let fields = &call.fields;
    let collection = call.collection()?;
    let filter = fields
        .document("query")?
        .unwrap_or(RawDoc::EMPTY)
        .as_bytes();
    let update = fields.get("update");
    let (removes, wants_new) = (fields.flag("remove")?, fields.flag("new")?);
    check(call, update, removes, wants_new)?;
    let options = options(call)?;
    let options = RawDoc::trusted(&options);
    let result = match update {
        None => {
            collection.find_one_and_delete(filter, &FindOneAndDeleteOptions::from_bson(options)?)?
        }
        Some(update) => {
            let mut options = FindOneAndUpdateOptions::from_bson(options)?;
            if wants_new {
                options.return_document = ReturnDocument::After;
            }
            match update {
                RawValue::Document(change) if is_replacement(change) => {
                    collection.find_one_and_replace(filter, change.as_bytes(), &options)?
                }
                RawValue::Document(change) | RawValue::Array(change) => {
                    collection.find_one_and_update(filter, change.as_bytes(), &options)?
                }
                other => return Err(fields.wrong_type("update", other, "object")),
            }
        }
    };
    let n = i32::from(result.found || result.upserted_id.is_some());
    let mut last = reply.start_document("lastErrorObject");
    last.append("n", RawValue::Int32(n));
    if update.is_some() {
        last.append("updatedExisting", RawValue::Boolean(result.found));
    }
    if let Some(id) = &result.upserted_id {
        last.append_value("upserted", id);
    }
    last.finish();
    match &result.document {
        Some(document) => reply.append("value", RawValue::Document(RawDoc::trusted(document))),
        None => reply.append("value", RawValue::Null),
    }
    Ok(())
}

/// What a removal cannot be asked for, and an update must say.
fn check(
    call: &Call<'_>,
    update: Option<RawValue<'_>>,
    removes: bool,
    wants_new: bool,
) -> Result<()> {
    let message = match (removes, update) {
        (false, None) => "Either an update or remove=true must be specified",
        (true, Some(_)) => "Cannot specify both an update and remove=true",
        (true, None) if wants_new => {
            "Cannot specify both new=true and remove=true; 'remove' always returns the deleted document"
        }
        (true, None) if call.fields.flag("upsert")? => {
            "Cannot specify both upsert=true and remove=true"
        }
        _ => return Ok(()),
    };
    Err(Error::query(Code::FAILED_TO_PARSE, message))
}

/// The options of the operation; those that are the drivers' under another name, and `upsert: false` of a removal, are no hindrance.
fn options(call: &Call<'_>) -> Result<Vec<u8>> {
    let fields = &call.fields;
    let removes = fields.flag("remove")?;
    let mut out = Vec::new();
    let mut options = Builder::new(&mut out);
    for element in fields.document.elements() {
        let name = element.key();
        if name == "fields" {
            options.append_renamed("projection", element);
        } else if call.command.options.contains(&name.as_str()) && !(removes && name == "upsert") {
            options.append_element(element);
        }
    }
    options.finish();
    Ok(out)
}
