//! Strings compared by the rules of a language: in filters, sorts, indexes, and by a collection's own collation.

use std::cmp::Ordering;

use ironbase::bson::{Collation, Document, RawDoc, Value, doc};
use ironbase::database::Collection;
use ironbase::database::options::{CountOptions, DeleteOptions, UpdateOptions};
use ironbase::storage::vfs::sim::Random;

use crate::shell::{Shell, at, code, collection, documents, in_memory};

const WORDS: [&str; 14] = [
    "cote", "Cote", "côte", "coté", "CÔTÉ", "zebra", "Äpfel", "apfel", "item9", "item10", "Item10",
    "öl", "ol", "",
];

fn words(things: &Collection) {
    things.add_all(
        (0..)
            .zip(WORDS)
            .map(|(n, word)| doc! { "_id": n, "w": word, "n": n }),
    );
}

fn made_with(options: Document) -> Collection {
    let database = in_memory();
    database
        .create_collection("things", RawDoc::new(&options.to_bytes()).unwrap())
        .unwrap();
    database.collection("things").unwrap()
}

/// What explain says of a find.
fn plan(things: &Collection, filter: Document, options: Document) -> String {
    let mut command = doc! { "find": "things", "filter": filter };
    for (name, value) in options.iter() {
        command.insert(name, value.clone());
    }
    let explained = things.explained(command);
    format!("{:?}", at(&explained, "queryPlanner.winningPlan"))
}

#[test]
fn equality_ranges_and_in_follow_the_collation_and_regular_expressions_do_not() {
    let things = collection();
    words(&things);
    let ids =
        |filter: Document, collation: Document| things.ids(filter, doc! { "collation": collation });
    let (first, second) = (
        doc! { "locale": "en", "strength": 1 },
        doc! { "locale": "en", "strength": 2 },
    );
    assert_eq!(ids(doc! { "w": "COTE" }, first.clone()), [0, 1, 2, 3, 4]);
    assert_eq!(ids(doc! { "w": "COTE" }, second.clone()), [0, 1]);
    assert_eq!(
        ids(doc! { "w": "COTE" }, doc! { "locale": "simple" }),
        [0i32; 0]
    );
    assert_eq!(ids(doc! { "w": "COTE" }, doc! {}), [0i32; 0]);
    assert_eq!(
        ids(doc! { "w": { "$in": ["APFEL", "OL"] } }, first.clone()),
        [6, 7, 11, 12]
    );
    assert_eq!(
        ids(
            doc! { "w": { "$ne": "côte", "$lt": "d", "$gt": "b" } },
            first.clone()
        ),
        [0i32; 0]
    );
    assert_eq!(
        ids(doc! { "w": { "$not": { "$gte": "b" } } }, first.clone()),
        [6, 7, 13]
    );
    let numeric = doc! { "locale": "en", "numericOrdering": true, "strength": 1 };
    assert_eq!(
        ids(doc! { "w": { "$gt": "item9", "$lt": "j" } }, numeric),
        [9, 10]
    );
    assert_eq!(ids(doc! { "w": { "$regex": "^C" } }, first.clone()), [1, 4]);
    // Within documents and arrays, too.
    things
        .add(doc! { "_id": 20, "d": { "e": "É" }, "l": ["X", "Y"] })
        .unwrap();
    assert_eq!(ids(doc! { "d": { "e": "e" } }, first.clone()), [20]);
    assert_eq!(ids(doc! { "d": { "E": "e" } }, first.clone()), [0i32; 0]);
    assert_eq!(ids(doc! { "l": "y" }, first.clone()), [20]);
    assert_eq!(ids(doc! { "l": ["x", "y"] }, first.clone()), [20]);
    assert_eq!(
        ids(doc! { "l": { "$elemMatch": { "$eq": "x" } } }, first),
        [20]
    );
}

