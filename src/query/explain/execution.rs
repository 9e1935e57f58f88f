//! What running a plan cost, stage by stage: the `executionStats` section
//! ([manual: Explain Results](https://www.mongodb.com/docs/manual/reference/explain-results/)).

use super::{Operation, Stages};
use crate::bson::{Document, Value, doc};

/// What an execution did.
#[derive(Clone, Copy, Debug, Default)]
pub struct Execution {
    /// Documents that the filter selected, as far as they were looked for.
    pub matched: u64,
    /// Index entries read.
    pub keys_examined: u64,
    /// Documents read.
    pub docs_examined: u64,
    /// How long it took.
    pub time_ms: u64,
}

impl Execution {
    /// Documents left behind skip and limit.
    fn windowed(&self, stages: Stages<'_>) -> u64 {
        let rest = self.matched.saturating_sub(stages.skip);
        match stages.limit {
            0 => rest,
            limit => rest.min(limit),
        }
    }

    /// Documents that the operation gives back.
    fn returned(&self, stages: Stages<'_>) -> u64 {
        match stages.operation {
            Operation::Find | Operation::Distinct { .. } => self.windowed(stages),
            _ => 0,
        }
    }
}

/// The `executionStats` section. `all_plans` holds one for each plan that was tried.
pub fn execution_stats(
    plan: &Document,
    stages: Stages<'_>,
    execution: Execution,
    all_plans: Option<Vec<Document>>,
) -> Document {
    let mut stats = doc! { "executionSuccess": true };
    add_totals(&mut stats, "executionTimeMillis", stages, execution);
    stats.insert("executionStages", with_figures(plan, stages, execution));
    if let Some(plans) = all_plans {
        let plans = plans.into_iter().map(Value::Document).collect();
        stats.insert("allPlansExecution", Value::Array(plans));
    }
    stats
}

/// An entry of `allPlansExecution`: how far the plan came in the trial.
pub fn trial_stats(plan: &Document, stages: Stages<'_>, execution: Execution) -> Document {
    let mut stats = doc! {};
    add_totals(&mut stats, "executionTimeMillisEstimate", stages, execution);
    stats.insert("executionStages", with_figures(plan, stages, execution));
    stats
}

fn add_totals(stats: &mut Document, time: &str, stages: Stages<'_>, execution: Execution) {
    stats.insert("nReturned", figure(execution.returned(stages)));
    stats.insert(time, figure(execution.time_ms));
    stats.insert("totalKeysExamined", figure(execution.keys_examined));
    stats.insert("totalDocsExamined", figure(execution.docs_examined));
}

fn figure(number: u64) -> Value {
    Value::from(number as i64)
}

/// A stage and those below it, each with what it did.
fn with_figures(stage: &Document, stages: Stages<'_>, execution: Execution) -> Document {
    let mut shown = doc! {};
    for (name, value) in stage.iter() {
        let value = match value {
            Value::Document(input) if name == "inputStage" => {
                Value::Document(with_figures(input, stages, execution))
            }
            other => other.clone(),
        };
        shown.insert(name, value);
        if name == "stage" {
            let kind = stage
                .get("stage")
                .and_then(Value::as_str)
                .unwrap_or_default();
            for (name, number) in figures(kind, stages, execution) {
                shown.insert(name, figure(number));
            }
        }
    }
    shown
}

/// The figures of one kind of stage.
fn figures(kind: &str, stages: Stages<'_>, execution: Execution) -> Vec<(&'static str, u64)> {
    let Execution {
        matched,
        keys_examined: keys,
        docs_examined: documents,
        ..
    } = execution;
    let upserts = match stages.operation {
        Operation::Update { upsert } => u64::from(upsert && matched == 0),
        _ => 0,
    };
    match kind {
        "COUNT" => vec![
            ("nReturned", 0),
            ("nCounted", execution.windowed(stages)),
            ("nSkipped", stages.skip.min(matched)),
        ],
        "RECORD_STORE_FAST_COUNT" => {
            vec![("nReturned", 0), ("nCounted", execution.windowed(stages))]
        }
        "UPDATE" => vec![
            ("nReturned", 0),
            ("nMatched", matched),
            ("nWouldUpsert", upserts),
        ],
        "DELETE" | "BATCHED_DELETE" => vec![("nReturned", 0), ("nWouldDelete", matched)],
        "IXSCAN" => vec![("nReturned", keys), ("keysExamined", keys)],
        "FETCH" | "COLLSCAN" => vec![("nReturned", matched), ("docsExamined", documents)],
        "CLUSTERED_IXSCAN" | "IDHACK" | "DISTINCT_SCAN" => vec![
            ("nReturned", matched),
            ("keysExamined", keys),
            ("docsExamined", documents),
        ],
        "SORT" => {
            let kept = match stages.limit {
                0 => matched,
                limit => matched.min(stages.skip.saturating_add(limit)),
            };
            vec![("nReturned", kept)]
        }
        _ => vec![("nReturned", execution.windowed(stages))],
    }
}
