//! Values whose keys are too long for a page: the keys are cut, the answers are not.

use ironbase::bson::{Document, doc};

use crate::shell::{Shell, code, collection};

/// Texts around the lengths at which the keys of `_id`s (256) and of indexes (512) are cut: alike up to their ends.
fn long_texts() -> Vec<String> {
    let lengths = [
        200, 230, 238, 239, 240, 253, 254, 255, 256, 257, 300, 480, 494, 495, 496, 497, 509, 510,
        511, 512, 600, 5000,
    ];
    let ends =
        |length| ["", "a", "b", "\0", "zz"].map(|end| format!("{}{end}", "x".repeat(length)));
    let mut all: Vec<String> = lengths.into_iter().flat_map(ends).collect();
    all.sort_unstable();
    all.dedup();
    all
}

#[test]
fn long_keys_are_found_ordered_and_unique() {
    for (name, field, spec) in [
        ("by _id", "_id", None),
        (
            "ascending",
            "k",
            Some(doc! { "key": { "k": 1 }, "unique": true }),
        ),
        (
            "descending",
            "k",
            Some(doc! { "key": { "k": -1 }, "unique": true }),
        ),
    ] {
        let things = collection();
        if let Some(spec) = spec {
            things.index(spec).unwrap();
        }
        let texts = long_texts();
        let with = |field: &str, text: &str, n: i32| -> Document {
            doc! { field: text, "n": n }
        };
        things.add_all(
            (0..)
                .zip(&texts)
                .map(|(n, text)| with(field, text, n))
                .collect::<Vec<_>>()
                .into_iter()
                .rev(),
        );
        let places = |filter: Document, options: Document| -> Vec<i64> {
            let found = things.found_with(filter, options).unwrap();
            let n = |found: &Document| {
                found
                    .get("n")
                    .map(|n| n.to_raw().as_raw().as_integer().unwrap())
            };
            found.iter().map(|found| n(found).expect("n")).collect()
        };
        for (n, text) in (0..).zip(&texts) {
            let text = text.as_str();
            assert_eq!(
                places(doc! { field: text }, doc! {}),
                [n],
                "{name}: equal to text {n}"
            );
            assert_eq!(
                code(things.add(with(field, text, -1))),
                11000,
                "{name}: text {n} again"
            );
            let sorted = || doc! { "sort": { field: 1 } };
            let below = places(doc! { field: { "$lt": text } }, sorted());
            assert_eq!(below, (0..n).collect::<Vec<_>>(), "{name}: below text {n}");
            let above = places(doc! { field: { "$gte": text } }, sorted());
            assert_eq!(
                above,
                (n..texts.len() as i64).collect::<Vec<_>>(),
                "{name}: from text {n}"
            );
        }
        let absent = "x".repeat(700);
        assert_eq!(places(doc! { field: (absent.as_str()) }, doc! {}), [0; 0]);
        let some = doc! { field: { "$in": [(texts[3].as_str()), (texts[40].as_str()), absent] } };
        assert_eq!(
            places(some, doc! { "sort": { field: -1 } }),
            [40, 3],
            "{name}"
        );
        assert_eq!(
            things.delete_all(doc! { field: { "$gt": (texts[9].as_str()) } }),
            texts.len() as u64 - 10
        );
        assert_eq!(things.count(doc! { field: { "$gt": "" } }), 10, "{name}");
    }
}
