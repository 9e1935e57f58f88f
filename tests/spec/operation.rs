//! The operations of drivers as the commands that drivers send, and what they make of the replies.

use ironbase::bson::{Document, ObjectId, Value, doc};

use super::bulk;
use super::world::{Entity, Failure, Outcome, State, World};
use super::{flag, list, part, text, whole};

/// A collection and how an operation reaches it.
pub struct Target<'a> {
    pub database: &'a str,
    pub collection: &'a str,
    pub session: Option<&'a str>,
    pub is_unacknowledged: bool,
}

/// Carries out an operation; gives its result if it has one.
pub fn run(world: &mut World, operation: &Document) -> Outcome<Option<Value>> {
    let name = text(operation, "name");
    let mut arguments = part(operation, "arguments");
    let object = text(operation, "object");
    if object == "testRunner" {
        return test_runner(world, name, &arguments).map(|()| None);
    }
    let session = arguments.remove("session");
    let session = session.as_ref().and_then(Value::as_str);
    match world.entities.get(object) {
        Some(Entity::Client) => bulk::client(world, name, &arguments, session),
        Some(Entity::Database(database)) => {
            let database = database.clone();
            on_database(world, &database, name, &mut arguments, session)
        }
        Some(Entity::Collection {
            database,
            name: collection,
            is_unacknowledged,
        }) => {
            // Within a transaction the transaction's write concern holds.
            let is_unacknowledged = *is_unacknowledged && session.is_none();
            let (database, collection) = (database.clone(), collection.clone());
            let target = Target {
                database: &database,
                collection: &collection,
                session,
                is_unacknowledged,
            };
            on_collection(world, &target, name, &mut arguments)
        }
        Some(Entity::Session) => on_session(world, object, name, &arguments).map(|()| None),
        None => unable(format!("there is no entity {object:?}")),
    }
}

fn unable<T>(what: String) -> Outcome<T> {
    Err(Failure::Unable(what))
}

fn test_runner(world: &mut World, name: &str, arguments: &Document) -> Outcome<()> {
    let (database, collection) = (
        text(arguments, "databaseName"),
        text(arguments, "collectionName"),
    );
    let expect = |found: bool, wanted: bool, what: &str| match found == wanted {
        true => Ok(()),
        false => Err(Failure::Unable(format!("{what}: found {found}"))),
    };
    match name {
        "createEntities" => world.create_entities(list(arguments, "entities")),
        "assertCollectionExists" | "assertCollectionNotExists" => {
            let filter = doc! { "name": collection };
            let command = doc! { "listCollections": 1, "filter": filter };
            let found = !all(world, database, command, None)?.is_empty();
            expect(found, name == "assertCollectionExists", name)
        }
        "assertIndexExists" | "assertIndexNotExists" => {
            let command = doc! { "listIndexes": collection };
            let indexes = all(world, database, command, None).unwrap_or_default();
            let wanted = text(arguments, "indexName");
            let is_it = |index: &Value| {
                index
                    .as_document()
                    .is_some_and(|index| text(index, "name") == wanted)
            };
            expect(indexes.iter().any(is_it), name == "assertIndexExists", name)
        }
        "assertSessionTransactionState" => {
            let session = &world.sessions[text(arguments, "session")];
            let state = match session.state {
                State::None => "none",
                State::Starting => "starting",
                State::InProgress => "in_progress",
                State::Committed => "committed",
                State::Aborted => "aborted",
            };
            expect(state == text(arguments, "state"), true, name)
        }
        _ => unable(format!("the runner's {name}")),
    }
}

/// The commands of transactions go to the database that the transaction's others went to.
fn on_session(world: &mut World, id: &str, name: &str, arguments: &Document) -> Outcome<()> {
    let session = world.sessions.get_mut(id).expect("an entity's session");
    let client = |message: &str| Err(Failure::Client(message.to_string()));
    let started = matches!(session.state, State::Starting | State::InProgress);
    match (name, session.state) {
        ("startTransaction", _) if started => client("transaction already in progress"),
        ("startTransaction", _) if unacknowledged(&part(arguments, "writeConcern")) => {
            client("transactions do not support unacknowledged write concern")
        }
        ("startTransaction", _) => {
            session.number += 1;
            session.state = State::Starting;
            session.database = None;
            Ok(())
        }
        ("commitTransaction", State::None) => client("no transaction started"),
        ("commitTransaction", State::Aborted) => {
            client("Cannot call commitTransaction after calling abortTransaction")
        }
        ("abortTransaction", State::None) => client("no transaction started"),
        ("abortTransaction", State::Aborted) => client("Cannot call abortTransaction twice"),
        ("abortTransaction", State::Committed) => {
            client("Cannot call abortTransaction after calling commitTransaction")
        }
        ("commitTransaction", State::Starting) => {
            session.state = State::Committed;
            Ok(())
        }
        ("abortTransaction", State::Starting) => {
            session.state = State::Aborted;
            Ok(())
        }
        ("commitTransaction" | "abortTransaction", _) => {
            let Some(database) = session.database.clone() else {
                return Ok(());
            };
            let mut command = Document::new();
            command.insert(name, 1);
            command.insert("lsid", doc! { "id": (session.id.clone()) });
            command.insert("txnNumber", session.number);
            command.insert("autocommit", false);
            let is_commit = name == "commitTransaction";
            session.state = if is_commit {
                State::Committed
            } else {
                State::Aborted
            };
            match world.send_raw(&database, &command) {
                // Drivers do not tell of an abort that failed.
                Err(error) if is_commit => Err(error),
                _ => Ok(()),
            }
        }
        ("endSession", _) if session.state == State::InProgress => {
            on_session(world, id, "abortTransaction", arguments)
        }
        ("endSession", _) => Ok(()),
        _ => unable(format!("{name} of a session")),
    }
}

