//! Transactions of many statements that run beside others: a private state of all trees, compared with what was committed
//! meanwhile only when it is to be published.
//!
//! A transaction begins with the visible version and makes its own pages on top; nobody else can reach them, no free map tells of
//! them, so that an end of any kind leaves nothing behind. Each statement is a `WriteTxn` on that state. What a statement
//! reads is a version lent out to it, which stays as it is while the statement changes the state.
//!
//! Invariants: the first committer wins: a transaction that wrote a document which a later commit than its version's wrote, too,
//! is refused. `gate` is shared by all that use the transaction and taken alone to end it, so that its pages are released only
//! when nobody reads them.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use parking_lot::{MappedMutexGuard, Mutex, MutexGuard, RwLock, RwLockReadGuard};

use super::write::Scratch;
use super::{Durability, Engine};
use crate::storage::btree::edit::{Changes, PrivatePages};
use crate::storage::catalog::Catalog;
use crate::storage::error::{Error, ErrorKind, Result};
use crate::storage::page::{self, Lsn, TreeId};
use crate::storage::roots::Roots;
use crate::storage::snapshot::Version;
use crate::storage::superblock::LogPosition;
use crate::storage::wal::group::PartsNumber;

/// Transactions open at a time: their numbers have 15 bits in the births of pages.
const MOST_OPEN: u16 = 1 << 15;

/// Where a transaction has come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Open,
    Committed,
    Aborted,
    Expired,
}

/// A transaction. All that is done with it goes through `Engine`.
pub struct Transaction {
    number: u16,
    deadline: Option<Instant>,
    /// An operation in it has failed: it ends as soon as nobody uses it.
    has_failed: AtomicBool,
    gate: RwLock<Stage>,
    /// Where its first part is in the log, which must not be cut off before it has ended.
    first_part: Arc<Mutex<Option<LogPosition>>>,
    /// `None` once it has ended.
    fork: Mutex<Option<Box<Fork>>>,
}

/// The private state.
pub(super) struct Fork {
    /// What it began with.
    pub base: Arc<Version>,
    /// Of its pages.
    pub birth: Lsn,
    pub roots: Roots,
    pub catalog: Catalog,
    pub changes: Changes,
    pub touched: BTreeSet<TreeId>,
    pub created: BTreeSet<TreeId>,
    /// What it did, as the log will say it; but for what the log has been told already.
    pub operations: Vec<u8>,
    pub parts: Option<Parts>,
    first_part: Arc<Mutex<Option<LogPosition>>>,
    pub scratch: Scratch,
    /// A change failed half-way; nothing of this may be committed.
    pub is_broken: bool,
    /// Versions lent out.
    lent: Vec<Weak<Version>>,
}

/// The operations that are in the log before the commit.
pub(super) struct Parts {
    pub number: PartsNumber,
    pub positions: Vec<LogPosition>,
    /// Bytes of log.
    pub bytes: u64,
}

/// A use of the transaction: it does not end before this is dropped.
pub struct InTransaction<'t>(#[allow(dead_code)] RwLockReadGuard<'t, Stage>);

impl Transaction {
    pub(super) fn first_part(&self) -> Option<LogPosition> {
        *self.first_part.lock()
    }

    fn check(&self, stage: Stage) -> Result<()> {
        let ended = |kind, what| Err(Error::new(kind, format!("the transaction {what}")));
        match stage {
            Stage::Open => Ok(()),
            Stage::Committed => ended(ErrorKind::TransactionCommitted, "has been committed"),
            Stage::Aborted => ended(ErrorKind::NoTransaction, "has been aborted"),
            Stage::Expired => ended(
                ErrorKind::TransactionExpired,
                "has been aborted: it was open for longer than transactionLifetimeLimitSeconds",
            ),
        }
    }

    /// How it must end, if nobody has ended it yet.
    fn due(&self) -> Option<Stage> {
        if self.has_failed.load(Ordering::Acquire) {
            return Some(Stage::Aborted);
        }
        let is_over = self
            .deadline
            .is_some_and(|deadline| Instant::now() >= deadline);
        is_over.then_some(Stage::Expired)
    }

    fn fork(&self) -> Result<MappedMutexGuard<'_, Fork>> {
        MutexGuard::try_map(self.fork.lock(), |fork| fork.as_deref_mut())
            .map_err(|_| Error::new(ErrorKind::NoTransaction, "the transaction has been aborted"))
    }
}

