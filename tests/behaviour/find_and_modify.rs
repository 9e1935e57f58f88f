//! findAndModify: which document is changed, and in which state it comes back.

use ironbase::bson::{Document, RawDoc, Value, doc};
use ironbase::database::options::{FindOneAndDeleteOptions, FindOneAndUpdateOptions};
use ironbase::database::{Collection, FindAndModifyResult};
use ironbase::error::Result;

use crate::shell::{Shell, code, collection};

fn modify(
    things: &Collection,
    filter: Document,
    update: Document,
    options: Document,
) -> Result<FindAndModifyResult> {
    let options = FindOneAndUpdateOptions::from_bson(RawDoc::trusted(&options.to_bytes()))?;
    let (filter, update) = (filter.to_bytes(), update.to_bytes());
    let first = RawDoc::trusted(&update).elements().next();
    match first.is_some_and(|first| first.key().as_str().starts_with('$')) {
        true => things.find_one_and_update(&filter, &update, &options),
        false => things.find_one_and_replace(&filter, &update, &options),
    }
}

fn delete(things: &Collection, filter: Document, options: Document) -> Option<Document> {
    let options = FindOneAndDeleteOptions::from_bson(RawDoc::trusted(&options.to_bytes())).unwrap();
    let result = things.find_one_and_delete(&filter.to_bytes(), &options);
    read(&result.unwrap())
}

fn read(result: &FindAndModifyResult) -> Option<Document> {
    let document = result.document.as_ref()?;
    Some(Document::from_raw(RawDoc::new(document).unwrap()).unwrap())
}

#[test]
fn the_document_comes_back_as_it_was_or_as_it_is() {
    let things = collection();
    things.add_all((1..4).map(|n| doc! { "_id": n, "n": (n * 10) }));
    let inc = || doc! { "$inc": { "n": 1 } };
    let cases = [
        (doc! {}, doc! { "_id": 1, "n": 10 }),
        (
            doc! { "returnDocument": "before" },
            doc! { "_id": 1, "n": 11 },
        ),
        (
            doc! { "returnDocument": "after" },
            doc! { "_id": 1, "n": 13 },
        ),
        (
            doc! { "returnDocument": "after", "sort": { "_id": -1 } },
            doc! { "_id": 3, "n": 31 },
        ),
        (
            doc! { "sort": { "n": -1 }, "projection": { "_id": 0 } },
            doc! { "n": 31 },
        ),
        (doc! { "hint": { "_id": 1 } }, doc! { "_id": 1, "n": 13 }),
    ];
    for (options, expected) in cases {
        let result = modify(&things, doc! {}, inc(), options.clone()).unwrap();
        assert_eq!(read(&result), Some(expected), "{options:?}");
        assert!(result.found && result.upserted_id.is_none());
    }
    let result = modify(&things, doc! { "_id": 2 }, doc! { "m": 1 }, doc! {}).unwrap();
    assert_eq!(read(&result), Some(doc! { "_id": 2, "n": 20 }));
    assert_eq!(things.found(doc! { "_id": 2 }), [doc! { "_id": 2, "m": 1 }]);
}

#[test]
fn an_upsert_gives_nothing_before_and_the_new_document_after() {
    let things = collection();
    let update = || doc! { "$set": { "a": 1 }, "$setOnInsert": { "b": 2 } };
    let none = modify(&things, doc! { "_id": 1 }, update(), doc! {}).unwrap();
    assert_eq!(none, FindAndModifyResult::default());
    assert_eq!(things.count(doc! {}), 0);
    let options = || doc! { "upsert": true };
    let before = modify(&things, doc! { "_id": 1 }, update(), options()).unwrap();
    assert_eq!((before.document, before.found), (None, false));
    assert_eq!(before.upserted_id, Some(Value::Int32(1)));
    let options = doc! { "upsert": true, "returnDocument": "after", "projection": { "b": 1 } };
    let after = modify(&things, doc! { "_id": 2 }, update(), options).unwrap();
    assert_eq!(read(&after), Some(doc! { "_id": 2, "b": 2 }));
    assert_eq!(after.upserted_id, Some(Value::Int32(2)));
}

#[test]
fn deleting_gives_the_document_and_takes_the_first_in_order() {
    let things = collection();
    things.add_all((1..4).map(|n| doc! { "_id": n, "n": (10 - n) }));
    assert_eq!(
        delete(&things, doc! {}, doc! { "sort": { "n": 1 } }),
        Some(doc! { "_id": 3, "n": 7 })
    );
    let projection = doc! { "projection": { "n": 1, "_id": 0 } };
    assert_eq!(
        delete(&things, doc! { "n": 9 }, projection),
        Some(doc! { "n": 9 })
    );
    assert_eq!(delete(&things, doc! { "n": 9 }, doc! {}), None);
    assert_eq!(things.only(), doc! { "_id": 2, "n": 8 });
}

#[test]
fn what_is_refused_changes_nothing() {
    let things = collection();
    things
        .index(doc! { "key": { "u": 1 }, "unique": true })
        .unwrap();
    things.add_all([doc! { "_id": 1, "u": 1 }, doc! { "_id": 2, "u": 2 }]);
    let by = || doc! { "_id": 1 };
    for (update, options, expected) in [
        (doc! { "$set": { "u": 2 } }, doc! {}, 11000),
        (doc! { "$set": { "_id": 2 } }, doc! {}, 66),
        (doc! { "_id": 2 }, doc! {}, 66),
        (doc! { "$push": { "u": 1 } }, doc! {}, 2),
        (doc! { "$set": { "a.$[x]": 1 } }, doc! {}, 2),
        (
            doc! { "$set": { "a": 1 } },
            doc! { "arrayFilters": [{ "x": 1 }] },
            9,
        ),
        (doc! { "a": 1 }, doc! { "arrayFilters": [{ "x": 1 }] }, 9),
        (
            doc! { "a": 1 },
            doc! { "projection": { "a": 1, "b": 0 } },
            31254,
        ),
        (doc! { "a": 1 }, doc! { "nosuch": 1 }, 40415),
    ] {
        assert_eq!(
            code(modify(&things, by(), update.clone(), options)),
            expected,
            "{update:?}"
        );
    }
    assert_eq!(things.found(by()), [doc! { "_id": 1, "u": 1 }]);
}
