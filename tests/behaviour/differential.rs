//! Random operations on two databases, one with indexes and one without, and on a plain model: all three must agree on every
//! answer, whatever index a hint asks for, and again after closing and opening.

use std::time::Instant;

use ironbase::bson::{Document, RawDoc, Value, doc};
use ironbase::database::options::{
    CountOptions, Durability, FindOptions, Hint, OpenOptions, ReadMode,
};
use ironbase::database::{Collection, Database};
use ironbase::error::Code;

use crate::figures::figure;
use crate::model::Model;
use crate::random::Draw;
use crate::shell::{Shell, TempDir, in_memory};

const OPERATIONS: u64 = 1000;
const RUNS: u64 = 100;
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
    println!("{:.1} s", started.elapsed().as_secs_f32());
    figure(
        "random operations with and without indexes against a plain model",
        operations,
        "0 differences",
    );
    assert!(seeds.len() < 2 || operations >= RUNS * OPERATIONS);
}

pub struct Run {
    pub seed: u64,
    pub draw: Draw,
    pub model: Model,
    pub directory: TempDir,
    pub options: OpenOptions,
    pub database: Database,
    pub indexed: Collection,
    pub plain: Collection,
    /// The indexes there are now.
    pub indexes: Vec<(&'static str, i32)>,
    /// What is being done, for when it fails.
    pub doing: String,
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

    pub fn note(&mut self, what: impl std::fmt::Display) {
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

    pub fn hint(&mut self) -> Option<Hint> {
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
