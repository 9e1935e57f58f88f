//! Collations: strings compared by the rules of a language instead of by their bytes
//! ([manual](https://www.mongodb.com/docs/manual/reference/collation/)).
//!
//! `document` reads and validates MongoDB's collation document, `locale` knows the languages, `icu`
//! has the rules, from ICU4X. "No collation" (`{locale: "simple"}`) is `None` everywhere, so that what
//! compares bytes pays nothing for the possibility.
//!
//! A collation gives an order and a key; two strings are equal in the one exactly when they are in
//! the other. Keys are stored in indexes, so the rules' version is a part of every stored collation.

mod document;
#[cfg(feature = "collation")]
mod icu;
#[cfg(not(feature = "collation"))]
#[path = "left_out.rs"]
mod icu;
mod locale;
#[cfg(feature = "collation")]
mod tailoring;

use std::cmp::Ordering;
use std::sync::Arc;

pub use document::VERSION;

use super::{Document, RawDoc};
use crate::error::Result;
use document::Options;

/// An order of strings. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Collation(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    options: Options,
    collator: icu::Collator,
}

impl Collation {
    /// Reads a collation document; none for `{locale: "simple"}`. `field` names it in errors.
    pub fn parse(field: &str, collation: RawDoc<'_>) -> Result<Option<Collation>> {
        let Some(asked) = document::parse(field, collation)? else {
            return Ok(None);
        };
        let (options, collator) = icu::Collator::new(field, &asked)?;
        options.check(field)?;
        Ok(Some(Collation(Arc::new(Inner { options, collator }))))
    }

    /// Compares two strings; neither need be valid UTF-8.
    pub fn compare(&self, a: &[u8], b: &[u8]) -> Ordering {
        self.0.collator.compare(a, b)
    }

    /// Appends bytes that `memcmp` orders as the collation orders the strings.
    pub fn write_key(&self, text: &[u8], out: &mut Vec<u8>) {
        self.0.collator.write_key(text, out);
    }

    /// The document with every field, as listIndexes and listCollections show it.
    pub fn to_document(&self) -> Document {
        self.0.options.to_document()
    }
}

/// Equal collations order all strings alike.
impl PartialEq for Collation {
    fn eq(&self, other: &Collation) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.0.options == other.0.options
    }
}

impl Eq for Collation {}

#[cfg(all(test, feature = "collation"))]
mod tests;
