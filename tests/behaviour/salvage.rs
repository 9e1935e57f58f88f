//! Salvage makes a new database of a damaged one: collections of all kinds, their options, their indexes.

use std::sync::Arc;

use ironbase::bson::{Document, RawDoc, Value, doc};
use ironbase::database::options::{
    CountOptions, InsertManyOptions, OpenOptions, SalvageOptions, VerifyOptions, WriteOptions,
};
use ironbase::database::{Database, salvage_on};
use ironbase::error::Status;
use ironbase::storage::vfs::Vfs;
use ironbase::storage::vfs::sim::SimVfs;

fn open(disk: &SimVfs) -> Database {
    let options = OpenOptions {
        page_size: 4096,
        ..OpenOptions::default()
    };
    Database::open_on(Arc::new(disk.clone()), "sim", options, false).unwrap()
}

fn create(database: &Database, name: &str, options: Document) {
    database
        .create_collection(name, RawDoc::trusted(&options.to_bytes()))
        .unwrap();
}

fn fill(database: &Database, name: &str, from: i32, to: i32) {
    let mut n = from;
    let mut next = |out: &mut Vec<u8>| {
        let document = doc! { "_id": (format!("id-{n}")), "n": n, "text": ("x".repeat(60)) };
        out.extend_from_slice(&document.to_bytes());
        n += 1;
        Ok(n <= to)
    };
    let collection = database.collection(name).unwrap();
    collection
        .insert_many(&mut next, &InsertManyOptions::default())
        .unwrap();
}

fn index(database: &Database, name: &str, spec: Document) {
    let specs = doc! { "0": spec }.to_bytes();
    let collection = database.collection(name).unwrap();
    collection
        .create_indexes(RawDoc::trusted(&specs), &WriteOptions::default())
        .unwrap();
}

/// A database with collections of all kinds, a checkpoint in the midst of its making.
fn damaged() -> SimVfs {
    let disk = SimVfs::new();
    let database = open(&disk);
    for (name, options) in [
        ("plain", doc! {}),
        ("log", doc! { "capped": true, "size": 1000000, "max": 150 }),
        ("words", doc! { "collation": { "locale": "de" } }),
        ("checked", doc! { "validator": { "n": { "$gte": 0 } } }),
        ("Größe", doc! {}),
    ] {
        create(&database, name, options);
        fill(&database, name, 0, 200);
        index(&database, name, doc! { "key": { "n": 1 }, "unique": true });
    }
    database.checkpoint().unwrap();
    fill(&database, "plain", 200, 250);
    create(&database, "late", doc! {});
    fill(&database, "late", 0, 50);
    database
        .rename_collection("checked", "renamed", false)
        .unwrap();
    let plain = database.collection("plain").unwrap();
    plain
        .delete_one(&doc! { "n": 5 }.to_bytes(), &Default::default())
        .unwrap();
    // Not closed: as after a crash.
    disk.fork()
}

fn salvaged(from: &SimVfs) -> (Document, Database) {
    let to = SimVfs::new();
    let from = Arc::new(from.reader());
    let report = salvage_on(from, Arc::new(to.clone()), &SalvageOptions::default(), None).unwrap();
    (report, open(&to))
}

fn counts(database: &Database) -> Vec<(&'static str, i64)> {
    let names = ["plain", "log", "words", "renamed", "Größe", "late"];
    let count = |name: &&'static str| {
        let collection = database.collection(name).unwrap();
        let all = doc! {}.to_bytes();
        (
            *name,
            collection
                .count_documents(&all, &CountOptions::default())
                .unwrap(),
        )
    };
    names.iter().map(count).collect()
}

fn assert_sound(database: &Database) {
    let result = database.verify(&VerifyOptions::default()).unwrap();
    assert_eq!(
        result.get("valid"),
        Some(&Value::Boolean(true)),
        "{result:?}"
    );
}

const WHOLE: [(&str, i64); 6] = [
    ("plain", 249),
    ("log", 150),
    ("words", 200),
    ("renamed", 200),
    ("Größe", 200),
    ("late", 50),
];

