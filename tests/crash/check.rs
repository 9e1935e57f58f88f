//! Whether a database is exactly a state of the model: documents, index entries both ways, counts, and the account of its
//! pages. Everything that is wrong comes back as text, so that the caller can say how to replay it.

use std::collections::BTreeSet;

use ironbase::storage::Result as StorageResult;
use ironbase::storage::btree::node::Stored;
use ironbase::storage::btree::walk::Walk;
use ironbase::storage::btree::{Tree, TreeRef};
use ironbase::storage::engine::{Engine, documents, entries};
use ironbase::storage::page::PagePtr;
use ironbase::storage::pager::file::PageFile;
use ironbase::storage::snapshot::Version;

use crate::model::{Collection, State};

pub type Check = Result<(), String>;

macro_rules! ensure {
    ($condition:expr, $($message:tt)*) => {
        if !$condition {
            return Err(format!($($message)*));
        }
    };
}
pub(crate) use ensure;

/// Turns storage's error into the text that a check reports, with all its causes.
pub fn told(error: ironbase::storage::Error) -> String {
    let kind = error.kind();
    format!("{kind:?}: {:#}", anyhow::Error::from(error))
}

/// Compares all that a version holds with a state.
pub fn version_is(version: &Version, state: &State) -> Check {
    let names: Vec<&String> = version.catalog.collections().map(|c| &c.name).collect();
    let expected: Vec<&String> = state.collections.keys().collect();
    ensure!(names == expected, "collections {names:?}, not {expected:?}");
    for collection in version.catalog.collections() {
        let expected = &state.collections[&collection.name];
        collection_is(version, collection, expected)
            .map_err(|reason| format!("collection {:?}: {reason}", collection.name))?;
    }
    Ok(())
}

fn collection_is(
    version: &Version,
    collection: &ironbase::storage::catalog::Collection,
    expected: &Collection,
) -> Check {
    let pin = crossbeam_epoch::pin();
    let documents = documents(version, collection, &pin);
    let wanted = expected
        .documents
        .iter()
        .map(|(key, document)| (key.clone(), document.as_slice()));
    tree_is(documents, wanted).map_err(|reason| format!("documents: {reason}"))?;
    if let Some((key, document)) = expected.documents.iter().next_back() {
        let found = documents.get(key).map_err(told)?;
        ensure!(found == Some(document), "a look-up misses {key:?}");
    }

    let mut indexes: Vec<(&str, bool)> = collection
        .indexes
        .iter()
        .map(|index| (index.name.as_str(), index.unique))
        .collect();
    indexes.sort_unstable();
    let wanted: Vec<(&str, bool)> = expected
        .indexes
        .iter()
        .map(|(name, unique)| (name.as_str(), *unique))
        .collect();
    ensure!(indexes == wanted, "indexes {indexes:?}, not {wanted:?}");
    for index in &collection.indexes {
        let tree = entries(version, index, &pin);
        let derived: Vec<(Vec<u8>, [u8; 2])> = expected
            .entries(&index.name)
            .into_iter()
            .map(|(word, key)| {
                let length = (key.len() as u16).to_le_bytes();
                ([word, b"\0".to_vec(), key].concat(), length)
            })
            .collect();
        let wanted = derived
            .iter()
            .map(|(entry, length)| (entry.clone(), length.as_slice()));
        tree_is(tree, wanted).map_err(|reason| format!("index {:?}: {reason}", index.name))?;
        ensure!(
            tree.tree.flags != 0 || !expected.is_multikey(&index.name),
            "index {:?} is not marked as multikey",
            index.name
        );
    }
    Ok(())
}

