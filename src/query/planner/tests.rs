//! Plans by example: a filter and a sort, and the plan in one line.

use super::*;
use crate::bson::{Document, RawDoc, Value, doc};
use crate::error::Code;
use crate::query::{Context, explain};

pub(super) fn filter(filter: &Document) -> Filter {
    Filter::compile(RawDoc::trusted(&filter.to_bytes()), &Context::default())
        .unwrap_or_else(|error| panic!("{filter:?}: {error}"))
}

pub(super) fn sort(sort: &Document) -> Sort {
    Sort::compile(RawDoc::trusted(&sort.to_bytes()), &Context::default()).unwrap()
}

pub(super) fn spec(spec: Document) -> IndexSpec {
    IndexSpec::parse(RawDoc::trusted(&spec.to_bytes())).unwrap()
}

fn infos(specs: &[(IndexSpec, u8)]) -> Vec<IndexInfo<'_>> {
    let specs = specs.iter().enumerate();
    let infos = specs.map(|(position, (spec, flags))| IndexInfo {
        name: &spec.name,
        spec,
        flags: *flags,
        position,
    });
    infos.collect()
}

struct Query {
    filter: Document,
    sort: Document,
    hint: Option<Hint>,
    preferred: Option<&'static str>,
}

impl Query {
    fn new(filter: Document) -> Query {
        Query {
            filter,
            sort: doc! {},
            hint: None,
            preferred: None,
        }
    }

    fn sorted(filter: Document, sort: Document) -> Query {
        Query {
            sort,
            ..Query::new(filter)
        }
    }

    fn hinted(filter: Document, hint: Hint) -> Query {
        Query {
            hint: Some(hint),
            ..Query::new(filter)
        }
    }

    /// The plan in one line: `a_1 ["[5, 5]"] reverse sort`.
    fn plan(&self, specs: &[(IndexSpec, u8)]) -> Result<String> {
        let (filter, sort) = (filter(&self.filter), sort(&self.sort));
        let indexes = infos(specs);
        let request = PlanRequest {
            filter: &filter,
            sort: &sort,
            hint: self.hint.as_ref(),
            range: None,
            indexes: &indexes,
            primary_flags: 0,
            preferred: self.preferred,
            describe: true,
        };
        let plan = plan(&request)?;
        let (mut text, reverse) = match &plan.access {
            Access::Empty => ("empty".to_string(), false),
            Access::IdPoints(_) => ("ids".to_string(), false),
            Access::CollectionScan { reverse, .. } => ("scan".to_string(), *reverse),
            Access::IndexScan {
                position, reverse, ..
            } => (specs[*position].0.name.clone(), *reverse),
        };
        plan.bounds
            .iter()
            .for_each(|bounds| text.push_str(&format!(" {bounds}")));
        text.push_str(if reverse { " reverse" } else { "" });
        text.push_str(match plan.sort {
            SortSource::None => "",
            SortSource::ProvidedByAccess => " ordered",
            SortSource::InMemory => " sort",
        });
        Ok(text)
    }
}

pub(super) fn regex(pattern: &str) -> Value {
    Value::Regex {
        pattern: pattern.to_string(),
        options: String::new(),
    }
}

