//! The BSON corpus of MongoDB's driver specifications: every type, in BSON and in canonical and
//! relaxed Extended JSON, with the errors that decoders and parsers must find.
//!
//! The corpus is read from `IRONBASE_SPEC_DIR`, `../shared/spec` by default.

use std::path::PathBuf;

use ironbase::bson::{Decimal128, RawDoc, canonicalize, validate};
use ironbase::json::{Mode, parse_document, write_document};
use serde_json::Value;

/// Cases that do not apply, by file and description, each with its reason. None so far.
const SKIPPED: &[(&str, &str, &str)] = &[];

#[test]
fn the_corpus_is_read_and_written_as_specified() {
    let Some(files) = corpus() else {
        return;
    };
    let mut run = Run::default();
    for (name, file) in &files {
        run.file(name, file);
    }
    let Run {
        valid,
        decode_errors,
        parse_errors,
        skipped,
        failures,
    } = run;
    println!(
        "{} files: {valid} valid cases, {decode_errors} decode errors, {parse_errors} parse errors; \
         {skipped} skipped",
        files.len()
    );
    assert!(
        failures.is_empty(),
        "{} failures:\n{}",
        failures.len(),
        failures.join("\n")
    );
    assert!(
        valid > 500,
        "a corpus of only {valid} valid cases is not whole"
    );
}

/// The corpus's files by name; none, said in one line, where it is absent.
fn corpus() -> Option<Vec<(String, Value)>> {
    let root = std::env::var_os("IRONBASE_SPEC_DIR").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/spec"),
        PathBuf::from,
    );
    let Ok(entries) = std::fs::read_dir(root.join("bson-corpus")) else {
        println!("no BSON corpus under {}: nothing is tested", root.display());
        return None;
    };
    let mut files: Vec<_> = entries
        .map(|entry| {
            let path = entry.unwrap().path();
            let name = path.file_stem().unwrap().to_string_lossy().into_owned();
            let text = std::fs::read_to_string(&path).unwrap();
            (name, serde_json::from_str(&text).unwrap())
        })
        .collect();
    files.sort_by(|(a, _): &(String, Value), (b, _)| a.cmp(b));
    Some(files)
}

#[derive(Default)]
struct Run {
    valid: usize,
    decode_errors: usize,
    parse_errors: usize,
    skipped: usize,
    failures: Vec<String>,
}

impl Run {
    fn file(&mut self, name: &str, file: &Value) {
        let decimal = file["bson_type"] == "0x13";
        for case in cases(file, "valid") {
            self.valid += 1;
            self.case(name, case, valid_case);
        }
        for case in cases(file, "decodeErrors") {
            self.decode_errors += 1;
            self.case(name, case, |case| {
                let refused = validate(&bytes(case, "bson").unwrap()).is_err();
                vec![("is refused as BSON", equal(&refused, &true))]
            });
        }
        for case in cases(file, "parseErrors") {
            self.parse_errors += 1;
            self.case(name, case, |case| {
                let text = case["string"].as_str().unwrap();
                let json = match decimal {
                    true => format!("{{\"d\":{{\"$numberDecimal\":\"{text}\"}}}}"),
                    false => text.to_string(),
                };
                let refused = parse(&json).is_err();
                let decimal_refused = !decimal || Decimal128::parse(text).is_none();
                vec![
                    ("is refused as JSON", equal(&refused, &true)),
                    ("is refused as decimal", equal(&decimal_refused, &true)),
                ]
            });
        }
    }

    fn case(&mut self, file: &str, case: &Value, test: impl FnOnce(&Value) -> Checks) {
        let description = case["description"].as_str().unwrap();
        if let Some((_, _, reason)) = SKIPPED
            .iter()
            .find(|(name, skipped, _)| *name == file && *skipped == description)
        {
            println!("skipped: {file}: {description}: {reason}");
            self.skipped += 1;
            return;
        }
        for (what, outcome) in test(case) {
            if let Err(difference) = outcome {
                self.failures
                    .push(format!("{file}: {description}: {what}: {difference}"));
            }
        }
    }
}

