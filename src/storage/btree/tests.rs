//! A tree against `BTreeMap`, over many commits, with old versions read back.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64};

use super::bulk::Bulk;
use super::compare::{Comparison, Found};
use super::edit::{Changes, Edit, PrivatePages};
use super::walk::Walk;
use super::{Tree, TreeRef};
use crate::storage::page::{self, Lsn};
use crate::storage::pager::file::{Cache, PageFile, Shared};
use crate::storage::pager::free_map::{FreeMap, FreeMapRoot};
use crate::storage::pager::open_files::OpenFiles;
use crate::storage::pager::space::Bitmap;
use crate::storage::vfs::memory::MemoryVfs;

type Model = BTreeMap<Vec<u8>, Vec<u8>>;

fn file(page_size: usize) -> Arc<PageFile> {
    file_on(Arc::new(MemoryVfs::new()), page_size)
}

fn file_on(vfs: Arc<MemoryVfs>, page_size: usize) -> Arc<PageFile> {
    let shared = Arc::new(Shared {
        files: OpenFiles::new(vfs, 4),
        database_id: [1; 16],
        mapped: false,
        dirty_bytes: AtomicI64::new(0),
        cache: Cache::new(64 << 10),
        capturing: AtomicU64::new(0),
        created_file: AtomicBool::new(false),
        waiting: Default::default(),
    });
    PageFile::new(
        &shared,
        2,
        "t.mlite",
        page_size,
        FreeMap::new(FreeMapRoot::default(), 1),
    )
}

struct Random(u64);

impl Random {
    fn next(&mut self, below: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31)) % below
    }
}

/// Compares forward, backward, and after random seeks.
fn compare(file: &PageFile, tree: Tree, model: &Model, random: &mut Random) {
    let pin = crossbeam_epoch::pin();
    let view = TreeRef {
        file,
        tree,
        pin: &pin,
    };
    assert_eq!(tree.entries, model.len() as u64);
    let bytes: usize = model.iter().map(|(k, v)| k.len() + v.len()).sum();
    assert_eq!(tree.bytes, bytes as u64);
    let mut walk = Walk::new(view);
    let mut key = Vec::new();
    let mut more = walk.first().expect("readable");
    for (k, v) in model {
        assert!(more);
        walk.key_into(&mut key);
        assert_eq!((&key, walk.value().expect("readable")), (k, v.as_slice()));
        assert_eq!(view.get(k).expect("readable"), Some(v.as_slice()));
        more = walk.next().expect("readable");
    }
    assert!(!more);
    let mut more = walk.last().expect("readable");
    for k in model.keys().rev() {
        assert!(more);
        walk.key_into(&mut key);
        assert_eq!(&key, k);
        more = walk.prev().expect("readable");
    }
    assert!(!more);
    for _ in 0..50 {
        let sought = random.key();
        let at = walk.seek(&sought).expect("readable").then(|| {
            walk.key_into(&mut key);
            key.clone()
        });
        assert_eq!(
            at.as_ref(),
            model.range(sought.clone()..).next().map(|(k, _)| k)
        );
        let below = walk.seek_below(&sought).expect("readable").then(|| {
            walk.key_into(&mut key);
            key.clone()
        });
        assert_eq!(
            below.as_ref(),
            model.range(..sought).next_back().map(|(k, _)| k)
        );
    }
}

impl Random {
    /// Keys with shared prefixes of all lengths, from a small enough space that they repeat.
    fn key(&mut self) -> Vec<u8> {
        let mut key = match self.next(4) {
            0 => vec![],
            1 => b"common/".to_vec(),
            2 => vec![b'x'; 200],
            _ => vec![self.next(256) as u8],
        };
        let number = self.next(3000) as u32;
        key.extend_from_slice(&number.to_be_bytes()[self.next(4) as usize..]);
        key
    }
}

