//! `$jsonSchema`: JSON Schema draft 4 as MongoDB has it
//! ([manual](https://www.mongodb.com/docs/manual/reference/operator/query/jsonSchema/)).
//!
//! - `parse` reads a schema and reports its errors
//! - `rule` tests a value by one keyword
//! - `mismatch` tells which rules a value does not keep, for a validator's error
//!
//! A schema is a list of rules, and matches where all of them do. A rule about one type holds for
//! values of every other. Equality ignores the order of a document's fields here, as nowhere else.

mod equality;
mod mismatch;
mod parse;
mod rule;
#[cfg(test)]
mod tests;

use crate::bson::{RawDoc, RawValue};
use crate::error::Result;
use crate::query::regex::Verdict;
use rule::Rule;

/// A compiled schema.
#[derive(Clone, Debug)]
pub(crate) struct Schema {
    rules: Vec<Rule>,
    /// `{title, description}`, as far as they are given.
    annotations: Box<[u8]>,
}

impl Schema {
    /// Reads the operand of `$jsonSchema`.
    pub(crate) fn parse(operand: RawValue<'_>) -> Result<Schema> {
        parse::schema(operand)
    }

    /// Whether a document keeps all rules.
    pub(crate) fn matches(&self, document: RawDoc<'_>) -> Verdict {
        self.value_matches(RawValue::Document(document))
    }

    fn value_matches(&self, value: RawValue<'_>) -> Verdict {
        for rule in &self.rules {
            if !rule.holds(value)? {
                return Ok(false);
            }
        }
        Ok(true)
    }
}
