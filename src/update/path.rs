//! Which paths an update may name
//! ([manual: positional operators](https://www.mongodb.com/docs/manual/reference/operator/update-array/)).

use crate::bson::Path;
use crate::error::{Code, Error, Result};

/// The position at which the filter matched.
pub(super) const POSITIONAL: &str = "$";

/// The identifier in `$[identifier]`; empty in `$[]`.
pub(super) fn array_filter_identifier(name: &str) -> Option<&str> {
    name.strip_prefix("$[")?.strip_suffix(']')
}

/// Whether a component stands for positions that are known only when the update is applied.
pub(super) fn is_dynamic(name: &str) -> bool {
    name == POSITIONAL || array_filter_identifier(name).is_some()
}

/// Refuses empty names, names that start with `$` and a `$` or `$[..]` out of place.
pub(super) fn check(path: &Path) -> Result<()> {
    if path.as_str().is_empty() {
        return Err(Error::query(
            Code::EMPTY_FIELD_NAME,
            "An empty update path is not valid.",
        ));
    }
    if path.len() > Path::MAX_LEN {
        return Err(Error::query(
            Code::OVERFLOW,
            format!("An update path has more than {} components.", Path::MAX_LEN),
        ));
    }
    if path.components().any(str::is_empty) {
        return Err(Error::query(
            Code::EMPTY_FIELD_NAME,
            format!("The update path '{path}' contains an empty field name, which is not allowed."),
        ));
    }
    let positions = path.components().filter(|name| *name == POSITIONAL).count();
    if positions > 1 {
        return Err(bad_value(format!(
            "Too many positional (i.e. '$') elements found in path '{path}'"
        )));
    }
    if path.first() == POSITIONAL {
        return Err(bad_value(format!(
            "Cannot have positional (i.e. '$') element in the first position in path '{path}'"
        )));
    }
    if array_filter_identifier(path.first()).is_some() {
        return Err(bad_value(format!(
            "Cannot have array filter identifier (i.e. '$[<id>]') element in the first position \
             in path '{path}'"
        )));
    }
    let refused = |name: &&str| is_dollar_prefixed(name) && !is_dynamic(name);
    match path.components().find(refused) {
        Some(name) => Err(dollar_prefixed(name, path.as_str())),
        None => Ok(()),
    }
}

/// Whether a name starts with `$`. The fields of a DBRef are data.
pub(super) fn is_dollar_prefixed(name: &str) -> bool {
    name.starts_with('$') && !["$id", "$ref", "$db"].contains(&name)
}

pub(super) fn dollar_prefixed(name: &str, path: &str) -> Error {
    Error::query(
        Code::DOLLAR_PREFIXED_FIELD_NAME,
        format!(
            "The dollar ($) prefixed field '{name}' in '{path}' is not allowed in the context of \
             an update's replacement document. Consider using an aggregation pipeline with \
             $replaceWith."
        ),
    )
}

fn bad_value(message: String) -> Error {
    Error::query(Code::BAD_VALUE, message)
}
