//! Random updates of random documents against the naive evaluator. A failure prints its seed, which `IRONBASE_SEED` replays.

use ironbase::bson::{Document, RawDoc, Value, doc};
use ironbase::query::{Context, Filter};
use ironbase::storage::vfs::sim::Random;
use ironbase::update::Update;

use crate::figures::figure;
use crate::naive_update;

const RUNS: u64 = 60_000;
const FIELDS: [&str; 4] = ["a", "b", "c", "new"];
const BELOW: [&str; 6] = ["x", "y", "0", "1", "3", "x.y"];

#[test]
fn updates_do_what_a_naive_evaluator_does() {
    let soak = if std::env::var("IRONBASE_SOAK").is_ok() {
        50
    } else {
        1
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
        let (document, update) = (draw.document(), draw.update());
        refused += u64::from(!agree(seed, &document, &update));
        total += 1;
    }
    figure(
        "random updates against a naive evaluator",
        format!("{total}, {refused} of them refused"),
        "0 differences",
    );
    assert!(total == 1 || (refused > total / 20 && refused < total * 2 / 3));
}

/// Whether both evaluators carry the update out, to the same result.
fn agree(seed: u64, document: &Document, update: &Document) -> bool {
    let replay = || format!("IRONBASE_SEED={seed}: {update:?} on {document:?}");
    let wanted = naive_update::apply(document, update, 1);
    let mut out = Vec::new();
    // A filter that no path uses is refused.
    let uses = |identifier: &str| format!("{update:?}").contains(identifier);
    let mut filters = doc! {};
    if uses("$[e]") {
        filters.insert("0", doc! { "e": { "$gte": 1 } });
    }
    if uses("$[f]") {
        filters.insert("1", doc! { "f.x": 1 });
    }
    let filters = (!filters.is_empty()).then(|| filters.to_bytes());
    let compiled = Update::compile(
        RawDoc::trusted(&update.to_bytes()),
        filters.as_deref().map(RawDoc::trusted),
        &Context::default(),
    );
    let applied = compiled.and_then(|compiled| {
        // The array that the filter looks into gives `$` its position.
        let by = doc! { "where": 5 }.to_bytes();
        let by = Filter::compile(RawDoc::trusted(&by), &Context::default())?;
        compiled.apply(RawDoc::trusted(&document.to_bytes()), &by, &mut out)
    });
    let operators = || update.iter().map(|(name, _)| name);
    match (wanted, applied) {
        (Ok(wanted), Ok(applied)) => {
            let found = Document::from_raw(RawDoc::new(&out).unwrap()).unwrap();
            assert_eq!(
                found.to_bytes(),
                wanted.to_bytes(),
                "{}\nfound {found:?}\nwanted {wanted:?}",
                replay()
            );
            let differs = wanted.to_bytes() != document.to_bytes();
            // Sorting or cutting, and moving, count as changes whatever comes of them.
            let may_count = operators().any(|name| name == "$push" || name == "$rename");
            assert!(
                applied.modified == differs || (applied.modified && may_count),
                "{}",
                replay()
            );
            true
        }
        (Err(code), Err(error)) => {
            let is_one_path = |path: &str| path.matches("$[").count() < 2;
            let single = update.len() == 1
                && update.iter().all(|(name, fields)| {
                    name != "$rename"
                        && fields.as_document().is_some_and(|fields| {
                            fields.len() == 1 && fields.iter().all(|(path, _)| is_one_path(path))
                        })
                });
            // Of several refusals any may come first.
            assert!(
                !single || error.code().0 == code,
                "{}\nfound {error}, wanted {code}",
                replay()
            );
            false
        }
        (wanted, found) => panic!("{}\nfound {found:?}\nwanted {wanted:?}", replay()),
    }
}

struct Draw(Random);

impl Draw {
    fn below(&mut self, limit: u64) -> u64 {
        self.0.below(limit)
    }

