//! A naive evaluator of updates: one path after another, on an owned tree, with nothing shared and nothing compiled. It is
//! what the library's single pass over raw bytes is compared with.

use std::cmp::Ordering;

use ironbase::bson::compare::compare_values;
use ironbase::bson::{Document, Value};

/// MongoDB's code of a refusal.
pub type Refused = i32;

/// The document after the update. `position` is what `$` stands for.
pub fn apply(document: &Document, update: &Document, position: usize) -> Result<Document, Refused> {
    let mut changes: Vec<(Vec<String>, Change)> = Vec::new();
    for (operator, fields) in update.iter() {
        for (path, operand) in fields.as_document().expect("well formed").iter() {
            if operator == "$rename" {
                let from: Vec<String> = path.split('.').map(String::from).collect();
                let moved = moved_value(document, &from)?;
                let to = operand.as_str().expect("well formed");
                let to: Vec<String> = to.split('.').map(String::from).collect();
                if moved.is_some() {
                    refuse_array_on_the_way(document, &from)?;
                    refuse_array_on_the_way(document, &to)?;
                }
                changes.push((from, Change::new("$unset", &Value::Null)));
                changes.push((
                    to,
                    match moved {
                        Some(value) => Change::new("$set", &value),
                        None => Change::new("nothing", &Value::Null),
                    },
                ));
                continue;
            }
            for path in concrete(document, path, position)? {
                changes.push((path, Change::new(operator, operand)));
            }
        }
    }
    changes.sort_by(|(a, _), (b, _)| compare_paths(a, b));
    for pair in changes.windows(2) {
        if pair[1].0.starts_with(&pair[0].0) {
            return Err(40);
        }
    }
    let mut root = Value::Document(document.clone());
    for (path, change) in &changes {
        change.make(&mut root, path)?;
    }
    match root {
        Value::Document(document) => Ok(document),
        _ => unreachable!("a document stays one"),
    }
}

fn compare_paths(a: &[String], b: &[String]) -> Ordering {
    let number = |name: &String| name.parse::<u32>().ok();
    for (a, b) in a.iter().zip(b) {
        let order = match (number(a), number(b)) {
            (Some(a), Some(b)) => a.cmp(&b),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (None, None) => a.cmp(b),
        };
        if order.is_ne() {
            return order;
        }
    }
    a.len().cmp(&b.len())
}

/// The paths that one with `$` or `$[]` stands for.
fn concrete(document: &Document, path: &str, position: usize) -> Result<Vec<Vec<String>>, Refused> {
    let mut paths: Vec<(Vec<String>, Option<Value>)> =
        vec![(Vec::new(), Some(Value::Document(document.clone())))];
    for name in path.split('.') {
        let mut longer = Vec::new();
        for (path, value) in paths {
            let names: Vec<String> = match name {
                "$" => vec![position.to_string()],
                "$[]" => match &value {
                    Some(Value::Array(values)) => {
                        (0..values.len()).map(|n| n.to_string()).collect()
                    }
                    _ => return Err(2),
                },
                "$[e]" | "$[f]" => match &value {
                    Some(Value::Array(values)) => {
                        let selects = |n: &usize| array_filter_selects(name, &values[*n]);
                        let selected = (0..values.len()).filter(selects);
                        selected.map(|n| n.to_string()).collect()
                    }
                    _ => return Err(2),
                },
                name => vec![name.to_string()],
            };
            for name in names {
                let below = match &value {
                    Some(Value::Document(document)) => document.get(&name).cloned(),
                    Some(Value::Array(values)) => name
                        .parse::<usize>()
                        .ok()
                        .and_then(|n| values.get(n))
                        .cloned(),
                    _ => None,
                };
                let mut path = path.clone();
                path.push(name);
                longer.push((path, below));
            }
        }
        paths = longer;
    }
    Ok(paths.into_iter().map(|(path, _)| path).collect())
}

/// The filter `{ e: { $gte: 1 } }` or `{ "f.x": 1 }` on an array's element.
fn array_filter_selects(identifier: &str, element: &Value) -> bool {
    match identifier {
        "$[e]" => any_element(element, &|value| {
            let order = compare(value, &Value::Int32(1));
            is_number(value) && order.is_ge()
        }),
        _ => {
            let has_one = |value: &Value| match value {
                Value::Document(document) => document.get("x").is_some_and(|x| {
                    any_element(x, &|value| compare(value, &Value::Int32(1)).is_eq())
                }),
                _ => false,
            };
            match element {
                Value::Array(values) => values.iter().any(has_one),
                value => has_one(value),
            }
        }
    }
}

