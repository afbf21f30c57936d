//! What a run found and did.

use std::time::Duration;

use reason::Reason;
use schema::ObjectName;
use serde::Serialize;
use sql::Script;

/// A plan with what the database said of its hazards.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct JudgedPlan {
    /// The statements.
    pub script: Script,
    /// For each step, for each of its hazards: the number of rows concerned, where it could be counted.
    pub counts: Vec<Vec<Option<u64>>>,
}

impl JudgedPlan {
    /// True when data would be lost, as far as the counts can tell.
    pub fn loses_data(&self) -> bool {
        self.hazards()
            .any(|(hazard, count)| hazard.hazard.code.harm() == plan::Harm::Loss && count != Some(0))
    }

    /// All hazards with their counts, in the order of the steps.
    pub fn hazards(&self) -> impl Iterator<Item = (&sql::ScriptHazard, Option<u64>)> {
        self.script.steps.iter().zip(&self.counts).flat_map(|(step, counts)| {
            step.hazards.iter().zip(counts.iter().copied().chain(std::iter::repeat(None)))
        })
    }
}

/// The result of looking, and of running.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// What it came to.
    pub reason: Reason,
    /// The same in a sentence or two, with what to do.
    pub message: String,
    /// The plan, when there was one that is not empty.
    pub plan: Option<JudgedPlan>,
    /// Row of the history.
    pub migration: Option<i64>,
    /// Steps that are done.
    pub steps_done: usize,
    /// Steps of the plan.
    pub steps_total: usize,
    /// Time of the steps.
    pub elapsed: Duration,
    /// Tables that no datamodel owns; never touched.
    pub unmanaged: Vec<ObjectName>,
    /// What changed behind the history, one line each.
    pub drift: Vec<String>,
}

/// A run that could not come to an outcome.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Failure {
    /// Why.
    pub reason: Reason,
    /// What happened and what to do; never a secret.
    pub message: String,
}

impl Failure {
    /// A failure of this reason.
    pub fn new(reason: Reason, message: impl Into<String>) -> Self {
        Self { reason, message: message.into() }
    }
}

impl From<database::Error> for Failure {
    fn from(error: database::Error) -> Self {
        Self { reason: error.reason(), message: error.to_string() }
    }
}

impl From<plan::Refusal> for Failure {
    fn from(refusal: plan::Refusal) -> Self {
        Self { reason: Reason::PolicyForbids, message: refusal.to_string() }
    }
}
