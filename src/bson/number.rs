//! Numbers across their four types: exact comparison, and arithmetic with MongoDB's promotion.
//!
//! The widest operand decides a result's type: int < long < double < decimal. An int that
//! overflows becomes a long; a long that overflows is the caller's error, never a wrapped number.

use std::cmp::Ordering;

use super::{Decimal128, RawValue};

/// A value of a numeric type.
#[derive(Clone, Copy, Debug, PartialEq)]
#[allow(missing_docs)]
pub enum Number {
    Int32(i32),
    Int64(i64),
    Double(f64),
    Decimal128(Decimal128),
}

impl Number {
    /// The number in a value; none of other types.
    #[inline]
    pub fn from_raw(value: RawValue<'_>) -> Option<Number> {
        Some(match value {
            RawValue::Int32(value) => Number::Int32(value),
            RawValue::Int64(value) => Number::Int64(value),
            RawValue::Double(value) => Number::Double(value),
            RawValue::Decimal128(value) => Number::Decimal128(value),
            _ => return None,
        })
    }

    /// The number as a value.
    pub fn to_raw(self) -> RawValue<'static> {
        match self {
            Number::Int32(value) => RawValue::Int32(value),
            Number::Int64(value) => RawValue::Int64(value),
            Number::Double(value) => RawValue::Double(value),
            Number::Decimal128(value) => RawValue::Decimal128(value),
        }
    }

    /// Compares the numbers themselves, whatever their types: no precision is lost, NaN is the
    /// lowest and equal to itself, and the zeros are equal.
    #[inline]
    pub fn compare(self, other: Number) -> Ordering {
        use Number::*;
        match (self, other) {
            (Int32(a), Int32(b)) => a.cmp(&b),
            (Int64(a), Int64(b)) => a.cmp(&b),
            (Int32(a), Int64(b)) => i64::from(a).cmp(&b),
            (Int64(a), Int32(b)) => a.cmp(&i64::from(b)),
            (Double(a), Double(b)) => compare_doubles(a, b),
            (Int32(a), Double(b)) => compare_doubles(a.into(), b),
            (Double(a), Int32(b)) => compare_doubles(a, b.into()),
            (Int64(a), Double(b)) => compare_long_double(a, b),
            (Double(a), Int64(b)) => compare_long_double(b, a).reverse(),
            (Decimal128(a), Double(b)) => a.compare_double(b),
            (Double(a), Decimal128(b)) => b.compare_double(a).reverse(),
            (Decimal128(a), b) => a.compare(b.to_decimal()),
            (a, Decimal128(b)) => a.to_decimal().compare(b),
        }
    }

    /// The sum in the wider operand's type; none if a long overflows.
    pub fn checked_add(self, other: Number) -> Option<Number> {
        use Number::*;
        Some(match (self, other) {
            (Decimal128(_), _) | (_, Decimal128(_)) => {
                Decimal128(self.to_decimal().add(other.to_decimal()))
            }
            (Double(_), _) | (_, Double(_)) => Double(self.to_f64() + other.to_f64()),
            (Int32(a), Int32(b)) => match a.checked_add(b) {
                Some(sum) => Int32(sum),
                None => Int64(i64::from(a) + i64::from(b)),
            },
            (Int32(a), Int64(b)) | (Int64(b), Int32(a)) => Int64(b.checked_add(a.into())?),
            (Int64(a), Int64(b)) => Int64(a.checked_add(b)?),
        })
    }

    /// The product in the wider operand's type; none if a long overflows.
    pub fn checked_mul(self, other: Number) -> Option<Number> {
        use Number::*;
        Some(match (self, other) {
            (Decimal128(_), _) | (_, Decimal128(_)) => {
                Decimal128(self.to_decimal().mul(other.to_decimal()))
            }
            (Double(_), _) | (_, Double(_)) => Double(self.to_f64() * other.to_f64()),
            (Int32(a), Int32(b)) => match a.checked_mul(b) {
                Some(product) => Int32(product),
                None => Int64(i64::from(a) * i64::from(b)),
            },
            (Int32(a), Int64(b)) | (Int64(b), Int32(a)) => Int64(b.checked_mul(a.into())?),
            (Int64(a), Int64(b)) => Int64(a.checked_mul(b)?),
        })
    }

    /// The integer that is left without the fraction; none of NaN, of infinities, and of what does
    /// not fit.
    pub fn truncated(self) -> Option<i64> {
        match self {
            Number::Int32(value) => Some(value.into()),
            Number::Int64(value) => Some(value),
            Number::Double(value) => exact_i64(value.trunc()),
            Number::Decimal128(value) => value.to_i64_truncated(),
        }
    }

    /// The nearest double.
    pub fn to_f64(self) -> f64 {
        match self {
            Number::Int32(value) => value.into(),
            Number::Int64(value) => value as f64,
            Number::Double(value) => value,
            Number::Decimal128(value) => value.to_f64(),
        }
    }

    /// The decimal that arithmetic uses: exact, except that doubles are rounded to 15 digits.
    pub fn to_decimal(self) -> Decimal128 {
        match self {
            Number::Int32(value) => value.into(),
            Number::Int64(value) => value.into(),
            Number::Double(value) => Decimal128::from_double(value),
            Number::Decimal128(value) => value,
        }
    }
}

