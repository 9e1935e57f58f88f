//! What a user of the database sees: each test opens one, in memory or in a directory, and says what must come back.
//!
//! MongoDB's documented behaviour is the specification. `differential` runs random operations against two databases and a
//! plain model; a failure prints its seed, which `IRONBASE_SEED` replays. `IRONBASE_SOAK=1` makes it longer.

mod ancestors_faults;
mod ancestors_sharing;
mod bulk_writes;
mod capped;
mod changes;
mod child;
mod collations;
mod collections;
mod compaction;
mod concurrency;
mod cursors;
mod differential;
mod distinct;
mod explain;
mod expressions;
#[path = "../common/figures.rs"]
mod figures;
mod find_and_modify;
mod index_builds;
mod indexes;
mod inserts;
mod interruption;
mod isolation;
mod key_ranges;
mod killed;
mod limits;
mod long_keys;
mod model;
mod naive_update;
mod opening;
mod pipeline_updates;
mod projections;
mod queries;
mod random;
mod random_pipelines;
mod random_updates;
mod salvage;
mod shell;
mod sorting;
mod tailing;
mod transactions;
mod unique;
mod updates;
mod validation;
mod verify;
