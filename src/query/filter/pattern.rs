//! One regular expression of a filter: matches strings and symbols, and a stored regular
//! expression that is the same.

use crate::bson::{RawValue, Text};
use crate::error::Result;
use crate::query::regex::{Regex, Verdict};

/// A compiled regular expression.
#[derive(Clone, Debug)]
pub(crate) struct Pattern(Regex);

impl Pattern {
    /// Compiles MongoDB's pattern and options.
    pub(crate) fn compile(source: &str, options: &str) -> Result<Pattern> {
        Regex::compile(source, options).map(Pattern)
    }

    pub(crate) fn matches(&self, value: RawValue<'_>) -> Verdict {
        match value {
            RawValue::String(text) | RawValue::Symbol(text) => self.0.is_match(text),
            RawValue::Regex { pattern, options } => {
                Ok(pattern == self.0.source() && options == self.0.options())
            }
            _ => Ok(false),
        }
    }

    /// Its text, if it may give up.
    pub(super) fn name_if_backtracking(&self) -> Option<String> {
        let backtracks = self.0.backtracks();
        backtracks.then(|| format!("/{}/{}", self.0.source(), self.0.options()))
    }

    /// The pattern as a value, which a stored regular expression may equal.
    pub(crate) fn value(&self) -> RawValue<'_> {
        RawValue::Regex {
            pattern: Text::from(self.0.source()),
            options: Text::from(self.0.options()),
        }
    }

    /// What every string that matches starts with; empty if that is not known.
    pub(crate) fn literal_prefix(&self) -> String {
        self.0.literal_prefix()
    }
}