impl Engine {
    /// Begins a transaction with the visible version. It is aborted when it has been open for `lifetime`.
    pub fn begin_transaction(&self, lifetime: Option<Duration>) -> Result<Arc<Transaction>> {
        self.expire_transactions();
        let since = self.recent.open(&self.core);
        let begun = self.begin_since(since, lifetime);
        if begun.is_err() {
            self.recent.close();
        }
        begun
    }

    fn begin_since(&self, since: Lsn, lifetime: Option<Duration>) -> Result<Arc<Transaction>> {
        if self.visible.read().lsn < since && !self.options.read_only {
            // Commits that are not visible yet and were not recorded would go unnoticed. A database that cannot write any
            // more refuses the transaction's writes anyway.
            if let Err(error) = self.flush_log(since, true) {
                log::debug!("a transaction begins with an older version: {error}");
            }
        }
        let mut open = self.transactions.lock();
        let Some(number) = (0..MOST_OPEN).find(|number| !open.contains_key(number)) else {
            let message = format!("{MOST_OPEN} transactions are open");
            return Err(Error::new(ErrorKind::Full, message));
        };
        let base = self.snapshot();
        let changes = Changes {
            private: Some(PrivatePages::default()),
            ..Changes::default()
        };
        let fork = Fork {
            birth: page::private_birth(number, base.lsn),
            roots: base.roots.clone(),
            catalog: base.catalog.clone(),
            base,
            changes,
            touched: BTreeSet::new(),
            created: BTreeSet::new(),
            operations: Vec::new(),
            parts: None,
            first_part: Arc::default(),
            scratch: Scratch::default(),
            is_broken: false,
            lent: Vec::new(),
        };
        let transaction = Arc::new(Transaction {
            number,
            first_part: fork.first_part.clone(),
            deadline: lifetime.map(|lifetime| Instant::now() + lifetime),
            has_failed: AtomicBool::new(false),
            gate: RwLock::new(Stage::Open),
            fork: Mutex::new(Some(Box::new(fork))),
        });
        open.insert(number, transaction.clone());
        Ok(transaction)
    }

