//! From the filter language to the compiled tree; every refusal of a filter is here.
//!
//! A document whose first key starts with `$` is a list of operators, any other value an equality
//! ([manual: query and projection operators](https://www.mongodb.com/docs/manual/reference/operator/query/)).

use super::bits::Quantity;
use super::{
    Alternatives, BitTest, Comparison, Conjunction, ElemMatch, Modulo, Node, Operand, Pattern,
    Predicate, TypeSet, all,
};
use crate::aggregate::expr::Expr;
use crate::bson::number::Number;
use crate::bson::{Path, RawDoc, RawValue};
use crate::error::{Code, Error, Result};
use crate::query::Context;
use crate::query::explain::shell_text;
use crate::query::json_schema::Schema;

/// Operators at the top of a filter that MongoDB has and we do not yet.
const TOP_LEVEL_LATER: &[&str] = &["$text"];

/// Operators on a field that MongoDB has and we do not yet.
const FIELD_LATER: &[&str] = &[
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

/// Where a filter stands.
#[derive(Clone, Copy)]
pub(super) struct Place<'c> {
    pub(super) context: &'c Context,
    /// Within `$elemMatch`, where `$expr` and `$text` have no document to be about.
    pub(super) in_element: bool,
}

impl Place<'_> {
    fn element(self) -> Self {
        Place {
            in_element: true,
            ..self
        }
    }
}

pub(super) fn compile(filter: RawDoc<'_>, place: Place<'_>) -> Result<Conjunction> {
    let mut all = Conjunction::default();
    for (key, value) in filter {
        let key = key.as_str();
        match key {
            // The fields of a DBRef.
            "$ref" | "$id" | "$db" => {
                let path = Path::new(key);
                let operand = operand(&path, value)?;
                all.push_test(path, Predicate::Equal(operand));
            }
            _ if key.starts_with('$') => compile_logical(&mut all, key, value, place)?,
            _ => compile_field(&mut all, Path::new(key), value, place)?,
        }
    }
    Ok(all)
}

