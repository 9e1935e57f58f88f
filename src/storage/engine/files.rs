//! The page files of all trees, by tree and by name.

use std::collections::HashMap;
use std::sync::Arc;

use crate::storage::page::TreeId;
use crate::storage::pager::file::PageFile;

/// The files; those of dropped trees too, until they are removed.
#[derive(Default)]
pub(super) struct Files {
    by_tree: HashMap<TreeId, Arc<PageFile>>,
    names: HashMap<Arc<str>, TreeId>,
}

impl Files {
    pub fn get(&self, tree: TreeId) -> Option<&Arc<PageFile>> {
        self.by_tree.get(&tree)
    }

    /// Whether one of them has the name.
    pub fn has_name(&self, name: &str) -> bool {
        self.names.contains_key(name)
    }

    #[cfg(test)]
    pub fn len(&self) -> usize {
        self.by_tree.len()
    }

    /// Adds the file of a tree that has none.
    pub fn insert(&mut self, file: Arc<PageFile>) -> Arc<PageFile> {
        self.names.insert(file.name.clone(), file.tree);
        self.by_tree.insert(file.tree, file.clone());
        file
    }

    pub fn remove(&mut self, tree: TreeId) {
        let Some(file) = self.by_tree.remove(&tree) else {
            return;
        };
        if self.names.get(&file.name) == Some(&tree) {
            self.names.remove(&file.name);
        }
    }
}
