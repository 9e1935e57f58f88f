//! LMDB with the documents' text as bare bytes under their `_id`: no JSON, no query, no copy. It is
//! the floor that a document database can be held against, not a rival.

use std::path::Path;

use anyhow::Result;
use heed::types::Bytes;
use heed::{Env, EnvOpenOptions, RoTxn};

/// An environment with one database.
pub struct Database {
    env: Env,
    documents: heed::Database<Bytes, Bytes>,
}

impl Database {
    /// Creates an environment in `directory` with the documents in it; the first has the `_id` 1.
    pub fn create(directory: &Path, documents: &[String]) -> Result<Database> {
        let mut options = EnvOpenOptions::new();
        options.map_size(4 << 30);
        // SAFETY: this process alone uses the directory, and opens it once.
        let env = unsafe { options.open(directory)? };
        let mut transaction = env.write_txn()?;
        let database = env.create_database(&mut transaction, None)?;
        for (id, document) in (1u32..).zip(documents) {
            database.put(&mut transaction, key(id).as_slice(), document.as_bytes())?;
        }
        transaction.commit()?;
        Ok(Database {
            env,
            documents: database,
        })
    }

    /// A snapshot to read from.
    pub fn read(&self) -> Result<RoTxn<'_, heed::WithTls>> {
        Ok(self.env.read_txn()?)
    }

    /// A document's bytes, in place.
    pub fn get<'t>(&self, snapshot: &'t RoTxn<'_>, id: u32) -> Result<Option<&'t [u8]>> {
        Ok(self.documents.get(snapshot, key(id).as_slice())?)
    }
}

fn key(id: u32) -> [u8; 4] {
    id.to_be_bytes()
}
