//! The collections and indexes there are, in memory and as entries of the catalog tree.
//!
//! In memory the catalog is a persistent map, one value for each version, so that a snapshot sees the collections of its
//! time. On disk it is a tree that only checkpoints change.

use std::any::Any;
use std::sync::{Arc, OnceLock};

use rpds::RedBlackTreeMapSync;

use super::btree::Tree;
use super::derive::{CompiledIndex, IndexDeriver};
use super::error::{Error, ErrorKind, Result};
use super::page::{self, PagePtr, TreeId};
use super::pager::file::PageFile;
use super::pager::free_map::FreeMapRoot;
use super::persistent::Array;

/// The tree id of the catalog itself.
pub const CATALOG_TREE: TreeId = 1;
/// The first id that a collection or index can have.
pub const FIRST_TREE: TreeId = 2;
/// The catalog's file.
pub const METADATA_FILE: &str = "metadata.mlite";

/// An index of a collection.
pub struct Index {
    pub id: TreeId,
    pub name: String,
    pub unique: bool,
    /// As the layer above wrote it.
    pub spec: Vec<u8>,
    pub file: Arc<PageFile>,
    compiled: OnceLock<Arc<dyn CompiledIndex>>,
}

impl Index {
    pub fn new(
        id: TreeId,
        name: String,
        unique: bool,
        spec: Vec<u8>,
        file: Arc<PageFile>,
    ) -> Arc<Index> {
        Arc::new(Index {
            id,
            name,
            unique,
            spec,
            file,
            compiled: OnceLock::new(),
        })
    }

    /// The specification made ready for use, once.
    pub fn compiled(&self, deriver: &dyn IndexDeriver) -> Result<&dyn CompiledIndex> {
        if let Some(compiled) = self.compiled.get() {
            return Ok(&**compiled);
        }
        let compiled = deriver.compile(&self.spec).map_err(|e| {
            let message = format!("the specification of index {:?} cannot be used", self.name);
            Error::new(ErrorKind::Derive, message).with_source(e)
        })?;
        Ok(&**self.compiled.get_or_init(|| compiled))
    }
}

/// What the layer above keeps with a collection, and what it made of that.
#[derive(Clone, Default)]
pub struct Options {
    bytes: Vec<u8>,
    compiled: OnceLock<Compiled>,
}

/// What the layer above makes of a collection's options.
pub type Compiled = Arc<dyn Any + Send + Sync>;

impl Options {
    pub fn new(bytes: Vec<u8>) -> Options {
        Options {
            bytes,
            compiled: OnceLock::new(),
        }
    }

    /// As the layer above wrote them.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// What `compile` made of them, which it is asked for once.
    pub fn compiled(
        &self,
        compile: &dyn Fn(&[u8]) -> anyhow::Result<Compiled>,
    ) -> Result<&(dyn Any + Send + Sync)> {
        if let Some(compiled) = self.compiled.get() {
            return Ok(&**compiled);
        }
        let compiled = compile(&self.bytes).map_err(|e| {
            let message = "the options of a collection cannot be understood";
            Error::new(ErrorKind::Derive, message).with_source(e)
        })?;
        Ok(&**self.compiled.get_or_init(|| compiled))
    }
}

/// A collection.
#[derive(Clone)]
pub struct Collection {
    pub id: TreeId,
    pub name: String,
    pub options: Options,
    pub file: Arc<PageFile>,
    pub indexes: Vec<Arc<Index>>,
}

impl Collection {
    /// The index of that name.
    pub fn index(&self, name: &str) -> Option<&Arc<Index>> {
        self.indexes.iter().find(|index| index.name == name)
    }
}

/// The collections of one version.
#[derive(Clone, Default)]
pub struct Catalog {
    by_name: RedBlackTreeMapSync<String, Arc<Collection>>,
    /// For each tree, an index's too, the collection that it belongs to.
    owners: Array<Option<Arc<Collection>>>,
}

impl Catalog {
    pub fn get(&self, name: &str) -> Option<&Arc<Collection>> {
        self.by_name.get(name)
    }

