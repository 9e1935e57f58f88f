//! Updates with a pipeline: what the stages make of a document, what they may not.

use ironbase::bson::{Document, RawDoc, Value, doc};
use ironbase::database::options::UpdateOptions;

use crate::shell::{Shell, code, collection};

/// A pipeline as an update takes it: an array is a document whose names are positions.
fn pipeline(stages: impl IntoIterator<Item = Document>) -> Document {
    let stages = stages.into_iter().enumerate();
    stages
        .map(|(at, stage)| (at.to_string(), Value::Document(stage)))
        .collect()
}

#[test]
fn stages_see_what_those_before_made() {
    let cases = [
        (
            vec![doc! { "$set": { "sum": { "$add": ["$a", "$b"] } } }],
            doc! { "_id": 1, "a": 1, "b": 2, "sum": 3 },
        ),
        (
            vec![
                doc! { "$set": { "sum": { "$add": ["$a", "$b"] }, "a": { "$add": ["$a", 10] } } },
                doc! { "$addFields": { "twice": { "$multiply": ["$sum", 2] } } },
                doc! { "$unset": ["b", "sum"] },
            ],
            doc! { "_id": 1, "a": 11, "twice": 6 },
        ),
        (
            vec![doc! { "$set": { "a": "$$REMOVE", "c": "$none" } }],
            doc! { "_id": 1, "b": 2 },
        ),
        (
            vec![doc! { "$set": { "c.d": "$a", "e": { "f": 5 } } }],
            doc! { "_id": 1, "a": 1, "b": 2, "c": { "d": 1 }, "e": { "f": 5 } },
        ),
        (vec![doc! { "$unset": "a" }], doc! { "_id": 1, "b": 2 }),
        (
            vec![doc! { "$project": { "x": "$b", "a": 1 } }],
            doc! { "_id": 1, "a": 1, "x": 2 },
        ),
        (
            vec![doc! { "$project": { "_id": 0, "b": 1 } }],
            doc! { "_id": 1, "b": 2 },
        ),
        (
            vec![doc! { "$project": { "l": { "$slice": [[1, 2, 3], 2] } } }],
            doc! { "_id": 1, "l": [1, 2] },
        ),
        (
            vec![doc! { "$replaceWith": { "n": "$b" } }],
            doc! { "_id": 1, "n": 2 },
        ),
        (
            vec![
                doc! { "$replaceRoot": { "newRoot": { "$mergeObjects": ["$$ROOT", { "b": 7 }] } } },
            ],
            doc! { "_id": 1, "a": 1, "b": 7 },
        ),
    ];
    for (stages, expected) in cases {
        let things = collection();
        things.add(doc! { "_id": 1, "a": 1, "b": 2 }).unwrap();
        let result = things.update(doc! {}, pipeline(stages.clone())).unwrap();
        assert_eq!(
            (result.matched_count, result.modified_count),
            (1, 1),
            "{stages:?}"
        );
        assert_eq!(things.only(), expected, "{stages:?}");
    }
}

#[test]
fn set_reaches_into_arrays_and_replaces_what_is_in_the_way() {
    let things = collection();
    things
        .add(doc! { "_id": 1, "l": [{ "x": 1 }, 5], "s": 3 })
        .unwrap();
    let stages = pipeline([doc! { "$set": { "l.y": 0, "s.t": "$_id" } }]);
    things.update(doc! {}, stages).unwrap();
    let expected = doc! { "_id": 1, "l": [{ "x": 1, "y": 0 }, { "y": 0 }], "s": { "t": 1 } };
    assert_eq!(things.only(), expected);
}

#[test]
fn a_pipeline_that_changes_nothing_modifies_nothing() {
    let things = collection();
    things.add_all((0..3).map(|n| doc! { "_id": n, "a": n }));
    let stages = pipeline([doc! { "$set": { "a": { "$max": ["$a", 1] } } }]);
    let result = things.update_all(doc! {}, stages).unwrap();
    assert_eq!((result.matched_count, result.modified_count), (3, 1));
}

