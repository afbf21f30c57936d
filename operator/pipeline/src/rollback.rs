//! The way back over several migrations, from what the history keeps: [`roll_back`].

use database::{Database, MigrationRow, MigrationState};
use plan::{Ownership, Plan, diff};
use reason::Reason;
use schema::Schema;
use sql::Script;

use crate::back::{WayBack, hinted_over};
use crate::{Failure, Request};

/// Where to go back to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Point {
    /// To before the last migration that was applied.
    BeforeLast,
    /// To what this migration left, by its number; 0 is before the first.
    After(i64),
}

/// What a rollback wants instead of what a datamodel says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RollBack {
    /// What the database looked like.
    pub(crate) schema: Schema,
    /// The stored ways back, newest first, and the way forth again; `None` where one is missing, and then only a
    /// comparison leads back.
    pub(crate) ways: Option<Ways>,
}

/// There and back again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Ways {
    back: Vec<Script>,
    forth: Vec<Script>,
}

/// The request that leads the database back. It is run like any other: with hazards, policy, approval and a row of the
/// history. Only the history is asked; the request's datamodel and steps count for nothing.
pub async fn roll_back(database: &mut Database, request: &Request, to: Point) -> Result<Request, Failure> {
    let missing = |why: String| Failure::new(Reason::HistoryMissing, why);
    let history = database.history().await?;
    let history = history.ok_or_else(|| missing("There is no history to go back in.".to_owned()))?;
    let mut rows = history.migrations;
    let mut applied = rows.iter().filter(|row| row.state.is_applied());
    let id = match to {
        Point::After(id) => id,
        Point::BeforeLast => {
            let last = applied.next();
            let mut last = last.ok_or_else(|| missing("No migration was applied yet.".to_owned()))?;
            let mut before = applied.next();
            // What only recorded other names of the datamodel left nothing to undo.
            while let Some(same) =
                before.filter(|row| last.state == MigrationState::Baselined && row.to == last.to)
            {
                last = same;
                before = applied.next();
            }
            before.map_or(0, |row| row.id)
        }
    };
    let known = id == 0 || rows.iter().any(|row| row.id == id && row.state.is_applied());
    if !known {
        return Err(missing(format!(
            "Migration {id} is not among the last that were applied; `schemalift history` lists them."
        )));
    }
    rows.retain(|row| row.id >= id);
    for row in &mut rows {
        database.load(row, history.version).await?;
    }
    let schema = match rows.last() {
        Some(last) if last.id == id => last.schema.clone(),
        // Before the first one: what its own way back leads to.
        Some(first) => first.back.as_ref().filter(|_| rows.len() < 50).map(|back| back.desired.clone()),
        None => None,
    };
    let mut schema =
        schema.ok_or_else(|| missing(format!("The history does not say what migration {id} left.")))?;
    let ways = ways(rows.iter().filter(|row| row.id > id), &schema);
    if let Some(ways) = &ways {
        hinted_over(&ways.back, &mut schema);
    }
    let mut request = request.clone();
    request.steps = sql::DataSteps::default();
    request.roll_back = Some(RollBack { schema, ways });
    Ok(request)
}

/// The stored ways back of these migrations, newest first, as long as each leads to where the next one starts.
fn ways<'a>(rows: impl Iterator<Item = &'a MigrationRow>, schema: &Schema) -> Option<Ways> {
    let mut ways = Ways { back: Vec::new(), forth: Vec::new() };
    let mut reached: Option<&Schema> = None;
    for row in rows {
        match row.state {
            MigrationState::Applied => {
                let left = row.schema.as_ref()?;
                if !reached.is_none_or(|reached| leads_to(reached, left)) {
                    return None;
                }
                let back = row.back.as_ref().filter(|back| back.version == sql::VERSION)?;
                reached = Some(&back.desired);
                ways.back.push(structural(back));
                ways.forth.insert(0, structural(row.script.as_ref()?));
            }
            // Nothing was run; where something was changed by hand before it, the next older one does not lead to it.
            MigrationState::Baselined => {
                let left = row.schema.as_ref()?;
                if !reached.is_none_or(|reached| leads_to(reached, left)) {
                    return None;
                }
                reached = Some(left);
            }
            _ if row.steps_done > 0 => return None,
            _ => {}
        }
    }
    let whole = !ways.back.is_empty() && reached.is_some_and(|reached| leads_to(reached, schema));
    whole.then_some(ways)
}

/// Without data steps: what they did is not undone, and they are not run again.
fn structural(script: &Script) -> Script {
    let mut script = script.clone();
    script.steps.retain(|step| step.kind != sql::DATA_STEP);
    script
}

/// True when what a way leads to is what was found there. A script's schema may be a datamodel's, which leaves open what
/// a database answers, so it is the desired side.
fn leads_to(way: &Schema, found: &Schema) -> bool {
    diff(found, way, &Ownership::of(found)).is_ok_and(|plan| plan.is_empty())
}

impl Ways {
    /// True when they undo one migration.
    pub(crate) const fn is_one(&self) -> bool {
        self.back.len() == 1
    }

    /// The ways back as one script, for this comparison's ends, and the way forth from there.
    pub(crate) fn joined(&self, plan: &Plan) -> (Script, WayBack) {
        let back = joined(&self.back, plan, &plan.from, &plan.to, &plan.desired);
        let last = self.forth.last();
        let forth = last.map(|last| joined(&self.forth, plan, &plan.to, &plan.from, &last.desired));
        (back, WayBack { script: forth, remains: Vec::new(), refused: None })
    }
}

fn joined(parts: &[Script], plan: &Plan, from: &str, to: &str, desired: &Schema) -> Script {
    let mut script = Script {
        version: sql::VERSION,
        dialect: plan.dialect,
        digest: String::new(),
        from: from.to_owned(),
        to: to.to_owned(),
        steps: parts.iter().flat_map(|part| part.steps.clone()).collect(),
        desired: desired.clone(),
    };
    script.digest = sql::digest(&script);
    script
}
