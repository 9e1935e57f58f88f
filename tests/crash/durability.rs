//! Durability `Interval` and `None`: a killed process loses nothing that it wrote; a power cut takes whole commits from the
//! end, and never any that a checkpoint had made durable.

use std::sync::atomic::{AtomicU64, Ordering};

use ironbase::storage::engine::{Durability, Options};

use crate::life::options;
use crate::power_cut::{Point, lives_on, recorded, recovers};
use crate::runs::{for_each, mix, seeds};

fn commits_lost(durability: Durability, test: &str) {
    let (mut kills, lost, kept) = (0, AtomicU64::new(0), AtomicU64::new(0));
    for seed in seeds(2) {
        let options = Options {
            durability,
            checkpoint_log_bytes: 128 << 10,
            ..options(seed + 500)
        };
        let run = recorded(seed + 500, 250, options);
        let describe = |point: &Point| {
            format!(
                "{test}: seed {seed}, before change {} ({}), {} commits made.\n\
                 Replay: IRONBASE_SEED={seed} cargo test --test crash {test}",
                point.number, point.what, point.issued
            )
        };
        kills += run.points.len();
        for_each(&run.points, describe, |point| {
            let range = (point.written, point.issued);
            let killed = recovers(&point.disk.fork(), &run.options, &run.model, range)?;
            for round in 0..2 {
                let seed = mix(seed, point.number * 2 + round);
                let crashed = point.disk.crash(seed);
                let range = (point.acked, killed);
                let lsn = recovers(&crashed, &run.options, &run.model, range)
                    .map_err(|reason| format!("crash seed {seed}: {reason}"))?;
                lost.fetch_add(killed - lsn, Ordering::Relaxed);
                kept.fetch_add(lsn, Ordering::Relaxed);
                if round == 0 {
                    let durable = Options {
                        durability: Durability::Full,
                        ..run.options.clone()
                    };
                    lives_on(&crashed, &durable, &run.model, lsn, 2, seed)?;
                }
            }
            Ok(())
        });
    }
    println!(
        "{durability:?}: {kills} kills lost nothing written; {} power cuts left whole commits only (on average {} of {} lost)",
        kills * 2,
        lost.load(Ordering::Relaxed) / (kills as u64 * 2),
        (lost.into_inner() + kept.into_inner()) / (kills as u64 * 2),
    );
}

#[test]
fn interval_durability_loses_whole_commits_only() {
    commits_lost(Durability::Interval, "interval_durability");
}

#[test]
fn no_durability_loses_whole_commits_only() {
    commits_lost(Durability::None, "no_durability");
}
