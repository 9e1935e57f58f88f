//! The storage engine: pages, trees, log, snapshots. It knows nothing of BSON or JSON.
pub mod vfs;
