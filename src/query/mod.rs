//! The query language: which documents, in what order, with which fields, by which way.
//!
//! [`filter`], [`sort`] and [`projection`] are compiled once from BSON and applied to raw
//! documents; [`planner`] turns filter and sort into intervals of index keys. Nothing here reads
//! storage: the executor in `database` does.

//PEND pub mod bounds;
//PEND pub mod explain;
pub mod filter;
//PEND pub mod plan_cache;
//PEND pub mod planner;
//PEND pub mod projection;
//PEND pub mod sort;

pub use filter::Filter;
//PEND pub use planner::{Access, Hint, IndexInfo, Plan, PlanRequest, SortSource};
//PEND pub use projection::Projection;
//PEND pub use sort::Sort;
