//! explain: the plan of an operation in MongoDB's form, and what carrying it out costs. Nothing is written.
//!
//! The command is given as to MongoDB: `{find: name, filter, sort, projection, skip, limit, hint}`, `{count: name, query, ...}`,
//! `{distinct: name, key, query}`, `{findAndModify: name, query, sort, update | remove}`, `{update: name, updates: [{q, u, ..}]}`,
//! `{delete: name, deletes: [{q, limit}]}`. The collection named may be left out by the wrappers' helpers: `{filter: ..}` alone
//! explains a find.
//!
//! A run looks for the documents as the operation would, and counts them; they are neither sorted nor changed.

use std::ops::ControlFlow;
use std::time::Instant;

use super::collection::Collection;
use super::context;
use super::cursor::Snapshot;
use super::distinct;
use super::execute::{self, Position, Search};
use super::interrupt::Interrupt;
use super::options::{
    CountOptions, DeleteOptions, DistinctOptions, FindOptions, UpdateOptions, Verbosity,
};
use super::select::{Selection, describe_indexes};
use super::trial;
use crate::bson::{Builder, Collation, Document, Path, RawDoc, RawValue, doc};
use crate::error::{Code, Error, Result};
use crate::query::explain::{self, Execution, Operation, Stages};
use crate::query::{Access, Plan, PlanRequest, SortSource};

/// What is to be explained.
struct Command {
    operation: Operation,
    filter: Vec<u8>,
    options: FindOptions,
    /// Whose values are wanted.
    field: Option<Path>,
}

pub fn explain(
    collection: &Collection,
    command: RawDoc<'_>,
    verbosity: Verbosity,
) -> Result<Vec<u8>> {
    let engine = collection.database.enter()?;
    engine.refuse_in_transaction("explain")?;
    let parsed = Command::parse(command)?;
    let options = &parsed.options;
    let interrupt = Interrupt::new(&collection.database, &options.common)?;
    let context = context::context(collection, &engine, &options.language, &interrupt)?;
    let selection = Selection::of_find(&parsed.filter, options, &context)?;
    let projection = options.projection.as_deref();
    selection.projection(projection, &context)?;
    let projection = projection.filter(|_| !options.return_key);
    let stages = Stages {
        operation: parsed.operation,
        skip: options.skip,
        limit: options.limit,
        projection: projection.map(RawDoc::trusted),
        return_key: options.return_key,
    };
    let version = engine.snapshot();
    let at = Snapshot::take(&collection.database, version, &collection.name, &selection)?;
    let mut out = doc! { "explainVersion": "1" };
    match &at {
        None => nothing_there(&mut out, collection, stages, verbosity),
        Some(at) => {
            let subject = Subject {
                at,
                selection: &selection,
                stages,
                field: parsed.field.as_ref(),
                collation: context.collation(),
                interrupt: &interrupt,
            };
            subject.explain(&mut out, collection, verbosity)?;
        }
    }
    out.insert("command", Document::from_raw(command)?);
    Ok(out.to_bytes())
}

/// There is no collection.
fn nothing_there(
    out: &mut Document,
    collection: &Collection,
    stages: Stages<'_>,
    verbosity: Verbosity,
) {
    let winning = doc! { "stage": "EOF" };
    out.insert(
        "queryPlanner",
        doc! {
            "namespace": (collection.name()), "winningPlan": (winning.clone()), "rejectedPlans": [],
        },
    );
    if verbosity != Verbosity::QueryPlanner {
        let all = (verbosity == Verbosity::AllPlansExecution).then(Vec::new);
        let stats = explain::execution_stats(&winning, stages, Execution::default(), all);
        out.insert("executionStats", stats);
    }
}

/// What is explained, and where.
struct Subject<'a> {
    at: &'a Snapshot,
    selection: &'a Selection,
    stages: Stages<'a>,
    field: Option<&'a Path>,
    collation: Option<&'a Collation>,
    interrupt: &'a Interrupt,
}

