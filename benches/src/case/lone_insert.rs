//! One thread, one document at a time, each durable before the next: what does a database add to the
//! disk's own time?

use std::time::Instant;

use anyhow::Result;

use super::{BATCH, fill_ironbase, fill_sqlite};
use crate::documents;
use crate::measure::{Better, Comparison};
use crate::peer::{disk, ironbase, sqlite};
use crate::settings::Settings;

/// Inserts in one contender's turn.
const INSERTS: u32 = 200;

/// Documents that are there before, so that the trees have their depth.
const PRESENT: u32 = 10_000;

/// Runs the case.
pub fn run(settings: &Settings) -> Result<()> {
    let present = documents::all(PRESENT);
    let directory = settings.empty_directory("lone-insert")?;
    let iron = ironbase::Database::open(&directory)?;
    fill_ironbase(&iron, &present, BATCH)?;
    let lite = sqlite::Database::open(&directory, sqlite::Format::Text)?;
    fill_sqlite(&lite, &present, BATCH)?;
    let mut growing = disk::Log::growing(&directory)?;
    let mut preallocated = disk::Log::preallocated(&directory)?;
    let (mut iron_id, mut lite_id) = (PRESENT, PRESENT);

    let mut comparison = Comparison::new("Lone durable insert", "µs per insert", Better::Lower);
    comparison.add("IronBase", || {
        timed(|| {
            iron_id += 1;
            iron.insert_one(&documents::json(iron_id))
        })
    });
    comparison.add("fdatasync of 600 bytes, growing file", || {
        timed(|| growing.append())
    });
    comparison.add("fdatasync of 600 bytes, preallocated file", || {
        timed(|| preallocated.append())
    });
    comparison.add("SQLite, text", || {
        timed(|| {
            lite_id += 1;
            lite.insert()?
                .execute((lite_id, documents::json(lite_id)))?;
            Ok(())
        })
    });
    comparison.run(settings.rounds)
}

/// Microseconds per call.
fn timed(mut insert: impl FnMut() -> Result<()>) -> Result<f64> {
    let started = Instant::now();
    for _ in 0..INSERTS {
        insert()?;
    }
    Ok(started.elapsed().as_secs_f64() * 1e6 / f64::from(INSERTS))
}
