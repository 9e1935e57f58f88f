//! Collections: made, listed, renamed, dropped; reading one that is not there; opening and its options.

use ironbase::bson::{Document, RawDoc, Value, doc};
use ironbase::database::Database;
use ironbase::database::options::{FindOptions, OpenOptions};
use ironbase::error::Status;

use crate::shell::{Shell, TempDir, at, code, detail, document, documents, in_memory, open};

fn names(database: &Database, filter: Document) -> Vec<String> {
    let filter = filter.to_bytes();
    let listed = documents(
        &database
            .list_collections(RawDoc::new(&filter).unwrap())
            .unwrap(),
    );
    let name = |entry: &Document| entry.get("name").and_then(Value::as_str).map(String::from);
    let mut names: Vec<String> = listed
        .iter()
        .map(|entry| name(entry).expect("a name"))
        .collect();
    names.sort_unstable();
    names
}

fn make(database: &Database, name: &str) {
    database.create_collection(name, RawDoc::EMPTY).unwrap();
}

#[test]
fn collections_are_listed_and_filtered() {
    let database = in_memory();
    assert_eq!(names(&database, doc! {}), [""; 0]);
    make(&database, "users");
    make(&database, "users");
    make(&database, "orders.2024");
    database
        .collection("größe")
        .unwrap()
        .add(doc! { "_id": 1 })
        .unwrap();
    assert_eq!(names(&database, doc! {}), ["größe", "orders.2024", "users"]);
    assert_eq!(names(&database, doc! { "name": "users" }), ["users"]);
    let pattern = Value::Regex {
        pattern: "^o".to_string(),
        options: String::new(),
    };
    assert_eq!(names(&database, doc! { "name": pattern }), ["orders.2024"]);
    assert_eq!(names(&database, doc! { "type": "view" }), [""; 0]);
    let all = database.list_collections(RawDoc::new(&doc! { "name": "users" }.to_bytes()).unwrap());
    let entry = &documents(&all.unwrap())[0];
    assert_eq!(entry.get("type"), Some(&"collection".into()));
    assert_eq!(at(entry, "idIndex.key._id"), Some(1.into()));
    assert_eq!(at(entry, "info.readOnly"), Some(false.into()));
}

#[test]
fn names_that_could_be_mistaken_for_each_other_are_different_collections() {
    let directory = TempDir::new();
    let all = [
        "users",
        "Users",
        "USERS",
        "users_a",
        "users.a",
        "a/b",
        "a\\b",
        "..x".trim_start_matches('.'),
        "con",
        " ",
        "ü",
        "u\u{308}",
        "%41",
    ];
    let database = open(&directory);
    for (number, name) in (0..).zip(all) {
        let things = database.collection(name).unwrap();
        things.add(doc! { "_id": number }).unwrap();
        things.index(doc! { "key": { "a": 1 } }).unwrap();
        things
            .index(doc! { "key": { "A": 1 }, "name": "../../a_1" })
            .unwrap();
    }
    database.close().unwrap();
    let database = open(&directory);
    for (number, name) in (0..).zip(all) {
        assert_eq!(
            database.collection(name).unwrap().only(),
            doc! { "_id": number },
            "{name}"
        );
    }
    assert_eq!(names(&database, doc! {}).len(), all.len());
    // All of it inside the database's directory.
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 1);
}

#[test]
fn reading_a_collection_that_does_not_exist_is_empty_and_writing_makes_it() {
    let database = in_memory();
    let none = database.collection("none").unwrap();
    assert_eq!(none.found(doc! { "a": 1 }), []);
    assert_eq!(none.count(doc! {}), 0);
    let all = RawDoc::EMPTY.as_bytes();
    assert_eq!(
        none.find_one_with(all, &FindOptions::default(), &mut |_| ())
            .unwrap(),
        None
    );
    assert_eq!(
        none.update(doc! {}, doc! { "$set": { "a": 1 } })
            .unwrap()
            .matched_count,
        0
    );
    assert_eq!(
        none.update_all(doc! {}, doc! { "$set": { "a": 1 } })
            .unwrap()
            .matched_count,
        0
    );
    assert_eq!(
        none.replace(doc! {}, doc! { "a": 1 }, false)
            .unwrap()
            .matched_count,
        0
    );
    assert_eq!((none.delete(doc! {}), none.delete_all(doc! {})), (0, 0));
    none.drop().unwrap();
    assert_eq!(names(&database, doc! {}), [""; 0]);
    none.upsert(doc! { "_id": 1 }, doc! { "$set": { "a": 1 } })
        .unwrap();
    database
        .collection("more")
        .unwrap()
        .index(doc! { "key": { "a": 1 } })
        .unwrap();
    assert_eq!(names(&database, doc! {}), ["more", "none"]);
}

#[test]
fn a_refused_write_does_not_make_a_collection() {
    let database = in_memory();
    let none = database.collection("none").unwrap();
    none.add(doc! { "_id": [] }).unwrap_err();
    none.index(doc! { "key": { "a": 0 } }).unwrap_err();
    none.upsert(doc! { "_id": 1 }, doc! { "$set": { "_id": 2 } })
        .unwrap_err();
    none.replace(doc! { "_id": 1 }, doc! { "_id": 2 }, true)
        .unwrap_err();
    assert_eq!(names(&database, doc! {}), [""; 0]);
}

