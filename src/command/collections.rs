//! Collections as a whole: `create`, `collMod`, `drop`, `dropDatabase`, `renameCollection`, `listCollections`.

use super::call::Call;
use super::cursors::{OpenCursor, listing_batch_size, reply_first_batch};
use super::registry::Command;
use crate::bson::{Builder, RawDoc, RawValue};
use crate::error::Result;

pub const CREATE: Command = Command {
    name: "create",
    aliases: &[],
    fields: &[],
    options: &[
        "capped",
        "size",
        "max",
        "autoIndexId",
        "storageEngine",
        "validator",
        "validationLevel",
        "validationAction",
        "indexOptionDefaults",
        "viewOn",
        "pipeline",
        "collation",
        "timeseries",
        "expireAfterSeconds",
        "clusteredIndex",
        "changeStreamPreAndPostImages",
        "encryptedFields",
    ],
    in_transaction: true,
    run: create,
};

pub const COLL_MOD: Command = Command {
    name: "collMod",
    aliases: &[],
    fields: &[],
    options: &[
        "validator",
        "validationLevel",
        "validationAction",
        "index",
        "viewOn",
        "pipeline",
        "expireAfterSeconds",
        "timeseries",
        "changeStreamPreAndPostImages",
        "cappedSize",
        "cappedMax",
        "dryRun",
        "maxTimeMS",
        "opId",
    ],
    in_transaction: false,
    run: coll_mod,
};

pub const DROP: Command = Command {
    name: "drop",
    aliases: &[],
    fields: &[],
    options: &[],
    in_transaction: false,
    run: drop_collection,
};

pub const DROP_DATABASE: Command = Command {
    name: "dropDatabase",
    aliases: &[],
    fields: &[],
    options: &[],
    in_transaction: false,
    run: drop_database,
};

pub const RENAME_COLLECTION: Command = Command {
    name: "renameCollection",
    aliases: &[],
    fields: &["to", "dropTarget", "stayTemp"],
    options: &[],
    in_transaction: false,
    run: rename,
};

pub const LIST_COLLECTIONS: Command = Command {
    name: "listCollections",
    aliases: &[],
    fields: &["filter", "nameOnly", "authorizedCollections", "cursor"],
    options: &[],
    in_transaction: false,
    run: list,
};

fn create(call: &Call<'_>, _reply: &mut Builder<'_>) -> Result<()> {
    let options = call.options();
    let (name, options) = (call.collection_name()?, RawDoc::trusted(&options));
    match call.transaction {
        Some(transaction) => transaction.create_collection(name, options),
        None => call.commands.database.create_collection(name, options),
    }
}

fn coll_mod(call: &Call<'_>, _reply: &mut Builder<'_>) -> Result<()> {
    let changes = call.options();
    let database = &call.commands.database;
    database.coll_mod(call.collection_name()?, RawDoc::trusted(&changes))
}

fn drop_collection(call: &Call<'_>, reply: &mut Builder<'_>) -> Result<()> {
    let collection = call.collection()?;
    if let Some(indexes) = super::indexes::count(&collection)? {
        reply.append("nIndexesWas", RawValue::Int32(indexes));
        let namespace = call.namespace(collection.name());
        reply.append("ns", RawValue::from(namespace.as_str()));
    }
    collection.drop()
}

fn drop_database(call: &Call<'_>, reply: &mut Builder<'_>) -> Result<()> {
    for name in collection_names(call)? {
        call.collection_named(&name)?.drop()?;
    }
    reply.append("dropped", RawValue::from(call.commands.name.as_str()));
    Ok(())
}

fn rename(call: &Call<'_>, _reply: &mut Builder<'_>) -> Result<()> {
    let fields = &call.fields;
    let from = call.split_namespace(call.collection_name()?)?;
    let to = call.split_namespace(fields.required("to", fields.text("to")?)?)?;
    let database = &call.commands.database;
    database.rename_collection(from, to, fields.flag("dropTarget")?)
}

fn list(call: &Call<'_>, reply: &mut Builder<'_>) -> Result<()> {
    let fields = &call.fields;
    let filter = fields.document("filter")?.unwrap_or(RawDoc::EMPTY);
    let mut listed = call.commands.database.list_collections(filter)?;
    if fields.flag("nameOnly")? {
        listed = names_only(&listed);
    }
    let batch_size = listing_batch_size(call)?;
    let namespace = call.namespace("$cmd.listCollections");
    let cursor = OpenCursor::listed(&listed);
    reply_first_batch(call, namespace, cursor, batch_size, false, reply)
}

fn names_only(listed: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut array = Builder::new(&mut out);
    for (_, entry) in RawDoc::trusted(listed).iter() {
        let mut short = array.push_document();
        for element in entry.as_document().unwrap_or(RawDoc::EMPTY).elements() {
            if element.key() == "name" || element.key() == "type" {
                short.append_element(element);
            }
        }
    }
    array.finish();
    out
}

fn collection_names(call: &Call<'_>) -> Result<Vec<String>> {
    let listed = call.commands.database.list_collections(RawDoc::EMPTY)?;
    let name = |(_, entry): (_, RawValue<'_>)| {
        Some(entry.as_document()?.get("name")?.as_str()?.to_string())
    };
    Ok(RawDoc::trusted(&listed).iter().filter_map(name).collect())
}
