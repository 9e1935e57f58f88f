//! MongoDB's commands over one database: a command document comes in, MongoDB's reply document goes out.
//!
//! A command is its operation in `database` in another dress: its own fields are read here, strictly; what an operation calls an option is
//! handed on to the operation's own reader of options, so that a new option needs no more here than its name in the command's list.
//! `registry` knows every command and every field; one file holds a command or a small family.
//!
//! A command that fails is an `Error` with MongoDB's code, not a reply with `ok: 0`: callers have one way to learn of failures. Documents
//! and statements that a write refuses are no failure of the command: they are in the reply's `writeErrors`, beside `ok: 1`.
//!
//! What a command leaves behind for later ones, open cursors and sessions, lives here and not in the database: both hold the database open, which
//! must not hold itself.

mod bulk_write;
mod call;
mod collections;
mod compact;
mod count;
mod cursors;
mod delete;
mod distinct;
mod explain;
#[cfg(feature = "failpoints")]
mod failpoint;
mod fields;
mod find;
mod find_and_modify;
mod indexes;
mod insert;
mod registry;
mod server;
mod session;
mod stats;
#[cfg(test)]
mod tests;
mod update;
mod validate;
mod write_errors;

use std::time::Instant;

use call::Call;
use cursors::Cursors;
pub use registry::{fields, names};
use session::{Named, Sessions};

use crate::bson::{Builder, RawDoc, RawValue};
use crate::database::{Database, Transaction};
use crate::error::{Code, Error, Result};

/// Runs the commands of one database. Safe to share between threads.
pub struct Commands {
    database: Database,
    name: String,
    cursors: Cursors,
    sessions: Sessions,
    started: Instant,
}

impl Commands {
    /// For a database; see [`Database::name`] for what it is called in namespaces.
    pub fn new(database: Database) -> Commands {
        Commands {
            name: database.name().to_string(),
            database,
            cursors: Cursors::default(),
            sessions: Sessions::default(),
            started: Instant::now(),
        }
    }

    /// Carries out a command and gives its reply
    /// ([manual: Database Commands](https://www.mongodb.com/docs/manual/reference/command/)). It works in the transaction of the session
    /// that it names, if it names one.
    ///
    /// Errors: `CommandNotFound` (59), `IDLUnknownField` (40415) for a field that the command does not have, those of the operation.
    pub fn run(&self, command: RawDoc<'_>) -> Result<Vec<u8>> {
        self.run_in(None, command)
    }

    /// The same in a transaction of the caller's; the command cannot name another one.
    pub fn run_in(
        &self,
        transaction: Option<&Transaction>,
        command: RawDoc<'_>,
    ) -> Result<Vec<u8>> {
        let Some((name, _)) = command.iter().next() else {
            let message = "a command needs its name as the first field, found an empty document";
            return Err(Error::query(Code::FAILED_TO_PARSE, message));
        };
        let Some(spec) = registry::find(name.as_str()) else {
            let message = format!("no such command: '{name}'");
            return Err(Error::query(Code::COMMAND_NOT_FOUND, message));
        };
        self.database.check_open()?;
        let mut call = Call::new(self, spec, command)?;
        let named = Named::read(&call.fields)?;
        if (transaction.is_some() || named.is_some()) && !spec.in_transaction {
            let message = format!(
                "Cannot run '{}' in a multi-document transaction.",
                spec.name
            );
            let code = Code::OPERATION_NOT_SUPPORTED_IN_TRANSACTION;
            return Err(Error::query(code, message));
        }
        let of_session = match (&named, transaction) {
            (Some(_), Some(_)) => {
                let message =
                    "a command that runs in a transaction already cannot name one of a session";
                return Err(Error::query(Code::INVALID_OPTIONS, message));
            }
            (Some(named), None) if !session::ends(spec) => Some(self.sessions.transaction(
                &self.database,
                named,
                &call.fields,
            )?),
            _ => None,
        };
        call.transaction = of_session.as_deref().or(transaction);
        call.scope = named.map(|named| named.key());
        let mut out = Vec::new();
        let mut reply = Builder::new(&mut out);
        (spec.run)(&call, &mut reply).map_err(session::with_labels)?;
        reply.append("ok", RawValue::Double(1.0));
        reply.finish();
        Ok(out)
    }

    /// Gives up what commands have left open: for the closing of the database.
    pub fn clear(&self) {
        self.cursors.clear();
        self.sessions.clear();
    }
}