impl Subject<'_> {
    fn explain(
        mut self,
        out: &mut Document,
        collection: &Collection,
        verbosity: Verbosity,
    ) -> Result<()> {
        let source = self.at.source();
        let indexes = describe_indexes(source)?;
        let request = PlanRequest {
            describe: true,
            ..self.selection.request(source, &indexes)?
        };
        let mut plans = self
            .selection
            .ranked(source, &request, &collection.database.plans)?;
        if let (Some(field), Some(plan)) = (self.field, plans.first()) {
            let (selection, collation) = (self.selection, self.collation);
            if let Some(leaping) =
                distinct::leaping_plan(source, plan, selection, field, collation)?
            {
                plans = vec![leaping];
                self.stages.operation = Operation::Distinct { leaps: true };
            }
        }
        let planner = explain::query_planner(collection.name(), &plans, &request, self.stages)?;
        out.insert("queryPlanner", planner);
        let nothing = Plan {
            access: Access::Empty,
            sort: SortSource::None,
            bounds: Vec::new(),
        };
        if verbosity != Verbosity::QueryPlanner {
            let plan = plans.first().unwrap_or(&nothing);
            let shown = explain::winning_plan(plan, &request, self.stages)?;
            let execution = self.run(plan)?;
            let all = match verbosity {
                Verbosity::AllPlansExecution => Some(self.try_all(&plans, &request)?),
                _ => None,
            };
            let stats = explain::execution_stats(&shown, self.stages, execution, all);
            out.insert("executionStats", stats);
        }
        Ok(())
    }

    /// The plans that there was a choice between, as far as a trial takes them.
    fn try_all(&self, plans: &[Plan], request: &PlanRequest<'_>) -> Result<Vec<Document>> {
        if plans.len() < 2 {
            return Ok(Vec::new());
        }
        let tried = plans.iter().map(|plan| {
            let shown = explain::winning_plan(plan, request, self.stages)?;
            let started = Instant::now();
            let trial = trial::run(self.at.source(), plan, &self.selection.filter)?;
            let execution = Execution {
                matched: trial.found,
                keys_examined: trial.examined.keys,
                docs_examined: trial.examined.documents,
                time_ms: started.elapsed().as_millis() as u64,
            };
            Ok(explain::trial_stats(&shown, self.stages, execution))
        });
        tried.collect()
    }

    /// Looks for the documents, as many as the operation would.
    fn run(&self, plan: &Plan) -> Result<Execution> {
        let started = Instant::now();
        let is_count = self.stages.operation == Operation::Count;
        if is_count && self.selection.filter.is_empty() && !self.selection.has_hint() {
            return Ok(Execution {
                matched: self.at.entries(),
                ..Execution::default()
            });
        }
        let enough = match self.stages.limit {
            limit if limit > 0 && plan.sort != SortSource::InMemory => {
                self.stages.skip.saturating_add(limit)
            }
            _ => u64::MAX,
        };
        let search = Search {
            source: self.at.source(),
            plan,
            filter: &self.selection.filter,
            interrupt: self.interrupt,
        };
        if let (Operation::Distinct { leaps: true }, Some(field)) =
            (self.stages.operation, self.field)
        {
            let (matched, examined) = distinct::rehearse(search, field, self.collation)?;
            return Ok(Execution {
                matched,
                keys_examined: examined.keys,
                docs_examined: examined.documents,
                time_ms: started.elapsed().as_millis() as u64,
            });
        }
        let (mut position, mut matched) = (Position::default(), 0);
        execute::run(search, &mut position, &mut |_, _| {
            matched += 1;
            Ok(if matched == enough {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            })
        })?;
        // A write to one document sorts to find the first.
        let is_single_write = self.stages.limit == 1 && self.stages.operation != Operation::Find;
        Ok(Execution {
            matched: if is_single_write {
                matched.min(1)
            } else {
                matched
            },
            keys_examined: position.examined.keys,
            docs_examined: position.examined.documents,
            time_ms: started.elapsed().as_millis() as u64,
        })
    }
}

impl Command {
    fn parse(command: RawDoc<'_>) -> Result<Command> {
        let (name, rest) = split(command);
        match name.as_deref() {
            None | Some("find") => {
                let (filter, rest) = take_filter(&rest, "filter")?;
                let options = FindOptions::from_bson(RawDoc::trusted(&rest))?;
                Ok(Command {
                    field: None,
                    operation: Operation::Find,
                    filter,
                    options,
                })
            }
            Some("distinct") => {
                let (filter, rest) = take_filter(&rest, "query")?;
                let (key, rest) = without(&rest, "key", |value| value.as_str().map(String::from));
                let Some(key) = key.flatten() else {
                    let message = "BSON field 'distinct.key' is missing but a required field";
                    return Err(Error::query(Code(40414), message));
                };
                let DistinctOptions {
                    hint,
                    language,
                    common,
                } = DistinctOptions::from_bson(RawDoc::trusted(&rest))?;
                Ok(Command {
                    operation: Operation::Distinct { leaps: false },
                    filter,
                    field: Some(distinct::path_of(&key)?),
                    options: FindOptions {
                        hint,
                        language,
                        common,
                        ..Default::default()
                    },
                })
            }
            Some("findAndModify" | "findandmodify") => Command::find_and_modify(&rest),
            Some("count") => {
                let (filter, rest) = take_filter(&rest, "query")?;
                let CountOptions {
                    skip,
                    limit,
                    hint,
                    language,
                    common,
                } = CountOptions::from_bson(RawDoc::trusted(&rest))?;
                Ok(Command {
                    field: None,
                    operation: Operation::Count,
                    filter,
                    options: FindOptions {
                        skip,
                        limit,
                        hint,
                        language,
                        common,
                        ..Default::default()
                    },
                })
            }
            Some("update") => {
                let statement = only_statement(RawDoc::trusted(&rest), "updates")?;
                let (filter, rest) = take_filter(statement.as_bytes(), "q")?;
                let (many, rest) = without(&rest, "multi", |value| value.truthy());
                let (_, rest) = without(&rest, "u", |_| ());
                let options = UpdateOptions::from_bson(RawDoc::trusted(&rest))?;
                let UpdateOptions {
                    hint,
                    upsert,
                    language,
                    ..
                } = options;
                let limit = u64::from(many != Some(true));
                Ok(Command {
                    field: None,
                    operation: Operation::Update { upsert },
                    filter,
                    options: FindOptions {
                        limit,
                        hint,
                        language,
                        ..Default::default()
                    },
                })
            }
            Some("delete") => {
                let statement = only_statement(RawDoc::trusted(&rest), "deletes")?;
                let (filter, rest) = take_filter(statement.as_bytes(), "q")?;
                let (limit, rest) = without(&rest, "limit", |value| value.as_integer());
                let DeleteOptions { hint, language, .. } =
                    DeleteOptions::from_bson(RawDoc::trusted(&rest))?;
                let limit = limit.flatten().unwrap_or(0).clamp(0, 1) as u64;
                Ok(Command {
                    field: None,
                    operation: Operation::Delete { multi: limit == 0 },
                    filter,
                    options: FindOptions {
                        limit,
                        hint,
                        language,
                        ..Default::default()
                    },
                })
            }
            Some(other) => {
                let message = format!(
                    "Explain failed due to unknown command: {other} (it takes find, count, distinct, update, delete, findAndModify)"
                );
                Err(Error::query(Code::COMMAND_NOT_FOUND, message))
            }
        }
    }
}

