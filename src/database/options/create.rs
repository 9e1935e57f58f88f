//! The options of `create`: what a collection is, for as long as it is there
//! ([create](https://www.mongodb.com/docs/manual/reference/command/create/)).
//!
//! They are read strictly, and kept in the catalog as BSON in one form, so that two that mean the same are the same bytes.
//! What is kept is read back once for each collection and version of the catalog (`stored`).

use std::sync::Arc;

use super::common::WriteOptions;
use super::given::{Given, given};
use super::validation::Validation;
use crate::bson::{Collation, Document, RawDoc, RawValue, doc};
use crate::database::errors::from_storage;
use crate::database::validation::Validator;
use crate::error::{Code, Error, Result, Status};
use crate::index::ID_INDEX;
use crate::storage::catalog::{Collection, Compiled};

/// The most bytes that a capped collection may be given: a pebibyte, as in MongoDB.
pub const MAX_CAPPED_BYTES: u64 = 1 << 50;
/// A capped collection's size is rounded up to a multiple of this.
const CAPPED_UNIT: u64 = 256;

/// A collection of bounded size: the oldest documents make room for new ones.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Capped {
    /// The most bytes of documents.
    pub size: u64,
    /// The most documents.
    pub max: Option<u64>,
}

impl Capped {
    /// The size is rounded up to what MongoDB allows.
    pub fn new(size: u64, max: Option<u64>) -> Capped {
        Capped {
            size: size.next_multiple_of(CAPPED_UNIT),
            max,
        }
    }
}

/// Options of `create_collection`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CreateOptions {
    /// `capped`, `size`, `max`.
    pub capped: Option<Capped>,
    /// What strings are compared by where an operation or an index does not say.
    pub collation: Option<Collation>,
    /// The name given to the clustered index. Every collection that is not capped is clustered by `_id`.
    pub clustered_index: Option<String>,
    /// `validator`, `validationLevel`, `validationAction`.
    pub validation: Validation,
    /// What every write takes; not kept.
    pub write: WriteOptions,
}

/// The options while they are read: some are allowed only beside others.
#[derive(Default)]
struct Reading {
    capped: bool,
    size: Option<u64>,
    max: Option<u64>,
}

impl CreateOptions {
    const KNOWN: &str = "capped, size, max, collation, clusteredIndex, validator, validationLevel, validationAction";

    /// Reads `{capped, size, max, collation, clusteredIndex, ...}`.
    pub fn from_bson(document: RawDoc) -> Result<CreateOptions> {
        let mut options = CreateOptions::default();
        let mut reading = Reading::default();
        for given in given("create", document) {
            match given.name {
                "capped" => reading.capped = given.boolean()?,
                "size" => reading.size = Some(given.number(1, MAX_CAPPED_BYTES)?),
                // As in MongoDB 0 and less stand for no limit.
                "max" => reading.max = Some(given.limit()?).filter(|max| *max > 0),
                "collation" => options.collation = collation(&given)?,
                "clusteredIndex" => options.clustered_index = Some(clustered_index(&given)?),
                "changeStreamPreAndPostImages" => no_images(&given)?,
                _ if options.validation.take(&given)? => {}
                _ if options.write.take(&given)? => {}
                _ => {
                    let known = WriteOptions::KNOWN;
                    return Err(given.unknown_beside(CreateOptions::KNOWN, known));
                }
            }
        }
        options.capped = reading.finish(&options)?;
        Ok(options)
    }

    /// As the catalog keeps them and listCollections shows them.
    pub fn to_document(&self) -> Document {
        let mut document = doc! {};
        if let Some(Capped { size, max }) = &self.capped {
            document.insert("capped", true);
            document.insert("size", *size as i64);
            if let Some(max) = max {
                document.insert("max", *max as i64);
            }
        }
        if let Some(collation) = &self.collation {
            document.insert("collation", collation.to_document());
        }
        if let Some(index) = self.clustered_index_document() {
            document.insert("clusteredIndex", index);
        }
        self.validation.write_to(&mut document);
        document
    }

    /// The clustered index, if it was asked for by that name.
    pub fn clustered_index_document(&self) -> Option<Document> {
        let name = self.clustered_index.as_deref()?;
        Some(doc! { "v": 2, "key": { "_id": 1 }, "name": name, "unique": true })
    }

