//! The arguments of `$convert` that say how.

use super::{is_nullish, refuse, type_name};
use crate::aggregate::expr::Computed;
use crate::bson::{ElementType, RawValue};
use crate::error::{Code, Error, Result};
use crate::query::explain::shell_text;

/// The subtype of UUIDs.
pub(super) const UUID: u8 = 4;

pub(super) const DEFAULT_SUBTYPE: RawValue<'static> = RawValue::Int32(0);

/// What to convert to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Target<'a> {
    /// None is "missing", which `$type` may say and nothing can be converted to.
    pub(super) kind: Option<ElementType>,
    /// Of a binary; looked at only there.
    pub(super) subtype: RawValue<'a>,
}

/// How to convert.
#[derive(Clone, Copy, Debug)]
pub(super) struct Options {
    /// Of a number's digits: 2, 8, 10 or 16.
    pub(super) base: Option<u32>,
    pub(super) format: Option<Format>,
    pub(super) byte_order: ByteOrder,
}

/// How a binary is written as text.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Format {
    Auto,
    Base64,
    Base64Url,
    Hex,
    Utf8,
    Uuid,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum ByteOrder {
    Little,
    Big,
}

const FORMATS: [(&str, Format); 6] = [
    ("auto", Format::Auto),
    ("base64", Format::Base64),
    ("base64url", Format::Base64Url),
    ("hex", Format::Hex),
    ("utf8", Format::Utf8),
    ("uuid", Format::Uuid),
];

impl<'a> Target<'a> {
    /// A type's alias or number, or a document of `type` and `subtype`; none if it is nullish.
    pub(super) fn parse(to: Computed<'a>) -> Result<Option<Target<'a>>> {
        let Some(to) = to.filter(|_| !is_nullish(to)) else {
            return Ok(None);
        };
        let (kind, subtype) = match to {
            RawValue::Document(document) => (document.get("type"), document.get("subtype")),
            to => (Some(to), None),
        };
        let kind = parse_type(kind)?;
        let subtype = subtype.unwrap_or(DEFAULT_SUBTYPE);
        Ok(Some(Target { kind, subtype }))
    }

    /// The subtype's number.
    pub(super) fn subtype(self) -> Result<u8> {
        if !self.subtype.is_number() {
            let found = self.subtype.type_name();
            let message = format!(
                "For BinData, $convert's 'subtype' argument must be a number, but is {found}"
            );
            return refuse(4341108, message);
        }
        let Some(number) = self.subtype.as_integer() else {
            return refuse(
                4341106,
                "In $convert, numeric 'subtype' argument is not an integer",
            );
        };
        match u8::try_from(number) {
            Ok(subtype) if subtype <= 9 || subtype >= 128 => Ok(subtype),
            _ => {
                let message = format!(
                    "In $convert, numeric value for 'subtype' does not correspond to a BinData type: {number}"
                );
                refuse(4341107, message)
            }
        }
    }
}

fn parse_type(value: Computed<'_>) -> Result<Option<ElementType>> {
    let refused = |message: String| Err(Error::query(Code::FAILED_TO_PARSE, message));
    match value {
        Some(RawValue::String(text)) if text == "missing" => Ok(None),
        Some(RawValue::String(text)) => match type_where(|kind| kind.name() == text.as_str()) {
            Some(kind) => Ok(Some(kind)),
            None => {
                let message = format!("Unknown type name: {text}");
                Err(Error::query(Code::BAD_VALUE, message))
            }
        },
        Some(number) if number.is_number() => {
            let Some(code) = number.as_integer() else {
                return refused("In $convert, numeric 'to' argument is not an integer".into());
            };
            match type_where(|kind| i64::from(kind.number()) == code) {
                Some(kind) => Ok(Some(kind)),
                // The server's number of "missing".
                None if code == 0 => Ok(None),
                None => refused(format!(
                    "In $convert, numeric value for 'to' does not correspond to a BSON type: {code}"
                )),
            }
        }
        other => {
            let found = type_name(other);
            refused(format!(
                "$convert's 'to' argument must be a string or number, but is {found}"
            ))
        }
    }
}

fn type_where(holds: impl Fn(&ElementType) -> bool) -> Option<ElementType> {
    let mut kinds = (0..=u8::MAX).filter_map(ElementType::from_byte);
    kinds.find(holds)
}

pub(super) fn base(value: Computed<'_>) -> Result<Option<u32>> {
    if is_nullish(value) {
        return Ok(None);
    }
    match value.and_then(|value| value.as_integer()) {
        None => refuse(3501300, "In $convert, 'base' argument is not an integer"),
        Some(base @ (2 | 8 | 10 | 16)) => Ok(Some(base as u32)),
        Some(_) => refuse(3501301, "In $convert, 'base' argument is not a valid base"),
    }
}

pub(super) fn format(value: Computed<'_>) -> Result<Option<Format>> {
    let Some(text) = string("format", 4341114, value)? else {
        return Ok(None);
    };
    match FORMATS.iter().find(|(name, _)| *name == text) {
        Some((_, format)) => Ok(Some(*format)),
        None => refuse(
            4341125,
            format!("Invalid 'format' argument for $convert: {text}"),
        ),
    }
}

pub(super) fn byte_order(value: Computed<'_>) -> Result<ByteOrder> {
    match string("byteOrder", 9130001, value)? {
        None | Some("little") => Ok(ByteOrder::Little),
        Some("big") => Ok(ByteOrder::Big),
        Some(text) => refuse(
            9130002,
            format!("Invalid 'byteOrder' argument for $convert: {text}"),
        ),
    }
}

fn string<'a>(what: &str, code: i32, value: Computed<'a>) -> Result<Option<&'a str>> {
    match value {
        value if is_nullish(value) => Ok(None),
        Some(RawValue::String(text)) => Ok(Some(text.as_str())),
        other => {
            let (found, text) = (type_name(other), other.map_or(String::new(), shell_text));
            let message = format!(
                "$convert requires that '{what}' be a string, found: {found} with value {text}"
            );
            refuse(code, message)
        }
    }
}
