//! Cursors: the documents of a query, a batch at a time, all of one version of the database.
//!
//! A batch is copied out of the pages under a guard that ends with it, so that a cursor left lying about keeps its snapshot's pages
//! from being reused but no memory beyond one batch.

use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;

use super::Shared;
use super::execute::{self, Position, Search, Source, Visit};
use super::interrupt::Interrupt;
use super::metadata;
use super::record_id;
use super::return_key;
use super::scope::Scope;
use super::select::Selection;
use super::sorter::{Overflow, Sorted, Sorter};
use super::tail::Tail;
use crate::bson::RawDoc;
use crate::error::Result;
use crate::query::{Plan, Projection, Sort, SortSource};
use crate::storage::catalog::Collection;
use crate::storage::engine::Engine;
use crate::storage::snapshot::Version;

/// A batch holds so many bytes, and then ends with the document that goes beyond.
const BATCH_BYTES: usize = 64 << 10;

/// What a cursor returns of what is selected.
pub(super) struct Window {
    pub projection: Option<Projection>,
    pub return_key: bool,
    pub show_record_id: bool,
    pub skip: u64,
    /// 0 for all.
    pub limit: u64,
    /// A sort that does not fit memory fails.
    pub in_memory_only: bool,
}

/// The results of a `find`.
pub struct Cursor {
    database: Scope,
    /// Where the documents are; `None`: the collection does not exist.
    at: Option<Snapshot>,
    selection: Selection,
    window: Window,
    /// Its clock stands still between two batches.
    interrupt: Interrupt,
    returned: u64,
    position: Position,
    /// What is left of a sort made in memory.
    sorted: Option<Sorted>,
    /// Set if the cursor stays open at the end.
    tail: Option<Tail>,
    is_at_end: bool,
    /// The documents of the batch, one behind the other.
    batch: Vec<u8>,
    next: usize,
}

pub(super) struct Snapshot {
    pub version: Arc<Version>,
    pub collection: Arc<Collection>,
    pub plan: Plan,
}

impl Cursor {
    pub(super) fn new(
        database: Scope,
        at: Option<Snapshot>,
        selection: Selection,
        window: Window,
        interrupt: Interrupt,
    ) -> Cursor {
        interrupt.pause();
        Cursor {
            database,
            is_at_end: at.is_none(),
            at,
            selection,
            window,
            interrupt,
            returned: 0,
            position: Position::default(),
            sorted: None,
            tail: None,
            batch: Vec::new(),
            next: 0,
        }
    }

    /// Keeps the cursor open at the end.
    pub(super) fn tailing(mut self, tail: Option<Tail>) -> Cursor {
        self.tail = tail;
        self
    }

    /// Whether there may be more documents after a `None`: the cursor is a tailable one.
    pub fn is_tailing(&self) -> bool {
        self.tail.is_some()
    }

    /// Whether it waits for new documents at the end.
    pub fn awaits_data(&self) -> bool {
        self.tail.as_ref().is_some_and(Tail::awaits_data)
    }

    /// Whether the next call may wait for a document: those who gather many stop before it.
    pub fn may_wait(&self) -> bool {
        self.awaits_data() && self.next >= self.batch.len()
    }

    /// The next document as BSON, on loan until the next call; `None` at the end. A tailable cursor gives `None` where it
    /// has come to the end for now.
    #[allow(clippy::should_implement_trait)] // it lends, which an iterator cannot
    pub fn next(&mut self) -> Result<Option<&[u8]>> {
        let database = self.database.clone();
        let entered = database.enter()?;
        if self.next >= self.batch.len() {
            self.interrupt.resume();
            let filled = match self.tail {
                None => self.fill(),
                Some(_) => self.fill_tailing(&entered),
            };
            self.interrupt.pause();
            database.settle(filled)?;
        }
        let Some(rest) = self.batch.get(self.next..).filter(|rest| !rest.is_empty()) else {
            return Ok(None);
        };
        let length = i32::from_le_bytes(rest[..4].try_into().expect("a document has a length"));
        self.next += length as usize;
        Ok(Some(&rest[..length as usize]))
    }

    /// Fills the batch from the version at hand, or from the next one, if need be after a while.
    fn fill_tailing(&mut self, engine: &Engine) -> Result<()> {
        let deadline = self.tail.as_ref().map(Tail::deadline);
        loop {
            self.fill()?;
            let (Some(tail), Some(at), Some(deadline)) = (&self.tail, &mut self.at, deadline)
            else {
                return Ok(());
            };
            let is_limited = self.window.limit > 0 && self.returned == self.window.limit;
            if !self.batch.is_empty() || is_limited {
                return Ok(());
            }
            let position = &mut self.position;
            if !tail.advance(
                &self.database,
                engine,
                &self.interrupt,
                at,
                position,
                deadline,
            )? {
                return Ok(());
            }
            self.is_at_end = false;
        }
    }

