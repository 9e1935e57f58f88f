//! Random expressions over random documents: nothing panics, what comes out is well-formed, and it does
//! not matter whether a value comes from the document or is a constant that was folded.

use super::*;
use crate::bson::{Value, doc, validate};
use crate::index::random::Random;

const RUNS: usize = 60_000;

/// Names of arguments that operators take.
const ARGUMENTS: &[&str] = &[
    "input",
    "in",
    "cond",
    "as",
    "vars",
    "initialValue",
    "n",
    "sortBy",
    "inputs",
    "defaults",
    "field",
    "value",
    "method",
    "p",
    "branches",
    "default",
    "if",
    "then",
    "else",
    "limit",
    "date",
    "unit",
    "amount",
    "timezone",
    "format",
    "regex",
    "find",
    "replacement",
    "to",
    "onError",
    "onNull",
    "chars",
    "startDate",
    "endDate",
    "year",
    "dateString",
    "useLongestLength",
    "iso8601",
];

fn operand(random: &mut Random, depth: usize) -> Value {
    match random.below(10) {
        0..=2 => random
            .pick(&["$a", "$b", "$c", "$a.b", "$$ROOT", "$none", "$$REMOVE"])
            .into(),
        3..=4 => random.value(2),
        5 => Value::String(
            random
                .pick(&["day", "UTC", "approximate", "x", "int", "%Y-%m-%d"])
                .into(),
        ),
        _ if depth == 0 => random.value(1),
        6 => Value::Array(
            (0..random.below(4))
                .map(|_| operand(random, depth - 1))
                .collect(),
        ),
        _ => Value::Document(operator(random, depth - 1)),
    }
}

fn operator(random: &mut Random, depth: usize) -> Document {
    let names: Vec<_> = names()
        .filter(|name| !["$rand", "$createObjectId"].contains(name))
        .collect();
    let name = random.pick(&names);
    let arguments = match random.below(3) {
        0 => operand(random, depth),
        1 => Value::Array(
            (0..random.below(4))
                .map(|_| operand(random, depth))
                .collect(),
        ),
        _ => {
            let mut arguments = doc! {};
            for name in ARGUMENTS {
                if random.one_in(8) {
                    arguments.insert(*name, operand(random, depth));
                }
            }
            Value::Document(arguments)
        }
    };
    doc! { name: arguments }
}

/// The operand with the document's fields in the place of the paths to them.
fn substituted(value: &Value, document: &Document) -> Value {
    match value {
        Value::String(text) if ["$a", "$b", "$c", "$none"].contains(&text.as_str()) => {
            match document.get(&text[1..]) {
                Some(value) => Value::Document(doc! { "$literal": (value.clone()) }),
                None => "$$REMOVE".into(),
            }
        }
        Value::Array(values) => Value::Array(
            values
                .iter()
                .map(|value| substituted(value, document))
                .collect(),
        ),
        Value::Document(fields) => {
            let fields = fields.iter().map(|(name, value)| {
                let is_literal = matches!(name, "$literal" | "$const");
                let value = if is_literal {
                    value.clone()
                } else {
                    substituted(value, document)
                };
                (name.to_string(), value)
            });
            Value::Document(fields.collect())
        }
        other => other.clone(),
    }
}

fn compute(expression: &Value, document: &[u8], context: &Context) -> Result<Option<RawValueBuf>> {
    let expression = Expr::compile(expression.to_raw().as_raw(), context)?;
    let arena = Arena::default();
    let value = expression.evaluate(RawDoc::trusted(document), &arena)?;
    Ok(value.map(RawValueBuf::new))
}

#[test]
fn nothing_panics_and_folding_changes_nothing() {
    let mut random = Random::new("nothing_panics_and_folding_changes_nothing");
    let context = Context::default();
    let mut computed = 0;
    for _ in 0..RUNS {
        let document = random.document(2);
        let bytes = document.to_bytes();
        let expression = Value::Document(operator(&mut random, 2));
        let Ok(value) = compute(&expression, &bytes, &context) else {
            continue;
        };
        computed += 1;
        if let Some(value) = &value {
            let mut result = Vec::new();
            crate::bson::Builder::new(&mut result).append("v", value.as_raw());
            validate(&result).unwrap_or_else(|error| {
                panic!("{expression:?} of {document:?} is {value:?}: {error:?}")
            });
        }
        let constant = substituted(&expression, &document);
        if let Ok(folded) = compute(&constant, &bytes, &context) {
            let same = format!("{value:?}") == format!("{folded:?}");
            assert!(
                same,
                "{expression:?} of {document:?}: {value:?} or, as constants, {folded:?}"
            );
        }
    }
    assert!(
        computed > RUNS / 20,
        "{computed} of {RUNS} expressions could be computed"
    );
}
