//! The proof that plans are right: over random collections, filters and sorts, every plan finds
//! what a plain scan finds, in the order that a sort in memory gives, whatever the collations of
//! index and query are.

use std::collections::HashSet;

use super::tests::{filter, regex, spec};
use super::*;
use crate::bson::{Collation, Document, RawDoc, Value, doc};
use crate::index::random::Random;
use crate::query::Context;
use crate::storage::derive::{CompiledIndex, KeySet};

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
        let mut spec = spec(doc! { "key": { path: direction } });
        spec.collation = random_collation(random);
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
                documents.push((key::encode_id(id.as_raw(), None), document.to_bytes()));
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
        found.retain(|position| {
            filter
                .matches(RawDoc::trusted(&self.documents[*position].1))
                .unwrap()
        });
        found
    }
}

/// None, for half of all; or one of those under which some of the texts are equal, or in another order.
fn random_collation(random: &mut Random) -> Option<Collation> {
    thread_local! {
        static ALL: Vec<Collation> = [
            doc! { "locale": "en", "strength": 1 },
            doc! { "locale": "en", "strength": 2, "numericOrdering": true },
            doc! { "locale": "sv", "caseFirst": "upper" },
        ]
        .iter()
        .filter_map(|document| {
            let bytes = document.to_bytes();
            // A library without collations refuses them.
            Collation::parse("collation", RawDoc::trusted(&bytes)).ok()?
        })
        .collect();
    }
    ALL.with(|all| match random.one_in(2) || all.is_empty() {
        true => None,
        false => Some(random.pick(all)),
    })
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
        7 => Value::from(random.pick(&["a", "A", "á", "ab", "Ab", "b", "10", "9", "ö", "z", ""])),
        8..=9 if depth > 0 => Value::Array(
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

pub(crate) fn random_document(random: &mut Random) -> Document {
    let mut document = doc! {};
    for name in ["a", "b"] {
        if !random.one_in(6) {
            document.insert(name, random_value(random, 3));
        }
    }
    document
}

pub(crate) fn random_filter(random: &mut Random, depth: usize) -> Document {
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
        "$eq",
        "$ne",
        "$gt",
        "$gte",
        "$lt",
        "$lte",
        "$in",
        "$nin",
        "$exists",
        "$regex",
        "$type",
        "$size",
        "$mod",
        "$bitsAllSet",
        "$bitsAnyClear",
        "$all",
        "$elemMatch",
        "$elemMatch",
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
        "$type" => Value::from(random.pick(&[
            "number",
            "string",
            "array",
            "object",
            "null",
            "undefined",
            "minKey",
            "bool",
            "binData",
        ])),
        "$size" => Value::Int32(random.below(3) as i32),
        "$mod" => Value::Array(vec![2.into(), random.pick(&[0, 1]).into()]),
        "$bitsAllSet" | "$bitsAnyClear" => Value::Int32(random.below(4) as i32),
        "$all" if random.one_in(4) => {
            let entry = |random: &mut Random| doc! { "$elemMatch": (random_elem_match(random)) };
            Value::Array((0..2).map(|_| entry(random).into()).collect())
        }
        "$all" => Value::Array((0..random.below(3)).map(|_| operand(random)).collect()),
        "$elemMatch" => random_elem_match(random).into(),
        _ => operand(random),
    };
    operators.insert(operator, operand);
}

/// Conditions on an element as a value, or on its fields.
fn random_elem_match(random: &mut Random) -> Document {
    let mut conditions = doc! {};
    for _ in 0..random.below(2) + 1 {
        random_operator(random, &mut conditions);
    }
    if random.one_in(2) {
        return conditions;
    }
    let field = random.pick(&["b", "b", "0", "b.c", "c"]);
    if random.one_in(4) {
        return doc! { "$or": [{ field: conditions }, { "b": 1 }] };
    }
    doc! { field: conditions }
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
        range: None,
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
            let mut surroundings = Context::default();
            surroundings.set_collation(match random.one_in(2) {
                true => collection.spec.collation.clone(),
                false => random_collation(&mut random),
            });
            let (filter, sort) = (filter_document.to_bytes(), sort_document.to_bytes());
            let filter = Filter::compile(RawDoc::trusted(&filter), &surroundings).unwrap();
            let sort = Sort::compile(RawDoc::trusted(&sort), &surroundings).unwrap();
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
                range: None,
                indexes: &indexes,
                primary_flags: collection.primary_flags,
                preferred: None,
                describe: false,
            };
            let mut plans = candidates(&request).unwrap();
            plans.push(plan(&request).unwrap());
            plans.extend(
                candidates(&PlanRequest {
                    hint: Some(&hint),
                    ..request
                })
                .unwrap(),
            );
            let documents = &collection.documents;
            let expected: HashSet<usize> = (0..documents.len())
                .filter(|at| filter.matches(RawDoc::trusted(&documents[*at].1)).unwrap())
                .collect();
            selected += expected.len();
            for plan in plans {
                let context = || {
                    let of = |at: &usize| Document::from_raw(RawDoc::trusted(&documents[*at].1));
                    let all: Vec<_> = expected.iter().map(of).collect();
                    format!(
                        "{plan:?}\nindex {:?} flags {}\nfilter {filter_document:?}\nsort \
                         {sort_document:?}\ncollation {:?}\nselected {all:?}",
                        collection.spec,
                        collection.flags,
                        filter.collation()
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
