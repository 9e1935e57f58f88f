//! Salvage saves every document whose leaf can be read, whatever else is gone, invents none, and never panics.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use ironbase::storage::btree::Tree;
use ironbase::storage::btree::node::Stored;
use ironbase::storage::engine::{Durability, Engine, Options};
use ironbase::storage::page::PagePtr;
use ironbase::storage::pager::file::PageFile;
use ironbase::storage::salvage::{Rescuer, Salvaged, salvage};
use ironbase::storage::vfs::Vfs;
use ironbase::storage::vfs::sim::{Random, SimVfs};
use ironbase::storage::{Error, ErrorKind, Result};

use crate::check::{Check, ensure, told, verifies, version_is};
use crate::damage::{PAGE, Sample, files, is_log, sample};
use crate::figures::figure;
use crate::life::open;
use crate::model::Collection;
use crate::runs::{amount, for_each};
use crate::words::Words;

/// Documents are any bytes; the work may be stopped at some step.
#[derive(Default)]
struct Helper {
    steps: AtomicU64,
    stop_at: Option<u64>,
}

impl Rescuer for Helper {
    fn step(&self, _: usize) -> Result<()> {
        let steps = self.steps.fetch_add(1, Ordering::Relaxed);
        match self.stop_at {
            Some(limit) if steps >= limit => Err(Error::new(ErrorKind::Interrupted, "stopped")),
            _ => Ok(()),
        }
    }

    fn expect(&self, _: u64) {}

    fn key(&self, stored: &[u8], _: &[u8]) -> std::result::Result<Vec<u8>, String> {
        Ok(stored.to_vec())
    }
}

fn saved(from: &SimVfs, helper: &Helper) -> Result<(Arc<Engine>, Salvaged)> {
    let options = Options {
        page_size: 4096,
        background: false,
        mapped: false,
        durability: Durability::None,
        ..Options::default()
    };
    let engine = Engine::open(Arc::new(SimVfs::new()), options, Arc::new(Words))?;
    let report = salvage(Arc::new(from.reader()), &engine, helper)?;
    Ok((engine, report))
}

/// Collection by collection the documents by their keys.
type Documents = BTreeMap<String, BTreeMap<Vec<u8>, Vec<u8>>>;

fn documents(engine: &Engine) -> std::result::Result<Documents, String> {
    use ironbase::storage::btree::walk::Walk;
    let version = engine.snapshot();
    let pin = crossbeam_epoch::pin();
    let mut all = Documents::new();
    for collection in version.catalog.collections() {
        let found = all.entry(collection.name.clone()).or_default();
        let mut walk = Walk::new(ironbase::storage::engine::documents(
            &version, collection, &pin,
        ));
        let mut more = walk.first().map_err(told)?;
        while more {
            let mut key = Vec::new();
            walk.key_into(&mut key);
            found.insert(key, walk.value().map_err(told)?.to_vec());
            more = walk.next().map_err(told)?;
        }
    }
    Ok(all)
}

/// Which documents of the last checkpoint are in which page of which file, extents included.
fn homes(sample: &Sample) -> BTreeMap<(String, u32), BTreeSet<Vec<u8>>> {
    let options = Options {
        read_only: true,
        replay: false,
        ..sample.options.clone()
    };
    let engine = open(&sample.disk.reader(), &options).expect("sound");
    let version = engine.snapshot();
    let mut homes = BTreeMap::new();
    for collection in version.catalog.collections() {
        let Tree { root, level, .. } = version.tree(collection.id);
        if !root.is_null() {
            add_homes(&collection.file, root, level, &mut homes);
        }
    }
    homes
}

