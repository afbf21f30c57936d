//! How far it got: [`SchemaMigrationStatus`].

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Condition, ConditionStatus, ConditionType, schemas};

/// Status of a SchemaMigration.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SchemaMigrationStatus {
    /// Generation of the spec that this status speaks of; -1 before the first look.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
    /// Conditions, one per type.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 16), extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["type"]))]
    pub conditions: Vec<Condition>,
    /// The plan of this spec.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<PlanSummary>,
    /// What was applied last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub applied: Option<Applied>,
    /// Steps of the plan that are not done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pending_steps: Option<u32>,
    /// Where a run is, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<String>,
    /// Name of the Job at work, or of the last one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job: Option<String>,
    /// The last run whose result was recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_run: Option<LastRun>,
    /// Finished runs of this input that failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attempts: Option<u32>,
    /// When the next attempt is due.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schemas::timestamp")]
    pub next_attempt_time: Option<Timestamp>,
    /// Since when it could run if the namespace's Lease were free: its place in the queue.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schemas::timestamp")]
    pub runnable_since: Option<Timestamp>,
    /// Value of the annotation schemalift.dev/reconcile-at that was served last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 256))]
    pub last_handled_reconcile_at: Option<String>,
    /// The last failure; gone after success.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_failure: Option<LastFailure>,
}

impl SchemaMigrationStatus {
    /// The condition of this type.
    pub fn condition(&self, type_: ConditionType) -> Option<&Condition> {
        self.conditions.iter().find(|condition| condition.type_ == type_.as_str())
    }

    /// Whether the condition of this type is `True`.
    pub fn is_true(&self, type_: ConditionType) -> bool {
        self.condition(type_).is_some_and(|condition| condition.status == ConditionStatus::True)
    }
}

/// The plan of the present spec.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PlanSummary {
    /// Name of the SchemaPlan; absent when the plan fits no object.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Its digest, which an approval names.
    pub digest: String,
    /// How many steps it has.
    pub steps: u32,
    /// Whether it can lose data.
    pub destructive: bool,
    /// How many hazards it has.
    pub hazards: u32,
}

/// What was applied last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Applied {
    /// Digest of the plan.
    pub digest: String,
    /// Id of the history row.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub migration: Option<String>,
    /// SHA-256 of `spec.target` at that time: while it is the same, a database without history has lost it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64))]
    pub target: Option<String>,
    /// When.
    #[schemars(schema_with = "schemas::timestamp")]
    pub at: Timestamp,
    /// How long the run took.
    pub duration_seconds: i64,
}

/// Why the last attempt failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct LastFailure {
    /// One word of the closed list.
    pub reason: String,
    /// What happened and what to do.
    #[schemars(length(max = 32_768))]
    pub message: String,
    /// When.
    #[schemars(schema_with = "schemas::timestamp")]
    pub at: Timestamp,
    /// Failed attempts in a row.
    pub attempts: u32,
    /// Steps of the plan that were done by then; absent when there was no plan yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub steps_done: Option<u32>,
}

/// A run whose result was recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct LastRun {
    /// Name of its Job.
    pub job: String,
    /// SHA-256 of its input without the approval.
    pub input_digest: String,
    /// Generation of the spec that it ran; an edit after a failure asks for another run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub generation: Option<i64>,
    /// The approval that it was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approved_digest: Option<String>,
    /// How it ended.
    pub reason: String,
    /// How it ended, for people.
    #[schemars(length(max = 32_768))]
    pub message: String,
}
