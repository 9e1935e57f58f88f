//! Sixteen threads that insert durably, against one: do waiting writers share the disk's syncs?
//!
//! SQLite's threads share one connection behind a mutex, which is faster than sixteen connections that
//! fight for its write lock.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::Instant;

use anyhow::Result;

use super::{BATCH, fill_ironbase, fill_sqlite};
use crate::documents;
use crate::measure::{Better, Comparison};
use crate::peer::{ironbase, sqlite};
use crate::settings::Settings;

const THREADS: u32 = 16;

/// Inserts in a turn, of all threads together.
const INSERTS_ALONE: u32 = 200;
const INSERTS_TOGETHER: u32 = 16_000;

/// Documents that are there before.
const PRESENT: u32 = 10_000;

/// Runs the case.
pub fn run(settings: &Settings) -> Result<()> {
    let present = documents::all(PRESENT);
    let directory = settings.empty_directory("group-commit")?;
    let iron = ironbase::Database::open(&directory)?;
    fill_ironbase(&iron, &present, BATCH)?;
    let lite = sqlite::Database::open(&directory, sqlite::Format::Text)?;
    fill_sqlite(&lite, &present, BATCH)?;
    let lite = Mutex::new(lite);

    let (iron_id, lite_id) = (AtomicU32::new(PRESENT), AtomicU32::new(PRESENT));
    let insert_iron = || {
        let id = 1 + iron_id.fetch_add(1, Ordering::Relaxed);
        iron.insert_one(&documents::json(id))
    };
    let insert_lite = || {
        let id = 1 + lite_id.fetch_add(1, Ordering::Relaxed);
        let document = documents::json(id);
        let database = lite.lock().expect("no thread panics with the lock held");
        database.insert()?.execute((id, document))?;
        Ok(())
    };

    let mut comparison = Comparison::new("Durable inserts per second", "inserts/s", Better::Higher);
    comparison.add("IronBase, 16 threads", || {
        rate(THREADS, INSERTS_TOGETHER, &insert_iron)
    });
    comparison.add("IronBase, 1 thread", || {
        rate(1, INSERTS_ALONE, &insert_iron)
    });
    comparison.add("SQLite, 16 threads", || {
        rate(THREADS, INSERTS_ALONE, &insert_lite)
    });
    comparison.add("SQLite, 1 thread", || rate(1, INSERTS_ALONE, &insert_lite));
    comparison.run(settings.rounds)
}

/// Inserts per second of several threads, which take equal shares.
fn rate(threads: u32, inserts: u32, insert: &(impl Fn() -> Result<()> + Sync)) -> Result<f64> {
    let share = inserts / threads;
    let started = Instant::now();
    thread::scope(|scope| {
        let running: Vec<_> = (0..threads)
            .map(|_| scope.spawn(move || (0..share).try_for_each(|_| insert())))
            .collect();
        running
            .into_iter()
            .try_for_each(|thread| thread.join().expect("inserting does not panic"))
    })?;
    Ok(f64::from(share * threads) / started.elapsed().as_secs_f64())
}
