//! The units of `$dateAdd` and its kin, and the days on which a week may begin.

use crate::error::{Code, Error, Result};

/// A unit of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Unit {
    Millisecond,
    Second,
    Minute,
    Hour,
    Day,
    Week,
    Month,
    Quarter,
    Year,
}

impl Unit {
    pub(super) const ALL: [Unit; 9] = [
        Unit::Millisecond,
        Unit::Second,
        Unit::Minute,
        Unit::Hour,
        Unit::Day,
        Unit::Week,
        Unit::Month,
        Unit::Quarter,
        Unit::Year,
    ];

    pub(super) fn name(self) -> &'static str {
        match self {
            Unit::Millisecond => "millisecond",
            Unit::Second => "second",
            Unit::Minute => "minute",
            Unit::Hour => "hour",
            Unit::Day => "day",
            Unit::Week => "week",
            Unit::Month => "month",
            Unit::Quarter => "quarter",
            Unit::Year => "year",
        }
    }

    pub(super) fn from_name(name: &str) -> Result<Unit> {
        let found = Unit::ALL.into_iter().find(|unit| unit.name() == name);
        found.ok_or_else(|| {
            let message = format!("unknown time unit value: {name}");
            Error::query(Code::FAILED_TO_PARSE, message)
        })
    }

    /// How long the unit is, of those that always have one length.
    pub(super) fn milliseconds(self) -> Option<i64> {
        match self {
            Unit::Millisecond => Some(1),
            Unit::Second => Some(1000),
            Unit::Minute => Some(60_000),
            Unit::Hour => Some(3_600_000),
            _ => None,
        }
    }

    /// How many months the unit has, of those that consist of months.
    pub(super) fn months(self) -> Option<i64> {
        match self {
            Unit::Month => Some(1),
            Unit::Quarter => Some(3),
            Unit::Year => Some(12),
            _ => None,
        }
    }
}

/// The ISO number, 1 (Monday) to 7, of a day's English name or its first three letters, in any case.
pub(super) fn day_of_week(name: &str) -> Option<i64> {
    const DAYS: [&str; 7] = [
        "monday",
        "tuesday",
        "wednesday",
        "thursday",
        "friday",
        "saturday",
        "sunday",
    ];
    let is = |day: &&str| name.eq_ignore_ascii_case(day) || name.eq_ignore_ascii_case(&day[..3]);
    let index = DAYS.iter().position(is)?;
    Some(index as i64 + 1)
}
