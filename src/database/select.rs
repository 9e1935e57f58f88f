//! A filter and a sort made ready: compiled, planned, and bound to a collection at a version.

use std::any::Any;

use super::errors::from_storage;
use super::options::Hint as HintOption;
use crate::bson::RawDoc;
use crate::error::{Code, Error, Result, Status};
use crate::index::{Deriver, IndexSpec};
use crate::query::plan_cache::{PlanCache, Shape};
use crate::query::{self, Filter, Hint, IndexInfo, Plan, PlanRequest, Sort, planner};
use crate::storage::catalog::{Collection, Index};
use crate::storage::roots::Roots;

/// What an operation selects.
pub struct Selection {
    pub filter: Filter,
    pub sort: Sort,
    hint: Option<Hint>,
}

impl Selection {
    /// Compiles the parts. No data is read.
    pub fn compile(
        filter: &[u8],
        sort: Option<&[u8]>,
        hint: Option<&HintOption>,
    ) -> Result<Selection> {
        let sort = sort.map_or(RawDoc::EMPTY, RawDoc::trusted);
        let hint = match hint {
            None => None,
            Some(HintOption::Name(name)) => Some(Hint::Name(name.clone())),
            Some(HintOption::Key(pattern)) => Some(Hint::parse(RawDoc::trusted(pattern))?),
        };
        Ok(Selection {
            filter: Filter::compile(RawDoc::trusted(filter))?,
            sort: Sort::compile(sort)?,
            hint,
        })
    }

    /// Chooses the way to the documents of a collection.
    pub fn plan(
        &self,
        collection: &Collection,
        roots: &Roots,
        plans: &PlanCache,
        describe: bool,
    ) -> Result<Plan> {
        let mut infos = Vec::with_capacity(collection.indexes.len());
        for (position, index) in collection.indexes.iter().enumerate() {
            let spec = spec_of(index)?;
            let flags = roots.get(index.id).flags;
            infos.push(IndexInfo { name: &index.name, spec, flags, position });
        }
        let request = PlanRequest {
            filter: &self.filter,
            sort: &self.sort,
            hint: self.hint.as_ref(),
            indexes: &infos,
            primary_flags: roots.get(collection.id).flags,
            preferred: None,
            describe,
        };
        if infos.len() < 2 {
            return planner::plan(&request);
        }
        // Only where form alone leaves a choice is the remembered winner asked for.
        let shape = Shape::new(collection.id.into(), &self.filter, &self.sort);
        let winner = plans.winner(&shape);
        let plan = planner::plan(&PlanRequest { preferred: winner.as_deref(), ..request })?;
        if winner.is_none()
            && let query::Access::IndexScan { position, .. } = plan.access
        {
            plans.remember(shape, &collection.indexes[position].name);
        }
        Ok(plan)
    }
}

/// The compiled specification of an index.
pub fn spec_of(index: &Index) -> Result<&IndexSpec> {
    let compiled = index.compiled(&Deriver).map_err(from_storage)?;
    (compiled as &dyn Any).downcast_ref::<IndexSpec>().ok_or_else(|| {
        let message = format!("index {:?} is of a foreign kind", index.name);
        Error::new(Status::Internal, Code::INTERNAL_ERROR, message)
    })
}
