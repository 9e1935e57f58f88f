//! Numbers as index key bytes: ints, longs, doubles and decimals in one order.
//!
//! Every finite number but zero is written as a class (negative or positive), the binary exponent
//! and the binary fraction behind the leading one bit, most significant bits first and without
//! trailing zeros. The bytes depend on the number's value alone, so that equal numbers of
//! different types have equal keys and `memcmp` orders them by value.
//!
//! Ints, longs and doubles are exact. A decimal fraction such as 0.1 has no end in binary: it is
//! cut at [`FRACTION_BITS`] bits. Two decimals (34 digits, 113 bits) never meet there. A decimal
//! and a double that differ by less than one part in 2^119 share a key, which widens a lookup by
//! a document that the filter then refuses.

use crate::bson::{Decimal128, DecimalKind};

pub(super) const NAN: u8 = 0x20;
pub(super) const NEGATIVE_INFINITY: u8 = 0x21;
const NEGATIVE: u8 = 0x22;
const ZERO: u8 = 0x23;
const POSITIVE: u8 = 0x24;
pub(super) const POSITIVE_INFINITY: u8 = 0x25;

/// How many bits of a fraction are kept: a whole number of 7-bit groups.
const FRACTION_BITS: u32 = 119;

/// Exponents from `1 - EXPONENT_BIAS` to `254 - EXPONENT_BIAS` take one byte.
const EXPONENT_BIAS: i32 = 110;

pub(super) fn encode_i64(out: &mut Vec<u8>, value: i64) {
    let magnitude = value.unsigned_abs();
    if magnitude == 0 {
        return out.push(ZERO);
    }
    let zeros = magnitude.leading_zeros();
    let fraction = u128::from(magnitude << zeros << 1) << 64;
    encode(out, value < 0, 63 - zeros as i32, fraction);
}

pub(super) fn encode_f64(out: &mut Vec<u8>, value: f64) {
    const FRACTION: u64 = (1 << 52) - 1;
    if value == 0.0 {
        return out.push(ZERO);
    }
    if value.is_nan() {
        return out.push(NAN);
    }
    let negative = value.is_sign_negative();
    if value.is_infinite() {
        return out.push(if negative {
            NEGATIVE_INFINITY
        } else {
            POSITIVE_INFINITY
        });
    }
    let bits = value.to_bits();
    let exponent = (bits >> 52 & 0x7ff) as i32;
    let fraction = bits & FRACTION;
    let (exponent, fraction) = if exponent == 0 {
        let zeros = fraction.leading_zeros();
        (63 - zeros as i32 - 1074, fraction << zeros << 1)
    } else {
        (exponent - 1023, fraction << 12)
    };
    encode(out, negative, exponent, u128::from(fraction) << 64);
}

pub(super) fn encode_decimal(out: &mut Vec<u8>, value: Decimal128) {
    let (negative, coefficient, exponent) = match value.kind() {
        DecimalKind::NaN => return out.push(NAN),
        DecimalKind::Infinity { negative: true } => return out.push(NEGATIVE_INFINITY),
        DecimalKind::Infinity { negative: false } => return out.push(POSITIVE_INFINITY),
        DecimalKind::Finite { coefficient: 0, .. } => return out.push(ZERO),
        DecimalKind::Finite {
            negative,
            coefficient,
            exponent,
        } => (negative, coefficient, exponent),
    };
    let (exponent, fraction) = match exponent {
        0 => {
            let zeros = coefficient.leading_zeros();
            (127 - zeros as i32, coefficient << zeros << 1)
        }
        1.. => Limbs::new(coefficient)
            .times_power_of_ten(exponent as u32)
            .normalized(0),
        _ => {
            // Shifted so far left that the quotient keeps more than the bits needed.
            let power = exponent.unsigned_abs();
            let shift = (power * 10 / 3 + 129).next_multiple_of(32);
            let limbs = Limbs::new(coefficient).shifted_left(shift / 32);
            limbs
                .divided_by_power_of_ten(power)
                .normalized(shift as i32)
        }
    };
    encode(out, negative, exponent, fraction);
}

