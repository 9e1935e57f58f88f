//! Writers, readers, checkpoints, compaction and page write-out all at once, and the power cut in the midst of it. Writers move amounts
//! between two collections, so that in every version the sum is the same; each also counts its own commits.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use ironbase::storage::btree::walk::Walk;
use ironbase::storage::engine::{
    Durability, Engine, NewIndex, Options, Pace, Settled, WriteTxn, documents,
};
use ironbase::storage::snapshot::Version;
use ironbase::storage::vfs::sim::{Random, SimVfs};
use ironbase::storage::wal::writer::LogSizes;
use ironbase::storage::{Error, ErrorKind};

use crate::check::{Check, ensure, told, verifies, version_is};
use crate::figures::figure;
use crate::life::open;
use crate::model::{Collection, State};
use crate::runs::{mix, quietly, seeds};
use crate::slow::Slow;
use crate::words::Words;

const WRITERS: usize = 8;
/// Transactions of each writer.
const COMMITS: u64 = 120;
const READERS: usize = 4;
const ACCOUNTS: u64 = 60;
const START: i64 = 1000;
const SIDES: [&str; 2] = ["left", "right"];

/// What each writer has come to.
#[derive(Default)]
struct Counts {
    issued: [AtomicU64; WRITERS],
    acked: [AtomicU64; WRITERS],
}

impl Counts {
    fn of(counters: &[AtomicU64; WRITERS]) -> [u64; WRITERS] {
        std::array::from_fn(|writer| counters[writer].load(Ordering::SeqCst))
    }
}

fn test_options(seed: u64, durability: Durability) -> Options {
    let mut random = Random::new(seed);
    Options {
        page_size: 4096,
        cache_bytes: random.choose(&[64 << 10, 256 << 10]).expect("not empty"),
        log: LogSizes {
            segment: 16 << 10,
            ahead: 4096,
            part: 600,
        },
        checkpoint_log_bytes: random.choose(&[16 << 10, 64 << 10]).expect("not empty"),
        background: true,
        mapped: false,
        sync_interval_ms: 3,
        durability,
        ..Options::default()
    }
}

fn account(number: u64) -> Vec<u8> {
    format!("account {number:04}").into_bytes()
}

fn document(amount: i64, random: &mut Random) -> Vec<u8> {
    let filler = "x".repeat(random.below(400) as usize);
    format!("{amount} a{} b{} {filler}", amount % 50, random.below(9)).into_bytes()
}

fn amount_in(document: &[u8]) -> i64 {
    let text = std::str::from_utf8(document).expect("text");
    let first = text.split(' ').next().expect("a word");
    first.parse().expect("a number")
}

fn set_up(engine: &Engine) {
    let mut txn = engine.begin_write().expect("writable");
    let mut random = Random::new(1);
    for side in SIDES {
        let collection = txn.create_collection(side, b"").expect("made");
        for number in 0..ACCOUNTS {
            let text = document(START, &mut random);
            txn.put(&collection, &account(number), &text).expect("put");
        }
        txn.create_index(&collection, "a", false, b"a", &|_| Ok(()))
            .expect("made");
        let collection = txn.collection(side).expect("there");
        txn.create_index(&collection, "b", false, b"b", &|_| Ok(()))
            .expect("made");
    }
    txn.create_collection("counts", b"").expect("made");
    txn.commit();
    engine
        .checkpoint()
        .expect("durable, whatever the durability");
}

fn read(txn: &WriteTxn<'_>, side: &str, key: &[u8]) -> i64 {
    let collection = txn.collection(side).expect("there");
    let pin = crossbeam_epoch::pin();
    let view = txn.view(collection.id, &collection.file, &pin);
    amount_in(view.get(key).expect("read").expect("there"))
}

fn write(txn: &mut WriteTxn<'_>, side: &str, key: &[u8], document: &[u8]) {
    let collection = txn.collection(side).expect("there");
    let duplicate = txn.put(&collection, key, document).expect("put");
    assert!(duplicate.is_none());
}

fn run_writer(engine: &Engine, writer: usize, seed: u64, counts: &Counts) {
    let mut random = Random::new(mix(seed, writer as u64));
    for count in 1..=COMMITS {
        let mut txn = engine.begin_write().expect("writable");
        for _ in 0..1 + random.below(3) {
            let (from, to) = (
                account(random.below(ACCOUNTS)),
                account(random.below(ACCOUNTS)),
            );
            let moved = random.below(100) as i64 - 50;
            let (left, right) = (read(&txn, "left", &from), read(&txn, "right", &to));
            let text = document(left - moved, &mut random);
            write(&mut txn, "left", &from, &text);
            let text = document(right + moved, &mut random);
            write(&mut txn, "right", &to, &text);
        }
        if random.chance(5) {
            continue; // Undone.
        }
        if random.chance(4) {
            // A collection that comes and goes, so that files do.
            let name = format!("passing {}", random.below(3));
            match txn.collection(&name) {
                Some(found) => txn.drop_collection(&found),
                None => {
                    let made = txn.create_collection(&name, b"").expect("made");
                    txn.put(&made, b"key", &[b'y'; 5000]).expect("put");
                }
            }
        }
        let key = format!("writer {writer}");
        write(
            &mut txn,
            "counts",
            key.as_bytes(),
            count.to_string().as_bytes(),
        );
        counts.issued[writer].store(count, Ordering::SeqCst);
        let lsn = txn.commit();
        if random.chance(85) {
            engine.wait(lsn).expect("durable");
            counts.acked[writer].store(count, Ordering::SeqCst);
        }
    }
}

