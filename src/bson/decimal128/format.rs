//! Decimal128 to text: the canonical form of the BSON specification.

use std::fmt;

use super::{Decimal128, DecimalKind, digit_count};

impl fmt::Display for Decimal128 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind() {
            DecimalKind::NaN => f.write_str("NaN"),
            DecimalKind::Infinity { negative } => {
                f.write_str(if negative { "-Infinity" } else { "Infinity" })
            }
            DecimalKind::Finite {
                negative,
                coefficient,
                exponent,
            } => {
                if negative {
                    f.write_str("-")?;
                }
                format_finite(f, coefficient, exponent)
            }
        }
    }
}

/// Plain digits where the exponent is small and negative, else scientific: every digit and the
/// exponent can be read back from either.
fn format_finite(f: &mut fmt::Formatter<'_>, coefficient: u128, exponent: i32) -> fmt::Result {
    let digits = coefficient.to_string();
    let scientific = exponent + digit_count(coefficient).max(1) as i32 - 1;
    if exponent > 0 || scientific < -6 {
        let (first, rest) = digits.split_at(1);
        f.write_str(first)?;
        if !rest.is_empty() {
            write!(f, ".{rest}")?;
        }
        return write!(f, "E{scientific:+}");
    }
    if exponent == 0 {
        return f.write_str(&digits);
    }
    let fraction = exponent.unsigned_abs() as usize;
    if digits.len() > fraction {
        let (whole, fraction) = digits.split_at(digits.len() - fraction);
        write!(f, "{whole}.{fraction}")
    } else {
        write!(f, "0.{digits:0>fraction$}")
    }
}

impl fmt::Debug for Decimal128 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Decimal128({self})")
    }
}
