//! `$set` and `$setOnInsert`: put a value in the place of another, or where there was none.
//!
//! A value of the same type and bytes is no change; `1.0` in the place of `1` is one. `$setOnInsert`
//! is the same operator in a tree of its own, which upserts use.

use std::sync::Arc;

use super::operator::{At, Operand, Operator, Outcome, Slot};
use crate::bson::{Element, MAX_DEPTH, Path, RawDoc, RawValue, RawValueBuf};
use crate::error::{Code, Error, Result};

#[derive(Debug)]
pub(super) struct Set(RawValueBuf);

impl Set {
    pub(super) fn compile(operand: &Operand<'_>) -> Result<Arc<dyn Operator>> {
        check_depth(operand.path, 0, operand.value)?;
        Ok(Set::to(operand.value))
    }

    pub(super) fn to(value: RawValue<'_>) -> Arc<dyn Operator> {
        Arc::new(Set(value.into()))
    }
}

impl Operator for Set {
    fn change(
        &self,
        current: Option<Element<'_>>,
        slot: Slot<'_, '_>,
        _at: &At<'_>,
    ) -> Result<Outcome> {
        let Set(value) = self;
        match current {
            Some(current) if value.is_identical(current) => Ok(Outcome::Kept),
            _ => Ok(slot.write(value.as_raw())),
        }
    }
}

/// Refuses a value that would lie too deep, `further` levels below the end of a path. Each component
/// of the path is a level of its own, wherever the update is applied.
pub(super) fn check_depth(path: &Path, further: usize, value: RawValue<'_>) -> Result<()> {
    if path.len() + further + depth(value) <= MAX_DEPTH {
        return Ok(());
    }
    Err(Error::query(
        Code::OVERFLOW,
        format!("setting '{path}' would nest the document deeper than {MAX_DEPTH} levels"),
    ))
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
