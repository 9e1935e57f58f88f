//! The date operators: arguments, nullish values, refusals, and what they give.

use crate::aggregate::expr::tests::{check, check_refused};

/// `d` is 2024-02-03T04:05:06.007Z.
const DOCUMENT: &str = r#"{"d": {"$date": "2024-02-03T04:05:06.007Z"}, "n": null, "s": "text", "five": 5,
    "id": {"$oid": "65bdbb720000000000000000"}, "ts": {"$timestamp": {"t": 1706933106, "i": 9}},
    "tz": "Europe/Berlin", "far": {"$date": {"$numberLong": "9223372036854775807"}}}"#;

#[test]
fn parts_of_a_date() {
    check(
        DOCUMENT,
        &[
            (r#"{"$year": "$d"}"#, "2024"),
            (r#"{"$month": ["$d"]}"#, "2"),
            (r#"{"$dayOfMonth": {"date": "$d"}}"#, "3"),
            (r#"{"$dayOfWeek": "$d"}"#, "7"),
            (r#"{"$dayOfYear": "$d"}"#, "34"),
            (r#"{"$hour": {"date": "$d", "timezone": "$tz"}}"#, "5"),
            (r#"{"$hour": {"date": "$d", "timezone": "-05"}}"#, "23"),
            (
                r#"{"$minute": {"date": "$d", "timezone": "Asia/Kolkata"}}"#,
                "35",
            ),
            (r#"{"$second": "$d"}"#, "6"),
            (r#"{"$millisecond": "$d"}"#, "7"),
            (r#"{"$week": "$d"}"#, "4"),
            (r#"{"$isoWeek": "$d"}"#, "5"),
            (r#"{"$isoWeekYear": "$d"}"#, r#"{"$numberLong": "2024"}"#),
            (r#"{"$isoDayOfWeek": "$d"}"#, "6"),
            (r#"{"$hour": "$id"}"#, "4"),
            (r#"{"$second": "$ts"}"#, "6"),
            (r#"{"$year": "$far"}"#, "292278994"),
            (
                r#"{"$year": {"$dateAdd": {"startDate": "$d", "unit": "year", "amount": 1}}}"#,
                "2025",
            ),
            (r#"{"$year": "$n"}"#, "null"),
            (r#"{"$year": "$none"}"#, "null"),
            (r#"{"$year": {"date": "$d", "timezone": "$n"}}"#, "null"),
            (
                r#"{"$year": {"date": "$n", "timezone": "Nowhere"}}"#,
                "null",
            ),
        ],
    );
    check_refused(
        DOCUMENT,
        &[
            (
                r#"{"$year": "$s"}"#,
                16006,
                "can't convert from BSON type string to Date",
            ),
            (r#"{"$year": "$five"}"#, 16006, "int"),
            (
                r#"{"$year": {}}"#,
                40539,
                "missing 'date' argument to $year",
            ),
            (r#"{"$year": {"timezone": "UTC"}}"#, 40539, "$year"),
            (
                r#"{"$year": {"date": "$d", "zone": "UTC"}}"#,
                40535,
                "unrecognized option to $year: \"zone\"",
            ),
            (r#"{"$year": ["$d", "$d"]}"#, 40536, "was given 2"),
            (r#"{"$year": []}"#, 40536, "was given 0"),
            (
                r#"{"$year": {"date": "$d", "timezone": 5}}"#,
                40517,
                "found int",
            ),
            (
                r#"{"$year": {"date": "$d", "timezone": "Nowhere"}}"#,
                40485,
                "\"Nowhere\"",
            ),
        ],
    );
}

#[test]
fn dates_from_parts_and_back() {
    let parts = r#"{"year": 2024, "month": 2, "day": 3, "hour": 4, "minute": 5, "second": 6, "millisecond": 7}"#;
    let iso = r#"{"isoWeekYear": 2024, "isoWeek": 5, "isoDayOfWeek": 6, "hour": 4, "minute": 5, "second": 6, "millisecond": 7}"#;
    let from = |parts: &str| format!(r#"{{"$dateFromParts": {parts}}}"#);
    let d = r#"{"$date": "2024-02-03T04:05:06.007Z"}"#;
    check(
        DOCUMENT,
        &[
            (&from(parts), d),
            (&from(iso), d),
            (
                &from(r#"{"year": 2024}"#),
                r#"{"$date": "2024-01-01T00:00:00Z"}"#,
            ),
            (
                &from(r#"{"isoWeekYear": 2024}"#),
                r#"{"$date": "2024-01-01T00:00:00Z"}"#,
            ),
            (
                &from(r#"{"year": 2024, "month": 14, "day": -1}"#),
                r#"{"$date": "2025-01-30T00:00:00Z"}"#,
            ),
            (
                &from(r#"{"year": 2024.0, "hour": {"$numberDecimal": "1.0"}}"#),
                r#"{"$date": "2024-01-01T01:00:00Z"}"#,
            ),
            (
                &from(r#"{"year": 2024, "timezone": "$tz"}"#),
                r#"{"$date": "2023-12-31T23:00:00Z"}"#,
            ),
            (
                &from(r#"{"year": 2024, "second": 100000000}"#),
                r#"{"$date": "2027-03-03T09:46:40Z"}"#,
            ),
            (
                &from(r#"{"year": 1}"#),
                r#"{"$date": "0001-01-01T00:00:00Z"}"#,
            ),
            (&from(r#"{"year": "$n"}"#), "null"),
            (&from(r#"{"year": 2024, "hour": "$none"}"#), "null"),
            (&from(r#"{"year": 2024, "timezone": null}"#), "null"),
            (r#"{"$dateToParts": {"date": "$d"}}"#, parts),
            (r#"{"$dateToParts": {"date": "$d", "iso8601": true}}"#, iso),
            (
                r#"{"$dateToParts": {"date": "$d", "timezone": "-04:30"}}"#,
                r#"{"year": 2024, "month": 2, "day": 2, "hour": 23, "minute": 35, "second": 6, "millisecond": 7}"#,
            ),
            (r#"{"$dateToParts": {"date": "$n"}}"#, "null"),
            (
                r#"{"$dateToParts": {"date": "$d", "iso8601": "$n"}}"#,
                "null",
            ),
            (
                r#"{"$dateToParts": {"date": "$d", "timezone": "$n"}}"#,
                "null",
            ),
        ],
    );
    check_refused(
        DOCUMENT,
        &[
            (&from("5"), 40519, "only supports an object"),
            (&from(r#"{"month": 5}"#), 40516, "'year' or 'isoWeekYear'"),
            (
                &from(r#"{"year": 1, "isoWeek": 2}"#),
                40489,
                "mixing natural dates with ISO",
            ),
            (
                &from(r#"{"isoWeekYear": 1, "day": 2}"#),
                40525,
                "mixing ISO dates with natural",
            ),
            (&from(r#"{"year": 2024, "hours": 2}"#), 40518, "hours"),
            (
                &from(r#"{"year": "2024"}"#),
                40515,
                "found string with value \"2024\"",
            ),
            (&from(r#"{"year": 2024.5}"#), 40515, "double"),
            (&from(r#"{"year": 10000}"#), 40523, "1 to 9999, found 10000"),
            (&from(r#"{"year": 0}"#), 40523, "found 0"),
            (&from(r#"{"isoWeekYear": 0}"#), 31095, "found 0"),
            (
                &from(r#"{"year": 2024, "month": 32768}"#),
                31034,
                "[-32768, 32767]; value 32768",
            ),
            (
                &from(
                    r#"{"year": 2024, "millisecond": {"$numberLong": "9223372036854775807"}, "second": {"$numberLong": "9223372036854775807"}}"#,
                ),
                159,
                "beyond",
            ),
            (&from(r#"{"year": 2024, "timezone": 1}"#), 40517, "int"),
            (r#"{"$dateToParts": "$d"}"#, 40524, "object"),
            (r#"{"$dateToParts": {"timezone": "UTC"}}"#, 40522, "date"),
            (
                r#"{"$dateToParts": {"date": "$d", "iso": true}}"#,
                40520,
                "iso",
            ),
            (
                r#"{"$dateToParts": {"date": "$d", "iso8601": 1}}"#,
                40521,
                "found int",
            ),
            (r#"{"$dateToParts": {"date": "$s"}}"#, 16006, "string"),
        ],
    );
}

#[test]
fn arithmetic() {
    let add = |arguments: &str| format!(r#"{{"$dateAdd": {{"startDate": "$d", {arguments}}}}}"#);
    let diff = |arguments: &str| format!(r#"{{"$dateDiff": {{"startDate": "$d", {arguments}}}}}"#);
    let trunc = |arguments: &str| format!(r#"{{"$dateTrunc": {{"date": "$d", {arguments}}}}}"#);
    let end = r#""endDate": {"$date": "2024-03-01T00:00:00Z"}"#;
    check(
        DOCUMENT,
        &[
            (
                &add(r#""unit": "month", "amount": 1"#),
                r#"{"$date": "2024-03-03T04:05:06.007Z"}"#,
            ),
            (
                &add(r#""unit": "day", "amount": {"$numberDecimal": "-3"}"#),
                r#"{"$date": "2024-01-31T04:05:06.007Z"}"#,
            ),
            (
                &add(r#""unit": "hour", "amount": 2.0, "timezone": "$tz""#),
                r#"{"$date": "2024-02-03T06:05:06.007Z"}"#,
            ),
            (&add(r#""unit": "$n", "amount": 1"#), "null"),
            (&add(r#""unit": "day", "amount": null"#), "null"),
            (
                &add(r#""unit": "day", "amount": 1, "timezone": "$none""#),
                "null",
            ),
            (
                r#"{"$dateAdd": {"startDate": "$n", "unit": "day", "amount": 1}}"#,
                "null",
            ),
            (
                r#"{"$dateAdd": {"startDate": "$id", "unit": "second", "amount": 1}}"#,
                r#"{"$date": "2024-02-03T04:05:07Z"}"#,
            ),
            (
                r#"{"$dateSubtract": {"startDate": "$d", "unit": "quarter", "amount": 1}}"#,
                r#"{"$date": "2023-11-03T04:05:06.007Z"}"#,
            ),
            (
                &diff(&format!(r#"{end}, "unit": "month""#)),
                r#"{"$numberLong": "1"}"#,
            ),
            (
                &diff(&format!(r#"{end}, "unit": "week""#)),
                r#"{"$numberLong": "4"}"#,
            ),
            (
                &diff(&format!(r#"{end}, "unit": "week", "startOfWeek": "Fri""#)),
                r#"{"$numberLong": "4"}"#,
            ),
            (
                &diff(&format!(
                    r#"{end}, "unit": "day", "startOfWeek": "ignored""#
                )),
                r#"{"$numberLong": "27"}"#,
            ),
            (
                &diff(&format!(r#"{end}, "unit": "week", "startOfWeek": null"#)),
                "null",
            ),
            (&diff(r#""endDate": "$n", "unit": "day""#), "null"),
            (
                &trunc(r#""unit": "month""#),
                r#"{"$date": "2024-02-01T00:00:00Z"}"#,
            ),
            (
                &trunc(r#""unit": "hour", "binSize": 6"#),
                r#"{"$date": "2024-02-03T00:00:00Z"}"#,
            ),
            (
                &trunc(
                    r#""unit": "week", "startOfWeek": "monday", "timezone": "America/New_York""#,
                ),
                r#"{"$date": "2024-01-29T05:00:00Z"}"#,
            ),
            (&trunc(r#""unit": "day", "binSize": "$n""#), "null"),
            (&trunc(r#""unit": "day", "timezone": null"#), "null"),
        ],
    );
    check_refused(
        DOCUMENT,
        &[
            (r#"{"$dateAdd": 1}"#, 5166400, "$dateAdd expects an object"),
            (
                r#"{"$dateSubtract": {"startDate": "$d", "unit": "day"}}"#,
                5166402,
                "$dateSubtract requires startDate, unit, and amount",
            ),
            (
                &add(r#""unit": "day", "amount": 1, "x": 1"#),
                5166401,
                "Unrecognized argument to $dateAdd: x. Expected",
            ),
            (
                &add(r#""unit": "days", "amount": 1"#),
                9,
                "$dateAdd parameter 'unit' value parsing failed :: caused by :: unknown time unit value: days",
            ),
            (&add(r#""unit": 5, "amount": 1"#), 5439013, "got int"),
            (
                &add(r#""unit": "day", "amount": 1.5"#),
                5166405,
                "integer amount",
            ),
            (
                &add(r#""unit": "day", "amount": "1""#),
                5166405,
                "integer amount",
            ),
            (
                r#"{"$dateAdd": {"startDate": "$s", "unit": "day", "amount": 1}}"#,
                5166403,
                "startDate",
            ),
            (
                r#"{"$dateSubtract": {"startDate": "$d", "unit": "day", "amount": {"$numberLong": "-9223372036854775808"}}}"#,
                6045000,
                "$dateSubtract 'amount'",
            ),
            (
                &add(r#""unit": "year", "amount": {"$numberLong": "9223372036854775807"}"#),
                5976500,
                "9223372036854775807 year",
            ),
            (r#"{"$dateDiff": []}"#, 5166301, "object"),
            (
                r#"{"$dateDiff": {"endDate": "$d", "unit": "day"}}"#,
                5166303,
                "'startDate'",
            ),
            (&diff(r#""unit": "day""#), 5166304, "'endDate'"),
            (&diff(end), 5166305, "'unit'"),
            (
                &diff(&format!(r#"{end}, "unit": "day", "y": 1"#)),
                5166302,
                "y",
            ),
            (
                &diff(&format!(r#"{end}, "unit": "week", "startOfWeek": "day""#)),
                5439016,
                "day of a week: day",
            ),
            (
                &diff(&format!(r#"{end}, "unit": "week", "startOfWeek": 1"#)),
                5439015,
                "got int",
            ),
            (
                &diff(&format!(r#"{end}, "unit": "day", "timezone": "X/Y""#)),
                40485,
                "$dateDiff parameter 'timezone' value parsing failed",
            ),
            (
                &diff(r#""endDate": 5, "unit": "day""#),
                5166307,
                "'endDate' to be a date, but got int",
            ),
            (r#"{"$dateTrunc": 5}"#, 5439007, "object"),
            (r#"{"$dateTrunc": {"unit": "day"}}"#, 5439009, "'date'"),
            (r#"{"$dateTrunc": {"date": "$d"}}"#, 5439010, "'unit'"),
            (&trunc(r#""unit": "day", "bin": 1"#), 5439008, "bin"),
            (
                &trunc(r#""unit": "day", "binSize": "1""#),
                5439017,
                "of type string",
            ),
            (
                &trunc(r#""unit": "day", "binSize": 0"#),
                5439018,
                "got value 0",
            ),
        ],
    );
}

#[test]
fn dates_to_strings() {
    let to = |arguments: &str| format!(r#"{{"$dateToString": {{{arguments}}}}}"#);
    check(
        DOCUMENT,
        &[
            (&to(r#""date": "$d""#), r#""2024-02-03T04:05:06.007Z""#),
            (
                &to(r#""date": "$d", "timezone": "$tz""#),
                r#""2024-02-03T05:05:06.007""#,
            ),
            (
                &to(r#""date": "$d", "timezone": "+00:00""#),
                r#""2024-02-03T04:05:06.007Z""#,
            ),
            (
                &to(r#""date": "$d", "format": "%d.%m.%Y""#),
                r#""03.02.2024""#,
            ),
            (&to(r#""date": "$ts", "format": "%H""#), r#""04""#),
            (&to(r#""date": "$n""#), "null"),
            (&to(r#""date": "$n", "onNull": "none""#), r#""none""#),
            (&to(r#""date": "$none", "onNull": "$none""#), "missing"),
            (
                &to(r#""date": "$d", "onNull": {"$year": "$s"}"#),
                r#""2024-02-03T04:05:06.007Z""#,
            ),
            (&to(r#""date": "$d", "format": "$n""#), "null"),
            (&to(r#""date": "$n", "format": "$n", "onNull": 1"#), "1"),
            (&to(r#""date": "$d", "timezone": "$n""#), "null"),
        ],
    );
    check_refused(
        DOCUMENT,
        &[
            (r#"{"$dateToString": "$d"}"#, 18629, "object"),
            (&to(r#""format": "%Y""#), 18628, "'date'"),
            (&to(r#""date": "$d", "fmt": 1"#), 18534, "fmt"),
            (
                &to(r#""date": "$d", "format": 5"#),
                18533,
                "found: int with value 5",
            ),
            (&to(r#""date": "$d", "format": "%y""#), 18536, "'%y'"),
            (&to(r#""date": "$n", "format": "%""#), 18535, "Unmatched"),
            (&to(r#""date": "$n", "timezone": "X""#), 40485, "X"),
            (&to(r#""date": "$s""#), 16006, "string"),
            (&to(r#""date": "$far""#), 18537, "292278994"),
        ],
    );
}

#[test]
fn dates_from_strings() {
    let from = |arguments: &str| format!(r#"{{"$dateFromString": {{{arguments}}}}}"#);
    let d = r#"{"$date": "2017-02-08T12:10:40.787Z"}"#;
    check(
        DOCUMENT,
        &[
            (&from(r#""dateString": "2017-02-08T12:10:40.787Z""#), d),
            (
                &from(r#""dateString": "2017-02-08T12:10:40.787", "timezone": "UTC""#),
                d,
            ),
            (
                &from(r#""dateString": "2017-02-08T13:10:40.787", "timezone": "$tz""#),
                d,
            ),
            (
                &from(r#""dateString": "08/02/2017", "format": "%d/%m/%Y""#),
                r#"{"$date": "2017-02-08T00:00:00Z"}"#,
            ),
            (&from(r#""dateString": "$n""#), "null"),
            (&from(r#""dateString": "$none", "onNull": 0"#), "0"),
            (&from(r#""dateString": "x", "onError": "$s""#), r#""text""#),
            (&from(r#""dateString": "$five", "onError": null"#), "null"),
            (&from(r#""dateString": "x", "onError": "$none""#), "missing"),
            (
                &from(r#""dateString": "2017-02-08", "format": null"#),
                "null",
            ),
            (
                &from(r#""dateString": "2017-02-08", "timezone": null"#),
                "null",
            ),
        ],
    );
    check_refused(
        DOCUMENT,
        &[
            (r#"{"$dateFromString": "2017"}"#, 40540, "found: string"),
            (&from(r#""format": "%Y""#), 40542, "'dateString'"),
            (&from(r#""dateString": "x", "zone": 1"#), 40541, "zone"),
            (
                &from(r#""dateString": "$five""#),
                241,
                "found: int with value 5",
            ),
            (
                &from(r#""dateString": "?""#),
                241,
                "Error parsing date string '?'; 0: Unexpected character '?'",
            ),
            (
                &from(r#""dateString": "2017", "format": 5, "onError": 1"#),
                40684,
                "found: int",
            ),
            (
                &from(r#""dateString": "2017", "format": "%w", "onError": 1"#),
                18536,
                "%w",
            ),
            (
                &from(r#""dateString": "2017", "timezone": "X", "onError": 1"#),
                40485,
                "X",
            ),
        ],
    );
}
