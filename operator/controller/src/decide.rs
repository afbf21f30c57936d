//! What happens next: [`decide`]. Pure: no clock, no network; the table in its tests is the specification.

use api::{LastRun, Mode, RECONCILE_AT, SchemaMigration, SchemaMigrationStatus, SchemaPlan, input::RunInput};
use jiff::{SignedDuration, Timestamp};
use kube::ResourceExt;
use reason::{Class, Reason};

use crate::{
    backup::{self, BackupView, Next},
    digest::plan_digest,
    input,
};

/// How long a Job may be unable to start: a new node takes its time, and the next attempt finds it.
const STUCK: SignedDuration = SignedDuration::from_secs(120);
/// The same once the spec was edited.
const EDITED: SignedDuration = SignedDuration::from_secs(15);

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
    /// Since when its pod cannot start, or it gets none; nothing has run then.
    pub stuck_since: Option<Timestamp>,
    /// Why it was ended before it started, from its annotation.
    pub given_up: Option<String>,
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
    /// End this Job, which cannot start, for this reason.
    GiveUp(JobView, String),
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
    /// Number of earlier failures in a row of this input.
    pub attempt: u32,
    /// Whether a person asked for it by annotation.
    pub asked: Option<String>,
    /// Job of the last run, after which this one comes: an input that returns after another one is a run of its own.
    pub after: Option<String>,
}