#[test]
fn strict_collections_names_the_ones_there_are() {
    let options = OpenOptions {
        strict_collections: true,
        ..OpenOptions::default()
    };
    let database = Database::open(":memory:", options).unwrap();
    make(&database, "users");
    make(&database, "orders");
    let wrong = database.collection("user").unwrap();
    let id = doc! { "_id": 1 }.to_bytes();
    for error in [
        wrong.cursor(doc! {}, doc! {}).map(drop).unwrap_err(),
        wrong
            .count_documents(RawDoc::EMPTY.as_bytes(), &Default::default())
            .map(drop)
            .unwrap_err(),
        wrong
            .find_one_with(&id, &FindOptions::default(), &mut |_| ())
            .map(drop)
            .unwrap_err(),
    ] {
        assert_eq!((error.status(), error.code().0), (Status::NotFound, 26));
        assert!(error.message().contains("\"users\""), "{error}");
        let mut there: Vec<&str> = detail(&error, "availableCollections")
            .as_array()
            .unwrap()
            .iter()
            .filter_map(|name| name.as_str())
            .collect();
        there.sort_unstable();
        assert_eq!(there, ["orders", "users"]);
    }
    assert_eq!(database.collection("users").unwrap().count(doc! {}), 0);
}

#[test]
fn a_renamed_collection_keeps_documents_and_indexes() {
    let directory = TempDir::new();
    let database = open(&directory);
    let old = database.collection("old").unwrap();
    old.index(doc! { "key": { "a": 1 }, "unique": true })
        .unwrap();
    old.add_all((0..500).map(|n| doc! { "_id": n, "a": n }));
    database.rename_collection("old", "new", false).unwrap();
    assert_eq!(old.count(doc! {}), 0);
    let new = database.collection("new").unwrap();
    assert_eq!(new.ids(doc! { "a": 7 }, doc! {}), [7]);
    assert_eq!(code(new.add(doc! { "a": 7 })), 11000);
    // The old name is free: another collection takes it, and files do not collide.
    old.add(doc! { "_id": "another" }).unwrap();
    old.index(doc! { "key": { "a": 1 } }).unwrap();
    database.close().unwrap();
    let database = open(&directory);
    assert_eq!(names(&database, doc! {}), ["new", "old"]);
    assert_eq!(
        database
            .collection("new")
            .unwrap()
            .count(doc! { "a": { "$gte": 0 } }),
        500
    );
    assert_eq!(
        database.collection("old").unwrap().only(),
        doc! { "_id": "another" }
    );
}

#[test]
fn renaming_is_refused_as_the_server_refuses_it() {
    let database = in_memory();
    database
        .collection("a")
        .unwrap()
        .add(doc! { "_id": 1 })
        .unwrap();
    database
        .collection("b")
        .unwrap()
        .add(doc! { "_id": 2 })
        .unwrap();
    for (from, to, expected) in [
        ("none", "c", 26),
        ("a", "b", 48),
        ("a", "a", 20),
        ("a", "x$y", 73),
        ("a", "", 73),
    ] {
        assert_eq!(
            code(database.rename_collection(from, to, false)),
            expected,
            "{from:?} to {to:?}"
        );
    }
    assert_eq!(code(database.rename_collection("none", "b", true)), 26);
    assert_eq!(names(&database, doc! {}), ["a", "b"]);
    database.rename_collection("a", "b", true).unwrap();
    assert_eq!(names(&database, doc! {}), ["b"]);
    assert_eq!(database.collection("b").unwrap().only(), doc! { "_id": 1 });
    database.rename_collection("b", "c", true).unwrap();
    assert_eq!(names(&database, doc! {}), ["c"]);
}

#[test]
fn a_dropped_collection_is_gone_with_its_indexes_and_its_files() {
    let directory = TempDir::new();
    let database = open(&directory);
    let things = database.collection("things").unwrap();
    let text = "x".repeat(500);
    for round in 0..3 {
        things.index(doc! { "key": { "a": 1 } }).unwrap();
        things.add_all((0..2000).map(|n| doc! { "_id": n, "a": round, "text": (text.as_str()) }));
        assert_eq!(things.count(doc! { "a": round }), 2000);
        database.checkpoint().unwrap();
        things.drop().unwrap();
        assert_eq!(things.count(doc! {}), 0);
        assert_eq!(code(things.list_indexes()), 26);
    }
    database.checkpoint().unwrap();
    let files = std::fs::read_dir(directory.database()).unwrap();
    let left: Vec<_> = files
        .map(|file| file.unwrap().file_name().to_string_lossy().into_owned())
        .filter(|name| name.starts_with("things"))
        .collect();
    assert_eq!(left, [""; 0]);
}

#[test]
fn stats_count_what_is_there() {
    let database = in_memory();
    let things = database.collection("things").unwrap();
    things.index(doc! { "key": { "a": 1 } }).unwrap();
    things.add_all((0..10).map(|n| doc! { "_id": n }));
    make(&database, "empty");
    let stats = document(&database.stats().unwrap());
    for (name, expected) in [("collections", 2), ("objects", 10), ("indexes", 3)] {
        assert_eq!(stats.get(name), Some(&Value::Int64(expected)), "{name}");
    }
}
