//! `$rename`: moves a field's value to another path
//! ([manual](https://www.mongodb.com/docs/manual/reference/operator/update/rename/)).
//!
//! It has an operator at each end: one removes, the other writes what was looked up in the document
//! as it was. If there is nothing to move, both do nothing. Neither path may lead through an array.

use std::sync::Arc;

use super::array_filters::ArrayFilters;
use super::describe::{abbreviated, describe};
use super::operator::{Absent, Applying, At, Operand, Operator, Outcome, Slot};
use super::path;
use super::set::check_depth;
use super::tree::Branch;
use crate::bson::{Element, Path, RawDoc, RawValue};
use crate::error::{Code, Error, Result};

/// From where to where.
#[derive(Clone, Debug)]
pub(super) struct Rename {
    from: Path,
    to: Path,
}

impl Rename {
    pub(super) fn compile(operand: &Operand<'_>) -> Result<Rename> {
        let from = operand.path;
        let RawValue::String(to) = operand.value else {
            return Err(bad_value(format!(
                "The 'to' field for $rename must be a string: {from}: found {}",
                describe(operand.value)
            )));
        };
        let to = to.as_str();
        if to.contains('\0') {
            return Err(bad_value(
                "The 'to' field for $rename cannot contain an embedded null byte",
            ));
        }
        let to = Path::new(to);
        path::check(&to)?;
        let pair = || format!("{from}: \"{to}\"");
        if *from == to {
            return Err(bad_value(format!(
                "The source and target field for $rename must differ: {}",
                pair()
            )));
        }
        if from.is_prefix_of(&to) || to.is_prefix_of(from) {
            return Err(bad_value(format!(
                "The source and target field for $rename must not be on the same path: {}",
                pair()
            )));
        }
        for (path, role) in [(from, "source"), (&to, "destination")] {
            if path.components().any(path::is_dynamic) {
                return Err(bad_value(format!(
                    "The {role} field for $rename may not be dynamic: {path}"
                )));
            }
        }
        let from = from.clone();
        Ok(Rename { from, to })
    }

    /// Puts both ends into a tree, this being the update's `number`th `$rename`.
    pub(super) fn insert(&self, number: usize, root: &mut Branch) -> Result<()> {
        let filters = ArrayFilters::default();
        root.insert(&self.from, &filters, Arc::new(Source))?;
        root.insert(&self.to, &filters, Arc::new(Destination { number }))
    }

    /// What a document has to be moved.
    pub(super) fn find<'a>(&self, document: RawDoc<'a>) -> Result<Option<Element<'a>>> {
        let Some(found) = self.walk(document)? else {
            return Ok(None);
        };
        self.refuse_arrays(document, &self.from, "source")?;
        self.refuse_arrays(document, &self.to, "destination")?;
        check_depth(&self.to, 0, found.value().unwrap_or(RawValue::Null))?;
        Ok(Some(found))
    }

    fn walk<'a>(&self, document: RawDoc<'a>) -> Result<Option<Element<'a>>> {
        let mut within = RawValue::Document(document);
        let mut found: Option<Element<'a>> = None;
        for (position, name) in self.from.components().enumerate() {
            let next = match within {
                RawValue::Document(document) => document.get_element(name),
                RawValue::Array(array) if self.from.index(position).is_some() => {
                    array.get_element(name)
                }
                _ => {
                    let name = self.from.component(position.saturating_sub(1));
                    return Err(Error::query(
                        Code::PATH_NOT_VIABLE,
                        format!(
                            "cannot use the part ({name} of {}) to traverse the element ({{{name}: \
                             {}}})",
                            self.from,
                            abbreviated(within)
                        ),
                    ));
                }
            };
            let Some(element) = next else {
                return Ok(None);
            };
            within = element.value().unwrap_or(RawValue::Null);
            found = next;
        }
        Ok(found)
    }

    fn refuse_arrays(&self, document: RawDoc<'_>, path: &Path, role: &str) -> Result<()> {
        let mut within = document;
        for name in path.components().take(path.len() - 1) {
            match within.get(name) {
                Some(RawValue::Document(document)) => within = document,
                Some(RawValue::Array(_)) => {
                    let id = document.get("_id").map_or("no id".to_string(), |id| {
                        format!("_id: {}", abbreviated(id))
                    });
                    return Err(bad_value(format!(
                        "The {role} field cannot be an array element, '{path}' in doc with {id} \
                         has an array field called '{name}'"
                    )));
                }
                _ => return Ok(()),
            }
        }
        Ok(())
    }
}

/// The end that loses its value.
#[derive(Debug)]
struct Source;

impl Operator for Source {
    fn change(
        &self,
        _current: Option<Element<'_>>,
        _slot: Slot<'_, '_>,
        _at: &At<'_>,
    ) -> Result<Outcome> {
        Ok(Outcome::Removed)
    }

    fn absent(&self, _applying: &Applying<'_>) -> Absent {
        Absent::Ignore
    }
}

/// The end that gets it.
#[derive(Debug)]
struct Destination {
    number: usize,
}

impl Destination {
    fn source<'a>(&self, applying: &Applying<'a>) -> Option<Element<'a>> {
        applying.sources.get(self.number).copied().flatten()
    }
}

impl Operator for Destination {
    fn change(
        &self,
        _current: Option<Element<'_>>,
        slot: Slot<'_, '_>,
        at: &At<'_>,
    ) -> Result<Outcome> {
        Ok(match self.source(at.applying) {
            Some(source) => slot.copy(source),
            None => Outcome::Kept,
        })
    }

    fn absent(&self, applying: &Applying<'_>) -> Absent {
        match self.source(applying) {
            Some(_) => Absent::Make,
            None => Absent::Ignore,
        }
    }
}

fn bad_value(message: impl Into<String>) -> Error {
    Error::query(Code::BAD_VALUE, message)
}
