//! Copies of what a plan drops: chosen by the policy, made by the plan, brought back by its way back.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use database::Database;
use plan::{HazardCode, Plan};
use schema::{ForeignKey, Nullability, ObjectName, Schema, Table, Type};
use sha2::{Digest as _, Sha256};
use sql::{KEEP, KEPT_PREFIX, KEY_PREFIX, Kept, Probe, RESTORE, Script, ScriptStep, keep};

use crate::inspect::check_owner;
use crate::{Failure, Finding, Keep, Request};

/// What of a script's drops is copied, and why the rest is not.
#[derive(Debug, Clone, Default)]
pub(crate) struct Keeping {
    pub(crate) kept: Vec<Kept>,
    refused: BTreeMap<ObjectName, Keep>,
}

/// Chooses what is copied. `last` is the newest applied migration, so that no two plans of a history share a copy.
pub(crate) async fn keeping(
    database: &mut Database,
    request: &Request,
    current: &Schema,
    script: &Script,
    last: i64,
) -> Result<Keeping, Failure> {
    let mut keeping = Keeping::default();
    let Some(rule) = request.policy.keep else { return Ok(keeping) };
    let going = going(script);
    let names: Vec<ObjectName> = going.keys().map(|name| (*name).clone()).collect();
    if names.is_empty() {
        return Ok(keeping);
    }
    let sizes = database.sizes_at_most(&names).await?;
    let place = database.history_place();
    for (name, columns) in going {
        let Some(table) = current.table(name) else { continue };
        let bytes = sizes.iter().find(|size| size.table == *name).map(|size| size.bytes);
        if bytes.is_none_or(|bytes| bytes > rule.max_bytes) {
            keeping.refused.insert(name.clone(), Keep::TooLarge { bytes, most: rule.max_bytes });
            continue;
        }
        let columns = match copied(table, &columns) {
            Ok(columns) if keeps_key(table, &columns, script) => columns,
            Ok(_) => {
                keeping.refused.insert(name.clone(), Keep::NoKey);
                continue;
            }
            Err(why) => {
                keeping.refused.insert(name.clone(), why);
                continue;
            }
        };
        if renames_values(script, table, &columns) {
            keeping.refused.insert(name.clone(), Keep::RenamedValues);
            continue;
        }
        let words: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
        let identity = format!("{last}\n{}\n{}\n{name:?}\n{words:?}", script.from, script.to);
        let hex: String = hex::encode(Sha256::digest(identity)).chars().take(20).collect();
        let copy = ObjectName::new(place.as_deref(), format!("{KEPT_PREFIX}{hex}"));
        keeping.kept.push(Kept { copy, table: table.clone(), columns });
    }
    Ok(keeping)
}

/// The same for a way that the history keeps, `script`, without the copies that it made when it was a plan. Nothing is chosen
/// where it takes something else away than `plan`, the comparison of its ends, since the way from there again is made from the
/// comparison: only the stored one knows what was renamed.
pub(crate) async fn keeping_on_the_way(
    database: &mut Database,
    request: &Request,
    current: &Schema,
    script: Script,
    plan: &Plan,
    last: i64,
) -> Result<(Script, Keeping), Failure> {
    if request.policy.keep.is_none() || taken(&script) != taken(&sql::render(plan)) {
        return Ok((script, Keeping::default()));
    }
    let mut bare = script.clone();
    bare.steps.retain(|step| step.kind != KEEP);
    let keeping = keeping(database, request, current, &bare, last).await?;
    Ok((if keeping.kept.is_empty() { script } else { bare }, keeping))
}

/// [`going`], in whatever order.
fn taken(script: &Script) -> BTreeMap<&ObjectName, BTreeSet<&str>> {
    going(script).into_iter().map(|(table, columns)| (table, columns.into_iter().collect())).collect()
}

