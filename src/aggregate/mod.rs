//! Aggregation. So far its expressions, which filters, projections and updates compute with.
//!
//! `expr` stands below `query` (it knows only documents and an operation's context).

pub(crate) mod accumulate;
pub mod expr;
pub(crate) mod fields;
