//! Gives a compiled filter the collation of its operation.
//!
//! Only what compares values is concerned (`$eq` `$in` `$lt` and their kin), and of that only
//! operands that hold strings: a filter on numbers is the same under every collation. Regular
//! expressions look at the characters themselves.

use super::{Conjunction, ElemMatch, Node, Predicate};
use crate::bson::{Collation, RawValue};

impl Conjunction {
    pub(super) fn collate(&mut self, collation: &Collation) {
        for test in self.groups.iter_mut().flat_map(|group| &mut group.tests) {
            test.predicate.collate(collation);
        }
        self.rest
            .iter_mut()
            .for_each(|node| node.collate(collation));
    }
}

impl Node {
    fn collate(&mut self, collation: &Collation) {
        match self {
            Node::All(all) => all.collate(collation),
            Node::Any(nodes) => nodes.iter_mut().for_each(|node| node.collate(collation)),
            Node::Not(node) => node.collate(collation),
            // Schemas compare strings by their bytes under every collation; expressions were compiled with it.
            Node::Schema(_) | Node::Sample(_) | Node::Expression(_) => {}
        }
    }
}

impl Predicate {
    fn collate(&mut self, collation: &Collation) {
        match self {
            Predicate::Equal(operand) | Predicate::Order(_, operand) => operand.collate(collation),
            Predicate::In(alternatives) => alternatives.collate(collation),
            Predicate::ElemMatch(conditions) => match &mut **conditions {
                ElemMatch::Value(all) | ElemMatch::Document(all) => all.collate(collation),
            },
            Predicate::Regex(_)
            | Predicate::Exists
            | Predicate::Type(_)
            | Predicate::Size(_)
            | Predicate::Modulo(_)
            | Predicate::Bits(_) => {}
        }
    }
}

/// Whether a collation may make a difference to how a value compares.
pub(crate) fn may_hold_strings(value: RawValue<'_>) -> bool {
    matches!(
        value,
        RawValue::String(_)
            | RawValue::Symbol(_)
            | RawValue::Document(_)
            | RawValue::Array(_)
            | RawValue::JavaScriptWithScope { .. }
    )
}
