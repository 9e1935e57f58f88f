//! Plans by example, and the proof that every plan finds what a plain scan finds.

use std::collections::HashSet;

use super::*;
use crate::bson::{Document, Value, doc};
use crate::index::random::Random;
use crate::query::explain;
use crate::storage::derive::{CompiledIndex, KeySet};

fn filter(filter: &Document) -> Filter {
    Filter::compile(RawDoc::trusted(&filter.to_bytes()))
        .unwrap_or_else(|error| panic!("{filter:?}: {error}"))
}

fn sort(sort: &Document) -> Sort {
    Sort::compile(RawDoc::trusted(&sort.to_bytes())).unwrap()
}

fn spec(spec: Document) -> IndexSpec {
    IndexSpec::parse(RawDoc::trusted(&spec.to_bytes())).unwrap()
}

fn infos(specs: &[(IndexSpec, u8)]) -> Vec<IndexInfo<'_>> {
    let info = |(position, (spec, flags)): (usize, &'_ (IndexSpec, u8))| IndexInfo {
        name: "",
        // The lifetime of `specs` is not known to this closure's signature.
        spec: Box::leak(Box::new(spec.clone())),
        flags: *flags,
        position,
    };
    specs
        .iter()
        .enumerate()
        .map(info)
        .map(|info| IndexInfo {
            name: &info.spec.name,
            ..info
        })
        .collect()
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

fn regex(pattern: &str) -> Value {
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
    ];
    for (filter, expected) in cases {
        assert_eq!(Query::new(filter).plan(&indexes).unwrap(), expected);
    }
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
        indexes: &indexes,
        primary_flags: 0,
        preferred: None,
        describe: true,
    };
    let plans = candidates(&request).unwrap();
    let projection = doc! { "b": 1 }.to_bytes();
    let projection = Some(RawDoc::trusted(&projection));
    let stages = explain::Stages {
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
        returned: 2,
        keys_examined: 3,
        docs_examined: 3,
        time_ms: 0,
    };
    let stats = explain::execution_stats(expected, execution);
    assert_eq!(stats.get("totalKeysExamined"), Some(&Value::Int64(3)));
}

/// Documents, one index over them, and an executor over both as simple as can be.
struct Collection {
    /// Primary key and document, in order.
    documents: Vec<(Vec<u8>, Vec<u8>)>,
    spec: IndexSpec,
    flags: u8,
    primary_flags: u8,
    /// Key and position of the document, in order of key and primary key.
    entries: Vec<(Vec<u8>, usize)>,
}

impl Collection {
    fn random(random: &mut Random) -> Collection {
        let path = random.pick(&["a", "a", "b", "a.b", "a.0", "a.b.c", "a.0.b"]);
        let direction = random.pick(&[1, -1]);
        let spec = spec(doc! { "key": { path: direction } });
        let document = |random: &mut Random| {
            let mut document = doc! { "_id": (random_id(random)) };
            for (name, value) in random_document(random).iter() {
                document.insert(name, value.clone());
            }
            document
        };
        let documents = (0..random.below(25)).map(|_| document(random)).collect();
        Collection::new(spec, documents)
    }

    fn new(spec: IndexSpec, all: Vec<Document>) -> Collection {
        let mut documents = Vec::new();
        for document in all {
            // Some documents an index on a path with a position refuses.
            if spec
                .derive(&document.to_bytes(), &mut KeySet::default())
                .is_ok()
            {
                let id = document.get("_id").unwrap().to_raw();
                documents.push((key::encode_id(id.as_raw()), document.to_bytes()));
            }
        }
        documents.sort();
        documents.dedup_by(|a, b| a.0 == b.0);
        let (mut flags, mut entries) = (0, Vec::new());
        let mut keys = KeySet::default();
        for (position, (_, document)) in documents.iter().enumerate() {
            keys.clear();
            spec.derive(document, &mut keys).unwrap();
            flags |= keys.flags();
            entries.extend(keys.iter().map(|key| (key.to_vec(), position)));
        }
        entries.sort();
        let cut = documents
            .iter()
            .any(|(id, _)| key::is_cut(id, key::MAX_ID_KEY));
        let primary_flags = if cut { TRUNCATED } else { 0 };
        Collection {
            documents,
            spec,
            flags,
            primary_flags,
            entries,
        }
    }

