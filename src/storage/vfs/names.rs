//! The names in a database directory, for the file systems that live inside this process: which
//! path is a directory, and which leads to what file. It refuses what a real one would.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, ErrorKind};

use super::parent;

/// Paths and what they lead to; `F` stands for a file, and has just one name.
#[derive(Clone)]
pub(super) struct Names<F> {
    pub files: BTreeMap<String, F>,
    pub directories: BTreeSet<String>,
}

impl<F> Default for Names<F> {
    fn default() -> Names<F> {
        Names {
            files: BTreeMap::new(),
            directories: BTreeSet::new(),
        }
    }
}

impl<F: Clone> Names<F> {
    /// Looks up a file.
    pub fn file(&self, path: &str) -> io::Result<&F> {
        self.directory(parent(path))?;
        match self.files.get(path) {
            Some(file) => Ok(file),
            None if self.is_directory(path) => Err(ErrorKind::IsADirectory.into()),
            None => Err(ErrorKind::NotFound.into()),
        }
    }

    pub fn is_directory(&self, path: &str) -> bool {
        path.is_empty() || self.directories.contains(path)
    }

    pub fn exists(&self, path: &str) -> bool {
        self.is_directory(path) || self.files.contains_key(path)
    }

    /// Fails unless the directory is there.
    pub fn directory(&self, path: &str) -> io::Result<()> {
        if self.is_directory(path) {
            Ok(())
        } else if self.files.contains_key(path) {
            Err(ErrorKind::NotADirectory.into())
        } else {
            Err(ErrorKind::NotFound.into())
        }
    }

    /// Looks up a file, made by `create` when absent.
    pub fn open(&mut self, path: &str, create: Option<impl FnOnce() -> F>) -> io::Result<F> {
        self.directory(parent(path))?;
        match (self.file(path), create) {
            (Err(error), Some(create)) if error.kind() == ErrorKind::NotFound => Ok(self
                .files
                .entry(path.to_string())
                .or_insert_with(create)
                .clone()),
            (result, _) => result.cloned(),
        }
    }

    pub fn list(&self, directory: &str) -> io::Result<Vec<String>> {
        self.directory(directory)?;
        let paths = self.files.keys().chain(&self.directories);
        let inside = paths.filter(|path| parent(path) == directory);
        Ok(inside
            .map(|path| path.rsplit('/').next().unwrap_or(path).to_string())
            .collect())
    }

    pub fn create_directory(&mut self, path: &str) -> io::Result<()> {
        self.directory(parent(path))?;
        if self.files.contains_key(path) {
            return Err(ErrorKind::AlreadyExists.into());
        }
        self.directories.insert(path.to_string());
        Ok(())
    }

    pub fn remove(&mut self, path: &str) -> io::Result<()> {
        self.file(path)?;
        self.files.remove(path);
        Ok(())
    }

    pub fn rename(&mut self, from: &str, to: &str) -> io::Result<()> {
        let file = self.file(from)?.clone();
        if self.is_directory(to) {
            return Err(ErrorKind::IsADirectory.into());
        }
        self.files.remove(from);
        self.files.insert(to.to_string(), file);
        Ok(())
    }
}