/// The integer that a double is, if it is one and fits.
pub fn exact_i64(value: f64) -> Option<i64> {
    let fits = (-TWO_POW_63..TWO_POW_63).contains(&value);
    (fits && value.trunc() == value).then_some(value as i64)
}

const TWO_POW_63: f64 = 9_223_372_036_854_775_808.0;

fn compare_doubles(a: f64, b: f64) -> Ordering {
    a.partial_cmp(&b)
        .unwrap_or_else(|| b.is_nan().cmp(&a.is_nan()))
}

/// Compares without turning the long into a double, which would round it beyond 2^53.
fn compare_long_double(long: i64, double: f64) -> Ordering {
    if double.is_nan() || double < -TWO_POW_63 {
        return Ordering::Greater;
    }
    if double >= TWO_POW_63 {
        return Ordering::Less;
    }
    let whole = double.trunc();
    long.cmp(&(whole as i64))
        .then_with(|| compare_doubles(whole, double))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decimal(text: &str) -> Number {
        Number::Decimal128(super::Decimal128::parse(text).unwrap())
    }

    #[test]
    fn sums_take_the_wider_type_and_never_wrap() {
        use Number::*;
        let cases = [
            (Int32(1), Int32(2), Some(Int32(3))),
            (Int32(i32::MAX), Int32(1), Some(Int64(1 << 31))),
            (Int32(i32::MIN), Int32(-1), Some(Int64(-(1 << 31) - 1))),
            (Int32(1), Int64(2), Some(Int64(3))),
            (Int64(i64::MAX), Int32(1), None),
            (Int64(i64::MIN), Int64(-1), None),
            (Int64(1), Double(0.5), Some(Double(1.5))),
            (Int32(1), decimal("0.1"), Some(decimal("1.1"))),
            (
                Double(0.1),
                decimal("1"),
                Some(decimal("1.100000000000000")),
            ),
            (
                Int64(i64::MAX),
                decimal("1"),
                Some(decimal("9223372036854775808")),
            ),
        ];
        for (a, b, sum) in cases {
            assert_eq!(a.checked_add(b), sum, "{a:?} + {b:?}");
            assert_eq!(b.checked_add(a), sum, "{b:?} + {a:?}");
        }
    }

    #[test]
    fn products_take_the_wider_type_and_never_wrap() {
        use Number::*;
        let cases = [
            (Int32(6), Int32(-7), Some(Int32(-42))),
            (Int32(i32::MAX), Int32(2), Some(Int64((1 << 32) - 2))),
            (Int32(i32::MIN), Int32(i32::MIN), Some(Int64(1 << 62))),
            (Int32(2), Int64(3), Some(Int64(6))),
            (Int64(i64::MAX), Int32(2), None),
            (Int64(i64::MIN), Int64(-1), None),
            (Int64(3), Double(0.5), Some(Double(1.5))),
            (Int32(3), decimal("0.10"), Some(decimal("0.30"))),
            (
                Double(0.5),
                decimal("3"),
                Some(decimal("1.500000000000000")),
            ),
        ];
        for (a, b, product) in cases {
            assert_eq!(a.checked_mul(b), product, "{a:?} * {b:?}");
            assert_eq!(b.checked_mul(a), product, "{b:?} * {a:?}");
        }
    }

    #[test]
    fn fractions_are_cut_toward_zero() {
        let cases = [
            (Number::Double(2.9), Some(2)),
            (Number::Double(-2.9), Some(-2)),
            (Number::Double(f64::NAN), None),
            (Number::Double(1e19), None),
            (decimal("-7.99"), Some(-7)),
            (decimal("7E-6000"), Some(0)),
            (decimal("9223372036854775807.9"), Some(i64::MAX)),
            (decimal("9223372036854775808"), None),
            (decimal("Infinity"), None),
        ];
        for (number, expected) in cases {
            assert_eq!(number.truncated(), expected, "{number:?}");
        }
    }

    #[test]
    fn only_whole_doubles_in_range_are_integers() {
        let cases = [
            (0.0, Some(0)),
            (-0.0, Some(0)),
            (-3.0, Some(-3)),
            (1.5, None),
            (TWO_POW_63, None),
            (-TWO_POW_63, Some(i64::MIN)),
            (f64::NAN, None),
            (f64::INFINITY, None),
        ];
        for (value, expected) in cases {
            assert_eq!(exact_i64(value), expected, "{value}");
        }
    }
}
