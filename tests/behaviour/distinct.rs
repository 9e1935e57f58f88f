//! The distinct values of a field.

use ironbase::bson::{Document, RawDoc, Value, doc};
use ironbase::database::Collection;
use ironbase::database::options::DistinctOptions;
use ironbase::error::Result;
use ironbase::storage::vfs::sim::Random;

use crate::shell::{Shell, at, code, collection, document, in_memory};

fn distinct(
    things: &Collection,
    field: &str,
    filter: Document,
    options: Document,
) -> Result<Vec<Value>> {
    let options = DistinctOptions::from_bson(RawDoc::new(&options.to_bytes())?)?;
    let values = things.distinct(field, &filter.to_bytes(), &options)?;
    Ok(document(&values).into_iter().map(|(_, v)| v).collect())
}

fn list(values: Document) -> Vec<Value> {
    values.into_iter().map(|(_, value)| value).collect()
}

#[test]
fn each_value_comes_once_and_arrays_count_by_their_elements() {
    let things = collection();
    assert_eq!(distinct(&things, "a", doc! {}, doc! {}).unwrap(), []);
    things.add_all([
        doc! { "_id": 1, "a": 1, "b": { "c": 1 } },
        doc! { "_id": 2, "a": [1.0, 2, [3]], "b": [{ "c": 2 }, { "c": [1, 3] }, 5] },
        doc! { "_id": 3, "a": null, "b": [[{ "c": 9 }], { "c": 2 }] },
        doc! { "_id": 4, "a": [], "b": 7 },
        doc! { "_id": 5 },
    ]);
    let cases = [
        // field, filter, values in the order of the documents
        ("a", doc! {}, doc! { "0": 1, "1": 2, "2": [3], "3": null }),
        ("b.c", doc! {}, doc! { "0": 1, "1": 2, "2": 3 }),
        ("b.1.c", doc! {}, doc! { "0": 1, "1": 3, "2": 2 }),
        ("b.0.0.c", doc! {}, doc! { "0": 9 }),
        ("a", doc! { "_id": { "$gt": 2 } }, doc! { "0": null }),
        ("missing", doc! {}, doc! {}),
        ("_id", doc! { "a": 1 }, doc! { "0": 1, "1": 2 }),
    ];
    for (field, filter, expected) in cases {
        let found = distinct(&things, field, filter, doc! {}).unwrap();
        assert_eq!(found, list(expected), "{field}");
    }
}

#[test]
fn what_is_no_path_and_what_is_no_option_is_refused() {
    let things = collection();
    for (field, expected) in [
        ("", 40352),
        ("a.", 40353),
        ("a..b", 15998),
        ("a\0", 31032),
        ("$a", 16410),
    ] {
        assert_eq!(
            code(distinct(&things, field, doc! {}, doc! {})),
            expected,
            "{field:?}"
        );
    }
    assert_eq!(
        code(distinct(&things, "a", doc! {}, doc! { "sort": 1 })),
        40415
    );
    things.add(doc! { "_id": 1 }).unwrap();
    assert_eq!(
        code(distinct(&things, "a", doc! {}, doc! { "hint": "a_1" })),
        2
    );
}

#[test]
fn the_collation_decides_what_is_the_same() {
    let things = collection();
    things.add_all([
        doc! { "_id": 1, "w": "b" },
        doc! { "_id": 2, "w": "a" },
        doc! { "_id": 3, "w": "B" },
    ]);
    // An index that tells "b" and "B" apart, and one that does not.
    let loose = doc! { "locale": "en", "strength": 2 };
    things.index(doc! { "key": { "w": 1 } }).unwrap();
    let options = || doc! { "collation": (loose.clone()) };
    let found = distinct(&things, "w", doc! {}, options()).unwrap();
    assert_eq!(found, [Value::from("b"), Value::from("a")]);
    things
        .index(doc! { "key": { "w": 1 }, "name": "loose", "collation": (loose.clone()) })
        .unwrap();
    let found = distinct(&things, "w", doc! {}, options()).unwrap();
    assert_eq!(found, [Value::from("a"), Value::from("b")]);
    let found = distinct(&things, "w", doc! {}, doc! {}).unwrap();
    assert_eq!(found, ["B", "a", "b"].map(Value::from));
}

#[test]
fn more_than_a_document_holds_is_refused() {
    let things = collection();
    for n in 0..17 {
        let text = format!("{n}{}", "x".repeat(1 << 20));
        things.add(doc! { "_id": n, "a": text }).unwrap();
    }
    assert_eq!(code(distinct(&things, "a", doc! {}, doc! {})), 17217);
    things.index(doc! { "key": { "a": 1 } }).unwrap();
    assert_eq!(code(distinct(&things, "a", doc! {}, doc! {})), 17217);
}

#[test]
fn a_transaction_sees_its_own_values() {
    let database = in_memory();
    let things = database.collection("things").unwrap();
    things.add(doc! { "_id": 1, "a": 1 }).unwrap();
    things.index(doc! { "key": { "a": 1 } }).unwrap();
    let transaction = database.begin(&Default::default()).unwrap();
    let inside = transaction.collection("things").unwrap();
    inside.add(doc! { "_id": 2, "a": 2 }).unwrap();
    let values = |things: &Collection| distinct(things, "a", doc! {}, doc! {}).unwrap();
    assert_eq!(values(&inside), list(doc! { "0": 1, "1": 2 }));
    assert_eq!(values(&things), list(doc! { "0": 1 }));
}

