//! The owned value: a tree that can be edited. For small documents; large ones stay raw.

use super::builder::{patch_length, push_index};
use super::{Decimal128, Document, ElementType, ObjectId, RawValue, RawValueBuf, Text};
use crate::error::{Code, Error, Result, Status};

/// Trees are walked and dropped by recursion, so their depth is bounded. Twice what a stored
/// document may have: results wrap documents a few levels deeper.
const MAX_TREE_DEPTH: usize = 2 * super::MAX_DEPTH;

/// A value of any BSON type.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs)]
pub enum Value {
    Double(f64),
    String(String),
    Document(Document),
    Array(Vec<Value>),
    Binary {
        subtype: u8,
        bytes: Vec<u8>,
    },
    Undefined,
    ObjectId(ObjectId),
    Boolean(bool),
    /// Milliseconds since 1970-01-01T00:00:00Z.
    DateTime(i64),
    Null,
    Regex {
        pattern: String,
        options: String,
    },
    DbPointer {
        namespace: String,
        id: ObjectId,
    },
    JavaScript(String),
    Symbol(String),
    JavaScriptWithScope {
        code: String,
        scope: Document,
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

impl Value {
    /// The tree of a raw value. Fails only if it is nested deeper than any valid document.
    pub fn from_raw(value: RawValue<'_>) -> Result<Value> {
        Value::from_raw_at(value, 0)
    }

    pub(super) fn from_raw_at(value: RawValue<'_>, depth: usize) -> Result<Value> {
        if depth > MAX_TREE_DEPTH {
            let message = format!("the value is nested deeper than {MAX_TREE_DEPTH} levels");
            return Err(Error::new(Status::Json, Code::OVERFLOW, message));
        }
        Ok(match value {
            RawValue::Double(value) => Value::Double(value),
            RawValue::String(text) => Value::String(owned(text)),
            RawValue::Document(document) => {
                Value::Document(Document::from_raw_at(document, depth + 1)?)
            }
            RawValue::Array(array) => {
                let values = array
                    .iter()
                    .map(|(_, value)| Value::from_raw_at(value, depth + 1));
                Value::Array(values.collect::<Result<_>>()?)
            }
            RawValue::Binary { subtype, bytes } => Value::Binary {
                subtype,
                bytes: bytes.into(),
            },
            RawValue::Undefined => Value::Undefined,
            RawValue::ObjectId(id) => Value::ObjectId(id),
            RawValue::Boolean(value) => Value::Boolean(value),
            RawValue::DateTime(value) => Value::DateTime(value),
            RawValue::Null => Value::Null,
            RawValue::Regex { pattern, options } => Value::Regex {
                pattern: owned(pattern),
                options: sorted(options),
            },
            RawValue::DbPointer { namespace, id } => Value::DbPointer {
                namespace: owned(namespace),
                id,
            },
            RawValue::JavaScript(code) => Value::JavaScript(owned(code)),
            RawValue::Symbol(text) => Value::Symbol(owned(text)),
            RawValue::JavaScriptWithScope { code, scope } => Value::JavaScriptWithScope {
                code: owned(code),
                scope: Document::from_raw_at(scope, depth + 1)?,
            },
            RawValue::Int32(value) => Value::Int32(value),
            RawValue::Timestamp { time, increment } => Value::Timestamp { time, increment },
            RawValue::Int64(value) => Value::Int64(value),
            RawValue::Decimal128(value) => Value::Decimal128(value),
            RawValue::MinKey => Value::MinKey,
            RawValue::MaxKey => Value::MaxKey,
        })
    }

    /// The value as bytes that can be read as a [`RawValue`].
    pub fn to_raw(&self) -> RawValueBuf {
        let mut bytes = Vec::new();
        self.write_to(&mut bytes);
        RawValueBuf::from_parts(self.element_type(), bytes)
    }

    /// The raw form of anything but documents and arrays, which have no bytes yet.
    fn as_scalar(&self) -> RawValue<'_> {
        match self {
            Value::Double(value) => RawValue::Double(*value),
            Value::String(text) => RawValue::String(text.as_str().into()),
            Value::Binary { subtype, bytes } => RawValue::Binary {
                subtype: *subtype,
                bytes,
            },
            Value::Undefined => RawValue::Undefined,
            Value::ObjectId(id) => RawValue::ObjectId(*id),
            Value::Boolean(value) => RawValue::Boolean(*value),
            Value::DateTime(value) => RawValue::DateTime(*value),
            Value::Regex { pattern, options } => RawValue::Regex {
                pattern: pattern.as_str().into(),
                options: options.as_str().into(),
            },
            Value::DbPointer { namespace, id } => RawValue::DbPointer {
                namespace: namespace.as_str().into(),
                id: *id,
            },
            Value::JavaScript(code) => RawValue::JavaScript(code.as_str().into()),
            Value::Symbol(text) => RawValue::Symbol(text.as_str().into()),
            Value::Int32(value) => RawValue::Int32(*value),
            Value::Timestamp { time, increment } => RawValue::Timestamp {
                time: *time,
                increment: *increment,
            },
            Value::Int64(value) => RawValue::Int64(*value),
            Value::Decimal128(value) => RawValue::Decimal128(*value),
            Value::MinKey => RawValue::MinKey,
            Value::MaxKey => RawValue::MaxKey,
            Value::Null
            | Value::Document(_)
            | Value::Array(_)
            | Value::JavaScriptWithScope { .. } => RawValue::Null,
        }
    }

    /// The type.
    pub fn element_type(&self) -> ElementType {
        match self {
            Value::Document(_) => ElementType::Document,
            Value::Array(_) => ElementType::Array,
            Value::JavaScriptWithScope { .. } => ElementType::JavaScriptWithScope,
            scalar => scalar.as_scalar().element_type(),
        }
    }

    /// MongoDB's alias of the type.
    pub fn type_name(&self) -> &'static str {
        self.element_type().name()
    }

