//! What names tables and columns in a text of its own, and is never dropped or broken by accident.

use schema::{Hold, Schema, Table};

use crate::tables::by_name;
use crate::ties::{refusal, tied};
use crate::{Alteration, Change, Refusal, Step, TableAge};

/// Refuses steps that the servers refuse, since a check, a generated column or the expression of an index names the column
/// (MySQL errors 3108, 3837 and 3959), and those after which a view or a trigger would fail, which the servers let pass.
/// `current` has the names from after the plan's renames.
pub(super) fn refuse(current: &Schema, steps: &[Step]) -> Result<(), Refusal> {
    let tables = by_name(current);
    for step in steps {
        match &step.change {
            Change::DropTable(name) | Change::RenameTable { to: name, .. } => {
                if let Some(table) = tables.get(name) {
                    refusal(table, naming(table).collect())?;
                }
            }
            Change::RenameColumn { table, to, .. } => {
                if let Some(table) = tables.get(table) {
                    refusal(table, tied(table, to, &[Hold::InTheWay]))?;
                }
            }
            Change::AlterTable { table, alterations } => {
                if let Some(table) = tables.get(table) {
                    let added = alterations.iter().filter_map(|alteration| match alteration {
                        Alteration::AddIndex(index) => Some(&index.name),
                        _ => None,
                    });
                    let anew = added.flat_map(|name| of_index(table, name));
                    refusal(table, altered(table, alterations).into_iter().chain(anew).collect())?;
                }
            }
            Change::CreateIndex { table, index, on: TableAge::Existing } => {
                if let Some(table) = tables.get(table) {
                    refusal(table, of_index(table, &index.name))?;
                }
            }
            _ => {}
        }
    }
    Ok(())
}

/// What an index has that another one of its name would not have.
fn of_index(table: &Table, name: &str) -> Vec<String> {
    let start = format!("index {name}: ");
    table.extras.iter().filter(|extra| extra.starts_with(&start)).cloned().collect()
}

/// Views and triggers of other tables that name this one.
fn naming(table: &Table) -> impl Iterator<Item = String> {
    let ties = table.ties.iter().map(|tie| &tie.what);
    ties.filter(|what| is_text(what) && !table.extras.contains(what)).cloned()
}

/// What names a column by its text alone is served again by a column that is made anew.
fn is_text(what: &str) -> bool {
    what.starts_with("view ") || what.starts_with("trigger ")
}

fn altered(table: &Table, alterations: &[Alteration]) -> Vec<String> {
    let dropped = |alteration: &Alteration| match alteration {
        Alteration::DropColumn(name) => Some(name.clone()),
        Alteration::RecreateColumn(column) => Some(column.name.clone()),
        _ => None,
    };
    let all: Vec<String> = alterations.iter().filter_map(dropped).collect();
    let goes_too = |what: &str| {
        what.strip_prefix("generated column ").is_some_and(|name| all.iter().any(|one| one == name))
    };
    let mut found = Vec::new();
    for alteration in alterations {
        let Some(name) = dropped(alteration) else { continue };
        let again = matches!(alteration, Alteration::RecreateColumn(_));
        let ties = tied(table, &name, &[Hold::GoesAlong, Hold::InTheWay]);
        found.extend(ties.into_iter().filter(|what| !(goes_too(what) || again && is_text(what))));
    }
    found
}