#[test]
fn bounds_follow_from_the_operators() {
    let indexes = [(spec(doc! { "key": { "a": 1 } }), 0)];
    let cases = [
        (doc! {}, "scan"),
        (doc! { "b": 1 }, "scan"),
        (doc! { "a": 5 }, "a_1 [5, 5]"),
        (doc! { "a": "x", "b": 7 }, "a_1 [\"x\", \"x\"]"),
        (doc! { "a": null }, "a_1 [null, null]"),
        (doc! { "a": { "$exists": false } }, "a_1 [null, null]"),
        (doc! { "a": { "$exists": true } }, "scan"),
        (doc! { "a": { "$gt": 5 } }, "a_1 (5, inf]"),
        (doc! { "a": { "$gte": 5, "$lt": 9.5 } }, "a_1 [5, 9.5)"),
        (doc! { "a": { "$lte": "m" } }, "a_1 [\"\", \"m\"]"),
        (
            doc! { "a": { "$gt": Value::DateTime(7) } },
            "a_1 (new Date(7), new Date(9223372036854775807)]",
        ),
        (
            doc! { "a": { "$in": [3, 1, null] } },
            "a_1 [null, null] [1, 1] [3, 3]",
        ),
        (
            doc! { "a": { "$in": [1, 2, 3], "$gt": 1 } },
            "a_1 [2, 2] [3, 3]",
        ),
        (doc! { "a": { "$gt": 5, "$lt": 3 } }, "empty"),
        (doc! { "a": { "$in": [] } }, "empty"),
        (doc! { "a": { "$gt": null } }, "empty"),
        (doc! { "a": { "$gte": f64::NAN } }, "a_1 [nan, nan]"),
        (doc! { "a": { "$ne": 5 } }, "scan"),
        (doc! { "a": { "$nin": [5] } }, "scan"),
        (doc! { "a": { "$not": { "$gt": 5 } } }, "scan"),
        (
            doc! { "a": regex("^ab") },
            "a_1 [\"ab\", \"ac\") [/^ab/, /^ab/]",
        ),
        (doc! { "a": regex("ab") }, "a_1 [\"\", {}) [/ab/, /ab/]"),
        (doc! { "a": [1, 2] }, "a_1 [1, 1] [[ 1, 2 ], [ 1, 2 ]]"),
        (doc! { "a": [] }, "a_1 [undefined, undefined] [[], []]"),
        (doc! { "a": { "b": 1 } }, "a_1 [{ b: 1 }, { b: 1 }]"),
        (doc! { "a": { "$gt": [1] } }, "scan"),
        (
            doc! { "a": { "$gt": Value::MinKey } },
            "a_1 (MinKey, MaxKey]",
        ),
        (
            doc! { "$or": [{ "a": 1 }, { "a": { "$gt": 7 } }] },
            "a_1 [1, 1] (7, inf]",
        ),
        (doc! { "$or": [{ "a": 1 }, { "b": 1 }] }, "scan"),
        (
            doc! { "$and": [{ "a": { "$gt": 1 } }, { "a": { "$lt": 5 } }] },
            "a_1 (1, 5)",
        ),
        (doc! { "$nor": [{ "a": 1 }] }, "scan"),
        (doc! { "a.b": 1 }, "scan"),
        (doc! { "a": { "$type": "string" } }, "a_1 [\"\", {})"),
        (
            doc! { "a": { "$type": ["bool", "number"] } },
            "a_1 [nan, inf] [false, true]",
        ),
        (doc! { "a": { "$type": "array" } }, "scan"),
        (doc! { "a": { "$size": 1 } }, "scan"),
        (doc! { "a": { "$mod": [2, 1] } }, "a_1 [nan, inf]"),
        (
            doc! { "a": { "$bitsAllSet": 1 } },
            "a_1 [nan, inf] [BinData(0, ), ObjectId('000000000000000000000000'))",
        ),
        (doc! { "a": { "$all": [7] } }, "a_1 [7, 7]"),
        (doc! { "a": { "$all": [] } }, "empty"),
        (doc! { "$alwaysFalse": 1 }, "empty"),
        (
            doc! { "a": { "$elemMatch": { "$gt": 1, "$lt": 5 } } },
            "a_1 (1, 5)",
        ),
        (doc! { "a": { "$elemMatch": { "b": 1 } } }, "scan"),
        (doc! { "a": 5, "$sampleRate": 0.5 }, "a_1 [5, 5]"),
    ];
    for (filter, expected) in cases {
        assert_eq!(
            Query::new(filter.clone()).plan(&indexes).unwrap(),
            expected,
            "{filter:?}"
        );
    }
}

#[test]
fn a_descending_index_shows_descending_bounds() {
    let indexes = [(spec(doc! { "key": { "a": -1 } }), 0)];
    let cases = [
        (doc! { "a": { "$gt": 5 } }, "a_-1 [inf, 5)"),
        (doc! { "a": { "$in": [1, 2] } }, "a_-1 [2, 2] [1, 1]"),
    ];
    for (filter, expected) in cases {
        assert_eq!(Query::new(filter).plan(&indexes).unwrap(), expected);
    }
}

