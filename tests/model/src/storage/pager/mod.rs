//! The page table, and memory for it that is watched.

pub mod arena;
#[path = "../../../../../src/storage/pager/table.rs"]
pub mod table;
