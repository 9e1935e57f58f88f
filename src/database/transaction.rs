//! Transactions over several documents and collections, as the user holds them
//! ([manual: Transactions](https://www.mongodb.com/docs/manual/core/transactions/)). How they work is in
//! `storage/engine/transaction.rs`.

use std::time::Duration;

use super::collection::Collection;
use super::errors::from_storage;
use super::options::{Durability, TransactionOptions};
use super::scope::Scope;
use super::{Database, collection, durability, names};
use crate::bson::RawDoc;
use crate::error::Result;

impl Database {
    /// Begins a transaction. It sees the database as it is now, and its own writes; others see nothing of it before `commit`.
    pub fn begin(&self, options: &TransactionOptions) -> Result<Transaction> {
        let engine = self.0.enter()?;
        let limit = match options.lifetime_limit_seconds {
            0 => self.0.options.transaction_lifetime_limit_seconds,
            seconds => seconds,
        };
        let lifetime = Some(Duration::from_secs(limit));
        let transaction = engine.begin_transaction(lifetime).map_err(from_storage)?;
        let scope = Scope {
            shared: self.0.clone(),
            transaction: Some(transaction),
        };
        Ok(Transaction(scope, options.durability))
    }
}

/// An open transaction: snapshot isolation, first committer wins. Dropping it aborts it.
///
/// An operation in it that fails aborts it, as in MongoDB. Errors with the label `TransientTransactionError`, `WriteConflict` (112)
/// above all, say that the whole transaction may be tried again. Operations of several threads are carried out one after the other.
pub struct Transaction(Scope, Option<Durability>);

impl Transaction {
    /// A handle on a collection within this transaction, which need not exist. It serves until the transaction ends.
    pub fn collection(&self, name: &str) -> Result<Collection> {
        self.0.enter()?;
        names::check_collection(name)?;
        Ok(Collection::new(self.0.clone(), name))
    }

    /// Makes a collection, as `Database::create_collection`.
    pub fn create_collection(&self, name: &str, options: RawDoc<'_>) -> Result<()> {
        self.0.settle(collection::create(&self.0, name, options))
    }

    /// Makes the transaction's changes visible, all or none, and as safe as it was begun with. Doing so again is fine.
    ///
    /// Errors: `WriteConflict` (112) when a document it wrote was changed by another operation since it began; `NoSuchTransaction` (251)
    /// when it was aborted.
    pub fn commit(&self) -> Result<()> {
        let engine = self.0.shared.enter()?;
        let Some(transaction) = &self.0.transaction else {
            return Ok(());
        };
        let committed = engine.commit_transaction(transaction);
        match committed.map_err(from_storage)? {
            Some(lsn) => durability::wait_for(&engine, lsn, self.1),
            None => Ok(()),
        }
    }

    /// Undoes the transaction's changes. Aborting what was aborted is fine.
    ///
    /// Errors: `TransactionCommitted` (256).
    pub fn abort(&self) -> Result<()> {
        let engine = self.0.shared.enter()?;
        match &self.0.transaction {
            Some(transaction) => engine.abort_transaction(transaction).map_err(from_storage),
            None => Ok(()),
        }
    }
}

impl Drop for Transaction {
    fn drop(&mut self) {
        // The engine of a closed database has aborted it, and one that was committed stays so.
        if let (Ok(engine), Some(transaction)) = (self.0.shared.enter(), &self.0.transaction)
            && engine.abort_transaction(transaction).is_err()
        {
            log::trace!("a committed transaction was freed");
        }
    }
}
