//! The cases, by the names that the command line takes.

mod alone;
mod bounded_memory;
mod bulk_load;
mod group_commit;
mod instant_open;
mod lone_insert;
mod many_collections;
mod mvcc;
mod point_get;
mod scan;
mod update_by_id;
mod write_amplification;

use crate::settings::Settings;

type Case = fn(&Settings) -> anyhow::Result<()>;

/// The comparisons, in the order in which they run.
pub const ALL: [(&str, Case); 6] = [
    ("point-get", point_get::run),
    ("bulk-load", bulk_load::run),
    ("lone-insert", lone_insert::run),
    ("group-commit", group_commit::run),
    ("scan", scan::run),
    ("update-by-id", update_by_id::run),
];

/// Figures of IronBase alone. They take long, and run only when they are named.
pub const ALONE: [(&str, Case); 5] = [
    ("write-amplification", write_amplification::run),
    ("mvcc", mvcc::run),
    ("bounded-memory", bounded_memory::run),
    ("instant-open", instant_open::run),
    ("many-collections", many_collections::run),
];

/// Documents that one insert_many, or one transaction, takes.
const BATCH: usize = 1000;

/// Fills an IronBase database with documents in batches.
fn fill_ironbase(
    database: &crate::peer::ironbase::Database,
    documents: &[String],
    batch: usize,
) -> anyhow::Result<()> {
    for part in documents.chunks(batch) {
        database.insert_many(&part.join("\n"))?;
    }
    Ok(())
}

/// Fills an SQLite database likewise; the first document has the id 1.
fn fill_sqlite(
    database: &crate::peer::sqlite::Database,
    documents: &[String],
    batch: usize,
) -> anyhow::Result<()> {
    for (number, part) in documents.chunks(batch).enumerate() {
        database.insert_transaction((1 + number * batch) as u32, part)?;
    }
    Ok(())
}
