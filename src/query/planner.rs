//! The planner: which way to the documents that a filter selects, in the order that a sort wants.
//!
//! A pure function over descriptions: it reads no data and keeps no state. Every way it proposes
//! yields at least the documents that the filter selects; the executor checks the filter again.
//! Ways are ranked by form: points before ranges, ranges before whole scans, an order that comes
//! for free before one that must be made. Where form cannot tell two indexes apart, the caller may
//! name one as `preferred`.

mod hint;

pub use hint::Hint;

use super::bounds::{Bounds, Interval, Target, Width};
use super::filter::{Filter, may_hold_strings};
use super::key_range::KeyRange;
use super::sort::Sort;
use crate::bson::{Path, RawValue};
use crate::error::Result;
use crate::index::{ID_INDEX, IndexSpec, key};
use crate::storage::derive::{MULTIKEY, TRUNCATED};

/// An index as the planner sees it.
#[derive(Clone, Copy, Debug)]
pub struct IndexInfo<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its specification.
    pub spec: &'a IndexSpec,
    /// `MULTIKEY`, `TRUNCATED`.
    pub flags: u8,
    /// Where the executor finds it.
    pub position: usize,
}

/// What is to be planned.
#[derive(Clone, Copy, Debug)]
pub struct PlanRequest<'a> {
    /// Which documents.
    pub filter: &'a Filter,
    /// In which order.
    pub sort: &'a Sort,
    /// The way to take.
    pub hint: Option<&'a Hint>,
    /// Which keys of the index that is hinted at, instead of those that the filter asks for.
    pub range: Option<&'a KeyRange>,
    /// The collection's indexes. That on `_id` is among them only if the collection is not clustered by it.
    pub indexes: &'a [IndexInfo<'a>],
    /// `TRUNCATED` if some `_id`'s key was cut.
    pub primary_flags: u8,
    /// An index that was found to be the best for this shape before.
    pub preferred: Option<&'a str>,
    /// Whether the plan will be shown, and needs its bounds as text.
    pub describe: bool,
}

impl PlanRequest<'_> {
    /// Whether documents are in the order of `_id`, so that the collection itself serves as the index on it.
    fn is_clustered(&self) -> bool {
        !self.indexes.iter().any(|index| index.name == ID_INDEX)
    }

    /// Whether the order of primary keys is that of `_id` as the sort wants it.
    fn orders_by_id(&self) -> bool {
        let whole = self.primary_flags & TRUNCATED == 0;
        whole && self.is_clustered() && self.sort.collation().is_none()
    }
}

/// One way to the documents.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// How they are found.
    pub access: Access,
    /// How they come into order.
    pub sort: SortSource,
    /// The bounds as explain shows them, if that was asked for.
    pub bounds: Vec<String>,
}

/// How documents are found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Access {
    /// No document can match.
    Empty,
    /// Documents with these primary keys, each at most once, in this order.
    IdPoints(Vec<Vec<u8>>),
    /// Documents in the order of their primary keys.
    CollectionScan {
        /// Ascending, at least one; also for a reverse scan, which starts with the last.
        id_bounds: Vec<Interval>,
        /// From high to low.
        reverse: bool,
    },
    /// Documents in the order of an index's keys.
    IndexScan {
        /// The index's [`IndexInfo::position`].
        position: usize,
        /// Ascending, as for a collection scan.
        intervals: Vec<Interval>,
        /// From high to low.
        reverse: bool,
        /// A document may come up more than once: only the first time counts.
        multikey: bool,
    },
}

/// How documents come into the order that was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SortSource {
    /// No order was asked for, or there is at most one document.
    None,
    /// The access yields it.
    ProvidedByAccess,
    /// They must be sorted.
    InMemory,
}

/// The best plan.
pub fn plan(request: &PlanRequest<'_>) -> Result<Plan> {
    if let Some(plan) = id_lookup(request) {
        return Ok(plan);
    }
    let plans = candidates(request)?;
    Ok(plans.into_iter().next().unwrap_or(Plan {
        access: Access::Empty,
        sort: SortSource::None,
        bounds: Vec::new(),
    }))
}

/// All plans worth considering, the best first.
pub fn candidates(request: &PlanRequest<'_>) -> Result<Vec<Plan>> {
    if let Some(range) = request.range {
        return Ok(vec![hint::ranged(request, range)?]);
    }
    let mut ranked = match request.hint.filter(|_| request.sort.natural().is_none()) {
        Some(hint) => vec![hint::hinted(request, hint)?],
        None => match request.sort.natural() {
            Some(reverse) => vec![natural(request, reverse)],
            None => all(request),
        },
    };
    ranked.sort_by_key(|ranked| ranked.rank);
    if let Some((name, first)) = request.preferred.zip(ranked.first()) {
        let best_form = first.rank;
        let preferred = ranked
            .iter()
            .position(|ranked| ranked.index == Some(name) && ranked.rank.is_comparable(best_form));
        if let Some(at) = preferred {
            ranked[..=at].rotate_right(1);
        }
    }
    Ok(ranked.into_iter().map(|ranked| ranked.plan).collect())
}

