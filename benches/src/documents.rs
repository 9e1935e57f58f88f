//! The data set: documents of some 450 bytes, the same in every run and for every contender.
//!
//! A document is a function of its `_id` alone, so that any of them can be made at any time.

use std::fmt::Write;

const WORDS: [&str; 16] = [
    "amber", "basin", "cedar", "delta", "ember", "fjord", "grove", "haven", "inlet", "jetty",
    "knoll", "lagoon", "meadow", "north", "orchard", "prairie",
];

/// A random number generator of one line per step (splitmix64): speed and sameness are all we need.
pub struct Random(u64);

impl Random {
    /// The sequence of a seed.
    pub fn new(seed: u64) -> Random {
        Random(seed)
    }

    /// The next 64 bits.
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `limit`, which is small: the bias does not matter here.
    pub fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }

    fn word(&mut self) -> &'static str {
        WORDS[self.below(WORDS.len() as u64) as usize]
    }
}

/// Appends the document of `_id` as JSON text.
pub fn append(out: &mut String, id: u32) {
    let r = &mut Random::new(u64::from(id));
    let (first, last) = (r.word(), r.word());
    // Writing to a String cannot fail.
    let _ = write!(
        out,
        concat!(
            r#"{{"_id":{id},"name":"{first} {last}","email":"{first}.{mail:012x}@{last}.example","age":{age},"#,
            r#""company":"{c0} {c1}","phone":"+1 555 {phone:07}","score":{score}.25,"active":{active},"#,
            r#""address":{{"street":"{number} {street} road","city":"{city}","zip":"{zip:05}","#,
            r#""location":{{"latitude":{lat}.125,"longitude":{lon}.5}}}},"#,
            r#""tags":["{t0}","{t1}","{t2}","{t3}"],"createdAt":"2025-{month:02}-{day:02}T{hour:02}:30:00Z","#,
            r#""visits":{visits},"balance":{balance}.75,"note":"{n0} {n1} {n2} {n3} {n4} {n5} {n6} {n7}"}}"#
        ),
        id = id,
        first = first,
        last = last,
        mail = r.next() >> 16,
        age = 18 + r.below(70),
        c0 = r.word(),
        c1 = r.word(),
        phone = r.below(10_000_000),
        score = r.below(100),
        active = r.below(2) == 0,
        number = r.below(500),
        street = r.word(),
        city = r.word(),
        zip = r.below(100_000),
        lat = r.below(90),
        lon = r.below(180),
        t0 = r.word(),
        t1 = r.word(),
        t2 = r.word(),
        t3 = r.word(),
        month = 1 + r.below(12),
        day = 1 + r.below(28),
        hour = r.below(24),
        visits = r.below(1_000_000),
        balance = r.below(100_000),
        n0 = r.word(),
        n1 = r.word(),
        n2 = r.word(),
        n3 = r.word(),
        n4 = r.word(),
        n5 = r.word(),
        n6 = r.word(),
        n7 = r.word(),
    );
}

/// The document of `_id` as JSON text.
pub fn json(id: u32) -> String {
    let mut text = String::with_capacity(512);
    append(&mut text, id);
    text
}

/// The documents 1 to `count`.
pub fn all(count: u32) -> Vec<String> {
    (1..=count).map(json).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_are_of_the_promised_size_and_repeatable() {
        let total: usize = all(1000).iter().map(String::len).sum();
        assert!(
            (430..=470).contains(&(total / 1000)),
            "{} bytes on average",
            total / 1000
        );
        assert_eq!(json(7), json(7));
    }
}
