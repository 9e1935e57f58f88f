//! What gives another value each time: `$rand`, a double from 0 up to, but not including, 1; `$createObjectId`.

use super::{Computed, Entry, Frame, Node, Operator, refuse};
use crate::bson::{ObjectId, RawValue};
use crate::error::{Code, Result};
use crate::query::random;

pub(super) const OPERATORS: &[Entry] = &[
    Entry::special("$rand", |_, _, operand| {
        let takes_nothing = match operand {
            RawValue::Document(arguments) | RawValue::Array(arguments) => arguments.is_empty(),
            _ => false,
        };
        match takes_nothing {
            true => Ok(node(|| RawValue::Double(random::unit()))),
            false => refuse(10065, "$rand does not currently accept arguments"),
        }
    }),
    Entry::special("$createObjectId", |_, name, operand| match operand {
        RawValue::Document(arguments) if arguments.is_empty() => {
            Ok(node(|| RawValue::ObjectId(ObjectId::new())))
        }
        other => refuse(
            Code::FAILED_TO_PARSE.0,
            format!("{name} takes an empty object, found {}", other.type_name()),
        ),
    }),
];

fn node(value: fn() -> RawValue<'static>) -> Node {
    Node::Operator(Box::new(Random(value)))
}

#[derive(Debug)]
struct Random(fn() -> RawValue<'static>);

impl Operator for Random {
    fn evaluate<'a>(&'a self, _: Frame<'a>) -> Result<Computed<'a>> {
        Ok(Some((self.0)()))
    }

    fn operands<'n>(&'n self, _: &mut dyn FnMut(&'n Node)) {}

    fn is_deterministic(&self) -> bool {
        false
    }
}
