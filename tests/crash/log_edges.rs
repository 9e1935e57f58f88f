//! Corners of the log that random scripts meet seldom: each was once wrong or in doubt.

use ironbase::storage::ErrorKind;
use ironbase::storage::engine::{Engine, Options};
use ironbase::storage::page::Lsn;
use ironbase::storage::vfs::Vfs as _;
use ironbase::storage::vfs::sim::SimVfs;
use ironbase::storage::wal::writer::LogSizes;

use crate::life::{open, options};

fn small_segments() -> Options {
    Options {
        log: LogSizes {
            segment: 4096,
            ahead: 4096,
            part: 600,
        },
        checkpoint_log_bytes: 1 << 30,
        ..options(1)
    }
}

fn put(engine: &Engine, key: &str, length: usize) -> Lsn {
    let mut txn = engine.begin_write().expect("writable");
    let collection = match txn.collection("c") {
        Some(found) => found,
        None => txn.create_collection("c", b"").expect("made"),
    };
    txn.put(&collection, key.as_bytes(), &vec![b'x'; length])
        .expect("put");
    txn.commit()
}

fn put_and_wait(engine: &Engine, key: &str, length: usize) {
    engine.wait(put(engine, key, length)).expect("durable");
}

fn segments(disk: &SimVfs) -> Vec<String> {
    let paths = disk.paths().into_iter();
    paths.filter(|path| path.ends_with(".wal")).collect()
}

fn lsn_found(disk: &SimVfs) -> Lsn {
    let engine = open(disk, &small_segments()).expect("opens");
    engine.snapshot().lsn
}

#[test]
fn a_checkpoint_of_commits_that_go_into_the_next_segment() {
    let disk = SimVfs::new();
    let engine = open(&disk, &small_segments()).expect("new");
    put_and_wait(&engine, "fills the segment", 6000);
    put(&engine, "waits for the next group", 10);
    let last = put(&engine, "so does this", 10);
    engine.checkpoint().expect("done");
    assert_eq!(lsn_found(&disk.fork()), last);
    for more in 1..4 {
        put_and_wait(&engine, "acknowledged", 10);
        assert_eq!(lsn_found(&disk.crash(more)), last + more);
    }
}

/// A log of three segments, the checkpoint far behind.
fn three_segments() -> (SimVfs, Lsn) {
    let disk = SimVfs::new();
    let engine = open(&disk, &small_segments()).expect("new");
    put_and_wait(&engine, "a", 10);
    engine.checkpoint().expect("done");
    for key in ["b", "c", "d"] {
        put_and_wait(&engine, key, 5000);
    }
    let last = engine.snapshot().lsn;
    drop(engine);
    assert_eq!(segments(&disk).len(), 3);
    assert_eq!(lsn_found(&disk.fork()), last);
    (disk, last)
}

fn refuses(disk: &SimVfs, path: &str, what: &str) {
    let error = open(disk, &small_segments()).err();
    let error = error.unwrap_or_else(|| panic!("{what}: it opens"));
    assert_eq!(error.kind(), ErrorKind::Corrupt, "{what}: {error}");
    assert!(error.message().contains(path), "{what}: {error}");
}

#[test]
fn a_damaged_header_is_not_a_torn_tail() {
    let (disk, _) = three_segments();
    for path in segments(&disk) {
        let damaged = disk.fork();
        damaged.flip_byte(&path, 45, 1).expect("flipped");
        refuses(&damaged, &path, &path);
    }
}

#[test]
fn a_missing_segment_is_noticed() {
    let (disk, _) = three_segments();
    let all = segments(&disk);
    for path in &all[..2] {
        let damaged = disk.fork();
        damaged.remove(path).expect("removed");
        refuses(&damaged, path, path);
    }
}

#[test]
fn a_log_cut_below_the_checkpoint_is_noticed() {
    let (disk, _) = three_segments();
    let first = &segments(&disk)[0];
    disk.truncate(first, 64).expect("cut");
    refuses(&disk, first, "cut");
}

#[test]
fn rubbish_behind_a_segment_that_was_left_does_no_harm() {
    let (disk, last) = three_segments();
    let all = segments(&disk);
    let length = disk.contents(&all[1]).expect("read").len() as u64;
    disk.flip_byte(&all[1], length - 1, 0x40).expect("flipped");
    assert_eq!(lsn_found(&disk), last);
}

#[test]
fn damage_to_acknowledged_commits_is_refused_and_a_torn_end_is_not() {
    let disk = SimVfs::new();
    let engine = open(&disk, &small_segments()).expect("new");
    for key in ["a", "b", "c"] {
        put_and_wait(&engine, key, 40);
    }
    let last = engine.snapshot().lsn;
    drop(engine);
    let path = &segments(&disk)[0];
    let bytes = disk.contents(path).expect("read");
    let groups: Vec<usize> = (0..bytes.len() - 4)
        .filter(|&at| bytes[at..].starts_with(b"GRP1"))
        .collect();
    assert_eq!(groups.len(), 3);
    for (index, &at) in groups.iter().enumerate() {
        let damaged = disk.fork();
        damaged.flip_byte(path, at as u64 + 50, 4).expect("flipped");
        if index < 2 {
            refuses(&damaged, path, "a flip before the last group");
        } else {
            assert_eq!(lsn_found(&damaged), last - 1);
            assert_eq!(lsn_found(&damaged), last - 1, "and again");
        }
    }
}

#[test]
fn a_stranger_with_the_name_of_a_collection_is_left_alone() {
    let disk = SimVfs::new();
    let engine = open(&disk, &small_segments()).expect("new");
    let file = disk.open("c.mlite", true).expect("made");
    file.write_at(&[7; 9000], 0).expect("written");
    put_and_wait(&engine, "a", 10);
    engine.close().expect("closed");
    drop(engine);
    assert_eq!(lsn_found(&disk), 1);
    assert_eq!(disk.contents("c.mlite").expect("there"), [7; 9000]);
}
