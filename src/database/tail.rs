//! Tailable cursors: at the end of a capped collection they stay open, and go on when there is more
//! ([manual: Tailable Cursors](https://www.mongodb.com/docs/manual/core/tailable-cursors/)).
//!
//! Unlike other cursors they do not keep to one version of the database: where one ends, the newest is taken and the scan goes
//! on behind the last key of the one before. If that key is gone, documents may have come and gone unseen: the cursor
//! is lost.

use std::time::{Duration, Instant};

use super::capped;
use super::cursor::Snapshot;
use super::execute::{Position, Source};
use super::interrupt::Interrupt;
use super::options::FindOptions;
use super::{Shared, execute};
use crate::error::{Code, Error, Result};
use crate::query::bounds::Interval;
use crate::query::{Access, Plan, SortSource};
use crate::storage::engine::Engine;
use crate::storage::page::TreeId;

/// How long a cursor waits for data if it is not said, as in MongoDB.
const DEFAULT_WAIT: Duration = Duration::from_secs(1);
/// How often a waiting cursor looks whether it is killed, or the database closed.
const SLICE: Duration = Duration::from_millis(50);

/// What makes a cursor a tailing one.
pub(super) struct Tail {
    name: String,
    collection: TreeId,
    /// `Some`: wait so long at the end.
    wait: Option<Duration>,
}

impl Tail {
    /// Makes the plan of a query that tails: a scan forward. `None` if the query does not.
    pub fn new(options: &FindOptions, at: Option<&mut Snapshot>) -> Result<Option<Tail>> {
        let Some(at) = at.filter(|_| options.tailable) else {
            return Ok(None);
        };
        if capped::limits(&at.collection)?.is_none() {
            let message = format!(
                "error processing query: ns={} tailable cursor requested on non capped collection",
                at.collection.name
            );
            return Err(Error::query(Code::BAD_VALUE, message));
        }
        at.plan = Plan {
            access: Access::CollectionScan {
                id_bounds: vec![Interval::everything()],
                reverse: false,
            },
            sort: SortSource::None,
            bounds: Vec::new(),
        };
        let wait = match options.max_await_time_ms {
            _ if !options.await_data => None,
            0 => Some(DEFAULT_WAIT),
            limit => Some(Duration::from_millis(limit)),
        };
        Ok(Some(Tail {
            name: at.collection.name.clone(),
            collection: at.collection.id,
            wait,
        }))
    }

    /// Whether the cursor waits at the end.
    pub fn awaits_data(&self) -> bool {
        self.wait.is_some()
    }

    /// How long a call may wait from now on.
    pub fn deadline(&self) -> Instant {
        Instant::now() + self.wait.unwrap_or_default()
    }

    /// Goes over to the newest version of the database, behind what was seen of `at`. Whether there is a newer one; waits
    /// for it until `deadline`.
    pub fn advance(
        &self,
        database: &Shared,
        engine: &Engine,
        interrupt: &Interrupt,
        at: &mut Snapshot,
        position: &mut Position,
        deadline: Instant,
    ) -> Result<bool> {
        let seen = at.version.lsn;
        while engine.snapshot().lsn <= seen {
            let left = deadline.saturating_duration_since(Instant::now());
            interrupt.check()?;
            if left.is_zero() || database.is_closing() {
                return Ok(false);
            }
            interrupt.pause();
            engine.wait_for_newer(seen, left.min(SLICE));
            interrupt.resume();
        }
        let last = execute::last_key(at.source())?;
        let version = engine.snapshot();
        let found = version.catalog.by_id(self.collection).cloned();
        let Some(collection) = found.filter(|found| found.name == self.name) else {
            let message = format!("collection {:?} was dropped or renamed", self.name);
            return Err(Error::query(Code::QUERY_PLAN_KILLED, message));
        };
        if let Some(last) = last {
            let newer = Source {
                collection: &collection,
                roots: &version.roots,
            };
            if newer.with_document(&last, |_| ())?.is_none() {
                let id = capped::sequence_number(&last).unwrap_or_default();
                let message = format!(
                    "CollectionScan died due to position in capped collection being deleted. Last seen record id: RecordId({id})"
                );
                return Err(Error::query(Code::CAPPED_POSITION_LOST, message));
            }
            position.resume_behind(last);
        } else {
            *position = Position::default();
        }
        (at.version, at.collection) = (version, collection);
        Ok(true)
    }
}
