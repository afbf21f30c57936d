//! From the words of a manifest to those of the pipeline, for the Job and the command line alike.

use std::collections::BTreeSet;
use std::time::Duration;

use api::size::{self, Size};
use database::{Settings, Target};
use plan::Blocks;
use reason::Reason;
use schema::Dialect;
use sql::{DataSteps, ScriptStep, data_step};

use crate::{
    ApprovalRule, BackupRule, Destructive, DriftRule, Failure, FirstContact, KeepRule, Limits, Policy,
    RunMode,
};

/// The policy, with the limits that stand beside the settings of a run. Texts were checked when the manifest was; a size
/// that cannot be read allows no rewrite.
pub fn policy(policy: &api::Policy, execution: &api::Execution) -> Policy {
    Policy {
        destructive: match policy.destructive {
            api::Destructive::Forbid => Destructive::Forbid,
            api::Destructive::RequireApproval => Destructive::RequireApproval,
            api::Destructive::Allow => Destructive::Allow,
        },
        approval: if policy.approval.always { ApprovalRule::Always } else { ApprovalRule::OnLoss },
        drift: match policy.drift {
            api::Drift::Ignore => DriftRule::Ignore,
            api::Drift::Report => DriftRule::Report,
            api::Drift::Block => DriftRule::Block,
        },
        limits: Limits {
            lock: execution.max_lock.map(|most| match most {
                api::MaxLock::Nothing => Blocks::Nothing,
                api::MaxLock::Writes => Blocks::Writes,
                api::MaxLock::ReadsAndWrites => Blocks::ReadsAndWrites,
            }),
            rewrite: Some(size::parse(&execution.forbid_rewrite_above).unwrap_or(Size::Rows(0))),
        },
        keep: policy.keep_dropped_data.as_ref().map(keep),
    }
}

/// Texts were checked when the manifest was; of what cannot be read nothing is kept, and nothing is purged.
fn keep(keep: &api::KeepDroppedData) -> KeepRule {
    KeepRule {
        max_bytes: match size::parse(&keep.max_bytes) {
            Some(Size::Bytes(bytes)) => bytes,
            _ => 0,
        },
        retention: api::duration::parse(&keep.retention).unwrap_or(Duration::MAX),
    }
}

/// `spec.steps`; what cannot be run beside its history row is refused, and the message says which step and why.
pub fn steps(dialect: Dialect, steps: Option<&api::Steps>) -> Result<DataSteps, Failure> {
    let Some(api::Steps { before, after }) = steps else { return Ok(DataSteps::default()) };
    let mut seen = BTreeSet::new();
    let mut read = |field: &str, steps: &[api::DataStep]| -> Result<Vec<ScriptStep>, Failure> {
        let read = |(at, step): (usize, &api::DataStep)| {
            let refused = |why: String| {
                let text = format!("spec.steps.{field}[{at}] `{}`: {why}.", step.name);
                Failure::new(Reason::ManifestInvalid, text)
            };
            if seen.insert(step.name.clone()) {
                data_step(dialect, &step.name, &step.sql).map_err(refused)
            } else {
                Err(refused("another step has this name".to_owned()))
            }
        };
        steps.iter().enumerate().map(read).collect()
    };
    Ok(DataSteps { before: read("before", before)?, after: read("after", after)? })
}

/// `spec.backup.when`.
pub const fn backup(when: Option<api::BackupWhen>) -> BackupRule {
    match when {
        None => BackupRule::Never,
        Some(api::BackupWhen::Destructive) => BackupRule::OnLoss,
        Some(api::BackupWhen::Always) => BackupRule::Always,
    }
}

/// How far to go.
pub const fn mode(mode: api::Mode) -> RunMode {
    match mode {
        api::Mode::Apply => RunMode::Apply,
        api::Mode::Plan => RunMode::Plan,
        api::Mode::Verify => RunMode::Verify,
    }
}

/// `spec.adopt`.
pub const fn first_contact(adopt: bool) -> FirstContact {
    if adopt { FirstContact::Adopt } else { FirstContact::Ask }
}

/// Limits of the session. Texts were checked when the manifest was; a default stands in for what cannot be read.
pub fn settings(execution: &api::Execution, application_name: String) -> Settings {
    let defaults = Settings::default();
    let read = |text: &str, default: Duration| api::duration::parse(text).unwrap_or(default);
    Settings {
        application_name,
        lock_timeout: read(&execution.lock_timeout, defaults.lock_timeout),
        statement_timeout: read(&execution.statement_timeout, defaults.statement_timeout),
        lock_retries: execution.lock_retries,
        // What cannot be read lets nobody be behind.
        max_replica_lag: execution.max_replica_lag.as_ref().map(|text| read(text, Duration::ZERO)),
        ..defaults
    }
}

/// The target with the schemas that a manifest names, if it names any.
pub fn place(target: Target, schema: Option<String>, history: Option<String>) -> Target {
    let target = if schema.is_some() { target.with_namespace(schema) } else { target };
    if history.is_some() { target.with_history_namespace(history) } else { target }
}
