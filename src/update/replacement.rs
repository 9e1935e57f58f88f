//! Replacing a whole document: everything changes but its `_id`.

use super::upsert::write_with_id;
use super::{Applied, check_size, dollar_prefixed};
use crate::bson::compare::values_equal;
use crate::bson::{RawDoc, RawValue, ensure_id_first};
use crate::error::{Code, Error, Result};
use crate::query::Filter;
use crate::query::explain::shell_text;

/// Refuses a replacement that looks like an update.
pub fn check(replacement: RawDoc<'_>) -> Result<()> {
    let dollar = |name: &str| name.starts_with('$') && !["$id", "$ref", "$db"].contains(&name);
    for element in replacement.elements() {
        let name = element.key().as_str();
        if dollar(name) {
            return Err(dollar_prefixed(name, name));
        }
    }
    Ok(())
}

/// Appends what takes the place of `old`: its `_id`, then the fields of `replacement`. The
/// replacement may name the same `_id` or none.
pub fn build(old: RawDoc<'_>, replacement: RawDoc<'_>, out: &mut Vec<u8>) -> Result<Applied> {
    check(replacement)?;
    let start = out.len();
    match old.get("_id") {
        Some(id) => {
            check_id(id, replacement)?;
            write_with_id(id, replacement, out);
        }
        None => out.extend_from_slice(replacement.as_bytes()),
    }
    let new = out.get(start..).unwrap_or_default();
    check_size(new)?;
    Ok(Applied {
        modified: new != old.as_bytes(),
    })
}

/// The document that an upsert inserts when `filter` selects none: the replacement, with its own
/// `_id`, else the one that the filter requires, else a new one.
pub fn new_document(filter: &Filter, replacement: RawDoc<'_>) -> Result<Vec<u8>> {
    check(replacement)?;
    let required = filter.required_id();
    if let Some(id) = required {
        check_id(id, replacement)?;
    }
    let mut out = Vec::with_capacity(replacement.as_bytes().len() + 17);
    match required.filter(|_| replacement.get_element("_id").is_none()) {
        Some(id) => write_with_id(id, replacement, &mut out),
        None => drop(ensure_id_first(replacement, &mut out)?),
    }
    check_size(&out)?;
    Ok(out)
}

fn check_id(id: RawValue<'_>, replacement: RawDoc<'_>) -> Result<()> {
    match replacement.get("_id") {
        Some(new) if !values_equal(id, new) => Err(Error::query(
            Code::IMMUTABLE_FIELD,
            format!(
                "After applying the update, the (immutable) field '_id' was found to have been \
                 altered to _id: {} (it is {})",
                shell_text(new),
                shell_text(id)
            ),
        )),
        _ => Ok(()),
    }
}
