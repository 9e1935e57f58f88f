//! Many writes of different kinds in one call, in order.
//!
//! Writes that come one after another and insert share commits, as in `insert_many`. Every other write is a commit of its
//! own, but none is waited for before the last, so that many become durable with one sync. A write to many documents finds
//! them in the visible version, so those before it must be visible: it waits.

use serde_json::json;

use super::change::Wait;
use super::collection::Collection;
use super::delete;
use super::durability;
use super::errors::{from_storage, json_of};
use super::insert::{Batch, Inserting};
use super::interrupt::Interrupt;
use super::options::{BulkWriteOptions, UpdateModel, WriteModel};
use super::update::{self, OneUpdate, UpdateResult};
use super::write_errors::WriteErrors;
use crate::bson::{RawDoc, Value};
use crate::error::{Code, Error, Result, Status};
use crate::query::Context;
use crate::storage::page::Lsn;
use crate::update::Update;

/// What a bulk write did.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BulkWriteResult {
    /// For each document inserted the place of its model, and its `_id`.
    pub inserted_ids: Vec<(usize, Value)>,
    /// Documents that updates and replacements selected.
    pub matched_count: u64,
    /// Those that are different now.
    pub modified_count: u64,
    /// Documents deleted.
    pub deleted_count: u64,
    /// For each document inserted by an upsert the place of its model, and its `_id`.
    pub upserted_ids: Vec<(usize, Value)>,
}

impl BulkWriteResult {
    /// As the details of an error give it.
    fn to_json(&self) -> serde_json::Value {
        let ids = |ids: &[(usize, Value)]| -> serde_json::Map<_, _> {
            ids.iter()
                .map(|(index, id)| (index.to_string(), json_of(id.to_raw().as_raw())))
                .collect()
        };
        json!({
            "insertedCount": self.inserted_ids.len(),
            "matchedCount": self.matched_count,
            "modifiedCount": self.modified_count,
            "deletedCount": self.deleted_count,
            "upsertedCount": self.upserted_ids.len(),
            "insertedIds": ids(&self.inserted_ids),
            "upsertedIds": ids(&self.upserted_ids),
        })
    }
}

pub fn bulk_write(
    collection: &Collection,
    next: &mut dyn FnMut(&mut Vec<u8>) -> Result<bool>,
    options: &BulkWriteOptions,
) -> Result<BulkWriteResult> {
    let interrupt = Interrupt::new(&collection.database, &options.write.common)?;
    let mut run = Run {
        collection,
        // In a transaction a write that is refused ends all.
        options,
        ordered: options.ordered || collection.database.enter()?.transaction().is_some(),
        interrupt,
        result: BulkWriteResult::default(),
        errors: WriteErrors::default(),
        inserts: Batch::default(),
        last: None,
    };
    let done = run.all(next).and_then(|()| run.flush());
    // Whatever ended the operation, what was written is waited for.
    let waited = run.wait();
    if let Err(error) = done.and(waited) {
        return Err(run.errors.join(error, run.result.to_json()));
    }
    run.interrupt.finish();
    match run.errors.is_empty() {
        true => Ok(run.result),
        false => Err(run.errors.into_error(run.result.to_json())),
    }
}

/// A bulk write in progress.
struct Run<'c> {
    collection: &'c Collection,
    ordered: bool,
    options: &'c BulkWriteOptions,
    interrupt: Interrupt,
    result: BulkWriteResult,
    errors: WriteErrors,
    /// Documents of the newest models, if those insert, not inserted yet.
    inserts: Batch,
    /// The newest commit.
    last: Option<Lsn>,
}

