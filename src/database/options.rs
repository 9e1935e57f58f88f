//! The options of every operation, and how each is read from its BSON document.
//!
//! Names, meanings and limits are those of MongoDB's drivers. Reading is strict (see `given`).
//! What all operations take is in `common`.

mod backup;
mod bulk_write;
mod common;
mod compact;
pub mod create;
mod find;
mod find_and_modify;
mod given;
mod language;
mod maintenance;
mod transaction;
pub mod validation;

use std::time::Duration;

pub use self::backup::{BackupOptions, RestoreOptions};
pub use self::common::{Common, WriteOptions};
pub use self::compact::CompactOptions;
pub use self::create::CreateOptions;
pub use self::find::{CountOptions, DistinctOptions, FindOptions};
use self::given::{Given, given};
pub use self::language::LanguageOptions;
pub use self::maintenance::{SalvageOptions, VerifyOptions};
pub use self::transaction::TransactionOptions;
pub use self::validation::{CollModOptions, Validation, ValidationAction, ValidationLevel};
use crate::bson::RawDoc;
use crate::error::Result;
use crate::json;
use crate::storage::engine::IdleCompaction;
pub use bulk_write::{BulkWriteOptions, DeleteModel, UpdateModel, WriteModel};
pub use find_and_modify::{FindOneAndDeleteOptions, FindOneAndUpdateOptions, ReturnDocument};

/// When a commit is safe.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Durability {
    /// When the call returns: a power cut loses nothing that was acknowledged.
    #[default]
    Full,
    /// Within `sync_interval_ms`: a power cut loses at most the last interval, a crash of the
    /// program nothing.
    Interval,
    /// When the operating system likes: a power cut may lose what was not checkpointed.
    None,
}

impl Durability {
    const NAMES: &[(&str, Durability)] = &[
        ("full", Durability::Full),
        ("interval", Durability::Interval),
        ("none", Durability::None),
    ];
}

/// How page files are read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ReadMode {
    /// Through memory maps.
    #[default]
    Mmap,
    /// With `pread`, for hosts that fear the SIGBUS of a failing disk under a map.
    Pread,
}

/// How a database is opened.
#[derive(Clone, Debug, PartialEq)]
pub struct OpenOptions {
    /// Make the database if there is none.
    pub create: bool,
    /// Refuse all writes.
    pub read_only: bool,
    /// When a commit is safe.
    pub durability: Durability,
    /// The interval of `Durability::Interval`.
    pub sync_interval_ms: u64,
    /// Memory for pages that are not on disk yet, and for read buffers.
    pub cache_bytes: u64,
    /// The page size of files made from now on: 4096, 8192, 16384 or 32768.
    pub page_size: u32,
    /// How page files are read.
    pub read_mode: ReadMode,
    /// Reading a collection that does not exist is an error instead of empty.
    pub strict_collections: bool,
    /// The Extended JSON of results.
    pub json_mode: json::Mode,
    /// Files kept open at once.
    pub max_open_files: usize,
    /// Checkpoints and other upkeep run on a thread of their own.
    pub background: bool,
    /// When a thread compacts collections; `None`: never.
    pub compaction: Option<IdleCompaction>,
    /// Bytes of log that checkpoints leave behind what recovery needs, for incremental backups.
    pub log_retention_bytes: u64,
    /// Query shapes whose plan is remembered.
    pub query_cache_size: usize,
    /// A transaction that has been open for longer is aborted.
    pub transaction_lifetime_limit_seconds: u64,
}

impl Default for OpenOptions {
    fn default() -> OpenOptions {
        OpenOptions {
            create: true,
            read_only: false,
            durability: Durability::Full,
            sync_interval_ms: 100,
            cache_bytes: 64 << 20,
            page_size: 8192,
            read_mode: ReadMode::Mmap,
            strict_collections: false,
            json_mode: json::Mode::Relaxed,
            max_open_files: 256,
            background: true,
            compaction: Some(IdleCompaction::default()),
            log_retention_bytes: 0,
            query_cache_size: 1000,
            transaction_lifetime_limit_seconds: 60,
        }
    }
}

impl OpenOptions {
    const KNOWN: &str = "create, readOnly, durability, syncIntervalMs, cacheSize, pageSize, \
        readMode, strictCollections, jsonMode, maxOpenFiles, background, logRetentionBytes, queryCacheSize, \
        transactionLifetimeLimitSeconds";

    /// Reads `{create, readOnly, durability, ...}` as JSON.
    pub fn from_json(text: &str) -> Result<OpenOptions> {
        let mut document = Vec::new();
        json::parse_document(text.as_bytes(), &mut document)?;
        OpenOptions::from_bson(RawDoc::trusted(&document))
    }