fn run(seed: u64, page_size: usize, commits: u64) {
    println!("seed {seed}");
    let mut random = Random(seed);
    let file = file(page_size);
    let (mut tree, mut model) = (Tree::default(), Model::new());
    let mut kept: Vec<(Tree, Model)> = Vec::new();
    for lsn in 1..=commits as Lsn {
        let pin = crossbeam_epoch::pin();
        let mut changes = Changes::default();
        let mut edit = Edit {
            file: &file,
            birth: lsn,
            floor: lsn,
            pin: &pin,
            changes: &mut changes,
        };
        let deletes = (lsn / 20) % 2 == 1;
        for _ in 0..random.next(60) {
            let key = random.key();
            if random.next(10) < if deletes { 7 } else { 2 } {
                let was = edit.delete(&mut tree, &key).expect("deleted");
                assert_eq!(was, model.remove(&key).is_some());
            } else {
                let length = match random.next(50) {
                    0 => random.next(40_000),
                    1..5 => random.next(page_size as u64 / 4),
                    _ => random.next(60),
                };
                let value = vec![random.next(256) as u8; length as usize];
                edit.put(&mut tree, &key, &value).expect("put");
                model.insert(key, value);
            }
        }
        if random.next(8) == 0 {
            compact(&mut edit, &mut tree, &mut random);
            compare(&file, tree, &model, &mut random);
        }
        if random.next(5) == 0 {
            file.write_out(lsn, usize::MAX).expect("written");
        }
        if random.next(30) == 0 {
            kept.push((tree, model.clone()));
        }
        if random.next(20) == 0 {
            compare(&file, tree, &model, &mut random);
        }
    }
    compare(&file, tree, &model, &mut random);
    kept.push((tree, model));
    for (tree, model) in &kept {
        compare(&file, *tree, model, &mut random);
    }
    for pair in kept.windows(2) {
        differ(&file, &pair[0], &pair[1], &mut random);
        differ(&file, &pair[1], &pair[0], &mut random);
        differ(&file, &pair[0], &pair[0], &mut random);
    }
    let none = (Tree::default(), Model::new());
    differ(&file, &none, &kept[0], &mut random);
    differ(&file, &kept[0], &none, &mut random);
}

type Changed = (Vec<u8>, Option<Vec<u8>>, Option<Vec<u8>>);

/// Compares two versions, from the start and from somewhere in the midst, in one go and with new starts.
fn differ(
    file: &PageFile,
    (before, old): &(Tree, Model),
    (after, new): &(Tree, Model),
    random: &mut Random,
) {
    for from in [Vec::new(), random.key()] {
        let keys: std::collections::BTreeSet<_> = old.keys().chain(new.keys()).cloned().collect();
        let expected: Vec<Changed> = keys
            .range(from.clone()..)
            .map(|key| (key.clone(), old.get(key).cloned(), new.get(key).cloned()))
            .filter(|(_, old, new)| old != new)
            .collect();
        let pin = crossbeam_epoch::pin();
        let view = |tree: &Tree| TreeRef {
            file,
            tree: *tree,
            pin: &pin,
        };
        let start =
            |from: &[u8]| Comparison::new(view(before), view(after), from).expect("readable");
        let mut comparison = start(&from);
        let (mut found, mut key) = (Vec::new(), Vec::new());
        loop {
            match comparison.next(&mut key).expect("readable") {
                Found::End => break,
                Found::Nothing => comparison = start(&key),
                Found::Change { before, after } => {
                    let owned = |value: Option<&[u8]>| value.map(<[u8]>::to_vec);
                    found.push((key.clone(), owned(before), owned(after)));
                    if random.next(10) == 0 {
                        key.push(0);
                        comparison = start(&key);
                    }
                }
            }
        }
        assert!(
            found == expected,
            "{} changes found, not {}",
            found.len(),
            expected.len()
        );
    }
}

#[test]
fn comparing_versions_reads_what_changed_and_not_the_rest() {
    let vfs = Arc::new(MemoryVfs::new());
    let file = file_on(vfs.clone(), 4096);
    let (mut tree, mut changes) = (Tree::default(), Changes::default());
    let pin = crossbeam_epoch::pin();
    let key = |n: u32| n.to_be_bytes();
    let mut commit = |lsn, tree: &mut Tree, change: &dyn Fn(&mut Edit<'_>, &mut Tree)| {
        let mut edit = Edit {
            file: &file,
            birth: lsn,
            floor: lsn,
            pin: &pin,
            changes: &mut changes,
        };
        change(&mut edit, tree);
    };
    commit(1, &mut tree, &|edit, tree| {
        (0..50_000).for_each(|n| edit.put(tree, &key(n), &[7; 40]).expect("put"));
    });
    file.write_out(1, usize::MAX).expect("written");
    let before = tree;
    // Split, emptied, changed; and the end of the tree grows.
    commit(2, &mut tree, &|edit, tree| {
        for n in 20_000..20_200u32 {
            let between = [&key(n)[..], b"x"].concat();
            edit.put(tree, &between, &[1; 40]).expect("put");
        }
        for n in 30_000..31_000 {
            assert!(edit.delete(tree, &key(n)).expect("deleted"));
        }
        edit.put(tree, &key(5), b"other").expect("put");
        (50_000..50_100).for_each(|n| edit.put(tree, &key(n), b"").expect("put"));
    });
    let reads = || {
        let counter = &crate::storage::vfs::Vfs::counters(&*vfs).reads;
        counter.load(std::sync::atomic::Ordering::Relaxed)
    };
    let view = |tree| TreeRef {
        file: &file,
        tree,
        pin: &pin,
    };
    let read_before = reads();
    let mut comparison = Comparison::new(view(before), view(tree), b"").expect("readable");
    let (mut count, mut key) = (0, Vec::new());
    loop {
        match comparison.next(&mut key).expect("readable") {
            Found::End => break,
            Found::Nothing => {}
            Found::Change { .. } => count += 1,
        }
    }
    assert_eq!(count, 200 + 1000 + 1 + 100);
    // Of some 700 leaves.
    let read = reads() - read_before;
    assert!(read < 40, "{read} pages read");
}

