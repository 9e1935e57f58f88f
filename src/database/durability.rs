//! How safe a write is when it returns: as the database was opened, or as the write itself asks for.

use super::errors::from_storage;
use super::options::{Durability, WriteOptions};
use crate::error::Result;
use crate::storage::engine::{self, Engine};
use crate::storage::page::Lsn;

impl From<Durability> for engine::Durability {
    fn from(durability: Durability) -> engine::Durability {
        match durability {
            Durability::Full => engine::Durability::Full,
            Durability::Interval => engine::Durability::Interval,
            Durability::None => engine::Durability::None,
        }
    }
}

/// Waits until a commit is as safe as its operation asked for.
pub fn wait(engine: &Engine, lsn: Lsn, options: &WriteOptions) -> Result<()> {
    wait_for(engine, lsn, options.durability)
}

/// Waits until a commit is so safe; `None`: as safe as the database's commits are.
pub fn wait_for(engine: &Engine, lsn: Lsn, durability: Option<Durability>) -> Result<()> {
    match durability {
        None => engine.wait(lsn),
        Some(durability) => engine.wait_for(lsn, durability.into()),
    }
    .map_err(from_storage)
}
