//! A million random operations on documents, in databases that nothing happens to, beside plain maps: transactions, versions kept,
//! compaction, checkpoints, opening anew are mixed in. Time and again all documents, and the index entries derived from them once
//! more, are compared with what the trees hold.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use ironbase::storage::engine::{Durability, Engine, Options};
use ironbase::storage::vfs::memory::MemoryVfs;

use crate::check::{Check, ensure, told, verifies, version_is};
use crate::figures::figure;
use crate::life::{Life, Opener, options};
use crate::model::Model;
use crate::runs::{amount, for_each, seeds};
use crate::script::documents_changed;
use crate::words::Words;

const RUNS: u64 = 100;
const LEAST: u64 = 1_000_000;
/// Changes of documents in a run.
const CHANGES: u64 = LEAST / RUNS;
/// Steps between two comparisons.
const STEPS: usize = 100;

/// One database from nothing. Gives how often it was compared.
fn run(seed: u64) -> Result<u64, String> {
    let vfs = Arc::new(MemoryVfs::new());
    let opener: Opener =
        Box::new(move |options| Engine::open(vfs.clone(), options.clone(), Arc::new(Words)));
    let options = Options {
        durability: match seed % 3 {
            0 => Durability::Full,
            1 => Durability::Interval,
            _ => Durability::None,
        },
        ..options(seed)
    };
    let model = Model::new(0, Default::default());
    let mut life = Life::begin_with(opener, &options, seed, model, Arc::default()).map_err(told)?;
    // Most are small, so that everything meets; some have trees of several levels.
    life.keys = [60, 90, 150, 90, 1200][seed as usize % 5];
    let started = documents_changed();
    let mut compared = 0;
    while documents_changed() - started < CHANGES {
        life.run(STEPS).map_err(told)?;
        let version = life.engine().snapshot();
        ensure_is_newest(&life, version.lsn)?;
        version_is(&version, life.model.newest())?;
        compared += 1;
        if compared % 5 == 0 {
            verifies(life.engine())?;
        }
        life.forget_old_states();
    }
    life.reopen().map_err(told)?;
    version_is(&life.engine().snapshot(), life.model.newest())?;
    verifies(life.engine())?;
    Ok(compared + 1)
}

fn ensure_is_newest(life: &Life, lsn: u64) -> Check {
    let last = life.model.last();
    ensure!(lsn == last, "commit {lsn} is visible, {last} was made");
    Ok(())
}

#[test]
fn a_million_operations_come_to_what_plain_maps_hold() {
    let seeds = seeds(RUNS);
    let (changes, compared) = (AtomicU64::new(0), AtomicU64::new(0));
    for_each(
        &seeds,
        |seed| {
            format!(
                "a_million_operations: seed {seed}\n\
                 Replay: IRONBASE_SEED={seed} cargo test --test crash a_million_operations"
            )
        },
        |&seed| {
            let before = documents_changed();
            compared.fetch_add(run(seed)?, Ordering::Relaxed);
            changes.fetch_add(documents_changed() - before, Ordering::Relaxed);
            Ok(())
        },
    );
    let (changes, compared) = (changes.into_inner(), compared.into_inner());
    figure(
        "random operations on documents against plain maps, index entries derived anew",
        format!("{changes}, compared {compared} times"),
        "0 differences",
    );
    assert!(seeds.len() < 2 || changes >= amount(LEAST), "{changes}");
}
