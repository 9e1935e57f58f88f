//! `bulkWrite`: inserts, updates and deletes on any collections, one after another, in one command.
//!
//! Inserts that follow each other and go to one collection are made together, many documents a commit. What each operation did is
//! reported in the reply's cursor, errors in the place of the operation that met them
//! ([manual: bulkWrite](https://www.mongodb.com/docs/manual/reference/command/bulkWrite/)).

use super::call::Call;
use super::count::number;
use super::cursors::{OpenCursor, reply_first_batch};
use super::fields::Fields;
use super::insert::check_size;
use super::registry::Command;
use super::write_errors::{append_json, describe_error, is_of_statement};
use super::{delete, update};
use crate::bson::{Builder, RawDoc, RawValue};
use crate::database::Collection;
use crate::database::options::InsertManyOptions;
use crate::error::{Code, Error, Result};

pub const BULK_WRITE: Command = Command {
    name: "bulkWrite",
    aliases: &[],
    fields: &[
        "ops",
        "nsInfo",
        "ordered",
        "errorsOnly",
        "cursor",
        "stmtId",
        "stmtIds",
    ],
    options: &["let", "bypassDocumentValidation", "maxTimeMS", "opId"],
    in_transaction: true,
    run,
};

/// What an insert hands on of the command's options.
const INSERT_OPTIONS: &[&str] = &["bypassDocumentValidation", "maxTimeMS", "opId"];

const INSERT: &[&str] = &["insert", "document"];
const UPDATE: &[&str] = &["update", "filter", "updateMods", "multi", "upsertSupplied"];
const DELETE: &[&str] = &["delete", "filter", "multi"];

enum Operation<'a> {
    Insert(RawDoc<'a>),
    Update(update::Statement<'a>),
    Delete(delete::Statement<'a>),
}

/// An operation, and the place of its namespace.
type Placed<'a> = (usize, Operation<'a>);

fn run(call: &Call<'_>, reply: &mut Builder<'_>) -> Result<()> {
    let fields = &call.fields;
    let collections = collections(call)?;
    let list = fields.required("ops", fields.array("ops")?)?;
    check_size(list)?;
    let mut operations = Vec::new();
    for (index, (_, value)) in list.iter().enumerate() {
        operations.push(parse(call, index, value, collections.len())?);
    }
    let mut results = Results {
        ordered: fields.flag_given("ordered")?.unwrap_or(true),
        errors_only: fields.flag("errorsOnly")?,
        ..Results::default()
    };
    let mut insert_options = Vec::new();
    fields.hand_on(INSERT_OPTIONS, &mut Builder::new(&mut insert_options));
    let insert_options = InsertManyOptions {
        ordered: results.ordered,
        ..InsertManyOptions::from_bson(RawDoc::trusted(&insert_options))?
    };
    let mut index = 0;
    for run in operations.chunk_by(are_inserts_together) {
        let collection = &collections[run[0].0];
        match &run[0].1 {
            Operation::Insert(_) => results.insert(index, run, collection, &insert_options)?,
            Operation::Update(statement) => results.update(index, statement, collection)?,
            Operation::Delete(statement) => results.delete(index, statement, collection)?,
        }
        index += run.len();
        if results.ordered && results.errors > 0 {
            break;
        }
    }
    results.reply(call, reply)
}

fn are_inserts_together(one: &Placed<'_>, next: &Placed<'_>) -> bool {
    let both = (&one.1, &next.1);
    one.0 == next.0 && matches!(both, (Operation::Insert(_), Operation::Insert(_)))
}

/// The collections that `nsInfo` names.
fn collections(call: &Call<'_>) -> Result<Vec<Collection>> {
    let fields = &call.fields;
    let list = fields.required("nsInfo", fields.array("nsInfo")?)?;
    let mut collections = Vec::new();
    for (_, value) in list.iter() {
        let Some(document) = value.as_document() else {
            return Err(fields.wrong_type("nsInfo", value, "object"));
        };
        let at = "bulkWrite.nsInfo";
        let info = Fields { at, document };
        info.check(&[&["ns", "collectionUUID", "encryptionInformation"]])?;
        let namespace = info.required("ns", info.text("ns")?)?;
        collections.push(call.collection_named(call.split_namespace(namespace)?)?);
    }
    Ok(collections)
}

fn parse<'a>(
    call: &Call<'a>,
    index: usize,
    value: RawValue<'a>,
    namespaces: usize,
) -> Result<Placed<'a>> {
    let Some(document) = value.as_document() else {
        return Err(call.fields.wrong_type("ops", value, "object"));
    };
    let at = "bulkWrite.ops";
    let fields = Fields { at, document };
    let name = document.iter().next().map_or("", |(name, _)| name.as_str());
    let place = fields
        .whole(name)?
        .and_then(|place| usize::try_from(place).ok());
    let Some(place) = place.filter(|place| *place < namespaces) else {
        let message = format!("BulkWrite ops entry {index} has an invalid nsInfo index.");
        return Err(Error::query(Code::BAD_VALUE, message));
    };
    let operation = match name {
        "insert" => {
            fields.check(&[INSERT])?;
            Operation::Insert(fields.required("document", fields.document("document")?)?)
        }
        "update" => {
            let options = update::STATEMENT_OPTIONS;
            fields.check(&[UPDATE, options, &[update::BULK_CONSTANTS]])?;
            Operation::Update(update::Statement::read(
                call,
                &fields,
                "filter",
                "updateMods",
            )?)
        }
        "delete" => {
            fields.check(&[DELETE, delete::STATEMENT_OPTIONS])?;
            let is_multi = fields.flag("multi")?;
            Operation::Delete(delete::Statement::read(call, &fields, "filter", is_multi)?)
        }
        other => {
            let message = format!(
                "an operation of bulkWrite starts with insert, update or delete, found {other:?}"
            );
            return Err(Error::query(Code::FAILED_TO_PARSE, message));
        }
    };
    Ok((place, operation))
}

