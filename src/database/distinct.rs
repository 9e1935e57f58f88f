//! The distinct values of a field ([distinct](https://www.mongodb.com/docs/manual/reference/command/distinct/)).
//!
//! Of an array each element counts, at the path's end and on the way. Values are the same when they compare equal, under
//! the collation of the operation; the first met stands for all.
//!
//! An index on the field is gone through by leaps: once a document that the filter selects has shown a key's value, the other
//! entries with that key are passed over. A document whose own values do not show its key (it has none, and null stands
//! for it) does not end the search for one that does.

use std::collections::HashSet;
use std::ops::ControlFlow;

use super::collection::Collection;
use super::context;
use super::execute::{self, Examined, Position, Search, Source};
use super::find;
use super::interrupt::Interrupt;
use super::options::DistinctOptions;
use super::select::{Selection, spec_of};
use crate::aggregate::expr::checked_path;
use crate::bson::{Builder, Collation, MAX_DOCUMENT_SIZE, Path, RawDoc, RawValue};
use crate::error::{Code, Error, Result};
use crate::index::key;
use crate::query::bounds::Interval;
use crate::query::{Access, Plan, SortSource};
use crate::storage::derive::MULTIKEY;

/// MongoDB's code for a result that is larger than a document may be.
const TOO_BIG: Code = Code(17217);

/// The values, as a BSON array.
pub fn distinct(
    collection: &Collection,
    field: &str,
    filter: &[u8],
    options: &DistinctOptions,
) -> Result<Vec<u8>> {
    let path = path_of(field)?;
    let engine = collection.database.enter()?;
    let interrupt = Interrupt::new(&collection.database, &options.common)?;
    let context = context::context(collection, &engine, &options.language, &interrupt)?;
    let selection = Selection::compile(filter, None, options.hint.as_ref(), &context)?;
    let collation = context.collation();
    let mut out = Vec::new();
    let mut values = Values::new(&path, collation, &mut out);
    if let Some(at) = find::take(collection, &engine, &selection)? {
        interrupt.expect(at.entries());
        let leaping = leaping_plan(at.source(), &at.plan, &selection, &path, collation)?;
        let search = Search {
            plan: leaping.as_ref().unwrap_or(&at.plan),
            ..at.search(&selection, &interrupt)
        };
        collect(search, leaping.is_some(), &mut values)?;
    }
    values.finish();
    interrupt.finish();
    Ok(out)
}

/// The field's path, which may be any that a projection takes.
pub fn path_of(field: &str) -> Result<Path> {
    if field.contains('\0') {
        let message = "Key field cannot contain an embedded null byte";
        return Err(Error::query(Code(31032), message));
    }
    checked_path(field)
}

/// How many values a plan of [`leaping_plan`] finds, and what that costs.
pub fn rehearse(
    search: Search<'_>,
    path: &Path,
    collation: Option<&Collation>,
) -> Result<(u64, Examined)> {
    let mut out = Vec::new();
    let mut values = Values::new(path, collation, &mut out);
    let examined = collect(search, true, &mut values)?;
    Ok((values.seen.len() as u64, examined))
}

