//! Storage's failures as the database's errors: with a status, MongoDB's code where there is one, and the chain of causes.

use std::io;

use crate::bson::{Builder, RawDoc, RawValue};
use crate::error::{Code, Error, Result, Status};
use crate::index::{IndexSpec, extract, key};
use crate::json;
use crate::query::explain::shell_text;
use crate::storage::derive::{CompiledIndex, KeySet};
use crate::storage::{self, ErrorKind};

/// MongoDB's code for a failed system call.
const FILE_STREAM_FAILED: Code = Code(39);
/// The label of errors after which a transaction may be tried again from its beginning.
pub const TRANSIENT_TRANSACTION_ERROR: &str = "TransientTransactionError";
const OUT_OF_DISK_SPACE: Code = Code(14031);

/// Gives a storage failure its status and code.
pub fn from_storage(error: storage::Error) -> Error {
    let (status, code) = match error.kind() {
        ErrorKind::Io => (Status::Io, FILE_STREAM_FAILED),
        ErrorKind::Full => (Status::Full, OUT_OF_DISK_SPACE),
        ErrorKind::Corrupt => (Status::Corrupt, Code::NONE),
        ErrorKind::Locked => (Status::Locked, Code::NONE),
        ErrorKind::ReadOnly => (Status::ReadOnly, Code::NONE),
        ErrorKind::Closed => (Status::Closed, Code::NONE),
        ErrorKind::Poisoned => (Status::Io, FILE_STREAM_FAILED),
        ErrorKind::Unsupported => (Status::Unsupported, Code::NONE),
        ErrorKind::NotFound => (Status::NotFound, Code::NONE),
        ErrorKind::Exists => (Status::Query, Code::NAMESPACE_EXISTS),
        ErrorKind::TooLarge => (Status::Query, Code::BSON_OBJECT_TOO_LARGE),
        ErrorKind::Derive => return from_derive(error),
        ErrorKind::Interrupted => return from_interrupt(error),
        ErrorKind::Conflict => return transient(error, Status::Conflict, Code::WRITE_CONFLICT),
        ErrorKind::TransactionExpired => {
            return transient(error, Status::NotFound, Code::NO_SUCH_TRANSACTION);
        }
        ErrorKind::NoTransaction => (Status::NotFound, Code::NO_SUCH_TRANSACTION),
        ErrorKind::TransactionCommitted => (Status::Closed, Code::TRANSACTION_COMMITTED),
        ErrorKind::BuildAborted => (Status::Query, Code::INDEX_BUILD_ABORTED),
        ErrorKind::Argument => (Status::Argument, Code::BAD_VALUE),
    };
    let mut converted = Error::new(status, code, error.message());
    if let Some(errno) = error.errno() {
        converted = converted.with_detail("errno", errno);
    }
    with_cause(converted, error)
}

/// An error after which the whole transaction may be tried again.
fn transient(error: storage::Error, status: Status, code: Code) -> Error {
    Error::new(status, code, error.message()).with_label(TRANSIENT_TRANSACTION_ERROR)
}

fn with_cause(converted: Error, error: storage::Error) -> Error {
    match error.into_source() {
        Some(source) => converted.with_source(source),
        None => converted,
    }
}

/// An index that could not hold a document: the reason is an error of the query layer's own.
fn from_derive(error: storage::Error) -> Error {
    let context = error.message().to_string();
    let Some(source) = error.into_source() else {
        return Error::new(Status::Internal, Code::INTERNAL_ERROR, context);
    };
    match source.downcast::<Error>() {
        Ok(reason) => reason.context(context),
        Err(source) => {
            Error::new(Status::Internal, Code::INTERNAL_ERROR, context).with_source(source)
        }
    }
}

/// Work in storage that was stopped: the reason came from above.
fn from_interrupt(error: storage::Error) -> Error {
    let message = error.message().to_string();
    let reason = error
        .into_source()
        .and_then(|reason| reason.downcast().ok());
    reason.unwrap_or_else(|| Error::new(Status::Interrupted, Code::INTERRUPTED, message))
}

/// A directory that cannot be opened.
pub fn from_opening(path: &str, error: io::Error) -> Error {
    let status = match error.kind() {
        io::ErrorKind::NotFound => Status::NotFound,
        _ => Status::Io,
    };
    let code = if status == Status::Io {
        FILE_STREAM_FAILED
    } else {
        Code::NONE
    };
    let mut converted = Error::new(status, code, format!("cannot open {path}: {error}"));
    if let Some(errno) = storage::vfs::os_error(&error) {
        converted = converted.with_detail("errno", errno);
    }
    converted.with_source(error)
}

/// MongoDB's E11000 for a document that has the same key as another one.
/// `holder` is that other document; `spec` is the unique index, `None` for `_id`.
pub fn duplicate_key(
    collection: &str,
    spec: Option<&IndexSpec>,
    document: RawDoc<'_>,
    holder: Option<RawDoc<'_>>,
) -> Error {
    let id_spec = IndexSpec::id();
    let spec = spec.unwrap_or(&id_spec);
    let key_value = shared_key(spec, document, holder).unwrap_or_default();
    let (pattern, value) = (text(&spec.key_pattern()), text(&key_value));
    let shown = shell_text(RawValue::Document(RawDoc::trusted(&key_value)));
    let message = format!(
        "E11000 duplicate key error collection: {collection} index: {} dup key: {shown}",
        spec.name
    );
    let mut error = Error::new(Status::DuplicateKey, Code::DUPLICATE_KEY, message)
        .with_detail("collection", collection)
        .with_detail("index", spec.name.clone())
        .with_detail("keyPattern", json_value(&pattern))
        .with_detail("keyValue", json_value(&value));
    for (name, document) in [("documentId", Some(document)), ("existingId", holder)] {
        if let Some(id) = document.and_then(|document| document.get("_id")) {
            error = error.with_detail(name, json_of(id));
        }
    }
    error
}

/// The first key that two documents share in an index, as `{field: value}`.
fn shared_key(
    spec: &IndexSpec,
    document: RawDoc<'_>,
    holder: Option<RawDoc<'_>>,
) -> Option<Vec<u8>> {
    let mut theirs = KeySet::default();
    if let Some(holder) = holder {
        spec.derive(holder.as_bytes(), &mut theirs).ok()?;
    }
    let mut found = None;
    let mut buffer = Vec::new();
    let walked: Result<bool> = extract::each_key(&spec.fields, document, &mut |values| {
        buffer.clear();
        for (field, value) in spec.fields.iter().zip(values) {
            key::encode_value(&mut buffer, *value, field.descending, None);
        }
        key::cut(&mut buffer, key::MAX_INDEX_KEY);
        if found.is_none() && (holder.is_none() || theirs.contains(&buffer)) {
            let mut out = Vec::new();
            let mut builder = Builder::new(&mut out);
            for (field, value) in spec.fields.iter().zip(values) {
                builder.append(field.path.as_str(), *value);
            }
            builder.finish();
            found = Some(out);
        }
    });
    walked.ok().and(found)
}

fn text(document: &[u8]) -> String {
    let mut out = Vec::new();
    if let Ok(document) = RawDoc::new(document) {
        json::write_document(&mut out, document, json::Mode::Relaxed);
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// A value as the details of an error show it.
pub fn json_of(value: RawValue<'_>) -> serde_json::Value {
    let mut shown = Vec::new();
    json::write_value(&mut shown, value, json::Mode::Relaxed);
    json_value(&String::from_utf8_lossy(&shown))
}

fn json_value(text: &str) -> serde_json::Value {
    serde_json::from_str(text).unwrap_or(serde_json::Value::Null)
}
