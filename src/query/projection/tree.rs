//! The paths of a projection as a tree of names, each with what is done there.
//!
//! No two paths may meet: of two that are equal, or of which one leads through the other, the
//! second is refused.

use super::slice::Slice;
use crate::error::{Code, Error, Result};

/// Names, each a leaf or a tree of its own.
#[derive(Clone, Debug, Default)]
pub(super) struct Tree(Vec<(Box<[u8]>, Node)>);

#[derive(Clone, Debug)]
pub(super) enum Node {
    Leaf(Leaf),
    Tree(Tree),
}

/// What a path of the projection asks for.
#[derive(Clone, Debug)]
pub(super) enum Leaf {
    /// The field is kept by an inclusion, dropped by an exclusion.
    Plain,
    /// Of an array a part is kept, in either kind of projection.
    Slice(Slice),
    /// The field is computed anew: what was there does not count.
    Computed,
}

impl Tree {
    /// What is done at `name`; none if no path leads there.
    pub(super) fn get(&self, name: &[u8]) -> Option<&Node> {
        let found = self.0.iter().find(|(own, _)| **own == *name);
        found.map(|(_, node)| node)
    }

    pub(super) fn remove(&mut self, name: &[u8]) {
        self.0.retain(|(own, _)| **own != *name);
    }

    /// Adds a path; refuses one that meets another.
    pub(super) fn add(&mut self, path: &[&str], node: Node) -> Result<()> {
        self.add_below(path, 0, node)
    }

    fn add_below(&mut self, path: &[&str], depth: usize, node: Node) -> Result<()> {
        let name = path[depth].as_bytes();
        let last = depth + 1 == path.len();
        let at = self.0.iter().position(|(own, _)| **own == *name);
        match at.map(|at| &mut self.0[at].1) {
            None if last => self.0.push((name.into(), node)),
            None => {
                let mut tree = Tree::default();
                tree.add_below(path, depth + 1, node)?;
                self.0.push((name.into(), Node::Tree(tree)));
            }
            Some(_) if last => return Err(collision(path)),
            Some(Node::Leaf(_)) => {
                let rest = path[depth + 1..].join(".");
                let message = format!(
                    "Path collision at {} remaining portion {rest}",
                    path.join(".")
                );
                return Err(Error::query(Code(31249), message));
            }
            Some(Node::Tree(tree)) => tree.add_below(path, depth + 1, node)?,
        }
        Ok(())
    }
}

fn collision(path: &[&str]) -> Error {
    let message = format!("Path collision at {}", path.join("."));
    Error::query(Code(31250), message)
}
