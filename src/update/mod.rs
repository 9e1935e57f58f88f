//! The update language: `$set`, `$unset`, `$inc` on parts of a document, and whole replacements.
//!
//! An update is compiled to a tree of paths ([`tree`]) whose leaves are operators, one file each.
//! Applying it is one pass over the raw document that copies what the tree does not name
//! ([`apply`]). An update that changes nothing says so, and costs no write.

mod apply;
mod inc;
mod operator;
pub mod replacement;
mod set;
mod tree;
mod unset;
mod upsert;

#[cfg(test)]
mod tests;

use operator::Operator;
use tree::Branch;

use crate::bson::{MAX_DOCUMENT_SIZE, Path, RawDoc, RawValue, ensure_id_first};
use crate::error::{Code, Error, Result};
use crate::query::{Context, Filter};

/// A compiled update.
#[derive(Clone, Debug)]
pub struct Update {
    root: Branch,
}

/// What applying an update did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Applied {
    /// Whether the new document differs from the old one.
    pub modified: bool,
}

/// Operators that MongoDB has and we do not yet.
const LATER: &[&str] = &[
    "$setOnInsert",
    "$min",
    "$max",
    "$mul",
    "$rename",
    "$currentDate",
    "$push",
    "$pull",
    "$pullAll",
    "$pop",
    "$addToSet",
    "$bit",
];

impl Update {
    /// Compiles `{ $set: { a: 1 }, $inc: { "b.c": 2 } }`.
    pub fn compile(update: RawDoc<'_>, _context: &Context) -> Result<Update> {
        if update
            .elements()
            .next()
            .is_none_or(|first| !first.key().as_bytes().starts_with(b"$"))
        {
            return Err(Error::query(
                Code::FAILED_TO_PARSE,
                "Update document requires atomic operators such as $set (to put a whole \
                 document in the place of another, replace it)",
            ));
        }
        let mut root = Branch::default();
        for (name, operand) in update {
            let name = name.as_str();
            check_operator(name)?;
            let RawValue::Document(fields) = operand else {
                return Err(Error::query(
                    Code::FAILED_TO_PARSE,
                    format!(
                        "Modifiers operate on fields but we found type {} instead. For example: \
                         {{$mod: {{<field>: ...}}}} not {{{name}: <{0}>}}",
                        operand.type_name()
                    ),
                ));
            };
            for (path, value) in fields {
                let path = Path::new(path.as_str());
                check_path(&path)?;
                root.insert(&path, Operator::compile(name, &path, value)?)?;
            }
        }
        root.sort();
        Ok(Update { root })
    }

    /// Appends the updated `document` to `out`. If nothing is modified, what is appended equals
    /// the document. On an error `out` ends in garbage.
    pub fn apply(&self, document: RawDoc<'_>, out: &mut Vec<u8>) -> Result<Applied> {
        let start = out.len();
        let modified = self.root.apply(document, out)?;
        let updated = out.get(start..).unwrap_or_default();
        check_size(updated)?;
        if modified {
            check_id(document, RawDoc::trusted(updated))?;
        }
        Ok(Applied { modified })
    }

    /// The document that an upsert inserts when `filter` selects none: the values that the filter
    /// requires, then the update. `_id` comes first; if neither sets it, it is new.
    pub fn new_document(&self, filter: &Filter) -> Result<Vec<u8>> {
        let mut required = Vec::new();
        upsert::required_values(filter)?.apply(RawDoc::EMPTY, &mut required)?;
        let mut updated = Vec::new();
        self.apply(RawDoc::trusted(&required), &mut updated)?;
        let mut out = Vec::with_capacity(updated.len() + 17);
        ensure_id_first(RawDoc::trusted(&updated), &mut out)?;
        Ok(out)
    }
}

fn check_operator(name: &str) -> Result<()> {
    if Operator::is_known(name) {
        return Ok(());
    }
    if LATER.contains(&name) {
        let message = format!("the update operator {name} is not supported yet");
        return Err(Error::query(Code::BAD_VALUE, message));
    }
    Err(Error::query(
        Code::FAILED_TO_PARSE,
        format!(
            "Unknown modifier: {name}. Expected a valid update modifier or pipeline-style update \
             specified as an array"
        ),
    ))
}

fn check_path(path: &Path) -> Result<()> {
    if path.as_str().is_empty() {
        return Err(Error::query(
            Code::EMPTY_FIELD_NAME,
            "An empty update path is not valid.",
        ));
    }
    for name in path.components() {
        if name.is_empty() {
            return Err(Error::query(
                Code::EMPTY_FIELD_NAME,
                format!(
                    "The update path '{path}' contains an empty field name, which is not allowed."
                ),
            ));
        }
        if name == "$" || name.starts_with("$[") {
            let message = format!("the positional update path '{path}' is not supported yet");
            return Err(Error::query(Code::BAD_VALUE, message));
        }
        // The fields of a DBRef are data.
        if name.starts_with('$') && !["$id", "$ref", "$db"].contains(&name) {
            return Err(dollar_prefixed(name, path.as_str()));
        }
    }
    Ok(())
}

fn dollar_prefixed(name: &str, path: &str) -> Error {
    Error::query(
        Code::DOLLAR_PREFIXED_FIELD_NAME,
        format!(
            "The dollar ($) prefixed field '{name}' in '{path}' is not allowed in the context of \
             an update's replacement document. Consider using an aggregation pipeline with \
             $replaceWith."
        ),
    )
}

fn check_size(document: &[u8]) -> Result<()> {
    if document.len() <= MAX_DOCUMENT_SIZE {
        return Ok(());
    }
    Err(Error::query(
        Code::BSON_OBJECT_TOO_LARGE,
        format!(
            "Resulting document after update is larger than {MAX_DOCUMENT_SIZE} bytes: {} bytes",
            document.len()
        ),
    ))
}

/// A document keeps its `_id` for life. One that has none is about to be inserted.
fn check_id(before: RawDoc<'_>, after: RawDoc<'_>) -> Result<()> {
    let id = before.get_element("_id");
    if id.is_none() || id == after.get_element("_id") {
        return Ok(());
    }
    Err(Error::query(
        Code::IMMUTABLE_FIELD,
        "Performing an update on the path '_id' would modify the immutable field '_id'",
    ))
}
