//! What happens next: [`decide`]. Pure: no clock, no network; the table in its tests is the specification.

use api::{Mode, RECONCILE_AT, SchemaMigration, SchemaMigrationStatus, SchemaPlan, input::RunInput};
use jiff::Timestamp;
use kube::ResourceExt;
use reason::{Class, Reason};

use crate::{
    backup::{self, BackupView, Next},
    digest::plan_digest,
    input,
};

/// Everything that a pass knows.
#[derive(Debug, Clone)]
pub(crate) struct Observed {
    /// The resource, read live.
    pub migration: SchemaMigration,
    /// Id of the cluster: UID of the namespace `kube-system`.
    pub cluster: String,
    /// The datamodel's text, or why there is none.
    pub source: Result<String, String>,
    /// One line when the text has errors.
    pub invalid: Option<String>,
    /// Jobs of this resource, oldest first.
    pub jobs: Vec<JobView>,
    /// `SchemaPlans` of this resource, oldest first.
    pub plans: Vec<SchemaPlan>,
    /// Backup Jobs of this resource, oldest first.
    pub backups: Vec<BackupView>,
    /// Whether the plan that the status names is not among them and an object of its name exists all the same.
    pub usurped: bool,
    /// Job that holds the namespace's Lease and is alive.
    pub holder: Option<String>,
    /// `SchemaMigration` that has waited for the Lease for longer.
    pub ahead: Option<String>,
}

/// What matters of a Job.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct JobView {
    /// Its name.
    pub name: String,
    /// Input digest without approval, from its annotation.
    pub input_digest: String,
    /// Approval that it was given, from its annotation.
    pub approved_digest: Option<String>,
    /// Generation of the spec that it runs, from its annotation.
    pub generation: Option<i64>,
    /// Whether it has ended.
    pub finished: bool,
    /// Whether its TTL is set: nothing more to do with it.
    pub closed: bool,
    /// What its container left.
    pub termination: Option<api::result::Termination>,
    /// What Kubernetes says is wrong with it.
    pub problem: Option<String>,
    /// Its pod and the pod's node, when that was told to end and has not.
    pub ending: Option<(String, String)>,
    /// Since when it has been without a pod.
    pub podless_since: Option<Timestamp>,
}

/// What happens next.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Decision {
    /// The resource is going; nothing.
    Leave,
    /// Write the result of this finished Job into the status.
    Record(JobView),
    /// A Job is at work.
    Watch(JobView),
    /// Nothing is to be done; the status follows from the last run.
    Settled,
    /// Somebody or something else has to act first, or an edit.
    Blocked(Reason, String),
    /// Make a backup for the present plan by a Job of this name.
    BackUp(String),
    /// The last backup failed, as this says; the next one is due then.
    BackUpFailed(String, Timestamp),
    /// The last run failed; the next one is due then.
    BackOff(Timestamp),
    /// Another Job has the Lease, or another resource is first.
    Queue(String),
    /// Start this run.
    Start(Box<Start>),
}

/// A run to be started.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Start {
    /// Its input.
    pub input: RunInput,
    /// Digest of the input without approval.
    pub base: String,
    /// Number of earlier failures of this input.
    pub attempt: u32,
    /// Whether a person asked for it by annotation.
    pub asked: Option<String>,
    /// Job after which this one comes although nothing else changed: its plan waited for an approval and was deleted, or
    /// it made the backup.
    pub after: Option<String>,
}

/// Chooses what happens next.
pub(crate) fn decide(observed: &Observed, now: Timestamp) -> Decision {
    let migration = &observed.migration;
    if migration.metadata.deletion_timestamp.is_some() {
        return Decision::Leave;
    }
    let empty = SchemaMigrationStatus::default();
    let status = migration.status.as_ref().unwrap_or(&empty);
    let recorded = status.last_run.as_ref().map(|run| run.job.as_str());
    if let Some(job) = observed.jobs.iter().find(|job| !job.finished) {
        return Decision::Watch(job.clone());
    }
    let unrecorded = |job: &&JobView| !job.closed && recorded != Some(job.name.as_str());
    if let Some(job) = observed.jobs.iter().rev().find(unrecorded) {
        return Decision::Record(job.clone());
    }
    let text = match &observed.source {
        Ok(text) => text,
        Err(message) => return Decision::Blocked(Reason::SourceNotFound, message.clone()),
    };
    if let Some(message) = &observed.invalid {
        return Decision::Blocked(Reason::DatamodelInvalid, message.clone());
    }
    let input = input::build(migration, &observed.cluster, text, None);
    let Ok(bytes) = input.to_bytes() else {
        return Decision::Blocked(Reason::InternalError, "the input cannot be written".into());
    };
    if bytes.len() > api::input::MAX_INPUT {
        let message = format!(
            "The datamodel and its settings have {} bytes; a run takes at most {}. Make the datamodel smaller.",
            bytes.len(),
            api::input::MAX_INPUT
        );
        return Decision::Blocked(Reason::PlanTooLarge, message);
    }
    let base = api::input::sha256(&bytes);
    follow(observed, status, input, base, now)
}

