//! An index specification: what createIndexes is given and the catalog keeps.
//!
//! Everything that MongoDB knows and we do not yet build is refused by name; what nobody knows is
//! refused as unknown. An option given with its default is as good as not given.

use crate::bson::{Builder, Collation, Path, RawDoc, RawValue, Value};
use crate::error::{Code, Error, Result};

/// Bytes of an index's name at most, a name made of long paths included. MongoDB has no limit of its own since 4.2.
const MAX_NAME: usize = 4096;

/// The name of the index on `_id` that every collection has: its primary tree.
pub const ID_INDEX: &str = "_id_";

/// One field of an index key or of a sort, and its direction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyField {
    /// Where the value is.
    pub path: Path,
    /// Greater values first.
    pub descending: bool,
}

impl KeyField {
    /// The field at `path`, lesser values first.
    pub fn ascending(path: &str) -> KeyField {
        KeyField {
            path: Path::new(path),
            descending: false,
        }
    }
}

/// An index as it was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IndexSpec {
    /// The index's name in its collection.
    pub name: String,
    /// The key, in order.
    pub fields: Vec<KeyField>,
    /// No two documents may share a key.
    pub unique: bool,
    /// What strings are ordered by; none: by their bytes.
    pub collation: Option<Collation>,
}

/// What a new specification is to an index that exists already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relation {
    /// They have nothing in common; both can exist.
    Distinct,
    /// They ask for the same index; creating it again does nothing.
    Same,
}

impl IndexSpec {
    /// Reads `{ key: { a: 1 }, name: "a_1", unique: true }`.
    pub fn parse(spec: RawDoc<'_>) -> Result<IndexSpec> {
        IndexSpec::parse_within(spec, None)
    }

    /// Reads a specification that need not say what the collection's own collation is.
    pub fn parse_within(spec: RawDoc<'_>, inherited: Option<&Collation>) -> Result<IndexSpec> {
        let mut fields = None;
        let mut name = None;
        let mut unique = false;
        let mut collation = inherited.cloned();
        for (option, value) in spec {
            match (option.as_str(), value) {
                ("key", RawValue::Document(key)) => fields = Some(parse_key(key)?),
                ("name", RawValue::String(text)) if !text.is_empty() => {
                    name = Some(text.to_string());
                }
                ("key", _) => return Err(wrong_type(spec, "key", "an object", value)),
                ("name", RawValue::String(_)) => {
                    return Err(refuse("an index's name cannot be empty"));
                }
                ("name", _) => return Err(wrong_type(spec, "name", "a string", value)),
                ("collation", RawValue::Document(given)) => {
                    collation = Collation::parse("collation", given)?;
                }
                ("collation", _) => return Err(wrong_type(spec, "collation", "an object", value)),
                ("unique", _) => unique = flag(spec, "unique", value)?,
                // What every version of every driver sends; the build is the same.
                ("v" | "background" | "ns", _) => {}
                (option @ ("sparse" | "hidden" | "prepareUnique"), _) => {
                    if flag(spec, option, value)? {
                        return Err(not_yet(option));
                    }
                }
                (option, _) if KNOWN_OPTIONS.contains(&option) => return Err(not_yet(option)),
                (option, _) => {
                    return Err(Error::query(
                        Code::INVALID_INDEX_SPECIFICATION_OPTION,
                        format!(
                            "The field '{option}' is not valid for an index specification: \
                             expected key, name or unique"
                        ),
                    ));
                }
            }
        }
        let Some(fields) = fields else {
            return Err(Error::query(
                Code::FAILED_TO_PARSE,
                "The 'key' field is a required property of an index specification",
            ));
        };
        let name = name.unwrap_or_else(|| default_name(&fields));
        if name.len() > MAX_NAME || name == "*" || name.contains('\0') {
            return Err(refuse(format!(
                "an index's name has at most {MAX_NAME} bytes, no NUL, and is not \"*\" (which names all indexes)"
            )));
        }
        if name == ID_INDEX && !is_id_key(&fields) {
            return Err(Error::query(
                Code::BAD_VALUE,
                "The index name '_id_' is reserved for the _id index, which must have key \
                 pattern {_id: 1}",
            ));
        }
        // The index on _id is unique without saying so.
        unique |= is_id_key(&fields);
        Ok(IndexSpec {
            name,
            fields,
            unique,
            collation,
        })
    }

