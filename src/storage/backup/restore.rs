//! A new database of what a backup holds at some commit.
//!
//! It gets an id of its own: it goes another way from that commit on, so that no backup of the one may be continued by the log of the
//! other, and no file of the one be taken for a file of the other.

use std::sync::Arc;

use super::{Watcher, base};
use crate::storage::derive::IndexDeriver;
use crate::storage::engine::{Engine, Options, Restoring, random_id};
use crate::storage::error::{Error, ErrorKind, Result};
use crate::storage::page::Lsn;
use crate::storage::superblock::{LogPosition, Superblock};
use crate::storage::vfs::Vfs;
use crate::storage::wal::reader::Log;
use crate::storage::wal::writer::SEGMENT_HEADER;

/// Which state of a backup.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Target {
    /// The newest one.
    #[default]
    End,
    /// That after this commit.
    Lsn(Lsn),
    /// The newest one that the log says is not younger, in milliseconds since 1970.
    Time(u64),
}

/// What was restored.
#[derive(Clone, Copy, Debug, Default)]
pub struct Restored {
    pub base: Lsn,
    /// The commit that it is, and the time that the log told before it; 0: none.
    pub lsn: Lsn,
    pub time: u64,
    pub documents: u64,
    /// Bytes of pages copied.
    pub pages: u64,
}

/// Restores the backup on `from` into the empty directory `to`.
///
/// Errors: `NotFound` if there is no database, `Argument` for a state that the backup does not have.
pub fn restore(
    from: Arc<dyn Vfs>,
    to: Arc<dyn Vfs>,
    target: Target,
    options: &Options,
    deriver: Arc<dyn IndexDeriver>,
    watcher: &dyn Watcher,
) -> Result<Restored> {
    let reading = Options {
        read_only: true,
        replay: false,
        ..options.clone()
    };
    let source = Engine::open(from.clone(), reading, deriver.clone())?;
    let base = source.backup_base(watcher)?;
    let old = &base.superblock;
    let id = old.database_id;
    let mut log = Log::scan(&from, id, old.log, old.checkpoint_lsn)?;
    let (lsn, time) = find(&log, old, target, watcher)?;
    let pages = base.bytes();
    watcher.expect(pages + log.bytes);

    let superblock = Superblock {
        database_id: random_id(),
        log: LogPosition {
            segment: 1,
            offset: SEGMENT_HEADER as u64,
        },
        is_restoring: true,
        ..old.clone()
    };
    base::begin(&to)?;
    base.write(&superblock, &to, watcher)?;
    base::finish(&to)?;
    log.end_with(lsn, time);
    let step = |bytes| watcher.step(bytes);
    let restoring = Restoring { log, step: &step };
    let engine = Engine::open_restoring(to, options.clone(), deriver, restoring)?;
    let version = engine.snapshot();
    let collections = version.catalog.collections();
    let documents = collections.map(|found| version.tree(found.id).entries);
    let restored = Restored {
        base: old.checkpoint_lsn,
        lsn,
        time,
        documents: documents.sum(),
        pages,
    };
    drop(version);
    // Its checkpoint is what makes the restored database one that opens.
    engine.close().map(|()| restored)
}

/// The commit that is wanted, and the time that the log tells before it.
fn find(
    log: &Log,
    superblock: &Superblock,
    target: Target,
    watcher: &dyn Watcher,
) -> Result<(Lsn, u64)> {
    let (base, base_time) = (superblock.checkpoint_lsn, superblock.time);
    let (end, end_time) = (log.last, log.time.max(base_time));
    let refused = |wanted: String| {
        let from_to = |from, to| format!("from {from} to {to}");
        let times = from_to(watcher.shown(base_time), watcher.shown(end_time));
        let commits = from_to(base.to_string(), end.to_string());
        let message = format!(
            "the backup cannot be restored to {wanted}: it holds commits {commits}, times {times}"
        );
        Err(Error::new(ErrorKind::Argument, message))
    };
    let (last, until) = match target {
        Target::Lsn(lsn) if lsn < base || lsn > end => return refused(format!("commit {lsn}")),
        Target::Time(time) if time < base_time || time > end_time => {
            return refused(watcher.shown(time));
        }
        Target::End => (end, u64::MAX),
        Target::Lsn(lsn) => (lsn, u64::MAX),
        Target::Time(time) => (end, time),
    };
    let (lsn, time) = log.find(base, last, until)?;
    Ok((lsn, time.max(base_time)))
}
