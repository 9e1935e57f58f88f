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

use crate::bson::{Builder, RawDoc};
use crate::error::Result;
use crate::query::Context;

/// A compiled projection.
#[derive(Clone, Debug)]
pub struct Projection {
    /// Whether the tree's leaves are what is kept, rather than what is dropped.
    inclusion: bool,
    root: Tree,
}

impl Projection {
    /// Compiles `{ a: 1, "b.c": 1, _id: 0 }`; none for the empty projection, which changes nothing.
    pub fn compile(projection: RawDoc<'_>, _context: &Context) -> Result<Option<Projection>> {
        if projection.is_empty() {
            return Ok(None);
        }
        let (inclusion, root) = Parser::parse(projection)?;
        Ok(Some(Projection { inclusion, root }))
    }

    /// Appends what the projection leaves of `document` to `out`.
    pub fn apply(&self, document: RawDoc<'_>, out: &mut Vec<u8>) -> Result<()> {
        let trim = Trim {
            inclusion: self.inclusion,
            in_nested_array: false,
        };
        trim.document(&self.root, document, &mut Builder::new(out));
        Ok(())
    }
}

#[cfg(test)]
mod tests;
