//! The options of looking for damage and of saving what is left.

use super::given::given;
use super::{Common, OpenOptions};
use crate::bson::RawDoc;
use crate::error::Result;

/// Problems that a result names if nothing else is asked for.
const MAX_ERRORS: usize = 100;

/// Options of `verify`.
#[derive(Clone, Debug, PartialEq)]
pub struct VerifyOptions {
    /// Problems that the result names at most; the others are counted.
    pub max_errors: usize,
    /// Time limit and id.
    pub common: Common,
}

impl Default for VerifyOptions {
    fn default() -> VerifyOptions {
        VerifyOptions {
            max_errors: MAX_ERRORS,
            common: Common::default(),
        }
    }
}

impl VerifyOptions {
    /// Reads `{maxErrors, ...}`; `operation` is for messages.
    pub fn from_bson(operation: &'static str, document: RawDoc) -> Result<VerifyOptions> {
        let mut options = VerifyOptions::default();
        for given in given(operation, document) {
            match given.name {
                "maxErrors" => options.max_errors = given.number(0, 1_000_000)? as usize,
                _ if options.common.take(&given)? => {}
                _ => return Err(given.unknown_beside("maxErrors", Common::KNOWN)),
            }
        }
        Ok(options)
    }
}

/// Options of `salvage`.
#[derive(Clone, Debug, PartialEq)]
pub struct SalvageOptions {
    /// Bytes of the new database's pages.
    pub page_size: u32,
    /// Time limit.
    pub common: Common,
}

impl Default for SalvageOptions {
    fn default() -> SalvageOptions {
        SalvageOptions {
            page_size: OpenOptions::default().page_size,
            common: Common::default(),
        }
    }
}

impl SalvageOptions {
    /// Reads `{pageSize, ...}`.
    pub fn from_bson(document: RawDoc) -> Result<SalvageOptions> {
        let mut options = SalvageOptions::default();
        for given in given("salvage", document) {
            match given.name {
                "pageSize" => options.page_size = given.page_size()?,
                _ if options.common.take(&given)? => {}
                _ => return Err(given.unknown_beside("pageSize", Common::KNOWN)),
            }
        }
        Ok(options)
    }
}
