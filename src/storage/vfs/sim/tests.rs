//! The simulated disk must be as cruel as a real one, and no crueller: what it may lose it does
//! lose for some seed, and what was synced it never loses.

use std::collections::BTreeSet;
use std::io::ErrorKind;
use std::sync::atomic::Ordering;

use super::*;
use crate::storage::vfs::os_error;

const SEEDS: u64 = 300;

fn kind<T>(result: io::Result<T>) -> ErrorKind {
    result.err().expect("an error").kind()
}

/// A disk with one file, all durable.
fn disk_with(path: &str, bytes: &[u8]) -> SimVfs {
    let disk = SimVfs::new();
    let file = disk.open(path, true).unwrap();
    file.write_at(bytes, 0).unwrap();
    file.sync().unwrap();
    disk.sync_directory("").unwrap();
    disk
}

/// What a file is after a crash, for many seeds.
fn outcomes(disk: &SimVfs, path: &str) -> BTreeSet<Option<Vec<u8>>> {
    (0..SEEDS)
        .map(|seed| disk.crash(seed).contents(path).ok())
        .collect()
}

/// Which files there are after a crash, for many seeds.
fn name_outcomes(disk: &SimVfs) -> BTreeSet<Vec<String>> {
    (0..SEEDS).map(|seed| disk.crash(seed).paths()).collect()
}

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| name.to_string()).collect()
}

#[test]
fn synced_data_is_never_lost_and_unsynced_data_sometimes_is() {
    let disk = disk_with("a", &[1; 512]);
    let file = disk.open("a", false).unwrap();
    assert_eq!(outcomes(&disk, "a"), [Some(vec![1; 512])].into());
    file.write_at(&[2; 512], 0).unwrap();
    file.write_at(&[3; 512], 0).unwrap();
    let all = [1, 2, 3].map(|byte| Some(vec![byte; 512]));
    assert_eq!(
        outcomes(&disk, "a"),
        all.into(),
        "any version may survive, and no mixture"
    );
    file.sync().unwrap();
    assert_eq!(outcomes(&disk, "a"), [Some(vec![3; 512])].into());
    assert_eq!(
        disk.contents("a").unwrap(),
        [3; 512],
        "the disk itself has not crashed"
    );
}

#[test]
fn a_write_tears_between_sectors_only() {
    let disk = disk_with("a", &[1; 2048]);
    disk.open("a", false)
        .unwrap()
        .write_at(&[2; 2048], 0)
        .unwrap();
    let mut torn = BTreeSet::new();
    for bytes in outcomes(&disk, "a") {
        let bytes = bytes.expect("the file has been synced");
        let sectors: Vec<&[u8]> = bytes.chunks(512).collect();
        assert!(
            sectors
                .iter()
                .all(|sector| *sector == [1; 512] || *sector == [2; 512])
        );
        torn.insert(sectors.iter().map(|sector| sector[0]).collect::<Vec<u8>>());
    }
    assert_eq!(torn.len(), 16, "every combination of sectors: {torn:?}");
    for seed in 0..SEEDS {
        let bytes = disk
            .crash_as(PowerLoss::KeepEverything, seed)
            .contents("a")
            .unwrap();
        assert_eq!(bytes, [2; 2048]);
        let bytes = disk
            .crash_as(PowerLoss::KeepNothing, seed)
            .contents("a")
            .unwrap();
        assert_eq!(bytes, [1; 2048]);
    }
}

#[test]
fn writes_of_a_part_of_a_sector_keep_the_rest_of_it() {
    let disk = disk_with("a", &[1; 1024]);
    disk.open("a", false)
        .unwrap()
        .write_at(&[2; 100], 500)
        .unwrap();
    let mut halves = [vec![1; 512], vec![1; 512]];
    let mut expected = BTreeSet::from([Some(halves.concat())]);
    halves[0][500..].fill(2);
    expected.insert(Some(halves.concat()));
    halves[1][..88].fill(2);
    expected.insert(Some(halves.concat()));
    halves[0].fill(1);
    expected.insert(Some(halves.concat()));
    assert_eq!(outcomes(&disk, "a"), expected);
}

