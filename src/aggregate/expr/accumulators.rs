//! Accumulators used as expressions: over the elements of one array, or over several operands.

use super::compare::compare;
use super::{
    ArrayWriter, Compiler, Computed, Entry, Frame, Node, elements, is_nullish, named_arguments,
    refuse, required, type_name,
};
use crate::aggregate::accumulate::{Average, Deviation, Sum, percentiles};
use crate::bson::RawValue;
use crate::bson::number::Number;
use crate::error::{Code, Error, Result};

pub(super) const OPERATORS: &[Entry] = &[
    Entry::variadic("$sum", |_, values, _| {
        let mut sum = Sum::new();
        numbers(values, |number| sum.add(number));
        Ok(Some(sum.value()))
    }),
    Entry::variadic("$avg", |_, values, _| {
        let mut average = Average::new();
        numbers(values, |number| average.add(number));
        Ok(Some(average.value()))
    }),
    Entry::variadic("$min", |_, values, frame| extreme(values, false, frame)),
    Entry::variadic("$max", |_, values, frame| extreme(values, true, frame)),
    Entry::variadic("$stdDevPop", |_, values, _| Ok(deviation(values, false))),
    Entry::variadic("$stdDevSamp", |_, values, _| Ok(deviation(values, true))),
    Entry::special("$median", compile_median),
    Entry::special("$percentile", compile_percentile),
];

/// What is accumulated: the elements of a single array, else the operands.
fn each<'a>(values: &[Computed<'a>], mut visit: impl FnMut(Computed<'a>)) {
    match values {
        [Some(RawValue::Array(array))] => elements(*array).for_each(|value| visit(Some(value))),
        values => values.iter().for_each(|value| visit(*value)),
    }
}

fn numbers(values: &[Computed<'_>], mut visit: impl FnMut(Number)) {
    each(values, |value| {
        if let Some(number) = value.and_then(Number::from_raw) {
            visit(number);
        }
    });
}

fn extreme<'a>(values: &[Computed<'a>], greatest: bool, frame: Frame<'a>) -> Result<Computed<'a>> {
    let mut best: Computed<'a> = None;
    each(values, |value| {
        let order = compare(value, best, frame);
        let better = if greatest {
            order.is_gt()
        } else {
            order.is_lt()
        };
        if !is_nullish(value) && (best.is_none() || better) {
            best = value;
        }
    });
    Ok(Some(best.unwrap_or(RawValue::Null)))
}

fn deviation<'a>(values: &[Computed<'a>], is_sample: bool) -> Computed<'a> {
    let mut deviation = Deviation::default();
    numbers(values, |number| deviation.add(number));
    Some(deviation.value(is_sample))
}

/// IDL's codes for a field that is missing and for one that is not known.
const MISSING_FIELD: i32 = 40414;
const UNKNOWN_FIELD: i32 = 40415;

fn compile_median(
    compiler: &mut Compiler<'_>,
    name: &'static str,
    operand: RawValue<'_>,
) -> Result<Node> {
    let known = ["input", "method"];
    let [input, method] = named_arguments(name, operand, known, 7436100, UNKNOWN_FIELD)?;
    let input = required(name, "input", input, MISSING_FIELD)?;
    check_method(name, required(name, "method", method, MISSING_FIELD)?)?;
    let input = compiler.operand(input)?;
    Ok(compiler.call(name, median, vec![input]))
}

fn compile_percentile(
    compiler: &mut Compiler<'_>,
    name: &'static str,
    operand: RawValue<'_>,
) -> Result<Node> {
    let known = ["input", "p", "method"];
    let [input, shares, method] = named_arguments(name, operand, known, 7429703, UNKNOWN_FIELD)?;
    let input = required(name, "input", input, MISSING_FIELD)?;
    let shares = required(name, "p", shares, MISSING_FIELD)?;
    check_method(name, required(name, "method", method, MISSING_FIELD)?)?;
    let input = compiler.operand(input)?;
    let shares = compiler.operand(shares)?;
    match shares.as_constant() {
        Some(constant) => drop(read_shares(constant)?),
        None => {
            return refuse(
                7750300,
                "The $percentile 'p' field must be an array of constant values",
            );
        }
    }
    Ok(compiler.call(name, percentile, vec![input, shares]))
}

fn check_method(name: &str, method: RawValue<'_>) -> Result<()> {
    match method {
        RawValue::String(method) if method == "approximate" => Ok(()),
        other => Err(Error::query(
            Code::BAD_VALUE,
            format!(
                "{name}: currently only 'approximate' can be used as percentile 'method', found {}",
                super::array::text(Some(other))
            ),
        )),
    }
}

fn read_shares(shares: Computed<'_>) -> Result<Vec<f64>> {
    let array = match shares {
        Some(RawValue::Array(array)) if !array.is_empty() => array,
        other => {
            let found = type_name(other);
            return refuse(
                7750301,
                format!(
                    "The $percentile 'p' field must be an array of numbers from [0.0, 1.0], but \
                     found {found}"
                ),
            );
        }
    };
    let share = |value: RawValue<'_>| match Number::from_raw(value) {
        Some(number) if (0.0..=1.0).contains(&number.to_f64()) => Ok(number.to_f64()),
        Some(number) => {
            let found = number.to_f64();
            refuse(
                7750303,
                format!(
                    "The $percentile 'p' field must be an array of numbers from [0.0, 1.0], but \
                     found {found}"
                ),
            )
        }
        None => refuse(
            7750302,
            format!(
                "The $percentile 'p' field must be an array of numbers from [0.0, 1.0], but found \
                 {}",
                value.type_name()
            ),
        ),
    };
    elements(array).map(share).collect()
}

fn doubles(input: Computed<'_>) -> Vec<f64> {
    let mut doubles = Vec::new();
    numbers(&[input], |number| doubles.push(number.to_f64()));
    doubles
}

fn or_null(value: Option<f64>) -> RawValue<'static> {
    value.map_or(RawValue::Null, RawValue::Double)
}

fn median<'a>(_: &'static str, values: &[Computed<'a>], _: Frame<'a>) -> Result<Computed<'a>> {
    let found = percentiles(doubles(values[0]), &[0.5]);
    Ok(Some(or_null(found.first().copied().flatten())))
}

fn percentile<'a>(
    _: &'static str,
    values: &[Computed<'a>],
    frame: Frame<'a>,
) -> Result<Computed<'a>> {
    let shares = read_shares(values[1])?;
    let mut array = ArrayWriter::new();
    for value in percentiles(doubles(values[0]), &shares) {
        array.push(or_null(value))?;
    }
    Ok(Some(array.finish(frame)))
}
