//! From the words of a manifest to those of the pipeline, for the Job and the command line alike.

use std::time::Duration;

use api::size::{self, Size};
use database::{Settings, Target};
use plan::Blocks;

use crate::{ApprovalRule, BackupRule, Destructive, DriftRule, FirstContact, Limits, Policy, RunMode};

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
            rewrite: execution
                .forbid_rewrite_above
                .as_ref()
                .map(|text| size::parse(text).unwrap_or(Size::Rows(0))),
        },
    }
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
        ..defaults
    }
}

/// The target with the schemas that a manifest names, if it names any.
pub fn place(target: Target, schema: Option<String>, history: Option<String>) -> Target {
    let target = if schema.is_some() { target.with_namespace(schema) } else { target };
    if history.is_some() { target.with_history_namespace(history) } else { target }
}