/// The script without what would come back from a copy that is purged by now.
pub(crate) async fn as_far_as_kept(database: &mut Database, mut script: Script) -> Result<Script, Failure> {
    if script.steps.iter().all(|step| step.kind != RESTORE) {
        return Ok(script);
    }
    let there = database.kept().await?;
    let is_there = |step: &ScriptStep| there.iter().any(|kept| kept.name == step.object);
    script.steps.retain(|step| step.kind != RESTORE || is_there(step));
    script.digest = sql::digest(&script);
    Ok(script)
}

/// Drops the copies that are older than this, under the lock; answers their names. One whose age the history does not
/// know stays. A database of another owner is refused.
pub async fn purge(
    database: &mut Database,
    request: &Request,
    retention: Duration,
) -> Result<Vec<String>, Failure> {
    if let Some(history) = database.history().await? {
        check_owner(&history, request)?;
    }
    purge_own(database, retention).await
}

/// The same of a database whose owner is known.
pub(crate) async fn purge_own(database: &mut Database, retention: Duration) -> Result<Vec<String>, Failure> {
    let mut gone = Vec::new();
    for kept in database.kept().await? {
        if kept.age.is_some_and(|age| age >= retention) {
            database.purge(&kept.name).await?;
            tracing::info!(copy = kept.name, "kept data is purged");
            gone.push(kept.name);
        }
    }
    Ok(gone)
}

/// Tables that go, with no column, and columns that go.
fn going(script: &Script) -> BTreeMap<&ObjectName, Vec<&str>> {
    let mut going: BTreeMap<&ObjectName, Vec<&str>> = BTreeMap::new();
    for hazard in script.steps.iter().flat_map(|step| &step.hazards).map(|hazard| &hazard.hazard) {
        match (hazard.code, &hazard.column) {
            (HazardCode::DropTable, _) => {
                going.entry(&hazard.table).or_default();
            }
            (HazardCode::DropColumn | HazardCode::RecreateColumn, Some(column)) => {
                going.entry(&hazard.table).or_default().push(column);
            }
            _ => {}
        }
    }
    going
}

/// Where the step stands that drops the table or columns of it. Of a change in several steps the first has the hazards,
/// and on PostgreSQL the index of a new primary key is built before the rest.
fn dropping(script: &Script, table: &ObjectName) -> usize {
    let drops = |step: &ScriptStep| {
        step.hazards
            .iter()
            .map(|hazard| &hazard.hazard)
            .any(|hazard| drops(hazard.code) && hazard.table == *table)
    };
    let Some(first) = script.steps.iter().position(drops) else { return 0 };
    let rest = script.steps.iter().enumerate().skip(first);
    let same = |step: &ScriptStep| {
        script.steps.get(first).is_some_and(|one| (&one.kind, &one.object) == (&step.kind, &step.object))
    };
    let key = rest.take_while(|(_, step)| same(step)).find(|(_, step)| {
        matches!(&step.probe, Some(Probe::IndexPresent { index, .. }) if index.starts_with(KEY_PREFIX))
    });
    key.map_or(first, |(at, _)| at + 1)
}

const fn drops(code: HazardCode) -> bool {
    matches!(code, HazardCode::DropTable | HazardCode::DropColumn | HazardCode::RecreateColumn)
}

/// False when the plan gives the key that goes with copied values another name: it does so before the copy is made.
fn keeps_key(table: &Table, columns: &[schema::Column], script: &Script) -> bool {
    let after = script.desired.table(&table.name);
    let mut key = table.primary_key.iter().flat_map(|key| &key.columns);
    columns.is_empty() || key.all(|name| after.is_some_and(|after| after.column(name).is_some()))
}

