//! The pass over a document that keeps or drops its fields, in the document's own order.
//!
//! Arrays are passed through element by element: an inclusion drops their scalars where it looks
//! deeper, an exclusion keeps them.

use super::tree::{Leaf, Node, Tree};
use crate::bson::{Builder, Element, RawDoc, RawValue};

/// One pass. Copied and changed on the way down.
#[derive(Clone, Copy)]
pub(super) struct Trim {
    /// Whether the tree's leaves are what is kept, rather than what is dropped.
    pub(super) inclusion: bool,
    /// Inside an array that is an element of an array: `$slice` does not reach there.
    pub(super) in_nested_array: bool,
}

impl Trim {
    pub(super) fn document(self, tree: &Tree, document: RawDoc<'_>, builder: &mut Builder<'_>) {
        for element in document.elements() {
            match tree.get(element.key().as_bytes()) {
                None if self.inclusion => {}
                None => builder.append_element(element),
                Some(Node::Leaf(leaf)) => self.leaf(leaf, element, builder),
                Some(Node::Tree(subtree)) => self.nested(subtree, element, builder),
            }
        }
    }

    fn leaf(self, leaf: &Leaf, element: Element<'_>, builder: &mut Builder<'_>) {
        match leaf {
            Leaf::Plain if self.inclusion => builder.append_element(element),
            Leaf::Plain => {}
            // Keeps its place among what an exclusion keeps.
            Leaf::Computed if self.inclusion => {}
            Leaf::Computed => builder.append_element(element),
            Leaf::Slice(slice) => match element.value() {
                Some(RawValue::Array(array)) if !self.in_nested_array => {
                    slice.write(array, &mut builder.start_array(element.key()));
                }
                _ => builder.append_element(element),
            },
        }
    }

    fn nested(self, tree: &Tree, element: Element<'_>, builder: &mut Builder<'_>) {
        match element.value() {
            Some(RawValue::Document(document)) => {
                self.document(tree, document, &mut builder.start_document(element.key()));
            }
            Some(RawValue::Array(array)) => {
                self.array(tree, array, &mut builder.start_array(element.key()));
            }
            _ if self.inclusion => {}
            _ => builder.append_element(element),
        }
    }

    fn array(self, tree: &Tree, array: RawDoc<'_>, builder: &mut Builder<'_>) {
        let inner_trim = Trim {
            in_nested_array: true,
            ..self
        };
        for (_, value) in array {
            match value {
                RawValue::Document(document) => {
                    self.document(tree, document, &mut builder.push_document());
                }
                RawValue::Array(inner) => inner_trim.array(tree, inner, &mut builder.push_array()),
                _ if self.inclusion => {}
                _ => builder.push(value),
            }
        }
    }
}
