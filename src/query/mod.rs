//! The query language: which documents, in what order, with which fields, by which way.
//!
//! [`filter`], [`sort`] and [`projection`] are compiled once from BSON and applied to raw
//! documents; [`planner`] turns filter and sort into intervals of index keys. Nothing here reads
//! storage: the executor in `database` does.

pub mod bounds;
pub mod context;
pub mod explain;
pub mod filter;
pub(crate) mod json_schema;
pub mod key_range;
pub mod mismatch;
pub mod plan_cache;
pub mod planner;
pub mod projection;
pub(crate) mod random;
pub(crate) mod regex;
pub mod sort;

pub use context::{Context, Stop, Surroundings};
pub use filter::Filter;
pub use key_range::KeyRange;
pub use planner::{Access, Hint, IndexInfo, Plan, PlanRequest, SortSource};
pub use projection::Projection;
pub use sort::Sort;
