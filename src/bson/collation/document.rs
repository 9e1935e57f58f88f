//! The collation document: `{ locale: "fr", strength: 2, .. }`, what may be in it and what that means.
//!
//! Fields that are left out have the locale's own values, so two documents that end up with the same
//! values are the same collation.

use crate::bson::{Document, RawDoc, RawValue, doc};
use crate::error::{Code, Error, Result};

/// The version of the rules. Keys made by another are in another order: a stored collation says which
/// it was made for, and is refused by a library that has another.
pub const VERSION: &str = "CLDR 49";

const INCOMPATIBLE_VERSION: Code = Code(161);
const MISSING_FIELD: Code = Code(40414);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CaseFirst {
    Upper,
    Lower,
    Off,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Alternate {
    NonIgnorable,
    Shifted,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum MaxVariable {
    Punct,
    Space,
}

const CASE_FIRST: &[(&str, CaseFirst)] = &[
    ("upper", CaseFirst::Upper),
    ("lower", CaseFirst::Lower),
    ("off", CaseFirst::Off),
];
const ALTERNATE: &[(&str, Alternate)] = &[
    ("non-ignorable", Alternate::NonIgnorable),
    ("shifted", Alternate::Shifted),
];
const MAX_VARIABLE: &[(&str, MaxVariable)] =
    &[("punct", MaxVariable::Punct), ("space", MaxVariable::Space)];

/// What a document asks for; none where the locale decides.
#[derive(Debug, Default)]
pub(super) struct Asked<'a> {
    pub(super) locale: &'a str,
    pub(super) case_level: Option<bool>,
    pub(super) case_first: Option<CaseFirst>,
    pub(super) strength: Option<u8>,
    pub(super) numeric_ordering: Option<bool>,
    pub(super) alternate: Option<Alternate>,
    pub(super) max_variable: Option<MaxVariable>,
    pub(super) normalization: Option<bool>,
    pub(super) backwards: Option<bool>,
}

/// A collation with all its values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Options {
    pub(super) locale: String,
    pub(super) case_level: bool,
    pub(super) case_first: CaseFirst,
    pub(super) strength: u8,
    pub(super) numeric_ordering: bool,
    pub(super) alternate: Alternate,
    pub(super) max_variable: MaxVariable,
    pub(super) normalization: bool,
    pub(super) backwards: bool,
}

/// Reads a collation document; none if it asks for the comparison of bytes.
pub(super) fn parse<'a>(field: &str, collation: RawDoc<'a>) -> Result<Option<Asked<'a>>> {
    let mut asked = Asked::default();
    let mut locale = None;
    for (name, value) in collation {
        let given = Given {
            field,
            name: name.as_str(),
            value,
        };
        match given.name {
            "locale" => locale = Some(given.text()?),
            "caseLevel" => asked.case_level = Some(given.flag()?),
            "caseFirst" => asked.case_first = Some(given.one_of(CASE_FIRST)?),
            "strength" => asked.strength = Some(given.strength()?),
            "numericOrdering" => asked.numeric_ordering = Some(given.flag()?),
            "alternate" => asked.alternate = Some(given.one_of(ALTERNATE)?),
            "maxVariable" => asked.max_variable = Some(given.one_of(MAX_VARIABLE)?),
            "normalization" => asked.normalization = Some(given.flag()?),
            "backwards" => asked.backwards = Some(given.flag()?),
            "version" => check_version(given.text()?)?,
            name => {
                let message = format!("BSON field '{field}.{name}' is an unknown field.");
                return Err(Error::query(Code::IDL_UNKNOWN_FIELD, message));
            }
        }
    }
    let Some(locale) = locale else {
        let message = format!("BSON field '{field}.locale' is missing but a required field");
        return Err(Error::query(MISSING_FIELD, message));
    };
    if locale != "simple" {
        asked.locale = locale;
        return Ok(Some(asked));
    }
    if collation.iter().count() > 1 {
        let message = format!(
            "If locale=simple, no other fields should be present in: '{field}': {collation:?}"
        );
        return Err(Error::query(Code::FAILED_TO_PARSE, message));
    }
    Ok(None)
}

