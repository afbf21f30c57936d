//! What a Job publishes: [`SchemaPlan`].

use jiff::Timestamp;
use kube::CustomResource;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Provider, schemas};

/// A plan for review, and then its result. Written by the Job; only the approval and the status ever change.
#[derive(CustomResource, Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[kube(
    group = "schemalift.dev",
    version = "v1alpha1",
    kind = "SchemaPlan",
    plural = "schemaplans",
    shortname = "splan",
    category = "schemalift",
    namespaced,
    status = "SchemaPlanStatus",
    derive = "PartialEq",
    attr = "doc = \"A plan for review, and then its result.\""
)]
#[serde(rename_all = "camelCase")]
pub struct SchemaPlanSpec {
    /// The plan; cannot be changed.
    pub plan: PlanContent,
    /// The approval; set by an update.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approval: Option<PlanApproval>,
}

/// A plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PlanContent {
    /// Digest of the plan: what an approval names.
    #[schemars(length(equal = 71), regex(pattern = r"^sha256:[0-9a-f]{64}$"))]
    pub digest: String,
    /// Fingerprint of the schema before.
    #[schemars(length(max = 128))]
    pub from: String,
    /// Fingerprint of the schema after.
    #[schemars(length(max = 128))]
    pub to: String,
    /// Whose SQL it is.
    pub provider: Provider,
    /// Whether it can lose data.
    #[serde(default)]
    pub destructive: bool,
    /// How many steps it has, also when steps does not show them all.
    #[serde(default)]
    pub steps_total: u32,
    /// The steps, for people.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 2000))]
    pub steps: Vec<PlanStep>,
    /// The SQL of the way back, when it is short enough to be shown; the history keeps it whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 65_536))]
    pub reverse: Option<String>,
    /// What the way back leaves undone, or why there is none; empty when it undoes everything.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 100), inner(length(max = 1024)))]
    pub remains: Vec<String>,
    /// The whole plan, gzip and base64: what the digest is computed from.
    #[schemars(length(max = 921_600))]
    pub script: String,
}

/// One step of a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PlanStep {
    /// Kind, such as `CreateTable`.
    #[schemars(length(max = 64))]
    pub kind: String,
    /// The object it concerns.
    #[schemars(length(max = 512))]
    pub object: String,
    /// One line for people.
    #[schemars(length(max = 1024))]
    pub summary: String,
    /// How it is run.
    pub mode: StepMode,
    /// Its statements.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 64), inner(length(max = 262_144)))]
    pub sql: Vec<String>,
    /// What could hurt.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 64))]
    pub hazards: Vec<PlanHazard>,
}

/// How a step is run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum StepMode {
    /// In one transaction with its neighbours.
    Grouped,
    /// In a transaction of its own.
    Alone,
    /// Outside any transaction.
    NoTransaction,
}

impl From<sql::Mode> for StepMode {
    fn from(mode: sql::Mode) -> Self {
        match mode {
            sql::Mode::Grouped => Self::Grouped,
            sql::Mode::Alone => Self::Alone,
            sql::Mode::NoTransaction => Self::NoTransaction,
        }
    }
}

/// What could hurt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PlanHazard {
    /// Stable code.
    #[schemars(length(max = 64))]
    pub code: String,
    /// What could happen, for people.
    #[schemars(length(max = 2048))]
    pub message: String,
    /// How many rows it concerns, when they were counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rows: Option<i64>,
    /// The primary key of one of these rows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 256))]
    pub example: Option<String>,
}

/// An approval of exactly one plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PlanApproval {
    /// Who, as the person says; the API server's audit log says who it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 253))]
    pub by: Option<String>,
    /// When.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schemas::timestamp")]
    pub at: Option<Timestamp>,
    /// Digest of the plan that was read.
    #[schemars(length(equal = 71), regex(pattern = r"^sha256:[0-9a-f]{64}$"))]
    pub digest: String,
}

/// Where a plan stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum PlanState {
    /// Published and not run.
    #[default]
    Proposed,
    /// A Job is at work on it, or was until it was killed.
    Running,
    /// Run and proved.
    Applied,
    /// Stopped by a failure.
    Failed,
    /// Replaced by a newer plan.
    Superseded,
}

/// Result of a plan.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SchemaPlanStatus {
    /// Where the plan stands.
    #[serde(default)]
    pub state: PlanState,
    /// One word of the closed list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 128))]
    pub reason: Option<String>,
    /// For people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 32_768))]
    pub message: Option<String>,
    /// Steps that are done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub steps_done: Option<u32>,
    /// All steps.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub steps_total: Option<u32>,
    /// Id of the history row.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 128))]
    pub migration: Option<String>,
    /// When the first step began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schemas::timestamp")]
    pub started_at: Option<Timestamp>,
    /// When the run ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schemas::timestamp")]
    pub finished_at: Option<Timestamp>,
    /// Result of each step, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 2000))]
    pub step_results: Vec<StepResult>,
}

/// Result of one step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct StepResult {
    /// Index of the step, from 0.
    pub index: u32,
    /// done, failed or running.
    #[schemars(length(max = 32))]
    pub state: String,
    /// How long it took.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration_ms: Option<i64>,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 4096))]
    pub message: Option<String>,
}
