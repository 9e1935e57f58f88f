//! `docs/compatibility.md` tells the truth: what it calls the same or different is known to the code, what it calls absent is not, and
//! every name of MongoDB's manual (`compatibility/mongodb-8.2.txt`) has a row.
//!
//! The code is asked by using it: a name is known if nothing refuses it as unknown or not supported.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use ironbase::aggregate::expr;
use ironbase::bson::{Document, RawDoc, Value, doc};
use ironbase::command::{self, Commands};
use ironbase::database::Database;
use ironbase::database::options::OpenOptions;
use ironbase::error::Error;
use ironbase::query::{Context, Filter, Projection};
use ironbase::storage::vfs::memory::MemoryVfs;
use ironbase::update::Update;

/// Name by name, whether it is there.
type Known = BTreeMap<String, bool>;

#[test]
fn the_page_says_what_the_code_knows() {
    let rows = rows(include_str!("../docs/compatibility.md"));
    let manual = manual();
    let mut wrong = Vec::new();
    let empty = Known::new();
    for (kind, heading, probe) in [
        ("filter", "Filters", filter_knows as fn(&str) -> bool),
        ("projection", "Projection and sort", projection_knows),
        ("update", "Updates", update_knows),
        ("expression", "Expressions", expression_knows),
        ("stage", "Aggregation stages", |_| false),
        ("command", "Commands", |name| {
            command::names().any(|own| own == name)
        }),
    ] {
        let documented = rows.get(heading).unwrap_or(&empty);
        let own: Vec<&str> = match kind {
            "expression" => expr::names().collect(),
            "command" => command::names().collect(),
            _ => Vec::new(),
        };
        let names: BTreeSet<&str> = manual[kind].iter().copied().chain(own).collect();
        for name in names {
            match (documented.get(name), probe(name)) {
                (None, _) => wrong.push(format!("{heading}: {name} has no row")),
                (Some(false), true) => wrong.push(format!("{heading}: {name} works")),
                (Some(true), false) => wrong.push(format!("{heading}: {name} does not work")),
                _ => {}
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_page_has_every_field_of_every_command() {
    let rows = rows(include_str!("../docs/compatibility.md"));
    let documented = rows.get("Fields of commands").cloned().unwrap_or_default();
    let mut wrong = Vec::new();
    let mut fields = BTreeSet::new();
    for name in command::names() {
        for field in command::fields(name) {
            fields.insert(format!("{name}.{field}"));
            let is_there = field_is_taken(name, field);
            let works = if is_there { "works" } else { "does not work" };
            match documented.get(&format!("{name}.{field}")) {
                None => wrong.push(format!("{name}.{field} has no row; it {works}")),
                Some(said) if *said != is_there => wrong.push(format!("{name}.{field} {works}")),
                _ => {}
            }
        }
    }
    let gone = documented.keys().filter(|name| !fields.contains(*name));
    wrong.extend(gone.map(|name| format!("there is no {name}")));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The page's tables by heading: each name in a first column, and whether the row says that it is there.
fn rows(page: &str) -> BTreeMap<&str, Known> {
    let mut rows = BTreeMap::<_, Known>::new();
    let mut heading = "";
    for line in page.lines() {
        if let Some(next) = line.strip_prefix("## ") {
            heading = next;
        }
        let Some(row) = line.strip_prefix('|') else {
            continue;
        };
        // A bar within a name is written \|.
        let mut columns = row.split(" |");
        let (first, state) = (
            columns.next().unwrap_or(""),
            columns.next().unwrap_or("").trim(),
        );
        let is_there = match state {
            "same" | "differs" => true,
            "not yet" | "never" => false,
            _ => continue,
        };
        let names = first.split('`').skip(1).step_by(2);
        rows.entry(heading)
            .or_default()
            .extend(names.map(|name| (name.to_string(), is_there)));
    }
    rows
}

/// The names of MongoDB's manual by kind.
fn manual() -> BTreeMap<&'static str, BTreeSet<&'static str>> {
    let mut names = BTreeMap::<_, BTreeSet<_>>::new();
    let mut kind = "";
    for line in include_str!("compatibility/mongodb-8.2.txt").lines() {
        match line.strip_prefix("# ") {
            Some(next) => kind = next,
            None => names
                .entry(kind)
                .or_default()
                .extend(line.split_whitespace()),
        }
    }
    names
}

/// Whether attempts show that a name is known: one succeeds, or is refused for another reason than that the name is none, and none is
/// refused as not supported.
fn is_known<T>(attempts: impl IntoIterator<Item = Result<T, Error>>) -> bool {
    const UNKNOWN: [&str; 6] = [
        "unknown",
        "unrecognized",
        "has no option",
        "no such command",
        "invalid clause",
        "dollar ($) prefixed",
    ];
    const NOT_SUPPORTED: [&str; 2] = ["not supported", "not yet"];
    let mut known = false;
    for attempt in attempts {
        let Err(error) = attempt else {
            return true;
        };
        let message = error.message().to_lowercase();
        if NOT_SUPPORTED.iter().any(|words| message.contains(words)) {
            return false;
        }
        known |= !UNKNOWN.iter().any(|words| message.contains(words));
    }
    known
}

fn operands() -> Vec<Value> {
    let document = doc! { "a": 1 };
    vec![
        Value::Int32(1),
        Value::from("a"),
        Value::Document(document.clone()),
        Value::Array(vec![Value::Document(document)]),
        Value::Array(vec![Value::Int32(2), Value::Int32(1)]),
        Value::Boolean(false),
    ]
}

fn filter_knows(name: &str) -> bool {
    let compile = |filter: Document| {
        Filter::compile(RawDoc::trusted(&filter.to_bytes()), &Context::default())
    };
    is_known(operands().into_iter().flat_map(|operand| {
        let top = doc! { name: (operand.clone()) };
        let field = doc! { "a": (doc! { name: operand }) };
        [compile(top), compile(field)]
    }))
}

fn projection_knows(name: &str) -> bool {
    let compile = |projection: Document| {
        let bytes = projection.to_bytes();
        let context = Context::default();
        let filter = Filter::compile(RawDoc::EMPTY, &context)?;
        Projection::compile(RawDoc::trusted(&bytes), &filter, &context)
    };
    match name {
        "$" => is_known([compile(doc! { "a.$": 1 })]),
        _ => is_known(
            operands()
                .into_iter()
                .map(|operand| compile(doc! { "a": (doc! { name: operand }) })),
        ),
    }
}

fn update_knows(name: &str) -> bool {
    let compile = |update: Document| {
        let filters = (name == "$[name]").then(|| doc! { "0": { "name": 1 } }.to_bytes());
        let filters = filters.as_deref().map(RawDoc::trusted);
        Update::compile(
            RawDoc::trusted(&update.to_bytes()),
            filters,
            &Context::default(),
        )
    };
    match name {
        "$" | "$[]" => {
            let path = format!("a.{name}");
            is_known([compile(doc! { "$set": (doc! { path: 1 }) })])
        }
        "$[name]" => is_known([compile(doc! { "$set": { "a.$[name]": 1 } })]),
        "$each" | "$position" | "$slice" | "$sort" => {
            let mut push = doc! { "$each": [1] };
            if name != "$each" {
                push.insert(name, 1);
            }
            is_known([compile(doc! { "$push": (doc! { "a": push }) })])
        }
        _ => is_known(
            operands()
                .into_iter()
                .map(|operand| compile(doc! { name: (doc! { "a": operand }) })),
        ),
    }
}

fn expression_knows(name: &str) -> bool {
    expr::names().any(|own| own == name)
}

/// Whether a command takes a field, of whatever type.
fn field_is_taken(command: &str, field: &str) -> bool {
    let vfs = Arc::new(MemoryVfs::new());
    let database = Database::open_on(vfs, "t.mlite", OpenOptions::default(), false).unwrap();
    let commands = Commands::new(database);
    is_known(operands().into_iter().map(|operand| {
        let mut document = sample(command);
        document.insert(field, operand);
        commands.run(RawDoc::trusted(&document.to_bytes()))
    }))
}

/// A command with the fields that it must have.
fn sample(command: &str) -> Document {
    let mut document = Document::new();
    let target: Value = match command {
        "getMore" => 1i64.into(),
        "renameCollection" => "t.a".into(),
        "explain" => doc! { "find": "a" }.into(),
        "bulkWrite" | "ping" | "hello" => 1.into(),
        _ => "a".into(),
    };
    document.insert(command, target);
    let rest = match command {
        "insert" => doc! { "documents": [{ "a": 1 }] },
        "update" => doc! { "updates": [{ "q": {}, "u": { "$set": { "a": 1 } } }] },
        "delete" => doc! { "deletes": [{ "q": {}, "limit": 1 }] },
        "findAndModify" => doc! { "update": { "$set": { "a": 1 } } },
        "distinct" => doc! { "key": "a" },
        "createIndexes" => doc! { "indexes": [{ "key": { "a": 1 }, "name": "a_1" }] },
        "dropIndexes" => doc! { "index": "a_1" },
        "renameCollection" => doc! { "to": "t.b" },
        "getMore" => doc! { "collection": "a" },
        "killCursors" => doc! { "cursors": [] },
        "bulkWrite" => {
            doc! { "ops": [{ "insert": 0, "document": { "a": 1 } }], "nsInfo": [{ "ns": "t.a" }] }
        }
        _ => Document::new(),
    };
    for (name, value) in rest {
        document.insert(name, value);
    }
    document
}
