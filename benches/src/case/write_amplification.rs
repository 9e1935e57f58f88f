//! Bytes written for each byte of a document that is updated: log and pages, counted where they leave the library.
//!
//! A million documents, then single updates by `_id`, each a commit of its own: of random documents, and with nine in ten among a
//! tenth of them. Figures are for 200,000 updates as they come, with the checkpoint behind them, and for two million and more, from one
//! of the engine's own checkpoints to another: what it comes to in the long run. The device's own count stands beside it.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result};
use ironbase::database::options::{OpenOptions, UpdateOptions};
use ironbase::database::{Collection, Database};
use ironbase::storage::vfs::os::OsVfs;

use super::alone::{insert, parse, storage_figure};
use crate::documents::Random;
use crate::peer::counting::{Bytes, Counting, Written};
use crate::process::device_bytes;
use crate::settings::Settings;

/// Updates that the figures are about.
const UPDATES: u32 = 200_000;
/// Those of the long run, at least.
const LONG_RUN: u32 = 2_000_000;

/// Which documents are updated.
#[derive(Clone, Copy)]
enum Choice {
    Any,
    /// Nine in ten among the first tenth of the documents.
    Hot,
}

impl Choice {
    fn id(self, random: &mut Random, documents: u32) -> u32 {
        let is_hot = matches!(self, Choice::Hot) && random.below(10) > 0;
        let among = if is_hot { documents / 10 } else { documents };
        1 + random.below(among.into()) as u32
    }
}

/// Runs the case.
pub fn run(settings: &Settings) -> Result<()> {
    let documents = settings.documents_or(1_000_000);
    println!("\n### Bytes written for each byte of updated documents, {documents} documents\n");
    println!(
        "| | | log | ahead of it | leaves | branches | rest | together | device |\n|---|---|---:|---:|---:|---:|---:|---:|---:|"
    );
    let directory = settings.empty_directory("write-amplification")?;
    let database = Open::new(&directory, 64 << 20)?;
    insert(&database.collection, 1..=documents)?;
    database.database.close()?;
    for (name, choice) in [("random", Choice::Any), ("hot tenth", Choice::Hot)] {
        measure(&directory, name, choice, documents)?;
    }
    std::fs::remove_dir_all(&directory).context("removing the database")
}

struct Open {
    database: Database,
    collection: Collection,
    written: Arc<Written>,
}

impl Open {
    fn new(directory: &Path, cache_bytes: u64) -> Result<Open> {
        let written = Arc::new(Written::default());
        let vfs = OsVfs::open(&directory.join("db"), false, true)?;
        let options = OpenOptions {
            cache_bytes,
            // Each commit is a group of its own all the same, and the run is not one of syncs.
            durability: ironbase::database::options::Durability::None,
            ..OpenOptions::default()
        };
        let vfs = Arc::new(Counting::new(vfs, &written));
        let database = Database::open_on(vfs, "db", options, true)?;
        let collection = database.collection("documents")?;
        Ok(Open {
            database,
            collection,
            written,
        })
    }
}

fn measure(directory: &Path, name: &str, choice: Choice, documents: u32) -> Result<()> {
    let open = Open::new(directory, 64 << 20)?;
    let size = average_size(&open.collection)?;
    let mut random = Random::new(7);
    let mut update = |count: u32| -> Result<()> {
        for _ in 0..count {
            let id = choice.id(&mut random, documents);
            update_one(&open.collection, id, random.below(100))?;
        }
        Ok(())
    };
    let row = |what: &str, before: (Bytes, u64), updates: u32| {
        let bytes = open.written.now().since(&before.0);
        let per = |bytes: u64| bytes as f64 / (f64::from(updates) * size);
        println!(
            "| {name} | {what} | {:.2} | {:.2} | {:.2} | {:.2} | {:.2} | **{:.2}** | {:.2} |",
            per(bytes.log),
            per(bytes.ahead),
            per(bytes.leaves),
            per(bytes.branches),
            per(bytes.rest),
            per(bytes.total()),
            per(device_bytes(directory) - before.1),
        );
    };
    let now = || (open.written.now(), device_bytes(directory));
    let before = now();
    update(UPDATES)?;
    row("200,000 updates", before, UPDATES);
    open.database.checkpoint()?;
    row("and a checkpoint", before, UPDATES);

    let before = now();
    let (mut updates, mut checkpoints) = (0, 0);
    let mut newest = checkpoint(&open.database)?;
    loop {
        update(1000)?;
        updates += 1000;
        let now = checkpoint(&open.database)?;
        if now != newest {
            (newest, checkpoints) = (now, checkpoints + 1);
            if updates >= LONG_RUN {
                break;
            }
        }
    }
    row(
        &format!("the long run: {updates} updates, {checkpoints} checkpoints"),
        before,
        updates,
    );
    open.database.close()?;
    Ok(())
}

/// The newest checkpoint's commit.
fn checkpoint(database: &Database) -> Result<i64> {
    storage_figure(&database.stats()?, "checkpointLsn").context("no figure of checkpoints")
}

fn update_one(collection: &Collection, id: u32, score: u64) -> Result<()> {
    let filter = parse(&format!(r#"{{"_id":{id}}}"#))?;
    let update = parse(&format!(
        r#"{{"$inc":{{"visits":1}},"$set":{{"score":{score}.5}}}}"#
    ))?;
    let result = collection.update_one(&filter, &update, &UpdateOptions::default())?;
    anyhow::ensure!(result.modified_count == 1, "document {id} was not updated");
    Ok(())
}

fn average_size(collection: &Collection) -> Result<f64> {
    let mut sum = 0;
    for id in 1..=1000 {
        let filter = parse(&format!(r#"{{"_id":{id}}}"#))?;
        collection.find_one_with(&filter, &Default::default(), &mut |found| {
            sum += found.as_bytes().len();
        })?;
    }
    Ok(sum as f64 / 1000.0)
}
