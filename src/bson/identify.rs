//! `_id`: first in every stored document, made up where the caller gave none.

use super::{Builder, ElementType, MAX_DOCUMENT_SIZE, ObjectId, RawDoc, RawValue, RawValueBuf};
use crate::error::{Code, Error, Result};

/// Appends `document` to `out` with `_id` as its first field: moved to the front, or a new
/// [`ObjectId`] if there is none. Returns the `_id`. Values that cannot be an `_id` are refused.
pub fn ensure_id_first(document: RawDoc<'_>, out: &mut Vec<u8>) -> Result<RawValueBuf> {
    let first = document.elements().next();
    if let Some(element) = first.filter(|element| element.key() == "_id") {
        let id = element.value().unwrap_or(RawValue::Undefined);
        check_id(id)?;
        check_size(document.as_bytes().len())?;
        out.extend_from_slice(document.as_bytes());
        return Ok(id.into());
    }
    let id = match document.get("_id") {
        Some(id) => id,
        None => RawValue::ObjectId(ObjectId::new()),
    };
    check_id(id)?;
    let mut builder = Builder::new(out);
    builder.append("_id", id);
    for element in document.elements().filter(|element| element.key() != "_id") {
        builder.append_element(element);
    }
    let size = builder.len() + 1;
    builder.finish();
    if let Err(error) = check_size(size) {
        out.truncate(out.len() - size);
        return Err(error);
    }
    Ok(id.into())
}

fn check_size(size: usize) -> Result<()> {
    if size <= MAX_DOCUMENT_SIZE {
        return Ok(());
    }
    let message = format!(
        "the document has {size} bytes with its _id, more than the limit of {MAX_DOCUMENT_SIZE}"
    );
    Err(Error::query(Code::BSON_OBJECT_TOO_LARGE, message))
}

/// Refuses what MongoDB refuses as an `_id`: arrays, regexes, undefined, and documents with
/// fields that start with `$`.
pub fn check_id(id: RawValue<'_>) -> Result<()> {
    match id.element_type() {
        kind @ (ElementType::Array | ElementType::Regex | ElementType::Undefined) => {
            let message = format!("The '_id' value cannot be of type {}", kind.name());
            Err(Error::query(Code::INVALID_ID_FIELD, message))
        }
        ElementType::Document => {
            let document = id.as_document().unwrap_or(RawDoc::EMPTY);
            match document
                .elements()
                .find(|field| field.key().as_bytes().starts_with(b"$"))
            {
                None => Ok(()),
                Some(field) => Err(Error::query(
                    Code::DOLLAR_PREFIXED_FIELD_NAME,
                    format!(
                        "_id fields may not contain '$'-prefixed fields: found \"{}\"",
                        field.key()
                    ),
                )),
            }
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bson::{Document, Value, doc};

    fn identified(document: Document) -> Result<Document> {
        let (bytes, mut out) = (document.to_bytes(), Vec::new());
        let id = ensure_id_first(RawDoc::new(&bytes)?, &mut out)?;
        let document = Document::from_raw(RawDoc::new(&out)?)?;
        assert_eq!(document.get("_id"), Some(&Value::from_raw(id.as_raw())?));
        Ok(document)
    }

    #[test]
    fn the_id_comes_first() {
        let cases = [
            (doc! { "_id": 1, "a": 2 }, doc! { "_id": 1, "a": 2 }),
            (
                doc! { "a": 2, "_id": "x", "b": 3 },
                doc! { "_id": "x", "a": 2, "b": 3 },
            ),
            (doc! { "_id": { "a": 1 } }, doc! { "_id": { "a": 1 } }),
            (doc! { "_id": null }, doc! { "_id": null }),
        ];
        for (given, expected) in cases {
            assert_eq!(identified(given).unwrap(), expected);
        }
    }

    #[test]
    fn a_missing_id_is_made() {
        let document = identified(doc! { "a": 1, "b": { "_id": 5 } }).unwrap();
        let (key, id) = document.iter().next().unwrap();
        assert_eq!(
            (key, id.type_name(), document.len()),
            ("_id", "objectId", 3)
        );
    }

    #[test]
    fn the_new_id_counts_towards_the_size() {
        // An _id of its own takes 17 bytes.
        let text = "x".repeat(MAX_DOCUMENT_SIZE - 13 - 17);
        assert!(identified(doc! { "a": (text.clone()) }).is_ok());
        let (bytes, mut out) = (doc! { "a": (text + "x") }.to_bytes(), vec![1]);
        let error = ensure_id_first(RawDoc::new(&bytes).unwrap(), &mut out).unwrap_err();
        assert_eq!((error.code(), out), (Code::BSON_OBJECT_TOO_LARGE, vec![1]));
    }

    #[test]
    fn some_values_cannot_be_ids() {
        let regex = Value::Regex {
            pattern: "a".into(),
            options: String::new(),
        };
        let cases = [
            (doc! { "_id": [1] }, 53, "array"),
            (doc! { "a": 1, "_id": [] }, 53, "array"),
            (doc! { "_id": regex }, 53, "regex"),
            (doc! { "_id": (Value::Undefined) }, 53, "undefined"),
            (doc! { "_id": { "$a": 1 } }, 52, "$a"),
        ];
        for (document, code, text) in cases {
            let error = identified(document).unwrap_err();
            assert_eq!(error.code().0, code);
            assert!(error.message().contains(text), "{error}");
        }
    }
}