#[test]
fn a_multikey_index_does_not_intersect_bounds() {
    let indexes = [(spec(doc! { "key": { "a": 1 } }), MULTIKEY)];
    let cases = [
        (doc! { "a": { "$gt": 5, "$lt": 3 } }, "a_1 (5, inf]"),
        (
            doc! { "a": { "$gt": 5, "$in": [1, 7] } },
            "a_1 [1, 1] [7, 7]",
        ),
        (doc! { "$and": [{ "a": 1 }, { "a": 2 }] }, "a_1 [1, 1]"),
        (doc! { "a": { "$lt": Value::MaxKey } }, "scan"),
        (doc! { "a": { "$all": [1, 2] } }, "a_1 [1, 1]"),
        // One element meets all conditions: their bounds are intersected.
        (
            doc! { "a": { "$elemMatch": { "$gt": 5, "$lt": 9 } } },
            "a_1 (5, 9)",
        ),
        (
            doc! { "a": { "$elemMatch": { "$gt": 5, "$lt": 3 } } },
            "empty",
        ),
        (
            doc! { "a": { "$all": [{ "$elemMatch": { "$gt": 5, "$lt": 9 } }] } },
            "a_1 (5, 9)",
        ),
    ];
    for (filter, expected) in cases {
        assert_eq!(Query::new(filter).plan(&indexes).unwrap(), expected);
    }
}

#[test]
fn elem_match_gives_bounds_to_the_fields_of_its_documents() {
    let indexes = [(spec(doc! { "key": { "a.b": 1 } }), MULTIKEY)];
    let cases = [
        (
            doc! { "a": { "$elemMatch": { "b": 5, "c": 1 } } },
            "a.b_1 [5, 5]",
        ),
        (
            doc! { "a": { "$elemMatch": { "b": { "$elemMatch": { "$gt": 1, "$lt": 3 } } } } },
            "a.b_1 (1, 3)",
        ),
        (
            doc! { "a": { "$elemMatch": { "b": { "$exists": false } } } },
            "a.b_1 [null, null]",
        ),
        (
            doc! { "a": { "$elemMatch": { "$or": [{ "b": 1 }, { "b": 2 }] } } },
            "a.b_1 [1, 1] [2, 2]",
        ),
        (doc! { "a": { "$elemMatch": { "$eq": 5 } } }, "scan"),
    ];
    for (filter, expected) in cases {
        assert_eq!(Query::new(filter).plan(&indexes).unwrap(), expected);
    }
    let indexes = [(spec(doc! { "key": { "a.0": 1 } }), MULTIKEY)];
    let filter = doc! { "a": { "$elemMatch": { "0": 5 } } };
    assert_eq!(Query::new(filter).plan(&indexes).unwrap(), "scan");
}

#[test]
fn a_position_in_the_path_keeps_null_from_the_index() {
    let indexes = [(spec(doc! { "key": { "a.0": 1 } }), MULTIKEY)];
    let cases = [
        (doc! { "a.0": 5 }, "a.0_1 [5, 5]"),
        (doc! { "a.0": null }, "scan"),
        (doc! { "a.0": { "$exists": false } }, "scan"),
        (doc! { "a.0": { "$in": [1, null] } }, "scan"),
    ];
    for (filter, expected) in cases {
        assert_eq!(Query::new(filter).plan(&indexes).unwrap(), expected);
    }
}

#[test]
fn the_primary_tree_answers_for_the_id() {
    let indexes = [(spec(doc! { "key": { "a": 1 } }), 0)];
    let cases = [
        (doc! { "_id": 5 }, doc! {}, "ids [5, 5]"),
        (doc! { "_id": 5, "a": 1 }, doc! { "a": 1 }, "ids [5, 5]"),
        (
            doc! { "_id": { "$in": [5, 6] } },
            doc! { "_id": -1 },
            "ids [5, 5] [6, 6] ordered",
        ),
        (
            doc! { "_id": { "$in": [5, 6] } },
            doc! { "b": 1 },
            "ids [5, 5] [6, 6] sort",
        ),
        (doc! { "_id": { "$gt": 5 } }, doc! {}, "scan (5, inf]"),
        (
            doc! { "_id": { "$gt": 5 } },
            doc! { "_id": -1 },
            "scan (5, inf] reverse ordered",
        ),
        (doc! { "_id": { "$gt": 5 }, "a": 7 }, doc! {}, "a_1 [7, 7]"),
        (doc! {}, doc! { "_id": 1 }, "scan ordered"),
        (doc! {}, doc! { "_id": 1, "b": 1 }, "scan ordered"),
        (doc! {}, doc! { "$natural": -1 }, "scan reverse"),
        (doc! { "a": 5 }, doc! { "$natural": 1 }, "scan"),
    ];
    for (filter, sort, expected) in cases {
        let query = Query::sorted(filter.clone(), sort);
        assert_eq!(query.plan(&indexes).unwrap(), expected, "{filter:?}");
    }
}

