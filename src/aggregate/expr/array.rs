//! Arrays: their elements, parts, size; making them of ranges and of each other.

use super::compare::compare;
use super::{
    ArrayWriter, Compiler, Computed, Entry, Frame, Node, Operator, elements, is_nullish, refuse,
    type_name,
};
use crate::bson::{RawDoc, RawValue};
use crate::error::Result;
use crate::query::explain::shell_text;

pub(super) const OPERATORS: &[Entry] = &[
    Entry::fixed("$arrayElemAt", 2, element_at),
    Entry::fixed("$first", 1, first),
    Entry::fixed("$last", 1, last),
    Entry::variadic("$concatArrays", concat),
    Entry::fixed("$in", 2, contains),
    Entry::range("$indexOfArray", 2, 4, index_of),
    Entry::fixed("$isArray", 1, |_, values, _| {
        let is_array = matches!(values[0], Some(RawValue::Array(_)));
        Ok(Some(RawValue::Boolean(is_array)))
    }),
    Entry::range("$range", 2, 3, range),
    Entry::fixed("$reverseArray", 1, reverse),
    Entry::fixed("$size", 1, size),
    Entry::range("$slice", 2, 3, slice),
    Entry::special("$zip", Zip::compile),
];

/// A number that is an int, whatever its type.
pub(super) fn as_i32(value: Computed<'_>) -> Option<i32> {
    value?.as_integer()?.try_into().ok()
}

pub(super) fn text(value: Computed<'_>) -> String {
    value.map_or("missing".to_string(), shell_text)
}

fn is_number(value: Computed<'_>) -> bool {
    value.is_some_and(|value| value.is_number())
}

fn element_at<'a>(
    name: &'static str,
    values: &[Computed<'a>],
    _: Frame<'a>,
) -> Result<Computed<'a>> {
    if is_nullish(values[0]) || is_nullish(values[1]) {
        return Ok(Some(RawValue::Null));
    }
    let array = array_of(name, "first argument", values[0])?;
    if !is_number(values[1]) {
        let found = type_name(values[1]);
        return refuse(
            28690,
            format!("{name}'s second argument must be a numeric value, but is {found}"),
        );
    }
    let Some(index) = as_i32(values[1]) else {
        let found = text(values[1]);
        return refuse(
            28691,
            format!("{name}'s second argument must be representable as a 32-bit integer: {found}"),
        );
    };
    if index >= 0 {
        return Ok(elements(array).nth(index as usize));
    }
    let from_end = index.unsigned_abs() as usize;
    let len = array.elements().count();
    Ok(len
        .checked_sub(from_end)
        .and_then(|at| elements(array).nth(at)))
}

fn first<'a>(name: &'static str, values: &[Computed<'a>], _: Frame<'a>) -> Result<Computed<'a>> {
    if is_nullish(values[0]) {
        return Ok(Some(RawValue::Null));
    }
    Ok(elements(array_of(name, "argument", values[0])?).next())
}

fn last<'a>(name: &'static str, values: &[Computed<'a>], _: Frame<'a>) -> Result<Computed<'a>> {
    if is_nullish(values[0]) {
        return Ok(Some(RawValue::Null));
    }
    Ok(elements(array_of(name, "argument", values[0])?).last())
}

fn array_of<'a>(name: &str, argument: &str, value: Computed<'a>) -> Result<RawDoc<'a>> {
    match value {
        Some(RawValue::Array(array)) => Ok(array),
        _ => {
            let found = type_name(value);
            let message = format!("{name}'s {argument} must be an array, but is {found}");
            refuse(28689, message)
        }
    }
}

fn concat<'a>(
    name: &'static str,
    values: &[Computed<'a>],
    frame: Frame<'a>,
) -> Result<Computed<'a>> {
    let mut all = ArrayWriter::new();
    for value in values {
        match *value {
            Some(RawValue::Array(array)) => {
                for element in elements(array) {
                    all.push(element)?;
                }
            }
            value if is_nullish(value) => return Ok(Some(RawValue::Null)),
            value => {
                let found = type_name(value);
                return refuse(28664, format!("{name} only supports arrays, not {found}"));
            }
        }
    }
    Ok(Some(all.finish(frame)))
}

fn contains<'a>(
    _: &'static str,
    values: &[Computed<'a>],
    frame: Frame<'a>,
) -> Result<Computed<'a>> {
    let Some(RawValue::Array(array)) = values[1] else {
        let found = type_name(values[1]);
        return refuse(
            40081,
            format!("$in requires an array as a second argument, found: {found}"),
        );
    };
    for element in elements(array) {
        frame.step()?;
        if compare(values[0], Some(element), frame).is_eq() {
            return Ok(Some(RawValue::Boolean(true)));
        }
    }
    Ok(Some(RawValue::Boolean(false)))
}

