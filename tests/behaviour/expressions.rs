//! Expressions in filters and projections, and the variables of `let`.

use ironbase::bson::{Document, RawDoc, Value, doc};
use ironbase::database::Collection;
use ironbase::database::options::{CountOptions, DeleteOptions, FindOptions, UpdateOptions};

use crate::shell::{Shell, code, collection};

fn orders() -> Collection {
    let orders = collection();
    orders.add_all([
        doc! { "_id": 1, "spent": 50, "budget": 100, "tags": ["a", "b"] },
        doc! { "_id": 2, "spent": 150, "budget": 100, "tags": [] },
        doc! { "_id": 3, "spent": 100, "budget": 100.0 },
        doc! { "_id": 4, "spent": "much", "budget": 7 },
    ]);
    orders
}

#[test]
fn filters_compare_fields_of_one_document() {
    let orders = orders();
    let cases = [
        (
            doc! { "$expr": { "$gt": ["$spent", "$budget"] } },
            vec![2, 4],
        ),
        (doc! { "$expr": { "$eq": ["$spent", "$budget"] } }, vec![3]),
        (doc! { "$expr": true }, vec![1, 2, 3, 4]),
        (doc! { "$expr": "$tags" }, vec![1, 2]),
        (doc! { "$expr": { "$eq": ["$$ROOT._id", 3] } }, vec![3]),
        (
            doc! { "_id": { "$lt": 4 }, "$expr": { "$lte": [{ "$multiply": ["$spent", 2] }, "$budget"] } },
            vec![1],
        ),
        (
            doc! { "$or": [{ "_id": 4 }, { "$expr": { "$eq": [{ "$size": { "$ifNull": ["$tags", []] } }, 2] } }] },
            vec![1, 4],
        ),
        (
            doc! { "$nor": [{ "$expr": { "$gt": ["$spent", "$budget"] } }] },
            vec![1, 3],
        ),
        (
            doc! { "$and": [{ "$expr": { "$gt": ["$_id", 1] } }, { "$expr": { "$lt": ["$_id", 3] } }] },
            vec![2],
        ),
    ];
    for (filter, expected) in cases {
        assert_eq!(orders.ids(filter.clone(), doc! {}), expected, "{filter:?}");
        assert_eq!(
            orders.count(filter.clone()),
            expected.len() as i64,
            "{filter:?}"
        );
    }
}

#[test]
fn an_expression_beside_an_indexed_condition_filters_what_the_index_finds() {
    let orders = orders();
    orders.index(doc! { "key": { "budget": 1 } }).unwrap();
    let filter = doc! { "budget": 100, "$expr": { "$gt": ["$spent", 60] } };
    let mut found = orders.ids(filter.clone(), doc! {});
    found.sort();
    assert_eq!(found, [2, 3]);
    let explained = orders.explained(doc! { "find": "", "filter": filter });
    let stage = crate::shell::at(&explained, "queryPlanner.winningPlan.inputStage.stage");
    assert_eq!(stage, Some(Value::String("IXSCAN".into())));
}

#[test]
fn an_expression_that_fails_fails_the_operation() {
    let orders = orders();
    let failing = doc! { "$expr": { "$add": ["$spent", 1] } };
    assert_eq!(code(orders.found_with(failing.clone(), doc! {})), 14);
    let (bytes, count) = (failing.to_bytes(), CountOptions::default());
    assert_eq!(code(orders.count_documents(&bytes, &count)), 14);
    assert_eq!(
        code(orders.delete_many(&bytes, &DeleteOptions::default())),
        14
    );
    let update = doc! { "$set": { "seen": true } };
    assert_eq!(code(orders.update_all(failing, update)), 14);
    // What was selected first is refused before anything else is read.
    let first = doc! { "_id": 1, "$expr": { "$add": ["$spent", 1] } };
    assert_eq!(orders.ids(first, doc! {}), [1]);
    let refused = [
        (doc! { "$expr": { "$nope": 1 } }, 168),
        (doc! { "$expr": "$$who" }, 17276),
        (doc! { "tags": { "$elemMatch": { "$expr": true } } }, 2),
    ];
    for (filter, expected) in refused {
        let result = orders.found_with(filter.clone(), doc! {});
        assert_eq!(code(result), expected, "{filter:?}");
    }
}

#[test]
fn projections_compute_fields() {
    let orders = orders();
    let cases = [
        (
            doc! { "left": { "$subtract": ["$budget", "$spent"] } },
            doc! { "_id": 1, "left": 50 },
        ),
        (
            doc! { "spent": 1, "label": "order", "_id": 0 },
            doc! { "spent": 50, "label": "order" },
        ),
        (
            doc! { "sums": { "both": { "$add": ["$spent", "$budget"] } }, "first": { "$first": "$tags" } },
            doc! { "_id": 1, "sums": { "both": 150 }, "first": "a" },
        ),
        (
            doc! { "a.b": "$spent", "a.c": { "$literal": 1 }, "_id": 0 },
            doc! { "a": { "b": 50, "c": 1 } },
        ),
        (
            doc! { "x": "$none", "y": ["$spent", "$none"], "_id": 0 },
            doc! { "y": [50, null] },
        ),
        (doc! { "budget": "$spent", "_id": 0 }, doc! { "budget": 50 }),
        (
            doc! { "whole": "$$ROOT.tags", "_id": 0 },
            doc! { "whole": ["a", "b"] },
        ),
        (doc! { "n": null, "_id": 0 }, doc! { "n": null }),
    ];
    for (projection, expected) in cases {
        let options = doc! { "projection": projection.clone() };
        let found = orders
            .found_with(doc! { "_id": 1 }, options.clone())
            .unwrap();
        assert_eq!(found, std::slice::from_ref(&expected), "{projection:?}");
        let options = FindOptions::from_bson(RawDoc::trusted(&options.to_bytes())).unwrap();
        let mut read = |found: RawDoc<'_>| Document::from_raw(found).unwrap();
        let filter = doc! { "_id": 1 }.to_bytes();
        let one = orders.find_one_with(&filter, &options, &mut read).unwrap();
        assert_eq!(one, Some(expected), "{projection:?}");
    }
}

