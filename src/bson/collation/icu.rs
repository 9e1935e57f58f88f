//! The rules of the languages, from ICU4X, whose data are part of the library.
//!
//! ICU4X always normalizes, so `normalization` is kept in the document and has no effect. It reverses
//! accents only in Canadian French, whose other rules are those common to all languages: so
//! `backwards` works for every locale that has no rules of its own.

use std::cmp::Ordering;

use icu_collator::options::{
    AlternateHandling, CaseLevel, CollatorOptions, MaxVariable as IcuVariable, Strength,
};
use icu_collator::preferences::{CollationCaseFirst, CollationNumericOrdering};
use icu_collator::{CollatorBorrowed, CollatorPreferences};
use icu_locale_core::Locale as Tag;

use super::document::{Alternate, Asked, CaseFirst, MaxVariable, Options};
use super::locale::Locale;
use super::tailoring::Rules;
use crate::error::{Code, Error, Result, Status};

const CANADIAN_FRENCH: &str = "fr-CA";

#[derive(Debug)]
pub(super) struct Collator(icu_collator::Collator);

impl Collator {
    /// The collator that is asked for, and all its options.
    pub(super) fn new(field: &str, asked: &Asked<'_>) -> Result<(Options, Collator)> {
        let locale = Locale::find(field, asked.locale)?;
        let is_backwards = locale.tag == CANADIAN_FRENCH;
        let backwards = asked.backwards.unwrap_or(is_backwards);
        let tag = match (backwards, is_backwards) {
            (true, false) if !locale.is_tailored => CANADIAN_FRENCH,
            (true, false) => return Err(no_backwards(field, asked.locale)),
            (false, true) => "fr",
            _ => &locale.tag,
        };
        let failed = |error: &dyn std::fmt::Display| {
            let message = format!(
                "no rules for the locale '{}' in '{field}': {error}",
                asked.locale
            );
            Error::query(Code::BAD_VALUE, message)
        };
        let tag: Tag = tag.parse().map_err(|error| failed(&error))?;
        let mut preferences = CollatorPreferences::from(&tag);
        preferences.case_first = asked.case_first.map(|case_first| match case_first {
            CaseFirst::Upper => CollationCaseFirst::Upper,
            CaseFirst::Lower => CollationCaseFirst::Lower,
            CaseFirst::Off => CollationCaseFirst::False,
        });
        preferences.numeric_ordering = asked.numeric_ordering.map(|numeric| match numeric {
            true => CollationNumericOrdering::True,
            false => CollationNumericOrdering::False,
        });
        let collator =
            icu_collator::Collator::try_new_unstable(&Rules, preferences, options(asked))
                .map_err(|error| failed(&error))?;
        let resolved = resolved(asked, backwards, &collator.as_borrowed());
        Ok((resolved, Collator(collator)))
    }

    #[inline]
    pub(super) fn compare(&self, a: &[u8], b: &[u8]) -> Ordering {
        self.0.as_borrowed().compare_utf8(a, b)
    }

    pub(super) fn write_key(&self, text: &[u8], out: &mut Vec<u8>) {
        match self.0.as_borrowed().write_sort_key_utf8_to(text, out) {
            Ok(()) => {}
            Err(never) => match never {},
        }
    }
}

fn options(asked: &Asked<'_>) -> CollatorOptions {
    let mut options = CollatorOptions::default();
    options.strength = asked.strength.map(|strength| match strength {
        1 => Strength::Primary,
        2 => Strength::Secondary,
        3 => Strength::Tertiary,
        4 => Strength::Quaternary,
        _ => Strength::Identical,
    });
    options.alternate_handling = asked.alternate.map(|alternate| match alternate {
        Alternate::NonIgnorable => AlternateHandling::NonIgnorable,
        Alternate::Shifted => AlternateHandling::Shifted,
    });
    options.max_variable = asked.max_variable.map(|max_variable| match max_variable {
        MaxVariable::Punct => IcuVariable::Punctuation,
        MaxVariable::Space => IcuVariable::Space,
    });
    options.case_level = asked.case_level.map(|case_level| match case_level {
        true => CaseLevel::On,
        false => CaseLevel::Off,
    });
    options
}

/// What was asked for, and where nothing was, what the locale has.
fn resolved(asked: &Asked<'_>, backwards: bool, collator: &CollatorBorrowed<'_>) -> Options {
    let resolved = collator.resolved_options();
    Options {
        locale: asked.locale.to_string(),
        case_level: resolved.case_level == CaseLevel::On,
        case_first: match resolved.case_first {
            CollationCaseFirst::Upper => CaseFirst::Upper,
            CollationCaseFirst::Lower => CaseFirst::Lower,
            _ => CaseFirst::Off,
        },
        strength: match resolved.strength {
            Strength::Primary => 1,
            Strength::Secondary => 2,
            Strength::Tertiary => 3,
            Strength::Quaternary => 4,
            _ => 5,
        },
        numeric_ordering: resolved.numeric == CollationNumericOrdering::True,
        alternate: match resolved.alternate_handling {
            AlternateHandling::Shifted => Alternate::Shifted,
            _ => Alternate::NonIgnorable,
        },
        max_variable: match resolved.max_variable {
            IcuVariable::Space => MaxVariable::Space,
            _ => MaxVariable::Punct,
        },
        normalization: asked.normalization.unwrap_or(false),
        backwards,
    }
}

fn no_backwards(field: &str, locale: &str) -> Error {
    let message = format!(
        "'backwards' is not supported for the locale '{locale}' in '{field}': only for fr_CA and for locales without \
         rules of their own"
    );
    Error::new(Status::Unsupported, Code::BAD_VALUE, message)
}
