//! Numbers as text: JSON's grammar in, the shortest text that reads back out.

/// A number as JSON wrote it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Parsed {
    Int32(i32),
    Int64(i64),
    Double(f64),
}

/// The number at the start of `text` and its length. Integers take the narrowest type that holds
/// them; those beyond 64 bits, and all with a fraction or exponent, are doubles. None if `text`
/// does not start with a number, or with one that no double holds.
#[inline]
pub(super) fn parse(text: &[u8]) -> Option<(Parsed, usize)> {
    let negative = text.first() == Some(&b'-');
    let start = usize::from(negative);
    let mut at = start;
    let mut magnitude = 0u64;
    while let Some(digit) = digit_at(text, at) {
        magnitude = magnitude.wrapping_mul(10).wrapping_add(digit);
        at += 1;
    }
    let digits = at - start;
    if digits == 0 || digits > 1 && text[start] == b'0' {
        return None;
    }
    if matches!(text.get(at), Some(b'.' | b'e' | b'E')) {
        return parse_double(text, at);
    }
    // Eighteen digits cannot have wrapped around.
    if digits > 18 {
        return parse_long_integer(text, at);
    }
    let value = if negative {
        -(magnitude as i64)
    } else {
        magnitude as i64
    };
    let parsed = match i32::try_from(value) {
        Ok(value) => Parsed::Int32(value),
        Err(_) => Parsed::Int64(value),
    };
    Some((parsed, at))
}

fn digit_at(text: &[u8], at: usize) -> Option<u64> {
    let digit = text.get(at)?.wrapping_sub(b'0');
    (digit < 10).then_some(digit.into())
}

fn skip_digits(text: &[u8], from: usize) -> Option<usize> {
    let mut at = from;
    while digit_at(text, at).is_some() {
        at += 1;
    }
    (at > from).then_some(at)
}

/// Finishes a number whose whole digits end at `at`.
fn parse_double(text: &[u8], at: usize) -> Option<(Parsed, usize)> {
    let mut end = at;
    if text.get(end) == Some(&b'.') {
        end = skip_digits(text, end + 1)?;
    }
    if matches!(text.get(end), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(text.get(end + 1), Some(b'+' | b'-')));
        end = skip_digits(text, end + 1 + sign)?;
    }
    finish_double(text, end)
}

fn parse_long_integer(text: &[u8], end: usize) -> Option<(Parsed, usize)> {
    match std::str::from_utf8(&text[..end]).ok()?.parse() {
        Ok(value) => Some((Parsed::Int64(value), end)),
        Err(_) => finish_double(text, end),
    }
}

fn finish_double(text: &[u8], end: usize) -> Option<(Parsed, usize)> {
    let value: f64 = std::str::from_utf8(&text[..end]).ok()?.parse().ok()?;
    value.is_finite().then_some((Parsed::Double(value), end))
}