    fn pick(&mut self, from: &[&'static str]) -> &'static str {
        self.0.choose(from).expect("not empty")
    }

    fn number(&mut self) -> Value {
        let number = self.below(9) as i32 - 4;
        match self.below(12) {
            0 => Value::Int64(number.into()),
            1 => Value::Double(f64::from(number) + 0.5),
            2 => Value::Int32(i32::MAX - number.abs()),
            3 => Value::Int64(i64::MAX - i64::from(number.abs())),
            _ => Value::Int32(number),
        }
    }

    fn scalar(&mut self) -> Value {
        match self.below(8) {
            0 => Value::Null,
            1 => "text".into(),
            2 => true.into(),
            _ => self.number(),
        }
    }

    fn value(&mut self, depth: u32) -> Value {
        match self.below(6) {
            0 | 1 if depth > 0 => {
                let count = self.below(4);
                Value::Array((0..count).map(|_| self.value(depth - 1)).collect())
            }
            2 if depth > 0 => Value::Document(self.fields(&["x", "y", "0"], depth - 1)),
            _ => self.scalar(),
        }
    }

    fn fields(&mut self, names: &[&'static str], depth: u32) -> Document {
        let mut document = doc! {};
        for _ in 0..self.below(names.len() as u64 + 1) {
            let name = self.pick(names);
            document.insert(name, self.value(depth));
        }
        document
    }

    fn document(&mut self) -> Document {
        let mut document = doc! { "_id": 1, "where": [4, 5, 6] };
        for (name, value) in self.fields(&["a", "b", "c"], 3) {
            document.insert(name, value);
        }
        document
    }

    fn path(&mut self) -> String {
        let field = self.pick(&FIELDS);
        match self.below(10) {
            0..4 => field.to_string(),
            4..7 => format!("{field}.{}", self.pick(&BELOW)),
            7 => format!("{field}.{}.{}", self.pick(&BELOW), self.pick(&BELOW)),
            8 => format!(
                "{field}.{}",
                self.pick(&[
                    "$[e]",
                    "$[f]",
                    "$[f].y",
                    "x.$[e]",
                    "$[].$[e]",
                    "$[f].x.$[e]"
                ])
            ),
            _ => format!(
                "{field}.{}",
                self.pick(&["$[]", "$", "$[].x", "$.y", "x.$[]", "$[].$[]"])
            ),
        }
    }

    fn update(&mut self) -> Document {
        let mut update = doc! {};
        let mut fields_named: Vec<(String, bool)> = Vec::new();
        for _ in 0..1 + self.below(3) {
            let (operator, operand) = self.operation();
            let path = match operator {
                "$rename" => format!("{}.{}", self.pick(&FIELDS), self.pick(&["x", "y", "0"])),
                _ => self.path(),
            };
            // Where two paths meet by `$` is tested elsewhere; here such a field is named once.
            let field = path.split('.').next().unwrap_or_default().to_string();
            let dynamic = path.contains('$');
            let clashes = |(other, was_dynamic): &(String, bool)| {
                *other == field && (dynamic || *was_dynamic)
            };
            let target = operand
                .as_str()
                .filter(|_| operator == "$rename")
                .map(str::to_string);
            let target_clashes = |(other, _): &(String, bool)| target.as_ref() == Some(other);
            if fields_named
                .iter()
                .any(|named| clashes(named) || target_clashes(named))
            {
                continue;
            }
            fields_named.push((field, dynamic));
            fields_named.extend(target.map(|target| (target, true)));
            if !update.contains_key(operator) {
                update.insert(operator, doc! {});
            }
            if let Some(Value::Document(fields)) = update.get_mut(operator) {
                fields.insert(path, operand);
            }
        }
        update
    }

    fn operation(&mut self) -> (&'static str, Value) {
        match self.below(16) {
            0..3 => ("$set", self.value(2)),
            3 => ("$unset", 1.into()),
            4 | 5 => ("$inc", self.number()),
            6 => ("$mul", self.number()),
            7 => ("$min", self.value(1)),
            8 => ("$max", self.value(1)),
            9 => ("$bit", doc! { "xor": (self.below(9) as i32) }.into()),
            10 => ("$rename", "moved".into()),
            11 => ("$push", self.push().into()),
            12 => ("$addToSet", self.not_a_document(1)),
            13 => match self.below(2) {
                0 => ("$pull", self.not_a_document(1)),
                _ => ("$pull", doc! { "$gte": (self.below(4) as i32) }.into()),
            },
            14 => ("$pullAll", Value::Array(vec![self.value(1), self.number()])),
            _ => ("$pop", if self.below(2) == 0 { 1 } else { -1 }.into()),
        }
    }

    /// A document as an operand may mean something else.
    fn not_a_document(&mut self, depth: u32) -> Value {
        match self.value(depth) {
            Value::Document(_) => Value::Null,
            value => value,
        }
    }

    fn push(&mut self) -> Document {
        let each = (0..self.below(4))
            .map(|_| self.value(1))
            .collect::<Vec<_>>();
        let mut clauses = doc! { "$each": each };
        if self.below(3) == 0 {
            clauses.insert("$position", self.below(7) as i32 - 3);
        }
        if self.below(3) == 0 {
            clauses.insert("$slice", self.below(9) as i32 - 4);
        }
        match self.below(6) {
            0 => drop(clauses.insert("$sort", 1)),
            1 => drop(clauses.insert("$sort", -1)),
            2 => drop(clauses.insert("$sort", doc! { "x": 1 })),
            _ => {}
        }
        clauses
    }
}
