//! Readers beside a writer, and what a version that somebody holds costs.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use ironbase::database::{Collection, Database};

use super::alone::{file_bytes, get, insert, mib, open, storage_figure, visit};
use crate::documents::Random;
use crate::process::own_memory;
use crate::settings::Settings;

const READERS: u64 = 8;
const UPDATES: u32 = 200_000;

/// Runs the case.
pub fn run(settings: &Settings) -> Result<()> {
    let documents = settings.documents_or(1_000_000);
    let directory = settings.empty_directory("mvcc")?;
    let (database, collection) = open(&directory)?;
    insert(&collection, 1..=documents)?;
    database.checkpoint()?;

    println!("\n### Point reads of {READERS} threads, {documents} documents\n");
    println!("| | median, µs | p99, µs |\n|---|---:|---:|");
    let mut p99 = Vec::new();
    for has_writer in [false, true, false, true] {
        let mut times = read(&collection, documents, has_writer)?;
        times.sort_unstable();
        let at = |part: f64| times[(times.len() as f64 * part) as usize] as f64 / 1000.0;
        let name = if has_writer {
            "beside a writer"
        } else {
            "alone"
        };
        println!("| {name} | {:.2} | {:.2} |", at(0.5), at(0.99));
        p99.push(at(0.99));
    }
    println!(
        "\np99 beside a writer is {:.2} times that alone",
        (p99[1] + p99[3]) / (p99[0] + p99[2])
    );
    pinned(&directory, &collection, documents, &database)?;
    database.close()?;
    std::fs::remove_dir_all(&directory)?;
    Ok(())
}

/// Nanoseconds of each read.
fn read(collection: &Collection, documents: u32, has_writer: bool) -> Result<Vec<u64>> {
    let end = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let writer = has_writer.then(|| {
            scope.spawn(|| -> Result<()> {
                let mut random = Random::new(3);
                while !end.load(Ordering::Relaxed) {
                    visit(collection, 1 + random.below(documents.into()) as u32)?;
                }
                Ok(())
            })
        });
        let readers: Vec<_> = (0..READERS)
            .map(|seed| {
                let end = &end;
                scope.spawn(move || -> Result<Vec<u64>> {
                    let mut random = Random::new(seed);
                    let mut times = Vec::new();
                    while !end.load(Ordering::Relaxed) {
                        let id = 1 + random.below(documents.into()) as u32;
                        let started = Instant::now();
                        get(collection, id)?;
                        times.push(started.elapsed().as_nanos() as u64);
                    }
                    Ok(times)
                })
            })
            .collect();
        std::thread::sleep(Duration::from_secs(5));
        end.store(true, Ordering::Relaxed);
        let mut all = Vec::new();
        for reader in readers {
            all.extend(reader.join().expect("a reader does not panic")?);
        }
        if let Some(writer) = writer {
            writer.join().expect("a writer does not panic")?;
        }
        Ok(all)
    })
}

/// One reader that holds its version over many updates.
fn pinned(
    directory: &std::path::Path,
    collection: &Collection,
    documents: u32,
    database: &Database,
) -> Result<()> {
    let dead = || -> Result<i64> {
        storage_figure(&database.stats()?, "deadPages").context("no figure of dead pages")
    };
    database.checkpoint()?;
    let mut cursor = collection.find(&super::alone::parse("{}")?, Default::default())?;
    cursor.next()?;
    let size = || -> Result<u64> { file_bytes(&directory.join("db")) };
    let (before, memory) = (size()?, own_memory());
    println!(
        "\n### A reader that keeps its version: files {:.0} MiB, own memory {:.1} MiB\n",
        mib(before),
        mib(memory)
    );
    println!(
        "| updates | files, MiB | grown by | dead pages kept | own memory, MiB | more, for each document |\n|---:|---:|---:|---:|---:|---:|"
    );
    let mut random = Random::new(4);
    for round in 1..=4 {
        for _ in 0..UPDATES {
            visit(collection, 1 + random.below(documents.into()) as u32)?;
        }
        database.checkpoint()?;
        let now = size()?;
        println!(
            "| {} | {:.0} | {:.2} of the database | {} | {:.1} | {:.1} bytes |",
            round * UPDATES,
            mib(now),
            now.saturating_sub(before) as f64 / before as f64,
            dead()?,
            mib(own_memory()),
            own_memory().saturating_sub(memory) as f64 / f64::from(documents),
        );
    }
    drop(cursor);
    Ok(())
}
