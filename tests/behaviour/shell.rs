//! Short words for what the tests do: documents in, documents out, a directory that goes when the test ends.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use ironbase::bson::{Document, RawDoc, Value, doc};
use ironbase::database::options::{
    CountOptions, DeleteOptions, Durability, FindOptions, InsertManyOptions, OpenOptions,
    UpdateOptions, Verbosity, WriteOptions,
};
use ironbase::database::{Collection, Cursor, Database, InsertManyResult, UpdateResult};
use ironbase::error::{Error, Result};

/// A directory of its own for each test.
pub struct TempDir(PathBuf);

impl TempDir {
    pub fn new() -> TempDir {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("ironbase-behaviour-{}-{number}", std::process::id());
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&path).expect("the temporary directory is writable");
        TempDir(path)
    }

    /// Where the database is.
    pub fn database(&self) -> String {
        self.0.join("app.mlite").to_string_lossy().into_owned()
    }

    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for TempDir {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

pub fn in_memory() -> Database {
    Database::open(":memory:", OpenOptions::default()).unwrap()
}

/// A collection in a database of its own.
pub fn collection() -> Collection {
    in_memory().collection("things").unwrap()
}

/// Opens a directory without waiting for the disk.
pub fn open(directory: &TempDir) -> Database {
    let options = OpenOptions {
        durability: Durability::None,
        ..OpenOptions::default()
    };
    Database::open(&directory.database(), options).unwrap()
}

pub fn document(bytes: &[u8]) -> Document {
    Document::from_raw(RawDoc::new(bytes).unwrap()).unwrap()
}

/// The documents in a BSON array.
pub fn documents(array: &[u8]) -> Vec<Document> {
    let values = document(array).into_iter();
    let inner = |value: Value| value.as_document().expect("a document").clone();
    values.map(|(_, value)| inner(value)).collect()
}

/// What lies at a dotted path.
pub fn at(document: &Document, path: &str) -> Option<Value> {
    let (name, rest) = match path.split_once('.') {
        Some((name, rest)) => (name, Some(rest)),
        None => (path, None),
    };
    let value = document.get(name)?.clone();
    match (rest, &value) {
        (None, _) => Some(value),
        (Some(rest), Value::Document(inner)) => at(inner, rest),
        (Some(rest), Value::Array(values)) => {
            let named = values.iter().enumerate();
            let inner: Document = named.map(|(at, v)| (at.to_string(), v.clone())).collect();
            at(&inner, rest)
        }
        _ => None,
    }
}

/// A figure of `stats`.
pub fn figure(database: &Database, path: &str) -> i64 {
    match at(&document(&database.stats().unwrap()), path) {
        Some(Value::Int64(figure)) => figure,
        other => panic!("{path}: {other:?}"),
    }
}

/// Every document that a cursor still has.
pub fn drain(mut cursor: Cursor) -> Result<Vec<Vec<u8>>> {
    let mut all = Vec::new();
    while let Some(found) = cursor.next()? {
        all.push(found.to_vec());
    }
    Ok(all)
}

/// The field `code` of an error, as a number.
pub fn code(result: Result<impl std::fmt::Debug>) -> i32 {
    result.unwrap_err().code().0
}

/// A detail of an error.
pub fn detail<'e>(error: &'e Error, name: &str) -> &'e serde_json::Value {
    error
        .details()
        .get(name)
        .unwrap_or_else(|| panic!("no {name} in {:?}", error.details()))
}

/// The operations on documents instead of bytes.
pub trait Shell {
    fn add(&self, document: Document) -> Result<Value>;
    fn add_many(&self, all: Vec<Document>, ordered: bool) -> Result<InsertManyResult>;
    fn cursor(&self, filter: Document, options: Document) -> Result<Cursor>;
    fn raw(&self, filter: Document, options: Document) -> Result<Vec<Vec<u8>>>;
    fn count(&self, filter: Document) -> i64;
    fn update(&self, filter: Document, update: Document) -> Result<UpdateResult>;
    fn update_all(&self, filter: Document, update: Document) -> Result<UpdateResult>;
    fn upsert(&self, filter: Document, update: Document) -> Result<UpdateResult>;
    fn replace(&self, filter: Document, by: Document, upsert: bool) -> Result<UpdateResult>;
    fn delete(&self, filter: Document) -> u64;
    fn delete_all(&self, filter: Document) -> u64;
    fn index(&self, spec: Document) -> Result<Vec<String>>;
    fn index_names(&self) -> Vec<String>;
    fn explained(&self, command: Document) -> Document;

