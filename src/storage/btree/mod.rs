//! Copy-on-write B+trees.
pub mod node;
