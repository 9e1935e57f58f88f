//! The storage engine: pages, trees, log, snapshots. It knows nothing of BSON or JSON.
pub mod derive;
pub mod error;
pub mod vfs;

pub use error::{Error, ErrorKind, Result};