/// Whether form alone does not decide between the first two plans: both use bounds on an index.
pub fn has_choice(plans: &[Plan]) -> bool {
    let bounded = |plan: &Plan| match &plan.access {
        Access::IndexScan { intervals, .. } => *intervals != [Interval::everything()],
        _ => false,
    };
    matches!(plans, [first, second, ..] if bounded(first) && bounded(second))
}

/// The most frequent plan of all, made without looking at any other: the filter wants one `_id`.
fn id_lookup(request: &PlanRequest<'_>) -> Option<Plan> {
    let is_bound = request.hint.is_some() || request.range.is_some();
    if is_bound || request.sort.natural().is_some() || request.describe {
        return None;
    }
    let id = request
        .filter
        .required_id()
        .filter(|_| request.is_clustered())?;
    // An array is found by what it holds, too; the general way knows how.
    let point = !matches!(id, RawValue::Array(_))
        && (request.filter.collation().is_none() || !may_hold_strings(id));
    point.then(|| Plan {
        access: Access::IdPoints(vec![key::encode_id(id, None)]),
        sort: SortSource::None,
        bounds: Vec::new(),
    })
}

struct Ranked<'a> {
    rank: Rank,
    index: Option<&'a str>,
    plan: Plan,
}

/// Lesser is better.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Rank {
    form: Form,
    sorts: bool,
    points: usize,
}

impl Rank {
    /// Whether only data could tell which is better.
    fn is_comparable(self, other: Rank) -> bool {
        let measurable = |rank: Rank| (Form::Points..=Form::OneSided).contains(&rank.form);
        measurable(self) && measurable(other)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Form {
    Empty,
    OneId,
    UniquePoint,
    IdPoints,
    Points,
    Between,
    OneSided,
    ForOrder,
    Collection,
}

fn all<'a>(request: &PlanRequest<'a>) -> Vec<Ranked<'a>> {
    let primary = through_primary(request);
    if primary.plan.access == Access::Empty {
        return vec![primary];
    }
    let indexes = request
        .indexes
        .iter()
        .filter_map(|index| through_index(request, index, false));
    std::iter::once(primary).chain(indexes).collect()
}

fn natural<'a>(request: &PlanRequest<'a>, reverse: bool) -> Ranked<'a> {
    let access = Access::CollectionScan {
        id_bounds: vec![Interval::everything()],
        reverse,
    };
    let sort = match primary_order(request) {
        _ if request.sort.fields().is_empty() => SortSource::None,
        Some(wanted) if wanted == reverse => SortSource::ProvidedByAccess,
        _ => SortSource::InMemory,
    };
    let rank = Rank {
        form: Form::Collection,
        sorts: false,
        points: 0,
    };
    Ranked {
        rank,
        index: None,
        plan: Plan {
            access,
            sort,
            bounds: Vec::new(),
        },
    }
}

fn id_path() -> Path {
    Path::new("_id")
}

/// Whether the order of primary keys, forward or reversed, is the one that the sort asks for.
fn primary_order(request: &PlanRequest<'_>) -> Option<bool> {
    let first = request.sort.fields().first()?;
    let usable = first.path.as_str() == "_id" && request.orders_by_id();
    usable.then_some(first.descending)
}

/// A collection in the order of insertion: all of it.
fn unordered<'a>(request: &PlanRequest<'a>) -> Ranked<'a> {
    let sorts = !request.sort.is_empty();
    let plan = Plan {
        access: Access::CollectionScan {
            id_bounds: vec![Interval::everything()],
            reverse: false,
        },
        sort: if sorts {
            SortSource::InMemory
        } else {
            SortSource::None
        },
        bounds: Vec::new(),
    };
    let rank = Rank {
        form: Form::Collection,
        sorts,
        points: 0,
    };
    Ranked {
        rank,
        index: None,
        plan,
    }
}

/// The primary tree: points, ranges or all of it.
fn through_primary<'a>(request: &PlanRequest<'a>) -> Ranked<'a> {
    if !request.is_clustered() {
        return unordered(request);
    }
    let path = id_path();
    let target = Target {
        path: &path,
        collation: None,
        same_collation: request.filter.collation().is_none(),
        descending: false,
        single_field: true,
        // An _id is never an array.
        multikey: false,
        key_limit: key::MAX_ID_KEY,
        describe: request.describe,
        below_position: false,
    };
    let found = target.bounds(request.filter.root());
    let bounded = found.is_some();
    let bounds = found.unwrap_or_else(Bounds::everything);
    let order = primary_order(request);
    let reverse = order.unwrap_or(false);
    let mut id_bounds = bounds.intervals(&target);
    let (form, access) = match bounds.width() {
        Width::Nothing => (Form::Empty, Access::Empty),
        Width::Points(count) => {
            if reverse {
                id_bounds.reverse();
            }
            let form = if count == 1 {
                Form::OneId
            } else {
                Form::IdPoints
            };
            (
                form,
                Access::IdPoints(id_bounds.into_iter().map(|point| point.low).collect()),
            )
        }
        width => {
            let form = match width {
                Width::Between => Form::Between,
                Width::OneSided => Form::OneSided,
                _ => Form::Collection,
            };
            (form, Access::CollectionScan { id_bounds, reverse })
        }
    };
    let sort = match order {
        _ if request.sort.is_empty() || form <= Form::OneId => SortSource::None,
        Some(_) => SortSource::ProvidedByAccess,
        None => SortSource::InMemory,
    };
    let labels = if bounded {
        bounds.labels(&target)
    } else {
        Vec::new()
    };
    let points = match bounds.width() {
        Width::Points(count) => count,
        _ => 0,
    };
    let rank = Rank {
        form,
        sorts: sort == SortSource::InMemory,
        points,
    };
    let labels = if request.describe { labels } else { Vec::new() };
    Ranked {
        rank,
        index: Some(ID_INDEX),
        plan: Plan {
            access,
            sort,
            bounds: labels,
        },
    }
}

