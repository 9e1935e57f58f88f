//! Random filters, projections, sorts, expressions, updates, pipelines, documents, commands, pages and logs: what is no good is
//! refused with an error, and nothing ever panics.
//!
//! Inputs are grown from the languages' own words, so that they get past the first check, and cut or flipped now and then.
//! A run prints its seed; `IRONBASE_SEED` repeats it, `IRONBASE_SOAK` makes it a hundred times as long.

#[path = "common/figures.rs"]
mod figures;

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use figures::figure;
use ironbase::aggregate::expr::{self, Arena, Expr};
use ironbase::bson::{Decimal128, Document, ObjectId, RawDoc, Value, doc, validate};
use ironbase::command::{self, Commands};
use ironbase::database::Database;
use ironbase::database::options::{Durability, OpenOptions};
use ironbase::error::Result;
use ironbase::json;
use ironbase::query::{Context, Filter, Projection, Sort};
use ironbase::storage::btree::node::{Node, NodeMut, inline_word};
use ironbase::storage::page::{self, Kind, PagePtr};
use ironbase::storage::vfs::memory::MemoryVfs;
use ironbase::storage::wal::group::{HEADER, Pending, Place};
use ironbase::storage::wal::operation::{Operation, Operations};
use ironbase::storage::wal::reader::find_group;
use ironbase::update::Update;

const ROUNDS: u64 = 20_000;

#[test]
fn random_commands_never_panic() {
    let mut random = Random::new();
    let commands = commands();
    let names: Vec<&str> = command::names().collect();
    let mut tally = Tally::default();
    for _ in 0..random.rounds {
        let name = names[random.below(names.len())];
        let command = random.command(name).to_bytes();
        let shown = format!("{:?}", RawDoc::trusted(&command));
        tally.count(&random, &shown, || {
            commands.run(RawDoc::trusted(&command)).is_ok()
        });
    }
    tally.report("commands");
}

#[test]
fn random_texts_and_bytes_are_refused_or_read() {
    let mut random = Random::new();
    let mut tally = Tally::default();
    for _ in 0..random.rounds {
        let bytes = random.document(3).to_bytes();
        let mut text = Vec::new();
        json::write_document(&mut text, RawDoc::trusted(&bytes), json::Mode::Canonical);
        random.damage(&mut text);
        let shown = String::from_utf8_lossy(&text).into_owned();
        tally.count(&random, &shown, || {
            json::parse_document(&text, &mut Vec::new()).is_ok()
        });
        let mut damaged = bytes.clone();
        random.damage(&mut damaged);
        let shown = format!("{damaged:02X?}");
        tally.count(&random, &shown, || validate(&damaged).is_ok());
    }
    tally.report("texts and bytes");
}

/// Pages and logs whose checksum is right and whose content is not: a fault of the library's own, or malice.
#[test]
fn random_pages_and_operations_are_refused_or_read() {
    let mut random = Random::new();
    let mut tally = Tally::default();
    for _ in 0..random.rounds {
        let mut page = random.page();
        for _ in 0..random.below(4) {
            // The head and the slots are where it hurts.
            let reach = [64, 400, page.len()][random.below(3)];
            let place = random.below(reach);
            page[place] = random.next() as u8;
        }
        let shown = format!("{page:02X?}");
        let key = random.text();
        tally.count(&random, &shown, || {
            let node = Node::new(&page);
            let is_sound = node.check().is_ok();
            if is_sound {
                for index in 0..node.count() {
                    node.key_into(index, &mut Vec::new());
                    node.payload(index);
                    match node.is_leaf() {
                        true => drop(node.value(index)),
                        false => drop(node.child(index)),
                    }
                }
                let _ = node.search(&key);
            }
            is_sound
        });
        let mut operations = Vec::new();
        for _ in 0..1 + random.below(4) {
            let (tree, key, value) = (random.below(300) as u32, random.text(), random.text());
            match random.below(3) {
                0 => Operation::Delete { tree, key: &key }.encode(&mut operations),
                1 => Operation::DropIndex { tree }.encode(&mut operations),
                _ => Operation::Put {
                    tree,
                    key: &key,
                    value: &value,
                }
                .encode(&mut operations),
            }
        }
        random.damage(&mut operations);
        let shown = format!("{operations:02X?}");
        tally.count(&random, &shown, || {
            Operations(&operations).all(|operation| operation.is_ok())
        });
    }
    tally.report("pages and operations");
}

