//! What an operation brings to the query languages: its own collation, or else that of its collection.

use super::collection::Collection;
use super::interrupt::Interrupt;
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
    interrupt: &Interrupt,
) -> Result<Context> {
    let version = engine.snapshot();
    let found = version.catalog.get(&collection.name);
    let inherited = found.map(|found| own_collation(found)).transpose()?;
    language.context(inherited.flatten(), interrupt.stop())
}

impl Collection {
    /// The context of an operation that has not entered its scope yet.
    pub(super) fn context(
        &self,
        language: &LanguageOptions,
        interrupt: &Interrupt,
    ) -> Result<Context> {
        context(self, &self.database.enter()?, language, interrupt)
    }
}
