//! The isolation of transactions, shown by what they read: several threads append unique numbers to lists and read them, and the
//! history is searched for every anomaly that snapshot isolation excludes. And accounts whose sum must never change.
//!
//! A list shows the order of the writes to it, so that the dependencies between transactions follow from what was read: who wrote before
//! whom (ww), who read from whom (wr), who read what someone wrote over (rw). Searched for: G0 (a cycle of ww), G1a (a read
//! of something aborted), G1b (of something intermediate), G1c (a cycle of ww and wr), G-single (a cycle with one rw, which lost
//! updates and non-repeatable reads are), each with the order within a thread as one more dependency.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Barrier, Mutex};
use std::thread;

use ironbase::bson::{Value, doc};
use ironbase::database::options::{OpenOptions, TransactionOptions};
use ironbase::database::{Collection, Database};
use ironbase::error::Result;
use ironbase::storage::vfs::sim::Random;

use crate::figures::figure;
use crate::shell::{Shell, TempDir};

const THREADS: usize = 6;
const LISTS: u64 = 12;

/// What a transaction did, in order.
#[derive(Default)]
struct Did {
    reads: Vec<(u64, Vec<i64>)>,
    appends: Vec<(u64, i64)>,
    is_committed: bool,
    thread: usize,
}

fn read(lists: &Collection, list: u64) -> Vec<i64> {
    let found = lists.found(doc! { "_id": (list as i64) });
    match found.first().and_then(|found| found.get("all")) {
        Some(Value::Array(all)) => all.iter().map(|n| n.as_raw_integer()).collect(),
        _ => Vec::new(),
    }
}

trait Integer {
    fn as_raw_integer(&self) -> i64;
}

impl Integer for Value {
    fn as_raw_integer(&self) -> i64 {
        match self {
            Value::Int64(number) => *number,
            other => panic!("not a number: {other:?}"),
        }
    }
}

fn append(lists: &Collection, list: u64, seen: &mut Vec<i64>, number: i64) -> Result<()> {
    seen.push(number);
    let all = Value::Array(seen.iter().map(|&n| Value::Int64(n)).collect());
    lists
        .replace(doc! { "_id": (list as i64) }, doc! { "all": all }, true)
        .map(|_| ())
}

/// One transaction, or what came of it before it was refused.
fn run(database: &Database, random: &mut Random, numbers: &AtomicU64, did: &mut Did) -> Result<()> {
    let transaction = database.begin(&TransactionOptions::default())?;
    let lists = transaction.collection("lists")?;
    for _ in 0..1 + random.below(4) {
        let list = random.below(LISTS);
        let mut seen = read(&lists, list);
        did.reads.push((list, seen.clone()));
        if random.chance(60) {
            // Sometimes twice, so that there is something intermediate.
            for _ in 0..1 + random.below(2) {
                let number = numbers.fetch_add(1, Ordering::Relaxed) as i64;
                did.appends.push((list, number));
                append(&lists, list, &mut seen, number)?;
            }
        }
    }
    if random.chance(5) {
        return transaction.abort();
    }
    transaction.commit()?;
    did.is_committed = true;
    Ok(())
}

/// Runs until so many transactions have committed.
fn history(database: &Database, seed: u64, transactions: u64) -> Vec<Did> {
    let (numbers, committed) = (AtomicU64::new(1), AtomicU64::new(0));
    let all = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for number in 0..THREADS {
            let (numbers, committed, all) = (&numbers, &committed, &all);
            scope.spawn(move || {
                let mut random = Random::new(seed ^ (number as u64) << 32);
                let mut mine = Vec::new();
                while committed.load(Ordering::Relaxed) < transactions {
                    let mut did = Did {
                        thread: number,
                        ..Did::default()
                    };
                    if let Err(error) = run(database, &mut random, numbers, &mut did) {
                        assert_eq!(error.code().0, 112, "{error:?}");
                        assert!(error.labels().contains(&"TransientTransactionError"));
                    }
                    committed.fetch_add(u64::from(did.is_committed), Ordering::Relaxed);
                    mine.push(did);
                }
                all.lock().unwrap().extend(mine);
            });
        }
    });
    all.into_inner().unwrap()
}

