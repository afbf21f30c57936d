//! Does what was decided: [`act`].

use std::time::Duration;

use api::{
    ConditionType, GROUP, MANAGER, PlanState, SchemaMigration, SchemaMigrationStatus, SchemaPlan, VERSION,
    result::Termination,
};
use jiff::Timestamp;
use k8s_openapi::api::{
    batch::v1::{CronJob, Job},
    core::v1::ConfigMap,
};
use kube::{
    Api, Resource, ResourceExt,
    api::{DeleteParams, Patch, PatchParams, PostParams},
};
use reason::{Class, Reason};
use serde_json::json;

use crate::{
    Error, backup,
    decide::{Decision, JobView, Observed, Start},
    events, input, job, lease, observe, rbac, result,
    run::Context,
    status,
};

/// When a watched Job is looked at again, should its events be missed.
const LOOK: Duration = Duration::from_secs(10);
/// How many plans of a SchemaMigration are kept beside the present one.
const KEPT_PLANS: usize = 10;
/// When a resource that waits for a person, or for something that no event tells of, is looked at again.
const WAITING: Duration = Duration::from_secs(600);

/// When to look again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Next {
    /// After this long.
    After(Duration),
    /// When something changes: whatever this decision was made of is watched.
    Settled,
}

/// Does it; answers when to look again.
pub(crate) async fn act(context: &Context, observed: &Observed, decision: Decision) -> Result<Next, Error> {
    let now = context.clock.now();
    let after = match decision {
        Decision::Leave => return Ok(Next::Settled),
        Decision::Start(start) => begin(context, observed, &start, now).await?,
        Decision::BackUp(name) => back_up(context, observed, &name, now).await?,
        Decision::Record(view) => {
            record(context, observed, view, now).await?;
            Duration::from_millis(200)
        }
        Decision::GiveUp(view, why) => {
            give_up(context, observed, &view.name, &why).await?;
            LOOK
        }
        other => {
            refused(context, observed, &other).await;
            write(context, &observed.migration, status::after(observed, &other, now)).await?;
            if !matches!(other, Decision::Watch(_)) {
                close(context, observed).await?;
            }
            match other {
                Decision::Settled | Decision::Blocked(Reason::Suspended | Reason::DatamodelInvalid, _) => {
                    return Ok(Next::Settled);
                }
                Decision::Watch(_) => LOOK,
                Decision::Queue(_) => Duration::from_secs(3),
                Decision::BackOff(due) | Decision::BackUpFailed(_, due) => {
                    due.duration_since(now).try_into().unwrap_or(LOOK)
                }
                Decision::Blocked(reason, _) if reason.class() == Class::Transient => Duration::from_secs(60),
                _ => WAITING,
            }
        }
    };
    Ok(Next::After(after))
}

/// Writes the status when it changed.
pub(crate) async fn write(
    context: &Context,
    migration: &SchemaMigration,
    status: SchemaMigrationStatus,
) -> Result<(), Error> {
    if migration.status.as_ref() == Some(&status) {
        return Ok(());
    }
    let namespace = migration.namespace().unwrap_or_default();
    let api: Api<SchemaMigration> = Api::namespaced(context.client.clone(), &namespace);
    let patch = json!({
        "apiVersion": format!("{GROUP}/{VERSION}"),
        "kind": "SchemaMigration",
        // The uid keeps a status from reaching a successor of the same name.
        "metadata": {"name": migration.name_any(), "uid": migration.uid()},
        "status": status,
    });
    let parameters = PatchParams::apply(MANAGER).force();
    api.patch_status(&migration.name_any(), &parameters, &Patch::Apply(patch)).await?;
    Ok(())
}

