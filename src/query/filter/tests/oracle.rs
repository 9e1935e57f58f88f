//! Filters against an evaluator as simple as can be: it works on trees of values, knows no
//! compiled form and takes every rule from the manual once more.

use std::cmp::Ordering;

use super::compile;
use crate::bson::compare::{canonical_type, compare_values};
use crate::bson::{Document, RawDoc, Value};
use crate::index::random::Random;
use crate::query::planner::proof::{random_document, random_filter};

/// What a path leads to.
struct Leaf {
    value: Option<Value>,
    /// Picked by its position: an array then stands for itself alone.
    picked: bool,
}

fn lead(value: Option<&Value>, path: &[&str]) -> Vec<Leaf> {
    let Some((name, rest)) = path.split_first() else {
        let value = value.cloned();
        return vec![Leaf {
            value,
            picked: false,
        }];
    };
    match value {
        Some(Value::Document(document)) => lead(document.get(name), rest),
        Some(Value::Array(elements)) => {
            let mut leaves = Vec::new();
            for (position, element) in elements.iter().enumerate() {
                if let Value::Document(_) = element {
                    leaves.extend(lead(Some(element), path));
                }
                if position.to_string() != **name {
                    continue;
                }
                match element {
                    _ if rest.is_empty() => leaves.push(Leaf {
                        value: Some(element.clone()),
                        picked: true,
                    }),
                    Value::Document(_) | Value::Array(_) => {
                        leaves.extend(lead(Some(element), rest))
                    }
                    _ => {}
                }
            }
            leaves
        }
        _ => vec![Leaf {
            value: None,
            picked: false,
        }],
    }
}

fn compare(a: &Value, b: &Value) -> Ordering {
    compare_values(a.to_raw().as_raw(), b.to_raw().as_raw())
}

fn kind(value: &Value) -> u8 {
    canonical_type(value.to_raw().as_raw())
}

fn is_nan(value: &Value) -> bool {
    match value {
        Value::Double(value) => value.is_nan(),
        Value::Decimal128(value) => value.is_nan(),
        _ => false,
    }
}

fn integer(value: &Value) -> Option<i128> {
    let double = match value {
        Value::Int32(value) => return Some((*value).into()),
        Value::Int64(value) => return Some((*value).into()),
        Value::Double(value) => *value,
        Value::Decimal128(value) => return value.to_i64_truncated().map(Into::into),
        _ => return None,
    };
    let range = -9_223_372_036_854_775_808.0..9_223_372_036_854_775_808.0;
    range.contains(&double).then_some(double as i128)
}

/// `^` and plain characters and `.` are all that the patterns here have.
fn pattern_matches(pattern: &str, options: &str, text: &str) -> bool {
    let (pattern, text) = match options.contains('i') {
        true => (pattern.to_lowercase(), text.to_lowercase()),
        false => (pattern.to_string(), text.to_string()),
    };
    match pattern.as_str() {
        "." => text.chars().any(|c| c != '\n'),
        pattern => match pattern.strip_prefix('^') {
            Some(prefix) => text.starts_with(prefix),
            None => text.contains(pattern),
        },
    }
}

fn regex_matches(pattern: &str, options: &str, value: &Value) -> bool {
    match value {
        Value::String(text) | Value::Symbol(text) => pattern_matches(pattern, options, text),
        Value::Regex {
            pattern: own,
            options: set,
        } => own == pattern && set == options,
        _ => false,
    }
}

