//! Decimal128: IEEE 754-2008's 128-bit decimal, in the binary-integer encoding that BSON uses.
//!
//! A finite number is a sign, a coefficient of at most 34 digits and a power of ten. `1`, `1.0` and
//! `10E-1` are equal numbers with different bytes; the bytes are kept as they came. Coefficients
//! beyond 34 digits are not canonical and read as zero, as the standard says.

mod add;
mod compare;
mod divide;
mod format;
mod functions;
mod mul;
mod parse;
mod places;
#[cfg(test)]
mod tests;
mod trigonometry;

pub use places::Rounding;

/// A decimal number of 34 digits, as its 16 little-endian bytes.
///
/// `==` compares the bytes; use [`Decimal128::compare`] for the numbers.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Decimal128(pub [u8; 16]);

/// What a [`Decimal128`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum DecimalKind {
    /// `coefficient * 10^exponent`, negated if `negative` (zero has a sign too).
    Finite {
        negative: bool,
        coefficient: u128,
        exponent: i32,
    },
    Infinity {
        negative: bool,
    },
    NaN,
}

/// Digits of a coefficient.
pub(super) const MAX_DIGITS: u32 = 34;
const MAX_COEFFICIENT: u128 = 10u128.pow(MAX_DIGITS) - 1;
const MIN_EXPONENT: i32 = -6176;
const MAX_EXPONENT: i32 = 6111;

const SIGN: u128 = 1 << 127;
const INFINITY: u128 = 0b11110 << 122;
const NAN: u128 = 0b11111 << 122;

impl Decimal128 {
    /// Not a number.
    pub const NAN: Decimal128 = Decimal128(NAN.to_le_bytes());

    /// Zero, without fraction digits.
    pub const ZERO: Decimal128 = Decimal128::encode(false, 0, 0);

    /// Infinity of either sign.
    pub const fn infinity(negative: bool) -> Decimal128 {
        Decimal128((INFINITY | if negative { SIGN } else { 0 }).to_le_bytes())
    }

    /// The number taken apart.
    #[inline]
    pub fn kind(self) -> DecimalKind {
        let bits = u128::from_le_bytes(self.0);
        let negative = bits & SIGN != 0;
        match bits >> 122 & 0b11111 {
            0b11111 => DecimalKind::NaN,
            0b11110 => DecimalKind::Infinity { negative },
            combination => {
                // The form whose coefficient starts with 0b100 lies beyond 34 digits altogether.
                let large = combination >> 3 == 0b11;
                let biased = if large { bits >> 111 } else { bits >> 113 } & 0x3fff;
                let coefficient = bits & ((1 << 113) - 1);
                let canonical = !large && coefficient <= MAX_COEFFICIENT;
                DecimalKind::Finite {
                    negative,
                    coefficient: if canonical { coefficient } else { 0 },
                    exponent: biased as i32 + MIN_EXPONENT,
                }
            }
        }
    }

    /// The number `coefficient * 10^exponent`, if it can be had exactly: the exponent is adjusted
    /// by adding or dropping zeros where that helps.
    pub fn exact(negative: bool, coefficient: u128, exponent: i32) -> Option<Decimal128> {
        let (mut coefficient, mut exponent) = (coefficient, exponent);
        if coefficient == 0 {
            return Some(Self::encode(
                negative,
                0,
                exponent.clamp(MIN_EXPONENT, MAX_EXPONENT),
            ));
        }
        while coefficient > MAX_COEFFICIENT || exponent < MIN_EXPONENT {
            if !coefficient.is_multiple_of(10) {
                return None;
            }
            coefficient /= 10;
            exponent += 1;
        }
        while exponent > MAX_EXPONENT {
            coefficient *= 10;
            if coefficient > MAX_COEFFICIENT {
                return None;
            }
            exponent -= 1;
        }
        Some(Self::encode(negative, coefficient, exponent))
    }

