//! `$sqrt`, `$pow`, `$exp`, the logarithms and `$sigmoid`. Of decimals they are decimals, of other numbers doubles;
//! a power of whole numbers is whole where it fits into a long.

use super::arithmetic::{is_decimal, of_number};
use super::{
    Compiler, Computed, Entry, Frame, Node, is_nullish, named_arguments, refuse, required,
    type_name,
};
use crate::bson::number::Number;
use crate::bson::{Decimal128, RawDoc, RawValue};
use crate::error::{Code, Result};

pub(super) const OPERATORS: &[Entry] = &[
    Entry::fixed("$sqrt", 1, |name, values, _| {
        of_number(name, values[0], sqrt)
    }),
    Entry::fixed("$exp", 1, |name, values, _| {
        of_number(name, values[0], |number| {
            Ok(either(number, Decimal128::exp, f64::exp))
        })
    }),
    Entry::fixed("$ln", 1, |name, values, _| {
        of_number(name, values[0], |number| {
            logarithm(name, 28766, number, Decimal128::ln, f64::ln)
        })
    }),
    Entry::fixed("$log10", 1, |name, values, _| {
        of_number(name, values[0], |number| {
            logarithm(name, 28761, number, Decimal128::log10, f64::log10)
        })
    }),
    Entry::fixed("$log", 2, log),
    Entry::fixed("$pow", 2, pow),
    Entry::special("$sigmoid", compile_sigmoid),
];

/// `{ $sigmoid: e }` or `{ $sigmoid: { input: e, onNull: e } }`.
fn compile_sigmoid(
    compiler: &mut Compiler<'_>,
    name: &'static str,
    operand: RawValue<'_>,
) -> Result<Node> {
    let starts_with_operator = |document: RawDoc<'_>| {
        let first = document.elements().next();
        first.is_some_and(|first| first.key().as_bytes().starts_with(b"$"))
    };
    let (input, on_null) = match operand {
        RawValue::Document(document) if !starts_with_operator(document) => {
            let known = ["input", "onNull"];
            let [input, on_null] = named_arguments(name, operand, known, 40415, 40415)?;
            (required(name, "input", input, 40414)?, on_null)
        }
        operand => (operand, None),
    };
    let operands = vec![
        compiler.operand(input)?,
        compiler.operand(on_null.unwrap_or(RawValue::Null))?,
    ];
    Ok(compiler.call(name, sigmoid, operands))
}

fn sigmoid<'a>(name: &'static str, values: &[Computed<'a>], _: Frame<'a>) -> Result<Computed<'a>> {
    let value = match is_nullish(values[0]) {
        true => values[1],
        false => values[0],
    };
    let number = match value.and_then(Number::from_raw) {
        _ if is_nullish(value) => return Ok(Some(RawValue::Null)),
        Some(number) => number,
        None => {
            let found = type_name(value);
            let message = format!("{name} only supports numeric types, not {found}");
            return refuse(Code::TYPE_MISMATCH.0, message);
        }
    };
    Ok(Some(match number {
        Number::Decimal128(value) => {
            let one = Decimal128::from(1);
            RawValue::Decimal128(one.divide(one.add(value.negated().exp())))
        }
        other => RawValue::Double(1.0 / (1.0 + (-other.to_f64()).exp())),
    }))
}

fn either(number: Number, decimal: fn(Decimal128) -> Decimal128, double: fn(f64) -> f64) -> Number {
    match number {
        Number::Decimal128(value) => Number::Decimal128(decimal(value)),
        other => Number::Double(double(other.to_f64())),
    }
}

fn sqrt(number: Number) -> Result<Number> {
    // Zero has no sign here.
    if number.to_f64() < 0.0 {
        return refuse(28714, "$sqrt's argument must be greater than or equal to 0");
    }
    Ok(either(number, Decimal128::sqrt, f64::sqrt))
}