/// Groups of the log whose checksum is right and whose frames are not, and segments of which bytes are spoilt.
#[test]
fn random_logs_are_refused_or_read() {
    const PLACE: [u8; 16] = [7; 16];
    let mut random = Random::new();
    let mut tally = Tally::default();
    for _ in 0..random.rounds {
        let place = Place::new(&PLACE, 3);
        let mut segment = Vec::new();
        let mut lsn = 1 + random.below(9) as u64;
        for _ in 0..1 + random.below(3) {
            let mut pending = Pending::default();
            for _ in 0..1 + random.below(3) {
                let mark = pending.begin();
                if random.below(4) == 0 {
                    pending.ends_parts(mark, random.below(3) as u64);
                }
                pending.operations().extend_from_slice(&random.text());
                pending.finish(mark, lsn);
                lsn += 1;
            }
            if random.below(3) == 0 {
                // Behind the header that `seal` writes.
                let bytes = pending.operations();
                let at = HEADER + random.below(bytes.len() - HEADER);
                bytes[at] = random.next() as u8;
            }
            segment.extend_from_slice(pending.seal(lsn - 1, place));
        }
        if random.below(2) == 0 {
            random.damage(&mut segment);
        }
        let shown = format!("{segment:02X?}");
        tally.count(&random, &shown, || {
            let mut at = 0;
            let mut is_sound = true;
            while let Some((found, group)) = find_group(&segment, at, place, |_| true) {
                is_sound &= found == at && group.frames().all(|frame| frame.is_ok());
                at = found + group.length();
            }
            is_sound && at == segment.len()
        });
    }
    tally.report("logs");
}

/// What a language makes of random input and of a random document.
type Attempt = fn(&mut Random) -> (Document, Box<dyn FnOnce() -> Result<()>>);

#[test]
fn random_programs_of_every_language_never_panic() {
    let languages: [(&str, Attempt); 6] = [
        ("filters", |random| {
            let (filter, document) = (random.filter(), random.stored());
            attempt(filter, document, |filter, document| {
                let filter = Filter::compile(filter, &Context::default())?;
                if filter.matches(document)? {
                    filter.position(document)?;
                }
                Ok(())
            })
        }),
        ("projections", |random| {
            let (projection, document) = (random.document(3), random.stored());
            attempt(projection, document, |projection, document| {
                let context = Context::default();
                let filter = Filter::compile(RawDoc::EMPTY, &context)?;
                match Projection::compile(projection, &filter, &context)? {
                    Some(projection) => check(|out| projection.apply(document, out)),
                    None => Ok(()),
                }
            })
        }),
        ("sorts", |random| {
            let mut sort = doc! {};
            for _ in 0..1 + random.below(2) {
                sort.insert(random.one(&NAMES), random.value(1));
            }
            if random.below(2) == 0 {
                sort = doc! { (random.one(&["a", "b", "a.b"])): -1, "_id": 1 };
            }
            attempt(sort, random.stored(), |sort, document| {
                let sort = Sort::compile(sort, &Context::default())?;
                sort.write_key(document, &mut Vec::new())?;
                sort.key_values(document).map(drop)
            })
        }),
        ("expressions", |random| {
            let word = random.word();
            let expression = doc! { "v": (doc! { word: (random.value(3)) }) };
            attempt(expression, random.stored(), |expression, document| {
                let expression = expression.get("v").expect("there");
                let expression = Expr::compile(expression, &Context::default())?;
                let arena = Arena::default();
                expression.evaluate(document, &arena).map(drop)
            })
        }),
        ("updates", |random| {
            let update = doc! { "u": (random.change()), "f": [{ "x": (random.value(2)) }] };
            attempt(update, random.stored(), |update, document| {
                let context = Context::default();
                let operators = update.get("u").and_then(|u| u.as_document());
                let operators = operators.unwrap_or(RawDoc::EMPTY);
                let uses_filter = format!("{operators:?}").contains("$[x]");
                let filters = update.get("f").and_then(|f| f.as_array());
                let filters = filters.filter(|_| uses_filter);
                let update = Update::compile(operators, filters, &context)?;
                let filter = Filter::compile(RawDoc::EMPTY, &context)?;
                check(|out| update.apply(document, &filter, out).map(drop))
            })
        }),
        ("pipelines", |random| {
            let mut stages = doc! {};
            for at in 0..1 + random.below(3) {
                let stage = ["$set", "$unset", "$project", "$replaceWith", "$replaceRoot"];
                let specification = match random.below(3) {
                    0 => Value::from(random.one(&NAMES)),
                    _ => Value::Document(random.document(3)),
                };
                let name = random.one(&stage);
                stages.insert(at.to_string(), doc! { name: specification });
            }
            attempt(stages, random.stored(), |stages, document| {
                let context = Context::default();
                let update = Update::compile(stages, None, &context)?;
                let filter = Filter::compile(RawDoc::EMPTY, &context)?;
                check(|out| update.apply(document, &filter, out).map(drop))
            })
        }),
    ];
    let mut random = Random::new();
    for (language, input) in languages {
        let mut tally = Tally::default();
        for _ in 0..random.rounds {
            let (shown, attempt) = input(&mut random);
            let shown = format!("{language}: {shown:?}");
            tally.count(&random, &shown, || attempt().is_ok());
        }
        tally.report(language);
    }
}

