//! The way back from a plan: [`WayBack`].

use std::collections::BTreeMap;
use std::fmt;

use database::{MigrationRow, MigrationState};
use plan::{HazardCode, Ownership, Plan, diff, reverse, reverse_by_way_of};
use schema::{Column, Dialect, EnumValues, ObjectName, Schema, Table, fingerprint};
use serde::Serialize;
use sql::{Script, render};

use crate::Finding;
use crate::keep::Keeping;

/// What leads back from a plan's end to its start, and what it cannot bring back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WayBack {
    /// The statements, with hazards of their own; `None` when there is no way back.
    pub script: Option<Script>,
    /// What of the plan it leaves undone, in the order of the plan.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub remains: Vec<Remains>,
    /// Why there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refused: Option<String>,
}

/// A step that the way back does not undo, or not as a whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Remains {
    /// Its line for people.
    pub step: String,
    /// What is missing.
    pub undo: Undo,
}

/// What undoing a step leaves undone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Undo {
    /// The structure comes back; the rows or values that the step took are gone.
    StructureOnly,
    /// The structure comes back without these, which a datamodel cannot say.
    Without(Vec<String>),
    /// Nothing: what the step made stays, since others may use it by now (a schema, an extension).
    Stays,
}

impl WayBack {
    /// True when everything comes back.
    pub const fn is_exact(&self) -> bool {
        self.script.is_some() && self.remains.is_empty()
    }
}

/// One line for people: `change table User: drop name: its values are gone`.
impl fmt::Display for Remains {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.undo {
            Undo::StructureOnly => {
                write!(formatter, "{}: the structure comes back, the data does not", self.step)
            }
            Undo::Without(extras) => {
                write!(formatter, "{}: comes back without {}", self.step, extras.join(", "))
            }
            Undo::Stays => write!(formatter, "{}: stays", self.step),
        }
    }
}

/// The way back from `plan`, which was made from `current` and `owned` and renders to `script`.
pub(crate) fn way_back(
    current: &Schema,
    plan: &Plan,
    owned: &Ownership,
    script: &Script,
    findings: &[Vec<Finding>],
    keeping: &Keeping,
) -> WayBack {
    let back = if keeping.kept.is_empty() {
        reverse(current, plan, owned).map(|back| render(&back))
    } else {
        let halves = reverse_by_way_of(current, plan, owned, |schema| keeping.half_way(schema));
        halves.map(|(first, second)| keeping.between(&first, &second))
    };
    match back {
        Ok(back) => {
            let remains = remains(current, script, findings);
            WayBack { script: Some(back), remains, refused: None }
        }
        Err(refusal) => WayBack { script: None, remains: Vec::new(), refused: Some(refusal.to_string()) },
    }
}

pub(crate) fn remains(current: &Schema, script: &Script, findings: &[Vec<Finding>]) -> Vec<Remains> {
    let mut all = Vec::new();
    for (at, step) in script.steps.iter().enumerate() {
        if matches!(step.kind.as_str(), "CreateNamespace" | "CreateExtension" | sql::DATA_STEP) {
            all.push(Remains { step: step.summary.clone(), undo: Undo::Stays });
        }
        let found = findings.get(at).map(Vec::as_slice).unwrap_or_default();
        let mut gone = false;
        for (at, hazard) in step.hazards.iter().enumerate() {
            let takes = matches!(
                hazard.hazard.code,
                HazardCode::DropTable
                    | HazardCode::DropColumn
                    | HazardCode::RecreateColumn
                    | HazardCode::NarrowingCast
            );
            gone |= takes && found.get(at).is_none_or(Finding::may_hurt);
            if hazard.hazard.code == HazardCode::DropTable {
                let lost = current.table(&hazard.hazard.table).map(|table| lost(table, script.dialect));
                all.extend(
                    lost.filter(|lost| !lost.is_empty())
                        .map(|lost| Remains { step: step.summary.clone(), undo: Undo::Without(lost) }),
                );
            }
        }
        if gone {
            all.push(Remains { step: step.summary.clone(), undo: Undo::StructureOnly });
        }
    }
    all
}

/// What a table has and one that is made like it has not. Of a column everything is made, save a domain.
pub(crate) fn lost(table: &Table, dialect: Dialect) -> Vec<String> {
    let of_column = |extra: &str| {
        (extra.starts_with("column ") && !extra.contains(": domain "))
            || extra.starts_with("generated column ")
    };
    let comes_back = |extra: &str| dialect != Dialect::Sqlite && of_column(extra);
    table.extras.iter().filter(|extra| !comes_back(extra)).cloned().collect()
}

