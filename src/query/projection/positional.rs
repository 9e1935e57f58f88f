//! `"a.$": 1`: of an array only the element by which the query selected the document
//! ([manual](https://www.mongodb.com/docs/manual/reference/operator/projection/positional/)).
//!
//! It works on what the rest of the projection has left: the first array on the path gives way to an array of the
//! one element at the position where the filter matched. Where the path meets no array nothing is to be done.

use crate::bson::{Builder, RawDoc, RawValue};
use crate::error::{Code, Error, Result};
use crate::query::Filter;

/// The path before the `$`, and the filter whose position counts.
#[derive(Clone, Debug)]
pub(super) struct Positional {
    path: Box<[Box<str>]>,
    filter: Filter,
}

impl Positional {
    pub(super) fn new(path: &[&str], filter: &Filter) -> Positional {
        Positional {
            path: path.iter().map(|name| (*name).into()).collect(),
            filter: filter.clone(),
        }
    }

    /// Appends `projected`, which is what was left of `document`, with only the element that matched.
    pub(super) fn apply(
        &self,
        projected: RawDoc<'_>,
        document: RawDoc<'_>,
        out: &mut Vec<u8>,
    ) -> Result<()> {
        if !leads_to_array(projected, &self.path) {
            out.extend_from_slice(projected.as_bytes());
            return Ok(());
        }
        let Some(position) = self.filter.position(document)? else {
            return Err(self.refuse(51246, "couldn't find a matching element in the array"));
        };
        self.document(projected, 0, position, Builder::new(out))
    }

    fn document(
        &self,
        document: RawDoc<'_>,
        depth: usize,
        position: u32,
        mut out: Builder<'_>,
    ) -> Result<()> {
        for element in document.elements() {
            let key = element.key();
            match element.value() {
                _ if self.path.get(depth).is_none_or(|name| key != **name) => {
                    out.append_element(element);
                }
                Some(RawValue::Array(array)) => {
                    let Some((_, element)) = array.iter().nth(position as usize) else {
                        return Err(self.refuse(51247, "element mismatch"));
                    };
                    out.start_array(key).push(element);
                }
                Some(RawValue::Document(inner)) => {
                    self.document(inner, depth + 1, position, out.start_document(key))?;
                }
                _ => out.append_element(element),
            }
        }
        Ok(())
    }

    fn refuse(&self, code: i32, what: &str) -> Error {
        let path = self.path.join(".");
        let message = format!("positional operator '.$' {what} (at '{path}.$')");
        Error::query(Code(code), message)
    }
}

/// Whether there is an array on the path, or at its end.
fn leads_to_array(document: RawDoc<'_>, path: &[Box<str>]) -> bool {
    let Some((name, rest)) = path.split_first() else {
        return false;
    };
    match document.get(&**name) {
        Some(RawValue::Array(_)) => true,
        Some(RawValue::Document(inner)) => leads_to_array(inner, rest),
        _ => false,
    }
}
