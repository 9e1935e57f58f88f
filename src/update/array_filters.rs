//! `arrayFilters`: which elements of an array `$[identifier]` stands for
//! ([manual](https://www.mongodb.com/docs/manual/reference/operator/update/positional-filtered/)).
//!
//! Each filter speaks of one identifier, the first component of all its paths. An element is put
//! into a document as the field of that name, and the filter is an ordinary one.

use super::operator::Applying;
use super::path::array_filter_identifier;
use crate::bson::{Builder, Element, Path, RawDoc, RawValue};
use crate::error::{Code, Error, Result};
use crate::query::{Context, Filter};

#[derive(Clone, Debug, Default)]
pub(super) struct ArrayFilters(Vec<ArrayFilter>);

#[derive(Clone, Debug)]
struct ArrayFilter {
    identifier: String,
    filter: Filter,
}

impl ArrayFilters {
    /// Compiles an array of filters.
    pub(super) fn compile(filters: RawDoc<'_>, context: &Context) -> Result<ArrayFilters> {
        let mut compiled = ArrayFilters::default();
        for (_, filter) in filters {
            let RawValue::Document(filter) = filter else {
                return Err(Error::query(
                    Code::TYPE_MISMATCH,
                    format!(
                        "BSON field 'arrayFilters' needs documents, found {}",
                        super::describe::describe(filter)
                    ),
                ));
            };
            let parsed = compile_one(filter, context);
            let parsed = parsed
                .map_err(|error| error.context("Error parsing array filter :: caused by :"))?;
            if compiled.position(&parsed.identifier).is_some() {
                return Err(failed_to_parse(format!(
                    "Found multiple array filters with the same top-level field name {}",
                    parsed.identifier
                )));
            }
            compiled.0.push(parsed);
        }
        Ok(compiled)
    }

    /// The place of the filter of an identifier; none for `$[]`'s empty one.
    pub(super) fn position(&self, identifier: &str) -> Option<usize> {
        self.0
            .iter()
            .position(|filter| filter.identifier == identifier)
    }

    /// Refuses a path whose identifiers have no filter.
    pub(super) fn check(&self, path: &Path) -> Result<()> {
        let identifiers = path.components().filter_map(array_filter_identifier);
        let mut unknown = identifiers
            .filter(|identifier| !identifier.is_empty() && self.position(identifier).is_none());
        match unknown.next() {
            None => Ok(()),
            Some(identifier) => Err(Error::query(
                Code::BAD_VALUE,
                format!("No array filter found for identifier '{identifier}' in path '{path}'"),
            )),
        }
    }

    /// Refuses filters that none of the paths of `update` uses.
    pub(super) fn check_all_used(&self, update: RawDoc<'_>) -> Result<()> {
        let uses = |path: &str, identifier: &str| {
            path.split('.')
                .any(|name| array_filter_identifier(name) == Some(identifier))
        };
        for ArrayFilter { identifier, .. } in &self.0 {
            let is_used = update.iter().any(|(_, operand)| match operand {
                RawValue::Document(fields) => fields
                    .elements()
                    .any(|field| uses(field.key().as_str(), identifier)),
                _ => false,
            });
            if !is_used {
                return Err(failed_to_parse(format!(
                    "The array filter for identifier '{identifier}' was not used in the update {}",
                    crate::query::explain::shell_text(RawValue::Document(update))
                )));
            }
        }
        Ok(())
    }

    /// Whether an array's element matches a filter.
    pub(super) fn matches(
        &self,
        position: usize,
        element: Element<'_>,
        applying: &Applying<'_>,
    ) -> Result<bool> {
        let Some(ArrayFilter { identifier, filter }) = self.0.get(position) else {
            return Ok(false);
        };
        let mut document = applying.scratch.take();
        document.clear();
        Builder::new(&mut document).append_renamed(identifier, element);
        let matches = filter.matches(RawDoc::trusted(&document));
        applying.scratch.set(document);
        matches
    }
}

fn compile_one(filter: RawDoc<'_>, context: &Context) -> Result<ArrayFilter> {
    let compiled = Filter::compile(filter, context)?;
    let mut identifier = None;
    find_identifier(filter, &mut identifier)?;
    let Some(identifier) = identifier else {
        return Err(failed_to_parse(
            "Cannot use an expression without a top-level field name in arrayFilters",
        ));
    };
    let mut chars = identifier.chars();
    let well_formed = chars.next().is_some_and(|first| first.is_ascii_lowercase())
        && chars.all(|char| char.is_ascii_alphanumeric());
    if !well_formed {
        return Err(Error::query(
            Code::BAD_VALUE,
            format!(
                "The top-level field name must be an alphanumeric string beginning with a \
                 lowercase letter, found '{identifier}'"
            ),
        ));
    }
    Ok(ArrayFilter {
        identifier: identifier.to_string(),
        filter: compiled,
    })
}

/// Finds the one identifier of a filter that is known to be well formed, and so not nested too
/// deep.
fn find_identifier<'f>(filter: RawDoc<'f>, found: &mut Option<&'f str>) -> Result<()> {
    for (key, value) in filter {
        match (key.as_str(), value) {
            ("$and" | "$or" | "$nor", RawValue::Array(branches)) => {
                for (_, branch) in branches {
                    find_identifier(branch.as_document().unwrap_or(RawDoc::EMPTY), found)?;
                }
            }
            ("$comment", _) => {}
            (operator, _) if operator.starts_with('$') => {
                return Err(Error::query(
                    Code::BAD_VALUE,
                    format!("{operator} is not allowed in an array filter"),
                ));
            }
            (path, _) => {
                let name = path.split('.').next().unwrap_or_default();
                match found {
                    Some(other) if *other != name => {
                        return Err(failed_to_parse(format!(
                            "Expected a single top-level field name, found '{other}' and '{name}'"
                        )));
                    }
                    _ => *found = Some(name),
                }
            }
        }
    }
    Ok(())
}

fn failed_to_parse(message: impl Into<String>) -> Error {
    Error::query(Code::FAILED_TO_PARSE, message)
}
