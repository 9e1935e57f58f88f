//! What is compacted.

use super::common::Common;
use super::given::given;
use crate::bson::RawDoc;
use crate::error::Result;

/// Options of `Database::compact`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CompactOptions {
    /// The collection; `None`: all, one after the other.
    pub collection: Option<String>,
    /// Only say how much there would be to gain.
    pub dry_run: bool,
    /// Leave alone what would give back fewer bytes than this.
    pub least_bytes: u64,
    /// Time limit and id.
    pub common: Common,
}

impl CompactOptions {
    /// Reads `{collection, dryRun, freeSpaceTargetMB, ...}`
    /// ([compact](https://www.mongodb.com/docs/manual/reference/command/compact/)).
    pub fn from_bson(document: RawDoc) -> Result<CompactOptions> {
        let mut options = CompactOptions::default();
        for given in given("compact", document) {
            match given.name {
                "collection" => options.collection = Some(given.text()?),
                "dryRun" => options.dry_run = given.boolean()?,
                "freeSpaceTargetMB" => options.least_bytes = given.number(0, 1 << 30)? << 20,
                _ if options.common.take(&given)? => {}
                _ => {
                    let own = "collection, dryRun, freeSpaceTargetMB";
                    return Err(given.unknown_beside(own, Common::KNOWN));
                }
            }
        }
        Ok(options)
    }
}
