//! Applying an update tree: one pass over the raw document, into a new one.
//!
//! What the tree does not name is copied as it lies, in as few pieces as may be. Fields that are
//! there keep their place; new ones are added at the end, in the tree's order. An array is addressed
//! by positions and grows with nulls up to a new one. A path that would lead into a scalar fails,
//! unless its operator only removes.

use std::borrow::Cow;

use super::describe::abbreviated;
use super::marks::Marks;
use super::operator::{Absent, Applying, At, Outcome, Slot};
use super::tree::{Branch, Child, Elements, Node, joined};
use crate::bson::{Builder, Element, RawDoc, RawValue};
use crate::error::{Code, Error, Result};

/// The most nulls that are added to an array to reach a position.
const MAX_PADDING: u32 = 1_500_000;

impl Branch {
    /// Appends the updated document to `out`; says whether it differs.
    pub(super) fn apply(&self, applying: &Applying<'_>, out: &mut Vec<u8>) -> Result<bool> {
        let root = At::root(applying);
        self.document(&root, applying.document, Builder::new(out))
    }

    fn document(
        &self,
        at: &At<'_>,
        document: RawDoc<'_>,
        mut builder: Builder<'_>,
    ) -> Result<bool> {
        let children = self.children();
        let mut modified = false;
        let mut seen = Marks::new(children.len());
        let mut copier = Copier::new(document);
        for element in document.elements() {
            let key = element.key().as_bytes();
            let named = |child: &Child| child.name.as_bytes() == key;
            let Some(place) = children.iter().position(named) else {
                copier.keep(element);
                continue;
            };
            copier.leave_out(element, &mut builder);
            let child = &children[place];
            let at = at.below(&child.name);
            modified |= child
                .node
                .existing(&at, element, &mut builder, Parent::Document)?;
            seen.insert(place);
            if seen.is_full() {
                copier.keep_all();
                break;
            }
        }
        copier.finish(&mut builder);
        for (place, child) in children.iter().enumerate() {
            if !seen.contains(place) {
                let at = at.below(&child.name);
                modified |= child
                    .node
                    .missing(&at, child.name.as_bytes(), &mut builder)?;
            }
        }
        Ok(modified)
    }

    fn array(&self, at: &At<'_>, array: RawDoc<'_>, mut builder: Builder<'_>) -> Result<bool> {
        self.refuse_blocked(at, RawValue::Array(array), |child| child.index.is_none())?;
        let (mut modified, mut len) = (false, 0);
        let mut copier = Copier::new(array);
        for element in array.elements() {
            let mut children = self.children().iter();
            match children.find(|child| child.index == Some(len)) {
                None => copier.keep(element),
                Some(child) => {
                    copier.leave_out(element, &mut builder);
                    let at = at.below(&child.name);
                    modified |= child
                        .node
                        .existing(&at, element, &mut builder, Parent::Array)?;
                }
            }
            len += 1;
        }
        copier.finish(&mut builder);
        // The children are in the order of their positions.
        for child in self.children() {
            let Some(index) = child.index.filter(|index| *index >= len) else {
                continue;
            };
            if !child.node.makes(at.applying) {
                continue;
            }
            if index - len > MAX_PADDING {
                return Err(Error::query(
                    Code::CANNOT_BACKFILL_ARRAY,
                    format!(
                        "can't backfill more than {MAX_PADDING} elements: position {index} of \
                         \"{}\", which has {len}",
                        at.path()
                    ),
                ));
            }
            builder.continue_at(len);
            (len..index).for_each(|_| builder.push(RawValue::Null));
            let at = at.below(&child.name);
            child
                .node
                .missing(&at, child.name.as_bytes(), &mut builder)?;
            (modified, len) = (true, index + 1);
        }
        Ok(modified)
    }

