//! `update`: statements one after another, each a commit of its own or several.

use super::call::Call;
use super::count::number;
use super::fields::Fields;
use super::insert::check_size;
use super::registry::Command;
use super::write_errors::WriteErrors;
use crate::bson::{Builder, RawDoc, RawValue, Value};
use crate::database::options::UpdateOptions;
use crate::database::{Collection, UpdateResult};
use crate::error::{Code, Error, Result};

pub const UPDATE: Command = Command {
    name: "update",
    aliases: &[],
    fields: &["updates", "ordered", "stmtId", "stmtIds"],
    options: STATEMENTS_OPTIONS,
    in_transaction: true,
    run,
};

/// Options of a whole command that are those of its statements.
const STATEMENTS_OPTIONS: &[&str] = &["let", "bypassDocumentValidation", "maxTimeMS", "opId"];
const STATEMENT: &[&str] = &["q", "u", "multi", "upsertSupplied"];
/// Fields of a statement that are options of the operation.
pub const STATEMENT_OPTIONS: &[&str] = &["upsert", "hint", "collation", "arrayFilters", "sort"];
/// What the constants of a pipeline are called here, and in `bulkWrite`.
const CONSTANTS: &str = "c";
pub const BULK_CONSTANTS: &str = "constants";

fn run(call: &Call<'_>, reply: &mut Builder<'_>) -> Result<()> {
    let fields = &call.fields;
    let collection = call.collection()?;
    let statements = fields.required("updates", fields.array("updates")?)?;
    check_size(statements)?;
    let ordered = fields.flag_given("ordered")?.unwrap_or(true);
    let mut parsed = Vec::new();
    for (_, value) in statements.iter() {
        parsed.push(Statement::parse(call, value)?);
    }
    let mut errors = WriteErrors::default();
    let (mut n, mut modified, mut upserted) = (0, 0, Vec::new());
    for (index, statement) in parsed.iter().enumerate() {
        match statement.run(&collection) {
            Ok(result) => {
                n += result.matched_count + u64::from(result.upserted_id.is_some());
                modified += result.modified_count;
                upserted.extend(result.upserted_id.map(|id| (index, id)));
            }
            Err(error) => {
                errors.add(index, error)?;
                if ordered {
                    break;
                }
            }
        }
    }
    reply.append("n", number(n as i64));
    reply.append("nModified", number(modified as i64));
    reply_upserted(&upserted, reply);
    errors.reply(reply);
    Ok(())
}

fn reply_upserted(upserted: &[(usize, Value)], reply: &mut Builder<'_>) {
    if upserted.is_empty() {
        return;
    }
    let mut list = reply.start_array("upserted");
    for (index, id) in upserted {
        let mut entry = list.push_document();
        entry.append("index", RawValue::Int32(*index as i32));
        entry.append_value("_id", id);
    }
}

/// One update, of this command's or of a `bulkWrite`.
pub struct Statement<'a> {
    filter: RawDoc<'a>,
    update: RawDoc<'a>,
    is_pipeline: bool,
    is_multi: bool,
    options: UpdateOptions,
}

impl<'a> Statement<'a> {
    /// Reads the parts from where they are; options of the whole command are the statement's, too.
    pub fn read(
        call: &Call<'a>,
        fields: &Fields<'a>,
        filter: &str,
        update: &str,
    ) -> Result<Statement<'a>> {
        let own = [STATEMENT_OPTIONS, &[CONSTANTS, BULK_CONSTANTS]].concat();
        let options = statement_options(call, fields, &own, STATEMENTS_OPTIONS);
        let (change, is_pipeline) = match fields.get(update) {
            Some(RawValue::Array(stages)) => (stages, true),
            _ => (fields.required(update, fields.document(update)?)?, false),
        };
        Ok(Statement {
            filter: fields.required(filter, fields.document(filter)?)?,
            update: change,
            is_pipeline,
            is_multi: fields.flag("multi")?,
            options: UpdateOptions::from_bson(RawDoc::trusted(&options))?,
        })
    }

    fn parse(call: &Call<'a>, value: RawValue<'a>) -> Result<Statement<'a>> {
        let Some(document) = value.as_document() else {
            return Err(call.fields.wrong_type("updates", value, "object"));
        };
        let at = "update.updates";
        let fields = Fields { at, document };
        fields.check(&[STATEMENT, STATEMENT_OPTIONS, &[CONSTANTS]])?;
        Statement::read(call, &fields, "q", "u")
    }

    pub fn run(&self, collection: &Collection) -> Result<UpdateResult> {
        let (filter, options) = (self.filter, &self.options);
        update(
            collection,
            filter,
            self.update,
            self.is_pipeline,
            self.is_multi,
            options,
        )
    }
}

/// The options of a statement: its own, and those of the whole command.
pub fn statement_options(
    call: &Call<'_>,
    fields: &Fields<'_>,
    own: &[&str],
    shared: &[&str],
) -> Vec<u8> {
    let mut out = Vec::new();
    let mut options = Builder::new(&mut out);
    fields.hand_on(own, &mut options);
    call.fields.hand_on(shared, &mut options);
    options.finish();
    out
}

/// An update or, without operators or stages, a replacement.
pub fn update(
    collection: &Collection,
    filter: RawDoc<'_>,
    update: RawDoc<'_>,
    is_pipeline: bool,
    is_multi: bool,
    options: &UpdateOptions,
) -> Result<UpdateResult> {
    let (filter, change) = (filter.as_bytes(), update.as_bytes());
    match (is_pipeline || !is_replacement(update), is_multi) {
        (true, true) => collection.update_many(filter, change, options),
        (true, false) => collection.update_one(filter, change, options),
        (false, false) => collection.replace_one(filter, change, options),
        (false, true) => {
            let message = "multi update is not supported for replacement-style update";
            Err(Error::query(Code::FAILED_TO_PARSE, message))
        }
    }
}

/// Whether an update that is a document has no operators; an empty one is a replacement, too.
pub fn is_replacement(update: RawDoc<'_>) -> bool {
    let first = update.elements().next();
    first.is_none_or(|first| !first.key().as_bytes().starts_with(b"$"))
}
