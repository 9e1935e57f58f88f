//! One value of a document, borrowed from its bytes, and the owned bytes of one value.

use super::element_type::{ElementType, length_at, nul_at, value_len};
use super::{Decimal128, Element, ObjectId, RawDoc, Text};

/// A value of any BSON type. Scalars are decoded, the rest is borrowed.
#[derive(Clone, Copy, Debug, PartialEq)]
#[allow(missing_docs)]
pub enum RawValue<'a> {
    Double(f64),
    String(Text<'a>),
    Document(RawDoc<'a>),
    Array(RawDoc<'a>),
    Binary {
        subtype: u8,
        bytes: &'a [u8],
    },
    Undefined,
    ObjectId(ObjectId),
    Boolean(bool),
    /// Milliseconds since 1970-01-01T00:00:00Z.
    DateTime(i64),
    Null,
    Regex {
        pattern: Text<'a>,
        options: Text<'a>,
    },
    DbPointer {
        namespace: Text<'a>,
        id: ObjectId,
    },
    JavaScript(Text<'a>),
    Symbol(Text<'a>),
    JavaScriptWithScope {
        code: Text<'a>,
        scope: RawDoc<'a>,
    },
    Int32(i32),
    Timestamp {
        time: u32,
        increment: u32,
    },
    Int64(i64),
    Decimal128(Decimal128),
    MinKey,
    MaxKey,
}

impl<'a> RawValue<'a> {
    /// The value of type `kind` that starts at `bytes`; none if the bytes are damaged.
    #[inline]
    pub fn decode(kind: u8, bytes: &'a [u8]) -> Option<RawValue<'a>> {
        Some(match ElementType::from_byte(kind)? {
            ElementType::Double => RawValue::Double(f64::from_le_bytes(*bytes.first_chunk()?)),
            ElementType::String => RawValue::String(string_at(bytes)?),
            ElementType::Document => RawValue::Document(document_at(bytes)?),
            ElementType::Array => RawValue::Array(document_at(bytes)?),
            ElementType::Binary => binary_at(bytes)?,
            ElementType::Undefined => RawValue::Undefined,
            ElementType::ObjectId => RawValue::ObjectId(ObjectId(*bytes.first_chunk()?)),
            ElementType::Boolean => RawValue::Boolean(*bytes.first()? != 0),
            ElementType::DateTime => RawValue::DateTime(i64::from_le_bytes(*bytes.first_chunk()?)),
            ElementType::Null => RawValue::Null,
            ElementType::Regex => {
                let pattern = nul_at(bytes)?;
                let rest = bytes.get(pattern + 1..)?;
                let options = rest.get(..nul_at(rest)?)?;
                let pattern = Text::from_bytes(bytes.get(..pattern)?);
                RawValue::Regex {
                    pattern,
                    options: Text::from_bytes(options),
                }
            }
            ElementType::DbPointer => {
                let namespace = string_at(bytes)?;
                let id = bytes.get(namespace.len() + 5..)?.first_chunk()?;
                RawValue::DbPointer {
                    namespace,
                    id: ObjectId(*id),
                }
            }
            ElementType::JavaScript => RawValue::JavaScript(string_at(bytes)?),
            ElementType::Symbol => RawValue::Symbol(string_at(bytes)?),
            ElementType::JavaScriptWithScope => {
                let whole = bytes.get(..length_at(bytes)?)?;
                let code = string_at(whole.get(4..)?)?;
                let scope = document_at(whole.get(code.len() + 9..)?)?;
                RawValue::JavaScriptWithScope { code, scope }
            }
            ElementType::Int32 => RawValue::Int32(i32::from_le_bytes(*bytes.first_chunk()?)),
            ElementType::Timestamp => {
                let bits = u64::from_le_bytes(*bytes.first_chunk()?);
                RawValue::Timestamp {
                    time: (bits >> 32) as u32,
                    increment: bits as u32,
                }
            }
            ElementType::Int64 => RawValue::Int64(i64::from_le_bytes(*bytes.first_chunk()?)),
            ElementType::Decimal128 => RawValue::Decimal128(Decimal128(*bytes.first_chunk()?)),
            ElementType::MaxKey => RawValue::MaxKey,
            ElementType::MinKey => RawValue::MinKey,
        })
    }

    /// The type.
    #[inline]
    pub fn element_type(&self) -> ElementType {
        match self {
            RawValue::Double(_) => ElementType::Double,
            RawValue::String(_) => ElementType::String,
            RawValue::Document(_) => ElementType::Document,
            RawValue::Array(_) => ElementType::Array,
            RawValue::Binary { .. } => ElementType::Binary,
            RawValue::Undefined => ElementType::Undefined,
            RawValue::ObjectId(_) => ElementType::ObjectId,
            RawValue::Boolean(_) => ElementType::Boolean,
            RawValue::DateTime(_) => ElementType::DateTime,
            RawValue::Null => ElementType::Null,
            RawValue::Regex { .. } => ElementType::Regex,
            RawValue::DbPointer { .. } => ElementType::DbPointer,
            RawValue::JavaScript(_) => ElementType::JavaScript,
            RawValue::Symbol(_) => ElementType::Symbol,
            RawValue::JavaScriptWithScope { .. } => ElementType::JavaScriptWithScope,
            RawValue::Int32(_) => ElementType::Int32,
            RawValue::Timestamp { .. } => ElementType::Timestamp,
            RawValue::Int64(_) => ElementType::Int64,
            RawValue::Decimal128(_) => ElementType::Decimal128,
            RawValue::MinKey => ElementType::MinKey,
            RawValue::MaxKey => ElementType::MaxKey,
        }
    }

    /// MongoDB's alias of the type: "double", "string", "object", ...
    pub fn type_name(&self) -> &'static str {
        self.element_type().name()
    }

    /// MongoDB's number of the type, as `$type` takes it.
    pub fn type_number(&self) -> i32 {
        self.element_type().number()
    }

    /// Whether the value is an int, a long, a double or a decimal.
    pub fn is_number(&self) -> bool {
        use RawValue::*;
        matches!(self, Int32(_) | Int64(_) | Double(_) | Decimal128(_))
    }

    /// The text of a string.
    pub fn as_str(&self) -> Option<&'a str> {
        match self {
            RawValue::String(text) => Some(text.as_str()),
            _ => None,
        }
    }

    /// The embedded document (not an array).
    pub fn as_document(&self) -> Option<RawDoc<'a>> {
        match self {
            RawValue::Document(document) => Some(*document),
            _ => None,
        }
    }

    /// The array.
    pub fn as_array(&self) -> Option<RawDoc<'a>> {
        match self {
            RawValue::Array(array) => Some(*array),
            _ => None,
        }
    }

    /// The boolean.
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            RawValue::Boolean(value) => Some(*value),
            _ => None,
        }
    }

    /// The number, if it is of any numeric type and integral and fits: what options such as
    /// `limit` and an index's direction take.
    pub fn as_integer(&self) -> Option<i64> {
        match self {
            RawValue::Int32(value) => Some((*value).into()),
            RawValue::Int64(value) => Some(*value),
            RawValue::Double(value) => super::number::exact_i64(*value),
            RawValue::Decimal128(value) => value.to_i64_exact(),
            _ => None,
        }
    }

    /// What an `if` makes of the value, as MongoDB's options do: numbers by being non-zero, null
    /// and undefined as false, all else as true.
    pub fn truthy(&self) -> bool {
        match self {
            RawValue::Boolean(value) => *value,
            RawValue::Null | RawValue::Undefined => false,
            RawValue::Int32(value) => *value != 0,
            RawValue::Int64(value) => *value != 0,
            RawValue::Double(value) => *value != 0.0,
            RawValue::Decimal128(value) => !value.is_zero(),
            _ => true,
        }
    }

    /// Whether documents and arrays are nested more than `levels` deep in the value; a scalar has no
    /// level. Looks no deeper than that.
    pub fn is_deeper_than(&self, levels: usize) -> bool {
        match self {
            RawValue::Document(inner) | RawValue::Array(inner) => {
                levels == 0
                    || inner
                        .elements()
                        .filter(|element| element.is_nested())
                        .filter_map(super::Element::value)
                        .any(|value| value.is_deeper_than(levels - 1))
            }
            _ => false,
        }
    }

    /// Appends the value's bytes, without type and key.
    #[inline]
    pub fn write_to(&self, out: &mut Vec<u8>) {
        match self {
            RawValue::Double(value) => out.extend_from_slice(&value.to_le_bytes()),
            RawValue::String(text) | RawValue::JavaScript(text) | RawValue::Symbol(text) => {
                write_string(out, *text);
            }
            RawValue::Document(document) | RawValue::Array(document) => {
                out.extend_from_slice(document.as_bytes());
            }
            RawValue::Binary { subtype, bytes } => write_binary(out, *subtype, bytes),
            RawValue::ObjectId(id) => out.extend_from_slice(&id.0),
            RawValue::Boolean(value) => out.push(u8::from(*value)),
            RawValue::DateTime(value) | RawValue::Int64(value) => {
                out.extend_from_slice(&value.to_le_bytes());
            }
            RawValue::Regex { pattern, options } => {
                for text in [pattern, options] {
                    out.extend_from_slice(text.as_bytes());
                    out.push(0);
                }
            }
            RawValue::DbPointer { namespace, id } => {
                write_string(out, *namespace);
                out.extend_from_slice(&id.0);
            }
            RawValue::JavaScriptWithScope { code, scope } => {
                let len = code.len() + scope.as_bytes().len() + 9;
                out.extend_from_slice(&(len as u32).to_le_bytes());
                write_string(out, *code);
                out.extend_from_slice(scope.as_bytes());
            }
            RawValue::Int32(value) => out.extend_from_slice(&value.to_le_bytes()),
            RawValue::Timestamp { time, increment } => {
                let bits = u64::from(*time) << 32 | u64::from(*increment);
                out.extend_from_slice(&bits.to_le_bytes());
            }
            RawValue::Decimal128(value) => out.extend_from_slice(&value.0),
            RawValue::Undefined | RawValue::Null | RawValue::MinKey | RawValue::MaxKey => {}
        }
    }
}