#[test]
fn a_tree_built_in_bulk_is_that_of_the_entries_and_lives_on() {
    for seed in 0..8 {
        println!("seed {seed}");
        let mut random = Random(seed);
        let page_size = 4096 << (seed % 4);
        let file = file(page_size);
        let birth = page::private_birth(0, 9);
        let mut model = Model::new();
        let length = page_size as u64 * 3 / 16 - 205;
        for _ in 0..[0, 1, 300, 6000][seed as usize % 4] {
            let mut key = random.key();
            if random.next(20) == 0 {
                key.resize(key.len() + random.next(length) as usize, 7);
            }
            let value = vec![random.next(256) as u8; random.next(40) as usize];
            model.insert(key, value);
        }
        let change = |tree: &mut Tree, change: &mut dyn FnMut(&mut Edit<'_>, &mut Tree)| {
            let pin = crossbeam_epoch::pin();
            let mut changes = Changes {
                private: Some(PrivatePages::unlisted()),
                ..Changes::default()
            };
            let mut edit = Edit {
                file: &file,
                birth,
                floor: birth,
                pin: &pin,
                changes: &mut changes,
            };
            change(&mut edit, tree);
            assert!(changes.died.is_empty() && changes.born.is_empty());
            file.write_private(birth).expect("written");
        };
        let (mut tree, mut bulk) = (Tree::default(), Bulk::default());
        let mut entries = model.iter().peekable();
        while entries.peek().is_some() {
            change(&mut tree, &mut |edit, _| {
                for (key, value) in entries.by_ref().take(500) {
                    bulk.push(edit, key, value).expect("pushed");
                }
            });
        }
        let mut bulk = Some(bulk);
        change(&mut tree, &mut |edit, tree| {
            let bulk = bulk.take().expect("once");
            *tree = bulk.finish(edit).expect("finished");
        });
        compare(&file, tree, &model, &mut random);
        is_sound(&file, tree);
        for _ in 0..20 {
            change(&mut tree, &mut |edit, tree| {
                for _ in 0..100 {
                    let key = random.key();
                    match random.next(2) {
                        0 => {
                            let was = edit.delete(tree, &key).expect("deleted");
                            assert_eq!(was, model.remove(&key).is_some());
                        }
                        _ => {
                            edit.put(tree, &key, b"new").expect("put");
                            model.insert(key, b"new".to_vec());
                        }
                    }
                }
            });
        }
        compare(&file, tree, &model, &mut random);
        is_sound(&file, tree);
    }
}

/// Every page is as it must be, and those taken are those that the tree has.
fn is_sound(file: &PageFile, tree: Tree) {
    struct Nothing;
    impl walk::Visitor for Nothing {
        fn entry(&mut self, _: &[u8], _: &[u8]) -> crate::storage::Result<()> {
            Ok(())
        }
        fn damage(
            &mut self,
            page: u32,
            reason: String,
            _: walk::Range<'_>,
        ) -> crate::storage::Result<()> {
            panic!("page {page}: {reason}")
        }
    }
    use crate::storage::verify::tree as walk;
    let mut reached = Bitmap::default();
    let walked = walk::walk(file, &tree, (9, file.pages()), &mut reached, &mut Nothing);
    assert_eq!(walked.expect("walked").entries, tree.entries);
    let (pages, free) = file.usage().expect("known");
    assert_eq!(u64::from(pages - free), reached.count() + 1);
}

#[test]
fn bulk_fills_pages_but_for_some_slack() {
    let file = file(8192);
    let pin = crossbeam_epoch::pin();
    let mut changes = Changes::default();
    let mut edit = Edit {
        file: &file,
        birth: 1,
        floor: 1,
        pin: &pin,
        changes: &mut changes,
    };
    let mut bulk = Bulk::default();
    for n in 0..40_000u32 {
        bulk.push(&mut edit, &n.to_be_bytes(), &[7; 12])
            .expect("pushed");
    }
    assert!(bulk.push(&mut edit, b"", b"").is_err(), "out of order");
    let mut tree = bulk.finish(&mut edit).expect("finished");
    let (pages, _) = file.pages_and_free();
    // Slot, value word, value, and two bytes of key that the page does not share.
    let needed = 40_000 * (8 + 4 + 12 + 2) / 8192;
    assert!(
        (needed + needed / 16..needed * 10 / 9).contains(&pages),
        "{pages} pages for {needed}"
    );
    // The first changes split nothing.
    for n in (0..40_000u32).step_by(400) {
        edit.put(&mut tree, &[&n.to_be_bytes()[..], b"x"].concat(), b"")
            .expect("put");
    }
    assert_eq!(file.pages_and_free().0, pages);
}