#[test]
fn every_operation_takes_a_collation() {
    let things = collection();
    words(&things);
    let collation = || doc! { "collation": { "locale": "en", "strength": 1 } };
    let (filter, options) = (doc! { "w": "COTE" }.to_bytes(), collation().to_bytes());
    let options = RawDoc::new(&options).unwrap();
    let count = CountOptions::from_bson(options).unwrap();
    assert_eq!(things.count_documents(&filter, &count).unwrap(), 5);
    let update = doc! { "$set": { "seen": true } }.to_bytes();
    let updating = UpdateOptions::from_bson(options).unwrap();
    let updated = things.update_many(&filter, &update, &updating).unwrap();
    assert_eq!(updated.modified_count, 5);
    let deleting = DeleteOptions::from_bson(options).unwrap();
    assert_eq!(things.delete_many(&filter, &deleting).unwrap(), 5);
    let apple = doc! { "w": "APFEL" };
    assert_eq!(things.delete_all(apple.clone()), 0);
    let explained = plan(&things, apple, collation());
    assert!(explained.contains("COLLSCAN"), "{explained}");
    let bad = things.found_with(doc! {}, doc! { "collation": { "locale": "tlh" } });
    assert_eq!(code(bad), 2);
    let bad = things.found_with(doc! {}, doc! { "collation": { "strength": 1 } });
    assert_eq!(code(bad), 40414);
}

#[test]
fn an_index_serves_strings_only_of_its_own_collation() {
    let things = collection();
    words(&things);
    let french = doc! { "locale": "fr", "strength": 1 };
    things
        .index(doc! { "key": { "w": 1 }, "name": "by_word", "collation": (french.clone()) })
        .unwrap();
    let with = |collation: &Document| doc! { "collation": (collation.clone()) };
    let equal = doc! { "w": "COTE" };
    let uses = |filter: &Document, options: Document| {
        plan(&things, filter.clone(), options).contains("by_word")
    };
    assert!(uses(&equal, with(&french)));
    assert!(!uses(&equal, doc! {}));
    assert!(!uses(&equal, with(&doc! { "locale": "fr" })));
    // Numbers compare alike under all of them.
    assert!(uses(&doc! { "w": 5 }, doc! {}));
    assert!(uses(
        &doc! { "w": { "$in": [1, null] } },
        with(&doc! { "locale": "sv" })
    ));
    assert!(!uses(&doc! { "w": { "$in": [1, "a"] } }, doc! {}));
    assert_eq!(things.ids(equal, with(&french)), [0, 1, 2, 3, 4]);
    assert_eq!(
        things.ids(doc! { "w": { "$regex": "^C" } }, with(&french)),
        [1, 4]
    );
    // The order comes from the index only if it is the right one.
    let sorted = |collation: &Document| {
        let mut options = with(collation);
        options.insert("sort", doc! { "w": 1 });
        plan(&things, doc! {}, options)
    };
    assert!(!sorted(&french).contains("\"SORT\""), "{}", sorted(&french));
    assert!(sorted(&doc! { "locale": "sv" }).contains("\"SORT\""));
    let listed = documents(&things.list_indexes().unwrap());
    let shown = listed[1]
        .get("collation")
        .and_then(|c| c.as_document())
        .unwrap();
    assert_eq!(shown.get("strength"), Some(&Value::Int32(1)));
    assert!(shown.get("version").is_some());
}

#[test]
fn the_same_key_may_be_indexed_under_several_collations() {
    let things = collection();
    things.index(doc! { "key": { "a": 1 } }).unwrap();
    let english = || doc! { "locale": "en" };
    let again = doc! { "key": { "a": 1 }, "collation": (english()) };
    assert_eq!(code(things.index(again)), 86);
    things
        .index(doc! { "key": { "a": 1 }, "name": "a_en", "collation": (english()) })
        .unwrap();
    things
        .index(doc! { "key": { "a": 1 }, "name": "a_en", "collation": { "locale": "en", "strength": 3 } })
        .unwrap();
    let bad = doc! { "key": { "b": 1 }, "collation": { "locale": "en", "strength": 9 } };
    assert_eq!(code(things.index(bad)), 2);
    assert_eq!(
        code(things.index(doc! { "key": { "b": 1 }, "collation": "en" })),
        14
    );
}

