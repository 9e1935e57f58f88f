//! Changing one field of one document by its `_id`, JSON in and out, at random.
//!
//! Neither waits for the disk: what is compared is the work. A crash of the program loses no update that returned.

use std::fmt::Write;
use std::time::Instant;

use anyhow::{Result, ensure};

use super::{BATCH, fill_ironbase, fill_sqlite};
use crate::documents::{self, Random};
use crate::measure::{Better, Comparison};
use crate::peer::{ironbase, sqlite};
use crate::settings::Settings;

/// Updates in one contender's turn.
const UPDATES: u32 = 50_000;

/// Runs the case.
pub fn run(settings: &Settings) -> Result<()> {
    let documents = documents::all(settings.documents);
    let mut random = Random::new(2);
    let ids: Vec<u32> = (0..UPDATES)
        .map(|_| 1 + random.below(u64::from(settings.documents)) as u32)
        .collect();
    let iron = ironbase::Database::open_unsynced(&settings.empty_directory("update/ironbase")?)?;
    fill_ironbase(&iron, &documents, BATCH)?;
    let open = |name, format| -> Result<sqlite::Database> {
        let database = sqlite::Database::open(&settings.empty_directory(name)?, format)?;
        database.do_not_sync()?;
        fill_sqlite(&database, &documents, BATCH)?;
        Ok(database)
    };
    let text = open("update/text", sqlite::Format::Text)?;
    let jsonb = open("update/jsonb", sqlite::Format::Jsonb)?;

    let mut comparison =
        Comparison::new("Update by _id, not synced", "µs per update", Better::Lower);
    comparison.add("IronBase", || update_ironbase(&iron, &ids));
    comparison.add("SQLite, text", || update_sqlite(&text, &ids));
    comparison.add("SQLite, JSONB", || update_sqlite(&jsonb, &ids));
    comparison.run(settings.rounds)
}

fn update_ironbase(database: &ironbase::Database, ids: &[u32]) -> Result<f64> {
    let mut filter = String::new();
    timed(ids, |id| {
        filter.clear();
        // Writing to a String cannot fail.
        let _ = write!(filter, r#"{{"_id":{id}}}"#);
        let result = database.update_one(&filter, r#"{"$inc":{"visits":1}}"#)?;
        Ok(result
            .bytes()
            .starts_with(br#"{"matchedCount":1,"modifiedCount":1"#))
    })
}

fn update_sqlite(database: &sqlite::Database, ids: &[u32]) -> Result<f64> {
    let mut update = database.count_visit()?;
    timed(ids, |id| Ok(update.execute([id])? == 1))
}

/// Microseconds per update; `update` tells whether it changed the one document.
fn timed(ids: &[u32], mut update: impl FnMut(u32) -> Result<bool>) -> Result<f64> {
    let started = Instant::now();
    for &id in ids {
        ensure!(update(id)?, "document {id} was not updated");
    }
    Ok(started.elapsed().as_secs_f64() * 1e6 / f64::from(UPDATES))
}