/// The double that the text of `$numberDouble` says.
pub(super) fn parse_number_double(text: &str) -> Option<f64> {
    match text {
        "Infinity" => Some(f64::INFINITY),
        "-Infinity" => Some(f64::NEG_INFINITY),
        "NaN" => Some(f64::NAN),
        // Rust would take "inf" and "nan" in any case, too.
        _ if text
            .bytes()
            .all(|byte| matches!(byte, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E')) =>
        {
            text.parse().ok().filter(|value: &f64| value.is_finite())
        }
        _ => None,
    }
}

/// The shortest text that reads back as this double, of a double whose text has no exponent for sure; at most 24
/// characters.
#[inline]
pub(super) fn plain_double(value: f64, buffer: &mut zmij::Buffer) -> Option<&[u8]> {
    let magnitude = value.abs();
    let is_plain = magnitude == 0.0 || (1e-3..1e15).contains(&magnitude);
    is_plain.then(|| buffer.format_finite(value).as_bytes())
}

/// Appends the shortest text that reads back as this double, and as a double: `1.0`, `1E+21`.
/// Requires a finite number.
pub(super) fn write_finite(value: f64, out: &mut Vec<u8>) {
    let mut buffer = zmij::Buffer::new();
    let text = buffer.format_finite(value).as_bytes();
    match text.iter().position(|&byte| byte == b'e') {
        None => out.extend_from_slice(text),
        Some(e) => {
            let (mantissa, exponent) = (&text[..e], &text[e + 1..]);
            out.extend_from_slice(mantissa);
            out.push(b'E');
            if !matches!(exponent.first(), Some(b'-' | b'+')) {
                out.push(b'+');
            }
            out.extend_from_slice(exponent);
        }
    }
}

/// Appends an integer in decimal.
pub(super) fn write_integer(value: i64, out: &mut Vec<u8>) {
    let mut text = [0; INTEGER_MAX];
    let length = put_integer(value, &mut text);
    out.extend_from_slice(&text[..length]);
}

/// The most characters that an integer takes.
pub(super) const INTEGER_MAX: usize = 20;

/// Puts an integer in decimal at the start of `place`; gives its length.
#[inline]
pub(super) fn put_integer(value: i64, place: &mut [u8; INTEGER_MAX]) -> usize {
    const PAIRS: [[u8; 2]; 100] = {
        let mut pairs = [[b'0'; 2]; 100];
        let mut i = 0;
        while i < 100 {
            pairs[i] = [b'0' + (i / 10) as u8, b'0' + (i % 10) as u8];
            i += 1;
        }
        pairs
    };
    let mut rest = value.unsigned_abs();
    let sign = usize::from(value < 0);
    place[0] = b'-';
    let length = sign + rest.checked_ilog10().unwrap_or(0) as usize + 1;
    let mut at = length;
    while rest >= 100 {
        at -= 2;
        place[at..at + 2].copy_from_slice(&PAIRS[(rest % 100) as usize]);
        rest /= 100;
    }
    if rest >= 10 {
        place[at - 2..at].copy_from_slice(&PAIRS[rest as usize]);
    } else {
        place[at - 1] = b'0' + rest as u8;
    }
    length
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_take_the_narrowest_type() {
        let cases = [
            ("0", Parsed::Int32(0)),
            ("-0", Parsed::Int32(0)),
            ("2147483647", Parsed::Int32(i32::MAX)),
            ("2147483648", Parsed::Int64(2147483648)),
            ("-2147483648", Parsed::Int32(i32::MIN)),
            ("-2147483649", Parsed::Int64(-2147483649)),
            ("999999999999999999", Parsed::Int64(999_999_999_999_999_999)),
            ("9223372036854775807", Parsed::Int64(i64::MAX)),
            ("-9223372036854775808", Parsed::Int64(i64::MIN)),
            ("9223372036854775808", Parsed::Double(9223372036854775808.0)),
            ("100000000000000000000000", Parsed::Double(1e23)),
            ("1.0", Parsed::Double(1.0)),
            ("-1e2", Parsed::Double(-100.0)),
            ("1E-2", Parsed::Double(0.01)),
            ("1.5e+300", Parsed::Double(1.5e300)),
            ("0.1", Parsed::Double(0.1)),
            ("1e-400", Parsed::Double(0.0)),
        ];
        for (text, expected) in cases {
            assert_eq!(
                parse(text.as_bytes()),
                Some((expected, text.len())),
                "{text}"
            );
            let followed = format!("{text},1");
            assert_eq!(
                parse(followed.as_bytes()),
                Some((expected, text.len())),
                "{followed}"
            );
        }
    }

    #[test]
    fn refuses_what_json_does_not_call_a_number() {
        for text in [
            "", "-", "+1", "01", "-01", ".5", "1.", "1.e5", "1e", "1e+", "1e400", "x", "NaN",
        ] {
            assert_eq!(parse(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn doubles_read_back() {
        let cases = [
            (1.0, "1.0"),
            (-0.0, "-0.0"),
            (0.1, "0.1"),
            (1e21, "1E+21"),
            (1.2345678921232E+18, "1.2345678921232E+18"),
            (5e-324, "5E-324"),
            (f64::MAX, "1.7976931348623157E+308"),
        ];
        for (value, text) in cases {
            let mut out = Vec::new();
            write_finite(value, &mut out);
            assert_eq!(String::from_utf8_lossy(&out), text);
            assert_eq!(parse(&out), Some((Parsed::Double(value), out.len())));
        }
    }

    #[test]
    fn integers_are_written_as_rust_would() {
        let powers = (0..19).flat_map(|power| {
            let ten = 10i64.pow(power);
            [ten - 1, ten, ten + 1, -ten, 1 - ten, -ten - 1]
        });
        for value in powers.chain([i64::MIN, i64::MAX, 0]) {
            let mut out = Vec::new();
            write_integer(value, &mut out);
            assert_eq!(String::from_utf8_lossy(&out), value.to_string());
        }
    }
}
