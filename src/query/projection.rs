//! Projections: which fields of a document are returned.
//!
//! A projection includes or excludes; only `_id` may be treated the other way. Paths become a
//! tree, and one pass over the document copies what the tree lets through, in the document's own
//! order. Arrays are passed through element by element: an inclusion drops their scalars where it
//! looks deeper, an exclusion keeps them.

use crate::bson::{Builder, Element, RawDoc, RawValue};
use crate::error::{Code, Error, Result};
use crate::query::Context;

/// A compiled projection.
#[derive(Clone, Debug)]
pub struct Projection {
    /// Whether the tree's leaves are what is kept, rather than what is dropped.
    inclusion: bool,
    root: Tree,
}

/// Names, each a leaf or a tree of its own.
#[derive(Clone, Debug, Default)]
struct Tree(Vec<(Box<[u8]>, Option<Tree>)>);

impl Projection {
    /// Compiles `{ a: 1, "b.c": 1, _id: 0 }`; none for the empty projection, which changes nothing.
    pub fn compile(projection: RawDoc<'_>, _context: &Context) -> Result<Option<Projection>> {
        if projection.is_empty() {
            return Ok(None);
        }
        let mut parser = Parser::default();
        parser.fields(projection, &mut Vec::new())?;
        let inclusion = parser.inclusion.unwrap_or(parser.id == Some(true));
        let mut root = parser.root;
        match (inclusion, parser.id) {
            (true, None | Some(true)) if root.get(b"_id").is_none() => root.add(&["_id"])?,
            (false, Some(false)) => root.add(&["_id"])?,
            _ => {}
        }
        Ok(Some(Projection { inclusion, root }))
    }

    /// Appends what the projection leaves of `document` to `out`.
    pub fn apply(&self, document: RawDoc<'_>, out: &mut Vec<u8>) -> Result<()> {
        self.document(&self.root, document, Builder::new(out));
        Ok(())
    }

    fn document(&self, tree: &Tree, document: RawDoc<'_>, mut builder: Builder<'_>) {
        for element in document.elements() {
            let key = element.key();
            match tree.get(key.as_bytes()) {
                None if self.inclusion => {}
                None => builder.append_element(element),
                Some(None) if self.inclusion => builder.append_element(element),
                Some(None) => {}
                Some(Some(subtree)) => self.nested(subtree, element, &mut builder),
            }
        }
    }

    fn nested(&self, tree: &Tree, element: Element<'_>, builder: &mut Builder<'_>) {
        match element.value() {
            Some(RawValue::Document(document)) => {
                self.document(tree, document, builder.start_document(element.key()));
            }
            Some(RawValue::Array(array)) => {
                self.array(tree, array, builder.start_array(element.key()));
            }
            _ if self.inclusion => {}
            _ => builder.append_element(element),
        }
    }

    fn array(&self, tree: &Tree, array: RawDoc<'_>, mut builder: Builder<'_>) {
        for (_, value) in array {
            match value {
                RawValue::Document(document) => {
                    self.document(tree, document, builder.push_document());
                }
                RawValue::Array(inner) => self.array(tree, inner, builder.push_array()),
                _ if self.inclusion => {}
                _ => builder.push(value),
            }
        }
    }
}

impl Tree {
    /// Whether `name` is a leaf (`Some(None)`), leads deeper, or is not in the tree.
    fn get(&self, name: &[u8]) -> Option<&Option<Tree>> {
        self.0
            .iter()
            .find(|(own, _)| **own == *name)
            .map(|(_, tree)| tree)
    }

    fn add(&mut self, path: &[&str]) -> Result<()> {
        self.add_below(path, 0)
    }

    fn add_below(&mut self, path: &[&str], depth: usize) -> Result<()> {
        let name = path[depth].as_bytes();
        let last = depth + 1 == path.len();
        let at = self.0.iter().position(|(own, _)| **own == *name);
        match at.map(|at| &mut self.0[at].1) {
            None if last => self.0.push((name.into(), None)),
            None => {
                let mut tree = Tree::default();
                tree.add_below(path, depth + 1)?;
                self.0.push((name.into(), Some(tree)));
            }
            Some(_) if last => {
                let message = format!("Path collision at {}", path.join("."));
                return Err(Error::query(Code(31250), message));
            }
            Some(None) => {
                let rest = path[depth + 1..].join(".");
                let message = format!(
                    "Path collision at {} remaining portion {rest}",
                    path.join(".")
                );
                return Err(Error::query(Code(31249), message));
            }
            Some(Some(tree)) => tree.add_below(path, depth + 1)?,
        }
        Ok(())
    }
}