    /// Refuses to go on below a value that has no such children, if any of them needs it.
    fn refuse_blocked(
        &self,
        at: &At<'_>,
        value: RawValue<'_>,
        blocked: impl Fn(&Child) -> bool,
    ) -> Result<()> {
        for child in self.children().iter().filter(|child| blocked(child)) {
            let Some((demand, below)) = child.node.demand(at.applying) else {
                continue;
            };
            let (child, name, text) = (&child.name, at.name, abbreviated(value));
            let path = || joined(&at.path(), &joined(child, &below));
            return Err(match demand {
                Demand::Make => Error::query(
                    Code::PATH_NOT_VIABLE,
                    format!("Cannot create field '{child}' in element {{{name}: {text}}}"),
                ),
                Demand::Check => Error::query(
                    Code::PATH_NOT_VIABLE,
                    format!(
                        "Cannot use the part ({child}) of ({}) to traverse the element \
                         ({{{name}: {text}}})",
                        path()
                    ),
                ),
                Demand::Elements => no_array(&path()),
            });
        }
        Ok(())
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Parent {
    Document,
    Array,
}

/// What a part of a tree asks of the path to it.
enum Demand {
    /// That it can be made.
    Make,
    /// That it could be made.
    Check,
    /// That it leads to an array.
    Elements,
}

impl Node {
    /// Updates what is there.
    fn existing(
        &self,
        at: &At<'_>,
        element: Element<'_>,
        builder: &mut Builder<'_>,
        parent: Parent,
    ) -> Result<bool> {
        let key = element.key();
        match self {
            Node::Leaf(operator) => {
                let slot = Slot::new(builder, key.as_bytes());
                match operator.change(Some(element), slot, at)? {
                    Outcome::Kept => {
                        builder.append_element(element);
                        Ok(false)
                    }
                    Outcome::Written => Ok(true),
                    Outcome::Removed if parent == Parent::Array => {
                        builder.append(key, RawValue::Null);
                        Ok(!matches!(element.value(), Some(RawValue::Null)))
                    }
                    Outcome::Removed => Ok(true),
                }
            }
            Node::Elements(elements) => elements.apply(at, element, builder),
            Node::Branch(branch) => match element.value() {
                Some(RawValue::Document(document)) => {
                    branch.document(at, document, builder.start_document(key))
                }
                Some(RawValue::Array(array)) => branch.array(at, array, builder.start_array(key)),
                value => {
                    branch.refuse_blocked(at, value.unwrap_or(RawValue::Null), |_| true)?;
                    builder.append_element(element);
                    Ok(false)
                }
            },
        }
    }

    /// Makes what is not there, and what lies below it.
    fn missing(&self, at: &At<'_>, key: &[u8], builder: &mut Builder<'_>) -> Result<bool> {
        match self {
            Node::Leaf(operator) => {
                if operator.absent(at.applying) != Absent::Make {
                    return Ok(false);
                }
                let outcome = operator.change(None, Slot::new(builder, key), at)?;
                Ok(outcome == Outcome::Written)
            }
            Node::Elements(_) => Err(no_array(&at.path())),
            Node::Branch(branch) if self.makes(at.applying) => {
                branch.document(at, RawDoc::EMPTY, builder.start_document(key))?;
                Ok(true)
            }
            Node::Branch(_) => Ok(false),
        }
    }

    /// Whether it makes what is not there, or fails for want of it.
    fn makes(&self, applying: &Applying<'_>) -> bool {
        match self {
            Node::Leaf(operator) => operator.absent(applying) == Absent::Make,
            Node::Elements(_) => true,
            Node::Branch(branch) => {
                let mut children = branch.children().iter();
                children.any(|child| child.node.makes(applying))
            }
        }
    }

    /// The first demand in it, and the path below that makes it.
    fn demand(&self, applying: &Applying<'_>) -> Option<(Demand, String)> {
        match self {
            Node::Leaf(operator) => match operator.absent(applying) {
                Absent::Make => Some((Demand::Make, String::new())),
                Absent::Check => Some((Demand::Check, String::new())),
                Absent::Ignore => None,
            },
            Node::Elements(_) => Some((Demand::Elements, String::new())),
            Node::Branch(branch) => branch.children().iter().find_map(|child| {
                let (demand, below) = child.node.demand(applying)?;
                Some((demand, joined(&child.name, &below)))
            }),
        }
    }
}

impl Elements {
    fn apply(&self, at: &At<'_>, element: Element<'_>, builder: &mut Builder<'_>) -> Result<bool> {
        let array = match element.value() {
            Some(RawValue::Array(array)) => array,
            value => {
                let text = abbreviated(value.unwrap_or(RawValue::Null));
                return Err(Error::query(
                    Code::BAD_VALUE,
                    format!(
                        "Cannot apply array updates to non-array element {}: {text}",
                        at.name
                    ),
                ));
            }
        };
        let mut builder = builder.start_array(element.key());
        let mut copier = Copier::new(array);
        let mut modified = false;
        for element in array.elements() {
            let at = at.below(element.key().as_str());
            let Some(node) = self.selecting(&at, element)? else {
                copier.keep(element);
                continue;
            };
            copier.leave_out(element, &mut builder);
            modified |= node.existing(&at, element, &mut builder, Parent::Array)?;
        }
        copier.finish(&mut builder);
        Ok(modified)
    }

    /// What is done to an element: all children that select it, as one.
    fn selecting(&self, at: &At<'_>, element: Element<'_>) -> Result<Option<Cow<'_, Node>>> {
        let applying = at.applying;
        let mut selecting: Option<Cow<'_, Node>> = None;
        for child in &self.children {
            if let Some(filter) = child.filter
                && !applying.array_filters.matches(filter, element, applying)?
            {
                continue;
            }
            selecting = Some(match selecting {
                None => Cow::Borrowed(&child.node),
                Some(other) => Cow::Owned(other.merged(&child.node, &at.path())?),
            });
        }
        Ok(selecting)
    }
}

/// Copies the elements that lie between those that change, each run of them at once.
struct Copier<'d> {
    bytes: &'d [u8],
    /// What lies before was dealt with.
    done: usize,
    at: usize,
}

impl<'d> Copier<'d> {
    fn new(document: RawDoc<'d>) -> Copier<'d> {
        const LENGTH_BYTES: usize = 4;
        Copier {
            bytes: document.as_bytes(),
            done: LENGTH_BYTES,
            at: LENGTH_BYTES,
        }
    }

    fn keep(&mut self, element: Element<'_>) {
        self.at += element.as_bytes().len();
    }

    fn leave_out(&mut self, element: Element<'_>, builder: &mut Builder<'_>) {
        self.flush(builder);
        self.at += element.as_bytes().len();
        self.done = self.at;
    }

    /// Keeps all that follows.
    fn keep_all(&mut self) {
        self.at = self.bytes.len().saturating_sub(1).max(self.at);
    }

    fn finish(mut self, builder: &mut Builder<'_>) {
        self.flush(builder);
    }

    fn flush(&mut self, builder: &mut Builder<'_>) {
        builder.append_elements(self.bytes.get(self.done..self.at).unwrap_or_default());
        self.done = self.at;
    }
}

fn no_array(path: &str) -> Error {
    Error::query(
        Code::BAD_VALUE,
        format!("The path '{path}' must exist in the document in order to apply array updates."),
    )
}
