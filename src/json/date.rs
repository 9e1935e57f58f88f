//! Dates as ISO 8601 text, in the proleptic Gregorian calendar.

use crate::bson::calendar::{MS_PER_DAY, civil_from_days, days_from_civil, days_of_month};

/// 9999-12-31T23:59:59.999Z: the last instant that relaxed Extended JSON writes as text.
const LAST_TEXT_MS: i64 = 253_402_300_799_999;

/// Appends `2012-12-24T12:15:30.501Z`, milliseconds only if there are any; false, with nothing
/// appended, if the instant lies outside of the years 1970 to 9999.
pub(super) fn write(ms: i64, out: &mut Vec<u8>) -> bool {
    if !(0..=LAST_TEXT_MS).contains(&ms) {
        return false;
    }
    let (days, ms_of_day) = (ms / MS_PER_DAY, (ms % MS_PER_DAY) as u32);
    let (year, month, day) = civil_from_days(days);
    let seconds = ms_of_day / 1000;
    let mut text = *b"0000-00-00T00:00:00.000Z";
    let mut put = |at: usize, width: usize, mut value: u32| {
        for place in text[at..at + width].iter_mut().rev() {
            *place = b'0' + (value % 10) as u8;
            value /= 10;
        }
    };
    put(0, 4, year as u32);
    put(5, 2, month);
    put(8, 2, day);
    put(11, 2, seconds / 3600);
    put(14, 2, seconds / 60 % 60);
    put(17, 2, seconds % 60);
    put(20, 3, ms_of_day % 1000);
    if ms_of_day.is_multiple_of(1000) {
        out.extend_from_slice(&text[..19]);
        out.push(b'Z');
    } else {
        out.extend_from_slice(&text);
    }
    true
}

/// The instant that `text` says: a date, `T`, a time with up to nine digits of a second's fraction
/// (what is finer than a millisecond is cut off), and `Z` or an offset such as `+01:00` or `+0100`.
pub(super) fn parse(text: &[u8]) -> Option<i64> {
    let (year, rest) = digits(text, 4)?;
    let (month, rest) = digits(rest.strip_prefix(b"-")?, 2)?;
    let (day, rest) = digits(rest.strip_prefix(b"-")?, 2)?;
    let (hour, rest) = digits(
        rest.strip_prefix(b"T")
            .or_else(|| rest.strip_prefix(b" "))?,
        2,
    )?;
    let (minute, rest) = digits(rest.strip_prefix(b":")?, 2)?;
    let (second, rest) = match rest.strip_prefix(b":") {
        Some(rest) => digits(rest, 2)?,
        None => (0, rest),
    };
    let (ms, rest) = match rest.strip_prefix(b".") {
        Some(rest) => fraction_ms(rest)?,
        None => (0, rest),
    };
    let offset_minutes = offset_minutes(rest)?;
    let valid = (1..=12).contains(&month)
        && (1..=days_of_month(year, month)).contains(&day)
        && hour < 24
        && minute < 60
        && second < 60;
    let minutes = hour * 60 + minute - offset_minutes;
    let days = days_from_civil(year, month, day);
    valid.then_some(days * MS_PER_DAY + minutes * 60_000 + second * 1000 + ms)
}

/// The number in the first `count` bytes, which must be digits, and what follows.
fn digits(text: &[u8], count: usize) -> Option<(i64, &[u8])> {
    let (digits, rest) = text.split_at_checked(count)?;
    let value = digits.iter().try_fold(0, |value, digit| {
        digit
            .is_ascii_digit()
            .then(|| value * 10 + i64::from(digit - b'0'))
    })?;
    Some((value, rest))
}

fn fraction_ms(text: &[u8]) -> Option<(i64, &[u8])> {
    let count = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    if !(1..=9).contains(&count) {
        return None;
    }
    let (fraction, rest) = text.split_at(count);
    let padded = fraction.iter().copied().chain([b'0'; 2]).take(3);
    Some((
        padded.fold(0, |ms, digit| ms * 10 + i64::from(digit - b'0')),
        rest,
    ))
}

fn offset_minutes(text: &[u8]) -> Option<i64> {
    let (sign, rest) = match text {
        b"Z" | b"z" => return Some(0),
        [b'+', rest @ ..] => (1, rest),
        [b'-', rest @ ..] => (-1, rest),
        _ => return None,
    };
    let (hours, rest) = digits(rest, 2)?;
    let (minutes, rest) = match rest {
        [] => (0, rest),
        _ => digits(rest.strip_prefix(b":").unwrap_or(rest), 2)?,
    };
    (rest.is_empty() && hours < 24 && minutes < 60).then_some(sign * (hours * 60 + minutes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_it_writes() {
        let cases = [
            (0, "1970-01-01T00:00:00Z"),
            (1_356_351_330_501, "2012-12-24T12:15:30.501Z"),
            (1_356_351_330_001, "2012-12-24T12:15:30.001Z"),
            (951_782_400_000, "2000-02-29T00:00:00Z"),
            (LAST_TEXT_MS, "9999-12-31T23:59:59.999Z"),
        ];
        for (ms, text) in cases {
            let mut out = Vec::new();
            assert!(write(ms, &mut out));
            assert_eq!(String::from_utf8_lossy(&out), text);
            assert_eq!(parse(text.as_bytes()), Some(ms));
        }
    }

    #[test]
    fn years_outside_are_not_written_but_read() {
        assert!(!write(-1, &mut Vec::new()));
        assert!(!write(LAST_TEXT_MS + 1, &mut Vec::new()));
        assert_eq!(parse(b"1969-12-31T23:59:59.999Z"), Some(-1));
        assert_eq!(parse(b"0000-01-01T00:00:00Z"), Some(-62_167_219_200_000));
    }

    #[test]
    fn reads_offsets_and_fractions() {
        let cases = [
            ("1970-01-01T01:00:00+01:00", 0),
            ("1970-01-01T01:00:00.5+0100", 500),
            ("1969-12-31T22:30:00-01:30", 0),
            ("1970-01-01T00:00:00.123456789Z", 123),
            ("1970-01-01T00:00Z", 0),
        ];
        for (text, ms) in cases {
            assert_eq!(parse(text.as_bytes()), Some(ms), "{text}");
        }
    }

    #[test]
    fn refuses_what_is_no_date() {
        let cases = [
            "",
            "2012",
            "2012-12-24",
            "2012-13-24T00:00:00Z",
            "2011-02-29T00:00:00Z",
            "2012-12-24T24:00:00Z",
            "2012-12-24T12:60:00Z",
            "2012-12-24T12:15:30",
            "2012-1-24T12:15:30Z",
            "2012-12-24T12:15:30.Z",
            "2012-12-24T12:15:30Zx",
            "2012-12-24T12:15:30+1",
            "+012-12-24T12:15:30Z",
        ];
        for text in cases {
            assert_eq!(parse(text.as_bytes()), None, "{text}");
        }
    }
}
