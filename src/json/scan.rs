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

#[cfg(test)]
mod tests {
    use super::*;

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