/// Edges from a transaction to those that depend on it.
type Edges = Vec<HashSet<usize>>;

/// The transactions in an order in which every edge leads forwards; `None`: there is a cycle.
fn order(edges: &Edges) -> Option<Vec<usize>> {
    let mut incoming = vec![0; edges.len()];
    edges.iter().flatten().for_each(|&to| incoming[to] += 1);
    let mut ready: Vec<usize> = (0..edges.len()).filter(|&at| incoming[at] == 0).collect();
    let mut sorted = Vec::new();
    while let Some(at) = ready.pop() {
        sorted.push(at);
        for &to in &edges[at] {
            incoming[to] -= 1;
            if incoming[to] == 0 {
                ready.push(to);
            }
        }
    }
    (sorted.len() == edges.len()).then_some(sorted)
}

/// Searches a history for anomalies; `last` are the lists at its end. Gives how many dependencies were looked at.
fn check(history: &[Did], last: &BTreeMap<u64, Vec<i64>>) -> std::result::Result<usize, String> {
    let mut writer: HashMap<i64, usize> = HashMap::new();
    let mut is_last_of_writer: HashSet<i64> = HashSet::new();
    for (index, did) in history.iter().enumerate() {
        let mut newest = BTreeMap::new();
        for &(list, number) in &did.appends {
            writer.insert(number, index);
            newest.insert(list, number);
        }
        is_last_of_writer.extend(newest.into_values());
    }
    let mut ww: Edges = vec![HashSet::new(); history.len()];
    let mut forward = ww.clone();
    let mut rw: Vec<(usize, usize)> = Vec::new();
    let connect = |edges: &mut Edges, from: usize, to: usize| {
        if from != to {
            edges[from].insert(to);
        }
    };
    let mut written = 0;
    for (list, all) in last {
        for (place, number) in all.iter().enumerate() {
            let by = writer[number];
            if !history[by].is_committed {
                return Err(format!(
                    "G1a: list {list} has {number} of an aborted transaction"
                ));
            }
            if all[..place].contains(number) {
                return Err(format!("list {list} has {number} twice"));
            }
            if place > 0 {
                connect(&mut ww, writer[&all[place - 1]], by);
            }
        }
        written += all.len();
    }
    let appended: usize = history
        .iter()
        .filter(|did| did.is_committed)
        .map(|did| did.appends.len())
        .sum();
    if appended != written {
        return Err(format!(
            "lost updates: {appended} appends committed, {written} are there"
        ));
    }
    for (index, did) in history.iter().enumerate() {
        for (list, seen) in &did.reads {
            let all = &last[list];
            // What a refused transaction has read is not looked at beyond that: it had not committed to it.
            let own = seen
                .iter()
                .rev()
                .take_while(|number| writer[number] == index)
                .count();
            let others = &seen[..seen.len() - own];
            if let Some(bad) = others
                .iter()
                .find(|number| !history[writer[number]].is_committed)
            {
                return Err(format!(
                    "G1a: list {list} was read with {bad} of an aborted transaction"
                ));
            }
            if !all.starts_with(others) {
                return Err(format!(
                    "list {list} was read as {others:?}, it became {all:?}"
                ));
            }
            if let Some(newest) = others.last() {
                if !is_last_of_writer.contains(newest) {
                    return Err(format!(
                        "G1b: list {list} was read at the intermediate {newest}"
                    ));
                }
                connect(&mut forward, writer[newest], index);
            }
            if let Some(next) = all.get(others.len())
                && writer[next] != index
                && did.is_committed
            {
                rw.push((index, writer[next]));
            }
        }
    }
    for thread in 0..THREADS {
        let mine: Vec<usize> = (0..history.len())
            .filter(|&at| history[at].thread == thread)
            .collect();
        for pair in mine.windows(2) {
            connect(&mut forward, pair[0], pair[1]);
        }
    }
    order(&ww).ok_or("G0: a cycle of writes")?;
    for (from, to) in ww.iter().enumerate() {
        forward[from].extend(to);
    }
    let sorted = order(&forward).ok_or("G1c: a cycle of writes and reads")?;
    let mut place = vec![0; history.len()];
    sorted
        .iter()
        .enumerate()
        .for_each(|(at, &index)| place[index] = at);
    for &(reader, over) in &rw {
        // A way from the one who wrote over to the reader would close a cycle with this one rw.
        let (mut seen, mut open) = (HashSet::from([over]), vec![over]);
        while let Some(at) = open.pop() {
            if at == reader {
                return Err(format!("G-single: transactions {reader} and {over}"));
            }
            for &to in forward[at].iter().filter(|&&to| place[to] <= place[reader]) {
                if seen.insert(to) {
                    open.push(to);
                }
            }
        }
    }
    Ok(rw.len() + forward.iter().map(HashSet::len).sum::<usize>())
}