/// What the operations did.
#[derive(Default)]
struct Results {
    ordered: bool,
    errors_only: bool,
    errors: i64,
    inserted: u64,
    matched: u64,
    modified: u64,
    upserted: u64,
    deleted: u64,
    /// The documents of the reply's cursor, one after another.
    entries: Vec<Vec<u8>>,
}

impl Results {
    fn insert(
        &mut self,
        first: usize,
        run: &[Placed<'_>],
        collection: &Collection,
        options: &InsertManyOptions,
    ) -> Result<()> {
        let mut rest = run.iter();
        let mut next = |out: &mut Vec<u8>| match rest.next() {
            Some((_, Operation::Insert(document))) => {
                out.extend_from_slice(document.as_bytes());
                Ok(true)
            }
            _ => Ok(false),
        };
        let (inserted, refused) = match collection.insert_many(&mut next, options) {
            Ok(result) => (result.inserted_ids.len() as u64, Vec::new()),
            Err(error) if is_of_statement(&error) => {
                let details = error.details();
                let refused = details.get("writeErrors").and_then(|list| list.as_array());
                let Some(refused) = refused.cloned() else {
                    return Err(error);
                };
                let inserted = details["result"]["insertedCount"].as_u64();
                (inserted.unwrap_or(0), refused)
            }
            Err(error) => return Err(error),
        };
        self.inserted += inserted;
        let mut refused = refused.iter().peekable();
        let mut done = 0;
        for place in 0..run.len() {
            let is_refused =
                |error: &&serde_json::Value| error["index"].as_u64() == Some(place as u64);
            if let Some(error) = refused.next_if(is_refused) {
                self.refuse(first + place, |entry| {
                    for name in ["code", "keyPattern", "keyValue", "errInfo", "errmsg"] {
                        if let Some(value) = error.get(name) {
                            append_json(name, value, entry);
                        }
                    }
                });
            } else if done < inserted {
                done += 1;
                self.accept(first + place, |entry| entry.append("n", RawValue::Int32(1)));
            }
        }
        Ok(())
    }

    fn update(
        &mut self,
        index: usize,
        statement: &update::Statement<'_>,
        collection: &Collection,
    ) -> Result<()> {
        let result = match statement.run(collection) {
            Ok(result) => result,
            Err(error) => return self.refuse_statement(index, error),
        };
        let upserted = u64::from(result.upserted_id.is_some());
        self.matched += result.matched_count;
        self.modified += result.modified_count;
        self.upserted += upserted;
        self.accept(index, |entry| {
            entry.append("n", number((result.matched_count + upserted) as i64));
            entry.append("nModified", number(result.modified_count as i64));
            if let Some(id) = &result.upserted_id {
                entry.start_document("upserted").append_value("_id", id);
            }
        });
        Ok(())
    }

    fn delete(
        &mut self,
        index: usize,
        statement: &delete::Statement<'_>,
        collection: &Collection,
    ) -> Result<()> {
        match statement.run(collection) {
            Ok(deleted) => {
                self.deleted += deleted;
                self.accept(index, |entry| entry.append("n", number(deleted as i64)));
                Ok(())
            }
            Err(error) => self.refuse_statement(index, error),
        }
    }

    fn accept(&mut self, index: usize, fill: impl FnOnce(&mut Builder<'_>)) {
        if !self.errors_only {
            self.entry(index, 1.0, fill);
        }
    }

    fn refuse_statement(&mut self, index: usize, error: Error) -> Result<()> {
        if !is_of_statement(&error) {
            return Err(error);
        }
        self.refuse(index, |entry| describe_error(&error, entry));
        Ok(())
    }

    fn refuse(&mut self, index: usize, fill: impl FnOnce(&mut Builder<'_>)) {
        self.errors += 1;
        self.entry(index, 0.0, |entry| {
            fill(entry);
            entry.append("n", RawValue::Int32(0));
        });
    }

    fn entry(&mut self, index: usize, ok: f64, fill: impl FnOnce(&mut Builder<'_>)) {
        let mut out = Vec::new();
        let mut entry = Builder::new(&mut out);
        entry.append("ok", RawValue::Double(ok));
        entry.append("idx", RawValue::Int32(index as i32));
        fill(&mut entry);
        entry.finish();
        self.entries.push(out);
    }

    fn reply(self, call: &Call<'_>, reply: &mut Builder<'_>) -> Result<()> {
        let batch_size = super::cursors::listing_batch_size(call)?;
        let namespace = "admin.$cmd.bulkWrite".to_string();
        let cursor = OpenCursor::documents(self.entries);
        reply_first_batch(call, namespace, cursor, batch_size, false, reply)?;
        reply.append("nErrors", number(self.errors));
        for (name, count) in [
            ("nInserted", self.inserted),
            ("nMatched", self.matched),
            ("nModified", self.modified),
            ("nUpserted", self.upserted),
            ("nDeleted", self.deleted),
        ] {
            reply.append(name, number(count as i64));
        }
        Ok(())
    }
}
