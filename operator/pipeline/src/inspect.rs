//! Looking without touching: where the database stands and what a run would do.

use std::time::Duration;

use database::{Answer, Database, History, MigrationRow, MigrationState, Question, TableNames};
use futures::future::BoxFuture;
use plan::{Ownership, Refusal, diff, managed, unmanaged};
use reason::Reason;
use schema::{DatamodelNames, ObjectName, Schema, fingerprint, recognise_prisma1};
use sql::{DataSteps, Script, ScriptHazard, render};

use crate::back::{forth, hinted_back, remains, stored, way_back};
use crate::data::{pending, still_wanted, surround};
use crate::desired::wanted;
use crate::edition;
use crate::judge::{Verdict, judge};
use crate::keep::{Keeping, as_far_as_kept, keeping, keeping_on_the_way};
use crate::sizes::sizes;
use crate::{DriftRule, Failure, Finding, FirstContact, HistoryRule, JudgedPlan, Outcome, Request};

/// What a look at the database gave.
#[derive(Debug, Clone)]
pub(crate) struct Inspection {
    pub(crate) situation: Situation,
    pub(crate) plan: JudgedPlan,
    /// The managed part of what is there, in the database's own words.
    pub(crate) current: Schema,
    pub(crate) unmanaged: Vec<ObjectName>,
    pub(crate) drift: Vec<String>,
}

/// Where the database stands.
#[derive(Debug, Clone)]
pub(crate) enum Situation {
    /// As the datamodel says, and the history knows.
    UpToDate,
    /// As the datamodel says, but the history does not know it yet.
    ToRecord,
    /// As the datamodel says, and the history knows it by other names of the datamodel.
    NewlyCalled,
    /// The plan may run.
    Runnable,
    /// Something has to happen first.
    Blocked(Failure),
}

/// Plans without writing anything. An unfinished plan is reported as `Interrupted`, with its stored steps.
pub fn inspect<'a>(
    database: &'a mut Database,
    request: &'a Request,
) -> BoxFuture<'a, Result<Outcome, Failure>> {
    Box::pin(inspected(database, request))
}

async fn inspected(database: &mut Database, request: &Request) -> Result<Outcome, Failure> {
    let history = database.history().await?;
    check_history(history.as_ref(), request)?;
    if let Some(history) = &history {
        check_owner(history, request)?;
        let desired = fingerprint(&wanted(database.table_names(), request)?);
        // One that leads elsewhere will be abandoned; what counts then is the plan from what is there.
        let unfinished = history.unfinished.as_ref().filter(|plan| plan.script.to == desired);
        let steps =
            if unfinished.is_some() { pending(database, request).await? } else { DataSteps::default() };
        if let Some(unfinished) = unfinished.filter(|plan| still_wanted(plan, &steps)) {
            let done = unfinished.steps.iter().filter(|step| step.state == database::StepState::Done).count();
            let total = unfinished.steps.len();
            return Ok(Outcome {
                reason: Reason::Interrupted,
                message: format!(
                    "A migration was interrupted after {done} of {total} steps; the next apply settles it first."
                ),
                plan: Some(JudgedPlan {
                    script: unfinished.script.clone(),
                    findings: Vec::new(),
                    sizes: Vec::new(),
                    back: None,
                }),
                migration: Some(unfinished.id.0),
                steps_done: done,
                steps_total: total,
                elapsed: Duration::ZERO,
                unmanaged: Vec::new(),
                drift: Vec::new(),
            });
        }
    }
    let inspection = look(database, request, history.as_ref()).await?;
    Ok(outcome(inspection))
}

fn outcome(inspection: Inspection) -> Outcome {
    let total = inspection.plan.script.steps.len();
    let (reason, message) = match inspection.situation {
        Situation::UpToDate => (Reason::UpToDate, "Nothing to do: the database is as the datamodel says.".to_owned()),
        Situation::ToRecord => (
            Reason::Baselined,
            "Nothing to do: the database is as the datamodel says; it will be recorded as the starting point."
                .to_owned(),
        ),
        Situation::NewlyCalled => (
            Reason::Baselined,
            "Nothing to do: the database is as the datamodel says; what the datamodel calls it now will be recorded."
                .to_owned(),
        ),
        Situation::Runnable => (Reason::PlanPublished, format!("{} to run.", steps(total))),
        Situation::Blocked(failure) => (failure.reason, failure.message),
    };
    Outcome {
        reason,
        message,
        plan: (total > 0).then_some(inspection.plan),
        migration: None,
        steps_done: 0,
        steps_total: total,
        elapsed: Duration::ZERO,
        unmanaged: inspection.unmanaged,
        drift: inspection.drift,
    }
}