impl<'a> From<&'a str> for RawValue<'a> {
    fn from(text: &'a str) -> RawValue<'a> {
        RawValue::String(text.into())
    }
}

/// Subtype 2, the old generic binary, carries its length a second time inside.
const OLD_BINARY: u8 = 2;

fn binary_at(bytes: &[u8]) -> Option<RawValue<'_>> {
    let length = length_at(bytes)?;
    let subtype = *bytes.get(4)?;
    let data = bytes.get(5..)?.get(..length)?;
    let data = if subtype == OLD_BINARY {
        data.get(4..)?
    } else {
        data
    };
    Some(RawValue::Binary {
        subtype,
        bytes: data,
    })
}

fn write_binary(out: &mut Vec<u8>, subtype: u8, bytes: &[u8]) {
    let len = bytes.len() as u32;
    if subtype == OLD_BINARY {
        out.extend_from_slice(&(len + 4).to_le_bytes());
        out.push(subtype);
        out.extend_from_slice(&len.to_le_bytes());
    } else {
        out.extend_from_slice(&len.to_le_bytes());
        out.push(subtype);
    }
    out.extend_from_slice(bytes);
}

fn string_at(bytes: &[u8]) -> Option<Text<'_>> {
    let length = length_at(bytes)?.checked_sub(1)?;
    Some(Text::from_bytes(bytes.get(4..)?.get(..length)?))
}

