//! The way out of a history that cannot be trusted: a new starting point is appended to it, from what is there.

use database::{Damage, Database, NewMigration, Opening};
use futures::future::BoxFuture;
use plan::{Ownership, managed};
use reason::Reason;
use schema::{Schema, fingerprint};
use sql::Script;

use crate::desired::desired;
use crate::inspect::check_owner_of;
use crate::{Failure, Request};

/// What becomes of a migration that was interrupted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Interrupted {
    /// The next run continues it.
    Keep,
    /// It is closed, and whatever it left half done is planned from.
    Abandon,
}

/// What a repair would do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repair {
    /// What is wrong.
    pub problem: String,
    /// What will be made, closed and appended, one line each.
    pub effects: Vec<String>,
    /// What an approval names: problem, effects, and the schema that will be the starting point.
    pub digest: String,
    damage: Damage,
    script: Script,
}

/// Looks what a repair would do; `None` when nothing is wrong. Writes nothing.
pub fn needed<'a>(
    database: &'a mut Database,
    request: &'a Request,
    interrupted: Interrupted,
) -> BoxFuture<'a, Result<Option<Repair>, Failure>> {
    Box::pin(looked(database, request, interrupted))
}

/// Does what was approved, under the lock, when it is still what a look shows. No table of the application is touched,
/// and no finished row of the history.
pub fn repair<'a>(
    database: &'a mut Database,
    request: &'a Request,
    interrupted: Interrupted,
    approved: &'a str,
) -> BoxFuture<'a, Result<i64, Failure>> {
    Box::pin(repaired(database, request, interrupted, approved))
}

async fn looked(
    database: &mut Database,
    request: &Request,
    interrupted: Interrupted,
) -> Result<Option<Repair>, Failure> {
    let damage = match database.damage().await? {
        Some(damage) => Some(damage),
        None if interrupted == Interrupted::Abandon => open(database).await?,
        None => None,
    };
    let Some(damage) = damage else { return Ok(None) };
    check_owner_of(damage.owner.as_ref(), request)?;
    let desired = desired(database.table_names(), &request.datamodel, &request.scope)?;
    let mut namespaces = desired.namespaces.clone();
    namespaces.extend(request.scope.namespace.clone());
    namespaces.sort();
    namespaces.dedup();
    let found = database.introspect(&namespaces).await?;
    let start = managed(&found, &desired, &Ownership::default());
    let effects = effects(&damage, &start);
    let from = fingerprint(&start);
    let mut script = Script {
        version: sql::VERSION,
        dialect: database.dialect(),
        digest: String::new(),
        from: from.clone(),
        to: from,
        steps: Vec::new(),
        desired: start,
    };
    script.digest = sql::digest(&script);
    let digest = sql::digest_of(&[&damage.problem, &effects.join("\n"), &script.digest]);
    Ok(Some(Repair { problem: damage.problem.clone(), effects, digest, damage, script }))
}

/// The migration that is open in a sound history.
async fn open(database: &mut Database) -> Result<Option<Damage>, Failure> {
    let Some(history) = database.history().await? else { return Ok(None) };
    let Some(unfinished) = history.unfinished else { return Ok(None) };
    let done = unfinished.steps.iter().filter(|step| step.state == database::StepState::Done).count();
    let (id, total) = (unfinished.id.0, unfinished.steps.len());
    Ok(Some(Damage {
        problem: format!("migration {id} was interrupted after {done} of {total} steps"),
        missing: Vec::new(),
        no_fence: false,
        open: vec![id],
        owner: history.owner,
    }))
}

fn effects(damage: &Damage, start: &Schema) -> Vec<String> {
    let mut lines: Vec<String> =
        damage.missing.iter().map(|table| format!("make the table {table}, empty")).collect();
    if damage.no_fence {
        lines.push("make the row of the fence".to_owned());
    }
    lines.extend(damage.open.iter().map(|id| format!("close migration {id} as abandoned")));
    let tables: Vec<String> = start.tables.iter().map(|table| table.name.to_string()).collect();
    let tables = if tables.is_empty() { "no tables".to_owned() } else { tables.join(", ") };
    lines.push(format!("append a starting point from what is there now: {tables}"));
    lines
}

async fn repaired(
    database: &mut Database,
    request: &Request,
    interrupted: Interrupted,
    approved: &str,
) -> Result<i64, Failure> {
    let namespaces = desired(database.table_names(), &request.datamodel, &request.scope)?.namespaces;
    database.lock(&namespaces).await?;
    let result = under_lock(database, request, interrupted, approved).await;
    let unlocked = database.unlock().await;
    let id = result?;
    unlocked?;
    Ok(id)
}

async fn under_lock(
    database: &mut Database,
    request: &Request,
    interrupted: Interrupted,
    approved: &str,
) -> Result<i64, Failure> {
    let found = looked(database, request, interrupted).await?;
    let Some(repair) = found.filter(|repair| repair.digest == approved) else {
        return Err(Failure::new(
            Reason::AwaitingApproval,
            "What the repair would do is no longer what was approved; look at it again.",
        ));
    };
    database.mend(&repair.damage).await?;
    let new = NewMigration {
        owner: request.owner.clone(),
        name: request.name.clone(),
        approved_digest: Some(repair.digest),
        actor: request.actor.clone(),
        tool_version: request.tool_version.clone(),
        back: None,
    };
    Ok(database.record(&new, &repair.script, Opening::Baseline).await?.0)
}
