//! Decimal multiplication, rounded once to 34 digits, ties to even.

use super::{Decimal128, DecimalKind, MAX_DIGITS, digit_count};

/// Half of a coefficient's digits: the product of two halves fits a `u128` with room to add.
const HALF: u128 = 10u128.pow(MAX_DIGITS / 2);
const WHOLE: u128 = 10u128.pow(MAX_DIGITS);
/// Digits of a product that are looked at one by one; of the rest only whether there are any.
const WORK_DIGITS: u32 = 37;

impl Decimal128 {
    /// The product. Infinity times zero is NaN; beyond the largest number lies infinity.
    #[allow(clippy::should_implement_trait)]
    pub fn mul(self, other: Decimal128) -> Decimal128 {
        use DecimalKind::*;
        match (self.kind(), other.kind()) {
            (NaN, _) | (_, NaN) => Decimal128::NAN,
            (Infinity { negative: a }, Infinity { negative: b }) => Decimal128::infinity(a != b),
            (
                Infinity { negative: a },
                Finite {
                    negative: b,
                    coefficient,
                    ..
                },
            )
            | (
                Finite {
                    negative: b,
                    coefficient,
                    ..
                },
                Infinity { negative: a },
            ) => match coefficient {
                0 => Decimal128::NAN,
                _ => Decimal128::infinity(a != b),
            },
            (
                Finite {
                    negative: n1,
                    coefficient: c1,
                    exponent: e1,
                },
                Finite {
                    negative: n2,
                    coefficient: c2,
                    exponent: e2,
                },
            ) => multiply_finite(n1 != n2, c1, c2, e1 + e2),
        }
    }
}

fn multiply_finite(negative: bool, a: u128, b: u128, exponent: i32) -> Decimal128 {
    let (a_high, a_low) = (a / HALF, a % HALF);
    let (b_high, b_low) = (b / HALF, b % HALF);
    let middle = a_high * b_low + a_low * b_high;
    let low = a_low * b_low + middle % HALF * HALF;
    let high = a_high * b_high + middle / HALF + low / WHOLE;
    let low = low % WHOLE;
    if high == 0 {
        return Decimal128::round(negative, low, exponent, false);
    }
    let taken = (WORK_DIGITS - digit_count(high)).min(MAX_DIGITS);
    let unit = 10u128.pow(MAX_DIGITS - taken);
    let coefficient = high * 10u128.pow(taken) + low / unit;
    let exponent = exponent + (MAX_DIGITS - taken) as i32;
    Decimal128::round(negative, coefficient, exponent, !low.is_multiple_of(unit))
}
