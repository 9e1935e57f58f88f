//! Sorts: compiled once; the key of a document is bytes that `memcmp` orders as asked.
//!
//! The values are those an index on the same fields would have: of an array the least element
//! sorts ascending and the greatest descending, a missing field is null, an empty array is below
//! null. A descending component has inverted bytes, so in both directions the least key counts.

use crate::aggregate::expr::refuse_metadata;
use crate::bson::{Builder, Collation, Path, RawDoc, RawValue};
use crate::error::{Code, Error, Result};
use crate::index::{KeyField, extract, key};
use crate::query::Context;
use crate::query::explain::shell_text;

/// MongoDB's limit on the fields of a sort.
const MAX_FIELDS: usize = 32;

/// A compiled sort.
#[derive(Clone, Debug, Default)]
pub struct Sort {
    fields: Vec<KeyField>,
    natural: Option<bool>,
    collation: Option<Collation>,
}

impl Sort {
    /// Compiles `{ a: 1, b: -1 }`; `{ $natural: 1 }` asks for the collection's own order.
    pub fn compile(sort: RawDoc<'_>, context: &Context) -> Result<Sort> {
        let mut compiled = Sort {
            collation: context.collation().cloned(),
            ..Sort::default()
        };
        for (name, direction) in sort {
            let name = name.as_str();
            if let RawValue::Document(meta) = direction {
                return Err(refuse_meta(name, meta));
            }
            let descending = match direction.as_integer() {
                Some(1) => false,
                Some(-1) => true,
                _ if direction.is_number() => {
                    return Err(refuse(
                        Code(15975),
                        format!(
                            "$sort key ordering must be 1 (for ascending) or -1 (for \
                             descending), field '{name}'"
                        ),
                    ));
                }
                _ => return Err(not_a_direction(name, direction)),
            };
            if name == "$natural" {
                compiled.natural = Some(descending);
                continue;
            }
            let path = Path::new(name);
            check_path(&path)?;
            if compiled.fields.iter().any(|field| field.path == path) {
                let message =
                    format!("$sort key must not contain duplicate keys (duplicate: '{path}')");
                return Err(refuse(Code(7472500), message));
            }
            compiled.fields.push(KeyField { path, descending });
        }
        if compiled.natural.is_some() && !compiled.fields.is_empty() {
            let message = "$natural cannot be used together with other fields in a sort";
            return Err(refuse(Code::BAD_VALUE, message));
        }
        if compiled.fields.len() > MAX_FIELDS {
            return Err(refuse(
                Code(13103),
                format!("too many compound keys: a sort has at most {MAX_FIELDS} fields"),
            ));
        }
        Ok(compiled)
    }

    /// Whether no order is asked for.
    pub fn is_empty(&self) -> bool {
        self.fields.is_empty() && self.natural.is_none()
    }

    /// The fields, the most significant first.
    pub fn fields(&self) -> &[KeyField] {
        &self.fields
    }

    /// What strings are ordered by.
    pub fn collation(&self) -> Option<&Collation> {
        self.collation.as_ref()
    }

    /// Of `{ $natural: .. }`, whether the collection's own order is reversed.
    pub fn natural(&self) -> Option<bool> {
        self.natural
    }

    /// Appends the sort key of `document`.
    pub fn write_key(&self, document: RawDoc<'_>, out: &mut Vec<u8>) -> Result<()> {
        let start = out.len();
        let mut first = true;
        self.each_key(document, &mut |values| {
            let candidate = out.len();
            self.encode(values, out);
            if std::mem::take(&mut first) {
                return;
            }
            // Keeps the lesser of the two keys that `out` now ends with.
            if out[candidate..] < out[start..candidate] {
                out.drain(start..candidate);
            } else {
                out.truncate(candidate);
            }
        })
    }

    /// The values that `document` is sorted by, as a BSON array: what `{ $meta: "sortKey" }` shows.
    pub fn key_values(&self, document: RawDoc<'_>) -> Result<Vec<u8>> {
        let mut least: Option<(Vec<u8>, Vec<u8>)> = None;
        self.each_key(document, &mut |values| {
            let mut key = Vec::new();
            self.encode(values, &mut key);
            if least.as_ref().is_none_or(|(least, _)| key < *least) {
                let mut array = Vec::new();
                let mut builder = Builder::new(&mut array);
                values.iter().for_each(|value| builder.push(*value));
                builder.finish();
                least = Some((key, array));
            }
        })?;
        Ok(least.map_or_else(|| RawDoc::EMPTY.as_bytes().to_vec(), |(_, array)| array))
    }

