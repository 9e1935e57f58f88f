//! The paths of an update as a tree, in which two operators cannot touch the same place.
//!
//! Below a place there are either names (of fields, or numbers for an array's positions, and `$`) or
//! selections of an array's elements (`$[]`, `$[identifier]`), never both.
//!
//! Where `$` and selections meet other paths is known only when the update is applied: then parts
//! of the tree are merged, and two operators may still turn out to touch the same place.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::sync::Arc;

use super::array_filters::ArrayFilters;
use super::operator::Operator;
use super::path::{POSITIONAL, array_filter_identifier};
use crate::bson::{Path, array_index};
use crate::error::{Code, Error, Result};

/// The children of a place in the document, by name.
#[derive(Clone, Debug, Default)]
pub(super) struct Branch {
    children: Vec<Child>,
}

#[derive(Clone, Debug)]
pub(super) struct Child {
    pub(super) name: String,
    /// The name as a position, for when it turns out to be an array's.
    pub(super) index: Option<u32>,
    pub(super) node: Node,
}

#[derive(Clone, Debug)]
pub(super) enum Node {
    Branch(Branch),
    Elements(Elements),
    Leaf(Arc<dyn Operator>),
}

/// What is done to the elements of an array.
#[derive(Clone, Debug, Default)]
pub(super) struct Elements {
    pub(super) children: Vec<Selected>,
}

#[derive(Clone, Debug)]
pub(super) struct Selected {
    /// The place of the array filter that an element must match; `None`: all of them.
    pub(super) filter: Option<usize>,
    pub(super) node: Node,
}

/// The path at which there is an operator already.
type Conflict<'p> = &'p str;

impl Branch {
    /// Adds an operator at the end of `path`.
    pub(super) fn insert(
        &mut self,
        path: &Path,
        filters: &ArrayFilters,
        operator: Arc<dyn Operator>,
    ) -> Result<()> {
        self.insert_below(path, 0, filters, operator)
            .map_err(|conflict| {
                Error::query(
                    Code::CONFLICTING_UPDATE_OPERATORS,
                    format!("Updating the path '{path}' would create a conflict at '{conflict}'"),
                )
            })
    }

    /// Adds an operator; fails with the path at which there is one already.
    pub(super) fn insert_below<'p>(
        &mut self,
        path: &'p Path,
        position: usize,
        filters: &ArrayFilters,
        operator: Arc<dyn Operator>,
    ) -> std::result::Result<(), Conflict<'p>> {
        let name = path.component(position);
        if let Some(child) = self.children.iter_mut().find(|child| child.name == name) {
            return child.node.insert(path, position + 1, filters, operator);
        }
        self.children.push(Child {
            name: name.to_string(),
            index: array_index(name.as_bytes()),
            node: Node::new(path, position + 1, filters, operator)?,
        });
        Ok(())
    }

    /// Puts the names in the order in which new fields are added: positions by number, names by
    /// their bytes.
    pub(super) fn sort(&mut self) {
        self.children.sort_by(|a, b| match (a.index, b.index) {
            (Some(a), Some(b)) => a.cmp(&b),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (None, None) => a.name.cmp(&b.name),
        });
        self.children.iter_mut().for_each(|child| child.node.sort());
    }

    pub(super) fn children(&self) -> &[Child] {
        &self.children
    }

    /// The tree with `position` in the place of `$`.
    pub(super) fn with_position(&self, position: u32) -> Result<Branch> {
        let mut root = self.resolved(position, "")?;
        root.sort();
        Ok(root)
    }

    fn resolved(&self, position: u32, path: &str) -> Result<Branch> {
        let mut resolved = Branch::default();
        for child in &self.children {
            let (name, index) = match child.name.as_str() {
                POSITIONAL => (Cow::Owned(position.to_string()), Some(position)),
                name => (Cow::Borrowed(name), child.index),
            };
            let path = joined(path, &name);
            let child = Child {
                node: child.node.resolved(position, &path)?,
                name: name.into_owned(),
                index,
            };
            resolved.merge_child(child, &path)?;
        }
        Ok(resolved)
    }

    fn merge_child(&mut self, child: Child, path: &str) -> Result<()> {
        match self
            .children
            .iter_mut()
            .find(|other| other.name == child.name)
        {
            Some(other) => other.node.merge(child.node, path),
            None => {
                self.children.push(child);
                Ok(())
            }
        }
    }
}

