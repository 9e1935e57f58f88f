//! Writes: single ones, a collection's `bulkWrite` (runs of one kind, each one command), a client's (one command for all).

use ironbase::bson::{Document, Value, doc};

use super::operation::{Target, flag_or, moved, unacknowledged, with_id};
use super::world::{Failure, Outcome, State, World};
use super::{flag, list, part, text, whole};

/// What a bulk of writes did, in the form of drivers' results.
#[derive(Default)]
struct Total {
    inserted_ids: Document,
    matched: i64,
    modified: i64,
    deleted: i64,
    upserted_ids: Document,
    errors: Vec<(usize, Document)>,
}

/// One write as the statement of its command.
struct Statement {
    /// Its place among the requests.
    index: usize,
    /// `insert`, `update` or `delete`.
    command: &'static str,
    document: Document,
}

/// A single write or a `bulkWrite` of a collection.
pub fn write(
    world: &mut World,
    target: &Target<'_>,
    name: &str,
    arguments: &mut Document,
) -> Outcome<Option<Value>> {
    let requests: Vec<(String, Document)> = match name {
        "bulkWrite" => requests(arguments.remove("requests")),
        "insertMany" => {
            let documents = arguments.remove("documents");
            let documents = documents.as_ref().and_then(Value::as_array).unwrap_or(&[]);
            let one = |document: &Value| {
                let one = doc! { "document": (document.clone()) };
                ("insertOne".to_string(), one)
            };
            documents.iter().map(one).collect()
        }
        _ => {
            let mut one = Document::new();
            let own = [
                "filter",
                "update",
                "replacement",
                "document",
                "upsert",
                "hint",
                "collation",
                "arrayFilters",
                "sort",
            ];
            moved(arguments, &mut one, &own.map(|name| (name, name)));
            vec![(name.to_string(), one)]
        }
    };
    let ordered = flag_or(arguments, "ordered", true);
    let statements = statements(&requests)?;
    let total = send_runs(world, target, &statements, arguments, ordered)?;
    let is_single = !matches!(name, "bulkWrite" | "insertMany");
    let mut result = total.result(name);
    if name != "bulkWrite"
        && let Some(ids) = result
            .as_document()
            .map(|result| part(result, "insertedIds"))
        && name == "insertMany"
    {
        result = Value::Document(doc! { "insertedIds": ids });
    }
    if !total.errors.is_empty() {
        let shown = if is_single {
            Value::Null
        } else {
            total.result("bulkWrite")
        };
        return Err(Failure::Writes(total.errors, shown));
    }
    Ok(Some(result))
}

fn requests(given: Option<Value>) -> Vec<(String, Document)> {
    let given = given.as_ref().and_then(Value::as_array).unwrap_or(&[]);
    let one = |request: &Value| {
        let (name, body) = request.as_document()?.iter().next()?;
        Some((name.to_string(), body.as_document()?.clone()))
    };
    given.iter().filter_map(one).collect()
}

/// What drivers check themselves: an update has operators, a replacement has none.
pub fn check_change(arguments: &Document) -> Outcome<()> {
    let operators = |value: &Value| match value {
        Value::Document(document) => document
            .iter()
            .next()
            .map(|(name, _)| name.starts_with('$')),
        _ => Some(true),
    };
    if let Some(update) = arguments.get("update")
        && operators(update) != Some(true)
    {
        return Err(Failure::Client("an update needs operators".into()));
    }
    if let Some(replacement) = arguments.get("replacement")
        && operators(replacement) == Some(true)
    {
        return Err(Failure::Client("a replacement has no operators".into()));
    }
    Ok(())
}

fn statements(requests: &[(String, Document)]) -> Outcome<Vec<Statement>> {
    let mut made = Vec::new();
    for (index, (name, request)) in requests.iter().enumerate() {
        check_change(request)?;
        let mut request = request.clone();
        let mut document = Document::new();
        let command = match name.as_str() {
            "insertOne" => {
                document = with_id(&part(&request, "document")).0;
                "insert"
            }
            "updateOne" | "updateMany" | "replaceOne" => {
                let renamed = [("filter", "q"), ("update", "u"), ("replacement", "u")];
                moved(&mut request, &mut document, &renamed);
                document.insert("multi", name == "updateMany");
                "update"
            }
            "deleteOne" | "deleteMany" => {
                moved(&mut request, &mut document, &[("filter", "q")]);
                document.insert("limit", i32::from(name == "deleteOne"));
                "delete"
            }
            other => return Err(Failure::Unable(format!("{other} of a collection"))),
        };
        if command != "insert" {
            for (name, value) in request {
                document.insert(name, value);
            }
        }
        made.push(Statement {
            index,
            command,
            document,
        });
    }
    Ok(made)
}

