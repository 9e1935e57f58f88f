//! The changes of a random run: each is made to both databases and the model, which must agree on what it did.

use ironbase::bson::{Document, RawDoc, Value, check_id, doc};
use ironbase::database::options::{DeleteOptions, UpdateOptions};
use ironbase::database::{Collection, UpdateResult};
use ironbase::error::{Code, Result};
use ironbase::query::{Context, Filter};
use ironbase::update::Update;

use crate::differential::Run;
use crate::model::Outcome;
use crate::random::array_filters;
use crate::shell::Shell;

impl Run {
    /// A filter that selects one document at most, and that document: so that it does not matter in which order they are found.
    fn one(&mut self) -> Option<(Document, Option<Vec<u8>>)> {
        let filter = match self.draw.chance(60) {
            true => doc! { "_id": (self.draw.id()), "a": { "$exists": (self.draw.chance(80)) } },
            false => self.draw.filter(1),
        };
        let matching = self.model.matching(&filter).ok()?;
        let Some(first) = matching.first() else {
            return Some((filter, None));
        };
        if matching.len() == 1 {
            return Some((filter, Some(first.clone())));
        }
        let id = Value::from_raw(RawDoc::trusted(first).get("_id").unwrap()).unwrap();
        Some((
            doc! { "$and": [filter, { "_id": id }] },
            Some(first.clone()),
        ))
    }

    /// Carries a change out on both databases and the model, and compares. Without the unique index there are no duplicates but
    /// those of `_id`, so what is refused only for its sake is not done there.
    fn settle(
        &mut self,
        outcome: Outcome,
        change: impl Fn(&Collection) -> Result<UpdateResult>,
        expect: (u64, u64),
    ) {
        let indexed = change(&self.indexed).map_err(|error| error.code());
        match outcome {
            Outcome::Refused(code) => {
                let plain = change(&self.plain).map_err(|error| error.code());
                assert_eq!((indexed, plain), (Err(code), Err(code)));
            }
            Outcome::Duplicate => assert_eq!(indexed, Err(Code::DUPLICATE_KEY)),
            Outcome::Changed(document, modified) => {
                let plain = change(&self.plain).map_err(|error| error.code());
                // As text: an upserted NaN is not equal to itself.
                assert_eq!(format!("{indexed:?}"), format!("{plain:?}"));
                let result = indexed.unwrap();
                let modified_count = if modified { expect.1 } else { 0 };
                assert_eq!(
                    (result.matched_count, result.modified_count),
                    (expect.0, modified_count)
                );
                assert_eq!(result.upserted_id.is_some(), expect.0 == 0);
                self.model.put(document);
            }
        }
    }

    pub fn insert(&mut self) {
        let document = self.draw.document();
        self.note(format!("insert {document:?}"));
        let bytes = document.to_bytes();
        let taken = self.model.has_id_of(&bytes);
        let outcome = self.model.insertion(bytes);
        let inserted = self
            .indexed
            .add(document.clone())
            .map_err(|error| error.code());
        match outcome {
            Outcome::Changed(bytes, _) => {
                assert_eq!(inserted.as_ref().ok(), document.get("_id"));
                self.plain.add(document).unwrap();
                self.model.put(bytes);
            }
            _ => {
                assert_eq!(inserted, Err(Code::DUPLICATE_KEY));
                if taken {
                    assert_eq!(
                        self.plain.add(document).map_err(|error| error.code()),
                        inserted
                    );
                }
            }
        }
    }

    pub fn update_one(&mut self) {
        let Some((filter, target)) = self.one() else {
            return;
        };
        let update = self.draw.update_of_one();
        let options = UpdateOptions {
            upsert: self.draw.chance(50),
            array_filters: array_filters(&update),
            ..Default::default()
        };
        self.note(format!("update one {filter:?} {update:?} {options:?}"));
        let (filter, update) = (filter.to_bytes(), update.to_bytes());
        let hint = self.hint();
        let change = |collection: &Collection| {
            let hint = hint.clone().filter(|_| collection.index_names().len() > 1);
            collection.update_one(
                &filter,
                &update,
                &UpdateOptions {
                    hint,
                    ..options.clone()
                },
            )
        };
        let filters = options.array_filters.as_deref().map(RawDoc::trusted);
        let compiled = match Update::compile(RawDoc::trusted(&update), filters, &Context::default())
        {
            Ok(compiled) => compiled,
            Err(error) => return self.settle(Outcome::Refused(error.code()), change, (0, 0)),
        };
        let by = Filter::compile(RawDoc::trusted(&filter), &Context::default()).unwrap();
        match target {
            Some(document) => {
                let outcome = self.model.update(&document, &compiled, &by);
                self.settle(outcome, change, (1, 1));
            }
            None if options.upsert => {
                let filter = by;
                self.upsert(
                    compiled.new_document(&filter),
                    filter.required_id().is_some(),
                    change,
                );
            }
            None => assert_eq!(change(&self.indexed).unwrap(), UpdateResult::default()),
        }
    }

