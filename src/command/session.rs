//! Sessions: `lsid`, `txnNumber`, `startTransaction` and `autocommit` as transactions; `commitTransaction`, `abortTransaction`, `endSessions`.
//!
//! A session is what its first transaction makes it, under any `lsid` that the caller likes. It holds the newest transaction and how that
//! ended, so that a commit or an abort may be repeated; a command that names an older one is told so. A session not used for 30
//! minutes is forgotten when the next one begins, its transaction aborted.
//!
//! `txnNumber` without `autocommit` marks a write that a driver may send again. There is no connection here that could be lost between a write
//! and its reply, so nothing is remembered of it ([manual: Server Sessions](https://www.mongodb.com/docs/manual/reference/server-sessions/)).

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;

use super::call::Call;
use super::fields::Fields;
use super::registry::Command;
use crate::bson::{Builder, RawDoc};
use crate::database::options::TransactionOptions;
use crate::database::{Database, Transaction};
use crate::error::{Code, Error, Result, Status};

pub const COMMIT: Command = Command {
    name: "commitTransaction",
    aliases: &[],
    fields: &["recoveryToken"],
    options: &[],
    in_transaction: true,
    run: commit,
};

pub const ABORT: Command = Command {
    name: "abortTransaction",
    aliases: &[],
    fields: &["recoveryToken"],
    options: &[],
    in_transaction: true,
    run: abort,
};

pub const END_SESSIONS: Command = Command {
    name: "endSessions",
    aliases: &[],
    fields: &[],
    options: &[],
    in_transaction: false,
    run: end_sessions,
};

const IDLE_LIMIT: Duration = Duration::from_secs(30 * 60);
const MOST_SESSIONS: usize = 10_000;
const TRANSIENT: &str = "TransientTransactionError";
/// The server's code for a transaction that is begun twice.
const ALREADY_BEGUN: Code = Code(50911);

/// The sessions that have had a transaction, by their `lsid`.
#[derive(Default)]
pub struct Sessions(Mutex<HashMap<Vec<u8>, Session>>);

struct Session {
    /// The newest transaction.
    number: i64,
    state: State,
    since: Instant,
}

#[derive(Clone)]
enum State {
    Open(Arc<Transaction>),
    Committed(Arc<Transaction>),
    Aborted,
}

/// What a command says of its transaction.
pub struct Named<'a> {
    lsid: RawDoc<'a>,
    number: i64,
    starts: bool,
}

impl<'a> Named<'a> {
    /// Reads the fields; none if the command is in no transaction.
    pub fn read(fields: &Fields<'a>) -> Result<Option<Named<'a>>> {
        let refuse = |message: &str| Err(Error::query(Code::INVALID_OPTIONS, message));
        let lsid = fields.document("lsid")?;
        let number = fields.whole("txnNumber")?;
        let starts = fields.flag_given("startTransaction")?;
        match (lsid, number, fields.flag_given("autocommit")?) {
            (None, Some(_), _) => {
                refuse("Transaction number requires a session ID to also be specified")
            }
            (_, None, Some(_)) => {
                refuse("'autocommit' field requires a transaction number to also be specified")
            }
            (_, _, Some(true)) => refuse("Specifying autocommit=true is not allowed."),
            (_, _, None) if starts.is_some() => {
                refuse("'startTransaction' field requires 'autocommit' field to also be specified")
            }
            _ if starts == Some(false) => {
                refuse("Specifying startTransaction=false is not allowed.")
            }
            (_, Some(number), _) if number < 0 => refuse("Transaction number cannot be negative"),
            (Some(lsid), Some(number), Some(false)) => Ok(Some(Named {
                lsid,
                number,
                starts: starts.is_some(),
            })),
            _ => Ok(None),
        }
    }

    /// Names session and transaction: which cursors are theirs.
    pub fn key(&self) -> (Vec<u8>, i64) {
        (self.lsid.as_bytes().to_vec(), self.number)
    }
}

impl Sessions {
    /// The open transaction that a command names, begun if the command says so.
    pub fn transaction(
        &self,
        database: &Database,
        named: &Named<'_>,
        fields: &Fields<'_>,
    ) -> Result<Arc<Transaction>> {
        if named.starts {
            return self.begin(database, named, fields);
        }
        match self.state(named)? {
            State::Open(transaction) => Ok(transaction),
            State::Committed(_) => {
                let number = named.number;
                let message =
                    format!("Transaction with {{ txnNumber: {number} }} has been committed.");
                Err(Error::query(Code::TRANSACTION_COMMITTED, message))
            }
            State::Aborted => Err(aborted(named.number)),
        }
    }