fn add_homes(
    file: &PageFile,
    at: PagePtr,
    level: u8,
    homes: &mut BTreeMap<(String, u32), BTreeSet<Vec<u8>>>,
) {
    let pin = crossbeam_epoch::pin();
    let node = file.node(at, level, &pin).expect("sound");
    let mut key = Vec::new();
    for index in 0..node.count() {
        if level > 0 {
            add_homes(file, node.child(index), level - 1, homes);
            continue;
        }
        node.key_into(index, &mut key);
        let mut pages = vec![at.number];
        if let Stored::Extent { at, length } = node.value(index) {
            pages.extend(at.number..at.number + file.extent_pages(length));
        }
        for page in pages {
            homes
                .entry((file.name.to_string(), page))
                .or_default()
                .insert(key.clone());
        }
    }
}

/// What a sample holds: each collection's name and file, and its documents.
struct Expected {
    collections: Vec<(String, String, Collection)>,
}

impl Expected {
    fn of(sample: &Sample) -> Expected {
        let options = Options {
            read_only: true,
            ..sample.options.clone()
        };
        let engine = open(&sample.disk.reader(), &options).expect("sound");
        let version = engine.snapshot();
        let collections = version.catalog.collections().map(|found| {
            let model = sample.model.newest().collections[&found.name].clone();
            (found.name.clone(), found.file.name.to_string(), model)
        });
        Expected {
            collections: collections.collect(),
        }
    }
}

/// What must have been saved: all that is expected but those keys of a collection's file, which may be missing, or there
/// in an older form if that is told of as uncertain. So must be told whatever else is there.
fn holds(
    engine: &Engine,
    report: &Salvaged,
    expected: &Expected,
    spared: &BTreeSet<Vec<u8>>,
    file: &str,
) -> Check {
    let found = documents(engine)?;
    for (name, home, expected) in &expected.collections {
        // Without a catalog it may be called otherwise.
        let own = report.collections.iter().find(|own| own.file == *home);
        let own = own.ok_or_else(|| format!("collection {name:?} was not saved"))?;
        let documents = &found[&own.name];
        ensure!(
            own.documents == documents.len() as u64,
            "{} documents are told of, not {}",
            own.documents,
            documents.len()
        );
        let mut missing = 0;
        for (key, document) in &*expected.documents {
            match documents.get(key) {
                Some(there) if *there == **document => {}
                // An older form, from a page that nobody knows to be the newest.
                Some(_) => ensure!(
                    own.uncertain > 0 && own.file == file && spared.contains(key),
                    "{key:?} of {name:?} is not its newest form"
                ),
                None => {
                    missing += 1;
                    ensure!(
                        own.file == file && spared.contains(key),
                        "{key:?} of {name:?} is lost"
                    );
                }
            }
        }
        let extra = (documents.len() + missing).saturating_sub(expected.documents.len());
        ensure!(
            extra as u64 <= own.uncertain,
            "{extra} documents of {name:?} should not be there"
        );
    }
    verifies(engine)
}

#[test]
fn every_document_whose_leaf_is_whole_is_saved_whichever_page_is_gone() {
    let sample = sample(11, 400);
    let expected = Expected::of(&sample);
    let homes = homes(&sample);
    let mut cases: Vec<(String, u32, bool)> = Vec::new();
    for (path, length) in files(&sample.disk) {
        if !is_log(&path) {
            let first = if path == "metadata.mlite" { 16 } else { 0 };
            let pages = first..(length / PAGE) as u32;
            cases.extend(
                pages.flat_map(|page| [(path.clone(), page, true), (path.clone(), page, false)]),
            );
        }
    }
    let (complete, lost) = (AtomicU64::new(0), AtomicU64::new(0));
    let none = BTreeSet::new();
    for_each(
        &cases,
        |(path, page, is_zeroed)| format!("salvage: page {page} of {path}, zeroed: {is_zeroed}"),
        |(path, page, is_zeroed)| {
            let disk = sample.disk.fork();
            let at = u64::from(*page) * PAGE;
            match is_zeroed {
                true => disk.zero_range(path, at, PAGE as usize),
                false => disk.flip_byte(path, at + 77, 4),
            }
            .map_err(|error| error.to_string())?;
            let (engine, report) = saved(&disk, &Helper::default()).map_err(told)?;
            let spared = homes.get(&(path.clone(), *page)).unwrap_or(&none);
            holds(&engine, &report, &expected, spared, path)?;
            let is_complete = version_is(&engine.snapshot(), sample.model.newest()).is_ok();
            let counter = if is_complete { &complete } else { &lost };
            counter.fetch_add(1, Ordering::Relaxed);
            ensure!(
                is_complete || !spared.is_empty() || path == "metadata.mlite",
                "something is lost, though no document was in the page"
            );
            Ok(())
        },
    );
    let (complete, lost) = (complete.into_inner(), lost.into_inner());
    figure(
        "salvage of a database with one page zeroed or spoilt, each page in turn",
        cases.len(),
        format!("{complete} times nothing, {lost} times the documents in that page"),
    );
    assert!(complete > 50 && lost > 50, "{complete}, {lost}");
}

