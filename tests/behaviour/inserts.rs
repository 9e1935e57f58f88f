//! Inserting: `_id`s, one document or many, what is refused; documents of every size.

use ironbase::bson::{Document, ObjectId, Value, doc};
use ironbase::database::options::InsertManyOptions;
use ironbase::error::Status;
use serde_json::json;

use crate::shell::{Shell, TempDir, code, collection, detail, open};

#[test]
fn an_id_is_made_where_none_is_given_and_comes_first() {
    let things = collection();
    let before = ObjectId::new();
    let id = things.add(doc! { "a": 1 }).unwrap();
    let Value::ObjectId(made) = id else {
        panic!("{id:?}")
    };
    assert!(made.0[..4] >= before.0[..4]);
    assert_eq!(things.only(), doc! { "_id": made, "a": 1 });
    for (id, expected) in [
        (Value::Array(vec![]), 53),
        (
            Value::Regex {
                pattern: "x".to_string(),
                options: String::new(),
            },
            53,
        ),
        (Value::Document(doc! { "$a": 1 }), 52),
    ] {
        assert_eq!(
            code(things.add(doc! { "a": 1, "_id": (id.clone()) })),
            expected,
            "{id:?}"
        );
    }
    assert_eq!(things.count(doc! {}), 1);
}

#[test]
fn a_second_document_with_the_same_id_is_a_duplicate_whatever_its_type_of_number() {
    let things = collection();
    things.add(doc! { "_id": 1, "a": 1 }).unwrap();
    let error = things.add(doc! { "_id": 1.0, "a": 2 }).unwrap_err();
    assert_eq!(
        (error.status(), error.code().0),
        (Status::DuplicateKey, 11000)
    );
    let message = "E11000 duplicate key error collection: things index: _id_ dup key: { _id: 1.0 }";
    assert_eq!(error.message(), message);
    assert_eq!(detail(&error, "keyPattern"), &json!({ "_id": 1 }));
    assert_eq!(detail(&error, "keyValue"), &json!({ "_id": 1.0 }));
    assert_eq!(things.only(), doc! { "_id": 1, "a": 1 });
}

/// `(index, code)` of each write error.
fn write_errors(error: &ironbase::error::Error) -> Vec<(u64, i64)> {
    let errors = detail(error, "writeErrors").as_array().expect("an array");
    let number = |error: &serde_json::Value, name: &str| error[name].as_i64().expect("a number");
    errors
        .iter()
        .map(|error| (number(error, "index") as u64, number(error, "code")))
        .collect()
}

fn with_two_bad() -> Vec<Document> {
    vec![
        doc! { "_id": 1 },
        doc! { "_id": 2 },
        doc! { "_id": 1, "again": true },
        doc! { "_id": 3 },
        doc! { "_id": [1] },
        doc! { "_id": 4 },
    ]
}

#[test]
fn an_ordered_insert_ends_at_the_first_refusal_and_an_unordered_one_goes_on() {
    let things = collection();
    let error = things.add_many(with_two_bad(), true).unwrap_err();
    assert_eq!(
        (error.status(), error.code().0),
        (Status::DuplicateKey, 11000)
    );
    assert_eq!(write_errors(&error), [(2, 11000)]);
    assert_eq!(
        detail(&error, "writeErrors")[0]["keyValue"],
        json!({ "_id": 1 })
    );
    assert_eq!(detail(&error, "result"), &json!({ "insertedCount": 2 }));
    assert_eq!(things.ids(doc! {}, doc! {}), [1, 2]);

    let things = collection();
    let error = things.add_many(with_two_bad(), false).unwrap_err();
    assert_eq!(write_errors(&error), [(2, 11000), (4, 53)]);
    assert_eq!(detail(&error, "result"), &json!({ "insertedCount": 4 }));
    assert_eq!(things.ids(doc! {}, doc! {}), [1, 2, 3, 4]);

    let things = collection();
    let result = things
        .add_many(vec![doc! { "_id": 7 }, doc! { "_id": 8 }], true)
        .unwrap();
    assert_eq!(result.inserted_ids, [(0, 7.into()), (1, 8.into())]);
    assert_eq!(code(things.add_many(vec![], true)), 16);
}

