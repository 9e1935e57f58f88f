//! The options of operations that read documents: `find`, `count`, `distinct`.

use super::common::Common;
use super::given::given;
use super::{Hint, LanguageOptions};
use crate::bson::{RawDoc, RawValue, Text};
use crate::error::{Code, Error, Result};

/// Options of `find` and `find_one`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FindOptions {
    /// Which fields to return, as BSON.
    pub projection: Option<Vec<u8>>,
    /// The order of results, as BSON.
    pub sort: Option<Vec<u8>>,
    /// Matching documents to pass over.
    pub skip: u64,
    /// Documents to return at most; 0 for all.
    pub limit: u64,
    /// Documents a batch, where the caller of a batch does not say; 0 for the default.
    pub batch_size: u32,
    /// The index to use.
    pub hint: Option<Hint>,
    /// The least key of the index hinted at that counts, as BSON: its fields, each with a value.
    pub min: Option<Vec<u8>>,
    /// The first key that does not count any more.
    pub max: Option<Vec<u8>>,
    /// Return the keys by which documents were found instead of the documents.
    pub return_key: bool,
    /// Set by `allowDiskUse: false`: a sort that does not fit memory fails.
    pub in_memory_only: bool,
    /// Variables.
    pub language: LanguageOptions,
    /// Stay open at the end of a capped collection.
    pub tailable: bool,
    /// At the end, wait for new documents.
    pub await_data: bool,
    /// How long to wait for them; 0 for the default of one second.
    pub max_await_time_ms: u64,
    /// Add the document's record id as `$recordId`.
    pub show_record_id: bool,
    /// Time limit and id.
    pub common: Common,
}

impl FindOptions {
    const KNOWN: &str = "projection, sort, skip, limit, batchSize, hint, min, max, returnKey, allowDiskUse, collation, let, singleBatch, tailable, awaitData, \
        maxAwaitTimeMS, showRecordId, noCursorTimeout, allowPartialResults";
    /// Documents of a first batch whose size is not given, as in MongoDB.
    const FIRST_BATCH: u64 = 101;

    /// Reads `{projection, sort, skip, limit, batchSize, hint, ...}`.
    pub fn from_bson(document: RawDoc) -> Result<FindOptions> {
        let mut options = FindOptions::default();
        let mut single_batch = false;
        for given in given("find", document) {
            match given.name {
                "projection" => options.projection = Some(given.document()?),
                "sort" => options.sort = Some(given.document()?),
                "skip" => options.skip = given.count()?,
                // A negative limit asks for one batch; all that is selected comes in one anyway.
                "limit" => options.limit = given.magnitude()?,
                "batchSize" => options.batch_size = given.number(0, i32::MAX as u64)? as u32,
                "hint" => options.hint = Some(given.hint()?),
                "min" => options.min = Some(given.document()?),
                "max" => options.max = Some(given.document()?),
                "returnKey" => options.return_key = given.boolean()?,
                "allowDiskUse" => options.in_memory_only = !given.boolean()?,
                _ if options.language.take(&given)? => {}
                "singleBatch" => single_batch = given.boolean()?,
                "tailable" => options.tailable = given.boolean()?,
                "awaitData" => options.await_data = given.boolean()?,
                "maxAwaitTimeMS" => options.max_await_time_ms = given.number(0, i32::MAX as u64)?,
                "showRecordId" => options.show_record_id = given.boolean()?,
                // Cursors are not closed by a clock, and there are no parts that could be missing.
                "noCursorTimeout" | "allowPartialResults" => drop(given.boolean()?),
                _ if options.common.take(&given)? => {}
                _ => {
                    return Err(given.unknown_beside(FindOptions::KNOWN, Common::KNOWN));
                }
            }
        }
        options.check(single_batch)?;
        if single_batch {
            let batch = match options.batch_size {
                0 => FindOptions::FIRST_BATCH,
                size => size.into(),
            };
            options.limit = match options.limit {
                0 => batch,
                limit => limit.min(batch),
            };
        }
        Ok(options)
    }

    /// Refuses what MongoDB refuses of tailable cursors.
    fn check(&self, single_batch: bool) -> Result<()> {
        let refuse = |code, message: &str| Err(Error::query(code, message));
        if !self.tailable {
            return match self.await_data {
                false => Ok(()),
                true => refuse(
                    Code::FAILED_TO_PARSE,
                    "Cannot set 'awaitData' without also setting 'tailable'",
                ),
            };
        }
        if single_batch {
            let message = "cannot use tailable option with the 'singleBatch' option";
            return refuse(Code::BAD_VALUE, message);
        }
        let sort = self.sort.as_deref().map_or(RawDoc::EMPTY, RawDoc::trusted);
        let is_natural = |(name, value): (Text<'_>, RawValue<'_>)| {
            name.as_str() == "$natural" && value.as_integer() == Some(1)
        };
        if !sort.iter().all(is_natural) {
            let message = "cannot use tailable option with a sort other than {$natural: 1}";
            return refuse(Code::BAD_VALUE, message);
        }
        Ok(())
    }
}

/// Options of `count_documents`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CountOptions {
    /// Matching documents to pass over.
    pub skip: u64,
    /// Where to stop counting; 0 for never.
    pub limit: u64,
    /// The index to use.
    pub hint: Option<Hint>,
    /// Variables.
    pub language: LanguageOptions,
    /// Time limit and id.
    pub common: Common,
}

impl CountOptions {
    /// Reads `{skip, limit, hint, ...}`.
    pub fn from_bson(document: RawDoc) -> Result<CountOptions> {
        let mut options = CountOptions::default();
        for given in given("count", document) {
            match given.name {
                "skip" => options.skip = given.count()?,
                "limit" => options.limit = given.magnitude()?,
                "hint" => options.hint = Some(given.hint()?),
                _ if options.language.take(&given)? => {}
                _ if options.common.take(&given)? => {}
                _ => {
                    return Err(
                        given.unknown_beside("skip, limit, hint, collation, let", Common::KNOWN)
                    );
                }
            }
        }
        Ok(options)
    }
}

/// Options of `distinct`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DistinctOptions {
    /// The index to use.
    pub hint: Option<Hint>,
    /// Collation and variables.
    pub language: LanguageOptions,
    /// Time limit and id.
    pub common: Common,
}

impl DistinctOptions {
    /// Reads `{hint, collation, let, ...}`.
    pub fn from_bson(document: RawDoc) -> Result<DistinctOptions> {
        let mut options = DistinctOptions::default();
        for given in given("distinct", document) {
            match given.name {
                "hint" => options.hint = Some(given.hint()?),
                _ if options.language.take(&given)? => {}
                _ if options.common.take(&given)? => {}
                _ => return Err(given.unknown_beside("hint, collation, let", Common::KNOWN)),
            }
        }
        Ok(options)
    }
}
