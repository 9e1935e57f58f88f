//! Finding the documents that a write changes, and changing each under the commit lock.
//!
//! A single write finds its document as the running transaction sees it, so that two writers never act on the same old state. Where that
//! would be a long scan under the lock, the scan is made beforehand on the newest visible version; the document found is
//! looked at again under the lock, and only if it no longer matches is the scan repeated there.
//!
//! A filter that draws lots (`$sampleRate`) is asked once about each document: only a document that has changed meanwhile is asked about
//! again.
//!
//! A write to many scans one visible version, so that it meets no document twice however it changes them, and changes the documents found a
//! batch at a time, each looked at again under the lock.

use std::ops::ControlFlow;

use super::capped;
use super::collection::Collection;
use super::durability;
use super::errors::from_storage;
use super::execute::{self, Position, Search, Source};
use super::interrupt::Interrupt;
use super::options::WriteOptions;
use super::scope::Entered;
use super::select::Selection;
use super::sorter::{Overflow, Sorter};
use crate::bson::RawDoc;
use crate::error::Result;
use crate::query::{Access, Filter, Plan, SortSource};
use crate::storage::catalog;
use crate::storage::engine::{Engine, WriteTxn};
use crate::storage::page::Lsn;

/// A commit ends with the document that reaches one of these.
const BATCH_DOCUMENTS: usize = 500;
const BATCH_BYTES: usize = 4 << 20;

/// What a write does to one document: given its key and its bytes, changes it in the transaction.
pub type Change<'c> =
    dyn FnMut(&mut WriteTxn<'_>, &catalog::Collection, &[u8], &[u8]) -> Result<()> + 'c;

/// Whether a write returns when it is durable, or before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wait {
    ForCommit,
    /// The caller waits, once for many.
    Later,
}

