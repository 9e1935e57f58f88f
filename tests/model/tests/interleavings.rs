//! Every interleaving of two or three threads, for what the engine relies on and no other test can be sure to hit upon.
//!
//! Each model says how many interleavings it went through. The last test breaks one thing after the other: what the models see
//! is what they are good for.

#[path = "../../common/figures.rs"]
mod figures;

use std::sync::Arc;
use std::time::Duration;

use figures::figure;
use ironbase_model::storage::engine::{Durability, Engine};
use ironbase_model::storage::pager::arena;
use ironbase_model::storage::pager::table::{PageBox, PageTable};
use ironbase_model::storage::sync::{Fault, epoch};
use ironbase_model::storage::wal::writer::Medium;
use ironbase_model::{check, check_with};
use loom::thread::{self, JoinHandle};

use Durability::{Full, None as Unsynced};

/// Checks a model; there must be many interleavings, or it is none.
fn interleave(what: &str, preemptions: usize, model: impl Fn() + Send + Sync + 'static) {
    let runs = check(preemptions, model);
    figure(
        format!("every interleaving of {what}"),
        format!("{runs}, {preemptions} preemptions"),
        "0 wrong",
    );
    assert!(runs >= 50, "{what}: only {runs} interleavings");
}

fn in_thread(engine: &Arc<Engine>, run: impl FnOnce(&Engine) + 'static) -> JoinHandle<()> {
    let engine = engine.clone();
    thread::spawn(move || run(&engine))
}

fn join(threads: impl IntoIterator<Item = JoinHandle<()>>) {
    for thread in threads {
        thread.join().expect("no panic");
    }
}

// --- the commit group ---

/// Each is acknowledged when it is durable and visible, and nobody sleeps for ever (the checker calls that a deadlock).
fn three_committers() {
    let engine = Engine::new(Full, Medium::default(), false);
    let commit = |engine: &Engine| {
        engine.commit_and_wait(Full).expect("no failure");
    };
    let others = [in_thread(&engine, commit), in_thread(&engine, commit)];
    commit(&engine);
    join(others);
    assert!((1..=3).contains(&engine.medium().syncs()));
    engine.check_end();
}

/// The second group forms while the first is being written; its members wait by the other parity.
fn two_groups() {
    let engine = Engine::new(Full, Medium::default(), false);
    let commit_twice = |engine: &Engine| {
        let first = engine.commit_and_wait(Full).expect("no failure");
        let second = engine.commit_and_wait(Full).expect("no failure");
        assert!(first < second);
    };
    let other = in_thread(&engine, commit_twice);
    commit_twice(&engine);
    join([other]);
    assert!((2..=4).contains(&engine.medium().syncs()));
    engine.check_end();
}

/// One waits for the medium, one does not, one writes a part of a transaction meanwhile.
fn levels_and_parts() {
    let engine = Engine::new(Full, Medium::default(), false);
    let others = [
        in_thread(&engine, |engine| {
            engine.commit_and_wait(Unsynced).expect("no failure");
        }),
        in_thread(&engine, |engine| {
            engine.write_unfinished().expect("no failure");
        }),
    ];
    engine.commit_and_wait(Full).expect("no failure");
    join(others);
}

/// A group that is written and not synced leaves two behind who wait for a sync; who syncs next wakes both.
fn left_behind() {
    let engine = Engine::new(Full, Medium::default(), false);
    let commits = [engine.commit(), engine.commit(), engine.commit()];
    let wait = |lsn| {
        move |engine: &Engine| {
            engine.wait_for(lsn, Full).expect("no failure");
            assert!(engine.medium().synced() >= lsn);
        }
    };
    let others = [
        in_thread(&engine, wait(commits[0])),
        in_thread(&engine, wait(commits[1])),
    ];
    engine.wait_for(commits[2], Unsynced).expect("no failure");
    engine.commit_and_wait(Full).expect("no failure");
    join(others);
    engine.check_end();
}

/// What was acknowledged is durable, what is visible is durable, the others are told, and the medium (which would
/// panic) is not called again.
fn failing_medium(call: usize) {
    let engine = Engine::new(Full, Medium::failing_at(call), false);
    let commit = |engine: &Engine| {
        if engine.commit_and_wait(Full).is_err() {
            engine.commit_and_wait(Full).expect_err("poisoned");
        }
        assert!(engine.snapshot().lsn <= engine.medium().synced());
    };
    let other = in_thread(&engine, commit);
    commit(&engine);
    join([other]);
}

#[test]
fn every_committer_wakes_when_its_commit_is_durable() {
    interleave("three committers", 2, three_committers);
}

#[test]
fn groups_follow_each_other() {
    interleave("two committers of two commits each", 3, two_groups);
}

