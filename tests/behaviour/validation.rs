//! Validators: every way in is checked, levels and actions, what the error says, and that all of it survives.

use ironbase::bson::{Document, RawDoc, Value, doc};
use ironbase::database::options::{
    BulkWriteOptions, FindOneAndUpdateOptions, InsertManyOptions, UpdateOptions, WriteOptions,
};
use ironbase::database::{Collection, Database};
use ironbase::error::{Error, Result, Status};

use crate::shell::{Shell, TempDir, at, documents, in_memory, open};

fn create(database: &Database, options: Document) -> Collection {
    let options = options.to_bytes();
    database
        .create_collection("things", RawDoc::trusted(&options))
        .unwrap();
    database.collection("things").unwrap()
}

fn coll_mod(database: &Database, options: Document) -> Result<()> {
    database.coll_mod("things", RawDoc::trusted(&options.to_bytes()))
}

fn adults() -> Document {
    doc! { "validator": { "age": { "$gte": 18 } } }
}

fn insert(things: &Collection, document: Document) -> Result<Value> {
    things.insert_one(&document.to_bytes(), &WriteOptions::default())
}

fn insert_all(
    things: &Collection,
    all: Vec<Document>,
    options: &InsertManyOptions,
) -> Result<usize> {
    let mut rest = all.into_iter();
    let mut next = |out: &mut Vec<u8>| {
        let document = rest.next();
        out.extend(document.iter().flat_map(Document::to_bytes));
        Ok(document.is_some())
    };
    Ok(things.insert_many(&mut next, options)?.inserted_ids.len())
}

fn update(things: &Collection, filter: Document, update: Document) -> Result<u64> {
    let options = UpdateOptions::default();
    let result = things.update_many(&filter.to_bytes(), &update.to_bytes(), &options)?;
    Ok(result.modified_count)
}

fn listed_options(database: &Database) -> Document {
    let listed = documents(&database.list_collections(RawDoc::EMPTY).unwrap());
    match at(&listed[0], "options") {
        Some(Value::Document(options)) => options,
        other => panic!("{other:?}"),
    }
}

/// The error as its code, and a value of its `errInfo` by JSON pointer.
fn refused<T: std::fmt::Debug>(result: Result<T>) -> Error {
    let error = result.unwrap_err();
    assert_eq!(
        (error.status(), error.code().0),
        (Status::Validation, 121),
        "{error}"
    );
    assert_eq!(error.message(), "Document failed validation");
    error
}

#[test]
fn every_way_in_is_checked() {
    let database = in_memory();
    let things = create(&database, adults());
    insert(&things, doc! { "_id": 1, "age": 20 }).unwrap();
    refused(insert(&things, doc! { "_id": 2, "age": 2 }));
    refused(insert(&things, doc! { "_id": 2 }));
    refused(update(&things, doc! {}, doc! { "$set": { "age": 3 } }));
    let upsert = UpdateOptions {
        upsert: true,
        ..UpdateOptions::default()
    };
    let one = |filter: Document, change: Document| {
        things.update_one(&filter.to_bytes(), &change.to_bytes(), &upsert)
    };
    refused(one(doc! { "_id": 1 }, doc! { "$unset": { "age": 1 } }));
    refused(one(doc! { "_id": 9 }, doc! { "$set": { "age": 3 } }));
    let replace = |id: i32, by: Document| {
        things.replace_one(&doc! { "_id": id }.to_bytes(), &by.to_bytes(), &upsert)
    };
    refused(replace(1, doc! { "age": 3 }));
    refused(replace(9, doc! {}));
    replace(9, doc! { "age": 30 }).unwrap();
    // What does not change is not looked at, and what is valid is taken.
    assert_eq!(
        update(&things, doc! {}, doc! { "$set": { "a": 1 } }).unwrap(),
        2
    );
    assert_eq!(things.count(doc! {}), 2);
}

