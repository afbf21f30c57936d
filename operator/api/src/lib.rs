//! The Kubernetes surface: custom resources, conditions, and the two values that pass between operator and Job.
//!
//! [`SchemaMigration`] is what a person writes, [`SchemaPlan`] what the Job publishes. [`input::RunInput`] goes from
//! the operator to the Job, [`result::Termination`] and [`SchemaPlanStatus`] come back. [`manifest::parse`] reads
//! manifests as strictly as an API server that refuses unknown fields.

mod backup;
mod condition;
pub mod crd;
pub mod duration;
pub mod input;
pub mod manifest;
mod migration;
mod plan;
mod pod;
mod policy;
pub mod result;
pub mod rules;
mod schemas;
mod script;
mod shown;
pub mod size;
mod source;
mod status;
mod steps;
mod target;

pub use backup::{Backup, BackupWhen, CronJobRef};
pub use condition::{Condition, ConditionStatus, ConditionType};
pub use migration::{SchemaMigration, SchemaMigrationSpec};
pub use plan::{
    PlanApproval, PlanContent, PlanHazard, PlanState, PlanStep, SchemaPlan, SchemaPlanSpec, SchemaPlanStatus,
    StepMode, StepResult,
};
pub use pod::{JobSettings, Resources, SecurityContext, Toleration};
pub use policy::{
    ApprovalPolicy, Destructive, Drift, Execution, KeepDroppedData, MaxLock, Mode, Policy, SpecApproval,
};
pub use script::{MAX_PACKED, ScriptError, pack, unpack};
pub use shown::{Counted, shown};
pub use source::{ConfigMapKey, DatamodelSource, Edition, Language};
pub use status::{Applied, LastFailure, LastRun, PlanSummary, SchemaMigrationStatus};
pub use steps::{DataStep, Steps};
pub use target::{Credential, Credentials, Provider, SecretKeyRef, SecretSource, SqliteTarget, Target};

/// The API group.
pub const GROUP: &str = "schemalift.dev";
/// The version that is served and stored.
pub const VERSION: &str = "v1alpha1";
/// Annotation whose change asks for an attempt now.
pub const RECONCILE_AT: &str = "schemalift.dev/reconcile-at";
/// Label on everything that belongs to one `SchemaMigration`: its name, shortened when too long for a label.
pub const MIGRATION_LABEL: &str = "schemalift.dev/migration";
/// Label on a Job that makes a backup for a `SchemaMigration`: its name, shortened when too long for a label.
pub const BACKUP_LABEL: &str = "schemalift.dev/backup-for";
/// Label on what the operator made, with [`MANAGER`] as value.
pub const MANAGED_BY: &str = "app.kubernetes.io/managed-by";
/// Value of [`MANAGED_BY`] and field manager of the operator.
pub const MANAGER: &str = "schemalift";
/// `ServiceAccount` of a Job, `ClusterRole` and `RoleBinding` that let it publish plans.
pub const JOB_ACCOUNT: &str = "schemalift-job";
/// Where a Job finds its input.
pub const INPUT_PATH: &str = "/etc/schemalift/input/input.json";
/// Folder with one file per secret field: `url`, or `host`, `port`, `user`, `password`, `database`.
pub const SECRET_PATH: &str = "/etc/schemalift/secret";
/// Where a Job mounts the volume of a SQLite file.
pub const DATA_PATH: &str = "/data";
/// Where a Job writes its [`result::Termination`].
pub const TERMINATION_PATH: &str = "/dev/termination-log";

/// Value of [`MIGRATION_LABEL`] for a SchemaMigration of this name.
pub fn migration_label(name: &str) -> String {
    let label: String = name.chars().take(63).collect();
    label.trim_end_matches(['-', '.']).to_owned()
}