fn index_of<'a>(
    name: &'static str,
    values: &[Computed<'a>],
    frame: Frame<'a>,
) -> Result<Computed<'a>> {
    if is_nullish(values[0]) {
        return Ok(Some(RawValue::Null));
    }
    let Some(RawValue::Array(array)) = values[0] else {
        let found = type_name(values[0]);
        return refuse(
            40090,
            format!("$indexOfArray requires an array as a first argument, found: {found}"),
        );
    };
    let start = bound(name, "starting index", values.get(2), 0)?;
    let end = bound(name, "ending index", values.get(3), usize::MAX)?;
    let wanted = values[1];
    for (index, element) in elements(array).take(end).enumerate().skip(start) {
        frame.step()?;
        if compare(Some(element), wanted, frame).is_eq() {
            return Ok(Some(super::int(index as i64)));
        }
    }
    Ok(Some(RawValue::Int32(-1)))
}

fn bound(name: &str, argument: &str, value: Option<&Computed<'_>>, absent: usize) -> Result<usize> {
    let Some(value) = value else {
        return Ok(absent);
    };
    let Some(bound) = as_i32(*value) else {
        let (kind, found) = (type_name(*value), text(*value));
        return refuse(
            9711600,
            format!(
                "{name} requires an integral {argument}, found a value of type: {kind}, with \
                 value: {found}"
            ),
        );
    };
    match usize::try_from(bound) {
        Ok(bound) => Ok(bound),
        Err(_) => refuse(
            9711601,
            format!("{name} requires a nonnegative {argument}, found: {bound}"),
        ),
    }
}

fn range<'a>(_: &'static str, values: &[Computed<'a>], frame: Frame<'a>) -> Result<Computed<'a>> {
    let start = range_number(
        values[0],
        "a numeric starting value",
        "a starting value",
        34443,
    )?;
    let end = range_number(
        values[1],
        "a numeric ending value",
        "an ending value",
        34445,
    )?;
    let step = match values.get(2) {
        None => 1,
        Some(step) => range_number(*step, "a numeric step value", "a step value", 34447)?,
    };
    if step == 0 {
        return refuse(34449, "$range requires a non-zero step value");
    }
    let mut array = ArrayWriter::new();
    let mut current = start;
    while if step > 0 {
        current < end
    } else {
        current > end
    } {
        frame.step()?;
        array.push(RawValue::Int32(current as i32))?;
        current += step;
    }
    Ok(Some(array.finish(frame)))
}

/// An int as a long, so that counting beyond the end does not overflow.
fn range_number(value: Computed<'_>, numeric: &str, noun: &str, code: i32) -> Result<i64> {
    if !is_number(value) {
        let found = type_name(value);
        let message = format!("$range requires {numeric}, found value of type: {found}");
        return refuse(code, message);
    }
    match as_i32(value) {
        Some(value) => Ok(value.into()),
        None => refuse(
            code + 1,
            format!(
                "$range requires {noun} that can be represented as a 32-bit integer, found \
                 value: {}",
                text(value)
            ),
        ),
    }
}

fn reverse<'a>(_: &'static str, values: &[Computed<'a>], frame: Frame<'a>) -> Result<Computed<'a>> {
    match values[0] {
        Some(RawValue::Array(array)) => {
            let mut reversed = ArrayWriter::new();
            for element in super::collect(array).into_iter().rev() {
                reversed.push(element)?;
            }
            Ok(Some(reversed.finish(frame)))
        }
        value if is_nullish(value) => Ok(Some(RawValue::Null)),
        value => {
            let found = type_name(value);
            refuse(
                34435,
                format!("The argument to $reverseArray must be an array, but was of type: {found}"),
            )
        }
    }
}

fn size<'a>(_: &'static str, values: &[Computed<'a>], _: Frame<'a>) -> Result<Computed<'a>> {
    match values[0] {
        Some(RawValue::Array(array)) => Ok(Some(super::int(array.elements().count() as i64))),
        value => {
            let found = type_name(value);
            refuse(
                17124,
                format!("The argument to $size must be an array, but was of type: {found}"),
            )
        }
    }
}