fn check_version(version: &str) -> Result<()> {
    if version == VERSION {
        return Ok(());
    }
    let message = format!(
        "Requested collation version {version} but the only available collator version was {VERSION}. What was \
         built with the other, an index or a collection, must be built again"
    );
    Err(Error::query(INCOMPATIBLE_VERSION, message))
}

impl Options {
    /// Refuses combinations that would have no effect.
    pub(super) fn check(&self, field: &str) -> Result<()> {
        let refuse = |message: String| Err(Error::query(Code::BAD_VALUE, message));
        if self.backwards && self.strength == 1 {
            return refuse(format!(
                "'backwards' is invalid with 'strength' of 1 in: '{field}'"
            ));
        }
        if self.case_first != CaseFirst::Off && !self.case_level && self.strength < 3 {
            return refuse(format!(
                "'caseFirst' is invalid unless 'caseLevel' is on or 'strength' is greater than 2 in: '{field}'"
            ));
        }
        Ok(())
    }

    pub(super) fn to_document(&self) -> Document {
        doc! {
            "locale": (self.locale.as_str()),
            "caseLevel": (self.case_level),
            "caseFirst": (name_of(CASE_FIRST, self.case_first)),
            "strength": (i32::from(self.strength)),
            "numericOrdering": (self.numeric_ordering),
            "alternate": (name_of(ALTERNATE, self.alternate)),
            "maxVariable": (name_of(MAX_VARIABLE, self.max_variable)),
            "normalization": (self.normalization),
            "backwards": (self.backwards),
            "version": VERSION,
        }
    }
}

fn name_of<T: PartialEq>(names: &[(&'static str, T)], value: T) -> &'static str {
    let found = names.iter().find(|(_, known)| *known == value);
    found.map_or("", |(name, _)| name)
}

/// One field of the document.
struct Given<'f, 'a> {
    field: &'f str,
    name: &'f str,
    value: RawValue<'a>,
}

impl<'a> Given<'_, 'a> {
    fn text(&self) -> Result<&'a str> {
        self.value.as_str().ok_or_else(|| self.wrong_type("string"))
    }

    fn flag(&self) -> Result<bool> {
        self.value.as_bool().ok_or_else(|| self.wrong_type("bool"))
    }

    fn strength(&self) -> Result<u8> {
        if !self.value.is_number() {
            return Err(self.wrong_type("int"));
        }
        let strength = self.value.as_integer().and_then(|n| u8::try_from(n).ok());
        strength.filter(|n| (1..=5).contains(n)).ok_or_else(|| {
            let found = format!("{:?}", self.value);
            self.not_valid(&found, "an integer 1 through 5")
        })
    }

    fn one_of<T: Copy>(&self, names: &[(&str, T)]) -> Result<T> {
        let text = self.text()?;
        let found = names.iter().find(|(name, _)| *name == text);
        found.map(|(_, value)| *value).ok_or_else(|| {
            let names: Vec<_> = names.iter().map(|(name, _)| format!("'{name}'")).collect();
            self.not_valid(text, &names.join(" or "))
        })
    }

    fn not_valid(&self, found: &str, needed: &str) -> Error {
        let Given { field, name, .. } = self;
        let message = format!(
            "Enumeration value '{found}' for field '{field}.{name}' is not a valid value: it must be {needed}"
        );
        Error::query(Code::BAD_VALUE, message)
    }

    fn wrong_type(&self, needed: &str) -> Error {
        let Given { field, name, value } = self;
        let found = value.type_name();
        let message = format!(
            "BSON field '{field}.{name}' is the wrong type '{found}', expected type '{needed}'"
        );
        Error::query(Code::TYPE_MISMATCH, message)
    }
}
