//! `validate`: whether a collection and its indexes are sound
//! ([manual](https://www.mongodb.com/docs/manual/reference/command/validate/)).
//!
//! All is looked at, pages included, with or without `full`; nothing is repaired.

use super::call::Call;
use super::fields::Fields;
use super::registry::Command;
use crate::bson::{Builder, RawDoc, RawValue};
use crate::database::options::VerifyOptions;
use crate::database::{Validated, problem};
use crate::error::{Code, Error, Result, Status};
use crate::storage::verify::{IndexFindings, Problem, ProblemKind};

pub const VALIDATE: Command = Command {
    name: "validate",
    aliases: &[],
    fields: &[
        "full",
        "metadata",
        "background",
        "checkBSONConformance",
        "repair",
        "fixMultikey",
    ],
    options: &["maxTimeMS", "opId"],
    in_transaction: false,
    run: validate,
};

/// The arrays of a reply, and the problems that stand in them.
const LISTS: [(&str, ProblemKind); 3] = [
    ("extraIndexEntries", ProblemKind::ExtraIndexEntry),
    ("missingIndexEntries", ProblemKind::MissingIndexEntry),
    ("corruptRecords", ProblemKind::Document),
];

fn validate(call: &Call<'_>, reply: &mut Builder<'_>) -> Result<()> {
    let is_metadata = check_fields(&call.fields)?;
    let name = call.collection_name()?;
    let database = &call.commands.database;
    let found = match is_metadata {
        true => database.validate_metadata(name)?,
        false => {
            let options = call.options();
            let options = VerifyOptions::from_bson("validate", RawDoc::trusted(&options))?;
            database.validate(name, &options)?
        }
    };
    write_reply(&call.namespace(name), &found, is_metadata, reply);
    Ok(())
}

/// Refuses what does not go together, as the server does, and what there is not. Whether only metadata are asked for.
fn check_fields(fields: &Fields<'_>) -> Result<bool> {
    for name in ["repair", "fixMultikey"] {
        if fields.flag(name)? {
            let message = format!(
                "validate's {name}: damage is found and not repaired; salvage makes a new database of what can be read"
            );
            let code = Code::COMMAND_NOT_SUPPORTED;
            return Err(Error::new(Status::Unsupported, code, message));
        }
    }
    let (full, background) = (fields.flag("full")?, fields.flag("background")?);
    let conformance = fields.flag("checkBSONConformance")?;
    let is_metadata = fields.flag("metadata")?;
    let refused = |what: &str| {
        let message = format!("Running the validate command with {what} is not supported");
        Err(Error::query(Code::INVALID_OPTIONS, message))
    };
    if full && background {
        return refused("both { background: true } and { full: true }");
    }
    if is_metadata && (full || background || conformance) {
        return refused("{ metadata: true } and any other option");
    }
    Ok(is_metadata)
}

fn write_reply(namespace: &str, found: &Validated, is_metadata: bool, reply: &mut Builder<'_>) {
    let (findings, collection) = (&found.findings, &found.collection);
    reply.append("ns", RawValue::from(namespace));
    let number = |count: u64| RawValue::Int64(count as i64);
    if !is_metadata {
        reply.append("nInvalidDocuments", number(collection.invalid_documents));
        reply.append("nNonCompliantDocuments", number(found.non_compliant));
        reply.append("nrecords", number(collection.documents));
    }
    let indexes = &collection.indexes;
    reply.append("nIndexes", RawValue::Int32(indexes.len() as i32));
    let mut keys = reply.start_document("keysPerIndex");
    for IndexFindings { name, entries, .. } in indexes {
        if !is_metadata {
            keys.append(name, number(*entries));
        }
    }
    keys.finish();
    let mut details = reply.start_document("indexDetails");
    for IndexFindings { name, is_valid, .. } in indexes {
        let mut detail = details.start_document(name);
        detail.append("valid", RawValue::Boolean(*is_valid));
        detail.finish();
    }
    details.finish();
    reply.append("valid", RawValue::Boolean(findings.is_valid()));
    reply.append("repaired", RawValue::Boolean(false));
    let mut warnings = reply.start_array("warnings");
    for warning in &findings.warnings {
        warnings.push(RawValue::from(warning.as_str()));
    }
    warnings.finish();
    let mut errors = reply.start_array("errors");
    for problem in &findings.problems {
        errors.push(RawValue::from(text(problem).as_str()));
    }
    errors.finish();
    for (name, kind) in LISTS {
        let mut list = reply.start_array(name);
        for found in findings.problems.iter().filter(|found| found.kind == kind) {
            list.push_value(&problem(found));
        }
        list.finish();
    }
}

/// A problem in one line.
fn text(problem: &Problem) -> String {
    let index = problem.index.as_ref().map(|name| format!(", index {name}"));
    let page = problem.page.map(|page| format!(", page {page}"));
    let (index, page) = (index.unwrap_or_default(), page.unwrap_or_default());
    format!("{}{index}{page}: {}", problem.file, problem.text)
}