/// Writes the number ±1.`fraction` · 2^`exponent`; the fraction starts at its highest bit.
fn encode(out: &mut Vec<u8>, negative: bool, exponent: i32, fraction: u128) {
    out.push(if negative { NEGATIVE } else { POSITIVE });
    let start = out.len();
    let wide = (exponent + 0x8000) as u16;
    match exponent + EXPONENT_BIAS {
        ..=0 => {
            out.push(0);
            out.extend_from_slice(&wide.to_be_bytes());
        }
        short @ 1..=254 => out.push(short as u8),
        255.. => {
            out.push(255);
            out.extend_from_slice(&wide.to_be_bytes());
        }
    }
    // Seven bits a byte; the lowest bit says that more follow, which makes the key end itself
    // and a longer fraction the greater one.
    let mut rest = fraction & (u128::MAX << (128 - FRACTION_BITS));
    loop {
        let group = (rest >> 121) as u8;
        rest <<= 7;
        out.push(group << 1 | u8::from(rest != 0));
        if rest == 0 {
            break;
        }
    }
    if negative {
        out[start..].iter_mut().for_each(|byte| *byte = !*byte);
    }
}

/// The greatest power of ten that fits a limb.
const CHUNK: u32 = 9;

/// An unsigned integer of any size, lowest limb first: decimals reach 10^6144.
struct Limbs(Vec<u32>);

impl Limbs {
    fn new(value: u128) -> Limbs {
        Limbs((0..4).map(|limb| (value >> (32 * limb)) as u32).collect())
    }

    fn shifted_left(mut self, limbs: u32) -> Limbs {
        self.0.splice(0..0, std::iter::repeat_n(0, limbs as usize));
        self
    }

    fn times_power_of_ten(mut self, power: u32) -> Limbs {
        for _ in 0..power / CHUNK {
            self.multiply(10u64.pow(CHUNK));
        }
        self.multiply(10u64.pow(power % CHUNK));
        self
    }

    fn multiply(&mut self, factor: u64) {
        let mut carry = 0;
        for limb in &mut self.0 {
            let product = u64::from(*limb) * factor + carry;
            *limb = product as u32;
            carry = product >> 32;
        }
        if carry != 0 {
            self.0.push(carry as u32);
        }
    }

    /// Dividing in steps and dropping each remainder gives the same quotient as dividing once.
    fn divided_by_power_of_ten(mut self, power: u32) -> Limbs {
        for _ in 0..power / CHUNK {
            // Inlined with a constant divisor: no division instruction is left.
            self.divide(10u64.pow(CHUNK));
        }
        self.divide(10u64.pow(power % CHUNK));
        self
    }

    #[inline(always)]
    fn divide(&mut self, divisor: u64) {
        let mut remainder = 0;
        for limb in self.0.iter_mut().rev() {
            let dividend = remainder << 32 | u64::from(*limb);
            *limb = (dividend / divisor) as u32;
            remainder = dividend % divisor;
        }
        while self.0.last() == Some(&0) {
            self.0.pop();
        }
    }

    /// Exponent and fraction of this integer divided by 2^`shift`.
    fn normalized(mut self, shift: i32) -> (i32, u128) {
        while self.0.last() == Some(&0) {
            self.0.pop();
        }
        let limb = |from_top: usize| {
            let index = self.0.len().checked_sub(from_top + 1);
            u128::from(
                index
                    .and_then(|index| self.0.get(index))
                    .copied()
                    .unwrap_or(0),
            )
        };
        let top = (0..4).fold(0, |top, from_top| top << 32 | limb(from_top));
        let zeros = top.leading_zeros();
        let bits = top << zeros | limb(4) << zeros >> 32;
        let exponent = 32 * self.0.len() as i32 - 1 - zeros as i32 - shift;
        (exponent, bits << 1)
    }
}
