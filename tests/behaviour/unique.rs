//! Unique indexes: what a duplicate is, and what the error says of it.

use ironbase::bson::doc;
use ironbase::error::Status;
use serde_json::json;

use crate::shell::{Shell, collection, detail};

#[test]
fn a_unique_index_over_duplicates_is_not_built_and_both_documents_are_named() {
    let things = collection();
    things.add_all((0..3000).map(|n| doc! { "_id": n, "email": (format!("{n}@x")) }));
    things
        .update(doc! { "_id": 2500 }, doc! { "$set": { "email": "17@x" } })
        .unwrap();
    let error = things
        .index(doc! { "key": { "email": 1 }, "unique": true })
        .unwrap_err();
    assert_eq!(
        (error.status(), error.code().0),
        (Status::DuplicateKey, 11000)
    );
    assert!(
        error
            .message()
            .contains("index: email_1 dup key: { email: \"17@x\" }"),
        "{error}"
    );
    assert_eq!(detail(&error, "keyPattern"), &json!({ "email": 1 }));
    assert_eq!(detail(&error, "keyValue"), &json!({ "email": "17@x" }));
    let mut ids =
        [detail(&error, "existingId"), detail(&error, "documentId")].map(|id| id.as_i64().unwrap());
    ids.sort_unstable();
    assert_eq!(ids, [17, 2500]);
    assert_eq!(things.index_names(), ["_id_"]);
    things
        .update(doc! { "_id": 2500 }, doc! { "$set": { "email": "new" } })
        .unwrap();
    things
        .index(doc! { "key": { "email": 1 }, "unique": true })
        .unwrap();
}

#[test]
fn a_duplicate_key_says_collection_index_and_value() {
    let things = collection();
    things
        .index(doc! { "key": { "a.b": 1 }, "unique": true, "name": "mine" })
        .unwrap();
    things
        .add(doc! { "_id": 1, "a": [{ "b": 1 }, { "b": "x" }] })
        .unwrap();
    things.add(doc! { "_id": 2, "a": { "b": 7 } }).unwrap();
    let add = things
        .add(doc! { "_id": 3, "a": { "b": ["y", "x"] } })
        .map(drop);
    let update = things
        .update(doc! { "_id": 2 }, doc! { "$set": { "a.b": "x" } })
        .map(drop);
    let upsert = things
        .upsert(doc! { "_id": 4 }, doc! { "$set": { "a.b": "x" } })
        .map(drop);
    let replace = things
        .replace(doc! { "_id": 2 }, doc! { "a": { "b": "x" } }, false)
        .map(drop);
    for (answer, id) in [(add, 3), (update, 2), (upsert, 4), (replace, 2)] {
        let error = answer.unwrap_err();
        let message =
            "E11000 duplicate key error collection: things index: mine dup key: { a.b: \"x\" }";
        assert_eq!((error.code().0, error.message()), (11000, message));
        assert_eq!(detail(&error, "keyPattern"), &json!({ "a.b": 1 }));
        assert_eq!(detail(&error, "keyValue"), &json!({ "a.b": "x" }));
        assert_eq!(detail(&error, "existingId"), &json!(1));
        assert_eq!(detail(&error, "documentId"), &json!(id));
    }
    assert_eq!(things.count(doc! {}), 2);
    assert_eq!(
        things.found(doc! { "_id": 2 }),
        [doc! { "_id": 2, "a": { "b": 7 } }]
    );
}

#[test]
fn a_document_may_keep_or_swap_its_own_unique_keys() {
    let things = collection();
    things
        .index(doc! { "key": { "a": 1 }, "unique": true })
        .unwrap();
    things.add_all([doc! { "_id": 1, "a": [1, 2] }, doc! { "_id": 2, "a": 3 }]);
    for set in [
        doc! { "a": [2, 1] },
        doc! { "a": 2 },
        doc! { "a": [2, 4], "b": 1 },
    ] {
        things
            .update(doc! { "_id": 1 }, doc! { "$set": set })
            .unwrap();
    }
    things
        .update(doc! { "_id": 2 }, doc! { "$set": { "a": [1, 3] } })
        .unwrap();
    things.delete(doc! { "_id": 1 });
    things.add(doc! { "_id": 5, "a": [4, 2] }).unwrap();
    assert_eq!(things.count(doc! { "a": { "$gte": 0 } }), 2);
}