#[test]
fn kinds_of_loss_do_what_they_say() {
    let disk = disk_with("a", &[0; 1536]);
    let file = disk.open("a", false).unwrap();
    for sector in 0..3_u8 {
        file.write_at(&[sector + 1; 512], u64::from(sector) * 512)
            .unwrap();
    }
    let seen = |loss| -> BTreeSet<Vec<u8>> {
        let first_bytes = |seed| {
            let bytes = disk.crash_as(loss, seed).contents("a").unwrap();
            bytes.chunks(512).map(|sector| sector[0]).collect()
        };
        (0..SEEDS).map(first_bytes).collect()
    };
    assert_eq!(seen(PowerLoss::KeepLast), [vec![0, 0, 3]].into());
    assert_eq!(
        seen(PowerLoss::LoseOne),
        [vec![0, 2, 3], vec![1, 0, 3], vec![1, 2, 0]].into()
    );
    assert_eq!(
        seen(PowerLoss::CutShort),
        [vec![1, 0, 0], vec![1, 2, 0], vec![1, 2, 3]].into()
    );
    assert_eq!(seen(PowerLoss::Scatter).len(), 8);
}

#[test]
fn lengths_survive_by_themselves() {
    let disk = disk_with("a", &[1; 512]);
    let file = disk.open("a", false).unwrap();
    file.write_at(&[2; 1024], 512).unwrap();
    let seen = outcomes(&disk, "a");
    let lengths: BTreeSet<usize> = seen.iter().flatten().map(Vec::len).collect();
    assert_eq!(lengths, [512, 1024, 1536].into());
    let mut unwritten = vec![1; 512];
    unwritten.resize(1536, 0);
    assert!(
        seen.contains(&Some(unwritten)),
        "a length without its data shows zeros"
    );
    assert!(seen.iter().flatten().all(|bytes| bytes[..512] == [1; 512]));

    file.sync().unwrap();
    file.set_length(512).unwrap();
    let lengths: BTreeSet<usize> = outcomes(&disk, "a")
        .iter()
        .flatten()
        .map(Vec::len)
        .collect();
    assert!(
        lengths.contains(&512) && lengths.contains(&1536),
        "{lengths:?}"
    );
    file.set_length(1536).unwrap();
    file.sync().unwrap();
    let mut cut = vec![1; 512];
    cut.resize(1536, 0);
    assert_eq!(
        outcomes(&disk, "a"),
        [Some(cut)].into(),
        "what was cut stays cut"
    );
}

#[test]
fn a_file_needs_its_directory_synced() {
    let disk = SimVfs::new();
    let file = disk.open("a", true).unwrap();
    file.write_at(b"data", 0).unwrap();
    file.sync().unwrap();
    assert_eq!(outcomes(&disk, "a"), [None, Some(b"data".to_vec())].into());
    disk.sync_directory("").unwrap();
    assert_eq!(outcomes(&disk, "a"), [Some(b"data".to_vec())].into());
}

#[test]
fn a_directory_that_is_lost_takes_its_files_along() {
    let disk = SimVfs::new();
    disk.create_directory("wal").unwrap();
    disk.open("wal/1", true).unwrap();
    disk.sync_directory("wal").unwrap();
    assert_eq!(name_outcomes(&disk), [names(&[]), names(&["wal/1"])].into());
    for seed in 0..SEEDS {
        let crashed = disk.crash(seed);
        assert_eq!(
            crashed.exists("wal").unwrap(),
            crashed.exists("wal/1").unwrap()
        );
    }
    disk.sync_directory("").unwrap();
    assert_eq!(name_outcomes(&disk), [names(&["wal/1"])].into());
}

#[test]
fn removals_and_renames_may_be_undone_until_the_directory_is_synced() {
    let disk = disk_with("a", b"old");
    disk.remove("a").unwrap();
    assert_eq!(outcomes(&disk, "a"), [None, Some(b"old".to_vec())].into());
    disk.sync_directory("").unwrap();
    assert_eq!(outcomes(&disk, "a"), [None].into());

    let disk = disk_with("a", b"old");
    let file = disk.open("a.new", true).unwrap();
    file.write_at(b"new", 0).unwrap();
    file.sync().unwrap();
    disk.rename("a.new", "a").unwrap();
    let contents = [Some(b"new".to_vec()), Some(b"old".to_vec())];
    assert_eq!(
        outcomes(&disk, "a"),
        contents.into(),
        "the old or the new, never neither"
    );
    let expected = [names(&["a"]), names(&["a", "a.new"])];
    assert_eq!(name_outcomes(&disk), expected.into());
    for seed in 0..SEEDS {
        let crashed = disk.crash(seed);
        if crashed.exists("a.new").unwrap() {
            assert_eq!(crashed.contents("a").unwrap(), b"old", "one file, one name");
        }
    }
    disk.sync_directory("").unwrap();
    assert_eq!(outcomes(&disk, "a"), [Some(b"new".to_vec())].into());
    assert_eq!(name_outcomes(&disk), [names(&["a"])].into());
}

