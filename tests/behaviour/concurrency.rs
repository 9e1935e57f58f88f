//! Many threads at once, on a directory and with full durability: nothing is lost, nothing is done twice, and what a reader has
//! seen it never sees undone.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use ironbase::bson::{RawDoc, Value, doc};
use ironbase::database::options::{FindOptions, OpenOptions};
use ironbase::database::{Collection, Database};
use ironbase::storage::vfs::sim::Random;

use crate::shell::{Shell, TempDir};

const THREADS: u64 = 8;

fn open_durable(directory: &TempDir) -> Database {
    Database::open(&directory.database(), OpenOptions::default()).unwrap()
}

fn number(things: &Collection, id: &str, field: &str) -> i64 {
    let filter = doc! { "_id": id }.to_bytes();
    let found = things.find_one_with(&filter, &FindOptions::default(), &mut |found| {
        found.get(field).and_then(|value| value.as_integer())
    });
    found.unwrap().flatten().unwrap_or(0)
}

/// The documents in the order of their ids.
fn all(things: &Collection) -> Vec<Vec<u8>> {
    things.raw(doc! {}, doc! { "sort": { "_id": 1 } }).unwrap()
}

#[test]
fn counters_that_many_threads_increment_add_up() {
    const ROUNDS: u64 = 150;
    const COUNTERS: u64 = 3;
    let directory = TempDir::new();
    let database = open_durable(&directory);
    let things = database.collection("counters").unwrap();
    things.index(doc! { "key": { "n": 1 } }).unwrap();
    things.index(doc! { "key": { "group": 1 } }).unwrap();
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        let writers: Vec<_> = (0..THREADS)
            .map(|thread| {
                let things = things.clone();
                scope.spawn(move || {
                    let mut random = Random::new(thread);
                    for round in 0..ROUNDS {
                        let id = format!("c{}", random.below(COUNTERS));
                        // By id, by an indexed field, and by one that takes a scan.
                        let filter = match round % 3 {
                            0 => doc! { "_id": (id.as_str()) },
                            1 => doc! { "group": (id.as_str()) },
                            _ => doc! { "again": (id.as_str()) },
                        };
                        let set = doc! { "_id": (id.as_str()), "group": (id.as_str()), "again": (id.as_str()) };
                        let result = things.upsert(filter, doc! { "$inc": { "n": 1 }, "$set": set }).unwrap();
                        assert_eq!(result.modified_count + u64::from(result.upserted_id.is_some()), 1);
                    }
                })
            })
            .collect();
        for _ in 0..2 {
            scope.spawn(|| {
                let mut seen = [0; COUNTERS as usize];
                while !done.load(Ordering::Relaxed) {
                    for (counter, seen) in seen.iter_mut().enumerate() {
                        let now = number(&things, &format!("c{counter}"), "n");
                        assert!(
                            now >= *seen,
                            "counter {counter} went from {seen} back to {now}"
                        );
                        *seen = now;
                    }
                }
            });
        }
        let ended: Vec<_> = writers.into_iter().map(|writer| writer.join()).collect();
        done.store(true, Ordering::Relaxed);
        ended
            .into_iter()
            .for_each(|end| end.expect("no writer failed"));
    });
    assert_eq!(things.count(doc! {}), COUNTERS as i64);
    let sum: i64 = (0..COUNTERS)
        .map(|counter| number(&things, &format!("c{counter}"), "n"))
        .sum();
    assert_eq!(sum, (THREADS * ROUNDS) as i64);
    let before = all(&things);
    database.close().unwrap();
    let database = open_durable(&directory);
    assert_eq!(all(&database.collection("counters").unwrap()), before);
}

