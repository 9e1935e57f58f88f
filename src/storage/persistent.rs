//! A persistent array indexed by tree id.
//!
//! Setting one value copies one path of 32-entry nodes and shares everything else, so that a new version of the array costs the same
//! with ten collections and with ten thousand.

use std::sync::Arc;

const BITS: u32 = 5;
const WIDTH: usize = 1 << BITS;

/// Both variants live in an `Arc` of their own; leaves are the larger where they hold the values themselves.
#[derive(Clone)]
#[allow(clippy::large_enum_variant)]
enum Node<T> {
    Leaf([T; WIDTH]),
    Branch([Option<Arc<Node<T>>>; WIDTH]),
}

impl<T: Default> Node<T> {
    fn leaf() -> Node<T> {
        Node::Leaf(std::array::from_fn(|_| T::default()))
    }
}

/// The array; a value that was never set is the default one.
#[derive(Clone)]
pub struct Array<T> {
    root: Arc<Node<T>>,
    /// Levels of branches above the leaves.
    height: u32,
}

impl<T: Default> Default for Array<T> {
    fn default() -> Array<T> {
        Array {
            root: Arc::new(Node::leaf()),
            height: 0,
        }
    }
}

impl<T: Clone + Default> Array<T> {
    /// The value; `None`: it and its neighbours were never set.
    #[inline]
    pub fn get(&self, id: u32) -> Option<&T> {
        let mut node = &self.root;
        let mut height = self.height;
        if id.checked_shr(BITS * (height + 1)).unwrap_or(0) != 0 {
            return None;
        }
        loop {
            match &**node {
                Node::Leaf(values) => return Some(&values[id as usize % WIDTH]),
                Node::Branch(children) => {
                    let index = (id >> (BITS * height)) as usize % WIDTH;
                    node = children[index].as_ref()?;
                    height -= 1;
                }
            }
        }
    }

    /// Sets the value in this version; clones of the array keep theirs.
    pub fn set(&mut self, id: u32, value: T) {
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
                Node::Leaf(values) => {
                    values[id as usize % WIDTH] = value;
                    return;
                }
                Node::Branch(children) => {
                    let index = (id >> (BITS * height)) as usize % WIDTH;
                    height -= 1;
                    node = children[index].get_or_insert_with(|| {
                        Arc::new(match height {
                            0 => Node::leaf(),
                            _ => Node::Branch([const { None }; WIDTH]),
                        })
                    });
                }
            }
        }
    }
}
