//! Random updates with pipelines against a naive evaluator, on owned trees, with nothing compiled. A failure prints its seed, which
//! `IRONBASE_SEED` replays.

use crate::figures::figure;
use ironbase::bson::compare::compare_values;
use ironbase::bson::{Document, RawDoc, Value, doc};
use ironbase::query::{Context, Filter};
use ironbase::storage::vfs::sim::Random;
use ironbase::update::Update;

const RUNS: u64 = 30_000;
const PATHS: [&str; 7] = ["a", "b", "a.x", "b.y", "c.x.y", "new", "a.x.y"];

#[test]
fn pipelines_do_what_a_naive_evaluator_does() {
    let soak = match std::env::var_os("IRONBASE_SOAK") {
        Some(_) => 50,
        None => 1,
    };
    let seeds = match std::env::var("IRONBASE_SEED") {
        Ok(seed) => {
            let seed: u64 = seed.parse().expect("IRONBASE_SEED is a number");
            seed..seed + 1
        }
        Err(_) => 1..RUNS * soak + 1,
    };
    let (mut refused, mut total) = (0, 0);
    for seed in seeds {
        let mut draw = Draw(Random::new(seed));
        let (document, stages) = (draw.document(), draw.stages());
        refused += u64::from(!agree(seed, &document, &stages));
        total += 1;
    }
    figure(
        "random pipelines against a naive evaluator",
        format!("{total}, {refused} of them refused"),
        "0 differences",
    );
    assert!(total == 1 || (refused > total / 20 && refused < total * 3 / 4));
}

/// Whether both evaluators carry the pipeline out, to the same result.
fn agree(seed: u64, document: &Document, stages: &[Document]) -> bool {
    let replay = || format!("IRONBASE_SEED={seed}: {stages:?} on {document:?}");
    let wanted = apply(document, stages);
    let numbered = stages.iter().enumerate();
    let update: Document = numbered
        .map(|(at, stage)| (at.to_string(), Value::Document(stage.clone())))
        .collect();
    let (context, mut out) = (Context::default(), Vec::new());
    let filter = Filter::compile(RawDoc::EMPTY, &context).unwrap();
    let compiled = Update::compile(RawDoc::trusted(&update.to_bytes()), None, &context);
    let applied = compiled.and_then(|compiled| {
        compiled.apply(RawDoc::trusted(&document.to_bytes()), &filter, &mut out)
    });
    match (wanted, applied) {
        (Some(wanted), Ok(applied)) => {
            let found = Document::from_raw(RawDoc::new(&out).unwrap()).unwrap();
            assert_eq!(
                found.to_bytes(),
                wanted.to_bytes(),
                "{}\nfound {found:?}\nwanted {wanted:?}",
                replay()
            );
            let differs = wanted.to_bytes() != document.to_bytes();
            assert_eq!(applied.modified, differs, "{}", replay());
            true
        }
        (None, Err(_)) => false,
        (wanted, found) => panic!("{}\nfound {found:?}\nwanted {wanted:?}", replay()),
    }
}

/// The document after the stages; none where one is refused.
fn apply(document: &Document, stages: &[Document]) -> Option<Document> {
    let mut current = document.clone();
    for stage in stages {
        let (name, specification) = stage.iter().next()?;
        current = match (name, specification) {
            ("$set", Value::Document(fields)) => {
                let mut paths = Vec::new();
                flatten(fields, "", &mut paths)?;
                if collides(&paths) {
                    return None;
                }
                let root = current.clone();
                for (path, expression) in &paths {
                    let names: Vec<&str> = path.split('.').collect();
                    set(&mut current, &names, &|| evaluate(expression, &root))?;
                }
                current
            }
            ("$unset", Value::String(path)) => {
                let names: Vec<&str> = path.split('.').collect();
                unset(&mut current, &names);
                current
            }
            ("$replaceWith", expression) => match evaluate(expression, &current)?? {
                Value::Document(new) => new,
                _ => return None,
            },
            other => panic!("{other:?}"),
        };
    }
    // `_id` stays, and stays first.
    let mut with_id = doc! { "_id": (document.get("_id")?.clone()) };
    for (name, value) in current.iter() {
        match name == "_id" {
            true if compare(value, document.get("_id")?).is_ne() => return None,
            true => {}
            false => drop(with_id.insert(name, value.clone())),
        }
    }
    Some(with_id)
}