/// Builds indexes beside all others, and drops them again. Gives how many there were.
fn run_builder(engine: &Engine, stop: &AtomicBool) -> Result<u64, String> {
    let mut built = 0;
    while !stop.load(Ordering::Relaxed) {
        let txn = engine.begin_write().map_err(told)?;
        let collection = txn.collection("left").expect("there");
        let new = ["x", "a1"].map(|spec| NewIndex {
            name: spec.to_string(),
            unique: false,
            spec: spec.into(),
        });
        let mut build = txn.begin_build(&collection, new.into()).map_err(told)?;
        let go_on = &|_| Ok(());
        build.fill(go_on).map_err(told)?;
        let txn = loop {
            let txn = engine.begin_write().map_err(told)?;
            match build.settle(&txn).map_err(told)? {
                Settled::Ready => break txn,
                Settled::Refused(_) => return Err("an index that is not unique is refused".into()),
                Settled::Behind => {
                    drop(txn);
                    build.go_on(go_on).map_err(told)?;
                }
            }
        };
        let lsn = build.publish(txn, &[true, true]).map_err(told)?;
        engine.wait(lsn).map_err(told)?;
        built += 2;
        std::thread::sleep(std::time::Duration::from_millis(3));
        let mut txn = engine.begin_write().map_err(told)?;
        for spec in ["x", "a1"] {
            let collection = txn.collection("left").expect("there");
            let index = collection.index(spec).expect("there");
            txn.drop_index(&collection, index);
        }
        engine.wait(txn.commit()).map_err(told)?;
    }
    Ok(built)
}

/// The state that a version shows, as far as it is only documents.
fn state_of(version: &Version) -> Result<State, String> {
    let mut state = State::default();
    let pin = crossbeam_epoch::pin();
    for collection in version.catalog.collections() {
        let mut all = BTreeMap::new();
        let mut walk = Walk::new(documents(version, collection, &pin));
        let mut more = walk.first().map_err(told)?;
        while more {
            let mut key = Vec::new();
            walk.key_into(&mut key);
            all.insert(key, Arc::new(walk.value().map_err(told)?.to_vec()));
            more = walk.next().map_err(told)?;
        }
        let indexes = collection.indexes.iter();
        let model = Collection {
            documents: Arc::new(all),
            indexes: indexes
                .map(|index| (index.name.clone(), index.unique))
                .collect(),
        };
        state.collections.insert(collection.name.clone(), model);
    }
    Ok(state)
}

/// The sum is right and the indexes agree with the documents. Gives the writers' counts.
fn is_sound(version: &Version) -> Result<[u64; WRITERS], String> {
    let state = state_of(version)?;
    version_is(version, &state)?;
    let sum: i64 = SIDES
        .iter()
        .flat_map(|side| state.collections[*side].documents.values())
        .map(|document| amount_in(document))
        .sum();
    let expected = START * 2 * ACCOUNTS as i64;
    ensure!(
        sum == expected,
        "at commit {}: the sum is {sum}",
        version.lsn
    );
    let counts = &state.collections["counts"].documents;
    Ok(std::array::from_fn(|writer| {
        let found = counts.get(format!("writer {writer}").as_bytes());
        found.map_or(0, |text| amount_in(text) as u64)
    }))
}

fn run_reader(engine: &Engine, stop: &AtomicBool) -> Result<u64, String> {
    let (mut last, mut seen, mut versions) = (0, [0; WRITERS], 0);
    while !stop.load(Ordering::Relaxed) {
        let version = engine.snapshot();
        ensure!(version.lsn >= last, "version {} after {last}", version.lsn);
        let counts = is_sound(&version)?;
        ensure!(
            counts.iter().zip(seen).all(|(now, before)| *now >= before),
            "counts {counts:?} after {seen:?}"
        );
        (last, seen, versions) = (version.lsn, counts, versions + 1);
        drop(version);
        std::thread::sleep(std::time::Duration::from_micros(500));
    }
    Ok(versions)
}

/// Compacts one collection after the other in small steps until it is stopped. Gives how many it went through.
fn run_compactions(engine: &Engine, stop: &AtomicBool) -> Result<u64, String> {
    let pace = Pace {
        leaves: 4,
        stretch: 16,
    };
    let step = |_| match stop.load(Ordering::Relaxed) {
        true => Err(Error::new(ErrorKind::Interrupted, "stopped")),
        false => Ok(()),
    };
    let mut done = 0;
    loop {
        for name in SIDES {
            let version = engine.snapshot();
            let id = version.catalog.get(name).expect("never dropped").id;
            drop(version);
            match engine.compact(id, pace, &step) {
                Ok(_) => done += 1,
                Err(error) if error.kind() == ErrorKind::Interrupted => return Ok(done),
                Err(error) => return Err(told(error)),
            }
        }
    }
}