#[test]
fn histories_of_list_appends_have_no_anomaly() {
    let seed = std::env::var("IRONBASE_SEED").map_or(20_261_125, |seed| seed.parse().unwrap());
    let rounds = if std::env::var("IRONBASE_SOAK").is_ok() {
        20
    } else {
        1
    };
    let (mut committed, mut refused, mut dependencies) = (0, 0, 0);
    for round in 0..rounds {
        let database = Database::open(":memory:", OpenOptions::default()).unwrap();
        let history = history(&database, seed + round, 10_000);
        let lists = database.collection("lists").unwrap();
        let last = (0..LISTS).map(|list| (list, read(&lists, list))).collect();
        match check(&history, &last) {
            Ok(count) => dependencies += count,
            Err(anomaly) => panic!("seed {}: {anomaly}", seed + round),
        }
        let count = history.iter().filter(|did| did.is_committed).count();
        committed += count;
        refused += history.len() - count;
    }
    println!("seed {seed}");
    figure(
        format!("histories of list appends by {THREADS} threads, checked for G0, G1 and G-SI"),
        format!("{committed} committed, {refused} refused, {dependencies} dependencies"),
        "0 anomalies",
    );
    assert!(committed >= 10_000 * rounds as usize, "{committed}");
}

#[test]
fn the_checker_finds_the_anomalies_it_is_for() {
    let did = |thread, reads: &[(u64, &[i64])], appends: &[(u64, i64)]| Did {
        reads: reads
            .iter()
            .map(|&(list, seen)| (list, seen.to_vec()))
            .collect(),
        appends: appends.to_vec(),
        is_committed: true,
        thread,
    };
    let lists = |all: &[(u64, &[i64])]| {
        all.iter()
            .map(|&(list, all)| (list, all.to_vec()))
            .collect()
    };
    let found = |history: &[Did], all: &[(u64, &[i64])]| check(history, &lists(all)).unwrap_err();
    let mut aborted = did(0, &[], &[(0, 1)]);
    aborted.is_committed = false;
    assert!(found(&[aborted, did(1, &[(0, &[1])], &[])], &[(0, &[])]).starts_with("G1a"));
    let twice = did(0, &[], &[(0, 1), (0, 2)]);
    assert!(found(&[twice, did(1, &[(0, &[1])], &[])], &[(0, &[1, 2])]).starts_with("G1b"));
    let both = [
        did(0, &[], &[(0, 1), (1, 2)]),
        did(1, &[], &[(0, 3), (1, 4)]),
    ];
    assert!(found(&both, &[(0, &[1, 3]), (1, &[4, 2])]).starts_with("G0"));
    let circle = [
        did(0, &[(1, &[2])], &[(0, 1)]),
        did(1, &[(0, &[1])], &[(1, 2)]),
    ];
    assert!(found(&circle, &[(0, &[1]), (1, &[2])]).starts_with("G1c"));
    let skewed = [
        did(0, &[], &[(0, 1), (1, 2)]),
        did(1, &[(0, &[]), (1, &[2])], &[]),
    ];
    assert!(found(&skewed, &[(0, &[1]), (1, &[2])]).starts_with("G-single"));
    assert!(found(&both[..1], &[(0, &[1]), (1, &[])]).starts_with("lost"));
    // Write skew is what remains possible.
    let skew = [
        did(0, &[(1, &[])], &[(0, 1)]),
        did(1, &[(0, &[])], &[(1, 2)]),
    ];
    assert!(check(&skew, &lists(&[(0, &[1]), (1, &[2])])).is_ok());
}

