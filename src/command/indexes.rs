//! `createIndexes`, `dropIndexes`, `listIndexes`.

use super::call::Call;
use super::cursors::{OpenCursor, listing_batch_size, reply_first_batch};
use super::registry::Command;
use crate::bson::{Builder, RawDoc, RawValue};
use crate::database::Collection;
use crate::database::options::WriteOptions;
use crate::error::{Code, Error, Result};

pub const CREATE_INDEXES: Command = Command {
    name: "createIndexes",
    aliases: &[],
    fields: &["indexes", "commitQuorum", "ignoreUnknownIndexOptions"],
    options: &["maxTimeMS", "opId"],
    in_transaction: true,
    run: create,
};

pub const DROP_INDEXES: Command = Command {
    name: "dropIndexes",
    aliases: &["deleteIndexes"],
    fields: &["index"],
    options: &[],
    in_transaction: false,
    run: drop_indexes,
};

pub const LIST_INDEXES: Command = Command {
    name: "listIndexes",
    aliases: &[],
    fields: &["cursor", "includeBuildUUIDs", "includeIndexBuildInfo"],
    options: &[],
    in_transaction: false,
    run: list,
};

fn create(call: &Call<'_>, reply: &mut Builder<'_>) -> Result<()> {
    let fields = &call.fields;
    let collection = call.collection()?;
    let specs = fields.required("indexes", fields.array("indexes")?)?;
    // Indexes are not listed in a transaction: the reply leaves their numbers out.
    if call.transaction.is_some() {
        let options = WriteOptions::from_bson("createIndexes", RawDoc::trusted(&call.options()))?;
        return collection.create_indexes(specs, &options).map(|_| ());
    }
    let before = count(&collection)?;
    let options = WriteOptions::from_bson("createIndexes", RawDoc::trusted(&call.options()))?;
    collection.create_indexes(specs, &options)?;
    let after = count(&collection)?.unwrap_or(0);
    // A collection made on the way begins with the index on `_id`.
    let first = before.unwrap_or(1);
    reply.append("numIndexesBefore", RawValue::Int32(first));
    reply.append("numIndexesAfter", RawValue::Int32(after));
    reply.append(
        "createdCollectionAutomatically",
        RawValue::Boolean(before.is_none()),
    );
    if first == after {
        reply.append("note", RawValue::from("all indexes already exist"));
    }
    Ok(())
}

fn drop_indexes(call: &Call<'_>, reply: &mut Builder<'_>) -> Result<()> {
    let fields = &call.fields;
    let collection = call.collection()?;
    let was = count(&collection)?;
    match fields.required("index", fields.get("index"))? {
        RawValue::String(name) => collection.drop_index(name.as_str())?,
        RawValue::Document(key) => {
            let name = named_by_key(&collection, key)?;
            collection.drop_index(&name)?;
        }
        RawValue::Array(names) => {
            for (_, name) in names.iter() {
                match name.as_str() {
                    Some(name) => collection.drop_index(name)?,
                    None => return Err(fields.wrong_type("index", name, "string")),
                }
            }
        }
        other => return Err(fields.wrong_type("index", other, "string")),
    }
    reply.append("nIndexesWas", RawValue::Int32(was.unwrap_or(0)));
    Ok(())
}

/// The name of the index with a key pattern.
fn named_by_key(collection: &Collection, key: RawDoc<'_>) -> Result<String> {
    let listed = collection.list_indexes()?;
    let mut specs = RawDoc::trusted(&listed)
        .iter()
        .filter_map(|(_, spec)| spec.as_document());
    let same = |spec: &RawDoc<'_>| {
        spec.get("key")
            .is_some_and(|own| own == RawValue::Document(key))
    };
    let name = specs.find(same).and_then(|spec| spec.get("name")?.as_str());
    match name {
        Some(name) => Ok(name.to_string()),
        None => {
            let shown = crate::query::explain::shell_text(RawValue::Document(key));
            let message = format!("can't find index with key: {shown}");
            Err(Error::query(Code::INDEX_NOT_FOUND, message))
        }
    }
}

fn list(call: &Call<'_>, reply: &mut Builder<'_>) -> Result<()> {
    let collection = call.collection()?;
    let listed = collection.list_indexes()?;
    let batch_size = listing_batch_size(call)?;
    let namespace = call.namespace(collection.name());
    let cursor = OpenCursor::listed(&listed);
    reply_first_batch(call, namespace, cursor, batch_size, false, reply)
}

/// How many indexes a collection has; none if it does not exist.
pub fn count(collection: &Collection) -> Result<Option<i32>> {
    match collection.list_indexes() {
        Ok(listed) => Ok(Some(RawDoc::trusted(&listed).elements().count() as i32)),
        Err(error) if error.code() == Code::NAMESPACE_NOT_FOUND => Ok(None),
        Err(error) => Err(error),
    }
}
