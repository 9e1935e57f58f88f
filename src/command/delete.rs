//! `delete`: statements one after another.

use super::call::Call;
use super::count::number;
use super::fields::Fields;
use super::insert::check_size;
use super::registry::Command;
use super::write_errors::WriteErrors;
use crate::bson::{Builder, RawDoc, RawValue};
use crate::database::Collection;
use crate::database::options::DeleteOptions;
use crate::error::{Code, Error, Result};

pub const DELETE: Command = Command {
    name: "delete",
    aliases: &[],
    fields: &["deletes", "ordered", "stmtId", "stmtIds"],
    options: &["let", "maxTimeMS", "opId"],
    run,
};

const STATEMENT: &[&str] = &["q", "limit"];
/// Fields of a statement that are options of the operation.
const STATEMENT_OPTIONS: &[&str] = &["hint", "collation"];

fn run(call: &Call<'_>, reply: &mut Builder<'_>) -> Result<()> {
    let fields = &call.fields;
    let collection = call.collection()?;
    let statements = fields.required("deletes", fields.array("deletes")?)?;
    check_size(statements)?;
    let ordered = fields.flag_given("ordered")?.unwrap_or(true);
    let mut parsed = Vec::new();
    for (_, value) in statements.iter() {
        parsed.push(Statement::parse(call, value)?);
    }
    let mut errors = WriteErrors::default();
    let mut n = 0;
    for (index, statement) in parsed.iter().enumerate() {
        match statement.run(&collection) {
            Ok(deleted) => n += deleted,
            Err(error) => {
                errors.add(index, error)?;
                if ordered {
                    break;
                }
            }
        }
    }
    reply.append("n", number(n as i64));
    errors.reply(reply);
    Ok(())
}

/// One deletion.
struct Statement<'a> {
    filter: RawDoc<'a>,
    is_multi: bool,
    options: DeleteOptions,
}

impl<'a> Statement<'a> {
    fn parse(call: &Call<'a>, value: RawValue<'a>) -> Result<Statement<'a>> {
        let Some(document) = value.as_document() else {
            return Err(call.fields.wrong_type("deletes", value, "object"));
        };
        let fields = Fields {
            at: "delete.deletes",
            document,
        };
        fields.check(&[STATEMENT, STATEMENT_OPTIONS])?;
        let mut options = Vec::new();
        let mut builder = Builder::new(&mut options);
        fields.hand_on(STATEMENT_OPTIONS, &mut builder);
        call.fields.hand_on(call.command.options, &mut builder);
        builder.finish();
        let limit = fields.required("limit", fields.whole("limit")?)?;
        if limit != 0 && limit != 1 {
            let message = format!("The limit field in delete objects must be 0 or 1. Got {limit}");
            return Err(Error::query(Code::FAILED_TO_PARSE, message));
        }
        Ok(Statement {
            filter: fields.required("q", fields.document("q")?)?,
            is_multi: limit == 0,
            options: DeleteOptions::from_bson(RawDoc::trusted(&options))?,
        })
    }

    fn run(&self, collection: &Collection) -> Result<u64> {
        let filter = self.filter.as_bytes();
        match self.is_multi {
            true => collection.delete_many(filter, &self.options),
            false => collection.delete_one(filter, &self.options),
        }
    }
}
