//! The page files of all trees, by tree and by name.

use std::collections::HashMap;
use std::sync::Arc;

use crate::storage::page::TreeId;
use crate::storage::pager::file::PageFile;
use crate::storage::persistent::Array;

/// The files; those of dropped trees too, until they are removed.
#[derive(Default)]
pub(super) struct Files {
    by_tree: Array<Option<Arc<PageFile>>>,
    names: HashMap<Arc<str>, TreeId>,
}

impl Files {
    /// None yet, but room for the names of so many.
    pub fn with_capacity(count: usize) -> Files {
        Files {
            // What a damaged catalog says of itself is no reason to ask for much memory.
            names: HashMap::with_capacity(count.min(1 << 20)),
            ..Files::default()
        }
    }

    pub fn get(&self, tree: TreeId) -> Option<&Arc<PageFile>> {
        self.by_tree.get(tree)?.as_ref()
    }

    /// Whether one of them has the name.
    pub fn has_name(&self, name: &str) -> bool {
        self.names.contains_key(name)
    }

    #[cfg(test)]
    pub fn len(&self) -> usize {
        self.names.len()
    }

    /// Adds the file of a tree that has none.
    pub fn insert(&mut self, file: Arc<PageFile>) -> Arc<PageFile> {
        self.names.insert(file.name.clone(), file.tree);
        self.by_tree.set(file.tree, Some(file.clone()));
        file
    }

    pub fn remove(&mut self, tree: TreeId) {
        let Some(file) = self.get(tree).cloned() else {
            return;
        };
        self.by_tree.set(tree, None);
        if self.names.get(&file.name) == Some(&tree) {
            self.names.remove(&file.name);
        }
    }
}