#[test]
fn a_sound_database_comes_out_as_it_was() {
    let disk = damaged();
    let (report, database) = salvaged(&disk);
    assert_sound(&database);
    assert_eq!(counts(&database), WHOLE);
    let number = |field: &str| report.get(field).cloned();
    assert_eq!(number("documents"), Some(Value::Int64(1049)));
    assert_eq!(number("lostDocuments"), Some(Value::Int64(0)));
    assert_eq!(number("lostCommits"), Some(Value::Int64(0)));
    assert_eq!(
        number("notes"),
        Some(Value::Array(Vec::new())),
        "{report:?}"
    );
    // Options and indexes too.
    let original = open(&disk);
    let list = |database: &Database| {
        database
            .list_collections(RawDoc::trusted(&doc! {}.to_bytes()))
            .unwrap()
    };
    assert_eq!(list(&database), list(&original));
    for (name, _) in WHOLE {
        let indexes =
            |database: &Database| database.collection(name).unwrap().list_indexes().unwrap();
        assert_eq!(indexes(&database), indexes(&original), "{name}");
    }
    let log = database.collection("log").unwrap();
    log.insert_one(
        &doc! { "_id": "new", "n": (-1) }.to_bytes(),
        &WriteOptions::default(),
    )
    .unwrap();
    assert_eq!(counts(&database)[1], ("log", 150));
}

fn names(database: &Database) -> Vec<String> {
    let listed = database.list_collections(RawDoc::trusted(&doc! {}.to_bytes()));
    RawDoc::trusted(&listed.unwrap())
        .iter()
        .filter_map(|(_, entry)| Some(entry.as_document()?.get("name")?.as_str()?.to_string()))
        .collect()
}

#[test]
fn a_log_that_reaches_back_far_enough_tells_all_that_the_catalog_did() {
    let disk = damaged();
    disk.remove("metadata.mlite").unwrap();
    let (report, database) = salvaged(&disk);
    assert_sound(&database);
    assert_eq!(counts(&database), WHOLE, "{report:?}");
    assert_eq!(names(&database).len(), WHOLE.len());
}

#[test]
fn without_a_catalog_documents_come_back_in_collections_named_after_their_files() {
    let disk = damaged();
    disk.remove("metadata.mlite").unwrap();
    for path in disk
        .paths()
        .into_iter()
        .filter(|path| path.ends_with(".wal"))
    {
        disk.remove(&path).unwrap();
    }
    let (report, database) = salvaged(&disk);
    assert_sound(&database);
    let names = names(&database);
    let mut total = 0;
    for name in &names {
        let count = database
            .collection(name)
            .unwrap()
            .count_documents(&doc! {}.to_bytes(), &CountOptions::default())
            .unwrap();
        // What a capped collection had dropped long ago may be back.
        let expected = if name == "log" { 150..=200 } else { 200..=200 };
        assert!(expected.contains(&count), "{name}: {count}, {report:?}");
        total += 1;
    }
    assert_eq!(total, 5, "{names:?}");
    for name in ["plain", "log", "words", "checked"] {
        assert!(names.iter().any(|found| found == name), "{name}: {names:?}");
    }
}

#[test]
fn a_full_disk_leaves_nothing_behind() {
    let disk = damaged();
    let needed = {
        let to = SimVfs::new();
        salvage_on(
            Arc::new(disk.reader()),
            Arc::new(to.clone()),
            &SalvageOptions::default(),
            None,
        )
        .unwrap();
        to.paths()
            .iter()
            .map(|path| to.contents(path).unwrap().len() as u64)
            .sum::<u64>()
    };
    let mut failures = 0;
    for part in 0..20 {
        let to = SimVfs::new();
        to.set_capacity(Some(needed * part / 20));
        let saved = salvage_on(
            Arc::new(disk.reader()),
            Arc::new(to.clone()),
            &SalvageOptions::default(),
            None,
        );
        let Err(error) = saved else { continue };
        failures += 1;
        assert_eq!(error.status(), Status::Full, "{error}");
        let left: Vec<String> = to
            .paths()
            .into_iter()
            .filter(|path| path != "lock")
            .collect();
        assert_eq!(left, [""; 0], "{error}");
        to.set_capacity(None);
        salvage_on(
            Arc::new(disk.reader()),
            Arc::new(to.clone()),
            &SalvageOptions::default(),
            None,
        )
        .unwrap();
        assert_eq!(counts(&open(&to)), WHOLE);
    }
    assert!(failures >= 10, "{failures}");
}

#[test]
fn what_is_there_already_is_not_touched() {
    let (disk, other) = (damaged(), damaged());
    let before: Vec<_> = other
        .paths()
        .iter()
        .map(|path| other.contents(path).unwrap())
        .collect();
    let refused = salvage_on(
        Arc::new(disk.reader()),
        Arc::new(other.clone()),
        &SalvageOptions::default(),
        None,
    );
    assert_eq!(refused.unwrap_err().status(), Status::Argument);
    let after: Vec<_> = other
        .paths()
        .iter()
        .map(|path| other.contents(path).unwrap())
        .collect();
    assert!(before == after);
    let nothing = salvage_on(
        Arc::new(SimVfs::new().reader()),
        Arc::new(SimVfs::new()),
        &SalvageOptions::default(),
        None,
    );
    assert_eq!(nothing.unwrap_err().status(), Status::NotFound);
}