/// What was checked, and how it came out.
type Checks = Vec<(&'static str, Result<(), String>)>;

fn valid_case(case: &Value) -> Checks {
    let lossy = case["lossy"] == true;
    let canonical_bson = bytes(case, "canonical_bson").unwrap();
    let canonical = normal(case["canonical_extjson"].as_str().unwrap());
    let mut checks = vec![
        (
            "canonical BSON stays",
            equal(&stored(&canonical_bson), &Ok(canonical_bson.clone())),
        ),
        (
            "canonical BSON as canonical JSON",
            equal(&text(&canonical_bson, Mode::Canonical), &canonical),
        ),
    ];
    if !lossy {
        let parsed = parse(&canonical);
        checks.push((
            "canonical JSON as BSON",
            equal(&parsed, &Ok(canonical_bson.clone())),
        ));
    }
    if let Some(relaxed) = case["relaxed_extjson"].as_str().map(normal) {
        let again = parse(&relaxed).map(|bytes| text(&bytes, Mode::Relaxed));
        checks.push(("relaxed JSON stays", equal(&again, &Ok(relaxed.clone()))));
        let written = text(&canonical_bson, Mode::Relaxed);
        checks.push(("canonical BSON as relaxed JSON", equal(&written, &relaxed)));
    }
    if let Some(degenerate) = bytes(case, "degenerate_bson") {
        let written = text(&degenerate, Mode::Canonical);
        checks.push((
            "degenerate BSON as canonical JSON",
            equal(&written, &canonical),
        ));
        let rewritten = stored(&degenerate);
        checks.push((
            "degenerate BSON as stored",
            equal(&rewritten, &Ok(canonical_bson.clone())),
        ));
    }
    if let Some(degenerate) = case["degenerate_extjson"].as_str().filter(|_| !lossy) {
        let parsed = parse(degenerate);
        checks.push((
            "degenerate JSON as BSON",
            equal(&parsed, &Ok(canonical_bson)),
        ));
    }
    checks
}

fn equal<T: PartialEq + std::fmt::Debug>(found: &T, expected: &T) -> Result<(), String> {
    match found == expected {
        true => Ok(()),
        false => Err(format!("found {found:?}, expected {expected:?}")),
    }
}

fn stored(bytes: &[u8]) -> Result<Vec<u8>, String> {
    let mut out = Vec::new();
    canonicalize(bytes, &mut out)
        .map(|()| out)
        .map_err(|error| error.to_string())
}

fn parse(json: &str) -> Result<Vec<u8>, String> {
    let mut out = Vec::new();
    parse_document(json.as_bytes(), &mut out)
        .map(|()| out)
        .map_err(|error| error.to_string())
}

fn text(bytes: &[u8], mode: Mode) -> String {
    let mut out = Vec::new();
    write_document(&mut out, RawDoc::new(bytes).unwrap(), mode);
    normal(std::str::from_utf8(&out).unwrap())
}

/// The same JSON with one spelling of spaces, escapes and numbers; the order of fields is kept.
fn normal(json: &str) -> String {
    let value: Value = serde_json::from_str(json).unwrap();
    value.to_string()
}

fn cases<'v>(file: &'v Value, kind: &str) -> impl Iterator<Item = &'v Value> {
    file[kind].as_array().into_iter().flatten()
}

fn bytes(case: &Value, field: &str) -> Option<Vec<u8>> {
    let hex = case[field].as_str()?;
    let pairs = hex
        .as_bytes()
        .chunks(2)
        .map(|pair| std::str::from_utf8(pair).unwrap());
    Some(
        pairs
            .map(|pair| u8::from_str_radix(pair, 16).unwrap())
            .collect(),
    )
}
