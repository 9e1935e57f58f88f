//! What an operation brings to the query languages: its own collation, or else that of its collection.

use super::collection::Collection;
use super::options::{LanguageOptions, create};
use super::scope::Entered;
use crate::bson::Collation;
use crate::error::Result;
use crate::query::Context;
use crate::storage::catalog;

/// The collation that a collection was made with.
pub fn own_collation(collection: &catalog::Collection) -> Result<Option<&Collation>> {
    Ok(create::stored(collection)?.and_then(|stored| stored.options.collation.as_ref()))
}

/// The context of an operation on a collection.
pub fn context(
    collection: &Collection,
    engine: &Entered<'_>,
    language: &LanguageOptions,
) -> Result<Context> {
    let version = engine.snapshot();
    match version.catalog.get(&collection.name) {
        Some(found) => language.context(own_collation(found)?),
        None => language.context(None),
    }
}

impl Collection {
    /// The context of an operation that has not entered its scope yet.
    pub(super) fn context(&self, language: &LanguageOptions) -> Result<Context> {
        context(self, &self.database.enter()?, language)
    }
}