#[test]
fn levels_of_durability_and_parts_of_transactions_share_the_log() {
    interleave(
        "a synced commit, an unsynced one, a part",
        2,
        levels_and_parts,
    );
    interleave(
        "an unsynced commit and a synced one, two synced ones",
        3,
        left_behind,
    );
}

#[test]
fn nothing_is_published_behind_a_failure() {
    for call in 1..=4 {
        let what = format!("two committers, call {call} of the medium fails");
        interleave(&what, 3, move || failing_medium(call));
    }
}

/// Someone waits for a version newer than the one he has seen, and is told.
fn arrival(durability: Durability) {
    let engine = Engine::new(durability, Medium::default(), false);
    let other = in_thread(&engine, |engine| {
        assert!(engine.wait_for_newer(0, Duration::from_secs(1)));
    });
    engine.commit_and_wait(durability).expect("no failure");
    join([other]);
}

#[test]
fn whoever_waits_for_a_version_is_told_of_it() {
    interleave("a commit, and one who waits for it", 4, || arrival(Full));
    interleave("an unsynced commit, and one who waits for it", 4, || {
        arrival(Unsynced)
    });
}

// --- versions and pages ---

/// A version shows its own page, as often as one looks, wherever the page is by then.
fn look_twice(engine: &Engine) {
    let version = engine.snapshot();
    let lsn = version.lsn;
    assert_eq!(engine.read(&version).lsn, lsn);
    assert_eq!(engine.read(&version).lsn, lsn);
    assert!(engine.medium().synced() >= lsn || engine.is_unsynced());
}

/// Pages are replaced, freed and given out again under a reader.
fn reader_and_writer(durability: Durability) {
    let engine = Engine::new(durability, Medium::default(), true);
    let reader = in_thread(&engine, look_twice);
    for _ in 0..3 {
        engine.commit_and_wait(durability).expect("no failure");
        engine.reclaim().expect("no I/O");
    }
    join([reader]);
    engine.check_end();
}

/// What died in a commit that nobody sees yet is needed by the version before it, which is not shown yet either.
fn late_version() {
    let engine = Engine::new(Full, Medium::default(), true);
    let other = in_thread(&engine, |engine| {
        engine.commit_and_wait(Full).expect("no failure");
        look_twice(engine);
    });
    let lsn = engine.commit();
    engine.reclaim().expect("no I/O");
    engine.wait_for(lsn, Full).expect("no failure");
    join([other]);
    engine.check_end();
}

/// Pages are written out and leave memory besides.
fn reader_writer_and_flusher() {
    let engine = Engine::new(Full, Medium::default(), true);
    engine.commit_and_wait(Full).expect("no failure");
    let others = [
        in_thread(&engine, look_twice),
        in_thread(&engine, Engine::flush),
    ];
    engine.commit_and_wait(Full).expect("no failure");
    engine.flush();
    join(others);
    engine.check_end();
}

/// Two commits that one sync makes durable share a page, which is changed in place; a reader sees neither or both.
fn shared_page() {
    let engine = Engine::new(Full, Medium::default(), true);
    let others = [
        in_thread(&engine, |engine| {
            engine.commit_and_wait(Full).expect("no failure");
        }),
        in_thread(&engine, look_twice),
    ];
    engine.commit_and_wait(Full).expect("no failure");
    join(others);
    engine.check_end();
}

/// A version is shown to someone who asked for less safety while the group's leader shows another.
fn early_version() {
    let engine = Engine::new(Full, Medium::default(), true);
    let others = [
        in_thread(&engine, |engine| {
            engine.commit_and_wait(Unsynced).expect("no failure");
        }),
        in_thread(&engine, |engine| {
            let version = engine.snapshot();
            assert_eq!(engine.read(&version).lsn, version.lsn);
            assert_eq!(engine.read(&version).lsn, version.lsn);
        }),
    ];
    engine.commit_and_wait(Full).expect("no failure");
    join(others);
}

#[test]
fn a_reader_sees_its_version_whatever_becomes_of_the_pages() {
    interleave("a reader, three commits, pages given out again", 4, || {
        reader_and_writer(Full);
    });
    interleave(
        "a reader, three unsynced commits, pages given out again",
        4,
        || {
            reader_and_writer(Unsynced);
        },
    );
    interleave(
        "a version that becomes visible behind another commit",
        2,
        late_version,
    );
    interleave(
        "a reader, a commit, pages written out",
        2,
        reader_writer_and_flusher,
    );
}

#[test]
fn pages_change_in_place_only_while_no_version_shows_them() {
    interleave("two commits that share a page, a reader", 2, shared_page);
    interleave(
        "a synced commit, an unsynced one, a reader",
        2,
        early_version,
    );
}

