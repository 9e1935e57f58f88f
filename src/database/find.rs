//! Reading: find, find_one, count.

use std::ops::ControlFlow;

use super::collection::Collection;
use super::context;
use super::cursor::{Cursor, Snapshot, Window};
use super::execute::{self, Position};
use super::interrupt::Interrupt;
use super::listing;
use super::options::{Common, CountOptions, FindOptions, create};
use super::scope::Entered;
use super::select::Selection;
use super::tail::Tail;
use crate::bson::{RawDoc, RawValue};
use crate::error::Result;
use crate::index::key;
use crate::query::SortSource;
use crate::storage::catalog;
use crate::storage::engine;
use crate::storage::snapshot::Version;

/// The state of the collection that a read sees; `None` when there is none and that is not an error.
pub fn take(
    collection: &Collection,
    engine: &Entered<'_>,
    selection: &Selection,
) -> Result<Option<Snapshot>> {
    let version = engine.snapshot();
    if collection.database.options.strict_collections
        && version.catalog.get(&collection.name).is_none()
    {
        return Err(listing::no_collection(&version.catalog, &collection.name));
    }
    Snapshot::take(&collection.database, version, &collection.name, selection)
}

pub fn many(collection: &Collection, filter: &[u8], options: &FindOptions) -> Result<Cursor> {
    let engine = collection.database.enter()?;
    let interrupt = Interrupt::new(&collection.database, &options.common)?;
    let context = context::context(collection, &engine, &options.language, &interrupt)?;
    let selection = Selection::of_find(filter, options, &context)?;
    let window = Window {
        projection: selection.projection(options.projection.as_deref(), &context)?,
        return_key: options.return_key,
        show_record_id: options.show_record_id,
        skip: options.skip,
        limit: options.limit,
        in_memory_only: options.in_memory_only,
    };
    let mut at = take(collection, &engine, &selection)?;
    let tail = Tail::new(options, at.as_mut())?;
    interrupt.expect(at.as_ref().map_or(0, Snapshot::entries));
    let database = collection.database.clone();
    let cursor = Cursor::new(database, at, selection, window, interrupt);
    Ok(cursor.tailing(tail))
}

pub fn one_with<R>(
    collection: &Collection,
    filter: &[u8],
    options: &FindOptions,
    visit: &mut dyn FnMut(RawDoc<'_>) -> R,
) -> Result<Option<R>> {
    let engine = collection.database.enter()?;
    if let Some(id) = plain_id(filter)
        && *options == FindOptions::default()
        && !collection.database.options.strict_collections
    {
        let version = engine.snapshot();
        match version.catalog.get(&collection.name) {
            None => return Ok(None),
            Some(found) if create::is_clustered(found)? => {
                return by_id(&version, found, id, visit);
            }
            Some(_) => {}
        }
    }
    let interrupt = Interrupt::new(&collection.database, &options.common)?;
    let context = context::context(collection, &engine, &options.language, &interrupt)?;
    let selection = Selection::of_find(filter, options, &context)?;
    let projection = selection.projection(options.projection.as_deref(), &context)?;
    let Some(at) = take(collection, &engine, &selection)? else {
        return Ok(None);
    };
    let is_sorted = at.plan.sort == SortSource::InMemory;
    let is_whole = projection.is_none() && !options.return_key && !options.show_record_id;
    if is_sorted || options.skip > 0 || !is_whole {
        let window = Window {
            projection,
            return_key: options.return_key,
            show_record_id: options.show_record_id,
            skip: options.skip,
            limit: 1,
            in_memory_only: options.in_memory_only,
        };
        let database = collection.database.clone();
        let mut cursor = Cursor::new(database, Some(at), selection, window, interrupt);
        return Ok(cursor
            .next()?
            .map(|document| visit(RawDoc::trusted(document))));
    }
    let mut result = None;
    let search = at.search(&selection, &interrupt);
    execute::run(search, &mut Position::default(), &mut |_, document| {
        result = Some(visit(document));
        Ok(ControlFlow::Break(()))
    })?;
    Ok(result)
}

/// The `_id` of a filter that asks for nothing but an `_id` that is a plain value: no operators, no regular expression.
pub fn plain_id(filter: &[u8]) -> Option<RawValue<'_>> {
    let mut fields = RawDoc::trusted(filter).iter();
    let (name, value) = fields.next()?;
    let is_plain = matches!(
        value,
        RawValue::Int32(_) | RawValue::Int64(_) | RawValue::ObjectId(_) | RawValue::String(_)
    );
    (name == "_id" && is_plain && fields.next().is_none()).then_some(value)
}

/// The commonest read of all needs no plan: one descent of the primary tree.
fn by_id<R>(
    version: &Version,
    found: &catalog::Collection,
    id: RawValue<'_>,
    visit: &mut dyn FnMut(RawDoc<'_>) -> R,
) -> Result<Option<R>> {
    let pin = crossbeam_epoch::pin();
    let document = engine::documents(version, found, &pin)
        .get(&key::encode_id(id, None))
        .map_err(super::errors::from_storage)?;
    Ok(document.map(|bytes| {
        touch(bytes);
        visit(RawDoc::trusted(bytes))
    }))
}

/// Loads a document's cache lines side by side. Reading it element by element would wait for one after the other, since only
/// an element's length tells where the next one is.
fn touch(document: &[u8]) {
    const LINE: usize = 64;
    const ENOUGH: usize = 2048;
    for line in document[..document.len().min(ENOUGH)].chunks(LINE) {
        std::hint::black_box(line[0]);
    }
}

/// How many documents there are, without looking at any
/// ([estimatedDocumentCount](https://www.mongodb.com/docs/manual/reference/method/db.collection.estimatedDocumentCount/)); exact.
pub fn estimated_count(collection: &Collection, options: &Common) -> Result<i64> {
    let engine = collection.database.enter()?;
    engine.refuse_in_transaction("estimatedDocumentCount")?;
    let options = CountOptions {
        common: options.clone(),
        ..CountOptions::default()
    };
    count(collection, RawDoc::EMPTY.as_bytes(), &options)
}

pub fn count(collection: &Collection, filter: &[u8], options: &CountOptions) -> Result<i64> {
    let engine = collection.database.enter()?;
    let interrupt = Interrupt::new(&collection.database, &options.common)?;
    let context = context::context(collection, &engine, &options.language, &interrupt)?;
    let selection = Selection::compile(filter, None, options.hint.as_ref(), &context)?;
    let Some(at) = take(collection, &engine, &selection)? else {
        return Ok(0);
    };
    let enough = match options.limit {
        0 => u64::MAX,
        limit => options.skip.saturating_add(limit),
    };
    let mut counted = 0u64;
    if selection.filter.is_empty() && options.hint.is_none() {
        counted = at.entries().min(enough);
    } else {
        interrupt.expect(at.entries());
        let search = at.search(&selection, &interrupt);
        execute::run(search, &mut Position::default(), &mut |_, _| {
            counted += 1;
            Ok(if counted == enough {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            })
        })?;
    }
    interrupt.finish();
    Ok(counted.saturating_sub(options.skip) as i64)
}
