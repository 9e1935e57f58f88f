//! `$dateFromParts` and `$dateToParts`
//! ([manual](https://www.mongodb.com/docs/manual/reference/operator/aggregation/dateFromParts/)).

use super::arguments::{DEFAULT_ZONE, date, zone};
use super::parts::{Local, Time, days_from_iso, days_from_parts, instant};
use crate::aggregate::expr::{
    Compiler, Computed, DocumentWriter, Entry, Frame, Function, Node, error, is_nullish, named,
    refuse, type_name,
};
use crate::bson::RawValue;
use crate::error::Result;
use crate::query::explain::shell_text;

pub(in crate::aggregate::expr) const OPERATORS: &[Entry] = &[
    Entry::special("$dateFromParts", compile_from_parts),
    Entry::special("$dateToParts", compile_to_parts),
];

fn compile_from_parts(
    compiler: &mut Compiler<'_>,
    name: &'static str,
    operand: RawValue<'_>,
) -> Result<Node> {
    let [
        year,
        month,
        day,
        iso_year,
        iso_week,
        iso_day,
        hour,
        minute,
        second,
        ms,
        zone,
    ] = named(
        operand,
        [
            "year",
            "month",
            "day",
            "isoWeekYear",
            "isoWeek",
            "isoDayOfWeek",
            "hour",
            "minute",
            "second",
            "millisecond",
            "timezone",
        ],
        |_| {
            error(
                40519,
                format!("{name} only supports an object as its argument"),
            )
        },
        |key| error(40518, format!("Unrecognized argument to {name}: {key}")),
    )?;
    let iso = iso_year.or(iso_week).or(iso_day);
    let (function, dates): (Function, _) = match (year, iso_year) {
        (None, None) => {
            let message = format!("{name} requires either 'year' or 'isoWeekYear' to be present");
            return refuse(40516, message);
        }
        (Some(_), _) if iso.is_some() => {
            let message = format!("{name} does not allow mixing natural dates with ISO dates");
            return refuse(40489, message);
        }
        (None, Some(_)) if month.or(day).is_some() => {
            let message = format!("{name} does not allow mixing ISO dates with natural dates");
            return refuse(40525, message);
        }
        (Some(_), _) => (from_parts, [year, month, day]),
        (None, Some(_)) => (from_iso_parts, [iso_year, iso_week, iso_day]),
    };
    let mut operands = Vec::new();
    for (part, default) in [(hour, 0), (minute, 0), (second, 0), (ms, 0)] {
        operands.push(compiler.operand(part.unwrap_or(RawValue::Int32(default)))?);
    }
    operands.push(compiler.operand(zone.unwrap_or(DEFAULT_ZONE))?);
    for part in dates {
        operands.push(compiler.operand(part.unwrap_or(RawValue::Int32(1)))?);
    }
    Ok(compiler.call(name, function, operands))
}

fn from_parts<'a>(_: &'static str, values: &[Computed<'a>], _: Frame<'a>) -> Result<Computed<'a>> {
    from(values, ["year", "month", "day"], 40523, days_from_parts)
}

fn from_iso_parts<'a>(
    _: &'static str,
    values: &[Computed<'a>],
    _: Frame<'a>,
) -> Result<Computed<'a>> {
    from(
        values,
        ["isoWeekYear", "isoWeek", "isoDayOfWeek"],
        31095,
        days_from_iso,
    )
}

