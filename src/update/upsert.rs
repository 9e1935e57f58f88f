//! What an upsert inserts: the values that the filter requires of fields.
//!
//! `{ a: 1 }`, `{ a: { $eq: 1 } }`, `{ a: { $in: [1] } }`, `{ a: { $all: [1] } }` and such within
//! `$and` require a value; ranges, patterns and choices require none.

use std::cell::Cell;

use super::array_filters::ArrayFilters;
use super::operator::Applying;
use super::set::Set;
use super::tree::Branch;
use crate::bson::{Builder, Path, RawDoc, RawValue};
use crate::error::{Code, Error, Result};
use crate::query::Filter;
use crate::query::filter::Predicate;

/// A tree that sets the values that `filter` requires, in the order of their names.
pub(super) fn required_values(filter: &Filter) -> Result<Branch> {
    let mut root = Branch::default();
    let no_filters = ArrayFilters::default();
    for test in filter.root().tests() {
        let Predicate::Equal(operand) = &test.predicate else {
            continue;
        };
        let set = Set::to(operand.value());
        root.insert_below(&test.path, 0, &no_filters, set)
            .map_err(|conflict| matched_twice(&test.path, conflict))?;
    }
    root.sort();
    Ok(root)
}

/// The document of the values that `filter` requires.
pub(super) fn required_document(filter: &Filter) -> Result<Vec<u8>> {
    let applying = Applying {
        document: RawDoc::EMPTY,
        array_filters: &ArrayFilters::default(),
        sources: Vec::new(),
        scratch: Cell::default(),
    };
    let mut document = Vec::new();
    required_values(filter)?.apply(&applying, &mut document)?;
    Ok(document)
}

fn matched_twice(path: &Path, conflict: &str) -> Error {
    let which = match conflict == path.as_str() {
        true => format!("path '{path}' is matched twice"),
        false => format!("both paths '{path}' and '{conflict}' are matched"),
    };
    Error::query(
        Code::NOT_SINGLE_VALUE_FIELD,
        format!("cannot infer query fields to set, {which}"),
    )
}

/// Appends `document` with `id` in front and without its own.
pub(super) fn write_with_id(id: RawValue<'_>, document: RawDoc<'_>, out: &mut Vec<u8>) {
    let mut builder = Builder::new(out);
    builder.append("_id", id);
    for element in document.elements() {
        if element.key() != "_id" {
            builder.append_element(element);
        }
    }
    builder.finish();
}
