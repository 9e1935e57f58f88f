//! A filter and a sort made ready: compiled, planned, and bound to a collection at a version.

use std::any::Any;
use std::sync::LazyLock;

use super::errors::from_storage;
use super::execute::Source;
use super::options::{FindOptions, Hint as HintOption, create};
use super::trial;
use crate::bson::{RawDoc, RawValue};
use crate::error::{Code, Error, Result, Status};
use crate::index::{Deriver, ID_INDEX, IndexSpec};
use crate::query::plan_cache::{PlanCache, Shape};
use crate::query::{
    Access, Context, Filter, Hint, IndexInfo, KeyRange, Plan, PlanRequest, Projection, Sort,
    planner,
};
use crate::storage::catalog::{Collection, Index};

/// What an operation selects.
pub struct Selection {
    pub filter: Filter,
    pub sort: Sort,
    hint: Option<Hint>,
    /// Set by `min` and `max`.
    range: Option<KeyRange>,
}

impl Selection {
    /// Compiles the parts. No data is read.
    pub fn compile(
        filter: &[u8],
        sort: Option<&[u8]>,
        hint: Option<&HintOption>,
        context: &Context,
    ) -> Result<Selection> {
        let sort = sort.map_or(RawDoc::EMPTY, RawDoc::trusted);
        let hint = match hint {
            None => None,
            Some(HintOption::Name(name)) => Some(Hint::Name(name.clone())),
            Some(HintOption::Key(pattern)) => {
                Some(Hint::parse(RawValue::Document(RawDoc::trusted(pattern)))?)
            }
        };
        Ok(Selection {
            filter: Filter::compile(RawDoc::trusted(filter), context)?,
            sort: Sort::compile(sort, context)?,
            hint,
            range: None,
        })
    }

    /// Compiles a projection of what is selected.
    pub fn projection(
        &self,
        projection: Option<&[u8]>,
        context: &Context,
    ) -> Result<Option<Projection>> {
        let Some(projection) = projection.map(RawDoc::trusted) else {
            return Ok(None);
        };
        let projection = Projection::compile(projection, &self.filter, context)?;
        let wants_sort_key = |projection: &Projection| projection.metadata_needs().sort_key;
        if self.sort.is_empty() && projection.as_ref().is_some_and(wants_sort_key) {
            let message = "cannot use sortKey $meta projection without a sort";
            return Err(Error::query(Code::BAD_VALUE, message));
        }
        Ok(projection)
    }

    /// What a `find` selects.
    pub fn of_find(filter: &[u8], options: &FindOptions, context: &Context) -> Result<Selection> {
        let (sort, hint) = (options.sort.as_deref(), options.hint.as_ref());
        let selection = Selection::compile(filter, sort, hint, context)?;
        let (min, max) = (options.min.as_deref(), options.max.as_deref());
        Ok(Selection {
            range: KeyRange::new(min, max)?,
            ..selection
        })
    }

    /// Whether the caller insists on the index on `_id`.
    pub fn hints_at_id(&self, collection: &Collection) -> Result<bool> {
        Ok(match self.hint_within(collection)? {
            Some(Hint::Name(name)) => name == ID_INDEX,
            Some(Hint::Key(fields)) => *fields == IndexSpec::id().fields,
            Some(Hint::Natural { .. }) | None => false,
        })
    }

    /// Whether the caller insists on a way.
    pub fn has_hint(&self) -> bool {
        self.hint.is_some()
    }

    /// Chooses the way to the documents of a collection.
    pub fn plan(&self, source: Source<'_>, plans: &PlanCache) -> Result<Plan> {
        let indexes = describe_indexes(source)?;
        let request = self.request(source, &indexes)?;
        if indexes.len() < 2 {
            return planner::plan(&request);
        }
        let mut ranked = self.ranked(source, &request, plans)?;
        if ranked.is_empty() {
            return planner::plan(&request);
        }
        Ok(ranked.swap_remove(0))
    }

    /// The ways to the documents, the one to be taken first. Where form leaves a choice, the index that served queries
    /// like this one before is taken, or the winner of a race.
    pub fn ranked(
        &self,
        source: Source<'_>,
        request: &PlanRequest<'_>,
        plans: &PlanCache,
    ) -> Result<Vec<Plan>> {
        let shape = Shape::new(source.collection.id.into(), &self.filter, &self.sort);
        let winner = plans.winner(&shape);
        let preferred = winner.as_deref();
        let mut ranked = planner::candidates(&PlanRequest {
            preferred,
            ..*request
        })?;
        if winner.is_none() && planner::has_choice(&ranked) {
            let best = trial::best(source, &ranked, &self.filter)?;
            if let Access::IndexScan { position, .. } = ranked[best].access {
                plans.remember(shape, &source.collection.indexes[position].name);
            }
            ranked[..=best].rotate_right(1);
        }
        Ok(ranked)
    }

    /// What the planner is asked.
    pub fn request<'a>(
        &'a self,
        source: Source<'_>,
        indexes: &'a [IndexInfo<'a>],
    ) -> Result<PlanRequest<'a>> {
        Ok(PlanRequest {
            filter: &self.filter,
            sort: &self.sort,
            hint: self.hint_within(source.collection)?,
            range: self.range.as_ref(),
            indexes,
            primary_flags: source.roots.get(source.collection.id).flags,
            preferred: None,
            describe: false,
        })
    }

    /// The hint, in which the clustered index may be called by the name that it was given.
    fn hint_within(&self, collection: &Collection) -> Result<Option<&Hint>> {
        static ID: LazyLock<Hint> = LazyLock::new(|| Hint::Name(ID_INDEX.to_string()));
        let Some(Hint::Name(name)) = &self.hint else {
            return Ok(self.hint.as_ref());
        };
        let clustered = create::stored(collection)?
            .and_then(|stored| stored.options.clustered_index.as_deref());
        Ok(match clustered == Some(name.as_str()) {
            true => Some(&ID),
            false => self.hint.as_ref(),
        })
    }
}

/// The indexes as the planner sees them.
pub fn describe_indexes(source: Source<'_>) -> Result<Vec<IndexInfo<'_>>> {
    let indexes = source.collection.indexes.iter().enumerate();
    indexes
        .map(|(position, index)| {
            let (spec, flags) = (spec_of(index)?, source.roots.get(index.id).flags);
            Ok(IndexInfo {
                name: &index.name,
                spec,
                flags,
                position,
            })
        })
        .collect()
}

/// The compiled specification of an index.
pub fn spec_of(index: &Index) -> Result<&IndexSpec> {
    let compiled = index.compiled(&Deriver).map_err(from_storage)?;
    (compiled as &dyn Any)
        .downcast_ref::<IndexSpec>()
        .ok_or_else(|| {
            let message = format!("index {:?} is of a foreign kind", index.name);
            Error::new(Status::Internal, Code::INTERNAL_ERROR, message)
        })
}
