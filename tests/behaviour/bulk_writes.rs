//! Bulk writes: what each model does, what is counted, what stops it.

use ironbase::bson::{Document, Value, doc};
use ironbase::database::options::{BulkWriteOptions, FindOneAndUpdateOptions, TransactionOptions};
use ironbase::database::{BulkWriteResult, Collection};
use ironbase::error::Result;
use serde_json::json;

use crate::shell::{Shell, collection, detail, in_memory};

fn bulk(things: &Collection, ordered: bool, models: Vec<Document>) -> Result<BulkWriteResult> {
    let mut models = models.into_iter();
    let mut next = |model: &mut Vec<u8>| {
        let more = models.next();
        Ok(more.map(|document| document.write_to(model)).is_some())
    };
    let options = BulkWriteOptions {
        ordered,
        ..Default::default()
    };
    things.bulk_write(&mut next, &options)
}

fn insert(document: Document) -> Document {
    doc! { "insertOne": { "document": document } }
}

fn update(filter: Document, update: Document) -> Document {
    doc! { "updateOne": { "filter": filter, "update": update } }
}

#[test]
fn each_write_sees_those_before_it() {
    let things = collection();
    let result = bulk(
        &things,
        true,
        vec![
            insert(doc! { "_id": 1, "n": 1 }),
            insert(doc! { "_id": 2, "n": 2 }),
            update(doc! { "n": 2 }, doc! { "$inc": { "n": 5 } }),
            doc! { "updateMany": { "filter": { "n": { "$gte": 1 } }, "update": { "$set": { "a": [1, 2] } } } },
            update(doc! { "a": 2 }, doc! { "$set": { "a.$": 9 } }),
            doc! { "updateOne": { "filter": { "_id": 2 }, "update": { "$set": { "a.$[x]": 7 } },
            "arrayFilters": [{ "x": { "$gt": 1 } }] } },
            doc! { "replaceOne": { "filter": {}, "replacement": { "z": 1 }, "sort": { "_id": -1 } } },
            doc! { "updateOne": { "filter": { "_id": 7 }, "update": { "$set": { "u": 1 } }, "upsert": true } },
            insert(doc! { "_id": 8 }),
            doc! { "deleteOne": { "filter": { "_id": 1 } } },
            doc! { "deleteMany": { "filter": { "u": 1 } } },
            update(doc! { "_id": 8 }, doc! { "$unset": { "nothing": 1 } }),
        ],
    );
    let result = result.unwrap();
    let ids = |ids: &[(usize, i32)]| -> Vec<_> {
        ids.iter()
            .map(|(at, id)| (*at, Value::Int32(*id)))
            .collect()
    };
    let expected = BulkWriteResult {
        inserted_ids: ids(&[(0, 1), (1, 2), (8, 8)]),
        matched_count: 7,
        modified_count: 6,
        deleted_count: 2,
        upserted_ids: ids(&[(7, 7)]),
    };
    assert_eq!(result, expected);
    assert_eq!(
        things.found(doc! {}),
        [doc! { "_id": 2, "z": 1 }, doc! { "_id": 8 }]
    );
}

#[test]
fn an_ordered_one_stops_at_the_first_refusal_and_tells_what_it_did() {
    let things = collection();
    things.add(doc! { "_id": 3 }).unwrap();
    let error = bulk(
        &things,
        true,
        vec![
            insert(doc! { "_id": 1 }),
            doc! { "updateOne": { "filter": { "_id": 9 }, "update": { "$set": { "a": 1 } }, "upsert": true } },
            insert(doc! { "_id": 2 }),
            insert(doc! { "_id": 3 }),
            insert(doc! { "_id": 4 }),
        ],
    )
    .unwrap_err();
    assert_eq!(error.code().0, 11000);
    let errors = detail(&error, "writeErrors");
    assert_eq!(errors.as_array().unwrap().len(), 1);
    assert_eq!(errors[0]["index"], json!(3));
    assert_eq!(errors[0]["code"], json!(11000));
    assert_eq!(errors[0]["keyPattern"], json!({ "_id": 1 }));
    assert_eq!(errors[0]["keyValue"], json!({ "_id": 3 }));
    assert_eq!(
        detail(&error, "result"),
        &json!({ "insertedCount": 2, "matchedCount": 0, "modifiedCount": 0, "deletedCount": 0,
            "upsertedCount": 1, "insertedIds": { "0": 1, "2": 2 }, "upsertedIds": { "1": 9 } })
    );
    assert_eq!(things.count(doc! {}), 4);
}