/// An operator on one value.
fn test(operator: &str, operand: &Value, value: Option<&Value>) -> bool {
    match operator {
        "$eq" => match value {
            Some(value) => compare(value, operand).is_eq(),
            None => *operand == Value::Null,
        },
        "$gt" | "$gte" | "$lt" | "$lte" => {
            let inclusive = operator.ends_with('e');
            let up = operator.starts_with("$g");
            let missing = Value::Null;
            let is_null = *operand == Value::Null;
            let value = match value {
                None if is_null => &missing,
                None => {
                    return matches!(
                        (operand, up),
                        (Value::MinKey, true) | (Value::MaxKey, false)
                    );
                }
                Some(value) => value,
            };
            match operand {
                Value::MinKey | Value::MaxKey => {}
                _ if kind(value) != kind(operand) => return false,
                _ => {}
            }
            if is_nan(value) || is_nan(operand) {
                let crossing = kind(value) != kind(operand);
                return is_nan(value) && is_nan(operand) && inclusive
                    || crossing && (compare(value, operand).is_gt() == up);
            }
            match compare(value, operand) {
                Ordering::Equal => inclusive,
                Ordering::Greater => up,
                Ordering::Less => !up,
            }
        }
        "$in" => {
            let Value::Array(list) = operand else {
                panic!("{operand:?}")
            };
            list.iter().any(|one| match (one, value) {
                (Value::Regex { pattern, options }, Some(value)) => {
                    regex_matches(pattern, options, value)
                }
                (Value::Regex { .. }, None) => false,
                _ => test("$eq", one, value),
            })
        }
        "$regex" => match (operand, value) {
            (Value::String(pattern), Some(value)) => regex_matches(pattern, "", value),
            (Value::Regex { pattern, options }, Some(value)) => {
                regex_matches(pattern, options, value)
            }
            _ => false,
        },
        "$exists" => value.is_some(),
        "$type" => {
            let Value::String(alias) = operand else {
                panic!("{operand:?}")
            };
            value.is_some_and(|value| {
                let name = value.element_type().name();
                let is_number = matches!(name, "int" | "long" | "double" | "decimal");
                name == alias || alias == "number" && is_number
            })
        }
        "$size" => match (value, operand) {
            (Some(Value::Array(values)), Value::Int32(size)) => values.len() == *size as usize,
            _ => false,
        },
        "$mod" => {
            let Value::Array(numbers) = operand else {
                panic!("{operand:?}")
            };
            let (divisor, rest) = (integer(&numbers[0]), integer(&numbers[1]));
            let dividend = value.and_then(integer);
            dividend.is_some_and(|dividend| dividend % divisor.unwrap() == rest.unwrap())
        }
        "$bitsAllSet" | "$bitsAnyClear" => {
            let Value::Int32(mask) = operand else {
                panic!("{operand:?}")
            };
            let mask = *mask as u64;
            let bits = match value {
                Some(Value::Binary { bytes, .. }) => bytes
                    .iter()
                    .take(8)
                    .rev()
                    .fold(0u64, |all, byte| all << 8 | u64::from(*byte)),
                Some(value) => match value.to_raw().as_raw().as_integer() {
                    Some(number) => number as u64,
                    None => return false,
                },
                None => return false,
            };
            match operator {
                "$bitsAllSet" => bits & mask == mask,
                _ => bits & mask != mask,
            }
        }
        "$elemMatch" => {
            let (Some(Value::Array(elements)), Value::Document(conditions)) = (value, operand)
            else {
                return false;
            };
            elements
                .iter()
                .any(|element| one_element(conditions, element))
        }
        other => panic!("{other}"),
    }
}

fn one_element(conditions: &Document, element: &Value) -> bool {
    let first = conditions.iter().next().map_or("", |(name, _)| name);
    if first.starts_with('$') && !["$and", "$or", "$nor"].contains(&first) {
        return conditions.iter().all(|(operator, operand)| match operator {
            "$ne" => !test("$eq", operand, Some(element)),
            "$nin" => !test("$in", operand, Some(element)),
            "$exists" => operand.to_raw().as_raw().truthy(),
            "$all" => each_of_all(operand, |operator, operand| {
                test(operator, operand, Some(element))
            }),
            _ => test(operator, operand, Some(element)),
        });
    }
    match element {
        Value::Document(document) => selects(conditions, document),
        Value::Array(elements) => {
            let named = elements.iter().enumerate();
            let document: Document = named
                .map(|(at, value)| (at.to_string(), value.clone()))
                .collect();
            selects(conditions, &document)
        }
        _ => false,
    }
}

