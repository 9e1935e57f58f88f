//! Giving space back to the file system, and what is told of it. How it is done is in `storage/engine/compact.rs`.

use super::errors::from_storage;
use super::interrupt::Interrupt;
use super::options::CompactOptions;
use super::{Database, listing};
use crate::bson::{Document, Value, doc};
use crate::error::Result;
use crate::storage::engine::{Compacted, Pace, Prospect};

impl Database {
    /// Packs the files of a collection, or of all, and cuts off their free ends, while others read and write. Gives figures for each
    /// and for all: `{bytesFreed, documentsScanned, .., collections: [{name, bytesFreed, ..}]}`.
    ///
    /// It may be stopped at any moment; what was done so far stays.
    pub fn compact(&self, options: &CompactOptions) -> Result<Vec<u8>> {
        let engine = self.0.enter()?;
        let interrupt = Interrupt::new(&self.0, &options.common)?;
        let version = engine.snapshot();
        let chosen: Vec<_> = match &options.collection {
            None => version.catalog.collections().cloned().collect(),
            Some(name) => match version.catalog.get(name) {
                Some(found) => vec![found.clone()],
                None => return Err(listing::no_collection(&version.catalog, name)),
            },
        };
        drop(version);
        let prospects: Vec<_> = chosen.iter().map(|found| engine.prospect(found)).collect();
        // Most pages are looked at twice.
        interrupt.expect(prospects.iter().map(|prospect| 2 * prospect.pages).sum());
        let gain = |prospect: &Prospect| match prospect.gain >= options.least_bytes {
            true => prospect.gain as i64,
            false => 0,
        };
        if options.dry_run {
            let gain: i64 = prospects.iter().map(gain).sum();
            return Ok(doc! { "estimatedBytesFreed": gain }.to_bytes());
        }
        let (mut total, mut each) = (Compacted::default(), Vec::new());
        for (collection, prospect) in chosen.iter().zip(&prospects) {
            if prospect.gain < options.least_bytes {
                continue;
            }
            let step = &|leaves: usize| interrupt.storage_advance(leaves as u64);
            let done = engine.compact(collection.id, Pace::default(), step);
            // One that was dropped meanwhile needs none.
            if let Some(done) = done.map_err(from_storage)? {
                total.add(&done);
                each.push((collection.name.as_str(), done));
            }
        }
        interrupt.complete();
        let mut document = figures(&total);
        let each = each.into_iter().map(|(name, done)| {
            let mut one = figures(&done);
            one.insert("name", name);
            Value::Document(one)
        });
        document.insert("collections", each.collect::<Vec<_>>());
        Ok(document.to_bytes())
    }
}

/// What a compaction did, as a document.
pub fn figures(done: &Compacted) -> Document {
    doc! {
        "bytesBefore": (done.bytes_before as i64),
        "bytesAfter": (done.bytes_after as i64),
        "bytesFreed": (done.bytes_before as i64 - done.bytes_after as i64),
        "documentsScanned": (done.documents_scanned as i64),
        "documentsKept": (done.documents_kept as i64),
        "pagesScanned": (done.pages_scanned as i64),
        "pagesWritten": (done.pages_written as i64),
        "pagesBefore": (done.pages_before as i64),
        "pagesKept": (done.pages_kept as i64),
        "heldBack": (done.is_held_back),
        "durationMs": (done.duration.as_millis() as i64),
    }
}
