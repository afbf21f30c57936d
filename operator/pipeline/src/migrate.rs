//! The whole run: lock, settle, plan, judge, apply, prove.

use std::time::{Duration, Instant};

use database::{Database, End, History, MigrationId, NewMigration, Opening, Progress, StepState, Unfinished};
use futures::future::BoxFuture;
use plan::{Ownership, diff, managed};
use reason::Reason;
use schema::{Schema, fingerprint, recognise_prisma1};
use sql::{Script, render};

use crate::data::{pending, still_wanted};
use crate::desired::wanted;
use crate::inspect::{Inspection, Situation, check_history, check_owner, inspect, look, steps, summaries};
use crate::keep::purge_own;
use crate::rest::judge_rest;
use crate::{Failure, JudgedPlan, Outcome, Request, RunMode};

/// Brings the database to what the request wants, as far as its policy lets it, and proves the result.
///
/// Killed at any point, the next call with the same request comes to the same end and runs no step twice.
pub fn migrate<'a>(
    database: &'a mut Database,
    request: &'a Request,
    progress: &'a mut (dyn FnMut(Progress) + Send),
) -> BoxFuture<'a, Result<Outcome, Failure>> {
    Box::pin(migrated(database, request, progress))
}

async fn migrated(
    database: &mut Database,
    request: &Request,
    progress: &mut (dyn FnMut(Progress) + Send),
) -> Result<Outcome, Failure> {
    match request.mode {
        RunMode::Plan => return inspect(database, request).await,
        RunMode::Verify => return verify(database, request).await,
        RunMode::Apply => {}
    }
    // A look without the lock first: most runs find nothing to do and should disturb nobody.
    let seen = inspect(database, request).await?;
    if seen.reason == Reason::UpToDate {
        return Ok(seen);
    }
    let namespaces = wanted(database.table_names(), request)?.namespaces;
    database.lock_telling(&namespaces, progress).await?;
    let result = Box::pin(locked(database, request, progress)).await;
    let unlocked = database.unlock().await;
    match result {
        Ok(outcome) => unlocked.map(|()| outcome).map_err(Failure::from),
        // The failure of the run is the one to tell; a failed unlock follows from it.
        Err(failure) => Err(failure),
    }
}

async fn verify(database: &mut Database, request: &Request) -> Result<Outcome, Failure> {
    let mut outcome = inspect(database, request).await?;
    if let Some(plan) = &outcome.plan {
        outcome.reason = Reason::VerificationFailed;
        outcome.message = format!("Database and datamodel do not align: {}.", summaries(&plan.script));
    } else if outcome.reason == Reason::Baselined {
        outcome.reason = Reason::UpToDate;
    }
    Ok(outcome)
}

async fn locked(
    database: &mut Database,
    request: &Request,
    progress: &mut (dyn FnMut(Progress) + Send),
) -> Result<Outcome, Failure> {
    let history = database.history().await?;
    check_history(history.as_ref(), request)?;
    if let Some(history) = &history {
        check_owner(history, request)?;
        if let Some(rule) = request.policy.keep {
            purge_own(database, rule.retention).await?;
        }
        if let Some(unfinished) = &history.unfinished {
            let desired = wanted(database.table_names(), request)?;
            if unfinished.script.to == fingerprint(&desired)
                && still_wanted(unfinished, &pending(database, request).await?)
            {
                return resume(database, request, unfinished, progress).await;
            }
            database.finish(&unfinished.id, End::Abandoned).await?;
        }
    }
    let history = database.history().await?;
    let inspection = look(database, request, history.as_ref()).await?;
    let new = NewMigration {
        owner: request.owner.clone(),
        name: request.name.clone(),
        approved_digest: request
            .approved_digest
            .clone()
            .filter(|digest| *digest == inspection.plan.script.digest),
        actor: request.actor.clone(),
        tool_version: request.tool_version.clone(),
        back: inspection.plan.back.as_ref().and_then(|back| back.script.clone()),
    };
    let Inspection { situation, plan, current, unmanaged, drift } = inspection;
    let total = plan.script.steps.len();
    let mut outcome = Outcome {
        reason: Reason::UpToDate,
        message: "Nothing to do: the database is as the datamodel says.".to_owned(),
        plan: (total > 0).then_some(plan.clone()),
        migration: None,
        steps_done: 0,
        steps_total: total,
        elapsed: Duration::ZERO,
        unmanaged,
        drift,
    };
    match situation {
        Situation::UpToDate => {}
        Situation::Blocked(failure) => {
            outcome.reason = failure.reason;
            outcome.message = failure.message;
        }
        ref found @ (Situation::ToRecord | Situation::NewlyCalled) => {
            let (back, message) = starting_point(found, history);
            let new = NewMigration { back: back.or(new.back), ..new };
            let id = database.record(&new, &baseline(plan.script, &current), Opening::Baseline).await?;
            outcome.migration = Some(id.0);
            outcome.reason = Reason::Baselined;
            message.clone_into(&mut outcome.message);
        }
        Situation::Runnable => {
            let id = database.record(&new, &plan.script, Opening::Run).await?;
            return execute(database, request, id, plan, outcome, progress).await;
        }
    }
    Ok(outcome)
}