fn send_runs(
    world: &mut World,
    target: &Target<'_>,
    statements: &[Statement],
    options: &Document,
    ordered: bool,
) -> Outcome<Total> {
    let mut total = Total::default();
    for run in statements.chunk_by(|a, b| a.command == b.command) {
        let name = run[0].command;
        let mut command = Document::new();
        command.insert(name, target.collection);
        let list_name = match name {
            "insert" => "documents",
            "update" => "updates",
            _ => "deletes",
        };
        let documents = run.iter().map(|one| Value::Document(one.document.clone()));
        command.insert(list_name, documents.collect::<Vec<_>>());
        command.insert("ordered", ordered);
        for (name, value) in options.clone() {
            if name == "let" && run[0].command == "insert" {
                continue;
            }
            if name == "bypassDocumentValidation" && run[0].command == "delete" {
                continue;
            }
            command.insert(name, value);
        }
        let reply = world.send(target.database, command, target.session)?;
        total.add(name, run, &reply);
        if ordered && !total.errors.is_empty() {
            break;
        }
    }
    Ok(total)
}

impl Total {
    fn add(&mut self, command: &str, run: &[Statement], reply: &Document) {
        let n = whole(reply, "n");
        let mut failed = Vec::new();
        for error in list(reply, "writeErrors") {
            let error = error.as_document().expect("an error is a document");
            let place = whole(error, "index") as usize;
            failed.push(place);
            self.errors.push((run[place].index, error.clone()));
        }
        match command {
            "insert" => {
                let done = |(place, _): &(usize, &Statement)| !failed.contains(place);
                let inserted = run.iter().enumerate().filter(done).take(n as usize);
                for (_, statement) in inserted {
                    let id = statement.document.get("_id").cloned();
                    let id = id.unwrap_or(Value::Null);
                    self.inserted_ids.insert(statement.index.to_string(), id);
                }
            }
            "update" => {
                let upserted = list(reply, "upserted");
                self.matched += n - upserted.len() as i64;
                self.modified += whole(reply, "nModified");
                for one in upserted {
                    let one = one.as_document().expect("an upsert is a document");
                    let index = run[whole(one, "index") as usize].index;
                    let id = one.get("_id").cloned().unwrap_or(Value::Null);
                    self.upserted_ids.insert(index.to_string(), id);
                }
            }
            _ => self.deleted += n,
        }
    }

    fn result(&self, name: &str) -> Value {
        let inserted = self.inserted_ids.len() as i64;
        let upserted = self.upserted_ids.len() as i64;
        let first = |ids: &Document| ids.iter().next().map(|(_, id)| id.clone());
        Value::Document(match name {
            "insertOne" => {
                doc! { "insertedId": (first(&self.inserted_ids).unwrap_or(Value::Null)) }
            }
            "updateOne" | "updateMany" | "replaceOne" => {
                let mut result = doc! {
                    "matchedCount": (self.matched), "modifiedCount": (self.modified), "upsertedCount": upserted,
                };
                if let Some(id) = first(&self.upserted_ids) {
                    result.insert("upsertedId", id);
                }
                result
            }
            "deleteOne" | "deleteMany" => doc! { "deletedCount": (self.deleted) },
            _ => doc! {
                "insertedCount": inserted, "insertedIds": (self.inserted_ids.clone()),
                "matchedCount": (self.matched), "modifiedCount": (self.modified),
                "deletedCount": (self.deleted),
                "upsertedCount": upserted, "upsertedIds": (self.upserted_ids.clone()),
            },
        })
    }
}

/// A client's `clientBulkWrite`: the command `bulkWrite`, and its result from the counts and the cursor.
pub fn client(
    world: &mut World,
    name: &str,
    arguments: &Document,
    session: Option<&str>,
) -> Outcome<Option<Value>> {
    if name != "clientBulkWrite" {
        return Err(Failure::Unable(format!("{name} of a client")));
    }
    let verbose = flag(arguments, "verboseResults");
    let models = requests(arguments.get("models").cloned());
    check_client(world, arguments, &models, session)?;
    let mut namespaces: Vec<String> = Vec::new();
    let (mut ops, mut ids) = (Vec::new(), Vec::new());
    for (kind, model) in &models {
        check_change(model)?;
        let namespace = text(model, "namespace");
        let place = namespaces.iter().position(|known| known == namespace);
        let place = place.unwrap_or_else(|| {
            namespaces.push(namespace.to_string());
            namespaces.len() - 1
        });
        let (op, id) = client_op(kind, model, place as i32);
        ops.push(Value::Document(op));
        ids.push(id);
    }
    let database = namespaces[0].split_once('.').map_or("", |(name, _)| name);
    let infos = namespaces
        .iter()
        .map(|namespace| Value::Document(doc! { "ns": (namespace.as_str()) }));
    let mut command = doc! {
        "bulkWrite": 1, "ops": ops, "nsInfo": (infos.collect::<Vec<_>>()), "errorsOnly": (!verbose),
    };
    for option in [
        "ordered",
        "bypassDocumentValidation",
        "let",
        "comment",
        "rawData",
    ] {
        if let Some(value) = arguments.get(option) {
            command.insert(option, value.clone());
        }
    }
    let reply = world.send(database, command, session)?;
    client_result(&reply, &models, &ids, verbose)
}