pub(crate) fn steps(count: usize) -> String {
    if count == 1 { "1 step".to_owned() } else { format!("{count} steps") }
}

/// Refuses a database that was migrated before and knows nothing of it.
pub(crate) fn check_history(history: Option<&History>, request: &Request) -> Result<(), Failure> {
    let expected = request.history == HistoryRule::Expected && request.first_contact == FirstContact::Ask;
    if expected && history.is_none() {
        return Err(Failure::new(
            Reason::HistoryMissing,
            "This target was migrated before, but the database that answers has no history: it is another one, it was \
             restored from before the first migration, or the tables `_schemalift_*` were dropped. Lead the target back, \
             or set `spec.adopt: true` to start a new history from what is there."
                .to_owned(),
        ));
    }
    Ok(())
}

/// Refuses a database that belongs to another resource.
pub(crate) fn check_owner(history: &History, request: &Request) -> Result<(), Failure> {
    check_owner_of(history.owner.as_ref(), request)
}

/// The same of an owner that was read by itself.
pub(crate) fn check_owner_of(owner: Option<&String>, request: &Request) -> Result<(), Failure> {
    match owner {
        Some(owner) if *owner != request.owner && request.take_over_from.as_ref() != Some(owner) => {
            Err(Failure::new(
                Reason::Conflict,
                format!(
                    "This schema is migrated by `{owner}`. To move it here, set `target.takeOverFrom: {owner}` (on the \
                     command line `--take-over-from`); until then nothing is changed."
                ),
            ))
        }
        _ => Ok(()),
    }
}

/// Introspects, plans and judges. Writes nothing.
pub(crate) async fn look(
    database: &mut Database,
    request: &Request,
    history: Option<&History>,
) -> Result<Inspection, Failure> {
    let mut desired = wanted(database.table_names(), request)?;
    let applied = history.and_then(History::applied);
    if request.roll_back.is_none() {
        hinted_back(applied, &mut desired);
    }
    let mut owned = owned(history, applied);
    let found = database.introspect(&namespaces(request, &desired, &owned)).await?;
    let current = database.recognise(found.clone(), &desired).await?;
    let mut current = recognise_prisma1(current, &desired, request.datamodel.language);
    let recorded = applied.and_then(|row| row.schema.as_ref());
    current.names = names_before(recorded.filter(|_| !half_way(history)), &current, &desired);
    let first_contact = applied.is_none() && owned.tables.is_empty();
    if first_contact {
        // Tables that the datamodel names are taken over or not; either way the plan compares with them.
        owned = Ownership::default();
    }
    let plan = diff(&current, &desired, &owned)?;
    let current_managed = managed(&current, &desired, &owned);
    let drift =
        recorded.filter(|_| !half_way(history)).map_or_else(Vec::new, |recorded| drift(recorded, &found));
    let known_start = drift.is_empty() && !half_way(history);
    let ways = request
        .roll_back
        .as_ref()
        .and_then(|back| back.ways.as_ref())
        .filter(|_| known_start && !plan.is_empty());
    let stored = applied
        .filter(|_| known_start && request.roll_back.is_none())
        .and_then(|row| Some((row, stored(row, &plan)?)));
    let structural = !stored.as_ref().map_or(plan.is_empty(), |(_, script)| script.steps.is_empty());
    let steps = pending(database, request).await?;
    let last = applied.map_or(0, |row| row.id);
    let plan = match (stored, ways) {
        (_, Some(ways)) => {
            let (script, mut back) = ways.joined(&plan);
            let script = as_far_as_kept(database, script).await?;
            // Of several, one may drop what another made anew under its name.
            let (script, keeping) = if ways.is_one() {
                keeping_on_the_way(database, request, &current_managed, script, &plan, last).await?
            } else {
                (script, Keeping::default())
            };
            let script = keeping.before(script);
            let findings = keeping.told(&script, ask(database, &script).await?);
            if keeping.kept.is_empty() {
                back.remains = remains(&current_managed, &script, &findings);
            } else {
                back = way_back(&current, &plan, &owned, &script, &findings, &keeping);
            }
            JudgedPlan { sizes: sizes(database, &script).await?, script, findings, back: Some(back) }
        }
        (Some((row, script)), None) => {
            let script = as_far_as_kept(database, script).await?;
            let (script, keeping) =
                keeping_on_the_way(database, request, &current_managed, script, &plan, last).await?;
            let script = surround(keeping.before(script), steps);
            let findings = keeping.told(&script, ask(database, &script).await?);
            let back = if keeping.kept.is_empty() {
                forth(row, &script, &current_managed, &findings)
            } else {
                way_back(&current, &plan, &owned, &script, &findings, &keeping)
            };
            JudgedPlan { sizes: sizes(database, &script).await?, script, findings, back: Some(back) }
        }
        (None, None) => {
            let script = render(&plan);
            let keeping = keeping(database, request, &current_managed, &script, last).await?;
            let script = surround(keeping.before(script), steps);
            let findings = keeping.told(&script, ask(database, &script).await?);
            let back = way_back(&current, &plan, &owned, &script, &findings, &keeping);
            JudgedPlan { sizes: sizes(database, &script).await?, script, findings, back: Some(back) }
        }
    };
    let exists = !current_managed.tables.is_empty() || !current_managed.enums.is_empty();
    let strangers = structural
        && if first_contact { exists } else { changes_strangers(&current_managed, &desired, &owned) };
    let named = Ownership::of(&desired);
    let known = applied.is_some()
        && drift.is_empty()
        && named.tables.is_subset(&owned.tables)
        && named.enums.is_subset(&owned.enums);
    let situation = if plan.script.steps.is_empty() {
        match (known, newly_called(recorded, &desired)) {
            (true, false) => Situation::UpToDate,
            (true, true) if !half_way(history) => Situation::NewlyCalled,
            _ => Situation::ToRecord,
        }
    } else {
        let strangers = strangers.then_some((database.table_names(), &current_managed));
        situation(request, &plan, strangers, &drift)
    };
    let drift = if request.policy.drift == DriftRule::Ignore { Vec::new() } else { drift };
    Ok(Inspection {
        situation,
        plan,
        unmanaged: unmanaged(&current, &desired, &owned),
        current: Schema { names: desired.names.clone(), ..managed(&found, &desired, &owned) },
        drift,
    })
}

