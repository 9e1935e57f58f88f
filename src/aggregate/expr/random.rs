//! `$rand`: a double from 0 up to, but not including, 1. A new one each time.

use std::cell::Cell;
use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;

use super::{Computed, Entry, Frame, Node, Operator, refuse};
use crate::bson::RawValue;
use crate::error::Result;

pub(super) const OPERATORS: &[Entry] = &[Entry::special("$rand", |_, _, operand| {
    let takes_nothing = match operand {
        RawValue::Document(arguments) | RawValue::Array(arguments) => arguments.is_empty(),
        _ => false,
    };
    match takes_nothing {
        true => Ok(Node::Operator(Box::new(Rand))),
        false => refuse(10065, "$rand does not currently accept arguments"),
    }
})];

#[derive(Debug)]
struct Rand;

impl Operator for Rand {
    fn evaluate<'a>(&'a self, _: Frame<'a>) -> Result<Computed<'a>> {
        Ok(Some(RawValue::Double(random_fraction())))
    }

    fn operands<'n>(&'n self, _: &mut dyn FnMut(&'n Node)) {}

    fn is_deterministic(&self) -> bool {
        false
    }
}

thread_local! {
    static STATE: Cell<u64> = Cell::new(RandomState::new().hash_one(0u64));
}

/// A double from 0 up to 1 (SplitMix64, seeded by the system).
pub(crate) fn random_fraction() -> f64 {
    let state = STATE.get().wrapping_add(0x9e37_79b9_7f4a_7c15);
    STATE.set(state);
    let mut bits = state;
    bits = (bits ^ bits >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ bits >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^= bits >> 31;
    (bits >> 11) as f64 / (1u64 << 53) as f64
}
