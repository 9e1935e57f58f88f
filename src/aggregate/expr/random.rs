//! `$rand`: a double from 0 up to, but not including, 1. A new one each time.

use super::{Computed, Entry, Frame, Node, Operator, refuse};
use crate::bson::RawValue;
use crate::error::Result;
use crate::query::random;

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
        Ok(Some(RawValue::Double(random::unit())))
    }

    fn operands<'n>(&'n self, _: &mut dyn FnMut(&'n Node)) {}

    fn is_deterministic(&self) -> bool {
        false
    }
}