#[derive(Default)]
struct Parser {
    root: Tree,
    /// Set by the first field that is not `_id`.
    inclusion: Option<bool>,
    /// What was said about `_id` itself.
    id: Option<bool>,
}

impl Parser {
    /// Reads the fields of a projection, or of a document within one, whose path is `outer`.
    fn fields<'a>(&mut self, fields: RawDoc<'a>, outer: &mut Vec<&'a str>) -> Result<()> {
        for (name, value) in fields {
            let name = name.as_str();
            let depth = outer.len();
            outer.extend(name.split('.'));
            check_path(&outer[depth..], &outer.join("."))?;
            match value {
                RawValue::Document(inner) => self.nested(inner, outer)?,
                _ if value.is_number() || matches!(value, RawValue::Boolean(_)) => {
                    self.leaf(outer, value.truthy())?;
                }
                _ => {
                    return Err(not_yet(&format!(
                        "a projection to an expression or a literal (at '{}': {})",
                        outer.join("."),
                        value.type_name()
                    )));
                }
            }
            outer.truncate(depth);
        }
        Ok(())
    }

    fn nested<'a>(&mut self, inner: RawDoc<'a>, outer: &mut Vec<&'a str>) -> Result<()> {
        let Some((first, _)) = inner.iter().next() else {
            return Err(Error::query(
                Code(51270),
                format!(
                    "An empty sub-projection is not a valid value. Found empty object at path '{}'",
                    outer.join(".")
                ),
            ));
        };
        if first.as_bytes().starts_with(b"$") {
            return Err(not_yet(&format!("the projection operator {first}")));
        }
        self.fields(inner, outer)
    }

    fn leaf(&mut self, path: &[&str], include: bool) -> Result<()> {
        if path == ["_id"] {
            if self.id.replace(include).is_some() {
                return Err(Error::query(Code(31250), "Path collision at _id"));
            }
            return Ok(());
        }
        let inclusion = *self.inclusion.get_or_insert(include);
        if inclusion != include {
            let path = path.join(".");
            return Err(match include {
                true => Error::query(
                    Code(31253),
                    format!("Cannot do inclusion on field {path} in exclusion projection"),
                ),
                false => Error::query(
                    Code(31254),
                    format!("Cannot do exclusion on field {path} in inclusion projection"),
                ),
            });
        }
        self.root.add(path)
    }
}

fn check_path(components: &[&str], path: &str) -> Result<()> {
    let refuse = |code, message: String| Err(Error::query(Code(code), message));
    if path.is_empty() {
        return refuse(
            40352,
            "FieldPath cannot be constructed with empty string".to_string(),
        );
    }
    if components.last() == Some(&"") {
        return refuse(
            40353,
            format!("FieldPath must not end with a '.': '{path}'"),
        );
    }
    if components.contains(&"") {
        return refuse(
            15998,
            format!("FieldPath field names may not be empty strings: '{path}'"),
        );
    }
    if components.last() == Some(&"$") {
        return Err(not_yet(&format!("the positional projection '{path}'")));
    }
    // The fields of a DBRef are data.
    let dollar = |name: &&&str| name.starts_with('$') && !["$id", "$ref", "$db"].contains(*name);
    if components.iter().find(dollar).is_some() {
        return refuse(
            16410,
            format!("FieldPath field names may not start with '$': '{path}'"),
        );
    }
    Ok(())
}

