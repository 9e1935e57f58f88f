//! Every single call of a script fails once, in every way that calls fail. The error is told or nothing is amiss; reads stay
//! right; after a failed write or sync nothing is written until the database is opened anew; and then all is there.
//!
//! The script is cut into legs, each of which begins by opening the database, so that failing call number 3000 does not
//! take running the 2999 before it.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use ironbase::storage::ErrorKind;
use ironbase::storage::engine::Options;
use ironbase::storage::vfs::sim::{Fault, SimVfs};

use crate::check::{Check, ensure, told, verifies, version_is};
use crate::figures::figure;
use crate::life::{Life, options};
use crate::model::Model;
use crate::power_cut::{lives_on, recovers};
use crate::runs::{amount, for_each, mix, seeds};

const OPERATIONS: usize = 500;
const LEG: usize = 10;

/// A part of the script: the disk and the state at its start, and what it did when nothing failed.
struct Leg {
    options: Options,
    disk: SimVfs,
    model: Model,
    seed: u64,
    calls: u64,
    /// The calls that are changes, by their number among all calls.
    changes: BTreeMap<u64, String>,
}

fn legs(seed: u64, operations: usize) -> Vec<Leg> {
    let options = options(seed);
    let mut disk = SimVfs::new();
    let mut model = Model::new(0, Default::default());
    let mut legs = Vec::new();
    for number in 0..(operations / LEG) as u64 {
        let seed = mix(seed, number);
        let start = disk.fork();
        let changes: Arc<Mutex<BTreeMap<u64, String>>> = Arc::default();
        let log = changes.clone();
        disk.set_hook(move |disk, _, what| {
            let mut changes = log.lock().expect("not poisoned");
            changes.insert(disk.calls(), what.to_string());
        });
        let begin = Life::begin(&disk, &options, seed, model.clone(), Arc::default());
        let mut life = begin.unwrap_or_else(|error| panic!("leg {number}: {}", told(error)));
        life.run(LEG)
            .unwrap_or_else(|error| panic!("leg {number}: {}", told(error)));
        let last = life.model.last();
        let next = Model::new(last, life.model.newest().clone());
        drop(life);
        let calls = disk.calls();
        let changes = std::mem::take(&mut *changes.lock().expect("not poisoned"));
        legs.push(Leg {
            options: options.clone(),
            disk: start,
            model: std::mem::replace(&mut model, next),
            seed,
            calls,
            changes,
        });
        disk = disk.fork();
    }
    legs
}

/// The ways in which a call can fail.
fn faults(what: Option<&String>) -> &'static [Fault] {
    match what.map(|what| what.split(' ').next().unwrap_or_default()) {
        None => &[Fault::Eio],
        Some("write") => &[Fault::Eio, Fault::Enospc, Fault::ShortWrite],
        Some("sync") => &[Fault::Eio, Fault::SyncFailureDropsDirty],
        Some(_) => &[Fault::Eio, Fault::Enospc],
    }
}

#[derive(Default)]
struct Counts {
    runs: AtomicU64,
    told: AtomicU64,
    poisoned: AtomicU64,
    in_open: AtomicU64,
}

/// Runs a leg on a disk that may fail, then looks whether everything promised holds. `must_poison`: what fails is a change.
fn survive(leg: &Leg, disk: &SimVfs, must_poison: bool, counts: &Counts, seed: u64) -> Check {
    counts.runs.fetch_add(1, Ordering::Relaxed);
    let mut model = leg.model.clone();
    let mut range = (model.last(), model.last());
    match Life::begin(disk, &leg.options, leg.seed, model.clone(), Arc::default()) {
        Err(error) => {
            counts.in_open.fetch_add(1, Ordering::Relaxed);
            ensure!(
                matches!(error.kind(), ErrorKind::Io | ErrorKind::Full),
                "opening fails, but with {}",
                told(error)
            );
        }
        Ok(mut life) => {
            let mut ended = life.run(LEG);
            if let Err(error) = &ended {
                counts.told.fetch_add(1, Ordering::Relaxed);
                // Undoing a transaction tells nobody of a failure; the next write does.
                ensure!(
                    matches!(
                        error.kind(),
                        ErrorKind::Io | ErrorKind::Full | ErrorKind::Poisoned
                    ),
                    "the error told is {error} ({:?})",
                    error.kind()
                );
                if life.is_open() {
                    stays_sound(&mut life, disk, must_poison, counts)?;
                }
            }
            if ended.is_err() && life.is_open() && life.engine().begin_write().is_ok() {
                ended = life.run(LEG);
                let told_again = ended.as_ref().err().map(|error| error.to_string());
                ensure!(
                    ended.is_ok(),
                    "the operations after it fail: {told_again:?}"
                );
                verifies(life.engine()).map_err(|reason| format!("after the failure: {reason}"))?;
            }
            model = life.model.clone();
            range = life.progress.get();
        }
    }
    recovers(&disk.fork(), &leg.options, &model, range)
        .map_err(|reason| format!("opened again: {reason}"))?;
    let crashed = disk.crash(seed);
    recovers(&crashed, &leg.options, &model, range)
        .map_err(|reason| format!("opened after a power cut: {reason}"))?;
    if seed.is_multiple_of(4) {
        let disk = disk.fork();
        let lsn = recovers(&disk, &leg.options, &model, range)?;
        lives_on(&disk, &leg.options, &model, lsn, 3, seed)
            .map_err(|reason| format!("opened again: {reason}"))?;
    }
    Ok(())
}

