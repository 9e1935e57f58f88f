//! What is wrong with a document, and where: the error of the parser and of validation while they
//! unwind, when the position is known but the path is still being put together.

use crate::error::{Code, Error, Status};

/// A fault at a byte of the input.
pub(crate) struct Fault {
    code: Code,
    message: String,
    offset: usize,
    /// The path to the fault, the innermost component first.
    path: Vec<String>,
}

/// The result of walking the input. Boxed, so that the happy path stays small.
pub(crate) type Walked<T> = std::result::Result<T, Box<Fault>>;

impl Fault {
    #[cold]
    pub(crate) fn new(code: Code, offset: usize, message: impl Into<String>) -> Box<Fault> {
        Box::new(Fault {
            code,
            message: message.into(),
            offset,
            path: Vec::new(),
        })
    }

    /// Says in which field the fault lies; called from the inside out.
    #[cold]
    pub(crate) fn within(mut self: Box<Self>, component: impl Into<String>) -> Box<Fault> {
        self.path.push(component.into());
        self
    }

    /// The byte of the input at which the fault was found.
    pub(crate) fn offset(&self) -> usize {
        self.offset
    }

    /// The error for the caller. `place` says in words where the fault is, `position` as details.
    pub(crate) fn into_error(self, kind: &str, place: &str, position: serde_json::Value) -> Error {
        let path: Vec<_> = self.path.iter().rev().map(String::as_str).collect();
        let path = path.join(".");
        let at = if path.is_empty() {
            String::new()
        } else {
            format!(", in \"{path}\"")
        };
        let message = format!("{kind} at {place}{at}: {}", self.message);
        Error::new(Status::Json, self.code, message)
            .with_detail("position", position)
            .with_detail("path", path)
    }
}
