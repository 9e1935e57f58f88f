//! Computed fields put into a document: what `$set` does in a pipeline, and a projection beside what it
//! includes.
//!
//! Paths become a tree whose leaves are expressions. One pass copies the document; a field that is there
//! keeps its place, new ones are added at the end in the order in which they were given. A value that is
//! missing removes the field. An array on the way has its elements changed one by one; anything else that
//! is no document gives way to one.

use super::expr::{Arena, Expr, Found, MetadataNeeds};
use crate::bson::{Builder, Element, MAX_DEPTH, RawDoc, RawValue};
use crate::error::{Code, Error, Result};

/// Expressions by the paths of the fields that they are the values of.
#[derive(Clone, Debug, Default)]
pub(crate) struct ComputedFields(Vec<(Box<str>, Field)>);

#[derive(Clone, Debug)]
enum Field {
    Value(Expr),
    Inside(ComputedFields),
}

/// The document that expressions are about, and the place for what they compute.
#[derive(Clone, Copy)]
struct About<'a> {
    found: Found<'a>,
    arena: &'a Arena,
}

impl ComputedFields {
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds a field; refuses one that is, or lies on the way to, another.
    pub(crate) fn add(&mut self, path: &[&str], value: Expr) -> Result<()> {
        if path.len() > MAX_DEPTH {
            return Err(Error::query(
                Code::OVERFLOW,
                format!("a field may be nested {MAX_DEPTH} levels deep at most"),
            ));
        }
        self.add_below(path, 0, value)
    }

    fn add_below(&mut self, path: &[&str], depth: usize, value: Expr) -> Result<()> {
        let name = path[depth];
        let last = depth + 1 == path.len();
        let at = self.0.iter().position(|(own, _)| **own == *name);
        let collision = |code, rest: &str| {
            let message = format!("Path collision at {}{rest}", path.join("."));
            Err(Error::query(Code(code), message))
        };
        match at.map(|at| &mut self.0[at].1) {
            None if last => self.0.push((name.into(), Field::Value(value))),
            None => {
                let mut inside = ComputedFields::default();
                inside.add_below(path, depth + 1, value)?;
                self.0.push((name.into(), Field::Inside(inside)));
            }
            Some(_) if last => return collision(31250, ""),
            Some(Field::Value(_)) => {
                let rest = path[depth + 1..].join(".");
                return collision(31249, &format!(" remaining portion {rest}"));
            }
            Some(Field::Inside(inside)) => inside.add_below(path, depth + 1, value)?,
        }
        Ok(())
    }

    /// The metadata that the fields are computed with.
    pub(crate) fn metadata_needs(&self) -> MetadataNeeds {
        let fields = self.0.iter().map(|(_, field)| match field {
            Field::Value(value) => value.metadata_needs(),
            Field::Inside(fields) => fields.metadata_needs(),
        });
        fields.fold(MetadataNeeds::default(), MetadataNeeds::or)
    }

    /// Appends `document` with the fields, computed from `found`, to `out`.
    pub(crate) fn apply(
        &self,
        document: RawDoc<'_>,
        found: Found<'_>,
        out: &mut Vec<u8>,
    ) -> Result<()> {
        let arena = Arena::default();
        let about = About {
            found,
            arena: &arena,
        };
        self.document(document, about, Builder::new(out))
    }

    fn document(
        &self,
        document: RawDoc<'_>,
        about: About<'_>,
        mut builder: Builder<'_>,
    ) -> Result<()> {
        let mut pending: Vec<bool> = vec![true; self.0.len()];
        for element in document.elements() {
            let key = element.key();
            let at = self.0.iter().position(|(name, _)| key == **name);
            match at {
                None => builder.append_element(element),
                Some(at) => {
                    pending[at] = false;
                    self.0[at].1.existing(element, about, &mut builder)?;
                }
            }
        }
        for ((name, field), _) in self.0.iter().zip(pending).filter(|(_, pending)| *pending) {
            field.write(name.as_bytes(), about, &mut builder)?;
        }
        Ok(())
    }

    fn array(&self, array: RawDoc<'_>, about: About<'_>, mut builder: Builder<'_>) -> Result<()> {
        for (_, value) in array {
            match value {
                RawValue::Array(inner) => self.array(inner, about, builder.push_array())?,
                value => {
                    let document = value.as_document().unwrap_or(RawDoc::EMPTY);
                    self.document(document, about, builder.push_document())?;
                }
            }
        }
        Ok(())
    }
}

impl Field {
    fn existing(
        &self,
        element: Element<'_>,
        about: About<'_>,
        builder: &mut Builder<'_>,
    ) -> Result<()> {
        match (self, element.value()) {
            (Field::Inside(fields), Some(RawValue::Document(document))) => {
                fields.document(document, about, builder.start_document(element.key()))
            }
            (Field::Inside(fields), Some(RawValue::Array(array))) => {
                fields.array(array, about, builder.start_array(element.key()))
            }
            _ => self.write(element.key().as_bytes(), about, builder),
        }
    }

    fn write(&self, name: &[u8], about: About<'_>, builder: &mut Builder<'_>) -> Result<()> {
        match self {
            Field::Value(value) => {
                if let Some(value) = value.evaluate(about.found, about.arena)? {
                    builder.append(name, value);
                }
                Ok(())
            }
            Field::Inside(fields) => {
                fields.document(RawDoc::EMPTY, about, builder.start_document(name))
            }
        }
    }
}
