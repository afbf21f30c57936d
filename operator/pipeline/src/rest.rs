//! The steps that an interrupted migration still has before it, under the policy of today: [`judge_rest`].

use database::{Database, StepState, Unfinished};
use plan::{Harm, Hazard};
use reason::Reason;
use schema::Schema;
use sql::{KEEP, Script, ScriptStep};

use crate::inspect::ask;
use crate::judge::described;
use crate::{Destructive, Failure, Finding, JudgedPlan, Request};

/// The stored plan with what the rows say now of the steps that are left, and why they may not run: the policy is another
/// one than when the migration began, or rows came since that nobody has approved the loss of.
pub(crate) async fn judge_rest(
    database: &mut Database,
    request: &Request,
    unfinished: &Unfinished,
) -> Result<(JudgedPlan, Option<Failure>), Failure> {
    let script = &unfinished.script;
    let state = |at: usize| unfinished.steps.get(at).map_or(StepState::Pending, |row| row.state);
    let open = |at: usize| state(at) != StepState::Done;
    let left = Script {
        steps: script
            .steps
            .iter()
            .enumerate()
            .filter(|(at, _)| open(*at))
            .map(|(_, step)| step.clone())
            .collect(),
        ..script.clone()
    };
    let mut answers = ask(database, &left).await?.into_iter();
    let there = there(database, request, &left).await?;
    let mut plan = JudgedPlan { script: script.clone(), findings: Vec::new(), sizes: Vec::new(), back: None };
    let (mut losses, mut kept) = (Vec::new(), false);
    for (at, step) in script.steps.iter().enumerate() {
        let findings = if open(at) { answers.next().unwrap_or_default() } else { Vec::new() };
        for (hazard, finding) in step.hazards.iter().zip(&findings) {
            let hurts = hazard.hazard.code.harm() == Harm::Loss && finding.may_hurt();
            // What was sent already and is gone is done, and only its row does not say so.
            let sent = state(at) == StepState::Running && is_gone(&hazard.hazard, &there);
            if !hurts || sent {
                continue;
            }
            if is_kept(&script.steps, at) {
                kept = true;
            } else {
                losses.push(described(hazard, finding));
            }
        }
        plan.findings.push(if findings.is_empty() { nothing(step) } else { findings });
    }
    let why = losses.join(" ");
    let digest = &script.digest;
    let approved = [&unfinished.approved_digest, &request.approved_digest]
        .into_iter()
        .any(|found| found.as_ref() == Some(digest));
    let objection = match request.policy.destructive {
        Destructive::Forbid if !losses.is_empty() || kept => Some(Failure::new(
            Reason::PolicyForbids,
            format!(
                "`policy.destructive: Forbid` stops the steps that an interrupted migration still has before it: {why} \
                 Change the datamodel to give them up, or allow them."
            ),
        )),
        Destructive::RequireApproval if !losses.is_empty() && !approved => Some(Failure::new(
            Reason::AwaitingApproval,
            format!(
                "A migration was interrupted, and what it still has before it loses data: {why} Approve with the plan's \
                 digest {digest}."
            ),
        )),
        _ => None,
    };
    Ok((plan, objection))
}

/// What is there of that which the steps may lose.
async fn there(database: &mut Database, request: &Request, left: &Script) -> Result<Schema, Failure> {
    let hazards = left.steps.iter().flat_map(|step| &step.hazards);
    let mut namespaces: Vec<String> =
        hazards.filter_map(|hazard| hazard.hazard.table.namespace.clone()).collect();
    namespaces.extend(request.scope.namespace.clone());
    namespaces.sort();
    namespaces.dedup();
    Ok(database.introspect(&namespaces).await?)
}

/// A count that nobody could make does not tell it: the table may be locked, or too large.
fn is_gone(hazard: &Hazard, there: &Schema) -> bool {
    let Some(table) = there.table(&hazard.table) else { return true };
    hazard.column.as_ref().is_some_and(|column| table.column(column).is_none())
}

/// A copy stands right before the step that drops what it holds.
fn is_kept(steps: &[ScriptStep], at: usize) -> bool {
    at.checked_sub(1).and_then(|before| steps.get(before)).is_some_and(|step| step.kind == KEEP)
}

/// Of a step that is done nobody asks.
fn nothing(step: &ScriptStep) -> Vec<Finding> {
    let known = Finding { rows: Some(0), ..Finding::default() };
    step.hazards.iter().map(|_| known.clone()).collect()
}