    /// Whether documents are in the order of `_id`. Where not there is an index on it: keys are in the order of bytes, or of
    /// insertion, but a collation tells which `_id`s are the same.
    pub fn is_clustered(&self) -> bool {
        self.capped.is_none() && self.collation.is_none()
    }

    /// What the catalog keeps; empty for an ordinary collection.
    pub fn to_bytes(&self) -> Vec<u8> {
        let document = self.to_document();
        match document.is_empty() {
            true => Vec::new(),
            false => document.to_bytes(),
        }
    }
}

impl Reading {
    fn finish(self, options: &CreateOptions) -> Result<Option<Capped>> {
        let invalid = |message: &str| Err(Error::query(Code::INVALID_OPTIONS, message));
        if options.clustered_index.is_some() && (self.capped || self.size.is_some()) {
            return invalid("'capped' and 'size' are not allowed on clustered collections");
        }
        match (self.capped, self.size) {
            (true, None) => invalid("the 'size' field is required when 'capped' is true"),
            (false, size) if size.is_some() || self.max.is_some() => invalid(
                "the 'capped' field needs to be true when either the 'size' or 'max' fields are present",
            ),
            (false, _) => Ok(None),
            (true, Some(size)) => Ok(Some(Capped::new(size, self.max))),
        }
    }
}

/// Every collection has its documents in the order of `_id` already: this says no more than that.
fn clustered_index(given: &Given<'_>) -> Result<String> {
    let spec = given.document()?;
    let spec = RawDoc::trusted(&spec);
    let is_id = |key: RawDoc<'_>| {
        let mut fields = key.iter();
        let first = fields
            .next()
            .map(|(name, value)| (name.to_string(), value.as_integer()));
        first == Some(("_id".to_string(), Some(1))) && fields.next().is_none()
    };
    let key = spec.get("key").and_then(|key| key.as_document());
    let unique = spec.get("unique").and_then(|unique| unique.as_bool());
    let known = |name: &str| ["v", "key", "name", "unique"].contains(&name);
    let foreign = spec.iter().find(|(name, _)| !known(name.as_str()));
    if let Some((name, _)) = foreign {
        let message =
            format!("'clusteredIndex' has no field {name:?}; it takes key, unique, name, v");
        return Err(Error::query(Code::IDL_UNKNOWN_FIELD, message));
    }
    if !key.is_some_and(is_id) || unique != Some(true) {
        let message = "'clusteredIndex' needs {key: {_id: 1}, unique: true}";
        return Err(Error::query(
            Code::INVALID_INDEX_SPECIFICATION_OPTION,
            message,
        ));
    }
    match spec.get("name") {
        None => Ok(ID_INDEX.to_string()),
        Some(RawValue::String(name)) if !name.is_empty() => Ok(name.to_string()),
        Some(_) => {
            let message = "'clusteredIndex.name' needs a string that is not empty";
            Err(Error::query(Code::TYPE_MISMATCH, message))
        }
    }
}

fn collation(given: &Given<'_>) -> Result<Option<Collation>> {
    let collation = given.document()?;
    match RawDoc::trusted(&collation) {
        empty if empty.is_empty() => Ok(None),
        collation => Collation::parse("create.collation", collation),
    }
}

/// Images for change streams can only be declined.
fn no_images(given: &Given<'_>) -> Result<()> {
    let images = given.document()?;
    match RawDoc::trusted(&images)
        .get("enabled")
        .and_then(|enabled| enabled.as_bool())
    {
        Some(false) => Ok(()),
        _ => {
            let message = "option \"changeStreamPreAndPostImages\" of create is not supported yet";
            Err(Error::new(Status::Unsupported, Code::BAD_VALUE, message))
        }
    }
}

/// Whether a collection's documents are in the order of `_id`.
pub fn is_clustered(collection: &Collection) -> Result<bool> {
    Ok(stored(collection)?.is_none_or(|stored| stored.options.is_clustered()))
}

/// The options of a collection, and what was made of them once.
pub struct Stored {
    /// As they were given.
    pub options: CreateOptions,
    /// None if every document is allowed.
    pub validator: Option<Validator>,
}

