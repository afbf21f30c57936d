//! Steps of a person's own SQL around those of a plan.

use database::{Database, StepState, Unfinished, step_digest};
use sql::{DATA_STEP, DataSteps, Script, ScriptStep};

use crate::{Failure, Request};

/// The steps of the request that were never done.
pub(crate) async fn pending(database: &mut Database, request: &Request) -> Result<DataSteps, Failure> {
    let DataSteps { before, after } = &request.steps;
    if before.is_empty() && after.is_empty() {
        return Ok(DataSteps::default());
    }
    let done = database.data_steps_done().await?;
    let open = |steps: &[ScriptStep]| -> Vec<ScriptStep> {
        steps
            .iter()
            .filter(|step| !done.contains(&(step.object.clone(), step_digest(step))))
            .cloned()
            .collect()
    };
    Ok(DataSteps { before: open(before), after: open(after) })
}

/// The script with the data steps around it.
pub(crate) fn surround(mut script: Script, steps: DataSteps) -> Script {
    if steps.before.is_empty() && steps.after.is_empty() {
        return script;
    }
    let structural = std::mem::replace(&mut script.steps, steps.before);
    script.steps.extend(structural);
    script.steps.extend(steps.after);
    script.digest = sql::digest(&script);
    script
}

/// True when the data steps that an interrupted migration still has before it are those that are wanted now. If not, it
/// is given up for a plan with the others; what it did stays done.
pub(crate) fn still_wanted(unfinished: &Unfinished, pending: &DataSteps) -> bool {
    let steps = unfinished.script.steps.iter().zip(&unfinished.steps);
    let open = steps.filter(|(step, row)| step.kind == DATA_STEP && row.state != StepState::Done);
    let open = open.map(|(step, row)| (step.object.as_str(), row.sql_digest.clone()));
    let wanted = pending.before.iter().chain(&pending.after);
    open.eq(wanted.map(|step| (step.object.as_str(), step_digest(step))))
}

/// True when SQL of a person's own runs before anything else, so that nobody knows what the rows will be when the
/// structure changes.
pub(crate) fn comes_first(script: &Script) -> bool {
    script.steps.first().is_some_and(|step| step.kind == DATA_STEP)
}