impl Node {
    /// The node whose next component of the path is that at `position`.
    fn new<'p>(
        path: &'p Path,
        position: usize,
        filters: &ArrayFilters,
        operator: Arc<dyn Operator>,
    ) -> std::result::Result<Node, Conflict<'p>> {
        if position == path.len() {
            return Ok(Node::Leaf(operator));
        }
        let mut node = match array_filter_identifier(path.component(position)) {
            None => Node::Branch(Branch::default()),
            Some(_) => Node::Elements(Elements::default()),
        };
        node.insert(path, position, filters, operator)?;
        Ok(node)
    }

    fn insert<'p>(
        &mut self,
        path: &'p Path,
        position: usize,
        filters: &ArrayFilters,
        operator: Arc<dyn Operator>,
    ) -> std::result::Result<(), Conflict<'p>> {
        let identifier = array_filter_identifier(path.component(position));
        match (self, identifier) {
            (Node::Branch(branch), None) if position < path.len() => {
                branch.insert_below(path, position, filters, operator)
            }
            (Node::Elements(elements), Some(identifier)) => {
                let filter = filters.position(identifier);
                let mut children = elements.children.iter_mut();
                if let Some(child) = children.find(|child| child.filter == filter) {
                    return child.node.insert(path, position + 1, filters, operator);
                }
                let node = Node::new(path, position + 1, filters, operator)?;
                elements.children.push(Selected { filter, node });
                Ok(())
            }
            _ => Err(path.prefix(position)),
        }
    }

    fn sort(&mut self) {
        match self {
            Node::Branch(branch) => branch.sort(),
            Node::Elements(elements) => {
                let children = elements.children.iter_mut();
                children.for_each(|child| child.node.sort());
            }
            Node::Leaf(_) => {}
        }
    }

    fn resolved(&self, position: u32, path: &str) -> Result<Node> {
        Ok(match self {
            Node::Branch(branch) => Node::Branch(branch.resolved(position, path)?),
            Node::Elements(elements) => {
                let path = joined(path, "$[]");
                let resolved = |child: &Selected| {
                    Ok(Selected {
                        filter: child.filter,
                        node: child.node.resolved(position, &path)?,
                    })
                };
                let children = elements.children.iter().map(resolved);
                let children = children.collect::<Result<_>>()?;
                Node::Elements(Elements { children })
            }
            Node::Leaf(operator) => Node::Leaf(Arc::clone(operator)),
        })
    }

    /// Takes in another node for the same place, `path`. The names' order is not kept.
    fn merge(&mut self, other: Node, path: &str) -> Result<()> {
        match (self, other) {
            (Node::Branch(branch), Node::Branch(other)) => {
                for child in other.children {
                    let path = joined(path, &child.name);
                    branch.merge_child(child, &path)?;
                }
                Ok(())
            }
            (Node::Elements(elements), Node::Elements(other)) => {
                for child in other.children {
                    let mut own = elements.children.iter_mut();
                    match own.find(|own| own.filter == child.filter) {
                        Some(own) => own.node.merge(child.node, &joined(path, "$[]"))?,
                        None => elements.children.push(child),
                    }
                }
                Ok(())
            }
            _ => Err(Error::query(
                Code::CONFLICTING_UPDATE_OPERATORS,
                format!("Update created a conflict at '{path}'"),
            )),
        }
    }

    /// This node and another one for the same place, `path`.
    pub(super) fn merged(&self, other: &Node, path: &str) -> Result<Node> {
        let mut merged = self.clone();
        merged.merge(other.clone(), path)?;
        merged.sort();
        Ok(merged)
    }
}

/// Two parts of a dotted path, either of which may be empty.
pub(super) fn joined(path: &str, name: &str) -> String {
    match (path, name) {
        ("", one) | (one, "") => one.to_string(),
        _ => format!("{path}.{name}"),
    }
}
