//! Backup of an open database, and restoration of what a backup holds.
//!
//! A backup is a database directory like any other: the pages of one checkpoint (its *base*), and the log from there up to its *end*.
//! `base` copies the pages, while the engine holds the version that they belong to, and `log` the log. A backup is continued by
//! the log that has come since, as long as the database still has it. A restoration is the base in a new directory, and recovery from
//! the backup's log that stops at a commit (`restore`).
//!
//! Invariants: a backup whose making was broken off does not open; one whose continuation was broken off is as it was before. What
//! is damaged is not copied. Memory: bitmaps of the pages in use, the catalog, and one segment of the log.

mod base;
mod log;
mod restore;

use std::sync::Arc;

use super::engine::{Engine, read_superblock};
use super::error::{Error, ErrorKind, Result};
use super::page::Lsn;
use super::superblock::{LogPosition, Superblock};
use super::vfs::Vfs;
use super::wal;
use super::wal::reader::{self, Log, read_header};
use super::wal::writer::SEGMENT_HEADER;
pub(super) use base::half_restored;
pub use base::{Base, BaseFile, catalog_pages};
pub use restore::{Restored, Target, restore};

/// Told how the work goes on; its error ends it.
pub trait Watcher {
    /// So many bytes were copied.
    fn step(&self, bytes: usize) -> Result<()>;
    /// So many will be, all in all.
    fn expect(&self, bytes: u64);
    /// A time in milliseconds since 1970, as messages show it.
    fn shown(&self, millis: u64) -> String;
}

/// What a backup holds after it was made or continued.
#[derive(Clone, Copy, Debug, Default)]
pub struct Backup {
    /// The commit of its pages: it can be restored to any one from here on ...
    pub base: Lsn,
    /// ... up to this one.
    pub end: Lsn,
    /// The last commit that it had before; none: it is new.
    pub before: Option<Lsn>,
    /// When its end was written, in milliseconds since 1970; 0: not known.
    pub time: u64,
    /// Bytes copied.
    pub pages: u64,
    pub log: u64,
}

/// Makes a backup of the database in the empty directory `to`.
pub fn full(engine: &Engine, to: &Arc<dyn Vfs>, watcher: &dyn Watcher) -> Result<Backup> {
    let base = engine.backup_base(watcher)?;
    let pages = base.bytes();
    watcher.expect(pages + engine.stats().log_bytes);
    let superblock = &base.superblock;
    base::begin(to)?;
    base.write(superblock, to, watcher)?;
    let end = engine.mark_time()?;
    let (from, last) = (superblock.log, superblock.checkpoint_lsn);
    let copy = log::Copy {
        from: engine.vfs(),
        to,
        superblock,
        continues: None,
    };
    let copied = copy.run((from, last), end, pages, watcher)?;
    base::finish(to)?;
    Ok(Backup {
        base: last,
        end: copied.last,
        before: None,
        time: copied.time.max(superblock.time),
        pages,
        log: copied.bytes,
    })
}

/// Continues the backup in `to` with the log that has come since; `since`: the commit that it is believed to end with.
///
/// Errors: `NotFound` if there is no backup, or the log is no longer there; `Argument` if it is not one that the database's log
/// continues.
pub fn incremental(
    engine: &Engine,
    to: &Arc<dyn Vfs>,
    since: Option<Lsn>,
    watcher: &dyn Watcher,
) -> Result<Backup> {
    let shown = to.display("");
    let argument = |reason: String| {
        let message = format!("{shown} cannot be continued: {reason}");
        Error::new(ErrorKind::Argument, message)
    };
    let Some(superblock) = read_superblock(to)? else {
        let message = format!("there is no backup in {shown} that could be continued");
        return Err(Error::new(ErrorKind::NotFound, message));
    };
    if superblock.database_id != engine.database_id() {
        return Err(argument("it is a backup of another database".into()));
    }
    if superblock.is_restoring {
        return Err(base::half_restored(to));
    }
    let own = end_of(to, &superblock)?;
    if let Some(since) = since.filter(|&since| since != own.last) {
        let last = own.last;
        return Err(argument(format!("it ends with commit {last}, not {since}")));
    }
    let _log = engine.pin_log(own.end.segment);
    let end = engine.mark_time()?;
    if reader::segments(engine.vfs(), 0)?.first() > Some(&own.end.segment) {
        let (last, oldest) = (own.last, engine.kept_log()?.0);
        let message = format!(
            "{shown} cannot be continued: it ends with commit {last}, and the log is kept from commit {oldest} on only; make a \
             full backup (logRetentionBytes keeps more log)"
        );
        return Err(Error::new(ErrorKind::NotFound, message));
    }
    if end < own.end || !log::is_same(engine.vfs(), to, &superblock.database_id, own.end)? {
        let reason = "the database's log goes another way since; make a full backup";
        return Err(argument(reason.into()));
    }
    if own.torn {
        own.remove_later_segments()?;
    }
    let copy = log::Copy {
        from: engine.vfs(),
        to,
        superblock: &superblock,
        continues: Some(own.end.offset),
    };
    let copied = copy.run((own.end, own.last), end, 0, watcher)?;
    log::take_over(to, own.end.segment..=end.segment)?;
    Ok(Backup {
        base: superblock.checkpoint_lsn,
        end: copied.last,
        before: Some(own.last),
        time: copied.time.max(own.time).max(superblock.time),
        pages: 0,
        log: copied.bytes,
    })
}

/// Leaves nothing behind of a continuation that was broken off.
pub fn forget_continuation(to: &Arc<dyn Vfs>) {
    log::remove_new(to);
}

/// Where a backup's log ends. Reads its last segment only.
fn end_of(to: &Arc<dyn Vfs>, superblock: &Superblock) -> Result<Log> {
    let (mut from, mut last) = (superblock.log, superblock.checkpoint_lsn);
    if let Some(&segment) = reader::segments(to, from.segment + 1)?.last()
        && let Some(header) = read_header(to, segment)?
    {
        let offset = SEGMENT_HEADER as u64;
        from = LogPosition { segment, offset };
        last = header.first.saturating_sub(1).max(last);
    }
    Log::scan(to, superblock.database_id, from, last)
}

fn failed(to: &Arc<dyn Vfs>, path: &str) -> impl Fn(std::io::Error) -> Error {
    let shown = to.display(path);
    move |e| Error::io(format!("cannot write {shown}"), e)
}

fn sync_log(to: &Arc<dyn Vfs>) -> Result<()> {
    to.sync_directory(wal::DIRECTORY)
        .map_err(failed(to, wal::DIRECTORY))
}
