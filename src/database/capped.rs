//! Capped collections: of bounded size, in the order of insertion
//! ([manual: Capped Collections](https://www.mongodb.com/docs/manual/core/capped-collections/)).
//!
//! Their primary tree is ordered by a sequence number instead of `_id`, so that a scan is the natural order and the oldest
//! document comes first; `_id` has an index like any other. Inserting removes the oldest documents in the same commit.
//!
//! Invariant: a sequence number is never used twice, not even that of a deleted document, so that a tailing cursor goes on
//! behind the last key it saw. Numbers grow with the commits' LSNs.

use super::errors::from_storage;
use super::options::create::{self, Capped};
use crate::bson::Collation;
use crate::error::{Code, Error, Result};
use crate::index::{ID_INDEX, IndexSpec};
use crate::storage;
use crate::storage::btree::walk::Walk;
use crate::storage::catalog::{Collection, Index};
use crate::storage::engine::{Duplicate, WriteTxn};

/// Begins each key, so that it lies between the planner's lowest and highest key.
const TAG: u8 = 2;
const KEY_LENGTH: usize = 9;
/// Documents that a commit may number from its LSN on, as a power of two. A commit with more goes on from there.
const LSN_SHIFT: u32 = 20;

/// The limits of a collection, if it is capped.
pub fn limits(collection: &Collection) -> Result<Option<&Capped>> {
    Ok(create::stored(collection)?.and_then(|stored| stored.options.capped.as_ref()))
}

/// The indexes beside that on `_id`.
pub fn secondary_indexes(collection: &Collection) -> impl Iterator<Item = &std::sync::Arc<Index>> {
    collection
        .indexes
        .iter()
        .filter(|index| index.name != ID_INDEX)
}

/// Refuses a write within a transaction
/// ([manual](https://www.mongodb.com/docs/manual/core/transactions-operations/)).
pub fn refuse_in_transaction(txn: &WriteTxn<'_>, collection: &Collection) -> Result<()> {
    if !txn.is_statement() || limits(collection)?.is_none() {
        return Ok(());
    }
    let message = format!(
        "Collection '{}' is a capped collection. Writes in transactions are not allowed on capped collections.",
        collection.name
    );
    let code = Code::OPERATION_NOT_SUPPORTED_IN_TRANSACTION;
    Err(Error::query(code, message))
}

/// Gives a new collection whose documents are not in the order of `_id` an index on it.
pub fn add_id_index(
    txn: &mut WriteTxn<'_>,
    collection: &Collection,
    collation: Option<&Collation>,
) -> storage::Result<()> {
    let spec = IndexSpec {
        collation: collation.cloned(),
        ..IndexSpec::id()
    };
    let never = &|_| Ok(());
    // It is empty: there is nothing that could be there twice.
    txn.create_index(collection, &spec.name, true, &spec.to_bytes(), never)?;
    Ok(())
}

/// Adds a document behind all others, and removes the oldest that there is no room for any more.
pub fn insert(
    txn: &mut WriteTxn<'_>,
    collection: &Collection,
    limits: &Capped,
    document: &[u8],
) -> Result<Option<Duplicate>> {
    refuse_in_transaction(txn, collection)?;
    if document.len() as u64 > limits.size {
        let message = "object to insert exceeds cappedMaxSize";
        return Err(Error::query(Code::BAD_VALUE, message));
    }
    let key = next_key(txn, collection).map_err(from_storage)?;
    let duplicate = txn
        .insert(collection, &key, document)
        .map_err(from_storage)?;
    if duplicate.is_none() {
        make_room(txn, collection, limits).map_err(from_storage)?;
    }
    Ok(duplicate)
}

fn next_key(txn: &WriteTxn<'_>, collection: &Collection) -> storage::Result<Vec<u8>> {
    let pin = crossbeam_epoch::pin();
    let mut walk = Walk::new(txn.view(collection.id, &collection.file, &pin));
    let mut last = Vec::new();
    let mut number = (txn.base() + 1) << LSN_SHIFT;
    if walk.last()? {
        walk.key_into(&mut last);
        number = number.max(sequence_number(&last).map_or(0, |last| last as u64 + 1));
    }
    let mut key = vec![TAG];
    key.extend_from_slice(&number.to_be_bytes());
    Ok(key)
}

/// What a key of a capped collection says: the document's record id.
pub fn sequence_number(key: &[u8]) -> Option<i64> {
    let number = key.strip_prefix(&[TAG])?.try_into().ok()?;
    i64::try_from(u64::from_be_bytes(number)).ok()
}

fn make_room(
    txn: &mut WriteTxn<'_>,
    collection: &Collection,
    limits: &Capped,
) -> storage::Result<()> {
    loop {
        let tree = txn.roots().get(collection.id);
        let size = tree.bytes.saturating_sub(tree.entries * KEY_LENGTH as u64);
        if size <= limits.size && limits.max.is_none_or(|max| tree.entries <= max) {
            return Ok(());
        }
        let mut oldest = Vec::new();
        {
            let pin = crossbeam_epoch::pin();
            let mut walk = Walk::new(txn.view(collection.id, &collection.file, &pin));
            if !walk.first()? {
                return Ok(());
            }
            walk.key_into(&mut oldest);
        }
        txn.delete(collection, &oldest)?;
    }
}
