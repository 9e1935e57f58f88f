//! MongoDB's driver specifications as tests: CRUD, transactions, management of collections and indexes.
//!
//! The cases are read from `IRONBASE_SPEC_DIR`, `../shared/spec` by default.

mod spec;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use ironbase::bson::{Document, RawDoc};
use spec::{case, list, text};

const FOLDERS: [&str; 4] = [
    "crud",
    "transactions",
    "collection-management",
    "index-management",
];

#[test]
fn drivers_get_what_their_specifications_say() {
    let Some(files) = files() else {
        return;
    };
    let skips = skipped_cases();
    let mut passed = 0;
    let mut failures = Vec::new();
    let mut skipped = BTreeMap::<_, usize>::new();
    let mut used = BTreeSet::new();
    for (name, file) in &files {
        for one in list(file, "tests") {
            let one = one.as_document().expect("a case is a document");
            let description = text(one, "description");
            let outcome = case::run(file, one);
            let is_skipped = |(_, case): &&(&str, &str)| match case.strip_suffix(": *") {
                Some(file) => file == name,
                None => *case == format!("{name}: {description}"),
            };
            match (skips.iter().find(is_skipped), outcome) {
                (None, Ok(())) => passed += 1,
                (None, Err(difference)) => {
                    failures.push(format!("{name}: {description}: {difference}"));
                }
                (Some((_, case)), Ok(())) if !case.ends_with(": *") => {
                    failures.push(format!("{name}: {description}: is skipped, but passes"));
                }
                (Some((reason, case)), _) => {
                    used.insert(*case);
                    *skipped.entry(*reason).or_default() += 1;
                }
            }
        }
    }
    for (reason, case) in skips {
        if !used.contains(case) {
            failures.push(format!("{case}: is skipped ({reason}), but does not exist"));
        }
    }
    println!(
        "{} files: {} cases run, {passed} passed",
        files.len(),
        passed + failures.len()
    );
    for (reason, count) in skipped {
        println!("{count} skipped: {reason}");
    }
    assert!(
        failures.is_empty(),
        "{} failures:\n{}",
        failures.len(),
        failures.join("\n")
    );
    assert!(
        passed > 400,
        "specifications of only {passed} cases are not whole"
    );
}

/// The cases that are not run, each with its reason: lines of `skipped.txt`, the reason in the line that starts with `#` above.
fn skipped_cases() -> Vec<(&'static str, &'static str)> {
    let mut reason = "";
    let mut cases = Vec::new();
    for line in include_str!("spec/skipped.txt").lines() {
        match line.strip_prefix("# ") {
            Some(next) => reason = next,
            None if line.is_empty() => {}
            None => cases.push((reason, line)),
        }
    }
    cases
}

/// The files by folder and name; none, said in one line, where they are absent.
fn files() -> Option<Vec<(String, Document)>> {
    let root = std::env::var_os("IRONBASE_SPEC_DIR").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/spec"),
        PathBuf::from,
    );
    if !root.is_dir() {
        println!(
            "no specifications under {}: nothing is tested",
            root.display()
        );
        return None;
    }
    let mut files = Vec::new();
    for folder in FOLDERS {
        for entry in std::fs::read_dir(root.join(folder)).unwrap() {
            let path = entry.unwrap().path();
            let stem = path.file_stem().unwrap().to_string_lossy();
            let name = format!("{folder}/{stem}");
            let mut bytes = Vec::new();
            ironbase::json::parse_document(&std::fs::read(&path).unwrap(), &mut bytes)
                .unwrap_or_else(|error| panic!("{name}: {error}"));
            let document = Document::from_raw(RawDoc::new(&bytes).unwrap()).unwrap();
            files.push((name, document));
        }
    }
    files.sort_by(|(a, _), (b, _)| a.cmp(b));
    Some(files)
}