    /// The specification of the index on `_id`.
    pub fn id() -> IndexSpec {
        let fields = vec![KeyField::ascending("_id")];
        IndexSpec {
            name: ID_INDEX.to_string(),
            fields,
            unique: true,
            collation: None,
        }
    }

    /// Whether the key is `{ _id: 1 }`, which the primary tree answers.
    pub fn is_id(&self) -> bool {
        is_id_key(&self.fields)
    }

    /// The specification as listIndexes shows it and the catalog keeps it; `parse` reads it back.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::new();
        let mut builder = Builder::new(&mut out);
        builder.append("v", RawValue::Int32(2));
        self.write_key_pattern(builder.start_document("key"));
        builder.append("name", RawValue::String(self.name.as_str().into()));
        if self.unique && !self.is_id() {
            builder.append("unique", RawValue::Boolean(true));
        }
        if let Some(collation) = &self.collation {
            builder.append_value("collation", &Value::Document(collation.to_document()));
        }
        builder.finish();
        out
    }

    /// The key pattern, `{ a: 1 }`, as BSON.
    pub fn key_pattern(&self) -> Vec<u8> {
        let mut out = Vec::new();
        self.write_key_pattern(Builder::new(&mut out));
        out
    }

    fn write_key_pattern(&self, mut builder: Builder<'_>) {
        for field in &self.fields {
            let direction = if field.descending { -1 } else { 1 };
            builder.append(field.path.as_str(), RawValue::Int32(direction));
        }
        builder.finish();
    }

    /// Compares a new specification (`self`) with an index that exists.
    pub fn relation(&self, existing: &IndexSpec) -> Result<Relation> {
        // Two collations make two orders: both indexes can exist, under two names.
        let same_key = self.fields == existing.fields && self.collation == existing.collation;
        let same_name = self.name == existing.name;
        match (same_name, same_key) {
            (false, false) => Ok(Relation::Distinct),
            (true, true) if self.unique == existing.unique || self.is_id() => Ok(Relation::Same),
            (true, _) => Err(Error::query(
                Code::INDEX_KEY_SPECS_CONFLICT,
                format!(
                    "An existing index has the same name as the requested index. When index \
                     names are not specified, they are auto generated and can cause conflicts. \
                     Requested index: {}, existing index: {}",
                    self.describe(),
                    existing.describe()
                ),
            )),
            (false, true) if self.is_id() => Ok(Relation::Same),
            (false, true) => Err(Error::query(
                Code::INDEX_OPTIONS_CONFLICT,
                format!(
                    "Index already exists with a different name: {}",
                    existing.name
                ),
            )),
        }
    }

    fn describe(&self) -> String {
        let direction = |field: &KeyField| if field.descending { -1 } else { 1 };
        let fields = self
            .fields
            .iter()
            .map(|f| format!("{}: {}", f.path, direction(f)));
        let key = fields.collect::<Vec<_>>().join(", ");
        let unique = if self.unique { ", unique: true" } else { "" };
        let collation = match &self.collation {
            None => String::new(),
            Some(collation) => format!(", collation: {:?}", collation.to_document()),
        };
        format!(
            "{{ key: {{ {key} }}, name: \"{}\"{unique}{collation} }}",
            self.name
        )
    }
}

/// Options that MongoDB knows and that we refuse for now.
const KNOWN_OPTIONS: &[&str] = &[
    "partialFilterExpression",
    "expireAfterSeconds",
    "wildcardProjection",
    "storageEngine",
    "weights",
    "default_language",
    "language_override",
    "textIndexVersion",
    "2dsphereIndexVersion",
    "bits",
    "min",
    "max",
    "bucketSize",
    "clustered",
    "columnstoreProjection",
];

fn parse_key(key: RawDoc<'_>) -> Result<Vec<KeyField>> {
    let mut fields: Vec<KeyField> = Vec::new();
    for (name, direction) in key {
        let path = Path::new(name.as_str());
        check_path(&path)?;
        if fields.iter().any(|field| field.path == path) {
            return Err(refuse(format!(
                "the index key names the field '{path}' twice"
            )));
        }
        fields.push(KeyField {
            descending: is_descending(&path, direction)?,
            path,
        });
    }
    match fields.len() {
        0 => Err(refuse(
            "Index keys cannot be an empty object: expected { <field>: 1 }",
        )),
        1 => Ok(fields),
        _ => Err(refuse(
            "compound indexes (more than one field) are not supported yet",
        )),
    }
}

