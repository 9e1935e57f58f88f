//! Whether a database is exactly a state of the model: documents, index entries both ways, counts, and the account of its
//! pages. Everything that is wrong comes back as text, so that the caller can say how to replay it.

use ironbase::storage::Result as StorageResult;
use ironbase::storage::btree::TreeRef;
use ironbase::storage::btree::walk::Walk;
use ironbase::storage::catalog;
use ironbase::storage::engine::{Engine, documents, entries};
use ironbase::storage::snapshot::Version;
use ironbase::storage::verify::{Examiner, Findings, Problem};

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

/// Whether verifying finds nothing wrong. Call it when all commits are visible.
pub fn verifies(engine: &Engine) -> Check {
    let mut findings = Findings::new(1);
    engine.verify(&Anything, &mut findings).map_err(told)?;
    match findings.problems.first() {
        None => Ok(()),
        Some(problem) => {
            let Problem {
                kind,
                file,
                page,
                text,
                ..
            } = problem;
            let count = findings.count;
            Err(format!(
                "{file} is damaged: {kind:?}, page {page:?}: {text} (one of {count} problems)"
            ))
        }
    }
}

/// Every document is one.
pub struct Anything;

impl Examiner for Anything {
    fn step(&self, _: usize) -> StorageResult<()> {
        Ok(())
    }

    fn document(&self, _: &catalog::Collection, _: &[u8], _: &[u8]) -> Option<String> {
        None
    }

    fn shown(&self, document: &[u8]) -> String {
        show(document)
    }
}
