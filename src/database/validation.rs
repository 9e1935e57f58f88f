//! Validators: which documents a collection takes
//! ([manual: Schema Validation](https://www.mongodb.com/docs/manual/core/schema-validation/)).
//!
//! A validator is a filter in the collection's options. It is compiled once for each version of them, and asked under the
//! commit lock about every document that is to be stored, before anything has changed. Why a document was refused is found
//! out afterwards, by `query::mismatch`.

use super::interrupt::Interrupt;
use super::options::create;
use super::options::validation::{CollModOptions, Validation, ValidationAction, ValidationLevel};
use super::options::{CreateOptions, WriteOptions};
use super::{Database, finish, listing, names};
use crate::bson::{Collation, RawDoc, RawValue, Value, doc};
use crate::error::{Code, Error, Result, Status};
use crate::json;
use crate::query::{Context, Filter, mismatch};
use crate::storage::catalog::Collection;

/// A compiled validator.
pub struct Validator {
    filter: Filter,
    /// It refers to the time, and so is compiled anew for each document.
    is_timed: bool,
    level: ValidationLevel,
    action: ValidationAction,
}

fn compile(source: RawDoc<'_>, collation: Option<&Collation>) -> Result<Filter> {
    Filter::compile(source, &context(collation))
}

fn context(collation: Option<&Collation>) -> Context {
    let mut context = Context::default();
    context.set_collation(collation.cloned());
    context
}

impl Validator {
    /// None if it would allow everything. Strings compare by the collection's collation.
    pub fn new(
        validation: &Validation,
        collation: Option<&Collation>,
    ) -> Result<Option<Validator>> {
        let level = validation.level.unwrap_or(ValidationLevel::Strict);
        let (Some(source), true) = (&validation.validator, level != ValidationLevel::Off) else {
            return Ok(None);
        };
        let filter = compile(RawDoc::trusted(source), collation)?;
        if filter.is_empty() {
            return Ok(None);
        }
        Ok(Some(Validator {
            filter,
            is_timed: source.windows(5).any(|text| text == b"$$NOW"),
            level,
            action: validation.action.unwrap_or(ValidationAction::Error),
        }))
    }

    /// A filter that fails on a document does not match it.
    pub fn allows(&self, document: RawDoc<'_>) -> Result<bool> {
        if !self.is_timed {
            return Ok(self.filter.matches(document).unwrap_or(false));
        }
        let filter = compile(self.filter.source(), self.filter.collation())?;
        Ok(filter.matches(document).unwrap_or(false))
    }

    fn check(&self, collection: &Collection, document: RawDoc<'_>) -> Result<()> {
        if self.allows(document)? {
            return Ok(());
        }
        let failure = self.failure(document);
        if self.action != ValidationAction::Error {
            let details = failure.details().get("errInfo").map(ToString::to_string);
            log::warn!(
                "a document of {:?} failed validation: {}",
                collection.name,
                details.unwrap_or_default()
            );
        }
        match self.action {
            ValidationAction::Warn => Ok(()),
            _ => Err(failure),
        }
    }

    /// The error, with MongoDB's `errInfo`.
    fn failure(&self, document: RawDoc<'_>) -> Error {
        let error = Error::new(
            Status::Validation,
            Code::DOCUMENT_VALIDATION_FAILURE,
            "Document failed validation",
        );
        let id = document.get("_id").map(Value::from_raw);
        let id = id.and_then(Result::ok).unwrap_or(Value::Null);
        let mut info = doc! { "failingDocumentId": id };
        let context = context(self.filter.collation());
        if let Ok(details) = mismatch::explain(&self.filter, document, &context) {
            info.insert("details", details);
        }
        let (mut text, bytes) = (Vec::new(), info.to_bytes());
        let info = RawValue::Document(RawDoc::trusted(&bytes));
        json::write_value(&mut text, info, json::Mode::Relaxed);
        match serde_json::from_slice::<serde_json::Value>(&text) {
            Ok(info) => error.with_detail("errInfo", info),
            Err(_) => error,
        }
    }
}

fn validator<'c>(
    collection: &'c Collection,
    options: &WriteOptions,
) -> Result<Option<&'c Validator>> {
    if options.bypass_document_validation {
        return Ok(None);
    }
    Ok(create::stored(collection)?.and_then(|stored| stored.validator.as_ref()))
}

/// Refuses a new document that the collection's validator does not allow: `DocumentValidationFailure` (121).
pub fn check_new(collection: &Collection, document: &[u8], options: &WriteOptions) -> Result<()> {
    match validator(collection, options)? {
        Some(validator) => validator.check(collection, RawDoc::trusted(document)),
        None => Ok(()),
    }
}

/// Refuses the new form of a document, unless the level lets those be that are not valid as they are.
pub fn check_change(
    collection: &Collection,
    old: &[u8],
    new: &[u8],
    options: &WriteOptions,
) -> Result<()> {
    let Some(validator) = validator(collection, options)? else {
        return Ok(());
    };
    if validator.level == ValidationLevel::Moderate && !validator.allows(RawDoc::trusted(old))? {
        return Ok(());
    }
    validator.check(collection, RawDoc::trusted(new))
}

impl Database {
    /// Changes a collection's `validator`, `validationLevel`, `validationAction`, or a capped one's `cappedSize` and
    /// `cappedMax`; what is not given stays. Documents that are there already are not looked at: what a smaller limit leaves no
    /// room for goes with the next insert.
    ///
    /// Errors: `NamespaceNotFound` (26); `InvalidOptions` (72) for limits of a collection that is not capped; those of a bad filter
    /// ([collMod](https://www.mongodb.com/docs/manual/reference/command/collMod/)).
    pub fn coll_mod(&self, name: &str, changes: RawDoc<'_>) -> Result<()> {
        let engine = self.0.enter()?;
        names::check_collection(name)?;
        let changes = CollModOptions::from_bson(changes)?;
        let interrupt = Interrupt::new(&self.0, &changes.write.common)?;
        let mut txn = engine.begin_write_until(&interrupt)?;
        let Some(collection) = txn.collection(name) else {
            return Err(listing::no_collection(txn.catalog(), name));
        };
        let options = match create::stored(&collection)? {
            Some(stored) => stored.options.clone(),
            None => CreateOptions::default(),
        };
        let bytes = changes.apply_to(options)?.to_bytes();
        if bytes != collection.options.bytes() {
            txn.set_options(&collection, &bytes);
        }
        finish(&engine, txn)
    }
}
