//! A real process is killed by SIGKILL again and again in the midst of its writes; whatever it had been told is safe is there, whole, at
//! the next opening, with what the indexes say.
//!
//! The child's threads do operations that follow from their number, and say each one's number when it is acknowledged. What
//! a thread's documents must be after its first `n` operations is known, so that the database must show `n` or `n + 1` of them
//! where `n` was the last heard of. Money is moved between accounts by transactions meanwhile.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Stdio};

use ironbase::bson::{Document, Value, doc};
use ironbase::database::options::{Durability, OpenOptions, TransactionOptions};
use ironbase::database::{Collection, Database};
use ironbase::error::Result;
use ironbase::storage::vfs::sim::Random;

use crate::child;
use crate::figures::figure;
use crate::shell::{Shell, TempDir};

const THREADS: usize = 3;
const ACCOUNTS: i32 = 4;
const START: i32 = 1000;
const BEGINNINGS: &str = "IRONBASE_BEHAVIOUR_BEGINNINGS";
const NAME: &str = "killed::a_killed_process_loses_nothing_that_was_acknowledged";

#[test]
fn a_killed_process_loses_nothing_that_was_acknowledged() {
    if let Some(path) = child::path() {
        return write_until_killed(&path);
    }
    let kills = if std::env::var_os("IRONBASE_SOAK").is_some() {
        5000
    } else {
        200
    };
    let seed = std::env::var("IRONBASE_SEED").map_or(1, |seed| seed.parse().expect("a number"));
    println!("killed: seed {seed}; IRONBASE_SEED repeats it, as far as a clock can be repeated");
    let mut random = Random::new(seed);
    let mut directory = TempDir::new();
    let mut done = [0u64; THREADS];
    let mut acknowledged = 0;
    for kill in 0..kills {
        if kill % 50 == 0 {
            // A young database is killed in other places than a grown one.
            directory = TempDir::new();
            done = [0; THREADS];
            found(&open(&directory.database()), &done).expect("made");
        }
        let mut child = begin(&directory, &done);
        let heard = listen(&mut child, &done, random.below(150));
        acknowledged += (0..THREADS).map(|t| heard[t] - done[t]).sum::<u64>();
        done = held_to(&open(&directory.database()), &heard)
            .unwrap_or_else(|error| panic!("seed {seed}, kill {kill}, {heard:?}: {error}"));
    }
    figure(
        "a process with three writing threads is killed by SIGKILL",
        format!("{kills} kills, {acknowledged} acknowledged operations"),
        "0",
    );
    assert!(acknowledged > kills * 10, "the child hardly did anything");
}

fn open(path: &str) -> Database {
    let options = OpenOptions {
        durability: Durability::Full,
        ..OpenOptions::default()
    };
    Database::open(path, options).expect("a killed process leaves a database that opens")
}

/// Makes what the threads need.
fn found(database: &Database, done: &[u64; THREADS]) -> Result<()> {
    for name in ["even", "odd"] {
        let accounts = (0..ACCOUNTS).map(|id| doc! { "_id": id, "balance": START });
        database.collection(name)?.add_all(accounts);
    }
    let documents = database.collection("documents")?;
    documents.index(doc! { "key": { "n": 1 } })?;
    documents.index(doc! { "key": { "tags": 1 } })?;
    held_to(database, done)
        .map(drop)
        .map_err(|error| panic!("{error}"))
}

fn begin(directory: &TempDir, done: &[u64; THREADS]) -> Child {
    let beginnings: Vec<String> = done.iter().map(u64::to_string).collect();
    child::command(NAME, directory)
        .env(BEGINNINGS, beginnings.join(","))
        .stdout(Stdio::piped())
        .spawn()
        .expect("the test's own program runs")
}

/// Hears `patience` acknowledgements, kills the child, and hears those that were still on their way.
fn listen(child: &mut Child, done: &[u64; THREADS], patience: u64) -> [u64; THREADS] {
    let mut heard = *done;
    let lines = BufReader::new(child.stdout.take().expect("piped")).lines();
    let mut count = 0;
    let mut is_killed = false;
    for line in lines {
        let line = line.expect("text");
        let Some((thread, number)) = line
            .strip_prefix("ack ")
            .and_then(|line| line.split_once(' '))
        else {
            continue;
        };
        let thread: usize = thread.parse().expect("a thread");
        let number: u64 = number.parse().expect("a number");
        assert_eq!(number, heard[thread] + 1, "acknowledged out of order");
        heard[thread] = number;
        count += 1;
        if count > patience && !is_killed {
            child.kill().expect("killed");
            is_killed = true;
        }
    }
    let status = child.wait().expect("ended");
    assert!(is_killed && !status.success(), "the child ended by itself");
    heard
}

