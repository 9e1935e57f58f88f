//! Results as JSON. Those of writes have the form that MongoDB's drivers give them: counts as plain
//! numbers, ids in the database's JSON mode.

use std::io::Write;

use super::scratch::Scratch;
use crate::bson::{RawDoc, RawValue, Value};
use crate::database::{BulkWriteResult, InsertManyResult, UpdateResult};
use crate::json::{self, Mode};

/// `{"insertedId": ..}`
pub(super) fn insert_one(out: &mut Vec<u8>, id: &Value, mode: Mode) {
    out.extend_from_slice(b"{\"insertedId\":");
    write_id(out, id, mode);
    out.push(b'}');
}

/// `{"insertedIds": {"0": ..}, "insertedCount": n}`
pub(super) fn insert_many(out: &mut Vec<u8>, result: &InsertManyResult, mode: Mode) {
    out.extend_from_slice(b"{\"insertedIds\":");
    write_ids(out, &result.inserted_ids, mode);
    put(
        out,
        format_args!(",\"insertedCount\":{}}}", result.inserted_ids.len()),
    );
}

/// `{"matchedCount": n, "modifiedCount": n, "upsertedCount": n}`, and `"upsertedId"` if there is
/// one.
pub(super) fn update(out: &mut Vec<u8>, result: &UpdateResult, mode: Mode) {
    let upserted = u8::from(result.upserted_id.is_some());
    put(
        out,
        format_args!(
            "{{\"matchedCount\":{},\"modifiedCount\":{},\"upsertedCount\":{upserted}",
            result.matched_count, result.modified_count
        ),
    );
    if let Some(id) = &result.upserted_id {
        out.extend_from_slice(b",\"upsertedId\":");
        write_id(out, id, mode);
    }
    out.push(b'}');
}

/// `{"deletedCount": n}`
pub(super) fn delete(out: &mut Vec<u8>, deleted: u64) {
    put(out, format_args!("{{\"deletedCount\":{deleted}}}"));
}

/// The JSON of a BSON document.
pub(super) fn document_text(document: &[u8], mode: Mode) -> Scratch {
    let mut text = Scratch::take();
    json::write_document(&mut text, RawDoc::trusted(document), mode);
    text
}

/// The JSON of a BSON array.
pub(super) fn array_text(array: &[u8], mode: Mode) -> Scratch {
    let mut text = Scratch::take();
    json::write_value(&mut text, RawValue::Array(RawDoc::trusted(array)), mode);
    text
}

/// `{"insertedCount": n, .., "insertedIds": {"0": ..}, "upsertedIds": {"2": ..}}`
pub(super) fn bulk_write(out: &mut Vec<u8>, result: &BulkWriteResult, mode: Mode) {
    put(
        out,
        format_args!(
            "{{\"insertedCount\":{},\"matchedCount\":{},\"modifiedCount\":{},\"deletedCount\":{},\
             \"upsertedCount\":{},\"insertedIds\":",
            result.inserted_ids.len(),
            result.matched_count,
            result.modified_count,
            result.deleted_count,
            result.upserted_ids.len()
        ),
    );
    write_ids(out, &result.inserted_ids, mode);
    out.extend_from_slice(b",\"upsertedIds\":");
    write_ids(out, &result.upserted_ids, mode);
    out.push(b'}');
}

/// Ids by the position of what they belong to.
fn write_ids(out: &mut Vec<u8>, ids: &[(usize, Value)], mode: Mode) {
    out.push(b'{');
    for (position, (index, id)) in ids.iter().enumerate() {
        let comma = if position > 0 { "," } else { "" };
        put(out, format_args!("{comma}\"{index}\":"));
        write_id(out, id, mode);
    }
    out.push(b'}');
}

fn write_id(out: &mut Vec<u8>, id: &Value, mode: Mode) {
    json::write_value(out, id.to_raw().as_raw(), mode);
}

fn put(out: &mut Vec<u8>, text: std::fmt::Arguments) {
    // Writing to a vector does not fail.
    let _ = out.write_fmt(text);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(write: impl FnOnce(&mut Vec<u8>)) -> String {
        let mut out = Vec::new();
        write(&mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn results_are_those_of_the_drivers() {
        let id = Value::Int32(7);
        assert_eq!(
            text(|out| insert_one(out, &id, Mode::Relaxed)),
            r#"{"insertedId":7}"#
        );
        assert_eq!(
            text(|out| insert_one(out, &id, Mode::Canonical)),
            r#"{"insertedId":{"$numberInt":"7"}}"#
        );
        let inserted_ids = vec![(0, id.clone()), (2, Value::String("b".to_string()))];
        assert_eq!(
            text(|out| insert_many(out, &InsertManyResult { inserted_ids }, Mode::Relaxed)),
            r#"{"insertedIds":{"0":7,"2":"b"},"insertedCount":2}"#
        );
        let mut result = UpdateResult {
            matched_count: 2,
            modified_count: 1,
            upserted_id: None,
        };
        assert_eq!(
            text(|out| update(out, &result, Mode::Relaxed)),
            r#"{"matchedCount":2,"modifiedCount":1,"upsertedCount":0}"#
        );
        result.upserted_id = Some(id);
        assert_eq!(
            text(|out| update(out, &result, Mode::Relaxed)),
            r#"{"matchedCount":2,"modifiedCount":1,"upsertedCount":1,"upsertedId":7}"#
        );
        let result = BulkWriteResult {
            inserted_ids: vec![(0, Value::Int32(1))],
            matched_count: 4,
            modified_count: 3,
            deleted_count: 2,
            upserted_ids: vec![(5, Value::Int32(6)), (7, Value::Int32(8))],
        };
        assert_eq!(
            text(|out| bulk_write(out, &result, Mode::Relaxed)),
            r#"{"insertedCount":1,"matchedCount":4,"modifiedCount":3,"deletedCount":2,"upsertedCount":2,"insertedIds":{"0":1},"upsertedIds":{"5":6,"7":8}}"#
        );
        assert_eq!(text(|out| delete(out, 3)), r#"{"deletedCount":3}"#);
    }
}
