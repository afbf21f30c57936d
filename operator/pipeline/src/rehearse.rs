//! A plan tried on a copy of the structure: how long each step takes, before it is run.

use std::collections::BTreeSet;
use std::time::Duration;

use database::{Database, End, NewMigration, Opening, Progress, Rehearsal};
use futures::future::BoxFuture;
use plan::{Ownership, diff};
use reason::Reason;
use schema::{Dialect, ObjectName, PartialIndexes, Schema};
use sql::{DATA_STEP, KEEP, RESTORE, Script, ScriptStep, count_rows, remove_orphans, render};

use crate::back::lost;
use crate::migrate::{Proof, prove};
use crate::{Failure, JudgedPlan, Request};

/// What a rehearsal came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rehearsed {
    /// How long each step took, in the order of the plan; `None` where it was left out.
    pub steps: Vec<Option<Duration>>,
    /// The rows that each table of the copy had, where rows were asked for.
    pub rows: Vec<(ObjectName, u64)>,
    /// What the copy lacks: what no datamodel can say, and extensions that could not be created.
    pub lacks: Vec<String>,
}

/// What a copy is made of and what is run in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Trial {
    /// Most rows that are copied of each table; `None` copies none.
    pub rows: Option<u64>,
    /// What becomes of a person's own SQL.
    pub data_steps: OwnSql,
}

/// Whether a person's own SQL is run in a copy. It can name what the copy does not hold: another database of a MySQL server, or
/// roles, which a whole PostgreSQL server shares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OwnSql {
    /// It is not run, so that a rehearsal changes nothing, whatever the SQL says.
    LeftOut,
    /// It is run as it stands.
    Run,
}

/// Most passes over the copied rows: each removes rows that the one before left without their parents.
const PASSES: usize = 100;

/// Makes a copy of what the plan concerns in `place` and runs the plan's structural steps there. The database itself is only read,
/// and no approval is needed; copies of dropped data are neither made nor brought back, since they lie outside the structure. The
/// caller ends the place, whatever this answers.
pub fn rehearse<'a>(
    database: &'a mut Database,
    place: &'a mut Rehearsal,
    request: &'a Request,
    plan: &'a JudgedPlan,
    trial: Trial,
    progress: &'a mut (dyn FnMut(Progress) + Send),
) -> BoxFuture<'a, Result<Rehearsed, Failure>> {
    Box::pin(rehearsed(database, place, request, plan, trial, progress))
}

async fn rehearsed(
    database: &mut Database,
    place: &mut Rehearsal,
    request: &Request,
    plan: &JudgedPlan,
    trial: Trial,
    progress: &mut (dyn FnMut(Progress) + Send),
) -> Result<Rehearsed, Failure> {
    let tried = tried(&plan.script, trial.data_steps);
    let script = &tried;
    let copied = concerned(database, request, script).await?;
    let mut lacks: Vec<String> = copied
        .tables
        .iter()
        .flat_map(|table| {
            lost(table, copied.dialect).into_iter().map(move |extra| format!("{extra} of {}", table.name))
        })
        .collect();
    let bare = build(place, &copied, &mut lacks).await?;
    let mut counts = Vec::new();
    if let Some(limit) = trial.rows {
        for table in &copied.tables {
            place.sample(table, limit).await?;
        }
        remove_rows_without_parents(place, &copied).await?;
        for table in &copied.tables {
            let count = place.database().count(&count_rows(copied.dialect, &table.name)).await?;
            counts.push((table.name.clone(), count));
        }
    }
    let keys = render(&diff(&bare, &copied, &Ownership::default())?);
    for statement in statements(&keys) {
        place.replay(statement).await.map_err(of_copy)?;
    }
    let took = run(place.database(), request, script, progress).await.map_err(|failure| {
        let left_out = plan.script.steps.iter().any(|step| step.kind == DATA_STEP)
            && trial.data_steps == OwnSql::LeftOut;
        if !left_out || failure.reason != Reason::DataViolatesPlan {
            return failure;
        }
        let message = format!(
            "{} The plan's data steps were not run; `--data-steps` runs them in the copy, as they stand.",
            failure.message
        );
        Failure { message, ..failure }
    })?;
    let mut took = took.into_iter();
    let is_tried = |step: &ScriptStep| is_run(step, trial.data_steps);
    let steps =
        plan.script.steps.iter().map(|step| if is_tried(step) { took.next() } else { None }).collect();
    Ok(Rehearsed { steps, rows: counts, lacks })
}

/// What of the script stays inside a copy.
fn tried(script: &Script, data_steps: OwnSql) -> Script {
    let mut tried = script.clone();
    tried.steps.retain(|step| is_run(step, data_steps));
    tried.digest = sql::digest(&tried);
    tried
}

fn is_run(step: &ScriptStep, data_steps: OwnSql) -> bool {
    match step.kind.as_str() {
        DATA_STEP => data_steps == OwnSql::Run,
        // They name the place of the true history.
        KEEP | RESTORE => false,
        _ => true,
    }
}