/// `$all` as the conjunction of its entries.
fn each_of_all(operand: &Value, holds: impl Fn(&str, &Value) -> bool) -> bool {
    let Value::Array(entries) = operand else {
        panic!("{operand:?}")
    };
    let one = |entry: &Value| match entry {
        Value::Document(document) if document.contains_key("$elemMatch") => {
            holds("$elemMatch", document.get("$elemMatch").unwrap())
        }
        Value::Regex { .. } => holds("$regex", entry),
        _ => holds("$eq", entry),
    };
    !entries.is_empty() && entries.iter().all(one)
}

fn any_value(document: &Document, path: &str, operator: &str, operand: &Value) -> bool {
    let path: Vec<&str> = path.split('.').collect();
    let leaves = lead(Some(&Value::Document(document.clone())), &path);
    leaves.iter().any(|leaf| {
        let whole = test(operator, operand, leaf.value.as_ref());
        let looks_in = !leaf.picked && !["$exists", "$size", "$elemMatch"].contains(&operator);
        match &leaf.value {
            Some(Value::Array(elements)) if looks_in => {
                whole
                    || elements
                        .iter()
                        .any(|element| test(operator, operand, Some(element)))
            }
            _ => whole,
        }
    })
}

fn field(document: &Document, path: &str, operators: &Document) -> bool {
    operators.iter().all(|(operator, operand)| match operator {
        "$not" => match operand {
            Value::Document(inner) => !field(document, path, inner),
            _ => panic!("{operand:?}"),
        },
        "$ne" => !any_value(document, path, "$eq", operand),
        "$nin" => !any_value(document, path, "$in", operand),
        "$exists" => {
            any_value(document, path, "$exists", operand) == operand.to_raw().as_raw().truthy()
        }
        "$all" => each_of_all(operand, |operator, operand| {
            any_value(document, path, operator, operand)
        }),
        _ => any_value(document, path, operator, operand),
    })
}

fn selects(filter: &Document, document: &Document) -> bool {
    let of_list = |list: &Value| -> Vec<bool> {
        let Value::Array(list) = list else {
            panic!("{list:?}")
        };
        let one = |filter: &Value| match filter {
            Value::Document(filter) => selects(filter, document),
            other => panic!("{other:?}"),
        };
        list.iter().map(one).collect()
    };
    filter.iter().all(|(name, value)| match name {
        "$and" => of_list(value).into_iter().all(|holds| holds),
        "$or" => of_list(value).into_iter().any(|holds| holds),
        "$nor" => !of_list(value).into_iter().any(|holds| holds),
        path => match value {
            Value::Document(operators)
                if operators
                    .iter()
                    .next()
                    .is_some_and(|(name, _)| name.starts_with('$')) =>
            {
                field(document, path, operators)
            }
            Value::Regex { .. } => any_value(document, path, "$regex", value),
            _ => any_value(document, path, "$eq", value),
        },
    })
}

#[test]
fn filters_select_what_the_simplest_evaluator_selects() {
    let mut random = Random::new("filters_select_what_the_simplest_evaluator_selects");
    let (mut selected, mut all) = (0, 0);
    for _ in 0..20_000 {
        let filter = random_filter(&mut random, 2);
        let compiled = compile(&filter).unwrap_or_else(|error| panic!("{filter:?}: {error}"));
        for _ in 0..5 {
            let document = random_document(&mut random);
            let expected = selects(&filter, &document);
            let found = compiled
                .matches(RawDoc::trusted(&document.to_bytes()))
                .unwrap();
            assert_eq!(found, expected, "{filter:?}\non {document:?}");
            selected += usize::from(found);
            all += 1;
        }
    }
    println!("{selected} of {all} selected");
    assert!(selected > all / 20 && selected < all - all / 20);
}
