//! Bytes at rest go bad: every byte of a small database is flipped; pages are zeroed, put back in an old version, swapped;
//! files are cut or replaced by another database's. Each time the database gives the right answer or an error that names the
//! file; it never panics and never gives a wrong answer.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use ironbase::storage::engine::Options;
use ironbase::storage::vfs::Vfs;
use ironbase::storage::vfs::sim::SimVfs;

use crate::check::{Check, ensure, pages_are_accounted_for, told, version_is};
use crate::life::{Life, open, options};
use crate::model::{Model, State};
use crate::runs::{amount, for_each};

const PAGE: u64 = 4096;

/// A database with branches, extents, indexes, a checkpoint and a log behind it.
struct Sample {
    options: Options,
    disk: SimVfs,
    model: Model,
    /// The same some commits earlier, checkpointed as well.
    earlier: SimVfs,
}

fn sample(seed: u64, documents: usize) -> Sample {
    let options = Options {
        cache_bytes: 1 << 20,
        checkpoint_log_bytes: 1 << 30,
        ..options(seed)
    };
    let disk = SimVfs::new();
    let model = Model::new(0, State::default());
    let life = Life::begin(&disk, &options, seed, model, Default::default());
    let mut life = life.expect("a new database");
    let mut grow = |documents: usize| {
        life.grow(documents).expect("written");
        life.engine().checkpoint().expect("done");
    };
    grow(documents);
    let earlier = disk.fork();
    grow(documents / 5);
    life.grow(5).expect("written");
    let model = life.model.clone();
    drop(life);
    Sample {
        options,
        disk,
        model,
        earlier,
    }
}

#[derive(Default)]
struct Outcomes {
    refused: AtomicU64,
    unreadable: AtomicU64,
    harmless: AtomicU64,
    shortened: AtomicU64,
    messages: Mutex<BTreeMap<String, u64>>,
}

impl Outcomes {
    fn count(&self, counter: &AtomicU64, message: Option<&str>) {
        counter.fetch_add(1, Ordering::Relaxed);
        if let Some(message) = message {
            let kind: String = message.chars().filter(|c| !c.is_ascii_digit()).collect();
            let mut messages = self.messages.lock().expect("not poisoned");
            *messages
                .entry(kind.chars().take(110).collect())
                .or_default() += 1;
        }
    }

    fn report(&self, what: &str) {
        let get = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        println!(
            "{what}: {} refused to open, {} opened but said what is damaged, {} harmless, {} lost the end of the log as if torn; \
             0 wrong answers, 0 panics",
            get(&self.refused),
            get(&self.unreadable),
            get(&self.harmless),
            get(&self.shortened)
        );
        if std::env::var("IRONBASE_SHOW").is_ok() {
            println!("{:#?}", self.messages.lock().expect("not poisoned"));
        }
    }
}

/// Opens a damaged disk and reads all of it. `may_shorten`: the last group of the log may be gone.
fn right_or_told(
    sample: &Sample,
    disk: &SimVfs,
    path: &str,
    may_shorten: bool,
    outcomes: &Outcomes,
) -> Check {
    let names_file = |text: &str| {
        let is_damage = text.starts_with("Corrupt")
            || text.starts_with("Unsupported")
            || text.starts_with("Io");
        ensure!(is_damage, "the error is {text}");
        ensure!(
            text.contains(path),
            "the error does not name {path}: {text}"
        );
        Ok(())
    };
    let engine = match open(disk, &sample.options) {
        Ok(engine) => engine,
        Err(error) => {
            let text = told(error);
            outcomes.count(&outcomes.refused, Some(&text));
            return names_file(&text);
        }
    };
    let version = engine.snapshot();
    let last = sample.model.last();
    let is_shorter = version.lsn < last;
    ensure!(
        !is_shorter || may_shorten && version.lsn == last - 1,
        "it opens with commit {} of {last}",
        version.lsn
    );
    let state = sample.model.at(version.lsn).ok_or("no commit of ours")?;
    match version_is(&version, state).and_then(|()| pages_are_accounted_for(&engine)) {
        Ok(()) if is_shorter => outcomes.count(&outcomes.shortened, None),
        Ok(()) => outcomes.count(&outcomes.harmless, None),
        Err(text) => {
            outcomes.count(&outcomes.unreadable, Some(&text));
            ensure!(
                text.contains("damaged") || text.contains("Io:"),
                "wrong answer: {text}"
            );
            ensure!(
                text.contains(path),
                "the error does not name {path}: {text}"
            );
        }
    }
    Ok(())
}

fn is_log(path: &str) -> bool {
    path.ends_with(".wal")
}

fn files(disk: &SimVfs) -> Vec<(String, u64)> {
    let paths = disk.paths().into_iter().filter(|path| path != "lock");
    paths
        .map(|path| {
            let length = disk.contents(&path).expect("read").len() as u64;
            (path, length)
        })
        .collect()
}

/// Where the last group of the log starts.
fn last_group(disk: &SimVfs) -> (String, u64) {
    let (path, _) = files(disk)
        .into_iter()
        .rfind(|(path, _)| is_log(path))
        .expect("a log");
    let bytes = disk.contents(&path).expect("read");
    let at = bytes.windows(4).rposition(|window| window == b"GRP1");
    (path, at.expect("a group") as u64)
}

