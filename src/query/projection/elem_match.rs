//! `$elemMatch`: of an array the first element that meets the conditions
//! ([manual](https://www.mongodb.com/docs/manual/reference/operator/projection/elemMatch/)).
//!
//! To the rest of a projection it is a computed field: an array of one element, or nothing where none matches.

use crate::aggregate::expr::{ArrayWriter, Computed, Expr, Frame, Node, Operator};
use crate::bson::{Builder, RawDoc, RawValue};
use crate::error::{Code, Error, Result};
use crate::query::{Context, Filter};

/// A field and its filter, `{ field: { $elemMatch: conditions } }`.
#[derive(Debug)]
struct MatchingElement {
    field: Box<str>,
    filter: Filter,
}

/// Compiles `{ field: { $elemMatch: conditions } }`, given what stands at the field.
pub(super) fn compile(path: &[&str], operator: RawDoc<'_>, context: &Context) -> Result<Expr> {
    let [field] = path else {
        let message = format!(
            "Cannot use $elemMatch projection on a nested field ('{}')",
            path.join(".")
        );
        return Err(Error::query(Code(31275), message));
    };
    let mut filter = Vec::new();
    Builder::new(&mut filter).append(field, RawValue::Document(operator));
    Ok(Expr::of(MatchingElement {
        field: (*field).into(),
        filter: Filter::compile(RawDoc::trusted(&filter), context)?,
    }))
}

impl Operator for MatchingElement {
    fn evaluate<'a>(&'a self, frame: Frame<'a>) -> Result<Computed<'a>> {
        let document = frame.root();
        let Some(RawValue::Array(array)) = document.get(&*self.field) else {
            return Ok(None);
        };
        if !self.filter.matches(document)? {
            return Ok(None);
        }
        let position = self.filter.position(document)?;
        let Some((_, element)) = position.and_then(|at| array.iter().nth(at as usize)) else {
            return Ok(None);
        };
        let mut matching = ArrayWriter::new();
        matching.push(element)?;
        Ok(Some(matching.finish(frame)))
    }

    fn operands<'n>(&'n self, _: &mut dyn FnMut(&'n Node)) {}
}
