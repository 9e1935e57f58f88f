//! Applying an update tree: one pass over the raw document, into a new one.
//!
//! What the tree does not name is copied as it lies. Fields that are there keep their place; new
//! ones are added at the end, in the tree's order. An array is addressed by positions and grows
//! with nulls up to a new one. A path that would lead into a scalar fails, unless it only removes.

use super::operator::Change;
use super::tree::{Branch, Child, Node};
use crate::bson::{Builder, Element, RawDoc, RawValue};
use crate::error::{Code, Error, Result};
use crate::query::explain::shell_text;

/// The most nulls that are added to an array to reach a position.
const MAX_PADDING: u32 = 1_500_000;

impl Branch {
    /// Appends the updated `document` to `out`; says whether it differs.
    pub(super) fn apply(&self, document: RawDoc<'_>, out: &mut Vec<u8>) -> Result<bool> {
        self.document(document, Builder::new(out))
    }

    fn document(&self, document: RawDoc<'_>, mut builder: Builder<'_>) -> Result<bool> {
        let children = self.children();
        let mut modified = false;
        let mut seen = vec![false; children.len()];
        for element in document.elements() {
            let key = element.key().as_bytes();
            let Some(at) = children
                .iter()
                .position(|child| child.name.as_bytes() == key)
            else {
                builder.append_element(element);
                continue;
            };
            seen[at] = true;
            modified |= children[at].existing(element, &mut builder, Parent::Document)?;
        }
        for (child, seen) in children.iter().zip(seen) {
            if !seen {
                modified |= child.missing(&child.name, &mut builder)?;
            }
        }
        Ok(modified)
    }

    fn array(&self, name: &str, array: RawDoc<'_>, mut builder: Builder<'_>) -> Result<bool> {
        let not_a_position = |child: &&Child| child.index.is_none() && child.node.creates();
        if let Some(child) = self.children().iter().find(not_a_position) {
            return Err(not_viable(&child.name, name, RawValue::Array(array)));
        }
        let (mut modified, mut len) = (false, 0);
        for element in array.elements() {
            let child = self
                .children()
                .iter()
                .find(|child| child.index == Some(len));
            match child {
                Some(child) => modified |= child.existing(element, &mut builder, Parent::Array)?,
                None => builder.append_element(element),
            }
            len += 1;
        }
        // The children are in the order of their positions.
        for child in self.children() {
            let Some(index) = child.index.filter(|index| *index >= len) else {
                continue;
            };
            if !child.node.creates() {
                continue;
            }
            if index - len > MAX_PADDING {
                return Err(Error::query(
                    Code::CANNOT_BACKFILL_ARRAY,
                    format!(
                        "can't backfill more than {MAX_PADDING} elements: position {index} of \
                         \"{name}\", which has {len}"
                    ),
                ));
            }
            for position in len..index {
                builder.append(position.to_string(), RawValue::Null);
            }
            child.missing(&index.to_string(), &mut builder)?;
            (modified, len) = (true, index + 1);
        }
        Ok(modified)
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Parent {
    Document,
    Array,
}

impl Child {
    /// Updates a field that is there.
    fn existing(
        &self,
        element: Element<'_>,
        builder: &mut Builder<'_>,
        parent: Parent,
    ) -> Result<bool> {
        let key = element.key();
        match (&self.node, element.value()) {
            (Node::Leaf(operator), _) => match operator.change(Some(element))? {
                Change::Keep => {
                    builder.append_element(element);
                    Ok(false)
                }
                Change::Write(value) => {
                    builder.append(key, value);
                    Ok(true)
                }
                Change::Remove if parent == Parent::Array => {
                    builder.append(key, RawValue::Null);
                    Ok(!matches!(element.value(), Some(RawValue::Null)))
                }
                Change::Remove => Ok(true),
            },
            (Node::Branch(branch), Some(RawValue::Document(document))) => {
                branch.document(document, builder.start_document(key))
            }
            (Node::Branch(branch), Some(RawValue::Array(array))) => {
                branch.array(&self.name, array, builder.start_array(key))
            }
            (Node::Branch(branch), value) => {
                if let Some(child) = branch.creating_child() {
                    let value = value.unwrap_or(RawValue::Null);
                    return Err(not_viable(&child.name, &self.name, value));
                }
                builder.append_element(element);
                Ok(false)
            }
        }
    }

    /// Makes a field that is not there, and what lies below it.
    fn missing(&self, key: &str, builder: &mut Builder<'_>) -> Result<bool> {
        match &self.node {
            Node::Leaf(operator) => match operator.change(None)? {
                Change::Write(value) => {
                    builder.append(key, value);
                    Ok(true)
                }
                Change::Keep | Change::Remove => Ok(false),
            },
            Node::Branch(branch) if self.node.creates() => {
                branch.document(RawDoc::EMPTY, builder.start_document(key))?;
                Ok(true)
            }
            Node::Branch(_) => Ok(false),
        }
    }
}

fn not_viable(child: &str, name: &str, value: RawValue<'_>) -> Error {
    let text = abbreviated(value);
    Error::query(
        Code::PATH_NOT_VIABLE,
        format!("Cannot create field '{child}' in element {{{name}: {text}}}"),
    )
}

/// A value for an error message: its type and itself.
pub(super) fn describe(value: RawValue<'_>) -> String {
    let name = value.type_name();
    let article = if name.starts_with(['a', 'e', 'i', 'o', 'u']) {
        "an"
    } else {
        "a"
    };
    format!("{article} {name} ({})", abbreviated(value))
}

fn abbreviated(value: RawValue<'_>) -> String {
    const MOST_CHARS: usize = 100;
    let text = shell_text(value);
    match text.char_indices().nth(MOST_CHARS) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text,
    }
}
