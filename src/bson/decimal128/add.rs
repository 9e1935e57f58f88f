//! Decimal addition, rounded once to 34 digits, ties to even.

use super::{Decimal128, DecimalKind, digit_count};

/// Digits to which the larger operand is widened when the sum cannot be had exactly: three more
/// than a result has, and one less than a `u128` holds, so that adding cannot overflow.
const WORK_DIGITS: u32 = 37;

impl Decimal128 {
    /// The sum. Infinities of opposite sign make NaN; beyond the largest number lies infinity.
    #[allow(clippy::should_implement_trait)]
    pub fn add(self, other: Decimal128) -> Decimal128 {
        use DecimalKind::*;
        match (self.kind(), other.kind()) {
            (NaN, _) | (_, NaN) => Decimal128::NAN,
            (Infinity { negative: a }, Infinity { negative: b }) if a != b => Decimal128::NAN,
            (Infinity { negative }, _) | (_, Infinity { negative }) => {
                Decimal128::infinity(negative)
            }
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
            ) => {
                let (a, b) = ((n1, c1, e1), (n2, c2, e2));
                if e1 >= e2 {
                    add_finite(a, b)
                } else {
                    add_finite(b, a)
                }
            }
        }
    }
}

/// Adds two finite numbers; the first has the larger exponent.
fn add_finite(high: (bool, u128, i32), low: (bool, u128, i32)) -> Decimal128 {
    let (high_negative, high, high_exponent) = high;
    let (low_negative, low, low_exponent) = low;
    let distance = (high_exponent - low_exponent) as u32;
    if high == 0 {
        let negative = if low == 0 {
            high_negative && low_negative
        } else {
            low_negative
        };
        return Decimal128::round(negative, low, low_exponent, false);
    }
    let widen = distance.min(WORK_DIGITS - digit_count(high));
    let high = high * 10u128.pow(widen);
    let exponent = high_exponent - widen as i32;

    // What of the lower operand lies below the working digits can only break a tie.
    let (low, inexact) = match 10u128.checked_pow(distance - widen) {
        Some(unit) => (low / unit, low % unit != 0),
        None => (0, low != 0),
    };
    if high_negative == low_negative {
        return Decimal128::round(high_negative, high + low, exponent, inexact);
    }
    // Subtracting a bit more than `low`: one less, and then a bit more again.
    let low = low + u128::from(inexact);
    let (negative, difference) = match high.checked_sub(low) {
        Some(0) => (false, 0),
        Some(difference) => (high_negative, difference),
        None => (low_negative, low - high),
    };
    Decimal128::round(negative, difference, exponent, inexact)
}