/// Changes the first document selected, or calls `none` under the lock when there is none. Gives the commit.
pub fn one(
    collection: &Collection,
    selection: &Selection,
    interrupt: &Interrupt,
    write: &WriteOptions,
    wait: Wait,
    change: &mut Change<'_>,
    none: &mut dyn FnMut(&mut WriteTxn<'_>) -> Result<()>,
) -> Result<Lsn> {
    let engine = collection.database.enter()?;
    let (candidate, seen) = match engine.transaction() {
        None => look_ahead(collection, &engine, selection, interrupt)?,
        // There is no lock on which others wait.
        Some(_) => (None, None),
    };
    let mut txn = engine.begin_write_until(interrupt)?;
    txn.share_pages();
    let target = txn.collection(&collection.name);
    let mut found = None;
    if let Some(target) = &target {
        let source = Source {
            collection: target,
            roots: txn.roots(),
        };
        found = match candidate {
            Some(key) => matching(source, &selection.filter, key)?,
            None => None,
        };
        // Nothing was committed since the look ahead: what it did not find is not there.
        if found.is_none() && seen != Some(txn.base()) {
            found = first(collection, selection, source, interrupt)?;
        }
    }
    match (target, found) {
        (Some(target), Some((key, document))) => {
            capped::refuse_in_transaction(&txn, &target)?;
            change(&mut txn, &target, &key, &document)?
        }
        _ => none(&mut txn)?,
    }
    let lsn = txn.commit();
    match wait {
        Wait::ForCommit => durability::wait(&engine, lsn, write)?,
        Wait::Later => engine.pace(lsn).map_err(from_storage)?,
    }
    Ok(lsn)
}

/// The key of a document that a long scan of the visible version finds, and that version; no key when the plan is short.
fn look_ahead(
    collection: &Collection,
    engine: &Engine,
    selection: &Selection,
    interrupt: &Interrupt,
) -> Result<(Option<Vec<u8>>, Option<Lsn>)> {
    let version = engine.snapshot();
    let Some(found) = version.catalog.get(&collection.name) else {
        return Ok((None, None));
    };
    let source = Source {
        collection: found,
        roots: &version.roots,
    };
    let plan = selection.plan(source, &collection.database.plans)?;
    let is_short = matches!(plan.access, Access::Empty | Access::IdPoints(_));
    if is_short || selection.filter.draws() {
        return Ok((None, None));
    }
    let key = first_by(selection, source, plan, interrupt)?.map(|(key, _)| key);
    Ok((key, Some(version.lsn)))
}

fn matching(
    source: Source<'_>,
    filter: &Filter,
    key: Vec<u8>,
) -> Result<Option<(Vec<u8>, Vec<u8>)>> {
    let document = source.with_document(&key, |document| {
        let selected = filter.matches(document)?;
        Ok(selected.then(|| document.as_bytes().to_vec()))
    })?;
    let document = document.transpose()?.flatten();
    Ok(document.map(|document| (key, document)))
}

/// The document of a key that was selected in the scan: if it has changed since, it is asked about again.
fn unchanged(
    source: Source<'_>,
    scanned: Search<'_>,
    key: &[u8],
) -> Result<Option<(Vec<u8>, Vec<u8>)>> {
    let copy = |document: RawDoc<'_>| document.as_bytes().to_vec();
    let (before, now) = (
        scanned.source.with_document(key, copy)?,
        source.with_document(key, copy)?,
    );
    match now {
        Some(document) if before.as_ref() == Some(&document) => Ok(Some((key.to_vec(), document))),
        _ => matching(source, scanned.filter, key.to_vec()),
    }
}

/// The first document selected, with its key.
pub fn first(
    collection: &Collection,
    selection: &Selection,
    source: Source<'_>,
    interrupt: &Interrupt,
) -> Result<Option<(Vec<u8>, Vec<u8>)>> {
    let plan = selection.plan(source, &collection.database.plans)?;
    first_by(selection, source, plan, interrupt)
}

fn first_by(
    selection: &Selection,
    source: Source<'_>,
    mut plan: Plan,
    interrupt: &Interrupt,
) -> Result<Option<(Vec<u8>, Vec<u8>)>> {
    let filter = &selection.filter;
    if plan.sort == SortSource::InMemory {
        let mut sorter = Sorter::new(&selection.sort, 1, Overflow::Refuse);
        let search = Search {
            source,
            plan: &plan,
            filter,
            interrupt,
        };
        execute::run(search, &mut Position::default(), &mut |key, document| {
            sorter.add(key, document)?;
            Ok(ControlFlow::Continue(()))
        })?;
        let mut key = Vec::new();
        let keys = match sorter.finish()?.next(&mut key)? {
            true => vec![key],
            false => Vec::new(),
        };
        plan.access = Access::IdPoints(keys);
    }
    let search = Search {
        source,
        plan: &plan,
        filter,
        interrupt,
    };
    let mut found = None;
    execute::run(search, &mut Position::default(), &mut |key, document| {
        found = Some((key.to_vec(), document.as_bytes().to_vec()));
        Ok(ControlFlow::Break(()))
    })?;
    Ok(found)
}

/// Changes every document selected. Gives how many there were. What was changed before an error stays changed.
pub fn many(
    collection: &Collection,
    selection: &Selection,
    interrupt: &Interrupt,
    write: &WriteOptions,
    change: &mut Change<'_>,
) -> Result<u64> {
    let engine = collection.database.enter()?;
    let version = engine.snapshot();
    let Some(found) = version.catalog.get(&collection.name).cloned() else {
        return Ok(0);
    };
    let source = Source {
        collection: &found,
        roots: &version.roots,
    };
    let plan = selection.plan(source, &collection.database.plans)?;
    let search = Search {
        source,
        plan: &plan,
        filter: &selection.filter,
        interrupt,
    };
    interrupt.expect(version.tree(found.id).entries);
    let mut position = Position::default();
    let (mut changed, mut last) = (0, None);
    loop {
        let mut keys: Vec<Vec<u8>> = Vec::new();
        let mut bytes = 0;
        let ended = execute::run(search, &mut position, &mut |key, document| {
            keys.push(key.to_vec());
            bytes += document.as_bytes().len();
            Ok(if keys.len() < BATCH_DOCUMENTS && bytes < BATCH_BYTES {
                ControlFlow::Continue(())
            } else {
                ControlFlow::Break(())
            })
        });
        if let (Err(_), Some(lsn)) = (&ended, last) {
            durability::wait(&engine, lsn, write)?;
        }
        let ended = ended?;
        let mut rest = keys.as_slice();
        loop {
            let (result, lsn) = change_batch(collection, &engine, search, &mut rest, change);
            last = lsn.or(last);
            let is_last = result.is_err() || (ended && rest.is_empty());
            if let Some(lsn) = last {
                // Also after an error: what was changed before it must be durable when the caller hears of it.
                match is_last {
                    true => durability::wait(&engine, lsn, write)?,
                    false => engine.pace(lsn).map_err(from_storage)?,
                }
            }
            changed += result?;
            if rest.is_empty() {
                break;
            }
        }
        if ended {
            interrupt.finish();
            return Ok(changed);
        }
    }
}

/// Changes documents in one commit, as many as one may hold; takes those dealt with off the front of `keys`.
fn change_batch(
    collection: &Collection,
    engine: &Entered<'_>,
    search: Search<'_>,
    keys: &mut &[Vec<u8>],
    change: &mut Change<'_>,
) -> (Result<u64>, Option<Lsn>) {
    let mut txn = match engine.begin_write_until(search.interrupt) {
        Ok(txn) => txn,
        Err(error) => return (Err(error), None),
    };
    let mut changed = 0;
    let mut result = Ok(());
    let Some(target) = txn.collection(&collection.name) else {
        *keys = &[];
        return (Ok(0), None);
    };
    if let Err(error) = capped::refuse_in_transaction(&txn, &target) {
        return (Err(error), None);
    }
    while let Some((key, rest)) = keys.split_first() {
        *keys = rest;
        let source = Source {
            collection: &target,
            roots: txn.roots(),
        };
        let found = match search.filter.draws() {
            true => unchanged(source, search, key),
            false => matching(source, search.filter, key.clone()),
        };
        result = found.and_then(|found| match found {
            None => Ok(()),
            Some((key, document)) => {
                changed += 1;
                change(&mut txn, &target, &key, &document)
            }
        });
        if result.is_err() || txn.logged_bytes() >= BATCH_BYTES {
            break;
        }
    }
    if txn.is_broken() {
        return (result.map(|()| changed), None);
    }
    let lsn = txn.commit();
    (result.map(|()| changed), Some(lsn))
}
