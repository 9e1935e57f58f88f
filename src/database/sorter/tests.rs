use super::*;
use crate::bson::{Document, doc};
use crate::index::random::Random;
use crate::query::Context;

fn sort(sort: Document) -> Sort {
    Sort::compile(RawDoc::trusted(&sort.to_bytes()), &Context::default()).unwrap()
}

/// The primary keys of `0..count` in order, when document `i` has the value `value(i)`.
fn sorted(mut sorter: Sorter<'_>, values: &[i32]) -> Result<(Vec<u32>, bool)> {
    for (i, value) in values.iter().enumerate() {
        let document = doc! { "a": (*value), "filler": "x" }.to_bytes();
        let primary = (i as u32).to_be_bytes();
        // Primary keys of all lengths.
        let padded = [&primary[..], &vec![0; i % 7]].concat();
        sorter.add(&padded, RawDoc::trusted(&document))?;
    }
    let mut sorted = sorter.finish()?;
    let used_disk = sorted.used_disk();
    let (mut primary, mut found) = (Vec::new(), Vec::new());
    while sorted.next(&mut primary)? {
        found.push(u32::from_be_bytes(primary[..4].try_into().unwrap()));
    }
    Ok((found, used_disk))
}

#[test]
fn any_amount_is_sorted_stably_in_any_memory() {
    let mut random = Random::new("any_amount_is_sorted_stably_in_any_memory");
    let directory = std::env::temp_dir();
    let overflow = Overflow::File(&directory);
    for descending in [false, true] {
        let sort = sort(doc! { "a": (if descending { -1 } else { 1 }) });
        for count in [0, 1, 2, 1000, 5000] {
            let values: Vec<i32> = (0..count).map(|_| random.below(500) as i32).collect();
            let mut expected: Vec<u32> = (0..count as u32).collect();
            let value = |i: &u32| values[*i as usize];
            match descending {
                false => expected.sort_by_key(value),
                true => expected.sort_by_key(|i| -value(i)),
            }
            for keep in [usize::MAX, 1, 3, 700, 4999] {
                // With the least memory nearly every entry is a run of its own.
                for memory in [50, 2000, 60_000, 1 << 20] {
                    let sorter = Sorter::with_memory(&sort, keep, overflow, memory);
                    let (found, used_disk) = sorted(sorter, &values).unwrap();
                    let kept = expected.len().min(keep);
                    assert_eq!(found, expected[..kept], "{count} {keep} {memory}");
                    assert!(!used_disk || memory < 1 << 20);
                }
            }
        }
    }
}

#[test]
fn without_the_disk_too_much_is_refused_but_a_limit_makes_it_little() {
    let sort = sort(doc! { "a": 1 });
    let values: Vec<i32> = (0..5000).rev().collect();
    let sorter = |keep| Sorter::with_memory(&sort, keep, Overflow::Refuse, 60_000);
    let error = sorted(sorter(usize::MAX), &values).unwrap_err();
    assert_eq!(error.code(), MEMORY_LIMIT);
    assert!(
        error
            .message()
            .contains("did not opt in to external sorting"),
        "{error}"
    );
    let (found, _) = sorted(sorter(3), &values).unwrap();
    assert_eq!(found, [4999, 4998, 4997]);
}

#[test]
fn the_temporary_file_has_no_name() {
    let directory = tempfile::tempdir().unwrap();
    let sort = sort(doc! { "a": 1 });
    let mut sorter = Sorter::with_memory(&sort, usize::MAX, Overflow::File(directory.path()), 100);
    for i in 0..20i32 {
        let document = doc! { "a": i }.to_bytes();
        sorter
            .add(&i.to_be_bytes(), RawDoc::trusted(&document))
            .unwrap();
    }
    assert!(sorter.runs.is_some());
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0);
    let sorted = sorter.finish().unwrap();
    assert!(sorted.used_disk());
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0);
}
