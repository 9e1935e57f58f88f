//! `returnKey`: in the place of each document the key by which it was found
//! ([cursor.returnKey](https://www.mongodb.com/docs/manual/reference/method/cursor.returnKey/)).
//!
//! A key has the index's paths as its names. A document that no index led to has none.

use super::cursor::Snapshot;
use super::metadata::index_key;
use super::select::Selection;
use crate::bson::{Builder, RawDoc};
use crate::error::Result;
use crate::query::bounds::Interval;
use crate::query::{Access, SortSource};

/// Whether the collection is read as the index on `_id`: between bounds, for its order, or since a hint wants it.
pub fn is_by_id(at: &Snapshot, selection: &Selection) -> Result<bool> {
    match &at.plan.access {
        Access::IdPoints(_) => Ok(true),
        Access::CollectionScan { id_bounds, .. } => {
            let is_ordered = at.plan.sort == SortSource::ProvidedByAccess;
            let is_bounded = *id_bounds != [Interval::everything()];
            Ok(is_ordered || is_bounded || selection.hints_at_id(&at.collection)?)
        }
        Access::Empty | Access::IndexScan { .. } => Ok(false),
    }
}

/// Appends a document's key.
pub fn append(out: &mut Vec<u8>, at: &Snapshot, by_id: bool, document: RawDoc<'_>) -> Result<()> {
    if let Some(key) = index_key(at, document)? {
        out.extend_from_slice(&key);
        return Ok(());
    }
    let mut builder = Builder::new(out);
    if let Some(id) = document.get("_id").filter(|_| by_id) {
        builder.append("_id", id);
    }
    builder.finish();
    Ok(())
}