    /// Copies the next batch out of the pages.
    fn fill(&mut self) -> Result<()> {
        self.batch.clear();
        self.next = 0;
        if self.is_at_end {
            if self.tail.is_none() {
                self.at = None;
            }
            return Ok(());
        }
        self.interrupt.check()?;
        let Some(at) = &self.at else { return Ok(()) };
        let search = at.search(&self.selection, &self.interrupt);
        if at.plan.sort == SortSource::InMemory && self.sorted.is_none() {
            let directory = Path::new(&self.database.path);
            let sorted = sort(search, &self.selection.sort, &self.window, directory)?;
            self.sorted = Some(sorted);
        }
        let projection = self.window.projection.as_ref();
        let needs = projection
            .map(Projection::metadata_needs)
            .unwrap_or_default();
        let selection = &self.selection;
        let by_id = self.window.return_key && return_key::is_by_id(at, selection)?;
        let (batch, window, returned) = (&mut self.batch, &mut self.window, &mut self.returned);
        let mut visit = |key: &[u8], found: RawDoc<'_>| {
            if window.skip > 0 {
                window.skip -= 1;
                return Ok(ControlFlow::Continue(()));
            }
            let start = batch.len();
            match &window.projection {
                _ if window.return_key => return_key::append(batch, at, by_id, found)?,
                Some(projection) => {
                    metadata::project(projection, needs, selection, at, key, found, batch)?;
                }
                None => batch.extend_from_slice(found.as_bytes()),
            }
            if window.show_record_id {
                record_id::append(batch, start, key);
            }
            *returned += 1;
            let is_full = batch.len() >= BATCH_BYTES || *returned == window.limit;
            Ok(if is_full {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            })
        };
        let ended = match &mut self.sorted {
            None => execute::run(search, &mut self.position, &mut visit)?,
            Some(sorted) => fetch_sorted(search, sorted, &mut visit)?,
        };
        self.is_at_end = ended || (window.limit > 0 && *returned == window.limit);
        if self.is_at_end {
            self.interrupt.finish();
        }
        Ok(())
    }
}

/// Goes through everything selected once, and sorts it.
fn sort(search: Search<'_>, sort: &Sort, window: &Window, directory: &Path) -> Result<Sorted> {
    let keep = match window.limit {
        0 => usize::MAX,
        limit => usize::try_from(window.skip.saturating_add(limit)).unwrap_or(usize::MAX),
    };
    let overflow = match window.in_memory_only {
        true => Overflow::Refuse,
        false => Overflow::File(directory),
    };
    let mut sorter = Sorter::new(sort, keep, overflow);
    let mut position = Position::default();
    execute::run(search, &mut position, &mut |key, document| {
        sorter.add(key, document)?;
        Ok(ControlFlow::Continue(()))
    })?;
    sorter.finish()
}

/// Gives sorted documents to `visit` until it breaks. Whether there are no more.
fn fetch_sorted(search: Search<'_>, sorted: &mut Sorted, visit: &mut Visit<'_>) -> Result<bool> {
    let mut primary = Vec::new();
    while sorted.next(&mut primary)? {
        let flow = search.source.with_document(&primary, |found| {
            search.interrupt.step(found.as_bytes().len())?;
            visit(&primary, found)
        })?;
        if flow.transpose()?.is_some_and(|flow| flow.is_break()) {
            return Ok(false);
        }
    }
    Ok(true)
}

impl Snapshot {
    /// The collection's newest visible state and the way to what is selected in it.
    pub fn take(
        database: &Shared,
        version: Arc<Version>,
        name: &str,
        selection: &Selection,
    ) -> Result<Option<Snapshot>> {
        let Some(collection) = version.catalog.get(name).cloned() else {
            return Ok(None);
        };
        let source = Source {
            collection: &collection,
            roots: &version.roots,
        };
        let plan = selection.plan(source, &database.plans)?;
        Ok(Some(Snapshot {
            version,
            collection,
            plan,
        }))
    }

    pub fn source(&self) -> Source<'_> {
        Source {
            collection: &self.collection,
            roots: &self.version.roots,
        }
    }

    /// How the plan is run.
    pub fn search<'a>(&'a self, selection: &'a Selection, interrupt: &'a Interrupt) -> Search<'a> {
        Search {
            source: self.source(),
            plan: &self.plan,
            filter: &selection.filter,
            interrupt,
        }
    }

    /// How many documents the collection has.
    pub fn entries(&self) -> u64 {
        self.version.tree(self.collection.id).entries
    }
}
