//! Trigonometric and hyperbolic functions of decimals, and their inverses: correctly rounded to 34 digits, by
//! `dashu-float`.
//!
//! Arguments so small that the function differs from its first term beyond the last digit, and so large that the
//! result leaves the range, are settled beforehand. An angle of many turns takes as many digits of pi as it has itself,
//! up to 6200: they are computed once, so that only the first such angle takes long.

use std::cmp::Ordering;

use dashu_float::{ConstCache, FpResult, Repr};
use parking_lot::Mutex;

use super::functions::{Float, context};
use super::{Decimal128, DecimalKind, digit_count};

const PI: &str = "3.141592653589793238462643383279503";
const HALF_PI: &str = "1.570796326794896619231321691639751";
const QUARTER_PI: &str = "0.7853981633974483096156608458198757";
const THREE_QUARTERS_PI: &str = "2.356194490192344928846982537459627";
const RADIANS_OF_DEGREE: &str = "0.01745329251994329576923690768488613";
const DEGREES_OF_RADIAN: &str = "57.29577951308232087679815481410517";

/// Below 10 to this power the second term of each function's series lies beyond the last digit.
const TINY: i32 = -20;

/// From this exponent on an angle has so many turns that pi is kept for the next one.
const FAR: isize = 40;

/// Digits of pi for far angles.
static FAR_PI: Mutex<Option<ConstCache>> = Mutex::new(None);

/// Computes a function of an angle, given what is known of pi.
fn of_angle<T>(angle: &Repr<10>, of: impl FnOnce(Option<&mut ConstCache>) -> T) -> T {
    match angle.exponent() > FAR {
        true => of(Some(FAR_PI.lock().get_or_insert_with(ConstCache::new))),
        false => of(None),
    }
}

fn constant(text: &str) -> Decimal128 {
    Decimal128::parse(text).unwrap_or(Decimal128::NAN)
}

impl Decimal128 {
    /// The sine of an angle in radians; NaN of infinities.
    pub fn sin(self) -> Decimal128 {
        self.odd(Decimal128::NAN, |x| of_angle(x, |pi| context().sin(x, pi)))
    }

    /// The cosine; NaN of infinities.
    pub fn cos(self) -> Decimal128 {
        self.even(Decimal128::NAN, |x| of_angle(x, |pi| context().cos(x, pi)))
    }

    /// The tangent; NaN of infinities.
    pub fn tan(self) -> Decimal128 {
        self.odd(Decimal128::NAN, |x| of_angle(x, |pi| context().tan(x, pi)))
    }

    /// The arc sine; NaN outside of -1 to 1.
    pub fn asin(self) -> Decimal128 {
        self.odd(Decimal128::NAN, |x| context().asin(x, None))
    }

    /// The arc cosine; NaN outside of -1 to 1.
    pub fn acos(self) -> Decimal128 {
        if self.is_tiny() {
            return constant(HALF_PI);
        }
        self.computed(Decimal128::NAN, |x| context().acos(x, None))
    }

    /// The arc tangent.
    pub fn atan(self) -> Decimal128 {
        self.odd(constant(HALF_PI), |x| context().atan(x, None))
    }

    /// The angle of the point with this as its ordinate and `x` as its abscissa.
    pub fn atan2(self, x: Decimal128) -> Decimal128 {
        if self.is_nan() || x.is_nan() {
            return Decimal128::NAN;
        }
        let left = x.is_negative();
        let angle = match (self.is_infinite(), x.is_infinite()) {
            (true, true) if left => constant(THREE_QUARTERS_PI),
            (true, true) => constant(QUARTER_PI),
            (true, false) => constant(HALF_PI),
            (false, true) if left => constant(PI),
            (false, true) => Decimal128::ZERO,
            (false, false) if self.is_zero() && left => constant(PI),
            (false, false) if self.is_zero() => Decimal128::ZERO,
            (false, false) if x.is_zero() => constant(HALF_PI),
            (false, false) => match (self.abs().to_float(), x.to_float()) {
                (Some(y), Some(x)) => Decimal128::from_float(context().atan2(&y, &x, None)),
                _ => Decimal128::NAN,
            },
        };
        if self.is_negative() {
            angle.negated()
        } else {
            angle
        }
    }