fn check_client(
    world: &World,
    arguments: &Document,
    models: &[(String, Document)],
    session: Option<&str>,
) -> Outcome<()> {
    let concern = part(arguments, "writeConcern");
    let refuse = |message: &str| Err(Failure::Client(message.to_string()));
    let in_transaction = session.is_some_and(|session| {
        matches!(
            world.sessions[session].state,
            State::Starting | State::InProgress
        )
    });
    if models.is_empty() {
        return refuse("there are no models");
    }
    if in_transaction && !concern.is_empty() {
        return refuse("Cannot set write concern after starting a transaction");
    }
    if !unacknowledged(&concern) {
        return Ok(());
    }
    if flag(arguments, "verboseResults") {
        return refuse("Cannot request unacknowledged write concern and verbose results");
    }
    match flag_or(arguments, "ordered", true) {
        true => refuse("Cannot request unacknowledged write concern and ordered writes"),
        false => Ok(()),
    }
}

fn client_op(kind: &str, model: &Document, namespace: i32) -> (Document, Value) {
    let mut model = model.clone();
    model.remove("namespace");
    let mut op = Document::new();
    if kind == "insertOne" {
        let (document, id) = with_id(&part(&model, "document"));
        op.insert("insert", namespace);
        op.insert("document", document);
        return (op, id);
    }
    let is_many = kind.ends_with("Many");
    let is_delete = kind.starts_with("delete");
    op.insert(if is_delete { "delete" } else { "update" }, namespace);
    op.insert("multi", is_many);
    let renamed = [("update", "updateMods"), ("replacement", "updateMods")];
    moved(&mut model, &mut op, &renamed);
    for (name, value) in model {
        op.insert(name, value);
    }
    (op, Value::Null)
}

fn client_result(
    reply: &Document,
    models: &[(String, Document)],
    ids: &[Value],
    verbose: bool,
) -> Outcome<Option<Value>> {
    let (mut inserts, mut updates, mut deletes) =
        (Document::new(), Document::new(), Document::new());
    let mut errors = Vec::new();
    let mut is_any_done = false;
    for entry in list(&part(reply, "cursor"), "firstBatch") {
        let entry = entry.as_document().expect("a result is a document");
        let index = whole(entry, "idx") as usize;
        let key = index.to_string();
        if entry.contains_key("code") {
            errors.push((index, entry.clone()));
            continue;
        }
        is_any_done = true;
        let n = whole(entry, "n");
        match models[index].0.as_str() {
            "insertOne" => drop(inserts.insert(key, doc! { "insertedId": (ids[index].clone()) })),
            "deleteOne" | "deleteMany" => drop(deletes.insert(key, doc! { "deletedCount": n })),
            _ => {
                let mut one =
                    doc! { "matchedCount": n, "modifiedCount": (whole(entry, "nModified")) };
                if let Some(upserted) = entry.get("upserted").and_then(Value::as_document) {
                    let id = upserted.get("_id").cloned().unwrap_or(Value::Null);
                    one.insert("upsertedId", id);
                }
                updates.insert(key, one);
            }
        }
    }
    let mut result = Document::new();
    for (field, count) in [
        ("insertedCount", "nInserted"),
        ("upsertedCount", "nUpserted"),
        ("matchedCount", "nMatched"),
        ("modifiedCount", "nModified"),
        ("deletedCount", "nDeleted"),
    ] {
        is_any_done |= whole(reply, count) > 0;
        result.insert(field, whole(reply, count));
    }
    if verbose {
        result.insert("insertResults", inserts);
        result.insert("updateResults", updates);
        result.insert("deleteResults", deletes);
    }
    match (errors.is_empty(), is_any_done) {
        (true, _) => Ok(Some(Value::Document(result))),
        (false, true) => Err(Failure::Writes(errors, Value::Document(result))),
        (false, false) => Err(Failure::Writes(errors, Value::Null)),
    }
}