#[test]
fn an_index_is_gone_through_by_leaps_where_that_shows_every_value() {
    let things = collection();
    things.add_all((0..300).map(|n| doc! { "_id": n, "a": (n % 3), "b": (n % 5), "u": n }));
    things.index(doc! { "key": { "a": -1 } }).unwrap();
    things
        .index(doc! { "key": { "u": 1 }, "unique": true })
        .unwrap();
    let explained = |command: Document| {
        let explained = things.explained(command);
        let stages = at(&explained, "executionStats.executionStages").unwrap();
        let stage = at(stages.as_document().unwrap(), "stage").unwrap();
        let documents = at(&explained, "executionStats.totalDocsExamined").unwrap();
        (stage.as_str().unwrap().to_string(), documents)
    };
    for (command, stage, documents) in [
        (doc! { "distinct": "", "key": "a" }, "DISTINCT_SCAN", 3),
        // Of the entries with 2 every fifth will do.
        (
            doc! { "distinct": "", "key": "a", "query": { "a": 2, "b": 4 } },
            "DISTINCT_SCAN",
            5,
        ),
        (
            doc! { "distinct": "", "key": "a", "query": { "b": 4 } },
            "COLLSCAN",
            300,
        ),
        (
            doc! { "distinct": "", "key": "a", "query": { "b": 4 }, "hint": "a_-1" },
            "DISTINCT_SCAN",
            11,
        ),
        (
            doc! { "distinct": "", "key": "a", "hint": { "$natural": 1 } },
            "COLLSCAN",
            300,
        ),
        (doc! { "distinct": "", "key": "u" }, "COLLSCAN", 300),
        (
            doc! { "distinct": "", "key": "a", "collation": { "locale": "en" } },
            "COLLSCAN",
            300,
        ),
    ] {
        let shown = format!("{command:?}");
        assert_eq!(
            explained(command),
            (stage.to_string(), Value::Int64(documents)),
            "{shown}"
        );
    }
    // Over an array, bounds would leave out the elements that come up below other keys.
    things
        .add(doc! { "_id": 300, "a": [1, 7], "u": 300 })
        .unwrap();
    things
        .add(doc! { "_id": 301, "a": [1, 8], "u": 301 })
        .unwrap();
    let command = doc! { "distinct": "", "key": "a", "query": { "a": 1 } };
    assert_eq!(explained(command).0, "FETCH");
    let found = distinct(&things, "a", doc! { "a": 1 }, doc! {}).unwrap();
    assert_eq!(found, list(doc! { "0": 1, "1": 7, "2": 8 }));
}

/// A random value of few different ones, so that most are repeated.
fn any(random: &mut Random, depth: u64, long: &str) -> Value {
    match random.below(if depth == 0 { 6 } else { 9 }) {
        0 => Value::Null,
        1 => Value::Int32(random.below(3) as i32),
        2 => Value::Double(random.below(3) as f64),
        3 => Value::from(format!("{long}{}", random.below(3))),
        4 => Value::from("x"),
        5 => Value::Boolean(true),
        6 => doc! { "b": (any(random, depth - 1, long)) }.into(),
        7 => Value::Array(vec![]),
        _ => {
            let values = (0..random.below(3)).map(|_| any(random, depth - 1, long));
            Value::Array(values.collect())
        }
    }
}

/// Where 1 and 1.0 are the same value, either may stand for it.
fn shown(value: Value) -> String {
    match value {
        Value::Double(number) => format!("{:?}", Value::Int32(number as i32)),
        Value::Array(values) => format!("{:?}", values.into_iter().map(shown).collect::<Vec<_>>()),
        Value::Document(fields) => {
            let fields = fields.into_iter().map(|(name, value)| (name, shown(value)));
            format!("{:?}", fields.collect::<Vec<_>>())
        }
        other => format!("{other:?}"),
    }
}

#[test]
fn leaping_through_an_index_finds_what_a_scan_finds() {
    let seed = std::env::var("IRONBASE_SEED")
        .ok()
        .and_then(|seed| seed.parse().ok());
    let seed = seed.unwrap_or_else(|| std::process::id().into());
    println!("replay with IRONBASE_SEED={seed}");
    let mut random = Random::new(seed);
    let long = "long ".repeat(200);
    for _ in 0..60 {
        let (plain, indexed) = (collection(), collection());
        let direction = if random.chance(50) { 1 } else { -1 };
        for path in ["a", "a.b"] {
            indexed.index(doc! { "key": { path: direction } }).unwrap();
        }
        for n in 0..40 {
            let mut added = doc! { "_id": n, "c": (n % 3) };
            if n % 5 != 0 {
                added.insert("a", any(&mut random, 3, &long));
            }
            plain.add(added.clone()).unwrap();
            indexed.add(added).unwrap();
        }
        for (path, hint) in [("a", "a_"), ("a.b", "a.b_")] {
            let hint = format!("{hint}{direction}");
            for filter in [
                doc! {},
                doc! { "c": 1 },
                doc! { path: { "$gt": 0 } },
                doc! { path: { "$in": [1, "x", null] } },
            ] {
                let sorted = |things: &Collection, options: Document| {
                    let found = distinct(things, path, filter.clone(), options).unwrap();
                    let mut found: Vec<String> = found.into_iter().map(shown).collect();
                    found.sort();
                    found
                };
                let expected = sorted(&plain, doc! {});
                assert_eq!(sorted(&indexed, doc! {}), expected, "{path} {filter:?}");
                let hinted = sorted(&indexed, doc! { "hint": (hint.as_str()) });
                assert_eq!(hinted, expected, "{path} {filter:?}");
            }
        }
    }
}