/// What the datamodel of the last migration called what is there; `None` also where the datamodel says the same now.
fn names_before(recorded: Option<&Schema>, current: &Schema, desired: &Schema) -> Option<DatamodelNames> {
    let recorded = recorded.filter(|_| newly_called(recorded, desired))?;
    recorded.names.clone().map(|names| names.for_what_is_found(recorded, current))
}

/// True when the datamodel calls something otherwise than the one that was recorded. Unless that is recorded, too, a name
/// that is given anew later would be taken for its first bearer. An older history without names is left as it is.
fn newly_called(recorded: Option<&Schema>, desired: &Schema) -> bool {
    let names = recorded.and_then(|recorded| recorded.names.as_ref());
    names.is_some_and(|names| desired.names.as_ref().is_some_and(|wanted| names != wanted))
}

/// Where tables and enums are, or shall be: each once, in order.
fn namespaces(request: &Request, desired: &Schema, owned: &Ownership) -> Vec<String> {
    let named = owned.tables.iter().chain(&owned.enums).filter_map(|name| name.namespace.clone());
    let mut all: Vec<String> =
        desired.namespaces.iter().cloned().chain(named).chain(request.scope.namespace.clone()).collect();
    all.sort();
    all.dedup();
    all
}

/// True when a migration ran some of its steps and was then closed: the last recorded schema is no longer what the
/// history left, so nothing can be called drift.
fn half_way(history: Option<&History>) -> bool {
    let rows = history.into_iter().flat_map(|history| &history.migrations);
    rows.take_while(|row| !row.state.is_applied()).any(|row| row.steps_done > 0)
}

/// What recorded plans created or adopted, interrupted and abandoned ones included.
fn owned(history: Option<&History>, applied: Option<&MigrationRow>) -> Ownership {
    let mut owned = applied.and_then(|row| row.schema.as_ref()).map(Ownership::of).unwrap_or_default();
    let later = history.into_iter().flat_map(|history| &history.migrations);
    for row in later.take_while(|row| !row.state.is_applied()) {
        let opened =
            matches!(row.state, MigrationState::Running | MigrationState::Abandoned | MigrationState::Failed);
        if let Some(script) = row.script.as_ref().filter(|_| opened) {
            let more = Ownership::of(&script.desired);
            owned.tables.extend(more.tables);
            owned.enums.extend(more.enums);
        }
    }
    owned
}

