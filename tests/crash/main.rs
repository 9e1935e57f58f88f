//! Crash safety: whatever happens to the power, to single calls, or to bytes at rest, no acknowledged commit is lost, no
//! commit is there in part, the indexes are what the documents say, and no page is lost or used twice.
//!
//! Every run follows from a seed; a failure prints it and how to replay it. `IRONBASE_SOAK=1` makes the runs longer.

mod backup;
mod builds;
mod check;
mod counted_calls;
mod damage;
mod durability;
mod failing_calls;
#[path = "../common/figures.rs"]
mod figures;
mod kills;
mod life;
mod log_edges;
mod long_run;
mod model;
mod power_cut;
mod real_files;
mod recovery;
mod runs;
mod salvage;
mod script;
mod slow;
mod threads;
mod transactions;
mod words;
