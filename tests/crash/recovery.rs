//! The power is cut while the database recovers from a power cut, and while it recovers from that.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use ironbase::storage::engine::Options;
use ironbase::storage::vfs::sim::SimVfs;

use crate::check::{Check, ensure, told};
use crate::figures::figure;
use crate::life::{Life, open, options};
use crate::model::{Model, State};
use crate::power_cut::{Point, Recorded, lives_on, recorded, recovers};
use crate::runs::{amount, for_each, mix, seeds};

/// The disk before each change that opening makes, and once more after the last.
fn moments_of_opening(disk: &SimVfs, run: &Recorded) -> Result<Vec<(SimVfs, String)>, String> {
    let moments: Arc<Mutex<Vec<(SimVfs, String)>>> = Arc::default();
    let log = moments.clone();
    disk.set_hook(move |disk, _, what| {
        let moment = (disk.fork(), what.to_string());
        log.lock().expect("not poisoned").push(moment);
    });
    let engine =
        open(disk, &run.options).map_err(|error| format!("it does not open: {}", told(error)))?;
    disk.clear_hook();
    drop(engine);
    let mut moments = std::mem::take(&mut *moments.lock().expect("not poisoned"));
    moments.push((disk.fork(), "nothing any more".into()));
    Ok(moments)
}

fn cut_while_recovering(
    disk: &SimVfs,
    run: &Recorded,
    point: &Point,
    depth: u32,
    seed: u64,
    counts: &[AtomicU64; 3],
) -> Check {
    for (index, (moment, what)) in moments_of_opening(disk, run)?.into_iter().enumerate() {
        let crash_seed = mix(seed, index as u64);
        // One in four: the recovering process is killed, the machine goes on.
        let after = if crash_seed.is_multiple_of(4) {
            moment
        } else {
            moment.crash(crash_seed)
        };
        let check = || {
            let range = (point.acked, point.issued);
            let lsn = recovers(&after.fork(), &run.options, &run.model, range)?;
            counts[depth as usize].fetch_add(1, Ordering::Relaxed);
            if crash_seed.is_multiple_of(3) {
                lives_on(&after.fork(), &run.options, &run.model, lsn, 2, crash_seed)?;
            }
            if depth < 2 && crash_seed % (3 + 9 * u64::from(depth)) == 1 {
                cut_while_recovering(&after, run, point, depth + 1, crash_seed, counts)?;
            }
            Ok(())
        };
        check().map_err(|reason: String| {
            format!("recovery stopped before its change {index} ({what}), crash seed {crash_seed}:\n{reason}")
        })?;
    }
    Ok(())
}

#[test]
fn power_cut_during_recovery() {
    let counts: [AtomicU64; 3] = Default::default();
    let seeds = seeds(2);
    for &seed in &seeds {
        let run = recorded(seed + 200, 150, options(seed + 200));
        let chosen: Vec<&Point> = run
            .points
            .iter()
            .filter(|point| point.number.is_multiple_of(10))
            .collect();
        for_each(
            &chosen,
            |point| {
                format!(
                    "power_cut_during_recovery: seed {seed}, first power cut before change {} ({}).\n\
                     Replay: IRONBASE_SEED={seed} cargo test --test crash power_cut_during_recovery",
                    point.number, point.what
                )
            },
            |point| {
                let seed = mix(seed, point.number);
                cut_while_recovering(&point.disk.crash(seed), &run, point, 0, seed, &counts)
            },
        );
    }
    let [once, twice, thrice] = counts.map(AtomicU64::into_inner);
    figure(
        "power cut during recovery, during that recovery, during that",
        format!("{once}, {twice}, {thrice}"),
        "0",
    );
    assert!(
        seeds.len() < 2 || once >= amount(1000) && twice >= amount(1000),
        "{once}, {twice}"
    );
}

/// A database whose log is longer than its memory for pages.
fn with_a_long_log(disk: &SimVfs, options: &Options) -> Model {
    let model = Model::new(0, State::default());
    let life = Life::begin(disk, options, 1, model, Arc::default());
    let mut life = life.expect("a new database");
    life.grow(8000).expect("written");
    life.end().1
}

#[test]
fn a_long_log_is_replayed_in_little_memory() {
    let options = Options {
        cache_bytes: 256 << 10,
        checkpoint_log_bytes: 1 << 30,
        ..options(3)
    };
    let disk = SimVfs::new();
    let model = with_a_long_log(&disk, &options);
    let last = model.last();
    let log: usize = disk
        .paths()
        .iter()
        .filter(|path| path.ends_with(".wal"))
        .map(|path| disk.contents(path).expect("read").len())
        .sum();
    assert!(log > 2 << 20, "a log of {log} bytes");
    let run = Recorded {
        seed: 1,
        options,
        model,
        points: Vec::new(),
    };
    let moments = moments_of_opening(&disk.crash(1), &run).expect("recovers");
    let ahead = moments
        .iter()
        .filter(|(_, what)| what.contains("mlite 4") || what.contains("idx"));
    assert!(
        ahead.count() > 3,
        "pages are written before the log is done"
    );
    for (index, (moment, what)) in moments.iter().enumerate().rev().take(12) {
        let crashed = moment.crash(index as u64);
        recovers(&crashed, &run.options, &run.model, (last, last)).unwrap_or_else(|reason| {
            panic!("recovery stopped before its change {index} ({what}): {reason}")
        });
    }
    figure(
        "a log longer than the memory for pages is replayed, and again after power cuts",
        format!("{} MiB, {} cuts", log >> 20, moments.len().min(12)),
        "0",
    );
}

#[test]
fn a_reader_sees_what_recovery_would_and_changes_nothing() {
    let run = recorded(31, 120, options(31));
    for_each(
        &run.points,
        |point| {
            format!(
                "a_reader_sees_what_recovery_would: before change {} ({})",
                point.number, point.what
            )
        },
        |point| {
            if point.acked == 0 {
                return Ok(());
            }
            let disk = point.disk.crash(point.number);
            let options = Options {
                read_only: true,
                ..run.options.clone()
            };
            let range = (point.acked, point.issued);
            recovers(&disk.reader(), &options, &run.model, range)?;
            ensure!(disk.changes() == 0, "{} changes", disk.changes());
            Ok(())
        },
    );
    figure(
        "crashed disks opened for reading only",
        run.points.len(),
        "0; no disk changed",
    );
}
