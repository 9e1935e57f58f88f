//! The options of backups and restorations.

use super::common::Common;
use super::given::given;
use crate::bson::RawDoc;
use crate::error::{Error, Result};
use crate::storage::backup::Target;

/// Options of `Database::backup`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BackupOptions {
    /// Continue the backup that is there.
    pub incremental: bool,
    /// The commit with which that one must end.
    pub since: Option<u64>,
    /// Time limit and id.
    pub common: Common,
}

impl BackupOptions {
    /// Reads `{incremental, sinceLsn, ...}`; the latter implies the former.
    pub fn from_bson(document: RawDoc) -> Result<BackupOptions> {
        let mut options = BackupOptions::default();
        let mut incremental = None;
        for given in given("backup", document) {
            match given.name {
                "incremental" => incremental = Some(given.boolean()?),
                "sinceLsn" => options.since = Some(given.count()?),
                _ if options.common.take(&given)? => {}
                _ => return Err(given.unknown_beside("incremental, sinceLsn", Common::KNOWN)),
            }
        }
        if incremental == Some(false) && options.since.is_some() {
            return Err(Error::argument("sinceLsn is for incremental backups"));
        }
        options.incremental = incremental.unwrap_or(options.since.is_some());
        Ok(options)
    }
}

/// Options of `Database::restore`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RestoreOptions {
    /// Which state.
    pub target: Target,
    /// Time limit.
    pub common: Common,
}

impl RestoreOptions {
    /// Reads `{toLsn | toTime, ...}`.
    pub fn from_bson(document: RawDoc) -> Result<RestoreOptions> {
        let mut options = RestoreOptions::default();
        for given in given("restore", document) {
            let target = match given.name {
                "toLsn" => Target::Lsn(given.count()?),
                "toTime" => Target::Time(given.time()?),
                _ if options.common.take(&given)? => continue,
                _ => return Err(given.unknown_beside("toLsn, toTime", Common::KNOWN)),
            };
            if options.target != Target::End {
                return Err(Error::argument("restore takes toLsn or toTime, not both"));
            }
            options.target = target;
        }
        Ok(options)
    }
}