fn collect(search: Search<'_>, leaps: bool, values: &mut Values<'_>) -> Result<Examined> {
    if let Access::IndexScan { position, .. } = search.plan.access
        && leaps
    {
        let spec = spec_of(&search.source.collection.indexes[position])?;
        let descending = spec.fields.iter().any(|field| field.descending);
        return execute::leap(search, &mut |key, document| {
            values.add(document, Some((key, descending)))
        });
    }
    let mut position = Position::default();
    execute::run(search, &mut position, &mut |_, document| {
        values.add(document, None)?;
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(position.examined)
}

/// The plan by which an index on the field is gone through by leaps, if there is one that shows every value: the plan at
/// hand, or where it would read the whole collection, one of its own.
pub fn leaping_plan(
    source: Source<'_>,
    plan: &Plan,
    selection: &Selection,
    path: &Path,
    collation: Option<&Collation>,
) -> Result<Option<Plan>> {
    // With a number in it a path may lead filters and indexes to different values.
    if (0..path.len()).any(|at| path.index(at).is_some()) {
        return Ok(None);
    }
    let shows = |position: usize| -> Result<bool> {
        let spec = spec_of(&source.collection.indexes[position])?;
        let [field] = spec.fields.as_slice() else {
            return Ok(false);
        };
        Ok(field.path == *path && spec.collation.as_ref() == collation)
    };
    match &plan.access {
        Access::IndexScan {
            position,
            intervals,
            multikey,
            ..
        } => {
            // Between bounds an element may be left out that comes up at another document's entry.
            let is_whole = !multikey || *intervals == [Interval::everything()];
            Ok((is_whole && shows(*position)?).then(|| plan.clone()))
        }
        Access::CollectionScan { .. } if selection.filter.is_empty() && !selection.has_hint() => {
            for (position, index) in source.collection.indexes.iter().enumerate() {
                // A unique one has nothing to leap over.
                if spec_of(index)?.unique || !shows(position)? {
                    continue;
                }
                let access = Access::IndexScan {
                    position,
                    intervals: vec![Interval::everything()],
                    reverse: false,
                    multikey: source.roots.get(index.id).flags & MULTIKEY != 0,
                };
                return Ok(Some(Plan {
                    access,
                    sort: SortSource::None,
                    bounds: Vec::new(),
                }));
            }
            Ok(None)
        }
        _ => Ok(None),
    }
}

/// The values so far.
struct Values<'v> {
    path: &'v Path,
    collation: Option<&'v Collation>,
    /// Their keys: equal values have equal ones.
    seen: HashSet<Box<[u8]>>,
    array: Builder<'v>,
    /// The key of the value at hand, and as it is in the index.
    own: Vec<u8>,
    entry: Vec<u8>,
}

impl<'v> Values<'v> {
    fn new(path: &'v Path, collation: Option<&'v Collation>, out: &'v mut Vec<u8>) -> Values<'v> {
        Values {
            path,
            collation,
            seen: HashSet::new(),
            array: Builder::new(out),
            own: Vec::new(),
            entry: Vec::new(),
        }
    }

    fn finish(self) {
        self.array.finish();
    }

    /// Adds a document's values. Whether one of them has the key `wanted`, in the direction given.
    fn add(&mut self, document: RawDoc<'_>, wanted: Option<(&[u8], bool)>) -> Result<bool> {
        let (mut found, mut fits) = (false, true);
        each_value(document, self.path, 0, &mut |value| {
            self.own.clear();
            key::encode_value(&mut self.own, value, false, self.collation);
            if let Some((wanted, descending)) = wanted {
                self.entry.clone_from(&self.own);
                if descending {
                    key::invert(&mut self.entry);
                }
                key::cut(&mut self.entry, key::MAX_INDEX_KEY);
                found |= self.entry == wanted;
            }
            if fits && !self.seen.contains(self.own.as_slice()) {
                self.seen.insert(self.own.as_slice().into());
                self.array.push(value);
                fits = self.array.len() < MAX_DOCUMENT_SIZE;
            }
        });
        match fits {
            true => Ok(found),
            false => Err(Error::query(TOO_BIG, "distinct too big, 16mb cap")),
        }
    }
}

/// Calls `visit` with each value that the path leads to from its component `position` on.
fn each_value<'a>(
    document: RawDoc<'a>,
    path: &Path,
    position: usize,
    visit: &mut dyn FnMut(RawValue<'a>),
) {
    let Some(value) = document.get(path.component(position)) else {
        return;
    };
    let next = position + 1;
    match value {
        RawValue::Array(array) if next == path.len() => {
            array.iter().for_each(|(_, element)| visit(element));
        }
        value if next == path.len() => visit(value),
        RawValue::Document(inner) => each_value(inner, path, next, visit),
        // A number picks an element.
        RawValue::Array(array) if is_number(path.component(next)) => {
            each_value(array, path, next, visit);
        }
        RawValue::Array(array) => {
            for (_, element) in array {
                if let RawValue::Document(inner) | RawValue::Array(inner) = element {
                    each_value(inner, path, next, visit);
                }
            }
        }
        _ => {}
    }
}

fn is_number(component: &str) -> bool {
    !component.is_empty() && component.bytes().all(|byte| byte.is_ascii_digit())
}
