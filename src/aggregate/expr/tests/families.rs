//! Random expressions of the families that compute with one value at a time: whatever they are given, they
//! give a value or an error.

use super::{bytes, evaluate, value};
use crate::aggregate::expr::{
    Entry, bitwise, convert, date, hash, size, string, timestamp, trigonometry, types,
};
use crate::query::Context;

const FAMILIES: &[&[Entry]] = &[
    bitwise::OPERATORS,
    convert::OPERATORS,
    date::accessors::OPERATORS,
    date::arithmetic::OPERATORS,
    date::compose::OPERATORS,
    date::text::OPERATORS,
    hash::OPERATORS,
    size::OPERATORS,
    string::basic::OPERATORS,
    string::index_of::OPERATORS,
    string::regex::OPERATORS,
    string::replace::OPERATORS,
    string::split::OPERATORS,
    string::substring::OPERATORS,
    string::trim::OPERATORS,
    timestamp::OPERATORS,
    trigonometry::OPERATORS,
    types::OPERATORS,
];

/// Values of all types, and the ends of their ranges.
const VALUES: &[&str] = &[
    "null",
    "true",
    "0",
    "-1",
    "7",
    "2147483647",
    r#"{"$numberLong": "-9223372036854775808"}"#,
    r#"{"$numberLong": "9223372036854775807"}"#,
    "-0.5",
    "1e300",
    r#"{"$numberDouble": "NaN"}"#,
    r#"{"$numberDouble": "-Infinity"}"#,
    r#"{"$numberDecimal": "1E-6176"}"#,
    r#"{"$numberDecimal": "-9.75E+12"}"#,
    r#"{"$numberDecimal": "NaN"}"#,
    r#"{"$numberDecimal": "Infinity"}"#,
    r#""""#,
    r#""é€𝄞a""#,
    r#""day""#,
    r#""week""#,
    r#""int""#,
    r#""uuid""#,
    r#""Europe/Berlin""#,
    r#""%Y-%m-%d%z%j%V""#,
    r#""2024-02-29T23:59:59.999+01:00""#,
    r#""(a|é)*?(?=b)""#,
    r#"{"$date": {"$numberLong": "-9223372036854775808"}}"#,
    r#"{"$date": {"$numberLong": "9223372036854775807"}}"#,
    r#"{"$date": "2024-03-31T01:30:00Z"}"#,
    r#"{"$timestamp": {"t": 4294967295, "i": 1}}"#,
    r#"{"$oid": "65bdbb720000000000000000"}"#,
    r#"{"$binary": {"base64": "AQID", "subType": "04"}}"#,
    r#"{"$regularExpression": {"pattern": "^.", "options": "i"}}"#,
    r#"{"$minKey": 1}"#,
    r#"{"$undefined": true}"#,
    r#""$none""#,
    r#""$o""#,
    "[[1, 2]]",
];

/// The names that arguments have.
const NAMES: &[&str] = &[
    "input",
    "date",
    "startDate",
    "endDate",
    "unit",
    "amount",
    "timezone",
    "binSize",
    "startOfWeek",
    "year",
    "month",
    "day",
    "hour",
    "second",
    "millisecond",
    "isoWeekYear",
    "isoWeek",
    "iso8601",
    "dateString",
    "format",
    "onNull",
    "onError",
    "find",
    "replacement",
    "chars",
    "regex",
    "options",
    "to",
    "base",
    "byteOrder",
];

struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % bound
    }

    fn value(&mut self) -> &'static str {
        VALUES[self.below(VALUES.len())]
    }

    /// The arguments that an operator asks for, as its refusals tell, and some that it does not.
    fn named(&mut self) -> String {
        let (first, count) = (self.below(NAMES.len()), 1 + self.below(5));
        let fields = (0..count).map(|at| {
            let name = NAMES[(first + at) % NAMES.len()];
            format!(r#""{name}": {}"#, self.value())
        });
        let fields: Vec<String> = fields.collect();
        format!("{{{}}}", fields.join(", "))
    }
}