    /// Reads `{create, readOnly, durability, ...}`.
    pub fn from_bson(document: RawDoc) -> Result<OpenOptions> {
        let mut options = OpenOptions::default();
        for given in given("open", document) {
            match given.name {
                "create" => options.create = given.boolean()?,
                "readOnly" => options.read_only = given.boolean()?,
                "durability" => {
                    options.durability = given.one_of(Durability::NAMES)?;
                }
                "syncIntervalMs" => options.sync_interval_ms = given.number(1, 3_600_000)?,
                "cacheSize" => options.cache_bytes = given.number(0, 1 << 46)?,
                "pageSize" => options.page_size = given.page_size()?,
                "readMode" => {
                    options.read_mode =
                        given.one_of(&[("mmap", ReadMode::Mmap), ("pread", ReadMode::Pread)])?;
                }
                "strictCollections" => options.strict_collections = given.boolean()?,
                "jsonMode" => {
                    options.json_mode = given.one_of(&[
                        ("relaxed", json::Mode::Relaxed),
                        ("canonical", json::Mode::Canonical),
                        ("javascript", json::Mode::JavaScript),
                    ])?;
                }
                "maxOpenFiles" => options.max_open_files = given.number(8, 1 << 20)? as usize,
                "background" => {
                    (options.background, options.compaction) = background(&given)?;
                }
                "logRetentionBytes" => options.log_retention_bytes = given.number(0, 1 << 46)?,
                "queryCacheSize" => options.query_cache_size = given.number(0, 1 << 20)? as usize,
                "transactionLifetimeLimitSeconds" => {
                    options.transaction_lifetime_limit_seconds = given.lifetime_limit()?;
                }
                _ => return Err(given.unknown(OpenOptions::KNOWN)),
            }
        }
        Ok(options)
    }
}

/// Reads `true`, `false`, or `{compaction: true | false | {freePercent, freeBytes, idleMs}}`.
fn background(given: &Given<'_>) -> Result<(bool, Option<IdleCompaction>)> {
    let mut compaction = Some(IdleCompaction::default());
    if !given.is_document() {
        return Ok((given.boolean()?, compaction));
    }
    for part in self::given("background", RawDoc::trusted(&given.document()?)) {
        if part.name != "compaction" {
            return Err(part.unknown("compaction"));
        }
        if !part.is_document() {
            compaction = part.boolean()?.then(IdleCompaction::default);
            continue;
        }
        let mut when = IdleCompaction::default();
        for limit in self::given("background.compaction", RawDoc::trusted(&part.document()?)) {
            match limit.name {
                "freePercent" => when.free_percent = limit.number(1, 99)?,
                "freeBytes" => when.free_bytes = limit.count()?,
                "idleMs" => when.idle = Duration::from_millis(limit.number(0, 86_400_000)?),
                _ => return Err(limit.unknown("freePercent, freeBytes, idleMs")),
            }
        }
        compaction = Some(when);
    }
    Ok((true, compaction))
}

/// The index that a caller wants used.
#[derive(Clone, Debug, PartialEq)]
pub enum Hint {
    /// By its name.
    Name(String),
    /// By its key pattern, as BSON; `{"$natural": 1}` asks for a scan of the collection.
    Key(Vec<u8>),
}

impl WriteOptions {
    /// Reads what every write takes; `operation` is for messages.
    pub fn from_bson(operation: &'static str, document: RawDoc) -> Result<WriteOptions> {
        let mut options = WriteOptions::default();
        for given in given(operation, document) {
            if !options.take(&given)? {
                return Err(given.unknown(WriteOptions::KNOWN));
            }
        }
        Ok(options)
    }
}

impl Common {
    /// Reads what every operation takes; `operation` is for messages.
    pub fn from_bson(operation: &'static str, document: RawDoc) -> Result<Common> {
        let mut options = Common::default();
        for given in given(operation, document) {
            if !options.take(&given)? {
                return Err(given.unknown(Common::KNOWN));
            }
        }
        Ok(options)
    }
}

/// Options of `insert_many`.
#[derive(Clone, Debug, PartialEq)]
pub struct InsertManyOptions {
    /// Stop at the first document that cannot be inserted.
    pub ordered: bool,
    /// What every write takes.
    pub write: WriteOptions,
}

impl Default for InsertManyOptions {
    fn default() -> InsertManyOptions {
        InsertManyOptions {
            ordered: true,
            write: WriteOptions::default(),
        }
    }
}

impl InsertManyOptions {
    /// Reads `{ordered, ...}`.
    pub fn from_bson(document: RawDoc) -> Result<InsertManyOptions> {
        let mut options = InsertManyOptions::default();
        for given in given("insert", document) {
            match given.name {
                "ordered" => options.ordered = given.boolean()?,
                _ if options.write.take(&given)? => {}
                _ => return Err(given.unknown_beside("ordered", WriteOptions::KNOWN)),
            }
        }
        Ok(options)
    }
}