#[test]
fn a_thousand_readers_see_the_same_sum_beside_a_writer_that_never_pauses() {
    const READERS: usize = 1000;
    const ACCOUNTS: i64 = 100;
    let directory = TempDir::new();
    let options = OpenOptions {
        durability: ironbase::database::options::Durability::None,
        ..OpenOptions::default()
    };
    let database = Database::open(&directory.database(), options).unwrap();
    let accounts = database.collection("accounts").unwrap();
    accounts.add_all((0..ACCOUNTS).map(|id| doc! { "_id": id, "balance": 1000i64 }));
    let (start, stop) = (Barrier::new(READERS + 1), AtomicBool::new(false));
    let (reads, moved) = (AtomicU64::new(0), AtomicU64::new(0));
    thread::scope(|scope| {
        let (database, start, stop, reads, moved) = (&database, &start, &stop, &reads, &moved);
        let writer = scope.spawn(move || {
            let mut random = Random::new(7);
            start.wait();
            while !stop.load(Ordering::Relaxed) {
                let transaction = database.begin(&TransactionOptions::default()).unwrap();
                let accounts = transaction.collection("accounts").unwrap();
                let from = random.below(ACCOUNTS as u64) as i64;
                let to = (from + 1 + random.below(ACCOUNTS as u64 - 1) as i64) % ACCOUNTS;
                for (account, amount) in [(from, -1i64), (to, 1i64)] {
                    let update = doc! { "$inc": { "balance": amount } };
                    accounts.update(doc! { "_id": account }, update).unwrap();
                }
                transaction.commit().unwrap();
                moved.fetch_add(1, Ordering::Relaxed);
            }
        });
        let readers: Vec<_> = (0..READERS)
            .map(|reader| {
                let accounts = accounts.clone();
                let work = move || {
                    start.wait();
                    for round in 0..3 {
                        // Every other one in a transaction of its own.
                        let transaction = database.begin(&TransactionOptions::default()).unwrap();
                        let inside = transaction.collection("accounts").unwrap();
                        let from = if (reader + round) % 2 == 0 {
                            &accounts
                        } else {
                            &inside
                        };
                        let all = from.found(doc! {});
                        let sum: i64 = all
                            .iter()
                            .map(|account| account.get("balance").unwrap().as_raw_integer())
                            .sum();
                        assert_eq!(sum, 1000 * ACCOUNTS);
                        reads.fetch_add(1, Ordering::Relaxed);
                    }
                };
                let thread = thread::Builder::new().stack_size(256 << 10);
                thread.spawn_scoped(scope, work).unwrap()
            })
            .collect();
        let outcomes: Vec<_> = readers.into_iter().map(|reader| reader.join()).collect();
        stop.store(true, Ordering::Relaxed);
        writer.join().unwrap();
        assert!(outcomes.iter().all(|outcome| outcome.is_ok()));
    });
    let (reads, moved) = (reads.into_inner(), moved.into_inner());
    figure(
        format!("{READERS} readers at once beside transactions that move money"),
        format!("{reads} sums, {moved} transactions"),
        "all the same",
    );
    assert!(reads == 3 * READERS as u64 && moved > 0);
}
