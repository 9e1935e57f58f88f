//! Durability `Interval` and `None`, of the database or of a single write: a killed process loses nothing that it wrote; a power
//! cut takes whole commits from the end, and never any that a checkpoint, or a write that asked for it, had made durable.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use ironbase::storage::engine::{Durability, Engine, Options, WriteTxn, documents};
use ironbase::storage::vfs::Vfs;
use ironbase::storage::vfs::sim::{PowerLoss, SimVfs};

use crate::figures::figure;
use crate::life::{open, options};
use crate::power_cut::{Point, lives_on, recorded, recovers};
use crate::runs::{for_each, mix, seeds};

fn commits_lost(durability: Durability, test: &str) {
    let (mut kills, lost, kept) = (0, AtomicU64::new(0), AtomicU64::new(0));
    for seed in seeds(2) {
        let options = Options {
            durability,
            checkpoint_log_bytes: 128 << 10,
            ..options(seed + 500)
        };
        let run = recorded(seed + 500, 250, options);
        let describe = |point: &Point| {
            format!(
                "{test}: seed {seed}, before change {} ({}), {} commits made.\n\
                 Replay: IRONBASE_SEED={seed} cargo test --test crash {test}",
                point.number, point.what, point.issued
            )
        };
        kills += run.points.len();
        for_each(&run.points, describe, |point| {
            let range = (point.written, point.issued);
            let killed = recovers(&point.disk.fork(), &run.options, &run.model, range)?;
            for round in 0..2 {
                let seed = mix(seed, point.number * 2 + round);
                let crashed = point.disk.crash(seed);
                let range = (point.acked, killed);
                let lsn = recovers(&crashed, &run.options, &run.model, range)
                    .map_err(|reason| format!("crash seed {seed}: {reason}"))?;
                lost.fetch_add(killed - lsn, Ordering::Relaxed);
                kept.fetch_add(lsn, Ordering::Relaxed);
                if round == 0 {
                    let durable = Options {
                        durability: Durability::Full,
                        ..run.options.clone()
                    };
                    lives_on(&crashed, &durable, &run.model, lsn, 2, seed)?;
                }
            }
            Ok(())
        });
    }
    let (cuts, lost) = (kills as u64 * 2, lost.into_inner());
    figure(
        format!("durability {durability:?}: killed, and the power cut"),
        format!("{kills} kills, {cuts} cuts"),
        format!(
            "nothing by kills; by cuts whole commits from the end, on average {} of {}",
            lost / cuts,
            (lost + kept.into_inner()) / cuts
        ),
    );
    assert!(kills > 100 && lost > 0, "{kills} kills, {lost} lost");
}

#[test]
fn interval_durability_loses_whole_commits_only() {
    commits_lost(Durability::Interval, "interval_durability");
}

#[test]
fn no_durability_loses_whole_commits_only() {
    commits_lost(Durability::None, "no_durability");
}

/// Commits one document as a write of that durability, or as a transaction with it, and gives how often the disk was synced for it.
fn write(engine: &Engine, disk: &SimVfs, number: u64, durability: Durability) -> u64 {
    let before = disk.counters().syncs.load(Ordering::Relaxed);
    let put = |mut txn: WriteTxn<'_>| {
        let collection = txn.collection("c").expect("there");
        let text = format!("a{number}");
        let duplicate = txn.put(&collection, &number.to_be_bytes(), text.as_bytes());
        assert!(duplicate.expect("put").is_none());
        txn.commit()
    };
    let lsn = if number.is_multiple_of(2) {
        put(engine.begin_write().expect("writable"))
    } else {
        let transaction = engine.begin_transaction(None).expect("begun");
        let inside = engine.enter_transaction(&transaction).expect("open");
        put(engine.write_in(&transaction).expect("writable"));
        drop(inside);
        let committed = engine.commit_transaction(&transaction);
        committed
            .expect("committed")
            .expect("something was written")
    };
    engine.wait_for(lsn, durability).expect("as safe as asked");
    // Whoever wrote sees what he wrote.
    assert!(is_there(engine, number), "{number} is not visible");
    disk.counters().syncs.load(Ordering::Relaxed) - before
}

fn is_there(engine: &Engine, number: u64) -> bool {
    let (version, pin) = (engine.snapshot(), crossbeam_epoch::pin());
    let collection = version.catalog.get("c").expect("there");
    let found = documents(&version, collection, &pin).get(&number.to_be_bytes());
    found.expect("readable").is_some()
}

#[test]
fn a_write_may_ask_for_another_durability_than_the_databases() {
    use Durability::{Full, Interval, None};
    let (mut lost, mut cuts) = (0, 0);
    for own in [Full, Interval, None] {
        let disk = SimVfs::new();
        let options = Options {
            durability: own,
            sync_interval_ms: 3_600_000,
            checkpoint_log_bytes: 1 << 30,
            cache_bytes: 4 << 20,
            log: Default::default(),
            ..options(77)
        };
        let engine = open(&disk, &options).expect("new");
        let mut txn = engine.begin_write().expect("writable");
        txn.create_collection("c", b"").expect("made");
        engine.wait_for(txn.commit(), Full).expect("durable");
        let asked = [Full, None, Interval, None, Full, Interval, None, Full, None];
        let mut safe = 0;
        for round in 0..60u64 {
            let durability = asked[round as usize % asked.len()];
            let syncs = write(&engine, &disk, round, durability);
            assert_eq!(
                syncs,
                u64::from(durability == Full),
                "{own:?} {durability:?}"
            );
            if durability == Full {
                safe = round + 1;
            }
            // The program is killed: all that returned is there.
            let again = open(&disk.fork(), &options).expect("opens");
            assert!((0..=round).all(|number| is_there(&again, number)));
            // The power is cut: all up to the last write that asked for it, and then whole commits from the beginning on.
            for seed in 0..4 {
                let again = open(&disk.crash(mix(seed, round)), &options).expect("opens");
                let there = (0..=round)
                    .take_while(|number| is_there(&again, *number))
                    .count() as u64;
                assert!(
                    there >= safe,
                    "{own:?}: seed {seed}: {there} of {safe} at round {round}"
                );
                assert!((there..=round).all(|number| !is_there(&again, number)));
                lost += round + 1 - there;
                cuts += 1;
            }
        }
        engine.close().expect("closes");
    }
    assert!(
        lost > 0,
        "weaker writes were never lost: the test shows nothing"
    );
    figure(
        "writes and transactions of all three levels in a database of each, the power cut after every one",
        format!("{cuts} cuts, {lost} writes lost that had asked for less"),
        "0 that a sync was promised for",
    );
}

#[test]
fn a_write_that_asks_for_an_interval_is_synced_behind_it() {
    let disk = SimVfs::new();
    let options = Options {
        durability: Durability::None,
        sync_interval_ms: 20,
        checkpoint_log_bytes: 1 << 30,
        background: true,
        ..options(78)
    };
    let engine = open(&disk, &options).expect("new");
    let mut txn = engine.begin_write().expect("writable");
    txn.create_collection("c", b"").expect("made");
    engine
        .wait_for(txn.commit(), Durability::Full)
        .expect("durable");
    write(&engine, &disk, 1, Durability::Interval);
    let started = Instant::now();
    while !is_there(
        &open(&disk.crash_as(PowerLoss::KeepNothing, 1), &options).expect("opens"),
        1,
    ) {
        assert!(started.elapsed() < Duration::from_secs(20), "never synced");
        std::thread::sleep(Duration::from_millis(5));
    }
    engine.close().expect("closes");
}
