//! The way back: [`reverse`].

use schema::{ObjectName, Schema};

use crate::diff::{Refusal, diff};
use crate::ownership::{Ownership, managed};
use crate::{Change, Plan};

/// The reverse of `forward`, which was made from `current` and `owned`.
///
/// Its hazards are those of going back. What was renamed is renamed back. Schemas and extensions stay, and tables that the forward plan leaves alone stay alone.
pub fn reverse(current: &Schema, forward: &Plan, owned: &Ownership) -> Result<Plan, Refusal> {
    let mut back = managed(current, &forward.desired, owned);
    let mut after = forward.desired.clone();
    forget_hints(&mut after);
    // They were there before and are there still.
    after.extensions.extend(back.extensions.iter().cloned());
    after.namespaces.extend(back.namespaces.iter().cloned());
    forget_hints(&mut back);
    for step in forward.steps.iter().rev() {
        hint_back(&mut back, &step.change, forward);
    }
    diff(&after, &back, &Ownership::of(&after))
}

fn forget_hints(schema: &mut Schema) {
    for found in &mut schema.enums {
        found.renamed_from = None;
    }
    for table in &mut schema.tables {
        table.renamed_from = None;
        for column in &mut table.columns {
            column.renamed_from = None;
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
        _ => {}
    }
}

fn old_name(table: &ObjectName, forward: &Plan) -> ObjectName {
    let renamed = forward.steps.iter().find_map(|step| match &step.change {
        Change::RenameTable { from, to } if to == table => Some(from.clone()),
        _ => None,
    });
    renamed.unwrap_or_else(|| table.clone())
}