impl Command {
    /// The write that it makes to the first document in its order.
    fn find_and_modify(command: &[u8]) -> Result<Command> {
        let (filter, rest) = take_filter(command, "query")?;
        let (remove, rest) = without(&rest, "remove", |value| value.truthy());
        let (upsert, mut rest) = without(&rest, "upsert", |value| value.truthy());
        // They say what is done with the document, not how it is found.
        for name in [
            "update",
            "new",
            "fields",
            "arrayFilters",
            "bypassDocumentValidation",
        ] {
            rest = without(&rest, name, |_| ()).1;
        }
        let options = FindOptions::from_bson(RawDoc::trusted(&rest))?;
        Ok(Command {
            field: None,
            operation: match remove {
                Some(true) => Operation::Delete { multi: false },
                _ => Operation::Update {
                    upsert: upsert == Some(true),
                },
            },
            filter,
            options: FindOptions {
                limit: 1,
                ..options
            },
        })
    }
}

/// The command's name, if its first field names a collection or a count of it, and the rest.
fn split(command: RawDoc<'_>) -> (Option<String>, Vec<u8>) {
    let is_option = |key: &str| {
        [
            "filter",
            "query",
            "sort",
            "projection",
            "skip",
            "limit",
            "collation",
            "hint",
        ]
        .contains(&key)
    };
    let name = command
        .iter()
        .next()
        .map(|(key, _)| key.to_string())
        .filter(|key| !is_option(key));
    match &name {
        None => (None, command.as_bytes().to_vec()),
        Some(first) => {
            let (_, rest) = without(command.as_bytes(), first, |_| ());
            (name, rest)
        }
    }
}

fn take_filter(document: &[u8], name: &str) -> Result<(Vec<u8>, Vec<u8>)> {
    let found = RawDoc::trusted(document).get(name);
    let filter = match found {
        None | Some(RawValue::Null) => RawDoc::EMPTY.as_bytes().to_vec(),
        Some(RawValue::Document(filter)) => filter.as_bytes().to_vec(),
        Some(other) => {
            let message = format!("\"{name}\" must be a document, found {}", other.type_name());
            return Err(Error::query(Code::TYPE_MISMATCH, message));
        }
    };
    Ok((filter, without(document, name, |_| ()).1))
}

/// The single statement of a write command.
fn only_statement<'a>(command: RawDoc<'a>, name: &str) -> Result<RawDoc<'a>> {
    let statements = command.get(name).and_then(|value| value.as_array());
    let mut statements = statements.unwrap_or(RawDoc::EMPTY).iter();
    match (statements.next(), statements.next()) {
        (Some((_, RawValue::Document(statement))), None) => Ok(statement),
        _ => {
            let message = format!("explain needs exactly one statement in \"{name}\"");
            Err(Error::query(Code::BAD_VALUE, message))
        }
    }
}

/// One field, read, and the document without it.
fn without<T>(
    document: &[u8],
    name: &str,
    read: impl FnOnce(RawValue<'_>) -> T,
) -> (Option<T>, Vec<u8>) {
    let document = RawDoc::trusted(document);
    let value = document.get(name).map(read);
    let mut rest = Vec::with_capacity(document.as_bytes().len());
    let mut builder = Builder::new(&mut rest);
    for element in document.elements().filter(|element| element.key() != name) {
        builder.append_element(element);
    }
    builder.finish();
    (value, rest)
}
