//! The bitwise operators: `$bitsAllSet`, `$bitsAllClear`, `$bitsAnySet`, `$bitsAnyClear`
//! ([manual](https://www.mongodb.com/docs/manual/reference/operator/query-bitwise/)).
//!
//! Bit 0 is the least. Of a number the sign fills all bits beyond the 63rd; of binary data bits
//! beyond the end are clear. Numbers that are not 64-bit integers match nothing.

use crate::bson::{RawValue, number::Number};
use crate::error::{Code, Error, Result};

/// Which of the bits must be how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Quantity {
    AllSet,
    AllClear,
    AnySet,
    AnyClear,
}

/// A test of bits.
#[derive(Clone, Debug)]
pub(crate) struct BitTest {
    quantity: Quantity,
    /// The bits up to the 63rd.
    mask: u64,
    /// The others.
    higher: Box<[u32]>,
}

impl BitTest {
    /// Reads the operand: a mask, as a number or binary data, or an array of positions.
    pub(super) fn parse(
        path: &str,
        operator: &str,
        quantity: Quantity,
        operand: RawValue<'_>,
    ) -> Result<BitTest> {
        let refused = |code, needed: &str| {
            let shown = crate::query::explain::shell_text(operand);
            let message = format!("{operator} of '{path}' {needed} but received: {shown}");
            Error::query(code, message)
        };
        let positions: Vec<u32> = match operand {
            RawValue::Array(positions) => positions
                .iter()
                .map(|(_, position)| parse_position(path, operator, position))
                .collect::<Result<_>>()?,
            RawValue::Binary { bytes, .. } => (0..bytes.len() as u32 * 8)
                .filter(|position| bit_of_bytes(bytes, *position))
                .collect(),
            mask if mask.is_number() => {
                let mask = mask.as_integer().and_then(|mask| u64::try_from(mask).ok());
                let mask = mask.ok_or_else(|| {
                    let needed = "takes a 64-bit integer that is not negative";
                    refused(Code::FAILED_TO_PARSE, needed)
                })?;
                (0..u64::BITS).filter(|at| mask >> at & 1 == 1).collect()
            }
            _ => {
                let needed = "takes an Array, a number, or a BinData";
                return Err(refused(Code::BAD_VALUE, needed));
            }
        };
        let in_mask = |position: &&u32| **position < u64::BITS;
        Ok(BitTest {
            quantity,
            mask: positions
                .iter()
                .filter(in_mask)
                .fold(0, |mask, position| mask | 1 << position),
            higher: positions
                .iter()
                .filter(|position| !in_mask(position))
                .copied()
                .collect(),
        })
    }

    pub(crate) fn quantity(&self) -> Quantity {
        self.quantity
    }

    pub(super) fn matches(&self, value: RawValue<'_>) -> bool {
        match value {
            RawValue::Binary { bytes, .. } => {
                let mut low = [0; 8];
                let len = bytes.len().min(8);
                low[..len].copy_from_slice(&bytes[..len]);
                self.holds(u64::from_le_bytes(low), |at| bit_of_bytes(bytes, at))
            }
            value => match Number::from_raw(value).and_then(|_| value.as_integer()) {
                Some(number) => self.holds(number as u64, |_| number < 0),
                None => false,
            },
        }
    }

    /// `low` are the bits up to the 63rd, `higher` tells of another whether it is set.
    fn holds(&self, low: u64, higher: impl Fn(u32) -> bool) -> bool {
        let mut others = self.higher.iter().map(|position| higher(*position));
        match self.quantity {
            Quantity::AllSet => low & self.mask == self.mask && others.all(|set| set),
            Quantity::AllClear => low & self.mask == 0 && others.all(|set| !set),
            Quantity::AnySet => low & self.mask != 0 || others.any(|set| set),
            Quantity::AnyClear => !low & self.mask != 0 || others.any(|set| !set),
        }
    }
}

fn bit_of_bytes(bytes: &[u8], position: u32) -> bool {
    let byte = bytes.get(position as usize / 8);
    byte.is_some_and(|byte| byte >> (position % 8) & 1 == 1)
}

fn parse_position(path: &str, operator: &str, position: RawValue<'_>) -> Result<u32> {
    let whole = position
        .as_integer()
        .and_then(|position| i32::try_from(position).ok());
    let found = whole.and_then(|position| u32::try_from(position).ok());
    found.ok_or_else(|| {
        let needed = match whole {
            Some(_) => "must be >= 0",
            None => "must be a 32-bit integer",
        };
        let shown = crate::query::explain::shell_text(position);
        let message = format!("bit positions {needed} but got: {shown} ({operator} of '{path}')");
        Error::query(Code::BAD_VALUE, message)
    })
}