    /// The collection that the tree belongs to, as its primary tree or as an index.
    pub fn owner(&self, id: TreeId) -> Option<&Arc<Collection>> {
        self.owners.get(id)?.as_ref()
    }

    /// The collection with that id.
    pub fn by_id(&self, id: TreeId) -> Option<&Arc<Collection>> {
        self.owner(id).filter(|collection| collection.id == id)
    }

    /// In order of their names.
    pub fn collections(&self) -> impl Iterator<Item = &Arc<Collection>> {
        self.by_name.values()
    }

    /// Adds a collection, or replaces the one with the same id.
    pub fn put(&mut self, collection: Collection) {
        self.remove(collection.id);
        let collection = Arc::new(collection);
        for index in &collection.indexes {
            self.owners.set(index.id, Some(collection.clone()));
        }
        self.owners.set(collection.id, Some(collection.clone()));
        self.by_name.insert_mut(collection.name.clone(), collection);
    }

    pub fn remove(&mut self, id: TreeId) {
        let Some(collection) = self.by_id(id).cloned() else {
            return;
        };
        for index in &collection.indexes {
            self.owners.set(index.id, None);
        }
        self.owners.set(id, None);
        self.by_name.remove_mut(&collection.name);
    }
}

/// The file name for a new tree: the readable one if it is safe and free, else a made-up one with the id.
pub fn file_name(
    id: TreeId,
    collection: &str,
    index: Option<&str>,
    taken: impl Fn(&str) -> bool,
) -> String {
    let (stem, extension) = match index {
        Some(index) => (format!("{collection}_{index}"), "idx"),
        None => (collection.to_string(), "mlite"),
    };
    let safe = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_' || c == '-';
    let plain = format!("{stem}.{extension}");
    let is_safe = !stem.is_empty() && stem.len() <= 64 && stem.chars().all(safe);
    if is_safe && plain != METADATA_FILE && !taken(&plain) {
        return plain;
    }
    let readable: String = stem
        .chars()
        .map(|c| if safe(c) { c } else { '_' })
        .take(48)
        .collect();
    format!("{readable}.{id}.{extension}")
}

/// A name for a tree's file in place of one that is taken.
pub fn other_name(id: TreeId, name: &str) -> String {
    let (stem, extension) = name.rsplit_once('.').unwrap_or((name, "mlite"));
    let stem = stem.split('.').next().unwrap_or(stem);
    format!("{stem}.{id}.{extension}")
}

/// A tree as the catalog on disk describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub id: TreeId,
    /// The collection that this is an index of; 0 for a collection.
    pub owner: TreeId,
    pub unique: bool,
    pub tree: Tree,
    pub page_size: u32,
    pub free_map: FreeMapRoot,
    pub name: String,
    pub file: String,
    pub spec: Vec<u8>,
}

impl Entry {
    /// The entry of a tree of this collection; `None`: it is not one of its trees.
    pub fn describe(
        collection: &Collection,
        id: TreeId,
        tree: Tree,
        free_map: FreeMapRoot,
    ) -> Option<Entry> {
        let (owner, unique, name, file, spec) = if id == collection.id {
            (
                0,
                false,
                &collection.name,
                &collection.file,
                collection.options.bytes(),
            )
        } else {
            let index = collection.indexes.iter().find(|index| index.id == id)?;
            (
                collection.id,
                index.unique,
                &index.name,
                &index.file,
                index.spec.as_slice(),
            )
        };
        Some(Entry {
            id,
            owner,
            unique,
            tree,
            page_size: file.page_size as u32,
            free_map,
            name: name.clone(),
            file: file.name.to_string(),
            spec: spec.to_vec(),
        })
    }
}

const ENTRY_VERSION: u8 = 1;
const FIXED: usize = 52;

impl Entry {
    pub fn key(id: TreeId) -> [u8; 4] {
        id.to_be_bytes()
    }