#[test]
fn findandmodify_bulk_writes_and_transactions_are_checked_too() {
    let database = in_memory();
    let things = create(&database, adults());
    insert(&things, doc! { "_id": 1, "age": 20 }).unwrap();
    let failing = |error: Error| error.details()["errInfo"]["failingDocumentId"].clone();
    let options = |upsert: bool| {
        let options = doc! { "upsert": upsert, "returnDocument": "after" }.to_bytes();
        FindOneAndUpdateOptions::from_bson(RawDoc::trusted(&options)).unwrap()
    };
    let modify = |id: i32, update: Vec<u8>, upsert: bool| {
        things.find_one_and_update(&doc! { "_id": id }.to_bytes(), &update, &options(upsert))
    };
    let young = || doc! { "$set": { "age": 3 } }.to_bytes();
    let pipeline = || doc! { "0": { "$set": { "age": { "$subtract": ["$age", 17] } } } }.to_bytes();
    assert_eq!(failing(refused(modify(1, young(), false))), 1);
    assert_eq!(failing(refused(modify(1, pipeline(), false))), 1);
    assert_eq!(failing(refused(modify(9, young(), true))), 9);
    let replace = |id: i32, upsert: bool| {
        let (filter, by) = (doc! { "_id": id }.to_bytes(), doc! { "age": 4 }.to_bytes());
        things.find_one_and_replace(&filter, &by, &options(upsert))
    };
    assert_eq!(failing(refused(replace(1, false))), 1);
    assert_eq!(failing(refused(replace(9, true))), 9);
    assert_eq!(things.found(doc! {}), [doc! { "_id": 1, "age": 20 }]);

    let bulk = |ordered: bool| {
        let mut models = [
            doc! { "insertOne": { "document": { "_id": 2, "age": 2 } } },
            doc! { "updateOne": { "filter": { "_id": 1 }, "update": { "$inc": { "age": -10 } } } },
            doc! { "updateMany": { "filter": {}, "update": [{ "$set": { "age": 1 } }] } },
            doc! { "replaceOne": { "filter": { "_id": 3 }, "replacement": { "age": 1 }, "upsert": true } },
            doc! { "insertOne": { "document": { "_id": 4, "age": 40 } } },
        ]
        .into_iter();
        let mut next = |out: &mut Vec<u8>| {
            let model = models.next();
            out.extend(model.iter().flat_map(Document::to_bytes));
            Ok(model.is_some())
        };
        let options = doc! { "ordered": ordered }.to_bytes();
        let options = BulkWriteOptions::from_bson(RawDoc::trusted(&options)).unwrap();
        things.bulk_write(&mut next, &options).unwrap_err()
    };
    let error = bulk(true);
    assert_eq!(error.details()["writeErrors"].as_array().unwrap().len(), 1);
    let error = bulk(false);
    let errors = error.details()["writeErrors"].as_array().unwrap();
    let ids = errors.iter().map(|error| {
        (
            &error["index"],
            &error["code"],
            &error["errInfo"]["failingDocumentId"],
        )
    });
    let expected =
        [(0, 2), (1, 1), (2, 1), (3, 3)].map(|(index, id)| (index.into(), 121.into(), id.into()));
    assert!(
        ids.eq(expected.iter().map(|(index, code, id)| (index, code, id))),
        "{errors:?}"
    );
    assert_eq!(things.count(doc! {}), 2);

    let transaction = database.begin(&Default::default()).unwrap();
    let inside = transaction.collection("things").unwrap();
    inside.add(doc! { "_id": 5, "age": 50 }).unwrap();
    assert_eq!(
        failing(refused(inside.add(doc! { "_id": 6, "age": 6 }).map(drop))),
        6
    );
    assert_eq!(transaction.commit().unwrap_err().code().0, 251);
    assert_eq!(things.count(doc! {}), 2);
}

#[test]
fn a_refused_document_takes_no_other_with_it() {
    let database = in_memory();
    let things = create(&database, adults());
    let all = || {
        (0..4)
            .map(|i| doc! { "_id": i, "age": (17 + i) })
            .collect::<Vec<_>>()
    };
    let unordered = InsertManyOptions {
        ordered: false,
        ..InsertManyOptions::default()
    };
    let error = refused(insert_all(&things, all(), &unordered));
    let entry = &error.details()["writeErrors"][0];
    assert_eq!((&entry["index"], &entry["code"]), (&0.into(), &121.into()));
    assert_eq!(entry["errInfo"]["failingDocumentId"], 0);
    assert_eq!(things.count(doc! {}), 3);
    refused(insert_all(&things, all(), &InsertManyOptions::default()));
    assert_eq!(things.count(doc! {}), 3);
}

#[test]
fn the_error_says_what_is_wrong() {
    let database = in_memory();
    let things = create(&database, adults());
    let error = refused(insert(&things, doc! { "_id": 7, "age": 2 }));
    let expected = serde_json::json!({
        "failingDocumentId": 7,
        "details": {
            "operatorName": "$gte", "specifiedAs": { "age": { "$gte": 18 } },
            "reason": "comparison failed", "consideredValue": 2,
        },
    });
    assert_eq!(error.details()["errInfo"], expected);
    let schema = doc! { "$jsonSchema": { "required": ["name"], "title": "person" } };
    coll_mod(&database, doc! { "validator": schema }).unwrap();
    let error = refused(insert(&things, doc! { "_id": 7 }));
    let details = &error.details()["errInfo"]["details"];
    assert_eq!(details["title"], "person");
    assert_eq!(
        details["schemaRulesNotSatisfied"][0]["missingProperties"][0],
        "name"
    );
}