#[test]
fn names_survive_in_any_consistent_subset() {
    let disk = SimVfs::new();
    for path in ["a", "b"] {
        disk.open(path, true).unwrap();
    }
    let all = [names(&[]), names(&["a"]), names(&["a", "b"]), names(&["b"])];
    assert_eq!(name_outcomes(&disk), all.into());
    disk.rename("a", "c").unwrap();
    disk.rename("c", "d").unwrap();
    for seed in 0..SEEDS {
        let paths = disk.crash(seed).paths();
        let of_a = paths.iter().filter(|path| *path != "b").count();
        assert!(
            of_a <= 1,
            "seed {seed}: one file has several names: {paths:?}"
        );
    }
}

#[test]
fn an_open_file_outlives_its_name_and_is_then_forgotten() {
    let disk = disk_with("a", b"old");
    let file = disk.open("a", false).unwrap();
    disk.remove("a").unwrap();
    disk.sync_directory("").unwrap();
    assert_eq!(file.length().unwrap(), 3);
    assert_eq!(disk.state().disk.files.len(), 1);
    drop(file);
    assert!(disk.state().disk.files.is_empty());
    assert_eq!(kind(disk.open("a", false)), ErrorKind::NotFound);
}

#[test]
fn a_fork_is_another_disk_with_the_same_unsynced_changes() {
    let disk = disk_with("a", &[1; 512]);
    let file = disk.open("a", false).unwrap();
    file.write_at(&[2; 512], 0).unwrap();
    let held = disk.lock("lock").unwrap();
    let fork = disk.fork();
    fork.lock("lock").expect("a fork has no locks");
    assert_eq!((fork.calls(), disk.fork().calls()), (1, 0));
    fork.open("a", false)
        .unwrap()
        .write_at(&[3; 512], 0)
        .unwrap();
    file.write_at(&[4; 512], 0).unwrap();
    assert_eq!(fork.contents("a").unwrap(), [3; 512]);
    assert_eq!(disk.contents("a").unwrap(), [4; 512]);
    assert_eq!(
        outcomes(&fork, "a"),
        [1, 2, 3].map(|byte| Some(vec![byte; 512])).into()
    );
    assert_eq!(
        outcomes(&disk, "a"),
        [1, 2, 4].map(|byte| Some(vec![byte; 512])).into()
    );
    for seed in 0..SEEDS {
        let (once, again) = (disk.crash(seed), disk.fork().crash(seed));
        assert_eq!(
            once.contents("a").unwrap(),
            again.contents("a").unwrap(),
            "seed {seed}"
        );
        once.lock("lock").expect("a crash releases the locks");
    }
    drop(held);
}

#[test]
fn the_power_goes_at_the_chosen_change() {
    let script = |disk: &SimVfs| -> io::Result<()> {
        let file = disk.open("a", true)?; // 1
        file.write_at(&[1; 512], 0)?; // 2
        file.read_at(&mut [0; 512], 0)?;
        file.sync()?; // 3
        disk.sync_directory("")?; // 4
        file.write_at(&[2; 512], 0)?; // 5
        file.set_length(1024)?; // 6
        file.sync() // 7
    };
    let whole = SimVfs::new();
    script(&whole).unwrap();
    assert_eq!((whole.changes(), whole.calls()), (7, 8));
    for cut in 1..=7 {
        let disk = SimVfs::new();
        disk.set_power_cut(cut);
        let error = script(&disk).unwrap_err();
        assert!(error.to_string().contains("power is cut"), "{error}");
        assert!(disk.power_is_cut());
        assert!(disk.exists("a").is_err(), "reads fail too");
        let seen = outcomes(&disk, "a");
        let (old, new) = (Some(vec![1; 512]), Some(vec![2; 512]));
        match cut {
            1 => assert_eq!(seen, [None, Some(vec![])].into()),
            2 | 3 => assert!(seen.contains(&None) && seen.contains(&old)),
            4 => assert_eq!(seen, [None, old].into()),
            5 => assert_eq!(
                seen,
                [old, new].into(),
                "the write at the cut may have been made"
            ),
            _ => assert!(seen.len() == 4 && seen.iter().flatten().any(|bytes| bytes.len() == 1024)),
        }
    }
    whole.set_power_cut(3);
    assert!(whole.exists("a").is_err(), "a cut in the past is a cut now");
}

