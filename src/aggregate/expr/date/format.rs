//! Date formats: the specifiers (`%Y`, `%m`, ...) that `$dateToString` writes and `$dateFromString`
//! reads ([manual](https://www.mongodb.com/docs/manual/reference/operator/aggregation/dateToString/#format-specifiers)).

use std::fmt::Write;

use super::parts::Local;
use super::zone::Zone;
use crate::error::{Code, Error, Result};

/// What `$dateToString` writes where no format is given, in UTC and elsewhere.
pub(super) const ISO_UTC: &str = "%Y-%m-%dT%H:%M:%S.%LZ";
pub(super) const ISO_LOCAL: &str = "%Y-%m-%dT%H:%M:%S.%L";

/// The specifiers that may be written, and those that may be read.
const WRITABLE: &str = "bBdGHjLmMSwuUVYzZ";
const READABLE: &str = "bBdGHjLmMSuVYzZ";

/// The months' English names.
pub(super) const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// One step of a format.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Piece<'f> {
    Literal(&'f str),
    /// The letter after `%`.
    Specifier(char),
}

/// Refuses a format that `$dateToString` cannot write.
pub(super) fn check_writable(format: &str) -> Result<()> {
    check(format, WRITABLE)
}

/// Refuses a format that `$dateFromString` cannot read.
pub(super) fn check_readable(format: &str) -> Result<()> {
    check(format, READABLE)
}

fn check(format: &str, known: &str) -> Result<()> {
    let mut chars = format.chars();
    while let Some(c) = chars.next() {
        if c != '%' {
            continue;
        }
        match chars.next() {
            None => {
                let message = "Unmatched '%' at end of format string";
                return Err(Error::query(Code(18535), message));
            }
            Some(c) if c == '%' || known.contains(c) => {}
            Some(c) => {
                let message = format!("Invalid format character '%{c}' in format string");
                return Err(Error::query(Code(18536), message));
            }
        }
    }
    Ok(())
}

/// The steps of a format that has been checked. `%%` is the literal `%`.
pub(super) fn pieces(format: &str) -> impl Iterator<Item = Piece<'_>> {
    let mut rest = format;
    std::iter::from_fn(move || {
        let first = rest.chars().next()?;
        let specifier = rest[first.len_utf8()..].chars().next();
        let (piece, len) = match specifier {
            Some('%') if first == '%' => (Piece::Literal("%"), 2),
            Some(letter) if first == '%' => (Piece::Specifier(letter), 1 + letter.len_utf8()),
            _ => {
                let len = rest[first.len_utf8()..]
                    .find('%')
                    .map_or(rest.len(), |at| at + first.len_utf8());
                (Piece::Literal(&rest[..len]), len)
            }
        };
        rest = &rest[len..];
        Some(piece)
    })
}

/// The date by a format that has been checked.
pub(super) fn write(ms: i64, format: &str, zone: &Zone) -> Result<String> {
    let local = Local::new(ms, zone);
    let mut out = String::with_capacity(format.len() + 16);
    for piece in pieces(format) {
        match piece {
            Piece::Literal(text) => out.push_str(text),
            Piece::Specifier(letter) => write_part(&mut out, letter, &local)?,
        }
    }
    Ok(out)
}

fn write_part(out: &mut String, letter: char, local: &Local) -> Result<()> {
    let month = MONTHS[(local.month - 1) as usize];
    let (number, width) = match letter {
        'Y' => (local.year, 4),
        'm' => (local.month, 2),
        'd' => (local.day, 2),
        'H' => (local.hour(), 2),
        'M' => (local.minute(), 2),
        'S' => (local.second(), 2),
        'L' => (local.milliseconds, 3),
        'j' => (local.day_of_year(), 3),
        'w' => (local.day_of_week(), 1),
        'U' => (local.week(), 2),
        'G' => (local.iso_week().0, 4),
        'V' => (local.iso_week().1, 2),
        'u' => (local.iso_day_of_week(), 1),
        'b' => return push(out, format_args!("{}", &month[..3])),
        'B' => return push(out, format_args!("{month}")),
        'z' => {
            let minutes = local.offset.seconds.abs() / 60;
            let sign = if local.offset.seconds < 0 { '-' } else { '+' };
            return push(
                out,
                format_args!("{sign}{:02}{:02}", minutes / 60, minutes % 60),
            );
        }
        _ => return push(out, format_args!("{}", local.offset.seconds / 60)),
    };
    if !(0..=9999).contains(&number) {
        let message = format!(
            "Could not convert date to string: date component was outside the supported range of \
             0-9999: {number}"
        );
        return Err(Error::query(Code(18537), message));
    }
    push(out, format_args!("{number:0width$}"))
}

fn push(out: &mut String, text: std::fmt::Arguments<'_>) -> Result<()> {
    let message = "a text cannot be extended";
    out.write_fmt(text)
        .map_err(|_| Error::query(Code::INTERNAL_ERROR, message))
}
