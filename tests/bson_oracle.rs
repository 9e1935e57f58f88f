//! Random documents, in BSON and in JSON, checked against the `bson` crate and `serde_json`; and
//! damaged ones, which must never be taken for whole or bring the reader down.
//!
//! `IRONBASE_SEED` replays a run, `IRONBASE_CASES` makes it longer.

use bson::spec::BinarySubtype;
use bson::{Bson, Decimal128, JavaScriptCodeWithScope, Regex, Timestamp, oid};
use ironbase::bson as ours;
use ironbase::json::{self, Mode};
use ours::RawDoc;

#[test]
fn documents_are_read_and_written_as_the_bson_crate_does() {
    run("oracle", 3_000, |random| {
        let document = random.document(0);
        let bytes = document.to_vec().unwrap();
        ours::validate(&bytes).unwrap();
        let raw = RawDoc::new(&bytes).unwrap();
        assert_eq!(ours::Document::from_raw(raw).unwrap().to_bytes(), bytes);

        let mut canonical = Vec::new();
        json::write_document(&mut canonical, raw, Mode::Canonical);
        let parsed: serde_json::Value = serde_json::from_slice(&canonical).unwrap();
        assert_eq!(
            Bson::try_from(parsed).unwrap(),
            Bson::Document(document.clone())
        );
        assert_eq!(parse(&canonical), Ok(bytes.clone()));

        let theirs = Bson::Document(document.clone())
            .into_canonical_extjson()
            .to_string();
        assert_eq!(parse(theirs.as_bytes()), Ok(bytes.clone()), "{theirs}");

        let mut relaxed = Vec::new();
        json::write_document(&mut relaxed, raw, Mode::Relaxed);
        let theirs = Bson::Document(document).into_relaxed_extjson().to_string();
        let again = parse(&relaxed);
        assert_eq!(again, parse(theirs.as_bytes()));
        // Relaxed text forgets a long's type, but not its value.
        let again = again.unwrap();
        let again = RawDoc::new(&again).unwrap();
        assert!(ours::compare::compare_documents(raw, again).is_eq());
    });
}

#[test]
fn damaged_bson_is_refused_or_sound() {
    run("damaged BSON", 6_000, |random| {
        let whole = random.document(0).to_vec().unwrap();
        let mut bytes = whole.clone();
        random.damage(&mut bytes);
        let mut stored = Vec::new();
        if ours::canonicalize(&bytes, &mut stored).is_ok() {
            let raw = RawDoc::new(&stored).unwrap();
            let mut text = Vec::new();
            json::write_document(&mut text, raw, Mode::Canonical);
            let again = parse(&text).unwrap();
            let again = RawDoc::new(&again).unwrap();
            assert!(ours::compare::compare_documents(raw, again).is_eq());
        }
        // Readers must survive what validation would refuse.
        let damaged = RawDoc::trusted(&bytes);
        json::write_document(&mut Vec::new(), damaged, Mode::Relaxed);
        let _ = ours::Document::from_raw(damaged);
        let _ = ours::compare::compare_documents(damaged, RawDoc::trusted(&whole));
        let _ = ours::ensure_id_first(damaged, &mut Vec::new());
    });
}

#[test]
fn damaged_json_is_refused_or_sound() {
    run("damaged JSON", 6_000, |random| {
        let bytes = random.document(0).to_vec().unwrap();
        let mut text = Vec::new();
        let mode = if random.below(2) == 0 {
            Mode::Relaxed
        } else {
            Mode::Canonical
        };
        json::write_document(&mut text, RawDoc::new(&bytes).unwrap(), mode);
        random.damage(&mut text);
        if let Ok(parsed) = parse(&text) {
            ours::validate(&parsed).unwrap();
            let strict: Result<serde_json::Value, _> = serde_json::from_slice(&text);
            assert!(strict.is_ok(), "{}", String::from_utf8_lossy(&text));
        }
        let mut documents = json::Documents::new(&text);
        let mut out = Vec::new();
        while let Ok(true) = documents.next_document(&mut out) {
            out.clear();
        }
    });
}

fn parse(text: &[u8]) -> Result<Vec<u8>, String> {
    let mut out = Vec::new();
    json::parse_document(text, &mut out)
        .map(|()| out)
        .map_err(|error| error.to_string())
}

/// Runs `case` many times with a seed each, and says which one failed.
fn run(name: &str, cases: u64, case: impl Fn(&mut Random) + std::panic::RefUnwindSafe) {
    let number = |key: &str| std::env::var(key).ok().and_then(|text| text.parse().ok());
    let now = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap();
    let first: u64 = number("IRONBASE_SEED").unwrap_or(now.as_nanos() as u64 | 1);
    let cases = number("IRONBASE_CASES").unwrap_or(cases);
    println!("{name}: {cases} cases from seed {first}");
    for seed in (0..cases).map(|i| first.wrapping_add(i)) {
        let outcome = std::panic::catch_unwind(|| case(&mut Random::new(seed)));
        if let Err(panic) = outcome {
            println!("{name}: replay with IRONBASE_SEED={seed} IRONBASE_CASES=1");
            std::panic::resume_unwind(panic);
        }
    }
}

struct Random(u64);