#[test]
fn upserts_of_the_same_key_make_one_document() {
    const KEYS: i32 = 25;
    for many in [false, true] {
        let directory = TempDir::new();
        let database = open_durable(&directory);
        let things = database.collection("things").unwrap();
        let upserted: usize = thread::scope(|scope| {
            let threads: Vec<_> = (0..THREADS)
                .map(|_| {
                    let things = things.clone();
                    scope.spawn(move || {
                        let options = ironbase::database::options::UpdateOptions {
                            upsert: true,
                            hint: None,
                            ..Default::default()
                        };
                        let upsert = |key: i32| {
                            // There is no index on `key`: two may look for it at once.
                            let (filter, update) = (
                                doc! { "key": key }.to_bytes(),
                                doc! { "$inc": { "n": 1 } }.to_bytes(),
                            );
                            match many {
                                true => things.update_many(&filter, &update, &options),
                                false => things.update_one(&filter, &update, &options),
                            }
                        };
                        (0..KEYS)
                            .filter(|key| upsert(*key).unwrap().upserted_id.is_some())
                            .count()
                    })
                })
                .collect();
            threads
                .into_iter()
                .map(|thread| thread.join().unwrap())
                .sum()
        });
        assert_eq!(
            (upserted, things.count(doc! {})),
            (KEYS as usize, i64::from(KEYS))
        );
        assert_eq!(
            things.count(doc! { "n": (THREADS as i32) }),
            i64::from(KEYS)
        );
    }
}

#[test]
fn a_unique_key_goes_to_one_of_the_threads_that_want_it() {
    const KEYS: i32 = 40;
    let directory = TempDir::new();
    let database = open_durable(&directory);
    let things = database.collection("things").unwrap();
    things
        .index(doc! { "key": { "key": 1 }, "unique": true })
        .unwrap();
    let won: usize = thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS)
            .map(|_| {
                let things = things.clone();
                scope.spawn(move || {
                    let add = |key: i32| match things.add(doc! { "key": key }) {
                        Ok(_) => true,
                        Err(error) => {
                            assert_eq!(error.code().0, 11000, "{error}");
                            false
                        }
                    };
                    (0..KEYS).filter(|key| add(*key)).count()
                })
            })
            .collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .sum()
    });
    assert_eq!(
        (won, things.count(doc! {})),
        (KEYS as usize, i64::from(KEYS))
    );
}

/// Money moves between accounts inside a document; a reader of one version always finds the same sum, by scan and by index.
#[test]
fn a_cursor_sees_one_version_while_writers_go_on() {
    const DOCUMENTS: i32 = 2000;
    let directory = TempDir::new();
    let database = open_durable(&directory);
    let things = database.collection("things").unwrap();
    let text = "x".repeat(100);
    things.index(doc! { "key": { "a": 1 } }).unwrap();
    things.add_all(
        (0..DOCUMENTS).map(|n| doc! { "_id": n, "a": 0, "b": 0, "text": (text.as_str()) }),
    );
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        let writers: Vec<_> = (0..4u64)
            .map(|thread| {
                let things = things.clone();
                scope.spawn(move || {
                    let mut random = Random::new(thread);
                    for _ in 0..150 {
                        let id = random.below(DOCUMENTS as u64) as i32;
                        let amount = random.below(9) as i32;
                        let update = doc! { "$inc": { "a": amount, "b": (-amount) } };
                        assert_eq!(
                            things
                                .update(doc! { "_id": id }, update)
                                .unwrap()
                                .matched_count,
                            1
                        );
                    }
                })
            })
            .collect();
        for options in [doc! {}, doc! { "hint": "a_1" }, doc! { "sort": { "b": 1 } }] {
            let (things, done) = (things.clone(), &done);
            scope.spawn(move || {
                let mut rounds = 0;
                while !done.load(Ordering::Relaxed) || rounds == 0 {
                    let found = things
                        .raw(doc! { "a": { "$gte": 0 } }, options.clone())
                        .unwrap();
                    let value = |bytes: &[u8], name: &str| {
                        let value = RawDoc::new(bytes).unwrap().get(name);
                        value.and_then(|value| value.as_integer()).unwrap()
                    };
                    assert_eq!(found.len(), DOCUMENTS as usize, "{options:?}");
                    assert!(
                        found
                            .iter()
                            .all(|found| value(found, "a") == -value(found, "b"))
                    );
                    rounds += 1;
                }
            });
        }
        let ended: Vec<_> = writers.into_iter().map(|writer| writer.join()).collect();
        done.store(true, Ordering::Relaxed);
        ended
            .into_iter()
            .for_each(|end| end.expect("no writer failed"));
    });
}