#[test]
fn every_byte_is_flipped() {
    let sample = sample(7, 16);
    let (log, torn_from) = last_group(&sample.disk);
    let mut flips: Vec<(String, u64)> = Vec::new();
    for (path, length) in files(&sample.disk) {
        // Of the unused bytes between and behind the superblock slots some will do.
        let unused = |at: u64| path == "metadata.mlite" && at < 65536 && at % 32768 >= 512;
        let stride = if amount(1) > 1 { 1 } else { 61 };
        let chosen = (0..length).filter(|&at| !unused(at) || at % stride == 0);
        flips.extend(chosen.map(|at| (path.clone(), at)));
    }
    let outcomes = Outcomes::default();
    for_each(
        &flips,
        |(path, at)| format!("every_byte_is_flipped: byte {at} of {path}"),
        |(path, at)| {
            let disk = sample.disk.fork();
            let mask = 1 << (at % 8) | u8::from(at % 3 == 0);
            disk.flip_byte(path, *at, mask).expect("flipped");
            let may_shorten = *path == log && *at >= torn_from;
            right_or_told(&sample, &disk, path, may_shorten, &outcomes)
        },
    );
    outcomes.report(&format!("{} flipped bytes", flips.len()));
    assert!(flips.len() > 50_000, "{} flips", flips.len());
    let refused = outcomes.refused.load(Ordering::Relaxed);
    let unreadable = outcomes.unreadable.load(Ordering::Relaxed);
    assert!(
        refused > 1000 && unreadable > 10_000,
        "{refused}, {unreadable}"
    );
}

#[test]
fn pages_are_zeroed_stale_or_misplaced() {
    let sample = sample(8, 60);
    let outcomes = Outcomes::default();
    let mut cases: Vec<(String, String, SimVfs)> = Vec::new();
    for (path, length) in files(&sample.disk)
        .into_iter()
        .filter(|(path, _)| !is_log(path))
    {
        let old = sample.earlier.contents(&path).unwrap_or_default();
        for page in 0..length / PAGE {
            let mut add = |what: String, damage: &dyn Fn(&SimVfs)| {
                let disk = sample.disk.fork();
                damage(&disk);
                cases.push((path.clone(), what, disk));
            };
            let at = page * PAGE;
            add(format!("page {page} zeroed"), &|disk| {
                disk.zero_range(&path, at, PAGE as usize).expect("zeroed");
            });
            add(format!("the first sector of page {page} zeroed"), &|disk| {
                disk.zero_range(&path, at, 512).expect("zeroed");
            });
            if let Some(stale) = old.get(at as usize..(at + PAGE) as usize) {
                add(format!("page {page} as it was earlier"), &|disk| {
                    let file = disk.open(&path, false).expect("there");
                    file.write_at(stale, at).expect("written");
                });
            }
            for other in [1, 2, 5] {
                let from = (page + other) % (length / PAGE) * PAGE;
                add(
                    format!("page {page} overwritten by the one at {from}"),
                    &|disk| {
                        disk.copy_range((&path, from), (&path, at), PAGE as usize)
                            .expect("copied");
                    },
                );
            }
            for (foreign, foreign_length) in files(&sample.disk) {
                if foreign != path && at + PAGE <= foreign_length {
                    add(
                        format!("page {page} overwritten by that of {foreign}"),
                        &|disk| {
                            disk.copy_range((&foreign, at), (&path, at), PAGE as usize)
                                .expect("copied");
                        },
                    );
                }
            }
        }
    }
    for_each(
        &cases,
        |(path, what, _)| format!("pages_are_zeroed_stale_or_misplaced: {path}: {what}"),
        |(path, _, disk)| right_or_told(&sample, disk, path, false, &outcomes),
    );
    outcomes.report(&format!("{} spoilt pages", cases.len()));
}

#[test]
fn files_are_cut_missing_or_foreign() {
    let (sample, other) = (sample(9, 60), sample(9, 60));
    let outcomes = Outcomes::default();
    let (log, torn_from) = last_group(&sample.disk);
    let mut cases: Vec<(String, String, SimVfs, bool)> = Vec::new();
    for (path, length) in files(&sample.disk) {
        let mut add = |what: String, may_shorten: bool, damage: &dyn Fn(&SimVfs)| {
            let disk = sample.disk.fork();
            damage(&disk);
            cases.push((path.clone(), what, disk, may_shorten));
        };
        for part in 0..40 {
            let end = length * part / 40;
            // What is cut off the log's end is, to the eye, what was never written.
            if path == log && end < torn_from {
                continue;
            }
            add(format!("cut at {end}"), path == log, &|disk| {
                disk.truncate(&path, end).expect("cut");
            });
        }
        add("missing".into(), false, &|disk| {
            disk.remove(&path).expect("removed")
        });
        let foreign = other.disk.contents(&path).expect("the same names");
        add("another database's".into(), false, &|disk| {
            let file = disk.open(&path, false).expect("there");
            file.set_length(0).expect("cut");
            file.write_at(&foreign, 0).expect("written");
        });
    }
    for_each(
        &cases,
        |(path, what, _, _)| format!("files_are_cut_missing_or_foreign: {path} {what}"),
        |(path, _, disk, may_shorten)| {
            // Another database's superblock makes the rest look foreign.
            let named = if path == "metadata.mlite" { "" } else { path };
            right_or_told(&sample, disk, named, *may_shorten, &outcomes)
        },
    );
    outcomes.report(&format!("{} spoilt files", cases.len()));
}
