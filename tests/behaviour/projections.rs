//! Projections that depend on how a document was found: `a.$`, `$elemMatch`, `$meta`; in find and in what gives a changed document
//! back.

use ironbase::bson::{Document, RawDoc, Value, doc};
use ironbase::database::Collection;
use ironbase::database::options::{FindOneAndDeleteOptions, FindOneAndUpdateOptions};
use ironbase::error::Result;

use crate::shell::{Shell, code, collection, document};

fn students() -> Collection {
    let students = collection();
    students.index(doc! { "key": { "grades": 1 } }).unwrap();
    students.add_all([
        doc! { "_id": 1, "name": "x", "grades": [70, 87, 90], "rank": 2 },
        doc! { "_id": 2, "name": "y", "grades": [90, 88, 92], "rank": 1 },
        doc! { "_id": 3, "name": "z", "grades": [85, 100, 90], "rank": 3 },
    ]);
    students
}

fn find(students: &Collection, filter: Document, options: Document) -> Result<Vec<Document>> {
    students.found_with(filter, options)
}

#[test]
fn of_an_array_the_element_that_the_filter_matched_or_that_meets_conditions_is_shown() {
    let students = students();
    let by_index = doc! { "grades": { "$gte": 88 } };
    for hint in [doc! { "grades": 1 }, doc! { "$natural": 1 }] {
        let options = |projection: Document| doc! { "projection": projection, "hint": (hint.clone()), "sort": { "_id": 1 } };
        assert_eq!(
            find(
                &students,
                by_index.clone(),
                options(doc! { "grades.$": 1, "_id": 0 })
            )
            .unwrap(),
            [
                doc! { "grades": [90] },
                doc! { "grades": [90] },
                doc! { "grades": [100] },
            ]
        );
        let element =
            doc! { "grades": { "$elemMatch": { "$gt": 87, "$lt": 91 } }, "rank": 1, "_id": 0 };
        assert_eq!(
            find(&students, by_index.clone(), options(element)).unwrap(),
            [
                doc! { "rank": 2, "grades": [90] },
                doc! { "rank": 1, "grades": [90] },
                doc! { "rank": 3, "grades": [90] },
            ]
        );
    }
    let no_array = find(
        &students,
        doc! { "rank": 1 },
        doc! { "projection": { "grades.$": 1 } },
    );
    assert_eq!(code(no_array), 51246);
}

#[test]
fn conditions_compare_strings_by_the_collation() {
    let things = collection();
    things
        .add(doc! { "_id": 1, "tags": ["red", "Blue"] })
        .unwrap();
    let options = |projection: Document| doc! { "projection": projection, "collation": { "locale": "en", "strength": 2 } };
    let expected = [doc! { "_id": 1, "tags": ["Blue"] }];
    let positional = find(
        &things,
        doc! { "tags": "BLUE" },
        options(doc! { "tags.$": 1 }),
    );
    assert_eq!(positional.unwrap(), expected);
    let element = doc! { "tags": { "$elemMatch": { "$eq": "BLUE" } } };
    assert_eq!(find(&things, doc! {}, options(element)).unwrap(), expected);
}

#[test]
fn metadata_tells_sort_key_index_key_and_record_id() {
    let students = students();
    let meta = |keyword: &str| doc! { "_id": 1, "m": (doc! { "$meta": keyword }) };
    let shown = |filter: Document, mut options: Document, keyword: &str| {
        options.insert("projection", meta(keyword));
        let found = find(&students, filter, options).unwrap();
        let shown = found.iter().map(|found| found.get("m").cloned());
        shown.collect::<Vec<_>>()
    };
    let array = |values: &[i32]| {
        Some(Value::Array(
            values.iter().copied().map(Value::from).collect(),
        ))
    };
    // By an index or in memory, of an array the element that counted.
    for hint in [doc! { "grades": 1 }, doc! { "$natural": 1 }] {
        let keys = shown(
            doc! {},
            doc! { "sort": { "grades": -1 }, "hint": hint },
            "sortKey",
        );
        assert_eq!(keys, [array(&[100]), array(&[92]), array(&[90])]);
    }
    let keys = shown(
        doc! {},
        doc! { "sort": { "rank": 1, "grades": 1 }, "limit": 2 },
        "sortKey",
    );
    assert_eq!(keys, [array(&[1, 88]), array(&[2, 70])]);
    let missing = shown(doc! {}, doc! { "sort": { "z": 1 }, "limit": 1 }, "sortKey");
    assert_eq!(missing, [Some(Value::Array(vec![Value::Null]))]);
    let unsorted = find(&students, doc! {}, doc! { "projection": (meta("sortKey")) });
    assert_eq!(code(unsorted), 2);

    let key = |value: i32| Some(Value::Document(doc! { "grades": value }));
    let hint = || doc! { "hint": { "grades": 1 } };
    let keys = shown(doc! { "grades": { "$gt": 88 } }, hint(), "indexKey");
    assert_eq!(keys, [key(90), key(90), key(90)]);
    let keys = shown(doc! { "grades": { "$gt": 95 } }, hint(), "indexKey");
    assert_eq!(keys, [key(100)]);
    assert_eq!(shown(doc! { "rank": 1 }, doc! {}, "indexKey"), [None]);
    assert_eq!(shown(doc! { "_id": 1 }, doc! {}, "indexKey"), [None]);

    let ids = shown(doc! {}, doc! {}, "recordId");
    assert!(
        ids.iter()
            .all(|id| matches!(id, Some(Value::Binary { .. })))
    );
    let with_record_id = find(&students, doc! { "_id": 2 }, doc! { "showRecordId": true }).unwrap();
    assert_eq!(ids[1].as_ref(), with_record_id[0].get("$recordId"));
}