#[test]
fn a_unique_index_is_unique_under_its_collation() {
    let things = collection();
    things
        .index(doc! { "key": { "mail": 1 }, "unique": true, "collation": { "locale": "en", "strength": 2 } })
        .unwrap();
    things.add(doc! { "_id": 1, "mail": "ann@x.org" }).unwrap();
    assert_eq!(
        code(things.add(doc! { "_id": 2, "mail": "Ann@X.org" })),
        11000
    );
    things.add(doc! { "_id": 3, "mail": "änn@x.org" }).unwrap();
}

#[test]
fn a_collections_collation_holds_for_what_does_not_say_otherwise() {
    let collation = doc! { "locale": "en", "strength": 2 };
    let things = made_with(doc! { "collation": (collation.clone()) });
    words(&things);
    assert_eq!(things.ids(doc! { "w": "COTE" }, doc! {}), [0, 1]);
    let simple = || doc! { "collation": { "locale": "simple" } };
    assert_eq!(things.ids(doc! { "w": "COTE" }, simple()), [0i32; 0]);
    assert_eq!(things.ids(doc! { "w": "Cote" }, simple()), [1]);
    // Indexes inherit it.
    things.index(doc! { "key": { "w": 1 } }).unwrap();
    assert!(plan(&things, doc! { "w": "COTE" }, doc! {}).contains("w_1"));
    assert!(!plan(&things, doc! { "w": "COTE" }, simple()).contains("w_1"));
    let indexes = documents(&things.list_indexes().unwrap());
    assert!(
        indexes.iter().all(|index| index.get("collation").is_some()),
        "{indexes:?}"
    );
    things
        .index(doc! { "key": { "n": 1 }, "collation": { "locale": "simple" } })
        .unwrap();
    let indexes = documents(&things.list_indexes().unwrap());
    assert!(indexes[2].get("collation").is_none());
}

#[test]
fn ids_are_unique_and_found_under_the_collections_collation() {
    let things = made_with(doc! { "collation": { "locale": "en", "strength": 2 } });
    things.add(doc! { "_id": "Ann", "a": 1 }).unwrap();
    things.add(doc! { "_id": "bob", "a": 2 }).unwrap();
    things.add(doc! { "_id": 7, "a": 3 }).unwrap();
    assert_eq!(code(things.add(doc! { "_id": "ANN" })), 11000);
    let find = |id: Value, options: Document| {
        let found = things.found_with(doc! { "_id": id }, options).unwrap();
        found.len()
    };
    assert_eq!(find("ann".into(), doc! {}), 1);
    assert_eq!(
        find("ann".into(), doc! { "collation": { "locale": "simple" } }),
        0
    );
    assert_eq!(
        find("Ann".into(), doc! { "collation": { "locale": "simple" } }),
        1
    );
    assert_eq!(find(7.into(), doc! {}), 1);
    let one = things.find_one_with(
        &doc! { "_id": "BOB" }.to_bytes(),
        &Default::default(),
        &mut |_| (),
    );
    assert!(one.unwrap().is_some());
    let upsert = things
        .update_one(
            &doc! { "_id": "ANN" }.to_bytes(),
            &doc! { "$set": { "b": 1 } }.to_bytes(),
            &UpdateOptions {
                upsert: true,
                ..Default::default()
            },
        )
        .unwrap();
    assert_eq!((upsert.matched_count, upsert.upserted_id), (1, None));
    let other = doc! { "key": { "_id": 1 }, "collation": { "locale": "simple" } };
    assert_eq!(code(things.index(other)), 2);
    let listed = documents(&things.list_indexes().unwrap());
    assert_eq!(listed.len(), 1);
}

