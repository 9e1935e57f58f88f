//! Base64 as RFC 4648 has it: the standard alphabet, padded.

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const INVALID: u8 = 0xff;

const VALUES: [u8; 256] = {
    let mut values = [INVALID; 256];
    let mut i = 0;
    while i < 64 {
        values[ALPHABET[i] as usize] = i as u8;
        i += 1;
    }
    values
};

/// Appends the text of `bytes`.
pub(crate) fn encode(bytes: &[u8], out: &mut Vec<u8>) {
    out.reserve(bytes.len().div_ceil(3) * 4);
    let digit = |bits: u32, shift: u32| ALPHABET[(bits >> shift & 63) as usize];
    let (triples, rest) = bytes.as_chunks::<3>();
    for &[a, b, c] in triples {
        let bits = u32::from_be_bytes([0, a, b, c]);
        out.extend_from_slice(&[
            digit(bits, 18),
            digit(bits, 12),
            digit(bits, 6),
            digit(bits, 0),
        ]);
    }
    match *rest {
        [a] => {
            let bits = u32::from_be_bytes([0, a, 0, 0]);
            out.extend_from_slice(&[digit(bits, 18), digit(bits, 12), b'=', b'=']);
        }
        [a, b] => {
            let bits = u32::from_be_bytes([0, a, b, 0]);
            out.extend_from_slice(&[digit(bits, 18), digit(bits, 12), digit(bits, 6), b'=']);
        }
        _ => {}
    }
}

/// Appends the bytes that `text` stands for; none, with nothing useful appended, if it is not
/// base64 in the one spelling that encoding gives.
pub(crate) fn decode(text: &[u8], out: &mut Vec<u8>) -> Option<()> {
    let (quads, rest) = text.as_chunks::<4>();
    if !rest.is_empty() {
        return None;
    }
    let Some((last, whole)) = quads.split_last() else {
        return Some(());
    };
    out.reserve(quads.len() * 3);
    for quad in whole {
        out.extend_from_slice(&decode_quad(*quad)?);
    }
    let &[a, b, c, d] = last;
    let (padded, keep) = match (c, d) {
        (b'=', b'=') => ([a, b, b'A', b'A'], 1),
        (_, b'=') => ([a, b, c, b'A'], 2),
        _ => ([a, b, c, d], 3),
    };
    let bytes = decode_quad(padded)?;
    let (kept, dropped) = bytes.split_at(keep);
    out.extend_from_slice(kept);
    dropped.iter().all(|&byte| byte == 0).then_some(())
}

#[inline]
fn decode_quad(quad: [u8; 4]) -> Option<[u8; 3]> {
    let [a, b, c, d] = quad.map(|digit| VALUES[usize::from(digit)]);
    if (a | b | c | d) & 0b1100_0000 != 0 {
        return None;
    }
    let bits = u32::from(a) << 18 | u32::from(b) << 12 | u32::from(c) << 6 | u32::from(d);
    let [_, x, y, z] = bits.to_be_bytes();
    Some([x, y, z])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encodes_and_decodes() {
        let cases: [(&[u8], &str); 7] = [
            (b"", ""),
            (b"f", "Zg=="),
            (b"fo", "Zm8="),
            (b"foo", "Zm9v"),
            (b"foobar", "Zm9vYmFy"),
            (&[0xff, 0xff], "//8="),
            (&[0xfb, 0xff, 0xfe], "+//+"),
        ];
        for (bytes, text) in cases {
            let (mut encoded, mut decoded) = (Vec::new(), Vec::new());
            encode(bytes, &mut encoded);
            assert_eq!(encoded, text.as_bytes());
            assert_eq!(decode(text.as_bytes(), &mut decoded), Some(()));
            assert_eq!(decoded, bytes);
        }
    }

    #[test]
    fn refuses_other_spellings() {
        for text in [
            "Zg", "Zg=", "Zh==", "Zm9=", "Z===", "====", "Zm9v=", "Zm-_", "Zg==Zg==", "Zm 9",
        ] {
            assert_eq!(decode(text.as_bytes(), &mut Vec::new()), None, "{text}");
        }
    }
}
