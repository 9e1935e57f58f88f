//! A backup made beside whatever else goes on is a state of the model, and so is every commit restored from it. Whatever is cut,
//! stopped or fails meanwhile, the database goes on, and a backup is whole or refused.

use std::cell::RefCell;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use ironbase::storage::backup::{Backup, Restored, Target, Watcher, full, incremental, restore};
use ironbase::storage::engine::{Engine, Options};
use ironbase::storage::page::Lsn;
use ironbase::storage::vfs::Vfs;
use ironbase::storage::vfs::sim::{Fault, SimVfs};
use ironbase::storage::{Error, ErrorKind, Result};

use crate::check::{Check, ensure, told, verifies, version_is};
use crate::figures::figure;
use crate::life::{Life, Progress, open, options};
use crate::model::{Model, State};
use crate::power_cut::{Point, record};
use crate::runs::{amount, for_each, mix, seeds};
use crate::words::Words;

/// Looks on, and may stop the work at some step.
#[derive(Default)]
struct Onlooker {
    steps: AtomicU64,
    stop_at: Option<u64>,
}

impl Watcher for Onlooker {
    fn step(&self, _: usize) -> Result<()> {
        let steps = self.steps.fetch_add(1, Ordering::Relaxed);
        match self.stop_at {
            Some(limit) if steps >= limit => Err(Error::new(ErrorKind::Interrupted, "stopped")),
            _ => Ok(()),
        }
    }

    fn expect(&self, _: u64) {}

    fn shown(&self, millis: u64) -> String {
        millis.to_string()
    }
}

/// Has the life go on at every step.
struct Busy<'l>(RefCell<&'l mut Life>);

impl Watcher for Busy<'_> {
    fn step(&self, _: usize) -> Result<()> {
        let mut life = self.0.borrow_mut();
        match life.random.chance(40) {
            true => life.step(),
            false => Ok(()),
        }
    }

    fn expect(&self, _: u64) {}

    fn shown(&self, millis: u64) -> String {
        millis.to_string()
    }
}

fn vfs(disk: &SimVfs) -> Arc<dyn Vfs> {
    Arc::new(disk.clone())
}

/// A life with some history that keeps its log and stays open.
fn begin(seed: u64, disk: &SimVfs) -> std::result::Result<Life, String> {
    let options = Options {
        log_retention_bytes: 1 << 30,
        ..options(seed)
    };
    let (model, progress) = (Model::new(0, State::default()), Arc::<Progress>::default());
    let life = Life::begin(disk, &options, mix(seed, 77), model, progress);
    let mut life = life.map_err(told)?;
    life.grow(20).map_err(told)?;
    life.run(60).map_err(told)?;
    life.stays_open = true;
    Ok(life)
}

fn backed_up(life: &mut Life, to: &SimVfs) -> Result<Backup> {
    let engine = life.engine().clone();
    full(&engine, &vfs(to), &Busy(RefCell::new(life)))
}

fn continued(life: &mut Life, to: &SimVfs) -> Result<Backup> {
    let engine = life.engine().clone();
    incremental(&engine, &vfs(to), None, &Busy(RefCell::new(life)))
}

fn restored(from: &SimVfs, target: Target, options: &Options) -> Result<(SimVfs, Restored)> {
    let (to, watcher) = (SimVfs::new(), Onlooker::default());
    let reader = Arc::new(from.reader());
    let done = restore(reader, vfs(&to), target, options, Arc::new(Words), &watcher)?;
    Ok((to, done))
}

/// Opens a disk that must be the model's state at a commit.
fn is_state(disk: &SimVfs, options: &Options, model: &Model, lsn: Lsn) -> Check {
    let options = Options {
        create: false,
        ..options.clone()
    };
    let engine = open(&disk.fork(), &options).map_err(told)?;
    let version = engine.snapshot();
    ensure!(version.lsn == lsn, "commit {}, not {lsn}", version.lsn);
    version_is(&version, model.at(lsn).ok_or("not a commit of the model")?)?;
    drop(version);
    verifies(&engine)
}

