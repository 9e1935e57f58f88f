//! The options of `create` and `collMod` that say which documents a collection takes.

use super::common::WriteOptions;
use super::create::{Capped, CreateOptions, MAX_CAPPED_BYTES};
use super::given::{Given, given};
use crate::bson::{Document, RawDoc};
use crate::error::{Code, Error, Result};
use crate::query::{Context, Filter};

/// Which documents a collection takes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Validation {
    /// The filter that documents must match, as BSON.
    pub validator: Option<Vec<u8>>,
    /// Which writes are checked; strict if not given.
    pub level: Option<ValidationLevel>,
    /// What becomes of a document that does not match; an error if not given.
    pub action: Option<ValidationAction>,
}

/// Which writes a validator checks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValidationLevel {
    /// None.
    Off,
    /// All.
    Strict,
    /// All but changes of documents that do not match as they are.
    Moderate,
}

const LEVELS: &[(&str, ValidationLevel)] = &[
    ("off", ValidationLevel::Off),
    ("strict", ValidationLevel::Strict),
    ("moderate", ValidationLevel::Moderate),
];

/// What becomes of a write that a validator refuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValidationAction {
    /// It fails.
    Error,
    /// It is made, and the log says so.
    Warn,
    /// It fails, and the log says so.
    ErrorAndLog,
}

const ACTIONS: &[(&str, ValidationAction)] = &[
    ("error", ValidationAction::Error),
    ("warn", ValidationAction::Warn),
    ("errorAndLog", ValidationAction::ErrorAndLog),
];

impl Validation {
    /// The options that it reads, as a message lists them.
    pub(super) const KNOWN: &str = "validator, validationLevel, validationAction";

    /// Takes the option if it is one of these.
    pub(super) fn take(&mut self, given: &Given<'_>) -> Result<bool> {
        match given.name {
            "validator" => {
                let validator = given.document()?;
                Filter::compile(RawDoc::trusted(&validator), &Context::default())?;
                self.validator = Some(validator);
            }
            "validationLevel" => self.level = Some(given.one_of(LEVELS)?),
            "validationAction" => self.action = Some(given.one_of(ACTIONS)?),
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// Appends what is given.
    pub(super) fn write_to(&self, document: &mut Document) {
        if let Some(validator) = &self.validator {
            let validator = Document::from_raw(RawDoc::trusted(validator));
            document.insert("validator", validator.unwrap_or_default());
        }
        if let Some(level) = &self.level {
            document.insert("validationLevel", name_of(LEVELS, level));
        }
        if let Some(action) = &self.action {
            document.insert("validationAction", name_of(ACTIONS, action));
        }
    }
}

fn name_of<T: PartialEq>(choices: &'static [(&'static str, T)], value: &T) -> &'static str {
    let found = choices.iter().find(|(_, choice)| choice == value);
    found.map_or("", |(name, _)| name)
}

/// Options of `coll_mod`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CollModOptions {
    /// What is given replaces what there is.
    pub validation: Validation,
    /// Another limit of a capped collection's bytes.
    pub capped_size: Option<u64>,
    /// Another limit of its documents; 0 for none.
    pub capped_max: Option<u64>,
    /// What every write takes.
    pub write: WriteOptions,
}

impl CollModOptions {
    /// Reads `{validator, validationLevel, validationAction, cappedSize, cappedMax, ...}`.
    pub fn from_bson(document: RawDoc) -> Result<CollModOptions> {
        let mut options = CollModOptions::default();
        for given in given("collMod", document) {
            match given.name {
                "cappedSize" => options.capped_size = Some(given.number(1, MAX_CAPPED_BYTES)?),
                "cappedMax" => options.capped_max = Some(given.limit()?),
                "index" | "dryRun" | "changeStreamPreAndPostImages" => return Err(given.not_yet()),
                _ if options.validation.take(&given)? => {}
                _ if options.write.take(&given)? => {}
                _ => {
                    let known = [Validation::KNOWN, "cappedSize, cappedMax"].join(", ");
                    return Err(given.unknown_beside(&known, WriteOptions::KNOWN));
                }
            }
        }
        Ok(options)
    }

    /// The options of a collection after the change.
    pub fn apply_to(self, mut options: CreateOptions) -> Result<CreateOptions> {
        let own = &mut options.validation;
        own.validator = self.validation.validator.or(own.validator.take());
        own.level = self.validation.level.or(own.level);
        own.action = self.validation.action.or(own.action);
        if self.capped_size.is_none() && self.capped_max.is_none() {
            return Ok(options);
        }
        let Some(capped) = &mut options.capped else {
            let message = "Collection must be capped.";
            return Err(Error::query(Code::INVALID_OPTIONS, message));
        };
        if let Some(size) = self.capped_size {
            *capped = Capped::new(size, capped.max);
        }
        if let Some(max) = self.capped_max {
            capped.max = Some(max).filter(|max| *max > 0);
        }
        Ok(options)
    }
}