#[test]
fn filters_and_sorts_agree_with_comparing_directly() {
    let seed = std::env::var("IRONBASE_SEED")
        .ok()
        .and_then(|seed| seed.parse().ok());
    let seed = seed.unwrap_or_else(|| std::process::id().into());
    println!("replay with IRONBASE_SEED={seed}");
    let mut random = Random::new(seed);
    let letters = [
        "a", "A", "á", "b", "B", "1", "10", "9", " ", "-", "ß", "ss", "o", "ö", "z",
    ];
    let all = [
        doc! { "locale": "en", "strength": 1 },
        doc! { "locale": "en", "strength": 2, "numericOrdering": true },
        doc! { "locale": "de@collation=phonebook", "caseFirst": "upper" },
        doc! { "locale": "sv", "alternate": "shifted" },
        doc! { "locale": "fr_CA", "strength": 5 },
    ];
    for round in 0..40 {
        let things = collection();
        let spec = all[random.below(5) as usize].clone();
        if random.below(2) == 0 {
            let index = doc! { "key": { "w": 1 }, "name": "i", "collation": (all[random.below(5) as usize].clone()) };
            things.index(index).unwrap();
        }
        let words: Vec<String> = (0..60)
            .map(|_| {
                (0..random.below(5))
                    .map(|_| letters[random.below(15) as usize])
                    .collect()
            })
            .collect();
        things.add_all(
            (0..)
                .zip(&words)
                .map(|(n, word)| doc! { "_id": n, "w": (word.as_str()) }),
        );
        let bytes = spec.to_bytes();
        let rules = Collation::parse("collation", RawDoc::new(&bytes).unwrap())
            .unwrap()
            .unwrap();
        let compare = |a: &str, b: &str| rules.compare(a.as_bytes(), b.as_bytes());
        for (operator, holds) in [
            ("$eq", Ordering::is_eq as fn(Ordering) -> bool),
            ("$ne", Ordering::is_ne),
            ("$lt", Ordering::is_lt),
            ("$gte", Ordering::is_ge),
        ] {
            let operand = words[random.below(60) as usize].as_str();
            let expected: Vec<i32> = (0..60)
                .filter(|n| holds(compare(&words[*n as usize], operand)))
                .collect();
            let mut found = things.ids(
                doc! { "w": { operator: operand } },
                doc! { "collation": (spec.clone()) },
            );
            found.sort();
            assert_eq!(found, expected, "{round}: {spec:?} {operator} {operand:?}");
        }
        let mut expected: Vec<i32> = (0..60).collect();
        expected.sort_by(|a, b| compare(&words[*a as usize], &words[*b as usize]).then(a.cmp(b)));
        let options = doc! { "sort": { "w": 1, "_id": 1 }, "collation": (spec.clone()) };
        assert_eq!(things.ids(doc! {}, options), expected, "{round}: {spec:?}");
    }
}

#[test]
fn expressions_and_computed_fields_follow_the_collation() {
    let things = collection();
    words(&things);
    things
        .add(doc! { "_id": 30, "w": "Word", "other": "wORD", "list": ["b", "A", "C"] })
        .unwrap();
    let second = || doc! { "collation": { "locale": "en", "strength": 2 } };
    let same = doc! { "$expr": { "$eq": ["$w", "$other"] } };
    assert_eq!(things.ids(same.clone(), second()), [30]);
    assert_eq!(things.ids(same, doc! {}), [0i32; 0]);
    let constant = doc! { "$expr": { "$in": ["$w", { "$concatArrays": [["COTE"]] }] } };
    assert_eq!(things.ids(constant, second()), [0, 1]);

    let mut options = second();
    options.insert(
        "projection",
        doc! {
            "_id": 0, "greatest": { "$max": ["$w", "X"] },
            "sorted": { "$sortArray": { "input": "$list", "sortBy": 1 } },
        },
    );
    options.insert("let", doc! { "is": { "$eq": ["x", "X"] } });
    let found = things
        .found_with(doc! { "_id": 30, "$expr": "$$is" }, options)
        .unwrap();
    assert_eq!(found, [doc! { "greatest": "X", "sorted": ["A", "b", "C"] }]);

    let pipeline = doc! { "0": { "$set": { "same": { "$eq": ["$w", "$other"] } } } };
    let updated = update_with(&things, doc! { "_id": 30 }, pipeline, second());
    assert_eq!(updated.get("same"), Some(&Value::Boolean(true)));
}

/// Updates the document of an `_id` and gives what became of it.
fn update_with(
    things: &Collection,
    filter: Document,
    update: Document,
    options: Document,
) -> Document {
    let options = UpdateOptions::from_bson(RawDoc::trusted(&options.to_bytes())).unwrap();
    let update = update.to_bytes();
    let result = things.update_one(&filter.to_bytes(), &update, &options);
    assert_eq!(result.unwrap().matched_count, 1);
    things.found(doc! { "_id": { "$gt": 0 } }).pop().unwrap()
}

