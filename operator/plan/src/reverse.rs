//! The way back: [`reverse`].

use schema::{Column, MySqlType, ObjectName, Schema, Type};

use crate::diff::{Refusal, diff};
use crate::ownership::{Ownership, managed};
use crate::{Change, Plan};

/// The reverse of `forward`, which was made from `current` and `owned`.
///
/// Its hazards are those of going back. What was renamed is renamed back. Schemas and extensions stay, and tables that the forward plan leaves alone stay alone.
pub fn reverse(current: &Schema, forward: &Plan, owned: &Ownership) -> Result<Plan, Refusal> {
    let (after, back) = ends(current, forward, owned);
    diff(&after, &back, &Ownership::of(&after))
}

/// As [`reverse`], in two plans: to what `half_way` makes of the end, and from there to the end.
pub fn reverse_by_way_of(
    current: &Schema,
    forward: &Plan,
    owned: &Ownership,
    half_way: impl FnOnce(&mut Schema),
) -> Result<(Plan, Plan), Refusal> {
    let (after, mut back) = ends(current, forward, owned);
    let mut middle = back.clone();
    half_way(&mut middle);
    let first = diff(&after, &middle, &Ownership::of(&after))?;
    forget_hints(&mut middle);
    forget_hints(&mut back);
    let second = diff(&middle, &back, &Ownership::of(&middle))?;
    Ok((first, second))
}

/// Where the way back starts, and where it leads.
fn ends(current: &Schema, forward: &Plan, owned: &Ownership) -> (Schema, Schema) {
    let mut back = managed(current, &forward.desired, owned);
    let mut after = forward.desired.clone();
    forget_hints(&mut after);
    // They were there before and are there still.
    after.extensions.extend(back.extensions.iter().cloned());
    after.namespaces.extend(back.namespaces.iter().cloned());
    after.homes = back.homes.clone();
    forget_hints(&mut back);
    for step in forward.steps.iter().rev() {
        hint_back(&mut back, &step.change, forward);
    }
    (after, back)
}

fn forget_hints(schema: &mut Schema) {
    for found in &mut schema.enums {
        found.renamed_from = None;
        found.renamed_values.clear();
    }
    for table in &mut schema.tables {
        table.renamed_from = None;
        for column in &mut table.columns {
            column.renamed_from = None;
            column.replaces = None;
            if let Some(values) = &mut column.values {
                values.renamed.clear();
            }
        }
    }
}

/// The old name is hinted to have been the new one.
fn hint_back(back: &mut Schema, change: &Change, forward: &Plan) {
    match change {
        // What only moved is found by its name.
        Change::RenameTable { from, to } | Change::RenameEnum { from, to }
            if from.namespace != to.namespace => {}
        Change::RenameTable { from, to } => {
            if let Some(table) = back.tables.iter_mut().find(|table| table.name == *from) {
                table.renamed_from = Some(to.name.clone());
            }
        }
        Change::RenameEnum { from, to } => {
            if let Some(found) = back.enums.iter_mut().find(|found| found.name == *from) {
                found.renamed_from = Some(to.name.clone());
            }
        }
        Change::RenameEnumValue { name, from, to } => {
            let old = old_enum(name, forward);
            if let Some(found) = back.enums.iter_mut().find(|found| found.name == old) {
                found.renamed_values.insert(from.clone(), to.clone());
            }
        }
        Change::RenameColumn { table, from, to } => {
            // The step names the table as it is after its own rename.
            let old = old_name(table, forward);
            if let Some(column) = back
                .tables
                .iter_mut()
                .find(|found| found.name == old)
                .and_then(|found| found.columns.iter_mut().find(|column| column.name == *from))
            {
                column.renamed_from = Some(to.clone());
            }
        }
        Change::RenameValues { table, renamed } => {
            let before = old_column(table, &renamed.column, forward);
            let table = old_name(table, forward);
            if let Some(column) = back
                .tables
                .iter_mut()
                .find(|found| found.name == table)
                .and_then(|found| found.columns.iter_mut().find(|column| column.name == before))
            {
                let known = known_values(column);
                let values = column.values.get_or_insert_default();
                // Of rows that are alike by then nobody knows which had the old name.
                let told_apart = renamed.values.iter().filter(|(_, new)| !known.contains(new));
                values.renamed.extend(told_apart.map(|(old, new)| (old.clone(), new.clone())));
            }
        }
        _ => {}
    }
}

/// The values that a column has, or its rows, as far as somebody knows.
fn known_values(column: &Column) -> Vec<String> {
    match (&column.ty.base, &column.values) {
        (Type::MySql(MySqlType::Enum(values)), _) => values.clone(),
        (_, Some(values)) => values.values.clone(),
        (_, None) => Vec::new(),
    }
}

/// The name before the plan of a column that a step names.
fn old_column(table: &ObjectName, column: &str, forward: &Plan) -> String {
    // A chain of renames begins with its end.
    let mut name = column;
    for step in forward.steps.iter().rev() {
        if let Change::RenameColumn { table: of, from, to } = &step.change
            && of == table
            && to == name
        {
            name = from;
        }
    }
    name.to_owned()
}

fn old_enum(name: &ObjectName, forward: &Plan) -> ObjectName {
    let renamed = forward.steps.iter().find_map(|step| match &step.change {
        Change::RenameEnum { from, to } if to == name => Some(from.clone()),
        _ => None,
    });
    renamed.unwrap_or_else(|| name.clone())
}

fn old_name(table: &ObjectName, forward: &Plan) -> ObjectName {
    let renamed = forward.steps.iter().find_map(|step| match &step.change {
        Change::RenameTable { from, to } if to == table => Some(from.clone()),
        _ => None,
    });
    renamed.unwrap_or_else(|| table.clone())
}