    pub fn encode(&self) -> Vec<u8> {
        let mut out = vec![0; FIXED];
        out[0] = ENTRY_VERSION;
        out[1] = if self.owner == 0 { 1 } else { 2 };
        out[2] = self.tree.flags;
        out[3] = self.tree.level;
        out[4..10].copy_from_slice(&self.tree.root.to_bytes());
        page::put_u64(&mut out, 12, self.tree.entries);
        page::put_u64(&mut out, 20, self.tree.bytes);
        page::put_u32(&mut out, 28, self.page_size);
        page::put_u32(&mut out, 32, self.free_map.pages);
        out[36..42].copy_from_slice(&self.free_map.root.to_bytes());
        out[42] = self.free_map.level;
        out[43] = u8::from(self.unique);
        page::put_u32(&mut out, 44, self.owner);
        page::put_u16(&mut out, 48, self.name.len() as u16);
        page::put_u16(&mut out, 50, self.file.len() as u16);
        out.extend_from_slice(self.name.as_bytes());
        out.extend_from_slice(self.file.as_bytes());
        out.extend_from_slice(&(self.spec.len() as u32).to_le_bytes());
        out.extend_from_slice(&self.spec);
        out
    }

    /// Reads an entry that came from disk; `None`: it is malformed.
    pub fn decode(key: &[u8], value: &[u8]) -> Option<Entry> {
        let id = TreeId::from_be_bytes(key.try_into().ok()?);
        if value.len() < FIXED + 4 || value[0] != ENTRY_VERSION {
            return None;
        }
        let name_end = FIXED + page::get_u16(value, 48) as usize;
        let file_end = name_end + page::get_u16(value, 50) as usize;
        let text =
            |range| String::from_utf8(value.get::<std::ops::Range<usize>>(range)?.to_vec()).ok();
        let spec_len = page::get_u32(value.get(file_end..file_end + 4)?, 0) as usize;
        let spec = value
            .get(file_end + 4..(file_end + 4).checked_add(spec_len)?)?
            .to_vec();
        let entry = Entry {
            id,
            owner: page::get_u32(value, 44),
            unique: value[43] != 0,
            tree: Tree {
                root: PagePtr::read(&value[4..]),
                level: value[3],
                flags: value[2],
                entries: page::get_u64(value, 12),
                bytes: page::get_u64(value, 20),
            },
            page_size: page::get_u32(value, 28),
            free_map: FreeMapRoot {
                pages: page::get_u32(value, 32),
                root: PagePtr::read(&value[36..]),
                level: value[42],
            },
            name: text(FIXED..name_end)?,
            file: text(name_end..file_end)?,
            spec,
        };
        let sizes = page::PAGE_SIZES;
        let sound = sizes.contains(&entry.page_size) && entry.page_size.is_power_of_two();
        sound.then_some(entry)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_survive_the_disk_and_cut_ones_are_refused() {
        let entry = Entry {
            id: 9,
            owner: 2,
            unique: true,
            tree: Tree {
                root: PagePtr {
                    number: 5,
                    birth: 6,
                },
                level: 2,
                flags: 3,
                entries: 70,
                bytes: 800,
            },
            page_size: 8192,
            free_map: FreeMapRoot {
                root: PagePtr {
                    number: 8,
                    birth: 1,
                },
                level: 1,
                pages: 99,
            },
            name: "größe_1".into(),
            file: "gr__e_1.9.idx".into(),
            spec: vec![1, 2, 3],
        };
        let bytes = entry.encode();
        assert_eq!(Entry::decode(&Entry::key(9), &bytes), Some(entry));
        for end in 0..bytes.len() {
            assert_eq!(Entry::decode(&Entry::key(9), &bytes[..end]), None);
        }
    }

    #[test]
    fn file_names_are_readable_where_safe_and_never_collide() {
        let free = |_: &str| false;
        assert_eq!(file_name(2, "users", None, free), "users.mlite");
        assert_eq!(
            file_name(3, "users", Some("age_1"), free),
            "users_age_1.idx"
        );
        assert_eq!(file_name(4, "Users", None, free), "_sers.4.mlite");
        assert_eq!(file_name(4, "../etc", None, free), "___etc.4.mlite");
        assert_eq!(file_name(5, "metadata", None, free), "metadata.5.mlite");
        assert_eq!(
            file_name(6, "users", None, |name| name == "users.mlite"),
            "users.6.mlite"
        );
        assert!(file_name(7, &"x".repeat(300), None, free).len() < 80);
    }
}