fn slice<'a>(_: &'static str, values: &[Computed<'a>], frame: Frame<'a>) -> Result<Computed<'a>> {
    if values.iter().any(|value| is_nullish(*value)) {
        return Ok(Some(RawValue::Null));
    }
    let Some(RawValue::Array(array)) = values[0] else {
        let found = type_name(values[0]);
        return refuse(
            28724,
            format!("First argument to $slice must be an array, but is of type: {found}"),
        );
    };
    let second = slice_number("Second", values[1], 28725)?;
    let len = array.elements().count();
    // From the front, or from the end if negative.
    let from_end = |count: i32| len.saturating_sub(count.unsigned_abs() as usize);
    let (start, count) = match values.get(2) {
        None if second >= 0 => (0, second as usize),
        None => (from_end(second), len),
        Some(third) => {
            let count = slice_number("Third", *third, 28727)?;
            if count <= 0 {
                let message = format!("Third argument to $slice must be positive: {count}");
                return refuse(28729, message);
            }
            let start = if second < 0 {
                from_end(second)
            } else {
                second as usize
            };
            (start, count as usize)
        }
    };
    let mut part = ArrayWriter::new();
    for element in elements(array).skip(start).take(count) {
        part.push(element)?;
    }
    Ok(Some(part.finish(frame)))
}

fn slice_number(which: &str, value: Computed<'_>, code: i32) -> Result<i32> {
    if !is_number(value) {
        let found = type_name(value);
        return refuse(
            code,
            format!("{which} argument to $slice must be numeric, but is of type: {found}"),
        );
    }
    match as_i32(value) {
        Some(value) => Ok(value),
        None => {
            let found = text(value);
            refuse(
                code + 1,
                format!(
                    "{which} argument to $slice can't be represented as a 32-bit integer: {found}"
                ),
            )
        }
    }
}

/// `$zip`: the first elements of all arrays, the second, and so on.
#[derive(Debug)]
struct Zip {
    inputs: Vec<Node>,
    longest: bool,
    defaults: Vec<Node>,
}

impl Zip {
    fn compile(
        compiler: &mut Compiler<'_>,
        name: &'static str,
        operand: RawValue<'_>,
    ) -> Result<Node> {
        let [inputs, longest, defaults] = super::named_arguments(
            name,
            operand,
            ["inputs", "useLongestLength", "defaults"],
            34460,
            34464,
        )?;
        let mut list = |name: &str, value: Option<RawValue<'_>>, code| match value {
            None => Ok(Vec::new()),
            Some(RawValue::Array(array)) => elements(array)
                .map(|value| compiler.operand(value))
                .collect(),
            Some(other) => {
                let found = other.type_name();
                let message = format!("{name} must be an array of expressions, found {found}");
                refuse(code, message)
            }
        };
        let inputs = list("inputs", inputs, 34461)?;
        let defaults = list("defaults", defaults, 34462)?;
        let longest = match longest {
            None => false,
            Some(RawValue::Boolean(longest)) => longest,
            Some(other) => {
                let found = other.type_name();
                return refuse(
                    34463,
                    format!("useLongestLength must be a bool, found {found}"),
                );
            }
        };
        if inputs.is_empty() {
            return refuse(34465, "$zip requires at least one input array");
        }
        if !longest && !defaults.is_empty() {
            return refuse(
                34466,
                "cannot specify defaults unless useLongestLength is true",
            );
        }
        if !defaults.is_empty() && defaults.len() != inputs.len() {
            return refuse(34467, "defaults and inputs must have the same length");
        }
        Ok(compiler.operator(Zip {
            inputs,
            longest,
            defaults,
        }))
    }
}

impl Operator for Zip {
    fn evaluate<'a>(&'a self, frame: Frame<'a>) -> Result<Computed<'a>> {
        let mut inputs = Vec::with_capacity(self.inputs.len());
        for input in &self.inputs {
            match input.evaluate(frame)? {
                Some(RawValue::Array(array)) => inputs.push(elements(array)),
                value if is_nullish(value) => return Ok(Some(RawValue::Null)),
                value => {
                    let found = type_name(value);
                    let message = format!("$zip found a non-array expression in input: {found}");
                    return refuse(34468, message);
                }
            }
        }
        let defaults = self.defaults.iter().map(|node| node.evaluate(frame));
        let defaults = defaults.collect::<Result<Vec<_>>>()?;
        let lengths = inputs.iter().map(|input| input.clone().count());
        let length = if self.longest {
            lengths.max()
        } else {
            lengths.min()
        };
        let mut rows = ArrayWriter::new();
        for _ in 0..length.unwrap_or(0) {
            frame.step()?;
            let mut row = ArrayWriter::new();
            for (at, input) in inputs.iter_mut().enumerate() {
                let default = || defaults.get(at).copied().flatten();
                row.push(input.next().or_else(default).unwrap_or(RawValue::Null))?;
            }
            rows.push_array(row)?;
        }
        Ok(Some(rows.finish(frame)))
    }

    fn operands<'n>(&'n self, visit: &mut dyn FnMut(&'n Node)) {
        self.inputs.iter().for_each(&mut *visit);
        self.defaults.iter().for_each(visit);
    }
}
