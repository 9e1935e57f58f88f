//! The most memory that the process takes for itself, with `cacheSize` 64 MiB: loading some 5 GB, updating at random, a transaction
//! of two million inserts, an index built at the end.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::Result;
use ironbase::database::options::{InsertManyOptions, TransactionOptions};

use super::alone::{create_indexes, file_bytes, insert, mib, open, parse, visit};
use crate::documents::Random;
use crate::process::own_memory;
use crate::settings::Settings;

const BATCH: u32 = 100_000;
const UPDATES: u32 = 1_000_000;
/// Inserts of the transaction.
const INSERTS: u32 = 2_000_000;

/// Runs the case.
pub fn run(settings: &Settings) -> Result<()> {
    let documents = settings.documents_or(11_000_000);
    let directory = settings.empty_directory("bounded-memory")?;
    let (database, collection) = open(&directory)?;
    println!("\n### Own memory at its highest, {documents} documents, cacheSize 64 MiB\n");
    println!("| | MiB | seconds |\n|---|---:|---:|");
    watched("load", || {
        for first in (1..=documents).step_by(BATCH as usize) {
            insert(&collection, first..=documents.min(first + BATCH - 1))?;
        }
        Ok(())
    })?;
    watched(&format!("{UPDATES} updates at random"), || {
        let mut random = Random::new(5);
        for _ in 0..UPDATES {
            visit(&collection, 1 + random.below(documents.into()) as u32)?;
        }
        Ok(())
    })?;
    watched(&format!("a transaction of {INSERTS} inserts"), || {
        let transaction = database.begin(&TransactionOptions {
            lifetime_limit_seconds: 3600,
            ..TransactionOptions::default()
        })?;
        let inside = transaction.collection("small")?;
        for first in (0..INSERTS).step_by(BATCH as usize) {
            // A call's result holds the identifiers of all its documents: hence not all in one.
            let mut ids = first..INSERTS.min(first + BATCH);
            let mut next = |out: &mut Vec<u8>| -> ironbase::error::Result<bool> {
                let Some(id) = ids.next() else {
                    return Ok(false);
                };
                let text = format!(
                    r#"{{"_id":{id},"text":"some hundred bytes of text, more or less, as many documents are"}}"#
                );
                ironbase::json::parse_document(text.as_bytes(), out)?;
                Ok(true)
            };
            inside.insert_many(&mut next, &InsertManyOptions::default())?;
        }
        transaction.commit()?;
        Ok(())
    })?;
    watched("an index", || create_indexes(&collection, &["email"]))?;
    let count =
        collection.count_documents(&parse(r#"{"email":{"$gt":"a"}}"#)?, &Default::default())?;
    println!(
        "\n{count} documents in it; files of {:.0} MiB",
        mib(file_bytes(&directory)?)
    );
    database.close()?;
    std::fs::remove_dir_all(&directory)?;
    Ok(())
}

/// Does the work and prints the most memory seen meanwhile.
fn watched(name: &str, work: impl FnOnce() -> Result<()>) -> Result<()> {
    let (end, most) = (AtomicBool::new(false), AtomicU64::new(0));
    let started = Instant::now();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !end.load(Ordering::Relaxed) {
                most.fetch_max(own_memory(), Ordering::Relaxed);
                std::thread::sleep(Duration::from_millis(5));
            }
        });
        let done = work();
        end.store(true, Ordering::Relaxed);
        done
    })?;
    let (most, seconds) = (most.into_inner(), started.elapsed().as_secs_f64());
    println!("| {name} | {:.0} | {seconds:.0} |", mib(most));
    Ok(())
}
