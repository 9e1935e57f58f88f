//! Reading a date as people write it: `2017-07-04T11:56:02Z`, `July 4th, 2017 11am`, `7/4/17`.
//!
//! The text is cut into dates, times and zones; at each place the longest form that fits is taken, as
//! MongoDB's own reader does. Its words for relative dates (`tomorrow`, `+2 weeks`) are refused: what
//! they mean depends on when they are read.

use std::sync::LazyLock;

use regex::{Captures, Regex};

use super::format::month_number;
use super::zone::zone_at;
use super::{Reading, unreadable};
use crate::aggregate::expr::date::unit::day_of_week;
use crate::aggregate::expr::date::zone::Zone;
use crate::error::{Error, Result};

/// What a form says.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Date,
    Time,
    /// Both at once.
    DateTime,
    /// `noon` and `midnight`.
    Word,
    Weekday,
    Skip,
}

/// The forms. Named groups say what they hold: `y m d` of a date (`b`: a month's name), `w u` an ISO
/// week and its day, `h i s f` of a time, `p` am or pm, `t` a word. Where two are equally long, the
/// first is taken.
const FORMS: &[(Kind, &str)] = &[
    (Kind::Skip, r"[ \t\n,.]+"),
    (
        Kind::Date,
        r"(?<y>[+-]?\d{4})-(?<m>0\d|1[0-2])-(?<d>[0-2]\d|3[01])",
    ),
    (
        Kind::Date,
        r"(?<y>[+-]\d{5,9})-(?<m>0\d|1[0-2])-(?<d>[0-2]\d|3[01])",
    ),
    (
        Kind::Date,
        r"(?<y>\d{1,4})-(?<m>1[0-2]|0?\d)-(?<d>[0-2]\d|3[01]|\d)",
    ),
    (
        Kind::Date,
        r"(?<y>\d{4})/(?<m>1[0-2]|0?\d)/(?<d>[0-2]\d|3[01]|\d)",
    ),
    (Kind::Date, r"(?<y>\d{4})-(?<m>1[0-2]|0?\d)"),
    (
        Kind::Date,
        r"(?<y>\d{4})(?<m>0\d|1[0-2])(?<d>[0-2]\d|3[01])",
    ),
    (
        Kind::Date,
        r"(?<m>1[0-2]|0?\d)/(?<d>[0-2]\d|3[01]|\d)(?:/(?<y>\d{1,4}))?",
    ),
    (
        Kind::Date,
        r"(?<d>[0-2]\d|3[01]|\d)[.\t-](?<m>1[0-2]|0?\d)[.-](?<y>\d{4})",
    ),
    (
        Kind::Date,
        r"(?<d>[0-2]\d|3[01]|\d)[.\t](?<m>1[0-2]|0?\d)\.(?<y>\d{2})",
    ),
    (
        Kind::Date,
        r"(?<y>\d{4})-?W(?<w>0[1-9]|[1-4]\d|5[0-3])(?:-?(?<u>[0-7]))?",
    ),
    (
        Kind::Date,
        r"(?<d>[0-2]\d|3[01]|\d)(?:st|nd|rd|th)?[ \t.-]*(?<b>MONTH)[ \t.-]*(?<y>\d{1,4})",
    ),
    (
        Kind::Date,
        r"(?<b>MONTH)[ .\t-]*(?<d>[0-2]\d|3[01]|\d)(?:st|nd|rd|th)?[,.\t -]+(?<y>\d{1,4})",
    ),
    (Kind::Date, r"(?<y>\d{1,4})-(?<b>MONTH)-(?<d>[0-2]\d|3[01])"),
    (Kind::Date, r"(?<b>MONTH)[ .\t-]*(?<y>\d{4})"),
    (Kind::Date, r"(?<y>\d{4})[ .\t-]*(?<b>MONTH)"),
    (
        Kind::Date,
        r"(?<b>MONTH)[ .\t-]*(?<d>[0-2]\d|3[01]|\d)(?:st|nd|rd|th)?(?:[,. \t]+|$)",
    ),
    (
        Kind::Date,
        r"(?<d>[0-2]\d|3[01]|\d)(?:st|nd|rd|th)?[ .\t-]*(?<b>MONTH)",
    ),
    (
        Kind::Time,
        r"(?<h>0?[1-9]|1[0-2])(?:[:.](?<i>[0-5]\d)(?:[:.](?<s>[0-5]?\d))?)?[ \t]*(?<p>[ap])\.?m\.?(?:[ \t]|$)",
    ),
    (
        Kind::Time,
        r"t?(?<h>[01]?\d|2[0-4])[:.](?<i>[0-5]?\d)(?:[:.](?<s>60|[0-5]?\d)(?:\.(?<f>\d+))?)?",
    ),
    (Kind::Time, r"t(?<h>[01]?\d|2[0-4])"),
    (
        Kind::Time,
        r"t?(?<h>[01]\d|2[0-4])(?<i>[0-5]\d)(?<s>[0-5]\d|60)?",
    ),
    (
        Kind::DateTime,
        r"(?<d>[0-2]\d|3[01]|\d)/(?<b>MONTH)/(?<y>\d{4}):(?<h>[01]\d|2[0-4]):(?<i>[0-5]\d):(?<s>[0-5]\d|60)",
    ),
    (
        Kind::DateTime,
        r"(?<y>\d{4}):(?<m>0\d|1[0-2]):(?<d>[0-2]\d|3[01]) (?<h>[01]\d|2[0-4]):(?<i>[0-5]\d):(?<s>[0-5]\d|60)",
    ),
    (Kind::Word, r"(?<t>noon|midnight|today)"),
    (
        Kind::Weekday,
        r"(?<t>(?:mon|tues|wednes|thurs|fri|satur|sun)day|mon|tue|wed|thu|fri|sat|sun)\b",
    ),
];

