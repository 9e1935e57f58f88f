//! Opening a large database and reading a document from it: after closing it, and after a crash that leaves as much log as there can be.

use std::path::Path;
use std::process::Command;
use std::time::Instant;

use anyhow::{Result, ensure};

use super::alone::{create_indexes, file_bytes, get, insert, mib, open, storage_figure, visit};
use crate::documents::Random;
use crate::process::{TASK, cpu_ms, own_memory};
use crate::settings::Settings;

const BATCH: u32 = 100_000;

/// Runs the case.
pub fn run(settings: &Settings) -> Result<()> {
    let documents = settings.documents_or(10_000_000);
    if let Ok(task) = std::env::var(TASK) {
        let (what, directory) = task.split_once(' ').unwrap_or((&task, ""));
        return do_task(what, Path::new(directory), documents);
    }
    let directory = settings.empty_directory("instant-open")?;
    let (database, collection) = open(&directory)?;
    create_indexes(&collection, &["age", "address.zip", "score"])?;
    for first in (1..=documents).step_by(BATCH as usize) {
        insert(&collection, first..=documents.min(first + BATCH - 1))?;
    }
    database.close()?;
    drop((database, collection));
    println!("\n### Opening and one read, {documents} documents, 3 indexes\n");
    println!("| | log, MiB | ms | of processors | own memory, MiB |\n|---|---:|---:|---:|---:|");
    for (task, dies) in [
        ("closed", false),
        ("updates", true),
        ("crashed-updates", false),
        ("inserts", true),
        ("crashed-inserts", false),
    ] {
        let status = Command::new(std::env::current_exe()?)
            .arg("instant-open")
            .args(["--documents", &documents.to_string()])
            .env(TASK, format!("{task} {}", directory.display()))
            .status()?;
        ensure!(status.success() != dies, "{task}: {status}");
    }
    std::fs::remove_dir_all(&directory)?;
    Ok(())
}

fn do_task(what: &str, directory: &Path, documents: u32) -> Result<()> {
    if !matches!(what, "updates" | "inserts") {
        let log = file_bytes(&directory.join("db/database.wal"))?;
        let (started, cpu) = (Instant::now(), cpu_ms());
        let (database, collection) = open(directory)?;
        get(&collection, documents / 2)?;
        let seconds = started.elapsed().as_secs_f64();
        let cpu = cpu_ms() - cpu;
        let memory = own_memory();
        println!(
            "| {what} | {:.0} | {:.1} | {cpu:.1} | {:.1} |",
            mib(log),
            seconds * 1e3,
            mib(memory)
        );
        database.close()?;
        return Ok(());
    }
    let (database, collection) = open(directory)?;
    let mut random = Random::new(6);
    let mut next = documents * 2;
    let log = || -> Result<i64> { Ok(storage_figure(&database.stats()?, "logBytes").unwrap_or(0)) };
    let mut filling = Filling::default();
    while !filling.is_enough(log()?) {
        if what == "inserts" {
            insert(&collection, next..next + 1000)?;
            next += 1000;
            continue;
        }
        for _ in 0..1000 {
            visit(&collection, 1 + random.below(documents.into()) as u32)?;
        }
    }
    std::process::abort();
}

/// When the log is as long as it gets.
#[derive(Default)]
struct Filling {
    longest: i64,
    last: i64,
    has_shrunk: bool,
}

impl Filling {
    /// At 60 MiB a checkpoint is near. Where updates change more pages than fit into memory as differences checkpoints come before
    /// that: then behind one of them, when it has nearly the length again that it had before.
    fn is_enough(&mut self, length: i64) -> bool {
        self.has_shrunk |= length < self.last;
        self.longest = self.longest.max(length);
        self.last = length;
        length >= 60 << 20 || (self.has_shrunk && length >= self.longest / 8 * 7)
    }
}
