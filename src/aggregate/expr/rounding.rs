//! `$ceil` and `$floor`; `$round` and `$trunc`, which take a number of decimal places.

use super::arithmetic::of_number;
use super::{Computed, Entry, Frame, is_nullish, refuse, type_name};
use crate::bson::number::Number;
use crate::bson::{Decimal128, RawValue, Rounding};
use crate::error::Result;

pub(super) const OPERATORS: &[Entry] = &[
    Entry::fixed("$ceil", 1, |name, values, _| {
        of_number(name, values[0], |number| {
            Ok(to_whole(number, f64::ceil, Rounding::Up))
        })
    }),
    Entry::fixed("$floor", 1, |name, values, _| {
        of_number(name, values[0], |number| {
            Ok(to_whole(number, f64::floor, Rounding::Down))
        })
    }),
    Entry::range("$round", 1, 2, |name, values, frame| {
        to_places(name, values, frame, Rounding::HalfEven)
    }),
    Entry::range("$trunc", 1, 2, |name, values, frame| {
        to_places(name, values, frame, Rounding::TowardZero)
    }),
];

fn to_whole(number: Number, double: fn(f64) -> f64, decimal: Rounding) -> Number {
    match number {
        Number::Int32(_) | Number::Int64(_) => number,
        Number::Double(value) => Number::Double(double(value)),
        Number::Decimal128(value) => Number::Decimal128(value.to_places(0, decimal)),
    }
}

fn to_places<'a>(
    name: &'static str,
    values: &[Computed<'a>],
    _: Frame<'a>,
    rounding: Rounding,
) -> Result<Computed<'a>> {
    if is_nullish(values[0]) {
        return Ok(Some(RawValue::Null));
    }
    let Some(number) = values[0].and_then(Number::from_raw) else {
        let found = type_name(values[0]);
        return refuse(
            51081,
            format!("{name} only supports numeric types, not {found}"),
        );
    };
    let places = match values.get(1) {
        None => 0,
        Some(places) if is_nullish(*places) => return Ok(Some(RawValue::Null)),
        Some(places) => read_places(name, *places)?,
    };
    Ok(Some(rounded(name, number, places, rounding)?.to_raw()))
}

fn read_places(name: &str, places: Computed<'_>) -> Result<i32> {
    let whole = places.and_then(|places| places.as_integer());
    let Some(whole) = whole.and_then(|whole| i32::try_from(whole).ok()) else {
        let message = format!("precision argument to  {name} must be a integral value");
        return refuse(51082, message);
    };
    if !(-20..=100).contains(&whole) {
        return refuse(
            51083,
            format!("cannot apply {name} with precision value {whole} value must be in [-20, 100]"),
        );
    }
    Ok(whole)
}

fn rounded(name: &str, number: Number, places: i32, rounding: Rounding) -> Result<Number> {
    let long = match number {
        Number::Decimal128(value) => {
            return Ok(Number::Decimal128(value.to_places(places, rounding)));
        }
        Number::Double(value) => return Ok(Number::Double(double(value, places, rounding))),
        Number::Int32(_) | Number::Int64(_) if places >= 0 => return Ok(number),
        Number::Int32(value) => value.into(),
        Number::Int64(value) => value,
    };
    let rounded = Decimal128::from(long).to_places(places, rounding);
    match (rounded.to_i64_exact(), number) {
        (Some(value), Number::Int32(_)) => Ok(match i32::try_from(value) {
            Ok(value) => Number::Int32(value),
            Err(_) => Number::Int64(value),
        }),
        (Some(value), _) => Ok(Number::Int64(value)),
        (None, _) => refuse(
            51080,
            format!(
                "invalid conversion from Decimal128 result in {name} resulting from arguments: \
                 [{long}, {places}]"
            ),
        ),
    }
}

/// Rounds the number that the double is exactly, as far as 34 digits hold it.
fn double(value: f64, places: i32, rounding: Rounding) -> f64 {
    match rounding {
        _ if !value.is_finite() => value,
        Rounding::HalfEven if places == 0 => value.round_ties_even(),
        Rounding::TowardZero if places == 0 => value.trunc(),
        _ => match Decimal128::parse(&format!("{value:.33e}")) {
            Some(decimal) => decimal.to_places(places, rounding).to_f64(),
            None => value,
        },
    }
}