    /// Appends the value's bytes, without type and key.
    pub fn write_to(&self, out: &mut Vec<u8>) {
        match self {
            Value::Document(document) => document.write_to(out),
            Value::Array(values) => {
                let start = out.len();
                out.extend_from_slice(&[0; 4]);
                for (index, value) in values.iter().enumerate() {
                    out.push(value.element_type() as u8);
                    push_index(out, index as u32);
                    out.push(0);
                    value.write_to(out);
                }
                out.push(0);
                patch_length(out, start);
            }
            Value::JavaScriptWithScope { code, scope } => {
                let start = out.len();
                out.extend_from_slice(&[0; 4]);
                RawValue::String(code.as_str().into()).write_to(out);
                scope.write_to(out);
                patch_length(out, start);
            }
            scalar => scalar.as_scalar().write_to(out),
        }
    }

    /// The embedded document.
    pub fn as_document(&self) -> Option<&Document> {
        match self {
            Value::Document(document) => Some(document),
            _ => None,
        }
    }

    /// The array.
    pub fn as_array(&self) -> Option<&[Value]> {
        match self {
            Value::Array(values) => Some(values),
            _ => None,
        }
    }

    /// The text of a string.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Value::String(text) => Some(text),
            _ => None,
        }
    }
}

/// The options of a regex, sorted as the BSON specification asks.
fn sorted(options: Text<'_>) -> String {
    let mut options: Vec<char> = owned(options).chars().collect();
    options.sort_unstable();
    options.into_iter().collect()
}

fn owned(text: Text<'_>) -> String {
    String::from_utf8_lossy(text.as_bytes()).into_owned()
}

macro_rules! conversions {
    ($($from:ty => |$value:ident| $make:expr;)*) => {
        $(impl From<$from> for Value {
            fn from($value: $from) -> Value {
                $make
            }
        })*
    };
}

conversions! {
    f64 => |value| Value::Double(value);
    &str => |value| Value::String(value.to_string());
    String => |value| Value::String(value);
    Document => |value| Value::Document(value);
    Vec<Value> => |value| Value::Array(value);
    ObjectId => |value| Value::ObjectId(value);
    bool => |value| Value::Boolean(value);
    i32 => |value| Value::Int32(value);
    i64 => |value| Value::Int64(value);
    Decimal128 => |value| Value::Decimal128(value);
}
