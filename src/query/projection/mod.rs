//! Projections: which fields of a document are returned.
//!
//! A projection includes or excludes; only `_id` may be treated the other way. Paths become a
//! tree, and one pass over the document copies what the tree lets through, in the document's own
//! order.
//!
//! - `parse` reads the language and reports its errors
//! - `tree` holds the paths, `trim` passes a document through them
//! - `slice` is `$slice`, `elem_match` `$elemMatch`, `positional` `"a.$"`

mod elem_match;
mod parse;
mod positional;
mod slice;
mod tree;
mod trim;

use parse::{Parser, Place};
use positional::Positional;
use tree::Tree;
use trim::Trim;

use crate::aggregate::expr::{Found, MetadataNeeds};
use crate::aggregate::fields::ComputedFields;
use crate::bson::{Builder, MAX_DEPTH, RawDoc, RawValue};
use crate::error::{Code, Error, Result};
use crate::query::{Context, Filter};

/// A compiled projection.
#[derive(Clone, Debug)]
pub struct Projection {
    /// Whether the tree's leaves are what is kept, rather than what is dropped.
    inclusion: bool,
    root: Tree,
    /// What is added to what the tree lets through.
    computed: ComputedFields,
    positional: Option<Positional>,
}

impl Projection {
    /// Compiles `{ a: 1, "b.c": 1, _id: 0 }`; none for the empty projection, which changes nothing.
    /// What is neither true nor false nor an operator of find is computed: `{ total: { $sum: "$scores" } }`.
    /// `filter` is what selects the documents: `"a.$"` stands for the element that it matched.
    pub fn compile(
        projection: RawDoc<'_>,
        filter: &Filter,
        context: &Context,
    ) -> Result<Option<Projection>> {
        Projection::parse(projection, Place::Find(filter), context)
    }

    /// Compiles a pipeline's `$project`, where every operator is one of expressions.
    pub fn compile_stage(projection: RawDoc<'_>, context: &Context) -> Result<Option<Projection>> {
        Projection::parse(projection, Place::Stage, context)
    }

    fn parse(
        projection: RawDoc<'_>,
        place: Place<'_>,
        context: &Context,
    ) -> Result<Option<Projection>> {
        if projection.is_empty() {
            return Ok(None);
        }
        Parser::parse(projection, place, context).map(Some)
    }

    /// The metadata that fields are computed with (`$meta`).
    pub fn metadata_needs(&self) -> MetadataNeeds {
        self.computed.metadata_needs()
    }

    /// Whether it has a `"a.$"`, which only the document that the filter matched has an answer to.
    pub fn is_positional(&self) -> bool {
        self.positional.is_some()
    }

    /// Appends what the projection leaves of the document to `out`.
    pub fn apply<'a>(&self, found: impl Into<Found<'a>>, out: &mut Vec<u8>) -> Result<()> {
        let found = found.into();
        let Some(positional) = &self.positional else {
            return self.apply_fields(found, out);
        };
        let mut projected = Vec::new();
        self.apply_fields(found, &mut projected)?;
        positional.apply(RawDoc::trusted(&projected), found.document, out)
    }

    fn apply_fields(&self, found: Found<'_>, out: &mut Vec<u8>) -> Result<()> {
        let document = found.document;
        let trim = Trim {
            inclusion: self.inclusion,
            in_nested_array: false,
        };
        if self.computed.is_empty() {
            trim.document(&self.root, document, &mut Builder::new(out));
            return Ok(());
        }
        let mut kept = Vec::new();
        trim.document(&self.root, document, &mut Builder::new(&mut kept));
        let start = out.len();
        self.computed.apply(RawDoc::trusted(&kept), found, out)?;
        let projected = RawDoc::trusted(out.get(start..).unwrap_or_default());
        if RawValue::Document(projected).is_deeper_than(2 * MAX_DEPTH) {
            let message = "a projected document is nested too deep";
            return Err(Error::query(Code::OVERFLOW, message));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