fn situation(
    request: &Request,
    plan: &JudgedPlan,
    strangers: Option<(TableNames, &Schema)>,
    drift: &[String],
) -> Situation {
    if let Some((names, current)) = strangers
        && request.first_contact == FirstContact::Ask
    {
        let edition = edition::advice(request, names, current, plan.script.steps.len());
        let edition = edition.map_or_else(String::new, |advice| format!("{advice}. "));
        return Situation::Blocked(Failure::new(
            Reason::AdoptionRequired,
            format!(
                "Tables of the datamodel exist already, differ from it, and were made by somebody else. {edition}Set \
                 `spec.adopt: true` to take them over; the difference is: {}.",
                summaries(&plan.script)
            ),
        ));
    }
    if !drift.is_empty() && request.policy.drift == DriftRule::Block {
        return Situation::Blocked(Failure::new(
            Reason::DriftDetected,
            format!(
                "The database was changed behind the history: {}. Undo it, put it into the datamodel, or set \
                 `policy.drift: Report`.",
                drift.join("; ")
            ),
        ));
    }
    match judge(request, plan) {
        Verdict::Run => Situation::Runnable,
        Verdict::Blocked(failure) => Situation::Blocked(failure),
    }
}

/// True when the plan would change a table or enum that exists and that no recorded plan created or adopted: naming
/// somebody else's table in an edit is not yet owning it (must 9, decision 13).
fn changes_strangers(current: &Schema, desired: &Schema, owned: &Ownership) -> bool {
    let mut theirs = current.clone();
    theirs.tables.retain(|table| !owned.tables.contains(&table.name));
    theirs.enums.retain(|found| !owned.enums.contains(&found.name));
    if theirs.tables.is_empty() && theirs.enums.is_empty() {
        return false;
    }
    let mut wanted = desired.clone();
    wanted.tables.retain(|table| {
        let old = table.renamed_from.as_ref().map(|old| table.name.sibling(old));
        theirs.table(&table.name).is_some() || old.is_some_and(|old| theirs.table(&old).is_some())
    });
    wanted.namespaces.clone_from(&theirs.namespaces);
    wanted.extensions.clone_from(&theirs.extensions);
    wanted.enums.retain(|wanted| {
        let old = wanted.renamed_from.as_ref().map(|old| wanted.name.sibling(old));
        theirs.find_enum(&wanted.name).is_some() || old.is_some_and(|old| theirs.find_enum(&old).is_some())
    });
    diff(&theirs, &wanted, &Ownership::default()).map_or(true, |plan| !plan.is_empty())
}

/// What happened to the database since the last migration, in the words of the plan that would do the same.
fn drift(recorded: &Schema, current: &Schema) -> Vec<String> {
    // Tables that the datamodel names for the first time are no drift of what was recorded, nor are partial indexes
    // that it then did not speak of.
    let known = Ownership::of(recorded);
    let mut current = managed(current, recorded, &known);
    // What others install is no drift of ours.
    current.extensions.clone_from(&recorded.extensions);
    if fingerprint(recorded) == fingerprint(&current) {
        return Vec::new();
    }
    match diff(recorded, &current, &known) {
        Ok(plan) => render(&plan).steps.into_iter().map(|step| step.summary).collect(),
        Err(Refusal::Extras { table, .. }) => vec![format!("table {table} changed")],
        // What was found has no hints.
        Err(refusal @ (Refusal::Hint { .. } | Refusal::Names { .. })) => vec![refusal.to_string()],
    }
}

pub(crate) fn summaries(script: &Script) -> String {
    let lines: Vec<&str> = script.steps.iter().map(|step| step.summary.as_str()).take(10).collect();
    let more = script.steps.len().saturating_sub(lines.len());
    let rest = if more > 0 { format!("; and {more} more") } else { String::new() };
    format!("{}{rest}", lines.join("; "))
}

/// Asks the rows about every hazard, in one snapshot.
pub(crate) async fn ask(database: &mut Database, script: &Script) -> Result<Vec<Vec<Finding>>, Failure> {
    let hazards = || script.steps.iter().flat_map(|step| &step.hazards);
    let question = |hazard: &ScriptHazard| {
        let count = hazard.count.clone()?;
        Some(Question { count, examples: hazard.examples.clone() })
    };
    let questions: Vec<Question> = hazards().filter_map(question).collect();
    let mut answers = database.ask(&questions).await?.into_iter();
    let mut finding = |hazard: &ScriptHazard| match hazard.count.as_ref().and_then(|_| answers.next()) {
        Some(Answer::Rows { count, example }) => Finding { rows: Some(count), example, ..Finding::default() },
        Some(Answer::Unknown(why)) => Finding { unknown: Some(why), ..Finding::default() },
        None => Finding { unknown: Some("no count can tell".to_owned()), ..Finding::default() },
    };
    Ok(script.steps.iter().map(|step| step.hazards.iter().map(&mut finding).collect()).collect())
}
