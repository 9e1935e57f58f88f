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

/// Whether the predicate holds for any value that `path` leads to. `value` is that of the first
/// `position` components.
#[inline]
pub(super) fn any(
    value: Option<RawValue<'_>>,
    path: &Path,
    position: usize,
    predicate: &Predicate,
) -> bool {
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
) -> bool {
    any(
        document.get(path.component(position)),
        path,
        position + 1,
        predicate,
    )
}

fn any_in_array(array: RawDoc<'_>, path: &Path, position: usize, predicate: &Predicate) -> bool {
    if position == path.len() {
        let whole = || predicate.test(Some(RawValue::Array(array)));
        let element = |(_, element)| predicate.test(Some(element));
        return predicate.expands_arrays() && array.iter().any(element) || whole();
    }
    let index = path.index(position).map(|index| index as usize);
    array.iter().enumerate().any(|(at, (_, element))| {
        let named = || match element {
            RawValue::Document(document) => any_in_document(document, path, position, predicate),
            _ => false,
        };
        let indexed = || match element {
            _ if position + 1 == path.len() => predicate.test(Some(element)),
            RawValue::Document(document) => {
                any_in_document(document, path, position + 1, predicate)
            }
            RawValue::Array(inner) => any_in_array(inner, path, position + 1, predicate),
            _ => false,
        };
        named() || index == Some(at) && indexed()
    })
}
