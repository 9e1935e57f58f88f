//! The proleptic Gregorian calendar: days since 1970-01-01 to year, month and day, and back.
//!
//! It is the calendar of MongoDB's dates and reaches as far as they do: every `i64` of milliseconds.

/// Milliseconds of a day.
pub(crate) const MS_PER_DAY: i64 = 86_400_000;

/// The number of days of a month (1 to 12).
pub(crate) fn days_of_month(year: i64, month: i64) -> i64 {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    match month {
        2 => 28 + i64::from(leap),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

// Both conversions count in years that start in March, so that the leap day comes last, and in
// eras of 400 years, which all have the same number of days.
const DAYS_PER_ERA: i64 = 146_097;
/// From 0000-03-01 to 1970-01-01.
const DAYS_TO_EPOCH: i64 = 719_468;

/// Days since 1970-01-01. The day may lie outside of its month: it is counted on from the first.
pub(crate) fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let march_year = year - i64::from(month <= 2);
    let (era, year_of_era) = (march_year.div_euclid(400), march_year.rem_euclid(400));
    let march_month = (month + 9) % 12;
    let day_of_year = (153 * march_month + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * DAYS_PER_ERA + day_of_era - DAYS_TO_EPOCH
}

/// Year, month and day of a day counted from 1970-01-01.
pub(crate) fn civil_from_days(days: i64) -> (i64, u32, u32) {
    let days = days + DAYS_TO_EPOCH;
    let (era, day_of_era) = (days.div_euclid(DAYS_PER_ERA), days.rem_euclid(DAYS_PER_ERA));
    let leap_days = day_of_era / 1460 - day_of_era / 36_524 + day_of_era / 146_096;
    let year_of_era = (day_of_era - leap_days) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let march_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * march_month + 2) / 5 + 1;
    let month = (march_month + 2) % 12 + 1;
    (
        era * 400 + year_of_era + i64::from(month <= 2),
        month as u32,
        day as u32,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_dates_are_inverses() {
        // From 9999 years before our era to the year 9999, and the ends of what a date can say.
        let ends = [i64::MIN / MS_PER_DAY, i64::MAX / MS_PER_DAY];
        for day in (-4_371_000..=2_932_896).step_by(7).chain(ends) {
            let (year, month, day_of_month) = civil_from_days(day);
            assert_eq!(
                days_from_civil(year, month.into(), day_of_month.into()),
                day
            );
        }
    }

    #[test]
    fn months_know_leap_years() {
        let cases = [
            (2023, 28),
            (2024, 29),
            (1900, 28),
            (2000, 29),
            (0, 29),
            (-4, 29),
            (-1, 28),
        ];
        for (year, days) in cases {
            assert_eq!(days_of_month(year, 2), days, "{year}");
        }
    }
}
