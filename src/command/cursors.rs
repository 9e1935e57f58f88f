//! Cursors by id: `getMore`, `killCursors`, and what keeps cursors between two commands.
//!
//! A cursor is taken out of the table while a command reads from it, so that a long batch blocks nobody; killed meanwhile, it is not put
//! back. One that nobody asks for ten minutes is given up when the next is opened, as MongoDB's are: each keeps a version of the
//! database alive.
//!
//! A batch reads one document ahead: a cursor whose last document has been returned has the id 0 at once.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use parking_lot::Mutex;

use super::call::Call;
use super::fields::Fields;
use super::registry::Command;
use crate::bson::{Builder, MAX_DOCUMENT_SIZE, RawDoc, RawValue};
use crate::database::Cursor;
use crate::error::{Code, Error, Result, Status};

pub const GET_MORE: Command = Command {
    name: "getMore",
    aliases: &[],
    fields: &[
        "collection",
        "batchSize",
        "term",
        "lastKnownCommittedOpTime",
    ],
    options: &[],
    in_transaction: true,
    run: get_more,
};

pub const KILL_CURSORS: Command = Command {
    name: "killCursors",
    aliases: &[],
    fields: &["cursors"],
    options: &[],
    in_transaction: true,
    run: kill_cursors,
};

/// Documents of a first batch, if the command does not say.
pub const FIRST_BATCH: u64 = 101;
const IDLE_LIMIT: Duration = Duration::from_secs(600);
/// Cursors kept at most.
const MOST_CURSORS: usize = 1000;

/// The cursors that wait to be read on.
#[derive(Default)]
pub struct Cursors(Mutex<HashMap<i64, Kept>>);

struct Kept {
    namespace: String,
    /// The session's transaction that it belongs to.
    scope: Option<(Vec<u8>, i64)>,
    since: Instant,
    /// `None` while a command reads from it.
    open: Option<OpenCursor>,
}

/// Results that are handed out in batches.
pub struct OpenCursor {
    results: Results,
    /// The document that did not fit into the last batch, or was read ahead.
    held_back: Option<Vec<u8>>,
}

enum Results {
    Query(Box<Cursor>),
    Listed(std::vec::IntoIter<Vec<u8>>),
}

impl OpenCursor {
    pub fn query(cursor: Cursor) -> OpenCursor {
        OpenCursor {
            results: Results::Query(Box::new(cursor)),
            held_back: None,
        }
    }

    /// Over the documents of a BSON array.
    pub fn listed(array: &[u8]) -> OpenCursor {
        let values = RawDoc::trusted(array).iter();
        let documents = values.filter_map(|(_, value)| value.as_document());
        OpenCursor::documents(
            documents
                .map(|document| document.as_bytes().to_vec())
                .collect(),
        )
    }

    /// Over documents that are there already.
    pub fn documents(documents: Vec<Vec<u8>>) -> OpenCursor {
        OpenCursor {
            results: Results::Listed(documents.into_iter()),
            held_back: None,
        }
    }

    /// Appends documents, `most` at most and as many as a reply holds. Whether there are no more.
    fn fill(&mut self, most: u64, batch: &mut Builder<'_>) -> Result<bool> {
        for count in 0.. {
            if count > 0 && self.may_wait() {
                break;
            }
            let Some(document) = self.next()? else {
                return Ok(!self.is_tailing());
            };
            let too_much = count > 0 && batch.len() + document.len() > MAX_DOCUMENT_SIZE;
            if count == most || too_much {
                self.held_back = Some(document);
                break;
            }
            batch.push(RawValue::Document(RawDoc::trusted(&document)));
        }
        Ok(false)
    }

    /// Whether it stays open at its end.
    fn is_tailing(&self) -> bool {
        matches!(&self.results, Results::Query(cursor) if cursor.is_tailing())
    }

    /// Whether the next document may have to be waited for.
    fn may_wait(&self) -> bool {
        let at_end = matches!(&self.results, Results::Query(cursor) if cursor.may_wait());
        at_end && self.held_back.is_none()
    }

    fn next(&mut self) -> Result<Option<Vec<u8>>> {
        if let Some(document) = self.held_back.take() {
            return Ok(Some(document));
        }
        match &mut self.results {
            Results::Query(cursor) => Ok(cursor.next()?.map(<[u8]>::to_vec)),
            Results::Listed(documents) => Ok(documents.next()),
        }
    }
}

/// Appends `cursor: {firstBatch, id, ns}` and keeps the cursor if there is more.
pub fn reply_first_batch(
    call: &Call<'_>,
    namespace: String,
    mut cursor: OpenCursor,
    batch_size: u64,
    is_single: bool,
    reply: &mut Builder<'_>,
) -> Result<()> {
    let mut part = reply.start_document("cursor");
    let ended = cursor.fill(batch_size, &mut part.start_array("firstBatch"))?;
    let id = match ended || is_single {
        true => 0,
        false => call
            .commands
            .cursors
            .keep(&namespace, call.scope.clone(), cursor)?,
    };
    finish(part, id, &namespace);
    Ok(())
}

/// The batch size that a listing command has in its field `cursor`.
pub fn listing_batch_size(call: &Call<'_>) -> Result<u64> {
    let Some(document) = call.fields.document("cursor")? else {
        return Ok(u64::MAX);
    };
    let at = format!("{}.cursor", call.command.name);
    let cursor = Fields { at: &at, document };
    cursor.check(&[&["batchSize"]])?;
    Ok(cursor.count("batchSize")?.unwrap_or(u64::MAX))
}

