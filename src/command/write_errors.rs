//! Statements that a write refused: what becomes an entry of `writeErrors`, and what fails the command.

use crate::bson::{Builder, RawValue};
use crate::error::{Error, Result, Status};
use crate::json;

/// The entries of a reply's `writeErrors`.
#[derive(Default)]
pub struct WriteErrors(Vec<(usize, Error)>);

impl WriteErrors {
    /// Takes an error that lies in the statement; any other fails the command, and is given back.
    pub fn add(&mut self, index: usize, error: Error) -> Result<()> {
        if !is_of_statement(&error) {
            return Err(error);
        }
        self.0.push((index, error));
        Ok(())
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Appends `writeErrors`, if there are any.
    pub fn reply(&self, reply: &mut Builder<'_>) {
        if self.is_empty() {
            return;
        }
        let mut list = reply.start_array("writeErrors");
        for (index, error) in &self.0 {
            describe(*index, error, &mut list.push_document());
        }
    }
}

/// Whether an error lies in a statement or document, and not in the database or the operation as a whole.
pub fn is_of_statement(error: &Error) -> bool {
    use Status::*;
    matches!(
        error.status(),
        Argument | Query | DuplicateKey | NotFound | Validation | Unsupported
    )
}

/// Appends `index`, `code`, `errmsg` and what is known about the key or the document.
pub fn describe(index: usize, error: &Error, entry: &mut Builder<'_>) {
    entry.append("index", RawValue::Int32(index as i32));
    describe_error(error, entry);
}

/// Appends `code`, `errmsg` and what is known about the key or the document.
pub fn describe_error(error: &Error, entry: &mut Builder<'_>) {
    entry.append("code", RawValue::Int32(error.code().0));
    for name in ["keyPattern", "keyValue", "errInfo"] {
        if let Some(value) = error.details().get(name) {
            append_json(name, value, entry);
        }
    }
    entry.append("errmsg", RawValue::from(error.message()));
}

/// Appends one of an error's details, which are JSON.
pub fn append_json(name: &str, value: &serde_json::Value, out: &mut Builder<'_>) {
    if let Ok(value) = json::parse_value(value.to_string().as_bytes()) {
        out.append(name, value.as_raw());
    }
}