#[test]
fn all_kinds_of_operations_at_once_leave_indexes_that_agree_with_the_documents() {
    const ROUNDS: u64 = 120;
    let directory = TempDir::new();
    let database = open_durable(&directory);
    let things = database.collection("things").unwrap();
    things.index(doc! { "key": { "a": 1 } }).unwrap();
    things.index(doc! { "key": { "tags": 1 } }).unwrap();
    thread::scope(|scope| {
        for thread in 0..THREADS {
            let (database, things) = (database.clone(), things.clone());
            scope.spawn(move || {
                let mut random = Random::new(thread);
                for _ in 0..ROUNDS {
                    one_operation(&database, &things, &mut random, thread);
                }
            });
        }
    });
    let check = |things: &Collection| {
        things.index(doc! { "key": { "b": 1 } }).unwrap();
        for field in ["a", "tags", "b"] {
            for filter in [
                doc! { field: { "$gte": 3 } },
                doc! { field: { "$lt": 5 } },
                doc! { field: null },
            ] {
                let sorted = |hint: Value| doc! { "sort": { "_id": 1 }, "hint": hint };
                let by_index = things
                    .raw(filter.clone(), sorted(format!("{field}_1").into()))
                    .unwrap();
                let by_scan = things
                    .raw(filter.clone(), sorted(doc! { "$natural": 1 }.into()))
                    .unwrap();
                assert!(by_index == by_scan, "{filter:?}");
            }
        }
        all(things)
    };
    let before = check(&things);
    database.close().unwrap();
    let database = open_durable(&directory);
    assert_eq!(check(&database.collection("things").unwrap()), before);
}

fn one_operation(database: &Database, things: &Collection, random: &mut Random, thread: u64) {
    let key = random.below(60) as i32;
    let near = || doc! { "a": { "$gte": key, "$lt": (key + 3) } };
    match random.below(20) {
        0..5 => {
            let document = doc! { "_id": key, "a": key, "tags": [(key % 7), (key % 5)] };
            if let Err(error) = things.add(document) {
                assert_eq!(error.code().0, 11000, "{error}");
            }
        }
        5..8 => {
            things
                .update(doc! { "_id": key }, doc! { "$inc": { "a": 1, "b": 2 } })
                .unwrap();
        }
        8..10 => {
            things
                .update_all(
                    near(),
                    doc! { "$set": { "tags": [key, 1], "b": (thread as i32) } },
                )
                .unwrap();
        }
        10..12 => {
            things
                .replace(doc! { "a": key }, doc! { "a": (key % 10), "c": 1 }, false)
                .unwrap();
        }
        12..14 => {
            things.delete(doc! { "tags": (key % 7) });
        }
        14 => {
            things.delete_all(near());
        }
        15..18 => {
            let found = things.found(near());
            let inside = |a: Option<&Value>| matches!(a, Some(Value::Int32(a)) if (key..key + 3).contains(a));
            assert!(
                found.iter().all(|found| inside(found.get("a"))),
                "{found:?}"
            );
        }
        18 => {
            let other = database.collection(&format!("other{thread}")).unwrap();
            other.add(doc! { "a": key }).unwrap();
            if key % 3 == 0 {
                other.drop().unwrap();
            }
        }
        _ => {
            things.index(doc! { "key": { "b": 1 } }).unwrap();
            if let Err(error) = things.drop_index("b_1") {
                assert_eq!(error.code().0, 27, "{error}");
            }
        }
    }
}
