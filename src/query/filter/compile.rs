//! From the filter language to the compiled tree; every refusal of a filter is here.
//!
//! A document whose first key starts with `$` is a list of operators, any other value an equality
//! ([manual: query and projection operators](https://www.mongodb.com/docs/manual/reference/operator/query/)).

use super::{Alternatives, Comparison, Conjunction, Node, Operand, Pattern, Predicate};
use crate::bson::{Path, RawDoc, RawValue};
use crate::error::{Code, Error, Result};
use crate::query::Context;

/// Operators at the top of a filter that MongoDB has and we do not yet.
const TOP_LEVEL_LATER: &[&str] = &[
    "$expr",
    "$where",
    "$text",
    "$jsonSchema",
    "$sampleRate",
    "$alwaysTrue",
    "$alwaysFalse",
];

/// Operators on a field that MongoDB has and we do not yet.
const FIELD_LATER: &[&str] = &[
    "$type",
    "$size",
    "$all",
    "$elemMatch",
    "$mod",
    "$bitsAllSet",
    "$bitsAllClear",
    "$bitsAnySet",
    "$bitsAnyClear",
    "$geoWithin",
    "$geoIntersects",
    "$within",
    "$near",
    "$nearSphere",
    "$geoNear",
    "$maxDistance",
    "$minDistance",
    "$geometry",
];

pub(super) fn compile(filter: RawDoc<'_>, context: &Context) -> Result<Conjunction> {
    let mut all = Conjunction::default();
    for (key, value) in filter {
        let key = key.as_str();
        if key.starts_with('$') {
            compile_logical(&mut all, key, value, context)?;
        } else {
            compile_field(&mut all, Path::new(key), value)?;
        }
    }
    Ok(all)
}

fn compile_logical(
    all: &mut Conjunction,
    operator: &str,
    operand: RawValue<'_>,
    context: &Context,
) -> Result<()> {
    match operator {
        "$and" => {
            for node in compile_list(operator, operand, context)? {
                all.push(node);
            }
        }
        "$or" => {
            let mut nodes = compile_list(operator, operand, context)?;
            match nodes.len() {
                // With a single branch nothing is left to choose.
                1 => nodes.drain(..).for_each(|node| all.push(node)),
                _ => all.push(Node::Any(nodes)),
            }
        }
        "$nor" => all.push(Node::Not(Box::new(Node::Any(compile_list(
            operator, operand, context,
        )?)))),
        "$comment" => {}
        "$not" => {
            return Err(bad_value(
                "unknown top level operator: $not. If you are trying to negate an entire \
                 expression, use $nor.",
            ));
        }
        _ if TOP_LEVEL_LATER.contains(&operator) => return Err(not_yet(operator)),
        _ => {
            return Err(bad_value(format!(
                "unknown top level operator: {operator}. If you have a field name that starts \
                 with a '$' symbol, consider using $getField or $setField."
            )));
        }
    }
    Ok(())
}

fn compile_list(operator: &str, operand: RawValue<'_>, context: &Context) -> Result<Vec<Node>> {
    let RawValue::Array(entries) = operand else {
        return Err(bad_value(format!(
            "{operator} must be an array, found {}",
            operand.type_name()
        )));
    };
    if entries.is_empty() {
        return Err(bad_value("$and/$or/$nor must be a nonempty array"));
    }
    let entry = |(_, entry): (_, RawValue<'_>)| match entry {
        RawValue::Document(filter) => Ok(Node::All(compile(filter, context)?)),
        _ => Err(bad_value(format!(
            "$or/$and/$nor entries need to be full objects, found {} in {operator}",
            entry.type_name()
        ))),
    };
    entries.iter().map(entry).collect()
}

fn compile_field(all: &mut Conjunction, path: Path, value: RawValue<'_>) -> Result<()> {
    match value {
        RawValue::Document(operators) if holds_operators(operators) => {
            compile_operators(all, &path, operators)
        }
        RawValue::Regex { pattern, options } => {
            let pattern = Pattern::compile(pattern.as_str(), options.as_str())?;
            all.push_test(path, Predicate::Regex(pattern));
            Ok(())
        }
        _ => {
            let operand = operand(&path, value)?;
            all.push_test(path, Predicate::Equal(operand));
            Ok(())
        }
    }
}

/// Whether a value is a list of operators rather than a document to be equal to. The fields of
/// a DBRef are data.
fn holds_operators(document: RawDoc<'_>) -> bool {
    document.elements().next().is_some_and(|first| {
        let key = first.key();
        key.as_bytes().starts_with(b"$") && key != "$ref" && key != "$id" && key != "$db"
    })
}