/// The way back of a row that is recorded without steps, and what is said of it. Where only names were given anew, the last way
/// back leads back from the same structure.
fn starting_point(found: &Situation, history: Option<History>) -> (Option<Script>, &'static str) {
    if matches!(found, Situation::NewlyCalled) {
        let last =
            history.and_then(|history| history.migrations.into_iter().find(|row| row.state.is_applied()));
        let message =
            "The database already is as the datamodel says; what the datamodel calls it now was recorded.";
        return (last.and_then(|row| row.back), message);
    }
    (None, "The database already is as the datamodel says; it was recorded as the starting point.")
}

/// What a baseline records: no steps, and what was found.
fn baseline(mut script: Script, current: &Schema) -> Script {
    script.desired = current.clone();
    script
}

async fn resume(
    database: &mut Database,
    request: &Request,
    unfinished: &Unfinished,
    progress: &mut (dyn FnMut(Progress) + Send),
) -> Result<Outcome, Failure> {
    let (plan, objection) = judge_rest(database, request, unfinished).await?;
    let done = unfinished.steps.iter().filter(|step| step.state == StepState::Done).count();
    let mut outcome = Outcome {
        reason: Reason::Interrupted,
        message: String::new(),
        plan: Some(plan.clone()),
        migration: Some(unfinished.id.0),
        steps_done: done,
        steps_total: plan.script.steps.len(),
        elapsed: Duration::ZERO,
        unmanaged: Vec::new(),
        drift: Vec::new(),
    };
    if let Some(failure) = objection {
        outcome.reason = failure.reason;
        outcome.message = failure.message;
        return Ok(outcome);
    }
    execute(database, request, unfinished.id, plan, outcome, progress).await
}

async fn execute(
    database: &mut Database,
    request: &Request,
    id: MigrationId,
    plan: JudgedPlan,
    mut outcome: Outcome,
    progress: &mut (dyn FnMut(Progress) + Send),
) -> Result<Outcome, Failure> {
    let started = Instant::now();
    database.run(&id, &plan.script, progress).await?;
    let left = prove(database, request, &plan.script).await?;
    outcome.migration = Some(id.0);
    outcome.steps_done = plan.script.steps.len();
    match left {
        Proof::Equal(found) => {
            database.finish(&id, End::Applied { schema: Box::new(found) }).await?;
            outcome.reason = Reason::Applied;
            outcome.message = format!("{} applied and proved.", steps(plan.script.steps.len()));
        }
        Proof::Different(differences) => {
            let message =
                format!("After the last step the database is not as the datamodel says: {differences}.");
            database.finish(&id, End::Failed { error: message.clone() }).await?;
            return Err(Failure::new(Reason::VerificationFailed, message));
        }
    }
    outcome.elapsed = started.elapsed();
    Ok(outcome)
}

pub(crate) enum Proof {
    Equal(Schema),
    Different(String),
}

/// Decision 20: what is there is looked at again, and planning again must find nothing.
pub(crate) async fn prove(
    database: &mut Database,
    request: &Request,
    script: &Script,
) -> Result<Proof, Failure> {
    let desired = wanted(database.table_names(), request)?;
    let mut namespaces = desired.namespaces.clone();
    namespaces.extend(request.scope.namespace.clone());
    namespaces.sort();
    namespaces.dedup();
    let found = database.introspect(&namespaces).await?;
    let current = database.recognise(found.clone(), &desired).await?;
    let current = recognise_prisma1(current, &desired, request.datamodel.language);
    let owned = Ownership::of(&script.desired);
    let again = render(&diff(&current, &desired, &owned)?);
    if again.steps.is_empty() {
        let names = desired.names.clone();
        Ok(Proof::Equal(Schema { names, ..managed(&found, &desired, &owned) }))
    } else {
        Ok(Proof::Different(summaries(&again)))
    }
}
