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
use super::scope::Entered;
use super::select::spec_of;
use super::{finish, listing};
use crate::bson::{Builder, RawDoc, RawValue};
use crate::error::{Code, Error, Result, Status};
use crate::index::{ID_INDEX, IndexSpec, Relation};
use crate::storage::engine::{Duplicate, NewIndex, Settled, StepFn, WriteTxn};
use crate::storage::page::Lsn;
use crate::storage::{self, ErrorKind};

/// Makes the indexes that an array of specifications asks for, in one commit
/// ([createIndexes](https://www.mongodb.com/docs/manual/reference/command/createIndexes/)). On a collection that is not small they
/// are built while others write (`storage/engine/index_build.rs`).
pub fn create(
    collection: &Collection,
    specs: RawDoc<'_>,
    options: &WriteOptions,
) -> Result<Vec<String>> {
    let engine = collection.database.enter()?;
    let interrupt = Interrupt::new(&collection.database, &options.common)?;
    let given = parse(specs)?;
    let step = &|bytes| match bytes {
        _ if collection.database.is_closing() => {
            let message = "the database is being closed";
            Err(storage::Error::new(ErrorKind::Closed, message))
        }
        // Work that was not expected, or none.
        0 => interrupt.storage_advance(0),
        _ => interrupt.storage_step(bytes),
    };
    let mut txn = engine.begin_write_until(&interrupt)?;
    let mut target = find_or_create(&mut txn, collection)?;
    let mut _alone = None;
    if txn.builds_online(&target) && !missing(&txn, &target, &given)?.1.is_empty() {
        // ORDER: the builders' lock before the commit lock.
        drop(txn);
        _alone = Some(engine.begin_builds(step).map_err(from_storage)?);
        txn = engine.begin_write_until(&interrupt)?;
        target = find_or_create(&mut txn, collection)?;
    }
    let (names, missing) = missing(&txn, &target, &given)?;
    let documents = txn.roots().get(target.id).entries;
    // Each document is read, and then written as an entry, if it is one.
    interrupt.expect(documents * (1 + missing.len() as u64));
    let lsn = match _alone.is_some() && !missing.is_empty() && txn.builds_online(&target) {
        true => build(&engine, txn, &target, &missing, &interrupt, step)?,
        false => {
            for spec in &missing {
                create_one(&mut txn, collection, spec, step)?;
            }
            txn.commit()
        }
    };
    durability::wait(&engine, lsn, options)?;
    interrupt.complete();
    // Only now: while an index was built, queries went on and were remembered without it.
    collection.database.plans.forget(target.id.into());
    if _alone.is_some()
        && let Err(error) = engine.checkpoint()
    {
        // The indexes are made. Until a checkpoint has them, opening builds them again.
        log::error!("no checkpoint behind an index build: {error}");
    }
    Ok(names)
}

fn parse<'s>(specs: RawDoc<'s>) -> Result<Vec<RawDoc<'s>>> {
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
    Ok(given)
}

/// The names of the indexes that specifications ask for, and those of them that there are not yet.
fn missing(
    txn: &WriteTxn<'_>,
    target: &storage::catalog::Collection,
    given: &[RawDoc<'_>],
) -> Result<(Vec<String>, Vec<IndexSpec>)> {
    let (mut names, mut missing) = (Vec::new(), Vec::<IndexSpec>::new());
    let collation = own_collation(target)?;
    for spec in given {
        let spec = IndexSpec::parse_within(*spec, collation)?;
        names.push(spec.name.clone());
        if spec.is_id() {
            if spec.collation.as_ref() != collation {
                return Err(Error::query(
                    Code::BAD_VALUE,
                    "The _id index must have the same collation as the collection",
                ));
            }
            continue;
        }
        if is_there(target, &spec)? {
            continue;
        }
        let mut is_asked_twice = false;
        for other in &missing {
            is_asked_twice |= spec.relation(other)? == Relation::Same;
        }
        if !is_asked_twice {
            refuse_in_transaction(txn, target)?;
            missing.push(spec);
        }
    }
    Ok((names, missing))
}

/// Whether the collection has the index. Fails if it has another one of that name or key.
fn is_there(target: &storage::catalog::Collection, spec: &IndexSpec) -> Result<bool> {
    for index in &target.indexes {
        if spec.relation(spec_of(index)?)? == Relation::Same {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Builds indexes while others write. Gives the commit that makes them known.
fn build<'e>(
    engine: &'e Entered<'_>,
    txn: WriteTxn<'e>,
    target: &storage::catalog::Collection,
    specs: &[IndexSpec],
    interrupt: &Interrupt,
    step: &StepFn<'_>,
) -> Result<Lsn> {
    let new = specs.iter().map(|spec| NewIndex {
        name: spec.name.clone(),
        unique: spec.unique,
        spec: spec.to_bytes(),
    });
    let mut build = txn
        .begin_build(target, new.collect())
        .map_err(from_storage)?;
    let mut duplicate = build.fill(step).map_err(from_storage)?;
    let txn = loop {
        let txn = engine.begin_write_until(interrupt)?;
        if duplicate.is_some() {
            break txn;
        }
        match build.settle(&txn).map_err(from_storage)? {
            Settled::Ready => break txn,
            Settled::Refused(refused) => duplicate = Some(refused),
            Settled::Behind => {
                drop(txn);
                duplicate = build.go_on(step).map_err(from_storage)?;
                continue;
            }
        }
        break txn;
    };
    // It may have another name by now.
    let Some(target) = txn.catalog().by_id(target.id) else {
        let message = "collection dropped";
        return Err(Error::query(Code::INDEX_BUILD_ABORTED, message));
    };
    if let Some(duplicate) = duplicate {
        return Err(not_unique(&txn, target, &duplicate));
    }
    // Someone may have made one of them under the commit lock: the collection may have been small for a while.
    let wanted = specs
        .iter()
        .map(|spec| is_there(target, spec).map(|is_there| !is_there));
    let wanted = wanted.collect::<Result<Vec<bool>>>()?;
    build.publish(txn, &wanted).map_err(from_storage)
}

fn create_one(
    txn: &mut WriteTxn<'_>,
    collection: &Collection,
    spec: &IndexSpec,
    step: &StepFn<'_>,
) -> Result<()> {
    // With the indexes made before.
    let target = find_or_create(txn, collection)?;
    let made = txn.create_index(&target, &spec.name, spec.unique, &spec.to_bytes(), step);
    match made.map_err(from_storage)? {
        None => Ok(()),
        Some(duplicate) => Err(not_unique(txn, &target, &duplicate)),
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
    duplicate: &Duplicate,
) -> Error {
    let index = duplicate.index.as_ref();
    let spec = index.and_then(|index| spec_of(index).ok());
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
    let name = index.map_or(ID_INDEX, |index| index.name.as_str());
    duplicate_key(&collection.name, spec, document, holder)
        .context(format!("Index build failed: {name}"))
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
