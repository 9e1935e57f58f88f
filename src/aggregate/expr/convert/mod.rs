//! `$convert` and its short forms `$toBool`, `$toDate`, `$toDecimal`, `$toDouble`, `$toInt`, `$toLong`,
//! `$toObjectId`, `$toString`, `$toUUID`
//! ([manual](https://www.mongodb.com/docs/manual/reference/operator/aggregation/convert/)).
//!
//! What cannot be converted is a `ConversionFailure`, which `onError` catches; arguments that make no
//! sense for any value are refused with codes of their own.

mod binary;
mod number;
mod options;
#[cfg(test)]
mod tests;
mod text;

use self::options::{ByteOrder, Format, Options, Target};
use super::{
    Compiler, Computed, Entry, Frame, Node, Operator, date, is_nullish, named, refuse, type_name,
};
use crate::bson::{ElementType, ObjectId, RawValue};
use crate::error::{Code, Error, Result};

pub(super) const OPERATORS: &[Entry] = &[
    Entry::special("$convert", compile),
    Entry::special("$toBool", |c, n, o| {
        compile_short(c, n, o, ElementType::Boolean)
    }),
    Entry::special("$toDate", |c, n, o| {
        compile_short(c, n, o, ElementType::DateTime)
    }),
    Entry::special("$toDecimal", |c, n, o| {
        compile_short(c, n, o, ElementType::Decimal128)
    }),
    Entry::special("$toDouble", |c, n, o| {
        compile_short(c, n, o, ElementType::Double)
    }),
    Entry::special("$toInt", |c, n, o| {
        compile_short(c, n, o, ElementType::Int32)
    }),
    Entry::special("$toLong", |c, n, o| {
        compile_short(c, n, o, ElementType::Int64)
    }),
    Entry::special("$toObjectId", |c, n, o| {
        compile_short(c, n, o, ElementType::ObjectId)
    }),
    Entry::special("$toString", |c, n, o| {
        compile_short(c, n, o, ElementType::String)
    }),
    Entry::special("$toUUID", |c, n, o| {
        compile_short(c, n, o, ElementType::Binary)
    }),
];

/// A value that cannot be converted.
fn failure(message: impl Into<String>) -> Error {
    Error::query(Code::CONVERSION_FAILURE, message)
}

/// `$convert` as it is written.
#[derive(Debug)]
struct Convert {
    input: Node,
    to: Node,
    base: Option<Node>,
    format: Option<Node>,
    byte_order: Option<Node>,
    on_error: Option<Node>,
    on_null: Option<Node>,
}

fn compile(compiler: &mut Compiler<'_>, name: &'static str, operand: RawValue<'_>) -> Result<Node> {
    let refused = |message: String| Error::query(Code::FAILED_TO_PARSE, message);
    let [input, to, base, format, byte_order, on_error, on_null] = named(
        operand,
        [
            "input",
            "to",
            "base",
            "format",
            "byteOrder",
            "onError",
            "onNull",
        ],
        |found| {
            refused(format!(
                "{name} expects an object of named arguments but found: {found}"
            ))
        },
        |key| refused(format!("{name} found an unknown argument: {key}")),
    )?;
    let missing = |what| refused(format!("Missing '{what}' parameter to {name}"));
    let mut optional = |operand: Option<RawValue<'_>>| {
        operand.map(|operand| compiler.operand(operand)).transpose()
    };
    let convert = Convert {
        base: optional(base)?,
        format: optional(format)?,
        byte_order: optional(byte_order)?,
        on_error: optional(on_error)?,
        on_null: optional(on_null)?,
        input: compiler.operand(input.ok_or_else(|| missing("input"))?)?,
        to: compiler.operand(to.ok_or_else(|| missing("to"))?)?,
    };
    Ok(compiler.operator(convert))
}

impl Operator for Convert {
    fn evaluate<'a>(&'a self, frame: Frame<'a>) -> Result<Computed<'a>> {
        let to = self.to.evaluate(frame)?;
        let input = self.input.evaluate(frame)?;
        let optional = |node: &'a Option<Node>| match node {
            Some(node) => node.evaluate(frame),
            None => Ok(None),
        };
        let (base, format) = (optional(&self.base)?, optional(&self.format)?);
        let byte_order = optional(&self.byte_order)?;
        let target = Target::parse(to)?;
        let Some(input) = input.filter(|_| !is_nullish(input)) else {
            return match &self.on_null {
                Some(node) => node.evaluate(frame),
                None => Ok(Some(RawValue::Null)),
            };
        };
        let Some(target) = target else {
            return Ok(Some(RawValue::Null));
        };
        let options = Options {
            base: options::base(base)?,
            format: options::format(format)?,
            byte_order: options::byte_order(byte_order)?,
        };
        match (converted(input, target, &options, frame), &self.on_error) {
            (Err(error), Some(on_error)) if error.code() == Code::CONVERSION_FAILURE => {
                on_error.evaluate(frame)
            }
            (result, _) => result.map(Some),
        }
    }

    fn operands<'n>(&'n self, visit: &mut dyn FnMut(&'n Node)) {
        visit(&self.input);
        visit(&self.to);
        let optional = [
            &self.base,
            &self.format,
            &self.byte_order,
            &self.on_error,
            &self.on_null,
        ];
        optional.into_iter().flatten().for_each(visit);
    }
}

