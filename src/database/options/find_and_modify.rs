//! The options of operations that change a document and give it back.

use super::given::given;
use super::{Hint, LanguageOptions, UpdateOptions, WriteOptions};
use crate::bson::RawDoc;
use crate::error::Result;

/// Which state of a document is given back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ReturnDocument {
    /// As it was.
    #[default]
    Before,
    /// As it is now.
    After,
}

/// Options of `find_one_and_update` and `find_one_and_replace`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FindOneAndUpdateOptions {
    /// Those of `update_one`.
    pub update: UpdateOptions,
    /// Which fields to return, as BSON.
    pub projection: Option<Vec<u8>>,
    /// Which state to return.
    pub return_document: ReturnDocument,
}

impl FindOneAndUpdateOptions {
    /// Reads `{projection, returnDocument, ...}`.
    pub fn from_bson(document: RawDoc) -> Result<FindOneAndUpdateOptions> {
        let mut options = FindOneAndUpdateOptions::default();
        for given in given("findAndModify", document) {
            match given.name {
                "projection" => options.projection = Some(given.document()?),
                "returnDocument" => {
                    options.return_document = given.one_of(&[
                        ("before", ReturnDocument::Before),
                        ("after", ReturnDocument::After),
                    ])?;
                }
                _ if options.update.take(&given)? => {}
                _ => {
                    let known = "projection, returnDocument, upsert, arrayFilters, sort, hint, collation, let";
                    return Err(given.unknown_beside(known, WriteOptions::KNOWN));
                }
            }
        }
        Ok(options)
    }
}

/// Options of `find_one_and_delete`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FindOneAndDeleteOptions {
    /// Which fields to return, as BSON.
    pub projection: Option<Vec<u8>>,
    /// Which document is the first, as BSON.
    pub sort: Option<Vec<u8>>,
    /// The index to use.
    pub hint: Option<Hint>,
    /// Variables.
    pub language: LanguageOptions,
    /// What every write takes.
    pub write: WriteOptions,
}

impl FindOneAndDeleteOptions {
    /// Reads `{projection, sort, hint, ...}`.
    pub fn from_bson(document: RawDoc) -> Result<FindOneAndDeleteOptions> {
        let mut options = FindOneAndDeleteOptions::default();
        for given in given("findAndModify", document) {
            match given.name {
                "projection" => options.projection = Some(given.document()?),
                "sort" => options.sort = Some(given.document()?),
                "hint" => options.hint = Some(given.hint()?),
                _ if options.language.take(&given)? => {}
                _ if options.write.take(&given)? => {}
                _ => {
                    let known = "projection, sort, hint, collation, let";
                    return Err(given.unknown_beside(known, WriteOptions::KNOWN));
                }
            }
        }
        Ok(options)
    }
}
