//! What the languages of an operation (filter, sort, projection, update) are all compiled with.

use std::sync::Arc;

use super::given::Given;
use crate::aggregate::expr::define_variables;
use crate::bson::{Collation, RawDoc};
use crate::error::Result;
use crate::query::{Context, Stop};

/// Options of every operation that has a filter.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LanguageOptions {
    /// What strings are compared by, as BSON; none, or an empty document: what the collection has.
    pub collation: Option<Vec<u8>>,
    /// Variables that the operation's expressions may use (`let`), as BSON: names, and expressions for
    /// their values.
    pub variables: Option<Vec<u8>>,
}

impl LanguageOptions {
    /// Takes the option if it is one of these.
    pub(super) fn take(&mut self, given: &Given<'_>) -> Result<bool> {
        match given.name {
            "collation" => self.collation = Some(given.document()?),
            "let" => self.variables = Some(given.document()?),
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// What the operation on a collection with this collation, which `stop` may stop, brings to its languages. Fails if a
    /// variable cannot be computed.
    pub fn context(
        &self,
        inherited: Option<&Collation>,
        stop: Option<Arc<dyn Stop>>,
    ) -> Result<Context> {
        let mut context = Context::default();
        context.set_stop(stop);
        let given = self.collation.as_deref().map(RawDoc::trusted);
        context.set_collation(match given.filter(|given| !given.is_empty()) {
            Some(given) => Collation::parse("collation", given)?,
            None => inherited.cloned(),
        });
        if let Some(variables) = &self.variables {
            define_variables(&mut context, RawDoc::trusted(variables))?;
        }
        Ok(context)
    }
}