fn compile_logical(
    all: &mut Conjunction,
    operator: &str,
    operand: RawValue<'_>,
    place: Place<'_>,
) -> Result<()> {
    match operator {
        "$and" => {
            for node in compile_list(operator, operand, place)? {
                all.push(node);
            }
        }
        "$or" => {
            let mut nodes = compile_list(operator, operand, place)?;
            match nodes.len() {
                // With a single branch nothing is left to choose.
                1 => nodes.drain(..).for_each(|node| all.push(node)),
                _ => all.push(Node::Any(nodes)),
            }
        }
        "$nor" => all.push(Node::Not(Box::new(Node::Any(compile_list(
            operator, operand, place,
        )?)))),
        "$comment" => {}
        "$alwaysTrue" => check_always(operator, operand)?,
        "$alwaysFalse" => {
            check_always(operator, operand)?;
            all.push(Node::Any(Vec::new()));
        }
        "$jsonSchema" => all.push(Node::Schema(Box::new(Schema::parse(operand)?))),
        "$sampleRate" => match sample_rate(operand)? {
            0.0 => all.push(Node::Any(Vec::new())),
            1.0 => {}
            rate => all.push(Node::Sample(rate)),
        },
        "$not" => {
            return Err(bad_value(
                "unknown top level operator: $not. If you are trying to negate an entire \
                 expression, use $nor.",
            ));
        }
        "$where" if place.in_element => {
            return Err(bad_value("$elemMatch cannot contain $where expression"));
        }
        "$where" => {
            return Err(bad_value(
                "$where is not supported: there is no JavaScript engine in the library; use $expr",
            ));
        }
        "$expr" | "$text" if place.in_element => {
            let message = format!("{operator} can only be applied to the top-level document");
            return Err(bad_value(message));
        }
        "$expr" => all.push(Node::Expression(Expr::compile(operand, place.context)?)),
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

/// `{ $alwaysTrue: 1 }`: any other operand is refused.
fn check_always(operator: &str, operand: RawValue<'_>) -> Result<()> {
    if operand.as_integer() == Some(1) {
        return Ok(());
    }
    let found = shell_text(operand);
    Err(Error::query(
        Code::FAILED_TO_PARSE,
        format!("{operator} must be an integer value of 1, found {found}"),
    ))
}

fn sample_rate(operand: RawValue<'_>) -> Result<f64> {
    let Some(rate) = Number::from_raw(operand).map(Number::to_f64) else {
        let found = operand.type_name();
        return Err(bad_value(format!(
            "argument to $sampleRate must be a numeric type, found {found}"
        )));
    };
    if !(0.0..=1.0).contains(&rate) {
        return Err(bad_value(format!(
            "numeric argument to $sampleRate must be in [0, 1], found {rate}"
        )));
    }
    Ok(rate)
}

fn compile_list(operator: &str, operand: RawValue<'_>, place: Place<'_>) -> Result<Vec<Node>> {
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
        RawValue::Document(filter) => Ok(Node::All(compile(filter, place)?)),
        _ => Err(bad_value(format!(
            "$or/$and/$nor entries need to be full objects, found {} in {operator}",
            entry.type_name()
        ))),
    };
    entries.iter().map(entry).collect()
}

fn compile_field(
    all: &mut Conjunction,
    path: Path,
    value: RawValue<'_>,
    place: Place<'_>,
) -> Result<()> {
    match value {
        RawValue::Document(operators) if holds_operators(operators) => {
            compile_operators(all, &path, operators, place)
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

/// Whether a value is a list of operators rather than a document to be equal to.
pub(crate) fn holds_operators(document: RawDoc<'_>) -> bool {
    let has = |name| document.get_element(name).is_some();
    let first = document.elements().next();
    first.is_some_and(|first| first.key().as_bytes().starts_with(b"$"))
        // A DBRef is a value.
        && !(has("$ref") && has("$id"))
}

/// The conditions of an `$elemMatch`.
pub(super) fn compile_elem_match(
    path: &Path,
    operand: RawValue<'_>,
    place: Place<'_>,
) -> Result<Predicate> {
    let RawValue::Document(conditions) = operand else {
        let found = operand.type_name();
        return Err(bad_value(format!(
            "$elemMatch needs an Object at \"{path}\", found {found}"
        )));
    };
    let first = conditions.elements().next().map(|first| first.key());
    let about_value = first
        .is_some_and(|first| first.as_bytes().starts_with(b"$") && !is_pathless(first.as_str()));
    let compiled = if about_value {
        let mut all = Conjunction::default();
        compile_operators(&mut all, &Path::new(""), conditions, place.element())?;
        ElemMatch::Value(all)
    } else {
        ElemMatch::Document(compile(conditions, place.element())?)
    };
    Ok(Predicate::ElemMatch(Box::new(compiled)))
}

/// Whether an operator stands in the place of a field: those of [`compile_logical`], and the fields
/// of a DBRef.
fn is_pathless(operator: &str) -> bool {
    const PATHLESS: &[&str] = &[
        "$and",
        "$or",
        "$nor",
        "$comment",
        "$alwaysTrue",
        "$alwaysFalse",
        "$sampleRate",
        "$expr",
        "$jsonSchema",
        "$text",
        "$where",
        "$ref",
        "$id",
        "$db",
    ];
    PATHLESS.contains(&operator)
}

fn compile_operators(
    all: &mut Conjunction,
    path: &Path,
    operators: RawDoc<'_>,
    place: Place<'_>,
) -> Result<()> {
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
            "$not" => compile_not(all, path, value, place)?,
            "$all" => all::compile(all, path, value, place)?,
            "$elemMatch" => {
                let conditions = compile_elem_match(path, value, place)?;
                all.push_test(path.clone(), conditions);
            }
            "$type" => {
                let types = TypeSet::parse(path.as_str(), value)?;
                all.push_test(path.clone(), Predicate::Type(types));
            }
            "$size" => all.push_test(path.clone(), Predicate::Size(size(path, value)?)),
            "$mod" => {
                let modulo = Modulo::parse(path.as_str(), value)?;
                all.push_test(path.clone(), Predicate::Modulo(modulo));
            }
            "$bitsAllSet" => push_bits(all, path, operator, Quantity::AllSet, value)?,
            "$bitsAllClear" => push_bits(all, path, operator, Quantity::AllClear, value)?,
            "$bitsAnySet" => push_bits(all, path, operator, Quantity::AnySet, value)?,
            "$bitsAnyClear" => push_bits(all, path, operator, Quantity::AnyClear, value)?,
            "$regex" => {
                let pattern = compile_regex(value, operators.get("$options"))?;
                all.push_test(path.clone(), Predicate::Regex(pattern));
            }
            "$options" if operators.get_element("$regex").is_some() => {}
            "$options" => return Err(bad_value("$options needs a $regex")),
            "$where" => return Err(bad_value("$where cannot be applied to a field")),
            _ if FIELD_LATER.contains(&operator) => return Err(not_yet(operator)),
            _ => return Err(bad_value(format!("unknown operator: {operator}"))),
        }
    }
    Ok(())
}

fn push_bits(
    all: &mut Conjunction,
    path: &Path,
    operator: &str,
    quantity: Quantity,
    value: RawValue<'_>,
) -> Result<()> {
    let bits = BitTest::parse(path.as_str(), operator, quantity, value)?;
    all.push_test(path.clone(), Predicate::Bits(bits));
    Ok(())
}

fn size(path: &Path, value: RawValue<'_>) -> Result<u32> {
    let needed = match value.as_integer() {
        Some(size) if i32::try_from(size).is_ok_and(|size| size >= 0) => return Ok(size as u32),
        Some(size) if size < 0 => "a non-negative number",
        Some(_) => "a 32-bit integer",
        None if value.is_number() => "an integer",
        None => "a number",
    };
    let found = shell_text(value);
    Err(bad_value(format!(
        "Failed to parse $size. Expected {needed} at \"{path}\", found {found}"
    )))
}

pub(super) fn operand(path: &Path, value: RawValue<'_>) -> Result<Operand> {
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

fn compile_not(
    all: &mut Conjunction,
    path: &Path,
    value: RawValue<'_>,
    place: Place<'_>,
) -> Result<()> {
    let mut negated = Conjunction::default();
    match value {
        RawValue::Regex { .. } => compile_field(&mut negated, path.clone(), value, place)?,
        RawValue::Document(operators) if operators.is_empty() => {
            return Err(bad_value("$not cannot be empty"));
        }
        RawValue::Document(operators) => compile_operators(&mut negated, path, operators, place)?,
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

pub(super) fn bad_value(message: impl Into<String>) -> Error {
    Error::query(Code::BAD_VALUE, message)
}

fn not_yet(operator: &str) -> Error {
    bad_value(format!(
        "the query operator {operator} is not supported yet"
    ))
}
