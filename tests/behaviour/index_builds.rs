//! Indexes of collections that are not small are built while everybody works on: what writers meanwhile do is in them, nobody sees
//! them before they are whole, and a build that comes to nothing leaves nothing.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;

use ironbase::bson::{Document, RawDoc, Value, doc};
use ironbase::database::options::{TransactionOptions, VerifyOptions, WriteOptions};
use ironbase::database::{Collection, Database};
use ironbase::error::{Result, Status};
use ironbase::storage::vfs::sim::Random;

use crate::shell::{Shell, TempDir, at, code, detail, in_memory, open};

const COUNT: i32 = 6000;

/// Enough bytes that an index is built beside writers.
fn fill(database: &Database) -> Collection {
    let things = database.collection("things").unwrap();
    things.add_all((0..COUNT).map(thing));
    things
}

fn thing(n: i32) -> Document {
    let tags: Vec<Value> = (0..n % 3).map(|tag| Value::Int32(tag * n % 11)).collect();
    doc! { "_id": n, "n": n, "mod": (n % 17), "tags": tags, "text": ("x".repeat(900).as_str()) }
}

fn index(things: &Collection, specs: Document, options: Document) -> Result<Vec<String>> {
    let (specs, options) = (specs.to_bytes(), options.to_bytes());
    let options = WriteOptions::from_bson("createIndexes", RawDoc::new(&options)?)?;
    things.create_indexes(RawDoc::new(&specs)?, &options)
}

/// Builds indexes, and does something in the midst of it.
fn index_beside(
    database: &Database,
    things: &Collection,
    specs: Document,
    action: impl FnOnce() + Send + 'static,
) -> Result<Vec<String>> {
    let id = database.op_new();
    let mut action = Some(action);
    let acted = Arc::new(AtomicBool::new(false));
    let told = acted.clone();
    let progress = move |_, _| {
        if let Some(action) = action.take() {
            action();
            told.store(true, Ordering::Relaxed);
        }
        true
    };
    database
        .op_set_progress(id, Some(Box::new(progress)))
        .unwrap();
    let result = index(things, specs, doc! { "opId": (id as i64) });
    database.op_free(id).unwrap();
    assert!(acted.load(Ordering::Relaxed), "nothing was done beside it");
    result
}

fn assert_sound(database: &Database) {
    let result = database.verify(&VerifyOptions::default()).unwrap();
    assert_eq!(
        result.get("valid"),
        Some(&Value::Boolean(true)),
        "{result:?}"
    );
}

/// Ends the threads of a scope, also when a test fails.
struct SetAtEnd<'a>(&'a AtomicBool);

impl Drop for SetAtEnd<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Files of indexes in a directory.
fn index_files(directory: &TempDir) -> Vec<String> {
    let files = std::fs::read_dir(directory.database()).unwrap();
    let name = |file: std::io::Result<std::fs::DirEntry>| file.unwrap().file_name();
    files
        .map(|file| name(file).to_string_lossy().into_owned())
        .filter(|name| name.ends_with(".idx"))
        .collect()
}

/// One random write of each kind there is.
fn write(database: &Database, things: &Collection, random: &mut Random, next: &AtomicU64) {
    let id = random.below(COUNT as u64) as i32;
    let other = random.below(1000) as i32;
    match random.below(8) {
        0 => {
            let new = next.fetch_add(1, Ordering::Relaxed) as i32;
            things.add(thing(new)).unwrap();
        }
        1 => {
            let first = next.fetch_add(20, Ordering::Relaxed) as i32;
            things.add_all((first..first + 20).map(thing));
        }
        2 => {
            things.delete(doc! { "_id": id });
        }
        3 => {
            things
                .upsert(doc! { "_id": id }, doc! { "$set": { "mod": other } })
                .unwrap();
        }
        4 => {
            things
                .replace(doc! { "_id": id }, doc! { "tags": [other, 7] }, true)
                .unwrap();
        }
        5 => {
            let range = doc! { "_id": { "$gte": id, "$lt": (id + 40) } };
            things
                .update_all(range, doc! { "$inc": { "mod": 3 } })
                .unwrap();
        }
        6 => {
            let range = doc! { "_id": { "$gte": id, "$lt": (id + 5) } };
            things.delete_all(range);
        }
        _ => {
            let transaction = database.begin(&TransactionOptions::default()).unwrap();
            let inside = transaction.collection("things").unwrap();
            let worked = inside
                .update(doc! { "_id": id }, doc! { "$set": { "tags": [other] } })
                .and_then(|_| inside.add(thing(next.fetch_add(1, Ordering::Relaxed) as i32)));
            match (worked, random.chance(70)) {
                (Ok(_), true) => {
                    // Someone else may have been quicker.
                    let _ = transaction.commit();
                }
                _ => {
                    let _ = transaction.abort();
                }
            }
        }
    }
}

