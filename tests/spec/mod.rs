//! A runner for the unified test format of MongoDB's driver specifications: it plays the driver, IronBase's commands play the server.
//!
//! What a case says about events on the wire is not looked at: results, errors and what is in the collections afterwards are.

pub mod bulk;
pub mod case;
pub mod matching;
pub mod operation;
pub mod world;

use ironbase::bson::{Document, Value};

/// A field that is a text; empty if there is none.
pub fn text<'d>(document: &'d Document, name: &str) -> &'d str {
    document.get(name).and_then(Value::as_str).unwrap_or("")
}

/// A field that is an array; empty if there is none.
pub fn list<'d>(document: &'d Document, name: &str) -> &'d [Value] {
    document.get(name).and_then(Value::as_array).unwrap_or(&[])
}

/// A field that is a document; empty if there is none.
pub fn part(document: &Document, name: &str) -> Document {
    let found = document.get(name).and_then(Value::as_document);
    found.cloned().unwrap_or_default()
}

/// A field that is a whole number; 0 if there is none.
pub fn whole(document: &Document, name: &str) -> i64 {
    let raw = document.get(name).map(Value::to_raw);
    raw.and_then(|raw| raw.as_raw().as_integer()).unwrap_or(0)
}

/// A field that is a flag; false if there is none.
pub fn flag(document: &Document, name: &str) -> bool {
    document.get(name) == Some(&Value::Boolean(true))
}

/// A value as JSON, for messages.
pub fn shown(value: &Value) -> String {
    let mut out = Vec::new();
    ironbase::json::write_value(
        &mut out,
        value.to_raw().as_raw(),
        ironbase::json::Mode::Relaxed,
    );
    String::from_utf8_lossy(&out).into_owned()
}
