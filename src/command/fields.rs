//! The fields of a command or of a part of one, read strictly: a field that is not known or of the wrong type is refused in the server's words.
//!
//! `null` stands for "not given". Flags may be numbers, as the server takes them.

use crate::bson::{Builder, RawDoc, RawValue};
use crate::error::{Code, Error, Result, Status};

/// A document of the caller's, and where it stands in the command ("update.updates").
#[derive(Clone, Copy)]
pub struct Fields<'a> {
    pub at: &'a str,
    pub document: RawDoc<'a>,
}

impl<'a> Fields<'a> {
    /// Refuses fields that none of the lists has.
    pub fn check(&self, known: &[&[&str]]) -> Result<()> {
        for (name, _) in self.document.iter() {
            let name = name.as_str();
            if !known.iter().any(|names| names.contains(&name)) {
                let message = format!("BSON field '{}.{name}' is an unknown field.", self.at);
                return Err(Error::new(
                    Status::Argument,
                    Code::IDL_UNKNOWN_FIELD,
                    message,
                ));
            }
        }
        Ok(())
    }

    pub fn get(&self, name: &str) -> Option<RawValue<'a>> {
        self.document
            .get(name)
            .filter(|value| !matches!(value, RawValue::Null | RawValue::Undefined))
    }

    pub fn document(&self, name: &str) -> Result<Option<RawDoc<'a>>> {
        self.read(name, "object", |value| value.as_document())
    }

    pub fn array(&self, name: &str) -> Result<Option<RawDoc<'a>>> {
        self.read(name, "array", |value| value.as_array())
    }

    pub fn text(&self, name: &str) -> Result<Option<&'a str>> {
        self.read(name, "string", |value| value.as_str())
    }

    /// A whole number of any numeric type; a fraction is cut off, as the server does.
    pub fn whole(&self, name: &str) -> Result<Option<i64>> {
        self.read(name, "long", |value| match value {
            RawValue::Double(number) if number.is_finite() => Some(number as i64),
            other => other.as_integer(),
        })
    }

    /// A number that may not be negative.
    pub fn count(&self, name: &str) -> Result<Option<u64>> {
        let Some(number) = self.whole(name)? else {
            return Ok(None);
        };
        match u64::try_from(number) {
            Ok(number) => Ok(Some(number)),
            Err(_) => {
                let message =
                    format!("BSON field '{name}' value must be >= 0, actual value '{number}'");
                Err(Error::query(OUT_OF_RANGE, message))
            }
        }
    }

    pub fn flag(&self, name: &str) -> Result<bool> {
        Ok(self.flag_given(name)?.unwrap_or(false))
    }

    pub fn flag_given(&self, name: &str) -> Result<Option<bool>> {
        self.read(name, "bool", |value| match value {
            RawValue::Boolean(value) => Some(value),
            number if number.is_number() => Some(number.truthy()),
            _ => None,
        })
    }

    /// A field that must be there.
    pub fn required<T>(&self, name: &str, value: Option<T>) -> Result<T> {
        value.ok_or_else(|| {
            let message = format!(
                "BSON field '{}.{name}' is missing but a required field",
                self.at
            );
            Error::query(MISSING_FIELD, message)
        })
    }

    /// Copies fields into the options of an operation, each if it is given.
    pub fn hand_on(&self, names: &[&str], options: &mut Builder<'_>) {
        for element in self.document.elements() {
            if names.contains(&element.key().as_str()) {
                options.append_element(element);
            }
        }
    }

    fn read<T>(
        &self,
        name: &str,
        expected: &str,
        read: impl FnOnce(RawValue<'a>) -> Option<T>,
    ) -> Result<Option<T>> {
        let Some(value) = self.get(name) else {
            return Ok(None);
        };
        match read(value) {
            Some(read) => Ok(Some(read)),
            None => Err(self.wrong_type(name, value, expected)),
        }
    }

    pub fn wrong_type(&self, name: &str, value: RawValue<'_>, expected: &str) -> Error {
        let message = format!(
            "BSON field '{}.{name}' is the wrong type '{}', expected type '{expected}'",
            self.at,
            value.type_name()
        );
        Error::query(Code::TYPE_MISMATCH, message)
    }
}

/// The server's codes for a number below its field's limit, and for a field that is not there.
const OUT_OF_RANGE: Code = Code(51024);
const MISSING_FIELD: Code = Code(40414);