/// Chooses by how the last run of this input ended.
fn follow(
    observed: &Observed,
    status: &SchemaMigrationStatus,
    mut input: RunInput,
    base: String,
    now: Timestamp,
) -> Decision {
    let migration = &observed.migration;
    let spec_approval = migration.spec.approval.as_ref().map(|a| a.plan_digest.clone());
    let last = status.last_run.as_ref().filter(|run| run.input_digest == base);
    let asked = migration
        .annotations()
        .get(RECONCILE_AT)
        .filter(|value| Some(*value) != status.last_handled_reconcile_at.as_ref())
        .cloned();
    let backup = backup_for_plan(observed, status, now);
    let mut attempt = 0;
    let mut after = None;
    match last {
        None => input.approved_digest = spec_approval,
        Some(run) => {
            let reason = Reason::parse(&run.reason).unwrap_or(Reason::InternalError);
            attempt = status.attempts.unwrap_or_default();
            input.approved_digest.clone_from(&run.approved_digest);
            let approved = match approval(observed, status, spec_approval) {
                Ok(approved) => approved,
                Err(message) => return Decision::Blocked(Reason::PlanForged, message),
            };
            let newly = approved.is_some() && approved != run.approved_digest;
            if reason == Reason::AwaitingApproval && newly && migration.spec.mode == Mode::Apply {
                input.approved_digest = approved;
            } else if asked.is_some() {
                input.approved_digest = approved.or(input.approved_digest);
            } else if reason == Reason::AwaitingApproval && observed.usurped {
                return Decision::Blocked(
                    Reason::PlanForged,
                    format!(
                        "SchemaPlan {} is not of this SchemaMigration; its approval would count for nothing. Delete it and \
                         set the annotation {RECONCILE_AT} to plan again.",
                        input::named_plan(migration).unwrap_or_default()
                    ),
                );
            } else if reason == Reason::AwaitingApproval && plan_is_gone(observed) {
                after = Some(run.job.clone());
            } else if reason == Reason::AwaitingBackup {
                if migration.spec.suspend {
                    return suspended();
                }
                match &backup {
                    Some(Next::Made(job)) => after = Some(job.clone()),
                    Some(Next::Make(name)) => return Decision::BackUp(name.clone()),
                    Some(Next::Wait(job)) => {
                        return Decision::Blocked(Reason::AwaitingBackup, backup::at_work(job));
                    }
                    Some(Next::Failed(message, due)) => return Decision::BackUpFailed(message.clone(), *due),
                    None => return Decision::Settled,
                }
            } else {
                match (reason.class(), status.next_attempt_time) {
                    (Class::Transient, Some(due)) if due > now => {
                        return if migration.spec.suspend { suspended() } else { Decision::BackOff(due) };
                    }
                    (Class::Transient, _) => {}
                    (Class::Success | Class::Waiting | Class::Terminal, _) => {
                        return Decision::Settled;
                    }
                }
            }
        }
    }
    if migration.spec.suspend {
        return suspended();
    }
    if let Some(holder) = observed.holder.as_ref().or(observed.ahead.as_ref()) {
        return Decision::Queue(holder.clone());
    }
    // Beside the base, which must not change by a run's success.
    let applied_to = status.applied.as_ref().and_then(|applied| applied.target.as_deref());
    input.history_expected = applied_to == Some(input::target_digest(&migration.spec.target).as_str());
    if let Some(Next::Made(_)) = backup {
        input.backed_up_digest = status.plan.as_ref().map(|plan| plan.digest.clone());
    }
    Decision::Start(Box::new(Start { input, base, attempt, asked, after }))
}

/// What the present plan needs of a backup, where the spec asks for one.
fn backup_for_plan(observed: &Observed, status: &SchemaMigrationStatus, now: Timestamp) -> Option<Next> {
    let wanted = observed.migration.spec.backup.as_ref()?;
    let digest = &status.plan.as_ref()?.digest;
    Some(backup::next(&observed.migration, wanted, &observed.backups, digest, now))
}

/// Whether somebody deleted the plan that waits: it is made and published again.
fn plan_is_gone(observed: &Observed) -> bool {
    let name = input::named_plan(&observed.migration);
    name.is_some_and(|name| observed.plans.iter().all(|plan| plan.metadata.name.as_deref() != Some(name)))
}

fn suspended() -> Decision {
    Decision::Blocked(Reason::Suspended, "spec.suspend is set; set it to false to go on.".to_owned())
}

/// The approval of the present plan, if there is one; an error when the plan object is forged.
fn approval(
    observed: &Observed,
    status: &SchemaMigrationStatus,
    spec: Option<String>,
) -> Result<Option<String>, String> {
    let Some(summary) = &status.plan else {
        return Ok(spec);
    };
    if spec.as_deref() == Some(summary.digest.as_str()) {
        return Ok(spec);
    }
    let plan = observed.plans.iter().find(|plan| summary.name.as_deref() == plan.metadata.name.as_deref());
    let Some((plan, approval)) = plan.and_then(|plan| Some((plan, plan.spec.approval.as_ref()?))) else {
        return Ok(None);
    };
    match plan_digest(plan) {
        Some(digest) if digest == approval.digest && digest == summary.digest => Ok(Some(digest)),
        _ => Err(format!(
            "SchemaPlan {} does not carry the digest of its own text; its approval is refused. \
             Delete it to have it planned again.",
            plan.name_any()
        )),
    }
}

#[cfg(test)]
mod tests;