#[test]
fn a_database_without_catalog_or_superblock_keeps_its_documents() {
    let sample = sample(12, 400);
    let expected = Expected::of(&sample);
    type Damage = fn(&SimVfs);
    let damages: [(&str, Damage); 5] = [
        ("both slots zeroed", |disk| {
            disk.zero_range("metadata.mlite", 0, 65536).expect("zeroed");
        }),
        ("the catalog's pages zeroed", |disk| {
            let length = disk.contents("metadata.mlite").expect("read").len();
            disk.zero_range("metadata.mlite", 65536, length - 65536)
                .expect("zeroed");
        }),
        ("metadata.mlite missing", |disk| {
            disk.remove("metadata.mlite").expect("removed")
        }),
        ("metadata.mlite cut", |disk| {
            disk.truncate("metadata.mlite", 300).expect("cut")
        }),
        ("all of it gone, and the files' headers", |disk| {
            disk.remove("metadata.mlite").expect("removed");
            for (path, _) in files(disk) {
                if !is_log(&path) {
                    disk.zero_range(&path, 0, 512).expect("zeroed");
                }
            }
        }),
    ];
    for (what, damage) in damages {
        let disk = sample.disk.fork();
        damage(&disk);
        let (engine, report) = saved(&disk, &Helper::default())
            .unwrap_or_else(|error| panic!("{what}: {}", told(error)));
        assert!(!report.notes.is_empty(), "{what}");
        let held = holds(&engine, &report, &expected, &BTreeSet::new(), "");
        held.unwrap_or_else(|reason| panic!("{what}: {reason}\n{:?}", report.notes));
        let uncertain: u64 = report.collections.iter().map(|own| own.uncertain).sum();
        figure(
            format!("salvage of a database with {what}"),
            1,
            format!("no document; {uncertain} uncertain"),
        );
    }
}

#[test]
fn files_that_are_cut_or_anothers_cost_what_was_in_them() {
    let (sample, other) = (sample(13, 200), sample(14, 200));
    let expected = Expected::of(&sample);
    let homes = homes(&sample);
    let mut cases: Vec<(String, u64)> = Vec::new();
    for (path, length) in files(&sample.disk) {
        if !is_log(&path) && path != "metadata.mlite" {
            cases.extend((1..12).map(|part| (path.clone(), length * part / 12)));
        }
    }
    for_each(
        &cases,
        |(path, end)| format!("salvage: {path} cut at {end}"),
        |(path, end)| {
            let disk = sample.disk.fork();
            disk.truncate(path, *end)
                .map_err(|error| error.to_string())?;
            let (engine, report) = saved(&disk, &Helper::default()).map_err(told)?;
            let cut = homes
                .iter()
                .filter(|((file, page), _)| file == path && (u64::from(*page) + 1) * PAGE > *end);
            let spared = cut.flat_map(|(_, keys)| keys.clone()).collect();
            holds(&engine, &report, &expected, &spared, path)
        },
    );
    for (path, _) in files(&sample.disk) {
        if is_log(&path) || path == "metadata.mlite" || !path.ends_with(".mlite") {
            continue;
        }
        let Ok(foreign) = other.disk.contents(&path) else {
            continue;
        };
        let disk = sample.disk.fork();
        let file = disk.open(&path, false).expect("there");
        file.set_length(0).expect("cut");
        file.write_at(&foreign, 0).expect("written");
        let (engine, report) = saved(&disk, &Helper::default()).expect("the others are whole");
        assert!(
            report
                .notes
                .iter()
                .any(|note| note.contains(&path) && note.contains("another")),
            "{:?}",
            report.notes
        );
        let spared = homes.iter().filter(|((file, _), _)| *file == path);
        let spared = spared.flat_map(|(_, keys)| keys.clone()).collect();
        holds(&engine, &report, &expected, &spared, &path).unwrap();
    }
}