/// Whether something holds for a value or, of an array, for one of its elements.
fn any_element(value: &Value, holds: &dyn Fn(&Value) -> bool) -> bool {
    match value {
        Value::Array(values) => values.iter().any(holds),
        value => holds(value),
    }
}

fn is_number(value: &Value) -> bool {
    matches!(value, Value::Int32(_) | Value::Int64(_) | Value::Double(_))
}

fn moved_value(document: &Document, path: &[String]) -> Result<Option<Value>, Refused> {
    let mut value = Value::Document(document.clone());
    for name in path {
        let below = match &value {
            Value::Document(document) => document.get(name).cloned(),
            Value::Array(values) => match name.parse::<usize>() {
                Ok(n) => values.get(n).cloned(),
                Err(_) => return Err(28),
            },
            _ => return Err(28),
        };
        match below {
            Some(below) => value = below,
            None => return Ok(None),
        }
    }
    Ok(Some(value))
}

fn refuse_array_on_the_way(document: &Document, path: &[String]) -> Result<(), Refused> {
    let mut value = Value::Document(document.clone());
    for name in &path[..path.len() - 1] {
        let Value::Document(document) = &value else {
            return Ok(());
        };
        match document.get(name) {
            Some(Value::Array(_)) => return Err(2),
            Some(below) => value = below.clone(),
            None => return Ok(()),
        }
    }
    Ok(())
}

/// An operator at the end of a path.
struct Change {
    operator: String,
    operand: Value,
}

impl Change {
    fn new(operator: &str, operand: &Value) -> Change {
        let (operator, operand) = (operator.to_string(), operand.clone());
        Change { operator, operand }
    }

    fn creates(&self) -> bool {
        !["$unset", "$pop", "$pull", "$pullAll", "nothing"].contains(&self.operator.as_str())
    }

    fn minds_a_blocked_path(&self) -> bool {
        !["$unset", "nothing"].contains(&self.operator.as_str())
    }

    fn make(&self, within: &mut Value, path: &[String]) -> Result<(), Refused> {
        let (name, below) = path.split_first().expect("a path has names");
        match within {
            Value::Document(document) => {
                if let Some(value) = document.get_mut(name) {
                    if !below.is_empty() {
                        return self.make(value, below);
                    }
                    match self.result(Some(value))? {
                        Some(result) => *value = result,
                        None => drop(document.remove(name)),
                    }
                } else if self.creates() {
                    document.insert(name.as_str(), self.created(below)?);
                }
                Ok(())
            }
            Value::Array(values) => {
                let Ok(position) = name.parse::<usize>() else {
                    return if self.minds_a_blocked_path() {
                        Err(28)
                    } else {
                        Ok(())
                    };
                };
                if let Some(value) = values.get_mut(position) {
                    if !below.is_empty() {
                        return self.make(value, below);
                    }
                    *value = self.result(Some(value))?.unwrap_or(Value::Null);
                } else if self.creates() {
                    let created = self.created(below)?;
                    values.resize(position, Value::Null);
                    values.push(created);
                }
                Ok(())
            }
            _ if self.minds_a_blocked_path() => Err(28),
            _ => Ok(()),
        }
    }

    fn created(&self, path: &[String]) -> Result<Value, Refused> {
        let mut value = self.result(None)?.expect("what creates has a value");
        for name in path.iter().rev() {
            let mut document = Document::new();
            document.insert(name.as_str(), value);
            value = Value::Document(document);
        }
        Ok(value)
    }

    /// The value after the change; `None`: it goes.
    fn result(&self, current: Option<&Value>) -> Result<Option<Value>, Refused> {
        let operand = &self.operand;
        Ok(match self.operator.as_str() {
            "$set" => Some(operand.clone()),
            "$unset" => None,
            "nothing" => current.cloned(),
            "$inc" => Some(match current {
                Some(current) => compute(current, operand, |a, b| a + b, |a, b| a + b)?,
                None => operand.clone(),
            }),
            "$mul" => {
                let current = current.cloned().unwrap_or(Value::Int32(0));
                Some(compute(&current, operand, |a, b| a * b, |a, b| a * b)?)
            }
            "$min" | "$max" => match current {
                Some(current) => {
                    let wins = if self.operator == "$min" {
                        Ordering::Less
                    } else {
                        Ordering::Greater
                    };
                    let value = if compare(operand, current) == wins {
                        operand
                    } else {
                        current
                    };
                    Some(value.clone())
                }
                None => Some(operand.clone()),
            },
            "$bit" => {
                let xor = operand.as_document().and_then(|operand| operand.get("xor"));
                match (current.unwrap_or(&Value::Int32(0)), xor) {
                    (Value::Int32(a), Some(Value::Int32(b))) => Some(Value::Int32(a ^ b)),
                    (Value::Int64(a), Some(Value::Int32(b))) => {
                        Some(Value::Int64(a ^ i64::from(*b)))
                    }
                    _ => return Err(2),
                }
            }
            _ => Some(Value::Array(self.array(current)?)),
        })
    }

