//! The writes of one operation that were refused, in the form of MongoDB's drivers: `writeErrors` in the error's details,
//! each with `index`, `code`, `errmsg`, for a duplicate `keyPattern` and `keyValue`, for a validator `errInfo`; and in `result` what was done all
//! the same.

use serde_json::json;

use crate::error::{Code, Error, Status};

#[derive(Default)]
pub struct WriteErrors {
    list: Vec<serde_json::Value>,
    first: Option<(Status, Code, String)>,
}

impl WriteErrors {
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Adds the refusal of the write at `index` of those given.
    pub fn add(&mut self, index: usize, error: &Error) {
        let mut entry = json!({
            "index": index,
            "code": error.code().0,
            "errmsg": error.message(),
        });
        for key in ["keyPattern", "keyValue", "errInfo"] {
            if let Some(value) = error.details().get(key) {
                entry[key] = value.clone();
            }
        }
        self.list.push(entry);
        let first = || (error.status(), error.code(), error.message().to_string());
        self.first.get_or_insert_with(first);
    }

    /// The error of the whole operation: that of the first write refused.
    pub fn into_error(mut self, result: serde_json::Value) -> Error {
        let count = self.list.len();
        let (status, code, message) = self.first.take().unwrap_or_else(|| {
            (
                Status::Internal,
                Code::INTERNAL_ERROR,
                "no write was refused".to_string(),
            )
        });
        let message = match count {
            1 => message,
            _ => format!("{message} (and {} more write errors)", count - 1),
        };
        self.join(Error::new(status, code, message), result)
    }

    /// Adds them to an error that ended the operation before its time.
    pub fn join(self, error: Error, result: serde_json::Value) -> Error {
        error
            .with_detail("writeErrors", self.list)
            .with_detail("result", result)
    }
}
