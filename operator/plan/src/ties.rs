//! What hangs on a table or on single columns of it, and is never dropped by accident (PostgreSQL).

use schema::{Column, Hold, ObjectName, Schema, Table, Tie, Type};

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
                    refusal(table, extras(table, &["view ", "materialized view "]))?;
                }
            }
            Change::AlterTable { table, alterations } => {
                if let Some(table) = tables.get(table) {
                    let found = alterations.iter().flat_map(|alteration| altered(table, alteration));
                    refusal(table, found.collect())?;
                }
            }
            Change::RebuildEnum { from, columns, .. } => {
                for table in tables.values() {
                    refusal(table, domains_over(table, &from.name))?;
                }
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

fn altered(table: &Table, alteration: &Alteration) -> Vec<String> {
    match alteration {
        Alteration::DropColumn(name) => tied(table, name, &[Hold::GoesAlong, Hold::InTheWay]),
        Alteration::RecreateColumn(column) => {
            let all = [Hold::GoesAlong, Hold::InTheWay, Hold::OfColumn, Hold::OfType];
            let mut found = tied(table, &column.name, &all);
            found.extend(lost_domain(table, column));
            found
        }
        Alteration::SetType { to, .. } => {
            let holds: &[Hold] =
                if has_collation(&to.ty.base) { &[Hold::InTheWay, Hold::OfType] } else { &[Hold::InTheWay] };
            let mut found = tied(table, &to.name, holds);
            found.extend(lost_domain(table, to));
            found
        }
        _ => Vec::new(),
    }
}

/// Said without one, a new type comes with the database's collation (PostgreSQL: "ALTER TABLE", `SET DATA TYPE`).
const fn has_collation(ty: &Type) -> bool {
    matches!(ty, Type::Text | Type::Citext | Type::VarChar(_) | Type::Char(_) | Type::Other(_))
}

/// The domain that a column has, where the datamodel does not say by which type of its own to replace it.
fn lost_domain(table: &Table, to: &Column) -> Option<String> {
    let Type::Domain(domain) = &table.column(&to.name)?.ty.base else { return None };
    let said = matches!(to.ty.base, Type::Other(_) | Type::Domain(_));
    (!said).then(|| format!("column {}: domain {}", to.name, domain.name))
}

/// Columns of a domain that stands on an enum: they would keep the old type.
fn domains_over(table: &Table, name: &ObjectName) -> Vec<String> {
    let of = |column: &Column| match &column.ty.base {
        Type::Domain(domain) if domain.of.base == Type::Enum(name.clone()) => {
            Some(format!("column {}: domain {}", column.name, domain.name))
        }
        _ => None,
    };
    table.columns.iter().filter_map(of).collect()
}

pub(crate) fn tied(table: &Table, column: &str, holds: &[Hold]) -> Vec<String> {
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

pub(crate) fn refusal(table: &Table, mut extras: Vec<String>) -> Result<(), Refusal> {
    extras.sort();
    extras.dedup();
    if extras.is_empty() { Ok(()) } else { Err(Refusal::Extras { table: table.name.clone(), extras }) }
}
