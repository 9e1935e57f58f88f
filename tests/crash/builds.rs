//! Indexes built beside everything else that a life does: between any two steps of a build other operations run. Whatever is cut or
//! fails, the indexes are there as a whole, or there is no trace of them.

use std::cell::RefCell;

use ironbase::storage::engine::{Engine, IndexBuild, NewIndex, Settled, WriteTxn};
use ironbase::storage::page::TreeId;
use ironbase::storage::{ErrorKind, Result};

use crate::life::Life;
use crate::script::{COLLECTIONS, INDEXES};

/// Operations beside one build, at most.
const MOST_BESIDE: usize = 8;

impl Life {
    /// Builds indexes that a collection does not have.
    pub fn build_indexes(&mut self) -> Result<()> {
        let there = |name: &&str| self.model.newest().collections.contains_key(*name);
        let names: Vec<&str> = COLLECTIONS.into_iter().filter(there).collect();
        let Some(name) = self.random.choose(&names) else {
            return Ok(());
        };
        let model = &self.model.newest().collections[name];
        let mut new: Vec<(&str, bool)> = INDEXES
            .into_iter()
            .filter(|(spec, _)| !model.indexes.contains_key(*spec))
            .collect();
        if self.random.chance(50) {
            new.truncate(1);
        }
        if new.is_empty() {
            return Ok(());
        }
        let engine = self.engine().clone();
        let txn = engine.begin_write()?;
        let collection = txn.collection(name).expect("the model has it");
        let id = collection.id;
        let wanted = new.iter().map(|&(spec, unique)| NewIndex {
            name: spec.to_string(),
            unique,
            spec: spec.into(),
        });
        let built = (|| {
            let mut build = txn.begin_build(&collection, wanted.collect())?;
            let (left, life) = (RefCell::new(MOST_BESIDE), RefCell::new(&mut *self));
            let hopeless = build.fill(&|_| {
                let mut life = life.borrow_mut();
                let mut left = left.borrow_mut();
                if *left > 0 && life.random.chance(8) {
                    *left -= 1;
                    life.beside_a_build()?;
                }
                Ok(())
            })?;
            assert!(hopeless.is_none(), "few keys are remembered");
            let txn = engine.begin_write()?;
            if let Settled::Refused(duplicate) = settled(&mut build, &txn)? {
                let index = duplicate.index.expect("of an index");
                let name = &txn.catalog().by_id(id).expect("still there").name;
                let model = &self.model.newest().collections[name];
                assert!(model.has_repeated(&index.name), "nothing is repeated");
                return Ok(());
            }
            let there = txn.catalog().by_id(id).expect("settled").clone();
            let mut state = self.model.newest().clone();
            let model = state.collections.get_mut(&there.name).expect("there");
            let wanted: Vec<bool> = new
                .iter()
                .map(|(spec, _)| there.index(spec).is_none())
                .collect();
            for ((spec, unique), wanted) in new.iter().zip(&wanted) {
                assert!(!unique || !wanted || !model.has_repeated(spec));
                model.indexes.insert(spec.to_string(), *unique);
            }
            let last = self.model.last();
            let lsn = build.publish(txn, &wanted)?;
            if lsn > last {
                assert_eq!(lsn, last + 1);
                self.made(state);
            }
            self.wait(lsn)
        })();
        match built {
            Err(error) if error.kind() == ErrorKind::BuildAborted => {
                assert!(!is_there(&engine, id), "aborted, though it is there");
                Ok(())
            }
            // A file that nothing refers to could not be written: that alone ends nothing but the build.
            Err(error)
                if matches!(error.kind(), ErrorKind::Io | ErrorKind::Full)
                    && error.message().contains(".idx")
                    && engine.begin_write().is_ok() =>
            {
                Ok(())
            }
            other => other,
        }
    }

    fn beside_a_build(&mut self) -> Result<()> {
        match self.random.below(20) {
            0..=5 => self.write_one(),
            6..=8 => self.write_many(),
            9..=10 => self.delete_one(),
            11..=12 => self.transaction(),
            13 => self.roll_back(),
            14 => self.commit_ahead(),
            15 => self.checkpoint(),
            16 => self.compact(),
            17 => self.churn(),
            18 if self.random.chance(30) => self.change_collections(),
            _ => self.change_indexes(),
        }
    }
}

/// There is never much to do.
fn settled(build: &mut IndexBuild<'_>, txn: &WriteTxn<'_>) -> Result<Settled> {
    let settled = build.settle(txn)?;
    assert!(!matches!(settled, Settled::Behind), "all fits one batch");
    Ok(settled)
}

fn is_there(engine: &Engine, id: TreeId) -> bool {
    engine.snapshot().catalog.by_id(id).is_some()
}
