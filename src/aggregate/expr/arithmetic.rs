//! `$add`, `$subtract`, `$multiply`, `$divide`, `$mod`, `$abs`.
//!
//! The widest operand decides the type of the result: int, long, double, decimal. An int that overflows
//! becomes a long, a long that overflows a double. A date with a number of milliseconds is a date.

use super::{Computed, Entry, Frame, is_nullish, refuse, type_name};
use crate::bson::number::Number;
use crate::bson::{Decimal128, RawValue, Rounding};
use crate::error::{Code, Error, Result};

pub(super) const OPERATORS: &[Entry] = &[
    Entry::variadic("$add", add),
    Entry::fixed("$subtract", 2, subtract),
    Entry::variadic("$multiply", multiply),
    Entry::fixed("$divide", 2, divide),
    Entry::fixed("$mod", 2, modulo),
    Entry::fixed("$abs", 1, abs),
];

/// A number, or what becomes of an operation without one: null of nothing, else an error.
pub(super) fn number(
    value: Computed<'_>,
    refused: impl FnOnce(&'static str) -> Error,
) -> Result<Option<Number>> {
    match value.and_then(Number::from_raw) {
        Some(number) => Ok(Some(number)),
        None if is_nullish(value) => Ok(None),
        None => Err(refused(type_name(value))),
    }
}

/// The only operand of a function on numbers; null of nothing.
pub(super) fn of_number<'a>(
    name: &'static str,
    value: Computed<'a>,
    function: impl FnOnce(Number) -> Result<Number>,
) -> Result<Computed<'a>> {
    let number = number(value, |found| {
        super::error(
            28765,
            format!("{name} only supports numeric types, not {found}"),
        )
    })?;
    Ok(Some(match number {
        Some(number) => function(number)?.to_raw(),
        None => RawValue::Null,
    }))
}

/// A sum or a product of whole numbers, as an int if it may be one and fits.
fn whole(value: i64, is_long: bool) -> Number {
    match i32::try_from(value) {
        Ok(value) if !is_long => Number::Int32(value),
        _ => Number::Int64(value),
    }
}

/// The numbers so far: whole as long as all were and nothing overflowed.
#[derive(Clone, Copy)]
enum Total {
    Whole { value: i64, is_long: bool },
    Double(f64),
    Decimal(Decimal128),
}

impl Total {
    const fn new(value: i64) -> Total {
        Total::Whole {
            value,
            is_long: false,
        }
    }

    fn to_number(self) -> Number {
        match self {
            Total::Whole { value, is_long } => whole(value, is_long),
            Total::Double(value) => Number::Double(value),
            Total::Decimal(value) => Number::Decimal128(value),
        }
    }

    /// Takes in one more number by the operation given for each type.
    fn with(
        self,
        other: Number,
        whole: fn(i64, i64) -> Option<i64>,
        double: fn(f64, f64) -> f64,
        decimal: fn(Decimal128, Decimal128) -> Decimal128,
    ) -> Total {
        let own = self.to_number();
        match (self, other) {
            (Total::Decimal(_), _) | (_, Number::Decimal128(_)) => {
                Total::Decimal(decimal(own.to_decimal(), other.to_decimal()))
            }
            (Total::Whole { value, is_long }, Number::Int32(_) | Number::Int64(_)) => {
                let (other_value, other_is_long) = match other {
                    Number::Int64(value) => (value, true),
                    Number::Int32(value) => (value.into(), false),
                    _ => (0, false),
                };
                match whole(value, other_value) {
                    Some(value) => Total::Whole {
                        value,
                        is_long: is_long || other_is_long,
                    },
                    None => Total::Double(double(own.to_f64(), other.to_f64())),
                }
            }
            _ => Total::Double(double(own.to_f64(), other.to_f64())),
        }
    }
}

fn add<'a>(_: &'static str, values: &[Computed<'a>], _: Frame<'a>) -> Result<Computed<'a>> {
    let mut total = Total::new(0);
    // Once there is a date, all is counted in its milliseconds.
    let mut date: Option<i64> = None;
    for value in values {
        if let Some(RawValue::DateTime(ms)) = *value {
            if date.is_some() {
                return refuse(16612, "only one date allowed in an $add expression");
            }
            date = Some(shifted(ms, total.to_number(), i64::checked_add)?);
            continue;
        }
        let number = number(*value, |found| {
            let message = format!("$add only supports numeric or date types, not {found}");
            Error::query(Code::TYPE_MISMATCH, message)
        })?;
        let Some(number) = number else {
            return Ok(Some(RawValue::Null));
        };
        match date {
            Some(ms) => date = Some(shifted(ms, number, i64::checked_add)?),
            None => {
                total = total.with(number, i64::checked_add, |a, b| a + b, Decimal128::add);
            }
        }
    }
    Ok(Some(match date {
        Some(ms) => RawValue::DateTime(ms),
        None => total.to_number().to_raw(),
    }))
}

/// A date moved by a number of milliseconds.
fn shifted(ms: i64, by: Number, operation: fn(i64, i64) -> Option<i64>) -> Result<i64> {
    let by = match by {
        Number::Int32(by) => Some(by.into()),
        Number::Int64(by) => Some(by),
        Number::Double(by) => crate::bson::number::exact_i64(by.round()),
        Number::Decimal128(by) => by.to_i64_rounded(Rounding::HalfEven),
    };
    by.and_then(|by| operation(ms, by))
        .ok_or_else(|| Error::query(Code::OVERFLOW, "date overflow"))
}

