//! Finding documents: filters, projections, sorts, windows, cursors, and what explain says of them.

use ironbase::bson::doc;
use ironbase::database::Collection;

use crate::shell::{Shell, code, collection};

/// Ten documents with an index on `a`; `b` runs the other way round without one.
pub fn ten() -> Collection {
    let things = collection();
    things.index(doc! { "key": { "a": 1 } }).unwrap();
    things.add_all((0..10).map(|n| doc! { "_id": n, "a": (n * 10), "b": (100 - n), "c": (n % 3) }));
    things
}

#[test]
fn projections_choose_fields() {
    let things = collection();
    things
        .add(doc! { "_id": 1, "a": 1, "b": { "c": 2, "d": 3 }, "e": [{ "f": 4, "g": 5 }, 6] })
        .unwrap();
    for (projection, expected) in [
        (doc! { "a": 1 }, doc! { "_id": 1, "a": 1 }),
        (doc! { "a": 1, "_id": 0 }, doc! { "a": 1 }),
        (doc! { "_id": 1 }, doc! { "_id": 1 }),
        (doc! { "b.c": 1, "_id": 0 }, doc! { "b": { "c": 2 } }),
        (doc! { "e.f": 1, "_id": 0 }, doc! { "e": [{ "f": 4 }] }),
        (
            doc! { "e": 0, "b.d": 0 },
            doc! { "_id": 1, "a": 1, "b": { "c": 2 } },
        ),
        (
            doc! { "e.f": 0, "a": 0, "b": 0, "_id": 0 },
            doc! { "e": [{ "g": 5 }, 6] },
        ),
        (doc! { "missing": 1 }, doc! { "_id": 1 }),
    ] {
        let found = things
            .found_with(doc! {}, doc! { "projection": (projection.clone()) })
            .unwrap();
        assert_eq!(found, [expected], "{projection:?}");
    }
    let mixed = things.found_with(doc! {}, doc! { "projection": { "a": 1, "b": 0 } });
    assert_eq!(code(mixed), 31254);
}

#[test]
fn sort_skip_and_limit_are_the_same_by_index_and_in_memory() {
    let things = ten();
    for (options, expected) in [
        (doc! { "sort": { "a": 1 }, "limit": 3 }, vec![0, 1, 2]),
        (doc! { "sort": { "a": -1 }, "limit": 3 }, vec![9, 8, 7]),
        (doc! { "sort": { "b": 1 }, "limit": 3 }, vec![9, 8, 7]),
        (doc! { "sort": { "b": -1 }, "skip": 7 }, vec![7, 8, 9]),
        (
            doc! { "sort": { "a": 1 }, "skip": 8, "limit": 5 },
            vec![8, 9],
        ),
        (
            doc! { "sort": { "c": 1, "a": -1 }, "limit": 5 },
            vec![9, 6, 3, 0, 7],
        ),
        (
            doc! { "sort": { "_id": -1 }, "skip": 1, "limit": 2 },
            vec![8, 7],
        ),
        (doc! { "sort": { "$natural": -1 }, "limit": 2 }, vec![9, 8]),
        (doc! { "sort": { "b": 1 }, "skip": 10 }, vec![]),
        (doc! { "skip": 100 }, vec![]),
    ] {
        assert_eq!(
            things.ids(doc! {}, options.clone()),
            expected,
            "{options:?}"
        );
    }
}

#[test]
fn a_multikey_sort_goes_by_the_least_element_up_and_the_greatest_down() {
    let things = collection();
    things.add_all([
        doc! { "_id": 1, "a": [1, 9] },
        doc! { "_id": 2, "a": [3, 5] },
        doc! { "_id": 3, "a": 4 },
        doc! { "_id": 4, "a": [] },
        doc! { "_id": 5 },
    ]);
    for round in ["in memory", "by index"] {
        for (options, expected) in [
            (doc! { "sort": { "a": 1 } }, [4, 5, 1, 2, 3]),
            (doc! { "sort": { "a": -1 } }, [1, 2, 3, 5, 4]),
        ] {
            assert_eq!(things.ids(doc! {}, options), expected, "{round}");
        }
        things.index(doc! { "key": { "a": 1 } }).unwrap();
    }
    // Each document comes once, though several of its keys are in range.
    let range = || doc! { "a": { "$gte": 1 } };
    let mut ids = things.ids(range(), doc! {});
    ids.sort_unstable();
    assert_eq!((ids, things.count(range())), (vec![1, 2, 3], 3));
}