const MONTH: &str = "january|february|march|april|may|june|july|august|september|october|november|december\
                     |jan|feb|mar|apr|jun|jul|aug|sept|sep|oct|nov|dec";

static COMPILED: LazyLock<Vec<(Kind, Regex)>> = LazyLock::new(|| {
    let compile = |(kind, form): &(Kind, &str)| {
        let form = format!("^(?i-u:{})", form.replace("MONTH", MONTH));
        (
            *kind,
            Regex::new(&form).expect("the forms are fixed, and the tests compile them"),
        )
    };
    FORMS.iter().map(compile).collect()
});

/// The date that `text` says, in milliseconds since 1970. `zone` is where it is meant if it names none.
pub(in super::super) fn read(text: &str, zone: &Zone) -> Result<i64> {
    if text.trim_ascii().is_empty() {
        return Err(unreadable(text, 0, "Empty string"));
    }
    let mut reading = Reading::default();
    let mut at = text.len() - text.trim_ascii_start().len();
    let end = text.trim_ascii_end().len();
    while at < end {
        at += take(&text[..end], at, &mut reading)?;
    }
    reading.date(text, zone)
}

/// Takes the longest form at `at`; returns its length.
fn take(text: &str, at: usize, reading: &mut Reading) -> Result<usize> {
    let rest = &text[at..];
    let forms = COMPILED
        .iter()
        .filter_map(|(kind, form)| Some((*kind, form.captures(rest)?)));
    let longest = forms.fold(
        None,
        |best: Option<(Kind, Captures<'_>)>, (kind, found)| match best {
            Some(best) if best.1[0].len() >= found[0].len() => Some(best),
            _ => Some((kind, found)),
        },
    );
    let zone = zone_at(rest);
    if let Some((zone, len)) = zone
        && longest
            .as_ref()
            .is_none_or(|(_, found)| found[0].len() < len)
    {
        if reading.zone.replace(zone).is_some() {
            return Err(unreadable(text, at, "Double timezone specification"));
        }
        return Ok(len);
    }
    let Some((kind, found)) = longest else {
        return Err(unreadable(text, at, unknown(rest)));
    };
    let len = found[0].len();
    match kind {
        Kind::Skip => {}
        Kind::Word => set_time(reading, 12 * i64::from(&found["t"] == "noon")),
        Kind::Weekday => {
            reading.weekday = day_of_week(&found["t"]);
        }
        Kind::Date => date(text, at, &found, reading)?,
        Kind::Time => time(text, at, &found, reading)?,
        Kind::DateTime => {
            date(text, at, &found, reading)?;
            time(text, at, &found, reading)?;
        }
    }
    Ok(len)
}

fn unknown(rest: &str) -> &'static str {
    if rest.starts_with(|c: char| c.is_ascii_alphabetic()) {
        "passing a time zone identifier as part of the string is not allowed"
    } else {
        "Unexpected character"
    }
}

fn number(found: &Captures<'_>, name: &str) -> Option<i64> {
    found.name(name)?.as_str().parse().ok()
}

fn date(text: &str, at: usize, found: &Captures<'_>, reading: &mut Reading) -> Result<()> {
    let twice = reading.month.is_some() || reading.iso_week.is_some();
    if twice {
        return Err(unreadable(text, at, "Double date specification"));
    }
    let year = found.name("y").and_then(|year| full_year(year.as_str()));
    if let Some(week) = number(found, "w") {
        reading.iso_year = year;
        reading.iso_week = Some(week);
        reading.iso_day_of_week = number(found, "u");
        return Ok(());
    }
    reading.year = year.or(reading.year);
    reading.month = match found.name("b") {
        Some(name) => month_number(name.as_str()),
        None => number(found, "m"),
    };
    // A year and a month are meant as the month's first day.
    reading.day = number(found, "d").or(Some(1));
    Ok(())
}

/// Years of two digits lie between 1970 and 2069.
fn full_year(digits: &str) -> Option<i64> {
    let year = digits.parse().ok()?;
    Some(match year {
        0..70 if digits.len() < 4 => 2000 + year,
        70..100 if digits.len() < 4 => 1900 + year,
        _ => year,
    })
}

fn time(text: &str, at: usize, found: &Captures<'_>, reading: &mut Reading) -> Result<()> {
    let fault = |reason: &str| -> Result<()> { Err::<(), Error>(unreadable(text, at, reason)) };
    if reading.hour.is_some() {
        // Four digits after a time are a year.
        if reading.year.is_none() && found[0].len() == 4 && number(found, "s").is_none() {
            reading.year = found[0].parse().ok();
            if reading.year.is_some() {
                return Ok(());
            }
        }
        return fault("Double time specification");
    }
    let hour = number(found, "h").unwrap_or(0);
    set_time(reading, hour);
    reading.minute = Some(number(found, "i").unwrap_or(0));
    reading.second = Some(number(found, "s").unwrap_or(0));
    if let Some(half) = found.name("p") {
        let afternoon = half.as_str().eq_ignore_ascii_case("p");
        reading.hour = Some(hour % 12 + 12 * i64::from(afternoon));
    }
    if let Some(fraction) = found.name("f") {
        let padded = format!("{:0<3.3}", fraction.as_str());
        reading.millisecond = padded.parse().ok();
    }
    Ok(())
}

fn set_time(reading: &mut Reading, hour: i64) {
    reading.hour = Some(hour);
    reading.minute = Some(0);
    reading.second = Some(0);
    reading.millisecond = Some(0);
}