#[test]
fn what_writers_do_meanwhile_is_in_the_indexes() {
    for seed in [1, 2] {
        println!("seed {seed}");
        let directory = TempDir::new();
        let database = open(&directory);
        let things = fill(&database);
        let (next, done) = (AtomicU64::new(100_000), AtomicBool::new(false));
        thread::scope(|scope| {
            let _end = SetAtEnd(&done);
            for writer in 0..4 {
                let (database, things, next, done) = (&database, &things, &next, &done);
                scope.spawn(move || {
                    let mut random = Random::new(seed * 10 + writer);
                    while !done.load(Ordering::Relaxed) {
                        write(database, things, &mut random, next);
                    }
                });
            }
            let specs = doc! {
                "0": { "key": { "mod": 1 } },
                "1": { "key": { "tags": (-1) } },
                "2": { "key": { "mod": 1 } },
            };
            let names = index(&things, specs, doc! {}).unwrap();
            assert_eq!(names, ["mod_1", "tags_-1", "mod_1"]);
            assert_eq!(things.index_names(), ["_id_", "mod_1", "tags_-1"]);
            // Compaction beside it, and one more index.
            scope.spawn(|| database.compact(&Default::default()).unwrap());
            things.index(doc! { "key": { "text": 1 } }).unwrap();
        });
        assert_sound(&database);
        for value in [3, 7, 500] {
            let by_index = things.found_with(doc! { "mod": value }, doc! { "hint": "mod_1" });
            let by_scan =
                things.found_with(doc! { "mod": value }, doc! { "hint": { "$natural": 1 } });
            assert_eq!(by_index.unwrap().len(), by_scan.unwrap().len());
        }
        // Behind the build is a checkpoint: opening builds nothing.
        database.close().unwrap();
        assert_sound(&open(&directory));
    }
}

#[test]
fn nobody_sees_an_index_before_it_is_there() {
    let database = in_memory();
    let things = fill(&database);
    let beside = things.clone();
    let specs = doc! { "0": { "key": { "n": 1 } } };
    let names = index_beside(&database, &things, specs, move || {
        assert_eq!(beside.index_names(), ["_id_"]);
        let explained = beside.explained(doc! { "find": "things", "filter": { "n": 5 } });
        let stage = at(&explained, "queryPlanner.winningPlan.stage");
        assert_eq!(stage, Some(Value::String("COLLSCAN".into())));
        let hint = doc! { "hint": "n_1" };
        assert_eq!(code(beside.found_with(doc! { "n": 5 }, hint)), 2);
        assert_eq!(code(beside.drop_index("n_1")), 27);
        // Not even writers wait.
        beside
            .update(doc! { "_id": 5 }, doc! { "$set": { "n": (-5) } })
            .unwrap();
    });
    assert_eq!(names.unwrap(), ["n_1"]);
    assert_eq!(things.ids(doc! { "n": (-5) }, doc! { "hint": "n_1" }), [5]);
    assert_eq!(things.ids(doc! { "n": 5 }, doc! { "hint": "n_1" }), [0; 0]);
    let explained = things.explained(doc! { "find": "things", "filter": { "n": 6 } });
    let stage = at(&explained, "queryPlanner.winningPlan.inputStage.stage");
    assert_eq!(stage, Some(Value::String("IXSCAN".into())));
    assert_sound(&database);
}