fn from<'a>(
    values: &[Computed<'a>],
    names: [&str; 3],
    year_code: i32,
    days: fn(i64, i64, i64) -> i64,
) -> Result<Computed<'a>> {
    let null = Ok(Some(RawValue::Null));
    let (Some(hour), Some(minute), Some(second), Some(millisecond)) = (
        small("hour", values[0])?,
        small("minute", values[1])?,
        integer("second", values[2])?,
        integer("millisecond", values[3])?,
    ) else {
        return null;
    };
    let Some(zone) = zone(values[4])? else {
        return null;
    };
    let (Some(year), Some(second_part), Some(third_part)) = (
        integer(names[0], values[5])?,
        small(names[1], values[6])?,
        small(names[2], values[7])?,
    ) else {
        return null;
    };
    if !(1..=9999).contains(&year) {
        let message = format!(
            "'{}' must evaluate to an integer in the range 1 to 9999, found {year}",
            names[0]
        );
        return refuse(year_code, message);
    }
    let time = Time {
        hour,
        minute,
        second,
        millisecond,
    };
    let ms = instant(days(year, second_part, third_part), time, &zone)?;
    Ok(Some(RawValue::DateTime(ms)))
}

/// A part's integer; none if it is nullish.
fn integer(name: &str, value: Computed<'_>) -> Result<Option<i64>> {
    if is_nullish(value) {
        return Ok(None);
    }
    let integer = value.and_then(|value| value.as_integer());
    integer.map(Some).ok_or_else(|| {
        let text = value.map_or(String::new(), shell_text);
        let found = type_name(value);
        let message =
            format!("'{name}' must evaluate to an integer, found {found} with value {text}");
        error(40515, message)
    })
}

/// A part that must be of 16 bits.
fn small(name: &str, value: Computed<'_>) -> Result<Option<i64>> {
    let (least, most) = (i64::from(i16::MIN), i64::from(i16::MAX));
    match integer(name, value)? {
        Some(value) if !(least..=most).contains(&value) => {
            let message = format!(
                "'{name}' must evaluate to a value in the range [{least}, {most}]; value {value} is \
                 not in range"
            );
            refuse(31034, message)
        }
        value => Ok(value),
    }
}

fn compile_to_parts(
    compiler: &mut Compiler<'_>,
    name: &'static str,
    operand: RawValue<'_>,
) -> Result<Node> {
    let [date, zone, iso] = named(
        operand,
        ["date", "timezone", "iso8601"],
        |_| {
            error(
                40524,
                format!("{name} only supports an object as its argument"),
            )
        },
        |key| error(40520, format!("Unrecognized argument to {name}: {key}")),
    )?;
    let missing = || error(40522, format!("Missing 'date' parameter to {name}"));
    let operands = vec![
        compiler.operand(date.ok_or_else(missing)?)?,
        compiler.operand(zone.unwrap_or(DEFAULT_ZONE))?,
        compiler.operand(iso.unwrap_or(RawValue::Boolean(false)))?,
    ];
    Ok(compiler.call(name, to_parts, operands))
}

fn to_parts<'a>(
    _: &'static str,
    values: &[Computed<'a>],
    frame: Frame<'a>,
) -> Result<Computed<'a>> {
    let null = Ok(Some(RawValue::Null));
    let Some(zone) = zone(values[1])? else {
        return null;
    };
    let iso = match values[2] {
        value if is_nullish(value) => return null,
        Some(RawValue::Boolean(iso)) => iso,
        other => {
            let found = type_name(other);
            return refuse(
                40521,
                format!("iso8601 must evaluate to a bool, found {found}"),
            );
        }
    };
    if is_nullish(values[0]) {
        return null;
    }
    let local = Local::new(date(values[0])?, &zone);
    let dates = if iso {
        let (year, week) = local.iso_week();
        [
            ("isoWeekYear", year),
            ("isoWeek", week),
            ("isoDayOfWeek", local.iso_day_of_week()),
        ]
    } else {
        [
            ("year", local.year),
            ("month", local.month),
            ("day", local.day),
        ]
    };
    let times = [
        ("hour", local.hour()),
        ("minute", local.minute()),
        ("second", local.second()),
        ("millisecond", local.milliseconds),
    ];
    let mut parts = DocumentWriter::new();
    for (name, part) in dates.into_iter().chain(times) {
        parts.append(name, RawValue::Int32(part as i32))?;
    }
    Ok(Some(parts.finish(frame)))
}
