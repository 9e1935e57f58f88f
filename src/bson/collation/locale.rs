//! The locales there are, by MongoDB's names, and what each is called in Unicode's language tags
//! ([manual](https://www.mongodb.com/docs/manual/reference/collation-locales-defaults/)).
//!
//! A name that is not here is refused rather than taken for the nearest language, as MongoDB does it. MongoDB has
//! some more: languages of few speakers, and the variants `search`, for which ICU4X brings no rules.

use crate::error::{Code, Error, Result};

/// Locales whose strings compare by the rules that are common to all languages.
const UNTAILORED: &[&str] = &[
    "ca", "de", "de_AT", "en", "en_US", "fr", "ga", "id", "it", "lb", "ms", "nl", "pt", "st", "sw",
    "xh", "zu",
];

/// Locales with rules of their own.
const TAILORED: &[&str] = &[
    "af",
    "am",
    "ar",
    "as",
    "az",
    "be",
    "bg",
    "bn",
    "bs",
    "bs_Cyrl",
    "ceb",
    "chr",
    "cs",
    "cy",
    "da",
    "dsb",
    "ee",
    "el",
    "en_US_POSIX",
    "eo",
    "es",
    "et",
    "fa",
    "fi",
    "fil",
    "fo",
    "fr_CA",
    "fy",
    "gl",
    "gu",
    "ha",
    "he",
    "hi",
    "hr",
    "hsb",
    "hu",
    "hy",
    "ig",
    "is",
    "ja",
    "ka",
    "kk",
    "km",
    "kn",
    "ko",
    "kok",
    "ku",
    "ky",
    "lo",
    "lt",
    "lv",
    "mk",
    "ml",
    "mn",
    "mr",
    "mt",
    "my",
    "nb",
    "ne",
    "nn",
    "no",
    "nso",
    "om",
    "or",
    "pa",
    "pl",
    "ps",
    "ro",
    "ru",
    "si",
    "sk",
    "sl",
    "sq",
    "sr",
    "sr_Latn",
    "sv",
    "ta",
    "te",
    "th",
    "tk",
    "tn",
    "to",
    "tr",
    "ug",
    "uk",
    "ur",
    "uz",
    "vi",
    "wo",
    "yo",
    "zh",
    "zh_Hant",
];

/// Locales, their variants as in `de@collation=phonebook`, and what Unicode calls these.
const VARIANTS: &[(&[&str], &str, &str)] = &[
    (&["ar"], "compat", "compat"),
    (&["bn", "es", "fi", "kn", "sv", "vi"], "traditional", "trad"),
    (&["de", "de_AT"], "phonebook", "phonebk"),
    (&["de"], "eor", "eor"),
    (&["ja", "ko", "zh"], "unihan", "unihan"),
    (&["si"], "dictionary", "dict"),
    (&["zh"], "stroke", "stroke"),
    (&["zh"], "zhuyin", "zhuyin"),
];

/// A locale that is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Locale {
    /// The language tag.
    pub(super) tag: String,
    /// Whether there are rules beyond those common to all languages.
    pub(super) is_tailored: bool,
}

impl Locale {
    /// The locale of that name. `field` names the collation document in errors.
    pub(super) fn find(field: &str, name: &str) -> Result<Locale> {
        let (base, variant) = match name.split_once("@collation=") {
            None => (name, None),
            Some((base, variant)) => (base, Some(variant)),
        };
        let is_tailored = TAILORED.contains(&base);
        if !is_tailored && !UNTAILORED.contains(&base) {
            return Err(unknown(field, name));
        }
        // The one locale whose last part is not a script or region.
        let tag = match base {
            "en_US_POSIX" => "en-US-posix".to_string(),
            _ => base.replace('_', "-"),
        };
        let Some(variant) = variant else {
            return Ok(Locale { tag, is_tailored });
        };
        let known = VARIANTS
            .iter()
            .find(|(bases, known, _)| *known == variant && bases.contains(&base));
        match known {
            Some((_, _, keyword)) => Ok(Locale {
                tag: format!("{tag}-u-co-{keyword}"),
                is_tailored: true,
            }),
            None => Err(unknown(field, name)),
        }
    }
}

fn unknown(field: &str, name: &str) -> Error {
    let message = match name {
        "" => format!("Field 'locale' cannot be the empty string in: '{field}'"),
        _ => {
            let hint =
                nearest(name).map_or(String::new(), |near| format!(". Did you mean '{near}'?"));
            format!("Field 'locale' is invalid in: '{field}': {{ locale: \"{name}\" }}{hint}")
        }
    };
    Error::query(Code::BAD_VALUE, message)
}

/// The locale that is meant, if case and separators are put right, or the part behind the language is left out.
fn nearest(name: &str) -> Option<&'static str> {
    let all = || UNTAILORED.iter().chain(TAILORED);
    let base = name.split('@').next().unwrap_or_default().replace('-', "_");
    let same = |wanted: &str| {
        all()
            .find(|known| known.eq_ignore_ascii_case(wanted))
            .copied()
    };
    same(&base).or_else(|| same(base.split('_').next().unwrap_or_default()))
}

/// Every name that is accepted.
#[cfg(test)]
pub(super) fn names() -> Vec<String> {
    let plain = UNTAILORED
        .iter()
        .chain(TAILORED)
        .map(|name| name.to_string());
    let variants = VARIANTS.iter().flat_map(|(bases, variant, _)| {
        bases
            .iter()
            .map(move |base| format!("{base}@collation={variant}"))
    });
    plain.chain(variants).collect()
}