    /// Adds documents and expects no refusal.
    fn add_all(&self, all: impl IntoIterator<Item = Document>) {
        self.add_many(all.into_iter().collect(), true).unwrap();
    }

    fn found_with(&self, filter: Document, options: Document) -> Result<Vec<Document>> {
        let raw = self.raw(filter, options)?;
        Ok(raw.iter().map(|bytes| document(bytes)).collect())
    }

    fn found(&self, filter: Document) -> Vec<Document> {
        self.found_with(filter, doc! {}).unwrap()
    }

    /// The integers that are `_id` of what is found, in the order found.
    fn ids(&self, filter: Document, options: Document) -> Vec<i32> {
        let found = self.found_with(filter, options).unwrap();
        let id = |found: &Document| match found.get("_id") {
            Some(Value::Int32(id)) => *id,
            other => panic!("_id is {other:?}"),
        };
        found.iter().map(id).collect()
    }

    /// The one document there is.
    fn only(&self) -> Document {
        let mut all = self.found(doc! {});
        assert_eq!(all.len(), 1, "{all:?}");
        all.remove(0)
    }
}

impl Shell for Collection {
    fn add(&self, document: Document) -> Result<Value> {
        self.insert_one(&document.to_bytes(), &WriteOptions::default())
    }

    fn add_many(&self, all: Vec<Document>, ordered: bool) -> Result<InsertManyResult> {
        let mut all = all.into_iter();
        let mut next = |out: &mut Vec<u8>| {
            let next = all.next();
            if let Some(document) = &next {
                document.write_to(out);
            }
            Ok(next.is_some())
        };
        let options = InsertManyOptions {
            ordered,
            ..InsertManyOptions::default()
        };
        self.insert_many(&mut next, &options)
    }

    fn cursor(&self, filter: Document, options: Document) -> Result<Cursor> {
        let options = FindOptions::from_bson(RawDoc::new(&options.to_bytes())?)?;
        self.find(&filter.to_bytes(), options)
    }

    fn raw(&self, filter: Document, options: Document) -> Result<Vec<Vec<u8>>> {
        drain(self.cursor(filter, options)?)
    }

    fn count(&self, filter: Document) -> i64 {
        self.count_documents(&filter.to_bytes(), &CountOptions::default())
            .unwrap()
    }

    fn update(&self, filter: Document, update: Document) -> Result<UpdateResult> {
        let options = UpdateOptions::default();
        self.update_one(&filter.to_bytes(), &update.to_bytes(), &options)
    }

    fn update_all(&self, filter: Document, update: Document) -> Result<UpdateResult> {
        let options = UpdateOptions::default();
        self.update_many(&filter.to_bytes(), &update.to_bytes(), &options)
    }

    fn upsert(&self, filter: Document, update: Document) -> Result<UpdateResult> {
        let options = UpdateOptions {
            upsert: true,
            ..UpdateOptions::default()
        };
        self.update_one(&filter.to_bytes(), &update.to_bytes(), &options)
    }

    fn replace(&self, filter: Document, by: Document, upsert: bool) -> Result<UpdateResult> {
        let options = UpdateOptions {
            upsert,
            ..UpdateOptions::default()
        };
        self.replace_one(&filter.to_bytes(), &by.to_bytes(), &options)
    }

    fn delete(&self, filter: Document) -> u64 {
        self.delete_one(&filter.to_bytes(), &DeleteOptions::default())
            .unwrap()
    }

    fn delete_all(&self, filter: Document) -> u64 {
        self.delete_many(&filter.to_bytes(), &DeleteOptions::default())
            .unwrap()
    }

    fn index(&self, spec: Document) -> Result<Vec<String>> {
        let specs = doc! { "0": spec }.to_bytes();
        self.create_indexes(RawDoc::new(&specs)?, &WriteOptions::default())
    }

    fn index_names(&self) -> Vec<String> {
        let all = documents(&self.list_indexes().unwrap());
        let name = |spec: &Document| spec.get("name").and_then(Value::as_str).map(String::from);
        all.iter().map(|spec| name(spec).expect("a name")).collect()
    }

    fn explained(&self, command: Document) -> Document {
        let command = command.to_bytes();
        let verbosity = Verbosity::ExecutionStats;
        let explained = Collection::explain(self, RawDoc::new(&command).unwrap(), verbosity);
        document(&explained.unwrap())
    }
}

/// Memory of this process that no file backs.
pub fn anonymous_kib() -> i64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("RssAnon:"));
    let figure = line.and_then(|line| line.split_whitespace().nth(1));
    figure
        .and_then(|kib| kib.parse().ok())
        .expect("Linux says RssAnon")
}