#[test]
fn a_log_torn_in_the_midst_costs_the_commits_that_were_there() {
    let sample = sample(15, 100);
    let (log, length) = files(&sample.disk)
        .into_iter()
        .rfind(|(path, _)| is_log(path))
        .expect("a log");
    let bytes = sample.disk.contents(&log).expect("read");
    let mut told_of = 0;
    for at in (0..length).step_by(97) {
        let disk = sample.disk.fork();
        disk.flip_byte(&log, at, 16).expect("flipped");
        let (engine, report) = saved(&disk, &Helper::default())
            .unwrap_or_else(|error| panic!("{at}: {}", told(error)));
        verifies(&engine).unwrap_or_else(|reason| panic!("byte {at}: {reason}"));
        let found = documents(&engine).expect("read");
        let count: usize = found.values().map(BTreeMap::len).sum();
        let expected: usize = sample
            .model
            .newest()
            .collections
            .values()
            .map(|c| c.documents.len())
            .sum();
        let is_all = count == expected;
        told_of += u64::from(!report.notes.is_empty());
        assert!(
            is_all || !report.notes.is_empty(),
            "byte {at} ({}) cost documents, and nothing is said",
            bytes[at as usize]
        );
    }
    figure(
        "salvage of a database with a byte of the log flipped",
        length.div_ceil(97),
        format!("{told_of} told of, others harmless"),
    );
    assert!(told_of > 0);
}

#[test]
fn random_damage_never_panics() {
    let sample = sample(16, 60);
    let runs: Vec<u64> = (0..amount(300)).collect();
    let (saved_documents, nothing) = (AtomicU64::new(0), AtomicU64::new(0));
    for_each(
        &runs,
        |seed| format!("salvage: random damage {seed}"),
        |&seed| {
            let disk = sample.disk.fork();
            let mut random = Random::new(seed);
            for _ in 0..1 + random.below(200) {
                let files = files(&disk);
                let (path, length) = random
                    .choose(&(0..files.len()).collect::<Vec<_>>())
                    .map(|index| files[index].clone())
                    .expect("files");
                if length == 0 {
                    continue;
                }
                let at = random.below(length);
                let done = match random.below(20) {
                    0 => disk.truncate(&path, at),
                    1 => disk.zero_range(&path, at, (length - at).min(4096) as usize),
                    _ => disk.flip_byte(&path, at, 1 << random.below(8)),
                };
                done.map_err(|error| error.to_string())?;
            }
            match saved(&disk, &Helper::default()) {
                Ok((engine, report)) => {
                    let count = report.collections.iter().map(|own| own.documents).sum();
                    saved_documents.fetch_add(count, Ordering::Relaxed);
                    verifies(&engine)
                }
                Err(error) => {
                    nothing.fetch_add(1, Ordering::Relaxed);
                    let is_told =
                        matches!(error.kind(), ErrorKind::NotFound | ErrorKind::Unsupported);
                    ensure!(is_told, "{}", told(error));
                    Ok(())
                }
            }
        },
    );
    let (documents, nothing) = (saved_documents.into_inner(), nothing.into_inner());
    figure(
        "salvage of a randomly damaged database",
        format!("{} runs, {documents} documents saved", runs.len()),
        format!("0 panics; {nothing} times nothing to save"),
    );
}