fn compile_operators(all: &mut Conjunction, path: &Path, operators: RawDoc<'_>) -> Result<()> {
    for (operator, value) in operators {
        let operator = operator.as_str();
        match operator {
            "$eq" => all.push_test(path.clone(), Predicate::Equal(operand(path, value)?)),
            "$ne" => {
                if matches!(value, RawValue::Regex { .. }) {
                    return Err(bad_value("Can't have regex as arg to $ne."));
                }
                push_negated(all, path, Predicate::Equal(operand(path, value)?));
            }
            "$lt" => push_order(all, path, Comparison::Less, value)?,
            "$lte" => push_order(all, path, Comparison::LessOrEqual, value)?,
            "$gt" => push_order(all, path, Comparison::Greater, value)?,
            "$gte" => push_order(all, path, Comparison::GreaterOrEqual, value)?,
            "$in" => all.push_test(path.clone(), compile_in(path, operator, value)?),
            "$nin" => push_negated(all, path, compile_in(path, operator, value)?),
            "$exists" if value.truthy() => all.push_test(path.clone(), Predicate::Exists),
            "$exists" => push_negated(all, path, Predicate::Exists),
            "$not" => compile_not(all, path, value)?,
            "$regex" => {
                let pattern = compile_regex(value, operators.get("$options"))?;
                all.push_test(path.clone(), Predicate::Regex(pattern));
            }
            "$options" if operators.get_element("$regex").is_some() => {}
            "$options" => return Err(bad_value("$options needs a $regex")),
            _ if FIELD_LATER.contains(&operator) => return Err(not_yet(operator)),
            _ => return Err(bad_value(format!("unknown operator: {operator}"))),
        }
    }
    Ok(())
}

fn operand(path: &Path, value: RawValue<'_>) -> Result<Operand> {
    if matches!(value, RawValue::Undefined) {
        return Err(bad_value(format!(
            "cannot compare to undefined (field '{path}')"
        )));
    }
    Ok(Operand::new(value))
}

fn push_order(
    all: &mut Conjunction,
    path: &Path,
    comparison: Comparison,
    value: RawValue<'_>,
) -> Result<()> {
    if matches!(value, RawValue::Regex { .. }) {
        return Err(bad_value(format!(
            "Can't have RegEx as arg to predicate over field '{path}'."
        )));
    }
    all.push_test(
        path.clone(),
        Predicate::Order(comparison, operand(path, value)?),
    );
    Ok(())
}

fn push_negated(all: &mut Conjunction, path: &Path, predicate: Predicate) {
    let mut negated = Conjunction::default();
    negated.push_test(path.clone(), predicate);
    all.push(Node::Not(Box::new(Node::All(negated))));
}

fn compile_not(all: &mut Conjunction, path: &Path, value: RawValue<'_>) -> Result<()> {
    let mut negated = Conjunction::default();
    match value {
        RawValue::Regex { .. } => compile_field(&mut negated, path.clone(), value)?,
        RawValue::Document(operators) if operators.is_empty() => {
            return Err(bad_value("$not cannot be empty"));
        }
        RawValue::Document(operators) => compile_operators(&mut negated, path, operators)?,
        _ => {
            return Err(bad_value(format!(
                "$not needs a regex or a document at \"{path}\", found {}",
                value.type_name()
            )));
        }
    }
    all.push(Node::Not(Box::new(Node::All(negated))));
    Ok(())
}

fn compile_in(path: &Path, operator: &str, value: RawValue<'_>) -> Result<Predicate> {
    let RawValue::Array(array) = value else {
        return Err(bad_value(format!(
            "{operator} needs an array at \"{path}\", found {}",
            value.type_name()
        )));
    };
    let (mut values, mut patterns) = (Vec::new(), Vec::new());
    for (_, value) in array {
        match value {
            RawValue::Regex { pattern, options } => {
                patterns.push(Pattern::compile(pattern.as_str(), options.as_str())?);
            }
            RawValue::Document(document) if holds_operators(document) => {
                return Err(bad_value(format!("cannot nest $ under {operator}")));
            }
            _ => values.push(operand(path, value)?),
        }
    }
    match (values.len(), patterns.len()) {
        // One alternative is no choice: upserts and the planner see the equality it is.
        (1, 0) => Ok(Predicate::Equal(values.remove(0))),
        _ => Ok(Predicate::In(Alternatives::new(values, patterns))),
    }
}

fn compile_regex(value: RawValue<'_>, options: Option<RawValue<'_>>) -> Result<Pattern> {
    let options = match options {
        None => None,
        Some(RawValue::String(options)) => Some(options.as_str()),
        Some(other) => {
            let found = other.type_name();
            return Err(bad_value(format!(
                "$options has to be a string, found {found}"
            )));
        }
    };
    match value {
        RawValue::String(pattern) => Pattern::compile(pattern.as_str(), options.unwrap_or("")),
        RawValue::Regex {
            pattern,
            options: own,
        } => {
            if options.is_some() && !own.is_empty() {
                return Err(Error::query(
                    Code(51075),
                    "options set in both $regex and $options",
                ));
            }
            Pattern::compile(pattern.as_str(), options.unwrap_or(own.as_str()))
        }
        _ => Err(bad_value(format!(
            "$regex has to be a string, found {}",
            value.type_name()
        ))),
    }
}

fn bad_value(message: impl Into<String>) -> Error {
    Error::query(Code::BAD_VALUE, message)
}

fn not_yet(operator: &str) -> Error {
    bad_value(format!(
        "the query operator {operator} is not supported yet"
    ))
}
