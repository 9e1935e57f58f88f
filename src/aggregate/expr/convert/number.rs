//! To numbers.

use super::binary;
use super::failure;
use super::options::Options;
use crate::aggregate::expr::number_text;
use crate::bson::number::Number;
use crate::bson::{Decimal128, RawValue};
use crate::error::Result;

/// A conversion; none if the types have none.
type Converted<'a> = Option<Result<RawValue<'a>>>;

pub(super) fn to_int<'a>(value: RawValue<'a>, options: &Options) -> Converted<'a> {
    let (least, most) = (i32::MIN.into(), i32::MAX.into());
    let integer = match value {
        RawValue::Boolean(value) => Ok(value.into()),
        RawValue::String(text) => parse_integer(text.as_str(), options.base, least, most),
        RawValue::Binary { bytes, .. } => binary::read_integer(value, bytes, options, 4),
        value if value.is_number() => truncated(value, least, most),
        _ => return None,
    };
    Some(integer.map(|integer| RawValue::Int32(integer as i32)))
}

pub(super) fn to_long<'a>(value: RawValue<'a>, options: &Options) -> Converted<'a> {
    let integer = match value {
        RawValue::Boolean(value) => Ok(value.into()),
        RawValue::DateTime(ms) => Ok(ms),
        RawValue::String(text) => parse_integer(text.as_str(), options.base, i64::MIN, i64::MAX),
        RawValue::Binary { bytes, .. } => binary::read_integer(value, bytes, options, 8),
        value if value.is_number() => truncated(value, i64::MIN, i64::MAX),
        _ => return None,
    };
    Some(integer.map(RawValue::Int64))
}

pub(super) fn to_double<'a>(value: RawValue<'a>, options: &Options) -> Converted<'a> {
    let double = match value {
        RawValue::Boolean(value) => Ok(u8::from(value).into()),
        RawValue::DateTime(ms) => Ok(ms as f64),
        RawValue::String(text) => parse_double(text.as_str(), options.base),
        RawValue::Binary { bytes, .. } => binary::read_double(value, bytes, options),
        RawValue::Decimal128(decimal) => {
            let double = decimal.to_f64();
            let lost = double.is_infinite() && !decimal.is_infinite()
                || double == 0.0 && !decimal.is_zero();
            if lost {
                Err(overflow(&decimal.to_string()))
            } else {
                Ok(double)
            }
        }
        value => match Number::from_raw(value) {
            Some(number) => Ok(number.to_f64()),
            None => return None,
        },
    };
    Some(double.map(RawValue::Double))
}

pub(super) fn to_decimal<'a>(value: RawValue<'a>, options: &Options) -> Converted<'a> {
    let decimal = match value {
        RawValue::Boolean(value) => Ok(Decimal128::from(i32::from(value))),
        RawValue::DateTime(ms) => Ok(Decimal128::from(ms)),
        RawValue::String(text) => parse_decimal(text.as_str(), options.base),
        value => match Number::from_raw(value) {
            Some(number) => Ok(number.to_decimal()),
            None => return None,
        },
    };
    Some(decimal.map(RawValue::Decimal128))
}

fn overflow(number: &str) -> crate::error::Error {
    failure(format!(
        "Conversion would overflow target type in $convert with no onError value: {number}"
    ))
}

/// The integer of a number, its fraction cut off.
pub(super) fn truncated(value: RawValue<'_>, least: i64, most: i64) -> Result<i64> {
    let (number, is_nan, is_infinite) = match value {
        RawValue::Double(number) => {
            let text = number_text::sixteen_digits(number);
            // A double beyond an int's range by a fraction overflows, too.
            let beyond = least > i64::MIN && (number < least as f64 || number > most as f64);
            if beyond && number.is_finite() {
                return Err(overflow(&text));
            }
            (text, number.is_nan(), number.is_infinite())
        }
        RawValue::Decimal128(number) => (number.to_string(), number.is_nan(), number.is_infinite()),
        RawValue::Int64(number) => (number.to_string(), false, false),
        RawValue::Int32(number) => return Ok(number.into()),
        _ => (String::new(), false, false),
    };
    let kind = if is_nan { "NaN" } else { "infinity" };
    if is_nan || is_infinite {
        return Err(failure(format!(
            "Attempt to convert {kind} value to integer type in $convert with no onError value"
        )));
    }
    let integer = Number::from_raw(value).and_then(Number::truncated);
    let integer = integer.filter(|integer| (least..=most).contains(integer));
    integer.ok_or_else(|| overflow(&number))
}

fn unparsable(text: &str, reason: &str) -> crate::error::Error {
    failure(format!(
        "Failed to parse number '{text}' in $convert with no onError value: {reason}"
    ))
}

fn refuse_hexadecimal(text: &str) -> Result<()> {
    if text.starts_with("0x") || text.starts_with("0X") {
        return Err(failure(format!(
            "Illegal hexadecimal input in $convert with no onError value: {text}"
        )));
    }
    Ok(())
}

/// Digits with a sign before them at most: nothing is skipped or cut off.
fn parse_integer(text: &str, base: Option<u32>, least: i64, most: i64) -> Result<i64> {
    refuse_hexadecimal(text)?;
    let base_or_ten = base.unwrap_or(10);
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if digits.is_empty() {
        return Err(unparsable(text, "No digits"));
    }
    if let Some(bad) = digits.chars().find(|c| !c.is_digit(base_or_ten)) {
        return Err(unparsable(
            text,
            &format!("Bad digit \"{bad}\" while parsing {text}"),
        ));
    }
    match i64::from_str_radix(text, base_or_ten) {
        Ok(number) if (least..=most).contains(&number) => Ok(number),
        // With a base it was read as a long first.
        Ok(number) if base.is_some() => Err(overflow(&number.to_string())),
        _ => Err(unparsable(text, "Overflow")),
    }
}

fn parse_double(text: &str, base: Option<u32>) -> Result<f64> {
    refuse_hexadecimal(text)?;
    if base.is_some() {
        return parse_integer(text, base, i64::MIN, i64::MAX).map(|number| number as f64);
    }
    let Ok(number) = text.parse::<f64>() else {
        let reason = if text.is_empty() {
            "Empty string"
        } else {
            "Did not consume whole string."
        };
        return Err(unparsable(text, reason));
    };
    let says_infinity = text.contains(['i', 'I']);
    if number.is_infinite() && !says_infinity || number == 0.0 && !is_zero(text) {
        return Err(unparsable(text, "Out of range"));
    }
    Ok(number)
}

/// Whether a number's text has no digit but zeros before its exponent.
fn is_zero(text: &str) -> bool {
    let mantissa = text.split(['e', 'E']).next().unwrap_or(text);
    !mantissa.contains(|c: char| ('1'..='9').contains(&c))
}

fn parse_decimal(text: &str, base: Option<u32>) -> Result<Decimal128> {
    refuse_hexadecimal(text)?;
    if base.is_some() {
        return parse_integer(text, base, i64::MIN, i64::MAX).map(Decimal128::from);
    }
    let Some(number) = Decimal128::parse_rounded(text) else {
        return Err(unparsable(text, "Failed to parse string to decimal"));
    };
    if number.is_infinite() && !text.contains(['i', 'I']) {
        return Err(unparsable(
            text,
            "Conversion from string to decimal would overflow",
        ));
    }
    if number.is_zero() && !is_zero(text) {
        return Err(unparsable(
            text,
            "Conversion from string to decimal would underflow",
        ));
    }
    Ok(number)
}
