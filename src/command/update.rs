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
    options: &["let", "bypassDocumentValidation", "maxTimeMS", "opId"],
    run,
};

const STATEMENT: &[&str] = &["q", "u", "multi", "upsertSupplied"];
/// Fields of a statement that are options of the operation.
const STATEMENT_OPTIONS: &[&str] = &["upsert", "hint", "collation", "arrayFilters", "sort"];

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

/// One update.
struct Statement<'a> {
    filter: RawDoc<'a>,
    update: RawDoc<'a>,
    is_multi: bool,
    options: UpdateOptions,
}

impl<'a> Statement<'a> {
    fn parse(call: &Call<'a>, value: RawValue<'a>) -> Result<Statement<'a>> {
        let Some(document) = value.as_document() else {
            return Err(call.fields.wrong_type("updates", value, "object"));
        };
        let fields = Fields {
            at: "update.updates",
            document,
        };
        fields.check(&[STATEMENT, STATEMENT_OPTIONS])?;
        let mut options = Vec::new();
        let mut builder = Builder::new(&mut options);
        fields.hand_on(STATEMENT_OPTIONS, &mut builder);
        call.fields.hand_on(call.command.options, &mut builder);
        builder.finish();
        Ok(Statement {
            filter: fields.required("q", fields.document("q")?)?,
            update: fields.required("u", fields.document("u")?)?,
            is_multi: fields.flag("multi")?,
            options: UpdateOptions::from_bson(RawDoc::trusted(&options))?,
        })
    }

    fn run(&self, collection: &Collection) -> Result<UpdateResult> {
        update(
            collection,
            self.filter,
            self.update,
            self.is_multi,
            &self.options,
        )
    }
}

/// An update or, without operators, a replacement.
pub fn update(
    collection: &Collection,
    filter: RawDoc<'_>,
    update: RawDoc<'_>,
    is_multi: bool,
    options: &UpdateOptions,
) -> Result<UpdateResult> {
    let (filter, change) = (filter.as_bytes(), update.as_bytes());
    let first = update.iter().next();
    let has_operators = first.is_some_and(|(name, _)| name.as_bytes().starts_with(b"$"));
    match (has_operators, is_multi) {
        (true, true) => collection.update_many(filter, change, options),
        (true, false) => collection.update_one(filter, change, options),
        (false, false) => collection.replace_one(filter, change, options),
        (false, true) => {
            let message = "multi update is not supported for replacement-style update";
            Err(Error::query(Code::FAILED_TO_PARSE, message))
        }
    }
}
