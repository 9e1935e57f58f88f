//! Decimal128 from text, as the BSON specification writes it.

use super::{Decimal128, MAX_COEFFICIENT};

impl Decimal128 {
    /// The number that `text` says: `-1.50`, `1E+3`, `Infinity`, `NaN`. None if it is not a number
    /// or has more digits or a larger exponent than can be kept: nothing is rounded away silently.
    pub fn parse(text: &str) -> Option<Decimal128> {
        let (negative, unsigned) = match text.as_bytes() {
            [b'-', rest @ ..] => (true, rest),
            [b'+', rest @ ..] => (false, rest),
            rest => (false, rest),
        };
        if unsigned.eq_ignore_ascii_case(b"nan") {
            return Some(Decimal128::NAN);
        }
        if unsigned.eq_ignore_ascii_case(b"inf") || unsigned.eq_ignore_ascii_case(b"infinity") {
            return Some(Decimal128::infinity(negative));
        }
        parse_finite(negative, unsigned)
    }
}

impl Decimal128 {
    /// The number nearest to what `text` says: digits beyond the 34th round it, and what is too
    /// large or too small becomes infinity or zero. None if it is not a number.
    pub fn parse_rounded(text: &str) -> Option<Decimal128> {
        Decimal128::parse(text).or_else(|| {
            let (negative, unsigned) = match text.as_bytes() {
                [b'-', rest @ ..] => (true, rest),
                [b'+', rest @ ..] => (false, rest),
                rest => (false, rest),
            };
            round_finite(negative, unsigned)
        })
    }
}

/// Digits that are read exactly; of those behind it matters only whether there are any.
const READ_DIGITS: u32 = super::MAX_DIGITS + 3;

fn round_finite(negative: bool, unsigned: &[u8]) -> Option<Decimal128> {
    let e = unsigned.iter().position(|byte| matches!(byte, b'e' | b'E'));
    let (digits, exponent) = match e {
        None => (unsigned, 0),
        Some(at) => (&unsigned[..at], parse_exponent(&unsigned[at + 1..])?),
    };
    let (mut coefficient, mut exponent) = (0u128, exponent);
    let (mut point, mut any_digit, mut inexact) = (false, false, false);
    for &byte in digits {
        match byte {
            b'.' if !point => point = true,
            b'0'..=b'9' => {
                any_digit = true;
                let kept = coefficient < 10u128.pow(READ_DIGITS - 1);
                if kept {
                    coefficient = coefficient * 10 + u128::from(byte - b'0');
                } else {
                    inexact |= byte != b'0';
                }
                exponent += i64::from(!kept) - i64::from(point);
            }
            _ => return None,
        }
    }
    let exponent = exponent.clamp(-20_000, 20_000) as i32;
    any_digit.then(|| Decimal128::round(negative, coefficient, exponent, inexact))
}

fn parse_finite(negative: bool, unsigned: &[u8]) -> Option<Decimal128> {
    let e = unsigned.iter().position(|byte| matches!(byte, b'e' | b'E'));
    let (digits, exponent) = match e {
        None => (unsigned, 0),
        Some(at) => (&unsigned[..at], parse_exponent(&unsigned[at + 1..])?),
    };
    let mut coefficient = 0u128;
    let mut fraction_digits = None;
    let mut any_digit = false;
    let mut dropped_zeros = 0i64;
    for &byte in digits {
        match byte {
            b'.' if fraction_digits.is_none() => fraction_digits = Some(0),
            b'0'..=b'9' => {
                any_digit = true;
                fraction_digits = fraction_digits.map(|count: i64| count + 1);
                let next = coefficient * 10 + u128::from(byte - b'0');
                if next <= MAX_COEFFICIENT && dropped_zeros == 0 {
                    coefficient = next;
                } else if byte == b'0' {
                    dropped_zeros += 1;
                } else {
                    return None;
                }
            }
            _ => return None,
        }
    }
    if !any_digit {
        return None;
    }
    let exponent = exponent - fraction_digits.unwrap_or(0) + dropped_zeros;
    let exponent = exponent.clamp(i32::MIN.into(), i32::MAX.into()) as i32;
    Decimal128::exact(negative, coefficient, exponent)
}

fn parse_exponent(text: &[u8]) -> Option<i64> {
    let (sign, digits) = match text {
        [b'-', digits @ ..] => (-1, digits),
        [b'+', digits @ ..] => (1, digits),
        digits => (1, digits),
    };
    if digits.is_empty() {
        return None;
    }
    let magnitude = digits.iter().try_fold(0i64, |value, byte| {
        let digit = byte.is_ascii_digit().then(|| i64::from(byte - b'0'))?;
        Some(value.saturating_mul(10).saturating_add(digit).min(1 << 40))
    })?;
    Some(sign * magnitude)
}
