//! A date as the clock and the calendar of a time zone show it, and the weeks of the year.

use super::zone::{Offset, Zone};
use crate::bson::calendar::{MS_PER_DAY, civil_from_days, days_from_civil};
use crate::error::{Code, Error, Result};

/// What a zone's clock and calendar show at an instant.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Local {
    /// The day, counted from 1970-01-01.
    pub(super) days: i64,
    /// The time of day.
    pub(super) seconds: i64,
    pub(super) milliseconds: i64,
    pub(super) year: i64,
    pub(super) month: i64,
    pub(super) day: i64,
    pub(super) offset: Offset,
}

pub(super) const SECONDS_PER_DAY: i64 = MS_PER_DAY / 1000;

impl Local {
    /// The instant `ms` (milliseconds since 1970) in `zone`.
    pub(super) fn new(ms: i64, zone: &Zone) -> Local {
        let (instant, milliseconds) = (ms.div_euclid(1000), ms.rem_euclid(1000));
        let offset = zone.offset_at(instant);
        let wall = instant + i64::from(offset.seconds);
        let days = wall.div_euclid(SECONDS_PER_DAY);
        let (year, month, day) = civil_from_days(days);
        Local {
            days,
            seconds: wall.rem_euclid(SECONDS_PER_DAY),
            milliseconds,
            year,
            month: month.into(),
            day: day.into(),
            offset,
        }
    }

    pub(super) fn hour(&self) -> i64 {
        self.seconds / 3600
    }

    pub(super) fn minute(&self) -> i64 {
        self.seconds / 60 % 60
    }

    pub(super) fn second(&self) -> i64 {
        self.seconds % 60
    }

    /// 1 to 366.
    pub(super) fn day_of_year(&self) -> i64 {
        self.days - days_from_civil(self.year, 1, 1) + 1
    }

    /// 1 (Sunday) to 7.
    pub(super) fn day_of_week(&self) -> i64 {
        self.iso_day_of_week() % 7 + 1
    }

    /// 1 (Monday) to 7.
    pub(super) fn iso_day_of_week(&self) -> i64 {
        iso_day_of_week(self.days)
    }

    /// Weeks begin on Sundays; days before the year's first Sunday are in week 0.
    pub(super) fn week(&self) -> i64 {
        (self.day_of_year() - self.day_of_week() + 7) / 7
    }

    /// The year and the week by ISO 8601: weeks begin on Mondays, and belong to the year that has
    /// their Thursday.
    pub(super) fn iso_week(&self) -> (i64, i64) {
        let thursday = self.days - self.iso_day_of_week() + 4;
        let (year, ..) = civil_from_days(thursday);
        (year, (thursday - days_from_civil(year, 1, 1)) / 7 + 1)
    }
}

/// 1 (Monday) to 7 of a day counted from 1970-01-01, which was a Thursday.
pub(super) fn iso_day_of_week(days: i64) -> i64 {
    (days + 3).rem_euclid(7) + 1
}

/// The day of an ISO week date, counted from 1970-01-01. Weeks and days of week may lie outside of
/// their ranges and are counted on.
pub(super) fn days_from_iso(year: i64, week: i64, day_of_week: i64) -> i64 {
    // January 4th is always in week 1.
    let fourth = days_from_civil(year, 1, 4);
    let monday = fourth - iso_day_of_week(fourth) + 1;
    monday + (week - 1) * 7 + day_of_week - 1
}

/// The day of a date whose month and day may lie outside of their ranges: the thirteenth month is
/// January of the next year.
pub(super) fn days_from_parts(year: i64, month: i64, day: i64) -> i64 {
    let months = month - 1;
    let (year, month) = (year + months.div_euclid(12), months.rem_euclid(12) + 1);
    days_from_civil(year, month, 1) + day - 1
}

/// A time of day; each part may lie outside of its range and is carried over.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Time {
    pub(super) hour: i64,
    pub(super) minute: i64,
    pub(super) second: i64,
    pub(super) millisecond: i64,
}

/// The instant, in milliseconds since 1970, at which `zone` shows a day and a time.
pub(super) fn instant(days: i64, time: Time, zone: &Zone) -> Result<i64> {
    let overflow = || {
        Error::query(
            Code::DURATION_OVERFLOW,
            "the date's parts lie beyond what a date can say",
        )
    };
    let wall = i128::from(days) * i128::from(SECONDS_PER_DAY)
        + i128::from(time.hour) * 3600
        + i128::from(time.minute) * 60
        + i128::from(time.second)
        + i128::from(time.millisecond.div_euclid(1000));
    let wall = i64::try_from(wall).map_err(|_| overflow())?;
    let seconds = zone.instant_of(wall, false);
    seconds
        .checked_mul(1000)
        .and_then(|ms| ms.checked_add(time.millisecond.rem_euclid(1000)))
        .ok_or_else(overflow)
}
