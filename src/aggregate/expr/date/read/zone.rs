//! Time zones within a date's text: offsets and abbreviations. Olson identifiers are refused there,
//! as in MongoDB; the `timezone` beside the text takes them.

use super::failure;
use crate::aggregate::expr::date::zone::Zone;
use crate::error::Result;

/// The zone that a text names.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum TextZone {
    /// `+02:00`; in seconds.
    Offset(i32),
    /// `CEST`, with its offset in seconds.
    Abbreviation(String, i32),
}

impl TextZone {
    /// The offset, if no other zone was given beside the text.
    pub(super) fn offset(&self, beside: &Zone) -> Result<i32> {
        match self {
            TextZone::Offset(seconds) if beside.is_utc() => Ok(*seconds),
            TextZone::Abbreviation(_, seconds) if beside.is_utc() => Ok(*seconds),
            TextZone::Offset(_) => Err(failure(
                "you cannot pass in a date/time string with GMT offset together with a timezone argument",
            )),
            TextZone::Abbreviation(name, _) => Err(failure(format!(
                "you cannot pass in a date/time string with time zone information ('{name}') \
                 together with a timezone argument"
            ))),
        }
    }
}

/// A zone at the start of `text`, and how many bytes say it: an offset (`+2`, `+0200`, `+02:00`,
/// `GMT+2`), or one of the abbreviations in [`ABBREVIATIONS`], or a military letter.
pub(super) fn zone_at(text: &str) -> Option<(TextZone, usize)> {
    let after_gmt = text.strip_prefix("GMT");
    let (prefix, rest) = match after_gmt {
        Some(rest) if rest.starts_with(['+', '-']) => (3, rest),
        _ => (0, text),
    };
    if rest.starts_with(['+', '-']) {
        let (seconds, len) = offset_at(rest)?;
        return Some((TextZone::Offset(seconds), prefix + len));
    }
    let len = rest
        .bytes()
        .take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'/'))
        .count();
    let name = &rest[..len];
    let hours = match name.as_bytes() {
        [letter] => military_hours(letter.to_ascii_uppercase()),
        _ => ABBREVIATIONS
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, quarters)| quarters * 15 * 60),
    };
    Some((
        TextZone::Abbreviation(name.to_ascii_uppercase(), hours?),
        len,
    ))
}

/// `+h`, `+hh`, `+hmm`, `+hhmm`, `+hh:mm`: seconds, and bytes taken.
fn offset_at(text: &str) -> Option<(i32, usize)> {
    let bytes = text.as_bytes();
    let sign = if bytes.first() == Some(&b'-') { -1 } else { 1 };
    let digits = |from: usize| {
        let rest = bytes.get(from..).unwrap_or_default();
        rest.iter().take_while(|byte| byte.is_ascii_digit()).count()
    };
    let number = |from: usize, len: usize| text[from..from + len].parse::<i32>().ok();
    let (hours, minutes, len) = match digits(1) {
        len @ (1 | 2) if bytes.get(1 + len) == Some(&b':') && matches!(digits(2 + len), 1 | 2) => {
            let minutes = digits(2 + len);
            (
                number(1, len)?,
                number(2 + len, minutes)?,
                2 + len + minutes,
            )
        }
        len @ (1 | 2) => (number(1, len)?, 0, 1 + len),
        len @ (3 | 4) => (number(1, len - 2)?, number(len - 1, 2)?, 1 + len),
        _ => return None,
    };
    (hours <= 24 && minutes <= 59).then_some((sign * (hours * 3600 + minutes * 60), len))
}

/// A is one hour east, M twelve, N one hour west, Y twelve; Z is UTC, J nothing.
fn military_hours(letter: u8) -> Option<i32> {
    let hours = match letter {
        b'A'..=b'I' => i32::from(letter - b'A') + 1,
        b'K'..=b'M' => i32::from(letter - b'A'),
        b'N'..=b'Y' => -i32::from(letter - b'M'),
        b'Z' => 0,
        _ => return None,
    };
    Some(hours * 3600)
}

/// Common abbreviations and their offsets in quarters of an hour.
const ABBREVIATIONS: &[(&str, i32)] = &[
    ("UTC", 0),
    ("GMT", 0),
    ("WET", 0),
    ("WEST", 4),
    ("BST", 4),
    ("CET", 4),
    ("CEST", 8),
    ("MET", 4),
    ("MEST", 8),
    ("EET", 8),
    ("EEST", 12),
    ("SAST", 8),
    ("CAT", 8),
    ("EAT", 12),
    ("WAT", 4),
    ("MSK", 12),
    ("MSD", 16),
    ("TRT", 12),
    ("PKT", 20),
    ("IST", 22),
    ("NPT", 23),
    ("ICT", 28),
    ("HKT", 32),
    ("PHT", 32),
    ("AWST", 32),
    ("JST", 36),
    ("KST", 36),
    ("ACST", 38),
    ("ACDT", 42),
    ("AEST", 40),
    ("AEDT", 44),
    ("NZST", 48),
    ("NZDT", 52),
    ("NST", -14),
    ("NDT", -10),
    ("AST", -16),
    ("ADT", -12),
    ("EST", -20),
    ("EDT", -16),
    ("CST", -24),
    ("CDT", -20),
    ("MST", -28),
    ("MDT", -24),
    ("PST", -32),
    ("PDT", -28),
    ("AKST", -36),
    ("AKDT", -32),
    ("HST", -40),
    ("BRT", -12),
    ("ART", -12),
];
