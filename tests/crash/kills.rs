//! The process is killed, not the machine: the next process finds all that was written, synced or not. It must not take it for
//! durable. So after every such kill the new process works on for a while, and then the power goes.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use ironbase::storage::vfs::sim::SimVfs;

use crate::check::{Check, ensure, told};
use crate::figures::figure;
use crate::life::{Life, options};
use crate::model::Model;
use crate::power_cut::{Point, Recorded, record, recorded, recovers};
use crate::runs::{amount, for_each, mix, seeds};

/// Opens what a killed process left, works on, and cuts the power at `cuts` moments of that.
fn killed(run: &Recorded, point: &Point, seed: u64, cuts: usize) -> Result<u64, String> {
    let lsn = recovers(
        &point.disk.fork(),
        &run.options,
        &run.model,
        (point.acked, point.issued),
    )?;
    let state = run.model.at(lsn).expect("recovered before").clone();
    let disk = point.disk.fork();
    let progress = Arc::default();
    let points = record(&disk, &progress);
    // From the moment of opening on, readers see `lsn` as durable; before, the old range holds.
    let mut life = Life::begin(
        &disk,
        &run.options,
        seed,
        Model::new(lsn, state),
        progress.clone(),
    )
    .map_err(|error| format!("a second opening: {}", told(error)))?;
    let opening = points.lock().expect("not poisoned").len();
    life.run(12)
        .map_err(|error| format!("going on: {}", told(error)))?;
    disk.clear_hook();
    let points = std::mem::take(&mut *points.lock().expect("not poisoned"));
    let mut count = 0;
    for (index, cut) in points.iter().enumerate() {
        let chosen = mix(seed, index as u64) % (points.len() as u64) < cuts as u64;
        if !chosen {
            continue;
        }
        let crash_seed = mix(seed, index as u64 + 1000);
        let crashed = cut.disk.crash(crash_seed);
        let (model, range) = if index < opening {
            (&run.model, (point.acked, point.issued))
        } else {
            (&life.model, (cut.acked, cut.issued))
        };
        recovers(&crashed, &run.options, model, range).map_err(|reason| {
            format!(
                "the next process found commit {lsn} and worked on to {:?}; power cut before its change {} ({}), \
                 crash seed {crash_seed}: {reason}",
                range, cut.number, cut.what
            )
        })?;
        count += 1;
    }
    Ok(count)
}

#[test]
fn process_killed_and_then_the_power_cut() {
    let cuts = AtomicU64::new(0);
    let mut kills = 0;
    let seeds = seeds(4);
    for &seed in &seeds {
        let run = recorded(seed + 100, 120, options(seed + 100));
        kills += run.points.len();
        for_each(
            &run.points,
            |point| {
                format!(
                    "process_killed_and_then_the_power_cut: seed {seed}, killed before change {} ({}); {} commits acknowledged, {} \
                     made.\nReplay: IRONBASE_SEED={seed} cargo test --test crash process_killed",
                    point.number, point.what, point.acked, point.issued
                )
            },
            |point| {
                let count = killed(&run, point, mix(seed, point.number), 4)?;
                cuts.fetch_add(count, Ordering::Relaxed);
                Ok(())
            },
        );
    }
    let cuts = cuts.into_inner();
    figure(
        "process killed, the next one works on, then the power is cut",
        format!("{kills} kills, {cuts} cuts"),
        "0",
    );
    assert!(seeds.len() < 2 || cuts >= amount(2000), "{cuts} power cuts");
}

/// Lives follow each other on one disk, each ended by a kill or a power cut at some moment, in recovery too.
fn lives(seed: u64, count: u64) -> Check {
    let options = options(seed);
    let mut disk = SimVfs::new();
    let mut model = Model::new(0, Default::default());
    let mut range = (0, 0);
    for number in 0..count {
        let life_seed = mix(seed, number);
        let lsn = recovers(&disk.fork(), &options, &model, range)
            .map_err(|reason| format!("life {number}: {reason}"))?;
        let state = model.at(lsn).expect("recovered before").clone();
        let next = Model::new(lsn, state);
        let cut = 1 + life_seed % 120;
        disk.set_power_cut(cut);
        match Life::begin(&disk, &options, life_seed, next, Arc::default()) {
            Ok(mut life) => {
                // The error is the power cut; what was in doubt is in the model.
                let ended = life.run(60);
                ensure!(
                    ended.is_ok() || disk.power_is_cut(),
                    "life {number}: {:?}",
                    ended.map_err(told)
                );
                range = life.progress.get();
                model = life.model.clone();
            }
            Err(error) => ensure!(disk.power_is_cut(), "life {number}: {}", told(error)),
        }
        disk = if life_seed.is_multiple_of(3) {
            disk.fork()
        } else {
            disk.crash(life_seed)
        };
    }
    recovers(&disk, &options, &model, range).map(|_| ())
}

#[test]
fn many_lives_of_one_database() {
    let seeds = seeds(60);
    for_each(
        &seeds,
        |seed| {
            format!(
                "many_lives_of_one_database: seed {seed}\nReplay: IRONBASE_SEED={seed} cargo test --test crash many_lives"
            )
        },
        |&seed| lives(seed, 25),
    );
    figure(
        format!(
            "{} databases, 25 lives each, ended by kills and power cuts",
            seeds.len()
        ),
        format!("{} lives", seeds.len() * 25),
        "0",
    );
    assert!(seeds.len() < 2 || seeds.len() >= 60, "{}", seeds.len());
}