async fn begin(
    context: &Context,
    observed: &Observed,
    start: &Start,
    now: Timestamp,
) -> Result<Duration, Error> {
    let migration = &observed.migration;
    let namespace = migration.namespace().unwrap_or_default();
    let name = job::name(start);
    close(context, observed).await?;
    if context.config.create_job_rbac {
        let account = migration.spec.job.as_ref().and_then(|job| job.service_account_name.as_deref());
        rbac::ensure(&context.client, &namespace, account).await?;
    }
    let bytes = start.input.to_bytes()?;
    let map = input::config_map(migration, &name, &bytes);
    let built = job::build(&context.config, migration, start, &api::input::sha256(&bytes))?;

    let turn = context.turns.of(&namespace).await;
    let guard = turn.lock().await;
    if let Some(holder) = lease::take(&context.client, &namespace, &name).await? {
        drop(guard);
        let decision = Decision::Queue(format!("Job {holder}"));
        write(context, migration, status::after(observed, &decision, now)).await?;
        return Ok(Duration::from_secs(3));
    }
    let maps: Api<ConfigMap> = Api::namespaced(context.client.clone(), &namespace);
    create(&maps, migration, &map, "ConfigMap").await?;
    let jobs: Api<Job> = Api::namespaced(context.client.clone(), &namespace);
    create(&jobs, migration, &built, "Job").await?;
    drop(guard);
    tracing::info!(%namespace, name = %migration.name_any(), job = %name, "Job started");

    let decision = Decision::Start(Box::new(start.clone()));
    write(context, migration, status::after(observed, &decision, now)).await?;
    Ok(LOOK)
}

/// Ends a Job by its deadline, so that it is finished only when its pod is gone, as any other.
async fn give_up(context: &Context, observed: &Observed, name: &str, why: &str) -> Result<(), Error> {
    let namespace = observed.migration.namespace().unwrap_or_default();
    let jobs: Api<Job> = Api::namespaced(context.client.clone(), &namespace);
    let patch = json!({
        "metadata": {"annotations": {job::GIVEN_UP: why}},
        "spec": {"activeDeadlineSeconds": 1},
    });
    gone(jobs.patch(name, &PatchParams::default(), &Patch::Merge(patch)).await)?;
    tracing::info!(%namespace, name = %observed.migration.name_any(), job = %name, text = %why, "Job given up");
    Ok(())
}

/// Nothing, when it was done or the object is not there.
fn gone<T>(done: kube::Result<T>) -> Result<(), Error> {
    match done.map_err(Error::from) {
        Err(error) if !error.is_code(404) => Err(error),
        _ => Ok(()),
    }
}

/// Tells once of what no Job is started for, as of what a Job ended with.
async fn refused(context: &Context, observed: &Observed, decision: &Decision) {
    let Decision::Blocked(reason, message) = decision else { return };
    let waits = matches!(reason.class(), Class::Waiting | Class::Success);
    let said = observed.migration.status.as_ref().and_then(|status| status.condition(ConditionType::Ready));
    if !waits && said.is_none_or(|said| said.message != *message) {
        events::ended(&context.recorder, &observed.migration, *reason, message).await;
    }
}

/// Starts the backup; the Job's end wakes the resource.
async fn back_up(
    context: &Context,
    observed: &Observed,
    name: &str,
    now: Timestamp,
) -> Result<Duration, Error> {
    let migration = &observed.migration;
    let namespace = migration.namespace().unwrap_or_default();
    let from = migration.spec.backup.as_ref().map(|backup| backup.from_cron_job.name.as_str());
    let from = from.unwrap_or_default();
    let cron_jobs: Api<CronJob> = Api::namespaced(context.client.clone(), &namespace);
    let Some(cron_job) = cron_jobs.get_opt(from).await? else {
        let message = format!("The CronJob {from} that spec.backup names does not exist in {namespace}.");
        let decision = Decision::Blocked(Reason::BackupFailed, message);
        write(context, migration, status::after(observed, &decision, now)).await?;
        return Ok(Duration::from_secs(30));
    };
    let plan = migration.status.as_ref().and_then(|status| status.plan.as_ref());
    let digest = plan.map(|plan| plan.digest.as_str()).unwrap_or_default();
    let jobs: Api<Job> = Api::namespaced(context.client.clone(), &namespace);
    create(&jobs, migration, &backup::build(migration, &cron_job, name, digest), "Job").await?;
    tracing::info!(%namespace, name = %migration.name_any(), job = %name, "backup started");
    let decision = Decision::Blocked(Reason::AwaitingBackup, backup::at_work(name));
    write(context, migration, status::after(observed, &decision, now)).await?;
    Ok(LOOK)
}

/// Creates the object; one of the same name that is ours is as good.
async fn create<K>(
    api: &Api<K>,
    migration: &SchemaMigration,
    object: &K,
    kind: &'static str,
) -> Result<(), Error>
where
    K: Resource + Clone + std::fmt::Debug + serde::Serialize + serde::de::DeserializeOwned,
{
    match api.create(&PostParams::default(), object).await.map_err(Error::from) {
        Ok(_) => Ok(()),
        Err(error) if error.is_code(409) => {
            let name = object.name_any();
            if observe::owned(migration, &api.get(&name).await?) {
                Ok(())
            } else {
                Err(Error::NotOurs { kind, name })
            }
        }
        Err(error) => Err(error),
    }
}