    /// An upsert of a document that has an `_id` of its own; any other would be different in each database.
    fn upsert(
        &mut self,
        made: Result<Vec<u8>>,
        has_id: bool,
        change: impl Fn(&Collection) -> Result<UpdateResult>,
    ) {
        // What a filter requires of an `_id` may be no `_id`.
        let made = made.and_then(|document| {
            let id = RawDoc::trusted(&document).get("_id");
            check_id(id.expect("upserts have an _id")).map(|()| document)
        });
        match made {
            Ok(_) if !has_id => {}
            Ok(document) => self.settle(self.model.insertion(document), change, (0, 0)),
            Err(error) => self.settle(Outcome::Refused(error.code()), change, (0, 0)),
        }
    }

    pub fn replace(&mut self) {
        let Some((filter, target)) = self.one() else {
            return;
        };
        let mut by = self.draw.document();
        by.remove("_id");
        let options = UpdateOptions {
            upsert: self.draw.chance(50),
            hint: None,
            ..Default::default()
        };
        self.note(format!("replace {filter:?} {by:?} {options:?}"));
        let (filter, by) = (filter.to_bytes(), by.to_bytes());
        let change = |collection: &Collection| collection.replace_one(&filter, &by, &options);
        let replacement = Update::replacement(RawDoc::trusted(&by)).unwrap();
        let selecting = Filter::compile(RawDoc::trusted(&filter), &Context::default()).unwrap();
        match target {
            Some(document) => {
                let outcome = self.model.update(&document, &replacement, &selecting);
                self.settle(outcome, change, (1, 1));
            }
            None if options.upsert => {
                let made = replacement.new_document(&selecting);
                self.upsert(made, selecting.required_id().is_some(), change);
            }
            None => assert_eq!(change(&self.indexed).unwrap(), UpdateResult::default()),
        }
    }

    pub fn update_many(&mut self) {
        let (filter, update) = (self.draw.filter(1), self.draw.update());
        self.note(format!("update many {filter:?} {update:?}"));
        let Ok(matching) = self.model.matching(&filter) else {
            return;
        };
        let bytes = update.to_bytes();
        let filters = array_filters(&update);
        let given = filters.as_deref().map(RawDoc::trusted);
        let Ok(compiled) = Update::compile(RawDoc::trusted(&bytes), given, &Context::default())
        else {
            return;
        };
        let by = filter.to_bytes();
        let by = Filter::compile(RawDoc::trusted(&by), &Context::default()).unwrap();
        let mut changed = Vec::new();
        for document in &matching {
            match self.model.update(document, &compiled, &by) {
                Outcome::Changed(document, modified) => changed.push((document, modified)),
                // How far it would come depends on the order in which documents are found.
                _ => return,
            }
        }
        let hint = self.hint();
        let mut options = UpdateOptions {
            hint,
            array_filters: filters,
            ..Default::default()
        };
        let result = self
            .indexed
            .update_many(&filter.to_bytes(), &bytes, &options)
            .unwrap();
        let modified = changed.iter().filter(|(_, modified)| *modified).count() as u64;
        assert_eq!(
            (result.matched_count, result.modified_count),
            (matching.len() as u64, modified),
            "{options:?}"
        );
        options.hint = None;
        let plainly = self
            .plain
            .update_many(&filter.to_bytes(), &bytes, &options)
            .unwrap();
        assert_eq!(plainly, result);
        changed
            .into_iter()
            .for_each(|(document, _)| self.model.put(document));
    }

    pub fn delete_one(&mut self) {
        let Some((filter, target)) = self.one() else {
            return;
        };
        self.note(format!("delete one {filter:?}"));
        let expected = u64::from(target.is_some());
        let counts =
            [&self.plain, &self.indexed].map(|collection| collection.delete(filter.clone()));
        assert_eq!(counts, [expected; 2]);
        target
            .iter()
            .for_each(|document| self.model.remove(document));
    }

    pub fn delete_many(&mut self) {
        let filter = self.draw.filter(1);
        self.note(format!("delete many {filter:?}"));
        let Ok(matching) = self.model.matching(&filter) else {
            return;
        };
        if matching.len() > 30 {
            return;
        }
        let hint = self.hint();
        let deleted = self
            .indexed
            .delete_many(
                &filter.to_bytes(),
                &DeleteOptions {
                    hint,
                    ..Default::default()
                },
            )
            .unwrap();
        assert_eq!(
            (deleted, self.plain.delete_all(filter)),
            (matching.len() as u64, deleted)
        );
        matching
            .iter()
            .for_each(|document| self.model.remove(document));
    }
}