    fn run(&self, plan: &Plan, filter: &Filter) -> Vec<usize> {
        let inside = |intervals: &[Interval], key: &[u8]| {
            assert!(
                intervals.is_sorted_by(|a, b| a.high <= b.low),
                "{intervals:?}"
            );
            intervals.iter().any(|interval| interval.contains(key))
        };
        let (mut found, reverse): (Vec<usize>, bool) = match &plan.access {
            Access::Empty => (Vec::new(), false),
            Access::IdPoints(ids) => {
                let find = |id| self.documents.binary_search_by(|(own, _)| own.cmp(id)).ok();
                (ids.iter().filter_map(find).collect(), false)
            }
            Access::CollectionScan { id_bounds, reverse } => {
                let positions = 0..self.documents.len();
                let inside = |at: &usize| inside(id_bounds, &self.documents[*at].0);
                (positions.filter(inside).collect(), *reverse)
            }
            Access::IndexScan {
                intervals, reverse, ..
            } => {
                let entries = self
                    .entries
                    .iter()
                    .filter(|(key, _)| inside(intervals, key));
                (entries.map(|(_, position)| *position).collect(), *reverse)
            }
        };
        if reverse {
            found.reverse();
        }
        let mut seen = HashSet::new();
        found.retain(|position| seen.insert(*position));
        found.retain(|position| filter.matches(RawDoc::trusted(&self.documents[*position].1)));
        found
    }
}

fn random_id(random: &mut Random) -> Value {
    if random.one_in(12) {
        return Value::String("i".repeat(600) + random.pick(&["", "a", "b"]));
    }
    match random.value(1) {
        Value::Array(_) | Value::Undefined | Value::Regex { .. } => Value::Null,
        value => value,
    }
}

/// Values that meet often: few numbers and texts, some of them too long for a key.
fn random_value(random: &mut Random, depth: usize) -> Value {
    match random.below(16) {
        0..=3 => Value::Int32(random.below(5) as i32),
        4 => Value::Double(random.below(4) as f64 + 0.5),
        5 => Value::Null,
        6 => {
            let (len, end) = (
                random.pick(&[990, 1005, 1007, 1020, 1100]),
                random.pick(&["", "a", "b"]),
            );
            Value::String("x".repeat(len) + end)
        }
        7..=9 if depth > 0 => Value::Array(
            (0..random.below(4))
                .map(|_| random_value(random, depth - 1))
                .collect(),
        ),
        10..=11 if depth > 0 => {
            let mut document = doc! {};
            for name in ["b", "c", "0", "1"] {
                if random.one_in(3) {
                    document.insert(name, random_value(random, depth - 1));
                }
            }
            Value::Document(document)
        }
        _ => random.value(1),
    }
}

fn random_document(random: &mut Random) -> Document {
    let mut document = doc! {};
    for name in ["a", "b"] {
        if !random.one_in(6) {
            document.insert(name, random_value(random, 3));
        }
    }
    document
}

fn random_filter(random: &mut Random, depth: usize) -> Document {
    let mut filter = doc! {};
    if depth > 0 && random.one_in(4) {
        let operator = random.pick(&["$and", "$or", "$nor"]);
        let branches = (0..random.below(3) + 1).map(|_| random_filter(random, depth - 1).into());
        filter.insert(operator, branches.collect::<Vec<Value>>());
    }
    for _ in 0..random.below(3) {
        let path = random.pick(&[
            "a", "a", "a", "b", "a.b", "a.0", "a.0", "a.b.c", "a.0.b", "_id",
        ]);
        let value = match random_value(random, 2) {
            Value::Undefined => Value::Null,
            value => value,
        };
        if random.one_in(3) {
            filter.insert(path, value);
            continue;
        }
        let mut operators = doc! {};
        for _ in 0..random.below(2) + 1 {
            random_operator(random, &mut operators);
        }
        if random.one_in(6) {
            operators = doc! { "$not": operators };
        }
        filter.insert(path, operators);
    }
    filter
}

fn random_operator(random: &mut Random, operators: &mut Document) {
    let operand = |random: &mut Random| match random_value(random, 2) {
        Value::Undefined | Value::Regex { .. } => Value::Int32(2),
        value => value,
    };
    let operator = random.pick(&[
        "$eq", "$ne", "$gt", "$gte", "$lt", "$lte", "$in", "$nin", "$exists", "$regex",
    ]);
    let operand = match operator {
        "$in" | "$nin" => {
            let mut values: Vec<_> = (0..random.below(4)).map(|_| operand(random)).collect();
            if random.one_in(4) {
                values.push(regex(random.pick(&["^a", "b"])));
            }
            Value::Array(values)
        }
        "$exists" => Value::Boolean(random.one_in(2)),
        "$regex" => Value::from(random.pick(&["^a", "^ab", "b", "^x", "."])),
        _ => operand(random),
    };
    operators.insert(operator, operand);
}

fn random_sort(random: &mut Random, spec: &IndexSpec) -> Document {
    let mut sort = doc! {};
    for _ in 0..random.below(3) {
        let path = random
            .pick(&[spec.fields[0].path.as_str(), "_id", "a", "b"])
            .to_string();
        sort.insert(path, random.pick(&[1, -1]));
    }
    sort
}

