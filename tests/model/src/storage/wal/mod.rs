//! The log: its groups are the library's.

#[path = "../../../../../src/storage/wal/group.rs"]
pub mod group;
pub mod writer;
