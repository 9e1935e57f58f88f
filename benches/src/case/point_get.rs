//! One document by its `_id`, all data in memory: JSON text in, JSON text out.
//!
//! SQLite's caller gets a pointer into its page cache, IronBase's a text of its own; that is what their
//! interfaces are. Inside one read transaction SQLite takes its locks once instead of for each query.

use std::fmt::Write;
use std::hint::black_box;
use std::time::Instant;

use anyhow::{Result, ensure};

use super::{BATCH, fill_ironbase, fill_sqlite};
use crate::documents::{self, Random};
use crate::measure::{Better, Comparison};
use crate::peer::{ironbase, lmdb, sqlite};
use crate::settings::Settings;

/// Gets in one contender's turn.
const GETS: u32 = 100_000;

/// Runs the case.
pub fn run(settings: &Settings) -> Result<()> {
    let documents = documents::all(settings.documents);
    let ids = random_ids(settings.documents);

    let iron = ironbase::Database::open(&settings.empty_directory("point-get/ironbase")?)?;
    fill_ironbase(&iron, &documents, BATCH)?;
    let text = filled_sqlite(settings, "point-get/text", sqlite::Format::Text, &documents)?;
    let jsonb = filled_sqlite(
        settings,
        "point-get/jsonb",
        sqlite::Format::Jsonb,
        &documents,
    )?;
    let floor = lmdb::Database::create(&settings.empty_directory("point-get/lmdb")?, &documents)?;

    let mut comparison = Comparison::new(
        "Point get by _id, JSON text in and out",
        "ns per get",
        Better::Lower,
    );
    comparison.add("IronBase", || get_ironbase(&iron, &ids));
    comparison.add("SQLite, text", || get_sqlite(&text, &ids));
    comparison.add("SQLite, JSONB", || get_sqlite(&jsonb, &ids));
    comparison.add("SQLite, text, in one read transaction", || {
        text.execute("BEGIN")?;
        let figure = get_sqlite(&text, &ids);
        text.execute("COMMIT")?;
        figure
    });
    comparison.add("LMDB, bare bytes", || get_lmdb(&floor, &ids));
    comparison.run(settings.rounds)
}

fn random_ids(documents: u32) -> Vec<u32> {
    let mut random = Random::new(1);
    (0..GETS)
        .map(|_| 1 + random.below(u64::from(documents)) as u32)
        .collect()
}

fn filled_sqlite(
    settings: &Settings,
    directory: &str,
    format: sqlite::Format,
    documents: &[String],
) -> Result<sqlite::Database> {
    let database = sqlite::Database::open(&settings.empty_directory(directory)?, format)?;
    fill_sqlite(&database, documents, BATCH)?;
    // Readers are faster on a database whose log is empty.
    database.execute("PRAGMA wal_checkpoint(TRUNCATE)")?;
    Ok(database)
}

fn get_ironbase(database: &ironbase::Database, ids: &[u32]) -> Result<f64> {
    let mut filter = String::new();
    timed(ids, |id| {
        filter.clear();
        // Writing to a String cannot fail.
        let _ = write!(filter, r#"{{"_id":{id}}}"#);
        Ok(black_box(database.find_one(&filter)?.bytes()).len())
    })
}

fn get_sqlite(database: &sqlite::Database, ids: &[u32]) -> Result<f64> {
    let mut find = database.find()?;
    timed(ids, |id| {
        let mut rows = find.query([id])?;
        let Some(row) = rows.next()? else {
            return Ok(0);
        };
        Ok(black_box(row.get_ref(0)?.as_bytes()?).len())
    })
}

fn get_lmdb(database: &lmdb::Database, ids: &[u32]) -> Result<f64> {
    let snapshot = database.read()?;
    timed(ids, |id| {
        Ok(black_box(database.get(&snapshot, id)?).map_or(0, <[u8]>::len))
    })
}

/// Nanoseconds per get; `get` returns the length of what it found.
fn timed(ids: &[u32], mut get: impl FnMut(u32) -> Result<usize>) -> Result<f64> {
    let started = Instant::now();
    for &id in ids {
        ensure!(get(id)? > 0, "document {id} was not found");
    }
    Ok(started.elapsed().as_nanos() as f64 / ids.len() as f64)
}
