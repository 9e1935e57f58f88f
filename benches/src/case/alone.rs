//! What the cases share that measure IronBase alone: they call it as a Rust program does.

use std::path::Path;

use anyhow::{Result, ensure};
use ironbase::bson::{RawDoc, RawValue};
use ironbase::database::options::{
    Durability, InsertManyOptions, OpenOptions, UpdateOptions, WriteOptions,
};
use ironbase::database::{Collection, Database};

use crate::documents;

/// The database of a case, with 64 MiB of memory, and its one collection. Writes do not wait for the device: what is measured is not
/// how long that takes.
pub fn open(directory: &Path) -> Result<(Database, Collection)> {
    let options = OpenOptions {
        durability: Durability::None,
        ..OpenOptions::default()
    };
    let path = directory.join("db");
    let database = Database::open(&path.to_string_lossy(), options)?;
    let collection = database.collection("documents")?;
    Ok((database, collection))
}

/// A document from its JSON text.
pub fn parse(text: &str) -> Result<Vec<u8>> {
    let mut out = Vec::with_capacity(512);
    ironbase::json::parse_document(text.as_bytes(), &mut out)?;
    Ok(out)
}

/// Inserts the documents of `ids` in one call.
pub fn insert(collection: &Collection, mut ids: impl Iterator<Item = u32>) -> Result<()> {
    let mut text = String::new();
    let mut next = |out: &mut Vec<u8>| -> ironbase::error::Result<bool> {
        let Some(id) = ids.next() else {
            return Ok(false);
        };
        text.clear();
        documents::append(&mut text, id);
        ironbase::json::parse_document(text.as_bytes(), out)?;
        Ok(true)
    };
    collection.insert_many(&mut next, &InsertManyOptions::default())?;
    Ok(())
}

/// Adds to the visits of a document.
pub fn visit(collection: &Collection, id: u32) -> Result<()> {
    let (filter, update) = (by_id(id)?, parse(r#"{"$inc":{"visits":1}}"#)?);
    let result = collection.update_one(&filter, &update, &UpdateOptions::default())?;
    ensure!(result.modified_count == 1, "document {id} was not updated");
    Ok(())
}

/// Reads a document.
pub fn get(collection: &Collection, id: u32) -> Result<()> {
    let found = collection.find_one_with(&by_id(id)?, &Default::default(), &mut |found| {
        found.as_bytes().len()
    })?;
    ensure!(found.is_some(), "document {id} is missing");
    Ok(())
}

/// The filter of one document.
pub fn by_id(id: u32) -> Result<Vec<u8>> {
    parse(&format!(r#"{{"_id":{id}}}"#))
}

/// Makes indexes on some fields, a name and a field each.
pub fn create_indexes(collection: &Collection, fields: &[&str]) -> Result<()> {
    for field in fields {
        let specs = format!(r#"{{"0":{{"key":{{"{field}":1}},"name":"{field}"}}}}"#);
        let specs = parse(&specs)?;
        let specs = RawDoc::new(&specs)?;
        collection.create_indexes(specs, &WriteOptions::default())?;
    }
    Ok(())
}

/// A figure of the storage engine, from the figures of a database.
pub fn storage_figure(stats: &[u8], name: &str) -> Option<i64> {
    let RawValue::Document(storage) = RawDoc::new(stats).ok()?.get("storage")? else {
        return None;
    };
    match storage.get(name)? {
        RawValue::Int64(figure) => Some(figure),
        RawValue::Int32(figure) => Some(figure.into()),
        _ => None,
    }
}

/// Bytes of all files under a directory.
pub fn file_bytes(directory: &Path) -> Result<u64> {
    let mut sum = 0;
    for entry in std::fs::read_dir(directory)? {
        let metadata = entry.as_ref().map(|entry| entry.metadata());
        let Ok(Ok(metadata)) = metadata else { continue };
        sum += match metadata.is_dir() {
            true => file_bytes(&entry?.path())?,
            false => metadata.len(),
        };
    }
    Ok(sum)
}

/// A number of bytes for people.
pub fn mib(bytes: u64) -> f64 {
    bytes as f64 / f64::from(1 << 20)
}
