//! Deleting documents.

use super::change;
use super::collection::Collection;
use super::errors::from_storage;
use super::interrupt::Interrupt;
use super::options::DeleteOptions;
use super::select::Selection;
use crate::error::Result;

pub fn one(collection: &Collection, filter: &[u8], options: &DeleteOptions) -> Result<u64> {
    let interrupt = Interrupt::new(&collection.database, &options.write.common)?;
    let context = options.language.context()?;
    let selection = Selection::compile(filter, None, options.hint.as_ref(), &context)?;
    let mut deleted = 0;
    change::one(
        collection,
        &selection,
        &interrupt,
        &options.write,
        &mut |txn, target, key, _| {
            deleted = u64::from(txn.delete(target, key).map_err(from_storage)?);
            Ok(())
        },
        &mut |_| Ok(()),
    )?;
    Ok(deleted)
}

pub fn many(collection: &Collection, filter: &[u8], options: &DeleteOptions) -> Result<u64> {
    let interrupt = Interrupt::new(&collection.database, &options.write.common)?;
    let context = options.language.context()?;
    let selection = Selection::compile(filter, None, options.hint.as_ref(), &context)?;
    change::many(
        collection,
        &selection,
        &interrupt,
        &options.write,
        &mut |txn, target, key, _| txn.delete(target, key).map(|_| ()).map_err(from_storage),
    )
}
