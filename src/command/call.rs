//! One call of a command: its fields, and the collection that it names.

use super::Commands;
use super::fields::Fields;
use super::registry::{self, Command};
use crate::bson::{Builder, RawDoc, RawValue};
use crate::database::{Collection, Transaction};
use crate::error::{Code, Error, Result};

/// The database of commands that concern the whole server.
const ADMIN: &str = "admin";

pub struct Call<'a> {
    pub commands: &'a Commands,
    pub command: &'static Command,
    pub fields: Fields<'a>,
    /// The transaction that the command works in.
    pub transaction: Option<&'a Transaction>,
    /// The session's transaction, if it is one of a session.
    pub scope: Option<(Vec<u8>, i64)>,
}

impl<'a> Call<'a> {
    /// Checks the fields' names, and that the command is meant for this database.
    pub fn new(
        commands: &'a Commands,
        command: &'static Command,
        document: RawDoc<'a>,
    ) -> Result<Call<'a>> {
        let fields = Fields {
            at: command.name,
            document,
        };
        fields.check(&[
            &[command.name],
            command.aliases,
            command.fields,
            command.options,
            registry::GENERIC,
        ])?;
        let call = Call {
            commands,
            command,
            fields,
            transaction: None,
            scope: None,
        };
        if let Some(database) = fields.text("$db")?
            && database != ADMIN
        {
            call.check_database(database)?;
        }
        Ok(call)
    }

    /// The value of the field that names the command.
    pub fn target(&self) -> RawValue<'a> {
        let first = self.fields.document.iter().next();
        first.map_or(RawValue::Null, |(_, value)| value)
    }

    /// The name of the collection that the command is for.
    pub fn collection_name(&self) -> Result<&'a str> {
        match self.target() {
            RawValue::String(name) => Ok(name.as_str()),
            other => {
                let message = format!("collection name has invalid type {}", other.type_name());
                Err(Error::query(Code::INVALID_NAMESPACE, message))
            }
        }
    }

    /// The collection that the command is for.
    pub fn collection(&self) -> Result<Collection> {
        self.collection_named(self.collection_name()?)
    }

    pub fn collection_named(&self, name: &str) -> Result<Collection> {
        match self.transaction {
            Some(transaction) => transaction.collection(name),
            None => self.commands.database.collection(name),
        }
    }

    /// `database.collection`
    pub fn namespace(&self, collection: &str) -> String {
        format!("{}.{collection}", self.commands.name)
    }

    /// The collection of a namespace that the caller wrote out.
    pub fn split_namespace<'n>(&self, namespace: &'n str) -> Result<&'n str> {
        match namespace.split_once('.') {
            Some((database, collection)) if !collection.is_empty() => {
                self.check_database(database)?;
                Ok(collection)
            }
            _ => {
                let message = format!("Invalid namespace specified '{namespace}'");
                Err(Error::query(Code::INVALID_NAMESPACE, message))
            }
        }
    }

    fn check_database(&self, name: &str) -> Result<()> {
        let own = &self.commands.name;
        if name == own {
            return Ok(());
        }
        let message = format!("there is no database {name:?} here: this one is called {own:?}");
        Err(Error::query(Code::INVALID_NAMESPACE, message))
    }

    /// The options of the operation, as the command gives them.
    pub fn options(&self) -> Vec<u8> {
        let mut out = Vec::new();
        self.fields
            .hand_on(self.command.options, &mut Builder::new(&mut out));
        out
    }
}