    /// The number nearest to `coefficient * 10^exponent`, ties to the even digit; infinity beyond
    /// the largest. `inexact` says that the true value lies a little above the coefficient.
    fn round(negative: bool, coefficient: u128, exponent: i32, inexact: bool) -> Decimal128 {
        let digits = digit_count(coefficient) as i32;
        let surplus = (digits - MAX_DIGITS as i32).max(MIN_EXPONENT - exponent);
        let (mut coefficient, mut exponent) = (coefficient, exponent);
        if surplus > 0 {
            exponent += surplus;
            if surplus > digits {
                coefficient = 0;
            } else {
                let unit = 10u128.pow(surplus as u32);
                let (quotient, rest) = (coefficient / unit, coefficient % unit);
                let half = unit / 2;
                let up = rest > half || rest == half && (inexact || quotient % 2 == 1);
                coefficient = quotient + u128::from(up);
            }
        }
        Self::exact(negative, coefficient, exponent).unwrap_or(Self::infinity(negative))
    }

    /// Requires canonical parts.
    const fn encode(negative: bool, coefficient: u128, exponent: i32) -> Decimal128 {
        debug_assert!(coefficient <= MAX_COEFFICIENT);
        debug_assert!(exponent >= MIN_EXPONENT && exponent <= MAX_EXPONENT);
        let biased = (exponent - MIN_EXPONENT) as u128;
        let sign = if negative { SIGN } else { 0 };
        Decimal128((sign | biased << 113 | coefficient).to_le_bytes())
    }

    /// The double's value as MongoDB promotes it in arithmetic: rounded to 15 digits.
    pub fn from_double(value: f64) -> Decimal128 {
        if value.is_nan() {
            Decimal128::NAN
        } else if value.is_infinite() {
            Decimal128::infinity(value < 0.0)
        } else if value == 0.0 {
            Decimal128::encode(value.is_sign_negative(), 0, 0)
        } else {
            Decimal128::parse(&format!("{value:.14e}")).unwrap_or(Decimal128::NAN)
        }
    }

    /// The integer, if the number is one and fits.
    pub fn to_i64_exact(self) -> Option<i64> {
        self.to_i64(|rest| rest == 0)
    }

    /// The number without its fraction, if that fits.
    pub fn to_i64_truncated(self) -> Option<i64> {
        self.to_i64(|_| true)
    }

    /// The whole part, if it fits and `may_drop` allows for the rest.
    fn to_i64(self, may_drop: impl Fn(u128) -> bool) -> Option<i64> {
        let DecimalKind::Finite {
            negative,
            coefficient,
            exponent,
        } = self.kind()
        else {
            return None;
        };
        let magnitude = if coefficient == 0 {
            0
        } else if exponent >= 0 {
            coefficient.checked_mul(10u128.checked_pow(exponent as u32)?)?
        } else {
            let unit = 10u128.checked_pow(exponent.unsigned_abs());
            let (whole, rest) = unit.map_or((0, coefficient), |unit| {
                (coefficient / unit, coefficient % unit)
            });
            may_drop(rest).then_some(whole)?
        };
        let magnitude = i128::try_from(magnitude).ok()?;
        i64::try_from(if negative { -magnitude } else { magnitude }).ok()
    }

    /// The nearest double.
    pub fn to_f64(self) -> f64 {
        match self.kind() {
            DecimalKind::NaN => f64::NAN,
            DecimalKind::Infinity { negative: false } => f64::INFINITY,
            DecimalKind::Infinity { negative: true } => f64::NEG_INFINITY,
            DecimalKind::Finite { .. } => self.to_string().parse().unwrap_or(f64::NAN),
        }
    }

    /// Whether the number is zero, of either sign.
    pub fn is_zero(self) -> bool {
        matches!(self.kind(), DecimalKind::Finite { coefficient: 0, .. })
    }

    /// Whether this is not a number.
    pub fn is_nan(self) -> bool {
        self.kind() == DecimalKind::NaN
    }
}

impl From<i64> for Decimal128 {
    fn from(value: i64) -> Decimal128 {
        Decimal128::encode(value < 0, value.unsigned_abs().into(), 0)
    }
}

impl From<i32> for Decimal128 {
    fn from(value: i32) -> Decimal128 {
        i64::from(value).into()
    }
}

/// Decimal digits of a number; 0 of zero.
fn digit_count(value: u128) -> u32 {
    value.checked_ilog10().map_or(0, |log| log + 1)
}
