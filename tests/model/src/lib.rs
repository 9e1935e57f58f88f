//! A few files of storage under a model checker: loom runs a model again and again, each time with its threads interleaved in another
//! way, until none is left (with so many preemptions), and with loads that return what the memory model lets them return.
//!
//! The files are those of the library, compiled as they are: `engine/commit.rs`, `engine/arrivals.rs`, `snapshot.rs`, `pager/table.rs`,
//! `wal/group.rs`. Around them stand modules of the same names as in the library, made for the models: `sync` with the checker's
//! locks and atomics, a log whose medium is two numbers, an engine whose one tree is one page. What is not checked here: the
//! epochs of crossbeam (`sync::epoch` frees as early as they may), the allocator of pages (all of it is under one lock), and
//! page files beyond their table.

pub mod storage;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Runs `model` in every interleaving with at most `preemptions` of them, and gives how many that were. The long form allows one more.
pub fn check(preemptions: usize, model: impl Fn() + Send + Sync + 'static) -> usize {
    let runs = Arc::new(AtomicUsize::new(0));
    let counted = runs.clone();
    let mut builder = loom::model::Builder::new();
    let soak = std::env::var_os("IRONBASE_SOAK").is_some();
    builder.preemption_bound = Some(preemptions + usize::from(soak));
    builder.max_branches = 10_000;
    builder.check(move || {
        counted.fetch_add(1, Ordering::Relaxed);
        storage::sync::epoch::begin();
        storage::pager::arena::begin();
        model();
        storage::sync::epoch::end();
    });
    runs.load(Ordering::Relaxed)
}

/// The same with a fault put in, which is to be seen.
pub fn check_with(
    fault: storage::sync::Fault,
    preemptions: usize,
    model: impl Fn() + Send + Sync + 'static,
) {
    storage::sync::put_in(fault);
    check(preemptions, model);
}
