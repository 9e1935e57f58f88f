//! `$set`: puts a value in the place of another, or where there was none.
//!
//! A value of the same type and bytes is no change; `1.0` in the place of `1` is one.

use super::operator::Change;
use crate::bson::{Element, MAX_DEPTH, Path, RawDoc, RawValue};
use crate::error::{Code, Error, Result};

#[derive(Clone, Debug)]
pub(super) struct Set {
    kind: u8,
    bytes: Box<[u8]>,
}

impl Set {
    pub(super) fn compile(path: &Path, value: RawValue<'_>) -> Result<Set> {
        // Each component of the path is a level of its own, wherever the update is applied.
        if path.len() + depth(value) > MAX_DEPTH {
            return Err(Error::query(
                Code::OVERFLOW,
                format!("setting '{path}' would nest the document deeper than {MAX_DEPTH} levels"),
            ));
        }
        Ok(Set::new(value))
    }

    pub(super) fn new(value: RawValue<'_>) -> Set {
        let mut bytes = Vec::new();
        value.write_to(&mut bytes);
        Set {
            kind: value.element_type() as u8,
            bytes: bytes.into(),
        }
    }

    pub(super) fn change(&self, current: Option<Element<'_>>) -> Change<'_> {
        let same = |element: Element<'_>| {
            element.type_byte() == self.kind && element.value_bytes() == &*self.bytes
        };
        if current.is_some_and(same) {
            return Change::Keep;
        }
        Change::Write(RawValue::decode(self.kind, &self.bytes).unwrap_or(RawValue::Null))
    }
}

/// The levels of documents and arrays in a value.
fn depth(value: RawValue<'_>) -> usize {
    let below = |document: RawDoc<'_>| {
        1 + document
            .iter()
            .map(|(_, value)| depth(value))
            .max()
            .unwrap_or(0)
    };
    match value {
        RawValue::Document(document) | RawValue::Array(document) => below(document),
        RawValue::JavaScriptWithScope { scope, .. } => below(scope),
        _ => 0,
    }
}
