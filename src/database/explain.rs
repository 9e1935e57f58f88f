//! explain: the plan of an operation in MongoDB's form, and what carrying it out costs. Nothing is written.
//!
//! The command is given as to MongoDB: `{find: name, filter, sort, projection, skip, limit, hint}`, `{count: name, query, ...}`,
//! `{update: name, updates: [{q, u, ..}]}`, `{delete: name, deletes: [{q, limit}]}`. The collection named may be left out by the
//! wrappers' helpers: `{filter: ..}` alone explains a find.

use std::time::Instant;

use super::collection::Collection;
use super::cursor::{Cursor, Snapshot, Window};
use super::interrupt::Interrupt;
use super::options::{CountOptions, DeleteOptions, FindOptions, UpdateOptions, Verbosity};
use super::select::{Selection, describe_indexes};
use crate::bson::{Builder, RawDoc, RawValue, doc};
use crate::error::{Code, Error, Result};
use crate::query::explain::{self, Execution, Stages};
use crate::query::{Projection, planner};

/// What is to be explained.
struct Command {
    filter: Vec<u8>,
    options: FindOptions,
}

pub fn explain(
    collection: &Collection,
    command: RawDoc<'_>,
    verbosity: Verbosity,
) -> Result<Vec<u8>> {
    let engine = collection.database.enter()?;
    engine.refuse_in_transaction("explain")?;
    let command = Command::parse(command)?;
    let options = &command.options;
    let context = options.language.context()?;
    let selection = Selection::compile(
        &command.filter,
        options.sort.as_deref(),
        options.hint.as_ref(),
        &context,
    )?;
    let projection = options.projection.as_deref().map(RawDoc::trusted);
    let compiled = projection
        .map(|projection| Projection::compile(projection, &context))
        .transpose()?
        .flatten();
    let stages = Stages {
        skip: options.skip,
        limit: options.limit,
        projection,
    };

    let version = engine.snapshot();
    let at = Snapshot::take(&collection.database, version, &collection.name, &selection)?;
    let mut out = doc! { "explainVersion": "1" };
    let Some(at) = at else {
        let winning = doc! { "stage": "EOF" };
        out.insert("queryPlanner", doc! {
            "namespace": (collection.name()), "winningPlan": (winning.clone()), "rejectedPlans": [],
        });
        if verbosity != Verbosity::QueryPlanner {
            out.insert(
                "executionStats",
                explain::execution_stats(winning, Execution::default()),
            );
        }
        return Ok(out.to_bytes());
    };
    let indexes = describe_indexes(at.source())?;
    let request = planner::PlanRequest {
        describe: true,
        ..selection.request(at.source(), &indexes)
    };
    let plans = selection.ranked(at.source(), &request, &collection.database.plans)?;
    out.insert(
        "queryPlanner",
        explain::query_planner(collection.name(), &plans, &request, stages)?,
    );
    if verbosity != Verbosity::QueryPlanner {
        let winning = match plans.first() {
            Some(plan) => explain::winning_plan(plan, &request, stages)?,
            None => doc! { "stage": "EOF" },
        };
        let window = Window {
            projection: compiled,
            show_record_id: false,
            skip: options.skip,
            limit: options.limit,
            in_memory_only: options.in_memory_only,
        };
        let again = Selection::compile(
            &command.filter,
            options.sort.as_deref(),
            options.hint.as_ref(),
            &context,
        )?;
        let interrupt = Interrupt::new(&collection.database, &options.common)?;
        let execution = execute(collection, at, again, window, interrupt)?;
        out.insert(
            "executionStats",
            explain::execution_stats(winning, execution),
        );
    }
    Ok(out.to_bytes())
}

fn execute(
    collection: &Collection,
    at: Snapshot,
    selection: Selection,
    window: Window,
    interrupt: Interrupt,
) -> Result<Execution> {
    let started = Instant::now();
    let mut cursor = Cursor::new(
        collection.database.clone(),
        Some(at),
        selection,
        window,
        interrupt,
    );
    let mut returned = 0;
    while cursor.next()?.is_some() {
        returned += 1;
    }
    let examined = cursor.examined();
    Ok(Execution {
        returned,
        keys_examined: examined.keys,
        docs_examined: examined.documents,
        time_ms: started.elapsed().as_millis() as u64,
    })
}

impl Command {
    fn parse(command: RawDoc<'_>) -> Result<Command> {
        let (name, rest) = split(command);
        match name.as_deref() {
            None | Some("find") => {
                let (filter, rest) = take_filter(&rest, "filter")?;
                let options = FindOptions::from_bson(RawDoc::trusted(&rest))?;
                Ok(Command { filter, options })
            }
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
                let UpdateOptions { hint, language, .. } =
                    UpdateOptions::from_bson(RawDoc::trusted(&rest))?;
                let limit = u64::from(many != Some(true));
                Ok(Command {
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
                    "Explain failed due to unknown command: {other} (it takes find, count, update, delete)"
                );
                Err(Error::query(Code::COMMAND_NOT_FOUND, message))
            }
        }
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
