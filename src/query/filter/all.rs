//! `$all`: arrays that hold every one of several values
//! ([manual](https://www.mongodb.com/docs/manual/reference/operator/query/all/)).
//!
//! It is the conjunction of its entries: equalities and regular expressions, each of which any
//! element may meet, or `$elemMatch`es and nothing else. Without entries nothing matches.

use super::compile::{Place, bad_value, compile_elem_match, operand};
use super::{Conjunction, Node, Pattern, Predicate};
use crate::bson::{Path, RawDoc, RawValue};
use crate::error::Result;

pub(super) fn compile(
    all: &mut Conjunction,
    path: &Path,
    value: RawValue<'_>,
    place: Place<'_>,
) -> Result<()> {
    let RawValue::Array(entries) = value else {
        let found = value.type_name();
        return Err(bad_value(format!(
            "$all needs an array at \"{path}\", found {found}"
        )));
    };
    let mut entries = entries.iter().map(|(_, entry)| entry).peekable();
    let Some(first) = entries.peek() else {
        all.push(Node::Any(Vec::new()));
        return Ok(());
    };
    let about_elements = elem_match(*first).is_some();
    for entry in entries {
        let predicate = match (about_elements, elem_match(entry), entry) {
            (true, Some(conditions), _) => compile_elem_match(path, conditions, place)?,
            (true, None, _) => return Err(bad_value("$all/$elemMatch has to be consistent")),
            (false, _, RawValue::Document(document)) if starts_with_operator(document) => {
                return Err(bad_value("no $ expressions in $all"));
            }
            (false, _, RawValue::Regex { pattern, options }) => {
                Predicate::Regex(Pattern::compile(pattern.as_str(), options.as_str())?)
            }
            (false, ..) => Predicate::Equal(operand(path, entry)?),
        };
        all.push_test(path.clone(), predicate);
    }
    Ok(())
}

/// The operand of an entry that is an `$elemMatch`.
fn elem_match(entry: RawValue<'_>) -> Option<RawValue<'_>> {
    let first = entry.as_document()?.elements().next()?;
    (first.key() == "$elemMatch").then(|| first.value())?
}

/// Whether a document starts with an operator. The fields of a DBRef are data.
fn starts_with_operator(document: RawDoc<'_>) -> bool {
    document.elements().next().is_some_and(|first| {
        let key = first.key();
        key.as_bytes().starts_with(b"$") && key != "$ref" && key != "$id" && key != "$db"
    })
}
