//! `$dateAdd`, `$dateSubtract`, `$dateDiff`, `$dateTrunc`
//! ([manual](https://www.mongodb.com/docs/manual/reference/operator/aggregation/dateAdd/)).

use super::arguments::{DEFAULT_START_OF_WEEK, DEFAULT_ZONE, as_date, start_of_week, unit, zone};
use super::math;
use super::unit::Unit;
use crate::aggregate::expr::{
    Compiler, Computed, Entry, Frame, Function, Node, error, is_nullish, named, refuse, type_name,
};
use crate::bson::RawValue;
use crate::error::Result;
use crate::query::explain::shell_text;

pub(in crate::aggregate::expr) const OPERATORS: &[Entry] = &[
    Entry::special("$dateAdd", |c, n, o| compile_add(c, n, o, add)),
    Entry::special("$dateSubtract", |c, n, o| compile_add(c, n, o, subtract)),
    Entry::special("$dateDiff", compile_difference),
    Entry::special("$dateTrunc", compile_truncate),
];

const NULL: Computed<'static> = Some(RawValue::Null);

fn compile_add(
    compiler: &mut Compiler<'_>,
    name: &'static str,
    operand: RawValue<'_>,
    function: Function,
) -> Result<Node> {
    let [start, unit, amount, zone] = named(
        operand,
        ["startDate", "unit", "amount", "timezone"],
        |_| error(5166400, format!("{name} expects an object as its argument")),
        |key| {
            let message = format!(
                "Unrecognized argument to {name}: {key}. Expected arguments are startDate, unit, \
                 amount, and optionally timezone."
            );
            error(5166401, message)
        },
    )?;
    let (Some(start), Some(unit), Some(amount)) = (start, unit, amount) else {
        return refuse(
            5166402,
            format!("{name} requires startDate, unit, and amount to be present"),
        );
    };
    let zone = zone.unwrap_or(DEFAULT_ZONE);
    let operands = [start, unit, amount, zone].map(|operand| compiler.operand(operand));
    Ok(compiler.call(name, function, operands.into_iter().collect::<Result<_>>()?))
}

fn add<'a>(name: &'static str, values: &[Computed<'a>], _: Frame<'a>) -> Result<Computed<'a>> {
    moved(name, values, Ok)
}

fn subtract<'a>(name: &'static str, values: &[Computed<'a>], _: Frame<'a>) -> Result<Computed<'a>> {
    moved(name, values, |amount: i64| {
        amount.checked_neg().ok_or_else(|| {
            error(
                6045000,
                format!("invalid {name} 'amount' parameter value: {amount}"),
            )
        })
    })
}

fn moved<'a>(
    name: &str,
    values: &[Computed<'a>],
    signed: impl FnOnce(i64) -> Result<i64>,
) -> Result<Computed<'a>> {
    let &[start, unit_name, amount, zone_name] = values else {
        return Ok(NULL);
    };
    if is_nullish(start) {
        return Ok(NULL);
    }
    let Some(unit) = unit(name, unit_name)? else {
        return Ok(NULL);
    };
    if is_nullish(amount) {
        return Ok(NULL);
    }
    let Some(zone) = zone(zone_name)? else {
        return Ok(NULL);
    };
    let start = start.and_then(as_date).ok_or_else(|| {
        error(
            5166403,
            format!("{name} requires startDate to be convertible to a date"),
        )
    })?;
    let amount = amount
        .and_then(|amount| amount.as_integer())
        .ok_or_else(|| {
            error(
                5166405,
                format!("{name} expects integer amount of time units"),
            )
        })?;
    let sum = math::add(start, unit, signed(amount)?, &zone)?;
    Ok(Some(RawValue::DateTime(sum)))
}

fn compile_difference(
    compiler: &mut Compiler<'_>,
    name: &'static str,
    operand: RawValue<'_>,
) -> Result<Node> {
    let [start, end, unit, zone, week] = named(
        operand,
        ["startDate", "endDate", "unit", "timezone", "startOfWeek"],
        |_| {
            error(
                5166301,
                format!("{name} only supports an object as its argument"),
            )
        },
        |key| error(5166302, format!("Unrecognized argument to {name}: {key}")),
    )?;
    let missing = |code, what| error(code, format!("Missing '{what}' parameter to {name}"));
    let operands = vec![
        compiler.operand(start.ok_or_else(|| missing(5166303, "startDate"))?)?,
        compiler.operand(end.ok_or_else(|| missing(5166304, "endDate"))?)?,
        compiler.operand(unit.ok_or_else(|| missing(5166305, "unit"))?)?,
        compiler.operand(zone.unwrap_or(DEFAULT_ZONE))?,
        compiler.operand(week.unwrap_or(DEFAULT_START_OF_WEEK))?,
    ];
    Ok(compiler.call(name, difference, operands))
}

