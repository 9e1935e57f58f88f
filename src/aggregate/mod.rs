//! Aggregation. So far its expressions, which filters, projections and updates compute with.
//!
//! `expr` and `query` use each other: filters and projections hold expressions, and those take an operation's context, sort
//! orders and random numbers from there.

pub(crate) mod accumulate;
pub mod expr;
pub(crate) mod fields;
