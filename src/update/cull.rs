//! What `$pull` and `$pullAll` have in common: an array loses some of its elements.

use super::describe::describe;
use super::operator::{At, Outcome, Slot};
use crate::bson::{Element, RawValue};
use crate::error::{Code, Error, Result};

/// Writes the array without the elements that `goes` says must go. `operator` is for the error that
/// there is no array.
pub(super) fn cull(
    operator: &str,
    current: Option<Element<'_>>,
    slot: Slot<'_, '_>,
    at: &At<'_>,
    goes: &mut dyn FnMut(Element<'_>) -> Result<bool>,
) -> Result<Outcome> {
    let current = current.and_then(Element::value).unwrap_or(RawValue::Null);
    let RawValue::Array(array) = current else {
        return Err(Error::query(
            Code::BAD_VALUE,
            format!(
                "Cannot apply $pull to a non-array value: {operator} found {} at \"{}\"",
                describe(current),
                at.path()
            ),
        ));
    };
    // Most arrays keep everything: they are not written.
    let mut elements = array.elements();
    let mut kept = 0;
    loop {
        match elements.next() {
            None => return Ok(Outcome::Kept),
            Some(element) if goes(element)? => break,
            Some(_) => kept += 1,
        }
    }
    let mut builder = slot.array();
    for element in array.elements().take(kept) {
        builder.push_element(element);
    }
    for element in elements {
        if !goes(element)? {
            builder.push_element(element);
        }
    }
    Ok(Outcome::Written)
}
