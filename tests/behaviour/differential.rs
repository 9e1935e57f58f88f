//! Random operations on two databases, one with indexes and one without, and on a plain model: all three must agree on every
//! answer, whatever index a hint asks for, and again after closing and opening.

use std::time::Instant;

use ironbase::bson::{Document, RawDoc, Value, check_id, doc};
use ironbase::database::options::{
    CountOptions, DeleteOptions, Durability, FindOptions, Hint, OpenOptions, ReadMode,
    UpdateOptions,
};
use ironbase::database::{Collection, Database, UpdateResult};
use ironbase::error::{Code, Result};
use ironbase::query::Filter;
use ironbase::update::{Update, replacement};

use crate::model::{Model, Outcome};
use crate::random::Draw;
use crate::shell::{Shell, TempDir, in_memory};

const OPERATIONS: u64 = 1000;
const RUNS: u64 = 20;
const INDEXES: [(&str, i32); 7] = [
    ("a", 1),
    ("b", -1),
    ("c.d", 1),
    ("tags", 1),
    ("tags.x", -1),
    ("tags.0", 1),
    ("c", 1),
];

#[test]
fn with_indexes_and_without_all_answers_are_the_same() {
    let soak = if std::env::var("IRONBASE_SOAK").is_ok() {
        20
    } else {
        1
    };
    let seeds = match std::env::var("IRONBASE_SEED") {
        Ok(seed) => vec![seed.parse().expect("IRONBASE_SEED is a number")],
        Err(_) => (1..=RUNS * soak).collect::<Vec<u64>>(),
    };
    let started = Instant::now();
    let next = std::sync::atomic::AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while let Some(seed) =
                    seeds.get(next.fetch_add(1, std::sync::atomic::Ordering::Relaxed))
                {
                    Run::new(*seed).go();
                }
            });
        }
    });
    let operations = seeds.len() as u64 * OPERATIONS;
    println!(
        "{operations} operations in {:.1} s",
        started.elapsed().as_secs_f32()
    );
}

struct Run {
    seed: u64,
    draw: Draw,
    model: Model,
    directory: TempDir,
    options: OpenOptions,
    database: Database,
    indexed: Collection,
    plain: Collection,
    /// The indexes there are now.
    indexes: Vec<(&'static str, i32)>,
    /// What is being done, for when it fails.
    doing: String,
}

impl Drop for Run {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let seed = self.seed;
            let doing: String = self.doing.chars().take(2000).collect();
            eprintln!(
                "{doing}\nReplay: IRONBASE_SEED={seed} cargo test --test behaviour with_indexes_and_without"
            );
        }
    }
}

impl Run {
    fn new(seed: u64) -> Run {
        let mut draw = Draw::new(seed);
        let directory = TempDir::new();
        let options = OpenOptions {
            durability: Durability::None,
            page_size: if draw.chance(50) { 4096 } else { 8192 },
            read_mode: if draw.chance(50) {
                ReadMode::Mmap
            } else {
                ReadMode::Pread
            },
            cache_bytes: if draw.chance(50) { 1 << 20 } else { 16 << 20 },
            ..OpenOptions::default()
        };
        let database = Database::open(&directory.database(), options.clone()).unwrap();
        let indexed = database.collection("things").unwrap();
        let plain = in_memory().collection("things").unwrap();
        indexed
            .index(doc! { "key": { "u": 1 }, "unique": true, "name": "u" })
            .unwrap();
        let mut run = Run {
            seed,
            draw,
            model: Model::default(),
            directory,
            options,
            database,
            indexed,
            plain,
            indexes: Vec::new(),
            doing: String::new(),
        };
        for _ in 0..100 {
            run.insert();
        }
        // Built over documents, which the one above was not.
        INDEXES.into_iter().for_each(|index| run.make(index));
        run
    }

    fn go(&mut self) {
        for number in 0..OPERATIONS {
            self.doing = format!("operation {number}");
            match self.draw.below(100) {
                0..45 => self.query(),
                45..60 => self.insert(),
                60..72 => self.update_one(),
                72..78 => self.update_many(),
                78..86 => self.replace(),
                86..91 => self.delete_one(),
                91..94 => self.delete_many(),
                94..96 => self.remake_an_index(),
                96..98 => self.database.checkpoint().unwrap(),
                _ if self.draw.chance(30) => self.reopen(),
                _ => self.whole(),
            }
        }
        self.whole();
        self.reopen();
    }

    fn note(&mut self, what: impl std::fmt::Display) {
        self.doing = format!(
            "{}: {what}",
            self.doing.split(':').next().unwrap_or_default()
        );
    }

