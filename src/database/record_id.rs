//! `$recordId`, as `showRecordId` adds it: the key that a document is stored under
//! ([cursor.showRecordId](https://www.mongodb.com/docs/manual/reference/method/cursor.showRecordId/)).
//!
//! In a capped collection it is a number, which grows with each insert; elsewhere, as in MongoDB's clustered collections, it
//! is binary data that is compared as `_id` is.

use super::capped;
use crate::bson::{Builder, RawDoc, RawValue};

/// Adds the record id of primary key `key` to the document that begins at `start` and ends the buffer.
pub fn append(out: &mut Vec<u8>, start: usize, key: &[u8]) {
    let document = out.split_off(start);
    let mut builder = Builder::new(out);
    for element in RawDoc::trusted(&document).elements() {
        builder.append_element(element);
    }
    builder.append("$recordId", of(key));
    builder.finish();
}

/// The record id of primary key `key`.
pub fn of(key: &[u8]) -> RawValue<'_> {
    match capped::sequence_number(key) {
        Some(number) => RawValue::Int64(number),
        None => RawValue::Binary {
            subtype: 0,
            bytes: key,
        },
    }
}
