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

mod call;
mod collections;
mod count;
mod cursors;
mod delete;
mod explain;
mod fields;
mod find;
mod indexes;
mod insert;
mod registry;
mod server;
mod stats;
#[cfg(test)]
mod tests;
mod update;
mod write_errors;

use call::Call;
use cursors::Cursors;
pub use registry::names;

use crate::bson::{Builder, RawDoc, RawValue};
use crate::database::Database;
use crate::error::{Code, Error, Result};

/// Runs the commands of one database. Safe to share between threads.
pub struct Commands {
    database: Database,
    name: String,
    cursors: Cursors,
}

impl Commands {
    /// For a database; see [`Database::name`] for what it is called in namespaces.
    pub fn new(database: Database) -> Commands {
        Commands {
            name: database.name().to_string(),
            database,
            cursors: Cursors::default(),
        }
    }

    /// Carries out a command and gives its reply
    /// ([manual: Database Commands](https://www.mongodb.com/docs/manual/reference/command/)).
    ///
    /// Errors: `CommandNotFound` (59), `IDLUnknownField` (40415) for a field that the command does not have, those of the operation.
    pub fn run(&self, command: RawDoc<'_>) -> Result<Vec<u8>> {
        let Some((name, _)) = command.iter().next() else {
            let message = "a command needs its name as the first field, found an empty document";
            return Err(Error::query(Code::FAILED_TO_PARSE, message));
        };
        let Some(command_spec) = registry::find(name.as_str()) else {
            let message = format!("no such command: '{name}'");
            return Err(Error::query(Code::COMMAND_NOT_FOUND, message));
        };
        let call = Call::new(self, command_spec, command)?;
        let mut out = Vec::new();
        let mut reply = Builder::new(&mut out);
        (command_spec.run)(&call, &mut reply)?;
        reply.append("ok", RawValue::Double(1.0));
        reply.finish();
        Ok(out)
    }

    /// Gives up what commands have left open: for the closing of the database.
    pub fn clear(&self) {
        self.cursors.clear();
    }
}
