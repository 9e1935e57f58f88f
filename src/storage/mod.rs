//! The storage engine: pages, trees, log, snapshots. It knows nothing of BSON or JSON.
pub mod backup;
pub mod btree;
pub mod catalog;
pub mod derive;
mod difference;
pub mod engine;
pub mod error;
pub mod page;
pub mod pager;
mod persistent;
pub mod roots;
pub mod salvage;
pub mod snapshot;
pub mod sort;
pub mod superblock;
mod sync;
mod varint;
pub mod verify;
pub mod vfs;
pub mod wal;

pub use error::{Error, ErrorKind, Result};
