//! The compiled tree: constants, field paths, document and array literals, operators.

use std::fmt;

use super::MetadataNeeds;
use super::frame::{ArrayWriter, Computed, DocumentWriter, Frame, elements};
use crate::bson::{Path, RawDoc, RawValue, RawValueBuf};
use crate::error::Result;
use crate::query::Surroundings;

/// A part of an expression.
#[derive(Debug)]
pub(crate) enum Node {
    /// A value that no document changes; none is "missing".
    Constant(Option<RawValueBuf>),
    /// What a path leads to, from a variable on; without a path, the variable itself.
    Path {
        base: Base,
        path: Option<Path>,
    },
    /// A document literal. Fields that are missing are left out.
    Document(Vec<(Box<str>, Node)>),
    /// An array literal. Elements that are missing become null.
    Array(Vec<Node>),
    Operator(Box<dyn Operator>),
}

/// Where a path begins.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Base {
    Root,
    /// The variable bound so many bindings ago.
    Variable(usize),
}

/// An operator with its operands.
pub(crate) trait Operator: fmt::Debug + Send + Sync {
    fn evaluate<'a>(&'a self, frame: Frame<'a>) -> Result<Computed<'a>>;

    /// Gives every operand to `visit`.
    fn operands<'n>(&'n self, visit: &mut dyn FnMut(&'n Node));

    /// Whether the same operands always give the same value.
    fn is_deterministic(&self) -> bool {
        true
    }

    /// The metadata that the operator itself reads.
    fn metadata_needs(&self) -> MetadataNeeds {
        MetadataNeeds::default()
    }
}

/// What most operators are: a function of the values of all their operands.
///
/// It is given the operator's name (for messages), the operands' values and the frame, in whose arena
/// it puts what it computes.
pub(crate) type Function = for<'a> fn(
    name: &'static str,
    values: &[Computed<'a>],
    frame: Frame<'a>,
) -> Result<Computed<'a>>;

/// An operator that is a [`Function`].
pub(super) struct Call {
    pub(super) name: &'static str,
    pub(super) function: Function,
    pub(super) operands: Box<[Node]>,
}

impl Node {
    /// A constant.
    pub(crate) fn constant(value: RawValue<'_>) -> Node {
        Node::Constant(Some(value.into()))
    }

    /// The value if no document changes it; the inner none is "missing".
    pub(crate) fn as_constant(&self) -> Option<Computed<'_>> {
        match self {
            Node::Constant(value) => Some(value.as_ref().map(RawValueBuf::as_raw)),
            _ => None,
        }
    }

    pub(crate) fn evaluate<'a>(&'a self, frame: Frame<'a>) -> Result<Computed<'a>> {
        match self {
            Node::Constant(value) => Ok(value.as_ref().map(RawValueBuf::as_raw)),
            Node::Path { base, path } => Ok(follow(*base, path.as_ref(), frame)),
            Node::Operator(operator) => {
                frame.step()?;
                operator.evaluate(frame)
            }
            Node::Document(fields) => {
                let mut document = DocumentWriter::new();
                for (name, node) in fields {
                    if let Some(value) = node.evaluate(frame)? {
                        document.append(name.as_bytes(), value)?;
                    }
                }
                Ok(Some(document.finish(frame)))
            }
            Node::Array(nodes) => {
                let mut array = ArrayWriter::new();
                for node in nodes {
                    array.push(node.evaluate(frame)?.unwrap_or(RawValue::Null))?;
                }
                Ok(Some(array.finish(frame)))
            }
        }
    }

    /// Gives every operand to `visit`.
    pub(crate) fn operands<'n>(&'n self, visit: &mut dyn FnMut(&'n Node)) {
        match self {
            Node::Constant(_) | Node::Path { .. } => {}
            Node::Document(fields) => fields.iter().for_each(|(_, node)| visit(node)),
            Node::Array(nodes) => nodes.iter().for_each(visit),
            Node::Operator(operator) => operator.operands(visit),
        }
    }

    /// Whether the value depends on the document.
    pub(crate) fn reads_document(&self) -> bool {
        if matches!(
            self,
            Node::Path {
                base: Base::Root,
                ..
            }
        ) {
            return true;
        }
        let mut reads = false;
        self.operands(&mut |operand| reads = reads || operand.reads_document());
        reads
    }

