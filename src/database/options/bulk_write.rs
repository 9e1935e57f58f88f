//! A bulk write's options, and its models: the single writes that it is made of, in the form of MongoDB's drivers
//! ([manual](https://www.mongodb.com/docs/manual/reference/method/db.collection.bulkWrite/)).

use super::given::{Given, given};
use super::{DeleteOptions, LanguageOptions, UpdateOptions, WriteOptions};
use crate::bson::{RawDoc, RawValue};
use crate::error::{Code, Error, Result, Status};

/// Options of `bulk_write`.
#[derive(Clone, Debug, PartialEq)]
pub struct BulkWriteOptions {
    /// Stop at the first write that is refused.
    pub ordered: bool,
    /// Variables, for models without any of their own.
    pub language: LanguageOptions,
    /// What every write takes.
    pub write: WriteOptions,
}

impl Default for BulkWriteOptions {
    fn default() -> BulkWriteOptions {
        BulkWriteOptions {
            ordered: true,
            language: LanguageOptions::default(),
            write: WriteOptions::default(),
        }
    }
}

impl BulkWriteOptions {
    /// Reads `{ordered, ...}`.
    pub fn from_bson(document: RawDoc) -> Result<BulkWriteOptions> {
        let mut options = BulkWriteOptions::default();
        for given in given("bulkWrite", document) {
            match given.name {
                "ordered" => options.ordered = given.boolean()?,
                _ if options.language.take(&given)? => {}
                _ if options.write.take(&given)? => {}
                _ => return Err(given.unknown_beside("ordered, let", WriteOptions::KNOWN)),
            }
        }
        Ok(options)
    }
}

/// One write of a bulk write.
#[derive(Clone, Debug, PartialEq)]
pub enum WriteModel<'m> {
    /// `{insertOne: {document}}`
    InsertOne(RawDoc<'m>),
    /// `{updateOne: {filter, update, ...}}`
    UpdateOne(UpdateModel),
    /// `{updateMany: {filter, update, ...}}`
    UpdateMany(UpdateModel),
    /// `{replaceOne: {filter, replacement, ...}}`
    ReplaceOne(UpdateModel),
    /// `{deleteOne: {filter, ...}}`
    DeleteOne(DeleteModel),
    /// `{deleteMany: {filter, ...}}`
    DeleteMany(DeleteModel),
}

/// An update or a replacement.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct UpdateModel {
    /// The filter, as BSON.
    pub filter: Vec<u8>,
    /// The update or the replacement, as BSON.
    pub update: Vec<u8>,
    /// Those of `update_one`.
    pub options: UpdateOptions,
}

/// A deletion.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DeleteModel {
    /// The filter, as BSON.
    pub filter: Vec<u8>,
    /// Those of `delete_one`.
    pub options: DeleteOptions,
}

impl<'m> WriteModel<'m> {
    /// Reads `{updateOne: {filter, update, ...}}` and its like.
    pub fn parse(model: RawDoc<'m>) -> Result<WriteModel<'m>> {
        let mut fields = model.iter();
        let (Some((kind, RawValue::Document(fields))), None) = (fields.next(), fields.next())
        else {
            return Err(not_a_model(model));
        };
        Ok(match kind.as_str() {
            "insertOne" => WriteModel::InsertOne(document_to_insert(fields)?),
            "updateOne" => WriteModel::UpdateOne(update("updateOne", "update", fields)?),
            "updateMany" => WriteModel::UpdateMany(update("updateMany", "update", fields)?),
            "replaceOne" => WriteModel::ReplaceOne(update("replaceOne", "replacement", fields)?),
            "deleteOne" => WriteModel::DeleteOne(delete("deleteOne", fields)?),
            "deleteMany" => WriteModel::DeleteMany(delete("deleteMany", fields)?),
            _ => return Err(not_a_model(model)),
        })
    }
}

impl WriteModel<'_> {
    /// The model with the bulk write's options where it has none of its own.
    pub fn with_defaults(mut self, options: &BulkWriteOptions) -> Self {
        let (language, write) = match &mut self {
            WriteModel::InsertOne(_) => return self,
            WriteModel::UpdateOne(model)
            | WriteModel::UpdateMany(model)
            | WriteModel::ReplaceOne(model) => {
                (&mut model.options.language, &mut model.options.write)
            }
            WriteModel::DeleteOne(model) | WriteModel::DeleteMany(model) => {
                (&mut model.options.language, &mut model.options.write)
            }
        };
        if *language == LanguageOptions::default() {
            language.clone_from(&options.language);
        }
        write.clone_from(&options.write);
        self
    }
}

fn document_to_insert(fields: RawDoc<'_>) -> Result<RawDoc<'_>> {
    let mut document = None;
    for given in given("insertOne", fields) {
        match given.name {
            "document" => {
                given.document()?;
                document = fields.get("document").and_then(|value| value.as_document());
            }
            _ => return Err(given.unknown("document")),
        }
    }
    document.ok_or_else(|| missing("insertOne", "document"))
}

fn update(operation: &'static str, what: &'static str, fields: RawDoc<'_>) -> Result<UpdateModel> {
    let mut model = UpdateModel::default();
    for given in given(operation, fields) {
        match given.name {
            "filter" => model.filter = given.document()?,
            "update" if what == "update" => model.update = update_document(&given)?,
            name if name == what => model.update = given.document()?,
            _ if model.options.take(&given)? => {}
            _ => {
                let known = "filter, update or replacement, upsert, arrayFilters, sort, hint, \
                    constants, collation, let";
                return Err(given.unknown_beside(known, WriteOptions::KNOWN));
            }
        }
    }
    require(operation, "filter", &model.filter)?;
    require(operation, what, &model.update)?;
    Ok(model)
}

fn update_document(given: &Given<'_>) -> Result<Vec<u8>> {
    // A pipeline, or a document of operators.
    given.array().or_else(|_| given.document())
}

fn delete(operation: &'static str, fields: RawDoc<'_>) -> Result<DeleteModel> {
    let mut model = DeleteModel::default();
    for given in given(operation, fields) {
        match given.name {
            "filter" => model.filter = given.document()?,
            _ if model.options.take(&given)? => {}
            _ => {
                return Err(
                    given.unknown_beside("filter, hint, collation, let", WriteOptions::KNOWN)
                );
            }
        }
    }
    require(operation, "filter", &model.filter)?;
    Ok(model)
}

fn require(operation: &str, field: &str, document: &[u8]) -> Result<()> {
    match document.is_empty() {
        true => Err(missing(operation, field)),
        false => Ok(()),
    }
}

fn missing(operation: &str, field: &str) -> Error {
    let message = format!("{operation} of bulkWrite needs \"{field}\"");
    Error::new(Status::Argument, Code(40414), message)
}

fn not_a_model(model: RawDoc<'_>) -> Error {
    let found = crate::query::explain::shell_text(RawValue::Document(model));
    let found: String = found.chars().take(100).collect();
    let message = format!(
        "a model of bulkWrite is a document with one field, insertOne, updateOne, updateMany, replaceOne, deleteOne or \
         deleteMany, whose value is a document; found {found}"
    );
    Error::new(Status::Argument, Code::FAILED_TO_PARSE, message)
}
