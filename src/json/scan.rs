//! Finding the end of plain text, eight bytes at a time, within one register.

const ONES: u64 = u64::from_ne_bytes([0x01; 8]);
const HIGHS: u64 = u64::from_ne_bytes([0x80; 8]);

/// A run of text without quotes, backslashes and control characters.
pub(super) struct Plain {
    /// Its length; where it stops, one of those follows, or the end of the input.
    pub(super) len: usize,
    /// Whether all of it is ASCII.
    pub(super) ascii: bool,
}

/// The plain text at the start of `bytes`.
#[inline]
pub(super) fn plain(bytes: &[u8]) -> Plain {
    let (chunks, _) = bytes.as_chunks::<8>();
    let mut high_bits = 0;
    for (index, chunk) in chunks.iter().enumerate() {
        let word = u64::from_le_bytes(*chunk);
        let special = specials(word);
        if special != 0 {
            let count = special.trailing_zeros() as usize / 8;
            // Only the bytes in front of the special one belong to the run.
            high_bits |= word & !(u64::MAX << (8 * count as u32));
            return Plain {
                len: index * 8 + count,
                ascii: high_bits & HIGHS == 0,
            };
        }
        high_bits |= word;
    }
    let mut ascii = high_bits & HIGHS == 0;
    let mut len = chunks.len() * 8;
    for &byte in &bytes[len..] {
        if is_special(byte) {
            break;
        }
        ascii &= byte.is_ascii();
        len += 1;
    }
    Plain { len, ascii }
}

/// Whether one of eight bytes cannot stand in a JSON string as it is.
#[inline]
pub(super) fn has_special(word: &[u8; 8]) -> bool {
    specials(u64::from_le_bytes(*word)) != 0
}

/// Whether a byte cannot stand in a JSON string as it is.
#[inline]
pub(super) fn is_special(byte: u8) -> bool {
    byte < 0x20 || byte == b'"' || byte == b'\\'
}

/// Marks the high bit of every byte that is special; of the lowest marked byte, and those below,
/// the marks are exact.
#[inline]
fn specials(word: u64) -> u64 {
    // Subtracting sets the high bit of an ASCII byte that is too small: below a space, or equal to what was flipped away.
    let quotes = (word ^ (ONES * b'"' as u64)).wrapping_sub(ONES);
    let backslashes = (word ^ (ONES * b'\\' as u64)).wrapping_sub(ONES);
    let controls = word.wrapping_sub(ONES * 0x20);
    (quotes | backslashes | controls) & !word & HIGHS
}

/// The bits of the first `used` bytes of a word, of at most 8.
#[inline]
fn mask(used: usize) -> u64 {
    // Shifting by all 64 bits would overflow, so a whole word is a case of its own.
    !(u64::MAX << (used * 8 % 64)) | u64::from(used >= 8).wrapping_neg()
}

/// The first `length` bytes of `bytes`, at most 8 and plain, as one word; else none, as for [`masked_plain`].
#[inline]
pub(super) fn masked_plain_word(bytes: &[u8], length: usize) -> Option<u64> {
    let word = u64::from_le_bytes(*bytes.first_chunk::<8>()?);
    let is_short = length <= 8;
    let mask = mask(length.min(8));
    (is_short && specials(word) & mask == 0).then_some(word & mask)
}

/// The first `length` bytes of `bytes`, at most 16 and plain, as two words with zeros behind them; none if they are more,
/// something in them must be escaped, or fewer than 16 bytes can be read. Most keys and many strings are such texts, and
/// storing words spares a call to copy each.
#[inline]
pub(super) fn masked_plain(bytes: &[u8], length: usize) -> Option<[u64; 2]> {
    let chunk = bytes.first_chunk::<16>()?;
    if length > 16 {
        return None;
    }
    let (low, high) = chunk.split_at(8);
    let word = |half: &[u8]| u64::from_le_bytes(half.try_into().unwrap_or_default());
    let masks = [mask(length.min(8)), mask(length.saturating_sub(8))];
    let words = [word(low), word(high)];
    let special = specials(words[0]) & masks[0] | specials(words[1]) & masks[1];
    (special == 0).then_some([words[0] & masks[0], words[1] & masks[1]])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_texts_are_words_unless_something_must_be_escaped() {
        let text = b"abcdefghijklmnop\"\x01";
        assert_eq!(masked_plain(text, 17), None);
        assert_eq!(masked_plain(&text[..15], 3), None);
        for length in 0..=16 {
            let mut expected = [0; 16];
            expected[..length].copy_from_slice(&text[..length]);
            let words = masked_plain(text, length).unwrap();
            let word = masked_plain_word(text, length);
            assert_eq!(word, (length <= 8).then_some(words[0]));
            let found: Vec<u8> = words.iter().flat_map(|w| w.to_le_bytes()).collect();
            assert_eq!(found, expected);
            for place in 0..16 {
                for byte in 0..=255u8 {
                    let mut changed = *text;
                    changed[place] = byte;
                    let refused = place < length && is_special(byte);
                    assert_eq!(
                        masked_plain(&changed, length).is_none(),
                        refused,
                        "{byte:#x}"
                    );
                }
            }
        }
    }

    #[test]
    fn stops_at_every_special_byte_at_every_place() {
        for byte in 0..=255u8 {
            for place in 0..20 {
                for filler in [b'a', b' ', b'~', 0xff, 0x80] {
                    let mut bytes = [filler; 20];
                    bytes[place] = byte;
                    let plain = plain(&bytes);
                    let expected = if is_special(byte) { place } else { 20 };
                    assert_eq!(
                        plain.len, expected,
                        "{byte:#x} at {place} among {filler:#x}"
                    );
                    assert_eq!(plain.ascii, bytes[..expected].is_ascii());
                }
            }
        }
    }
}
