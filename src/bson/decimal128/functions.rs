//! Roots, powers, logarithms of decimals: correctly rounded to 34 digits, by `dashu-float`.
//!
//! Where the result would leave the range of exponents it is settled beforehand, so that no power takes
//! longer than any other.

use dashu_float::round::mode::HalfEven;
use dashu_float::{Context, FBig, FpError, FpResult, Repr};
use dashu_int::{IBig, Sign, UBig};

use super::divide::round_big;
use super::{Decimal128, DecimalKind, MAX_DIGITS, MAX_EXPONENT, MIN_EXPONENT};

/// A decimal number of any number of digits.
pub(super) type Float = FBig<HalfEven, 10>;

/// Digits for intermediate results.
const WORK_DIGITS: usize = 50;

/// The precision of results.
pub(super) fn context() -> Context<HalfEven> {
    Context::new(MAX_DIGITS as usize)
}

fn work_context() -> Context<HalfEven> {
    Context::new(WORK_DIGITS)
}

impl Decimal128 {
    /// The number for `dashu-float`; none if it is not finite.
    pub(super) fn to_float(self) -> Option<Repr<10>> {
        let DecimalKind::Finite {
            negative,
            coefficient,
            exponent,
        } = self.kind()
        else {
            return None;
        };
        let sign = if negative {
            Sign::Negative
        } else {
            Sign::Positive
        };
        let significand = IBig::from_parts(sign, UBig::from(coefficient));
        Some(Repr::new(significand, exponent as isize))
    }

    /// The decimal that a result is: infinity beyond the largest, NaN where there is none.
    pub(super) fn from_float(result: FpResult<Float>) -> Decimal128 {
        match result {
            Ok(value) => from_repr(value.value().into_repr()),
            Err(FpError::Overflow(sign)) => Decimal128::infinity(sign == Sign::Negative),
            Err(FpError::Underflow(sign)) => {
                Decimal128::round(sign == Sign::Negative, 0, MIN_EXPONENT, false)
            }
            Err(_) => Decimal128::NAN,
        }
    }

    /// The square root; NaN of negative numbers.
    pub fn sqrt(self) -> Decimal128 {
        match self.kind() {
            DecimalKind::Infinity { negative: false } => self,
            DecimalKind::Finite {
                negative,
                coefficient: 0,
                exponent,
            } => Decimal128::round(negative, 0, exponent.div_euclid(2), false),
            _ if self.is_negative() => Decimal128::NAN,
            DecimalKind::Finite { exponent, .. } => {
                let Some(value) = self.to_float() else {
                    return Decimal128::NAN;
                };
                let root = Decimal128::from_float(context().sqrt(&value));
                root.widened_to(exponent.div_euclid(2))
            }
            _ => Decimal128::NAN,
        }
    }

    /// e to the power of this.
    pub fn exp(self) -> Decimal128 {
        match self.kind() {
            DecimalKind::Infinity { negative: true } => Decimal128::ZERO,
            DecimalKind::Infinity { negative: false } => self,
            DecimalKind::NaN => self,
            DecimalKind::Finite { .. } => {
                // e^14151 and e^-14221 lie beyond the largest and the smallest number.
                if self.compare(Decimal128::from(14_151)).is_gt() {
                    return Decimal128::infinity(false);
                }
                if self.compare(Decimal128::from(-14_300)).is_lt() {
                    return Decimal128::round(false, 0, MIN_EXPONENT, false);
                }
                match self.to_float() {
                    Some(value) => Decimal128::from_float(context().exp(&value, None)),
                    None => Decimal128::NAN,
                }
            }
        }
    }

    /// The natural logarithm: minus infinity of zero, NaN of negative numbers.
    pub fn ln(self) -> Decimal128 {
        self.logarithm(|value| context().ln(value, None))
    }

    /// The logarithm to the base 10.
    pub fn log10(self) -> Decimal128 {
        self.log(Decimal128::from(10))
    }

