//! The index keys of a document: dotted paths followed through objects and arrays.
//!
//! An array on the way gives one key per element; an array at the end is indexed by its elements,
//! not by their elements in turn. A path that leads nowhere gives null, an empty array at the end
//! undefined. A number in a path means an array's element if there is one, else a field's name.
//! All arrays that one key goes through must lie within each other: two arrays side by side would
//! need a key for every pair of elements, so MongoDB and we refuse them.
//!
//! Sorting uses the same values, so that an index and a sort in memory order documents alike.

use super::spec::KeyField;
use crate::bson::{Path, RawDoc, RawValue};
use crate::error::{Code, Error, Result};

/// Calls `emit` with the values of each key of `document`, one for each field, and says whether
/// an array was met (the document may then have several keys, or repeat one).
pub fn each_key<'a>(
    fields: &[KeyField],
    document: RawDoc<'a>,
    emit: &mut dyn FnMut(&[RawValue<'a>]),
) -> Result<bool> {
    if let [field] = fields {
        let slot = descend(document, &field.path, 0)?;
        return expand_one(&field.path, slot, emit);
    }
    let slots = fields.iter().map(|field| descend(document, &field.path, 0));
    let slots = slots.collect::<Result<Vec<_>>>()?;
    expand(fields, &slots, emit)
}

/// How far one field of a key has been followed.
#[derive(Clone, Copy)]
enum Slot<'a> {
    /// To its value.
    Value(RawValue<'a>),
    /// To an array whose elements are next; then the path's components from `position` on.
    Array { array: RawDoc<'a>, position: usize },
}

/// Follows `path` from `document` to a value or the next array.
fn descend<'a>(mut document: RawDoc<'a>, path: &Path, mut position: usize) -> Result<Slot<'a>> {
    loop {
        let value = document.get(path.component(position));
        position += 1;
        let at_end = position == path.len();
        match value {
            Some(RawValue::Array(array)) => return enter_array(array, path, position),
            Some(RawValue::Document(inner)) if !at_end => document = inner,
            Some(value) if at_end => return Ok(Slot::Value(value)),
            _ => return Ok(Slot::Value(RawValue::Null)),
        }
    }
}

/// Follows the array indexes that come next in `path`.
fn enter_array<'a>(mut array: RawDoc<'a>, path: &Path, mut position: usize) -> Result<Slot<'a>> {
    loop {
        let indexed = path
            .index(position)
            .and_then(|index| array.iter().nth(index as usize));
        let Some((_, element)) = indexed else {
            return Ok(Slot::Array { array, position });
        };
        refuse_ambiguous(array, path, position)?;
        position += 1;
        let at_end = position == path.len();
        match element {
            RawValue::Array(inner) => array = inner,
            value if at_end => return Ok(Slot::Value(value)),
            RawValue::Document(inner) => return descend(inner, path, position),
            _ => return Ok(Slot::Value(RawValue::Null)),
        }
    }
}

fn refuse_ambiguous(array: RawDoc<'_>, path: &Path, position: usize) -> Result<()> {
    let name = path.component(position);
    let has_field = |value: RawValue<'_>| {
        value
            .as_document()
            .is_some_and(|document| document.get_element(name).is_some())
    };
    if !array.iter().any(|(_, element)| has_field(element)) {
        return Ok(());
    }
    Err(Error::query(
        Code(16746),
        format!(
            "Ambiguous field name found in array (do not use numeric field names in embedded \
             elements in an array), field: '{name}' for array at '{}'",
            path.prefix(position)
        ),
    ))
}

/// The slot of a field behind one element of the array it had reached.
fn step<'a>(path: &Path, position: usize, element: RawValue<'a>) -> Result<Slot<'a>> {
    match element {
        value if position == path.len() => Ok(Slot::Value(value)),
        RawValue::Document(document) => descend(document, path, position),
        _ => Ok(Slot::Value(RawValue::Null)),
    }
}