    fn make(&mut self, (path, direction): (&'static str, i32)) {
        self.indexed
            .index(doc! { "key": { path: direction } })
            .unwrap();
        self.indexes.push((path, direction));
    }

    fn remake_an_index(&mut self) {
        let at = self.draw.below(INDEXES.len() as u64) as usize;
        let index = INDEXES[at];
        self.note(format!("index {index:?}"));
        match self.indexes.iter().position(|there| *there == index) {
            Some(there) => {
                self.indexes.remove(there);
                self.indexed
                    .drop_index(&format!("{}_{}", index.0, index.1))
                    .unwrap();
            }
            None => self.make(index),
        }
    }

    fn reopen(&mut self) {
        self.note("closing and opening");
        self.database.close().unwrap();
        self.database = Database::open(&self.directory.database(), self.options.clone()).unwrap();
        self.indexed = self.database.collection("things").unwrap();
        assert_eq!(self.indexed.index_names().len(), 2 + self.indexes.len());
        self.whole();
    }

    /// Every document, and every index gone through from end to end.
    fn whole(&mut self) {
        let expected = self.model.matching(&doc! {}).unwrap();
        let by_id = || doc! { "sort": { "_id": 1 } };
        assert!(
            self.plain.raw(doc! {}, by_id()).unwrap() == expected,
            "without indexes"
        );
        assert!(
            self.indexed.raw(doc! {}, by_id()).unwrap() == expected,
            "with indexes"
        );
        assert_eq!(self.indexed.count(doc! {}), self.model.len() as i64);
        for (path, direction) in self.indexes.iter().copied().chain([("u", 1)]) {
            let hint = doc! { "hint": { path: direction } };
            let mut found = self.indexed.raw(doc! {}, hint).unwrap();
            found.sort_unstable();
            let mut expected = expected.clone();
            expected.sort_unstable();
            assert!(found == expected, "by index {path}");
        }
    }

    fn hint(&mut self) -> Option<Hint> {
        let at = self.draw.below(self.indexes.len() as u64 + 4) as usize;
        match self.indexes.get(at).copied() {
            Some((path, direction)) => Some(Hint::Key(doc! { path: direction }.to_bytes())),
            None if at & 3 == 0 => Some(Hint::Key(doc! { "$natural": -1 }.to_bytes())),
            None if at & 3 == 1 => Some(Hint::Name("_id_".to_string())),
            None => None,
        }
    }

    fn query(&mut self) {
        let (filter, options) = (self.draw.filter(2), self.draw.options());
        self.note(format!("find {filter:?} {options:?}"));
        let Ok(matching) = self.model.matching(&filter) else {
            let codes = [&self.plain, &self.indexed]
                .map(|c| c.raw(filter.clone(), doc! {}).map_err(|e| e.code()));
            assert!(codes[0].is_err() && codes[0] == codes[1], "{codes:?}");
            return;
        };
        self.compare_finds(&filter, &options, &matching);
        let hint = self.hint();
        let counting = CountOptions {
            hint,
            ..CountOptions::default()
        };
        let counted = self
            .indexed
            .count_documents(&filter.to_bytes(), &counting)
            .unwrap();
        assert_eq!(counted, matching.len() as i64, "count with {counting:?}");
        let hint = self.hint();
        let finding = FindOptions {
            hint,
            ..FindOptions::default()
        };
        let visit = &mut |found: RawDoc<'_>| found.as_bytes().to_vec();
        let one = self
            .indexed
            .find_one_with(&filter.to_bytes(), &finding, visit)
            .unwrap();
        match one {
            None => assert!(matching.is_empty(), "find_one with {finding:?} finds none"),
            Some(one) => assert!(matching.contains(&one), "find_one with {finding:?}"),
        }
    }

    fn compare_finds(&mut self, filter: &Document, options: &Document, matching: &[Vec<u8>]) {
        let parse = || FindOptions::from_bson(RawDoc::new(&options.to_bytes()).unwrap()).unwrap();
        let find = |collection: &Collection,
                    hint: Option<Hint>|
         -> std::result::Result<Vec<Vec<u8>>, Code> {
            let options = FindOptions { hint, ..parse() };
            let cursor = collection.find(&filter.to_bytes(), options);
            cursor
                .and_then(crate::shell::drain)
                .map_err(|error| error.code())
        };
        let expected = find(&self.plain, None);
        let hints = [None, self.hint(), self.hint()];
        for hint in hints {
            let found = find(&self.indexed, hint.clone());
            match (&expected, &found) {
                (Ok(expected), Ok(found)) if options.contains_key("sort") => {
                    assert!(
                        found == expected,
                        "with {hint:?}\n{:?}\n{:?}",
                        shown(found),
                        shown(expected)
                    );
                }
                // Without a sort any of those that match may come.
                (Ok(expected), Ok(found)) => {
                    assert_eq!(found.len(), expected.len(), "with {hint:?}");
                    let mut distinct = found.clone();
                    distinct.sort_unstable();
                    distinct.dedup();
                    if !options.contains_key("projection") {
                        assert_eq!(distinct.len(), found.len(), "twice, with {hint:?}");
                        assert!(
                            found.iter().all(|one| matching.contains(one)),
                            "with {hint:?}"
                        );
                    }
                }
                // Two arrays side by side cannot be sorted by; a plan that need not sort does not see them.
                (Err(code), _) | (_, Err(code)) => {
                    assert_eq!(*code, Code::BAD_VALUE, "with {hint:?}")
                }
            }
        }
        let options = parse();
        let skipped = matching.len().saturating_sub(options.skip as usize);
        let count = if options.limit == 0 {
            skipped
        } else {
            skipped.min(options.limit as usize)
        };
        if let Ok(expected) = expected {
            assert_eq!(expected.len(), count);
        }
    }

    /// A filter that selects one document at most, and that document: so that it does not matter in which order they are found.
    fn one(&mut self) -> Option<(Document, Option<Vec<u8>>)> {
        let filter = match self.draw.chance(60) {
            true => doc! { "_id": (self.draw.id()), "a": { "$exists": (self.draw.chance(80)) } },
            false => self.draw.filter(1),
        };
        let matching = self.model.matching(&filter).ok()?;
        let Some(first) = matching.first() else {
            return Some((filter, None));
        };
        if matching.len() == 1 {
            return Some((filter, Some(first.clone())));
        }
        let id = Value::from_raw(RawDoc::trusted(first).get("_id").unwrap()).unwrap();
        Some((
            doc! { "$and": [filter, { "_id": id }] },
            Some(first.clone()),
        ))
    }

    /// Carries a change out on both databases and the model, and compares. Without the unique index there are no duplicates but
    /// those of `_id`, so what is refused only for its sake is not done there.
    fn settle(
        &mut self,
        outcome: Outcome,
        change: impl Fn(&Collection) -> Result<UpdateResult>,
        expect: (u64, u64),
    ) {
        let indexed = change(&self.indexed).map_err(|error| error.code());
        match outcome {
            Outcome::Refused(code) => {
                let plain = change(&self.plain).map_err(|error| error.code());
                assert_eq!((indexed, plain), (Err(code), Err(code)));
            }
            Outcome::Duplicate => assert_eq!(indexed, Err(Code::DUPLICATE_KEY)),
            Outcome::Changed(document, modified) => {
                let plain = change(&self.plain).map_err(|error| error.code());
                assert_eq!(indexed, plain);
                let result = indexed.unwrap();
                let modified_count = if modified { expect.1 } else { 0 };
                assert_eq!(
                    (result.matched_count, result.modified_count),
                    (expect.0, modified_count)
                );
                assert_eq!(result.upserted_id.is_some(), expect.0 == 0);
                self.model.put(document);
            }
        }
    }

    fn insert(&mut self) {
        let document = self.draw.document();
        self.note(format!("insert {document:?}"));
        let bytes = document.to_bytes();
        let taken = self.model.has_id_of(&bytes);
        let outcome = self.model.insertion(bytes);
        let inserted = self
            .indexed
            .add(document.clone())
            .map_err(|error| error.code());
        match outcome {
            Outcome::Changed(bytes, _) => {
                assert_eq!(inserted.as_ref().ok(), document.get("_id"));
                self.plain.add(document).unwrap();
                self.model.put(bytes);
            }
            _ => {
                assert_eq!(inserted, Err(Code::DUPLICATE_KEY));
                if taken {
                    assert_eq!(
                        self.plain.add(document).map_err(|error| error.code()),
                        inserted
                    );
                }
            }
        }
    }

    fn update_one(&mut self) {
        let Some((filter, target)) = self.one() else {
            return;
        };
        let update = self.draw.update_of_one();
        let options = UpdateOptions {
            upsert: self.draw.chance(50),
            hint: None,
        };
        self.note(format!("update one {filter:?} {update:?} {options:?}"));
        let (filter, update) = (filter.to_bytes(), update.to_bytes());
        let hint = self.hint();
        let change = |collection: &Collection| {
            let hint = hint.clone().filter(|_| collection.index_names().len() > 1);
            collection.update_one(
                &filter,
                &update,
                &UpdateOptions {
                    hint,
                    ..options.clone()
                },
            )
        };
        let compiled = match Update::compile(RawDoc::trusted(&update)) {
            Ok(compiled) => compiled,
            Err(error) => return self.settle(Outcome::Refused(error.code()), change, (0, 0)),
        };
        match target {
            Some(document) => self.settle(self.model.update(&document, &compiled), change, (1, 1)),
            None if options.upsert => {
                let filter = Filter::compile(RawDoc::trusted(&filter)).unwrap();
                self.upsert(
                    compiled.new_document(&filter),
                    filter.required_id().is_some(),
                    change,
                );
            }
            None => assert_eq!(change(&self.indexed).unwrap(), UpdateResult::default()),
        }
    }

    /// An upsert of a document that has an `_id` of its own; any other would be different in each database.
    fn upsert(
        &mut self,
        made: Result<Vec<u8>>,
        has_id: bool,
        change: impl Fn(&Collection) -> Result<UpdateResult>,
    ) {
        // What a filter requires of an `_id` may be no `_id`.
        let made = made.and_then(|document| {
            let id = RawDoc::trusted(&document).get("_id");
            check_id(id.expect("upserts have an _id")).map(|()| document)
        });
        match made {
            Ok(_) if !has_id => {}
            Ok(document) => self.settle(self.model.insertion(document), change, (0, 0)),
            Err(error) => self.settle(Outcome::Refused(error.code()), change, (0, 0)),
        }
    }

    fn replace(&mut self) {
        let Some((filter, target)) = self.one() else {
            return;
        };
        let mut by = self.draw.document();
        by.remove("_id");
        let options = UpdateOptions {
            upsert: self.draw.chance(50),
            hint: None,
        };
        self.note(format!("replace {filter:?} {by:?} {options:?}"));
        let (filter, by) = (filter.to_bytes(), by.to_bytes());
        let change = |collection: &Collection| collection.replace_one(&filter, &by, &options);
        match target {
            Some(document) => self.settle(self.model.replacement(&document, &by), change, (1, 1)),
            None if options.upsert => {
                let filter = Filter::compile(RawDoc::trusted(&filter)).unwrap();
                let made = replacement::new_document(&filter, RawDoc::trusted(&by));
                self.upsert(made, filter.required_id().is_some(), change);
            }
            None => assert_eq!(change(&self.indexed).unwrap(), UpdateResult::default()),
        }
    }

    fn update_many(&mut self) {
        let (filter, update) = (self.draw.filter(1), self.draw.update());
        self.note(format!("update many {filter:?} {update:?}"));
        let Ok(matching) = self.model.matching(&filter) else {
            return;
        };
        let bytes = update.to_bytes();
        let Ok(compiled) = Update::compile(RawDoc::trusted(&bytes)) else {
            return;
        };
        let mut changed = Vec::new();
        for document in &matching {
            match self.model.update(document, &compiled) {
                Outcome::Changed(document, modified) => changed.push((document, modified)),
                // How far it would come depends on the order in which documents are found.
                _ => return,
            }
        }
        let hint = self.hint();
        let options = UpdateOptions {
            upsert: false,
            hint,
        };
        let result = self
            .indexed
            .update_many(&filter.to_bytes(), &bytes, &options)
            .unwrap();
        let modified = changed.iter().filter(|(_, modified)| *modified).count() as u64;
        assert_eq!(
            (result.matched_count, result.modified_count),
            (matching.len() as u64, modified),
            "{options:?}"
        );
        assert_eq!(self.plain.update_all(filter, update).unwrap(), result);
        changed
            .into_iter()
            .for_each(|(document, _)| self.model.put(document));
    }

    fn delete_one(&mut self) {
        let Some((filter, target)) = self.one() else {
            return;
        };
        self.note(format!("delete one {filter:?}"));
        let expected = u64::from(target.is_some());
        let counts =
            [&self.plain, &self.indexed].map(|collection| collection.delete(filter.clone()));
        assert_eq!(counts, [expected; 2]);
        target
            .iter()
            .for_each(|document| self.model.remove(document));
    }

    fn delete_many(&mut self) {
        let filter = self.draw.filter(1);
        self.note(format!("delete many {filter:?}"));
        let Ok(matching) = self.model.matching(&filter) else {
            return;
        };
        if matching.len() > 30 {
            return;
        }
        let hint = self.hint();
        let deleted = self
            .indexed
            .delete_many(&filter.to_bytes(), &DeleteOptions { hint })
            .unwrap();
        assert_eq!(
            (deleted, self.plain.delete_all(filter)),
            (matching.len() as u64, deleted)
        );
        matching
            .iter()
            .for_each(|document| self.model.remove(document));
    }
}

/// The `_id`s, for a failure's text.
fn shown(documents: &[Vec<u8>]) -> Vec<Option<Value>> {
    let id = |bytes: &Vec<u8>| {
        RawDoc::trusted(bytes)
            .get("_id")
            .and_then(|id| Value::from_raw(id).ok())
    };
    documents.iter().map(id).collect()
}
