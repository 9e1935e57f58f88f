//! Regular expressions in Perl-compatible syntax, as MongoDB takes them.
//!
//! What can be run in time linear in the text is (crate `regex`). The rest, look-around,
//! back-references, atomic groups and their like, backtracks (crate `fancy-regex`), and gives up
//! after [`MAX_STEPS`]: no pattern and no text keep the database busy.

mod syntax;

use regex::bytes::RegexBuilder;

use crate::bson::Text;
use crate::error::{Code, Error, Result};

/// The backtracking engine's steps on one text.
pub(crate) const MAX_STEPS: usize = 1_000_000;

/// Whether a value matches, where a regular expression may have a say.
pub(crate) type Verdict = std::result::Result<bool, GaveUp>;

/// A regular expression backtracked too long. Empty, so that a [`Verdict`] is one byte: which one it
/// was is found out afterwards.
#[derive(Clone, Copy, Debug)]
pub(crate) struct GaveUp;

/// A compiled regular expression.
#[derive(Clone, Debug)]
pub(crate) struct Regex {
    source: String,
    options: String,
    engine: Engine,
}

#[derive(Clone, Debug)]
enum Engine {
    Linear(regex::bytes::Regex),
    Backtracking(Box<fancy_regex::Regex>),
}

/// Where a match and its groups begin and end, in bytes: the whole match first.
pub(crate) type Groups = Vec<Option<std::ops::Range<usize>>>;

impl Regex {
    /// Compiles MongoDB's pattern and options (`i m s x`; `u` changes nothing) to be asked whether
    /// a text matches.
    ///
    /// Errors: 51108 for unknown options, 51091 for a bad pattern, 2 for what is not supported.
    pub(crate) fn compile(source: &str, options: &str) -> Result<Regex> {
        Regex::new(source, options, false)
    }

    /// Compiles one that is to be asked where a text matches, with its groups.
    pub(crate) fn compile_to_find(source: &str, options: &str) -> Result<Regex> {
        Regex::new(source, options, true)
    }

    fn new(source: &str, options: &str, finds: bool) -> Result<Regex> {
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
        let has = |option| options.contains(option);
        let translated = syntax::translate(source, has('m'), has('x'), finds)?;
        let engine = if translated.backtracks {
            let regex = fancy_regex::RegexBuilder::new(&translated.text)
                .case_insensitive(has('i'))
                .multi_line(has('m'))
                .dot_matches_new_line(has('s'))
                .backtrack_limit(MAX_STEPS)
                .build()
                .map_err(|error| invalid(source, error))?;
            Engine::Backtracking(Box::new(regex))
        } else {
            let regex = RegexBuilder::new(&translated.text)
                .case_insensitive(has('i'))
                .multi_line(has('m'))
                .dot_matches_new_line(has('s'))
                .build()
                .map_err(|error| invalid(source, error))?;
            Engine::Linear(regex)
        };
        // BSON keeps a regular expression's options in alphabetical order.
        let mut options: Vec<char> = options.chars().collect();
        options.sort_unstable();
        Ok(Regex {
            source: source.to_string(),
            options: options.into_iter().collect(),
            engine,
        })
    }

    /// The pattern as it was written.
    pub(crate) fn source(&self) -> &str {
        &self.source
    }

    /// The options in alphabetical order.
    pub(crate) fn options(&self) -> &str {
        &self.options
    }

    /// Whether it may give up.
    pub(crate) fn backtracks(&self) -> bool {
        matches!(self.engine, Engine::Backtracking(_))
    }

    /// Whether some part of the text matches.
    #[inline]
    pub(crate) fn is_match(&self, text: Text<'_>) -> Verdict {
        match &self.engine {
            Engine::Linear(regex) => Ok(regex.is_match(text.as_bytes())),
            Engine::Backtracking(regex) => regex.is_match(text.as_str()).map_err(|_| GaveUp),
        }
    }

    /// The first match that begins at `start` or behind it, with its groups.
    pub(crate) fn find_at(
        &self,
        text: &str,
        start: usize,
    ) -> std::result::Result<Option<Groups>, GaveUp> {
        match &self.engine {
            Engine::Linear(regex) => {
                let found = regex.captures_at(text.as_bytes(), start);
                Ok(found.map(|found| {
                    let groups = found.iter().map(|group| group.map(|group| group.range()));
                    groups.collect()
                }))
            }
            Engine::Backtracking(regex) => {
                let found = regex.captures_from_pos(text, start).map_err(|_| GaveUp)?;
                Ok(found.map(|found| {
                    let groups = found.iter().map(|group| group.map(|group| group.range()));
                    groups.collect()
                }))
            }
        }
    }

    /// What every string that matches starts with; empty if that is not known.
    pub(crate) fn literal_prefix(&self) -> String {
        let unanchored = self.options.contains(['i', 'm', 'x']);
        if unanchored {
            String::new()
        } else {
            syntax::literal_prefix(&self.source)
        }
    }
}

/// The error for patterns of which one backtracked too long; none for those of a schema.
pub(crate) fn gave_up(patterns: &[String]) -> Error {
    let names = match patterns {
        [] => "of a schema".to_string(),
        patterns => patterns.join(" or "),
    };
    let message = format!(
        "Error occurred while executing the regular expression {names}: a text took more than \
         {MAX_STEPS} steps of backtracking"
    );
    Error::query(Code(51156), message)
}

fn invalid(source: &str, cause: impl std::error::Error + Send + Sync + 'static) -> Error {
    let message = format!("Regular expression is invalid: /{source}/");
    Error::query(Code(51091), message).with_source(cause)
}

#[cfg(test)]
mod tests;
