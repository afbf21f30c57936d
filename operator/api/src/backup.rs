//! A backup before a plan runs: [`Backup`].

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Which plans need a backup.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum BackupWhen {
    /// Those that can lose data.
    #[default]
    Destructive,
    /// Every plan.
    Always,
}

/// A Job that must succeed before a plan runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Backup {
    /// Destructive (default): plans that can lose data. Always: every plan.
    #[serde(default)]
    pub when: BackupWhen,
    /// The `CronJob` of this namespace that the Job is made from, as kubectl create job --from does.
    pub from_cron_job: CronJobRef,
    /// How old a backup may be when the plan starts.
    #[serde(default = "max_age")]
    #[schemars(length(min = 2, max = 32), regex(pattern = crate::duration::PATTERN))]
    pub max_age: String,
}

/// A `CronJob` of the same namespace.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CronJobRef {
    /// Its name.
    #[schemars(length(min = 1, max = 52))]
    pub name: String,
}

fn max_age() -> String {
    "1h".to_owned()
}
