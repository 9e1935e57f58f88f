//! Plans as MongoDB's explain shows them: stages within stages, and what running them cost.

mod execution;

use std::fmt::Write;

pub use execution::{Execution, execution_stats, trial_stats};

use super::filter::Filter;
use super::planner::{Access, Plan, PlanRequest, SortSource};
use crate::bson::{Document, RawDoc, RawValue, Value, doc};
use crate::error::Result;
use crate::index::{IndexSpec, KeyField};

/// What is done with the documents that are found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Operation {
    /// They are returned; findAndModify is shown as what it does with its document.
    #[default]
    Find,
    /// They are counted.
    Count,
    /// The values of a field are gathered.
    Distinct {
        /// Each key of an index is looked at once.
        leaps: bool,
    },
    /// They are updated or replaced.
    Update {
        /// A document is inserted if there is none.
        upsert: bool,
    },
    /// They are deleted.
    Delete {
        /// All, not only the first.
        multi: bool,
    },
}

/// What comes after access and sort.
#[derive(Clone, Copy, Debug, Default)]
pub struct Stages<'a> {
    /// What it is all for.
    pub operation: Operation,
    /// Documents to pass over.
    pub skip: u64,
    /// The most documents to return; 0 means all.
    pub limit: u64,
    /// The projection as it was written.
    pub projection: Option<RawDoc<'a>>,
    /// The keys are returned by which the documents were found.
    pub return_key: bool,
}

/// The `queryPlanner` section.
pub fn query_planner(
    namespace: &str,
    plans: &[Plan],
    request: &PlanRequest<'_>,
    stages: Stages<'_>,
) -> Result<Document> {
    let mut shown = plans.iter().map(|plan| winning_plan(plan, request, stages));
    let winning = shown
        .next()
        .unwrap_or_else(|| Ok(doc! { "stage": "EOF" }))?;
    let rejected = shown
        .map(|plan| plan.map(Value::Document))
        .collect::<Result<Vec<_>>>()?;
    Ok(doc! {
        "namespace": namespace,
        "parsedQuery": (Document::from_raw(request.filter.source())?),
        "indexFilterSet": false,
        "winningPlan": winning,
        "rejectedPlans": rejected,
    })
}

/// The stages of a plan, the last to run outermost.
pub fn winning_plan(
    plan: &Plan,
    request: &PlanRequest<'_>,
    stages: Stages<'_>,
) -> Result<Document> {
    if stages.operation == Operation::Count && request.filter.is_empty() && request.hint.is_none() {
        return Ok(doc! { "stage": "RECORD_STORE_FAST_COUNT" });
    }
    let mut shown = access_stage(plan, request, stages.operation)?;
    if plan.sort == SortSource::InMemory {
        let pattern = key_pattern(request.sort.fields());
        shown = doc! { "stage": "SORT", "sortPattern": pattern, "inputStage": shown };
    }
    let outer = match stages.operation {
        Operation::Find | Operation::Distinct { .. } => None,
        Operation::Count => Some("COUNT"),
        Operation::Update { .. } => Some("UPDATE"),
        Operation::Delete { multi: false } => Some("DELETE"),
        Operation::Delete { multi: true } => Some("BATCHED_DELETE"),
    };
    // They know themselves where to begin and when to stop.
    if let Some(stage) = outer {
        return Ok(doc! { "stage": stage, "inputStage": shown });
    }
    if stages.skip > 0 {
        let amount = stages.skip as i64;
        shown = doc! { "stage": "SKIP", "skipAmount": amount, "inputStage": shown };
    }
    if stages.return_key {
        shown = doc! { "stage": "RETURN_KEY", "inputStage": shown };
    }
    if let Some(projection) = stages
        .projection
        .filter(|projection| !projection.is_empty())
    {
        let dotted = |(name, value): (crate::bson::Text<'_>, RawValue<'_>)| {
            name.as_bytes().contains(&b'.') || value.as_document().is_some()
        };
        let simple = !projection.iter().any(dotted);
        let stage = if simple {
            "PROJECTION_SIMPLE"
        } else {
            "PROJECTION_DEFAULT"
        };
        let by = Document::from_raw(projection)?;
        shown = doc! { "stage": stage, "transformBy": by, "inputStage": shown };
    }
    if stages.limit > 0 {
        let amount = stages.limit as i64;
        shown = doc! { "stage": "LIMIT", "limitAmount": amount, "inputStage": shown };
    }
    Ok(shown)
}