#[test]
fn metadata_can_be_computed_with_and_is_an_exclusion_by_itself() {
    let students = students();
    let options =
        |projection: Document| doc! { "projection": projection, "sort": { "rank": 1 }, "limit": 1 };
    let cases = [
        (
            doc! { "m": { "$meta": "sortKey" } },
            doc! { "_id": 2, "name": "y", "grades": [90, 88, 92], "rank": 1, "m": [1] },
        ),
        (
            doc! { "_id": 0, "rank": { "$meta": "sortKey" }, "grades": 0 },
            doc! { "name": "y", "rank": [1] },
        ),
        (
            doc! { "name": 1, "m": { "$arrayElemAt": [{ "$meta": "sortKey" }, 0] } },
            doc! { "_id": 2, "name": "y", "m": 1 },
        ),
        (
            doc! { "name": 1, "m": { "$meta": "randVal" } },
            doc! { "_id": 2, "name": "y" },
        ),
    ];
    for (projection, expected) in cases {
        let found = find(&students, doc! {}, options(projection.clone())).unwrap();
        assert_eq!(found, [expected], "{projection:?}");
    }
    let filter = doc! { "$expr": { "$eq": [{ "$type": { "$meta": "recordId" } }, "missing"] } };
    assert_eq!(find(&students, filter, doc! {}).unwrap().len(), 3);
}

#[test]
fn metadata_of_indexes_that_there_are_not_is_refused() {
    let students = students();
    for options in [
        doc! { "projection": { "score": { "$meta": "textScore" } } },
        doc! { "sort": { "score": { "$meta": "textScore" } } },
        doc! { "projection": { "distance": { "$meta": "geoNearDistance" } } },
        doc! { "projection": { "score": { "$add": [1, { "$meta": "searchScore" }] } } },
    ] {
        let refused = find(&students, doc! {}, options.clone());
        assert_eq!(code(refused), 40218, "{options:?}");
    }
}

#[test]
fn a_document_that_is_changed_comes_back_through_them() {
    let students = students();
    let inc = doc! { "$inc": { "grades.$": 1 } }.to_bytes();
    let update = |options: Document| {
        let options = FindOneAndUpdateOptions::from_bson(RawDoc::trusted(&options.to_bytes()))?;
        let filter = doc! { "grades": { "$gt": 88 } }.to_bytes();
        let result = students.find_one_and_update(&filter, &inc, &options)?;
        Ok(result.document.map(|found| document(&found)))
    };
    let positional = doc! { "projection": { "grades.$": 1 }, "sort": { "rank": -1 } };
    assert_eq!(
        update(positional).unwrap(),
        Some(doc! { "_id": 3, "grades": [100] })
    );
    let after = doc! { "projection": { "grades.$": 1 }, "returnDocument": "after" };
    assert_eq!(code(update(after)), 2);
    let element = doc! { "projection": { "grades": { "$elemMatch": { "$gt": 100 } } }, "sort": { "rank": -1 }, "returnDocument": "after" };
    assert_eq!(
        update(element).unwrap(),
        Some(doc! { "_id": 3, "grades": [102] })
    );
    // The sort key is that of the document that was found.
    let sorted = doc! { "projection": { "m": { "$meta": "sortKey" }, "name": 1 }, "sort": { "grades": -1 }, "returnDocument": "after" };
    assert_eq!(
        update(sorted).unwrap(),
        Some(doc! { "_id": 3, "name": "z", "m": [102] })
    );
    assert_eq!(
        code(update(
            doc! { "projection": { "m": { "$meta": "sortKey" } } }
        )),
        2
    );

    let options = doc! { "projection": { "grades.$": 1, "_id": 0 } }.to_bytes();
    let options = FindOneAndDeleteOptions::from_bson(RawDoc::trusted(&options)).unwrap();
    let filter = doc! { "grades": 87 }.to_bytes();
    let deleted = students.find_one_and_delete(&filter, &options).unwrap();
    assert_eq!(
        document(&deleted.document.unwrap()),
        doc! { "grades": [87] }
    );
}
