//! Where an operation works: on the database as it is, or in a transaction. Every operation begins by entering its scope, which
//! keeps database and transaction from ending, and takes from there what it reads (`snapshot`) and writes to (`begin_write`).
//!
//! So the operations themselves need not know of transactions. The few that must: those that look at other states than
//! their scope's, and those that MongoDB refuses in transactions (`refuse_in_transaction`).

use std::ops::Deref;
use std::sync::Arc;

use parking_lot::RwLockReadGuard;

use super::Shared;
use super::errors::from_storage;
use crate::error::{Code, Error, Result};
use crate::storage::engine::{Engine, InTransaction, Transaction, WriteTxn};
use crate::storage::snapshot::Version;

/// The database, or a transaction of it.
#[derive(Clone)]
pub(super) struct Scope {
    pub shared: Arc<Shared>,
    pub transaction: Option<Arc<Transaction>>,
}

impl Deref for Scope {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.shared
    }
}

impl Scope {
    /// Starts an operation in this scope.
    pub fn enter(&self) -> Result<Entered<'_>> {
        let mut entered = self.shared.enter()?;
        if let Some(transaction) = &self.transaction {
            let inside = entered.enter_transaction(transaction);
            let inside = inside.map_err(from_storage)?;
            entered.transaction = Some((transaction, inside));
        }
        Ok(entered)
    }

    /// Ends the transaction when an operation in it has failed
    /// ([manual: Transactions](https://www.mongodb.com/docs/manual/core/transactions-in-applications/): the server aborts it).
    pub fn settle<T>(&self, result: Result<T>) -> Result<T> {
        if result.is_err()
            && let Some(transaction) = &self.transaction
            && let Ok(engine) = self.shared.enter()
        {
            engine.abort_failed(transaction);
        }
        result
    }
}

/// A call in progress: database and transaction stay open until it is dropped.
pub(super) struct Entered<'a> {
    engine: RwLockReadGuard<'a, Option<Arc<Engine>>>,
    transaction: Option<(&'a Transaction, InTransaction<'a>)>,
}

impl Deref for Entered<'_> {
    type Target = Arc<Engine>;

    fn deref(&self) -> &Arc<Engine> {
        self.engine.as_ref().expect("checked by enter")
    }
}

impl<'a> Entered<'a> {
    /// The guard must hold an engine.
    pub fn new(engine: RwLockReadGuard<'a, Option<Arc<Engine>>>) -> Entered<'a> {
        let transaction = None;
        Entered {
            engine,
            transaction,
        }
    }

    /// What the operation sees: the newest visible version, or the transaction's own state. To be read only while entered.
    #[inline]
    pub fn snapshot(&self) -> Arc<Version> {
        match self.transaction() {
            None => (**self).snapshot(),
            Some(transaction) => {
                let view = self.view_in(transaction);
                view.expect("a transaction that is entered does not end")
            }
        }
    }

    /// Starts a transaction that is one commit, or a statement of the scope's.
    pub fn begin_write(&self) -> Result<WriteTxn<'_>> {
        match self.transaction() {
            None => (**self).begin_write(),
            Some(transaction) => self.write_in(transaction),
        }
        .map_err(from_storage)
    }

    #[inline]
    pub fn transaction(&self) -> Option<&'a Transaction> {
        self.transaction
            .as_ref()
            .map(|(transaction, _)| *transaction)
    }

    /// Refuses what MongoDB does not do in transactions
    /// ([manual](https://www.mongodb.com/docs/manual/core/transactions-operations/)).
    pub fn refuse_in_transaction(&self, command: &str) -> Result<()> {
        if self.transaction.is_none() {
            return Ok(());
        }
        let message = format!("Cannot run '{command}' in a multi-document transaction.");
        Err(Error::query(
            Code::OPERATION_NOT_SUPPORTED_IN_TRANSACTION,
            message,
        ))
    }
}
