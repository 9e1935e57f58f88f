//! Options that every operation takes, and how many documents come.

use ironbase::bson::{RawDoc, doc};
use ironbase::database::options::{Common, CountOptions, WriteOptions};

use crate::shell::{Shell, code, collection};

#[test]
fn a_single_batch_is_as_long_as_a_batch() {
    let things = collection();
    things.add_all((0..300).map(|n| doc! { "_id": n }));
    for (options, expected) in [
        (doc! { "limit": -5 }, 5),
        (doc! { "limit": -500 }, 300),
        (doc! { "singleBatch": true }, 101),
        (doc! { "singleBatch": true, "batchSize": 7 }, 7),
        (doc! { "singleBatch": true, "batchSize": 7, "limit": 3 }, 3),
        (doc! { "singleBatch": false, "batchSize": 7 }, 300),
        (doc! { "batchSize": 0 }, 300),
        (
            doc! { "noCursorTimeout": true, "allowPartialResults": true },
            300,
        ),
        (
            doc! { "readConcern": { "level": "snapshot" }, "readPreference": { "mode": "nearest" } },
            300,
        ),
    ] {
        assert_eq!(
            things.ids(doc! {}, options.clone()).len(),
            expected,
            "{options:?}"
        );
    }
    assert_eq!(
        code(
            things
                .cursor(doc! {}, doc! { "readConcern": { "level": "none" } })
                .map(|_| ())
        ),
        9
    );
    let options = doc! { "limit": -4 }.to_bytes();
    let options = CountOptions::from_bson(RawDoc::new(&options).unwrap()).unwrap();
    assert_eq!(
        things
            .count_documents(&doc! {}.to_bytes(), &options)
            .unwrap(),
        4
    );
    assert_eq!(
        things.estimated_document_count(&Common::default()).unwrap(),
        300
    );
}

#[test]
fn a_write_is_seen_however_little_safety_it_asks_for() {
    let things = collection();
    for (id, options) in [
        (1, doc! { "durability": "none" }),
        (2, doc! { "durability": "interval" }),
        (3, doc! { "writeConcern": { "w": 0, "j": false } }),
        (
            4,
            doc! { "writeConcern": { "w": "majority", "j": true, "wtimeout": 5 } },
        ),
    ] {
        let options = options.to_bytes();
        let options = WriteOptions::from_bson("insert", RawDoc::new(&options).unwrap()).unwrap();
        things
            .insert_one(&doc! { "_id": id }.to_bytes(), &options)
            .unwrap();
        assert_eq!(things.count(doc! { "_id": id }), 1);
    }
}
