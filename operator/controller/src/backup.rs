//! The backup that a plan waits for: a Job made from a `CronJob` of the namespace (decision 16).

use std::collections::BTreeMap;
use std::time::Duration;

use api::{BACKUP_LABEL, Backup, MANAGED_BY, MANAGER, SchemaMigration, duration};
use jiff::{SignedDuration, Timestamp};
use k8s_openapi::api::batch::v1::{CronJob, Job};
use kube::{Resource, ResourceExt, api::ObjectMeta};

use crate::{backoff, input, result};

/// Annotation with the digest of the plan that the backup is for.
const PLAN_DIGEST: &str = "schemalift.dev/plan-digest";
/// What `kubectl create job --from` writes, so that tools take it for the same.
const INSTANTIATE: &str = "cronjob.kubernetes.io/instantiate";
/// How long a finished backup Job is kept at least: until its result was certainly seen, and not so long that the Jobs of
/// a backup that fails every five minutes pile up.
const KEPT: Duration = Duration::from_secs(3600);

/// What matters of a backup Job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BackupView {
    /// Its name.
    pub name: String,
    /// Digest of the plan that it is for.
    pub plan_digest: String,
    /// How far it is.
    pub state: BackupState,
}

/// How far a backup is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum BackupState {
    /// At work.
    Running,
    /// It succeeded then.
    Made(Timestamp),
    /// It failed then, in Kubernetes' own words.
    Failed(Timestamp, String),
}

/// What a plan that waits for its backup needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Next {
    /// Make this backup.
    Make(String),
    /// This Job makes it.
    Wait(String),
    /// This Job made it, not too long ago.
    Made(String),
    /// It failed; the next one is made then.
    Failed(String, Timestamp),
}

/// What matters of this Job.
pub(crate) fn view(job: &Job) -> BackupView {
    let ended = |type_: &str| {
        let conditions = job.status.as_ref().and_then(|status| status.conditions.as_ref());
        conditions
            .into_iter()
            .flatten()
            .find(|condition| condition.type_ == type_ && condition.status == "True")
    };
    let at = |time: Option<Timestamp>| time.or_else(|| job.metadata.creation_timestamp.as_ref().map(|t| t.0));
    let state = if let Some(failed) = ended("Failed") {
        let time = at(failed.last_transition_time.as_ref().map(|time| time.0)).unwrap_or_default();
        let words = [failed.reason.as_deref(), failed.message.as_deref()];
        BackupState::Failed(time, words.into_iter().flatten().collect::<Vec<_>>().join(": "))
    } else if result::finished(job) {
        let completed = job.status.as_ref().and_then(|status| status.completion_time.as_ref());
        BackupState::Made(at(completed.map(|time| time.0)).unwrap_or_default())
    } else {
        BackupState::Running
    };
    let plan_digest = job.annotations().get(PLAN_DIGEST).cloned().unwrap_or_default();
    BackupView { name: job.name_any(), plan_digest, state }
}

/// What the plan of this digest needs; `backups` are oldest first.
pub(crate) fn next(
    migration: &SchemaMigration,
    wanted: &Backup,
    backups: &[BackupView],
    digest: &str,
    now: Timestamp,
) -> Next {
    let ours: Vec<&BackupView> = backups.iter().filter(|backup| backup.plan_digest == digest).collect();
    if let Some(running) = ours.iter().find(|backup| backup.state == BackupState::Running) {
        return Next::Wait(running.name.clone());
    }
    let age = duration::parse(&wanted.max_age).and_then(|age| SignedDuration::try_from(age).ok());
    let oldest = age.and_then(|age| now.checked_sub(age).ok()).unwrap_or(now);
    let Some(last) = ours.last() else { return Next::Make(name(migration, digest, "")) };
    match &last.state {
        BackupState::Made(at) if *at >= oldest => Next::Made(last.name.clone()),
        BackupState::Failed(at, why) => {
            let failed = |backup: &&&BackupView| matches!(backup.state, BackupState::Failed(..));
            let failures = u32::try_from(ours.iter().rev().take_while(failed).count()).unwrap_or(u32::MAX);
            match at.checked_add(backoff::pause(failures)) {
                Ok(due) if due > now => Next::Failed(
                    format!("Job {} made no backup ({why}); the plan waits. It is tried again.", last.name),
                    due,
                ),
                _ => Next::Make(name(migration, digest, &last.name)),
            }
        }
        BackupState::Made(_) | BackupState::Running => Next::Make(name(migration, digest, &last.name)),
    }
}

/// What the condition says meanwhile.
pub(crate) fn at_work(job: &str) -> String {
    format!("Job {job} makes the backup; the plan runs when it has succeeded.")
}

/// The same backup always has the same name; one after another has its own.
fn name(migration: &SchemaMigration, digest: &str, after: &str) -> String {
    let uid = migration.uid().unwrap_or_default();
    format!("{}-backup-{}", input::short(&migration.name_any()), input::hash(&[&uid, digest, after]))
}

/// The Job that a person would get by `kubectl create job NAME --from=cronjob/…`, owned by the SchemaMigration.
pub(crate) fn build(migration: &SchemaMigration, from: &CronJob, name: &str, digest: &str) -> Job {
    let template = from.spec.job_template.clone();
    let metadata = template.metadata.unwrap_or_default();
    let mut labels = metadata.labels.unwrap_or_default();
    labels.extend([
        (MANAGED_BY.to_owned(), MANAGER.to_owned()),
        (BACKUP_LABEL.to_owned(), api::migration_label(&migration.name_any())),
    ]);
    let mut annotations: BTreeMap<String, String> = metadata.annotations.unwrap_or_default();
    annotations
        .extend([(INSTANTIATE.to_owned(), "manual".to_owned()), (PLAN_DIGEST.to_owned(), digest.to_owned())]);
    let mut spec = template.spec.unwrap_or_default();
    spec.ttl_seconds_after_finished = Some(kept(migration, spec.ttl_seconds_after_finished));
    Job {
        metadata: ObjectMeta {
            name: Some(name.to_owned()),
            namespace: migration.namespace(),
            labels: Some(labels),
            annotations: Some(annotations),
            owner_references: Some(migration.controller_owner_ref(&()).into_iter().collect()),
            ..ObjectMeta::default()
        },
        spec: Some(spec),
        status: None,
    }
}

/// Seconds for which the finished Job is kept: as long as the template says, but an hour at least, and for as long as the
/// plan may use the backup.
fn kept(migration: &SchemaMigration, template: Option<i32>) -> i32 {
    let wanted = migration.spec.backup.as_ref().and_then(|backup| duration::parse(&backup.max_age));
    let least = wanted.unwrap_or_default().max(KEPT).as_secs();
    i32::try_from(least).unwrap_or(i32::MAX).max(template.unwrap_or_default())
}

#[cfg(test)]
mod tests;