/// A disk from the midst of the run: what had to be on it and what could be.
struct Cut {
    disk: SimVfs,
    at_least: [u64; WRITERS],
    at_most: [u64; WRITERS],
}

fn run_all(seed: u64, durability: Durability) -> Result<[u64; 4], String> {
    let disk = SimVfs::new();
    let options = test_options(seed, durability);
    let slow = Arc::new(Slow(disk.clone()));
    let engine = Engine::open(slow, options.clone(), Arc::new(Words)).map_err(told)?;
    set_up(&engine);
    let counts = Counts::default();
    let stop = AtomicBool::new(false);
    let mut cuts = Vec::new();
    let (mut versions, mut compacted, mut built) = (0, 0, 0);
    std::thread::scope(|scope| {
        let (engine, counts, stop) = (&*engine, &counts, &stop);
        let readers: Vec<_> = (0..READERS)
            .map(|_| scope.spawn(|| run_reader(engine, stop)))
            .collect();
        let checkpoints = scope.spawn(move || {
            while !stop.load(Ordering::Relaxed) {
                engine.checkpoint().expect("done");
                std::thread::sleep(std::time::Duration::from_millis(2));
            }
        });
        let builder = scope.spawn(|| run_builder(engine, stop));
        let compacting = scope.spawn(move || run_compactions(engine, stop));
        let writers: Vec<_> = (0..WRITERS)
            .map(|writer| scope.spawn(move || run_writer(engine, writer, seed, counts)))
            .collect();
        while !writers.iter().all(|writer| writer.is_finished()) {
            let at_least = Counts::of(&counts.acked);
            let disk = disk.fork();
            let at_most = Counts::of(&counts.issued);
            cuts.push(Cut {
                disk,
                at_least,
                at_most,
            });
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
        stop.store(true, Ordering::Relaxed);
        for writer in writers {
            writer.join().map_err(|_| "a writer panicked")?;
        }
        checkpoints.join().map_err(|_| "the checkpoints panicked")?;
        built = builder.join().map_err(|_| "the builder panicked")??;
        compacted += compacting.join().map_err(|_| "the compaction panicked")??;
        for reader in readers {
            versions += reader.join().map_err(|_| "a reader panicked")??;
        }
        Ok::<(), String>(())
    })?;
    engine.wait(engine.stats().lsn).map_err(told)?;
    is_sound(&engine.snapshot())?;
    engine.checkpoint().map_err(told)?;
    verifies(&engine)?;
    drop(engine);
    for (index, cut) in cuts.iter().enumerate() {
        for round in 0..2 {
            let crash_seed = mix(seed, index as u64 * 2 + round);
            survives(cut, &options, crash_seed).map_err(|reason| {
                format!("power cut {index}, crash seed {crash_seed}: {reason}")
            })?;
        }
    }
    ensure!(built > 0, "no index came to be");
    Ok([versions, compacted, cuts.len() as u64 * 2, built])
}

fn survives(cut: &Cut, options: &Options, seed: u64) -> Check {
    let options = Options {
        background: false,
        ..options.clone()
    };
    let engine = open(&cut.disk.crash(seed), &options).map_err(told)?;
    let found = is_sound(&engine.snapshot())?;
    verifies(&engine)?;
    let durable = options.durability == Durability::Full;
    for (writer, found) in found.into_iter().enumerate() {
        let at_least = if durable { cut.at_least[writer] } else { 0 };
        let range = at_least..=cut.at_most[writer];
        ensure!(
            range.contains(&found),
            "writer {writer} is at {found}, not in {range:?}"
        );
    }
    Ok(())
}

fn many_threads(durability: Durability, test: &str) {
    let (mut versions, mut compacted, mut cuts, mut built) = (0, 0, 0, 0);
    let seeds = seeds(2);
    for &seed in &seeds {
        let outcome = quietly(|| {
            let [seen, done, cut, made] = run_all(seed, durability)?;
            versions += seen;
            compacted += done;
            cuts += cut;
            built += made;
            Ok(())
        });
        if let Err(reason) = outcome {
            panic!(
                "{test}: seed {seed}: {reason}\nReplay (threads differ from run to run): IRONBASE_SEED={seed} cargo test --test crash \
                 {test}"
            );
        }
    }
    figure(
        format!(
            "{WRITERS} writers, {READERS} readers, checkpoints, compaction and index builds at once, {durability:?}, power cut in the midst"
        ),
        format!(
            "{} runs, {versions} versions read, {compacted} compactions, {built} index builds, {cuts} cuts",
            seeds.len()
        ),
        "0; every version sound",
    );
    assert!(
        versions > 100 && compacted > 0 && cuts > 20,
        "{versions}, {compacted}, {cuts}"
    );
}

#[test]
fn threads_with_full_durability() {
    many_threads(Durability::Full, "threads_with_full_durability");
}

#[test]
fn threads_with_interval_durability() {
    many_threads(Durability::Interval, "threads_with_interval_durability");
}
