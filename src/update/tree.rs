//! The paths of an update as a tree, in which two operators cannot touch the same place.

use std::cmp::Ordering;

use super::operator::Operator;
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
    Leaf(Operator),
}

impl Node {
    /// Whether it makes what is not there.
    pub(super) fn creates(&self) -> bool {
        match self {
            Node::Branch(branch) => branch.creating_child().is_some(),
            Node::Leaf(operator) => operator.creates(),
        }
    }
}

impl Branch {
    /// Adds an operator at the end of `path`.
    pub(super) fn insert(&mut self, path: &Path, operator: Operator) -> Result<()> {
        self.insert_below(path, 0, operator).map_err(|conflict| {
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
        operator: Operator,
    ) -> std::result::Result<(), &'p str> {
        let name = path.component(position);
        let last = position + 1 == path.len();
        let existing = self.children.iter_mut().find(|child| child.name == name);
        let node = match existing {
            Some(Child {
                node: Node::Branch(branch),
                ..
            }) if !last => {
                return branch.insert_below(path, position + 1, operator);
            }
            Some(_) => return Err(path.prefix(position + 1)),
            None if last => Node::Leaf(operator),
            None => {
                let mut branch = Branch::default();
                branch.insert_below(path, position + 1, operator)?;
                Node::Branch(branch)
            }
        };
        let index = array_index(name.as_bytes());
        self.children.push(Child {
            name: name.to_string(),
            index,
            node,
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
        for child in &mut self.children {
            if let Node::Branch(branch) = &mut child.node {
                branch.sort();
            }
        }
    }

    pub(super) fn children(&self) -> &[Child] {
        &self.children
    }

    /// A child that makes what is not there, if any does.
    pub(super) fn creating_child(&self) -> Option<&Child> {
        self.children.iter().find(|child| child.node.creates())
    }
}