    fn begin(
        &self,
        database: &Database,
        named: &Named<'_>,
        fields: &Fields<'_>,
    ) -> Result<Arc<Transaction>> {
        let mut options = Vec::new();
        fields.hand_on(&["readConcern"], &mut Builder::new(&mut options));
        let options = TransactionOptions::from_bson(RawDoc::trusted(&options))?;
        let mut sessions = self.0.lock();
        let newest = sessions.get(named.lsid.as_bytes()).map(|own| own.number);
        match newest {
            Some(newest) if newest > named.number => return Err(too_old(named.number, newest)),
            Some(newest) if newest == named.number => {
                let message = format!(
                    "Cannot start a transaction at given transaction number {newest}: the session has had one of that number"
                );
                return Err(Error::query(ALREADY_BEGUN, message));
            }
            Some(_) => {}
            None => {
                sessions.retain(|_, session| session.since.elapsed() < IDLE_LIMIT);
                if sessions.len() >= MOST_SESSIONS {
                    let message = format!(
                        "there are {MOST_SESSIONS} sessions already: end some with endSessions"
                    );
                    return Err(Error::new(
                        Status::Full,
                        Code::TOO_MANY_LOGICAL_SESSIONS,
                        message,
                    ));
                }
            }
        }
        let transaction = Arc::new(database.begin(&options)?);
        let session = Session {
            number: named.number,
            state: State::Open(transaction.clone()),
            since: Instant::now(),
        };
        // The session's older transaction, if it is still open, is aborted by being dropped.
        sessions.insert(named.lsid.as_bytes().to_vec(), session);
        Ok(transaction)
    }

    /// How the transaction stands that a command goes on with.
    fn state(&self, named: &Named<'_>) -> Result<State> {
        let mut sessions = self.0.lock();
        let Some(session) = sessions.get_mut(named.lsid.as_bytes()) else {
            return Err(no_such(format!(
                "Given transaction number {} does not match any in-progress transactions. The session has had none.",
                named.number
            )));
        };
        session.since = Instant::now();
        if session.number > named.number {
            return Err(too_old(named.number, session.number));
        }
        if session.number < named.number {
            return Err(no_such(format!(
                "Given transaction number {} does not match any in-progress transactions. The active transaction number is {}",
                named.number, session.number
            )));
        }
        Ok(session.state.clone())
    }

    /// Writes down how a transaction ended, unless the session has a newer one by now.
    fn ended(&self, named: &Named<'_>, state: State) {
        if let Some(session) = self.0.lock().get_mut(named.lsid.as_bytes())
            && session.number == named.number
        {
            session.state = state;
        }
    }

    /// Forgets a session; its transaction is aborted.
    fn end(&self, lsid: RawDoc<'_>) {
        let ended = self.0.lock().remove(lsid.as_bytes());
        drop(ended);
    }

    pub fn clear(&self) {
        let all = std::mem::take(&mut *self.0.lock());
        drop(all);
    }
}

fn too_old(number: i64, newest: i64) -> Error {
    let message = format!(
        "Cannot use transaction number {number} on this session: a newer transaction with txnNumber {newest} has already started on it."
    );
    Error::query(Code::TRANSACTION_TOO_OLD, message)
}

fn aborted(number: i64) -> Error {
    no_such(format!(
        "Transaction with {{ txnNumber: {number} }} has been aborted."
    ))
}

fn no_such(message: String) -> Error {
    Error::query(Code::NO_SUCH_TRANSACTION, message).with_label(TRANSIENT)
}

/// Whether a command ends transactions: it does not work in the one that it names.
pub fn ends(command: &Command) -> bool {
    [COMMIT.name, ABORT.name].contains(&command.name)
}

/// A transaction that is not there any more may be tried again from its beginning, whoever found out.
pub fn with_labels(error: Error) -> Error {
    let is_labelled = error.labels().contains(&TRANSIENT);
    match error.code() == Code::NO_SUCH_TRANSACTION && !is_labelled {
        true => error.with_label(TRANSIENT),
        false => error,
    }
}

/// What ends a transaction needs one that the command names.
fn named<'a>(call: &Call<'a>) -> Result<Named<'a>> {
    Named::read(&call.fields)?.ok_or_else(|| {
        let message = format!("{} must be run within a transaction", call.command.name);
        Error::query(Code::COMMAND_FAILED, message)
    })
}

fn commit(call: &Call<'_>, _reply: &mut Builder<'_>) -> Result<()> {
    let named = named(call)?;
    let sessions = &call.commands.sessions;
    match sessions.state(&named)? {
        State::Open(transaction) | State::Committed(transaction) => {
            let committed = transaction.commit();
            sessions.ended(
                &named,
                match committed {
                    Ok(()) => State::Committed(transaction),
                    Err(_) => State::Aborted,
                },
            );
            committed
        }
        State::Aborted => Err(aborted(named.number)),
    }
}

fn abort(call: &Call<'_>, _reply: &mut Builder<'_>) -> Result<()> {
    let named = named(call)?;
    let sessions = &call.commands.sessions;
    match sessions.state(&named)? {
        State::Open(transaction) | State::Committed(transaction) => {
            transaction.abort()?;
            sessions.ended(&named, State::Aborted);
            Ok(())
        }
        State::Aborted => Err(aborted(named.number)),
    }
}

fn end_sessions(call: &Call<'_>, _reply: &mut Builder<'_>) -> Result<()> {
    let fields = &call.fields;
    let sessions = fields.required("endSessions", fields.array("endSessions")?)?;
    for (_, lsid) in sessions.iter() {
        match lsid.as_document() {
            Some(lsid) => call.commands.sessions.end(lsid),
            None => return Err(fields.wrong_type("endSessions", lsid, "object")),
        }
    }
    Ok(())
}