impl Run<'_> {
    /// Carries the models out until one ends the operation.
    fn all(&mut self, next: &mut dyn FnMut(&mut Vec<u8>) -> Result<bool>) -> Result<()> {
        let mut model = Vec::new();
        for index in 0.. {
            model.clear();
            let more = next(&mut model);
            if more.is_err() {
                self.flush()?;
            }
            if !more? {
                if index == 0 {
                    let message = "bulk_write needs at least one model, found none";
                    return Err(Error::query(Code::INVALID_LENGTH, message));
                }
                return Ok(());
            }
            self.interrupt.step(model.len())?;
            self.one(index, RawDoc::trusted(&model))?;
            if self.ordered && !self.errors.is_empty() {
                return Ok(());
            }
        }
        Ok(())
    }

    fn one(&mut self, index: usize, model: RawDoc<'_>) -> Result<()> {
        let model = match WriteModel::parse(model) {
            Ok(model) => model.with_defaults(self.options),
            Err(error) => {
                // As if it had come alone: what stands before it is written.
                self.flush()?;
                return Err(error.context(format!("models[{index}]")));
            }
        };
        if let WriteModel::InsertOne(document) = model {
            self.inserts.add(index, document);
            return match self.inserts.is_full() {
                true => self.flush(),
                false => Ok(()),
            };
        }
        self.flush()?;
        if self.ordered && !self.errors.is_empty() {
            return Ok(());
        }
        match self.write(index, &model) {
            Err(error) if is_of_one_write(&error) => {
                self.errors.add(index, &error);
                Ok(())
            }
            done => done,
        }
    }

    fn write(&mut self, index: usize, model: &WriteModel<'_>) -> Result<()> {
        match model {
            WriteModel::InsertOne(_) => {}
            WriteModel::UpdateOne(model) => {
                let language = &model.options.language;
                let context = self.collection.context(language, &self.interrupt)?;
                let update = model.options.compile(&model.update, &context)?;
                self.update_one(index, model, &update, &context)?;
            }
            WriteModel::ReplaceOne(model) => {
                let update = model.options.replacement(&model.update)?;
                let language = &model.options.language;
                let context = self.collection.context(language, &self.interrupt)?;
                self.update_one(index, model, &update, &context)?;
            }
            WriteModel::UpdateMany(model) => {
                self.see_own()?;
                let (filter, update) = (&model.filter, &model.update);
                let (collection, interrupt) = (self.collection, &self.interrupt);
                let result = update::all(collection, filter, update, &model.options, interrupt)?;
                self.count(index, result);
            }
            WriteModel::DeleteOne(model) => {
                let (collection, interrupt) = (self.collection, &self.interrupt);
                let (deleted, lsn) = delete::first(
                    collection,
                    &model.filter,
                    &model.options,
                    interrupt,
                    Wait::Later,
                )?;
                self.last = Some(lsn);
                self.result.deleted_count += deleted;
            }
            WriteModel::DeleteMany(model) => {
                self.see_own()?;
                let (collection, interrupt) = (self.collection, &self.interrupt);
                let deleted = delete::all(collection, &model.filter, &model.options, interrupt)?;
                self.result.deleted_count += deleted;
            }
        }
        Ok(())
    }

    fn update_one(
        &mut self,
        index: usize,
        model: &UpdateModel,
        update: &Update,
        context: &Context,
    ) -> Result<()> {
        let selection = model.options.selection(&model.filter, context)?;
        let one = OneUpdate {
            collection: self.collection,
            selection: &selection,
            interrupt: &self.interrupt,
            update,
            upsert: model.options.upsert,
            write: &self.options.write,
            wait: Wait::Later,
        };
        let (result, lsn) = one.run(&mut |_, _| Ok(()))?;
        self.last = Some(lsn);
        self.count(index, result);
        Ok(())
    }

    fn count(&mut self, index: usize, result: UpdateResult) {
        self.result.matched_count += result.matched_count;
        self.result.modified_count += result.modified_count;
        let upserted = result.upserted_id.map(|id| (index, id));
        self.result.upserted_ids.extend(upserted);
    }

    /// Inserts the documents that wait for it.
    fn flush(&mut self) -> Result<()> {
        if self.inserts.is_empty() {
            return Ok(());
        }
        let engine = self.collection.database.enter()?;
        let mut inserting = Inserting {
            collection: self.collection,
            ordered: self.ordered,
            write: &self.options.write,
            interrupt: &self.interrupt,
            inserted_ids: &mut self.result.inserted_ids,
            errors: &mut self.errors,
            last: &mut self.last,
        };
        inserting.insert(&engine, &self.inserts)?;
        self.inserts.clear();
        match self.last {
            Some(last) => engine.pace(last).map_err(from_storage),
            None => Ok(()),
        }
    }

    /// Waits for the newest commit to be visible.
    fn see_own(&self) -> Result<()> {
        let Some(last) = self.last else {
            return Ok(());
        };
        let engine = self.collection.database.enter()?;
        engine.wait(last).map_err(from_storage)
    }

    /// Waits for the newest commit as the caller wants it.
    fn wait(&self) -> Result<()> {
        let Some(last) = self.last else {
            return Ok(());
        };
        let engine = self.collection.database.enter()?;
        durability::wait(&engine, last, &self.options.write)
    }
}

/// Whether an error speaks of one write, so that others may still be made.
fn is_of_one_write(error: &Error) -> bool {
    matches!(
        error.status(),
        Status::Query | Status::DuplicateKey | Status::Validation
    )
}