/// Digest of the input of a run of the present spec, without approval; `None` where there is no text. While it is that of
/// the last run, what that run found out still holds, whatever else was edited.
pub(crate) fn input_digest(observed: &Observed) -> Option<String> {
    let text = observed.source.as_ref().ok()?;
    let bytes = input::build(&observed.migration, &observed.cluster, text, None).to_bytes().ok()?;
    Some(api::input::sha256(&bytes))
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
        return match given_up(job, migration.metadata.generation, now) {
            Some(why) => Decision::GiveUp(job.clone(), why),
            None => Decision::Watch(job.clone()),
        };
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
    if migration.spec.target.sqlite.as_ref().is_some_and(|file| file.volume_claim_name.is_none()) {
        let message = "In the cluster a SQLite file is on a volume: name its PersistentVolumeClaim in \
                       `spec.target.sqlite.volumeClaimName`.";
        return Decision::Blocked(Reason::ManifestInvalid, message.to_owned());
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

/// Why a Job by which nothing was run ends now: it holds the Lease, and would go on to until its deadline. An edit may be what
/// lets the next one start.
fn given_up(job: &JobView, generation: Option<i64>, now: Timestamp) -> Option<String> {
    let since = job.stuck_since.filter(|_| job.ending.is_none() && job.given_up.is_none())?;
    let edited = job.generation.is_some() && job.generation != generation;
    let patience = if edited { EDITED } else { STUCK };
    let why = job.problem.as_deref().unwrap_or(
        "it got no pod; a quota, an admission webhook or Pod Security may refuse it, and the Job's events say which",
    );
    let message = || format!("Job {} could not start and was ended: {why}", job.name);
    (now.duration_since(since) >= patience).then(message)
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
    let after = status.last_run.as_ref().map(|run| run.job.clone());
    let last = status.last_run.as_ref().filter(|run| run.input_digest == base);
    let asked = migration
        .annotations()
        .get(RECONCILE_AT)
        .filter(|value| Some(*value) != status.last_handled_reconcile_at.as_ref())
        .cloned();
    let backup = backup_for_plan(observed, status, now);
    let mut attempt = 0;
    match last {
        None => input.approved_digest = spec_approval,
        Some(run) => {
            let reason = Reason::parse(&run.reason).unwrap_or(Reason::InternalError);
            attempt = status.attempts.unwrap_or_default();
            input.approved_digest = match approval(observed, status, spec_approval.as_ref()) {
                // One of another plan goes along: the run looks whether that is the plan by now, and says when it is not.
                Ok(approved) => approved.or(spec_approval),
                Err(message) => return Decision::Blocked(Reason::PlanForged, message),
            };
            let newly = input.approved_digest.is_some() && input.approved_digest != run.approved_digest;
            let approved = reason == Reason::AwaitingApproval && newly && migration.spec.mode == Mode::Apply;
            // Who edits what failed wants to see whether it helped.
            let edited = run.generation.is_some() && run.generation != migration.metadata.generation;
            let again = asked.is_some() || approved || (failed(reason) && edited);
            if !again && let Some(decision) = rest(observed, status, run, backup.as_ref(), now) {
                return decision;
            }
        }
    }
    if migration.spec.suspend {
        return suspended(last);
    }
    let holder = observed.holder.as_ref().map(|job| format!("Job {job}"));
    if let Some(first) = holder.or_else(|| observed.ahead.clone()) {
        return Decision::Queue(first);
    }
    // Beside the base, which must not change by a run's success.
    let applied_to = status.applied.as_ref().and_then(|applied| applied.target.as_deref());
    input.history_expected = applied_to == Some(input::target_digest(&migration.spec.target).as_str());
    if let Some(Next::Made(_)) = backup {
        input.backed_up_digest = status.plan.as_ref().map(|plan| plan.digest.clone());
    }
    Decision::Start(Box::new(Start { input, base, attempt, asked, after }))
}

/// Why nothing follows the last run of this input; `None` when another run does.
fn rest(
    observed: &Observed,
    status: &SchemaMigrationStatus,
    run: &LastRun,
    backup: Option<&Next>,
    now: Timestamp,
) -> Option<Decision> {
    let migration = &observed.migration;
    let suspend = migration.spec.suspend;
    let reason = Reason::parse(&run.reason).unwrap_or(Reason::InternalError);
    match (reason, reason.class()) {
        (Reason::AwaitingApproval, _) if observed.usurped => Some(Decision::Blocked(
            Reason::PlanForged,
            format!(
                "SchemaPlan {} is not of this SchemaMigration; its approval would count for nothing. Delete it and set the \
                 annotation {RECONCILE_AT} to plan again.",
                input::named_plan(migration).unwrap_or_default()
            ),
        )),
        (Reason::AwaitingApproval, _) if plan_is_gone(observed) => None,
        (Reason::AwaitingBackup, _) if suspend => Some(suspended(None)),
        (Reason::AwaitingBackup, _) => match backup {
            Some(Next::Made(_)) => None,
            Some(Next::Make(name)) => Some(Decision::BackUp(name.clone())),
            Some(Next::Wait(job)) => Some(Decision::Blocked(Reason::AwaitingBackup, backup::at_work(job))),
            Some(Next::Failed(message, due)) => Some(Decision::BackUpFailed(message.clone(), *due)),
            None => Some(Decision::Settled),
        },
        (_, Class::Transient) => {
            let due = status.next_attempt_time.filter(|due| *due > now)?;
            Some(if suspend { suspended(Some(run)) } else { Decision::BackOff(due) })
        }
        (_, Class::Success | Class::Waiting | Class::Terminal) => Some(Decision::Settled),
    }
}

/// Whether a run that ended so has failed.
const fn failed(reason: Reason) -> bool {
    matches!(reason.class(), Class::Transient | Class::Terminal)
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

/// Tells of the failure that waits for its next attempt, too: without this, suspending would hide it.
fn suspended(last: Option<&LastRun>) -> Decision {
    let told = last.filter(|run| Reason::parse(&run.reason).is_some_and(failed));
    let told = told.map(|run| format!(" The last run failed: {}: {}", run.reason, run.message));
    let told = told.unwrap_or_default();
    Decision::Blocked(Reason::Suspended, format!("spec.suspend is set; set it to false to go on.{told}"))
}

/// The approval of the present plan, if there is one; an error when the plan object is forged.
fn approval(
    observed: &Observed,
    status: &SchemaMigrationStatus,
    spec: Option<&String>,
) -> Result<Option<String>, String> {
    let Some(summary) = &status.plan else {
        return Ok(spec.cloned());
    };
    if spec == Some(&summary.digest) {
        return Ok(spec.cloned());
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