fn write_string(out: &mut Vec<u8>, text: Text<'_>) {
    out.extend_from_slice(&(text.len() as u32 + 1).to_le_bytes());
    out.extend_from_slice(text.as_bytes());
    out.push(0);
}

fn document_at(bytes: &[u8]) -> Option<RawDoc<'_>> {
    Some(RawDoc::trusted(bytes.get(..length_at(bytes)?)?))
}

/// One value with its own bytes: what outlives the document it was read from.
#[derive(Clone, PartialEq, Eq)]
pub struct RawValueBuf {
    kind: ElementType,
    bytes: Box<[u8]>,
}

impl RawValueBuf {
    /// A copy of `value`.
    pub fn new(value: RawValue<'_>) -> RawValueBuf {
        let mut bytes = Vec::new();
        value.write_to(&mut bytes);
        RawValueBuf {
            kind: value.element_type(),
            bytes: bytes.into(),
        }
    }

    /// Whether an element has the same type and bytes.
    #[inline]
    pub fn is_identical(&self, element: Element<'_>) -> bool {
        element.type_byte() == self.kind as u8 && element.value_bytes() == &*self.bytes
    }

    pub(crate) fn from_parts(kind: ElementType, bytes: Vec<u8>) -> RawValueBuf {
        RawValueBuf {
            kind,
            bytes: bytes.into(),
        }
    }

    /// The value.
    #[inline]
    pub fn as_raw(&self) -> RawValue<'_> {
        debug_assert_eq!(
            value_len(self.kind as u8, &self.bytes),
            Some(self.bytes.len())
        );
        RawValue::decode(self.kind as u8, &self.bytes).unwrap_or(RawValue::Null)
    }
}

impl From<RawValue<'_>> for RawValueBuf {
    fn from(value: RawValue<'_>) -> RawValueBuf {
        RawValueBuf::new(value)
    }
}

impl std::fmt::Debug for RawValueBuf {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.as_raw().fmt(f)
    }
}
