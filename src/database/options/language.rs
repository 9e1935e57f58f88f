//! What the languages of an operation (filter, sort, projection, update) are all compiled with.

use super::given::Given;
use crate::aggregate::expr::define_variables;
use crate::bson::RawDoc;
use crate::error::Result;
use crate::query::Context;

/// Options of every operation that has a filter.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LanguageOptions {
    /// Variables that the operation's expressions may use (`let`), as BSON: names, and expressions for
    /// their values.
    pub variables: Option<Vec<u8>>,
}

impl LanguageOptions {
    /// Reads `let`, if it is that.
    pub(super) fn take(&mut self, given: &Given<'_>) -> Result<bool> {
        match given.name {
            "let" => self.variables = Some(given.document()?),
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// What the operation brings to its languages. Fails if a variable cannot be computed.
    pub fn context(&self) -> Result<Context> {
        let mut context = Context::default();
        if let Some(variables) = &self.variables {
            define_variables(&mut context, RawDoc::trusted(variables))?;
        }
        Ok(context)
    }
}