#[test]
fn write_errors_name_places_among_all_that_were_given() {
    let things = collection();
    let mut all: Vec<Document> = (0..2500).map(|n| doc! { "_id": n }).collect();
    all[2100] = doc! { "_id": 5 };
    all[2300] = doc! { "_id": 6 };
    let error = things.add_many(all.clone(), false).unwrap_err();
    assert_eq!(write_errors(&error), [(2100, 11000), (2300, 11000)]);
    assert_eq!(things.count(doc! {}), 2498);
    things.drop().unwrap();
    let error = things.add_many(all, true).unwrap_err();
    assert_eq!(write_errors(&error), [(2100, 11000)]);
    assert_eq!(things.count(doc! {}), 2100);
}

#[test]
fn documents_that_were_read_before_the_input_failed_are_inserted() {
    use ironbase::error::{Code, Error};
    let things = collection();
    let mut count = 0;
    let mut next = |out: &mut Vec<u8>| {
        if count == 1200 {
            return Err(Error::new(Status::Json, Code::NONE, "bad input"));
        }
        doc! { "_id": count }.write_to(out);
        count += 1;
        Ok(true)
    };
    let error = things
        .insert_many(&mut next, &InsertManyOptions::default())
        .unwrap_err();
    assert_eq!(
        (error.status(), error.message()),
        (Status::Json, "bad input")
    );
    assert_eq!(detail(&error, "result"), &json!({ "insertedCount": 1200 }));
    assert_eq!(things.count(doc! {}), 1200);
}

/// A document of exactly so many bytes.
fn of_size(id: i32, bytes: usize) -> Document {
    let empty = doc! { "_id": id, "text": "" }.to_bytes().len();
    doc! { "_id": id, "text": ("x".repeat(bytes - empty)) }
}

#[test]
fn documents_of_any_size_up_to_sixteen_mebibytes_go_in_and_come_out() {
    const MOST: usize = 16 << 20;
    let directory = TempDir::new();
    let database = open(&directory);
    let things = database.collection("things").unwrap();
    let sizes = [
        100,
        2000,
        2049,
        4096,
        8191,
        8192,
        8193,
        100_000,
        1 << 20,
        MOST - 1,
        MOST,
    ];
    for (id, size) in (0..).zip(sizes) {
        things.add(of_size(id, size)).unwrap();
    }
    assert_eq!(code(things.add(of_size(99, MOST + 1))), 10334);
    let mut without_id = of_size(99, MOST);
    without_id.remove("_id");
    without_id.insert("more", "1234");
    assert_eq!(code(things.add(without_id)), 10334);
    assert_eq!(
        code(things.update(doc! { "_id": 10 }, doc! { "$set": { "a": 1 } })),
        10334
    );
    assert_eq!(
        code(things.replace(doc! { "_id": 0 }, of_size(0, MOST + 1), false)),
        10334
    );
    assert_eq!(
        code(things.replace(doc! { "_id": 98 }, of_size(98, MOST + 1), true)),
        10334
    );
    let error = things.add_many(
        vec![
            doc! { "_id": 50 },
            of_size(51, MOST + 1),
            doc! { "_id": 52 },
        ],
        false,
    );
    assert_eq!(write_errors(&error.unwrap_err()), [(1, 10334)]);
    things.delete_all(doc! { "_id": { "$gte": 50 } });
    things
        .update(doc! { "_id": 7 }, doc! { "$set": { "a": 1 } })
        .unwrap();
    database.close().unwrap();

    let database = open(&directory);
    let things = database.collection("things").unwrap();
    for (id, size) in (0..).zip(sizes) {
        let mut expected = of_size(id, size);
        if id == 7 {
            expected.insert("a", 1);
        }
        let found = things.raw(doc! { "_id": id }, doc! {}).unwrap();
        assert!(found == [expected.to_bytes()], "{size} bytes");
    }
    assert_eq!(
        things.count(doc! { "text": { "$exists": true } }),
        sizes.len() as i64
    );
    assert_eq!(things.delete_all(doc! {}), sizes.len() as u64);
}