async fn record(context: &Context, observed: &Observed, view: JobView, now: Timestamp) -> Result<(), Error> {
    let migration = &observed.migration;
    let namespace = migration.namespace().unwrap_or_default();
    let outcome = result::outcome(&view);
    let name = view.name.clone();
    write(context, migration, status::after(observed, &Decision::Record(view), now)).await?;
    let reason = outcome.reason;
    tracing::info!(%namespace, name = %migration.name_any(), job = %name, %reason, text = %outcome.message, "Job ended");
    context.metrics.ran(reason.as_str(), outcome.duration_ms);
    let ran = observed.plans.iter().find(|plan| plan.metadata.name == outcome.plan_name);
    if let Some(status) = ran.and_then(|plan| plan.status.as_ref()) {
        context.metrics.stepped(&status.step_results);
    }
    events::ended(&context.recorder, migration, reason, &outcome.message).await;
    interrupted(context, observed, &namespace, &outcome).await?;
    if let Some(current) = &outcome.plan_name {
        supersede(context, observed, &namespace, current).await?;
        prune(context, observed, &namespace, current).await?;
    }
    lease::release(&context.client, &namespace, &name).await
}

/// A plan that is still said to run although its Job has ended was left behind by a Job that was killed.
async fn interrupted(
    context: &Context,
    observed: &Observed,
    namespace: &str,
    outcome: &Termination,
) -> Result<(), Error> {
    let status = json!({"state": PlanState::Failed, "reason": outcome.reason, "message": outcome.message});
    mark(context, observed, namespace, &status, |plan| state(plan) == PlanState::Running).await
}

/// Every other plan that was never run gives way to the present one.
async fn supersede(
    context: &Context,
    observed: &Observed,
    namespace: &str,
    current: &str,
) -> Result<(), Error> {
    let message = format!("SchemaPlan {current} took its place.");
    let status = json!({"state": PlanState::Superseded, "message": message});
    let gives_way = |plan: &SchemaPlan| state(plan) == PlanState::Proposed && plan.name_any() != current;
    mark(context, observed, namespace, &status, gives_way).await
}

fn state(plan: &SchemaPlan) -> PlanState {
    plan.status.as_ref().map(|status| status.state).unwrap_or_default()
}

/// Writes this status into the plans that are meant.
async fn mark(
    context: &Context,
    observed: &Observed,
    namespace: &str,
    status: &serde_json::Value,
    meant: impl Fn(&SchemaPlan) -> bool,
) -> Result<(), Error> {
    let api: Api<SchemaPlan> = Api::namespaced(context.client.clone(), namespace);
    let patch = Patch::Merge(json!({"status": status}));
    for plan in observed.plans.iter().filter(|plan| meant(plan)) {
        gone(api.patch_status(&plan.name_any(), &PatchParams::default(), &patch).await)?;
    }
    Ok(())
}

/// Deletes the oldest plans beyond [`KEPT_PLANS`]; what ran is in the database's history for ever.
async fn prune(context: &Context, observed: &Observed, namespace: &str, current: &str) -> Result<(), Error> {
    let api: Api<SchemaPlan> = Api::namespaced(context.client.clone(), namespace);
    for plan in observed.plans.iter().filter(|plan| plan.name_any() != current).rev().skip(KEPT_PLANS) {
        gone(api.delete(&plan.name_any(), &DeleteParams::default()).await)?;
    }
    Ok(())
}

/// Recorded Jobs may go: their TTL starts, and their inputs are deleted.
async fn close(context: &Context, observed: &Observed) -> Result<(), Error> {
    let namespace = observed.migration.namespace().unwrap_or_default();
    let jobs: Api<Job> = Api::namespaced(context.client.clone(), &namespace);
    let maps: Api<ConfigMap> = Api::namespaced(context.client.clone(), &namespace);
    for view in observed.jobs.iter().filter(|view| view.finished && !view.closed) {
        lease::release(&context.client, &namespace, &view.name).await?;
        gone(maps.delete(&view.name, &DeleteParams::default()).await)?;
        let patch = json!({"spec": {"ttlSecondsAfterFinished": context.config.job_ttl_seconds}});
        gone(jobs.patch(&view.name, &PatchParams::default(), &Patch::Merge(patch)).await)?;
    }
    Ok(())
}