#[test]
fn the_work_stops_where_it_is_told_to() {
    let sample = sample(17, 60);
    let all = Helper::default();
    saved(&sample.disk, &all).expect("saved");
    let steps = all.steps.into_inner();
    assert!(steps > 60);
    for stop_at in [0, 1, steps / 2, steps - 1] {
        let helper = Helper {
            stop_at: Some(stop_at),
            ..Helper::default()
        };
        let stopped = saved(&sample.disk, &helper).map(drop);
        assert_eq!(stopped.expect_err("stopped").kind(), ErrorKind::Interrupted);
    }
}

/// The log tells of a change as the difference to the document before it, and that one's own change cannot be read.
#[test]
fn a_change_whose_ground_is_gone_leaves_its_document_uncertain() {
    let disk = SimVfs::new();
    let options = Options {
        page_size: 4096,
        background: false,
        mapped: false,
        ..Options::default()
    };
    let engine = open(&disk, &options).expect("new");
    let put = |text: &str| {
        let mut txn = engine.begin_write().expect("writable");
        let collection = match txn.collection("c") {
            Some(there) => there,
            None => txn.create_collection("c", b"").expect("made"),
        };
        let duplicate = txn.put(&collection, b"key", text.as_bytes()).expect("put");
        assert!(duplicate.is_none());
        engine.wait(txn.commit()).expect("durable");
    };
    let filler = "x".repeat(900);
    let first = format!("one {filler} one");
    put(&first);
    engine.checkpoint().expect("made");
    let (log, _) = files(&disk)
        .into_iter()
        .rfind(|(path, _)| is_log(path))
        .expect("a log");
    let before = disk.contents(&log).expect("read");
    put(&format!("two {filler} one"));
    let after = disk.contents(&log).expect("read");
    let group = before.iter().zip(&after).position(|(a, b)| a != b);
    let group = group.expect("the log is filled ahead") as u64;
    put(&format!("two {filler} two"));
    drop(engine);
    disk.flip_byte(&log, group + 20, 1).expect("flipped");
    let (engine, report) = saved(&disk, &Helper::default()).expect("saved");
    let found = documents(&engine).expect("readable");
    assert_eq!(found["c"][&b"key"[..]], first.as_bytes());
    let [own] = &report.collections[..] else {
        panic!("one collection");
    };
    assert_eq!((own.uncertain, report.notes.is_empty()), (1, false));
}

#[test]
fn a_full_disk_to_save_to_is_told_of_and_the_source_left_alone() {
    let sample = sample(18, 200);
    let changes = sample.disk.changes();
    let (mut full, mut whole) = (0, 0);
    for step in 0..60 {
        let target = SimVfs::new();
        target.set_capacity(Some(step * 65536));
        let options = Options {
            background: false,
            mapped: false,
            log: sample.options.log,
            ..Options::default()
        };
        let opened = Engine::open(Arc::new(target.clone()), options, Arc::new(Words));
        let saved = opened.and_then(|engine| {
            salvage(Arc::new(sample.disk.reader()), &engine, &Helper::default())?;
            engine.checkpoint()?;
            verifies(&engine).expect("sound");
            Ok(())
        });
        match saved {
            Ok(()) => whole += 1,
            Err(error) => {
                let text = told(error);
                assert!(
                    text.starts_with("Full") || text.contains("os error 28"),
                    "{text}"
                );
                full += 1;
            }
        }
        assert_eq!(sample.disk.changes(), changes, "the source was changed");
    }
    figure(
        "salvage to a disk that is full",
        format!("{} runs", full + whole),
        format!("{full} times told of, the source unchanged"),
    );
    assert!(full > 5 && whole > 0, "{full}, {whole}");
}