fn attempt(
    input: Document,
    document: Document,
    run: fn(RawDoc<'_>, RawDoc<'_>) -> Result<()>,
) -> (Document, Box<dyn FnOnce() -> Result<()>>) {
    let shown = doc! { "input": (input.clone()), "document": (document.clone()) };
    let run = move || {
        let (input, document) = (input.to_bytes(), document.to_bytes());
        run(RawDoc::trusted(&input), RawDoc::trusted(&document))
    };
    (shown, Box::new(run))
}

/// What is written must be a document.
fn check(write: impl FnOnce(&mut Vec<u8>) -> Result<()>) -> Result<()> {
    let mut out = Vec::new();
    write(&mut out)?;
    validate(&out).expect("what comes out is well-formed");
    Ok(())
}

fn commands() -> Commands {
    let options = OpenOptions {
        durability: Durability::None,
        background: false,
        ..OpenOptions::default()
    };
    let vfs = Arc::new(MemoryVfs::new());
    Commands::new(Database::open_on(vfs, "t.mlite", options, false).unwrap())
}

#[derive(Default)]
struct Tally {
    taken: u64,
    refused: u64,
}

impl Tally {
    fn count(&mut self, random: &Random, shown: &str, attempt: impl FnOnce() -> bool) {
        match catch_unwind(AssertUnwindSafe(attempt)) {
            Ok(true) => self.taken += 1,
            Ok(false) => self.refused += 1,
            Err(_) => panic!("IRONBASE_SEED={}: this input panics: {shown}", random.seed),
        }
    }

    fn report(&self, what: &str) {
        let tried = format!("{}, {} refused", self.taken + self.refused, self.refused);
        figure(format!("random {what}"), tried, "0 panics");
        assert!(self.taken > 0 && self.refused > 0, "one-sided input");
    }
}

/// A seeded source of inputs.
struct Random {
    seed: u64,
    state: u64,
    rounds: u64,
    /// Operators of all languages.
    words: Vec<&'static str>,
}

const NAMES: [&str; 11] = [
    "a", "b", "a.b", "a.0", "_id", "a.b.c", "", "a.$", "a.$[]", "a.$[x]", "b.$[x].a",
];

const WORDS: [&str; 62] = [
    "$eq",
    "$ne",
    "$gt",
    "$gte",
    "$lt",
    "$lte",
    "$in",
    "$nin",
    "$and",
    "$or",
    "$nor",
    "$not",
    "$exists",
    "$type",
    "$regex",
    "$options",
    "$mod",
    "$all",
    "$elemMatch",
    "$size",
    "$bitsAllSet",
    "$bitsAnyClear",
    "$expr",
    "$jsonSchema",
    "$sampleRate",
    "$comment",
    "$set",
    "$unset",
    "$inc",
    "$mul",
    "$min",
    "$max",
    "$rename",
    "$setOnInsert",
    "$currentDate",
    "$push",
    "$pull",
    "$pullAll",
    "$pop",
    "$addToSet",
    "$bit",
    "$each",
    "$slice",
    "$sort",
    "$position",
    "$add",
    "$subtract",
    "$multiply",
    "$divide",
    "$concat",
    "$cond",
    "$map",
    "$filter",
    "$reduce",
    "$dateAdd",
    "$dateToString",
    "$toInt",
    "$convert",
    "$meta",
    "$let",
    "$literal",
    "$$ROOT",
];