    /// The array after an operator on arrays.
    fn array(&self, current: Option<&Value>) -> Result<Vec<Value>, Refused> {
        let mut values = match (current, self.operator.as_str()) {
            (None, _) => Vec::new(),
            (Some(Value::Array(values)), _) => values.clone(),
            (Some(_), "$pop") => return Err(14),
            (Some(_), _) => return Err(2),
        };
        match self.operator.as_str() {
            "$push" => push(
                &mut values,
                self.operand.as_document().expect("well formed"),
            ),
            "$addToSet" => {
                if !values
                    .iter()
                    .any(|value| compare(value, &self.operand).is_eq())
                {
                    values.push(self.operand.clone());
                }
            }
            "$pop" if values.is_empty() => {}
            "$pop" if self.operand == Value::Int32(-1) => drop(values.remove(0)),
            "$pop" => drop(values.pop()),
            "$pull" => {
                let at_least = self
                    .operand
                    .as_document()
                    .and_then(|operand| operand.get("$gte"));
                values.retain(|value| match at_least {
                    None => compare(value, &self.operand).is_ne(),
                    Some(least) => !reaches(value, least),
                });
            }
            "$pullAll" => {
                let gone = self.operand.as_array().expect("well formed");
                values.retain(|value| !gone.iter().any(|gone| compare(value, gone).is_eq()));
            }
            other => unreachable!("{other}"),
        }
        Ok(values)
    }
}

/// Whether a value, or a value in an array, is a number that is not less.
fn reaches(value: &Value, least: &Value) -> bool {
    let is_number = |value: &Value| value.to_raw().as_raw().is_number();
    let reaches = |value: &Value| is_number(value) && compare(value, least).is_ge();
    match value {
        Value::Array(values) => values.iter().any(reaches),
        value => reaches(value),
    }
}

fn push(values: &mut Vec<Value>, clauses: &Document) {
    let number = |name: &str| match clauses.get(name) {
        Some(Value::Int32(number)) => Some(*number),
        _ => None,
    };
    let each = clauses
        .get("$each")
        .and_then(Value::as_array)
        .expect("well formed");
    let len = values.len() as i32;
    let first = match number("$position") {
        None => len,
        Some(position) if position < 0 => (len + position).max(0),
        Some(position) => position.min(len),
    };
    for (at, value) in (first as usize..).zip(each) {
        values.insert(at, value.clone());
    }
    match clauses.get("$sort") {
        Some(Value::Int32(1)) => values.sort_by(compare),
        Some(Value::Int32(-1)) => values.sort_by(|a, b| compare(b, a)),
        Some(Value::Document(_)) => {
            let field = |value: &Value| {
                let field = value.as_document().and_then(|document| document.get("x"));
                field.cloned().unwrap_or(Value::Null)
            };
            values.sort_by(|a, b| compare(&field(a), &field(b)));
        }
        _ => {}
    }
    if let Some(slice) = number("$slice") {
        let keep = slice.unsigned_abs() as usize;
        while values.len() > keep {
            match slice < 0 {
                true => drop(values.remove(0)),
                false => drop(values.pop()),
            }
        }
    }
}

fn compare(a: &Value, b: &Value) -> Ordering {
    compare_values(a.to_raw().as_raw(), b.to_raw().as_raw())
}

fn compute(
    current: &Value,
    operand: &Value,
    whole: fn(i128, i128) -> i128,
    double: fn(f64, f64) -> f64,
) -> Result<Value, Refused> {
    let integer = |value: &Value| match value {
        Value::Int32(number) => Some(i128::from(*number)),
        Value::Int64(number) => Some(i128::from(*number)),
        _ => None,
    };
    let float = |value: &Value| match value {
        Value::Double(number) => Some(*number),
        value => integer(value).map(|number| number as f64),
    };
    if let (Some(a), Some(b)) = (integer(current), integer(operand)) {
        let result = whole(a, b);
        let both_ints = matches!((current, operand), (Value::Int32(_), Value::Int32(_)));
        return match (i32::try_from(result), i64::try_from(result)) {
            (Ok(result), _) if both_ints => Ok(Value::Int32(result)),
            (_, Ok(result)) => Ok(Value::Int64(result)),
            _ => Err(2),
        };
    }
    match (float(current), float(operand)) {
        (Some(a), Some(b)) => Ok(Value::Double(double(a, b))),
        _ => Err(14),
    }
}