/// Options of `update_one`, `update_many` and `replace_one`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct UpdateOptions {
    /// Insert a document when none matches.
    pub upsert: bool,
    /// Which elements each `$[identifier]` of the update stands for, as a BSON array of filters.
    pub array_filters: Option<Vec<u8>>,
    /// Which document is the first, as BSON; not for `update_many`.
    pub sort: Option<Vec<u8>>,
    /// The index to use.
    pub hint: Option<Hint>,
    /// Variables of a pipeline, as BSON: names, and values that are no expressions.
    pub constants: Option<Vec<u8>>,
    /// Variables.
    pub language: LanguageOptions,
    /// What every write takes.
    pub write: WriteOptions,
}

impl UpdateOptions {
    /// Reads `{upsert, arrayFilters, sort, hint, ...}`.
    pub fn from_bson(document: RawDoc) -> Result<UpdateOptions> {
        let mut options = UpdateOptions::default();
        for given in given("update", document) {
            if !options.take(&given)? {
                let known = "upsert, arrayFilters, sort, hint, constants, collation, let";
                return Err(given.unknown_beside(known, WriteOptions::KNOWN));
            }
        }
        Ok(options)
    }

    /// Takes the option if it is one of these.
    fn take(&mut self, given: &Given<'_>) -> Result<bool> {
        match given.name {
            "upsert" => self.upsert = given.boolean()?,
            "arrayFilters" => self.array_filters = Some(given.array()?),
            "sort" => self.sort = Some(given.document()?),
            "hint" => self.hint = Some(given.hint()?),
            // The command `update` says `c`, `bulkWrite` says `constants`.
            "c" | "constants" => self.constants = Some(given.document()?),
            _ => return Ok(self.language.take(given)? || self.write.take(given)?),
        }
        Ok(true)
    }
}

/// Options of `delete_one` and `delete_many`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DeleteOptions {
    /// The index to use.
    pub hint: Option<Hint>,
    /// Variables.
    pub language: LanguageOptions,
    /// What every write takes.
    pub write: WriteOptions,
}

impl DeleteOptions {
    /// Reads `{hint, ...}`.
    pub fn from_bson(document: RawDoc) -> Result<DeleteOptions> {
        let mut options = DeleteOptions::default();
        for given in given("delete", document) {
            if !options.take(&given)? {
                return Err(given.unknown_beside("hint, collation, let", WriteOptions::KNOWN));
            }
        }
        Ok(options)
    }

    /// Takes the option if it is one of these.
    fn take(&mut self, given: &Given<'_>) -> Result<bool> {
        match given.name {
            "hint" => self.hint = Some(given.hint()?),
            _ => return Ok(self.language.take(given)? || self.write.take(given)?),
        }
        Ok(true)
    }
}

/// Options of `rename_collection`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RenameOptions {
    /// Drop a collection that has the new name already.
    pub drop_target: bool,
}

impl RenameOptions {
    /// Reads `{dropTarget, comment}`.
    pub fn from_bson(document: RawDoc) -> Result<RenameOptions> {
        let mut options = RenameOptions::default();
        for given in given("renameCollection", document) {
            match given.name {
                "dropTarget" => options.drop_target = given.boolean()?,
                "comment" => {}
                _ => return Err(given.unknown("dropTarget, comment")),
            }
        }
        Ok(options)
    }
}

/// How much `explain` does. The last two run the operation, but write nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Verbosity {
    /// The plan alone.
    QueryPlanner,
    /// The plan, and the figures of running it.
    ExecutionStats,
    /// The same with the figures of the plans that lost.
    #[default]
    AllPlansExecution,
}

impl Verbosity {
    /// Reads `{verbosity, comment}`.
    pub fn from_bson(document: RawDoc) -> Result<Verbosity> {
        let mut verbosity = Verbosity::default();
        for given in given("explain", document) {
            match given.name {
                "verbosity" => {
                    verbosity = given.one_of(&[
                        ("queryPlanner", Verbosity::QueryPlanner),
                        ("executionStats", Verbosity::ExecutionStats),
                        ("allPlansExecution", Verbosity::AllPlansExecution),
                    ])?;
                }
                "comment" => {}
                _ => return Err(given.unknown("verbosity, comment")),
            }
        }
        Ok(verbosity)
    }
}

