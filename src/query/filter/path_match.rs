//! Which values of a document a dotted path leads to, as filters see it.
//!
//! - An array on the way stands for each of its elements that are documents; its other elements
//!   lead nowhere and do not even count as missing.
//! - A number in the path may be an element's position, a field's name, or both at once.
//! - An array at the end stands for each element and for itself, except where a predicate asks
//!   about the field as such (`$exists`). An element picked by its position stands for itself.
//! - A path that ends at a scalar or at an absent field leads to "missing", which `null` matches.

use super::Predicate;
use crate::bson::{Path, RawDoc, RawValue};
use crate::query::regex::Verdict;

/// Whether the predicate holds for any value that `path` leads to. `value` is that of the first
/// `position` components.
#[inline]
pub(super) fn any(
    value: Option<RawValue<'_>>,
    path: &Path,
    position: usize,
    predicate: &Predicate,
) -> Verdict {
    let at_end = position == path.len();
    match value {
        Some(RawValue::Array(array)) => any_in_array(array, path, position, predicate),
        Some(RawValue::Document(document)) if !at_end => {
            any_in_document(document, path, position, predicate)
        }
        value if at_end => predicate.test(value),
        _ => predicate.test(None),
    }
}

fn any_in_document(
    document: RawDoc<'_>,
    path: &Path,
    position: usize,
    predicate: &Predicate,
) -> Verdict {
    any(
        document.get(path.component(position)),
        path,
        position + 1,
        predicate,
    )
}

fn any_in_array(array: RawDoc<'_>, path: &Path, position: usize, predicate: &Predicate) -> Verdict {
    if position == path.len() {
        return any_element_or_whole(array, predicate);
    }
    let index = path.index(position).map(|index| index as usize);
    for (at, (_, element)) in array.iter().enumerate() {
        let named = match element {
            RawValue::Document(document) => any_in_document(document, path, position, predicate)?,
            _ => false,
        };
        if named || index == Some(at) && any_below_element(element, path, position, predicate)? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn any_element_or_whole(array: RawDoc<'_>, predicate: &Predicate) -> Verdict {
    if predicate.expands_arrays() {
        for (_, element) in array {
            if predicate.test(Some(element))? {
                return Ok(true);
            }
        }
    }
    predicate.test(Some(RawValue::Array(array)))
}

/// Below an element that was picked by its position.
fn any_below_element(
    element: RawValue<'_>,
    path: &Path,
    position: usize,
    predicate: &Predicate,
) -> Verdict {
    match element {
        _ if position + 1 == path.len() => predicate.test(Some(element)),
        RawValue::Document(document) => any_in_document(document, path, position + 1, predicate),
        RawValue::Array(inner) => any_in_array(inner, path, position + 1, predicate),
        _ => Ok(false),
    }
}
