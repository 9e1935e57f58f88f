//! Bytes at rest go bad: every byte of a small database is flipped; pages are zeroed, put back in an old version, swapped;
//! files are cut or replaced by another database's. Each time the database gives the right answer or an error that names the
//! file; it never panics and never gives a wrong answer.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use ironbase::storage::btree::Tree;
use ironbase::storage::btree::node::Stored;
use ironbase::storage::engine::Options;
use ironbase::storage::page::{self, HEADER, PagePtr};
use ironbase::storage::pager::file::PageFile;
use ironbase::storage::pager::space::Bitmap;
use ironbase::storage::superblock::{
    FORMAT_VERSION, LogPosition, RESERVED, SLOT_OFFSETS, SLOT_SIZE, Superblock,
};
use ironbase::storage::vfs::Vfs;
use ironbase::storage::vfs::sim::SimVfs;
use ironbase::storage::wal::writer::SEGMENT_HEADER;

use crate::check::{ensure, told, verifies, version_is};
use crate::figures::figure;
use crate::life::{Life, open, options};
use crate::model::{Model, State};
use crate::runs::{amount, for_each};

pub const PAGE: u64 = 4096;

/// A database with branches, extents, indexes, a checkpoint and a log behind it.
pub struct Sample {
    pub options: Options,
    pub disk: SimVfs,
    pub model: Model,
    /// The same some commits earlier, checkpointed as well.
    earlier: SimVfs,
}

pub fn sample(seed: u64, documents: usize) -> Sample {
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
    /// Flips after which everything was as it should be.
    missed: Mutex<Vec<(String, u64)>>,
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
        figure(
            what,
            format!(
                "{} refused to open, {} told of on reading, {} harmless, {} like a torn end",
                get(&self.refused),
                get(&self.unreadable),
                get(&self.harmless),
                get(&self.shortened)
            ),
            "0 wrong answers, 0 panics",
        );
        if std::env::var("IRONBASE_SHOW").is_ok() {
            println!("{:#?}", self.messages.lock().expect("not poisoned"));
        }
    }
}