/// True when the plan gives values of an enum other names that the copy would hold: going back, they are no values of it.
fn renames_values(script: &Script, table: &Table, columns: &[schema::Column]) -> bool {
    // Where the column itself has the values, only a key stays beside what goes.
    let mut key = table.primary_key.iter().flat_map(|key| &key.columns);
    let renamed = |object: &String| {
        script.steps.iter().any(|step| step.kind == sql::RENAME_VALUES && step.object == *object)
    };
    if !columns.is_empty() && key.any(|name| renamed(&format!("{}.{name}", table.name))) {
        return true;
    }
    let copied = if columns.is_empty() { table.columns.as_slice() } else { columns };
    copied.iter().any(|column| match &column.ty.base {
        Type::Enum(name) => {
            script.steps.iter().any(|step| step.kind == "RenameEnumValue" && step.object == name.to_string())
        }
        _ => false,
    })
}

/// The columns to copy, none of a table that goes as a whole; or why nothing can be.
fn copied(table: &Table, columns: &[&str]) -> Result<Vec<schema::Column>, Keep> {
    if columns.is_empty() {
        return Ok(Vec::new());
    }
    let key = table.primary_key.as_ref().ok_or(Keep::NoKey)?;
    if columns.iter().any(|name| key.columns.iter().any(|part| part == name)) {
        return Err(Keep::NoKey);
    }
    let written =
        columns.iter().filter_map(|name| table.column(name)).filter(|column| !column.is_generated());
    let written: Vec<schema::Column> = written.cloned().collect();
    if written.is_empty() { Err(Keep::Generated) } else { Ok(written) }
}

impl Keeping {
    /// The script with each copy made right before the step that drops what it holds, so that nothing comes between them.
    pub(crate) fn before(&self, mut script: Script) -> Script {
        for kept in &self.kept {
            let at = dropping(&script, &kept.table.name);
            script.steps.insert(at, keep(script.dialect, kept));
        }
        if !self.kept.is_empty() {
            script.digest = sql::digest(&script);
        }
        script
    }

    /// Says of each hazard what becomes of the rows.
    pub(crate) fn told(&self, script: &Script, mut findings: Vec<Vec<Finding>>) -> Vec<Vec<Finding>> {
        for (step, found) in script.steps.iter().zip(&mut findings) {
            for (hazard, finding) in step.hazards.iter().zip(found) {
                let hazard = &hazard.hazard;
                if drops(hazard.code) {
                    let kept = self.kept.iter().find(|kept| kept.table.name == hazard.table);
                    let kept = kept.map(|kept| Keep::In { copy: kept.copy.name.clone() });
                    finding.keep = kept.or_else(|| self.refused.get(&hazard.table).cloned());
                }
            }
        }
        findings
    }

    /// What is there before copied values come back: their columns take nulls, and no foreign key looks at them yet.
    pub(crate) fn half_way(&self, schema: &mut Schema) {
        let concerns = |table: &ObjectName, columns: &[String]| {
            self.kept.iter().any(|kept| {
                kept.table.name == *table
                    && (kept.columns.is_empty()
                        || kept.columns.iter().any(|column| columns.contains(&column.name)))
            })
        };
        for table in &mut schema.tables {
            let name = table.name.clone();
            let later = |key: &ForeignKey| {
                concerns(&name, &key.columns) || concerns(&key.referenced_table, &key.referenced_columns)
            };
            table.foreign_keys.retain(|key| !later(key));
            for column in &mut table.columns {
                let kept = self.kept.iter().filter(|kept| kept.table.name == name);
                if kept.flat_map(|kept| &kept.columns).any(|kept| kept.name == column.name) {
                    column.nullability = Nullability::Nullable;
                }
            }
        }
    }

    /// The way back in two halves with the copies between them.
    pub(crate) fn between(&self, first: &Plan, second: &Plan) -> Script {
        let mut script = sql::render(first);
        let rest = sql::render(second);
        script.steps.extend(self.kept.iter().map(|kept| sql::restore(script.dialect, kept)));
        script.steps.extend(rest.steps);
        script.to = rest.to;
        script.desired = rest.desired;
        script.digest = sql::digest(&script);
        script
    }
}