#[test]
fn the_hook_sees_every_change_before_it_is_made() {
    let disk = SimVfs::new();
    let seen = Arc::new(Mutex::new(Vec::new()));
    let log = seen.clone();
    disk.set_hook(move |disk, number, what| {
        let fork = disk.fork();
        fork.open("recovered", true)
            .expect("a fork can be changed within the hook");
        log.lock()
            .push((number, what.to_string(), disk.contents("a").ok()));
    });
    let file = disk.open("a", true).unwrap();
    file.write_at(b"x", 0).unwrap();
    file.length().unwrap();
    file.sync().unwrap();
    disk.open("a", true).unwrap();
    disk.create_directory("d").unwrap();
    disk.create_directory("d").unwrap();
    disk.rename("a", "b").unwrap();
    disk.remove("b").unwrap();
    disk.sync_directory("").unwrap();
    drop(disk.lock("lock").unwrap());
    disk.clear_hook();
    file.set_length(0).unwrap();
    let expected = [
        (1, "create a", None),
        (2, "write a 1@0", Some("")),
        (3, "sync a", Some("x")),
        (4, "create_directory d", Some("x")),
        (5, "rename a b", Some("x")),
        (6, "remove b", None),
        (7, "sync_directory ", None),
        (8, "create lock", None),
    ];
    let expected = expected.map(|(number, what, contents)| {
        (
            number,
            what.to_string(),
            contents.map(|text: &str| text.as_bytes().to_vec()),
        )
    });
    assert_eq!(*seen.lock(), expected);
    assert_eq!(
        disk.paths(),
        ["lock"],
        "the forks' files are not on this disk"
    );
}

#[test]
fn a_chosen_call_fails_and_the_next_ones_do_not() {
    for (fault, errno) in [(Fault::Eio, libc::EIO), (Fault::Enospc, libc::ENOSPC)] {
        // Each call is the first after those that made the disk.
        type Call = fn(&SimVfs, &dyn VfsFile) -> io::Result<()>;
        let calls: [Call; 10] = [
            |_, file| file.read_at(&mut [0; 4], 0),
            |_, file| file.write_at(b"new!", 0),
            |_, file| file.sync(),
            |_, file| file.length().map(drop),
            |_, file| file.set_length(1),
            |disk, _| disk.open("b", true).map(drop),
            |disk, _| disk.rename("a", "c"),
            |disk, _| disk.sync_directory(""),
            |disk, _| disk.list("").map(drop),
            |disk, _| disk.lock("lock").map(drop),
        ];
        for (index, call) in calls.iter().enumerate() {
            let disk = disk_with("a", b"data");
            let file = disk.open("a", false).unwrap();
            disk.fail_call(disk.calls() + 1, fault);
            let error = call(&disk, &*file).unwrap_err();
            assert_eq!(os_error(&error), Some(errno), "call {index}: {error}");
            assert_eq!(
                disk.contents("a").unwrap(),
                b"data",
                "call {index} has no effect"
            );
            assert_eq!(disk.paths(), ["a"], "call {index} has no effect");
            call(&disk, &*file).expect("only one call fails");
        }
    }
}

#[test]
fn a_short_write_leaves_a_part() {
    let disk = disk_with("a", &[1; 8192]);
    let file = disk.open("a", false).unwrap();
    disk.fail_call(disk.calls() + 1, Fault::ShortWrite);
    let error = file.write_at(&[2; 8192], 0).unwrap_err();
    assert_eq!(os_error(&error), Some(libc::ENOSPC));
    let bytes = disk.contents("a").unwrap();
    let part = bytes.iter().take_while(|byte| **byte == 2).count();
    assert!(0 < part && part < 8192, "{part}");
    assert!(bytes[part..].iter().all(|byte| *byte == 1));
}

#[test]
fn a_failed_sync_can_drop_what_it_was_to_write() {
    let disk = disk_with("a", &[1; 1024]);
    let file = disk.open("a", false).unwrap();
    file.write_at(&[2; 1024], 0).unwrap();
    disk.fail_call(disk.calls() + 1, Fault::SyncFailureDropsDirty);
    assert_eq!(os_error(&file.sync().unwrap_err()), Some(libc::EIO));
    assert_eq!(
        disk.contents("a").unwrap(),
        [2; 1024],
        "the cache still shows the new data"
    );
    file.sync()
        .expect("the second sync has nothing to do and says so");
    assert_eq!(outcomes(&disk, "a"), [Some(vec![1; 1024])].into());
    file.write_at(&[3; 512], 512).unwrap();
    file.sync().unwrap();
    let mut mixed = vec![1; 512];
    mixed.resize(1024, 3);
    assert_eq!(
        outcomes(&disk, "a"),
        [Some(mixed)].into(),
        "later writes are synced again"
    );
}