/// What must hold at once after an error.
fn stays_sound(life: &mut Life, disk: &SimVfs, must_poison: bool, counts: &Counts) -> Check {
    let (acked, issued) = life.progress.get();
    let version = life.engine().snapshot();
    let lsn = version.lsn;
    ensure!(
        (acked..=issued).contains(&lsn),
        "commit {lsn} is visible, {acked} acknowledged, {issued} made"
    );
    let state = life.model.at(lsn).ok_or("a version of no commit")?;
    version_is(&version, state).map_err(|reason| format!("reading after the error: {reason}"))?;
    let refused = life.engine().begin_write().err();
    ensure!(
        refused.is_some() || !must_poison,
        "a write failed, and yet writes go on"
    );
    let Some(refused) = refused else {
        return Ok(());
    };
    counts.poisoned.fetch_add(1, Ordering::Relaxed);
    ensure!(
        refused.kind() == ErrorKind::Poisoned,
        "writes are refused with {refused}"
    );
    let changes = disk.changes();
    ensure!(life.engine().checkpoint().is_err(), "a checkpoint runs");
    let _ = life.engine().close();
    ensure!(
        disk.changes() == changes,
        "something is written after the failure"
    );
    version_is(&version, state).map_err(|reason| format!("reading after closing: {reason}"))
}

#[test]
fn every_call_fails_once() {
    let counts = Counts::default();
    let seeds = seeds(1);
    let mut calls = 0;
    for &seed in &seeds {
        let legs = legs(seed + 300, OPERATIONS);
        let mut cases: Vec<(usize, u64, Fault)> = Vec::new();
        for (index, leg) in legs.iter().enumerate() {
            calls += leg.calls;
            for call in 1..=leg.calls {
                let faults = faults(leg.changes.get(&call));
                cases.extend(faults.iter().map(|fault| (index, call, *fault)));
            }
        }
        for_each(
            &cases,
            |&(index, call, fault)| {
                let what = legs[index]
                    .changes
                    .get(&call)
                    .map_or("a read", |w| w.as_str());
                format!(
                    "every_call_fails_once: seed {seed}, leg {index}, call {call} ({what}) fails with {fault:?}.\n\
                     Replay: IRONBASE_SEED={seed} cargo test --test crash every_call_fails_once"
                )
            },
            |&(index, call, fault)| {
                let leg = &legs[index];
                let disk = leg.disk.fork();
                disk.fail_call(call, fault);
                survive(
                    leg,
                    &disk,
                    leg.changes.contains_key(&call),
                    &counts,
                    mix(leg.seed, call),
                )
            },
        );
    }
    report(
        &format!("each of {calls} calls of a script of {OPERATIONS} operations fails in each way"),
        &counts,
    );
    let runs = counts.runs.into_inner();
    assert!(
        runs >= calls && calls > amount(2000),
        "{runs} runs, {calls} calls"
    );
}

#[test]
fn the_disk_is_full() {
    let counts = Counts::default();
    let seeds = seeds(1);
    for &seed in &seeds {
        let legs = legs(seed + 400, 300);
        let mut cases: Vec<(usize, u64)> = Vec::new();
        for (index, _) in legs.iter().enumerate() {
            cases.extend((0..40).map(|step| (index, step)));
        }
        for_each(
            &cases,
            |&(index, step)| {
                format!(
                    "the_disk_is_full: seed {seed}, leg {index}, capacity step {step}.\n\
                     Replay: IRONBASE_SEED={seed} cargo test --test crash the_disk_is_full"
                )
            },
            |&(index, step)| {
                let leg = &legs[index];
                let disk = leg.disk.fork();
                let used: u64 = disk
                    .paths()
                    .iter()
                    .map(|path| disk.contents(path).map_or(0, |bytes| bytes.len() as u64))
                    .sum();
                disk.set_capacity(Some((used / 2 + step * 8192) / 8192 * 8192));
                full(leg, &disk, &counts, mix(leg.seed, step))
            },
        );
    }
    report("the disk is full", &counts);
}

/// As `survive`, on a disk that stays full: opening may fail, and then only for want of space.
fn full(leg: &Leg, disk: &SimVfs, counts: &Counts, seed: u64) -> Check {
    counts.runs.fetch_add(1, Ordering::Relaxed);
    let mut model = leg.model.clone();
    let mut range = (model.last(), model.last());
    let told_why = |error: ironbase::storage::Error| {
        let kind = error.kind();
        let text = told(error);
        // When upkeep behind a commit fails, the next write tells.
        let is_later = kind == ErrorKind::Poisoned && text.contains("os error 28");
        ensure!(kind == ErrorKind::Full || is_later, "{text}");
        Ok(())
    };
    match Life::begin(disk, &leg.options, leg.seed, model.clone(), Arc::default()) {
        Err(error) => {
            counts.in_open.fetch_add(1, Ordering::Relaxed);
            told_why(error)?;
        }
        Ok(mut life) => {
            if let Err(error) = life.run(LEG) {
                counts.told.fetch_add(1, Ordering::Relaxed);
                told_why(error)?;
                if life.is_open() {
                    stays_sound(&mut life, disk, true, counts)?;
                }
            }
            model = life.model.clone();
            range = life.progress.get();
        }
    }
    for after in [disk.fork(), disk.crash(seed)] {
        match crate::life::open(&after, &leg.options) {
            Ok(_) => {}
            Err(error) => told_why(error)?,
        }
        after.set_capacity(None);
        recovers(&after, &leg.options, &model, range)
            .map_err(|reason| format!("when there is space again: {reason}"))?;
    }
    Ok(())
}

fn report(name: &str, counts: &Counts) {
    let get = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
    figure(
        name,
        format!(
            "{} runs, {} told an error ({} in opening), {} refused writes from there on",
            get(&counts.runs),
            get(&counts.told) + get(&counts.in_open),
            get(&counts.in_open),
            get(&counts.poisoned)
        ),
        "0, no wrong answer",
    );
}