fn access_stage(plan: &Plan, request: &PlanRequest<'_>, operation: Operation) -> Result<Document> {
    match &plan.access {
        Access::Empty => Ok(doc! { "stage": "EOF" }),
        Access::IdPoints(keys) if keys.len() == 1 && is_id_lookup(request.filter) => {
            Ok(doc! { "stage": "IDHACK" })
        }
        Access::IdPoints(_) => {
            let scan = index_scan(&IndexSpec::id(), plan, false, false);
            fetch(request.filter, scan)
        }
        Access::CollectionScan { reverse, .. } if plan.bounds.is_empty() => {
            let mut stage = doc! { "stage": "COLLSCAN" };
            add_filter(&mut stage, request.filter)?;
            stage.insert("direction", direction(*reverse));
            Ok(stage)
        }
        Access::CollectionScan { reverse, .. } => {
            let mut stage = doc! { "stage": "CLUSTERED_IXSCAN" };
            add_filter(&mut stage, request.filter)?;
            for (name, value) in index_scan(&IndexSpec::id(), plan, false, *reverse).iter() {
                if name != "stage" {
                    stage.insert(name, value.clone());
                }
            }
            Ok(stage)
        }
        Access::IndexScan {
            position,
            reverse,
            multikey,
            ..
        } => {
            let index = request
                .indexes
                .iter()
                .find(|index| index.position == *position);
            let scan = match index {
                Some(index) => index_scan(index.spec, plan, *multikey, *reverse),
                None => doc! { "stage": "IXSCAN" },
            };
            match operation {
                Operation::Distinct { leaps: true } => distinct_scan(request.filter, &scan),
                _ => fetch(request.filter, scan),
            }
        }
    }
}

/// The scan of an index by leaps, which reads a document for each key.
fn distinct_scan(filter: &Filter, scan: &Document) -> Result<Document> {
    let mut stage = doc! { "stage": "DISTINCT_SCAN" };
    add_filter(&mut stage, filter)?;
    for (name, value) in scan.iter().filter(|(name, _)| *name != "stage") {
        if name == "direction" {
            stage.insert("isFetching", true);
        }
        stage.insert(name, value.clone());
    }
    Ok(stage)
}

fn is_id_lookup(filter: &Filter) -> bool {
    let mut fields = filter.source().iter();
    fields.next().is_some_and(|(name, _)| name == "_id") && fields.next().is_none()
}

fn fetch(filter: &Filter, scan: Document) -> Result<Document> {
    let mut stage = doc! { "stage": "FETCH" };
    add_filter(&mut stage, filter)?;
    stage.insert("inputStage", scan);
    Ok(stage)
}

fn add_filter(stage: &mut Document, filter: &Filter) -> Result<()> {
    if !filter.is_empty() {
        stage.insert("filter", Document::from_raw(filter.source())?);
    }
    Ok(())
}

fn index_scan(spec: &IndexSpec, plan: &Plan, multikey: bool, reverse: bool) -> Document {
    let mut bounds = doc! {};
    for (at, field) in spec.fields.iter().enumerate() {
        let everything = || match field.descending {
            false => vec![Value::from("[MinKey, MaxKey]")],
            true => vec![Value::from("[MaxKey, MinKey]")],
        };
        let labels = plan
            .bounds
            .iter()
            .map(|label| Value::from(label.as_str()))
            .collect();
        let labels = if at == 0 && !plan.bounds.is_empty() {
            labels
        } else {
            everything()
        };
        bounds.insert(field.path.as_str(), labels);
    }
    doc! {
        "stage": "IXSCAN",
        "keyPattern": (key_pattern(&spec.fields)),
        "indexName": (spec.name.as_str()),
        "isMultiKey": multikey,
        "isUnique": (spec.unique),
        "isSparse": false,
        "isPartial": false,
        "indexVersion": 2,
        "direction": (direction(reverse)),
        "indexBounds": bounds,
    }
}

