//! One option as it was given: its name, its value, and the readings of it.
//!
//! Reading is strict, because an option that is misspelt or of the wrong type and then ignored is a
//! bug that no test finds: every refusal names operation, option and value, and says what would be
//! right. `null` stands for "not given", as in MongoDB's own commands.

use super::Hint;
use crate::bson::{RawDoc, RawValue};
use crate::error::{Code, Error, Result, Status};

/// MongoDB's code for a number outside of its field's range.
const OUT_OF_RANGE: Code = Code(51024);

/// Options that MongoDB has and this version has not: refused like unknown ones, but not as if they
/// were misspelt.
const NOT_YET: &[&str] = &[
    "encryptedFields",
    "expireAfterSeconds",
    "indexOptionDefaults",
    "pipeline",
    "session",
    "storageEngine",
    "timeseries",
    "validationAction",
    "validationLevel",
    "validator",
    "viewOn",
];

/// An option of `operation`.
pub(super) struct Given<'a> {
    operation: &'static str,
    pub(super) name: &'a str,
    value: RawValue<'a>,
}

/// The options in `document`, those that are null left out.
pub(super) fn given<'a>(
    operation: &'static str,
    document: RawDoc<'a>,
) -> impl Iterator<Item = Given<'a>> {
    document
        .iter()
        .filter(|(_, value)| !matches!(value, RawValue::Null | RawValue::Undefined))
        .map(move |(name, value)| Given {
            operation,
            name: name.as_str(),
            value,
        })
}