    /// The logarithm to a base.
    pub fn log(self, base: Decimal128) -> Decimal128 {
        let base_ln = match base.to_float().map(|base| work_context().ln(&base, None)) {
            Some(Ok(ln)) => ln.value().into_repr(),
            Some(Err(_)) => return Decimal128::NAN,
            None => return self.ln().divide(base.ln()),
        };
        if base_ln.is_infinite() {
            return self.ln().divide(base.ln());
        }
        self.logarithm(|value| {
            let ln = work_context().ln(value, None)?.value().into_repr();
            context().div(&ln, &base_ln)
        })
    }

    fn logarithm(self, of: impl FnOnce(&Repr<10>) -> FpResult<Float>) -> Decimal128 {
        match self.kind() {
            DecimalKind::Infinity { negative: false } => self,
            DecimalKind::Finite { coefficient: 0, .. } => Decimal128::infinity(true),
            DecimalKind::Finite {
                negative: false, ..
            } => match self.to_float() {
                Some(value) => Decimal128::from_float(of(&value)),
                None => Decimal128::NAN,
            },
            _ => Decimal128::NAN,
        }
    }

    /// This to the power of `exponent`.
    pub fn pow(self, exponent: Decimal128) -> Decimal128 {
        let one = Decimal128::from(1);
        if exponent.is_zero() || self.compare(one).is_eq() {
            return one;
        }
        if self.is_nan() || exponent.is_nan() {
            return Decimal128::NAN;
        }
        let odd = exponent.is_odd();
        let negative = self.is_negative() && odd == Some(true);
        // How large it gets decides wherever the numbers are not ordinary.
        let grows = self.abs().compare(one).is_gt() != exponent.is_negative();
        if self.is_zero() || self.is_infinite() || exponent.is_infinite() {
            return match (self.abs().compare(one).is_eq(), grows) {
                (true, _) => one,
                (false, true) => Decimal128::infinity(negative),
                (false, false) => Decimal128::round(negative, 0, 0, false),
            };
        }
        if self.is_negative() && odd.is_none() {
            return Decimal128::NAN;
        }
        let magnitude = self.abs().log10().mul(exponent);
        if magnitude
            .compare(Decimal128::from(MAX_EXPONENT + 40))
            .is_gt()
        {
            return Decimal128::infinity(negative);
        }
        if magnitude
            .compare(Decimal128::from(MIN_EXPONENT - 40))
            .is_lt()
        {
            return Decimal128::round(negative, 0, MIN_EXPONENT, false);
        }
        let (Some(base), Some(power)) = (self.abs().to_float(), exponent.to_float()) else {
            return Decimal128::NAN;
        };
        let result = Decimal128::from_float(context().powf(&base, &power, None));
        if negative { result.negated() } else { result }
    }

    /// Whether a whole number is odd; none if it is not whole.
    fn is_odd(self) -> Option<bool> {
        let DecimalKind::Finite {
            coefficient,
            exponent,
            ..
        } = self.kind()
        else {
            return Some(false);
        };
        if exponent > 0 || coefficient == 0 {
            return Some(false);
        }
        match 10u128.checked_pow(exponent.unsigned_abs()) {
            Some(unit) if coefficient % unit == 0 => Some(coefficient / unit % 2 == 1),
            _ => None,
        }
    }

    /// The same number with a lower exponent, if it has digits enough for it.
    fn widened_to(self, wanted: i32) -> Decimal128 {
        let DecimalKind::Finite {
            negative,
            coefficient,
            exponent,
        } = self.kind()
        else {
            return self;
        };
        let zeros = (exponent - wanted).max(0) as u32;
        let digits = super::digit_count(coefficient);
        if zeros == 0 || digits + zeros > MAX_DIGITS {
            return self;
        }
        Decimal128::round(negative, coefficient * 10u128.pow(zeros), wanted, false)
    }
}

fn from_repr(value: Repr<10>) -> Decimal128 {
    if value.is_infinite() {
        return Decimal128::infinity(value.sign() == Sign::Negative);
    }
    let negative = value.sign() == Sign::Negative;
    let (significand, exponent) = value.into_parts();
    let exponent = exponent.clamp(-20_000, 20_000) as i32;
    round_big(negative, significand.into_parts().1, exponent, false)
}
