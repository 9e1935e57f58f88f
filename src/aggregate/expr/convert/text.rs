//! To strings.

use super::binary;
use super::failure;
use super::options::Options;
use crate::aggregate::expr::{Frame, date, number_text};
use crate::bson::{RawValue, Rounding};
use crate::error::Result;

/// None if the type has no text.
pub(super) fn to_string<'a>(
    value: RawValue<'a>,
    options: &Options,
    frame: Frame<'a>,
) -> Option<Result<RawValue<'a>>> {
    let text = match value {
        RawValue::String(_) => return Some(Ok(value)),
        RawValue::Boolean(value) => Ok(value.to_string()),
        RawValue::ObjectId(id) => Ok(id.to_string()),
        RawValue::DateTime(ms) => date::to_text(ms),
        RawValue::Binary { subtype, bytes } => {
            binary::to_text(value, subtype, bytes, options.format)
        }
        RawValue::Double(number) if options.base.is_none() => Ok(number_text::shortest(number)),
        value if value.is_number() => match options.base {
            None => Ok(match value {
                RawValue::Int32(number) => number.to_string(),
                RawValue::Int64(number) => number.to_string(),
                RawValue::Decimal128(number) => number.to_string(),
                _ => String::new(),
            }),
            Some(base) => in_base(value, base),
        },
        _ => return None,
    };
    Some(text.map(|text| frame.string(text)))
}

/// The digits of an integer, with a minus sign before them where it is negative.
fn in_base(value: RawValue<'_>, base: u32) -> Result<String> {
    let Some(number) = value.as_integer() else {
        let whole = match value {
            RawValue::Double(number) => number.is_finite() && number.fract() == 0.0,
            RawValue::Decimal128(number) => {
                !number.is_nan()
                    && !number.is_infinite()
                    && number
                        .to_places(0, Rounding::TowardZero)
                        .compare(number)
                        .is_eq()
            }
            _ => true,
        };
        return Err(failure(if whole {
            "Magnitude of the number provided for base conversion is too large in $convert with no \
             onError value: "
        } else {
            "Base conversion is not supported for non-integers in $convert with no onError value: "
        }));
    };
    let sign = if number < 0 { "-" } else { "" };
    let magnitude = number.unsigned_abs();
    Ok(match base {
        2 => format!("{sign}{magnitude:b}"),
        8 => format!("{sign}{magnitude:o}"),
        16 => format!("{sign}{magnitude:X}"),
        _ => format!("{sign}{magnitude}"),
    })
}
