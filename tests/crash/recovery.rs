//! The power is cut while the database recovers from a power cut, and while it recovers from that.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use ironbase::storage::vfs::sim::SimVfs;

use crate::check::{Check, told};
use crate::life::{open, options};
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
        let after = if crash_seed % 4 == 0 {
            moment
        } else {
            moment.crash(crash_seed)
        };
        let check = || {
            let range = (point.acked, point.issued);
            let lsn = recovers(&after.fork(), &run.options, &run.model, range)?;
            counts[depth as usize].fetch_add(1, Ordering::Relaxed);
            if crash_seed % 3 == 0 {
                lives_on(&after.fork(), &run.options, &run.model, lsn, 2, crash_seed)?;
            }
            if depth < 2 && crash_seed % (2 + 6 * u64::from(depth)) == 1 {
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
            .filter(|point| point.number % 6 == 0)
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
    println!(
        "recovery: {once} power cuts and kills during recovery, {twice} during recovery from those, {thrice} during that; 0 lost"
    );
    assert!(
        seeds.len() < 2 || once >= amount(1000) && twice >= amount(1000),
        "{once}, {twice}"
    );
}
