//! The update language: operators on parts of a document, and whole replacements.
//!
//! An update of operators ([`operators`]) is compiled to a tree of paths ([`tree`]) whose leaves are
//! operators, one file each ([`operator`] says what they have in common). Applying it is one pass
//! over the raw document that copies what the tree does not name ([`apply`]). An update that changes
//! nothing says so, and costs no write.

mod add_to_set;
mod apply;
mod arithmetic;
mod array_filters;
mod bit;
mod comparison;
mod cull;
mod current_date;
mod describe;
mod inc;
mod marks;
mod min_max;
mod mul;
mod operator;
mod operators;
mod path;
mod pipeline;
mod pop;
mod pull;
mod pull_all;
mod push;
mod rename;
mod replacement;
mod set;
mod tree;
mod unset;
mod upsert;

#[cfg(test)]
mod tests;

pub use operators::Operators;
pub use pipeline::Pipeline;
pub use replacement::Replacement;

use crate::bson::{MAX_DOCUMENT_SIZE, RawDoc, ensure_id_first};
use crate::error::{Code, Error, Result};
use crate::query::{Context, Filter};

/// A compiled update.
#[derive(Clone, Debug)]
pub enum Update {
    /// `{ $set: { a: 1 }, $inc: { "b.c": 2 } }`
    Operators(Box<Operators>),
    /// `[{ $set: { a: { $add: ["$b", 1] } } }]`
    Pipeline(Pipeline),
    /// A document for the place of another.
    Replacement(Replacement),
}

/// What applying an update did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Applied {
    /// Whether the new document differs from the old one.
    pub modified: bool,
}

impl Update {
    /// Compiles an update of operators. `array_filters` is a BSON array.
    pub fn compile(
        update: RawDoc<'_>,
        array_filters: Option<RawDoc<'_>>,
        context: &Context,
    ) -> Result<Update> {
        if is_pipeline(update) {
            if array_filters.is_some() {
                let message = "arrayFilters may not be specified for pipeline-style updates";
                return Err(Error::query(Code::FAILED_TO_PARSE, message));
            }
            return Pipeline::compile(update, context).map(Update::Pipeline);
        }
        let operators = Operators::compile(update, array_filters, context)?;
        Ok(Update::Operators(Box::new(operators)))
    }

    /// A replacement; refuses one that looks like an update of operators.
    pub fn replacement(replacement: RawDoc<'_>) -> Result<Update> {
        Replacement::new(replacement).map(Update::Replacement)
    }

    /// Appends the updated `document`, which `filter` selected, to `out`. If nothing is modified,
    /// what is appended equals the document. On an error `out` ends in garbage.
    pub fn apply(
        &self,
        document: RawDoc<'_>,
        filter: &Filter,
        out: &mut Vec<u8>,
    ) -> Result<Applied> {
        match self {
            Update::Operators(operators) => operators.apply(document, filter, out),
            Update::Pipeline(pipeline) => pipeline.apply(document, out),
            Update::Replacement(replacement) => replacement.apply(document, out),
        }
    }

    /// The document that an upsert inserts when `filter` selects none: the values that the filter
    /// requires, then the update; or the replacement. `_id` comes first; if nothing sets it, it is
    /// new.
    pub fn new_document(&self, filter: &Filter) -> Result<Vec<u8>> {
        let document = match self {
            Update::Operators(operators) => operators.new_document(filter)?,
            Update::Pipeline(pipeline) => pipeline.new_document(filter)?,
            Update::Replacement(replacement) => replacement.new_document(filter)?,
        };
        const ID_BYTES: usize = 17;
        let mut out = Vec::with_capacity(document.len() + ID_BYTES);
        ensure_id_first(RawDoc::trusted(&document), &mut out)?;
        Ok(out)
    }
}

/// Whether an update is an array of stages: its first name is `0`, which no operator has.
pub fn is_pipeline(update: RawDoc<'_>) -> bool {
    let first = update.elements().next();
    first.is_some_and(|first| first.key() == "0")
}

fn check_size(document: &[u8]) -> Result<()> {
    if document.len() <= MAX_DOCUMENT_SIZE {
        return Ok(());
    }
    Err(Error::query(
        Code::BSON_OBJECT_TOO_LARGE,
        format!(
            "Resulting document after update is larger than {MAX_DOCUMENT_SIZE} bytes: {} bytes",
            document.len()
        ),
    ))
}