impl Given<'_> {
    pub(super) fn boolean(&self) -> Result<bool> {
        self.value
            .as_bool()
            .ok_or_else(|| self.wrong_type("true or false"))
    }

    /// A number of things, none of them negative.
    pub(super) fn count(&self) -> Result<u64> {
        self.number(0, i64::MAX as u64)
    }

    /// A time, as a date or in milliseconds since 1970.
    pub(super) fn time(&self) -> Result<u64> {
        match self.value {
            RawValue::DateTime(millis) => {
                let millis = u64::try_from(millis);
                millis.map_err(|_| self.refused(OUT_OF_RANGE, "a date from 1970 on"))
            }
            _ if self.value.is_number() => self.count(),
            _ => Err(self.wrong_type("a date or milliseconds since 1970")),
        }
    }

    /// A number of things, whose sign is of no account.
    pub(super) fn magnitude(&self) -> Result<u64> {
        match self.value.as_integer() {
            Some(number) if number < 0 => Ok(number.unsigned_abs()),
            _ => self.count(),
        }
    }

    pub(super) fn is_document(&self) -> bool {
        self.value.as_document().is_some()
    }

    /// A number of things, where negative ones stand for none.
    pub(super) fn limit(&self) -> Result<u64> {
        match self.value.as_integer() {
            Some(number) if number < 0 => Ok(0),
            _ => self.count(),
        }
    }

    /// A whole number, of any numeric type, within limits.
    pub(super) fn number(&self, low: u64, high: u64) -> Result<u64> {
        let range = match high {
            0x7FFF_FFFF_FFFF_FFFF => format!("a whole number from {low} up"),
            _ => format!("a whole number from {low} to {high}"),
        };
        if !self.value.is_number() {
            return Err(self.wrong_type(&range));
        }
        let number = self
            .value
            .as_integer()
            .and_then(|number| u64::try_from(number).ok());
        match number.filter(|number| (low..=high).contains(number)) {
            Some(number) => Ok(number),
            None => Err(self.refused(OUT_OF_RANGE, &range)),
        }
    }

    /// Seconds that a transaction may be open
    /// ([manual](https://www.mongodb.com/docs/manual/reference/parameters/#mongodb-parameter-param.transactionLifetimeLimitSeconds)).
    pub(super) fn lifetime_limit(&self) -> Result<u64> {
        self.number(1, i32::MAX as u64)
    }

    pub(super) fn page_size(&self) -> Result<u32> {
        let size = self
            .value
            .as_integer()
            .and_then(|size| u32::try_from(size).ok());
        match size.filter(|size| size.is_power_of_two() && (4096..=32768).contains(size)) {
            Some(size) => Ok(size),
            None => Err(self.refused(Code::BAD_VALUE, "a power of two from 4096 to 32768")),
        }
    }

    /// One of a few names.
    pub(super) fn one_of<T: Copy>(&self, choices: &[(&str, T)]) -> Result<T> {
        let name = self.value.as_str();
        if let Some((_, choice)) = choices.iter().find(|(known, _)| Some(*known) == name) {
            return Ok(*choice);
        }
        let names: Vec<String> = choices
            .iter()
            .map(|(name, _)| format!("{name:?}"))
            .collect();
        let needed = format!("one of {}", names.join(", "));
        match name {
            Some(_) => Err(self.refused(Code::BAD_VALUE, &needed)),
            None => Err(self.wrong_type(&needed)),
        }
    }

    pub(super) fn text(&self) -> Result<String> {
        match self.value.as_str() {
            Some(text) => Ok(text.to_string()),
            None => Err(self.wrong_type("a string")),
        }
    }

    pub(super) fn document(&self) -> Result<Vec<u8>> {
        match self.value.as_document() {
            Some(document) => Ok(document.as_bytes().to_vec()),
            None => Err(self.wrong_type("a document")),
        }
    }

    pub(super) fn array(&self) -> Result<Vec<u8>> {
        match self.value.as_array() {
            Some(array) => Ok(array.as_bytes().to_vec()),
            None => Err(self.wrong_type("an array")),
        }
    }

    pub(super) fn hint(&self) -> Result<Hint> {
        match self.value {
            RawValue::String(name) => Ok(Hint::Name(name.as_str().to_string())),
            RawValue::Document(key) => Ok(Hint::Key(key.as_bytes().to_vec())),
            _ => Err(self.wrong_type("an index's name or key pattern")),
        }
    }

    /// The error for an option that the operation does not have; `known` lists those it has.
    pub(super) fn unknown(&self, known: &str) -> Error {
        let Given {
            operation, name, ..
        } = self;
        if NOT_YET.contains(name) {
            return self.not_yet();
        }
        let message = format!("{operation} has no option \"{name}\"; it takes {known}");
        Error::new(Status::Argument, Code::IDL_UNKNOWN_FIELD, message)
    }

    /// The error for an option that MongoDB has and this version has not.
    pub(super) fn not_yet(&self) -> Error {
        let Given {
            operation, name, ..
        } = self;
        let message = format!("option \"{name}\" of {operation} is not supported yet");
        Error::new(Status::Unsupported, Code::BAD_VALUE, message)
    }

    /// The error of an unknown option for an operation that takes `own` and what others take too.
    pub(super) fn unknown_beside(&self, own: &str, common: &str) -> Error {
        self.unknown(&format!("{own}, {common}"))
    }

    fn wrong_type(&self, needed: &str) -> Error {
        self.refused(Code::TYPE_MISMATCH, needed)
    }

    fn refused(&self, code: Code, needed: &str) -> Error {
        let Given {
            operation,
            name,
            value,
        } = self;
        let found = match value {
            RawValue::String(text) => format!("a string ({:?})", text.as_str()),
            RawValue::Boolean(value) => value.to_string(),
            RawValue::Int32(number) => number.to_string(),
            RawValue::Int64(number) => number.to_string(),
            RawValue::Double(number) => number.to_string(),
            other => format!("a value of type {}", other.type_name()),
        };
        let message = format!("option \"{name}\" of {operation} needs {needed}, found {found}");
        Error::new(Status::Argument, code, message)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{CountOptions, FindOptions, InsertManyOptions, UpdateOptions};
    use super::*;
    use crate::bson::{Document, doc};

    #[test]
    fn refusals_name_the_option_and_what_would_be_right() {
        type Parse = fn(RawDoc) -> Result<()>;
        let find: Parse = |document| FindOptions::from_bson(document).map(drop);
        let count: Parse = |document| CountOptions::from_bson(document).map(drop);
        let insert: Parse = |document| InsertManyOptions::from_bson(document).map(drop);
        let update: Parse = |document| UpdateOptions::from_bson(document).map(drop);
        let cases: Vec<(Parse, Document, i32, &str)> = vec![
            (
                find,
                doc! { "limt": 1 },
                40415,
                "find has no option \"limt\"; it takes projection,",
            ),
            (
                find,
                doc! { "session": {} },
                2,
                "option \"session\" of find is not supported yet",
            ),
            (
                find,
                doc! { "limit": "3" },
                14,
                "option \"limit\" of find needs a whole number from 0 up",
            ),
            (find, doc! { "skip": (-1) }, 51024, "found -1"),
            (find, doc! { "skip": 1.5 }, 51024, "found 1.5"),
            (
                find,
                doc! { "sort": "a" },
                14,
                "needs a document, found a string (\"a\")",
            ),
            (
                find,
                doc! { "hint": 1 },
                14,
                "needs an index's name or key pattern, found 1",
            ),
            (
                find,
                doc! { "batchSize": 3000000000i64 },
                51024,
                "from 0 to 2147483647",
            ),
            (
                count,
                doc! { "sort": { "a": 1 } },
                40415,
                "count has no option \"sort\"",
            ),
            (
                insert,
                doc! { "ordered": 1 },
                14,
                "needs true or false, found 1",
            ),
            (
                update,
                doc! { "upsert": [] },
                14,
                "found a value of type array",
            ),
        ];
        for (parse, document, code, fragment) in cases {
            let error = parse(RawDoc::trusted(&document.to_bytes())).unwrap_err();
            assert_eq!(error.code(), Code(code), "{error}");
            assert!(error.message().contains(fragment), "{error}");
        }
    }
}
