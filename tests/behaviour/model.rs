//! What a collection must hold: a plain map from keys to documents, without storage, plans or indexes.
//!
//! Matching and updating a single document are the library's own, and have tests of their own; here they stand for what the
//! database makes of them over many documents.

use std::collections::BTreeMap;

use ironbase::bson::compare::values_equal;
use ironbase::bson::{Document, RawDoc, Value};
use ironbase::error::{Code, Result};
use ironbase::index::key::encode_value;
use ironbase::query::{Context, Filter};
use ironbase::update::Update;

#[derive(Clone, Default)]
pub struct Model {
    documents: BTreeMap<Vec<u8>, Vec<u8>>,
}

/// What a change of one document would come to.
pub enum Outcome {
    /// The document as it would be, and whether that is different.
    Changed(Vec<u8>, bool),
    /// A unique key would be there twice.
    Duplicate,
    /// The change itself is wrong.
    Refused(Code),
}

fn key(document: &[u8]) -> Vec<u8> {
    let id = RawDoc::new(document).unwrap().get("_id");
    let mut key = Vec::new();
    encode_value(&mut key, id.expect("documents have an _id"), false, None);
    key
}

/// The values that a unique index on `u` has of a document.
fn unique_values(document: &[u8]) -> Vec<Value> {
    let document = Document::from_raw(RawDoc::new(document).unwrap()).unwrap();
    match document.get("u") {
        None => vec![Value::Null],
        Some(Value::Array(values)) if values.is_empty() => vec![Value::Undefined],
        Some(Value::Array(values)) => values.clone(),
        Some(value) => vec![value.clone()],
    }
}

impl Model {
    pub fn len(&self) -> usize {
        self.documents.len()
    }

    /// The documents that a filter selects, in the order of their `_id`s.
    pub fn matching(&self, filter: &Document) -> Result<Vec<Vec<u8>>> {
        let filter = filter.to_bytes();
        let filter = Filter::compile(RawDoc::new(&filter)?, &Context::default())?;
        let all = self.documents.values();
        let matches = |document: &&Vec<u8>| filter.matches(RawDoc::trusted(document)).unwrap();
        Ok(all.filter(matches).cloned().collect())
    }

    fn has_unique_values_of(&self, document: &[u8]) -> bool {
        let (own, values) = (key(document), unique_values(document));
        let others = self.documents.iter().filter(|(key, _)| **key != own);
        let same = |a: &Value, b: &Value| values_equal(a.to_raw().as_raw(), b.to_raw().as_raw());
        others
            .flat_map(|(_, other)| unique_values(other))
            .any(|theirs| values.iter().any(|value| same(&theirs, value)))
    }

    /// Adding a document that must be new.
    pub fn insertion(&self, document: Vec<u8>) -> Outcome {
        if self.documents.contains_key(&key(&document)) || self.has_unique_values_of(&document) {
            return Outcome::Duplicate;
        }
        Outcome::Changed(document, true)
    }

    /// Whether an `_id` is taken, so that even without a unique index a document is refused.
    pub fn has_id_of(&self, document: &[u8]) -> bool {
        self.documents.contains_key(&key(document))
    }

    /// Updating or replacing a document that `filter` selects.
    pub fn update(&self, document: &[u8], update: &Update, filter: &Filter) -> Outcome {
        let mut out = Vec::new();
        match update.apply(RawDoc::trusted(document), filter, &mut out) {
            Err(error) => Outcome::Refused(error.code()),
            Ok(applied) => self.changed(out, applied.modified),
        }
    }

    fn changed(&self, document: Vec<u8>, modified: bool) -> Outcome {
        match modified && self.has_unique_values_of(&document) {
            true => Outcome::Duplicate,
            false => Outcome::Changed(document, modified),
        }
    }

    pub fn put(&mut self, document: Vec<u8>) {
        self.documents.insert(key(&document), document);
    }

    pub fn remove(&mut self, document: &[u8]) {
        self.documents.remove(&key(document));
    }
}