fn check_path(path: &Path) -> Result<()> {
    if path.components().any(str::is_empty) {
        return Err(refuse(format!(
            "Index keys cannot contain an empty field: '{path}'"
        )));
    }
    if path.last() == "$**" {
        return Err(refuse("wildcard indexes ($**) are not supported yet"));
    }
    // $id and its like are the fields of a DBRef.
    let dollar = |name: &str| name.starts_with('$') && !["$id", "$db", "$ref"].contains(&name);
    if path.components().any(dollar) {
        return Err(refuse(format!(
            "Index key contains an illegal field name: field name starts with '$': '{path}'"
        )));
    }
    Ok(())
}

fn is_descending(path: &Path, direction: RawValue<'_>) -> Result<bool> {
    let number = match direction {
        RawValue::Int32(value) => f64::from(value),
        RawValue::Int64(value) => value as f64,
        RawValue::Double(value) => value,
        RawValue::String(kind) => {
            let kind = kind.as_str();
            return Err(match kind {
                "text" | "hashed" | "2d" | "2dsphere" | "columnstore" => refuse(format!(
                    "{kind} indexes are not supported yet (field '{path}')"
                )),
                _ => refuse(format!("Unknown index plugin '{kind}' (field '{path}')")),
            });
        }
        _ => {
            return Err(refuse(format!(
                "Values in an index key pattern cannot be of type {} (field '{path}'): only \
                 numbers > 0, numbers < 0 and strings are allowed",
                direction.type_name()
            )));
        }
    };
    if number == 0.0 || number.is_nan() {
        return Err(refuse(format!(
            "Values in an index key pattern cannot be 0 or NaN (field '{path}')"
        )));
    }
    Ok(number < 0.0)
}

fn is_id_key(fields: &[KeyField]) -> bool {
    matches!(fields, [field] if field.path.as_str() == "_id" && !field.descending)
}

fn default_name(fields: &[KeyField]) -> String {
    if is_id_key(fields) {
        return ID_INDEX.to_string();
    }
    let direction = |field: &KeyField| if field.descending { -1 } else { 1 };
    let parts = fields
        .iter()
        .map(|field| format!("{}_{}", field.path, direction(field)));
    parts.collect::<Vec<_>>().join("_")
}

fn flag(spec: RawDoc<'_>, option: &str, value: RawValue<'_>) -> Result<bool> {
    match value {
        RawValue::Boolean(flag) => Ok(flag),
        _ if value.is_number() => Ok(value.truthy()),
        _ => Err(wrong_type(spec, option, "a boolean", value)),
    }
}

fn refuse(message: impl Into<String>) -> Error {
    Error::query(Code::CANNOT_CREATE_INDEX, message)
}

fn not_yet(option: &str) -> Error {
    refuse(format!("the index option '{option}' is not supported yet"))
}

