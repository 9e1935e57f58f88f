//! One regular expression of a filter: matches strings and symbols, and a stored regular
//! expression that is the same.

use regex::bytes::{Regex, RegexBuilder};

use super::regex_syntax;
use crate::bson::{RawValue, Text};
use crate::error::{Code, Error, Result};

/// A compiled regular expression with its source.
#[derive(Clone, Debug)]
pub(crate) struct Pattern {
    source: String,
    options: String,
    regex: Regex,
}

impl Pattern {
    /// Compiles MongoDB's pattern and options (`i m s x`; `u` changes nothing).
    pub(super) fn compile(source: &str, options: &str) -> Result<Pattern> {
        let unknown = options.chars().find(|option| !"imsxu".contains(*option));
        if let Some(option) = unknown {
            let message =
                format!("invalid flag in regex options: {option} (expected some of i, m, s, x, u)");
            return Err(Error::query(Code(51108), message));
        }
        if source.contains('\0') {
            let message = "Regular expression cannot contain an embedded null byte";
            return Err(Error::query(Code::BAD_VALUE, message));
        }
        let translated =
            regex_syntax::translate(source, options.contains('m'), options.contains('x'))?;
        let regex = RegexBuilder::new(&translated)
            .case_insensitive(options.contains('i'))
            .multi_line(options.contains('m'))
            .dot_matches_new_line(options.contains('s'))
            .build()
            .map_err(|error| {
                Error::query(
                    Code(51091),
                    format!("Regular expression is invalid: /{source}/"),
                )
                .with_source(error)
            })?;
        // BSON keeps a regular expression's options in alphabetical order.
        let mut options: Vec<char> = options.chars().collect();
        options.sort_unstable();
        let options = options.into_iter().collect();
        Ok(Pattern {
            source: source.to_string(),
            options,
            regex,
        })
    }

    pub(super) fn matches(&self, value: RawValue<'_>) -> bool {
        match value {
            RawValue::String(text) | RawValue::Symbol(text) => self.regex.is_match(text.as_bytes()),
            RawValue::Regex { pattern, options } => {
                pattern == self.source.as_str() && options == self.options.as_str()
            }
            _ => false,
        }
    }

    /// The pattern as a value, which a stored regular expression may equal.
    pub(crate) fn value(&self) -> RawValue<'_> {
        RawValue::Regex {
            pattern: Text::from(self.source.as_str()),
            options: Text::from(self.options.as_str()),
        }
    }

    /// What every string that matches starts with; empty if that is not known.
    pub(crate) fn literal_prefix(&self) -> String {
        let unanchored = self.options.contains(['i', 'm', 'x']);
        if unanchored {
            String::new()
        } else {
            regex_syntax::literal_prefix(&self.source)
        }
    }
}
