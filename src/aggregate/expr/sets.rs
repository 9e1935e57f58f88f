//! Arrays as sets: neither order nor repetition counts. Sets that are made are in ascending order. Strings that the
//! operation's collation holds equal are one.

use super::{
    ArrayWriter, Compiler, Computed, Entry, Frame, Node, elements, is_nullish, is_true, refuse,
    type_name,
};
use crate::bson::RawValue;
use crate::error::Result;

pub(super) const OPERATORS: &[Entry] = &[
    Entry::fixed("$allElementsTrue", 1, all_elements_true),
    Entry::fixed("$anyElementTrue", 1, any_element_true),
    Entry::fixed("$setDifference", 2, difference),
    Entry::special("$setEquals", compile_equals),
    Entry::variadic("$setIntersection", intersection),
    Entry::fixed("$setIsSubset", 2, is_subset),
    Entry::variadic("$setUnion", union),
];

/// Values in ascending order, each once.
struct Set<'a> {
    values: Vec<RawValue<'a>>,
    frame: Frame<'a>,
}

impl<'a> Set<'a> {
    fn new(values: impl Iterator<Item = RawValue<'a>>, frame: Frame<'a>) -> Result<Set<'a>> {
        let mut all = Vec::new();
        for value in values {
            frame.step()?;
            all.push(value);
        }
        all.sort_by(|a, b| frame.compare(*a, *b));
        all.dedup_by(|a, b| frame.compare(*a, *b).is_eq());
        Ok(Set { values: all, frame })
    }

    /// Where a value is.
    fn position(&self, value: RawValue<'_>) -> Option<usize> {
        let compare = |own: &RawValue<'_>| self.frame.compare(*own, value);
        self.values.binary_search_by(compare).ok()
    }

    fn contains(&self, value: RawValue<'_>) -> bool {
        self.position(value).is_some()
    }

    fn equals(&self, other: &Set<'_>) -> bool {
        let mut pairs = self.values.iter().zip(&other.values);
        self.values.len() == other.values.len()
            && pairs.all(|(a, b)| self.frame.compare(*a, *b).is_eq())
    }

    fn finish(self) -> Result<Computed<'a>> {
        let mut array = ArrayWriter::new();
        for value in self.values {
            array.push(value)?;
        }
        Ok(Some(array.finish(self.frame)))
    }
}

/// The operand's elements.
fn set<'a>(
    value: Computed<'a>,
    code: i32,
    message: impl FnOnce(&'static str) -> String,
) -> Result<impl Iterator<Item = RawValue<'a>> + Clone> {
    match value {
        Some(RawValue::Array(array)) => Ok(elements(array)),
        value => refuse(code, message(type_name(value))),
    }
}

fn all_elements_true<'a>(
    name: &'static str,
    values: &[Computed<'a>],
    _: Frame<'a>,
) -> Result<Computed<'a>> {
    let mut elements = set(values[0], 17040, |found| {
        format!("{name}'s argument must be an array, but is {found}")
    })?;
    let all = elements.all(|element| is_true(Some(element)));
    Ok(Some(RawValue::Boolean(all)))
}

fn any_element_true<'a>(
    name: &'static str,
    values: &[Computed<'a>],
    _: Frame<'a>,
) -> Result<Computed<'a>> {
    let mut elements = set(values[0], 17041, |found| {
        format!("{name}'s argument must be an array, but is {found}")
    })?;
    let any = elements.any(|element| is_true(Some(element)));
    Ok(Some(RawValue::Boolean(any)))
}

fn difference<'a>(
    _: &'static str,
    values: &[Computed<'a>],
    frame: Frame<'a>,
) -> Result<Computed<'a>> {
    if is_nullish(values[0]) || is_nullish(values[1]) {
        return Ok(Some(RawValue::Null));
    }
    let both = |which: &'static str| {
        move |found: &str| {
            format!(
                "both operands of $setDifference must be arrays. {which} argument is of type: \
                 {found}"
            )
        }
    };
    let left = set(values[0], 17048, both("First"))?;
    let right = Set::new(set(values[1], 17049, both("Second"))?, frame)?;
    // In the order of the first array; what is there twice is taken once.
    let rest: Vec<_> = left.filter(|value| !right.contains(*value)).collect();
    let distinct = Set::new(rest.iter().copied(), frame)?;
    let mut taken = vec![false; distinct.values.len()];
    let mut array = ArrayWriter::new();
    for value in rest {
        let at = distinct.position(value);
        let first = at.is_some_and(|at| !std::mem::replace(&mut taken[at], true));
        if first {
            array.push(value)?;
        }
    }
    Ok(Some(array.finish(frame)))
}

fn compile_equals(
    compiler: &mut Compiler<'_>,
    name: &'static str,
    operand: RawValue<'_>,
) -> Result<Node> {
    let operands = compiler.arguments(operand)?;
    if operands.len() < 2 {
        let count = operands.len();
        let message = format!("$setEquals needs at least two arguments had: {count}");
        return refuse(17045, message);
    }
    Ok(compiler.call(name, equals, operands))
}

fn equals<'a>(_: &'static str, values: &[Computed<'a>], frame: Frame<'a>) -> Result<Computed<'a>> {
    let mut first: Option<Set<'_>> = None;
    for (at, value) in values.iter().enumerate() {
        let next = set(*value, 17044, |found| {
            let place = at + 1;
            format!(
                "All operands of $setEquals must be arrays. {place}-th argument is of type: {found}"
            )
        })?;
        let next = Set::new(next, frame)?;
        match &first {
            None => first = Some(next),
            Some(first) if !first.equals(&next) => return Ok(Some(RawValue::Boolean(false))),
            Some(_) => {}
        }
    }
    Ok(Some(RawValue::Boolean(true)))
}

fn intersection<'a>(
    _: &'static str,
    values: &[Computed<'a>],
    frame: Frame<'a>,
) -> Result<Computed<'a>> {
    let mut common: Option<Set<'a>> = None;
    for value in values {
        if is_nullish(*value) {
            return Ok(Some(RawValue::Null));
        }
        let next = set(*value, 17047, |found| {
            format!(
                "All operands of $setIntersection must be arrays. One argument is of type: {found}"
            )
        })?;
        let next = Set::new(next, frame)?;
        match &mut common {
            None => common = Some(next),
            Some(common) => common.values.retain(|value| next.contains(*value)),
        }
    }
    match common {
        Some(common) => common.finish(),
        None => Ok(Some(ArrayWriter::new().finish(frame))),
    }
}

fn is_subset<'a>(
    _: &'static str,
    values: &[Computed<'a>],
    frame: Frame<'a>,
) -> Result<Computed<'a>> {
    let both = |which: &'static str| {
        move |found: &str| {
            format!(
                "both operands of $setIsSubset must be arrays. {which} argument is of type: {found}"
            )
        }
    };
    let mut left = set(values[0], 17046, both("First"))?;
    let right = Set::new(set(values[1], 17042, both("Second"))?, frame)?;
    let is_subset = left.all(|value| right.contains(value));
    Ok(Some(RawValue::Boolean(is_subset)))
}

fn union<'a>(_: &'static str, values: &[Computed<'a>], frame: Frame<'a>) -> Result<Computed<'a>> {
    let mut all = Vec::new();
    for value in values {
        if is_nullish(*value) {
            return Ok(Some(RawValue::Null));
        }
        all.extend(set(*value, 17043, |found| {
            format!("All operands of $setUnion must be arrays. One argument is of type: {found}")
        })?);
    }
    Set::new(all.into_iter(), frame)?.finish()
}