#[test]
fn an_upsert_runs_the_pipeline_over_what_the_filter_requires() {
    let things = collection();
    let stages =
        pipeline([doc! { "$set": { "n": { "$add": [{ "$ifNull": ["$n", 0] }, "$step"] } } }]);
    let filter = doc! { "_id": 7, "step": 2 };
    let result = things.upsert(filter.clone(), stages.clone()).unwrap();
    assert_eq!(result.upserted_id, Some(Value::Int32(7)));
    things.upsert(filter, stages).unwrap();
    assert_eq!(things.only(), doc! { "_id": 7, "step": 2, "n": 4 });
}

#[test]
fn variables_are_seen_by_the_stages() {
    let things = collection();
    things.add(doc! { "_id": 1, "a": 1 }).unwrap();
    let options = doc! { "let": { "by": 5 } }.to_bytes();
    let options = UpdateOptions::from_bson(RawDoc::trusted(&options)).unwrap();
    let stages = pipeline([doc! { "$set": { "a": { "$add": ["$a", "$$by"] } } }]).to_bytes();
    things
        .update_one(&doc! {}.to_bytes(), &stages, &options)
        .unwrap();
    assert_eq!(things.only(), doc! { "_id": 1, "a": 6 });
}

#[test]
fn refused_pipelines_change_nothing() {
    let before = doc! { "_id": 1, "a": 1, "s": "x" };
    let things = collection();
    things.add(before.clone()).unwrap();
    let cases = [
        (doc! { "$set": { "_id": 2 } }, 66),
        (doc! { "$replaceWith": "$a" }, 40228),
        (doc! { "$set": { "b": { "$add": ["$s", 1] } } }, 14),
        (doc! { "$match": { "a": 1 } }, 72),
        (doc! { "$nope": 1 }, 40324),
        (doc! { "$set": { "a": 1 }, "$unset": "b" }, 40323),
        (doc! {}, 40323),
        (doc! { "$set": {} }, 40177),
        (doc! { "$set": 1 }, 40272),
        (doc! { "$set": { "a": {} } }, 40180),
        (doc! { "$set": { "a": 1, "a.b": 2 } }, 31249),
        (doc! { "$set": { "a.b": 2, "a": 1 } }, 31250),
        (doc! { "$set": { "$a": 1 } }, 16410),
        (doc! { "$set": { "a": { "$nope": 1 } } }, 168),
        (doc! { "$unset": 1 }, 31002),
        (doc! { "$unset": [] }, 31119),
        (doc! { "$unset": [1] }, 31120),
        (doc! { "$project": {} }, 51272),
        (doc! { "$project": 1 }, 15969),
        (doc! { "$replaceRoot": 1 }, 40229),
        (doc! { "$replaceRoot": { "root": 1 } }, 40230),
        (doc! { "$replaceRoot": {} }, 40231),
    ];
    for (stage, expected) in cases {
        let result = things.update(doc! {}, pipeline([stage.clone()]));
        assert_eq!(code(result), expected, "{stage:?}");
        assert_eq!(things.only(), before, "{stage:?}");
    }
    let no_document = doc! { "0": 5 };
    assert_eq!(code(things.update(doc! {}, no_document)), 14);
    let filters = doc! { "arrayFilters": [{ "x": 1 }] }.to_bytes();
    let options = UpdateOptions::from_bson(RawDoc::trusted(&filters)).unwrap();
    let stages = pipeline([doc! { "$set": { "a": 2 } }]).to_bytes();
    assert_eq!(
        code(things.update_one(&doc! {}.to_bytes(), &stages, &options)),
        9
    );
    // Deeper than a document may be.
    let deep = pipeline([doc! { "$set": { "d": { "$reduce": {
        "input": { "$range": [0, 150] }, "initialValue": 1, "in": ["$$value"],
    } } } }]);
    assert_eq!(code(things.update(doc! {}, deep)), 15);
    assert_eq!(things.only(), before);
}