fn subtract<'a>(_: &'static str, values: &[Computed<'a>], _: Frame<'a>) -> Result<Computed<'a>> {
    let (left, right) = (values[0], values[1]);
    let numbers = (
        left.and_then(Number::from_raw),
        right.and_then(Number::from_raw),
    );
    if let (Some(a), Some(b)) = numbers {
        return Ok(Some(difference(a, b).to_raw()));
    }
    if is_nullish(left) || is_nullish(right) {
        return Ok(Some(RawValue::Null));
    }
    match (left, right, numbers.1) {
        (Some(RawValue::DateTime(a)), Some(RawValue::DateTime(b)), _) => {
            let ms = shifted(a, Number::Int64(b), i64::checked_sub)?;
            Ok(Some(RawValue::Int64(ms)))
        }
        (Some(RawValue::DateTime(ms)), _, Some(by)) => {
            let ms = shifted(ms, by, i64::checked_sub)?;
            Ok(Some(RawValue::DateTime(ms)))
        }
        _ => Err(Error::query(
            Code::TYPE_MISMATCH,
            format!(
                "can't $subtract {} from {}",
                type_name(right),
                type_name(left)
            ),
        )),
    }
}

fn difference(a: Number, b: Number) -> Number {
    let difference = |a: Decimal128, b: Decimal128| a.add(b.negated());
    let total = match a {
        Number::Int32(a) => Total::new(a.into()),
        Number::Int64(value) => Total::Whole {
            value,
            is_long: true,
        },
        Number::Double(a) => Total::Double(a),
        Number::Decimal128(a) => Total::Decimal(a),
    };
    total
        .with(b, i64::checked_sub, |a, b| a - b, difference)
        .to_number()
}

fn multiply<'a>(_: &'static str, values: &[Computed<'a>], _: Frame<'a>) -> Result<Computed<'a>> {
    let mut total = Total::new(1);
    for value in values {
        let number = number(*value, |found| {
            let message = format!("$multiply only supports numeric types, not {found}");
            Error::query(Code::TYPE_MISMATCH, message)
        })?;
        let Some(number) = number else {
            return Ok(Some(RawValue::Null));
        };
        total = total.with(number, i64::checked_mul, |a, b| a * b, Decimal128::mul);
    }
    Ok(Some(total.to_number().to_raw()))
}

/// Two numbers; none if one of them is nothing, whatever the other is.
fn both(
    values: &[Computed<'_>],
    refused: impl FnOnce(&str, &str) -> Error,
) -> Result<Option<(Number, Number)>> {
    let (left, right) = (values[0], values[1]);
    match (
        left.and_then(Number::from_raw),
        right.and_then(Number::from_raw),
    ) {
        (Some(a), Some(b)) => Ok(Some((a, b))),
        _ if is_nullish(left) || is_nullish(right) => Ok(None),
        _ => Err(refused(type_name(left), type_name(right))),
    }
}

fn divide<'a>(_: &'static str, values: &[Computed<'a>], _: Frame<'a>) -> Result<Computed<'a>> {
    let numbers = both(values, |a, b| {
        let message = format!("$divide only supports numeric types, not {a} and {b}");
        Error::query(Code::TYPE_MISMATCH, message)
    })?;
    let by_zero = || Error::query(Code::BAD_VALUE, "can't $divide by zero");
    let quotient = match numbers {
        None => return Ok(Some(RawValue::Null)),
        Some((a, b)) if is_decimal(a) || is_decimal(b) => {
            let (a, b) = (a.to_decimal(), b.to_decimal());
            if b.is_zero() {
                return Err(by_zero());
            }
            RawValue::Decimal128(a.divide(b))
        }
        Some((a, b)) => {
            let (a, b) = (a.to_f64(), b.to_f64());
            if b == 0.0 {
                return Err(by_zero());
            }
            RawValue::Double(a / b)
        }
    };
    Ok(Some(quotient))
}

pub(super) fn is_decimal(number: Number) -> bool {
    matches!(number, Number::Decimal128(_))
}

fn modulo<'a>(_: &'static str, values: &[Computed<'a>], _: Frame<'a>) -> Result<Computed<'a>> {
    use Number::*;
    let numbers = both(values, |a, b| {
        super::error(
            16611,
            format!("$mod only supports numeric types, not {a} and {b}"),
        )
    })?;
    let Some((a, b)) = numbers else {
        return Ok(Some(RawValue::Null));
    };
    if is_decimal(a) || is_decimal(b) {
        let (a, b) = (a.to_decimal(), b.to_decimal());
        if b.is_zero() {
            return refuse(5733415, "can't $mod by zero");
        }
        return Ok(Some(RawValue::Decimal128(a.remainder(b))));
    }
    if b.to_f64() == 0.0 {
        return refuse(16610, "can't $mod by zero");
    }
    Ok(Some(match (a, b) {
        (Int32(a), Int32(b)) => RawValue::Int32(a.wrapping_rem(b)),
        (Int32(a), Int64(b)) => RawValue::Int64(i64::from(a).wrapping_rem(b)),
        (Int64(a), Int32(b)) => RawValue::Int64(a.wrapping_rem(b.into())),
        (Int64(a), Int64(b)) => RawValue::Int64(a.wrapping_rem(b)),
        (a, b) => RawValue::Double(a.to_f64() % b.to_f64()),
    }))
}

fn abs<'a>(name: &'static str, values: &[Computed<'a>], _: Frame<'a>) -> Result<Computed<'a>> {
    of_number(name, values[0], |number| match number {
        Number::Int32(value) => Ok(whole(i64::from(value).abs(), false)),
        Number::Int64(i64::MIN) => refuse(28680, "can't take $abs of long long min"),
        Number::Int64(value) => Ok(Number::Int64(value.abs())),
        Number::Double(value) => Ok(Number::Double(value.abs())),
        Number::Decimal128(value) => Ok(Number::Decimal128(value.abs())),
    })
}
