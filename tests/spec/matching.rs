//! Whether a value is what a case expects: numbers by value, `$$` operators, more fields than expected only in a root document.

use ironbase::bson::{Document, Value};

use super::shown;

/// Compares a result; says where it differs.
pub fn result(expected: &Value, found: Option<&Value>) -> Result<(), String> {
    matches(expected, found, true, "result")
}

/// Compares what a collection holds: every field, every type, in order.
pub fn exactly(expected: &[Value], found: &[Value]) -> Result<(), String> {
    match expected == found {
        true => Ok(()),
        false => Err(format!(
            "found {}, expected {}",
            shown(&Value::Array(found.to_vec())),
            shown(&Value::Array(expected.to_vec()))
        )),
    }
}

fn matches(expected: &Value, found: Option<&Value>, is_root: bool, at: &str) -> Result<(), String> {
    if let Some((operator, argument)) = operator(expected) {
        return special(operator, argument, found, is_root, at);
    }
    let Some(found) = found else {
        return Err(format!("{at} is missing, expected {}", shown(expected)));
    };
    match (expected, found) {
        (Value::Document(expected), Value::Document(found)) => {
            for (name, value) in expected.iter() {
                matches(value, found.get(name), false, &format!("{at}.{name}"))?;
            }
            let extra = found.iter().find(|(name, _)| !expected.contains_key(name));
            match extra.filter(|_| !is_root) {
                Some((name, _)) => Err(format!("{at} has \"{name}\", which is not expected")),
                None => Ok(()),
            }
        }
        (Value::Array(expected), Value::Array(found)) => {
            if expected.len() != found.len() {
                let (found, expected) = (found.len(), expected.len());
                return Err(format!("{at} has {found} values, expected {expected}"));
            }
            for (index, (expected, found)) in expected.iter().zip(found).enumerate() {
                matches(expected, Some(found), is_root, &format!("{at}[{index}]"))?;
            }
            Ok(())
        }
        _ if same_scalar(expected, found) => Ok(()),
        _ => Err(format!(
            "{at} is {}, expected {}",
            shown(found),
            shown(expected)
        )),
    }
}

fn operator(expected: &Value) -> Option<(&str, &Value)> {
    let document = expected.as_document()?;
    let (name, argument) = document.iter().next()?;
    (name.starts_with("$$") && document.len() == 1).then_some((name, argument))
}

fn special(
    operator: &str,
    argument: &Value,
    found: Option<&Value>,
    is_root: bool,
    at: &str,
) -> Result<(), String> {
    match (operator, argument) {
        ("$$exists", Value::Boolean(wanted)) => match found.is_some() == *wanted {
            true => Ok(()),
            false => Err(format!("{at}: $$exists should be {wanted}")),
        },
        ("$$unsetOrMatches", expected) => match found {
            None => Ok(()),
            found => matches(expected, found, is_root, at),
        },
        ("$$type", types) => {
            let name = found.map_or("missing", Value::type_name);
            let one = types.as_str().is_some_and(|one| one == name);
            let many = types.as_array().unwrap_or(&[]);
            match one || many.iter().any(|one| one.as_str() == Some(name)) {
                true => Ok(()),
                false => Err(format!("{at} is of type {name}, expected {}", shown(types))),
            }
        }
        _ => Err(format!("{at}: the runner does not know {operator}")),
    }
}

fn same_scalar(expected: &Value, found: &Value) -> bool {
    let (a, b) = (expected.to_raw(), found.to_raw());
    let both_numbers = a.as_raw().is_number() && b.as_raw().is_number();
    expected == found
        || (both_numbers && ironbase::bson::compare::compare_values(a.as_raw(), b.as_raw()).is_eq())
}

/// The documents of a list, sorted by `_id`, as outcomes are given.
pub fn by_id(mut documents: Vec<Document>) -> Vec<Value> {
    documents.sort_by(|a, b| {
        let id = |document: &Document| document.get("_id").unwrap_or(&Value::Null).to_raw();
        let (a, b) = (id(a), id(b));
        ironbase::bson::compare::compare_values(a.as_raw(), b.as_raw())
    });
    documents.into_iter().map(Value::Document).collect()
}