#[test]
fn updates_compare_by_the_collation() {
    let cases = [
        (
            doc! { "$addToSet": { "l": "a" } },
            doc! { "l": ["A", "b", "C"], "s": "M" },
        ),
        (
            doc! { "$addToSet": { "l": { "$each": ["B", "d", "D"] } } },
            doc! { "l": ["A", "b", "C", "d"], "s": "M" },
        ),
        (
            doc! { "$pull": { "l": "a" } },
            doc! { "l": ["b", "C"], "s": "M" },
        ),
        (
            doc! { "$pull": { "l": { "$in": ["B", "c"] } } },
            doc! { "l": ["A"], "s": "M" },
        ),
        (
            doc! { "$pull": { "l": { "$gte": "B" } } },
            doc! { "l": ["A"], "s": "M" },
        ),
        (
            doc! { "$pullAll": { "l": ["a", "c"] } },
            doc! { "l": ["b"], "s": "M" },
        ),
        (
            doc! { "$push": { "l": { "$each": ["B", "a"], "$sort": -1 } } },
            doc! { "l": ["C", "b", "B", "A", "a"], "s": "M" },
        ),
        (
            doc! { "$min": { "s": "m" } },
            doc! { "l": ["A", "b", "C"], "s": "M" },
        ),
        (
            doc! { "$min": { "s": "b" } },
            doc! { "l": ["A", "b", "C"], "s": "b" },
        ),
        (
            doc! { "$max": { "s": "n" } },
            doc! { "l": ["A", "b", "C"], "s": "n" },
        ),
        (
            doc! { "$max": { "s": "a" } },
            doc! { "l": ["A", "b", "C"], "s": "M" },
        ),
        // What is set is set, be it equal under the collation.
        (
            doc! { "$set": { "s": "m" } },
            doc! { "l": ["A", "b", "C"], "s": "m" },
        ),
        (
            doc! { "$set": { "l.$[x]": "-" } },
            doc! { "l": ["A", "-", "-"], "s": "M" },
        ),
    ];
    for (update, expected) in cases {
        let things = made_with(doc! { "collation": { "locale": "en", "strength": 2 } });
        things
            .add(doc! { "_id": 1, "l": ["A", "b", "C"], "s": "M" })
            .unwrap();
        let options = match format!("{update:?}").contains("$[x]") {
            true => doc! { "arrayFilters": [{ "x": { "$gt": "a" } }] },
            false => doc! {},
        };
        let mut found = update_with(&things, doc! { "_id": 1 }, update.clone(), options);
        found.remove("_id");
        assert_eq!(found, expected, "{update:?}");
    }
    // The position, too, is where the filter matched.
    let things = made_with(doc! { "collation": { "locale": "en", "strength": 2 } });
    things.add(doc! { "_id": 1, "l": ["A", "b"] }).unwrap();
    let positional = doc! { "$set": { "l.$": "-" } };
    let found = update_with(&things, doc! { "l": "B" }, positional, doc! {});
    assert_eq!(found, doc! { "_id": 1, "l": ["A", "-"] });
}

#[test]
fn a_validator_compares_by_the_collections_collation_and_a_schema_does_not() {
    let made = |validator: Document| {
        made_with(doc! { "collation": { "locale": "en", "strength": 2 }, "validator": validator })
    };
    for validator in [
        doc! { "kind": { "$in": ["Cat", "Dog"] } },
        doc! { "$expr": { "$in": ["$kind", ["Cat", "Dog"]] } },
    ] {
        let things = made(validator.clone());
        things.add(doc! { "_id": 1, "kind": "CAT" }).unwrap();
        let refused = things.add(doc! { "_id": 2, "kind": "bird" });
        assert_eq!(code(refused), 121, "{validator:?}");
    }
    let schema = doc! { "$jsonSchema": { "properties": { "kind": { "enum": ["Cat"] } } } };
    let things = made(schema);
    things.add(doc! { "_id": 1, "kind": "Cat" }).unwrap();
    assert_eq!(code(things.add(doc! { "_id": 2, "kind": "CAT" })), 121);
}