fn difference<'a>(
    name: &'static str,
    values: &[Computed<'a>],
    _: Frame<'a>,
) -> Result<Computed<'a>> {
    let &[start, end, unit_name, zone_name, week] = values else {
        return Ok(NULL);
    };
    if is_nullish(start) || is_nullish(end) {
        return Ok(NULL);
    }
    let Some(unit) = unit(name, unit_name)? else {
        return Ok(NULL);
    };
    let Some(week) = week_of(name, unit, week)? else {
        return Ok(NULL);
    };
    let Some(zone) = zone_of(name, zone_name)? else {
        return Ok(NULL);
    };
    let (start, end) = (
        date_of(name, "startDate", start)?,
        date_of(name, "endDate", end)?,
    );
    let difference = math::difference(start, end, unit, &zone, week)?;
    Ok(Some(RawValue::Int64(difference)))
}

fn compile_truncate(
    compiler: &mut Compiler<'_>,
    name: &'static str,
    operand: RawValue<'_>,
) -> Result<Node> {
    let [date, unit, bin, zone, week] = named(
        operand,
        ["date", "unit", "binSize", "timezone", "startOfWeek"],
        |_| {
            error(
                5439007,
                format!("{name} only supports an object as its argument"),
            )
        },
        |key| {
            let message = format!(
                "Unrecognized argument to {name}: {key}. Expected arguments are date, unit, and \
                 optionally, binSize, timezone, startOfWeek"
            );
            error(5439008, message)
        },
    )?;
    let missing = |code, what| error(code, format!("Missing '{what}' parameter to {name}"));
    let operands = vec![
        compiler.operand(date.ok_or_else(|| missing(5439009, "date"))?)?,
        compiler.operand(unit.ok_or_else(|| missing(5439010, "unit"))?)?,
        compiler.operand(bin.unwrap_or(RawValue::Int32(1)))?,
        compiler.operand(zone.unwrap_or(DEFAULT_ZONE))?,
        compiler.operand(week.unwrap_or(DEFAULT_START_OF_WEEK))?,
    ];
    Ok(compiler.call(name, truncate, operands))
}

fn truncate<'a>(name: &'static str, values: &[Computed<'a>], _: Frame<'a>) -> Result<Computed<'a>> {
    let &[date, unit_name, bin, zone_name, week] = values else {
        return Ok(NULL);
    };
    if is_nullish(date) || is_nullish(bin) {
        return Ok(NULL);
    }
    let bin = bin_size(name, bin)?;
    let Some(unit) = unit(name, unit_name)? else {
        return Ok(NULL);
    };
    let Some(week) = week_of(name, unit, week)? else {
        return Ok(NULL);
    };
    let Some(zone) = zone_of(name, zone_name)? else {
        return Ok(NULL);
    };
    let start = math::truncate(date_of(name, "date", date)?, unit, bin, &zone, week)?;
    Ok(Some(RawValue::DateTime(start)))
}

fn bin_size(name: &str, value: Computed<'_>) -> Result<i64> {
    let Some(size) = value.and_then(|value| value.as_integer()) else {
        let (text, found) = (value.map_or(String::new(), shell_text), type_name(value));
        let message = format!(
            "{name} requires 'binSize' to be a 64-bit integer, but got value '{text}' of type {found}"
        );
        return refuse(5439017, message);
    };
    if size <= 0 {
        let message =
            format!("{name} requires 'binSize' to be greater than 0, but got value {size}");
        return refuse(5439018, message);
    }
    Ok(size)
}

/// Where weeks begin, which matters, and is checked, only where weeks are counted.
fn week_of(name: &str, unit: Unit, value: Computed<'_>) -> Result<Option<i64>> {
    if unit == Unit::Week {
        start_of_week(name, value)
    } else {
        start_of_week(name, Some(DEFAULT_START_OF_WEEK))
    }
}

fn zone_of(name: &str, value: Computed<'_>) -> Result<Option<super::zone::Zone>> {
    zone(value).map_err(|error| {
        error.context(format!(
            "{name} parameter 'timezone' value parsing failed :: caused by :"
        ))
    })
}

fn date_of(name: &str, parameter: &str, value: Computed<'_>) -> Result<i64> {
    value.and_then(as_date).ok_or_else(|| {
        let found = type_name(value);
        error(
            5166307,
            format!("{name} requires '{parameter}' to be a date, but got {found}"),
        )
    })
}