/// An index: by the bounds that the filter sets on its first field, or whole for its order (or
/// if the caller insists).
fn through_index<'a>(
    request: &PlanRequest<'a>,
    index: &IndexInfo<'a>,
    insist: bool,
) -> Option<Ranked<'a>> {
    let field = index.spec.fields.first()?;
    let multikey = index.flags & MULTIKEY != 0;
    let target = Target {
        path: &field.path,
        collation: index.spec.collation.as_ref(),
        same_collation: request.filter.collation() == index.spec.collation.as_ref(),
        descending: field.descending,
        single_field: index.spec.fields.len() == 1,
        multikey,
        key_limit: key::MAX_INDEX_KEY,
        describe: request.describe,
        below_position: false,
    };
    let found = target.bounds(request.filter.root());
    let bounded = found.is_some();
    let bounds = found.unwrap_or_else(Bounds::everything);
    let width = bounds.width();
    if width == Width::Nothing {
        let plan = Plan {
            access: Access::Empty,
            sort: SortSource::None,
            bounds: Vec::new(),
        };
        let rank = Rank {
            form: Form::Empty,
            sorts: false,
            points: 0,
        };
        return Some(Ranked {
            rank,
            index: Some(index.name),
            plan,
        });
    }
    let one_document = width == Width::Points(1) && index.spec.unique && target.single_field;
    let order = index_order(request, index, width);
    let sort = match order {
        _ if request.sort.is_empty() || one_document => SortSource::None,
        Some(_) => SortSource::ProvidedByAccess,
        None => SortSource::InMemory,
    };
    let useful = bounded && width != Width::Everything;
    if !useful && !insist && sort != SortSource::ProvidedByAccess {
        return None;
    }
    let (form, points) = match width {
        _ if one_document => (Form::UniquePoint, 1),
        Width::Points(count) => (Form::Points, count),
        Width::Between => (Form::Between, 0),
        Width::OneSided => (Form::OneSided, 0),
        _ => (Form::ForOrder, 0),
    };
    let access = Access::IndexScan {
        position: index.position,
        intervals: bounds.intervals(&target),
        reverse: order.unwrap_or(false),
        multikey,
    };
    let labels = if request.describe {
        bounds.labels(&target)
    } else {
        Vec::new()
    };
    let rank = Rank {
        form,
        sorts: sort == SortSource::InMemory,
        points,
    };
    Some(Ranked {
        rank,
        index: Some(index.name),
        plan: Plan {
            access,
            sort,
            bounds: labels,
        },
    })
}

/// Whether scanning the index, forward or reversed, yields the order that the sort asks for.
///
/// Entries with equal keys are in the order of their primary keys. A document with several keys
/// comes up at the first of them, which is its sort key only if the scan starts at the index's
/// end: bounds would leave out the key that it sorts by.
fn index_order(request: &PlanRequest<'_>, index: &IndexInfo<'_>, width: Width) -> Option<bool> {
    let multikey = index.flags & MULTIKEY != 0;
    if index.flags & TRUNCATED != 0 || index.spec.collation.as_ref() != request.sort.collation() {
        return None;
    }
    let one_key = width == Width::Points(1);
    let mut wanted = request.sort.fields();
    let mut reverse = None;
    for field in &index.spec.fields {
        match wanted.split_first() {
            Some((first, rest)) if first.path == field.path => {
                if multikey && width != Width::Everything {
                    return None;
                }
                wanted = rest;
                let constant = one_key && index.spec.fields.len() == 1;
                let needs = first.descending != field.descending;
                if !constant && reverse.is_some_and(|reverse| reverse != needs) {
                    return None;
                }
                if !constant {
                    reverse = Some(needs);
                }
            }
            // A field of which there is one value does not disturb the order of the next.
            _ if one_key && index.spec.fields.len() == 1 => {}
            None => break,
            Some(_) => return None,
        }
    }
    match wanted {
        [] => Some(reverse.unwrap_or(false)),
        [first, ..] if first.path.as_str() == "_id" && request.orders_by_id() => {
            let agrees = reverse.is_none_or(|reverse| reverse == first.descending);
            agrees.then_some(first.descending)
        }
        _ => None,
    }
}

#[cfg(test)]
pub(crate) mod proof;
#[cfg(test)]
mod tests;