fn logarithm(
    name: &str,
    code: i32,
    number: Number,
    decimal: fn(Decimal128) -> Decimal128,
    double: fn(f64) -> f64,
) -> Result<Number> {
    if !is_positive(number) {
        let found = number.to_f64();
        return refuse(
            code,
            format!("{name}'s argument must be a positive number, but is {found}"),
        );
    }
    Ok(either(number, decimal, double))
}

/// Whether a number is above zero, or is none.
fn is_positive(number: Number) -> bool {
    match number {
        Number::Decimal128(value) => value.is_nan() || value.compare(Decimal128::ZERO).is_gt(),
        other => {
            let value = other.to_f64();
            value.is_nan() || value > 0.0
        }
    }
}

fn log<'a>(_: &'static str, values: &[Computed<'a>], _: Frame<'a>) -> Result<Computed<'a>> {
    if is_nullish(values[0]) || is_nullish(values[1]) {
        return Ok(Some(RawValue::Null));
    }
    let Some(argument) = values[0].and_then(Number::from_raw) else {
        let found = type_name(values[0]);
        return refuse(
            28756,
            format!("$log's argument must be numeric, not {found}"),
        );
    };
    let Some(base) = values[1].and_then(Number::from_raw) else {
        let found = type_name(values[1]);
        return refuse(28757, format!("$log's base must be numeric, not {found}"));
    };
    if !is_positive(argument) {
        let found = argument.to_f64();
        let message = format!("$log's argument must be a positive number, but is {found}");
        return refuse(28758, message);
    }
    if !is_positive(base) || base.compare(Number::Int32(1)).is_eq() {
        let found = base.to_f64();
        return refuse(
            28759,
            format!("$log's base must be a positive number not equal to 1, but is {found}"),
        );
    }
    if is_decimal(argument) || is_decimal(base) {
        let logarithm = argument.to_decimal().log(base.to_decimal());
        return Ok(Some(RawValue::Decimal128(logarithm)));
    }
    let logarithm = argument.to_f64().ln() / base.to_f64().ln();
    Ok(Some(RawValue::Double(logarithm)))
}

fn pow<'a>(_: &'static str, values: &[Computed<'a>], _: Frame<'a>) -> Result<Computed<'a>> {
    if is_nullish(values[0]) || is_nullish(values[1]) {
        return Ok(Some(RawValue::Null));
    }
    let Some(base) = values[0].and_then(Number::from_raw) else {
        let found = type_name(values[0]);
        return refuse(28762, format!("$pow's base must be numeric, not {found}"));
    };
    let Some(exponent) = values[1].and_then(Number::from_raw) else {
        let found = type_name(values[1]);
        return refuse(
            28763,
            format!("$pow's exponent must be numeric, not {found}"),
        );
    };
    let zero = Number::Int32(0);
    let is_negative = !is_positive(exponent) && exponent.compare(zero).is_lt();
    if base.compare(zero).is_eq() && is_negative {
        return refuse(
            28764,
            "$pow cannot take a base of 0 and a negative exponent",
        );
    }
    if is_decimal(base) || is_decimal(exponent) {
        let power = base.to_decimal().pow(exponent.to_decimal());
        return Ok(Some(RawValue::Decimal128(power)));
    }
    let whole = match (whole(base), whole(exponent)) {
        (Some(base), Some(exponent)) => whole_power(base, exponent),
        _ => None,
    };
    let ints = matches!((base, exponent), (Number::Int32(_), Number::Int32(_)));
    Ok(Some(match whole {
        Some(power) if ints => super::int(power),
        Some(power) => RawValue::Int64(power),
        None => RawValue::Double(base.to_f64().powf(exponent.to_f64())),
    }))
}

fn whole(number: Number) -> Option<i64> {
    match number {
        Number::Int32(value) => Some(value.into()),
        Number::Int64(value) => Some(value),
        _ => None,
    }
}

/// The power, if it is a whole number that fits.
fn whole_power(base: i64, exponent: i64) -> Option<i64> {
    match base {
        0 => Some(i64::from(exponent == 0)),
        1 => Some(1),
        -1 => Some(if exponent % 2 == 0 { 1 } else { -1 }),
        _ => base.checked_pow(u32::try_from(exponent).ok()?),
    }
}