#[test]
fn a_unique_index_counts_what_is_there_at_the_end() {
    let directory = TempDir::new();
    let database = open(&directory);
    let things = fill(&database);
    let unique = || doc! { "0": { "key": { "n": 1 }, "unique": true } };
    let assert_refused = |error: ironbase::error::Error, ids: (i32, i32)| {
        assert_eq!(
            (error.status(), error.code().0),
            (Status::DuplicateKey, 11000)
        );
        assert!(error.to_string().contains("n_1"), "{error}");
        assert_eq!(detail(&error, "keyValue")["n"], 77);
        assert_eq!(detail(&error, "existingId"), ids.0);
        assert_eq!(detail(&error, "documentId"), ids.1);
        assert_eq!(things.index_names(), ["_id_"]);
        assert_eq!(index_files(&directory), [""; 0]);
    };
    // There before, and nobody changes it.
    things.add(doc! { "_id": 9000, "n": 77 }).unwrap();
    assert_refused(index(&things, unique(), doc! {}).unwrap_err(), (77, 9000));
    things.delete(doc! { "_id": 9000 });
    // Comes meanwhile: the writer is not refused, the index is.
    let beside = things.clone();
    let built = index_beside(&database, &things, unique(), move || {
        beside.add(doc! { "_id": 9001, "n": 77 }).unwrap();
    });
    assert_refused(built.unwrap_err(), (77, 9001));
    // Goes meanwhile; and a value goes from document to document, whatever the order.
    things.add(doc! { "_id": (-1), "n": (-1) }).unwrap();
    let beside = things.clone();
    let built = index_beside(&database, &things, unique(), move || {
        beside.delete(doc! { "_id": 9001 });
        let set = |id: i32, n: i32| {
            let set = doc! { "$set": { "n": n } };
            beside.update(doc! { "_id": id }, set).unwrap();
        };
        for (one, other) in [(5, 4000), (4001, 6)] {
            set(one, -one - 10_000);
            set(other, one);
            set(one, other);
        }
        // There twice for a moment.
        set(-1, 30);
        set(-1, -1);
    });
    assert_eq!(built.unwrap(), ["n_1"]);
    assert_eq!(code(things.add(doc! { "_id": 9002, "n": 77 })), 11000);
    assert_eq!(things.ids(doc! { "n": 5 }, doc! {}), [4000]);
    assert_sound(&database);
}

#[test]
fn very_many_repeated_keys_end_the_build_at_once() {
    let database = in_memory();
    let things = database.collection("things").unwrap();
    let text = "y".repeat(400);
    let thing = |n: i32| doc! { "_id": n, "text": (format!("{}{text}", n / 2).as_str()) };
    things.add_all((0..12_000).map(thing));
    let specs = doc! { "0": { "key": { "text": 1 }, "unique": true } };
    let error = index(&things, specs, doc! {}).unwrap_err();
    assert_eq!(error.code().0, 11000);
    assert_eq!(things.index_names(), ["_id_"]);
}

#[test]
fn a_dropped_collection_ends_its_builds_and_a_renamed_one_does_not() {
    let directory = TempDir::new();
    let database = open(&directory);
    let things = fill(&database);
    let specs = || doc! { "0": { "key": { "n": 1 } }, "1": { "key": { "mod": 1 } } };
    let beside = database.clone();
    let built = index_beside(&database, &things, specs(), move || {
        beside.collection("things").unwrap().drop().unwrap();
        // One of the same name is another one.
        beside
            .collection("things")
            .unwrap()
            .add(doc! { "_id": 1 })
            .unwrap();
    });
    let error = built.unwrap_err();
    assert_eq!(
        (error.code().0, error.code().name().as_str()),
        (276, "IndexBuildAborted")
    );
    assert_eq!(index_files(&directory), [""; 0]);
    assert_eq!(things.index_names(), ["_id_"]);

    things.drop().unwrap();
    fill(&database);
    let beside = database.clone();
    let built = index_beside(&database, &things, specs(), move || {
        beside
            .rename_collection("things", "renamed", false)
            .unwrap();
    });
    assert_eq!(built.unwrap(), ["n_1", "mod_1"]);
    let renamed = database.collection("renamed").unwrap();
    assert_eq!(renamed.index_names(), ["_id_", "n_1", "mod_1"]);
    assert_eq!(renamed.ids(doc! { "n": 5 }, doc! { "hint": "n_1" }), [5]);
    assert_sound(&database);
}

