//! Equality that ignores the order of a document's fields: that of `enum` and `uniqueItems`.

use crate::bson::{Document, RawValue, Value};
use crate::error::Result;
use crate::index::key;

/// Bytes that are equal for equal values.
pub(super) fn identity(value: RawValue<'_>) -> Vec<u8> {
    let mut out = Vec::new();
    let sorted = match value {
        RawValue::Document(_) | RawValue::Array(_) => sorted(value).ok(),
        _ => None,
    };
    match sorted {
        Some(sorted) => key::encode_value(&mut out, sorted.to_raw().as_raw(), false, None),
        None => key::encode_value(&mut out, value, false, None),
    }
    out
}

/// The value with the fields of all documents in it in the order of their names.
fn sorted(value: RawValue<'_>) -> Result<Value> {
    fn sort(value: Value) -> Value {
        match value {
            Value::Document(document) => {
                let mut fields: Vec<_> = document.into_iter().collect();
                fields.sort_by(|a, b| a.0.cmp(&b.0));
                let fields = fields.into_iter().map(|(name, value)| (name, sort(value)));
                Value::Document(fields.collect::<Document>())
            }
            Value::Array(values) => Value::Array(values.into_iter().map(sort).collect()),
            value => value,
        }
    }
    Value::from_raw(value).map(sort)
}