#[test]
fn a_backup_beside_everything_else_is_a_state_and_so_is_each_commit_of_it() {
    let (backups, commits) = (AtomicU64::new(0), AtomicU64::new(0));
    for_each(
        &seeds(60),
        |seed| format!("seed {seed}: IRONBASE_SEED={seed}"),
        |&seed| {
            let (disk, to) = (SimVfs::new(), SimVfs::new());
            let mut life = begin(seed, &disk)?;
            let before = life.model.last();
            let made = backed_up(&mut life, &to).map_err(told)?;
            ensure!(made.end >= before, "it ends at {}", made.end);
            let options = life.options.clone();
            is_state(&to, &options, &life.model, made.end)?;
            let mut end = made.end;
            for round in 0..3 {
                life.run(25).map_err(told)?;
                let before = life.model.last();
                let more =
                    continued(&mut life, &to).map_err(|e| format!("{round}: {}", told(e)))?;
                ensure!(
                    (more.base, more.before) == (made.base, Some(end)),
                    "{more:?}"
                );
                ensure!(more.end >= before, "round {round} ends at {}", more.end);
                end = more.end;
                is_state(&to, &options, &life.model, end)
                    .map_err(|reason| format!("round {round}: {reason}"))?;
            }
            backups.fetch_add(4, Ordering::Relaxed);
            commits.fetch_add(end - made.base + 1, Ordering::Relaxed);
            for lsn in made.base..=end {
                let (disk, done) = restored(&to, Target::Lsn(lsn), &options).map_err(told)?;
                ensure!((done.base, done.lsn) == (made.base, lsn), "{done:?}");
                is_state(&disk, &options, &life.model, lsn)
                    .map_err(|reason| format!("restored {lsn}: {reason}"))?;
                let state = life.model.at(lsn).expect("checked");
                let documents = state.collections.values().map(|c| c.documents.len() as u64);
                ensure!(done.documents == documents.sum::<u64>(), "{done:?}");
            }
            for lsn in [made.base.wrapping_sub(1), end + 1] {
                let refused = restored(&to, Target::Lsn(lsn), &options).err();
                let refused = refused.ok_or("restored to what it does not have")?;
                let (kind, range) = (refused.kind(), format!("from {} to {end}", made.base));
                ensure!(
                    kind == ErrorKind::Argument && refused.message().contains(&range),
                    "{refused}"
                );
            }
            // The database itself is none the worse.
            life.run(20).map_err(told)?;
            verifies(life.engine())
        },
    );
    figure(
        "backups beside writes, checkpoints, compactions, drops; every commit of them restored",
        format_args!("{backups:?} backups, {commits:?} commits"),
        "each a state of the model",
    );
}

#[test]
fn the_power_cut_during_a_backup_leaves_it_whole_or_refused() {
    let cuts = [0; 3].map(AtomicU64::new);
    let count = |which: usize, points: &[Point]| {
        cuts[which].fetch_add(points.len() as u64, Ordering::Relaxed);
    };
    for_each(
        &seeds(12),
        |seed| format!("seed {seed}: IRONBASE_SEED={seed}"),
        |&seed| {
            let (disk, to) = (SimVfs::new(), SimVfs::new());
            let mut life = begin(seed, &disk)?;
            let options = Options {
                create: false,
                ..life.options.clone()
            };
            let cut = |point: &Point| point.disk.crash(mix(seed, point.number));

            let points = record(&to, &Arc::default());
            let made = backed_up(&mut life, &to).map_err(told)?;
            let taken = std::mem::take(&mut *points.lock().expect("not poisoned"));
            ensure!(taken.len() > 20, "{} points", taken.len());
            count(0, &taken);
            let mut whole = 0;
            for point in &taken {
                let found = cut(point);
                if open(&found.fork(), &options).is_ok() {
                    whole += 1;
                    is_state(&found, &options, &life.model, made.end)
                        .map_err(|reason| format!("cut before {}: {reason}", point.what))?;
                } else if let Ok(engine) = open(&found, &life.options) {
                    // Nothing of it was there yet, so that it became a new database.
                    ensure!(point.number <= 3, "{} is forgotten", point.what);
                    ensure!(engine.snapshot().lsn == 0, "a new database");
                }
            }
            ensure!(whole < 6, "{whole} of {} were whole", taken.len());

            life.run(30).map_err(told)?;
            let more = continued(&mut life, &to).map_err(told)?;
            let taken = std::mem::take(&mut *points.lock().expect("not poisoned"));
            ensure!(taken.len() > 5, "{} points", taken.len());
            count(1, &taken);
            for point in &taken {
                let found = cut(point);
                let told_at = |reason| format!("cut before {}: {reason}", point.what);
                let there = open(&found.fork(), &options)
                    .map_err(told)
                    .map_err(told_at)?;
                let lsn = there.snapshot().lsn;
                drop(there);
                ensure!(
                    (made.end..=more.end).contains(&lsn),
                    "{}: {lsn}",
                    point.what
                );
                is_state(&found, &options, &life.model, lsn).map_err(told_at)?;
                // It can be continued after all.
                let again = continued(&mut life, &found)
                    .map_err(told)
                    .map_err(told_at)?;
                is_state(&found, &options, &life.model, again.end).map_err(told_at)?;
            }

            // Restoring: the place it goes to, too, is refused or holds what was asked for.
            let restored_to = SimVfs::new();
            let points = record(&restored_to, &Arc::default());
            let (from, watcher) = (Arc::new(to.reader()), Onlooker::default());
            let target = Target::Lsn(made.end);
            restore(
                from,
                vfs(&restored_to),
                target,
                &options,
                Arc::new(Words),
                &watcher,
            )
            .map_err(told)?;
            let taken = std::mem::take(&mut *points.lock().expect("not poisoned"));
            for point in &taken {
                let found = cut(point);
                if open(&found.fork(), &options).is_ok() {
                    is_state(&found, &options, &life.model, made.end)
                        .map_err(|reason| format!("cut before {}: {reason}", point.what))?;
                }
            }
            count(2, &taken);
            is_state(&restored_to, &options, &life.model, made.end)
        },
    );
    figure(
        "power cut during a full backup, an incremental one, a restoration",
        format_args!("{cuts:?}"),
        "whole or refused",
    );
}

