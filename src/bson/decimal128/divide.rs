//! Decimal division and remainder, rounded once to 34 digits, ties to even.
//!
//! An exact quotient has the exponent that IEEE 754 prefers: the difference of dividend's and divisor's,
//! if it has digits enough. So `2.40 / 2` is `1.20`.

use dashu_int::UBig;

use super::{Decimal128, DecimalKind, MAX_DIGITS, digit_count};

/// Digits of a `u128` that `Decimal128::round` takes at most.
const ROUND_DIGITS: usize = 38;

impl Decimal128 {
    /// The quotient. Zero by zero and infinity by infinity are NaN, anything else by zero is
    /// infinity.
    pub fn divide(self, other: Decimal128) -> Decimal128 {
        use DecimalKind::*;
        let negative = self.is_negative() != other.is_negative();
        match (self.kind(), other.kind()) {
            (NaN, _) | (_, NaN) | (Infinity { .. }, Infinity { .. }) => Decimal128::NAN,
            (Infinity { .. }, _) => Decimal128::infinity(negative),
            (_, Infinity { .. }) => Decimal128::round(negative, 0, super::MIN_EXPONENT, false),
            (_, Finite { coefficient: 0, .. }) if self.is_zero() => Decimal128::NAN,
            (_, Finite { coefficient: 0, .. }) => Decimal128::infinity(negative),
            (
                Finite {
                    coefficient: c1,
                    exponent: e1,
                    ..
                },
                Finite {
                    coefficient: c2,
                    exponent: e2,
                    ..
                },
            ) => divide_finite(negative, (c1, e1), (c2, e2)),
        }
    }

    /// What is left of dividing by `other` a whole number of times; it has the dividend's sign.
    /// NaN of infinity, and by zero.
    pub fn remainder(self, other: Decimal128) -> Decimal128 {
        use DecimalKind::*;
        match (self.kind(), other.kind()) {
            (NaN, _) | (_, NaN) | (Infinity { .. }, _) => Decimal128::NAN,
            (_, Finite { coefficient: 0, .. }) => Decimal128::NAN,
            (_, Infinity { .. }) => self,
            (
                Finite {
                    negative,
                    coefficient: c1,
                    exponent: e1,
                },
                Finite {
                    coefficient: c2,
                    exponent: e2,
                    ..
                },
            ) => {
                let low = e1.min(e2);
                let (a, b) = (widened(c1, e1 - low), widened(c2, e2 - low));
                round_big(negative, a % b, low, false)
            }
        }
    }

    /// Whether the sign is minus, also of zero. NaN has none.
    pub fn is_negative(self) -> bool {
        match self.kind() {
            DecimalKind::Finite { negative, .. } | DecimalKind::Infinity { negative } => negative,
            DecimalKind::NaN => false,
        }
    }

    /// Whether this is infinity, of either sign.
    pub fn is_infinite(self) -> bool {
        matches!(self.kind(), DecimalKind::Infinity { .. })
    }

    /// The number with the other sign.
    pub fn negated(self) -> Decimal128 {
        match self.kind() {
            DecimalKind::NaN => self,
            _ => Decimal128((u128::from_le_bytes(self.0) ^ super::SIGN).to_le_bytes()),
        }
    }

    /// The number without its sign.
    pub fn abs(self) -> Decimal128 {
        if self.is_negative() {
            self.negated()
        } else {
            self
        }
    }
}

fn divide_finite(negative: bool, dividend: (u128, i32), divisor: (u128, i32)) -> Decimal128 {
    let ((c1, e1), (c2, e2)) = (dividend, divisor);
    let preferred = e1 - e2;
    if c1 == 0 {
        return Decimal128::round(negative, 0, preferred, false);
    }
    // Enough digits that the quotient has more than a result can hold.
    let widen = (MAX_DIGITS + 2 + digit_count(c2)).saturating_sub(digit_count(c1)) as i32;
    let (dividend, divisor) = (widened(c1, widen), UBig::from(c2));
    let (mut quotient, rest) = (&dividend / &divisor, &dividend % &divisor);
    let mut exponent = preferred - widen;
    let ten = UBig::from(10u8);
    if rest == UBig::ZERO {
        while exponent < preferred && &quotient % &ten == UBig::ZERO {
            quotient /= &ten;
            exponent += 1;
        }
    }
    round_big(negative, quotient, exponent, rest != UBig::ZERO)
}

fn widened(coefficient: u128, digits: i32) -> UBig {
    UBig::from(coefficient) * UBig::from(10u8).pow(digits as usize)
}

/// `Decimal128::round` for a coefficient of any size. `inexact` says that the true value lies a little
/// above it.
pub(super) fn round_big(
    negative: bool,
    coefficient: UBig,
    exponent: i32,
    inexact: bool,
) -> Decimal128 {
    let (mut coefficient, mut exponent, mut inexact) = (coefficient, exponent, inexact);
    let digits = coefficient.to_string().len();
    if digits > ROUND_DIGITS {
        let surplus = digits - ROUND_DIGITS;
        let unit = UBig::from(10u8).pow(surplus);
        inexact |= &coefficient % &unit != UBig::ZERO;
        coefficient /= unit;
        exponent += surplus as i32;
    }
    match u128::try_from(coefficient) {
        Ok(coefficient) => Decimal128::round(negative, coefficient, exponent, inexact),
        Err(_) => Decimal128::NAN,
    }
}
