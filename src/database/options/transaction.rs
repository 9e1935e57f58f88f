//! How a transaction is begun.

use super::given::given;
use crate::bson::RawDoc;
use crate::error::Result;

/// Options of `Database::begin`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TransactionOptions {
    /// Seconds after which the transaction is aborted; 0 for the database's `transactionLifetimeLimitSeconds`.
    pub lifetime_limit_seconds: u64,
}

impl TransactionOptions {
    const KNOWN: &str = "readConcern, transactionLifetimeLimitSeconds, comment";

    /// Reads `{readConcern: {level}, transactionLifetimeLimitSeconds, comment}`. The read concerns that transactions take in MongoDB
    /// are all met by a snapshot of what is durable.
    pub fn from_bson(document: RawDoc) -> Result<TransactionOptions> {
        let mut options = TransactionOptions::default();
        for option in given("begin", document) {
            match option.name {
                "comment" => {}
                "readConcern" => {
                    let concern = option.document()?;
                    for level in given("readConcern", RawDoc::trusted(&concern)) {
                        match level.name {
                            "level" => level.one_of(&[
                                ("local", ()),
                                ("majority", ()),
                                ("snapshot", ()),
                            ])?,
                            _ => return Err(level.unknown("level")),
                        }
                    }
                }
                "transactionLifetimeLimitSeconds" => {
                    options.lifetime_limit_seconds = option.lifetime_limit()?;
                }
                _ => return Err(option.unknown(TransactionOptions::KNOWN)),
            }
        }
        Ok(options)
    }
}