/// The options of a collection; `None` for an ordinary one.
pub fn stored(collection: &Collection) -> Result<Option<&Stored>> {
    if collection.options.bytes().is_empty() {
        return Ok(None);
    }
    let compile = |bytes: &[u8]| -> anyhow::Result<Compiled> {
        let options = CreateOptions::from_bson(RawDoc::new(bytes)?)?;
        let validator = Validator::new(&options.validation, options.collation.as_ref())?;
        Ok(Arc::new(Stored { options, validator }))
    };
    let compiled = collection
        .options
        .compiled(&compile)
        .map_err(from_storage)?;
    Ok(compiled.downcast_ref())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(document: Document) -> Result<CreateOptions> {
        CreateOptions::from_bson(RawDoc::trusted(&document.to_bytes()))
    }

    #[test]
    fn options_have_one_form_which_is_read_back() {
        let clustered = doc! { "key": { "_id": 1 }, "unique": true };
        for (given, expected) in [
            (doc! {}, doc! {}),
            (doc! { "capped": false, "comment": "none" }, doc! {}),
            (
                doc! { "changeStreamPreAndPostImages": { "enabled": false } },
                doc! {},
            ),
            (
                doc! { "size": 1000.0, "capped": true },
                doc! { "capped": true, "size": 1024i64 },
            ),
            (
                doc! { "max": 3, "capped": true, "size": 4096, "maxTimeMS": 5 },
                doc! { "capped": true, "size": 4096i64, "max": 3i64 },
            ),
            (
                doc! { "capped": true, "size": 256, "max": 0 },
                doc! { "capped": true, "size": 256i64 },
            ),
            (
                doc! { "clusteredIndex": clustered },
                doc! { "clusteredIndex": { "v": 2, "key": { "_id": 1 }, "name": "_id_", "unique": true } },
            ),
        ] {
            let options = read(given.clone()).unwrap();
            assert_eq!(options.to_document(), expected, "{given:?}");
            let again = read(options.to_document()).unwrap();
            assert_eq!(again.to_bytes(), options.to_bytes(), "{given:?}");
        }
    }

    #[test]
    fn validators_are_kept_as_they_are_given() {
        let given = doc! {
            "validator": { "a": { "$gt": 1 } }, "validationLevel": "moderate", "validationAction": "warn",
        };
        assert_eq!(read(given.clone()).unwrap().to_document(), given);
        let alone = doc! { "validator": {} };
        assert_eq!(read(alone.clone()).unwrap().to_document(), alone);
        for (given, code) in [
            (doc! { "validator": 1 }, 14),
            (doc! { "validator": { "$foo": 1 } }, 2),
            (doc! { "validator": { "$jsonSchema": { "foo": 1 } } }, 9),
            (doc! { "validationLevel": "weak" }, 2),
            (doc! { "validationAction": 1 }, 14),
        ] {
            assert_eq!(
                read(given.clone()).unwrap_err().code(),
                Code(code),
                "{given:?}"
            );
        }
    }

    #[test]
    fn what_does_not_fit_together_is_refused() {
        let clustered = doc! { "key": { "_id": 1 }, "unique": true };
        for (given, status, code) in [
            (doc! { "capped": true }, Status::Query, 72),
            (doc! { "capped": true, "max": 5 }, Status::Query, 72),
            (doc! { "size": 5 }, Status::Query, 72),
            (doc! { "max": 5 }, Status::Query, 72),
            (doc! { "capped": true, "size": 0 }, Status::Argument, 51024),
            (doc! { "capped": true, "size": "5" }, Status::Argument, 14),
            (doc! { "capped": 1, "size": 5 }, Status::Argument, 14),
            (doc! { "capt": true }, Status::Argument, 40415),
            (
                doc! { "clusteredIndex": { "key": { "a": 1 }, "unique": true } },
                Status::Query,
                197,
            ),
            (
                doc! { "clusteredIndex": { "key": { "_id": 1 } } },
                Status::Query,
                197,
            ),
            (
                doc! { "clusteredIndex": { "kee": 1 } },
                Status::Query,
                40415,
            ),
            (
                doc! { "clusteredIndex": clustered, "capped": true, "size": 5 },
                Status::Query,
                72,
            ),
            (
                doc! { "timeseries": { "timeField": "t" } },
                Status::Unsupported,
                2,
            ),
            (doc! { "expireAfterSeconds": 5 }, Status::Unsupported, 2),
            (
                doc! { "viewOn": "a", "pipeline": [] },
                Status::Unsupported,
                2,
            ),
            (
                doc! { "changeStreamPreAndPostImages": { "enabled": true } },
                Status::Unsupported,
                2,
            ),
        ] {
            let error = read(given.clone()).unwrap_err();
            assert_eq!(
                (error.status(), error.code()),
                (status, Code(code)),
                "{given:?}: {error}"
            );
        }
    }
}
