//! How a transaction is begun.

use super::Durability;
use super::common::write_concern;
use super::given::given;
use crate::bson::RawDoc;
use crate::error::Result;

/// Options of `Database::begin`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TransactionOptions {
    /// Seconds after which the transaction is aborted; 0 for the database's `transactionLifetimeLimitSeconds`.
    pub lifetime_limit_seconds: u64,
    /// How safe its commit is when it returns; `None`: as the database's `durability` says.
    pub durability: Option<Durability>,
}

impl TransactionOptions {
    const KNOWN: &str =
        "durability, writeConcern, readConcern, transactionLifetimeLimitSeconds, comment";

    /// Reads `{durability, writeConcern, readConcern: {level}, transactionLifetimeLimitSeconds, comment}`. The read concerns that transactions take in MongoDB
    /// are all met by a snapshot of what is durable.
    pub fn from_bson(document: RawDoc) -> Result<TransactionOptions> {
        let mut options = TransactionOptions::default();
        for option in given("begin", document) {
            match option.name {
                "comment" => {}
                "durability" => options.durability = Some(option.one_of(Durability::NAMES)?),
                "writeConcern" => {
                    options.durability = write_concern(&option)?.or(options.durability);
                }
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