    /// The hyperbolic sine.
    pub fn sinh(self) -> Decimal128 {
        if self.overflows() {
            return Decimal128::infinity(self.is_negative());
        }
        self.odd(Decimal128::infinity(false), |x| context().sinh(x, None))
    }

    /// The hyperbolic cosine.
    pub fn cosh(self) -> Decimal128 {
        if self.overflows() {
            return Decimal128::infinity(false);
        }
        self.even(Decimal128::infinity(false), |x| context().cosh(x, None))
    }

    /// The hyperbolic tangent.
    pub fn tanh(self) -> Decimal128 {
        let one = Decimal128::from(1);
        // From here on it differs from 1 beyond the last digit.
        if self.abs().compare(Decimal128::from(41)) == Ordering::Greater {
            return if self.is_negative() {
                one.negated()
            } else {
                one
            };
        }
        self.odd(one, |x| context().tanh(x, None))
    }

    /// The inverse hyperbolic sine.
    pub fn asinh(self) -> Decimal128 {
        self.odd(Decimal128::infinity(false), |x| context().asinh(x, None))
    }

    /// The inverse hyperbolic cosine; NaN below 1.
    pub fn acosh(self) -> Decimal128 {
        if self.is_negative() {
            return Decimal128::NAN;
        }
        self.computed(Decimal128::infinity(false), |x| context().acosh(x, None))
    }

    /// The inverse hyperbolic tangent: infinite of 1 and -1, NaN beyond them.
    pub fn atanh(self) -> Decimal128 {
        if self.abs().compare(Decimal128::from(1)) == Ordering::Equal {
            return Decimal128::infinity(self.is_negative());
        }
        self.odd(Decimal128::NAN, |x| context().atanh(x, None))
    }

    /// An angle in degrees as radians.
    pub fn to_radians(self) -> Decimal128 {
        self.mul(constant(RADIANS_OF_DEGREE))
    }

    /// An angle in radians as degrees.
    pub fn to_degrees(self) -> Decimal128 {
        self.mul(constant(DEGREES_OF_RADIAN))
    }

    /// A function that is near its argument if that is small, and `limit` at infinity.
    fn odd(self, limit: Decimal128, of: impl FnOnce(&Repr<10>) -> FpResult<Float>) -> Decimal128 {
        if self.is_tiny() {
            return self;
        }
        match self.kind() {
            DecimalKind::Infinity { negative: true } if !limit.is_nan() => limit.negated(),
            _ => self.computed(limit, of),
        }
    }

    /// A function that is near 1 if its argument is small, and `limit` at both infinities.
    fn even(self, limit: Decimal128, of: impl FnOnce(&Repr<10>) -> FpResult<Float>) -> Decimal128 {
        if self.is_tiny() {
            return Decimal128::from(1);
        }
        self.computed(limit, of)
    }

    fn computed(
        self,
        limit: Decimal128,
        of: impl FnOnce(&Repr<10>) -> FpResult<Float>,
    ) -> Decimal128 {
        match self.to_float() {
            Some(x) => Decimal128::from_float(of(&x)),
            None if self.is_nan() => self,
            None => limit,
        }
    }

    fn is_tiny(self) -> bool {
        match self.kind() {
            DecimalKind::Finite {
                coefficient,
                exponent,
                ..
            } => coefficient == 0 || digit_count(coefficient) as i32 + exponent < TINY,
            _ => false,
        }
    }

    /// Whether e to the power of this, and half of it, lies beyond the largest number or below the
    /// inverse of that.
    fn overflows(self) -> bool {
        self.abs().compare(Decimal128::from(14_151)) == Ordering::Greater
    }
}
