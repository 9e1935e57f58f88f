//! The values that a clause looked at, as its report shows them.

use super::write_one_or_all;
use crate::bson::{Document, Path, RawDoc, RawValue, Value};
use crate::error::Result;

/// Values shown at most.
const MAX_VALUES: usize = 10;

/// The values at a path.
pub(super) struct Considered<'d> {
    pub(super) values: Vec<RawValue<'d>>,
    /// Whether there are more.
    truncated: bool,
}

/// The values that `path` leads to, an array at its end being looked into or not; none if it leads
/// nowhere.
pub(super) fn values<'d>(
    document: RawDoc<'d>,
    path: &Path,
    looks_into_arrays: bool,
) -> Option<Considered<'d>> {
    let mut found = Found {
        values: Vec::new(),
        exists: false,
        looks_into_arrays,
    };
    found.in_document(document, path, 0);
    let truncated = found.values.len() > MAX_VALUES;
    found.values.truncate(MAX_VALUES);
    found.exists.then_some(Considered {
        values: found.values,
        truncated,
    })
}

struct Found<'d> {
    values: Vec<RawValue<'d>>,
    exists: bool,
    looks_into_arrays: bool,
}

impl<'d> Found<'d> {
    fn in_document(&mut self, document: RawDoc<'d>, path: &Path, position: usize) {
        if self.values.len() > MAX_VALUES {
            return;
        }
        match document.get(path.component(position)) {
            None => {}
            Some(value) if position + 1 == path.len() => self.at_end(value),
            Some(value) => self.below(value, path, position + 1),
        }
    }

    fn below(&mut self, value: RawValue<'d>, path: &Path, position: usize) {
        match value {
            RawValue::Document(document) => self.in_document(document, path, position),
            RawValue::Array(array) => {
                for (at, (_, element)) in (0..).zip(array) {
                    if let RawValue::Document(document) = element {
                        self.in_document(document, path, position);
                    }
                    if path.index(position) == Some(at) {
                        match position + 1 == path.len() {
                            true => self.add(element),
                            false => self.below(element, path, position + 1),
                        }
                    }
                }
            }
            _ => {}
        }
    }

    fn at_end(&mut self, value: RawValue<'d>) {
        match value {
            RawValue::Array(array) if self.looks_into_arrays => {
                self.exists = true;
                let elements = array.iter().map(|(_, element)| element);
                self.values.extend(elements.take(MAX_VALUES + 1));
            }
            value => self.add(value),
        }
    }

    fn add(&mut self, value: RawValue<'d>) {
        self.exists = true;
        self.values.push(value);
    }
}

impl Considered<'_> {
    pub(super) fn write_values(&self, out: &mut Document) -> Result<()> {
        match self.values.as_slice() {
            [value] => drop(out.insert("consideredValue", Value::from_raw(*value)?)),
            values => {
                let values = values.iter().map(|value| Value::from_raw(*value));
                let values = values.collect::<Result<Vec<_>>>()?;
                out.insert("consideredValues", values);
            }
        }
        if self.truncated {
            out.insert("consideredValuesTruncated", true);
        }
        Ok(())
    }

    pub(super) fn write_types(&self, out: &mut Document) {
        let mut names: Vec<_> = self.values.iter().map(RawValue::type_name).collect();
        names.sort_unstable();
        names.dedup();
        if !names.is_empty() {
            write_one_or_all(out, "consideredType", "consideredTypes", &names);
        }
    }
}