/// Reads the options of an operation that has none but `comment`.
pub fn only_comment(operation: &'static str, document: RawDoc) -> Result<()> {
    match given(operation, document).find(|given| given.name != "comment") {
        Some(given) => Err(given.unknown("comment")),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bson::doc;
    use crate::error::{Code, Status};

    #[test]
    fn open_options_are_read_from_json() {
        assert_eq!(
            OpenOptions::from_json("{}").unwrap(),
            OpenOptions::default()
        );
        let text = r#"{"create": false, "readOnly": true, "durability": "interval",
            "syncIntervalMs": 20, "cacheSize": 1048576, "pageSize": 4096, "readMode": "pread",
            "strictCollections": true, "jsonMode": "canonical", "maxOpenFiles": 16,
            "background": false, "queryCacheSize": 0, "logRetentionBytes": 1000, "transactionLifetimeLimitSeconds": 5}"#;
        let options = OpenOptions {
            create: false,
            read_only: true,
            durability: Durability::Interval,
            sync_interval_ms: 20,
            cache_bytes: 1 << 20,
            page_size: 4096,
            read_mode: ReadMode::Pread,
            strict_collections: true,
            json_mode: json::Mode::Canonical,
            max_open_files: 16,
            background: false,
            compaction: Some(IdleCompaction::default()),
            log_retention_bytes: 1000,
            query_cache_size: 0,
            transaction_lifetime_limit_seconds: 5,
        };
        assert_eq!(OpenOptions::from_json(text).unwrap(), options);
    }

    #[test]
    fn bad_open_options_are_refused_with_what_would_be_right() {
        for (text, status, code, fragment) in [
            (
                r#"{"durable": "full"}"#,
                Status::Argument,
                40415,
                "takes create, readOnly",
            ),
            (
                r#"{"create": 1}"#,
                Status::Argument,
                14,
                r#""create" of open needs true or false"#,
            ),
            (
                r#"{"durability": "ful"}"#,
                Status::Argument,
                2,
                r#"one of "full", "interval", "none""#,
            ),
            (
                r#"{"pageSize": 5000}"#,
                Status::Argument,
                2,
                "a power of two from 4096 to 32768",
            ),
            (
                r#"{"syncIntervalMs": 0}"#,
                Status::Argument,
                51024,
                "from 1 to 3600000, found 0",
            ),
            (
                r#"{"cacheSize": "64M"}"#,
                Status::Argument,
                14,
                r#"found a string ("64M")"#,
            ),
            (r#"{"create": true"#, Status::Json, 0, ""),
        ] {
            let error = OpenOptions::from_json(text).unwrap_err();
            assert_eq!(error.status(), status, "{text}: {error}");
            if status == Status::Argument {
                assert_eq!(error.code(), Code(code), "{text}: {error}");
            }
            assert!(error.message().contains(fragment), "{text}: {error}");
        }
    }

    #[test]
    fn options_of_operations_are_read() {
        let document = doc! { "projection": { "a": 1 }, "sort": { "b": -1 }, "skip": 2, "limit": 3.0,
        "batchSize": 4, "collation": { "locale": "en" }, "allowDiskUse": false, "hint": "a_1", "comment": { "any": "thing" } };
        let find = FindOptions::from_bson(RawDoc::trusted(&document.to_bytes())).unwrap();
        let expected = FindOptions {
            projection: Some(doc! { "a": 1 }.to_bytes()),
            sort: Some(doc! { "b": -1 }.to_bytes()),
            skip: 2,
            limit: 3,
            batch_size: 4,
            hint: Some(Hint::Name("a_1".to_string())),
            in_memory_only: true,
            language: LanguageOptions {
                collation: Some(doc! { "locale": "en" }.to_bytes()),
                variables: None,
            },
            ..FindOptions::default()
        };
        assert_eq!(find, expected);

        let document = doc! { "upsert": true, "hint": { "$natural": 1 } }.to_bytes();
        let update = UpdateOptions::from_bson(RawDoc::trusted(&document)).unwrap();
        let hint = Some(Hint::Key(doc! { "$natural": 1 }.to_bytes()));
        assert_eq!(
            update,
            UpdateOptions {
                upsert: true,
                hint,
                ..Default::default()
            }
        );

        let document = doc! { "ordered": false }.to_bytes();
        let insert = InsertManyOptions::from_bson(RawDoc::trusted(&document)).unwrap();
        assert!(!insert.ordered && InsertManyOptions::default().ordered);

        let document = doc! { "verbosity": "queryPlanner" }.to_bytes();
        let verbosity = Verbosity::from_bson(RawDoc::trusted(&document)).unwrap();
        assert_eq!(verbosity, Verbosity::QueryPlanner);
    }

    #[test]
    fn null_stands_for_not_given() {
        let document = doc! { "hint": null, "limit": null, "sort": null }.to_bytes();
        let find = FindOptions::from_bson(RawDoc::trusted(&document)).unwrap();
        assert_eq!(find, FindOptions::default());
    }
}
