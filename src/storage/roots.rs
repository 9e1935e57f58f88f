//! The roots of all trees at one version: a persistent array indexed by tree id.
//!
//! Setting one root copies one path of 32-entry nodes and shares everything else, so that a commit costs the same with ten
//! collections and with ten thousand.

use std::sync::Arc;

use super::btree::Tree;
use super::page::TreeId;

const BITS: u32 = 5;
const WIDTH: usize = 1 << BITS;

/// Both variants live in an `Arc` of their own; leaves are the larger because they hold the trees themselves.
#[derive(Clone)]
#[allow(clippy::large_enum_variant)]
enum Node {
    Leaf([Tree; WIDTH]),
    Branch([Option<Arc<Node>>; WIDTH]),
}

/// The array; a tree that was never set is empty.
#[derive(Clone)]
pub struct Roots {
    root: Arc<Node>,
    /// Levels of branches above the leaves.
    height: u32,
}

impl Default for Roots {
    fn default() -> Roots {
        Roots {
            root: Arc::new(Node::Leaf([Tree::default(); WIDTH])),
            height: 0,
        }
    }
}

impl Roots {
    /// The tree at this version.
    #[inline]
    pub fn get(&self, id: TreeId) -> Tree {
        let mut node = &self.root;
        let mut height = self.height;
        if id.checked_shr(BITS * (height + 1)).unwrap_or(0) != 0 {
            return Tree::default();
        }
        loop {
            match &**node {
                Node::Leaf(trees) => return trees[id as usize % WIDTH],
                Node::Branch(children) => {
                    let index = (id >> (BITS * height)) as usize % WIDTH;
                    match &children[index] {
                        Some(child) => node = child,
                        None => return Tree::default(),
                    }
                    height -= 1;
                }
            }
        }
    }

    /// Sets the tree in this version; clones of the array keep theirs.
    pub fn set(&mut self, id: TreeId, tree: Tree) {
        while id.checked_shr(BITS * (self.height + 1)).unwrap_or(0) != 0 {
            let mut children = [const { None }; WIDTH];
            children[0] = Some(self.root.clone());
            self.root = Arc::new(Node::Branch(children));
            self.height += 1;
        }
        let mut node = &mut self.root;
        let mut height = self.height;
        loop {
            match Arc::make_mut(node) {
                Node::Leaf(trees) => {
                    trees[id as usize % WIDTH] = tree;
                    return;
                }
                Node::Branch(children) => {
                    let index = (id >> (BITS * height)) as usize % WIDTH;
                    height -= 1;
                    node = children[index].get_or_insert_with(|| {
                        Arc::new(if height == 0 {
                            Node::Leaf([Tree::default(); WIDTH])
                        } else {
                            Node::Branch([const { None }; WIDTH])
                        })
                    });
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clone_keeps_its_roots() {
        let mut roots = Roots::default();
        let tree = |entries| Tree {
            entries,
            ..Tree::default()
        };
        let ids = [0, 1, 31, 32, 1000, 1024, 40_000, u32::MAX];
        for (n, &id) in ids.iter().enumerate() {
            roots.set(id, tree(n as u64 + 1));
        }
        let before = roots.clone();
        for &id in &ids {
            roots.set(id, tree(99));
        }
        for (n, &id) in ids.iter().enumerate() {
            assert_eq!(before.get(id), tree(n as u64 + 1));
            assert_eq!(roots.get(id), tree(99));
        }
        assert_eq!(roots.get(77), Tree::default());
    }
}
