//! What an upsert inserts: the values that the filter requires of fields.
//!
//! `{ a: 1 }`, `{ a: { $eq: 1 } }`, `{ a: { $in: [1] } }` and such within `$and` require a value;
//! ranges, patterns and choices require none.

use super::operator::Operator;
use super::set::Set;
use super::tree::Branch;
use crate::bson::{Builder, RawDoc, RawValue};
use crate::error::{Code, Error, Result};
use crate::query::Filter;
use crate::query::filter::Predicate;

/// A tree that sets the values that `filter` requires, in its order.
pub(super) fn required_values(filter: &Filter) -> Result<Branch> {
    let mut root = Branch::default();
    for test in filter.root().tests() {
        let Predicate::Equal(operand) = &test.predicate else {
            continue;
        };
        let set = Operator::Set(Set::new(operand.value()));
        root.insert_below(&test.path, 0, set).map_err(|conflict| {
            Error::query(
                Code::NOT_SINGLE_VALUE_FIELD,
                format!(
                    "cannot infer query fields to set, path '{conflict}' is matched twice (by \
                     '{}')",
                    test.path
                ),
            )
        })?;
    }
    Ok(root)
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