/// What the index finds for a filter that it must be used for.
fn found_by_index(spec_document: Document, documents: Vec<Document>, by: Document) -> usize {
    let collection = Collection::new(spec(spec_document), documents);
    let (filter, sort) = (filter(&by), Sort::default());
    let indexes = [IndexInfo {
        name: &collection.spec.name,
        spec: &collection.spec,
        flags: collection.flags,
        position: 0,
    }];
    let request = PlanRequest {
        filter: &filter,
        sort: &sort,
        hint: Some(&Hint::Name(collection.spec.name.clone())),
        indexes: &indexes,
        primary_flags: 0,
        preferred: None,
        describe: false,
    };
    collection.run(&plan(&request).unwrap(), &filter).len()
}

#[test]
fn bounds_as_long_as_cut_keys_lose_no_document() {
    for direction in [1, -1] {
        for operand_len in 1000..1030 {
            for (operator, from) in [("$gte", operand_len), ("$lte", 990)] {
                // Many texts, so that some hash sorts before and some after any bound.
                let long = |i: usize| "x".repeat(from.max(1024)) + &i.to_string();
                let documents = (0..20).map(|i| match operator {
                    "$gte" => doc! { "_id": (i as i32), "a": (long(i)) },
                    _ => doc! { "_id": (i as i32), "a": ("w".to_string() + &long(i)) },
                });
                let by = doc! { "a": { operator: ("x".repeat(operand_len)) } };
                let spec = doc! { "key": { "a": direction } };
                assert_eq!(
                    found_by_index(spec, documents.collect(), by.clone()),
                    20,
                    "{operand_len}"
                );
            }
        }
    }
}

#[test]
fn a_whole_array_is_above_min_key_though_its_element_is_not() {
    for (operator, element) in [("$gt", Value::MinKey), ("$lt", Value::MaxKey)] {
        let document = doc! { "_id": 1, "a": [(element.clone())] };
        let by = doc! { "a": { operator: element } };
        assert_eq!(
            found_by_index(doc! { "key": { "a": 1 } }, vec![document], by),
            1
        );
    }
}

#[test]
fn every_plan_finds_what_a_scan_finds_in_the_order_asked_for() {
    let mut random = Random::new("every_plan_finds_what_a_scan_finds_in_the_order_asked_for");
    let (mut indexed, mut ordered, mut selected) = (0, 0, 0);
    for _ in 0..10_000 {
        let collection = Collection::random(&mut random);
        for _ in 0..4 {
            let filter_document = random_filter(&mut random, 2);
            let sort_document = random_sort(&mut random, &collection.spec);
            let (filter, sort) = (filter(&filter_document), sort(&sort_document));
            let indexes = [IndexInfo {
                name: &collection.spec.name,
                spec: &collection.spec,
                flags: collection.flags,
                position: 0,
            }];
            let hint = Hint::Name(collection.spec.name.clone());
            let request = PlanRequest {
                filter: &filter,
                sort: &sort,
                hint: None,
                indexes: &indexes,
                primary_flags: collection.primary_flags,
                preferred: None,
                describe: false,
            };
            let mut plans = candidates(&request).unwrap();
            plans.extend(
                candidates(&PlanRequest {
                    hint: Some(&hint),
                    ..request
                })
                .unwrap(),
            );
            let documents = &collection.documents;
            let expected: HashSet<usize> = (0..documents.len())
                .filter(|at| filter.matches(RawDoc::trusted(&documents[*at].1)))
                .collect();
            selected += expected.len();
            for plan in plans {
                let context = || {
                    let of = |at: &usize| Document::from_raw(RawDoc::trusted(&documents[*at].1));
                    let all: Vec<_> = expected.iter().map(of).collect();
                    format!(
                        "{plan:?}\nindex {:?} flags {}\nfilter {filter_document:?}\nsort \
                         {sort_document:?}\nselected {all:?}",
                        collection.spec, collection.flags
                    )
                };
                let found = collection.run(&plan, &filter);
                indexed += usize::from(matches!(plan.access, Access::IndexScan { .. }));
                assert_eq!(
                    found.iter().copied().collect::<HashSet<_>>(),
                    expected,
                    "{}",
                    context()
                );
                match plan.sort {
                    SortSource::InMemory => continue,
                    SortSource::None if sort.is_empty() => continue,
                    SortSource::None => assert!(found.len() <= 1, "{}", context()),
                    SortSource::ProvidedByAccess => ordered += 1,
                }
                let keys = found.iter().map(|at| {
                    let mut key = Vec::new();
                    sort.write_key(RawDoc::trusted(&documents[*at].1), &mut key)
                        .map(|()| key)
                });
                // Parallel arrays cannot be sorted by; nothing is to be compared then.
                let Ok(keys) = keys.collect::<Result<Vec<_>>>() else {
                    continue;
                };
                assert!(keys.is_sorted(), "{}", context());
            }
        }
    }
    println!("{indexed} index scans, {ordered} in order, {selected} documents selected");
    assert!(indexed > 1_000 && ordered > 1_000 && selected > 1_000);
}
