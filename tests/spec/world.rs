//! The entities of a case (clients, databases, collections, sessions), the databases behind them, and the sending of commands.

use std::collections::HashMap;
use std::sync::Arc;

use ironbase::bson::{Document, ObjectId, RawDoc, Value, doc};
use ironbase::command::Commands;
use ironbase::database::Database;
use ironbase::database::options::{Durability, OpenOptions};
use ironbase::error::Error;
use ironbase::storage::vfs::memory::MemoryVfs;

use super::operation::unacknowledged;
use super::{list, part, text};

/// Why an operation gave no result.
#[derive(Debug)]
pub enum Failure {
    /// The driver itself refuses it.
    Client(String),
    /// The command failed.
    Command(Error),
    /// Some statements were refused: their errors by index, and what the others did.
    Writes(Vec<(usize, Document)>, Value),
    /// The runner cannot do it.
    Unable(String),
}

pub type Outcome<T> = Result<T, Failure>;

pub enum Entity {
    Client,
    Database(String),
    Collection {
        database: String,
        name: String,
        /// Its writes have the write concern `w: 0`: drivers do not look at the replies.
        is_unacknowledged: bool,
    },
    Session,
}

/// Where a session's transaction stands, as the drivers' specification has it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum State {
    None,
    Starting,
    InProgress,
    Committed,
    Aborted,
}

pub struct Session {
    pub id: Value,
    pub number: i64,
    pub state: State,
    /// Where the transaction's commands went.
    pub database: Option<String>,
}

#[derive(Default)]
pub struct World {
    pub entities: HashMap<String, Entity>,
    pub sessions: HashMap<String, Session>,
    databases: HashMap<String, Commands>,
}

impl World {
    pub fn create_entities(&mut self, entities: &[Value]) -> Outcome<()> {
        for entity in entities {
            let entity = entity.as_document().expect("an entity is a document");
            let (kind, given) = entity.iter().next().expect("an entity has a kind");
            let given = given.as_document().expect("an entity is described");
            let made = match kind {
                "client" => Entity::Client,
                "database" => Entity::Database(text(given, "databaseName").to_string()),
                "collection" => Entity::Collection {
                    database: self.database_name(text(given, "database"))?.to_string(),
                    name: text(given, "collectionName").to_string(),
                    is_unacknowledged: unacknowledged(&part(
                        &part(given, "collectionOptions"),
                        "writeConcern",
                    )),
                },
                "session" => {
                    let id = ObjectId::new().to_hex()[8..].to_vec();
                    let id = Value::Binary {
                        subtype: 4,
                        bytes: id,
                    };
                    let session = Session {
                        id,
                        number: 0,
                        state: State::None,
                        database: None,
                    };
                    self.sessions.insert(text(given, "id").to_string(), session);
                    Entity::Session
                }
                other => return Err(Failure::Unable(format!("entities of kind {other}"))),
            };
            self.entities.insert(text(given, "id").to_string(), made);
        }
        Ok(())
    }

    fn database_name(&self, entity: &str) -> Outcome<&str> {
        match self.entities.get(entity) {
            Some(Entity::Database(name)) => Ok(name),
            _ => Err(Failure::Unable(format!("there is no database {entity:?}"))),
        }
    }

    /// Fills the collections as a file's `initialData` says.
    pub fn fill(&mut self, data: &[Value]) -> Outcome<()> {
        for collection in data {
            let collection = collection.as_document().expect("data are a document");
            let (database, name) = (
                text(collection, "databaseName"),
                text(collection, "collectionName"),
            );
            let mut create = doc! { "create": name };
            for (option, value) in part(collection, "createOptions") {
                create.insert(option, value);
            }
            self.send(database, create, None)?;
            let documents = list(collection, "documents");
            if !documents.is_empty() {
                let insert = doc! { "insert": name, "documents": (documents.to_vec()) };
                self.send(database, insert, None)?;
            }
        }
        Ok(())
    }

    /// Sends a command, in a session's transaction if there is one; gives the reply.
    pub fn send(
        &mut self,
        database: &str,
        mut command: Document,
        session: Option<&str>,
    ) -> Outcome<Document> {
        if let Some(session) = session {
            let session = self.sessions.get_mut(session);
            let session = session.ok_or_else(|| Failure::Unable("an unknown session".into()))?;
            command.insert("lsid", doc! { "id": (session.id.clone()) });
            if matches!(session.state, State::Starting | State::InProgress) {
                command.insert("txnNumber", session.number);
                command.insert("autocommit", false);
                if session.state == State::Starting {
                    command.insert("startTransaction", true);
                    session.state = State::InProgress;
                }
                session.database = Some(database.to_string());
            } else {
                session.state = State::None;
            }
        }
        self.send_raw(database, &command)
    }

    pub fn send_raw(&mut self, database: &str, command: &Document) -> Outcome<Document> {
        let commands = self.commands(database);
        let reply = commands.run(RawDoc::new(&command.to_bytes()).expect("a document"));
        let reply = reply.map_err(Failure::Command)?;
        Ok(Document::from_raw(RawDoc::new(&reply).expect("a reply is a document")).expect("BSON"))
    }

    /// The database of a name, made when it is first asked for.
    fn commands(&mut self, name: &str) -> &Commands {
        let open = || {
            let options = OpenOptions {
                durability: Durability::None,
                background: false,
                ..OpenOptions::default()
            };
            let path = format!("{name}.mlite");
            let database =
                Database::open_on(Arc::new(MemoryVfs::new()), &path, options, false).unwrap();
            Commands::new(database)
        };
        self.databases.entry(name.to_string()).or_insert_with(open)
    }

    /// What a collection holds, in the order of `_id`.
    pub fn documents(&mut self, database: &str, collection: &str) -> Outcome<Vec<Document>> {
        let find = doc! { "find": collection, "batchSize": 1000000 };
        let reply = self.send(database, find, None)?;
        let batch = part(&reply, "cursor");
        let batch = list(&batch, "firstBatch").iter();
        Ok(batch
            .filter_map(|document| document.as_document().cloned())
            .collect())
    }
}
