//! All documents into a new database with two secondary indexes, until it is closed.
//!
//! Both are shown with batches of 1,000 that are durable one by one, and with all documents in one go (one
//! `insert_many`, one transaction), which promises nothing until the end.

use std::time::Instant;

use anyhow::Result;

use super::{BATCH, fill_ironbase, fill_sqlite};
use crate::documents;
use crate::measure::{Better, Comparison};
use crate::peer::{ironbase, sqlite};
use crate::settings::Settings;

/// When the indexes are made.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Indexes {
    First,
    Last,
}

/// Runs the case.
pub fn run(settings: &Settings) -> Result<()> {
    let documents = documents::all(settings.documents);
    compare(
        settings,
        &documents,
        Indexes::First,
        "two indexes made first",
    )?;
    compare(settings, &documents, Indexes::Last, "two indexes made last")
}

fn compare(settings: &Settings, documents: &[String], indexes: Indexes, what: &str) -> Result<()> {
    use sqlite::Format::{Jsonb, Text};
    let title = format!("Bulk load of {} documents, {what}", documents.len());
    let all = documents.len();
    let mut comparison = Comparison::new(title, "ms", Better::Lower);
    comparison.add("IronBase, one call", || {
        load_ironbase(settings, documents, indexes, all)
    });
    comparison.add("IronBase, calls of 1000", || {
        load_ironbase(settings, documents, indexes, BATCH)
    });
    for (name, format, batch) in [
        ("SQLite, text, transactions of 1000", Text, BATCH),
        ("SQLite, JSONB, transactions of 1000", Jsonb, BATCH),
        ("SQLite, text, one transaction", Text, all),
        ("SQLite, JSONB, one transaction", Jsonb, all),
    ] {
        comparison.add(name, move || {
            load_sqlite(settings, documents, indexes, format, batch)
        });
    }
    comparison.run(settings.rounds)
}

fn load_ironbase(
    settings: &Settings,
    documents: &[String],
    indexes: Indexes,
    batch: usize,
) -> Result<f64> {
    const SPECS: &str = r#"[{"key":{"email":1}},{"key":{"address.zip":1}}]"#;
    let directory = settings.empty_directory("bulk-load/ironbase")?;
    let started = Instant::now();
    let database = ironbase::Database::open(&directory)?;
    if indexes == Indexes::First {
        database.create_indexes(SPECS)?;
    }
    fill_ironbase(&database, documents, batch)?;
    if indexes == Indexes::Last {
        database.create_indexes(SPECS)?;
    }
    database.close()?;
    Ok(started.elapsed().as_secs_f64() * 1e3)
}

fn load_sqlite(
    settings: &Settings,
    documents: &[String],
    indexes: Indexes,
    format: sqlite::Format,
    batch: usize,
) -> Result<f64> {
    let directory = settings.empty_directory("bulk-load/sqlite")?;
    let started = Instant::now();
    let database = sqlite::Database::open(&directory, format)?;
    let create_indexes = || -> Result<()> {
        database.create_index("email", "$.email")?;
        database.create_index("zip", "$.address.zip")
    };
    if indexes == Indexes::First {
        create_indexes()?;
    }
    fill_sqlite(&database, documents, batch)?;
    if indexes == Indexes::Last {
        create_indexes()?;
    }
    database.close()?;
    Ok(started.elapsed().as_secs_f64() * 1e3)
}