fn not_yet(feature: &str) -> Error {
    Error::query(Code::BAD_VALUE, format!("{feature} is not supported yet"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bson::{Document, doc};

    fn compile(projection: &Document) -> Result<Option<Projection>> {
        Projection::compile(RawDoc::trusted(&projection.to_bytes()), &Context::default())
    }

    fn project(projection: Document, document: &Document) -> Document {
        let compiled = compile(&projection).unwrap().unwrap();
        let mut out = Vec::new();
        compiled
            .apply(RawDoc::trusted(&document.to_bytes()), &mut out)
            .unwrap();
        Document::from_raw(RawDoc::new(&out).unwrap()).unwrap()
    }

    #[test]
    fn keeps_or_drops_fields_in_the_documents_order() {
        let document = doc! {
            "_id": 1, "b": 2, "a": { "x": 1, "y": 2 },
            "c": [{ "x": 1, "y": 2 }, 5, [{ "x": 3 }, 6], {}],
        };
        let cases = [
            (doc! { "a": 1 }, doc! { "_id": 1, "a": { "x": 1, "y": 2 } }),
            (
                doc! { "a": true, "b": 2.5 },
                doc! { "_id": 1, "b": 2, "a": { "x": 1, "y": 2 } },
            ),
            (doc! { "b": 1, "_id": 0 }, doc! { "b": 2 }),
            (doc! { "_id": 1 }, doc! { "_id": 1 }),
            (doc! { "a.x": 1 }, doc! { "_id": 1, "a": { "x": 1 } }),
            (doc! { "a": { "x": 1 } }, doc! { "_id": 1, "a": { "x": 1 } }),
            (
                doc! { "a": { "x": 1 }, "a.y": 1 },
                doc! { "_id": 1, "a": { "x": 1, "y": 2 } },
            ),
            (doc! { "a.z": 1 }, doc! { "_id": 1, "a": {} }),
            (doc! { "b.x": 1 }, doc! { "_id": 1 }),
            (
                doc! { "c.x": 1, "_id": 0 },
                doc! { "c": [{ "x": 1 }, [{ "x": 3 }], {}] },
            ),
            (doc! { "a": 0, "c": 0 }, doc! { "_id": 1, "b": 2 }),
            (doc! { "_id": 0, "c": 0, "a": false }, doc! { "b": 2 }),
            (doc! { "_id": 1, "c": 0, "a": 0 }, doc! { "_id": 1, "b": 2 }),
            (
                doc! { "a.x": 0, "c.x": 0 },
                doc! { "_id": 1, "b": 2, "a": { "y": 2 }, "c": [{ "y": 2 }, 5, [{}, 6], {}] },
            ),
            (doc! { "b.x": 0, "a": 0, "c": 0 }, doc! { "_id": 1, "b": 2 }),
        ];
        for (projection, expected) in cases {
            assert_eq!(
                project(projection.clone(), &document),
                expected,
                "{projection:?}"
            );
        }
        let with_id_document = doc! { "_id": { "a": 1, "b": 2 }, "c": 3 };
        assert_eq!(
            project(doc! { "_id.a": 1 }, &with_id_document),
            doc! { "_id": { "a": 1 } }
        );
        assert_eq!(
            project(doc! { "_id.a": 0 }, &with_id_document),
            doc! { "_id": { "b": 2 }, "c": 3 }
        );
        let without = project(doc! { "_id": 0 }, &with_id_document);
        assert_eq!(without, doc! { "c": 3 });
    }

    #[test]
    fn the_empty_projection_is_none() {
        assert!(compile(&doc! {}).unwrap().is_none());
    }

    #[test]
    fn mixtures_and_collisions_are_refused() {
        let cases = [
            (
                doc! { "a": 1, "b": 0 },
                31254,
                "Cannot do exclusion on field b in inclusion projection",
            ),
            (
                doc! { "a": 0, "b.c": 1 },
                31253,
                "Cannot do inclusion on field b.c in exclusion projection",
            ),
            (
                doc! { "a": 1, "a.b": 1 },
                31249,
                "Path collision at a.b remaining portion b",
            ),
            (doc! { "a.b": 1, "a": 1 }, 31250, "Path collision at a"),
            (
                doc! { "a": { "b": 1 }, "a.b": 1 },
                31250,
                "Path collision at a.b",
            ),
            (doc! { "a": {} }, 51270, "empty object at path 'a'"),
            (doc! { "": 1 }, 40352, "empty string"),
            (doc! { "a.": 1 }, 40353, "end with"),
            (doc! { "a..b": 1 }, 15998, "empty strings"),
            (doc! { "$a": 1 }, 16410, "start with '$'"),
            (
                doc! { "a": { "$slice": 1 } },
                2,
                "$slice is not supported yet",
            ),
            (
                doc! { "a": { "$elemMatch": {} } },
                2,
                "$elemMatch is not supported yet",
            ),
            (
                doc! { "a.$": 1 },
                2,
                "positional projection 'a.$' is not supported yet",
            ),
            (doc! { "a": "$b" }, 2, "an expression or a literal"),
        ];
        for (projection, code, message) in cases {
            let error = compile(&projection).unwrap_err();
            assert_eq!(error.code(), Code(code), "{projection:?}: {error}");
            assert!(error.message().contains(message), "{projection:?}: {error}");
        }
    }
}