#[test]
fn stopping_it_anywhere_or_a_failing_disk_harms_nothing_but_the_backup() {
    let disk = SimVfs::new();
    let mut life = begin(5, &disk).expect("begun");
    let options = Options {
        create: false,
        ..life.options.clone()
    };
    let engine = life.engine().clone();
    let whole = SimVfs::new();
    full(&engine, &vfs(&whole), &Onlooker::default()).expect("made");
    life.run(30).expect("run");
    let total = |work: &dyn Fn(&SimVfs, &Onlooker) -> Result<()>, to: &SimVfs| {
        let watcher = Onlooker::default();
        work(to, &watcher).expect("done");
        (watcher.steps.into_inner(), to.calls())
    };
    let make = |to: &SimVfs, watcher: &Onlooker| full(&engine, &vfs(to), watcher).map(|_| ());
    let go_on =
        |to: &SimVfs, watcher: &Onlooker| incremental(&engine, &vfs(to), None, watcher).map(|_| ());
    let restoring = |to: &SimVfs, watcher: &Onlooker| {
        let from = Arc::new(whole.reader());
        restore(
            from,
            vfs(to),
            Target::End,
            &options,
            Arc::new(Words),
            watcher,
        )
        .map(|_| ())
    };
    type Work<'w> = &'w dyn Fn(&SimVfs, &Onlooker) -> Result<()>;
    let works: [(&str, Work<'_>, SimVfs); 3] = [
        ("full", &make, SimVfs::new()),
        ("incremental", &go_on, whole.fork()),
        ("restore", &restoring, SimVfs::new()),
    ];
    let mut failures = 0;
    for (name, work, start) in works {
        let before = open(&start.fork(), &options).map(|engine| engine.snapshot().lsn);
        let (steps, calls) = total(work, &start.fork());
        // As it was: refused, or the backup as it was before.
        let is_as_before = |to: &SimVfs| match &before {
            Ok(lsn) => {
                let engine = open(&to.fork(), &options).expect("it opens as before");
                assert!(engine.snapshot().lsn >= *lsn, "{name}");
            }
            Err(_) => assert!(
                open(&to.fork(), &options).is_err(),
                "{name}: half of it opens"
            ),
        };
        for stop_at in 0..steps {
            let (to, watcher) = (start.fork(), Onlooker::default());
            let watcher = Onlooker {
                stop_at: Some(stop_at),
                ..watcher
            };
            let error = work(&to, &watcher).expect_err("stopped");
            assert_eq!(error.kind(), ErrorKind::Interrupted, "{name}: {error}");
            is_as_before(&to);
        }
        for call in 1..=calls {
            for fault in [Fault::Eio, Fault::Enospc, Fault::ShortWrite] {
                let to = start.fork();
                to.fail_call(call, fault);
                let Err(error) = work(&to, &Onlooker::default()) else {
                    continue;
                };
                failures += 1;
                let expected = [ErrorKind::Io, ErrorKind::Full];
                assert!(expected.contains(&error.kind()), "{name} {call}: {error}");
                assert!(error.errno().is_some(), "{name} {call}: {error}");
                if name != "incremental" && open(&to.fork(), &options).is_ok() {
                    // Nothing was left to be done but to tidy up.
                    assert!(call + 6 > calls, "{name} {call} of {calls}");
                }
            }
        }
        life.run(3).expect("the database goes on");
    }
    assert!(failures > 100, "{failures} failures");
    figure(
        "a call of a backup's disk fails",
        failures,
        "the database goes on",
    );
    verifies(&engine).expect("sound");
}

#[test]
fn what_is_damaged_or_cannot_be_read_is_named_and_not_copied() {
    let disk = SimVfs::new();
    let life = begin(9, &disk).expect("begun");
    life.engine().checkpoint().expect("made");
    let (options, model) = (life.options.clone(), life.model.clone());
    drop(life);
    let (mut refused, mut copied) = (0, 0);
    for path in disk.paths() {
        if path == "lock" {
            continue;
        }
        let length = disk.contents(&path).expect("there").len();
        for at in (0..length).step_by(amount(509) as usize) {
            let damaged = disk.fork();
            damaged.flip_byte(&path, at as u64, 0x20).expect("there");
            let Ok(engine) = open(&damaged, &options) else {
                continue;
            };
            let to = SimVfs::new();
            match full(&engine, &vfs(&to), &Onlooker::default()) {
                Ok(made) => {
                    copied += 1;
                    is_state(&to, &options, &model, made.end)
                        .unwrap_or_else(|reason| panic!("{path} at {at}: {reason}"));
                }
                Err(error) => {
                    refused += 1;
                    let stem = path.rsplit('/').next().expect("a name");
                    let page = format!("page {}", at / 4096);
                    assert_eq!(error.kind(), ErrorKind::Corrupt, "{path} at {at}: {error}");
                    assert!(error.message().contains(stem), "{path} at {at}: {error}");
                    let is_page = !path.contains(".wal");
                    assert!(
                        !is_page || error.message().contains(&page) || at % 4096 > 32,
                        "{path} at {at}: {error}"
                    );
                }
            }
        }
    }
    assert!(
        refused > 20 && copied > 0,
        "{refused} refused, {copied} copied"
    );
    figure(
        "a byte of the database flipped, then backed up",
        refused + copied,
        format_args!("{refused} refused, {copied} in bytes that the backup does not need"),
    );

    // A sector that cannot be read.
    let mut named = 0;
    for call in 0..60 {
        let source = disk.fork();
        let engine = open(&source, &options).expect("sound");
        source.fail_call(source.calls() + 1 + call, Fault::Eio);
        if let Err(error) = full(&engine, &vfs(&SimVfs::new()), &Onlooker::default()) {
            assert_eq!(error.kind(), ErrorKind::Io, "{error}");
            named += u32::from(error.message().contains("cannot read page"));
        }
    }
    // A read of many pages that fails is tried once more, page by page; so one failure may do no harm.
    println!("{named} unreadable pages were named");
}

#[test]
fn only_the_same_history_continues_a_backup() {
    let disk = SimVfs::new();
    let mut life = begin(21, &disk).expect("begun");
    let engine = life.engine().clone();
    let (to, watcher) = (SimVfs::new(), Onlooker::default());
    let go_on =
        |engine: &Engine, to: &SimVfs, since| incremental(engine, &vfs(to), since, &watcher);
    let refused = |done: Result<Backup>, kind, said: &str| {
        let error = done.expect_err(said);
        assert!(
            error.kind() == kind && error.message().contains(said),
            "{error}"
        );
    };
    refused(go_on(&engine, &to, None), ErrorKind::NotFound, "no backup");
    let made = full(&engine, &vfs(&to), &watcher).expect("made");
    refused(
        go_on(&engine, &to, Some(made.end + 1)),
        ErrorKind::Argument,
        "it ends with commit",
    );
    go_on(&engine, &to, Some(made.end)).expect("continued");

    // Another database.
    let other = SimVfs::new();
    let other = begin(22, &other).expect("begun");
    refused(
        go_on(other.engine(), &to, None),
        ErrorKind::Argument,
        "another database",
    );

    // A restored one is another, too.
    let (copy, _) = restored(&to, Target::End, &life.options).expect("restored");
    let copy = open(&copy, &life.options).expect("opens");
    refused(
        go_on(&copy, &to, None),
        ErrorKind::Argument,
        "another database",
    );

    // One that was written to by itself.
    let strayed = to.fork();
    let options = life.options.clone();
    let progress = Arc::<Progress>::default();
    let state = life.model.at(made.end).expect("a state").clone();
    let model = Model::new(made.end, state);
    let mut second = Life::begin(&strayed, &options, 4, model, progress).expect("opens");
    second.grow(5).expect("written");
    second.engine().close().expect("closed");
    drop(second);
    life.run(20).expect("run");
    refused(
        go_on(&engine, &strayed, None),
        ErrorKind::Argument,
        "another way",
    );
    go_on(&engine, &to, None).expect("the right one is continued");

    // One whose log is gone.
    drop(engine);
    life.stays_open = false;
    life.options.log_retention_bytes = 0;
    life.reopen().expect("opened");
    life.run(200).expect("run");
    life.checkpoint().expect("made");
    let engine = life.engine().clone();
    let (oldest, _) = engine.kept_log().expect("read");
    refused(
        go_on(&engine, &to, None),
        ErrorKind::NotFound,
        &format!("from commit {oldest} on"),
    );
}

#[test]
fn a_time_leads_to_the_commits_before_it_even_when_the_clock_goes_back() {
    let disk = SimVfs::new();
    disk.set_clock(1_000_000);
    let options = Options {
        log_retention_bytes: 1 << 30,
        ..options(3)
    };
    let (model, progress) = (Model::new(0, State::default()), Arc::<Progress>::default());
    let mut life = Life::begin(&disk, &options, 8, model, progress).expect("begun");
    life.stays_open = true;
    let to = SimVfs::new();
    let engine = life.engine().clone();
    full(&engine, &vfs(&to), &Onlooker::default()).expect("made");
    // What the clock shows, and the last commit made while it showed that or less.
    let mut ends = Vec::new();
    for clock in [1_010_000, 1_020_000, 500_000, 1_030_000] {
        disk.set_clock(clock);
        life.grow(4).expect("written");
        ends.push(life.model.last());
    }
    disk.set_clock(1_040_000);
    let more = incremental(&engine, &vfs(&to), None, &Onlooker::default()).expect("continued");
    assert!((1_040_000..1_050_000).contains(&more.time), "{more:?}");
    let at = |time| {
        restored(&to, Target::Time(time), &options)
            .expect("restored")
            .1
    };
    assert_eq!(at(1_009_000).lsn, 0);
    assert_eq!(at(1_019_000).lsn, ends[0]);
    // The clock was set back: those commits belong to the time before.
    assert_eq!(at(1_029_000).lsn, ends[2]);
    assert_eq!(at(1_039_000).lsn, ends[3]);
    assert_eq!(at(more.time).lsn, more.end);
    assert!((1_010_000..1_019_000).contains(&at(1_019_000).time));
    for time in [more.time + 1, 400_000_000] {
        let refused = restored(&to, Target::Time(time), &options)
            .err()
            .expect("after the end");
        assert!(
            refused.message().contains(&more.time.to_string()),
            "{refused}"
        );
    }
    // Opening the database anew does not set the log's time back either.
    drop(engine);
    life.stays_open = false;
    disk.set_clock(2000);
    life.reopen().expect("opened");
    life.grow(4).expect("written");
    let engine = life.engine().clone();
    let last = incremental(&engine, &vfs(&to), None, &Onlooker::default()).expect("continued");
    assert!(last.time >= more.time, "{last:?}");
    // A base that is younger than the time asked for.
    life.checkpoint().expect("made");
    let to = SimVfs::new();
    let made = full(&engine, &vfs(&to), &Onlooker::default()).expect("made");
    assert_eq!(made.base, life.model.last());
    let refused = restored(&to, Target::Time(1_015_000), &options)
        .err()
        .expect("before the base");
    assert_eq!(refused.kind(), ErrorKind::Argument, "{refused}");
}
