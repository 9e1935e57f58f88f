//! `$meta`: what the query that found a document knows of it
//! ([manual](https://www.mongodb.com/docs/manual/reference/operator/aggregation/meta/)).
//!
//! Who runs the query gives a [`Metadata`] beside the document, with as much as [`MetadataNeeds`] asks for. What is not
//! given is missing. What only a text, geospatial or search index could give is refused when it is compiled.

use super::{Compiler, Computed, Entry, Frame, Node, Operator, refuse};
use crate::bson::{RawDoc, RawValue};
use crate::error::Result;

pub(super) const OPERATORS: &[Entry] = &[Entry::special("$meta", Meta::compile)];

/// A document that was found.
#[derive(Clone, Copy)]
pub struct Found<'a> {
    /// The document.
    pub document: RawDoc<'a>,
    /// What else is known of it.
    pub metadata: Option<&'a Metadata<'a>>,
}

impl<'a> From<RawDoc<'a>> for Found<'a> {
    fn from(document: RawDoc<'a>) -> Found<'a> {
        let metadata = None;
        Found { document, metadata }
    }
}

/// What a query knows of a document; none where that was not asked for, or there is nothing to know.
#[derive(Clone, Copy, Debug, Default)]
pub struct Metadata<'a> {
    /// The key that the document is stored under.
    pub record_id: Option<RawValue<'a>>,
    /// The values that the document was sorted by, as an array.
    pub sort_key: Option<RawValue<'a>>,
    /// The index entry by which the document was found, as a document.
    pub index_key: Option<RawValue<'a>>,
}

/// Which metadata something computes with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MetadataNeeds {
    /// [`Metadata::record_id`].
    pub record_id: bool,
    /// [`Metadata::sort_key`].
    pub sort_key: bool,
    /// [`Metadata::index_key`].
    pub index_key: bool,
}

impl MetadataNeeds {
    /// Whether any is needed.
    pub fn any(self) -> bool {
        self != MetadataNeeds::default()
    }

    /// What this or the other needs.
    pub(crate) fn or(self, other: MetadataNeeds) -> MetadataNeeds {
        MetadataNeeds {
            record_id: self.record_id || other.record_id,
            sort_key: self.sort_key || other.sort_key,
            index_key: self.index_key || other.index_key,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Meta {
    RecordId,
    SortKey,
    IndexKey,
    /// What only stages of a pipeline give.
    Absent,
}

impl Meta {
    fn compile(
        compiler: &mut Compiler<'_>,
        _: &'static str,
        operand: RawValue<'_>,
    ) -> Result<Node> {
        let RawValue::String(keyword) = operand else {
            return refuse(17307, "$meta only supports string arguments");
        };
        let meta = match keyword.as_str() {
            "recordId" => Meta::RecordId,
            "sortKey" => Meta::SortKey,
            "indexKey" => Meta::IndexKey,
            "randVal" => Meta::Absent,
            other => return refuse_keyword(other),
        };
        Ok(compiler.operator(meta))
    }
}

/// Refuses a keyword of `$meta`: what it stands for is not available, or it is none.
pub(crate) fn refuse_keyword<T>(keyword: &str) -> Result<T> {
    let name = match keyword {
        "textScore" => "text score",
        "geoNearDistance" => "$geoNear distance",
        "geoNearPoint" => "$geoNear point",
        "searchScore" => "$search score",
        "searchHighlights" => "$search highlights",
        "searchScoreDetails" => "$search score details",
        "searchRootDocumentId" => "$search root document id",
        "searchSequenceToken" => "$search sequence token",
        "vectorSearchScore" => "$vectorSearch score",
        "score" => "score",
        "scoreDetails" => "scoreDetails",
        "randVal" => "rand val",
        _ => return refuse(17308, format!("Unsupported argument to $meta: {keyword}")),
    };
    refuse(
        40218,
        format!("query requires {name} metadata, but it is not available"),
    )
}

impl Operator for Meta {
    fn evaluate<'a>(&'a self, frame: Frame<'a>) -> Result<Computed<'a>> {
        let Some(metadata) = frame.metadata() else {
            return Ok(None);
        };
        Ok(match self {
            Meta::RecordId => metadata.record_id,
            Meta::SortKey => metadata.sort_key,
            Meta::IndexKey => metadata.index_key,
            Meta::Absent => None,
        })
    }

    fn operands<'n>(&'n self, _: &mut dyn FnMut(&'n Node)) {}

    fn is_deterministic(&self) -> bool {
        false
    }

    fn metadata_needs(&self) -> MetadataNeeds {
        MetadataNeeds {
            record_id: *self == Meta::RecordId,
            sort_key: *self == Meta::SortKey,
            index_key: *self == Meta::IndexKey,
        }
    }
}