#[test]
fn a_build_that_is_stopped_leaves_nothing() {
    let directory = TempDir::new();
    let database = open(&directory);
    let things = fill(&database);
    let specs = || doc! { "0": { "key": { "n": 1 } } };
    let stopped = index(&things, specs(), doc! { "maxTimeMS": 1 });
    assert_eq!(code(stopped), 50);
    let id = database.op_new();
    let stop = |done, total| {
        assert!(done <= total);
        false
    };
    database.op_set_progress(id, Some(Box::new(stop))).unwrap();
    let stopped = index(&things, specs(), doc! { "opId": (id as i64) });
    assert_eq!(code(stopped), 11601);
    assert_eq!(index_files(&directory), [""; 0]);
    assert_eq!(things.index_names(), ["_id_"]);
    assert_sound(&database);

    // Closing does not wait for it.
    let (tell, told) = std::sync::mpsc::channel();
    let id = database.op_new();
    let (mut tell, closing) = (Some(tell), database.clone());
    let progress = move |_, _| {
        if let Some(tell) = tell.take() {
            tell.send(()).unwrap();
            while !closing.is_closed() {
                thread::yield_now();
            }
        }
        true
    };
    database
        .op_set_progress(id, Some(Box::new(progress)))
        .unwrap();
    let builder = things.clone();
    let building = thread::spawn(move || index(&builder, specs(), doc! { "opId": (id as i64) }));
    told.recv().unwrap();
    database.close().unwrap();
    let error = building.join().unwrap().unwrap_err();
    assert_eq!(error.status(), Status::Closed, "{error}");
    assert_eq!(index_files(&directory), [""; 0]);
    let database = open(&directory);
    let things = database.collection("things").unwrap();
    assert_eq!(things.index_names(), ["_id_"]);
    assert_eq!(
        index(&things, doc! { "0": { "key": { "n": 1 } } }, doc! {}).unwrap(),
        ["n_1"]
    );
    assert_sound(&database);
}

#[test]
fn builds_of_the_same_index_end_in_one() {
    let database = in_memory();
    let things = fill(&database);
    thread::scope(|scope| {
        let builders: Vec<_> = (0..4)
            .map(|_| scope.spawn(|| things.index(doc! { "key": { "n": 1 } })))
            .collect();
        for builder in builders {
            assert_eq!(builder.join().unwrap().unwrap(), ["n_1"]);
        }
        // Another key under the same name: the second finds the first there.
        let builders = ["mod", "text"].map(|field| {
            let things = &things;
            scope.spawn(move || things.index(doc! { "key": { field: 1 }, "name": "same" }))
        });
        let mut ends =
            builders.map(|builder| builder.join().unwrap().map_or_else(|e| e.code().0, |_| 0));
        ends.sort();
        assert_eq!(ends, [0, 86]);
    });
    assert_eq!(things.index_names(), ["_id_", "n_1", "same"]);

    // One who waits for another build can be stopped.
    let beside = things.clone();
    let specs = doc! { "0": { "key": { "tags": 1 } } };
    index_beside(&database, &things, specs, move || {
        let waiter = thread::spawn(move || {
            index(
                &beside,
                doc! { "0": { "key": { "late": 1 } } },
                doc! { "maxTimeMS": 50 },
            )
        });
        assert_eq!(code(waiter.join().unwrap()), 50);
    })
    .unwrap();
    assert_eq!(things.index_names(), ["_id_", "n_1", "same", "tags_1"]);
    assert_sound(&database);
}

#[test]
fn transactions_that_began_before_an_index_fill_it_too() {
    let database = in_memory();
    let things = fill(&database);
    let before = database.begin(&TransactionOptions::default()).unwrap();
    let inside = before.collection("things").unwrap();
    inside.add(doc! { "_id": 9000, "n": (-1) }).unwrap();
    let beside = database.clone();
    let specs = doc! { "0": { "key": { "n": 1 } } };
    index_beside(&database, &things, specs, move || {
        let transaction = beside.begin(&TransactionOptions::default()).unwrap();
        let inside = transaction.collection("things").unwrap();
        inside.add(doc! { "_id": 9001, "n": (-1) }).unwrap();
        transaction.commit().unwrap();
        // And one that comes to nothing.
        let transaction = beside.begin(&TransactionOptions::default()).unwrap();
        let inside = transaction.collection("things").unwrap();
        inside.add(doc! { "_id": 9002, "n": (-1) }).unwrap();
        transaction.abort().unwrap();
    })
    .unwrap();
    assert_eq!(
        things.ids(doc! { "n": (-1) }, doc! { "hint": "n_1" }),
        [9001]
    );
    before.commit().unwrap();
    let hint = doc! { "hint": "n_1", "sort": { "_id": 1 } };
    assert_eq!(things.ids(doc! { "n": (-1) }, hint), [9000, 9001]);
    assert_sound(&database);
}