    fn encode(&self, values: &[RawValue<'_>], out: &mut Vec<u8>) {
        for (field, value) in self.fields.iter().zip(values) {
            key::encode_value(out, *value, field.descending, self.collation.as_ref());
        }
    }

    /// Calls `visit` with the values of each key that `document` has.
    fn each_key<'a>(
        &self,
        document: RawDoc<'a>,
        visit: &mut dyn FnMut(&[RawValue<'a>]),
    ) -> Result<()> {
        let met = extract::each_key(&self.fields, document, visit);
        met.map(drop).map_err(|error| match error.code() {
            Code::CANNOT_INDEX_PARALLEL_ARRAYS => refuse(
                Code::BAD_VALUE,
                "cannot sort with keys that are parallel arrays",
            )
            .with_source(error),
            _ => error,
        })
    }

    /// Appends the sort's shape: with a filter's, what a cached plan depends on.
    pub fn write_shape(&self, out: &mut Vec<u8>) {
        out.push(match self.natural {
            None => b'-',
            Some(false) => b'n',
            Some(true) => b'r',
        });
        for field in &self.fields {
            out.extend_from_slice(field.path.as_str().as_bytes());
            out.extend_from_slice(&[0, field.descending.into()]);
        }
    }
}

fn check_path(path: &Path) -> Result<()> {
    if path.as_str().is_empty() {
        return Err(refuse(
            Code(40352),
            "FieldPath cannot be constructed with empty string",
        ));
    }
    if path.as_str().ends_with('.') {
        let message = format!("FieldPath must not end with a '.': '{path}'");
        return Err(refuse(Code(40353), message));
    }
    if path.components().any(str::is_empty) {
        let message = format!("FieldPath field names may not be empty strings: '{path}'");
        return Err(refuse(Code(15998), message));
    }
    if path
        .components()
        .any(|name| name.starts_with('$') && !["$id", "$ref", "$db"].contains(&name))
    {
        let message = format!("FieldPath field names may not start with '$': '{path}'");
        return Err(refuse(Code(16410), message));
    }
    Ok(())
}

/// There is no metadata to sort by: that would come from a text or geospatial index. The error says which is wanted.
fn refuse_meta(name: &str, meta: RawDoc<'_>) -> Error {
    let mut fields = meta.iter();
    let (Some((operator, kind)), more) = (fields.next(), fields.next()) else {
        return not_a_direction(name, RawValue::Document(meta));
    };
    if operator != "$meta" {
        let message = "$meta is the only expression supported by $sort right now";
        return refuse(Code(17312), message);
    }
    if more.is_some() {
        let message = "Cannot have additional keys in a $meta sort specification";
        return refuse(Code::FAILED_TO_PARSE, message);
    }
    let available = match kind.as_str() {
        Some(keyword @ ("textScore" | "randVal" | "geoNearDistance")) => {
            refuse_metadata::<()>(keyword)
        }
        _ => Ok(()),
    };
    match available {
        Err(error) => error.context(format!("sort by '{name}'")),
        Ok(()) => refuse(
            Code(31138),
            format!("Illegal $meta sort: $meta: {}", shell_text(kind)),
        ),
    }
}

fn not_a_direction(name: &str, found: RawValue<'_>) -> Error {
    refuse(
        Code(15974),
        format!(
            "Illegal key in $sort specification: '{name}' needs 1 or -1, found {}",
            found.type_name()
        ),
    )
}

fn refuse(code: Code, message: impl Into<String>) -> Error {
    Error::query(code, message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bson::{Document, Value, doc};

    fn compile(sort: &Document) -> Result<Sort> {
        Sort::compile(RawDoc::trusted(&sort.to_bytes()), &Context::default())
    }

    /// The `_id`s of the documents in the order of the sort.
    fn sorted(sort: Document, documents: &[Document]) -> Vec<i32> {
        let sort = compile(&sort).unwrap();
        let mut keyed: Vec<_> = documents
            .iter()
            .map(|document| {
                let mut key = Vec::new();
                sort.write_key(RawDoc::trusted(&document.to_bytes()), &mut key)
                    .unwrap();
                let Some(Value::Int32(id)) = document.get("_id") else {
                    panic!("an _id")
                };
                (key, *id)
            })
            .collect();
        keyed.sort();
        keyed.into_iter().map(|(_, id)| id).collect()
    }

    #[test]
    fn types_sort_in_comparison_order_and_missing_as_null() {
        let documents = [
            doc! { "_id": 9, "a": Value::MaxKey },
            doc! { "_id": 5, "a": "x" },
            doc! { "_id": 4, "a": 2.5 },
            doc! { "_id": 3, "a": -7i64 },
            doc! { "_id": 7, "a": true },
            doc! { "_id": 6, "a": { "b": 1 } },
            doc! { "_id": 8, "a": Value::DateTime(0) },
            doc! { "_id": 2 },
            doc! { "_id": 1, "a": [] },
            doc! { "_id": 0, "a": Value::MinKey },
        ];
        assert_eq!(
            sorted(doc! { "a": 1 }, &documents),
            (0..10).collect::<Vec<_>>()
        );
        assert_eq!(
            sorted(doc! { "a": -1 }, &documents),
            (0..10).rev().collect::<Vec<_>>()
        );
    }

    #[test]
    fn arrays_sort_by_their_least_or_greatest_element() {
        let documents = [
            doc! { "_id": 1, "a": [1, 10] },
            doc! { "_id": 2, "a": 5 },
            doc! { "_id": 3, "a": [3, 4] },
            doc! { "_id": 4, "a": [{ "b": 1 }, 0] },
        ];
        assert_eq!(sorted(doc! { "a": 1 }, &documents), [4, 1, 3, 2]);
        assert_eq!(sorted(doc! { "a": -1 }, &documents), [4, 1, 2, 3]);
    }

    #[test]
    fn several_fields_sort_by_significance() {
        let documents = [
            doc! { "_id": 1, "a": 1, "b": "x" },
            doc! { "_id": 2, "a": 1, "b": "xy" },
            doc! { "_id": 3, "a": 0, "b": "z" },
        ];
        assert_eq!(sorted(doc! { "a": 1, "b": -1 }, &documents), [3, 2, 1]);
        assert_eq!(sorted(doc! { "a": -1, "b": 1 }, &documents), [1, 2, 3]);
    }

    #[test]
    fn fields_of_one_array_sort_by_the_least_pair() {
        let documents = [
            doc! { "_id": 1, "a": [{ "b": 1, "c": 9 }, { "b": 2, "c": 0 }] },
            doc! { "_id": 2, "a": [{ "b": 1, "c": 5 }] },
        ];
        assert_eq!(sorted(doc! { "a.b": 1, "a.c": 1 }, &documents), [2, 1]);
    }

    #[test]
    fn parallel_arrays_cannot_be_sorted_by() {
        let sort = compile(&doc! { "a": 1, "b": 1 }).unwrap();
        let document = doc! { "a": [1], "b": [1] }.to_bytes();
        let error = sort
            .write_key(RawDoc::trusted(&document), &mut Vec::new())
            .unwrap_err();
        assert_eq!(error.code(), Code::BAD_VALUE);
        assert_eq!(
            error.message(),
            "cannot sort with keys that are parallel arrays"
        );
    }

    #[test]
    fn a_field_twice_is_refused() {
        let mut sort = Vec::new();
        let mut builder = crate::bson::Builder::new(&mut sort);
        builder.append("a.b", RawValue::Int32(1));
        builder.append("a.b", RawValue::Int32(-1));
        builder.finish();
        let error = Sort::compile(RawDoc::trusted(&sort), &Context::default()).unwrap_err();
        assert_eq!(error.code(), Code(7472500));
    }

    #[test]
    fn bad_sorts_are_refused() {
        let cases = [
            (doc! { "a": 0 }, Code(15975)),
            (doc! { "a": 2.5 }, Code(15975)),
            (doc! { "a": "asc" }, Code(15974)),
            (doc! { "a": true }, Code(15974)),
            (doc! { "": 1 }, Code(40352)),
            (doc! { "a.": 1 }, Code(40353)),
            (doc! { "a..b": 1 }, Code(15998)),
            (doc! { "$a": 1 }, Code(16410)),
            (doc! { "a": { "$meta": "textScore" } }, Code(40218)),
            (doc! { "a": { "$meta": "geoNearDistance" } }, Code(40218)),
            (doc! { "a": { "$meta": 5 } }, Code(31138)),
            (doc! { "a": { "$meta": "recordId" } }, Code(31138)),
            (doc! { "a": { "$meta": "textScore", "b": 1 } }, Code(9)),
            (doc! { "a": { "b": 1 } }, Code(17312)),
            (doc! { "a": {} }, Code(15974)),
            (doc! { "$natural": 1, "a": 1 }, Code::BAD_VALUE),
        ];
        for (sort, code) in cases {
            assert_eq!(compile(&sort).unwrap_err().code(), code, "{sort:?}");
        }
        assert_eq!(
            compile(&doc! { "$natural": -1 }).unwrap().natural(),
            Some(true)
        );
    }
}
