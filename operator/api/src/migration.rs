//! What a person writes: [`SchemaMigration`].

use kube::CustomResource;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    Backup, DatamodelSource, Execution, JobSettings, Mode, Policy, SchemaMigrationStatus, SpecApproval,
    Steps, Target,
};

/// Brings a database to the schema that a datamodel describes.
#[derive(CustomResource, Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[kube(
    group = "schemalift.dev",
    version = "v1alpha1",
    kind = "SchemaMigration",
    plural = "schemamigrations",
    shortname = "smig",
    category = "schemalift",
    namespaced,
    status = "SchemaMigrationStatus",
    derive = "PartialEq",
    attr = "doc = \"Brings a database to the schema that a datamodel describes.\""
)]
#[serde(rename_all = "camelCase")]
pub struct SchemaMigrationSpec {
    /// The database.
    pub target: Target,
    /// What the database should look like.
    pub datamodel: DatamodelSource,
    /// Apply (default), Plan (publish, never run) or Verify (fail when they differ).
    #[serde(default)]
    pub mode: Mode,
    /// SQL of your own before and after the changes of the structure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub steps: Option<Steps>,
    /// What a plan may do, and what needs an approval.
    #[serde(default)]
    pub policy: Policy,
    /// Approves one plan through Git.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approval: Option<SpecApproval>,
    /// Accept existing tables that differ from the datamodel as the starting point.
    #[serde(default)]
    pub adopt: bool,
    /// A backup that must succeed before a plan runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backup: Option<Backup>,
    /// How statements are run.
    #[serde(default)]
    pub execution: Execution,
    /// Settings of the Job.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job: Option<JobSettings>,
    /// Start nothing new; a run at work is finished.
    #[serde(default)]
    pub suspend: bool,
}

impl SchemaMigrationSpec {
    /// This datamodel for that database, everything else as it is when a manifest leaves it out.
    pub fn new(target: Target, datamodel: DatamodelSource) -> Self {
        Self {
            target,
            datamodel,
            mode: Mode::default(),
            steps: None,
            policy: Policy::default(),
            approval: None,
            adopt: false,
            backup: None,
            execution: Execution::default(),
            job: None,
            suspend: false,
        }
    }
}