// --- the page table alone ---

/// Two put a page in where there is none, in a chunk that is not there either; a third takes it out.
fn first_pages() {
    const NUMBER: u32 = 70;
    let table = Arc::new(PageTable::default());
    let cache = |table: &PageTable| {
        let pin = epoch::pin();
        let (page, _) = table.put_if_absent(NUMBER, PageBox::copy_of(&[7; 16]).clean(), &pin);
        arena::read(page.bytes());
        assert_eq!(page.bytes(), [7; 16]);
    };
    let (one, other) = (table.clone(), table.clone());
    let threads = [
        thread::spawn(move || cache(&one)),
        thread::spawn(move || {
            let pin = epoch::pin();
            if let Some(page) = other.get(NUMBER, &pin) {
                let taken = other.take(NUMBER, &pin);
                assert!(taken.is_none_or(|taken| taken == (16, false)));
                arena::read(page.bytes());
            }
        }),
    ];
    cache(&table);
    join(threads);
    drop(table);
    assert_eq!(arena::in_use(), 0);
}

/// One replaces a page by another form of it while a second does, and a third reads.
fn forms_of_a_page() {
    let table = Arc::new(PageTable::default());
    table.put(5, PageBox::copy_of(&[1; 16]), &epoch::pin());
    let replace = |table: &PageTable, with: u8| {
        let pin = epoch::pin();
        let Some(page) = table.get(5, &pin) else {
            return;
        };
        arena::read(page.bytes());
        table.replace(5, page, Some(PageBox::copy_of(&[with; 16])), &pin);
        arena::read(page.bytes());
    };
    let (one, other) = (table.clone(), table.clone());
    let threads = [
        thread::spawn(move || replace(&one, 2)),
        thread::spawn(move || {
            let pin = epoch::pin();
            let page = other.get(5, &pin).expect("in one form or another");
            let seen = page.bytes()[0];
            arena::read(page.bytes());
            thread::yield_now();
            arena::read(page.bytes());
            assert_eq!(page.bytes(), [seen; 16]);
        }),
    ];
    replace(&table, 3);
    join(threads);
    assert_eq!(arena::in_use(), 1);
    drop(table);
    assert_eq!(arena::in_use(), 0);
}

#[test]
fn a_page_is_readable_for_as_long_as_it_is_pinned() {
    interleave("two put a page in, one takes it out", 4, first_pages);
    interleave("two replace a page, one reads it", 4, forms_of_a_page);
}

// --- what the models are good for ---

/// Faults, the model that must notice each, and what it says then.
type Seen = (Fault, fn(), &'static str);

const FAULTS: &[Seen] = &[
    (Fault::WakesOne, three_committers, "deadlock"),
    (
        Fault::PublishesEarly,
        || reader_and_writer(Full),
        "synced() >= lsn",
    ),
    (
        Fault::IgnoresFailure,
        || failing_medium(2),
        "acknowledged, not durable",
    ),
    (
        Fault::Unordered,
        reader_writer_and_flusher,
        "Causality violation",
    ),
    (Fault::Unordered, forms_of_a_page, "Causality violation"),
    (Fault::FreesEarly, forms_of_a_page, "used that was freed"),
    (Fault::FreesInvisible, late_version, "left == right"),
    (
        Fault::ChangesShared,
        || reader_and_writer(Full),
        "Causality violation",
    ),
    (
        Fault::DropsUnwritten,
        reader_writer_and_flusher,
        "Causality violation",
    ),
];

/// Each in a process of its own: what a failed run leaves behind cannot be cleared away.
#[test]
fn faults_put_in_are_seen() {
    for (number, &(fault, _, sign)) in FAULTS.iter().enumerate() {
        let program = std::env::current_exe().expect("this one");
        let run = std::process::Command::new(program)
            .args(["one_fault", "--exact", "--ignored", "--nocapture"])
            .env("IRONBASE_FAULT", number.to_string())
            .env_remove("IRONBASE_SOAK")
            .output()
            .expect("runs");
        let said = String::from_utf8_lossy(&run.stderr);
        assert!(
            !run.status.success(),
            "{fault:?}, the {number}th, goes unseen"
        );
        assert!(said.contains(sign), "{fault:?}, the {number}th: {said}");
    }
    figure(
        "faults put into what the interleavings rely on",
        FAULTS.len(),
        "all seen",
    );
}

#[test]
#[ignore = "one of the above"]
fn one_fault() {
    let number = std::env::var("IRONBASE_FAULT").expect("a number");
    let (fault, model, _) = FAULTS[number.parse::<usize>().expect("a number")];
    check_with(fault, 2, model);
}