pub fn unacknowledged(write_concern: &Document) -> bool {
    let w = write_concern.get("w").map(Value::to_raw);
    w.is_some_and(|w| w.as_raw().as_integer() == Some(0))
}

fn on_database(
    world: &mut World,
    database: &str,
    name: &str,
    arguments: &mut Document,
    session: Option<&str>,
) -> Outcome<Option<Value>> {
    let mut named = |command: &str, field: &str| {
        let mut document = Document::new();
        let value = arguments.remove(field).unwrap_or(Value::Int32(1));
        document.insert(command, value);
        arguments.clone().into_iter().for_each(|(name, value)| {
            document.insert(name, value);
        });
        document
    };
    match name {
        "runCommand" => {
            let command = part(arguments, "command");
            world
                .send(database, command, session)
                .map(|reply| Some(Value::Document(reply)))
        }
        "createCollection" => {
            let command = named("create", "collection");
            world.send(database, command, session).map(|_| None)
        }
        "dropCollection" => {
            let command = named("drop", "collection");
            world.send(database, command, session).map(|_| None)
        }
        "modifyCollection" => {
            let command = named("collMod", "collection");
            world.send(database, command, session).map(|_| None)
        }
        "listCollections" => {
            let command = named("listCollections", "");
            all(world, database, command, session).map(array)
        }
        "aggregate" => {
            let command = aggregate(Value::Int32(1), arguments);
            all(world, database, command, session).map(array)
        }
        _ => unable(format!("{name} of a database")),
    }
}

fn aggregate(target: Value, arguments: &Document) -> Document {
    let mut command = doc! { "aggregate": target };
    let mut cursor = Document::new();
    for (name, value) in arguments.clone() {
        match name.as_str() {
            "batchSize" => drop(cursor.insert(name, value)),
            _ => drop(command.insert(name, value)),
        }
    }
    command.insert("cursor", cursor);
    command
}

fn array(values: Vec<Value>) -> Option<Value> {
    Some(Value::Array(values))
}

/// Everything that a command's cursor gives, a batch after another.
fn all(
    world: &mut World,
    database: &str,
    command: Document,
    session: Option<&str>,
) -> Outcome<Vec<Value>> {
    let batch_size = command.get("batchSize").cloned();
    let reply = world.send(database, command, session)?;
    let mut cursor = part(&reply, "cursor");
    let mut found = list(&cursor, "firstBatch").to_vec();
    while whole(&cursor, "id") != 0 {
        let namespace = text(&cursor, "ns");
        let collection = namespace.split_once('.').map_or("", |(_, name)| name);
        let mut command = doc! { "getMore": (whole(&cursor, "id")), "collection": collection };
        if let Some(batch_size) = &batch_size {
            command.insert("batchSize", batch_size.clone());
        }
        let reply = world.send(database, command, session)?;
        cursor = part(&reply, "cursor");
        found.extend_from_slice(list(&cursor, "nextBatch"));
    }
    Ok(found)
}

/// Moves arguments into a command, each under its name there.
pub fn moved(arguments: &mut Document, command: &mut Document, names: &[(&str, &str)]) {
    for (argument, field) in names {
        if let Some(value) = arguments.remove(argument) {
            command.insert(*field, value);
        }
    }
}

