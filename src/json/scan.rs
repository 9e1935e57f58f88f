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

/// Whether a byte cannot stand in a JSON string as it is.
#[inline]
pub(super) fn is_special(byte: u8) -> bool {
    byte < 0x20 || byte == b'"' || byte == b'\\'
}

/// Marks the high bit of every byte that is special; of the lowest marked byte, and those below,
/// the marks are exact.
#[inline]
fn specials(word: u64) -> u64 {
    let zeros = |word: u64| word.wrapping_sub(ONES) & !word & HIGHS;
    let quotes = zeros(word ^ (ONES * b'"' as u64));
    let backslashes = zeros(word ^ (ONES * b'\\' as u64));
    let controls = word.wrapping_sub(ONES * 0x20) & !word & HIGHS;
    quotes | backslashes | controls
}

/// At most 16 bytes of plain text as two words, the rest of them zero; none if the text is longer or something in
/// it must be escaped. Most keys and many strings are such texts, and writing them as words spares a call to copy each.
#[inline]
pub(super) fn short_plain(bytes: &[u8]) -> Option<[u64; 2]> {
    let len = bytes.len();
    let words = if len >= 8 {
        let behind = u64::from_le_bytes(*bytes.last_chunk::<8>()?);
        // The last eight bytes overlap the first; what is left of them stands behind those.
        let shift = 8 * 16usize.checked_sub(len)? as u32;
        let second = behind.checked_shr(shift).unwrap_or(0);
        [u64::from_le_bytes(*bytes.first_chunk::<8>()?), second]
    } else if len >= 4 {
        let first = u32::from_le_bytes(*bytes.first_chunk::<4>()?);
        let last = u32::from_le_bytes(*bytes.last_chunk::<4>()?);
        [u64::from(first) | u64::from(last) << (8 * (len - 4)), 0]
    } else if len > 0 {
        let byte = |at: usize| u64::from(bytes[at]) << (8 * at);
        [byte(0) | byte(len / 2) | byte(len - 1), 0]
    } else {
        [0, 0]
    };
    let mask = |used: usize| !u64::MAX.checked_shl(8 * used as u32).unwrap_or(0);
    let special = specials(words[0]) & mask(len) | specials(words[1]) & mask(len.saturating_sub(8));
    (special == 0).then_some(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_texts_are_words_unless_something_must_be_escaped() {
        let text = b"abcdefghijklmnopq";
        for len in 0..=text.len() {
            let words = short_plain(&text[..len]);
            if len == 17 {
                assert_eq!(words, None);
                continue;
            }
            let mut expected = [0; 16];
            expected[..len].copy_from_slice(&text[..len]);
            let found: Vec<u8> = words
                .unwrap()
                .iter()
                .flat_map(|w| w.to_le_bytes())
                .collect();
            assert_eq!(found, expected);
            for place in 0..len {
                for byte in 0..=255u8 {
                    let mut changed = text[..len].to_vec();
                    changed[place] = byte;
                    assert_eq!(
                        short_plain(&changed).is_none(),
                        is_special(byte),
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