fn finish(mut part: Builder<'_>, id: i64, namespace: &str) {
    part.append("id", RawValue::Int64(id));
    part.append("ns", RawValue::from(namespace));
}

fn get_more(call: &Call<'_>, reply: &mut Builder<'_>) -> Result<()> {
    let fields = &call.fields;
    let id = fields.required("getMore", fields.whole("getMore")?)?;
    let collection = fields.required("collection", fields.text("collection")?)?;
    let namespace = call.namespace(collection);
    let most = match fields.count("batchSize")? {
        None | Some(0) => u64::MAX,
        Some(most) => most,
    };
    let cursors = &call.commands.cursors;
    let mut cursor = cursors.take(id, &namespace, &call.scope)?;
    let mut part = reply.start_document("cursor");
    let filled = cursor.fill(most, &mut part.start_array("nextBatch"));
    match filled {
        Ok(false) => cursors.put_back(id, cursor),
        // An error ends a cursor, as in MongoDB.
        Ok(true) | Err(_) => drop(cursors.remove(id)),
    }
    let id = if filled? { 0 } else { id };
    finish(part, id, &namespace);
    Ok(())
}

fn kill_cursors(call: &Call<'_>, reply: &mut Builder<'_>) -> Result<()> {
    let fields = &call.fields;
    call.collection_name()?;
    let ids = fields.required("cursors", fields.array("cursors")?)?;
    let (mut killed, mut not_found) = (Vec::new(), Vec::new());
    for (_, value) in ids.iter() {
        let Some(id) = value.as_integer() else {
            return Err(fields.wrong_type("cursors", value, "long"));
        };
        match call.commands.cursors.remove(id) {
            true => killed.push(id),
            false => not_found.push(id),
        }
    }
    let lists = [
        ("cursorsKilled", killed),
        ("cursorsNotFound", not_found),
        ("cursorsAlive", Vec::new()),
        ("cursorsUnknown", Vec::new()),
    ];
    for (name, ids) in lists {
        let mut list = reply.start_array(name);
        ids.into_iter()
            .for_each(|id| list.push(RawValue::Int64(id)));
    }
    Ok(())
}

impl Cursors {
    /// Keeps a cursor; gives its id.
    fn keep(
        &self,
        namespace: &str,
        scope: Option<(Vec<u8>, i64)>,
        cursor: OpenCursor,
    ) -> Result<i64> {
        let mut kept = self.0.lock();
        kept.retain(|_, kept| kept.open.is_none() || kept.since.elapsed() < IDLE_LIMIT);
        if kept.len() >= MOST_CURSORS {
            let message = format!(
                "{MOST_CURSORS} cursors are open already: read them to their end, or end them with killCursors"
            );
            return Err(Error::new(Status::Full, Code::OPERATION_FAILED, message));
        }
        let mut id = fresh_id();
        while kept.contains_key(&id) {
            id = fresh_id();
        }
        let open = Some(cursor);
        let (namespace, since) = (namespace.to_string(), Instant::now());
        kept.insert(
            id,
            Kept {
                namespace,
                scope,
                since,
                open,
            },
        );
        Ok(id)
    }

    /// Takes a cursor to read from it.
    fn take(&self, id: i64, namespace: &str, scope: &Option<(Vec<u8>, i64)>) -> Result<OpenCursor> {
        let mut kept = self.0.lock();
        let Some(found) = kept.get_mut(&id) else {
            let message = format!("cursor id {id} not found");
            return Err(Error::query(Code::CURSOR_NOT_FOUND, message));
        };
        if found.namespace != namespace {
            let message = format!(
                "Requested getMore on namespace '{namespace}', but cursor belongs to a different namespace {}",
                found.namespace
            );
            return Err(Error::query(Code::UNAUTHORIZED, message));
        }
        check_scope(id, &found.scope, scope)?;
        found.open.take().ok_or_else(|| {
            let message = format!("cursor id {id} is already in use");
            Error::query(Code::CURSOR_IN_USE, message)
        })
    }

    fn put_back(&self, id: i64, cursor: OpenCursor) {
        if let Some(kept) = self.0.lock().get_mut(&id) {
            kept.since = Instant::now();
            kept.open = Some(cursor);
        }
    }

    /// Whether there was one.
    fn remove(&self, id: i64) -> bool {
        // Dropped outside of the lock: the cursor gives up its version.
        let removed = self.0.lock().remove(&id);
        removed.is_some()
    }

    /// How many wait to be read on.
    pub fn count(&self) -> usize {
        self.0.lock().len()
    }

    pub fn clear(&self) {
        let all = std::mem::take(&mut *self.0.lock());
        drop(all);
    }
}

/// A cursor that was made in a session's transaction is read there, any other outside of one.
fn check_scope(
    id: i64,
    own: &Option<(Vec<u8>, i64)>,
    given: &Option<(Vec<u8>, i64)>,
) -> Result<()> {
    if own == given {
        return Ok(());
    }
    let (code, made, read) = match (own, given) {
        (None, _) => (50739, "was not created in a transaction", "in one"),
        (Some(_), None) => (50740, "was created in a transaction", "outside of it"),
        (Some(_), Some(_)) => (50741, "was created in a transaction", "in another one"),
    };
    let message = format!("Cannot run getMore on cursor {id}, which {made}, {read}");
    Err(Error::query(Code(code), message))
}

/// Not guessed from another one, positive, and small enough for JavaScript's numbers.
fn fresh_id() -> i64 {
    use std::hash::{BuildHasher, Hasher, RandomState};
    let random = RandomState::new().build_hasher().finish();
    ((random >> 11) | 1) as i64
}