fn wrong_type(spec: RawDoc<'_>, option: &str, expected: &str, found: RawValue<'_>) -> Error {
    let name = spec.get("name").and_then(|name| name.as_str());
    let of = name
        .map(|name| format!(" of index '{name}'"))
        .unwrap_or_default();
    let found = found.type_name();
    Error::query(
        Code::TYPE_MISMATCH,
        format!("the field '{option}'{of} must be {expected}, found {found}"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bson::{Document, doc};

    fn parse(spec: &Document) -> Result<IndexSpec> {
        IndexSpec::parse(RawDoc::trusted(&spec.to_bytes()))
    }

    #[test]
    fn reads_back_what_it_writes() {
        for spec in [
            doc! { "v": 2, "key": { "a": 1 }, "name": "a_1" },
            doc! { "v": 2, "key": { "a.b": -1 }, "name": "mine", "unique": true },
            doc! { "v": 2, "key": { "_id": 1 }, "name": "_id_" },
        ] {
            assert_eq!(parse(&spec).unwrap().to_bytes(), spec.to_bytes());
        }
    }

    #[test]
    fn names_default_to_fields_and_directions() {
        let cases = [
            (doc! { "key": { "a": 1.0 } }, "a_1"),
            (doc! { "key": { "a.b": -5 }, "sparse": false }, "a.b_-1"),
            (doc! { "key": { "_id": 1 } }, "_id_"),
            (doc! { "key": { "_id": -1 } }, "_id_-1"),
        ];
        for (spec, name) in cases {
            assert_eq!(parse(&spec).unwrap().name, name);
        }
    }

    #[test]
    fn refuses_what_it_cannot_build() {
        let cases = [
            (doc! {}, Code::FAILED_TO_PARSE, "'key'"),
            (doc! { "key": 1 }, Code::TYPE_MISMATCH, "found int"),
            (
                doc! { "key": {} },
                Code::CANNOT_CREATE_INDEX,
                "empty object",
            ),
            (
                doc! { "key": { "a": 0 } },
                Code::CANNOT_CREATE_INDEX,
                "cannot be 0",
            ),
            (
                doc! { "key": { "a": true } },
                Code::CANNOT_CREATE_INDEX,
                "of type bool",
            ),
            (
                doc! { "key": { "a": "text" } },
                Code::CANNOT_CREATE_INDEX,
                "text indexes are not",
            ),
            (
                doc! { "key": { "a": "x" } },
                Code::CANNOT_CREATE_INDEX,
                "Unknown index plugin 'x'",
            ),
            (
                doc! { "key": { "a": 1, "b": 1 } },
                Code::CANNOT_CREATE_INDEX,
                "compound",
            ),
            (
                doc! { "key": { "a..b": 1 } },
                Code::CANNOT_CREATE_INDEX,
                "empty field",
            ),
            (
                doc! { "key": { "$a": 1 } },
                Code::CANNOT_CREATE_INDEX,
                "starts with '$'",
            ),
            (
                doc! { "key": { "$**": 1 } },
                Code::CANNOT_CREATE_INDEX,
                "wildcard",
            ),
            (
                doc! { "key": { "a": 1 }, "sparse": true },
                Code::CANNOT_CREATE_INDEX,
                "'sparse'",
            ),
            (
                doc! { "key": { "a": 1 }, "expireAfterSeconds": 5 },
                Code::CANNOT_CREATE_INDEX,
                "'expireAfterSeconds'",
            ),
            (
                doc! { "key": { "a": 1 }, "uniq": true },
                Code::INVALID_INDEX_SPECIFICATION_OPTION,
                "'uniq'",
            ),
            (
                doc! { "key": { "a": 1 }, "unique": "yes", "name": "n" },
                Code::TYPE_MISMATCH,
                "'unique' of index 'n' must be a boolean, found string",
            ),
            (
                doc! { "key": { "a": 1 }, "name": "_id_" },
                Code::BAD_VALUE,
                "reserved",
            ),
        ];
        for (spec, code, message) in cases {
            let error = parse(&spec).unwrap_err();
            assert!(
                error.code() == code && error.message().contains(message),
                "{spec:?}: {error}"
            );
        }
    }

    #[test]
    fn the_same_index_again_is_no_conflict() {
        let spec = |spec: Document| parse(&spec).unwrap();
        let existing = spec(doc! { "key": { "a": 1 } });
        let relation = |new: Document| spec(new).relation(&existing).map_err(|e| e.code());
        assert_eq!(relation(doc! { "key": { "b": 1 } }), Ok(Relation::Distinct));
        assert_eq!(relation(doc! { "key": { "a": 1 } }), Ok(Relation::Same));
        assert_eq!(
            relation(doc! { "key": { "a": -1 } }),
            Ok(Relation::Distinct)
        );
        let conflicts = [
            (
                doc! { "key": { "a": 1 }, "name": "x" },
                Code::INDEX_OPTIONS_CONFLICT,
            ),
            (
                doc! { "key": { "a": 1 }, "unique": true },
                Code::INDEX_KEY_SPECS_CONFLICT,
            ),
            (
                doc! { "key": { "b": 1 }, "name": "a_1" },
                Code::INDEX_KEY_SPECS_CONFLICT,
            ),
        ];
        for (new, code) in conflicts {
            assert_eq!(relation(new), Err(code));
        }
    }
}