#[test]
fn an_index_gives_order_where_it_can() {
    let cases = [
        (0, doc! {}, doc! { "a": 1 }, "a_1 [MinKey, MaxKey] ordered"),
        (
            0,
            doc! {},
            doc! { "a": -1 },
            "a_1 [MinKey, MaxKey] reverse ordered",
        ),
        (
            0,
            doc! {},
            doc! { "a": 1, "_id": 1 },
            "a_1 [MinKey, MaxKey] ordered",
        ),
        (0, doc! {}, doc! { "a": 1, "_id": -1 }, "scan sort"),
        (0, doc! {}, doc! { "a": 1, "b": 1 }, "scan sort"),
        (0, doc! {}, doc! { "b": 1 }, "scan sort"),
        (
            0,
            doc! { "a": { "$gt": 5 } },
            doc! { "a": -1 },
            "a_1 (5, inf] reverse ordered",
        ),
        (
            0,
            doc! { "a": { "$gt": 5 } },
            doc! { "b": 1 },
            "a_1 (5, inf] sort",
        ),
        (
            0,
            doc! { "a": 5 },
            doc! { "a": -1, "_id": 1 },
            "a_1 [5, 5] ordered",
        ),
        (
            0,
            doc! { "a": 5 },
            doc! { "_id": -1 },
            "a_1 [5, 5] reverse ordered",
        ),
        (
            0,
            doc! { "a": { "$in": [5, 6] } },
            doc! { "a": 1 },
            "a_1 [5, 5] [6, 6] ordered",
        ),
        (
            0,
            doc! { "a": { "$in": [5, 6] } },
            doc! { "_id": 1 },
            "a_1 [5, 5] [6, 6] sort",
        ),
        (
            MULTIKEY,
            doc! {},
            doc! { "a": -1 },
            "a_1 [MinKey, MaxKey] reverse ordered",
        ),
        (
            MULTIKEY,
            doc! { "a": { "$gt": 5 } },
            doc! { "a": 1 },
            "a_1 (5, inf] sort",
        ),
        (
            MULTIKEY,
            doc! { "a": 5 },
            doc! { "a": 1 },
            "a_1 [5, 5] sort",
        ),
        (
            MULTIKEY,
            doc! { "a": 5 },
            doc! { "_id": 1 },
            "a_1 [5, 5] ordered",
        ),
        (TRUNCATED, doc! {}, doc! { "a": 1 }, "scan sort"),
        (
            TRUNCATED,
            doc! { "a": { "$gt": 5 } },
            doc! { "a": 1 },
            "a_1 (5, inf] sort",
        ),
    ];
    for (flags, filter, sort, expected) in cases {
        let indexes = [(spec(doc! { "key": { "a": 1 } }), flags)];
        let query = Query::sorted(filter.clone(), sort.clone());
        assert_eq!(
            query.plan(&indexes).unwrap(),
            expected,
            "{flags} {filter:?} {sort:?}"
        );
    }
}

#[test]
fn form_ranks_indexes_and_a_preference_decides_among_equals() {
    let indexes = [
        (spec(doc! { "key": { "a": 1 } }), 0),
        (spec(doc! { "key": { "b": 1 } }), 0),
        (spec(doc! { "key": { "c": 1 }, "unique": true }), 0),
    ];
    let cases = [
        (doc! { "a": { "$gt": 1 }, "b": 2 }, None, "b_1 [2, 2]"),
        (doc! { "a": 1, "b": 2 }, None, "a_1 [1, 1]"),
        (doc! { "a": 1, "b": 2 }, Some("b_1"), "b_1 [2, 2]"),
        (doc! { "a": 1, "b": 2, "c": 3 }, Some("b_1"), "c_1 [3, 3]"),
        (
            doc! { "a": { "$gt": 1 }, "b": { "$gt": 1, "$lt": 2 } },
            None,
            "b_1 (1, 2)",
        ),
        (
            doc! { "a": { "$in": [1, 2] }, "b": { "$in": [1] } },
            None,
            "b_1 [1, 1]",
        ),
        (doc! { "a": 1 }, Some("gone_1"), "a_1 [1, 1]"),
    ];
    for (filter, preferred, expected) in cases {
        let query = Query {
            preferred,
            ..Query::new(filter.clone())
        };
        assert_eq!(query.plan(&indexes).unwrap(), expected, "{filter:?}");
    }
}