/// `$toInt` and its like.
#[derive(Debug)]
struct Short {
    input: Node,
    to: ElementType,
}

fn compile_short(
    compiler: &mut Compiler<'_>,
    name: &'static str,
    operand: RawValue<'_>,
    to: ElementType,
) -> Result<Node> {
    let mut arguments = compiler.arguments(operand)?;
    match arguments.pop() {
        Some(input) if arguments.is_empty() => Ok(compiler.operator(Short { input, to })),
        popped => {
            let count = arguments.len() + usize::from(popped.is_some());
            refuse(
                50723,
                format!("{name} requires a single argument, got {count}"),
            )
        }
    }
}

impl Operator for Short {
    fn evaluate<'a>(&'a self, frame: Frame<'a>) -> Result<Computed<'a>> {
        let input = self.input.evaluate(frame)?;
        let Some(input) = input.filter(|_| !is_nullish(input)) else {
            return Ok(Some(RawValue::Null));
        };
        // A binary is a UUID here.
        let (format, subtype) = match self.to {
            ElementType::Binary => (Format::Uuid, RawValue::Int32(options::UUID.into())),
            _ => (Format::Auto, options::DEFAULT_SUBTYPE),
        };
        let options = Options {
            base: None,
            format: Some(format),
            byte_order: ByteOrder::Little,
        };
        let target = Target {
            kind: Some(self.to),
            subtype,
        };
        converted(input, target, &options, frame).map(Some)
    }

    fn operands<'n>(&'n self, visit: &mut dyn FnMut(&'n Node)) {
        visit(&self.input);
    }
}

/// The value as the target's type. It is not nullish.
fn converted<'a>(
    value: RawValue<'a>,
    target: Target<'_>,
    options: &Options,
    frame: Frame<'a>,
) -> Result<RawValue<'a>> {
    let unsupported = || {
        let to = target.kind.map_or("missing", ElementType::name);
        let from = value.type_name();
        failure(format!(
            "Unsupported conversion from {from} to {to} in $convert with no onError value"
        ))
    };
    match target.kind {
        Some(ElementType::Boolean) => Ok(RawValue::Boolean(value.truthy())),
        Some(ElementType::Int32) => {
            number::to_int(value, options).unwrap_or_else(|| Err(unsupported()))
        }
        Some(ElementType::Int64) => {
            number::to_long(value, options).unwrap_or_else(|| Err(unsupported()))
        }
        Some(ElementType::Double) => {
            number::to_double(value, options).unwrap_or_else(|| Err(unsupported()))
        }
        Some(ElementType::Decimal128) => {
            number::to_decimal(value, options).unwrap_or_else(|| Err(unsupported()))
        }
        Some(ElementType::String) => {
            text::to_string(value, options, frame).unwrap_or_else(|| Err(unsupported()))
        }
        Some(ElementType::Binary) => {
            binary::to_binary(value, target, options, frame).unwrap_or_else(|| Err(unsupported()))
        }
        Some(ElementType::DateTime) => to_date(value).unwrap_or_else(|| Err(unsupported())),
        Some(ElementType::ObjectId) => to_object_id(value).unwrap_or_else(|| Err(unsupported())),
        _ => Err(unsupported()),
    }
}

/// None if the type has no dates in it. An int is none: it ends in 1970.
fn to_date(value: RawValue<'_>) -> Option<Result<RawValue<'_>>> {
    if let Some(ms) = date::as_date(value) {
        return Some(Ok(RawValue::DateTime(ms)));
    }
    let ms = match value {
        RawValue::String(text) => date::from_text(text.as_str()),
        RawValue::Int64(ms) => Ok(ms),
        RawValue::Double(_) | RawValue::Decimal128(_) => {
            number::truncated(value, i64::MIN, i64::MAX)
        }
        _ => return None,
    };
    Some(ms.map(RawValue::DateTime))
}

fn to_object_id(value: RawValue<'_>) -> Option<Result<RawValue<'_>>> {
    match value {
        RawValue::ObjectId(_) => Some(Ok(value)),
        RawValue::String(text) => {
            let id = ObjectId::from_hex(text.as_bytes()).ok_or_else(|| {
                let reason = if text.len() == 24 {
                    "Invalid character found in hex string".to_string()
                } else {
                    let length = text.len();
                    format!(
                        "Invalid string length for parsing to OID, expected 24 but found {length}"
                    )
                };
                failure(format!(
                    "Failed to parse objectId '{text}' in $convert with no onError value: {reason}"
                ))
            });
            Some(id.map(RawValue::ObjectId))
        }
        _ => None,
    }
}