/// Goes through a tree as compaction does, with runs and a limit of any size.
fn compact(edit: &mut Edit<'_>, tree: &mut Tree, random: &mut Random) {
    let (most, limit) = (1 + random.next(30) as usize, random.next(400) as u32);
    let mut from = Some(Vec::new());
    while let Some(start) = from {
        let run = edit.view(tree).run(&start, most, limit).expect("readable");
        let range = (start.as_slice(), run.next.as_deref());
        edit.compact_run(tree, range, most * 2, limit)
            .expect("compacted");
        assert!(run.next.as_ref().is_none_or(|next| *next > start));
        from = run.next;
    }
}

#[test]
fn packing_fills_the_leaves_of_a_tree_that_lost_half_of_its_entries() {
    for (value, keep) in [(100, 2), (900, 2), (30, 7)] {
        let file = file(8192);
        let pin = crossbeam_epoch::pin();
        let (mut tree, mut changes) = (Tree::default(), Changes::default());
        let mut edit = Edit {
            file: &file,
            birth: 1,
            floor: 1,
            pin: &pin,
            changes: &mut changes,
        };
        let key = |n: u32| n.wrapping_mul(2_654_435_761).to_be_bytes();
        for n in 0..20_000 {
            edit.put(&mut tree, &key(n), &vec![7; value]).expect("put");
        }
        for n in (0..20_000).filter(|n| n % keep != 0) {
            assert!(edit.delete(&mut tree, &key(n)).expect("deleted"));
        }
        let mut from = Some(Vec::new());
        while let Some(start) = from {
            let run = edit.view(&tree).run(&start, 64, u32::MAX).expect("read");
            let range = (start.as_slice(), run.next.as_deref());
            edit.compact_run(&mut tree, range, 64, u32::MAX)
                .expect("compacted");
            from = run.next;
        }
        let (alive, _) = file.alive_and_end().expect("known");
        // Slot, value word, key; and what of a page is too short for another entry.
        let entry = value as u64 + 16;
        let needed = tree.entries.div_ceil((8192 - 40) / entry);
        assert!(
            u64::from(alive) <= needed + needed / 15 + 4,
            "{alive} pages for {needed}"
        );
    }
}

#[test]
fn a_tree_does_what_a_map_does_and_old_versions_stay() {
    for seed in 0..6 {
        run(seed, 4096 << (seed % 4), 200);
    }
}

#[test]
fn ascending_and_descending_keys_fill_their_pages() {
    for descending in [false, true] {
        let file = file(4096);
        let pin = crossbeam_epoch::pin();
        let (mut tree, mut changes) = (Tree::default(), Changes::default());
        let mut edit = Edit {
            file: &file,
            birth: 1,
            floor: 1,
            pin: &pin,
            changes: &mut changes,
        };
        for n in 0..5000u32 {
            let key = if descending { 5000 - n } else { n };
            edit.put(&mut tree, &key.to_be_bytes(), &[7; 100])
                .expect("put");
        }
        let (pages, _) = file.pages_and_free();
        // 4 of slot offset, 4 of head, at most 4 of key, 4 of value word, 100 of value.
        let needed = 5000 * 116 / (4096 - 32);
        assert!(pages < needed * 11 / 10, "{pages} pages for {needed}");
    }
}

#[test]
fn emptying_a_tree_gives_every_page_back() {
    let file = file(4096);
    let pin = crossbeam_epoch::pin();
    let (mut tree, mut changes) = (Tree::default(), Changes::default());
    let mut edit = Edit {
        file: &file,
        birth: 1,
        floor: 1,
        pin: &pin,
        changes: &mut changes,
    };
    for n in 0..3000u32 {
        edit.put(
            &mut tree,
            &n.wrapping_mul(2_654_435_761).to_be_bytes(),
            &[7; 50],
        )
        .expect("put");
    }
    assert!(tree.level > 0);
    for n in 0..3000u32 {
        assert!(
            edit.delete(&mut tree, &n.wrapping_mul(2_654_435_761).to_be_bytes())
                .expect("deleted")
        );
    }
    assert_eq!(tree, Tree::default());
    assert_eq!(changes.born.len(), changes.died.len());
}