fn expand_one<'a>(
    path: &Path,
    slot: Slot<'a>,
    emit: &mut dyn FnMut(&[RawValue<'a>]),
) -> Result<bool> {
    let (array, position) = match slot {
        Slot::Value(value) => {
            emit(&[value]);
            return Ok(false);
        }
        Slot::Array { array, position } => (array, position),
    };
    if array.is_empty() {
        expand_one(path, step(path, position, RawValue::Undefined)?, emit)?;
    }
    for (_, element) in array {
        expand_one(path, step(path, position, element)?, emit)?;
    }
    Ok(true)
}

fn expand<'a>(
    fields: &[KeyField],
    slots: &[Slot<'a>],
    emit: &mut dyn FnMut(&[RawValue<'a>]),
) -> Result<bool> {
    let Some(array) = common_array(fields, slots)? else {
        let values = slots.iter().map(|slot| match slot {
            Slot::Value(value) => *value,
            Slot::Array { .. } => RawValue::Null,
        });
        emit(&values.collect::<Vec<_>>());
        return Ok(false);
    };
    let mut expand_element = |element| -> Result<()> {
        let next = fields.iter().zip(slots).map(|(field, slot)| match *slot {
            Slot::Value(_) => Ok(*slot),
            Slot::Array { position, .. } => step(&field.path, position, element),
        });
        expand(fields, &next.collect::<Result<Vec<_>>>()?, emit)?;
        Ok(())
    };
    if array.is_empty() {
        expand_element(RawValue::Undefined)?;
    }
    for (_, element) in array {
        expand_element(element)?;
    }
    Ok(true)
}

/// The array at which the fields wait, if any does: it must be the same for all of them.
fn common_array<'a>(fields: &[KeyField], slots: &[Slot<'a>]) -> Result<Option<RawDoc<'a>>> {
    let mut found: Option<(RawDoc<'a>, &KeyField)> = None;
    for (field, slot) in fields.iter().zip(slots) {
        let Slot::Array { array, .. } = *slot else {
            continue;
        };
        match found {
            None => found = Some((array, field)),
            Some((first, _)) if std::ptr::eq(first.as_bytes(), array.as_bytes()) => {}
            Some((_, other)) => {
                return Err(Error::query(
                    Code::CANNOT_INDEX_PARALLEL_ARRAYS,
                    format!(
                        "cannot index parallel arrays [{}] [{}]",
                        field.path, other.path
                    ),
                ));
            }
        }
    }
    Ok(found.map(|(array, _)| array))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bson::{Document, doc};

    fn keys(paths: &[&str], document: &Document) -> Result<(Vec<String>, bool)> {
        let fields: Vec<_> = paths.iter().map(|path| KeyField::ascending(path)).collect();
        let bytes = document.to_bytes();
        let mut keys = Vec::new();
        let multikey = each_key(&fields, RawDoc::trusted(&bytes), &mut |values| {
            keys.push(
                values
                    .iter()
                    .map(|v| format!("{v:?}"))
                    .collect::<Vec<_>>()
                    .join(", "),
            );
        })?;
        Ok((keys, multikey))
    }

    #[test]
    fn one_key_per_element_and_null_where_the_path_leads_nowhere() {
        let cases: Vec<(&str, Document, &[&str], bool)> = vec![
            ("a", doc! { "a": 5 }, &["Int32(5)"], false),
            ("a", doc! {}, &["Null"], false),
            ("a", doc! { "a": [1, 2] }, &["Int32(1)", "Int32(2)"], true),
            ("a", doc! { "a": [] }, &["Undefined"], true),
            ("a", doc! { "a": [[]] }, &["Array({})"], true),
            ("a.b", doc! { "a": { "b": 1 } }, &["Int32(1)"], false),
            ("a.b", doc! { "a": 1 }, &["Null"], false),
            ("a.b", doc! { "a": [] }, &["Null"], true),
            (
                "a.b",
                doc! { "a": [1, { "b": 2 }, {}] },
                &["Null", "Int32(2)", "Null"],
                true,
            ),
            (
                "a.b",
                doc! { "a": [{ "b": [1, 2] }, { "b": [] }] },
                &["Int32(1)", "Int32(2)", "Undefined"],
                true,
            ),
            ("a.b", doc! { "a": [[{ "b": 1 }]] }, &["Null"], true),
            ("a.0", doc! { "a": [7, 8] }, &["Int32(7)"], false),
            ("a.0", doc! { "a": { "0": 7 } }, &["Int32(7)"], false),
            (
                "a.0",
                doc! { "a": [[1, 2]] },
                &["Int32(1)", "Int32(2)"],
                true,
            ),
            ("a.1", doc! { "a": [{ "1": 3 }] }, &["Int32(3)"], true),
            (
                "a.0.b",
                doc! { "a": [{ "b": 1 }, { "b": 2 }] },
                &["Int32(1)"],
                false,
            ),
        ];
        for (path, document, expected, multikey) in cases {
            let found = keys(&[path], &document).unwrap();
            assert_eq!(
                (found.0, found.1),
                (expected.iter().map(|s| s.to_string()).collect(), multikey),
                "{path} of {document:?}"
            );
        }
    }

    #[test]
    fn compound_keys_follow_one_array_together() {
        let document = doc! { "a": [{ "b": 1, "c": 2 }, { "b": 3 }], "d": 9 };
        let (found, multikey) = keys(&["a.b", "d", "a.c"], &document).unwrap();
        assert_eq!(
            found,
            ["Int32(1), Int32(9), Int32(2)", "Int32(3), Int32(9), Null"]
        );
        assert!(multikey);
    }

    #[test]
    fn arrays_side_by_side_are_refused() {
        let error = keys(&["a", "b"], &doc! { "a": [1], "b": [2] }).unwrap_err();
        assert_eq!(error.code(), Code::CANNOT_INDEX_PARALLEL_ARRAYS);
        assert_eq!(error.message(), "cannot index parallel arrays [b] [a]");
    }

    #[test]
    fn a_number_that_is_both_index_and_field_is_refused() {
        let error = keys(&["a.0"], &doc! { "a": [{ "0": 1 }] }).unwrap_err();
        assert_eq!(error.code(), Code(16746));
    }
}
