//! Projections: which fields of a document are returned.
//!
//! A projection includes or excludes; only `_id` may be treated the other way. Paths become a
//! tree, and one pass over the document copies what the tree lets through, in the document's own
//! order.
//!
//! - `parse` reads the language and reports its errors
//! - `tree` holds the paths, `trim` passes a document through them
//! - `slice` is `$slice`

mod parse;
mod slice;
mod tree;
mod trim;

use parse::Parser;
use tree::Tree;
use trim::Trim;

use crate::aggregate::fields::ComputedFields;
use crate::bson::{Builder, MAX_DEPTH, RawDoc, RawValue};
use crate::error::{Code, Error, Result};
use crate::query::Context;

/// A compiled projection.
#[derive(Clone, Debug)]
pub struct Projection {
    /// Whether the tree's leaves are what is kept, rather than what is dropped.
    inclusion: bool,
    root: Tree,
    /// What is added to what the tree lets through.
    computed: ComputedFields,
}

impl Projection {
    /// Compiles `{ a: 1, "b.c": 1, _id: 0 }`; none for the empty projection, which changes nothing.
    /// What is neither true nor false nor an operator of find is computed: `{ total: { $sum: "$scores" } }`.
    pub fn compile(projection: RawDoc<'_>, context: &Context) -> Result<Option<Projection>> {
        Projection::parse(projection, false, context)
    }

    /// Compiles a pipeline's `$project`, where every operator is one of expressions.
    pub fn compile_stage(projection: RawDoc<'_>, context: &Context) -> Result<Option<Projection>> {
        Projection::parse(projection, true, context)
    }

    fn parse(
        projection: RawDoc<'_>,
        in_pipeline: bool,
        context: &Context,
    ) -> Result<Option<Projection>> {
        if projection.is_empty() {
            return Ok(None);
        }
        let parsed = Parser::parse(projection, in_pipeline, context)?;
        Ok(Some(Projection {
            inclusion: parsed.inclusion,
            root: parsed.root,
            computed: parsed.computed,
        }))
    }

    /// Appends what the projection leaves of `document` to `out`.
    pub fn apply(&self, document: RawDoc<'_>, out: &mut Vec<u8>) -> Result<()> {
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
        self.computed.apply(RawDoc::trusted(&kept), document, out)?;
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