/// Opens a damaged disk and reads all of it. `may_shorten`: the last group of the log may be gone. Whether nothing was wrong.
fn right_or_told(
    sample: &Sample,
    disk: &SimVfs,
    path: &str,
    may_shorten: bool,
    outcomes: &Outcomes,
) -> Result<bool, String> {
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
            return names_file(&text).map(|()| false);
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
    match version_is(&version, state).and_then(|()| verifies(&engine)) {
        Ok(()) if is_shorter => outcomes.count(&outcomes.shortened, None),
        Ok(()) => {
            outcomes.count(&outcomes.harmless, None);
            return Ok(true);
        }
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
    Ok(false)
}

pub fn is_log(path: &str) -> bool {
    path.ends_with(".wal")
}

pub fn files(disk: &SimVfs) -> Vec<(String, u64)> {
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

/// The bytes of a sample that nothing ever reads: free pages, what is behind an extent's content, what is between and behind the
/// superblock's slots, the log before the checkpoint and between and behind its groups.
struct Unread {
    disk: SimVfs,
    log: LogPosition,
    /// The pages in use of each page file.
    alive: BTreeMap<String, Bitmap>,
    /// Places behind the content of extents.
    slack: Vec<(String, std::ops::Range<u64>)>,
}

impl Unread {
    fn of(sample: &Sample) -> Unread {
        let metadata = sample.disk.contents("metadata.mlite").expect("read");
        let superblock = Superblock::choose(&metadata, "metadata.mlite").expect("sound");
        let options = Options {
            read_only: true,
            replay: false,
            ..sample.options.clone()
        };
        let engine = open(&sample.disk.reader(), &options).expect("sound");
        let mut unread = Unread {
            disk: sample.disk.clone(),
            log: superblock.log,
            alive: BTreeMap::new(),
            slack: Vec::new(),
        };
        let version = engine.snapshot();
        for collection in version.catalog.collections() {
            unread.add(&collection.file, version.tree(collection.id));
            for index in &collection.indexes {
                unread.add(&index.file, version.tree(index.id));
            }
        }
        let (file, tree) = engine.durable_catalog();
        unread.add(&file, tree);
        unread
    }

    fn add(&mut self, file: &PageFile, tree: Tree) {
        let space = file.capture_space().expect("sound");
        self.alive
            .insert(file.name.to_string(), space.alive().clone());
        if !tree.root.is_null() {
            self.add_slack(file, tree.root, tree.level);
        }
    }

    fn add_slack(&mut self, file: &PageFile, at: PagePtr, level: u8) {
        let pin = crossbeam_epoch::pin();
        let node = file.node(at, level, &pin).expect("sound");
        for index in 0..node.count() {
            if level > 0 {
                self.add_slack(file, node.child(index), level - 1);
            } else if let Stored::Extent { at, length } = node.value(index) {
                let start = u64::from(at.number) * PAGE;
                let end = start + u64::from(file.extent_pages(length)) * PAGE;
                let content = start + HEADER as u64 + u64::from(length);
                self.slack.push((file.name.to_string(), content..end));
            }
        }
    }

    fn has(&self, path: &str, at: u64) -> bool {
        if is_log(path) {
            let number = path
                .trim_start_matches("database.wal/")
                .trim_end_matches(".wal");
            let segment = number.parse().expect("a segment's number");
            let position = LogPosition {
                segment,
                offset: at,
            };
            let is_header = segment == self.log.segment && at < 64;
            let is_zero = self.disk.contents(path).expect("read")[at as usize] == 0;
            return is_zero || !is_header && position < self.log;
        }
        if path == "metadata.mlite" && at < RESERVED as u64 {
            return at % 32768 >= 512;
        }
        let is_slack =
            |(file, range): &(String, std::ops::Range<u64>)| file == path && range.contains(&at);
        !self.alive[path].get((at / PAGE) as u32) || self.slack.iter().any(is_slack)
    }
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
            let harmless = right_or_told(&sample, &disk, path, may_shorten, &outcomes)?;
            if harmless {
                let mut missed = outcomes.missed.lock().expect("not poisoned");
                missed.push((path.clone(), *at));
            }
            Ok(())
        },
    );
    outcomes.report(&format!(
        "a database with one of {} flipped bytes",
        flips.len()
    ));
    let unread = Unread::of(&sample);
    let missed = outcomes.missed.lock().expect("not poisoned");
    for (path, at) in missed.iter() {
        assert!(
            unread.has(path, *at),
            "nobody notices a flip of byte {at} of {path}"
        );
    }
    figure(
        "one byte of a file is flipped",
        flips.len(),
        format!(
            "{} noticed, {} in bytes that nothing reads",
            flips.len() - missed.len(),
            missed.len()
        ),
    );
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
        |(path, _, disk)| right_or_told(&sample, disk, path, false, &outcomes).map(drop),
    );
    outcomes.report(&format!("pages zeroed, aged, swapped: {}", cases.len()));
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
            right_or_told(&sample, disk, named, *may_shorten, &outcomes).map(drop)
        },
    );
    outcomes.report(&format!("files cut, mixed, foreign: {}", cases.len()));
}

#[test]
fn a_newer_format_is_named() {
    let sample = sample(21, 120);
    let newer = FORMAT_VERSION + 1;
    for (path, length) in files(&sample.disk) {
        let disk = sample.disk.fork();
        let mut bytes = disk.contents(&path).expect("read");
        let mark = |bytes: &mut [u8]| {
            page::put_u32(bytes, 12, newer);
            let sum = crc32c::crc32c(&bytes[12..]);
            page::put_u32(bytes, 8, sum);
        };
        if path == "metadata.mlite" {
            for at in SLOT_OFFSETS {
                mark(&mut bytes[at as usize..][..SLOT_SIZE]);
            }
        } else if is_log(&path) {
            mark(&mut bytes[..SEGMENT_HEADER]);
        } else {
            let header = &mut bytes[..PAGE as usize];
            page::put_u32(header, 52, newer);
            page::seal(header);
        }
        let file = disk.open(&path, false).expect("there");
        file.write_at(&bytes[..length as usize], 0)
            .expect("written");
        let read = open(&disk, &sample.options)
            .map_err(told)
            .and_then(|engine| {
                version_is(&engine.snapshot(), sample.model.newest())?;
                verifies(&engine)
            });
        let text = read.expect_err(&path);
        let name = format!("format version {newer}");
        assert!(
            text.contains("Unsupported") && text.contains(&name),
            "{path}: {text}"
        );
    }
}
