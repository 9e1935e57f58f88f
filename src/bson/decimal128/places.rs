//! Rounding a decimal to a number of decimal places.

use super::{Decimal128, DecimalKind, MAX_DIGITS, digit_count};

/// Which way a number between two others is rounded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rounding {
    /// To the nearer, halfway to the even one.
    HalfEven,
    /// To the one nearer to zero.
    TowardZero,
    /// To the lower.
    Down,
    /// To the higher.
    Up,
}

impl Decimal128 {
    /// The number with `places` digits behind the point (before it, if negative). A number that cannot
    /// have so many digits stays as it is, and so do infinity and NaN.
    pub fn to_places(self, places: i32, rounding: Rounding) -> Decimal128 {
        let DecimalKind::Finite {
            negative,
            coefficient,
            exponent,
        } = self.kind()
        else {
            return self;
        };
        let surplus = -places - exponent;
        if surplus <= 0 {
            let zeros = surplus.unsigned_abs();
            let fits = coefficient == 0 || digit_count(coefficient) + zeros <= MAX_DIGITS;
            let padded = match coefficient {
                0 => 0,
                _ if fits => coefficient * 10u128.pow(zeros),
                _ => return self,
            };
            return Decimal128::exact(negative, padded, -places).unwrap_or(self);
        }
        let (quotient, half, rest) = match 10u128.checked_pow(surplus as u32) {
            Some(unit) => {
                let rest = coefficient % unit;
                (coefficient / unit, (rest * 2).cmp(&unit), rest != 0)
            }
            None => (0, std::cmp::Ordering::Less, coefficient != 0),
        };
        let up = match rounding {
            Rounding::HalfEven => half.is_gt() || half.is_eq() && quotient % 2 == 1,
            Rounding::TowardZero => false,
            Rounding::Down => negative && rest,
            Rounding::Up => !negative && rest,
        };
        Decimal128::exact(negative, quotient + u128::from(up), -places).unwrap_or(self)
    }

    /// The integer that the number rounds to, if it fits.
    pub fn to_i64_rounded(self, rounding: Rounding) -> Option<i64> {
        match self.kind() {
            // Already whole, and to_places would not change what is too large.
            DecimalKind::Finite { exponent, .. } if exponent >= 0 => self.to_i64_exact(),
            _ => self.to_places(0, rounding).to_i64_exact(),
        }
    }
}
