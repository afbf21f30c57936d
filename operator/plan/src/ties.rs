//! What hangs on a table or on single columns of it, and is never dropped or broken by accident (PostgreSQL, MySQL).

use schema::{Dialect, Hold, Schema, Table, Tie, Type};

use crate::tables::by_name;
use crate::{Alteration, Change, Refusal, Step};

/// Refuses steps that would take along, or be stopped by, what a datamodel cannot say. `current` has the names from after
/// the plan's renames.
pub(crate) fn refuse(current: &Schema, steps: &[Step]) -> Result<(), Refusal> {
    let tables = by_name(current);
    for step in steps {
        match &step.change {
            Change::DropTable(name) => {
                if let Some(table) = tables.get(name) {
                    let mut found = extras(table, &["view ", "materialized view "]);
                    found.extend(naming(current, table));
                    refusal(table, found)?;
                }
            }
            Change::AlterTable { table, alterations } => {
                if let Some(table) = tables.get(table) {
                    // What MySQL's views and triggers name is there again.
                    let there_again = |one: &&Alteration| {
                        current.dialect == Dialect::MySql && matches!(one, Alteration::RecreateColumn(_))
                    };
                    let found = alterations.iter().filter(|one| !there_again(one));
                    let found = found.flat_map(|alteration| altered(table, alteration));
                    refusal(table, found.collect())?;
                }
            }
            // Names in PostgreSQL's views and triggers change with what they name.
            Change::RenameTable { to, .. } => {
                if let Some(table) = tables.get(to) {
                    refusal(table, naming(current, table).collect())?;
                }
            }
            Change::RenameColumn { table, to, .. } if current.dialect == Dialect::MySql => {
                if let Some(table) = tables.get(table) {
                    refusal(table, tied(table, to, &[Hold::InTheWay]))?;
                }
            }
            Change::RebuildEnum { columns, .. } => {
                for column in columns {
                    if let Some(table) = tables.get(&column.table) {
                        refusal(table, tied(table, &column.column.name, &[Hold::InTheWay]))?;
                    }
                }
            }
            Change::AddForeignKey { table, key, .. } => {
                // One that is dropped and made again would no longer be deferrable.
                if let (Some(table), Some(name)) = (tables.get(table), &key.name) {
                    let found = extras(table, &[]);
                    let deferrable = format!("deferrable constraint {name}");
                    refusal(table, found.into_iter().filter(|extra| *extra == deferrable).collect())?;
                }
            }
            _ => {}
        }
    }
    Ok(())
}

/// Views and triggers of other tables that name this one, on MySQL.
fn naming<'a>(current: &Schema, table: &'a Table) -> impl Iterator<Item = String> + 'a {
    let mysql = current.dialect == Dialect::MySql;
    let ties = table.ties.iter().filter(move |tie| mysql && !table.extras.contains(&tie.what));
    ties.map(|tie| tie.what.clone())
}

fn altered(table: &Table, alteration: &Alteration) -> Vec<String> {
    match alteration {
        Alteration::DropColumn(name) => tied(table, name, &[Hold::GoesAlong, Hold::InTheWay]),
        Alteration::RecreateColumn(column) => {
            let all = [Hold::GoesAlong, Hold::InTheWay, Hold::OfColumn, Hold::OfType];
            tied(table, &column.name, &all)
        }
        Alteration::SetType { to, .. } if has_collation(&to.ty.base) => {
            tied(table, &to.name, &[Hold::InTheWay, Hold::OfType])
        }
        Alteration::SetType { to, .. } => tied(table, &to.name, &[Hold::InTheWay]),
        _ => Vec::new(),
    }
}

/// Said without one, a new type comes with the database's collation (PostgreSQL: "ALTER TABLE", `SET DATA TYPE`).
const fn has_collation(ty: &Type) -> bool {
    matches!(ty, Type::Text | Type::Citext | Type::VarChar(_) | Type::Char(_) | Type::Other(_))
}

fn tied(table: &Table, column: &str, holds: &[Hold]) -> Vec<String> {
    // A partial index of a datamodel that speaks of them is looked after by the plan.
    let managed = |tie: &Tie| {
        let name = tie.what.strip_prefix("index ");
        name.is_some_and(|name| table.indexes.iter().any(|index| index.name == name))
    };
    let ties = table.ties.iter().filter(|tie| holds.contains(&tie.hold) && !managed(tie));
    let on_it = ties.filter(|tie| tie.columns.iter().any(|name| name == column));
    on_it.map(|tie| tie.what.clone()).collect()
}

/// The extras of these kinds; without kinds all of them.
fn extras(table: &Table, kinds: &[&str]) -> Vec<String> {
    let of_kind = |extra: &&String| kinds.is_empty() || kinds.iter().any(|kind| extra.starts_with(kind));
    table.extras.iter().filter(of_kind).cloned().collect()
}

fn refusal(table: &Table, mut extras: Vec<String>) -> Result<(), Refusal> {
    extras.sort();
    extras.dedup();
    if extras.is_empty() { Ok(()) } else { Err(Refusal { table: table.name.clone(), extras }) }
}
