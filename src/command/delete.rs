//! `delete`: statements one after another.

use super::call::Call;
use super::count::number;
use super::fields::Fields;
use super::insert::check_size;
use super::registry::Command;
use super::update::statement_options;
use super::write_errors::WriteErrors;
use crate::bson::{Builder, RawDoc, RawValue};
use crate::database::Collection;
use crate::database::options::DeleteOptions;
use crate::error::{Code, Error, Result};

pub const DELETE: Command = Command {
    name: "delete",
    aliases: &[],
    fields: &["deletes", "ordered", "stmtId", "stmtIds"],
    options: STATEMENTS_OPTIONS,
    in_transaction: true,
    run,
};

/// Options of a whole command that are those of its statements.
const STATEMENTS_OPTIONS: &[&str] = &["let", "maxTimeMS", "opId"];
const STATEMENT: &[&str] = &["q", "limit"];
/// Fields of a statement that are options of the operation.
pub const STATEMENT_OPTIONS: &[&str] = &["hint", "collation"];

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

/// One deletion, of this command's or of a `bulkWrite`.
pub struct Statement<'a> {
    filter: RawDoc<'a>,
    is_multi: bool,
    options: DeleteOptions,
}

impl<'a> Statement<'a> {
    /// Reads the filter from where it is; options of the whole command are the statement's, too.
    pub fn read(
        call: &Call<'a>,
        fields: &Fields<'a>,
        filter: &str,
        is_multi: bool,
    ) -> Result<Statement<'a>> {
        let options = statement_options(call, fields, STATEMENT_OPTIONS, STATEMENTS_OPTIONS);
        Ok(Statement {
            filter: fields.required(filter, fields.document(filter)?)?,
            is_multi,
            options: DeleteOptions::from_bson(RawDoc::trusted(&options))?,
        })
    }

    fn parse(call: &Call<'a>, value: RawValue<'a>) -> Result<Statement<'a>> {
        let Some(document) = value.as_document() else {
            return Err(call.fields.wrong_type("deletes", value, "object"));
        };
        let at = "delete.deletes";
        let fields = Fields { at, document };
        fields.check(&[STATEMENT, STATEMENT_OPTIONS])?;
        let limit = fields.required("limit", fields.whole("limit")?)?;
        if limit != 0 && limit != 1 {
            let message = format!("The limit field in delete objects must be 0 or 1. Got {limit}");
            return Err(Error::query(Code::FAILED_TO_PARSE, message));
        }
        Statement::read(call, &fields, "q", limit == 0)
    }

    pub fn run(&self, collection: &Collection) -> Result<u64> {
        let filter = self.filter.as_bytes();
        match self.is_multi {
            true => collection.delete_many(filter, &self.options),
            false => collection.delete_one(filter, &self.options),
        }
    }
}
