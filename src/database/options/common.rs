//! What every operation takes beside its own options: how long it may run, by which id it can be stopped, and what only a
//! cluster would act upon.

use super::given::Given;
use crate::error::Result;

/// What every operation takes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Common {
    /// The milliseconds that the engine may work for the operation; 0 for no limit.
    pub max_time_ms: u64,
    /// The id, from `Database::op_new`, by which it can be killed and watched.
    pub op_id: Option<u64>,
}

impl Common {
    /// The options that it reads, as a message lists them.
    pub(super) const KNOWN: &str = "comment, maxTimeMS, opId";

    /// Takes the option if it is one of these. `comment` is kept nowhere: in MongoDB it marks the operation in the
    /// server's log.
    pub(super) fn take(&mut self, given: &Given<'_>) -> Result<bool> {
        match given.name {
            "comment" => {}
            // A driver's field of 32 bits: https://www.mongodb.com/docs/manual/reference/command/find/
            "maxTimeMS" => self.max_time_ms = given.number(0, i32::MAX as u64)?,
            "opId" => self.op_id = Some(given.number(1, i64::MAX as u64)?),
            _ => return Ok(false),
        }
        Ok(true)
    }
}

/// Options of a write that has no others: `insert_one`, `create_indexes`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct WriteOptions {
    /// Time limit and id.
    pub common: Common,
    /// The collection's validator is not asked.
    pub bypass_document_validation: bool,
}

impl WriteOptions {
    /// The options that it reads, as a message lists them.
    pub(super) const KNOWN: &str = "bypassDocumentValidation, comment, maxTimeMS, opId";

    pub(super) fn take(&mut self, given: &Given<'_>) -> Result<bool> {
        match given.name {
            "bypassDocumentValidation" => self.bypass_document_validation = given.boolean()?,
            _ => return self.common.take(given),
        }
        Ok(true)
    }
}
