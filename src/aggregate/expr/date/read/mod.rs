//! Reading dates from text: by a format (`format.rs`) or as people write them (`text.rs`). Both fill
//! a [`Reading`], and it makes the date.

mod format;
mod text;
mod zone;

pub(super) use format::read as read_by_format;
pub(super) use text::read as read_freely;

use self::zone::TextZone;
use super::parts::{Time, days_from_iso, instant, iso_day_of_week};
use super::zone::Zone;
use crate::bson::calendar::{days_from_civil, days_of_month};
use crate::error::{Code, Error, Result};

/// The parts of a date's text that have been found.
#[derive(Clone, Debug, Default)]
struct Reading {
    year: Option<i64>,
    month: Option<i64>,
    day: Option<i64>,
    /// Instead of month and day.
    day_of_year: Option<i64>,
    iso_year: Option<i64>,
    iso_week: Option<i64>,
    iso_day_of_week: Option<i64>,
    /// The date moves on to this day (ISO number), unless it is one.
    weekday: Option<i64>,
    hour: Option<i64>,
    minute: Option<i64>,
    second: Option<i64>,
    millisecond: Option<i64>,
    zone: Option<TextZone>,
}

/// A text that is no date. `onError` of `$dateFromString` and `$convert` catches it.
pub(super) fn failure(message: impl Into<String>) -> Error {
    Error::query(Code::CONVERSION_FAILURE, message)
}

/// A text that went wrong at some byte.
pub(super) fn unreadable(text: &str, at: usize, reason: &str) -> Error {
    let near = text.get(at..).and_then(|rest| rest.chars().next());
    let near = near.map_or(String::new(), String::from);
    failure(format!(
        "Error parsing date string '{text}'; {at}: {reason} '{near}'"
    ))
}

impl Reading {
    /// The date, in milliseconds since 1970; `zone` is the `timezone` given beside the text.
    pub(super) fn date(&self, text: &str, zone: &Zone) -> Result<i64> {
        let invalid = |reason: &str| unreadable(text, text.len(), reason);
        let time = match (self.hour, self.minute, self.second) {
            (None, None, None) => Time::default(),
            (Some(hour), Some(minute), Some(second)) => Time {
                hour,
                minute,
                second,
                millisecond: self.millisecond.unwrap_or(0),
            },
            _ => return Err(incomplete(text)),
        };
        if time.hour > 23 || time.minute > 59 || time.second > 59 {
            return Err(invalid("The parsed time was invalid"));
        }
        let mut days = self.days(text, invalid)?;
        if let Some(weekday) = self.weekday {
            days += (weekday - iso_day_of_week(days)).rem_euclid(7);
        }
        match &self.zone {
            None => instant(days, time, zone),
            Some(named) => instant(days, time, &Zone::Fixed(named.offset(zone)?)),
        }
    }

    fn days(&self, text: &str, invalid: impl Fn(&str) -> Error) -> Result<i64> {
        let iso =
            self.iso_year.is_some() || self.iso_week.is_some() || self.iso_day_of_week.is_some();
        let natural = self.year.or(self.month).or(self.day).or(self.day_of_year);
        if iso {
            if natural.is_some() {
                return Err(invalid(
                    "Mixing of ISO dates with natural dates is not allowed",
                ));
            }
            let year = self
                .iso_year
                .ok_or_else(|| invalid("The parsed date was invalid"))?;
            let (week, day) = (
                self.iso_week.unwrap_or(1),
                self.iso_day_of_week.unwrap_or(1),
            );
            return Ok(days_from_iso(year, week, day));
        }
        if let (Some(year), Some(day)) = (self.year, self.day_of_year) {
            let length = 337 + days_of_month(year, 2);
            return if (1..=length).contains(&day) {
                Ok(days_from_civil(year, 1, day))
            } else {
                Err(invalid("The parsed date was invalid"))
            };
        }
        let (Some(year), Some(month), Some(day)) = (self.year, self.month, self.day) else {
            return Err(incomplete(text));
        };
        if !(1..=12).contains(&month) || !(1..=days_of_month(year, month)).contains(&day) {
            return Err(invalid("The parsed date was invalid"));
        }
        Ok(days_from_civil(year, month, day))
    }
}

fn incomplete(text: &str) -> Error {
    failure(format!(
        "an incomplete date/time string has been found, with elements missing: \"{text}\""
    ))
}