#[test]
fn an_unordered_one_makes_all_others() {
    let things = collection();
    things.add(doc! { "_id": 1, "s": "text" }).unwrap();
    let error = bulk(
        &things,
        false,
        vec![
            insert(doc! { "_id": 1 }),
            insert(doc! { "_id": [1] }),
            insert(doc! { "_id": 2 }),
            update(doc! { "_id": 1 }, doc! { "$inc": { "s": 1 } }),
            update(doc! { "_id": 1 }, doc! { "$foo": { "s": 1 } }),
            update(doc! { "$foo": 1 }, doc! { "$set": { "s": 1 } }),
            update(doc! { "_id": 2 }, doc! { "$set": { "s": 1 } }),
            doc! { "deleteMany": { "filter": { "_id": { "$foo": 1 } } } },
        ],
    )
    .unwrap_err();
    let errors = detail(&error, "writeErrors").as_array().unwrap();
    let codes: Vec<_> = errors
        .iter()
        .map(|error| {
            (
                error["index"].as_i64().unwrap(),
                error["code"].as_i64().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        codes,
        [(0, 11000), (1, 53), (3, 14), (4, 9), (5, 2), (7, 2)]
    );
    assert!(
        error.message().ends_with("(and 5 more write errors)"),
        "{error}"
    );
    assert_eq!(things.found(doc! { "_id": 2 }), [doc! { "_id": 2, "s": 1 }]);
}

#[test]
fn malformed_models_stop_it_and_are_named() {
    let cases = [
        (doc! {}, "a model of bulkWrite is a document with one field"),
        (
            doc! { "insertOne": 1 },
            "a model of bulkWrite is a document with one field",
        ),
        (doc! { "insertOne": {}, "deleteOne": {} }, "with one field"),
        (doc! { "upsertOne": {} }, "with one field"),
        (
            doc! { "insertOne": {} },
            "insertOne of bulkWrite needs \"document\"",
        ),
        (
            doc! { "insertOne": { "document": 1 } },
            "needs a document, found 1",
        ),
        (
            doc! { "updateOne": { "filter": {} } },
            "updateOne of bulkWrite needs \"update\"",
        ),
        (
            doc! { "replaceOne": { "filter": {}, "update": {} } },
            "no option \"update\"",
        ),
        (
            doc! { "deleteOne": { "filter": {}, "upsert": true } },
            "no option \"upsert\"",
        ),
    ];
    for (model, message) in cases {
        let things = collection();
        let models = vec![
            insert(doc! { "_id": 1 }),
            model.clone(),
            insert(doc! { "_id": 2 }),
        ];
        let error = bulk(&things, false, models).unwrap_err();
        assert!(error.message().contains(message), "{model:?}: {error}");
        assert!(error.message().starts_with("models[1]: "), "{error}");
        assert_eq!(
            detail(&error, "result")["insertedCount"],
            json!(1),
            "{model:?}"
        );
        assert_eq!(things.count(doc! {}), 1, "{model:?}");
    }
    let error = bulk(&collection(), true, Vec::new()).unwrap_err();
    assert_eq!(error.code().0, 16);
}

#[test]
fn many_writes_of_all_kinds_come_to_what_they_would_one_by_one() {
    let (together, apart) = (collection(), collection());
    for things in [&together, &apart] {
        things.index(doc! { "key": { "n": 1 } }).unwrap();
    }
    let mut models = Vec::new();
    for n in 0..6000 {
        models.push(insert(doc! { "_id": n, "n": (n % 50) }));
        apart.add(doc! { "_id": n, "n": (n % 50) }).unwrap();
        if n % 7 == 0 {
            let (by, change) = (
                doc! { "_id": (n / 2) },
                doc! { "$inc": { "n": 1 }, "$push": { "l": n } },
            );
            models.push(update(by.clone(), change.clone()));
            apart.update(by, change).unwrap();
        }
        if n % 500 == 499 {
            models.push(doc! { "deleteMany": { "filter": { "n": 3 } } });
            apart.delete_all(doc! { "n": 3 });
        }
    }
    bulk(&together, true, models).unwrap();
    assert_eq!(together.found(doc! {}), apart.found(doc! {}));
    for n in 0..52 {
        assert_eq!(
            together.count(doc! { "n": n }),
            apart.count(doc! { "n": n })
        );
    }
}

#[test]
fn in_a_transaction_all_of_it_is_done_or_none() {
    let database = in_memory();
    let things = database.collection("things").unwrap();
    things.add(doc! { "_id": 1, "n": 1 }).unwrap();
    for commits in [false, true] {
        let transaction = database.begin(&TransactionOptions::default()).unwrap();
        let inside = transaction.collection("things").unwrap();
        let models = vec![
            insert(doc! { "_id": 2, "n": 2 }),
            update(doc! { "_id": 1 }, doc! { "$inc": { "n": 10 } }),
            doc! { "deleteOne": { "filter": { "_id": 2 } } },
            insert(doc! { "_id": 3, "n": 3 }),
        ];
        let result = bulk(&inside, true, models).unwrap();
        assert_eq!((result.modified_count, result.deleted_count), (1, 1));
        let (filter, change) = (doc! { "_id": 3 }, doc! { "$set": { "n": 30 } });
        inside
            .find_one_and_update(
                &filter.to_bytes(),
                &change.to_bytes(),
                &FindOneAndUpdateOptions::default(),
            )
            .unwrap();
        assert_eq!(inside.count(doc! { "n": { "$gte": 11 } }), 2);
        assert_eq!(things.count(doc! { "n": { "$gte": 11 } }), 0);
        if commits {
            transaction.commit().unwrap();
        } else {
            transaction.abort().unwrap();
        }
        let expected = if commits { 2 } else { 0 };
        assert_eq!(things.count(doc! { "n": { "$gte": 11 } }), expected);
    }
    assert_eq!(things.ids(doc! {}, doc! {}), [1, 3]);
}