#[test]
fn bypass_off_moderate_and_warn_let_documents_through() {
    let database = in_memory();
    let things = create(&database, adults());
    let bypass = WriteOptions {
        bypass_document_validation: true,
        ..WriteOptions::default()
    };
    things
        .insert_one(&doc! { "_id": 1 }.to_bytes(), &bypass)
        .unwrap();
    refused(update(
        &things,
        doc! { "_id": 1 },
        doc! { "$set": { "b": 1 } },
    ));
    // Moderate: what is not valid as it is may be changed, and made invalid may nothing be.
    coll_mod(&database, doc! { "validationLevel": "moderate" }).unwrap();
    assert_eq!(
        update(&things, doc! { "_id": 1 }, doc! { "$set": { "b": 1 } }).unwrap(),
        1
    );
    insert(&things, doc! { "_id": 2, "age": 40 }).unwrap();
    refused(update(
        &things,
        doc! { "_id": 2 },
        doc! { "$set": { "age": 4 } },
    ));
    refused(insert(&things, doc! { "_id": 3 }));
    coll_mod(&database, doc! { "validationAction": "warn" }).unwrap();
    insert(&things, doc! { "_id": 3 }).unwrap();
    coll_mod(&database, doc! { "validationAction": "errorAndLog" }).unwrap();
    refused(insert(&things, doc! { "_id": 4 }));
    coll_mod(&database, doc! { "validationLevel": "off" }).unwrap();
    insert(&things, doc! { "_id": 4 }).unwrap();
    coll_mod(
        &database,
        doc! { "validationLevel": "strict", "validator": {} },
    )
    .unwrap();
    insert(&things, doc! { "_id": 5 }).unwrap();
}

#[test]
fn validators_survive_the_log_checkpoints_and_renaming() {
    let directory = TempDir::new();
    // Larger than a page.
    let names: Vec<Value> = (0..2000)
        .map(|i| format!("field number {i}").into())
        .collect();
    let large = doc! { "$or": [{ "age": { "$gte": 18 } }, { "name": { "$in": names } }] };
    let given = doc! { "validator": large, "validationLevel": "moderate" };
    {
        let database = open(&directory);
        create(&database, given.clone());
        database.close().unwrap();
    }
    for checkpoint in [false, true] {
        let database = open(&directory);
        assert_eq!(listed_options(&database), given);
        let things = database.collection("things").unwrap();
        refused(insert(&things, doc! { "_id": 1, "age": 1 }));
        let action = if checkpoint { "error" } else { "warn" };
        coll_mod(&database, doc! { "validationAction": action }).unwrap();
        if checkpoint {
            database.checkpoint().unwrap();
        }
        database
            .rename_collection("things", "others", false)
            .unwrap();
        database
            .rename_collection("others", "things", false)
            .unwrap();
        assert_eq!(
            at(&listed_options(&database), "validationAction"),
            Some(action.into())
        );
        coll_mod(&database, given.clone()).unwrap();
        let reset = doc! { "validationAction": "error" };
        coll_mod(&database, reset).unwrap();
        database.close().unwrap();
        let database = open(&directory);
        assert_eq!(
            at(&listed_options(&database), "validationAction"),
            Some("error".into())
        );
        // As it was given at first.
        let things = database.collection("things").unwrap();
        things.drop().unwrap();
        create(&database, given.clone());
        database.close().unwrap();
    }
}

#[test]
fn wrong_validators_are_refused() {
    let database = in_memory();
    let code = |options: Document| {
        let options = options.to_bytes();
        let made = database.create_collection("things", RawDoc::trusted(&options));
        made.unwrap_err().code().0
    };
    assert_eq!(code(doc! { "validator": { "a": { "$foo": 1 } } }), 2);
    assert_eq!(
        code(doc! { "validator": { "$jsonSchema": { "typ": 1 } } }),
        9
    );
    assert_eq!(code(doc! { "validationLevel": "some" }), 2);
    assert_eq!(coll_mod(&database, adults()).unwrap_err().code().0, 26);
    create(&database, doc! {});
    assert_eq!(
        coll_mod(&database, doc! { "validatr": {} })
            .unwrap_err()
            .code()
            .0,
        40415
    );
    let things = database.collection("things").unwrap();
    insert(&things, doc! { "_id": 1 }).unwrap();
    // What is there already is not looked at.
    coll_mod(&database, adults()).unwrap();
    assert_eq!(listed_options(&database), adults());
    refused(insert(&things, doc! { "_id": 2 }));
}
