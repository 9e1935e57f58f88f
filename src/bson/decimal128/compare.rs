//! Exact comparison of decimals with each other and with doubles. Nothing is converted lossily.

use std::cmp::Ordering;

use super::{Decimal128, DecimalKind, digit_count};

impl Decimal128 {
    /// Compares the numbers: NaN is below all others and equal to itself, `-0 == 0`, `1.0 == 1`.
    pub fn compare(self, other: Decimal128) -> Ordering {
        use DecimalKind::*;
        let (a, b) = (self.kind(), other.kind());
        match (a, b) {
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
                let (s1, s2) = (signum(n1, c1), signum(n2, c2));
                if s1 != s2 || s1 == 0 {
                    return s1.cmp(&s2);
                }
                let magnitude = compare_magnitudes((c1, e1), (c2, e2));
                if n1 { magnitude.reverse() } else { magnitude }
            }
            _ => rank(a).cmp(&rank(b)),
        }
    }

    /// Compares with a double, exactly.
    pub fn compare_double(self, other: f64) -> Ordering {
        let DecimalKind::Finite {
            negative,
            coefficient,
            exponent,
        } = self.kind()
        else {
            return self.compare(Decimal128::from_double(other));
        };
        if !other.is_finite() || other == 0.0 {
            return self.compare(Decimal128::from_double(other));
        }
        let (s1, s2) = (
            signum(negative, coefficient),
            if other < 0.0 { -1 } else { 1 },
        );
        if s1 != s2 {
            return s1.cmp(&s2);
        }
        let magnitude = compare_magnitude_with_double(coefficient, exponent, other.abs());
        if negative {
            magnitude.reverse()
        } else {
            magnitude
        }
    }
}

fn signum(negative: bool, coefficient: u128) -> i32 {
    match (negative, coefficient) {
        (_, 0) => 0,
        (true, _) => -1,
        (false, _) => 1,
    }
}

/// Orders what is not finite around what is.
fn rank(kind: DecimalKind) -> i32 {
    match kind {
        DecimalKind::NaN => 0,
        DecimalKind::Infinity { negative: true } => 1,
        DecimalKind::Finite { .. } => 2,
        DecimalKind::Infinity { negative: false } => 3,
    }
}

/// Compares two positive numbers: by the place of the first digit, then with exponents made equal.
fn compare_magnitudes((c1, e1): (u128, i32), (c2, e2): (u128, i32)) -> Ordering {
    let place = |c, e| digit_count(c) as i32 + e;
    // With the first digits at one place, widening cannot exceed 34 digits.
    place(c1, e1)
        .cmp(&place(c2, e2))
        .then_with(|| match e1.cmp(&e2) {
            Ordering::Greater => (c1 * 10u128.pow((e1 - e2) as u32)).cmp(&c2),
            _ => c1.cmp(&(c2 * 10u128.pow((e2 - e1) as u32))),
        })
}

/// Compares a positive decimal with a positive finite double as whole numbers: both sides are
/// multiplied by the powers of ten and two that stand in either's denominator.
fn compare_magnitude_with_double(coefficient: u128, exponent: i32, double: f64) -> Ordering {
    // Doubles lie between 10^-324 and 10^309; outside, the place of the first digit decides, and
    // inside, the whole numbers stay below 3000 bits.
    let place = digit_count(coefficient) as i32 + exponent;
    if place > 310 {
        return Ordering::Greater;
    }
    if place < -330 {
        return Ordering::Less;
    }
    let bits = double.to_bits();
    let (biased, fraction) = ((bits >> 52) as i32, bits & ((1 << 52) - 1));
    let (mantissa, power) = match biased {
        0 => (fraction, -1074),
        _ => (fraction | 1 << 52, biased - 1075),
    };
    let mut decimal = Natural::from(coefficient);
    let mut binary = Natural::from(u128::from(mantissa));
    let scaled_by_ten = if exponent >= 0 {
        &mut decimal
    } else {
        &mut binary
    };
    scaled_by_ten.multiply_by_power_of_ten(exponent.unsigned_abs());
    let scaled_by_two = if power >= 0 {
        &mut binary
    } else {
        &mut decimal
    };
    scaled_by_two.multiply_by_power_of_two(power.unsigned_abs());
    decimal.compare(&binary)
}

/// A natural number of any size, in 32-bit limbs, the lowest first and no zero limb last.
struct Natural(Vec<u32>);

impl From<u128> for Natural {
    fn from(value: u128) -> Natural {
        let mut limbs: Vec<u32> = (0..4).map(|i| (value >> (32 * i)) as u32).collect();
        while limbs.last() == Some(&0) {
            limbs.pop();
        }
        Natural(limbs)
    }
}

impl Natural {
    fn multiply(&mut self, factor: u32) {
        let mut carry = 0u64;
        for limb in &mut self.0 {
            let product = u64::from(*limb) * u64::from(factor) + carry;
            *limb = product as u32;
            carry = product >> 32;
        }
        if carry != 0 {
            self.0.push(carry as u32);
        }
    }

    fn multiply_by_power_of_ten(&mut self, power: u32) {
        for _ in 0..power / 9 {
            self.multiply(1_000_000_000);
        }
        self.multiply(10u32.pow(power % 9));
    }

    fn multiply_by_power_of_two(&mut self, power: u32) {
        self.multiply(1 << (power % 32));
        let zeros = std::iter::repeat_n(0, power as usize / 32);
        self.0.splice(0..0, zeros);
    }

    fn compare(&self, other: &Natural) -> Ordering {
        let by_size = self.0.len().cmp(&other.0.len());
        by_size.then_with(|| self.0.iter().rev().cmp(other.0.iter().rev()))
    }
}