/// The stored way back of the last migration, when it leads to what is wanted now: a datamodel that was put back to what
/// it was before. It knows what a comparison cannot, such as which table was renamed.
///
/// `plan` is the one that a comparison gives, made from the very schema that the migration left. Its digest, which
/// reading the history checks, names the schema it leads to; one that holds another schema is not taken.
pub(crate) fn stored(applied: &MigrationRow, plan: &Plan) -> Option<Script> {
    let whole = |back: &&Script| back.version == sql::VERSION && fingerprint(&back.desired) == back.to;
    let back = applied.back.as_ref().filter(whole)?;
    let same = diff(&back.desired, &plan.desired, &Ownership::of(&back.desired)).ok()?;
    if !same.is_empty() || plan.is_empty() || !names_old_values(back, &plan.desired) {
        return None;
    }
    let mut script = back.clone();
    script.from.clone_from(&plan.from);
    script.to.clone_from(&plan.to);
    script.desired.clone_from(&plan.desired);
    script.digest = sql::digest(&script);
    Some(script)
}

/// False when the way back would rename values that the datamodel does not call so: a schema of SQLite looks the same with
/// either name.
fn names_old_values(back: &Script, desired: &Schema) -> bool {
    if back.dialect != Dialect::Sqlite || back.steps.iter().all(|step| step.kind != sql::RENAME_VALUES) {
        return true;
    }
    renamed_columns(&back.desired).all(|(table, column, values)| {
        let wanted = desired.table(table).and_then(|found| found.column(column));
        wanted.is_some_and(|wanted| speaks_of(wanted, values))
    })
}

/// Columns with hints on their values.
fn renamed_columns(schema: &Schema) -> impl Iterator<Item = (&ObjectName, &str, &EnumValues)> {
    let columns =
        schema.tables.iter().flat_map(|table| table.columns.iter().map(move |column| (table, column)));
    columns.filter_map(|(table, column)| {
        let values = column.values.as_deref().filter(|values| !values.renamed.is_empty())?;
        Some((&table.name, column.name.as_str(), values))
    })
}

/// True when the column has every new name and none of the old ones.
fn speaks_of(column: &Column, hints: &EnumValues) -> bool {
    column.values.as_deref().is_some_and(|wanted| {
        let has = |value: &String| wanted.values.contains(value);
        hints.renamed.keys().all(has) && !hints.renamed.values().any(has)
    })
}

/// On SQLite, a datamodel that was put back names the old values again, and no schema shows it: with the hints of the last
/// migration's way back the rows tell.
pub(crate) fn hinted_back(applied: Option<&MigrationRow>, desired: &mut Schema) {
    let Some(back) = applied.and_then(|row| row.back.as_ref()) else { return };
    if desired.dialect != Dialect::Sqlite {
        return;
    }
    for (table, column, hints) in renamed_columns(&back.desired) {
        let tables = desired.tables.iter_mut().filter(|found| found.name == *table);
        let columns = tables.flat_map(|found| &mut found.columns).filter(|found| found.name == column);
        for found in columns.filter(|found| speaks_of(found, hints)) {
            if let Some(values) = &mut found.values {
                for (new, old) in &hints.renamed {
                    values.renamed.entry(new.clone()).or_insert_with(|| old.clone());
                }
            }
        }
    }
}

/// The hints of several ways back, the newest first, on the schema that they lead to: what a value is called now that was
/// called otherwise then. A schema of SQLite alone would show nothing to do.
pub(crate) fn hinted_over(ways: &[Script], schema: &mut Schema) {
    if schema.dialect != Dialect::Sqlite {
        return;
    }
    for column_of in ways.iter().map(|way| renamed_columns(&way.desired)) {
        for (table, column, hints) in column_of {
            let tables = schema.tables.iter_mut().filter(|found| found.name == *table);
            let columns = tables.flat_map(|found| &mut found.columns).filter(|found| found.name == column);
            for found in columns {
                let renamed = &mut found.values.get_or_insert_default().renamed;
                let before = std::mem::take(renamed);
                *renamed = after(before, &hints.renamed);
            }
        }
    }
}

/// What two renames come to, one after the other. Each says by the new name which was the old one.
fn after(first: BTreeMap<String, String>, then: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    let mut both = first;
    for (new, old) in then {
        let origin = both.remove(old).unwrap_or_else(|| old.clone());
        both.insert(new.clone(), origin);
    }
    both.retain(|new, old| new != old);
    both
}

/// The way back from a stored way back: the migration that it undoes.
pub(crate) fn forth(
    applied: &MigrationRow,
    script: &Script,
    current: &Schema,
    findings: &[Vec<Finding>],
) -> WayBack {
    // A starting point did nothing that could be done again.
    let forth = applied.script.clone().filter(|_| applied.state == MigrationState::Applied);
    WayBack {
        remains: remains(current, script, findings),
        refused: forth.is_none().then(|| "the migration that it undoes is not the last one".to_owned()),
        script: forth,
    }
}
