//! Creating, dropping and listing indexes.

use super::capped;
use super::collection::Collection;
use super::context::own_collation;
use super::durability;
use super::errors::{duplicate_key, from_storage};
use super::execute::Source;
use super::insert::find_or_create;
use super::interrupt::Interrupt;
use super::options::{WriteOptions, create};
use super::select::spec_of;
use super::{finish, listing};
use crate::bson::{Builder, RawDoc, RawValue};
use crate::error::{Code, Error, Result, Status};
use crate::index::{ID_INDEX, IndexSpec, Relation};
use crate::storage;
use crate::storage::engine::{Duplicate, WriteTxn};

/// Makes the indexes that an array of specifications asks for, in one commit
/// ([createIndexes](https://www.mongodb.com/docs/manual/reference/command/createIndexes/)).
pub fn create(
    collection: &Collection,
    specs: RawDoc<'_>,
    options: &WriteOptions,
) -> Result<Vec<String>> {
    let engine = collection.database.enter()?;
    let interrupt = Interrupt::new(&collection.database, &options.common)?;
    let mut given = Vec::new();
    for (_, spec) in specs.iter() {
        let RawValue::Document(spec) = spec else {
            let found = spec.type_name();
            let message = format!("an index specification must be a document, found {found}");
            return Err(Error::query(Code::TYPE_MISMATCH, message));
        };
        // Refused before the lock is taken; what the collection's collation adds comes later.
        IndexSpec::parse(spec)?;
        given.push(spec);
    }
    if given.is_empty() {
        let message = "Must specify at least one index to create";
        return Err(Error::query(Code::BAD_VALUE, message));
    }
    let mut txn = engine.begin_write_until(&interrupt)?;
    let target = find_or_create(&mut txn, collection)?;
    interrupt.expect(txn.roots().get(target.id).entries * given.len() as u64);
    let mut names = Vec::new();
    for spec in given {
        let spec = IndexSpec::parse_within(spec, own_collation(&target)?)?;
        create_one(&mut txn, collection, &spec, &interrupt)?;
        names.push(spec.name);
    }
    durability::wait(&engine, txn.commit(), options)?;
    interrupt.finish();
    // Only now: while an index was built, queries went on and were remembered without it.
    collection.database.plans.forget(target.id.into());
    Ok(names)
}

fn create_one(
    txn: &mut WriteTxn<'_>,
    collection: &Collection,
    spec: &IndexSpec,
    interrupt: &Interrupt,
) -> Result<()> {
    let target = find_or_create(txn, collection)?;
    if spec.is_id() {
        let same = spec.collation.as_ref() == own_collation(&target)?;
        return match same {
            true => Ok(()),
            false => Err(Error::query(
                Code::BAD_VALUE,
                "The _id index must have the same collation as the collection",
            )),
        };
    }
    for index in &target.indexes {
        if spec.relation(spec_of(index)?)? == Relation::Same {
            return Ok(());
        }
    }
    refuse_in_transaction(txn, &target)?;
    let step = &|bytes| interrupt.storage_step(bytes);
    let made = txn.create_index(&target, &spec.name, spec.unique, &spec.to_bytes(), step);
    match made.map_err(from_storage)? {
        None => Ok(()),
        Some(duplicate) => Err(not_unique(txn, &target, spec, &duplicate)),
    }
}

/// In a transaction only a collection that it has made itself, and that is empty, gets indexes
/// ([manual](https://www.mongodb.com/docs/manual/core/transactions-operations/)).
fn refuse_in_transaction(
    txn: &WriteTxn<'_>,
    collection: &storage::catalog::Collection,
) -> Result<()> {
    let what = if !txn.is_statement() {
        return Ok(());
    } else if !txn.has_made(collection.id) {
        "existing"
    } else if txn.roots().get(collection.id).entries > 0 {
        "non-empty"
    } else {
        return Ok(());
    };
    let message = format!(
        "Cannot create new indexes on {what} collection {} in a multi-document transaction.",
        collection.name
    );
    Err(Error::query(
        Code::OPERATION_NOT_SUPPORTED_IN_TRANSACTION,
        message,
    ))
}

/// The error for a unique index over documents that share a key: names the key and both ids.
fn not_unique(
    txn: &WriteTxn<'_>,
    collection: &storage::catalog::Collection,
    spec: &IndexSpec,
    duplicate: &Duplicate,
) -> Error {
    let source = Source {
        collection,
        roots: txn.roots(),
    };
    let fetch = |key: &[u8]| {
        source
            .with_document(key, |document| document.as_bytes().to_vec())
            .ok()
            .flatten()
    };
    let (holder, other) = (fetch(&duplicate.holder), fetch(&duplicate.other));
    let document = other.as_deref().map_or(RawDoc::EMPTY, RawDoc::trusted);
    let holder = holder.as_deref().map(RawDoc::trusted);
    duplicate_key(&collection.name, Some(spec), document, holder)
        .context(format!("Index build failed: {}", spec.name))
}

pub fn drop_index(collection: &Collection, name: &str) -> Result<()> {
    let engine = collection.database.enter()?;
    engine.refuse_in_transaction("dropIndexes")?;
    if name == ID_INDEX {
        return Err(Error::query(Code::INVALID_OPTIONS, "cannot drop _id index"));
    }
    let mut txn = engine.begin_write()?;
    let Some(target) = txn.collection(&collection.name) else {
        return Err(listing::no_collection(txn.catalog(), &collection.name));
    };
    collection.database.plans.forget(target.id.into());
    if name == "*" {
        for index in capped::secondary_indexes(&target) {
            let current = txn
                .collection(&collection.name)
                .unwrap_or_else(|| target.clone());
            txn.drop_index(&current, index);
        }
        return finish(&engine, txn);
    }
    let Some(index) = target.index(name) else {
        let names: Vec<serde_json::Value> = target
            .indexes
            .iter()
            .map(|index| index.name.as_str().into())
            .collect();
        let message = format!("index not found with name [{name}]");
        return Err(Error::new(Status::NotFound, Code::INDEX_NOT_FOUND, message)
            .with_detail("availableIndexes", names));
    };
    txn.drop_index(&target, index);
    finish(&engine, txn)
}

/// The index on `_id`, of which a clustered collection has no other trace.
pub fn id_index(collection: &storage::catalog::Collection) -> Result<IndexSpec> {
    Ok(IndexSpec {
        collation: own_collation(collection)?.cloned(),
        ..IndexSpec::id()
    })
}

pub fn list(collection: &Collection) -> Result<Vec<u8>> {
    let engine = collection.database.enter()?;
    engine.refuse_in_transaction("listIndexes")?;
    let version = engine.snapshot();
    let Some(found) = version.catalog.get(&collection.name) else {
        return Err(listing::no_collection(&version.catalog, &collection.name));
    };
    let mut out = Vec::new();
    let mut array = Builder::new(&mut out);
    let clustered =
        create::stored(found)?.and_then(|stored| stored.options.clustered_index_document());
    let id = match clustered {
        Some(mut clustered) => {
            clustered.insert("clustered", true);
            clustered.to_bytes()
        }
        None => id_index(found)?.to_bytes(),
    };
    array.push(RawValue::Document(RawDoc::trusted(&id)));
    for index in capped::secondary_indexes(found) {
        array.push(RawValue::Document(RawDoc::trusted(&index.spec)));
    }
    array.finish();
    Ok(out)
}
