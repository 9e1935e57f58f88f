//! The order of results: equal keys, limits, what does not fit memory.

use ironbase::bson::doc;

use crate::shell::{Shell, TempDir, collection, open};

/// The `_id`s found with some options.
fn ids(things: &ironbase::database::Collection, options: ironbase::bson::Document) -> Vec<i32> {
    let found = things.found_with(doc! {}, options).unwrap();
    found
        .iter()
        .map(|document| match document.get("_id") {
            Some(ironbase::bson::Value::Int32(id)) => *id,
            other => panic!("{other:?}"),
        })
        .collect()
}

#[test]
fn equal_documents_keep_the_order_of_the_scan_so_that_pages_fit_together() {
    let things = collection();
    things.add_all((0..500).map(|n| doc! { "_id": n, "a": (n % 7) }));
    for sort in [doc! { "a": 1 }, doc! { "a": -1 }] {
        let all = ids(&things, doc! { "sort": (sort.clone()) });
        let paged: Vec<i32> = (0..25)
            .flat_map(|page| {
                ids(
                    &things,
                    doc! { "sort": (sort.clone()), "skip": (page * 20), "limit": 20 },
                )
            })
            .collect();
        assert_eq!(paged, all, "{sort:?}");
        assert!(
            all.is_sorted_by_key(|n| match sort.get("a") {
                Some(ironbase::bson::Value::Int32(1)) => (n % 7, *n),
                _ => (-(n % 7), *n),
            }),
            "{sort:?}"
        );
    }
}

#[test]
fn a_sort_beyond_memory_uses_a_file_without_a_name_or_is_refused() {
    let directory = TempDir::new();
    let database = open(&directory);
    let things = database.collection("things").unwrap();
    // Sort keys of 120 MB.
    let long = "x".repeat(60_000);
    for part in 0..20 {
        things.add_all((0..100).map(|n| {
            let n = part * 100 + n;
            doc! { "_id": n, "a": (format!("{long}{:04}", 1999 - n)), "b": 1 }
        }));
    }
    let only_id = doc! { "_id": 1 };
    let refused = things
        .found_with(
            doc! {},
            doc! { "sort": { "a": 1 }, "projection": (only_id.clone()), "allowDiskUse": false },
        )
        .unwrap_err();
    assert_eq!(refused.code().0, 292, "{refused}");
    let options = doc! { "sort": { "a": 1 }, "projection": (only_id.clone()) };
    assert_eq!(ids(&things, options), (0..2000).rev().collect::<Vec<_>>());
    // A limit makes it fit.
    let options = doc! {
        "sort": { "a": 1 }, "projection": (only_id), "limit": 2, "skip": 1, "allowDiskUse": false,
    };
    assert_eq!(ids(&things, options), [1998, 1997]);
    let left: Vec<_> = std::fs::read_dir(directory.database())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .filter(|name| name.to_string_lossy().contains("tmp"))
        .collect();
    assert!(left.is_empty(), "{left:?}");
}
