//! The shape of a filter: its structure, paths and operators, without the values. Queries of one
//! shape can use one plan.
//!
//! Of a value only its type counts, and of a pattern whether it has a literal prefix: that much
//! decides which index bounds there are.

use super::{Conjunction, ElemMatch, Filter, Node, Predicate};
use crate::bson::compare::canonical_type;

impl Filter {
    /// Appends the shape. Equal shapes are equal bytes.
    pub fn write_shape(&self, out: &mut Vec<u8>) {
        write_conjunction(&self.root, out);
        // It decides which indexes can serve.
        if let Some(collation) = &self.collation {
            out.extend_from_slice(&collation.to_document().to_bytes());
        }
    }
}

fn write_conjunction(all: &Conjunction, out: &mut Vec<u8>) {
    out.push(b'(');
    for test in all.tests() {
        out.extend_from_slice(test.path.as_str().as_bytes());
        out.push(0);
        write_predicate(&test.predicate, out);
    }
    for node in all.rest() {
        write_node(node, out);
    }
    out.push(b')');
}

fn write_node(node: &Node, out: &mut Vec<u8>) {
    match node {
        Node::All(all) => write_conjunction(all, out),
        Node::Any(nodes) => {
            out.push(b'|');
            nodes.iter().for_each(|node| write_node(node, out));
            out.push(b')');
        }
        Node::Not(node) => {
            out.push(b'!');
            write_node(node, out);
        }
        Node::Schema(_) => out.push(b'$'),
        Node::Sample(_) => out.push(b'?'),
        Node::Expression(_) => out.push(b'x'),
    }
}

fn write_predicate(predicate: &Predicate, out: &mut Vec<u8>) {
    match predicate {
        Predicate::Equal(operand) => out.extend([b'=', canonical_type(operand.value())]),
        Predicate::Order(comparison, operand) => {
            out.extend([b'<', *comparison as u8, canonical_type(operand.value())]);
        }
        Predicate::In(alternatives) => {
            out.extend([b'i', u8::from(alternatives.patterns().is_empty())]);
        }
        Predicate::Regex(pattern) => {
            out.extend([b'~', u8::from(pattern.literal_prefix().is_empty())]);
        }
        Predicate::Exists => out.push(b'e'),
        Predicate::Type(types) => {
            out.push(b't');
            out.extend(types.types().map(|kind| kind as u8));
            out.push(0);
        }
        Predicate::Size(_) => out.push(b's'),
        Predicate::Modulo(_) => out.push(b'%'),
        Predicate::Bits(bits) => out.extend([b'b', bits.quantity() as u8]),
        Predicate::ElemMatch(conditions) => {
            let (letter, conditions) = match &**conditions {
                ElemMatch::Value(conditions) => (b'v', conditions),
                ElemMatch::Document(filter) => (b'd', filter),
            };
            out.push(letter);
            write_conjunction(conditions, out);
        }
    }
}
