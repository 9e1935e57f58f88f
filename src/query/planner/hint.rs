//! Hints: the way that the caller insists on, and the keys of an index between `min` and `max`, which need one.

use super::{
    Access, IndexInfo, Plan, PlanRequest, Ranked, SortSource, index_order, natural, primary_order,
    through_index, through_primary,
};
use crate::bson::{Path, RawDoc, RawValue};
use crate::error::{Code, Error, Result};
use crate::index::{ID_INDEX, IndexSpec, KeyField, key};
use crate::query::bounds::Width;
use crate::query::key_range::{KeyRange, planner_error};
use crate::storage::derive::MULTIKEY;

/// Which way the caller insists on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Hint {
    /// A scan of the collection, `{ $natural: 1 }` or -1.
    Natural {
        /// From the last document to the first.
        reverse: bool,
    },
    /// The index of this name.
    Name(String),
    /// The index with this key.
    Key(Vec<KeyField>),
}

impl Hint {
    /// Reads an index's name, a key pattern, or `{ $natural: 1 }`.
    pub fn parse(hint: RawValue<'_>) -> Result<Hint> {
        match hint {
            RawValue::String(name) => Ok(Hint::Name(name.as_str().to_string())),
            RawValue::Document(key) => Hint::parse_key(key),
            _ => Err(Error::query(
                Code::FAILED_TO_PARSE,
                format!(
                    "Hint must be a string or an object, found {}",
                    hint.type_name()
                ),
            )),
        }
    }

    fn parse_key(key: RawDoc<'_>) -> Result<Hint> {
        let direction = |value: RawValue<'_>| match value.as_integer() {
            Some(direction) if direction != 0 => Ok(direction < 0),
            _ => Err(Error::query(
                Code::BAD_VALUE,
                format!(
                    "a hint's key pattern needs numbers but 0, found {}",
                    value.type_name()
                ),
            )),
        };
        if let Some(natural) = key.get("$natural") {
            return Ok(Hint::Natural {
                reverse: direction(natural)?,
            });
        }
        let field = |(name, value): (crate::bson::Text<'_>, RawValue<'_>)| {
            Ok(KeyField {
                path: Path::new(name.as_str()),
                descending: direction(value)?,
            })
        };
        Ok(Hint::Key(key.iter().map(field).collect::<Result<_>>()?))
    }
}

/// The way that a hint asks for.
pub(super) fn hinted<'a>(request: &PlanRequest<'a>, hint: &Hint) -> Result<Ranked<'a>> {
    if let Hint::Natural { reverse } = hint {
        return Ok(natural(request, *reverse));
    }
    let index = hinted_index(request, hint)?;
    let ranked = match index {
        None => Some(through_primary(request)),
        Some(index) => through_index(request, index, true),
    };
    ranked.ok_or_else(|| no_such_index(request))
}

/// The index that a hint names; none stands for that on `_id` of a clustered collection.
fn hinted_index<'r, 'a>(
    request: &'r PlanRequest<'a>,
    hint: &Hint,
) -> Result<Option<&'r IndexInfo<'a>>> {
    let wanted = |spec: &IndexSpec| match hint {
        Hint::Natural { .. } => false,
        Hint::Name(name) => spec.name == *name,
        Hint::Key(fields) => spec.fields == *fields,
    };
    if wanted(&IndexSpec::id()) && request.is_clustered() {
        return Ok(None);
    }
    let index = request.indexes.iter().find(|index| wanted(index.spec));
    index.map(Some).ok_or_else(|| no_such_index(request))
}

fn no_such_index(request: &PlanRequest<'_>) -> Error {
    let names = request.indexes.iter().map(|index| index.name);
    let primary = request.is_clustered().then_some(ID_INDEX);
    let names = primary.into_iter().chain(names);
    let names = names.collect::<Vec<_>>().join(", ");
    planner_error(
        Code::BAD_VALUE,
        &format!("hint provided does not correspond to an existing index (there are: {names})"),
    )
}

/// The keys of the index hinted at that lie within a range.
pub(super) fn ranged(request: &PlanRequest<'_>, range: &KeyRange) -> Result<Plan> {
    let hint = request.hint.filter(|_| request.sort.natural().is_none());
    let index = match hint {
        Some(hint @ (Hint::Name(_) | Hint::Key(_))) => hinted_index(request, hint)?,
        _ => {
            let message = "When using min()/max() a hint of which index to use must be provided";
            return Err(planner_error(Code::NO_QUERY_EXECUTION_PLANS, message));
        }
    };
    let (id, collation) = (IndexSpec::id(), request.filter.collation());
    let (spec, limit) = match index {
        None => (&id, key::MAX_ID_KEY),
        Some(index) => (index.spec, key::MAX_INDEX_KEY),
    };
    let intervals = vec![range.interval(spec, collation, limit)?];
    let order = match index {
        None => primary_order(request),
        Some(index) => index_order(request, index, Width::Between),
    };
    let reverse = order.unwrap_or(false);
    let access = match index {
        None => Access::CollectionScan {
            id_bounds: intervals,
            reverse,
        },
        Some(index) => Access::IndexScan {
            position: index.position,
            intervals,
            reverse,
            multikey: index.flags & MULTIKEY != 0,
        },
    };
    let sort = match order {
        _ if request.sort.is_empty() => SortSource::None,
        Some(_) => SortSource::ProvidedByAccess,
        None => SortSource::InMemory,
    };
    let bounds = match request.describe {
        true => vec![range.label(spec)],
        false => Vec::new(),
    };
    Ok(Plan {
        access,
        sort,
        bounds,
    })
}
