//! Conditions as `kubectl wait` and kstatus read them.

use jiff::Timestamp;
use reason::Reason;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::schemas;

/// The conditions of a SchemaMigration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub enum ConditionType {
    /// The database is as the datamodel says, or the plan is published where that is all that was asked.
    Ready,
    /// Work is going on; absent otherwise.
    Reconciling,
    /// Nothing more happens without an edit; absent otherwise.
    Stalled,
    /// The datamodel has no errors.
    DatamodelValid,
    /// A plan for this datamodel exists.
    Planned,
    /// The plan may be run: by approval, or because it needs none.
    Approved,
    /// The plan was run and its result proved.
    Applied,
    /// The database changed behind the history.
    Drifted,
}

impl ConditionType {
    /// The name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ready => "Ready",
            Self::Reconciling => "Reconciling",
            Self::Stalled => "Stalled",
            Self::DatamodelValid => "DatamodelValid",
            Self::Planned => "Planned",
            Self::Approved => "Approved",
            Self::Applied => "Applied",
            Self::Drifted => "Drifted",
        }
    }
}

/// Whether a condition holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum ConditionStatus {
    /// It holds.
    True,
    /// It does not.
    False,
    /// Not known yet.
    Unknown,
}

impl ConditionStatus {
    /// The name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::True => "True",
            Self::False => "False",
            Self::Unknown => "Unknown",
        }
    }
}

/// A condition in the form of metav1.Condition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Condition {
    /// Which condition.
    #[serde(rename = "type")]
    #[schemars(length(min = 1, max = 316))]
    pub type_: String,
    /// True, False or Unknown.
    pub status: ConditionStatus,
    /// Why, one word of a closed list.
    #[schemars(length(min = 1, max = 1024))]
    pub reason: String,
    /// Why, for people.
    #[serde(default)]
    #[schemars(length(max = 32_768))]
    pub message: String,
    /// When the status last changed.
    #[schemars(schema_with = "schemas::timestamp")]
    pub last_transition_time: Timestamp,
    /// Generation of the spec that this speaks of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
}

impl Condition {
    /// The reason, when it is one of ours.
    pub fn known_reason(&self) -> Option<Reason> {
        Reason::parse(&self.reason)
    }
}
