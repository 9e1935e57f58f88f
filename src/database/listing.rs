//! What there is: collections and figures.

use super::collection::Collection;
use super::{Database, finish, indexes};
use crate::bson::{Builder, Document, RawDoc, RawValue, doc};
use crate::error::{Code, Error, Result, Status};
use crate::query::explain::shell_text;
use crate::query::{Context, Filter};
use crate::storage::catalog::{self, Catalog};

impl Database {
    /// The collections that `filter` selects, as a BSON array of `{name, type, options, info, idIndex}`
    /// ([listCollections](https://www.mongodb.com/docs/manual/reference/command/listCollections/)).
    pub fn list_collections(&self, filter: RawDoc<'_>) -> Result<Vec<u8>> {
        let engine = self.0.enter()?;
        let filter = Filter::compile(filter, &Context::default())?;
        let version = engine.snapshot();
        let mut out = Vec::new();
        let mut array = Builder::new(&mut out);
        for collection in version.catalog.collections() {
            let entry = doc! {
                "name": (collection.name.as_str()),
                "type": "collection",
                "options": (stored_options(collection)?),
                "info": { "readOnly": (self.0.options.read_only) },
                "idIndex": (Document::from_raw(RawDoc::trusted(&indexes::id_index(collection)?.to_bytes()))?),
            }
            .to_bytes();
            let entry = RawDoc::trusted(&entry);
            if filter.matches(entry)? {
                array.push(RawValue::Document(entry));
            }
        }
        array.finish();
        Ok(out)
    }

    /// Figures on the database, its collections and its files.
    pub fn stats(&self) -> Result<Vec<u8>> {
        let engine = self.0.enter()?;
        let version = engine.snapshot();
        let stats = engine.stats();
        let (oldest_log, kept_log) = engine.kept_log().map_err(super::from_storage)?;
        let (mut objects, mut indexes, mut data) = (0i64, 0i64, 0i64);
        let mut collections = Vec::new();
        for collection in version.catalog.collections() {
            let tree = version.tree(collection.id);
            let (pages, free) = collection.file.pages_and_free();
            objects += tree.entries as i64;
            let secondary = super::capped::secondary_indexes(collection).count() as i64;
            indexes += 1 + secondary;
            data += tree.bytes as i64;
            collections.push(crate::bson::Value::Document(doc! {
                "name": (collection.name.as_str()),
                "count": (tree.entries as i64),
                "size": (tree.bytes as i64),
                "nindexes": (1 + secondary),
                "file": (&*collection.file.name),
                "pages": (i64::from(pages)),
                "freePages": (i64::from(free)),
            }));
        }
        let (runs, compacted) = engine.compactions();
        let mut compaction = super::compact::figures(&compacted);
        compaction.insert("runs", runs as i64);
        let document = doc! {
            "db": (self.0.path.as_str()),
            "collections": (version.catalog.collections().count() as i64),
            "objects": objects,
            "dataSize": data,
            "indexes": indexes,
            "storage": {
                "lsn": (stats.lsn as i64),
                "visibleLsn": (stats.visible_lsn as i64),
                "checkpointLsn": (stats.checkpoint_lsn as i64),
                "snapshots": (stats.held_versions as i64),
                "oldestSnapshotLsn": (stats.oldest_version as i64),
                "transactions": (stats.transactions as i64),
                "deadPages": (stats.dead_pages as i64),
                "dirtyBytes": (stats.dirty_bytes),
                "logBytes": (stats.log_bytes as i64),
                "oldestLogLsn": (oldest_log as i64),
                "keptLogBytes": (kept_log as i64),
                "syncs": (stats.syncs as i64),
                "writes": (stats.writes as i64),
                "bytesWritten": (stats.bytes_written as i64),
                "reads": (stats.reads as i64),
            },
            "compaction": compaction,
            "collectionStats": collections,
        };
        Ok(document.to_bytes())
    }
}

/// A collection's options as they are kept.
fn stored_options(collection: &catalog::Collection) -> Result<Document> {
    match collection.options.bytes() {
        [] => Ok(Document::default()),
        bytes => Document::from_raw(RawDoc::new(bytes)?),
    }
}

/// The error for a collection that is there, but not as it is asked for.
pub fn other_options(there: &catalog::Collection) -> Result<Error> {
    let (name, options) = (&there.name, stored_options(there)?.to_bytes());
    let shown = shell_text(RawValue::Document(RawDoc::trusted(&options)));
    let message = format!("namespace {name} already exists, but with different options: {shown}");
    Ok(Error::query(Code::NAMESPACE_EXISTS, message).with_detail("collection", name.as_str()))
}

/// The error for a collection that does not exist: names those that do.
pub fn no_collection(catalog: &Catalog, name: &str) -> Error {
    let names: Vec<&str> = catalog
        .collections()
        .map(|found| found.name.as_str())
        .collect();
    let message = match names.is_empty() {
        true => format!("collection {name:?} does not exist; the database has no collections"),
        false => {
            let shown = names
                .iter()
                .take(10)
                .map(|name| format!("{name:?}"))
                .collect::<Vec<_>>();
            let more = if names.len() > 10 { ", ..." } else { "" };
            format!(
                "collection {name:?} does not exist; there are {}{more}",
                shown.join(", ")
            )
        }
    };
    let names: Vec<serde_json::Value> = names.into_iter().map(Into::into).collect();
    Error::new(Status::NotFound, Code::NAMESPACE_NOT_FOUND, message)
        .with_detail("collection", name)
        .with_detail("availableCollections", names)
}

pub fn drop_collection(collection: &Collection) -> Result<()> {
    let engine = collection.database.enter()?;
    engine.refuse_in_transaction("drop")?;
    let mut txn = engine.begin_write()?;
    let Some(found) = txn.collection(&collection.name) else {
        return Ok(());
    };
    collection.database.plans.forget(found.id.into());
    txn.drop_collection(&found);
    finish(&engine, txn)
}