/// How many operations of each thread the database shows. Fails when that is not what was acknowledged or one more, or
/// when anything else is not as it must be.
fn held_to(
    database: &Database,
    heard: &[u64; THREADS],
) -> std::result::Result<[u64; THREADS], String> {
    let documents = database.collection("documents").expect("a name");
    let mut shown: [BTreeMap<i64, Document>; THREADS] = Default::default();
    let mut entries = 0;
    for document in documents.found(doc! {}) {
        let (Some(Value::Int32(thread)), Some(Value::Int64(n))) =
            (document.get("thread"), document.get("n"))
        else {
            return Err(format!("what is {document:?}?"));
        };
        shown[*thread as usize].insert(*n, document);
        entries += 1;
    }
    let mut done = *heard;
    for (thread, shown) in shown.iter().enumerate() {
        let possible = [heard[thread], heard[thread] + 1];
        let is_shown = |count: &u64| expected(thread, *count) == *shown;
        let Some(count) = possible.into_iter().find(is_shown) else {
            return Err(format!("thread {thread} shows {} documents", shown.len()));
        };
        done[thread] = count;
    }
    let by_index = documents.count(doc! { "n": { "$gte": 0 } });
    let by_tag = documents.count(doc! { "tags": "all" });
    if (by_index, by_tag) != (entries, entries) {
        return Err(format!(
            "{entries} documents, but {by_index} and {by_tag} by index"
        ));
    }
    let money: i64 = ["even", "odd"]
        .iter()
        .flat_map(|name| database.collection(name).expect("a name").found(doc! {}))
        .map(|account| match account.get("balance") {
            Some(Value::Int32(balance)) => i64::from(*balance),
            other => panic!("a balance of {other:?}"),
        })
        .sum();
    if money != i64::from(2 * ACCOUNTS * START) {
        return Err(format!("the accounts hold {money}"));
    }
    Ok(done)
}

/// The documents of a thread after its first `count` operations.
fn expected(thread: usize, count: u64) -> BTreeMap<i64, Document> {
    let mut all = BTreeMap::new();
    for number in 1..=count {
        let n = (number / 4) as i64;
        match number % 4 {
            0 => drop(all.insert(n, fresh(thread, n))),
            1 if n > 0 => {
                let mut document = fresh(thread, n);
                document.insert("updates", 1);
                all.insert(n, document);
            }
            3 if n % 3 == 2 => drop(all.remove(&(n - 1))),
            _ => {}
        }
    }
    all
}

fn fresh(thread: usize, n: i64) -> Document {
    doc! {
        "_id": (format!("{thread}-{n}")), "thread": (thread as i32), "n": n, "updates": 0,
        "tags": ["all", (format!("t{}", n % 7))], "filling": ("x".repeat((n as usize * 37) % 600)),
    }
}

/// The operation of that number.
fn operate(database: &Database, documents: &Collection, thread: usize, number: u64) -> Result<()> {
    let n = (number / 4) as i64;
    let id = |n: i64| doc! { "_id": (format!("{thread}-{n}")) };
    match number % 4 {
        0 => documents.add(fresh(thread, n)).map(drop),
        1 => documents
            .update(id(n), doc! { "$inc": { "updates": 1 } })
            .map(drop),
        2 => transfer(database, thread, number),
        _ if n % 3 == 2 => {
            documents.delete(id(n - 1));
            Ok(())
        }
        _ => Ok(()),
    }
}

fn transfer(database: &Database, thread: usize, number: u64) -> Result<()> {
    let account = |by: u64| doc! { "_id": (((number + by) % ACCOUNTS as u64) as i32) };
    loop {
        let transaction = database.begin(&TransactionOptions::default())?;
        let moved = (|| {
            let by = 1 + thread as i32;
            let (even, odd) = (
                transaction.collection("even")?,
                transaction.collection("odd")?,
            );
            even.update(account(0), doc! { "$inc": { "balance": (-by) } })?;
            odd.update(account(thread as u64), doc! { "$inc": { "balance": by } })?;
            transaction.commit()
        })();
        match moved {
            Err(error) if error.labels().contains(&"TransientTransactionError") => {}
            moved => return moved,
        }
    }
}

fn write_until_killed(path: &str) {
    let beginnings = std::env::var(BEGINNINGS).expect("where the threads begin");
    let database = open(path);
    println!(); // The harness has begun a line of its own.
    std::thread::scope(|scope| {
        for (thread, beginning) in beginnings.split(',').enumerate() {
            let (database, beginning) = (&database, beginning.parse::<u64>().expect("a number"));
            scope.spawn(move || {
                let documents = database.collection("documents").expect("a name");
                for number in beginning + 1.. {
                    operate(database, &documents, thread, number).expect("done");
                    let told = format!("ack {thread} {number}\n");
                    // One write for the line: a pipe takes it whole.
                    std::io::stdout()
                        .lock()
                        .write_all(told.as_bytes())
                        .expect("heard");
                }
            });
        }
    });
}