    /// Whether the same document always gives the same value.
    pub(crate) fn is_deterministic(&self) -> bool {
        let mut deterministic = match self {
            Node::Operator(operator) => operator.is_deterministic(),
            _ => true,
        };
        self.operands(&mut |operand| {
            deterministic = deterministic && operand.is_deterministic();
        });
        deterministic
    }

    /// The metadata that it computes with.
    pub(crate) fn metadata_needs(&self) -> MetadataNeeds {
        let mut needs = match self {
            Node::Operator(operator) => operator.metadata_needs(),
            _ => MetadataNeeds::default(),
        };
        self.operands(&mut |operand| needs = needs.or(operand.metadata_needs()));
        needs
    }

    /// The constant that this is, if all its operands are constants and computing it does not fail;
    /// what fails is left to fail when it is needed, for it may never be.
    pub(super) fn folded(self, surroundings: &Surroundings) -> Node {
        let deterministic = match &self {
            Node::Constant(_) | Node::Path { .. } => false,
            Node::Operator(operator) => operator.is_deterministic(),
            Node::Document(_) | Node::Array(_) => true,
        };
        let mut constant = deterministic;
        self.operands(&mut |operand| constant = constant && operand.as_constant().is_some());
        if !constant {
            return self;
        }
        let arena = super::Arena::default();
        let frame = Frame::new(RawDoc::EMPTY.into(), &arena, surroundings);
        let value = match self.evaluate(frame) {
            Ok(value) => value.map(RawValueBuf::new),
            Err(_) => return self,
        };
        Node::Constant(value)
    }
}

impl Operator for Call {
    fn evaluate<'a>(&'a self, frame: Frame<'a>) -> Result<Computed<'a>> {
        match &*self.operands {
            [] => (self.function)(self.name, &[], frame),
            [a] => (self.function)(self.name, &[a.evaluate(frame)?], frame),
            [a, b] => (self.function)(self.name, &[a.evaluate(frame)?, b.evaluate(frame)?], frame),
            operands => {
                let values = frame.slots(operands.len());
                for (value, operand) in values.iter_mut().zip(operands) {
                    *value = operand.evaluate(frame)?;
                }
                (self.function)(self.name, values, frame)
            }
        }
    }

    fn operands<'n>(&'n self, visit: &mut dyn FnMut(&'n Node)) {
        self.operands.iter().for_each(visit);
    }
}

impl fmt::Debug for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple(self.name).field(&self.operands).finish()
    }
}

/// What a path leads to. A number in it is a field's name, never an array's position.
fn follow<'a>(base: Base, path: Option<&'a Path>, frame: Frame<'a>) -> Computed<'a> {
    match (base, path) {
        (Base::Root, None) => Some(RawValue::Document(frame.root())),
        (Base::Root, Some(path)) => follow_document(frame.root(), path, 0, frame),
        (Base::Variable(distance), None) => frame.variable(distance),
        (Base::Variable(distance), Some(path)) => {
            follow_value(frame.variable(distance)?, path, 0, frame)
        }
    }
}

/// What the components of `path` from `position` on lead to.
pub(super) fn follow_value<'a>(
    value: RawValue<'a>,
    path: &Path,
    position: usize,
    frame: Frame<'a>,
) -> Computed<'a> {
    match value {
        RawValue::Document(document) => follow_document(document, path, position, frame),
        RawValue::Array(array) => {
            // The values of those elements that are documents; arrays in arrays lead nowhere.
            let mut found = ArrayWriter::new();
            for element in elements(array) {
                let RawValue::Document(document) = element else {
                    continue;
                };
                if let Some(value) = follow_document(document, path, position, frame) {
                    // Not larger than the document it was read from.
                    let _ = found.push(value);
                }
            }
            Some(found.finish(frame))
        }
        _ => None,
    }
}

fn follow_document<'a>(
    document: RawDoc<'a>,
    path: &Path,
    position: usize,
    frame: Frame<'a>,
) -> Computed<'a> {
    let value = document.get(path.component(position))?;
    if position + 1 == path.len() {
        return Some(value);
    }
    follow_value(value, path, position + 1, frame)
}