const FIELDS: [&str; 30] = [
    "filter",
    "query",
    "q",
    "u",
    "update",
    "updates",
    "deletes",
    "documents",
    "document",
    "sort",
    "projection",
    "fields",
    "limit",
    "skip",
    "hint",
    "multi",
    "upsert",
    "ordered",
    "ops",
    "nsInfo",
    "ns",
    "key",
    "indexes",
    "index",
    "name",
    "cursor",
    "batchSize",
    "collation",
    "let",
    "arrayFilters",
];

impl Random {
    fn new() -> Random {
        let seed = std::env::var("IRONBASE_SEED").ok();
        let seed = seed.and_then(|seed| seed.parse().ok()).unwrap_or_else(|| {
            use std::time::{SystemTime, UNIX_EPOCH};
            let now = SystemTime::now().duration_since(UNIX_EPOCH);
            now.map_or(1, |now| now.as_nanos() as u64)
        });
        println!("IRONBASE_SEED={seed}");
        let is_long = std::env::var_os("IRONBASE_SOAK").is_some();
        Random {
            seed,
            state: seed | 1,
            rounds: if is_long { ROUNDS * 100 } else { ROUNDS },
            words: WORDS.into_iter().chain(expr::names()).collect(),
        }
    }

    fn word(&mut self) -> &'static str {
        let at = self.below(self.words.len());
        self.words[at]
    }

    fn next(&mut self) -> u64 {
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        self.state
    }

    fn below(&mut self, limit: usize) -> usize {
        (self.next() >> 33) as usize % limit
    }

    fn one<'w>(&mut self, words: &[&'w str]) -> &'w str {
        words[self.below(words.len())]
    }

    fn scalar(&mut self) -> Value {
        match self.below(18) {
            0..=3 => Value::Int32(self.below(7) as i32 - 2),
            4 => Value::Int64(self.next() as i64),
            5 => Value::Double(f64::from_bits(self.next())),
            6 => Value::Double([0.5, -0.0, f64::NAN, f64::INFINITY, 1e300][self.below(5)]),
            7 => Value::Decimal128(Decimal128(std::array::from_fn(|_| self.next() as u8))),
            8 => Value::Null,
            9 => Value::Boolean(self.below(2) == 0),
            10 => Value::DateTime(self.next() as i64),
            11 => Value::ObjectId(ObjectId::new()),
            12 => Value::Regex {
                pattern: ["a*", "(a|b)+$", "[", "(?=a)b", "\\1", "a{1000}"][self.below(6)].into(),
                options: ["", "i", "imsx"][self.below(3)].into(),
            },
            13 => Value::Timestamp {
                time: self.next() as u32,
                increment: self.next() as u32,
            },
            14 => [Value::MinKey, Value::MaxKey, Value::Undefined][self.below(3)].clone(),
            15 => Value::from(format!("${}", self.one(&NAMES))),
            16 => Value::from(self.one(&WORDS)),
            _ => Value::from(["", "a", "é\u{0}", "2020-01-01", "%Y", "UTC"][self.below(6)]),
        }
    }

    fn value(&mut self, depth: usize) -> Value {
        match self.below(if depth == 0 { 1 } else { 5 }) {
            0 | 1 => self.scalar(),
            2 | 3 => Value::Document(self.document(depth - 1)),
            _ => {
                let length = self.below(4);
                Value::Array((0..length).map(|_| self.value(depth - 1)).collect())
            }
        }
    }

    /// A document of field names, operators and values.
    fn document(&mut self, depth: usize) -> Document {
        let mut document = Document::new();
        for _ in 0..1 + self.below(3) {
            let name = match self.below(8) {
                0..=2 => self.one(&NAMES),
                3..=6 => self.word(),
                _ => self.one(&FIELDS),
            };
            document.insert(name, self.value(depth));
        }
        document
    }

    /// A document as one that is stored.
    fn stored(&mut self) -> Document {
        let mut document = Document::new();
        for name in ["_id", "a", "b"] {
            if self.below(4) > 0 {
                document.insert(name, self.value(2));
            }
        }
        document
    }

    fn filter(&mut self) -> Document {
        match self.below(3) {
            0 => Document::new(),
            1 => doc! { "a": (self.scalar()) },
            _ => self.document(3),
        }
    }

    fn change(&mut self) -> Value {
        let operator = WORDS[26 + self.below(15)];
        match self.below(8) {
            0 => Value::Document(self.document(2)),
            1 => self.value(3),
            _ => {
                let name = self.one(&NAMES);
                let operand = self.value(3);
                Value::Document(doc! { operator: (doc! { name: operand }) })
            }
        }
    }

    fn command(&mut self, name: &str) -> Document {
        let mut command = Document::new();
        let target = match self.below(10) {
            0 => self.value(2),
            1 => Value::Int32(1),
            2 => Value::from("t.c"),
            _ => Value::from(["c", "d"][self.below(2)]),
        };
        command.insert(name, target);
        let parts = match name {
            "find" => doc! { "filter": (self.filter()), "sort": { "a": 1 } },
            "count" | "distinct" => doc! { "query": (self.filter()), "key": (self.one(&NAMES)) },
            "insert" => doc! { "documents": [(self.stored()), (self.stored())], "ordered": false },
            "update" => doc! { "updates": [{
                "q": (self.filter()), "u": (self.change()), "upsert": (self.below(2) == 0), "multi": (self.below(2) == 0),
            }] },
            "findAndModify" => doc! { "query": (self.filter()), "update": (self.change()) },
            "delete" => doc! { "deletes": [{ "q": (self.filter()), "limit": 1 }] },
            "bulkWrite" => doc! {
                "ops": [{ "update": 0, "filter": (self.filter()), "updateMods": (self.change()) }], "nsInfo": [{ "ns": "t.c" }],
            },
            "createIndexes" => {
                let field = self.one(&NAMES);
                doc! { "indexes": [{ "key": (doc! { field: 1 }), "name": "i" }] }
            }
            _ => Document::new(),
        };
        for (field, value) in parts {
            if self.below(20) > 0 {
                command.insert(field, value);
            }
        }
        if self.below(3) == 0 {
            let fields: Vec<&str> = command::fields(name).collect();
            if !fields.is_empty() {
                let field = self.one(&fields);
                command.insert(field, self.value(3));
            }
        }
        command
    }

    fn text(&mut self) -> Vec<u8> {
        let length = self.below(40);
        (0..length).map(|_| b'a' + self.below(4) as u8).collect()
    }

    /// A page of a tree, a leaf or a branch.
    fn page(&mut self) -> Vec<u8> {
        let mut page = vec![0; 4096];
        let is_leaf = self.below(2) == 0;
        match is_leaf {
            true => page::init(&mut page, Kind::Leaf, 0, 1, 1, 1),
            false => page::init(&mut page, Kind::Branch, 1, 1, 1, 1),
        }
        let mut node = NodeMut::new(&mut page);
        node.clear(b"");
        let keys: BTreeSet<Vec<u8>> = (0..self.below(30)).map(|_| self.text()).collect();
        for (index, key) in keys.iter().enumerate() {
            let value = self.text();
            match is_leaf {
                true => node.insert(index, key, &[&inline_word(value.len()), &value]),
                false => node.insert(index, key, &[&[0; PagePtr::SIZE]]),
            };
        }
        page
    }

    fn damage(&mut self, bytes: &mut Vec<u8>) {
        for _ in 0..self.below(3) {
            if bytes.is_empty() {
                return;
            }
            let place = self.below(bytes.len());
            match self.below(3) {
                0 => bytes[place] = self.next() as u8,
                1 => bytes.truncate(place),
                _ => drop(bytes.remove(place)),
            }
        }
    }
}