/// The paths of fields, those within documents too; none if a document is empty.
fn flatten(fields: &Document, outer: &str, paths: &mut Vec<(String, Value)>) -> Option<()> {
    for (name, value) in fields.iter() {
        let path = format!("{outer}{name}");
        match value {
            Value::Document(inner) if inner.is_empty() => return None,
            Value::Document(inner) if inner.iter().all(|(name, _)| !name.starts_with('$')) => {
                flatten(inner, &format!("{path}."), paths)?;
            }
            value => paths.push((path, value.clone())),
        }
    }
    Some(())
}

fn collides(paths: &[(String, Value)]) -> bool {
    let paths: Vec<_> = paths.iter().map(|(path, _)| format!("{path}.")).collect();
    let meets = |(at, path): (usize, &String)| {
        let mut others = paths.iter().enumerate().filter(|(other, _)| *other != at);
        others.any(|(_, other)| other.starts_with(path.as_str()))
    };
    paths.iter().enumerate().any(meets)
}

/// An expression's value, computed where it is needed: under an empty array it is not.
type Compute<'c> = dyn Fn() -> Option<Option<Value>> + 'c;

/// Gives a field a value, or takes it away.
fn set(document: &mut Document, names: &[&str], value: &Compute<'_>) -> Option<()> {
    let (name, below) = names.split_first().expect("a path has names");
    if below.is_empty() {
        match value()? {
            Some(value) => drop(document.insert(*name, value)),
            None => drop(document.remove(name)),
        }
        return Some(());
    }
    if !document.contains_key(name) {
        document.insert(*name, doc! {});
    }
    set_within(document.get_mut(name).expect("there"), below, value)
}

fn set_within(inside: &mut Value, names: &[&str], value: &Compute<'_>) -> Option<()> {
    match inside {
        Value::Document(document) => set(document, names, value),
        Value::Array(values) => values
            .iter_mut()
            .try_for_each(|element| set_within(element, names, value)),
        other => {
            *other = doc! {}.into();
            set_within(other, names, value)
        }
    }
}

fn unset(document: &mut Document, names: &[&str]) {
    let (name, below) = names.split_first().expect("a path has names");
    if below.is_empty() {
        document.remove(name);
    } else if let Some(value) = document.get_mut(name) {
        unset_within(value, below);
    }
}

fn unset_within(value: &mut Value, names: &[&str]) {
    match value {
        Value::Document(document) => unset(document, names),
        Value::Array(values) => values
            .iter_mut()
            .for_each(|element| unset_within(element, names)),
        _ => {}
    }
}

fn compare(a: &Value, b: &Value) -> std::cmp::Ordering {
    compare_values(a.to_raw().as_raw(), b.to_raw().as_raw())
}

fn is_nullish(value: &Option<Value>) -> bool {
    matches!(value, None | Some(Value::Null))
}

fn is_true(value: &Option<Value>) -> bool {
    !is_nullish(value) && !matches!(value, Some(Value::Int32(0) | Value::Boolean(false)))
}

/// The value of an expression, which may be missing; none where it is refused.
fn evaluate(expression: &Value, root: &Document) -> Option<Option<Value>> {
    match expression {
        Value::String(path) if path.starts_with('$') => {
            let names: Vec<&str> = path[1..].split('.').collect();
            Some(follow(&Value::Document(root.clone()), &names))
        }
        Value::Array(elements) => {
            let mut values = Vec::new();
            for element in elements {
                values.push(evaluate(element, root)?.unwrap_or(Value::Null));
            }
            Some(Some(Value::Array(values)))
        }
        Value::Document(document) => match document.iter().next() {
            Some((operator, operand)) if operator.starts_with('$') => {
                let Value::Array(operands) = operand else {
                    panic!("{operand:?}")
                };
                compute(operator, operands, root)
            }
            _ => {
                let mut fields = doc! {};
                for (name, value) in document.iter() {
                    if let Some(value) = evaluate(value, root)? {
                        fields.insert(name, value);
                    }
                }
                Some(Some(fields.into()))
            }
        },
        value => Some(Some(value.clone())),
    }
}

/// What a path leads to: of an array what it leads to in its documents.
fn follow(value: &Value, names: &[&str]) -> Option<Value> {
    let Some((name, below)) = names.split_first() else {
        return Some(value.clone());
    };
    match value {
        Value::Document(document) => follow(document.get(name)?, below),
        Value::Array(values) => {
            let documents = values.iter().filter(|value| value.as_document().is_some());
            let found = documents.filter_map(|document| follow(document, names));
            Some(Value::Array(found.collect()))
        }
        _ => None,
    }
}

