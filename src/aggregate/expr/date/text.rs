//! `$dateToString` and `$dateFromString`
//! ([manual](https://www.mongodb.com/docs/manual/reference/operator/aggregation/dateFromString/)).

use super::arguments::{DEFAULT_ZONE, date, zone};
use super::{format, read};
use crate::aggregate::expr::{
    Compiler, Computed, Entry, Frame, Node, Operator, error, is_nullish, named, refuse, type_name,
};
use crate::bson::RawValue;
use crate::error::{Code, Result};
use crate::query::explain::shell_text;

pub(in crate::aggregate::expr) const OPERATORS: &[Entry] = &[
    Entry::special("$dateToString", compile_to_string),
    Entry::special("$dateFromString", compile_from_string),
];

const NULL: Computed<'static> = Some(RawValue::Null);

/// An operand that may be left out.
fn optional(compiler: &mut Compiler<'_>, operand: Option<RawValue<'_>>) -> Result<Option<Node>> {
    operand.map(|operand| compiler.operand(operand)).transpose()
}

#[derive(Debug)]
struct ToString {
    date: Node,
    format: Option<Node>,
    zone: Node,
    on_null: Option<Node>,
}

fn compile_to_string(
    compiler: &mut Compiler<'_>,
    name: &'static str,
    operand: RawValue<'_>,
) -> Result<Node> {
    let [date, format, zone, on_null] = named(
        operand,
        ["date", "format", "timezone", "onNull"],
        |_| {
            error(
                18629,
                format!("{name} only supports an object as its argument"),
            )
        },
        |key| error(18534, format!("Unrecognized argument to {name}: {key}")),
    )?;
    let missing = || error(18628, format!("Missing 'date' parameter to {name}"));
    let operator = ToString {
        date: compiler.operand(date.ok_or_else(missing)?)?,
        format: optional(compiler, format)?,
        zone: compiler.operand(zone.unwrap_or(DEFAULT_ZONE))?,
        on_null: optional(compiler, on_null)?,
    };
    Ok(compiler.operator(operator))
}

impl Operator for ToString {
    fn evaluate<'a>(&'a self, frame: Frame<'a>) -> Result<Computed<'a>> {
        let value = self.date.evaluate(frame)?;
        let format = self
            .format
            .as_ref()
            .map(|format| format.evaluate(frame))
            .transpose()?;
        let format_text = match format {
            Some(Some(RawValue::String(text))) => {
                format::check_writable(text.as_str())?;
                Some(text.as_str())
            }
            Some(format) if !is_nullish(format) => {
                return refuse(18533, not_a_string("$dateToString", "format", format));
            }
            _ => None,
        };
        let zone = zone(self.zone.evaluate(frame)?)?;
        if is_nullish(value) {
            return self
                .on_null
                .as_ref()
                .map_or(Ok(NULL), |node| node.evaluate(frame));
        }
        let Some(zone) = zone else {
            return Ok(NULL);
        };
        let format = match (format, format_text) {
            (_, Some(format)) => format,
            (Some(_), None) => return Ok(NULL),
            (None, None) if zone.is_utc() => format::ISO_UTC,
            (None, None) => format::ISO_LOCAL,
        };
        let text = format::write(date(value)?, format, &zone)?;
        Ok(Some(frame.string(text)))
    }

    fn operands<'n>(&'n self, visit: &mut dyn FnMut(&'n Node)) {
        visit(&self.date);
        visit(&self.zone);
        self.format.iter().chain(&self.on_null).for_each(visit);
    }
}

#[derive(Debug)]
struct FromString {
    text: Node,
    format: Option<Node>,
    zone: Node,
    on_error: Option<Node>,
    on_null: Option<Node>,
}

fn compile_from_string(
    compiler: &mut Compiler<'_>,
    name: &'static str,
    operand: RawValue<'_>,
) -> Result<Node> {
    let [text, format, zone, on_error, on_null] = named(
        operand,
        ["dateString", "format", "timezone", "onError", "onNull"],
        |found| {
            let message = format!("{name} only supports an object as an argument, found: {found}");
            error(40540, message)
        },
        |key| error(40541, format!("Unrecognized argument to {name}: {key}")),
    )?;
    let missing = || error(40542, format!("Missing 'dateString' parameter to {name}"));
    let operator = FromString {
        text: compiler.operand(text.ok_or_else(missing)?)?,
        format: optional(compiler, format)?,
        zone: compiler.operand(zone.unwrap_or(DEFAULT_ZONE))?,
        on_error: optional(compiler, on_error)?,
        on_null: optional(compiler, on_null)?,
    };
    Ok(compiler.operator(operator))
}

impl Operator for FromString {
    fn evaluate<'a>(&'a self, frame: Frame<'a>) -> Result<Computed<'a>> {
        let text = self.text.evaluate(frame)?;
        let format = self
            .format
            .as_ref()
            .map(|format| format.evaluate(frame))
            .transpose()?;
        match format {
            Some(Some(RawValue::String(format))) => format::check_readable(format.as_str())?,
            Some(format) if !is_nullish(format) => {
                return refuse(40684, not_a_string("$dateFromString", "format", format));
            }
            _ => {}
        }
        let zone = zone(self.zone.evaluate(frame)?)?;
        if is_nullish(text) {
            return self
                .on_null
                .as_ref()
                .map_or(Ok(NULL), |node| node.evaluate(frame));
        }
        let date = match text {
            Some(RawValue::String(text)) => {
                let Some(zone) = zone else {
                    return Ok(NULL);
                };
                match format {
                    None => read::read_freely(text.as_str(), &zone),
                    Some(Some(RawValue::String(format))) => {
                        read::read_by_format(text.as_str(), format.as_str(), &zone)
                    }
                    Some(_) => return Ok(NULL),
                }
            }
            other => Err(read::failure(not_a_string(
                "$dateFromString",
                "dateString",
                other,
            ))),
        };
        match (date, &self.on_error) {
            (Ok(ms), _) => Ok(Some(RawValue::DateTime(ms))),
            (Err(error), Some(on_error)) if error.code() == Code::CONVERSION_FAILURE => {
                on_error.evaluate(frame)
            }
            (Err(error), _) => Err(error),
        }
    }

    fn operands<'n>(&'n self, visit: &mut dyn FnMut(&'n Node)) {
        visit(&self.text);
        visit(&self.zone);
        self.format
            .iter()
            .chain(&self.on_error)
            .chain(&self.on_null)
            .for_each(visit);
    }
}

fn not_a_string(operator: &str, parameter: &str, value: Computed<'_>) -> String {
    let (found, text) = (type_name(value), value.map_or(String::new(), shell_text));
    format!("{operator} requires that '{parameter}' be a string, found: {found} with value {text}")
}