fn on_collection(
    world: &mut World,
    target: &Target<'_>,
    name: &str,
    arguments: &mut Document,
) -> Outcome<Option<Value>> {
    let &Target {
        database,
        collection,
        session,
        ..
    } = target;
    // Arguments that the command has under the same name.
    let with_rest = |mut command: Document, arguments: &Document| {
        for (name, value) in arguments.clone() {
            command.insert(name, value);
        }
        command
    };
    match name {
        "find" => {
            let command = with_rest(doc! { "find": collection }, arguments);
            all(world, database, command, session).map(array)
        }
        "findOne" => {
            let mut command = with_rest(doc! { "find": collection }, arguments);
            command.insert("limit", 1);
            let found = all(world, database, command, session)?;
            Ok(Some(found.into_iter().next().unwrap_or(Value::Null)))
        }
        // Drivers send a pipeline, which may run in a transaction where `count` may not.
        "countDocuments" => {
            let mut command = with_rest(doc! { "find": collection }, arguments);
            command.insert("projection", doc! { "_id": 1 });
            let found = all(world, database, command, session)?;
            Ok(Some(Value::Int64(found.len() as i64)))
        }
        "count" | "estimatedDocumentCount" => {
            let mut command = doc! { "count": collection };
            moved(arguments, &mut command, &[("filter", "query")]);
            let command = with_rest(command, arguments);
            let reply = world.send(database, command, session)?;
            Ok(Some(Value::Int64(whole(&reply, "n"))))
        }
        "distinct" => {
            let mut command = doc! { "distinct": collection };
            let renamed = [("fieldName", "key"), ("filter", "query")];
            moved(arguments, &mut command, &renamed);
            let command = with_rest(command, arguments);
            let reply = world.send(database, command, session)?;
            Ok(array(list(&reply, "values").to_vec()))
        }
        "aggregate" => {
            let command = aggregate(Value::from(collection), arguments);
            all(world, database, command, session).map(array)
        }
        "findOneAndUpdate" | "findOneAndReplace" | "findOneAndDelete" => {
            find_and_modify(world, target, name, arguments)
        }
        "createIndex" => {
            let key = part(arguments, "keys");
            let index_name = match arguments.get("name") {
                Some(name) => name.as_str().unwrap_or("").to_string(),
                None => default_name(&key),
            };
            arguments.remove("keys");
            let comment = arguments.remove("comment");
            let raw_data = arguments.remove("rawData");
            let mut index = doc! { "key": key };
            index = with_rest(index, arguments);
            index.insert("name", index_name.clone());
            let mut command = doc! { "createIndexes": collection, "indexes": [index] };
            for (name, value) in [("comment", comment), ("rawData", raw_data)] {
                value.map(|value| command.insert(name, value));
            }
            world.send(database, command, session)?;
            Ok(Some(Value::String(index_name)))
        }
        "dropIndex" => {
            let mut command = doc! { "dropIndexes": collection };
            moved(arguments, &mut command, &[("name", "index")]);
            let command = with_rest(command, arguments);
            world.send(database, command, session).map(|_| None)
        }
        "listIndexes" => {
            let command = with_rest(doc! { "listIndexes": collection }, arguments);
            all(world, database, command, session).map(array)
        }
        _ => bulk::write(world, target, name, arguments),
    }
}

fn default_name(key: &Document) -> String {
    let direction = |value: &Value| value.to_raw().as_raw().as_integer().unwrap_or(1);
    let parts = key
        .iter()
        .map(|(field, value)| format!("{field}_{}", direction(value)));
    parts.collect::<Vec<_>>().join("_")
}

fn find_and_modify(
    world: &mut World,
    target: &Target<'_>,
    name: &str,
    arguments: &mut Document,
) -> Outcome<Option<Value>> {
    let mut command = doc! { "findAndModify": (target.collection) };
    bulk::check_change(arguments)?;
    let renamed = [
        ("filter", "query"),
        ("projection", "fields"),
        ("replacement", "update"),
    ];
    moved(arguments, &mut command, &renamed);
    if name == "findOneAndDelete" {
        command.insert("remove", true);
    }
    if let Some(when) = arguments.remove("returnDocument") {
        command.insert("new", when.as_str() == Some("After"));
    }
    for (name, value) in arguments.clone() {
        command.insert(name, value);
    }
    if target.is_unacknowledged {
        command.insert("writeConcern", doc! { "w": 0 });
    }
    let reply = world.send(target.database, command, target.session)?;
    let value = reply.get("value").cloned().unwrap_or(Value::Null);
    Ok((!target.is_unacknowledged).then_some(value))
}

/// A document with an `_id`, as drivers send it.
pub fn with_id(document: &Document) -> (Document, Value) {
    if let Some(id) = document.get("_id") {
        return (document.clone(), id.clone());
    }
    let id = Value::ObjectId(ObjectId::new());
    let mut made = doc! { "_id": (id.clone()) };
    for (name, value) in document.clone() {
        made.insert(name, value);
    }
    (made, id)
}

/// Whether a flag is set, or its default.
pub fn flag_or(document: &Document, name: &str, default: bool) -> bool {
    match document.contains_key(name) {
        true => flag(document, name),
        false => default,
    }
}