/// Documents of arguments that operators take.
const SHAPES: &[(&str, &[&str])] = &[
    ("$dateAdd", &["startDate", "unit", "amount", "timezone"]),
    ("$dateSubtract", &["startDate", "unit", "amount"]),
    (
        "$dateDiff",
        &["startDate", "endDate", "unit", "timezone", "startOfWeek"],
    ),
    ("$dateTrunc", &["date", "unit", "binSize", "timezone"]),
    (
        "$dateFromParts",
        &[
            "year",
            "month",
            "day",
            "hour",
            "minute",
            "second",
            "millisecond",
            "timezone",
        ],
    ),
    ("$dateToParts", &["date", "timezone", "iso8601"]),
    ("$dateToString", &["date", "format", "timezone", "onNull"]),
    ("$dateFromString", &["dateString", "format", "timezone"]),
    ("$convert", &["input", "to", "base", "format", "byteOrder"]),
    ("$regexFindAll", &["input", "regex"]),
    ("$replaceAll", &["input", "find", "replacement"]),
    ("$trim", &["input", "chars"]),
];

#[test]
fn random_expressions_end_with_a_value_or_an_error() {
    let mut random = Random(0x5eed_ea51);
    println!("seed {:#x}", random.0);
    let document = bytes(r#"{"o": {"a": 1}}"#);
    let entries: Vec<&Entry> = FAMILIES.iter().copied().flatten().collect();
    let (mut values, mut errors) = (0, 0);
    for round in 0..30_000 {
        let (name, operand) = if round % 2 == 0 {
            let (name, arguments) = SHAPES[random.below(SHAPES.len())];
            let fields = arguments.iter().map(|argument| {
                // Units must be right for anything to be computed.
                let value = match *argument {
                    "unit" => ["\"day\"", "\"week\"", "\"hour\"", "\"month\""][random.below(4)],
                    _ => random.value(),
                };
                format!(r#""{argument}": {value}"#)
            });
            let fields: Vec<String> = fields.collect();
            (name, format!("{{{}}}", fields.join(", ")))
        } else {
            let entry = entries[random.below(entries.len())];
            let operand = match random.below(4) {
                0 => random.value().to_string(),
                1 => random.named(),
                _ => {
                    let count = 1 + random.below(4);
                    let operands: Vec<&str> = (0..count).map(|_| random.value()).collect();
                    format!("[{}]", operands.join(", "))
                }
            };
            (entry.name, operand)
        };
        let expression = format!(r#"{{"{name}": {operand}}}"#);
        match evaluate(&expression, &document, &Context::default()) {
            Ok(found) => {
                values += 1;
                if let Some(found) = found {
                    // What comes out is valid BSON.
                    let kind = found.as_raw().type_name();
                    assert!(!kind.is_empty(), "{expression}");
                }
            }
            Err(error) => {
                errors += 1;
                assert!(
                    error.code().0 > 0 && !error.message().is_empty(),
                    "{expression}: {error}"
                );
            }
        }
    }
    assert!(
        values > 2000 && errors > 2000,
        "{values} values, {errors} errors"
    );
}

/// Parts, and texts, make the date again, through the operators.
#[test]
fn dates_come_back_from_their_parts() {
    let mut random = Random(0x5eed_da7e);
    println!("seed {:#x}", random.0);
    let zones = ["UTC", "America/New_York", "Asia/Kolkata", "+13:45"];
    for _ in 0..500 {
        // Between the years 1 and 9999, away from their ends.
        let ms = random.below(1 << 30) as i64 * 290_000 - 62_000_000_000_000;
        let zone = zones[random.below(zones.len())];
        let date = format!(r#"{{"$date": {{"$numberLong": "{ms}"}}}}"#);
        let expression = format!(
            r#"{{"$let": {{"vars": {{"p": {{"$dateToParts": {{"date": {date}, "timezone": "{zone}"}}}}}}, "in": {{"$dateFromParts": {{
                "year": "$$p.year", "month": "$$p.month", "day": "$$p.day", "hour": "$$p.hour", "minute": "$$p.minute",
                "second": "$$p.second", "millisecond": "$$p.millisecond", "timezone": "{zone}"}}}}}}}}"#
        );
        let again = evaluate(&expression, &bytes("{}"), &Context::default())
            .unwrap()
            .unwrap();
        let crate::bson::RawValue::DateTime(again) = again.as_raw() else {
            panic!("{expression} is {again:?}");
        };
        // The hour of a fold comes twice, and means the second.
        assert!(
            again == ms || again == ms + 3_600_000,
            "{ms} in {zone} comes back as {again}"
        );
        let text = format!(r#"{{"$toDate": {{"$toString": {date}}}}}"#);
        let again = evaluate(&text, &bytes("{}"), &Context::default()).unwrap();
        assert_eq!(again, Some(value(&date)), "{text}");
    }
}