#[test]
fn counts_go_with_filters_skip_and_limit() {
    use ironbase::bson::RawDoc;
    use ironbase::database::options::CountOptions;
    let things = ten();
    for (filter, options, expected) in [
        (doc! {}, doc! {}, 10),
        (doc! {}, doc! { "limit": 4 }, 4),
        (doc! {}, doc! { "skip": 4 }, 6),
        (doc! {}, doc! { "skip": 8, "limit": 5 }, 2),
        (doc! {}, doc! { "skip": 20 }, 0),
        (doc! { "c": 0 }, doc! {}, 4),
        (doc! { "c": 0 }, doc! { "skip": 1, "limit": 2 }, 2),
        (doc! { "a": { "$gte": 50 } }, doc! { "hint": "a_1" }, 5),
        (doc! { "a": "x" }, doc! {}, 0),
    ] {
        let parsed = CountOptions::from_bson(RawDoc::new(&options.to_bytes()).unwrap()).unwrap();
        let count = things.count_documents(&filter.to_bytes(), &parsed).unwrap();
        assert_eq!(count, expected, "{filter:?} {options:?}");
    }
}

#[test]
fn a_sort_that_needs_too_much_memory_says_what_would_help() {
    let things = collection();
    for id in 0..110 {
        let text = format!("{id}{}", "x".repeat(1 << 20));
        things.add(doc! { "_id": id, "text": text }).unwrap();
    }
    let in_memory = doc! { "sort": { "text": -1 }, "allowDiskUse": false };
    let error = things.found_with(doc! {}, in_memory).unwrap_err();
    assert_eq!(error.code().0, 292);
    assert!(error.message().contains("add an index"), "{error}");
    let few = doc! { "sort": { "text": -1 }, "allowDiskUse": false, "limit": 2, "projection": { "text": 0 } };
    assert_eq!(things.ids(doc! {}, few), [9, 99]);
    things.index(doc! { "key": { "_id": -1 } }).unwrap();
    assert_eq!(
        things.ids(doc! {}, doc! { "sort": { "_id": -1 }, "limit": 1 }),
        [109]
    );
}

#[test]
fn wrong_requests_are_refused_with_the_servers_codes() {
    let things = ten();
    for (filter, options, expected) in [
        (doc! { "a": { "$foo": 1 } }, doc! {}, 2),
        (doc! { "$foo": [] }, doc! {}, 2),
        (doc! {}, doc! { "sort": { "a": 2 } }, 15975),
        (doc! {}, doc! { "skip": -1 }, 51024),
        (doc! {}, doc! { "sorted": { "a": 1 } }, 40415),
        (doc! {}, doc! { "sort": 1 }, 14),
        (doc! {}, doc! { "projection": { "a": 1, "b": 0 } }, 31254),
    ] {
        let answer = things.found_with(filter.clone(), options.clone());
        assert_eq!(code(answer), expected, "{filter:?} {options:?}");
    }
}

#[test]
fn paths_without_end_are_refused() {
    let things = ten();
    let path = "a.".repeat(500_000) + "a";
    let mut projection = doc! {};
    projection.insert(path.as_str(), 1);
    let answer = things.found_with(doc! {}, doc! { "projection": projection.clone() });
    assert_eq!(code(answer), 15);
    for operator in ["$set", "$unset", "$inc", "$push", "$rename"] {
        let mut update = doc! {};
        update.insert(operator, projection.clone());
        assert_eq!(code(things.update_all(doc! {}, update)), 15, "{operator}");
    }
}
