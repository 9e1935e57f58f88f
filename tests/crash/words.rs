//! The documents and indexes of the crash tests: a document is a list of words, an index holds the words that start with its
//! specification. So a document gives an index several keys, one, or none.

use std::sync::Arc;

use ironbase::storage::derive::{CompiledIndex, IndexDeriver, KeySet, MULTIKEY};
use ironbase::storage::vfs::sim::Random;

pub struct Words;

struct WordIndex(Vec<u8>);

impl IndexDeriver for Words {
    fn compile(&self, spec: &[u8]) -> anyhow::Result<Arc<dyn CompiledIndex>> {
        Ok(Arc::new(WordIndex(spec.to_vec())))
    }
}

impl CompiledIndex for WordIndex {
    fn derive(&self, document: &[u8], out: &mut KeySet) -> anyhow::Result<()> {
        for word in words(document, &self.0) {
            out.push(&[word, b"\0"].concat());
        }
        out.sort_dedup();
        if out.len() > 1 {
            out.set_flags(MULTIKEY);
        }
        Ok(())
    }
}

/// The words of a document that an index holds.
pub fn words<'a>(document: &'a [u8], spec: &'a [u8]) -> impl Iterator<Item = &'a [u8]> {
    document
        .split(|&byte| byte == b' ')
        .filter(move |word| word.starts_with(spec))
}

/// A document: some words for the indexes `a` and `b`, sometimes one for the unique `u`, and as much filler as makes it small,
/// middling, or too large for a leaf.
pub fn document(random: &mut Random) -> Vec<u8> {
    let mut text = Vec::new();
    for (letter, limit) in [("a", 40), ("b", 15)] {
        for _ in 0..random.below(4) {
            let number = random.below(limit);
            let tail = "w".repeat(random.below(30) as usize);
            text.extend_from_slice(format!("{letter}{number:03}{tail} ").as_bytes());
        }
    }
    if random.chance(40) {
        text.extend_from_slice(format!("u{} ", random.below(200)).as_bytes());
    }
    let filler = match random.below(20) {
        0 => 1000 + random.below(9000),
        1..=6 => random.below(900),
        _ => random.below(120),
    };
    let start = random.next_u64() as u8;
    text.extend((0..filler).map(|n| b'A' + (start.wrapping_add(n as u8)) % 26));
    text
}

/// A document that differs from another a little: in a letter of a word, in a few bytes of the filler that are other ones, gone or new.
pub fn changed(random: &mut Random, document: &[u8]) -> Vec<u8> {
    let mut text = document.to_vec();
    let filler = text
        .iter()
        .rposition(|&byte| byte == b' ')
        .map_or(0, |at| at + 1);
    if filler > 0 {
        let at = random.below(filler as u64) as usize;
        if text[at].is_ascii_digit() || text[at] == b'w' {
            text[at] = b'0' + random.below(10) as u8;
        }
    }
    for _ in 0..random.below(4) {
        let at = filler + random.below((text.len() - filler + 1) as u64) as usize;
        let end = text.len().min(at + random.below(6) as usize);
        let new = vec![b'A' + random.below(26) as u8; random.below(6) as usize];
        text.splice(at..end, new);
    }
    text
}

/// The key of one of the documents that a collection can have.
pub fn key(random: &mut Random, limit: u64) -> Vec<u8> {
    // Scattered over the tree, with prefixes to share.
    let number = random.below(limit);
    format!("{:02}/key{:04}", number * 7 % 10, number).into_bytes()
}