/// Compares a tree with entries in order: forwards, backwards, and in its counts.
fn tree_is<'w>(
    tree: TreeRef<'_>,
    wanted: impl DoubleEndedIterator<Item = (Vec<u8>, &'w [u8])> + Clone,
) -> Check {
    let mut key = Vec::new();
    let (mut count, mut bytes) = (0, 0);
    let mut walk = Walk::new(tree);
    let mut more = walk.first().map_err(told)?;
    for (wanted_key, wanted_value) in wanted.clone() {
        ensure!(more, "it ends before {}", show(&wanted_key));
        walk.key_into(&mut key);
        let value = walk.value().map_err(told)?;
        let (found, should) = (show(&key), show(&wanted_key));
        ensure!(key == wanted_key, "{found} is there in place of {should}");
        ensure!(
            value == wanted_value,
            "{found} has another value ({} bytes, not {})",
            value.len(),
            wanted_value.len()
        );
        count += 1;
        bytes += (key.len() + value.len()) as u64;
        more = walk.next().map_err(told)?;
    }
    if more {
        walk.key_into(&mut key);
        return Err(format!("{} should not be there", show(&key)));
    }
    let counts = (tree.tree.entries, tree.tree.bytes);
    ensure!(
        counts == (count, bytes),
        "it counts (entries, bytes) {counts:?}, has {:?}",
        (count, bytes)
    );
    more = walk.last().map_err(told)?;
    for (wanted_key, _) in wanted.rev() {
        ensure!(
            more,
            "backwards it ends before reaching {}",
            show(&wanted_key)
        );
        walk.key_into(&mut key);
        ensure!(
            key == wanted_key,
            "backwards {} is there in place of {}",
            show(&key),
            show(&wanted_key)
        );
        more = walk.prev().map_err(told)?;
    }
    ensure!(!more, "backwards it goes on beyond the first entry");
    Ok(())
}

fn show(key: &[u8]) -> String {
    format!("{:?}", String::from_utf8_lossy(key))
}

/// The account of pages: every page of a file is either reachable (from the root, the free map, or reserved) or free. Call it
/// when no transaction runs and all commits are visible.
pub fn pages_are_accounted_for(engine: &Engine) -> Check {
    let version = engine.snapshot();
    for collection in version.catalog.collections() {
        let mut trees = vec![(&collection.file, version.tree(collection.id))];
        for index in &collection.indexes {
            trees.push((&index.file, version.tree(index.id)));
        }
        for (file, tree) in trees {
            let account = file_is_accounted_for(file, tree, 1);
            account.map_err(|reason| format!("{}: {reason}", file.shown()))?;
        }
    }
    let (file, tree) = engine.durable_catalog();
    let reserved = ironbase::storage::superblock::RESERVED / file.page_size;
    file_is_accounted_for(&file, tree, reserved as u32)
        .map_err(|reason| format!("{}: {reason}", file.shown()))
}

fn file_is_accounted_for(file: &PageFile, tree: Tree, reserved: u32) -> Check {
    let mut reachable: BTreeSet<u32> = (0..reserved).collect();
    let mut add = |number: u32, pages: u32| {
        for page in number..number + pages {
            ensure!(reachable.insert(page), "page {page} is used twice");
        }
        Ok(())
    };
    if !tree.root.is_null() {
        gather(file, tree.root, tree.level, &mut add)?;
    }
    for page in file.free_map_pages().map_err(told)? {
        add(page, 1)?;
    }
    let space = file.capture_space().map_err(told)?;
    let beyond = reachable.last().is_some_and(|&last| last >= space.pages());
    ensure!(!beyond, "a page beyond the {} of the file", space.pages());
    let mut in_use = 0;
    for page in 0..space.pages() {
        let (is, should) = (space.alive().get(page), reachable.contains(&page));
        ensure!(!is || should, "page {page} is lost: taken, but unreachable");
        ensure!(is || !should, "page {page} is in use, but counted as free");
        let held = space.in_use().get(page);
        ensure!(held || !is, "page {page} is alive, but may be given out");
        in_use += u32::from(held);
    }
    ensure!(
        space.free() == space.pages() - in_use,
        "{} pages are counted as free, not {}",
        space.free(),
        space.pages() - in_use
    );
    Ok(())
}

fn gather(
    file: &PageFile,
    at: PagePtr,
    level: u8,
    add: &mut impl FnMut(u32, u32) -> Check,
) -> Check {
    add(at.number, 1)?;
    let pin = crossbeam_epoch::pin();
    let node = file.node(at, level, &pin).map_err(told)?;
    for index in 0..node.count() {
        if level > 0 {
            gather(file, node.child(index), level - 1, add)?;
        } else if let Stored::Extent { at, length } = node.value(index) {
            add(at.number, file.extent_pages(length))?;
            let content: StorageResult<&[u8]> = file.extent(at, length, &pin);
            content.map_err(told)?;
        }
    }
    Ok(())
}
