//! The power is cut before every single change of the disk that a scripted run makes, and what the drive had not synced
//! survives in part; the database is then opened as a new process would.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use ironbase::storage::engine::Options;
use ironbase::storage::page::Lsn;
use ironbase::storage::vfs::sim::SimVfs;

use crate::check::{Check, ensure, told, verifies, version_is};
use crate::figures::figure;
use crate::life::{Life, Progress, open, options};
use crate::model::Model;
use crate::runs::{amount, for_each, mix, seeds};

/// A moment of a run.
pub struct Point {
    /// The disk as it was, unsynced changes included.
    pub disk: SimVfs,
    pub acked: Lsn,
    pub written: Lsn,
    pub issued: Lsn,
    /// The change about to be made.
    pub number: u64,
    pub what: String,
}

/// Keeps a fork of the disk from before each change.
pub fn record(disk: &SimVfs, progress: &Arc<Progress>) -> Arc<Mutex<Vec<Point>>> {
    let points: Arc<Mutex<Vec<Point>>> = Arc::default();
    let (log, progress) = (points.clone(), progress.clone());
    disk.set_hook(move |disk, number, what| {
        let (acked, issued) = progress.get();
        let (disk, what) = (disk.fork(), what.to_string());
        log.lock().expect("not poisoned").push(Point {
            disk,
            acked,
            written: progress.written.load(Ordering::SeqCst),
            issued,
            number,
            what,
        });
    });
    points
}

/// A run with all its moments.
pub struct Recorded {
    pub seed: u64,
    pub options: Options,
    pub model: Model,
    pub points: Vec<Point>,
}

/// Runs a script of so many operations on an empty disk.
pub fn recorded(seed: u64, operations: usize, options: Options) -> Recorded {
    let disk = SimVfs::new();
    let progress: Arc<Progress> = Arc::default();
    let points = record(&disk, &progress);
    let model = Model::new(0, Default::default());
    let life = Life::begin(&disk, &options, seed, model, progress);
    let mut life = life.unwrap_or_else(|error| panic!("seed {seed}: {}", told(error)));
    if let Err(error) = life.run(operations) {
        panic!("seed {seed}: {}", told(error));
    }
    disk.clear_hook();
    verifies(life.engine()).unwrap_or_else(|reason| panic!("seed {seed}: {reason}"));
    let model = life.model.clone();
    drop(life);
    let points = std::mem::take(&mut *points.lock().expect("not poisoned"));
    Recorded {
        seed,
        options,
        model,
        points,
    }
}

/// Opens a disk on which the commits up to one between `acked` and `issued` must be, and nothing else. Gives that commit.
pub fn recovers(
    disk: &SimVfs,
    options: &Options,
    model: &Model,
    (acked, issued): (Lsn, Lsn),
) -> Result<Lsn, String> {
    let engine =
        open(disk, options).map_err(|error| format!("it does not open: {}", told(error)))?;
    let version = engine.snapshot();
    let lsn = version.lsn;
    ensure!(
        lsn >= acked,
        "acknowledged commits are lost: {acked} were, {lsn} are there"
    );
    ensure!(lsn <= issued, "commit {lsn} is there, {issued} were made");
    let state = model.at(lsn).ok_or("a commit that no run made")?;
    version_is(&version, state).map_err(|reason| format!("at commit {lsn}: {reason}"))?;
    verifies(&engine).map_err(|reason| format!("at commit {lsn}: {reason}"))?;
    Ok(lsn)
}

/// Goes on with a recovered database for some operations, loses power once more, and looks whether all is there.
pub fn lives_on(
    disk: &SimVfs,
    options: &Options,
    model: &Model,
    lsn: Lsn,
    operations: usize,
    seed: u64,
) -> Check {
    let state = model.at(lsn).expect("recovered before").clone();
    let model = Model::new(lsn, state);
    let mut life = Life::begin(disk, options, seed, model, Arc::default())
        .map_err(|error| format!("a second opening: {}", told(error)))?;
    life.run(operations)
        .map_err(|error| format!("going on: {}", told(error)))?;
    verifies(life.engine()).map_err(|reason| format!("going on: {reason}"))?;
    let (model, range) = (life.model.clone(), life.progress.get());
    let crashed = disk.crash(seed);
    drop(life);
    recovers(&crashed, options, &model, range)
        .map(|_| ())
        .map_err(|reason| format!("going on, and after the next power cut: {reason}"))
}

fn describe(test: &str, run: &Recorded, point: &Point, crash_seed: u64) -> String {
    format!(
        "{test}: seed {}, power cut before change {} ({}), crash seed {crash_seed}; {} commits acknowledged, {} made.\n\
         Replay: IRONBASE_SEED={} cargo test --test crash {test}",
        run.seed, point.number, point.what, point.acked, point.issued, run.seed
    )
}

#[test]
fn power_cut_at_every_change() {
    let (count, in_doubt) = (AtomicU64::new(0), AtomicU64::new(0));
    let (mut changes, mut commits) = (0, 0);
    let seeds = seeds(8);
    for &seed in &seeds {
        let run = recorded(seed, 260, options(seed));
        changes += run.points.len();
        commits += run.model.last();
        let cuts: Vec<(&Point, u64)> = run
            .points
            .iter()
            .flat_map(|point| (0..2).map(move |round| (point, mix(seed, point.number * 8 + round))))
            .collect();
        for_each(
            &cuts,
            |&(point, crash_seed)| describe("power_cut_at_every_change", &run, point, crash_seed),
            |&(point, crash_seed)| {
                let crashed = point.disk.crash(crash_seed);
                let range = (point.acked, point.issued);
                let lsn = recovers(&crashed, &run.options, &run.model, range)?;
                in_doubt.fetch_add(u64::from(lsn > point.acked), Ordering::Relaxed);
                count.fetch_add(1, Ordering::Relaxed);
                lives_on(&crashed, &run.options, &run.model, lsn, 3, crash_seed)
            },
        );
    }
    let (count, in_doubt) = (count.into_inner(), in_doubt.into_inner());
    figure(
        "power cut before each change of the disk, everything checked, then cut again",
        format!("{count} points, {changes} changes, {commits} commits"),
        format!("0 acknowledged commits, 0 partial; {in_doubt} kept one not yet acknowledged"),
    );
    assert!(seeds.len() < 2 || count >= amount(10_000), "{count} points");
}
