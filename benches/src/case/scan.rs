//! Counting the documents that match a nested field and a range, without an index: every document is looked at.
//!
//! Ten times as many documents as in the other cases; all data in memory.

use std::time::Instant;

use anyhow::{Result, ensure};

use super::{BATCH, fill_ironbase, fill_sqlite};
use crate::documents;
use crate::measure::{Better, Comparison};
use crate::peer::{ironbase, sqlite};
use crate::settings::Settings;

const FILTER: &str = r#"{"address.city": "haven", "age": {"$gte": 30, "$lt": 50}}"#;

/// Runs the case.
pub fn run(settings: &Settings) -> Result<()> {
    let documents = documents::all(10 * settings.documents);
    let iron = ironbase::Database::open(&settings.empty_directory("scan/ironbase")?)?;
    fill_ironbase(&iron, &documents, BATCH)?;
    let open = |name, format| -> Result<sqlite::Database> {
        let database = sqlite::Database::open(&settings.empty_directory(name)?, format)?;
        fill_sqlite(&database, &documents, BATCH)?;
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")?;
        Ok(database)
    };
    let jsonb = open("scan/jsonb", sqlite::Format::Jsonb)?;
    let text = open("scan/text", sqlite::Format::Text)?;
    let expected = iron.count(FILTER)?;
    ensure!(expected > 0, "the filter selects nothing");

    let title = format!(
        "Counting what matches a nested field and a range among {} documents",
        documents.len()
    );
    let mut comparison = Comparison::new(title, "ms", Better::Lower);
    comparison.add("IronBase", || timed(expected, || iron.count(FILTER)));
    comparison.add("SQLite, JSONB", || timed(expected, || count(&jsonb)));
    comparison.add("SQLite, text", || timed(expected, || count(&text)));
    comparison.run(settings.rounds)
}

fn count(database: &sqlite::Database) -> Result<i64> {
    let mut count = database.count_city_and_age()?;
    Ok(count.query_row(("haven", 30, 50), |row| row.get(0))?)
}

/// Milliseconds of a count, whose result must be the same for all.
fn timed(expected: i64, count: impl FnOnce() -> Result<i64>) -> Result<f64> {
    let started = Instant::now();
    let found = count()?;
    let elapsed = started.elapsed();
    ensure!(found == expected, "{found} documents match, not {expected}");
    Ok(elapsed.as_secs_f64() * 1e3)
}