fn compute(operator: &str, operands: &[Value], root: &Document) -> Option<Option<Value>> {
    let value = |at: usize| evaluate(&operands[at], root);
    let missing_is_least = |value: Option<Value>| value.unwrap_or(Value::Undefined);
    Some(Some(match operator {
        "$add" => {
            let mut sum = 0;
            // The first that is no number decides.
            for value in all_of(operands, root)? {
                match value {
                    Some(Value::Int32(number)) => sum += number,
                    value if is_nullish(&value) => return Some(Some(Value::Null)),
                    _ => return None,
                }
            }
            Value::Int32(sum)
        }
        "$eq" => {
            let (a, b) = (missing_is_least(value(0)?), missing_is_least(value(1)?));
            Value::Boolean(compare(&a, &b).is_eq())
        }
        "$cond" => return value(if is_true(&value(0)?) { 1 } else { 2 }),
        "$ifNull" => {
            let first = value(0)?;
            return match is_nullish(&first) {
                true => value(1),
                false => Some(first),
            };
        }
        "$concatArrays" => {
            let mut all = Vec::new();
            for value in all_of(operands, root)? {
                match value {
                    Some(Value::Array(values)) => all.extend(values),
                    value if is_nullish(&value) => return Some(Some(Value::Null)),
                    _ => return None,
                }
            }
            Value::Array(all)
        }
        other => panic!("{other}"),
    }))
}

fn all_of(operands: &[Value], root: &Document) -> Option<Vec<Option<Value>>> {
    let values = operands.iter().map(|operand| evaluate(operand, root));
    values.collect()
}

struct Draw(Random);

impl Draw {
    fn below(&mut self, limit: u64) -> u64 {
        self.0.below(limit)
    }

    fn path(&mut self) -> &'static str {
        self.0.choose(&PATHS).expect("not empty")
    }

    fn value(&mut self, depth: u32) -> Value {
        match self.below(7) {
            0 if depth > 0 => {
                let count = self.below(4);
                Value::Array((0..count).map(|_| self.value(depth - 1)).collect())
            }
            1 | 2 if depth > 0 => {
                let mut document = doc! {};
                for name in ["x", "y"] {
                    if self.below(2) == 0 {
                        document.insert(name, self.value(depth - 1));
                    }
                }
                document.into()
            }
            3 => Value::Null,
            4 => "text".into(),
            _ => Value::Int32(self.below(4) as i32),
        }
    }

    fn document(&mut self) -> Document {
        let mut document = doc! { "_id": 1 };
        for name in ["a", "b", "c"] {
            if self.below(4) > 0 {
                document.insert(name, self.value(3));
            }
        }
        document
    }

    fn stages(&mut self) -> Vec<Document> {
        (0..1 + self.below(3)).map(|_| self.stage()).collect()
    }

    fn stage(&mut self) -> Document {
        match self.below(8) {
            0 => doc! { "$unset": (self.path()) },
            1 => {
                let new = doc! { "_id": (self.below(2) as i32), "n": (self.expression(2)) };
                doc! { "$replaceWith": new }
            }
            2 => doc! { "$replaceWith": (self.expression(1)) },
            _ => {
                let mut fields = doc! {};
                for _ in 0..1 + self.below(3) {
                    let path = self.path();
                    fields.insert(path, self.expression(2));
                }
                doc! { "$set": fields }
            }
        }
    }

    fn expression(&mut self, depth: u32) -> Value {
        if depth == 0 || self.below(3) == 0 {
            return match self.below(3) {
                0 => self.value(1),
                _ => format!("${}", self.path()).into(),
            };
        }
        let (operator, count) = match self.below(7) {
            0 => return Value::Array(vec![self.expression(depth - 1), self.expression(0)]),
            1 => {
                return doc! { "x": (self.expression(depth - 1)), "y": (self.expression(0)) }
                    .into();
            }
            2 => ("$add", 2),
            3 => ("$eq", 2),
            4 => ("$cond", 3),
            5 => ("$ifNull", 2),
            _ => ("$concatArrays", 2),
        };
        let operands = (0..count).map(|_| self.expression(depth - 1)).collect();
        doc! { operator: (Value::Array(operands)) }.into()
    }
}