#[test]
fn computed_fields_reach_into_arrays_of_documents() {
    let things = collection();
    things
        .add(doc! { "_id": 1, "f": 2, "items": [{ "n": 1 }, { "n": 2 }, 5] })
        .unwrap();
    let found = |projection: Document| {
        things
            .found_with(doc! {}, doc! { "projection": projection })
            .unwrap()
            .remove(0)
    };
    assert_eq!(
        found(doc! { "items.n": 1, "items.f": "$f", "_id": 0 }),
        doc! { "items": [{ "n": 1, "f": 2 }, { "n": 2, "f": 2 }] },
    );
}

#[test]
fn projections_that_cannot_be_are_refused() {
    let orders = orders();
    let refused = [
        (doc! { "a": 0, "b": "$spent" }, 31310),
        (doc! { "a": 0, "b": { "$add": ["$spent"] } }, 31252),
        (doc! { "b": "$spent", "a": 0 }, 31254),
        (doc! { "a": "$spent", "a.b": 1 }, 31249),
        (doc! { "a.b": "$spent", "a": 1 }, 31250),
        (doc! { "a": { "$nope": 1 } }, 31325),
        (doc! { "a": { "$add": [{ "$nope": 1 }] } }, 168),
        (doc! { "a": "$$who" }, 17276),
    ];
    for (projection, expected) in refused {
        let result = orders.found_with(doc! {}, doc! { "projection": projection.clone() });
        assert_eq!(code(result), expected, "{projection:?}");
    }
    let failing = doc! { "projection": { "x": { "$add": ["$spent", 1] } } };
    assert_eq!(code(orders.found_with(doc! { "_id": 4 }, failing)), 14);
}

#[test]
fn variables_are_seen_by_filter_and_projection() {
    let orders = orders();
    let options = doc! {
        "let": { "limit": { "$multiply": [5, 10] }, "twice": { "$add": ["$$limit", "$$limit"] } },
        "projection": { "over": { "$subtract": ["$budget", "$$limit"] } },
    };
    let filter = doc! { "$expr": { "$eq": ["$spent", "$$limit"] } };
    let found = orders.found_with(filter.clone(), options).unwrap();
    assert_eq!(found, [doc! { "_id": 1, "over": 50 }]);
    let filter_twice = doc! { "$expr": { "$eq": ["$budget", "$$twice"] } };
    let options = doc! { "let": { "limit": 50, "twice": { "$add": ["$$limit", "$$limit"] } } };
    assert_eq!(orders.ids(filter_twice, options), [1, 2, 3]);

    let given = doc! { "let": { "limit": 50 } }.to_bytes();
    let given = RawDoc::trusted(&given);
    let bytes = filter.to_bytes();
    let count = CountOptions::from_bson(given).unwrap();
    assert_eq!(orders.count_documents(&bytes, &count).unwrap(), 1);
    let update = UpdateOptions::from_bson(given).unwrap();
    let set = doc! { "$set": { "seen": true } }.to_bytes();
    assert_eq!(
        orders
            .update_many(&bytes, &set, &update)
            .unwrap()
            .modified_count,
        1
    );
    let delete = DeleteOptions::from_bson(given).unwrap();
    assert_eq!(orders.delete_one(&bytes, &delete).unwrap(), 1);
    assert_eq!(orders.delete_many(&bytes, &delete).unwrap(), 0);
}

#[test]
fn variables_that_cannot_be_are_refused() {
    let orders = orders();
    let refused = [
        (doc! { "x": "$spent" }, 4890500),
        (doc! { "x": { "$add": ["$$y", 1] } }, 17276),
        (doc! { "X": 1 }, 16867),
        (doc! { "x": { "$divide": [1, 0] } }, 2),
    ];
    for (variables, expected) in refused {
        let result = orders.found_with(doc! {}, doc! { "let": variables.clone() });
        assert_eq!(code(result), expected, "{variables:?}");
    }
    let options = doc! { "let": 5 }.to_bytes();
    assert_eq!(code(FindOptions::from_bson(RawDoc::trusted(&options))), 14);
}

#[test]
fn now_is_one_instant_for_the_whole_operation() {
    let orders = orders();
    let options = doc! { "projection": { "at": "$$NOW", "_id": 0 } };
    let found = orders.found_with(doc! {}, options).unwrap();
    assert!(matches!(found[0].get("at"), Some(Value::DateTime(_))));
    assert!(found.iter().all(|other| other == &found[0]), "{found:?}");
}