impl Random {
    fn new(seed: u64) -> Random {
        // Neighbouring seeds must give different runs.
        Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn below(&mut self, bound: u64) -> u64 {
        (self.next() >> 32) % bound
    }

    /// A number of any magnitude.
    fn any(&mut self) -> i64 {
        let shift = self.below(64);
        self.next() as i64 >> shift
    }

    fn document(&mut self, depth: u32) -> bson::Document {
        let width = if self.below(20) == 0 {
            40
        } else {
            self.below(8)
        };
        let mut document = bson::Document::new();
        for _ in 0..width {
            let key = self.key();
            document.insert(key, self.value(depth));
        }
        document
    }

    /// A field's name. Never a wrapper's: such documents do not survive being JSON.
    fn key(&mut self) -> String {
        let text = self.text().replace('\0', "");
        let known = ["a", "_id", "$set", "a.b", "$regex", "$ref"];
        match self.below(3) {
            0 => known[self.below(known.len() as u64) as usize].to_string(),
            _ if text.starts_with('$') => text.replace('$', "_"),
            _ => text,
        }
    }

    fn text(&mut self) -> String {
        let pieces = [
            "a", "field", "é", "☆", "😀", "\"", "\\", "\n", "\u{1}", "\0", "/", " ", "\u{7f}",
        ];
        let plain = self.below(2) == 0;
        let count = if self.below(30) == 0 {
            300
        } else {
            self.below(12)
        };
        let bound = if plain { 2 } else { pieces.len() as u64 };
        (0..count)
            .map(|_| pieces[self.below(bound) as usize])
            .collect()
    }

    fn bytes(&mut self) -> Vec<u8> {
        (0..self.below(40)).map(|_| self.next() as u8).collect()
    }

    fn object_id(&mut self) -> oid::ObjectId {
        let (high, low) = (self.next().to_le_bytes(), self.next().to_le_bytes());
        let mut bytes = [0; 12];
        bytes[..8].copy_from_slice(&high);
        bytes[8..].copy_from_slice(&low[..4]);
        oid::ObjectId::from_bytes(bytes)
    }

    fn double(&mut self) -> f64 {
        let bits = f64::from_bits(self.next());
        match self.below(4) {
            0 => self.any() as f64,
            1 => self.any() as f64 / 1000.0,
            2 if self.below(8) == 0 => f64::INFINITY,
            _ if bits.is_nan() => -0.0,
            _ => bits,
        }
    }

    fn decimal(&mut self) -> Decimal128 {
        let text = match self.below(8) {
            0 => "Infinity".to_string(),
            1 => "-0E-17".to_string(),
            _ => format!(
                "{}{:019}E{}",
                self.any(),
                self.next() >> 1,
                self.any() % 6000
            )
            .chars()
            .take(40)
            .collect(),
        };
        let parsed = ours::Decimal128::parse(&text).unwrap_or(ours::Decimal128::ZERO);
        Decimal128::from_bytes(parsed.0)
    }

    fn value(&mut self, depth: u32) -> Bson {
        let kinds = if depth < 5 { 24 } else { 21 };
        match self.below(kinds) {
            0 | 1 => Bson::String(self.text()),
            2 | 3 => Bson::Int32(self.any() as i32),
            4 => Bson::Int64(self.any()),
            5 | 6 => Bson::Double(self.double()),
            7 => Bson::Boolean(self.below(2) == 0),
            8 => Bson::Null,
            9 => Bson::ObjectId(self.object_id()),
            10 => {
                // The `bson` crate cuts later dates off at the end of the year 9999.
                Bson::DateTime(bson::DateTime::from_millis(self.any() >> 17))
            }
            11 => Bson::Binary(bson::Binary {
                subtype: BinarySubtype::from([0, 2, 4, 5, 128][self.below(5) as usize]),
                bytes: self.bytes(),
            }),
            12 => Bson::Timestamp(Timestamp {
                time: self.next() as u32,
                increment: self.next() as u32,
            }),
            13 => Bson::Decimal128(self.decimal()),
            14 => Bson::RegularExpression(Regex {
                pattern: self.text().replace('\0', "").try_into().unwrap(),
                options: ["", "i", "imsx"][self.below(3) as usize]
                    .to_string()
                    .try_into()
                    .unwrap(),
            }),
            15 => Bson::MinKey,
            16 => Bson::MaxKey,
            17 => Bson::Undefined,
            18 => Bson::Symbol(self.text()),
            19 => Bson::JavaScriptCode(self.text()),
            20 => Bson::JavaScriptCodeWithScope(JavaScriptCodeWithScope {
                code: self.text(),
                scope: self.document(depth + 2),
            }),
            21 | 22 => Bson::Document(self.document(depth + 1)),
            _ => Bson::Array((0..self.below(14)).map(|_| self.value(depth + 1)).collect()),
        }
    }

    /// Changes, drops, repeats or swaps a few bytes.
    fn damage(&mut self, bytes: &mut Vec<u8>) {
        for _ in 0..=self.below(3) {
            let len = bytes.len() as u64;
            if len == 0 {
                return;
            }
            let place = self.below(len) as usize;
            let other = self.below(len) as usize;
            match self.below(6) {
                0 => bytes[place] ^= 1 << self.below(8),
                1 => bytes[place] = b"\"\\{}[],:0-$\0\xff"[self.below(13) as usize],
                2 => bytes.truncate(place),
                3 => {
                    bytes.remove(place);
                }
                4 => bytes.insert(place, bytes[other]),
                _ => bytes.swap(place, other),
            }
        }
    }
}
