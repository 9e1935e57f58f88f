//! Every command that there is, with its fields: what a command looks up, and what the table of compatibility is held against.

use super::call::Call;
use super::{
    bulk_write, collections, compact, count, cursors, delete, distinct, explain, find,
    find_and_modify, indexes, insert, server, session, stats, update, validate,
};
use crate::bson::Builder;
use crate::error::Result;

/// A command.
pub struct Command {
    pub name: &'static str,
    /// Other spellings of the name.
    pub aliases: &'static [&'static str],
    /// Fields that the command reads itself, or that have no meaning here and are passed over.
    pub fields: &'static [&'static str],
    /// Fields that are options of the operation, under the same name.
    pub options: &'static [&'static str],
    /// Whether it may run in a transaction
    /// ([manual](https://www.mongodb.com/docs/manual/core/transactions-operations/)).
    pub in_transaction: bool,
    /// Appends the reply's fields, all but `ok`.
    pub run: fn(&Call<'_>, &mut Builder<'_>) -> Result<()>,
}

/// Fields that every command takes. What concerns a server (concerns, clocks, versions of the protocol) has no meaning here and is passed over.
pub const GENERIC: &[&str] = &[
    "$db",
    "$readPreference",
    "$clusterTime",
    "$audit",
    "$client",
    "apiVersion",
    "apiStrict",
    "apiDeprecationErrors",
    "autocommit",
    "comment",
    "lsid",
    "maxTimeMS",
    "rawData",
    "readConcern",
    "startTransaction",
    "txnNumber",
    "writeConcern",
];

const COMMANDS: &[&Command] = &[
    &session::ABORT,
    &server::BUILD_INFO,
    &bulk_write::BULK_WRITE,
    &collections::COLL_MOD,
    &stats::COLL_STATS,
    &session::COMMIT,
    &compact::COMPACT,
    &count::COUNT,
    &collections::CREATE,
    &indexes::CREATE_INDEXES,
    &stats::DB_STATS,
    &delete::DELETE,
    &distinct::DISTINCT,
    &collections::DROP,
    &collections::DROP_DATABASE,
    &indexes::DROP_INDEXES,
    &session::END_SESSIONS,
    &explain::EXPLAIN,
    &find::FIND,
    &find_and_modify::FIND_AND_MODIFY,
    &cursors::GET_MORE,
    &server::GET_PARAMETER,
    &server::HELLO,
    &insert::INSERT,
    &cursors::KILL_CURSORS,
    &collections::LIST_COLLECTIONS,
    &indexes::LIST_INDEXES,
    &server::PING,
    &collections::RENAME_COLLECTION,
    &server::SERVER_STATUS,
    &update::UPDATE,
    &validate::VALIDATE,
];

/// The command of a name.
pub fn find(name: &str) -> Option<&'static Command> {
    #[cfg(feature = "failpoints")]
    if name == super::failpoint::CONFIGURE_FAIL_POINT.name {
        return Some(&super::failpoint::CONFIGURE_FAIL_POINT);
    }
    let has_name = |command: &&&Command| command.name == name || command.aliases.contains(&name);
    COMMANDS.iter().find(has_name).copied()
}

/// The names of all commands.
pub fn names() -> impl Iterator<Item = &'static str> {
    COMMANDS.iter().map(|command| command.name)
}

/// The fields that a command takes beside the generic ones.
pub fn fields(name: &str) -> impl Iterator<Item = &'static str> {
    let command = find(name).into_iter();
    command.flat_map(|command| command.fields.iter().chain(command.options).copied())
}
