//! Adding to dates, the distance between two, and rounding down
//! ([`$dateAdd`](https://www.mongodb.com/docs/manual/reference/operator/aggregation/dateAdd/) and its kin).
//!
//! Units up to the hour are lengths of time. From the day on they are moves in the zone's calendar:
//! the clock shows the same time afterwards, whatever daylight saving time does.

use super::parts::{Local, SECONDS_PER_DAY, iso_day_of_week};
use super::unit::Unit;
use super::zone::Zone;
use crate::bson::calendar::{MS_PER_DAY, days_from_civil, days_of_month};
use crate::error::{Code, Error, Result};

/// `ms` and `amount` units.
pub(super) fn add(ms: i64, unit: Unit, amount: i64, zone: &Zone) -> Result<i64> {
    let overflow = || Error::query(Code(5166406), "dateAdd overflowed");
    if most(unit).is_some_and(|most| amount.unsigned_abs() >= most) {
        let message = format!(
            "invalid dateAdd 'amount' parameter value: {amount} {}",
            unit.name()
        );
        return Err(Error::query(Code(5976500), message));
    }
    if let Some(length) = unit.milliseconds() {
        let sum = amount.checked_mul(length).and_then(|by| ms.checked_add(by));
        return sum.ok_or_else(overflow);
    }
    let local = Local::new(ms, zone);
    let days = match unit.months() {
        None if unit == Unit::Week => local.days + 7 * amount,
        None => local.days + amount,
        Some(months) => {
            let month = local.month - 1 + months * amount;
            let (year, month) = (local.year + month.div_euclid(12), month.rem_euclid(12) + 1);
            days_from_civil(year, month, local.day.min(days_of_month(year, month)))
        }
    };
    let wall = days * SECONDS_PER_DAY + local.seconds;
    let instant = zone.instant_of(wall, local.offset.daylight_saving);
    instant
        .checked_mul(1000)
        .and_then(|ms| ms.checked_add(local.milliseconds))
        .ok_or_else(overflow)
}

/// How many units are more than all of a date's range has, so that no smaller number of them
/// overflows on the way to the sum. Any number of milliseconds may be added.
fn most(unit: Unit) -> Option<u64> {
    const DAYS: u64 = u64::MAX / MS_PER_DAY as u64 + 1;
    const YEARS: u64 = DAYS / 365 + 1;
    Some(match unit {
        Unit::Millisecond => return None,
        Unit::Second => DAYS * 86_400,
        Unit::Minute => DAYS * 1440,
        Unit::Hour => DAYS * 24,
        Unit::Day => DAYS,
        Unit::Week => DAYS / 7,
        Unit::Month => YEARS * 12,
        Unit::Quarter => YEARS * 4,
        Unit::Year => YEARS,
    })
}

/// How many boundaries of `unit` lie between two dates. Weeks begin on `start_of_week` (ISO number).
pub(super) fn difference(
    start: i64,
    end: i64,
    unit: Unit,
    zone: &Zone,
    start_of_week: i64,
) -> Result<i64> {
    if unit == Unit::Millisecond {
        return end
            .checked_sub(start)
            .ok_or_else(|| Error::query(Code(5166308), "dateDiff overflowed"));
    }
    let (start, end) = (Local::new(start, zone), Local::new(end, zone));
    if let Some(months) = unit.months() {
        let units = |local: Local| local.year * (12 / months) + (local.month - 1) / months;
        return Ok(units(end) - units(start));
    }
    let seconds = unit.milliseconds().map(|ms| ms / 1000);
    let Some(length) = seconds else {
        return Ok(if unit == Unit::Week {
            week_of(end.days, start_of_week) - week_of(start.days, start_of_week)
        } else {
            end.days - start.days
        });
    };
    // By the clock, and then what the clock was set forward or back in between.
    let units = |local: Local| local.days * (SECONDS_PER_DAY / length) + local.seconds / length;
    let set = i64::from(start.offset.seconds) - i64::from(end.offset.seconds);
    Ok(units(end) - units(start) + set / length)
}

/// The number of the week, of weeks that begin on `start_of_week`.
fn week_of(days: i64, start_of_week: i64) -> i64 {
    let into_week = (iso_day_of_week(days) - start_of_week).rem_euclid(7);
    (days - into_week).div_euclid(7)
}

/// The start of the bin of `bin_size` units that a date lies in. Bins are counted from the first of
/// January 2000 in the zone, those of weeks from the first start of a week in that year.
pub(super) fn truncate(
    ms: i64,
    unit: Unit,
    bin_size: i64,
    zone: &Zone,
    start_of_week: i64,
) -> Result<i64> {
    let overflow = |code| Error::query(Code(code), "dateTrunc overflowed");
    const REFERENCE_DAY: i64 = 10_957;
    const REFERENCE: i64 = REFERENCE_DAY * SECONDS_PER_DAY;
    let reference = (REFERENCE - i64::from(zone.offset_at(REFERENCE).seconds)) * 1000;
    if let Some(length) = unit.milliseconds() {
        let bin = bin_size
            .checked_mul(length)
            .ok_or_else(|| overflow(5439002))?;
        let distance = ms.checked_sub(reference).ok_or_else(|| overflow(5439000))?;
        let start = ms.checked_sub(distance.rem_euclid(bin));
        return start.ok_or_else(|| overflow(5439001));
    }
    const MOST_UNITS: i64 = 100_000_000_000;
    if bin_size > MOST_UNITS {
        return Err(Error::query(
            Code(5439006),
            "dateTrunc unsupported binSize value",
        ));
    }
    let mut reference = reference;
    if unit == Unit::Week {
        let until_start = (start_of_week - iso_day_of_week(REFERENCE_DAY)).rem_euclid(7);
        reference += until_start * SECONDS_PER_DAY * 1000;
    }
    let distance = difference(reference, ms, unit, zone, start_of_week)?;
    let units = distance.div_euclid(bin_size).checked_mul(bin_size);
    add(
        reference,
        unit,
        units.ok_or_else(|| overflow(5439004))?,
        zone,
    )
}
