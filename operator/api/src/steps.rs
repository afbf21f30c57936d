//! SQL of a person's own around a plan: [`Steps`].

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// SQL that runs once, around the changes of the structure.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Steps {
    /// In order, before the structure changes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 100))]
    pub before: Vec<DataStep>,
    /// In order, after it changed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 100))]
    pub after: Vec<DataStep>,
}

/// One step. It runs once for its name and text; with another text it is another step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DataStep {
    /// Its name in plans and in the history.
    #[schemars(length(min = 1, max = 100), regex(pattern = r"^[A-Za-z0-9][A-Za-z0-9._-]*$"))]
    pub name: String,
    /// Its statements. After a line -- schemalift:batch key=id size=10000 pause=100ms one UPDATE or DELETE runs in parts.
    #[schemars(length(min = 1, max = 262_144))]
    pub sql: String,
}
