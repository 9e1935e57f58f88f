//! Deleting documents.

use super::change::{self, Wait};
use super::collection::Collection;
use super::errors::from_storage;
use super::interrupt::Interrupt;
use super::options::DeleteOptions;
use super::select::Selection;
use crate::error::Result;
use crate::storage::page::Lsn;

pub fn one(collection: &Collection, filter: &[u8], options: &DeleteOptions) -> Result<u64> {
    let interrupt = Interrupt::new(&collection.database, &options.write.common)?;
    let (deleted, _) = first(collection, filter, options, &interrupt, Wait::ForCommit)?;
    Ok(deleted)
}

/// Deletes the first document selected. Gives how many that were, and the commit.
pub fn first(
    collection: &Collection,
    filter: &[u8],
    options: &DeleteOptions,
    interrupt: &Interrupt,
    wait: Wait,
) -> Result<(u64, Lsn)> {
    let context = collection.context(&options.language, interrupt)?;
    let selection = Selection::compile(filter, None, options.hint.as_ref(), &context)?;
    let mut deleted = 0;
    let lsn = change::one(
        collection,
        &selection,
        interrupt,
        &options.write,
        wait,
        &mut |txn, target, key, _| {
            deleted = u64::from(txn.delete(target, key).map_err(from_storage)?);
            Ok(())
        },
        &mut |_| Ok(()),
    )?;
    Ok((deleted, lsn))
}

pub fn many(collection: &Collection, filter: &[u8], options: &DeleteOptions) -> Result<u64> {
    let interrupt = Interrupt::new(&collection.database, &options.write.common)?;
    all(collection, filter, options, &interrupt)
}

/// Deletes every document selected. Gives how many that were.
pub fn all(
    collection: &Collection,
    filter: &[u8],
    options: &DeleteOptions,
    interrupt: &Interrupt,
) -> Result<u64> {
    let context = collection.context(&options.language, interrupt)?;
    let selection = Selection::compile(filter, None, options.hint.as_ref(), &context)?;
    change::many(
        collection,
        &selection,
        interrupt,
        &options.write,
        &mut |txn, target, key, _| txn.delete(target, key).map(|_| ()).map_err(from_storage),
    )
}
