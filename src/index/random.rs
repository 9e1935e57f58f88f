//! Random values for property tests: few distinct ones, of all types, so that they often meet.

use crate::bson::{Decimal128, Document, ObjectId, Value, doc};

/// A small generator whose whole state is its seed; failing tests print it.
pub(crate) struct Random(u64);

impl Random {
    /// Seeded by `IRONBASE_TEST_SEED` if that is set, else by the clock.
    pub(crate) fn new(test: &str) -> Random {
        let given = std::env::var("IRONBASE_TEST_SEED")
            .ok()
            .and_then(|seed| seed.parse().ok());
        let clock = || {
            let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
            now.map_or(1, |elapsed| elapsed.as_nanos() as u64)
        };
        let seed = given.unwrap_or_else(clock);
        println!("{test}: replay with IRONBASE_TEST_SEED={seed}");
        Random(seed)
    }

    /// How often to try: so often, or a hundred times as often when soaking.
    pub(crate) fn rounds(usual: usize) -> usize {
        match std::env::var_os("IRONBASE_SOAK") {
            Some(_) => usual * 100,
            None => usual,
        }
    }

    pub(crate) fn bits(&mut self) -> u64 {
        // splitmix64
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub(crate) fn below(&mut self, limit: usize) -> usize {
        (self.bits() % limit as u64) as usize
    }

    pub(crate) fn one_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    pub(crate) fn pick<T: Clone>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())].clone()
    }

    /// A number of any type, often next to one of another type.
    pub(crate) fn number(&mut self) -> Value {
        const EDGES: &[f64] = &[
            0.0,
            -0.0,
            0.1,
            0.5,
            1.0,
            -1.0,
            255.0,
            9007199254740992.0,
            -9007199254740994.0,
            9223372036854775808.0,
            f64::MAX,
            f64::MIN,
            f64::MIN_POSITIVE,
            5e-324,
            f64::NAN,
            f64::INFINITY,
            f64::NEG_INFINITY,
        ];
        const DECIMALS: &[&str] = &[
            "0E-10",
            "-0",
            "0.1",
            "0.10",
            "0.5",
            "1.00",
            "1E0",
            "-1",
            "1E+2",
            "1E6144",
            "1E-6176",
            "-1E6144",
            "NaN",
            "Infinity",
            "-Infinity",
            "9007199254740993",
            "9007199254740992.999999999999999999",
            "0.1000000000000000055511151231257827",
            "9223372036854775807",
            "9223372036854775808",
            "1.797693134862315708145274237317044E308",
        ];
        match self.below(7) {
            0 => Value::Double(self.pick(EDGES)),
            1 => Value::Double(f64::from_bits(self.bits())),
            2 => Value::Int32(self.below(5) as i32 - 2),
            3 => Value::Int64(self.pick(&[i64::MIN, i64::MAX, 1 << 53, (1 << 53) + 1, 100, 255])),
            4 => Value::Int64((self.bits() as i64) >> self.below(64)),
            5 => Value::Decimal128(decimal(self.pick(DECIMALS))),
            _ => {
                let digits = self.bits() as i64 >> self.below(64);
                let exponent = match self.below(3) {
                    0 => self.below(12000) as i32 - 6100,
                    1 => self.below(40) as i32 - 20,
                    _ => -(self.below(4) as i32),
                };
                Value::Decimal128(decimal(&format!("{digits}E{exponent}")))
            }
        }
    }

    /// A value of any type, `depth` levels deep at most.
    pub(crate) fn value(&mut self, depth: usize) -> Value {
        let text = |random: &mut Random| {
            random
                .pick(&["", "a", "ab", "abc", "b", "\0", "a\0", "a\u{1}", "é", "zz"])
                .to_string()
        };
        let id = |random: &mut Random| ObjectId([random.below(3) as u8; 12]);
        match self.below(24) {
            0..=5 => self.number(),
            6..=7 => Value::String(text(self)),
            8 => Value::Null,
            9 => Value::Boolean(self.one_in(2)),
            10 => Value::ObjectId(id(self)),
            11 => Value::DateTime(self.pick(&[i64::MIN, -1, 0, 1, 1_700_000_000_000])),
            12 => Value::Symbol(text(self)),
            13 => {
                let bytes = vec![self.below(2) as u8; self.below(3)];
                Value::Binary {
                    subtype: self.pick(&[0, 2, 5]),
                    bytes,
                }
            }
            14 => Value::Timestamp {
                time: self.below(2) as u32,
                increment: self.below(2) as u32,
            },
            15 => {
                let (pattern, options) = (self.pick(&["a", "^ab", "b"]), self.pick(&["", "i"]));
                Value::Regex {
                    pattern: pattern.to_string(),
                    options: options.to_string(),
                }
            }
            16 => self.pick(&[Value::MinKey, Value::MaxKey, Value::Undefined]),
            17 => Value::JavaScript(text(self)),
            18 => Value::JavaScriptWithScope {
                code: text(self),
                scope: self.document(0),
            },
            19 => {
                let namespace = self.pick(&["a", "b", "aa"]).to_string();
                Value::DbPointer {
                    namespace,
                    id: id(self),
                }
            }
            _ if depth == 0 => Value::Int32(self.below(3) as i32),
            20..=21 => Value::Document(self.document(depth - 1)),
            _ => Value::Array((0..self.below(4)).map(|_| self.value(depth - 1)).collect()),
        }
    }

    /// A document of a few fields with names that recur.
    pub(crate) fn document(&mut self, depth: usize) -> Document {
        let mut document = doc! {};
        for name in ["a", "b", "c", "0", "1"] {
            if self.one_in(3) {
                document.insert(name, self.value(depth));
            }
        }
        document
    }
}

fn decimal(text: &str) -> Decimal128 {
    Decimal128::parse(text).unwrap_or_else(|| panic!("{text} is a decimal"))
}