    /// Keeps a transaction from ending while it is used. Fails when it has ended or its time is over.
    pub fn enter_transaction<'t>(&self, transaction: &'t Transaction) -> Result<InTransaction<'t>> {
        self.end_if_due(transaction);
        let stage = transaction.gate.read_recursive();
        transaction.check(match (*stage, transaction.due()) {
            (Stage::Open, Some(due)) => due,
            (stage, _) => stage,
        })?;
        Ok(InTransaction(stage))
    }

    /// What the transaction sees at this moment. It stays so whatever the transaction does, but must be read only while the
    /// transaction is entered.
    pub fn view_in(&self, transaction: &Transaction) -> Result<Arc<Version>> {
        let mut fork = transaction.fork()?;
        if fork.touched.is_empty() {
            return Ok(fork.base.clone());
        }
        let version = Version::new(
            fork.base.lsn,
            fork.roots.clone(),
            fork.catalog.clone(),
            &self.registry,
        );
        fork.lent.push(Arc::downgrade(&version));
        fork.private().freeze();
        Ok(version)
    }

    /// The private state, ready to be changed by a statement.
    pub(super) fn fork_for_writing<'t>(
        &self,
        transaction: &'t Transaction,
    ) -> Result<MappedMutexGuard<'t, Fork>> {
        let mut fork = transaction.fork()?;
        fork.lent.retain(|version| version.strong_count() > 0);
        if fork.lent.is_empty() {
            let lingering = fork.private().thaw();
            self.release_pages(lingering.into_iter())?;
        }
        Ok(fork)
    }

    /// Writes what the transaction did to the log when it has become too much to keep, so that neither memory nor replay ever
    /// holds it all.
    pub(super) fn relieve_operations(&self, fork: &mut Fork) -> Result<()> {
        if fork.operations.len() < self.options.log.part {
            return Ok(());
        }
        let is_first = fork.parts.is_none();
        let parts = fork.parts.get_or_insert_with(|| Parts {
            number: self.parts.fetch_add(1, Ordering::Relaxed),
            positions: Vec::new(),
            bytes: 0,
        });
        let (positions, first_part) = (&mut parts.positions, &fork.first_part);
        let written = self.write_part((parts.number, is_first), &fork.operations, |at| {
            first_part.lock().get_or_insert(at);
            positions.push(at);
        })?;
        parts.bytes += written;
        fork.operations.clear();
        Ok(())
    }

    /// Makes the transaction's changes part of the newest state. Gives the commit to wait for; `None` if it changed nothing.
    /// Committing what has been committed is fine. After an error the transaction is aborted.
    pub fn commit_transaction(&self, transaction: &Transaction) -> Result<Option<Lsn>> {
        let mut stage = transaction.gate.write();
        if let Some(due) = transaction.due() {
            self.end_with(transaction, &mut stage, due);
        }
        if *stage == Stage::Committed {
            return Ok(None);
        }
        transaction.check(*stage)?;
        let Some(mut fork) = transaction.fork.lock().take() else {
            return Ok(None);
        };
        let committed = if fork.is_broken {
            transaction.check(Stage::Aborted).map(|()| None)
        } else if fork.touched.is_empty() {
            Ok(None)
        } else {
            self.publish_fork(&mut fork).map(Some)
        };
        *stage = match committed {
            Ok(_) => Stage::Committed,
            Err(_) => Stage::Aborted,
        };
        self.discard(*fork);
        self.forget(transaction);
        drop(stage);
        if let Err(error) = &committed
            && error.kind() == ErrorKind::Conflict
        {
            self.await_winners();
        }
        committed
    }

    /// Waits until what was committed so far is visible. One that lost to a commit which is still on its way to the medium would,
    /// tried again at once, begin before that commit again and lose again, and keep a core busy with it.
    fn await_winners(&self) {
        let newest = self.committed.load(Ordering::Acquire);
        if let Err(error) = self.flush_log(newest, self.options.durability == Durability::Full) {
            log::debug!("a transaction that lost did not wait for the winner: {error}");
        }
    }

    /// Undoes what the transaction did. One that was aborted before is fine.
    pub fn abort_transaction(&self, transaction: &Transaction) -> Result<()> {
        match self.end(transaction, Stage::Aborted) {
            Stage::Committed => transaction.check(Stage::Committed),
            _ => Ok(()),
        }
    }

    /// Aborts the transaction because an operation in it has failed.
    pub fn abort_failed(&self, transaction: &Transaction) {
        transaction.has_failed.store(true, Ordering::Release);
        self.end_if_due(transaction);
    }

    /// Whoever uses the transaction now, this very thread perhaps, is not waited for: it ends later.
    fn end_if_due(&self, transaction: &Transaction) {
        if let Some(due) = transaction.due()
            && let Some(mut stage) = transaction.gate.try_write()
        {
            self.end_with(transaction, &mut stage, due);
        }
    }

    /// Ends the transaction if it is open. Gives what it had come to before.
    fn end(&self, transaction: &Transaction, how: Stage) -> Stage {
        self.end_with(transaction, &mut transaction.gate.write(), how)
    }

    fn end_with(&self, transaction: &Transaction, stage: &mut Stage, how: Stage) -> Stage {
        let before = *stage;
        if before == Stage::Open {
            *stage = how;
            if let Some(fork) = transaction.fork.lock().take() {
                self.discard(*fork);
            }
            self.forget(transaction);
        }
        before
    }

    fn forget(&self, transaction: &Transaction) {
        self.transactions.lock().remove(&transaction.number);
        self.recent.close();
    }

    /// Aborts transactions whose time is over and that nobody is using.
    pub(super) fn expire_transactions(&self) {
        let open: Vec<_> = self.transactions.lock().values().cloned().collect();
        for transaction in &open {
            self.end_if_due(transaction);
        }
    }

    /// Aborts every open transaction: the database is being closed.
    pub(super) fn abort_transactions(&self) {
        let open: Vec<_> = self.transactions.lock().values().cloned().collect();
        for transaction in &open {
            self.end(transaction, Stage::Aborted);
        }
    }

    /// Gives back the pages and files that the transaction has made and that have not become the database's.
    fn discard(&self, mut fork: Fork) {
        let lingering = fork.private().thaw();
        let pages = fork.private().iter().chain(lingering);
        if let Err(error) = self.release_pages(pages) {
            self.poison(&error);
        }
        let files = self.files.read();
        for &id in &fork.touched {
            if let Some(file) = files.get(id) {
                file.forget_private(fork.birth);
            }
        }
        drop(files);
        for id in fork.created {
            self.forget_file(id);
        }
    }

    fn release_pages(&self, pages: impl Iterator<Item = (TreeId, u32, u32)>) -> Result<()> {
        let pin = crossbeam_epoch::pin();
        let files = self.files.read();
        for (tree, number, count) in pages {
            if let Some(file) = files.get(tree) {
                file.release(number, count, &pin)?;
            }
        }
        Ok(())
    }
}

impl Fork {
    pub(super) fn private(&mut self) -> &mut PrivatePages {
        let private = self.changes.private.as_mut();
        private.expect("set when the transaction began, and put back by every statement")
    }
}