#[test]
fn a_full_disk_takes_what_fits() {
    let disk = disk_with("a", &[1; 8192]);
    disk.set_capacity(Some(3 * 8192));
    let file = disk.open("a", false).unwrap();
    file.set_length(1 << 20).expect("a hole takes no space");
    let error = file.write_at(&[2; 3 * 8192], 8192).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::StorageFull);
    let bytes = disk.contents("a").unwrap();
    assert!(bytes[8192..3 * 8192] == [2; 2 * 8192] && bytes[3 * 8192..4 * 8192] == [0; 8192]);
    file.write_at(&[3; 8192], 0)
        .expect("a write in place needs no space");
    file.set_length(0).unwrap();
    file.write_at(&[4; 3 * 8192], 0)
        .expect("what was cut is free again");
    assert_eq!(disk.crash(1).state().disk.capacity, Some(3 * 8192));
    disk.set_capacity(None);
    file.write_at(&[5; 5 * 8192], 0).unwrap();
}

#[test]
fn damage_is_in_the_cache_and_on_the_medium() {
    let disk = disk_with("a", &[1; 2048]);
    disk.flip_byte("a", 3, 0x81).unwrap();
    disk.zero_range("a", 512, 10).unwrap();
    disk.copy_range(("a", 0), ("a", 1024), 5).unwrap();
    disk.truncate("a", 1100).unwrap();
    let mut expected = vec![1; 1100];
    expected[3] = 0x80;
    expected[512..522].fill(0);
    expected[1027] = 0x80;
    assert_eq!(disk.contents("a").unwrap(), expected);
    assert_eq!(outcomes(&disk, "a"), [Some(expected)].into());
    assert_eq!(kind(disk.flip_byte("a", 1100, 1)), ErrorKind::UnexpectedEof);
    assert_eq!(kind(disk.truncate("b", 0)), ErrorKind::NotFound);
}

#[test]
fn locks_conflict_as_real_ones_do() {
    let disk = SimVfs::new();
    let held = disk.clone().lock("lock").unwrap();
    for other in [&disk, &disk.reader()] {
        assert_eq!(kind(other.lock("lock")), ErrorKind::WouldBlock);
    }
    drop(held);
    let readers = (
        disk.reader().lock("lock").unwrap(),
        disk.reader().lock("lock").unwrap(),
    );
    assert_eq!(kind(disk.lock("lock")), ErrorKind::WouldBlock);
    drop(readers);
    disk.lock("lock").unwrap();
}

#[test]
fn a_reader_changes_nothing() {
    let disk = disk_with("a", b"data");
    let reader = disk.reader();
    let file = reader.open("a", false).unwrap();
    let mut buffer = [0; 4];
    file.read_at(&mut buffer, 0).unwrap();
    assert_eq!(&buffer, b"data");
    let changes = disk.changes();
    let refused = [
        reader.open("a", true).map(drop),
        reader.remove("a"),
        reader.rename("a", "b"),
        reader.create_directory("d"),
        file.write_at(b"x", 0),
        file.set_length(0),
        file.sync(),
    ];
    for result in refused {
        assert_eq!(kind(result), ErrorKind::ReadOnlyFilesystem);
    }
    assert_eq!(disk.changes(), changes);
}

#[test]
fn counters_are_exact() {
    let disk = disk_with("a", &[1; 100]);
    let file = disk.open("a", false).unwrap();
    file.read_at(&mut [0; 30], 0).unwrap();
    assert!(file.map(0, 8192).unwrap().is_none());
    let counters = disk.counters();
    let seen = [
        &counters.reads,
        &counters.bytes_read,
        &counters.writes,
        &counters.bytes_written,
        &counters.syncs,
        &counters.directory_syncs,
        &counters.others,
    ]
    .map(|counter| counter.load(Ordering::Relaxed));
    assert_eq!(seen, [1, 30, 1, 100, 1, 1, 2]);
    assert_eq!(counters.total(), disk.calls());
    assert_eq!(disk.crash(0).calls(), 0);
}