fn key_pattern(fields: &[KeyField]) -> Document {
    let mut pattern = doc! {};
    for field in fields {
        pattern.insert(field.path.as_str(), if field.descending { -1 } else { 1 });
    }
    pattern
}

fn direction(reverse: bool) -> &'static str {
    if reverse { "backward" } else { "forward" }
}

/// A value as MongoDB's shell would write it: index bounds are shown so.
pub fn shell_text(value: RawValue<'_>) -> String {
    let mut out = String::new();
    // Writing to a string cannot fail.
    let _ = write_shell_text(&mut out, value, 0);
    out
}

/// How deep documents are shown; below, they are abbreviated.
const SHOWN_DEPTH: usize = 8;

fn write_shell_text(out: &mut String, value: RawValue<'_>, depth: usize) -> std::fmt::Result {
    match value {
        RawValue::Double(value) if value.is_nan() => out.push_str("nan"),
        RawValue::Double(value) if value.is_infinite() => {
            out.push_str(if value > 0.0 { "inf" } else { "-inf" });
        }
        RawValue::Double(value) => write!(out, "{value:?}")?,
        RawValue::Int32(value) => write!(out, "{value}")?,
        RawValue::Int64(value) => write!(out, "{value}")?,
        RawValue::Decimal128(value) => write!(out, "{value}")?,
        RawValue::String(text) | RawValue::Symbol(text) => write!(out, "{:?}", text.as_str())?,
        RawValue::Document(_) | RawValue::Array(_) if depth == SHOWN_DEPTH => out.push_str("..."),
        RawValue::Document(document) => write_fields(out, document, depth)?,
        RawValue::Array(array) => {
            out.push('[');
            for (at, (_, value)) in array.iter().enumerate() {
                out.push_str(if at == 0 { " " } else { ", " });
                write_shell_text(out, value, depth + 1)?;
            }
            out.push_str(if array.is_empty() { "]" } else { " ]" });
        }
        RawValue::Binary { subtype, bytes } => {
            write!(out, "BinData({subtype}, ")?;
            bytes
                .iter()
                .try_for_each(|byte| write!(out, "{byte:02X}"))?;
            out.push(')');
        }
        RawValue::Undefined => out.push_str("undefined"),
        RawValue::ObjectId(id) => {
            out.push_str("ObjectId('");
            out.extend(id.to_hex().map(char::from));
            out.push_str("')");
        }
        RawValue::Boolean(value) => write!(out, "{value}")?,
        RawValue::DateTime(ms) => write!(out, "new Date({ms})")?,
        RawValue::Null => out.push_str("null"),
        RawValue::Regex { pattern, options } => write!(out, "/{pattern}/{options}")?,
        RawValue::DbPointer { namespace, id } => {
            write!(out, "DBRef({:?}, ", namespace.as_str())?;
            write_shell_text(out, RawValue::ObjectId(id), depth)?;
            out.push(')');
        }
        RawValue::JavaScript(code) | RawValue::JavaScriptWithScope { code, .. } => {
            write!(out, "{code}")?;
        }
        RawValue::Timestamp { time, increment } => write!(out, "Timestamp({time}, {increment})")?,
        RawValue::MinKey => out.push_str("MinKey"),
        RawValue::MaxKey => out.push_str("MaxKey"),
    }
    Ok(())
}

fn write_fields(out: &mut String, document: RawDoc<'_>, depth: usize) -> std::fmt::Result {
    out.push('{');
    for (at, (name, value)) in document.iter().enumerate() {
        write!(out, "{} {name}: ", if at == 0 { "" } else { "," })?;
        write_shell_text(out, value, depth + 1)?;
    }
    out.push_str(if document.is_empty() { "}" } else { " }" });
    Ok(())
}