#[test]
fn hints_are_obeyed() {
    let indexes = [
        (spec(doc! { "key": { "a": 1 } }), 0),
        (spec(doc! { "key": { "b": -1 }, "name": "mine" }), 0),
    ];
    let hint = |hint: Value| Hint::parse(hint.to_raw().as_raw()).unwrap();
    let cases = [
        (Value::from("mine"), "mine [MaxKey, MinKey]"),
        (Value::from(doc! { "b": -1 }), "mine [MaxKey, MinKey]"),
        (Value::from(doc! { "$natural": -1 }), "scan reverse"),
        (Value::from("_id_"), "scan"),
        (Value::from("a_1"), "a_1 [5, 5]"),
    ];
    for (value, expected) in cases {
        let query = Query::hinted(doc! { "a": 5 }, hint(value));
        assert_eq!(query.plan(&indexes).unwrap(), expected);
    }
    for value in [Value::from("other"), Value::from(doc! { "b": 1 })] {
        let error = Query::hinted(doc! {}, hint(value))
            .plan(&indexes)
            .unwrap_err();
        assert_eq!(error.code(), Code::BAD_VALUE);
        assert!(error.message().contains("_id_, a_1, mine"), "{error}");
    }
    assert!(Hint::parse(RawValue::Int32(1)).is_err());
}

#[test]
fn explain_shows_stages_within_stages() {
    let indexes = [(spec(doc! { "key": { "a": 1 } }), MULTIKEY)];
    let indexes = infos(&indexes);
    let (filter, sort) = (filter(&doc! { "a": 5, "b": 1 }), sort(&doc! { "b": -1 }));
    let request = PlanRequest {
        filter: &filter,
        sort: &sort,
        hint: None,
        range: None,
        indexes: &indexes,
        primary_flags: 0,
        preferred: None,
        describe: true,
    };
    let plans = candidates(&request).unwrap();
    let projection = doc! { "b": 1 }.to_bytes();
    let projection = Some(RawDoc::trusted(&projection));
    let stages = explain::Stages {
        operation: explain::Operation::Find,
        return_key: false,
        skip: 1,
        limit: 2,
        projection,
    };
    let shown = explain::query_planner("db.c", &plans, &request, stages).unwrap();
    let expected = doc! {
        "stage": "LIMIT", "limitAmount": 2i64, "inputStage": {
            "stage": "PROJECTION_SIMPLE", "transformBy": { "b": 1 }, "inputStage": {
                "stage": "SKIP", "skipAmount": 1i64, "inputStage": {
                    "stage": "SORT", "sortPattern": { "b": -1 }, "inputStage": {
                        "stage": "FETCH", "filter": { "a": 5, "b": 1 }, "inputStage": {
                            "stage": "IXSCAN", "keyPattern": { "a": 1 }, "indexName": "a_1",
                            "isMultiKey": true, "isUnique": false, "isSparse": false,
                            "isPartial": false, "indexVersion": 2, "direction": "forward",
                            "indexBounds": { "a": ["[5, 5]"] },
                        },
                    },
                },
            },
        },
    };
    assert_eq!(
        shown.get("winningPlan"),
        Some(&Value::Document(expected.clone()))
    );
    assert_eq!(
        shown
            .get("rejectedPlans")
            .and_then(Value::as_array)
            .map(<[_]>::len),
        Some(1)
    );
    let execution = explain::Execution {
        matched: 3,
        keys_examined: 3,
        docs_examined: 3,
        time_ms: 0,
    };
    let stats = explain::execution_stats(&expected, stages, execution, None);
    assert_eq!(stats.get("nReturned"), Some(&Value::Int64(2)));
    assert_eq!(stats.get("totalKeysExamined"), Some(&Value::Int64(3)));
}
