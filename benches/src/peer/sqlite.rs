//! SQLite as a skilled user sets it up: write-ahead log, prepared statements, a large cache, a memory
//! map; documents in one table by integer primary key, as JSON text or as JSONB.
//!
//! `synchronous=FULL` makes every transaction durable when it returns, as IronBase does by default.

use std::path::Path;

use anyhow::Result;
use rusqlite::{CachedStatement, Connection};

/// How the documents are kept.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// The text as it came.
    Text,
    /// SQLite's binary form, converted on the way in and out.
    Jsonb,
}

/// A database with one table of documents.
pub struct Database {
    connection: Connection,
    format: Format,
}

impl Database {
    /// Opens, or creates, a database in `directory`.
    pub fn open(directory: &Path, format: Format) -> Result<Database> {
        let connection = Connection::open(directory.join("bench.sqlite"))?;
        connection.execute_batch(
            "PRAGMA journal_mode = WAL;
             PRAGMA synchronous = FULL;
             PRAGMA cache_size = -262144; -- KiB
             PRAGMA mmap_size = 1073741824;
             PRAGMA temp_store = MEMORY;
             CREATE TABLE IF NOT EXISTS documents (id INTEGER PRIMARY KEY, body NOT NULL);",
        )?;
        connection.set_prepared_statement_cache_capacity(16);
        Ok(Database { connection, format })
    }

    /// Lets transactions return before they are on the medium: a crash of the program loses none of them.
    pub fn do_not_sync(&self) -> Result<()> {
        self.execute("PRAGMA synchronous = NORMAL")
    }

    /// Closes; the last connection moves the log into the database.
    pub fn close(self) -> Result<()> {
        self.connection.close().map_err(|(_, error)| error.into())
    }

    /// Runs statements such as BEGIN and COMMIT.
    pub fn execute(&self, sql: &str) -> Result<()> {
        Ok(self.connection.execute_batch(sql)?)
    }

    /// Creates an index on a path into the documents.
    pub fn create_index(&self, name: &str, path: &str) -> Result<()> {
        self.execute(&format!(
            "CREATE INDEX {name} ON documents (json_extract(body, '{path}'))"
        ))
    }

    /// The statement that inserts one document: id, JSON text.
    pub fn insert(&self) -> Result<CachedStatement<'_>> {
        Ok(self.connection.prepare_cached(match self.format {
            Format::Text => "INSERT INTO documents (id, body) VALUES (?1, ?2)",
            Format::Jsonb => "INSERT INTO documents (id, body) VALUES (?1, jsonb(?2))",
        })?)
    }

    /// The statement that finds one document's JSON text by its id.
    pub fn find(&self) -> Result<CachedStatement<'_>> {
        Ok(self.connection.prepare_cached(match self.format {
            Format::Text => "SELECT body FROM documents WHERE id = ?1",
            Format::Jsonb => "SELECT json(body) FROM documents WHERE id = ?1",
        })?)
    }

    /// The statement that counts the documents of a city (nested) and an age from ?2 up to below ?3.
    pub fn count_city_and_age(&self) -> Result<CachedStatement<'_>> {
        Ok(self.connection.prepare_cached(
            "SELECT count(*) FROM documents WHERE body ->> '$.age' >= ?2 AND body ->> '$.age' < ?3
             AND body ->> '$.address.city' = ?1",
        )?)
    }

    /// The statement that adds one to a document's visits, by its id.
    pub fn count_visit(&self) -> Result<CachedStatement<'_>> {
        Ok(self.connection.prepare_cached(match self.format {
            Format::Text => {
                "UPDATE documents SET body = json_set(body, '$.visits', (body ->> '$.visits') + 1)
                 WHERE id = ?1"
            }
            Format::Jsonb => {
                "UPDATE documents SET body = jsonb_set(body, '$.visits', (body ->> '$.visits') + 1)
                 WHERE id = ?1"
            }
        })?)
    }

    /// Inserts documents in one transaction; `first_id` is the first one's.
    pub fn insert_transaction(&self, first_id: u32, documents: &[String]) -> Result<()> {
        self.execute("BEGIN IMMEDIATE")?;
        let mut insert = self.insert()?;
        for (id, document) in (first_id..).zip(documents) {
            insert.execute((id, document))?;
        }
        self.execute("COMMIT")
    }
}