/// The tables that the plan names, as they are, those that their keys lead to, and all enums.
async fn concerned(database: &mut Database, request: &Request, script: &Script) -> Result<Schema, Failure> {
    let locked = || script.steps.iter().flat_map(|step| &step.impact.locks).map(|lock| &lock.table);
    let mut wanted: BTreeSet<ObjectName> = locked().cloned().collect();
    // SQLite has no locks of tables, and a table that goes is in no datamodel.
    wanted
        .extend(script.steps.iter().flat_map(|step| &step.hazards).map(|hazard| hazard.hazard.table.clone()));
    for table in &script.desired.tables {
        wanted.insert(table.name.clone());
        wanted.extend(table.renamed_from.iter().map(|old| table.name.sibling(old)));
    }
    let mut namespaces: Vec<String> = script.desired.namespaces.clone();
    namespaces.extend(request.scope.namespace.clone());
    namespaces.extend(wanted.iter().filter_map(|name| name.namespace.clone()));
    namespaces.sort();
    namespaces.dedup();
    let mut found = database.introspect(&namespaces).await?;
    loop {
        let before = wanted.len();
        let named = found.tables.iter().filter(|table| wanted.contains(&table.name));
        let parents: Vec<ObjectName> = named
            .flat_map(|table| table.foreign_keys.iter().map(|key| key.referenced_table.clone()))
            .collect();
        wanted.extend(parents);
        if wanted.len() == before {
            break;
        }
    }
    found.tables.retain(|table| wanted.contains(&table.name));
    for table in &mut found.tables {
        table.foreign_keys.retain(|key| wanted.contains(&key.referenced_table));
    }
    found.views.clear();
    found.partial_indexes = PartialIndexes::Declared;
    Ok(found)
}

/// Makes the structure without its foreign keys, which a part of the rows would violate, and answers what was made. On SQLite
/// a key is part of its table, and is not looked at yet.
async fn build(place: &mut Rehearsal, wanted: &Schema, lacks: &mut Vec<String>) -> Result<Schema, Failure> {
    let mut nothing = Schema::empty(wanted.dialect);
    nothing.partial_indexes = PartialIndexes::Declared;
    // Every PostgreSQL database is born with it.
    nothing.namespaces.extend(wanted.namespaces.iter().filter(|name| *name == "public").cloned());
    let mut bare = wanted.clone();
    if wanted.dialect != Dialect::Sqlite {
        bare.tables.iter_mut().for_each(|table| table.foreign_keys.clear());
    }
    let script = render(&diff(&nothing, &bare, &Ownership::default())?);
    for step in &script.steps {
        for statement in &step.statements {
            match place.replay(statement).await {
                Err(_) if step.kind == "CreateExtension" => lacks.push(format!("extension {}", step.object)),
                other => other.map_err(of_copy)?,
            }
        }
    }
    Ok(bare)
}

fn statements(script: &Script) -> impl Iterator<Item = &str> {
    script.steps.iter().flat_map(|step| step.statements.iter().map(String::as_str))
}

async fn remove_rows_without_parents(place: &mut Rehearsal, copied: &Schema) -> Result<(), Failure> {
    for _ in 0..PASSES {
        let mut removed = 0;
        for table in &copied.tables {
            for key in &table.foreign_keys {
                removed += place.execute(&remove_orphans(copied.dialect, &table.name, key)).await?;
            }
        }
        if removed == 0 {
            return Ok(());
        }
    }
    Err(Failure::new(
        Reason::DataViolatesPlan,
        "The copied rows hang on each other in chains that are too long to be cut; rehearse with more rows or without any.",
    ))
}

/// Runs the plan as `apply` would, with a history of its own, and proves the result.
async fn run(
    database: &mut Database,
    request: &Request,
    script: &Script,
    progress: &mut (dyn FnMut(Progress) + Send),
) -> Result<Vec<Duration>, Failure> {
    let mut steps = vec![Duration::ZERO; script.steps.len()];
    let mut noted = |told: Progress| {
        if let Progress::Finished { ord, elapsed, .. } = &told
            && let Some(step) = steps.get_mut(*ord)
        {
            *step = *elapsed;
        }
        progress(told);
    };
    database.lock_telling(&script.desired.namespaces, &mut noted).await?;
    let new = NewMigration {
        owner: request.owner.clone(),
        name: request.name.clone(),
        approved_digest: None,
        actor: request.actor.clone(),
        tool_version: request.tool_version.clone(),
        back: None,
    };
    let id = database.record(&new, script, Opening::Run).await?;
    database.run(&id, script, &mut noted).await?;
    match prove(database, request, script).await? {
        Proof::Equal(found) => database.finish(&id, End::Applied { schema: Box::new(found) }).await?,
        Proof::Different(differences) => {
            return Err(Failure::new(
                Reason::VerificationFailed,
                format!("After the last step the copy was not as the datamodel says: {differences}."),
            ));
        }
    }
    database.unlock().await?;
    Ok(steps)
}

fn of_copy(error: database::Error) -> Failure {
    let failure = Failure::from(error);
    let message = format!("The structure cannot be copied: {}", failure.message);
    Failure { message, ..failure }
}
