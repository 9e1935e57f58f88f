//! The storage engine: pages, trees, log, snapshots. It knows nothing of BSON or JSON.
pub mod btree;
pub mod derive;
pub mod error;
pub mod catalog;
pub mod page;
pub mod pager;
pub mod roots;
pub mod snapshot;
pub mod superblock;
pub mod wal;
pub mod vfs;

pub use error::{Error, ErrorKind, Result};
